/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.h: a claimed group of nodes as a node of the runtime. */
#ifndef LN_CPU_KERNEL_H
#define LN_CPU_KERNEL_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/lock.h"
#include "cpu/pace.h"
#include "cpu/pad.h"
#include "cpu/row.h"
#include "cpu/share.h"
#include "cpu/slab.h"
#include "cpu/tune.h"

/* What all kernels of one delegate share; its data_. */
typedef struct ln_cpu_shared {
    ln_kernels kernels;
    ln_pool *pool;    /* NULL: none, or none could be had */
    atomic_flag busy; /* an interpreter uses the pool; others meanwhile do without */
    ln_lock *lock;    /* held while kernels are made, planned and freed: of what follows */
    struct ln_cpu_cache *cache; /* of packed weights; NULL: none */
    ln_cpu_slabs slabs;         /* of packed weights too */
    struct ln_cpu_share *shares[LN_SHARE_LISTS]; /* see share.h */
    ln_cpu_pace *paces;          /* of graphs whose kernels may use the pool */
    int unplanned;              /* kernels that have not been planned yet */
    /* Constants that nobody reads as they are packed: pages of the file, and how many bytes of them
     * have been read. */
    const ln_file *packed_in; /* NULL: none */
    const char *packed_from, *packed_to;
    size_t packed_bytes;
    ln_cpu_tuner tuner;
    /* The group that is being claimed: the runtime makes its kernel meanwhile. */
    const ln_cpu_row *claiming; /* NULL: none */
    int claiming_nodes, claiming_constants;
    ln_cpu_around claiming_around;
    bool claiming_tail; /* elementwise nodes follow */
} ln_cpu_shared;

/* Where a node's operands are, and which tensors they are: inputs, outputs, intermediates. */
typedef struct ln_cpu_operands {
    const TfLiteTensor **in;
    TfLiteTensor **out;
    const TfLiteTensor **mid;
    int *ids; /* -1: absent */
} ln_cpu_operands;

/* A tensor that only the group sees: a copy of the model's, with dims of our own. */
typedef struct ln_cpu_local {
    int id;
    TfLiteTensor t;
    struct { /* laid out as a TfLiteIntArray */
        int size, data[LN_MAX_RANK];
    } dims;
    bool unused;    /* an output that nobody reads; the row writes it all the same */
    size_t at;      /* where it lies in the scratch memory, when unused or for the references */
    void *constant; /* what constants.h has computed; NULL: nothing */
} ln_cpu_local;

typedef struct ln_cpu_group {
    ln_cpu_kernel k;
    const ln_cpu_row *row;
    ln_cpu_shared *shared;
    ln_arena arena; /* of what follows */
    ln_cpu_operands *operands;
    ln_cpu_local *locals;
    int n_locals;
    int constants; /* nodes that come first and are computed with the plan */
    int main;      /* the row's own node */
    ln_cpu_around around; /* by positions in the group */
    int scratch_index;
    bool by_reference;    /* the row has no code for these shapes */
    bool planned;
    ln_cpu_pace *pace; /* NULL: it is always shared where that can be */
    bool shares;       /* see pace.h */
    size_t op_scratch_at; /* for the references: where their own scratch begins */
    const void *bound_to; /* the tensors that the operands point into */
    ln_diag diag;
    bool named;    /* it has a name, as its shapes are known, */
    char name[96]; /* made when a profile first asks for it */
} ln_cpu_group;

/* Plans the row's nodes and the tail, by k.way and k.sharing. */
ln_status ln_cpu_group_plan(ln_cpu_group *k) LN_MUST_USE;
/* Runs them, with k.scratch and all operands in place; over several threads, if `may_share`. */
void ln_cpu_group_run(ln_cpu_group *k, bool may_share);

/* The runtime's functions for groups of `row`. */
TfLiteRegistration ln_cpu_registration(const ln_cpu_row *row);

/* The local tensor that `t` points to; NULL: it is the runtime's. */
ln_cpu_local *ln_cpu_local_of(ln_cpu_group *k, const TfLiteTensor *t);

/* Adds `bytes` to a sum of scratch memory, aligned; *at receives where they begin. */
bool ln_cpu_add_scratch(size_t *total, size_t bytes, size_t *at);

/* pack.c: the model's file, which the constant at `of` is part of, or any (NULL); NULL: the model
 * has no file, or the constant was computed. */
const ln_file *ln_cpu_file_of(const ln_cpu_kernel *k, const void *of);
/* Gives up what the kernel has packed. */
void ln_cpu_unpack(ln_cpu_kernel *k);
/* Notes for the weight cache what has been packed and is complete. */
void ln_cpu_keep_packed(ln_cpu_kernel *k);

/* fallback.c: runs the nodes one by one by their operators' own eval.  The plan sets the kernel's
 * scratch_bytes. */
ln_status ln_cpu_fallback_plan(ln_cpu_group *k) LN_MUST_USE;
ln_status ln_cpu_fallback_run(ln_cpu_group *k) LN_MUST_USE;

#endif
