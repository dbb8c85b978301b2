/* SPDX-License-Identifier: Apache-2.0 */
/* roi.c: RoiAlign: each region of interest is sampled at the points of a regular grid, which are
 * averaged (or compared) bin by bin.  Rows and columns of the grid are computed apart: y is
 * [regions, rows], x [regions, columns]; pixels are [n * h * w, c].  Where the size of a region
 * says how many points a bin has, all get as many as the largest needs, and those that are too many
 * count as 0. */
#include <string.h>

#include "import/onnx/families.h"

typedef struct regions {
    ln_ox *o;
    ln_id pixels, rois, images; /* images: int32 [regions, 1, 1], where an image's pixels begin */
    int channels, size[2], bins[2], samples; /* of columns, rows; samples 0: by the region's size */
    float scale, offset;
    bool at_least_one, most; /* most: the largest, not the average */
} regions;

static ln_id number(const regions *r, double v)
{
    return ln_emit_float(&r->o->e, (float)v);
}

/* One of the four numbers of each region, [regions, 1], in pixels. */
static ln_id corner(const regions *r, int i)
{
    const int begin[] = {0, i}, size[] = {-1, 1};
    const ln_id x = ln_ox_mul(r->o, ln_emit_slice(&r->o->e, r->rois, 2, begin, size),
                              number(r, (double)r->scale));
    return r->offset == 0.f ? x : ln_ox_sub(r->o, x, number(r, (double)r->offset));
}

/* Points along an axis: `positions` [regions, bins * samples], and what each counts; -1: 1.  Where
 * the number of samples is found out, `samples` are those of a bin. */
typedef struct points {
    ln_id positions, counts, samples;
} points;

static ln_id size_along(const regions *r, int axis, ln_id begin)
{
    const ln_id size = ln_ox_sub(r->o, corner(r, axis + 2), begin);
    return r->at_least_one ? ln_ox_op2(r->o, &ln_op_maximum, size, number(r, 1)) : size;
}

static points fixed_points(const regions *r, int axis)
{
    ln_ox *o = r->o;
    const int n = r->bins[axis] * r->samples;
    const ln_shape s = {.rank = 2, .dim = {1, n}};
    float *part = ln_arena_new(&o->m->arena, (size_t)n, sizeof *part);
    if (!part)
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; part && i < n; i++)
        part[i] = ((float)i + 0.5f) / (float)n;
    const ln_id begin = corner(r, axis);
    const ln_id parts =
        ln_emit_constant(&o->e, kTfLiteFloat32, &s, part, (size_t)n * sizeof *part, false);
    return (points){ln_ox_add(o, begin, ln_ox_mul(o, size_along(r, axis, begin), parts)), -1, -1};
}

/* As many samples as a bin has pixels. */
static points found_points(const regions *r, int axis)
{
    ln_ox *o = r->o;
    const int all[] = {0, 1}, bins = r->bins[axis];
    const ln_id begin = corner(r, axis), one = number(r, 1);
    const ln_id bin = ln_ox_div(o, size_along(r, axis, begin), number(r, bins));
    const ln_id n = ln_ox_op1(o, &ln_op_ceil, bin); /* [regions, 1] */
    const ln_id most = ln_ox_op2(o, &ln_op_maximum,
                                 ln_emit_reduce(&o->e, &ln_op_reduce_max, n, 2, all, false), one);
    points p;
    p.samples = ln_emit_range(&o->e, ln_ox_int32(o, most));
    const ln_id k = ln_emit_cast(&o->e, p.samples, kTfLiteFloat32);
    const ln_id there = ln_emit_cast(&o->e, ln_ox_op2(o, &ln_op_less, k, n), kTfLiteFloat32);
    const ln_id some = ln_ox_op2(o, &ln_op_maximum, n, one);
    const ln_id part = ln_ox_div(o, ln_ox_add(o, k, number(r, 0.5)), some); /* [regions, samples] */
    const ln_id index = ln_ox_reshape(
        o, ln_emit_cast(&o->e, ln_emit_range(&o->e, ln_emit_int(&o->e, bins)), kTfLiteFloat32), 3,
        (const int[]){1, bins, 1});
    const ln_id at = ln_ox_add(o, index, ln_emit_expand_dims(&o->e, part, 1));
    const ln_id place = ln_ox_add(o, ln_emit_expand_dims(&o->e, begin, 2),
                                  ln_ox_mul(o, ln_emit_expand_dims(&o->e, bin, 2), at));
    const ln_ox_dim flat[] = {LN_OX_DIM_OF(r->rois, 0), LN_OX_NUMBER(-1)};
    p.positions = ln_ox_reshape_by(o, place, 2, flat);
    const int times[] = {1, bins};
    p.counts = ln_ox_op2(o, &ln_op_tile, ln_ox_div(o, there, some), ln_emit_ints(&o->e, 2, times));
    return p;
}

/* Two pixels along an axis and their weights, which are 0 where the position is far outside. */
typedef struct pair {
    ln_id at[2], weight[2];
} pair;

static pair neighbors(const regions *r, int axis, const points *all)
{
    ln_ox *o = r->o;
    const double last = r->size[axis] - 1;
    const ln_id x = all->positions, one = number(r, 1);
    const ln_id low = ln_ox_op2(o, &ln_op_greater_equal, x, number(r, -1));
    const ln_id high = ln_ox_op2(o, &ln_op_less_equal, x, number(r, last + 1));
    ln_id in = ln_emit_cast(&o->e, ln_ox_op2(o, &ln_op_logical_and, low, high), kTfLiteFloat32);
    in = all->counts < 0 ? in : ln_ox_mul(o, in, all->counts);
    const ln_id inside = ln_ox_op2(o, &ln_op_minimum, ln_ox_op2(o, &ln_op_maximum, x, number(r, 0)),
                                   number(r, last));
    const ln_id whole = ln_ox_op1(o, &ln_op_floor, inside);
    const ln_id part = ln_ox_sub(o, inside, whole);
    pair p = {{whole, ln_ox_op2(o, &ln_op_minimum, ln_ox_add(o, whole, one), number(r, last))},
              {ln_ox_mul(o, ln_ox_sub(o, one, part), in), ln_ox_mul(o, part, in)}};
    for (int i = 0; i < 2; i++) { /* columns: [regions, 1, columns], rows: [regions, rows, 1] */
        p.at[i] = ln_emit_expand_dims(&o->e, ln_ox_int32(o, p.at[i]), axis ? 2 : 1);
        p.weight[i] = ln_emit_expand_dims(&o->e, p.weight[i], axis ? 2 : 1);
    }
    return p;
}

/* [regions, rows, columns, c] */
static ln_id sampled(const regions *r, const points *along)
{
    ln_ox *o = r->o;
    const pair x = neighbors(r, 0, &along[0]), y = neighbors(r, 1, &along[1]);
    ln_id sum = -1;
    for (int i = 0; i < 4 && ln_ox_ok(o); i++) {
        const ln_id row = ln_ox_mul(o, y.at[i / 2], ln_emit_int(&o->e, r->size[0]));
        const ln_id place = ln_ox_add(o, ln_ox_add(o, row, x.at[i % 2]), r->images);
        const ln_id weight = ln_ox_mul(o, y.weight[i / 2], x.weight[i % 2]);
        const ln_id part = ln_ox_mul(o, ln_emit_gather(&o->e, r->pixels, place, 0),
                                     ln_emit_expand_dims(&o->e, weight, 3));
        sum = i == 0 ? part : ln_ox_op2(o, r->most ? &ln_op_maximum : &ln_op_add, sum, part);
    }
    return sum;
}

static bool read_regions(ln_ox *o, const ln_ox_node *n, regions *r)
{
    enum { MOST = 1 << 10 };
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (!v)
        return false;
    const ln_shape xs = ln_ox_shape(o, v);
    const char *mode = "coordinate_transformation_mode";
    const char *usual = n->opset < 16 ? "output_half_pixel" : "half_pixel";
    r->o = o;
    r->bins[0] = ln_ox_int(n, "output_width", 1);
    r->bins[1] = ln_ox_int(n, "output_height", 1);
    r->samples = ln_ox_int(n, "sampling_ratio", 0);
    r->scale = ln_ox_float(n, "spatial_scale", 1);
    r->at_least_one = ln_ox_is(n, mode, "output_half_pixel", usual);
    r->offset = r->at_least_one ? 0.f : 0.5f;
    r->most = ln_ox_is(n, "mode", "max", "avg");
    const int area = xs.rank == 4 ? ln_shape_count(&xs, 1, 4) : -1;
    const int most = MOST / LN_MAX(r->samples, 1);
    if (area < 1 || r->samples < 0 || r->samples > MOST || r->bins[0] < 1 || r->bins[1] < 1 ||
        r->bins[0] > most || r->bins[1] > most || (r->most && !r->samples)) {
        LN_OX_FAIL(o, "an image of unknown size, or sampling_ratio %d for the largest of a bin",
                   r->samples);
        return false;
    }
    r->channels = xs.dim[1];
    r->size[0] = xs.dim[3];
    r->size[1] = xs.dim[2];
    r->pixels = ln_ox_reshape(o, ln_ox_image(o, v), 2, (const int[]){-1, r->channels});
    r->rois = ln_ox_in_id(o, n, 1);
    const ln_id image = ln_ox_mul(o, ln_ox_int32(o, ln_ox_in_id(o, n, 2)),
                                  ln_emit_int(&o->e, xs.dim[2] * xs.dim[3]));
    r->images = ln_ox_reshape(o, image, 3, (const int[]){-1, 1, 1});
    return ln_ox_ok(o);
}

/* [regions, rows, columns, c] added up: [regions, bins, bins, c]. */
static ln_id added_up(const regions *r, ln_id x, const points *along)
{
    ln_ox *o = r->o;
    const int middle = 1;
    const ln_ox_dim rows[] = {LN_OX_NUMBER(-1), LN_OX_DIM_OF(along[1].samples, 0),
                              LN_OX_DIMS_OF(x, 2, 2)};
    const ln_ox_dim columns[] = {LN_OX_NUMBER(-1), LN_OX_DIM_OF(along[0].samples, 0),
                                 LN_OX_NUMBER(r->channels)};
    ln_id y = ln_ox_reshape_by(o, x, 3, rows);
    y = ln_ox_reshape_by(o, ln_emit_reduce(&o->e, &ln_op_sum, y, 1, &middle, false), 3, columns);
    y = ln_emit_reduce(&o->e, &ln_op_sum, y, 1, &middle, false);
    return ln_ox_reshape(o, y, 4, (const int[]){-1, r->bins[1], r->bins[0], r->channels});
}

static ln_id of_bins(const regions *r, ln_id x)
{
    const TfLitePoolParams p = {.padding = kTfLitePaddingValid,
                                .stride_height = r->samples,
                                .stride_width = r->samples,
                                .filter_height = r->samples,
                                .filter_width = r->samples};
    const ln_op *op = r->most ? &ln_op_max_pool_2d : &ln_op_average_pool_2d;
    return r->samples > 1 ? ln_emit_unary(&r->o->e, op, &p, x) : x;
}

void ln_ox_roi_align(ln_ox *o, const ln_ox_node *n)
{
    regions r;
    points along[2];
    if (!read_regions(o, n, &r))
        return;
    for (int i = 0; i < 2; i++)
        along[i] = r.samples ? fixed_points(&r, i) : found_points(&r, i);
    const ln_id all = sampled(&r, along);
    if (ln_ox_ok(o))
        ln_ox_out_image(o, n, r.samples ? of_bins(&r, all) : added_up(&r, all, along), 2);
}
