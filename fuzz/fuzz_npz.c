/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_npz.c: bytes as an archive of arrays. */
#include "common/archive.h"
#include "common/tool.h"
#include "common/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[160];
    archive *a = archive_open_memory(data, size);
    for (int i = 0; a && i < archive_count(a); i++) {
        size_t n;
        value v = {0};
        uint8_t *bytes = archive_read(a, archive_name(a, i), &n);
        if (bytes)
            value_from_npy(&v, bytes, n, why);
        value_free(&v);
        tool_free(bytes);
    }
    archive_close(a);
    return 0;
}
