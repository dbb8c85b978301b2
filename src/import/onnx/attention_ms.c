/* SPDX-License-Identifier: Apache-2.0 */
/* attention_ms.c: com.microsoft's Attention, MultiHeadAttention and GroupQueryAttention, into which
 * ONNX Runtime's optimizer fuses transformers. */
#include <float.h>
#include <math.h>

#include "import/onnx/heads.h"

static ln_id plus(ln_ox *o, ln_id a, ln_id b)
{
    return a < 0 ? b : b < 0 ? a : ln_ox_add(o, a, b);
}

/* ---- masks of padding ---- */

/* A mask of keys, as what it adds to scores: [b] lengths, [b, t], [b, s, t] or [b, 1, s, t] of
 * ones. */
static ln_id padding(ln_ox *o, const ln_ox_node *n, int i, const ln_ox_heads *h)
{
    ln_id mask = ln_ox_in_id(o, n, i), counts;
    const ln_shape s = ln_emit_shape(&o->e, mask), qs = ln_emit_shape(&o->e, h->q);
    if (mask < 0 || !ln_ox_ok(o))
        return -1;
    mask = ln_ox_int32(o, mask);
    if (s.rank == 1 && (s.dim[0] == qs.dim[0] || s.dim[0] == 1)) {
        const ln_id lengths = ln_ox_reshape(o, mask, 4, (const int[]){-1, 1, 1, 1});
        counts = ln_ox_op2(o, &ln_op_less, ln_emit_range(&o->e, ln_ox_dim_of(o, h->k, 2)), lengths);
    } else if (s.rank == 2 || s.rank == 3) {
        mask = ln_emit_expand_dims(&o->e, mask, 1);
        if (s.rank == 2)
            mask = ln_emit_expand_dims(&o->e, mask, 1);
        counts = ln_ox_op2(o, &ln_op_greater, mask, ln_emit_int(&o->e, 0));
    } else {
        LN_OX_FAIL(o, "a mask of rank %d (begins and ends of sequences)", s.rank);
        return -1;
    }
    const float low = ln_ox_float(n, "mask_filter_value", -10000);
    return ln_ox_select(o, counts, ln_emit_float(&o->e, 0), ln_emit_float(&o->e, low));
}

/* What all three have in common, behind q, k and v. */
static ln_id attend(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h, ln_id past)
{
    const ln_shape s = ln_emit_shape(&o->e, h->q);
    if (!ln_ox_ok(o))
        return -1;
    if (s.rank != 4 || s.dim[3] < 1) {
        LN_OX_FAIL(o, "heads of unknown width");
        return -1;
    }
    h->scale = ln_ox_float(n, "scale", 0);
    if (h->scale == 0)
        h->scale = 1 / sqrtf((float)s.dim[3]);
    h->masked = -FLT_MAX;
    const int left = ln_ox_int(n, "local_window_size", -1);
    if (ln_ox_int(n, "unidirectional", 0))
        h->allowed = ln_ox_window_mask(o, h, past, left > 0 ? left - 1 : -1, 0);
    return ln_ox_merge_heads(o, ln_ox_attend(o, h));
}

/* ---- Attention: one product makes q, k and v ---- */

static ln_id half_of_past(ln_ox *o, ln_id past, int i)
{
    const int begin[] = {i, 0, 0, 0, 0}, size[] = {1, -1, -1, -1, -1};
    return ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, past, 5, begin, size), 1);
}

static ln_id joined_past(ln_ox *o, ln_id past, int i, ln_id x)
{
    const ln_id parts[] = {half_of_past(o, past, i), x};
    return ln_emit_concat(&o->e, 2, parts, 2);
}

/* Widths of q, k and v; false after a failure. */
static bool widths(ln_ox *o, const ln_ox_node *n, int all, int *w)
{
    if (ln_ox_ints(n, "qkv_hidden_sizes", 3, w) != 3)
        w[0] = w[1] = w[2] = all / 3;
    const bool fits = w[0] > 0 && w[1] == w[0] && w[2] > 0 && w[2] < all && w[0] < all &&
                      all - w[0] - w[1] == w[2];
    if (!fits)
        LN_OX_FAIL(o, "%d columns are not q, k and v", all);
    return fits;
}

void ln_ox_ms_attention(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *w = ln_ox_in(o, n, 1);
    const ln_id x = ln_ox_in_id(o, n, 0), bias = ln_ox_in_id(o, n, 2), past = ln_ox_in_id(o, n, 4);
    const int heads = ln_ox_int(n, "num_heads", 0);
    const ln_ox_layout turned = {.rank = 2, .dim = {1, 0}};
    const ln_shape ws = w ? ln_ox_shape(o, w) : ln_shape_unknown(-1);
    int wide[3];
    if (!ln_ox_ok(o) || !w)
        return;
    if (ln_ox_int(n, "do_rotary", 0) || ln_ox_int(n, "past_present_share_buffer", 0) ||
        ws.rank != 2 || !ln_ox_is_constant(o, w)) {
        LN_OX_FAIL(o, "rotated positions, a shared buffer, or weights that are computed");
        return;
    }
    if (!widths(o, n, ws.dim[1], wide))
        return;
    const TfLiteFullyConnectedParams p = {.keep_num_dims = true};
    const ln_id in[] = {x, ln_ox_as(o, w, &turned), bias};
    const ln_id y = ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
    ln_ox_heads h = {.bias = -1, .allowed = -1, .guarded = false};
    h.q = ln_ox_split_heads(o, ln_ox_last_part(o, y, 0, wide[0]), heads);
    h.k = ln_ox_split_heads(o, ln_ox_last_part(o, y, wide[0], wide[1]), heads);
    h.v = ln_ox_split_heads(o, ln_ox_last_part(o, y, wide[0] + wide[1], wide[2]), heads);
    ln_id before = ln_emit_int(&o->e, 0);
    if (past >= 0) {
        before = ln_ox_dim_of(o, past, 3);
        h.k = joined_past(o, past, 0, h.k);
        h.v = joined_past(o, past, 1, h.v);
    }
    h.bias = plus(o, padding(o, n, 3, &h), ln_ox_in_id(o, n, 5));
    ln_ox_out(o, n, 0, attend(o, n, &h, before));
    if (ln_ox_has_out(n, 1)) {
        const TfLitePackParams both = {.values_count = 2};
        ln_ox_out(o, n, 1, ln_emit_nary(&o->e, &ln_op_pack, &both, 2, (const ln_id[]){h.k, h.v}));
    }
}

/* ---- MultiHeadAttention ---- */

/* Part i of [b, s, heads, parts, d] as [b, heads, s, d]. */
static ln_id unpacked(ln_ox *o, ln_id x, int i)
{
    const int begin[] = {0, 0, 0, i, 0}, size[] = {-1, -1, -1, 1, -1};
    const ln_id y = ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, x, 5, begin, size), 1u << 3);
    return ln_emit_transpose(&o->e, y, 4, (const int[]){0, 2, 1, 3});
}

/* Input i with its part of the bias, in heads; what has heads already is left. */
static ln_id in_heads(ln_ox *o, const ln_ox_node *n, int i, int *from)
{
    ln_id x = ln_ox_in_id(o, n, i);
    const ln_id bias = ln_ox_in_id(o, n, 3);
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (s.rank != 3)
        return x;
    if (bias >= 0)
        x = ln_ox_add(o, x, ln_ox_last_part(o, bias, *from, s.dim[2]));
    *from += LN_MAX(s.dim[2], 0);
    return ln_ox_split_heads(o, x, ln_ox_int(n, "num_heads", 0));
}

static void read_heads(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h)
{
    const ln_id q = ln_ox_in_id(o, n, 0), k = ln_ox_in_id(o, n, 1);
    const bool all = ln_emit_shape(&o->e, q).rank == 5, pair = ln_emit_shape(&o->e, k).rank == 5;
    int from = 0;
    if ((all || pair) && ln_ox_has_in(n, 3))
        LN_OX_FAIL(o, "a bias of packed heads");
    h->q = all ? unpacked(o, q, 0) : in_heads(o, n, 0, &from);
    if (all || pair) {
        h->k = unpacked(o, all ? q : k, all);
        h->v = unpacked(o, all ? q : k, all + 1);
    } else {
        h->k = in_heads(o, n, 1, &from);
        h->v = in_heads(o, n, 2, &from);
    }
}

void ln_ox_multi_head_attention(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_heads h = {.q = -1, .k = -1, .v = -1, .bias = -1, .allowed = -1};
    if (ln_ox_has_in(n, 8) || ln_ox_has_in(n, 9)) {
        LN_OX_FAIL(o, "a buffer of keys, or beams");
        return;
    }
    read_heads(o, n, &h);
    const ln_id before = ln_ox_join_past(o, n, 6, &h);
    if (!ln_ox_ok(o) || h.k < 0 || h.v < 0) {
        LN_OX_FAIL(o, "keys and values are missing");
        return;
    }
    h.bias = plus(o, padding(o, n, 4, &h), ln_ox_in_id(o, n, 5));
    ln_ox_out(o, n, 0, attend(o, n, &h, before));
    ln_ox_out(o, n, 1, h.k);
    ln_ox_out(o, n, 2, h.v);
    if (ln_ox_ok(o))
        ln_ox_out(o, n, 3, h.scores);
}

/* ---- GroupQueryAttention: always causal; keys and values have fewer heads ---- */

static void read_groups(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h)
{
    const int heads = ln_ox_int(n, "num_heads", 0), of_keys = ln_ox_int(n, "kv_num_heads", 0);
    ln_id q = ln_ox_in_id(o, n, 0), k = ln_ox_in_id(o, n, 1), v = ln_ox_in_id(o, n, 2);
    if (ln_ox_ok(o) && k < 0) { /* packed */
        const ln_shape s = ln_emit_shape(&o->e, q);
        const int d = s.rank == 3 && heads > 0 && of_keys > 0 && heads < 4096 && of_keys < 4096
                          ? s.dim[2] / (heads + 2 * of_keys)
                          : -1;
        if (d < 1) {
            LN_OX_FAIL(o, "%d and %d heads", heads, of_keys);
            return;
        }
        k = ln_ox_last_part(o, q, heads * d, of_keys * d);
        v = ln_ox_last_part(o, q, (heads + of_keys) * d, of_keys * d);
        q = ln_ox_last_part(o, q, 0, heads * d);
    }
    h->q = ln_ox_split_heads(o, q, heads);
    h->k = ln_ox_split_heads(o, k, of_keys);
    h->v = ln_ox_split_heads(o, v, of_keys);
}

/* Positions follow what is past. */
static void rotate(ln_ox *o, const ln_ox_node *n, ln_ox_heads *h, ln_id past)
{
    const bool interleaved = ln_ox_int(n, "rotary_interleaved", 0);
    ln_id at = ln_ox_in_id(o, n, 9);
    if (!ln_ox_int(n, "do_rotary", 0))
        return;
    if (at < 0)
        at = ln_ox_add(o, ln_emit_range(&o->e, ln_ox_dim_of(o, h->q, 2)), past);
    const ln_id cos = ln_ox_angles(o, ln_ox_in_id(o, n, 7), at);
    const ln_id sin = ln_ox_angles(o, ln_ox_in_id(o, n, 8), at);
    h->q = ln_ox_rotate(o, h->q, cos, sin, interleaved);
    h->k = ln_ox_rotate(o, h->k, cos, sin, interleaved);
}

static bool is_plain_group(ln_ox *o, const ln_ox_node *n)
{
    const ln_shape s = ln_emit_shape(&o->e, ln_ox_in_id(o, n, 0));
    if (ln_ox_int(n, "smooth_softmax", 0) > 0 || ln_ox_has_in(n, 11) ||
        ln_ox_int(n, "k_quant_type", 0) || ln_ox_has_in(n, 12) || ln_ox_has_in(n, 13))
        LN_OX_FAIL(o, "a sink of attention, or quantized keys");
    else if (s.rank > 0 && s.dim[0] > 1)
        LN_OX_FAIL(o, "a batch of %d sequences, which may differ in length", s.dim[0]);
    return ln_ox_ok(o);
}

void ln_ox_group_query_attention(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_heads h = {.q = -1, .k = -1, .v = -1, .bias = -1, .allowed = -1};
    ln_id before = ln_emit_int(&o->e, 0);
    if (!is_plain_group(o, n))
        return;
    read_groups(o, n, &h);
    if (ln_ox_has_in(n, 3))
        before = ln_ox_dim_of(o, ln_ox_in_id(o, n, 3), 2);
    rotate(o, n, &h, before);
    ln_ox_join_past(o, n, 3, &h);
    h.softcap = ln_ox_float(n, "softcap", 0);
    h.bias = ln_ox_in_id(o, n, 10);
    if (!ln_ox_ok(o))
        return;
    const int left = ln_ox_int(n, "local_window_size", -1);
    h.allowed = ln_ox_window_mask(o, &h, before, left > 0 ? left - 1 : -1, 0);
    ln_ox_out(o, n, 0, attend(o, n, &h, before));
    ln_ox_out(o, n, 1, h.k);
    ln_ox_out(o, n, 2, h.v);
}
