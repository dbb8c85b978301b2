/* SPDX-License-Identifier: Apache-2.0 */
/* resize.c: rows of resized images; the contract is in kernels/resize.h.  A pixel's last vector is
 * stored whole where there is room: the next pixel overwrites what is too much. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

static void rows_f32(float *r, const float *a, const float *b, float f, size_t n)
{
    const vf left = vf_set(1 - f), right = vf_set(f);
    for (; n >= VF; n -= VF, r += VF, a += VF, b += VF)
        vf_store(r, vf_fma(vf_load(b), right, vf_mul(vf_load(a), left)));
    if (n > 0)
        vf_store_n(r, vf_fma(vf_load_n(b, n), right, vf_mul(vf_load_n(a, n), left)), n);
}

static void rows_u8(float *ra, float *rb, const uint8_t *a, const uint8_t *b, float f, size_t n)
{
    const vf left = vf_set(1 - f), right = vf_set(f);
    for (; n >= VF; n -= VF, ra += VF, rb += VF, a += VF, b += VF) {
        vf_store(ra, vf_mul(vf_from_vi(vi_load_u8(a)), left));
        vf_store(rb, vf_mul(vf_from_vi(vi_load_u8(b)), right));
    }
    if (n > 0) {
        vf_store_n(ra, vf_mul(vf_from_vi(vi_load_u8_n(a, n)), left), n);
        vf_store_n(rb, vf_mul(vf_from_vi(vi_load_u8_n(b, n)), right), n);
    }
}

static void rows_exact_u8(float *r, const uint8_t *a, const uint8_t *b, float f, size_t n)
{
    const vf left = vf_set(1 - f), right = vf_set(f);
    for (; n >= VF; n -= VF, r += VF, a += VF, b += VF)
        vf_store(r,
                 vf_fma(vf_from_vi(vi_load_u8(b)), right, vf_mul(vf_from_vi(vi_load_u8(a)), left)));
    if (n > 0)
        vf_store_n(r,
                   vf_fma(vf_from_vi(vi_load_u8_n(b, n)), right,
                          vf_mul(vf_from_vi(vi_load_u8_n(a, n)), left)),
                   n);
}

static void rows_s8(int32_t *r, const int8_t *a, const int8_t *b, int32_t i, size_t n)
{
    const vi right = vi_set(i), left = vi_sub(vi_set(1024), right);
    for (; n >= VF; n -= VF, r += VF, a += VF, b += VF)
        vi_store(r, vi_add(vi_mul(vi_load_s8(a), left), vi_mul(vi_load_s8(b), right)));
    if (n > 0)
        vi_store_n(r, vi_add(vi_mul(vi_load_s8_n(a, n), left), vi_mul(vi_load_s8_n(b, n), right)),
                   n);
}

/* `value` is made of j, the channel, and what `setup` makes of p, the pixel. */
#define PIXELS(type, setup, value, store)                                       \
    for (const ln_resize_pixel *end = p + count; p < end; p++, y += channels) { \
        const size_t room = (size_t)(end - p) * channels;                       \
        setup;                                                                  \
        for (size_t j = 0; j < channels; j += VF) {                             \
            if (room - j >= VF)                                                 \
                store(y + j, value);                                            \
            else                                                                \
                store##_n(y + j, value, channels - j);                          \
        }                                                                       \
    }

LN_INLINE vf blend_f32(const float *l, const float *r, vf left, vf right)
{
    return vf_fma(vf_load(r), right, vf_mul(vf_load(l), left));
}

static void pixels_f32(float *y, const float *r, const ln_resize_pixel *p, size_t count,
                       size_t channels)
{
    PIXELS(float, const vf right = vf_set(p->f);
           const vf left = vf_set(1 - p->f),
           blend_f32(r + p->low + j, r + p->high + j, left, right), vf_store)
}

/* In the order of the reference's sum. */
LN_INLINE vi blend_u8(const float *ra, const float *rb, const ln_resize_pixel *p, size_t j, vf left,
                      vf right)
{
    vf v = vf_mul(vf_load(ra + p->low + j), left);
    v = vf_add(v, vf_mul(vf_load(rb + p->low + j), left));
    v = vf_add(v, vf_mul(vf_load(ra + p->high + j), right));
    v = vf_add(v, vf_mul(vf_load(rb + p->high + j), right));
    /* the cast to uint8 of the reference keeps the low bits */
    return vi_and(vi_trunc(vf_add(v, vf_set(0.5f))), vi_set(255));
}

static void pixels_u8(uint8_t *y, const float *ra, const float *rb, const ln_resize_pixel *p,
                      size_t count, size_t channels)
{
    PIXELS(uint8_t, const vf right = vf_set(p->f);
           const vf left = vf_set(1 - p->f), blend_u8(ra, rb, p, j, left, right), vi_store_u8)
}

LN_INLINE vi blend_exact_u8(const float *l, const float *r, vf left, vf right)
{
    return vi_trunc(vf_fma(vf_load(r), right, vf_fma(vf_load(l), left, vf_set(0.5f))));
}

/* Pixels of two vectors; what lies left and right of several is loaded once.  Returns the first one
 * without room for both vectors. */
static const ln_resize_pixel *wide_pixels(uint8_t *y, const float *r, const ln_resize_pixel *p,
                                          size_t count, size_t channels)
{
    const vf half = vf_set(0.5f);
    for (const ln_resize_pixel *end = p + count; (size_t)(end - p) * channels >= 2 * VF;) {
        const size_t low = p->low, high = p->high;
        const vf a = vf_load(r + low), da = vf_sub(vf_load(r + high), a), a5 = vf_add(a, half);
        const vf b = vf_load(r + low + VF), db = vf_sub(vf_load(r + high + VF), b);
        const vf b5 = vf_add(b, half);
        do {
            const vf f = vf_set(p->f);
            vi_store_u8(y, vi_trunc(vf_fma(da, f, a5)));
            vi_store_u8(y + VF, vi_trunc(vf_fma(db, f, b5)));
            y += channels;
            p++;
        } while ((size_t)(end - p) * channels >= 2 * VF && p->low == low && p->high == high);
    }
    return p;
}

static void pixels_exact_u8(uint8_t *y, const float *r, const ln_resize_pixel *p, size_t count,
                            size_t channels)
{
    if (channels > VF && channels <= 2 * VF) {
        const ln_resize_pixel *rest = wide_pixels(y, r, p, count, channels);
        y += (size_t)(rest - p) * channels;
        count -= (size_t)(rest - p);
        p = rest;
    }
    PIXELS(uint8_t, const vf right = vf_set(p->f);
           const vf left = vf_set(1 - p->f),
           blend_exact_u8(r + p->low + j, r + p->high + j, left, right), vi_store_u8)
}

/* Over 2^20, to nearest, halves away from zero. */
LN_INLINE vi blend_s8(const int32_t *l, const int32_t *r, vi left, vi right)
{
    const vi v = vi_add(vi_mul(vi_load(l), left), vi_mul(vi_load(r), right));
    const vi half = vi_set(1 << 19);
    const vi sum = vi_add(v, vi_select(vi_gt(v, vi_set(0)), half, vi_sub(vi_set(0), half)));
    return vi_shr(vi_add(sum, vi_and(vi_shr(sum, 31), vi_set((1 << 20) - 1))), 20);
}

static void pixels_s8(int8_t *y, const int32_t *r, const ln_resize_pixel *p, size_t count,
                      size_t channels)
{
    PIXELS(int8_t, const vi right = vi_set(p->i);
           const vi left = vi_sub(vi_set(1024), right),
           blend_s8(r + p->low + j, r + p->high + j, left, right), vi_store_s8)
}

static void rows_s16(int32_t *r, const int16_t *a, const int16_t *b, int32_t i, size_t n)
{
    const vi right = vi_set(i), left = vi_sub(vi_set(1024), right);
    for (; n >= VF; n -= VF, r += VF, a += VF, b += VF)
        vi_store(r, vi_add(vi_mul(vi_load_s16(a), left), vi_mul(vi_load_s16(b), right)));
    for (size_t j = 0; j < n; j++)
        r[j] = a[j] * (1024 - i) + b[j] * i;
}

/* As blend_s8, whose sum has 36 bits here: 1024 l + f (r - l) is 1024 t and 10 bits more, of which
 * counts only that they are not 0, where t is not above 0. */
LN_INLINE vi blend_s16(const int32_t *l, const int32_t *r, vi f)
{
    const vi a = vi_load(l), d = vi_sub(vi_load(r), a);
    const vi low = vi_mul(vi_and(d, vi_set(4095)), f), high = vi_mul(vi_shr(d, 12), f);
    const vi t = vi_add(vi_add(a, vi_shl(high, 2)), vi_shr(low, 10));
    const vm whole = vi_eq(vi_and(low, vi_set(1023)), vi_set(0));
    const vm down = vm_and(whole, vm_not(vi_gt(t, vi_set(0))));
    return vi_shr(vi_add(t, vi_select(down, vi_set(511), vi_set(512))), 10);
}

static void pixels_s16(int16_t *y, const int32_t *r, const ln_resize_pixel *p, size_t count,
                       size_t channels)
{
    for (const ln_resize_pixel *end = p + count; p < end; p++, y += channels) {
        const int32_t *left = r + p->low, *right = r + p->high;
        size_t j = 0;
        for (; channels - j >= VF; j += VF)
            vi_store_s16(y + j, blend_s16(left + j, right + j, vi_set(p->i)));
        for (; j < channels; j++) {
            const int64_t v = (int64_t)left[j] * (1024 - p->i) + (int64_t)right[j] * p->i;
            y[j] = (int16_t)((v + (v > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
        }
    }
}

void LN_SET_FN(ln_resize_init)(ln_kernels *k)
{
    k->resize = (ln_resize_kernels){
        .rows_f32 = rows_f32,
        .pixels_f32 = pixels_f32,
        .rows_u8 = rows_u8,
        .pixels_u8 = pixels_u8,
        .rows_exact_u8 = rows_exact_u8,
        .pixels_exact_u8 = pixels_exact_u8,
        .rows_s8 = rows_s8,
        .pixels_s8 = pixels_s8,
        .rows_s16 = rows_s16,
        .pixels_s16 = pixels_s16,
    };
}
