/* SPDX-License-Identifier: Apache-2.0 */
/* slices.c: partitioned variables of TensorFlow 1.  The checkpoint has one entry for the whole
 * variable, which lists its slices, and one with the values of each slice, under a key that its
 * name and place make up; what is asked for is the whole, or a part by itself. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "import/savedmodel/bundle.h"

enum { MAX_RANK = 8, MAX_SLICES = 1 << 12 };

typedef struct region {
    int rank;
    int64_t start[MAX_RANK], length[MAX_RANK];
} region;

/* ---- the key of a slice ---- */

typedef struct text {
    uint8_t *at;
    size_t n;
} text;

/* A number of at least 0 with as many leading bits set as it has bytes, and a sign bit. */
static void put_number(text *t, int64_t v)
{
    uint8_t bytes[10] = {0};
    int n = 1;
    for (int i = 0; i < 8; i++)
        bytes[9 - i] = (uint8_t)(v >> (8 * i));
    while (n < 10 && v >> LN_MIN(7 * n - 1, 63) != 0)
        n++;
    uint8_t *from = bytes + 10 - n;
    const unsigned mark = 0xffffu << (16 - n); /* n bits in two bytes */
    from[0] |= (uint8_t)(mark >> 8);
    if (n > 1)
        from[1] |= (uint8_t)mark;
    memcpy(t->at + t->n, from, (size_t)n);
    t->n += (size_t)n;
}

/* 0, the name (0 as 0 255 and 255 as 255 0), 0 1, the rank, start and length of each dimension; a
 * length of -1 is all. */
static text slice_key(ln_arena *arena, const char *name, size_t length, const Tf__TensorSlice *s)
{
    text t = {.at = ln_arena_new(arena, 2 * length + 32 + 20 * s->n_extent, 1)};
    if (!t.at)
        return t;
    t.at[t.n++] = 0;
    for (size_t i = 0; i < length; i++) {
        const uint8_t c = (uint8_t)name[i];
        t.at[t.n++] = c;
        if (c == 0 || c == 255)
            t.at[t.n++] = (uint8_t)~c;
    }
    t.at[t.n++] = 0;
    t.at[t.n++] = 1;
    t.at[t.n++] = s->n_extent > 0;
    if (s->n_extent > 0)
        t.at[t.n++] = (uint8_t)s->n_extent;
    for (size_t i = 0; i < s->n_extent; i++) {
        put_number(&t, s->extent[i]->start);
        if (s->extent[i]->length > 0)
            put_number(&t, s->extent[i]->length);
        else
            t.at[t.n++] = 0x7f;
    }
    return t;
}

/* ---- regions ---- */

/* False where it lies outside of the variable. */
static bool region_of(const Tf__TensorShape *shape, const Tf__TensorSlice *s, region *r)
{
    if (!shape || shape->n_dim > MAX_RANK || s->n_extent != shape->n_dim)
        return false;
    r->rank = (int)shape->n_dim;
    for (int d = 0; d < r->rank; d++) {
        const int64_t size = shape->dim[d]->size, start = s->extent[d]->start;
        r->start[d] = start;
        r->length[d] = s->extent[d]->length > 0 ? s->extent[d]->length : size;
        if (start < 0 || r->length[d] < 0 || start > size || r->length[d] > size - start ||
            size > INT32_MAX)
            return false;
    }
    return true;
}

/* What is asked for: the dimensions, a space behind each, then "start,length" or "-" for all, with
 * ":" between; nothing at all is the whole. */
static bool asked_region(const Tf__TensorShape *shape, const char *spec, region *r)
{
    const char *at = strrchr(spec, ' ');
    if (!shape || shape->n_dim > MAX_RANK)
        return false;
    r->rank = (int)shape->n_dim;
    at = at ? at + 1 : spec;
    for (int d = 0; d < r->rank; d++) {
        const int64_t size = shape->dim[d]->size;
        r->start[d] = 0;
        r->length[d] = size;
        if (*at == '-') {
            at++;
        } else if (*at) {
            char *end;
            r->start[d] = strtoll(at, &end, 10);
            if (*end != ',')
                return false;
            r->length[d] = strtoll(end + 1, &end, 10);
            at = end;
        }
        at += *at == ':';
        if (r->start[d] < 0 || r->length[d] < 0 || size < 0 || size > INT32_MAX ||
            r->start[d] > size || r->length[d] > size - r->start[d])
            return false;
    }
    return *at == 0;
}

static bool meet(const region *a, const region *b, region *out)
{
    out->rank = a->rank;
    for (int d = 0; d < a->rank; d++) {
        const int64_t end = LN_MIN(a->start[d] + a->length[d], b->start[d] + b->length[d]);
        out->start[d] = LN_MAX(a->start[d], b->start[d]);
        out->length[d] = end - out->start[d];
        if (out->length[d] <= 0)
            return false;
    }
    return true;
}

static bool count_of(const region *r, size_t *n)
{
    *n = 1;
    for (int d = 0; d < r->rank; d++)
        if (!ln_mul_size(*n, (size_t)r->length[d], n))
            return false;
    return true;
}

/* Where the point is in memory that holds the region. */
static size_t place(const region *r, const int64_t *point)
{
    size_t at = 0;
    for (int d = 0; d < r->rank; d++)
        at = at * (size_t)r->length[d] + (size_t)(point[d] - r->start[d]);
    return at;
}

/* Copies what both have, row by row. */
static void copy_region(const region *part, const region *from, const uint8_t *data,
                        const region *to, uint8_t *out, size_t size)
{
    int64_t at[MAX_RANK] = {0};
    const int last = part->rank - 1;
    memcpy(at, part->start, sizeof at);
    const size_t row = (last < 0 ? 1 : (size_t)part->length[last]) * size;
    for (int d = 0; d >= 0;) {
        memcpy(out + place(to, at) * size, data + place(from, at) * size, row);
        for (d = last - 1; d >= 0; d--) {
            if (++at[d] < part->start[d] + part->length[d])
                break;
            at[d] = part->start[d];
        }
    }
}

/* ---- values ---- */

typedef struct joined {
    const region *to;
    uint8_t *out; /* NULL: only count */
    size_t size;  /* of an item; 0: not known yet */
    size_t n;     /* items that are there */
} joined;

/* What the piece has of it. */
static ln_status take(joined *j, const region *from, const ln_bundle_tensor *piece,
                      const char *name, ln_diag *diag)
{
    size_t n, held;
    region part;
    if (!count_of(from, &held) || held == 0 || piece->size == 0 || piece->size % held != 0 ||
        (j->size && j->size != piece->size / held))
        return ln_fail(diag, LN_ERR_FORMAT, "a slice of %s has %zu bytes for %zu items", name,
                       piece->size, held);
    j->size = piece->size / held;
    if (!meet(from, j->to, &part))
        return LN_OK;
    if (!count_of(&part, &n) || !ln_add_size(j->n, n, &j->n))
        return ln_fail(diag, LN_ERR_FORMAT, "%s has too many items", name);
    if (j->out)
        copy_region(&part, from, piece->data, j->to, j->out, j->size);
    return LN_OK;
}

static ln_status visit(ln_bundle *b, const char *name, size_t length, const ln_bundle_tensor *whole,
                       joined *j, ln_diag *diag)
{
    const Tf__BundleEntry *entry = whole->entry;
    region from, part;
    if (entry->n_slices == 0 && asked_region(entry->shape, "", &from))
        return take(j, &from, whole, name, diag);
    for (size_t i = 0; i < entry->n_slices; i++) {
        ln_bundle_tensor piece;
        const text key = slice_key(b->arena, name, length, entry->slices[i]);
        if (!key.at)
            return LN_ERR_MEMORY;
        if (!region_of(entry->shape, entry->slices[i], &from))
            return ln_fail(diag, LN_ERR_FORMAT, "slice %zu of %s lies outside of it", i, name);
        if (!meet(&from, j->to, &part))
            continue;
        const ln_status found = ln_bundle_entry(b, (const char *)key.at, key.n, &piece, diag);
        if (found == LN_ERR_NOT_FOUND)
            return ln_fail(diag, LN_ERR_FORMAT, "the checkpoint lacks slice %zu of %s", i, name);
        LN_TRY(found);
        LN_TRY(take(j, &from, &piece, name, diag));
    }
    return LN_OK;
}

/* An entry as if what was put together had been stored by itself. */
static Tf__BundleEntry *made_up(ln_arena *arena, const Tf__BundleEntry *of, const region *r)
{
    Tf__BundleEntry *entry = ln_arena_new(arena, 1, sizeof *entry);
    Tf__TensorShape *shape = ln_arena_new(arena, 1, sizeof *shape);
    Tf__TensorShape__Dim **dims = ln_arena_new(arena, MAX_RANK, sizeof(Tf__TensorShape__Dim *));
    Tf__TensorShape__Dim *dim = ln_arena_new(arena, MAX_RANK, sizeof *dim);
    if (!entry || !shape || !dims || !dim)
        return NULL;
    *entry = *of;
    tf__tensor_shape__init(shape);
    for (int d = 0; d < r->rank; d++) {
        tf__tensor_shape__dim__init(&dim[d]);
        dim[d].size = r->length[d];
        dims[d] = &dim[d];
    }
    shape->n_dim = (size_t)r->rank;
    shape->dim = dims;
    entry->shape = shape;
    entry->n_slices = 0;
    return entry;
}

ln_status ln_bundle_join(ln_bundle *b, const char *name, size_t length, const char *spec,
                         ln_bundle_tensor *out, ln_diag *diag)
{
    const Tf__BundleEntry *entry = out->entry;
    region to = {0};
    joined j = {.to = &to};
    size_t n, bytes;
    if (!asked_region(entry->shape, spec, &to) || entry->n_slices > MAX_SLICES)
        return ln_fail(diag, LN_ERR_FORMAT, "%s has no slice \"%s\"", name, spec);
    LN_TRY(visit(b, name, length, out, &j, diag));
    if (!count_of(&to, &n) || j.n != n || !ln_mul_size(n, j.size, &bytes))
        return ln_fail(diag, LN_ERR_FORMAT, "the slices of %s have %zu items of %s", name, j.n,
                       spec[0] ? spec : "it");
    j.out = ln_arena_new(b->arena, 1, bytes + 1);
    j.n = 0;
    if (!j.out)
        return LN_ERR_MEMORY;
    LN_TRY(visit(b, name, length, out, &j, diag));
    out->entry = made_up(b->arena, entry, &to);
    out->data = j.out;
    out->joined = true;
    out->size = bytes;
    return out->entry ? LN_OK : LN_ERR_MEMORY;
}
