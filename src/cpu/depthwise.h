/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.h: depthwise convolutions in float32, of floats or of values that are quantized on the
 * fly: integers, which floats hold exactly, as sums of their products do. */
#ifndef LN_CPU_DEPTHWISE_H
#define LN_CPU_DEPTHWISE_H

#include "cpu/row.h"
#include "ops/window.h"

typedef struct ln_cpu_depthwise {
    bool quantizes; /* set before ln_cpu_depthwise_plan: x is quantized on the fly */
    ln_window h, w;
    int batches;
    int kind;        /* of `narrow` tiles; -1: `any` */
    size_t channels; /* of x */
    size_t runs, n;  /* `runs` times `n` channels of y: one run, or one per channel of x */
    size_t groups;   /* of each run */
    size_t w_group;  /* floats of packed weights of a group */
    size_t zeros_at; /* floats from the packed weights to a pixel of zeros */
    size_t floats;   /* of all that is packed */
    size_t side;     /* pixels that fill the lanes: 1, or more where they are small */
    bool pairs;      /* there is code for two rows of y at once */
    bool below;      /* x is not likely to be in the cache: it is worth asking for */
    int inner[2];    /* columns of y whose windows lie inside of the image */
    int dense_rows;  /* rows of x that are copied; 0: none, they are used where they lie */
    size_t dense;    /* channels that are copied at a time */
    size_t copy_at;  /* floats from the start of the scratch memory to copies */
    size_t table;    /* pixels of a row for all columns of y; 0: tables are for tiles */
    size_t table_at, table_bytes; /* in the scratch memory; of a thread */
    size_t bands, parts;          /* of rows and of channels: the work of threads */
} ln_cpu_depthwise;

/* Sizes all, and scratch memory for copies. */
ln_status ln_cpu_depthwise_plan(ln_cpu_kernel *k, const ln_call *c,
                                ln_cpu_depthwise *p) LN_MUST_USE;
/* Packs weights [taps][channels] and biases (NULL: zeros) to p->floats floats. */
void ln_cpu_depthwise_pack(const ln_cpu_kernel *k, const ln_cpu_depthwise *p, const float *w,
                           const float *bias, float *to);

/* Packs int8 or int4 weights of c and then, p->floats on, each channel's scale and each one's bias:
 * how many floats that takes, and *to. */
static inline size_t ln_cpu_depthwise_hybrid_floats(const ln_cpu_depthwise *p)
{
    return p->floats + 2 * p->runs * p->n;
}
ln_status ln_cpu_depthwise_pack_hybrid(const ln_cpu_kernel *k, const ln_call *c,
                                       const ln_cpu_depthwise *p, float *to) LN_MUST_USE;

/* Says to the weight cache how that is. */
uint64_t ln_cpu_depthwise_form(const ln_cpu_depthwise *p);

typedef struct ln_cpu_depthwise_run {
    const float *x, *packed;
    float *y;
    int images;
    float min, max;
    /* Where x is quantized, one image at a time: how, and what becomes of a channel's sums. */
    const ln_hybrid_row *row;
    const float *scale, *bias;
} ln_cpu_depthwise_run;
void ln_cpu_depthwise_run_images(const ln_cpu_kernel *k, const ln_cpu_depthwise *p,
                                 const ln_cpu_depthwise_run *r);

/* Lines [begin, end) of an image's output, at r->y, where p->kind says `narrow` and no rows are
 * copied; line i of its input lies as line i modulo `ring` of r->x.  Thread `thread` runs them. */
typedef struct ln_cpu_depthwise_lines {
    int ring, begin, end;
} ln_cpu_depthwise_lines;
void ln_cpu_depthwise_run_lines(const ln_cpu_kernel *k, const ln_cpu_depthwise *p,
                                const ln_cpu_depthwise_run *r, const ln_cpu_depthwise_lines *lines,
                                int thread);

#endif
