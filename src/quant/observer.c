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

static float beside(const histogram *h, int i)
{
    return fmaxf(fabsf(h->value[i]) / 32, (h->value[h->n - 1] - h->value[0]) / 4096);
}

/* What becomes of the values: f(value), and f's slope there. */
typedef struct behind {
    float value[BINS], slope[BINS], zero;
    float x[BINS], y[BINS]; /* to find the slope */
} behind;

/* f at `side` (-1, 1) of each value, a bin's width away, in b->y. */
static bool look_beside(const histogram *h, const ln_response *response, float side, behind *b)
{
    for (int i = 0; i < h->n; i++)
        b->x[i] = h->value[i] + side * beside(h, i);
    return ln_response_apply(response, b->x, b->y, h->n);
}

static bool apply(const histogram *h, const ln_response *response, behind *b)
{
    if (!look_beside(h, response, -1, b))
        return false;
    memcpy(b->slope, b->y, (size_t)h->n * sizeof *b->slope);
    if (!look_beside(h, response, 1, b) || !ln_response_apply(response, h->value, b->value, h->n) ||
        !ln_response_apply(response, &(float){0}, &b->zero, 1))
        return false;
    for (int i = 0; i < h->n; i++)
        b->slope[i] = (b->y[i] - b->slope[i]) / (2 * beside(h, i));
    return true;
}

/* The identity: errors count as they are. */
static void take(const histogram *h, behind *b)
{
    b->zero = 0;
    memcpy(b->value, h->value, (size_t)h->n * sizeof *b->value);
    for (int i = 0; i < h->n; i++)
        b->slope[i] = 1;
}

/* One end of a range: the value, and what becomes of it. */
typedef struct end {
    float at, behind;
} end;

static double square_error(const histogram *h, const behind *b, end low, end high, int bits)
{
    const float step = (high.at - low.at) / (bits == 16 ? 65535.f : 255.f);
    const float inside = step * step / 12;
    double sum = 0;
    for (int i = 0; i < h->n; i++) {
        const float v = h->value[i], f = b->value[i];
        float error = inside * b->slope[i] * b->slope[i];
        if (v < low.at)
            error = (low.behind - f) * (low.behind - f);
        else if (v > high.at)
            error = (f - high.behind) * (f - high.behind);
        else if (fabsf(v) < step / 2)
            error = (f - b->zero) * (f - b->zero); /* v becomes 0 */
        sum += (double)(error * h->count[i]);
    }
    return sum;
}

enum { STEPS = 32 };

/* Ends from all of a range down to a sixteenth, evenly in their logarithm. */
static int list_ends(float limit, const ln_response *response, end *ends)
{
    const int n = limit == 0 ? 1 : STEPS + 1;
    float x[STEPS + 1], y[STEPS + 1];
    for (int i = 0; i < n; i++)
        x[i] = limit * exp2f(-4.f * (float)i / STEPS);
    const bool known = ln_response_apply(response, x, y, n);
    for (int i = 0; i < n; i++)
        ends[i] = (end){x[i], known ? y[i] : x[i]};
    return n;
}

static void mse_range(const histogram *h, const ln_observing *how, behind *b, float *low,
                      float *high)
{
    end lows[STEPS + 1], highs[STEPS + 1];
    const ln_response *response = apply(h, how->response, b) ? how->response : NULL;
    if (!response)
        take(h, b);
    const int n = list_ends(fminf(*low, 0), response, lows);
    const int m = list_ends(fmaxf(*high, 0), response, highs);
    double least = HUGE_VAL;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < m; k++) {
            const double error = square_error(h, b, lows[i], highs[k], how->bits);
            if (error < least) {
                least = error;
                *low = lows[i].at;
                *high = highs[k].at;
            }
        }
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

static double mean_of(const ln_fixed_sum *sum, uint64_t n)
{
    return ((double)(int64_t)sum->high + ldexp((double)sum->low, -64)) / (double)n;
}

double ln_stat_mean_largest(const ln_stat *s)
{
    return mean_of(&s->maxs, s->arrays);
}

/* The observers that look at the histogram. */
static void observe(const ln_stat *s, const ln_observing *how, histogram *h, behind *b, float *low,
                    float *high)
{
    list_bins(s, h);
    if (how->observer == LN_QUANT_PERCENTILE)
        percentile_range(h, how->percentile > 0 ? how->percentile : 99.99, low, high);
    else if (how->observer == LN_QUANT_MSE)
        mse_range(h, how, b, low, high);
    else
        entropy_range(h, low, high);
}

static ln_status choose(const ln_stat *s, const ln_observing *how, float *low, float *high)
{
    if (how->observer == LN_QUANT_AVERAGE) {
        *low = (float)mean_of(&s->mins, s->arrays);
        *high = (float)ln_stat_mean_largest(s);
        return LN_OK;
    }
    histogram *h = ln_new(&ln_alloc_default, 1, sizeof *h);
    behind *b = ln_new(&ln_alloc_default, 1, sizeof *b);
    if (h && b)
        observe(s, how, h, b, low, high);
    const ln_status status = h && b ? LN_OK : LN_ERR_MEMORY;
    ln_free(&ln_alloc_default, h);
    ln_free(&ln_alloc_default, b);
    return status;
}

ln_status ln_stat_range(const ln_stat *s, const ln_observing *how, float *low, float *high)
{
    *low = s->min;
    *high = s->max;
    if (how->observer == LN_QUANT_MINMAX || s->min >= s->max)
        return LN_OK;
    LN_TRY(choose(s, how, low, high));
    /* statistics from a file need not agree with themselves */
    if (!(*low < *high) || *low < fminf(s->min, 0) || *high > fmaxf(s->max, 0)) {
        *low = s->min;
        *high = s->max;
    }
    return LN_OK;
}
