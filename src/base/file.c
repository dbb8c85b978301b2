/* SPDX-License-Identifier: Apache-2.0 */
/* file.c: mmap on POSIX systems, plain reading elsewhere. */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static ln_status map_file(ln_file *f, int fd, const char *path, ln_diag *diag)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ln_fail(diag, LN_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return ln_fail(diag, LN_ERR_IO, "cannot read '%s': not a regular file", path);
    f->size = (size_t)st.st_size;
    f->data = (const uint8_t *)"";
    if (f->size == 0)
        return LN_OK;
    void *p = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return ln_fail(diag, LN_ERR_IO, "cannot map '%s': %s", path, strerror(errno));
    f->data = p;
    f->mapped = true;
    return LN_OK;
}

ln_status ln_file_open(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
{
    *f = (ln_file){.alloc = *alloc};
    const int fd = open(path, O_RDONLY);
    if (fd < 0)
        return ln_fail(diag, LN_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const ln_status status = map_file(f, fd, path, diag);
    close(fd);
    return status;
}

void ln_file_close(ln_file *f)
{
    if (f->mapped)
        munmap((void *)(uintptr_t)f->data, f->size);
    *f = (ln_file){0};
}

void ln_file_forget(const ln_file *f, const void *p, size_t n)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)p;
    const uintptr_t data = (uintptr_t)f->data;
    if (!f->mapped || at < data || at - data > f->size || n > f->size - (at - data))
        return;
    const uintptr_t first = (at + page - 1) / page * page, end = (at + n) / page * page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

#else

static ln_status read_file(ln_file *f, FILE *in, const char *path, ln_diag *diag)
{
    if (fseek(in, 0, SEEK_END) != 0)
        return ln_fail(diag, LN_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    const long size = ftell(in);
    if (size < 0 || fseek(in, 0, SEEK_SET) != 0)
        return ln_fail(diag, LN_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    uint8_t *data = ln_new_aligned(&f->alloc, (size_t)size + 1);
    if (!data)
        return ln_fail(diag, LN_ERR_MEMORY, "'%s' needs %ld bytes of memory", path, size);
    f->data = data;
    f->size = fread(data, 1, (size_t)size, in);
    if (f->size != (size_t)size)
        return ln_fail(diag, LN_ERR_IO, "'%s' ended after %zu of %ld bytes", path, f->size, size);
    return LN_OK;
}

ln_status ln_file_open(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
{
    *f = (ln_file){.alloc = *alloc};
    FILE *in = fopen(path, "rb");
    if (!in)
        return ln_fail(diag, LN_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const ln_status status = read_file(f, in, path, diag);
    fclose(in);
    if (status != LN_OK)
        ln_file_close(f);
    return status;
}

void ln_file_close(ln_file *f)
{
    ln_free_aligned(&f->alloc, (void *)(uintptr_t)f->data);
    *f = (ln_file){0};
}

void ln_file_forget(const ln_file *f, const void *p, size_t n)
{
    (void)f;
    (void)p;
    (void)n;
}

#endif
