/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c: TopK, ArgMax, ArgMin, NonMaxSuppression. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "import/onnx/heads.h"

void ln_ox_top_k(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const bool largest = ln_ox_int(n, "largest", 1);
    ln_ox_layout at;
    ln_id out[2];
    int axis;
    if (!v || !ln_ox_axis(o, n, -1, v->at.rank, &axis))
        return;
    ln_id x = ln_ox_widen(o, ln_ox_axis_last(o, v, axis, &at));
    const ln_id k = n->opset < 10 ? ln_emit_int(&o->e, ln_ox_int(n, "k", 1))
                                  : ln_ox_reshape(o, ln_ox_int32(o, ln_ox_in_id(o, n, 1)), 0, NULL);
    if (!largest)
        x = ln_ox_op1(o, &ln_op_neg, x);
    const ln_id in[] = {x, k};
    const ln_emit_call call = {.op = &ln_op_topk_v2, .in = in, .n_in = 2, .n_out = 2};
    if (!ln_emit_node(&o->e, &call, out))
        return;
    if (!largest)
        out[0] = ln_ox_op1(o, &ln_op_neg, out[0]);
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, out[0], ln_ox_value_type(o, v)), &at);
    if (ln_ox_has_out(n, 1))
        ln_ox_out_at(o, n, 1, ln_emit_cast(&o->e, out[1], kTfLiteInt64), &at);
}

/* Without keepdims the dimension goes. */
void ln_ox_arg(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const TfLiteArgMaxParams p = {.output_type = kTfLiteInt64};
    int axis;
    if (!v || !ln_ox_axis(o, n, 0, v->at.rank, &axis))
        return;
    const int stored = ln_ox_at(&v->at, axis);
    const ln_id place = ln_emit_int(&o->e, stored);
    ln_id x = ln_ox_widen(o, ln_ox_id(o, v));
    const bool last = ln_ox_int(n, "select_last_index", 0);
    if (last)
        x = ln_ox_op2(o, &ln_op_reverse_v2, x, ln_emit_ints(&o->e, 1, &stored));
    ln_id y = ln_emit_binary(&o->e, n->row->to, &p, x, place);
    if (last) {
        const ln_id end = ln_ox_sub(o, ln_ox_dim_of(o, x, stored), ln_emit_int(&o->e, 1));
        y = ln_ox_sub(o, ln_emit_cast(&o->e, end, p.output_type), y);
    }
    const ln_ox_layout dropped = ln_ox_drop_axes(&v->at, 1u << axis);
    if (ln_ox_int(n, "keepdims", 1))
        ln_ox_out_at(o, n, 0, ln_emit_expand_dims(&o->e, y, stored), &v->at);
    else
        ln_ox_out_at(o, n, 0, y, &dropped);
}

/* ---- NonMaxSuppression: one operator per batch and class ---- */

typedef struct nms {
    ln_id boxes, scores, most, iou, threshold; /* boxes as corners */
    int batches, classes, n;
} nms;

/* [x, y, width, height] of the middle as two corners. */
static ln_id corners(ln_ox *o, ln_id boxes)
{
    const int zero[] = {0, 0, 0}, two[] = {0, 0, 2}, size[] = {-1, -1, 2};
    const ln_id middle = ln_emit_slice(&o->e, boxes, 3, zero, size);
    const ln_id half =
        ln_ox_mul(o, ln_emit_slice(&o->e, boxes, 3, two, size), ln_emit_float(&o->e, 0.5f));
    const ln_id parts[] = {ln_ox_sub(o, middle, half), ln_ox_add(o, middle, half)};
    return ln_emit_concat(&o->e, 2, parts, 2);
}

/* Boxes [b, n, 4] without area, such as those that were cut off at an image's edge, moved to where
 * nothing is, with some: they overlap no other box, but the operator chooses a box again and again
 * that does not overlap itself. */
static ln_id apart(ln_ox *o, ln_id boxes)
{
    static const float corner[] = {0, 0, 1, 1};
    const int one[] = {0, 0, 0}, other[] = {0, 0, 2}, size[] = {-1, -1, 2}, all[] = {0, 1, 2};
    const ln_id sides = ln_ox_sub(o, ln_emit_slice(&o->e, boxes, 3, other, size),
                                  ln_emit_slice(&o->e, boxes, 3, one, size));
    const ln_id area =
        ln_ox_mul(o, ln_ox_last_part(o, sides, 0, 1), ln_ox_last_part(o, sides, 1, 1));
    const ln_id none = ln_ox_op2(o, &ln_op_equal, area, ln_emit_float(&o->e, 0));
    const ln_id number =
        ln_emit_cast(&o->e, ln_emit_range(&o->e, ln_ox_dim_of(o, boxes, 1)), kTfLiteFloat32);
    const ln_id beyond = ln_ox_add(
        o, ln_emit_reduce(&o->e, &ln_op_reduce_max, boxes, 3, all, false), ln_emit_float(&o->e, 1));
    const ln_id at = ln_ox_add(o, ln_ox_mul(o, number, ln_emit_float(&o->e, 2)), beyond);
    const ln_id there =
        ln_ox_add(o, ln_emit_expand_dims(&o->e, at, 1), ln_emit_floats(&o->e, 4, corner));
    return ln_ox_select(o, none, there, boxes);
}

/* int32 [count, 3]: batch, class, box. */
static ln_id selected(ln_ox *o, const nms *m, int batch, int class)
{
    const int box_at[] = {batch, 0, 0}, box_size[] = {1, m->n, 4};
    const int score_at[] = {batch, class, 0}, score_size[] = {1, 1, m->n};
    ln_id out[2];
    const ln_id boxes = ln_ox_reshape(o, ln_emit_slice(&o->e, m->boxes, 3, box_at, box_size), 2,
                                      (const int[]){m->n, 4});
    const ln_id scores =
        ln_ox_reshape(o, ln_emit_slice(&o->e, m->scores, 3, score_at, score_size), 1, &m->n);
    const ln_id in[] = {boxes, scores, m->most, m->iou, m->threshold};
    const ln_emit_call call = {
        .op = &ln_op_non_max_suppression_v4, .in = in, .n_in = 5, .n_out = 2};
    if (!ln_emit_node(&o->e, &call, out))
        return -1;
    const ln_id size = ln_ox_reshape(o, out[1], 1, (const int[]){1});
    const ln_id cut[] = {out[0], ln_emit_ints(&o->e, 1, (const int[]){0}), size};
    const ln_id found =
        ln_emit_expand_dims(&o->e, ln_emit_nary(&o->e, &ln_op_slice, NULL, 3, cut), 1);
    const ln_id where[] = {size, ln_emit_ints(&o->e, 1, (const int[]){2})};
    const ln_id at = ln_ox_reshape(o, ln_emit_ints(&o->e, 2, (const int[]){batch, class}), 2,
                                   (const int[]){1, 2});
    const ln_id rows = ln_ox_op2(o, &ln_op_broadcast_to, at, ln_emit_concat(&o->e, 2, where, 0));
    const ln_id parts[] = {rows, found};
    return ln_emit_concat(&o->e, 2, parts, 1);
}

static ln_id scalar_or(ln_ox *o, const ln_ox_node *n, int i, float fallback)
{
    return ln_ox_has_in(n, i) ? ln_ox_reshape(o, ln_ox_in_id(o, n, i), 0, NULL)
                              : ln_emit_float(&o->e, fallback);
}

void ln_ox_non_max_suppression(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST = 128 };
    nms m = {.boxes = ln_ox_in_id(o, n, 0), .scores = ln_ox_in_id(o, n, 1)};
    const ln_shape s = ln_emit_shape(&o->e, m.scores);
    ln_id parts[MOST];
    if (!ln_ox_ok(o))
        return;
    if (s.rank != 3 || s.dim[0] < 1 || s.dim[1] < 1 || s.dim[0] > MOST / s.dim[1]) {
        LN_OX_FAIL(o, "batches and classes have to be known, and at most %d", (int)MOST);
        return;
    }
    m.batches = s.dim[0];
    m.classes = s.dim[1];
    m.n = s.dim[2];
    m.most = ln_ox_has_in(n, 2) ? ln_ox_reshape(o, ln_ox_in_id(o, n, 2), 0, NULL)
                                : ln_emit_int(&o->e, 0);
    if (ln_emit_type(&o->e, m.most) == kTfLiteInt64) /* its largest number is usual for "all" */
        m.most = ln_ox_op2(o, &ln_op_minimum, m.most, ln_ox_like(o, m.most, INT32_MAX));
    m.most = ln_ox_int32(o, m.most);
    m.most = ln_ox_op2(o, &ln_op_minimum, m.most, ln_ox_dim_of(o, m.scores, 2));
    m.iou = scalar_or(o, n, 3, 0);
    double limit;
    if (ln_emit_read_number(&o->e, m.iou, &limit)) /* TFLite drops boxes at the limit, too */
        m.iou = ln_emit_float(&o->e, nextafterf((float)limit, 2));
    else
        m.iou = ln_ox_mul(o, m.iou, ln_emit_float(&o->e, 1 + FLT_EPSILON));
    m.threshold = scalar_or(o, n, 4, -3e38f);
    if (ln_ox_int(n, "center_point_box", 0))
        m.boxes = corners(o, m.boxes);
    m.boxes = apart(o, m.boxes);
    for (int i = 0; i < m.batches * m.classes; i++)
        parts[i] = selected(o, &m, i / m.classes, i % m.classes);
    ln_ox_out(
        o, n, 0,
        ln_emit_cast(&o->e, ln_emit_concat(&o->e, m.batches * m.classes, parts, 0), kTfLiteInt64));
}
