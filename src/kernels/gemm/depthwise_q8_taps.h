/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_taps.h: ln_depthwise_q8.run for vectors; included by the files of the sets.  A block
 * goes in parts, and up to MAX_TAPS taps at a time, so that a part's weights stay in registers
 * while all outputs come by.  The includer defines
 *   BLOCK, PARTS             channels of a block, and its parts
 *   COLUMN                   bytes of a column of a group; each part has as many of them
 *   values, sums_of          what a part's values, and its sums, lie in
 *   values_load(p)           a part of a column
 *   dot(sums, x, w)          sums and the products of a part's values with weights
 *   sums_load(p, part)       a part of BLOCK sums; sums_store(p, part, sums) puts it back
 *   parts_of(n)              parts that n channels take */
#include "kernels/depthwise_q8.h"
#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"

enum { MAX_TAPS = 9 };

enum { AT_ONCE = 2 };

typedef struct taps_of {
    const uint8_t *x[MAX_TAPS];
    values w[MAX_TAPS];
} taps_of;

/* Sums of `outputs` outputs, their values `at` bytes, and `step` more for each, behind the taps;
 * several at once, for processors that wait for each result.  bias: NULL, to add to the sums. */
LN_INLINE void add_outputs(int32_t *to, size_t part, const sums_of *bias, const taps_of *s,
                           size_t at, size_t step, const int taps, const int outputs)
{
    sums_of acc[AT_ONCE];
    LN_UNROLL
    for (int o = 0; o < outputs; o++)
        acc[o] = bias ? *bias : sums_load(to + o * BLOCK, part);
    LN_UNROLL
    for (int t = 0; t < taps; t++)
        LN_UNROLL
    for (int o = 0; o < outputs; o++)
        acc[o] = dot(acc[o], values_load(s->x[t] + at + (size_t)o * step), s->w[t]);
    LN_UNROLL
    for (int o = 0; o < outputs; o++)
        sums_store(to + o * BLOCK, part, acc[o]);
}

/* Adds taps [from, from + taps) for one part; `taps` is a constant in every call. */
LN_INLINE void add_taps(const ln_depthwise_rows *r, size_t part, size_t from, const int taps)
{
    const size_t at = part * (COLUMN / PARTS), step = r->x_step, end = r->outputs * step;
    const uint8_t *weights = (const uint8_t *)r->weights + from * COLUMN + at;
    const sums_of bias = sums_load(r->bias, part), *start = from == 0 ? &bias : NULL;
    taps_of s;
    LN_UNROLL
    for (int t = 0; t < taps; t++) {
        s.w[t] = values_load(weights + t * COLUMN);
        s.x[t] = (const uint8_t *)r->x + r->offset[from + (size_t)t] + at;
    }
    for (size_t row = 0; row < r->rows; row++) {
        int32_t *to = r->sums + row * r->sums_row;
        size_t i = 0;
        for (; i + step < end; i += AT_ONCE * step, to += AT_ONCE * BLOCK)
            add_outputs(to, part, start, &s, i, step, taps, AT_ONCE);
        if (i < end)
            add_outputs(to, part, start, &s, i, step, taps, 1);
        LN_UNROLL
        for (int t = 0; t < taps; t++)
            s.x[t] += r->x_row;
    }
}

typedef void (*taps_fn)(const ln_depthwise_rows *r, size_t part, size_t from);

#define TAPS(n, unused)                                                            \
    static void add_taps_##n(const ln_depthwise_rows *r, size_t part, size_t from) \
    {                                                                              \
        add_taps(r, part, from, n);                                                \
    }
LN_UP_TO_9(TAPS, )
#undef TAPS

static void run(const ln_depthwise_rows *r)
{
#define NAME(n, unused) add_taps_##n,
    static const taps_fn fn[MAX_TAPS + 1] = {NULL, LN_UP_TO_9(NAME, )};
#undef NAME
    for (size_t part = 0; part < parts_of(r->n); part++)
        for (size_t t = 0; t < r->taps; t += MAX_TAPS)
            fn[LN_MIN(r->taps - t, (size_t)MAX_TAPS)](r, part, t);
}
