/* SPDX-License-Identifier: Apache-2.0 */
/* sets.h: what the rows of families.def become: LN_INIT(family, set, floats) for each instruction
 * set that a family is compiled for.  Whoever includes families.def defines LN_INIT. */
#ifndef LN_KERNELS_SETS_H
#define LN_KERNELS_SETS_H

/* A vector family is compiled for the sets that simd/ has vectors for; cmake/isa.cmake has the
 * same list. */
#if defined(__x86_64__)
#define VECTOR_SETS(family, floats) \
    LN_INIT(family, portable, floats) LN_INIT(family, avx2, floats) LN_INIT(family, avx512, floats)
#elif defined(__aarch64__)
#define VECTOR_SETS(family, floats) LN_INIT(family, portable, floats) LN_INIT(family, neon, floats)
#else
#define VECTOR_SETS(family, floats) LN_INIT(family, portable, floats)
#endif
#define LN_VECTOR(family)     VECTOR_SETS(family, false)
#define LN_FLOATS(family)     VECTOR_SETS(family, true)
#define LN_TILES(family, set) LN_INIT(family, set, false)

#endif
