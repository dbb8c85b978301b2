/* SPDX-License-Identifier: Apache-2.0 */
/* hashtable.c: HASHTABLE, HASHTABLE_FIND, HASHTABLE_IMPORT, HASHTABLE_SIZE: static tables from
 * int64 to string or from string to int64, shared by all graphs of an interpreter.
 *
 * A table keeps keys and values as they were imported; the first import and the first of equal
 * keys count.  Looking a key up walks all keys: tables of models are read once. */
#include <stdio.h>
#include <string.h>

#include "ops/resource.h"
#include "ops/strings.h"

enum { TABLE, KEYS, VALUES, DEFAULT = VALUES };

static bool types_fit(TfLiteType key, TfLiteType value)
{
    return (key == kTfLiteInt64 && value == kTfLiteString) ||
           (key == kTfLiteString && value == kTfLiteInt64);
}

/* ---- HASHTABLE ---- */

static ln_status table_infer(ln_call *c)
{
    const TfLiteHashtableParams *p = c->params;
    const ln_shape one = {1, {1}};

    LN_CHECK(c, types_fit(p->key_dtype, p->value_dtype),
             "a table from %s to %s; int64 to string and back are there",
             ln_type_name(p->key_dtype), ln_type_name(p->value_dtype));
    return ln_set_out(c, 0, kTfLiteResource, &one);
}

static ln_status table_eval(ln_call *c)
{
    const TfLiteHashtableParams *p = c->params;
    char name[16];
    int32_t id;
    ln_resource *r;

    snprintf(name, sizeof(name), "%d", p->table_id);
    LN_TRY(ln_set_handle(c, LN_RESOURCE_TABLE, "", name));
    memcpy(&id, c->out[0]->data.raw, sizeof(id));
    LN_TRY(c->host->resource(c->host, LN_RESOURCE_TABLE, id, &r));
    if (r->keys.type == kTfLiteNoType) {
        r->keys.type = p->key_dtype;
        r->values.type = p->value_dtype;
    }
    LN_CHECK(c, r->keys.type == p->key_dtype && r->values.type == p->value_dtype,
             "table %d goes from %s to %s elsewhere", p->table_id, ln_type_name(r->keys.type),
             ln_type_name(r->values.type));
    return LN_OK;
}

static ln_status table_of(ln_call *c, TfLiteType key, TfLiteType value, ln_resource **r)
{
    LN_TRY(ln_resource_of(c, TABLE, LN_RESOURCE_TABLE, r));
    LN_CHECK(c, (*r)->keys.type == key && (*r)->values.type == value,
             "the table goes from %s to %s, not from %s to %s", ln_type_name((*r)->keys.type),
             ln_type_name((*r)->values.type), ln_type_name(key), ln_type_name(value));
    return LN_OK;
}

/* ---- HASHTABLE_IMPORT ---- */

static ln_status import_infer(ln_call *c)
{
    LN_TRY(ln_check_handle(c, TABLE));
    LN_CHECK(c, types_fit(c->in[KEYS]->type, c->in[VALUES]->type),
             "keys are %s and values %s; int64 and string, or string and int64 are there",
             ln_type_name(c->in[KEYS]->type), ln_type_name(c->in[VALUES]->type));
    const ln_shape keys = ln_shape_of(c->in[KEYS]), values = ln_shape_of(c->in[VALUES]);
    LN_CHECK(c,
             ln_shape_equal(&keys, &values) || !ln_shape_known(&keys) || !ln_shape_known(&values),
             "keys and values have different shapes");
    return LN_OK;
}

static ln_status import_eval(ln_call *c)
{
    const TfLiteTensor *keys = c->in[KEYS], *values = c->in[VALUES];
    const TfLiteTensor *texts = keys->type == kTfLiteString ? keys : values;
    ln_strings s;
    ln_resource *r;

    LN_TRY(table_of(c, keys->type, values->type, &r));
    if (r->initialized)
        return LN_OK;
    LN_CHECK(c, ln_count(keys) == ln_count(values), "there are %d keys and %d values",
             ln_count(keys), ln_count(values));
    LN_TRY(ln_strings_open(c->diag, texts, &s));
    LN_TRY(ln_assign(c, &r->keys, keys));
    LN_TRY(ln_assign(c, &r->values, values));
    r->initialized = true;
    return LN_OK;
}

/* ---- HASHTABLE_FIND ---- */

typedef struct finder {
    const ln_resource *table;
    ln_strings asked, known; /* one of the two pairs, by the keys' type */
    ln_strings values, fallback;
    const int64_t *asked_numbers;
    int n_known;
} finder;

/* Where key k of the question stands in the table; -1: it does not. */
static int find(const finder *f, int k)
{
    if (f->asked_numbers) {
        const int64_t *keys = f->table->keys.data.i64;
        for (int i = 0; i < f->n_known; i++)
            if (keys[i] == f->asked_numbers[k])
                return i;
        return -1;
    }
    const ln_string key = ln_strings_at(&f->asked, k);
    for (int i = 0; i < f->n_known; i++) {
        const ln_string s = ln_strings_at(&f->known, i);
        if (s.n == key.n && (s.n == 0 || memcmp(s.text, key.text, s.n) == 0))
            return i;
    }
    return -1;
}

static ln_string text_at(void *arg, int k)
{
    const finder *f = arg;
    const int i = find(f, k);
    return i < 0 ? ln_strings_at(&f->fallback, 0) : ln_strings_at(&f->values, i);
}

static ln_status find_infer(ln_call *c)
{
    const ln_shape keys = ln_shape_of(c->in[KEYS]);
    const int n = ln_count(c->in[DEFAULT]);

    LN_TRY(ln_check_handle(c, TABLE));
    LN_CHECK(c, types_fit(c->in[KEYS]->type, c->in[DEFAULT]->type),
             "keys are %s and the default is %s; int64 and string, or string and int64 are there",
             ln_type_name(c->in[KEYS]->type), ln_type_name(c->in[DEFAULT]->type));
    LN_CHECK(c, n == 1 || (n < 0 && !c->run), "the default has %d items, not 1", n);
    return ln_set_out(c, 0, c->in[DEFAULT]->type, &keys);
}

static ln_status find_eval(ln_call *c)
{
    const TfLiteTensor *keys = c->in[KEYS], *fallback = c->in[DEFAULT];
    const int n = ln_count(keys);
    ln_resource *r;
    finder f = {0};

    LN_TRY(table_of(c, keys->type, fallback->type, &r));
    LN_CHECK(c, r->initialized, "the table is read before anything was imported");
    f.table = r;
    f.n_known = ln_count(&r->keys);
    if (keys->type == kTfLiteInt64) {
        f.asked_numbers = keys->data.i64;
        LN_TRY(ln_strings_open(c->diag, &r->values, &f.values));
        LN_TRY(ln_strings_open(c->diag, fallback, &f.fallback));
        return ln_strings_write(c, 0, n, text_at, &f);
    }
    LN_TRY(ln_strings_open(c->diag, keys, &f.asked));
    LN_TRY(ln_strings_open(c->diag, &r->keys, &f.known));
    for (int k = 0; k < n; k++) {
        const int i = find(&f, k);
        c->out[0]->data.i64[k] = i < 0 ? fallback->data.i64[0] : r->values.data.i64[i];
    }
    return LN_OK;
}

/* ---- HASHTABLE_SIZE ---- */

static ln_status size_infer(ln_call *c)
{
    const ln_shape one = {1, {1}};

    LN_TRY(ln_check_handle(c, TABLE));
    return ln_set_out(c, 0, kTfLiteInt64, &one);
}

/* Equal keys count once. */
static ln_status size_eval(ln_call *c)
{
    ln_resource *r;
    finder f = {0};
    int64_t size = 0;

    LN_TRY(ln_resource_of(c, TABLE, LN_RESOURCE_TABLE, &r));
    LN_CHECK(c, r->initialized, "the table is read before anything was imported");
    f.table = r;
    f.n_known = ln_count(&r->keys);
    if (r->keys.type == kTfLiteInt64) {
        f.asked_numbers = r->keys.data.i64;
    } else {
        LN_TRY(ln_strings_open(c->diag, &r->keys, &f.known));
        f.asked = f.known;
    }
    for (int k = 0; k < f.n_known; k++)
        size += find(&f, k) == k;
    c->out[0]->data.i64[0] = size;
    return LN_OK;
}

static const ln_field table_fields[] = {
    LN_FIELD(I32, 0, TfLiteHashtableParams, table_id, 1),
    LN_FIELD(TYPE, 1, TfLiteHashtableParams, key_dtype, 1),
    LN_FIELD(TYPE, 2, TfLiteHashtableParams, value_dtype, 1),
    {0},
};

const ln_op ln_op_hashtable = {
    .name = "HASHTABLE",
    .builtin = kTfLiteBuiltinHashtable,
    .version = 1,
    .options = 107,
    .min_in = 0,
    .max_in = 0,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = table_fields,
    .params_size = sizeof(TfLiteHashtableParams),
    .infer = table_infer,
    .eval = table_eval,
};

const ln_op ln_op_hashtable_find = {
    .name = "HASHTABLE_FIND",
    .builtin = kTfLiteBuiltinHashtableFind,
    .version = 1,
    .options = 108,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .infer = find_infer,
    .eval = find_eval,
};

const ln_op ln_op_hashtable_import = {
    .name = "HASHTABLE_IMPORT",
    .builtin = kTfLiteBuiltinHashtableImport,
    .version = 1,
    .options = 109,
    .min_in = 3,
    .max_in = 3,
    .n_out = 0,
    .traits = LN_STATEFUL,
    .infer = import_infer,
    .eval = import_eval,
};

const ln_op ln_op_hashtable_size = {
    .name = "HASHTABLE_SIZE",
    .builtin = kTfLiteBuiltinHashtableSize,
    .version = 1,
    .options = 110,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .infer = size_infer,
    .eval = size_eval,
};
