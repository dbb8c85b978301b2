/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: values of a layer's configuration. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"

/* ---- parsing: what JSON has no numbers for goes through it as something else ---- */

static const struct {
    const char *text, *as;
} beyond[] = {{"NaN", "\"\\u0001NaN\""}, {"Infinity", "1e999"}};

/* The text with such words replaced, outside of strings; how long it is.  `to` NULL: only that. */
static size_t replace(const char *text, size_t n, char *to)
{
    bool inside = false;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < LN_COUNTOF(beyond) &&
               (inside || n - i < strlen(beyond[k].text) ||
                memcmp(text + i, beyond[k].text, strlen(beyond[k].text)) != 0))
            k++;
        if (k < LN_COUNTOF(beyond)) {
            const size_t length = strlen(beyond[k].as);
            if (to)
                memcpy(to + at, beyond[k].as, length);
            at += length;
            i += strlen(beyond[k].text) - 1;
            continue;
        }
        const size_t step = inside && text[i] == '\\' && i + 1 < n ? 2 : 1;
        inside = (text[i] == '"') != inside;
        if (to)
            memcpy(to + at, text + i, step);
        at += step;
        i += step - 1;
    }
    return at;
}

static void give_nan(cJSON *item)
{
    if (cJSON_IsString(item) && strcmp(item->valuestring, "\001NaN") == 0) {
        cJSON_free(item->valuestring);
        item->valuestring = NULL;
        item->type = cJSON_Number;
        item->valuedouble = NAN;
    }
    for (cJSON *inner = item->child; inner; inner = inner->next)
        give_nan(inner);
}

cJSON *ln_json_parse(const char *text, size_t n, const ln_alloc *alloc)
{
    const size_t length = replace(text, n, NULL);
    if (length == n && !memchr(text, 'I', n)) /* NaN alone is longer */
        return cJSON_ParseWithLength(text, n);
    char *plain = ln_new(alloc, length + 1, 1);
    cJSON *item = NULL;
    if (plain) {
        replace(text, n, plain);
        item = cJSON_ParseWithLength(plain, length);
    }
    ln_free(alloc, plain);
    if (item)
        give_nan(item);
    return item;
}

/* ---- dictionaries in the order of their keys, by merging lists ---- */

static cJSON *merged(cJSON *a, cJSON *b)
{
    cJSON head = {.next = NULL}, *at = &head;
    while (a && b) {
        cJSON **least = strcmp(b->string, a->string) < 0 ? &b : &a;
        at = at->next = *least;
        *least = at->next;
    }
    at->next = a ? a : b;
    return head.next;
}

static cJSON *sorted(cJSON *list)
{
    cJSON *half = list, *end = list->next;
    if (!end)
        return list;
    for (; end && end->next; end = end->next->next)
        half = half->next;
    end = half->next;
    half->next = NULL;
    return merged(sorted(list), sorted(end));
}

void ln_json_sort(cJSON *item)
{
    cJSON *inner, *last = NULL;
    if (cJSON_IsObject(item) && item->child) {
        item->child = sorted(item->child);
        for (inner = item->child; inner; inner = inner->next) {
            inner->prev = last;
            last = inner;
        }
        item->child->prev = last;
    }
    cJSON_ArrayForEach(inner, item) ln_json_sort(inner);
}

/* ---- values ---- */

const cJSON *ln_json_get(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNull(item) ? NULL : item;
}

const char *ln_json_text(const cJSON *object, const char *key, const char *fallback)
{
    const char *text = cJSON_GetStringValue(ln_json_get(object, key));
    return text ? text : fallback;
}

double ln_json_number(const cJSON *object, const char *key, double fallback)
{
    const cJSON *item = ln_json_get(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

bool ln_json_is_int(const cJSON *item, int *value)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= -2147483647.0) ||
        !(item->valuedouble <= 2147483647.0))
        return false;
    *value = (int)item->valuedouble;
    return true;
}

int ln_json_int(const cJSON *object, const char *key, int fallback)
{
    int value;
    return ln_json_is_int(ln_json_get(object, key), &value) ? value : fallback;
}

bool ln_json_bool(const cJSON *object, const char *key, bool fallback)
{
    const cJSON *item = ln_json_get(object, key);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

int ln_json_ints(const cJSON *object, const char *key, int max, int *values)
{
    return ln_json_ints_of(ln_json_get(object, key), max, values);
}

int ln_json_ints_of(const cJSON *list, int max, int *values)
{
    const cJSON *item;
    int n = 0;
    if (ln_json_is_int(list, &values[0]))
        return 1;
    if (!cJSON_IsArray(list))
        return -1;
    cJSON_ArrayForEach(item, list)
    {
        if (n == max)
            return -1;
        if (cJSON_IsNull(item))
            values[n] = -1;
        else if (!ln_json_is_int(item, &values[n]))
            return -1;
        n++;
    }
    return n;
}

static bool count_numbers(const cJSON *item, int *n)
{
    const cJSON *inner;
    if (cJSON_IsNumber(item) || cJSON_IsBool(item)) {
        *n += 1;
        return true;
    }
    if (!cJSON_IsArray(item))
        return false;
    cJSON_ArrayForEach(inner, item) if (!count_numbers(inner, n)) return false;
    return true;
}

static float *copy_numbers(const cJSON *item, float *to)
{
    const cJSON *inner;
    if (!cJSON_IsArray(item)) {
        *to = cJSON_IsNumber(item) ? (float)item->valuedouble : (float)cJSON_IsTrue(item);
        return to + 1;
    }
    cJSON_ArrayForEach(inner, item) to = copy_numbers(inner, to);
    return to;
}

const float *ln_json_floats(const cJSON *item, ln_arena *arena, int *count)
{
    *count = 0;
    if (!item || !count_numbers(item, count)) {
        *count = -1;
        return NULL;
    }
    float *values = ln_arena_new(arena, (size_t)*count + 1, sizeof *values);
    if (values)
        copy_numbers(item, values);
    else
        *count = -1;
    return values;
}
