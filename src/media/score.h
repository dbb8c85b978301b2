/* SPDX-License-Identifier: Apache-2.0 */
/* score.h: what is done with a model's scores: calibration, the best of them, softmax. */
#ifndef LN_MEDIA_SCORE_H
#define LN_MEDIA_SCORE_H

#include "base/alloc.h"
#include "base/diag.h"

/* How scores are transformed before a calibration's sigmoid; numbers of the metadata schema. */
typedef enum ln_score_transform {
    LN_SCORE_IDENTITY,
    LN_SCORE_LOG,
    LN_SCORE_INVERSE_LOGISTIC
} ln_score_transform;

/* scale / (1 + exp(-(slope * transform(score) + offset))), one per class. */
typedef struct ln_sigmoid {
    bool present; /* else the default score stands in */
    float scale, slope, offset;
    bool has_min;
    float min; /* of uncalibrated scores; below, the default score stands in */
} ln_sigmoid;

typedef struct ln_calibration {
    ln_score_transform transform;
    float default_score;
    int n;
    ln_sigmoid *sigmoids;
} ln_calibration;

/* Reads a calibration file of `n` bytes: a line "scale,slope,offset[,min]", or an empty one, for
 * each of the `classes` classes.  `out->sigmoids` comes from `alloc`. */
ln_status ln_calibration_parse(ln_calibration *out, const char *text, size_t n, int classes,
                               const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
float ln_calibrate(const ln_calibration *c, int index, float score);

/* Sorts the indices of the `n` scores by descending score, equal ones by index, so that the first
 * `k` are in their places.  `order` has room for n numbers. */
void ln_top_k(const float *scores, int n, int k, int *order);

void ln_softmax(float *x, int n);
float ln_sigmoid_of(float x);

/* Scales to length 1; a vector of zeros stays. */
void ln_l2_normalize(float *x, int n);
/* 128 x, rounded and cut to int8: of normalized vectors, as the Task Library quantizes. */
void ln_quantize_unit(const float *x, int n, int8_t *out);
/* False when one of them is zero. */
bool ln_cosine(const float *a, const float *b, int n, double *cosine);
bool ln_cosine_s8(const int8_t *a, const int8_t *b, int n, double *cosine);

/* ---- boxes ---- */

typedef struct ln_rect {
    float top, left, bottom, right;
} ln_rect;

/* The area that both cover by the area that one of them covers. */
float ln_overlap(const ln_rect *a, const ln_rect *b);
/* Non-maximum suppression: of `n` boxes in the order of `order` (best first) those that overlap
 * no kept one by more than `limit`; their number is returned, they stand first in `order`. */
int ln_nms(const ln_rect *boxes, int *order, int n, float limit);

#endif
