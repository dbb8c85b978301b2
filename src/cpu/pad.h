/* SPDX-License-Identifier: Apache-2.0 */
/* pad.h: what becomes part of a convolution's windows: a PAD in front of it, or SPACE_TO_BATCH_ND
 * in front and BATCH_TO_SPACE_ND behind, with which it is a dilated convolution. */
#ifndef LN_CPU_PAD_H
#define LN_CPU_PAD_H

#include "cpu/graph.h"
#include "cpu/row.h"
#include "ops/window.h"

/* Positions of such nodes; -1: there is none. */
typedef struct ln_cpu_around {
    int before, behind;
} ln_cpu_around;

/* Those in the plan around `at`, for a row with `traits`. */
ln_cpu_around ln_cpu_around_match(const ln_cpu_graph *g, int at, unsigned traits);
/* Fills k->pad, and with `behind`, not NULL, k->crop and k->block. */
ln_status ln_cpu_around_read(ln_cpu_kernel *k, const ln_call *before,
                             const ln_call *behind) LN_MUST_USE;

/* The plan position of a PAD that only `at` reads, as its input 0, and that adds height and width
 * of what a window sees outside of an image; -1: there is none. */
int ln_cpu_pad_match(const ln_cpu_graph *g, int at);
/* Fills k->pad from the PAD `pad`. */
ln_status ln_cpu_pad_read(ln_cpu_kernel *k, const ln_call *pad) LN_MUST_USE;

/* ln_window_plan for rows with LN_CPU_PAD: the windows over the image with k->pad around it, or of
 * every k->block'th pixel of that, given as windows over the image alone.  `axis`: 0 height, 1
 * width. */
ln_status ln_cpu_window_plan(const ln_cpu_kernel *k, const ln_call *c, int axis,
                             TfLitePadding padding, ln_window *w) LN_MUST_USE;
/* Both windows, [0] of the height, of a node with TfLiteConvParams or TfLiteDepthwiseConvParams,
 * whose input 0 is the images and 1 the weights. */
ln_status ln_cpu_conv_windows(const ln_cpu_kernel *k, const ln_call *c,
                              ln_window *w) LN_MUST_USE;
ln_status ln_cpu_depthwise_windows(const ln_cpu_kernel *k, const ln_call *c,
                                   ln_window *w) LN_MUST_USE;

#endif
