/* SPDX-License-Identifier: Apache-2.0 */
/* model/: .tflite files <-> the graph.  read*.c, write*.c, options.c (op parameters by field
 * rows), versions.c (op versions on write), sparsity.c, dump.c (the graph as text).
 *
 * model.h: opening and writing models. */
#ifndef LN_MODEL_MODEL_H
#define LN_MODEL_MODEL_H

#include "ir/graph.h"

/* Opens a file: it is mapped, constants are used in place.  The model has one reference; drop it
 * by ln_model_release.  On failure *out is NULL and the message says why. */
ln_status ln_model_open(ln_model **out, const char *path, const ln_alloc *alloc, ln_diag *diag)
    LN_MUST_USE;
/* The same for a model in memory, which must not change and must outlive the model. */
ln_status ln_model_open_memory(ln_model **out, const void *data, size_t n, const ln_alloc *alloc,
                               ln_diag *diag) LN_MUST_USE;

/* Writes a model as the bytes of a .tflite file; free them by ln_free(alloc, *bytes).  The same
 * model gives the same bytes.  Constants go outside the flatbuffer (offset and size) where they
 * lay there before, or when all of them together would pass its limit of 2 GB.  Files behind the
 * model (a zip archive) that it was read from stay behind it. */
ln_status ln_model_write(const ln_model *m, uint8_t **bytes, size_t *n, const ln_alloc *alloc,
                         ln_diag *diag) LN_MUST_USE;
/* The same of a model that is only to be released then: constants are freed as they are written. */
ln_status ln_model_write_last(ln_model *m, uint8_t **bytes, size_t *n, const ln_alloc *alloc,
                              ln_diag *diag) LN_MUST_USE;
/* For tests: `limit` instead of 2 GB. */
ln_status ln_model_write_limit(const ln_model *m, size_t limit, uint8_t **bytes, size_t *n,
                               const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

/* A metadata entry: its name and its bytes; NULL: no such entry. */
typedef struct ln_attachment {
    const char *name;
    const void *data;
    size_t size;
} ln_attachment;

/* attach.c: a model's bytes with this entry in place of the one of the same name, or in addition.
 * The graph is copied by the schema alone, so operators need not be known.  Freed by ln_free. */
ln_status ln_model_attach(const uint8_t *model, size_t n, const ln_attachment *entry,
                          uint8_t **out, size_t *n_out, const ln_alloc *alloc,
                          ln_diag *diag) LN_MUST_USE;

#endif
