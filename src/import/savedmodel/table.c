/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: github.com/google/leveldb, doc/table_format.md: data blocks, an index block that says
 * where they are, a footer that says where that one is.  Each block is followed by a byte (0: as it
 * is, 1: Snappy) and a checksum. */
#include "import/savedmodel/table.h"

#include <string.h>

#define MAGIC 0xdb4775248b80fb57u

enum { FOOTER = 48, TRAILER = 5, MAX_KEY = 1 << 16, MAX_BLOCK = 1 << 28, MAX_KEYS = 1 << 28 };

typedef struct reader {
    const uint8_t *data;
    size_t size;
    ln_arena *arena;
    ln_leveldb_entry *entries;
    size_t n, capacity, key_bytes, block_bytes;
    ln_diag *diag;
} reader;

static ln_status broken(reader *r, const char *what)
{
    return ln_fail(r->diag, LN_ERR_FORMAT, "the checkpoint's index is broken: %s", what);
}

static uint32_t u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* CRC-32C (Castagnoli), a nibble at a time: an index is small. */
static uint32_t crc32c(const uint8_t *p, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint32_t crc = ~0u;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = table[crc & 15] ^ crc >> 4;
        crc = table[crc & 15] ^ crc >> 4;
    }
    return ~crc;
}

typedef struct block {
    const uint8_t *data;
    size_t size;
} block;

static ln_status read_block(reader *r, const uint8_t **at, const uint8_t *end, block *b)
{
    uint64_t offset, size;
    if (!ln_leveldb_varint(at, end, &offset) || !ln_leveldb_varint(at, end, &size) ||
        offset > r->size || size > r->size - offset || r->size - offset - size < TRAILER)
        return broken(r, "a block lies outside of it");
    r->block_bytes += (size_t)size + TRAILER; /* blocks that overlap would multiply the work */
    if (r->block_bytes > r->size)
        return broken(r, "its blocks overlap");
    const uint8_t *p = r->data + offset;
    const uint32_t crc = crc32c(p, (size_t)size + 1);
    if ((crc >> 15 | crc << 17) + 0xa282ead8u != u32(p + size + 1))
        return broken(r, "the checksum of a block does not match");
    *b = (block){p, (size_t)size};
    if (p[size] == 1)
        b->data = ln_leveldb_unpack(p, (size_t)size, MAX_BLOCK, r->arena, &b->size);
    else if (p[size] != 0)
        return broken(r, "a block is compressed by an unknown method");
    return b->data ? LN_OK : broken(r, "a block cannot be unpacked");
}

static ln_status add(reader *r, const ln_leveldb_entry *entry)
{
    if (r->n == r->capacity) {
        const size_t wanted = r->capacity ? 2 * r->capacity : 64;
        ln_leveldb_entry *more = ln_arena_new(r->arena, wanted, sizeof *more);
        if (!more)
            return LN_ERR_MEMORY;
        if (r->n)
            memcpy(more, r->entries, r->n * sizeof *more);
        r->entries = more;
        r->capacity = wanted;
    }
    r->entries[r->n++] = *entry;
    return LN_OK;
}

/* The next entry of a block: how much of the key is that of the one before, the rest, the value. */
static ln_status next(reader *r, const uint8_t **at, const uint8_t *end, ln_leveldb_entry *entry)
{
    uint64_t shared, own, length;
    if (!ln_leveldb_varint(at, end, &shared) || !ln_leveldb_varint(at, end, &own) ||
        !ln_leveldb_varint(at, end, &length) || shared > entry->n_key ||
        own > (size_t)(end - *at) || length > (size_t)(end - *at) - own)
        return broken(r, "an entry is cut off");
    const size_t n = (size_t)(shared + own);
    r->key_bytes += n;
    if (n > MAX_KEY || r->key_bytes > MAX_KEYS)
        return broken(r, "its keys are too long");
    char *key = ln_arena_new(r->arena, 1, n + 1);
    if (!key)
        return LN_ERR_MEMORY;
    if (shared)
        memcpy(key, entry->key, (size_t)shared);
    memcpy(key + shared, *at, (size_t)own);
    *at += own;
    *entry = (ln_leveldb_entry){key, n, *at, (size_t)length};
    *at += length;
    return LN_OK;
}

/* The end of a block's entries: behind them are the restart points and their number. */
static ln_status entries_end(reader *r, const block *b, const uint8_t **end)
{
    const size_t restarts = b->size < 4 ? 0 : u32(b->data + b->size - 4);
    if (b->size < 4 || restarts > (b->size - 4) / 4)
        return broken(r, "a block has no end");
    *end = b->data + b->size - 4 - 4 * restarts;
    return LN_OK;
}

static ln_status read_entries(reader *r, const block *b)
{
    const uint8_t *at = b->data, *end = NULL;
    ln_leveldb_entry entry = {.key = ""};
    LN_TRY(entries_end(r, b, &end));
    while (at < end) {
        LN_TRY(next(r, &at, end, &entry));
        LN_TRY(add(r, &entry));
    }
    return LN_OK;
}

ln_status ln_leveldb_read(const uint8_t *data, size_t n, ln_arena *arena,
                          ln_leveldb_entry **entries, size_t *n_entries, ln_diag *diag)
{
    reader r = {.data = data, .size = n, .arena = arena, .diag = diag};
    uint64_t skipped;
    block index, b;
    if (n < FOOTER)
        return broken(&r, "it is too short");
    const uint8_t *at = data + n - FOOTER, *footer_end = data + n - 8, *end = NULL;
    if ((u32(footer_end) | (uint64_t)u32(footer_end + 4) << 32) != MAGIC)
        return broken(&r, "it does not end as a table does");
    if (!ln_leveldb_varint(&at, footer_end, &skipped) ||
        !ln_leveldb_varint(&at, footer_end, &skipped))
        return broken(&r, "its footer is");
    LN_TRY(read_block(&r, &at, footer_end, &index));
    LN_TRY(entries_end(&r, &index, &end));
    ln_leveldb_entry entry = {.key = ""};
    for (at = index.data; at < end;) {
        LN_TRY(next(&r, &at, end, &entry));
        const uint8_t *handle = entry.value;
        LN_TRY(read_block(&r, &handle, entry.value + entry.n_value, &b));
        LN_TRY(read_entries(&r, &b));
    }
    *entries = r.entries;
    *n_entries = r.n;
    return LN_OK;
}
