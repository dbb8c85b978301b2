/* SPDX-License-Identifier: Apache-2.0 */
/* memory_avx512.c: see memory_loop.h. */
#define MEMORY_NAME peak_memory_avx512
#include "peak/memory_loop.h"
