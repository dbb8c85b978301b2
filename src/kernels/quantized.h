/* SPDX-License-Identifier: Apache-2.0 */
/* quantized.h: elementwise functions of quantized operands, signature and rules in kernels/elt.h.
 * The arithmetic is that of ops/qmath.h, bit for bit. */
#ifndef LN_KERNELS_QUANTIZED_H
#define LN_KERNELS_QUANTIZED_H

#include "kernels/elt.h"

enum { LN_QUANT_S8, LN_QUANT_U8, LN_QUANT_S16, LN_QUANT_TYPES };

/* p: ln_elt_fixed_pair. */
enum {
    LN_QUANT_ADD, /* (a - za) * fa + (b - zb) * fb, times fy, plus zy, into the limits */
    LN_QUANT_SUB,
    LN_QUANT_MUL, /* (a - za) (b - zb), times fy, plus zy, into the limits */
    /* of two vectors only: */
    LN_QUANT_SQUARED_DIFFERENCE, /* the square of SUB's difference likewise; int8 */
    LN_QUANT_PRELU, /* a - za where not negative, times fa, else MUL's product; int8, uint8 */
    LN_QUANT_LEAKY, /* a - za where not negative, times fa, else times fy; of a alone; int16 */
    LN_QUANT_COUNT,
};

/* For each column a line in floats: v = a[j] x + b[j], further away from 0 by `away`, rounded to
 * the next whole number, plus zero, into the limits. */
typedef struct ln_quant_line {
    const float *a, *b;
    float away, zero, min, max;
} ln_quant_line;

/* LN_QUANT_MUL of int8 x[rows][n] and the row b[n], where p->sure is not 0; y may be x. */
typedef void (*ln_gates_fn)(int8_t *y, const int8_t *x, const int8_t *b, size_t rows, size_t n,
                            const ln_elt_fixed_pair *p);

typedef struct ln_quantized_kernels {
    ln_elt_fn pair[LN_QUANT_COUNT][LN_QUANT_TYPES][LN_FORMS];
    ln_elt_fn lut8; /* y = table[x] of bytes; p: the 256 bytes as lut8_prepare leaves them */
    void (*lut8_prepare)(uint8_t table[256]);
    /* int8 x[rows][n] by first, and what that gives by second, whose `away` is 0, unless it is
     * NULL; y may be x.  The portable set has none. */
    void (*lines_s8)(int8_t *y, const int8_t *x, size_t rows, size_t n, const ln_quant_line *first,
                     const ln_quant_line *second);
    ln_gates_fn gates_s8; /* the portable set has none */
} ln_quantized_kernels;

/* Fill in the floats, for kernels of 8-bit operands, of a pair whose other members are set; a, b:
 * scales of the operands over that of the result (SUB: b negative), whose type's lowest value is
 * `lowest`; m: the scales' product over that. */
void ln_quant_line_of_sum(ln_elt_fixed_pair *p, int32_t lowest, double a, double b);
void ln_quant_line_of_product(ln_elt_fixed_pair *p, double m);
/* m: what the square of the difference is multiplied with. */
void ln_quant_line_of_square(ln_elt_fixed_pair *p, double m);

#endif
