/* SPDX-License-Identifier: Apache-2.0 */
/* kernels.c: fills the table, weakest instruction set first. */
#include "kernels/kernels.h"

#include <string.h>

/* A vector family is compiled for the sets that simd/ has vectors for; cmake/isa.cmake has the
 * same list. */
#if defined(__x86_64__)
#define LN_VECTOR(family)      \
    LN_TILES(family, portable) \
    LN_TILES(family, avx2)     \
    LN_TILES(family, avx512)
#elif defined(__aarch64__)
#define LN_VECTOR(family)      \
    LN_TILES(family, portable) \
    LN_TILES(family, neon)
#else
#define LN_VECTOR(family) LN_TILES(family, portable)
#endif

#define LN_TILES(family, set) void ln_##family##_init_##set(ln_kernels *k);
#include "kernels/families.def"
#undef LN_TILES

typedef struct row {
    int isa;
    void (*init)(ln_kernels *k);
} row;

void ln_kernels_init(ln_kernels *k, unsigned isas)
{
    static const row rows[] = {
#define LN_TILES(family, set) {LN_ISA_INDEX_##set, ln_##family##_init_##set},
#include "kernels/families.def"
    };
    memset(k, 0, sizeof *k);
    k->isas = isas;
    for (int isa = 0; isa < LN_ISA_COUNT; isa++)
        for (size_t i = 0; (isas >> isa & 1) && i < LN_COUNTOF(rows); i++)
            if (rows[i].isa == isa)
                rows[i].init(k);
}
