/* SPDX-License-Identifier: Apache-2.0 */
/* linnet_model.c: linnet/model.h: looking into a model through its TfLiteModel. */
#include "linnet/model.h"

#include <stdio.h>

#include "capi/capi.h"
#include "model/model.h"
#include "ops/op.h"

const char *ln_tflite_model_description(const TfLiteModel *model)
{
    return model && model->model->description ? model->model->description : "";
}

int ln_tflite_model_version(const TfLiteModel *model)
{
    return model ? model->model->version : 0;
}

static bool is_metadata(const ln_model *m, int buffer)
{
    for (int i = 0; i < m->n_metadata; i++) {
        if (m->metadata[i].buffer == buffer)
            return true;
    }
    return false;
}

void ln_tflite_model_sizes(const TfLiteModel *model, ln_tflite_sizes *sizes)
{
    *sizes = (ln_tflite_sizes){0};
    if (!model)
        return;
    const ln_model *m = model->model;
    sizes->file_bytes = m->n_bytes;
    for (int i = 0; i < m->n_buffers; i++)
        *(is_metadata(m, i) ? &sizes->metadata_bytes : &sizes->weight_bytes) += m->buffers[i].size;
    const size_t data = sizes->weight_bytes + sizes->metadata_bytes;
    /* Buffers of a hostile file may overlap. */
    sizes->graph_bytes = m->n_bytes > data ? m->n_bytes - data : 0;
}

static const ln_graph *find_graph(const TfLiteModel *model, int graph)
{
    return model && graph >= 0 && graph < model->model->n_graphs ? model->model->graphs[graph]
                                                                 : NULL;
}

int ln_tflite_model_graph_count(const TfLiteModel *model)
{
    return model ? model->model->n_graphs : 0;
}

bool ln_tflite_model_graph(const TfLiteModel *model, int graph, ln_tflite_graph *info)
{
    const ln_graph *g = find_graph(model, graph);
    if (!g)
        return false;
    *info = (ln_tflite_graph){
        .name = g->name ? g->name : "",
        .n_tensors = g->n_tensors,
        .n_nodes = g->n_nodes,
        .n_inputs = g->inputs ? g->inputs->size : 0,
        .n_outputs = g->outputs ? g->outputs->size : 0,
        .inputs = g->inputs ? g->inputs->data : NULL,
        .outputs = g->outputs ? g->outputs->data : NULL,
    };
    return true;
}

const TfLiteTensor *ln_tflite_model_tensor(const TfLiteModel *model, int graph, int tensor)
{
    const ln_graph *g = find_graph(model, graph);
    return g && tensor >= 0 && tensor < g->n_tensors ? &g->tensors[tensor].t : NULL;
}

bool ln_tflite_model_node(const TfLiteModel *model, int graph, int node, ln_tflite_node *info)
{
    const ln_graph *g = find_graph(model, graph);
    if (!g || node < 0 || node >= g->n_nodes)
        return false;
    const ln_node *n = &g->nodes[node];
    const char *name = n->custom_name ? n->custom_name : ln_op_code_name(n->builtin);
    *info = (ln_tflite_node){
        .op = name ? name : "",
        .builtin = n->builtin,
        .version = n->version,
        .known = n->op != NULL,
        .inputs = n->inputs,
        .outputs = n->outputs,
    };
    return true;
}

static const ln_signature *find_signature(const TfLiteModel *model, int i)
{
    return model && i >= 0 && i < model->model->n_signatures ? &model->model->signatures[i] : NULL;
}

int ln_tflite_model_signature_count(const TfLiteModel *model)
{
    return model ? model->model->n_signatures : 0;
}

const char *ln_tflite_model_signature(const TfLiteModel *model, int signature, int *graph)
{
    const ln_signature *s = find_signature(model, signature);
    if (s && graph)
        *graph = s->graph;
    return s ? s->key : NULL;
}

static const char *bound_name(const ln_binding *bindings, int n, int i, int *tensor)
{
    if (i < 0 || i >= n)
        return NULL;
    if (tensor)
        *tensor = bindings[i].tensor;
    return bindings[i].name;
}

const char *ln_tflite_model_signature_input(const TfLiteModel *model, int signature, int i,
                                            int *tensor)
{
    const ln_signature *s = find_signature(model, signature);
    return s ? bound_name(s->inputs, s->n_inputs, i, tensor) : NULL;
}

const char *ln_tflite_model_signature_output(const TfLiteModel *model, int signature, int i,
                                             int *tensor)
{
    const ln_signature *s = find_signature(model, signature);
    return s ? bound_name(s->outputs, s->n_outputs, i, tensor) : NULL;
}

const char *ln_tflite_model_metadata(const TfLiteModel *model, int i, const void **data, size_t *n)
{
    if (!model || i < 0 || i >= model->model->n_metadata)
        return NULL;
    const ln_metadata *entry = &model->model->metadata[i];
    const bool there = entry->buffer > 0 && entry->buffer < model->model->n_buffers;
    if (data)
        *data = there ? model->model->buffers[entry->buffer].data : NULL;
    if (n)
        *n = there ? model->model->buffers[entry->buffer].size : 0;
    return entry->name ? entry->name : "";
}

void ln_tflite_model_dump(const TfLiteModel *model, int graph, ln_tflite_put put, void *user)
{
    if (find_graph(model, graph))
        ln_graph_dump(model->model, graph, put, user);
}

void ln_tflite_model_dot(const TfLiteModel *model, int graph, ln_tflite_put put, void *user)
{
    if (find_graph(model, graph))
        ln_graph_dot(model->model, graph, put, user);
}

TfLiteStatus ln_tflite_model_write(const TfLiteModel *model, void **bytes, size_t *n)
{
    if (!bytes || !n)
        return kTfLiteError;
    *bytes = NULL;
    *n = 0;
    if (!model)
        return kTfLiteError;
    ln_reporter reporter = model->reporter;
    ln_diag diag = {.sink = ln_reporter_report, .user = &reporter};
    uint8_t *data = NULL;
    const ln_status status = ln_model_write(model->model, &data, n, &ln_alloc_default, &diag);
    *bytes = data;
    return ln_status_to_tflite(status);
}

TfLiteStatus ln_tflite_attach(const void *model, size_t n, const ln_tflite_entry *entry, void **out,
                              size_t *n_out, char message[512])
{
    ln_diag diag = {0};
    uint8_t *bytes = NULL;
    ln_status status = LN_ERR_ARGUMENT;
    *n_out = 0;
    if (model && entry && entry->name) {
        const ln_attachment attachment = {entry->name, entry->data, entry->size};
        status = ln_model_attach(model, n, &attachment, &bytes, n_out, &ln_alloc_default, &diag);
    }
    if (status != LN_OK && message)
        snprintf(message, LN_DIAG_TEXT, "%s", diag.text[0] ? diag.text : ln_status_text(status));
    *out = bytes;
    return ln_status_to_tflite(status);
}

void ln_tflite_free(void *bytes)
{
    ln_free(&ln_alloc_default, bytes);
}
