/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: strings, by operators of TensorFlow, for there are no builtin ones: StringConcat,
 * StringSplit, StringNormalizer, RegexFullMatch; and Det, which is one of them too. */
#include <string.h>

#include "import/onnx/families.h"
#include "import/select.h"

/* A text attribute with an end; "" where there is none. */
static const char *text_of(ln_ox *o, const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    const char *text =
        a && a->s.len ? ln_arena_string(&o->m->arena, (const char *)a->s.data, a->s.len) : "";
    return text ? text : "";
}

static ln_id flat(ln_ox *o, ln_id x)
{
    return ln_ox_reshape(o, x, 1, (const int[]){-1});
}

static ln_id one_text(ln_ox *o, const char *text)
{
    const ln_shape s = {.rank = 0};
    const size_t n = strlen(text);
    return ln_emit_strings(&o->e, &s, &text, &n, 1);
}

/* The texts at places from 1 on; at 0 an empty one. */
static ln_id text_at(ln_ox *o, ln_id texts, ln_id places)
{
    static const ln_select_attribute given[] = {{"T", LN_SELECT_TYPE, LN_TF_INT32, NULL, 0},
                                                {"unit", LN_SELECT_TEXT, 0, "BYTE", 0}};
    static const ln_select_op part = {"Substr", given, 2};
    const ln_id zero = ln_emit_int(&o->e, 0), from = ln_ox_sub(o, places, ln_emit_int(&o->e, 1));
    const ln_id none = ln_ox_op2(o, &ln_op_less, from, zero);
    const ln_id start = ln_ox_sub(o, from, from);
    const ln_id in[] = {
        ln_emit_gather(&o->e, texts, ln_ox_op2(o, &ln_op_maximum, from, zero), 0), start,
        ln_ox_add(o, start, ln_ox_select(o, none, zero, ln_emit_int(&o->e, INT32_MAX)))};
    const ln_shape s = ln_emit_shape(&o->e, in[0]);
    return ln_select_one(&o->e, &part, in, 3, kTfLiteString, &s);
}

/* ---- StringConcat ---- */

/* x in the shape `to`: item by item from where it lies. */
static ln_id broadcast(ln_ox *o, ln_id x, const ln_shape *to)
{
    enum { MOST = 1 << 20 };
    const ln_shape from = ln_emit_shape(&o->e, x);
    const int count = ln_shape_count(to, 0, to->rank);
    if (ln_shape_equal(&from, to))
        return x;
    if (!ln_shape_known(&from) || !ln_shape_known(to) || count > MOST) {
        LN_OX_FAIL(o, "texts of open or large shapes that differ");
        return -1;
    }
    int *places = ln_arena_new(&o->m->arena, (size_t)count + 1, sizeof *places);
    for (int i = 0; places && i < count; i++) {
        int rest = i, step = 1;
        for (int d = to->rank - 1; d >= 0; d--) {
            const int k = d - (to->rank - from.rank), at = rest % to->dim[d];
            rest /= to->dim[d];
            if (k < 0)
                continue;
            places[i] += from.dim[k] == 1 ? 0 : at * step;
            step *= from.dim[k];
        }
    }
    if (!places)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    const ln_id y = ln_emit_gather(&o->e, flat(o, x), ln_emit_ints(&o->e, count, places), 0);
    return ln_ox_reshape(o, y, to->rank, to->dim);
}

void ln_ox_string_concat(ln_ox *o, const ln_ox_node *n)
{
    static const ln_select_attribute given[] = {{"N", LN_SELECT_INT, 2, NULL, 0},
                                                {"separator", LN_SELECT_TEXT, 0, "", 0}};
    static const ln_select_op join = {"StringJoin", given, 2};
    ln_id in[] = {ln_ox_in_id(o, n, 0), ln_ox_in_id(o, n, 1)};
    ln_shape s = ln_emit_shape(&o->e, in[0]), t = ln_emit_shape(&o->e, in[1]);
    if (!ln_ox_ok(o))
        return;
    if (!ln_shape_equal(&s, &t) && s.rank && t.rank) {
        ln_shape both = s.rank >= t.rank ? s : t;
        const ln_shape *less = s.rank >= t.rank ? &t : &s;
        for (int i = 0; i < less->rank; i++) {
            int *to = &both.dim[both.rank - less->rank + i];
            *to = *to == 1 ? less->dim[i] : *to;
        }
        in[0] = broadcast(o, in[0], &both);
        in[1] = broadcast(o, in[1], &both);
        s = t = both;
    }
    ln_ox_out(o, n, 0, ln_select_one(&o->e, &join, in, 2, kTfLiteString, s.rank ? &s : &t));
}

/* ---- RegexFullMatch ---- */

void ln_ox_regex_full_match(ln_ox *o, const ln_ox_node *n)
{
    const ln_select_attribute pattern = {"pattern", LN_SELECT_TEXT, 0, text_of(o, n, "pattern"), 0};
    const ln_select_op match = {"StaticRegexFullMatch", &pattern, 1};
    ln_ox_out(o, n, 0, ln_select_map(&o->e, &match, ln_ox_in_id(o, n, 0), kTfLiteBool));
}

/* ---- StringSplit ---- */

/* The parts' numbers, from 1, as a dense [texts, most]; 0: there is none. */
static ln_id places_of(ln_ox *o, const ln_id *parts)
{
    const TfLiteSparseToDenseParams p = {.validate_indices = false};
    const ln_id count = ln_emit_dim(&o->e, parts[1], 0);
    const ln_id in[] = {parts[0], parts[2],
                        ln_ox_add(o, ln_emit_range(&o->e, count), ln_emit_int(&o->e, 1)),
                        ln_emit_int(&o->e, 0)};
    return ln_emit_nary(&o->e, &ln_op_sparse_to_dense, &p, 4, in);
}

/* How many parts each of the texts has: numbers above 0.  TensorFlow counts what is left behind the
 * last split between spaces even where that is nothing, and one part of an empty text; ONNX Runtime
 * does not. */
static ln_id counts_of(ln_ox *o, ln_id places, ln_id found, ln_id texts, bool spaces)
{
    static const int last = 1;
    ln_id some = ln_ox_op2(o, &ln_op_greater, places, ln_emit_int(&o->e, 0));
    const ln_id what = spaces ? found : ln_emit_expand_dims(&o->e, texts, 1);
    some = ln_ox_op2(o, &ln_op_logical_and, some,
                     ln_ox_op2(o, &ln_op_not_equal, what, one_text(o, "")));
    return ln_emit_reduce(&o->e, &ln_op_sum, ln_emit_cast(&o->e, some, kTfLiteInt32), 1, &last,
                          false);
}

/* found [texts, parts] as wide as the largest count. */
static ln_id as_wide_as_needed(ln_ox *o, ln_id found, ln_id counts)
{
    static const int begin[] = {0, 0}, all = -1, zero = 0;
    const ln_id most = ln_ox_op2(o, &ln_op_maximum,
                                 ln_emit_reduce(&o->e, &ln_op_reduce_max, counts, 1, &zero, true),
                                 ln_emit_int(&o->e, 0));
    const ln_id size[] = {ln_emit_ints(&o->e, 1, &all), most};
    const ln_id in[] = {found, ln_emit_ints(&o->e, 2, begin), ln_emit_concat(&o->e, 2, size, 0)};
    return ln_emit_nary(&o->e, &ln_op_slice, NULL, 3, in);
}

void ln_ox_string_split(ln_ox *o, const ln_ox_node *n)
{
    static const ln_made made[] = {{.type = kTfLiteInt64, .shape = {.rank = 2, .dim = {-1, 2}}},
                                   {.type = kTfLiteString, .shape = {.rank = 1, .dim = {-1}}},
                                   {.type = kTfLiteInt64, .shape = {.rank = 1, .dim = {2}}}};
    static const int last = 1;
    static const ln_select_op strip = {"StringStrip", NULL, 0};
    const ln_select_attribute most = {"maxsplit", LN_SELECT_INT, ln_ox_int(n, "maxsplit", -1), NULL,
                                      0};
    const ln_select_op split = {"StringSplitV2", &most, 1};
    const char *delimiter = text_of(o, n, "delimiter");
    const ln_id x = ln_ox_in_id(o, n, 0);
    const ln_shape s = ln_emit_shape(&o->e, x);
    const bool spaces = !*delimiter;
    const ln_id row = flat(o, x);
    const ln_id in[] = {spaces ? ln_select_map(&o->e, &strip, row, kTfLiteString) : row,
                        one_text(o, delimiter)};
    ln_id parts[3];
    if (most.value == 0)
        LN_OX_FAIL(o, "a maxsplit of 0");
    if (!ln_ox_ok(o) || !ln_select_node(&o->e, &split, in, 2, made, 3, parts))
        return;
    const ln_id places = places_of(o, parts), shape = ln_emit_shape_of(&o->e, x);
    ln_id found = text_at(o, parts[1], places);
    const ln_id counts = counts_of(o, places, found, row, spaces);
    found = as_wide_as_needed(o, found, counts);
    const ln_id sized[] = {shape,
                           ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, found), 1, &last, &last)};
    ln_ox_out(o, n, 0,
              s.rank == 1
                  ? found
                  : ln_ox_op2(o, &ln_op_reshape, found, ln_emit_concat(&o->e, 2, sized, 0)));
    const ln_id wide = ln_emit_cast(&o->e, counts, kTfLiteInt64);
    ln_ox_out(o, n, 1, s.rank == 1 ? wide : ln_ox_op2(o, &ln_op_reshape, wide, shape));
}

/* ---- StringNormalizer ---- */

static ln_id cased(ln_ox *o, ln_id x, bool upper)
{
    static const ln_select_attribute encoding = {"encoding", LN_SELECT_TEXT, 0, "utf-8", 0};
    const ln_select_op op = {upper ? "StringUpper" : "StringLower", &encoding, 1};
    return ln_select_map(&o->e, &op, x, kTfLiteString);
}

/* Which items of x [items] are among the words. */
static ln_id among(ln_ox *o, ln_id x, const Onnx__AttributeProto *words, bool any_case)
{
    static const int last = 1;
    const ln_shape s = {.rank = 1, .dim = {(int)words->n_strings}};
    const char **at = ln_arena_new(&o->m->arena, words->n_strings + 1, sizeof *at);
    size_t *lengths = ln_arena_new(&o->m->arena, words->n_strings + 1, sizeof *lengths);
    for (size_t i = 0; at && lengths && i < words->n_strings; i++) {
        at[i] = (const char *)words->strings[i].data;
        lengths[i] = words->strings[i].len;
    }
    if (!at || !lengths)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    ln_id all = ln_emit_strings(&o->e, &s, at, lengths, s.dim[0]);
    if (any_case) {
        all = cased(o, all, false);
        x = cased(o, x, false);
    }
    const ln_id hit = ln_ox_op2(o, &ln_op_equal, ln_emit_expand_dims(&o->e, x, 1), all);
    return ln_emit_reduce(&o->e, &ln_op_reduce_any, hit, 1, &last, false);
}

/* The items that are not dropped, [items]; one empty text where all are. */
static ln_id kept(ln_ox *o, ln_id x, ln_id dropped)
{
    const ln_id one = ln_emit_int(&o->e, 1);
    const ln_id where = ln_ox_op1(o, &ln_op_where, ln_ox_op1(o, &ln_op_logical_not, dropped));
    const ln_id at = flat(o, ln_ox_add(o, ln_ox_int32(o, where), one));
    const ln_id none =
        ln_ox_op2(o, &ln_op_equal, ln_emit_shape_of(&o->e, at), ln_emit_ints(&o->e, 1, &(int){0}));
    const ln_id places[] = {at, ln_ox_op2(o, &ln_op_fill, ln_emit_cast(&o->e, none, kTfLiteInt32),
                                          ln_emit_int(&o->e, 0))};
    return text_at(o, x, ln_emit_concat(&o->e, 2, places, 0));
}

void ln_ox_string_normalizer(ln_ox *o, const ln_ox_node *n)
{
    const Onnx__AttributeProto *words = ln_ox_attr(n, "stopwords");
    const bool lower = ln_ox_is(n, "case_change_action", "LOWER", "NONE"),
               upper = ln_ox_is(n, "case_change_action", "UPPER", "NONE");
    ln_id y = ln_ox_in_id(o, n, 0);
    const int rank = ln_emit_shape(&o->e, y).rank;
    if (!ln_ox_ok(o))
        return;
    if (words && words->n_strings) {
        if (words->n_strings > 1 << 16 || rank < 1 || rank > 2) {
            LN_OX_FAIL(o, "a tensor of rank %d, or so many words", rank);
            return;
        }
        y = flat(o, y);
        y = kept(o, y, among(o, y, words, !ln_ox_int(n, "is_case_sensitive", 0)));
        y = rank == 2 ? ln_emit_expand_dims(&o->e, y, 0) : y;
    }
    ln_ox_out(o, n, 0, lower || upper ? cased(o, y, upper) : ln_ox_copied(o, y));
}

/* ---- Det ---- */

void ln_ox_det(ln_ox *o, const ln_ox_node *n)
{
    static const ln_select_attribute type = {"T", LN_SELECT_TYPE, LN_TF_FLOAT, NULL, 0};
    static const ln_select_op det = {"MatrixDeterminant", &type, 1};
    const ln_id x = ln_ox_in_id(o, n, 0);
    ln_shape s = ln_emit_shape(&o->e, x);
    if (s.rank < 2) {
        LN_OX_FAIL(o, "a matrix of rank %d", s.rank);
        return;
    }
    s.rank -= 2;
    ln_ox_out(o, n, 0, ln_select_one(&o->e, &det, &x, 1, kTfLiteFloat32, &s));
}
