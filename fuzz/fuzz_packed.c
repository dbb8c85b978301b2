/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_packed.c: bytes as a model that has metadata and carries files: all of it is read, one file
 * is added, and the result is read again.  Beside crashes, a file that changes on the way is a
 * finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/metadata_edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fault(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    abort();
}

static void compare(const ln_meta *a, const ln_meta *b, const char *name)
{
    ln_meta_error error = {LN_META_OK, ""};
    void *x, *y;
    size_t n_x, n_y;
    if (!ln_meta_read_file(a, name, &x, &n_x, NULL))
        fault(name, "was written but could not be read before");
    if (!ln_meta_read_file(b, name, &y, &n_y, &error))
        fault(name, error.text);
    if (n_x != n_y || memcmp(x, y, n_x) != 0)
        fault(name, "has changed");
    ln_meta_free(x);
    ln_meta_free(y);
}

/* Damaged files, and names that occur twice or have folders, keep the model from being written. */
static void write_anew(const ln_meta *meta, const uint8_t *data, size_t size)
{
    static const char added[] = "added.txt";
    ln_meta_error error = {LN_META_OK, ""};
    const char *name;
    void *model, *text = NULL;
    size_t n, n_text;
    ln_meta_edit *edit = ln_meta_edit_memory(data, size, &error);
    if (!edit)
        fault("opens once but not twice", error.text);
    if (ln_meta_edit_add_file(edit, added, "text", 4, NULL) &&
        ln_meta_edit_write(edit, LN_META_UNCHECKED, &model, &n, NULL)) {
        ln_meta *again = ln_meta_open_memory(model, n, &error);
        if (!again || !ln_meta_read_file(again, added, &text, &n_text, &error))
            fault("what was written cannot be read", error.text);
        ln_meta_free(text);
        for (int i = 0; (name = ln_meta_packed_file(meta, i)) != NULL; i++) {
            if (strcmp(name, added) != 0)
                compare(meta, again, name);
        }
        ln_meta_close(again);
        ln_meta_free(model);
    }
    ln_meta_edit_close(edit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *name;
    ln_meta *meta = ln_meta_open_memory(data, size, NULL);
    if (!meta)
        return 0;
    (void)ln_meta_check(meta, NULL);
    for (int i = 0; (name = ln_meta_packed_file(meta, i)) != NULL; i++) {
        void *text;
        size_t n;
        if (ln_meta_read_file(meta, name, &text, &n, NULL))
            ln_meta_free(text);
    }
    write_anew(meta, data, size);
    ln_meta_close(meta);
    return 0;
}
