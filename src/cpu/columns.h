/* SPDX-License-Identifier: Apache-2.0 */
/* columns.h: constant int8 or int4 weights [n, ...] as the columns of a product, and as its panels.
 */
#ifndef LN_CPU_COLUMNS_H
#define LN_CPU_COLUMNS_H

#include "cpu/int_product.h"

typedef struct ln_cpu_columns {
    const TfLiteTensor *w;
    size_t n, k, groups;
    int8_t *row; /* set by ln_cpu_columns_open */
} ln_cpu_columns;

/* False when memory is out. */
bool ln_cpu_columns_open(ln_cpu_columns *c);
void ln_cpu_columns_close(ln_cpu_columns *c);
/* Column i, valid until the next one is asked for. */
const int8_t *ln_cpu_column(const ln_cpu_columns *c, size_t i);

/* Packs all groups to `to`. */
void ln_cpu_columns_pack(const ln_cpu_columns *c, const ln_cpu_int_product *p, uint8_t *to);

#endif
