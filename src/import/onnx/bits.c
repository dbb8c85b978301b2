/* SPDX-License-Identifier: Apache-2.0 */
/* bits.c: operators on bits.  TensorFlow's runtime computes few of them on 64 bits: those are put
 * together of additions, which wrap around, and of halves. */
#include <string.h>

#include "import/onnx/families.h"

/* Both operands in one layout; unsigned ones of 64 bits as int64. */
typedef struct operands {
    ln_id id[2];
    ln_ox_layout at;
    TfLiteType type; /* of the result */
    bool wide;
} operands;

static bool gather(ln_ox *o, const ln_ox_node *n, int count, operands *x)
{
    ln_ox_value *v[2] = {0};
    for (int i = 0; i < count; i++)
        v[i] = ln_ox_in(o, n, i);
    ln_ox_align(o, count, v, x->id, &x->at);
    x->type = ln_emit_type(&o->e, x->id[0]);
    x->wide = x->type == kTfLiteInt64 || x->type == kTfLiteUInt64;
    return ln_ox_ok(o);
}

static void signed_operands(ln_ox *o, operands *x, int count)
{
    for (int i = 0; i < count && x->wide; i++)
        x->id[i] = ln_ox_as_type(o, x->id[i], kTfLiteInt64);
}

static void out(ln_ox *o, const ln_ox_node *n, const operands *x, ln_id y)
{
    ln_ox_out_at(o, n, 0, x->wide ? ln_ox_as_type(o, y, x->type) : y, &x->at);
}

/* x in the shape that it and y broadcast to. */
static ln_id spread(ln_ox *o, ln_id x, ln_id y, bool wide)
{
    const ln_shape xs = ln_emit_shape(&o->e, x), ys = ln_emit_shape(&o->e, y);
    if (ln_shape_known(&xs) && ln_shape_equal(&xs, &ys))
        return x;
    return wide ? ln_ox_add(o, x, ln_ox_sub(o, y, y))
                : ln_ox_op2(o, &ln_op_bitwise_xor, x, ln_ox_op2(o, &ln_op_bitwise_xor, y, y));
}

static ln_id both(ln_ox *o, const operands *x, ln_id *a, ln_id *b)
{
    *a = spread(o, x->id[0], x->id[1], x->wide);
    *b = spread(o, x->id[1], x->id[0], x->wide);
    return ln_ox_op2(o, &ln_op_stablehlo_and, *a, *b);
}

/* And; Or is what one has, and what only the other has besides. */
void ln_ox_bitwise(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    ln_id a, b;
    if (!gather(o, n, 2, &x))
        return;
    signed_operands(o, &x, 2);
    ln_id y = both(o, &x, &a, &b);
    if (n->row->arg == 0)
        y = x.wide ? ln_ox_add(o, a, ln_ox_sub(o, b, y))
                   : ln_ox_op2(o, &ln_op_bitwise_xor, a, ln_ox_op2(o, &ln_op_bitwise_xor, b, y));
    out(o, n, &x, y);
}

/* Of 64 bits: what one has, less what both have, and the same of the other. */
void ln_ox_bitwise_xor(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    ln_id a, b;
    if (!gather(o, n, 2, &x))
        return;
    if (!x.wide) {
        const ln_op *op = x.type == kTfLiteBool ? &ln_op_not_equal : &ln_op_bitwise_xor;
        out(o, n, &x, ln_ox_op2(o, op, x.id[0], x.id[1]));
        return;
    }
    signed_operands(o, &x, 2);
    const ln_id y = both(o, &x, &a, &b);
    out(o, n, &x, ln_ox_add(o, ln_ox_sub(o, a, y), ln_ox_sub(o, b, y)));
}

/* All bits of an integer type. */
static double all_bits(TfLiteType type)
{
    switch (type) {
    case kTfLiteUInt8:
        return UINT8_MAX;
    case kTfLiteUInt16:
        return UINT16_MAX;
    case kTfLiteUInt32:
        return UINT32_MAX;
    default:
        return -1;
    }
}

void ln_ox_bitwise_not(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (!gather(o, n, 1, &x))
        return;
    signed_operands(o, &x, 1);
    const ln_id ones = ln_emit_number(&o->e, ln_emit_type(&o->e, x.id[0]), all_bits(x.type));
    out(o, n, &x,
        x.wide ? ln_ox_sub(o, ones, x.id[0]) : ln_ox_op2(o, &ln_op_bitwise_xor, x.id[0], ones));
}

/* ---- shifts ---- */

/* Which shifts are negative or not less than the type's width; -1: none is. */
static ln_id beyond_width(ln_ox *o, ln_id shift, int bits)
{
    int v[64], count;
    bool within = ln_emit_read_ints(&o->e, ln_ox_int32(o, shift), 64, v, &count);
    for (int i = 0; within && i < count; i++)
        within = v[i] >= 0 && v[i] < bits;
    if (within)
        return -1;
    const ln_id s = ln_ox_widen(o, shift);
    return ln_ox_op2(o, &ln_op_logical_or, ln_ox_op2(o, &ln_op_less, s, ln_ox_like(o, s, 0)),
                     ln_ox_op2(o, &ln_op_greater_equal, s, ln_ox_like(o, s, bits)));
}

/* The lower (0) or upper (1) 32 bits of items of 64 bits. */
static ln_id half_of(ln_ox *o, ln_id x, int half)
{
    const ln_id halves = ln_ox_as_type(o, x, kTfLiteInt32);
    const int rank = ln_emit_shape(&o->e, halves).rank;
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    if (rank < 1)
        return -1;
    for (int i = 0; i < rank; i++)
        size[i] = i + 1 < rank ? -1 : 1;
    begin[rank - 1] = half;
    return ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, halves, rank, begin, size),
                           1u << (rank - 1));
}

/* x to the left, which TensorFlow's runtime does for integers with a sign. */
static ln_id left_by(ln_ox *o, ln_id x, ln_id shift)
{
    return ln_ox_op2(o, &ln_op_stablehlo_shift_left, x, spread(o, shift, x, false));
}

/* 64 bits to the right, by constants from 1 to 31: what leaves the upper half enters the lower. */
static ln_id right_by_halves(ln_ox *o, ln_id x, ln_id shift)
{
    const TfLiteType type = ln_emit_type(&o->e, x);
    const TfLiteType top = type == kTfLiteInt64 ? kTfLiteInt32 : kTfLiteUInt32;
    int v[64], count;
    bool within = ln_emit_read_ints(&o->e, ln_ox_int32(o, shift), 64, v, &count);
    for (int i = 0; within && i < count; i++)
        within = v[i] > 0 && v[i] < 32;
    if (!within) {
        LN_OX_FAIL(o, "64 bits move to the right by constants from 1 to 31 only");
        return -1;
    }
    const ln_id low = ln_ox_as_type(o, half_of(o, x, 0), kTfLiteUInt32), high = half_of(o, x, 1);
    const ln_id by = ln_ox_int32(o, shift);
    const ln_id carried = left_by(o, high, ln_ox_sub(o, ln_emit_int(&o->e, 32), by));
    const ln_id own = ln_ox_op2(o, &ln_op_right_shift, low, ln_emit_cast(&o->e, by, kTfLiteUInt32));
    const ln_id rest =
        ln_ox_op2(o, &ln_op_right_shift, ln_ox_as_type(o, high, top), ln_emit_cast(&o->e, by, top));
    const ln_id parts[] = {
        ln_ox_op2(o, &ln_op_bitwise_xor, ln_ox_as_type(o, own, kTfLiteInt32), carried),
        ln_ox_as_type(o, rest, kTfLiteInt32)};
    const TfLitePackParams p = {.values_count = 2, .axis = ln_emit_shape(&o->e, parts[0]).rank};
    return ln_ox_as_type(o, ln_emit_nary(&o->e, &ln_op_pack, &p, 2, parts), type);
}

/* 64 bits to the left by constants: times a power of two, which wraps around. */
static ln_id left_by_product(ln_ox *o, ln_id x, ln_id shift)
{
    enum { MOST = 64 };
    int v[MOST], count;
    int64_t powers[MOST];
    const ln_shape s = ln_emit_shape(&o->e, shift);
    if (!ln_emit_read_ints(&o->e, ln_ox_int32(o, shift), MOST, v, &count)) {
        LN_OX_FAIL(o, "64 bits move by constants only");
        return -1;
    }
    for (int i = 0; i < count; i++)
        powers[i] = v[i] < 0 || v[i] > 63 ? 0 : (int64_t)((uint64_t)1 << v[i]);
    return ln_ox_mul(
        o, x,
        ln_emit_constant(&o->e, kTfLiteInt64, &s, powers, (size_t)count * sizeof *powers, true));
}

static void shift_wide(ln_ox *o, const ln_ox_node *n, operands *x, bool left)
{
    if (left)
        signed_operands(o, x, 1);
    const ln_id y =
        left ? left_by_product(o, x->id[0], x->id[1]) : right_by_halves(o, x->id[0], x->id[1]);
    out(o, n, x, y);
}

/* Unsigned integers to the left as int32, which has the same lower bits. */
static ln_id left_of(ln_ox *o, ln_id x, ln_id shift)
{
    const TfLiteType type = ln_emit_type(&o->e, x);
    const ln_id by = ln_ox_int32(o, shift);
    if (type == kTfLiteUInt32)
        return ln_ox_as_type(o, left_by(o, ln_ox_as_type(o, x, kTfLiteInt32), by), type);
    if (type == kTfLiteUInt8 || type == kTfLiteUInt16)
        return ln_emit_cast(&o->e, left_by(o, ln_ox_int32(o, x), by), type);
    return ln_ox_op2(o, &ln_op_stablehlo_shift_left, x, shift);
}

/* Every bit leaves by a shift beyond the width; to the right the sign stays. */
void ln_ox_bit_shift(ln_ox *o, const ln_ox_node *n)
{
    operands x;
    if (!gather(o, n, 2, &x))
        return;
    const bool left = ln_ox_is(n, "direction", "LEFT", "");
    if (x.wide) {
        shift_wide(o, n, &x, left);
        return;
    }
    const bool is_signed =
        x.type == kTfLiteInt8 || x.type == kTfLiteInt16 || x.type == kTfLiteInt32;
    const int bits = 8 * (int)ln_type_size(x.type);
    const ln_id beyond = beyond_width(o, x.id[1], bits);
    if (beyond >= 0)
        x.id[1] = ln_ox_select(o, beyond, ln_ox_like(o, x.id[1], left ? 0 : bits - 1), x.id[1]);
    ln_id y =
        left ? left_of(o, x.id[0], x.id[1]) : ln_ox_op2(o, &ln_op_right_shift, x.id[0], x.id[1]);
    if (beyond >= 0 && (left || !is_signed))
        y = ln_ox_select(o, beyond, ln_ox_like(o, y, 0), y);
    ln_ox_out_at(o, n, 0, y, &x.at);
}

/* ---- BitCast ---- */

void ln_ox_bit_cast(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int to = ln_ox_int(n, "to", 0);
    const TfLiteType type = ln_ox_type(to);
    if (!v)
        return;
    const ln_id x = ln_ox_id(o, v);
    const size_t size = ln_type_size(ln_emit_type(&o->e, x));
    if (type != ln_ox_border_type(to) || type == kTfLiteNoType || size == 0 ||
        ln_type_size(type) != size)
        LN_OX_FAIL(o, "the bits of %s as %s", ln_type_name(ln_emit_type(&o->e, x)),
                   ln_ox_type_name(to));
    ln_ox_out_at(o, n, 0, ln_ox_as_type(o, x, type), &v->at);
}
