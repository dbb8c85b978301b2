/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c: constants, what hands on its input, calls of functions. */
#include <string.h>

#include "import/savedmodel/tf.h"

static void identity(ln_tf_op *op)
{
    for (int i = 0; i < op->n_in; i++)
        ln_tf_give(op, i, op->in[i]);
}

/* Checks of values that inference does without; the first input is what is checked. */
static void checked(ln_tf_op *op)
{
    if (op->n_in > 0)
        ln_tf_give(op, 0, op->in[0]);
}

static void nothing(ln_tf_op *op)
{
    (void)op;
}

static void constant(ln_tf_op *op)
{
    const Tf__AttrValue *v = ln_tf_attr(op, "value");
    if (!v || v->value_case != TF__ATTR_VALUE__VALUE_TENSOR)
        ln_emit_fail(op->e, LN_ERR_FORMAT, "a constant without a value");
    else
        ln_tf_out(op, 0, ln_tf_constant(op->tf, op->e, v->tensor));
}

static void placeholder(ln_tf_op *op)
{
    ln_emit_fail(op->e, LN_ERR_FORMAT, "an input that the signature does not have is needed");
}

static void call(ln_tf_op *op)
{
    const ln_tf_graph *g = ln_tf_attr_function(op, "f");
    if (g)
        ln_tf_call_function(op, g);
}

const ln_tf_row ln_tf_rows_flow[] = {
    {"Const", constant, NULL, LN_TF_SEVERAL},
    {"Placeholder", placeholder, NULL, LN_TF_SEVERAL},
    {"PlaceholderWithDefault", checked, NULL, LN_TF_SEVERAL},
    {"Identity", identity, NULL, LN_TF_SEVERAL},
    {"IdentityN", identity, NULL, LN_TF_SEVERAL},
    {"PreventGradient", identity, NULL, LN_TF_SEVERAL},
    {"Snapshot", identity, NULL, LN_TF_SEVERAL},
    {"StopGradient", identity, NULL, LN_TF_SEVERAL},
    {"CheckNumerics", checked, NULL, LN_TF_SEVERAL},
    {"DebugIdentityV2", checked, NULL, LN_TF_SEVERAL},
    {"EnsureShape", checked, NULL, LN_TF_SEVERAL},
    {"Assert", nothing, NULL, LN_TF_SEVERAL},
    {"NoOp", nothing, NULL, LN_TF_SEVERAL},
    {"PartitionedCall", call, NULL, LN_TF_FUNCTIONS | LN_TF_SEVERAL},
    {"StatefulPartitionedCall", call, NULL, LN_TF_FUNCTIONS | LN_TF_SEVERAL},
    {"If", ln_tf_if, &ln_op_if, LN_TF_FUNCTIONS},
    {"StatelessIf", ln_tf_if, &ln_op_if, LN_TF_FUNCTIONS},
    {"Case", ln_tf_case, &ln_op_if, LN_TF_FUNCTIONS},
    {"StatelessCase", ln_tf_case, &ln_op_if, LN_TF_FUNCTIONS},
    {"While", ln_tf_while, &ln_op_while, LN_TF_FUNCTIONS},
    {"StatelessWhile", ln_tf_while, &ln_op_while, LN_TF_FUNCTIONS},
    {NULL, NULL, NULL, 0},
};
