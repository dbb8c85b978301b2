/* SPDX-License-Identifier: Apache-2.0 */
/* ops_rare.c: functions of keras.ops that models rarely call: sums past NaN, grids and matrices
 * made of rows, distances, windows put together. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

static ln_shape shape_of(const ln_keras_call *c)
{
    return ln_emit_shape(c->e, ln_keras_x(c));
}

/* ---- as another function does it, of a changed tensor ---- */

static void hand_on(ln_keras_call *c, ln_keras_fn *function, ln_id x)
{
    const ln_keras_value value = {.id = x};
    ln_keras_call inner = *c;
    inner.in = &value;
    inner.n_in = 1;
    function(&inner);
    for (int i = 0; i < inner.n_out; i++)
        ln_keras_out(c, inner.out[i].id);
}

static ln_id select(ln_emit *e, ln_id when, ln_id a, ln_id b)
{
    const ln_id in[] = {when, a, b};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

/* Nancumsum, Nancumprod: what is infinite is the largest number, as nan_to_num has it. */
void ln_keras_nan_running_op(ln_keras_call *c)
{
    static const double most = 3.4028234663852886e38;
    ln_emit *e = c->e;
    const bool product = strcmp(c->row->name, "Nancumprod") == 0;
    ln_id x = ln_keras_x(c);
    if (ln_emit_type(e, x) == kTfLiteFloat32) {
        const ln_id number = ln_keras_binary(e, &ln_op_equal, x, x);
        x = select(e, number, x, ln_emit_float(e, product));
        x = ln_keras_with(e, &ln_op_maximum, ln_keras_with(e, &ln_op_minimum, x, most), -most);
    }
    hand_on(c, product ? ln_keras_cumprod_op : ln_keras_cumsum_op, x);
}

/* AllClose */
void ln_keras_all_close_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    ln_keras_call inner = *c;
    ln_keras_isclose_op(&inner);
    if (inner.n_out < 1)
        return;
    const int rank = ln_emit_shape(c->e, inner.out[0].id).rank;
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    ln_keras_out(c, ln_emit_reduce(c->e, &ln_op_reduce_all, inner.out[0].id, rank, axes, false));
}

/* ---- over an axis ---- */

/* The sum of two neighbours' mean times the step. */
void ln_keras_trapezoid_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id y = ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(e, y);
    const int axis = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis", -1), s.rank);
    const cJSON *places = ln_json_get(c->config, "x");
    if (!ln_emit_ok(e))
        return;
    if ((places && !cJSON_IsNull(places)) || s.dim[axis] < 2) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "places of one's own, or an open axis");
        return;
    }
    const ln_id sum = ln_keras_binary(e, &ln_op_add, ln_keras_part(e, y, axis, 1, s.dim[axis] - 1),
                                      ln_keras_part(e, y, axis, 0, s.dim[axis] - 1));
    ln_keras_out(c,
                 ln_keras_with(e, &ln_op_mul, ln_emit_reduce(e, &ln_op_sum, sum, 1, &axis, false),
                               0.5 * ln_keras_arg_number(c, -1, "dx", 1)));
}

/* How many predictions are larger than that of the target: less than k. */
void ln_keras_in_top_k_op(ln_keras_call *c)
{
    static const int last = 1;
    ln_emit *e = c->e;
    const TfLiteOneHotParams p = {.axis = -1};
    const ln_id all = ln_keras_operand(c, ln_keras_arg_find(c, 1, "predictions"), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(e, all);
    if (!ln_emit_ok(e))
        return;
    if (s.rank != 2 || s.dim[1] < 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "predictions that are no rows of a known length");
        return;
    }
    const ln_id in[] = {ln_keras_operand(c, ln_keras_arg_find(c, 0, "targets"), kTfLiteInt32),
                        ln_emit_int(e, s.dim[1]), ln_emit_float(e, 1), ln_emit_float(e, 0)};
    const ln_id at =
        ln_keras_with(e, &ln_op_greater, ln_emit_nary(e, &ln_op_one_hot, &p, 4, in), 0);
    const ln_id wanted =
        ln_emit_reduce(e, &ln_op_sum, select(e, at, all, ln_emit_float(e, 0)), 1, &last, true);
    const ln_id more =
        ln_emit_cast(e, ln_keras_binary(e, &ln_op_greater, all, wanted), kTfLiteInt32);
    const ln_id few =
        ln_keras_with(e, &ln_op_less, ln_emit_reduce(e, &ln_op_sum, more, 1, &last, false),
                      ln_keras_arg_int(c, 2, "k", 1));
    /* nowhere in a row with an item that is infinite or no number, or whose target is no class */
    const ln_id finite = ln_keras_with(
        e, &ln_op_equal,
        ln_emit_reduce(e, &ln_op_sum, ln_keras_binary(e, &ln_op_sub, all, all), 1, &last, false),
        0);
    const ln_id there = ln_emit_reduce(e, &ln_op_reduce_any, at, 1, &last, false);
    ln_keras_out(c, ln_keras_binary(e, &ln_op_logical_and,
                                    ln_keras_binary(e, &ln_op_logical_and, few, there), finite));
}

/* CDist: from each row of x to each row of y. */
void ln_keras_distances_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id x = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x"), kTfLiteFloat32),
                y = ln_keras_operand(c, ln_keras_arg_find(c, 1, "y"), kTfLiteFloat32);
    const int a = ln_emit_shape(e, x).rank, b = ln_emit_shape(e, y).rank,
              last = LN_MAX(a, b); /* of the differences */
    if (a < 2 || b < 2 || last >= LN_MAX_RANK) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "operands of rank %d and %d", a, b);
        return;
    }
    const ln_id square =
        ln_keras_binary(e, &ln_op_squared_difference, ln_emit_expand_dims(e, x, a - 1),
                        ln_emit_expand_dims(e, y, b - 2));
    ln_keras_out(
        c, ln_keras_unary(e, &ln_op_sqrt, ln_emit_reduce(e, &ln_op_sum, square, 1, &last, false)));
}

/* ExtractSequences: [..., n] -> [..., windows, length] */
void ln_keras_extract_sequences_op(ln_keras_call *c)
{
    enum { MOST = 1 << 24 };
    const ln_shape s = shape_of(c);
    const int length = ln_keras_arg_int(c, 1, "sequence_length", 0),
              step = ln_keras_arg_int(c, 2, "sequence_stride", 0),
              n = s.rank > 0 ? s.dim[s.rank - 1] : -1;
    const int windows = n >= length && step > 0 ? (n - length) / step + 1 : 0;
    if (length < 1 || step < 1 || windows < 1 || windows > MOST / length) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "windows of %d out of %d", length, n);
        return;
    }
    const ln_shape to = {.rank = 2, .dim = {windows, length}};
    int *places = ln_arena_new(&c->k->arena, (size_t)windows * (size_t)length, sizeof *places);
    for (int i = 0; places && i < windows * length; i++)
        places[i] = i / length * step + i % length;
    const ln_id at = places
                         ? ln_emit_reshape(c->e, ln_emit_ints(c->e, windows * length, places), &to)
                         : ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
    ln_keras_out(c, ln_emit_gather(c->e, ln_keras_x(c), at, s.rank - 1));
}

/* ---- matrices and grids of rows ---- */

/* Diag of a row, Diagflat: a matrix with the items on diagonal k; Diag of a matrix: that diagonal.
 */
void ln_keras_diag_op(ln_keras_call *c)
{
    enum { LONGEST = 4096 };
    ln_emit *e = c->e;
    const ln_shape row = {.rank = 1, .dim = {-1}};
    const bool flat = strcmp(c->row->name, "Diagflat") == 0;
    const int k = ln_keras_arg_int(c, 1, "k", 0);
    const ln_id x = flat ? ln_emit_reshape(e, ln_keras_x(c), &row) : ln_keras_x(c);
    const ln_shape s = ln_emit_shape(e, x);
    const int n = s.rank == 1 ? s.dim[0] : -1;
    if (n < 1 || n > LONGEST || k > LONGEST || k < -LONGEST) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                     "other than a row of a known length (of a matrix, ops.diagonal does it)");
        return;
    }
    const int before[] = {k < 0 ? -k : 0, k > 0 ? k : 0}, after[] = {before[1], before[0]};
    const ln_id all = ln_emit_unary(e, &ln_op_matrix_diag, NULL, x);
    ln_keras_out(c, ln_emit_pad(e, all, 2, before, after));
}

/* Kron: each item of a times b in its place. */
void ln_keras_kron_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_keras_arg *other = ln_keras_arg_find(c, 1, "x2");
    const ln_id a = ln_keras_arg_tensor(c, 0, "x1"),
                b = ln_keras_operand(c, other, ln_emit_type(e, a));
    const ln_shape s = ln_emit_shape(e, a), t = ln_emit_shape(e, b);
    if (!ln_emit_ok(e))
        return;
    if (s.rank != t.rank || s.rank < 1 || 2 * s.rank > LN_MAX_RANK || !ln_shape_known(&t)) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "operands of different ranks, or of an open size");
        return;
    }
    ln_shape apart = {.rank = 2 * s.rank}, inside = {.rank = 2 * s.rank}, to = {.rank = s.rank};
    int open = 0;
    for (int i = 0; i < s.rank; i++) {
        apart.dim[2 * i] = s.dim[i];
        apart.dim[2 * i + 1] = inside.dim[2 * i] = 1;
        inside.dim[2 * i + 1] = t.dim[i];
        to.dim[i] = s.dim[i] < 0 ? -1 : s.dim[i] * t.dim[i];
        open += s.dim[i] < 0;
    }
    if (open > 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "several open axes: give --input-shape");
        return;
    }
    ln_keras_out(c, ln_emit_reshape(e,
                                    ln_keras_binary(e, &ln_op_mul, ln_emit_reshape(e, a, &apart),
                                                    ln_emit_reshape(e, b, &inside)),
                                    &to));
}

/* Each row along an axis of its own, in a grid of all of them. */
void ln_keras_meshgrid_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const cJSON *indexing = ln_keras_arg_json(c, -1, "indexing");
    const bool turned = !cJSON_IsString(indexing) || strcmp(indexing->valuestring, "ij") != 0;
    const int n = c->n_args;
    ln_id rows[LN_MAX_RANK], whole = -1;
    for (int i = 0; i < n && n <= LN_MAX_RANK; i++) {
        const int axis = turned && i < 2 && n > 1 ? 1 - i : i;
        ln_shape to = {.rank = n};
        rows[i] = ln_keras_arg_tensor(c, i, NULL);
        if (rows[i] < 0 || ln_emit_shape(e, rows[i]).rank > 1)
            ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than rows");
        for (int k = 0; k < n; k++)
            to.dim[k] = k == axis ? -1 : 1;
        rows[i] = ln_emit_reshape(e, rows[i], &to);
        const ln_id zeros = ln_keras_unary(e, &ln_op_zeros_like, rows[i]);
        whole = i ? ln_keras_binary(e, &ln_op_add, whole,
                                    ln_emit_cast(e, zeros, ln_emit_type(e, whole)))
                  : zeros;
    }
    if (n < 1 || n > LN_MAX_RANK)
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "%d rows", n);
    for (int i = 0; i < n && ln_emit_ok(e); i++)
        ln_keras_out(c, ln_keras_binary(e, &ln_op_add, rows[i],
                                        ln_emit_cast(e, whole, ln_emit_type(e, rows[i]))));
}

/* Vander: powers of the items of a row. */
void ln_keras_vander_op(ln_keras_call *c)
{
    enum { MOST = 4096 };
    ln_emit *e = c->e;
    const ln_shape s = shape_of(c);
    const TfLiteType type = ln_emit_type(e, ln_keras_x(c));
    const int n = ln_keras_arg_int(c, 1, "N", s.rank == 1 ? s.dim[0] : -1);
    const bool up = ln_keras_arg_number(c, 2, "increasing", 0) != 0;
    float *powers = n > 0 && n <= MOST ? ln_keras_floats(c, (size_t)n) : NULL;
    const ln_shape row = {.rank = 1, .dim = {n}};
    if (s.rank != 1 || !powers) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "%d powers of other than a row", n);
        return;
    }
    for (int i = 0; i < n; i++)
        powers[i] = (float)(up ? i : n - 1 - i);
    const ln_id x = ln_emit_expand_dims(e, ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32), 1);
    ln_keras_out(
        c, ln_emit_cast(e, ln_keras_binary(e, &ln_op_pow, x, ln_keras_constant(c, &row, powers)),
                        type));
}

/* A row of places in a whole as a row per axis. */
void ln_keras_unravel_index_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    int dims[LN_MAX_RANK];
    const int n = ln_keras_ints(c, 1, "shape", dims);
    ln_id x = ln_keras_x(c), parts[LN_MAX_RANK];
    if (n < 1 || ln_emit_shape(e, x).rank != 1) { /* Keras counts other tensors another way */
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than a row, for a shape that is in the file");
        return;
    }
    for (int i = n - 1; i >= 0; i--) {
        if (dims[i] < 1)
            ln_emit_fail(e, LN_ERR_FORMAT, "a dimension of %d", dims[i]);
        parts[i] = ln_keras_with(e, &ln_op_floor_mod, x, dims[i]);
        x = ln_keras_with(e, &ln_op_floor_div, x, dims[i]);
    }
    for (int i = 0; i < n; i++)
        ln_keras_out(c, parts[i]);
}

/* From the first number to the second in `num` steps. */
void ln_keras_linspace_op(ln_keras_call *c)
{
    enum { MOST = 1 << 20 };
    ln_emit *e = c->e;
    const ln_id a = ln_keras_operand(c, ln_keras_arg_find(c, 0, "start"), kTfLiteFloat32),
                b = ln_keras_operand(c, ln_keras_arg_find(c, 1, "stop"), kTfLiteFloat32);
    const int n = ln_keras_arg_int(c, -1, "num", 50),
              rank = LN_MAX(ln_emit_shape(e, a).rank, ln_emit_shape(e, b).rank);
    const int axis = ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis", 0), rank + 1);
    const bool whole = ln_keras_arg_number(c, -1, "endpoint", 1) != 0;
    ln_shape s = {.rank = rank + 1};
    if (!ln_emit_ok(e))
        return;
    if (n < 2 || n > MOST || rank >= LN_MAX_RANK || ln_keras_arg_json(c, -1, "dtype") ||
        ln_keras_arg_number(c, -1, "retstep", 0) != 0) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "%d steps, a dtype, or the step as a result", n);
        return;
    }
    for (int i = 0; i <= rank; i++)
        s.dim[i] = i == axis ? n : 1;
    float *at = ln_keras_floats(c, (size_t)n);
    for (int i = 0; at && i < n; i++)
        at[i] = (float)i / (float)(n - whole);
    const ln_id first = ln_emit_expand_dims(e, a, axis);
    const ln_id gap = ln_emit_expand_dims(e, ln_keras_binary(e, &ln_op_sub, b, a), axis);
    ln_keras_out(
        c, ln_keras_binary(e, &ln_op_add, first,
                           ln_keras_binary(e, &ln_op_mul, gap, ln_keras_constant(c, &s, at))));
}
