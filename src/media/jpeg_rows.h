/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_rows.h: the loops over samples of a JPEG file's pixels.  jpeg_rows.c is compiled once for
 * any processor and once for those with AVX2 (jpeg_rows_avx2.c); both give the same. */
#ifndef LN_MEDIA_JPEG_ROWS_H
#define LN_MEDIA_JPEG_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum { LN_JPEG_SIDE = 8, LN_JPEG_BLOCK = 64 };

typedef struct ln_jpeg_rows {
    /* The inverse cosine transform of `n` blocks, side by side: 8 rows of samples. */
    void (*blocks)(const int16_t (*blocks)[LN_JPEG_BLOCK], size_t n, const uint16_t *scale,
                   uint8_t *out, size_t stride);
    /* A row at twice the height, width, or both; samples are blended 3 to 1 with the next ones. */
    void (*blend_down)(const uint8_t *near, const uint8_t *far, int n, uint8_t *out);
    void (*blend_across)(const uint8_t *in, int n, uint8_t *out);
    void (*blend_both)(const uint8_t *near, const uint8_t *far, int n, uint8_t *out);
    /* Brightness and two differences of colors to RGB. */
    void (*colors)(const uint8_t *const rows[3], int n, uint8_t *rgb);
} ln_jpeg_rows;

/* What each value of a row adds to its 8 results: the steps of the transform, multiplied out, so
 * that nothing needs to be transposed.  It is in another file than its use: knowing the numbers,
 * compilers make 64 scalar products of what are 8 of vectors. */
extern const int32_t ln_jpeg_adds[LN_JPEG_SIDE][LN_JPEG_SIDE];

extern const ln_jpeg_rows ln_jpeg_rows_portable, ln_jpeg_rows_avx2;

/* Those for this processor. */
const ln_jpeg_rows *ln_jpeg_rows_best(void);

#endif
