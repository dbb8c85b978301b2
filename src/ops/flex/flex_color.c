/* SPDX-License-Identifier: Apache-2.0 */
/* flex_color.c: colors and contrast of images [..., h, w, 3].
 *
 *   RGBToHSV, HSVToRGB, AdjustHue, AdjustSaturation   one pixel at a time, float32
 *   AdjustContrastv2                                  around the mean of each channel */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"

enum { CHANNELS = 3 };

/* Hue, saturation and value in [0, 1], by way of the largest and smallest channel. */
static void to_hsv(const float *rgb, float *hsv)
{
    const float r = rgb[0], g = rgb[1], b = rgb[2];
    const float most = fmaxf(fmaxf(r, g), b), range = most - fminf(fminf(r, g), b);
    float hue = 0;
    if (range > 0)
        hue = r == most   ? (g - b) / (6 * range)
              : g == most ? (b - r) / (6 * range) + 2.f / 6
                          : (r - g) / (6 * range) + 4.f / 6;
    hsv[0] = hue < 0 ? hue + 1 : hue;
    hsv[1] = most > 0 ? range / most : 0;
    hsv[2] = most;
}

static float unit(float x)
{
    return fminf(fmaxf(x, 0), 1);
}

static void to_rgb(const float *hsv, float *rgb)
{
    const float h = 6 * hsv[0], s = hsv[1], v = hsv[2];
    const float hue[CHANNELS] = {unit(fabsf(h - 3) - 1), unit(2 - fabsf(h - 2)),
                                 unit(2 - fabsf(h - 4))};
    for (int i = 0; i < CHANNELS; i++)
        rgb[i] = (1 - s + s * hue[i]) * v;
}

static ln_status pixels_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_CHECK(c, s.rank >= 1 && (s.dim[s.rank - 1] == CHANNELS || s.dim[s.rank - 1] < 0),
             "the last dimension is not %d", (int)CHANNELS);
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status adjust_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 1, LN_BIT(Float32)));
    LN_CHECK(c, s.rank == 0, "the amount has rank %d, not 0", s.rank);
    return pixels_infer(c);
}

static ln_status to_hsv_eval(ln_call *c)
{
    for (int i = 0, n = ln_count(c->in[0]); i < n; i += CHANNELS)
        to_hsv(c->in[0]->data.f + i, c->out[0]->data.f + i);
    return LN_OK;
}

static ln_status to_rgb_eval(ln_call *c)
{
    for (int i = 0, n = ln_count(c->in[0]); i < n; i += CHANNELS)
        to_rgb(c->in[0]->data.f + i, c->out[0]->data.f + i);
    return LN_OK;
}

static ln_status hue_eval(ln_call *c)
{
    const float delta = c->in[1]->data.f[0];
    for (int i = 0, n = ln_count(c->in[0]); i < n; i += CHANNELS) {
        float hsv[CHANNELS];
        to_hsv(c->in[0]->data.f + i, hsv);
        hsv[0] += delta;
        hsv[0] -= floorf(hsv[0]);
        to_rgb(hsv, c->out[0]->data.f + i);
    }
    return LN_OK;
}

static ln_status saturation_eval(ln_call *c)
{
    const float factor = c->in[1]->data.f[0];
    for (int i = 0, n = ln_count(c->in[0]); i < n; i += CHANNELS) {
        float hsv[CHANNELS];
        to_hsv(c->in[0]->data.f + i, hsv);
        hsv[1] = unit(hsv[1] * factor);
        to_rgb(hsv, c->out[0]->data.f + i);
    }
    return LN_OK;
}

LN_FLEX_OP(rgb_to_hsv, "RGBToHSV", 1, 1, 1, pixels_infer, to_hsv_eval);
LN_FLEX_OP(hsv_to_rgb, "HSVToRGB", 1, 1, 1, pixels_infer, to_rgb_eval);
LN_FLEX_OP(adjust_hue, "AdjustHue", 2, 2, 1, adjust_infer, hue_eval);
LN_FLEX_OP(adjust_saturation, "AdjustSaturation", 2, 2, 1, adjust_infer, saturation_eval);

/* ---- AdjustContrastv2 ---- */

static ln_status contrast_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]), factor = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Float32)));
    LN_CHECK(c, s.rank >= 3, "the images have rank %d, at least 3 is needed", s.rank);
    LN_CHECK(c, factor.rank == 0, "the factor has rank %d, not 0", factor.rank);
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status contrast_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const size_t channels = (size_t)s.dim[s.rank - 1];
    const size_t pixels = (size_t)ln_shape_count(&s, s.rank - 3, s.rank - 1);
    const size_t images = (size_t)ln_shape_count(&s, 0, s.rank - 3);
    const float factor = c->in[1]->data.f[0];
    for (size_t i = 0; i < images * channels && pixels; i++) {
        const size_t at = i / channels * pixels * channels + i % channels;
        const float *x = c->in[0]->data.f + at;
        float *y = c->out[0]->data.f + at;
        double sum = 0;
        for (size_t k = 0; k < pixels; k++)
            sum += (double)x[k * channels];
        const float mean = (float)(sum / (double)pixels);
        for (size_t k = 0; k < pixels; k++)
            y[k * channels] = (x[k * channels] - mean) * factor + mean;
    }
    return LN_OK;
}

LN_FLEX_OP(adjust_contrast_v2, "AdjustContrastv2", 2, 2, 1, contrast_infer, contrast_eval);
