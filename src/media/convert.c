/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c: scale, convert colors, turn, normalize: row by row, each through memory of one row.
 *
 * The order is the Task Library's: planes are cut and scaled as they are stored, then become RGB,
 * then are turned.  Chroma planes go to half of the target's size and serve two pixels each. */
#include "media/convert.h"

#include <math.h>

#include "base/checked.h"

void ln_pixel_table_plain(ln_pixel_table *t, ln_pixel_type type, int channels)
{
    t->type = type;
    t->channels = channels;
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 256; i++) {
            if (type == LN_PIXEL_F32)
                t->of.f32[k][i] = (float)i;
            else if (type == LN_PIXEL_U8)
                t->of.u8[k][i] = (uint8_t)i;
            else
                t->of.s8[k][i] = (int8_t)(i - 128);
        }
    }
}

void ln_pixel_table_normalize(ln_pixel_table *t, int channels, const float *mean, const float *std,
                              int n)
{
    t->type = LN_PIXEL_F32;
    t->channels = channels;
    for (int k = 0; k < 3; k++) {
        const int from = n == 3 ? k : 0;
        const float inverse = 1.0f / std[from];
        for (int i = 0; i < 256; i++)
            t->of.f32[k][i] = inverse * ((float)i - mean[from]);
    }
}

void ln_pixel_table_quantize(ln_pixel_table *t, float scale, int zero_point)
{
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 256; i++) {
            const float q = roundf(t->of.f32[k][i] / scale) + (float)zero_point;
            const int8_t v = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
            /* entry i of the bytes lies before entry i of the floats, those of row k likewise */
            t->of.s8[k][i] = v;
        }
    }
    t->type = LN_PIXEL_S8;
}

ln_box ln_letterbox(int from_width, int from_height, int width, int height)
{
    ln_box box = {0, 0, width, height};
    if ((int64_t)from_width * height > (int64_t)width * from_height)
        box.height = (int)LN_MAX(1, (int64_t)width * from_height / from_width);
    else
        box.width = (int)LN_MAX(1, (int64_t)height * from_width / from_height);
    box.x = (width - box.width) / 2;
    box.y = (height - box.height) / 2;
    return box;
}

void ln_converter_init(ln_converter *c, const ln_alloc *alloc)
{
    *c = (ln_converter){.alloc = alloc};
}

void ln_converter_deinit(ln_converter *c)
{
    for (int i = 0; i < 3; i++)
        ln_free(c->alloc, c->columns[i]);
    ln_free(c->alloc, c->rows);
    *c = (ln_converter){.alloc = c->alloc};
}

static ln_status make_room(ln_converter *c, int width, ln_diag *diag)
{
    if (width <= c->capacity)
        return LN_OK;
    ln_converter_deinit(c);
    c->rows = ln_new(c->alloc, (size_t)width, 6);
    for (int i = 0; i < 3; i++)
        c->columns[i] = ln_new(c->alloc, (size_t)width, sizeof(ln_tap));
    if (!c->rows || !c->columns[0] || !c->columns[1] || !c->columns[2])
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for rows of %d pixels", width);
    c->capacity = width;
    return LN_OK;
}

bool ln_orientation_turns(int orientation)
{
    return orientation >= 5;
}

void ln_orient_point(int orientation, int width, int height, int *x, int *y)
{
    const int a = *x, b = *y;
    const int from_right = width - 1 - a, from_below = height - 1 - b;
    switch (orientation) {
    case 2:
        *x = from_right;
        break;
    case 3:
        *x = from_right, *y = from_below;
        break;
    case 4:
        *y = from_below;
        break;
    case 5:
        *x = b, *y = a;
        break;
    case 6:
        *x = from_below, *y = a;
        break;
    case 7:
        *x = from_below, *y = from_right;
        break;
    case 8:
        *x = b, *y = from_right;
        break;
    default:
        break;
    }
}

ln_box ln_unorient_box(int orientation, int width, int height, const ln_box *box)
{
    const bool turns = ln_orientation_turns(orientation);
    const int right = box->x + box->width, below = box->y + box->height;
    const int upright_width = turns ? height : width, upright_height = turns ? width : height;
    ln_box to = {box->x, box->y, turns ? box->height : box->width,
                 turns ? box->width : box->height};
    switch (orientation) {
    case 2:
        to.x = upright_width - right;
        break;
    case 3:
        to.x = upright_width - right, to.y = upright_height - below;
        break;
    case 4:
        to.y = upright_height - below;
        break;
    case 5:
        to.x = box->y, to.y = box->x;
        break;
    case 6:
        to.x = box->y, to.y = upright_width - right;
        break;
    case 7:
        to.x = upright_height - below, to.y = upright_width - right;
        break;
    case 8:
        to.x = upright_height - below, to.y = box->x;
        break;
    default:
        break;
    }
    return to;
}

/* Where in the target pixel (0, 0) of the unturned image goes, and how far apart its neighbors in
 * x and y are, in values. */
typedef struct walk {
    ptrdiff_t first, across, down;
} walk;

static walk plan_walk(int orientation, const ln_target *t, int width, int height, int channels)
{
    int x[3] = {0, 1, 0}, y[3] = {0, 0, 1};
    ptrdiff_t at[3];
    for (int i = 0; i < 3; i++) {
        ln_orient_point(orientation, width, height, &x[i], &y[i]);
        at[i] = (((ptrdiff_t)t->inner.y + y[i]) * t->width + t->inner.x + x[i]) * channels;
    }
    return (walk){at[0], at[1] - at[0], at[2] - at[0]};
}

#define WRITE_ROW(name, type, member)                                                              \
    static void name(type *to, ptrdiff_t step, const ln_pixel_table *t, const uint8_t *rgb, int n) \
    {                                                                                              \
        for (int i = 0; i < n; i++, to += step, rgb += 3) {                                        \
            if (t->channels == 1) {                                                                \
                to[0] =                                                                            \
                    t->of.member[0][(299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000];    \
            } else {                                                                               \
                to[0] = t->of.member[0][rgb[0]];                                                   \
                to[1] = t->of.member[1][rgb[1]];                                                   \
                to[2] = t->of.member[2][rgb[2]];                                                   \
            }                                                                                      \
        }                                                                                          \
    }

WRITE_ROW(write_u8, uint8_t, u8)
WRITE_ROW(write_s8, int8_t, s8)
WRITE_ROW(write_f32, float, f32)

static void write_row(const ln_target *target, const walk *w, int row, const ln_pixel_table *t,
                      const uint8_t *rgb, int n)
{
    const ptrdiff_t at = w->first + w->down * row;
    switch (t->type) {
    case LN_PIXEL_U8:
        write_u8((uint8_t *)target->data + at, w->across, t, rgb, n);
        break;
    case LN_PIXEL_S8:
        write_s8((int8_t *)target->data + at, w->across, t, rgb, n);
        break;
    case LN_PIXEL_F32:
        write_f32((float *)target->data + at, w->across, t, rgb, n);
        break;
    }
}

static void gray_row(const uint8_t *gray, uint8_t *rgb, int n)
{
    for (int i = 0; i < n; i++, rgb += 3)
        rgb[0] = rgb[1] = rgb[2] = gray[i];
}

static void yuv_row(const uint8_t *y, const uint8_t *u, const uint8_t *v, uint8_t *rgb, int n)
{
    for (int i = 0; i < n; i++, rgb += 3)
        ln_yuv_to_rgb(y[i], u[i / 2], v[i / 2], rgb);
}

ln_status ln_convert_frame(ln_converter *c, const ln_frame *frame, const ln_box *roi,
                           const ln_pixel_table *table, const ln_target *target, ln_diag *diag)
{
    const bool turns = ln_orientation_turns(frame->orientation);
    const int width = turns ? target->inner.height : target->inner.width;
    const int height = turns ? target->inner.width : target->inner.height;
    ln_planes planes;
    ln_scaler scaler[3];

    LN_TRY(ln_frame_planes(&planes, frame, roi, diag));
    LN_TRY(make_room(c, width, diag));
    const int chroma_rows = frame->format == LN_PIXEL_YUY2 ? height : (height + 1) / 2;
    ln_scaler_init(&scaler[0], &planes.plane[0], width, height, c->columns[0]);
    for (int i = 1; i < planes.n; i++)
        ln_scaler_init(&scaler[i], &planes.plane[i], (width + 1) / 2, chroma_rows, c->columns[i]);

    uint8_t *rgb = c->rows, *y = rgb + 3 * (size_t)c->capacity, *u = y + c->capacity,
            *v = u + c->capacity;
    const walk w = plan_walk(frame->orientation, target, width, height, table->channels);
    for (int row = 0; row < height; row++) {
        if (planes.n == 3) {
            const bool fresh = chroma_rows == height || row % 2 == 0;
            ln_scaler_row(&scaler[0], row, y);
            if (fresh) {
                ln_scaler_row(&scaler[1], chroma_rows == height ? row : row / 2, u);
                ln_scaler_row(&scaler[2], chroma_rows == height ? row : row / 2, v);
            }
            yuv_row(y, u, v, rgb, width);
        } else if (planes.plane[0].channels == 1) {
            ln_scaler_row(&scaler[0], row, y);
            gray_row(y, rgb, width);
        } else {
            ln_scaler_row(&scaler[0], row, rgb);
        }
        write_row(target, &w, row, table, rgb, width);
    }
    return LN_OK;
}
