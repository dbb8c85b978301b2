/* SPDX-License-Identifier: Apache-2.0 */
/* einsum.c: Einsum as products of two operands after the other: dimensions that both have and the
 * result wants are batches, those that nothing else wants are summed by BATCH_MATMUL. */
#include <ctype.h>
#include <string.h>

#include "import/onnx/families.h"

enum { MOST_OPERANDS = 8, ELLIPSIS = 1 }; /* its dimensions are letters from ELLIPSIS on */

typedef struct term {
    int n;
    char letter[LN_MAX_RANK];
    ln_id id;
} term;

static bool has(const term *t, char c)
{
    return t->n && memchr(t->letter, c, (size_t)t->n);
}

/* ---- the equation ---- */

/* One term of the equation; an ellipsis stands for `dots` dimensions. */
static bool read_term(const char **at, const char *end, int dots, term *t)
{
    t->n = 0;
    for (; *at < end && **at != ',' && **at != '-'; (*at)++) {
        if (**at == ' ')
            continue;
        if (**at == '.') {
            if (end - *at < 3 || t->n + dots > LN_MAX_RANK)
                return false;
            for (int i = 0; i < dots; i++)
                t->letter[t->n++] = (char)(ELLIPSIS + i);
            *at += 2;
            continue;
        }
        if (!isalpha((unsigned char)**at) || t->n == LN_MAX_RANK)
            return false;
        t->letter[t->n++] = **at;
    }
    return true;
}

/* Letters of one term, without the ellipsis. */
static int count_letters(const char *at, const char *end)
{
    int n = 0;
    for (; at < end && *at != ',' && *at != '-'; at++)
        n += isalpha((unsigned char)*at) != 0;
    return n;
}

/* Without "->": the ellipsis, then all letters that occur once, in order. */
static void implicit_result(const term *in, int n, int dots, term *y)
{
    y->n = 0;
    for (int i = 0; i < dots; i++)
        y->letter[y->n++] = (char)(ELLIPSIS + i);
    for (int c = 'A'; c <= 'z' && y->n < LN_MAX_RANK; c++) {
        int times = 0;
        for (int k = 0; k < n; k++)
            for (int i = 0; i < in[k].n; i++)
                times += in[k].letter[i] == c;
        if (times == 1)
            y->letter[y->n++] = (char)c;
    }
}

static bool read_equation(ln_ox *o, const ln_ox_node *n, term *in, term *y)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, "equation");
    const int count = ln_ox_n_in(n);
    const char *at = a ? (const char *)a->s.data : "", *end = at + (a ? a->s.len : 0);
    int dots = 0;
    if (!a || !a->s.len || count < 1 || count > MOST_OPERANDS)
        return false;
    for (int k = 0; k < count; k++) {
        const int rank = ln_emit_shape(&o->e, in[k].id).rank, letters = count_letters(at, end);
        if (rank < letters || rank > LN_MAX_RANK || !read_term(&at, end, rank - letters, &in[k]) ||
            in[k].n != rank)
            return false;
        dots = LN_MAX(dots, rank - letters);
        if (k + 1 < count && (at == end || *at++ != ','))
            return false;
    }
    if (at == end) {
        implicit_result(in, count, dots, y);
        return true;
    }
    if (end - at < 2 || at[0] != '-' || at[1] != '>')
        return false;
    at += 2;
    return read_term(&at, end, dots, y) && at == end;
}

/* ---- terms ---- */

/* The operand with its letters in this order; all of them occur in it. */
static void reorder(ln_ox *o, term *t, const char *order, int n)
{
    int perm[LN_MAX_RANK] = {0};
    for (int i = 0; i < n; i++)
        for (int k = 0; k < t->n; k++)
            if (t->letter[k] == order[i])
                perm[i] = k;
    t->id = ln_emit_transpose(&o->e, t->id, n, perm);
    if (n)
        memcpy(t->letter, order, (size_t)n);
    t->n = n;
}

/* Dimensions i < k of the operand, which have the same letter, become their diagonal, the last
 * dimension: items of the square that are its side and one apart. */
static void take_diagonal(ln_ox *o, term *t, int i, int k)
{
    const char letter = t->letter[i];
    const int side = ln_emit_shape(&o->e, t->id).dim[i], last = t->n - 2;
    ln_ox_dim square[LN_MAX_RANK];
    int perm[LN_MAX_RANK], n = 0, begin[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
    if (side < 1 || side != ln_emit_shape(&o->e, t->id).dim[k]) {
        LN_OX_FAIL(o, "a diagonal (a letter twice in one operand) of %d", side);
        return;
    }
    for (int d = 0; d < t->n; d++) {
        if (d == i || d == k)
            continue;
        t->letter[n] = t->letter[d];
        perm[n++] = d;
    }
    perm[n] = i;
    perm[n + 1] = k;
    t->letter[n] = letter;
    t->id = ln_emit_transpose(&o->e, t->id, t->n--, perm);
    for (int d = 0; d <= last; d++) {
        square[d] = d < last ? LN_OX_DIM_OF(t->id, d) : LN_OX_NUMBER(side * side);
        step[d] = d < last ? 1 : side + 1;
    }
    t->id = ln_ox_reshape_by(o, t->id, t->n, square);
    t->id = ln_ox_strided_slice(o, t->id, t->n, begin, begin, step, (1 << t->n) - 1);
}

static void take_diagonals(ln_ox *o, term *t)
{
    for (int i = 0; i < t->n && ln_ox_ok(o); i++)
        for (int k = t->n - 1; k > i; k--)
            if (t->letter[i] == t->letter[k]) {
                take_diagonal(o, t, i, k);
                i = -1; /* letters have moved */
                break;
            }
}

/* Sums over the letters that nobody wants. */
static void sum_unwanted(ln_ox *o, term *t, const term *others, int n)
{
    int axes[LN_MAX_RANK], count = 0, kept = 0;
    for (int i = 0; i < t->n; i++) {
        bool wanted = false;
        for (int k = 0; k < n; k++)
            wanted = wanted || has(&others[k], t->letter[i]);
        if (wanted)
            t->letter[kept++] = t->letter[i];
        else
            axes[count++] = i;
    }
    t->n = kept;
    if (count)
        t->id = ln_emit_reduce(&o->e, &ln_op_sum, t->id, count, axes, false);
}

/* Letters by what becomes of them in a product. */
typedef struct groups {
    int n_batch, n_sum, n_a, n_b;
    char batch[LN_MAX_RANK], sum[LN_MAX_RANK], a[LN_MAX_RANK], b[LN_MAX_RANK];
} groups;

static groups sort_letters(const term *a, const term *b, const term *later, int n)
{
    groups g = {0};
    for (int i = 0; i < a->n; i++) {
        bool wanted = false;
        for (int k = 0; k < n; k++)
            wanted = wanted || has(&later[k], a->letter[i]);
        if (!has(b, a->letter[i]))
            g.a[g.n_a++] = a->letter[i];
        else if (wanted)
            g.batch[g.n_batch++] = a->letter[i];
        else
            g.sum[g.n_sum++] = a->letter[i];
    }
    for (int i = 0; i < b->n; i++)
        if (!has(a, b->letter[i]))
            g.b[g.n_b++] = b->letter[i];
    return g;
}

/* Operand [batch..., rows..., columns...] as [batch..., rows, columns]. */
static ln_id as_matrices(ln_ox *o, ln_id x, int n_batch, int n_rows, int n_columns)
{
    ln_ox_dim y[LN_MAX_RANK];
    if (n_rows == 1 && n_columns == 1)
        return x;
    for (int i = 0; i < n_batch; i++)
        y[i] = LN_OX_DIM_OF(x, i);
    y[n_batch] = LN_OX_DIMS_OF(x, n_batch, n_rows);
    y[n_batch + 1] = LN_OX_DIMS_OF(x, n_batch + n_rows, n_columns);
    return ln_ox_reshape_by(o, x, n_batch + 2, y);
}

static void put_letters(char *to, int *n, const char *from, int count)
{
    if (count)
        memcpy(to + *n, from, (size_t)count);
    *n += count;
}

static term multiply(ln_ox *o, term *a, term *b, const term *later, int n_later)
{
    const groups g = sort_letters(a, b, later, n_later);
    term y = {.id = -1};
    char order[LN_MAX_RANK];
    int n = 0;
    if (g.n_batch + g.n_a + g.n_b > LN_MAX_RANK || g.n_batch + 2 > LN_MAX_RANK) {
        LN_OX_FAIL(o, "a product of more than %d dimensions", (int)LN_MAX_RANK);
        return y;
    }
    put_letters(order, &n, g.batch, g.n_batch);
    put_letters(order, &n, g.a, g.n_a);
    put_letters(order, &n, g.sum, g.n_sum);
    reorder(o, a, order, n);
    n = 0;
    put_letters(order, &n, g.batch, g.n_batch);
    put_letters(order, &n, g.b, g.n_b);
    put_letters(order, &n, g.sum, g.n_sum);
    reorder(o, b, order, n);
    const ln_shape as = ln_emit_shape(&o->e, a->id);
    const ln_id x = as_matrices(o, a->id, g.n_batch, g.n_a, g.n_sum);
    const ln_id z = as_matrices(o, b->id, g.n_batch, g.n_b, g.n_sum);
    y.id = ln_ox_product(o, x, z, false, true);
    put_letters(y.letter, &y.n, g.batch, g.n_batch);
    put_letters(y.letter, &y.n, g.a, g.n_a);
    put_letters(y.letter, &y.n, g.b, g.n_b);
    ln_ox_dim dims[LN_MAX_RANK];
    for (int i = 0; i < g.n_batch + g.n_a && i < as.rank; i++)
        dims[i] = LN_OX_DIM_OF(i < g.n_batch && as.dim[i] == 1 ? b->id : a->id, i);
    for (int i = 0; i < g.n_b; i++)
        dims[g.n_batch + g.n_a + i] = LN_OX_DIM_OF(b->id, g.n_batch + i);
    if (ln_ox_ok(o) && !(g.n_a == 1 && g.n_b == 1))
        y.id = ln_ox_reshape_by(o, y.id, y.n, dims);
    return y;
}

void ln_ox_einsum(ln_ox *o, const ln_ox_node *n)
{
    term in[MOST_OPERANDS + 1], y = {0};
    const int count = ln_ox_n_in(n);
    for (int k = 0; k < count && k < MOST_OPERANDS; k++)
        in[k] = (term){.id = ln_ox_in_id(o, n, k)};
    if (!ln_ox_ok(o))
        return;
    if (!read_equation(o, n, in, &y)) {
        LN_OX_FAIL(o, "an equation that does not fit its %d operands", count);
        return;
    }
    for (int k = 0; k < count; k++)
        take_diagonals(o, &in[k]);
    if (!ln_ox_ok(o))
        return;
    in[count] = y; /* wants its letters */
    term all = in[0];
    sum_unwanted(o, &all, in + 1, count);
    for (int k = 1; k < count && ln_ox_ok(o); k++) {
        term alone[MOST_OPERANDS + 1];
        memcpy(alone, in + k + 1, sizeof *in * (size_t)(count - k));
        alone[count - k] = all;
        sum_unwanted(o, &in[k], alone, count - k + 1);
        all = multiply(o, &all, &in[k], in + k + 1, count - k);
    }
    for (int i = 0; i < y.n; i++)
        if (!has(&all, y.letter[i]))
            LN_OX_FAIL(o, "a result with a letter that no operand has");
    if (!ln_ox_ok(o) || all.n != y.n)
        return;
    reorder(o, &all, y.letter, y.n);
    ln_ox_out(o, n, 0, all.id);
}
