/* SPDX-License-Identifier: Apache-2.0 */
/* flex_example.c: features out of serialized Examples (TensorFlow's example.proto), which models
 * for serving take.
 *
 *   ParseExample         serialized [b], names, sparse keys.., dense keys.., defaults..
 *   ParseExampleV2       serialized [b] or [], names, sparse, dense and ragged keys, defaults..
 *   ParseSingleExample   serialized [], defaults..; the keys are attributes
 *     -> of all sparse keys the indices, then the values, then the shapes; of the dense ones the
 *        values; of the ragged ones the values, then the row splits
 *
 * The bytes are read in place, once per key: an Example is a list of a few features. */
#include <string.h>

#include "base/proto.h"
#include "fb/reader.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"
#include "ops/move.h"

typedef enum form { FIRST, SECOND, SINGLE } form;
typedef enum kind { SPARSE, DENSE, RAGGED } kind;

typedef struct parse {
    ln_call *c;
    form form;
    int n[3]; /* keys of each kind */
    ln_strings serialized;
    int batch; /* -1: not known */
    bool scalar;
    bool known; /* all texts may be read */
} parse;

typedef struct column {
    kind kind;
    int number; /* among those of its kind */
    ln_string key;
    TfLiteType type, split;
    ln_shape shape;               /* dense: of one Example's values */
    const TfLiteTensor *fallback; /* dense: what stands where there are none */
} column;

/* ---- operands ---- */

static int types_of(const ln_call *c, const char *name)
{
    int n = 0;
    while (ln_flex_list_type(c, name, n) != kTfLiteNoType)
        n++;
    return n;
}

static int defaults_at(const parse *p)
{
    return p->form == SINGLE ? 1 : p->form == SECOND ? 5 : 2 + p->n[SPARSE] + p->n[DENSE];
}

static ln_status open_parse(ln_call *c, form f, parse *p)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    *p = (parse){.c = c, .form = f, .scalar = s.rank == 0};
    p->n[SPARSE] = types_of(c, "sparse_types");
    p->n[DENSE] = types_of(c, "Tdense");
    p->n[RAGGED] = f == SECOND ? types_of(c, "ragged_value_types") : 0;
    p->batch = p->scalar ? 1 : s.dim[0];
    LN_CHECK(c, s.rank == 0 ? f != FIRST : s.rank == 1 && f != SINGLE, "the Examples have rank %d",
             s.rank);
    LN_CHECK(c, c->n_in == defaults_at(p) + p->n[DENSE], "there are %d inputs, not %d", c->n_in,
             defaults_at(p) + p->n[DENSE]);
    LN_CHECK(c, c->n_out == 3 * p->n[SPARSE] + p->n[DENSE] + 2 * p->n[RAGGED],
             "there are %d outputs", c->n_out);
    p->known = true;
    for (int i = 0; i < defaults_at(p); i++) {
        if (c->in[i]->type != kTfLiteString)
            return ln_fail_type(c, i);
        p->known = p->known && (i == 1 || ln_known(c, i));
    }
    return p->known ? ln_strings_open(c->diag, c->in[0], &p->serialized) : LN_OK;
}

/* The key of a column; one that is not known yet is empty. */
static ln_status key_of(const parse *p, kind k, int i, ln_string *key)
{
    ln_call *c = p->c;
    ln_strings keys;
    *key = (ln_string){"", 0};
    if (p->form == SINGLE) {
        key->text = ln_flex_list_str(c, k == SPARSE ? "sparse_keys" : "dense_keys", i, &key->n);
        LN_CHECK(c, key->text, "there is no key %d", i);
        return LN_OK;
    }
    const int in = p->form == SECOND ? 2 + (int)k : 2 + (k == DENSE ? p->n[SPARSE] : 0) + i;
    if (!ln_known(c, in))
        return LN_OK;
    if (p->form == FIRST)
        return ln_texts_single(c, in, key);
    LN_TRY(ln_strings_open(c->diag, c->in[in], &keys));
    LN_CHECK(c, i < keys.count, "input %d has %d keys, not %d", in, keys.count, p->n[k]);
    *key = ln_strings_at(&keys, i);
    return LN_OK;
}

static ln_status column_of(const parse *p, kind k, int i, column *to)
{
    static const char *const types[] = {"sparse_types", "Tdense", "ragged_value_types"};
    ln_call *c = p->c;
    *to = (column){.kind = k, .number = i, .type = ln_flex_list_type(c, types[k], i)};
    LN_TRY(key_of(p, k, i, &to->key));
    LN_CHECK(c, to->type == kTfLiteString || to->type == kTfLiteFloat32 || to->type == kTfLiteInt64,
             "a feature has type %s, which no Example has", ln_type_name(to->type));
    if (k == RAGGED)
        to->split = ln_flex_list_type(c, "ragged_split_types", i);
    LN_CHECK(c, k != RAGGED || to->split == kTfLiteInt32 || to->split == kTfLiteInt64,
             "row splits are %s", ln_type_name(to->split));
    if (k != DENSE)
        return LN_OK;
    to->fallback = c->in[defaults_at(p) + i];
    LN_CHECK(c, to->fallback->type == to->type, "default %d has type %s, not %s", i,
             ln_type_name(to->fallback->type), ln_type_name(to->type));
    LN_CHECK(c,
             ln_flex_list_shape(c, "dense_shapes", i, &to->shape) && to->shape.rank >= 0 &&
                 to->shape.rank < LN_MAX_RANK,
             "the shape of dense feature %d is not told", i);
    for (int d = 1; d < to->shape.rank; d++)
        LN_CHECK(c, to->shape.dim[d] >= 0, "dimension %d of dense feature %d is open", d, i);
    return LN_OK;
}

static bool is_open(const column *col)
{
    return col->shape.rank > 0 && col->shape.dim[0] < 0;
}

/* ---- an Example ---- */

enum { FEATURES = 1, ENTRY = 1, KEY = 1, VALUE = 2, BYTES_LIST = 1, FLOAT_LIST, INT64_LIST };

/* The values of one feature, one after the other. */
typedef struct cursor {
    ln_proto list, packed;
    ln_proto_field f;
    bool inside; /* of field f */
    int64_t whole;
} cursor;

static bool same(const ln_proto_field *f, ln_string text)
{
    return f->wire == LN_PROTO_BYTES && f->value == text.n &&
           (text.n == 0 || memcmp(f->data, text.text, text.n) == 0);
}

/* A Feature: which list it has, of what type; NoType: none. */
static TfLiteType list_of(ln_proto feature, ln_proto *list)
{
    static const TfLiteType types[] = {kTfLiteNoType, kTfLiteString, kTfLiteFloat32, kTfLiteInt64};
    TfLiteType type = kTfLiteNoType;
    for (ln_proto_field f; ln_proto_next(&feature, &f);)
        if (f.number >= BYTES_LIST && f.number <= INT64_LIST && f.wire == LN_PROTO_BYTES) {
            type = types[f.number];
            *list = ln_proto_inside(&f);
        }
    return type;
}

/* Example e's feature of a column: sets `found`, and a cursor before its first value. */
static ln_status open_feature(const parse *p, const column *col, int e, cursor *to, bool *found)
{
    const ln_string text = ln_strings_at(&p->serialized, e);
    ln_proto example = ln_proto_of((const uint8_t *)text.text, text.n);
    TfLiteType type = kTfLiteNoType;
    *to = (cursor){0};
    for (ln_proto_field f, key, value; ln_proto_next(&example, &f);) {
        ln_proto features = ln_proto_inside(&f);
        if (f.number != FEATURES || f.wire != LN_PROTO_BYTES)
            continue;
        while (ln_proto_next(&features, &f)) {
            const ln_proto entry = ln_proto_inside(&f);
            if (f.number == ENTRY && ln_proto_find(entry, KEY, &key) && same(&key, col->key))
                type = ln_proto_find(entry, VALUE, &value) && value.wire == LN_PROTO_BYTES
                           ? list_of(ln_proto_inside(&value), &to->list)
                           : kTfLiteNoType;
        }
        example.bad = example.bad || features.bad;
    }
    LN_CHECK(p->c, !example.bad, "text %d is no Example", e);
    *found = type != kTfLiteNoType;
    LN_CHECK(p->c, !*found || type == col->type, "feature %.*s of Example %d is %s, not %s",
             (int)LN_MIN(col->key.n, 100), col->key.text, e, ln_type_name(type),
             ln_type_name(col->type));
    return LN_OK;
}

/* The next value as the bytes that it is; false: there is none. */
static bool next_value(cursor *at, TfLiteType type, ln_string *to)
{
    for (;;) {
        if (!at->inside) {
            if (!ln_proto_next(&at->list, &at->f))
                return false;
            at->inside = at->f.number == 1;
            at->packed = ln_proto_inside(&at->f);
            continue;
        }
        const ln_proto_field *f = &at->f;
        uint64_t v;
        if (type == kTfLiteString) {
            at->inside = false;
            *to = (ln_string){(const char *)f->data, (size_t)f->value};
            if (f->wire == LN_PROTO_BYTES)
                return true;
        } else if (type == kTfLiteInt64) {
            at->inside = ln_proto_number(&at->f, &at->packed, &v);
            at->whole = at->inside ? ln_signed64(v) : 0;
            *to = (ln_string){(const char *)&at->whole, sizeof at->whole};
            if (at->inside)
                return true;
        } else if (f->wire == LN_PROTO_32) {
            at->inside = false;
            *to = (ln_string){(const char *)f->data, sizeof(float)};
            return true;
        } else if (f->wire == LN_PROTO_BYTES && at->packed.end - at->packed.p >= 4) {
            *to = (ln_string){(const char *)at->packed.p, sizeof(float)};
            at->packed.p += sizeof(float);
            return true;
        } else {
            at->inside = false;
        }
    }
}

static ln_status count_values(const parse *p, const column *col, int e, int *n, bool *found)
{
    cursor at;
    ln_string v;
    LN_TRY(open_feature(p, col, e, &at, found));
    for (*n = 0; *found && next_value(&at, col->type, &v);)
        ++*n;
    return LN_OK;
}

/* ---- shapes ---- */

/* Values of all Examples, and the most of one. */
static ln_status measure(const parse *p, const column *col, int *all, int *most)
{
    int64_t sum = 0;
    bool found;
    *most = 0;
    for (int e = 0; e < p->batch; e++) {
        int n;
        LN_TRY(count_values(p, col, e, &n, &found));
        sum += n;
        *most = LN_MAX(*most, n);
    }
    LN_CHECK(p->c, sum <= INT32_MAX, "the Examples have more values than fit an int");
    *all = (int)sum;
    return LN_OK;
}

static ln_status sparse_shapes(const parse *p, const column *col)
{
    ln_call *c = p->c;
    const int rank = p->scalar ? 1 : 2, n = p->n[SPARSE];
    int all = -1, most;
    if (p->known)
        LN_TRY(measure(p, col, &all, &most));
    LN_TRY(ln_set_out(c, col->number, kTfLiteInt64, &(ln_shape){2, {all, rank}}));
    LN_TRY(ln_set_out(c, n + col->number, col->type, &(ln_shape){1, {all}}));
    return ln_set_out(c, 2 * n + col->number, kTfLiteInt64, &(ln_shape){1, {rank}});
}

static ln_status dense_shape(const parse *p, const column *col)
{
    ln_shape y = col->shape;
    int all, most;
    if (is_open(col) && p->known) {
        const int inner = ln_shape_count(&y, 1, y.rank);
        LN_TRY(measure(p, col, &all, &most));
        LN_CHECK(p->c, inner > 0, "a row of dense feature %d is empty", col->number);
        y.dim[0] = most / inner;
    }
    if (!p->scalar) {
        memmove(&y.dim[1], &y.dim[0], sizeof y.dim[0] * (size_t)y.rank);
        y.dim[0] = p->batch;
        y.rank++;
    }
    return ln_set_out(p->c, 3 * p->n[SPARSE] + col->number, col->type, &y);
}

static ln_status ragged_shapes(const parse *p, const column *col)
{
    const int at = 3 * p->n[SPARSE] + p->n[DENSE] + col->number;
    int all = -1, most;
    if (p->known)
        LN_TRY(measure(p, col, &all, &most));
    LN_TRY(ln_set_out(p->c, at, col->type, &(ln_shape){1, {all}}));
    return ln_set_out(p->c, at + p->n[RAGGED], col->split,
                      &(ln_shape){1,
                                  {p->scalar      ? 0
                                   : p->batch < 0 ? -1
                                                  : p->batch + 1}});
}

/* Of each kind one, for a column of the result. */
typedef ln_status (*const column_fn)(const parse *, const column *);

static ln_status each_column(ln_call *c, form f, column_fn fns[3])
{
    parse p;
    column col;
    LN_TRY(open_parse(c, f, &p));
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < p.n[k]; i++) {
            LN_TRY(column_of(&p, (kind)k, i, &col));
            LN_TRY(fns[k](&p, &col));
        }
    return LN_OK;
}

static ln_status infer(ln_call *c, form f)
{
    static column_fn shapes[] = {sparse_shapes, dense_shape, ragged_shapes};
    return each_column(c, f, shapes);
}

/* ---- values ---- */

typedef struct walk {
    const parse *p;
    const column *col;
    cursor at;
    int e;   /* the Example that the cursor is in */
    int per; /* values of each; 0: as many as there are */
    bool found;
    ln_strings texts; /* of the default */
    bool one;         /* the default stands for all */
} walk;

/* Which was found readable before. */
static void enter(walk *w, int e)
{
    w->e = e;
    if (e >= w->p->batch || open_feature(w->p, w->col, e, &w->at, &w->found) != LN_OK)
        w->found = false;
}

static ln_string fallback_at(walk *w, int i)
{
    const TfLiteTensor *t = w->col->fallback;
    const int at = w->one ? 0 : i;
    if (t->type == kTfLiteString)
        return ln_strings_at(&w->texts, at);
    const size_t size = ln_type_size(t->type);
    return (ln_string){t->data.raw + (size_t)at * size, size};
}

/* Value k of the output, asked for in order. */
static ln_string value_at(void *arg, int k)
{
    walk *w = arg;
    ln_string v = {"", 0};
    if (w->per > 0) {
        if (k % w->per == 0)
            enter(w, k / w->per);
        if (w->found && next_value(&w->at, w->col->type, &v))
            return v;
        return fallback_at(w, k % w->per);
    }
    if (k == 0)
        enter(w, 0);
    while (w->e < w->p->batch && !(w->found && next_value(&w->at, w->col->type, &v)))
        enter(w, w->e + 1);
    return v;
}

static ln_status write_values(ln_call *c, int out, walk *w)
{
    TfLiteTensor *y = c->out[out];
    const int n = ln_count(y);
    if (y->type == kTfLiteString)
        return ln_strings_write(c, out, n, value_at, w);
    const size_t size = ln_type_size(y->type);
    for (int k = 0; k < n; k++)
        memcpy(y->data.raw + (size_t)k * size, value_at(w, k).text, size);
    return LN_OK;
}

static ln_status write_sparse(const parse *p, const column *col)
{
    ln_call *c = p->c;
    TfLiteTensor *indices = c->out[col->number], *shape = c->out[2 * p->n[SPARSE] + col->number];
    walk w = {.p = p, .col = col};
    int64_t at = 0, most = 0;
    bool found;
    for (int e = 0; e < p->batch; e++) {
        int n;
        LN_TRY(count_values(p, col, e, &n, &found));
        for (int i = 0; i < n; i++) {
            if (!p->scalar)
                indices->data.i64[at++] = e;
            indices->data.i64[at++] = i;
        }
        most = LN_MAX(most, n);
    }
    if (!p->scalar)
        shape->data.i64[0] = p->batch;
    shape->data.i64[p->scalar ? 0 : 1] = most;
    return write_values(c, p->n[SPARSE] + col->number, &w);
}

static ln_status write_dense(const parse *p, const column *col)
{
    ln_call *c = p->c;
    const int out = 3 * p->n[SPARSE] + col->number;
    const int per = p->batch ? ln_count(c->out[out]) / p->batch : 0;
    const int defaults = ln_count(col->fallback), length = (int)LN_MIN(col->key.n, 100);
    const int row = is_open(col) ? ln_shape_count(&col->shape, 1, col->shape.rank) : per;
    const bool fills = defaults == 1 || (defaults == per && !is_open(col));
    walk w = {.p = p, .col = col, .per = per, .one = defaults == 1};
    if (col->type == kTfLiteString)
        LN_TRY(ln_strings_open(c->diag, col->fallback, &w.texts));
    for (int e = 0; e < p->batch; e++) {
        bool found;
        int n;
        LN_TRY(count_values(p, col, e, &n, &found));
        LN_CHECK(c, found || is_open(col) || fills,
                 "Example %d lacks feature %.*s, which has no default", e, length, col->key.text);
        LN_CHECK(c, !found || (is_open(col) ? n % row == 0 : n == per),
                 "feature %.*s of Example %d has %d values, not %d", length, col->key.text, e, n,
                 row);
        LN_CHECK(c, n == per || fills, "nothing stands for what feature %.*s lacks in Example %d",
                 length, col->key.text, e);
    }
    return write_values(c, out, &w);
}

static ln_status write_ragged(const parse *p, const column *col)
{
    const int at = 3 * p->n[SPARSE] + p->n[DENSE] + col->number;
    TfLiteTensor *splits = p->c->out[at + p->n[RAGGED]];
    walk w = {.p = p, .col = col};
    int64_t sum = 0;
    for (int e = 0; !p->scalar && e <= p->batch; e++) {
        bool found;
        int n = 0;
        ln_set_int_at(splits, e, sum);
        if (e < p->batch)
            LN_TRY(count_values(p, col, e, &n, &found));
        sum += n;
    }
    return write_values(p->c, at, &w);
}

static ln_status eval(ln_call *c, form f)
{
    static column_fn write[] = {write_sparse, write_dense, write_ragged};
    return each_column(c, f, write);
}

#define PARSE(id, text, least, form_)       \
    static ln_status id##_infer(ln_call *c) \
    {                                       \
        return infer(c, form_);             \
    }                                       \
    static ln_status id##_eval(ln_call *c)  \
    {                                       \
        return eval(c, form_);              \
    }                                       \
    LN_FLEX_OP(id, text, least, -1, -1, id##_infer, id##_eval)

PARSE(parse_example, "ParseExample", 2, FIRST);
PARSE(parse_example_v2, "ParseExampleV2", 5, SECOND);
PARSE(parse_single_example, "ParseSingleExample", 1, SINGLE);
