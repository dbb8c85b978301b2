/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_labels.c: text as labels of files, without and with a list of classes, which is then what
 * stands before the first '|'. */
#include <stdlib.h>
#include <string.h>

#include "common/label_table.h"
#include "common/tool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(const char *classes, const char *lines)
{
    static const char *const known[] = {"cat", "dog"};
    static const char *const paths[] = {"", "a/1.png", "data/cat/1.png", "1.png", "a/2.png"};
    char why[LABEL_ERROR];
    label_table *t = label_table_create();
    if (classes)
        label_table_set_classes(t, classes);
    if (label_table_read(t, lines, why) && label_table_finish(t, known, 2, why)) {
        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
            if (label_table_find(t, paths[i], i) >= LABEL_MAX_CLASS)
                abort();
        label_table_name(t, label_table_count(t));
    }
    label_table_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = tool_format("%.*s", (int)size, (const char *)data);
    char *bar = strchr(text, '|');
    read_lines(NULL, text);
    if (bar) {
        *bar = 0;
        read_lines(text, bar + 1);
    }
    tool_free(text);
    return 0;
}
