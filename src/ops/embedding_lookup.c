/* SPDX-License-Identifier: Apache-2.0 */
/* embedding_lookup.c: EMBEDDING_LOOKUP, EMBEDDING_LOOKUP_SPARSE, HASHTABLE_LOOKUP: rows of a
 * table, by number or by key.
 *
 *   LOOKUP         ids [n], table [rows, ..] -> [n, ..]; quantized tables also into float
 *   LOOKUP_SPARSE  ids [n], indices [n, k], shape [k], weights [n], table [rows, ..]
 *                  -> [shape without its last.., ..]: weighted sums of the rows of each bucket
 *   HASHTABLE      wanted [n], keys [rows] ascending, table [rows, ..] -> [n, ..], hits [n] */
#include <math.h>
#include <string.h>

#include "base/half.h"
#include "ops/move.h"
#include "ops/qmath.h"
#include "ops/strings.h"

static ln_status check_id(ln_call *c, int k, int id, int rows)
{
    LN_CHECK(c, id >= 0 && id < rows, "id %d is %d, outside of [0, %d)", k, id, rows);
    return LN_OK;
}

/* A vector of int32. */
static ln_status check_vector(ln_call *c, int i)
{
    if (c->in[i]->type != kTfLiteInt32)
        return ln_fail_type(c, i);
    LN_CHECK(c, ln_shape_of(c->in[i]).rank == 1, "input %d has rank %d, not 1", i,
             ln_shape_of(c->in[i]).rank);
    return LN_OK;
}

/* The shape of n rows of the table. */
static ln_shape rows_of(const TfLiteTensor *table, int n)
{
    ln_shape y = ln_shape_of(table);
    y.dim[0] = n;
    return y;
}

/* ---- EMBEDDING_LOOKUP ---- */

enum { IDS, TABLE };

/* Quantized rows come out as real numbers. */
static bool is_hybrid(const ln_call *c)
{
    const TfLiteType in = c->in[TABLE]->type, out = c->out[0]->type;
    return (in == kTfLiteInt8 || in == kTfLiteUInt8 || in == kTfLiteInt4 || in == kTfLiteInt2) &&
           (out == kTfLiteFloat32 || out == kTfLiteFloat16);
}

static ln_status infer(ln_call *c)
{
    const TfLiteTensor *table = c->in[TABLE];
    const ln_shape t = ln_shape_of(table);
    const bool hybrid = is_hybrid(c);

    LN_TRY(check_vector(c, IDS));
    LN_TRY(ln_check_plain(c, TABLE));
    LN_CHECK(c, t.rank >= 2, "the table has rank %d, less than 2", t.rank);
    if (hybrid)
        LN_TRY(ln_check_quantized(c, table, "the table", 0, t.dim[0]));
    const ln_shape y = rows_of(table, ln_shape_of(c->in[IDS]).dim[0]);
    return ln_set_out(c, 0, hybrid ? c->out[0]->type : table->type, &y);
}

/* TFLite takes packed rows to begin with a byte, so that a row may begin with the last items of
 * the one before. */
static int64_t row_start(const TfLiteTensor *table, int64_t row, int64_t inner)
{
    const int64_t per_byte = table->type == kTfLiteInt4 ? 2 : table->type == kTfLiteInt2 ? 4 : 1;
    return row * inner / per_byte * per_byte;
}

static void scale_row(const TfLiteTensor *table, int64_t row, int64_t inner, TfLiteTensor *y,
                      int64_t to)
{
    const double scale = (double)ln_channel_scale(table, (int)row);
    const int64_t from = row_start(table, row, inner);
    int8_t q[64];
    for (int64_t done = 0; done < inner; done += (int64_t)sizeof q) {
        const int64_t n = LN_MIN(inner - done, (int64_t)sizeof q);
        ln_unpack(table, (size_t)(from + done), (size_t)n, q);
        for (int64_t i = 0; i < n; i++) {
            const float v = (float)(q[i] * scale);
            if (y->type == kTfLiteFloat16)
                y->data.ui16[to + done + i] = ln_float_to_half(v);
            else
                y->data.f[to + done + i] = v;
        }
    }
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *table = c->in[TABLE];
    const ln_shape t = ln_shape_of(table);
    const int n = ln_count(c->in[IDS]);
    const int64_t inner = ln_product(&t, 1, t.rank);
    const bool hybrid = is_hybrid(c);

    for (int k = 0; k < n; k++) {
        const int id = c->in[IDS]->data.i32[k];
        LN_TRY(check_id(c, k, id, t.dim[0]));
        if (inner > 0 && hybrid)
            scale_row(table, id, inner, c->out[0], k * inner);
        else if (inner > 0)
            ln_copy_run(c->out[0], k * inner, table, id * inner, inner);
    }
    return LN_OK;
}

static const ln_quant quant = {
    .in = {{0}, LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(1)}, .hybrid = LN_HYBRID_TENSOR};

const ln_op ln_op_embedding_lookup = {
    .name = "EMBEDDING_LOOKUP",
    .builtin = kTfLiteBuiltinEmbeddingLookup,
    .version = 5,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

/* ---- EMBEDDING_LOOKUP_SPARSE ---- */

enum { S_IDS, S_INDICES, S_SHAPE, S_WEIGHTS, S_TABLE };

static ln_status sparse_shape(ln_call *c, ln_shape *y)
{
    const ln_shape t = ln_shape_of(c->in[S_TABLE]);
    const int depth = ln_count(c->in[S_SHAPE]);
    for (int i = 0; i < depth - 1; i++) {
        const int n = c->in[S_SHAPE]->data.i32[i];
        LN_CHECK(c, n >= 0, "dimension %d is %d", i, n);
        y->dim[y->rank++] = n;
    }
    for (int i = 1; i < t.rank; i++)
        y->dim[y->rank++] = t.dim[i];
    return LN_OK;
}

static ln_status sparse_infer(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[S_INDICES]), t = ln_shape_of(c->in[S_TABLE]);
    const ln_shape s = ln_shape_of(c->in[S_SHAPE]), w = ln_shape_of(c->in[S_WEIGHTS]);
    const int n = ln_shape_of(c->in[S_IDS]).dim[0];

    LN_TRY(check_vector(c, S_IDS));
    LN_TRY(check_vector(c, S_SHAPE));
    if (c->in[S_INDICES]->type != kTfLiteInt32)
        return ln_fail_type(c, S_INDICES);
    for (int k = S_WEIGHTS; k <= S_TABLE; k++)
        if (c->in[k]->type != kTfLiteFloat32)
            return ln_fail_type(c, k);
    LN_CHECK(c, i.rank == 2 && i.dim[0] == n && w.rank == 1 && w.dim[0] == n,
             "there are %d ids, but %d indices and %d weights", n, i.rank == 2 ? i.dim[0] : -1,
             w.rank == 1 ? w.dim[0] : -1);
    LN_CHECK(c, t.rank >= 2, "the table has rank %d, less than 2", t.rank);
    LN_CHECK(c, s.dim[0] == i.dim[1] && s.dim[0] >= 1 && s.dim[0] + t.rank - 2 <= LN_MAX_RANK,
             "the shape has %d items, indices have %d components, the table rank %d", s.dim[0],
             i.dim[1], t.rank);
    ln_shape y = ln_shape_unknown(s.dim[0] + t.rank - 2);
    if (ln_known(c, S_SHAPE)) {
        y.rank = 0;
        LN_TRY(sparse_shape(c, &y));
    }
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

typedef struct bucket {
    int64_t at; /* its first item in the output */
    int n;
    float weight, squares;
} bucket;

static void finish(const ln_call *c, const bucket *b, int64_t inner)
{
    const TfLiteEmbeddingLookupSparseParams *p = c->params;
    if (p->combiner == kTfLiteCombinerTypeSum || b->n == 0)
        return;
    const float by = p->combiner == kTfLiteCombinerTypeMean ? b->weight : sqrtf(b->squares);
    for (int64_t i = 0; i < inner; i++)
        c->out[0]->data.f[b->at + i] /= by;
}

/* Where lookup k goes: the first item of its bucket. */
static ln_status find_bucket(ln_call *c, int k, int64_t inner, int64_t *at)
{
    const int depth = ln_count(c->in[S_SHAPE]);
    const int32_t *shape = c->in[S_SHAPE]->data.i32;
    *at = 0;
    for (int d = 0; d < depth - 1; d++) {
        const int index = c->in[S_INDICES]->data.i32[(int64_t)k * depth + d];
        LN_CHECK(c, index >= 0 && index < shape[d],
                 "component %d of index %d is %d, outside of [0, %d)", d, k, index, (int)shape[d]);
        *at = LN_MIN(*at, INT32_MAX) * shape[d] + index;
    }
    *at *= inner;
    return LN_OK;
}

static ln_status sparse_eval(ln_call *c)
{
    const ln_shape t = ln_shape_of(c->in[S_TABLE]);
    const int64_t inner = ln_product(&t, 1, t.rank);
    const int n = ln_count(c->in[S_IDS]);
    float *y = c->out[0]->data.f;
    bucket b = {0};

    if (ln_count(c->out[0]) == 0)
        return LN_OK;
    memset(y, 0, (size_t)ln_count(c->out[0]) * sizeof *y);
    for (int k = 0; k < n; k++) {
        const int id = c->in[S_IDS]->data.i32[k];
        const float w = c->in[S_WEIGHTS]->data.f[k];
        int64_t at;
        LN_TRY(check_id(c, k, id, t.dim[0]));
        LN_TRY(find_bucket(c, k, inner, &at));
        if (at != b.at) {
            finish(c, &b, inner);
            b = (bucket){.at = at};
        }
        b.n++;
        b.weight += w;
        b.squares += w * w;
        for (int64_t i = 0; i < inner; i++)
            y[at + i] += c->in[S_TABLE]->data.f[id * inner + i] * w;
    }
    finish(c, &b, inner);
    return LN_OK;
}

static const ln_field sparse_fields[] = {
    LN_FIELD(ENUM, 0, TfLiteEmbeddingLookupSparseParams, combiner, 1),
    {0},
};

const ln_op ln_op_embedding_lookup_sparse = {
    .name = "EMBEDDING_LOOKUP_SPARSE",
    .builtin = kTfLiteBuiltinEmbeddingLookupSparse,
    .version = 1,
    .options = 20,
    .min_in = 5,
    .max_in = 5,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = sparse_fields,
    .params_size = sizeof(TfLiteEmbeddingLookupSparseParams),
    .infer = sparse_infer,
    .eval = sparse_eval,
};

/* ---- HASHTABLE_LOOKUP ---- */

enum { WANTED, KEYS, VALUES };

static ln_status hashtable_infer(ln_call *c)
{
    const ln_shape w = ln_shape_of(c->in[WANTED]), v = ln_shape_of(c->in[VALUES]);
    const ln_shape hits = {.rank = 1, .dim = {w.dim[0]}};

    LN_TRY(check_vector(c, WANTED));
    LN_TRY(check_vector(c, KEYS));
    LN_TRY(ln_check_movable(c, VALUES));
    LN_CHECK(c, v.rank >= 1 && v.dim[0] == ln_shape_of(c->in[KEYS]).dim[0],
             "there are %d keys, but %d values", ln_shape_of(c->in[KEYS]).dim[0],
             v.rank ? v.dim[0] : 1);
    LN_CHECK(c, c->in[VALUES]->type != kTfLiteString || v.rank == 1,
             "a table of strings has rank %d, not 1", v.rank);
    const ln_shape y = rows_of(c->in[VALUES], w.dim[0]);
    LN_TRY(ln_set_out(c, 0, c->in[VALUES]->type, &y));
    return ln_set_out(c, 1, kTfLiteUInt8, &hits);
}

/* The row with that key, -1 when there is none. */
static int find_key(const TfLiteTensor *keys, int32_t key)
{
    int from = 0, end = ln_count(keys);
    while (from < end) {
        const int middle = from + (end - from) / 2;
        if (keys->data.i32[middle] == key)
            return middle;
        if (keys->data.i32[middle] < key)
            from = middle + 1;
        else
            end = middle;
    }
    return -1;
}

typedef struct string_rows {
    const ln_call *c;
    ln_strings strings;
} string_rows;

static ln_string row_string(void *arg, int k)
{
    const string_rows *s = arg;
    const int row = find_key(s->c->in[KEYS], s->c->in[WANTED]->data.i32[k]);
    return row < 0 ? (ln_string){"", 0} : ln_strings_at(&s->strings, row);
}

static ln_status hashtable_eval(ln_call *c)
{
    const ln_shape v = ln_shape_of(c->in[VALUES]);
    const bool text = c->in[VALUES]->type == kTfLiteString;
    const int n = ln_count(c->in[WANTED]);
    const int64_t inner = ln_product(&v, 1, v.rank);

    if (!text)
        LN_TRY(ln_fill_tensor(c, 0, NULL, 0));
    for (int k = 0; k < n; k++) {
        const int row = find_key(c->in[KEYS], c->in[WANTED]->data.i32[k]);
        c->out[1]->data.uint8[k] = row >= 0;
        if (row >= 0 && !text && inner > 0)
            ln_copy_run(c->out[0], k * inner, c->in[VALUES], row * inner, inner);
    }
    if (!text)
        return LN_OK;
    string_rows s = {.c = c};
    LN_TRY(ln_strings_open(c->diag, c->in[VALUES], &s.strings));
    return ln_strings_write(c, 0, n, row_string, &s);
}

const ln_op ln_op_hashtable_lookup = {
    .name = "HASHTABLE_LOOKUP",
    .builtin = kTfLiteBuiltinHashtableLookup,
    .version = 1,
    .min_in = 3,
    .max_in = 3,
    .n_out = 2,
    .traits = LN_PURE,
    .infer = hashtable_infer,
    .eval = hashtable_eval,
};
