/* SPDX-License-Identifier: Apache-2.0 */
/* npy.c: arrays as files: NumPy's .npy (versions 1 to 3, either byte order, C or Fortran order) and
 * the .strs lists of strings that test cases use. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "common/value.h"

enum { ERROR_TEXT = 160, HEADER_MAX = 65536 };

static const struct descr {
    const char *text;
    TfLiteType type;
} descrs[] = {
    {"<f4", kTfLiteFloat32},   {"<f2", kTfLiteFloat16},     {"<f8", kTfLiteFloat64},
    {"|i1", kTfLiteInt8},      {"<i2", kTfLiteInt16},       {"<i4", kTfLiteInt32},
    {"<i8", kTfLiteInt64},     {"|u1", kTfLiteUInt8},       {"<u2", kTfLiteUInt16},
    {"<u4", kTfLiteUInt32},    {"<u8", kTfLiteUInt64},      {"|b1", kTfLiteBool},
    {"<c8", kTfLiteComplex64}, {"<c16", kTfLiteComplex128},
};

static bool fail(char *error, const char *fmt, const char *what)
{
    snprintf(error, ERROR_TEXT, fmt, what);
    return false;
}

/* The text behind 'key': in the header's dictionary. */
static const char *behind(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    at = at ? strchr(at, ':') : NULL;
    if (!at)
        return NULL;
    for (at++; isspace((unsigned char)*at); at++)
        continue;
    return at;
}

static bool parse_descr(const char *header, TfLiteType *type, bool *big_endian, char *error)
{
    const char *at = behind(header, "'descr'");
    if (!at || *at != '\'')
        return fail(error, "NPY header has no %s", "'descr'");
    char text[8] = "";
    const size_t n = strcspn(at + 1, "'");
    if (n < sizeof text)
        memcpy(text, at + 1, n);
    *big_endian = text[0] == '>';
    for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++) {
        if (strcmp(descrs[i].text + 1, text[0] ? text + 1 : "") == 0 && strchr("<>=|", text[0])) {
            *type = descrs[i].type;
            return true;
        }
    }
    return fail(error, "NPY items of type '%s' are not known", text);
}

static bool parse_shape(const char *header, value *v, char *error)
{
    const char *at = behind(header, "'shape'");
    if (!at || *at != '(')
        return fail(error, "NPY header has no %s", "'shape'");
    v->count = 1;
    for (at++; *at && *at != ')';) {
        char *end;
        const long dim = strtol(at, &end, 10);
        if (end == at || dim < 0 || dim > INT32_MAX || v->rank == VALUE_MAX_RANK)
            return fail(error, "NPY shape (%.40s is not understood", at);
        v->dims[v->rank++] = (int)dim;
        if (dim > 0 && v->count > SIZE_MAX / 16 / (size_t)dim)
            return fail(error, "NPY shape is too %s", "large");
        v->count *= (size_t)dim;
        at = end + strspn(end, ", ");
    }
    return true;
}

/* What the header says beside type and shape. */
typedef struct layout {
    bool big_endian, fortran;
} layout;

static bool parse_header(value *v, layout *l, const uint8_t *text, size_t n, char *error)
{
    char *header = tool_format("%.*s", (int)n, (const char *)text);
    const char *fortran = behind(header, "'fortran_order'");
    l->fortran = fortran && *fortran == 'T';
    bool ok = parse_descr(header, &v->type, &l->big_endian, error) && parse_shape(header, v, error);
    if (ok && !fortran)
        ok = fail(error, "NPY header has no %s", "'fortran_order'");
    tool_free(header);
    return ok;
}

/* Puts an array whose first index runs fastest into one whose last index does. */
static void copy_fortran(value *v, const uint8_t *from)
{
    const size_t item = value_item_bytes(v->type);
    size_t index[VALUE_MAX_RANK] = {0}, stride[VALUE_MAX_RANK] = {1}, at = 0;
    for (int d = 1; d < v->rank; d++)
        stride[d] = stride[d - 1] * (size_t)v->dims[d - 1];
    for (size_t i = 0; i < v->count; i++) {
        memcpy(v->data + i * item, from + at * item, item);
        for (int d = v->rank - 1; d >= 0; d--) {
            at += stride[d];
            if (++index[d] < (size_t)v->dims[d])
                break;
            at -= stride[d] * index[d];
            index[d] = 0;
        }
    }
}

static void swap_bytes(value *v)
{
    const size_t parts = value_kind_of(v->type) == VALUE_COMPLEX ? 2 : 1;
    const size_t size = value_item_bytes(v->type) / parts;
    for (size_t i = 0; i < v->bytes; i += size)
        for (size_t k = 0; k < size / 2; k++) {
            const uint8_t byte = v->data[i + k];
            v->data[i + k] = v->data[i + size - 1 - k];
            v->data[i + size - 1 - k] = byte;
        }
}

bool value_from_npy(value *v, const uint8_t *data, size_t n, char *error)
{
    memset(v, 0, sizeof *v);
    if (n < 12 || memcmp(data, "\x93NUMPY", 6) != 0)
        return fail(error, "%s", "no NPY file");
    const bool wide = data[6] >= 2;
    const size_t start = wide ? 12 : 10;
    size_t size = (size_t)data[8] | (size_t)data[9] << 8;
    layout l = {0};
    if (wide)
        size |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (size > n - start || size > HEADER_MAX)
        return fail(error, "NPY header is cut %s", "off");
    if (!parse_header(v, &l, data + start, size, error))
        return false;
    v->bytes = v->count * value_item_bytes(v->type);
    if (n - start - size < v->bytes)
        return fail(error, "NPY data are cut %s", "off");
    v->data = tool_new(v->bytes, 1);
    if (l.fortran && v->rank > 1)
        copy_fortran(v, data + start + size);
    else
        memcpy(v->data, data + start + size, v->bytes);
    if (l.big_endian)
        swap_bytes(v);
    return true;
}

static const char *descr_of(TfLiteType type)
{
    if (type == kTfLiteBFloat16)
        return "<u2";
    if (type == kTfLiteInt4 || type == kTfLiteInt2)
        return "|i1";
    for (size_t i = 0; i < sizeof descrs / sizeof *descrs; i++) {
        if (descrs[i].type == type)
            return descrs[i].text;
    }
    return "|u1";
}

uint8_t *value_to_npy(const value *v, size_t *n)
{
    char shape[128] = "";
    size_t at = 0;
    for (int i = 0; i < v->rank; i++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%d,%s", v->dims[i],
                               i + 1 < v->rank ? " " : "");
    char header[320];
    int used =
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                 descr_of(v->type), shape);
    /* The data begin at a multiple of 64, the header ends with a newline. */
    const size_t start = ((size_t)used + 11 + 63) / 64 * 64;
    uint8_t *file = tool_new(start + v->bytes, 1);
    memset(file, ' ', start);
    memcpy(file, "\x93NUMPY\x01", 7);
    file[7] = 0;
    file[8] = (uint8_t)((start - 10) & 255);
    file[9] = (uint8_t)((start - 10) >> 8);
    memcpy(file + 10, header, (size_t)used);
    file[start - 1] = '\n';
    if (v->bytes > 0)
        memcpy(file + start, v->data, v->bytes);
    *n = start + v->bytes;
    return file;
}

static uint32_t little32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool value_from_strs(value *v, const uint8_t *data, size_t n, char *error)
{
    memset(v, 0, sizeof *v);
    if (n < 4)
        return fail(error, "%s", "no list of strings");
    const size_t count = little32(data);
    if (count > n / 4)
        return fail(error, "the list of strings is cut %s", "off");
    const char **texts = tool_new(count, sizeof *texts);
    size_t *sizes = tool_new(count, sizeof *sizes);
    size_t at = 4, i = 0;
    for (; i < count && n - at >= 4; i++) {
        sizes[i] = little32(data + at);
        texts[i] = (const char *)data + at + 4;
        if (sizes[i] > n - at - 4)
            break;
        at += 4 + sizes[i];
    }
    const bool ok = i == count && n <= INT32_MAX / 2;
    if (ok)
        value_pack_strings(v, texts, sizes, count);
    tool_free(sizes);
    tool_free(texts);
    return ok || fail(error, "the list of strings is cut %s", "off");
}

static void put_little32(uint8_t *p, size_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> (8 * i));
}

uint8_t *value_to_strs(const value *v, size_t *n)
{
    /* The packed form has 8 bytes more than this one: an offset past the end and one per string
     * where here is a length. */
    uint8_t *file = tool_new(v->bytes + 4, 1);
    size_t at = 4;
    put_little32(file, v->count);
    for (size_t i = 0; i < v->count; i++) {
        size_t length = 0;
        const char *text = value_string(v, i, &length);
        if (!text || at + 4 + length > v->bytes + 4)
            break;
        put_little32(file + at, length);
        memcpy(file + at + 4, text, length);
        at += 4 + length;
    }
    *n = at;
    return file;
}
