/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_conv.c: DEPTHWISE_CONV_2D, each channel convolved by itself.
 *
 *   x [n, h, w, c]    W [1, fh, fw, k], k = c * multiplier    b [k], optional
 *   y [n, oh, ow, k]; channel ic * multiplier + j of y comes from channel ic of x
 *
 * The types of conv.c.  One output pixel at a time: for each tap of the window, all channels at
 * once go into k accumulators, so that the inner loop runs over neighbors in memory.  Integer
 * weights are first made int16 with their zero point taken off. */
#include <string.h>

#include "ops/conv_common.h"
#include "ops/scratch.h"
#include "ops/window.h"

enum { X, W, B };

static const ln_conv_roles roles = {.x = X, .w = W, .b = B, .axis = 3};

static const ln_field fields[] = {
    LN_FIELD(PAD, 0, TfLiteDepthwiseConvParams, padding, 1),
    LN_FIELD(I32, 1, TfLiteDepthwiseConvParams, stride_width, 1),
    LN_FIELD(I32, 2, TfLiteDepthwiseConvParams, stride_height, 1),
    LN_FIELD(I32, 3, TfLiteDepthwiseConvParams, depth_multiplier, 1),
    LN_FIELD(ACT, 4, TfLiteDepthwiseConvParams, activation, 1),
    LN_FIELD_DEFAULT(I32, 5, TfLiteDepthwiseConvParams, dilation_width_factor, 2, 1),
    LN_FIELD_DEFAULT(I32, 6, TfLiteDepthwiseConvParams, dilation_height_factor, 2, 1),
    {0},
};

static const ln_quant quant = {
    .in = {[X] = LN_Q_ACTIVATION, [W] = LN_Q_WEIGHT(3), [B] = LN_Q_BIAS(X, W)},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_CHANNEL,
};

typedef struct geometry {
    int batches, cin, cout, multiplier;
    int32_t zero; /* of x, where it is 8 bits wide */
    ln_window h, w;
} geometry;

typedef struct buffers {
    int8_t *bytes;    /* int4 weights unpacked, or hybrid: one image quantized */
    int16_t *weights; /* with their zero point taken off */
    void *acc;
    ln_requant *requant;
    float scale; /* hybrid: of the quantized image */
} buffers;

/* Adds the products of one tap to the accumulators of all channels. */
typedef void (*tap_fn)(void *acc, const void *x, const void *w, const geometry *g);
/* Turns the accumulators into outputs y[0 .. cout). */
typedef void (*finish_fn)(const ln_call *c, const buffers *b, int cout, size_t y);

typedef struct kernel {
    tap_fn tap;
    finish_fn finish;
    size_t x_size, w_size, acc_size;
} kernel;

static ln_status plan(ln_call *c, geometry *g)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    LN_CHECK(c, w.rank == 4, "weights have rank %d, not 4", w.rank);
    LN_CHECK(c, w.dim[0] == 1 || w.dim[0] < 0, "weights have %d in dimension 0, not 1", w.dim[0]);

    g->batches = x.dim[0];
    g->cin = x.dim[3];
    g->cout = w.dim[3];
    g->multiplier = 0;
    g->h = (ln_window){.in = x.dim[1],
                       .filter = w.dim[1],
                       .stride = p->stride_height,
                       .dilation = p->dilation_height_factor};
    g->w = (ln_window){.in = x.dim[2],
                       .filter = w.dim[2],
                       .stride = p->stride_width,
                       .dilation = p->dilation_width_factor};
    LN_TRY(ln_window_plan(c, "height", p->padding, &g->h));
    LN_TRY(ln_window_plan(c, "width", p->padding, &g->w));
    if (g->cin < 0 || !ln_shape_known(&w))
        return LN_OK;
    LN_CHECK(c, g->cin > 0 && g->cout > 0 && g->cout % g->cin == 0,
             "%d output channels are no multiple of %d input channels", g->cout, g->cin);
    g->multiplier = g->cout / g->cin;
    return LN_OK;
}

static ln_status carve(ln_call *c, const geometry *g, ln_scratch *s, buffers *b)
{
    const bool floats = c->in[W]->type == kTfLiteFloat32;
    const bool hybrid = ln_conv_is_hybrid(c, &roles), int4 = c->in[W]->type == kTfLiteInt4;
    const int64_t image = (int64_t)g->h.in * g->w.in * g->cin;
    const int64_t weights = (int64_t)g->h.filter * g->w.filter * g->cout;
    LN_CHECK(c, image <= INT32_MAX, "an image of %lld values is too large", (long long)image);
    const int64_t bytes = LN_MAX(hybrid ? image : 0, int4 ? weights : 0);
    b->bytes = ln_scratch_take(s, bytes, 1);
    b->weights = ln_scratch_take(s, floats ? 0 : weights, sizeof *b->weights);
    b->acc = ln_scratch_take(s, g->cout, sizeof(int64_t));
    b->requant = ln_scratch_take(s, floats || hybrid ? 0 : g->cout, sizeof *b->requant);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    geometry g;
    buffers b;
    ln_scratch s = {0};
    LN_TRY(plan(c, &g));
    LN_TRY(ln_conv_check(c, &roles, g.cout, p->activation));
    ln_shape y = {4, {g.batches, g.h.out, g.w.out, g.cout}};
    if (g.multiplier != 0 && g.h.out >= 0 && g.w.out >= 0) {
        LN_TRY(carve(c, &g, &s, &b));
        LN_TRY(ln_scratch_ask(c, &s));
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* ---- one tap ---- */

/* acc += (x - zero) * w over all channels.  Unsigned accumulators wrap around as TFLite's do; the
 * products fit an int (|x - zero| < 2^9 for 8-bit x, and int16 x has the zero point 0). */
#define TAP(name, acc_type, x_type, w_type, product)                             \
    static void name(void *acc, const void *x, const void *w, const geometry *g) \
    {                                                                            \
        acc_type *restrict a = acc;                                              \
        const x_type *restrict px = x;                                           \
        const w_type *restrict pw = w;                                           \
        const int32_t zero = g->zero;                                            \
        (void)zero;                                                              \
        if (g->multiplier == 1) {                                                \
            for (int i = 0; i < g->cin; i++)                                     \
                a[i] += (acc_type)(product(px[i], pw[i]));                       \
            return;                                                              \
        }                                                                        \
        for (int i = 0, k = 0; i < g->cin; i++)                                  \
            for (int j = 0; j < g->multiplier; j++, k++)                         \
                a[k] += (acc_type)(product(px[i], pw[k]));                       \
    }
#define PLAIN(x, w)    ((x) * (w))
#define CENTERED(x, w) (((x)-zero) * (w))

TAP(tap_f32, float, float, float, PLAIN)
TAP(tap_s8, uint32_t, int8_t, int16_t, CENTERED)
TAP(tap_u8, uint32_t, uint8_t, int16_t, CENTERED)
TAP(tap_s16, int64_t, int16_t, int16_t, PLAIN)

/* ---- the end of one pixel ---- */

static void finish_f32(const ln_call *c, const buffers *b, int cout, size_t y)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    const float *acc = b->acc, *bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    float min, max, *out = c->out[0]->data.f + y;
    ln_activation_range_f32(p->activation, &min, &max);
    for (int k = 0; k < cout; k++) {
        const float v = acc[k] + (bias ? bias[k] : 0);
        out[k] = v < min ? min : v > max ? max : v;
    }
}

static void finish_hybrid(const ln_call *c, const buffers *b, int cout, size_t y)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    const float *bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    const int32_t *acc = b->acc;
    float min, max, *out = c->out[0]->data.f + y;
    ln_activation_range_f32(p->activation, &min, &max);
    for (int k = 0; k < cout; k++) {
        const float scale = ln_channel_scale(c->in[W], k) * b->scale;
        const float v = (float)acc[k] * scale + (bias ? bias[k] : 0);
        out[k] = v < min ? min : v > max ? max : v;
    }
}

static void finish_8(const ln_call *c, const buffers *b, int cout, size_t y)
{
    const int32_t *bias = ln_has(c, B) ? c->in[B]->data.i32 : NULL, *acc = b->acc;
    uint8_t *out = c->out[0]->data.uint8 + y; /* int8 has the same bytes */
    for (int k = 0; k < cout; k++) {
        const int32_t v = ln_wrap_add(acc[k], bias ? bias[k] : 0);
        out[k] = (uint8_t)ln_requantize(&b->requant[k], v);
    }
}

static void finish_16(const ln_call *c, const buffers *b, int cout, size_t y)
{
    const TfLiteTensor *bias = ln_has(c, B) ? c->in[B] : NULL;
    const int64_t *acc = b->acc;
    int16_t *out = c->out[0]->data.i16 + y;
    for (int k = 0; k < cout; k++)
        out[k] = (int16_t)ln_requantize64(&b->requant[k], ln_add_bias(acc[k], bias, k));
}

/* ---- all of it ---- */

/* x: one image; y: where its outputs begin. */
static void run_image(const ln_call *c, const geometry *g, const buffers *b, const kernel *kernel,
                      const void *x, size_t y)
{
    const uint8_t *w = kernel->x_size == sizeof(float) ? (const uint8_t *)c->in[W]->data.raw_const
                                                       : (const uint8_t *)b->weights;
    const size_t pixel = (size_t)g->cin * kernel->x_size, tap = (size_t)g->cout * kernel->w_size;
    int ys[3], xs[3];
    for (int oy = 0; oy < g->h.out; oy++) {
        ys[0] = ln_window_taps(&g->h, oy, &ys[1], &ys[2]);
        for (int ox = 0; ox < g->w.out; ox++, y += (size_t)g->cout) {
            xs[0] = ln_window_taps(&g->w, ox, &xs[1], &xs[2]);
            memset(b->acc, 0, (size_t)g->cout * kernel->acc_size);
            for (int fy = ys[1]; fy < ys[2]; fy++) {
                const size_t row = (size_t)(ys[0] + fy * g->h.dilation) * (size_t)g->w.in;
                const size_t wrow = (size_t)fy * (size_t)g->w.filter;
                for (int fx = xs[1]; fx < xs[2]; fx++) {
                    const size_t at = row + (size_t)(xs[0] + fx * g->w.dilation);
                    kernel->tap(b->acc, (const uint8_t *)x + at * pixel,
                                w + (wrow + (size_t)fx) * tap, g);
                }
            }
            kernel->finish(c, b, g->cout, y);
        }
    }
}

static void prepare_weights(const ln_call *c, const geometry *g, const buffers *b)
{
    const TfLiteTensor *w = c->in[W];
    const size_t n = (size_t)g->h.filter * (size_t)g->w.filter * (size_t)g->cout;
    const bool uint8 = c->in[X]->type == kTfLiteUInt8;
    const void *bytes = w->data.raw_const;
    if (w->type == kTfLiteInt4) {
        ln_unpack(w, 0, n, b->bytes);
        bytes = b->bytes;
    }
    ln_centered(bytes, uint8 ? kTfLiteUInt8 : kTfLiteInt8, 0, n, uint8 ? ln_channel_zero(w, 0) : 0,
                b->weights);
}

static kernel kernel_for(const ln_call *c)
{
    const size_t narrow = sizeof(int16_t);
    if (c->in[W]->type == kTfLiteFloat32)
        return (kernel){tap_f32, finish_f32, sizeof(float), sizeof(float), sizeof(float)};
    if (c->in[X]->type == kTfLiteFloat32)
        return (kernel){tap_s8, finish_hybrid, 1, narrow, sizeof(int32_t)};
    if (c->in[X]->type == kTfLiteInt16)
        return (kernel){tap_s16, finish_16, sizeof(int16_t), narrow, sizeof(int64_t)};
    return (kernel){c->in[X]->type == kTfLiteUInt8 ? tap_u8 : tap_s8, finish_8, 1, narrow,
                    sizeof(int32_t)};
}

static ln_status eval(ln_call *c)
{
    const TfLiteDepthwiseConvParams *p = c->params;
    const TfLiteTensor *x = c->in[X];
    geometry g;
    buffers b;
    ln_scratch s = {c->scratch, 0};
    LN_TRY(plan(c, &g));
    LN_TRY(carve(c, &g, &s, &b));
    const bool floats = c->in[W]->type == kTfLiteFloat32, hybrid = ln_conv_is_hybrid(c, &roles);
    const kernel kernel = kernel_for(c);
    const size_t image = (size_t)g.h.in * (size_t)g.w.in * (size_t)g.cin;
    const size_t pixels = (size_t)g.h.out * (size_t)g.w.out * (size_t)g.cout;
    if (!floats)
        prepare_weights(c, &g, &b);
    if (!floats && !hybrid)
        LN_TRY(ln_requant_fill(c, x, c->in[W], g.cout, p->activation, b.requant));
    for (int n = 0; n < g.batches; n++) {
        const void *from = x->data.raw_const + (size_t)n * image * ln_type_size(x->type);
        g.zero = floats ? 0 : ln_channel_zero(x, 0);
        if (hybrid) {
            ln_quantize_row_asymmetric(from, (int)image, b.bytes, &b.scale, &g.zero);
            from = b.bytes;
        }
        run_image(c, &g, &b, &kernel, from, (size_t)n * pixels);
    }
    return LN_OK;
}

const ln_op ln_op_depthwise_conv_2d = {
    .name = "DEPTHWISE_CONV_2D",
    .builtin = kTfLiteBuiltinDepthwiseConv2d,
    .version = 7,
    .options = 2,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << B,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLiteDepthwiseConvParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
