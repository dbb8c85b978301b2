/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: floats beside the integers of a model, and NumericVerify between them, so that whoever
 * runs it sees how far each operator's integers are off.  Operators that keep a state would change
 * it twice; they are left out. */
#include <stdio.h>
#include <string.h>

#include "fb/flexwriter.h"
#include "quant/quant.h"

#define VERIFY "NumericVerify"

bool ln_quant_can_verify(const ln_graph *g, const ln_node *n)
{
    if (!n->op || !(n->op->traits & LN_PURE))
        return false;
    for (int i = 0; i < n->inputs->size; i++)
        if (n->inputs->data[i] >= 0 && g->tensors[n->inputs->data[i]].t.is_variable)
            return false;
    return true;
}

ln_status ln_quant_put_copy(ln_quant_job *job, ln_graph *g, const ln_node *n, const ln_id *in,
                            ln_id *out)
{
    ln_model *m = job->m;
    ln_node copy = *n;
    for (int i = 0; i < n->outputs->size; i++) {
        const ln_id y = n->outputs->data[i];
        out[i] = -1;
        if (y >= 0)
            LN_TRY(ln_quant_tensor(m, g, y, g->tensors[y].t.type, g->tensors[y].t.name, &out[i]));
    }
    copy.inputs = ln_ints(&m->arena, n->inputs->size, in);
    copy.outputs = ln_ints(&m->arena, n->outputs->size, out);
    if (!copy.inputs || !copy.outputs)
        return LN_ERR_MEMORY;
    return ln_quant_put_node(m, g, &copy);
}

static ln_status put_with_shadow(ln_quant_job *job, ln_graph *g, const ln_node *n)
{
    TfLiteIntArray *in = ln_ints(&job->m->arena, n->inputs->size, n->inputs->data);
    TfLiteIntArray *out = ln_ints(&job->m->arena, n->outputs->size, n->outputs->data);
    if (!in || !out)
        return LN_ERR_MEMORY;
    for (int i = 0; i < in->size; i++)
        if (in->data[i] >= 0 && job->shadow[in->data[i]] >= 0)
            in->data[i] = job->shadow[in->data[i]];
    if (ln_quant_can_verify(g, n)) {
        LN_TRY(ln_quant_put_copy(job, g, n, in->data, out->data));
        for (int i = 0; i < out->size; i++)
            if (n->outputs->data[i] >= 0)
                job->shadow[n->outputs->data[i]] = out->data[i];
    }
    return ln_quant_put_node(job->m, g, n);
}

ln_status ln_quant_put_shadow(ln_quant_job *job, ln_graph *g)
{
    const ln_quant_nodes old = ln_quant_take_nodes(g);
    job->shadow = ln_arena_new(&job->m->arena, (size_t)job->n_source + 1, sizeof *job->shadow);
    if (!job->shadow)
        return LN_ERR_MEMORY;
    for (int i = 0; i < job->n_source; i++)
        job->shadow[i] = -1;
    for (int i = 0; i < old.n; i++)
        LN_TRY(put_with_shadow(job, g, &old.nodes[i]));
    return LN_OK;
}

ln_status ln_quant_put_verify(ln_quant_job *job, ln_graph *g, ln_id quantized, ln_id reference)
{
    ln_model *m = job->m;
    const ln_id in[] = {quantized, reference};
    ln_flex_writer w = {.arena = &m->arena};
    ln_id out, id;
    ln_flex_begin(&w);
    ln_flex_put_bool(&w, "log_if_failed", false);
    ln_flex_put_float(&w, "tolerance", 0);
    if (!ln_flex_finish(&w, true))
        return LN_ERR_MEMORY;
    LN_TRY(ln_quant_tensor(m, g, reference, kTfLiteFloat32, VERIFY, &out));
    LN_TRY(ln_graph_add_node(m, g, NULL, 2, in, 1, &out, &id));
    ln_node *n = &g->nodes[id];
    n->builtin = kTfLiteBuiltinCustom;
    n->custom_name = VERIFY;
    n->custom = w.out;
    n->custom_size = w.n_out;
    return LN_OK;
}

static ln_status name_one(ln_model *m, ln_graph *g, const ln_node *n)
{
    const char *name = g->tensors[n->inputs->data[0]].t.name;
    const size_t room = strlen(name) + 32;
    char *text = ln_arena_new(&m->arena, room, 1);
    if (!text)
        return LN_ERR_MEMORY;
    snprintf(text, room, VERIFY "/%s:%d", name, n->inputs->data[0]);
    g->tensors[n->outputs->data[0]].t.name = text;
    return LN_OK;
}

ln_status ln_quant_name_verified(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++)
        for (int i = 0; i < m->graphs[k]->n_nodes; i++) {
            const ln_node *n = &m->graphs[k]->nodes[i];
            if (n->custom_name && strcmp(n->custom_name, VERIFY) == 0 && n->inputs->size == 2)
                LN_TRY(name_one(m, m->graphs[k], n));
        }
    return LN_OK;
}
