/* SPDX-License-Identifier: Apache-2.0 */
/* cJSON.h: stands in for the library cJSON in a command that is built without other libraries: what
 * inspect, run, bench and benchmark use of it, under its names and with its output. */
#ifndef PLAIN_CJSON_H
#define PLAIN_CJSON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum cJSON_kind {
    cJSON_NULL,
    cJSON_False,
    cJSON_True,
    cJSON_Number,
    cJSON_String,
    cJSON_Array,
    cJSON_Object
} cJSON_kind;

typedef struct cJSON {
    struct cJSON *next, *child, *last; /* last of the children */
    cJSON_kind type;
    char *valuestring;
    int valueint; /* valuedouble, as far as an int goes */
    double valuedouble;
    char *string; /* its name in an object */
} cJSON;

cJSON *cJSON_CreateObject(void);
cJSON *cJSON_CreateArray(void);
cJSON *cJSON_CreateNull(void);
cJSON *cJSON_CreateNumber(double number);
cJSON *cJSON_CreateString(const char *text);
cJSON *cJSON_CreateIntArray(const int *numbers, int count);
cJSON *cJSON_CreateDoubleArray(const double *numbers, int count);
void cJSON_Delete(cJSON *item);

/* The container owns the item from then on. */
bool cJSON_AddItemToArray(cJSON *array, cJSON *item);
bool cJSON_AddItemToObject(cJSON *object, const char *name, cJSON *item);
cJSON *cJSON_AddArrayToObject(cJSON *object, const char *name);
cJSON *cJSON_AddObjectToObject(cJSON *object, const char *name);
cJSON *cJSON_AddNumberToObject(cJSON *object, const char *name, double number);
cJSON *cJSON_AddStringToObject(cJSON *object, const char *name, const char *text);
cJSON *cJSON_AddBoolToObject(cJSON *object, const char *name, bool value);
double cJSON_SetNumberValue(cJSON *item, double number);

/* NULL where there is none; items may be NULL. */
cJSON *cJSON_GetObjectItemCaseSensitive(const cJSON *object, const char *name);
bool cJSON_HasObjectItem(const cJSON *object, const char *name);
int cJSON_GetArraySize(const cJSON *array);
bool cJSON_IsNumber(const cJSON *item);
bool cJSON_IsString(const cJSON *item);
bool cJSON_IsArray(const cJSON *item);
bool cJSON_IsTrue(const cJSON *item);
#define cJSON_ArrayForEach(item, array) \
    for (item = (array) ? (array)->child : NULL; item; item = item->next)

/* NULL where the text is not JSON, or nested too deeply. */
cJSON *cJSON_ParseWithLength(const char *text, size_t n);
/* For people and for programs; to be freed by cJSON_free. */
char *cJSON_Print(const cJSON *item);
char *cJSON_PrintUnformatted(const cJSON *item);
void cJSON_free(void *text);

#endif
