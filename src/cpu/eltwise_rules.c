/* SPDX-License-Identifier: Apache-2.0 */
/* eltwise_rules.c: operators, types and parameters to kernels.  The first rule that claims a node
 * has it.  Multipliers and limits come from ops/qmath.h, as in the references.
 *
 * A function of one byte (8-bit unary operators; binary ones with a constant that is one item) is a
 * table, which the operator's own reference fills in. */
#include "cpu/eltwise_rules.h"

#include <math.h>

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

/* ---- floats ---- */

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

/* ---- bytes ---- */

enum { BYTES = LN_BIT(Int8) | LN_BIT(UInt8) };

static bool is_byte(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, BYTES) && ln_type_in(c->out[0]->type, BYTES);
}

/* A table of what the reference makes of all 256 values of input `moving`. */
static bool make_table_of(ln_step *s, const ln_op *op, const ln_call *c, int moving)
{
    enum { N = 256 };
    union {
        TfLiteIntArray array;
        int words[2];
    } dims = {.words = {1, N}};
    uint8_t bytes[N];
    TfLiteTensor in = *c->in[moving], out = *c->out[0], *to = &out;
    const TfLiteTensor *from[LN_STEP_IN] = {NULL};
    ln_call call = *c;

    for (int i = 0; i < N; i++)
        bytes[i] = (uint8_t)i;
    in.dims = out.dims = &dims.array;
    in.bytes = out.bytes = N;
    in.data.uint8 = bytes;
    out.data.uint8 = s->p.table;
    for (int i = 0; i < c->n_in; i++)
        from[i] = i == moving ? &in : c->in[i];
    call.in = from;
    call.out = &to;
    call.diag = NULL;
    s->n_in = 1;
    s->x[0].in = moving;
    s->kernel = offsetof(ln_kernels, quantized.lut8);
    return op->eval(&call) == LN_OK;
}

static bool make_table(ln_step *s, const ln_op *op, const ln_call *c)
{
    return make_table_of(s, op, c, 0);
}

/* ---- quantized pairs ---- */

static bool is_quantized(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, LN_QUANTS) && all_of(c, c->in[0]->type) &&
           ln_quantized(c->in[0]) && ln_quantized(c->in[1]) && ln_quantized(c->out[0]);
}

static bool is_byte_pair(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, BYTES) && all_of(c, c->in[0]->type);
}

static ln_elt_fixed fixed_of(double real, int extra_bits)
{
    const ln_mult m = ln_quantize_multiplier(real);
    return (ln_elt_fixed){m.mul, LN_MAX(m.shift, 0) + extra_bits, LN_MAX(-m.shift, 0)};
}

/* The kernel for the operands' type. */
static size_t kernel_of(const ln_call *c, int op)
{
    const TfLiteType type = c->in[0]->type;
    const size_t t = type == kTfLiteInt8    ? LN_QUANT_S8
                     : type == kTfLiteUInt8 ? LN_QUANT_U8
                                            : LN_QUANT_S16;
    return offsetof(ln_kernels, quantized.pair) +
           ((size_t)op * LN_QUANT_TYPES + t) * LN_FORMS * sizeof(ln_elt_fn);
}

/* Which operand of a pair of bytes is one constant, -1: none. */
static int constant_of(const ln_call *c)
{
    for (int i = 0; i < 2; i++)
        if (ln_type_in(c->in[i]->type, BYTES) && ln_known(c, i) && ln_count(c->in[i]) == 1)
            return i;
    return -1;
}

static bool make_pair(ln_step *s, const ln_call *c, TfLiteFusedActivation act)
{
    ln_elt_fixed_pair *p = &s->p.pair;
    ln_call call = *c;
    call.diag = NULL;
    p->za = c->in[0]->params.zero_point;
    p->zb = c->in[1]->params.zero_point;
    p->zy = c->out[0]->params.zero_point;
    return ln_activation_range_q(&call, act, c->out[0], &p->min, &p->max) == LN_OK;
}

/* As binary.c's eval_sum_q. */
static bool make_sum(ln_step *s, const ln_op *op, const ln_call *c, TfLiteFusedActivation act,
                     bool pot_option)
{
    const TfLiteType type = c->in[0]->type;
    const int left = type == kTfLiteInt16 ? 15 : 20, constant = constant_of(c);
    const double a = (double)c->in[0]->params.scale, b = (double)c->in[1]->params.scale;
    const double twice = 2 * LN_MAX(a, b);

    if (constant >= 0)
        return make_table_of(s, op, c, 1 - constant);
    if (type == kTfLiteInt16 && pot_option)
        return false;
    s->kernel = kernel_of(c, op == &ln_op_sub ? LN_QUANT_SUB : LN_QUANT_ADD);
    s->p.pair.a = fixed_of(a / twice, left);
    s->p.pair.b = fixed_of(b / twice, left);
    s->p.pair.y = fixed_of(twice / ((double)(1 << left) * (double)c->out[0]->params.scale), 0);
    return make_pair(s, c, act);
}

static bool make_add_q(ln_step *s, const ln_op *op, const ln_call *c)
{
    const TfLiteAddParams *p = c->params;
    return make_sum(s, op, c, p->activation, p->pot_scale_int16);
}

static bool make_sub_q(ln_step *s, const ln_op *op, const ln_call *c)
{
    const TfLiteSubParams *p = c->params;
    return make_sum(s, op, c, p->activation, p->pot_scale_int16);
}

/* As binary.c's eval_product_q: single precision. */
static bool make_mul_q(ln_step *s, const ln_op *op, const ln_call *c)
{
    const int constant = constant_of(c);
    const float real = c->in[0]->params.scale * c->in[1]->params.scale / c->out[0]->params.scale;
    if (constant >= 0)
        return make_table_of(s, op, c, 1 - constant);
    s->kernel = kernel_of(c, LN_QUANT_MUL);
    s->p.pair.y = fixed_of((double)real, 0);
    return make_pair(s, c, ((const TfLiteMulParams *)c->params)->activation);
}

/* Other functions of two bytes: by table where one is a constant. */
static bool make_pair_table(ln_step *s, const ln_op *op, const ln_call *c)
{
    const int constant = constant_of(c);
    return constant >= 0 && make_table_of(s, op, c, 1 - constant);
}

/* ---- the rules ---- */

#define UNARY(code)  offsetof(ln_kernels, unary.f32[LN_UNARY_##code]), 1, false
#define BINARY(code) offsetof(ln_kernels, binary.f32[LN_BINARY_##code]), 2, false
#define COMPARE(code, swapped) \
    offsetof(ln_kernels, binary.compare_f32[LN_COMPARE_##code]), 2, swapped

static const ln_step_rule rules[] = {
    {&ln_op_abs, is_f32, NULL, UNARY(ABS)},
    {&ln_op_neg, is_f32, NULL, UNARY(NEG)},
    {&ln_op_square, is_f32, NULL, UNARY(SQUARE)},
    {&ln_op_sqrt, is_f32, NULL, UNARY(SQRT)},
    {&ln_op_rsqrt, is_f32, NULL, UNARY(RSQRT)},
    {&ln_op_floor, is_f32, NULL, UNARY(FLOOR)},
    {&ln_op_ceil, is_f32, NULL, UNARY(CEIL)},
    {&ln_op_round, is_f32, NULL, UNARY(ROUND)},
    {&ln_op_sign, is_f32, NULL, UNARY(SIGN)},
    {&ln_op_hard_swish, is_f32, NULL, UNARY(HARD_SWISH)},
    {&ln_op_leaky_relu, is_f32, make_leaky, UNARY(LEAKY_RELU)},
    {&ln_op_relu, is_f32, make_relu, UNARY(CLAMP)},
    {&ln_op_relu6, is_f32, make_relu6, UNARY(CLAMP)},
    {&ln_op_relu_n1_to_1, is_f32, make_relu_n1_to_1, UNARY(CLAMP)},
    {&ln_op_relu_0_to_1, is_f32, make_relu_0_to_1, UNARY(CLAMP)},

    {&ln_op_add, is_f32, make_add, BINARY(ADD)},
    {&ln_op_sub, is_f32, make_sub, BINARY(SUB)},
    {&ln_op_mul, is_f32, make_mul, BINARY(MUL)},
    {&ln_op_div, is_f32, make_div, BINARY(DIV)},
    {&ln_op_maximum, is_f32, NULL, BINARY(MAX)},
    {&ln_op_minimum, is_f32, NULL, BINARY(MIN)},
    {&ln_op_squared_difference, is_f32, NULL, BINARY(SQUARED_DIFFERENCE)},
    {&ln_op_prelu, is_f32, NULL, BINARY(PRELU)},
    {&ln_op_equal, compares_f32, NULL, COMPARE(EQ, false)},
    {&ln_op_not_equal, compares_f32, NULL, COMPARE(NE, false)},
    {&ln_op_less, compares_f32, NULL, COMPARE(LT, false)},
    {&ln_op_less_equal, compares_f32, NULL, COMPARE(LE, false)},
    {&ln_op_greater, compares_f32, NULL, COMPARE(LT, true)},
    {&ln_op_greater_equal, compares_f32, NULL, COMPARE(LE, true)},

#define TABLE(name)                                     \
    {                                                   \
        &ln_op_##name, is_byte, make_table, 0, 1, false \
    }
    TABLE(abs),
    TABLE(elu),
    TABLE(exp),
    TABLE(gelu),
    TABLE(hard_swish),
    TABLE(leaky_relu),
    TABLE(log),
    TABLE(logistic),
    TABLE(neg),
    TABLE(quantize),
    TABLE(relu),
    TABLE(relu6),
    TABLE(relu_0_to_1),
    TABLE(relu_n1_to_1),
    TABLE(tanh),

    {&ln_op_add, is_quantized, make_add_q, 0, 2, false},
    {&ln_op_sub, is_quantized, make_sub_q, 0, 2, false},
    {&ln_op_mul, is_quantized, make_mul_q, 0, 2, false},
    {&ln_op_div, is_byte_pair, make_pair_table, 0, 2, false},
    {&ln_op_maximum, is_byte_pair, make_pair_table, 0, 2, false},
    {&ln_op_minimum, is_byte_pair, make_pair_table, 0, 2, false},
    {&ln_op_prelu, is_byte_pair, make_pair_table, 0, 2, false},
    {&ln_op_squared_difference, is_byte_pair, make_pair_table, 0, 2, false},
};

const ln_step_rule *ln_step_rule_of(const ln_op *op, const ln_call *c)
{
    for (size_t i = 0; i < LN_COUNTOF(rules); i++)
        if (rules[i].op == op && rules[i].claims(c))
            return &rules[i];
    return NULL;
}
