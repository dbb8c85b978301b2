/* SPDX-License-Identifier: Apache-2.0 */
/* flex_fft.c: discrete Fourier transforms of any length over the last one, two or three dimensions.
 *
 *   FFT, FFT2D, FFT3D and their inverses   complex64 [...] -> the same shape
 *   RFFT    float32 [..., n], length [1] -> complex64 [..., length / 2 + 1]
 *   IRFFT   complex64 [..., n], length [1] -> float32 [..., length]
 *
 * Lines are cut or filled up with zeros to the length.  Lengths that are no power of two go by
 * Bluestein's algorithm: a convolution with a chirp, of a power of two. */
#include "base/fft.h"

#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/scratch.h"

#define PI 3.14159265358979323846

enum { X, LENGTH, MAX_LENGTH = 1 << 24 };

/* One transform: complex numbers are pairs of doubles. */
typedef struct line {
    int n, padded; /* the length, and that of the convolution; equal for powers of two */
    double *x;     /* n pairs: what is transformed, in place */
    double *roots, *chirp, *filter, *work;
} line;

static int padded_length(int n)
{
    int p = 1;
    while (p < (ln_is_power_of_two(n) ? n : 2 * n - 1))
        p *= 2;
    return p;
}

static void cut(int n, line *l, ln_scratch *s)
{
    l->n = n;
    l->padded = padded_length(LN_MAX(n, 1));
    l->x = ln_scratch_take(s, n, 2 * sizeof(double));
    l->roots = ln_scratch_take(s, l->padded, sizeof(double));
    l->chirp = ln_scratch_take(s, n, 2 * sizeof(double));
    l->filter = ln_scratch_take(s, l->padded, 2 * sizeof(double));
    l->work = ln_scratch_take(s, l->padded, 2 * sizeof(double));
}

static void multiply(double *y, const double *a, const double *b)
{
    const double re = a[0] * b[0] - a[1] * b[1], im = a[0] * b[1] + a[1] * b[0];
    y[0] = re;
    y[1] = im;
}

/* The chirp e^(-i pi k^2 / n), and the transform of its conjugate, wrapped around. */
static void prepare(line *l)
{
    ln_fft_roots(l->roots, l->padded);
    if (l->padded == l->n)
        return;
    memset(l->filter, 0, 2 * sizeof(double) * (size_t)l->padded);
    for (int64_t k = 0; k < l->n; k++) {
        const double angle = PI * (double)(k * k % (2 * (int64_t)l->n)) / l->n;
        l->chirp[2 * k] = cos(angle);
        l->chirp[2 * k + 1] = -sin(angle);
        const int64_t mirror = k ? l->padded - k : 0;
        l->filter[2 * k] = l->filter[2 * mirror] = cos(angle);
        l->filter[2 * k + 1] = l->filter[2 * mirror + 1] = sin(angle);
    }
    ln_fft(l->filter, l->padded, l->roots, l->padded);
}

static void conjugate(double *x, int n)
{
    for (int k = 0; k < n; k++)
        x[2 * (size_t)k + 1] = -x[2 * (size_t)k + 1];
}

static void forward(line *l)
{
    if (l->padded == l->n) {
        ln_fft(l->x, l->n, l->roots, l->padded);
        return;
    }
    memset(l->work, 0, 2 * sizeof(double) * (size_t)l->padded);
    for (size_t k = 0; k < (size_t)l->n; k++)
        multiply(l->work + 2 * k, l->x + 2 * k, l->chirp + 2 * k);
    ln_fft(l->work, l->padded, l->roots, l->padded);
    for (size_t k = 0; k < (size_t)l->padded; k++)
        multiply(l->work + 2 * k, l->work + 2 * k, l->filter + 2 * k);
    conjugate(l->work, l->padded); /* the inverse transform, by the forward one */
    ln_fft(l->work, l->padded, l->roots, l->padded);
    conjugate(l->work, l->padded);
    for (size_t k = 0; k < (size_t)l->n; k++) {
        multiply(l->x + 2 * k, l->work + 2 * k, l->chirp + 2 * k);
        l->x[2 * k] /= l->padded;
        l->x[2 * k + 1] /= l->padded;
    }
}

static void transform(line *l, bool inverse)
{
    if (inverse)
        conjugate(l->x, l->n);
    forward(l);
    if (!inverse)
        return;
    conjugate(l->x, l->n);
    for (size_t k = 0; k < 2 * (size_t)l->n; k++)
        l->x[k] /= l->n;
}

static ln_status check_length(ln_call *c, int n)
{
    LN_CHECK(c, n <= MAX_LENGTH, "a transform of length %d is longer than %d", n, (int)MAX_LENGTH);
    return LN_OK;
}

/* ---- complex -> complex ---- */

static ln_status complex_infer(ln_call *c, int axes)
{
    const ln_shape s = ln_shape_of(c->in[X]);
    ln_scratch scratch = {0};
    line l;
    LN_TRY(ln_check_type(c, X, LN_BIT(Complex64)));
    LN_CHECK(c, s.rank >= axes, "the input has rank %d, at least %d is needed", s.rank, axes);
    int longest = 1;
    for (int i = s.rank - axes; i < s.rank; i++)
        longest = LN_MAX(longest, s.dim[i]);
    LN_TRY(check_length(c, longest));
    cut(longest, &l, &scratch);
    scratch.used = LN_MIN(2 * scratch.used, SIZE_MAX); /* a shorter length may be padded to more */
    LN_TRY(ln_scratch_ask(c, &scratch));
    return ln_set_out(c, 0, kTfLiteComplex64, &s);
}

/* All lines along one axis of y. */
static void along(ln_call *c, float *y, const ln_shape *s, int axis, bool inverse)
{
    ln_scratch scratch = {.base = c->scratch};
    const int n = s->dim[axis];
    const size_t outer = (size_t)ln_shape_count(s, 0, axis);
    const size_t inner = (size_t)ln_shape_count(s, axis + 1, s->rank);
    line l;
    cut(n, &l, &scratch);
    prepare(&l);
    for (size_t i = 0; i < outer * inner; i++) {
        float *at = y + 2 * (i / inner * (size_t)n * inner + i % inner);
        for (size_t k = 0; k < (size_t)n; k++) {
            l.x[2 * k] = (double)at[2 * k * inner];
            l.x[2 * k + 1] = (double)at[2 * k * inner + 1];
        }
        transform(&l, inverse);
        for (size_t k = 0; k < (size_t)n; k++) {
            at[2 * k * inner] = (float)l.x[2 * k];
            at[2 * k * inner + 1] = (float)l.x[2 * k + 1];
        }
    }
}

static ln_status complex_eval(ln_call *c, int axes, bool inverse)
{
    const ln_shape s = ln_shape_of(c->in[X]);
    float *y = c->out[0]->data.f;
    const int count = ln_shape_count(&s, 0, s.rank);
    if (count == 0)
        return LN_OK;
    if (y != c->in[X]->data.f)
        memcpy(y, c->in[X]->data.f, 2 * sizeof(float) * (size_t)count);
    for (int i = s.rank - axes; i < s.rank; i++)
        along(c, y, &s, i, inverse);
    return LN_OK;
}

#define COMPLEX(id, text, axes, inverse)       \
    static ln_status id##_infer(ln_call *c)    \
    {                                          \
        return complex_infer(c, axes);         \
    }                                          \
    static ln_status id##_eval(ln_call *c)     \
    {                                          \
        return complex_eval(c, axes, inverse); \
    }                                          \
    LN_FLEX_OP(id, text, 1, 1, 1, id##_infer, id##_eval)

COMPLEX(fft, "FFT", 1, false);
COMPLEX(ifft, "IFFT", 1, true);
COMPLEX(fft_2d, "FFT2D", 2, false);
COMPLEX(ifft_2d, "IFFT2D", 2, true);
COMPLEX(fft_3d, "FFT3D", 3, false);
COMPLEX(ifft_3d, "IFFT3D", 3, true);

/* ---- real <-> complex ---- */

static ln_status real_infer(ln_call *c, TfLiteType from, TfLiteType to)
{
    ln_shape y = ln_shape_of(c->in[X]);
    ln_scratch s = {0};
    int n = -1, count;
    line l;
    if (c->in[X]->type != from)
        return ln_fail_type(c, X);
    LN_CHECK(c, y.rank >= 1, "the input is a scalar");
    if (ln_known(c, LENGTH)) {
        LN_TRY(ln_read_ints(c, LENGTH, 1, &n, &count));
        LN_CHECK(c, count == 1 && n >= 0, "the length is %d", count == 1 ? n : -1);
        LN_TRY(check_length(c, n));
        cut(n, &l, &s);
        LN_TRY(ln_scratch_ask(c, &s));
    }
    y.dim[y.rank - 1] = n < 0 ? -1 : n == 0 ? 0 : to == kTfLiteComplex64 ? n / 2 + 1 : n;
    return ln_set_out(c, 0, to, &y);
}

static ln_status rfft_infer(ln_call *c)
{
    return real_infer(c, kTfLiteFloat32, kTfLiteComplex64);
}

static ln_status irfft_infer(ln_call *c)
{
    return real_infer(c, kTfLiteComplex64, kTfLiteFloat32);
}

/* Lines of input and output, and the transform between them. */
static ln_status open_lines(ln_call *c, line *l, int *n_in, int *n_out, size_t *lines)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    ln_scratch s = {.base = c->scratch};
    int n, count;
    LN_TRY(ln_read_ints(c, LENGTH, 1, &n, &count));
    cut(n, l, &s);
    *n_in = x.dim[x.rank - 1];
    *n_out = y.dim[y.rank - 1];
    *lines = n == 0 ? 0 : (size_t)ln_shape_count(&y, 0, y.rank - 1);
    if (*lines)
        prepare(l);
    return LN_OK;
}

static ln_status rfft_eval(ln_call *c)
{
    int n_in, n_out;
    size_t lines;
    line l;
    LN_TRY(open_lines(c, &l, &n_in, &n_out, &lines));
    for (size_t i = 0; i < lines; i++) {
        const float *x = c->in[X]->data.f + i * (size_t)n_in;
        float *y = c->out[0]->data.f + 2 * i * (size_t)n_out;
        for (int k = 0; k < l.n; k++) {
            l.x[2 * (size_t)k] = k < n_in ? (double)x[k] : 0;
            l.x[2 * (size_t)k + 1] = 0;
        }
        transform(&l, false);
        for (size_t k = 0; k < 2 * (size_t)n_out; k++)
            y[k] = (float)l.x[k];
    }
    return LN_OK;
}

/* What is missing of the spectrum of something real are conjugates of what is there. */
static ln_status irfft_eval(ln_call *c)
{
    int n_in, n_out;
    size_t lines;
    line l;
    LN_TRY(open_lines(c, &l, &n_in, &n_out, &lines));
    for (size_t i = 0; i < lines; i++) {
        const float *x = c->in[X]->data.f + 2 * i * (size_t)n_in;
        float *y = c->out[0]->data.f + i * (size_t)n_out;
        for (int k = 0; k < l.n; k++) {
            const bool mirrored = k > l.n / 2;
            const size_t from = (size_t)(mirrored ? l.n - k : k);
            const bool there = from < (size_t)n_in;
            l.x[2 * (size_t)k] = there ? (double)x[2 * from] : 0;
            l.x[2 * (size_t)k + 1] =
                there && from ? (mirrored ? -1 : 1) * (double)x[2 * from + 1] : 0;
        }
        transform(&l, true);
        for (size_t k = 0; k < (size_t)n_out; k++)
            y[k] = (float)l.x[2 * k];
    }
    return LN_OK;
}

LN_FLEX_OP(rfft, "RFFT", 2, 2, 1, rfft_infer, rfft_eval);
LN_FLEX_OP(irfft, "IRFFT", 2, 2, 1, irfft_infer, irfft_eval);
