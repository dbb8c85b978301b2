/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.c: the nearest items of an index: the partitions with the nearest centers, and in them
 * each item. */
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "media/score.h"
#include "task/index.h"
#include "task/task.h"

/* The nearest items so far, nearest first; of equal ones the first. */
typedef struct nearest {
    int n, most;
    struct found {
        float distance;
        int item;
    } * at;
} nearest;

static float distance_of(ln_distance kind, const float *a, const float *b, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++) {
        const float d = a[i] - b[i];
        sum += kind == LN_DISTANCE_DOT ? -a[i] * b[i] : d * d;
    }
    return sum;
}

static bool is_nearer(const struct found *a, float distance, int item)
{
    return a->distance < distance || (a->distance == distance && a->item < item);
}

static void consider(nearest *to, float distance, int item)
{
    int i = to->n;
    if (!(distance < FLT_MAX)) /* NaN, too */
        return;
    if (i == to->most) {
        if (i == 0 || is_nearer(&to->at[i - 1], distance, item))
            return;
        i--;
    } else {
        to->n++;
    }
    for (; i > 0 && !is_nearer(&to->at[i - 1], distance, item); i--)
        to->at[i] = to->at[i - 1];
    to->at[i] = (struct found){distance, item};
}

static void search_vectors(const ln_index *index, const ln_leaf *leaf, const float *query,
                           nearest *to)
{
    const size_t bytes = (size_t)index->width * sizeof(float);
    for (int i = 0; i < leaf->items; i++) {
        memcpy(index->row, leaf->data + (size_t)i * bytes, bytes);
        consider(to, distance_of(index->distance, query, index->row, index->width),
                 leaf->first + i);
    }
}

/* Distances between the query's parts and all codes, rounded as the lookup type says: down to one
 * of 2047 or 255 steps, which then stand for their middles. */
static void fill_distances(const ln_index *index, const float *query)
{
    static const float steps[] = {0, 2047, 255};
    const ln_codebook *b = &index->book;
    const int n = b->parts * b->codes;
    const float *code = b->at;
    float low = FLT_MAX, high = -FLT_MAX;

    for (int i = 0; i < n; i++) {
        const int length = b->lengths[i / b->codes];
        b->distances[i] = distance_of(index->hash_distance, query, code, length);
        low = LN_MIN(low, b->distances[i]);
        high = LN_MAX(high, b->distances[i]);
        code += length;
        if ((i + 1) % b->codes == 0)
            query += length;
    }
    if (b->lookup == 0)
        return;
    const float most = steps[b->lookup], scale = most / LN_MAX(high - low, FLT_EPSILON);
    const float step = (high - low) / most;
    for (int i = 0; i < n; i++)
        b->distances[i] = step * (float)(int)(scale * (b->distances[i] - low)) + (low + step / 2);
}

static void search_codes(const ln_index *index, const ln_leaf *leaf, nearest *to)
{
    const ln_codebook *b = &index->book;
    const uint8_t *code = leaf->data;
    for (int i = 0; i < leaf->items; i++, code += b->parts) {
        float sum = 0;
        bool known = true;
        for (int k = 0; k < b->parts; k++) {
            known &= code[k] < b->codes;
            sum += known ? b->distances[k * b->codes + code[k]] : 0;
        }
        if (known)
            consider(to, sum, leaf->first + i);
    }
}

static void order_leaves(ln_index *index, const float *query)
{
    const ln_vectors *c = &index->centers;
    for (int i = 0; i < index->n_leaves; i++)
        index->nearness[i] = c->count
                                 ? -distance_of(index->center_distance, query,
                                                c->at + (size_t)i * (size_t)c->length, c->length)
                                 : 0;
    ln_top_k(index->nearness, index->n_leaves, index->n_wanted, index->order);
}

static bool fill_result(const ln_index *index, const nearest *found, ln_search_result *result,
                        ln_arena *arena, ln_task_error *error)
{
    ln_neighbor *all = ln_arena_new(arena, (size_t)found->n + 1, sizeof *all);
    char key[24];
    if (!all)
        return ln_task_fail(error, kError, "No memory for %d neighbors.", found->n);
    for (int i = 0; i < found->n; i++) {
        snprintf(key, sizeof key, "M_%d", found->at[i].item);
        const ln_leveldb_entry *e = ln_leveldb_find(&index->table, key, strlen(key));
        if (!e)
            return ln_task_fail(error, kNotFoundError, "Unable to find key in the index: %s", key);
        const char *copy = ln_arena_string(arena, (const char *)e->value, e->n_value);
        if (!copy)
            return ln_task_fail(error, kError, "No memory for the metadata of an item.");
        all[i] = (ln_neighbor){copy, e->n_value, found->at[i].distance};
    }
    result->n = found->n;
    result->neighbors = all;
    return true;
}

ln_search_result *ln_index_search(ln_index *index, const float *query, int most,
                                  ln_task_error *error)
{
    ln_arena *arena;
    ln_search_result *result = ln_result_new(sizeof *result, &arena);
    nearest found = {0};
    size_t items = 0;

    order_leaves(index, query);
    for (int i = 0; i < index->n_wanted; i++)
        items += (size_t)index->leaves[index->order[i]].items;
    found.most = (int)LN_MIN((size_t)most, items);
    found.at = result ? ln_arena_new(arena, (size_t)found.most + 1, sizeof *found.at) : NULL;
    if (!found.at) {
        ln_search_result_free(result);
        ln_task_fail(error, kError, "No memory for a result.");
        return NULL;
    }
    if (index->hashed)
        fill_distances(index, query);
    for (int i = 0; i < index->n_wanted; i++) {
        const ln_leaf *leaf = &index->leaves[index->order[i]];
        if (index->hashed)
            search_codes(index, leaf, &found);
        else
            search_vectors(index, leaf, query, &found);
    }
    if (!fill_result(index, &found, result, arena, error)) {
        ln_search_result_free(result);
        return NULL;
    }
    return result;
}

void ln_search_result_free(ln_search_result *result)
{
    ln_result_free(result, sizeof *result);
}
