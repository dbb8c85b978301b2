/* SPDX-License-Identifier: Apache-2.0 */
/* matrix_diag.c: MATRIX_DIAG puts vectors on the diagonals of matrices of zeros; MATRIX_SET_DIAG
 * puts them on the diagonals of given ones.
 *
 *   MATRIX_DIAG  d [.., n] -> [.., n, n]     MATRIX_SET_DIAG  x [.., r, c], d [.., min(r, c)]
 * TFLite's kernels take float16 for float32 and move pairs of items; so do these, as far as there
 * are items. */
#include "ops/move.h"

/* Diagonals of pairs of 2-byte items. */
static void set_pairs(const TfLiteTensor *x, TfLiteTensor *y, int64_t rows, int64_t columns)
{
    const int64_t n = LN_MIN(rows, columns), have = ln_count(x), want = ln_count(y);
    for (int64_t pair = 0; 2 * pair < want; pair++) {
        const int64_t matrix = pair / (rows * columns), at = pair % (rows * columns);
        if (at / columns != at % columns)
            continue;
        const int64_t from = 2 * (matrix * n + at / columns), to = 2 * pair;
        const int64_t items = LN_MIN(LN_MIN(have - from, want - to), 2);
        if (items > 0)
            ln_copy_run(y, to, x, from, items);
    }
}

/* Lays input i, [.., n], on the diagonals of the output. */
static void set_diagonals(ln_call *c, int i)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const int64_t rows = y.dim[y.rank - 2], columns = y.dim[y.rank - 1];
    const int n = (int)LN_MIN(rows, columns);
    ln_move m = {0};
    if (ln_count(c->out[0]) == 0)
        return;
    if (c->out[0]->type == kTfLiteFloat16) {
        set_pairs(c->in[i], c->out[0], rows, columns);
        return;
    }
    ln_move_axis(&m, (int)ln_product(&y, 0, y.rank - 2), n, rows * columns);
    ln_move_axis(&m, n, 1, columns + 1);
    ln_move_data(&m, c->in[i], c->out[0]);
}

static ln_status diag_infer(ln_call *c)
{
    ln_shape y = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_plain(c, 0));
    LN_CHECK(c, y.rank >= 1 && y.rank < LN_MAX_RANK, "the input has rank %d", y.rank);
    y.dim[y.rank] = y.dim[y.rank - 1];
    y.rank++;
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status diag_eval(ln_call *c)
{
    LN_TRY(ln_fill_tensor(c, 0, NULL, 0));
    set_diagonals(c, 0);
    return LN_OK;
}

const ln_op ln_op_matrix_diag = {
    .name = "MATRIX_DIAG",
    .builtin = kTfLiteBuiltinMatrixDiag,
    .version = 1,
    .options = 88,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = diag_infer,
    .eval = diag_eval,
};

enum { X, DIAGONAL };

static ln_status set_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), d = ln_shape_of(c->in[DIAGONAL]);
    LN_TRY(ln_check_plain(c, X));
    LN_CHECK(c, c->in[DIAGONAL]->type == c->in[X]->type, "the diagonal has type %s, the input %s",
             ln_type_name(c->in[DIAGONAL]->type), ln_type_name(c->in[X]->type));
    LN_CHECK(c, x.rank >= 2 && d.rank == x.rank - 1, "the diagonal has rank %d, the input %d",
             d.rank, x.rank);
    for (int i = 0; i < d.rank; i++) {
        const int want = i < d.rank - 1 ? x.dim[i] : LN_MIN(x.dim[i], x.dim[i + 1]);
        LN_CHECK(c, d.dim[i] == want || d.dim[i] < 0 || want < 0,
                 "dimension %d of the diagonal is %d, not %d", i, d.dim[i], want);
    }
    return ln_set_out(c, 0, c->in[X]->type, &x);
}

static ln_status set_eval(ln_call *c)
{
    LN_TRY(ln_move_all(c, X, 0));
    set_diagonals(c, DIAGONAL);
    return LN_OK;
}

const ln_op ln_op_matrix_set_diag = {
    .name = "MATRIX_SET_DIAG",
    .builtin = kTfLiteBuiltinMatrixSetDiag,
    .version = 1,
    .options = 91,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE,
    .infer = set_infer,
    .eval = set_eval,
};
