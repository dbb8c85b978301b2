/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h: cuts ln_call.scratch into pieces.  The same function of an op runs twice: in infer
 * with a NULL base, where it only counts, and in eval, where it hands out pointers. */
#ifndef LN_OPS_SCRATCH_H
#define LN_OPS_SCRATCH_H

#include "base/checked.h"
#include "ops/op.h"

typedef struct ln_scratch {
    uint8_t *base; /* c->scratch in eval, NULL in infer */
    size_t used;   /* SIZE_MAX: too large */
} ln_scratch;

/* The next piece: `count` items of `size` bytes, aligned to 64. */
static inline void *ln_scratch_take(ln_scratch *s, int64_t count, size_t size)
{
    size_t bytes, end;
    if (count < 0 || (uint64_t)count > SIZE_MAX || s->used == SIZE_MAX ||
        !ln_mul_size((size_t)count, size, &bytes) || !ln_align_size(bytes, 64, &bytes) ||
        !ln_add_size(s->used, bytes, &end)) {
        s->used = SIZE_MAX;
        return NULL;
    }
    void *piece = s->base ? s->base + s->used : NULL;
    s->used = end;
    return piece;
}

/* infer: asks for what has been counted. */
static inline LN_MUST_USE ln_status ln_scratch_ask(ln_call *c, const ln_scratch *s)
{
    LN_CHECK(c, s->used < SIZE_MAX / 2, "the op needs more scratch memory than there can be");
    c->scratch_bytes = s->used;
    return LN_OK;
}

#endif
