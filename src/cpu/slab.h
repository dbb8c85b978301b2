/* SPDX-License-Identifier: Apache-2.0 */
/* slab.h: memory for packed constants.  A model's matrices are many and of middling size; from the
 * heap each page of each would cost a fault while loading and a look-up while running.  What goes
 * beyond a small model shares large blocks, for which the system is asked for large pages. */
#ifndef LN_CPU_SLAB_H
#define LN_CPU_SLAB_H

#include "base/alloc.h"

typedef struct ln_cpu_slab ln_cpu_slab;

typedef struct ln_cpu_slabs {
    size_t plain;         /* bytes that came from the heap */
    ln_cpu_slab *current; /* where the next piece comes from; NULL: nowhere yet */
} ln_cpu_slabs;

/* `bytes` bytes, aligned to 64; *slab receives what ln_cpu_slab_free wants.  NULL: none. */
void *ln_cpu_slab_new(ln_cpu_slabs *s, size_t bytes, ln_cpu_slab **slab) LN_MUST_USE;
void ln_cpu_slab_free(ln_cpu_slabs *s, void *p, ln_cpu_slab *slab);
/* When all pieces have been freed. */
void ln_cpu_slabs_deinit(ln_cpu_slabs *s);

#endif
