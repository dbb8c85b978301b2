/* SPDX-License-Identifier: Apache-2.0 */
/* map_random.c: random numbers. */
#include "import/savedmodel/tf.h"

static TfLiteRandomParams seeds(ln_tf_op *op)
{
    return (TfLiteRandomParams){.seed = (int)ln_tf_attr_int(op, "seed", 0),
                                .seed2 = (int)ln_tf_attr_int(op, "seed2", 0)};
}

static void generate(ln_tf_op *op)
{
    const TfLiteRandomParams p = seeds(op);
    ln_tf_out(op, 0, ln_emit_unary(op->e, op->node->row->to, &p, ln_tf_in(op, 0)));
}

static void multinomial(ln_tf_op *op)
{
    const TfLiteRandomParams p = seeds(op);
    const TfLiteType type = ln_tf_attr_type(op, "output_dtype");
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1)};
    const ln_made made = {.type = type == kTfLiteNoType ? kTfLiteInt64 : type,
                          .shape = ln_shape_unknown(2)};
    const ln_emit_call call = {
        .op = &ln_op_multinomial, .params = &p, .in = in, .n_in = 2, .n_out = 1, .hints = &made};
    ln_id out;
    if (ln_emit_node(op->e, &call, &out))
        ln_tf_out(op, 0, out);
}

const ln_tf_row ln_tf_rows_random[] = {
    {"Multinomial", multinomial, &ln_op_multinomial, 0},
    {"RandomStandardNormal", generate, &ln_op_random_standard_normal, 0},
    {"RandomUniform", generate, &ln_op_random_uniform, 0},
    {NULL, NULL, NULL, 0},
};
