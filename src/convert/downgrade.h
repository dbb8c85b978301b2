/* SPDX-License-Identifier: Apache-2.0 */
/* downgrade.h: models for older releases of TensorFlow Lite. */
#ifndef LN_CONVERT_DOWNGRADE_H
#define LN_CONVERT_DOWNGRADE_H

#include "opt/opt.h"

/* Gives every operator the lowest version that does what it is to do, and decomposes those that
 * the release `target` ("2.3") does not have; what is left of them is listed in the error.  The
 * model's dimensions are open. */
ln_status ln_downgrade(ln_model *m, const char *target, ln_diag *diag) LN_MUST_USE;

/* lower.c: emits older operators in place of a node; false where none do the same. */
bool ln_lower(ln_opt *o, int node);
/* The rules that it uses, as text; NULL ends them. */
extern const char *const ln_lower_rules[];

#endif
