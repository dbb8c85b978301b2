/* SPDX-License-Identifier: Apache-2.0 */
/* share.h: an activation that several nodes of a graph quantize in the same way is quantized once
 * in a run, by the first of them; the others read what it has made. */
#ifndef LN_CPU_SHARE_H
#define LN_CPU_SHARE_H

#include "cpu/row.h"

/* What of, and how; equal for those who share. */
typedef struct ln_cpu_share_key {
    const void *graph;
    int tensor;
    size_t rows, k;
    bool asymmetric;
} ln_cpu_share_key;

enum { LN_SHARE_MAX = 8, LN_SHARE_LISTS = 64 /* by tensors */ };

typedef struct ln_cpu_share {
    struct ln_cpu_share *next;
    ln_cpu_share_key key;
    int n_users;
    const ln_cpu_kernel *users[LN_SHARE_MAX]; /* in the order of their runs; the first one makes */
    bool made;                                /* by the first one's last run */
    /* Of all rows; NULL while there is but one user. */
    float *factors;
    int32_t *offsets;
    uint8_t *values; /* row_bytes from row to row */
    size_t row_bytes;
} ln_cpu_share;

/* Makes k a user, k->share, of input `i`, as key says but for graph and tensor.  To be called by a
 * plan.  Without memory, or where the input can change between its readers, k->share stays NULL. */
void ln_cpu_share_join(ln_cpu_kernel *k, const ln_call *c, int i, ln_cpu_share_key key,
                       size_t row_bytes);
/* Before each plan, and at the end. */
void ln_cpu_share_leave(ln_cpu_kernel *k);

#endif
