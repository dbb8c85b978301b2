/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_pixels.c: inverse cosine transform, chroma upsampling and colors of a JPEG file, with the
 * arithmetic of stb_image, by which the Task Library reads files: the same file gives the same
 * pixels (libjpeg-turbo's own steps give others for 2 to 6 % of the values, and a detector's box
 * moves by that).  All is in integers: the transform has 12 bits and keeps 2 between its passes;
 * chroma halved in a direction is blended 3 to 1; colors have 20 bits.
 *
 * Rows are made one by one.  Of each component two rows of blocks are kept as samples, since an
 * output row blends two neighboring rows of samples.  siblings: decode_jpeg.c */
#include "media/jpeg_pixels.h"

#include <stdbool.h>
#include <string.h>

enum { SIDE = DCTSIZE, MAX_COLORS = 4, ADOBE_UNKNOWN = -1 };

typedef struct component {
    jvirt_barray_ptr coefficients;
    const JQUANT_TBL *scale;
    JDIMENSION blocks;       /* in a row */
    size_t stride;           /* of the samples */
    int width, height;       /* in samples */
    int across, down;        /* pixels per sample */
    int step, row, low;      /* of `down` pixels; the nearest rows, row >= low */
    int loaded[2];           /* the row of blocks in each half of `samples`, or -1 */
    uint8_t *samples, *wide; /* 2 rows of blocks; a row at the image's width */
} component;

typedef struct picture {
    j_decompress_ptr info;
    component c[MAX_COLORS];
    int n;
} picture;

static uint8_t clamp_byte(int32_t v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* ---- the transform ---- */

/* c / 4096; sums wrap around, since a hostile file's coefficients can be any */
static inline uint32_t times(uint32_t v, int32_t c)
{
    return v * (uint32_t)c;
}

static inline int32_t narrow(uint32_t v, int bits, int32_t low, int32_t high)
{
    const int32_t x = (int32_t)v >> bits;
    return x < low ? low : x > high ? high : x;
}

/* All columns at once, shaped for a compiler's vectors: transforms each in place, adds `middle`,
 * drops `bits` and keeps the range. */
static void transform(int32_t v[SIDE * SIDE], uint32_t middle, int bits, int32_t low, int32_t high)
{
    for (int x = 0; x < SIDE; x++) {
        const uint32_t s0 = (uint32_t)v[x], s1 = (uint32_t)v[8 + x], s2 = (uint32_t)v[16 + x],
                       s3 = (uint32_t)v[24 + x], s4 = (uint32_t)v[32 + x], s5 = (uint32_t)v[40 + x],
                       s6 = (uint32_t)v[48 + x], s7 = (uint32_t)v[56 + x];
        const uint32_t turn = times(s2 + s6, 2217), both = times(s7 + s3 + s5 + s1, 4816);
        const uint32_t t0 = times(s0 + s4, 4096) + middle, t1 = times(s0 - s4, 4096) + middle;
        const uint32_t t2 = turn + times(s6, -7567), t3 = turn + times(s2, 3135);
        const uint32_t p1 = both + times(s7 + s1, -3685), p2 = both + times(s5 + s3, -10497);
        const uint32_t p3 = times(s7 + s3, -8034), p4 = times(s5 + s1, -1597);
        const uint32_t o0 = times(s1, 6149) + p1 + p4, o1 = times(s3, 12586) + p2 + p3;
        const uint32_t o2 = times(s5, 8410) + p2 + p4, o3 = times(s7, 1223) + p1 + p3;

        v[x] = narrow(t0 + t3 + o0, bits, low, high);
        v[8 + x] = narrow(t1 + t2 + o1, bits, low, high);
        v[16 + x] = narrow(t1 - t2 + o2, bits, low, high);
        v[24 + x] = narrow(t0 - t3 + o3, bits, low, high);
        v[32 + x] = narrow(t0 - t3 - o3, bits, low, high);
        v[40 + x] = narrow(t1 - t2 - o2, bits, low, high);
        v[48 + x] = narrow(t1 + t2 - o1, bits, low, high);
        v[56 + x] = narrow(t0 + t3 - o0, bits, low, high);
    }
}

static bool is_flat(const JCOEF *coefficients)
{
    int any = 0;
    for (int i = 1; i < SIDE * SIDE; i++)
        any |= coefficients[i];
    return any == 0;
}

static void inverse_block(const JCOEF *coefficients, const JQUANT_TBL *scale, uint8_t *out,
                          size_t stride)
{
    const uint32_t middle = 65536 + (128u << 17); /* half a step, and samples start at 0 */
    int32_t v[SIDE * SIDE], turned[SIDE * SIDE];

    for (int i = 0; i < SIDE * SIDE; i++) /* 16 bits, as the files of sane encoders need */
        v[i] = (int16_t)(uint16_t)((uint32_t)coefficients[i] * scale->quantval[i]);
    if (is_flat(coefficients)) {
        const int32_t row = narrow(times((uint32_t)v[0], 4096) + 512, 10, INT16_MIN, INT16_MAX);
        const int32_t all = narrow(times((uint32_t)row, 4096) + middle, 17, 0, UINT8_MAX);
        for (int y = 0; y < SIDE; y++, out += stride)
            memset(out, all, SIDE);
        return;
    }
    transform(v, 512, 10, INT16_MIN, INT16_MAX);
    for (int i = 0; i < SIDE * SIDE; i++)
        turned[i] = v[i % SIDE * SIDE + i / SIDE];
    transform(turned, middle, 17, 0, UINT8_MAX);
    for (int y = 0; y < SIDE; y++, out += stride) {
        for (int x = 0; x < SIDE; x++)
            out[x] = (uint8_t)turned[x * SIDE + y];
    }
}

/* ---- rows of samples ---- */

static const uint8_t *sample_row(const picture *p, component *c, int y)
{
    const int row = y / SIDE, half = row & 1;
    uint8_t *at = c->samples + (size_t)half * SIDE * c->stride;

    if (c->loaded[half] != row) {
        JBLOCKARRAY blocks = p->info->mem->access_virt_barray(
            (j_common_ptr)p->info, c->coefficients, (JDIMENSION)row, 1, FALSE);
        for (JDIMENSION i = 0; i < c->blocks; i++)
            inverse_block(blocks[0][i], c->scale, at + (size_t)i * SIDE, c->stride);
        c->loaded[half] = row;
    }
    return at + (size_t)(y % SIDE) * c->stride;
}

static void blend_down(const uint8_t *near, const uint8_t *far, int n, uint8_t *out)
{
    for (int i = 0; i < n; i++)
        out[i] = (uint8_t)((3 * near[i] + far[i] + 2) >> 2);
}

/* The last pair is blended from the left sample, as stb_image has it. */
static void blend_across(const uint8_t *in, int n, uint8_t *out)
{
    const int last = n - 1;
    out[0] = in[0];
    for (int i = 0; i < last; i++) {
        out[2 * i + 1] = (uint8_t)((3 * in[i] + in[i + 1] + 2) >> 2);
        out[2 * i + 2] = (uint8_t)((3 * in[i + 1] + in[i] + 2) >> 2);
    }
    if (n > 1)
        out[2 * last] = (uint8_t)((3 * in[last - 1] + in[last] + 2) >> 2);
    out[2 * last + 1] = in[last];
}

static void blend_both(const uint8_t *near, const uint8_t *far, int n, uint8_t *out)
{
    int here = 3 * near[0] + far[0];
    out[0] = (uint8_t)((here + 2) >> 2);
    for (int i = 1; i < n; i++) {
        const int before = here;
        here = 3 * near[i] + far[i];
        out[2 * i - 1] = (uint8_t)((3 * before + here + 8) >> 4);
        out[2 * i] = (uint8_t)((3 * here + before + 8) >> 4);
    }
    out[2 * n - 1] = (uint8_t)((here + 2) >> 2);
}

static void repeat(const uint8_t *in, int n, int times_each, uint8_t *out)
{
    for (int i = 0; i < n; i++, out += times_each)
        memset(out, in[i], (size_t)times_each);
}

/* The next row of a component at the image's width. */
static const uint8_t *next_row(const picture *p, component *c)
{
    const bool below = c->step >= c->down / 2; /* the middle of the sample lies above the pixel */
    const uint8_t *low = sample_row(p, c, c->low), *high = sample_row(p, c, c->row);
    const uint8_t *near = below ? high : low, *far = below ? low : high, *out = c->wide;

    if (c->across == 1 && c->down == 1)
        out = near;
    else if (c->across == 1 && c->down == 2)
        blend_down(near, far, c->width, c->wide);
    else if (c->across == 2 && c->down == 1)
        blend_across(near, c->width, c->wide);
    else if (c->across == 2 && c->down == 2)
        blend_both(near, far, c->width, c->wide);
    else
        repeat(near, c->width, c->across, c->wide);
    if (++c->step >= c->down) {
        c->step = 0;
        c->low = c->row;
        c->row += c->row + 1 < c->height;
    }
    return out;
}

/* ---- colors ---- */

static void from_ycc(const uint8_t *const rows[], int n, uint8_t *rgb)
{
    for (int i = 0; i < n; i++, rgb += 3) {
        const int32_t y = ((int32_t)rows[0][i] << 20) + (1 << 19);
        const int32_t blue = rows[1][i] - 128, red = rows[2][i] - 128;
        /* 1.402, 0.71414, 0.34414, 1.772 in 1 / 4096; the third keeps 4 bits of those below */
        const int32_t g = blue * -(1410 << 8);
        rgb[0] = clamp_byte((y + red * (5743 << 8)) >> 20);
        rgb[1] = clamp_byte((y + red * -(2925 << 8) + (int32_t)((uint32_t)g & 0xffff0000u)) >> 20);
        rgb[2] = clamp_byte((y + blue * (7258 << 8)) >> 20);
    }
}

static void interleave(const uint8_t *const rows[], int colors, int n, uint8_t *rgb)
{
    for (int i = 0; i < n; i++, rgb += 3) {
        for (int k = 0; k < 3; k++)
            rgb[k] = rows[colors == 1 ? 0 : k][i];
    }
}

/* Adobe's files of four colors hold what is not printed: 255 is white. */
static void cover_black(const uint8_t *black, bool inverted, int n, uint8_t *rgb)
{
    for (int i = 0; i < 3 * n; i++) {
        const int v = (inverted ? 255 - rgb[i] : rgb[i]) * black[i / 3] + 128;
        rgb[i] = (uint8_t)((v + (v >> 8)) >> 8);
    }
}

static bool ids_are_rgb(const struct jpeg_decompress_struct *info)
{
    return info->comp_info[0].component_id == 'R' && info->comp_info[1].component_id == 'G' &&
           info->comp_info[2].component_id == 'B';
}

static void color_row(const picture *p, const uint8_t *const rows[], uint8_t *rgb)
{
    const struct jpeg_decompress_struct *info = p->info;
    const int n = (int)info->image_width;
    const int adobe = info->saw_Adobe_marker ? info->Adobe_transform : ADOBE_UNKNOWN;

    if (p->n == 1 || (p->n == 4 && adobe == 0) ||
        (p->n == 3 && (ids_are_rgb(info) || (adobe == 0 && !info->saw_JFIF_marker))))
        interleave(rows, p->n, n, rgb);
    else
        from_ycc(rows, n, rgb);
    if (p->n == 4 && (adobe == 0 || adobe == 2))
        cover_black(rows[3], adobe == 2, n, rgb);
}

/* ---- all ---- */

ln_status ln_jpeg_check(const struct jpeg_decompress_struct *info, ln_diag *diag)
{
    if (info->data_precision != 8)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "the JPEG file has %d bits per sample, not 8",
                       info->data_precision);
    if (info->num_components != 1 && info->num_components != 3 && info->num_components != 4)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "the JPEG file has %d colors; 1, 3 and 4 are read",
                       info->num_components);
    for (int k = 0; k < info->num_components; k++) {
        const jpeg_component_info *c = info->comp_info + k;
        if (info->max_h_samp_factor % c->h_samp_factor ||
            info->max_v_samp_factor % c->v_samp_factor)
            return ln_fail(diag, LN_ERR_UNSUPPORTED,
                           "component %d of the JPEG file is sampled %d x %d, the most is %d x %d: "
                           "pixels per sample are not whole",
                           k, c->h_samp_factor, c->v_samp_factor, info->max_h_samp_factor,
                           info->max_v_samp_factor);
    }
    return LN_OK;
}

static void *memory(const picture *p, size_t n)
{
    return p->info->mem->alloc_large((j_common_ptr)p->info, JPOOL_IMAGE, n);
}

static void start(picture *p, int k, jvirt_barray_ptr coefficients)
{
    static const JQUANT_TBL none = {.sent_table = FALSE}; /* of a component without a scan */
    const jpeg_component_info *from = p->info->comp_info + k;
    component *c = p->c + k;

    *c = (component){.coefficients = coefficients,
                     .scale = from->quant_table ? from->quant_table : &none,
                     .blocks = from->width_in_blocks,
                     .stride = (size_t)from->width_in_blocks * SIDE,
                     .across = p->info->max_h_samp_factor / from->h_samp_factor,
                     .down = p->info->max_v_samp_factor / from->v_samp_factor,
                     .loaded = {-1, -1}};
    c->width = ((int)p->info->image_width + c->across - 1) / c->across;
    c->height = ((int)p->info->image_height + c->down - 1) / c->down;
    c->step = c->down / 2;
    c->samples = memory(p, 2 * SIDE * c->stride);
    c->wide = memory(p, (size_t)c->width * (size_t)c->across);
}

void ln_jpeg_pixels(j_decompress_ptr info, jvirt_barray_ptr *coefficients, uint8_t *rgb)
{
    picture p = {.info = info, .n = info->num_components};
    const uint8_t *rows[MAX_COLORS] = {NULL};

    for (int k = 0; k < p.n; k++)
        start(&p, k, coefficients[k]);
    for (JDIMENSION y = 0; y < info->image_height; y++, rgb += (size_t)info->image_width * 3) {
        for (int k = 0; k < p.n; k++)
            rows[k] = next_row(&p, p.c + k);
        color_row(&p, rows, rgb);
    }
}
