/* SPDX-License-Identifier: Apache-2.0 */
/* einsum.c: Einsum of one or two operands.  Of two, a label is of the batch (in both and in the
 * result), contracted (in both only), or free.  Each operand is brought into the order batch, free,
 * contracted (or batch, contracted, free), several labels of a kind become one dimension, and a
 * BATCH_MATMUL, or a FULLY_CONNECTED where there is no batch, does the rest. */
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"
#include "ops/list.h"

typedef struct labels {
    int n;
    char at[LN_MAX_RANK + 1];
} labels;

typedef struct operand {
    ln_id id;
    labels l;
} operand;

static int position(const labels *l, char c)
{
    const char *p = memchr(l->at, c, (size_t)l->n);
    return p ? (int)(p - l->at) : -1;
}

static bool has(const labels *l, char c)
{
    return position(l, c) >= 0;
}

static void append(labels *to, const labels *from)
{
    for (int i = 0; i < from->n && to->n < LN_MAX_RANK; i++)
        to->at[to->n++] = from->at[i];
}

/* Labels of one side up to `end`; "..." stands for `hidden` labels that nobody writes. */
static bool read_labels(const char *text, const char *end, int rank, labels *l)
{
    int named = 0;
    *l = (labels){0};
    for (const char *p = text; p < end; p++)
        named += *p != '.' && *p != ' ';
    for (const char *p = text; p < end; p++) {
        if (*p == ' ')
            continue;
        if (*p != '.') {
            if (l->n == LN_MAX_RANK || has(l, *p))
                return false;
            l->at[l->n++] = *p;
            continue;
        }
        if (end - p < 3 || p[1] != '.' || p[2] != '.' || rank - named < 0 ||
            l->n + rank - named > LN_MAX_RANK)
            return false;
        for (int i = rank - named; i > 0; i--)
            l->at[l->n++] = (char)i; /* counted from the end: they broadcast */
        p += 2;
    }
    return l->n == rank;
}

/* Brings x into the order `to`, which has the same labels. */
static ln_id ordered(ln_emit *e, const operand *x, const labels *to)
{
    int perm[LN_MAX_RANK];
    for (int i = 0; i < to->n; i++)
        perm[i] = position(&x->l, to->at[i]);
    return ln_emit_transpose(e, x->id, to->n, perm);
}

/* Sums over labels that only this operand has. */
static void sum_alone(ln_emit *e, operand *x, const labels *other, const labels *out)
{
    labels rest = {0};
    int axes[LN_MAX_RANK], n = 0;
    for (int i = 0; i < x->l.n; i++) {
        if (has(other, x->l.at[i]) || has(out, x->l.at[i]))
            rest.at[rest.n++] = x->l.at[i];
        else
            axes[n++] = i;
    }
    if (n)
        x->id = ln_emit_reduce(e, &ln_op_sum, x->id, n, axes, false);
    x->l = rest;
}

typedef struct kinds {
    labels batch, free_a, free_b, inner;
} kinds;

static void sort_labels(const labels *a, const labels *b, const labels *out, kinds *k)
{
    *k = (kinds){0};
    for (int i = 0; i < out->n; i++) { /* in the order of the result */
        const char c = out->at[i];
        labels *to = has(a, c) && has(b, c) ? &k->batch : has(a, c) ? &k->free_a : &k->free_b;
        to->at[to->n++] = c;
    }
    for (int i = 0; i < a->n; i++)
        if (has(b, a->at[i]) && !has(out, a->at[i]))
            k->inner.at[k->inner.n++] = a->at[i];
}

static int size_of(ln_emit *e, const operand *x, const labels *l)
{
    const ln_shape s = ln_emit_shape(e, x->id);
    int64_t size = 1;
    for (int i = 0; i < l->n; i++) {
        const int d = s.dim[position(&x->l, l->at[i])];
        size = d < 0 || size < 0 || size * d > INT32_MAX ? -1 : size * d;
    }
    return (int)size;
}

/* The dimension of a label, of whichever operand has it, as int32 [1]. */
static ln_id dimension(ln_emit *e, const operand *a, const operand *b, char label)
{
    const operand *x = has(&a->l, label) ? a : b;
    const int begin[] = {position(&x->l, label)}, size[] = {1};
    return ln_emit_slice(e, ln_emit_shape_of(e, x->id), 1, begin, size);
}

/* The product of the dimensions of several labels of an operand. */
static ln_id together(ln_emit *e, const operand *x, const labels *l)
{
    ln_id y = dimension(e, x, x, l->at[0]);
    for (int i = 1; i < l->n; i++)
        y = ln_emit_binary(e, &ln_op_mul, NULL, y, dimension(e, x, x, l->at[i]));
    return y;
}

/* y in the shape s, whose first dimensions belong to `l`, the others to groups of labels of `a`;
 * those that are open are looked up, but for the last one of them. */
static ln_id reshaped(ln_emit *e, ln_id y, const ln_shape *s, const operand *a, const operand *b,
                      const labels *l, const labels *const *groups)
{
    ln_id parts[LN_MAX_RANK];
    int open = 0, last = 0;
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] < 0) {
            open++;
            last = i;
        }
    if (open <= 1)
        return ln_emit_reshape(e, y, s);
    for (int i = 0; i < s->rank; i++) {
        parts[i] = s->dim[i] >= 0 || i == last ? ln_emit_ints(e, 1, &s->dim[i])
                   : i < l->n                  ? dimension(e, a, b, l->at[i])
                                               : together(e, a, groups[i - l->n]);
    }
    return ln_emit_binary(e, &ln_op_reshape, NULL, y, ln_emit_concat(e, s->rank, parts, 0));
}

/* The operand as [batch..., one, two]; `flipped` says that it was left as [batch..., two, one]. */
static ln_id as_matrix(ln_emit *e, const operand *x, const labels *batch, const labels *one,
                       const labels *two, bool *flipped)
{
    labels straight = *batch, turned = *batch;
    append(&straight, one);
    append(&straight, two);
    append(&turned, two);
    append(&turned, one);
    *flipped = memcmp(x->l.at, turned.at, (size_t)x->l.n) == 0 &&
               memcmp(x->l.at, straight.at, (size_t)x->l.n) != 0;
    const ln_id y = ordered(e, x, *flipped ? &turned : &straight);
    ln_shape s = ln_emit_shape(e, x->id), m = {.rank = batch->n + 2};
    for (int i = 0; i < batch->n; i++)
        m.dim[i] = s.dim[position(&x->l, batch->at[i])];
    m.dim[batch->n + *flipped] = size_of(e, x, one);
    m.dim[batch->n + !*flipped] = size_of(e, x, two);
    const labels *const groups[] = {*flipped ? two : one, *flipped ? one : two};
    return one->n == 1 && two->n == 1 ? y : reshaped(e, y, &m, x, x, batch, groups);
}

/* Sizes of the result in the order `l`. */
static ln_shape result_shape(ln_emit *e, const operand *a, const operand *b, const labels *l)
{
    const ln_shape sa = ln_emit_shape(e, a->id), sb = ln_emit_shape(e, b->id);
    ln_shape s = {.rank = l->n};
    for (int i = 0; i < l->n; i++) {
        const int at = position(&a->l, l->at[i]);
        s.dim[i] = at >= 0 ? sa.dim[at] : sb.dim[position(&b->l, l->at[i])];
    }
    return s;
}

/* A constant matrix without batch: weights. */
static ln_id fully_connected(ln_emit *e, const operand *a, const operand *b, const kinds *k)
{
    labels la = k->free_a, lb = k->free_b;
    append(&la, &k->inner);
    append(&lb, &k->inner);
    const TfLiteFullyConnectedParams p = {.keep_num_dims = k->free_a.n != 1 || k->inner.n != 1};
    ln_id x = ordered(e, a, &la), w = ordered(e, b, &lb);
    if (k->inner.n != 1) {
        ln_shape s = {.rank = k->free_a.n + 1};
        const ln_shape from = ln_emit_shape(e, x);
        memcpy(s.dim, from.dim, sizeof(int) * (size_t)k->free_a.n);
        s.dim[k->free_a.n] = size_of(e, a, &k->inner);
        const labels *const groups[] = {&k->inner};
        x = reshaped(e, x, &s, a, a, &k->free_a, groups);
    }
    const ln_shape matrix = {.rank = 2,
                             .dim = {size_of(e, b, &k->free_b), size_of(e, b, &k->inner)}};
    const ln_id in[] = {x, ln_emit_reshape(e, w, &matrix), -1};
    return ln_emit_nary(e, &ln_op_fully_connected, &p, 3, in);
}

static ln_id product(ln_emit *e, const operand *a, const operand *b, const labels *out)
{
    kinds k;
    operand y;
    bool flip_a, flip_b;
    sort_labels(&a->l, &b->l, out, &k);
    if (k.batch.n == 0 && ln_emit_known(e, b->id)) {
        y.id = fully_connected(e, a, b, &k);
    } else {
        const ln_id x = as_matrix(e, a, &k.batch, &k.free_a, &k.inner, &flip_a);
        const ln_id w = as_matrix(e, b, &k.batch, &k.inner, &k.free_b, &flip_b);
        const TfLiteBatchMatMulParams p = {.adj_x = flip_a, .adj_y = flip_b};
        y.id = ln_emit_binary(e, &ln_op_batch_matmul, &p, x, w);
    }
    y.l = k.batch;
    append(&y.l, &k.free_a);
    append(&y.l, &k.free_b);
    const ln_shape s = result_shape(e, a, b, &y.l);
    const bool whole = k.free_a.n == 1 && k.free_b.n == 1; /* the product has this shape already */
    y.id = !ln_emit_ok(e) ? -1 : whole ? y.id : reshaped(e, y.id, &s, a, b, &y.l, NULL);
    return ordered(e, &y, out);
}

/* The result has the other operand's labels first: the product of both the other way round needs no
 * TRANSPOSE. */
static bool comes_turned(const ln_emit *e, const operand *a, const operand *b, const labels *out)
{
    kinds k;
    sort_labels(&a->l, &b->l, out, &k);
    labels turned = k.batch;
    append(&turned, &k.free_b);
    append(&turned, &k.free_a);
    return k.free_a.n && k.free_b.n && turned.n == out->n &&
           memcmp(turned.at, out->at, (size_t)out->n) == 0 &&
           !(k.batch.n == 0 && ln_emit_known(e, b->id));
}

static bool complete(const labels *out, const labels *a, const labels *b)
{
    for (int i = 0; i < out->n; i++)
        if (!has(a, out->at[i]) && !has(b, out->at[i]))
            return false;
    return true;
}

static int named_in(const char *text, const char *end)
{
    int n = 0;
    for (const char *p = text; p < end; p++)
        n += *p != '.' && *p != ' ';
    return n;
}

/* How many labels the three dots stand for in an operand. */
static int hidden_in(const labels *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        n = l->at[i] < 32 && l->at[i] > n ? l->at[i] : n;
    return n;
}

/* "abc,cd->abd" for operands of these ranks. */
static bool parse(const char *text, const int *ranks, int n, labels *in, labels *out)
{
    const char *comma = strchr(text, ','), *arrow = strstr(text, "->");
    if (!arrow || n > 2 || (n == 2) != (comma != NULL) || ranks[0] < 0 || ranks[n - 1] < 0)
        return false;
    if (!read_labels(text, comma ? comma : arrow, ranks[0], &in[0]) ||
        (comma && !read_labels(comma + 1, arrow, ranks[1], &in[1])))
        return false;
    const char *right = arrow + 2, *end = right + strlen(right);
    const int hidden = LN_MAX(hidden_in(&in[0]), hidden_in(&in[1]));
    const int rank = named_in(right, end) + (strchr(right, '.') ? hidden : 0);
    return rank <= LN_MAX_RANK && read_labels(right, end, rank, out) &&
           complete(out, &in[0], &in[1]);
}

ln_id ln_emit_einsum(ln_emit *e, const char *equation, int n, const ln_id *in)
{
    labels l[2] = {{0}, {0}}, out;
    if (!ln_emit_ok(e))
        return -1;
    if (n < 1 || n > 2)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "Einsum \"%s\" of %d operands", equation, n);
    const int ranks[] = {ln_emit_shape(e, in[0]).rank, ln_emit_shape(e, in[n - 1]).rank};
    if (!parse(equation, ranks, n, l, &out))
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "Einsum \"%s\" of %d operands", equation, n);
    operand a = {in[0], l[0]}, b = {in[n - 1], l[1]};
    sum_alone(e, &a, &b.l, &out);
    if (n == 1)
        return ordered(e, &a, &out);
    sum_alone(e, &b, &a.l, &out);
    const bool turned = comes_turned(e, &a, &b, &out);
    return product(e, turned ? &b : &a, turned ? &a : &b, &out);
}
