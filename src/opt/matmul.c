/* SPDX-License-Identifier: Apache-2.0 */
/* matmul.c: BATCH_MATMUL with constant weights is FULLY_CONNECTED, by the rules of TFLite's own
 * converter; RESHAPEs around a FULLY_CONNECTED that only fold leading axes are its keep_num_dims.
 */
#include "opt/opt.h"

/* [..., n, k] of which all but the last two axes are 1, as [n, k]; -1: it is no such thing. */
static ln_id as_matrix(ln_opt *o, ln_id w, bool transposed)
{
    const ln_shape s = ln_emit_shape(&o->e, w);
    if (s.rank < 2 || !ln_shape_known(&s) || ln_shape_count(&s, 0, s.rank - 2) != 1)
        return -1;
    const ln_shape flat = {.rank = 2, .dim = {s.dim[s.rank - 2], s.dim[s.rank - 1]}};
    const ln_id matrix = ln_emit_reshape(&o->e, w, &flat);
    static const int swap[] = {1, 0};
    return transposed ? matrix : ln_emit_transpose(&o->e, matrix, 2, swap);
}

/* The node that dequantizes float16 weights may stand before them: then the weights stay. */
static bool to_fully_connected(ln_opt *o, int node)
{
    const TfLiteBatchMatMulParams p =
        *(const TfLiteBatchMatMulParams *)ln_opt_node_at(o, node)->params;
    const ln_id x = ln_opt_in(o, node, 0), w = ln_opt_in(o, node, 1), y = ln_opt_out(o, node);
    const ln_shape s = ln_emit_shape(&o->e, x), weights = ln_emit_shape(&o->e, w);
    if (p.adj_x || !ln_emit_known(&o->e, w) || !ln_opt_is_float(o, w) || !ln_opt_is_float(o, x) ||
        s.rank < 2 || weights.rank > s.rank)
        return false;
    const ln_id matrix = as_matrix(o, w, p.adj_y);
    if (matrix < 0 || !ln_emit_known(&o->e, matrix))
        return false;
    const TfLiteFullyConnectedParams fc = {.keep_num_dims = s.rank > 2};
    const ln_id in[] = {x, matrix, -1};
    return ln_opt_replace(o, y, ln_emit_nary(&o->e, &ln_op_fully_connected, &fc, 3, in));
}

/* True when `wide` is `flat` but for leading axes that are folded into one. */
static bool folds_leading(const ln_shape *wide, const ln_shape *flat)
{
    return wide->rank > 2 && flat->rank == 2 && wide->dim[wide->rank - 1] > 0 &&
           wide->dim[wide->rank - 1] == flat->dim[1];
}

/* The product as `node` is, with keep_num_dims. */
static ln_id kept(ln_opt *o, int node, ln_id x)
{
    TfLiteFullyConnectedParams p =
        *(const TfLiteFullyConnectedParams *)ln_opt_node_at(o, node)->params;
    p.keep_num_dims = true;
    const ln_id in[] = {x, ln_opt_in(o, node, 1), ln_opt_in(o, node, 2)};
    return ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
}

/* RESHAPE(FULLY_CONNECTED(RESHAPE(x))), seen from the last one, which gives back the axes that the
 * first one folded; that may have gone already.  Where it does something else besides, it does that
 * to the shape with all axes. */
static bool unfold(ln_opt *o, int node)
{
    const int fc = ln_opt_only(o, ln_opt_in(o, node, 0), &ln_op_fully_connected);
    if (fc < 0 || ln_opt_node_at(o, fc)->inputs->size > 3)
        return false;
    const int before = ln_opt_only(o, ln_opt_in(o, fc, 0), &ln_op_reshape);
    const ln_id x = ln_opt_in(o, before < 0 ? fc : before, 0), y = ln_opt_out(o, node);
    const ln_shape wide = ln_emit_shape(&o->e, x), given = ln_emit_shape(&o->e, y);
    const ln_shape w = ln_emit_shape(&o->e, ln_opt_in(o, fc, 1));
    const ln_shape flat = {.rank = 2, .dim = {-1, w.rank == 2 ? w.dim[1] : -1}};
    const ln_shape out = ln_emit_shape(&o->e, ln_opt_out(o, fc));
    if (!ln_opt_is_float(o, x) || out.rank != 2 || given.rank < 3 || flat.dim[1] <= 0 ||
        given.dim[given.rank - 1] != out.dim[1])
        return false;
    ln_shape wanted = given;
    wanted.dim[given.rank - 1] = flat.dim[1];
    if (folds_leading(&wide, &flat) && ln_opt_same_shape(&wanted, &wide))
        return ln_opt_replace(o, y, kept(o, fc, x));
    return before >= 0 && ln_shape_known(&wanted) &&
           ln_opt_replace(o, y, kept(o, fc, ln_emit_reshape(&o->e, x, &wanted)));
}

/* FULLY_CONNECTED that takes [..., k] without keep_num_dims folds leading axes by itself. */
static bool drop_fold(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const int before = ln_opt_maker(o, ln_opt_in(o, node, 0));
    TfLiteFullyConnectedParams p = *(const TfLiteFullyConnectedParams *)n->params;
    if (!ln_opt_is(o, before, &ln_op_reshape) || p.keep_num_dims || n->inputs->size > 3 ||
        ln_emit_shape(&o->e, ln_opt_out(o, node)).rank != 2)
        return false;
    const ln_id x = ln_opt_in(o, before, 0);
    const ln_shape wide = ln_emit_shape(&o->e, x);
    const ln_shape flat = ln_emit_shape(&o->e, ln_opt_in(o, node, 0));
    if (!folds_leading(&wide, &flat) || !ln_opt_same_kind(o, x, ln_opt_in(o, node, 0)) ||
        !ln_opt_is_float(o, x))
        return false;
    const ln_id in[] = {x, ln_opt_in(o, node, 1), ln_opt_in(o, node, 2)};
    return ln_opt_replace(o, ln_opt_out(o, node),
                          ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in));
}

bool ln_pass_matmul(ln_opt *o, int node)
{
    if (ln_opt_is(o, node, &ln_op_batch_matmul))
        return to_fully_connected(o, node);
    if (ln_opt_is(o, node, &ln_op_reshape))
        return unfold(o, node);
    return ln_opt_is(o, node, &ln_op_fully_connected) && drop_fold(o, node);
}
