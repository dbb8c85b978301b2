/* SPDX-License-Identifier: Apache-2.0 */
/* image.c: which decoder a file needs, BMP, and EXIF's orientation. */
#include "media/image.h"

#include <string.h>

#include "base/checked.h"

ln_status ln_pixels_make(ln_pixels *out, size_t width, size_t height, size_t max_pixels,
                         const ln_alloc *alloc, ln_diag *diag)
{
    if (width == 0 || height == 0 || width > 32767 || height > 32767 || width > max_pixels / height)
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "an image of %zu x %zu pixels; sides go from 1 to 32767, and there may be "
                       "%zu pixels at most",
                       width, height, max_pixels);
    *out = (ln_pixels){ln_new(alloc, width * height, 3), (int)width, (int)height, 1};
    if (!out->data)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for an image of %zu x %zu pixels", width,
                       height);
    return LN_OK;
}

ln_status ln_image_decode_bytes(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                                const ln_alloc *alloc, ln_diag *diag)
{
    *out = (ln_pixels){0};
    if (n >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0)
        return ln_decode_jpeg(out, data, n, max_pixels, alloc, diag);
    if (n >= 8 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0)
        return ln_decode_png(out, data, n, max_pixels, alloc, diag);
    if (n >= 2 && memcmp(data, "BM", 2) == 0)
        return ln_decode_bmp(out, data, n, max_pixels, alloc, diag);
    return ln_fail(diag, LN_ERR_FORMAT, "this is neither a JPEG, nor a PNG, nor a BMP file");
}

static uint32_t le16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

/* ---- BMP: 1, 4 or 8 bits with a palette, 24, or 32; not compressed ---- */

enum { FILE_HEADER = 14, INFO_HEADER = 40 };

typedef struct bmp {
    const uint8_t *rows, *palette;
    size_t stride, colors;
    uint32_t width, height, bits;
    bool from_top;
} bmp;

static ln_status check_sides(const bmp *b, ln_diag *diag)
{
    if (b->width == 0 || b->width > 32767 || b->height == 0 || b->height > 32767)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "an image of %u x %u pixels", (unsigned)b->width,
                       (unsigned)b->height);
    return LN_OK;
}

static bool bits_are_known(uint32_t bits)
{
    return bits == 1 || bits == 4 || bits == 8 || bits == 24 || bits == 32;
}

static ln_status read_header(bmp *b, const uint8_t *data, size_t n, ln_diag *diag)
{
    if (n < FILE_HEADER + INFO_HEADER)
        return ln_fail(diag, LN_ERR_FORMAT, "a BMP file of %zu bytes", n);
    const uint32_t at = le32(data + 10), header = le32(data + 14), height = le32(data + 22);
    const uint32_t compression = le32(data + 30);
    b->width = le32(data + 18);
    b->bits = le16(data + 28);
    b->from_top = height > INT32_MAX;
    b->height = b->from_top ? 0u - height : height;
    if (header < INFO_HEADER || header > n - FILE_HEADER)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "a BMP header of %u bytes", (unsigned)header);
    if (!bits_are_known(b->bits) || (compression != 0 && !(compression == 3 && b->bits == 32)))
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "a BMP file of %u bits per pixel, compression %u; 1, 4, 8, 24 and 32 bits "
                       "without compression are read",
                       (unsigned)b->bits, (unsigned)compression);
    b->colors = le32(data + 46) ? le32(data + 46) : 1u << LN_MIN(b->bits, 8u);
    b->palette = data + FILE_HEADER + header;
    if (b->bits <= 8 && (b->colors > 256 || b->colors * 4 > n - FILE_HEADER - header))
        return ln_fail(diag, LN_ERR_FORMAT, "a palette of %zu colors", b->colors);
    LN_TRY(check_sides(b, diag));
    b->stride = ((size_t)b->width * b->bits + 31) / 32 * 4;
    if (at > n || b->stride * b->height > n - at)
        return ln_fail(diag, LN_ERR_FORMAT, "the BMP file ends before its pixels do");
    b->rows = data + at;
    return LN_OK;
}

static void read_row(const bmp *b, const uint8_t *row, uint8_t *rgb)
{
    static const uint8_t black[4] = {0};
    for (size_t x = 0; x < b->width; x++, rgb += 3) {
        const uint8_t *p = row + x * b->bits / 8; /* blue, green, red */
        if (b->bits <= 8) {
            const uint32_t after = 8 - b->bits - (uint32_t)(x * b->bits % 8);
            const uint32_t color = (uint32_t)*p >> after & ((1u << b->bits) - 1);
            p = color < b->colors ? b->palette + 4 * (size_t)color : black;
        }
        rgb[0] = p[2];
        rgb[1] = p[1];
        rgb[2] = p[0];
    }
}

ln_status ln_decode_bmp(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                        const ln_alloc *alloc, ln_diag *diag)
{
    bmp b = {0};
    LN_TRY(read_header(&b, data, n, diag));
    LN_TRY(ln_pixels_make(out, b.width, b.height, max_pixels, alloc, diag));
    for (size_t y = 0; y < b.height; y++)
        read_row(&b, b.rows + b.stride * (b.from_top ? y : b.height - 1 - y),
                 out->data + y * b.width * 3);
    return LN_OK;
}

/* ---- EXIF ---- */

typedef struct tiff {
    const uint8_t *data;
    size_t n;
    bool big;
} tiff;

static uint32_t number(const tiff *t, size_t at, int bytes)
{
    uint32_t v = 0;
    if (at > t->n || (size_t)bytes > t->n - at)
        return 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | t->data[at + (size_t)(t->big ? i : bytes - 1 - i)];
    return v;
}

int ln_exif_orientation(const uint8_t *data, size_t n)
{
    if (n < 14 || memcmp(data, "Exif\0\0", 6) != 0)
        return 1;
    const tiff t = {data + 6, n - 6, data[6] == 'M'};
    const uint32_t directory = number(&t, 4, 4), entries = number(&t, directory, 2);
    for (uint32_t i = 0; i < entries && i < 1000; i++) {
        const size_t at = (size_t)directory + 2 + 12 * (size_t)i;
        if (number(&t, at, 2) == 0x0112) { /* Orientation, a 16-bit number */
            const uint32_t v = number(&t, at + 8, 2);
            return v >= 1 && v <= 8 ? (int)v : 1;
        }
    }
    return 1;
}
