/* SPDX-License-Identifier: Apache-2.0 */
/* chain_bytes.c: two steps of a chain that together are a function of one byte become one table: a
 * pair of x and of what a table makes of x, as x times LOGISTIC of x (swish). */
#include <string.h>

#include "cpu/chain.h"

static int input_of(const ln_call *c, const TfLiteTensor *t)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] == t)
            return i;
    return -1;
}

/* The table of `next`, a pair that reads what the table `s` makes and what that reads; false: it is
 * no such pair.  *moving receives which of its inputs is the latter. */
static bool join(const ln_chain_step *s, const ln_chain_step *next, const ln_cpu_kernel *k,
                 uint8_t table[LN_STEP_BYTES], int *moving)
{
    const ln_cpu_node *first = &k->nodes[s->node], *second = &k->nodes[next->node];
    const int made = input_of(&second->call, first->call.out[0]), x = s->step.x[0].in;
    const uint8_t *from[LN_STEP_IN] = {NULL};
    uint8_t one[LN_STEP_BYTES], bytes[LN_STEP_BYTES];
    *moving = input_of(&second->call, first->call.in[x]);
    if (s->step.kernel != offsetof(ln_kernels, quantized.lut8) || made < 0 || *moving < 0 ||
        next->step.n_in != 2 || next->step.out_size != 1 ||
        ln_step_table_of(first->op, &first->call, x, one) != LN_OK)
        return false;
    for (int i = 0; i < LN_STEP_BYTES; i++)
        bytes[i] = (uint8_t)i;
    from[made] = one;
    from[*moving] = bytes;
    return ln_step_byte_table(second->op, &second->call, from, table) == LN_OK;
}

/* True where a step from `i` on reads what step `at` makes. */
static bool is_read(const ln_chain *c, const ln_cpu_kernel *k, int at, int i)
{
    const TfLiteTensor *y = k->nodes[c->steps[at].node].call.out[0];
    for (; i < c->n; i++)
        if (input_of(&k->nodes[c->steps[i].node].call, y) >= 0)
            return true;
    return false;
}

void ln_chain_join_bytes(ln_chain *c, const ln_cpu_kernel *k)
{
    uint8_t table[LN_STEP_BYTES];
    int moving;
    for (int i = 0; i + 1 < c->n; i++) {
        ln_chain_step *s = &c->steps[i], *next = s + 1;
        if (!join(s, next, k, table, &moving) || is_read(c, k, i, i + 2))
            continue;
        s->node = next->node;
        s->step.x[0].in = moving;
        memcpy(s->step.p.table, table, sizeof table);
        k->fn->quantized.lut8_prepare(s->step.p.table);
        c->n--;
        memmove(next, next + 1, (size_t)(c->n - i - 1) * sizeof *next);
    }
}
