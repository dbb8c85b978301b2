/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx2.c: see peak_loop.h. */
#define PEAK_NAME  peak_avx2
#define PEAK_WIDTH (PEAK_AVX2_OPS / 2)
#include "benchmark/peak_loop.h"
