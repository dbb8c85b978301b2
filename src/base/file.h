/* SPDX-License-Identifier: Apache-2.0 */
/* file.h: a file's bytes, mapped where the system can, else read; and files written whole. */
#ifndef LN_BASE_FILE_H
#define LN_BASE_FILE_H

#include "base/alloc.h"
#include "base/diag.h"

typedef struct ln_file {
    const uint8_t *data;
    size_t size;
    bool mapped;
    uint64_t stamp; /* changes when the file does; 0: not known, or it has changed just now */
    ln_alloc alloc;
} ln_file;

/* Opens `path`; an empty file has size 0 and non-NULL data. */
ln_status ln_file_open(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
    LN_MUST_USE;
/* The same for bytes that may be written to: only this process sees what is written. */
ln_status ln_file_open_private(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
    LN_MUST_USE;
void ln_file_close(ln_file *f);
/* Says that bytes [p, p + n) of the file will hardly be read again: a mapping's pages that hold
 * nothing else leave the process's memory, and come back when they are read after all. */
void ln_file_forget(const ln_file *f, const void *p, size_t n);

typedef struct ln_bytes {
    const void *data;
    size_t size;
} ln_bytes;

/* Makes `path` a file of these parts, one after the other.  Whoever opens it meanwhile gets either
 * the old file or the whole new one, after a crash too. */
ln_status ln_file_replace(const char *path, const ln_bytes *parts, size_t n, ln_diag *diag)
    LN_MUST_USE;
/* The same without waiting for the disk: what a crash leaves may have any bytes. */
ln_status ln_file_replace_soon(const char *path, const ln_bytes *parts, size_t n, ln_diag *diag)
    LN_MUST_USE;

#endif
