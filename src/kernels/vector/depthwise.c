/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.c: depthwise convolution, a vector of channels of up to 7 neighboring pixels at a time;
 * the contract is in kernels/depthwise.h.
 *
 * `narrow`: each row of the window is loaded once into registers, where neighboring pixels and taps
 * share it: 7 sums, 7 inputs, one weight fill the 16 registers of AVX2.  Within a row the taps go
 * by the parity of their column where the stride is 2, since those of one parity share inputs. */
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

enum { COLUMNS = LN_DEPTHWISE_COLUMNS };

LN_INLINE size_t group_channel(const ln_depthwise_tile *t, size_t g)
{
    const size_t k = g * VF;
    return t->n < VF ? 0 : k < t->n - VF ? k : t->n - VF;
}

/* What becomes of a group's sums: limits; where integers were summed up, what makes them floats. */
typedef struct factors {
    vf min, max, scale, bias;
} factors;

LN_INLINE factors factors_of(const ln_depthwise_tile *t, size_t k, const bool whole)
{
    const vf min = vf_set(t->min), max = vf_set(t->max);
    if (!t->scale)
        return (factors){min, max, vf_set(1), vf_set(0)};
    if (!whole)
        return (factors){min, max, vf_load_n(t->scale + k, t->n), vf_load_n(t->bias + k, t->n)};
    return (factors){min, max, vf_load(t->scale + k), vf_load(t->bias + k)};
}

LN_INLINE vf finished(bool scales, vf sum, const factors *f)
{
    if (scales)
        sum = vf_add(vf_mul(sum, f->scale), f->bias);
    return vf_min(f->max, vf_max(f->min, sum));
}

/* Asks for the pixels below the window: as columns, and rows of channels for one of them, are far
 * from each other, processors do not see that they will be read. */
LN_INLINE void read_ahead(const ln_depthwise_tile *t, size_t k, const int stride, const int columns)
{
    const float *const *p = t->pixels[t->rows - 1];
    size_t below = t->below;
    LN_UNROLL
    for (int r = 0; r < stride; r++, below += t->below) {
        LN_UNROLL
        for (int c = 0; c < columns * stride; c++)
            LN_PREFETCH((const char *)(p[c] + k) + below);
    }
}

/* Constants in every call: width and stride of the window, and the number of columns. */
LN_INLINE void narrow(const ln_depthwise_tile *t, const int width, const int stride,
                      const int columns)
{
    for (size_t g = t->begin; g < t->end; g++) {
        const size_t k = group_channel(t, g);
        const float *w = t->w + g * t->w_group;
        vf sum[COLUMNS];
        LN_UNROLL
        for (int c = 0; c < columns; c++)
            sum[c] = vf_load(w);
        w += t->w_first;
        if (t->below > 0 && t->rows > 0)
            read_ahead(t, k, stride, columns);
        for (size_t r = 0; r < t->rows; r++, w += width * VF) {
            const float *const *p = t->pixels[r];
            LN_UNROLL
            for (int parity = 0; parity < stride; parity++) {
                vf x[COLUMNS];
                LN_UNROLL
                for (int c = 0; c < columns; c++)
                    x[c] = vf_load(p[parity + c * stride] + k);
                LN_UNROLL
                for (int tap = parity; tap < width; tap += stride) {
                    const vf v = vf_load(w + tap * VF);
                    LN_UNROLL
                    for (int c = 0; c < columns; c++)
                        sum[c] = vf_fma(x[c], v, sum[c]);
                    if (tap + stride >= width)
                        break;
                    LN_UNROLL
                    for (int c = 0; c + 1 < columns; c++)
                        x[c] = x[c + 1];
                    x[columns - 1] = vf_load(p[tap + columns * stride] + k);
                }
            }
        }
        const factors f = factors_of(t, k, true);
        const bool scales = t->scale;
        const size_t step = t->y_step;
        float *y = t->y + k;
        LN_UNROLL
        for (int c = 0; c < columns; c++, y += step)
            vf_store(y, finished(scales, sum[c], &f));
    }
}

#if defined(LN_SET_IS_avx512)
/* One line of x for the lines of y that `first` and `second` name; weights w of the second's, those
 * of the first are a row further. */
LN_INLINE void add_line(vf sum[2][COLUMNS], const float *const *p, size_t k, const float *w,
                        const int width, const bool first, const bool second)
{
    vf x[COLUMNS];
    LN_UNROLL
    for (int c = 0; c < COLUMNS; c++)
        x[c] = vf_load(p[c] + k);
    LN_UNROLL
    for (int tap = 0; tap < width; tap++) {
        const vf a = vf_load(w + (first ? width + tap : tap) * VF), b = vf_load(w + tap * VF);
        LN_UNROLL
        for (int c = 0; c < COLUMNS; c++) {
            if (first)
                sum[0][c] = vf_fma(x[c], a, sum[0][c]);
            if (second)
                sum[1][c] = vf_fma(x[c], b, sum[1][c]);
        }
        if (tap + 1 == width)
            break;
        LN_UNROLL
        for (int c = 0; c + 1 < COLUMNS; c++)
            x[c] = x[c + 1];
        x[COLUMNS - 1] = vf_load(p[tap + COLUMNS] + k);
    }
}

/* Two lines with the registers of AVX-512: what both read is loaded once. */
LN_INLINE void pair(const ln_depthwise_tile *t, const int width)
{
    for (size_t g = t->begin; g < t->end; g++) {
        const size_t k = group_channel(t, g), row = (size_t)width * VF;
        const float *w = t->w + g * t->w_group;
        vf sum[2][COLUMNS];
        LN_UNROLL
        for (int c = 0; c < COLUMNS; c++)
            sum[0][c] = sum[1][c] = vf_load(w);
        w += t->w_first;
        add_line(sum, t->pixels[0], k, w - row, width, true, false);
        for (size_t r = 1; r + 1 < t->rows; r++, w += row)
            add_line(sum, t->pixels[r], k, w, width, true, true);
        add_line(sum, t->pixels[t->rows - 1], k, w, width, false, true);
        const factors f = factors_of(t, k, true);
        const bool scales = t->scale;
        const size_t step = t->y_step, line = t->y_row;
        LN_UNROLL
        for (int i = 0; i < 2; i++) {
            float *y = t->y + k + (size_t)i * line;
            LN_UNROLL
            for (int c = 0; c < COLUMNS; c++, y += step)
                vf_store(y, finished(scales, sum[i][c], &f));
        }
    }
}

static void pair_3(const ln_depthwise_tile *t)
{
    pair(t, 3);
}

static void pair_5(const ln_depthwise_tile *t)
{
    pair(t, 5);
}
#define PAIRS .pair = {[LN_DEPTHWISE_3] = pair_3, [LN_DEPTHWISE_5] = pair_5},
#else
#define PAIRS
#endif

/* Windows of any size and step.  `whole`: all lanes count; `spread`: they share one channel of
 * x. */
LN_INLINE void any_group(const ln_depthwise_tile *t, size_t g, const int columns, const bool whole,
                         const bool spread)
{
    const size_t k = group_channel(t, g);
    const float *w = t->w + g * t->w_group, *row = t->x + (spread ? 0 : k);
    vf sum[COLUMNS];
    LN_UNROLL
    for (int c = 0; c < columns; c++)
        sum[c] = vf_load(w);
    w += t->w_first;
    for (size_t r = 0; r < t->rows; r++, row += t->x_row, w += t->w_row) {
        const float *x = row;
        for (size_t tap = 0; tap < t->taps; tap++, x += t->x_tap) {
            const vf v = vf_load(w + tap * VF);
            const float *at = x;
            LN_UNROLL
            for (int c = 0; c < columns; c++, at += t->x_column)
                sum[c] = vf_fma(spread  ? vf_set(*at)
                                : whole ? vf_load(at)
                                        : vf_load_n(at, t->n),
                                v, sum[c]);
        }
    }
    const factors f = factors_of(t, k, whole);
    float *y = t->y + k;
    LN_UNROLL
    for (int c = 0; c < columns; c++, y += t->y_step) {
        const vf v = finished(t->scale, sum[c], &f);
        if (whole)
            vf_store(y, v);
        else
            vf_store_n(y, v, t->n);
    }
}

LN_INLINE void any(const ln_depthwise_tile *t, const int columns, const bool spread)
{
    for (size_t g = t->begin; g < t->end; g++) {
        if (t->n >= VF)
            any_group(t, g, columns, true, spread);
        else
            any_group(t, g, columns, false, spread);
    }
}

#define FOR_COLUMNS(f, ...)                                                                   \
    f(1, __VA_ARGS__) f(2, __VA_ARGS__) f(3, __VA_ARGS__) f(4, __VA_ARGS__) f(5, __VA_ARGS__) \
        f(6, __VA_ARGS__) f(7, __VA_ARGS__)

#define NARROW(columns, width, stride)                                               \
    static void narrow_##width##_by_##stride##_##columns(const ln_depthwise_tile *t) \
    {                                                                                \
        narrow(t, width, stride, columns);                                           \
    }
#define ANY(columns, name, spread)                           \
    static void name##_##columns(const ln_depthwise_tile *t) \
    {                                                        \
        any(t, columns, spread);                             \
    }
FOR_COLUMNS(NARROW, 3, 1)
FOR_COLUMNS(NARROW, 3, 2)
FOR_COLUMNS(NARROW, 5, 1)
FOR_COLUMNS(NARROW, 5, 2)
FOR_COLUMNS(ANY, any, false)
FOR_COLUMNS(ANY, spread, true)

#define NAME(columns, name) name##_##columns,
#define ALL(name)               \
    {                           \
        FOR_COLUMNS(NAME, name) \
    }

void LN_SET_FN(ln_depthwise_init)(ln_kernels *k)
{
    k->depthwise = (ln_depthwise_kernels){
        .lanes = VF,
        .narrow =
            {
                [LN_DEPTHWISE_3] = ALL(narrow_3_by_1),
                [LN_DEPTHWISE_3_BY_2] = ALL(narrow_3_by_2),
                [LN_DEPTHWISE_5] = ALL(narrow_5_by_1),
                [LN_DEPTHWISE_5_BY_2] = ALL(narrow_5_by_2),
            },
        PAIRS.any = ALL(any),
        .spread = ALL(spread),
    };
}
