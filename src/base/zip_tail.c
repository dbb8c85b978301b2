/* SPDX-License-Identifier: Apache-2.0 */
/* zip_tail.c: the end record is looked for from the file's end; its directory is walked once to see
 * where the first entry lies, and once more when the archive is moved. */
#include "base/zip_tail.h"

#include <string.h>

#include "base/checked.h"

/* Sizes of the fixed parts of the records, and where fields lie in them (PKWARE's APPNOTE). */
enum {
    LOCAL_BYTES = 30,
    ENTRY_BYTES = 46,
    ENTRY_NAME = 28,
    ENTRY_EXTRA = 30,
    ENTRY_COMMENT = 32,
    ENTRY_PLACE = 42,
    END_BYTES = 22,
    END_DISK = 4,
    END_COUNT_HERE = 8,
    END_COUNT = 10,
    END_DIRECTORY_SIZE = 12,
    END_DIRECTORY = 16,
    END_COMMENT = 20,
    LOCATOR_BYTES = 20, /* before the end record: where the 64-bit one is */
    MAX_COMMENT = 65535
};
static const uint32_t local_magic = 0x04034b50, entry_magic = 0x02014b50, end_magic = 0x06054b50;
static const uint32_t locator_magic = 0x07064b50;
static const uint32_t in_64_bits = 0xffffffff;

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}
static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}
static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* The record at the end, whose comment reaches to the end of the file. */
static bool find_end(const uint8_t *file, size_t size, size_t *end)
{
    if (size < END_BYTES)
        return false;
    const size_t last = size - END_BYTES;
    for (size_t comment = 0; comment <= MAX_COMMENT && comment <= last; comment++) {
        const uint8_t *p = file + last - comment;
        if (get32(p) == end_magic && get16(p + END_COMMENT) == comment) {
            *end = last - comment;
            return true;
        }
    }
    return false;
}

/* The bytes of the directory's entry at `at`, 0 when it is none. */
static size_t entry_size(const uint8_t *file, size_t at, size_t end)
{
    if (end - at < ENTRY_BYTES || get32(file + at) != entry_magic)
        return 0;
    const size_t size = (size_t)ENTRY_BYTES + get16(file + at + ENTRY_NAME) +
                        get16(file + at + ENTRY_EXTRA) + get16(file + at + ENTRY_COMMENT);
    return size <= end - at ? size : 0;
}

bool ln_zip_tail_find(const uint8_t *file, size_t size, ln_zip_tail *tail)
{
    size_t end;
    if (!find_end(file, size, &end))
        return false;
    const uint8_t *record = file + end;
    const uint32_t bytes = get32(record + END_DIRECTORY_SIZE);
    const uint32_t place = get32(record + END_DIRECTORY);
    const unsigned entries = get16(record + END_COUNT);
    if (get32(record + END_DISK) != 0 || get16(record + END_COUNT_HERE) != entries || bytes > end ||
        place > end - bytes)
        return false;
    const size_t directory = end - bytes, shift = directory - place;
    size_t start = directory, at = directory;
    for (unsigned i = 0; i < entries; i++) {
        const size_t n = entry_size(file, at, end);
        if (n == 0)
            return false;
        const uint32_t local = get32(file + at + ENTRY_PLACE);
        if (local == in_64_bits || local > place || place - local < LOCAL_BYTES ||
            get32(file + shift + local) != local_magic)
            return false;
        start = LN_MIN(start, shift + local);
        at += n;
    }
    *tail = (ln_zip_tail){start, size - start, directory, end, shift, entries};
    return at == end;
}

ln_status ln_zip_tail_check(const uint8_t *file, size_t size, ln_diag *diag)
{
    size_t end;
    if (!find_end(file, size, &end) || end < LOCATOR_BYTES ||
        get32(file + end - LOCATOR_BYTES) != locator_magic)
        return LN_OK;
    return ln_fail(diag, LN_ERR_UNSUPPORTED,
                   "the files behind the model are a zip archive with 64-bit records (for over "
                   "4 GB, or over 65534 files), which are not read; pack them without");
}

bool ln_zip_tail_move(const uint8_t *file, const ln_zip_tail *tail, uint8_t *to, size_t at)
{
    if (at > in_64_bits || tail->size >= in_64_bits - at)
        return false;
    memcpy(to, file + tail->start, tail->size);
    const uint32_t moved = (uint32_t)(tail->shift + at - tail->start); /* modulo 2^32 */
    size_t i = tail->directory - tail->start;
    for (unsigned k = 0; k < tail->entries; k++) {
        put32(to + i + ENTRY_PLACE, get32(to + i + ENTRY_PLACE) + moved);
        i += entry_size(to, i, tail->end - tail->start);
    }
    put32(to + i + END_DIRECTORY, get32(to + i + END_DIRECTORY) + moved);
    return true;
}

ln_status ln_zip_tail_append(const uint8_t *file, const ln_zip_tail *tail, uint8_t **bytes,
                             size_t *n, const ln_alloc *alloc, ln_diag *diag)
{
    size_t total;
    uint8_t *grown =
        ln_add_size(*n, tail->size, &total) ? ln_resize(alloc, *bytes, total, 1) : NULL;
    if (!grown)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for the files behind the model");
    *bytes = grown;
    if (!ln_zip_tail_move(file, tail, grown + *n, *n))
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "the files behind the model cannot go along: it is over 4 GB");
    *n = total;
    return LN_OK;
}
