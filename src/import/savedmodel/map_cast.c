/* SPDX-License-Identifier: Apache-2.0 */
/* map_cast.c: Cast, Pow, FloorDiv, Round: where TensorFlow's numbers are not those of the builtin
 * operator.
 *
 * What is computed while converting is what TensorFlow gives: a float that an integer cannot hold
 * becomes what x86 makes of it, and powers of int32 wrap.  When the model runs, CAST and POW
 * saturate, as TensorFlow Lite's do. */
#include "import/savedmodel/tf.h"
#include "ops/elementwise.h"
#include "ops/flex/flex.h"

/* ---- Cast ---- */

enum { CHUNK = 256 };

/* Towards zero; outside of the 32 or 64 bits through which TensorFlow goes, their smallest. */
static int64_t cut(double x, TfLiteType to)
{
    const double limit = 9223372036854775808.;
    if (to == kTfLiteUInt64 && x >= limit)
        return x < 2 * limit ? (int64_t)(uint64_t)x : INT64_MIN;
    if (ln_type_in(to, LN_BIT(Int64) | LN_BIT(UInt32) | LN_BIT(UInt64)))
        return x >= -limit && x < limit ? (int64_t)x : INT64_MIN;
    return x > -2147483649. && x < 2147483648. ? (int64_t)x : INT32_MIN;
}

static ln_id cast_constant(ln_emit *e, ln_id x, TfLiteType to)
{
    const TfLiteTensor *t = ln_emit_tensor(e, x);
    const ln_shape shape = ln_emit_shape(e, x);
    const int n = ln_count(t);
    const size_t bytes = (size_t)n * ln_type_size(to);
    void *y = ln_arena_new(&e->m->arena, 1, bytes + 1);
    if (!y)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < n; i += CHUNK) {
        const int m = LN_MIN(CHUNK, n - i);
        double buffer[CHUNK];
        int64_t cuts[CHUNK];
        const double *v = ln_lane_load(LN_F64, t->type, t->data.data, i, m, buffer);
        for (int k = 0; k < m; k++)
            cuts[k] = cut(v[k], to);
        ln_lane_store(LN_I64, to, y, i, m, cuts);
    }
    return ln_emit_constant(e, to, &shape, y, bytes, false);
}

static void cast(ln_tf_op *op)
{
    ln_emit *e = op->e;
    const ln_id x = ln_tf_in(op, 0);
    const TfLiteType to = ln_tf_attr_type(op, "DstT"), from = ln_emit_type(e, x);
    const bool cuts = ln_type_in(from, LN_FLOATS | LN_BIT(Float64)) && ln_type_in(to, LN_INTEGERS);
    if (cuts && ln_emit_known(e, x) && !e->keep && ln_emit_tensor(e, x)->bytes <= e->fold_limit)
        ln_tf_out(op, 0, cast_constant(e, x, to));
    else
        ln_tf_out(op, 0, ln_emit_cast(e, x, to));
}

/* ---- Pow, FloorDiv, Round ---- */

static void power(ln_tf_op *op)
{
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1)};
    const ln_flex_node none = {0};
    const ln_emit_call call = {
        .op = ln_op_custom("FlexPow"), .params = &none, .in = in, .n_in = 2, .n_out = 1};
    ln_made made;
    ln_id y;
    if (ln_emit_type(op->e, in[0]) == kTfLiteInt32 && ln_emit_known(op->e, in[0]) &&
        ln_emit_known(op->e, in[1]) && ln_emit_infer(op->e, &call, &made) &&
        ln_emit_fold(op->e, &call, &made, &y))
        ln_tf_out(op, 0, y);
    else
        ln_tf_same(op);
}

/* FLOOR_DIV stops at a zero, also of floats, and divides these in double precision. */
static void floor_div(ln_tf_op *op)
{
    const ln_id a = ln_tf_in(op, 0), b = ln_tf_in(op, 1);
    if (ln_emit_type(op->e, a) != kTfLiteFloat32) {
        ln_tf_same(op);
        return;
    }
    const ln_id y = ln_emit_binary(op->e, &ln_op_div, NULL, a, b);
    ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_floor, NULL, y));
}

static void nearest(ln_tf_op *op)
{
    if (ln_type_in(ln_emit_type(op->e, ln_tf_in(op, 0)), LN_INTEGERS))
        ln_tf_out(op, 0, ln_tf_in(op, 0));
    else
        ln_tf_same(op);
}

const ln_tf_row ln_tf_rows_cast[] = {
    {"Cast", cast, &ln_op_cast, 0}, {"FloorDiv", floor_div, &ln_op_floor_div, 0},
    {"Pow", power, &ln_op_pow, 0},  {"Round", nearest, &ln_op_round, 0},
    {NULL, NULL, NULL, 0},
};
