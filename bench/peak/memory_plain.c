/* SPDX-License-Identifier: Apache-2.0 */
/* memory_plain.c: see memory_loop.h. */
#define MEMORY_NAME peak_memory_plain
#include "peak/memory_loop.h"
