/* SPDX-License-Identifier: Apache-2.0 */
/* quantize.c: QUANTIZE (float to integer, integer to integer of another scale), DEQUANTIZE,
 * FAKE_QUANT: shapes unchanged.
 *
 * Scales are per tensor or, from and to floats, per channel.  Integer to integer uses the
 * fixed-point multiplier (requantize.h).  4- and 2-bit integers are packed.
 *
 * Float to integer rounds halves to even where there is one scale, as TFLite's optimized kernels
 * and XNNPACK do; TFLite's reference, all that it has per channel and packed, rounds them away from
 * zero.  docs/ops.md says why the reference is not followed here. */
#include "ops/quantize.h"

#include <math.h>

#include "ops/elementwise.h"

enum { STEP = 256 }; /* items at a time */

/* ---- channels ---- */

/* How a tensor's items lie around its quantized axis: [outer, channels, inner]. */
typedef struct channels {
    int outer, n, inner;
} channels;

static int scale_count(const TfLiteTensor *t)
{
    const TfLiteAffineQuantization *q = t->quantization.params;
    const bool affine = t->quantization.type == kTfLiteAffineQuantization && q && q->scale;
    return affine ? q->scale->size : 1;
}

static ln_status check_channels(ln_call *c, const TfLiteTensor *t, const char *what)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    if (scale_count(t) <= 1)
        return ln_check_quantized(c, t, what, -1, -1);
    const TfLiteAffineQuantization *q = t->quantization.params;
    const int axis = q->quantized_dimension;
    LN_CHECK(c, axis >= 0 && axis < s.rank, "%s is quantized along dimension %d of %d", what, axis,
             s.rank);
    return ln_check_quantized(c, t, what, axis, s.dim[axis]);
}

static channels channels_of(const TfLiteTensor *t, const ln_shape *s)
{
    if (scale_count(t) <= 1)
        return (channels){1, 1, ln_shape_count(s, 0, s->rank)};
    const int axis =
        ((const TfLiteAffineQuantization *)t->quantization.params)->quantized_dimension;
    return (channels){ln_shape_count(s, 0, axis), s->dim[axis],
                      ln_shape_count(s, axis + 1, s->rank)};
}

/* ---- QUANTIZE ---- */

typedef struct target {
    float scale;
    int32_t zx, zy, min, max;
    ln_mult m;
    bool to_even; /* halves, else away from zero */
} target;

static void type_range(TfLiteType type, int32_t *min, int32_t *max)
{
    switch (type) {
    case kTfLiteUInt8:
        *min = 0, *max = UINT8_MAX;
        break;
    case kTfLiteInt8:
        *min = INT8_MIN, *max = INT8_MAX;
        break;
    case kTfLiteInt16:
        *min = INT16_MIN, *max = INT16_MAX;
        break;
    case kTfLiteInt4:
        *min = -8, *max = 7;
        break;
    case kTfLiteUInt4:
        *min = 0, *max = 15;
        break;
    case kTfLiteInt2:
        *min = -2, *max = 1;
        break;
    default:
        *min = INT32_MIN, *max = INT32_MAX;
        break;
    }
}

static int32_t quantize_one(float x, const target *t)
{
    const float q = x / t->scale;
    const double v = (double)(t->to_even ? rintf(q) : roundf(q)) + t->zy;
    return v <= t->min ? t->min : v >= t->max ? t->max : v == v ? (int32_t)v : 0;
}

static void quantize_run(const target *t, const float *x, TfLiteType type, void *y, int64_t from,
                         int n)
{
    int32_t q[STEP];
    while (n > 0) {
        const int m = LN_MIN(n, STEP);
        for (int i = 0; i < m; i++)
            q[i] = quantize_one(x[from + i], t);
        ln_lane_store(LN_I32, type, y, from, m, q);
        from += m;
        n -= m;
    }
}

static ln_status quantize_floats(ln_call *c)
{
    const TfLiteTensor *y = c->out[0];
    const ln_shape s = ln_shape_of(c->in[0]);
    const channels k = channels_of(y, &s);
    const float *x = c->in[0]->data.f;
    target t = {.to_even = scale_count(y) <= 1};

    type_range(y->type, &t.min, &t.max);
    for (int o = 0; o < k.outer; o++)
        for (int i = 0; i < k.n; i++) {
            t.scale = ln_channel_scale(y, i);
            t.zy = ln_channel_zero(y, i);
            quantize_run(&t, x, y->type, y->data.data, ((int64_t)o * k.n + i) * k.inner, k.inner);
        }
    return LN_OK;
}

/* Per tensor: TFLite has no other. */
static ln_status quantize_packed(ln_call *c)
{
    const TfLiteTensor *y = c->out[0];
    target t = {.scale = ln_channel_scale(y, 0), .zy = ln_channel_zero(y, 0)};
    int32_t q[STEP];

    type_range(y->type, &t.min, &t.max);
    for (int from = 0, all = ln_count(y); from < all;) {
        const int n = LN_MIN(STEP, all - from);
        for (int i = 0; i < n; i++)
            q[i] = quantize_one(c->in[0]->data.f[from + i], &t);
        ln_packed_store(y, from, n, q);
        from += n;
    }
    return LN_OK;
}

static void requantize_row(const void *ctx, const void *const *in, void *out, int n)
{
    const target t = *(const target *)ctx;
    const int32_t *x = in[0];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t v = (int32_t)((uint32_t)x[i] - (uint32_t)t.zx);
        y[i] = ln_clamp(ln_wrap_add(ln_mul_q(v, t.m), t.zy), t.min, t.max);
    }
}

static ln_status infer_quantize(ln_call *c)
{
    enum { OUT = LN_QUANTS | LN_BIT(Int32) };
    const ln_shape s = ln_shape_of(c->in[0]);
    const TfLiteType from = c->in[0]->type, to = c->out[0]->type;
    const bool floats = from == kTfLiteFloat32;

    LN_TRY(ln_check_type(c, 0, OUT | LN_BIT(Float32)));
    LN_CHECK(c, ln_type_in(to, floats ? LN_QUANTS | LN_PACKED : OUT),
             "the output has type %s, which %s is not quantized to", ln_type_name(to),
             ln_type_name(from));
    LN_CHECK(c, ln_quantized(c->out[0]), "the output has no quantization parameters");
    if (floats && !ln_type_in(to, LN_PACKED))
        LN_TRY(check_channels(c, c->out[0], "the output"));
    else
        LN_TRY(ln_check_quantized_out(c));
    if (!floats)
        LN_TRY(ln_check_quantized_in(c, 0));
    return ln_set_out(c, 0, to, &s);
}

static ln_status eval_quantize(ln_call *c)
{
    const TfLiteTensor *x = c->in[0], *y = c->out[0];
    if (x->type == kTfLiteFloat32)
        return ln_type_in(y->type, LN_PACKED) ? quantize_packed(c) : quantize_floats(c);
    target t = {.zx = x->params.zero_point,
                .zy = y->params.zero_point,
                .m = ln_quantize_multiplier((double)x->params.scale / (double)y->params.scale)};
    type_range(y->type, &t.min, &t.max);
    return ln_map_call(c, 1, LN_I32, LN_I32, requantize_row, &t);
}

/* ---- DEQUANTIZE ---- */

/* Items [from, from + n) as int32. */
static const int32_t *read_ints(const TfLiteTensor *t, int64_t from, int n, int32_t *buffer)
{
    if (!ln_type_in(t->type, LN_PACKED))
        return ln_lane_load(LN_I32, t->type, t->data.data, from, n, buffer);
    ln_packed_load(t, from, n, buffer);
    return buffer;
}

void ln_dequantize(const TfLiteTensor *t, float *y)
{
    const ln_shape s = ln_shape_of(t);
    const channels k = channels_of(t, &s);
    int32_t buffer[STEP];

    if (ln_type_in(t->type, LN_HALVES)) { /* always converted, so it lands in y */
        (void)ln_lane_load(LN_F32, t->type, t->data.data, 0, ln_count(t), y);
        return;
    }
    int64_t at = 0;
    for (int o = 0; o < k.outer; o++)
        for (int i = 0; i < k.n; i++) {
            const float scale = ln_channel_scale(t, i);
            const int32_t zero = ln_channel_zero(t, i);
            for (int left = k.inner; left > 0;) {
                const int n = LN_MIN(STEP, left);
                const int32_t *x = read_ints(t, at, n, buffer);
                for (int j = 0; j < n; j++)
                    y[at + j] = scale * (float)(x[j] - zero);
                at += n;
                left -= n;
            }
        }
}

ln_status ln_check_dequantize(ln_call *c)
{
    LN_TRY(ln_check_type(c, 0, LN_QUANTS | LN_HALVES | LN_PACKED));
    return ln_type_in(c->in[0]->type, LN_HALVES) ? LN_OK : check_channels(c, c->in[0], "input 0");
}

static ln_status infer_dequantize(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_dequantize(c));
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status eval_dequantize(ln_call *c)
{
    ln_dequantize(c->in[0], c->out[0]->data.f);
    return LN_OK;
}

/* ---- FAKE_QUANT ---- */

typedef struct grid {
    float min, max, scale;
} grid;

static void fake_quant_row(const void *ctx, const void *const *in, void *out, int n)
{
    const grid g = *(const grid *)ctx;
    const float *x = in[0], inverse = 1.0f / g.scale;
    float *y = out;
    for (int i = 0; i < n; i++) {
        const float low = x[i] > g.min ? x[i] : g.min; /* NaN too becomes min */
        const float v = low > g.max ? g.max : low;
        y[i] = roundf((v - g.min) * inverse) * g.scale + g.min;
    }
}

static ln_status infer_fake_quant(ln_call *c)
{
    const TfLiteFakeQuantParams *p = c->params;
    LN_TRY(ln_infer_like(c, LN_BIT(Float32)));
    LN_CHECK(c, p->num_bits >= 2 && p->num_bits <= 16, "num_bits is %d, not in [2, 16]",
             p->num_bits);
    LN_CHECK(c, isfinite(p->min) && isfinite(p->max) && p->min < p->max,
             "the range [%g, %g] is not finite or empty", (double)p->min, (double)p->max);
    return LN_OK;
}

static ln_status eval_fake_quant(ln_call *c)
{
    const TfLiteFakeQuantParams *p = c->params;
    const float low = p->narrow_range ? 1 : 0, high = (float)((1 << p->num_bits) - 1);
    grid g = {.scale = (p->max - p->min) / (high - low)};
    const float from_min = low - p->min / g.scale;
    const float zero = from_min < low ? low : from_min > high ? high : roundf(from_min);

    g.min = (low - zero) * g.scale;
    g.max = (high - zero) * g.scale;
    return ln_map_call(c, 1, LN_F32, LN_F32, fake_quant_row, &g);
}

/* ---- the ops ---- */

static const ln_field fake_quant_fields[] = {
    LN_FIELD(F32, 0, TfLiteFakeQuantParams, min, 1),
    LN_FIELD(F32, 1, TfLiteFakeQuantParams, max, 1),
    LN_FIELD(I32, 2, TfLiteFakeQuantParams, num_bits, 1),
    LN_FIELD(BOOL, 3, TfLiteFakeQuantParams, narrow_range, 2),
    {0},
};

const ln_op ln_op_quantize = {
    .name = "QUANTIZE",
    .builtin = kTfLiteBuiltinQuantize,
    .version = 6,
    .options = 89,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer_quantize,
    .eval = eval_quantize,
};
const ln_op ln_op_dequantize = {
    .name = "DEQUANTIZE",
    .builtin = kTfLiteBuiltinDequantize,
    .version = 9,
    .options = 38,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer_dequantize,
    .eval = eval_dequantize,
};
const ln_op ln_op_fake_quant = {
    .name = "FAKE_QUANT",
    .builtin = kTfLiteBuiltinFakeQuant,
    .version = 2,
    .options = 58,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,
    .fields = fake_quant_fields,
    .params_size = sizeof(TfLiteFakeQuantParams),
    .infer = infer_fake_quant,
    .eval = eval_fake_quant,
};
