/* SPDX-License-Identifier: Apache-2.0 */
/* attribute_map.c: TfLiteAttributeMap, a few values by number or by name, searched in order. */
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"

#include <string.h>

#include "base/alloc.h"

static const ln_alloc *const heap = &ln_alloc_default;

typedef enum kind { INT, SIZE, STRING, BOOL } kind;

typedef struct attribute {
    const char *name; /* NULL: `key` counts */
    uint32_t key;
    kind kind;
    union {
        int i;
        size_t size;
        const char *string;
        bool b;
    } value;
} attribute;

struct TfLiteAttributeMap {
    TfLiteAttrMapType type;
    attribute *items;
    size_t n, capacity;
};

TfLiteAttributeMap *TfLiteAttributeMapCreate(TfLiteAttrMapType type)
{
    TfLiteAttributeMap *map = ln_new(heap, 1, sizeof *map);
    if (map)
        map->type = type;
    return map;
}

void TfLiteAttributeMapDelete(TfLiteAttributeMap *attrs)
{
    if (!attrs)
        return;
    ln_free(heap, attrs->items);
    ln_free(heap, attrs);
}

static bool is_of(const TfLiteAttributeMap *attrs, TfLiteAttrMapType type)
{
    return attrs && attrs->type == type;
}

bool TfLiteAttributeMapIsBufferAttributeMap(const TfLiteAttributeMap *attrs)
{
    return is_of(attrs, kTfLiteAttrMapTypeBuffer);
}

bool TfLiteAttributeMapIsSyncAttributeMap(const TfLiteAttributeMap *attrs)
{
    return is_of(attrs, kTfLiteAttrMapTypeSync);
}

void TfLiteAttributeMapCopy(const TfLiteAttributeMap *src, TfLiteAttributeMap *dst)
{
    if (!src || !dst || src == dst)
        return;
    attribute *items = ln_new(heap, src->n + 1, sizeof *items);
    if (!items)
        return;
    if (src->n > 0)
        memcpy(items, src->items, src->n * sizeof *items);
    ln_free(heap, dst->items);
    *dst = (TfLiteAttributeMap){src->type, items, src->n, src->n + 1};
}

/* ---- one attribute ---- */

static attribute *find(const TfLiteAttributeMap *map, const char *name, uint32_t key)
{
    for (size_t i = 0; map && i < map->n; i++) {
        attribute *a = &map->items[i];
        if (name ? a->name && strcmp(a->name, name) == 0 : !a->name && a->key == key)
            return a;
    }
    return NULL;
}

static const attribute *get(const TfLiteAttributeMap *map, const char *name, uint32_t key,
                            kind kind)
{
    const attribute *a = find(map, name, key);
    return a && a->kind == kind ? a : NULL;
}

/* The attribute to be set, made when there is none; NULL when memory is out. */
static attribute *put(TfLiteAttributeMap *map, const char *name, uint32_t key, kind kind)
{
    attribute *a = find(map, name, key);
    if (!a && map) {
        void *items = map->items;
        if (!ln_grow(heap, &items, &map->capacity, map->n, sizeof *map->items))
            return NULL;
        map->items = items;
        a = &map->items[map->n++];
    }
    if (a) {
        memset(a, 0, sizeof *a);
        a->name = name;
        a->key = key;
        a->kind = kind;
    }
    return a;
}

/* Get and set by number and by name, of one type. */
#define ACCESSORS(Type, KIND, member, ctype)                                                       \
    bool TfLiteAttributeMapGet##Type##Attr(const TfLiteAttributeMap *attrs, uint32_t key,          \
                                           ctype *val)                                             \
    {                                                                                              \
        const attribute *a = get(attrs, NULL, key, KIND);                                          \
        if (a && val)                                                                              \
            *val = a->value.member;                                                                \
        return a && val;                                                                           \
    }                                                                                              \
    void TfLiteAttributeMapSet##Type##Attr(TfLiteAttributeMap *attrs, uint32_t key, ctype val)     \
    {                                                                                              \
        attribute *a = put(attrs, NULL, key, KIND);                                                \
        if (a)                                                                                     \
            a->value.member = val;                                                                 \
    }                                                                                              \
    bool TfLiteAttributeMapGetCustom##Type##Attr(const TfLiteAttributeMap *attrs, const char *key, \
                                                 ctype *val)                                       \
    {                                                                                              \
        const attribute *a = key ? get(attrs, key, 0, KIND) : NULL;                                \
        if (a && val)                                                                              \
            *val = a->value.member;                                                                \
        return a && val;                                                                           \
    }                                                                                              \
    void TfLiteAttributeMapSetCustom##Type##Attr(TfLiteAttributeMap *attrs, const char *key,       \
                                                 ctype val)                                        \
    {                                                                                              \
        attribute *a = key ? put(attrs, key, 0, KIND) : NULL;                                      \
        if (a)                                                                                     \
            a->value.member = val;                                                                 \
    }
ACCESSORS(Int, INT, i, int)
ACCESSORS(SizeT, SIZE, size, size_t)
ACCESSORS(String, STRING, string, const char *)
ACCESSORS(Bool, BOOL, b, bool)

/* Get and set that check what the map describes. */
#define CHECKED(Type, What, Key, ctype)                                                         \
    bool TfLiteAttributeMapGet##Type##What##Attr(const TfLiteAttributeMap *attrs, Key key,      \
                                                 ctype *val)                                    \
    {                                                                                           \
        return is_of(attrs, kTfLiteAttrMapType##What) &&                                        \
               TfLiteAttributeMapGet##Type##Attr(attrs, (uint32_t)key, val);                    \
    }                                                                                           \
    bool TfLiteAttributeMapSet##Type##What##Attr(TfLiteAttributeMap *attrs, Key key, ctype val) \
    {                                                                                           \
        if (!is_of(attrs, kTfLiteAttrMapType##What))                                            \
            return false;                                                                       \
        TfLiteAttributeMapSet##Type##Attr(attrs, (uint32_t)key, val);                           \
        return true;                                                                            \
    }
CHECKED(SizeT, Buffer, TfLiteBufferAttrKey, size_t)
CHECKED(String, Buffer, TfLiteBufferAttrKey, const char *)
CHECKED(Bool, Buffer, TfLiteBufferAttrKey, bool)
CHECKED(String, Sync, TfLiteSynchronizationAttrKey, const char *)
