/* SPDX-License-Identifier: Apache-2.0 */
/* metadata/: what models say of themselves (include/linnet/metadata.h): a FlatBuffer inside of the
 * model's, described by schema/metadata.def, and a zip archive behind the model with the files that
 * it names.  read.c opens both; packed.c is the archive (libzip).
 *
 * meta.h: what these files share. */
#ifndef LN_METADATA_META_H
#define LN_METADATA_META_H

#include <zip.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/zip_tail.h"
#include "linnet/metadata.h"

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
    int n_packed;
    const char **packed;       /* names of the files that it carries */
};

/* Where the model's metadata lies; *buffer is NULL when it has none.  The model must have been
 * verified. */
ln_status ln_meta_locate(const uint8_t *model, size_t size, const uint8_t **buffer, size_t *n,
                         ln_diag *diag) LN_MUST_USE;
/* Checks that these bytes are metadata, all of it inside. */
ln_status ln_meta_verify(const uint8_t *buffer, size_t n, ln_diag *diag) LN_MUST_USE;
/* Verified metadata as structs in the arena. */
ln_status ln_meta_decode(ln_arena *arena, const uint8_t *buffer, size_t n,
                         const ln_meta_model **out) LN_MUST_USE;

/* ---- packed.c ---- */

/* Lists the files behind the model, where there are any. */
ln_status ln_meta_list(ln_meta *meta, ln_diag *diag) LN_MUST_USE;

/* ---- the edge ---- */

/* Hands a failure on; true when there was none. */
bool ln_meta_report(ln_status status, const ln_diag *diag, ln_meta_error *error);

#endif
