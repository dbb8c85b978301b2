/* SPDX-License-Identifier: Apache-2.0 */
/* preprocess.c: preprocessing of numbers and images. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- numbers ---- */

/* A number, or a list along the last axis. */
static ln_id listed(ln_keras_call *c, const char *key, double fallback)
{
    const cJSON *json = ln_json_get(c->config, key);
    int n = 0;
    if (cJSON_IsNumber(json) || !json)
        return ln_emit_float(c->e, (float)ln_json_number(c->config, key, fallback));
    const float *values = ln_json_floats(json, &c->k->scratch, &n);
    const ln_shape s = {.rank = 1, .dim = {n}};
    if (n < 1)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "%s is no number and no list of them", key);
    return ln_keras_constant(c, &s, values);
}

void ln_keras_rescaling(ln_keras_call *c)
{
    double number;
    ln_id y = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    const ln_id scale = listed(c, "scale", 1), offset = listed(c, "offset", 0);
    if (!ln_emit_read_number(c->e, scale, &number) || number != 1)
        y = ln_keras_binary(c->e, &ln_op_mul, y, scale);
    if (!ln_emit_read_number(c->e, offset, &number) || number != 0)
        y = ln_keras_binary(c->e, &ln_op_add, y, offset);
    ln_keras_out(c, y);
}

/* The mean or the variance: in the configuration, or a weight. */
static bool statistic(ln_keras_call *c, const char *name, int index, ln_keras_array *out)
{
    const cJSON *json = ln_json_get(c->config, name);
    if (!json)
        return ln_keras_weight(c, name, index, out);
    out->f = ln_json_floats(json, &c->k->scratch, &out->count);
    if (out->count < 1)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "%s is no list of numbers", name);
    return out->count > 0;
}

/* The axes that are kept have their length, the others 1. */
static ln_shape kept_axes(ln_keras_call *c, int rank)
{
    int axes[LN_MAX_RANK] = {-1}, n = 0;
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    ln_shape kept = {.rank = rank};
    const cJSON *json = cJSON_GetObjectItemCaseSensitive(c->config, "axis");
    if (!json)
        n = 1;
    else if (!cJSON_IsNull(json))
        n = ln_json_ints(c->config, "axis", LN_MAX_RANK, axes);
    for (int i = 0; i < rank; i++)
        kept.dim[i] = 1;
    for (int i = 0; i < n; i++) {
        const int axis = ln_keras_axis(c, axes[i], rank);
        kept.dim[axis] = s.dim[axis];
    }
    return kept;
}

void ln_keras_normalization(ln_keras_call *c)
{
    ln_keras_array mean = {.f = NULL}, variance = {.f = NULL};
    const int rank = ln_emit_shape(c->e, ln_keras_x(c)).rank;
    ln_shape shape = kept_axes(c, rank);
    if (!statistic(c, "mean", 0, &mean) || !statistic(c, "variance", 1, &variance) ||
        !ln_emit_ok(c->e))
        return;
    const int n = ln_shape_count(&shape, 0, rank);
    float *factor = n > 0 ? ln_keras_floats(c, (size_t)n) : NULL,
          *offset = n > 0 ? ln_keras_floats(c, (size_t)n) : NULL;
    if (!factor || !offset || mean.count != variance.count || n % mean.count) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "%d means and %d variances for %d items", mean.count,
                     variance.count, n);
        return;
    }
    for (int i = 0; i < n; i++) {
        const double m = (double)mean.f[i % mean.count];
        const double d = fmax(sqrt((double)variance.f[i % mean.count]), 1e-7);
        const bool invert = ln_json_bool(c->config, "invert", false);
        factor[i] = (float)(invert ? d : 1 / d);
        offset[i] = (float)(invert ? m : -m / d);
    }
    while (shape.rank > 1 && shape.dim[0] == 1) { /* leading axes of 1 say nothing */
        memmove(shape.dim, shape.dim + 1, sizeof(int) * (size_t)(shape.rank - 1));
        shape.rank--;
    }
    const ln_id x = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    const ln_id y = ln_keras_binary(c->e, &ln_op_mul, x, ln_keras_constant(c, &shape, factor));
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_add, y, ln_keras_constant(c, &shape, offset)));
}

/* ---- categories ---- */

ln_id ln_keras_encode(ln_keras_call *c, ln_id x, const char *mode, int depth, ln_id weights)
{
    ln_emit *e = c->e;
    const TfLiteOneHotParams p = {.axis = -1};
    const ln_shape s = ln_emit_shape(e, x);
    static const int items[] = {1};
    if (strcmp(mode, "int") == 0)
        return x;
    if (depth < 1 || s.rank < 1)
        return ln_emit_fail(e, LN_ERR_FORMAT, "%d categories", depth);
    if (ln_emit_type(e, x) != kTfLiteInt32 && ln_emit_type(e, x) != kTfLiteInt64)
        x = ln_emit_cast(e, x, kTfLiteInt32);
    const bool one = strcmp(mode, "one_hot") == 0;
    if (one && s.rank > 1 && s.dim[s.rank - 1] == 1)
        x = ln_emit_squeeze(e, x, 1U << (s.rank - 1));
    if (!one && s.rank < 2)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "\"%s\" of an input of rank %d", mode, s.rank);
    const ln_id in[] = {x, ln_emit_int(e, depth), ln_emit_float(e, 1), ln_emit_float(e, 0)};
    ln_id y = ln_emit_nary(e, &ln_op_one_hot, &p, 4, in);
    if (one)
        return y;
    if (weights >= 0)
        y = ln_keras_binary(e, &ln_op_mul, y, ln_emit_expand_dims(e, weights, s.rank));
    if (strcmp(mode, "multi_hot") == 0)
        return ln_emit_reduce(e, &ln_op_reduce_max, y, 1, items, false);
    if (strcmp(mode, "count") == 0)
        return ln_emit_reduce(e, &ln_op_sum, y, 1, items, false);
    return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "output_mode \"%s\"", mode);
}

void ln_keras_category_encoding(ln_keras_call *c)
{
    ln_keras_out(c, ln_keras_encode(c, ln_keras_x(c),
                                    ln_json_text(c->config, "output_mode", "multi_hot"),
                                    ln_json_int(c->config, "num_tokens", 0),
                                    ln_keras_arg_tensor(c, 1, "count_weights")));
}

void ln_keras_discretization(ln_keras_call *c)
{
    int n = 0;
    const float *read =
        ln_json_floats(ln_json_get(c->config, "bin_boundaries"), &c->k->scratch, &n);
    if (n < 0) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "there are no bin_boundaries: adapt the layer first");
        return;
    }
    const float *kept = ln_arena_copy(&c->k->m->arena, read, (size_t)n * sizeof *read);
    const TfLiteBucketizeParams p = {.num_boundaries = n, .boundaries = kept};
    const ln_id y = ln_emit_unary(c->e, &ln_op_bucketize, &p, ln_keras_x(c));
    const char *mode = ln_json_text(c->config, "output_mode", "int");
    const ln_id coded = ln_keras_encode(c, y, mode, n + 1, -1);
    const bool wide =
        strcmp(mode, "int") == 0 && strcmp(ln_json_text(c->config, "dtype", "int64"), "int64") == 0;
    ln_keras_out(c, wide ? ln_emit_cast(c->e, coded, kTfLiteInt64) : coded);
}

/* ---- images ---- */

typedef struct image {
    ln_id id;
    int height, width;
} image;

static bool read_image(ln_keras_call *c, image *x, int *size)
{
    x->id = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x->id);
    x->height = s.rank == 4 ? s.dim[1] : -1;
    x->width = s.rank == 4 ? s.dim[2] : -1;
    size[0] = ln_json_int(c->config, "height", 0);
    size[1] = ln_json_int(c->config, "width", 0);
    if (s.rank != 4 || size[0] < 1 || size[1] < 1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "images of rank %d to %d x %d", s.rank, size[0],
                     size[1]);
    return ln_emit_ok(c->e);
}

static ln_id cut(ln_emit *e, ln_id x, int top, int left, int height, int width)
{
    const int begin[] = {0, top, left, 0}, size[] = {-1, height, width, -1};
    return ln_emit_slice(e, x, 4, begin, size);
}

/* The largest part in the middle that has the proportions of the result. */
static ln_id crop_to_ratio(ln_keras_call *c, const image *x, const int *to)
{
    if (x->height < 1 || x->width < 1)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "cropping images of an open size: give --input-shape");
    const int height =
        LN_MAX(LN_MIN(x->height, (int)((float)x->width * (float)to[0] / (float)to[1])), 1);
    const int width =
        LN_MAX(LN_MIN(x->width, (int)((float)x->height * (float)to[1] / (float)to[0])), 1);
    return cut(c->e, x->id, (x->height - height) / 2, (x->width - width) / 2, height, width);
}

static ln_id pad_to_ratio(ln_keras_call *c, const image *x, const int *to)
{
    if (x->height < 1 || x->width < 1)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "padding images of an open size: give --input-shape");
    const double tall = floor((double)((float)x->width * (float)to[0] / (float)to[1])),
                 wide = floor((double)((float)x->height * (float)to[1] / (float)to[0]));
    if (tall > 1 << 24 || wide > 1 << 24)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "padding to such a size");
    const int top = (LN_MAX((int)tall, x->height) - x->height) / 2,
              left = (LN_MAX((int)wide, x->width) - x->width) / 2;
    const int pads[] = {0, top, left, 0};
    const double fill = ln_json_number(c->config, "fill_value", 0);
    return ln_emit_pad_value(c->e, x->id, 4, pads, pads,
                             ln_emit_number(c->e, ln_emit_type(c->e, x->id), fill));
}

void ln_keras_resizing(ln_keras_call *c)
{
    image x;
    int size[2];
    const char *how = ln_json_text(c->config, "interpolation", "bilinear");
    if (!read_image(c, &x, size))
        return;
    if (strcmp(how, "nearest") != 0)
        x.id = ln_emit_cast(c->e, x.id, kTfLiteFloat32);
    if (ln_json_bool(c->config, "crop_to_aspect_ratio", false))
        x.id = crop_to_ratio(c, &x, size);
    else if (ln_json_bool(c->config, "pad_to_aspect_ratio", false))
        x.id = pad_to_ratio(c, &x, size);
    const bool smooth = ln_json_bool(c->config, "antialias", false);
    ln_keras_out(c, ln_keras_from_last(c, ln_keras_resize(c, x.id, size, how, smooth)));
}

void ln_keras_value_range(const ln_keras_call *c, double range[2])
{
    const cJSON *json = ln_json_get(c->config, "value_range");
    range[0] = 0;
    range[1] = 255;
    for (int i = 0; i < 2 && cJSON_GetArraySize(json) == 2; i++)
        range[i] = cJSON_GetArrayItem(json, i)->valuedouble;
}

/* Colors of each channel from the least to the largest become those of the whole range. */
void ln_keras_auto_contrast(ln_keras_call *c)
{
    static const int axes[] = {1, 2};
    ln_emit *e = c->e;
    double range[2];
    ln_keras_value_range(c, range);
    const double factor = 255 / (range[1] - range[0]);
    const ln_id x = ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32);
    if (ln_emit_shape(e, x).rank != 4 || !isfinite(factor) || factor == 0) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than a batch of images");
        return;
    }
    ln_id y = ln_keras_with(e, &ln_op_mul, ln_keras_with(e, &ln_op_sub, x, range[0]), factor);
    const ln_id low = ln_emit_reduce(e, &ln_op_reduce_min, y, 2, axes, true),
                high = ln_emit_reduce(e, &ln_op_reduce_max, y, 2, axes, true);
    const ln_id scale = ln_keras_binary(e, &ln_op_div, ln_emit_float(e, 255),
                                        ln_keras_binary(e, &ln_op_sub, high, low));
    const ln_id offset = ln_keras_binary(e, &ln_op_mul, ln_keras_unary(e, &ln_op_neg, low), scale);
    y = ln_keras_binary(e, &ln_op_add, ln_keras_binary(e, &ln_op_mul, y, scale), offset);
    y = ln_keras_with(e, &ln_op_minimum, ln_keras_with(e, &ln_op_maximum, y, 0), 255);
    y = ln_keras_with(e, &ln_op_add, ln_keras_with(e, &ln_op_div, y, factor), range[0]);
    /* one color alone stays what it is */
    const ln_id in[] = {ln_keras_binary(e, &ln_op_equal, high, low), x, y};
    ln_keras_out(c, ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in));
}

/* While training a piece from anywhere; else as large a one as there is. */
void ln_keras_random_crop(ln_keras_call *c)
{
    ln_keras_out(c, ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32));
}

/* Boxes [b, n, 4] and labels [b, n] as many as wanted; missing ones are -1. */
static ln_id so_many(ln_keras_call *c, ln_id x, int n)
{
    int none[LN_MAX_RANK] = {0}, after[LN_MAX_RANK] = {0}, size[LN_MAX_RANK] = {-1, n, -1};
    const int rank = ln_emit_shape(c->e, x).rank;
    after[1] = n;
    if (rank < 2 || rank > 3)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "bounding boxes of rank %d", rank);
    const ln_id fill = ln_emit_number(c->e, ln_emit_type(c->e, x), -1);
    return ln_emit_slice(c->e, ln_emit_pad_value(c->e, x, rank, none, after, fill), rank, none,
                         size);
}

static void limit_boxes(ln_keras_call *c, const ln_keras_arg *a, bool boxes, int n)
{
    if (a->kind == LN_ARG_TENSOR)
        ln_keras_out(c, boxes ? so_many(c, a->value.id, n) : a->value.id);
    for (int i = 0; a->kind == LN_ARG_LIST && i < a->n; i++)
        limit_boxes(c, &a->items[i],
                    boxes || (a->items[i].name && strcmp(a->items[i].name, "bounding_boxes") == 0),
                    n);
}

void ln_keras_max_boxes(ln_keras_call *c)
{
    const int n = ln_json_int(c->config, "max_number", 0);
    if (n < 1 || n > 1 << 20)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "max_number is %d", n);
    else if (c->n_args)
        limit_boxes(c, &c->args[0], false, n);
}

/* Layers one after the other. */
void ln_keras_pipeline(ln_keras_call *c)
{
    const cJSON *layer;
    ln_keras_value now = {.id = ln_keras_x(c)};
    cJSON_ArrayForEach(layer, ln_json_get(c->config, "layers"))
    {
        ln_keras_call inner = ln_keras_inner(c, layer, &c->scope);
        ln_keras_arg arg;
        ln_keras_call_with(&inner, &now, &arg);
        if (!ln_emit_ok(c->e) || inner.n_out != 1)
            return;
        now = inner.out[0];
    }
    ln_keras_out_masked(c, now.id, now.mask);
}

void ln_keras_center_crop(ln_keras_call *c)
{
    image x;
    int to[2];
    if (!read_image(c, &x, to))
        return;
    x.id = ln_emit_cast(c->e, x.id, kTfLiteFloat32);
    if (x.height >= to[0] && x.width >= to[1])
        x.id = cut(c->e, x.id, (x.height - to[0]) / 2, (x.width - to[1]) / 2, to[0], to[1]);
    else
        x.id = ln_keras_resize(c, crop_to_ratio(c, &x, to), to, "bilinear", false);
    ln_keras_out(c, ln_keras_from_last(c, x.id));
}
