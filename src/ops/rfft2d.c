/* SPDX-License-Identifier: Apache-2.0 */
/* rfft2d.c: RFFT2D, the Fourier transform of real planes.
 *
 *   x [..., h, w]    lengths [2] = (H, W), powers of two    y complex64 [..., H, W / 2 + 1]
 *
 * Planes are cut or filled up with zeros to H x W.  Rows first, then columns of the half that is
 * kept; both by fft.c in double. */
#include "base/fft.h"
#include "ops/op.h"
#include "ops/scratch.h"

enum { X, LENGTHS };

typedef struct work {
    int rows, columns, kept; /* of the transform; W / 2 + 1 */
    int longest;
    double *roots, *line, *plane; /* of `longest`; one row or column; [rows, kept] */
} work;

static void cut(const int lengths[2], work *w, ln_scratch *s)
{
    w->rows = lengths[0];
    w->columns = lengths[1];
    w->kept = w->columns / 2 + 1;
    w->longest = LN_MAX(w->rows, w->columns);
    w->roots = ln_scratch_take(s, w->longest, sizeof(double));
    w->line = ln_scratch_take(s, w->longest, 2 * sizeof(double));
    w->plane = ln_scratch_take(s, (int64_t)w->rows * w->kept, 2 * sizeof(double));
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), l = ln_shape_of(c->in[LENGTHS]);
    ln_shape y = x;
    ln_scratch s = {0};
    int lengths[2], n;
    work w;

    if (c->in[X]->type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    if (c->in[LENGTHS]->type != kTfLiteInt32)
        return ln_fail_type(c, LENGTHS);
    LN_CHECK(c, x.rank >= 2, "the input has rank %d, at least 2 is needed", x.rank);
    LN_CHECK(c, l.rank == 1 && (l.dim[0] == 2 || l.dim[0] < 0),
             "the lengths have rank %d and %d items, not 1 and 2", l.rank, l.dim[0]);
    y.dim[y.rank - 2] = y.dim[y.rank - 1] = -1;
    if (ln_known(c, LENGTHS)) {
        LN_TRY(ln_read_ints(c, LENGTHS, 2, lengths, &n));
        LN_CHECK(c, n == 2 && ln_is_power_of_two(lengths[0]) && ln_is_power_of_two(lengths[1]),
                 "the lengths are %d and %d, not powers of two", lengths[0], lengths[1]);
        cut(lengths, &w, &s);
        y.dim[y.rank - 2] = w.rows;
        y.dim[y.rank - 1] = w.kept;
    }
    LN_TRY(ln_scratch_ask(c, &s));
    return ln_set_out(c, 0, kTfLiteComplex64, &y);
}

/* Row i of the plane from `x` with its `n` values. */
static void transform_row(const work *w, const float *x, int n, int i)
{
    const int used = LN_MIN(n, w->columns);
    double *to = w->plane + (size_t)i * (size_t)w->kept * 2;

    for (int k = 0; k < w->columns; k++) {
        w->line[2 * (size_t)k] = k < used ? (double)x[k] : 0;
        w->line[2 * (size_t)k + 1] = 0;
    }
    ln_fft(w->line, w->columns, w->roots, w->longest);
    for (size_t k = 0; k < 2 * (size_t)w->kept; k++)
        to[k] = w->line[k];
}

static void transform_column(const work *w, int k, float *y)
{
    const size_t stride = 2 * (size_t)w->kept, at = 2 * (size_t)k;

    for (size_t i = 0; i < (size_t)w->rows; i++) {
        w->line[2 * i] = w->plane[i * stride + at];
        w->line[2 * i + 1] = w->plane[i * stride + at + 1];
    }
    ln_fft(w->line, w->rows, w->roots, w->longest);
    for (size_t i = 0; i < (size_t)w->rows; i++) {
        y[i * stride + at] = (float)w->line[2 * i];
        y[i * stride + at + 1] = (float)w->line[2 * i + 1];
    }
}

static ln_status eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[X]);
    const int h = s.dim[s.rank - 2], v = s.dim[s.rank - 1];
    const int planes = ln_shape_count(&s, 0, s.rank - 2);
    const int32_t *l = c->in[LENGTHS]->data.i32;
    const int lengths[2] = {l[0], l[1]};
    ln_scratch scratch = {.base = c->scratch};
    work w;

    cut(lengths, &w, &scratch);
    ln_fft_roots(w.roots, w.longest);
    for (int p = 0; p < planes; p++) {
        const float *x = c->in[X]->data.f + (size_t)p * (size_t)h * (size_t)v;
        float *y = (float *)c->out[0]->data.raw + (size_t)p * (size_t)w.rows * (size_t)w.kept * 2;
        for (int i = 0; i < w.rows; i++)
            transform_row(&w, x + (i < h ? (size_t)i * (size_t)v : 0), i < h ? v : 0, i);
        for (int k = 0; k < w.kept; k++)
            transform_column(&w, k, y);
    }
    return LN_OK;
}

const ln_op ln_op_rfft2d = {
    .name = "RFFT2D",
    .builtin = kTfLiteBuiltinRfft2d,
    .version = 1,
    .options = 105,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
};
