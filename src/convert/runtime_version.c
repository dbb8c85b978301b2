/* SPDX-License-Identifier: Apache-2.0 */
/* runtime_version.c: operator versions -> the release that brought them. */
#include "convert/runtime_version.h"

#include <stdio.h>
#include <string.h>

#include "ops/op.h"

typedef struct row {
    const char *op, *releases;
} row;

static const row rows[] = {
#define RELEASES(op, releases) {#op, releases},
#include "convert/runtime_versions.def"
#undef RELEASES
};

long ln_release_number(const char *text)
{
    int major = 0, minor = 0, patch = 0, used = 0;
    const int n = sscanf(text, "%3d.%3d%n.%3d%n", &major, &minor, &used, &patch, &used);
    return n >= 2 && !text[used] && major > 0 && minor >= 0 && patch >= 0
               ? (long)major * 1000000 + (long)minor * 1000 + patch
               : 0;
}

long ln_node_release(const ln_node *n, int version, char text[LN_RELEASE_TEXT])
{
    const char *at = NULL, *op = n->custom_name ? NULL : ln_op_code_name(n->builtin);
    text[0] = 0;
    for (size_t i = 0; op && i < LN_COUNTOF(rows); i++)
        if (strcmp(rows[i].op, op) == 0)
            at = rows[i].releases;
    for (int v = 1; at && v < version; v++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return 0;
    snprintf(text, LN_RELEASE_TEXT, "%.*s", (int)strcspn(at, " "), at);
    return ln_release_number(text);
}

void ln_runtime_version(const ln_model *m, char text[LN_RELEASE_TEXT], const char **op)
{
    long newest = 0;
    memset(text, 0, LN_RELEASE_TEXT);
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            const ln_node *n = &m->graphs[g]->nodes[i];
            char own[LN_RELEASE_TEXT] = "";
            const long release = ln_node_release(n, n->version, own);
            if (release <= newest)
                continue;
            newest = release;
            memcpy(text, own, LN_RELEASE_TEXT);
            if (op)
                *op = ln_op_code_name(n->builtin);
        }
}
