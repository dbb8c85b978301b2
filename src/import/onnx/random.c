/* SPDX-License-Identifier: Apache-2.0 */
/* random.c: RandomNormal, RandomUniform and their like, Bernoulli, Multinomial.  Each run gives
 * other numbers, but for a seed that is not 0. */
#include <string.h>

#include "import/onnx/families.h"

static TfLiteRandomParams seeds(const ln_ox_node *n)
{
    const float seed = ln_ox_float(n, "seed", 0);
    return (TfLiteRandomParams){.seed = seed > -1e9f && seed < 1e9f ? (int64_t)seed : 0};
}

/* The shape that is wanted: of input 0, or an attribute. */
static ln_id wanted_shape(ln_ox *o, const ln_ox_node *n)
{
    int dims[LN_MAX_RANK];
    if (ln_ox_n_in(n) > 0)
        return ln_emit_shape_of(&o->e, ln_ox_in_id(o, n, 0));
    const int rank = ln_ox_ints(n, "shape", LN_MAX_RANK, dims);
    if (rank < 0)
        LN_OX_FAIL(o, "there is no shape");
    return rank < 0 ? -1 : ln_emit_ints(&o->e, rank, dims);
}

/* The type that an attribute names; else that of input 0, or float. */
static TfLiteType wanted_type(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_n_in(n) > 0 ? ln_ox_in(o, n, 0) : NULL;
    if (ln_ox_has(n, "dtype") || !v)
        return ln_ox_type(ln_ox_int(n, "dtype", LN_OX_FLOAT));
    return ln_ox_value_type(o, v);
}

void ln_ox_random(ln_ox *o, const ln_ox_node *n)
{
    const bool normal = n->row->to == &ln_op_random_standard_normal;
    const TfLiteRandomParams p = seeds(n);
    const float low = normal ? ln_ox_float(n, "mean", 0) : ln_ox_float(n, "low", 0);
    const float span = normal ? ln_ox_float(n, "scale", 1) : ln_ox_float(n, "high", 1) - low;
    ln_id y = ln_emit_unary(&o->e, n->row->to, &p, wanted_shape(o, n));
    if (span != 1.f)
        y = ln_ox_mul(o, y, ln_emit_float(&o->e, span));
    if (low != 0.f)
        y = ln_ox_add(o, y, ln_emit_float(&o->e, low));
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, y, wanted_type(o, n)));
}

void ln_ox_bernoulli(ln_ox *o, const ln_ox_node *n)
{
    const TfLiteRandomParams p = seeds(n);
    const ln_id y = ln_emit_unary(&o->e, &ln_op_random_uniform, &p, wanted_shape(o, n));
    ln_ox_out(
        o, n, 0,
        ln_emit_cast(&o->e, ln_ox_op2(o, &ln_op_less, y, ln_ox_in_id(o, n, 0)), wanted_type(o, n)));
}

void ln_ox_multinomial(ln_ox *o, const ln_ox_node *n)
{
    const TfLiteRandomParams p = seeds(n);
    const ln_id count = ln_emit_int(&o->e, ln_ox_int(n, "sample_size", 1));
    const ln_id y = ln_emit_binary(&o->e, &ln_op_multinomial, &p, ln_ox_in_id(o, n, 0), count);
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, y, ln_ox_type(ln_ox_int(n, "dtype", LN_OX_INT32))));
}
