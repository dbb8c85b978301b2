/* SPDX-License-Identifier: Apache-2.0 */
/* resize.c: RESIZE_BILINEAR of float32, uint8, int8 and int16, RESIZE_NEAREST_NEIGHBOR of all types
 * of fixed size, a row of the output at a time.  The reference is ops/resize.c. */
#include "ops/resize.h"

#include <string.h>

#include "base/checked.h"
#include "cpu/row.h"

extern const ln_op ln_op_resize_bilinear, ln_op_resize_nearest_neighbor;

enum { X, SIZE };
enum { ITEM_BYTES = 32 * 1024 /* of output, below which no other thread is worth waking */ };

typedef struct plan {
    ln_resize_axis h, w;
    TfLiteType type;
    size_t channels, size; /* bytes of an item */
    size_t rows;           /* of all images */
    size_t between;        /* items of a row between the two steps */
    bool exact;            /* uint8, and no product or sum is rounded: fractions are so short */
    bool picked;           /* that row has only the pixels that are used, two per output */
    size_t thread_bytes;   /* of scratch memory */
} plan;

static void plan_shapes(plan *p, const ln_call *c, bool align, bool half)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    p->h = (ln_resize_axis){x.dim[1], y.dim[1], align, half};
    p->w = (ln_resize_axis){x.dim[2], y.dim[2], align, half};
    p->type = c->in[X]->type;
    p->channels = (size_t)x.dim[3];
    p->size = ln_type_size(c->in[X]->type);
    p->rows = (size_t)x.dim[0] * (size_t)y.dim[1];
}

static size_t grain_of(const ln_cpu_kernel *k, const plan *p)
{
    const size_t row = (size_t)p->w.out * p->channels * p->size;
    return LN_MAX(ITEM_BYTES / LN_MAX(row, (size_t)1) + 1, p->rows / (4 * (size_t)k->threads));
}

/* ---- bilinear ---- */

static bool claims_bilinear(const ln_call *c)
{
    const TfLiteType t = c->n_in == 2 && c->in[X] ? c->in[X]->type : kTfLiteNoType;
    return c->params &&
           (t == kTfLiteFloat32 || t == kTfLiteUInt8 || t == kTfLiteInt8 || t == kTfLiteInt16);
}

static ln_resize_place place(const plan *p, int out, const ln_resize_axis *a)
{
    const bool ints = p->type == kTfLiteInt8 || p->type == kTfLiteInt16;
    return ints ? ln_resize_place_int(out, a) : ln_resize_place_f32(out, a);
}

/* Multiples of 1/128: with bytes, two of them fill 22 of the 24 bits that a float has. */
static bool exact_axis(const plan *p, const ln_resize_axis *a)
{
    for (int i = 0; i < a->out; i++) {
        const float f = place(p, i, a).f * 128;
        if (f != (float)(int)f)
            return false;
    }
    return true;
}

static ln_status plan_bilinear(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteResizeBilinearParams *params = c->params;
    plan *p = k->plan;
    size_t bytes;
    plan_shapes(p, c, params->align_corners, params->half_pixel_centers);
    p->picked = p->w.in / 2 > p->w.out;
    p->between = (p->picked ? 2 * (size_t)p->w.out : (size_t)p->w.in) * p->channels;
    p->exact = p->type == kTfLiteUInt8 && exact_axis(p, &p->h) && exact_axis(p, &p->w);
    const size_t rows = p->type == kTfLiteUInt8 && !p->exact ? 2 : 1;
    if (!ln_mul_size((p->between + LN_RESIZE_PAD) * sizeof(float), rows, &p->thread_bytes) ||
        !ln_align_size(p->thread_bytes, 64, &p->thread_bytes) ||
        !ln_mul_size(p->thread_bytes, (size_t)k->threads, &k->scratch_bytes) ||
        !ln_mul_size((size_t)p->w.out, sizeof(ln_resize_pixel), &bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "an image of %d columns is too wide", p->w.in);
    ln_resize_pixel *pixels = ln_cpu_pack(k, bytes, NULL);
    if (!pixels)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of tables", bytes);
    for (int ox = 0; ox < p->w.out; ox++) {
        const ln_resize_place at = place(p, ox, &p->w);
        pixels[ox] = (ln_resize_pixel){(size_t)at.low * p->channels, (size_t)at.high * p->channels,
                                       at.f, (int32_t)at.i};
    }
    return LN_OK;
}

typedef struct job {
    const plan *p;
    const ln_resize_kernels *fn;
    const ln_resize_pixel *pixels; /* bilinear */
    const size_t *columns;         /* nearest: bytes from the start of a row */
    const char *x;
    char *y, *scratch;
} job;

/* n items of two rows of the input, from a and b on, to item `to` of the row between. */
static void blend(const job *j, const char *a, const char *b, const ln_resize_place *y, void *row,
                  size_t to, size_t n)
{
    const plan *p = j->p;
    float *r = (float *)row + to;
    const void *pa = a, *pb = b;
    if (p->type == kTfLiteFloat32)
        j->fn->rows_f32(r, pa, pb, y->f, n);
    else if (p->exact)
        j->fn->rows_exact_u8(r, pa, pb, y->f, n);
    else if (p->type == kTfLiteUInt8)
        j->fn->rows_u8(r, r + p->between + LN_RESIZE_PAD, pa, pb, y->f, n);
    else if (p->type == kTfLiteInt16)
        j->fn->rows_s16((int32_t *)row + to, pa, pb, (int32_t)y->i, n);
    else
        j->fn->rows_s8((int32_t *)row + to, pa, pb, (int32_t)y->i, n);
}

static void blend_rows(const job *j, const char *a, const char *b, const ln_resize_place *y,
                       void *row)
{
    const plan *p = j->p;
    if (!p->picked) {
        blend(j, a, b, y, row, 0, p->between);
        return;
    }
    for (size_t i = 0; i < (size_t)p->w.out; i++) {
        const size_t low = j->pixels[i].low * p->size, high = j->pixels[i].high * p->size;
        blend(j, a + low, b + low, y, row, 2 * i * p->channels, p->channels);
        blend(j, a + high, b + high, y, row, (2 * i + 1) * p->channels, p->channels);
    }
}

static void make_pixels(const job *j, char *y, const void *row, const ln_resize_pixel *pixels,
                        size_t count)
{
    const plan *p = j->p;
    const float *r = row;
    if (p->type == kTfLiteFloat32)
        j->fn->pixels_f32((float *)(void *)y, r, pixels, count, p->channels);
    else if (p->exact)
        j->fn->pixels_exact_u8((uint8_t *)y, r, pixels, count, p->channels);
    else if (p->type == kTfLiteUInt8)
        j->fn->pixels_u8((uint8_t *)y, r, r + p->between + LN_RESIZE_PAD, pixels, count,
                         p->channels);
    else if (p->type == kTfLiteInt16)
        j->fn->pixels_s16((int16_t *)(void *)y, row, pixels, count, p->channels);
    else
        j->fn->pixels_s8((int8_t *)y, row, pixels, count, p->channels);
}

static void run_row(const job *j, size_t at, void *row)
{
    enum { FEW = 16 };
    const plan *p = j->p;
    const size_t pixel = p->channels * p->size, line = (size_t)p->w.in * pixel;
    const size_t height = (size_t)p->h.out, width = (size_t)p->w.out;
    const ln_resize_place y = place(p, (int)(at % height), &p->h);
    const char *image = j->x + at / height * (size_t)p->h.in * line;
    char *to = j->y + at * width * pixel;
    blend_rows(j, image + (size_t)y.low * line, image + (size_t)y.high * line, &y, row);
    if (!p->picked) {
        make_pixels(j, to, row, j->pixels, width);
        return;
    }
    /* a few at a time: where they are in the row is not what the table says */
    ln_resize_pixel few[FEW];
    for (size_t i = 0; i < width; i += FEW) {
        const size_t n = LN_MIN(width - i, (size_t)FEW);
        for (size_t k = 0; k < n; k++) {
            few[k] = j->pixels[i + k];
            few[k].low = 2 * (i + k) * p->channels;
            few[k].high = few[k].low + p->channels;
        }
        make_pixels(j, to + i * pixel, row, few, n);
    }
}

static void run_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    float *row = (float *)(void *)(j->scratch + (size_t)thread * p->thread_bytes);
    memset(row + p->between, 0, LN_RESIZE_PAD * sizeof *row);
    if (p->type == kTfLiteUInt8 && !p->exact)
        memset(row + 2 * p->between + LN_RESIZE_PAD, 0, LN_RESIZE_PAD * sizeof *row);
    for (size_t i = begin; i < end; i++)
        run_row(j, i, row);
}

static void run_bilinear(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {.p = p,
             .fn = &k->fn->resize,
             .pixels = k->packed,
             .x = c->in[X]->data.raw,
             .y = c->out[0]->data.raw,
             .scratch = k->scratch};
    ln_parallel_for(k->pool, p->rows, grain_of(k, p), run_rows, &j);
}

/* ---- nearest ---- */

static bool claims_nearest(const ln_call *c)
{
    return c->params && c->n_in == 2 && c->in[X] && ln_type_size(c->in[X]->type) > 0;
}

static ln_status plan_nearest(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteResizeNearestNeighborParams *params = c->params;
    plan *p = k->plan;
    size_t bytes;
    plan_shapes(p, c, params->align_corners, params->half_pixel_centers);
    size_t *columns =
        ln_mul_size((size_t)p->w.out, sizeof *columns, &bytes) ? ln_cpu_pack(k, bytes, NULL) : NULL;
    if (!columns)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for a table of %d columns", p->w.out);
    for (int ox = 0; ox < p->w.out; ox++)
        columns[ox] = (size_t)ln_resize_nearest(ox, &p->w) * p->channels * p->size;
    return LN_OK;
}

/* Pixels of so many bytes; a constant where it matters. */
LN_INLINE void copy_pixels(char *y, const char *x, const size_t *columns, size_t count,
                           const size_t bytes)
{
    for (size_t i = 0; i < count; i++, y += bytes)
        memcpy(y, x + columns[i], bytes);
}

static void copy_row(char *y, const char *x, const size_t *columns, size_t count, size_t bytes)
{
    switch (bytes) {
    case 1:
        copy_pixels(y, x, columns, count, 1);
        break;
    case 2:
        copy_pixels(y, x, columns, count, 2);
        break;
    case 3:
        copy_pixels(y, x, columns, count, 3);
        break;
    case 4:
        copy_pixels(y, x, columns, count, 4);
        break;
    case 8:
        copy_pixels(y, x, columns, count, 8);
        break;
    case 12:
        copy_pixels(y, x, columns, count, 12);
        break;
    default:
        copy_pixels(y, x, columns, count, bytes);
        break;
    }
}

static void copy_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const size_t pixel = p->channels * p->size, line = (size_t)p->w.in * pixel;
    const size_t height = (size_t)p->h.out, row = (size_t)p->w.out * pixel;
    const char *last = NULL;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const size_t iy = (size_t)ln_resize_nearest((int)(i % height), &p->h);
        const char *x = j->x + (i / height * (size_t)p->h.in + iy) * line;
        char *y = j->y + i * row;
        if (x == last)
            memcpy(y, y - row, row);
        else
            copy_row(y, x, j->columns, (size_t)p->w.out, pixel);
        last = x;
    }
}

static void run_nearest(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    job j = {.p = p, .columns = k->packed, .x = c->in[X]->data.raw, .y = c->out[0]->data.raw};
    ln_parallel_for(k->pool, p->rows, grain_of(k, p), copy_rows, &j);
}

const ln_cpu_row ln_cpu_resize_bilinear = {
    .op = &ln_op_resize_bilinear,
    .plan_size = sizeof(plan),
    .claims = claims_bilinear,
    .plan = plan_bilinear,
    .run = run_bilinear,
};

const ln_cpu_row ln_cpu_resize_nearest_neighbor = {
    .op = &ln_op_resize_nearest_neighbor,
    .plan_size = sizeof(plan),
    .claims = claims_nearest,
    .plan = plan_nearest,
    .run = run_nearest,
};
