/* SPDX-License-Identifier: Apache-2.0 */
/* compare.h: holds one array to another within a tolerance. */
#ifndef COMPARE_H
#define COMPARE_H

#include "common/value.h"

typedef struct tolerance {
    double abs, rel; /* reals: |got - want| <= abs + rel * |want| */
    uint64_t lsb;    /* integers: |got - want| <= lsb */
    bool random;     /* only shape, type and range are compared */
} tolerance;

typedef struct comparison {
    bool same_shape;  /* false: type or shape differ, and nothing else was compared */
    size_t wrong;     /* items out of tolerance */
    size_t worst;     /* index of the worst of them */
    double worst_off; /* how far off that is */
    bool bit_exact;   /* every item equal (NaN equals NaN) */
} comparison;

/* NaN equals NaN; infinities must match; strings must be equal. */
comparison compare_values(const value *got, const value *want, const tolerance *t);
/* Prints item `i` for people. */
void compare_print_item(const value *v, size_t i, char *text, size_t n);

#endif
