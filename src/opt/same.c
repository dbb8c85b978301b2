/* SPDX-License-Identifier: Apache-2.0 */
/* same.c: signatures whose graphs do the same share one.  Keras exports a model under two
 * signatures ("serve" and "serving_default"), which are imported one after the other and come out
 * alike, number by number; nothing else is looked for.  Graphs that keep state in tensors of their
 * own stay apart. */
#include <string.h>

#include "opt/tidy.h"

static bool same_ids(const TfLiteIntArray *a, const TfLiteIntArray *b)
{
    const int n = a ? a->size : 0;
    return n == (b ? b->size : 0) &&
           (n == 0 || memcmp(a->data, b->data, sizeof(int) * (size_t)n) == 0);
}

/* Buffers with the same bytes have been made one before. */
static bool same_tensor(const ln_tensor *a, const ln_tensor *b)
{
    const bool plain = a->t.quantization.type == kTfLiteNoQuantization &&
                       b->t.quantization.type == kTfLiteNoQuantization && !a->t.sparsity &&
                       !b->t.sparsity;
    return plain && a->t.type == b->t.type && a->has_rank == b->has_rank &&
           a->buffer == b->buffer && !a->t.is_variable && !b->t.is_variable &&
           same_ids(a->t.dims, b->t.dims) && same_ids(a->t.dims_signature, b->t.dims_signature);
}

static bool same_node(const ln_node *a, const ln_node *b)
{
    const bool named = a->custom_name && b->custom_name;
    if (a->op != b->op || a->builtin != b->builtin || !a->custom_name != !b->custom_name ||
        (named && strcmp(a->custom_name, b->custom_name) != 0))
        return false;
    if (a->params_size != b->params_size || a->custom_size != b->custom_size)
        return false;
    return (a->params_size == 0 || memcmp(a->params, b->params, a->params_size) == 0) &&
           (a->custom_size == 0 || memcmp(a->custom, b->custom, a->custom_size) == 0) &&
           same_ids(a->inputs, b->inputs) && same_ids(a->outputs, b->outputs) &&
           same_ids(a->intermediates, b->intermediates);
}

static bool same_graph(const ln_graph *a, const ln_graph *b)
{
    if (a->n_nodes != b->n_nodes || a->n_tensors != b->n_tensors ||
        !same_ids(a->inputs, b->inputs) || !same_ids(a->outputs, b->outputs))
        return false;
    for (int i = 0; i < a->n_tensors; i++)
        if (!same_tensor(&a->tensors[i], &b->tensors[i]))
            return false;
    for (int i = 0; i < a->n_nodes; i++)
        if (!same_node(&a->nodes[i], &b->nodes[i]))
            return false;
    return true;
}

bool ln_tidy_signatures(ln_model *m)
{
    bool changed = false;
    for (int i = 1; i < m->n_signatures; i++)
        for (int k = 0; k < i; k++) {
            const int mine = m->signatures[i].graph, other = m->signatures[k].graph;
            if (mine == other || !same_graph(m->graphs[mine], m->graphs[other]))
                continue;
            m->signatures[i].graph = LN_MIN(mine, other);
            m->signatures[k].graph = LN_MIN(mine, other);
            changed = true;
        }
    return changed;
}
