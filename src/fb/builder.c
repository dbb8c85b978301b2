/* SPDX-License-Identifier: Apache-2.0 */
/* builder.c: a buffer that grows to the front.  Positions are distances from its end, so they
 * stay right when it is moved. */
#include "fb/builder.h"

#include "base/checked.h"

/* Offsets are 32 bits, and readers take them as signed in places. */
#define MAX_BYTES ((size_t)INT32_MAX - 64)

void ln_fb_builder_init(ln_fb_builder *b, const ln_alloc *alloc)
{
    *b = (ln_fb_builder){.alloc = *alloc, .align = 4};
}

void ln_fb_builder_deinit(ln_fb_builder *b)
{
    ln_free(&b->alloc, b->bytes);
    ln_free(&b->alloc, b->vtables);
    ln_free(&b->alloc, b->shared);
    *b = (ln_fb_builder){0};
}

static void fail(ln_fb_builder *b, ln_status status)
{
    if (b->status == LN_OK)
        b->status = status;
}

/* Moves what there is to the end of `capacity` bytes. */
static bool enlarge(ln_fb_builder *b, size_t capacity)
{
    uint8_t *bytes = ln_resize(&b->alloc, NULL, capacity, 1);
    if (!bytes)
        return false;
    if (b->used)
        memcpy(bytes + capacity - b->used, b->bytes + b->capacity - b->used, b->used);
    ln_free(&b->alloc, b->bytes);
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

void ln_fb_reserve(ln_fb_builder *b, size_t n)
{
    if (n > b->capacity && n <= MAX_BYTES)
        (void)enlarge(b, n); /* without it, `grow` tries for less */
}

/* Makes room for `n` more bytes in front and returns the first of them; NULL on failure. */
static uint8_t *grow(ln_fb_builder *b, size_t n)
{
    size_t wanted;
    if (b->status != LN_OK)
        return NULL;
    if (!ln_add_size(b->used, n, &wanted) || wanted > MAX_BYTES) {
        fail(b, LN_ERR_UNSUPPORTED);
        return NULL;
    }
    if (wanted > b->capacity) {
        size_t capacity = LN_MAX((size_t)4096, b->capacity);
        while (capacity < wanted)
            capacity *= 2;
        if (!enlarge(b, capacity)) {
            fail(b, LN_ERR_MEMORY);
            return NULL;
        }
    }
    b->used = wanted;
    return b->bytes ? b->bytes + b->capacity - b->used : NULL;
}

/* Pads so that after `n` more bytes the position is a multiple of `align`. */
static void pad(ln_fb_builder *b, size_t n, size_t align)
{
    b->align = LN_MAX(b->align, align);
    const size_t gap = (align - ((b->used + n) & (align - 1))) & (align - 1);
    uint8_t *p = grow(b, gap);
    if (p && gap)
        memset(p, 0, gap);
}

static void store(uint8_t *p, uint64_t bits, size_t width)
{
    for (size_t i = 0; i < width; i++)
        p[i] = (uint8_t)(bits >> (8 * i));
}

static void put(ln_fb_builder *b, uint64_t bits, size_t width)
{
    uint8_t *p = grow(b, width);
    if (p)
        store(p, bits, width);
}

/* An offset to `ref`, counted from where it is stored. */
static void put_ref(ln_fb_builder *b, ln_fb_ref ref)
{
    pad(b, 4, 4);
    put(b, b->used + 4 - ref, 4);
}

static ln_fb_ref here(const ln_fb_builder *b)
{
    return b->status == LN_OK ? (ln_fb_ref)b->used : 0;
}

ln_fb_ref ln_fb_add_room(ln_fb_builder *b, size_t count, size_t item, size_t align, uint8_t **room)
{
    size_t n;
    *room = NULL;
    if (!ln_mul_size(count, item, &n) || n > MAX_BYTES) {
        fail(b, LN_ERR_UNSUPPORTED);
        return 0;
    }
    pad(b, n, LN_MAX(align, (size_t)4));
    grow(b, n);
    put(b, count, 4);
    const ln_fb_ref ref = here(b);
    if (ref)
        *room = b->bytes + b->capacity - ref + 4;
    return ref;
}

ln_fb_ref ln_fb_add_vector(ln_fb_builder *b, const void *items, size_t count, size_t item,
                           size_t align)
{
    uint8_t *room;
    const ln_fb_ref ref = ln_fb_add_room(b, count, item, align, &room);
    if (room && count)
        memcpy(room, items, count * item);
    return ref;
}

ln_fb_ref ln_fb_share_vector(ln_fb_builder *b, const int64_t *items, size_t count)
{
    const size_t n = count * sizeof *items; /* they lie in memory, so it is no overflow */
    for (size_t i = 0; i < b->n_shared; i++) {
        const ln_fb_shared *s = &b->shared[i];
        if (s->bytes == n && !memcmp(b->bytes + b->capacity - s->ref + 4, items, n))
            return b->status == LN_OK ? s->ref : 0;
    }
    const ln_fb_ref ref = ln_fb_add_vector(b, items, count, sizeof *items, sizeof *items);
    void *all = b->shared;
    if (!ln_grow(&b->alloc, &all, &b->shared_capacity, b->n_shared, sizeof *b->shared)) {
        fail(b, LN_ERR_MEMORY);
        return 0;
    }
    b->shared = all;
    if (ref)
        b->shared[b->n_shared++] = (ln_fb_shared){ref, n};
    return ref;
}

ln_fb_ref ln_fb_add_string(ln_fb_builder *b, const char *text)
{
    if (!text)
        return 0;
    const size_t n = strlen(text);
    pad(b, n + 1, 4);
    uint8_t *p = grow(b, n + 1);
    if (p)
        memcpy(p, text, n + 1);
    put(b, n, 4);
    return here(b);
}

ln_fb_ref ln_fb_add_refs(ln_fb_builder *b, const ln_fb_ref *refs, size_t count)
{
    pad(b, 0, 4);
    for (size_t i = count; i-- > 0;)
        put_ref(b, refs[i]);
    put(b, count, 4);
    return here(b);
}

void ln_fb_begin(ln_fb_builder *b)
{
    memset(b->slots, 0, sizeof b->slots);
    b->n_slots = 0;
    b->table_start = b->used;
}

static void note_slot(ln_fb_builder *b, unsigned slot)
{
    if (slot >= LN_FB_MAX_SLOTS) {
        fail(b, LN_ERR_UNSUPPORTED);
        return;
    }
    b->slots[slot] = here(b);
    b->n_slots = LN_MAX(b->n_slots, slot + 1);
}

void ln_fb_set_ref(ln_fb_builder *b, unsigned slot, ln_fb_ref ref)
{
    if (!ref)
        return;
    put_ref(b, ref);
    note_slot(b, slot);
}

void ln_fb_set_bits(ln_fb_builder *b, unsigned slot, uint64_t bits, size_t width)
{
    pad(b, width, width);
    put(b, bits, width);
    note_slot(b, slot);
}

/* The place of an equal vtable written before, or of `bytes` written now. */
static ln_fb_ref share_vtable(ln_fb_builder *b, const uint8_t *bytes, size_t n)
{
    const uint8_t *end = b->bytes + b->capacity;
    for (size_t i = b->n_vtables; i-- > 0;)
        if (b->vtables[i] >= n && memcmp(end - b->vtables[i], bytes, n) == 0)
            return b->vtables[i];
    uint8_t *p = grow(b, n);
    void *items = b->vtables;
    if (!p || !ln_grow(&b->alloc, &items, &b->vtable_capacity, b->n_vtables, sizeof *b->vtables)) {
        fail(b, LN_ERR_MEMORY);
        return 0;
    }
    b->vtables = items;
    memcpy(p, bytes, n);
    b->vtables[b->n_vtables++] = here(b);
    return here(b);
}

ln_fb_ref ln_fb_end(ln_fb_builder *b)
{
    uint8_t vtable[4 + 2 * LN_FB_MAX_SLOTS];
    pad(b, 4, 4);
    put(b, 0, 4); /* the distance to the vtable, known below */
    const ln_fb_ref table = here(b);
    if (b->status != LN_OK)
        return 0;
    const size_t n = 4 + 2 * (size_t)b->n_slots;
    store(vtable, n, 2);
    store(vtable + 2, table - b->table_start, 2);
    for (unsigned i = 0; i < b->n_slots; i++)
        store(vtable + 4 + 2 * i, b->slots[i] ? table - b->slots[i] : 0, 2);
    const ln_fb_ref at = share_vtable(b, vtable, n);
    if (b->status != LN_OK)
        return 0;
    store(b->bytes + b->capacity - table, (uint64_t)((int64_t)at - (int64_t)table), 4);
    return table;
}

void ln_fb_finish(ln_fb_builder *b, ln_fb_ref root, const char *identifier)
{
    if (!root)
        fail(b, LN_ERR_STATE);
    pad(b, 8, b->align);
    uint8_t *p = grow(b, 4);
    if (p)
        memcpy(p, identifier, 4);
    put_ref(b, root);
}

ln_status ln_fb_take(ln_fb_builder *b, uint8_t **bytes, size_t *n)
{
    if (b->status != LN_OK)
        return b->status;
    memmove(b->bytes, b->bytes + b->capacity - b->used, b->used);
    *bytes = b->bytes;
    *n = b->used;
    b->bytes = NULL;
    b->capacity = b->used = 0;
    return LN_OK;
}
