/* SPDX-License-Identifier: Apache-2.0 */
/* spectrum.c: DFT and STFT, as products with a matrix of cosines and sines: FULLY_CONNECTED and
 * CONV_2D, which every runtime has.  MelWeightMatrix is a constant, the windows are computed. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

#define TAU 6.28318530717958647692

/* A transform of `in` items, each of `in_parts` numbers (real and imaginary), to `out` items. */
typedef struct dft {
    int length, in, out, in_parts, out_parts;
    bool inverse, half_in; /* half_in: the other half of the spectrum is its mirror image */
} dft;

static bool fits(ln_ox *o, const dft *d)
{
    const int64_t rows = (int64_t)d->out * d->out_parts, columns = (int64_t)d->in * d->in_parts;
    if (d->length >= 1 && rows > 0 && columns > 0 && rows * columns <= 1 << 24)
        return true;
    LN_OX_FAIL(o, "a transform of %d items", d->length);
    return false;
}

/* What part q (0: real, 1: imaginary) of item t adds to part p of result k. */
static double factor(const dft *d, int k, int p, int t, int q)
{
    const double turn = TAU * (double)((int64_t)k * t % d->length) / d->length;
    const double s = d->inverse ? sin(turn) : -sin(turn), c = cos(turn);
    const bool twice = d->half_in && t > 0 && 2 * t != d->length;
    const double y = p == q ? c : p ? s : -s;
    return (twice ? 2 : 1) * (d->inverse ? y / d->length : y);
}

/* [out * parts, in * parts]; each item times its weight (NULL: 1). */
static ln_id matrix(ln_ox *o, const dft *d, const float *weights)
{
    const int rows = d->out * d->out_parts, columns = d->in * d->in_parts;
    const size_t n = (size_t)rows * (size_t)columns;
    const ln_shape s = {.rank = 2, .dim = {rows, columns}};
    float *y = ln_arena_new(&o->m->arena, n, sizeof *y);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            const int t = c / d->in_parts;
            const double f = factor(d, r / d->out_parts, r % d->out_parts, t, c % d->in_parts);
            y[(size_t)r * (size_t)columns + (size_t)c] =
                (float)(weights ? f * (double)weights[t] : f);
        }
    return ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, n * sizeof *y, false);
}

/* Constant input i, a number; `fallback` where it is absent. */
static bool number(ln_ox *o, const ln_ox_node *n, int i, int fallback, int *v)
{
    int count;
    *v = fallback;
    return i < 0 || !ln_ox_has_in(n, i) || ln_ox_const_ints(o, n, i, 1, v, &count);
}

/* ---- DFT ---- */

static bool read_dft(ln_ox *o, const ln_ox_node *n, const ln_shape *x, int axis, dft *d)
{
    const bool half = ln_ox_int(n, "onesided", 0);
    d->inverse = ln_ox_int(n, "inverse", 0);
    d->in_parts = x->dim[x->rank - 1];
    d->half_in = half && d->inverse;
    d->out_parts = d->half_in ? 1 : 2;
    const int usual = d->half_in ? 2 * (x->dim[axis] - 1) : x->dim[axis];
    if (!number(o, n, 1, usual, &d->length))
        return false;
    if (d->length < 1 || d->length > 1 << 20 || d->in_parts < 1 || d->in_parts > 2) {
        LN_OX_FAIL(o, "%d items of %d numbers", d->length, d->in_parts);
        return false;
    }
    d->in = d->half_in ? d->length / 2 + 1 : d->length;
    d->out = half && !d->inverse ? d->length / 2 + 1 : d->length;
    return fits(o, d);
}

/* Cut, or filled up with zeros, to so many items. */
static ln_id with_size(ln_ox *o, ln_id x, int axis, int size)
{
    int none[LN_MAX_RANK] = {0}, keep[LN_MAX_RANK], more[LN_MAX_RANK] = {0};
    const ln_shape s = ln_emit_shape(&o->e, x);
    for (int i = 0; i < s.rank; i++)
        keep[i] = -1;
    keep[axis] = LN_MIN(size, s.dim[axis]);
    more[axis] = LN_MAX(size - s.dim[axis], 0);
    return ln_emit_pad(&o->e, ln_emit_slice(&o->e, x, s.rank, none, keep), s.rank, none, more);
}

void ln_ox_dft(ln_ox *o, const ln_ox_node *n)
{
    ln_id x = ln_ox_in_id(o, n, 0);
    ln_shape s = ln_emit_shape(&o->e, x);
    int axis, perm[LN_MAX_RANK];
    dft d = {0};
    if (!number(o, n, n->opset < 20 ? -1 : 2, n->opset < 20 ? ln_ox_int(n, "axis", 1) : -2, &axis))
        return;
    axis += axis < 0 ? s.rank : 0;
    if (s.rank < 2 || axis < 0 || axis >= s.rank - 1 || s.dim[axis] < 1 || s.dim[axis] > 1 << 20) {
        LN_OX_FAIL(o, "dimension %d of %d, which has to be known", axis, s.rank);
        return;
    }
    if (!read_dft(o, n, &s, axis, &d))
        return;
    for (int i = 0; i < s.rank; i++) /* the dimension goes behind the others, before the parts */
        perm[i] = i;
    perm[axis] = s.rank - 2;
    perm[s.rank - 2] = axis;
    x = ln_emit_transpose(&o->e, with_size(o, x, axis, d.in), s.rank, perm);
    s = ln_emit_shape(&o->e, x);
    s.rank--;
    s.dim[s.rank - 1] = d.in * d.in_parts;
    const TfLiteFullyConnectedParams p = {.keep_num_dims = s.rank > 2};
    const bool flat = s.rank == 1;
    const ln_id in[] = {flat ? ln_ox_reshape(o, x, 2, (const int[]){1, s.dim[0]})
                             : ln_emit_reshape(&o->e, x, &s),
                        matrix(o, &d, NULL), -1};
    ln_id y = ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
    s.dim[s.rank - 1] = d.out;
    s.dim[s.rank++] = d.out_parts;
    y = ln_emit_transpose(&o->e, ln_emit_reshape(&o->e, y, &s), s.rank, perm);
    ln_ox_out(o, n, 0, y);
}

/* ---- STFT: a convolution whose filters are the windows' cosines and sines ---- */

static bool read_stft(ln_ox *o, const ln_ox_node *n, dft *d, int *step, const float **window)
{
    const ln_id w = ln_ox_in_id(o, n, 2);
    const ln_shape s = ln_emit_shape(&o->e, w);
    if (!number(o, n, 1, 0, step) || !number(o, n, 3, s.rank == 1 ? s.dim[0] : 0, &d->length))
        return false;
    if (w >= 0 && (!ln_emit_known(&o->e, w) || ln_emit_type(&o->e, w) != kTfLiteFloat32 ||
                   s.rank != 1 || s.dim[0] != d->length)) {
        LN_OX_FAIL(o, "the window has to be a constant of %d items", d->length);
        return false;
    }
    *window = w >= 0 ? ln_emit_tensor(&o->e, w)->data.f : NULL;
    if (d->length < 1 || d->length > 1 << 20 || *step < 1)
        LN_OX_FAIL(o, "%d items every %d", d->length, *step);
    d->in = d->length;
    d->out = ln_ox_int(n, "onesided", 1) ? d->length / 2 + 1 : d->length;
    d->out_parts = 2;
    return ln_ox_ok(o);
}

void ln_ox_stft(ln_ox *o, const ln_ox_node *n)
{
    ln_id x = ln_ox_in_id(o, n, 0);
    const ln_shape s = ln_emit_shape(&o->e, x);
    const float *window;
    dft d = {.in_parts = s.rank == 3 ? s.dim[2] : 1};
    int step;
    if (s.rank < 2 || s.rank > 3 || d.in_parts < 1 || d.in_parts > 2) {
        LN_OX_FAIL(o, "a signal of rank %d", s.rank);
        return;
    }
    if (!read_stft(o, n, &d, &step, &window) || !fits(o, &d))
        return;
    const TfLiteConvParams p = {.padding = kTfLitePaddingValid,
                                .stride_height = 1,
                                .stride_width = step,
                                .dilation_height_factor = 1,
                                .dilation_width_factor = 1};
    const int all = d.out * 2;
    x = ln_ox_reshape(o, x, 4, (const int[]){s.dim[0], 1, s.dim[1], d.in_parts});
    const ln_id w =
        ln_ox_reshape(o, matrix(o, &d, window), 4, (const int[]){all, 1, d.in, d.in_parts});
    const ln_id none =
        ln_ox_op2(o, &ln_op_fill, ln_emit_ints(&o->e, 1, &all), ln_emit_float(&o->e, 0));
    const ln_id y = ln_emit_nary(&o->e, &ln_op_conv_2d, &p, 3, (const ln_id[]){x, w, none});
    const ln_shape ys = ln_emit_shape(&o->e, y);
    ln_ox_out(o, n, 0, ln_ox_reshape(o, y, 4, (const int[]){ys.dim[0], ys.dim[2], d.out, 2}));
}

/* ---- MelWeightMatrix ---- */

static double mel_of(double hertz)
{
    return 2595 * log10(1 + hertz / 700);
}

/* The bin of the spectrum at which triangle i begins. */
static int mel_bin(int i, int bins, int length, int rate, double low, double high)
{
    const double mel = mel_of(low) + i * (mel_of(high) - mel_of(low)) / (bins + 2);
    return (int)floor((length + 1) * (700 * (pow(10, mel / 2595) - 1)) / rate);
}

void ln_ox_mel_weights(ln_ox *o, const ln_ox_node *n)
{
    int v[3];
    double edge[2];
    for (int i = 0; i < 3; i++)
        if (!number(o, n, i, 0, &v[i]))
            return;
    for (int i = 0; i < 2; i++)
        if (!ln_emit_read_number(&o->e, ln_ox_in_id(o, n, 3 + i), &edge[i])) {
            LN_OX_FAIL(o, "its operands have to be constants");
            return;
        }
    const int bins = v[0], length = v[1], rows = length / 2 + 1;
    float *y = bins > 0 && length > 0 && rows <= (1 << 24) / bins
                   ? ln_arena_new(&o->m->arena, (size_t)rows * (size_t)bins, sizeof *y)
                   : NULL;
    if (!y || v[2] < 1 || !(edge[0] >= 0 && edge[1] >= edge[0] && edge[1] <= v[2])) {
        LN_OX_FAIL(o, "%d bins of %d items", bins, length);
        return;
    }
    for (int i = 0; i < bins; i++) {
        int at[3];
        for (int k = 0; k < 3; k++)
            at[k] = LN_MIN(mel_bin(i + k, bins, length, v[2], edge[0], edge[1]), rows);
        if (at[1] == at[0] && at[1] < rows)
            y[at[1] * bins + i] = 1;
        for (int k = at[0]; k < at[1]; k++)
            y[k * bins + i] = (float)(k - at[0]) / (float)(at[1] - at[0]);
        for (int k = at[1]; k < at[2]; k++)
            y[k * bins + i] = (float)(at[2] - k) / (float)(at[2] - at[1]);
    }
    const ln_shape s = {.rank = 2, .dim = {rows, bins}};
    ln_ox_out(o, n, 0,
              ln_emit_constant(&o->e, kTfLiteFloat32, &s, y,
                               (size_t)rows * (size_t)bins * sizeof *y, false));
}

/* ---- windows: a - b cos(turn) + c cos(2 turn) ---- */

static ln_id wave(ln_ox *o, ln_id turn, double times, double factor)
{
    const ln_id angle = ln_ox_mul(o, turn, ln_emit_float(&o->e, (float)(times * TAU)));
    return ln_ox_mul(o, ln_ox_op1(o, &ln_op_cos, angle), ln_emit_float(&o->e, (float)factor));
}

void ln_ox_window_function(ln_ox *o, const ln_ox_node *n)
{
    static const double factors[][3] = {{0.5, 0.5, 0}, {25. / 46, 21. / 46, 0}, {0.42, 0.5, 0.08}};
    const double *k = factors[n->row->arg];
    const ln_id size = ln_ox_reshape(o, ln_ox_int32(o, ln_ox_in_id(o, n, 0)), 0, NULL);
    const ln_id at = ln_emit_range(&o->e, size), one = ln_emit_int(&o->e, 1);
    const ln_id all = ln_ox_int(n, "periodic", 1) ? size : ln_ox_sub(o, size, one);
    const ln_id turn = ln_ox_div(o, ln_emit_cast(&o->e, at, kTfLiteFloat32),
                                 ln_emit_cast(&o->e, all, kTfLiteFloat32));
    ln_id y = ln_ox_sub(o, ln_emit_float(&o->e, (float)k[0]), wave(o, turn, 1, k[1]));
    if (k[2] > 0)
        y = ln_ox_add(o, y, wave(o, turn, 2, k[2]));
    const TfLiteType type = ln_ox_type(ln_ox_int(n, "output_datatype", LN_OX_FLOAT));
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, y, type));
}
