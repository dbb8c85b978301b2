/* SPDX-License-Identifier: Apache-2.0 */
/* attention.c: attention.  The heads' projections are one product each; the scale of the scores is
 * part of the query's weights. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* What multi-head and grouped attention have in common. */
typedef struct heads {
    ln_keras_call *c;
    ln_id query, key, value;
    int n, groups, dim; /* heads of the query, of key and value; size of a head */
    ln_shape shape;     /* of the query as it is given, where that has more than three axes: */
    int order[LN_MAX_RANK], n_order, n_batch; /* those that are like the batch, the others */
} heads;

/* ---- masks: bool, true where a step is seen ---- */

static ln_id both(ln_emit *e, ln_id a, ln_id b)
{
    return a < 0 ? b : b < 0 ? a : ln_keras_binary(e, &ln_op_logical_and, a, b);
}

/* 0, 1, ... along an axis of x. */
static ln_id count_up(ln_emit *e, ln_id x, int axis)
{
    return ln_emit_range(e, ln_emit_dim(e, x, axis));
}

/* [1, T, S]: steps that are not later (causal), or not further away than the window. */
static ln_id by_position(ln_emit *e, ln_id query, ln_id value, bool causal, int window)
{
    const ln_id row = ln_emit_expand_dims(e, count_up(e, query, 1), 1),
                column = count_up(e, value, 1);
    ln_id mask = causal ? ln_keras_binary(e, &ln_op_greater_equal, row, column) : -1;
    if (window > 0) {
        const ln_id gap =
            ln_keras_unary(e, &ln_op_abs, ln_keras_binary(e, &ln_op_sub, row, column));
        mask = both(e, mask, ln_keras_with(e, &ln_op_less, gap, window));
    }
    return ln_emit_expand_dims(e, mask, 0);
}

/* A mask that is an argument of its own, or comes with the tensor. */
static ln_id step_mask(ln_keras_call *c, int position, const char *name, const ln_keras_arg *of)
{
    const ln_id given = ln_keras_arg_tensor(c, position, name);
    if (given >= 0)
        return given;
    return of && of->kind == LN_ARG_TENSOR && of->value.mask.kind != LN_MASK_NONE
               ? ln_keras_mask_tensor(c->e, &of->value.mask)
               : -1;
}

/* As [B or 1, T, S], -1: all is seen. */
static ln_id attention_mask(const heads *h)
{
    ln_keras_call *c = h->c;
    ln_emit *e = c->e;
    const bool old = c->k->version < 3;
    const ln_keras_arg *q = ln_keras_arg_find(c, 0, "query"), *v = ln_keras_arg_find(c, 1, "value"),
                       *k = ln_keras_arg_find(c, 2, "key");
    const ln_id qm = step_mask(c, old ? -1 : 3, "query_mask", q),
                vm = step_mask(c, old ? -1 : 4, "value_mask", v),
                km = step_mask(c, old ? -1 : 5, "key_mask", k);
    const bool causal = ln_keras_arg_number(c, old ? -1 : 9, "use_causal_mask", 0) != 0;
    const int window = ln_json_int(c->config, "sliding_window", 0);
    ln_id mask = qm < 0 ? -1 : ln_emit_expand_dims(e, qm, 2);
    if (vm >= 0)
        mask = both(e, mask, ln_emit_expand_dims(e, vm, 1));
    if (km >= 0 && km != vm)
        mask = both(e, mask, ln_emit_expand_dims(e, km, 1));
    if (causal || window > 0)
        mask = both(e, mask, by_position(e, h->query, h->value, causal, window));
    const ln_id given = ln_keras_arg_tensor(c, old ? 3 : 6, "attention_mask");
    return given < 0 ? mask : both(e, ln_emit_cast(e, given, kTfLiteBool), mask);
}

/* ---- heads ---- */

/* x by the kernel [features, heads, size] of a part; `factor` times. */
static ln_id project(const heads *h, const char *attribute, const char *name, ln_id x,
                     double factor, ln_shape *tail)
{
    ln_keras_call part = *h->c;
    ln_keras_array b;
    ln_id bias = -1;
    ln_keras_scope_part(h->c->k, &h->c->scope, attribute, name, &part.scope);
    const ln_id w = ln_keras_matrix(&part, "kernel", 1, factor, tail);
    if (ln_json_bool(h->c->config, "use_bias", true) && ln_keras_weight(&part, "bias", 1, &b)) {
        float *values = ln_keras_floats(&part, (size_t)b.count);
        const ln_shape s = {.rank = 1, .dim = {b.count}};
        for (int i = 0; values && i < b.count; i++)
            values[i] = (float)factor * b.f[i];
        bias = ln_keras_constant(&part, &s, values);
    }
    return ln_keras_product(h->c->e, x, w, bias, kTfLiteActNone);
}

/* [B, T, n * size] -> [B, n, T, size] */
static ln_id by_head(ln_emit *e, ln_id x, const ln_shape *tail)
{
    static const int perm[] = {0, 2, 1, 3};
    const ln_shape s = {.rank = 4,
                        .dim = {LN_KERAS_AS, LN_KERAS_AS - 1, tail->dim[0], tail->dim[1]}};
    return ln_emit_transpose(e, ln_keras_reshape(e, x, &s), 4, perm);
}

static ln_id product(ln_emit *e, ln_id a, ln_id b, bool transposed)
{
    const TfLiteBatchMatMulParams p = {.adj_y = transposed};
    return ln_emit_binary(e, &ln_op_batch_matmul, &p, a, b);
}

/* [B, n, T, size] <-> [B, groups, n / groups * T, size]: heads of a group share key and value. */
static ln_id regroup(const heads *h, ln_id x, int n)
{
    const ln_shape q = ln_emit_shape(h->c->e, h->query);
    const int steps = n == h->n ? q.dim[1] : q.dim[1] < 0 ? -1 : h->n / n * q.dim[1];
    const ln_shape to = {.rank = 4, .dim = {LN_KERAS_AS, n, steps, LN_KERAS_AS - 3}};
    return h->groups == h->n ? x : ln_keras_reshape(h->c->e, x, &to);
}

static bool returns_scores(const ln_keras_call *c)
{
    return ln_keras_arg_number(c, c->k->version < 3 ? 4 : 7, "return_attention_scores", 0) != 0;
}

/* The sum of values by softmax of scores, [B, n, T, size]; *weights: the softmax.  Keras uses its
 * layer for that where it has to: for weights that are dropped in training or given back. */
static ln_id attend(const heads *h, ln_id q, ln_id k, ln_id v, ln_id *weights)
{
    ln_emit *e = h->c->e;
    ln_id mask = attention_mask(h);
    ln_id scores = product(e, regroup(h, q, h->groups), k, true);
    if (mask >= 0) {
        scores = regroup(h, scores, h->n);
        if (ln_emit_shape(e, mask).rank == 3)
            mask = ln_emit_expand_dims(e, mask, 1);
    }
    const bool layer = ln_json_number(h->c->config, "dropout", 0) > 0 || returns_scores(h->c);
    *weights = layer ? ln_keras_softmax_layer(h->c, scores, mask)
                     : ln_keras_masked_softmax(e, scores, mask);
    const ln_id sums = product(e, regroup(h, *weights, h->groups), v, false);
    return regroup(h, sums, h->n);
}

/* The axes that attention goes over, as bits: those of the configuration, or all in between. */
static unsigned attended(const ln_keras_call *c, int rank)
{
    const cJSON *json = ln_json_get(c->config, "attention_axes");
    const unsigned all = (1U << (rank - 1)) - 2;
    int axes[LN_MAX_RANK];
    unsigned over = 0;
    const int n = ln_json_ints(c->config, "attention_axes", LN_MAX_RANK, axes);
    for (int i = 0; i < n; i++)
        over |= 1U << LN_MAX(0, LN_MIN(axes[i] < 0 ? axes[i] + rank : axes[i], rank - 1));
    return !json || cJSON_IsNull(json) ? all : over & all;
}

/* Inputs with more than one axis between batch and features: the attended ones are made one, the
 * others are like the batch. */
static bool read_axes(heads *h)
{
    h->shape = ln_emit_shape(h->c->e, h->query);
    const int rank = h->shape.rank, v = ln_emit_shape(h->c->e, h->value).rank,
              k = ln_emit_shape(h->c->e, h->key).rank;
    if (rank == 3 && v == 3 && k == 3)
        return true;
    if (rank < 4 || rank > LN_MAX_RANK || v != rank || k != rank || attention_mask(h) >= 0 ||
        returns_scores(h->c)) {
        ln_emit_fail(h->c->e, LN_ERR_UNSUPPORTED,
                     "attention over several axes with a mask or scores that are returned");
        return false;
    }
    const unsigned over = attended(h->c, rank);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 1; i < rank - 1; i++)
            if ((over >> i & 1) == (unsigned)pass)
                h->order[h->n_order++] = i;
        h->n_batch = pass ? h->n_batch : h->n_order;
    }
    return ln_emit_ok(h->c->e);
}

/* [batch, ..., features] -> [rows, steps, features] */
static ln_id as_rows(const heads *h, ln_id x)
{
    const ln_shape s = ln_emit_shape(h->c->e, x);
    int perm[LN_MAX_RANK] = {0}, steps = 1;
    if (!ln_emit_ok(h->c->e))
        return -1;
    for (int i = 0; i < h->n_order; i++) {
        const int size = s.dim[h->order[i]];
        perm[i + 1] = h->order[i];
        if (size < 0 || (i >= h->n_batch && size > 0 && steps > INT32_MAX / size))
            return ln_emit_fail(h->c->e, LN_ERR_UNSUPPORTED,
                                "attention over several axes of open size: give --input-shape");
        steps *= i < h->n_batch ? 1 : size;
    }
    perm[h->n_order + 1] = h->n_order + 1;
    const ln_shape to = {.rank = 3, .dim = {-1, steps, s.dim[s.rank - 1]}};
    return ln_emit_reshape(h->c->e, ln_emit_transpose(h->c->e, x, s.rank, perm), &to);
}

/* Rows of results as the query has them. */
static ln_id from_rows(const heads *h, ln_id y)
{
    const ln_shape s = ln_emit_shape(h->c->e, y);
    const int rank = h->shape.rank;
    ln_shape to = {.rank = rank, .dim = {-1}};
    int perm[LN_MAX_RANK] = {0};
    if (!h->n_order || !ln_emit_ok(h->c->e))
        return y;
    if (s.rank != 3)
        return ln_emit_fail(h->c->e, LN_ERR_UNSUPPORTED,
                            "attention over several axes with an output_shape of several");
    for (int i = 0; i < h->n_order; i++) {
        to.dim[i + 1] = h->shape.dim[h->order[i]];
        perm[h->order[i]] = i + 1;
    }
    to.dim[rank - 1] = s.dim[2];
    perm[rank - 1] = rank - 1;
    return ln_emit_transpose(h->c->e, ln_emit_reshape(h->c->e, y, &to), rank, perm);
}

static bool read_inputs(ln_keras_call *c, heads *h)
{
    h->c = c;
    h->query = ln_keras_arg_tensor(c, 0, "query");
    h->value = ln_keras_arg_tensor(c, 1, "value");
    h->key = ln_keras_arg_tensor(c, 2, "key");
    h->key = h->key < 0 ? h->value : h->key;
    if (h->query < 0 || h->value < 0)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "query and value are wanted");
    if (!ln_emit_ok(c->e) || !read_axes(h))
        return false;
    if (h->n_order) {
        const ln_id value = h->value;
        h->query = as_rows(h, h->query);
        h->value = as_rows(h, value);
        h->key = h->key == value ? h->value : as_rows(h, h->key);
    }
    return ln_emit_ok(c->e);
}

/* [B, n, T, size] -> [B, T, features] */
static ln_id combine(const heads *h, ln_id sums, const char *attribute)
{
    static const int perm[] = {0, 2, 1, 3};
    ln_emit *e = h->c->e;
    ln_keras_call part = *h->c;
    ln_shape tail = {0};
    ln_keras_scope_part(h->c->k, &h->c->scope, attribute, "attention_output", &part.scope);
    const ln_id w = ln_keras_matrix(&part, "kernel", 2, 1, &tail);
    const bool bias = ln_json_bool(h->c->config, "use_bias", true);
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    const ln_id b = bias ? ln_keras_param(&part, "bias", 1, NULL, &flat) : -1;
    ln_id y = ln_emit_transpose(e, sums, 4, perm);
    if (ln_json_bool(h->c->config, "use_gate", false)) {
        ln_shape size;
        ln_id gate = project(h, "gate_dense", "gate", h->query, 1, &size);
        const ln_shape s = {.rank = 4,
                            .dim = {LN_KERAS_AS, LN_KERAS_AS - 1, size.dim[0], size.dim[1]}};
        gate = ln_keras_unary(e, &ln_op_logistic, ln_keras_reshape(e, gate, &s));
        y = ln_keras_binary(e, &ln_op_mul, y, gate);
    }
    return ln_keras_contract(e, y, 2, w, b, &tail);
}

static void multi_head(ln_keras_call *c, const char *query_heads, const char *groups,
                       const char *size)
{
    heads h = {.c = c};
    ln_shape q_tail = {0}, k_tail = {0}, v_tail = {0};
    ln_id weights = -1;
    h.n = ln_json_int(c->config, query_heads, 0);
    h.groups = ln_json_int(c->config, groups, 0);
    h.dim = ln_json_int(c->config, size, 0);
    if (!read_inputs(c, &h))
        return;
    if (h.n < 1 || h.groups < 1 || h.dim < 1 || h.n % h.groups) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "%d heads in %d groups", h.n, h.groups);
        return;
    }
    const ln_id q = project(&h, "query_dense", "query", h.query, 1 / sqrt(h.dim), &q_tail),
                k = project(&h, "key_dense", "key", h.key, 1, &k_tail),
                v = project(&h, "value_dense", "value", h.value, 1, &v_tail);
    if (ln_emit_ok(c->e) &&
        (q_tail.rank != 2 || k_tail.rank != 2 || v_tail.rank != 2 || q_tail.dim[0] != h.n ||
         k_tail.dim[0] != h.groups || v_tail.dim[0] != h.groups)) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "the weights are for another number of heads");
        return;
    }
    const ln_id sums = attend(&h, by_head(c->e, q, &q_tail), by_head(c->e, k, &k_tail),
                              by_head(c->e, v, &v_tail), &weights);
    ln_keras_out_masked(c, from_rows(&h, combine(&h, sums, "output_dense")),
                        ln_keras_mask_of(c, 0));
    if (returns_scores(c))
        ln_keras_out_masked(c, regroup(&h, weights, h.n), (ln_keras_mask){.kind = LN_MASK_NONE});
}

void ln_keras_multi_head_attention(ln_keras_call *c)
{
    enum { DROPS_MASKS_SINCE = 308 };
    static const char *const given[] = {"query", "value", "key"};
    multi_head(c, "num_heads", "num_heads", "key_dim");
    for (int i = 0; i < 3 && c->k->release >= DROPS_MASKS_SINCE; i++)
        if (ln_keras_arg_tensor(c, i, given[i]) >= 0)
            ln_keras_drop_mask(c, ln_keras_arg_tensor(c, i, given[i]));
}

void ln_keras_grouped_query_attention(ln_keras_call *c)
{
    multi_head(c, "num_query_heads", "num_key_value_heads", "head_dim");
}

/* ---- Attention and AdditiveAttention: inputs are [query, value, key] ---- */

/* The mask of input i: in the list that is the argument, or with the tensor. */
static ln_id input_mask(ln_keras_call *c, int i)
{
    const ln_keras_arg *list = ln_keras_arg_find(c, 1, "mask");
    if (list && list->kind == LN_ARG_LIST)
        return i < list->n && list->items[i].kind == LN_ARG_TENSOR ? list->items[i].value.id : -1;
    return i < c->n_in && c->in[i].mask.kind != LN_MASK_NONE
               ? ln_keras_mask_tensor(c->e, &c->in[i].mask)
               : -1;
}

/* sum(weight * tanh(factor * (query + key))) over the features */
static ln_id additive_scores(ln_emit *e, ln_id query, ln_id key, ln_id factor, ln_id weight)
{
    static const int last[] = {3};
    ln_id sum = ln_keras_binary(e, &ln_op_add, ln_emit_expand_dims(e, query, 2),
                                ln_emit_expand_dims(e, key, 1));
    if (factor >= 0)
        sum = ln_keras_binary(e, &ln_op_mul, sum, factor);
    ln_id y = ln_keras_unary(e, &ln_op_tanh, sum);
    if (weight >= 0)
        y = ln_keras_binary(e, &ln_op_mul, y, weight);
    return ln_emit_reduce(e, &ln_op_sum, y, 1, last, false);
}

static ln_id dot_scores(ln_keras_call *c, ln_id query, ln_id key)
{
    const bool scaled = ln_json_bool(c->config, "use_scale", false);
    const bool concat = strcmp(ln_json_text(c->config, "score_mode", "dot"), "concat") == 0;
    const ln_id scale = scaled ? ln_keras_param(c, "scale", 0, NULL, NULL) : -1;
    if (concat)
        return additive_scores(c->e, query, key, scale,
                               ln_keras_param(c, "concat_score_weight", scaled, NULL, NULL));
    const ln_id scores = product(c->e, query, key, true);
    return scale < 0 ? scores : ln_keras_binary(c->e, &ln_op_mul, scores, scale);
}

static void attention(ln_keras_call *c, bool additive)
{
    ln_emit *e = c->e;
    if (c->n_in < 2 || c->n_in > 3 || ln_emit_shape(e, c->in[0].id).rank != 3) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "inputs are query, value and key of rank 3");
        return;
    }
    const ln_id query = c->in[0].id, value = c->in[1].id, key = c->in[c->n_in - 1].id;
    const bool causal = ln_keras_arg_number(c, -1, "use_causal_mask", 0) != 0 ||
                        ln_json_bool(c->config, "causal", false);
    const ln_id weight = additive && ln_json_bool(c->config, "use_scale", true)
                             ? ln_keras_param(c, "scale", 0, NULL, NULL)
                             : -1;
    const ln_id scores =
        additive ? additive_scores(e, query, key, -1, weight) : dot_scores(c, query, key);
    const ln_id seen = input_mask(c, 1), asked = input_mask(c, 0);
    ln_id mask = seen < 0 ? -1 : ln_emit_expand_dims(e, seen, 1);
    if (causal)
        mask = both(e, mask, by_position(e, query, value, true, 0));
    const ln_id weights = ln_keras_masked_softmax(e, scores, mask);
    ln_id y = product(e, weights, value, false);
    ln_keras_mask out = {.kind = LN_MASK_NONE};
    if (asked >= 0) {
        const ln_id in[] = {ln_emit_expand_dims(e, asked, 2), y, ln_emit_float(e, 0)};
        y = ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
        out = (ln_keras_mask){.kind = LN_MASK_BOOL, .id = asked};
    }
    ln_keras_out_masked(c, y, out);
    if (ln_keras_arg_number(c, -1, "return_attention_scores", 0) != 0)
        ln_keras_out_masked(c, weights, (ln_keras_mask){.kind = LN_MASK_NONE});
}

void ln_keras_attention(ln_keras_call *c)
{
    attention(c, false);
}

void ln_keras_additive_attention(ln_keras_call *c)
{
    attention(c, true);
}

/* ---- DotProductAttention of keras.ops: [B, T, n, size] each ---- */

void ln_keras_dot_product_attention_op(ln_keras_call *c)
{
    static const int by_head[] = {0, 2, 1, 3};
    ln_emit *e = c->e;
    ln_id x[3];
    for (int i = 0; i < 3; i++)
        x[i] = ln_keras_arg_tensor(c, i, (const char *const[]){"query", "key", "value"}[i]);
    const ln_shape q = ln_emit_shape(e, x[0]), k = ln_emit_shape(e, x[1]);
    if (x[0] < 0 || x[1] < 0 || x[2] < 0 || q.rank != 4 || k.rank != 4 || q.dim[3] < 1 ||
        q.dim[2] != k.dim[2] || ln_keras_arg_number(c, -1, "attn_logits_soft_cap", 0) != 0) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                     "other than [batch, steps, heads, size] of as many heads, without a soft cap");
        return;
    }
    ln_id mask = ln_keras_arg_tensor(c, 4, "mask");
    const ln_id bias = ln_keras_arg_tensor(c, 3, "bias");
    mask = mask < 0 ? -1 : ln_emit_cast(e, mask, kTfLiteBool);
    if (ln_keras_arg_number(c, -1, "is_causal", 0) != 0)
        mask = both(e, mask, ln_emit_expand_dims(e, by_position(e, x[0], x[1], true, 0), 0));
    for (int i = 0; i < 3; i++)
        x[i] = ln_emit_transpose(e, x[i], 4, by_head);
    const double scale = ln_keras_arg_number(c, 5, "scale", 1 / sqrt(k.dim[3]));
    ln_id scores = ln_keras_with(e, &ln_op_mul, product(e, x[0], x[1], true), scale);
    scores = bias < 0 ? scores : ln_keras_binary(e, &ln_op_add, scores, bias);
    const ln_id y = product(e, ln_keras_masked_softmax(e, scores, mask), x[2], false);
    ln_keras_out(c, ln_emit_transpose(e, y, 4, by_head));
}
