/* SPDX-License-Identifier: Apache-2.0 */
/* one_hot.c: ONE_HOT: a new dimension of `depth` places, on at the index, off elsewhere.
 *
 *   indices [d0, ...], depth [], on [], off [] -> y [d0, .., depth, ..]
 * An index outside of [0, depth) leaves all places off.  Of an int64 index TFLite takes the low 32
 * bits. */
#include "ops/move.h"

enum { INDICES, DEPTH, ON, OFF };

static ln_status find_axis(ln_call *c, int *axis)
{
    const TfLiteOneHotParams *p = c->params;
    const int rank = ln_shape_of(c->in[INDICES]).rank;
    LN_CHECK(c, rank < LN_MAX_RANK, "indices of rank %d have no room for another dimension", rank);
    LN_CHECK(c, p->axis >= -1 && p->axis <= rank, "axis %d is outside of rank %d", p->axis,
             rank + 1);
    *axis = p->axis < 0 ? rank : p->axis;
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[INDICES]);
    ln_shape y = {.rank = x.rank + 1};
    int axis, depth = -1, n;

    LN_TRY(ln_check_index(c, INDICES));
    LN_TRY(ln_check_plain(c, ON));
    LN_TRY(find_axis(c, &axis));
    LN_CHECK(c, c->in[DEPTH]->type == kTfLiteInt32, "the depth has type %s, not INT32",
             ln_type_name(c->in[DEPTH]->type));
    LN_CHECK(c, c->in[ON]->type == c->in[OFF]->type, "on has type %s, off %s",
             ln_type_name(c->in[ON]->type), ln_type_name(c->in[OFF]->type));
    for (int i = DEPTH; i <= OFF; i++)
        LN_CHECK(c, ln_count(c->in[i]) == 1, "input %d has %d items, not 1", i, ln_count(c->in[i]));
    if (ln_known(c, DEPTH)) {
        LN_TRY(ln_read_ints(c, DEPTH, 1, &depth, &n));
        LN_CHECK(c, depth >= 0, "the depth is %d", depth);
    }
    for (int i = 0; i < y.rank; i++)
        y.dim[i] = i < axis ? x.dim[i] : i == axis ? depth : x.dim[i - 1];
    return ln_set_out(c, 0, c->in[ON]->type, &y);
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[INDICES]);
    const int count = ln_count(c->in[INDICES]), depth = *c->in[DEPTH]->data.i32;
    int axis;

    LN_TRY(find_axis(c, &axis));
    LN_TRY(ln_fill_tensor(c, 0, c->in[OFF], 0));
    if (ln_count(c->out[0]) == 0)
        return LN_OK;
    const int64_t inner = ln_product(&x, axis, x.rank);
    for (int k = 0; k < count; k++) {
        const int32_t index = (int32_t)(uint32_t)ln_int_at(c->in[INDICES], k);
        if (index >= 0 && index < depth)
            ln_copy_run(c->out[0], (k / inner * depth + index) * inner + k % inner, c->in[ON], 0,
                        1);
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteOneHotParams, axis, 1),
    {0},
};

static const ln_quant quant = {
    .in = {{0}, {0}, LN_Q_ACTIVATION, LN_Q_LIKE(ON)},
    .out = {LN_Q_LIKE(ON)},
};

const ln_op ln_op_one_hot = {
    .name = "ONE_HOT",
    .builtin = kTfLiteBuiltinOneHot,
    .version = 1,
    .options = 61,
    .min_in = 4,
    .max_in = 4,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteOneHotParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
