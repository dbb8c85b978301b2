/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_metadata.c: bytes as metadata: decoded, printed as JSON, made anew of that.  Beside crashes,
 * metadata that is printed and cannot be read back, or not as the same, is a finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/json.h"
#include "metadata/meta.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fault(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

/* `json` made into metadata and printed again. */
static char *make_anew(const char *json)
{
    ln_diag diag = {0};
    ln_meta_error error = {LN_META_OK, ""};
    uint8_t *buffer;
    size_t n;
    cJSON *root = cJSON_Parse(json);
    if (!root)
        fault("what was printed is not JSON", json);
    if (ln_meta_pack(root, &buffer, &n, &diag) != LN_OK)
        fault("what was printed cannot be read", diag.text);
    cJSON_Delete(root);
    char *again = ln_meta_json(buffer, n, true, &error);
    if (!again)
        fault("what was made is malformed", error.text);
    ln_free(&ln_alloc_default, buffer);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_arena arena;
    const ln_meta_model *model;
    char *json = ln_meta_json(data, size, true, NULL);
    if (!json || !ln_meta_version(data, size, NULL)) {
        ln_meta_free(json);
        return 0;
    }
    ln_arena_init(&arena, &ln_alloc_default);
    if (ln_meta_decode(&arena, data, size, &model) != LN_OK)
        fault("cannot be decoded", "");
    ln_arena_deinit(&arena);
    /* The first time the version changes, and repeated keys of a hostile buffer are gone. */
    char *once = make_anew(json), *twice = make_anew(once);
    if (strcmp(once, twice) != 0)
        fault("reads as something else", twice);
    ln_meta_free(json);
    ln_meta_free(once);
    ln_meta_free(twice);
    return 0;
}
