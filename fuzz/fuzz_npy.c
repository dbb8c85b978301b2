/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_npy.c: bytes as a .npy array and as a list of strings; what is read is written and read
 * again. */
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "common/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const value *v)
{
    char why[160];
    size_t n;
    value again;
    uint8_t *bytes = value_to_npy(v, &n);
    if (!value_from_npy(&again, bytes, n, why) || again.bytes != v->bytes ||
        (v->bytes > 0 && memcmp(again.data, v->data, v->bytes) != 0))
        abort();
    value_free(&again);
    tool_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[160];
    value v;
    if (value_from_npy(&v, data, size, why))
        check_written(&v);
    value_free(&v);
    if (value_from_strs(&v, data, size, why)) {
        size_t n;
        tool_free(value_to_strs(&v, &n));
    }
    value_free(&v);
    return 0;
}
