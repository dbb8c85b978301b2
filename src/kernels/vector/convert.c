/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c: between number formats and scales; the contract is in kernels/convert.h. */
#include "kernels/keep.h"
#include "kernels/kernels.h"
#include "kernels/vector/fixed.h"

/* `expr` is what is stored of the loaded x. */
#define CONVERT(name, from_type, vector, load, to_type, store, setup, expr)      \
    static void name(void *to, const void *const *from, size_t n, const void *p) \
    {                                                                            \
        const from_type *u = from[0];                                            \
        to_type *y = to;                                                         \
        size_t i = 0;                                                            \
        (void)p;                                                                 \
        setup;                                                                   \
        for (; n - i >= VF; i += VF) {                                           \
            const vector x = load(u + i);                                        \
            store(y + i, expr);                                                  \
        }                                                                        \
        if (i < n) {                                                             \
            const vector x = load##_n(u + i, n - i);                             \
            store##_n(y + i, expr, n - i);                                       \
        }                                                                        \
    }

/* ---- quantize, dequantize ---- */

typedef struct steps {
    vf scale, low, high; /* limits before the zero point is added */
    vi zero;
} steps;

LN_INLINE steps steps_of(const ln_convert_steps *p)
{
    return (steps){vf_set(p->scale), vf_set((float)(p->min - p->zero)),
                   vf_set((float)(p->max - p->zero)), vi_set(p->zero)};
}

LN_INLINE vi quantize(vf x, const steps *s)
{
    const vf q = vf_div(x, s->scale);
    const vi whole = vi_round(vf_min(s->high, vf_max(s->low, q)));
    return vi_select(vf_eq(q, q), vi_add(whole, s->zero), vi_set(0));
}

#define SCALE       const ln_convert_scale s = *(const ln_convert_scale *)p
#define DEQUANTIZED vf_mul(vf_set(s.scale), vf_from_vi(vi_sub(x, vi_set(s.zero))))
#define QUANTIZES(suffix, type)                                             \
    CONVERT(quantize_##suffix, float, vf, vf_load, type, vi_store_##suffix, \
            const steps s = steps_of(p), quantize(x, &s))                   \
    CONVERT(dequantize_##suffix, type, vi, vi_load_##suffix, float, vf_store, SCALE, DEQUANTIZED)
QUANTIZES(s8, int8_t)
QUANTIZES(u8, uint8_t)
QUANTIZES(s16, int16_t)

/* ---- rescale ---- */

typedef struct rescaling {
    vi zx, zy, min, max;
    vi_fixed m;
} rescaling;

LN_INLINE rescaling rescaling_of(const ln_convert_rescale *p)
{
    return (rescaling){vi_set(p->zx), vi_set(p->zy), vi_set(p->min), vi_set(p->max),
                       vi_fixed_of(&p->m)};
}

LN_INLINE vi rescale(vi x, const rescaling *r)
{
    const vi v = vi_add(vi_times(vi_sub(x, r->zx), &r->m), r->zy);
    return vi_min(vi_max(v, r->min), r->max);
}

#define RESCALE(name, from_type, load, to_type, store)           \
    CONVERT(rescale_##name, from_type, vi, load, to_type, store, \
            const rescaling r = rescaling_of(p), rescale(x, &r))
RESCALE(s8_s16, int8_t, vi_load_s8, int16_t, vi_store_s16)
RESCALE(s8_s32, int8_t, vi_load_s8, int32_t, vi_store)
RESCALE(u8_s16, uint8_t, vi_load_u8, int16_t, vi_store_s16)
RESCALE(u8_s32, uint8_t, vi_load_u8, int32_t, vi_store)
RESCALE(s16_s8, int16_t, vi_load_s16, int8_t, vi_store_s8)
RESCALE(s16_u8, int16_t, vi_load_s16, uint8_t, vi_store_u8)
RESCALE(s16_s16, int16_t, vi_load_s16, int16_t, vi_store_s16)
RESCALE(s16_s32, int16_t, vi_load_s16, int32_t, vi_store)
RESCALE(s32_s8, int32_t, vi_load, int8_t, vi_store_s8)
RESCALE(s32_u8, int32_t, vi_load, uint8_t, vi_store_u8)
RESCALE(s32_s16, int32_t, vi_load, int16_t, vi_store_s16)
RESCALE(s32_s32, int32_t, vi_load, int32_t, vi_store)

/* ---- cast ---- */

LN_INLINE vi truth_of_int(vi x)
{
    return vi_select(vi_eq(x, vi_set(0)), vi_set(0), vi_set(1));
}

LN_INLINE vi truth_of_float(vf x)
{
    return vi_select(vf_eq(x, vf_set(0)), vi_set(0), vi_set(1));
}

/* vi_trunc, with the largest int32 where that gives INT32_MIN for what is too large or NaN. */
LN_INLINE vi saturated(vf x)
{
    return vi_select(vf_lt(x, vf_set(2147483648.0f)), vi_trunc(x), vi_set(INT32_MAX));
}

#define CAST_INTEGER(suffix, type, load)                                           \
    CONVERT(cast_##suffix##_s32, type, vi, load, int32_t, vi_store, , x)           \
    CONVERT(cast_##suffix##_f32, type, vi, load, float, vf_store, , vf_from_vi(x)) \
    CONVERT(cast_##suffix##_bool, type, vi, load, uint8_t, vi_store_u8, , truth_of_int(x))
CAST_INTEGER(s8, int8_t, vi_load_s8)
CAST_INTEGER(u8, uint8_t, vi_load_u8)
CAST_INTEGER(s16, int16_t, vi_load_s16)
CAST_INTEGER(s32, int32_t, vi_load)
CONVERT(cast_f32_s32, float, vf, vf_load, int32_t, vi_store, , saturated(x))
CONVERT(cast_f32_f16, float, vf, vf_load, uint16_t, vf_store_f16, , x)
CONVERT(cast_f32_bool, float, vf, vf_load, uint8_t, vi_store_u8, , truth_of_float(x))
CONVERT(cast_f16_s32, uint16_t, vf, vf_load_f16, int32_t, vi_store, , saturated(x))
CONVERT(cast_f16_f32, uint16_t, vf, vf_load_f16, float, vf_store, , x)
CONVERT(cast_f16_bool, uint16_t, vf, vf_load_f16, uint8_t, vi_store_u8, , truth_of_float(x))

#define CASTS(suffix)                                            \
    LN_KEEP_ALL(suffix, {                                        \
                            [LN_AS_S32] = cast_##suffix##_s32,   \
                            [LN_AS_F32] = cast_##suffix##_f32,   \
                            [LN_AS_BOOL] = cast_##suffix##_bool, \
                        })
#define EACH(form) LN_KEEP(s8, form##_s8), LN_KEEP(u8, form##_u8), LN_KEEP(s16, form##_s16), NULL
/* clang-format off */
#define RESCALES(from, ...) LN_KEEP_ALL(rescale, LN_KEEP_ALL(from, {__VA_ARGS__}))
/* clang-format on */

void LN_SET_FN(ln_convert_init)(ln_kernels *k)
{
    k->convert = (ln_convert_kernels){
        .quantize = LN_KEEP_ALL(quantize, {EACH(quantize)}),
        .dequantize = LN_KEEP_ALL(dequantize, {EACH(dequantize)}),
        .rescale =
            {
                [LN_AS_S8] = RESCALES(s8, NULL, NULL, LN_KEEP(s16, rescale_s8_s16), rescale_s8_s32),
                [LN_AS_U8] = RESCALES(u8, NULL, NULL, LN_KEEP(s16, rescale_u8_s16), rescale_u8_s32),
                [LN_AS_S16] =
                    RESCALES(s16, rescale_s16_s8, rescale_s16_u8, rescale_s16_s16, rescale_s16_s32),
                /* reductions need it, too */
                [LN_AS_S32] = {LN_KEEP(s8, rescale_s32_s8), LN_KEEP(u8, rescale_s32_u8),
                               LN_KEEP(s16, rescale_s32_s16), rescale_s32_s32},
            },
        .cast = LN_KEEP_ALL(cast,
                            {
                                [LN_AS_S8] = CASTS(s8),
                                [LN_AS_U8] = CASTS(u8),
                                [LN_AS_S16] = CASTS(s16),
                                [LN_AS_S32] = CASTS(s32),
                                [LN_AS_BOOL] = CASTS(u8), /* bytes of 0 and 1 */
                                [LN_AS_F32] = {[LN_AS_S32] = cast_f32_s32,
                                               [LN_AS_F16] = cast_f32_f16,
                                               [LN_AS_BOOL] = cast_f32_bool},
                                [LN_AS_F16] = {[LN_AS_S32] = cast_f16_s32,
                                               [LN_AS_F32] = cast_f16_f32,
                                               [LN_AS_BOOL] = cast_f16_bool},
                            }),
    };
}
