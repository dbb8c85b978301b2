/* SPDX-License-Identifier: Apache-2.0 */
/* versions.c: the version of an op that a node needs: the newest of its fields that differ from
 * their default. */
#include "model/options.h"
#include "model/write.h"

int ln_node_version(const ln_graph *g, const ln_node *n)
{
    (void)g;
    int version = 1;
    if (!n->op || !n->params)
        return version;
    for (const ln_field *f = n->op->fields; f && f->kind != LN_END_; f++)
        if (f->since > version && !ln_options_is_default(f, n->params))
            version = f->since;
    return version;
}
