/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: reads LevelDB's table format (sorted keys and values in checked, prefix-compressed
 * blocks), which a checkpoint's index is. */
#ifndef LN_IMPORT_SAVEDMODEL_TABLE_H
#define LN_IMPORT_SAVEDMODEL_TABLE_H

#include "base/arena.h"
#include "base/diag.h"

typedef struct ln_leveldb_entry {
    const char *key; /* zero-terminated */
    size_t n_key;
    const uint8_t *value;
    size_t n_value;
} ln_leveldb_entry;

/* All entries of the table in `data`; values may lie in `data` itself. */
ln_status ln_leveldb_read(const uint8_t *data, size_t n, ln_arena *arena,
                          ln_leveldb_entry **entries, size_t *n_entries, ln_diag *diag) LN_MUST_USE;

/* snappy.c: the bytes that `data` holds in Snappy's raw format; NULL when it is broken, or would be
 * larger than `limit`, or memory is out. */
uint8_t *ln_leveldb_unpack(const uint8_t *data, size_t n, size_t limit, ln_arena *arena,
                           size_t *size);

/* A little-endian base-128 number; false when it is cut off or longer than 64 bits. */
bool ln_leveldb_varint(const uint8_t **at, const uint8_t *end, uint64_t *value);

#endif
