/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c: the file is a header, a table of entries in the order of their keys, and their bytes,
 * each at a multiple of 64.  It is read like any file that might be damaged: sizes and places are
 * checked, the table has a hash.  The bytes themselves are numbers to compute with; rows check what
 * they follow in them (places of taps, shifts, patches) and pack anew what is not right. */
#include "cpu/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/hash.h"

static const ln_alloc *const heap = &ln_alloc_default;

#ifndef LN_CPU_BUILD
#define LN_CPU_BUILD "unknown"
#endif

enum { ALIGN = 64, MOST_ENTRIES = 1 << 16 };

typedef struct header {
    char magic[8];
    char build[40];                             /* of the code that packs */
    uint64_t model, sets, entries, size, table; /* model, table: hashes */
    uint64_t stamp;                             /* of the model's file */
} header;

typedef struct entry {
    uint64_t key, at, bytes;
} entry;

typedef struct noted {
    uint64_t key;
    const void *data;
    size_t bytes;
} noted;

struct ln_cpu_cache {
    char *path;
    uint64_t sets;        /* which kernels the weights are packed for */
    const ln_file *model; /* whose weights it keeps: the first that asks; NULL: nobody has */
    uint64_t model_hash;  /* if hashed */
    bool hashed;
    const ln_cpu_cache *beside; /* may know the model's hash; NULL: none */
    ln_file file;               /* data NULL: none that fits */
    noted *list;
    size_t n, capacity;
};

static const char magic[8] = "LNPACK4";

static ln_cpu_cache *new_cache(const char *path, const char *suffix, uint64_t sets)
{
    ln_cpu_cache *c = ln_new(heap, 1, sizeof *c);
    const size_t length = strlen(path), more = strlen(suffix) + 1;
    if (!c)
        return NULL;
    c->sets = sets;
    c->path = ln_new(heap, length + more, 1);
    if (!c->path) {
        ln_free(heap, c);
        return NULL;
    }
    memcpy(c->path, path, length);
    memcpy(c->path + length, suffix, more);
    return c;
}

ln_cpu_cache *ln_cpu_cache_new(const char *path, const ln_kernels *kernels)
{
    return new_cache(path, "",
                     kernels->isas | (uint64_t)kernels->same_floats << 32 |
                         (uint64_t)(kernels->gemm_half.panel || kernels->gemm_half_row.row) << 33);
}

ln_cpu_cache *ln_cpu_cache_beside(const ln_cpu_cache *cache, const char *suffix)
{
    ln_cpu_cache *c = new_cache(cache->path, suffix, cache->sets);
    if (c)
        c->beside = cache;
    return c;
}

void ln_cpu_cache_free(ln_cpu_cache *c)
{
    if (!c)
        return;
    ln_file_close(&c->file);
    ln_free(heap, c->list);
    ln_free(heap, c->path);
    ln_free(heap, c);
}

/* ---- reading ---- */

static header wanted_header(const ln_cpu_cache *c)
{
    header h = {.model = c->model_hash, .sets = c->sets, .stamp = c->model->stamp};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.build, LN_CPU_BUILD, LN_MIN(sizeof h.build, sizeof LN_CPU_BUILD));
    return h;
}

static const entry *entries_of(const ln_cpu_cache *c)
{
    return (const entry *)(const void *)(c->file.data + sizeof(header));
}

static size_t count_of(const ln_cpu_cache *c)
{
    return c->file.data ? (size_t)((const header *)(const void *)c->file.data)->entries : 0;
}

static bool fits(const ln_cpu_cache *c)
{
    const header *h = (const header *)(const void *)c->file.data;
    const header wanted = wanted_header(c);
    if (c->file.size < sizeof *h || memcmp(h->magic, wanted.magic, sizeof h->magic) != 0 ||
        memcmp(h->build, wanted.build, sizeof h->build) != 0 || h->model != wanted.model ||
        h->sets != wanted.sets || h->size != c->file.size || h->entries > MOST_ENTRIES ||
        h->entries > (c->file.size - sizeof *h) / sizeof(entry))
        return false;
    const entry *e = entries_of(c);
    if (ln_hash(e, (size_t)h->entries * sizeof *e, 0) != h->table)
        return false;
    for (size_t i = 0; i < h->entries; i++)
        if (e[i].at % ALIGN != 0 || e[i].at > c->file.size || e[i].bytes > c->file.size - e[i].at)
            return false;
    return true;
}

/* Reads the whole model, unless it is known. */
static void hash_model(ln_cpu_cache *c)
{
    const ln_cpu_cache *other = c->beside;
    if (c->hashed)
        return;
    if (other && other->hashed && other->model == c->model) {
        c->model_hash = other->model_hash;
    } else {
        c->model_hash = ln_hash(c->model->data, c->model->size, 0);
        ln_file_forget(c->model, c->model->data, c->model->size);
    }
    c->hashed = true;
}

/* A model's file that is the same by its stamp is not read. */
static bool fits_by_stamp(ln_cpu_cache *c)
{
    const header *h = (const header *)(const void *)c->file.data;
    if (c->model->stamp == 0 || c->file.size < sizeof *h || h->stamp != c->model->stamp)
        return false;
    c->model_hash = h->model;
    c->hashed = fits(c);
    return c->hashed;
}

static void open_for(ln_cpu_cache *c, const ln_file *model)
{
    ln_diag quiet = {0};
    c->model = model;
    const bool there = ln_file_open_private(&c->file, c->path, heap, &quiet) == LN_OK;
    if (there ? fits_by_stamp(c) : c->beside != NULL)
        return;
    hash_model(c); /* before anything is packed, should the model change meanwhile */
    if (!there || !fits(c))
        ln_file_close(&c->file);
}

/* False for other models than the first. */
static bool is_for(ln_cpu_cache *c, const ln_file *model)
{
    if (!c->model)
        open_for(c, model);
    return c->model == model;
}

static int compare_keys(const void *pa, const void *pb)
{
    const uint64_t a = ((const entry *)pa)->key, b = ((const entry *)pb)->key;
    return (a > b) - (a < b);
}

/* In a table that is not in order some are not found, and are made anew. */
static const entry *find(const ln_cpu_cache *c, uint64_t key)
{
    const entry wanted = {.key = key};
    const size_t n = count_of(c);
    return n > 0 ? bsearch(&wanted, entries_of(c), n, sizeof wanted, compare_keys) : NULL;
}

void *ln_cpu_cache_find(ln_cpu_cache *c, const ln_file *model, uint64_t key, size_t *bytes)
{
    const entry *e = is_for(c, model) ? find(c, key) : NULL;
    *bytes = e ? (size_t)e->bytes : 0;
    return e ? (void *)(uintptr_t)(c->file.data + e->at) : NULL;
}

/* ---- writing ---- */

void ln_cpu_cache_add(ln_cpu_cache *c, const ln_file *model, uint64_t key, const void *data,
                      size_t bytes)
{
    if (!is_for(c, model) || c->n >= MOST_ENTRIES ||
        !ln_grow(heap, (void **)&c->list, &c->capacity, c->n, sizeof *c->list))
        return; /* it is packed again the next time */
    c->list[c->n++] = (noted){key, data, bytes};
}

void ln_cpu_cache_drop(ln_cpu_cache *c, const void *data)
{
    for (size_t i = c->n; i-- > 0;)
        if (c->list[i].data == data)
            c->list[i] = c->list[--c->n];
}

/* What the new file consists of. */
typedef struct layout {
    header head;
    entry *entries;
    ln_bytes *parts; /* header, entries, then padding and bytes of each entry */
    size_t n_entries, n_parts;
} layout;

static void put(layout *l, const void *data, size_t bytes)
{
    l->parts[l->n_parts++] = (ln_bytes){data, bytes};
    l->head.size += bytes;
}

static void put_entry(layout *l, uint64_t key, const void *data, size_t bytes)
{
    static const uint8_t zeros[ALIGN];
    put(l, zeros, (size_t)((ALIGN - l->head.size % ALIGN) % ALIGN));
    l->entries[l->n_entries++] = (entry){key, l->head.size, bytes};
    put(l, data, bytes);
}

static bool is_noted(const ln_cpu_cache *c, uint64_t key)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].key == key)
            return true;
    return false;
}

static void lay_out(const ln_cpu_cache *c, layout *l)
{
    size_t kept = 0;
    const entry *old = entries_of(c);
    for (size_t i = 0, n = count_of(c); i < n; i++)
        kept += !is_noted(c, old[i].key);
    put(l, &l->head, sizeof l->head);
    put(l, l->entries, (kept + c->n) * sizeof(entry));
    for (size_t i = 0, n = count_of(c); i < n; i++)
        if (!is_noted(c, old[i].key))
            put_entry(l, old[i].key, c->file.data + old[i].at, (size_t)old[i].bytes);
    for (size_t i = 0; i < c->n; i++)
        put_entry(l, c->list[i].key, c->list[i].data, c->list[i].bytes);
    l->head.entries = l->n_entries;
    qsort(l->entries, l->n_entries, sizeof(entry), compare_keys);
    l->head.table = ln_hash(l->entries, l->n_entries * sizeof(entry), 0);
}

/* Weights wait for the disk: after a crash a file might else have its table but zeros for weights,
 * and nobody would see it, as the bytes have no hash (to read them would take longer than all else
 * of a cached load).  What lies beside is looked at, and wrong findings cost time at most. */
ln_status ln_cpu_cache_save(ln_cpu_cache *c, ln_diag *diag)
{
    const size_t most = count_of(c) + c->n;
    layout l = {0};
    if (c->n == 0)
        return LN_OK;
    hash_model(c);
    l.head = wanted_header(c);
    l.entries = ln_new(heap, most, sizeof *l.entries);
    l.parts = ln_new(heap, 2 * most + 2, sizeof *l.parts);
    ln_status status = LN_ERR_MEMORY;
    if (l.entries && l.parts) {
        lay_out(c, &l);
        status =
            (c->beside ? ln_file_replace_soon : ln_file_replace)(c->path, l.parts, l.n_parts, diag);
    }
    ln_free(heap, l.entries);
    ln_free(heap, l.parts);
    c->n = 0; /* a file that cannot be written is not tried for every node */
    return status;
}
