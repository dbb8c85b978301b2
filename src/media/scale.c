/* SPDX-License-Identifier: Apache-2.0 */
/* scale.c: libyuv's bilinear scaling (scale.cc, scale_argb.cc, scale_common.cc: ScaleSlope,
 * ScaleFilterReduce and the C rows).
 *
 * Scaling down, pixels' centers lie at half coordinates; scaling up, the first and last pixels are
 * those of the source.  Colors are blended by columns with 7 bits, (a (127 - f) + b f) >> 7, which
 * loses a little brightness; single bytes with 16 bits.  Steps of 2, 4, 6 ... in both directions
 * take the mean of four pixels, steps of 3, 5 ... one pixel.  Where libyuv's rows for x86 round
 * otherwise than those in C, ours round as they do: expected results come from x86.  libyuv's
 * special rows for scaling single planes to 3/4 and 3/8 are not here; the general ones stand in. */
#include "media/scale.h"

#include <string.h>

enum { ONE = 1 << 16, HALF = 1 << 15 };

/* The first position and the step along a side; `filter` as libyuv's kFilterBilinear. */
static void slope(int from, int to, bool filter, int32_t *start, int32_t *step)
{
    *start = 0;
    *step = 0;
    if (!filter || to <= from) {
        *step = (int32_t)(((int64_t)from << 16) / to);
        *start = (*step >> 1) - (filter ? HALF : 0);
    } else if (to > 1) {
        *step = (int32_t)((((int64_t)from << 16) - 0x00010001) / (to - 1));
    }
}

static void place_columns(ln_scaler *s, int32_t x, int32_t dx)
{
    const int step = s->from.step, last = s->from.width - 1;
    for (int i = 0; i < s->width; i++) {
        const int64_t at = x + (int64_t)i * dx;
        const int low = LN_MIN((int)(at >> 16), last), high = LN_MIN(low + 1, last);
        s->columns[i] = (ln_tap){low * step, high * step, (int32_t)(at & 0xffff)};
    }
}

static bool steps_are_whole(int32_t dx, int32_t dy)
{
    return dx && dy && !((dx | dy) & 0xffff);
}

static bool both_even(int32_t dx, int32_t dy)
{
    return !(dx & ONE) && !(dy & ONE);
}

void ln_scaler_init(ln_scaler *s, const ln_plane *from, int width, int height, ln_tap *columns)
{
    const int w = from->width, h = from->height;
    bool filter_y = w > 1 && h > 1 && height != h && (int64_t)height * 3 != h;
    bool filter_x = w > 1 && (filter_y || (width != w && (int64_t)width * 3 != w));
    int32_t x, dx, dy;

    *s = (ln_scaler){.from = *from, .width = width, .height = height, .columns = columns};
    slope(w, width, filter_x, &x, &dx);
    slope(h, height, filter_y, &s->y, &dy);
    s->dy = dy;
    if (steps_are_whole(dx, dy)) {
        s->box = filter_y && both_even(dx, dy) &&
                 (from->channels != 1 || (dx == 2 * ONE && dy == 2 * ONE));
        if ((dx & ONE) && (dy & ONE))
            filter_x = filter_y = false;
    }
    if (dx == ONE && !(x & 0xffff)) /* columns stay as they are */
        filter_x = false;
    s->filter_x = filter_x;
    s->rows_last = dy < ONE;
    s->max_y = filter_y ? (h - 1) << 16 : -1;
    place_columns(s, x, dx);
}

static ln_tap row_tap(const ln_scaler *s, int j)
{
    const int last = s->from.height - 1;
    int64_t at = s->y + (int64_t)j * s->dy;
    if (s->max_y >= 0 && at > s->max_y)
        at = s->max_y;
    const int low = LN_MIN((int)(at >> 16), last);
    const int weight = s->max_y < 0 || s->box ? 0 : (int)(at >> 8) & 255;
    return (ln_tap){low, LN_MIN(low + 1, last), weight};
}

/* InterpolateRow: 8 bits of weight; half and half is rounded up like a mean. */
static inline int blend_rows(int a, int b, int weight)
{
    return (a * (256 - weight) + b * weight + 128) >> 8;
}

static inline int blend_colors(int a, int b, int weight)
{
    const int f = weight >> 9;
    return (a * (127 - f) + b * f) >> 7;
}

static inline int blend_bytes(int a, int b, int weight)
{
    return a + ((weight * (b - a) + HALF) >> 16);
}

static inline int mean(int a, int b)
{
    return (a + b + 1) >> 1;
}

/* On x86 the mean of colors is one of two means, rounded twice, but for the last pixels that do
 * not fill a register of four.  That of bytes is exact. */
static void row_of_means(const ln_scaler *s, const uint8_t *top, const uint8_t *low, uint8_t *out)
{
    const int c = s->from.channels, twice = c == 1 ? 0 : s->width & ~3;
    for (int i = 0; i < s->width; i++, out += c) {
        const ln_tap t = s->columns[i];
        for (int k = 0; k < c; k++) {
            const int a = top[t.low + k], b = top[t.high + k];
            const int d = low[t.low + k], e = low[t.high + k];
            out[k] = (uint8_t)(i < twice ? mean(mean(a, d), mean(b, e)) : (a + b + d + e + 2) >> 2);
        }
    }
}

static void row_of_colors(const ln_scaler *s, const uint8_t *top, const uint8_t *low, int weight,
                          uint8_t *out)
{
    for (int i = 0; i < s->width; i++, out += 3) {
        const ln_tap t = s->columns[i];
        for (int k = 0; k < 3; k++) {
            const int a = top[t.low + k], b = top[t.high + k];
            const int d = low[t.low + k], e = low[t.high + k];
            const int y =
                s->rows_last
                    ? blend_rows(blend_colors(a, b, t.weight), blend_colors(d, e, t.weight), weight)
                    : blend_colors(blend_rows(a, d, weight), blend_rows(b, e, weight), t.weight);
            out[k] = (uint8_t)y;
        }
    }
}

static void row_of_bytes(const ln_scaler *s, const uint8_t *top, const uint8_t *low, int weight,
                         uint8_t *out)
{
    for (int i = 0; i < s->width; i++) {
        const ln_tap t = s->columns[i];
        const int a = top[t.low], b = top[t.high], d = low[t.low], e = low[t.high];
        const int y =
            s->rows_last
                ? blend_rows(blend_bytes(a, b, t.weight), blend_bytes(d, e, t.weight), weight)
                : blend_bytes(blend_rows(a, d, weight), blend_rows(b, e, weight), t.weight);
        out[i] = (uint8_t)y;
    }
}

static void row_of_picks(const ln_scaler *s, const uint8_t *top, const uint8_t *low, int weight,
                         uint8_t *out)
{
    const int c = s->from.channels;
    for (int i = 0; i < s->width; i++, out += c) {
        const int32_t at = s->columns[i].low;
        for (int k = 0; k < c; k++)
            out[k] = (uint8_t)blend_rows(top[at + k], low[at + k], weight);
    }
}

void ln_scaler_row(const ln_scaler *s, int j, uint8_t *out)
{
    const ln_tap row = row_tap(s, j);
    const uint8_t *top = s->from.data + (size_t)row.low * s->from.stride;
    const uint8_t *low = s->from.data + (size_t)row.high * s->from.stride;

    if (s->box)
        row_of_means(s, top, low, out);
    else if (!s->filter_x)
        row_of_picks(s, top, low, row.weight, out);
    else if (s->from.channels == 1)
        row_of_bytes(s, top, low, row.weight, out);
    else
        row_of_colors(s, top, low, row.weight, out);
}
