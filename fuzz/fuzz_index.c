/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_index.c: indexes of searchers: reads one and looks for what is near to zero. */
#include "task/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DIMENSION = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const float query[MAX_DIMENSION];
    ln_index index;
    size_t n;
    if (ln_index_read(&index, data, size, NULL) == LN_OK && index.dimension <= MAX_DIMENSION) {
        ln_search_result_free(ln_index_search(&index, query, 7, NULL));
        ln_index_info(&index, &n);
    }
    ln_index_deinit(&index);
    return 0;
}
