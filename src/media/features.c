/* SPDX-License-Identifier: Apache-2.0 */
/* features.c: memory and windows for what base/spectrum.c computes. */
#include "media/features.h"

#include <math.h>

#include "base/arena.h"
#include "base/checked.h"
#include "base/spectrum.h"

enum { MAX_WINDOW = 1 << 20, MAX_BANDS = 1 << 14 };

static ln_status check(const ln_sound *s, const ln_feature_options *o, ln_diag *diag)
{
    if (s->channels != 1 || s->rate < 1)
        return ln_fail(diag, LN_ERR_ARGUMENT, "features are of one channel, not of %d at %d Hz",
                       s->channels, s->rate);
    if ((unsigned)o->kind > LN_FEATURE_MFCC)
        return ln_fail(diag, LN_ERR_ARGUMENT, "there is no feature of kind %d", (int)o->kind);
    if (o->window < 2 || o->window > MAX_WINDOW || o->stride < 1)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "windows of %d samples, %d apart; 2 to %d, and at least 1, can be",
                       o->window, o->stride, MAX_WINDOW);
    if (o->kind < LN_FEATURE_MEL)
        return LN_OK;
    if (o->bands < 1 || o->bands > MAX_BANDS || !(o->low >= 0) || !(o->high > o->low) ||
        !isfinite(o->high))
        return ln_fail(diag, LN_ERR_ARGUMENT, "%d bands from %g to %g Hz", o->bands, (double)o->low,
                       (double)o->high);
    if (o->kind == LN_FEATURE_MFCC && (o->coefficients < 1 || o->coefficients > o->bands))
        return ln_fail(diag, LN_ERR_ARGUMENT, "%d coefficients of %d bands", o->coefficients,
                       o->bands);
    return LN_OK;
}

typedef struct work {
    ln_spectrum spectrum;
    ln_mel mel;
    float *bins;
} work;

static bool make_spectrum(ln_spectrum *s, int window, ln_arena *arena)
{
    s->window = window;
    s->n = ln_spectrum_length(window);
    s->roots = ln_arena_new(arena, (size_t)s->n, sizeof *s->roots);
    s->line = ln_arena_new(arena, 2 * (size_t)s->n, sizeof *s->line);
    s->hann = ln_arena_new(arena, (size_t)window, sizeof *s->hann);
    if (!s->roots || !s->line || !s->hann)
        return false;
    ln_spectrum_init(s);
    return true;
}

static bool make_mel(ln_mel *m, const ln_feature_options *o, int bins, ln_arena *arena)
{
    const bool cepstral = o->kind == LN_FEATURE_MFCC;
    *m = (ln_mel){.bins = bins, .bands = o->bands, .coefficients = cepstral ? o->coefficients : 0};
    m->centers = ln_arena_new(arena, (size_t)m->bands + 1, sizeof *m->centers);
    m->band = ln_arena_new(arena, (size_t)bins, sizeof *m->band);
    m->weight = ln_arena_new(arena, (size_t)bins, sizeof *m->weight);
    m->energy = ln_arena_new(arena, (size_t)m->bands, sizeof *m->energy);
    m->cosines =
        ln_arena_new(arena, (size_t)m->bands * (size_t)m->coefficients + 1, sizeof *m->cosines);
    return m->centers && m->band && m->weight && m->energy && m->cosines;
}

static void fill(const work *w, ln_feature_kind kind, const float *x, float *y)
{
    if (kind < LN_FEATURE_MEL) {
        ln_spectrum_of(&w->spectrum, x, 1, kind == LN_FEATURE_POWER, y);
        return;
    }
    ln_spectrum_of(&w->spectrum, x, 1, true, w->bins);
    ln_mel_energies(&w->mel, w->bins);
    if (kind != LN_FEATURE_MEL)
        ln_mel_logarithms(&w->mel);
    if (kind == LN_FEATURE_MFCC)
        ln_mel_coefficients(&w->mel, y);
    for (int i = 0; i < w->mel.bands && kind != LN_FEATURE_MFCC; i++)
        y[i] = (float)w->mel.energy[i];
}

static ln_status prepare(work *w, const ln_sound *s, const ln_feature_options *o, ln_arena *arena,
                         ln_diag *diag)
{
    if (!make_spectrum(&w->spectrum, o->window, arena))
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for windows of %d samples", o->window);
    if (o->kind < LN_FEATURE_MEL)
        return LN_OK;
    const int bins = w->spectrum.n / 2 + 1;
    w->bins = ln_arena_new(arena, (size_t)bins, sizeof *w->bins);
    if (!w->bins || !make_mel(&w->mel, o, bins, arena))
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for %d bands", o->bands);
    if (!ln_mel_init(&w->mel, o->low, o->high, s->rate))
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "bands up to %g Hz, where %d samples a second have "
                       "up to %g",
                       (double)o->high, s->rate, 0.5 * s->rate);
    return LN_OK;
}

ln_status ln_sound_features(ln_features *out, const ln_sound *s, const ln_feature_options *o,
                            const ln_alloc *alloc, ln_diag *diag)
{
    work w = {0};
    ln_arena arena;

    LN_TRY(check(s, o, diag));
    const size_t windows =
        s->frames < (size_t)o->window ? 0 : 1 + (s->frames - (size_t)o->window) / (size_t)o->stride;
    const int width = o->kind < LN_FEATURE_MEL     ? ln_spectrum_length(o->window) / 2 + 1
                      : o->kind == LN_FEATURE_MFCC ? o->coefficients
                                                   : o->bands;
    size_t count;
    float *values = windows <= INT32_MAX && ln_mul_size(windows, (size_t)width, &count)
                        ? ln_new(alloc, count + 1, sizeof *values)
                        : NULL;
    if (!values)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for %zu windows", windows);
    ln_arena_init(&arena, alloc);
    const ln_status status = prepare(&w, s, o, &arena, diag);
    for (size_t i = 0; i < windows && status == LN_OK; i++)
        fill(&w, o->kind, s->samples + i * (size_t)o->stride, values + i * (size_t)width);
    ln_arena_deinit(&arena);
    if (status != LN_OK)
        ln_free(alloc, values);
    else
        *out = (ln_features){(int)windows, width, values};
    return status;
}
