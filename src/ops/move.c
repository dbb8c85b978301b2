/* SPDX-License-Identifier: Apache-2.0 */
/* move.c: the loops behind move.h.  What is dense on both sides moves as one piece; where one loop
 * is dense in the source and another in the target, tiles are transposed in registers. */
#include "ops/move.h"

#include <stdlib.h>
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

/* Goes through the outer loops; what is inside of them is the user's. */
typedef struct walk {
    const ln_move *m;
    int outer;
    int64_t from, to; /* where the inner loops start */
    int at[LN_MOVE_AXES];
} walk;

/* False when there is nothing to move. */
static bool walk_init(walk *w, const ln_move *m, int inner)
{
    *w = (walk){.m = m, .outer = LN_MAX(m->rank - inner, 0), .from = m->from_at, .to = m->to_at};
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

/* ---- items ---- */

/* Two loops around pieces of `size` bytes; steps in bytes, too. */
typedef struct plane {
    size_t size;
    int n[2]; /* outer, inner */
    int64_t from[2], to[2];
} plane;

enum { LINE = 64, SOME_LINES = 8 * LINE };

/* A call of memcpy with a constant size is one load and store.  Steps are copied, since items
 * might be anything, steps too. */
#define PLANE(bytes)                                                              \
    static void plane_##bytes(char *to, const char *from, const plane *p)         \
    {                                                                             \
        const int64_t from_step = p->from[1], to_step = p->to[1], rows = p->n[0]; \
        const int64_t n = p->n[1], next_from = p->from[0], next_to = p->to[0];    \
        for (int64_t i = 0; i < rows; i++) {                                      \
            char *t = to + i * next_to;                                           \
            const char *f = from + i * next_from;                                 \
            for (int64_t j = 0; j < n; j++, t += to_step, f += from_step)         \
                memcpy(t, f, bytes);                                              \
        }                                                                         \
    }
PLANE(1)
PLANE(2)
PLANE(4)
PLANE(8)
PLANE(16)
PLANE(32)
PLANE(64)

typedef void (*plane_fn)(char *to, const char *from, const plane *p);

/* Pieces of some lines of the cache, where a call would take as long as the copy. */
static void plane_lines(char *to, const char *from, const plane *p)
{
    const plane q = *p;
    for (int i = 0; i < q.n[0]; i++)
        for (int j = 0; j < q.n[1]; j++) {
            char *t = to + i * q.to[0] + j * q.to[1];
            const char *f = from + i * q.from[0] + j * q.from[1];
            for (size_t k = 0; k < q.size; k += LINE)
                memcpy(t + k, f + k, LINE);
        }
}

static void plane_any(char *to, const char *from, const plane *p)
{
    for (int i = 0; i < p->n[0]; i++)
        for (int j = 0; j < p->n[1]; j++)
            memcpy(to + i * p->to[0] + j * p->to[1], from + i * p->from[0] + j * p->from[1],
                   p->size);
}

static plane_fn plane_of(size_t size)
{
    switch (size) {
    case 1:
        return plane_1;
    case 2:
        return plane_2;
    case 4:
        return plane_4;
    case 8:
        return plane_8;
    case 16:
        return plane_16;
    case 32:
        return plane_32;
    case 64:
        return plane_64;
    default:
        return size % LINE == 0 && size <= SOME_LINES ? plane_lines : plane_any;
    }
}

/* ---- transposes ---- */

/* Items of a row of a tile are neighbors in the source, those of a column in the target. */
typedef void (*tile_fn)(char *to, int64_t to_step, const char *from, int64_t from_step);

/* The high part of *a and the low part of *b change places. */
LN_INLINE void exchange(uint64_t *a, uint64_t *b, unsigned shift, uint64_t low)
{
    const uint64_t t = (*a >> shift ^ *b) & low;
    *b ^= t;
    *a ^= t << shift;
}

static void tile_1(char *to, int64_t to_step, const char *from, int64_t from_step)
{
    const uint64_t m4 = UINT64_C(0x00000000ffffffff), m2 = UINT64_C(0x0000ffff0000ffff);
    const uint64_t m1 = UINT64_C(0x00ff00ff00ff00ff);
    uint64_t w[8];
    LN_UNROLL
    for (int i = 0; i < 8; i++)
        memcpy(&w[i], from + i * from_step, sizeof w[i]);
    LN_UNROLL
    for (int i = 0; i < 4; i++)
        exchange(&w[i], &w[i + 4], 32, m4);
    LN_UNROLL
    for (int i = 0; i < 2; i++) {
        exchange(&w[i], &w[i + 2], 16, m2);
        exchange(&w[i + 4], &w[i + 6], 16, m2);
    }
    LN_UNROLL
    for (int i = 0; i < 8; i += 2)
        exchange(&w[i], &w[i + 1], 8, m1);
    LN_UNROLL
    for (int i = 0; i < 8; i++)
        memcpy(to + i * to_step, &w[i], sizeof w[i]);
}

static void tile_2(char *to, int64_t to_step, const char *from, int64_t from_step)
{
    const uint64_t m2 = UINT64_C(0x00000000ffffffff), m1 = UINT64_C(0x0000ffff0000ffff);
    uint64_t w[4];
    LN_UNROLL
    for (int i = 0; i < 4; i++)
        memcpy(&w[i], from + i * from_step, sizeof w[i]);
    exchange(&w[0], &w[2], 32, m2);
    exchange(&w[1], &w[3], 32, m2);
    exchange(&w[0], &w[1], 16, m1);
    exchange(&w[2], &w[3], 16, m1);
    LN_UNROLL
    for (int i = 0; i < 4; i++)
        memcpy(to + i * to_step, &w[i], sizeof w[i]);
}

#define TILE(size, side)                                                                    \
    static void tile_##size(char *to, int64_t to_step, const char *from, int64_t from_step) \
    {                                                                                       \
        LN_UNROLL                                                                           \
        for (int j = 0; j < side; j++) {                                                    \
            LN_UNROLL                                                                       \
            for (int i = 0; i < side; i++)                                                  \
                memcpy(to + j * to_step + i * size, from + i * from_step + j * size, size); \
        }                                                                                   \
    }
TILE(4, 4)
TILE(8, 4)

/* The items of a tile's side; 0 where there are no tiles. */
static int tile_side(size_t size)
{
    return size == 1 ? 8 : size == 2 || size == 4 || size == 8 ? 4 : 0;
}

/* The inner loop is dense in the source, the outer one in the target.  A block of rows of the
 * target stays in the cache while the source goes by. */
static void transpose(char *to, const char *from, const plane *p)
{
    static const tile_fn tiles[9] = {
        [1] = tile_1,
        [2] = tile_2,
        [4] = tile_4,
        [8] = tile_8,
    };
    const tile_fn tile = tiles[p->size];
    const int side = tile_side(p->size), rows = p->n[0] / side * side, cols = p->n[1] / side * side;
    const int64_t size = (int64_t)p->size;
    for (int j = 0; j < cols; j += side)
        for (int i = 0; i < rows; i += side)
            tile(to + i * size + j * p->to[1], p->to[1], from + i * p->from[0] + j * size,
                 p->from[0]);
    plane rest = *p;
    rest.n[1] -= cols;
    plane_of(p->size)(to + cols * p->to[1], from + cols * size, &rest);
    rest.n[0] -= rows;
    rest.n[1] = cols;
    plane_of(p->size)(to + rows * size, from + rows * p->from[0], &rest);
}

/* ---- the order of loops ---- */

/* Makes loop i the last one. */
static void move_last(ln_move *m, int i)
{
    const int n = m->dim[i];
    const int64_t from = m->from[i], to = m->to[i];
    for (; i + 1 < m->rank; i++) {
        m->dim[i] = m->dim[i + 1];
        m->from[i] = m->from[i + 1];
        m->to[i] = m->to[i + 1];
    }
    m->dim[i] = n;
    m->from[i] = from;
    m->to[i] = to;
}

/* With steps in bytes: the loop that is dense on both sides becomes part of the pieces. */
static size_t take_dense(ln_move *m, size_t size)
{
    for (int i = 0; i < m->rank; i++)
        if (m->from[i] == (int64_t)size && m->to[i] == (int64_t)size) {
            move_last(m, i);
            return size * (size_t)m->dim[--m->rank];
        }
    return size;
}

/* A loop with pieces side by side in the source (or the target), long enough for tiles; -1: none.
 */
static int find_dense(const ln_move *m, const int64_t *step, size_t size)
{
    const int side = tile_side(size);
    for (int i = 0; i < m->rank; i++)
        if (side > 0 && step[i] == (int64_t)size && m->dim[i] >= side)
            return i;
    return -1;
}

/* The innermost loop: a long one with small steps in the target, else the longest. */
static int find_inner(const ln_move *m)
{
    enum { LONG = 16 };
    int best = 0;
    for (int i = 1; i < m->rank; i++) {
        const bool both = m->dim[i] >= LONG && m->dim[best] >= LONG;
        if (both ? llabs(m->to[i]) <= llabs(m->to[best]) : m->dim[i] >= m->dim[best])
            best = i;
    }
    return best;
}

static plane_fn arrange(ln_move *m, size_t size)
{
    const int s = find_dense(m, m->from, size), t = find_dense(m, m->to, size);
    if (s >= 0 && t >= 0 && s != t) {
        move_last(m, t);
        move_last(m, s > t ? s - 1 : s);
        return transpose;
    }
    if (m->rank > 1)
        move_last(m, find_inner(m));
    return plane_of(size);
}

void ln_move_items(const ln_move *m, void *to, const void *from, size_t size)
{
    ln_move bytes = *m;
    walk w;
    bytes.from_at *= (int64_t)size;
    bytes.to_at *= (int64_t)size;
    for (int i = 0; i < m->rank; i++) {
        bytes.from[i] *= (int64_t)size;
        bytes.to[i] *= (int64_t)size;
    }
    plane p = {.size = take_dense(&bytes, size), .n = {1, 1}};
    const plane_fn move = arrange(&bytes, p.size);
    if (!walk_init(&w, &bytes, 2))
        return;
    for (int i = w.outer, k = 2 - (bytes.rank - w.outer); i < bytes.rank; i++, k++) {
        p.n[k] = bytes.dim[i];
        p.from[k] = bytes.from[i];
        p.to[k] = bytes.to[i];
    }
    do
        move((char *)to + w.to, (const char *)from + w.from, &p);
    while (walk_next(&w));
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
    if (!walk_init(&w, m, 0))
        return;
    do
        set_bits(to, w.to, bits, get_bits(from, w.from, bits));
    while (walk_next(&w));
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
    const unsigned char *bytes = value;
    size_t same = 1, done = size;
    while (same < size && bytes[same] == bytes[0])
        same++;
    if (same == size) {
        memset(to, bytes[0], count * size);
        return;
    }
    if (count > 0)
        memcpy(to, value, size);
    for (size_t n; done < count * size; done += n) { /* from what is there already */
        n = LN_MIN(done, count * size - done);
        memcpy((char *)to + done, to, n);
    }
}

const void *ln_fill_value(const TfLiteTensor *y, const TfLiteTensor *value, int zero_point,
                          char item[LN_MAX_ITEM])
{
    const int16_t z = (int16_t)zero_point;
    if (value)
        return value->data.raw;
    memset(item, 0, LN_MAX_ITEM);
    if (ln_type_size(y->type) == 1)
        item[0] = (char)zero_point;
    else if (y->type == kTfLiteInt16)
        memcpy(item, &z, sizeof z);
    return item;
}

ln_status ln_fill_tensor(ln_call *c, int out, const TfLiteTensor *value, int zero_point)
{
    TfLiteTensor *y = c->out[out];
    const unsigned bits = bits_of(y->type);
    const size_t size = ln_type_size(y->type), count = (size_t)ln_count(y);
    char item[LN_MAX_ITEM];
    if (count == 0)
        return LN_OK;
    if (bits) {
        const unsigned v =
            value ? get_bits((const uint8_t *)value->data.raw, 0, bits) : (unsigned)zero_point;
        for (size_t i = 0; i < count; i++)
            set_bits((uint8_t *)y->data.raw, (int64_t)i, bits, v);
        return LN_OK;
    }
    ln_fill_items(y->data.raw, count, ln_fill_value(y, value, zero_point, item), size);
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

void ln_set_int_at(TfLiteTensor *t, int64_t k, int64_t v)
{
    if (t->type == kTfLiteInt64)
        t->data.i64[k] = v;
    else
        t->data.i32[k] = (int32_t)v;
}

ln_status ln_check_index(ln_call *c, int i)
{
    const TfLiteType type = c->in[i]->type;
    return type == kTfLiteInt32 || type == kTfLiteInt64 ? LN_OK : ln_fail_type(c, i);
}
