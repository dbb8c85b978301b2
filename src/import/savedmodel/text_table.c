/* SPDX-License-Identifier: Apache-2.0 */
/* text_table.c: tables that a text file fills: a line is an entry; its key and its value are the
 * whole line, the line's number, or a column. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/savedmodel/tf.h"

enum { WHOLE_LINE = -2, LINE_NUMBER = -1, MAX_LINES = 1 << 24, MAX_PATH_LENGTH = 4096 };

typedef struct column {
    int index;
    TfLiteType type;
    int64_t *numbers;
    ProtobufCBinaryData *texts;
} column;

typedef struct reader {
    ln_tf *tf;
    const char *name; /* of the table, for messages */
    char delimiter;
    int64_t offset;
    column key, value;
    int n;
} reader;

static int64_t number_of(const Tf__NodeDef *def, const char *name, int64_t fallback)
{
    const Tf__AttrValue *v = ln_tf_attr_of(def, name);
    return v && v->value_case == TF__ATTR_VALUE__VALUE_I ? v->i : fallback;
}

/* The file's name among the assets: as the SavedModel lists it, else how the path ends. */
static const char *asset_name(const ln_tf *tf, const Tf__NodeDef *path)
{
    for (size_t i = 0; tf->meta && i < tf->meta->n_asset_file_def; i++) {
        const Tf__AssetFile *a = tf->meta->asset_file_def[i];
        const char *tensor = a->tensor_info ? a->tensor_info->name : "";
        const size_t n = strlen(path->name);
        if (strncmp(tensor, path->name, n) == 0 && (tensor[n] == ':' || tensor[n] == 0))
            return a->filename;
    }
    const Tf__AttrValue *v = ln_tf_attr_of(path, "value");
    if (!v || v->value_case != TF__ATTR_VALUE__VALUE_TENSOR || v->tensor->n_string_val != 1)
        return NULL;
    const ProtobufCBinaryData *text = &v->tensor->string_val[0];
    const char *own = ln_arena_string(tf->arena, (const char *)text->data, text->len);
    const char *slash = own ? strrchr(own, '/') : NULL;
    return slash ? slash + 1 : own;
}

static ln_status open_asset(ln_tf *tf, const char *table, const Tf__NodeDef *path, ln_file *f)
{
    char full[MAX_PATH_LENGTH];
    const char *name = asset_name(tf, path);
    if (!tf->folder || !name || !name[0] || strchr(name, '/') || strcmp(name, "..") == 0)
        return ln_fail(tf->diag, LN_ERR_UNSUPPORTED,
                       "the table %s is filled from a file that is not among the model's assets",
                       table);
    if (snprintf(full, sizeof full, "%s/assets/%s", tf->folder, name) >= (int)sizeof full)
        return ln_fail(tf->diag, LN_ERR_ARGUMENT, "the path %s is too long", tf->folder);
    return ln_file_open(f, full, tf->alloc, tf->diag);
}

/* ---- lines ---- */

/* Column `index` of a line, or all of it. */
static bool field(const reader *r, const ProtobufCBinaryData *line, int index,
                  ProtobufCBinaryData *out)
{
    uint8_t *at = line->data, *end = line->data + line->len;
    *out = *line;
    if (index == WHOLE_LINE)
        return true;
    for (int i = 0;; i++) {
        uint8_t *next = memchr(at, r->delimiter, (size_t)(end - at));
        out->data = at;
        out->len = (size_t)((next ? next : end) - at);
        if (i == index)
            return true;
        if (!next)
            return false;
        at = next + 1;
    }
}

static bool parse(const ProtobufCBinaryData *text, int64_t *number)
{
    char own[32], *end;
    if (text->len == 0 || text->len >= sizeof own)
        return false;
    memcpy(own, text->data, text->len);
    own[text->len] = 0;
    *number = strtoll(own, &end, 10);
    return *end == 0;
}

static bool put(const reader *r, column *c, const ProtobufCBinaryData *line)
{
    ProtobufCBinaryData text;
    if (c->index == LINE_NUMBER) {
        c->numbers[r->n] = r->n + r->offset;
        return true;
    }
    if (!field(r, line, c->index, &text))
        return false;
    if (c->type == kTfLiteInt64)
        return parse(&text, &c->numbers[r->n]);
    c->texts[r->n] = text;
    return true;
}

/* Without the carriage returns, which TensorFlow skips; the bytes are ours. */
static size_t clean(uint8_t *data, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (data[i] != '\r')
            data[kept++] = data[i];
    return kept;
}

static ln_status read_lines(reader *r, uint8_t *data, size_t n, int64_t limit)
{
    size_t at = 0;
    while (at < n && (limit < 0 || r->n < limit)) {
        uint8_t *end = memchr(data + at, '\n', n - at);
        const size_t length = end ? (size_t)(end - data) - at : n - at;
        const ProtobufCBinaryData line = {length, data + at};
        if (length == 0 || !put(r, &r->key, &line) || !put(r, &r->value, &line))
            return ln_fail(r->tf->diag, LN_ERR_FORMAT,
                           "line %d of the file of the table %s has no key or no value", r->n + 1,
                           r->name);
        r->n++;
        at += length + 1;
    }
    return LN_OK;
}

/* ---- tensors ---- */

static bool prepare(reader *r, column *c, size_t lines)
{
    if (c->type == kTfLiteInt64)
        c->numbers = ln_arena_new(r->tf->arena, lines, sizeof *c->numbers);
    else
        c->texts = ln_arena_new(r->tf->arena, lines, sizeof *c->texts);
    return c->numbers || c->texts;
}

static const Tf__Tensor *as_tensor(const reader *r, const column *c)
{
    enum { STRING = 7, INT64 = 9 }; /* of TensorFlow's types */
    ln_arena *arena = r->tf->arena;
    Tf__Tensor *t = ln_arena_new(arena, 1, sizeof *t);
    Tf__TensorShape *s = ln_arena_new(arena, 1, sizeof *s);
    Tf__TensorShape__Dim *d = ln_arena_new(arena, 1, sizeof *d),
                         **dims = ln_arena_new(arena, 1, sizeof(Tf__TensorShape__Dim *));
    if (!t || !s || !d || !dims)
        return NULL;
    tf__tensor__init(t);
    tf__tensor_shape__init(s);
    tf__tensor_shape__dim__init(d);
    d->size = r->n;
    dims[0] = d;
    s->n_dim = 1;
    s->dim = dims;
    t->tensor_shape = s;
    t->dtype = c->texts ? STRING : INT64;
    t->string_val = c->texts;
    t->n_string_val = c->texts ? (size_t)r->n : 0;
    t->int64_val = c->numbers;
    t->n_int64_val = c->numbers ? (size_t)r->n : 0;
    return t;
}

static bool fits(const column *c)
{
    const bool number = c->type == kTfLiteInt64;
    return c->index >= WHOLE_LINE && (number || c->type == kTfLiteString) &&
           (number || c->index != LINE_NUMBER);
}

ln_status ln_tf_text_table(ln_tf *tf, ln_tf_table *table, const Tf__NodeDef *def,
                           const Tf__NodeDef *path)
{
    const Tf__AttrValue *delimiter = ln_tf_attr_of(def, "delimiter");
    const bool given = delimiter && delimiter->value_case == TF__ATTR_VALUE__VALUE_S;
    reader r = {.tf = tf, .name = table->name, .offset = number_of(def, "offset", 0)};
    ln_file f;
    r.key = (column){.index = (int)number_of(def, "key_index", INT_MIN), .type = table->key_type};
    r.value =
        (column){.index = (int)number_of(def, "value_index", INT_MIN), .type = table->value_type};
    r.delimiter = given && delimiter->s.len == 1 ? (char)delimiter->s.data[0] : '\t';
    if (!fits(&r.key) || !fits(&r.value))
        return ln_fail(tf->diag, LN_ERR_UNSUPPORTED,
                       "the table %s takes columns of its file that cannot be had", table->name);
    LN_TRY(open_asset(tf, table->name, path, &f));
    uint8_t *data = ln_arena_copy(tf->arena, f.data, f.size + !f.size);
    const size_t n = data ? clean(data, f.size) : 0;
    ln_file_close(&f);
    size_t lines = 1;
    for (size_t i = 0; i < n; i++)
        lines += data[i] == '\n';
    if (lines > MAX_LINES)
        return ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "the file of the table %s is too long",
                       table->name);
    if (!data || !prepare(&r, &r.key, lines) || !prepare(&r, &r.value, lines))
        return LN_ERR_MEMORY;
    LN_TRY(read_lines(&r, data, n, number_of(def, "vocab_size", -1)));
    table->keys = as_tensor(&r, &r.key);
    table->values = as_tensor(&r, &r.value);
    return table->keys && table->values ? LN_OK : LN_ERR_MEMORY;
}
