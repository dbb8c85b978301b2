/* SPDX-License-Identifier: Apache-2.0 */
/* quantized.c: elementwise functions of quantized operands; the contract is in
 * kernels/quantized.h.
 *
 * The reference rounds several times on its way.  Of 8-bit operands nearly all results are also
 * those of one rounding in floats, which takes a third of the time; the few that are too near to
 * the middle between two numbers to be sure of are computed the reference's way. */
#include "kernels/keep.h"
#include "kernels/kernels.h"
#include "kernels/vector/fixed.h"
#include "kernels/vector/forms.h"

typedef struct pair {
    vi za, zb, zy, min, max;
    vi_fixed a, b, y;
} pair;

LN_INLINE vi finish(vi v, const pair *q)
{
    return vi_min(vi_max(vi_add(vi_times(v, &q->y), q->zy), q->min), q->max);
}

LN_INLINE vi add(vi a, vi b, const pair *q)
{
    return finish(vi_add(vi_times(vi_sub(a, q->za), &q->a), vi_times(vi_sub(b, q->zb), &q->b)), q);
}

LN_INLINE vi subtract(vi a, vi b, const pair *q)
{
    return finish(vi_sub(vi_times(vi_sub(a, q->za), &q->a), vi_times(vi_sub(b, q->zb), &q->b)), q);
}

LN_INLINE vi multiply(vi a, vi b, const pair *q)
{
    return finish(vi_mul(vi_sub(a, q->za), vi_sub(b, q->zb)), q);
}

LN_INLINE vi square(vi a, vi b, const pair *q)
{
    const vi d = vi_sub(vi_times(vi_sub(a, q->za), &q->a), vi_times(vi_sub(b, q->zb), &q->b));
    return finish(vi_mul(d, d), q);
}

LN_INLINE vi slope(vi a, vi b, const pair *q)
{
    const vi v = vi_sub(a, q->za), w = vi_mul(v, vi_sub(b, q->zb));
    const vi y = vi_select(vi_gt(vi_set(0), v), vi_times(w, &q->y), vi_times(v, &q->a));
    return vi_min(vi_max(vi_add(y, q->zy), q->min), q->max);
}

LN_INLINE vi leaky(vi a, vi b, const pair *q)
{
    const vi v = vi_sub(a, q->za);
    const vi y = vi_select(vi_gt(vi_set(0), v), vi_times(v, &q->y), vi_times(v, &q->a));
    (void)b;
    return vi_min(vi_max(vi_add(y, q->zy), q->min), q->max);
}

#define PAIR(op, suffix, type)                                                               \
    LN_INLINE void op##_##suffix(void *to, const void *const *from, size_t n, const void *p, \
                                 bool left, bool right)                                      \
    {                                                                                        \
        const ln_elt_fixed_pair *r = p;                                                      \
        const pair q = {                                                                     \
            vi_set(r->za),  vi_set(r->zb),      vi_set(r->zy),      vi_set(r->min),          \
            vi_set(r->max), vi_fixed_of(&r->a), vi_fixed_of(&r->b), vi_fixed_of(&r->y)};     \
        const type *u = from[0], *w = from[1];                                               \
        const vi us = left ? vi_set(*u) : vi_set(0), ws = right ? vi_set(*w) : vi_set(0);    \
        type *y = to;                                                                        \
        for (size_t i = 0, m; i < n; i += m) { /* the end shares the code: it is short */    \
            m = LN_MIN(n - i, (size_t)VF);                                                   \
            const bool all = m == VF;                                                        \
            const vi a = left  ? us                                                          \
                         : all ? vi_load_##suffix(u + i)                                     \
                               : vi_load_##suffix##_n(u + i, m);                             \
            const vi b = right ? ws                                                          \
                         : all ? vi_load_##suffix(w + i)                                     \
                               : vi_load_##suffix##_n(w + i, m);                             \
            const vi v = op(a, b, &q);                                                       \
            if (all)                                                                         \
                vi_store_##suffix(y + i, v);                                                 \
            else                                                                             \
                vi_store_##suffix##_n(y + i, v, m);                                          \
        }                                                                                    \
    }                                                                                        \
    FORM(op##_##suffix, vv, false, false)
#define PAIR_FORMS(op, suffix, type)     \
    PAIR(op, suffix, type)               \
    FORM(op##_##suffix, vs, false, true) \
    FORM(op##_##suffix, sv, true, false)
#define PAIRS(op)               \
    PAIR_FORMS(op, s8, int8_t)  \
    PAIR_FORMS(op, u8, uint8_t) \
    PAIR_FORMS(op, s16, int16_t)
PAIRS(add)
PAIRS(subtract)
PAIRS(multiply)
PAIR(square, s8, int8_t)
PAIR(slope, s8, int8_t)
PAIR(slope, u8, uint8_t)
PAIR(leaky, s16, int16_t)

static void leaky_one_s16(void *y, const void *const *x, size_t n, const void *p)
{
    leaky_s16_vv(y, (const void *const[]){x[0], x[0]}, n, p);
}

/* ---- by floats ---- */

typedef struct line {
    vf a, b, start, za, zb, ua, ub, wa, wb, sure;
    vi telling, below, zy, min, max;
    vh least, most; /* the limits */
} line;

/* lowest: of the type. */
LN_INLINE line line_of(const ln_elt_fixed_pair *p, const int lowest)
{
    const int bits_of_256 = 0x43800000;
    return (line){
        vf_set(p->fa),           vf_set(p->fb),          vf_set(p->start),
        vf_set((float)p->za),    vf_set((float)p->zb),   vf_set(p->ua),
        vf_set(p->ub),           vf_set(p->wa),          vf_set(p->wb),
        vf_set(p->sure),         vi_set(p->telling),     vi_set((bits_of_256 >> 15) - lowest),
        vi_set(p->zy),           vi_set(p->min),         vi_set(p->max),
        vh_set((int16_t)p->min), vh_set((int16_t)p->max)};
}

/* What is smaller than 256 is below all limits, and what is larger than 511 above. */
LN_INLINE vi sum(vf a, vf b, const line *l, vm *sure)
{
    const vi bits = vi_bits(vf_fma(a, l->a, vf_fma(b, l->b, l->start)));
    *sure = vi_meet(*sure, bits, l->telling);
    return vi_sub(vi_shr(bits, 15), l->below);
}

LN_INLINE vi rounded(vf v, const line *l, vm *sure)
{
    const vi q = vi_round(v);
    *sure = vm_and(*sure, vf_le(vf_abs(vf_sub(v, vf_from_vi(q))), l->sure));
    return q;
}

LN_INLINE vi product(vf a, vf b, const line *l, vm *sure)
{
    const vf p = vf_mul(vf_sub(a, l->za), vf_sub(b, l->zb));
    const vi sign = vi_and(vi_bits(p), vi_set(INT32_MIN));
    const vf away = vf_bits(vi_or(sign, vi_bits(l->b)));
    return vi_add(rounded(vf_fma(p, l->a, away), l, sure), l->zy);
}

LN_INLINE vh limited(vi a, vi b, const line *l)
{
    return vh_min(vh_max(vh_pack(a, b), l->least), l->most);
}

LN_INLINE vf in_units(vf a, vf zero, vf unit, vf away)
{
    const vf v = vf_mul(vf_sub(a, zero), unit);
    return vf_round(vf_add(v, vf_copysign(away, v)));
}

LN_INLINE vi squared(vf a, vf b, const line *l, vm *sure)
{
    const vf d = vf_sub(in_units(a, l->za, l->ua, l->wa), in_units(b, l->zb, l->ub, l->wb));
    return vi_add(rounded(vf_fma(vf_mul(d, d), l->a, l->b), l, sure), l->zy);
}

/* `vectors`, 4 or 1, is a constant in every call. */
#define QUICK(op, line_op, known, suffix, type, lowest)                                          \
    LN_INLINE void some_##op##_##suffix(type *y, const type *u, const type *w, const line *l,    \
                                        const void *p, bool left, bool right, ln_elt_fn exact,   \
                                        const int vectors)                                       \
    {                                                                                            \
        vi q[4];                                                                                 \
        vm sure = vi_eq(vi_set(0), vi_set(0));                                                   \
        LN_UNROLL                                                                                \
        for (int k = 0; k < vectors; k++) {                                                      \
            const vf a = left ? vf_set((float)*u) : vf_from_vi(vi_load_##suffix(u + k * VF));    \
            const vf b = right ? vf_set((float)*w) : vf_from_vi(vi_load_##suffix(w + k * VF));   \
            q[k] = line_op(a, b, l, &sure);                                                      \
        }                                                                                        \
        const void *const here[] = {u, w};                                                       \
        if (LN_LIKELY(!vm_any(vm_not(sure)))) {                                                  \
            if (vectors == 4)                                                                    \
                vh_store2_##suffix(y, limited(q[0], q[1], l), limited(q[2], q[3], l));           \
            else                                                                                 \
                vi_store_##suffix(y, vi_min(vi_max(q[0], l->min), l->max));                      \
        } else {                                                                                 \
            exact(y, here, (size_t)vectors *VF, p);                                              \
        }                                                                                        \
    }                                                                                            \
    LN_INLINE void quick_##op##_##suffix(void *to, const void *const *from, size_t n,            \
                                         const void *p, bool left, bool right, ln_elt_fn exact)  \
    {                                                                                            \
        enum { STEP = 4 * VF };                                                                  \
        const line l = line_of(p, lowest);                                                       \
        const type *u = from[0], *w = from[1];                                                   \
        type *y = to;                                                                            \
        const bool quick = ((const ln_elt_fixed_pair *)p)->known > 0;                            \
        size_t i = 0;                                                                            \
        for (; quick && n - i >= STEP; i += STEP)                                                \
            some_##op##_##suffix(y + i, left ? u : u + i, right ? w : w + i, &l, p, left, right, \
                                 exact, 4);                                                      \
        for (; quick && n - i >= VF; i += VF)                                                    \
            some_##op##_##suffix(y + i, left ? u : u + i, right ? w : w + i, &l, p, left, right, \
                                 exact, 1);                                                      \
        if (i < n) {                                                                             \
            const void *const here[] = {left ? u : u + i, right ? w : w + i};                    \
            exact(y + i, here, n - i, p);                                                        \
        }                                                                                        \
    }                                                                                            \
    QUICK_FORM(op, suffix, vv, false, false)
#define QUICK_FORMS(op, line_op, known, suffix, type, lowest) \
    QUICK(op, line_op, known, suffix, type, lowest)           \
    QUICK_FORM(op, suffix, vs, false, true)                   \
    QUICK_FORM(op, suffix, sv, true, false)
#define QUICK_FORM(op, suffix, form, left, right)                                       \
    static void quick_##op##_##suffix##_##form(void *y, const void *const *x, size_t n, \
                                               const void *p)                           \
    {                                                                                   \
        quick_##op##_##suffix(y, x, n, p, left, right, op##_##suffix##_##form);         \
    }
QUICK_FORMS(add, sum, telling, s8, int8_t, INT8_MIN)
QUICK_FORMS(add, sum, telling, u8, uint8_t, 0)
QUICK_FORMS(subtract, sum, telling, s8, int8_t, INT8_MIN)
QUICK_FORMS(subtract, sum, telling, u8, uint8_t, 0)
QUICK_FORMS(multiply, product, sure, s8, int8_t, INT8_MIN)
QUICK_FORMS(multiply, product, sure, u8, uint8_t, 0)
QUICK(square, squared, sure, s8, int8_t, INT8_MIN)

/* ---- a line for each column: where there are vectors ---- */

#if !defined(LN_SET_IS_portable)

/* Columns [at, at + n), n at most VF. */
LN_INLINE vf on_line(vf x, const ln_quant_line *l, size_t at, size_t n, bool away)
{
    const vf a = vf_load_most(l->a + at, n);
    const vf b = vf_load_most(l->b + at, n);
    vf v = vf_fma(x, a, b);
    if (away)
        v = vf_add(v, vf_copysign(vf_set(l->away), v));
    v = vf_add(vf_from_vi(vi_round(v)), vf_set(l->zero));
    return vf_min(vf_max(v, vf_set(l->min)), vf_set(l->max));
}

LN_INLINE vi on_lines(vi x, const ln_quant_line *first, const ln_quant_line *second, size_t at,
                      size_t n)
{
    const vf v = on_line(vf_from_vi(x), first, at, n, true);
    return vi_round(second ? on_line(v, second, at, n, false) : v);
}

LN_INLINE void lines_row(int8_t *y, const int8_t *x, size_t n, const ln_quant_line *first,
                         const ln_quant_line *second)
{
    size_t j = 0;
    for (; n - j >= 4 * VF; j += 4 * VF) {
        vi q[4];
        LN_UNROLL
        for (size_t k = 0; k < 4; k++)
            q[k] = on_lines(vi_load_s8(x + j + k * VF), first, second, j + k * VF, VF);
        vh_store2_s8(y + j, vh_pack(q[0], q[1]), vh_pack(q[2], q[3]));
    }
    for (size_t m; j < n; j += m) {
        m = LN_MIN(n - j, (size_t)VF);
        vi_store_s8_n(y + j, on_lines(vi_load_s8_n(x + j, m), first, second, j, m), m);
    }
}

static void by_lines(int8_t *y, const int8_t *x, size_t rows, size_t n, const ln_quant_line *first,
                     const ln_quant_line *second)
{
    const ln_quant_line f = *first, g = second ? *second : f; /* which y cannot change */
    for (size_t i = 0; i < rows; i++, x += n, y += n) {
        if (second)
            lines_row(y, x, n, &f, &g);
        else
            lines_row(y, x, n, &f, NULL);
    }
}

/* ---- a row of gates: the same factor for all items of a column ---- */

/* Of a column: what goes with an item's distance from its zero point, and how far to go away from
 * 0, with the factor's sign. */
typedef struct gate {
    vf slope, away;
} gate;

LN_INLINE gate gate_of(vi b, const line *l)
{
    const vf slope = vf_mul(vf_sub(vf_from_vi(b), l->zb), l->a);
    const vi sign = vi_and(vi_bits(slope), vi_set(INT32_MIN));
    return (gate){slope, vf_bits(vi_xor(vi_bits(l->b), sign))};
}

LN_INLINE vi through(vi x, const gate *g, const line *l, vm *sure)
{
    const vf v = vf_sub(vf_from_vi(x), l->za);
    const vi away = vi_xor(vi_and(vi_bits(v), vi_set(INT32_MIN)), vi_bits(g->away));
    return rounded(vf_fma(v, g->slope, vf_bits(away)), l, sure);
}

/* Columns [0, 4 VF). */
LN_INLINE void gates_wide(int8_t *y, const int8_t *x, const int8_t *b, size_t rows, size_t n,
                          const ln_elt_fixed_pair *p, const line *l)
{
    const vh zero = vh_set((int16_t)p->zy), min = vh_set((int16_t)p->min),
             max = vh_set((int16_t)p->max);
    gate g[4];
    LN_UNROLL
    for (int k = 0; k < 4; k++)
        g[k] = gate_of(vi_load_s8(b + k * VF), l);
    for (size_t i = 0; i < rows; i++, x += n, y += n) {
        vm sure = vi_eq(vi_set(0), vi_set(0));
        vi q[4];
        LN_UNROLL
        for (int k = 0; k < 4; k++)
            q[k] = through(vi_load_s8(x + k * VF), &g[k], l, &sure);
        const vh low = vh_add(vh_pack(q[0], q[1]), zero), high = vh_add(vh_pack(q[2], q[3]), zero);
        if (LN_LIKELY(!vm_any(vm_not(sure))))
            vh_store2_s8(y, vh_min(vh_max(low, min), max), vh_min(vh_max(high, min), max));
        else
            multiply_s8_vv(y, (const void *const[]){x, b}, (size_t)4 * VF, p);
    }
}

static void gates(int8_t *y, const int8_t *x, const int8_t *b, size_t rows, size_t n,
                  const ln_elt_fixed_pair *p)
{
    const line l = line_of(p, INT8_MIN);
    size_t j = 0;
    for (; n - j >= (size_t)4 * VF; j += (size_t)4 * VF)
        gates_wide(y + j, x + j, b + j, rows, n, p, &l);
    for (size_t i = 0; i < rows && j < n; i++, x += n, y += n)
        quick_multiply_s8_vv(y + j, (const void *const[]){x + j, b + j}, n - j, p);
}
#else
#define by_lines NULL
#define gates    NULL
#endif

/* ---- tables ---- */

static void lut8_prepare(uint8_t table[256])
{
    (void)table; /* in order */
}

static void lut8(void *to, const void *const *from, size_t n, const void *p)
{
    const uint8_t *x = from[0], *table = p;
    uint8_t *y = to;
    for (; n >= 4; n -= 4, x += 4, y += 4) {
        const uint8_t a = table[x[0]], b = table[x[1]], c = table[x[2]], d = table[x[3]];
        y[0] = a;
        y[1] = b;
        y[2] = c;
        y[3] = d;
    }
    for (; n > 0; n--)
        *y++ = table[*x++];
}

void LN_SET_FN(ln_quantized_init)(ln_kernels *k)
{
#define TYPES(op)                                      \
    {LN_KEEP_ALL(pair_s8, ALL_FORMS(quick_##op##_s8)), \
     LN_KEEP_ALL(pair_u8, ALL_FORMS(quick_##op##_u8)), LN_KEEP_ALL(pair_s16, ALL_FORMS(op##_s16))}
    k->quantized = (ln_quantized_kernels){
        .pair =
            {
                [LN_QUANT_ADD] = LN_KEEP_ALL(add, TYPES(add)),
                [LN_QUANT_SUB] = LN_KEEP_ALL(sub, TYPES(subtract)),
                [LN_QUANT_MUL] = LN_KEEP_ALL(mul, TYPES(multiply)),
                [LN_QUANT_SQUARED_DIFFERENCE] = {{LN_KEEP(squared_difference, quick_square_s8_vv)}},
                [LN_QUANT_LEAKY] = {{NULL}, {NULL}, {LN_KEEP(leaky_relu, leaky_one_s16)}},
                [LN_QUANT_PRELU] = {{LN_KEEP(prelu, slope_s8_vv)}, {LN_KEEP(prelu, slope_u8_vv)}},
            },
        .lut8 = lut8,
        .lut8_prepare = lut8_prepare,
        .lines_s8 = LN_KEEP(pair_s8, by_lines),
        .gates_s8 = LN_KEEP(mul, LN_KEEP(pair_s8, gates)),
    };
}
