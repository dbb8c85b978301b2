/* SPDX-License-Identifier: Apache-2.0 */
/* validate.c: what every graph holds to, whoever made it.  Everything that walks a graph relies
 * on this: ids in range, one writer per tensor, nothing read before it is made. */
#include <stdio.h>

#include "ir/graph.h"

enum { MAX_RANK = 8 };

typedef struct check {
    const ln_graph *g;
    int *maker; /* of each tensor: a node, NOBODY or CALLER */
    ln_diag *diag;
} check;
enum { NOBODY = -1, CALLER = -2 };

static ln_status check_ids(check *c, const TfLiteIntArray *ids, bool optional, const char *what)
{
    for (int i = 0; i < ids->size; i++)
        if (ids->data[i] < (optional ? -1 : 0) || ids->data[i] >= c->g->n_tensors)
            return ln_fail(c->diag, LN_ERR_FORMAT, "%s %d is tensor %d of %d", what, i,
                           ids->data[i], c->g->n_tensors);
    return LN_OK;
}

/* The count of items fits 62 bits, so that sizes in bytes fit 64. */
static ln_status check_tensor(check *c, int i)
{
    const TfLiteTensor *t = &c->g->tensors[i].t;
    const char *name = t->name ? t->name : "";
    int64_t count = 1;
    if (!t->dims || t->dims->size > MAX_RANK)
        return ln_fail(c->diag, LN_ERR_FORMAT,
                       "tensor %d '%s' has no shape or more than %d "
                       "dimensions",
                       i, name, MAX_RANK);
    for (int d = 0; d < t->dims->size; d++) {
        const int n = t->dims->data[d];
        if (n < -1)
            return ln_fail(c->diag, LN_ERR_FORMAT, "tensor %d '%s' has dimension %d of size %d", i,
                           name, d, n);
        if (n > 0 && count > (INT64_MAX / 4) / n)
            return ln_fail(c->diag, LN_ERR_FORMAT, "tensor %d '%s' has too many items", i, name);
        count *= n > 0 ? n : 1;
    }
    if (t->allocation_type == kTfLiteMmapRo && !t->data.raw_const)
        return ln_fail(c->diag, LN_ERR_FORMAT, "constant tensor %d '%s' has no data", i, name);
    return LN_OK;
}

/* Quantization by other tensors: their ids, and sizes that make sense. */
static ln_status check_quantization(check *c, int i)
{
    const TfLiteTensor *t = &c->g->tensors[i].t;
    int scale, zero;
    if (t->quantization.type == kTfLiteBlockwiseQuantization) {
        const TfLiteBlockwiseQuantization *q = t->quantization.params;
        scale = q->scale;
        zero = q->zero_point;
        if (q->blocksize <= 0 || q->quantized_dimension < 0)
            return ln_fail(c->diag, LN_ERR_FORMAT,
                           "tensor %d '%s' has blocks of %d along "
                           "dimension %d",
                           i, t->name, q->blocksize, q->quantized_dimension);
    } else if (t->quantization.type == kTfLiteMultiAxisQuantization) {
        const TfLiteMultiAxisQuantization *q = t->quantization.params;
        scale = q->scales;
        zero = q->zero_points;
    } else {
        return LN_OK;
    }
    if (scale < 0 || scale >= c->g->n_tensors || zero < -1 || zero >= c->g->n_tensors)
        return ln_fail(c->diag, LN_ERR_FORMAT,
                       "tensor %d '%s' has scales in tensor %d and zero "
                       "points in tensor %d of %d",
                       i, t->name, scale, zero, c->g->n_tensors);
    return LN_OK;
}

static ln_status check_outputs(check *c, int node)
{
    const TfLiteIntArray *out = c->g->nodes[node].outputs;
    LN_TRY(check_ids(c, out, false, "node output"));
    for (int k = 0; k < out->size; k++) {
        const int i = out->data[k];
        const TfLiteTensor *t = &c->g->tensors[i].t;
        if (t->allocation_type == kTfLiteMmapRo)
            return ln_fail(c->diag, LN_ERR_FORMAT, "it writes tensor %d '%s', a constant", i,
                           t->name);
        if (c->maker[i] != NOBODY && !t->is_variable)
            return ln_fail(c->diag, LN_ERR_FORMAT,
                           "it writes tensor %d '%s', which is an input "
                           "of the graph or was written before",
                           i, t->name);
        c->maker[i] = node;
    }
    return LN_OK;
}

/* Inputs that nothing makes are left to the runtime: old files keep state in them. */
static ln_status check_inputs(check *c, int node)
{
    const ln_node *n = &c->g->nodes[node];
    for (int k = 0; k < n->inputs->size; k++) {
        const int i = n->inputs->data[k];
        if (i >= 0 && c->maker[i] >= node && !c->g->tensors[i].t.is_variable)
            return ln_fail(c->diag, LN_ERR_FORMAT, "it reads tensor %d '%s', which node %d makes",
                           i, c->g->tensors[i].t.name, c->maker[i]);
    }
    return LN_OK;
}

static void locate(const void *at, char *text, size_t n)
{
    snprintf(text, n, "node %d", *(const int *)at);
}

static ln_status check_nodes(check *c, ln_status (*part)(check *, int))
{
    int i = 0;
    if (c->diag)
        c->diag->at = &i;
    for (; i < c->g->n_nodes; i++)
        LN_TRY(part(c, i));
    return LN_OK;
}

static ln_status check_lists(check *c, int node)
{
    const ln_node *n = &c->g->nodes[node];
    LN_TRY(check_ids(c, n->inputs, true, "node input"));
    return check_ids(c, n->intermediates, true, "intermediate tensor");
}

/* Whoever calls the graph writes its inputs, so none may lie in the read-only file. */
static ln_status check_graph_inputs(check *c)
{
    const TfLiteIntArray *in = c->g->inputs;
    for (int i = 0; i < in->size; i++) {
        const TfLiteTensor *t = &c->g->tensors[in->data[i]].t;
        if (t->allocation_type == kTfLiteMmapRo)
            return ln_fail(c->diag, LN_ERR_FORMAT, "graph input %d is tensor %d '%s', a constant",
                           i, in->data[i], t->name);
        c->maker[in->data[i]] = CALLER;
    }
    return LN_OK;
}

static ln_status check_graph(check *c)
{
    const ln_graph *g = c->g;
    for (int i = 0; i < g->n_tensors; i++) {
        c->maker[i] = NOBODY;
        LN_TRY(check_tensor(c, i));
        LN_TRY(check_quantization(c, i));
    }
    LN_TRY(check_ids(c, g->inputs, false, "graph input"));
    LN_TRY(check_ids(c, g->outputs, false, "graph output"));
    LN_TRY(check_graph_inputs(c));
    LN_TRY(check_nodes(c, check_lists));
    LN_TRY(check_nodes(c, check_outputs));
    return check_nodes(c, check_inputs);
}

ln_status ln_graph_validate(const ln_model *m, int graph, ln_diag *diag)
{
    check c = {.g = m->graphs[graph], .diag = diag};
    c.maker = ln_new(&m->alloc, (size_t)c.g->n_tensors, sizeof *c.maker);
    if (!c.maker)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory to check the graph");
    ln_diag unused, *d = diag ? diag : &unused;
    d->at = NULL;
    d->locate = locate;
    const ln_status status = check_graph(&c);
    d->at = NULL;
    ln_diag_where(diag, NULL);
    ln_free(&m->alloc, c.maker);
    return status;
}
