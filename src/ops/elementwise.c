/* SPDX-License-Identifier: Apache-2.0 */
/* elementwise.c: see elementwise.h.  Rows are worked through in chunks that fit the stack; where
 * all operands already are of the lane's type there is no chunk and no copy. */
#include "ops/elementwise.h"

#include <string.h>

enum { CHUNK = 256, MAX_ITEM = 16 };

/* ---- maps ---- */

ln_operand ln_operand_of(const TfLiteTensor *t)
{
    return (ln_operand){t->data.data, t->type, ln_shape_of(t)};
}

/* n times item `from`, in the lane's type. */
static void splat(const ln_operand *x, ln_lane lane, int64_t from, int n, void *buffer)
{
    const size_t size = ln_lane_size(lane, x->type);
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
    const bool direct = ln_lane_native(m->to, m->out.type);
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
    bool direct = ln_lane_native(m->to, m->out.type);

    for (int k = 0; k < m->n_in; k++)
        shapes[k] = m->in[k].shape;
    ln_bcast_init(&b, &m->out.shape, m->n_in, shapes);
    if (b.row == 0)
        return;
    for (int k = 0; k < m->n_in; k++)
        direct = direct && ln_lane_native(m->from, m->in[k].type) && !ln_bcast_stays(&b, k);
    const int step = direct ? b.row : CHUNK;
    int64_t at = 0;
    do {
        run_row(m, &b, at, step, &buf);
        at += b.row;
    } while (ln_bcast_next(&b));
}

/* A function of one byte, asked for many: by a table of all 256 results. */
static void run_bytes(ln_call *c, ln_row row, const void *ctx)
{
    const bool is_signed = c->in[0]->type == kTfLiteInt8;
    const uint8_t *x = c->in[0]->data.uint8;
    uint8_t *y = c->out[0]->data.uint8, table[256];
    int32_t in[256], out[256];
    const void *operands[] = {in};

    for (int i = 0; i < 256; i++)
        in[i] = is_signed ? (int8_t)i : i;
    row(ctx, operands, out, 256);
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)out[i];
    for (int i = 0, n = ln_count(c->in[0]); i < n; i++)
        y[i] = table[x[i]];
}

ln_status ln_map_call(ln_call *c, int n_in, ln_lane from, ln_lane to, ln_row row, const void *ctx)
{
    ln_map m = {.n_in = n_in, .from = from, .to = to, .row = row, .ctx = ctx};

    for (int i = 0; i < n_in; i++)
        m.in[i] = ln_operand_of(c->in[i]);
    m.out = ln_operand_of(c->out[0]);
    const unsigned bytes = LN_BIT(Int8) | LN_BIT(UInt8);
    if (n_in == 1 && from == LN_I32 && to == LN_I32 && ln_type_in(m.in[0].type, bytes) &&
        ln_type_in(m.out.type, bytes) && ln_count(c->in[0]) > 256)
        run_bytes(c, row, ctx);
    else
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

const ln_quant ln_quant_free = {.in = {LN_Q_ACTIVATION, LN_Q_ACTIVATION}, .out = {LN_Q_ACTIVATION}};
const ln_quant ln_quant_like = {.in = {LN_Q_ACTIVATION, LN_Q_LIKE(0)}, .out = {LN_Q_LIKE(0)}};
