/* SPDX-License-Identifier: Apache-2.0 */
/* resize.h: rows of a bilinearly resized image, channels last: first two rows of the input become
 * one, then pixels of that one become those of the output.  Arithmetic as in ops/resize.c;
 * uint8, int8 and int16 bit for bit. */
#ifndef LN_KERNELS_RESIZE_H
#define LN_KERNELS_RESIZE_H

#include <stddef.h>
#include <stdint.h>

/* Items after the end of a row between the two steps that may be read, but do not matter. */
enum { LN_RESIZE_PAD = 16 };

typedef struct ln_resize_pixel {
    size_t low, high; /* items from the start of the row to the pixels left and right */
    float f;          /* how much of the right one, float32 and uint8 */
    int32_t i;        /* the same in 1/1024, int8 and int16 */
} ln_resize_pixel;

typedef struct ln_resize_kernels {
    /* r = a (1 - f) + b f */
    void (*rows_f32)(float *r, const float *a, const float *b, float f, size_t n);
    /* The pixels y[0..count). */
    void (*pixels_f32)(float *y, const float *r, const ln_resize_pixel *p, size_t count,
                       size_t channels);
    /* ra = a (1 - f), rb = b f; their sum is not taken yet, since it would round otherwise. */
    void (*rows_u8)(float *ra, float *rb, const uint8_t *a, const uint8_t *b, float f, size_t n);
    void (*pixels_u8)(uint8_t *y, const float *ra, const float *rb, const ln_resize_pixel *p,
                      size_t count, size_t channels);
    /* The same where all of it is exact, in any order: what multiplies is a multiple of 1/128. */
    void (*rows_exact_u8)(float *r, const uint8_t *a, const uint8_t *b, float f, size_t n);
    void (*pixels_exact_u8)(uint8_t *y, const float *r, const ln_resize_pixel *p, size_t count,
                            size_t channels);
    void (*rows_s8)(int32_t *r, const int8_t *a, const int8_t *b, int32_t i, size_t n);
    void (*pixels_s8)(int8_t *y, const int32_t *r, const ln_resize_pixel *p, size_t count,
                      size_t channels);
    void (*rows_s16)(int32_t *r, const int16_t *a, const int16_t *b, int32_t i, size_t n);
    void (*pixels_s16)(int16_t *y, const int32_t *r, const ln_resize_pixel *p, size_t count,
                       size_t channels);
} ln_resize_kernels;

#endif
