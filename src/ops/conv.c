/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: CONV_2D, y = act(x * W + b), in groups where W has fewer channels than x.
 *
 *   x [n, h, w, c]    W [k, fh, fw, c / groups]    b [k], optional    y [n, oh, ow, k]
 *
 * float; uint8; int8 and int16 with int8 or int4 weights, per tensor or per channel; hybrid (float
 * x, integer W: each image is quantized on the fly).  Integers gather the window of one output
 * pixel as int16 with the zero point taken off, where padding is 0, so that what remains is an
 * inner product per output channel.  Float adds in the order of TFLite's reference, and skips
 * padding as it does.  Sibling: depthwise_conv.c. */
#include <string.h>

#include "ops/conv_common.h"
#include "ops/dot.h"
#include "ops/scratch.h"
#include "ops/window.h"

enum { X, W, B };

static const ln_conv_roles roles = {.x = X, .w = W, .b = B, .axis = 0};

static const ln_field fields[] = {
    LN_FIELD(PAD, 0, TfLiteConvParams, padding, 1),
    LN_FIELD(I32, 1, TfLiteConvParams, stride_width, 1),
    LN_FIELD(I32, 2, TfLiteConvParams, stride_height, 1),
    LN_FIELD(ACT, 3, TfLiteConvParams, activation, 1),
    LN_FIELD_DEFAULT(I32, 4, TfLiteConvParams, dilation_width_factor, 2, 1),
    LN_FIELD_DEFAULT(I32, 5, TfLiteConvParams, dilation_height_factor, 2, 1),
    LN_FIELD(TYPE, 6, TfLiteConvParams, quantized_bias_type, 8),
    {0},
};

static const ln_quant quant = {
    .in = {[X] = LN_Q_ACTIVATION, [W] = LN_Q_WEIGHT(0), [B] = LN_Q_BIAS(X, W)},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_CHANNEL,
};

typedef struct geometry {
    int batches, cin, cout;
    int groups, group_in, group_out; /* channels of one group */
    int taps;                        /* fh * fw * group_in: values in one window */
    ln_window h, w;
} geometry;

typedef struct buffers {
    const int8_t *weights; /* as they are, or int4 unpacked */
    int8_t *unpacked;
    int8_t *quantized; /* hybrid: x of one image */
    int16_t *window;
    ln_requant *requant;
    float scale; /* hybrid: of the quantized image */
} buffers;

static ln_status plan(ln_call *c, geometry *g)
{
    const TfLiteConvParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    LN_CHECK(c, w.rank == 4, "weights have rank %d, not 4", w.rank);

    g->batches = x.dim[0];
    g->cin = x.dim[3];
    g->cout = w.dim[0];
    g->group_in = w.dim[3];
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
    g->groups = g->group_out = g->taps = 0;
    if (g->cin < 0 || !ln_shape_known(&w))
        return LN_OK;
    LN_CHECK(c, g->group_in > 0 && g->cin > 0 && g->cin % g->group_in == 0,
             "%d input channels do not divide into groups of %d", g->cin, g->group_in);
    g->groups = g->cin / g->group_in;
    LN_CHECK(c, g->cout % g->groups == 0, "%d output channels do not divide into %d groups",
             g->cout, g->groups);
    g->group_out = g->cout / g->groups;
    g->taps = ln_shape_count(&w, 1, 4);
    return LN_OK;
}

static ln_status carve(ln_call *c, const geometry *g, ln_scratch *s, buffers *b)
{
    const bool floats = c->in[W]->type == kTfLiteFloat32, hybrid = ln_conv_is_hybrid(c, &roles);
    const int64_t image = hybrid ? (int64_t)g->h.in * g->w.in * g->cin : 0;
    const int64_t weights = c->in[W]->type == kTfLiteInt4 ? (int64_t)g->cout * g->taps : 0;
    LN_CHECK(c, image <= INT32_MAX, "an image of %lld values is too large", (long long)image);
    b->unpacked = ln_scratch_take(s, weights, 1);
    b->quantized = ln_scratch_take(s, image, 1);
    b->window = ln_scratch_take(s, floats ? 0 : g->taps, sizeof *b->window);
    b->requant = ln_scratch_take(s, floats || hybrid ? 0 : g->cout, sizeof *b->requant);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    geometry g;
    buffers b;
    ln_scratch s = {0};
    const TfLiteConvParams *p = c->params;
    LN_TRY(plan(c, &g));
    LN_TRY(ln_conv_check(c, &roles, g.cout, p->activation));
    ln_shape y = {4, {g.batches, g.h.out, g.w.out, g.cout}};
    if (g.groups != 0 && g.h.out >= 0 && g.w.out >= 0) {
        LN_TRY(carve(c, &g, &s, &b));
        LN_TRY(ln_scratch_ask(c, &s));
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* ---- float ---- */

/* Adds the products of the window at (first_y, first_x) for `rows` output channels from `w` on. */
static void window_f32(const geometry *g, const float *x, const float *w, const int ys[3],
                       const int xs[3], int rows, float acc[4])
{
    const bool dense = g->groups == 1 && g->w.dilation == 1;
    const int run = dense ? (xs[2] - xs[1]) * g->cin : g->group_in;
    const int runs = dense ? 1 : xs[2] - xs[1];
    if (xs[2] == xs[1])
        return;
    for (int fy = ys[1]; fy < ys[2]; fy++) {
        const int iy = ys[0] + fy * g->h.dilation, ix = xs[0] + xs[1] * g->w.dilation;
        const float *px = x + ((size_t)iy * (size_t)g->w.in + (size_t)ix) * (size_t)g->cin;
        const float *pw =
            w + ((size_t)fy * (size_t)g->w.filter + (size_t)xs[1]) * (size_t)g->group_in;
        for (int r = 0; r < runs; r++) {
            ln_dot_f32(px, pw, (size_t)g->taps, rows, run, acc);
            px += (size_t)g->w.dilation * (size_t)g->cin;
            pw += g->group_in;
        }
    }
}

static void pixel_f32(const ln_call *c, const geometry *g, const float *x, const int ys[3],
                      const int xs[3], float *y)
{
    const TfLiteConvParams *p = c->params;
    const float *w = c->in[W]->data.f, *b = ln_has(c, B) ? c->in[B]->data.f : NULL;
    float min, max;
    ln_activation_range_f32(p->activation, &min, &max);
    for (int k = 0; k < g->cout;) {
        const int group = k / g->group_out;
        const int rows = LN_MIN(4, (group + 1) * g->group_out - k);
        float acc[4] = {0, 0, 0, 0};
        window_f32(g, x + (size_t)group * (size_t)g->group_in, w + (size_t)k * (size_t)g->taps, ys,
                   xs, rows, acc);
        for (int r = 0; r < rows; r++, k++) {
            const float v = acc[r] + (b ? b[k] : 0);
            y[k] = v < min ? min : v > max ? max : v;
        }
    }
}

static ln_status eval_f32(ln_call *c, const geometry *g)
{
    const size_t image = (size_t)g->h.in * (size_t)g->w.in * (size_t)g->cin;
    const float *x = c->in[X]->data.f;
    float *y = c->out[0]->data.f;
    for (int n = 0; n < g->batches; n++, x += image) {
        for (int oy = 0; oy < g->h.out; oy++) {
            int ys[3];
            ys[0] = ln_window_taps(&g->h, oy, &ys[1], &ys[2]);
            for (int ox = 0; ox < g->w.out; ox++, y += g->cout) {
                int xs[3];
                xs[0] = ln_window_taps(&g->w, ox, &xs[1], &xs[2]);
                pixel_f32(c, g, x, ys, xs, y);
            }
        }
    }
    return LN_OK;
}

/* ---- integers ---- */

typedef struct source {
    const void *x; /* the image */
    TfLiteType type;
    int32_t zero;
} source;

/* The window of one output pixel and group, zeros where it lies outside. */
static void gather(const geometry *g, const source *s, const int ys[3], const int xs[3], int group,
                   int16_t *out)
{
    const bool dense = g->groups == 1 && g->w.dilation == 1;
    const int run = dense ? (xs[2] - xs[1]) * g->cin : g->group_in;
    if ((ys[2] - ys[1]) * (int64_t)(xs[2] - xs[1]) * g->group_in < g->taps)
        memset(out, 0, (size_t)g->taps * sizeof *out);
    for (int fy = ys[1]; fy < ys[2]; fy++) {
        const size_t row = (size_t)(ys[0] + fy * g->h.dilation) * (size_t)g->w.in;
        for (int fx = xs[1]; fx < xs[2]; fx++) {
            const size_t at = (row + (size_t)(xs[0] + fx * g->w.dilation)) * (size_t)g->cin +
                              (size_t)group * (size_t)g->group_in;
            const size_t to = ((size_t)fy * (size_t)g->w.filter + (size_t)fx) * (size_t)g->group_in;
            ln_centered(s->x, s->type, at, (size_t)run, s->zero, out + to);
            if (dense)
                break;
        }
    }
}

/* The outputs of one pixel, channels [from, from + n), from the gathered window. */
typedef void (*pixel_fn)(const ln_call *c, const geometry *g, const buffers *b, int from, size_t y);

static void pixel_u8(const ln_call *c, const geometry *g, const buffers *b, int from, size_t y)
{
    const int32_t *bias = ln_has(c, B) ? c->in[B]->data.i32 : NULL;
    const uint8_t *w = c->in[W]->data.uint8;
    const int32_t sum = (int32_t)(uint32_t)ln_sum_s16(b->window, g->taps);
    const int32_t fix = ln_wrap_mul(sum, -ln_channel_zero(c->in[W], 0));
    for (int k = from; k < from + g->group_out; k++) {
        int32_t acc = ln_dot_u8(b->window, w + (size_t)k * (size_t)g->taps, g->taps);
        acc = ln_wrap_add(ln_wrap_add(acc, fix), bias ? bias[k] : 0);
        c->out[0]->data.uint8[y + (size_t)k] = (uint8_t)ln_requantize(&b->requant[k], acc);
    }
}

static void pixel_s8(const ln_call *c, const geometry *g, const buffers *b, int from, size_t y)
{
    const int32_t *bias = ln_has(c, B) ? c->in[B]->data.i32 : NULL;
    for (int k = from; k < from + g->group_out; k++) {
        const int8_t *w = b->weights + (size_t)k * (size_t)g->taps;
        const int32_t acc = ln_wrap_add(ln_dot_s8(b->window, w, g->taps), bias ? bias[k] : 0);
        c->out[0]->data.int8[y + (size_t)k] = (int8_t)ln_requantize(&b->requant[k], acc);
    }
}

/* A declared type of int32 for the bias means sums of 32 bits, and their way of rounding. */
static void pixel_s16(const ln_call *c, const geometry *g, const buffers *b, int from, size_t y)
{
    const TfLiteConvParams *p = c->params;
    const TfLiteTensor *bias = ln_has(c, B) ? c->in[B] : NULL;
    const bool narrow = p->quantized_bias_type == kTfLiteInt32;
    for (int k = from; k < from + g->group_out; k++) {
        const int8_t *w = b->weights + (size_t)k * (size_t)g->taps;
        const int64_t acc = ln_add_bias(ln_dot_s16(b->window, w, g->taps), bias, k);
        const int32_t v = narrow ? ln_requantize(&b->requant[k], (int32_t)(uint32_t)(uint64_t)acc)
                                 : ln_requantize64(&b->requant[k], acc);
        c->out[0]->data.i16[y + (size_t)k] = (int16_t)v;
    }
}

/* Every output pixel of one image. */
static void image_int(const ln_call *c, const geometry *g, const buffers *b, const source *s,
                      size_t y, pixel_fn pixel)
{
    for (int oy = 0; oy < g->h.out; oy++) {
        int ys[3];
        ys[0] = ln_window_taps(&g->h, oy, &ys[1], &ys[2]);
        for (int ox = 0; ox < g->w.out; ox++, y += (size_t)g->cout) {
            int xs[3];
            xs[0] = ln_window_taps(&g->w, ox, &xs[1], &xs[2]);
            for (int group = 0; group < g->groups; group++) {
                gather(g, s, ys, xs, group, b->window);
                pixel(c, g, b, group * g->group_out, y);
            }
        }
    }
}

static ln_status eval_int(ln_call *c, const geometry *g, const buffers *b)
{
    const TfLiteConvParams *p = c->params;
    const TfLiteTensor *x = c->in[X];
    const size_t image = (size_t)g->h.in * (size_t)g->w.in * (size_t)g->cin;
    const size_t pixels = (size_t)g->h.out * (size_t)g->w.out * (size_t)g->cout;
    const pixel_fn pixel = x->type == kTfLiteUInt8   ? pixel_u8
                           : x->type == kTfLiteInt16 ? pixel_s16
                                                     : pixel_s8;
    LN_TRY(ln_requant_fill(c, x, c->in[W], g->cout, p->activation, b->requant));
    for (int n = 0; n < g->batches; n++) {
        const source s = {x->data.raw_const + (size_t)n * image * ln_type_size(x->type), x->type,
                          ln_channel_zero(x, 0)};
        image_int(c, g, b, &s, (size_t)n * pixels, pixel);
    }
    return LN_OK;
}

/* ---- hybrid ---- */

static void pixel_hybrid(const ln_call *c, const geometry *g, const buffers *b, int from, size_t y)
{
    const TfLiteConvParams *p = c->params;
    const float *bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    float min, max;
    ln_activation_range_f32(p->activation, &min, &max);
    for (int k = from; k < from + g->group_out; k++) {
        const int8_t *w = b->weights + (size_t)k * (size_t)g->taps;
        const float acc = (float)ln_dot_s8(b->window, w, g->taps);
        const float v = acc * ln_channel_scale(c->in[W], k) * b->scale + (bias ? bias[k] : 0);
        c->out[0]->data.f[y + (size_t)k] = v < min ? min : v > max ? max : v;
    }
}

/* TFLite quantizes x with a zero point where the channels' scales differ, else without. */
static bool is_asymmetric(const ln_call *c, const geometry *g)
{
    for (int k = 1; k < g->cout; k++)
        if (ln_channel_scale(c->in[W], k) != ln_channel_scale(c->in[W], 0))
            return true;
    return g->groups != 1;
}

static void eval_hybrid(ln_call *c, const geometry *g, buffers *b)
{
    const bool asymmetric = is_asymmetric(c, g);
    const size_t image = (size_t)g->h.in * (size_t)g->w.in * (size_t)g->cin;
    const size_t pixels = (size_t)g->h.out * (size_t)g->w.out * (size_t)g->cout;
    for (int n = 0; n < g->batches; n++) {
        const float *x = c->in[X]->data.f + (size_t)n * image;
        source s = {b->quantized, kTfLiteInt8, 0};
        if (asymmetric)
            ln_quantize_row_asymmetric(x, (int)image, b->quantized, &b->scale, &s.zero);
        else
            ln_quantize_row_symmetric(x, (int)image, b->quantized, &b->scale);
        image_int(c, g, b, &s, (size_t)n * pixels, pixel_hybrid);
    }
}

static ln_status eval(ln_call *c)
{
    geometry g;
    buffers b;
    ln_scratch s = {c->scratch, 0};
    LN_TRY(plan(c, &g));
    LN_TRY(carve(c, &g, &s, &b));
    b.weights = c->in[W]->data.int8;
    if (c->in[W]->type == kTfLiteInt4) {
        ln_unpack(c->in[W], 0, (size_t)g.cout * (size_t)g.taps, b.unpacked);
        b.weights = b.unpacked;
    }
    if (c->in[W]->type == kTfLiteFloat32)
        return eval_f32(c, &g);
    if (!ln_conv_is_hybrid(c, &roles))
        return eval_int(c, &g, &b);
    eval_hybrid(c, &g, &b);
    return LN_OK;
}

static bool reads_past(const ln_call *c, int i, ln_made *as)
{
    const TfLiteConvParams *p = c->params;
    return ln_conv_reads_past(c, &roles, p->quantized_bias_type, i, as);
}

const ln_op ln_op_conv_2d = {
    .name = "CONV_2D",
    .builtin = kTfLiteBuiltinConv2d,
    .version = 8,
    .options = 1,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << B,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLiteConvParams),
    .infer = infer,
    .eval = eval,
    .reads_past = reads_past,
    .quant = &quant,
};
