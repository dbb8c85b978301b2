/* SPDX-License-Identifier: Apache-2.0 */
/* map_search.c: sorting, uniqueness, buckets, counts. */
#include "import/savedmodel/tf.h"

static void two(ln_tf_op *op, const ln_emit_call *call)
{
    ln_id out[2];
    if (!ln_emit_node(op->e, call, out))
        return;
    ln_tf_out(op, 0, out[0]);
    ln_tf_out(op, 1, out[1]);
}

static void top_k(ln_tf_op *op)
{
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1)};
    const ln_emit_call call = {.op = &ln_op_topk_v2, .in = in, .n_in = 2, .n_out = 2};
    two(op, &call);
}

static void unique(ln_tf_op *op)
{
    const TfLiteType type = ln_tf_attr_type(op, "out_idx");
    const TfLiteUniqueParams p = {type == kTfLiteNoType ? kTfLiteInt32 : type};
    const ln_id x = ln_tf_in(op, 0);
    const ln_emit_call call = {.op = &ln_op_unique, .params = &p, .in = &x, .n_in = 1, .n_out = 2};
    two(op, &call);
}

static void bucketize(ln_tf_op *op)
{
    const Tf__AttrValue *v = ln_tf_attr(op, "boundaries");
    const size_t n = v && v->value_case == TF__ATTR_VALUE__VALUE_LIST ? v->list->n_f : 0;
    float *own = ln_arena_copy(&op->e->m->arena, n ? v->list->f : (const float[]){0},
                               LN_MAX(n, 1) * sizeof *own);
    if (!own || n > 1 << 24) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    const TfLiteBucketizeParams p = {.num_boundaries = (int)n, .boundaries = own};
    ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_bucketize, &p, ln_tf_in(op, 0)));
}

/* How often each number below `size` occurs (or whether): ONE_HOT, then the sum along the items.
 * Numbers beyond have an empty row. */
static void dense_bincount(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0), weights = ln_tf_in(op, 2);
    const ln_shape s = ln_emit_shape(op->e, x), w = ln_emit_shape(op->e, weights);
    const TfLiteType type = ln_emit_type(op->e, weights);
    const TfLiteOneHotParams p = {.axis = -1};
    const bool weighted = !ln_shape_known(&w) || ln_shape_count(&w, 0, w.rank) != 0;
    const bool binary = ln_tf_attr_bool(op, "binary_output", false);
    const int axis = s.rank - 1;
    if (s.rank < 1 || s.rank > 2) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "DenseBincount of rank %d", s.rank);
        return;
    }
    const ln_id in[] = {ln_emit_cast(op->e, x, kTfLiteInt32),
                        ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32),
                        ln_emit_number(op->e, type, 1), ln_emit_number(op->e, type, 0)};
    ln_id y = ln_emit_nary(op->e, &ln_op_one_hot, &p, 4, in);
    if (weighted && !binary)
        y = ln_emit_binary(op->e, &ln_op_mul, NULL, y, ln_emit_expand_dims(op->e, weights, s.rank));
    ln_tf_out(op, 0,
              ln_emit_reduce(op->e, binary ? &ln_op_reduce_max : &ln_op_sum, y, 1, &axis, false));
}

const ln_tf_row ln_tf_rows_search[] = {
    {"Bucketize", bucketize, &ln_op_bucketize, 0},
    {"DenseBincount", dense_bincount, NULL, LN_TF_SEVERAL},
    {"TopKV2", top_k, &ln_op_topk_v2, 0},
    {"Unique", unique, &ln_op_unique, 0},
    {NULL, NULL, NULL, 0},
};
