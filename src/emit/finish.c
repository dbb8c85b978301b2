/* SPDX-License-Identifier: Apache-2.0 */
/* finish.c: what stands around the nodes: signatures, and dimensions as a file states them. */
#include <string.h>

#include "emit/emit.h"

/* The ids of `ids` under `names`; NULL names: those of the tensors. */
static ln_status bindings(ln_model *m, const ln_graph *g, const TfLiteIntArray *ids,
                          const char *const *names, ln_binding **out)
{
    ln_binding *b = ln_arena_new(&m->arena, (size_t)ids->size + 1, sizeof *b);
    if (!b)
        return LN_ERR_MEMORY;
    for (int i = 0; i < ids->size; i++) {
        const char *name = names ? names[i] : g->tensors[ids->data[i]].t.name;
        b[i].tensor = ids->data[i];
        b[i].name = ln_arena_string(&m->arena, name, strlen(name));
        if (!b[i].name)
            return LN_ERR_MEMORY;
    }
    *out = b;
    return LN_OK;
}

ln_status ln_emit_signature(ln_model *m, int graph, const char *key, const char *const *inputs,
                            const char *const *outputs)
{
    const ln_graph *g = m->graphs[graph];
    ln_signature *all = ln_arena_new(&m->arena, (size_t)m->n_signatures + 1, sizeof *all);
    if (!all)
        return LN_ERR_MEMORY;
    if (m->n_signatures)
        memcpy(all, m->signatures, (size_t)m->n_signatures * sizeof *all);
    ln_signature *s = &all[m->n_signatures];
    *s = (ln_signature){.graph = graph, .n_inputs = g->inputs->size, .n_outputs = g->outputs->size};
    s->key = ln_arena_string(&m->arena, key, strlen(key));
    if (!s->key)
        return LN_ERR_MEMORY;
    LN_TRY(bindings(m, g, g->inputs, inputs, &s->inputs));
    LN_TRY(bindings(m, g, g->outputs, outputs, &s->outputs));
    m->signatures = all;
    m->n_signatures++;
    return LN_OK;
}

/* dims -> dims of 1 and a signature of -1, where a dimension is open. */
static ln_status close_dims(ln_model *m, TfLiteTensor *t)
{
    bool open = false;
    for (int i = 0; t->dims && i < t->dims->size; i++)
        open = open || t->dims->data[i] < 0;
    if (!open)
        return LN_OK;
    TfLiteIntArray *closed = ln_ints(&m->arena, t->dims->size, t->dims->data);
    if (!closed)
        return LN_ERR_MEMORY;
    for (int i = 0; i < closed->size; i++)
        closed->data[i] = closed->data[i] < 0 ? 1 : closed->data[i];
    t->dims_signature = t->dims;
    t->dims = closed;
    return LN_OK;
}

ln_status ln_emit_finish(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++)
        for (int i = 0; i < m->graphs[k]->n_tensors; i++)
            LN_TRY(close_dims(m, &m->graphs[k]->tensors[i].t));
    return LN_OK;
}

static bool is_input(const ln_graph *g, ln_id t)
{
    for (int i = 0; i < g->inputs->size; i++)
        if (g->inputs->data[i] == t)
            return true;
    return false;
}

ln_status ln_emit_reopen(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++)
        for (int i = 0; i < m->graphs[k]->n_tensors; i++) {
            TfLiteTensor *t = &m->graphs[k]->tensors[i].t;
            /* a file without the mark means rank 0, but for inputs, which may be resized */
            if (t->dims && (t->dims->size > 0 || !is_input(m->graphs[k], i)))
                m->graphs[k]->tensors[i].has_rank = true;
            if (!t->dims_signature || !t->dims || t->dims_signature->size != t->dims->size)
                continue;
            TfLiteIntArray *open = ln_ints(&m->arena, t->dims->size, t->dims_signature->data);
            if (!open)
                return LN_ERR_MEMORY;
            t->dims = open;
            t->dims_signature = NULL;
        }
    return LN_OK;
}
