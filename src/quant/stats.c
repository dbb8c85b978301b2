/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c: statistics of tensors: their life, merging.  gather.c fills them. */
#include "quant/stats.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"

/* ---- sums ---- */

void ln_fixed_sum_add(ln_fixed_sum *to, const ln_fixed_sum *from)
{
    to->low += from->low;
    to->high += from->high + (to->low < from->low);
}

ln_fixed_sum ln_fixed_sum_of(float x)
{
    const double limit = 1e15, v = isnan(x) ? 0 : fmin(fmax((double)x, -limit), limit);
    double whole = floor(v), part = v - whole;
    if (part >= 1) { /* a little below 0: rounded up */
        whole += 1;
        part = 0;
    }
    return (ln_fixed_sum){(uint64_t)(int64_t)whole, (uint64_t)(part * 0x1p64)};
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
    ln_free(&alloc, s->tables);
    ln_free(&alloc, s);
}

/* ---- one tensor ---- */

ln_stat *ln_stats_at(ln_stats *s, int graph, int tensor)
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

double ln_stat_mean(const ln_stat *s, int channel)
{
    if (channel >= s->channels || !s->rows)
        return 0;
    const ln_fixed_sum *sum = &s->sums[channel];
    return ((double)(int64_t)sum->high + ldexp((double)sum->low, -64)) / (double)s->rows;
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
        ln_fixed_sum_add(&to->sums[c], &from->sums[c]);
    to->rows += to->channels == from->channels ? from->rows : 0;
    return LN_OK;
}

static ln_status merge_stat(ln_stats *s, ln_stat *to, const ln_stat *from)
{
    to->arrays += from->arrays;
    to->min = fminf(to->min, from->min);
    to->max = fmaxf(to->max, from->max);
    to->odd += from->odd;
    ln_fixed_sum_add(&to->mins, &from->mins);
    ln_fixed_sum_add(&to->maxs, &from->maxs);
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
            ln_stat *t = ln_stats_at(to, g, i);
            if (!t)
                return LN_ERR_MEMORY;
            LN_TRY(merge_stat(to, t, from->tensors[g][i]));
        }
    return LN_OK;
}
