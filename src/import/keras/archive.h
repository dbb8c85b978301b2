/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h: the entries of a .keras file, which is a zip archive. */
#ifndef LN_IMPORT_KERAS_ARCHIVE_H
#define LN_IMPORT_KERAS_ARCHIVE_H

#include "base/alloc.h"
#include "base/diag.h"

/* The bytes of an entry, with a zero behind them; free them by ln_free.  LN_ERR_NOT_FOUND (without
 * a message) when there is no such entry. */
ln_status ln_archive_read(const char *path, const char *entry, char **bytes, size_t *n,
                          const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

#endif
