/* SPDX-License-Identifier: Apache-2.0 */
/* zip_tail.h: a zip archive behind other data, as models carry their associated files.  Its
 * directory has the places of the entries counted from the file's start (so Python's zipfile
 * appends, and unzip reads it), or from the archive's own start; moving the archive means changing
 * these numbers.  What is in the entries is of no concern here. */
#ifndef LN_BASE_ZIP_TAIL_H
#define LN_BASE_ZIP_TAIL_H

#include "base/alloc.h"
#include "base/diag.h"

typedef struct ln_zip_tail {
    size_t start, size;     /* of the archive in the file: from its first entry to the file's end */
    size_t directory, end;  /* where its directory and the record behind that lie in the file */
    size_t shift;           /* add it to a place in the directory to have it in the file */
    unsigned entries;
} ln_zip_tail;

/* Finds the archive at the end of the file; false when there is none, or its directory leads
 * outside.  Archives with 64-bit records (over 4 GB, or over 65534 entries) are not found. */
bool ln_zip_tail_find(const uint8_t *file, size_t size, ln_zip_tail *tail);
/* Fails when there is an archive with such records: it must not pass for none. */
ln_status ln_zip_tail_check(const uint8_t *file, size_t size, ln_diag *diag) LN_MUST_USE;

/* Copies the archive to `to` (tail->size bytes) so that its places are right for a file in which
 * it starts at `at`; false when they would not fit 32 bits. */
bool ln_zip_tail_move(const uint8_t *file, const ln_zip_tail *tail, uint8_t *to, size_t at);

/* Puts the archive behind the *n bytes at *bytes, which are resized. */
ln_status ln_zip_tail_append(const uint8_t *file, const ln_zip_tail *tail, uint8_t **bytes,
                             size_t *n, const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

#endif
