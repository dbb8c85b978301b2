/* SPDX-License-Identifier: Apache-2.0 */
/* peak_plain.c: see peak_loop.h. */
#define PEAK_NAME  peak_plain
#define PEAK_WIDTH (PEAK_PLAIN_OPS / 2)
#include "benchmark/peak_loop.h"
