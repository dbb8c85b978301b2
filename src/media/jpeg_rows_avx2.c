/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_rows_avx2.c: jpeg_rows.c, compiled for processors with AVX2. */
#define LN_JPEG_ROWS ln_jpeg_rows_avx2
#include "media/jpeg_rows.c"
