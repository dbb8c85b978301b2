/* SPDX-License-Identifier: Apache-2.0 */
/* packed.h: the archive of files behind a model. */
#ifndef LN_METADATA_PACKED_H
#define LN_METADATA_PACKED_H

#include "base/diag.h"

typedef struct ln_packed {
    const char *name;
    const uint8_t *data;
    size_t size;
} ln_packed;

/* An archive of these files, its places counted from its own start; *out is freed by ln_free.
 * Nothing is compressed, since the readers in the field want it so, and there are no times, so that
 * the same files give the same bytes. */
ln_status ln_pack_files(const ln_packed *files, size_t n, uint8_t **out, size_t *size,
                        ln_diag *diag) LN_MUST_USE;

#endif
