/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c: statistics of tensors: gathered, merged. */
#include "quant/stats.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"

/* ---- sums ---- */

static void add_sum(ln_fixed_sum *to, const ln_fixed_sum *from)
{
    to->low += from->low;
    to->high += from->high + (to->low < from->low);
}

/* Exact but for what lies below 2^-64; what does not fit is clamped. */
static ln_fixed_sum sum_of(float x)
{
    const double limit = 1e15, v = fabs((double)x) > limit ? copysign(limit, (double)x) : (double)x;
    const double whole = floor(v);
    return (ln_fixed_sum){(uint64_t)(int64_t)whole, (uint64_t)ldexp(v - whole, 64)};
}

/* ---- life ---- */

ln_status ln_stats_create(ln_stats **out, uint64_t model, int n_graphs, const int *n_tensors,
                          const ln_alloc *alloc)
{
    ln_stats *s = ln_new(alloc, 1, sizeof *s);
    *out = NULL;
    if (!s)
        return LN_ERR_MEMORY;
    s->alloc = *alloc;
    s->model = model;
    s->n_tensors = ln_new(alloc, (size_t)n_graphs + 1, sizeof *s->n_tensors);
    s->tensors = ln_new(alloc, (size_t)n_graphs + 1, sizeof *s->tensors);
    bool ok = s->n_tensors && s->tensors;
    for (int g = 0; ok && g < n_graphs; g++) {
        s->tensors[g] = ln_new(alloc, (size_t)n_tensors[g] + 1, sizeof **s->tensors);
        s->n_tensors[g] = n_tensors[g];
        ok = s->tensors[g];
        s->n_graphs = g + 1;
    }
    if (!ok) {
        ln_stats_free(s);
        return LN_ERR_MEMORY;
    }
    *out = s;
    return LN_OK;
}

static void free_stat(const ln_alloc *alloc, ln_stat *t)
{
    for (int o = 0; t && o < LN_STAT_OCTAVES; o++)
        ln_free(alloc, t->octaves[o]);
    if (t)
        ln_free(alloc, t->sums);
    ln_free(alloc, t);
}

void ln_stats_free(ln_stats *s)
{
    if (!s)
        return;
    const ln_alloc alloc = s->alloc;
    for (int g = 0; g < s->n_graphs; g++) {
        for (int i = 0; s->tensors[g] && i < s->n_tensors[g]; i++)
            free_stat(&alloc, s->tensors[g][i]);
        ln_free(&alloc, s->tensors[g]);
    }
    ln_free(&alloc, s->tensors);
    ln_free(&alloc, s->n_tensors);
    ln_free(&alloc, s);
}

/* ---- gathering ---- */

static ln_stat *stat_at(ln_stats *s, int graph, int tensor)
{
    ln_stat **t = &s->tensors[graph][tensor];
    if (!*t) {
        *t = ln_new(&s->alloc, 1, sizeof **t);
        if (*t) {
            (*t)->min = HUGE_VALF;
            (*t)->max = -HUGE_VALF;
        }
    }
    return *t;
}

static ln_status count(ln_stats *s, ln_stat *t, const float *x, size_t n, float *min, float *max)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        const uint32_t bin = bits >> LN_STAT_BIN_SHIFT;
        uint64_t **octave = &t->octaves[bin / LN_STAT_PER_OCTAVE];
        if ((bits & 0x7F800000) == 0x7F800000) {
            t->odd++;
            continue;
        }
        if (!*octave) {
            *octave = ln_new(&s->alloc, LN_STAT_PER_OCTAVE, sizeof **octave);
            if (!*octave)
                return LN_ERR_MEMORY;
        }
        (*octave)[bin % LN_STAT_PER_OCTAVE]++;
        *min = x[i] < *min ? x[i] : *min;
        *max = x[i] > *max ? x[i] : *max;
    }
    return LN_OK;
}

/* Each array's sums are rounded once, so that they are the same wherever it is counted. */
static ln_status sum_channels(ln_stats *s, ln_stat *t, const float *x, size_t n, int channels)
{
    if (!t->sums) {
        t->sums = ln_new(&s->alloc, (size_t)channels, sizeof *t->sums);
        t->channels = channels;
    }
    if (!t->sums)
        return LN_ERR_MEMORY;
    if (t->channels != channels)
        return LN_OK;
    for (int c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t i = (size_t)c; i < n; i += (size_t)channels)
            sum += (double)x[i];
        const ln_fixed_sum exact = sum_of((float)sum);
        add_sum(&t->sums[c], &exact);
    }
    t->rows += n / (size_t)channels;
    return LN_OK;
}

double ln_stat_mean(const ln_stat *s, int channel)
{
    if (channel >= s->channels || !s->rows)
        return 0;
    const ln_fixed_sum *sum = &s->sums[channel];
    return ((double)(int64_t)sum->high + ldexp((double)sum->low, -64)) / (double)s->rows;
}

ln_status ln_stats_observe(ln_stats *s, int graph, int tensor, const float *x, size_t n,
                           int channels)
{
    ln_stat *t = stat_at(s, graph, tensor);
    float min = HUGE_VALF, max = -HUGE_VALF;
    if (!t)
        return LN_ERR_MEMORY;
    LN_TRY(count(s, t, x, n, &min, &max));
    if (min > max)
        return LN_OK;
    const ln_fixed_sum low = sum_of(min), high = sum_of(max);
    t->arrays++;
    t->min = fminf(t->min, min);
    t->max = fmaxf(t->max, max);
    add_sum(&t->mins, &low);
    add_sum(&t->maxs, &high);
    return channels > 0 && n % (size_t)channels == 0 ? sum_channels(s, t, x, n, channels) : LN_OK;
}

const ln_stat *ln_stats_of(const ln_stats *s, int graph, int tensor)
{
    const bool known = s && graph < s->n_graphs && tensor < s->n_tensors[graph];
    const ln_stat *t = known ? s->tensors[graph][tensor] : NULL;
    return t && t->arrays ? t : NULL;
}

/* ---- merging ---- */

static ln_status merge_sums(ln_stats *s, ln_stat *to, const ln_stat *from)
{
    if (!from->sums)
        return LN_OK;
    if (!to->sums) {
        to->sums = ln_new(&s->alloc, (size_t)from->channels, sizeof *to->sums);
        to->channels = from->channels;
    }
    if (!to->sums)
        return LN_ERR_MEMORY;
    for (int c = 0; c < to->channels && to->channels == from->channels; c++)
        add_sum(&to->sums[c], &from->sums[c]);
    to->rows += to->channels == from->channels ? from->rows : 0;
    return LN_OK;
}

static ln_status merge_stat(ln_stats *s, ln_stat *to, const ln_stat *from)
{
    to->arrays += from->arrays;
    to->min = fminf(to->min, from->min);
    to->max = fmaxf(to->max, from->max);
    to->odd += from->odd;
    add_sum(&to->mins, &from->mins);
    add_sum(&to->maxs, &from->maxs);
    LN_TRY(merge_sums(s, to, from));
    for (int o = 0; o < LN_STAT_OCTAVES; o++) {
        if (!from->octaves[o])
            continue;
        if (!to->octaves[o])
            to->octaves[o] = ln_new(&s->alloc, LN_STAT_PER_OCTAVE, sizeof *to->octaves[o]);
        if (!to->octaves[o])
            return LN_ERR_MEMORY;
        for (int i = 0; i < LN_STAT_PER_OCTAVE; i++)
            to->octaves[o][i] += from->octaves[o][i];
    }
    return LN_OK;
}

static bool same_shape(const ln_stats *a, const ln_stats *b)
{
    if (a->model != b->model || a->n_graphs != b->n_graphs)
        return false;
    for (int g = 0; g < a->n_graphs; g++)
        if (a->n_tensors[g] != b->n_tensors[g])
            return false;
    return true;
}

ln_status ln_stats_merge(ln_stats *to, const ln_stats *from, ln_diag *diag)
{
    if (!same_shape(to, from))
        return ln_fail(diag, LN_ERR_ARGUMENT, "the statistics are of different models");
    to->samples += from->samples;
    for (int g = 0; g < to->n_graphs; g++)
        for (int i = 0; i < to->n_tensors[g]; i++) {
            if (!from->tensors[g][i])
                continue;
            ln_stat *t = stat_at(to, g, i);
            if (!t)
                return LN_ERR_MEMORY;
            LN_TRY(merge_stat(to, t, from->tensors[g][i]));
        }
    return LN_OK;
}
