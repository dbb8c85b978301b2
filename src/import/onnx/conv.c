/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: Conv as CONV_2D, DEPTHWISE_CONV_2D or CONV_3D, channels last.
 *
 *   W [k, c / groups, fh, fw]  ->  CONV_2D [k, fh, fw, c / groups], also for groups;
 *                                  DEPTHWISE_CONV_2D [1, fh, fw, k] for groups of one channel;
 *                                  CONV_3D [fd, fh, fw, c, k]
 * CONV_3D has no groups: there the images of each plane of the filter are convolved in two
 * dimensions, and what all planes give is added up.
 * A BatchNormalization that alone follows goes into weights and bias. */
#include <string.h>

#include "import/onnx/families.h"

/* A constant [n] of zeros. */
static ln_id zeros(ln_ox *o, int n)
{
    const ln_shape s = {.rank = 1, .dim = {n}};
    float *y = ln_arena_new(&o->m->arena, (size_t)n, sizeof *y);
    return y ? ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, (size_t)n * sizeof *y, false)
             : ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
}

/* The images [n d, h, w, c] of a volume that lie under plane `plane` of the filter; *volume: they
 * before [n, d, ...] became one dimension. */
static ln_id images_under(ln_ox *o, ln_id x, const ln_ox_window *w, int plane, ln_id *volume)
{
    const int first = plane * w->dilation[0], end = first - (w->size[0] - 1) * w->dilation[0];
    const int from[5] = {0, first}, to[5] = {0, end}, step[5] = {1, w->stride[0], 1, 1, 1};
    *volume = ln_ox_strided_slice(o, x, 5, from, to, step, end ? 0x1d : 0x1f);
    const ln_ox_dim dims[] = {LN_OX_DIMS_OF(*volume, 0, 2), LN_OX_DIM_OF(*volume, 2),
                              LN_OX_DIM_OF(*volume, 3), LN_OX_DIM_OF(*volume, 4)};
    return ln_ox_reshape_by(o, *volume, 4, dims);
}

/* In three dimensions and groups; f->weights [fd, ...]: a filter of two dimensions per plane. */
static ln_id convolve_planes(ln_ox *o, ln_id x, const ln_ox_filter *f, const ln_ox_window *w)
{
    const ln_shape s = ln_emit_shape(&o->e, f->weights);
    const ln_ox_window flat = {.nd = 2,
                               .stride = {w->stride[1], w->stride[2]},
                               .dilation = {w->dilation[1], w->dilation[2]},
                               .valid = true};
    ln_id y = -1, volume = -1;
    for (int i = 0; i < s.dim[0] && ln_ox_ok(o); i++) {
        const int begin[5] = {i}, size[5] = {1, -1, -1, -1, -1};
        ln_ox_filter plane = *f;
        plane.weights = ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, f->weights, 5, begin, size), 1);
        plane.bias = i ? zeros(o, f->out) : f->bias;
        const ln_id one = ln_ox_convolve(o, images_under(o, x, w, i, &volume), &plane, &flat);
        y = i ? ln_ox_add(o, y, one) : one;
    }
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(volume, 0), LN_OX_DIM_OF(volume, 1), LN_OX_DIM_OF(y, 1),
                              LN_OX_DIM_OF(y, 2), LN_OX_DIM_OF(y, 3)};
    return ln_ox_ok(o) ? ln_ox_reshape_by(o, y, 5, dims) : -1;
}

ln_id ln_ox_convolve(ln_ox *o, ln_id x, const ln_ox_filter *f, const ln_ox_window *w)
{
    const ln_id in[] = {x, f->weights, f->bias};
    const TfLitePadding padding = w->same ? kTfLitePaddingSame : kTfLitePaddingValid;
    const int h = w->nd == 1 ? -1 : 0, v = w->nd == 1 ? 0 : 1; /* indices of height and width */
    const int sh = h < 0 ? 1 : w->stride[h], dh = h < 0 ? 1 : w->dilation[h];
    if (w->nd == 3 && f->groups > 1)
        return convolve_planes(o, x, f, w);
    if (w->nd == 3) {
        const TfLiteConv3DParams p = {.padding = padding,
                                      .stride_depth = w->stride[0],
                                      .stride_height = w->stride[1],
                                      .stride_width = w->stride[2],
                                      .dilation_depth_factor = w->dilation[0],
                                      .dilation_height_factor = w->dilation[1],
                                      .dilation_width_factor = w->dilation[2]};
        return ln_emit_nary(&o->e, &ln_op_conv_3d, &p, 3, in);
    }
    if (f->groups == f->in && f->in > 1) {
        const TfLiteDepthwiseConvParams p = {.padding = padding,
                                             .stride_height = sh,
                                             .stride_width = w->stride[v],
                                             .depth_multiplier = f->out / f->in,
                                             .dilation_height_factor = dh,
                                             .dilation_width_factor = w->dilation[v]};
        return ln_emit_nary(&o->e, &ln_op_depthwise_conv_2d, &p, 3, in);
    }
    const TfLiteConvParams p = {.padding = padding,
                                .stride_height = sh,
                                .stride_width = w->stride[v],
                                .dilation_height_factor = dh,
                                .dilation_width_factor = w->dilation[v]};
    return ln_emit_nary(&o->e, &ln_op_conv_2d, &p, 3, in);
}

static bool is_depthwise(const ln_ox_filter *f)
{
    return f->groups == f->in && f->in > 1;
}

/* The layout in which the filter's dimensions [k, c, ...] are stored. */
static ln_ox_layout filter_layout(const ln_ox_filter *f, int rank)
{
    if (rank == 5 && f->groups > 1)
        return is_depthwise(f) ? (ln_ox_layout){.rank = 5, .dim = {2, 1, 3, 4, 0}}
                               : (ln_ox_layout){.rank = 5, .dim = {2, 0, 3, 4, 1}};
    if (rank == 5)
        return (ln_ox_layout){.rank = 5, .dim = {2, 3, 4, 1, 0}};
    if (is_depthwise(f))
        return rank == 3 ? (ln_ox_layout){.rank = 3, .dim = {1, 2, 0}}
                         : (ln_ox_layout){.rank = 4, .dim = {1, 2, 3, 0}};
    return ln_ox_channels_last(rank);
}

static bool read_filter(ln_ox *o, const ln_ox_node *n, const ln_shape *x, ln_ox_filter *f)
{
    ln_ox_value *w = ln_ox_in(o, n, 1);
    if (!w)
        return false;
    const ln_shape s = ln_ox_shape(o, w);
    f->groups = ln_ox_int(n, "group", 1);
    if (s.rank != x->rank || s.rank < 3 || s.rank > 5 || s.dim[0] < 1 || s.dim[1] < 1 ||
        f->groups < 1 || s.dim[0] % f->groups) {
        LN_OX_FAIL(o, "an image of rank %d, weights of rank %d and %d groups", x->rank, s.rank,
                   f->groups);
        return false;
    }
    f->in = s.dim[1] * f->groups;
    f->out = s.dim[0];
    const ln_ox_layout to = filter_layout(f, s.rank);
    f->weights = ln_ox_as(o, w, &to);
    if (s.rank == 3)
        f->weights = ln_ox_with_height(o, f->weights);
    f->bias = ln_ox_in_id(o, n, 2);
    return ln_ox_ok(o);
}

/* Takes the norm behind into constant weights; the node that it was, or NULL. */
static const Onnx__NodeProto *take_norm(ln_ox *o, const ln_ox_node *n, ln_ox_filter *f)
{
    ln_id scale, shift;
    if (!ln_emit_known(&o->e, f->weights) || (f->bias >= 0 && !ln_emit_known(&o->e, f->bias)))
        return NULL;
    const Onnx__NodeProto *norm = ln_ox_following_norm(o, n, &scale, &shift);
    if (!norm)
        return NULL;
    const bool dense_3d = ln_emit_shape(&o->e, f->weights).rank == 5 && f->groups == 1;
    const ln_id factor = dense_3d || is_depthwise(f)
                             ? scale
                             : ln_ox_reshape(o, scale, 4, (const int[]){f->out, 1, 1, 1});
    f->weights = ln_ox_mul(o, f->weights, factor);
    f->bias = f->bias < 0 ? shift : ln_ox_add(o, ln_ox_mul(o, f->bias, scale), shift);
    return norm;
}

static void mark_done(ln_ox *o, const ln_ox_node *n, const Onnx__NodeProto *norm)
{
    ln_ox_name *y = norm && ln_ox_ok(o) ? ln_ox_lookup(n->scope, n->p->output[0]) : NULL;
    if (y && y->value) {
        y->value->done[0] = norm;
        y->value->n_done = 1;
    }
}

void ln_ox_conv(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    ln_ox_filter f;
    ln_ox_window w;
    int size[LN_OX_MAX_ND];
    if (!v)
        return;
    const ln_shape x = ln_ox_shape(o, v);
    if (!read_filter(o, n, &x, &f))
        return;
    const ln_shape ws = ln_ox_shape(o, ln_ox_in(o, n, 1));
    for (int i = 0; i + 2 < x.rank; i++)
        size[i] = ws.dim[2 + i];
    if (!ln_ox_window_read(o, n, x.rank - 2, x.dim + 2, size, &w))
        return;
    if (memcmp(size, w.size, sizeof *size * (size_t)w.nd) != 0) {
        LN_OX_FAIL(o, "kernel_shape is not that of the weights");
        return;
    }
    if (w.nd == 3 && f.groups > 1 && !ln_ox_window_written_out(o, x.dim + 2, &w))
        return;
    const Onnx__NodeProto *norm = take_norm(o, n, &f);
    if (f.bias < 0)
        f.bias = zeros(o, f.out);
    ln_id image = ln_ox_image(o, v);
    if (!w.same && !w.valid)
        image = ln_ox_pad_image(o, image, &w, NULL);
    ln_ox_out_image(o, n, ln_ox_convolve(o, image, &f, &w), w.nd);
    mark_done(o, n, norm);
}
