/* SPDX-License-Identifier: Apache-2.0 */
/* interface.c: other types for what a quantized model takes and gives; nothing else of it changes.
 * Behind an input stands the integer tensor that the model really starts from, behind an output the
 * one that it ends with, with QUANTIZE or DEQUANTIZE between; these go, or come, or read and give
 * another type. */
#include "ops/list.h"
#include "quant/quant.h"

/* One input or output. */
typedef struct port {
    ln_id given, core; /* the tensor that users see, and the integer one */
    int node;          /* that stands between; -1: given is core */
    TfLiteType type;   /* asked for */
} port;

static bool is_copy(const ln_node *n)
{
    return (n->op == &ln_op_quantize || n->op == &ln_op_dequantize) && n->inputs->size == 1 &&
           n->outputs->size == 1 && n->inputs->data[0] >= 0 && n->outputs->data[0] >= 0;
}

static bool is_quantized(const TfLiteTensor *t)
{
    return (t->type == kTfLiteInt8 || t->type == kTfLiteUInt8 || t->type == kTfLiteInt16) &&
           t->params.scale > 0;
}

static void find_core(const ln_graph *g, ln_id given, bool input, port *p)
{
    *p = (port){.given = given, .core = given, .node = -1};
    if (ln_graph_use_count(g, given) != 1)
        return;
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_node *n = &g->nodes[i];
        if (!is_copy(n))
            continue;
        const ln_id outer = input ? n->inputs->data[0] : n->outputs->data[0];
        const ln_id inner = input ? n->outputs->data[0] : n->inputs->data[0];
        if (outer == given && is_quantized(&g->tensors[inner].t)) {
            p->core = inner;
            p->node = i;
        }
    }
}

static ln_status check(const ln_quant_job *job, const ln_graph *g, const port *p)
{
    const TfLiteTensor *core = &g->tensors[p->core].t;
    const bool wide = core->type == kTfLiteInt16;
    if (!is_quantized(core))
        return ln_fail(job->diag, LN_ERR_UNSUPPORTED, "no integers stand behind '%s'",
                       g->tensors[p->given].t.name);
    if (p->type == kTfLiteFloat32 || p->type == core->type)
        return LN_OK;
    if (wide || p->type == kTfLiteInt16)
        return ln_fail(job->diag, LN_ERR_UNSUPPORTED, "'%s' has integers of %d bits",
                       g->tensors[p->given].t.name, wide ? 16 : 8);
    return LN_OK;
}

/* What is already of the wanted type, or is no number that is quantized, stays. */
static bool stays(const ln_graph *g, const port *p)
{
    const TfLiteTensor *given = &g->tensors[p->given].t;
    return given->type == p->type || (given->type != kTfLiteFloat32 && !is_quantized(given));
}

/* A tensor of the wanted type that stands for the same numbers as the core. */
static ln_status make_tensor(ln_model *m, ln_graph *g, const port *p, ln_id *out)
{
    const TfLiteTensor *core = &g->tensors[p->core].t;
    const int shift = (p->type == kTfLiteUInt8) - (core->type == kTfLiteUInt8);
    const float scale = core->params.scale;
    const int zero = core->params.zero_point + 128 * shift;
    LN_TRY(ln_quant_tensor(m, g, p->core, p->type, g->tensors[p->given].t.name, out));
    return p->type == kTfLiteFloat32
               ? LN_OK
               : ln_quant_set_affine(m, &g->tensors[*out].t, 1, &scale, &zero, 0);
}

/* The tensor that users get to see now, with a node between it and the core. */
static ln_status put_port(ln_quant_job *job, ln_graph *g, const port *p, bool input, ln_id *out)
{
    if (p->type == g->tensors[p->core].t.type) {
        g->tensors[p->core].t.name = g->tensors[p->given].t.name;
        *out = p->core;
        return LN_OK;
    }
    LN_TRY(make_tensor(job->m, g, p, out));
    const ln_op *op = !input && p->type == kTfLiteFloat32 ? &ln_op_dequantize : &ln_op_quantize;
    return ln_quant_add_unary(job->m, g, op, input ? *out : p->core, input ? p->core : *out);
}

static ln_status find_ports(const ln_quant_job *job, const ln_graph *g, bool input, port *ports,
                            bool *dropped)
{
    const TfLiteIntArray *ids = input ? g->inputs : g->outputs;
    const TfLiteType type = input ? job->o->input_type : job->o->output_type;
    for (int i = 0; i < ids->size; i++) {
        port *p = &ports[i];
        find_core(g, ids->data[i], input, p);
        p->type = type;
        if (type == kTfLiteNoType || stays(g, p)) {
            p->type = kTfLiteNoType;
            continue;
        }
        LN_TRY(check(job, g, p));
        if (p->node >= 0)
            dropped[p->node] = true;
    }
    return LN_OK;
}

static ln_status put_ports(ln_quant_job *job, int graph, bool input, const port *ports)
{
    ln_graph *g = job->m->graphs[graph];
    TfLiteIntArray *ids = input ? g->inputs : g->outputs;
    for (int i = 0; i < ids->size; i++) {
        ln_id made;
        if (ports[i].type == kTfLiteNoType)
            continue;
        LN_TRY(put_port(job, g, &ports[i], input, &made));
        ln_quant_rebind(job->m, graph, input, ids->data[i], made);
        ids->data[i] = made;
    }
    return LN_OK;
}

static ln_status change(ln_quant_job *job, int graph)
{
    ln_graph *g = job->m->graphs[graph];
    const size_t n_in = (size_t)g->inputs->size, n_out = (size_t)g->outputs->size;
    port *in = ln_arena_new(&job->m->arena, n_in + 1, sizeof *in);
    port *out = ln_arena_new(&job->m->arena, n_out + 1, sizeof *out);
    bool *dropped = ln_arena_new(&job->m->arena, (size_t)g->n_nodes + 1, sizeof *dropped);
    if (!in || !out || !dropped)
        return LN_ERR_MEMORY;
    LN_TRY(find_ports(job, g, true, in, dropped));
    LN_TRY(find_ports(job, g, false, out, dropped));
    const ln_quant_nodes old = ln_quant_take_nodes(g);
    LN_TRY(put_ports(job, graph, true, in));
    for (int i = 0; i < old.n; i++)
        if (!dropped[i])
            LN_TRY(ln_quant_put_node(job->m, g, &old.nodes[i]));
    return put_ports(job, graph, false, out);
}

ln_status ln_quant_interface(ln_quant_job *job)
{
    for (int k = 0; k < job->m->n_graphs; k++)
        if (ln_quant_has_interface(job->m, k))
            LN_TRY(change(job, k));
    return LN_OK;
}
