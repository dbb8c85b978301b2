/* SPDX-License-Identifier: Apache-2.0 */
/* product_q8_pack.h: what product_q8.c does with constants. */
#ifndef LN_CPU_PRODUCT_Q8_PACK_H
#define LN_CPU_PRODUCT_Q8_PACK_H

#include "cpu/product_q8.h"

/* The form of rows and weights, and what follows from it; false as ln_q8_product_form. */
bool ln_q8_product_set_form(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                            const TfLiteTensor *w);

/* Packs weights, bias and the tail's constants in the form that is best for them. */
ln_status ln_q8_product_pack_constants(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                                       TfLiteFusedActivation act, ln_q8_product *p) LN_MUST_USE;

#endif
