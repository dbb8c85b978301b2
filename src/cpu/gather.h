/* SPDX-License-Identifier: Apache-2.0 */
/* gather.h: the windows of a convolution as rows of a matrix, whatever the items are: all sizes
 * are bytes. */
#ifndef LN_CPU_GATHER_H
#define LN_CPU_GATHER_H

#include "cpu/row.h"
#include "ops/window.h"

typedef struct ln_cpu_gather {
    ln_window h, w;
    size_t pixel; /* from pixel to pixel of x */
    size_t part;  /* of a pixel: the channels that a window takes, a group of them */
    uint8_t fill; /* what is outside */
} ln_cpu_gather;

/* The windows of a convolution's weights [n, fh, fw, part] over its images, whose items have `size`
 * bytes. */
ln_status ln_cpu_gather_plan(const ln_cpu_kernel *k, const ln_call *c, size_t size,
                             ln_cpu_gather *g) LN_MUST_USE;
/* Bytes of one window. */
static inline size_t ln_cpu_gather_bytes(const ln_cpu_gather *g)
{
    return (size_t)g->h.filter * (size_t)g->w.filter * g->part;
}
/* True where the windows are pixels of x as they lie. */
bool ln_cpu_gather_direct(const ln_cpu_gather *g);
/* Puts the windows of output pixels [from, from + count), over all images, to `to`; x points at
 * the group's first channel. */
void ln_cpu_gather_run(const ln_cpu_gather *g, const void *x, size_t from, size_t count,
                       void *to);

#endif
