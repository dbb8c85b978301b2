/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx2.c: see peak_loop.h. */
#define PEAK_NAME  peak_avx2
#define PEAK_WIDTH 96
#include "benchmark/peak_loop.h"
