/* SPDX-License-Identifier: Apache-2.0 */
/* tensors.c: new tensors, their parameters, and nodes put between others. */
#include <string.h>

#include "quant/quant.h"

ln_status ln_quant_set_affine(ln_model *m, TfLiteTensor *t, int n, const float *scales,
                              const int *zeros, int axis)
{
    TfLiteAffineQuantization *q = ln_arena_new(&m->arena, 1, sizeof *q);
    TfLiteFloatArray *s = ln_arena_new(&m->arena, 1, sizeof *s + (size_t)n * sizeof s->data[0]);
    TfLiteIntArray *z = ln_ints(&m->arena, n, zeros);
    if (!q || !s || !z)
        return LN_ERR_MEMORY;
    s->size = n;
    memcpy(s->data, scales, (size_t)n * sizeof s->data[0]);
    *q = (TfLiteAffineQuantization){.scale = s, .zero_point = z, .quantized_dimension = axis};
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, q};
    t->params = n == 1 ? (TfLiteQuantizationParams){s->data[0], z->data[0]}
                       : (TfLiteQuantizationParams){0, 0};
    return LN_OK;
}

ln_status ln_quant_tensor(ln_model *m, ln_graph *g, ln_id like, TfLiteType type, const char *name,
                          ln_id *out)
{
    const TfLiteIntArray *dims = g->tensors[like].t.dims;
    const int rank = g->tensors[like].has_rank ? dims->size : -1;
    return ln_graph_add_tensor(m, g, name, type, rank, dims->data, out);
}

ln_status ln_quant_constant(ln_model *m, ln_graph *g, ln_id like, TfLiteType type, const void *data,
                            size_t bytes, ln_id *out)
{
    ln_id buffer;
    LN_TRY(ln_model_add_buffer(m, data, bytes, false, &buffer));
    LN_TRY(ln_quant_tensor(m, g, like, type, g->tensors[like].t.name, out));
    ln_tensor *t = &g->tensors[*out];
    t->buffer = buffer;
    t->t.data.raw_const = data;
    t->t.bytes = bytes;
    t->t.allocation_type = kTfLiteMmapRo;
    return LN_OK;
}

bool ln_quant_is_weights(const ln_graph *g, ln_id id)
{
    if (id < 0)
        return false;
    const TfLiteTensor *t = &g->tensors[id].t;
    return t->type == kTfLiteFloat32 && t->allocation_type == kTfLiteMmapRo && !t->sparsity &&
           t->data.raw_const && ln_count(t) > 0;
}

bool ln_quant_is_output(const ln_graph *g, ln_id id)
{
    for (int i = 0; i < g->outputs->size; i++)
        if (g->outputs->data[i] == id)
            return true;
    return false;
}

ln_status ln_quant_add_unary(ln_model *m, ln_graph *g, const ln_op *op, ln_id in, ln_id out)
{
    ln_id id;
    LN_TRY(ln_graph_add_node(m, g, op, 1, &in, 1, &out, &id));
    g->nodes[id].builtin = op->builtin;
    if (op->params_size) {
        g->nodes[id].params = ln_arena_new(&m->arena, 1, op->params_size);
        g->nodes[id].params_size = op->params_size;
        if (!g->nodes[id].params)
            return LN_ERR_MEMORY;
    }
    return LN_OK;
}

ln_quant_nodes ln_quant_take_nodes(ln_graph *g)
{
    const ln_quant_nodes taken = {g->nodes, g->n_nodes};
    g->nodes = NULL;
    g->n_nodes = 0;
    g->node_capacity = 0;
    return taken;
}

ln_status ln_quant_put_node(ln_model *m, ln_graph *g, const ln_node *n)
{
    ln_id id;
    LN_TRY(ln_graph_add_node(m, g, n->op, 0, NULL, 0, NULL, &id));
    g->nodes[id] = *n;
    return LN_OK;
}

bool ln_quant_has_interface(const ln_model *m, int graph)
{
    bool named = graph == 0;
    for (int i = 0; i < m->n_signatures; i++)
        named = named || m->signatures[i].graph == graph;
    return named;
}

void ln_quant_rebind(ln_model *m, int graph, bool inputs, ln_id from, ln_id to)
{
    for (int s = 0; s < m->n_signatures; s++) {
        ln_signature *sig = &m->signatures[s];
        ln_binding *b = inputs ? sig->inputs : sig->outputs;
        const int n = inputs ? sig->n_inputs : sig->n_outputs;
        for (int i = 0; sig->graph == graph && i < n; i++)
            if (b[i].tensor == from)
                b[i].tensor = to;
    }
}
