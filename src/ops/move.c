/* SPDX-License-Identifier: Apache-2.0 */
/* move.c: the loops behind move.h.  The innermost loop is a memcpy where both sides are dense, a
 * fill where the source stays, else item by item with the size known to the compiler. */
#include "ops/move.h"

#include <string.h>

#include "ops/strings.h"

void ln_move_axis(ln_move *m, int n, int64_t from, int64_t to)
{
    if (n == 1)
        return;
    if (m->rank > 0) {
        const int k = m->rank - 1;
        const int64_t joined = (int64_t)m->dim[k] * n;
        if (m->from[k] == n * from && m->to[k] == n * to && joined <= INT32_MAX) {
            m->dim[k] = (int)joined;
            m->from[k] = from;
            m->to[k] = to;
            return;
        }
    }
    m->dim[m->rank] = n;
    m->from[m->rank] = from;
    m->to[m->rank++] = to;
}

ln_move ln_move_box(const int *size, const ln_side *from, const ln_side *to)
{
    const ln_side *const sides[2] = {from, to};
    int64_t step[2][LN_MAX_RANK], at[2] = {0, 0};
    ln_move m = {0};
    for (int s = 0; s < 2; s++) {
        ln_steps(sides[s]->shape, step[s]);
        for (int i = 0; i < sides[s]->shape->rank; i++) {
            at[s] += sides[s]->begin ? sides[s]->begin[i] * step[s][i] : 0;
            step[s][i] *= sides[s]->stride ? sides[s]->stride[i] : 1;
        }
    }
    m.from_at = at[0];
    m.to_at = at[1];
    for (int i = 0; i < from->shape->rank; i++)
        ln_move_axis(&m, size[i], step[0][i], step[1][i]);
    return m;
}

ln_move ln_move_cut(const ln_shape *whole, int axis, int at, int n)
{
    const int64_t inner = ln_product(whole, axis + 1, whole->rank);
    ln_move m = {.from_at = at * inner};
    ln_move_axis(&m, (int)ln_product(whole, 0, axis), whole->dim[axis] * inner, n * inner);
    ln_move_axis(&m, n, inner, inner);
    ln_move_axis(&m, (int)inner, 1, 1);
    return m;
}

ln_move ln_move_paste(const ln_shape *whole, int axis, int at, int n)
{
    ln_move m = ln_move_cut(whole, axis, at, n);
    for (int i = 0; i < m.rank; i++) {
        const int64_t from = m.from[i];
        m.from[i] = m.to[i];
        m.to[i] = from;
    }
    m.to_at = m.from_at;
    m.from_at = 0;
    return m;
}

/* Goes through all rows: a row is one run of the innermost loop. */
typedef struct walk {
    const ln_move *m;
    int outer, n; /* loops around the innermost one; items per row */
    int64_t from_step, to_step;
    int64_t from, to; /* where the row starts */
    int at[LN_MOVE_AXES];
} walk;

/* False when there is nothing to move. */
static bool walk_init(walk *w, const ln_move *m)
{
    const int last = m->rank - 1;
    *w = (walk){.m = m, .outer = LN_MAX(last, 0), .n = 1, .from = m->from_at, .to = m->to_at};
    if (last >= 0) {
        w->n = m->dim[last];
        w->from_step = m->from[last];
        w->to_step = m->to[last];
    }
    for (int i = 0; i < m->rank; i++)
        if (m->dim[i] == 0)
            return false;
    return true;
}

static bool walk_next(walk *w)
{
    for (int i = w->outer - 1; i >= 0; i--) {
        w->from += w->m->from[i];
        w->to += w->m->to[i];
        if (++w->at[i] < w->m->dim[i])
            return true;
        w->from -= w->m->dim[i] * w->m->from[i];
        w->to -= w->m->dim[i] * w->m->to[i];
        w->at[i] = 0;
    }
    return false;
}

/* A call of memcpy with a constant size is one load and store. */
#define ROW(size)                                                                                 \
    static void row_##size(char *to, int64_t to_step, const char *from, int64_t from_step, int n) \
    {                                                                                             \
        for (int i = 0; i < n; i++)                                                               \
            memcpy(to + i * to_step * size, from + i * from_step * size, size);                   \
    }
ROW(1)
ROW(2)
ROW(4)
ROW(8)
ROW(16)

typedef void (*row_fn)(char *to, int64_t to_step, const char *from, int64_t from_step, int n);

static row_fn row_of(size_t size)
{
    switch (size) {
    case 1:
        return row_1;
    case 2:
        return row_2;
    case 4:
        return row_4;
    case 8:
        return row_8;
    default:
        return row_16;
    }
}

void ln_move_items(const ln_move *m, void *to, const void *from, size_t size)
{
    const row_fn row = row_of(size);
    const int64_t s = (int64_t)size;
    walk w;
    if (!walk_init(&w, m))
        return;
    const bool dense = w.n == 1 || (w.from_step == 1 && w.to_step == 1);
    do {
        char *t = (char *)to + w.to * s;
        const char *f = (const char *)from + w.from * s;
        if (dense)
            memcpy(t, f, (size_t)w.n * size);
        else
            row(t, w.to_step, f, w.from_step, w.n);
    } while (walk_next(&w));
}

/* ---- packed types ---- */

static unsigned bits_of(TfLiteType type)
{
    return type == kTfLiteInt4 || type == kTfLiteUInt4 ? 4 : type == kTfLiteInt2 ? 2 : 0;
}

static unsigned get_bits(const uint8_t *p, int64_t k, unsigned bits)
{
    const int64_t per_byte = 8 / bits;
    return p[k / per_byte] >> (unsigned)(k % per_byte) * bits & ((1u << bits) - 1);
}

static void set_bits(uint8_t *p, int64_t k, unsigned bits, unsigned v)
{
    const int64_t per_byte = 8 / bits;
    const unsigned shift = (unsigned)(k % per_byte) * bits, mask = ((1u << bits) - 1) << shift;
    p[k / per_byte] = (uint8_t)((p[k / per_byte] & ~mask) | (v << shift & mask));
}

static void move_bits(const ln_move *m, uint8_t *to, const uint8_t *from, unsigned bits)
{
    walk w;
    if (!walk_init(&w, m))
        return;
    do {
        for (int i = 0; i < w.n; i++)
            set_bits(to, w.to + i * w.to_step, bits,
                     get_bits(from, w.from + i * w.from_step, bits));
    } while (walk_next(&w));
}

/* ---- strings ---- */

typedef struct string_move {
    const ln_move *m;
    ln_strings strings;
} string_move;

/* The k-th item in order of the loops. */
static ln_string moved_string(void *arg, int k)
{
    const string_move *s = arg;
    int64_t at = s->m->from_at;
    for (int i = s->m->rank - 1; i >= 0; i--) {
        at += k % s->m->dim[i] * s->m->from[i];
        k /= s->m->dim[i];
    }
    return ln_strings_at(&s->strings, (int)at);
}

void ln_move_data(const ln_move *m, const TfLiteTensor *from, TfLiteTensor *to)
{
    const unsigned bits = bits_of(from->type);
    if (bits)
        move_bits(m, (uint8_t *)to->data.raw, (const uint8_t *)from->data.raw, bits);
    else
        ln_move_items(m, to->data.raw, from->data.raw, ln_type_size(from->type));
}

void ln_copy_run(TfLiteTensor *y, int64_t to, const TfLiteTensor *x, int64_t from, int64_t n)
{
    const size_t size = ln_type_size(x->type);
    if (size) {
        memcpy(y->data.raw + (size_t)to * size, x->data.raw_const + (size_t)from * size,
               (size_t)n * size);
    } else {
        ln_move m = {.from_at = from, .to_at = to};
        ln_move_axis(&m, (int)n, 1, 1);
        ln_move_data(&m, x, y);
    }
}

ln_status ln_move_tensor(ln_call *c, int in, int out, const ln_move *m)
{
    const TfLiteTensor *x = c->in[in];
    TfLiteTensor *y = c->out[out];
    if (x->type == kTfLiteString) {
        string_move s = {.m = m};
        LN_TRY(ln_strings_open(c->diag, x, &s.strings));
        return ln_strings_write(c, out, ln_count(y), moved_string, &s);
    }
    ln_move_data(m, x, y);
    return LN_OK;
}

ln_status ln_move_all(ln_call *c, int in, int out)
{
    const TfLiteTensor *x = c->in[in];
    TfLiteTensor *y = c->out[out];
    if (y->data.raw == x->data.raw)
        return LN_OK;
    if (x->type == kTfLiteString)
        LN_TRY(c->host->set_bytes(c->host, y, x->bytes));
    if (x->bytes)
        memcpy(y->data.raw, x->data.raw, LN_MIN(x->bytes, y->bytes));
    return LN_OK;
}

/* ---- fills ---- */

void ln_fill_items(void *to, size_t count, const void *value, size_t size)
{
    if (size == 1) {
        memset(to, *(const unsigned char *)value, count);
        return;
    }
    row_of(size)(to, 1, value, 0, (int)count);
}

ln_status ln_fill_tensor(ln_call *c, int out, const TfLiteTensor *value, int zero_point)
{
    TfLiteTensor *y = c->out[out];
    const unsigned bits = bits_of(y->type);
    const size_t size = ln_type_size(y->type), count = (size_t)ln_count(y);
    char item[16] = {0};
    if (count == 0)
        return LN_OK;
    if (bits) {
        const unsigned v =
            value ? get_bits((const uint8_t *)value->data.raw, 0, bits) : (unsigned)zero_point;
        for (size_t i = 0; i < count; i++)
            set_bits((uint8_t *)y->data.raw, (int64_t)i, bits, v);
        return LN_OK;
    }
    if (value) {
        memcpy(item, value->data.raw, size);
    } else if (size == 1) {
        item[0] = (char)zero_point;
    } else if (y->type == kTfLiteInt16) {
        const int16_t z = (int16_t)zero_point;
        memcpy(item, &z, sizeof z);
    }
    ln_fill_items(y->data.raw, count, item, size);
    return LN_OK;
}

/* ---- shapes and integers ---- */

void ln_steps(const ln_shape *s, int64_t *step)
{
    /* Nothing to step over in an empty tensor, whose other dimensions may be of any size. */
    int64_t n = ln_shape_count(s, 0, s->rank) > 0;
    for (int i = s->rank - 1; i >= 0; i--) {
        step[i] = n;
        n *= s->dim[i];
    }
}

int64_t ln_product(const ln_shape *s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n = LN_MIN(n * s->dim[i], INT32_MAX);
    return n;
}

ln_status ln_check_movable(ln_call *c, int i)
{
    const TfLiteType type = c->in[i]->type;
    if (!ln_type_size(type) && !bits_of(type) && type != kTfLiteString)
        return ln_fail_type(c, i);
    return LN_OK;
}

ln_status ln_check_plain(ln_call *c, int i)
{
    return c->in[i]->type == kTfLiteString ? ln_fail_type(c, i) : ln_check_movable(c, i);
}

bool ln_is_int(TfLiteType type)
{
    return type == kTfLiteInt32 || type == kTfLiteInt64 || type == kTfLiteInt16 ||
           type == kTfLiteInt8 || type == kTfLiteUInt8 || type == kTfLiteBool;
}

int64_t ln_int_at(const TfLiteTensor *t, int64_t k)
{
    switch (t->type) {
    case kTfLiteInt8:
        return t->data.int8[k];
    case kTfLiteUInt8:
    case kTfLiteBool:
        return t->data.uint8[k];
    case kTfLiteInt16:
        return t->data.i16[k];
    case kTfLiteInt32:
        return t->data.i32[k];
    case kTfLiteInt64:
        return t->data.i64[k];
    default:
        return 0;
    }
}

ln_status ln_check_index(ln_call *c, int i)
{
    const TfLiteType type = c->in[i]->type;
    return type == kTfLiteInt32 || type == kTfLiteInt64 ? LN_OK : ln_fail_type(c, i);
}
