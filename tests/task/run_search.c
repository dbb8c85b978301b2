/* SPDX-License-Identifier: Apache-2.0 */
/* run_search.c: expected results of searchers.  A case without a model gives its vector as a text
 * of a message, with a line "value_float: X" for each value. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "fixtures.h"
#include "linnet/task/search.h"
#include "task/index.h"

enum { MAX_VECTOR = 4096 };

/* Both ways to write a neighbor: a pair, or an object. */
static verdict compare(const fixture *f, const ln_search_result *r, double tolerance)
{
    const cJSON *list = item_of(f->expected, "nearest_neighbors"), *item;
    int i = 0;
    if (r->n != cJSON_GetArraySize(list))
        return fixture_fail(f, "%d neighbors, not %d", r->n, cJSON_GetArraySize(list));
    cJSON_ArrayForEach(item, list)
    {
        const bool pair = cJSON_IsArray(item);
        const char *name =
            pair ? cJSON_GetArrayItem(item, 0)->valuestring : text_of(item, "metadata");
        const double distance =
            pair ? cJSON_GetArrayItem(item, 1)->valuedouble : number_of(item, "distance", -1);
        const ln_neighbor *n = &r->neighbors[i];
        if (strcmp(n->metadata, name) != 0 || n->size != strlen(name))
            return fixture_fail(f, "neighbor %d is %s, not %s", i, n->metadata, name);
        if (!is_near((double)n->distance, distance, tolerance))
            return fixture_fail(f, "%s has the distance %.8f, not %.8f", name, (double)n->distance,
                                distance);
        i++;
    }
    return i > 0 ? PASSED : fixture_fail(f, "no neighbor is expected");
}

static int read_vector(const char *path, float *to)
{
    char line[200];
    int n = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *value = strstr(line, "value_float:");
        if (value && n < MAX_VECTOR)
            to[n++] = strtof(value + 12, NULL);
    }
    if (file)
        fclose(file);
    return n;
}

static verdict search_index(const fixture *f)
{
    static float query[MAX_VECTOR];
    const int n = read_vector(fixture_input(f, text_of(f->input, "embedding_pbtxt")), query);
    const char *path = fixture_input(f, text_of(f->input, "index"));
    ln_diag diag = {0};
    ln_task_error error;
    ln_index index;
    ln_file file;
    verdict v;
    if (ln_file_open(&file, path, &ln_alloc_default, &diag) != LN_OK)
        return fixture_fail(f, "%s", diag.text);
    if (ln_index_read(&index, file.data, file.size, &diag) != LN_OK) {
        v = fixture_fail(f, "%s", diag.text);
    } else if (n != index.dimension) {
        v = fixture_fail(f, "%d values, the index has %d", n, index.dimension);
    } else {
        ln_search_result *r = ln_index_search(&index, query, 5, &error);
        v = r ? compare(f, r, number_of(f->tolerance, "distance", 0))
              : fixture_fail(f, "%s", error.message);
        ln_search_result_free(r);
    }
    ln_index_deinit(&index);
    ln_file_close(&file);
    return v;
}

/* The recorded run normalized, though its options do not say so: without, the same library gives
 * distances of 0.8897. */
static verdict search_text(const fixture *f)
{
    const ln_text_options o = {.base = {.model_path = f->model, .delegate = "none"},
                               .embedding.l2_normalize = true};
    ln_task_error error = {0};
    ln_text_searcher *s = ln_text_searcher_create(&o, NULL, &error);
    ln_search_result *r = s ? ln_text_search(s, text_of(f->input, "text"), &error) : NULL;
    verdict v = r ? compare(f, r, 1e-6) : fixture_fail(f, "%s", error.message);
    if (v == PASSED) {
        char quoted[100];
        size_t size;
        const char *info = ln_text_searcher_info(s, &size);
        snprintf(quoted, sizeof quoted, "'%.*s'", (int)size, info);
        if (strcmp(quoted, text_of(f->expected, "user_info")) != 0)
            v = fixture_fail(f, "the index says %s of itself", quoted);
    }
    ln_search_result_free(r);
    ln_text_searcher_free(s);
    return v;
}

verdict run_search(const fixture *f, const char *task)
{
    return strcmp(task, "text_searcher") == 0 ? search_text(f) : search_index(f);
}
