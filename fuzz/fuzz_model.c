/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_model.c: reads a model, shows it, walks its custom options, writes it, reads that again.
 * Beside crashes, a written model that cannot be read or reads as another one is a finding.
 * FUZZ_TRACE in the environment prints both. */
#include <stdio.h>
#include <stdlib.h>

#include "fb/flexbuffers.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DEPTH = 8, MAX_ITEMS = 64 };

static void hash_text(void *user, const char *text, size_t n)
{
    uint64_t *h = user;
    for (size_t i = 0; i < n; i++)
        *h = (*h ^ (uint8_t)text[i]) * 0x100000001b3u;
    if (n && getenv("FUZZ_TRACE"))
        fwrite(text, 1, n, stderr);
}

static void walk(const ln_flex *v, int depth, int64_t *sum)
{
    size_t n = 0;
    const char *text = ln_flex_text(v, &n);
    *sum ^= ln_flex_i64(v, 0) ^ ln_flex_i32(v, 0) ^ ln_flex_bool(v, false);
    *sum ^= ln_flex_f64(v, 0) > 1;
    if (text && n)
        *sum ^= text[0] ^ text[n - 1];
    const size_t count = LN_MIN(ln_flex_count(v), (size_t)MAX_ITEMS);
    for (size_t i = 0; i < count && depth < MAX_DEPTH; i++) {
        const char *key = ln_flex_key(v, i);
        const ln_flex named = key ? ln_flex_get(v, key) : *v, item = ln_flex_item(v, i);
        *sum ^= named.type;
        walk(&item, depth + 1, sum);
    }
}

static void walk_options(const ln_model *m, uint64_t *h)
{
    int64_t sum = 0;
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            const ln_node *n = &m->graphs[g]->nodes[i];
            const ln_flex root = ln_flex_root(n->custom, n->custom_size);
            walk(&root, 0, &sum);
        }
    hash_text(h, (const char *)&sum, sizeof sum);
}

static uint64_t hash_model(const ln_model *m)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (int i = 0; i < m->n_graphs; i++)
        ln_graph_dump(m, i, hash_text, &h);
    for (int i = 0; i < m->n_buffers; i++)
        hash_text(&h, (const char *)m->buffers[i].data, m->buffers[i].size);
    for (int i = 0; i < m->n_signatures; i++)
        hash_text(&h, m->signatures[i].key, 1);
    walk_options(m, &h);
    return h;
}

static void fault(const char *what, const ln_diag *diag)
{
    fprintf(stderr, "%s: %s\n", what, diag->text);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_diag diag = {0};
    ln_model *m, *again;
    uint8_t *bytes;
    size_t n;
    if (ln_model_open_memory(&m, data, size, &ln_alloc_default, &diag) != LN_OK)
        return 0;
    const uint64_t before = hash_model(m);
    const size_t limit = size % 2 ? 0 : SIZE_MAX; /* data outside the flatbuffer or inside */
    if (ln_model_write_limit(m, limit, &bytes, &n, &ln_alloc_default, &diag) != LN_OK)
        fault("cannot be written", &diag);
    ln_model_release(m);
    if (ln_model_open_memory(&again, bytes, n, &ln_alloc_default, &diag) != LN_OK)
        fault("cannot be read again", &diag);
    if (hash_model(again) != before)
        fault("reads as another model", &diag);
    ln_model_release(again);
    ln_free(&ln_alloc_default, bytes);
    return 0;
}
