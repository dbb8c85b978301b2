/* SPDX-License-Identifier: Apache-2.0 */
/* topk.c: TOPK_V2: the k largest items of each row, largest first, and where they were.
 *
 *   x [..., n], k [] -> values [..., k], indices [..., k] of int32 or int16
 * Equal items come in the order of the row.  A heap of k indices, worst on top, keeps the best. */
#include "ops/move.h"
#include "ops/scratch.h"

enum { X, K };
enum { VALUES, INDICES };

static ln_status infer(ln_call *c)
{
    const TfLiteType type = c->in[X]->type, k_type = c->in[K]->type;
    const TfLiteType index = c->out[INDICES]->type == kTfLiteInt16 ? kTfLiteInt16 : kTfLiteInt32;
    ln_shape y = ln_shape_of(c->in[X]);
    ln_scratch s = {0};

    if (type != kTfLiteFloat32 && (!ln_is_int(type) || type == kTfLiteBool))
        return ln_fail_type(c, X);
    if (k_type != kTfLiteInt32 && k_type != kTfLiteInt16)
        return ln_fail_type(c, K);
    LN_CHECK(c, y.rank >= 1, "the input is a scalar");
    LN_CHECK(c, ln_count(c->in[K]) == 1, "k has %d items, not 1", ln_count(c->in[K]));
    const int n = y.dim[y.rank - 1];
    y.dim[y.rank - 1] = -1;
    if (ln_known(c, K)) {
        const int64_t k = ln_int_at(c->in[K], 0);
        LN_CHECK(c, k >= 0 && (n < 0 || k <= n), "k is %lld, the rows have %d items", (long long)k,
                 n);
        LN_CHECK(c, index == kTfLiteInt32 || n <= INT16_MAX + 1,
                 "indices of rows of %d do not fit int16", n);
        y.dim[y.rank - 1] = (int)k;
        ln_scratch_take(&s, k, sizeof(int));
    }
    LN_TRY(ln_scratch_ask(c, &s));
    LN_TRY(ln_set_out(c, VALUES, type, &y));
    return ln_set_out(c, INDICES, index, &y);
}

/* Item a comes before item b. */
typedef bool (*before_fn)(const void *row, int a, int b);
#define BEFORE(name, type)                                   \
    static bool before_##name(const void *row, int a, int b) \
    {                                                        \
        const type *x = row;                                 \
        return x[a] > x[b] || (!(x[b] > x[a]) && a < b);     \
    }
BEFORE(f32, float)
BEFORE(s8, int8_t)
BEFORE(u8, uint8_t)
BEFORE(s16, int16_t)
BEFORE(s32, int32_t)
BEFORE(s64, int64_t)

static before_fn before_of(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32:
        return before_f32;
    case kTfLiteInt8:
        return before_s8;
    case kTfLiteUInt8:
        return before_u8;
    case kTfLiteInt16:
        return before_s16;
    case kTfLiteInt32:
        return before_s32;
    default:
        return before_s64;
    }
}

/* Moves the index at the top of a heap of n down to its place; the last in order is on top. */
static void sift(int *heap, int n, const void *row, before_fn before)
{
    const int v = heap[0];
    int at = 0;
    while (2 * (int64_t)at + 1 < n) {
        int child = 2 * at + 1;
        if (child + 1 < n && before(row, heap[child], heap[child + 1]))
            child++;
        if (!before(row, v, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = v;
}

/* Adds an index to a heap of n. */
static void push(int *heap, int n, int v, const void *row, before_fn before)
{
    int at = n;
    while (at > 0 && before(row, heap[(at - 1) / 2], v)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = v;
}

/* The first k indices of the row, in order. */
static void select_row(int *heap, int k, const void *row, int n, before_fn before)
{
    for (int i = 0; i < k; i++)
        push(heap, i, i, row, before);
    for (int i = k; i < n && k > 0; i++) {
        if (!before(row, i, heap[0]))
            continue;
        heap[0] = i;
        sift(heap, k, row, before);
    }
    for (int left = k - 1; left > 0; left--) {
        const int worst = heap[0];
        heap[0] = heap[left];
        sift(heap, left, row, before);
        heap[left] = worst;
    }
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    const int n = x.dim[x.rank - 1], k = (int)ln_int_at(c->in[K], 0);
    const before_fn before = before_of(c->in[X]->type);
    const size_t size = ln_type_size(c->in[X]->type);
    TfLiteTensor *indices = c->out[INDICES];
    int *heap = c->scratch;

    const int count = ln_count(indices);
    for (int at = 0, r = 0; at < count; r++) {
        const int64_t from = (int64_t)r * n;
        select_row(heap, k, c->in[X]->data.raw_const + (size_t)from * size, n, before);
        for (int i = 0; i < k; i++, at++) {
            ln_copy_run(c->out[VALUES], at, c->in[X], from + heap[i], 1);
            if (indices->type == kTfLiteInt16)
                indices->data.i16[at] = (int16_t)heap[i];
            else
                indices->data.i32[at] = heap[i];
        }
    }
    return LN_OK;
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_topk_v2 = {
    .name = "TOPK_V2",
    .builtin = kTfLiteBuiltinTopkV2,
    .version = 3,
    .options = 34,
    .min_in = 2,
    .max_in = 2,
    .n_out = 2,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
