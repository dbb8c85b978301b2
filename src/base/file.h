/* SPDX-License-Identifier: Apache-2.0 */
/* file.h: a file's bytes, mapped read-only where the system can, else read. */
#ifndef LN_BASE_FILE_H
#define LN_BASE_FILE_H

#include "base/alloc.h"
#include "base/diag.h"

typedef struct ln_file {
    const uint8_t *data;
    size_t size;
    bool mapped;
    ln_alloc alloc;
} ln_file;

/* Opens `path`; an empty file has size 0 and non-NULL data. */
ln_status ln_file_open(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
    LN_MUST_USE;
void ln_file_close(ln_file *f);
/* Says that bytes [p, p + n) of the file will hardly be read again: a mapping's pages that hold
 * nothing else leave the process's memory, and come back when they are read after all. */
void ln_file_forget(const ln_file *f, const void *p, size_t n);

#endif
