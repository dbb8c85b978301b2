/* SPDX-License-Identifier: Apache-2.0 */
/* hdf5_data.c: types, shapes, and the bytes of arrays: in one piece, inside of their header, or in
 * chunks, which may be compressed (deflate), shuffled and have a checksum (which is not looked at).
 */
#include <string.h>
#include <zlib.h>

#include "base/checked.h"
#include "import/keras/hdf5_file.h"

enum { MAX_FILTERS = 8, DEFLATE = 1, SHUFFLE = 2, FLETCHER = 3, MAX_CHUNK = 1 << 30 };

bool ln_h5_read_type(ln_h5_cursor *c, ln_h5_type *t)
{
    const int class = (int)ln_h5_get(c, 1) & 15;
    const uint64_t bits = ln_h5_get(c, 3);
    *t = (ln_h5_type){.size = (uint32_t)ln_h5_get(c, 4), .big = bits & 1};
    if (class == 0) {
        t->kind = LN_H5_INTEGER;
        t->is_signed = bits & 8;
    } else if (class == 1 && !(bits & 64)) {
        t->kind = LN_H5_FLOAT;
    } else if (class == 3) {
        t->kind = LN_H5_TEXT;
    } else if (class == 9 && (bits & 15) == 1) {
        t->kind = LN_H5_TEXT_ANY;
    }
    const bool number = t->size == 1 || t->size == 2 || t->size == 4 || t->size == 8;
    return !c->bad && t->size > 0 && (t->kind > LN_H5_FLOAT || number) &&
           !(t->kind == LN_H5_FLOAT && t->size == 1) && t->kind != LN_H5_OTHER;
}

bool ln_h5_read_space(ln_h5_cursor *c, ln_h5_space *s)
{
    const int version = (int)ln_h5_get(c, 1), rank = (int)ln_h5_get(c, 1);
    ln_h5_take(c, 1);
    const int kind = (int)ln_h5_get(c, 1); /* of version 2: scalar, simple, none */
    if (version == 1)
        ln_h5_take(c, 4);
    *s = (ln_h5_space){.rank = rank, .count = version == 2 && kind == 2 ? 0 : 1};
    if (c->bad || (version != 1 && version != 2) || rank > LN_H5_MAX_RANK)
        return false;
    for (int i = 0; i < rank; i++) {
        s->dim[i] = ln_h5_get(c, 8);
        if (s->dim[i] > INT32_MAX || s->count * s->dim[i] > INT32_MAX)
            return false;
        s->count *= s->dim[i];
    }
    return !c->bad;
}

/* ---- filters ---- */

typedef struct filters {
    int n, id[MAX_FILTERS];
} filters;

static bool read_filters(ln_h5 *h, uint64_t object, filters *f)
{
    ln_h5_cursor c;
    *f = (filters){0};
    if (!ln_h5_message(h, object, LN_H5_FILTERS, &c))
        return true;
    const int version = (int)ln_h5_get(&c, 1), n = (int)ln_h5_get(&c, 1);
    if (version == 1)
        ln_h5_take(&c, 6);
    if ((version != 1 && version != 2) || n > MAX_FILTERS)
        return false;
    for (; f->n < n && !c.bad; f->n++) {
        f->id[f->n] = (int)ln_h5_get(&c, 2);
        const uint64_t name = version == 1 || f->id[f->n] >= 256 ? ln_h5_get(&c, 2) : 0;
        ln_h5_take(&c, 2);
        const uint64_t values = ln_h5_get(&c, 2);
        ln_h5_take(&c, version == 1 ? (name + 7) / 8 * 8 : name);
        ln_h5_take(&c, 4 * (values + (version == 1 && values % 2)));
        if (f->id[f->n] < DEFLATE || f->id[f->n] > FLETCHER)
            return false;
    }
    return !c.bad;
}

/* Bytes of the same place in all items stand together: back to items. */
static void unshuffle(const uint8_t *x, uint8_t *y, size_t n, size_t size)
{
    const size_t items = n / size;
    for (size_t i = 0; i < items; i++)
        for (size_t k = 0; k < size; k++)
            y[i * size + k] = x[k * items + i];
    memcpy(y + items * size, x + items * size, n - items * size);
}

/* A chunk of `size` bytes from what is stored; `mask` says which filters were left out.  The result
 * lies in one of the two buffers or in the file. */
static const uint8_t *decode(const filters *f, uint64_t mask, ln_h5_cursor stored, uint8_t **room,
                             size_t size, size_t item)
{
    const uint8_t *at = stored.at;
    size_t n = (size_t)(stored.end - stored.at);
    int turn = 0;
    for (int i = f->n - 1; i >= 0; i--) {
        uLongf made = (uLongf)size;
        if (mask >> i & 1)
            continue;
        if (f->id[i] == FLETCHER) {
            if (n < 4)
                return NULL;
            n -= 4;
            continue;
        }
        if (f->id[i] == DEFLATE) {
            if (uncompress(room[turn], &made, at, (uLong)n) != Z_OK)
                return NULL;
            n = made;
        } else {
            if (n > size)
                return NULL;
            unshuffle(at, room[turn], n, item);
        }
        at = room[turn];
        turn = !turn;
    }
    return n == size ? at : NULL;
}

/* ---- chunks ---- */

typedef struct chunked {
    ln_h5 *h;
    const ln_h5_space *s;
    filters f;
    size_t item, bytes; /* of an item, of a chunk */
    uint64_t dim[LN_H5_MAX_RANK];
    uint8_t *room[2], *to;
} chunked;

/* What of the chunk lies inside of the array, row by row. */
static bool place(const chunked *k, const uint8_t *x, const uint64_t *offset)
{
    const int rank = k->s->rank;
    uint64_t size[LN_H5_MAX_RANK], index[LN_H5_MAX_RANK] = {0};
    for (int i = 0; i < rank; i++) {
        if (offset[i] >= k->s->dim[i])
            return false;
        size[i] = LN_MIN(k->dim[i], k->s->dim[i] - offset[i]);
    }
    for (;;) {
        size_t from = 0, to = 0;
        for (int i = 0; i < rank; i++) {
            from = from * (size_t)k->dim[i] + (size_t)index[i];
            to = to * (size_t)k->s->dim[i] + (size_t)(offset[i] + index[i]);
        }
        memcpy(k->to + to * k->item, x + from * k->item, (size_t)size[rank - 1] * k->item);
        int i = rank - 2;
        for (; i >= 0 && ++index[i] == size[i]; i--)
            index[i] = 0;
        if (i < 0)
            return true;
    }
}

static bool put_chunk(chunked *k, uint64_t address, uint64_t stored, uint64_t mask,
                      const uint64_t *offset)
{
    const ln_h5_cursor c = ln_h5_at(k->h, address, stored);
    const uint8_t *x =
        c.bad || k->h->visits-- <= 0 ? NULL : decode(&k->f, mask, c, k->room, k->bytes, k->item);
    return x && ln_h5_spend(k->h, k->bytes) && place(k, x, offset);
}

/* A tree of chunks: keys say how large each is, and where it belongs. */
static bool walk(chunked *k, uint64_t address, int above)
{
    ln_h5_tree t;
    ln_h5_cursor *c = &t.entries;
    uint64_t offset[LN_H5_MAX_RANK];
    if (!ln_h5_open_tree(k->h, address, LN_H5_CHUNK_TREE, above, &t))
        return false;
    for (int i = 0; i < t.n; i++) {
        const uint64_t stored = ln_h5_get(c, 4), mask = ln_h5_get(c, 4);
        for (int a = 0; a < k->s->rank; a++)
            offset[a] = ln_h5_get(c, 8);
        ln_h5_take(c, 8);
        const uint64_t child = ln_h5_get(c, 8);
        if (c->bad ||
            !(t.level ? walk(k, child, t.level) : put_chunk(k, child, stored, mask, offset)))
            return false;
    }
    return true;
}

/* The chunk's dimensions, each of `bytes` bytes, then the item's size. */
static bool read_chunk_shape(chunked *k, ln_h5_cursor *c, int n, int bytes)
{
    uint64_t size = k->item;
    if (n != k->s->rank + 1 || n < 2)
        return false;
    for (int i = 0; i < k->s->rank; i++) {
        k->dim[i] = ln_h5_get(c, bytes);
        if (k->dim[i] == 0 || k->dim[i] > MAX_CHUNK / size)
            return false;
        size *= k->dim[i];
    }
    k->bytes = (size_t)size;
    return ln_h5_get(c, bytes) == k->item && !c->bad;
}

static bool make_room(chunked *k, uint64_t object, ln_arena *arena)
{
    const size_t total = (size_t)k->s->count * k->item;
    if (!read_filters(k->h, object, &k->f) || !ln_h5_spend(k->h, 2 * (uint64_t)k->bytes))
        return false;
    k->to = ln_arena_new(arena, 1, total + 1); /* zeros, where no chunk is */
    for (int i = 0; i < 2; i++)
        k->room[i] = ln_arena_new(arena, 1, k->bytes + 1);
    return k->to && k->room[0] && k->room[1];
}

static const uint8_t *chunks(chunked *k, uint64_t object, ln_h5_cursor *c, int version,
                             ln_arena *arena)
{
    static const uint64_t start[LN_H5_MAX_RANK] = {0};
    if (version == 3) {
        const int n = (int)ln_h5_get(c, 1);
        const uint64_t tree = ln_h5_get(c, 8);
        if (!read_chunk_shape(k, c, n, 4) || !make_room(k, object, arena))
            return NULL;
        return tree == LN_H5_NOWHERE || walk(k, tree, 16) ? k->to : NULL;
    }
    const int flags = (int)ln_h5_get(c, 1), n = (int)ln_h5_get(c, 1), bytes = (int)ln_h5_get(c, 1);
    if (bytes < 1 || bytes > 8 || !read_chunk_shape(k, c, n, bytes) || ln_h5_get(c, 1) != 1 ||
        !make_room(k, object, arena))
        return NULL; /* of version 4: a single chunk */
    const uint64_t stored = flags & 2 ? ln_h5_get(c, 8) : k->bytes;
    const uint64_t mask = flags & 2 ? ln_h5_get(c, 4) : 0;
    const uint64_t address = ln_h5_get(c, 8);
    if (c->bad)
        return NULL;
    return address == LN_H5_NOWHERE || put_chunk(k, address, stored, mask, start) ? k->to : NULL;
}

/* ---- arrays ---- */

const uint8_t *ln_h5_array(ln_h5 *h, uint64_t object, const ln_h5_type *t, const ln_h5_space *s,
                           ln_arena *arena)
{
    enum { COMPACT, CONTIGUOUS, CHUNKED };
    ln_h5_cursor c, external;
    const uint64_t bytes = s->count * t->size;
    if (!ln_h5_message(h, object, LN_H5_LAYOUT, &c) || !ln_h5_spend(h, bytes) ||
        ln_h5_message(h, object, LN_H5_EXTERNAL, &external))
        return NULL;
    const int version = (int)ln_h5_get(&c, 1), kind = (int)ln_h5_get(&c, 1);
    if (version != 3 && version != 4)
        return NULL;
    if (kind == CHUNKED) {
        chunked k = {.h = h, .s = s, .item = t->size};
        return chunks(&k, object, &c, version, arena);
    }
    if (kind == COMPACT) {
        ln_h5_cursor inside = ln_h5_take(&c, ln_h5_get(&c, 2));
        return !inside.bad && (uint64_t)(inside.end - inside.at) >= bytes ? inside.at : NULL;
    }
    const uint64_t address = ln_h5_get(&c, 8), stored = ln_h5_get(&c, 8);
    if (kind != CONTIGUOUS || c.bad)
        return NULL;
    if (address == LN_H5_NOWHERE) /* nothing was ever written: zeros */
        return ln_arena_new(arena, 1, (size_t)bytes + 1);
    c = ln_h5_at(h, address, bytes);
    return c.bad || stored < bytes ? NULL : c.at;
}
