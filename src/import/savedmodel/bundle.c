/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.c: TensorFlow's TensorBundle (tensorflow/core/util/tensor_bundle). */
#include "import/savedmodel/bundle.h"

#include <stdio.h>
#include <string.h>

enum { MAX_SHARDS = 99999, MAX_PATH_LENGTH = 4096 };

static const ln_leveldb_kind table = {"the checkpoint's index", 1 << 16, true};

static void *proto_new(void *arena, size_t n)
{
    return ln_arena_new(arena, 1, n ? n : 1);
}

static void proto_free(void *arena, void *p)
{
    (void)arena; /* goes with the arena */
    (void)p;
}

ProtobufCAllocator ln_proto_allocator(ln_arena *arena)
{
    return (ProtobufCAllocator){.alloc = proto_new, .free = proto_free, .allocator_data = arena};
}

static ln_status read_header(ln_bundle *b, ln_diag *diag)
{
    ProtobufCAllocator a = ln_proto_allocator(b->arena);
    const ln_leveldb_entry *e = ln_leveldb_find(&b->index, "", 0);
    const Tf__BundleHeader *h = e ? tf__bundle_header__unpack(&a, e->n_value, e->value) : NULL;
    if (!h)
        return ln_fail(diag, LN_ERR_FORMAT, "%s.index has no header", b->prefix);
    if (h->endianness != 0 || h->num_shards < 0 || h->num_shards > MAX_SHARDS)
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "%s.index: byte order %d and %d files, which are not read", b->prefix,
                       h->endianness, h->num_shards);
    b->n_shards = h->num_shards;
    b->shards = ln_new(b->arena->alloc, (size_t)b->n_shards + 1, sizeof *b->shards);
    return b->shards ? LN_OK : LN_ERR_MEMORY;
}

static bool exists(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f)
        fclose(f);
    return f != NULL;
}

ln_status ln_bundle_open(ln_bundle *b, const char *prefix, ln_arena *arena, ln_diag *diag)
{
    char path[MAX_PATH_LENGTH];
    ln_file index;
    *b = (ln_bundle){.arena = arena};
    if (snprintf(path, sizeof path, "%s.index", prefix) >= (int)sizeof path)
        return ln_fail(diag, LN_ERR_ARGUMENT, "the path %s is too long", prefix);
    if (!exists(path))
        return LN_OK;
    b->prefix = ln_arena_string(arena, prefix, strlen(prefix));
    LN_TRY(ln_file_open(&index, path, arena->alloc, diag));
    /* values lie in the file itself: a copy, so that it need not stay open */
    const uint8_t *data = ln_arena_copy(arena, index.data, index.size + !index.size);
    const size_t size = index.size;
    ln_file_close(&index);
    if (!b->prefix || !data)
        return LN_ERR_MEMORY;
    LN_TRY(ln_leveldb_read(&b->index, data, size, &table, arena, diag));
    b->there = true;
    return read_header(b, diag);
}

void ln_bundle_close(ln_bundle *b)
{
    for (int i = 0; i < b->n_shards && b->shards; i++)
        if (b->shards[i].data)
            ln_file_close(&b->shards[i]);
    if (b->shards)
        ln_free(b->arena->alloc, b->shards);
    *b = (ln_bundle){.arena = b->arena};
}

void ln_bundle_forget(const ln_bundle *b)
{
    for (int i = 0; i < b->n_shards && b->shards; i++)
        if (b->shards[i].data)
            ln_file_forget(&b->shards[i], b->shards[i].data, b->shards[i].size);
}

void ln_bundle_forget_part(const ln_bundle *b, const void *data, size_t n)
{
    for (int i = 0; i < b->n_shards && b->shards; i++)
        if (b->shards[i].data)
            ln_file_forget(&b->shards[i], data, n);
}

static ln_status shard(ln_bundle *b, int i, const ln_file **out, ln_diag *diag)
{
    char path[MAX_PATH_LENGTH];
    if (i < 0 || i >= b->n_shards)
        return ln_fail(diag, LN_ERR_FORMAT, "%s.index names data file %d of %d", b->prefix, i,
                       b->n_shards);
    *out = &b->shards[i];
    if (b->shards[i].data)
        return LN_OK;
    if (snprintf(path, sizeof path, "%s.data-%05d-of-%05d", b->prefix, i, b->n_shards) >=
        (int)sizeof path)
        return ln_fail(diag, LN_ERR_ARGUMENT, "the path %s is too long", b->prefix);
    return ln_file_open(&b->shards[i], path, b->arena->alloc, diag);
}

ln_status ln_bundle_entry(ln_bundle *b, const char *key, size_t length, ln_bundle_tensor *out,
                          ln_diag *diag)
{
    ProtobufCAllocator a = ln_proto_allocator(b->arena);
    const ln_file *file = NULL;
    const ln_leveldb_entry *e = length ? ln_leveldb_find(&b->index, key, length) : NULL;
    if (!e)
        return LN_ERR_NOT_FOUND;
    *out = (ln_bundle_tensor){.entry = tf__bundle_entry__unpack(&a, e->n_value, e->value)};
    if (!out->entry)
        return ln_fail(diag, LN_ERR_FORMAT, "the checkpoint's entry for %.*s is broken",
                       (int)LN_MIN(length, 999), key);
    if (out->entry->n_slices)
        return LN_OK;
    LN_TRY(shard(b, out->entry->shard_id, &file, diag));
    const int64_t offset = out->entry->offset, size = out->entry->size;
    if (offset < 0 || size < 0 || (uint64_t)offset > file->size ||
        (uint64_t)size > file->size - (uint64_t)offset)
        return ln_fail(diag, LN_ERR_FORMAT, "the value of %.*s lies outside of its file",
                       (int)LN_MIN(length, 999), key);
    out->data = file->data + offset;
    out->size = (size_t)size;
    return LN_OK;
}

ln_status ln_bundle_find(ln_bundle *b, const char *key, const char *slice, ln_bundle_tensor *out,
                         ln_diag *diag)
{
    const size_t length = strlen(key);
    LN_TRY(ln_bundle_entry(b, key, length, out, diag));
    return out->entry->n_slices || slice[0] ? ln_bundle_join(b, key, length, slice, out, diag)
                                            : LN_OK;
}
