/* SPDX-License-Identifier: Apache-2.0 */
/* flex_diagonal.c: diagonals of matrices.
 *
 *   MatrixDiag, V2, V3          d [.., (bands,) length] -> y [.., rows, columns], padded
 *   MatrixDiagPart, V2, V3      x [.., rows, columns] -> [.., (bands,) length], padded
 *   MatrixSetDiag, V2, V3       x [.., rows, columns], d [.., (bands,) length] -> like x
 *   Diag, DiagPart              x [a..] -> y [a.., a..], zero elsewhere, and back
 *
 * Band k >= 0 lies above the main diagonal, k < 0 below; k [low, high] is a number or two.  Bands
 * go from the highest to the lowest and are all as long as the longest of them; align says on
 * which side a shorter one is padded (V3; before, always behind it). */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum {
    NUMBERS = LN_FLOATS | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Bool) | LN_BIT(Complex64) |
              LN_BIT(Complex128)
};

typedef struct bands {
    int low, high, count, length;  /* length: of the longest; -1: not known */
    int64_t rows, columns;         /* -1: not known */
    bool right_above, right_below; /* which are padded in front */
} bands;

/* k, from input i (i < 0: the main diagonal); false in *known where it is not there yet. */
static ln_status read_bands(ln_call *c, int i, bands *b, bool *known)
{
    int k[2], n;
    *b = (bands){.count = 1, .length = -1, .rows = -1, .columns = -1};
    *known = i < 0 || ln_known(c, i);
    if (i >= 0)
        LN_CHECK(c, c->in[i]->type == kTfLiteInt32, "k has type %s, not INT32",
                 ln_type_name(c->in[i]->type));
    if (i >= 0 && *known) {
        LN_TRY(ln_read_ints(c, i, 2, k, &n));
        LN_CHECK(c, n >= 1 && k[0] <= k[n - 1] && k[0] > -(1 << 30) && k[n - 1] < 1 << 30,
                 "k is empty, or falls, or is too large");
        b->low = k[0];
        b->high = k[n - 1];
        b->count = b->high - b->low + 1;
    }
    b->right_above = ln_flex_str_is(c, "align", "RIGHT_LEFT", "LEFT_LEFT") ||
                     ln_flex_str_is(c, "align", "RIGHT_RIGHT", "LEFT_LEFT");
    b->right_below = ln_flex_str_is(c, "align", "LEFT_RIGHT", "LEFT_LEFT") ||
                     ln_flex_str_is(c, "align", "RIGHT_RIGHT", "LEFT_LEFT");
    return LN_OK;
}

static int64_t length_of(const bands *b, int64_t k)
{
    return LN_MIN(b->rows + LN_MIN(k, 0), b->columns - LN_MAX(k, 0));
}

/* The length of the longest band, once the size of the matrices is there. */
static ln_status set_length(ln_call *c, bands *b)
{
    const int64_t nearest = b->low > 0 ? b->low : b->high < 0 ? b->high : 0;
    LN_CHECK(c, length_of(b, b->low) > 0 && length_of(b, b->high) > 0,
             "bands %d to %d are not in matrices of %lld by %lld", b->low, b->high,
             (long long)b->rows, (long long)b->columns);
    b->length = (int)length_of(b, nearest);
    return LN_OK;
}

/* Where item j of band k lies in its row of `length` items. */
static int64_t padded(const bands *b, int64_t k, int64_t j)
{
    const bool right = k == 0  ? b->right_above && b->right_below
                       : k > 0 ? b->right_above
                               : b->right_below;
    return j + (right ? b->length - length_of(b, k) : 0);
}

/* Copies the items of all bands of one matrix between `matrix` and `diagonals`. */
static void copy_bands(const bands *b, size_t size, char *matrix, char *diagonals, bool to_matrix)
{
    for (int64_t k = b->low; k <= b->high; k++)
        for (int64_t j = 0, n = length_of(b, k); j < n; j++) {
            const int64_t row = j - LN_MIN(k, 0), column = j + LN_MAX(k, 0);
            char *m = matrix + size * (size_t)(row * b->columns + column);
            char *d = diagonals + size * (size_t)((b->high - k) * b->length + padded(b, k, j));
            if (to_matrix)
                memcpy(m, d, size);
            else
                memcpy(d, m, size);
        }
}

static void copy_all(ln_call *c, const bands *b, char *matrices, char *diagonals, bool to_matrix)
{
    const size_t size = ln_type_size(c->in[0]->type);
    const ln_shape y = ln_shape_of(c->out[0]);
    const ln_shape m = to_matrix ? y : ln_shape_of(c->in[0]);
    const size_t n = (size_t)ln_product(&m, 0, m.rank - 2);
    for (size_t i = 0; i < n && b->rows * b->columns > 0; i++)
        copy_bands(b, size, matrices + i * size * (size_t)(b->rows * b->columns),
                   diagonals + i * size * (size_t)b->count * (size_t)b->length, to_matrix);
}

/* Fills output 0 with the padding, input i; zeros where there is none. */
static ln_status fill(ln_call *c, int i)
{
    return ln_fill_tensor(c, 0, i < c->n_in ? c->in[i] : NULL, 0);
}

static ln_status check_padding(ln_call *c, int i)
{
    LN_CHECK(c, i >= c->n_in || (c->in[i]->type == c->in[0]->type && ln_count(c->in[i]) == 1),
             "input %d is no single %s", i, ln_type_name(c->in[0]->type));
    return LN_OK;
}

/* ---- MatrixDiag ---- */

enum { D, K, ROWS, COLUMNS, PADDING };

static ln_status size_of(ln_call *c, int i, int64_t least, int64_t *size)
{
    int v, n;
    *size = -1;
    if (!ln_known(c, i))
        return LN_OK;
    LN_CHECK(c, c->in[i]->type == kTfLiteInt32, "input %d is not INT32", i);
    LN_TRY(ln_read_ints(c, i, 1, &v, &n));
    LN_CHECK(c, n == 1 && (v == -1 || v >= least), "input %d is %d, at least %lld is needed", i,
             n ? v : 0, (long long)least);
    *size = v;
    return LN_OK;
}

/* The size of the matrices: as small as can be where it is not given. */
static ln_status diag_plan(ln_call *c, bands *b, bool *known)
{
    const ln_shape d = ln_shape_of(c->in[D]);
    LN_CHECK(c, d.rank >= 1 && d.rank < LN_MAX_RANK, "the diagonals have rank %d", d.rank);
    LN_TRY(read_bands(c, c->n_in > K ? K : -1, b, known));
    b->length = d.dim[d.rank - 1];
    LN_CHECK(c,
             !*known || b->count == 1 ||
                 (d.rank >= 2 && (d.dim[d.rank - 2] == b->count || d.dim[d.rank - 2] < 0)),
             "the diagonals are not of %d bands", b->count);
    *known =
        *known && b->length >= 0 && (c->n_in <= K || (ln_known(c, ROWS) && ln_known(c, COLUMNS)));
    if (!*known)
        return LN_OK;
    const int64_t rows = b->length - LN_MIN(b->high, 0), columns = b->length + LN_MAX(b->low, 0);
    if (c->n_in > K) {
        LN_TRY(size_of(c, ROWS, rows, &b->rows));
        LN_TRY(size_of(c, COLUMNS, columns, &b->columns));
    }
    if (b->rows < 0 && b->columns < 0)
        b->rows = b->columns = LN_MAX(rows, columns);
    b->rows = b->rows < 0 ? rows : b->rows;
    b->columns = b->columns < 0 ? columns : b->columns;
    const int length = b->length;
    if (length > 0)
        LN_TRY(set_length(c, b));
    LN_CHECK(c, b->length == length, "the diagonals are %d long, not %d", length, b->length);
    LN_CHECK(c, b->rows <= INT32_MAX && b->columns <= INT32_MAX, "the matrices are too large");
    return LN_OK;
}

static ln_status diag_infer(ln_call *c)
{
    ln_shape y = ln_shape_of(c->in[D]);
    bands b;
    bool known;
    LN_TRY(ln_check_type(c, D, NUMBERS));
    LN_TRY(check_padding(c, PADDING));
    LN_TRY(diag_plan(c, &b, &known));
    if (c->n_in > K && !ln_known(c, K))
        return ln_set_out(c, 0, c->in[D]->type, &(ln_shape){.rank = -1});
    y.rank += b.count > 1 ? 0 : 1;
    y.dim[y.rank - 2] = (int)b.rows;
    y.dim[y.rank - 1] = (int)b.columns;
    return ln_set_out(c, 0, c->in[D]->type, &y);
}

static ln_status diag_eval(ln_call *c)
{
    bands b;
    bool known;
    LN_TRY(diag_plan(c, &b, &known));
    LN_TRY(fill(c, PADDING));
    if (b.length > 0)
        copy_all(c, &b, c->out[0]->data.raw, c->in[D]->data.raw, true);
    return LN_OK;
}

LN_FLEX_OP(matrix_diag, "MatrixDiag", 1, 1, 1, diag_infer, diag_eval);
LN_FLEX_OP(matrix_diag_v2, "MatrixDiagV2", 5, 5, 1, diag_infer, diag_eval);
LN_FLEX_OP(matrix_diag_v3, "MatrixDiagV3", 5, 5, 1, diag_infer, diag_eval);

/* ---- MatrixDiagPart, MatrixSetDiag ---- */

enum { X, DIAGONAL, PART_K = 1, SET_K = 2, PART_PADDING = 2 };

static ln_status matrix_plan(ln_call *c, int k, bands *b, bool *known)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    LN_TRY(ln_check_type(c, X, NUMBERS));
    LN_CHECK(c, x.rank >= 2, "the input has rank %d, at least 2 is needed", x.rank);
    LN_TRY(read_bands(c, k < c->n_in ? k : -1, b, known));
    b->rows = x.dim[x.rank - 2];
    b->columns = x.dim[x.rank - 1];
    *known = *known && b->rows >= 0 && b->columns >= 0;
    return *known ? set_length(c, b) : LN_OK;
}

static ln_status part_infer(ln_call *c)
{
    ln_shape y = ln_shape_of(c->in[X]);
    bands b;
    bool known;
    LN_TRY(check_padding(c, PART_PADDING));
    LN_TRY(matrix_plan(c, PART_K, &b, &known));
    if (!known)
        return ln_set_out(c, 0, c->in[X]->type, &(ln_shape){.rank = -1});
    y.rank -= b.count > 1 ? 0 : 1;
    if (b.count > 1)
        y.dim[y.rank - 2] = b.count;
    y.dim[y.rank - 1] = b.length;
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status part_eval(ln_call *c)
{
    bands b;
    bool known;
    LN_TRY(matrix_plan(c, PART_K, &b, &known));
    LN_TRY(fill(c, PART_PADDING));
    copy_all(c, &b, c->in[X]->data.raw, c->out[0]->data.raw, false);
    return LN_OK;
}

LN_FLEX_OP(matrix_diag_part, "MatrixDiagPart", 1, 1, 1, part_infer, part_eval);
LN_FLEX_OP(matrix_diag_part_v2, "MatrixDiagPartV2", 3, 3, 1, part_infer, part_eval);
LN_FLEX_OP(matrix_diag_part_v3, "MatrixDiagPartV3", 3, 3, 1, part_infer, part_eval);

static ln_status set_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), d = ln_shape_of(c->in[DIAGONAL]);
    bands b;
    bool known;
    LN_TRY(matrix_plan(c, SET_K, &b, &known));
    LN_CHECK(c, c->in[DIAGONAL]->type == c->in[X]->type, "the diagonals have type %s, the input %s",
             ln_type_name(c->in[DIAGONAL]->type), ln_type_name(c->in[X]->type));
    if (known && ln_shape_known(&d)) {
        ln_shape want = x;
        want.rank -= b.count > 1 ? 0 : 1;
        if (b.count > 1)
            want.dim[want.rank - 2] = b.count;
        want.dim[want.rank - 1] = b.length;
        LN_CHECK(c, ln_shape_equal(&d, &want) || !ln_shape_known(&x),
                 "the diagonals have another shape than %d bands of %d need", b.count, b.length);
    }
    return ln_set_out(c, 0, c->in[X]->type, &x);
}

static ln_status set_eval(ln_call *c)
{
    bands b;
    bool known;
    LN_TRY(matrix_plan(c, SET_K, &b, &known));
    LN_TRY(ln_move_all(c, X, 0));
    copy_all(c, &b, c->out[0]->data.raw, c->in[DIAGONAL]->data.raw, true);
    return LN_OK;
}

LN_FLEX_OP(matrix_set_diag, "MatrixSetDiag", 2, 2, 1, set_infer, set_eval);
LN_FLEX_OP(matrix_set_diag_v2, "MatrixSetDiagV2", 3, 3, 1, set_infer, set_eval);
LN_FLEX_OP(matrix_set_diag_v3, "MatrixSetDiagV3", 3, 3, 1, set_infer, set_eval);

/* ---- Diag, DiagPart ---- */

static ln_status tensor_infer(ln_call *c)
{
    ln_shape y = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, NUMBERS));
    LN_CHECK(c, y.rank >= 1 && 2 * y.rank <= LN_MAX_RANK, "the input has rank %d", y.rank);
    memcpy(y.dim + y.rank, y.dim, (size_t)y.rank * sizeof *y.dim);
    y.rank *= 2;
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

/* Items of the smaller tensor lie n + 1 apart in the larger one. */
static void spread(ln_call *c, int n, bool to_matrix)
{
    ln_move m = {0};
    ln_move_axis(&m, n, to_matrix ? 1 : n + 1, to_matrix ? n + 1 : 1);
    ln_move_data(&m, c->in[0], c->out[0]);
}

static ln_status tensor_eval(ln_call *c)
{
    LN_TRY(ln_fill_tensor(c, 0, NULL, 0));
    spread(c, ln_count(c->in[0]), true);
    return LN_OK;
}

static ln_status tensor_part_infer(ln_call *c)
{
    ln_shape x = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, NUMBERS));
    LN_CHECK(c, x.rank >= 2 && x.rank % 2 == 0, "the input has rank %d, which is odd or 0", x.rank);
    x.rank /= 2;
    for (int i = 0; i < x.rank; i++)
        LN_CHECK(c, x.dim[i] == x.dim[x.rank + i] || x.dim[i] < 0 || x.dim[x.rank + i] < 0,
                 "dimensions %d and %d are %d and %d", i, x.rank + i, x.dim[i], x.dim[x.rank + i]);
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

static ln_status tensor_part_eval(ln_call *c)
{
    spread(c, ln_count(c->out[0]), false);
    return LN_OK;
}

LN_FLEX_OP(diag, "Diag", 1, 1, 1, tensor_infer, tensor_eval);
LN_FLEX_OP(diag_part, "DiagPart", 1, 1, 1, tensor_part_infer, tensor_part_eval);
