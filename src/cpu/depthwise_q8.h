/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8.h: the plan of DEPTHWISE_CONV_2D of int8 and uint8, for its two files: tiles and
 * runs (depthwise_conv_q8.c), and constants (depthwise_q8_pack.c). */
#ifndef LN_CPU_DEPTHWISE_Q8_H
#define LN_CPU_DEPTHWISE_Q8_H

#include "base/checked.h"
#include "cpu/depthwise.h"
#include "cpu/tail_q8.h"
#include "ops/window.h"

typedef struct ln_cpu_depthwise_q8 {
    size_t batches, cin, channels, multiplier;
    ln_window h, w;
    uint8_t flip, pad;     /* see kernels/gemm_q8.h; the byte of x that stands for 0 */
    int take_zero, x_zero; /* what interleaving takes off; the zero point after that */
    size_t value;          /* bytes of one in a group */
    size_t group_step;     /* lines from one group's first to the next one's */
    size_t line_step;      /* lines from one output row's first to the next one's, in a tile */
    size_t row_step, run;  /* output rows from one to the next; how many can be in one tile */
    size_t phases;         /* rows in a tile until a phase comes again */
    size_t rows, columns;  /* outputs of a tile */
    size_t groups, width;  /* its groups, and columns of each */
    size_t blocks, parts;  /* of channels; int8 that a weight takes, up to 3 */
    size_t n_taps[LN_DEPTHWISE_MAX_LINES];       /* of each phase, at most; 0: it does not occur */
    const size_t *first[LN_DEPTHWISE_MAX_LINES]; /* taps of blocks; where the last ones end */
    const size_t *offsets[LN_DEPTHWISE_MAX_LINES];
    const uint8_t *weights[LN_DEPTHWISE_MAX_LINES];
    const int32_t *bias;
    const uint8_t *pads;
    ln_q8_tail tail;
    size_t scratch_at, scratch_bytes; /* each thread's */
} ln_cpu_depthwise_q8;

/* Groups that rows beginning `phase` lines into one take part in. */
static inline size_t ln_cpu_depthwise_q8_groups(const ln_cpu_depthwise_q8 *p, size_t lines,
                                                size_t phase)
{
    const size_t last = phase + (size_t)p->h.filter;
    return last <= lines ? 1 : 1 + (last - lines + p->group_step - 1) / p->group_step;
}

/* Adds room for `count` items, aligned. */
static inline bool ln_cpu_depthwise_q8_area(size_t *total, size_t count, size_t size)
{
    size_t bytes;
    return ln_mul_size(count, size, &bytes) && ln_align_size(bytes, 64, &bytes) &&
           ln_add_size(*total, bytes, total);
}

/* For a plan with all but constants: packs them, or finds them packed. */
ln_status ln_cpu_depthwise_q8_pack(ln_cpu_kernel *k, const ln_call *c,
                                   ln_cpu_depthwise_q8 *p) LN_MUST_USE;

/* Lines of one image whose memory ends at `end`, on this thread; windows without dilation of the
 * height.  See depthwise.h. */
typedef struct ln_cpu_depthwise_q8_run {
    const uint8_t *x, *end;
    uint8_t *y;
} ln_cpu_depthwise_q8_run;
void ln_cpu_depthwise_q8_run_lines(const ln_cpu_kernel *k, const ln_cpu_depthwise_q8 *p,
                                   const ln_cpu_depthwise_q8_run *r,
                                   const ln_cpu_depthwise_lines *lines, int thread);

#endif
