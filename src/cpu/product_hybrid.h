/* SPDX-License-Identifier: Apache-2.0 */
/* product_hybrid.h: float rows times int8 or int4 weights: rows are quantized on the fly, each with
 * its own scale (FULLY_CONNECTED, BATCH_MATMUL) or with that of its image (CONV_2D).  Inputs are 0:
 * x, 1: weights [n, ...], 2: bias. */
#ifndef LN_CPU_PRODUCT_HYBRID_H
#define LN_CPU_PRODUCT_HYBRID_H

#include "cpu/frame.h"
#include "cpu/int_product.h"
#include "ops/qmath.h"

typedef struct ln_cpu_hybrid {
    ln_cpu_int_product product;
    ln_cpu_frame frame;   /* of quantized images */
    size_t n, k, groups;  /* columns of all groups, depth */
    size_t joined;        /* groups that are one here, see int_product.h; 0: one */
    size_t depth;         /* of a column as packed; product.depth is a row's, aligned */
    bool transposed;      /* weights of each group lie as [k, n] */
    bool apart;           /* groups have rows of their own, product.m each, and results apart */
    size_t images;        /* that have a scale each; 0: every row has its own */
    bool asymmetric;      /* rows have zero points */
    bool gathers;         /* rows are windows; else images are rows as they lie */
    float min, max;
    size_t more, more_at; /* bytes behind the packed constants, for the row; where they are */
    /* where in the packed constants: panels, behind each column's factor, bias and sum */
    size_t columns, panels_at, group_bytes;
    /* where in the scratch memory: of images, their scales and values; of each thread, the scales
     * and zero points of a block's rows; what the product needs */
    size_t scales_at, images_at, rows_at, sums_at;
} ln_cpu_hybrid;

/* Bytes of a quantized value. */
size_t ln_cpu_hybrid_value(ln_q8_form form);
/* The least and the largest of n values, or 0 where that is beyond, by all threads. */
void ln_cpu_hybrid_range(const ln_cpu_kernel *k, const float *x, size_t n, float *min, float *max);
/* Quantizes n values in this form. */
void ln_cpu_hybrid_quantize(const ln_cpu_kernel *k, ln_q8_form form, void *to, const float *x,
                            size_t n, const ln_row_scale *s);
/* What stands for 0 in a row with this zero point. */
int ln_cpu_hybrid_zero(ln_q8_form form, int32_t zero);
/* Types that a row may claim. */
bool ln_cpu_hybrid_claims(const ln_call *c, TfLiteFusedActivation act,
                          TfLiteQuantizationType quantization);
/* TFLite quantizes images with a zero point where the scales of the channels of w differ, else
 * without. */
bool ln_cpu_hybrid_asymmetric(const TfLiteTensor *w);
/* Chooses the tiles, product.q8, by product.m, unless weights are packed for some; and
 * product.size. */
void ln_cpu_hybrid_choose(const ln_cpu_kernel *k, const ln_call *c, ln_cpu_hybrid *p);
/* Packs and sizes.  Set before: n, k, groups, transposed, images, asymmetric, gathers, frame,
 * product.m. */
ln_status ln_cpu_hybrid_plan(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                             ln_cpu_hybrid *p) LN_MUST_USE;
void ln_cpu_hybrid_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_hybrid *p);

/* A run. */
typedef struct ln_cpu_hybrid_job {
    const ln_cpu_hybrid *p;
    const float *x;
    float *y;   /* from the group's first column on, */
    size_t row; /* and from this row */
    size_t group;
    ln_row_scale *scales;             /* of images */
    uint8_t *frames;                  /* of images, where rows are gathered from them */
    size_t image;                     /* values of one */
    const struct ln_cpu_share *share; /* NULL: every block quantizes its own rows */
    uint8_t *rows;                    /* of each thread's block */
    bool one_image;                   /* at a time */
    int32_t *extremes;
} ln_cpu_hybrid_job;

/* The same in pieces, for rows that go on with results while they are in the cache; of images that
 * do not gather, all groups being one.  Takes the ranges of images. */
ln_cpu_hybrid_job ln_cpu_hybrid_begin(const ln_cpu_kernel *k, const ln_call *c,
                                      const ln_cpu_hybrid *p);
/* Rows [row, row + rows), of one image, to y.  The thread has begun tiles. */
void ln_cpu_hybrid_rows(const ln_cpu_kernel *k, const ln_cpu_hybrid_job *j, size_t row, size_t rows,
                        float *y, int thread);
/* The least sums of columns, and p->columns on, the largest; they have a value before. */
void ln_cpu_hybrid_extremes(const ln_cpu_kernel *k, const ln_cpu_hybrid_job *j, size_t row,
                            size_t rows, int32_t *extremes, int thread);
/* The results that these give, laid out in the same way. */
void ln_cpu_hybrid_results(const ln_cpu_kernel *k, const ln_cpu_hybrid_job *j, size_t image,
                           const int32_t *extremes, float *y);

#endif
