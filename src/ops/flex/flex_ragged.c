/* SPDX-License-Identifier: Apache-2.0 */
/* flex_ragged.c: RaggedTensorToTensor: rows of different lengths -> a dense tensor, filled up with
 * a default value.  It comes as a node of TensorFlow's, or as a custom operator whose options are a
 * map (of tflite-support and TensorFlow Text); for that one empty rows are one item long.
 *
 *   shape, values [m, ...], default, partitions...    -> [rows, longest, ...]
 *
 * row_partition_types says what each partition is: ROW_SPLITS (where each row begins, and the end),
 * or FIRST_DIM_SIZE (how many rows) in front of VALUE_ROWIDS (the row of each item).  A dimension
 * of `shape` that is not -1 cuts or fills rows to that length. */
#include <string.h>

#include "fb/flexbuffers.h"
#include "ops/flex/flex.h"
#include "ops/scratch.h"
#include "ops/strings.h"

enum { SHAPE, VALUES, DEFAULT, FIRST_PARTITION };
enum { FIRST_DIM_SIZE, VALUE_ROWIDS, ROW_SPLITS };

/* What the options say: of `n` partitions the kinds, -1 for one that is not known. */
typedef struct params {
    int n, kind[LN_MAX_RANK];
    int least; /* items of the longest row, where all are empty */
} params;

typedef struct ragged {
    const int *kind;
    int least;
    int n;        /* partitions */
    int first;    /* the first that makes a dimension: 1 behind FIRST_DIM_SIZE */
    int64_t rows; /* of the outermost dimension */
    ln_shape y;
    int inner; /* items per value */
} ragged;

/* ---- options ---- */

/* Adds the kind of one more partition. */
static void add_kind(params *p, const char *text, size_t n)
{
    static const char *const names[] = {"FIRST_DIM_SIZE", "VALUE_ROWIDS", "ROW_SPLITS"};
    p->kind[p->n] = -1;
    for (int k = 0; k < 3; k++)
        if (text && strlen(names[k]) == n && memcmp(names[k], text, n) == 0)
            p->kind[p->n] = k;
    p->n++;
}

static ln_status parse_node(const uint8_t *data, size_t size, void *to, ln_diag *diag)
{
    ln_flex_node node;
    const ln_call c = {.params = &node};
    params *p = to;
    const char *text;
    size_t n = 0;

    LN_TRY(ln_flex_parse(data, size, &node, diag));
    *p = (params){0};
    while (p->n < LN_MAX_RANK &&
           (text = ln_flex_list_str(&c, "row_partition_types", p->n, &n)) != NULL)
        add_kind(p, text, n);
    return LN_OK;
}

static ln_status parse_map(const uint8_t *data, size_t size, void *to, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, size);
    const ln_flex kinds = ln_flex_get(&root, "row_partition_types");
    params *p = to;

    (void)diag;
    *p = (params){.least = 1};
    for (size_t i = 0; i < ln_flex_count(&kinds) && p->n < LN_MAX_RANK; i++) {
        const ln_flex kind = ln_flex_item(&kinds, i);
        size_t n = 0;
        const char *text = ln_flex_text(&kind, &n);
        add_kind(p, text, n);
    }
    return LN_OK;
}

/* ---- partitions ---- */

static int64_t item(const TfLiteTensor *t, int i)
{
    return t->type == kTfLiteInt64 ? t->data.i64[i] : t->data.i32[i];
}

static ln_status open_kinds(ln_call *c, ragged *r)
{
    const params *p = c->params;
    *r = (ragged){.kind = p->kind,
                  .least = p->least,
                  .n = c->n_in - FIRST_PARTITION,
                  .first = p->n > 0 && p->kind[0] == FIRST_DIM_SIZE};
    LN_CHECK(c, r->n >= 1 && r->n < LN_MAX_RANK && r->n <= p->n,
             "there are %d partitions, and kinds of %d", r->n, p->n);
    for (int i = 0; i < r->n; i++) {
        const TfLiteTensor *t = c->in[FIRST_PARTITION + i];
        LN_CHECK(c, r->kind[i] >= 0 && (r->kind[i] == FIRST_DIM_SIZE) == (i == 0 && r->first),
                 "partition %d is of a kind that cannot be there", i);
        if (t->type != kTfLiteInt64 && t->type != kTfLiteInt32)
            return ln_fail_type(c, FIRST_PARTITION + i);
    }
    const ln_shape v = ln_shape_of(c->in[VALUES]);
    r->y.rank = r->n - r->first + LN_MAX(v.rank, 1);
    LN_CHECK(c, v.rank >= 1 && r->y.rank <= LN_MAX_RANK && r->n > r->first,
             "%d partitions and values of rank %d are no ragged tensor", r->n, v.rank);
    for (int i = 0; i < r->y.rank; i++)
        r->y.dim[i] = -1;
    for (int i = 1; i < v.rank; i++)
        r->y.dim[r->y.rank - v.rank + i] = v.dim[i];
    r->inner = ln_shape_count(&v, 1, v.rank);
    return LN_OK;
}

/* Items that partition i divides into rows, for `rows` rows; -1: it is broken. */
static int64_t items_of(ln_call *c, const ragged *r, int i, int64_t rows)
{
    const TfLiteTensor *t = c->in[FIRST_PARTITION + i];
    const int n = ln_count(t);
    if (r->kind[i] == VALUE_ROWIDS)
        return n;
    return n != rows + 1 || item(t, 0) != 0 ? -1 : item(t, n - 1);
}

/* The longest row; -1: rows are out of order or range. */
static int64_t longest(ln_call *c, const ragged *r, int i, int64_t rows)
{
    const TfLiteTensor *t = c->in[FIRST_PARTITION + i];
    const int n = ln_count(t);
    int64_t most = r->kind[i] == ROW_SPLITS && n > 1 ? r->least : 0, run = 0;
    for (int k = 0; k < n; k++) {
        const int64_t v = item(t, k), before = k ? item(t, k - 1) : 0;
        if (v < before || (r->kind[i] == VALUE_ROWIDS && v >= rows))
            return -1;
        run = r->kind[i] == ROW_SPLITS ? v - before : k && v == before ? run + 1 : 1;
        most = LN_MAX(most, run);
    }
    return most;
}

/* Checks the partitions, and gives the dimensions that they make. */
static ln_status measure(ln_call *c, ragged *r)
{
    const TfLiteTensor *first = c->in[FIRST_PARTITION], *shape = c->in[SHAPE];
    const int stated = ln_count(shape);
    LN_CHECK(c, ln_count(first) >= 1, "partition 0 is empty");
    r->rows = r->first ? item(first, 0) : ln_count(first) - 1;
    LN_CHECK(c, r->rows >= 0 && r->rows <= INT32_MAX, "there are %lld rows", (long long)r->rows);
    int64_t rows = r->rows;
    r->y.dim[0] = (int)rows;
    for (int i = r->first, d = 1; i < r->n; i++, d++) {
        const int64_t most = longest(c, r, i, rows);
        rows = items_of(c, r, i, rows);
        LN_CHECK(c, most >= 0 && rows >= 0 && rows <= INT32_MAX && most <= INT32_MAX,
                 "partition %d is out of order or of another length than its rows", i);
        r->y.dim[d] = (int)most;
    }
    LN_CHECK(c, rows == ln_shape_of(c->in[VALUES]).dim[0],
             "the partitions hold %lld values, not %d", (long long)rows,
             ln_shape_of(c->in[VALUES]).dim[0]);
    for (int d = 0; d < r->y.rank && ln_shape_of(shape).rank == 1 && d < stated; d++) {
        const int64_t want = item(shape, d);
        LN_CHECK(c, want >= -1 && want <= INT32_MAX, "dimension %d of the shape is %lld", d,
                 (long long)want);
        r->y.dim[d] = want >= 0 ? (int)want : r->y.dim[d];
    }
    int64_t places = 1; /* of rows: they are numbered, also where later dimensions are empty */
    for (int d = 0; d <= r->n - r->first; d++) {
        places *= LN_MAX(r->y.dim[d], 1);
        LN_CHECK(c, places <= INT32_MAX, "the result has too many rows");
    }
    return LN_OK;
}

/* The most rows or items of any dimension. */
static int most_rows(const ln_call *c, const ragged *r)
{
    int most = LN_MAX((int)r->rows, ln_shape_of(c->in[VALUES]).dim[0]);
    for (int i = 0; i < r->n; i++)
        most = LN_MAX(most, ln_count(c->in[FIRST_PARTITION + i]));
    return most;
}

static ln_status ragged_infer(ln_call *c)
{
    ln_scratch s = {0};
    ragged r;
    if (c->in[SHAPE]->type != kTfLiteInt64 && c->in[SHAPE]->type != kTfLiteInt32)
        return ln_fail_type(c, SHAPE);
    if (c->in[DEFAULT]->type != c->in[VALUES]->type)
        return ln_fail_type(c, DEFAULT);
    LN_TRY(open_kinds(c, &r));
    bool known = true;
    for (int i = 0; i < c->n_in; i++)
        known = known && (i == VALUES ? ln_shape_of(c->in[i]).dim[0] >= 0 : ln_known(c, i));
    if (known) {
        LN_TRY(measure(c, &r));
        const int count = ln_shape_count(&r.y, 0, r.y.rank);
        LN_CHECK(c, count >= 0 && r.inner >= 0, "the result has too many items");
        const int most = most_rows(c, &r);
        ln_scratch_take(&s, (int64_t)most + 1, sizeof(int)); /* places of rows */
        ln_scratch_take(&s, (int64_t)most + 1, sizeof(int)); /* places of items */
        ln_scratch_take(&s, (int64_t)count, sizeof(int));    /* whence each item comes */
        LN_TRY(ln_scratch_ask(c, &s));
    }
    return ln_set_out(c, 0, c->in[VALUES]->type, &r.y);
}

/* Item k of partition i lies in which row, at which place. */
typedef struct walk {
    int64_t row, place;
} walk;

static void advance(const ragged *r, const TfLiteTensor *t, int i, int k, walk *w)
{
    if (r->kind[i] == VALUE_ROWIDS) {
        const int64_t row = item(t, k);
        w->place = k && row == w->row ? w->place + 1 : 0;
        w->row = row;
        return;
    }
    w->place++;
    while (item(t, (int)w->row + 1) <= k) {
        w->row++;
        w->place = 0;
    }
}

/* Where each value goes: from rows to items, dimension by dimension; -1: cut off. */
static void place(ln_call *c, const ragged *r, int *rows, int *items)
{
    const ln_shape *y = &r->y;
    for (int64_t i = 0; i < r->rows; i++)
        rows[i] = i < y->dim[0] ? (int)i : -1;
    int64_t count = r->rows;
    for (int i = r->first, d = 1; i < r->n; i++, d++) {
        const TfLiteTensor *t = c->in[FIRST_PARTITION + i];
        walk w = {.place = -1};
        count = items_of(c, r, i, count);
        for (int k = 0; k < count; k++) {
            advance(r, t, i, k, &w);
            const int row = rows[w.row];
            items[k] = row < 0 || w.place >= y->dim[d] ? -1 : row * y->dim[d] + (int)w.place;
        }
        memcpy(rows, items, sizeof(int) * (size_t)count);
    }
}

typedef struct sources {
    ln_strings values, fallback;
    const int *from;
} sources;

static ln_string get_source(void *arg, int k)
{
    const sources *s = arg;
    return s->from[k] < 0 ? ln_strings_at(&s->fallback, 0) : ln_strings_at(&s->values, s->from[k]);
}

static ln_status copy_strings(ln_call *c, const int *from, int count)
{
    sources s = {.from = from};
    LN_TRY(ln_strings_open(c->diag, c->in[VALUES], &s.values));
    LN_TRY(ln_strings_open(c->diag, c->in[DEFAULT], &s.fallback));
    LN_CHECK(c, s.fallback.count == 1, "there are %d default values", s.fallback.count);
    return ln_strings_write(c, 0, count, get_source, &s);
}

static ln_status ragged_eval(ln_call *c)
{
    ragged r;
    ln_scratch s = {.base = c->scratch};
    LN_TRY(open_kinds(c, &r));
    LN_TRY(measure(c, &r));
    const int count = ln_shape_count(&r.y, 0, r.y.rank), values = ln_shape_of(c->in[VALUES]).dim[0];
    const int most = most_rows(c, &r);
    int *rows = ln_scratch_take(&s, (int64_t)most + 1, sizeof(int));
    int *items = ln_scratch_take(&s, (int64_t)most + 1, sizeof(int));
    int *from = ln_scratch_take(&s, (int64_t)count, sizeof(int));
    place(c, &r, rows, items);
    for (int i = 0; i < count; i++)
        from[i] = -1;
    for (int k = 0; k < values; k++)
        for (int i = 0; rows[k] >= 0 && i < r.inner; i++)
            from[(int64_t)rows[k] * r.inner + i] = k * r.inner + i;
    if (c->out[0]->type == kTfLiteString)
        return copy_strings(c, from, count);
    const size_t size = ln_type_size(c->out[0]->type);
    LN_CHECK(c, size > 0, "%s is not supported", ln_type_name(c->out[0]->type));
    const int defaults = ln_count(c->in[DEFAULT]);
    LN_CHECK(c, defaults == 1 || defaults == r.inner, "there are %d default values, not 1 or %d",
             defaults, r.inner);
    for (int i = 0; i < count; i++) {
        const char *x = from[i] < 0 ? c->in[DEFAULT]->data.raw + size * (size_t)(i % defaults)
                                    : c->in[VALUES]->data.raw + size * (size_t)from[i];
        memcpy(c->out[0]->data.raw + size * (size_t)i, x, size);
    }
    return LN_OK;
}

#define RAGGED(id, text, parse_)         \
    const ln_op ln_op_##id = {           \
        .name = text,                    \
        .builtin = kTfLiteBuiltinCustom, \
        .version = 1,                    \
        .min_in = 4,                     \
        .max_in = LN_MAX_ARITY,          \
        .n_out = 1,                      \
        .traits = LN_PURE,               \
        .params_size = sizeof(params),   \
        .parse = parse_,                 \
        .infer = ragged_infer,           \
        .eval = ragged_eval,             \
    }
RAGGED(flex_ragged_tensor_to_tensor, "FlexRaggedTensorToTensor", parse_node);
RAGGED(ragged_tensor_to_tensor, "RaggedTensorToTensor", parse_map);
