/* SPDX-License-Identifier: Apache-2.0 */
/* pairwise.c: MAXIMUM, MINIMUM, SQUARED_DIFFERENCE, POW, FLOOR_DIV, FLOOR_MOD, ATAN2, BITWISE_XOR,
 * RIGHT_SHIFT: y = f(a, b), shapes broadcast, no activation.
 *
 * Of the integers only SQUARED_DIFFERENCE's int8 is quantized; MAXIMUM and MINIMUM compare raw
 * values, which needs equal scales but no arithmetic.  ADD, SUB, MUL, DIV: binary.c. */
#include "ops/elementwise.h"

#include <math.h>

/* ---- MAXIMUM, MINIMUM ---- */

LN_ROW2(max_f32, float, float, a[i] > b[i] ? a[i] : b[i])
LN_ROW2(min_f32, float, float, a[i] < b[i] ? a[i] : b[i])
LN_ROW2(max_f64, double, double, a[i] > b[i] ? a[i] : b[i])
LN_ROW2(min_f64, double, double, a[i] < b[i] ? a[i] : b[i])
LN_ROW2(max_i64, int64_t, int64_t, a[i] > b[i] ? a[i] : b[i])
LN_ROW2(min_i64, int64_t, int64_t, a[i] < b[i] ? a[i] : b[i])

static ln_status infer_order(ln_call *c)
{
    return ln_infer_binary(c, LN_FLOATS | LN_BIT(Float64) | (LN_INTEGERS & ~LN_BIT(UInt64)),
                           kTfLiteNoType);
}

static ln_status eval_maximum(ln_call *c)
{
    return ln_eval_rows(c, 2, &(ln_rows){max_f32, max_f64, max_i64});
}

static ln_status eval_minimum(ln_call *c)
{
    return ln_eval_rows(c, 2, &(ln_rows){min_f32, min_f64, min_i64});
}

/* ---- SQUARED_DIFFERENCE ---- */

typedef struct difference_q {
    int32_t za, zb, zy;
    ln_mult ma, mb, my;
} difference_q;

enum { DIFFERENCE_BITS = 7 }; /* of precision below the inputs' scale */

LN_ROW2(sqdiff_f32, float, float, (a[i] - b[i]) * (a[i] - b[i]))
LN_ROW2(sqdiff_i64, uint64_t, uint64_t, (a[i] - b[i]) * (a[i] - b[i]))

static void sqdiff_row(const void *ctx, const void *const *in, void *out, int n)
{
    const difference_q q = *(const difference_q *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t sa = ln_mul_q((a[i] - q.za) * (1 << DIFFERENCE_BITS), q.ma);
        const int32_t sb = ln_mul_q((b[i] - q.zb) * (1 << DIFFERENCE_BITS), q.mb);
        const int32_t v = ln_wrap_add(ln_mul_q((sa - sb) * (sa - sb), q.my), q.zy);
        y[i] = ln_clamp(v, INT8_MIN, INT8_MAX);
    }
}

static ln_status infer_squared_difference(ln_call *c)
{
    LN_TRY(ln_infer_binary(c, LN_FLOATS | LN_BIT(Int32) | LN_BIT(Int8), kTfLiteNoType));
    if (c->in[0]->type != kTfLiteInt8)
        return LN_OK;
    LN_TRY(ln_check_quantized_in(c, 0));
    LN_TRY(ln_check_quantized_in(c, 1));
    return ln_check_quantized_out(c);
}

static ln_status eval_squared_difference(ln_call *c)
{
    if (c->in[0]->type != kTfLiteInt8)
        return ln_eval_rows(c, 2, &(ln_rows){sqdiff_f32, NULL, sqdiff_i64});
    const TfLiteQuantizationParams a = c->in[0]->params, b = c->in[1]->params;
    const TfLiteQuantizationParams y = c->out[0]->params;
    const double twice = 2 * LN_MAX(a.scale, b.scale);
    const double unit = (float)(1 << 2 * DIFFERENCE_BITS) * y.scale;
    const difference_q q = {a.zero_point,
                            b.zero_point,
                            y.zero_point,
                            ln_quantize_multiplier((double)a.scale / twice),
                            ln_quantize_multiplier((double)b.scale / twice),
                            ln_quantize_multiplier(twice * twice / unit)};
    return ln_map_call(c, 2, LN_I32, LN_I32, sqdiff_row, &q);
}

/* ---- POW ---- */

LN_ROW2(pow_f32, float, float, powf(a[i], b[i]))

/* By way of double; what does not fit becomes the smallest int32, as on x86. */
static int64_t pow_int(int64_t x, int64_t exponent)
{
    const double y = pow((double)x, (double)exponent);
    return y > -2147483649. && y < 2147483648. ? (int64_t)y : INT32_MIN;
}
LN_ROW2(pow_i64, int64_t, int64_t, pow_int(a[i], b[i]))

static ln_status infer_pow(ln_call *c)
{
    return ln_infer_binary(c, LN_FLOATS | LN_BIT(Int32), kTfLiteNoType);
}

static ln_status eval_pow(ln_call *c)
{
    if (c->in[0]->type == kTfLiteInt32)
        for (int i = 0, n = ln_count(c->in[1]); i < n; i++)
            LN_CHECK(c, c->in[1]->data.i32[i] >= 0, "exponent %d is %d; integers take none below 0",
                     i, (int)c->in[1]->data.i32[i]);
    return ln_eval_rows(c, 2, &(ln_rows){pow_f32, NULL, pow_i64});
}

/* ---- FLOOR_DIV, FLOOR_MOD ---- */

static float floor_mod_f32(float a, float b)
{
    const float r = fmodf(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

LN_ROW2(floor_div_f32, float, float, floor((double)a[i] / (double)b[i]))
LN_ROW2(floor_div_i64, int64_t, int64_t, ln_floor_div(a[i], b[i]))
LN_ROW2(floor_mod_rows, float, float, floor_mod_f32(a[i], b[i]))
LN_ROW2(floor_mod_i64, int64_t, int64_t, ln_floor_mod(a[i], b[i]))

static ln_status infer_floor(ln_call *c)
{
    return ln_infer_binary(c, LN_FLOATS | LN_SIGNED, kTfLiteNoType);
}

static ln_status eval_floor_div(ln_call *c)
{
    LN_TRY(ln_check_divisor(c, 0));
    return ln_eval_rows(c, 2, &(ln_rows){floor_div_f32, NULL, floor_div_i64});
}

static ln_status eval_floor_mod(ln_call *c)
{
    if (!ln_type_in(c->in[1]->type, LN_FLOATS))
        LN_TRY(ln_check_divisor(c, 0));
    return ln_eval_rows(c, 2, &(ln_rows){floor_mod_rows, NULL, floor_mod_i64});
}

/* ---- ATAN2 ---- */

LN_ROW2(atan2_f32, float, float, atan2f(a[i], b[i]))
LN_ROW2(atan2_f64, double, double, atan2(a[i], b[i]))

static ln_status infer_atan2(ln_call *c)
{
    return ln_infer_binary(c, LN_FLOATS | LN_BIT(Float64), kTfLiteNoType);
}

static ln_status eval_atan2(ln_call *c)
{
    return ln_eval_rows(c, 2, &(ln_rows){atan2_f32, atan2_f64, NULL});
}

/* ---- BITWISE_XOR, RIGHT_SHIFT ---- */

LN_ROW2(xor_i64, uint64_t, uint64_t, a[i] ^ b[i])

static ln_status infer_bits(ln_call *c)
{
    return ln_infer_binary(c, LN_INTEGERS & ~LN_BIT(UInt64), kTfLiteNoType);
}

static ln_status eval_bitwise_xor(ln_call *c)
{
    return ln_eval_rows(c, 2, &(ln_rows){NULL, NULL, xor_i64});
}

/* Distances are brought to [0, bits - 1]. */
static void right_shift_row(const void *ctx, const void *const *in, void *out, int n)
{
    const int64_t *a = in[0], *b = in[1], most = *(const int *)ctx - 1;
    int64_t *y = out;
    for (int i = 0; i < n; i++)
        y[i] = a[i] >> (b[i] < 0 ? 0 : b[i] > most ? most : b[i]);
}

static ln_status eval_right_shift(ln_call *c)
{
    const int bits = 8 * (int)ln_type_size(c->in[0]->type);
    return ln_map_call(c, 2, LN_I64, LN_I64, right_shift_row, &bits);
}

/* ---- the ops ---- */

#define PAIRWISE(lower, upper, code, options_, version_, infer_, quant_) \
    const ln_op ln_op_##lower = {                                        \
        .name = upper,                                                   \
        .builtin = code,                                                 \
        .version = version_,                                             \
        .options = options_,                                             \
        .min_in = 2,                                                     \
        .max_in = 2,                                                     \
        .n_out = 1,                                                      \
        .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,                \
        .infer = infer_,                                                 \
        .eval = eval_##lower,                                            \
        .quant = quant_,                                                 \
    }
PAIRWISE(maximum, "MAXIMUM", kTfLiteBuiltinMaximum, 39, 4, infer_order, &ln_quant_like);
PAIRWISE(minimum, "MINIMUM", kTfLiteBuiltinMinimum, 39, 4, infer_order, &ln_quant_like);
PAIRWISE(squared_difference, "SQUARED_DIFFERENCE", kTfLiteBuiltinSquaredDifference, 76, 2,
         infer_squared_difference, &ln_quant_free);
PAIRWISE(pow, "POW", kTfLiteBuiltinPow, 56, 1, infer_pow, NULL);
PAIRWISE(floor_div, "FLOOR_DIV", kTfLiteBuiltinFloorDiv, 65, 3, infer_floor, NULL);
PAIRWISE(floor_mod, "FLOOR_MOD", kTfLiteBuiltinFloorMod, 72, 2, infer_floor, NULL);
PAIRWISE(atan2, "ATAN2", kTfLiteBuiltinAtan2, 122, 1, infer_atan2, NULL);
PAIRWISE(bitwise_xor, "BITWISE_XOR", kTfLiteBuiltinBitwiseXor, 125, 1, infer_bits, NULL);
PAIRWISE(right_shift, "RIGHT_SHIFT", kTfLiteBuiltinRightShift, 126, 1, infer_bits, NULL);
