/* SPDX-License-Identifier: Apache-2.0 */
/* peaks.h: what this processor does at most, by loops of nothing but one kind of instruction, each
 * in the form that an instruction set brings (peaks.def). */
#ifndef PEAKS_H
#define PEAKS_H

/* Multiplications and additions of float32; of bfloat16 or float16; of 8-bit and 16-bit integers
 *; bytes that move between registers and the first-level cache. */
enum { PEAK_F32, PEAK_HALF, PEAK_S8, PEAK_S16, PEAK_L1, PEAK_KINDS };

/* In 1e9 a second, of `threads` threads together, by the strongest of the sets in `isas`
 * (base/cpu.h) that has a loop of this kind, whose name goes to `set`; 0 and NULL: none has. */
double peaks_best(int kind, unsigned isas, int threads, const char **set);

#endif
