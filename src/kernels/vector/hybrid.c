/* SPDX-License-Identifier: Apache-2.0 */
/* hybrid.c: the contract is in kernels/hybrid.h. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* ---- rows of floats ---- */

static void range(const float *x, size_t n, float *min, float *max)
{
    vf low[2] = {vf_set(0), vf_set(0)}, high[2] = {vf_set(0), vf_set(0)};
    for (; n >= 2 * VF; n -= 2 * VF, x += 2 * VF)
        LN_UNROLL
    for (int i = 0; i < 2; i++) {
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
    *min = vf_hmin(vf_min(low[0], low[1]));
    *max = vf_hmax(vf_max(high[0], high[1]));
}

/* What a row's values need, in all lanes. */
typedef struct factors {
    vf inverse;
    vi zero, least, most, offset;
} factors;

LN_INLINE factors factors_of(const ln_hybrid_row *r, int32_t offset)
{
    return (factors){vf_set(r->inverse), vi_set(r->zero), vi_set(r->least), vi_set(INT8_MAX),
                     vi_set(offset)};
}

/* Half a unit away from zero, then towards it.  Adding half is exact but for the float just below a
 * half, as in TFLite. */
LN_INLINE vi quantized(vf x, const factors *f)
{
    const vf v = vf_mul(x, f->inverse);
    const vf half = vf_add(v, vf_select(vf_lt(v, vf_set(0)), vf_set(-0.5f), vf_set(0.5f)));
    const vf near = vf_min(vf_max(half, vf_set(-512)), vf_set(512));
    const vi q = vi_trunc(vf_select(vf_eq(v, v), near, vf_set(0)));
    return vi_add(vi_min(vi_max(vi_add(q, f->zero), f->least), f->most), f->offset);
}

#define TO(name, type, store, offset)                                           \
    static void name(type *q, const float *x, size_t n, const ln_hybrid_row *r) \
    {                                                                           \
        const factors f = factors_of(r, offset);                                \
        for (; n >= VF; n -= VF, x += VF, q += VF)                              \
            store(q, quantized(vf_load(x), &f));                                \
        if (n)                                                                  \
            store##_n(q, quantized(vf_load_n(x, n), &f), n);                    \
    }
TO(to_s8, int8_t, vi_store_s8, 0)
TO(to_u8, uint8_t, vi_store_u8, 128)
TO(to_s16, int16_t, vi_store_s16, -r->zero)
LN_INLINE void store_f32(float *q, vi v)
{
    vf_store(q, vf_from_vi(v));
}
LN_INLINE void store_f32_n(float *q, vi v, size_t n)
{
    vf_store_n(q, vf_from_vi(v), n);
}
TO(to_f32, float, store_f32, -r->zero)
#undef TO

/* ---- sums ---- */

/* One vector of columns goes down all rows. */
typedef struct columns {
    vf scale, bias, min, max;
    vi weights;
} columns;

/* Rounds as often as the references do, and in their order: the next layer quantizes what comes
 * out, which makes a whole step of a difference in the last place. */
LN_INLINE vf scaled(vi sum, vf row, int32_t offset, const columns *c, bool column_first)
{
    const vf v = vf_from_vi(vi_sub(sum, vi_mul(vi_set(offset), c->weights)));
    const vf product =
        column_first ? vf_mul(vf_mul(v, c->scale), row) : vf_mul(v, vf_mul(row, c->scale));
    /* the limit comes first: the second operand is what NaN leaves */
    return vf_min(c->max, vf_max(c->min, vf_add(product, c->bias)));
}

LN_INLINE void scale_columns(float *y, size_t ldy, const int32_t *x, size_t ldx, size_t rows,
                             size_t n, const ln_hybrid_scales *q, const columns *c)
{
    for (size_t i = 0; i < rows; i++, y += ldy, x += ldx) {
        const vi sum = n < VF ? vi_load_n(x, n) : vi_load(x);
        const vf v =
            scaled(sum, vf_set(q->row[i]), q->offset ? q->offset[i] : 0, c, q->column_first);
        if (n < VF)
            vf_store_n(y, v, n);
        else
            vf_store(y, v);
    }
}

static void scale(float *y, size_t ldy, const int32_t *x, size_t ldx, size_t rows, size_t n,
                  const ln_hybrid_scales *q)
{
    columns c = {.min = vf_set(q->min), .max = vf_set(q->max), .weights = vi_set(0)};
    size_t j = 0;
    for (; j + VF <= n; j += VF) {
        c.scale = vf_load(q->column + j);
        c.bias = vf_load(q->bias + j);
        if (q->offset)
            c.weights = vi_load(q->weights + j);
        scale_columns(y + j, ldy, x + j, ldx, rows, VF, q, &c);
    }
    if (j == n)
        return;
    c.scale = vf_load_n(q->column + j, n - j);
    c.bias = vf_load_n(q->bias + j, n - j);
    if (q->offset)
        c.weights = vi_load_n(q->weights + j, n - j);
    scale_columns(y + j, ldy, x + j, ldx, rows, n - j, q, &c);
}

void LN_SET_FN(ln_hybrid_init)(ln_kernels *k)
{
    k->hybrid = (ln_hybrid_kernels){.range = range,
                                    .to_s8 = to_s8,
                                    .to_u8 = to_u8,
                                    .to_s16 = to_s16,
                                    .to_f32 = to_f32,
                                    .scale = scale};
}
