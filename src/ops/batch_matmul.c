/* SPDX-License-Identifier: Apache-2.0 */
/* batch_matmul.c: BATCH_MATMUL, z = x y for each pair of matrices, leading dimensions broadcast.
 *
 *   x [..., m, k], or [..., k, m] with adj_x    y [..., k, n], or [..., n, k] with adj_y
 *   z [..., m, n]
 *
 * float; int8 and int8 to int8 or (raw products, no zero points) int32; int16 with int16 or int8;
 * hybrid float and int8, where each row of x is quantized on the fly.  Both matrices are first
 * brought to rows of k, so that every result is an inner product. */
#include <string.h>

#include "ops/conv_common.h"
#include "ops/dot.h"
#include "ops/scratch.h"

enum { X, Y };

static const ln_field fields[] = {
    LN_FIELD(BOOL, 0, TfLiteBatchMatMulParams, adj_x, 1),
    LN_FIELD(BOOL, 1, TfLiteBatchMatMulParams, adj_y, 1),
    LN_FIELD(BOOL, 2, TfLiteBatchMatMulParams, asymmetric_quantize_inputs, 4),
    {0},
};

static const ln_quant quant = {
    .in = {[X] = LN_Q_ACTIVATION, [Y] = LN_Q_ACTIVATION},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_TENSOR,
};

typedef struct geometry {
    int m, n, k;
    bool merged;      /* TFLite takes x's last leading dimension for more rows */
    ln_shape x, y, z; /* leading dimensions, x and y filled up with 1 to z's rank */
} geometry;

typedef struct buffers {
    void *x, *y; /* transposed matrices, where they are needed */
    int16_t *row;
    /* hybrid: all rows of x, quantized, and the sums of the columns of all y */
    int8_t *rows;
    float *scales;
    int32_t *zeros, *sums;
} buffers;

/* One pair of matrices: rows of k values, and where the result goes. */
typedef struct pair {
    const void *x, *y;
    size_t z;
} pair;

static bool is_hybrid(const ln_call *c)
{
    return c->in[X]->type == kTfLiteFloat32 && c->in[Y]->type == kTfLiteInt8;
}

static ln_shape leading(const ln_shape *s, int rank)
{
    ln_shape out = {.rank = rank};
    for (int i = 0; i < rank; i++) {
        const int from = i - (rank - (s->rank - 2));
        out.dim[i] = from < 0 ? 1 : s->dim[from];
    }
    return out;
}

static ln_status plan(ln_call *c, geometry *g)
{
    const TfLiteBatchMatMulParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->in[Y]);
    LN_CHECK(c, x.rank >= 2 && y.rank >= 2, "inputs have ranks %d and %d, less than 2", x.rank,
             y.rank);
    const int rank = LN_MAX(x.rank, y.rank) - 2;
    const int kx = x.dim[x.rank - (p->adj_x ? 2 : 1)], ky = y.dim[y.rank - (p->adj_y ? 1 : 2)];
    g->m = x.dim[x.rank - (p->adj_x ? 1 : 2)];
    g->n = y.dim[y.rank - (p->adj_y ? 2 : 1)];
    g->k = LN_MAX(kx, ky);
    g->merged = !p->adj_x && x.rank > 2 && y.rank > 2 && y.dim[y.rank - 3] == 1;
    LN_CHECK(c, kx == ky || kx < 0 || ky < 0, "rows of %d meet columns of %d", kx, ky);
    g->x = leading(&x, rank);
    g->y = leading(&y, rank);
    return ln_broadcast(c, &g->x, &g->y, &g->z);
}

/* Integers that nobody gave a scale: TFLite multiplies by 0, so that the result is zero. */
static bool is_unquantized(const TfLiteTensor *t)
{
    return t->quantization.type == kTfLiteNoQuantization && t->params.scale == 0 &&
           t->params.zero_point == 0;
}

static ln_status check_types(ln_call *c)
{
    const TfLiteBatchMatMulParams *p = c->params;
    const TfLiteTensor *x = c->in[X], *y = c->in[Y], *z = c->out[0];
    const ln_shape ys = ln_shape_of(y);
    const int columns = ys.rank - (p->adj_y ? 2 : 1);
    if (x->type != kTfLiteFloat32 && x->type != kTfLiteInt8 && x->type != kTfLiteInt16)
        return ln_fail_type(c, X);
    if (y->type != x->type && (y->type != kTfLiteInt8 || x->type == kTfLiteInt8))
        return ln_fail_type(c, Y);
    if (y->type == kTfLiteFloat32 || z->type == kTfLiteInt32)
        return LN_OK;
    if (is_hybrid(c))
        return ln_check_quantized(c, y, "input 1", columns, ys.dim[columns]);
    LN_CHECK(c, z->type == x->type, "output has type %s, input %s", ln_type_name(z->type),
             ln_type_name(x->type));
    if (is_unquantized(x) && is_unquantized(y) && is_unquantized(z))
        return LN_OK;
    LN_TRY(ln_check_quantized(c, x, "input 0", -1, 1));
    LN_TRY(ln_check_quantized(c, y, "input 1", columns, ys.dim[columns]));
    LN_TRY(ln_check_quantized(c, z, "output", -1, 1));
    if (x->type != kTfLiteInt16)
        return LN_OK;
    LN_TRY(ln_check_symmetric(c, x, "input 0"));
    LN_TRY(ln_check_symmetric(c, y, "input 1"));
    return ln_check_symmetric(c, z, "output");
}

static void carve(const ln_call *c, const geometry *g, ln_scratch *s, buffers *b)
{
    const TfLiteBatchMatMulParams *p = c->params;
    const size_t xs = ln_type_size(c->in[X]->type), ys = ln_type_size(c->in[Y]->type);
    b->x = ln_scratch_take(s, p->adj_x ? (int64_t)g->m * g->k : 0, xs);
    b->y = ln_scratch_take(s, p->adj_y ? 0 : (int64_t)g->n * g->k, ys);
    b->row = ln_scratch_take(s, g->k, sizeof *b->row);
    const bool hybrid = is_hybrid(c);
    const int64_t rows = (int64_t)ln_shape_count(&g->x, 0, g->x.rank) * g->m;
    const int64_t columns = (int64_t)ln_shape_count(&g->y, 0, g->y.rank) * g->n;
    b->rows = ln_scratch_take(s, hybrid ? ln_count(c->in[X]) : 0, 1);
    b->scales = ln_scratch_take(s, hybrid ? rows : 0, sizeof *b->scales);
    b->zeros = ln_scratch_take(s, hybrid ? rows : 0, sizeof *b->zeros);
    b->sums = ln_scratch_take(s, hybrid ? columns : 0, sizeof *b->sums);
}

static ln_status infer(ln_call *c)
{
    geometry g;
    LN_TRY(plan(c, &g));
    LN_TRY(check_types(c));
    ln_shape z = g.z;
    LN_CHECK(c, z.rank + 2 <= LN_MAX_RANK, "rank %d is more than %d", z.rank + 2, (int)LN_MAX_RANK);
    z.dim[z.rank++] = g.m;
    z.dim[z.rank++] = g.n;
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->in[Y]);
    if (ln_shape_known(&x) && ln_shape_known(&y)) {
        ln_scratch s = {0};
        buffers b;
        carve(c, &g, &s, &b);
        LN_TRY(ln_scratch_ask(c, &s));
    }
    const bool raw = c->in[X]->type == kTfLiteInt8 && c->out[0]->type == kTfLiteInt32;
    return ln_set_out(c, 0, raw ? kTfLiteInt32 : c->in[X]->type, &z);
}

/* ---- eval ---- */

/* y[column][row] = x[row][column] */
static void transpose(const void *x, int rows, int columns, size_t size, void *y)
{
    for (int r = 0; r < rows; r++) {
        const uint8_t *from = (const uint8_t *)x + (size_t)r * (size_t)columns * size;
        uint8_t *to = (uint8_t *)y + (size_t)r * size;
        for (int k = 0; k < columns; k++, from += size, to += (size_t)rows * size)
            memcpy(to, from, size);
    }
}

static void pair_f32(const ln_call *c, const geometry *g, const pair *p)
{
    const float *x = p->x, *y = p->y;
    float *z = c->out[0]->data.f + p->z;
    const size_t k = (size_t)g->k;
    for (int r = 0; r < g->m; r++, x += k, z += g->n) {
        for (int i = 0; i < g->n; i += 4) {
            const int rows = LN_MIN(4, g->n - i);
            float acc[4] = {0, 0, 0, 0};
            ln_dot_f32(x, y + (size_t)i * k, k, rows, g->k, acc);
            memcpy(z + i, acc, (size_t)rows * sizeof *acc);
        }
    }
}

/* Matrix i of operand `which` as rows of k values. */
static const void *matrix_rows(const ln_call *c, const geometry *g, const buffers *b, int which,
                               size_t i)
{
    const TfLiteBatchMatMulParams *p = c->params;
    const size_t size = ln_type_size(c->in[which]->type);
    const int rows = which == X ? g->m : g->n;
    const uint8_t *from =
        (const uint8_t *)c->in[which]->data.raw_const + i * (size_t)rows * (size_t)g->k * size;
    if (which == X ? !p->adj_x : p->adj_y)
        return from;
    void *to = which == X ? b->x : b->y;
    transpose(from, g->k, rows, size, to);
    return to;
}

static void quantize_all(const ln_call *c, const geometry *g, const buffers *b)
{
    const TfLiteBatchMatMulParams *p = c->params;
    const size_t xs = (size_t)ln_shape_count(&g->x, 0, g->x.rank);
    const size_t ys = (size_t)ln_shape_count(&g->y, 0, g->y.rank), k = (size_t)g->k;
    for (size_t i = 0; i < xs; i++) {
        const float *x = matrix_rows(c, g, b, X, i);
        for (int r = 0; r < g->m; r++, x += k) {
            const size_t at = i * (size_t)g->m + (size_t)r;
            b->zeros[at] = 0;
            if (p->asymmetric_quantize_inputs)
                ln_quantize_row_asymmetric(x, g->k, b->rows + at * k, &b->scales[at],
                                           &b->zeros[at]);
            else
                ln_quantize_row_symmetric(x, g->k, b->rows + at * k, &b->scales[at]);
        }
    }
    for (size_t i = 0; i < ys; i++) {
        const int8_t *y = matrix_rows(c, g, b, Y, i);
        for (int r = 0; r < g->n; r++, y += k) {
            ln_centered(y, kTfLiteInt8, 0, k, 0, b->row);
            b->sums[i * (size_t)g->n + (size_t)r] = (int32_t)ln_sum_s16(b->row, g->k);
        }
    }
}

/* TFLite's hybrid kernel finds scales, zero points and sums by adding up the indices of the
 * leading dimensions (the first `dims` of them), which names another matrix where several of them
 * are larger than 1.  Kept, because it is what its users see. */
static size_t added_indices(const ln_shape *s, const ln_shape *z, int i, int dims)
{
    size_t sum = 0;
    for (int d = z->rank - 1; d >= 0; i /= z->dim[d], d--)
        sum += d < dims && s->dim[d] != 1 ? (size_t)(i % z->dim[d]) : 0;
    return sum;
}

/* Result matrix i, of matrices xm of x and the rows y of ym. */
static void pair_hybrid(const ln_call *c, const geometry *g, const buffers *b, int i, size_t xm,
                        const int8_t *y)
{
    const int rank = g->z.rank, dims = g->merged ? rank - 1 : rank;
    const size_t k = (size_t)g->k, m = (size_t)g->m, n = (size_t)g->n;
    const size_t last = g->merged ? (size_t)g->x.dim[rank - 1] : 1;
    const size_t first = (added_indices(&g->x, &g->z, i, dims) * last + xm % last) * m;
    const int32_t *sums = b->sums + added_indices(&g->y, &g->z, i, dims) * n;
    float *z = c->out[0]->data.f + (size_t)i * m * n;
    for (size_t r = 0; r < m; r++, z += n) {
        ln_centered(b->rows, kTfLiteInt8, (xm * m + r) * k, k, 0, b->row);
        for (int j = 0; j < g->n; j++) {
            const float s = b->scales[first + r] * ln_channel_scale(c->in[Y], j);
            const int32_t dot = ln_dot_s8(b->row, y + (size_t)j * k, g->k);
            z[j] = s * (float)ln_wrap_add(dot, ln_wrap_mul(sums[j], -b->zeros[first + r]));
        }
    }
}

static int64_t dot_16x16(const int16_t *x, const int16_t *y, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

/* int8 x: to int8, or to int32 without any scaling. */
static void pair_s8(const ln_call *c, const geometry *g, const buffers *b, const pair *p,
                    const ln_requant *q)
{
    const bool raw = c->out[0]->type == kTfLiteInt32;
    const int32_t xz = raw ? 0 : ln_channel_zero(c->in[X], 0);
    const int32_t yz = raw ? 0 : ln_channel_zero(c->in[Y], 0);
    const size_t k = (size_t)g->k;
    size_t z = p->z;
    for (int r = 0; r < g->m; r++) {
        ln_centered(p->x, kTfLiteInt8, (size_t)r * k, k, xz, b->row);
        const int32_t fix = ln_wrap_mul((int32_t)(uint32_t)ln_sum_s16(b->row, g->k), -yz);
        for (int i = 0; i < g->n; i++, z++) {
            const int32_t dot = ln_dot_s8(b->row, (const int8_t *)p->y + (size_t)i * k, g->k);
            if (raw)
                c->out[0]->data.i32[z] = dot;
            else
                c->out[0]->data.int8[z] = (int8_t)ln_requantize(q, ln_wrap_add(dot, fix));
        }
    }
}

static void pair_s16(const ln_call *c, const geometry *g, const pair *p, const ln_requant *q)
{
    const bool narrow = c->in[Y]->type == kTfLiteInt8;
    const int16_t *x = p->x;
    const size_t k = (size_t)g->k;
    int16_t *z = c->out[0]->data.i16 + p->z;
    for (int r = 0; r < g->m; r++, x += k, z += g->n) {
        for (int i = 0; i < g->n; i++) {
            const size_t at = (size_t)i * k;
            const int64_t dot = narrow ? ln_dot_s16(x, (const int8_t *)p->y + at, g->k)
                                       : dot_16x16(x, (const int16_t *)p->y + at, g->k);
            z[i] = (int16_t)ln_requantize64(q, dot);
        }
    }
}

/* The matrix of `s` that goes with result matrix `i`. */
static size_t matrix_of(const ln_shape *s, const ln_shape *z, int i)
{
    size_t at = 0, stride = 1;
    for (int d = z->rank - 1; d >= 0; d--) {
        at += (s->dim[d] == 1 ? 0 : (size_t)(i % z->dim[d])) * stride;
        stride *= (size_t)s->dim[d];
        i /= z->dim[d];
    }
    return at;
}

/* The scale of y, where a scale per channel counts as none: TFLite multiplies by 0 then. */
static float scale_of(const TfLiteTensor *y)
{
    const TfLiteAffineQuantization *q = y->quantization.params;
    const bool several = y->quantization.type == kTfLiteAffineQuantization && q->scale->size > 1;
    return several ? 0 : ln_channel_scale(y, 0);
}

static ln_requant requant_of(const ln_call *c)
{
    const float product = ln_channel_scale(c->in[X], 0) * scale_of(c->in[Y]);
    const bool wide = c->in[X]->type == kTfLiteInt16;
    return (ln_requant){
        .m = ln_quantize_multiplier((double)product / (double)ln_channel_scale(c->out[0], 0)),
        .zero = ln_channel_zero(c->out[0], 0),
        .min = wide ? INT16_MIN : INT8_MIN,
        .max = wide ? INT16_MAX : INT8_MAX,
    };
}

static ln_status eval(ln_call *c)
{
    geometry g;
    ln_scratch s = {c->scratch, 0};
    buffers b;
    LN_TRY(plan(c, &g));
    carve(c, &g, &s, &b);
    const bool raw = c->out[0]->type == kTfLiteInt32, ints = c->in[X]->type != kTfLiteFloat32;
    const ln_requant q = ints && !raw ? requant_of(c) : (ln_requant){.zero = 0};
    const int pairs = ln_count(c->out[0]) > 0 ? ln_shape_count(&g.z, 0, g.z.rank) : 0;
    if (pairs > 0 && is_hybrid(c))
        quantize_all(c, &g, &b);
    for (int i = 0; i < pairs; i++) {
        const size_t xm = matrix_of(&g.x, &g.z, i), ym = matrix_of(&g.y, &g.z, i);
        if (is_hybrid(c)) {
            pair_hybrid(c, &g, &b, i, xm, matrix_rows(c, &g, &b, Y, ym));
            continue;
        }
        const pair pair = {matrix_rows(c, &g, &b, X, xm), matrix_rows(c, &g, &b, Y, ym),
                           (size_t)i * (size_t)g.m * (size_t)g.n};
        if (c->in[X]->type == kTfLiteInt16)
            pair_s16(c, &g, &pair, &q);
        else if (c->in[X]->type == kTfLiteInt8)
            pair_s8(c, &g, &b, &pair, &q);
        else
            pair_f32(c, &g, &pair);
    }
    return LN_OK;
}

const ln_op ln_op_batch_matmul = {
    .name = "BATCH_MATMUL",
    .builtin = kTfLiteBuiltinBatchMatmul,
    .version = 4,
    .options = 101,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteBatchMatMulParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
