/* SPDX-License-Identifier: Apache-2.0 */
/* flex_node.c: the attributes of a NodeDef, read in place from its bytes: no copy, no memory, every
 * length checked.  The numbers of fields are those of TensorFlow's node_def.proto, attr_value.proto
 * and tensor_shape.proto. */
#include <string.h>

#include "base/proto.h"
#include "fb/flexbuffers.h"
#include "fb/reader.h"
#include "ops/flex/flex.h"
#include "ops/flex/types.h"

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
enum { MAX_INTS = 64 };
enum { SHAPE_DIM = 2, SHAPE_UNKNOWN = 3, DIM_SIZE = 1 };

/* The AttrValue of a name. */
static bool attribute(const ln_call *c, const char *name, ln_proto *out)
{
    const ln_flex_node *n = c->params;
    ln_proto b = ln_proto_of(n->data, n->size);
    const size_t length = strlen(name);
    for (ln_proto_field f, key, value; ln_proto_next(&b, &f);) {
        const ln_proto entry = ln_proto_inside(&f);
        if (f.number != NODE_ATTR || !ln_proto_find(entry, KEY, &key) || key.wire != LN_PROTO_BYTES)
            continue;
        if (key.value != length || memcmp(key.data, name, length) != 0)
            continue;
        if (ln_proto_find(entry, VALUE, &value) && value.wire == LN_PROTO_BYTES) {
            *out = ln_proto_inside(&value);
            return true;
        }
    }
    return false;
}

static bool attribute_field(const ln_call *c, const char *name, int number, int wire,
                            ln_proto_field *out)
{
    ln_proto b;
    return attribute(c, name, &b) && ln_proto_find(b, number, out) && out->wire == wire;
}

int64_t ln_flex_int(const ln_call *c, const char *name, int64_t fallback)
{
    ln_proto_field f;
    return attribute_field(c, name, ATTR_I, LN_PROTO_VARINT, &f) ? ln_signed64(f.value) : fallback;
}

double ln_flex_float(const ln_call *c, const char *name, double fallback)
{
    ln_proto_field f;
    return attribute_field(c, name, ATTR_F, LN_PROTO_32, &f)
               ? (double)ln_bits_float(ln_proto_le32(f.data))
               : fallback;
}

bool ln_flex_flag(const ln_call *c, const char *name, bool fallback)
{
    ln_proto_field f;
    ln_proto b;
    if (attribute_field(c, name, ATTR_B, LN_PROTO_VARINT, &f))
        return f.value != 0;
    return attribute(c, name, &b) ? false : fallback; /* false is not written out */
}

TfLiteType ln_flex_type(const ln_call *c, const char *name, TfLiteType fallback)
{
    ln_proto_field f;
    const TfLiteType type = attribute_field(c, name, ATTR_TYPE, LN_PROTO_VARINT, &f)
                                ? ln_type_from_tensorflow(f.value)
                                : kTfLiteNoType;
    return type == kTfLiteNoType ? fallback : type;
}

ln_status ln_flex_index_type(ln_call *c, const char *name, TfLiteType fallback, TfLiteType *type)
{
    *type = ln_flex_type(c, name, fallback);
    LN_CHECK(c, *type == kTfLiteInt32 || *type == kTfLiteInt64, "%s is %s", name,
             ln_type_name(*type));
    return LN_OK;
}

const char *ln_flex_str(const ln_call *c, const char *name, size_t *n)
{
    ln_proto_field f;
    ln_proto b;
    if (!attribute(c, name, &b))
        return NULL;
    if (!ln_proto_find(b, ATTR_S, &f) ||
        f.wire != LN_PROTO_BYTES) { /* an empty text is not written out */
        *n = 0;
        return "";
    }
    *n = (size_t)f.value;
    return (const char *)f.data;
}

bool ln_flex_str_is(const ln_call *c, const char *name, const char *text, const char *fallback)
{
    size_t n;
    const char *found = ln_flex_str(c, name, &n);
    if (!found)
        return strcmp(text, fallback) == 0;
    return strlen(text) == n && memcmp(found, text, n) == 0;
}

int ln_flex_longs(const ln_call *c, const char *name, int max, int64_t *values)
{
    ln_proto_field list, f;
    int n = 0;
    if (!attribute_field(c, name, ATTR_LIST, LN_PROTO_BYTES, &list))
        return -1;
    for (ln_proto b = ln_proto_inside(&list); ln_proto_next(&b, &f);) {
        ln_proto packed = ln_proto_inside(&f);
        for (uint64_t v; f.number == ATTR_I && ln_proto_number(&f, &packed, &v);) {
            if (n == max)
                return -1;
            values[n++] = ln_signed64(v);
        }
    }
    return n;
}

int ln_flex_ints(const ln_call *c, const char *name, int max, int *values)
{
    int64_t wide[MAX_INTS];
    const int n = ln_flex_longs(c, name, LN_MIN(max, MAX_INTS), wide);
    for (int i = 0; i < n; i++)
        values[i] = (int)wide[i];
    return n;
}

const char *ln_flex_list_str(const ln_call *c, const char *name, int i, size_t *n)
{
    ln_proto_field list, f;
    if (!attribute_field(c, name, ATTR_LIST, LN_PROTO_BYTES, &list))
        return NULL;
    for (ln_proto b = ln_proto_inside(&list); ln_proto_next(&b, &f);) {
        if (f.number != ATTR_S || f.wire != LN_PROTO_BYTES || i-- > 0)
            continue;
        *n = (size_t)f.value;
        return (const char *)f.data;
    }
    return NULL;
}

TfLiteType ln_flex_list_type(const ln_call *c, const char *name, int i)
{
    ln_proto_field list, f;
    if (!attribute_field(c, name, ATTR_LIST, LN_PROTO_BYTES, &list))
        return kTfLiteNoType;
    for (ln_proto b = ln_proto_inside(&list); ln_proto_next(&b, &f);) {
        ln_proto packed = ln_proto_inside(&f);
        for (uint64_t v; f.number == ATTR_TYPE && ln_proto_number(&f, &packed, &v);)
            if (i-- == 0)
                return ln_type_from_tensorflow(v);
    }
    return kTfLiteNoType;
}

/* A TensorShapeProto. */
static bool read_shape(ln_proto b, ln_shape *shape)
{
    *shape = (ln_shape){0};
    for (ln_proto_field f, size; ln_proto_next(&b, &f);) {
        if (f.number == SHAPE_UNKNOWN && f.wire == LN_PROTO_VARINT && f.value) {
            *shape = ln_shape_unknown(-1);
            return true;
        }
        if (f.number != SHAPE_DIM || f.wire != LN_PROTO_BYTES)
            continue;
        if (shape->rank == LN_MAX_RANK)
            return false;
        const int64_t dim =
            ln_proto_find(ln_proto_inside(&f), DIM_SIZE, &size) ? ln_signed64(size.value) : 0;
        shape->dim[shape->rank++] = dim < 0 || dim > INT32_MAX ? -1 : (int)dim;
    }
    return true;
}

bool ln_flex_shape(const ln_call *c, const char *name, ln_shape *shape)
{
    ln_proto_field at;
    *shape = (ln_shape){0};
    return attribute_field(c, name, ATTR_SHAPE, LN_PROTO_BYTES, &at) &&
           read_shape(ln_proto_inside(&at), shape);
}

bool ln_flex_list_shape(const ln_call *c, const char *name, int i, ln_shape *shape)
{
    ln_proto_field list, f;
    *shape = (ln_shape){0};
    if (!attribute_field(c, name, ATTR_LIST, LN_PROTO_BYTES, &list))
        return false;
    for (ln_proto b = ln_proto_inside(&list); ln_proto_next(&b, &f);)
        if (f.number == ATTR_SHAPE && f.wire == LN_PROTO_BYTES && i-- == 0)
            return read_shape(ln_proto_inside(&f), shape);
    return false;
}
