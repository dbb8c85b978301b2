/* SPDX-License-Identifier: Apache-2.0 */
/* lines_q8.h: sums, differences and products of int8 with constants that repeat along the channels
 * (normalizations that were not folded).  For each channel that is a function of one byte: a line
 * in floats, rounded once, gives its 256 values.  That is tried out with all of them when lines are
 * made, so that the bits are those of fixed point; where one does not, the step goes on without. */
#ifndef LN_CPU_LINES_Q8_H
#define LN_CPU_LINES_Q8_H

#include "cpu/chain.h"

/* Gives the steps of a chain their lines, which the kernel then keeps as packed. */
void ln_q8_lines_plan(ln_chain *c, ln_cpu_kernel *k);

/* Rows of columns [first, first + columns). */
typedef struct ln_q8_part {
    size_t rows, columns, first;
} ln_q8_part;

/* By one line, and by a second one unless that is NULL; rows that are too short for vectors several
 * at a time. */
static inline void ln_q8_line_run(const ln_kernels *fn, int8_t *y, const int8_t *x,
                                  const ln_q8_part *part, const ln_q8_line *line,
                                  const ln_q8_line *second)
{
    ln_quant_line l[2];
    const ln_q8_line *const of[] = {line, second};
    for (int i = 0; i < 2 && of[i]; i++) {
        l[i] = of[i]->line;
        l[i].a += part->first;
        l[i].b += part->first;
    }
    const size_t repeats = part->columns == line->columns ? line->repeats : 1;
    const size_t wide = part->rows / repeats, done = wide * repeats * part->columns;
    const ln_quant_line *other = second ? &l[1] : NULL;
    fn->quantized.lines_s8(y, x, wide, repeats * part->columns, l, other);
    fn->quantized.lines_s8(y + done, x + done, part->rows % repeats, part->columns, l, other);
}

#endif
