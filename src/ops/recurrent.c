/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.c: rows of floats times float or 8-bit weights, and the checks of operands that the
 * recurrent families share.  The hybrid product quantizes a row by itself, as
 * internal/reference/portable_tensor_utils.cc does, so that batches do not meet. */
#include "ops/recurrent.h"

#include <string.h>

#include "ops/qmath.h"

ln_row ln_row_for(TfLiteType type, const float *f, int n, bool asymmetric, int8_t *q)
{
    ln_row r = {.f = f, .n = n};

    if (type == kTfLiteFloat32)
        return r;
    r.q = q;
    if (asymmetric)
        ln_quantize_row_asymmetric(f, n, q, &r.scale, &r.zero);
    else
        ln_quantize_row_symmetric(f, n, q, &r.scale);
    return r;
}

/* Products that are worth another thread. */
enum { PART_PRODUCTS = 128 * 1024 };

/* Eight sums side by side let the compiler use vectors; their order is within TFLite's own. */
static float dot_f32(const float *a, const float *b, int n)
{
    float part[8] = {0}, sum = 0;
    int i = 0;

    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++)
            part[k] += a[i + k] * b[i + k];
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (int k = 0; k < 8; k++)
        sum += part[k];
    return sum;
}

int32_t ln_dot_offset_s8(const int8_t *w, const int8_t *x, int32_t zero, int n)
{
    uint32_t acc = 0;

    for (int i = 0; i < n; i++)
        acc += (uint32_t)w[i] * ((uint32_t)x[i] - (uint32_t)zero);
    return (int32_t)acc;
}

/* Pieces of the row without its zero point. */
static void fast_dots(const int8_t *w, const ln_row *x, int count, int32_t *y)
{
    enum { PIECE = 512 };
    int16_t piece[PIECE];
    for (int at = 0; at < x->n; at += PIECE) {
        const int n = LN_MIN(x->n - at, (int)PIECE);
        for (int i = 0; i < n; i++)
            piece[i] = (int16_t)(x->q[at + i] - x->zero);
        x->loops->dots_s8(y, w + at, (size_t)x->n, piece, (size_t)count, (size_t)n);
    }
}

void ln_dots_offset_s8(const int8_t *w, const ln_row *x, int count, int32_t *y)
{
    if (x->loops && x->zero >= INT8_MIN && x->zero <= INT8_MAX) {
        memset(y, 0, (size_t)count * sizeof *y);
        fast_dots(w, x, count, y);
        return;
    }
    for (int i = 0; i < count; i++)
        y[i] = ln_dot_offset_s8(w + (size_t)i * (size_t)x->n, x->q, x->zero, x->n);
}

void ln_row_share(const ln_row *x, int rows, ln_range_fn fn, void *arg)
{
    const size_t least = (size_t)(PART_PRODUCTS / LN_MAX(x->n, 1)) / LN_ROW_BLOCK + 1;
    if (x->loops && x->loops->pool)
        ln_parallel_for(x->loops->pool, (size_t)rows, least * LN_ROW_BLOCK, fn, arg);
    else
        fn(arg, 0, (size_t)rows, 0);
}

typedef struct product {
    const TfLiteTensor *w;
    const ln_row *x;
    float *y;
} product;

static void product_f32(void *arg, size_t begin, size_t end, int thread)
{
    const product *p = arg;
    const size_t n = (size_t)p->x->n;
    const float *w = p->w->data.f;
    (void)thread;
    if (p->x->loops) {
        p->x->loops->dots_f32(p->y + begin, w + begin * n, n, p->x->f, end - begin, n);
        return;
    }
    for (size_t i = begin; i < end; i++)
        p->y[i] += dot_f32(w + i * n, p->x->f, p->x->n);
}

static void product_hybrid(void *arg, size_t begin, size_t end, int thread)
{
    const product *p = arg;
    const ln_row *x = p->x;
    const float scale = p->w->params.scale * x->scale;
    int32_t acc[LN_ROW_BLOCK];
    (void)thread;
    for (size_t at = begin; at < end; at += LN_ROW_BLOCK) {
        const size_t n = LN_MIN(end - at, (size_t)LN_ROW_BLOCK);
        ln_dots_offset_s8(p->w->data.int8 + at * (size_t)x->n, x, (int)n, acc);
        for (size_t i = 0; i < n; i++)
            p->y[at + i] += (float)acc[i] * scale;
    }
}

void ln_row_product(const TfLiteTensor *w, const ln_row *x, int rows, float *y)
{
    product p = {w, x, y};
    if (w->dims->size > 1) {
        ln_row_share(x, rows, w->type == kTfLiteFloat32 ? product_f32 : product_hybrid, &p);
        return;
    }
    for (int i = 0; i < rows; i++)
        y[i] += w->data.f[i] * x->f[i];
}

void ln_activate_row(const ln_row_loops *loops, TfLiteFusedActivation act, const float *x, int n,
                     float *y)
{
    const void *const in = x;
    if (loops && (act == kTfLiteActSigmoid || act == kTfLiteActTanh)) {
        (act == kTfLiteActTanh ? loops->tanh_f32 : loops->logistic_f32)(y, &in, (size_t)n, NULL);
        return;
    }
    for (int i = 0; i < n; i++)
        y[i] = ln_activate(act, x[i]);
}

bool ln_row_type(TfLiteType type)
{
    return type == kTfLiteFloat32 || type == kTfLiteInt8 || type == kTfLiteUInt8;
}

size_t ln_walk_row(const ln_walk *w, int b, int i)
{
    const int t = w->backward ? w->time - 1 - i : i;

    return w->time_major ? (size_t)t * (size_t)w->batch + (size_t)b
                         : (size_t)b * (size_t)w->time + (size_t)t;
}

ln_walk ln_walk_over(const TfLiteTensor *x, bool time_major)
{
    const ln_shape s = ln_shape_of(x);

    return (ln_walk){.batch = s.dim[time_major ? 1 : 0],
                     .time = s.dim[time_major ? 0 : 1],
                     .time_major = time_major};
}

static bool dim_agrees(int have, int want)
{
    return have == want || have < 0 || want < 0;
}

ln_status ln_check_operand(ln_call *c, int i, TfLiteType type, int d0, int d1)
{
    LN_CHECK(c, ln_has(c, i), "input %d is missing", i);
    const ln_shape s = ln_shape_of(c->in[i]);
    const int rank = d1 == LN_NO_DIM ? 1 : 2;

    LN_CHECK(c, c->in[i]->type == type, "input %d has type %s, not %s", i,
             ln_type_name(c->in[i]->type), ln_type_name(type));
    LN_CHECK(c, s.rank == rank, "input %d has rank %d, not %d", i, s.rank, rank);
    LN_CHECK(c, dim_agrees(s.dim[0], d0), "input %d has %d rows, not %d", i, s.dim[0], d0);
    LN_CHECK(c, rank == 1 || dim_agrees(s.dim[1], d1), "input %d has %d columns, not %d", i,
             s.dim[1], d1);
    return LN_OK;
}

ln_status ln_check_state(ln_call *c, int i, TfLiteType type, int rows, int n)
{
    LN_CHECK(c, ln_has(c, i), "state input %d is missing", i);
    const TfLiteTensor *t = c->in[i];
    const int count = ln_count(t);
    const int64_t want = rows < 0 || n < 0 ? -1 : (int64_t)rows * n;

    LN_CHECK(c, t->is_variable, "state input %d is not a variable tensor", i);
    LN_CHECK(c, t->type == type, "state input %d has type %s, not %s", i, ln_type_name(t->type),
             ln_type_name(type));
    LN_CHECK(c, count == want || count < 0 || want < 0, "state input %d has %d items, not %lld", i,
             count, (long long)want);
    return LN_OK;
}

ln_status ln_check_second_input(ln_call *c, int i, const ln_shape *x, bool forward_weights,
                                bool backward_weights)
{
    LN_CHECK(c, forward_weights == backward_weights,
             "one direction alone has weights of a second input");
    if (!ln_has(c, i)) {
        LN_CHECK(c, !forward_weights, "weights of a second input are there, the input is not");
        return LN_OK;
    }
    const ln_shape a = ln_shape_of(c->in[i]);
    LN_CHECK(c, c->in[i]->type == kTfLiteFloat32 && a.rank == 3,
             "the second input has type %s and rank %d, not FLOAT32 and 3",
             ln_type_name(c->in[i]->type), a.rank);
    LN_CHECK(c,
             a.dim[0] == x->dim[0] && a.dim[1] == x->dim[1] &&
                 (forward_weights ? a.dim[2] != 0 : a.dim[2] == x->dim[2]),
             "the second input has shape [%d, %d, %d], which does not go with the first", a.dim[0],
             a.dim[1], a.dim[2]);
    return LN_OK;
}
