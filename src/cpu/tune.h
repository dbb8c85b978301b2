/* SPDX-License-Identifier: Apache-2.0 */
/* tune.h: where several ways of computing compete, the fastest one by measurement.
 *
 * Candidates are the ways that a row's plan offers (row.h), and for small kernels whether threads
 * share the work.  They are timed when the kernel is planned, on its real shapes, in memory that is
 * lent to its operands.  Kernels of the same shapes are measured once.
 *
 * Quick measuring takes at most a tenth of the time that plans take (packing, nearly all of it) and
 * looks at ways with the same bits only; with a file of packed weights, what it found is kept
 * beside that, so that the next load goes on where this one stopped. */
#ifndef LN_CPU_TUNE_H
#define LN_CPU_TUNE_H

#include "base/file.h"
#include "cpu/engine.h"

struct ln_cpu_cache;
struct ln_cpu_group;

/* What was found for kernels of one kind and shape. */
typedef struct ln_cpu_finding {
    uint64_t key;
    uint32_t way, sharing;
} ln_cpu_finding;

typedef struct ln_cpu_tuner {
    ln_cpu_tuning mode;
    uint64_t (*now)(void);        /* nanoseconds */
    uint64_t planned, measured;   /* nanoseconds that plans and measurements took */
    uint64_t planned_before;      /* by the model's plans when its weights were packed */
    double ns_per_multiplication; /* in the last measurement */
    uint64_t machine;             /* what times depend on beside the model */
    ln_cpu_finding *findings;
    size_t n, capacity;
    bool read, changed;         /* the file has been read; it lacks something */
    struct ln_cpu_cache *cache; /* NULL: none */
    const ln_file *model;       /* whose findings they are, in the cache */
    void *record;               /* what the file is to hold, while it is written */
    char *memory;               /* for runs that are timed, until the last kernel is planned */
    size_t memory_bytes;
} ln_cpu_tuner;

/* `weights`: the cache beside which findings are kept; NULL: they are not. */
void ln_cpu_tuner_init(ln_cpu_tuner *t, ln_cpu_tuning mode, const struct ln_cpu_cache *weights);
void ln_cpu_tuner_deinit(ln_cpu_tuner *t);

/* ln_cpu_group_plan in the way that is known to be fastest, or is found to be. */
ln_status ln_cpu_tune(ln_cpu_tuner *t, struct ln_cpu_group *g, TfLiteContext *context) LN_MUST_USE;

/* Writes what was found to the file; without one, does nothing. */
void ln_cpu_tuner_save(ln_cpu_tuner *t, ln_diag *diag);

#endif
