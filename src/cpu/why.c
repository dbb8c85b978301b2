/* SPDX-License-Identifier: Apache-2.0 */
/* why.c: tells a user why a node is not with the engine. */
#include "cpu/engine.h"
#include "cpu/row.h"

static bool has_row(const ln_op *op)
{
    const ln_cpu_row *row;
    for (int i = 0; (row = ln_cpu_row_at(i)); i++)
        if (row->op == op)
            return true;
    return false;
}

static bool is_sparse(const TfLiteNode *node, const TfLiteTensor *tensors)
{
    for (int i = 0; i < node->inputs->size; i++)
        if (node->inputs->data[i] >= 0 && tensors[node->inputs->data[i]].sparsity)
            return true;
    return false;
}

const char *ln_cpu_why(int builtin, const TfLiteNode *node, const TfLiteTensor *tensors)
{
    const ln_op *op = ln_op_builtin(builtin);
    if (node->delegate)
        return "it is with a delegate";
    if (!op)
        return "it is a custom operator";
    if (op->traits & LN_VIEW)
        return "it costs nothing: its output is its input's memory";
    if (!has_row(op) && ((op->traits & LN_STATEFUL) || op->state_bytes > 0))
        return "operators with state or graphs of their own are run by the runtime";
    if (is_sparse(node, tensors))
        return "it has a sparse operand";
    if (op->whole)
        return "it moves runs of bytes, or nothing where its parts lie in the whole: its reference "
               "runs";
    if (!has_row(op))
        return "there is no fast code for this operator: its reference runs";
    return "there is no fast code for these types, parameters or unknown shapes: its reference "
           "runs";
}
