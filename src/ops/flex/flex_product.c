/* SPDX-License-Identifier: Apache-2.0 */
/* flex_product.c: products of matrices of the types that the builtins lack.
 *
 *   MatMul                          a [m, k], b [k, n] -> [m, n]
 *   BatchMatMul, ...V2, ...V3       x [.., m, k], y [.., k, n] -> [.., m, n], broadcast but for the
 *                                   first of them; adj_x, adj_y: transposed and conjugated
 * Integers wrap. */
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum {
    NUMBERS =
        LN_BIT(Float32) | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Complex64) | LN_BIT(Complex128)
};

/* One operand: steps of its rows and columns. */
typedef struct side {
    const TfLiteTensor *t;
    int64_t at, row, column;
    double sign; /* of imaginary parts */
} side;

static bool turned(const ln_call *c, int i)
{
    return ln_flex_flag(c, i ? "adj_y" : "adj_x", false) ||
           ln_flex_flag(c, i ? "transpose_b" : "transpose_a", false);
}

static ln_status infer(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[0]), b = ln_shape_of(c->in[1]);
    ln_shape y, outer[2] = {a, b};
    LN_TRY(ln_check_type(c, 0, NUMBERS));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "the operands have types %s and %s",
             ln_type_name(c->in[0]->type), ln_type_name(c->in[1]->type));
    LN_CHECK(c, ln_flex_type(c, "Tout", c->in[0]->type) == c->in[0]->type,
             "a product of %s is to be %s", ln_type_name(c->in[0]->type),
             ln_type_name(ln_flex_type(c, "Tout", kTfLiteNoType)));
    LN_CHECK(c, a.rank >= 2 && b.rank >= 2, "the operands have rank %d and %d", a.rank, b.rank);
    outer[0].rank -= 2;
    outer[1].rank -= 2;
    LN_TRY(ln_broadcast(c, &outer[0], &outer[1], &y));
    const int ka = a.dim[a.rank - (turned(c, 0) ? 2 : 1)];
    const int kb = b.dim[b.rank - (turned(c, 1) ? 1 : 2)];
    LN_CHECK(c, ka == kb || ka < 0 || kb < 0, "rows of %d do not go with columns of %d", ka, kb);
    y.dim[y.rank++] = a.dim[a.rank - (turned(c, 0) ? 1 : 2)];
    y.dim[y.rank++] = b.dim[b.rank - (turned(c, 1) ? 2 : 1)];
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static void complex_at(const side *s, int64_t k, double *re, double *im)
{
    if (s->t->type == kTfLiteComplex64) {
        *re = (double)s->t->data.c64[k].re;
        *im = s->sign * (double)s->t->data.c64[k].im;
    } else {
        *re = s->t->data.c128[k].re;
        *im = s->sign * s->t->data.c128[k].im;
    }
}

static void complex_dot(const side *a, const side *b, int64_t i, int64_t j, int64_t n,
                        TfLiteTensor *y, int64_t to)
{
    double re = 0, im = 0;
    for (int64_t k = 0; k < n; k++) {
        double ar, ai, br, bi;
        complex_at(a, a->at + i * a->row + k * a->column, &ar, &ai);
        complex_at(b, b->at + k * b->row + j * b->column, &br, &bi);
        re += ar * br - ai * bi;
        im += ar * bi + ai * br;
    }
    if (y->type == kTfLiteComplex64)
        y->data.c64[to] = (TfLiteComplex64){(float)re, (float)im};
    else
        y->data.c128[to] = (TfLiteComplex128){re, im};
}

static void real_dot(const side *a, const side *b, int64_t i, int64_t j, int64_t n, TfLiteTensor *y,
                     int64_t to)
{
    const bool whole = ln_type_in(y->type, LN_INTEGERS);
    const ln_lane lane = whole ? LN_I64 : LN_F64;
    double sum = 0;
    uint64_t count = 0;
    for (int64_t k = 0; k < n; k++) {
        int64_t p[2], q[2];
        const void *u =
            ln_lane_load(lane, y->type, a->t->data.data, a->at + i * a->row + k * a->column, 1, p);
        const void *v =
            ln_lane_load(lane, y->type, b->t->data.data, b->at + k * b->row + j * b->column, 1, q);
        if (whole)
            count += *(const uint64_t *)u * *(const uint64_t *)v;
        else
            sum += *(const double *)u * *(const double *)v;
    }
    ln_lane_store(lane, y->type, y->data.data, to, 1, whole ? (const void *)&count : &sum);
}

static side side_of(ln_call *c, int i)
{
    const ln_shape s = ln_shape_of(c->in[i]);
    const int64_t columns = s.dim[s.rank - 1];
    const bool turn = turned(c, i);
    return (side){.t = c->in[i],
                  .row = turn ? 1 : columns,
                  .column = turn ? columns : 1,
                  .sign = ln_flex_flag(c, i ? "adj_y" : "adj_x", false) ? -1 : 1};
}

static ln_status eval(ln_call *c)
{
    TfLiteTensor *t = c->out[0];
    ln_shape y = ln_shape_of(t), outer[2] = {ln_shape_of(c->in[0]), ln_shape_of(c->in[1])};
    side a = side_of(c, 0), b = side_of(c, 1);
    const int64_t m = y.dim[y.rank - 2], n = y.dim[y.rank - 1];
    const int64_t depth = outer[0].dim[outer[0].rank - (turned(c, 0) ? 2 : 1)];
    const bool complex = t->type == kTfLiteComplex64 || t->type == kTfLiteComplex128;
    int64_t to = 0;
    ln_bcast walk;
    y.rank -= 2;
    outer[0].rank -= 2;
    outer[1].rank -= 2;
    ln_bcast_init(&walk, &y, 2, outer);
    for (bool more = walk.row > 0; more; more = ln_bcast_next(&walk))
        for (int k = 0; k < walk.row; k++) {
            a.at = (walk.at[0] + (ln_bcast_stays(&walk, 0) ? 0 : k)) * m * depth;
            b.at = (walk.at[1] + (ln_bcast_stays(&walk, 1) ? 0 : k)) * depth * n;
            for (int64_t i = 0; i < m; i++)
                for (int64_t j = 0; j < n; j++)
                    (complex ? complex_dot : real_dot)(&a, &b, i, j, depth, t, to++);
        }
    return LN_OK;
}

LN_FLEX_OP(mat_mul, "MatMul", 2, 2, 1, infer, eval);
LN_FLEX_OP(batch_mat_mul, "BatchMatMul", 2, 2, 1, infer, eval);
LN_FLEX_OP(batch_mat_mul_v2, "BatchMatMulV2", 2, 2, 1, infer, eval);
LN_FLEX_OP(batch_mat_mul_v3, "BatchMatMulV3", 2, 2, 1, infer, eval);
