/* SPDX-License-Identifier: Apache-2.0 */
/* flex_norm_grad.c: normalization while training, its gradients, and what those of broadcasting
 * need.
 *
 *   FusedBatchNorm, V2, V3       x [n, h, w, c], scale, offset, mean, variance [c] -> y, mean and
 *                          variance (of the batch where it is training; unbiased), both again
 *                          (biased), and in V3 a number without a meaning
 *   FusedBatchNormGrad, V2, V3   dy, x [n, h, w, c], scale, mean, variance [c] (of the batch, or
 *                          where it is not training, those that it was normalized by)
 *                          -> dx, dscale, doffset, and two empty ones; float32, channels last
 *   BroadcastGradientArgs  shapes a, b -> axes along which their gradients are summed
 *   LRNGrad                dy, x, y [n, h, w, c] -> dx */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

/* Inputs [first, last] have one number per channel of x; all are float32. */
static ln_status check_channels(ln_call *c, int x, int first, int last)
{
    const ln_shape s = ln_shape_of(c->in[x]);
    LN_TRY(ln_check_type(c, x, LN_BIT(Float32)));
    LN_CHECK(c, s.rank == 4, "the input has rank %d, not 4", s.rank);
    LN_CHECK(c, ln_flex_str_is(c, "data_format", "NHWC", "NHWC"), "channels have to come last");
    for (int i = first; i <= last; i++) {
        const ln_shape k = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, LN_BIT(Float32)));
        LN_CHECK(c, k.rank == 1 && (k.dim[0] == s.dim[3] || k.dim[0] < 0 || s.dim[3] < 0),
                 "input %d is not of one number per channel", i);
    }
    return LN_OK;
}

/* ---- FusedBatchNorm ---- */

enum { N_X, N_SCALE, N_OFFSET, N_MEAN, N_VARIANCE };
enum { Y, MEAN_OUT, VARIANCE_OUT, MEAN_SAVED, VARIANCE_SAVED, SPARE };

static ln_status forward_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[N_X]), scalar = {0};
    const bool training = ln_flex_flag(c, "is_training", true);
    LN_TRY(check_channels(c, N_X, N_SCALE, training ? N_OFFSET : N_VARIANCE));
    LN_CHECK(c, !training || ln_flex_float(c, "exponential_avg_factor", 1) == 1,
             "an exponential average is not supported");
    const ln_shape channels = {.rank = 1, .dim = {x.dim[3]}};
    LN_TRY(ln_set_out(c, Y, kTfLiteFloat32, &x));
    for (int i = MEAN_OUT; i <= VARIANCE_SAVED; i++)
        LN_TRY(ln_set_out(c, i, kTfLiteFloat32, &channels));
    return c->n_out > SPARE ? ln_set_out(c, SPARE, kTfLiteFloat32, &scalar) : LN_OK;
}

/* Mean and variance of one channel of x. */
static void moments(const float *x, int rows, int step, double *mean, double *variance)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < rows; i++)
        sum += (double)x[i * step];
    *mean = rows ? sum / rows : NAN;
    for (int64_t i = 0; i < rows; i++)
        squares += ((double)x[i * step] - *mean) * ((double)x[i * step] - *mean);
    *variance = rows ? squares / rows : NAN;
}

static ln_status forward_eval(ln_call *c)
{
    const int n = c->in[N_X]->dims->data[3], rows = n ? ln_count(c->in[N_X]) / n : 0;
    const bool training = ln_flex_flag(c, "is_training", true);
    const double epsilon = ln_flex_float(c, "epsilon", 1e-4);
    for (int k = 0; k < n; k++) {
        const float *x = c->in[N_X]->data.f + k;
        double mean, variance, unbiased = 1;
        if (training) {
            moments(x, rows, n, &mean, &variance);
            unbiased = (double)rows / LN_MAX(rows - 1, 1);
        } else {
            mean = (double)c->in[N_MEAN]->data.f[k];
            variance = (double)c->in[N_VARIANCE]->data.f[k];
        }
        const double factor = (double)c->in[N_SCALE]->data.f[k] / sqrt(variance + epsilon);
        const double offset = (double)c->in[N_OFFSET]->data.f[k];
        for (int64_t i = 0; i < rows; i++)
            c->out[Y]->data.f[i * n + k] = (float)(((double)x[i * n] - mean) * factor + offset);
        c->out[MEAN_OUT]->data.f[k] = c->out[MEAN_SAVED]->data.f[k] = (float)mean;
        c->out[VARIANCE_OUT]->data.f[k] = (float)(variance * unbiased);
        c->out[VARIANCE_SAVED]->data.f[k] = (float)variance;
    }
    if (c->n_out > SPARE)
        *c->out[SPARE]->data.f = 0;
    return LN_OK;
}

LN_FLEX_OP(fused_batch_norm, "FusedBatchNorm", 5, 5, 5, forward_infer, forward_eval);
LN_FLEX_OP(fused_batch_norm_v2, "FusedBatchNormV2", 5, 5, 5, forward_infer, forward_eval);
LN_FLEX_OP(fused_batch_norm_v3, "FusedBatchNormV3", 5, 5, 6, forward_infer, forward_eval);

/* ---- FusedBatchNormGradV3 ---- */

enum { DY, X, SCALE, MEAN, VARIANCE };
enum { DX, DSCALE, DOFFSET, NONE_1, NONE_2 };

static ln_status norm_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), dy = ln_shape_of(c->in[DY]), none = {.rank = 1};
    LN_TRY(ln_check_type(c, DY, LN_BIT(Float32)));
    LN_TRY(check_channels(c, X, SCALE, VARIANCE));
    LN_CHECK(c, ln_shape_equal(&dy, &x) || !ln_shape_known(&dy) || !ln_shape_known(&x),
             "the gradient has another shape than the input");
    const ln_shape channels = {.rank = 1, .dim = {x.dim[3]}};
    LN_TRY(ln_set_out(c, DX, kTfLiteFloat32, &x));
    LN_TRY(ln_set_out(c, DSCALE, kTfLiteFloat32, &channels));
    LN_TRY(ln_set_out(c, DOFFSET, kTfLiteFloat32, &channels));
    LN_TRY(ln_set_out(c, NONE_1, kTfLiteFloat32, &none));
    return ln_set_out(c, NONE_2, kTfLiteFloat32, &none);
}

static ln_status norm_eval(ln_call *c)
{
    const int channels = c->in[X]->dims->data[3],
              rows = channels ? ln_count(c->in[X]) / channels : 0;
    const bool training = ln_flex_flag(c, "is_training", true);
    const double epsilon = ln_flex_float(c, "epsilon", 1e-4);
    for (int k = 0; k < channels; k++) {
        const float *x = c->in[X]->data.f + k, *dy = c->in[DY]->data.f + k;
        const double mean = (double)c->in[MEAN]->data.f[k], v = (double)c->in[VARIANCE]->data.f[k];
        const double inverse = 1 / sqrt(v + epsilon);
        double sum = 0, product = 0;
        for (int64_t i = 0; i < rows; i++) {
            sum += (double)dy[i * channels];
            product += (double)dy[i * channels] * ((double)x[i * channels] - mean);
        }
        const double factor = (double)c->in[SCALE]->data.f[k] * inverse;
        const double slope = training ? product / rows * inverse * inverse : 0;
        const double level = training ? sum / rows : 0;
        for (int64_t i = 0; i < rows; i++)
            c->out[DX]->data.f[i * channels + k] =
                (float)(factor * ((double)dy[i * channels] - level -
                                  ((double)x[i * channels] - mean) * slope));
        c->out[DSCALE]->data.f[k] = (float)(product * inverse);
        c->out[DOFFSET]->data.f[k] = (float)sum;
    }
    return LN_OK;
}

LN_FLEX_OP(fused_batch_norm_grad, "FusedBatchNormGrad", 5, 5, 5, norm_infer, norm_eval);
LN_FLEX_OP(fused_batch_norm_grad_v2, "FusedBatchNormGradV2", 5, 5, 5, norm_infer, norm_eval);
LN_FLEX_OP(fused_batch_norm_grad_v3, "FusedBatchNormGradV3", 6, 6, 5, norm_infer, norm_eval);

/* ---- BroadcastGradientArgs ---- */

/* The dimension that lies `back` from the end; 1 in front of the first. */
static int64_t dimension(const TfLiteTensor *shape, int back)
{
    const int n = ln_count(shape);
    return back < n ? ln_int_at(shape, n - 1 - back) : 1;
}

/* The axes of gradient i: where this shape has 1 and the other has not, or both have 1, as in
 * TensorFlow's BCast (which sums over nothing where the shapes are equal). */
static int axes_of(const ln_call *c, int i, int32_t *axes)
{
    const TfLiteTensor *own = c->in[i], *other = c->in[1 - i];
    const int rank = LN_MAX(ln_count(own), ln_count(other));
    bool same = true;
    int n = 0;
    for (int k = 0; k < rank; k++)
        same = same && dimension(own, k) == dimension(other, k);
    for (int k = rank - 1; !same && k >= 0; k--)
        if (dimension(own, k) == 1) {
            if (axes)
                axes[n] = rank - 1 - k;
            n++;
        }
    return n;
}

static ln_status axes_infer(ln_call *c)
{
    for (int i = 0; i < 2; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, LN_BIT(Int32)));
        LN_CHECK(c, s.rank == 1, "shape %d has rank %d, not 1", i, s.rank);
    }
    for (int i = 0; i < 2; i++) {
        ln_shape y = ln_shape_unknown(1);
        if (ln_known(c, 0) && ln_known(c, 1))
            y.dim[0] = axes_of(c, i, NULL);
        LN_TRY(ln_set_out(c, i, kTfLiteInt32, &y));
    }
    return LN_OK;
}

static ln_status axes_eval(ln_call *c)
{
    for (int k = 0, n = LN_MAX(ln_count(c->in[0]), ln_count(c->in[1])); k < n; k++) {
        const int64_t a = dimension(c->in[0], k), b = dimension(c->in[1], k);
        LN_CHECK(c, a == b || a == 1 || b == 1, "dimensions %lld and %lld do not broadcast",
                 (long long)a, (long long)b);
    }
    axes_of(c, 0, c->out[0]->data.i32);
    axes_of(c, 1, c->out[1]->data.i32);
    return LN_OK;
}

LN_FLEX_OP(broadcast_gradient_args, "BroadcastGradientArgs", 2, 2, 2, axes_infer, axes_eval);

/* ---- LRNGrad ---- */

enum { LRN_DY, LRN_X, LRN_Y };

static ln_status lrn_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[LRN_X]);
    for (int i = LRN_DY; i <= LRN_Y; i++) {
        const ln_shape t = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, LN_BIT(Float32)));
        LN_CHECK(c,
                 t.rank == 4 &&
                     (ln_shape_equal(&s, &t) || !ln_shape_known(&s) || !ln_shape_known(&t)),
                 "input %d has another shape than input 1, or not rank 4", i);
    }
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status lrn_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[LRN_X]);
    const int depth = s.dim[3];
    const int64_t radius = ln_flex_int(c, "depth_radius", 5);
    const double bias = ln_flex_float(c, "bias", 1), alpha = ln_flex_float(c, "alpha", 1);
    const double beta = ln_flex_float(c, "beta", 0.5);
    const float *dy = c->in[LRN_DY]->data.f, *x = c->in[LRN_X]->data.f, *y = c->in[LRN_Y]->data.f;
    float *dx = c->out[0]->data.f;
    if (c->out[0]->bytes > 0)
        memset(dx, 0, c->out[0]->bytes);
    for (int64_t at = 0, n = ln_count(c->in[LRN_X]); at < n; at += depth)
        for (int k = 0; k < depth; k++) {
            const int64_t from = LN_MAX(0, k - radius), to = LN_MIN(depth, k + radius + 1);
            double norm = 0;
            for (int64_t i = from; i < to; i++)
                norm += (double)x[at + i] * (double)x[at + i];
            norm = alpha * norm + bias;
            for (int64_t i = from; i < to; i++) {
                const double own = i == k ? pow(norm, -beta) : 0;
                const double part =
                    own - 2 * alpha * beta * (double)x[at + i] * (double)y[at + k] / norm;
                dx[at + i] += (float)(part * (double)dy[at + k]);
            }
        }
    return LN_OK;
}

LN_FLEX_OP(lrn_grad, "LRNGrad", 3, 3, 1, lrn_infer, lrn_eval);
