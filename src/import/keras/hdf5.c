/* SPDX-License-Identifier: Apache-2.0 */
/* hdf5.c: reading HDF5, as far as Keras (h5py) writes it: superblocks 0 to 3, groups as symbol
 * tables or lists of links, attributes in object headers, arrays of integers and floats.  What is
 * kept in fractal heaps (groups and objects with very many links or attributes, in files for the
 * newest HDF5 only) is as if it were not there. */
#include "import/keras/hdf5_file.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"

/* Compression makes at most a thousandth of what was there. */
enum { PLAUSIBLE = 1100, SLACK = 1 << 20, MAX_TEXT = 1 << 28, MAX_VISITS = 100000000 };

/* ---- the file ---- */

static bool read_superblock(ln_h5 *h)
{
    static const uint8_t magic[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    ln_h5_cursor c = {h->data, h->data + h->n, false};
    const ln_h5_cursor start = ln_h5_take(&c, 8);
    if (start.bad || memcmp(start.at, magic, 8) != 0)
        return false;
    const int version = (int)ln_h5_get(&c, 1);
    int offsets, lengths;
    if (version >= 2) {
        offsets = (int)ln_h5_get(&c, 1);
        lengths = (int)ln_h5_get(&c, 1);
        ln_h5_take(&c, 1);
        h->base = ln_h5_get(&c, 8);
        ln_h5_take(&c, 16);
    } else {
        ln_h5_take(&c, 4);
        offsets = (int)ln_h5_get(&c, 1);
        lengths = (int)ln_h5_get(&c, 1);
        ln_h5_take(&c, version == 1 ? 13 : 9);
        h->base = ln_h5_get(&c, 8);
        ln_h5_take(&c, 32); /* of free space, the end, a driver; the root's own name */
    }
    h->root = ln_h5_get(&c, 8);
    return !c.bad && version <= 3 && offsets == 8 && lengths == 8;
}

ln_status ln_h5_open(ln_h5 **out, const void *data, size_t n, const ln_alloc *alloc, ln_diag *diag)
{
    ln_h5 *h = ln_new(alloc, 1, sizeof *h);
    *out = NULL;
    if (!h)
        return LN_ERR_MEMORY;
    *h = (ln_h5){.data = data, .n = n, .visits = MAX_VISITS, .alloc = alloc};
    if (!read_superblock(h)) {
        ln_free(alloc, h);
        return ln_fail(diag, LN_ERR_FORMAT, "the file cannot be read as HDF5");
    }
    if (!ln_mul_size(n, PLAUSIBLE, &h->left) || !ln_add_size(h->left, SLACK, &h->left))
        h->left = SIZE_MAX;
    *out = h;
    return LN_OK;
}

void ln_h5_close(ln_h5 *h)
{
    if (h)
        ln_free(h->alloc, h);
}

/* ---- groups ---- */

typedef struct wanted {
    const char *name;
    size_t length;
    uint64_t object; /* where it was found */
} wanted;

/* Names of a local heap end with a zero. */
static bool is_named(ln_h5_cursor heap, uint64_t offset, const wanted *w)
{
    const ln_h5_cursor skipped = ln_h5_take(&heap, offset);
    return !skipped.bad && (size_t)(heap.end - heap.at) > w->length &&
           memcmp(heap.at, w->name, w->length) == 0 && heap.at[w->length] == 0;
}

/* A leaf with up to some names. */
static bool find_in_leaf(ln_h5 *h, ln_h5_cursor heap, uint64_t address, wanted *w)
{
    ln_h5_cursor c = ln_h5_from(h, address);
    if (!ln_h5_signed(&c, "SNOD"))
        return false;
    ln_h5_take(&c, 2);
    const int n = (int)ln_h5_get(&c, 2);
    for (int i = 0; i < n && !c.bad && h->visits-- > 0; i++) {
        const uint64_t name = ln_h5_get(&c, 8), object = ln_h5_get(&c, 8);
        const uint64_t cached = ln_h5_get(&c, 4);
        ln_h5_take(&c, 20);
        if (!c.bad && cached != 2 && is_named(heap, name, w)) { /* 2: a link elsewhere */
            w->object = object;
            return true;
        }
    }
    return false;
}

static bool find_in_tree(ln_h5 *h, ln_h5_cursor heap, uint64_t address, int above, wanted *w)
{
    ln_h5_tree t;
    if (!ln_h5_open_tree(h, address, LN_H5_GROUP_TREE, above, &t))
        return false;
    for (int i = 0; i < t.n; i++) {
        ln_h5_take(&t.entries, 8);
        const uint64_t child = ln_h5_get(&t.entries, 8);
        if (t.entries.bad)
            return false;
        if (t.level ? find_in_tree(h, heap, child, t.level, w) : find_in_leaf(h, heap, child, w))
            return true;
    }
    return false;
}

static bool find_in_table(ln_h5 *h, ln_h5_cursor *table, wanted *w)
{
    const uint64_t tree = ln_h5_get(table, 8);
    ln_h5_cursor c = ln_h5_from(h, ln_h5_get(table, 8));
    if (table->bad || !ln_h5_signed(&c, "HEAP"))
        return false;
    ln_h5_take(&c, 4);
    const uint64_t size = ln_h5_get(&c, 8);
    ln_h5_take(&c, 8);
    const ln_h5_cursor heap = ln_h5_at(h, ln_h5_get(&c, 8), size);
    return !c.bad && !heap.bad && find_in_tree(h, heap, tree, 16, w);
}

/* A link message: a name and, where it is a hard link, an address. */
static bool is_link(ln_h5_cursor *c, wanted *w)
{
    const int version = (int)ln_h5_get(c, 1), flags = (int)ln_h5_get(c, 1);
    const int type = flags & 8 ? (int)ln_h5_get(c, 1) : 0;
    ln_h5_take(c, (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0));
    const ln_h5_cursor name = ln_h5_take(c, ln_h5_get(c, 1 << (flags & 3)));
    if (version != 1 || type != 0 || name.bad || (size_t)(name.end - name.at) != w->length ||
        memcmp(name.at, w->name, w->length) != 0)
        return false;
    w->object = ln_h5_get(c, 8);
    return !c->bad;
}

static bool find_in_group(ln_h5 *h, uint64_t group, wanted *w)
{
    ln_h5_messages m;
    ln_h5_cursor body;
    int type;
    if (!ln_h5_open_object(h, group, &m))
        return false;
    while (ln_h5_next(&m, &type, &body))
        if ((type == LN_H5_SYMBOLS && find_in_table(h, &body, w)) ||
            (type == LN_H5_LINK && is_link(&body, w)))
            return true;
    return false;
}

/* The object of a path. */
static bool find(ln_h5 *h, const char *path, uint64_t *object)
{
    *object = h->root;
    path += *path == '/';
    while (*path) {
        wanted w = {.name = path, .length = strcspn(path, "/")};
        if (w.length == 0 || !find_in_group(h, *object, &w))
            return false;
        *object = w.object;
        path += w.length;
        path += *path == '/';
    }
    return true;
}

bool ln_h5_exists(ln_h5 *h, const char *path)
{
    uint64_t object;
    return *path && find(h, path, &object);
}

/* ---- attributes ---- */

typedef struct attribute {
    ln_h5_type type;
    ln_h5_space space;
    ln_h5_cursor data;
} attribute;

static bool read_attribute(ln_h5_cursor *c, const char *name, attribute *a)
{
    const int version = (int)ln_h5_get(c, 1), flags = (int)ln_h5_get(c, 1);
    uint64_t size[3];
    ln_h5_cursor part[3]; /* name, type, space */
    for (int i = 0; i < 3; i++)
        size[i] = ln_h5_get(c, 2);
    ln_h5_take(c, version == 3);
    for (int i = 0; i < 3; i++) {
        part[i] = ln_h5_take(c, size[i]);
        if (version == 1)
            ln_h5_take(c, (8 - size[i] % 8) % 8);
    }
    const size_t n = strlen(name);
    if (c->bad || version < 1 || version > 3 || (version > 1 && flags & 3) || size[0] != n + 1 ||
        memcmp(part[0].at, name, n + 1) != 0)
        return false;
    a->data = *c;
    return ln_h5_read_type(&part[1], &a->type) && ln_h5_read_space(&part[2], &a->space);
}

static bool find_attribute(ln_h5 *h, const char *path, const char *name, attribute *a)
{
    ln_h5_messages m;
    ln_h5_cursor body;
    uint64_t object;
    int type;
    if (!find(h, path, &object) || !ln_h5_open_object(h, object, &m))
        return false;
    while (ln_h5_next(&m, &type, &body))
        if (type == LN_H5_ATTRIBUTE && read_attribute(&body, name, a))
            return true;
    return false;
}

/* One text: it may end with a zero, or where its room does. */
static const char *copy_text(ln_h5 *h, ln_h5_cursor c, ln_arena *arena)
{
    const size_t room = (size_t)(c.end - c.at);
    const uint8_t *end = room ? memchr(c.at, 0, room) : NULL;
    const size_t n = end ? (size_t)(end - c.at) : room;
    return !c.bad && n < MAX_TEXT && ln_h5_spend(h, n)
               ? ln_arena_string(arena, (const char *)c.at, n)
               : NULL;
}

static const char **read_texts(ln_h5 *h, attribute *a, ln_arena *arena, int *n)
{
    *n = 0;
    if ((a->type.kind != LN_H5_TEXT && a->type.kind != LN_H5_TEXT_ANY) ||
        !ln_h5_spend(h, a->space.count * sizeof(char *)))
        return NULL;
    const char **texts = ln_arena_new(arena, (size_t)a->space.count + 1, sizeof *texts);
    for (uint64_t i = 0; texts && i < a->space.count; i++) {
        ln_h5_cursor item = ln_h5_take(&a->data, a->type.size);
        if (!item.bad && a->type.kind == LN_H5_TEXT_ANY) {
            const uint64_t length = ln_h5_get(&item, 4), heap = ln_h5_get(&item, 8);
            const uint64_t index = ln_h5_get(&item, 4);
            ln_h5_cursor text = {item.at, item.at, item.bad};
            if (length) {
                text = ln_h5_heap_object(h, heap, index);
                item = ln_h5_take(&text, length);
            } else {
                item = text;
            }
        }
        texts[i] = copy_text(h, item, arena);
        if (!texts[i])
            return NULL;
    }
    *n = texts ? (int)a->space.count : 0;
    return texts;
}

const char *ln_h5_text(ln_h5 *h, const char *path, const char *name, ln_arena *arena)
{
    attribute a;
    int n = 0;
    if (!find_attribute(h, path, name, &a))
        return NULL;
    const char **texts = read_texts(h, &a, arena, &n);
    return n == 1 ? texts[0] : NULL;
}

/* A list that is too long for one attribute is in "NAME0", "NAME1", ... */
static const char **chunked_texts(ln_h5 *h, const char *path, const char *name, ln_arena *arena,
                                  int *n)
{
    enum { MAX_CHUNKS = 1024 };
    const char **all = NULL;
    char chunk[64];
    for (int i = 0; i < MAX_CHUNKS; i++) {
        attribute a;
        int more = 0;
        snprintf(chunk, sizeof chunk, "%s%d", name, i);
        if (!find_attribute(h, path, chunk, &a))
            break;
        const char **texts = read_texts(h, &a, arena, &more);
        if (!texts || *n > MAX_TEXT - more)
            return NULL;
        const char **longer = ln_arena_new(arena, (size_t)*n + (size_t)more + 1, sizeof *longer);
        if (!longer)
            return NULL;
        if (*n)
            memcpy(longer, all, (size_t)*n * sizeof *longer);
        memcpy(longer + *n, texts, (size_t)more * sizeof *longer);
        all = longer;
        *n += more;
    }
    return all;
}

const char **ln_h5_texts(ln_h5 *h, const char *path, const char *name, ln_arena *arena, int *n)
{
    attribute a;
    *n = 0;
    return find_attribute(h, path, name, &a) ? read_texts(h, &a, arena, n)
                                             : chunked_texts(h, path, name, arena, n);
}

/* ---- arrays ---- */

static float float_of_half(uint16_t v)
{
    const int exponent = v >> 10 & 31, mantissa = v & 1023;
    const uint32_t sign = (uint32_t)(v >> 15) << 31;
    uint32_t bits = sign | (uint32_t)(exponent + 112) << 23 | (uint32_t)mantissa << 13;
    float f;
    if (exponent == 31)
        bits = sign | 0x7f800000U | (uint32_t)mantissa << 13;
    memcpy(&f, &bits, sizeof f);
    if (exponent == 0)
        f = (float)mantissa / 16777216.0F * (v >> 15 ? -1.0F : 1.0F);
    return f;
}

static float number_at(const uint8_t *x, const ln_h5_type *t, bool brain)
{
    uint64_t v = 0;
    float f;
    double d;
    for (uint32_t i = 0; i < t->size; i++)
        v |= (uint64_t)x[t->big ? t->size - 1 - i : i] << (8 * i);
    const uint32_t word = (uint32_t)(brain ? v << 16 : v);
    if (t->kind == LN_H5_INTEGER && !brain) {
        const int shift = 64 - 8 * (int)t->size;
        return t->is_signed ? (float)((int64_t)(v << shift) >> shift) : (float)v;
    }
    if (t->size == 2 && !brain)
        return float_of_half((uint16_t)v);
    memcpy(&f, &word, sizeof f);
    memcpy(&d, &v, sizeof d);
    return t->size == 8 ? (float)d : f;
}

static const float *to_floats(const uint8_t *bytes, const ln_h5_type *t, size_t count, bool brain,
                              ln_arena *arena)
{
    float *y = ln_arena_new(arena, count + 1, sizeof *y);
    for (size_t i = 0; y && i < count; i++)
        y[i] = number_at(bytes + i * t->size, t, brain);
    return y;
}

ln_status ln_h5_floats(ln_h5 *h, const char *path, ln_arena *arena, ln_shape *shape,
                       const float **values, ln_diag *diag)
{
    uint64_t object;
    ln_h5_cursor c;
    ln_h5_type t;
    ln_h5_space s;
    *values = NULL;
    if (!find(h, path, &object))
        return ln_fail(diag, LN_ERR_NOT_FOUND, "the file has no weight %s", path);
    if (!ln_h5_message(h, object, LN_H5_DATATYPE, &c) || !ln_h5_read_type(&c, &t) ||
        t.kind > LN_H5_FLOAT || !ln_h5_message(h, object, LN_H5_DATASPACE, &c) ||
        !ln_h5_read_space(&c, &s) || s.rank > LN_MAX_RANK)
        return ln_fail(diag, LN_ERR_FORMAT, "%s is no array of numbers", path);
    shape->rank = s.rank;
    for (int i = 0; i < s.rank; i++)
        shape->dim[i] = (int)s.dim[i];
    const uint8_t *bytes =
        ln_h5_spend(h, s.count * sizeof(float)) ? ln_h5_array(h, object, &t, &s, arena) : NULL;
    if (!bytes)
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "%s cannot be read: it is damaged, lies in another file, or is stored in a "
                       "way that Keras does not use",
                       path);
    const char *kept = ln_h5_text(h, path, "dtype", arena); /* bfloat16 is stored as uint16 */
    const bool brain = kept && t.size == 2 && strcmp(kept, "bfloat16") == 0;
    *values = to_floats(bytes, &t, (size_t)s.count, brain, arena);
    return *values ? LN_OK : LN_ERR_MEMORY;
}
