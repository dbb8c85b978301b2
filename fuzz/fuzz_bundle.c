/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bundle.c: indexes of TensorFlow's checkpoints.  The checksums would refuse nearly every
 * mutant, so the bytes are also read without them, and by the Snappy reader.  They are the values,
 * too: what is in slices is put together. */
#include "base/leveldb.h"
#include "import/savedmodel/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 1 << 20 };

static void find_all(const ln_leveldb *t, ln_arena *arena, const uint8_t *data, size_t size)
{
    static const char *const slices[] = {"", "3 3 0,2:-", "3 3 -:1,2"};
    ln_file file = {.data = data, .size = size};
    ln_bundle b = {.prefix = "x", .arena = arena, .index = *t, .shards = &file, .n_shards = 1};
    for (size_t i = 0; i < t->n; i++) {
        ln_bundle_tensor found;
        for (size_t k = 0; k < sizeof slices / sizeof *slices; k++)
            (void)!ln_bundle_find(&b, t->at[i].key, slices[k], &found, NULL);
    }
}

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
    if (ln_leveldb_read(&t, data, size, &unchecked, &arena, NULL) == LN_OK && size)
        find_all(&t, &arena, data, size);
    (void)!ln_snappy_unpack(data, size, LIMIT, &arena, &n);
    ln_arena_deinit(&arena);
    return 0;
}
