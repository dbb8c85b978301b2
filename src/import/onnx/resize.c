/* SPDX-License-Identifier: Apache-2.0 */
/* resize.c: Resize and Upsample.  Where each pixel comes from is computed here as ONNX says it.
 * Where that is what one of TFLite's modes does, for height and width, it becomes RESIZE_BILINEAR
 * or RESIZE_NEAREST_NEIGHBOR, of open dimensions where it does so for each size; all else is a
 * GATHER (nearest) or a product with a constant matrix (linear, cubic, antialiased) for each
 * dimension that changes. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

enum { NEAREST, LINEAR, CUBIC, MOST_TAPS = 1 << 22 };

typedef struct resize {
    const ln_ox_node *n;
    int rank, kind;
    int in[LN_MAX_RANK], out[LN_MAX_RANK];
    double scale[LN_MAX_RANK], from[LN_MAX_RANK], to[LN_MAX_RANK]; /* from, to: roi */
    bool antialias, exclude_outside;
    double cubic;                       /* ONNX's cubic_coeff_a */
    const char *coordinates, *rounding; /* the attributes' values */
    float extrapolation;
    bool open;              /* sizes are only known when the program runs, out is -1: */
    ln_id sizes;            /* either this has them, for dimension i its item */
    int place[LN_MAX_RANK]; /* place[i], -1: none; or -1, and scale[i] says it */
} resize;

/* ---- where pixels come from ---- */

static bool is_mode(const resize *r, const char *mode)
{
    return strcmp(r->coordinates, mode) == 0;
}

static double source(const resize *r, int axis, int i)
{
    const double in = r->in[axis], count = r->out[axis], scale = r->scale[axis];
    const double out = scale * in; /* before it is rounded to a number of pixels */
    if (is_mode(r, "asymmetric"))
        return i / scale;
    if (is_mode(r, "align_corners"))
        return count == 1 ? 0 : i * (in - 1) / (out - 1);
    if (is_mode(r, "pytorch_half_pixel") && count <= 1)
        return 0;
    if (is_mode(r, "tf_half_pixel_for_nn"))
        return (i + 0.5) / scale;
    if (is_mode(r, "half_pixel_symmetric"))
        return in / 2 * (1 - count / out) + (i + 0.5) / scale - 0.5;
    if (is_mode(r, "tf_crop_and_resize"))
        return count > 1 ? r->from[axis] * (in - 1) +
                               i * (r->to[axis] - r->from[axis]) * (in - 1) / (out - 1)
                         : 0.5 * (r->from[axis] + r->to[axis]) * (in - 1);
    return (i + 0.5) / scale - 0.5;
}

static int clamped(double v, int size)
{
    return !(v > 0) ? 0 : v > size - 1 ? size - 1 : (int)v;
}

static int nearest(const resize *r, int axis, int i)
{
    const double x = source(r, axis, i);
    double y;
    if (strcmp(r->rounding, "floor") == 0)
        y = floor(x);
    else if (strcmp(r->rounding, "ceil") == 0)
        y = ceil(x);
    else if (strcmp(r->rounding, "round_prefer_ceil") == 0)
        y = floor(x + 0.5);
    else
        y = ceil(x - 0.5);
    return clamped(y, r->in[axis]);
}

/* ---- TFLite's modes ---- */

typedef struct mode {
    bool align_corners, half_pixel;
} mode;

static int tflite_nearest(const mode *m, int in, int out, int i)
{
    const float scale =
        m->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
    const float x = ((float)i + (m->half_pixel ? 0.5f : 0.f)) * scale;
    return clamped((double)(m->align_corners ? roundf(x) : floorf(x)), in);
}

static double tflite_linear(const mode *m, int in, int out, int i)
{
    const double scale = m->align_corners && out > 1 ? (in - 1.0) / (out - 1) : (double)in / out;
    const double x = m->half_pixel ? (i + 0.5) * scale - 0.5 : i * scale;
    return x < 0 ? 0 : x > in - 1 ? in - 1 : x;
}

static bool agrees(const resize *r, const mode *m, int axis)
{
    for (int i = 0; i < r->out[axis]; i++) {
        if (r->kind == NEAREST) {
            if (nearest(r, axis, i) != tflite_nearest(m, r->in[axis], r->out[axis], i))
                return false;
            continue;
        }
        double x = source(r, axis, i);
        if (is_mode(r, "tf_crop_and_resize") && (x < 0 || x > r->in[axis] - 1))
            return false;
        x = x < 0 ? 0 : x > r->in[axis] - 1 ? r->in[axis] - 1 : x;
        if (fabs(x - tflite_linear(m, r->in[axis], r->out[axis], i)) > 1e-5)
            return false;
    }
    return true;
}

/* The mode that gives the same for height and width; NULL when there is none. */
static const mode *find_mode(const resize *r)
{
    static const mode modes[] = {{false, true}, {false, false}, {true, false}};
    if (r->kind == CUBIC || r->antialias || r->rank < 3 || r->rank > 4)
        return NULL;
    for (int i = 0; i < r->rank; i++)
        if (i < 2 ? r->in[i] != r->out[i] : r->out[i] < 0)
            return NULL;
    for (size_t k = 0; k < LN_COUNTOF(modes); k++) {
        bool all = true;
        for (int i = 2; i < r->rank; i++)
            all = all && agrees(r, &modes[k], i);
        if (all)
            return &modes[k];
    }
    return NULL;
}

static ln_id resized(ln_ox *o, ln_id image, ln_id to, const resize *r, const mode *m)
{
    const TfLiteResizeBilinearParams linear = {m->align_corners, m->half_pixel};
    const TfLiteResizeNearestNeighborParams near = {m->align_corners, m->half_pixel};
    return r->kind == NEAREST
               ? ln_emit_binary(&o->e, &ln_op_resize_nearest_neighbor, &near, image, to)
               : ln_emit_binary(&o->e, &ln_op_resize_bilinear, &linear, image, to);
}

static ln_id by_mode(ln_ox *o, ln_ox_value *v, const resize *r, const mode *m)
{
    const int size[] = {r->rank == 3 ? 1 : r->out[2], r->out[r->rank - 1]};
    return resized(o, ln_ox_image(o, v), ln_emit_ints(&o->e, 2, size), r, m);
}

/* ---- open dimensions ---- */

/* TFLite's place, which rounds on the way, is right for this whole scale. */
static bool is_exact(double scale)
{
    enum { MOST = 1 << 12 };
    const mode m = {false, false};
    for (int k = 1; k < MOST && scale * MOST < INT32_MAX; k++)
        if (tflite_nearest(&m, MOST, (int)scale * MOST, (int)scale * k) != k)
            return false;
    return scale >= 1 && scale == floor(scale) && scale * MOST < INT32_MAX;
}

/* The mode that gives the same for every size, of scales that are whole or of whatever sizes; NULL
 * when there is none. */
static const mode *find_open_mode(const resize *r, bool whole)
{
    static const mode half = {false, true}, plain = {false, false}, corners = {true, false};
    const bool is_half = is_mode(r, "half_pixel") || is_mode(r, "pytorch_half_pixel");
    if (r->kind == LINEAR)
        return is_half                       ? &half
               : is_mode(r, "asymmetric")    ? &plain
               : is_mode(r, "align_corners") ? &corners
                                             : NULL;
    if (strcmp(r->rounding, "floor") == 0)
        return is_mode(r, "asymmetric") ? &plain : NULL;
    if (strcmp(r->rounding, "round_prefer_ceil") == 0)
        return is_half && !whole ? &half : is_mode(r, "align_corners") ? &corners : NULL;
    return strcmp(r->rounding, "round_prefer_floor") == 0 && is_half && whole ? &plain : NULL;
}

/* An image of float32 whose height and width change, and by what TFLite's modes take. */
static bool may_be_open(const resize *r, TfLiteType type)
{
    if (r->kind == CUBIC || r->antialias || r->rank < 3 || r->rank > 4 || type != kTfLiteFloat32)
        return false;
    for (int i = 0; i < r->rank; i++)
        if (i < 2 ? r->in[i] != r->out[i] : r->sizes < 0 && !is_exact(r->scale[i]))
            return false;
    return true;
}

/* The size of a dimension as int32 [1]; it is stored in x at `stored`. */
static ln_id open_size(ln_ox *o, ln_id x, const resize *r, int axis, int stored)
{
    if (r->out[axis] >= 0)
        return ln_emit_ints(&o->e, 1, &r->out[axis]);
    if (r->sizes >= 0 && r->place[axis] >= 0)
        return ln_ox_int32(o, ln_emit_slice(&o->e, r->sizes, 1, &r->place[axis], (const int[]){1}));
    const int scale = (int)r->scale[axis];
    return ln_ox_mul(o, ln_ox_reshape(o, ln_ox_dim_of(o, x, stored), 1, (const int[]){1}),
                     ln_emit_ints(&o->e, 1, &scale));
}

static ln_id of_open_size(ln_ox *o, ln_ox_value *v, const resize *r)
{
    const mode *m = may_be_open(r, ln_ox_value_type(o, v)) ? find_open_mode(r, r->sizes < 0) : NULL;
    const ln_id x = ln_ox_image(o, v);
    if (!m || !ln_ox_ok(o))
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED,
                            "of open dimensions no operator of TFLite does this: --input-shape "
                            "fixes them");
    const ln_id parts[] = {r->rank == 3 ? ln_emit_ints(&o->e, 1, (const int[]){1})
                                        : open_size(o, x, r, 2, 1),
                           open_size(o, x, r, r->rank - 1, 2)};
    return resized(o, x, ln_emit_concat(&o->e, 2, parts, 0), r, m);
}

/* ---- one dimension by a matrix ---- */

static double cubic_weight(double d, double a)
{
    d = fabs(d);
    if (d <= 1)
        return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/* The weights of one output pixel; false: it lies outside, where the value is extrapolated. */
static bool weigh(const resize *r, int axis, int i, float *row)
{
    const double x = source(r, axis, i), base = ceil(x) - 1;
    const double shrink = r->antialias ? LN_MIN(r->scale[axis], 1.0) : 1;
    const int radius = r->kind == CUBIC ? 2 : 1, in = r->in[axis];
    const double start = floor(-radius / shrink) + 1, taps = 2 * radius - 2 * (start + radius - 1);
    double total = 0;
    if (is_mode(r, "tf_crop_and_resize") && (x < 0 || x > in - 1))
        return false;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < taps; k++) {
            const double t = base + start + k;
            const double d = (t - x) * shrink;
            double w = r->kind == CUBIC ? cubic_weight(d, r->cubic) : LN_MAX(1 - fabs(d), 0.0);
            if (r->exclude_outside && (t < 0 || t > in - 1))
                w = 0;
            if (pass)
                row[clamped(t, in)] += (float)(w / (total != 0 ? total : 1));
            else
                total += w;
        }
    return true;
}

static ln_id by_matrix(ln_ox *o, ln_ox_value *v, const resize *r, int axis, ln_ox_layout *at)
{
    const int in = r->in[axis], out = r->out[axis];
    const ln_shape s = {.rank = 2, .dim = {out, in}};
    const size_t total = (size_t)in * (size_t)out;
    const TfLiteFullyConnectedParams p = {.keep_num_dims = true};
    float *w = total < MOST_TAPS ? ln_arena_new(&o->m->arena, total + 1, sizeof *w) : NULL;
    float *bias = ln_arena_new(&o->m->arena, (size_t)out + 1, sizeof *bias);
    if (!w || !bias)
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "a resize from %d to %d", in, out);
    for (int i = 0; i < out; i++)
        if (!weigh(r, axis, i, w + (size_t)i * (size_t)in))
            bias[i] = r->extrapolation;
    const ln_id x = ln_ox_axis_last(o, v, axis, at);
    const ln_id args[] = {x,
                          ln_emit_constant(&o->e, kTfLiteFloat32, &s, w, total * sizeof *w, false),
                          ln_emit_floats(&o->e, out, bias)};
    return ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, args);
}

static ln_id by_gather(ln_ox *o, ln_ox_value *v, const resize *r, int axis, ln_ox_layout *at)
{
    int *places = ln_arena_new(&o->m->arena, (size_t)r->out[axis] + 1, sizeof *places);
    *at = v->at;
    if (!places)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < r->out[axis]; i++)
        places[i] = nearest(r, axis, i);
    return ln_emit_gather(&o->e, ln_ox_id(o, v), ln_emit_ints(&o->e, r->out[axis], places),
                          ln_ox_at(at, axis));
}

/* ---- the node ---- */

/* "not_larger", "not_smaller": one scale for all dimensions. */
static void keep_aspect(const ln_ox_node *n, resize *r, const int *axes, int count)
{
    const bool larger = ln_ox_is(n, "keep_aspect_ratio_policy", "not_smaller", "stretch");
    if (!larger && !ln_ox_is(n, "keep_aspect_ratio_policy", "not_larger", "stretch"))
        return;
    double scale = larger ? 0 : 1e30;
    for (int i = 0; i < count; i++) {
        const double s = (double)r->out[axes[i]] / r->in[axes[i]];
        scale = larger ? LN_MAX(scale, s) : LN_MIN(scale, s);
    }
    for (int i = 0; i < count; i++) {
        r->out[axes[i]] = (int)LN_MIN(floor(scale * r->in[axes[i]] + 0.5), 1 << 20);
        r->scale[axes[i]] = scale;
    }
}

static bool read_floats(ln_ox *o, ln_id id, int max, float *values, int *count)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, id);
    if (!ln_emit_known(&o->e, id) || t->type != kTfLiteFloat32 || ln_count(t) > max) {
        LN_OX_FAIL(o, "scales and roi have to be constants");
        return false;
    }
    *count = ln_count(t);
    if (*count)
        memcpy(values, t->data.f, (size_t)*count * sizeof *values);
    return true;
}

/* Sizes from scales. */
static bool apply_scales(ln_ox *o, resize *r, const float *scales, const int *axes, int count)
{
    bool changes = false;
    for (int i = 0; i < count; i++) {
        const double s = (double)scales[i], out = floor(r->in[axes[i]] * s);
        changes = changes || s != 1;
        if (r->in[axes[i]] < 0 && (s == 1 || axes[i] >= 2)) {
            r->open = r->open || axes[i] >= 2;
            r->scale[axes[i]] = s;
            continue;
        }
        if (r->in[axes[i]] < 1 || !(s > 0) || !(out >= 1) || out > 1 << 20) {
            LN_OX_FAIL(o, "dimension %d of %d times %g", axes[i], r->in[axes[i]], s);
            return false;
        }
        r->scale[axes[i]] = s;
        r->out[axes[i]] = (int)out;
    }
    r->open = r->open && changes;
    return true;
}

static bool apply_sizes(ln_ox *o, const ln_ox_node *n, resize *r, const int *axes, int count)
{
    int sizes[LN_MAX_RANK], given;
    if (!ln_emit_values(&o->e, ln_ox_in_id(o, n, 3), LN_MAX_RANK, sizes, &given) &&
        !ln_ox_const_ints(o, n, 3, LN_MAX_RANK, sizes, &given))
        return false;
    if (given != count) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "%d sizes for %d dimensions", given, count);
        return false;
    }
    for (int i = 0; i < count; i++) {
        const int axis = axes[i];
        if (r->in[axis] < 0 && axis < 2)
            continue; /* an open batch: it stays */
        r->place[axis] = i;
        if (axis >= 2 && (r->in[axis] < 0 || sizes[i] == LN_UNKNOWN)) {
            r->open = true;
            r->sizes = ln_ox_in_id(o, n, 3);
            r->out[axis] = sizes[i] > 0 ? sizes[i] : -1;
            continue;
        }
        if (r->in[axis] < 1 || sizes[i] < 1 || sizes[i] > 1 << 20) {
            LN_OX_FAIL(o, "dimension %d from %d to %d", axis, r->in[axis], sizes[i]);
            return false;
        }
        r->out[axis] = sizes[i];
        r->scale[axis] = (double)sizes[i] / r->in[axis];
    }
    if (!r->open)
        keep_aspect(n, r, axes, count);
    else if (!ln_ox_is(n, "keep_aspect_ratio_policy", "stretch", "stretch"))
        LN_OX_FAIL(o, "one scale for all dimensions, of open ones");
    return ln_ox_ok(o);
}

static const char *choice(const ln_ox_node *n, const char *name, const char *const *values,
                          const char *fallback)
{
    for (; *values; values++)
        if (ln_ox_is(n, name, *values, fallback))
            return *values;
    return fallback;
}

static void read_modes(const ln_ox_node *n, resize *r)
{
    static const char *const coordinates[] = {
        "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
        "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize", NULL};
    static const char *const rounding[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                           "ceil", NULL};
    const bool old = n->opset < 11 || n->row->arg;
    r->kind = ln_ox_is(n, "mode", "linear", "nearest") || ln_ox_is(n, "mode", "bilinear", "nearest")
                  ? LINEAR
              : ln_ox_is(n, "mode", "cubic", "nearest") ? CUBIC
                                                        : NEAREST;
    r->coordinates =
        old ? "asymmetric" : choice(n, "coordinate_transformation_mode", coordinates, "half_pixel");
    r->rounding = old ? "floor" : choice(n, "nearest_mode", rounding, "round_prefer_floor");
    r->antialias = ln_ox_int(n, "antialias", 0) && r->kind != NEAREST;
    r->exclude_outside = ln_ox_int(n, "exclude_outside", 0);
    r->cubic = (double)ln_ox_float(n, "cubic_coeff_a", -0.75f);
    r->extrapolation = ln_ox_float(n, "extrapolation_value", 0);
}

static bool read_roi(ln_ox *o, const ln_ox_node *n, resize *r, const int *axes, int count)
{
    float roi[2 * LN_MAX_RANK];
    int given;
    if (!is_mode(r, "tf_crop_and_resize"))
        return true;
    if (!read_floats(o, ln_ox_in_id(o, n, 1), 2 * LN_MAX_RANK, roi, &given) || given != 2 * count)
        return false;
    for (int i = 0; i < count; i++) {
        r->from[axes[i]] = (double)roi[i];
        r->to[axes[i]] = (double)roi[count + i];
    }
    return true;
}

static bool read_resize(ln_ox *o, const ln_ox_node *n, const ln_shape *s, resize *r)
{
    float scales[LN_MAX_RANK];
    int axes[LN_MAX_RANK], count, given = 0;
    *r = (resize){.n = n, .rank = s->rank, .sizes = -1};
    read_modes(n, r);
    for (int i = 0; i < s->rank; i++) {
        r->in[i] = r->out[i] = s->dim[i];
        r->scale[i] = r->to[i] = 1;
        r->place[i] = -1;
    }
    if (!ln_ox_axes(o, n, -1, s->rank, axes, &count))
        return false;
    if (count < 0)
        for (count = 0; count < s->rank; count++)
            axes[count] = count;
    if (!read_roi(o, n, r, axes, count))
        return false;
    if (n->row->arg && n->opset < 9) {
        given = ln_ox_floats(n, "scales", LN_MAX_RANK, scales);
    } else {
        const int i = n->row->arg || n->opset < 11 ? 1 : 2;
        if (ln_ox_has_in(n, i) &&
            !read_floats(o, ln_ox_in_id(o, n, i), LN_MAX_RANK, scales, &given))
            return false;
    }
    if (given == count)
        return apply_scales(o, r, scales, axes, count);
    return apply_sizes(o, n, r, axes, count);
}

static ln_ox_value *of_type(ln_ox *o, ln_ox_value *v, TfLiteType type)
{
    return ln_ox_value_new(o, ln_emit_cast(&o->e, ln_ox_id(o, v), type), &v->at);
}

void ln_ox_resize(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    resize r;
    if (!v)
        return;
    const ln_shape s = ln_ox_shape(o, v);
    const TfLiteType type = ln_ox_value_type(o, v);
    if (s.rank < 1 || !read_resize(o, n, &s, &r))
        return;
    const mode *m = type == kTfLiteFloat32 && !r.open ? find_mode(&r) : NULL;
    if (r.open) {
        ln_ox_out_image(o, n, of_open_size(o, v, &r), s.rank - 2);
        return;
    }
    if (m) {
        ln_ox_out_image(o, n, by_mode(o, v, &r, m), s.rank - 2);
        return;
    }
    const bool whole = r.kind != NEAREST && type != kTfLiteFloat32; /* as floats, then cut off */
    if (whole)
        v = of_type(o, v, kTfLiteFloat32);
    for (int i = 0; i < s.rank && ln_ox_ok(o); i++) {
        ln_ox_layout at;
        if (r.in[i] == r.out[i] && !is_mode(&r, "tf_crop_and_resize"))
            continue;
        const ln_id y =
            r.kind == NEAREST ? by_gather(o, v, &r, i, &at) : by_matrix(o, v, &r, i, &at);
        v = ln_ox_ok(o) ? ln_ox_value_new(o, y, &at) : v;
    }
    if (whole && v)
        v = of_type(o, v, type);
    if (ln_ox_ok(o))
        ln_ox_out_value(o, n, 0, v);
}
