/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h: the entries of a .keras file, which is a zip archive. */
#ifndef LN_IMPORT_KERAS_ARCHIVE_H
#define LN_IMPORT_KERAS_ARCHIVE_H

#include "base/alloc.h"
#include "base/diag.h"

typedef struct ln_archive ln_archive;

/* Opens the archive in memory, which must stay there. */
ln_status ln_archive_open(ln_archive **out, const void *data, size_t n, const ln_alloc *alloc,
                          ln_diag *diag) LN_MUST_USE;
/* NULL is fine. */
void ln_archive_close(ln_archive *archive);
/* The bytes of an entry, with a zero behind them; free them by ln_free.  LN_ERR_NOT_FOUND (without
 * a message) when there is no such entry. */
ln_status ln_archive_read(ln_archive *archive, const char *entry, char **bytes, size_t *n,
                          ln_diag *diag) LN_MUST_USE;

#endif
