/* SPDX-License-Identifier: Apache-2.0 */
/* requantize.c: float nodes between DEQUANTIZE and QUANTIZE as int8 nodes.  The float node stays
 * for whoever else uses it; dead code goes later. */
#include <math.h>
#include <string.h>

#include "import/onnx/quantized.h"

enum { MOST_OPERANDS = 64 };

/* How an operator's operands have to be. */
enum {
    ANY,     /* activations of any scale */
    SAME,    /* all of the result's scale: integers are moved */
    WEIGHTS, /* x, weights with a scale per channel, bias */
};
static const struct {
    const ln_op *op;
    int kind, channels; /* the dimension of the weights that holds output channels */
} rows[] = {
    {&ln_op_conv_2d, WEIGHTS, 0},
    {&ln_op_depthwise_conv_2d, WEIGHTS, 3},
    {&ln_op_fully_connected, WEIGHTS, 0},
    {&ln_op_add, ANY, 0},
    {&ln_op_sub, ANY, 0},
    {&ln_op_mul, ANY, 0},
    {&ln_op_mean, ANY, 0},
    {&ln_op_batch_matmul, ANY, 0},
    {&ln_op_hard_swish, ANY, 0},
    {&ln_op_leaky_relu, ANY, 0},
    {&ln_op_relu, ANY, 0},
    {&ln_op_relu6, ANY, 0},
    {&ln_op_average_pool_2d, SAME, 0},
    {&ln_op_max_pool_2d, SAME, 0},
    {&ln_op_reshape, SAME, 0},
    {&ln_op_transpose, SAME, 0},
    {&ln_op_concatenation, SAME, 0},
    {&ln_op_squeeze, SAME, 0},
    {&ln_op_strided_slice, SAME, 0},
    {&ln_op_slice, SAME, 0},
};

static int row_of(const ln_op *op)
{
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        if (rows[i].op == op)
            return (int)i;
    return -1;
}

/* An activation behind the node goes into it: the node before, and which it is. */
static const ln_node *through_activation(const ln_ox *o, const ln_node *n,
                                         TfLiteFusedActivation *activation)
{
    *activation = n->op == &ln_op_relu    ? kTfLiteActRelu
                  : n->op == &ln_op_relu6 ? kTfLiteActRelu6
                                          : kTfLiteActNone;
    if (*activation == kTfLiteActNone)
        return n;
    const ln_node *before = ln_ox_maker(o, n->inputs->data[0]);
    if (before && row_of(before->op) >= 0 && (before->op->traits & LN_FUSES_ACTIVATION))
        return before;
    *activation = kTfLiteActNone;
    return n;
}

/* ---- weights ---- */

static const TfLiteAffineQuantization *scales_of(const ln_ox *o, ln_id q)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, q);
    return t->quantization.type == kTfLiteAffineQuantization ? t->quantization.params : NULL;
}

/* Weights around zero, with one scale or one per output channel. */
static bool are_weights(const ln_ox *o, ln_id q, int channels)
{
    const TfLiteAffineQuantization *p = q >= 0 && ln_emit_known(&o->e, q) ? scales_of(o, q) : NULL;
    if (!p || (p->scale->size > 1 && p->quantized_dimension != channels))
        return false;
    for (int i = 0; i < p->zero_point->size; i++)
        if (p->zero_point->data[i] != 0)
            return false;
    return true;
}

/* A constant float bias as int32, of the scales of x times those of the weights. */
static ln_id integer_bias(ln_ox *o, ln_id bias, ln_id x, ln_id weights)
{
    const TfLiteAffineQuantization *p = scales_of(o, x), *w = scales_of(o, weights);
    const TfLiteTensor *t = ln_emit_tensor(&o->e, bias);
    const int n = ln_emit_known(&o->e, bias) && t->type == kTfLiteFloat32 ? ln_count(t) : -1;
    if (n < 1 || p->scale->size != 1 || (w->scale->size != 1 && w->scale->size != n))
        return -1;
    int32_t *y = ln_arena_new(&o->m->arena, (size_t)n, sizeof *y);
    float *scales = ln_arena_new(&o->m->arena, (size_t)n, sizeof *scales);
    int *zeros = ln_arena_new(&o->m->arena, (size_t)n, sizeof *zeros);
    if (!y || !scales || !zeros)
        return -1;
    for (int i = 0; i < n; i++) {
        scales[i] = p->scale->data[0] * w->scale->data[w->scale->size == 1 ? 0 : i];
        const double v = nearbyint((double)t->data.f[i] / (double)scales[i]);
        if (!(fabs(v) < INT32_MAX))
            return -1;
        y[i] = (int32_t)v;
    }
    const ln_shape s = {.rank = 1, .dim = {n}};
    const ln_id id = ln_emit_constant(&o->e, kTfLiteInt32, &s, y, (size_t)n * sizeof *y, false);
    return id >= 0 && ln_ox_set_scales(o, &o->e.g->tensors[id].t, w->scale->size == 1 ? 1 : n,
                                       scales, zeros, 0)
               ? id
               : -1;
}

/* Zeros around a dequantized image are zero points around its integers. */
static ln_id padded_source(ln_ox *o, ln_id x)
{
    const ln_id q = ln_ox_source(o, x);
    const ln_node *pad = q < 0 ? ln_ox_maker(o, x) : NULL;
    const ln_id inner = pad && pad->op == &ln_op_pad ? ln_ox_source(o, pad->inputs->data[0]) : -1;
    ln_id y;
    if (inner < 0)
        return q;
    const TfLiteTensor like = *ln_emit_tensor(&o->e, inner);
    const ln_id in[] = {inner, pad->inputs->data[1]};
    const ln_emit_call call = {.op = &ln_op_pad, .in = in, .n_in = 2, .n_out = 1, .like = &like};
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}

static bool with_weights(ln_ox *o, const ln_node *n, int channels, ln_id *in)
{
    in[1] = ln_ox_source(o, n->inputs->data[1]);
    const ln_id bias = n->inputs->size > 2 ? n->inputs->data[2] : -1;
    in[0] = are_weights(o, in[1], channels) ? padded_source(o, n->inputs->data[0]) : -1;
    if (in[0] < 0 || ln_emit_type(&o->e, in[0]) != kTfLiteInt8)
        return false;
    in[2] = bias < 0 ? -1 : integer_bias(o, bias, in[0], in[1]);
    return bias < 0 || in[2] >= 0;
}

/* ---- activations ---- */

static bool set_activation(const ln_op *op, void *params, TfLiteFusedActivation activation)
{
    for (const ln_field *f = op->fields; f && f->name; f++)
        if (f->kind == LN_ACT_) {
            memcpy((char *)params + f->offset, &activation, sizeof activation);
            return true;
        }
    return false;
}

static bool is_float(const ln_ox *o, ln_id id)
{
    return ln_emit_type(&o->e, id) == kTfLiteFloat32;
}

static bool with_activations(ln_ox *o, const ln_node *n, const TfLiteTensor *like, bool same,
                             ln_id *in)
{
    bool any = false;
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id id = n->inputs->data[i];
        in[i] = id;
        if (id < 0 || !is_float(o, id))
            continue;
        in[i] = ln_ox_source(o, id);
        const TfLiteAffineQuantization *p = in[i] < 0 ? NULL : scales_of(o, in[i]);
        if (!p || p->scale->size != 1 || ln_emit_type(&o->e, in[i]) != like->type)
            return false;
        if (same && !ln_ox_same_scales(ln_emit_tensor(&o->e, in[i]), like))
            return false;
        any = true;
    }
    return any;
}

ln_id ln_ox_requantized(ln_ox *o, ln_id x, const TfLiteTensor *like)
{
    TfLiteFusedActivation activation;
    ln_id in[MOST_OPERANDS], y;
    const ln_node *n = ln_ox_ok(o) ? ln_ox_maker(o, x) : NULL;
    if (!n || like->type != kTfLiteInt8)
        return -1;
    n = through_activation(o, n, &activation);
    const int row = row_of(n->op);
    if (row < 0 || n->inputs->size > MOST_OPERANDS)
        return -1;
    const ln_op *op = n->op;
    const int n_in = n->inputs->size;
    void *params = ln_arena_copy(&o->m->arena, n->params ? n->params : "", n->params_size);
    const bool has_params = n->params != NULL;
    if (!params)
        return -1;
    if (rows[row].kind == WEIGHTS ? !with_weights(o, n, rows[row].channels, in)
                                  : !with_activations(o, n, like, rows[row].kind == SAME, in))
        return -1;
    if (activation != kTfLiteActNone && !set_activation(op, params, activation))
        return -1;
    const ln_emit_call call = {.op = op,
                               .params = has_params ? params : NULL,
                               .in = in,
                               .n_in = n_in,
                               .n_out = 1,
                               .like = like};
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}
