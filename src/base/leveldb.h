/* SPDX-License-Identifier: Apache-2.0 */
/* leveldb.h: reads a table of LevelDB: keys and values in blocks, ordered by key, with an index of
 * the blocks at the end.  The indexes of searchers and of TensorFlow's checkpoints are such tables,
 * and the checkpoints of its operator Save. */
#ifndef LN_BASE_LEVELDB_H
#define LN_BASE_LEVELDB_H

#include "base/arena.h"
#include "base/diag.h"

typedef struct ln_leveldb_entry {
    const char *key; /* zero-terminated */
    size_t n_key;
    const uint8_t *value;
    size_t n_value;
} ln_leveldb_entry;

typedef struct ln_leveldb {
    ln_leveldb_entry *at;
    size_t n, capacity;
} ln_leveldb;

typedef struct ln_leveldb_kind {
    const char *name; /* in messages: "the index" */
    size_t max_key;   /* bytes of a key */
    bool checksums;   /* those of the blocks must match */
} ln_leveldb_kind;

/* Reads all entries.  Keys, and blocks that were compressed, are the arena's; values of other
 * blocks stay in `data`, which must live as long as the table. */
ln_status ln_leveldb_read(ln_leveldb *t, const uint8_t *data, size_t n, const ln_leveldb_kind *kind,
                          ln_arena *arena, ln_diag *diag) LN_MUST_USE;
/* The entry of a key; NULL when there is none. */
const ln_leveldb_entry *ln_leveldb_find(const ln_leveldb *t, const char *key, size_t n);
/* What stands behind a block of `n` bytes with its byte of compression: CRC-32C, masked. */
uint32_t ln_leveldb_checksum(const uint8_t *data, size_t n);

/* snappy.c: unpacks what Snappy has packed into the arena; NULL when the bytes make no sense, would
 * become more than `limit`, or memory is out. */
uint8_t *ln_snappy_unpack(const uint8_t *data, size_t n, size_t limit, ln_arena *arena,
                          size_t *size) LN_MUST_USE;

#endif
