/* SPDX-License-Identifier: Apache-2.0 */
/* slab.c: see slab.h.  A slab is freed with the last of its pieces; nothing in between is used
 * again, as packed constants come and go together. */
#include "cpu/slab.h"

#include "base/checked.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* A large page; what a small model packs, for which a page would be too much; a slab. */
#define PAGE  ((size_t)2 << 20)
#define SMALL ((size_t)2 << 20)
#define SLAB  ((size_t)8 << 20)

struct ln_cpu_slab {
    char *memory, *first; /* as allocated; the first page in it */
    size_t used, size;
    int pieces;
};

static void slab_free(ln_cpu_slab *slab)
{
    if (slab)
        ln_free(heap, slab->memory);
    ln_free(heap, slab);
}

static ln_cpu_slab *slab_new(size_t size)
{
    size_t bytes;
    ln_cpu_slab *slab = ln_new(heap, 1, sizeof *slab);
    if (slab && ln_add_size(size, PAGE, &bytes))
        slab->memory = ln_resize(heap, NULL, bytes, 1);
    if (!slab || !slab->memory) {
        slab_free(slab);
        return NULL;
    }
    slab->first = slab->memory + (PAGE - (uintptr_t)slab->memory % PAGE) % PAGE;
    slab->size = size;
    ln_use_large_pages(slab->first, size);
    return slab;
}

static void *take(ln_cpu_slab *slab, size_t bytes)
{
    void *piece = slab->first + slab->used;
    slab->used += bytes;
    slab->pieces++;
    return piece;
}

void *ln_cpu_slab_new(ln_cpu_slabs *s, size_t bytes, ln_cpu_slab **slab)
{
    *slab = NULL;
    if (!ln_align_size(LN_MAX(bytes, (size_t)1), 64, &bytes))
        return NULL;
    if (bytes <= SMALL - s->plain) {
        void *p = ln_new_aligned(heap, bytes);
        s->plain += p ? bytes : 0;
        return p;
    }
    if (bytes > SLAB / 4) {
        *slab = slab_new(bytes);
        return *slab ? take(*slab, bytes) : NULL;
    }
    if (!s->current || s->current->size - s->current->used < bytes) {
        ln_cpu_slab *fresh = slab_new(SLAB);
        if (!fresh)
            return NULL;
        if (s->current && s->current->pieces == 0)
            slab_free(s->current);
        s->current = fresh;
    }
    *slab = s->current;
    return take(s->current, bytes);
}

void ln_cpu_slab_free(ln_cpu_slabs *s, void *p, ln_cpu_slab *slab)
{
    if (!slab)
        ln_free_aligned(heap, p);
    else if (--slab->pieces == 0 && slab == s->current)
        slab->used = 0;
    else if (slab->pieces == 0)
        slab_free(slab);
}

void ln_cpu_slabs_deinit(ln_cpu_slabs *s)
{
    slab_free(s->current);
    s->current = NULL;
}
