/* SPDX-License-Identifier: Apache-2.0 */
/* stablehlo_convolution.c: STABLEHLO_CONVOLUTION of any number of spatial dimensions.  TFLite
 * cannot run it; this is what the StableHLO specification says.
 *
 *   x: batch, features and spatial dimensions;  w: input features, output features, spatial ones;
 *   y: batch, output features, spatial ones - each in the order that the options give
 * x may be spread (lhs dilation), w too (rhs dilation) or turned round (window reversal).
 * Feature groups: output features in group g see the input features of group g only; batch
 * groups: they see the batches of group g only.  Types are those of ln_product_type. */
#include "ops/move.h"
#include "ops/stablehlo.h"

enum { X, W };
enum { MAX_SPATIAL = LN_MAX_RANK - 2 };

/* Window places, times outputs, that one call may visit. */
static const int64_t max_work = (int64_t)1 << 33;

typedef struct conv_params {
    int64_t stride[MAX_SPATIAL], padding[2 * MAX_SPATIAL];
    int64_t spread[MAX_SPATIAL], dilation[MAX_SPATIAL];
    bool reversal[MAX_SPATIAL];
    int n_stride, n_padding, n_spread, n_dilation, n_reversal;
    int64_t x_batch, x_feature, x_spatial[MAX_SPATIAL];
    int64_t w_in, w_out, w_spatial[MAX_SPATIAL];
    int64_t y_batch, y_feature, y_spatial[MAX_SPATIAL];
    int n_x_spatial, n_w_spatial, n_y_spatial;
    int64_t feature_groups, batch_groups;
    int32_t precision[2];
    int n_precision;
} conv_params;

/* One spatial dimension. */
typedef struct spatial {
    int x, w, y; /* sizes */
    int64_t stride, dilation, spread, low, high;
    bool reversed;
    int64_t x_step, w_step;
    int y_axis;
} spatial;

typedef struct geometry {
    int rank; /* of the spatial dimensions */
    spatial at[MAX_SPATIAL];
} geometry;

/* A batch, a feature and the spatial axes: together, each axis of a tensor once. */
static ln_status check_axes(ln_call *c, const char *what, int64_t a, int64_t b,
                            const int64_t *spatial_axes, int n, int rank)
{
    int64_t axes[LN_MAX_RANK] = {a, b};
    unsigned set;
    LN_CHECK(c, n + 2 == rank, "%s has rank %d, its dimensions are %d", what, rank, n + 2);
    for (int i = 0; i < n; i++)
        axes[2 + i] = spatial_axes[i];
    return ln_axis_set(c, what, axes, n + 2, rank, &set);
}

static ln_status check_params(ln_call *c)
{
    const conv_params *p = c->params;
    const int n = p->n_x_spatial;
    const int counts[5] = {p->n_stride, p->n_spread, p->n_dilation, p->n_reversal,
                           p->n_padding / 2};

    LN_CHECK(c, n <= MAX_SPATIAL && p->n_w_spatial == n && p->n_y_spatial == n,
             "input, kernel and output have %d, %d and %d spatial dimensions", n, p->n_w_spatial,
             p->n_y_spatial);
    for (int i = 0; i < 5; i++)
        LN_CHECK(c, counts[i] == 0 || counts[i] == n,
                 "strides, dilations, reversal or padding are for %d dimensions, there are %d",
                 counts[i], n);
    LN_CHECK(c, p->n_padding % 2 == 0, "padding has %d numbers, not two per dimension",
             p->n_padding);
    LN_TRY(check_axes(c, "input", p->x_batch, p->x_feature, p->x_spatial, n,
                      ln_shape_of(c->in[X]).rank));
    LN_TRY(check_axes(c, "kernel", p->w_in, p->w_out, p->w_spatial, n, ln_shape_of(c->in[W]).rank));
    return check_axes(c, "output", p->y_batch, p->y_feature, p->y_spatial, n, n + 2);
}

static ln_status check_range(ln_call *c, int i, const char *what, int64_t v, int64_t min)
{
    LN_CHECK(c, v >= min && v <= INT32_MAX, "the %s of spatial dimension %d is %lld", what, i,
             (long long)v);
    return LN_OK;
}

/* Fills in a dimension's size in the output, -1 where it is not known. */
static ln_status size_of_output(ln_call *c, int i, spatial *s)
{
    LN_TRY(check_range(c, i, "stride", s->stride, 1));
    LN_TRY(check_range(c, i, "input dilation", s->spread, 1));
    LN_TRY(check_range(c, i, "kernel dilation", s->dilation, 1));
    LN_TRY(check_range(c, i, "padding", s->low, -INT32_MAX));
    LN_TRY(check_range(c, i, "padding", s->high, -INT32_MAX));
    LN_CHECK(c, s->w != 0, "the kernel is empty in spatial dimension %d", i);
    s->y = -1;
    if (s->x < 0 || s->w < 0)
        return LN_OK;
    const int64_t whole = s->x > 0 ? (s->x - 1) * s->spread + 1 : 0;
    const int64_t room = whole + s->low + s->high;
    const int64_t size = (s->w - 1) * s->dilation + 1;
    const int64_t n = room < size ? 0 : (room - size) / s->stride + 1;
    LN_CHECK(c, n <= INT32_MAX, "spatial dimension %d gets too large", i);
    s->y = (int)n;
    return LN_OK;
}

static ln_status plan(ln_call *c, geometry *g)
{
    const conv_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    int64_t xs[LN_MAX_RANK] = {0}, ws[LN_MAX_RANK] = {0};

    LN_TRY(check_params(c));
    if (ln_shape_known(&x) && ln_shape_known(&w)) {
        ln_steps(&x, xs);
        ln_steps(&w, ws);
    }
    g->rank = p->n_x_spatial;
    for (int i = 0; i < g->rank; i++) {
        const int64_t xa = p->x_spatial[i], wa = p->w_spatial[i];
        g->at[i] = (spatial){
            .x = x.dim[xa],
            .w = w.dim[wa],
            .stride = p->n_stride ? p->stride[i] : 1,
            .dilation = p->n_dilation ? p->dilation[i] : 1,
            .spread = p->n_spread ? p->spread[i] : 1,
            .low = p->n_padding ? p->padding[2 * i] : 0,
            .high = p->n_padding ? p->padding[2 * i + 1] : 0,
            .reversed = p->n_reversal && p->reversal[i],
            .x_step = xs[xa],
            .w_step = ws[wa],
            .y_axis = (int)p->y_spatial[i],
        };
        LN_TRY(size_of_output(c, i, &g->at[i]));
    }
    return LN_OK;
}

/* Sizes that the groups have to divide; -1 is not known. */
static ln_status check_groups(ln_call *c, int batches, int features, int kernel_in, int kernel_out)
{
    const conv_params *p = c->params;
    const int64_t fg = p->feature_groups, bg = p->batch_groups;
    LN_CHECK(c, fg >= 1 && bg >= 1 && (fg == 1 || bg == 1),
             "%lld feature groups and %lld batch groups, one of them must be 1", (long long)fg,
             (long long)bg);
    LN_CHECK(c, batches < 0 || batches % bg == 0, "%d batches in %lld groups", batches,
             (long long)bg);
    LN_CHECK(c, features < 0 || features % fg == 0, "%d input features in %lld groups", features,
             (long long)fg);
    LN_CHECK(c, kernel_out < 0 || (kernel_out % fg == 0 && kernel_out % bg == 0),
             "%d output features in %lld groups", kernel_out, (long long)LN_MAX(fg, bg));
    LN_CHECK(c, features < 0 || kernel_in < 0 || features / fg == kernel_in,
             "the kernel has %d input features, the input %d in %lld groups", kernel_in, features,
             (long long)fg);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const conv_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    geometry g;
    TfLiteType type;

    LN_TRY(ln_product_type(c, &type));
    LN_TRY(plan(c, &g));
    const int batches = x.dim[p->x_batch], features = w.dim[p->w_out];
    LN_TRY(check_groups(c, batches, x.dim[p->x_feature], w.dim[p->w_in], features));
    ln_shape y = ln_shape_unknown(g.rank + 2);
    y.dim[p->y_batch] = batches < 0 ? -1 : (int)(batches / p->batch_groups);
    y.dim[p->y_feature] = features;
    double work = (double)LN_MAX(y.dim[p->y_batch], 1) * LN_MAX(features, 1);
    for (int i = 0; i < g.rank; i++) {
        y.dim[g.at[i].y_axis] = g.at[i].y;
        work *= (double)LN_MAX(g.at[i].y, 1) * LN_MAX(g.at[i].w, 1);
    }
    LN_CHECK(c, work <= (double)max_work, "the windows have %g places in all", work);
    return ln_set_out(c, 0, type, &y);
}

/* ---- eval ---- */

typedef struct window {
    const geometry *g;
    ln_products sum;
    int index[LN_MAX_RANK]; /* of the output */
    int64_t x_step, w_step; /* of the input features */
    int n;                  /* input features of a group */
} window;

/* Adds up the window from spatial dimension `i` on; x and w: the items reached so far. */
static void add_window(window *v, int i, int64_t x, int64_t w)
{
    const spatial *s = &v->g->at[i];
    if (i == v->g->rank) {
        ln_products_add(&v->sum, x, v->x_step, w, v->w_step, v->n);
        return;
    }
    for (int k = 0; k < s->w; k++) {
        const int64_t at = v->index[s->y_axis] * s->stride + k * s->dilation - s->low;
        if (at < 0 || at % s->spread != 0 || at / s->spread >= s->x)
            continue;
        add_window(v, i + 1, x + at / s->spread * s->x_step,
                   w + (s->reversed ? s->w - 1 - k : k) * s->w_step);
    }
}

static ln_status eval(ln_call *c)
{
    const conv_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    const ln_shape y = ln_shape_of(c->out[0]);
    const int count = ln_count(c->out[0]);
    int64_t xs[LN_MAX_RANK], ws[LN_MAX_RANK];
    geometry g;

    if (count == 0)
        return LN_OK;
    LN_TRY(plan(c, &g));
    ln_steps(&x, xs);
    ln_steps(&w, ws);
    window v = {
        .g = &g,
        .sum = {.x = c->in[X], .w = c->in[W], .y = c->out[0]},
        .x_step = xs[p->x_feature],
        .w_step = ws[p->w_in],
        .n = w.dim[p->w_in],
    };
    const int64_t per_feature_group = y.dim[p->y_feature] / p->feature_groups;
    const int64_t per_batch_group = y.dim[p->y_feature] / p->batch_groups;
    for (int to = 0; to < count; to++) {
        const int feature = v.index[p->y_feature];
        const int64_t batch = feature / per_batch_group * y.dim[p->y_batch] + v.index[p->y_batch];
        const int64_t first = feature / per_feature_group * v.n;
        add_window(&v, 0, batch * xs[p->x_batch] + first * v.x_step, feature * ws[p->w_out]);
        ln_products_end(&v.sum, to);
        for (int i = y.rank - 1; i >= 0 && ++v.index[i] == y.dim[i]; i--)
            v.index[i] = 0;
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD_LIST(I64S, 0, conv_params, stride, n_stride, MAX_SPATIAL, 1),
    LN_FIELD_LIST(I64S, 1, conv_params, padding, n_padding, 2 * MAX_SPATIAL, 1),
    LN_FIELD_LIST(I64S, 2, conv_params, spread, n_spread, MAX_SPATIAL, 1),
    LN_FIELD_LIST(I64S, 3, conv_params, dilation, n_dilation, MAX_SPATIAL, 1),
    LN_FIELD_LIST(BOOLS, 4, conv_params, reversal, n_reversal, MAX_SPATIAL, 1),
    LN_FIELD(I64, 5, conv_params, x_batch, 1),
    LN_FIELD(I64, 6, conv_params, x_feature, 1),
    LN_FIELD_LIST(I64S, 7, conv_params, x_spatial, n_x_spatial, MAX_SPATIAL, 1),
    LN_FIELD(I64, 8, conv_params, w_in, 1),
    LN_FIELD(I64, 9, conv_params, w_out, 1),
    LN_FIELD_LIST(I64S, 10, conv_params, w_spatial, n_w_spatial, MAX_SPATIAL, 1),
    LN_FIELD(I64, 11, conv_params, y_batch, 1),
    LN_FIELD(I64, 12, conv_params, y_feature, 1),
    LN_FIELD_LIST(I64S, 13, conv_params, y_spatial, n_y_spatial, MAX_SPATIAL, 1),
    LN_FIELD(I64, 14, conv_params, feature_groups, 1),
    LN_FIELD(I64, 15, conv_params, batch_groups, 1),
    LN_FIELD_LIST(I32S, 16, conv_params, precision, n_precision, 2, 1),
    {0},
};

const ln_op ln_op_stablehlo_convolution = {
    .name = "STABLEHLO_CONVOLUTION",
    .builtin = kTfLiteBuiltinStablehloConvolution,
    .version = 1,
    .options = 4,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(conv_params),
    .infer = infer,
    .eval = eval,
};
