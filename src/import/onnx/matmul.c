/* SPDX-License-Identifier: Apache-2.0 */
/* matmul.c: products of matrices.  Constant weights make FULLY_CONNECTED, all others BATCH_MATMUL;
 * a Transpose of the last two dimensions in front becomes adj_x or adj_y. */
#include <string.h>

#include "import/onnx/families.h"

/* What a product's shape is as far as it is known, which BATCH_MATMUL says of known shapes only. */
static ln_shape product_shape(const ln_shape *a, const ln_shape *b, bool adj_a, bool adj_b)
{
    ln_shape y = {.rank = LN_MAX(a->rank, b->rank)};
    if (a->rank < 2 || b->rank < 2)
        return ln_shape_unknown(-1);
    for (int i = 0; i < y.rank - 2; i++) {
        const int p = i - (y.rank - a->rank), q = i - (y.rank - b->rank);
        const int m = p < 0 ? 1 : a->dim[p], n = q < 0 ? 1 : b->dim[q];
        y.dim[i] = m == 1 ? n : n > 1 ? n : m;
    }
    y.dim[y.rank - 2] = a->dim[a->rank - (adj_a ? 1 : 2)];
    y.dim[y.rank - 1] = b->dim[b->rank - (adj_b ? 2 : 1)];
    return y;
}

ln_id ln_ox_product(ln_ox *o, ln_id a, ln_id b, bool adj_a, bool adj_b)
{
    const TfLiteBatchMatMulParams p = {.adj_x = adj_a, .adj_y = adj_b};
    const ln_shape as = ln_emit_shape(&o->e, a), bs = ln_emit_shape(&o->e, b);
    const ln_made hint = {ln_emit_type(&o->e, a), product_shape(&as, &bs, adj_a, adj_b)};
    const ln_id in[] = {a, b};
    const ln_emit_call call = {
        .op = &ln_op_batch_matmul, .params = &p, .in = in, .n_in = 2, .n_out = 1, .hints = &hint};
    ln_id y;
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}

ln_id ln_ox_product_of_vectors(ln_ox *o, ln_id a, ln_id b, bool adj_a, bool adj_b)
{
    const bool row = ln_emit_shape(&o->e, a).rank == 1, column = ln_emit_shape(&o->e, b).rank == 1;
    const ln_id x = row ? ln_emit_expand_dims(&o->e, a, 0) : a;
    const ln_id y = ln_ox_product(o, x, column ? ln_emit_expand_dims(&o->e, b, 1) : b,
                                  adj_a && !row, adj_b && !column);
    if (!ln_ox_ok(o))
        return -1;
    const int rank = ln_emit_shape(&o->e, y).rank;
    const unsigned drop = (row ? 1u << (rank - 2) : 0) | (column ? 1u << (rank - 1) : 0);
    return ln_emit_squeeze(&o->e, y, drop);
}

/* x [..., k] times constant weights, stored [n, k]. */
static ln_id dense(ln_ox *o, ln_id x, ln_id weights, ln_id bias)
{
    const TfLiteFullyConnectedParams p = {.keep_num_dims = ln_emit_shape(&o->e, x).rank > 2};
    const ln_id in[] = {x, weights, bias};
    return ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
}

static ln_id scaled(ln_ox *o, ln_id x, float factor)
{
    return factor == 1.f ? x : ln_ox_mul(o, x, ln_emit_float(&o->e, factor));
}

/* The summand of a Gemm as a bias [n]; -1 when it is something else. */
static ln_id as_bias(ln_ox *o, ln_ox_value *c, int n)
{
    if (!c || !ln_emit_known(&o->e, c->id) || ln_emit_type(&o->e, c->id) != kTfLiteFloat32)
        return -1;
    const ln_shape s = ln_ox_shape(o, c);
    const int count = ln_shape_count(&s, 0, s.rank);
    const int last = s.rank ? s.dim[s.rank - 1] : 1;
    if (count == n && last == n)
        return ln_ox_reshape(o, ln_ox_plain(o, c), 1, &n);
    if (count == 1)
        return ln_ox_op2(o, &ln_op_broadcast_to, ln_ox_reshape(o, c->id, 1, (const int[]){1}),
                         ln_emit_ints(&o->e, 1, &n));
    return -1;
}

/* The matrix, transposed when wanted. */
static ln_id matrix(ln_ox *o, ln_ox_value *v, bool transposed)
{
    const ln_ox_layout swapped = {.rank = 2, .dim = {1, 0}};
    return transposed ? ln_ox_as(o, v, &swapped) : ln_ox_plain(o, v);
}

void ln_ox_gemm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *a = ln_ox_in(o, n, 0), *b = ln_ox_in(o, n, 1), *c = ln_ox_in(o, n, 2);
    const bool trans_a = ln_ox_int(n, "transA", 0), trans_b = ln_ox_int(n, "transB", 0);
    const float alpha = ln_ox_float(n, "alpha", 1), beta = ln_ox_float(n, "beta", 1);
    if (!a || !b)
        return;
    if (ln_ox_rank(o, a) != 2 || ln_ox_rank(o, b) != 2 ||
        ln_ox_value_type(o, a) != kTfLiteFloat32) {
        LN_OX_FAIL(o, "operands have to be float matrices");
        return;
    }
    const int columns = ln_ox_shape(o, b).dim[trans_b ? 0 : 1];
    const ln_id x = matrix(o, a, trans_a), weights = scaled(o, matrix(o, b, !trans_b), alpha);
    if (!ln_ox_ok(o))
        return;
    ln_id bias = columns > 0 ? as_bias(o, c, columns) : -1;
    const bool added = bias >= 0;
    if (added)
        bias = scaled(o, bias, beta);
    ln_id y = dense(o, x, weights, bias);
    if (c && !added && beta != 0)
        y = ln_ox_add(o, y, scaled(o, ln_ox_plain(o, c), beta));
    ln_ox_out(o, n, 0, y);
}

/* An operand of a product, in ONNX's order or with the last two dimensions exchanged, whichever
 * leaves the dimension in its place that is stored last. */
static ln_id operand(ln_ox *o, ln_ox_value *v, bool *adjoint)
{
    const int rank = v->at.rank;
    if (rank < 2 || v->at.dim[rank - 1] != rank - 2)
        return ln_ox_plain(o, v);
    ln_ox_layout to = ln_ox_plain_layout(rank);
    to.dim[rank - 1] = (int8_t)(rank - 2);
    to.dim[rank - 2] = (int8_t)(rank - 1);
    *adjoint = !*adjoint;
    return ln_ox_as(o, v, &to);
}

static ln_id product(ln_ox *o, ln_ox_value *a, ln_ox_value *b, bool adj_a, bool adj_b)
{
    const int rank_a = ln_ox_rank(o, a), rank_b = ln_ox_rank(o, b);
    if (rank_b == 2 && rank_a >= 2 && ln_ox_is_constant(o, b) && !adj_a &&
        ln_ox_value_type(o, b) == kTfLiteFloat32) {
        const ln_id weights = matrix(o, b, !adj_b);
        return dense(o, ln_ox_plain(o, a), weights, -1);
    }
    ln_id x = operand(o, a, &adj_a), y = operand(o, b, &adj_b);
    const TfLiteType type = ln_emit_type(&o->e, x);
    x = ln_emit_cast(&o->e, x, kTfLiteFloat32);
    y = ln_emit_cast(&o->e, y, kTfLiteFloat32);
    return ln_emit_cast(&o->e, ln_ox_product_of_vectors(o, x, y, adj_a, adj_b), type);
}

void ln_ox_matmul(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *a = ln_ox_in(o, n, 0), *b = ln_ox_in(o, n, 1);
    if (!a || !b)
        return;
    if (ln_ox_rank(o, a) < 1 || ln_ox_rank(o, b) < 1) {
        LN_OX_FAIL(o, "a scalar is no matrix");
        return;
    }
    ln_ox_out(o, n, 0, product(o, a, b, false, false));
}

/* com.microsoft: alpha * a' b', where ' may transpose the last two dimensions. */
void ln_ox_fused_matmul(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *a = ln_ox_in(o, n, 0), *b = ln_ox_in(o, n, 1);
    if (!a || !b)
        return;
    if (ln_ox_int(n, "transBatchA", 0) || ln_ox_int(n, "transBatchB", 0) || ln_ox_rank(o, a) < 2 ||
        ln_ox_rank(o, b) < 2) {
        LN_OX_FAIL(o, "transBatchA and transBatchB");
        return;
    }
    const ln_id y = product(o, a, b, ln_ox_int(n, "transA", 0), ln_ox_int(n, "transB", 0));
    ln_ox_out(o, n, 0, scaled(o, y, ln_ox_float(n, "alpha", 1)));
}
