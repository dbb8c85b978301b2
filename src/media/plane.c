/* SPDX-License-Identifier: Apache-2.0 */
/* plane.c: where the bytes of each pixel format lie, and BT.601. */
#include "media/plane.h"

#include <string.h>

enum { MAX_SIDE = 32767 }; /* positions in 1 / 65536 of a pixel fit 32 bits */

/* Bytes of a row of plane `p` without a gap. */
static int row_bytes(const ln_frame *f, int p)
{
    const int half = (f->width + 1) / 2;
    switch (f->format) {
    case LN_PIXEL_RGB:
        return f->width * 3;
    case LN_PIXEL_RGBA:
        return f->width * 4;
    case LN_PIXEL_YUY2:
        return half * 4;
    case LN_PIXEL_NV12:
    case LN_PIXEL_NV21:
        return p == 0 ? f->width : half * 2;
    case LN_PIXEL_YV12:
    case LN_PIXEL_YV21:
        return p == 0 ? f->width : half;
    case LN_PIXEL_GRAY:
        break;
    }
    return f->width;
}

static int plane_count(ln_pixel_format format)
{
    switch (format) {
    case LN_PIXEL_NV12:
    case LN_PIXEL_NV21:
        return 2;
    case LN_PIXEL_YV12:
    case LN_PIXEL_YV21:
        return 3;
    default:
        return 1;
    }
}

static ln_plane part(const uint8_t *data, size_t stride, int step, const ln_box *box)
{
    const ln_plane p = {data + (size_t)box->y * stride + (size_t)box->x * (size_t)step,
                        stride,
                        step,
                        1,
                        box->width,
                        box->height};
    return p;
}

/* The chroma planes, whose pixels stand for 2 columns, and for 2 rows but in YUY2. */
static void cut_chroma(ln_planes *out, const ln_frame *f, const uint8_t *const base[3],
                       const size_t stride[3], const ln_box *box)
{
    const bool packed = f->format == LN_PIXEL_YUY2;
    const ln_box half = {box->x / 2, packed ? box->y : box->y / 2, (box->width + 1) / 2,
                         packed ? box->height : (box->height + 1) / 2};
    ln_plane *u = &out->plane[1], *v = &out->plane[2];

    out->n = 3;
    switch (f->format) {
    case LN_PIXEL_NV12:
    case LN_PIXEL_NV21:
        *u = part(base[1] + (f->format == LN_PIXEL_NV21), stride[1], 2, &half);
        *v = part(base[1] + (f->format == LN_PIXEL_NV12), stride[1], 2, &half);
        break;
    case LN_PIXEL_YV12:
        *v = part(base[1], stride[1], 1, &half);
        *u = part(base[2], stride[2], 1, &half);
        break;
    case LN_PIXEL_YV21:
        *u = part(base[1], stride[1], 1, &half);
        *v = part(base[2], stride[2], 1, &half);
        break;
    default: /* YUY2 */
        *u = part(base[0] + 1, stride[0], 4, &half);
        *v = part(base[0] + 3, stride[0], 4, &half);
    }
}

static ln_status check_frame(const ln_frame *f, const ln_box *box, ln_diag *diag)
{
    if ((unsigned)f->format > LN_PIXEL_YUY2)
        return ln_fail(diag, LN_ERR_ARGUMENT, "there is no pixel format %d", (int)f->format);
    if (f->width <= 0 || f->height <= 0 || f->width > MAX_SIDE || f->height > MAX_SIDE)
        return ln_fail(diag, LN_ERR_ARGUMENT, "a frame of %d x %d pixels; sides go from 1 to %d",
                       f->width, f->height, MAX_SIDE);
    if (!f->planes[0])
        return ln_fail(diag, LN_ERR_ARGUMENT, "the frame has no pixels: planes[0] is NULL");
    if (f->orientation < 0 || f->orientation > 8)
        return ln_fail(diag, LN_ERR_ARGUMENT, "orientation %d is not one of EXIF's, 1 to 8",
                       f->orientation);
    if (box->x < 0 || box->y < 0 || box->width <= 0 || box->height <= 0 ||
        box->x > f->width - box->width || box->y > f->height - box->height)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "Invalid crop coordinates. The region of interest (%d, %d), %d x %d, is not "
                       "inside of the frame, %d x %d",
                       box->x, box->y, box->width, box->height, f->width, f->height);
    return LN_OK;
}

static int pixel_step(ln_pixel_format format)
{
    switch (format) {
    case LN_PIXEL_RGB:
        return 3;
    case LN_PIXEL_RGBA:
        return 4;
    case LN_PIXEL_YUY2:
        return 2;
    default:
        return 1;
    }
}

static int plane_rows(const ln_frame *f, int p)
{
    return p == 0 ? f->height : (f->height + 1) / 2;
}

static int stride_of(const ln_frame *f, int p)
{
    return f->strides[p] ? f->strides[p] : row_bytes(f, p);
}

/* Where plane `p` begins that follows the one before it, which begins at `before`. */
static const uint8_t *behind(const ln_frame *f, int p, const uint8_t *before)
{
    return before + (size_t)stride_of(f, p - 1) * (size_t)plane_rows(f, p - 1);
}

size_t ln_frame_bytes(const ln_frame *f)
{
    size_t n = 0;
    for (int p = 0; p < plane_count(f->format); p++)
        n += (size_t)row_bytes(f, p) * (size_t)plane_rows(f, p);
    return n;
}

void ln_frame_copy(const ln_frame *f, uint8_t *to, ln_frame *copy)
{
    const uint8_t *from = NULL;
    *copy = (ln_frame){f->format, f->width, f->height, f->orientation, {to}, {0}};
    for (int p = 0; p < plane_count(f->format); p++) {
        const size_t bytes = (size_t)row_bytes(f, p);
        from = f->planes[p] ? f->planes[p] : behind(f, p, from);
        for (int y = 0; y < plane_rows(f, p); y++, to += bytes)
            memcpy(to, from + (size_t)y * (size_t)stride_of(f, p), bytes);
    }
}

ln_status ln_frame_planes(ln_planes *out, const ln_frame *f, const ln_box *roi, ln_diag *diag)
{
    const ln_box whole = {0, 0, f->width, f->height}, *box = roi ? roi : &whole;
    const uint8_t *base[3] = {f->planes[0], f->planes[1], f->planes[2]};
    size_t stride[3] = {0};

    LN_TRY(check_frame(f, box, diag));
    for (int p = 0; p < plane_count(f->format); p++) {
        const int bytes = row_bytes(f, p);
        if (f->strides[p] != 0 && f->strides[p] < bytes)
            return ln_fail(diag, LN_ERR_ARGUMENT,
                           "rows of plane %d are %d bytes apart, less than "
                           "the %d bytes of a row",
                           p, f->strides[p], bytes);
        stride[p] = (size_t)stride_of(f, p);
        if (!base[p])
            base[p] = behind(f, p, base[p - 1]);
    }
    out->n = 1;
    out->plane[0] = part(base[0], stride[0], pixel_step(f->format), box);
    if (f->format == LN_PIXEL_RGB || f->format == LN_PIXEL_RGBA)
        out->plane[0].channels = 3;
    else if (f->format != LN_PIXEL_GRAY)
        cut_chroma(out, f, base, stride, box);
    return LN_OK;
}

static uint8_t clamp(int x)
{
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

/* libyuv's row_common.cc, YuvPixel with kYuvI601Constants: 1.164 (y - 16) + 1.596 (v - 128), ... */
void ln_yuv_to_rgb(int y, int u, int v, uint8_t *rgb)
{
    const int luma = (int)(((uint32_t)y * 0x0101 * 18997) >> 16) - 1160;
    rgb[0] = clamp((luma + 102 * (v - 128)) >> 6);
    rgb[1] = clamp((luma - 25 * (u - 128) - 52 * (v - 128)) >> 6);
    rgb[2] = clamp((luma + 128 * (u - 128)) >> 6);
}
