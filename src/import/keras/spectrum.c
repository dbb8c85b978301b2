/* SPDX-License-Identifier: Apache-2.0 */
/* spectrum.c: STFTSpectrogram, whose windowed sines and cosines are weights of the file: two
 * convolutions over time, of each channel by itself. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* x [n, 1, time, 1] by a kernel [frame, 1, frequencies] -> [n, 1, frames, frequencies] */
static ln_id transform(ln_keras_call *c, ln_id x, const char *name, int index, int step)
{
    static const int perm[] = {2, 0, 1, -1};
    ln_keras_array k;
    const bool same = strcmp(ln_json_text(c->config, "padding", "valid"), "same") == 0;
    const TfLiteConvParams p = {.padding = same ? kTfLitePaddingSame : kTfLitePaddingValid,
                                .stride_width = step,
                                .stride_height = 1,
                                .dilation_width_factor = 1,
                                .dilation_height_factor = 1};
    if (!ln_keras_weight(c, name, index, &k))
        return -1;
    if (k.shape.rank != 3)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "weight \"%s\" has rank %d", name, k.shape.rank);
    const ln_shape s = {.rank = 4, .dim = {k.shape.dim[2], 1, k.shape.dim[0], 1}},
                   zeros = {.rank = 1, .dim = {k.shape.dim[2]}};
    const ln_id in[] = {
        x, ln_keras_param(c, name, index, perm, &s),
        ln_keras_constant(c, &zeros, ln_keras_floats(c, (size_t)LN_MAX(zeros.dim[0], 0)))};
    return ln_emit_nary(c->e, &ln_op_conv_2d, &p, 3, in);
}

/* The squares' sum in the way that the mode wants it. */
static ln_id combine(ln_keras_call *c, const char *mode, ln_id real, ln_id imaginary)
{
    static const int before[] = {0, 0, 0, 1};
    ln_emit *e = c->e;
    const ln_id power = ln_keras_binary(e, &ln_op_add, ln_keras_unary(e, &ln_op_square, real),
                                        ln_keras_unary(e, &ln_op_square, imaginary));
    if (strcmp(mode, "psd") == 0) { /* all but the first and the last frequency twice */
        const int n = ln_emit_shape(e, power).dim[3];
        const int begin[] = {0, 0, 0, 1}, size[] = {-1, -1, -1, LN_MAX(n - 2, 1)};
        const ln_id inner = ln_emit_slice(e, power, 4, begin, size);
        return ln_keras_binary(e, &ln_op_add, power, ln_emit_pad(e, inner, 4, before, before));
    }
    const ln_id magnitude =
        ln_keras_unary(e, &ln_op_sqrt, ln_keras_with(e, &ln_op_maximum, power, 1e-7));
    if (strcmp(mode, "magnitude") == 0)
        return magnitude;
    if (strcmp(mode, "log") == 0)
        return ln_keras_unary(e, &ln_op_log, ln_keras_with(e, &ln_op_maximum, magnitude, 1e-7));
    return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "mode \"%s\"", mode);
}

static bool channels_first(const ln_keras_call *c)
{
    return strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") == 0;
}

/* [b * channels, 1, frames, frequencies] -> [b, frames, frequencies, channels] or flat; first:
 * [b, channels, frames, frequencies], or flat with the frames at the end. */
static ln_id arrange(ln_keras_call *c, ln_id y, int channels)
{
    static const int apart[] = {0, 2, 3, 1}, flat[] = {0, 2, 1, 3}, flat_first[] = {0, 1, 3, 2};
    const ln_shape s = ln_emit_shape(c->e, y);
    const bool expand = ln_json_bool(c->config, "expand_dims", false), first = channels_first(c);
    const ln_shape split = {.rank = 4, .dim = {-1, channels, s.dim[2], s.dim[3]}};
    const int all = s.dim[3] > 0 && channels > INT32_MAX / s.dim[3] ? -1 : channels * s.dim[3];
    const ln_shape joined = {.rank = 3,
                             .dim = {-1, first ? all : s.dim[2], first ? s.dim[2] : all}};
    y = ln_emit_reshape(c->e, y, &split);
    if (expand)
        return first ? y : ln_emit_transpose(c->e, y, 4, apart);
    y = ln_emit_transpose(c->e, y, 4, first ? flat_first : flat);
    return ln_emit_reshape(c->e, y, &joined);
}

void ln_keras_stft(ln_keras_call *c)
{
    static const int to_series[] = {0, 2, 1};
    ln_emit *e = c->e;
    const char *mode = ln_json_text(c->config, "mode", "log");
    const ln_shape s = ln_emit_shape(e, ln_keras_x(c));
    const int step =
        ln_json_int(c->config, "frame_step", ln_json_int(c->config, "frame_length", 256) / 2);
    const bool first = channels_first(c);
    if (s.rank != 3 || s.dim[1] < 1 || s.dim[2] < 1 || step < 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than series and channels of a known length");
        return;
    }
    const ln_shape rows = {.rank = 4, .dim = {-1, 1, s.dim[first ? 2 : 1], 1}};
    const ln_id series = first ? ln_keras_x(c) : ln_emit_transpose(e, ln_keras_x(c), 3, to_series),
                x = ln_emit_reshape(e, series, &rows);
    const bool only_imaginary = strcmp(mode, "imag") == 0;
    ln_id y = only_imaginary ? -1 : transform(c, x, "real_kernel", 0, step);
    if (strcmp(mode, "real") != 0) {
        const ln_id im = transform(c, x, "imag_kernel", !only_imaginary, step);
        const ln_id both[] = {y, im};
        y = only_imaginary               ? im
            : strcmp(mode, "stft") == 0  ? ln_emit_concat(e, 2, both, 3)
            : strcmp(mode, "angle") == 0 ? ln_keras_binary(e, &ln_op_atan2, im, y)
                                         : combine(c, mode, y, im);
    }
    if (ln_emit_ok(e))
        ln_keras_out(c, arrange(c, y, s.dim[first ? 1 : 2]));
}
