/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected.c: FULLY_CONNECTED, y = act(x W^T + b).
 *
 *   x [..., k]    W [n, k]    b [n], optional    y [rows, n], or [..., n] with keep_num_dims
 *
 * float; uint8 (y uint8 or int16); int8 and int16 with int8, int4 or int2 weights, per tensor or
 * per channel; int16 with int16 weights; hybrid (float x, integer W: each row of x is quantized on
 * the fly), there also with a scale per block of columns.  Integers scale their sums in double
 * precision and round once, as TFLite's reference kernel does here; int16 with int16, and sparse
 * weights, by a fixed-point multiplier.
 *
 * W may be sparse where it is float or int8 and x is no int16; it is made dense first.  The format
 * with shuffled weights is fully_connected_shuffled.c. */
#include <string.h>

#include "base/half.h"
#include "ops/conv_common.h"
#include "ops/dot.h"
#include "ops/fully_connected.h"
#include "ops/scratch.h"
#include "ops/sparse.h"

enum { X, W, B };

static const ln_field fields[] = {
    LN_FIELD(ACT, 0, TfLiteFullyConnectedParams, activation, 1),
    LN_FIELD(ENUM, 1, TfLiteFullyConnectedParams, weights_format, 2),
    LN_FIELD(BOOL, 2, TfLiteFullyConnectedParams, keep_num_dims, 5),
    LN_FIELD(BOOL, 3, TfLiteFullyConnectedParams, asymmetric_quantize_inputs, 9),
    LN_FIELD(TYPE, 4, TfLiteFullyConnectedParams, quantized_bias_type, 11),
    {0},
};

static const ln_quant quant = {
    .in = {[X] = LN_Q_ACTIVATION, [W] = LN_Q_WEIGHT(0), [B] = LN_Q_BIAS(X, W)},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_CHANNEL,
    .blocks = true,
};

typedef struct geometry {
    int rows, n, k;
} geometry;

/* Weights with a scale for every `size` columns of a row. */
typedef struct blocks {
    int size, per_row;
    const TfLiteTensor *scales; /* [n, per_row], float16 or float32 */
} blocks;

typedef struct buffers {
    const void *weights; /* as they are, or made dense or unpacked in `made` */
    void *made;
    int8_t *quantized;
    int16_t *row;
    ln_requant *requant;
} buffers;

static bool is_packed(TfLiteType type)
{
    return type == kTfLiteInt4 || type == kTfLiteInt2;
}

static bool is_hybrid(const ln_call *c)
{
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type != kTfLiteFloat32;
}

static bool is_sparse(const ln_call *c)
{
    return c->in[W]->sparsity;
}

/* ---- infer ---- */

static bool weights_fit(TfLiteType x, TfLiteType w)
{
    const bool narrow = w == kTfLiteInt8 || is_packed(w);
    switch (x) {
    case kTfLiteFloat32:
        return w == kTfLiteFloat32 || w == kTfLiteUInt8 || narrow;
    case kTfLiteUInt8:
        return w == kTfLiteUInt8;
    case kTfLiteInt8:
        return narrow;
    case kTfLiteInt16:
        return narrow || w == kTfLiteInt16;
    default:
        return false;
    }
}

static ln_status check_bias(ln_call *c, int n)
{
    if (!ln_has(c, B))
        return LN_OK;
    const TfLiteType x = c->in[X]->type, b = c->in[B]->type;
    const bool fits = x == kTfLiteFloat32
                          ? b == kTfLiteFloat32
                          : b == kTfLiteInt32 || (x == kTfLiteInt16 && b == kTfLiteInt64);
    LN_CHECK(c, fits, "bias has type %s, which does not go with input of type %s", ln_type_name(b),
             ln_type_name(x));
    const int count = ln_count(c->in[B]);
    LN_CHECK(c, count < 0 || n < 0 || count == n, "bias has %d values for %d outputs", count, n);
    return LN_OK;
}

static bool is_blockwise(const TfLiteTensor *w)
{
    return w->quantization.type == kTfLiteBlockwiseQuantization;
}

static ln_status find_blocks(ln_call *c, blocks *b)
{
    const TfLiteBlockwiseQuantization *q = c->in[W]->quantization.params;
    const ln_shape w = ln_shape_of(c->in[W]);
    LN_CHECK(c, q && q->scale >= 0 && q->scale < c->n_tensors, "weights have no scales");
    LN_CHECK(c, q->zero_point < 0, "weights have zero points for blocks, which is not supported");
    LN_CHECK(c, q->blocksize > 0 && w.dim[1] > 0 && w.dim[1] % q->blocksize == 0,
             "%d columns do not divide into blocks of %d", w.dim[1], (int)q->blocksize);
    b->size = q->blocksize;
    b->per_row = w.dim[1] / q->blocksize;
    b->scales = &c->tensors[q->scale];
    const TfLiteType type = b->scales->type;
    LN_CHECK(c, type == kTfLiteFloat16 || type == kTfLiteFloat32,
             "scales of the weights have type %s, not FLOAT16 or FLOAT32", ln_type_name(type));
    const int64_t wanted = (int64_t)w.dim[0] * b->per_row;
    LN_CHECK(c,
             b->scales->allocation_type == kTfLiteMmapRo && b->scales->data.raw_const &&
                 ln_count(b->scales) == wanted &&
                 b->scales->bytes >= (size_t)wanted * ln_type_size(type),
             "weights need %lld constant scales for their blocks", (long long)wanted);
    return LN_OK;
}

static ln_status check_quantization(ln_call *c, int n)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const TfLiteTensor *x = c->in[X], *w = c->in[W], *y = c->out[0];
    int32_t min, max;
    blocks blocks;
    if (is_blockwise(w)) {
        LN_CHECK(c, is_hybrid(c), "weights with a scale per block need float input, not %s",
                 ln_type_name(x->type));
        return n < 0 || c->in[W]->dims->data[1] < 0 ? LN_OK : find_blocks(c, &blocks);
    }
    LN_TRY(ln_check_quantized(c, w, "weights", x->type == kTfLiteUInt8 ? -1 : 0, n));
    if (is_packed(w->type))
        LN_TRY(ln_check_symmetric(c, w, "weights"));
    if (is_hybrid(c))
        return LN_OK;
    LN_CHECK(c, y->type == x->type || (x->type == kTfLiteUInt8 && y->type == kTfLiteInt16),
             "output has type %s, input %s", ln_type_name(y->type), ln_type_name(x->type));
    LN_TRY(ln_check_quantized(c, x, "input", -1, 1));
    LN_TRY(ln_check_quantized(c, y, "output", -1, 1));
    if (x->type == kTfLiteInt16)
        LN_TRY(ln_check_symmetric(c, x, "input"));
    if (y->type == kTfLiteInt16)
        LN_TRY(ln_check_symmetric(c, y, "output"));
    return ln_activation_range_q(c, p->activation, y, &min, &max);
}

static void carve(const ln_call *c, const geometry *g, ln_scratch *s, buffers *b)
{
    const bool floats = c->in[W]->type == kTfLiteFloat32, hybrid = is_hybrid(c);
    const bool remade = is_packed(c->in[W]->type) || is_sparse(c);
    b->weights = c->in[W]->data.raw_const;
    b->made = ln_scratch_take(s, remade ? (int64_t)g->n * g->k : 0, floats ? sizeof(float) : 1);
    b->quantized = ln_scratch_take(s, hybrid ? g->k : 0, 1);
    b->row = ln_scratch_take(s, floats ? 0 : g->k, sizeof *b->row);
    b->requant = ln_scratch_take(s, floats || hybrid ? 0 : g->n, sizeof *b->requant);
}

static ln_status shape_of(ln_call *c, const ln_shape *x, const ln_shape *w, ln_shape *y)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const int k = w->dim[1], count = ln_shape_count(x, 0, x->rank);
    if (p->keep_num_dims) {
        const int last = x->dim[x->rank - 1];
        LN_CHECK(c, last < 0 || k < 0 || last == k, "rows of %d meet weights of %d columns", last,
                 k);
        *y = *x;
        y->dim[y->rank - 1] = w->dim[0];
        return LN_OK;
    }
    *y = (ln_shape){2, {-1, w->dim[0]}};
    if (k == 0)
        y->dim[0] = ln_shape_count(x, 0, x->rank - 1);
    else if (k > 0 && count >= 0)
        y->dim[0] = count / k;
    LN_CHECK(c, k <= 0 || count < 0 || count % k == 0, "%d inputs do not divide into rows of %d",
             count, k);
    return LN_OK;
}

/* This op takes sparse constants; which ones, it says itself. */
static ln_status check_sparsity(ln_call *c)
{
    const TfLiteType x = c->in[X]->type, w = c->in[W]->type;
    LN_CHECK(c, !c->in[X]->sparsity && !(ln_has(c, B) && c->in[B]->sparsity),
             "only the weights may be sparse");
    LN_CHECK(c, !is_sparse(c) || w == kTfLiteFloat32 || (w == kTfLiteInt8 && x != kTfLiteInt16),
             "weights of type %s for input of type %s are sparse, which needs a DENSIFY before",
             ln_type_name(w), ln_type_name(x));
    return LN_OK;
}

static bool is_shuffled(const ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    return p->weights_format == kTfLiteFullyConnectedWeightsFormatShuffled4x16Int8;
}

static ln_status infer(ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_shape y;
    LN_CHECK(c, w.rank == 2, "weights have rank %d, not 2", w.rank);
    LN_CHECK(c, x.rank > 0, "input is a scalar");
    LN_TRY(check_sparsity(c));
    if (is_shuffled(c))
        return ln_shuffled_infer(c);
    LN_CHECK(c, p->weights_format == kTfLiteFullyConnectedWeightsFormatDefault,
             "weights are in format %d, which is unknown", (int)p->weights_format);
    LN_CHECK(c, c->n_out == 1, "there are %d outputs, not 1", c->n_out);
    if (!weights_fit(c->in[X]->type, c->in[X]->type) && c->in[X]->type != kTfLiteInt16)
        return ln_fail_type(c, X);
    if (!weights_fit(c->in[X]->type, c->in[W]->type))
        return ln_fail_type(c, W);
    LN_TRY(check_bias(c, w.dim[0]));
    if (c->in[W]->type != kTfLiteFloat32)
        LN_TRY(check_quantization(c, w.dim[0]));
    LN_TRY(shape_of(c, &x, &w, &y));
    if (ln_shape_known(&w)) {
        const geometry g = {0, w.dim[0], w.dim[1]};
        ln_scratch s = {0};
        buffers b;
        carve(c, &g, &s, &b);
        LN_TRY(ln_scratch_ask(c, &s));
    } else {
        y = ln_shape_unknown(y.rank);
    }
    return ln_set_out(c, 0, c->in[X]->type == kTfLiteUInt8 ? c->out[0]->type : c->in[X]->type, &y);
}

/* ---- eval ---- */

static void eval_f32(const ln_call *c, const geometry *g, const float *w)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const float *x = c->in[X]->data.f;
    const float *b = ln_has(c, B) ? c->in[B]->data.f : NULL;
    float *y = c->out[0]->data.f, min, max;
    const size_t k = (size_t)g->k;
    ln_activation_range_f32(p->activation, &min, &max);
    for (int r = 0; r < g->rows; r++, x += k, y += g->n) {
        for (int i = 0; i < g->n; i += 4) {
            const int m = LN_MIN(4, g->n - i);
            float acc[4] = {0, 0, 0, 0};
            ln_dot_f32(x, w + (size_t)i * k, k, m, g->k, acc);
            for (int j = 0; j < m; j++) {
                const float v = acc[j] + (b ? b[i + j] : 0);
                y[i + j] = v < min ? min : v > max ? max : v;
            }
        }
    }
}

static void eval_hybrid(const ln_call *c, const geometry *g, const buffers *b)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const float *x = c->in[X]->data.f, *bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    const int8_t *w = b->weights;
    float *y = c->out[0]->data.f;
    const size_t k = (size_t)g->k;
    for (int r = 0; r < g->rows; r++, x += k, y += g->n) {
        float scale;
        int32_t zero = 0;
        if (p->asymmetric_quantize_inputs)
            ln_quantize_row_asymmetric(x, g->k, b->quantized, &scale, &zero);
        else
            ln_quantize_row_symmetric(x, g->k, b->quantized, &scale);
        ln_centered(b->quantized, kTfLiteInt8, 0, k, zero, b->row);
        for (int i = 0; i < g->n; i++) {
            const float s = scale * ln_channel_scale(c->in[W], i);
            const int32_t acc = ln_dot_s8(b->row, w + (size_t)i * k, g->k);
            y[i] = ln_activate(p->activation, (bias ? bias[i] : 0) + (float)acc * s);
        }
    }
}

/* The inner product of a row of x and row `row` of W, each block in its own scale. */
static float dot_blocks(const geometry *g, const buffers *b, const blocks *blocks, int row)
{
    const int8_t *w = (const int8_t *)b->weights + (size_t)row * (size_t)g->k;
    const size_t first = (size_t)row * (size_t)blocks->per_row;
    float sum = 0;
    for (int i = 0; i < blocks->per_row; i++) {
        const int at = i * blocks->size;
        const size_t s = first + (size_t)i;
        const float scale = blocks->scales->type == kTfLiteFloat32
                                ? blocks->scales->data.f[s]
                                : ln_half_to_float(blocks->scales->data.ui16[s]);
        sum += (float)ln_dot_s8(b->row + at, w + at, blocks->size) * scale;
    }
    return sum;
}

/* x always gets a zero point here. */
static ln_status eval_blockwise(ln_call *c, const geometry *g, const buffers *b)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const float *x = c->in[X]->data.f, *bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    float *y = c->out[0]->data.f, scale;
    int32_t zero;
    blocks blocks;
    LN_TRY(find_blocks(c, &blocks));
    for (int r = 0; r < g->rows; r++, x += g->k, y += g->n) {
        ln_quantize_row_asymmetric(x, g->k, b->quantized, &scale, &zero);
        ln_centered(b->quantized, kTfLiteInt8, 0, (size_t)g->k, zero, b->row);
        for (int i = 0; i < g->n; i++)
            y[i] = ln_activate(p->activation,
                               dot_blocks(g, b, &blocks, i) * scale + (bias ? bias[i] : 0));
    }
    return LN_OK;
}

/* One row of sums for 8-bit x. */
static void row_8(const ln_call *c, const geometry *g, const buffers *b, size_t y)
{
    const int32_t *bias = ln_has(c, B) ? c->in[B]->data.i32 : NULL;
    const bool uint8 = c->in[W]->type == kTfLiteUInt8;
    const int32_t sum = (int32_t)(uint32_t)ln_sum_s16(b->row, g->k);
    for (int i = 0; i < g->n; i++) {
        const int8_t *w = (const int8_t *)b->weights + (size_t)i * (size_t)g->k;
        const int32_t fix = ln_wrap_mul(sum, -ln_channel_zero(c->in[W], i));
        const int32_t dot =
            uint8 ? ln_dot_u8(b->row, (const uint8_t *)w, g->k) : ln_dot_s8(b->row, w, g->k);
        const int32_t acc = ln_wrap_add(ln_wrap_add(dot, fix), bias ? bias[i] : 0);
        const int32_t v = is_sparse(c) ? ln_requantize(&b->requant[i], acc)
                                       : ln_requantize_real(&b->requant[i], acc);
        if (c->out[0]->type == kTfLiteInt16)
            c->out[0]->data.i16[y + (size_t)i] = (int16_t)v;
        else
            c->out[0]->data.uint8[y + (size_t)i] = (uint8_t)v; /* int8 has the same bytes */
    }
}

/* int16 x with int8 weights. */
static void row_16x8(const ln_call *c, const geometry *g, const buffers *b, size_t y)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const bool narrow = p->quantized_bias_type == kTfLiteInt32;
    const int64_t sum = ln_sum_s16(b->row, g->k);
    for (int i = 0; i < g->n; i++) {
        const int8_t *w = (const int8_t *)b->weights + (size_t)i * (size_t)g->k;
        const int64_t dot = ln_dot_s16(b->row, w, g->k) - sum * ln_channel_zero(c->in[W], i);
        const int64_t acc = ln_add_bias(dot, ln_has(c, B) ? c->in[B] : NULL, i);
        c->out[0]->data.i16[y + (size_t)i] = (int16_t)ln_requantize_real(
            &b->requant[i], narrow ? (int32_t)(uint32_t)(uint64_t)acc : acc);
    }
}

/* int16 x with int16 weights. */
static void row_16x16(const ln_call *c, const geometry *g, const buffers *b, size_t y)
{
    for (int i = 0; i < g->n; i++) {
        const int16_t *w = c->in[W]->data.i16 + (size_t)i * (size_t)g->k;
        const int32_t zero = ln_channel_zero(c->in[W], i);
        int64_t dot = 0;
        for (int j = 0; j < g->k; j++)
            dot += (int64_t)b->row[j] * (w[j] - zero);
        const int64_t acc = ln_add_bias(dot, ln_has(c, B) ? c->in[B] : NULL, i);
        c->out[0]->data.i16[y + (size_t)i] = (int16_t)ln_requantize64(&b->requant[i], acc);
    }
}

/* Fixed-point multipliers of one scale come from a product in single precision. */
static void round_scale(const ln_call *c, int n, ln_requant *q)
{
    const float product = ln_channel_scale(c->in[X], 0) * ln_channel_scale(c->in[W], 0);
    const double real = (double)product / (double)ln_channel_scale(c->out[0], 0);
    const TfLiteAffineQuantization *w = c->in[W]->quantization.params;
    for (int i = 0; i < n && w->scale->size == 1; i++)
        q[i].m = ln_quantize_multiplier(real);
}

static ln_status eval_int(ln_call *c, const geometry *g, const buffers *b)
{
    const TfLiteFullyConnectedParams *p = c->params;
    const TfLiteTensor *x = c->in[X];
    const int32_t zero = ln_channel_zero(x, 0);
    LN_TRY(ln_requant_fill(c, x, c->in[W], g->n, p->activation, b->requant));
    round_scale(c, g->n, b->requant);
    for (int r = 0; r < g->rows; r++) {
        const size_t y = (size_t)r * (size_t)g->n;
        ln_centered(x->data.raw_const, x->type, (size_t)r * (size_t)g->k, (size_t)g->k, zero,
                    b->row);
        if (x->type != kTfLiteInt16)
            row_8(c, g, b, y);
        else if (c->in[W]->type == kTfLiteInt16)
            row_16x16(c, g, b, y);
        else
            row_16x8(c, g, b, y);
    }
    return LN_OK;
}

static ln_status eval(ln_call *c)
{
    const ln_shape w = ln_shape_of(c->in[W]), y = ln_shape_of(c->out[0]);
    const geometry g = {ln_shape_count(&y, 0, y.rank - 1), w.dim[0], w.dim[1]};
    ln_scratch s = {c->scratch, 0};
    buffers b;
    if (is_shuffled(c))
        return ln_shuffled_eval(c);
    if (ln_count(c->out[0]) == 0)
        return LN_OK;
    if (g.k == 0) { /* as TFLite: not even the bias */
        memset(c->out[0]->data.raw, 0, (size_t)ln_count(c->out[0]) * ln_type_size(c->out[0]->type));
        return LN_OK;
    }
    carve(c, &g, &s, &b);
    if (is_packed(c->in[W]->type)) {
        ln_unpack(c->in[W], 0, (size_t)g.n * (size_t)g.k, b.made);
        b.weights = b.made;
    } else if (is_sparse(c)) {
        ln_densify(c->in[W], b.made);
        b.weights = b.made;
    }
    if (c->in[W]->type == kTfLiteFloat32)
        eval_f32(c, &g, b.weights);
    else if (is_blockwise(c->in[W]))
        return eval_blockwise(c, &g, &b);
    else if (is_hybrid(c))
        eval_hybrid(c, &g, &b);
    else
        return eval_int(c, &g, &b);
    return LN_OK;
}

const ln_op ln_op_fully_connected = {
    .name = "FULLY_CONNECTED",
    .builtin = kTfLiteBuiltinFullyConnected,
    .version = 14,
    .options = 8,
    .min_in = 2,
    .max_in = 3,
    .n_out = -1,
    .optional = 1u << B,
    .traits = LN_PURE | LN_FUSES_ACTIVATION | LN_SPARSE,
    .fields = fields,
    .params_size = sizeof(TfLiteFullyConnectedParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
