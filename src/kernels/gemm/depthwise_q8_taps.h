/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_taps.h: ln_depthwise_q8.run for vectors; included by the files of the sets.  A block
 * goes in parts, and up to MAX_TAPS taps at a time, so that a part's weights stay in registers
 * while all outputs come by.  The includer defines
 *   BLOCK, PARTS, MAX_TAPS   channels of a block, its parts, taps at a time
 *   COLUMN                   bytes of a column of a group; each part has as many of them
 *   values, sums_of          what a part's values, and its sums, lie in
 *   values_load(p)           a part of a column
 *   dot(sums, x, w)          sums and the products of a part's values with weights
 *   sums_load(p, part)       a part of BLOCK sums; sums_store(p, part, sums) puts it back
 *   parts_of(n)              parts that n channels take */
#include "kernels/depthwise_q8.h"
#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"

/* Adds taps [from, from + taps) for one part; `taps` is a constant in every call. */
LN_INLINE void add_taps(const ln_depthwise_rows *r, size_t part, size_t from, const int taps)
{
    const size_t at = part * (COLUMN / PARTS);
    const uint8_t *weights = (const uint8_t *)r->weights + from * COLUMN + at;
    const uint8_t *x[MAX_TAPS];
    const sums_of bias = sums_load(r->bias, part);
    const size_t step = r->x_step, end = r->outputs * step;
    const bool first = from == 0;
    values w[MAX_TAPS];
    LN_UNROLL
    for (int t = 0; t < taps; t++) {
        w[t] = values_load(weights + t * COLUMN);
        x[t] = (const uint8_t *)r->x + r->offset[from + (size_t)t] + at;
    }
    for (size_t row = 0; row < r->rows; row++) {
        int32_t *to = r->sums + row * r->sums_row;
        for (size_t i = 0; i < end; i += step, to += BLOCK) {
            sums_of acc = first ? bias : sums_load(to, part);
            LN_UNROLL
            for (int t = 0; t < taps; t++)
                acc = dot(acc, values_load(x[t] + i), w[t]);
            sums_store(to, part, acc);
        }
        LN_UNROLL
        for (int t = 0; t < taps; t++)
            x[t] += r->x_row;
    }
}

typedef void (*taps_fn)(const ln_depthwise_rows *r, size_t part, size_t from);

#define TAPS(n, unused)                                                            \
    static void add_taps_##n(const ln_depthwise_rows *r, size_t part, size_t from) \
    {                                                                              \
        add_taps(r, part, from, n);                                                \
    }
LN_UP_TO_8(TAPS, )
#undef TAPS

static void run(const ln_depthwise_rows *r)
{
#define NAME(n, unused) add_taps_##n,
    static const taps_fn fn[MAX_TAPS + 1] = {NULL, LN_UP_TO_8(NAME, )};
#undef NAME
    for (size_t part = 0; part < parts_of(r->n); part++)
        for (size_t t = 0; t < r->taps; t += MAX_TAPS)
            fn[LN_MIN(r->taps - t, (size_t)MAX_TAPS)](r, part, t);
}
