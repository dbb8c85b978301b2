/* SPDX-License-Identifier: Apache-2.0 */
/* memory_avx2.c: see memory_loop.h. */
#define MEMORY_NAME peak_memory_avx2
#include "peak/memory_loop.h"
