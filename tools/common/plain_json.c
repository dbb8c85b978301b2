/* SPDX-License-Identifier: Apache-2.0 */
/* plain_json.c: trees of JSON and their text (cjson/cJSON.h); plain_json_parse.c reads it. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "common/tool.h"

/* ---- trees ---- */

static cJSON *create(cJSON_kind type)
{
    cJSON *item = tool_new(1, sizeof *item);
    item->type = type;
    return item;
}

cJSON *cJSON_CreateObject(void)
{
    return create(cJSON_Object);
}

cJSON *cJSON_CreateArray(void)
{
    return create(cJSON_Array);
}

cJSON *cJSON_CreateNull(void)
{
    return create(cJSON_NULL);
}

double cJSON_SetNumberValue(cJSON *item, double number)
{
    item->valueint = number >= INT_MAX   ? INT_MAX
                     : number <= INT_MIN ? INT_MIN
                     : isnan(number)     ? 0
                                         : (int)number;
    return item->valuedouble = number;
}

cJSON *cJSON_CreateNumber(double number)
{
    cJSON *item = create(cJSON_Number);
    cJSON_SetNumberValue(item, number);
    return item;
}

cJSON *cJSON_CreateString(const char *text)
{
    cJSON *item = create(cJSON_String);
    item->valuestring = tool_copy(text);
    return item;
}

cJSON *cJSON_CreateIntArray(const int *numbers, int count)
{
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber(numbers[i]));
    return array;
}

cJSON *cJSON_CreateDoubleArray(const double *numbers, int count)
{
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateNumber(numbers[i]));
    return array;
}

void cJSON_Delete(cJSON *item)
{
    while (item) {
        cJSON *next = item->next;
        cJSON_Delete(item->child);
        tool_free(item->valuestring);
        tool_free(item->string);
        tool_free(item);
        item = next;
    }
}

bool cJSON_AddItemToArray(cJSON *array, cJSON *item)
{
    if (array->last)
        array->last->next = item;
    else
        array->child = item;
    array->last = item;
    return true;
}

bool cJSON_AddItemToObject(cJSON *object, const char *name, cJSON *item)
{
    item->string = tool_copy(name);
    return cJSON_AddItemToArray(object, item);
}

static cJSON *add(cJSON *object, const char *name, cJSON *item)
{
    cJSON_AddItemToObject(object, name, item);
    return item;
}

cJSON *cJSON_AddArrayToObject(cJSON *object, const char *name)
{
    return add(object, name, cJSON_CreateArray());
}

cJSON *cJSON_AddObjectToObject(cJSON *object, const char *name)
{
    return add(object, name, cJSON_CreateObject());
}

cJSON *cJSON_AddNumberToObject(cJSON *object, const char *name, double number)
{
    return add(object, name, cJSON_CreateNumber(number));
}

cJSON *cJSON_AddStringToObject(cJSON *object, const char *name, const char *text)
{
    return add(object, name, cJSON_CreateString(text));
}

cJSON *cJSON_AddBoolToObject(cJSON *object, const char *name, bool value)
{
    return add(object, name, create(value ? cJSON_True : cJSON_False));
}

cJSON *cJSON_GetObjectItemCaseSensitive(const cJSON *object, const char *name)
{
    cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (item->string && strcmp(item->string, name) == 0)
            return item;
    }
    return NULL;
}

bool cJSON_HasObjectItem(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name) != NULL;
}

int cJSON_GetArraySize(const cJSON *array)
{
    int n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array) n++;
    return n;
}

bool cJSON_IsNumber(const cJSON *item)
{
    return item && item->type == cJSON_Number;
}

bool cJSON_IsString(const cJSON *item)
{
    return item && item->type == cJSON_String;
}

bool cJSON_IsArray(const cJSON *item)
{
    return item && item->type == cJSON_Array;
}

bool cJSON_IsTrue(const cJSON *item)
{
    return item && item->type == cJSON_True;
}

/* ---- text ---- */

typedef struct text {
    char *chars;
    size_t used, room;
    bool layout; /* for people */
} text;

static void put(text *t, const char *chars, size_t n)
{
    if (t->room - t->used <= n) {
        t->room = 2 * (t->used + n) + 64;
        t->chars = tool_resize(t->chars, t->room, 1);
    }
    memcpy(t->chars + t->used, chars, n);
    t->used += n;
    t->chars[t->used] = '\0';
}

static void put_word(text *t, const char *word)
{
    put(t, word, strlen(word));
}

static void put_string(text *t, const char *string)
{
    static const char plain[] = "\"\\\b\f\n\r\t", escaped[] = "\"\\bfnrt";
    put(t, "\"", 1);
    for (; *string; string++) {
        const char *special = strchr(plain, *string);
        char code[8];
        if (special) {
            const char pair[] = {'\\', escaped[special - plain]};
            put(t, pair, sizeof pair);
        } else if ((unsigned char)*string < ' ') {
            snprintf(code, sizeof code, "\\u%04x", (unsigned char)*string);
            put_word(t, code);
        } else {
            put(t, string, 1);
        }
    }
    put(t, "\"", 1);
}

/* With 15 digits, or 17 where those are not the same number, but for its last bit.  What is no
 * number is null. */
static void put_number(text *t, double v)
{
    char digits[32];
    if (!isfinite(v)) {
        put_word(t, "null");
        return;
    }
    snprintf(digits, sizeof digits, "%1.15g", v);
    const double again = strtod(digits, NULL);
    if (fabs(again - v) > fmax(fabs(again), fabs(v)) * DBL_EPSILON)
        snprintf(digits, sizeof digits, "%1.17g", v);
    put_word(t, digits);
}

static void put_tabs(text *t, int n)
{
    for (int i = 0; t->layout && i < n; i++)
        put(t, "\t", 1);
}

static void put_item(text *t, const cJSON *item, int depth);

static void put_members(text *t, const cJSON *object, int depth)
{
    const cJSON *item;
    put_word(t, t->layout ? "{\n" : "{");
    cJSON_ArrayForEach(item, object)
    {
        put_tabs(t, depth + 1);
        put_string(t, item->string);
        put_word(t, t->layout ? ":\t" : ":");
        put_item(t, item, depth + 1);
        put_word(t, item->next ? "," : "");
        put_word(t, t->layout ? "\n" : "");
    }
    put_tabs(t, depth);
    put(t, "}", 1);
}

static void put_item(text *t, const cJSON *item, int depth)
{
    static const char *const words[] = {"null", "false", "true"};
    switch (item->type) {
    case cJSON_Number:
        put_number(t, item->valuedouble);
        break;
    case cJSON_String:
        put_string(t, item->valuestring);
        break;
    case cJSON_Object:
        put_members(t, item, depth);
        break;
    case cJSON_Array:
        put(t, "[", 1);
        for (const cJSON *i = item->child; i; i = i->next) {
            put_item(t, i, depth + 1);
            if (i->next)
                put_word(t, t->layout ? ", " : ",");
        }
        put(t, "]", 1);
        break;
    default:
        put_word(t, words[item->type]);
    }
}

char *cJSON_Print(const cJSON *item)
{
    text t = {.layout = true};
    put_item(&t, item, 0);
    return t.chars;
}

char *cJSON_PrintUnformatted(const cJSON *item)
{
    text t = {.layout = false};
    put_item(&t, item, 0);
    return t.chars;
}

void cJSON_free(void *text)
{
    tool_free(text);
}
