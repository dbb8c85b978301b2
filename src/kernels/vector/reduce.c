/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: folds of many items; the contract is in kernels/reduce.h.  Four vectors at a time, so
 * that their operations overlap. */
#include "kernels/keep.h"
#include "kernels/kernels.h"
#include "kernels/vector/bytes.h"

enum { WIDE = 4 };

/* ---- what is done ---- */

/* Of each fold: s and v as vectors; two partial results as vectors; the lanes of one; s and v. */
LN_INLINE float lanes_prod(vf v)
{
    float lanes[VF], product = 1;
    vf_store(lanes, v);
    for (int i = 0; i < VF; i++)
        product *= lanes[i];
    return product;
}
LN_INLINE int32_t lanes_max(vi v)
{
    int32_t lanes[VF], max = INT32_MIN;
    vi_store(lanes, v);
    for (int i = 0; i < VF; i++)
        max = LN_MAX(max, lanes[i]);
    return max;
}
LN_INLINE int32_t lanes_min(vi v)
{
    int32_t lanes[VF], min = INT32_MAX;
    vi_store(lanes, v);
    for (int i = 0; i < VF; i++)
        min = LN_MIN(min, lanes[i]);
    return min;
}
LN_INLINE int32_t add(int32_t s, int32_t v)
{
    return (int32_t)((uint32_t)s + (uint32_t)v);
}

#define SUM(s, v)          vf_add(s, v)
#define SUM_ITEM(s, v)     ((s) + (v))
#define MAX(s, v)          vf_max(v, s)
#define MAX_ITEM(s, v)     ((v) > (s) ? (v) : (s))
#define MIN(s, v)          vf_min(v, s)
#define MIN_ITEM(s, v)     ((v) < (s) ? (v) : (s))
#define SQUARES(s, v)      vf_fma(v, v, s)
#define SQUARES_ITEM(s, v) ((s) + (v) * (v))
#define PROD(s, v)         vf_mul(s, v)
#define PROD_ITEM(s, v)    ((s) * (v))
#define INT_SUM(s, v)      vi_add(s, v)
#define INT_MAX_(s, v)     vi_max(s, v)
#define INT_MIN_(s, v)     vi_min(s, v)

/* ---- columns ---- */

/* `count` vectors of items that lie at x, x + step, ...  `load` and `store` are those of vectors.
 */
#define COLUMNS_BLOCK(vector, count, type, load, load_sum, store_sum, fold) \
    {                                                                       \
        vector sums[WIDE];                                                  \
        const type *at = x;                                                 \
        LN_UNROLL                                                           \
        for (int k = 0; k < (count); k++)                                   \
            sums[k] = load_sum(y + k * VF);                                 \
        for (size_t i = 0; i < m; i++, at += step) {                        \
            LN_UNROLL                                                       \
            for (int k = 0; k < (count); k++)                               \
                sums[k] = fold(sums[k], load(at + k * VF));                 \
        }                                                                   \
        LN_UNROLL                                                           \
        for (int k = 0; k < (count); k++)                                   \
            store_sum(y + k * VF, sums[k]);                                 \
    }

#define COLUMNS(name, vector, sum_type, type, load, fold)                                \
    static void name(void *s, const void *from, size_t step, size_t m, size_t n)         \
    {                                                                                    \
        sum_type *y = s;                                                                 \
        const type *x = from;                                                            \
        for (; n >= WIDE * VF; n -= WIDE * VF, x += WIDE * VF, y += WIDE * VF)           \
            COLUMNS_BLOCK(vector, WIDE, type, load, vector##_load, vector##_store, fold) \
        for (; n >= VF; n -= VF, x += VF, y += VF)                                       \
            COLUMNS_BLOCK(vector, 1, type, load, vector##_load, vector##_store, fold)    \
        if (n > 0) {                                                                     \
            vector sum = vector##_load_n(y, n);                                          \
            for (size_t i = 0; i < m; i++, x += step)                                    \
                sum = fold(sum, load##_n(x, n));                                         \
            vector##_store_n(y, sum, n);                                                 \
        }                                                                                \
    }

/* ---- rows ---- */

/* `start`: of the lanes; `merge`: of partial results. */
#define ROW(name, vector, sum_type, type, parameter, load, start, fold, item, merge, lanes, \
            merge_item)                                                                     \
    static sum_type name(sum_type s, const parameter *from, size_t n)                       \
    {                                                                                       \
        const type *x = from;                                                               \
        vector sums[WIDE];                                                                  \
        LN_UNROLL                                                                           \
        for (int k = 0; k < WIDE; k++)                                                      \
            sums[k] = start;                                                                \
        for (; n >= WIDE * VF; n -= WIDE * VF, x += WIDE * VF) {                            \
            LN_UNROLL                                                                       \
            for (int k = 0; k < WIDE; k++)                                                  \
                sums[k] = fold(sums[k], load(x + k * VF));                                  \
        }                                                                                   \
        for (; n >= VF; n -= VF, x += VF)                                                   \
            sums[0] = fold(sums[0], load(x));                                               \
        const vector all = merge(merge(sums[0], sums[1]), merge(sums[2], sums[3]));         \
        s = merge_item(s, lanes(all));                                                      \
        for (; n > 0; n--, x++)                                                             \
            s = item(s, *x);                                                                \
        return s;                                                                           \
    }

#define F32(low, FOLD, start, merge, lanes, merge_item)                                       \
    COLUMNS(columns_##low, vf, float, float, vf_load, FOLD)                                   \
    ROW(row_##low, vf, float, float, float, vf_load, vf_set(start), FOLD, FOLD##_ITEM, merge, \
        lanes, merge_item)
F32(sum, SUM, 0, SUM, vf_sum, SUM_ITEM)
F32(max, MAX, s, MAX, vf_hmax, MAX_ITEM)
F32(min, MIN, s, MIN, vf_hmin, MIN_ITEM)
F32(squares, SQUARES, 0, SUM, vf_sum, SUM_ITEM)
F32(prod, PROD, 1, PROD, lanes_prod, PROD_ITEM)

#define INT(suffix, type, low, FOLD, start, lanes, item)                                      \
    COLUMNS(columns_##low##_##suffix, vi, int32_t, type, vi_load_##suffix, FOLD)              \
    ROW(row_##low##_##suffix, vi, int32_t, type, void, vi_load_##suffix, vi_set(start), FOLD, \
        item, FOLD, lanes, item)
#define INTS(suffix, type)                                   \
    INT(suffix, type, sum, INT_SUM, 0, vi_sum, add)          \
    INT(suffix, type, max, INT_MAX_, s, lanes_max, MAX_ITEM) \
    INT(suffix, type, min, INT_MIN_, s, lanes_min, MIN_ITEM)
INTS(s8, int8_t)
INTS(u8, uint8_t)
INTS(s16, int16_t)

static uint8_t max_8(const uint8_t *x, size_t n, uint8_t flip)
{
    return vb_row_max(x, n, flip);
}

#define INT_FOLDS(form, suffix) \
    LN_KEEP_ALL(fold_##suffix, {form##_sum_##suffix, form##_max_##suffix, form##_min_##suffix})
#define ALL_INT(form)                                                           \
    {                                                                           \
        [LN_FOLD_S8] = INT_FOLDS(form, s8), [LN_FOLD_U8] = INT_FOLDS(form, u8), \
        [LN_FOLD_S16] = INT_FOLDS(form, s16),                                   \
    }

/* ---- rows by their mean and deviation ---- */

/* The sum of (x - mean)^2, in row_sum's order. */
static float row_deviation(const float *x, size_t n, float mean)
{
    const vf m = vf_set(mean);
    vf sums[WIDE];
    LN_UNROLL
    for (int k = 0; k < WIDE; k++)
        sums[k] = vf_set(0);
    for (; n >= WIDE * VF; n -= WIDE * VF, x += WIDE * VF) {
        LN_UNROLL
        for (int k = 0; k < WIDE; k++) {
            const vf d = vf_sub(vf_load(x + k * VF), m);
            sums[k] = vf_add(sums[k], vf_mul(d, d));
        }
    }
    for (; n >= VF; n -= VF, x += VF) {
        const vf d = vf_sub(vf_load(x), m);
        sums[0] = vf_add(sums[0], vf_mul(d, d));
    }
    float s = vf_sum(vf_add(vf_add(sums[0], sums[1]), vf_add(sums[2], sums[3])));
    for (; n > 0; n--, x++)
        s += (*x - mean) * (*x - mean);
    return s;
}

/* Vector j, of VF items or the n < VF that are left. */
LN_INLINE void normalize_at(float *y, const float *x, size_t j, size_t n, vf m, vf r,
                            const ln_norm_rows *p)
{
    const bool spread = p->form == LN_NORM_SPREAD;
    const vf v = vf_load_most(x + j, n);
    vf f = r, t = vf_set(0), s = spread ? v : vf_sub(v, m);
    if (p->factor)
        f = vf_load_most(p->factor + j, n);
    if (p->term)
        t = vf_load_most(p->term + j, n);
    if (p->form == LN_NORM_SCALED)
        s = vf_mul(s, r);
    else
        f = vf_mul(r, f);
    if (p->factor)
        s = vf_mul(s, f);
    if (spread)
        t = p->term ? vf_sub(t, vf_mul(m, f)) : vf_neg(vf_mul(m, f));
    if (spread || p->term)
        s = vf_add(s, t);
    vf_store_most(y + j, s, n);
}

static void normalize_row(float *y, const float *x, size_t n, float mean, float root,
                          const ln_norm_rows *p)
{
    const vf m = vf_set(mean), r = vf_set(root);
    const ln_norm_rows by = *p;
    size_t j = 0;
    for (; n - j >= VF; j += VF)
        normalize_at(y, x, j, VF, m, r, &by);
    if (j < n)
        normalize_at(y, x, j, n - j, m, r, &by);
}

static void normalize(float *y, const float *x, size_t rows, size_t n, const ln_norm_rows *p)
{
    const vf count = vf_set((float)n);
    float mean[VF], root[VF];
    for (size_t m; rows > 0; rows -= m, x += m * n, y += m * n) {
        m = LN_MIN(rows, (size_t)VF);
        vf_store(mean, vf_set(0));
        vf_store(root, vf_set(0));
        for (size_t i = 0; p->centered && i < m; i++)
            mean[i] = row_sum(0, x + i * n, n);
        vf_store(mean, vf_div(vf_load(mean), count));
        for (size_t i = 0; i < m; i++)
            root[i] = row_deviation(x + i * n, n, mean[i]);
        const vf v = vf_add(vf_div(vf_load(root), count), vf_set(p->epsilon));
        vf_store(root, vf_div(vf_set(1), vf_sqrt(v)));
        for (size_t i = 0; i < m; i++)
            normalize_row(y + i * n, x + i * n, n, mean[i], root[i], p);
    }
}

void LN_SET_FN(ln_reduce_init)(ln_kernels *k)
{
    k->reduce = (ln_reduce_kernels){
        .columns_f32 = LN_KEEP_ALL(
            fold_f32, {columns_sum, columns_max, columns_min, columns_squares, columns_prod}),
        .columns_int = ALL_INT(columns),
        .row_f32 = LN_KEEP_ALL(fold_f32, {row_sum, row_max, row_min, row_squares, row_prod}),
        .row_int = ALL_INT(row),
        .normalize = LN_KEEP(rsqrt, normalize),
        .max_8 = max_8,
    };
}
