/* SPDX-License-Identifier: Apache-2.0 */
/* verify.h: checks a whole FlatBuffer against its schema before anything reads it. */
#ifndef LN_FB_VERIFY_H
#define LN_FB_VERIFY_H

#include "base/diag.h"
#include "fb/descriptor.h"

/* Checks that every table, vector and string that the schema knows lies inside the buffer, that
 * strings end with a zero and that unions have a type; bounds depth, number of tables and bytes
 * referred to, so that reading the buffer costs no more than a multiple of its size.  Alignment
 * is not asked for: the reader does not need it, and files in the field lack it. */
ln_status ln_fb_verify(const ln_fb_schema *schema, const uint8_t *data, size_t size,
                       ln_diag *diag) LN_MUST_USE;

#endif
