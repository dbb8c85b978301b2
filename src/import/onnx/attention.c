/* SPDX-License-Identifier: Apache-2.0 */
/* attention.c: ONNX's own Attention, RotaryEmbedding and TensorScatter (opset 23 and later). */
#include <math.h>

#include "import/onnx/heads.h"

/* ---- Attention ---- */

/* A mask shorter than the keys ends in keys that do not count. */
static ln_id stretched(ln_ox *o, ln_id bias, ln_id k)
{
    const ln_shape s = ln_emit_shape(&o->e, bias), ks = ln_emit_shape(&o->e, k);
    const int lacks = s.rank > 0 && ks.rank == 4 ? ks.dim[2] - s.dim[s.rank - 1] : 0;
    int before[LN_MAX_RANK] = {0}, after[LN_MAX_RANK] = {0};
    if (lacks <= 0 || s.dim[s.rank - 1] <= 1 || ks.dim[2] < 0)
        return bias;
    after[s.rank - 1] = lacks;
    return ln_emit_pad_value(&o->e, bias, s.rank, before, after, ln_emit_float(&o->e, -INFINITY));
}

static void read_mask(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h)
{
    ln_id mask = ln_ox_in_id(o, n, 3);
    if (mask < 0)
        return;
    if (ln_emit_type(&o->e, mask) == kTfLiteBool)
        mask = ln_ox_select(o, mask, ln_emit_float(&o->e, 0), ln_emit_float(&o->e, -INFINITY));
    h->bias = stretched(o, mask, h->k);
}

/* Causality, windows, and keys that are there; `past` is how many keys precede these. */
static void add_limits(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h, ln_id past)
{
    const int left = ln_ox_int(n, "left_window_size", -1);
    const int right = ln_ox_int(n, "is_causal", 0) ? 0 : ln_ox_int(n, "right_window_size", -1);
    const bool padded = ln_ox_has_in(n, 6);
    ln_id lengths = -1, offset = past;
    if (padded) {
        lengths =
            ln_ox_reshape(o, ln_ox_int32(o, ln_ox_in_id(o, n, 6)), 4, (const int[]){-1, 1, 1, 1});
        offset = ln_ox_sub(o, lengths, ln_ox_dim_of(o, h->q, 2));
    }
    if (left >= 0 || right >= 0)
        h->allowed = ln_ox_window_mask(o, h, offset, left, right);
    if (padded)
        h->allowed = ln_ox_both(
            o, h->allowed,
            ln_ox_op2(o, &ln_op_less, ln_emit_range(&o->e, ln_ox_dim_of(o, h->k, 2)), lengths));
}

/* Output 3: what `qk_matmul_output_mode` asks for. */
static void out_scores(ln_ox *o, const ln_ox_node *n, const ln_ox_heads *h)
{
    const ln_id from[] = {h->scores, h->capped, h->biased, h->probabilities};
    const int mode = ln_ox_int(n, "qk_matmul_output_mode", 0);
    if (mode < 0 || mode > 3)
        LN_OX_FAIL(o, "qk_matmul_output_mode %d", mode);
    else
        ln_ox_out(o, n, 3, from[mode]);
}

/* By default one over the root of the width of heads. */
static bool read_scale(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h)
{
    const ln_shape s = ln_emit_shape(&o->e, h->q);
    if (!ln_ox_ok(o))
        return false;
    if (s.rank != 4 || s.dim[3] < 1) {
        LN_OX_FAIL(o, "heads of unknown width");
        return false;
    }
    h->scale = ln_ox_float(n, "scale", 1 / sqrtf((float)s.dim[3]));
    return true;
}

void ln_ox_attention(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_heads h = {.q = ln_ox_in_id(o, n, 0),
                     .k = ln_ox_in_id(o, n, 1),
                     .v = ln_ox_in_id(o, n, 2),
                     .bias = -1,
                     .allowed = -1,
                     .softcap = ln_ox_float(n, "softcap", 0),
                     .guarded = true,
                     .masked = -INFINITY};
    const bool flat = ln_emit_shape(&o->e, h.q).rank == 3;
    const int kv_heads = ln_ox_int(n, "kv_num_heads", 0);
    if (flat) {
        h.q = ln_ox_split_heads(o, h.q, ln_ox_int(n, "q_num_heads", 0));
        h.k = ln_ox_split_heads(o, h.k, kv_heads);
        h.v = ln_ox_split_heads(o, h.v, kv_heads);
    }
    const ln_id past = ln_ox_join_past(o, n, 4, &h);
    if (!read_scale(o, n, &h))
        return;
    read_mask(o, n, &h);
    add_limits(o, n, &h, past);
    const ln_id y = ln_ox_attend(o, &h);
    ln_ox_out(o, n, 0, flat ? ln_ox_merge_heads(o, y) : y);
    ln_ox_out(o, n, 1, h.k);
    ln_ox_out(o, n, 2, h.v);
    if (ln_ox_ok(o) && ln_ox_has_out(n, 3))
        out_scores(o, n, &h);
}

static const Onnx__GraphProto *graph_of(const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    return a ? a->g : NULL;
}

void ln_ox_flex_attention(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_heads h = {.q = ln_ox_in_id(o, n, 0),
                     .k = ln_ox_in_id(o, n, 1),
                     .v = ln_ox_in_id(o, n, 2),
                     .bias = -1,
                     .allowed = -1,
                     .score_mod = graph_of(n, "score_mod"),
                     .prob_mod = graph_of(n, "prob_mod")};
    if (!read_scale(o, n, &h))
        return;
    ln_ox_out(o, n, 0, ln_ox_attend(o, &h));
}

/* ---- RotaryEmbedding ---- */

/* Caches [b, s, d / 2] without positions, else [positions, d / 2]. */
void ln_ox_rotary_embedding(ln_ox *o, const ln_ox_node *n)
{
    const bool own = n->row->arg == 0; /* ONNX's; else com.microsoft: positions come second */
    const ln_id at = ln_ox_in_id(o, n, own ? 3 : 1);
    ln_id x = ln_ox_in_id(o, n, 0);
    ln_id cos = ln_ox_in_id(o, n, own ? 1 : 2), sin = ln_ox_in_id(o, n, own ? 2 : 3);
    const ln_shape s = ln_emit_shape(&o->e, x), ts = ln_emit_shape(&o->e, cos);
    const ln_shape as = ln_emit_shape(&o->e, at);
    const int pairs = ts.rank > 0 ? ts.dim[ts.rank - 1] : -1;
    int heads = ln_ox_int(n, "num_heads", 0);
    if (!ln_ox_ok(o))
        return;
    if (!own && (ln_ox_int(n, "is_packed_batching", 0) || as.rank != 2 ||
                 ln_ox_float(n, "scale", 1) != 1.f)) {
        LN_OX_FAIL(o, "packed batches, a scale, or a position that is an offset");
        return;
    }
    if (s.rank == 3 && heads == 0 && pairs > 0 && s.dim[2] > 0)
        heads = s.dim[2] / (2 * pairs);
    if (s.rank == 3)
        x = ln_ox_split_heads(o, x, heads);
    cos = ln_ox_angles(o, cos, at);
    sin = ln_ox_angles(o, sin, at);
    const ln_id y = ln_ox_rotate(o, x, cos, sin, ln_ox_int(n, "interleaved", 0));
    ln_ox_out(o, n, 0, s.rank == 3 ? ln_ox_merge_heads(o, y) : y);
}

/* ---- TensorScatter ---- */

/* Which row of the update lands in each row of the cache: [b | 1, 1, .., t, 1]; what is not in
 * [0, rows) stays. */
static ln_id landing(ln_ox *o, const ln_ox_node *n, ln_id cache, int rank)
{
    int dims[LN_MAX_RANK], batch[LN_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        dims[i] = i == rank - 2 ? -1 : 1;
        batch[i] = i == 0 ? -1 : 1;
    }
    const ln_id length = ln_ox_dim_of(o, cache, rank - 2);
    ln_id y = ln_ox_reshape(o, ln_emit_range(&o->e, length), rank, dims);
    if (ln_ox_has_in(n, 2))
        y = ln_ox_sub(o, y, ln_ox_reshape(o, ln_ox_int32(o, ln_ox_in_id(o, n, 2)), rank, batch));
    return ln_ox_is(n, "mode", "circular", "linear") ? ln_ox_op2(o, &ln_op_floor_mod, y, length)
                                                     : y;
}

/* Rows of an update into a cache [b, .., t, d] from a place on, per item of the batch: a product
 * with rows of one 1 moves them. */
void ln_ox_tensor_scatter(ln_ox *o, const ln_ox_node *n)
{
    const ln_id cache = ln_ox_in_id(o, n, 0), update = ln_ox_in_id(o, n, 1);
    const int rank = ln_emit_shape(&o->e, cache).rank;
    int axis;
    if (!ln_ox_axis(o, n, -2, rank, &axis))
        return;
    if (rank < 3 || axis != rank - 2 || ln_emit_type(&o->e, cache) != kTfLiteFloat32) {
        LN_OX_FAIL(o, "rows of floats behind the batch, along the last dimension but one");
        return;
    }
    const ln_id rows = ln_ox_dim_of(o, update, axis), at = landing(o, n, cache, rank);
    const ln_id there = ln_ox_both(o, ln_ox_op2(o, &ln_op_greater_equal, at, ln_emit_int(&o->e, 0)),
                                   ln_ox_op2(o, &ln_op_less, at, rows));
    const ln_id hits = ln_emit_cast(
        &o->e, ln_ox_op2(o, &ln_op_equal, at, ln_emit_range(&o->e, rows)), kTfLiteFloat32);
    if (!ln_ox_ok(o))
        return;
    ln_ox_out(o, n, 0, ln_ox_select(o, there, ln_ox_product(o, hits, update, false, false), cache));
}
