/* SPDX-License-Identifier: Apache-2.0 */
/* ops_select.c: functions of keras.ops that are operators of TensorFlow, for there are no builtin
 * ones: linear algebra and Fourier transforms. */
#include <string.h>

#include "import/keras/keras.h"
#include "import/select.h"
#include "ops/list.h"

#define A(key, kind, value)                   \
    {                                         \
        key, LN_SELECT_##kind, value, NULL, 0 \
    }
static const ln_select_attribute of_floats = A("T", TYPE, LN_TF_FLOAT),
                                 complexes = A("Tcomplex", TYPE, LN_TF_COMPLEX),
                                 to_complex[] = {A("T", TYPE, LN_TF_FLOAT),
                                                 A("Tout", TYPE, LN_TF_COMPLEX)},
                                 from_complex[] = {A("T", TYPE, LN_TF_COMPLEX),
                                                   A("Tout", TYPE, LN_TF_FLOAT)},
                                 plain[] = {A("T", TYPE, LN_TF_FLOAT), A("adjoint", FLAG, 0)};

static ln_id floats(ln_keras_call *c, int i, const char *name)
{
    return ln_keras_operand(c, ln_keras_arg_find(c, i, name), kTfLiteFloat32);
}

/* The last two axes the other way round. */
static ln_id turned(ln_emit *e, ln_id x)
{
    const int rank = ln_emit_shape(e, x).rank;
    int perm[LN_MAX_RANK];
    for (int i = 0; i < rank; i++)
        perm[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return rank < 2 ? ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a matrix of rank %d", rank)
                    : ln_emit_transpose(e, x, rank, perm);
}

void ln_keras_erfinv_op(ln_keras_call *c)
{
    static const ln_select_op op = {"Erfinv", &of_floats, 1};
    ln_keras_out(c, ln_select_map(c->e, &op, floats(c, 0, "x"), kTfLiteFloat32));
}

/* ---- linear algebra ---- */

static ln_shape less_axes(ln_shape s, int n)
{
    s.rank = LN_MAX(s.rank - n, 0);
    return s;
}

/* Inv, Cholesky: a matrix from a matrix. */
void ln_keras_matrix_op(ln_keras_call *c)
{
    const bool inverse = strcmp(c->row->name, "Inv") == 0;
    const ln_select_op op = {inverse ? "MatrixInverse" : "Cholesky", plain, 1 + inverse};
    const ln_id y = ln_select_map(c->e, &op, floats(c, 0, "x"), kTfLiteFloat32);
    const bool upper = !inverse && ln_keras_arg_number(c, -1, "upper", 0) != 0;
    ln_keras_out(c, upper ? turned(c->e, y) : y);
}

/* Both results of the operator. */
static void give_two(ln_keras_call *c, const ln_select_op *op, ln_id x, const ln_made made[2])
{
    ln_id out[2];
    if (!ln_select_node(c->e, op, &x, 1, made, 2, out))
        return;
    ln_keras_out(c, out[0]);
    ln_keras_out(c, out[1]);
}

void ln_keras_det_op(ln_keras_call *c)
{
    static const ln_select_op det = {"MatrixDeterminant", &of_floats, 1},
                              log_det = {"LogMatrixDeterminant", &of_floats, 1};
    const ln_id x = floats(c, 0, "x");
    const ln_shape s = less_axes(ln_emit_shape(c->e, x), 2);
    const ln_made made[] = {{kTfLiteFloat32, s}, {kTfLiteFloat32, s}};
    ln_id out[2];
    if (strcmp(c->row->name, "Det") == 0)
        ln_keras_out(c, ln_select_one(c->e, &det, &x, 1, kTfLiteFloat32, &s));
    else if (strcmp(c->row->name, "Slogdet") == 0)
        give_two(c, &log_det, x, made);
    else if (ln_select_node(c->e, &log_det, &x, 1, made, 2, out)) /* Logdet */
        ln_keras_out(c, out[1]);
}

/* Solve, SolveTriangular; a right side that is a vector is a matrix of one column. */
void ln_keras_solve_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const bool triangular = strcmp(c->row->name, "SolveTriangular") == 0;
    const ln_select_attribute given[] = {
        plain[0], plain[1],
        A("lower", FLAG, triangular && ln_keras_arg_number(c, -1, "lower", 0) != 0)};
    const ln_select_op op = {triangular ? "MatrixTriangularSolve" : "MatrixSolve", given,
                             2 + triangular};
    ln_id in[] = {floats(c, 0, "a"), floats(c, 1, "b")};
    const int rank = ln_emit_shape(e, in[1]).rank;
    const bool vector = rank == ln_emit_shape(e, in[0]).rank - 1;
    in[1] = vector ? ln_emit_expand_dims(e, in[1], rank) : in[1];
    const ln_shape s = ln_emit_shape(e, in[1]);
    const ln_id y = ln_select_one(e, &op, in, 2, kTfLiteFloat32, &s);
    ln_keras_out(c, vector ? ln_emit_squeeze(e, y, 1U << rank) : y);
}

/* x [..., h, w] with other last two lengths */
static ln_shape with_sides(ln_shape s, int h, int w)
{
    s.dim[s.rank - 2] = h;
    s.dim[s.rank - 1] = w;
    return s;
}

/* The matrices of a call; false where their size is not known. */
static bool read_matrices(ln_keras_call *c, ln_id *x, ln_shape *s, int *least)
{
    *x = floats(c, 0, "x");
    *s = ln_emit_shape(c->e, *x);
    const bool good = s->rank >= 2 && s->dim[s->rank - 2] > 0 && s->dim[s->rank - 1] > 0;
    *least = good ? LN_MIN(s->dim[s->rank - 2], s->dim[s->rank - 1]) : 0;
    if (!good)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "matrices of an open size: give --input-shape");
    return good;
}

void ln_keras_qr_op(ln_keras_call *c)
{
    const cJSON *mode = ln_keras_arg_json(c, -1, "mode");
    const bool full = cJSON_IsString(mode) && strcmp(mode->valuestring, "complete") == 0;
    const ln_select_attribute given[] = {of_floats, A("full_matrices", FLAG, full)};
    const ln_select_op op = {"Qr", given, 2};
    ln_shape s;
    ln_id x;
    int least;
    if (!read_matrices(c, &x, &s, &least))
        return;
    const int h = s.dim[s.rank - 2], inner = full ? h : least;
    const ln_made made[] = {{kTfLiteFloat32, with_sides(s, h, inner)},
                            {kTfLiteFloat32, with_sides(s, inner, s.dim[s.rank - 1])}};
    give_two(c, &op, x, made);
}

/* Values and vectors. */
void ln_keras_eigh_op(ln_keras_call *c)
{
    static const ln_select_attribute given[] = {A("T", TYPE, LN_TF_FLOAT), A("compute_v", FLAG, 1)};
    static const ln_select_op op = {"SelfAdjointEigV2", given, 2};
    ln_shape s;
    ln_id x;
    int least;
    if (!read_matrices(c, &x, &s, &least))
        return;
    const ln_made made[] = {{kTfLiteFloat32, less_axes(s, 1)}, {kTfLiteFloat32, s}};
    give_two(c, &op, x, made);
}

/* u, values, v turned; or the values alone */
void ln_keras_svd_op(ln_keras_call *c)
{
    const bool uv = ln_keras_arg_number(c, -1, "compute_uv", 1) != 0,
               full = ln_keras_arg_number(c, -1, "full_matrices", 1) != 0;
    const ln_select_attribute given[] = {of_floats, A("compute_uv", FLAG, uv),
                                         A("full_matrices", FLAG, full)};
    const ln_select_op op = {"Svd", given, 3};
    ln_shape s;
    ln_id x, out[3];
    int least;
    if (!read_matrices(c, &x, &s, &least))
        return;
    const int h = s.dim[s.rank - 2], w = s.dim[s.rank - 1];
    ln_shape values = less_axes(s, 1);
    values.dim[values.rank - 1] = least;
    const ln_made made[] = {{kTfLiteFloat32, values},
                            {kTfLiteFloat32, with_sides(s, h, full ? h : least)},
                            {kTfLiteFloat32, with_sides(s, w, full ? w : least)}};
    if (!ln_select_node(c->e, &op, &x, 1, made, 3, out))
        return;
    if (uv)
        ln_keras_out(c, out[1]);
    ln_keras_out(c, out[0]);
    if (uv)
        ln_keras_out(c, turned(c->e, out[2]));
}

/* ---- Fourier transforms of pairs of tensors, the real and the imaginary parts ---- */

static ln_id complex_of(ln_keras_call *c)
{
    static const ln_select_op join = {"Complex", to_complex, 2};
    if (c->n_in != 2)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "other than two tensors");
    const ln_id in[] = {ln_emit_cast(c->e, c->in[0].id, kTfLiteFloat32),
                        ln_emit_cast(c->e, c->in[1].id, kTfLiteFloat32)};
    const ln_shape s = ln_emit_shape(c->e, in[0]);
    return ln_select_one(c->e, &join, in, 2, kTfLiteComplex64, &s);
}

void ln_keras_fft_op(ln_keras_call *c)
{
    static const struct {
        const char *name, *op;
    } kinds[] = {{"FFT", "FFT"}, {"FFT2", "FFT2D"}, {"IFFT2", "IFFT2D"}};
    static const ln_select_op real = {"Real", from_complex, 2},
                              imaginary = {"Imag", from_complex, 2};
    size_t i = 0;
    while (i + 1 < LN_COUNTOF(kinds) && strcmp(kinds[i].name, c->row->name) != 0)
        i++;
    const ln_select_op op = {kinds[i].op, &complexes, 1};
    const ln_id y = ln_select_map(c->e, &op, complex_of(c), kTfLiteComplex64);
    ln_keras_out(c, ln_select_map(c->e, &real, y, kTfLiteFloat32));
    ln_keras_out(c, ln_select_map(c->e, &imaginary, y, kTfLiteFloat32));
}

void ln_keras_irfft_op(ln_keras_call *c)
{
    static const ln_select_attribute given[] = {A("Treal", TYPE, LN_TF_FLOAT),
                                                A("Tcomplex", TYPE, LN_TF_COMPLEX)};
    static const ln_select_op op = {"IRFFT", given, 2};
    ln_id in[] = {complex_of(c), -1};
    ln_shape s = ln_emit_shape(c->e, in[0]);
    const int last = s.rank > 0 ? s.dim[s.rank - 1] : -1;
    const int length = ln_keras_arg_int(c, -1, "fft_length", last > 0 ? 2 * (last - 1) : -1);
    if (length < 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a length that is not known");
        return;
    }
    in[1] = ln_emit_ints(c->e, 1, &length);
    s.dim[s.rank - 1] = length;
    ln_keras_out(c, ln_select_one(c->e, &op, in, 2, kTfLiteFloat32, &s));
}
