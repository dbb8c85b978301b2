/* SPDX-License-Identifier: Apache-2.0 */
/* observer.c: from statistics to a range.  Rare values far out cost resolution for all others; the
 * observers differ in when they give them up. */
#include <math.h>
#include <string.h>

#include "quant/stats.h"

enum { BINS = LN_STAT_OCTAVES * LN_STAT_PER_OCTAVE };

/* ---- the histogram as a list ---- */

/* Bins in the order of their values, the empty ones left out. */
typedef struct histogram {
    int n;
    double total;
    float value[BINS], count[BINS];
} histogram;

static float bin_middle(uint32_t bin)
{
    const uint32_t bits = bin << LN_STAT_BIN_SHIFT | 1u << (LN_STAT_BIN_SHIFT - 1);
    float x;
    memcpy(&x, &bits, sizeof x);
    return bin % (BINS / 2) == 0 ? 0 : x;
}

static void add_bin(histogram *h, const ln_stat *s, uint32_t bin)
{
    const uint64_t *octave = s->octaves[bin / LN_STAT_PER_OCTAVE];
    const uint64_t count = octave ? octave[bin % LN_STAT_PER_OCTAVE] : 0;
    if (!count)
        return;
    h->value[h->n] = fminf(fmaxf(bin_middle(bin), s->min), s->max);
    h->count[h->n++] = (float)count;
    h->total += (double)count;
}

static void list_bins(const ln_stat *s, histogram *h)
{
    h->n = 0;
    h->total = 0;
    for (uint32_t i = BINS; i-- > BINS / 2;) /* negative ones, the largest first */
        add_bin(h, s, i);
    for (uint32_t i = 0; i < BINS / 2; i++)
        add_bin(h, s, i);
}

/* ---- percentile ---- */

static void percentile_range(const histogram *h, double percent, float *low, float *high)
{
    const double tail = h->total * (100 - percent) / 200;
    double below = 0, above = 0;
    int from = 0, to = h->n - 1;
    while (from < h->n - 1 && below + (double)h->count[from] <= tail)
        below += (double)h->count[from++];
    while (to > 0 && above + (double)h->count[to] <= tail)
        above += (double)h->count[to--];
    if (from > 0)
        *low = h->value[from];
    if (to < h->n - 1)
        *high = h->value[to];
}

/* ---- mean square error ---- */

static double mean_of(const ln_fixed_sum *sum, uint64_t n)
{
    return ((double)(int64_t)sum->high + ldexp((double)sum->low, -64)) / (double)n;
}

static double square_error(const histogram *h, float low, float high, int bits)
{
    const float step = (high - low) / (bits == 16 ? 65535.f : 255.f);
    const float inside = step * step / 12;
    double sum = 0;
    for (int i = 0; i < h->n; i++) {
        const float v = h->value[i];
        float error = inside;
        if (v < low)
            error = (low - v) * (low - v);
        else if (v > high)
            error = (v - high) * (v - high);
        else if (fabsf(v) < step / 2)
            error = v * v; /* it becomes 0 */
        sum += (double)(error * h->count[i]);
    }
    return sum;
}

/* Of n samples one more goes beyond the largest with a chance of about 1 : n.  How far follows from
 * the samples' own largest values: where these fall off exponentially, that of all n lies ln(n)
 * times their scale above their mean. */
typedef struct tail {
    double end, scale; /* the largest value seen; 0: nothing lies beyond */
} tail;

static tail tail_of(float end, const ln_fixed_sum *ends, uint64_t samples)
{
    tail t = {fabs((double)end), 0};
    if (samples > 1 && end != 0)
        t.scale = fmin(fabs((double)end - mean_of(ends, samples)) / log((double)samples), t.end);
    return t;
}

/* The square error of the value beyond, in a range up to `end`.  It counts in part: many tensors
 * have a largest value by nature. */
static double tail_error(const tail *t, float end)
{
    const double part = 0.3, cut = t->end - fabs((double)end), s = t->scale;
    if (cut < 0)
        return part * 2 * s * s * (s > 0 ? exp(cut / s) : 0);
    return s > 0 ? part * (cut * cut + 2 * s * cut + 2 * s * s) : 0;
}

enum { STEPS = 32, BEYOND = 8, ENDS = BEYOND + STEPS + 1 };

/* Ends from a sixteenth of a range up to all of it, evenly in their logarithm, and on by the scale
 * of what lies beyond. */
static int list_ends(float limit, const tail *t, float *ends)
{
    int n = 0;
    for (int i = limit == 0 ? STEPS : 0; i <= STEPS; i++)
        ends[n++] = limit * exp2f(-4.f * (float)(STEPS - i) / STEPS);
    for (int i = 1; i <= BEYOND && t->scale > 0; i++)
        ends[n++] = limit + copysignf((float)t->scale * (float)i / BEYOND, limit);
    return n;
}

static void mse_range(const ln_stat *s, const histogram *h, int bits, float *low, float *high)
{
    const float bottom = fminf(*low, 0), top = fmaxf(*high, 0);
    const tail below = tail_of(bottom, &s->mins, s->arrays),
               above = tail_of(top, &s->maxs, s->arrays);
    float lows[ENDS], highs[ENDS];
    const int n = list_ends(bottom, &below, lows), m = list_ends(top, &above, highs);
    double least = HUGE_VAL;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < m; k++) {
            const double error = square_error(h, lows[i], highs[k], bits) +
                                 tail_error(&below, lows[i]) + tail_error(&above, highs[k]);
            if (error < least) {
                least = error;
                *low = lows[i];
                *high = highs[k];
            }
        }
}

/* An exponential of the largest value outweighs all others, in samples to come as well: there is
 * room for one that goes beyond with a chance of 1 : 7 n. */
static float top_with_room(const ln_stat *s)
{
    const tail above = tail_of(fmaxf(s->max, 0), &s->maxs, s->arrays);
    return (float)fmin(above.end + 2 * above.scale, 2 * above.end);
}

/* ---- entropy ---- */

enum { LINEAR = 2048, LEVELS = 128 };

/* The histogram of magnitudes in bins of equal width up to `most`. */
static void spread(const histogram *h, float most, double *linear)
{
    memset(linear, 0, LINEAR * sizeof *linear);
    for (int i = 0; i < h->n; i++) {
        const float v = fabsf(h->value[i]), half = v / 64; /* half the width of a bin */
        const int from = (int)fminf((v - half) / most * LINEAR, LINEAR - 1);
        const int to = (int)fminf((v + half) / most * LINEAR, LINEAR - 1);
        for (int k = from; k <= to; k++)
            linear[k] += (double)h->count[i] / (to - from + 1);
    }
}

/* How much the first `n` bins, with what lies beyond in the last one, lose in LEVELS levels. */
static double divergence(const double *linear, int n)
{
    double beyond = 0, total = 0, sum = 0;
    for (int k = n; k < LINEAR; k++)
        beyond += linear[k];
    for (int k = 0; k < n; k++)
        total += linear[k];
    if (total <= 0)
        return HUGE_VAL;
    for (int level = 0; level < LEVELS; level++) {
        const int from = level * n / LEVELS, to = (level + 1) * n / LEVELS;
        double mass = 0;
        int filled = 0;
        for (int k = from; k < to; k++) {
            mass += linear[k];
            filled += linear[k] > 0;
        }
        for (int k = from; k < to; k++) {
            const double p = (linear[k] + (k == n - 1 ? beyond : 0)) / (total + beyond);
            const double q = linear[k] > 0 ? mass / filled / total : 1e-12;
            if (p > 0)
                sum += p * log(p / q);
        }
    }
    return sum;
}

static void entropy_range(const histogram *h, float *low, float *high)
{
    enum { STEP = 16 };
    const float most = fmaxf(-*low, *high);
    double linear[LINEAR], least = HUGE_VAL;
    int best = LINEAR;
    spread(h, most, linear);
    for (int n = LEVELS; n <= LINEAR; n += STEP) {
        const double d = divergence(linear, n);
        if (d < least) {
            least = d;
            best = n;
        }
    }
    const float limit = most * (float)best / LINEAR;
    *low = fmaxf(*low, -limit);
    *high = fminf(*high, limit);
}

/* ---- the choice ---- */

/* The observers that look at the histogram. */
static void observe(const ln_stat *s, const ln_observing *how, histogram *h, float *low,
                    float *high)
{
    list_bins(s, h);
    if (how->observer == LN_QUANT_PERCENTILE)
        percentile_range(h, how->percentile > 0 ? how->percentile : 99.99, low, high);
    else if (how->observer == LN_QUANT_MSE)
        mse_range(s, h, how->bits, low, high);
    else
        entropy_range(h, low, high);
}

static ln_status choose(const ln_stat *s, const ln_observing *how, float *low, float *high)
{
    if (how->observer == LN_QUANT_AVERAGE) {
        *low = (float)mean_of(&s->mins, s->arrays);
        *high = (float)mean_of(&s->maxs, s->arrays);
        return LN_OK;
    }
    histogram *h = ln_new(&ln_alloc_default, 1, sizeof *h);
    if (!h)
        return LN_ERR_MEMORY;
    observe(s, how, h, low, high);
    ln_free(&ln_alloc_default, h);
    if (how->tops && how->observer == LN_QUANT_MSE)
        *high = fmaxf(*high, top_with_room(s));
    return LN_OK;
}

ln_status ln_stat_range(const ln_stat *s, const ln_observing *how, float *low, float *high)
{
    *low = s->min;
    *high = s->max;
    if (how->observer == LN_QUANT_MINMAX || s->min >= s->max)
        return LN_OK;
    LN_TRY(choose(s, how, low, high));
    /* statistics from a file need not agree with themselves */
    if (!(*low < *high) || !(*low >= 2 * fminf(s->min, 0)) || !(*high <= 2 * fmaxf(s->max, 0)) ||
        isinf(*low) || isinf(*high)) {
        *low = s->min;
        *high = s->max;
    }
    return LN_OK;
}
