/* SPDX-License-Identifier: Apache-2.0 */
/* attach.c: adds, replaces or removes a metadata entry in a model's bytes.  Everything else is
 * copied by the schema's tables, with the same numbers of buffers.  Data outside the flatbuffer and
 * files behind it move as they are; the places of the former are corrected afterwards, in the
 * finished bytes, by the distance that they moved: a multiple of 16, so they stay aligned. */
#include "base/checked.h"
#include "base/zip_tail.h"
#include "fb/builder.h"
#include "fb/verify.h"
#include "model/model.h"
#include "schema/schema.h"

enum { OUTSIDE_ALIGN = 16 };

typedef struct attaching {
    ln_fb_table root; /* of the model */
    const ln_attachment *entry;
    ln_fb_builder b;
    uint32_t buffer; /* where the entry's bytes go; n_buffers: into a new one */
    size_t n_buffers;
    size_t outside, end; /* the data outside the flatbuffer; equal when there is none */
    ln_zip_tail tail;
    bool has_tail;
    ln_diag *diag;
} attaching;

/* ---- what is there ---- */

static bool is_entry(const attaching *a, const ln_fb_table *t)
{
    const char *name = ln_fb_string(t, LN_Metadata_name);
    return name && strcmp(name, a->entry->name) == 0;
}

static bool tensor_uses(const ln_fb_table *root, uint32_t buffer)
{
    const ln_fb_vector graphs = ln_fb_vec(root, LN_Model_subgraphs, 4);
    for (size_t g = 0; g < graphs.count; g++) {
        const ln_fb_table graph = ln_fb_item(&graphs, g);
        const ln_fb_vector tensors = ln_fb_vec(&graph, LN_SubGraph_tensors, 4);
        for (size_t i = 0; i < tensors.count; i++) {
            const ln_fb_table t = ln_fb_item(&tensors, i);
            if (ln_fb_u32(&t, LN_Tensor_buffer, 0) == buffer)
                return true;
        }
    }
    return false;
}

/* The buffer of the entry that is replaced, unless something else uses it too. */
static uint32_t own_buffer(const attaching *a, const ln_fb_vector *entries)
{
    uint32_t buffer = 0, uses = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const ln_fb_table t = ln_fb_item(entries, i);
        if (is_entry(a, &t))
            buffer = ln_fb_u32(&t, LN_Metadata_buffer, 0);
    }
    for (size_t i = 0; i < entries->count; i++) {
        const ln_fb_table t = ln_fb_item(entries, i);
        uses += ln_fb_u32(&t, LN_Metadata_buffer, 0) == buffer;
    }
    const bool own = buffer > 0 && buffer < a->n_buffers && uses == 1;
    return own && !tensor_uses(&a->root, buffer) ? buffer : (uint32_t)a->n_buffers;
}

/* Calls visit(user, &place) with the place of each piece of data outside of the flatbuffer. */
typedef void (*visit_place)(void *user, size_t at);

static void visit_field(const ln_fb_table *t, unsigned slot, visit_place visit, void *user)
{
    const size_t at = ln_fb_slot(t, slot, 8);
    if (at && ln_le64(t->data + at) > 1)
        visit(user, at);
}

static void visit_outside(const ln_fb_table *root, visit_place visit, void *user)
{
    const ln_fb_vector buffers = ln_fb_vec(root, LN_Model_buffers, 4);
    const ln_fb_vector graphs = ln_fb_vec(root, LN_Model_subgraphs, 4);
    for (size_t i = 0; i < buffers.count; i++) {
        const ln_fb_table t = ln_fb_item(&buffers, i);
        const ln_fb_vector data = ln_fb_vec(&t, LN_Buffer_data, 1);
        if (!data.present)
            visit_field(&t, LN_Buffer_offset, visit, user);
    }
    for (size_t g = 0; g < graphs.count; g++) {
        const ln_fb_table graph = ln_fb_item(&graphs, g);
        const ln_fb_vector nodes = ln_fb_vec(&graph, LN_SubGraph_operators, 4);
        for (size_t i = 0; i < nodes.count; i++) {
            const ln_fb_table t = ln_fb_item(&nodes, i);
            visit_field(&t, LN_Operator_large_custom_options_offset, visit, user);
        }
    }
}

static void note_start(void *user, size_t at)
{
    attaching *a = user;
    const uint64_t place = ln_le64(a->root.data + at);
    if (place < a->outside)
        a->outside = (size_t)place;
}

/* ---- the copy ---- */

static ln_fb_ref write_buffer(attaching *a, const ln_fb_vector *buffers, size_t i)
{
    if (i != a->buffer) {
        const ln_fb_table t = ln_fb_item(buffers, i);
        return ln_fb_copy(&a->b, &ln_tflite_schema, LN_T_Buffer, &t);
    }
    const ln_fb_ref data =
        a->entry->data ? ln_fb_add_vector(&a->b, a->entry->data, a->entry->size, 1, OUTSIDE_ALIGN)
                       : 0;
    ln_fb_begin(&a->b);
    ln_fb_set_ref(&a->b, LN_Buffer_data, data);
    return ln_fb_end(&a->b);
}

static ln_fb_ref write_entry(attaching *a)
{
    const ln_fb_ref name = ln_fb_add_string(&a->b, a->entry->name);
    ln_fb_begin(&a->b);
    ln_fb_set_ref(&a->b, LN_Metadata_name, name);
    ln_fb_set_u32(&a->b, LN_Metadata_buffer, a->buffer, 0);
    return ln_fb_end(&a->b);
}

static ln_fb_ref write_entries(attaching *a, const ln_fb_vector *entries, ln_fb_ref *refs)
{
    size_t n = 0;
    bool done = !a->entry->data;
    for (size_t i = 0; i < entries->count; i++) {
        const ln_fb_table t = ln_fb_item(entries, i);
        if (!is_entry(a, &t)) {
            refs[n++] = ln_fb_copy(&a->b, &ln_tflite_schema, LN_T_Metadata, &t);
        } else if (!done) {
            refs[n++] = write_entry(a);
            done = true;
        }
    }
    if (!done)
        refs[n++] = write_entry(a);
    return n ? ln_fb_add_refs(&a->b, refs, n) : 0;
}

static void write_root(attaching *a)
{
    ln_fb_builder *b = &a->b;
    const ln_fb_vector buffers = ln_fb_vec(&a->root, LN_Model_buffers, 4);
    const ln_fb_vector entries = ln_fb_vec(&a->root, LN_Model_metadata, 4);
    const uint64_t own = (uint64_t)1 << LN_Model_buffers | (uint64_t)1 << LN_Model_metadata;
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    a->n_buffers = buffers.count;
    a->buffer = own_buffer(a, &entries);
    const size_t n = a->buffer == a->n_buffers && a->entry->data ? a->n_buffers + 1 : a->n_buffers;
    ln_fb_ref *items = ln_new(&b->alloc, LN_MAX(n, entries.count) + 1, sizeof *items);
    if (!items) {
        b->status = LN_ERR_MEMORY;
        return;
    }
    for (size_t i = 0; i < n && b->status == LN_OK; i++)
        items[i] = write_buffer(a, &buffers, i);
    refs[LN_Model_buffers] = ln_fb_add_refs(b, items, n);
    refs[LN_Model_metadata] = write_entries(a, &entries, items);
    ln_free(&b->alloc, items);
    ln_fb_copy_children(b, &ln_tflite_schema, LN_T_Model, &a->root, own, refs);
    ln_fb_begin(b);
    ln_fb_copy_fields(b, &ln_tflite_schema, LN_T_Model, &a->root, own, refs);
    ln_fb_set_ref(b, LN_Model_buffers, refs[LN_Model_buffers]);
    ln_fb_set_ref(b, LN_Model_metadata, refs[LN_Model_metadata]);
    ln_fb_finish(b, ln_fb_end(b), ln_tflite_schema.identifier);
}

/* ---- what lies behind it ---- */

typedef struct moving {
    uint8_t *bytes;
    uint64_t distance; /* modulo 2^64 */
} moving;

static void correct(void *user, size_t at)
{
    const moving *m = user;
    const uint64_t place = ln_le64(m->bytes + at) + m->distance;
    for (int i = 0; i < 8; i++)
        m->bytes[at + (size_t)i] = (uint8_t)(place >> 8 * i);
}

static ln_status move_outside(const attaching *a, uint8_t **bytes, size_t *n)
{
    const size_t data = a->end - a->outside;
    size_t start, total;
    if (data == 0)
        return LN_OK;
    if (!ln_align_size(*n, OUTSIDE_ALIGN, &start) || !ln_add_size(start, data, &total) ||
        !ln_add_size(total, OUTSIDE_ALIGN, &total))
        return LN_ERR_MEMORY;
    start += a->outside % OUTSIDE_ALIGN;
    uint8_t *grown = ln_resize(&a->b.alloc, *bytes, total, 1);
    if (!grown)
        return LN_ERR_MEMORY;
    *bytes = grown;
    memset(grown + *n, 0, start - *n);
    memcpy(grown + start, a->root.data + a->outside, data);
    const ln_fb_table root = ln_fb_root(grown, *n);
    moving m = {grown, (uint64_t)start - (uint64_t)a->outside};
    visit_outside(&root, correct, &m);
    *n = start + data;
    return LN_OK;
}

static ln_status put_behind(const attaching *a, const uint8_t *model, uint8_t **out, size_t *n,
                            const ln_alloc *alloc)
{
    if (move_outside(a, out, n) != LN_OK)
        return ln_fail(a->diag, LN_ERR_MEMORY, "no memory to write the model");
    return a->has_tail ? ln_zip_tail_append(model, &a->tail, out, n, alloc, a->diag) : LN_OK;
}

ln_status ln_model_attach(const uint8_t *model, size_t n, const ln_attachment *entry, uint8_t **out,
                          size_t *n_out, const ln_alloc *alloc, ln_diag *diag)
{
    attaching a = {.root = ln_fb_root(model, n), .entry = entry, .diag = diag};
    *out = NULL;
    if (n < 8 || memcmp(model + 4, ln_tflite_schema.identifier, 4) != 0)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "not a .tflite model: it does not have the identifier TFL3");
    LN_TRY(ln_fb_verify(&ln_tflite_schema, model, n, diag));
    LN_TRY(ln_zip_tail_check(model, n, diag));
    a.has_tail = ln_zip_tail_find(model, n, &a.tail);
    a.outside = a.end = a.has_tail ? a.tail.start : n;
    visit_outside(&a.root, note_start, &a);
    ln_fb_builder_init(&a.b, alloc);
    write_root(&a);
    ln_status status = ln_fb_take(&a.b, out, n_out);
    if (status != LN_OK)
        status = ln_fail(diag, status, "the model with '%s' cannot be written: %s", entry->name,
                         ln_status_text(status));
    else
        status = put_behind(&a, model, out, n_out, alloc);
    ln_fb_builder_deinit(&a.b);
    if (status != LN_OK) {
        ln_free(alloc, *out);
        *out = NULL;
    }
    return status;
}
