/* SPDX-License-Identifier: Apache-2.0 */
/* lower.c: operators of newer releases by those of older ones, where that gives the same.  What is
 * a pattern is a rule; the rest needs shapes. */
#include <string.h>

#include "convert/downgrade.h"

enum { MAX_PARTS = 64 };

/* The numbers in CAST are those of TfLiteType: 1 float32, 2 int32, 6 bool. */
const char *const ln_lower_rules[] = {
    "rule relu01: (RELU_0_TO_1 x) => (MINIMUM (MAXIMUM x 0) 1)",
    "rule hard_swish: (HARD_SWISH x) => (MUL x (MUL (RELU6 (ADD x 3)) 0.16666667))",
    "rule gelu: (GELU{approximate=false} x) => "
    "(MUL (MUL x 0.5) (ADD (custom:Erf (MUL x 0.70710678)) 1))",
    "rule gelu_tanh: (GELU{approximate=true} x) => (MUL (MUL x 0.5) (ADD (TANH (MUL (ADD x (MUL "
    "(MUL (MUL x x) x) 0.044715)) 0.79788456)) 1))",
    "rule sign: (SIGN x) => (SUB (CAST{in_data_type=6, out_data_type=1} (GREATER x 0)) "
    "(CAST{in_data_type=6, out_data_type=1} (LESS x 0)))",
    "rule select any: (SELECT_V2 c x y) => (SELECT c x y) if same c x, same x y",
    "rule all any: (REDUCE_ALL{keep_dims=%k} x $a) => (CAST{in_data_type=2, out_data_type=6} "
    "(REDUCE_MIN{keep_dims=%k} (CAST{in_data_type=6, out_data_type=2} x) $a))",
    "rule difference: (SQUARED_DIFFERENCE x y) => (SQUARE (SUB x y))",
    NULL,
};

/* BROADCAST_TO by TILE, where both shapes are known. */
static bool broadcast_to(ln_opt *o, int node)
{
    ln_emit *e = &o->e;
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    const ln_shape from = ln_emit_shape(e, x), to = ln_emit_shape(e, y);
    ln_shape wide = {.rank = to.rank};
    int times[LN_MAX_RANK];
    if (!ln_shape_known(&from) || !ln_shape_known(&to) || from.rank > to.rank)
        return false;
    for (int i = 0; i < to.rank; i++) {
        const int k = i - (to.rank - from.rank);
        wide.dim[i] = k < 0 ? 1 : from.dim[k];
        times[i] = wide.dim[i] == to.dim[i] ? 1 : to.dim[i];
    }
    const ln_id in[] = {ln_emit_reshape(e, x, &wide), ln_emit_ints(e, to.rank, times)};
    return ln_opt_replace(o, y, ln_emit_nary(e, &ln_op_tile, NULL, 2, in));
}

/* A FULLY_CONNECTED that has a bias, as the first versions ask for. */
static ln_id fully_connected(ln_emit *e, ln_id x, ln_id w, int outputs,
                             const TfLiteFullyConnectedParams *p)
{
    const ln_shape s = {.rank = 1, .dim = {outputs}};
    float *zeros = ln_arena_new(&e->m->arena, (size_t)outputs + 1, sizeof *zeros);
    if (!zeros)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    const ln_id bias =
        ln_emit_constant(e, kTfLiteFloat32, &s, zeros, (size_t)outputs * sizeof *zeros, false);
    const ln_id in[] = {x, w, bias};
    return ln_emit_nary(e, &ln_op_fully_connected, p, 3, in);
}

static bool add_bias(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const TfLiteFullyConnectedParams p = *(const TfLiteFullyConnectedParams *)n->params;
    const ln_id x = ln_opt_in(o, node, 0), w = ln_opt_in(o, node, 1), y = ln_opt_out(o, node);
    const ln_shape s = ln_emit_shape(&o->e, w);
    if (ln_opt_in(o, node, 2) >= 0 || !ln_opt_is_float(o, x) || !ln_opt_is_float(o, w) ||
        s.rank != 2 || s.dim[0] < 0)
        return false;
    return ln_opt_replace(o, y, fully_connected(&o->e, x, w, s.dim[0], &p));
}

/* Matrix i of [parts, rows, columns], as a matrix, or transposed. */
static ln_id matrix(ln_emit *e, ln_id x, const ln_shape *s, int i, bool transposed)
{
    static const int swap[] = {1, 0};
    const int begin[] = {i, 0, 0}, size[] = {1, s->dim[1], s->dim[2]};
    const ln_shape flat = {.rank = 2, .dim = {s->dim[1], s->dim[2]}};
    ln_id y = s->dim[0] == 1 ? x : ln_emit_slice(e, x, 3, begin, size);
    y = ln_emit_reshape(e, y, &flat);
    return transposed ? ln_emit_transpose(e, y, 2, swap) : y;
}

/* [..., rows, columns] as [parts, rows, columns]. */
static ln_shape as_parts(const ln_shape *s)
{
    return (ln_shape){
        .rank = 3,
        .dim = {ln_shape_count(s, 0, s->rank - 2), s->dim[s->rank - 2], s->dim[s->rank - 1]}};
}

/* BATCH_MATMUL as a FULLY_CONNECTED per matrix. */
static bool batch_matmul(ln_opt *o, int node)
{
    ln_emit *e = &o->e;
    const TfLiteBatchMatMulParams p =
        *(const TfLiteBatchMatMulParams *)ln_opt_node_at(o, node)->params;
    const TfLiteFullyConnectedParams plain = {.activation = kTfLiteActNone};
    const ln_id x = ln_opt_in(o, node, 0), w = ln_opt_in(o, node, 1), y = ln_opt_out(o, node);
    const ln_shape a = ln_emit_shape(e, x), b = ln_emit_shape(e, w), s = ln_emit_shape(e, y);
    ln_id parts[MAX_PARTS];
    if (!ln_opt_is_float(o, x) || !ln_opt_is_float(o, w) || !ln_shape_known(&a) ||
        !ln_shape_known(&b) || !ln_shape_known(&s))
        return false;
    const ln_shape as = as_parts(&a), bs = as_parts(&b);
    const int n = ln_shape_count(&s, 0, s.rank - 2);
    if (n < 1 || n > MAX_PARTS || as.dim[0] != n || (bs.dim[0] != n && bs.dim[0] != 1))
        return false;
    const ln_id xs = ln_emit_reshape(e, x, &as), ws = ln_emit_reshape(e, w, &bs);
    for (int i = 0; i < n; i++)
        parts[i] = fully_connected(e, matrix(e, xs, &as, i, p.adj_x),
                                   matrix(e, ws, &bs, bs.dim[0] == 1 ? 0 : i, !p.adj_y),
                                   s.dim[s.rank - 1], &plain);
    const ln_id all = n == 1 ? parts[0] : ln_emit_concat(e, n, parts, 0);
    return ln_opt_replace(o, y, ln_emit_reshape(e, all, &s));
}

/* A grouped CONV_2D as a convolution per group. */
static bool grouped(ln_opt *o, int node)
{
    ln_emit *e = &o->e;
    const ln_node *n = ln_opt_node_at(o, node);
    const TfLiteConvParams p = *(const TfLiteConvParams *)n->params;
    const ln_id x = ln_opt_in(o, node, 0), w = ln_opt_in(o, node, 1), b = ln_opt_in(o, node, 2);
    const ln_shape image = ln_emit_shape(e, x), filter = ln_emit_shape(e, w);
    ln_id parts[MAX_PARTS];
    if (!ln_opt_is_float(o, x) || !ln_opt_is_float(o, w) || image.rank != 4 || filter.rank != 4 ||
        !ln_shape_known(&filter) || image.dim[3] < 1 || filter.dim[3] < 1 ||
        image.dim[3] % filter.dim[3])
        return false;
    const int groups = image.dim[3] / filter.dim[3], made = filter.dim[0] / groups;
    if (groups < 2 || groups > MAX_PARTS || made < 1 || made * groups != filter.dim[0])
        return false;
    for (int i = 0; i < groups; i++) {
        const int at[] = {0, 0, 0, i * filter.dim[3]}, size[] = {-1, -1, -1, filter.dim[3]};
        const int from[] = {i * made, 0, 0, 0}, count[] = {made, -1, -1, -1};
        const ln_id in[] = {ln_emit_slice(e, x, 4, at, size), ln_emit_slice(e, w, 4, from, count),
                            b < 0 ? -1 : ln_emit_slice(e, b, 1, from, count)};
        parts[i] = ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in);
    }
    return ln_opt_replace(o, ln_opt_out(o, node), ln_emit_concat(e, groups, parts, 3));
}

bool ln_lower(ln_opt *o, int node)
{
    static const struct {
        const ln_op *op;
        bool (*lower)(ln_opt *o, int node);
    } rows[] = {
        {&ln_op_broadcast_to, broadcast_to},
        {&ln_op_fully_connected, add_bias},
        {&ln_op_batch_matmul, batch_matmul},
        {&ln_op_conv_2d, grouped},
    };
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        if (ln_opt_is(o, node, rows[i].op))
            return rows[i].lower(o, node);
    return false;
}
