/* SPDX-License-Identifier: Apache-2.0 */
/* tflite.c: opens a .tflite file for the passes.  Graphs that no wanted signature runs stay for
 * now: the passes drop what nothing refers to. */
#include "convert/tflite.h"

#include <string.h>

#include "model/model.h"
#include "opt/opt.h"
#include "opt/tidy.h"

static bool is_wanted(const ln_import_options *o, const char *key)
{
    for (int i = 0; i < o->n_signatures; i++)
        if (strcmp(o->signatures[i], key) == 0)
            return true;
    return o->n_signatures == 0;
}

static ln_status check_wishes(const ln_model *m, const ln_import_options *o, ln_diag *diag)
{
    for (int i = 0; i < o->n_signatures; i++) {
        bool found = false;
        for (int k = 0; k < m->n_signatures; k++)
            found = found || strcmp(m->signatures[k].key, o->signatures[i]) == 0;
        if (!found)
            return ln_fail(diag, LN_ERR_NOT_FOUND, "the model has no signature %s",
                           o->signatures[i]);
    }
    return LN_OK;
}

static void exchange(void *user, int *graph)
{
    const int other = *(const int *)user;
    *graph = *graph == other ? 0 : *graph == 0 ? other : *graph;
}

/* Graph 0 is what runs where nobody asks for a signature: it is that of the first one kept. */
static void make_main(ln_model *m, int graph)
{
    ln_graph *main = m->graphs[graph];
    m->graphs[graph] = m->graphs[0];
    m->graphs[0] = main;
    for (int i = 0; i < m->n_signatures; i++)
        exchange(&graph, &m->signatures[i].graph);
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++)
            ln_tidy_graph_refs(&m->graphs[g]->nodes[i], exchange, &graph);
}

static ln_status keep_wanted(ln_model *m, const ln_import_options *o, ln_diag *diag)
{
    int kept = 0;
    LN_TRY(check_wishes(m, o, diag));
    if (o->n_signatures == 0)
        return LN_OK;
    for (int i = 0; i < m->n_signatures; i++)
        if (is_wanted(o, m->signatures[i].key))
            m->signatures[kept++] = m->signatures[i];
    m->n_signatures = kept;
    make_main(m, m->signatures[0].graph);
    return LN_OK;
}

/* ---- shapes of inputs ---- */

static bool is_named(const ln_model *m, int graph, ln_id tensor, const char *name)
{
    const char *own = m->graphs[graph]->tensors[tensor].t.name;
    if (own && strcmp(own, name) == 0)
        return true;
    for (int i = 0; i < m->n_signatures; i++) {
        const ln_signature *s = &m->signatures[i];
        for (int k = 0; s->graph == graph && k < s->n_inputs; k++)
            if (s->inputs[k].tensor == tensor && strcmp(s->inputs[k].name, name) == 0)
                return true;
    }
    return false;
}

static ln_status set_shape(ln_model *m, const ln_input_shape *wish, ln_diag *diag)
{
    bool found = false;
    for (int g = 0; g < m->n_graphs; g++) {
        const ln_graph *graph = m->graphs[g];
        for (int i = 0; i < graph->inputs->size; i++) {
            ln_tensor *t = &graph->tensors[graph->inputs->data[i]];
            if (!is_named(m, g, graph->inputs->data[i], wish->name))
                continue;
            t->t.dims = ln_ints(&m->arena, wish->shape.rank, wish->shape.dim);
            t->t.dims_signature = NULL;
            t->has_rank = true;
            found = true;
            if (!t->t.dims)
                return LN_ERR_MEMORY;
        }
    }
    return found ? LN_OK : ln_fail(diag, LN_ERR_NOT_FOUND, "the model has no input %s", wish->name);
}

static ln_status prepare(ln_model *m, const ln_import_options *o, ln_diag *diag)
{
    LN_TRY(keep_wanted(m, o, diag));
    LN_TRY(ln_emit_reopen(m));
    for (int i = 0; i < o->n_shapes; i++)
        LN_TRY(set_shape(m, &o->shapes[i], diag));
    return ln_opt_infer(m);
}

ln_status ln_convert_open_tflite(ln_model **out, const char *path, const ln_import_options *o,
                                 const ln_alloc *alloc, ln_diag *diag)
{
    LN_TRY(ln_model_open(out, path, alloc, diag));
    const ln_status status = prepare(*out, o, diag);
    if (status == LN_OK)
        return LN_OK;
    ln_model_release(*out);
    *out = NULL;
    return status;
}
