/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: one walk over the buffer, led by the descriptor tables. */
#include "fb/verify.h"

#include "fb/reader.h"

enum { MAX_DEPTH = 64, MIN_TABLES = 1000, SHARING = 64 };

typedef struct verifier {
    const ln_fb_schema *schema;
    const uint8_t *data;
    size_t size;
    uint64_t tables, bytes; /* what may still be visited: subtrees can be shared many times */
    ln_diag *diag;
} verifier;

static ln_status verify_table(verifier *v, int table, size_t pos, int depth);

static ln_status bad(verifier *v, int table, const ln_fb_field *f, const char *what)
{
    return ln_fail(v->diag, LN_ERR_FORMAT, "malformed model: %s.%s %s",
                   ln_fb_table_name(v->schema, table), f ? ln_fb_field_name(v->schema, f) : "table",
                   what);
}

static ln_status spend(verifier *v, uint64_t bytes)
{
    if (bytes > v->bytes)
        return ln_fail(v->diag, LN_ERR_FORMAT,
                       "malformed model: its parts refer to the same bytes too often");
    v->bytes -= bytes;
    return LN_OK;
}

static ln_status verify_string(verifier *v, int table, const ln_fb_field *f, size_t pos)
{
    if (!ln_fb_string_at(v->data, v->size, pos))
        return bad(v, table, f, "is not a zero-terminated string inside the buffer");
    return spend(v, ln_le32(v->data + pos));
}

static ln_status verify_vector(verifier *v, int table, const ln_fb_field *f, size_t pos, int depth)
{
    const ln_fb_vector items = ln_fb_vector_at(v->data, v->size, pos, ln_fb_kind_size(f->kind));
    if (!items.present)
        return bad(v, table, f, "is a vector that ends outside the buffer");
    LN_TRY(spend(v, items.count * ln_fb_kind_size(f->kind)));
    if (f->kind != LN_FB_TABLE && f->kind != LN_FB_STRING)
        return LN_OK;
    for (size_t i = 0; i < items.count; i++) {
        const size_t at = (size_t)(items.data - v->data) + i * 4;
        const size_t item = ln_fb_follow(v->data, v->size, at);
        if (!item)
            return bad(v, table, f, "has an item outside the buffer");
        if (f->kind == LN_FB_TABLE)
            LN_TRY(verify_table(v, f->ref, item, depth));
        else
            LN_TRY(verify_string(v, table, f, item));
    }
    return LN_OK;
}

/* The type of a union without value, or of a table that a newer schema has, is left alone. */
static ln_status verify_union(verifier *v, const ln_fb_table *t, const ln_fb_field *f, size_t pos,
                              int depth)
{
    const int type = ln_fb_u8(t, f->slot - 1u, 0);
    const int member = ln_fb_union_table(v->schema, f->ref, type);
    return member < 0 ? LN_OK : verify_table(v, member, pos, depth);
}

static ln_status verify_field(verifier *v, int table, const ln_fb_table *t, const ln_fb_field *f,
                              int depth)
{
    if (f->slot >= t->n_slots || ln_le16(t->data + t->vtable + 4 + 2 * (size_t)f->slot) == 0)
        return LN_OK;
    const bool scalar = !f->many && f->kind < LN_FB_STRING;
    const size_t at = ln_fb_slot(t, f->slot, scalar ? ln_fb_kind_size(f->kind) : 4);
    if (!at)
        return bad(v, table, f, "lies outside the buffer");
    if (scalar)
        return LN_OK;
    const size_t pos = ln_fb_follow(v->data, v->size, at);
    if (!pos)
        return bad(v, table, f, "points outside the buffer");
    if (f->many)
        return verify_vector(v, table, f, pos, depth);
    switch (f->kind) {
    case LN_FB_STRING:
        return verify_string(v, table, f, pos);
    case LN_FB_TABLE:
        return verify_table(v, f->ref, pos, depth);
    default:
        return verify_union(v, t, f, pos, depth);
    }
}

static ln_status verify_table(verifier *v, int table, size_t pos, int depth)
{
    if (depth >= MAX_DEPTH)
        return bad(v, table, NULL, "is nested too deeply");
    if (v->tables == 0)
        return bad(v, table, NULL, "is one of too many");
    v->tables--;
    const ln_fb_table t = ln_fb_table_at(v->data, v->size, pos);
    if (!t.pos)
        return bad(v, table, NULL, "has its vtable outside the buffer");
    for (const ln_fb_field *f = ln_fb_fields(v->schema, table); f->name; f++)
        LN_TRY(verify_field(v, table, &t, f, depth + 1));
    return LN_OK;
}

ln_status ln_fb_verify(const ln_fb_schema *schema, const uint8_t *data, size_t size, ln_diag *diag)
{
    verifier v = {schema, data, size, MIN_TABLES + (uint64_t)size / 4, (uint64_t)size * SHARING,
                  diag};
    if (size < 8)
        return ln_fail(diag, LN_ERR_FORMAT, "malformed model: %zu bytes are too few", size);
    return verify_table(&v, schema->root, ln_le32(data), 0);
}
