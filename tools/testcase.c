/* SPDX-License-Identifier: Apache-2.0 */
/* testcase.c: case.json and the arrays beside it. */
#include "testcase.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/tool.h"

static const char golden_tail[] = ".golden.zip";

static char *case_name(const char *path, const char *prefix)
{
    const char *base = tool_basename(path);
    const char *tail = tool_ends_with(base, golden_tail) ? golden_tail : ".zip";
    size_t n = strlen(base);
    if (tool_ends_with(base, tail))
        n -= strlen(tail);
    const size_t m = strlen(prefix);
    return tool_format("%.*s%s%.*s", (int)n, base, m ? "/" : "", (int)(m ? m - 1 : 0), prefix);
}

/* The names in a list, or the keys of an object ("ADD@2": 1), joined by commas. */
static char *joined(const cJSON *items)
{
    char *text = tool_copy("");
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        const char *word = cJSON_IsString(item) ? item->valuestring : item->string;
        char *longer = tool_format("%s%s%s", text, *text ? "," : "", word ? word : "?");
        tool_free(text);
        text = longer;
    }
    return text;
}

static double number(const cJSON *parent, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, key);
    return cJSON_IsNumber(item) && item->valuedouble > 0 ? item->valuedouble : 0;
}

static void read_tags(testcase *t, const cJSON *json)
{
    const cJSON *tag;
    cJSON_ArrayForEach(tag, cJSON_GetObjectItemCaseSensitive(json, "tags"))
    {
        if (cJSON_IsString(tag) && strcmp(tag->valuestring, "random") == 0)
            t->random = true;
    }
}

static bool lists(const cJSON *items, const char *word)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        const char *name = cJSON_IsString(item) ? item->valuestring : item->string;
        if (name && strncmp(name, word, strlen(word)) == 0)
            return true;
    }
    return false;
}

/* Where activations are rounded to 8 bits between float operators, a sum that differs in its last
 * bit may round to the next step, whose trace in the output no tolerance of the case foresees.
 * How far TensorFlow Lite's own two sets of kernels are from each other, where that was recorded,
 * says how large such traces are; four times that is allowed, since both are matters of chance. */
static void widen(testcase *t, const cJSON *json)
{
    const cJSON *recorded = cJSON_GetObjectItemCaseSensitive(json, "max_abs_diff"), *off;
    if (!lists(cJSON_GetObjectItemCaseSensitive(json, "dtypes"), "INT8") ||
        lists(cJSON_GetObjectItemCaseSensitive(json, "ops"), "QUANTIZE"))
        return;
    cJSON_ArrayForEach(off, cJSON_GetObjectItemCaseSensitive(recorded, "ref_vs_xnnpack"))
    {
        if (cJSON_IsNumber(off))
            t->abs = fmax(t->abs, 4 * off->valuedouble);
    }
}

/* Takes over what the .npy file cannot say: the type where its items have another width's name
 * (bfloat16, int4), and the shape of strings. */
static bool refine(value *v, const cJSON *json, const char *what, int i, char *error)
{
    char key[32];
    snprintf(key, sizeof key, "%s_types", what);
    const cJSON *type = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, key), i);
    if (cJSON_IsString(type)) {
        const TfLiteType t = value_type_of_name(type->valuestring);
        if (value_item_bytes(t) != value_item_bytes(v->type)) {
            snprintf(error, TESTCASE_ERROR, "%s %d is stored as %s, but case.json says %s", what, i,
                     value_type_name(v->type), type->valuestring);
            return false;
        }
        v->type = t;
    }
    if (v->type != kTfLiteString)
        return true;
    snprintf(key, sizeof key, "%s_shapes", what);
    const cJSON *shape = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, key), i);
    const cJSON *dim;
    size_t count = 1;
    int rank = 0, dims[VALUE_MAX_RANK];
    cJSON_ArrayForEach(dim, shape)
    {
        if (rank == VALUE_MAX_RANK || !cJSON_IsNumber(dim) || dim->valueint < 0)
            return true;
        dims[rank++] = dim->valueint;
        count *= (size_t)dim->valueint;
    }
    if (cJSON_IsArray(shape) && count == v->count) {
        memcpy(v->dims, dims, sizeof dims);
        v->rank = rank;
    }
    return true;
}

/* Reads inK or outK, whichever form it has; 0: there is none, 1: read, -1: an error. */
static int read_value(value *v, archive *a, const char *prefix, const char *what, int i,
                      char *error)
{
    char why[160] = "unreadable";
    for (int strings = 0; strings < 2; strings++) {
        char *name = tool_format("%s%s%d.%s", prefix, what, i, strings ? "strs" : "npy");
        size_t n = 0;
        uint8_t *data = archive_has(a, name) ? archive_read(a, name, &n) : NULL;
        const bool there = archive_has(a, name);
        const bool ok = data && (strings ? value_from_strs : value_from_npy)(v, data, n, why);
        if (there && !ok)
            snprintf(error, TESTCASE_ERROR, "%s: %s", name, why);
        tool_free(data);
        tool_free(name);
        if (there)
            return ok ? 1 : -1;
    }
    return 0;
}

static bool read_values(value *values, int *n, archive *a, const char *prefix, const char *what,
                        const cJSON *json, char *error)
{
    const char *const key = strcmp(what, "in") == 0 ? "input" : "output";
    for (*n = 0; *n < TESTCASE_MAX_OPERANDS; (*n)++) {
        const int got = read_value(&values[*n], a, prefix, what, *n, error);
        if (got <= 0)
            return got == 0;
        if (!refine(&values[*n], json, key, *n, error)) {
            (*n)++;
            return false;
        }
    }
    return true;
}

static bool read_model(testcase *t, archive *a, const char *path, const char *prefix, char *error)
{
    char *name = tool_format("%smodel.tflite", prefix);
    t->model = archive_read(a, name, &t->model_bytes);
    tool_free(name);
    if (!t->model && tool_ends_with(path, golden_tail)) {
        name = tool_format("%.*s.tflite", (int)(strlen(path) - strlen(golden_tail)), path);
        t->model = tool_read_file(name, &t->model_bytes);
        tool_free(name);
    }
    if (!t->model)
        snprintf(error, TESTCASE_ERROR, "the case has no model.tflite");
    return t->model != NULL;
}

bool testcase_read(testcase *t, archive *a, const char *path, const char *prefix, bool with_data,
                   char *error)
{
    memset(t, 0, sizeof *t);
    t->name = case_name(path, prefix);
    size_t n;
    char *entry = tool_format("%scase.json", prefix);
    uint8_t *text = archive_read(a, entry, &n);
    cJSON *json = text ? cJSON_ParseWithLength((const char *)text, n) : NULL;
    tool_free(entry);
    tool_free(text);
    if (!cJSON_IsObject(json)) {
        snprintf(error, TESTCASE_ERROR, "case.json is no JSON object");
        cJSON_Delete(json);
        return false;
    }
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(json, "params");
    const cJSON *tolerance = cJSON_GetObjectItemCaseSensitive(json, "tolerance");
    t->params = tool_copy(cJSON_IsString(params) ? params->valuestring : "");
    t->ops = joined(cJSON_GetObjectItemCaseSensitive(json, "ops"));
    t->abs = number(tolerance, "abs");
    t->rel = number(tolerance, "rel");
    t->lsb = (uint64_t)fmin(number(tolerance, "lsb"), 1e9);
    widen(t, json);
    read_tags(t, json);
    const bool ok = !with_data || (read_values(t->in, &t->n_in, a, prefix, "in", json, error) &&
                                   read_values(t->out, &t->n_out, a, prefix, "out", json, error) &&
                                   read_model(t, a, path, prefix, error));
    cJSON_Delete(json);
    return ok;
}

void testcase_free(testcase *t)
{
    for (int i = 0; i < TESTCASE_MAX_OPERANDS; i++) {
        value_free(&t->in[i]);
        value_free(&t->out[i]);
    }
    tool_free(t->model);
    tool_free(t->ops);
    tool_free(t->params);
    tool_free(t->name);
    memset(t, 0, sizeof *t);
}
