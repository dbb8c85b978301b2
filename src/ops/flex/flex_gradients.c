/* SPDX-License-Identifier: Apache-2.0 */
/* flex_gradients.c: gradients of activations and losses, as training graphs of TensorFlow carry
 * them.
 *
 *   ReluGrad and the like    two tensors of one shape -> that shape
 *   BiasAddGrad              dy [..., c] -> [c] (NCHW: the second dimension)
 *   L2Loss                   x -> scalar, sum(x^2) / 2
 *   SoftmaxCrossEntropyWithLogits, SparseSoftmaxCrossEntropyWithLogits
 *                            logits [n, k], labels [n, k] or [n] -> loss [n], gradient [n, k] */
#include <math.h>

#include "ops/flex/flex_rows.h"
#include "ops/scratch.h"

static ln_status infer_alike(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[0]), b = ln_shape_of(c->in[1]);
    LN_TRY(ln_infer_binary(c, LN_FLOATS | LN_BIT(Float64), kTfLiteNoType));
    bool same = a.rank == b.rank;
    for (int i = 0; same && i < a.rank; i++)
        same = a.dim[i] == b.dim[i] || a.dim[i] < 0 || b.dim[i] < 0;
    LN_CHECK(c, same, "the inputs differ in shape");
    return LN_OK;
}

/* a and b as TensorFlow orders them: (dy, x), or (y, dy) for those that go by the output. */
#define GRADIENT(id, text, expr) LN_FLEX_REALS(id, text, 2, infer_alike, expr, expr)

GRADIENT(relu_grad, "ReluGrad", b[i] > 0 ? a[i] : 0);
GRADIENT(relu6_grad, "Relu6Grad", b[i] > 0 && b[i] < 6 ? a[i] : 0);
GRADIENT(elu_grad, "EluGrad", b[i] < 0 ? a[i] * (b[i] + 1) : a[i]);
GRADIENT(selu_grad, "SeluGrad", a[i] * (b[i] < 0 ? b[i] + 1.7580993408473766 : 1.0507009873554805));
GRADIENT(softplus_grad, "SoftplusGrad", a[i] / (1 + exp(-(double)b[i])));
GRADIENT(softsign_grad, "SoftsignGrad", a[i] / ((1 + fabs(b[i])) * (1 + fabs(b[i]))));
GRADIENT(sigmoid_grad, "SigmoidGrad", b[i] * a[i] * (1 - a[i]));
GRADIENT(tanh_grad, "TanhGrad", b[i] * (1 - a[i] * a[i]));
GRADIENT(sqrt_grad, "SqrtGrad", b[i] / 2 / a[i]);
GRADIENT(rsqrt_grad, "RsqrtGrad", b[i] / -2 * a[i] * a[i] * a[i]);
GRADIENT(reciprocal_grad, "ReciprocalGrad", -b[i] * a[i] * a[i]);
GRADIENT(inv_grad, "InvGrad", -b[i] * a[i] * a[i]);

/* ---- LeakyReluGrad: the slope is an attribute ---- */

static void leaky_f32(const void *ctx, const void *const *in, void *out, int n)
{
    const float *dy = in[0], *x = in[1], slope = *(const float *)ctx;
    float *y = out;
    for (int i = 0; i < n; i++)
        y[i] = x[i] > 0 ? dy[i] : dy[i] * slope;
}

static ln_status leaky_infer(ln_call *c)
{
    LN_TRY(infer_alike(c));
    return ln_check_type(c, 0, LN_FLOATS);
}

static ln_status leaky_eval(ln_call *c)
{
    const float slope = (float)ln_flex_float(c, "alpha", 0.2);
    return ln_map_call(c, 2, LN_F32, LN_F32, leaky_f32, &slope);
}

LN_FLEX_OP(leaky_relu_grad, "LeakyReluGrad", 2, 2, 1, leaky_infer, leaky_eval);

/* ---- BiasAddGrad ---- */

static int channel_axis(const ln_call *c, int rank)
{
    return ln_flex_str_is(c, "data_format", "NCHW", "NHWC") ? 1 : rank - 1;
}

static ln_status bias_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_CHECK(c, s.rank >= 2, "the input has rank %d, at least 2 is needed", s.rank);
    const ln_shape y = {.rank = 1, .dim = {s.dim[channel_axis(c, s.rank)]}};
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

static ln_status bias_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const int axis = channel_axis(c, s.rank), channels = s.dim[axis];
    const int outer = ln_shape_count(&s, 0, axis), inner = ln_shape_count(&s, axis + 1, s.rank);
    const float *x = c->in[0]->data.f;
    for (int k = 0; k < channels; k++) {
        double sum = 0;
        for (int i = 0; i < outer; i++)
            for (int j = 0; j < inner; j++)
                sum += (double)
                    x[((size_t)i * (size_t)channels + (size_t)k) * (size_t)inner + (size_t)j];
        c->out[0]->data.f[k] = (float)sum;
    }
    return LN_OK;
}

LN_FLEX_OP(bias_add_grad, "BiasAddGrad", 1, 1, 1, bias_infer, bias_eval);

/* ---- L2Loss ---- */

static ln_status l2_infer(ln_call *c)
{
    const ln_shape scalar = {0};
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    return ln_set_out(c, 0, kTfLiteFloat32, &scalar);
}

static ln_status l2_eval(ln_call *c)
{
    double sum = 0;
    for (int i = 0, n = ln_count(c->in[0]); i < n; i++)
        sum += (double)c->in[0]->data.f[i] * (double)c->in[0]->data.f[i];
    c->out[0]->data.f[0] = (float)(sum / 2);
    return LN_OK;
}

LN_FLEX_OP(l2_loss, "L2Loss", 1, 1, 1, l2_infer, l2_eval);

/* ---- cross entropy ---- */

static ln_status entropy_infer(ln_call *c, int label_rank, unsigned label_types)
{
    const ln_shape x = ln_shape_of(c->in[0]), l = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, 1, label_types));
    LN_CHECK(c, x.rank == 2 && l.rank == label_rank, "the ranks are %d and %d, not 2 and %d",
             x.rank, l.rank, label_rank);
    for (int i = 0; i < label_rank; i++)
        LN_CHECK(c, x.dim[i] == l.dim[i] || x.dim[i] < 0 || l.dim[i] < 0,
                 "dimension %d is %d in the logits, %d in the labels", i, x.dim[i], l.dim[i]);
    const ln_shape loss = {.rank = 1, .dim = {x.dim[0]}};
    LN_TRY(ln_set_out(c, 0, kTfLiteFloat32, &loss));
    return ln_set_out(c, 1, kTfLiteFloat32, &x);
}

static ln_status dense_infer(ln_call *c)
{
    return entropy_infer(c, 2, LN_BIT(Float32));
}

static ln_status sparse_infer(ln_call *c)
{
    return entropy_infer(c, 1, LN_BIT(Int32) | LN_BIT(Int64));
}

/* The largest of x, and the sum of exp(x - largest). */
static double exponential_sum(const float *x, int k, float *largest)
{
    double sum = 0;
    *largest = -INFINITY;
    for (int j = 0; j < k; j++)
        *largest = fmaxf(*largest, x[j]);
    for (int j = 0; j < k; j++)
        sum += exp((double)(x[j] - *largest));
    return sum;
}

static ln_status dense_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const int k = s.dim[1];
    for (int i = 0; i < s.dim[0]; i++) {
        const float *x = c->in[0]->data.f + (size_t)i * (size_t)k;
        const float *label = c->in[1]->data.f + (size_t)i * (size_t)k;
        float *dx = c->out[1]->data.f + (size_t)i * (size_t)k, largest;
        const double sum = exponential_sum(x, k, &largest);
        double loss = 0;
        for (int j = 0; j < k; j++) {
            const double z = (double)(x[j] - largest), l = (double)label[j];
            loss += l * (log(sum) - z);
            dx[j] = (float)(exp(z) / sum - l);
        }
        c->out[0]->data.f[i] = (float)loss;
    }
    return LN_OK;
}

static ln_status sparse_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const TfLiteTensor *labels = c->in[1];
    const int k = s.dim[1];
    for (int i = 0; i < s.dim[0]; i++) {
        const float *x = c->in[0]->data.f + (size_t)i * (size_t)k;
        float *dx = c->out[1]->data.f + (size_t)i * (size_t)k, largest;
        const int64_t label =
            labels->type == kTfLiteInt64 ? labels->data.i64[i] : labels->data.i32[i];
        LN_CHECK(c, label >= 0 && label < k, "label %d is %lld, not 0 to %d", i, (long long)label,
                 k - 1);
        const double sum = exponential_sum(x, k, &largest);
        for (int j = 0; j < k; j++)
            dx[j] = (float)(exp((double)(x[j] - largest)) / sum - (j == label));
        c->out[0]->data.f[i] = (float)(log(sum) - (double)(x[label] - largest));
    }
    return LN_OK;
}

LN_FLEX_OP(softmax_cross_entropy_with_logits, "SoftmaxCrossEntropyWithLogits", 2, 2, 2, dense_infer,
           dense_eval);
LN_FLEX_OP(sparse_softmax_cross_entropy_with_logits, "SparseSoftmaxCrossEntropyWithLogits", 2, 2, 2,
           sparse_infer, sparse_eval);
