/* SPDX-License-Identifier: Apache-2.0 */
/* roi.c: RoiAlign: each region of interest is sampled at the points of a regular grid, which are
 * averaged (or compared) bin by bin.  Rows and columns of the grid are computed apart: y is
 * [regions, rows], x [regions, columns]; pixels are [n * h * w, c]. */
#include <string.h>

#include "import/onnx/families.h"

typedef struct regions {
    ln_ox *o;
    ln_id pixels, rois, images; /* images: int32 [regions, 1, 1], where an image's pixels begin */
    int channels, size[2], bins[2], samples; /* of columns, rows */
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

/* Positions along an axis, [regions, bins * samples]. */
static ln_id positions(const regions *r, int axis)
{
    ln_ox *o = r->o;
    const int n = r->bins[axis] * r->samples;
    const ln_shape s = {.rank = 2, .dim = {1, n}};
    float *part = ln_arena_new(&o->m->arena, (size_t)n, sizeof *part);
    if (!part)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < n; i++)
        part[i] = ((float)i + 0.5f) / (float)n;
    const ln_id begin = corner(r, axis);
    ln_id size = ln_ox_sub(o, corner(r, axis + 2), begin);
    if (r->at_least_one)
        size = ln_ox_op2(o, &ln_op_maximum, size, number(r, 1));
    const ln_id parts =
        ln_emit_constant(&o->e, kTfLiteFloat32, &s, part, (size_t)n * sizeof *part, false);
    return ln_ox_add(o, begin, ln_ox_mul(o, size, parts));
}

/* Two pixels along an axis and their weights, which are 0 where the position is far outside. */
typedef struct pair {
    ln_id at[2], weight[2];
} pair;

static pair neighbors(const regions *r, int axis)
{
    ln_ox *o = r->o;
    const double last = r->size[axis] - 1;
    const ln_id x = positions(r, axis), one = number(r, 1);
    const ln_id low = ln_ox_op2(o, &ln_op_greater_equal, x, number(r, -1));
    const ln_id high = ln_ox_op2(o, &ln_op_less_equal, x, number(r, last + 1));
    const ln_id in =
        ln_emit_cast(&o->e, ln_ox_op2(o, &ln_op_logical_and, low, high), kTfLiteFloat32);
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
static ln_id sampled(const regions *r)
{
    ln_ox *o = r->o;
    const pair x = neighbors(r, 0), y = neighbors(r, 1);
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
    if (area < 1 || r->samples < 1 || r->bins[0] < 1 || r->bins[1] < 1 || r->samples > MOST ||
        r->bins[0] > MOST / r->samples || r->bins[1] > MOST / r->samples) {
        LN_OX_FAIL(o, "images of known size and sampling_ratio of at least 1 are needed; %d is not",
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

void ln_ox_roi_align(ln_ox *o, const ln_ox_node *n)
{
    regions r;
    if (!read_regions(o, n, &r))
        return;
    const TfLitePoolParams p = {.padding = kTfLitePaddingValid,
                                .stride_height = r.samples,
                                .stride_width = r.samples,
                                .filter_height = r.samples,
                                .filter_width = r.samples};
    ln_id y = sampled(&r);
    if (r.samples > 1)
        y = ln_emit_unary(&o->e, r.most ? &ln_op_max_pool_2d : &ln_op_average_pool_2d, &p, y);
    ln_ox_out_image(o, n, y, 2);
}
