/* SPDX-License-Identifier: Apache-2.0 */
/* index.c: reads an index: a table with the entries INDEX_CONFIG (a message, below), E_0, E_1, ...
 * (partitions: vectors or codes), M_0, M_1, ... (what belongs to an item) and USER_INFO.
 *
 *   config      1: search   2: type (1: floats, 2: codes)   3: width   4: first item per partition
 *   search      1: distance   2: indexer { 1: hashing }   3: partitioner
 *   partitioner 1: leaf { 1: center }   2: fraction to search   3: distance
 *   hashing     1: part { 1: code { 1: vector } }   2: distance   3: lookup type
 *
 * The numbers are those of index_config.proto and serialized_searcher.proto of tflite-support. */
#include "task/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/proto.h"

enum { MAX_WIDTH = 1 << 20, MAX_LOOKUP = 2, FLOATS = 1, CODES = 2, MAX_CODES = 256 };

/* ---- messages ---- */

/* A reader of what is inside of a message; false when it cannot be. */
typedef bool (*field_reader)(ln_index *index, const ln_proto_field *f);

static bool read_fields(ln_index *index, const ln_proto_field *message, field_reader read)
{
    ln_proto r = ln_proto_inside(message);
    bool ok = true;
    for (ln_proto_field f; ok && ln_proto_next(&r, &f);)
        ok = read(index, &f);
    return ok && !r.bad;
}

static bool add_float(ln_vectors *v, const uint8_t *p)
{
    const uint32_t bits = ln_proto_le32(p);
    if (!ln_grow(&ln_alloc_default, (void **)&v->at, &v->capacity, v->n, sizeof *v->at))
        return false;
    memcpy(&v->at[v->n++], &bits, sizeof bits);
    return true;
}

/* Adds a vector: field 1 of a message, packed or one by one. */
static bool add_vector(ln_vectors *v, const ln_proto_field *message, int *length)
{
    const size_t before = v->n;
    ln_proto r = ln_proto_inside(message);
    bool ok = true;
    for (ln_proto_field f; ok && ln_proto_next(&r, &f);) {
        const bool floats = f.number == 1 && (f.wire == LN_PROTO_BYTES || f.wire == LN_PROTO_32);
        ok = f.number != 1 || (floats && f.value % 4 == 0);
        for (uint64_t i = 0; ok && floats && i < f.value; i += 4)
            ok = add_float(v, f.data + i);
    }
    *length = (int)(v->n - before);
    v->count++;
    return ok && !r.bad && v->n - before > 0 && v->n - before <= MAX_WIDTH;
}

static bool set_distance(ln_distance *to, const ln_proto_field *f)
{
    *to = (ln_distance)f->value;
    return f->wire == LN_PROTO_VARINT && f->value <= LN_DISTANCE_UNSAID;
}

static bool read_partitioner(ln_index *index, const ln_proto_field *f)
{
    int length;
    switch (f->number) {
    case 1:
        if (!add_vector(&index->centers, f, &length) ||
            (index->centers.count > 1 && length != index->centers.length))
            return false;
        index->centers.length = length;
        return true;
    case 2:
        index->fraction = ln_proto_float(f);
        return index->fraction > 0;
    case 3:
        return set_distance(&index->center_distance, f);
    default:
        return true;
    }
}

/* A part's codes join index->book; `vectors` keeps them until their number is known. */
typedef struct part {
    ln_vectors vectors;
    int length;
} part;

static bool read_part(part *p, const ln_proto_field *message)
{
    ln_proto r = ln_proto_inside(message);
    int length;
    bool ok = true;
    for (ln_proto_field f; ok && ln_proto_next(&r, &f);) {
        if (f.number != 1)
            continue;
        ok = add_vector(&p->vectors, &f, &length) &&
             (p->vectors.count == 1 || length == p->length) && p->vectors.count <= MAX_CODES;
        p->length = length;
    }
    return ok && !r.bad && p->vectors.count > 0;
}

/* Appends a part to the codebook; the arrays grow in the arena, twice as large each time. */
static bool add_part(ln_index *index, const part *p, ln_vectors *all)
{
    ln_codebook *b = &index->book;
    if (b->parts && p->vectors.count != b->codes)
        return false;
    for (size_t i = 0; i < p->vectors.n; i++) {
        if (!ln_grow(&ln_alloc_default, (void **)&all->at, &all->capacity, all->n, sizeof *all->at))
            return false;
        all->at[all->n++] = p->vectors.at[i];
    }
    b->codes = p->vectors.count;
    b->lengths[b->parts++] = p->length;
    b->dimension += p->length;
    return b->dimension <= MAX_WIDTH;
}

static int count_fields(const ln_proto_field *message, int number)
{
    ln_proto r = ln_proto_inside(message);
    int n = 0;
    for (ln_proto_field f; ln_proto_next(&r, &f);)
        n += f.number == number;
    return n;
}

static bool read_hashing_fields(ln_index *index, const ln_proto_field *message, ln_vectors *all)
{
    ln_proto r = ln_proto_inside(message);
    bool ok = true;
    for (ln_proto_field f; ok && ln_proto_next(&r, &f);) {
        if (f.number == 1) {
            part p = {0};
            ok = read_part(&p, &f) && add_part(index, &p, all);
            ln_free(&ln_alloc_default, p.vectors.at);
        } else if (f.number == 2) {
            ok = set_distance(&index->hash_distance, &f);
        } else if (f.number == 3) {
            ok = f.wire == LN_PROTO_VARINT && f.value <= INT32_MAX;
            index->book.lookup = (int)f.value;
        }
    }
    return ok && !r.bad;
}

static bool read_hashing(ln_index *index, const ln_proto_field *f)
{
    ln_codebook *b = &index->book;
    ln_vectors all = {0};
    if (f->number != 1)
        return true;
    if (b->parts)
        return false;
    index->hash_distance = LN_DISTANCE_SQUARED;
    b->lengths = ln_arena_new(&index->arena, (size_t)count_fields(f, 1) + 1, sizeof *b->lengths);
    const bool ok = b->lengths && read_hashing_fields(index, f, &all) && b->parts > 0;
    if (ok) {
        b->at = ln_arena_copy(&index->arena, all.at, all.n * sizeof *all.at);
        b->distances =
            ln_arena_new(&index->arena, (size_t)b->parts * (size_t)b->codes, sizeof *b->distances);
    }
    ln_free(&ln_alloc_default, all.at);
    return ok && b->at && b->distances;
}

static bool read_search(ln_index *index, const ln_proto_field *f)
{
    switch (f->number) {
    case 1:
        return set_distance(&index->distance, f);
    case 2:
        index->hashed = true;
        return read_fields(index, f, read_hashing);
    case 3:
        return read_fields(index, f, read_partitioner);
    default:
        return true;
    }
}

static bool add_first(ln_index *index, uint64_t value, size_t *capacity)
{
    if (value > INT32_MAX || !ln_grow(&ln_alloc_default, (void **)&index->firsts, capacity,
                                      index->n_firsts, sizeof *index->firsts))
        return false;
    index->firsts[index->n_firsts++] = (uint32_t)value;
    return true;
}

/* Numbers of first items, packed or one by one. */
static bool read_firsts(ln_index *index, const ln_proto_field *f, size_t *capacity)
{
    ln_proto all = ln_proto_inside(f);
    if (f->wire == LN_PROTO_VARINT)
        return add_first(index, f->value, capacity);
    while (!all.bad && all.p < all.end) {
        const uint64_t value = ln_proto_varint(&all);
        if (!all.bad && !add_first(index, value, capacity))
            return false;
    }
    return !all.bad;
}

static ln_status read_config(ln_index *index, int *type, ln_diag *diag)
{
    const ln_leveldb_entry *e =
        ln_leveldb_find(&index->table, "INDEX_CONFIG", strlen("INDEX_CONFIG"));
    size_t capacity = 0;
    bool ok = true;

    if (!e)
        return ln_fail(diag, LN_ERR_FORMAT, "Unable to find key in the index: INDEX_CONFIG");
    ln_proto r = ln_proto_of(e->value, e->n_value);
    for (ln_proto_field f; ok && ln_proto_next(&r, &f);) {
        if (f.number == 1)
            ok = read_fields(index, &f, read_search);
        else if (f.number == 2)
            *type = (int)LN_MIN(f.value, (uint64_t)100);
        else if (f.number == 3)
            index->width = (int)LN_MIN(f.value, (uint64_t)MAX_WIDTH + 1);
        else if (f.number == 4)
            ok = read_firsts(index, &f, &capacity);
    }
    return ok && !r.bad ? LN_OK : ln_fail(diag, LN_ERR_FORMAT, "Unable to parse IndexConfig proto");
}

/* ---- what the Task Library demands of a configuration ----
 * What does not fit is LN_ERR_ARGUMENT; damage to the table is LN_ERR_FORMAT. */

static ln_status check_distance(ln_index *index, ln_diag *diag)
{
    const bool parted = index->centers.count > 0;
    if (index->distance == LN_DISTANCE_UNSAID) {
        if (!index->hashed && !parted)
            return ln_fail(diag, LN_ERR_ARGUMENT,
                           "ScaNN config does not provide mandatory DistanceMeasure.");
        index->distance = index->hashed ? index->hash_distance : index->center_distance;
        if (parted && index->distance != index->center_distance)
            return ln_fail(diag, LN_ERR_ARGUMENT,
                           "The DistanceMeasure of the ScaNN config differs from the one found in "
                           "the partitioner config.");
    }
    if (index->distance == LN_DISTANCE_UNSAID ||
        (index->hashed && index->hash_distance == LN_DISTANCE_UNSAID) ||
        (parted && index->center_distance == LN_DISTANCE_UNSAID))
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "UNSPECIFIED is not a valid value for ScaNN config DistanceMeasure.");
    return LN_OK;
}

static ln_status check_config(ln_index *index, int type, ln_diag *diag)
{
    if (type != FLOATS && type != CODES)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "Invalid IndexConfig: embedding_type must be FLOAT or UINT8, not %d.", type);
    if ((type == CODES) != index->hashed)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       type == FLOATS
                           ? "Invalid IndexConfig: embedding_type is set to FLOAT but ScaNN config "
                             "specifies a product quantization codebook."
                           : "Invalid IndexConfig: embedding_type is set to UINT8 but ScaNN config "
                             "doesn't specify a product quantization codebook.");
    if (index->width < 1 || index->width > MAX_WIDTH)
        return ln_fail(diag, LN_ERR_ARGUMENT, "Invalid IndexConfig: embedding_dim is %d.",
                       index->width);
    if (index->hashed && index->width != index->book.parts)
        return ln_fail(diag, LN_ERR_ARGUMENT, "the index has codes of %d parts, its codebook %d",
                       index->width, index->book.parts);
    if (index->book.lookup > MAX_LOOKUP)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "the index wants lookups of type %d",
                       index->book.lookup);
    index->dimension = index->hashed ? index->book.dimension : index->width;
    if (index->centers.count && index->centers.length != index->dimension)
        return ln_fail(diag, LN_ERR_ARGUMENT, "the centers of partitions have %d values, not %d",
                       index->centers.length, index->dimension);
    return check_distance(index, diag);
}

static ln_status find_leaves(ln_index *index, ln_diag *diag)
{
    const size_t bytes = (size_t)index->width * (index->hashed ? 1 : sizeof(float));
    const size_t n = (size_t)LN_MAX(1, index->centers.count);
    char key[24];

    index->n_leaves = (int)n;
    index->leaves = ln_arena_new(&index->arena, n, sizeof *index->leaves);
    index->order = ln_arena_new(&index->arena, n, sizeof *index->order);
    index->nearness = ln_arena_new(&index->arena, n, sizeof *index->nearness);
    index->row = ln_arena_new(&index->arena, (size_t)index->width, sizeof *index->row);
    if (!index->leaves || !index->order || !index->nearness || !index->row)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for an index");
    if (index->n_firsts < n)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "the index names the first items of %zu partitions "
                       "and has %zu",
                       index->n_firsts, n);
    for (size_t i = 0; i < n; i++) {
        snprintf(key, sizeof key, "E_%zu", i);
        const ln_leveldb_entry *e = ln_leveldb_find(&index->table, key, strlen(key));
        if (!e)
            return ln_fail(diag, LN_ERR_FORMAT, "Unable to find key in the index: %s", key);
        if (e->n_value % bytes != 0 || e->n_value / bytes > (size_t)INT32_MAX - index->firsts[i])
            return ln_fail(diag, LN_ERR_FORMAT,
                           "partition %zu of the index has %zu bytes, which "
                           "are no items of %zu",
                           i, e->n_value, bytes);
        index->leaves[i] = (ln_leaf){e->value, (int)(e->n_value / bytes), (int)index->firsts[i]};
    }
    index->n_wanted = (int)fminf(ceilf((float)n * index->fraction), (float)n);
    return LN_OK;
}

static const ln_leveldb_kind table = {"Unable to open levelDB table: the index", 64, false};

ln_status ln_index_read(ln_index *index, const uint8_t *data, size_t n, ln_diag *diag)
{
    int type = 0;
    *index = (ln_index){.fraction = 1, .distance = LN_DISTANCE_UNSAID};
    ln_arena_init(&index->arena, &ln_alloc_default);
    LN_TRY(ln_leveldb_read(&index->table, data, n, &table, &index->arena, diag));
    LN_TRY(read_config(index, &type, diag));
    LN_TRY(check_config(index, type, diag));
    return find_leaves(index, diag);
}

void ln_index_deinit(ln_index *index)
{
    if (!index->arena.alloc)
        return;
    ln_free(&ln_alloc_default, index->firsts);
    ln_free(&ln_alloc_default, index->centers.at);
    ln_arena_deinit(&index->arena);
}

const char *ln_index_info(const ln_index *index, size_t *size)
{
    const ln_leveldb_entry *e = ln_leveldb_find(&index->table, "USER_INFO", strlen("USER_INFO"));
    *size = e ? e->n_value : 0;
    return e ? (const char *)e->value : "";
}
