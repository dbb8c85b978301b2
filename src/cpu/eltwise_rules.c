/* SPDX-License-Identifier: Apache-2.0 */
/* eltwise_rules.c: finds the rule of a node; the rules of floats, plain integers and SELECT.  Those
 * of quantized operands are in eltwise_quantized.c. */
#include "cpu/eltwise_rules.h"

#include <math.h>

#include "kernels/keep.h"
#include "ops/elementwise.h"

#define LN_OP(number, name) extern const ln_op ln_op_##name;
#define LN_CUSTOM_OP(name)
#include "ops/ops.def"
#undef LN_CUSTOM_OP
#undef LN_OP

/* ---- types ---- */

static bool all_of(const ln_call *c, TfLiteType type)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i]->type != type)
            return false;
    return c->out[0]->type == type;
}

static bool is_f32(const ln_call *c)
{
    return all_of(c, kTfLiteFloat32);
}

static bool compares_f32(const ln_call *c)
{
    return c->in[0]->type == kTfLiteFloat32 && c->in[1]->type == kTfLiteFloat32;
}

static bool is_s32(const ln_call *c)
{
    return all_of(c, kTfLiteInt32);
}

static bool compares_s32(const ln_call *c)
{
    return c->in[0]->type == kTfLiteInt32 && c->in[1]->type == kTfLiteInt32;
}

/* ---- floats, plain integers ---- */

#define MAKE_RANGE(name, Params)                                                          \
    static bool make_##name(ln_step *s, const ln_op *op, const ln_call *c)                \
    {                                                                                     \
        (void)op;                                                                         \
        ln_activation_range_f32(((const Params *)c->params)->activation, &s->p.range.min, \
                                &s->p.range.max);                                         \
        return true;                                                                      \
    }
MAKE_RANGE(add, TfLiteAddParams)
MAKE_RANGE(sub, TfLiteSubParams)
MAKE_RANGE(mul, TfLiteMulParams)
MAKE_RANGE(div, TfLiteDivParams)

/* Integers that a fused activation would limit are left alone. */
#define MAKE_INTEGER(name, Params)                                               \
    static bool make_##name##_s32(ln_step *s, const ln_op *op, const ln_call *c) \
    {                                                                            \
        (void)s;                                                                 \
        (void)op;                                                                \
        return ((const Params *)c->params)->activation == kTfLiteActNone;        \
    }
MAKE_INTEGER(add, TfLiteAddParams)
MAKE_INTEGER(sub, TfLiteSubParams)
MAKE_INTEGER(mul, TfLiteMulParams)

#define MAKE_RELU(name, low, high)                                         \
    static bool make_##name(ln_step *s, const ln_op *op, const ln_call *c) \
    {                                                                      \
        (void)op;                                                          \
        (void)c;                                                           \
        s->p.range = (ln_elt_range){low, high};                            \
        return true;                                                       \
    }
MAKE_RELU(relu, 0, INFINITY)
MAKE_RELU(relu6, 0, 6)
MAKE_RELU(relu_n1_to_1, -1, 1)
MAKE_RELU(relu_0_to_1, 0, 1)

static bool make_leaky(ln_step *s, const ln_op *op, const ln_call *c)
{
    (void)op;
    s->p.slope = ((const TfLiteLeakyReluParams *)c->params)->alpha;
    return true;
}

static bool make_gelu(ln_step *s, const ln_op *op, const ln_call *c)
{
    (void)op;
    if (((const TfLiteGeluParams *)c->params)->approximate)
        s->kernel = offsetof(ln_kernels, unary.f32[LN_UNARY_GELU_TANH]);
    return true;
}

/* ---- choices ---- */

static bool selects(const ln_call *c)
{
    const size_t size = ln_type_size(c->in[1]->type);
    return c->in[0]->type == kTfLiteBool && c->in[1]->type == c->in[2]->type && size >= 1 &&
           size <= 8;
}

static bool make_select(ln_step *s, const ln_op *op, const ln_call *c)
{
    const size_t size = ln_type_size(c->in[1]->type);
    const int index = size == 1   ? LN_SELECT_1
                      : size == 2 ? LN_SELECT_2
                      : size == 4 ? LN_SELECT_4
                                  : LN_SELECT_8;
    s->kernel =
        offsetof(ln_kernels, select.items) + (size_t)index * LN_SELECT_FORMS * sizeof(ln_elt_fn);
    /* SELECT has flags of whole rows, too. */
    const ln_shape condition = ln_shape_of(c->in[0]), a = ln_shape_of(c->in[1]);
    return op != &ln_op_select || ln_shape_equal(&condition, &a) || ln_count(c->in[0]) == 1;
}

/* ---- the rules ---- */

#define UNARY(code)   offsetof(ln_kernels, unary.f32[LN_UNARY_##code]), 1, false
#define BINARY(code)  offsetof(ln_kernels, binary.f32[LN_BINARY_##code]), 2, false
#define INTEGER(code) offsetof(ln_kernels, binary.s32[LN_INTEGER_##code]), 2, false

#define RULE(name, ...) LN_KEEP_ITEM(name, {&ln_op_##name, __VA_ARGS__}, )
#define COMPARE(type, name, code, swapped) \
    RULE(name, compares_##type, NULL,      \
         offsetof(ln_kernels, binary.compare_##type[LN_COMPARE_##code]), 2, swapped)
#define COMPARES(type)                   \
    COMPARE(type, equal, EQ, false)      \
    COMPARE(type, not_equal, NE, false)  \
    COMPARE(type, less, LT, false)       \
    COMPARE(type, less_equal, LE, false) \
    COMPARE(type, greater, LT, true)     \
    COMPARE(type, greater_equal, LE, true)

/* clang-format off */
const ln_step_rule ln_step_rules_plain[] = {
    RULE(abs, is_f32, NULL, UNARY(ABS))
    RULE(neg, is_f32, NULL, UNARY(NEG))
    RULE(square, is_f32, NULL, UNARY(SQUARE))
    RULE(sqrt, is_f32, NULL, UNARY(SQRT))
    RULE(rsqrt, is_f32, NULL, UNARY(RSQRT))
    RULE(floor, is_f32, NULL, UNARY(FLOOR))
    RULE(ceil, is_f32, NULL, UNARY(CEIL))
    RULE(round, is_f32, NULL, UNARY(ROUND))
    RULE(sign, is_f32, NULL, UNARY(SIGN))
    RULE(hard_swish, is_f32, NULL, UNARY(HARD_SWISH))
    RULE(exp, is_f32, NULL, UNARY(EXP))
    RULE(log, is_f32, NULL, UNARY(LOG))
    RULE(sin, is_f32, NULL, UNARY(SIN))
    RULE(cos, is_f32, NULL, UNARY(COS))
    RULE(tanh, is_f32, NULL, UNARY(TANH))
    RULE(logistic, is_f32, NULL, UNARY(LOGISTIC))
    RULE(elu, is_f32, NULL, UNARY(ELU))
    RULE(gelu, is_f32, make_gelu, UNARY(GELU))
    RULE(leaky_relu, is_f32, make_leaky, UNARY(LEAKY_RELU))
    RULE(relu, is_f32, make_relu, UNARY(CLAMP))
    RULE(relu6, is_f32, make_relu6, UNARY(CLAMP))
    RULE(relu_n1_to_1, is_f32, make_relu_n1_to_1, UNARY(CLAMP))
    RULE(relu_0_to_1, is_f32, make_relu_0_to_1, UNARY(CLAMP))
    RULE(add, is_f32, make_add, BINARY(ADD))
    RULE(sub, is_f32, make_sub, BINARY(SUB))
    RULE(mul, is_f32, make_mul, BINARY(MUL))
    RULE(div, is_f32, make_div, BINARY(DIV))
    RULE(maximum, is_f32, NULL, BINARY(MAX))
    RULE(minimum, is_f32, NULL, BINARY(MIN))
    RULE(squared_difference, is_f32, NULL, BINARY(SQUARED_DIFFERENCE))
    RULE(prelu, is_f32, NULL, BINARY(PRELU))
    COMPARES(f32)
    COMPARES(s32)
    RULE(add, is_s32, make_add_s32, INTEGER(ADD))
    RULE(sub, is_s32, make_sub_s32, INTEGER(SUB))
    RULE(mul, is_s32, make_mul_s32, INTEGER(MUL))
    RULE(maximum, is_s32, NULL, INTEGER(MAX))
    RULE(minimum, is_s32, NULL, INTEGER(MIN))
    RULE(select, selects, make_select, 0, 3, false)
    RULE(select_v2, selects, make_select, 0, 3, false)
    {NULL, NULL, NULL, 0, 0, false},
};
/* clang-format on */

const ln_step_rule *ln_step_rule_of(const ln_op *op, const ln_call *c)
{
    static const ln_step_rule *const lists[] = {ln_step_rules_plain, ln_step_rules_quantized};
    for (size_t i = 0; i < LN_COUNTOF(lists); i++)
        for (const ln_step_rule *r = lists[i]; r->op; r++)
            if (r->op == op && r->claims(c))
                return r;
    return NULL;
}
