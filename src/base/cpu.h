/* SPDX-License-Identifier: Apache-2.0 */
/* cpu.h: which instruction sets the processor has.  The names are the rows of base/isa.def. */
#ifndef LN_BASE_CPU_H
#define LN_BASE_CPU_H

#include "base/compiler.h"

/* Instruction sets of the processor that this was compiled for, the plain one first. */
enum {
#define LN_ISA(name) LN_ISA_INDEX_##name,
#include "base/isa.def"
#undef LN_ISA
    LN_ISA_COUNT
};
#define LN_ISA_BIT(name) (1u << LN_ISA_INDEX_##name)

/* The sets that this processor has, as bits.  The environment's LINNET_CPU=NAME leaves those up to
 * NAME ("portable", "avx2"), for comparing and for reports of faults; other names are ignored. */
unsigned ln_cpu_isas(void);
/* True when the environment has LINNET_FLOAT=reproducible: results of floating point are to be the
 * same on every processor. */
bool ln_cpu_same_floats(void);
/* "avx2"; NULL past the end. */
const char *ln_isa_name(int index);
/* The bits of the sets up to `name`; 0 when there is no such set. */
unsigned ln_isa_up_to(const char *name);
/* Tells processors apart that have the same sets: what they call their model, or 0. */
unsigned ln_cpu_model_id(void);
/* Bytes of a core's data cache of level 1 or 2: as the system says, else what is usual. */
size_t ln_cpu_cache_bytes(int level);

#endif
