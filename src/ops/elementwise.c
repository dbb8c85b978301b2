/* SPDX-License-Identifier: Apache-2.0 */
/* elementwise.c: see elementwise.h.  Rows are worked through in chunks that fit the stack; where
 * all operands already are of the lane's type there is no chunk and no copy. */
#include "ops/elementwise.h"

#include <math.h>
#include <string.h>

#include "base/half.h"

enum { CHUNK = 256, MAX_ITEM = 16 };

/* ---- lanes ---- */

static size_t lane_size(ln_lane lane, TfLiteType type)
{
    switch (lane) {
    case LN_RAW: return ln_type_size(type);
    case LN_F32:
    case LN_I32: return 4;
    default:     return 8;
    }
}

/* True when items of `type` are the lane's own. */
static bool is_native(ln_lane lane, TfLiteType type)
{
    return lane == LN_RAW || (lane == LN_F32 && type == kTfLiteFloat32) ||
           (lane == LN_F64 && type == kTfLiteFloat64) ||
           (lane == LN_I32 && type == kTfLiteInt32) || (lane == LN_I64 && type == kTfLiteInt64);
}

#define LOAD(L, T)                                \
    do {                                          \
        const T *x = (const T *)data + from;      \
        L *y = buffer;                            \
        for (int i = 0; i < n; i++)               \
            y[i] = (L)x[i];                       \
    } while (0)
#define LOAD_HALF(L, convert)                     \
    do {                                          \
        const uint16_t *x = (const uint16_t *)data + from; \
        L *y = buffer;                            \
        for (int i = 0; i < n; i++)               \
            y[i] = convert(x[i]);                 \
    } while (0)

static void load_f32(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    if (type == kTfLiteFloat16)
        LOAD_HALF(float, ln_half_to_float);
    else if (type == kTfLiteBFloat16)
        LOAD_HALF(float, ln_bf16_to_float);
}

static void load_i32(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    switch (type) {
    case kTfLiteBool:
    case kTfLiteUInt8:  LOAD(int32_t, uint8_t); break;
    case kTfLiteInt8:   LOAD(int32_t, int8_t); break;
    case kTfLiteInt16:  LOAD(int32_t, int16_t); break;
    case kTfLiteUInt16: LOAD(int32_t, uint16_t); break;
    default:            break;
    }
}

static void load_i64(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    switch (type) {
    case kTfLiteBool:
    case kTfLiteUInt8:  LOAD(int64_t, uint8_t); break;
    case kTfLiteInt8:   LOAD(int64_t, int8_t); break;
    case kTfLiteInt16:  LOAD(int64_t, int16_t); break;
    case kTfLiteUInt16: LOAD(int64_t, uint16_t); break;
    case kTfLiteInt32:  LOAD(int64_t, int32_t); break;
    case kTfLiteUInt32: LOAD(int64_t, uint32_t); break;
    case kTfLiteUInt64: LOAD(int64_t, uint64_t); break;
    default:            break;
    }
}

static void load_f64(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    switch (type) {
    case kTfLiteFloat32:  LOAD(double, float); break;
    case kTfLiteFloat16:  LOAD_HALF(double, ln_half_to_float); break;
    case kTfLiteBFloat16: LOAD_HALF(double, ln_bf16_to_float); break;
    case kTfLiteBool:
    case kTfLiteUInt8:    LOAD(double, uint8_t); break;
    case kTfLiteInt8:     LOAD(double, int8_t); break;
    case kTfLiteInt16:    LOAD(double, int16_t); break;
    case kTfLiteUInt16:   LOAD(double, uint16_t); break;
    case kTfLiteInt32:    LOAD(double, int32_t); break;
    case kTfLiteUInt32:   LOAD(double, uint32_t); break;
    case kTfLiteInt64:    LOAD(double, int64_t); break;
    case kTfLiteUInt64:   LOAD(double, uint64_t); break;
    default:              break;
    }
}

const void *ln_lane_load(ln_lane lane, TfLiteType type, const void *data, int64_t from, int n,
                         void *buffer)
{
    if (is_native(lane, type))
        return (const char *)data + (size_t)from * ln_type_size(type);
    switch (lane) {
    case LN_F32: load_f32(type, data, from, n, buffer); break;
    case LN_I32: load_i32(type, data, from, n, buffer); break;
    case LN_I64: load_i64(type, data, from, n, buffer); break;
    default:     load_f64(type, data, from, n, buffer); break;
    }
    return buffer;
}

#define STORE(L, T, expr)                         \
    do {                                          \
        const L *x = values;                      \
        T *y = (T *)data + from;                  \
        for (int i = 0; i < n; i++)               \
            y[i] = (T)(expr);                     \
    } while (0)

static void store_i64(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteBool:     STORE(int64_t, uint8_t, x[i] != 0); break;
    case kTfLiteUInt8:
    case kTfLiteInt8:     STORE(int64_t, uint8_t, x[i]); break;
    case kTfLiteInt16:
    case kTfLiteUInt16:   STORE(int64_t, uint16_t, x[i]); break;
    case kTfLiteInt32:
    case kTfLiteUInt32:   STORE(int64_t, uint32_t, x[i]); break;
    case kTfLiteInt64:
    case kTfLiteUInt64:   STORE(int64_t, uint64_t, x[i]); break;
    case kTfLiteFloat32:  STORE(int64_t, float, x[i]); break;
    case kTfLiteFloat64:  STORE(int64_t, double, x[i]); break;
    case kTfLiteFloat16:  STORE(int64_t, uint16_t, ln_float_to_half((float)x[i])); break;
    case kTfLiteBFloat16: STORE(int64_t, uint16_t, ln_float_to_bf16((float)x[i])); break;
    default:              break;
    }
}

static void store_i32(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteBool:   STORE(int32_t, uint8_t, x[i] != 0); break;
    case kTfLiteUInt8:
    case kTfLiteInt8:   STORE(int32_t, uint8_t, x[i]); break;
    case kTfLiteInt16:
    case kTfLiteUInt16: STORE(int32_t, uint16_t, x[i]); break;
    case kTfLiteInt32:  STORE(int32_t, int32_t, x[i]); break;
    case kTfLiteInt64:  STORE(int32_t, int64_t, x[i]); break;
    default:            break;
    }
}

static void store_f32(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteFloat32:  STORE(float, float, x[i]); break;
    case kTfLiteFloat16:  STORE(float, uint16_t, ln_float_to_half(x[i])); break;
    case kTfLiteBFloat16: STORE(float, uint16_t, ln_float_to_bf16(x[i])); break;
    case kTfLiteBool:     STORE(float, uint8_t, x[i] != 0); break;
    default:              break;
    }
}

/* x towards zero; what does not fit saturates, NaN gives max.  `limit` is max + 1. */
static int64_t saturate(double x, int64_t min, double limit, int64_t max)
{
    if (x != x || x >= limit)
        return max;
    return x <= (double)min ? min : (int64_t)x;
}

static uint64_t saturate_u64(double x)
{
    if (x != x || x >= 18446744073709551616.)
        return UINT64_MAX;
    return x <= 0 ? 0 : (uint64_t)x;
}

#define SATURATE(T, min, max) STORE(double, T, saturate(x[i], min, (double)(max) + 1, max))

static void store_f64(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteFloat64:  STORE(double, double, x[i]); break;
    case kTfLiteFloat32:  STORE(double, float, x[i]); break;
    case kTfLiteFloat16:  STORE(double, uint16_t, ln_float_to_half((float)x[i])); break;
    case kTfLiteBFloat16: STORE(double, uint16_t, ln_float_to_bf16((float)x[i])); break;
    case kTfLiteBool:     STORE(double, uint8_t, x[i] != 0); break;
    case kTfLiteInt8:     SATURATE(int8_t, INT8_MIN, INT8_MAX); break;
    case kTfLiteUInt8:    SATURATE(uint8_t, 0, UINT8_MAX); break;
    case kTfLiteInt16:    SATURATE(int16_t, INT16_MIN, INT16_MAX); break;
    case kTfLiteUInt16:   SATURATE(uint16_t, 0, UINT16_MAX); break;
    case kTfLiteInt32:    SATURATE(int32_t, INT32_MIN, INT32_MAX); break;
    case kTfLiteUInt32:   SATURATE(uint32_t, 0, UINT32_MAX); break;
    case kTfLiteInt64:
        STORE(double, int64_t, saturate(x[i], INT64_MIN, 9223372036854775808., INT64_MAX));
        break;
    case kTfLiteUInt64:   STORE(double, uint64_t, saturate_u64(x[i])); break;
    default:              break;
    }
}

void ln_lane_store(ln_lane lane, TfLiteType type, void *data, int64_t from, int n,
                   const void *values)
{
    const size_t size = ln_type_size(type);
    switch (lane) {
    case LN_RAW: memcpy((char *)data + (size_t)from * size, values, (size_t)n * size); break;
    case LN_F32: store_f32(type, data, from, n, values); break;
    case LN_I32: store_i32(type, data, from, n, values); break;
    case LN_I64: store_i64(type, data, from, n, values); break;
    default:     store_f64(type, data, from, n, values); break;
    }
}

/* ---- packed types ---- */

void ln_packed_load(const TfLiteTensor *t, int64_t from, int n, int32_t *y)
{
    const int bits = t->type == kTfLiteInt2 ? 2 : 4, per_byte = 8 / bits;
    const int sign = t->type == kTfLiteUInt4 ? 0 : 1 << (bits - 1);
    for (int i = 0; i < n; i++) {
        const int64_t k = from + i;
        const int v = t->data.uint8[k / per_byte] >> (k % per_byte * bits) & ((1 << bits) - 1);
        y[i] = (v ^ sign) - sign;
    }
}

void ln_packed_store(const TfLiteTensor *t, int64_t from, int n, const int32_t *x)
{
    const int bits = t->type == kTfLiteInt2 ? 2 : 4, per_byte = 8 / bits;
    uint8_t *y = t->data.uint8 + from / per_byte;
    for (int i = 0; i < n; i++) {
        const int v = (x[i] & ((1 << bits) - 1)) << (i % per_byte * bits);
        y[i / per_byte] = (uint8_t)(i % per_byte ? y[i / per_byte] | v : v);
    }
}

/* ---- maps ---- */

ln_operand ln_operand_of(const TfLiteTensor *t)
{
    return (ln_operand){t->data.data, t->type, ln_shape_of(t)};
}

/* n times item `from`, in the lane's type. */
static void splat(const ln_operand *x, ln_lane lane, int64_t from, int n, void *buffer)
{
    const size_t size = lane_size(lane, x->type);
    char *y = buffer;
    const void *item = ln_lane_load(lane, x->type, x->data, from, 1, buffer);
    if (item != buffer)
        memcpy(y, item, size);
    for (size_t filled = size, all = (size_t)n * size; filled < all; filled *= 2)
        memcpy(y + filled, y, LN_MIN(filled, all - filled));
}

/* Room for a chunk of any lane. */
typedef union chunk {
    float f[CHUNK];
    double d[CHUNK];
    int32_t i[CHUNK];
    int64_t l[CHUNK];
    _Alignas(16) char raw[CHUNK * MAX_ITEM];
} chunk;

typedef struct buffers {
    chunk in[LN_MAX_OPERANDS], out;
} buffers;

/* One row of `len` items, starting at item `at` of the output. */
static void run_row(const ln_map *m, const ln_bcast *b, int64_t at, int step, buffers *buf)
{
    const bool direct = is_native(m->to, m->out.type);
    const size_t size = ln_type_size(m->out.type);
    const void *in[LN_MAX_OPERANDS] = {NULL};

    for (int k = 0; k < m->n_in; k++)
        if (ln_bcast_stays(b, k)) {
            splat(&m->in[k], m->from, b->at[k], LN_MIN(b->row, step), &buf->in[k]);
            in[k] = &buf->in[k];
        }
    for (int i = 0; i < b->row; i += step) {
        const int n = LN_MIN(step, b->row - i);
        for (int k = 0; k < m->n_in; k++)
            if (!ln_bcast_stays(b, k))
                in[k] = ln_lane_load(m->from, m->in[k].type, m->in[k].data, b->at[k] + i, n,
                                     &buf->in[k]);
        if (direct) {
            m->row(m->ctx, in, (char *)m->out.data + (size_t)(at + i) * size, n);
        } else {
            m->row(m->ctx, in, &buf->out, n);
            ln_lane_store(m->to, m->out.type, m->out.data, at + i, n, &buf->out);
        }
        if (b->row - i <= step)
            break; /* i + step may not fit an int */
    }
}

void ln_map_run(const ln_map *m)
{
    buffers buf;
    ln_shape shapes[LN_MAX_OPERANDS] = {{0}};
    ln_bcast b;
    bool direct = is_native(m->to, m->out.type);

    for (int k = 0; k < m->n_in; k++)
        shapes[k] = m->in[k].shape;
    ln_bcast_init(&b, &m->out.shape, m->n_in, shapes);
    if (b.row == 0)
        return;
    for (int k = 0; k < m->n_in; k++)
        direct = direct && is_native(m->from, m->in[k].type) && !ln_bcast_stays(&b, k);
    const int step = direct ? b.row : CHUNK;
    int64_t at = 0;
    do {
        run_row(m, &b, at, step, &buf);
        at += b.row;
    } while (ln_bcast_next(&b));
}

ln_status ln_map_call(ln_call *c, int n_in, ln_lane from, ln_lane to, ln_row row, const void *ctx)
{
    ln_map m = {.n_in = n_in, .from = from, .to = to, .row = row, .ctx = ctx};

    for (int i = 0; i < n_in; i++)
        m.in[i] = ln_operand_of(c->in[i]);
    m.out = ln_operand_of(c->out[0]);
    ln_map_run(&m);
    return LN_OK;
}

ln_status ln_eval_rows(ln_call *c, int n_in, const ln_rows *rows)
{
    const TfLiteType type = c->in[0]->type;
    if (rows->f32 && ln_type_in(type, LN_FLOATS))
        return ln_map_call(c, n_in, LN_F32, LN_F32, rows->f32, NULL);
    if (rows->f64 && type == kTfLiteFloat64)
        return ln_map_call(c, n_in, LN_F64, LN_F64, rows->f64, NULL);
    if (rows->i64 && ln_type_in(type, LN_INTEGERS | LN_BIT(Bool)))
        return ln_map_call(c, n_in, LN_I64, LN_I64, rows->i64, NULL);
    return ln_fail_type(c, 0);
}

/* ---- infer ---- */

ln_status ln_check_type(ln_call *c, int i, unsigned set)
{
    return ln_type_in(c->in[i]->type, set) ? LN_OK : ln_fail_type(c, i);
}

ln_status ln_check_quantized_in(ln_call *c, int i)
{
    static const char *const names[] = {"input 0", "input 1", "input 2"};
    return ln_check_quantized(c, c->in[i], names[i], -1, -1);
}

ln_status ln_check_quantized_out(ln_call *c)
{
    return ln_check_quantized(c, c->out[0], "the output", -1, -1);
}

ln_status ln_check_divisor(ln_call *c, int32_t zero)
{
    const TfLiteTensor *t = c->in[1];
    double buffer[CHUNK]; /* a value equals `zero` in double exactly where it does in its type */

    for (int i = 0, all = ln_count(t); i < all;) {
        const int n = LN_MIN(CHUNK, all - i);
        const double *b = ln_lane_load(LN_F64, t->type, t->data.data, i, n, buffer);
        for (int k = 0; k < n; k++)
            LN_CHECK(c, b[k] != zero, "input 1, the divisor, holds a zero at %d", i + k);
        i += n;
    }
    return LN_OK;
}

ln_status ln_infer_like(ln_call *c, unsigned set)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, set));
    return ln_set_out(c, 0, c->in[0]->type, &s);
}

ln_status ln_infer_quantized(ln_call *c, unsigned set)
{
    LN_TRY(ln_infer_like(c, set));
    if (!ln_type_in(c->in[0]->type, LN_QUANTS))
        return LN_OK;
    LN_CHECK(c, c->out[0]->type == c->in[0]->type, "the output has type %s, not %s as input 0",
             ln_type_name(c->out[0]->type), ln_type_name(c->in[0]->type));
    LN_TRY(ln_check_quantized_in(c, 0));
    return ln_check_quantized_out(c);
}

ln_status ln_eval_lut(ln_call *c, ln_lut_f32 f, const void *ctx)
{
    const TfLiteTensor *x = c->in[0];
    TfLiteTensor *y = c->out[0];
    const int n = ln_count(x);

    if (x->type == kTfLiteInt16) {
        int16_t table[513];
        ln_lut16_fill_f32(f, ctx, x, y, table);
        for (int i = 0; i < n; i++)
            y->data.i16[i] = ln_lut16(x->data.i16[i], table);
        return LN_OK;
    }
    uint8_t table[256];
    ln_lut8_fill(f, ctx, x, y, table);
    for (int i = 0; i < n; i++)
        y->data.uint8[i] = table[x->data.uint8[i]];
    return LN_OK;
}

ln_status ln_infer_binary(ln_call *c, unsigned set, TfLiteType out)
{
    const ln_shape a = ln_shape_of(c->in[0]), b = ln_shape_of(c->in[1]);
    ln_shape y;
    LN_TRY(ln_check_type(c, 0, set));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "input 1 has type %s, not %s as input 0",
             ln_type_name(c->in[1]->type), ln_type_name(c->in[0]->type));
    LN_TRY(ln_broadcast(c, &a, &b, &y));
    return ln_set_out(c, 0, out == kTfLiteNoType ? c->in[0]->type : out, &y);
}

const ln_quant ln_quant_free = {
    .in = {LN_Q_ACTIVATION, LN_Q_ACTIVATION}, .out = {LN_Q_ACTIVATION}};
const ln_quant ln_quant_like = {.in = {LN_Q_ACTIVATION, LN_Q_LIKE(0)}, .out = {LN_Q_LIKE(0)}};
