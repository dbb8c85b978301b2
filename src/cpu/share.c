/* SPDX-License-Identifier: Apache-2.0 */
/* share.c: see share.h.  The runtime plans nodes in the order of their runs, and whenever it plans
 * one again, then all that follow, too, before these run.  Each leaves before its plan and joins as
 * the last: so users are in order again when all are planned, and until then whoever comes to be
 * the first has made nothing. */
#include "cpu/share.h"

#include "base/alloc.h"
#include "base/checked.h"

static const ln_alloc *const heap = &ln_alloc_default;

static bool same(const ln_cpu_share_key *a, const ln_cpu_share_key *b)
{
    return a->graph == b->graph && a->tensor == b->tensor && a->rows == b->rows && a->k == b->k &&
           a->asymmetric == b->asymmetric;
}

/* One piece: values, then factors and offsets. */
static void add_memory(ln_cpu_share *s)
{
    size_t values, bytes;
    if (!ln_mul_size(s->key.rows, s->row_bytes, &values) || !ln_align_size(values, 64, &values) ||
        !ln_mul_size(s->key.rows, sizeof *s->factors + sizeof *s->offsets, &bytes) ||
        !ln_add_size(values, bytes, &bytes))
        return;
    s->values = ln_new_aligned(heap, bytes); /* left as it is: a start would wait for zeros */
    if (!s->values)
        return;
    s->factors = (float *)(void *)(s->values + values);
    s->offsets = (int32_t *)(void *)(s->factors + s->key.rows);
}

static ln_cpu_share **list_of(const ln_cpu_kernel *k, int tensor)
{
    return &k->shares[tensor % LN_SHARE_LISTS];
}

static ln_cpu_share *find(ln_cpu_kernel *k, const ln_cpu_share_key *key, size_t row_bytes)
{
    ln_cpu_share **list = list_of(k, key->tensor), *s = *list;
    while (s && !same(&s->key, key))
        s = s->next;
    if (s)
        return s->n_users < LN_SHARE_MAX ? s : NULL;
    s = ln_new(heap, 1, sizeof *s);
    if (s) {
        *s = (ln_cpu_share){.next = *list, .key = *key, .row_bytes = row_bytes};
        *list = s;
    }
    return s;
}

void ln_cpu_share_join(ln_cpu_kernel *k, const ln_call *c, int i, ln_cpu_share_key key,
                       size_t row_bytes)
{
    const TfLiteTensor *x = c->in[i];
    if (x < c->tensors || x >= c->tensors + c->n_tensors || x->is_variable)
        return;
    key.graph = k->graph;
    key.tensor = (int)(x - c->tensors);
    ln_cpu_share *s = find(k, &key, row_bytes);
    if (!s)
        return;
    s->users[s->n_users++] = k;
    k->share = s;
    if (s->n_users > 1 && !s->values)
        add_memory(s);
}

void ln_cpu_share_leave(ln_cpu_kernel *k)
{
    ln_cpu_share *s = k->share;
    int n = 0;
    k->share = NULL;
    if (!s)
        return;
    s->made = s->made && s->users[0] != k;
    for (int i = 0; i < s->n_users; i++)
        if (s->users[i] != k)
            s->users[n++] = s->users[i];
    s->n_users = n;
    if (n > 0)
        return;
    ln_cpu_share **at = list_of(k, s->key.tensor);
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    ln_free_aligned(heap, s->values);
    ln_free(heap, s);
}
