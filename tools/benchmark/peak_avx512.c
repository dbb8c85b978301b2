/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx512.c: see peak_loop.h. */
#define PEAK_NAME  peak_avx512
#define PEAK_WIDTH (PEAK_AVX512_OPS / 2)
#include "benchmark/peak_loop.h"
