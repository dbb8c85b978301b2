/* SPDX-License-Identifier: Apache-2.0 */
/* flex_windows.c: windows that slide over images, float32, channels last.
 *
 *   MaxPool3D, AvgPool3D    x [n, d, h, w, c] -> y [n, od, oh, ow, c]
 *   MaxPoolWithArgmax       x [n, h, w, c] -> y [n, oh, ow, c], where each came from
 *   ExtractImagePatches     x [n, h, w, c] -> y [n, oh, ow, fh * fw * c], zero outside
 *   Dilation2D              x [n, h, w, c], filter [fh, fw, c] -> y [n, oh, ow, c], the largest
 *                           x + filter
 *
 * All are one walk over the taps of each output position; depth is 1 where there is none. */
#include <float.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"
#include "ops/window.h"

enum { AXES = 3 }; /* depth, height, width */

typedef struct geometry {
    int batches, channels;
    ln_window axis[AXES];
    int64_t image;    /* items of one image of x */
    bool whole_batch; /* MaxPoolWithArgmax counts from the first image on */
} geometry;

/* The middle numbers of an attribute of `rank`, the outer two of which are 1; ones where it may be
 * left out. */
static ln_status middle(ln_call *c, const char *name, int rank, bool needed, int v[AXES])
{
    int all[AXES + 2];
    const int n = ln_flex_ints(c, name, rank, all);
    for (int i = 0; i < AXES; i++)
        v[i] = 1;
    if (n < 0 && !needed)
        return LN_OK;
    LN_CHECK(c, n == rank && all[0] == 1 && all[rank - 1] == 1,
             "the attribute %s is no list of %d numbers, the first and last of them 1", name, rank);
    for (int i = 1; i < rank - 1; i++)
        v[AXES + 1 - rank + i] = all[i];
    return LN_OK;
}

typedef struct names {
    const char *filter, *strides, *rates; /* attributes; filter NULL: the size is known */
    int rank;
    int size[AXES]; /* of the filter */
} names;

static ln_status plan(ln_call *c, const names *how, geometry *g)
{
    static const char *const axes[AXES] = {"depth", "height", "width"};
    const ln_shape x = ln_shape_of(c->in[0]);
    const bool same = ln_flex_str_is(c, "padding", "SAME", "");
    int filter[AXES], stride[AXES], rate[AXES];
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_CHECK(c, x.rank == how->rank, "the input has rank %d, not %d", x.rank, how->rank);
    LN_CHECK(c, same || ln_flex_str_is(c, "padding", "VALID", ""),
             "the padding is neither SAME nor VALID");
    LN_CHECK(c, !ln_flex_str_is(c, "data_format", "NCDHW", ""), "channels have to come last");
    memcpy(filter, how->size, sizeof filter);
    if (how->filter)
        LN_TRY(middle(c, how->filter, how->rank, true, filter));
    LN_TRY(middle(c, how->strides, how->rank, true, stride));
    LN_TRY(middle(c, how->rates ? how->rates : "rates", how->rank, how->rates != NULL, rate));
    *g = (geometry){.batches = x.dim[0], .channels = x.dim[x.rank - 1]};
    for (int i = 0; i < AXES; i++) {
        const int at = i + x.rank - 1 - AXES;
        LN_CHECK(c, filter[i] > 0 || !how->filter, "the window is %d long, not positive",
                 filter[i]);
        g->axis[i] = (ln_window){.in = at > 0 ? x.dim[at] : 1,
                                 .filter = filter[i],
                                 .stride = stride[i],
                                 .dilation = rate[i]};
        LN_TRY(ln_window_plan(c, axes[i], same ? kTfLitePaddingSame : kTfLitePaddingValid,
                              &g->axis[i]));
    }
    g->image = (int64_t)g->axis[0].in * g->axis[1].in * g->axis[2].in * g->channels;
    return LN_OK;
}

/* The output's shape, of `channels`. */
static ln_shape shape_of(const geometry *g, int rank, int channels)
{
    ln_shape y = {.rank = rank, .dim = {g->batches}};
    for (int i = 1; i < rank - 1; i++)
        y.dim[i] = g->axis[i + AXES + 1 - rank].out;
    y.dim[rank - 1] = channels;
    return y;
}

/* One output position, and what is called for each of its taps inside of the image: `from` is the
 * tap's first channel in x, `tap` its place in the filter. */
typedef struct position {
    ln_call *c;
    const geometry *g;
    int64_t at; /* the first channel in y */
    int taps;   /* inside of the image */
} position;
typedef void take_fn(const position *p, int64_t from, int tap);

static void visit(position *p, int64_t batch, const int where[AXES], take_fn *take)
{
    const geometry *g = p->g;
    int first[AXES], begin[AXES], end[AXES], k[AXES];
    p->taps = 1;
    for (int i = 0; i < AXES; i++) {
        first[i] = ln_window_taps(&g->axis[i], where[i], &begin[i], &end[i]);
        p->taps *= end[i] - begin[i];
    }
    for (k[0] = begin[0]; k[0] < end[0]; k[0]++)
        for (k[1] = begin[1]; k[1] < end[1]; k[1]++)
            for (k[2] = begin[2]; k[2] < end[2]; k[2]++) {
                int64_t from = batch;
                int tap = 0;
                for (int i = 0; i < AXES; i++) {
                    from = from * g->axis[i].in + first[i] + k[i] * g->axis[i].dilation;
                    tap = tap * g->axis[i].filter + k[i];
                }
                take(p, from * g->channels, tap);
            }
}

/* Calls `start`, the taps and `finish` (which may be NULL) for each output position, which has
 * `channels` items in y. */
static void slide(ln_call *c, const geometry *g, int channels, void (*start)(const position *),
                  take_fn *take, void (*finish)(const position *))
{
    position p = {.c = c, .g = g};
    int at[AXES];
    if (ln_count(c->out[0]) == 0)
        return;
    for (int b = 0; b < g->batches; b++)
        for (at[0] = 0; at[0] < g->axis[0].out; at[0]++)
            for (at[1] = 0; at[1] < g->axis[1].out; at[1]++)
                for (at[2] = 0; at[2] < g->axis[2].out; at[2]++, p.at += channels) {
                    start(&p);
                    visit(&p, b, at, take);
                    if (finish)
                        finish(&p);
                }
}

static void start_low(const position *p)
{
    for (int k = 0; k < p->g->channels; k++)
        p->c->out[0]->data.f[p->at + k] = -FLT_MAX;
}

static void start_zero(const position *p)
{
    memset(p->c->out[0]->data.f + p->at, 0, (size_t)p->g->channels * sizeof(float));
}

/* ---- MaxPool3D, AvgPool3D ---- */

static const names volumes = {"ksize", "strides", NULL, 5, {0}};

static ln_status volume_infer(ln_call *c)
{
    geometry g;
    LN_TRY(plan(c, &volumes, &g));
    const ln_shape y = shape_of(&g, volumes.rank, g.channels);
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

static void take_largest(const position *p, int64_t from, int tap)
{
    const float *x = p->c->in[0]->data.f + from;
    float *y = p->c->out[0]->data.f + p->at;
    (void)tap;
    for (int k = 0; k < p->g->channels; k++)
        y[k] = x[k] > y[k] ? x[k] : y[k];
}

static void take_sum(const position *p, int64_t from, int tap)
{
    const float *x = p->c->in[0]->data.f + from;
    float *y = p->c->out[0]->data.f + p->at;
    (void)tap;
    for (int k = 0; k < p->g->channels; k++)
        y[k] += x[k];
}

static void finish_mean(const position *p)
{
    for (int k = 0; k < p->g->channels; k++)
        p->c->out[0]->data.f[p->at + k] /= (float)LN_MAX(p->taps, 1);
}

static ln_status max_volume_eval(ln_call *c)
{
    geometry g;
    LN_TRY(plan(c, &volumes, &g));
    slide(c, &g, g.channels, start_low, take_largest, NULL);
    return LN_OK;
}

static ln_status mean_volume_eval(ln_call *c)
{
    geometry g;
    LN_TRY(plan(c, &volumes, &g));
    slide(c, &g, g.channels, start_zero, take_sum, finish_mean);
    return LN_OK;
}

LN_FLEX_OP(max_pool_3d, "MaxPool3D", 1, 1, 1, volume_infer, max_volume_eval);
LN_FLEX_OP(avg_pool_3d, "AvgPool3D", 1, 1, 1, volume_infer, mean_volume_eval);

/* ---- MaxPoolWithArgmax ---- */

static const names images = {"ksize", "strides", NULL, 4, {0}};

static ln_status argmax_infer(ln_call *c)
{
    TfLiteType index;
    geometry g;
    LN_TRY(plan(c, &images, &g));
    LN_TRY(ln_flex_index_type(c, "Targmax", kTfLiteInt64, &index));
    const ln_shape y = shape_of(&g, images.rank, g.channels);
    LN_TRY(ln_set_out(c, 0, kTfLiteFloat32, &y));
    return ln_set_out(c, 1, index, &y);
}

static void start_argmax(const position *p)
{
    start_low(p);
    for (int k = 0; k < p->g->channels; k++)
        ln_set_int_at(p->c->out[1], p->at + k, 0);
}

static void take_argmax(const position *p, int64_t from, int tap)
{
    const float *x = p->c->in[0]->data.f + from;
    float *y = p->c->out[0]->data.f + p->at;
    const int64_t skip = p->g->whole_batch ? 0 : from / p->g->image * p->g->image;
    (void)tap;
    for (int k = 0; k < p->g->channels; k++)
        if (x[k] > y[k]) {
            y[k] = x[k];
            ln_set_int_at(p->c->out[1], p->at + k, from - skip + k);
        }
}

static ln_status argmax_eval(ln_call *c)
{
    geometry g;
    LN_TRY(plan(c, &images, &g));
    g.whole_batch = ln_flex_flag(c, "include_batch_in_index", false);
    slide(c, &g, g.channels, start_argmax, take_argmax, NULL);
    return LN_OK;
}

LN_FLEX_OP(max_pool_argmax, "MaxPoolWithArgmax", 1, 1, 2, argmax_infer, argmax_eval);

/* ---- ExtractImagePatches ---- */

static const names patches = {"ksizes", "strides", "rates", 4, {0}};

static ln_status patch_size(ln_call *c, const geometry *g, int *size)
{
    const int64_t n = (int64_t)g->axis[1].filter * g->axis[2].filter * LN_MAX(g->channels, 0);
    LN_CHECK(c, (int64_t)g->axis[1].filter * g->axis[2].filter <= INT32_MAX && n <= INT32_MAX,
             "a patch of %d by %d of %d channels is too large", g->axis[1].filter,
             g->axis[2].filter, g->channels);
    *size = g->channels < 0 ? -1 : (int)n;
    return LN_OK;
}

static ln_status patches_infer(ln_call *c)
{
    geometry g;
    int size = -1;
    LN_TRY(plan(c, &patches, &g));
    LN_TRY(patch_size(c, &g, &size));
    const ln_shape y = shape_of(&g, patches.rank, size);
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

static void start_patch(const position *p)
{
    const size_t taps = (size_t)p->g->axis[1].filter * (size_t)p->g->axis[2].filter;
    memset(p->c->out[0]->data.f + p->at, 0, taps * (size_t)p->g->channels * sizeof(float));
}

static void take_patch(const position *p, int64_t from, int tap)
{
    memcpy(p->c->out[0]->data.f + p->at + (int64_t)tap * p->g->channels, p->c->in[0]->data.f + from,
           (size_t)p->g->channels * sizeof(float));
}

static ln_status patches_eval(ln_call *c)
{
    geometry g;
    int size = -1;
    LN_TRY(plan(c, &patches, &g));
    LN_TRY(patch_size(c, &g, &size));
    slide(c, &g, size, start_patch, take_patch, NULL);
    return LN_OK;
}

LN_FLEX_OP(extract_image_patches, "ExtractImagePatches", 1, 1, 1, patches_infer, patches_eval);

/* ---- Dilation2D ---- */

static ln_status dilation_plan(ln_call *c, geometry *g)
{
    const ln_shape f = ln_shape_of(c->in[1]), x = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 1, LN_BIT(Float32)));
    LN_CHECK(c, f.rank == 3, "the filter has rank %d, not 3", f.rank);
    const names how = {NULL, "strides", "rates", 4, {1, f.dim[0], f.dim[1]}};
    LN_TRY(plan(c, &how, g));
    LN_CHECK(c, f.dim[2] == x.dim[3] || f.dim[2] < 0 || x.dim[3] < 0,
             "the filter has %d channels, the input %d", f.dim[2], x.dim[3]);
    return LN_OK;
}

static ln_status dilation_infer(ln_call *c)
{
    geometry g;
    LN_TRY(dilation_plan(c, &g));
    const ln_shape y = shape_of(&g, 4, g.channels);
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

static void take_dilated(const position *p, int64_t from, int tap)
{
    const float *x = p->c->in[0]->data.f + from;
    const float *f = p->c->in[1]->data.f + (int64_t)tap * p->g->channels;
    float *y = p->c->out[0]->data.f + p->at;
    for (int k = 0; k < p->g->channels; k++)
        y[k] = x[k] + f[k] > y[k] ? x[k] + f[k] : y[k];
}

static ln_status dilation_eval(ln_call *c)
{
    geometry g;
    LN_TRY(dilation_plan(c, &g));
    slide(c, &g, g.channels, start_low, take_dilated, NULL);
    return LN_OK;
}

LN_FLEX_OP(dilation_2d, "Dilation2D", 2, 2, 1, dilation_infer, dilation_eval);
