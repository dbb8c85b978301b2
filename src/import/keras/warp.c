/* SPDX-License-Identifier: Apache-2.0 */
/* warp.c: AffineTransform of keras.ops: each pixel of the result is looked up at a place that eight
 * numbers say: of (x, y) that is (a0 x + a1 y + a2, b0 x + b1 y + b2) / (c0 x + c1 y + 1). */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

typedef struct warp {
    ln_keras_call *c;
    ln_id pixels; /* [b, h * w, channels] */
    int h, w;
    double fill;
} warp;

static ln_id select(ln_emit *e, ln_id when, ln_id a, ln_id b)
{
    const ln_id in[] = {when, a, b};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

static ln_id clamped(ln_emit *e, ln_id v, int n)
{
    return ln_keras_with(e, &ln_op_minimum, ln_keras_with(e, &ln_op_maximum, v, 0), n - 1);
}

static ln_id inside(ln_emit *e, ln_id v, int n)
{
    return ln_keras_binary(e, &ln_op_logical_and, ln_keras_with(e, &ln_op_greater_equal, v, 0),
                           ln_keras_with(e, &ln_op_less, v, n));
}

/* The pixels at whole places y, x [b, n] of floats: [b, n, channels]. */
static ln_id read_at(const warp *p, ln_id y, ln_id x)
{
    ln_emit *e = p->c->e;
    const TfLiteGatherParams rows = {.axis = 1, .batch_dims = 1};
    const ln_id row = ln_keras_with(e, &ln_op_mul,
                                    ln_emit_cast(e, clamped(e, y, p->h), kTfLiteInt32), p->w),
                at = ln_keras_binary(e, &ln_op_add, row,
                                     ln_emit_cast(e, clamped(e, x, p->w), kTfLiteInt32)),
                there =
                    ln_keras_binary(e, &ln_op_logical_and, inside(e, y, p->h), inside(e, x, p->w)),
                found = ln_emit_binary(e, &ln_op_gather, &rows, p->pixels, at);
    return select(e, ln_emit_expand_dims(e, there, 2), found, ln_emit_float(e, (float)p->fill));
}

/* a + part * (b - a), as TensorFlow adds it up; part [b, n] */
static ln_id mixed(ln_emit *e, ln_id a, ln_id b, ln_id part)
{
    const ln_id wide = ln_emit_expand_dims(e, part, 2),
                rest = ln_keras_binary(e, &ln_op_sub, ln_emit_float(e, 1), wide);
    return ln_keras_binary(e, &ln_op_add, ln_keras_binary(e, &ln_op_mul, rest, a),
                           ln_keras_binary(e, &ln_op_mul, wide, b));
}

static ln_id bilinear(const warp *p, ln_id y, ln_id x)
{
    ln_emit *e = p->c->e;
    const ln_id y0 = ln_keras_unary(e, &ln_op_floor, y), x0 = ln_keras_unary(e, &ln_op_floor, x),
                y1 = ln_keras_with(e, &ln_op_add, y0, 1), x1 = ln_keras_with(e, &ln_op_add, x0, 1),
                across = ln_keras_binary(e, &ln_op_sub, x, x0);
    return mixed(e, mixed(e, read_at(p, y0, x0), read_at(p, y0, x1), across),
                 mixed(e, read_at(p, y1, x0), read_at(p, y1, x1), across),
                 ln_keras_binary(e, &ln_op_sub, y, y0));
}

/* Halves away from zero. */
static ln_id rounded(ln_emit *e, ln_id v)
{
    const ln_id half = ln_keras_with(e, &ln_op_add, ln_keras_unary(e, &ln_op_abs, v), 0.5);
    return ln_keras_binary(e, &ln_op_mul, ln_keras_unary(e, &ln_op_sign, v),
                           ln_keras_unary(e, &ln_op_floor, half));
}

/* t[i] x + t[i + 1] y + last, for each pixel: [b, n]; last -1: t[i + 2] */
static ln_id line(const warp *p, ln_id t, int i, ln_id last)
{
    ln_emit *e = p->c->e;
    const int n = p->h * p->w, size[] = {-1, 1};
    const ln_shape s = {.rank = 2, .dim = {1, n}};
    ln_id part[3];
    float *x = ln_keras_floats(p->c, (size_t)n), *y = ln_keras_floats(p->c, (size_t)n);
    for (int k = 0; x && y && k < n; k++) {
        x[k] = (float)(k % p->w);
        y[k] = (float)(k / p->w);
    }
    for (int k = 0; k < 3; k++)
        part[k] =
            k == 2 && last >= 0 ? last : ln_emit_slice(e, t, 2, (const int[]){0, i + k}, size);
    const ln_id sum = ln_keras_binary(
        e, &ln_op_add, ln_keras_binary(e, &ln_op_mul, part[0], ln_keras_constant(p->c, &s, x)),
        ln_keras_binary(e, &ln_op_mul, part[1], ln_keras_constant(p->c, &s, y)));
    return ln_keras_binary(e, &ln_op_add, sum, part[2]);
}

static bool option(const ln_keras_call *c, const char *key, const char *fallback, const char *value)
{
    return strcmp(ln_json_text(c->config, key, fallback), value) == 0;
}

/* The numbers of all images, [1, 8], or of each, [b, 8]; places of all of them. */
static ln_id warped(warp *p, ln_id t, ln_id images)
{
    static const int begin[] = {0, 0, 0, 0}, one[] = {-1, 1, 1, 1};
    ln_emit *e = p->c->e;
    const ln_shape each = {.rank = 2, .dim = {-1, 1}};
    const ln_id nothing = ln_emit_reshape(
        e, ln_keras_unary(e, &ln_op_zeros_like, ln_emit_slice(e, images, 4, begin, one)), &each);
    const ln_id below = line(p, t, 6, ln_keras_with(e, &ln_op_add, nothing, 1)),
                none = ln_keras_with(e, &ln_op_equal, below, 0),
                by = select(e, none, ln_emit_float(e, 1), below);
    ln_id x = ln_keras_binary(e, &ln_op_div, line(p, t, 0, -1), by),
          y = ln_keras_binary(e, &ln_op_div, line(p, t, 3, -1), by);
    if (option(p->c, "fill_mode", "constant", "nearest")) {
        x = clamped(e, x, p->w);
        y = clamped(e, y, p->h);
    }
    const ln_id made = option(p->c, "interpolation", "bilinear", "bilinear")
                           ? bilinear(p, y, x)
                           : read_at(p, rounded(e, y), rounded(e, x));
    return select(e, ln_emit_expand_dims(e, none, 2), ln_emit_float(e, (float)p->fill), made);
}

void ln_keras_affine_transform_op(ln_keras_call *c)
{
    enum { MAX_PIXELS = 1 << 22 };
    ln_emit *e = c->e;
    const ln_id x = ln_keras_to_last(c, ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32));
    ln_id t = ln_keras_operand(c, ln_keras_arg_find(c, 1, "transform"), kTfLiteFloat32);
    const ln_shape s = ln_emit_shape(e, x), numbers = ln_emit_shape(e, t);
    if (!ln_keras_is_image(c, &s))
        return;
    if (ln_emit_type(e, ln_keras_x(c)) != kTfLiteFloat32 || s.dim[1] > MAX_PIXELS / s.dim[2] ||
        numbers.rank < 1 || numbers.rank > 2 || numbers.dim[numbers.rank - 1] != 8 ||
        (!option(c, "interpolation", "bilinear", "bilinear") &&
         !option(c, "interpolation", "", "nearest")) ||
        (!option(c, "fill_mode", "constant", "constant") &&
         !option(c, "fill_mode", "", "nearest"))) {
        ln_emit_fail(
            e, LN_ERR_UNSUPPORTED,
            "other than images of floats by 8 numbers, with fill_mode constant or nearest");
        return;
    }
    t = numbers.rank == 1 ? ln_emit_expand_dims(e, t, 0) : t;
    const ln_shape flat = {.rank = 3, .dim = {-1, s.dim[1] * s.dim[2], s.dim[3]}},
                   back = {.rank = 4, .dim = {-1, s.dim[1], s.dim[2], s.dim[3]}};
    warp p = {.c = c,
              .pixels = ln_emit_reshape(e, x, &flat),
              .h = s.dim[1],
              .w = s.dim[2],
              .fill = ln_json_number(c->config, "fill_value", 0)};
    ln_keras_out(c, ln_keras_from_last(c, ln_emit_reshape(e, warped(&p, t, x), &back)));
}
