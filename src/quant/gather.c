/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: adds the values of an array to the statistics of a tensor.  Calibration spends about as
 * long here as in the model itself, so a piece of the array that fits the nearest cache is looked
 * at twice, and nothing in that depends on what it holds:
 *
 *   limits   in lanes, which compilers make vectors of
 *   bins     the upper bits of a float; neighbors count in different tables, because equal values
 * in a row (zeros behind a RELU) would wait for each other's counts
 *
 * Few values go to the octaves as they come: emptying the tables costs more than that. */
#include <math.h>
#include <string.h>

#include "quant/stats.h"

enum { PIECE = 2048, LANES = 32, TABLES = 4, FEW = 4096 };
enum { BINS = LN_STAT_OCTAVES * LN_STAT_PER_OCTAVE };

static void widen(float low, float high, float *min, float *max)
{
    *min = low < *min ? low : *min;
    *max = high > *max ? high : *max;
}

static void find_limits(const float *x, size_t n, float *min, float *max)
{
    float low[LANES], high[LANES];
    size_t i = 0;
    for (int k = 0; n >= LANES && k < LANES; k++)
        low[k] = high[k] = x[k];
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const float v = x[i + (size_t)k];
            low[k] = v < low[k] ? v : low[k];
            high[k] = v > high[k] ? v : high[k];
        }
    for (int k = 0; n >= LANES && k < LANES; k++)
        widen(low[k], high[k], min, max);
    for (; i < n; i++)
        widen(x[i], x[i], min, max);
}

/* ---- bins ---- */

static uint32_t bin_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> LN_STAT_BIN_SHIFT;
}

static uint64_t *octave_at(ln_stats *s, ln_stat *t, uint32_t o)
{
    if (!t->octaves[o])
        t->octaves[o] = ln_new(&s->alloc, LN_STAT_PER_OCTAVE, sizeof *t->octaves[o]);
    return t->octaves[o];
}

static ln_status count_few(ln_stats *s, ln_stat *t, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t bin = bin_of(x[i]);
        uint64_t *octave = octave_at(s, t, bin / LN_STAT_PER_OCTAVE);
        if (!octave)
            return LN_ERR_MEMORY;
        octave[bin % LN_STAT_PER_OCTAVE]++;
    }
    return LN_OK;
}

static void count_piece(uint32_t *tables, const float *x, size_t n)
{
    size_t i = 0;
    for (; i + TABLES <= n; i += TABLES) {
        tables[bin_of(x[i]) * TABLES]++;
        tables[bin_of(x[i + 1]) * TABLES + 1]++;
        tables[bin_of(x[i + 2]) * TABLES + 2]++;
        tables[bin_of(x[i + 3]) * TABLES + 3]++;
    }
    for (; i < n; i++)
        tables[bin_of(x[i]) * TABLES]++;
}

/* Moves the counts of an octave from the tables; how many these were. */
static uint64_t empty_octave(uint32_t *tables, uint64_t *octave)
{
    uint64_t sum = 0;
    for (int i = 0; i < LN_STAT_PER_OCTAVE; i++) {
        const uint32_t *c = tables + (size_t)i * TABLES;
        const uint64_t count = (uint64_t)c[0] + c[1] + c[2] + c[3];
        octave[i] += count;
        sum += count;
    }
    memset(tables, 0, LN_STAT_PER_OCTAVE * TABLES * sizeof *tables);
    return sum;
}

static bool is_empty(const uint32_t *tables)
{
    uint32_t any = 0;
    for (int i = 0; i < LN_STAT_PER_OCTAVE * TABLES; i++)
        any |= tables[i];
    return !any;
}

/* Octaves that are in use already have nearly all counts; the others are looked at for the rest. */
static ln_status empty_tables(ln_stats *s, ln_stat *t, uint64_t left)
{
    const size_t step = (size_t)LN_STAT_PER_OCTAVE * TABLES;
    for (int o = 0; o < LN_STAT_OCTAVES; o++)
        if (t->octaves[o])
            left -= empty_octave(s->tables + (size_t)o * step, t->octaves[o]);
    for (int o = 0; left && o < LN_STAT_OCTAVES; o++) {
        if (t->octaves[o] || is_empty(s->tables + (size_t)o * step))
            continue;
        uint64_t *octave = octave_at(s, t, (uint32_t)o);
        if (!octave)
            return LN_ERR_MEMORY;
        left -= empty_octave(s->tables + (size_t)o * step, octave);
    }
    return LN_OK;
}

static ln_status count(ln_stats *s, ln_stat *t, const float *x, size_t n, float *min, float *max)
{
    if (!s->tables)
        s->tables = ln_new(&s->alloc, (size_t)BINS * TABLES, sizeof *s->tables);
    if (!s->tables)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < n; i += PIECE) {
        const size_t m = n - i < PIECE ? n - i : PIECE;
        find_limits(x + i, m, min, max);
        if (n >= FEW)
            count_piece(s->tables, x + i, m);
    }
    return n >= FEW ? empty_tables(s, t, n) : count_few(s, t, x, n);
}

/* Takes what is no finite number out of the histogram; how much there was. */
static uint64_t take_odd(ln_stats *s, ln_stat *t)
{
    static const int odd[] = {LN_STAT_OCTAVES / 2 - 1, LN_STAT_OCTAVES - 1};
    uint64_t n = 0;
    for (int k = 0; k < 2; k++) {
        uint64_t *octave = t->octaves[odd[k]];
        for (int i = 0; octave && i < LN_STAT_PER_OCTAVE; i++)
            n += octave[i];
        ln_free(&s->alloc, octave);
        t->octaves[odd[k]] = NULL;
    }
    return n;
}

static void find_finite_limits(const float *x, size_t n, float *min, float *max)
{
    *min = HUGE_VALF;
    *max = -HUGE_VALF;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) {
            *min = fminf(*min, x[i]);
            *max = fmaxf(*max, x[i]);
        }
}

/* ---- channels ---- */

enum { TOGETHER = 256, ROWS = 8 };

/* Adds the rows of up to TOGETHER channels of `stride` to `sums`. */
static void sum_rows(const float *x, size_t rows, size_t stride, int channels, double *sums)
{
    size_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        const float *a = x + r * stride, *b = a + 4 * stride;
        for (int c = 0; c < channels; c++) {
            const float *p = a + c, *q = b + c;
            sums[c] += (double)(((p[0] + p[stride]) + (p[2 * stride] + p[3 * stride])) +
                                ((q[0] + q[stride]) + (q[2 * stride] + q[3 * stride])));
        }
    }
    for (; r < rows; r++)
        for (int c = 0; c < channels; c++)
            sums[c] += (double)x[r * stride + (size_t)c];
}

/* Each array's sums are rounded once, so that they are the same wherever it is counted. */
static ln_status sum_channels(ln_stats *s, ln_stat *t, const float *x, size_t n, int channels)
{
    const size_t rows = n / (size_t)channels;
    if (!t->sums) {
        t->sums = ln_new(&s->alloc, (size_t)channels, sizeof *t->sums);
        t->channels = channels;
    }
    if (!t->sums)
        return LN_ERR_MEMORY;
    if (t->channels != channels)
        return LN_OK;
    for (int from = 0; from < channels; from += TOGETHER) {
        const int m = channels - from < TOGETHER ? channels - from : TOGETHER;
        double sums[TOGETHER] = {0};
        sum_rows(x + from, rows, (size_t)channels, m, sums);
        for (int c = 0; c < m; c++) {
            const ln_fixed_sum exact = ln_fixed_sum_of((float)sums[c]);
            ln_fixed_sum_add(&t->sums[from + c], &exact);
        }
    }
    t->rows += rows;
    return LN_OK;
}

ln_status ln_stats_observe(ln_stats *s, int graph, int tensor, const float *x, size_t n,
                           int channels)
{
    ln_stat *t = ln_stats_at(s, graph, tensor);
    float min = HUGE_VALF, max = -HUGE_VALF;
    if (!t)
        return LN_ERR_MEMORY;
    LN_TRY(count(s, t, x, n, &min, &max));
    const uint64_t odd = take_odd(s, t);
    t->odd += odd;
    if (odd)
        find_finite_limits(x, n, &min, &max);
    if (min > max)
        return LN_OK;
    const ln_fixed_sum low = ln_fixed_sum_of(min), high = ln_fixed_sum_of(max);
    t->arrays++;
    t->min = fminf(t->min, min);
    t->max = fmaxf(t->max, max);
    ln_fixed_sum_add(&t->mins, &low);
    ln_fixed_sum_add(&t->maxs, &high);
    return channels > 0 && n % (size_t)channels == 0 ? sum_channels(s, t, x, n, channels) : LN_OK;
}
