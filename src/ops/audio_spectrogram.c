/* SPDX-License-Identifier: Apache-2.0 */
/* audio_spectrogram.c: the custom op AudioSpectrogram.
 *
 *   x [samples, channels]    y [channels, windows, bins]
 *
 * Windows of `window_size` samples, `stride` apart, under a periodic Hann window, zeros up to the
 * next power of two n, bins = n / 2 + 1 magnitudes (or their squares).  Mfcc (mfcc.c) goes on. */
#include "base/spectrum.h"
#include "fb/flexbuffers.h"
#include "ops/audio.h"
#include "ops/scratch.h"

static ln_status parse(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex window = ln_flex_get(&root, "window_size");
    const ln_flex stride = ln_flex_get(&root, "stride");
    const ln_flex squared = ln_flex_get(&root, "magnitude_squared");
    ln_spectrogram_params *p = to;

    (void)diag;
    p->window = ln_flex_i32(&window, 0);
    p->stride = ln_flex_i32(&stride, 0);
    p->squared = ln_flex_bool(&squared, false);
    return LN_OK;
}

static ln_spectrum cut(const ln_spectrogram_params *p, ln_scratch *s)
{
    ln_spectrum w = {.window = p->window, .n = ln_spectrum_length(p->window)};

    w.roots = ln_scratch_take(s, w.n, sizeof(double));
    w.line = ln_scratch_take(s, w.n, 2 * sizeof(double));
    w.hann = ln_scratch_take(s, p->window, sizeof(double));
    return w;
}

ln_status ln_spectrogram_infer(ln_call *c)
{
    const ln_spectrogram_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_scratch s = {0};

    if (c->in[0]->type != kTfLiteFloat32)
        return ln_fail_type(c, 0);
    LN_CHECK(c, x.rank == 2, "the input has rank %d, not 2", x.rank);
    LN_CHECK(c, p->window >= 2 && p->window <= 1 << 30, "window_size is %d, not in [2, 2^30]",
             (int)p->window);
    LN_CHECK(c, p->stride >= 1, "stride is %d, at least 1 is needed", (int)p->stride);
    const ln_spectrum w = cut(p, &s);
    LN_TRY(ln_scratch_ask(c, &s));
    const int windows = x.dim[0] < 0           ? -1
                        : x.dim[0] < p->window ? 0
                                               : 1 + (x.dim[0] - p->window) / p->stride;
    const ln_shape y = {3, {x.dim[1], windows, w.n / 2 + 1}};
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

ln_status ln_spectrogram_eval(ln_call *c)
{
    const ln_spectrogram_params *p = c->params;
    const ln_shape y = ln_shape_of(c->out[0]);
    const size_t channels = (size_t)y.dim[0], windows = (size_t)y.dim[1], bins = (size_t)y.dim[2];
    ln_scratch s = {.base = c->scratch};
    ln_spectrum w = cut(p, &s);

    ln_spectrum_init(&w);
    for (size_t k = 0; k < channels; k++)
        for (size_t i = 0; i < windows; i++)
            ln_spectrum_of(&w, c->in[0]->data.f + i * (size_t)p->stride * channels + k, channels,
                           p->squared, c->out[0]->data.f + (k * windows + i) * bins);
    return LN_OK;
}

const ln_op ln_op_audio_spectrogram = {
    .name = "AudioSpectrogram",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(ln_spectrogram_params),
    .parse = parse,
    .infer = ln_spectrogram_infer,
    .eval = ln_spectrogram_eval,
};
