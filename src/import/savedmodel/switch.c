/* SPDX-License-Identifier: Apache-2.0 */
/* switch.c: conditions of TensorFlow 1 that raise.c has left.  Switch sends a value to one of two
 * sides, Merge takes it from the side that got one.  Here both sides are computed, and Merge is a
 * SELECT_V2: values say of which branch they are (ln_tf_value.branch, handed on from inputs to
 * outputs in scope.c). */
#include "import/savedmodel/tf.h"

static ln_tf_value on_side(ln_tf_op *op, ln_tf_value v, ln_id condition, bool side)
{
    ln_tf_branch *b = ln_arena_new(&op->tf->m->arena, 1, sizeof *b);
    if (!b) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return v;
    }
    *b = (ln_tf_branch){.condition = condition,
                        .side = side,
                        .depth = v.branch ? v.branch->depth + 1 : 1,
                        .outer = v.branch};
    v.branch = b;
    return v;
}

static void split(ln_tf_op *op)
{
    const ln_id condition = ln_tf_in(op, 1);
    ln_tf_give(op, 0, on_side(op, op->in[0], condition, false));
    ln_tf_give(op, 1, on_side(op, op->in[0], condition, true));
}

/* A side without a mark (a constant) is the other one. */
static void join(ln_tf_op *op)
{
    const ln_tf_branch *a = op->in[0].branch, *b = op->n_in > 1 ? op->in[1].branch : NULL;
    const ln_tf_branch *deep = !a || (b && b->depth > a->depth) ? b : a;
    if (!deep) { /* all come at once, and the first one is taken */
        ln_tf_give(op, 0, op->in[0]);
        ln_tf_out(op, 1, ln_emit_int(op->e, 0));
        return;
    }
    if (op->n_in != 2 || (a && b && (a->condition != b->condition || a->side == b->side))) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "a Merge of %d values that are no two sides of one "
                     "Switch",
                     op->n_in);
        return;
    }
    const ln_shape left = ln_emit_shape(op->e, ln_tf_in(op, 0)),
                   right = ln_emit_shape(op->e, ln_tf_in(op, 1));
    if (!ln_shape_equal(&left, &right)) { /* SELECT_V2 would give both the same one */
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a Merge of values of different shapes");
        return;
    }
    const bool first = deep == a ? a->side : !b->side; /* the condition under which it is input 0 */
    const ln_id in[] = {deep->condition, ln_tf_in(op, first ? 0 : 1), ln_tf_in(op, first ? 1 : 0)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_select_v2, NULL, 3, in));
    if (ln_emit_ok(op->e))
        op->out[0].branch = deep->outer;
    op->joined = true;
}

const ln_tf_row ln_tf_rows_switch[] = {
    {"Merge", join, NULL, LN_TF_SEVERAL},
    {"RefMerge", join, NULL, LN_TF_SEVERAL},
    {"RefSwitch", split, NULL, LN_TF_SEVERAL},
    {"Switch", split, NULL, LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
