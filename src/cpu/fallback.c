/* SPDX-License-Identifier: Apache-2.0 */
/* fallback.c: a group's nodes one after the other by their operators' own eval, for shapes that a
 * row has no code for.  What only the group sees lies in its scratch memory. */
#include "base/checked.h"
#include "cpu/kernel.h"

bool ln_cpu_add_scratch(size_t *total, size_t bytes, size_t *at)
{
    if (!ln_align_size(*total, 64, at))
        return false;
    return ln_add_size(*at, bytes, total);
}

ln_status ln_cpu_fallback_plan(ln_cpu_group *k)
{
    size_t total = 0, most = 0;
    for (int i = 0; i < k->n_locals; i++)
        if (!k->locals[i].constant &&
            !ln_cpu_add_scratch(&total, k->locals[i].t.bytes, &k->locals[i].at))
            return LN_ERR_MEMORY;
    for (int i = 0; i < k->k.n_nodes; i++)
        most = LN_MAX(most, k->k.nodes[i].call.scratch_bytes);
    if (!ln_cpu_add_scratch(&total, most, &k->op_scratch_at))
        return LN_ERR_MEMORY;
    k->k.scratch_bytes = total;
    return LN_OK;
}

ln_status ln_cpu_fallback_run(ln_cpu_group *k)
{
    char *scratch = k->k.scratch;
    for (int i = 0; i < k->n_locals; i++)
        if (!k->locals[i].constant)
            k->locals[i].t.data.raw = scratch + k->locals[i].at;
    for (int i = k->constants; i < k->k.n_nodes; i++) {
        ln_call *c = &k->k.nodes[i].call;
        c->scratch = scratch ? scratch + k->op_scratch_at : NULL;
        c->run = true;
        const ln_status status = k->k.nodes[i].op->eval(c);
        c->run = false;
        LN_TRY(status);
    }
    return LN_OK;
}
