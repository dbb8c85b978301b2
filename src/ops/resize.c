/* SPDX-License-Identifier: Apache-2.0 */
/* resize.c: RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR.
 *
 *   x [n, h, w, c]    size [2]: new height and width    y [n, size[0], size[1], c]
 *
 * Bilinear: float32 and uint8 in floating point, int8 and int16 with weights of 10 bits, as
 * TFLite's reference kernels do.  Nearest: any type of fixed size.  align_corners lets the corner
 * pixels of both images coincide; half_pixel_centers takes pixels at their middles. */
#include <math.h>
#include <string.h>

#include "ops/resize.h"

enum { X, SIZE };

static const ln_field bilinear_fields[] = {
    LN_FIELD(BOOL, 2, TfLiteResizeBilinearParams, align_corners, 1),
    LN_FIELD(BOOL, 3, TfLiteResizeBilinearParams, half_pixel_centers, 3),
    {0},
};

static const ln_field nearest_fields[] = {
    LN_FIELD(BOOL, 0, TfLiteResizeNearestNeighborParams, align_corners, 1),
    LN_FIELD(BOOL, 1, TfLiteResizeNearestNeighborParams, half_pixel_centers, 3),
    {0},
};

static const ln_quant bilinear_quant = {.in = {[X] = LN_Q_ACTIVATION}, .out = {LN_Q_MIXED(X)}};
static const ln_quant nearest_quant = {.in = {[X] = LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

typedef struct geometry {
    int batches, channels;
    ln_resize_axis h, w;
} geometry;

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), size = ln_shape_of(c->in[SIZE]);
    int values[2], count = 2;
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    LN_CHECK(c, size.rank == 1 && (size.dim[0] == 2 || size.dim[0] < 0),
             "size is not a list of two values");
    LN_CHECK(c, c->in[SIZE]->type == kTfLiteInt32, "size has type %s, not INT32",
             ln_type_name(c->in[SIZE]->type));
    LN_CHECK(c, x.dim[1] != 0 && x.dim[2] != 0, "input of %d x %d has no pixels", x.dim[1],
             x.dim[2]);
    ln_shape y = {4, {x.dim[0], -1, -1, x.dim[3]}};
    if (ln_known(c, SIZE)) {
        LN_TRY(ln_read_ints(c, SIZE, 2, values, &count));
        LN_CHECK(c, count == 2 && values[0] > 0 && values[1] > 0, "size is %d x %d, not positive",
                 values[0], values[1]);
        y.dim[1] = values[0];
        y.dim[2] = values[1];
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static geometry geometry_of(const ln_call *c, bool align, bool half)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    return (geometry){
        y.dim[0], y.dim[3], {x.dim[1], y.dim[1], align, half}, {x.dim[2], y.dim[2], align, half}};
}

/* ---- bilinear ---- */

static ln_status infer_bilinear(ln_call *c)
{
    const TfLiteResizeBilinearParams *p = c->params;
    const TfLiteType type = c->in[X]->type;
    if (type != kTfLiteFloat32 && type != kTfLiteUInt8 && type != kTfLiteInt8 &&
        type != kTfLiteInt16)
        return ln_fail_type(c, X);
    LN_CHECK(c, !p->align_corners || !p->half_pixel_centers,
             "align_corners and half_pixel_centers exclude each other");
    return infer(c);
}

ln_resize_place ln_resize_place_f32(int out, const ln_resize_axis *a)
{
    const float scale = a->align && a->out > 1 ? (float)(a->in - 1) / (float)(a->out - 1)
                                               : (float)a->in / (float)a->out;
    const float at = a->half ? ((float)out + 0.5f) * scale - 0.5f : (float)out * scale;
    const float low = floorf(at), high = ceilf(at), limit = (float)(a->in - 1);
    ln_resize_place p = {.low = low <= 0       ? 0
                                : low >= limit ? a->in - 1
                                               : (int)low,
                         .high = high <= 0       ? 0
                                 : high >= limit ? a->in - 1
                                                 : (int)high};
    p.f = at - (float)p.low;
    return p;
}

ln_resize_place ln_resize_place_int(int out, const ln_resize_axis *a)
{
    const bool align = a->align && a->out > 1;
    const int64_t from = align ? a->in - 1 : a->in, to = align ? a->out - 1 : a->out;
    const int64_t scale = (1024 * from + to / 2) / to;
    const int64_t at = out * scale + (a->half ? scale / 2 - 512 : 0);
    const int64_t low = LN_MAX(at / 1024, 0), high = LN_MIN((at + 1023) / 1024, a->in - 1);
    ln_resize_place p = {.low = (int)LN_MIN(low, a->in - 1), .high = (int)LN_MAX(high, 0)};
    p.i = at - 1024 * (int64_t)p.low;
    return p;
}

/* One output pixel; corner[2 * y + x]: offsets of the four inputs. */
static void pixel_f32(const ln_call *c, const geometry *g, const size_t corner[4],
                      const ln_resize_place *y, const ln_resize_place *x, size_t at)
{
    const float *in = c->in[X]->data.f;
    float *out = c->out[0]->data.f + at;
    for (int i = 0; i < g->channels; i++)
        out[i] = in[corner[0] + (size_t)i] * (1 - y->f) * (1 - x->f) +
                 in[corner[2] + (size_t)i] * y->f * (1 - x->f) +
                 in[corner[1] + (size_t)i] * (1 - y->f) * x->f +
                 in[corner[3] + (size_t)i] * y->f * x->f;
}

static void pixel_u8(const ln_call *c, const geometry *g, const size_t corner[4],
                     const ln_resize_place *y, const ln_resize_place *x, size_t at)
{
    const uint8_t *in = c->in[X]->data.uint8;
    uint8_t *out = c->out[0]->data.uint8 + at;
    for (int i = 0; i < g->channels; i++) {
        const float v = (float)in[corner[0] + (size_t)i] * (1 - y->f) * (1 - x->f) +
                        (float)in[corner[2] + (size_t)i] * y->f * (1 - x->f) +
                        (float)in[corner[1] + (size_t)i] * (1 - y->f) * x->f +
                        (float)in[corner[3] + (size_t)i] * y->f * x->f;
        out[i] = (uint8_t)(v + 0.5f);
    }
}

static void pixel_int(const ln_call *c, const geometry *g, const size_t corner[4],
                      const ln_resize_place *y, const ln_resize_place *x, size_t at)
{
    const bool wide = c->in[X]->type == kTfLiteInt16;
    const int8_t *in8 = c->in[X]->data.int8;
    const int16_t *in16 = c->in[X]->data.i16;
    const int64_t weight[4] = {(1024 - y->i) * (1024 - x->i), (1024 - y->i) * x->i,
                               y->i * (1024 - x->i), y->i * x->i};
    for (int i = 0; i < g->channels; i++) {
        int64_t v = 0;
        for (int k = 0; k < 4; k++)
            v += weight[k] * (wide ? in16[corner[k] + (size_t)i] : in8[corner[k] + (size_t)i]);
        v = (v + (v > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
        if (wide)
            c->out[0]->data.i16[at + (size_t)i] = (int16_t)v;
        else
            c->out[0]->data.int8[at + (size_t)i] = (int8_t)v;
    }
}

typedef void (*pixel_fn)(const ln_call *c, const geometry *g, const size_t corner[4],
                         const ln_resize_place *y, const ln_resize_place *x, size_t at);

static ln_status eval_bilinear(ln_call *c)
{
    const TfLiteResizeBilinearParams *p = c->params;
    const TfLiteType type = c->in[X]->type;
    const geometry g = geometry_of(c, p->align_corners, p->half_pixel_centers);
    const bool floats = type == kTfLiteFloat32 || type == kTfLiteUInt8;
    const pixel_fn pixel = type == kTfLiteFloat32 ? pixel_f32
                           : type == kTfLiteUInt8 ? pixel_u8
                                                  : pixel_int;
    const size_t row = (size_t)g.w.in * (size_t)g.channels, image = (size_t)g.h.in * row;
    size_t at = 0;
    for (size_t n = 0; n < (size_t)g.batches; n++) {
        for (int oy = 0; oy < g.h.out; oy++) {
            const ln_resize_place y =
                floats ? ln_resize_place_f32(oy, &g.h) : ln_resize_place_int(oy, &g.h);
            for (int ox = 0; ox < g.w.out; ox++, at += (size_t)g.channels) {
                const ln_resize_place x =
                    floats ? ln_resize_place_f32(ox, &g.w) : ln_resize_place_int(ox, &g.w);
                const size_t top = n * image + (size_t)y.low * row;
                const size_t bottom = n * image + (size_t)y.high * row;
                const size_t left = (size_t)x.low * (size_t)g.channels;
                const size_t right = (size_t)x.high * (size_t)g.channels;
                const size_t corner[4] = {top + left, top + right, bottom + left, bottom + right};
                pixel(c, &g, corner, &y, &x, at);
            }
        }
    }
    return LN_OK;
}

/* ---- nearest ---- */

static ln_status infer_nearest(ln_call *c)
{
    if (ln_type_size(c->in[X]->type) == 0)
        return ln_fail_type(c, X);
    return infer(c);
}

int ln_resize_nearest(int out, const ln_resize_axis *a)
{
    const float scale = a->align && a->out > 1 ? (float)(a->in - 1) / (float)(a->out - 1)
                                               : (float)a->in / (float)a->out;
    const float at = ((float)out + (a->half ? 0.5f : 0)) * scale;
    const float v = a->align ? roundf(at) : floorf(at);
    return v <= 0 ? 0 : v >= (float)(a->in - 1) ? a->in - 1 : (int)v;
}

static ln_status eval_nearest(ln_call *c)
{
    const TfLiteResizeNearestNeighborParams *p = c->params;
    const geometry g = geometry_of(c, p->align_corners, p->half_pixel_centers);
    const size_t pixel = (size_t)g.channels * ln_type_size(c->in[X]->type);
    const uint8_t *x = (const uint8_t *)c->in[X]->data.raw_const;
    uint8_t *y = (uint8_t *)c->out[0]->data.raw;
    for (int n = 0; n < g.batches && pixel > 0; n++) {
        for (int oy = 0; oy < g.h.out; oy++) {
            const size_t iy = (size_t)ln_resize_nearest(oy, &g.h);
            const size_t row = ((size_t)n * (size_t)g.h.in + iy) * (size_t)g.w.in;
            for (int ox = 0; ox < g.w.out; ox++, y += pixel)
                memcpy(y, x + (row + (size_t)ln_resize_nearest(ox, &g.w)) * pixel, pixel);
        }
    }
    return LN_OK;
}

const ln_op ln_op_resize_bilinear = {
    .name = "RESIZE_BILINEAR",
    .builtin = kTfLiteBuiltinResizeBilinear,
    .version = 4,
    .options = 15,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = bilinear_fields,
    .params_size = sizeof(TfLiteResizeBilinearParams),
    .infer = infer_bilinear,
    .eval = eval_bilinear,
    .quant = &bilinear_quant,
};

const ln_op ln_op_resize_nearest_neighbor = {
    .name = "RESIZE_NEAREST_NEIGHBOR",
    .builtin = kTfLiteBuiltinResizeNearestNeighbor,
    .version = 4,
    .options = 74,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = nearest_fields,
    .params_size = sizeof(TfLiteResizeNearestNeighborParams),
    .infer = infer_nearest,
    .eval = eval_nearest,
    .quant = &nearest_quant,
};
