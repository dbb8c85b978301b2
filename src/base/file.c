/* SPDX-License-Identifier: Apache-2.0 */
/* file.c: mmap on POSIX systems, plain reading elsewhere. */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

/* The clock of files may stand still for some milliseconds: one that changed a moment ago could
 * change again without a sign. */
static uint64_t stamp_of(const struct stat *st)
{
#if defined(__linux__)
    enum { STILL_S = 2 };
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < st->st_ctim.tv_sec + STILL_S)
        return 0;
    const uint64_t traits[] = {(uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size,
                               (uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec};
    return ln_hash(traits, sizeof traits, 0);
#else
    (void)st;
    return 0;
#endif
}

static ln_status map_file(ln_file *f, int fd, int protection, const char *path, ln_diag *diag)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return ln_fail(diag, LN_ERR_IO, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return ln_fail(diag, LN_ERR_IO, "cannot read '%s': not a regular file", path);
    f->size = (size_t)st.st_size;
    f->stamp = stamp_of(&st);
    f->data = (const uint8_t *)"";
    if (f->size == 0)
        return LN_OK;
    void *p = mmap(NULL, f->size, protection, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return ln_fail(diag, LN_ERR_IO, "cannot map '%s': %s", path, strerror(errno));
    f->data = p;
    f->mapped = true;
    return LN_OK;
}

static ln_status open_file(ln_file *f, int protection, const char *path, ln_diag *diag)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ln_fail(diag, LN_ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    const ln_status status = map_file(f, fd, protection, path, diag);
    close(fd);
    return status;
}

ln_status ln_file_open(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
{
    *f = (ln_file){.alloc = *alloc};
    return open_file(f, PROT_READ, path, diag);
}

ln_status ln_file_open_private(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
{
    *f = (ln_file){.alloc = *alloc};
    return open_file(f, PROT_READ | PROT_WRITE, path, diag);
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

static bool write_all(int fd, const ln_bytes *part)
{
    const char *at = part->data;
    for (size_t left = part->size; left > 0;) {
        const ssize_t n = write(fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        left -= (size_t)n;
    }
    return true;
}

static bool write_parts(int fd, const ln_bytes *parts, size_t n, bool lasting)
{
    for (size_t i = 0; i < n; i++)
        if (!write_all(fd, &parts[i]))
            return false;
    return !lasting || fsync(fd) == 0;
}

static ln_status replace(const char *path, const ln_bytes *parts, size_t n, bool lasting,
                         ln_diag *diag)
{
    static atomic_uint count; /* threads write files of their own */
    char name[4096];
    const int length = snprintf(name, sizeof name, "%s.%ld-%u.tmp", path, (long)getpid(),
                                atomic_fetch_add(&count, 1));
    if (length < 0 || (size_t)length >= sizeof name)
        return ln_fail(diag, LN_ERR_ARGUMENT, "the path '%s' is too long", path);
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return ln_fail(diag, LN_ERR_IO, "cannot create '%s': %s", name, strerror(errno));
    const bool whole = write_parts(fd, parts, n, lasting);
    if ((close(fd) == 0 && whole) && rename(name, path) == 0)
        return LN_OK;
    const int error = errno;
    unlink(name);
    return ln_fail(diag, LN_ERR_IO, "cannot write '%s': %s", path, strerror(error));
}

ln_status ln_file_replace(const char *path, const ln_bytes *parts, size_t n, ln_diag *diag)
{
    return replace(path, parts, n, true, diag);
}

ln_status ln_file_replace_soon(const char *path, const ln_bytes *parts, size_t n, ln_diag *diag)
{
    return replace(path, parts, n, false, diag);
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

ln_status ln_file_open_private(ln_file *f, const char *path, const ln_alloc *alloc, ln_diag *diag)
{
    return ln_file_open(f, path, alloc, diag); /* the copy is ours */
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

ln_status ln_file_replace(const char *path, const ln_bytes *parts, size_t n, ln_diag *diag)
{
    (void)parts;
    (void)n;
    return ln_fail(diag, LN_ERR_UNSUPPORTED, "cannot replace '%s': not on this system", path);
}

ln_status ln_file_replace_soon(const char *path, const ln_bytes *parts, size_t n, ln_diag *diag)
{
    return ln_file_replace(path, parts, n, diag);
}

#endif
