/* SPDX-License-Identifier: Apache-2.0 */
/* row.h: one operator family of the engine, and what it works with. */
#ifndef LN_CPU_ROW_H
#define LN_CPU_ROW_H

#include "base/thread.h"
#include "kernels/kernels.h"
#include "ops/op.h"

/* One claimed node. */
typedef struct ln_cpu_kernel {
    const ln_kernels *fn;  /* the inner loops for this processor */
    void *plan;            /* the row's own, `plan_size` bytes, zero at first */
    void *packed;          /* constants in the row's own order, 64-byte aligned; NULL: none yet */
    const void *packed_of; /* the data that `packed` was made from */
    size_t scratch_bytes;  /* set by plan: memory for one run */
    void *scratch;         /* given to run, 64-byte aligned */
    int threads;           /* of the pool */
    ln_pool *pool;         /* NULL: one thread */
} ln_cpu_kernel;

typedef struct ln_cpu_row {
    const ln_op *op;
    size_t plan_size;
    /* Looks at types and parameters only: shapes and constants may not be known yet. */
    bool (*claims)(const ln_call *c);
    /* Shapes of inputs and outputs are known and infer was content.  Called again when they
     * change. */
    ln_status (*plan)(ln_cpu_kernel *k, const ln_call *c);
    /* Computes the outputs. */
    void (*run)(const ln_cpu_kernel *k, const ln_call *c);
} ln_cpu_row;

extern const ln_cpu_row ln_cpu_conv, ln_cpu_fully_connected;

/* Replaces k->packed by `bytes` bytes; NULL when memory is out. */
void *ln_cpu_pack(ln_cpu_kernel *k, size_t bytes, const void *of);

#endif
