/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_pixels.c: inverse cosine transform, chroma upsampling and colors of a JPEG file, with the
 * arithmetic of stb_image, by which the Task Library reads files: the same file gives the same
 * pixels (libjpeg-turbo's own steps give others for 2 to 6 % of the values, and a detector's box
 * moves by that).  All is in integers: the transform has 12 bits and keeps 2 between its passes;
 * chroma halved in a direction is blended 3 to 1; colors have 20 bits.
 *
 * Rows are made one by one.  Of each component two rows of blocks are kept as samples, since an
 * output row blends two neighboring rows of samples.  The loops over samples are in jpeg_rows.c. */
#include "media/jpeg_pixels.h"

#include <stdbool.h>
#include <string.h>

#include "media/jpeg_rows.h"

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
    const ln_jpeg_rows *rows;
    component c[MAX_COLORS];
    int n;
} picture;

const int32_t ln_jpeg_adds[SIDE][SIDE] = {{4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096},
                                          {5683, 4816, 3219, 1131, -1131, -3219, -4816, -5683},
                                          {5352, 2217, -2217, -5352, -5352, -2217, 2217, 5352},
                                          {4816, -1129, -5681, -3218, 3218, 5681, 1129, -4816},
                                          {4096, -4096, -4096, 4096, 4096, -4096, -4096, 4096},
                                          {3219, -5681, 1132, 4816, -4816, -1132, 5681, -3219},
                                          {2217, -5350, 5350, -2217, -2217, 5350, -5350, 2217},
                                          {1131, -3218, 4816, -5680, 5680, -4816, 3218, -1131}};

/* ---- rows of samples ---- */

static const uint8_t *sample_row(const picture *p, component *c, int y)
{
    const int row = y / SIDE, half = row & 1;
    uint8_t *at = c->samples + (size_t)half * SIDE * c->stride;

    if (c->loaded[half] != row) {
        JBLOCKARRAY blocks = p->info->mem->access_virt_barray(
            (j_common_ptr)p->info, c->coefficients, (JDIMENSION)row, 1, FALSE);
        p->rows->blocks((const JBLOCK *)blocks[0], c->blocks, c->scale->quantval, at, c->stride);
        c->loaded[half] = row;
    }
    return at + (size_t)(y % SIDE) * c->stride;
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
        p->rows->blend_down(near, far, c->width, c->wide);
    else if (c->across == 2 && c->down == 1)
        p->rows->blend_across(near, c->width, c->wide);
    else if (c->across == 2 && c->down == 2)
        p->rows->blend_both(near, far, c->width, c->wide);
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
        p->rows->colors(rows, n, rgb);
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
    picture p = {.info = info, .rows = ln_jpeg_rows_best(), .n = info->num_components};
    const uint8_t *rows[MAX_COLORS] = {NULL};

    for (int k = 0; k < p.n; k++)
        start(&p, k, coefficients[k]);
    for (JDIMENSION y = 0; y < info->image_height; y++, rgb += (size_t)info->image_width * 3) {
        for (int k = 0; k < p.n; k++)
            rows[k] = next_row(&p, p.c + k);
        color_row(&p, rows, rgb);
    }
}
