/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.h: a few neighboring output pixels of a float32 depthwise convolution, channels last.
 *
 * Weights are packed in groups of `lanes` channels: the group's biases, then its weights tap by
 * tap, row after row.  Group g of n channels begins with channel g * lanes, but the last one ends
 * with channel n - 1, so that it overlaps the one before; a group of n < lanes channels, the only
 * one, is filled up with zeros. */
#ifndef LN_KERNELS_DEPTHWISE_H
#define LN_KERNELS_DEPTHWISE_H

#include <stddef.h>

enum { LN_DEPTHWISE_COLUMNS = 7, LN_DEPTHWISE_ROWS = 7 };

/* Pixels y[0..columns) for groups [begin, end) of n channels, each clamped to [min, max]; NaN
 * stays. */
typedef struct ln_depthwise_tile {
    float *y;
    size_t y_step; /* floats from pixel to pixel */
    size_t n, begin, end;
    float min, max;
    /* Per channel: what the sums are multiplied by, and what is added then, each rounded; NULL:
     * nothing is. */
    const float *scale, *bias;
    const float *w; /* of group 0 */
    size_t w_group; /* floats from group to group */
    size_t w_first; /* floats from where a group begins to the first tap that counts */
    size_t rows;    /* of the window that lie inside of the image */
    /* For `narrow`: for each of at most LN_DEPTHWISE_ROWS rows, channel 0 of the pixels under the
     * window, (columns - 1) * stride + width of them. */
    const float *const *pixels[LN_DEPTHWISE_ROWS];
    size_t y_row; /* for `pair`: floats from the first line of y to the second */
    size_t below; /* bytes from those of the last row to what is likely to be read next; 0: none */
    /* For `any` and `spread`: the window's taps and where they lie. */
    const float *x;
    size_t taps;                   /* of each row */
    size_t x_row, x_tap, x_column; /* floats from row to row, tap to tap, column to column */
    size_t w_row;                  /* floats from row to row of a group's weights */
} ln_depthwise_tile;

typedef void (*ln_depthwise_f32)(const ln_depthwise_tile *t);

/* Windows that have a `narrow`: 3 or 5 columns wide, with stride 1 or 2 of x. */
enum {
    LN_DEPTHWISE_3,
    LN_DEPTHWISE_3_BY_2,
    LN_DEPTHWISE_5,
    LN_DEPTHWISE_5_BY_2,
    LN_DEPTHWISE_KINDS
};

typedef struct ln_depthwise_kernels {
    size_t lanes;
    /* Index: columns - 1.  `narrow` needs n >= lanes; `spread` reads one channel of x for all n. */
    ln_depthwise_f32 narrow[LN_DEPTHWISE_KINDS][LN_DEPTHWISE_COLUMNS];
    /* `narrow` of LN_DEPTHWISE_COLUMNS for two lines of y, one below the other, whose windows have
     * all their rows: of `rows` lines of x the first one's are all but the last, the second one's
     * all but the first.  NULL: there is none. */
    ln_depthwise_f32 pair[LN_DEPTHWISE_KINDS];
    ln_depthwise_f32 any[LN_DEPTHWISE_COLUMNS], spread[LN_DEPTHWISE_COLUMNS];
} ln_depthwise_kernels;

#endif
