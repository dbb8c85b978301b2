/* SPDX-License-Identifier: Apache-2.0 */
/* sorted_table.h: reads a table of LevelDB (the .ldb files that indexes of searchers are): keys and
 * values in blocks, ordered by key, with an index of the blocks at the end. */
#ifndef LN_TASK_SORTED_TABLE_H
#define LN_TASK_SORTED_TABLE_H

#include "base/arena.h"
#include "base/diag.h"

typedef struct ln_table_entry {
    const char *key;
    size_t key_size;
    const uint8_t *value;
    size_t size;
} ln_table_entry;

typedef struct ln_table {
    ln_arena arena; /* keys, and blocks that were compressed */
    ln_table_entry *at;
    size_t n, capacity;
} ln_table;

/* Reads all entries.  Values of plain blocks stay in `data`, which must live as long as the table.
 * To be freed by ln_table_deinit, also after a failure. */
ln_status ln_table_read(ln_table *t, const uint8_t *data, size_t n, ln_diag *diag) LN_MUST_USE;
void ln_table_deinit(ln_table *t);
/* The entry of a key; NULL when there is none. */
const ln_table_entry *ln_table_find(const ln_table *t, const char *key);

/* Unpacks what Snappy has packed into the arena; NULL when the bytes make no sense, or memory is
 * out. */
uint8_t *ln_snappy_unpack(const uint8_t *data, size_t n, size_t *size, ln_arena *arena) LN_MUST_USE;

#endif
