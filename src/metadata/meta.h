/* SPDX-License-Identifier: Apache-2.0 */
/* metadata/: what models say of themselves (include/linnet/metadata.h): a FlatBuffer inside of the
 * model's, described by schema/metadata.def, and a zip archive behind the model with the files that
 * it names.  open.c reads both, edit.c writes them; packed.c is the archive (libzip), json_print.c
 * and json_parse.c the metadata as JSON.
 *
 * meta.h: what these files share. */
#ifndef LN_METADATA_META_H
#define LN_METADATA_META_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/zip_tail.h"
#include "linnet/metadata_edit.h"

struct ln_meta {
    ln_alloc alloc;
    ln_arena arena;
    ln_file file;
    bool has_file;             /* `file` is open, and the model lies in it */
    const uint8_t *model;
    size_t size;
    const uint8_t *buffer;     /* the metadata, NULL when there is none */
    size_t buffer_size;
    const ln_meta_model *root; /* the same, decoded */
    ln_zip_tail tail;          /* size 0: the model carries no files */
    const uint8_t *archive;    /* the same bytes, places counted from their start */
    int n_packed;
    const char **packed;       /* names of the files that it carries */
};

/* Where a verified model's metadata lies; *buffer is NULL when it has none. */
ln_status ln_meta_locate(const uint8_t *model, size_t size, const uint8_t **buffer, size_t *n,
                         ln_diag *diag) LN_MUST_USE;
/* verify.c: checks that these bytes are a model (metadata), all of it inside. */
ln_status ln_meta_verify_model(const uint8_t *model, size_t n, ln_diag *diag) LN_MUST_USE;
ln_status ln_meta_verify(const uint8_t *buffer, size_t n, ln_diag *diag) LN_MUST_USE;
/* Verified metadata as structs in the arena. */
ln_status ln_meta_decode(ln_arena *arena, const uint8_t *buffer, size_t n,
                         const ln_meta_model **out) LN_MUST_USE;

/* ---- packed.c ---- */

/* Lists the files behind the model, where there are any. */
ln_status ln_meta_list(ln_meta *meta, ln_diag *diag) LN_MUST_USE;

/* The bytes of a file behind the model, with a zero behind them; *data is freed by ln_free. */
ln_status ln_meta_unpack(const ln_meta *meta, const char *name, void **data, size_t *n,
                         ln_diag *diag) LN_MUST_USE;

/* ---- edit.c ---- */

/* The model as it was before. */
const ln_meta *ln_meta_edit_source(const ln_meta_edit *edit);

/* ---- check.c ---- */

/* As ln_meta_check, but only what tflite-support asks for. */
bool ln_meta_check_parts(const ln_meta *meta, ln_meta_error *error);

/* ---- the edge ---- */

/* Hands a failure on; true when there was none. */
bool ln_meta_report(ln_status status, const ln_diag *diag, ln_meta_error *error);

#endif
