/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.c: types of 8 bits and less that .tflite has not.  Floats are kept as float32: a cast to
 * such a type, or QuantizeLinear, rounds to the numbers that it has.  Integers of 2 and 4 bits are
 * kept in 8. */
#include <math.h>
#include <string.h>

#include "import/onnx/quantized.h"

enum {
    IEEE,    /* the highest exponent is infinity and NaN */
    FINITE,  /* all ones are NaN */
    ONE_NAN, /* what would be -0 is NaN */
    NO_NAN,
};
static const struct narrow {
    int elem, exponent, mantissa, bias, specials;
    float most;
} floats[] = {
    {LN_OX_FLOAT8E4M3FN, 4, 3, 7, FINITE, 448}, {LN_OX_FLOAT8E4M3FNUZ, 4, 3, 8, ONE_NAN, 240},
    {LN_OX_FLOAT8E5M2, 5, 2, 15, IEEE, 57344},  {LN_OX_FLOAT8E5M2FNUZ, 5, 2, 16, ONE_NAN, 57344},
    {LN_OX_FLOAT4E2M1, 2, 1, 1, NO_NAN, 6},
};

static const struct narrow *find(int elem)
{
    for (size_t i = 0; i < LN_COUNTOF(floats); i++)
        if (floats[i].elem == elem)
            return &floats[i];
    return NULL;
}

bool ln_ox_is_narrow_float(int elem)
{
    return find(elem) != NULL;
}

float ln_ox_narrow_value(int elem, unsigned bits)
{
    const struct narrow *f = find(elem);
    if (!f) /* float8e8m0: an exponent alone */
        return bits == 255 ? NAN : ldexpf(1, (int)bits - 127);
    const unsigned sign = bits >> (f->exponent + f->mantissa) & 1;
    const unsigned e = bits >> f->mantissa & ((1u << f->exponent) - 1);
    const unsigned m = bits & ((1u << f->mantissa) - 1);
    const bool top = e == (1u << f->exponent) - 1;
    if (f->specials == ONE_NAN && sign && !e && !m)
        return NAN;
    if (top && f->specials == FINITE && m == (1u << f->mantissa) - 1)
        return NAN;
    if (top && f->specials == IEEE)
        return m ? NAN : sign ? -INFINITY : INFINITY;
    const float v =
        ldexpf((float)(e ? m + (1u << f->mantissa) : m), (e ? (int)e : 1) - f->bias - f->mantissa);
    return sign ? -v : v;
}

bool ln_ox_narrow_range(int elem, int *low, int *high)
{
    static const struct {
        int elem, low, high;
    } ranges[] = {
        {LN_OX_UINT8, 0, 255},        {LN_OX_INT8, -128, 127}, {LN_OX_UINT16, 0, 65535},
        {LN_OX_INT16, -32768, 32767}, {LN_OX_UINT4, 0, 15},    {LN_OX_INT4, -8, 7},
        {LN_OX_UINT2, 0, 3},          {LN_OX_INT2, -2, 1},
    };
    for (size_t i = 0; i < LN_COUNTOF(ranges); i++)
        if (ranges[i].elem == elem) {
            *low = ranges[i].low;
            *high = ranges[i].high;
            return true;
        }
    return false;
}

/* The distance between neighbors of the type around each item of x: looked up by x's exponent. */
static ln_id steps(ln_ox *o, const struct narrow *f, ln_id x)
{
    enum { EXPONENTS = 256, MANTISSA = 23, BIAS = 127 };
    float step[EXPONENTS];
    for (int e = 0; e < EXPONENTS; e++)
        step[e] = ldexpf(1, LN_MAX(e - BIAS, 1 - f->bias) - f->mantissa);
    step[EXPONENTS - 1] = 1; /* infinity and NaN stay */
    const ln_id bits = ln_ox_as_type(o, ln_ox_op1(o, &ln_op_abs, x), kTfLiteInt32);
    const ln_id at = ln_ox_op2(o, &ln_op_right_shift, bits, ln_emit_int(&o->e, MANTISSA));
    return ln_emit_gather(&o->e, ln_emit_floats(&o->e, EXPONENTS, step), at, 0);
}

ln_id ln_ox_narrowed(ln_ox *o, ln_id x, int elem, bool saturate)
{
    const struct narrow *f = find(elem);
    if (!f)
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "rounding to %s", ln_ox_type_name(elem));
    x = ln_emit_cast(&o->e, x, kTfLiteFloat32);
    const ln_id step = steps(o, f, x);
    const ln_id y = ln_ox_mul(o, ln_ox_op1(o, &ln_op_round, ln_ox_div(o, x, step)), step);
    const ln_id most = ln_emit_float(&o->e, f->most);
    const ln_id beyond = ln_ox_op2(o, &ln_op_greater, ln_ox_op1(o, &ln_op_abs, y), most);
    const float other = f->specials == IEEE ? INFINITY : NAN;
    const ln_id instead =
        ln_ox_mul(o, ln_ox_op1(o, &ln_op_sign, y),
                  saturate || f->specials == NO_NAN ? most : ln_emit_float(&o->e, other));
    return ln_ox_select(o, beyond, instead, y);
}

ln_id ln_ox_wrapped(ln_ox *o, ln_id x, int elem)
{
    int low, high;
    if (!ln_ox_narrow_range(elem, &low, &high))
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "a cast to %s", ln_ox_type_name(elem));
    x = ln_ox_int32(o, x);
    if (low < 0)
        x = ln_ox_sub(o, x, ln_emit_int(&o->e, low));
    x = ln_ox_op2(o, &ln_op_floor_mod, x, ln_emit_int(&o->e, high - low + 1));
    if (low < 0)
        x = ln_ox_add(o, x, ln_emit_int(&o->e, low));
    return ln_emit_cast(&o->e, x, ln_ox_type(elem));
}

int ln_ox_elem_of(const ln_ox_node *n, int i)
{
    const ln_ox_name *name = ln_ox_has_in(n, i) ? ln_ox_lookup(n->scope, n->p->input[i]) : NULL;
    const Onnx__NodeProto *made = name ? name->maker : NULL;
    if (name && name->initializer)
        return name->initializer->data_type;
    if (name && name->type && name->type->tensor_type)
        return name->type->tensor_type->elem_type;
    for (size_t k = 0; made && made->op_type && k < made->n_attribute; k++) {
        const Onnx__AttributeProto *a = made->attribute[k];
        if (strcmp(made->op_type, "Constant") == 0 && a->t)
            return a->t->data_type;
        if (strcmp(made->op_type, "Cast") == 0 && a->name && strcmp(a->name, "to") == 0)
            return a->i > 0 && a->i < 64 ? (int)a->i : 0;
    }
    return 0;
}

/* ---- QuantizeLinear and DequantizeLinear by arithmetic ---- */

/* A scale or a zero point as it broadcasts against v in ONNX's order: of one item, one per item of
 * the axis, or one per block of it. */
static ln_id spread(ln_ox *o, const ln_ox_node *n, const ln_ox_value *v, ln_id x)
{
    const ln_shape s = ln_emit_shape(&o->e, x), vs = ln_ox_shape(o, v);
    int axis = ln_ox_int(n, "axis", 1), dims[LN_MAX_RANK];
    const int block = ln_ox_int(n, "block_size", 0);
    if (x < 0 || s.rank == 0 || (s.rank == 1 && s.dim[0] == 1))
        return x;
    axis += axis < 0 ? v->at.rank : 0;
    if (axis < 0 || axis >= v->at.rank ||
        (block ? s.rank != vs.rank || vs.dim[axis] < 1 ||
                     (vs.dim[axis] - 1) / block + 1 != s.dim[axis]
               : s.rank != 1))
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "blocks of %d, axis %d of %d dimensions",
                            block, axis, v->at.rank);
    if (!block) {
        for (int k = axis; k < v->at.rank; k++)
            dims[k - axis] = k == axis ? s.dim[0] : 1;
        return ln_ox_reshape(o, x, v->at.rank - axis, dims);
    }
    int *at = ln_arena_new(&o->m->arena, (size_t)vs.dim[axis], sizeof *at);
    if (!at)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < vs.dim[axis]; i++)
        at[i] = i / block;
    return ln_emit_gather(&o->e, x, ln_emit_ints(&o->e, vs.dim[axis], at), axis);
}

/* Inputs 1 and 2 as float32, spread. */
static void scales(ln_ox *o, const ln_ox_node *n, const ln_ox_value *v, ln_id *scale, ln_id *zero)
{
    *scale = spread(o, n, v, ln_emit_cast(&o->e, ln_ox_in_id(o, n, 1), kTfLiteFloat32));
    *zero = ln_ox_has_in(n, 2)
                ? spread(o, n, v, ln_emit_cast(&o->e, ln_ox_in_id(o, n, 2), kTfLiteFloat32))
                : -1;
}

ln_id ln_ox_dequantize_plainly(ln_ox *o, const ln_ox_node *n, ln_ox_value *v)
{
    ln_id scale, zero, x = ln_emit_cast(&o->e, ln_ox_plain(o, v), kTfLiteFloat32);
    scales(o, n, v, &scale, &zero);
    if (zero >= 0)
        x = ln_ox_sub(o, x, zero);
    return ln_ox_mul(o, x, scale);
}

ln_id ln_ox_quantize_plainly(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, int elem)
{
    int low, high;
    ln_id scale, zero;
    scales(o, n, v, &scale, &zero);
    ln_id x = ln_ox_div(o, ln_emit_cast(&o->e, ln_ox_plain(o, v), kTfLiteFloat32), scale);
    if (ln_ox_is_narrow_float(elem))
        return ln_ox_narrowed(o, zero < 0 ? x : ln_ox_add(o, x, zero), elem,
                              ln_ox_int(n, "saturate", 1) != 0);
    if (!ln_ox_narrow_range(elem, &low, &high))
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "quantizing to %s", ln_ox_type_name(elem));
    x = ln_ox_op1(o, &ln_op_round, x);
    if (zero >= 0)
        x = ln_ox_add(o, x, zero);
    x = ln_ox_op2(o, &ln_op_maximum, x, ln_emit_float(&o->e, (float)low));
    x = ln_ox_op2(o, &ln_op_minimum, x, ln_emit_float(&o->e, (float)high));
    return ln_emit_cast(&o->e, x, ln_ox_type(elem));
}
