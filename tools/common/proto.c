/* SPDX-License-Identifier: Apache-2.0 */
/* proto.c: see proto.h.  The encoding is that of protobuf.dev/programming-guides/encoding: a key
 * (field * 8 + wire type) before each value; numbers as varints, floats as 4 bytes, everything
 * else as its length and its bytes. */
#include "common/proto.h"

#include <stdio.h>
#include <string.h>

#include "common/tool.h"

enum { VARINT = 0, LENGTH = 2, FIXED32 = 5 };

static void put(proto *p, const void *bytes, size_t n)
{
    while (p->capacity - p->n < n) {
        p->capacity = p->capacity ? p->capacity * 2 : 256;
        p->bytes = tool_resize(p->bytes, p->capacity, 1);
    }
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

static size_t varint(uint64_t value, uint8_t bytes[10])
{
    size_t n = 0;
    do {
        bytes[n++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value > 0);
    return n;
}

static void put_varint(proto *p, uint64_t value)
{
    uint8_t bytes[10];
    put(p, bytes, varint(value, bytes));
}

static void put_key(proto *p, int field, int wire)
{
    put_varint(p, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_float(proto *p, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++)
        put(p, &(uint8_t){(uint8_t)(bits >> (8 * i))}, 1);
}

/* One line of text: "  name: value". */
static void put_line(proto *p, const char *name, const char *value)
{
    char *line = tool_format("%*s%s: %s\n", p->depth * 2, "", name, value);
    put(p, line, strlen(line));
    tool_free(line);
}

void proto_begin(proto *p, int field, const char *name)
{
    if (p->depth == PROTO_MAX_DEPTH)
        return;
    if (p->text) {
        char *line = tool_format("%*s%s {\n", p->depth * 2, "", name);
        put(p, line, strlen(line));
        tool_free(line);
    } else {
        put_key(p, field, LENGTH);
    }
    p->begun[p->depth++] = p->n;
}

void proto_end(proto *p)
{
    const size_t from = p->begun[--p->depth], n = p->n - from;
    if (p->text) {
        char *line = tool_format("%*s}\n", p->depth * 2, "");
        put(p, line, strlen(line));
        tool_free(line);
        return;
    }
    /* only now is the length known that stands before the bytes */
    uint8_t length[10];
    const size_t size = varint(n, length);
    put(p, length, size);
    memmove(p->bytes + from + size, p->bytes + from, n);
    memcpy(p->bytes + from, length, size);
}

void proto_int(proto *p, int field, const char *name, int64_t value)
{
    if (p->text) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)value);
        put_line(p, name, text);
        return;
    }
    put_key(p, field, VARINT);
    put_varint(p, (uint64_t)value);
}

void proto_enum(proto *p, int field, const char *name, int value, const char *word)
{
    if (p->text)
        put_line(p, name, word);
    else
        proto_int(p, field, name, value);
}

void proto_float(proto *p, int field, const char *name, float value)
{
    if (p->text) {
        char text[32];
        snprintf(text, sizeof text, "%.9g", (double)value);
        put_line(p, name, text);
        return;
    }
    put_key(p, field, FIXED32);
    put_float(p, value);
}

void proto_string(proto *p, int field, const char *name, const char *text)
{
    const size_t n = strlen(text);
    if (!p->text) {
        put_key(p, field, LENGTH);
        put_varint(p, n);
        put(p, text, n);
        return;
    }
    char *quoted = tool_new(4 * n + 3, 1), *to = quoted;
    *to++ = '"';
    for (const char *from = text; *from; from++) {
        const unsigned char c = (unsigned char)*from;
        if (c == '"' || c == '\\')
            *to++ = '\\';
        if (c < ' ' || c > '~')
            to += snprintf(to, 5, "\\%03o", c);
        else
            *to++ = (char)c;
    }
    *to = '"';
    put_line(p, name, quoted);
    tool_free(quoted);
}

void proto_int64s(proto *p, int field, const char *name, const int64_t *values, size_t n)
{
    proto packed = {0};
    for (size_t i = 0; i < n; i++) {
        if (p->text)
            proto_int(p, field, name, values[i]);
        else
            put_varint(&packed, (uint64_t)values[i]);
    }
    if (!p->text && n > 0) {
        put_key(p, field, LENGTH);
        put_varint(p, packed.n);
        put(p, packed.bytes, packed.n);
    }
    proto_free(&packed);
}

void proto_ints(proto *p, int field, const char *name, const int *values, int n)
{
    int64_t *wide = tool_new((size_t)n + 1, sizeof *wide);
    for (int i = 0; i < n; i++)
        wide[i] = values[i];
    proto_int64s(p, field, name, wide, (size_t)n);
    tool_free(wide);
}

void proto_floats(proto *p, int field, const char *name, const float *values, size_t n)
{
    if (!p->text && n > 0) {
        put_key(p, field, LENGTH);
        put_varint(p, 4 * n);
    }
    for (size_t i = 0; i < n; i++) {
        if (p->text)
            proto_float(p, field, name, values[i]);
        else
            put_float(p, values[i]);
    }
}

bool proto_save(proto *p, const char *path)
{
    const bool ok = tool_write_file(path, p->bytes ? p->bytes : (const uint8_t *)"", p->n);
    proto_free(p);
    return ok;
}

void proto_free(proto *p)
{
    tool_free(p->bytes);
    p->bytes = NULL;
    p->n = p->capacity = 0;
}
