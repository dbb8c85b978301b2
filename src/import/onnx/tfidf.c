/* SPDX-License-Identifier: Apache-2.0 */
/* tfidf.c: TfIdfVectorizer: how often each sequence of a list stands in each row of numbers or
 * texts, where neighbors may be apart by as many items as skip says.
 *
 * For each length and step, the items at a distance are compared with those of all sequences of
 * that length: [rows, places, sequences]; what holds for all of a sequence's items is counted over
 * the places. */
#include <string.h>

#include "import/onnx/families.h"

enum { MAX_GRAMS = 1 << 16, MAX_LENGTH = 64, MAX_COMPARED = 1 << 24 };

typedef struct counter {
    ln_ox *o;
    const ln_ox_node *n;
    const Onnx__AttributeProto *words, *numbers; /* the pool; one of them */
    const Onnx__AttributeProto *starts, *places; /* where each length begins; columns */
    ln_id x;                                     /* [rows, items] */
    int items;                                   /* in a row */
    size_t pool;                                 /* items of it */
} counter;

static bool read_counter(ln_ox *o, const ln_ox_node *n, counter *c)
{
    const ln_id x = ln_ox_in_id(o, n, 0);
    const ln_shape s = ln_emit_shape(&o->e, x);
    *c = (counter){.o = o,
                   .n = n,
                   .words = ln_ox_attr(n, "pool_strings"),
                   .numbers = ln_ox_attr(n, "pool_int64s"),
                   .starts = ln_ox_attr(n, "ngram_counts"),
                   .places = ln_ox_attr(n, "ngram_indexes"),
                   .items = s.rank == 1 || s.rank == 2 ? s.dim[s.rank - 1] : -1};
    const bool texts = c->words && c->words->n_strings;
    c->pool = texts ? c->words->n_strings : c->numbers ? c->numbers->n_ints : 0;
    if (!ln_ox_ok(o))
        return false;
    if (c->items < 0 || !c->starts || !c->places || !c->pool || c->pool > MAX_GRAMS ||
        c->places->n_ints > MAX_GRAMS || c->starts->n_ints > MAX_LENGTH ||
        texts != (ln_emit_type(&o->e, x) == kTfLiteString)) {
        LN_OX_FAIL(o, "rows of an open length, or a pool that is larger than %d or of another type",
                   (int)MAX_GRAMS);
        return false;
    }
    c->x = s.rank == 2 ? x : ln_emit_expand_dims(&o->e, x, 0);
    c->x = texts ? c->x : ln_emit_cast(&o->e, c->x, kTfLiteInt64);
    return true;
}

/* Item k of each of `count` sequences of a length, which begin at `first` of the pool. */
static ln_id kth_items(const counter *c, size_t first, int count, int length, int k)
{
    const ln_shape s = {.rank = 1, .dim = {count}};
    ln_arena *a = &c->o->m->arena;
    const size_t n = (size_t)count;
    int64_t *numbers = ln_arena_new(a, n + 1, sizeof *numbers);
    const char **texts = ln_arena_new(a, n + 1, sizeof *texts);
    size_t *lengths = ln_arena_new(a, n + 1, sizeof *lengths);
    const bool strings = c->words && c->words->n_strings;
    if (!numbers || !texts || !lengths)
        return ln_emit_fail(&c->o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const size_t at = first + i * (size_t)length + (size_t)k;
        numbers[i] = strings ? 0 : c->numbers->ints[at];
        texts[i] = strings ? (const char *)c->words->strings[at].data : NULL;
        lengths[i] = strings ? c->words->strings[at].len : 0;
    }
    return strings
               ? ln_emit_strings(&c->o->e, &s, texts, lengths, count)
               : ln_emit_constant(&c->o->e, kTfLiteInt64, &s, numbers, n * sizeof *numbers, true);
}

/* How often: int32 [rows, count]; -1: there is no place for such a sequence. */
static ln_id counted(const counter *c, size_t first, int count, int length, int step)
{
    static const int second = 1;
    ln_ox *o = c->o;
    const int64_t places = c->items - (int64_t)(length - 1) * step;
    ln_id all = -1;
    if (places < 1)
        return -1;
    if (places * count > MAX_COMPARED) {
        LN_OX_FAIL(o, "%d sequences at %d places", count, (int)places);
        return -1;
    }
    for (int k = 0; k < length; k++) {
        const int begin[] = {0, k * step}, size[] = {-1, (int)places};
        const ln_id part = ln_emit_slice(&o->e, c->x, 2, begin, size);
        const ln_id same = ln_ox_op2(o, &ln_op_equal, ln_emit_expand_dims(&o->e, part, 2),
                                     kth_items(c, first, count, length, k));
        all = all < 0 ? same : ln_ox_op2(o, &ln_op_logical_and, all, same);
    }
    return ln_emit_reduce(&o->e, &ln_op_sum, ln_emit_cast(&o->e, all, kTfLiteInt32), 1, &second,
                          false);
}

/* [rows, count] of zeros */
static ln_id zeros(const counter *c, int count)
{
    ln_ox *o = c->o;
    const int begin[] = {0}, size[] = {1};
    const ln_id parts[] = {ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, c->x), 1, begin, size),
                           ln_emit_ints(&o->e, 1, &count)};
    return ln_ox_op2(o, &ln_op_fill, ln_emit_concat(&o->e, 2, parts, 0), ln_emit_int(&o->e, 0));
}

/* Counts of all sequences in the pool's order: [rows, sequences]; *total: how many. */
static ln_id all_counts(const counter *c, int *total)
{
    const int least = ln_ox_int(c->n, "min_gram_length", 1),
              most = ln_ox_int(c->n, "max_gram_length", 1),
              skip = ln_ox_int(c->n, "max_skip_count", 0);
    ln_id parts[MAX_LENGTH];
    int n = 0;
    *total = 0;
    for (int length = 1; length <= (int)c->starts->n_ints && ln_ox_ok(c->o); length++) {
        const int64_t first = c->starts->ints[length - 1], end = length < (int)c->starts->n_ints
                                                                     ? c->starts->ints[length]
                                                                     : (int64_t)c->pool;
        if (first < 0 || end < first || end > (int64_t)c->pool || (end - first) % length ||
            skip < 0 || skip > MAX_LENGTH) {
            LN_OX_FAIL(c->o, "ngram_counts or max_skip_count");
            return -1;
        }
        const int count = (int)(end - first) / length;
        ln_id sum = -1;
        *total += count;
        for (int step = 1;
             count && length >= least && length <= most && step <= (length == 1 ? 1 : skip + 1);
             step++) {
            const ln_id found = counted(c, (size_t)first, count, length, step);
            sum = sum < 0 ? found : found < 0 ? sum : ln_ox_add(c->o, sum, found);
        }
        if (count)
            parts[n++] = sum < 0 ? zeros(c, count) : sum;
    }
    return n ? ln_emit_concat(&c->o->e, n, parts, 1) : -1;
}

/* Which sequence makes each column of the result; those that none makes lie behind all. */
static ln_id to_columns(const counter *c, ln_id counts, int total)
{
    ln_ox *o = c->o;
    int64_t columns = 0;
    for (size_t i = 0; i < c->places->n_ints; i++)
        columns = LN_MAX(columns, c->places->ints[i] + 1);
    if (c->places->n_ints != (size_t)total || columns < 1 || columns > MAX_GRAMS) {
        LN_OX_FAIL(o, "%zu ngram_indexes for %d sequences", c->places->n_ints, total);
        return -1;
    }
    int *from = ln_arena_new(&o->m->arena, (size_t)columns, sizeof *from);
    for (int64_t i = 0; from && i < columns; i++)
        from[i] = total;
    for (int i = 0; from && i < total; i++) {
        const int64_t at = c->places->ints[i];
        if (at < 0 || from[at] != total) {
            LN_OX_FAIL(o, "two sequences for one place of the result");
            return -1;
        }
        from[at] = i;
    }
    const ln_id both[] = {counts, zeros(c, 1)};
    return ln_emit_gather(&o->e, ln_emit_concat(&o->e, 2, both, 1),
                          from ? ln_emit_ints(&o->e, (int)columns, from) : -1, 1);
}

/* The weights of the columns; -1: there are none. */
static ln_id weights_of(const counter *c)
{
    const Onnx__AttributeProto *w = ln_ox_attr(c->n, "weights");
    ln_ox *o = c->o;
    int64_t columns = 0;
    if (!w || !w->n_floats)
        return -1;
    for (size_t i = 0; i < c->places->n_ints; i++)
        columns = LN_MAX(columns, c->places->ints[i] + 1);
    float *by = ln_arena_new(&o->m->arena, (size_t)columns + 1, sizeof *by);
    if (!by || w->n_floats != c->places->n_ints) {
        LN_OX_FAIL(o, "%zu weights for %zu sequences", w->n_floats, c->places->n_ints);
        return -1;
    }
    for (size_t i = 0; i < w->n_floats; i++)
        by[c->places->ints[i]] = w->floats[i];
    return ln_emit_floats(&o->e, (int)columns, by);
}

void ln_ox_tf_idf(ln_ox *o, const ln_ox_node *n)
{
    counter c;
    int total;
    if (!read_counter(o, n, &c))
        return;
    ln_id y = all_counts(&c, &total);
    y = ln_ox_ok(o) && y >= 0 ? to_columns(&c, y, total) : -1;
    if (y < 0) {
        LN_OX_FAIL(o, "no sequences");
        return;
    }
    const bool weighed = !ln_ox_is(n, "mode", "TF", "TF");
    if (ln_ox_is(n, "mode", "IDF", "TF"))
        y = ln_ox_op2(o, &ln_op_minimum, y, ln_emit_int(&o->e, 1));
    y = ln_emit_cast(&o->e, y, kTfLiteFloat32);
    const ln_id weights = weighed ? weights_of(&c) : -1;
    y = weights >= 0 ? ln_ox_mul(o, y, weights) : y;
    ln_ox_out(o, n, 0,
              ln_emit_shape(&o->e, ln_ox_in_id(o, n, 0)).rank == 1 ? ln_emit_squeeze(&o->e, y, 1U)
                                                                   : y);
}
