/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h: what values the tensors of a model took.  All of it adds up without rounding, so that
 * statistics of parts merge to those of the whole, in any order: counts are integers, and sums are
 * kept in fixed point. */
#ifndef LN_QUANT_STATS_H
#define LN_QUANT_STATS_H

#include "base/alloc.h"
#include "base/diag.h"
#include "linnet/quantize.h"

/* A histogram with bins that grow with the value: 32 for each power of two and sign, so bin numbers
 * are the upper bits of a float.  Octaves that are empty take no memory. */
enum { LN_STAT_OCTAVES = 512, LN_STAT_PER_OCTAVE = 32, LN_STAT_BIN_SHIFT = 18 };
/* Sums are kept for at most so many channels. */
enum { LN_STAT_MAX_CHANNELS = 8192 };

/* In units of 2^-64, two's complement. */
typedef struct ln_fixed_sum {
    uint64_t high, low;
} ln_fixed_sum;
/* Exact but for what lies below 2^-64; what does not fit is clamped, NaN is 0. */
ln_fixed_sum ln_fixed_sum_of(float x);
void ln_fixed_sum_add(ln_fixed_sum *to, const ln_fixed_sum *from);

typedef struct ln_stat {
    uint64_t arrays;         /* how many were seen */
    float min, max;          /* of all finite values */
    ln_fixed_sum mins, maxs; /* sums of each array's */
    uint64_t odd;            /* values that are no finite numbers */
    int channels;            /* 0, or how many the last dimension has, with for each */
    uint64_t rows;           /* ... so many values, */
    ln_fixed_sum *sums;      /* ... and their sum */
    uint64_t *octaves[LN_STAT_OCTAVES];
} ln_stat;

typedef struct ln_stats {
    ln_alloc alloc;
    uint64_t model; /* hash of the model's bytes */
    uint64_t samples;
    int n_graphs;
    int *n_tensors;     /* per graph */
    ln_stat ***tensors; /* [graph][tensor], NULL where nothing was seen */
    uint32_t *tables;   /* for counting, else all 0; see gather.c */
} ln_stats;

ln_status ln_stats_create(ln_stats **out, uint64_t model, int n_graphs, const int *n_tensors,
                          const ln_alloc *alloc) LN_MUST_USE;
void ln_stats_free(ln_stats *s);
/* The statistics of a tensor, empty ones at first; NULL: no memory. */
ln_stat *ln_stats_at(ln_stats *s, int graph, int tensor);
/* gather.c: adds the values of one array; `channels` 0, or those that sums are kept of. */
ln_status ln_stats_observe(ln_stats *s, int graph, int tensor, const float *x, size_t n,
                           int channels) LN_MUST_USE;
/* The mean of a channel; 0 where none is known. */
double ln_stat_mean(const ln_stat *s, int channel);
/* NULL where nothing was seen. */
const ln_stat *ln_stats_of(const ln_stats *s, int graph, int tensor);
/* Adds `from` to `to`; both are of the same model. */
ln_status ln_stats_merge(ln_stats *to, const ln_stats *from, ln_diag *diag) LN_MUST_USE;
/* As the bytes of a file, and back. */
ln_status ln_stats_write(const ln_stats *s, uint8_t **bytes, size_t *n) LN_MUST_USE;
ln_status ln_stats_read(ln_stats **out, const uint8_t *bytes, size_t n, const ln_alloc *alloc,
                        ln_diag *diag) LN_MUST_USE;

struct ln_quant_weights;
struct TfLiteTensor;
/* bias.c: how much the mean of output channel `c` moves when the weights `t` become `w`, by the
 * means of the input's channels. */
double ln_quant_mean_shift(const struct TfLiteTensor *t, const struct ln_quant_weights *w,
                           const ln_stat *x, int c);

/* observer.c: the range that integers should cover; 8 or 16 bits. */
typedef struct ln_observing {
    ln_quant_observer observer;
    double percentile;
    int bits;
    bool tops; /* the largest values count most: none is cut off */
} ln_observing;
ln_status ln_stat_range(const ln_stat *s, const ln_observing *how, float *low,
                        float *high) LN_MUST_USE;

#endif
