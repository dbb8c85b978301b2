/* SPDX-License-Identifier: Apache-2.0 */
/* hashtable.c: HASHTABLE, HASHTABLE_FIND, HASHTABLE_IMPORT, HASHTABLE_SIZE: static tables from
 * int64 to string or from string to int64, shared by all graphs of an interpreter.
 *
 * Import sorts the keys, so that finding one halves the table step by step.  The first import and
 * the first of equal keys count. */
#include <stdio.h>
#include <string.h>

#include "ops/resource.h"
#include "ops/scratch.h"
#include "ops/sort.h"
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

/* ---- keys ---- */

/* Keys or values of either type. */
typedef struct items {
    const int64_t *numbers; /* NULL: strings */
    ln_strings texts;
} items;

static ln_status open_items(ln_call *c, const TfLiteTensor *t, items *it)
{
    *it = (items){0};
    if (t->type == kTfLiteString)
        return ln_strings_open(c->diag, t, &it->texts);
    it->numbers = t->data.i64;
    return LN_OK;
}

/* Below, at or above 0 as key a of one list is below, at or above key b of another. */
static int compare(const items *x, int a, const items *y, int b)
{
    if (x->numbers)
        return (x->numbers[a] > y->numbers[b]) - (x->numbers[a] < y->numbers[b]);
    const ln_string s = ln_strings_at(&x->texts, a), t = ln_strings_at(&y->texts, b);
    const size_t n = LN_MIN(s.n, t.n);
    const int order = n ? memcmp(s.text, t.text, n) : 0;
    return order ? order : (s.n > t.n) - (s.n < t.n);
}

static bool is_below(const void *keys, int a, int b)
{
    return compare(keys, a, keys, b) < 0;
}

/* Where key k of the question stands among the `n` of the table; -1: it does not. */
static int find(const items *asked, int k, const items *keys, int n)
{
    int low = 0, high = n;

    while (low < high) {
        const int middle = low + (high - low) / 2, order = compare(asked, k, keys, middle);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

/* ---- HASHTABLE_IMPORT ---- */

typedef struct picked {
    const items *from;
    const int *order;
} picked;

static ln_string pick_text(void *arg, int k)
{
    const picked *p = arg;
    return ln_strings_at(&p->from->texts, p->order[k]);
}

/* Makes `to` a list of the `n` items of `from` that `order` names. */
static ln_status keep(ln_call *c, TfLiteTensor *to, const items *from, const int *order, int n)
{
    const ln_shape shape = {1, {n}};
    picked p = {from, order};

    LN_TRY(c->host->set_shape(c->host, to, &shape));
    if (!from->numbers)
        return ln_strings_set(c, to, n, pick_text, &p);
    LN_TRY(c->host->set_bytes(c->host, to, (size_t)n * sizeof(int64_t)));
    for (int i = 0; i < n; i++)
        to->data.i64[i] = from->numbers[order[i]];
    return LN_OK;
}

static void cut(int n, ln_scratch *s, int **order, int **spare)
{
    *order = ln_scratch_take(s, LN_MAX(n, 0), sizeof(int));
    *spare = ln_scratch_take(s, LN_MAX(n, 0), sizeof(int));
}

static ln_status import_infer(ln_call *c)
{
    const int keys = ln_count(c->in[KEYS]), values = ln_count(c->in[VALUES]);
    ln_scratch s = {0};
    int *order, *spare;

    LN_TRY(ln_check_handle(c, TABLE));
    LN_CHECK(c, types_fit(c->in[KEYS]->type, c->in[VALUES]->type),
             "keys are %s and values %s; int64 and string, or string and int64 are there",
             ln_type_name(c->in[KEYS]->type), ln_type_name(c->in[VALUES]->type));
    LN_CHECK(c, keys >= 0, "the number of keys must be known");
    LN_CHECK(c, keys == values, "there are %d keys and %d values", keys, values);
    cut(keys, &s, &order, &spare);
    return ln_scratch_ask(c, &s);
}

static ln_status import_eval(ln_call *c)
{
    const TfLiteTensor *keys = c->in[KEYS], *values = c->in[VALUES];
    const int n = ln_count(keys);
    ln_scratch s = {.base = c->scratch};
    items key, value;
    ln_resource *r;
    int *order, *spare, kept = 0;

    LN_TRY(table_of(c, keys->type, values->type, &r));
    if (r->initialized)
        return LN_OK;
    LN_TRY(open_items(c, keys, &key));
    LN_TRY(open_items(c, values, &value));
    cut(n, &s, &order, &spare);
    for (int i = 0; i < n; i++)
        order[i] = i;
    ln_sort_indices(order, spare, n, is_below, &key);
    for (int i = 0; i < n; i++)
        if (kept == 0 || compare(&key, order[kept - 1], &key, order[i]) != 0)
            order[kept++] = order[i];
    LN_TRY(keep(c, &r->keys, &key, order, kept));
    LN_TRY(keep(c, &r->values, &value, order, kept));
    r->initialized = true;
    return LN_OK;
}

/* ---- HASHTABLE_FIND ---- */

typedef struct finder {
    items asked, keys, values, fallback;
    int n; /* keys of the table */
} finder;

static ln_string text_at(void *arg, int k)
{
    const finder *f = arg;
    const int i = find(&f->asked, k, &f->keys, f->n);
    return i < 0 ? ln_strings_at(&f->fallback.texts, 0) : ln_strings_at(&f->values.texts, i);
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
    f.n = ln_count(&r->keys);
    LN_TRY(open_items(c, keys, &f.asked));
    LN_TRY(open_items(c, &r->keys, &f.keys));
    LN_TRY(open_items(c, &r->values, &f.values));
    LN_TRY(open_items(c, fallback, &f.fallback));
    if (fallback->type == kTfLiteString)
        return ln_strings_write(c, 0, n, text_at, &f);
    for (int k = 0; k < n; k++) {
        const int i = find(&f.asked, k, &f.keys, f.n);
        c->out[0]->data.i64[k] = i < 0 ? f.fallback.numbers[0] : f.values.numbers[i];
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

static ln_status size_eval(ln_call *c)
{
    ln_resource *r;

    LN_TRY(ln_resource_of(c, TABLE, LN_RESOURCE_TABLE, &r));
    LN_CHECK(c, r->initialized, "the table is read before anything was imported");
    c->out[0]->data.i64[0] = ln_count(&r->keys);
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
