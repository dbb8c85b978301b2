/* SPDX-License-Identifier: Apache-2.0 */
/* sorted_table.c: the format is that of LevelDB's doc/table_format.md: blocks, each with a byte for
 * its compression and a check sum behind it, and at the end a footer of 48 bytes, which says where
 * the index of the blocks is.  A key has only what differs from the key before it.
 *
 * Blocks must follow each other and keys be short, so that a small file cannot become large. */
#include "task/sorted_table.h"

#include <string.h>

#include "media/proto.h"

enum { FOOTER = 48, TRAILER = 5, MAX_KEY = 64, PLAIN = 0, SNAPPY = 1 };

static const uint8_t magic[] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};

typedef struct file {
    const uint8_t *data;
    size_t n, begin; /* where the next block may begin */
    ln_table *table;
    ln_diag *diag;
} file;

typedef struct block {
    ln_proto entries;
    char key[MAX_KEY];
    size_t key_size, size; /* of the key and value at hand */
    const uint8_t *value;
} block;

static ln_status damaged(const file *f, const char *what)
{
    return ln_fail(f->diag, LN_ERR_FORMAT, "the index is damaged: %s", what);
}

static ln_status open_block(file *f, ln_proto *handle, block *b)
{
    const uint64_t at = ln_proto_varint(handle), size = ln_proto_varint(handle);
    if (handle->bad || at > f->n || size > f->n - at || f->n - at - size < TRAILER || size < 4)
        return damaged(f, "a block lies outside of the file");
    const uint8_t *bytes = f->data + at;
    size_t n = (size_t)size;
    const int kind = bytes[n];
    if (kind == SNAPPY)
        bytes = ln_snappy_unpack(bytes, n, &n, &f->table->arena);
    else if (kind != PLAIN)
        return ln_fail(f->diag, LN_ERR_UNSUPPORTED,
                       "a block of the index is compressed in a way (%d) that is not known", kind);
    if (!bytes || n < 4)
        return damaged(f, "a block cannot be unpacked");
    const uint32_t restarts = ln_proto_le32(bytes + n - 4);
    if (restarts > (n - 4) / 4)
        return damaged(f, "a block is shorter than it says");
    *b = (block){.entries = ln_proto_of(bytes, n - 4 - 4 * (size_t)restarts)};
    return LN_OK;
}

/* The next key and value; false at the end, or when `entries` has gone bad. */
static bool next_entry(block *b)
{
    ln_proto *r = &b->entries;
    if (r->p >= r->end || r->bad)
        return false;
    const uint64_t same = ln_proto_varint(r), more = ln_proto_varint(r);
    const uint64_t size = ln_proto_varint(r);
    const uint64_t left = (uint64_t)(r->end - r->p);
    r->bad |= same > b->key_size || more > MAX_KEY - same || more > left || size > left - more;
    if (r->bad)
        return false;
    memcpy(b->key + same, r->p, (size_t)more);
    b->key_size = (size_t)(same + more);
    b->value = r->p + more;
    b->size = (size_t)size;
    r->p += more + size;
    return true;
}

static int compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const int order = memcmp(a, b, LN_MIN(a_size, b_size));
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static ln_status add_entry(ln_table *t, const block *b)
{
    const ln_table_entry *last = t->n ? &t->at[t->n - 1] : NULL;
    if (last && compare(last->key, last->key_size, b->key, b->key_size) >= 0)
        return LN_ERR_FORMAT;
    if (!ln_grow(t->arena.alloc, (void **)&t->at, &t->capacity, t->n, sizeof *t->at))
        return LN_ERR_MEMORY;
    const char *key = ln_arena_string(&t->arena, b->key, b->key_size);
    t->at[t->n++] = (ln_table_entry){key, b->key_size, b->value, b->size};
    return key ? LN_OK : LN_ERR_MEMORY;
}

static ln_status read_entries(file *f, const block *in)
{
    ln_proto handle = ln_proto_of(in->value, in->size), place = handle;
    const uint64_t at = ln_proto_varint(&place), size = ln_proto_varint(&place);
    ln_status status = LN_OK;
    block b;

    if (!place.bad && at < f->begin)
        return damaged(f, "its blocks overlap");
    LN_TRY(open_block(f, &handle, &b));
    f->begin = (size_t)(at + size);
    while (status == LN_OK && next_entry(&b))
        status = add_entry(f->table, &b);
    if (status == LN_ERR_MEMORY)
        return ln_fail(f->diag, status, "no memory for an index");
    if (status != LN_OK || b.entries.bad)
        return damaged(f, status != LN_OK ? "its keys are not in order" : "an entry is cut off");
    return LN_OK;
}

ln_status ln_table_read(ln_table *t, const uint8_t *data, size_t n, ln_diag *diag)
{
    file f = {data, n, 0, t, diag};
    block index;

    *t = (ln_table){0};
    ln_arena_init(&t->arena, &ln_alloc_default);
    if (n < FOOTER || memcmp(data + n - sizeof magic, magic, sizeof magic) != 0)
        return ln_fail(diag, LN_ERR_FORMAT, "this is no index: it is not a LevelDB table");
    ln_proto footer = ln_proto_of(data + n - FOOTER, FOOTER - sizeof magic);
    ln_proto_varint(&footer); /* where the index of other blocks is: filters, which */
    ln_proto_varint(&footer); /* ... only make looking up faster */
    LN_TRY(open_block(&f, &footer, &index));
    while (next_entry(&index))
        LN_TRY(read_entries(&f, &index));
    return index.entries.bad ? damaged(&f, "the list of blocks is cut off") : LN_OK;
}

void ln_table_deinit(ln_table *t)
{
    if (!t->arena.alloc)
        return;
    ln_free(t->arena.alloc, t->at);
    ln_arena_deinit(&t->arena);
}

const ln_table_entry *ln_table_find(const ln_table *t, const char *key)
{
    const size_t n = strlen(key);
    size_t low = 0, high = t->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare(t->at[middle].key, t->at[middle].key_size, key, n);
        if (order == 0)
            return &t->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
