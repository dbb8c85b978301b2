/* SPDX-License-Identifier: Apache-2.0 */
/* json_print.c: metadata as JSON, led by the schema's tables.  Layout and numbers are those of
 * FlatBuffers' own printer (idl_gen_text.cpp, strict JSON), which tflite-support's displayer calls:
 * fields in order of the schema, only those that are stored; floats with six digits behind the
 * point, less trailing zeros; all but printable ASCII escaped. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fb/reader.h"
#include "metadata/meta.h"
#include "metadata/text.h"
#include "schema/metadata_schema.h"

typedef struct printing {
    ln_text text;
    bool exact;
} printing;

static const ln_fb_schema *const schema = &ln_metadata_schema;

static void print_table(printing *p, int table, const ln_fb_table *t, int indent);

static void new_line(printing *p, int indent)
{
    ln_text_put(&p->text, "\n", 1);
    for (int i = 0; i < indent; i++)
        ln_text_put(&p->text, "  ", 2);
}

/* ---- strings ---- */

/* The code point at *s, which moves past it; -1 when it is no UTF-8. */
static long next_code_point(const unsigned char **s)
{
    static const long least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *c = *s;
    const int more = *c < 0x80 ? 0 : *c >> 5 == 6 ? 1 : *c >> 4 == 14 ? 2 : *c >> 3 == 30 ? 3 : -1;
    if (more < 0)
        return -1;
    long code = more == 0 ? *c : *c & (0x3f >> more);
    for (int i = 1; i <= more; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return -1;
        code = code << 6 | (c[i] & 0x3f);
    }
    *s += more + 1;
    return code < least[more] || code > 0x10ffff || code >> 11 == 27 ? -1 : code;
}

static void print_escaped(printing *p, long code)
{
    static const char plain[] = "\"\\\n\t\r\b\f", escapes[] = "\"\\ntrbf";
    const char *at = code > 0 && code < 128 ? strchr(plain, (int)code) : NULL;
    if (at)
        ln_text_add(&p->text, "\\%c", escapes[at - plain]);
    else if (code >= ' ' && code <= '~')
        ln_text_add(&p->text, "%c", (char)code);
    else if (code <= 0xffff)
        ln_text_add(&p->text, "\\u%04lX", code);
    else
        ln_text_add(&p->text, "\\u%04lX\\u%04lX", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

/* Bytes that are no UTF-8 become U+FFFD; FlatBuffers' printer gives up there. */
static void print_string(printing *p, const char *text)
{
    const unsigned char *s = (const unsigned char *)(text ? text : "");
    ln_text_put(&p->text, "\"", 1);
    while (*s) {
        const unsigned char *at = s;
        const long code = next_code_point(&s);
        if (code < 0)
            s = at + 1;
        print_escaped(p, code < 0 ? 0xfffd : code);
    }
    ln_text_put(&p->text, "\"", 1);
}

/* ---- numbers ---- */

static void print_float(printing *p, float v)
{
    enum { MAX_TEXT = 64 }; /* 39 digits of the largest, a sign, a point, six more digits */
    char text[MAX_TEXT];
    if (p->exact && !isfinite(v)) {
        ln_text_add(&p->text, "\"%s\"", isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
        return;
    }
    int n = snprintf(text, sizeof text, "%.6f", (double)v);
    if (p->exact && strtof(text, NULL) != v) {
        for (int digits = 6; digits <= 9; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, (double)v);
            if (strtof(text, NULL) == v)
                break;
        }
    } else if (isfinite(v)) {
        while (text[n - 1] == '0' && text[n - 2] != '.')
            text[--n] = '\0';
    }
    ln_text_add(&p->text, "%s", text);
}

static int64_t load_integer(int kind, const uint8_t *at)
{
    switch (kind) {
    case LN_FB_I8:
        return ln_fb_load_i8(at);
    case LN_FB_I32:
        return ln_fb_load_i32(at);
    case LN_FB_U32:
        return ln_le32(at);
    default:
        return *at;
    }
}

static void print_number(printing *p, int kind, const uint8_t *at)
{
    if (kind == LN_FB_F32)
        print_float(p, ln_fb_load_f32(at));
    else
        ln_text_add(&p->text, "%lld", (long long)load_integer(kind, at));
}

/* ---- fields ---- */

/* The name of a scalar's value: of an enumeration, or of the type of the union behind it; NULL
 * when it has none. */
static const char *value_name(const ln_fb_field *f, int64_t value)
{
    if (f->ref >= 0) {
        for (const ln_fb_name *n = schema->enums[f->ref]; n->name; n++) {
            if (n->value == value)
                return n->name;
        }
        return NULL;
    }
    if (f[1].name && f[1].kind == LN_FB_UNION) {
        const int table = value ? ln_fb_union_table(schema, f[1].ref, (int)value) : -1;
        return table >= 0 ? ln_fb_table_name(schema, table) : value ? NULL : "NONE";
    }
    return NULL;
}

static void print_scalar(printing *p, const ln_fb_field *f, const uint8_t *at)
{
    const char *name = f->kind == LN_FB_F32 ? NULL : value_name(f, load_integer(f->kind, at));
    if (name)
        print_string(p, name);
    else
        print_number(p, f->kind, at);
}

static void print_item(printing *p, const ln_fb_field *f, const ln_fb_vector *v, size_t i,
                       int indent)
{
    if (f->kind == LN_FB_TABLE) {
        const ln_fb_table t = ln_fb_item(v, i);
        print_table(p, f->ref, &t, indent);
    } else if (f->kind == LN_FB_STRING) {
        const size_t at = (size_t)(v->data - v->buffer) + i * 4;
        print_string(p, ln_fb_string_at(v->buffer, v->buffer_size,
                                        ln_fb_follow(v->buffer, v->buffer_size, at)));
    } else {
        print_number(p, f->kind, v->data + i * ln_fb_kind_size(f->kind));
    }
}

static void print_vector(printing *p, const ln_fb_field *f, const ln_fb_table *t, int indent)
{
    const ln_fb_vector v = ln_fb_vec(t, f->slot, ln_fb_kind_size(f->kind));
    ln_text_put(&p->text, "[", 1);
    if (v.count == 0)
        ln_text_put(&p->text, "\n", 1);
    for (size_t i = 0; i < v.count && !p->text.failed; i++) {
        new_line(p, indent + 1);
        print_item(p, f, &v, i, indent + 1);
        if (i + 1 < v.count)
            ln_text_put(&p->text, ",", 1);
    }
    new_line(p, indent);
    ln_text_put(&p->text, "]", 1);
}

static void print_value(printing *p, const ln_fb_field *f, const ln_fb_table *t, int indent)
{
    if (f->many) {
        print_vector(p, f, t, indent);
    } else if (f->kind == LN_FB_STRING) {
        print_string(p, ln_fb_string(t, f->slot));
    } else if (f->kind < LN_FB_STRING) {
        print_scalar(p, f, t->data + ln_fb_slot(t, f->slot, ln_fb_kind_size(f->kind)));
    } else {
        const int type = f->kind == LN_FB_UNION ? ln_fb_u8(t, f->slot - 1u, 0) : 0;
        const int table = f->kind == LN_FB_UNION ? ln_fb_union_table(schema, f->ref, type) : f->ref;
        const ln_fb_table child = ln_fb_child(t, f->slot);
        print_table(p, table, &child, indent);
    }
}

/* A union of a type that a newer schema has is as if it were absent. */
static bool is_shown(const ln_fb_field *f, const ln_fb_table *t)
{
    if (!ln_fb_slot(t, f->slot, f->many ? 4 : ln_fb_kind_size(f->kind)))
        return false;
    return f->kind != LN_FB_UNION ||
           ln_fb_union_table(schema, f->ref, ln_fb_u8(t, f->slot - 1u, 0)) >= 0;
}

static void print_table(printing *p, int table, const ln_fb_table *t, int indent)
{
    bool first = true;
    ln_text_put(&p->text, "{", 1);
    for (const ln_fb_field *f = ln_fb_fields(schema, table); f->name; f++) {
        if (!is_shown(f, t) || p->text.failed)
            continue;
        if (!first)
            ln_text_put(&p->text, ",", 1);
        first = false;
        new_line(p, indent + 1);
        ln_text_add(&p->text, "\"%s\": ", ln_fb_field_name(schema, f));
        print_value(p, f, t, indent + 1);
    }
    new_line(p, indent);
    ln_text_put(&p->text, "}", 1);
}

char *ln_meta_json(const void *buffer, size_t n, bool exact, ln_meta_error *error)
{
    ln_diag diag = {0};
    printing p = {.exact = exact};
    ln_status status = ln_meta_verify(buffer, n, &diag);
    if (status == LN_OK) {
        const ln_fb_table root = ln_fb_root(buffer, n);
        print_table(&p, schema->root, &root, 0);
        ln_text_put(&p.text, "\n", 1);
        if (p.text.failed)
            status = LN_ERR_MEMORY;
    }
    if (ln_meta_report(status, &diag, error))
        return p.text.chars;
    ln_free(&ln_alloc_default, p.text.chars);
    return NULL;
}
