/* SPDX-License-Identifier: Apache-2.0 */
/* reverse.c: REVERSE_V2 turns whole dimensions around; REVERSE_SEQUENCE the first items of one
 * dimension, as many as `lengths` says for each item of the batch dimension.
 *
 *   REVERSE_V2  x [d0, ...], axes [n]      REVERSE_SEQUENCE  x [d0, ...], lengths [d(batch)] */
#include "ops/move.h"

enum { X, AXES };

static ln_status read_axes(ln_call *c, unsigned *turned)
{
    const int rank = ln_shape_of(c->in[X]).rank;
    int axes[LN_MAX_RANK], n;
    *turned = 0;
    LN_TRY(ln_read_ints(c, AXES, LN_MAX_RANK, axes, &n));
    for (int i = 0; i < n; i++) {
        int axis;
        LN_TRY(ln_axis(c, axes[i], rank, &axis));
        LN_CHECK(c, !(*turned & 1u << axis), "axis %d comes twice", axis);
        *turned |= 1u << axis;
    }
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    unsigned turned;
    LN_TRY(ln_check_movable(c, X));
    LN_TRY(ln_check_index(c, AXES));
    if (ln_known(c, AXES))
        LN_TRY(read_axes(c, &turned));
    return ln_set_out(c, 0, c->in[X]->type, &x);
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    int begin[LN_MAX_RANK], stride[LN_MAX_RANK];
    unsigned turned;

    LN_TRY(read_axes(c, &turned));
    for (int i = 0; i < x.rank; i++) {
        stride[i] = turned >> i & 1 ? -1 : 1;
        begin[i] = stride[i] < 0 ? x.dim[i] - 1 : 0;
    }
    const ln_side from = {&x, begin, stride}, to = {&x, NULL, NULL};
    const ln_move m = ln_move_box(x.dim, &from, &to);
    return ln_move_tensor(c, X, 0, &m);
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_reverse_v2 = {
    .name = "REVERSE_V2",
    .builtin = kTfLiteBuiltinReverseV2,
    .version = 4,
    .options = 81,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

/* ---- REVERSE_SEQUENCE ---- */

enum { LENGTHS = 1 };

static ln_status sequence_infer(ln_call *c)
{
    const TfLiteReverseSequenceParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), n = ln_shape_of(c->in[LENGTHS]);

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(ln_check_index(c, LENGTHS));
    LN_CHECK(c,
             p->seq_dim >= 0 && p->seq_dim < x.rank && p->batch_dim >= 0 && p->batch_dim < x.rank &&
                 p->seq_dim != p->batch_dim,
             "sequence dimension %d and batch dimension %d do not go with rank %d", p->seq_dim,
             p->batch_dim, x.rank);
    LN_CHECK(
        c,
        n.rank == 1 && (n.dim[0] == x.dim[p->batch_dim] || n.dim[0] < 0 || x.dim[p->batch_dim] < 0),
        "there are %d lengths for a batch of %d", n.rank == 1 ? n.dim[0] : -1, x.dim[p->batch_dim]);
    return ln_set_out(c, 0, c->in[X]->type, &x);
}

static ln_status sequence_eval(ln_call *c)
{
    const TfLiteReverseSequenceParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    const int n = x.dim[p->seq_dim], batches = x.dim[p->batch_dim];

    if (ln_count(c->in[X]) == 0)
        return LN_OK;
    for (int b = 0; b < batches; b++) {
        const int64_t length = ln_int_at(c->in[LENGTHS], b);
        LN_CHECK(c, length >= 0 && length <= n, "length %d is %lld, outside of [0, %d]", b,
                 (long long)length, n);
        /* Two boxes: what is turned, what stays. */
        for (int part = 0; part < 2; part++) {
            int size[LN_MAX_RANK], from[LN_MAX_RANK] = {0}, to[LN_MAX_RANK] = {0};
            int stride[LN_MAX_RANK];
            for (int i = 0; i < x.rank; i++) {
                size[i] = x.dim[i];
                stride[i] = 1;
            }
            size[p->batch_dim] = 1;
            from[p->batch_dim] = to[p->batch_dim] = b;
            size[p->seq_dim] = (int)(part ? n - length : length);
            from[p->seq_dim] = (int)(part ? length : length - 1);
            to[p->seq_dim] = (int)(part ? length : 0);
            stride[p->seq_dim] = part ? 1 : -1;
            const ln_side s = {&x, from, stride}, t = {&x, to, NULL};
            const ln_move m = ln_move_box(size, &s, &t);
            ln_move_data(&m, c->in[X], c->out[0]);
        }
    }
    return LN_OK;
}

static const ln_field sequence_fields[] = {
    LN_FIELD(I32, 0, TfLiteReverseSequenceParams, seq_dim, 1),
    LN_FIELD(I32, 1, TfLiteReverseSequenceParams, batch_dim, 1),
    {0},
};

const ln_op ln_op_reverse_sequence = {
    .name = "REVERSE_SEQUENCE",
    .builtin = kTfLiteBuiltinReverseSequence,
    .version = 1,
    .options = 87,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = sequence_fields,
    .params_size = sizeof(TfLiteReverseSequenceParams),
    .infer = sequence_infer,
    .eval = sequence_eval,
    .quant = &quant,
};
