/* SPDX-License-Identifier: Apache-2.0 */
/* requantize.c: float nodes between DEQUANTIZE and QUANTIZE as int8 nodes.  The float node stays
 * for whoever else uses it; dead code goes later.  Nodes that only move items work on integers of
 * any scale; where the result is wanted in another scale than an operator can give, a QUANTIZE
 * follows it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/quantized.h"

enum { MOST_OPERANDS = 64, MOST_PARTS = 64, DEEPEST = 16 };

/* How an operator's operands and result have to be. */
enum {
    ANY,     /* activations of any scale */
    ONE,     /* all of the result's scale */
    SAME,    /* the result has the operand's scale: items are moved */
    FIXED,   /* the result has a scale of the operator's own */
    WEIGHTS, /* x, weights with a scale per channel, bias */
};
static const struct {
    const ln_op *op;
    int kind, channels;   /* the dimension of the weights that holds output channels */
    int x, weights, bias; /* operands */
    float scale;
    int zero;
} rows[] = {
    {.op = &ln_op_conv_2d, .kind = WEIGHTS, .channels = 0, .weights = 1, .bias = 2},
    {.op = &ln_op_depthwise_conv_2d, .kind = WEIGHTS, .channels = 3, .weights = 1, .bias = 2},
    {.op = &ln_op_fully_connected, .kind = WEIGHTS, .channels = 0, .weights = 1, .bias = 2},
    {.op = &ln_op_transpose_conv, .kind = WEIGHTS, .x = 2, .weights = 1, .bias = 3},
    {.op = &ln_op_add, .kind = ANY},
    {.op = &ln_op_sub, .kind = ANY},
    {.op = &ln_op_mul, .kind = ANY},
    {.op = &ln_op_squared_difference, .kind = ANY},
    {.op = &ln_op_mean, .kind = ANY},
    {.op = &ln_op_sum, .kind = ANY},
    {.op = &ln_op_batch_matmul, .kind = ANY},
    {.op = &ln_op_hard_swish, .kind = ANY},
    {.op = &ln_op_leaky_relu, .kind = ANY},
    {.op = &ln_op_prelu, .kind = ANY},
    {.op = &ln_op_gelu, .kind = ANY},
    {.op = &ln_op_elu, .kind = ANY},
    {.op = &ln_op_relu, .kind = ANY},
    {.op = &ln_op_relu6, .kind = ANY},
    {.op = &ln_op_maximum, .kind = ONE},
    {.op = &ln_op_minimum, .kind = ONE},
    {.op = &ln_op_concatenation, .kind = ONE},
    {.op = &ln_op_average_pool_2d, .kind = SAME},
    {.op = &ln_op_max_pool_2d, .kind = SAME},
    {.op = &ln_op_resize_bilinear, .kind = SAME},
    {.op = &ln_op_reduce_max, .kind = SAME},
    {.op = &ln_op_reduce_min, .kind = SAME},
    {.op = &ln_op_logistic, .kind = FIXED, .scale = 1.f / 256, .zero = -128},
    {.op = &ln_op_softmax, .kind = FIXED, .scale = 1.f / 256, .zero = -128},
    {.op = &ln_op_tanh, .kind = FIXED, .scale = 1.f / 128, .zero = 0},
};

/* Operators that move the items of operand 0 and leave them as they are. */
static const ln_op *const movers[] = {
    &ln_op_reshape,
    &ln_op_transpose,
    &ln_op_squeeze,
    &ln_op_expand_dims,
    &ln_op_strided_slice,
    &ln_op_slice,
    &ln_op_pad,
    &ln_op_padv2,
    &ln_op_mirror_pad,
    &ln_op_gather,
    &ln_op_depth_to_space,
    &ln_op_space_to_depth,
    &ln_op_resize_nearest_neighbor,
};

static bool is_mover(const ln_op *op)
{
    for (size_t i = 0; i < LN_COUNTOF(movers); i++)
        if (movers[i] == op)
            return true;
    return false;
}

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
    const int row = before ? row_of(before->op) : -1;
    if (row >= 0 && rows[row].kind != SAME && (before->op->traits & LN_FUSES_ACTIVATION))
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

/* The zero point and the largest distance from it of each of n output channels. */
static void widest(const TfLiteTensor *t, const TfLiteAffineQuantization *p, int n, int inner,
                   int *zeros, int *most)
{
    for (int c = 0; c < n; c++)
        zeros[c] = p->zero_point->data[p->scale->size == 1 ? 0 : c];
    for (int i = 0; i < ln_count(t); i++) {
        const int c = i / inner % n, v = abs(t->data.int8[i] - zeros[c]);
        most[c] = LN_MAX(most[c], v);
    }
}

/* Weights whose zero point is not 0 around zero, where TFLite wants them.  A channel keeps its
 * items and its scale where they fit; otherwise both become as much coarser as it takes. */
static ln_id centered(ln_ox *o, ln_id q, int channels)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, q);
    const TfLiteAffineQuantization *p = q >= 0 && ln_emit_known(&o->e, q) ? scales_of(o, q) : NULL;
    if (!p || are_weights(o, q, channels) || t->type != kTfLiteInt8 || channels >= t->dims->size ||
        t->dims->data[channels] < 1 || (p->scale->size > 1 && p->quantized_dimension != channels))
        return q;
    const ln_shape s = ln_shape_of(t);
    const int n = s.dim[channels], inner = ln_shape_count(&s, channels + 1, s.rank);
    const size_t count = (size_t)ln_count(t);
    int8_t *y = ln_arena_new(&o->m->arena, count + 1, sizeof *y);
    float *scales = ln_arena_new(&o->m->arena, (size_t)n, sizeof *scales);
    int *zeros = ln_arena_new(&o->m->arena, 2 * (size_t)n, sizeof *zeros), *most = zeros + n;
    if (!y || !scales || !zeros || inner < 1)
        return q;
    widest(t, p, n, inner, zeros, most);
    for (int c = 0; c < n; c++)
        scales[c] = p->scale->data[p->scale->size == 1 ? 0 : c] * (float)LN_MAX(most[c], 127) / 127;
    for (size_t i = 0; i < count; i++) {
        const int c = (int)(i / (size_t)inner % (size_t)n), v = t->data.int8[i] - zeros[c];
        y[i] = (int8_t)(most[c] > 127 ? nearbyint(v * 127.0 / most[c]) : v);
    }
    memset(zeros, 0, (size_t)n * sizeof *zeros);
    const ln_id id = ln_emit_constant(&o->e, kTfLiteInt8, &s, y, count, false);
    return id >= 0 && ln_ox_set_scales(o, &o->e.g->tensors[id].t, n, scales, zeros, channels) ? id
                                                                                              : q;
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

/* ---- items that are moved ---- */

static const TfLiteAffineQuantization *one_scale(const ln_ox *o, ln_id q)
{
    const TfLiteAffineQuantization *p = q < 0 ? NULL : scales_of(o, q);
    return p && p->scale->size == 1 ? p : NULL;
}

/* The integers with the scale of `like`. */
static ln_id in_scale(ln_ox *o, ln_id q, const TfLiteTensor *like)
{
    if (q < 0 || ln_ox_same_scales(ln_emit_tensor(&o->e, q), like))
        return q;
    return ln_ox_quantize(o, q, like);
}

static ln_id emit_like(ln_ox *o, const ln_node *n, const void *params, const ln_id *in,
                       const TfLiteTensor *like)
{
    const ln_emit_call call = {
        .op = n->op, .params = params, .in = in, .n_in = n->inputs->size, .n_out = 1, .like = like};
    ln_id y;
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}

/* One int8 number as a constant of this shape and of the scale of `like`. */
static ln_id scaled_constant(ln_ox *o, const ln_shape *s, int8_t item, const TfLiteTensor *like)
{
    const ln_id id = ln_emit_constant(&o->e, kTfLiteInt8, s, &item, 1, true);
    if (id >= 0) {
        o->e.g->tensors[id].t.params = like->params;
        o->e.g->tensors[id].t.quantization = like->quantization;
    }
    return id;
}

/* The padding's value among integers. */
static ln_id integer_value(ln_ox *o, ln_id value, const TfLiteTensor *like)
{
    const ln_shape scalar = {0};
    double v;
    if (!ln_emit_read_number(&o->e, value, &v))
        return -1;
    const double q = nearbyint(v / (double)like->params.scale) + like->params.zero_point;
    return scaled_constant(o, &scalar, (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q), like);
}

/* The node once more on the integers q instead of its operand 0. */
static ln_id moved(ln_ox *o, const ln_node *n, ln_id q)
{
    const TfLiteTensor like = *ln_emit_tensor(&o->e, q);
    const ln_node copy = *n;
    ln_id in[MOST_OPERANDS];
    if (copy.inputs->size > MOST_OPERANDS)
        return -1;
    for (int i = 0; i < copy.inputs->size; i++)
        in[i] = i ? copy.inputs->data[i] : q;
    if (copy.op == &ln_op_padv2)
        in[2] = integer_value(o, in[2], &like);
    return copy.op == &ln_op_padv2 && in[2] < 0 ? -1 : emit_like(o, &copy, copy.params, in, &like);
}

static ln_id integers_of(ln_ox *o, ln_id x, int depth);

/* x as a part of integers that are split. */
static ln_id split_part(ln_ox *o, ln_id x, int depth)
{
    const ln_id made_by = ln_graph_producer(o->e.g, x);
    const ln_node n = made_by < 0 ? (ln_node){0} : o->e.g->nodes[made_by];
    const bool even = n.op == &ln_op_split;
    TfLiteTensor like[MOST_PARTS];
    ln_id in[3], out[MOST_PARTS];
    if (made_by < 0 || (!even && n.op != &ln_op_split_v) || n.outputs->size > MOST_PARTS)
        return -1;
    memcpy(in, n.inputs->data, sizeof *in * (size_t)n.inputs->size);
    in[even] = integers_of(o, in[even], depth);
    if (in[even] < 0)
        return -1;
    for (int i = 0; i < n.outputs->size; i++)
        like[i] = *ln_emit_tensor(&o->e, in[even]);
    const ln_emit_call call = {.op = n.op,
                               .params = n.params,
                               .in = in,
                               .n_in = n.inputs->size,
                               .n_out = n.outputs->size,
                               .like = like};
    if (!ln_emit_node(&o->e, &call, out))
        return -1;
    for (int i = 0; i < n.outputs->size; i++)
        ln_ox_note_source(o, n.outputs->data[i], out[i]);
    return ln_ox_source(o, x);
}

/* The integers that x stands for: what it was dequantized from, or such items moved; -1: there are
 * none. */
static ln_id integers_of(ln_ox *o, ln_id x, int depth)
{
    const ln_id q = ln_ox_source(o, x);
    if (q >= 0 || x < 0 || depth == DEEPEST || ln_emit_known(&o->e, x))
        return q;
    const ln_node *n = ln_ox_maker(o, x);
    if (!n)
        return split_part(o, x, depth + 1);
    if (!is_mover(n->op))
        return -1;
    const ln_node copy = *n;
    const ln_id inner = integers_of(o, copy.inputs->data[0], depth + 1);
    if (!one_scale(o, inner) || ln_emit_type(&o->e, inner) != kTfLiteInt8)
        return -1;
    const ln_id y = moved(o, &copy, inner);
    ln_ox_note_source(o, x, y);
    return y;
}

/* ---- operands ---- */

/* A constant of one item is integers of a scale of its own. */
static ln_id integer_constant(ln_ox *o, ln_id x)
{
    double v;
    TfLiteTensor like = {.type = kTfLiteInt8};
    const int zero = 0;
    if (!ln_emit_read_number(&o->e, x, &v) || !isfinite(v))
        return -1;
    const float scale = v == 0 ? 1.f : (float)(fabs(v) / 127);
    if (!(scale > 0) || !ln_ox_set_scales(o, &like, 1, &scale, &zero, 0))
        return -1;
    const ln_shape s = ln_emit_shape(&o->e, x);
    return scaled_constant(o, &s, (int8_t)(v == 0 ? 0 : v > 0 ? 127 : -127), &like);
}

static ln_id requantized(ln_ox *o, ln_id x, const TfLiteTensor *like, int depth);

/* A float between two operators that has a range of its own, [0, 6] of a RELU6. */
static ln_id in_own_range(ln_ox *o, ln_id x, int depth)
{
    const ln_node *n = ln_ox_maker(o, x);
    const float top = !n                            ? 0.f
                      : n->op == &ln_op_relu6       ? 6.f
                      : n->op == &ln_op_relu_0_to_1 ? 1.f
                      : n->op == &ln_op_logistic    ? 255.f / 256
                                                    : 0.f;
    TfLiteTensor like = {.type = kTfLiteInt8};
    const float scale = top / 255;
    const int zero = -128;
    if (top == 0.f || !ln_ox_set_scales(o, &like, 1, &scale, &zero, 0))
        return -1;
    const ln_id q = requantized(o, x, &like, depth + 1);
    ln_ox_note_source(o, x, q);
    return q;
}

static ln_id operand(ln_ox *o, ln_id x, int depth)
{
    ln_id q = integers_of(o, x, 0);
    if (q < 0 && ln_emit_known(&o->e, x))
        q = integer_constant(o, x);
    if (q < 0)
        q = in_own_range(o, x, depth);
    return one_scale(o, q) && ln_emit_type(&o->e, q) == kTfLiteInt8 ? q : -1;
}

static bool with_weights(ln_ox *o, const ln_node *n, int row, ln_id *in)
{
    const int x = rows[row].x, w = rows[row].weights, b = rows[row].bias;
    const ln_id bias = n->inputs->size > b ? n->inputs->data[b] : -1;
    memcpy(in, n->inputs->data, sizeof *in * (size_t)n->inputs->size);
    in[w] = centered(o, ln_ox_source(o, n->inputs->data[w]), rows[row].channels);
    if (!are_weights(o, in[w], rows[row].channels))
        return false;
    in[x] = operand(o, n->inputs->data[x], 0);
    if (in[x] < 0)
        return false;
    if (bias >= 0)
        in[b] = integer_bias(o, bias, in[x], in[w]);
    return bias < 0 || in[b] >= 0;
}

static bool is_float(const ln_ox *o, ln_id id)
{
    return ln_emit_type(&o->e, id) == kTfLiteFloat32;
}

static bool with_activations(ln_ox *o, const ln_node *n, const TfLiteTensor *one, int depth,
                             ln_id *in)
{
    const ln_node copy = *n;
    bool any = false;
    for (int i = 0; i < copy.inputs->size; i++) {
        const ln_id id = copy.inputs->data[i];
        in[i] = id;
        if (id < 0 || !is_float(o, id))
            continue;
        in[i] = operand(o, id, depth);
        if (one)
            in[i] = in_scale(o, in[i], one);
        if (in[i] < 0)
            return false;
        any = any || !ln_emit_known(&o->e, in[i]);
    }
    return any;
}

static bool set_activation(const ln_op *op, void *params, TfLiteFusedActivation activation)
{
    for (const ln_field *f = op->fields; f && f->name; f++)
        if (f->kind == LN_ACT_) {
            memcpy((char *)params + f->offset, &activation, sizeof activation);
            return true;
        }
    return false;
}

/* ---- the node ---- */

/* What the operator of a row gives on integers, in the scale of `like`. */
static ln_id by_row(ln_ox *o, const ln_node *n, int row, void *params, const TfLiteTensor *like,
                    int depth)
{
    TfLiteTensor own = *like;
    const int kind = rows[row].kind;
    ln_id in[MOST_OPERANDS];
    if (n->inputs->size > MOST_OPERANDS)
        return -1;
    if (kind == WEIGHTS ? !with_weights(o, n, row, in)
                        : !with_activations(o, n, kind == ONE ? like : NULL, depth, in))
        return -1;
    if (kind == SAME)
        own = *ln_emit_tensor(&o->e, in[0]);
    if (kind == FIXED && !ln_ox_set_scales(o, &own, 1, &rows[row].scale, &rows[row].zero, 0))
        return -1;
    return in_scale(o, emit_like(o, n, params, in, &own), like);
}

/* A mover behind an operator that has integers. */
static ln_id behind_mover(ln_ox *o, const ln_node *n, const TfLiteTensor *like, int depth)
{
    const ln_node copy = *n;
    const ln_id inner = requantized(o, copy.inputs->data[0], like, depth + 1);
    return inner < 0 ? -1 : moved(o, &copy, inner);
}

/* Integers have no division: by a constant it is a product. */
static ln_node as_product(ln_ox *o, const ln_node *n)
{
    ln_node product = *n;
    double by;
    if (n->op != &ln_op_div || !ln_emit_read_number(&o->e, n->inputs->data[1], &by) || by == 0 ||
        ln_emit_shape(&o->e, n->inputs->data[1]).rank > 0)
        return product;
    const int in[] = {n->inputs->data[0], ln_emit_float(&o->e, (float)(1 / by))};
    TfLiteIntArray *inputs = ln_ints(&o->m->arena, 2, in);
    if (inputs) {
        product.op = &ln_op_mul;
        product.inputs = inputs;
    }
    return product;
}

static ln_id requantized(ln_ox *o, ln_id x, const TfLiteTensor *like, int depth)
{
    TfLiteFusedActivation activation;
    if (!ln_ox_ok(o) || like->type != kTfLiteInt8 || depth == DEEPEST)
        return -1;
    const ln_id q = integers_of(o, x, 0);
    const ln_node *n = ln_ox_maker(o, x);
    if (q >= 0)
        return one_scale(o, q) && ln_emit_type(&o->e, q) == kTfLiteInt8 ? in_scale(o, q, like) : -1;
    if (!n)
        return -1;
    if (is_mover(n->op))
        return behind_mover(o, n, like, depth);
    n = through_activation(o, n, &activation);
    const ln_node copy = as_product(o, n);
    const int row = row_of(copy.op);
    if (row < 0)
        return -1;
    void *params = ln_arena_copy(&o->m->arena, copy.params ? copy.params : "", copy.params_size);
    if (!params || (activation != kTfLiteActNone && !set_activation(copy.op, params, activation)))
        return -1;
    return by_row(o, &copy, row, copy.params ? params : NULL, like, depth);
}

ln_id ln_ox_requantized(ln_ox *o, ln_id x, const TfLiteTensor *like)
{
    const TfLiteAffineQuantization *p = like->quantization.params;
    return p && p->scale->size == 1 ? requantized(o, x, like, 0) : -1;
}
