/* SPDX-License-Identifier: Apache-2.0 */
/* mel.c: spectra of overlapping frames, by RFFT2D where a frame has a power of two of items, else
 * by products with sines and cosines; and MelSpectrogram. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

static const double pi = 3.14159265358979323846;

enum { MAX_ITEMS = 1 << 24 };

typedef struct transform {
    int length, step, window; /* of a frame, between frames, of what is not 0 in it */
    bool center;
    const char *shape; /* of the window; NULL: 1 */
} transform;

/* ---- frames ---- */

/* x [..., n] with half a frame of its mirror image at each end. */
static ln_id centered(ln_emit *e, ln_id x, int half)
{
    const TfLiteMirrorPaddingParams p = {.mode = kTfLiteMirrorPaddingReflect};
    const int rank = ln_emit_shape(e, x).rank;
    const ln_shape s = {.rank = 2, .dim = {rank, 2}};
    int pads[2 * LN_MAX_RANK] = {0};
    pads[2 * rank - 2] = pads[2 * rank - 1] = half;
    const ln_id in[] = {
        x, ln_emit_constant(e, kTfLiteInt32, &s, pads, 2 * sizeof *pads * (size_t)rank, true)};
    return ln_emit_nary(e, &ln_op_mirror_pad, &p, 2, in);
}

/* [..., n] -> [..., frames, length] */
static ln_id frames(ln_keras_call *c, ln_id x, const transform *t)
{
    const ln_shape s = ln_emit_shape(c->e, x);
    const int n = s.rank > 0 ? s.dim[s.rank - 1] : -1;
    if (!ln_emit_ok(c->e) || n < t->length)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "frames of %d of a series of %d: give --input-shape", t->length, n);
    const ln_shape to = {.rank = 2, .dim = {(n - t->length) / t->step + 1, t->length}};
    const int count = ln_shape_count(&to, 0, 2);
    if (count < 1 || count > MAX_ITEMS)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%d frames", to.dim[0]);
    int *at = ln_arena_new(&c->k->scratch, (size_t)count, sizeof *at);
    for (int i = 0; at && i < count; i++)
        at[i] = i / t->length * t->step + i % t->length;
    return at ? ln_emit_gather(
                    c->e, x,
                    ln_emit_constant(c->e, kTfLiteInt32, &to, at, sizeof *at * (size_t)count, true),
                    s.rank - 1)
              : ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
}

/* The window in the middle of a frame, with a period of an even number of items. */
static ln_id windowed(ln_keras_call *c, ln_id y, const transform *t)
{
    const ln_shape s = {.rank = 1, .dim = {t->length}};
    if (!t->shape || !ln_emit_ok(c->e))
        return y;
    const bool hann = strcmp(t->shape, "hann") == 0;
    const int period = t->window == 1 ? 1 : t->window - t->window % 2;
    const double a = hann ? 0.5 : 0.54;
    float *v = ln_keras_floats(c, (size_t)t->length);
    if (!hann && strcmp(t->shape, "hamming") != 0)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "window \"%s\" (hann and hamming are)",
                            t->shape);
    for (int i = 0; v && i < t->window; i++)
        v[(t->length - t->window) / 2 + i] =
            t->window == 1 ? 1 : (float)(a - (1 - a) * cos(2 * pi * i / period));
    return ln_keras_binary(c->e, &ln_op_mul, y, ln_keras_constant(c, &s, v));
}

/* ---- their spectra ---- */

/* [..., length] by cosines, and by sines downwards -> [..., length / 2 + 1] */
static ln_id wave_product(ln_keras_call *c, ln_id x, int n, bool sines)
{
    const ln_shape s = {.rank = 2, .dim = {n / 2 + 1, n}};
    if ((double)n * n / 2 > MAX_ITEMS)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "frames of %d items", n);
    float *v = ln_keras_floats(c, (size_t)(n / 2 + 1) * (size_t)n);
    for (int i = 0; v && i < n / 2 + 1; i++)
        for (int k = 0; k < n; k++) {
            const double angle = 2 * pi * (double)((int64_t)i * k % n) / n;
            v[(size_t)i * (size_t)n + (size_t)k] = (float)(sines ? -sin(angle) : cos(angle));
        }
    return ln_keras_product(c->e, x, ln_keras_constant(c, &s, v), -1, kTfLiteActNone);
}

/* The real and the imaginary part. */
static void spectrum(ln_keras_call *c, ln_id x, int n, ln_id *parts)
{
    const int rank = ln_emit_shape(c->e, x).rank, size[] = {1, n};
    if (!ln_emit_ok(c->e))
        return;
    if (n & (n - 1)) {
        parts[0] = wave_product(c, x, n, false);
        parts[1] = wave_product(c, x, n, true);
        return;
    }
    const ln_id y = ln_keras_binary(c->e, &ln_op_rfft2d, ln_emit_expand_dims(c->e, x, rank - 1),
                                    ln_emit_ints(c->e, 2, size));
    for (int i = 0; i < 2; i++)
        parts[i] = ln_emit_squeeze(c->e, ln_keras_unary(c->e, i ? &ln_op_imag : &ln_op_real, y),
                                   1U << (rank - 1));
}

/* A window's name: null is none, what is absent is the default. */
static const char *shape_of(const cJSON *window)
{
    return cJSON_IsString(window) ? window->valuestring : window ? NULL : "hann";
}

static bool short_time(ln_keras_call *c, const transform *t, ln_id *parts)
{
    ln_id x = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(c->e, x);
    parts[0] = parts[1] = -1;
    if (t->length < 1 || t->step < 1 || t->window < 1 || t->window > t->length ||
        t->length > MAX_ITEMS || s.rank < 1 || s.rank > LN_MAX_RANK - 2)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "frames of %d, each %d", t->length, t->step);
    else if (t->center && (s.dim[s.rank - 1] < 0 || s.dim[s.rank - 1] <= t->length / 2))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "frames of %d of a series of %d: give --input-shape",
                     t->length, s.dim[s.rank - 1]);
    if (!ln_emit_ok(c->e))
        return false;
    x = t->center && t->length > 1 ? centered(c->e, x, t->length / 2) : x;
    spectrum(c, windowed(c, frames(c, x, t), t), t->length, parts);
    return ln_emit_ok(c->e);
}

void ln_keras_stft_op(ln_keras_call *c)
{
    const cJSON *window = cJSON_GetObjectItemCaseSensitive(c->config, "window");
    const transform t = {.length = ln_keras_arg_int(c, -1, "fft_length", 0),
                         .step = ln_keras_arg_int(c, -1, "sequence_stride", 0),
                         .window = ln_keras_arg_int(c, -1, "sequence_length", 0),
                         .center = ln_keras_arg_number(c, -1, "center", 1) != 0,
                         .shape = shape_of(window)};
    ln_id parts[2];
    if (window && !cJSON_IsString(window) && !cJSON_IsNull(window))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a window of one's own");
    else if (short_time(c, &t, parts))
        for (int i = 0; i < 2; i++)
            ln_keras_out(c, parts[i]);
}

void ln_keras_rfft_op(ln_keras_call *c)
{
    const ln_id x = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(c->e, x);
    const int n = s.rank > 0 ? s.dim[s.rank - 1] : -1;
    ln_id parts[2] = {-1, -1};
    if (n < 1 || ln_keras_arg_int(c, -1, "fft_length", n) != n || s.rank > LN_MAX_RANK - 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a transform of %d of %d items",
                     ln_keras_arg_int(c, -1, "fft_length", n), n);
        return;
    }
    spectrum(c, x, n, parts);
    for (int i = 0; i < 2; i++)
        ln_keras_out(c, parts[i]);
}

/* ---- MelSpectrogram ---- */

static double mel(double hertz)
{
    return 1127 * log(1 + hertz / 700);
}

/* Triangles over the bins of a spectrum, [mels, bins]; the first bin is in none. */
static ln_id mel_matrix(ln_keras_call *c, int bins)
{
    const int n = ln_json_int(c->config, "num_mel_bins", 128);
    const double rate = ln_json_number(c->config, "sampling_rate", 16000),
                 low = mel(ln_json_number(c->config, "min_freq", 20)),
                 high = mel(ln_json_number(c->config, "max_freq", floor(rate / 2)));
    if (n < 1 || (double)n * bins > MAX_ITEMS || !(rate > 0) || !(high > low))
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "%d bands of a spectrum of %d", n, bins);
    const ln_shape s = {.rank = 2, .dim = {n, bins}};
    const double step = (high - low) / (n + 1);
    float *v = ln_keras_floats(c, (size_t)n * (size_t)bins);
    for (int i = 0; v && i < n; i++)
        for (int k = 1; k < bins; k++) {
            const double at = mel(rate / 2 * k / (bins - 1)), begin = low + step * i;
            const double slope = fmin((at - begin) / step, (begin + 2 * step - at) / step);
            v[(size_t)i * (size_t)bins + (size_t)k] = (float)fmax(0, slope);
        }
    return ln_keras_constant(c, &s, v);
}

/* In decibels, no more than top_db below the loudest of all. */
static ln_id decibels(ln_keras_call *c, ln_id y)
{
    ln_emit *e = c->e;
    int axes[LN_MAX_RANK];
    const int rank = ln_emit_shape(e, y).rank;
    const double least = ln_json_number(c->config, "min_power", 1e-10),
                 reference = ln_json_number(c->config, "ref_power", 1),
                 top = ln_json_number(c->config, "top_db", 80);
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    y = ln_keras_unary(e, &ln_op_log, ln_keras_with(e, &ln_op_maximum, y, least));
    y = ln_keras_with(e, &ln_op_mul, y, 10 / log(10));
    y = ln_keras_with(e, &ln_op_sub, y, 10 * log10(fmax(fabs(reference), least)));
    const ln_id loudest = ln_emit_reduce(e, &ln_op_reduce_max, y, rank, axes, false);
    return ln_keras_binary(e, &ln_op_maximum, y, ln_keras_with(e, &ln_op_sub, loudest, top));
}

void ln_keras_mel_spectrogram(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const cJSON *window = cJSON_GetObjectItemCaseSensitive(c->config, "window");
    const transform t = {.length = ln_json_int(c->config, "fft_length", 2048),
                         .step = ln_json_int(c->config, "sequence_stride", 512),
                         .window = ln_json_int(c->config, "sequence_length",
                                               ln_json_int(c->config, "fft_length", 2048)),
                         .center = true,
                         .shape = shape_of(window)};
    const double power = ln_json_number(c->config, "mag_exp", 2);
    int perm[LN_MAX_RANK];
    ln_id parts[2];
    if (!short_time(c, &t, parts))
        return;
    ln_id y = ln_keras_binary(e, &ln_op_add, ln_keras_unary(e, &ln_op_square, parts[0]),
                              ln_keras_unary(e, &ln_op_square, parts[1]));
    y = power == 2   ? y
        : power == 1 ? ln_keras_unary(e, &ln_op_sqrt, y)
                     : ln_keras_with(e, &ln_op_pow, y, power / 2);
    y = ln_keras_product(e, y, mel_matrix(c, t.length / 2 + 1), -1, kTfLiteActNone);
    y = ln_json_bool(c->config, "power_to_db", true) ? decibels(c, y) : y;
    const int rank = ln_emit_shape(e, y).rank;
    for (int i = 0; i < rank; i++)
        perm[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    ln_keras_out(c, ln_emit_transpose(e, y, rank, perm));
}
