/* SPDX-License-Identifier: Apache-2.0 */
/* activations.c: all of keras.activations, as part of the layer in front (relu, relu6), as
 * functions that a layer names, as layers and as operations. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- one function per activation; p is its parameter ---- */

typedef ln_id activation_fn(ln_emit *e, ln_id x, double p);

static ln_id with(ln_emit *e, const ln_op *op, ln_id x, double number)
{
    return ln_keras_with(e, op, x, number);
}

static ln_id un(ln_emit *e, const ln_op *op, ln_id x)
{
    return ln_emit_unary(e, op, NULL, x);
}

static ln_id bi(ln_emit *e, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(e, op, NULL, a, b);
}

static ln_id select(ln_emit *e, ln_id condition, ln_id yes, ln_id no)
{
    const ln_id in[] = {condition, yes, no};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

static ln_id number(ln_emit *e, ln_id x, double value)
{
    return ln_emit_number(e, ln_emit_type(e, x), value);
}

static ln_id linear(ln_emit *e, ln_id x, double p)
{
    (void)e;
    (void)p;
    return x;
}

#define PLAIN(name, op)                              \
    static ln_id name(ln_emit *e, ln_id x, double p) \
    {                                                \
        (void)p;                                     \
        return un(e, &ln_op_##op, x);                \
    }
PLAIN(relu_float, relu)
PLAIN(relu6_float, relu6)
PLAIN(sigmoid, logistic)
PLAIN(tanh_, tanh)
PLAIN(exponential, exp)
PLAIN(hard_silu, hard_swish)
PLAIN(hard_tanh, relu_n1_to_1)

/* Of integers, for which RELU would need a scale; `limit` 0: none. */
static ln_id relu_integers(ln_emit *e, ln_id x, double limit)
{
    const TfLiteType type = ln_emit_type(e, x);
    ln_id y = ln_emit_cast(e, x, type == kTfLiteInt64 ? type : kTfLiteInt32);
    y = with(e, &ln_op_maximum, y, 0);
    y = limit > 0 ? with(e, &ln_op_minimum, y, limit) : y;
    return ln_emit_cast(e, y, type);
}

static ln_id relu(ln_emit *e, ln_id x, double p)
{
    return ln_emit_type(e, x) == kTfLiteFloat32 ? relu_float(e, x, p) : relu_integers(e, x, 0);
}

static ln_id relu6(ln_emit *e, ln_id x, double p)
{
    return ln_emit_type(e, x) == kTfLiteFloat32 ? relu6_float(e, x, p) : relu_integers(e, x, 6);
}
#undef PLAIN

static ln_id softmax(ln_emit *e, ln_id x, double p)
{
    const TfLiteSoftmaxParams params = {.beta = 1};
    (void)p;
    return ln_emit_unary(e, &ln_op_softmax, &params, x);
}

static ln_id log_softmax(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return un(e, &ln_op_log_softmax, x);
}

static ln_id leaky_relu(ln_emit *e, ln_id x, double slope)
{
    const TfLiteLeakyReluParams params = {.alpha = (float)slope};
    return ln_emit_unary(e, &ln_op_leaky_relu, &params, x);
}

/* Below 0 times alpha. */
static ln_id elu(ln_emit *e, ln_id x, double alpha)
{
    const ln_id y = un(e, &ln_op_elu, x);
    return alpha == 1 ? y : leaky_relu(e, y, alpha);
}

static ln_id selu(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return with(e, &ln_op_mul, elu(e, x, 1.6732632423543772), 1.0507009873554805);
}

/* log(1 + exp(x)); exp would overflow where the result is x anyway. */
static ln_id softplus(ln_emit *e, ln_id x, double p)
{
    const ln_id power = un(e, &ln_op_exp, with(e, &ln_op_minimum, x, 80));
    (void)p;
    return bi(e, &ln_op_maximum, x, un(e, &ln_op_log, with(e, &ln_op_add, power, 1)));
}

static ln_id softsign(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return bi(e, &ln_op_div, x, with(e, &ln_op_add, un(e, &ln_op_abs, x), 1));
}

static ln_id silu(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return bi(e, &ln_op_mul, x, un(e, &ln_op_logistic, x));
}

static ln_id gelu(ln_emit *e, ln_id x, double approximate)
{
    const TfLiteGeluParams params = {.approximate = approximate != 0};
    return ln_emit_unary(e, &ln_op_gelu, &params, x);
}

static ln_id hard_sigmoid(ln_emit *e, ln_id x, double p)
{
    const TfLiteAddParams clipped = {.activation = kTfLiteActRelu6};
    (void)p;
    return with(e, &ln_op_mul, ln_emit_binary(e, &ln_op_add, &clipped, x, number(e, x, 3)),
                1.0 / 6);
}

/* Keras 2: clip(0.2 x + 0.5, 0, 1) */
static ln_id hard_sigmoid_2(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return un(e, &ln_op_relu_0_to_1, with(e, &ln_op_add, with(e, &ln_op_mul, x, 0.2), 0.5));
}

static ln_id mish(ln_emit *e, ln_id x, double p)
{
    return bi(e, &ln_op_mul, x, un(e, &ln_op_tanh, softplus(e, x, p)));
}

static ln_id celu(ln_emit *e, ln_id x, double alpha)
{
    return with(e, &ln_op_mul, un(e, &ln_op_elu, with(e, &ln_op_mul, x, 1 / alpha)), alpha);
}

/* The first half of the axis times the sigmoid of the second. */
static ln_id glu(ln_emit *e, ln_id x, double axis)
{
    const TfLiteSplitParams params = {.num_splits = 2};
    const ln_id in[] = {ln_emit_int(e, (int)axis), x};
    const ln_emit_call call = {
        .op = &ln_op_split, .params = &params, .in = in, .n_in = 2, .n_out = 2};
    ln_id half[2];
    return ln_emit_node(e, &call, half)
               ? bi(e, &ln_op_mul, half[0], un(e, &ln_op_logistic, half[1]))
               : -1;
}

static ln_id hard_shrink(ln_emit *e, ln_id x, double threshold)
{
    return select(e, with(e, &ln_op_greater, un(e, &ln_op_abs, x), threshold), x, number(e, x, 0));
}

/* x - clip(x, -threshold, threshold) */
static ln_id soft_shrink(ln_emit *e, ln_id x, double threshold)
{
    const ln_id clipped =
        with(e, &ln_op_maximum, with(e, &ln_op_minimum, x, threshold), -threshold);
    return bi(e, &ln_op_sub, x, clipped);
}

static ln_id tanh_shrink(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return bi(e, &ln_op_sub, x, un(e, &ln_op_tanh, x));
}

static ln_id squareplus(ln_emit *e, ln_id x, double b)
{
    const ln_id root = un(e, &ln_op_sqrt, with(e, &ln_op_add, un(e, &ln_op_square, x), b));
    return with(e, &ln_op_mul, bi(e, &ln_op_add, x, root), 0.5);
}

/* 0 below -1, x above 1, (x + 1)^2 / 4 between */
static ln_id sparse_plus(ln_emit *e, ln_id x, double p)
{
    const ln_id up = un(e, &ln_op_relu, with(e, &ln_op_add, x, 1));
    (void)p;
    return select(e, with(e, &ln_op_less, x, 1),
                  with(e, &ln_op_mul, un(e, &ln_op_square, up), 0.25), x);
}

static ln_id sparse_sigmoid(ln_emit *e, ln_id x, double p)
{
    (void)p;
    return un(e, &ln_op_relu_0_to_1, with(e, &ln_op_mul, with(e, &ln_op_add, x, 1), 0.5));
}

static ln_id log_sigmoid(ln_emit *e, ln_id x, double p)
{
    return un(e, &ln_op_neg, softplus(e, un(e, &ln_op_neg, x), p));
}

/* Projection on the simplex: sorted, the first k items decide the threshold. */
static ln_id sparsemax(ln_emit *e, ln_id x, double p)
{
    const ln_shape s = ln_emit_shape(e, x);
    const int last = s.rank - 1, n = s.rank > 0 ? s.dim[last] : -1;
    const TfLiteCumsumParams plain = {.exclusive = false};
    (void)p;
    if (n <= 0 || n > 1 << 16)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "sparsemax needs a last axis of known size");
    const ln_id in[] = {x, ln_emit_int(e, n)};
    const ln_emit_call top = {.op = &ln_op_topk_v2, .in = in, .n_in = 2, .n_out = 2};
    ln_id sorted[2];
    if (!ln_emit_node(e, &top, sorted))
        return -1;
    const ln_id sums = ln_emit_binary(e, &ln_op_cumsum, &plain, sorted[0], ln_emit_int(e, last));
    const ln_id range_in[] = {ln_emit_float(e, 1), ln_emit_float(e, (float)n + 1),
                              ln_emit_float(e, 1)};
    const ln_id range = ln_emit_nary(e, &ln_op_range, NULL, 3, range_in);
    /* support where 1 + i * sorted > sum */
    const ln_id support =
        bi(e, &ln_op_greater, with(e, &ln_op_add, bi(e, &ln_op_mul, sorted[0], range), 1), sums);
    const ln_id mask = ln_emit_cast(e, support, kTfLiteFloat32);
    const ln_id k = ln_emit_reduce(e, &ln_op_sum, mask, 1, &last, true);
    /* As Keras has it: the sum of the partial sums, not the last one. */
    const ln_id total =
        ln_emit_reduce(e, &ln_op_sum, bi(e, &ln_op_mul, sums, mask), 1, &last, true);
    const ln_id tau = bi(e, &ln_op_div, with(e, &ln_op_sub, total, 1), k);
    return un(e, &ln_op_relu, bi(e, &ln_op_sub, x, tau));
}

static const struct row {
    const char *name, *parameter;
    double fallback;
    activation_fn *fn;
    TfLiteFusedActivation fused;
} rows[] = {
    {"linear", NULL, 0, linear, kTfLiteActNone},
    {"identity", NULL, 0, linear, kTfLiteActNone},
    {"relu", NULL, 0, relu, kTfLiteActRelu},
    {"relu6", NULL, 0, relu6, kTfLiteActRelu6},
    {"sigmoid", NULL, 0, sigmoid, kTfLiteActNone},
    {"tanh", NULL, 0, tanh_, kTfLiteActNone},
    {"softmax", NULL, 0, softmax, kTfLiteActNone},
    {"log_softmax", NULL, 0, log_softmax, kTfLiteActNone},
    {"elu", "alpha", 1, elu, kTfLiteActNone},
    {"selu", NULL, 0, selu, kTfLiteActNone},
    {"leaky_relu", "negative_slope", 0.2, leaky_relu, kTfLiteActNone},
    {"softplus", NULL, 0, softplus, kTfLiteActNone},
    {"softsign", NULL, 0, softsign, kTfLiteActNone},
    {"silu", NULL, 0, silu, kTfLiteActNone},
    {"swish", NULL, 0, silu, kTfLiteActNone},
    {"gelu", "approximate", 0, gelu, kTfLiteActNone},
    {"exponential", NULL, 0, exponential, kTfLiteActNone},
    {"exp", NULL, 0, exponential, kTfLiteActNone},
    {"hard_sigmoid", NULL, 0, hard_sigmoid, kTfLiteActNone},
    {"hard_silu", NULL, 0, hard_silu, kTfLiteActNone},
    {"hard_swish", NULL, 0, hard_silu, kTfLiteActNone},
    {"mish", NULL, 0, mish, kTfLiteActNone},
    {"celu", "alpha", 1, celu, kTfLiteActNone},
    {"glu", "axis", -1, glu, kTfLiteActNone},
    {"hard_tanh", NULL, 0, hard_tanh, kTfLiteActReluN1To1},
    {"hard_shrink", "threshold", 0.5, hard_shrink, kTfLiteActNone},
    {"soft_shrink", "threshold", 0.5, soft_shrink, kTfLiteActNone},
    {"tanh_shrink", NULL, 0, tanh_shrink, kTfLiteActNone},
    {"squareplus", "b", 4, squareplus, kTfLiteActNone},
    {"sparse_plus", NULL, 0, sparse_plus, kTfLiteActNone},
    {"sparse_sigmoid", NULL, 0, sparse_sigmoid, kTfLiteActNone},
    {"sparsemax", NULL, 0, sparsemax, kTfLiteActNone},
    {"log_sigmoid", NULL, 0, log_sigmoid, kTfLiteActNone},
};

/* Names differ in capitals and underscores only: "LeakyRelu", "leaky_relu". */
static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += *a == '_';
        b += *b == '_';
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; name && i < LN_COUNTOF(rows); i++)
        if (same_name(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* The name in "relu" or {"class_name": "function", "config": "relu"}; NULL: something else. */
static const char *name_in(const cJSON *activation)
{
    const cJSON *config = ln_json_get(activation, "config");
    if (!activation)
        return "linear";
    if (cJSON_IsString(activation))
        return activation->valuestring;
    return cJSON_IsString(config) ? config->valuestring : NULL;
}

TfLiteFusedActivation ln_keras_fused(const cJSON *activation)
{
    const struct row *row = find_row(name_in(activation));
    return row ? row->fused : kTfLiteActNone;
}

static ln_id by_row(ln_keras_call *c, const struct row *row, ln_id x, double p)
{
    if (row->fn == hard_sigmoid && c->k->version < 3)
        return hard_sigmoid_2(c->e, x, p);
    const bool any = row->fn == relu || row->fn == relu6 || row->fn == linear;
    return row->fn(c->e, any ? x : ln_emit_cast(c->e, x, kTfLiteFloat32), p);
}

ln_id ln_keras_activation(ln_keras_call *c, const cJSON *activation, ln_id x)
{
    const char *name = name_in(activation);
    const struct row *row = find_row(name);
    if (row)
        return by_row(c, row, x, row->fallback);
    if (!name && cJSON_IsObject(ln_json_get(activation, "config"))) { /* a layer as function */
        ln_keras_value value = {.id = x};
        ln_keras_call inner = ln_keras_inner(c, activation, &c->scope);
        inner.in = &value;
        inner.n_in = 1;
        ln_keras_layer_call(&inner);
        return inner.n_out == 1 ? inner.out[0].id : -1;
    }
    return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "activation \"%s\" is not known",
                        name ? name : "?");
}

ln_id ln_keras_activate(ln_keras_call *c, const cJSON *activation, ln_id y)
{
    return ln_keras_fused(activation) != kTfLiteActNone ? y : ln_keras_activation(c, activation, y);
}

/* ---- as layers and operations ---- */

void ln_keras_activation_layer(ln_keras_call *c)
{
    ln_keras_out(c, ln_keras_activation(c, ln_json_get(c->config, "activation"), ln_keras_x(c)));
}

/* An axis other than the last goes there and back. */
static ln_id on_axis(ln_emit *e, ln_id x, int axis, activation_fn *fn)
{
    const int rank = ln_emit_shape(e, x).rank;
    int perm[LN_MAX_RANK];
    axis += axis < 0 ? rank : 0;
    if (rank < 1 || axis < 0 || axis >= rank)
        return ln_emit_fail(e, LN_ERR_FORMAT, "axis %d of rank %d", axis, rank);
    for (int i = 0; i < rank; i++)
        perm[i] = i;
    perm[axis] = rank - 1;
    perm[rank - 1] = axis;
    const ln_id y = fn(e, ln_emit_transpose(e, x, rank, perm), 0);
    return ln_emit_transpose(e, y, rank, perm);
}

static bool is_per_axis(const struct row *row)
{
    return row->fn == softmax || row->fn == log_softmax || row->fn == sparsemax;
}

void ln_keras_activation_op(ln_keras_call *c)
{
    const struct row *row = find_row(c->row->name);
    const ln_id x = ln_keras_x(c);
    if (!row)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "this activation is not known");
    else if (is_per_axis(row))
        ln_keras_out(c, on_axis(c->e, x, ln_keras_arg_int(c, 1, "axis", -1), row->fn));
    else
        ln_keras_out(c,
                     by_row(c, row, x, ln_keras_arg_number(c, 1, row->parameter, row->fallback)));
}

ln_id ln_keras_masked_softmax(ln_emit *e, ln_id x, ln_id mask)
{
    return softmax(e, mask < 0 ? x : select(e, mask, x, ln_emit_float(e, -1e9F)), 0);
}

ln_id ln_keras_softmax_layer(ln_keras_call *c, ln_id x, ln_id mask)
{
    enum { ZEROS_SINCE = 314 };
    const ln_id y = ln_keras_masked_softmax(c->e, x, mask);
    return mask < 0 || c->k->release < ZEROS_SINCE ? y
                                                   : select(c->e, mask, y, ln_emit_float(c->e, 0));
}

static ln_id softmax_over(ln_emit *e, ln_id x, int n, const int *axes)
{
    const ln_id max = ln_emit_reduce(e, &ln_op_reduce_max, x, n, axes, true);
    const ln_id y = un(e, &ln_op_exp, ln_keras_binary(e, &ln_op_sub, x, max));
    return ln_keras_binary(e, &ln_op_div, y, ln_emit_reduce(e, &ln_op_sum, y, n, axes, true));
}

void ln_keras_softmax(ln_keras_call *c)
{
    int axes[LN_MAX_RANK] = {-1};
    const int n =
        ln_json_get(c->config, "axis") ? ln_json_ints(c->config, "axis", LN_MAX_RANK, axes) : 1;
    const int rank = ln_emit_shape(c->e, ln_keras_x(c)).rank;
    const ln_id mask = ln_keras_arg_tensor(c, 1, "mask");
    if (n != 1 && (mask >= 0 || n < 1))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "softmax with a mask over %d axes", n);
    else if (n != 1)
        ln_keras_out(c, softmax_over(c->e, ln_keras_x(c), n, axes));
    else if (mask < 0)
        ln_keras_out(c, on_axis(c->e, ln_keras_x(c), axes[0], softmax));
    else if (axes[0] != -1 && axes[0] != rank - 1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "softmax with a mask on axis %d", axes[0]);
    else
        ln_keras_out(c, ln_keras_softmax_layer(c, ln_keras_x(c), mask));
}

void ln_keras_elu(ln_keras_call *c)
{
    ln_keras_out(c, elu(c->e, ln_keras_x(c), ln_json_number(c->config, "alpha", 1)));
}

void ln_keras_leaky_relu(ln_keras_call *c)
{
    const double fallback = 0.3; /* the layer's, unlike the function's */
    ln_keras_out(c, leaky_relu(c->e, ln_keras_x(c),
                               ln_json_number(c->config, "negative_slope",
                                              ln_json_number(c->config, "alpha", fallback))));
}

/* relu with a slope below the threshold and a limit above */
void ln_keras_relu(ln_keras_call *c)
{
    const double slope = ln_json_number(c->config, "negative_slope", 0),
                 limit = ln_json_number(c->config, "max_value", INFINITY),
                 threshold = ln_json_number(c->config, "threshold", 0);
    ln_emit *e = c->e;
    const ln_id x = ln_keras_x(c);
    ln_id y;
    if (threshold == 0 && slope == 0 && limit == 6) {
        ln_keras_out(c, relu6(e, x, 0));
        return;
    }
    if (threshold == 0 && slope == 0 && limit == 1) {
        ln_keras_out(c, un(e, &ln_op_relu_0_to_1, x));
        return;
    }
    if (threshold == 0)
        y = slope != 0 && isinf(limit) ? leaky_relu(e, x, slope) : relu(e, x, 0);
    else
        y = select(e, with(e, &ln_op_greater, x, threshold), x, number(e, x, 0));
    if (!isinf(limit))
        y = with(e, &ln_op_minimum, threshold < 0 ? with(e, &ln_op_maximum, y, 0) : y, limit);
    if (slope != 0 && (threshold != 0 || !isinf(limit))) {
        const ln_id below = relu(e, with(e, &ln_op_add, un(e, &ln_op_neg, x), threshold), 0);
        y = bi(e, &ln_op_sub, y, with(e, &ln_op_mul, below, slope));
    }
    ln_keras_out(c, y);
}

void ln_keras_prelu(ln_keras_call *c)
{
    const ln_id alpha = ln_keras_param(c, "alpha", 0, NULL, NULL);
    ln_keras_out(c, bi(c->e, &ln_op_prelu, ln_keras_x(c), alpha));
}

void ln_keras_thresholded_relu(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const double theta = ln_json_number(c->config, "theta", 1);
    ln_keras_out(c, select(c->e, with(c->e, &ln_op_greater, x, theta), x, number(c->e, x, 0)));
}
