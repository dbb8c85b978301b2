/* SPDX-License-Identifier: Apache-2.0 */
/* transpose_conv.c: TRANSPOSE_CONV, the gradient of a convolution as an operator of its own, and
 * MediaPipe's custom op Convolution2DTransposeBias, whose output follows from its input's size.
 *
 *   shape [4] of y    W [k, fh, fw, c]    x [n, h, w, c]    b [k], optional    y [n, oh, ow, k]
 *   custom:           x                   W                 b
 *
 * The types of conv.c but int4 weights.  Each input pixel is spread over the outputs that its
 * window covers, as in TFLite's reference: every output channel gets one inner product over c.
 * Integers add up in scratch memory; padding is that of the convolution from y to x. */
#include <string.h>

#include "ops/conv_common.h"
#include "ops/dot.h"
#include "ops/scratch.h"
#include "ops/window.h"

enum { SHAPE, W, X, B };

static const ln_conv_roles roles = {.x = X, .w = W, .b = B, .axis = 0};

static const ln_field fields[] = {
    LN_FIELD(PAD, 0, TfLiteTransposeConvParams, padding, 1),
    LN_FIELD(I32, 1, TfLiteTransposeConvParams, stride_width, 1),
    LN_FIELD(I32, 2, TfLiteTransposeConvParams, stride_height, 1),
    LN_FIELD(ACT, 3, TfLiteTransposeConvParams, activation, 4),
    LN_FIELD(TYPE, 4, TfLiteTransposeConvParams, quantized_bias_type, 5),
    {0},
};

static const ln_quant quant = {
    .in = {[W] = LN_Q_WEIGHT(0), [X] = LN_Q_ACTIVATION, [B] = LN_Q_BIAS(X, W)},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_CHANNEL,
};

typedef struct geometry {
    int batches, cin, cout;
    int in_h, in_w;
    ln_window h, w; /* of the convolution from y to x: .in is y's side */
} geometry;

typedef struct buffers {
    int8_t *quantized; /* hybrid: one image */
    int16_t *pixel;
    void *acc; /* one output image: int32_t, or int64_t where x is int16 */
    ln_requant *requant;
    float scale;  /* hybrid: of the quantized image */
    int32_t zero; /* of x, or of the quantized image */
} buffers;

static ln_status plan(ln_call *c, const int y[4], geometry *g)
{
    const TfLiteTransposeConvParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    *g = (geometry){
        .batches = x.dim[0], .cin = x.dim[3], .cout = w.dim[0], .in_h = x.dim[1], .in_w = x.dim[2]};
    g->h = (ln_window){.in = y[1], .filter = w.dim[1], .stride = p->stride_height, .dilation = 1};
    g->w = (ln_window){.in = y[2], .filter = w.dim[2], .stride = p->stride_width, .dilation = 1};
    LN_TRY(ln_window_plan(c, "height", p->padding, &g->h));
    LN_TRY(ln_window_plan(c, "width", p->padding, &g->w));
    LN_CHECK(c, y[0] == g->batches, "shape asks for %d images, the input has %d", y[0], g->batches);
    LN_CHECK(c, y[3] == g->cout, "shape asks for %d channels, the weights have %d", y[3], g->cout);
    LN_CHECK(c, w.dim[3] == g->cin, "weights have %d channels, the input has %d", w.dim[3], g->cin);
    LN_CHECK(c,
             (int64_t)g->in_h * g->h.stride < INT32_MAX / 2 &&
                 (int64_t)g->in_w * g->w.stride < INT32_MAX / 2,
             "input of %d x %d is too large", g->in_h, g->in_w);
    return LN_OK;
}

static ln_status carve(ln_call *c, const geometry *g, ln_scratch *s, buffers *b)
{
    const bool floats = c->in[W]->type == kTfLiteFloat32, hybrid = ln_conv_is_hybrid(c, &roles);
    const int64_t image = (int64_t)g->in_h * g->in_w * g->cin;
    const int64_t out = (int64_t)g->h.in * g->w.in;
    LN_CHECK(c, image <= INT32_MAX, "an image of %lld values is too large", (long long)image);
    LN_CHECK(c, out <= INT32_MAX, "an output of %lld pixels is too large", (long long)out);
    const size_t acc = c->in[X]->type == kTfLiteInt16 ? sizeof(int64_t) : sizeof(int32_t);
    b->quantized = ln_scratch_take(s, hybrid ? image : 0, 1);
    b->pixel = ln_scratch_take(s, floats ? 0 : g->cin, sizeof *b->pixel);
    b->acc = ln_scratch_take(s, floats ? 0 : out * g->cout, acc);
    b->requant = ln_scratch_take(s, floats || hybrid ? 0 : g->cout, sizeof *b->requant);
    b->scale = 1;
    b->zero = ln_channel_zero(c->in[X], 0);
    return LN_OK;
}

static ln_status read_shape(ln_call *c, int y[4])
{
    int count;
    LN_TRY(ln_read_ints(c, SHAPE, 4, y, &count));
    LN_CHECK(c, count == 4, "shape has %d values, not 4", count);
    for (int i = 0; i < 4; i++)
        LN_CHECK(c, y[i] >= 0, "shape has the negative dimension %d", y[i]);
    return LN_OK;
}

/* Without a shape: the smallest output with padding SAME, all that is reached with VALID. */
static ln_status derive_shape(ln_call *c, const ln_shape *x, const ln_shape *w, int y[4])
{
    const TfLiteTransposeConvParams *p = c->params;
    const int stride[2] = {p->stride_height, p->stride_width};
    y[0] = x->dim[0];
    y[3] = w->dim[0];
    for (int i = 1; i <= 2; i++) {
        const int64_t in = x->dim[i], by = stride[i - 1];
        const int64_t out = p->padding == kTfLitePaddingSame ? in * by : (in - 1) * by + w->dim[i];
        LN_CHECK(c, by > 0 && out >= 0 && out <= INT32_MAX, "an output of %lld is out of range",
                 (long long)out);
        y[i] = (int)out;
    }
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const TfLiteTransposeConvParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_shape y = {4, {x.dim[0], -1, -1, w.dim[0]}};
    geometry g;
    buffers b;
    ln_scratch s = {0};
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    LN_CHECK(c, w.rank == 4, "weights have rank %d, not 4", w.rank);
    LN_CHECK(c, c->in[W]->type != kTfLiteInt4, "weights have type INT4, which is not supported");
    LN_TRY(ln_conv_check(c, &roles, w.dim[0], p->activation));
    const bool known = !c->in[SHAPE] || ln_known(c, SHAPE);
    if (c->in[SHAPE] && c->in[SHAPE]->type != kTfLiteInt32 && c->in[SHAPE]->type != kTfLiteInt64)
        return ln_fail_type(c, SHAPE);
    if (!known || !ln_shape_known(&x) || !ln_shape_known(&w))
        return ln_set_out(c, 0, c->in[X]->type, &y);
    LN_TRY(c->in[SHAPE] ? read_shape(c, y.dim) : derive_shape(c, &x, &w, y.dim));
    LN_TRY(plan(c, y.dim, &g));
    LN_TRY(carve(c, &g, &s, &b));
    LN_TRY(ln_scratch_ask(c, &s));
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* The taps [*begin, *end) of input i that hit an output; returns the output of tap 0. */
static int spread(const ln_window *w, int i, int *begin, int *end)
{
    const int first = i * w->stride - w->pad;
    *begin = LN_MAX(0, -first);
    *end = LN_MIN(w->filter, w->in - first);
    return first;
}

/* Adds the products of one input pixel (cin values) to all channels of one output pixel. */
typedef void (*tap_fn)(const ln_call *c, const geometry *g, const void *x, size_t tap, void *y,
                       size_t at);

static void tap_f32(const ln_call *c, const geometry *g, const void *x, size_t tap, void *y,
                    size_t at)
{
    const size_t row = (size_t)g->h.filter * (size_t)g->w.filter * (size_t)g->cin;
    const float *w = c->in[W]->data.f + tap * (size_t)g->cin;
    float *out = (float *)y + at;
    for (int k = 0; k < g->cout; k += 4) {
        const int rows = LN_MIN(4, g->cout - k);
        float acc[4] = {0, 0, 0, 0};
        memcpy(acc, out + k, (size_t)rows * sizeof *acc);
        ln_dot_f32(x, w + (size_t)k * row, row, rows, g->cin, acc);
        memcpy(out + k, acc, (size_t)rows * sizeof *acc);
    }
}

static void tap_s8(const ln_call *c, const geometry *g, const void *x, size_t tap, void *y,
                   size_t at)
{
    const size_t row = (size_t)g->h.filter * (size_t)g->w.filter * (size_t)g->cin;
    const int8_t *w = c->in[W]->data.int8 + tap * (size_t)g->cin;
    int32_t *out = (int32_t *)y + at;
    for (int k = 0; k < g->cout; k++)
        out[k] = ln_wrap_add(out[k], ln_dot_s8(x, w + (size_t)k * row, g->cin));
}

static void tap_u8(const ln_call *c, const geometry *g, const void *x, size_t tap, void *y,
                   size_t at)
{
    const size_t row = (size_t)g->h.filter * (size_t)g->w.filter * (size_t)g->cin;
    const uint8_t *w = c->in[W]->data.uint8 + tap * (size_t)g->cin;
    const int32_t sum = (int32_t)(uint32_t)ln_sum_s16(x, g->cin);
    const int32_t fix = ln_wrap_mul(sum, -ln_channel_zero(c->in[W], 0));
    int32_t *out = (int32_t *)y + at;
    for (int k = 0; k < g->cout; k++) {
        const int32_t dot = ln_dot_u8(x, w + (size_t)k * row, g->cin);
        out[k] = ln_wrap_add(out[k], ln_wrap_add(dot, fix));
    }
}

static void tap_s16(const ln_call *c, const geometry *g, const void *x, size_t tap, void *y,
                    size_t at)
{
    const size_t row = (size_t)g->h.filter * (size_t)g->w.filter * (size_t)g->cin;
    const int8_t *w = c->in[W]->data.int8 + tap * (size_t)g->cin;
    int64_t *out = (int64_t *)y + at;
    for (int k = 0; k < g->cout; k++)
        out[k] += ln_dot_s16(x, w + (size_t)k * row, g->cin);
}

/* Spreads one image; x is float, or 8 or 16 bits wide and then goes through b->pixel. */
static void spread_image(const ln_call *c, const geometry *g, const buffers *b, const void *x,
                         TfLiteType type, tap_fn add, void *y)
{
    for (int iy = 0; iy < g->in_h; iy++) {
        int y0, y1, x0, x1;
        const int oy = spread(&g->h, iy, &y0, &y1);
        for (int ix = 0; ix < g->in_w; ix++) {
            const int ox = spread(&g->w, ix, &x0, &x1);
            const size_t from = ((size_t)iy * (size_t)g->in_w + (size_t)ix) * (size_t)g->cin;
            const void *pixel = (const float *)x + from;
            if (type != kTfLiteFloat32) {
                ln_centered(x, type, from, (size_t)g->cin, b->zero, b->pixel);
                pixel = b->pixel;
            }
            for (int fy = y0; fy < y1; fy++)
                for (int fx = x0; fx < x1; fx++)
                    add(c, g, pixel, (size_t)fy * (size_t)g->w.filter + (size_t)fx, y,
                        ((size_t)(oy + fy) * (size_t)g->w.in + (size_t)(ox + fx)) *
                            (size_t)g->cout);
        }
    }
}

/* ---- what follows the sums, for one image of `pixels` outputs ---- */

static void finish_floats(const ln_call *c, const geometry *g, const buffers *b, bool hybrid,
                          float *y)
{
    const TfLiteTransposeConvParams *p = c->params;
    const float *bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    const int32_t *acc = b->acc;
    const size_t pixels = (size_t)g->h.in * (size_t)g->w.in;
    float min, max;
    ln_activation_range_f32(p->activation, &min, &max);
    for (size_t i = 0; i < pixels; i++) {
        for (int k = 0; k < g->cout; k++) {
            const size_t at = i * (size_t)g->cout + (size_t)k;
            const float sum =
                hybrid ? (float)acc[at] * ln_channel_scale(c->in[W], k) * b->scale : y[at];
            const float v = sum + (bias ? bias[k] : 0);
            y[at] = v < min ? min : v > max ? max : v;
        }
    }
}

static void finish_ints(const ln_call *c, const geometry *g, const buffers *b, size_t y)
{
    const TfLiteTransposeConvParams *p = c->params;
    const TfLiteTensor *bias = ln_has(c, B) ? c->in[B] : NULL;
    const bool wide = c->in[X]->type == kTfLiteInt16;
    const bool narrow = p->quantized_bias_type == kTfLiteInt32;
    const size_t pixels = (size_t)g->h.in * (size_t)g->w.in;
    for (size_t i = 0; i < pixels; i++) {
        for (int k = 0; k < g->cout; k++) {
            const size_t at = i * (size_t)g->cout + (size_t)k;
            const int64_t sum =
                wide ? ((const int64_t *)b->acc)[at] : ((const int32_t *)b->acc)[at];
            const int64_t acc = ln_add_bias(sum, bias, k);
            if (!wide)
                c->out[0]->data.uint8[y + at] =
                    (uint8_t)ln_requantize(&b->requant[k], (int32_t)(uint32_t)(uint64_t)acc);
            else if (narrow)
                c->out[0]->data.i16[y + at] =
                    (int16_t)ln_requantize(&b->requant[k], (int32_t)(uint32_t)(uint64_t)acc);
            else
                c->out[0]->data.i16[y + at] = (int16_t)ln_requantize64(&b->requant[k], acc);
        }
    }
}

static tap_fn tap_for(const ln_call *c)
{
    if (c->in[W]->type == kTfLiteFloat32)
        return tap_f32;
    return c->in[X]->type == kTfLiteUInt8   ? tap_u8
           : c->in[X]->type == kTfLiteInt16 ? tap_s16
                                            : tap_s8;
}

static ln_status eval(ln_call *c)
{
    const TfLiteTransposeConvParams *p = c->params;
    const TfLiteTensor *x = c->in[X];
    const ln_shape y = ln_shape_of(c->out[0]);
    const bool floats = c->in[W]->type == kTfLiteFloat32, hybrid = ln_conv_is_hybrid(c, &roles);
    geometry g;
    buffers b;
    ln_scratch s = {c->scratch, 0};
    LN_TRY(plan(c, y.dim, &g));
    LN_TRY(carve(c, &g, &s, &b));
    if (!floats && !hybrid)
        LN_TRY(ln_requant_fill(c, x, c->in[W], g.cout, p->activation, b.requant));

    const size_t image = (size_t)g.in_h * (size_t)g.in_w * (size_t)g.cin;
    const size_t out = (size_t)g.h.in * (size_t)g.w.in * (size_t)g.cout;
    for (size_t n = 0; n < (size_t)g.batches; n++) {
        const void *from = x->data.raw_const + n * image * ln_type_size(x->type);
        void *acc = floats ? (void *)(c->out[0]->data.f + n * out) : b.acc;
        TfLiteType type = x->type;
        if (hybrid) {
            ln_quantize_row_asymmetric(from, (int)image, b.quantized, &b.scale, &b.zero);
            from = b.quantized;
            type = kTfLiteInt8;
        }
        if (out > 0)
            memset(acc, 0, out * (type == kTfLiteInt16 ? sizeof(int64_t) : sizeof(int32_t)));
        spread_image(c, &g, &b, from, type, tap_for(c), acc);
        if (floats || hybrid)
            finish_floats(c, &g, &b, hybrid, c->out[0]->data.f + n * out);
        else
            finish_ints(c, &g, &b, n * out);
    }
    return LN_OK;
}

static bool reads_past(const ln_call *c, int i, ln_made *as)
{
    const TfLiteTransposeConvParams *p = c->params;
    return ln_conv_reads_past(c, &roles, p->quantized_bias_type, i, as);
}

const ln_op ln_op_transpose_conv = {
    .name = "TRANSPOSE_CONV",
    .builtin = kTfLiteBuiltinTransposeConv,
    .version = 5,
    .options = 49,
    .min_in = 3,
    .max_in = 4,
    .n_out = 1,
    .optional = 1u << B,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLiteTransposeConvParams),
    .infer = infer,
    .eval = eval,
    .reads_past = reads_past,
    .quant = &quant,
};

/* ---- Convolution2DTransposeBias: the same with its operands in another order ---- */

/* Padding, horizontal and vertical stride: the first members of the builtin's parameters. */
static ln_status parse(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    int32_t v[3];
    if (n < sizeof v)
        return ln_fail(diag, LN_ERR_FORMAT, "options have %zu bytes, not %zu", n, sizeof v);
    memcpy(v, data, sizeof v);
    *(TfLiteTransposeConvParams *)to = (TfLiteTransposeConvParams){
        .padding = (TfLitePadding)v[0], .stride_width = v[1], .stride_height = v[2]};
    return LN_OK;
}

static ln_status reordered(ln_call *c, ln_status (*run)(ln_call *))
{
    const TfLiteTensor *const in[] = {
        [W] = c->in[1], [X] = c->in[0], [B] = ln_has(c, 2) ? c->in[2] : NULL};
    ln_call inner = *c;
    inner.in = in;
    inner.n_in = (int)LN_COUNTOF(in);
    LN_TRY(run(&inner));
    c->scratch_bytes = inner.scratch_bytes;
    return LN_OK;
}

static ln_status infer_custom(ln_call *c)
{
    return reordered(c, infer);
}

static ln_status eval_custom(ln_call *c)
{
    return reordered(c, eval);
}

const ln_op ln_op_convolution_2d_transpose_bias = {
    .name = "Convolution2DTransposeBias",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << 2,
    .traits = LN_PURE,
    .params_size = sizeof(TfLiteTransposeConvParams),
    .infer = infer_custom,
    .eval = eval_custom,
    .parse = parse,
};
