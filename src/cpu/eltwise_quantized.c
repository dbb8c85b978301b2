/* SPDX-License-Identifier: Apache-2.0 */
/* eltwise_quantized.c: rules of elementwise nodes with quantized operands, and of those that change
 * the number format.  Multipliers and limits come from ops/qmath.h, as in the references.
 *
 * A function of one byte (8-bit unary operators; binary ones with a constant that is one item) is a
 * table, which the operator's own reference fills in. */
#include "cpu/eltwise_rules.h"
#include "kernels/keep.h"
#include "ops/elementwise.h"

#define LN_OP(number, name) extern const ln_op ln_op_##name;
#define LN_CUSTOM_OP(name)
#include "ops/ops.def"
#undef LN_CUSTOM_OP
#undef LN_OP

static bool all_of(const ln_call *c, TfLiteType type)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i]->type != type)
            return false;
    return c->out[0]->type == type;
}

/* ---- number formats ---- */

/* LN_FORMATS: none of them. */
static int format_of(TfLiteType type)
{
    switch (type) {
    case kTfLiteInt8:
        return LN_AS_S8;
    case kTfLiteUInt8:
        return LN_AS_U8;
    case kTfLiteInt16:
        return LN_AS_S16;
    case kTfLiteInt32:
        return LN_AS_S32;
    case kTfLiteFloat32:
        return LN_AS_F32;
    case kTfLiteFloat16:
        return LN_AS_F16;
    case kTfLiteBool:
        return LN_AS_BOOL;
    default:
        return LN_FORMATS;
    }
}

static bool converts(const ln_call *c)
{
    return format_of(c->in[0]->type) < LN_FORMATS && format_of(c->out[0]->type) < LN_FORMATS &&
           c->in[0]->type != c->out[0]->type;
}

static bool make_cast(ln_step *s, const ln_op *op, const ln_call *c)
{
    (void)op;
    s->kernel = offsetof(ln_kernels, convert.cast) +
                (size_t)(format_of(c->in[0]->type) * LN_FORMATS + format_of(c->out[0]->type)) *
                    sizeof(ln_elt_fn);
    return true;
}

static bool has_one_scale(const TfLiteTensor *t)
{
    const TfLiteAffineQuantization *q = t->quantization.params;
    return t->quantization.type != kTfLiteAffineQuantization || !q || !q->scale ||
           q->scale->size == 1;
}

static bool quantizes(const ln_call *c)
{
    return c->in[0]->type == kTfLiteFloat32 && ln_type_in(c->out[0]->type, LN_QUANTS) &&
           has_one_scale(c->out[0]);
}

static void type_range(TfLiteType type, int32_t *min, int32_t *max)
{
    *min = type == kTfLiteUInt8 ? 0 : type == kTfLiteInt8 ? INT8_MIN : INT16_MIN;
    *max = type == kTfLiteUInt8 ? UINT8_MAX : type == kTfLiteInt8 ? INT8_MAX : INT16_MAX;
    if (type == kTfLiteInt32) {
        *min = INT32_MIN;
        *max = INT32_MAX;
    }
}

static bool make_quantize(ln_step *s, const ln_op *op, const ln_call *c)
{
    ln_convert_steps *p = &s->p.steps;
    const TfLiteTensor *y = c->out[0];
    (void)op;
    p->scale = ln_channel_scale(y, 0);
    p->zero = ln_channel_zero(y, 0);
    type_range(y->type, &p->min, &p->max);
    s->kernel =
        offsetof(ln_kernels, convert.quantize) + (size_t)format_of(y->type) * sizeof(ln_elt_fn);
    return true;
}

static bool dequantizes(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, LN_QUANTS | LN_BIT(Float16)) && has_one_scale(c->in[0]);
}

static bool make_dequantize(ln_step *s, const ln_op *op, const ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    if (x->type == kTfLiteFloat16)
        return make_cast(s, op, c);
    s->p.scale = (ln_convert_scale){ln_channel_scale(x, 0), ln_channel_zero(x, 0)};
    s->kernel =
        offsetof(ln_kernels, convert.dequantize) + (size_t)format_of(x->type) * sizeof(ln_elt_fn);
    return true;
}

/* ---- bytes ---- */

enum { BYTES = LN_BIT(Int8) | LN_BIT(UInt8) };

static bool is_byte(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, BYTES) && ln_type_in(c->out[0]->type, BYTES);
}

ln_status ln_step_byte_table(const ln_op *op, const ln_call *c,
                             const uint8_t *const from[LN_STEP_IN], uint8_t table[LN_STEP_BYTES])
{
    union {
        TfLiteIntArray array;
        int words[2];
    } dims = {.words = {1, LN_STEP_BYTES}};
    TfLiteTensor in[LN_STEP_IN], out = *c->out[0], *to = &out;
    const TfLiteTensor *inputs[LN_STEP_IN] = {NULL};
    ln_call call = *c;

    out.dims = &dims.array;
    out.bytes = LN_STEP_BYTES;
    out.data.uint8 = table;
    for (int i = 0; i < c->n_in; i++) {
        inputs[i] = c->in[i];
        if (!from[i])
            continue;
        in[i] = *c->in[i];
        in[i].dims = &dims.array;
        in[i].bytes = LN_STEP_BYTES;
        in[i].data.uint8 = (uint8_t *)(uintptr_t)from[i];
        inputs[i] = &in[i];
    }
    call.in = inputs;
    call.out = &to;
    call.diag = NULL;
    return op->eval(&call);
}

ln_status ln_step_table_of(const ln_op *op, const ln_call *c, int moving,
                           uint8_t table[LN_STEP_BYTES])
{
    const uint8_t *from[LN_STEP_IN] = {NULL};
    uint8_t bytes[LN_STEP_BYTES];
    for (int i = 0; i < LN_STEP_BYTES; i++)
        bytes[i] = (uint8_t)i;
    from[moving] = bytes;
    return ln_step_byte_table(op, c, from, table);
}

static bool make_table_of(ln_step *s, const ln_op *op, const ln_call *c, int moving)
{
    s->n_in = 1;
    s->x[0].in = moving;
    s->kernel = offsetof(ln_kernels, quantized.lut8);
    return ln_step_table_of(op, c, moving, s->p.table) == LN_OK;
}

static bool make_table(ln_step *s, const ln_op *op, const ln_call *c)
{
    return make_table_of(s, op, c, 0);
}

/* No byte stands for less than zero, which the reference would refuse when it runs. */
static bool is_positive(const ln_call *c)
{
    return c->in[0]->type == kTfLiteInt8 && c->in[0]->params.zero_point == INT8_MIN;
}

/* ---- other scales ---- */

static ln_elt_fixed fixed_of(double real, int extra_bits)
{
    const ln_mult m = ln_quantize_multiplier(real);
    return (ln_elt_fixed){m.mul, LN_MAX(m.shift, 0) + extra_bits, LN_MAX(-m.shift, 0)};
}

static bool rescales(const ln_call *c)
{
    const unsigned set = LN_QUANTS | LN_BIT(Int32);
    return ln_type_in(c->in[0]->type, set) && ln_type_in(c->out[0]->type, set);
}

/* As quantize.c's eval_quantize. */
static bool make_rescale(ln_step *s, const ln_op *op, const ln_call *c)
{
    const TfLiteTensor *x = c->in[0], *y = c->out[0];
    ln_convert_rescale *p = &s->p.rescale;
    (void)op;
    p->zx = x->params.zero_point;
    p->zy = y->params.zero_point;
    p->m = fixed_of((double)x->params.scale / (double)y->params.scale, 0);
    type_range(y->type, &p->min, &p->max);
    s->kernel =
        offsetof(ln_kernels, convert.rescale) +
        (size_t)(format_of(x->type) * LN_AS_INTEGERS + format_of(y->type)) * sizeof(ln_elt_fn);
    return true;
}

/* ---- quantized pairs ---- */

static bool is_quantized(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, LN_QUANTS) && all_of(c, c->in[0]->type) &&
           ln_quantized(c->in[0]) && ln_quantized(c->in[1]) && ln_quantized(c->out[0]);
}

static bool is_s16(const ln_call *c)
{
    return c->in[0]->type == kTfLiteInt16 && c->out[0]->type == kTfLiteInt16;
}

static bool is_byte_pair(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, BYTES) && all_of(c, c->in[0]->type);
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
    const double y = (double)c->out[0]->params.scale, sign = op == &ln_op_sub ? -1 : 1;
    s->kernel = kernel_of(c, op == &ln_op_sub ? LN_QUANT_SUB : LN_QUANT_ADD);
    s->p.pair.a = fixed_of(a / twice, left);
    s->p.pair.b = fixed_of(b / twice, left);
    s->p.pair.y = fixed_of(twice / ((double)(1 << left) * y), 0);
    if (!make_pair(s, c, act))
        return false;
    ln_quant_line_of_sum(&s->p.pair, type == kTfLiteUInt8 ? 0 : INT8_MIN, a / y, sign * b / y);
    return true;
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
    if (!make_pair(s, c, ((const TfLiteMulParams *)c->params)->activation))
        return false;
    ln_quant_line_of_product(&s->p.pair, (double)real);
    return true;
}

/* As pairwise.c's eval_squared_difference. */
static bool make_squared_difference(ln_step *s, const ln_op *op, const ln_call *c)
{
    enum { BITS = 7 };
    const int constant = constant_of(c);
    const double a = (double)c->in[0]->params.scale, b = (double)c->in[1]->params.scale;
    const double twice = 2 * LN_MAX(a, b);
    if (constant >= 0)
        return make_table_of(s, op, c, 1 - constant);
    s->kernel = kernel_of(c, LN_QUANT_SQUARED_DIFFERENCE);
    s->p.pair.a = fixed_of(a / twice, BITS);
    s->p.pair.b = fixed_of(b / twice, BITS);
    const double y = twice * twice / (double)((float)(1 << 2 * BITS) * c->out[0]->params.scale);
    s->p.pair.y = fixed_of(y, 0);
    if (!make_pair(s, c, kTfLiteActNone))
        return false;
    ln_quant_line_of_square(&s->p.pair, y);
    return true;
}

/* As activation.c's eval_prelu: single precision. */
static bool make_prelu(ln_step *s, const ln_op *op, const ln_call *c)
{
    const int constant = constant_of(c);
    const float x = c->in[0]->params.scale, y = c->out[0]->params.scale;
    if (constant >= 0)
        return make_table_of(s, op, c, 1 - constant);
    s->kernel = kernel_of(c, LN_QUANT_PRELU);
    s->p.pair.a = fixed_of((double)(x / y), 0);
    s->p.pair.y = fixed_of((double)(x * c->in[1]->params.scale / y), 0);
    return make_pair(s, c, kTfLiteActNone);
}

/* As activation.c's eval_leaky_relu. */
static bool make_leaky(ln_step *s, const ln_op *op, const ln_call *c)
{
    ln_elt_fixed_pair *p = &s->p.pair;
    const float alpha = ((const TfLiteLeakyReluParams *)c->params)->alpha;
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    const float identity = x.scale / y.scale, scaled = x.scale * alpha / y.scale;
    (void)op;
    s->kernel = kernel_of(c, LN_QUANT_LEAKY);
    p->za = x.zero_point;
    p->zy = y.zero_point;
    p->a = fixed_of((double)identity, 0);
    p->y = fixed_of((double)scaled, 0);
    type_range(kTfLiteInt16, &p->min, &p->max);
    return alpha >= 0;
}

/* Other functions of two bytes: by table where one is a constant. */
static bool make_pair_table(ln_step *s, const ln_op *op, const ln_call *c)
{
    const int constant = constant_of(c);
    return constant >= 0 && make_table_of(s, op, c, 1 - constant);
}

/* ---- the rules ---- */

#define RULE(name, ...) LN_KEEP_ITEM(name, {&ln_op_##name, __VA_ARGS__}, )
#define TABLE(name)     RULE(name, is_byte, make_table, 0, 1, false)

/* clang-format off */
const ln_step_rule ln_step_rules_quantized[] = {
    RULE(quantize, quantizes, make_quantize, 0, 1, false)
    RULE(dequantize, dequantizes, make_dequantize, 0, 1, false)
    RULE(cast, converts, make_cast, 0, 1, false)
    TABLE(abs)
    TABLE(elu)
    TABLE(exp)
    TABLE(gelu)
    TABLE(hard_swish)
    TABLE(leaky_relu)
    RULE(leaky_relu, is_s16, make_leaky, 0, 1, false)
    TABLE(log)
    TABLE(logistic)
    TABLE(neg)
    TABLE(quantize)
    TABLE(relu)
    TABLE(relu6)
    TABLE(relu_0_to_1)
    TABLE(relu_n1_to_1)
    RULE(rsqrt, is_positive, make_table, 0, 1, false)
    TABLE(tanh)
    RULE(quantize, rescales, make_rescale, 0, 1, false)
    RULE(add, is_quantized, make_add_q, 0, 2, false)
    RULE(sub, is_quantized, make_sub_q, 0, 2, false)
    RULE(mul, is_quantized, make_mul_q, 0, 2, false)
    RULE(div, is_byte_pair, make_pair_table, 0, 2, false)
    RULE(maximum, is_byte_pair, make_pair_table, 0, 2, false)
    RULE(minimum, is_byte_pair, make_pair_table, 0, 2, false)
    RULE(prelu, is_byte_pair, make_prelu, 0, 2, false)
    RULE(squared_difference, is_byte_pair, make_squared_difference, 0, 2, false)
    {NULL, NULL, NULL, 0, 0, false},
};
/* clang-format on */
