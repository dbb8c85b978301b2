/* SPDX-License-Identifier: Apache-2.0 */
/* strings.h: string tensors.  TFLite packs them into one block: int32 count, int32 offsets
 * [count + 1] from the start of the block, then the characters without terminators. */
#ifndef LN_OPS_STRINGS_H
#define LN_OPS_STRINGS_H

#include "ops/op.h"

typedef struct ln_string {
    const char *text; /* not terminated */
    size_t n;
} ln_string;

typedef struct ln_strings {
    const char *block;
    int count;
} ln_strings;

/* Checks a packed tensor: the block holds as many strings as its shape says (one at least where
 * the shape is a scalar) and every string lies within the block. */
ln_status ln_strings_open(ln_diag *diag, const TfLiteTensor *t, ln_strings *s) LN_MUST_USE;
/* String k of a checked tensor, 0 <= k < count. */
ln_string ln_strings_at(const ln_strings *s, int k);

/* Writes output `out` of `count` strings, where string k is get(arg, k).  `get` is asked twice
 * for each k, in order, and must say the same both times. */
typedef ln_string (*ln_string_get)(void *arg, int k);
ln_status ln_strings_write(ln_call *c, int out, int count, ln_string_get get,
                           void *arg) LN_MUST_USE;
/* The same for any tensor that the host may give memory to. */
ln_status ln_strings_set(ln_call *c, TfLiteTensor *t, int count, ln_string_get get,
                         void *arg) LN_MUST_USE;

#endif
