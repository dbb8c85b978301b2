/* SPDX-License-Identifier: Apache-2.0 */
/* kernels.c: fills the table, weakest instruction set first. */
#include "kernels/kernels.h"
#include "kernels/sets.h"

#include <string.h>

/* The weakest set that vectors are built for. */
#ifndef LN_LEAST_ISA
#define LN_LEAST_ISA LN_ISA_INDEX_portable
#endif

typedef struct row {
    int isa;
    bool floats;
    void (*init)(ln_kernels *k);
} row;

bool ln_kernels_init(ln_kernels *k, unsigned isas, bool same_floats)
{
    static const row rows[] = {
#define LN_INIT(family, set, floats) {LN_ISA_INDEX_##set, floats, ln_##family##_init_##set},
#include "kernels/families.def"
    };
    memset(k, 0, sizeof *k);
    k->isas = isas;
    k->same_floats = same_floats;
    for (int isa = 0; isa < LN_ISA_COUNT; isa++)
        for (size_t i = 0; (isas >> isa & 1) && i < LN_COUNTOF(rows); i++)
            if (rows[i].isa == isa &&
                !(same_floats && rows[i].floats && isa != LN_ISA_INDEX_portable))
                rows[i].init(k);
    return (isas >> LN_LEAST_ISA & 1) && !(same_floats && LN_LEAST_ISA != LN_ISA_INDEX_portable);
}
