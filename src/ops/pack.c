/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c: PACK stacks inputs of one shape along a new axis; UNPACK takes such a stack apart.
 *
 *   PACK  n x [d0, ...] -> [d0, .., n, ...]      UNPACK  [d0, .., n, ...] -> n x [d0, ...] */
#include "ops/move.h"

/* ---- PACK ---- */

static ln_status pack_infer(ln_call *c)
{
    const TfLitePackParams *p = c->params;
    ln_shape x = ln_shape_of(c->in[0]), y = {.rank = x.rank + 1};
    int axis;

    LN_TRY(ln_check_plain(c, 0));
    LN_CHECK(c, p->values_count == c->n_in, "%d values are announced, %d are there",
             p->values_count, c->n_in);
    LN_CHECK(c, x.rank < LN_MAX_RANK, "inputs of rank %d have no room for another dimension",
             x.rank);
    LN_TRY(ln_axis(c, p->axis, y.rank, &axis));
    for (int i = 1; i < c->n_in; i++) {
        const ln_shape other = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->in[i]->type == c->in[0]->type, "input %d has type %s, input 0 has %s", i,
                 ln_type_name(c->in[i]->type), ln_type_name(c->in[0]->type));
        LN_CHECK(c, other.rank == x.rank, "input %d has rank %d, not %d", i, other.rank, x.rank);
        for (int d = 0; d < x.rank; d++) {
            x.dim[d] = x.dim[d] < 0 ? other.dim[d] : x.dim[d];
            LN_CHECK(c, other.dim[d] < 0 || other.dim[d] == x.dim[d],
                     "dimension %d of input %d is %d, not %d", d, i, other.dim[d], x.dim[d]);
        }
    }
    for (int d = 0; d < y.rank; d++)
        y.dim[d] = d < axis ? x.dim[d] : d == axis ? c->n_in : x.dim[d - 1];
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status pack_eval(ln_call *c)
{
    const TfLitePackParams *p = c->params;
    const ln_shape whole = ln_shape_of(c->out[0]);
    int axis;
    LN_TRY(ln_axis(c, p->axis, whole.rank, &axis));
    for (int i = 0; i < c->n_in && ln_count(c->out[0]) > 0; i++) {
        const ln_move m = ln_move_paste(&whole, axis, i, 1);
        ln_move_part(&m, c->in[i], c->out[0]);
    }
    return LN_OK;
}

static int pack_whole(const ln_call *c)
{
    return ln_move_whole(c, c->out[0], ((const TfLitePackParams *)c->params)->axis,
                         LN_WHOLE_OUTPUT);
}

static const ln_field pack_fields[] = {
    LN_FIELD(I32, 0, TfLitePackParams, values_count, 1),
    LN_FIELD(I32, 1, TfLitePackParams, axis, 1),
    {0},
};

static const ln_quant pack_quant = {.in = {LN_Q_ACTIVATION, LN_Q_LIKE(0)}, .out = {LN_Q_LIKE(0)}};

const ln_op ln_op_pack = {
    .name = "PACK",
    .builtin = kTfLiteBuiltinPack,
    .version = 5,
    .options = 59,
    .min_in = 1,
    .max_in = -1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = pack_fields,
    .params_size = sizeof(TfLitePackParams),
    .infer = pack_infer,
    .eval = pack_eval,
    .whole = pack_whole,
    .quant = &pack_quant,
};

/* ---- UNPACK ---- */

static ln_status unpack_infer(ln_call *c)
{
    const TfLiteUnpackParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_shape y = {0};
    int axis;

    LN_TRY(ln_check_plain(c, 0));
    LN_TRY(ln_axis(c, p->axis, x.rank, &axis));
    LN_CHECK(c, p->num == c->n_out, "%d parts are asked for, but there are %d outputs", p->num,
             c->n_out);
    LN_CHECK(c, x.dim[axis] < 0 || x.dim[axis] == c->n_out, "dimension %d is %d, not %d", axis,
             x.dim[axis], c->n_out);
    for (int d = 0; d < x.rank; d++)
        if (d != axis)
            y.dim[y.rank++] = x.dim[d];
    for (int i = 0; i < c->n_out; i++)
        LN_TRY(ln_set_out(c, i, c->in[0]->type, &y));
    return LN_OK;
}

static ln_status unpack_eval(ln_call *c)
{
    const TfLiteUnpackParams *p = c->params;
    const ln_shape whole = ln_shape_of(c->in[0]);
    int axis;
    LN_TRY(ln_axis(c, p->axis, whole.rank, &axis));
    for (int i = 0; i < c->n_out && ln_count(c->in[0]) > 0; i++) {
        const ln_move m = ln_move_cut(&whole, axis, i, 1);
        ln_move_part(&m, c->in[0], c->out[i]);
    }
    return LN_OK;
}

static int unpack_whole(const ln_call *c)
{
    return ln_move_whole(c, c->in[0], ((const TfLiteUnpackParams *)c->params)->axis, 0);
}

static const ln_field unpack_fields[] = {
    LN_FIELD(I32, 0, TfLiteUnpackParams, num, 1),
    LN_FIELD(I32, 1, TfLiteUnpackParams, axis, 1),
    {0},
};

static const ln_quant unpack_quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(0)}};

const ln_op ln_op_unpack = {
    .name = "UNPACK",
    .builtin = kTfLiteBuiltinUnpack,
    .version = 6,
    .options = 64,
    .min_in = 1,
    .max_in = 1,
    .n_out = -1,
    .traits = LN_PURE,
    .fields = unpack_fields,
    .params_size = sizeof(TfLiteUnpackParams),
    .infer = unpack_infer,
    .eval = unpack_eval,
    .whole = unpack_whole,
    .quant = &unpack_quant,
};
