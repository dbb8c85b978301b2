/* SPDX-License-Identifier: Apache-2.0 */
/* winograd.c: the transforms of Winograd's convolutions over a vector of channels; the contract and
 * the points are in kernels/winograd.h.  Each is applied along columns, then along lines. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

enum { MOST = 6 }; /* values along an axis */

#define HALF_ROOT 0.70710678118654752f
#define ROOT      1.41421356237309505f

/* ---- along one axis ---- */

typedef void (*axis_fn)(vf *y, const vf *x, size_t step);

/* B' for 2 outputs: x and y have 4 items, `step` vectors apart. */
LN_INLINE void input_axis_2(vf *y, const vf *x, size_t step)
{
    const vf x1 = x[step], x2 = x[2 * step];
    y[0] = vf_sub(x[0], x2);
    y[step] = vf_add(x1, x2);
    y[2 * step] = vf_sub(x2, x1);
    y[3 * step] = vf_sub(x[3 * step], x1);
}

LN_INLINE void output_axis_2(vf *y, const vf *x, size_t step)
{
    const vf x1 = x[step], x2 = x[2 * step];
    y[0] = vf_add(x[0], vf_add(x1, x2));
    y[step] = vf_add(vf_sub(x1, x2), x[3 * step]);
}

/* B' for 4 outputs, of 6 items: the polynomials through all points but one. */
LN_INLINE void input_axis_4(vf *y, const vf *x, size_t step)
{
    const vf x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step];
    const vf even_a = vf_fma(vf_set(-2), x2, x4);
    const vf even_b = vf_fma(vf_set(-0.5f), x2, x4);
    const vf odd_a = vf_fma(vf_set(HALF_ROOT), x3, vf_mul(vf_set(-ROOT), x1));
    const vf odd_b = vf_fma(vf_set(ROOT), x3, vf_mul(vf_set(-HALF_ROOT), x1));
    y[0] = vf_fma(vf_set(-2.5f), x2, vf_add(x[0], x4));
    y[5 * step] = vf_fma(vf_set(-2.5f), x3, vf_add(x1, x[5 * step]));
    y[step] = vf_add(even_a, odd_a);
    y[2 * step] = vf_sub(even_a, odd_a);
    y[3 * step] = vf_add(even_b, odd_b);
    y[4 * step] = vf_sub(even_b, odd_b);
}

/* A': powers of the points. */
LN_INLINE void output_axis_4(vf *y, const vf *x, size_t step)
{
    const vf sum_a = vf_add(x[step], x[2 * step]), sum_b = vf_add(x[3 * step], x[4 * step]);
    const vf dif_a = vf_sub(x[step], x[2 * step]), dif_b = vf_sub(x[3 * step], x[4 * step]);
    const vf last = x[5 * step];
    y[0] = vf_add(x[0], vf_add(sum_a, sum_b));
    y[step] = vf_fma(vf_set(ROOT), dif_b, vf_mul(vf_set(HALF_ROOT), dif_a));
    y[2 * step] = vf_fma(vf_set(2), sum_b, vf_mul(vf_set(0.5f), sum_a));
    y[3 * step] = vf_fma(vf_set(2 * ROOT), dif_b, vf_fma(vf_set(HALF_ROOT / 2), dif_a, last));
}

/* G for 2 outputs: 3 weights become 4. */
LN_INLINE void weights_axis_2(vf *y, const vf *x, size_t step)
{
    const vf half = vf_set(0.5f), x0 = x[0], x1 = x[step], x2 = x[2 * step];
    const vf sum = vf_mul(half, vf_add(x0, x2));
    y[0] = x0;
    y[step] = vf_fma(half, x1, sum);
    y[2 * step] = vf_fma(vf_set(-0.5f), x1, sum);
    y[3 * step] = x2;
}

/* G for 4 outputs: powers of each point over the product of its distances from the others. */
LN_INLINE void weights_axis_4(vf *y, const vf *x, size_t step)
{
    const vf x0 = x[0], x1 = x[step], x2 = x[2 * step];
    const vf even_a = vf_fma(vf_set(-2.0f / 3), x0, vf_mul(vf_set(-1.0f / 3), x2));
    const vf even_b = vf_fma(vf_set(1.0f / 6), x0, vf_mul(vf_set(1.0f / 3), x2));
    y[0] = x0;
    y[step] = vf_fma(vf_set(-ROOT / 3), x1, even_a);
    y[2 * step] = vf_fma(vf_set(ROOT / 3), x1, even_a);
    y[3 * step] = vf_fma(vf_set(ROOT / 6), x1, even_b);
    y[4 * step] = vf_fma(vf_set(-ROOT / 6), x1, even_b);
    y[5 * step] = x2;
}

/* ---- tiles ---- */

/* One vector of channels, `count` of them; `size` values along each axis. */
LN_INLINE void weights_tile(float *u, size_t step, const float *g, size_t tap, size_t count,
                            axis_fn axis, const size_t size)
{
    vf t[MOST * MOST];
    for (size_t c = 0; c < 3; c++) {
        LN_UNROLL
        for (size_t l = 0; l < 3; l++)
            t[l * size + c] = vf_load_most(g + (l * 3 + c) * tap, count);
        axis(t + c, t + c, size);
    }
    for (size_t l = 0; l < size; l++, u += size * step) {
        vf line[MOST];
        axis(line, t + l * size, 1);
        LN_UNROLL
        for (size_t c = 0; c < size; c++)
            vf_store_most(u + c * step, line[c], count);
    }
}

LN_INLINE void weights(float *u, size_t step, const float *g, size_t tap, size_t n, axis_fn axis,
                       const size_t size)
{
    for (size_t i = 0; i < n; i += VF)
        weights_tile(u + i, step, g + i, tap, LN_MIN(n - i, (size_t)VF), axis, size);
}

LN_INLINE void input_tile(float *v, size_t step, const ln_winograd_in *x, size_t from, size_t count,
                          axis_fn axis, const size_t size)
{
    vf t[MOST * MOST];
    for (size_t c = 0; c < size; c++) {
        LN_UNROLL
        for (size_t l = 0; l < size; l++)
            t[l * size + c] = vf_load_most(x->at + l * x->line + c * x->pixel + from, count);
        axis(t + c, t + c, size);
    }
    for (size_t l = 0; l < size; l++, v += size * step) {
        vf u[MOST];
        axis(u, t + l * size, 1);
        LN_UNROLL
        for (size_t c = 0; c < size; c++)
            vf_store_most(v + c * step + from, u[c], count);
    }
}

LN_INLINE void input(float *v, size_t step, const ln_winograd_in *x, axis_fn axis,
                     const size_t size)
{
    size_t i = 0;
    for (; i + VF <= x->n; i += VF)
        input_tile(v, step, x, i, VF, axis, size);
    if (i < x->n)
        input_tile(v, step, x, i, x->n - i, axis, size);
}

LN_INLINE void output_tile(const ln_winograd_out *y, const float *m, size_t step, size_t from,
                           size_t count, axis_fn axis, const size_t size)
{
    const vf bias = y->bias ? vf_load_most(y->bias + from, count) : vf_set(0);
    const vf min = vf_set(y->min), max = vf_set(y->max);
    vf t[MOST * MOST];
    for (size_t c = 0; c < size; c++) {
        LN_UNROLL
        for (size_t l = 0; l < size; l++)
            t[l * size + c] = vf_load_most(m + (l * size + c) * step + from, count);
        axis(t + c, t + c, size);
    }
    for (size_t l = 0; l < y->lines; l++) {
        float *to = y->at + l * y->line + from;
        vf u[MOST];
        axis(u, t + l * size, 1);
        for (size_t c = 0; c < y->columns; c++, to += y->pixel) {
            const vf sum = vf_add(u[c], bias);
            vf_store_most(to, vf_min(max, vf_max(min, sum)), count);
        }
    }
}

LN_INLINE void output(const ln_winograd_out *y, const float *m, size_t step, size_t n, axis_fn axis,
                      const size_t size)
{
    size_t i = 0;
    for (; i + VF <= n; i += VF)
        output_tile(y, m, step, i, VF, axis, size);
    if (i < n)
        output_tile(y, m, step, i, n - i, axis, size);
}

static void weights2(float *u, size_t step, const float *g, size_t tap, size_t n)
{
    weights(u, step, g, tap, n, weights_axis_2, 4);
}

static void weights4(float *u, size_t step, const float *g, size_t tap, size_t n)
{
    weights(u, step, g, tap, n, weights_axis_4, 6);
}

static void input2(float *v, size_t step, const ln_winograd_in *x)
{
    input(v, step, x, input_axis_2, 4);
}

static void input4(float *v, size_t step, const ln_winograd_in *x)
{
    input(v, step, x, input_axis_4, 6);
}

static void output2(const ln_winograd_out *y, const float *m, size_t step, size_t n)
{
    output(y, m, step, n, output_axis_2, 4);
}

static void output4(const ln_winograd_out *y, const float *m, size_t step, size_t n)
{
    output(y, m, step, n, output_axis_4, 6);
}

void LN_SET_FN(ln_winograd_init)(ln_kernels *k)
{
    k->winograd = (ln_winograd_kernels){
        .weights2 = weights2,
        .weights4 = weights4,
        .input2 = input2,
        .input4 = input4,
        .output2 = output2,
        .output4 = output4,
    };
}
