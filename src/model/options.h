/* SPDX-License-Identifier: Apache-2.0 */
/* options.h: an op's options table <-> its TfLite*Params, by the op's ln_field rows alone. */
#ifndef LN_MODEL_OPTIONS_H
#define LN_MODEL_OPTIONS_H

#include "base/arena.h"
#include "fb/builder.h"
#include "ops/op.h"

/* Fills `params` (op->params_size bytes) from `from`; an absent table (pos 0) gives defaults.
 * Strings and lists point into the buffer that `from` lies in, or are copied to the arena where
 * they are not aligned. */
ln_status ln_options_parse(const ln_op *op, const ln_fb_table *from, ln_arena *arena,
                           void *params, ln_diag *diag) LN_MUST_USE;
/* Writes `params` as the op's options table; fields that equal their default are left out.  What
 * the op has no field for comes from `source`, the table it was read from, which may be absent. */
ln_fb_ref ln_options_write(const ln_op *op, const void *params, const ln_fb_table *source,
                           ln_fb_builder *b);
/* The options of `op` within an operator's table; absent when the union holds another table. */
ln_fb_table ln_options_of(const ln_op *op, const ln_fb_table *from);

/* True when the field has its default value, so that it need not be written. */
bool ln_options_is_default(const ln_field *f, const void *params);
/* The value of one field as text, in pieces: 3, 0.5, "name", [1, 2]. */
void ln_options_print(const ln_field *f, const void *params,
                      void (*put)(void *user, const char *text), void *user);

/* The schema's number of a type, -1 when it has none; and back, kTfLiteNoType when unknown. */
int ln_type_to_schema(TfLiteType type);
TfLiteType ln_type_from_schema(int number);

#endif
