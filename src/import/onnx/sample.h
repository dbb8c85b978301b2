/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h: looking up an image between its pixels. */
#ifndef LN_IMPORT_ONNX_SAMPLE_H
#define LN_IMPORT_ONNX_SAMPLE_H

#include "import/onnx/families.h"

/* Pixels are [batches ..., pixels, c]; points and weights are [batches ..., points, 1]. */
typedef struct ln_ox_sampler {
    ln_ox *o;
    ln_id pixels;
    int batches;            /* how many dimensions they are */
    int nd, size[LN_OX_MAX_ND]; /* width, height, depth */
    bool zeros, reflects, aligned;
} ln_ox_sampler;

/* Sums of the pixels around the points, weighed by their distance. */
ln_id ln_ox_sample_linear(const ln_ox_sampler *s, const ln_id *at);
/* x as [..., h * w, c]; false where the image's size is not known. */
bool ln_ox_sample_pixels(ln_ox *o, ln_ox_value *v, ln_ox_sampler *s);

#endif
