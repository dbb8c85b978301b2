/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_write.c: writes files of named tensors; see checkpoint.h.  Everything is put together
 * twice by the same functions: once to count the bytes, once into memory of that size. */
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/leveldb.h"
#include "ops/flex/checkpoint.h"
#include "ops/flex/types.h"

typedef struct sink {
    uint8_t *out; /* NULL: only counts */
    size_t n;
} sink;

static void put(sink *s, const void *data, size_t n)
{
    if (s->out && n)
        memcpy(s->out + s->n, data, n);
    s->n += n;
}

static void put_varint(sink *s, uint64_t v)
{
    uint8_t b[10];
    size_t n = 0;
    for (; v > 127; v >>= 7)
        b[n++] = (uint8_t)(v | 128);
    b[n++] = (uint8_t)v;
    put(s, b, n);
}

static void put_u32(sink *s, uint32_t v)
{
    const uint8_t b[] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    put(s, b, sizeof b);
}

/* ---- messages ---- */

typedef struct item {
    ln_string name;
    const TfLiteTensor *t;
} item;

typedef void message_fn(sink *s, const void *of);

/* A field that holds a message: its length comes first. */
static void put_message(sink *s, unsigned field, message_fn *message, const void *of)
{
    sink count = {0};
    message(&count, of);
    put_varint(s, field << 3 | 2);
    put_varint(s, count.n);
    message(s, of);
}

static void put_bytes(sink *s, unsigned field, const char *text, size_t n)
{
    put_varint(s, field << 3 | 2);
    put_varint(s, n);
    put(s, text, n);
}

static void dimension(sink *s, const void *of)
{
    put_varint(s, 1 << 3);
    put_varint(s, (uint64_t)(int64_t) * (const int *)of);
}

static void shape(sink *s, const void *of)
{
    const ln_shape x = ln_shape_of(((const item *)of)->t);
    for (int i = 0; i < x.rank; i++)
        put_message(s, 2, dimension, &x.dim[i]);
}

static void nothing(sink *s, const void *of)
{
    (void)s;
    (void)of;
}

/* TensorSliceProto: one extent per dimension; an empty one is all of it. */
static void slice(sink *s, const void *of)
{
    const ln_shape x = ln_shape_of(((const item *)of)->t);
    for (int i = 0; i < x.rank; i++)
        put_message(s, 1, nothing, NULL);
}

static void slice_meta(sink *s, const void *of)
{
    const item *x = of;
    put_bytes(s, 1, x->name.text, x->name.n);
    put_message(s, 2, shape, x);
    put_varint(s, 3 << 3);
    put_varint(s, (uint64_t)ln_type_to_tensorflow(x->t->type));
    put_message(s, 4, slice, x);
}

typedef struct items {
    const ln_strings *names;
    const TfLiteTensor *const *tensors;
    int n;
} items;

static item item_at(const items *x, int i)
{
    return (item){ln_strings_at(x->names, i), x->tensors[i]};
}

static void meta(sink *s, const void *of)
{
    const items *x = of;
    for (int i = 0; i < x->n; i++) {
        const item one = item_at(x, i);
        put_message(s, 1, slice_meta, &one);
    }
}

static void first_value(sink *s, const void *of)
{
    put_message(s, 1, meta, of);
}

/* Integers as varints; negative ones have ten bytes. */
static void integers(sink *s, const void *of)
{
    const TfLiteTensor *t = of;
    for (int i = 0, n = ln_count(t); i < n; i++) {
        const int64_t v = t->type == kTfLiteInt64   ? t->data.i64[i]
                          : t->type == kTfLiteInt32 ? t->data.i32[i]
                          : t->type == kTfLiteInt16 ? t->data.i16[i]
                          : t->type == kTfLiteInt8  ? t->data.int8[i]
                                                    : t->data.uint8[i]; /* and bool */
        put_varint(s, (uint64_t)v);
    }
}

static void tensor(sink *s, const void *of)
{
    const TfLiteTensor *t = of;
    switch (t->type) {
    case kTfLiteFloat32:
        put_bytes(s, 5, t->data.raw, t->bytes);
        break;
    case kTfLiteFloat64:
        put_bytes(s, 6, t->data.raw, t->bytes);
        break;
    case kTfLiteString: {
        const ln_strings x = {t->data.raw, ln_count(t)};
        for (int i = 0; i < x.count; i++) {
            const ln_string one = ln_strings_at(&x, i);
            put_bytes(s, 8, one.text, one.n);
        }
        break;
    }
    case kTfLiteInt64:
        put_message(s, 10, integers, t);
        break;
    case kTfLiteBool:
        put_message(s, 11, integers, t);
        break;
    default:
        put_message(s, 7, integers, t);
    }
}

static void saved_slice(sink *s, const void *of)
{
    const item *x = of;
    put_bytes(s, 1, x->name.text, x->name.n);
    put_message(s, 2, slice, x);
    put_message(s, 3, tensor, x->t);
}

static void item_value(sink *s, const void *of)
{
    put_message(s, 2, saved_slice, of);
}

/* ---- keys (OrderedCode) ---- */

static void item_key(sink *s, const void *of)
{
    static const uint8_t full[] = {0x80, 0x7f}; /* from 0 on, all */
    const item *x = of;
    const int rank = ln_shape_of(x->t).rank;
    put(s, "", 1); /* the number 0 */
    for (size_t i = 0; i < x->name.n; i++) {
        const char c = x->name.text[i];
        put(s, &c, 1);
        if (c == 0)
            put(s, "\xff", 1);
        else if (c == '\xff')
            put(s, "", 1);
    }
    put(s, "\0\1", 2);
    if (rank > 0) {
        const uint8_t number[] = {1, (uint8_t)rank};
        put(s, number, 2);
    } else {
        put(s, "", 1);
    }
    for (int i = 0; i < rank; i++)
        put(s, full, 2);
}

/* ---- the table ---- */

typedef struct handle {
    size_t at, size;
} handle;

/* An entry of a block: nothing of its key is shared with the one before. */
static void put_entry(sink *s, message_fn *key, message_fn *value, const void *of)
{
    sink k = {0}, v = {0};
    key(&k, of);
    value(&v, of);
    put_varint(s, 0);
    put_varint(s, k.n);
    put_varint(s, v.n);
    key(s, of);
    value(s, of);
}

/* The end of a block that began at `from`: one restart point, no compression, a checksum. */
static handle end_block(sink *s, size_t from)
{
    put_u32(s, 0);
    put_u32(s, 1);
    const handle h = {from, s->n - from};
    put(s, "", 1);
    put_u32(s, s->out ? ln_leveldb_checksum(s->out + from, h.size + 1) : 0);
    return h;
}

static void put_handle(sink *s, const void *of)
{
    const handle *h = of;
    put_varint(s, h->at);
    put_varint(s, h->size);
}

/* The item that comes next behind `last`; -1: none.  Keys sort as names do. */
static int next_item(const items *x, int last)
{
    int best = -1;
    for (int i = 0; i < x->n; i++) {
        const ln_string a = ln_strings_at(x->names, i);
        int after = 1, before = -1;
        if (last >= 0) {
            const ln_string l = ln_strings_at(x->names, last);
            after = memcmp(a.text, l.text, LN_MIN(a.n, l.n));
            after = after ? after : a.n > l.n ? 1 : a.n < l.n ? -1 : i - last;
        }
        if (best >= 0) {
            const ln_string b = ln_strings_at(x->names, best);
            before = memcmp(a.text, b.text, LN_MIN(a.n, b.n));
            before = before ? before : a.n < b.n ? -1 : a.n > b.n ? 1 : i - best;
        }
        if (after > 0 && before < 0)
            best = i;
    }
    return best;
}

/* An entry of the index: the key of a block's only entry, and where the block is. */
typedef struct index_entry {
    item of;
    handle at;
} index_entry;

static void index_key(sink *s, const void *of)
{
    item_key(s, &((const index_entry *)of)->of);
}

static void index_value(sink *s, const void *of)
{
    put_handle(s, &((const index_entry *)of)->at);
}

static void table(sink *s, const items *x, handle *blocks)
{
    put_entry(s, nothing, first_value, x);
    blocks[x->n] = end_block(s, 0);
    for (int i = next_item(x, -1); i >= 0; i = next_item(x, i)) {
        const item one = item_at(x, i);
        const size_t from = s->n;
        put_entry(s, item_key, item_value, &one);
        blocks[i] = end_block(s, from);
    }
    size_t from = s->n;
    const handle meta_index = end_block(s, from);
    from = s->n;
    put_entry(s, nothing, put_handle, &blocks[x->n]);
    for (int i = next_item(x, -1); i >= 0; i = next_item(x, i)) {
        const index_entry e = {item_at(x, i), blocks[i]};
        put_entry(s, index_key, index_value, &e);
    }
    const handle index = end_block(s, from);
    const size_t footer = s->n;
    put_handle(s, &meta_index);
    put_handle(s, &index);
    while (s->n < footer + 40)
        put(s, "", 1);
    put_u32(s, 0x8b80fb57u);
    put_u32(s, 0xdb477524u);
}

ln_status ln_checkpoint_write(const char *path, const ln_strings *names,
                              const TfLiteTensor *const *tensors, int n, ln_diag *diag)
{
    const items x = {names, tensors, n};
    sink count = {0};
    handle *blocks = ln_new(&ln_alloc_default, (size_t)n + 1, sizeof *blocks);
    if (!blocks)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for a checkpoint");
    table(&count, &x, blocks);
    sink s = {.out = ln_new(&ln_alloc_default, 1, count.n)};
    ln_status status = LN_ERR_MEMORY;
    if (s.out) {
        table(&s, &x, blocks);
        const ln_bytes all = {s.out, s.n};
        status = ln_file_replace(path, &all, 1, diag);
    } else {
        (void)ln_fail(diag, status, "no memory for a checkpoint of %zu bytes", count.n);
    }
    ln_free(&ln_alloc_default, s.out);
    ln_free(&ln_alloc_default, blocks);
    return status;
}
