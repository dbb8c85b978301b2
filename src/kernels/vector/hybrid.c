/* SPDX-License-Identifier: Apache-2.0 */
/* hybrid.c: the contract is in kernels/hybrid.h. */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* Several rows at once, and sums of 16 bits, are not worth their code without such instructions. */
#if defined(LN_SET_IS_portable)
enum { SEVERAL = false };
#else
enum { SEVERAL = true };
#endif

/* ---- rows of floats ---- */

/* The least values of n in each lane, and the largest. */
LN_INLINE void lane_range(const float *x, size_t n, vf *min, vf *max)
{
    enum { AT_ONCE = 4 };
    vf low[AT_ONCE], high[AT_ONCE];
    LN_UNROLL
    for (int i = 0; i < AT_ONCE; i++)
        low[i] = high[i] = vf_set(0);
    for (; n >= AT_ONCE * VF; n -= AT_ONCE * VF, x += AT_ONCE * VF)
        LN_UNROLL
    for (int i = 0; i < AT_ONCE; i++) {
        const vf v = vf_load(x + i * VF);
        low[i] = vf_min(v, low[i]);
        high[i] = vf_max(v, high[i]);
    }
    for (; n > 0;) {
        const size_t m = LN_MIN(n, (size_t)VF);
        const vf v = m < VF ? vf_load_n(x, m) : vf_load(x);
        low[0] = vf_min(v, low[0]);
        high[0] = vf_max(v, high[0]);
        n -= m;
        x += m;
    }
    *min = vf_min(vf_min(low[0], low[1]), vf_min(low[2], low[3]));
    *max = vf_max(vf_max(high[0], high[1]), vf_max(high[2], high[3]));
}

static void range(const float *x, size_t n, float *min, float *max)
{
    vf low, high;
    lane_range(x, n, &low, &high);
    *min = vf_hmin(low);
    *max = vf_hmax(high);
}

/* ---- scales of several rows, whose divisions overlap ---- */

enum { ROWS = LN_HYBRID_ROWS };

/* The compiler's own vectors, of any set; only as variables of functions, as each set passes them
 * otherwise. */
typedef float floats __attribute__((vector_size(ROWS * sizeof(float))));
typedef double doubles __attribute__((vector_size(ROWS * sizeof(double))));
typedef int32_t ints __attribute__((vector_size(ROWS * sizeof(int32_t))));
typedef int64_t longs __attribute__((vector_size(ROWS * sizeof(int64_t))));

/* a where the lanes of m are -1, b where they are 0. */
#define PICK(type, bits, m, a, b) ((type)(((m) & (bits)(a)) | (~(m) & (bits)(b))))
#define PICK_F(m, a, b)           PICK(floats, ints, m, a, b)
#define PICK_D(m, a, b)           PICK(doubles, longs, m, a, b)

static void symmetric(const float *min, const float *max, ln_hybrid_scales_of *s)
{
    const floats none = {0};
    floats low, high;
    memcpy(&low, min, sizeof low);
    memcpy(&high, max, sizeof high);
    const floats size = PICK_F(-low > high, -low, high);
    const floats scale = PICK_F(size == none, none + 1, size / 127);
    const floats inverse = PICK_F(size == none, none, 127 / size);
    memcpy(s->scale, &scale, sizeof scale);
    memcpy(s->inverse, &inverse, sizeof inverse);
    memset(s->zero, 0, sizeof s->zero);
}

static void asymmetric(const float *min, const float *max, ln_hybrid_scales_of *s)
{
    const doubles nothing = {0}, half = nothing + 0.49999999999999994; /* see ops/qmath.h */
    const floats none = {0};
    floats low, high;
    memcpy(&low, min, sizeof low);
    memcpy(&high, max, sizeof high);
    const doubles step = __builtin_convertvector(high - low, doubles) / 255;
    const doubles below = __builtin_convertvector(low, doubles) / step;
    const doubles above = __builtin_convertvector(high, doubles) / step;
    const doubles z = PICK_D(128 - below < 127 + above, -128 - below, 127 - above);
    const doubles near = PICK_D(z < 0, z - half, z + half);
    const doubles number = PICK_D(near == near, near, nothing);
    const doubles limited =
        PICK_D(number < -128, nothing - 128, PICK_D(number > 127, nothing + 127, number));
    const ints zero = __builtin_convertvector(limited, ints);
    const floats narrow = __builtin_convertvector(step, floats);
    const floats scale = PICK_F(low == high, none + 1, narrow);
    const floats inverse = PICK_F(low == high, none, 1 / narrow);
    memcpy(s->scale, &scale, sizeof scale);
    memcpy(s->inverse, &inverse, sizeof inverse);
    memcpy(s->zero, &zero, sizeof zero);
}

static void scales_of(const float *x, size_t ld, size_t n, bool is_asymmetric,
                      ln_hybrid_scales_of *s)
{
    vf low[ROWS], high[ROWS];
    float min[ROWS], max[ROWS];
    for (int i = 0; i < ROWS; i++, x += ld)
        lane_range(x, n, &low[i], &high[i]);
    vf_hmin_8(min, low);
    vf_hmax_8(max, high);
    if (is_asymmetric)
        asymmetric(min, max, s);
    else
        symmetric(min, max, s);
}

/* What a row's values need, in all lanes. */
typedef struct factors {
    vf inverse, least, most; /* of values without the zero point */
    vi zero;                 /* and what else is added */
} factors;

LN_INLINE factors factors_of(const ln_hybrid_row *r, int32_t offset)
{
    return (factors){vf_set(r->inverse), vf_set((float)(r->least - r->zero)),
                     vf_set((float)(INT8_MAX - r->zero)), vi_set(r->zero + offset)};
}

/* Half a unit away from zero, to be rounded towards it.  Adding half is exact but for the float
 * just below a half, as in TFLite. */
LN_INLINE vf beyond_half(vf x, vf inverse)
{
    const vf v = vf_mul(x, inverse);
    return vf_add(v, vf_copysign(vf_set(0.5f), v));
}

/* Limits are whole, so that they may come before the rounding. */
LN_INLINE vi quantized(vf x, const factors *f)
{
    const vf half = beyond_half(x, f->inverse);
    const vf near =
        vf_min(vf_max(vf_select(vf_eq(half, half), half, vf_set(0)), f->least), f->most);
    return vi_add(vi_trunc(near), f->zero);
}

#define TO(name, type, store, at_once, offset)                                             \
    static void name(type *q, const float *x, size_t n, const ln_hybrid_row *r)            \
    {                                                                                      \
        const factors f = factors_of(r, offset);                                           \
        for (; n >= at_once * VF; n -= at_once * VF, x += at_once * VF, q += at_once * VF) \
            LN_UNROLL                                                                      \
        for (int i = 0; i < at_once; i++)                                                  \
            store(q + i * VF, quantized(vf_load(x + i * VF), &f));                         \
        for (; n >= VF; n -= VF, x += VF, q += VF)                                         \
            store(q, quantized(vf_load(x), &f));                                           \
        if (n)                                                                             \
            store##_n(q, quantized(vf_load_n(x, n), &f), n);                               \
    }
/* Bytes, four vectors at a time: limits take half as many instructions in 16 bits.  Where a value
 * is not a number, or so far off that its integer is the least one, too, all are made one by one.
 */
#define TO_BYTES(name, type, store2, offset)                                                     \
    static bool name##_by_four(type *q, const float *x, size_t n, const ln_hybrid_row *r)        \
    {                                                                                            \
        const vf by = vf_set(r->inverse);                                                        \
        const vh zero = vh_set((int16_t)(r->zero + offset)),                                     \
                 least = vh_set((int16_t)(r->least + offset));                                   \
        vh low = vh_set(0);                                                                      \
        for (; n >= 4 * VF; n -= 4 * VF, x += 4 * VF, q += 4 * VF) {                             \
            const vh a = vh_pack(vi_trunc(beyond_half(vf_load(x), by)),                          \
                                 vi_trunc(beyond_half(vf_load(x + VF), by)));                    \
            const vh b = vh_pack(vi_trunc(beyond_half(vf_load(x + 2 * VF), by)),                 \
                                 vi_trunc(beyond_half(vf_load(x + 3 * VF), by)));                \
            low = vh_min(low, vh_min(a, b));                                                     \
            store2(q, vh_max(vh_add(a, zero), least), vh_max(vh_add(b, zero), least));           \
        }                                                                                        \
        return !vh_any_least(low);                                                               \
    }                                                                                            \
    static void name(type *q, const float *x, size_t n, const ln_hybrid_row *r)                  \
    {                                                                                            \
        const size_t done = SEVERAL && name##_by_four(q, x, n, r) ? n / (4 * VF) * (4 * VF) : 0; \
        if (done < n)                                                                            \
            name##_by_one(q + done, x + done, n - done, r);                                      \
    }
TO(to_s8_by_one, int8_t, vi_store_s8, 1, 0)
TO(to_u8_by_one, uint8_t, vi_store_u8, 1, 128)
TO_BYTES(to_s8, int8_t, vh_store2_s8, 0)
TO_BYTES(to_u8, uint8_t, vh_store2_u8, 128)
TO(to_s16, int16_t, vi_store_s16, 4, -r->zero)
LN_INLINE void store_f32(float *q, vi v)
{
    vf_store(q, vf_from_vi(v));
}
LN_INLINE void store_f32_n(float *q, vi v, size_t n)
{
    vf_store_n(q, vf_from_vi(v), n);
}
TO(to_f32, float, store_f32, 4, -r->zero)
#undef TO_BYTES
#undef TO

/* ---- sums ---- */

/* How what sums are too large by is taken off: not at all; the same in all rows; in floats, which
 * hold such integers; in integers. */
typedef enum offsets { NONE, SAME, SMALL, ANY, OFFSETS } offsets;

/* Which terms there are; constants where speed counts. */
typedef struct form {
    offsets offsets;
    bool column_first, clamps;
} form;

/* What a vector of columns keeps down all rows. */
typedef struct columns {
    vf scale, bias, min, max;
    vf weights; /* SMALL: less than nothing */
    vi taken;   /* SAME: off each sum; ANY: weights */
} columns;

/* Where a column of the matrices begins. */
typedef struct place {
    float *y;
    const int32_t *x;
    size_t ldy, ldx, rows;
} place;

LN_INLINE columns columns_at(const ln_hybrid_scales *q, size_t j, size_t n, const form f)
{
    const vi weights = f.offsets == NONE ? vi_set(0)
                       : n < VF          ? vi_load_n(q->weights + j, n)
                                         : vi_load(q->weights + j);
    return (columns){.scale = vf_load_most(q->column + j, n),
                     .bias = vf_load_most(q->bias + j, n),
                     .min = vf_set(q->min),
                     .max = vf_set(q->max),
                     .weights = vf_neg(vf_from_vi(weights)),
                     .taken = f.offsets == SAME ? vi_mul(vi_set(*q->offset), weights) : weights};
}

/* What a row's vectors have in common. */
typedef struct line {
    vf by, taken; /* SMALL: the offset */
    vi offset;    /* ANY */
} line;

LN_INLINE line line_at(const ln_hybrid_scales *q, size_t i, const form f)
{
    const vi offset = vi_set(f.offsets == SMALL || f.offsets == ANY ? q->offset[i] : 0);
    return (line){vf_set(q->row[i]), vf_from_vi(offset), offset};
}

/* Without what it is too large by. */
LN_INLINE vf exact(vi sum, const line *row, const columns *c, const form f)
{
    if (f.offsets == SAME)
        return vf_from_vi(vi_sub(sum, c->taken));
    if (f.offsets == SMALL)
        return vf_fma(row->taken, c->weights, vf_from_vi(sum));
    if (f.offsets == ANY)
        return vf_from_vi(vi_sub(sum, vi_mul(row->offset, c->taken)));
    return vf_from_vi(sum);
}

/* Rounds as often as the references do, and in their order: the next layer quantizes what comes
 * out, which makes a whole step of a difference in the last place. */
LN_INLINE vf scaled(vi sum, const line *row, const columns *c, const form f)
{
    const vf v = exact(sum, row, c, f);
    const vf product = f.column_first ? vf_mul(vf_mul(v, c->scale), row->by)
                                      : vf_mul(v, vf_mul(row->by, c->scale));
    const vf y = vf_add(product, c->bias);
    /* the limit comes first: the second operand is what NaN leaves */
    return f.clamps ? vf_min(c->max, vf_max(c->min, y)) : y;
}

/* Two vectors at a time, which are whole lines of the cache: rows are often a power of two apart,
 * and few lines of them stay. */
LN_INLINE void scale_pair(const place *p, const ln_hybrid_scales *scales, size_t j, const form f)
{
    const ln_hybrid_scales q = *scales; /* so that storing y does not make it unknown */
    const columns a = columns_at(&q, j, VF, f), b = columns_at(&q, j + VF, VF, f);
    const size_t rows = p->rows, ldy = p->ldy, ldx = p->ldx;
    const int32_t *x = p->x + j;
    float *y = p->y + j;
    for (size_t i = 0; i < rows; i++, y += ldy, x += ldx) {
        const line row = line_at(&q, i, f);
        vf_store(y, scaled(vi_load(x), &row, &a, f));
        vf_store(y + VF, scaled(vi_load(x + VF), &row, &b, f));
    }
}

/* n <= VF columns. */
static void scale_few(const place *p, const ln_hybrid_scales *q, size_t j, size_t n, form f)
{
    const columns c = columns_at(q, j, n, f);
    const int32_t *x = p->x + j;
    float *y = p->y + j;
    for (size_t i = 0; i < p->rows; i++, y += p->ldy, x += p->ldx) {
        const line row = line_at(q, i, f);
        const vf v = scaled(n < VF ? vi_load_n(x, n) : vi_load(x), &row, &c, f);
        if (n < VF)
            vf_store_n(y, v, n);
        else
            vf_store(y, v);
    }
}

typedef void (*pair_fn)(const place *p, const ln_hybrid_scales *q, size_t j);

#define PAIR(name, ...)                                                          \
    static void pair_##name(const place *p, const ln_hybrid_scales *q, size_t j) \
    {                                                                            \
        scale_pair(p, q, j, (form){__VA_ARGS__});                                \
    }
#define PAIRS(name, offsets)                                \
    PAIR(rows_##name, offsets, false, false)                \
    PAIR(rows_##name##_clamped, offsets, false, true)       \
    PAIR(images_##name, offsets, true, false)               \
    PAIR(images_##name##_clamped, offsets, true, true)      \
    static const pair_fn pairs_##name[2][2] = {             \
        {pair_rows_##name, pair_rows_##name##_clamped},     \
        {pair_images_##name, pair_images_##name##_clamped}, \
    };
PAIRS(none, NONE)
PAIRS(same, SAME)
PAIRS(small, SMALL)
PAIRS(any, ANY)
#undef PAIRS
#undef PAIR

static void scale(float *y, size_t ldy, const int32_t *x, size_t ldx, size_t rows, size_t n,
                  const ln_hybrid_scales *q)
{
    static const pair_fn(*const pairs[OFFSETS])[2] = {
        [NONE] = pairs_none, [SAME] = pairs_same, [SMALL] = pairs_small, [ANY] = pairs_any};
    const form f = {.offsets = !q->offset       ? NONE
                               : q->same_offset ? SAME
                               : q->small       ? SMALL
                                                : ANY,
                    .column_first = q->column_first,
                    .clamps = q->min > -INFINITY || q->max < INFINITY};
    const pair_fn pair = pairs[f.offsets][f.column_first][f.clamps];
    const place p = {y, x, ldy, ldx, rows};
    size_t j = 0;
    for (; j + 2 * VF <= n; j += 2 * VF)
        pair(&p, q, j);
    for (; j < n; j += VF)
        scale_few(&p, q, j, LN_MIN(n - j, (size_t)VF), f);
}

/* ---- the least and the largest sums ---- */

/* n <= VF columns. */
LN_INLINE void extremes_few(const place *p, int32_t *low, int32_t *high, size_t j, size_t n)
{
    const int32_t *x = p->x + j;
    vi min = n < VF ? vi_load_n(low + j, n) : vi_load(low + j);
    vi max = n < VF ? vi_load_n(high + j, n) : vi_load(high + j);
    for (size_t i = 0; i < p->rows; i++, x += p->ldx) {
        const vi v = n < VF ? vi_load_n(x, n) : vi_load(x);
        min = vi_min(min, v);
        max = vi_max(max, v);
    }
    vi_store_n(low + j, min, n);
    vi_store_n(high + j, max, n);
}

static void extremes(int32_t *low, int32_t *high, const int32_t *x, size_t ldx, size_t rows,
                     size_t n)
{
    const place p = {.x = x, .ldx = ldx, .rows = rows};
    size_t j = 0;
    for (; j + VF <= n; j += VF)
        extremes_few(&p, low, high, j, VF);
    if (j < n)
        extremes_few(&p, low, high, j, n - j);
}

void LN_SET_FN(ln_hybrid_init)(ln_kernels *k)
{
    k->hybrid = (ln_hybrid_kernels){.range = range,
                                    .scales_of = SEVERAL ? scales_of : NULL,
                                    .to_s8 = to_s8,
                                    .to_u8 = to_u8,
                                    .to_s16 = to_s16,
                                    .to_f32 = to_f32,
                                    .scale = scale,
                                    .extremes = extremes};
}
