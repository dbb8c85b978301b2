/* SPDX-License-Identifier: Apache-2.0 */
/* rows_q4.h: float rows by int4 weights with a scale per block, where the processor has a kernel
 * for them as they are (kernels/gemm_q4.h); part of fully_connected_blocks.c. */
#ifndef LN_CPU_ROWS_Q4_H
#define LN_CPU_ROWS_Q4_H

#include "cpu/row.h"

typedef struct ln_cpu_q4 {
    size_t m, n, k;
    size_t size, blocks, panels; /* values of a block, blocks of a row, panels of columns */
    float min, max;
    size_t bias_at, panels_at, panel_bytes; /* in the packed constants */
    size_t rows_at, sums_at, scales_at;     /* in the scratch memory */
} ln_cpu_q4;

/* True for weights that this is for: inputs 0: x, 1: weights, 2: bias. */
bool ln_cpu_q4_takes(const ln_cpu_kernel *k, const ln_call *c);
/* Packs and sizes.  Set before: m to blocks, min, max. */
ln_status ln_cpu_q4_plan(ln_cpu_kernel *k, const ln_call *c, ln_cpu_q4 *p) LN_MUST_USE;
void ln_cpu_q4_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_q4 *p);

#endif
