/* SPDX-License-Identifier: Apache-2.0 */
/* read.c: a .tflite file as a model: buffers, graphs, signatures, metadata.  The buffer has been
 * verified against the schema by then; what remains to check is what numbers mean. */
#include "model/read.h"
#include "base/file.h"
#include "fb/verify.h"
#include "model/model.h"
#include "ops/op.h"
#include "schema/schema.h"

enum { SCHEMA_VERSION = 3 };

ln_status ln_read_ids(ln_reading *r, const ln_fb_table *t, unsigned slot, TfLiteIntArray **out)
{
    const ln_fb_vector v = ln_fb_vec(t, slot, 4);
    TfLiteIntArray *a = v.count > INT32_MAX / 4 ? NULL : ln_ints(&r->m->arena, (int)v.count, NULL);
    if (!a)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < v.count; i++)
        a->data[i] = ln_fb_i32_item(&v, i);
    *out = a;
    return LN_OK;
}

ln_status ln_read_outside(ln_reading *r, uint64_t offset, uint64_t size, const char *what, size_t i,
                          const uint8_t **data)
{
    if (offset > r->m->n_bytes || size > r->m->n_bytes - offset)
        return ln_fail(r->diag, LN_ERR_FORMAT,
                       "%s %zu: %llu bytes at offset %llu are outside the file of %zu bytes", what,
                       i, (unsigned long long)size, (unsigned long long)offset, r->m->n_bytes);
    *data = r->m->bytes + offset;
    r->m->graph_bytes = LN_MIN(r->m->graph_bytes, (size_t)offset);
    return LN_OK;
}

/* Room for one object of `size` bytes per item; NULL when memory is out. */
static void *room_for(ln_reading *r, const ln_fb_vector *v, size_t size, int *count)
{
    if (v->count > INT32_MAX)
        return NULL;
    *count = (int)v->count;
    return ln_arena_new(&r->m->arena, v->count, size);
}

static ln_status read_buffers(ln_reading *r, const ln_fb_table *root)
{
    ln_model *m = r->m;
    const ln_fb_vector v = ln_fb_vec(root, LN_Model_buffers, 4);
    if (!v.present)
        return ln_fail(r->diag, LN_ERR_FORMAT, "the model has no buffers");
    if (v.count == 0)
        return LN_OK; /* there is always the empty one */
    ln_buffer *all = room_for(r, &v, sizeof *all, &m->n_buffers);
    if (!all)
        return LN_ERR_MEMORY;
    m->buffers = all;
    m->buffer_capacity = v.count;
    for (size_t i = 0; i < v.count; i++) {
        const ln_fb_table t = ln_fb_item(&v, i);
        const ln_fb_vector data = ln_fb_vec(&t, LN_Buffer_data, 1);
        const uint64_t offset = ln_fb_u64(&t, LN_Buffer_offset, 0);
        ln_buffer *b = &m->buffers[i];
        if (data.present) {
            *b = (ln_buffer){data.data, data.count, false};
        } else if (offset > 1) {
            const uint64_t size = ln_fb_u64(&t, LN_Buffer_size, 0);
            LN_TRY(ln_read_outside(r, offset, size, "buffer", i, &b->data));
            b->size = (size_t)size;
            b->outside = true;
        }
    }
    return LN_OK;
}

static ln_status read_opcodes(ln_reading *r, const ln_fb_table *root)
{
    const ln_fb_vector v = ln_fb_vec(root, LN_Model_operator_codes, 4);
    int count = 0;
    ln_opcode *codes = room_for(r, &v, sizeof *codes, &count);
    if (!codes)
        return LN_ERR_MEMORY;
    for (int i = 0; i < count; i++) {
        const ln_fb_table t = ln_fb_item(&v, (size_t)i);
        const int old = ln_fb_i8(&t, LN_OperatorCode_deprecated_builtin_code, 0);
        const int code = ln_fb_i32(&t, LN_OperatorCode_builtin_code, 0);
        ln_opcode *c = &codes[i];
        c->builtin = LN_MAX(old, code);
        c->version = ln_fb_i32(&t, LN_OperatorCode_version, 1);
        if (c->builtin < 0)
            return ln_fail(r->diag, LN_ERR_FORMAT, "operator code %d is %d", i, c->builtin);
        if (c->builtin != kTfLiteBuiltinCustom) {
            c->op = ln_op_builtin(c->builtin);
            continue;
        }
        c->custom = ln_fb_string(&t, LN_OperatorCode_custom_code);
        if (!c->custom)
            return ln_fail(r->diag, LN_ERR_FORMAT, "operator code %d is CUSTOM without a name", i);
        c->op = ln_op_custom(c->custom);
    }
    r->opcodes = codes;
    r->n_opcodes = v.count;
    return LN_OK;
}

static ln_status read_graph(ln_reading *r, const ln_fb_table *t)
{
    ln_graph *g = r->g;
    const ln_fb_vector tensors = ln_fb_vec(t, LN_SubGraph_tensors, 4);
    const ln_fb_vector nodes = ln_fb_vec(t, LN_SubGraph_operators, 4);
    const char *name = ln_fb_string(t, LN_SubGraph_name);
    g->name = name ? name : "";
    g->debug_index = ln_fb_i32(t, LN_SubGraph_debug_metadata_index, -1);
    LN_TRY(ln_read_ids(r, t, LN_SubGraph_inputs, &g->inputs));
    LN_TRY(ln_read_ids(r, t, LN_SubGraph_outputs, &g->outputs));
    g->tensors = room_for(r, &tensors, sizeof *g->tensors, &g->n_tensors);
    if (!g->tensors)
        return LN_ERR_MEMORY;
    g->tensor_capacity = tensors.count;
    for (int i = 0; i < g->n_tensors; i++) {
        const ln_fb_table item = ln_fb_item(&tensors, (size_t)i);
        LN_TRY(ln_read_tensor(r, &item, i, &g->tensors[i]));
    }
    g->nodes = room_for(r, &nodes, sizeof *g->nodes, &g->n_nodes);
    if (!g->nodes)
        return LN_ERR_MEMORY;
    g->node_capacity = nodes.count;
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_fb_table item = ln_fb_item(&nodes, (size_t)i);
        LN_TRY(ln_read_node(r, &item, i, &g->nodes[i]));
    }
    return LN_OK;
}

static ln_status read_graphs(ln_reading *r, const ln_fb_table *root)
{
    const ln_fb_vector v = ln_fb_vec(root, LN_Model_subgraphs, 4);
    ln_model *m = r->m;
    int count = 0;
    if (v.count == 0)
        return ln_fail(r->diag, LN_ERR_FORMAT, "the model has no subgraph");
    m->graphs = room_for(r, &v, sizeof *m->graphs, &count);
    ln_graph *graphs = room_for(r, &v, sizeof *graphs, &count);
    if (!m->graphs || !graphs)
        return LN_ERR_MEMORY;
    for (int i = 0; i < count; i++) {
        m->graphs[i] = &graphs[i];
        r->g = m->graphs[i];
        const ln_fb_table t = ln_fb_item(&v, (size_t)i);
        LN_TRY(read_graph(r, &t));
        m->n_graphs = i + 1;
        LN_TRY(ln_graph_validate(m, i, r->diag));
        LN_TRY(ln_read_past(r));
    }
    return LN_OK;
}

static ln_status read_bindings(ln_reading *r, const ln_fb_table *t, unsigned slot,
                               const ln_signature *s, ln_binding **out, int *n)
{
    const ln_fb_vector v = ln_fb_vec(t, slot, 4);
    *out = room_for(r, &v, sizeof **out, n);
    if (!*out)
        return LN_ERR_MEMORY;
    for (int i = 0; i < *n; i++) {
        const ln_fb_table map = ln_fb_item(&v, (size_t)i);
        const uint32_t tensor = ln_fb_u32(&map, LN_TensorMap_tensor_index, 0);
        const char *name = ln_fb_string(&map, LN_TensorMap_name);
        if (tensor >= (uint32_t)r->m->graphs[s->graph]->n_tensors)
            return ln_fail(r->diag, LN_ERR_FORMAT, "signature '%s': '%s' is tensor %u of %d",
                           s->key, name ? name : "", tensor, r->m->graphs[s->graph]->n_tensors);
        (*out)[i] = (ln_binding){name ? name : "", (ln_id)tensor};
    }
    return LN_OK;
}

static ln_status read_signatures(ln_reading *r, const ln_fb_table *root)
{
    const ln_fb_vector v = ln_fb_vec(root, LN_Model_signature_defs, 4);
    r->m->signatures = room_for(r, &v, sizeof(ln_signature), &r->m->n_signatures);
    if (!r->m->signatures)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < v.count; i++) {
        const ln_fb_table t = ln_fb_item(&v, i);
        const uint32_t graph = ln_fb_u32(&t, LN_SignatureDef_subgraph_index, 0);
        ln_signature *s = &r->m->signatures[i];
        s->key = ln_fb_string(&t, LN_SignatureDef_signature_key);
        if (!s->key)
            return ln_fail(r->diag, LN_ERR_FORMAT, "signature %zu has no key", i);
        if (graph >= (uint32_t)r->m->n_graphs)
            return ln_fail(r->diag, LN_ERR_FORMAT, "signature '%s' is for subgraph %u of %d",
                           s->key, graph, r->m->n_graphs);
        s->graph = (int)graph;
        LN_TRY(read_bindings(r, &t, LN_SignatureDef_inputs, s, &s->inputs, &s->n_inputs));
        LN_TRY(read_bindings(r, &t, LN_SignatureDef_outputs, s, &s->outputs, &s->n_outputs));
    }
    return LN_OK;
}

static ln_status read_metadata(ln_reading *r, const ln_fb_table *root)
{
    const ln_fb_vector v = ln_fb_vec(root, LN_Model_metadata, 4);
    r->m->metadata = room_for(r, &v, sizeof(ln_metadata), &r->m->n_metadata);
    if (!r->m->metadata)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < v.count; i++) {
        const ln_fb_table t = ln_fb_item(&v, i);
        const char *name = ln_fb_string(&t, LN_Metadata_name);
        const uint32_t buffer = ln_fb_u32(&t, LN_Metadata_buffer, 0);
        if (buffer >= (uint32_t)r->m->n_buffers)
            return ln_fail(r->diag, LN_ERR_FORMAT, "metadata '%s' is in buffer %u of %d",
                           name ? name : "", buffer, r->m->n_buffers);
        r->m->metadata[i] = (ln_metadata){name ? name : "", (ln_id)buffer};
    }
    return LN_OK;
}

static ln_status read_model(ln_reading *r)
{
    ln_model *m = r->m;
    if (m->n_bytes < 8 || memcmp(m->bytes + 4, ln_tflite_schema.identifier, 4) != 0)
        return ln_fail(r->diag, LN_ERR_FORMAT,
                       "not a .tflite model: it does not have the identifier TFL3");
    LN_TRY(ln_fb_verify(&ln_tflite_schema, m->bytes, m->n_bytes, r->diag));
    const ln_fb_table root = ln_fb_root(m->bytes, m->n_bytes);
    m->version = ln_fb_i32(&root, LN_Model_version, 0);
    if (m->version != SCHEMA_VERSION)
        return ln_fail(r->diag, LN_ERR_UNSUPPORTED,
                       "the model has version %d of the file format, not %d", m->version,
                       SCHEMA_VERSION);
    const char *description = ln_fb_string(&root, LN_Model_description);
    m->description = description ? description : "";
    LN_TRY(read_buffers(r, &root));
    LN_TRY(read_opcodes(r, &root));
    LN_TRY(read_graphs(r, &root));
    LN_TRY(read_signatures(r, &root));
    return read_metadata(r, &root);
}

ln_status ln_model_open_memory(ln_model **out, const void *data, size_t n, const ln_alloc *alloc,
                               ln_diag *diag)
{
    ln_model *m;
    LN_TRY(ln_model_create(&m, alloc));
    m->bytes = data;
    m->n_bytes = m->graph_bytes = n;
    ln_reading r = {.m = m, .diag = diag};
    const ln_status status = read_model(&r);
    if (status != LN_OK) {
        ln_model_release(m);
        *out = NULL;
        return status == LN_ERR_MEMORY ? ln_fail(diag, status, "no memory for the model") : status;
    }
    *out = m;
    return LN_OK;
}

static void close_file(ln_model *m)
{
    ln_file_close(m->owner);
    ln_free(&m->alloc, m->owner);
}

ln_status ln_model_open(ln_model **out, const char *path, const ln_alloc *alloc, ln_diag *diag)
{
    *out = NULL;
    ln_file *file = ln_new(alloc, 1, sizeof *file);
    if (!file)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for the model");
    ln_status status = ln_file_open(file, path, alloc, diag);
    if (status == LN_OK) {
        status = ln_model_open_memory(out, file->data, file->size, alloc, diag);
        if (status == LN_OK) {
            (*out)->owner = file;
            (*out)->file = file;
            (*out)->release = close_file;
            return LN_OK;
        }
        ln_file_close(file);
    }
    ln_free(alloc, file);
    return status;
}
