/* SPDX-License-Identifier: Apache-2.0 */
/* texts.h: outputs of strings that are made, not copied. */
#ifndef LN_OPS_FLEX_TEXTS_H
#define LN_OPS_FLEX_TEXTS_H

#include "ops/strings.h"

/* String k of the result: writes it to `out` and returns its length; out NULL: the length alone.
 * Both times it must come to the same. */
typedef size_t (*ln_text_fn)(void *arg, int k, char *out);

/* Makes output `out` a tensor of `count` such strings. */
ln_status ln_texts_write(ln_call *c, int out, int count, ln_text_fn text, void *arg) LN_MUST_USE;

/* A place where text is put together: `out` may be NULL, then only the length is counted. */
typedef struct ln_texts {
    char *out;
    size_t n;
} ln_texts;
void ln_texts_put(ln_texts *t, const char *text, size_t n);

/* Input i, which must be one string. */
ln_status ln_texts_single(ln_call *c, int i, ln_string *s) LN_MUST_USE;
/* infer of ops from strings to something of the same shape. */
ln_status ln_infer_texts(ln_call *c, TfLiteType to) LN_MUST_USE;

#endif
