/* SPDX-License-Identifier: Apache-2.0 */
/* write.c: a model as the bytes of a .tflite file.  Written in two passes where data lies outside
 * the flatbuffer: the first with places not yet known tells its size, the second has them. */
#include "model/write.h"

#include "base/checked.h"
#include "base/zip_tail.h"
#include "model/model.h"
#include "schema/schema.h"

enum { OUTSIDE_ALIGN = 16, PLACE_UNKNOWN = 2 }; /* offsets 0 and 1 mean "inside" to readers */
/* Leaves room for the tables beside the data. */
#define DEFAULT_LIMIT ((size_t)1900 << 20)

ln_fb_table ln_source_table(const ln_model *m, const void *source)
{
    const uintptr_t at = (uintptr_t)source, from = (uintptr_t)m->bytes;
    const bool inside = source && m->bytes && at > from && at - from < m->n_bytes;
    return ln_fb_table_at(m->bytes, inside ? m->n_bytes : 0, inside ? at - from : 0);
}

ln_fb_ref ln_write_ids(ln_writing *w, const TfLiteIntArray *a, bool keep_empty)
{
    if (!a || (a->size == 0 && !keep_empty))
        return 0;
    return ln_fb_add_vector(&w->b, a->data, (size_t)a->size, 4, 4);
}

uint64_t ln_put_outside(ln_writing *w, const uint8_t *data, size_t size)
{
    if (!w->outside_at)
        return PLACE_UNKNOWN;
    const uint64_t at = w->outside_at;
    w->outside_at = (at + size + OUTSIDE_ALIGN - 1) & ~(uint64_t)(OUTSIDE_ALIGN - 1);
    if (w->file)
        memcpy(w->file + at, data, size);
    return at;
}

/* ---- lists of tables ---- */

/* Item `i` of a list, written. */
typedef ln_fb_ref (*write_item)(ln_writing *w, const void *of, int i);

static ln_fb_ref write_all(ln_writing *w, const void *of, int n, write_item item)
{
    ln_fb_ref *refs = ln_new(&w->b.alloc, (size_t)n, sizeof *refs);
    if (!refs) {
        w->b.status = LN_ERR_MEMORY;
        return 0;
    }
    for (int i = 0; i < n && w->b.status == LN_OK; i++)
        refs[i] = item(w, of, i);
    const ln_fb_ref all = ln_fb_add_refs(&w->b, refs, (size_t)n);
    ln_free(&w->b.alloc, refs);
    return all;
}

/* Bytes by the piece, so that no more of a mapped file is in memory at once. */
static ln_fb_ref write_bytes(ln_writing *w, const ln_buffer *buffer)
{
    enum { PIECE = 1 << 20 };
    uint8_t *to;
    const ln_fb_ref ref = ln_fb_add_room(&w->b, buffer->size, 1, OUTSIDE_ALIGN, &to);
    for (size_t at = 0, n; to && at < buffer->size; at += n) {
        n = LN_MIN((size_t)PIECE, buffer->size - at);
        memcpy(to + at, buffer->data + at, n);
        if (w->last)
            ln_model_forget_part(w->last, buffer->data + at, n);
    }
    return ref;
}

/* Buffer i has been written; of the C library's heap only what is much is worth the search. */
static void shed(ln_writing *w, int i)
{
    enum { MUCH = 8 << 20 };
    w->written += w->last->buffers[i].size;
    ln_model_shed_buffer(w->last, i);
    if (w->written < MUCH)
        return;
    ln_trim_heap();
    w->written = 0;
}

static ln_fb_ref write_buffer(ln_writing *w, const void *of, int i)
{
    const ln_buffer *buffer = &((const ln_model *)of)->buffers[i];
    const bool outside = buffer->size && (buffer->outside || w->all_outside);
    const ln_fb_ref data = buffer->data && !outside ? write_bytes(w, buffer) : 0;
    if (data && w->last)
        shed(w, i);
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_Buffer_data, data);
    if (outside) {
        const uint64_t at = ln_put_outside(w, buffer->data, buffer->size);
        ln_fb_set_bits(&w->b, LN_Buffer_offset, at, 8);
        ln_fb_set_bits(&w->b, LN_Buffer_size, buffer->size, 8);
    }
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_tensor(ln_writing *w, const void *of, int i)
{
    return ln_write_tensor(w, &((const ln_graph *)of)->tensors[i]);
}

static ln_fb_ref write_node(ln_writing *w, const void *of, int i)
{
    const ln_graph *g = of;
    return ln_write_node(w, g, &g->nodes[i]);
}

static ln_fb_ref write_graph(ln_writing *w, const void *of, int i)
{
    const ln_graph *g = ((const ln_model *)of)->graphs[i];
    const ln_fb_ref name = g->name && g->name[0] ? ln_fb_add_string(&w->b, g->name) : 0;
    const ln_fb_ref nodes = write_all(w, g, g->n_nodes, write_node);
    const ln_fb_ref inputs = ln_write_ids(w, g->inputs, true);
    const ln_fb_ref outputs = ln_write_ids(w, g->outputs, true);
    const ln_fb_ref tensors = write_all(w, g, g->n_tensors, write_tensor);
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_SubGraph_tensors, tensors);
    ln_fb_set_ref(&w->b, LN_SubGraph_inputs, inputs);
    ln_fb_set_ref(&w->b, LN_SubGraph_outputs, outputs);
    ln_fb_set_ref(&w->b, LN_SubGraph_operators, nodes);
    ln_fb_set_ref(&w->b, LN_SubGraph_name, name);
    ln_fb_set_i32(&w->b, LN_SubGraph_debug_metadata_index, g->debug_index, -1);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_code(ln_writing *w, const void *of, int i)
{
    enum { OLD_MAX = 127 }; /* the old field is a byte; larger numbers are only in the new one */
    const ln_written_code *c = &((const ln_written_code *)of)[i];
    const ln_fb_ref custom = ln_fb_add_string(&w->b, c->custom);
    ln_fb_begin(&w->b);
    ln_fb_set_i8(&w->b, LN_OperatorCode_deprecated_builtin_code, LN_MIN(c->builtin, OLD_MAX), 0);
    ln_fb_set_ref(&w->b, LN_OperatorCode_custom_code, custom);
    ln_fb_set_i32(&w->b, LN_OperatorCode_version, c->version, 1);
    ln_fb_set_i32(&w->b, LN_OperatorCode_builtin_code, c->builtin, 0);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_binding(ln_writing *w, const void *of, int i)
{
    const ln_binding *binding = &((const ln_binding *)of)[i];
    const ln_fb_ref name = ln_fb_add_string(&w->b, binding->name);
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_TensorMap_name, name);
    ln_fb_set_u32(&w->b, LN_TensorMap_tensor_index, (uint32_t)binding->tensor, 0);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_signature(ln_writing *w, const void *of, int i)
{
    const ln_signature *s = &((const ln_signature *)of)[i];
    const ln_fb_ref inputs = write_all(w, s->inputs, s->n_inputs, write_binding);
    const ln_fb_ref outputs = write_all(w, s->outputs, s->n_outputs, write_binding);
    const ln_fb_ref key = ln_fb_add_string(&w->b, s->key);
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_SignatureDef_inputs, inputs);
    ln_fb_set_ref(&w->b, LN_SignatureDef_outputs, outputs);
    ln_fb_set_ref(&w->b, LN_SignatureDef_signature_key, key);
    ln_fb_set_u32(&w->b, LN_SignatureDef_subgraph_index, (uint32_t)s->graph, 0);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_metadata(ln_writing *w, const void *of, int i)
{
    const ln_metadata *item = &((const ln_metadata *)of)[i];
    const ln_fb_ref name = ln_fb_add_string(&w->b, item->name);
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_Metadata_name, name);
    ln_fb_set_u32(&w->b, LN_Metadata_buffer, (uint32_t)item->buffer, 0);
    return ln_fb_end(&w->b);
}

/* ---- the model ---- */

/* What the graph does not hold (external buffers, the old list of metadata) is the source's. */
static void write_root(ln_writing *w)
{
    const ln_model *m = w->m;
    ln_fb_builder *b = &w->b;
    const ln_fb_table source = ln_fb_root(m->bytes, m->bytes ? m->n_bytes : 0);
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    enum { VERSION = 3 };
    uint64_t known = 0;
    refs[LN_Model_buffers] = write_all(w, m, m->n_buffers, write_buffer);
    refs[LN_Model_subgraphs] = write_all(w, m, m->n_graphs, write_graph);
    refs[LN_Model_operator_codes] = write_all(w, w->codes, w->n_codes, write_code);
    if (m->n_signatures)
        refs[LN_Model_signature_defs] =
            write_all(w, m->signatures, m->n_signatures, write_signature);
    if (m->n_metadata)
        refs[LN_Model_metadata] = write_all(w, m->metadata, m->n_metadata, write_metadata);
    if (m->description && m->description[0])
        refs[LN_Model_description] = ln_fb_add_string(b, m->description);
    for (int i = LN_Model_version; i <= LN_Model_signature_defs; i++)
        if (i != LN_Model_metadata_buffer)
            known |= (uint64_t)1 << i;
    ln_fb_copy_children(b, &ln_tflite_schema, LN_T_Model, &source, known, refs);
    ln_fb_begin(b);
    ln_fb_set_u32(b, LN_Model_version, VERSION, 0);
    for (unsigned i = 0; i < LN_FB_MAX_SLOTS; i++)
        ln_fb_set_ref(b, i, refs[i]);
    ln_fb_finish(b, ln_fb_end(b), ln_tflite_schema.identifier);
}

static size_t add_saturated(size_t a, size_t b)
{
    return b > SIZE_MAX - a ? SIZE_MAX : a + b;
}

/* Bytes of data, all of it and the part that was outside; each rounded up as it will lie. */
static size_t data_bytes(const ln_model *m, bool *some_outside)
{
    size_t all = 0;
    for (int i = 0; i < m->n_buffers; i++) {
        *some_outside = *some_outside || (m->buffers[i].outside && m->buffers[i].size);
        all = add_saturated(all, add_saturated(m->buffers[i].size, OUTSIDE_ALIGN));
    }
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++)
            all = add_saturated(all, m->graphs[g]->nodes[i].custom_size);
    return all;
}

/* About as many as the tables of graphs take; a wrong guess costs a copy, or empty pages. */
static size_t table_bytes(const ln_model *m)
{
    enum { SMALL = 1 << 14, TENSOR = 192, NODE = 128 };
    size_t all = SMALL;
    for (int g = 0; g < m->n_graphs; g++)
        all += (size_t)m->graphs[g]->n_tensors * TENSOR + (size_t)m->graphs[g]->n_nodes * NODE;
    return all;
}

static ln_status write_twice(ln_writing *w, size_t data, uint8_t **bytes, size_t *n)
{
    uint8_t *graph;
    size_t n_graph, start, total;
    write_root(w);
    if (w->b.status != LN_OK)
        return w->b.status;
    if (!ln_align_size(w->b.used, OUTSIDE_ALIGN, &start) || !ln_add_size(start, data, &total))
        return LN_ERR_MEMORY;
    w->file = ln_new(&w->b.alloc, total, 1);
    if (!w->file)
        return LN_ERR_MEMORY;
    const ln_alloc alloc = w->b.alloc;
    ln_fb_builder_deinit(&w->b);
    ln_fb_builder_init(&w->b, &alloc);
    w->outside_at = start;
    write_root(w);
    LN_TRY(ln_fb_take(&w->b, &graph, &n_graph));
    memcpy(w->file, graph, n_graph);
    ln_free(&alloc, graph);
    *bytes = w->file;
    *n = (size_t)w->outside_at;
    w->file = NULL;
    return LN_OK;
}

/* The files behind the model that this one was read from. */
static ln_status keep_files(const ln_model *m, uint8_t **bytes, size_t *n, const ln_alloc *alloc,
                            ln_diag *diag)
{
    ln_zip_tail tail;
    if (!m->bytes)
        return LN_OK;
    ln_status status = ln_zip_tail_check(m->bytes, m->n_bytes, diag);
    if (status == LN_OK && ln_zip_tail_find(m->bytes, m->n_bytes, &tail))
        status = ln_zip_tail_append(m->bytes, &tail, bytes, n, alloc, diag);
    if (status != LN_OK) {
        ln_free(alloc, *bytes);
        *bytes = NULL;
    }
    return status;
}

/* `last`: the model, where it is not needed behind this; else NULL. */
static ln_status write_model(const ln_model *m, ln_model *last, size_t limit, uint8_t **bytes,
                             size_t *n, const ln_alloc *alloc, ln_diag *diag)
{
    ln_writing w = {.m = m, .diag = diag};
    bool outside = false;
    const size_t data = data_bytes(m, &outside);
    ln_fb_builder_init(&w.b, alloc);
    w.all_outside = data > limit;
    ln_status status;
    if (!outside && !w.all_outside) {
        ln_fb_reserve(&w.b, add_saturated(data, table_bytes(m)));
        w.last = last;
    }
    if (outside || w.all_outside) {
        status = write_twice(&w, data, bytes, n);
    } else {
        write_root(&w);
        status = ln_fb_take(&w.b, bytes, n);
    }
    ln_free(alloc, w.file);
    ln_free(alloc, w.codes);
    ln_fb_builder_deinit(&w.b);
    if (status == LN_ERR_MEMORY)
        return ln_fail(diag, status, "no memory to write the model");
    return status == LN_OK ? keep_files(m, bytes, n, alloc, diag) : status;
}

ln_status ln_model_write_limit(const ln_model *m, size_t limit, uint8_t **bytes, size_t *n,
                               const ln_alloc *alloc, ln_diag *diag)
{
    return write_model(m, NULL, limit, bytes, n, alloc, diag);
}

ln_status ln_model_write_last(ln_model *m, uint8_t **bytes, size_t *n, const ln_alloc *alloc,
                              ln_diag *diag)
{
    return write_model(m, m, DEFAULT_LIMIT, bytes, n, alloc, diag);
}

ln_status ln_model_write(const ln_model *m, uint8_t **bytes, size_t *n, const ln_alloc *alloc,
                         ln_diag *diag)
{
    return ln_model_write_limit(m, DEFAULT_LIMIT, bytes, n, alloc, diag);
}
