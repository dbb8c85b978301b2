/* SPDX-License-Identifier: Apache-2.0 */
/* mfcc.c: the custom op Mfcc, mel-frequency cepstral coefficients.
 *
 *   x [channels, windows, bins], squared magnitudes (audio_spectrogram.c)    rate [1]
 *   y [channels, windows, coefficients]
 *
 * Magnitudes go into triangular bands that are evenly spaced on the mel scale; then logarithm and
 * discrete cosine transform.  A bin belongs to the falling side of one band and the rising side of
 * the next.  As internal/mfcc*.cc. */
#include "base/spectrum.h"
#include "fb/flexbuffers.h"
#include "ops/audio.h"
#include "ops/scratch.h"

enum { X, RATE };

static ln_status parse(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex high = ln_flex_get(&root, "upper_frequency_limit");
    const ln_flex low = ln_flex_get(&root, "lower_frequency_limit");
    const ln_flex bands = ln_flex_get(&root, "filterbank_channel_count");
    const ln_flex coefficients = ln_flex_get(&root, "dct_coefficient_count");
    ln_mfcc_params *p = to;

    (void)diag;
    p->high = (float)ln_flex_i64(&high, 0);
    p->low = (float)ln_flex_i64(&low, 0);
    p->bands = ln_flex_i32(&bands, 0);
    p->coefficients = ln_flex_i32(&coefficients, 0);
    return LN_OK;
}

static ln_mel cut(const ln_call *c, ln_scratch *s)
{
    const ln_mfcc_params *p = c->params;
    const int bins = ln_shape_of(c->in[X]).dim[2];
    ln_mel w = {.bins = bins, .bands = p->bands, .coefficients = p->coefficients};

    w.centers = ln_scratch_take(s, (int64_t)p->bands + 1, sizeof(double));
    w.band = ln_scratch_take(s, LN_MAX(bins, 0), sizeof(int));
    w.weight = ln_scratch_take(s, LN_MAX(bins, 0), sizeof(double));
    w.energy = ln_scratch_take(s, p->bands, sizeof(double));
    w.cosines = ln_scratch_take(s, (int64_t)p->bands * p->coefficients, sizeof(double));
    return w;
}

ln_status ln_mfcc_infer(ln_call *c)
{
    const ln_mfcc_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    const int rates = ln_count(c->in[RATE]);
    ln_scratch s = {0};

    if (c->in[X]->type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    if (c->in[RATE]->type != kTfLiteInt32)
        return ln_fail_type(c, RATE);
    LN_CHECK(c, x.rank == 3, "the input has rank %d, not 3", x.rank);
    LN_CHECK(c, x.dim[2] > 1 || x.dim[2] < 0, "there are %d frequency bins, at least 2 are needed",
             x.dim[2]);
    LN_CHECK(c, rates == 1, "the sample rate has %d items, not 1", rates);
    LN_CHECK(c, p->bands > 0 && p->coefficients > 0 && p->coefficients <= p->bands,
             "%d coefficients of %d bands", (int)p->coefficients, (int)p->bands);
    LN_CHECK(c, p->low >= 0 && p->high > p->low, "frequencies from %g to %g", (double)p->low,
             (double)p->high);
    cut(c, &s);
    LN_TRY(ln_scratch_ask(c, &s));
    const ln_shape y = {3, {x.dim[0], x.dim[1], p->coefficients}};
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

ln_status ln_mfcc_eval(ln_call *c)
{
    const ln_mfcc_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    const size_t windows = (size_t)x.dim[0] * (size_t)x.dim[1];
    const int rate = c->in[RATE]->data.i32[0];
    ln_scratch s = {.base = c->scratch};
    ln_mel w = cut(c, &s);

    LN_CHECK(c, rate > 0, "the sample rate is %d", rate);
    const bool sampled = ln_mel_init(&w, p->low, p->high, rate);
    for (size_t i = 0; i < windows; i++) {
        float *y = c->out[0]->data.f + i * (size_t)w.coefficients;
        if (!sampled) { /* TFLite gives nothing at all */
            for (int k = 0; k < w.coefficients; k++)
                y[k] = 0;
            continue;
        }
        ln_mel_energies(&w, c->in[X]->data.f + i * (size_t)w.bins);
        ln_mel_logarithms(&w);
        ln_mel_coefficients(&w, y);
    }
    return LN_OK;
}

const ln_op ln_op_mfcc = {
    .name = "Mfcc",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(ln_mfcc_params),
    .parse = parse,
    .infer = ln_mfcc_infer,
    .eval = ln_mfcc_eval,
};
