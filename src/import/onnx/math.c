/* SPDX-License-Identifier: Apache-2.0 */
/* math.c: elementwise arithmetic, comparisons and logic.  Operands are brought into one layout and
 * computed in it.  TFLite computes with float32, int32 and int64 only: narrower integers, which it
 * would take for quantized ones, are computed in int32 and cast back. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"
#include "import/onnx/quantized.h"

/* The operands of a node in one layout, their type, and what the integers became. */
typedef struct operands {
    ln_id id[4];
    ln_ox_layout at;
    TfLiteType type;
} operands;

static bool gather(ln_ox *o, const ln_ox_node *n, int count, operands *x)
{
    ln_ox_value *v[4] = {0};
    for (int i = 0; i < count; i++)
        v[i] = ln_ox_in(o, n, i);
    ln_ox_align(o, count, v, x->id, &x->at);
    x->type = ln_emit_type(&o->e, x->id[0]);
    return ln_ox_ok(o);
}

static bool gather_wide(ln_ox *o, const ln_ox_node *n, int count, operands *x)
{
    if (!gather(o, n, count, x))
        return false;
    for (int i = 0; i < count; i++)
        x->id[i] = ln_ox_widen(o, x->id[i]);
    return ln_ox_ok(o);
}

void ln_ox_unary(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (gather_wide(o, n, 1, &x))
        ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, ln_ox_op1(o, n->row->to, x.id[0]), x.type),
                     &x.at);
}

void ln_ox_binary(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (gather_wide(o, n, 2, &x))
        ln_ox_out_at(o, n, 0,
                     ln_emit_cast(&o->e, ln_ox_op2(o, n->row->to, x.id[0], x.id[1]), x.type),
                     &x.at);
}

void ln_ox_compare(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (!gather_wide(o, n, 2, &x))
        return;
    const ln_op *op = n->row->to;
    for (int i = 0; i < 2 && op == &ln_op_equal; i++) {
        double v;
        if (!ln_emit_read_number(&o->e, x.id[i], &v) || v != -INFINITY)
            continue;
        /* runtimes give the lowest number for it: sums, maxima of nothing else */
        ln_ox_out_at(o, n, 0,
                     ln_ox_op2(o, &ln_op_less_equal, x.id[1 - i], ln_emit_float(&o->e, -FLT_MAX)),
                     &x.at);
        return;
    }
    ln_ox_out_at(o, n, 0, ln_ox_op2(o, op, x.id[0], x.id[1]), &x.at);
}

/* Max, Min, Sum, Mean: any number of operands. */
void ln_ox_variadic(ln_ox *o, const ln_ox_node *n)
{
    enum { MAX = 64 };
    ln_ox_value *v[MAX];
    ln_id ids[MAX];
    ln_ox_layout at;
    const int count = ln_ox_n_in(n);
    if (count < 1 || count > MAX) {
        LN_OX_FAIL(o, "%d operands are not 1 to %d", count, (int)MAX);
        return;
    }
    for (int i = 0; i < count; i++)
        v[i] = ln_ox_in(o, n, i);
    ln_ox_align(o, count, v, ids, &at);
    const TfLiteType type = ln_emit_type(&o->e, ids[0]);
    ln_id y = ln_ox_widen(o, ids[0]);
    for (int i = 1; i < count; i++)
        y = ln_ox_op2(o, n->row->to, y, ln_ox_widen(o, ids[i]));
    if (n->row->arg)
        y = ln_ox_mul(o, y, ln_ox_like(o, y, 1.0 / count));
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, type), &at);
}

/* ---- division and powers ---- */

/* True when nothing that is known of these items is negative: sizes, usually. */
static bool is_size(ln_ox *o, ln_id x)
{
    int v[64], count;
    if (!ln_emit_values(&o->e, x, 64, v, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (v[i] < 0 && v[i] != LN_UNKNOWN)
            return false;
    return true;
}

/* ONNX rounds towards zero, as DIV does; but that does not take int64. */
static ln_id divide_int64(ln_ox *o, ln_id a, ln_id b)
{
    if (is_size(o, a) && is_size(o, b)) /* FLOOR_DIV of int64 is not in TensorFlow's runtime */
        return ln_emit_cast(&o->e,
                            ln_ox_op2(o, &ln_op_floor_div, ln_ox_int32(o, a), ln_ox_int32(o, b)),
                            kTfLiteInt64);
    const ln_id zero = ln_ox_like(o, a, 0);
    const ln_id q =
        ln_ox_op2(o, &ln_op_floor_div, ln_ox_op1(o, &ln_op_abs, a), ln_ox_op1(o, &ln_op_abs, b));
    const ln_id differ = ln_ox_op2(o, &ln_op_not_equal, ln_ox_op2(o, &ln_op_less, a, zero),
                                   ln_ox_op2(o, &ln_op_less, b, zero));
    return ln_ox_select(o, differ, ln_ox_op1(o, &ln_op_neg, q), q);
}

void ln_ox_divide(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (!gather_wide(o, n, 2, &x))
        return;
    const ln_id y = ln_emit_type(&o->e, x.id[0]) == kTfLiteInt64 ? divide_int64(o, x.id[0], x.id[1])
                                                                 : ln_ox_div(o, x.id[0], x.id[1]);
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, x.type), &x.at);
}

/* The remainder has the sign of the divisor, or, as C's fmod, that of the dividend. */
void ln_ox_mod(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (!gather_wide(o, n, 2, &x))
        return;
    ln_id y;
    if (ln_ox_int(n, "fmod", 0)) {
        const ln_id m = ln_ox_op2(o, &ln_op_floor_mod, ln_ox_op1(o, &ln_op_abs, x.id[0]),
                                  ln_ox_op1(o, &ln_op_abs, x.id[1]));
        const ln_id negative = ln_ox_op2(o, &ln_op_less, x.id[0], ln_ox_like(o, x.id[0], 0));
        y = ln_ox_select(o, negative, ln_ox_op1(o, &ln_op_neg, m), m);
    } else {
        y = ln_ox_op2(o, &ln_op_floor_mod, x.id[0], x.id[1]);
    }
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, x.type), &x.at);
}

void ln_ox_pow(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    double exponent;
    if (!gather_wide(o, n, 2, &x))
        return;
    const bool ints = ln_emit_type(&o->e, x.id[0]) == kTfLiteInt32 &&
                      ln_emit_type(&o->e, x.id[1]) != kTfLiteFloat32;
    const TfLiteType type = ints ? kTfLiteInt32 : kTfLiteFloat32;
    const ln_id a = ln_emit_cast(&o->e, x.id[0], type), b = ln_emit_cast(&o->e, x.id[1], type);
    ln_id y;
    const bool known = !ints && ln_emit_read_number(&o->e, b, &exponent);
    if (known && fabs(exponent - 2) < 1e-6) /* also of integers with a scale */
        y = ln_ox_op1(o, &ln_op_square, a);
    else if (known && exponent == 0.5)
        y = ln_ox_op1(o, &ln_op_sqrt, a);
    else if (known && exponent == -0.5)
        y = ln_ox_op1(o, &ln_op_rsqrt, a);
    else
        y = ln_ox_op2(o, &ln_op_pow, a, b);
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, x.type), &x.at);
}

void ln_ox_reciprocal(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (gather(o, n, 1, &x))
        ln_ox_out_at(o, n, 0, ln_ox_div(o, ln_ox_like(o, x.id[0], 1), x.id[0]), &x.at);
}

/* ---- logic ---- */

void ln_ox_is_nan(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (gather(o, n, 1, &x))
        ln_ox_out_at(o, n, 0, ln_ox_op2(o, &ln_op_not_equal, x.id[0], x.id[0]), &x.at);
}

void ln_ox_is_inf(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    const bool up = ln_ox_int(n, "detect_positive", 1), down = ln_ox_int(n, "detect_negative", 1);
    if (!gather(o, n, 1, &x))
        return;
    const ln_id big = ln_emit_float(&o->e, up || !down ? INFINITY : -INFINITY);
    const ln_id what = up && down ? ln_ox_op1(o, &ln_op_abs, x.id[0]) : x.id[0];
    const ln_id y = ln_ox_op2(o, &ln_op_equal, what, big);
    ln_ox_out_at(
        o, n, 0,
        up || down ? y : ln_ox_op2(o, &ln_op_logical_and, y, ln_emit_number(&o->e, kTfLiteBool, 0)),
        &x.at);
}

void ln_ox_where(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (gather(o, n, 3, &x))
        ln_ox_out_at(o, n, 0, ln_ox_select(o, x.id[0], x.id[1], x.id[2]), &x.at);
}

/* ---- types ---- */

static void cast_to(ln_ox *o, const ln_ox_node *n, TfLiteType type)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (!v)
        return;
    const ln_id x = ln_ox_id(o, v);
    if (type == ln_emit_type(&o->e, x)) {
        ln_ox_out_value(o, n, 0, v);
        return;
    }
    if (type == kTfLiteString || ln_emit_type(&o->e, x) == kTfLiteString)
        LN_OX_FAIL(o, "strings and numbers cannot be cast to each other");
    ln_id y = x;
    if (type == kTfLiteBool && ln_emit_type(&o->e, x) == kTfLiteFloat32)
        y = ln_ox_op2(o, &ln_op_not_equal, x, ln_emit_float(&o->e, 0));
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, type), &v->at);
}

static void cast_to_elem(ln_ox *o, const ln_ox_node *n, int elem)
{
    const bool is_float = ln_ox_is_narrow_float(elem);
    const bool is_int =
        elem == LN_OX_INT4 || elem == LN_OX_UINT4 || elem == LN_OX_INT2 || elem == LN_OX_UINT2;
    ln_ox_value *v = is_float || is_int ? ln_ox_in(o, n, 0) : NULL;
    if (v && is_float)
        ln_ox_out_at(o, n, 0,
                     ln_ox_narrowed(o, ln_ox_id(o, v), elem, ln_ox_int(n, "saturate", 1) != 0),
                     &v->at);
    else if (v)
        ln_ox_out_at(o, n, 0, ln_ox_wrapped(o, ln_ox_id(o, v), elem), &v->at);
    else if (ln_ox_type(elem) == kTfLiteNoType || elem == LN_OX_FLOAT8E8M0)
        LN_OX_FAIL(o, "a cast to %s", ln_ox_type_name(elem));
    else
        cast_to(o, n, ln_ox_type(elem));
}

void ln_ox_cast(ln_ox *o, const ln_ox_node *n)
{
    cast_to_elem(o, n, ln_ox_int(n, "to", 0));
}

void ln_ox_cast_like(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *like = ln_ox_in(o, n, 1);
    const int elem = ln_ox_elem_of(n, 1);
    if (like && elem)
        cast_to_elem(o, n, elem);
    else if (like)
        cast_to(o, n, ln_ox_value_type(o, like));
}

/* Identity, and Dropout outside of training. */
void ln_ox_identity(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in_any(o, n, 0);
    if (v)
        ln_ox_out_value(o, n, 0, v);
}

void ln_ox_dropout(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *training = ln_ox_in(o, n, 2);
    double on = 0;
    if (!v)
        return;
    if (training && (!ln_emit_read_number(&o->e, ln_ox_plain(o, training), &on) || on != 0)) {
        LN_OX_FAIL(o, "training_mode has to be false");
        return;
    }
    ln_ox_out_value(o, n, 0, v);
    if (ln_ox_has_out(n, 1)) {
        const ln_id x = ln_ox_id(o, v);
        ln_ox_out_at(o, n, 1, ln_ox_op2(o, &ln_op_equal, x, x), &v->at);
    }
}

/* ---- min and max ---- */

static bool limit(ln_ox *o, const ln_ox_node *n, int i, const char *name, double *value,
                  ln_ox_value **v)
{
    *v = ln_ox_in(o, n, i);
    if (*v)
        return ln_emit_read_number(&o->e, ln_ox_plain(o, *v), value);
    if (ln_ox_has(n, name))
        *value = (double)ln_ox_float(n, name, 0);
    return true;
}

static const ln_op *clip_op(double low, double high)
{
    if (low == 0)
        return high == 6     ? &ln_op_relu6
               : high == 1   ? &ln_op_relu_0_to_1
               : high > 3e38 ? &ln_op_relu
                             : NULL;
    return low == -1 && high == 1 ? &ln_op_relu_n1_to_1 : NULL;
}

void ln_ox_clip(ln_ox *o, const ln_ox_node *n)
{
    double low = -INFINITY, high = INFINITY;
    ln_ox_value *x = ln_ox_in(o, n, 0), *min, *max;
    if (!x)
        return;
    const bool low_known = limit(o, n, 1, "min", &low, &min);
    const bool known = limit(o, n, 2, "max", &high, &max) && low_known;
    const ln_id id = ln_ox_id(o, x);
    const TfLiteType type = ln_emit_type(&o->e, id);
    if (known && type == kTfLiteFloat32 && clip_op(low, high)) {
        ln_ox_out_at(o, n, 0, ln_ox_op1(o, clip_op(low, high), id), &x->at);
        return;
    }
    ln_id y = ln_ox_widen(o, id);
    if (min || low > -3.4e38)
        y = ln_ox_op2(o, &ln_op_maximum, y,
                      min ? ln_ox_widen(o, ln_ox_plain(o, min)) : ln_ox_like(o, y, low));
    if (max || high < 3.4e38)
        y = ln_ox_op2(o, &ln_op_minimum, y,
                      max ? ln_ox_widen(o, ln_ox_plain(o, max)) : ln_ox_like(o, y, high));
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, y, type), &x->at);
}

/* ---- trigonometry: what TFLite lacks, by what it has ---- */

static ln_id one_minus_square(ln_ox *o, ln_id x)
{
    return ln_ox_op1(o, &ln_op_sqrt,
                     ln_ox_sub(o, ln_emit_float(&o->e, 1), ln_ox_op1(o, &ln_op_square, x)));
}

/* (exp(x) + sign * exp(-x)) / 2 */
static ln_id hyperbolic(ln_ox *o, ln_id x, const ln_op *join)
{
    const ln_id up = ln_ox_op1(o, &ln_op_exp, x);
    const ln_id down = ln_ox_op1(o, &ln_op_exp, ln_ox_op1(o, &ln_op_neg, x));
    return ln_ox_mul(o, ln_ox_op2(o, join, up, down), ln_emit_float(&o->e, 0.5f));
}

/* log(x + sqrt(x^2 + c)) */
static ln_id area(ln_ox *o, ln_id x, float c)
{
    const ln_id root = ln_ox_op1(
        o, &ln_op_sqrt, ln_ox_add(o, ln_ox_op1(o, &ln_op_square, x), ln_emit_float(&o->e, c)));
    return ln_ox_op1(o, &ln_op_log, ln_ox_add(o, x, root));
}

static ln_id atanh_of(ln_ox *o, ln_id x)
{
    const ln_id one = ln_emit_float(&o->e, 1);
    const ln_id ratio = ln_ox_div(o, ln_ox_add(o, one, x), ln_ox_sub(o, one, x));
    return ln_ox_mul(o, ln_ox_op1(o, &ln_op_log, ratio), ln_emit_float(&o->e, 0.5f));
}

static ln_id trigonometric(ln_ox *o, int what, ln_id x)
{
    switch (what) {
    case LN_OX_TAN:
        return ln_ox_div(o, ln_ox_op1(o, &ln_op_sin, x), ln_ox_op1(o, &ln_op_cos, x));
    case LN_OX_ASIN:
        return ln_ox_op2(o, &ln_op_atan2, x, one_minus_square(o, x));
    case LN_OX_ACOS:
        return ln_ox_op2(o, &ln_op_atan2, one_minus_square(o, x), x);
    case LN_OX_ATAN:
        return ln_ox_op2(o, &ln_op_atan2, x,
                         ln_ox_add(o, ln_ox_op1(o, &ln_op_zeros_like, x), ln_emit_float(&o->e, 1)));
    case LN_OX_SINH:
        return hyperbolic(o, x, &ln_op_sub);
    case LN_OX_COSH:
        return hyperbolic(o, x, &ln_op_add);
    case LN_OX_ASINH: /* by |x|, which loses no digits */
        return ln_ox_mul(o, ln_ox_op1(o, &ln_op_sign, x), area(o, ln_ox_op1(o, &ln_op_abs, x), 1));
    case LN_OX_ACOSH:
        return area(o, x, -1);
    default:
        return atanh_of(o, x);
    }
}

void ln_ox_trigonometric(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (gather(o, n, 1, &x))
        ln_ox_out_at(o, n, 0, trigonometric(o, n->row->arg, x.id[0]), &x.at);
}
