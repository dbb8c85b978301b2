/* SPDX-License-Identifier: Apache-2.0 */
/* leveldb.c: the format is that of LevelDB's doc/table_format.md: blocks, each with a byte for its
 * compression and a checksum behind it, and at the end a footer of 48 bytes, which says where the
 * index of the blocks is.  A key has only what differs from the key before it.
 *
 * Blocks must follow each other and keys be short, so that a small file cannot become large. */
#include "base/leveldb.h"

#include <string.h>

#include "base/proto.h"

enum { FOOTER = 48, TRAILER = 5, PLAIN = 0, SNAPPY = 1 };
enum { MAX_BLOCK = 1 << 28, MAX_KEYS = 1 << 28 }; /* bytes of a block, of all keys */

static const uint8_t magic[] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};

typedef struct file {
    const uint8_t *data;
    size_t n, begin; /* where the next block may begin */
    size_t key_bytes;
    ln_leveldb *table;
    const ln_leveldb_kind *kind;
    ln_arena *arena;
    ln_diag *diag;
} file;

static ln_status damaged(const file *f, const char *what)
{
    return ln_fail(f->diag, LN_ERR_FORMAT, "%s is damaged: %s", f->kind->name, what);
}

/* A nibble at a time: tables are small. */
uint32_t ln_leveldb_checksum(const uint8_t *data, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint32_t crc = ~0u;
    for (size_t i = 0; i < n; i++) {
        crc ^= data[i];
        crc = table[crc & 15] ^ crc >> 4;
        crc = table[crc & 15] ^ crc >> 4;
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

/* The block of a handle: its entries, without the restart points behind them. */
static ln_status open_block(file *f, ln_proto *handle, ln_proto *entries)
{
    const uint64_t at = ln_proto_varint(handle), size = ln_proto_varint(handle);
    if (handle->bad || at > f->n || size > f->n - at || f->n - at - size < TRAILER || size < 4)
        return damaged(f, "a block lies outside of the file");
    const uint8_t *bytes = f->data + at;
    size_t n = (size_t)size;
    const int packed = bytes[n];
    if (f->kind->checksums && ln_leveldb_checksum(bytes, n + 1) != ln_proto_le32(bytes + n + 1))
        return damaged(f, "the checksum of a block does not match");
    if (packed == SNAPPY)
        bytes = ln_snappy_unpack(bytes, n, MAX_BLOCK, f->arena, &n);
    else if (packed != PLAIN)
        return ln_fail(f->diag, LN_ERR_UNSUPPORTED,
                       "a block of %s is compressed in a way (%d) that is not known", f->kind->name,
                       packed);
    if (!bytes || n < 4)
        return damaged(f, "a block cannot be unpacked");
    const uint32_t restarts = ln_proto_le32(bytes + n - 4);
    if (restarts > (n - 4) / 4)
        return damaged(f, "a block is shorter than it says");
    *entries = ln_proto_of(bytes, n - 4 - 4 * (size_t)restarts);
    return LN_OK;
}

/* The next key and value, behind those in `entry`. */
static ln_status next_entry(file *f, ln_proto *r, ln_leveldb_entry *entry)
{
    const uint64_t same = ln_proto_varint(r), more = ln_proto_varint(r);
    const uint64_t size = ln_proto_varint(r), left = (uint64_t)(r->end - r->p);
    if (r->bad || same > entry->n_key || more > left || size > left - more)
        return damaged(f, "an entry is cut off");
    const size_t n = (size_t)(same + more);
    f->key_bytes += n;
    if (n > f->kind->max_key || f->key_bytes > MAX_KEYS)
        return damaged(f, "its keys are too long");
    char *key = ln_arena_new(f->arena, 1, n + 1);
    if (!key)
        return ln_fail(f->diag, LN_ERR_MEMORY, "no memory for %s", f->kind->name);
    if (same)
        memcpy(key, entry->key, (size_t)same);
    memcpy(key + same, r->p, (size_t)more);
    *entry = (ln_leveldb_entry){key, n, r->p + more, (size_t)size};
    r->p += more + size;
    return LN_OK;
}

static int compare(const ln_leveldb_entry *a, const char *key, size_t n)
{
    const int order = memcmp(a->key, key, LN_MIN(a->n_key, n));
    return order ? order : (a->n_key > n) - (a->n_key < n);
}

static ln_status add_entry(file *f, const ln_leveldb_entry *entry)
{
    ln_leveldb *t = f->table;
    if (t->n && compare(&t->at[t->n - 1], entry->key, entry->n_key) >= 0)
        return damaged(f, "its keys are not in order");
    if (t->n == t->capacity) {
        const size_t wanted = t->capacity ? 2 * t->capacity : 64;
        ln_leveldb_entry *more = ln_arena_new(f->arena, wanted, sizeof *more);
        if (!more)
            return ln_fail(f->diag, LN_ERR_MEMORY, "no memory for %s", f->kind->name);
        if (t->n)
            memcpy(more, t->at, t->n * sizeof *more);
        t->at = more;
        t->capacity = wanted;
    }
    t->at[t->n++] = *entry;
    return LN_OK;
}

/* The entries of one block, which `of` says the place of. */
static ln_status read_block(file *f, const ln_leveldb_entry *of)
{
    ln_proto handle = ln_proto_of(of->value, of->n_value), place = handle, entries;
    const uint64_t at = ln_proto_varint(&place), size = ln_proto_varint(&place);
    ln_leveldb_entry entry = {.key = ""};
    if (!place.bad && at < f->begin)
        return damaged(f, "its blocks overlap");
    LN_TRY(open_block(f, &handle, &entries));
    f->begin = (size_t)(at + size);
    while (entries.p < entries.end) {
        LN_TRY(next_entry(f, &entries, &entry));
        LN_TRY(add_entry(f, &entry));
    }
    return LN_OK;
}

ln_status ln_leveldb_read(ln_leveldb *t, const uint8_t *data, size_t n, const ln_leveldb_kind *kind,
                          ln_arena *arena, ln_diag *diag)
{
    file f = {.data = data, .n = n, .table = t, .kind = kind, .arena = arena, .diag = diag};
    ln_leveldb_entry entry = {.key = ""};
    ln_proto index;

    *t = (ln_leveldb){0};
    if (n < FOOTER || memcmp(data + n - sizeof magic, magic, sizeof magic) != 0)
        return ln_fail(diag, LN_ERR_FORMAT, "%s is damaged: it is not a LevelDB table", kind->name);
    ln_proto footer = ln_proto_of(data + n - FOOTER, FOOTER - sizeof magic);
    ln_proto_varint(&footer); /* where the index of other blocks is: filters, which */
    ln_proto_varint(&footer); /* ... only make looking up faster */
    LN_TRY(open_block(&f, &footer, &index));
    while (index.p < index.end) {
        LN_TRY(next_entry(&f, &index, &entry));
        LN_TRY(read_block(&f, &entry));
    }
    return LN_OK;
}

const ln_leveldb_entry *ln_leveldb_find(const ln_leveldb *t, const char *key, size_t n)
{
    size_t low = 0, high = t->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare(&t->at[middle], key, n);
        if (order == 0)
            return &t->at[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
