/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c: the memory that rows pack constants into: the process's own, or the weight cache's. */
#include <string.h>

#include "base/hash.h"
#include "cpu/cache.h"
#include "cpu/constants.h"
#include "cpu/kernel.h"

/* What one operand adds to a key: its type, shape and quantization, and where in the model's file
 * its data is; of what is not there the channels only, which say how many groups weights have. */
typedef struct trait {
    uint64_t at;
    int32_t type, zero_point, rank, dims[LN_MAX_RANK];
    float scale;
} trait;

/* A bias that was read past its end is a copy outside of the file. */
static bool is_in(const TfLiteTensor *t, const ln_file *file)
{
    return t->allocation_type == kTfLiteMmapRo && t->allocation == file && t->data.raw &&
           (uintptr_t)t->data.raw - (uintptr_t)file->data < file->size;
}

static int32_t channels_of(const TfLiteTensor *t)
{
    return t->dims && t->dims->size > 0 ? t->dims->data[t->dims->size - 1] : 0;
}

static uint64_t add_operand(uint64_t key, const TfLiteTensor *t, const ln_file *file)
{
    trait v;
    memset(&v, 0, sizeof v); /* the gaps too */
    if (!t)
        return ln_hash(&v, sizeof v, key);
    v.at = is_in(t, file) ? (uint64_t)((const uint8_t *)t->data.raw - file->data) : UINT64_MAX;
    v.type = t->type;
    v.zero_point = t->params.zero_point;
    v.scale = t->params.scale;
    v.rank = v.at == UINT64_MAX ? 0 : LN_MIN(t->dims->size, LN_MAX_RANK);
    memcpy(v.dims, t->dims->data, (size_t)v.rank * sizeof v.dims[0]);
    if (v.at == UINT64_MAX)
        v.dims[0] = channels_of(t);
    return ln_hash(&v, sizeof v, key);
}

static uint64_t key_of(const ln_cpu_kernel *k, const ln_file *file, uint64_t form)
{
    uint64_t key = ln_hash(k->row_name, strlen(k->row_name), form);
    for (int i = 0; i < k->n_nodes; i++) {
        const ln_call *c = &k->nodes[i].call;
        for (int j = 0; j < c->n_in; j++)
            key = add_operand(key, c->in[j], file);
        for (int j = 0; j < c->n_out; j++)
            key = add_operand(key, c->out[j], file);
    }
    return key == 0 ? 1 : key;
}

/* Channels of all inputs: with others, weights are cut into other groups. */
static uint64_t channels_in(const ln_cpu_kernel *k)
{
    uint64_t all = 0;
    for (int i = 0; i < k->n_nodes; i++) {
        const ln_call *c = &k->nodes[i].call;
        for (int j = 0; j < c->n_in; j++) {
            const int32_t channels = c->in[j] ? channels_of(c->in[j]) : -1;
            all = ln_hash(&channels, sizeof channels, all);
        }
    }
    return all;
}

/* The file that t is part of, or the constant that a node of the group makes it of; NULL: none. */
static const ln_file *file_of(const ln_cpu_kernel *k, const TfLiteTensor *t)
{
    for (int i = 0; i < k->n_nodes && !t->allocation; i++) {
        const ln_call *c = &k->nodes[i].call;
        if (c->n_out == 1 && c->out[0] == t && c->n_in == 1 && c->in[0])
            t = c->in[0];
    }
    return t->allocation && is_in(t, t->allocation) ? t->allocation : NULL;
}

const ln_file *ln_cpu_file_of(const ln_cpu_kernel *k, const void *of)
{
    for (int i = 0; i < k->n_nodes; i++) {
        const ln_call *c = &k->nodes[i].call;
        for (int j = 0; j < c->n_in; j++) {
            const bool asked = c->in[j] && (!of || c->in[j]->data.raw == of);
            const ln_file *file = asked ? file_of(k, c->in[j]) : NULL;
            if (file)
                return file;
        }
    }
    return NULL;
}

void ln_cpu_unpack(ln_cpu_kernel *k)
{
    for (int i = 0; i < k->n_parts; i++)
        ln_cpu_unpack(&k->parts[i]);
    if (k->cache && k->packed)
        ln_cpu_cache_drop(k->cache, k->packed);
    if (k->packed && !k->filled)
        ln_cpu_slab_free(k->slabs, k->packed, k->slab);
    k->packed = NULL;
    k->packed_of = NULL;
    k->filled = false;
}

bool ln_cpu_is_packed(const ln_cpu_kernel *k, const TfLiteTensor *t)
{
    return k->packed && k->packed_of == t->data.raw && t->allocation_type == kTfLiteMmapRo &&
           k->packed_channels == channels_in(k);
}

void *ln_cpu_pack_room(ln_cpu_kernel *k, size_t bytes, const void *of)
{
    ln_cpu_unpack(k);
    k->packed_key = 0;
    if (ln_cpu_constants_finish(k) != LN_OK)
        return NULL;
    k->packed = ln_cpu_slab_new(k->slabs, bytes, &k->slab);
    k->packed_of = k->packed ? of : NULL;
    k->packed_channels = channels_in(k);
    return k->packed;
}

void *ln_cpu_pack(ln_cpu_kernel *k, size_t bytes, const void *of)
{
    void *to = ln_cpu_pack_room(k, bytes, of);
    if (to && !k->slab)
        ln_want_pages(to, bytes);
    return to;
}

void *ln_cpu_packed_before(ln_cpu_kernel *k, const void *of, uint64_t form, size_t *bytes)
{
    const ln_file *file = k->cache ? ln_cpu_file_of(k, of) : NULL;
    return file ? ln_cpu_cache_find(k->cache, file, key_of(k, file, form), bytes) : NULL;
}

void ln_cpu_pack_found(ln_cpu_kernel *k, void *found, const void *of)
{
    ln_cpu_unpack(k);
    k->packed_key = 0;
    k->packed = found;
    k->packed_of = of;
    k->packed_channels = channels_in(k);
    k->filled = true;
}

void *ln_cpu_pack_anew(ln_cpu_kernel *k, size_t bytes, const void *of, uint64_t form)
{
    const ln_file *file = k->cache ? ln_cpu_file_of(k, of) : NULL;
    ln_cpu_pack(k, bytes, of);
    k->packed_bytes = bytes;
    k->packed_file = file;
    k->packed_key = file ? key_of(k, file, form) : 0;
    return k->packed;
}

void *ln_cpu_pack_cached(ln_cpu_kernel *k, size_t bytes, const void *of, uint64_t form)
{
    size_t size;
    void *found = ln_cpu_packed_before(k, of, form, &size);
    if (!found || size != bytes)
        return ln_cpu_pack_anew(k, bytes, of, form);
    ln_cpu_pack_found(k, found, of);
    return found;
}

void ln_cpu_keep_packed(ln_cpu_kernel *k)
{
    for (int i = 0; i < k->n_parts; i++)
        ln_cpu_keep_packed(&k->parts[i]);
    if (k->packed && !k->filled && k->packed_key != 0)
        ln_cpu_cache_add(k->cache, k->packed_file, k->packed_key, k->packed, k->packed_bytes);
    k->packed_key = 0;
}
