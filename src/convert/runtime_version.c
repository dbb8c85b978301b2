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

/* The release of one version of an operator as a number that grows with it; 0: not known. */
static long release_of(const char *op, int version, char text[LN_RELEASE_TEXT])
{
    const char *at = NULL;
    int major = 0, minor = 0, patch = 0;
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        if (strcmp(rows[i].op, op) == 0)
            at = rows[i].releases;
    for (int v = 1; at && v < version; v++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    if (!at || sscanf(at, "%d.%d.%d", &major, &minor, &patch) != 3)
        return 0;
    snprintf(text, LN_RELEASE_TEXT, "%d.%d.%d", major, minor, patch);
    return (long)major * 1000000 + minor * 1000 + patch;
}

void ln_runtime_version(const ln_model *m, char text[LN_RELEASE_TEXT], const char **op)
{
    long newest = 0;
    memset(text, 0, LN_RELEASE_TEXT);
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            const ln_node *n = &m->graphs[g]->nodes[i];
            const char *name = n->custom_name ? NULL : ln_op_code_name(n->builtin);
            char own[LN_RELEASE_TEXT] = "";
            const long release = name ? release_of(name, n->version, own) : 0;
            if (release <= newest)
                continue;
            newest = release;
            memcpy(text, own, LN_RELEASE_TEXT);
            if (op)
                *op = name;
        }
}
