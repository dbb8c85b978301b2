/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bundle.c: indexes of TensorFlow's checkpoints.  The checksums would refuse nearly every
 * mutant, so the Snappy reader gets the bytes as well. */
#include "import/savedmodel/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_arena arena;
    ln_leveldb_entry *entries;
    size_t n;
    ln_arena_init(&arena, &ln_alloc_default);
    if (ln_leveldb_read(data, size, &arena, &entries, &n, NULL) == LN_OK)
        ln_leveldb_unpack(n ? entries[0].value : data, n ? entries[0].n_value : 0, LIMIT, &arena,
                          &n);
    ln_leveldb_unpack(data, size, LIMIT, &arena, &n);
    ln_arena_deinit(&arena);
    return 0;
}
