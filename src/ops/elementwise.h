/* SPDX-License-Identifier: Apache-2.0 */
/* elementwise.h: what the element-by-element ops share.  A kernel is a function over one row of
 * items in a plain C type, the lane; loading from the tensors' types (float16 to float, uint8 to
 * int32_t, ...), broadcasting and storing happen here.  So one kernel serves many types. */
#ifndef LN_OPS_ELEMENTWISE_H
#define LN_OPS_ELEMENTWISE_H

#include "ops/broadcast.h"
#include "ops/qmath.h"

typedef enum ln_lane {
    LN_RAW, /* the items as they are */
    LN_F32, /* float: float32, float16, bfloat16 */
    LN_F64, /* double: every float and integer type */
    LN_I32, /* int32_t: bool, int8, uint8, int16, uint16, int32 */
    LN_I64, /* int64_t: bool and every integer type; stores keep the low bits */
} ln_lane;

/* in[k] points at n items of the input lane, out at n of the output lane; out may be in[0]. */
typedef void (*ln_row)(const void *ctx, const void *const *in, void *out, int n);

typedef struct ln_operand {
    void *data; /* only read, for inputs */
    TfLiteType type;
    ln_shape shape;
} ln_operand;

typedef struct ln_map {
    ln_operand in[LN_MAX_OPERANDS], out;
    int n_in;
    ln_lane from, to;
    ln_row row;
    const void *ctx;
} ln_map;

ln_operand ln_operand_of(const TfLiteTensor *t);
/* Calls the row function over out's shape, inputs broadcast to it. */
void ln_map_run(const ln_map *m);
/* The same for the first `n_in` inputs and the output of a call; always LN_OK.  A row of LN_I32
 * over one 8-bit input may run once per value instead of once per item. */
ln_status ln_map_call(ln_call *c, int n_in, ln_lane from, ln_lane to, ln_row row, const void *ctx);

/* Bytes of the lane's items; those of `type` for LN_RAW. */
size_t ln_lane_size(ln_lane lane, TfLiteType type);
/* True when items of `type` are the lane's own. */
bool ln_lane_native(ln_lane lane, TfLiteType type);
/* Items [from, from + n) of `data` as a lane: a pointer into `data` where they are already that,
 * else `buffer` (room for n items of 16 bytes).  Store is the reverse; LN_F64 and LN_F32 stored
 * as integers saturate, NaN becomes the largest. */
const void *ln_lane_load(ln_lane lane, TfLiteType type, const void *data, int64_t from, int n,
                         void *buffer);
void ln_lane_store(ln_lane lane, TfLiteType type, void *data, int64_t from, int n,
                   const void *values);

/* Items of a packed tensor (int4, uint4, int2; lowest bits first).  A store starts at a whole byte
 * and keeps the low bits of each value. */
void ln_packed_load(const TfLiteTensor *t, int64_t from, int n, int32_t *y);
void ln_packed_store(const TfLiteTensor *t, int64_t from, int n, const int32_t *x);

/* Sets of types. */
#define LN_BIT(type) (1u << kTfLite##type)
enum {
    LN_HALVES = LN_BIT(Float16) | LN_BIT(BFloat16),
    LN_FLOATS = LN_BIT(Float32) | LN_HALVES,
    LN_SIGNED = LN_BIT(Int8) | LN_BIT(Int16) | LN_BIT(Int32) | LN_BIT(Int64),
    LN_UNSIGNED = LN_BIT(UInt8) | LN_BIT(UInt16) | LN_BIT(UInt32) | LN_BIT(UInt64),
    LN_INTEGERS = LN_SIGNED | LN_UNSIGNED,
    LN_PACKED = LN_BIT(Int4) | LN_BIT(UInt4) | LN_BIT(Int2),
    LN_QUANTS = LN_BIT(Int8) | LN_BIT(UInt8) | LN_BIT(Int16),
};
static inline bool ln_type_in(TfLiteType type, unsigned set)
{
    return (unsigned)type < 32 && (set >> type & 1);
}
/* Fails where input i's type is not in `set`. */
ln_status ln_check_type(ln_call *c, int i, unsigned set) LN_MUST_USE;
/* True when a tensor carries quantization parameters. */
static inline bool ln_quantized(const TfLiteTensor *t)
{
    return t->quantization.type != kTfLiteNoQuantization;
}
/* Per-tensor quantization of input i, of the output. */
ln_status ln_check_quantized_in(ln_call *c, int i) LN_MUST_USE;
ln_status ln_check_quantized_out(ln_call *c) LN_MUST_USE;

/* Fails where input 1, the divisor, holds the value `zero`. */
ln_status ln_check_divisor(ln_call *c, int32_t zero) LN_MUST_USE;
/* Quotients towards the smaller number and what they leave, b not 0; INT64_MIN / -1 wraps. */
static inline int64_t ln_floor_div(int64_t a, int64_t b)
{
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b - (a % b != 0 && (a < 0) != (b < 0));
}
static inline int64_t ln_floor_mod(int64_t a, int64_t b)
{
    const int64_t r = b == -1 ? 0 : a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* infer of unary ops: the output is like input 0, whose type must be in `set`. */
ln_status ln_infer_like(ln_call *c, unsigned set) LN_MUST_USE;
/* infer of binary ops: two inputs of one type in `set` that broadcast; the output has type
 * `out`, or theirs where that is kTfLiteNoType. */
ln_status ln_infer_binary(ln_call *c, unsigned set, TfLiteType out) LN_MUST_USE;

/* The same where int8, uint8 and int16, as far as they are in `set`, must be quantized. */
ln_status ln_infer_quantized(ln_call *c, unsigned set) LN_MUST_USE;
/* y = f(x) for quantized int8, uint8 and int16 by way of TFLite's tables. */
ln_status ln_eval_lut(ln_call *c, ln_lut_f32 f, const void *ctx) LN_MUST_USE;

/* Kernels of an op by the kind of its items; NULL where it has none. */
typedef struct ln_rows {
    ln_row f32, f64, i64;
} ln_rows;
/* Runs the row that fits input 0's type. */
ln_status ln_eval_rows(ln_call *c, int n_in, const ln_rows *rows) LN_MUST_USE;

/* Quantization rules: free inputs and output; output like the first input. */
extern const ln_quant ln_quant_free, ln_quant_like;

/* Row functions in one line: the body sets y[i] from a[i] (and b[i], d[i]). */
#define LN_ROW1(name, T, R, expr)                                              \
    static void name(const void *ctx, const void *const *in, void *out, int n) \
    {                                                                          \
        const T *a = in[0];                                                    \
        R *y = out;                                                            \
        (void)ctx;                                                             \
        for (int i = 0; i < n; i++)                                            \
            y[i] = (R)(expr);                                                  \
    }
#define LN_ROW2(name, T, R, expr)                                              \
    static void name(const void *ctx, const void *const *in, void *out, int n) \
    {                                                                          \
        const T *a = in[0], *b = in[1];                                        \
        R *y = out;                                                            \
        (void)ctx;                                                             \
        for (int i = 0; i < n; i++)                                            \
            y[i] = (R)(expr);                                                  \
    }

#endif
