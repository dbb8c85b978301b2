/* SPDX-License-Identifier: Apache-2.0 */
/* compact.c: drops tensors and buffers that nothing uses any more, and gives the rest new numbers.
 * Everything that names a tensor or a buffer by number is here. */
#include <string.h>

#include "quant/quant.h"

static void mark(int *used, const TfLiteIntArray *ids)
{
    for (int i = 0; ids && i < ids->size; i++)
        if (ids->data[i] >= 0)
            used[ids->data[i]] = 1;
}

static void mark_all(const ln_model *m, int graph, int *used)
{
    const ln_graph *g = m->graphs[graph];
    mark(used, g->inputs);
    mark(used, g->outputs);
    for (int i = 0; i < g->n_nodes; i++) {
        mark(used, g->nodes[i].inputs);
        mark(used, g->nodes[i].outputs);
        mark(used, g->nodes[i].intermediates);
    }
    for (int s = 0; s < m->n_signatures; s++) {
        const ln_signature *sig = &m->signatures[s];
        for (int i = 0; sig->graph == graph && i < sig->n_inputs; i++)
            used[sig->inputs[i].tensor] = 1;
        for (int i = 0; sig->graph == graph && i < sig->n_outputs; i++)
            used[sig->outputs[i].tensor] = 1;
    }
}

/* The tensors with the scales and zero points of blocks. */
static void visit_parameters(const TfLiteTensor *t, void (*visit)(int *used, int *id), int *used)
{
    if (t->quantization.type == kTfLiteBlockwiseQuantization) {
        TfLiteBlockwiseQuantization *q = t->quantization.params;
        visit(used, &q->scale);
        visit(used, &q->zero_point);
    } else if (t->quantization.type == kTfLiteMultiAxisQuantization) {
        TfLiteMultiAxisQuantization *q = t->quantization.params;
        visit(used, &q->scales);
        visit(used, &q->zero_points);
    }
}

static void mark_one(int *used, int *id)
{
    if (*id >= 0)
        used[*id] = 1;
}

static void renumber_one(int *numbers, int *id)
{
    if (*id >= 0)
        *id = numbers[*id];
}

static void renumber(TfLiteIntArray *ids, const int *numbers)
{
    for (int i = 0; ids && i < ids->size; i++)
        if (ids->data[i] >= 0)
            ids->data[i] = numbers[ids->data[i]];
}

static void renumber_all(ln_model *m, int graph, int *numbers)
{
    ln_graph *g = m->graphs[graph];
    renumber(g->inputs, numbers);
    renumber(g->outputs, numbers);
    for (int i = 0; i < g->n_nodes; i++) {
        renumber(g->nodes[i].inputs, numbers);
        renumber(g->nodes[i].outputs, numbers);
        renumber(g->nodes[i].intermediates, numbers);
    }
    for (int s = 0; s < m->n_signatures; s++) {
        ln_signature *sig = &m->signatures[s];
        for (int i = 0; sig->graph == graph && i < sig->n_inputs; i++)
            sig->inputs[i].tensor = numbers[sig->inputs[i].tensor];
        for (int i = 0; sig->graph == graph && i < sig->n_outputs; i++)
            sig->outputs[i].tensor = numbers[sig->outputs[i].tensor];
    }
    for (int i = 0; i < g->n_tensors; i++)
        visit_parameters(&g->tensors[i].t, renumber_one, numbers);
}

static ln_status compact_tensors(ln_model *m, int graph)
{
    ln_graph *g = m->graphs[graph];
    int *used = ln_new(&m->alloc, (size_t)g->n_tensors + 1, sizeof *used);
    if (!used)
        return LN_ERR_MEMORY;
    mark_all(m, graph, used);
    for (int i = 0; i < g->n_tensors; i++)
        if (used[i])
            visit_parameters(&g->tensors[i].t, mark_one, used);
    int kept = 0;
    for (int i = 0; i < g->n_tensors; i++) {
        if (used[i])
            g->tensors[kept] = g->tensors[i];
        used[i] = used[i] ? kept++ : -1;
    }
    g->n_tensors = kept;
    renumber_all(m, graph, used);
    ln_free(&m->alloc, used);
    return LN_OK;
}

static ln_status compact_buffers(ln_model *m)
{
    int *used = ln_new(&m->alloc, (size_t)m->n_buffers + 1, sizeof *used);
    int kept = 0;
    if (!used)
        return LN_ERR_MEMORY;
    used[0] = 1;
    for (int k = 0; k < m->n_graphs; k++)
        for (int i = 0; i < m->graphs[k]->n_tensors; i++)
            used[m->graphs[k]->tensors[i].buffer] = 1;
    for (int i = 0; i < m->n_metadata; i++)
        used[m->metadata[i].buffer] = 1;
    for (int i = 0; i < m->n_buffers; i++) {
        if (used[i])
            m->buffers[kept] = m->buffers[i];
        used[i] = used[i] ? kept++ : -1;
    }
    m->n_buffers = kept;
    for (int k = 0; k < m->n_graphs; k++)
        for (int i = 0; i < m->graphs[k]->n_tensors; i++)
            m->graphs[k]->tensors[i].buffer = used[m->graphs[k]->tensors[i].buffer];
    for (int i = 0; i < m->n_metadata; i++)
        m->metadata[i].buffer = used[m->metadata[i].buffer];
    ln_free(&m->alloc, used);
    return LN_OK;
}

ln_status ln_quant_compact(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++)
        LN_TRY(compact_tensors(m, k));
    return compact_buffers(m);
}
