/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bundle.c: indexes of TensorFlow's checkpoints.  The checksums would refuse nearly every
 * mutant, so the bytes are also read without them, and by the Snappy reader. */
#include "base/leveldb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ln_leveldb_kind checked = {"the index", 1 << 16, true};
    static const ln_leveldb_kind unchecked = {"the index", 1 << 16, false};
    ln_arena arena;
    ln_leveldb t;
    size_t n;
    ln_arena_init(&arena, &ln_alloc_default);
    if (ln_leveldb_read(&t, data, size, &checked, &arena, NULL) == LN_OK && t.n)
        (void)!ln_snappy_unpack(t.at[0].value, t.at[0].n_value, LIMIT, &arena, &n);
    (void)!ln_leveldb_read(&t, data, size, &unchecked, &arena, NULL);
    (void)!ln_snappy_unpack(data, size, LIMIT, &arena, &n);
    ln_arena_deinit(&arena);
    return 0;
}
