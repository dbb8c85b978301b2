/* SPDX-License-Identifier: Apache-2.0 */
/* shift_left.c: STABLEHLO_SHIFT_LEFT, y = a << b, y of a's shape.  b has a's shape, or one that
 * broadcasts to it; else its first items are taken in order, as TFLite does for any shape.
 *
 * Distances in [0, 31] shift as one expects: bits leave the type.  Any other distance has no
 * meaning, but TFLite's compiled kernel gives it one that models may see: it works on blocks of 8
 * items, where the factor 2^b comes from a float with b added to its exponent, and shifts what is
 * left over by the low five bits of b. */
#include "ops/elementwise.h"

#include "base/half.h"

static uint64_t shift_in_block(uint64_t a, int64_t b)
{
    const float factor = ln_bits_float(((uint32_t)b << 23) + 0x3f800000u);
    const bool fits = factor > -2147483648.f && factor < 2147483648.f;
    return a * (uint64_t)(fits ? (int64_t)factor : INT32_MIN);
}

/* Items that TFLite handles in blocks. */
static int block_items(TfLiteType type, int n)
{
    const int least = type == kTfLiteInt8 ? 8 : type == kTfLiteInt16 ? 16 : 12;
    return ln_type_in(type, LN_BIT(Int8) | LN_BIT(Int16) | LN_BIT(Int32)) && n >= least ? n & ~7
                                                                                        : 0;
}

static ln_status infer(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[0]), b = ln_shape_of(c->in[1]);
    ln_shape y;

    LN_TRY(ln_check_type(c, 0, LN_INTEGERS));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "input 1 has type %s, not %s as input 0",
             ln_type_name(c->in[1]->type), ln_type_name(c->in[0]->type));
    if (ln_shape_known(&a) && ln_shape_known(&b) &&
        ln_shape_count(&b, 0, b.rank) < ln_shape_count(&a, 0, a.rank)) {
        LN_TRY(ln_broadcast(c, &a, &b, &y));
        LN_CHECK(c, ln_shape_equal(&y, &a), "input 1, the distances, does not fit input 0's shape");
    }
    return ln_set_out(c, 0, c->in[0]->type, &a);
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *a = c->in[0], *b = c->in[1], *y = c->out[0];
    const ln_shape sa = ln_shape_of(a), sb = ln_shape_of(b);
    const int n = ln_count(a), blocks = block_items(a->type, n);
    const bool in_order = ln_count(b) >= n;
    ln_bcast walk;
    int at = 0;

    ln_bcast_init(&walk, &sa, 1, in_order ? &sa : &sb);
    if (walk.row == 0)
        return LN_OK;
    const int step = !ln_bcast_stays(&walk, 0);
    do {
        for (int i = 0; i < walk.row; i++, at++) {
            int64_t va, vb;
            const int64_t from = walk.at[0] + (int64_t)i * step;
            va = *(const int64_t *)ln_lane_load(LN_I64, a->type, a->data.data, at, 1, &va);
            vb = *(const int64_t *)ln_lane_load(LN_I64, b->type, b->data.data, from, 1, &vb);
            const bool wide = ln_type_size(a->type) == 8;
            const uint64_t v = wide          ? ((uint64_t)vb < 64 ? (uint64_t)va << vb : 0)
                               : at < blocks ? shift_in_block((uint64_t)va, vb)
                                             : (uint64_t)va << (vb & 31);
            ln_lane_store(LN_I64, y->type, y->data.data, at, 1, &v);
        }
    } while (ln_bcast_next(&walk));
    return LN_OK;
}

/* TFLite walks both operands as far as a goes. */
static bool reads_past(const ln_call *c, int i, ln_made *as)
{
    if (i != 1 || !ln_has(c, 0))
        return false;
    *as = (ln_made){c->in[1]->type, ln_shape_of(c->in[0])};
    return true;
}

const ln_op ln_op_stablehlo_shift_left = {
    .name = "STABLEHLO_SHIFT_LEFT",
    .builtin = kTfLiteBuiltinStablehloShiftLeft,
    .version = 1,
    .options = 22,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer,
    .eval = eval,
    .reads_past = reads_past,
};
