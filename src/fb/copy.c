/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c: deep copies from a FlatBuffer into a builder, led by the descriptor tables.  The source
 * was verified, so depth and size are bounded; fields that the schema does not know are lost. */
#include "fb/builder.h"

static ln_fb_ref copy_vector(ln_fb_builder *b, const ln_fb_schema *schema, const ln_fb_field *f,
                             const ln_fb_table *from)
{
    const size_t size = ln_fb_kind_size(f->kind);
    const ln_fb_vector v = ln_fb_vec(from, f->slot, size);
    if (!v.present)
        return 0;
    if (f->kind < LN_FB_STRING)
        return ln_fb_add_vector(b, v.data, v.count, size, LN_MAX(size, (size_t)f->align));
    ln_fb_ref *refs = ln_new(&b->alloc, v.count + 1, sizeof *refs);
    if (!refs) {
        b->status = LN_ERR_MEMORY;
        return 0;
    }
    for (size_t i = 0; i < v.count && b->status == LN_OK; i++) {
        if (f->kind == LN_FB_TABLE) {
            const ln_fb_table t = ln_fb_item(&v, i);
            refs[i] = ln_fb_copy(b, schema, f->ref, &t);
        } else {
            const size_t at = (size_t)(v.data - v.buffer) + i * 4;
            refs[i] =
                ln_fb_add_string(b, ln_fb_string_at(v.buffer, v.buffer_size,
                                                    ln_fb_follow(v.buffer, v.buffer_size, at)));
        }
    }
    const ln_fb_ref all = ln_fb_add_refs(b, refs, v.count);
    ln_free(&b->alloc, refs);
    return all;
}

static ln_fb_ref copy_child(ln_fb_builder *b, const ln_fb_schema *schema, const ln_fb_field *f,
                            const ln_fb_table *from)
{
    if (f->many)
        return copy_vector(b, schema, f, from);
    if (f->kind == LN_FB_STRING)
        return ln_fb_add_string(b, ln_fb_string(from, f->slot));
    const int table = f->kind == LN_FB_TABLE
                          ? f->ref
                          : ln_fb_union_table(schema, f->ref, ln_fb_u8(from, f->slot - 1u, 0));
    const ln_fb_table child = ln_fb_child(from, f->slot);
    return child.pos && table >= 0 ? ln_fb_copy(b, schema, table, &child) : 0;
}

void ln_fb_copy_children(ln_fb_builder *b, const ln_fb_schema *schema, int table,
                         const ln_fb_table *from, uint64_t skip, ln_fb_ref refs[LN_FB_MAX_SLOTS])
{
    for (const ln_fb_field *f = ln_fb_fields(schema, table); f->name; f++)
        if ((f->many || f->kind >= LN_FB_STRING) && !(skip >> f->slot & 1))
            refs[f->slot] = copy_child(b, schema, f, from);
}

void ln_fb_copy_fields(ln_fb_builder *b, const ln_fb_schema *schema, int table,
                       const ln_fb_table *from, uint64_t skip,
                       const ln_fb_ref refs[LN_FB_MAX_SLOTS])
{
    for (const ln_fb_field *f = ln_fb_fields(schema, table); f->name; f++) {
        if (skip >> f->slot & 1)
            continue;
        if (f->many || f->kind >= LN_FB_STRING) {
            ln_fb_set_ref(b, f->slot, refs[f->slot]);
            continue;
        }
        const size_t width = ln_fb_kind_size(f->kind), at = ln_fb_slot(from, f->slot, width);
        uint64_t bits = 0;
        for (size_t i = 0; at && i < width; i++)
            bits |= (uint64_t)from->data[at + i] << (8 * i);
        if (at)
            ln_fb_set_bits(b, f->slot, bits, width);
    }
}

ln_fb_ref ln_fb_copy(ln_fb_builder *b, const ln_fb_schema *schema, int table,
                     const ln_fb_table *from)
{
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    if (!from->pos)
        return 0;
    ln_fb_copy_children(b, schema, table, from, 0, refs);
    ln_fb_begin(b);
    ln_fb_copy_fields(b, schema, table, from, 0, refs);
    return ln_fb_end(b);
}
