/* SPDX-License-Identifier: Apache-2.0 */
/* combine.c: the loops of combine.h, one per operation and type.  Sums and products of integers
 * are taken as unsigned, where wrapping around is defined, of at least int's width. */
#include "ops/combine.h"

#include "base/half.h"

#define LOOP(name, type, expr)                                                          \
    static void name(void *y, int64_t to, int64_t to_step, const void *x, int64_t from, \
                     int64_t from_step, int64_t n)                                      \
    {                                                                                   \
        type *t = (type *)y + to;                                                       \
        const type *f = (const type *)x + from;                                         \
        for (int64_t i = 0; i < n; i++, t += to_step, f += from_step) {                 \
            const type a = *t, b = *f;                                                  \
            *t = (type)(expr);                                                          \
        }                                                                               \
    }

#define PRODUCT(wide, a, b) ((wide)(a) * (b))
/* wide: the type in which to add and multiply. */
#define NUMBERS(name, type, wide)               \
    LOOP(update_##name, type, ((void)a, b))     \
    LOOP(add_##name, type, (wide)a + (wide)b)   \
    LOOP(mul_##name, type, PRODUCT(wide, a, b)) \
    LOOP(min_##name, type, b < a ? b : a)       \
    LOOP(max_##name, type, a < b ? b : a)       \
    LOOP(all_##name, type, a ? b != 0 : 0)      \
    LOOP(any_##name, type, a || b)
NUMBERS(f32, float, float)
NUMBERS(f64, double, double)
/* Bytes: a stranger's booleans may be anything. */
LOOP(update_b, uint8_t, ((void)a, b))
LOOP(any_b, uint8_t, a || b)
LOOP(all_b, uint8_t, a ? b != 0 : 0)
NUMBERS(s8, int8_t, unsigned)
NUMBERS(u8, uint8_t, unsigned)
NUMBERS(s16, int16_t, unsigned)
NUMBERS(u16, uint16_t, unsigned)
NUMBERS(s32, int32_t, uint32_t)
NUMBERS(u32, uint32_t, uint32_t)
NUMBERS(s64, int64_t, uint64_t)
NUMBERS(u64, uint64_t, uint64_t)

/* 16-bit floats, through float. */
#define HALVES(name, get, put)                                              \
    LOOP(update_##name, uint16_t, ((void)a, b))                             \
    LOOP(add_##name, uint16_t, put(get(a) + get(b)))                        \
    LOOP(mul_##name, uint16_t, put(get(a) * get(b)))                        \
    LOOP(min_##name, uint16_t, get(b) < get(a) ? b : a)                     \
    LOOP(max_##name, uint16_t, get(a) < get(b) ? b : a)                     \
    LOOP(all_##name, uint16_t, put(get(a) != 0 && get(b) != 0 ? 1.f : 0.f)) \
    LOOP(any_##name, uint16_t, put(get(a) != 0 || get(b) != 0 ? 1.f : 0.f))
HALVES(f16, ln_half_to_float, ln_float_to_half)
HALVES(bf16, ln_bf16_to_float, ln_float_to_bf16)

#define ROW(name)                                                                             \
    {                                                                                         \
        update_##name, add_##name, mul_##name, min_##name, max_##name, all_##name, any_##name \
    }
static const ln_combine_run loops[][LN_COMBINE_N] = {
    [kTfLiteBool] = {update_b, any_b, all_b, all_b, any_b, all_b, any_b},
    [kTfLiteFloat32] = ROW(f32),
    [kTfLiteFloat64] = ROW(f64),
    [kTfLiteInt8] = ROW(s8),
    [kTfLiteUInt8] = ROW(u8),
    [kTfLiteInt16] = ROW(s16),
    [kTfLiteUInt16] = ROW(u16),
    [kTfLiteInt32] = ROW(s32),
    [kTfLiteUInt32] = ROW(u32),
    [kTfLiteInt64] = ROW(s64),
    [kTfLiteUInt64] = ROW(u64),
    [kTfLiteFloat16] = ROW(f16),
    [kTfLiteBFloat16] = ROW(bf16),
};

ln_combine_run ln_combine_of(ln_combine op, TfLiteType type)
{
    return (size_t)type < LN_COUNTOF(loops) ? loops[type][op] : NULL;
}

ln_status ln_combine_of_graph(ln_call *c, int graph, ln_combine *op)
{
    const ln_op *ops[1] = {NULL};
    const int n = c->host->graph_ops(c->host, graph, ops, 1);
    LN_CHECK(c, n >= 0, "there is no graph %d", graph);
    LN_CHECK(c, n <= 1, "graph %d has %d operators, only one is supported", graph, n);
    *op = LN_COMBINE_UPDATE;
    if (n == 0)
        return LN_OK;
    switch (ops[0] ? ops[0]->builtin : -1) {
    case kTfLiteBuiltinAdd:
    case kTfLiteBuiltinStablehloAdd:
        *op = LN_COMBINE_ADD;
        break;
    case kTfLiteBuiltinMul:
    case kTfLiteBuiltinStablehloMultiply:
        *op = LN_COMBINE_MUL;
        break;
    case kTfLiteBuiltinMinimum:
    case kTfLiteBuiltinStablehloMinimum:
        *op = LN_COMBINE_MIN;
        break;
    case kTfLiteBuiltinMaximum:
    case kTfLiteBuiltinStablehloMaximum:
        *op = LN_COMBINE_MAX;
        break;
    case kTfLiteBuiltinLogicalAnd:
    case kTfLiteBuiltinStablehloAnd:
        *op = LN_COMBINE_ALL;
        break;
    case kTfLiteBuiltinLogicalOr:
    case kTfLiteBuiltinStablehloOr:
        *op = LN_COMBINE_ANY;
        break;
    default:
        LN_FAIL(c, LN_ERR_UNSUPPORTED, "graph %d combines values by %s, which is not supported",
                graph, ops[0] ? ops[0]->name : "an unknown operator");
    }
    return LN_OK;
}
