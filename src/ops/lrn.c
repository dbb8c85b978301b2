/* SPDX-License-Identifier: Apache-2.0 */
/* lrn.c: LOCAL_RESPONSE_NORMALIZATION, x / (bias + alpha * s)^beta, float32.
 *
 *   x [n, h, w, c]; s is the sum of squares of the channels from i - radius to i + radius.
 *   (TFLite's reference kernel leaves the last one out; its optimized kernel and TensorFlow do
 *   not.) */
#include <math.h>

#include "ops/op.h"

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteLocalResponseNormParams, radius, 1),
    LN_FIELD(F32, 1, TfLiteLocalResponseNormParams, bias, 1),
    LN_FIELD(F32, 2, TfLiteLocalResponseNormParams, alpha, 1),
    LN_FIELD(F32, 3, TfLiteLocalResponseNormParams, beta, 1),
    {0},
};

static ln_status infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_CHECK(c, s.rank == 4, "input has rank %d, not 4", s.rank);
    if (c->in[0]->type != kTfLiteFloat32)
        return ln_fail_type(c, 0);
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status eval(ln_call *c)
{
    const TfLiteLocalResponseNormParams *p = c->params;
    const ln_shape s = ln_shape_of(c->in[0]);
    const int n = s.dim[3], rows = n > 0 ? ln_count(c->in[0]) / n : 0;
    const float *x = c->in[0]->data.f;
    float *y = c->out[0]->data.f;
    for (int r = 0; r < rows; r++, x += n, y += n) {
        for (int i = 0; i < n; i++) {
            const int64_t from = LN_MAX((int64_t)0, (int64_t)i - p->radius);
            const int64_t to = LN_MIN((int64_t)n, (int64_t)i + p->radius + 1);
            float sum = 0;
            for (int64_t k = from; k < to; k++)
                sum += x[k] * x[k];
            y[i] = x[i] * powf(p->bias + p->alpha * sum, -p->beta);
        }
    }
    return LN_OK;
}

const ln_op ln_op_local_response_normalization = {
    .name = "LOCAL_RESPONSE_NORMALIZATION",
    .builtin = kTfLiteBuiltinLocalResponseNormalization,
    .version = 1,
    .options = 13,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteLocalResponseNormParams),
    .infer = infer,
    .eval = eval,
};
