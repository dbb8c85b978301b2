/* SPDX-License-Identifier: Apache-2.0 */
/* builder.h: writes FlatBuffers, from the end to the front: children before the table that refers
 * to them.  Numbers in vectors are taken in the machine's byte order, which must be little-endian.
 *
 * Errors stick: after the first one every call does nothing and returns 0; `status` says what it
 * was.  So only the end of a piece of work needs a test. */
#ifndef LN_FB_BUILDER_H
#define LN_FB_BUILDER_H

#include "base/alloc.h"
#include "base/status.h"
#include "fb/descriptor.h"
#include "fb/reader.h"

enum { LN_FB_MAX_SLOTS = 64 };

/* Something written: its distance from the end of the buffer; 0 is nothing. */
typedef uint32_t ln_fb_ref;

/* A vector that several tables may refer to. */
typedef struct ln_fb_shared {
    ln_fb_ref ref;
    size_t bytes;
} ln_fb_shared;

typedef struct ln_fb_builder {
    ln_alloc alloc;
    uint8_t *bytes;
    size_t capacity, used; /* the used part is at the end */
    size_t align;          /* the strictest so far */
    ln_status status;
    ln_fb_ref slots[LN_FB_MAX_SLOTS]; /* of the table being written */
    unsigned n_slots;
    size_t table_start;
    ln_fb_ref *vtables; /* distinct ones, to be shared */
    size_t n_vtables, vtable_capacity;
    ln_fb_shared *shared; /* vectors that may be */
    size_t n_shared, shared_capacity;
} ln_fb_builder;

void ln_fb_builder_init(ln_fb_builder *b, const ln_alloc *alloc);
/* Takes memory for `n` bytes at once, so that nothing is moved until they are used up. */
void ln_fb_reserve(ln_fb_builder *b, size_t n);
void ln_fb_builder_deinit(ln_fb_builder *b);

/* A vector of `count` items of `item` bytes, the first one aligned to `align`. */
ln_fb_ref ln_fb_add_vector(ln_fb_builder *b, const void *items, size_t count, size_t item,
                           size_t align);
/* The same, with room for the items: to be filled before anything else is added. */
ln_fb_ref ln_fb_add_room(ln_fb_builder *b, size_t count, size_t item, size_t align,
                         uint8_t **room);
/* Likewise for 8-byte numbers; equal vectors are written once. */
ln_fb_ref ln_fb_share_vector(ln_fb_builder *b, const int64_t *items, size_t count);
/* NULL gives 0. */
ln_fb_ref ln_fb_add_string(ln_fb_builder *b, const char *text);
ln_fb_ref ln_fb_add_refs(ln_fb_builder *b, const ln_fb_ref *refs, size_t count);

/* A table: begin, set fields, end.  Tables do not nest; a scalar equal to its fallback and a ref
 * of 0 are left out. */
void ln_fb_begin(ln_fb_builder *b);
void ln_fb_set_ref(ln_fb_builder *b, unsigned slot, ln_fb_ref ref);
/* `bits` in little-endian order, `width` bytes, always stored. */
void ln_fb_set_bits(ln_fb_builder *b, unsigned slot, uint64_t bits, size_t width);
ln_fb_ref ln_fb_end(ln_fb_builder *b);

static inline void ln_fb_set_bool(ln_fb_builder *b, unsigned slot, bool v)
{
    if (v)
        ln_fb_set_bits(b, slot, 1, 1);
}
static inline void ln_fb_set_i8(ln_fb_builder *b, unsigned slot, int v, int fallback)
{
    if (v != fallback)
        ln_fb_set_bits(b, slot, (uint8_t)v, 1);
}
static inline void ln_fb_set_i32(ln_fb_builder *b, unsigned slot, int32_t v, int32_t fallback)
{
    if (v != fallback)
        ln_fb_set_bits(b, slot, (uint32_t)v, 4);
}
static inline void ln_fb_set_u32(ln_fb_builder *b, unsigned slot, uint32_t v, uint32_t fallback)
{
    if (v != fallback)
        ln_fb_set_bits(b, slot, v, 4);
}

/* Ends the buffer with its root table and four characters of identifier.  The bytes stay the
 * builder's until ln_fb_take, which gives them away (to be freed by ln_free). */
void ln_fb_finish(ln_fb_builder *b, ln_fb_ref root, const char *identifier);
ln_status ln_fb_take(ln_fb_builder *b, uint8_t **bytes, size_t *n) LN_MUST_USE;

/* copy.c: deep copies of what a verified buffer holds, as far as the schema knows it. */

ln_fb_ref ln_fb_copy(ln_fb_builder *b, const ln_fb_schema *schema, int table,
                     const ln_fb_table *from);
/* The same in two steps, for a table of which some fields (bits of `skip`, by slot) come from
 * elsewhere: before ln_fb_begin the children, whose refs go to refs[slot]; then, between begin
 * and end, the fields themselves. */
void ln_fb_copy_children(ln_fb_builder *b, const ln_fb_schema *schema, int table,
                         const ln_fb_table *from, uint64_t skip, ln_fb_ref refs[LN_FB_MAX_SLOTS]);
void ln_fb_copy_fields(ln_fb_builder *b, const ln_fb_schema *schema, int table,
                       const ln_fb_table *from, uint64_t skip,
                       const ln_fb_ref refs[LN_FB_MAX_SLOTS]);

#endif
