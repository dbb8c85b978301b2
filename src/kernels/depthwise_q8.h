/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8.h: depthwise convolutions of 8-bit images with sums of 32 bits that wrap around.
 *
 * Lines of an image are first interleaved: `lines` of them, one below the other, become a group,
 *   group[column][place of a channel in its block][line]
 * so that one instruction multiplies the values of one channel and column and adds them up.  A
 * value is one of the forms of kernels/gemm_q8.h; weights have the same order and, as int8 or
 * int16, the size of a value. */
#ifndef LN_KERNELS_DEPTHWISE_Q8_H
#define LN_KERNELS_DEPTHWISE_Q8_H

#include "kernels/gemm_q8.h"

enum { LN_DEPTHWISE_MAX_LINES = 4, LN_DEPTHWISE_MAX_BLOCK = 64 };

/* Outputs of a block of channels, in rows that have the same taps.  A tap is one group and one
 * column of weights. */
typedef struct ln_depthwise_rows {
    const void *x;         /* the first value of the first output */
    size_t x_step, x_row;  /* bytes from output to output, from row to row */
    size_t outputs, rows;
    int32_t *sums;         /* `block` for each output, of which the first n count */
    size_t sums_row, n;    /* sums from row to row */
    size_t taps;
    const size_t *offset;  /* of each tap: bytes from an output's first value to the tap's */
    const void *weights;   /* [taps][place][lines] */
    const int32_t *bias;
} ln_depthwise_rows;

typedef struct ln_depthwise_q8 {
    ln_q8_form form;
    int block, lines; /* channels; lines of a group: a power of two */
    uint8_t place[LN_DEPTHWISE_MAX_BLOCK]; /* of each channel of a block; sums lie in order */
    /* `columns` columns of a group.  Of each line, column i has its `block` bytes at line[j] + i *
     * step[j]; `flip` and `zero` as in ln_gemm_q8.take. */
    void (*interleave)(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero);
    /* sums = bias + what the taps give */
    void (*run)(const ln_depthwise_rows *r);
} ln_depthwise_q8;

#endif
