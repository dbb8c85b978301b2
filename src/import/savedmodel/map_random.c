/* SPDX-License-Identifier: Apache-2.0 */
/* map_random.c: random numbers. */
#include "import/savedmodel/tf.h"

static TfLiteRandomParams seeds(ln_tf_op *op)
{
    return (TfLiteRandomParams){.seed = (int)ln_tf_attr_int(op, "seed", 0),
                                .seed2 = (int)ln_tf_attr_int(op, "seed2", 0)};
}

/* A node whose result has the type that its attribute `type` says. */
static void generate(ln_tf_op *op, const char *type, TfLiteType fallback, int rank)
{
    const TfLiteRandomParams p = seeds(op);
    const TfLiteType told = ln_tf_attr_type(op, type);
    const ln_id in[] = {ln_tf_in(op, 0), op->n_in > 1 ? ln_tf_in(op, 1) : -1};
    const ln_made made = {.type = told == kTfLiteNoType ? fallback : told,
                          .shape = ln_shape_unknown(rank)};
    const ln_emit_call call = {.op = op->node->row->to,
                               .params = &p,
                               .in = in,
                               .n_in = op->n_in,
                               .n_out = 1,
                               .hints = &made};
    ln_id out;
    if (ln_emit_node(op->e, &call, &out))
        ln_tf_out(op, 0, out);
}

static void numbers(ln_tf_op *op)
{
    generate(op, "dtype", kTfLiteFloat32, -1);
}

static void multinomial(ln_tf_op *op)
{
    generate(op, "output_dtype", kTfLiteInt64, 2);
}

const ln_tf_row ln_tf_rows_random[] = {
    {"Multinomial", multinomial, &ln_op_multinomial, 0},
    {"RandomStandardNormal", numbers, &ln_op_random_standard_normal, 0},
    {"RandomUniform", numbers, &ln_op_random_uniform, 0},
    {NULL, NULL, NULL, 0},
};
