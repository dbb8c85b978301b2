/* SPDX-License-Identifier: Apache-2.0 */
/* select.h: y = x[0] ? x[1] : x[2], of bytes and two operands of any items, which are copied as
 * bits; signature and rules in kernels/elt.h.  No parameters. */
#ifndef LN_KERNELS_SELECT_H
#define LN_KERNELS_SELECT_H

#include "kernels/elt.h"

/* Which of x[1] and x[2] is one item. */
enum {
    LN_SELECT_VECTORS,
    LN_SELECT_SCALAR_1,
    LN_SELECT_SCALAR_2,
    LN_SELECT_SCALARS,
    LN_SELECT_FORMS
};
/* Items of 1, 2, 4, 8 bytes. */
enum { LN_SELECT_1, LN_SELECT_2, LN_SELECT_4, LN_SELECT_8, LN_SELECT_SIZES };

typedef struct ln_select_kernels {
    ln_elt_fn items[LN_SELECT_SIZES][LN_SELECT_FORMS];
} ln_select_kernels;

#endif
