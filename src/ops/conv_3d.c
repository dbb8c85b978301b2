/* SPDX-License-Identifier: Apache-2.0 */
/* conv_3d.c: CONV_3D and CONV_3D_TRANSPOSE, float32.
 *
 *   CONV_3D             x [n, d, h, w, c]    W [fd, fh, fw, c, k]    b [k], optional
 *   CONV_3D_TRANSPOSE   shape [5] of y    W [fd, fh, fw, k, c]    x [n, d, h, w, c]    b [k]
 *   y [n, od, oh, ow, k] in both
 *
 * The two differ in the direction: the first gathers a window of x into one voxel of y, the second
 * spreads a voxel of x over a window of y.  Sums run in the order of TFLite's reference kernels. */
#include <string.h>

#include "ops/dot.h"
#include "ops/window.h"

static const ln_field fields[] = {
    LN_FIELD(PAD, 0, TfLiteConv3DParams, padding, 1),
    LN_FIELD(I32, 1, TfLiteConv3DParams, stride_depth, 1),
    LN_FIELD(I32, 2, TfLiteConv3DParams, stride_width, 1),
    LN_FIELD(I32, 3, TfLiteConv3DParams, stride_height, 1),
    LN_FIELD(ACT, 4, TfLiteConv3DParams, activation, 1),
    LN_FIELD_DEFAULT(I32, 5, TfLiteConv3DParams, dilation_depth_factor, 1, 1),
    LN_FIELD_DEFAULT(I32, 6, TfLiteConv3DParams, dilation_width_factor, 1, 1),
    LN_FIELD_DEFAULT(I32, 7, TfLiteConv3DParams, dilation_height_factor, 1, 1),
    {0},
};

typedef struct geometry {
    int batches, cin, cout;
    ln_window w[3]; /* depth, height, width; .in is the side that is gathered from or spread to */
} geometry;

/* Depth, height and width; `in` and `filter` point at the first of three dimensions. */
static ln_status plan_windows(ln_call *c, const int *in, const int *filter, geometry *g)
{
    static const char *const axes[] = {"depth", "height", "width"};
    const TfLiteConv3DParams *p = c->params;
    const int stride[] = {p->stride_depth, p->stride_height, p->stride_width};
    const int dilation[] = {p->dilation_depth_factor, p->dilation_height_factor,
                            p->dilation_width_factor};
    for (int i = 0; i < 3; i++) {
        g->w[i] = (ln_window){
            .in = in[i], .filter = filter[i], .stride = stride[i], .dilation = dilation[i]};
        LN_TRY(ln_window_plan(c, axes[i], p->padding, &g->w[i]));
    }
    return LN_OK;
}

static ln_status check_operands(ln_call *c, int x, int w, int b, int cout)
{
    if (c->in[x]->type != kTfLiteFloat32)
        return ln_fail_type(c, x);
    if (c->in[w]->type != kTfLiteFloat32)
        return ln_fail_type(c, w);
    const int rx = ln_shape_of(c->in[x]).rank, rw = ln_shape_of(c->in[w]).rank;
    LN_CHECK(c, rx == 5, "input has rank %d, not 5", rx);
    LN_CHECK(c, rw == 5, "weights have rank %d, not 5", rw);
    if (!ln_has(c, b))
        return LN_OK;
    if (c->in[b]->type != kTfLiteFloat32)
        return ln_fail_type(c, b);
    const int n = ln_count(c->in[b]);
    LN_CHECK(c, n < 0 || cout < 0 || n == cout, "bias has %d values for %d channels", n, cout);
    return LN_OK;
}

static size_t voxel(const ln_window w[3], int d, int h, int x)
{
    return ((size_t)d * (size_t)w[1].in + (size_t)h) * (size_t)w[2].in + (size_t)x;
}

static size_t tap(const ln_window w[3], int d, int h, int x)
{
    return ((size_t)d * (size_t)w[1].filter + (size_t)h) * (size_t)w[2].filter + (size_t)x;
}

/* Adds the bias and applies the activation to `voxels` voxels of y. */
static void finish(const ln_call *c, const float *bias, float *y, size_t voxels, int cout)
{
    const TfLiteConv3DParams *p = c->params;
    float min, max;
    ln_activation_range_f32(p->activation, &min, &max);
    for (size_t i = 0; i < voxels; i++, y += cout) {
        for (int k = 0; k < cout; k++) {
            const float v = y[k] + (bias ? bias[k] : 0);
            y[k] = v < min ? min : v > max ? max : v;
        }
    }
}

/* ---- CONV_3D ---- */

enum { X, W, B };

static ln_status plan(ln_call *c, geometry *g)
{
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    LN_TRY(check_operands(c, X, W, B, w.dim[4]));
    LN_CHECK(c, x.dim[4] == w.dim[3] || x.dim[4] < 0 || w.dim[3] < 0,
             "weights have %d channels, the input has %d", w.dim[3], x.dim[4]);
    g->batches = x.dim[0];
    g->cin = w.dim[3];
    g->cout = w.dim[4];
    return plan_windows(c, &x.dim[1], &w.dim[0], g);
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    const ln_shape size = {3, {x.dim[1], x.dim[2], x.dim[3]}};
    geometry g;
    LN_TRY(plan(c, &g));
    ln_shape y = {5, {g.batches, g.w[0].out, g.w[1].out, g.w[2].out, g.cout}};
    if (!ln_shape_known(&size) || !ln_shape_known(&w))
        y = ln_shape_unknown(5);
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

/* y[k] += x[i] * w[i][k] over i, then k: every y[k] adds up in the order of i. */
static void add_voxel(const float *restrict x, const float *restrict w, int cin, int cout,
                      float *restrict y)
{
    for (int i = 0; i < cin; i++, w += cout)
        for (int k = 0; k < cout; k++)
            y[k] += x[i] * w[k];
}

/* One output voxel; s[axis] as ln_window_taps gives it. */
static void gather(const geometry *g, const float *x, const float *w, int s[3][3], float *y)
{
    const size_t matrix = (size_t)g->cin * (size_t)g->cout;
    for (int d = s[0][1]; d < s[0][2]; d++) {
        for (int h = s[1][1]; h < s[1][2]; h++) {
            for (int v = s[2][1]; v < s[2][2]; v++) {
                const size_t at =
                    voxel(g->w, s[0][0] + d * g->w[0].dilation, s[1][0] + h * g->w[1].dilation,
                          s[2][0] + v * g->w[2].dilation);
                add_voxel(x + at * (size_t)g->cin, w + tap(g->w, d, h, v) * matrix, g->cin, g->cout,
                          y);
            }
        }
    }
}

static ln_status eval(ln_call *c)
{
    geometry g;
    LN_TRY(plan(c, &g));
    const size_t image = voxel(g.w, g.w[0].in, 0, 0) * (size_t)g.cin;
    const size_t out = (size_t)g.w[0].out * (size_t)g.w[1].out * (size_t)g.w[2].out;
    const float *x = c->in[X]->data.f;
    float *y = c->out[0]->data.f;
    int s[3][3];
    memset(y, 0, (size_t)ln_count(c->out[0]) * sizeof *y);
    for (int n = 0; n < g.batches; n++, x += image) {
        for (int d = 0; d < g.w[0].out; d++) {
            s[0][0] = ln_window_taps(&g.w[0], d, &s[0][1], &s[0][2]);
            for (int h = 0; h < g.w[1].out; h++) {
                s[1][0] = ln_window_taps(&g.w[1], h, &s[1][1], &s[1][2]);
                for (int v = 0; v < g.w[2].out; v++, y += g.cout) {
                    s[2][0] = ln_window_taps(&g.w[2], v, &s[2][1], &s[2][2]);
                    gather(&g, x, c->in[W]->data.f, s, y);
                }
            }
        }
    }
    finish(c, ln_has(c, B) ? c->in[B]->data.f : NULL, c->out[0]->data.f, (size_t)g.batches * out,
           g.cout);
    return LN_OK;
}

/* ---- CONV_3D_TRANSPOSE ---- */

enum { T_SHAPE, T_W, T_X, T_B };

static ln_status plan_transpose(ln_call *c, const int y[5], geometry *g)
{
    const ln_shape x = ln_shape_of(c->in[T_X]), w = ln_shape_of(c->in[T_W]);
    *g = (geometry){.batches = x.dim[0], .cin = w.dim[4], .cout = w.dim[3]};
    LN_TRY(plan_windows(c, &y[1], &w.dim[0], g));
    LN_CHECK(c, y[0] == x.dim[0], "shape asks for %d images, the input has %d", y[0], x.dim[0]);
    LN_CHECK(c, y[4] == g->cout, "shape asks for %d channels, the weights have %d", y[4], g->cout);
    LN_CHECK(c, x.dim[4] == g->cin, "weights have %d channels, the input has %d", g->cin, x.dim[4]);
    for (int i = 0; i < 3; i++)
        LN_CHECK(c, g->w[i].out == x.dim[i + 1],
                 "shape asks for %d in dimension %d, which takes an input of %d, not %d", y[i + 1],
                 i + 1, g->w[i].out, x.dim[i + 1]);
    return LN_OK;
}

static ln_status infer_transpose(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[T_X]), w = ln_shape_of(c->in[T_W]);
    ln_shape y = ln_shape_unknown(5);
    geometry g;
    int count;
    LN_TRY(check_operands(c, T_X, T_W, T_B, w.dim[3]));
    if (c->in[T_SHAPE]->type != kTfLiteInt32 && c->in[T_SHAPE]->type != kTfLiteInt64)
        return ln_fail_type(c, T_SHAPE);
    if (!ln_known(c, T_SHAPE) || !ln_shape_known(&x) || !ln_shape_known(&w))
        return ln_set_out(c, 0, kTfLiteFloat32, &y);
    LN_TRY(ln_read_ints(c, T_SHAPE, 5, y.dim, &count));
    LN_CHECK(c, count == 5, "shape has %d values, not 5", count);
    for (int i = 0; i < 5; i++)
        LN_CHECK(c, y.dim[i] >= 0, "shape has the negative dimension %d", y.dim[i]);
    LN_TRY(plan_transpose(c, y.dim, &g));
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

/* y[k] += x . row k of w, for the cout rows that belong to one tap. */
static void spread_voxel(const float *x, const float *w, int cin, int cout, float *y)
{
    for (int k = 0; k < cout; k += 4) {
        const int rows = LN_MIN(4, cout - k);
        float acc[4] = {0, 0, 0, 0};
        memcpy(acc, y + k, (size_t)rows * sizeof *acc);
        ln_dot_f32(x, w + (size_t)k * (size_t)cin, (size_t)cin, rows, cin, acc);
        memcpy(y + k, acc, (size_t)rows * sizeof *acc);
    }
}

static void spread(const geometry *g, const float *x, const float *w, int s[3][3], float *y)
{
    const size_t matrix = (size_t)g->cin * (size_t)g->cout;
    for (int d = s[0][1]; d < s[0][2]; d++) {
        for (int h = s[1][1]; h < s[1][2]; h++) {
            for (int v = s[2][1]; v < s[2][2]; v++) {
                const size_t at =
                    voxel(g->w, s[0][0] + d * g->w[0].dilation, s[1][0] + h * g->w[1].dilation,
                          s[2][0] + v * g->w[2].dilation);
                spread_voxel(x, w + tap(g->w, d, h, v) * matrix, g->cin, g->cout,
                             y + at * (size_t)g->cout);
            }
        }
    }
}

static ln_status eval_transpose(ln_call *c)
{
    const ln_shape shape = ln_shape_of(c->out[0]);
    geometry g;
    LN_TRY(plan_transpose(c, shape.dim, &g));
    const size_t voxels = voxel(g.w, g.w[0].in, 0, 0);
    const float *x = c->in[T_X]->data.f;
    float *y = c->out[0]->data.f;
    int s[3][3];
    memset(y, 0, (size_t)ln_count(c->out[0]) * sizeof *y);
    for (int n = 0; n < g.batches; n++, y += voxels * (size_t)g.cout) {
        for (int d = 0; d < g.w[0].out; d++) {
            s[0][0] = ln_window_taps(&g.w[0], d, &s[0][1], &s[0][2]);
            for (int h = 0; h < g.w[1].out; h++) {
                s[1][0] = ln_window_taps(&g.w[1], h, &s[1][1], &s[1][2]);
                for (int v = 0; v < g.w[2].out; v++, x += g.cin) {
                    s[2][0] = ln_window_taps(&g.w[2], v, &s[2][1], &s[2][2]);
                    spread(&g, x, c->in[T_W]->data.f, s, y);
                }
            }
        }
    }
    finish(c, ln_has(c, T_B) ? c->in[T_B]->data.f : NULL, c->out[0]->data.f,
           (size_t)g.batches * voxels, g.cout);
    return LN_OK;
}

static const ln_quant quant = {.in = {[W] = LN_Q_WEIGHT(4)}};

const ln_op ln_op_conv_3d = {
    .name = "CONV_3D",
    .builtin = kTfLiteBuiltinConv3d,
    .version = 1,
    .options = 106,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << B,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLiteConv3DParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

const ln_op ln_op_conv_3d_transpose = {
    .name = "CONV_3D_TRANSPOSE",
    .builtin = kTfLiteBuiltinConv3dTranspose,
    .version = 1,
    .options = 106,
    .min_in = 3,
    .max_in = 4,
    .n_out = 1,
    .optional = 1u << T_B,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLiteConv3DParams),
    .infer = infer_transpose,
    .eval = eval_transpose,
};
