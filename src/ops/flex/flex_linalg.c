/* SPDX-License-Identifier: Apache-2.0 */
/* flex_linalg.c: linear algebra over the last two dimensions, matrix by matrix, in double.
 *
 *   MatrixDeterminant, LogMatrixDeterminant    x [..., n, n] -> [...], ([...], [...])
 *   MatrixInverse, Cholesky                    x [..., n, n] -> [..., n, n]
 *   MatrixSolve, MatrixTriangularSolve         a [..., n, n], b [..., n, m] -> [..., n, m]
 *   Qr                                         x [..., m, n] -> q, r
 *   SelfAdjointEigV2                           x [..., n, n] -> w [..., n], v [..., n, n]
 *   Svd                                        x [..., m, n] -> s [..., k], u, v
 *
 * Attributes as in TensorFlow: adjoint, lower, compute_uv, compute_v, full_matrices (SVD: false
 * only).  The signs of singular and eigenvectors are not unique; TensorFlow's may differ. */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/matrices.h"
#include "ops/scratch.h"

/* ---- shapes ---- */

enum { MATRIX_TYPES = LN_BIT(Float32) | LN_BIT(Float64) };

/* Input i as matrices. */
static ln_status matrices(ln_call *c, int i, bool square, ln_shape *s)
{
    *s = ln_shape_of(c->in[i]);
    LN_TRY(ln_check_type(c, i, MATRIX_TYPES));
    LN_CHECK(c, c->in[i]->type == c->in[0]->type, "inputs have types %s and %s",
             ln_type_name(c->in[0]->type), ln_type_name(c->in[i]->type));
    LN_CHECK(c, s->rank >= 2, "input %d has rank %d, at least 2 is needed", i, s->rank);
    const int m = s->dim[s->rank - 2], n = s->dim[s->rank - 1];
    LN_CHECK(c, !square || m == n || m < 0 || n < 0, "input %d holds no square matrices: %d by %d",
             i, m, n);
    return LN_OK;
}

/* s with the last two dimensions m and n. */
static ln_shape with(const ln_shape *s, int m, int n)
{
    ln_shape y = *s;
    y.dim[y.rank - 2] = m;
    y.dim[y.rank - 1] = n;
    return y;
}

/* s without its last two dimensions, then `n` where that is not -2. */
static ln_shape without(const ln_shape *s, int n)
{
    ln_shape y = *s;
    y.rank -= 2;
    if (n != -2)
        y.dim[y.rank++] = n;
    return y;
}

typedef struct sizes {
    int m, n, batch; /* of the matrices of input 0, and how many */
} sizes;

static sizes sizes_of(const TfLiteTensor *t)
{
    const ln_shape s = ln_shape_of(t);
    return (sizes){s.dim[s.rank - 2], s.dim[s.rank - 1], ln_shape_count(&s, 0, s.rank - 2)};
}

/* ---- memory: what the kernels work on ---- */

typedef struct work {
    double *a, *b, *q, *v, *w;
    int *rows;
} work;

/* `rhs`: columns of a right hand side; 0: there is none. */
static ln_status plan(ln_call *c, int m, int n, int rhs, work *w)
{
    ln_scratch s = {.base = w ? c->scratch : NULL};
    work none;
    work *to = w ? w : &none;
    const int64_t k = LN_MAX(LN_MAX(m, n), 1);
    to->a = ln_scratch_take(&s, k * k, sizeof(double));
    to->b = ln_scratch_take(&s, k * LN_MAX(rhs, 0), sizeof(double));
    to->q = ln_scratch_take(&s, k * k, sizeof(double));
    to->v = ln_scratch_take(&s, k * k, sizeof(double));
    to->w = ln_scratch_take(&s, k, sizeof(double));
    to->rows = ln_scratch_take(&s, k, sizeof(int));
    return w ? LN_OK : ln_scratch_ask(c, &s);
}

static void load(const TfLiteTensor *t, int64_t from, int n, double *y)
{
    if (t->type == kTfLiteFloat64)
        memcpy(y, t->data.f64 + from, sizeof(double) * (size_t)n);
    for (int i = 0; i < n && t->type == kTfLiteFloat32; i++)
        y[i] = (double)t->data.f[from + i];
}

static void store(TfLiteTensor *t, int64_t from, int n, const double *x)
{
    if (t->type == kTfLiteFloat64)
        memcpy(t->data.f64 + from, x, sizeof(double) * (size_t)n);
    for (int i = 0; i < n && t->type == kTfLiteFloat32; i++)
        t->data.f[from + i] = (float)x[i];
}

static void transpose(const double *x, int m, int n, double *y)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++)
            y[(int64_t)j * m + i] = x[(int64_t)i * n + j];
}

static ln_status infer_square(ln_call *c, ln_shape *s)
{
    LN_TRY(matrices(c, 0, true, s));
    return plan(c, s->dim[s->rank - 1], s->dim[s->rank - 1], s->dim[s->rank - 1], NULL);
}

/* ---- determinants ---- */

static ln_status determinant_infer(ln_call *c)
{
    ln_shape s;
    LN_TRY(infer_square(c, &s));
    const ln_shape y = without(&s, -2);
    for (int i = 0; i < c->n_out; i++)
        LN_TRY(ln_set_out(c, i, c->in[0]->type, &y));
    return LN_OK;
}

static ln_status determinant_eval(ln_call *c)
{
    const sizes z = sizes_of(c->in[0]);
    work w;
    LN_TRY(plan(c, z.n, z.n, z.n, &w));
    for (int k = 0; k < z.batch; k++) {
        load(c->in[0], (int64_t)k * z.n * z.n, z.n * z.n, w.a);
        double y = ln_lu(w.a, z.n, w.rows), log_y = 0, sign = y;
        for (int i = 0; i < z.n; i++) {
            const double d = w.a[(int64_t)i * z.n + i];
            y *= d;
            sign = d < 0 ? -sign : sign;
            log_y += log(fabs(d));
        }
        if (sign == 0) {
            y = 0;
            log_y = -INFINITY;
        }
        store(c->out[0], k, 1, c->n_out == 2 ? &sign : &y);
        if (c->n_out == 2)
            store(c->out[1], k, 1, &log_y);
    }
    return LN_OK;
}

LN_FLEX_OP(matrix_determinant, "MatrixDeterminant", 1, 1, 1, determinant_infer, determinant_eval);
LN_FLEX_OP(log_matrix_determinant, "LogMatrixDeterminant", 1, 1, 2, determinant_infer,
           determinant_eval);

/* ---- MatrixInverse, Cholesky ---- */

static ln_status square_infer(ln_call *c)
{
    ln_shape s;
    LN_TRY(infer_square(c, &s));
    return ln_set_out(c, 0, c->in[0]->type, &s);
}

static ln_status inverse_eval(ln_call *c)
{
    const sizes z = sizes_of(c->in[0]);
    const bool adjoint = ln_flex_flag(c, "adjoint", false);
    const int n = z.n;
    work w;
    LN_TRY(plan(c, n, n, n, &w));
    for (int k = 0; k < z.batch; k++) {
        const int64_t at = (int64_t)k * n * n;
        load(c->in[0], at, n * n, adjoint ? w.q : w.a);
        if (adjoint)
            transpose(w.q, n, n, w.a);
        LN_CHECK(c, ln_lu(w.a, n, w.rows) != 0, "matrix %d cannot be inverted", k);
        for (int i = 0; i < n * n; i++)
            w.b[i] = i % (n + 1) == 0;
        ln_lu_solve(w.a, w.rows, n, w.b, n);
        store(c->out[0], at, n * n, w.b);
    }
    return LN_OK;
}

static ln_status cholesky_eval(ln_call *c)
{
    const sizes z = sizes_of(c->in[0]);
    work w;
    LN_TRY(plan(c, z.n, z.n, z.n, &w));
    for (int k = 0; k < z.batch; k++) {
        load(c->in[0], (int64_t)k * z.n * z.n, z.n * z.n, w.a);
        LN_CHECK(c, ln_cholesky(w.a, z.n), "matrix %d is not positive definite", k);
        store(c->out[0], (int64_t)k * z.n * z.n, z.n * z.n, w.a);
    }
    return LN_OK;
}

LN_FLEX_OP(matrix_inverse, "MatrixInverse", 1, 1, 1, square_infer, inverse_eval);
LN_FLEX_OP(cholesky, "Cholesky", 1, 1, 1, square_infer, cholesky_eval);

/* ---- MatrixSolve, MatrixTriangularSolve ---- */

static ln_status solve_infer(ln_call *c)
{
    ln_shape a, b;
    LN_TRY(matrices(c, 0, true, &a));
    LN_TRY(matrices(c, 1, false, &b));
    LN_CHECK(c, a.rank == b.rank, "the matrices have rank %d, the right hand sides %d", a.rank,
             b.rank);
    for (int i = 0; i < a.rank - 1; i++)
        LN_CHECK(c, a.dim[i] == b.dim[i] || a.dim[i] < 0 || b.dim[i] < 0,
                 "dimension %d is %d in the matrices, %d in the right hand sides", i, a.dim[i],
                 b.dim[i]);
    LN_TRY(plan(c, a.dim[a.rank - 1], a.dim[a.rank - 1], b.dim[b.rank - 1], NULL));
    return ln_set_out(c, 0, c->in[0]->type, &b);
}

typedef ln_status solve_fn(ln_call *c, int k, int n, int m, const work *w);

static ln_status solve_all(ln_call *c, solve_fn *solve)
{
    const sizes z = sizes_of(c->in[0]), r = sizes_of(c->in[1]);
    work w;
    LN_TRY(plan(c, z.n, z.n, r.n, &w));
    for (int k = 0; k < z.batch; k++) {
        load(c->in[0], (int64_t)k * z.n * z.n, z.n * z.n, w.a);
        load(c->in[1], (int64_t)k * z.n * r.n, z.n * r.n, w.b);
        LN_TRY(solve(c, k, z.n, r.n, &w));
        store(c->out[0], (int64_t)k * z.n * r.n, z.n * r.n, w.b);
    }
    return LN_OK;
}

static ln_status solve_dense(ln_call *c, int k, int n, int m, const work *w)
{
    double *a = w->a;
    if (ln_flex_flag(c, "adjoint", false)) {
        transpose(w->a, n, n, w->q);
        a = w->q;
    }
    LN_CHECK(c, ln_lu(a, n, w->rows) != 0, "matrix %d cannot be inverted", k);
    ln_lu_solve(a, w->rows, n, w->b, m);
    return LN_OK;
}

static ln_status solve_triangle(ln_call *c, int k, int n, int m, const work *w)
{
    for (int i = 0; i < n; i++)
        LN_CHECK(c, w->a[(int64_t)i * n + i] != 0, "matrix %d cannot be inverted", k);
    ln_triangular_solve(w->a, n, ln_flex_flag(c, "lower", true), ln_flex_flag(c, "adjoint", false),
                        w->b, m);
    return LN_OK;
}

static ln_status solve_eval(ln_call *c)
{
    return solve_all(c, solve_dense);
}

static ln_status triangular_eval(ln_call *c)
{
    return solve_all(c, solve_triangle);
}

LN_FLEX_OP(matrix_solve, "MatrixSolve", 2, 2, 1, solve_infer, solve_eval);
LN_FLEX_OP(matrix_triangular_solve, "MatrixTriangularSolve", 2, 2, 1, solve_infer, triangular_eval);

/* ---- Qr ---- */

static ln_status qr_infer(ln_call *c)
{
    ln_shape s;
    LN_TRY(matrices(c, 0, false, &s));
    const int m = s.dim[s.rank - 2], n = s.dim[s.rank - 1];
    const int k = m < 0 || n < 0 ? -1 : ln_flex_flag(c, "full_matrices", false) ? m : LN_MIN(m, n);
    const ln_shape q = with(&s, m, k), r = with(&s, k, n);
    LN_TRY(plan(c, m, n, 0, NULL));
    LN_TRY(ln_set_out(c, 0, c->in[0]->type, &q));
    return ln_set_out(c, 1, c->in[0]->type, &r);
}

static ln_status qr_eval(ln_call *c)
{
    const sizes z = sizes_of(c->in[0]), q = sizes_of(c->out[0]);
    work w;
    LN_TRY(plan(c, z.m, z.n, 0, &w));
    for (int k = 0; k < z.batch; k++) {
        load(c->in[0], (int64_t)k * z.m * z.n, z.m * z.n, w.a);
        ln_qr(w.a, z.m, z.n, w.q, w.w);
        for (int i = 0; i < z.m; i++)
            store(c->out[0], ((int64_t)k * z.m + i) * q.n, q.n, w.q + (int64_t)i * z.m);
        store(c->out[1], (int64_t)k * q.n * z.n, q.n * z.n, w.a);
    }
    return LN_OK;
}

LN_FLEX_OP(qr, "Qr", 1, 1, 2, qr_infer, qr_eval);

/* ---- SelfAdjointEigV2, Svd ---- */

static ln_status eigen_infer(ln_call *c)
{
    const ln_shape none = {0}; /* as TensorFlow has it: a number without meaning */
    ln_shape s;
    LN_TRY(infer_square(c, &s));
    const ln_shape w = without(&s, s.dim[s.rank - 1]);
    LN_TRY(ln_set_out(c, 0, c->in[0]->type, &w));
    return ln_set_out(c, 1, c->in[0]->type, ln_flex_flag(c, "compute_v", true) ? &s : &none);
}

static ln_status eigen_eval(ln_call *c)
{
    const sizes z = sizes_of(c->in[0]);
    work w;
    LN_TRY(plan(c, z.n, z.n, z.n, &w));
    memset(c->out[1]->data.raw, 0, c->out[1]->bytes);
    for (int k = 0; k < z.batch; k++) {
        load(c->in[0], (int64_t)k * z.n * z.n, z.n * z.n, w.a);
        ln_symmetric_eigen(w.a, z.n, w.w, w.v);
        store(c->out[0], (int64_t)k * z.n, z.n, w.w);
        if (ln_flex_flag(c, "compute_v", true))
            store(c->out[1], (int64_t)k * z.n * z.n, z.n * z.n, w.v);
    }
    return LN_OK;
}

LN_FLEX_OP(self_adjoint_eig_v2, "SelfAdjointEigV2", 1, 1, 2, eigen_infer, eigen_eval);

static ln_status svd_infer(ln_call *c)
{
    const bool vectors = ln_flex_flag(c, "compute_uv", true);
    const ln_shape none = {0};
    ln_shape s;
    LN_TRY(matrices(c, 0, false, &s));
    LN_CHECK(c, !vectors || !ln_flex_flag(c, "full_matrices", false),
             "full_matrices is not supported, only the vectors of the singular values");
    const int m = s.dim[s.rank - 2], n = s.dim[s.rank - 1];
    const int k = m < 0 || n < 0 ? -1 : LN_MIN(m, n);
    const ln_shape values = without(&s, k), u = with(&s, m, k), v = with(&s, n, k);
    LN_TRY(plan(c, m, n, 0, NULL));
    LN_TRY(ln_set_out(c, 0, c->in[0]->type, &values));
    LN_TRY(ln_set_out(c, 1, c->in[0]->type, vectors ? &u : &none));
    return ln_set_out(c, 2, c->in[0]->type, vectors ? &v : &none);
}

/* A wide matrix is decomposed as its transpose, with U and V in each other's place. */
static ln_status svd_eval(ln_call *c)
{
    const sizes z = sizes_of(c->in[0]);
    const bool wide = z.m < z.n, vectors = ln_flex_flag(c, "compute_uv", true);
    const int m = LN_MAX(z.m, z.n), n = LN_MIN(z.m, z.n);
    work w;
    LN_TRY(plan(c, z.m, z.n, 0, &w));
    for (int i = 1; i < 3; i++)
        memset(c->out[i]->data.raw, 0, c->out[i]->bytes);
    for (int k = 0; k < z.batch; k++) {
        load(c->in[0], (int64_t)k * m * n, m * n, wide ? w.q : w.a);
        if (wide)
            transpose(w.q, z.m, z.n, w.a);
        ln_svd(w.a, m, n, w.w, w.v);
        store(c->out[0], (int64_t)k * n, n, w.w);
        if (vectors) {
            store(c->out[wide ? 2 : 1], (int64_t)k * m * n, m * n, w.a);
            store(c->out[wide ? 1 : 2], (int64_t)k * n * n, n * n, w.v);
        }
    }
    return LN_OK;
}

LN_FLEX_OP(svd, "Svd", 1, 1, 3, svd_infer, svd_eval);
