/* SPDX-License-Identifier: Apache-2.0 */
/* flex_node.c: the attributes of a NodeDef, read in place from its bytes: no copy, no memory, every
 * length checked.  The numbers of fields are those of TensorFlow's node_def.proto, attr_value.proto
 * and tensor_shape.proto. */
#include <string.h>

#include "fb/flexbuffers.h"
#include "fb/reader.h"
#include "ops/flex/flex.h"
#include "ops/flex/wire.h"

ln_status ln_flex_parse(const uint8_t *data, size_t n, void *params, ln_diag *diag)
{
    ln_flex_node *to = params;
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex node = ln_flex_item(&root, 1);
    size_t size = 0;
    const char *text = ln_flex_count(&root) == 2 ? ln_flex_text(&node, &size) : NULL;
    if (!text)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "the options of a Flex operator are no list of its name and its NodeDef");
    *to = (ln_flex_node){(const uint8_t *)text, size};
    return LN_OK;
}

/* ---- attributes ---- */

enum { NODE_ATTR = 5, KEY = 1, VALUE = 2 };
enum {
    ATTR_LIST = 1,
    ATTR_S = 2,
    ATTR_I = 3,
    ATTR_F = 4,
    ATTR_B = 5,
    ATTR_TYPE = 6,
    ATTR_SHAPE = 7
};
enum { SHAPE_DIM = 2, SHAPE_UNKNOWN = 3, DIM_SIZE = 1 };

/* The AttrValue of a name. */
static bool attribute(const ln_call *c, const char *name, ln_wire *out)
{
    const ln_flex_node *n = c->params;
    ln_wire b = {n->data, n->data + n->size};
    const size_t length = strlen(name);
    for (ln_wire_field f, key, value; ln_wire_next(&b, &f);) {
        if (f.number != NODE_ATTR || f.wire != 2 || !ln_wire_find(f.body, KEY, &key) ||
            key.wire != 2)
            continue;
        if ((size_t)(key.body.end - key.body.at) != length ||
            memcmp(key.body.at, name, length) != 0)
            continue;
        if (ln_wire_find(f.body, VALUE, &value) && value.wire == 2) {
            *out = value.body;
            return true;
        }
    }
    return false;
}

static bool attribute_field(const ln_call *c, const char *name, unsigned number, unsigned wire,
                            ln_wire_field *out)
{
    ln_wire b;
    return attribute(c, name, &b) && ln_wire_find(b, number, out) && out->wire == wire;
}

int64_t ln_flex_int(const ln_call *c, const char *name, int64_t fallback)
{
    ln_wire_field f;
    return attribute_field(c, name, ATTR_I, 0, &f) ? ln_signed64(f.value) : fallback;
}

double ln_flex_float(const ln_call *c, const char *name, double fallback)
{
    ln_wire_field f;
    return attribute_field(c, name, ATTR_F, 5, &f) ? (double)ln_bits_float((uint32_t)f.value)
                                                   : fallback;
}

bool ln_flex_flag(const ln_call *c, const char *name, bool fallback)
{
    ln_wire_field f;
    ln_wire b;
    if (attribute_field(c, name, ATTR_B, 0, &f))
        return f.value != 0;
    return attribute(c, name, &b) ? false : fallback; /* false is not written out */
}

/* TensorFlow's numbers of types (types.proto). */
TfLiteType ln_flex_type(const ln_call *c, const char *name, TfLiteType fallback)
{
    static const uint8_t types[] = {
        [1] = kTfLiteFloat32,     [2] = kTfLiteFloat64,   [3] = kTfLiteInt32,
        [4] = kTfLiteUInt8,       [5] = kTfLiteInt16,     [6] = kTfLiteInt8,
        [7] = kTfLiteString,      [8] = kTfLiteComplex64, [9] = kTfLiteInt64,
        [10] = kTfLiteBool,       [14] = kTfLiteBFloat16, [17] = kTfLiteUInt16,
        [18] = kTfLiteComplex128, [19] = kTfLiteFloat16,  [20] = kTfLiteResource,
        [21] = kTfLiteVariant,    [22] = kTfLiteUInt32,   [23] = kTfLiteUInt64,
    };
    ln_wire_field f;
    if (!attribute_field(c, name, ATTR_TYPE, 0, &f) || f.value >= LN_COUNTOF(types) ||
        !types[f.value])
        return fallback;
    return (TfLiteType)types[f.value];
}

const char *ln_flex_str(const ln_call *c, const char *name, size_t *n)
{
    ln_wire_field f;
    ln_wire b;
    if (!attribute(c, name, &b))
        return NULL;
    if (!ln_wire_find(b, ATTR_S, &f) || f.wire != 2) { /* an empty text is not written out */
        *n = 0;
        return "";
    }
    *n = (size_t)(f.body.end - f.body.at);
    return (const char *)f.body.at;
}

bool ln_flex_str_is(const ln_call *c, const char *name, const char *text, const char *fallback)
{
    size_t n;
    const char *found = ln_flex_str(c, name, &n);
    if (!found)
        return strcmp(text, fallback) == 0;
    return strlen(text) == n && memcmp(found, text, n) == 0;
}

int ln_flex_ints(const ln_call *c, const char *name, int max, int *values)
{
    ln_wire_field list, f;
    int n = 0;
    if (!attribute_field(c, name, ATTR_LIST, 2, &list))
        return -1;
    for (ln_wire b = list.body; ln_wire_next(&b, &f);) {
        if (f.number != ATTR_I)
            continue;
        ln_wire packed = f.body;
        uint64_t v = f.value;
        while (f.wire == 0 || (packed.at < packed.end && ln_wire_varint(&packed, &v))) {
            if (n == max)
                return -1;
            values[n++] = (int)ln_signed64(v);
            if (f.wire == 0)
                break;
        }
    }
    return n;
}

const char *ln_flex_list_str(const ln_call *c, const char *name, int i, size_t *n)
{
    ln_wire_field list, f;
    if (!attribute_field(c, name, ATTR_LIST, 2, &list))
        return NULL;
    for (ln_wire b = list.body; ln_wire_next(&b, &f);) {
        if (f.number != ATTR_S || f.wire != 2 || i-- > 0)
            continue;
        *n = (size_t)(f.body.end - f.body.at);
        return (const char *)f.body.at;
    }
    return NULL;
}

bool ln_flex_shape(const ln_call *c, const char *name, ln_shape *shape)
{
    ln_wire_field at, f, size;
    *shape = (ln_shape){0};
    if (!attribute_field(c, name, ATTR_SHAPE, 2, &at))
        return false;
    for (ln_wire b = at.body; ln_wire_next(&b, &f);) {
        if (f.number == SHAPE_UNKNOWN && f.wire == 0 && f.value) {
            *shape = ln_shape_unknown(-1);
            return true;
        }
        if (f.number != SHAPE_DIM || f.wire != 2)
            continue;
        if (shape->rank == LN_MAX_RANK)
            return false;
        const int64_t dim = ln_wire_find(f.body, DIM_SIZE, &size) ? ln_signed64(size.value) : 0;
        shape->dim[shape->rank++] = dim < 0 || dim > INT32_MAX ? -1 : (int)dim;
    }
    return true;
}
