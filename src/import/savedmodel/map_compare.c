/* SPDX-License-Identifier: Apache-2.0 */
/* map_compare.c: comparisons, logic, choices. */
#include "import/savedmodel/tf.h"

/* Where all three have one item, SELECT keeps the rank that the model says: that of the result. */
static ln_made result(const ln_emit *e, const ln_id *in)
{
    ln_made made = {.type = ln_emit_type(e, in[1])};
    for (int i = 0; i < 3; i++) {
        const ln_shape s = ln_emit_shape(e, in[i]);
        if (!ln_shape_known(&s) || ln_shape_count(&s, 0, s.rank) != 1) {
            made.shape = ln_shape_unknown(-1);
            return made;
        }
        made.shape = s.rank > made.shape.rank ? s : made.shape;
    }
    return made;
}

/* TensorFlow's Select takes a vector that chooses along the first dimension, as SELECT does; all
 * else is alike. */
static void choose(ln_tf_op *op)
{
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2)};
    const bool rows = op->node->row->to == &ln_op_select && ln_emit_shape(op->e, in[0]).rank == 1 &&
                      ln_emit_shape(op->e, in[1]).rank > 1;
    const ln_made made = result(op->e, in);
    const ln_emit_call call = {.op = rows ? &ln_op_select : &ln_op_select_v2,
                               .in = in,
                               .n_in = 3,
                               .n_out = 1,
                               .hints = &made};
    ln_id out;
    if (ln_emit_node(op->e, &call, &out))
        ln_tf_out(op, 0, out);
}

const ln_tf_row ln_tf_rows_compare[] = {
    {"Equal", ln_tf_same, &ln_op_equal, LN_TF_WIDE_8},
    {"Greater", ln_tf_same, &ln_op_greater, LN_TF_WIDE_8},
    {"GreaterEqual", ln_tf_same, &ln_op_greater_equal, LN_TF_WIDE_8},
    {"Less", ln_tf_same, &ln_op_less, LN_TF_WIDE_8},
    {"LessEqual", ln_tf_same, &ln_op_less_equal, LN_TF_WIDE_8},
    {"LogicalAnd", ln_tf_same, &ln_op_logical_and, 0},
    {"LogicalNot", ln_tf_same, &ln_op_logical_not, 0},
    {"LogicalOr", ln_tf_same, &ln_op_logical_or, 0},
    {"NotEqual", ln_tf_same, &ln_op_not_equal, LN_TF_WIDE},
    {"Select", choose, &ln_op_select, 0},
    {"SelectV2", choose, &ln_op_select_v2, 0},
    {"Where", ln_tf_same, &ln_op_where, 0},
    {NULL, NULL, NULL, 0},
};
