/* SPDX-License-Identifier: Apache-2.0 */
/* map_conv.c: convolutions and pools.  TensorFlow's filters are [h, w, in, out]; ours have the
 * output channel first.  Where the model says NCHW, what is needed of it is transposed. */
#include "import/savedmodel/tf.h"

typedef struct window {
    TfLitePadding padding;
    bool nchw;
    int before[LN_MAX_RANK], after[LN_MAX_RANK]; /* explicit padding in NHWC, all 0 otherwise */
    int stride_h, stride_w, dilation_h, dilation_w;
} window;

static const int to_nhwc[] = {0, 2, 3, 1}, to_nchw[] = {0, 3, 1, 2};

/* The two spatial items of an attribute that has one item per dimension; 1 where it is missing. */
static bool spatial(ln_tf_op *op, const char *name, bool nchw, int *h, int *w)
{
    int v[4] = {1, 1, 1, 1};
    const int n = ln_tf_attr_ints(op, name, 4, v);
    *h = n == 4 ? v[nchw ? 2 : 1] : 1;
    *w = n == 4 ? v[nchw ? 3 : 2] : 1;
    if (*h > 0 && *w > 0 && *h < 1 << 20 && *w < 1 << 20)
        return true;
    ln_emit_fail(op->e, LN_ERR_FORMAT, "%s are %d and %d", name, *h, *w);
    return false;
}

static bool read_window(ln_tf_op *op, window *p)
{
    int pads[8];
    *p = (window){.padding = kTfLitePaddingValid, .nchw = ln_tf_attr_is(op, "data_format", "NCHW")};
    if (ln_tf_attr_is(op, "padding", "SAME"))
        p->padding = kTfLitePaddingSame;
    if (ln_tf_attr_is(op, "padding", "EXPLICIT") &&
        ln_tf_attr_ints(op, "explicit_paddings", 8, pads) == 8)
        for (int i = 0; i < 4; i++) {
            const int from = p->nchw ? to_nhwc[i] : i;
            p->before[i] = pads[2 * from];
            p->after[i] = pads[2 * from + 1];
        }
    return spatial(op, "strides", p->nchw, &p->stride_h, &p->stride_w) &&
           spatial(op, "dilations", p->nchw, &p->dilation_h, &p->dilation_w);
}

/* The image as NHWC, padded where the model says by how much. */
static ln_id image_in(ln_tf_op *op, const window *p, int i)
{
    ln_id x = ln_tf_in(op, i);
    if (p->nchw)
        x = ln_emit_transpose(op->e, x, 4, to_nhwc);
    return ln_emit_pad(op->e, x, 4, p->before, p->after);
}

static void image_out(ln_tf_op *op, const window *p, ln_id y)
{
    ln_tf_out(op, 0, p->nchw ? ln_emit_transpose(op->e, y, 4, to_nchw) : y);
}

/* A bias of zeros: TFLite's own files have one where the model has none. */
static ln_id no_bias(ln_emit *e, int n)
{
    const ln_shape s = {.rank = 1, .dim = {n}};
    float *zeros = n > 0 ? ln_arena_new(&e->m->arena, (size_t)n, sizeof *zeros) : NULL;
    if (!zeros)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "the number of output channels is not known");
    return ln_emit_constant(e, kTfLiteFloat32, &s, zeros, (size_t)n * sizeof *zeros, false);
}

static bool needs_rank(ln_tf_op *op, ln_id x, int rank)
{
    const int is = ln_emit_shape(op->e, x).rank;
    if (is != rank)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of something of rank %d", op->node->def->op,
                     is);
    return is == rank;
}

static void conv_2d(ln_tf_op *op)
{
    const ln_id filter = ln_tf_in(op, 1);
    window p;
    if (!needs_rank(op, filter, 4) || !read_window(op, &p))
        return;
    const TfLiteConvParams params = {.padding = p.padding,
                                     .stride_width = p.stride_w,
                                     .stride_height = p.stride_h,
                                     .dilation_width_factor = p.dilation_w,
                                     .dilation_height_factor = p.dilation_h};
    const ln_id in[] = {image_in(op, &p, 0),
                        ln_emit_transpose(op->e, filter, 4, (const int[]){3, 0, 1, 2}),
                        no_bias(op->e, ln_emit_shape(op->e, filter).dim[3])};
    image_out(op, &p, ln_emit_nary(op->e, &ln_op_conv_2d, &params, 3, in));
}

static void depthwise(ln_tf_op *op)
{
    const ln_id filter = ln_tf_in(op, 1);
    const ln_shape f = ln_emit_shape(op->e, filter);
    window p;
    if (!needs_rank(op, filter, 4) || !read_window(op, &p))
        return;
    if (f.dim[2] <= 0 || f.dim[3] <= 0 || (int64_t)f.dim[2] * f.dim[3] > INT32_MAX) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the number of channels is not known");
        return;
    }
    const int channels = f.dim[2] * f.dim[3];
    const ln_shape flat = {.rank = 4, .dim = {1, f.dim[0], f.dim[1], channels}};
    const TfLiteDepthwiseConvParams params = {.padding = p.padding,
                                              .stride_width = p.stride_w,
                                              .stride_height = p.stride_h,
                                              .depth_multiplier = f.dim[3],
                                              .dilation_width_factor = p.dilation_w,
                                              .dilation_height_factor = p.dilation_h};
    const ln_id in[] = {image_in(op, &p, 0), ln_emit_reshape(op->e, filter, &flat),
                        no_bias(op->e, channels)};
    image_out(op, &p, ln_emit_nary(op->e, &ln_op_depthwise_conv_2d, &params, 3, in));
}

/* The gradient of a convolution is what networks use as its transpose. */
static void transpose_conv(ln_tf_op *op)
{
    ln_id filter = ln_tf_in(op, 1);
    window p;
    if (!needs_rank(op, filter, 4) || !read_window(op, &p))
        return;
    if (ln_tf_attr_is(op, "padding", "EXPLICIT")) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a transposed convolution with explicit padding");
        return;
    }
    if (p.dilation_h != 1 || p.dilation_w != 1) {
        const ln_id in[] = {filter,
                            ln_emit_ints(op->e, 4, (const int[]){p.dilation_h, p.dilation_w, 1, 1}),
                            ln_emit_number(op->e, ln_emit_type(op->e, filter), 0)};
        filter = ln_emit_nary(op->e, &ln_op_dilate, NULL, 3, in);
    }
    ln_id sizes = ln_tf_in(op, 0);
    if (p.nchw)
        sizes = ln_emit_gather(op->e, sizes, ln_emit_ints(op->e, 4, to_nhwc), 0);
    const TfLiteTransposeConvParams params = {
        .padding = p.padding, .stride_width = p.stride_w, .stride_height = p.stride_h};
    const ln_id in[] = {sizes, ln_emit_transpose(op->e, filter, 4, (const int[]){2, 0, 1, 3}),
                        image_in(op, &p, 2)};
    image_out(op, &p, ln_emit_nary(op->e, &ln_op_transpose_conv, &params, 3, in));
}

static bool read_window_3d(ln_tf_op *op, TfLiteConv3DParams *params)
{
    int s[5] = {1, 1, 1, 1, 1}, d[5] = {1, 1, 1, 1, 1};
    ln_tf_attr_ints(op, "strides", 5, s);
    ln_tf_attr_ints(op, "dilations", 5, d);
    *params = (TfLiteConv3DParams){
        .padding = ln_tf_attr_is(op, "padding", "SAME") ? kTfLitePaddingSame : kTfLitePaddingValid,
        .stride_depth = s[1],
        .stride_height = s[2],
        .stride_width = s[3],
        .dilation_depth_factor = d[1],
        .dilation_height_factor = d[2],
        .dilation_width_factor = d[3]};
    if (!ln_tf_attr_is(op, "data_format", "NCDHW"))
        return true;
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the channel is not the last dimension");
    return false;
}

static void conv_3d(ln_tf_op *op)
{
    TfLiteConv3DParams params;
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1)};
    if (read_window_3d(op, &params))
        ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_conv_3d, &params, 2, in));
}

static void transpose_conv_3d(ln_tf_op *op)
{
    TfLiteConv3DParams params;
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2)};
    if (read_window_3d(op, &params))
        ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_conv_3d_transpose, &params, 3, in));
}

static void pool(ln_tf_op *op)
{
    window p;
    TfLitePoolParams params = {0};
    if (!read_window(op, &p) ||
        !spatial(op, "ksize", p.nchw, &params.filter_height, &params.filter_width))
        return;
    params.padding = p.padding;
    params.stride_height = p.stride_h;
    params.stride_width = p.stride_w;
    if (ln_tf_attr_is(op, "padding", "EXPLICIT")) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a pool with explicit padding");
        return;
    }
    image_out(op, &p, ln_emit_unary(op->e, op->node->row->to, &params, image_in(op, &p, 0)));
}

static void bias_add(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_id bias = ln_tf_in(op, 1);
    ln_shape s = ln_shape_unknown(ln_emit_shape(op->e, x).rank);
    if (ln_tf_attr_is(op, "data_format", "NCHW") && s.rank > 2) {
        for (int i = 0; i < s.rank; i++)
            s.dim[i] = i == 1 ? -1 : 1;
        bias = ln_emit_reshape(op->e, bias, &s);
    }
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_add, NULL, x, bias));
}

static void space_depth(ln_tf_op *op)
{
    const TfLiteSpaceToDepthParams p = {(int)ln_tf_attr_int(op, "block_size", 2)};
    if (ln_tf_attr_is(op, "data_format", "NCHW"))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the channel is not the last dimension");
    ln_tf_out(op, 0, ln_emit_unary(op->e, op->node->row->to, &p, ln_tf_in(op, 0)));
}

const ln_tf_row ln_tf_rows_conv[] = {
    {"Conv2D", conv_2d, &ln_op_conv_2d, 0},
    {"DepthwiseConv2dNative", depthwise, &ln_op_depthwise_conv_2d, 0},
    {"Conv2DBackpropInput", transpose_conv, &ln_op_transpose_conv, 0},
    {"Conv3D", conv_3d, &ln_op_conv_3d, 0},
    {"Conv3DBackpropInputV2", transpose_conv_3d, &ln_op_conv_3d_transpose, 0},
    {"AvgPool", pool, &ln_op_average_pool_2d, 0},
    {"MaxPool", pool, &ln_op_max_pool_2d, 0},
    {"BiasAdd", bias_add, &ln_op_add, 0},
    {"BiasAddV1", bias_add, &ln_op_add, 0},
    {"SpaceToBatchND", ln_tf_same, &ln_op_space_to_batch_nd, 0},
    {"BatchToSpaceND", ln_tf_same, &ln_op_batch_to_space_nd, 0},
    {"SpaceToDepth", space_depth, &ln_op_space_to_depth, 0},
    {"DepthToSpace", space_depth, &ln_op_depth_to_space, 0},
    {NULL, NULL, NULL, 0},
};
