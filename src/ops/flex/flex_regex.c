/* SPDX-License-Identifier: Apache-2.0 */
/* flex_regex.c: regular expressions on strings, and splitting.
 *
 *   StaticRegexReplace, RegexReplace          x -> the same shape
 *   StaticRegexFullMatch, RegexFullMatch      x -> bool
 *   StringSplitV2   x [n], separator -> indices int64 [m, 2], values [m], shape int64 [2]
 *   StringSplit     the same; each byte of the separator is one, and without one each byte a piece
 */
#include <string.h>

#include "ops/flex/flex.h"
#include "ops/flex/regex.h"
#include "ops/flex/texts.h"

enum { X, PATTERN, REWRITE };

typedef struct job {
    ln_call *c;
    ln_strings x;
    ln_regex *regex;
    ln_string rewrite;
} job;

static ln_status attribute_text(ln_call *c, const char *name, ln_string *s)
{
    s->text = ln_flex_str(c, name, &s->n);
    LN_CHECK(c, s->text, "the node has no attribute %s", name);
    return LN_OK;
}

/* Compiles the expression, which is input 1 where there is one. */
static ln_status open_job(ln_call *c, job *j)
{
    ln_string pattern;
    *j = (job){.c = c, .regex = c->scratch};
    LN_TRY(ln_strings_open(c->diag, c->in[X], &j->x));
    LN_TRY(c->n_in > PATTERN ? ln_texts_single(c, PATTERN, &pattern)
                             : attribute_text(c, "pattern", &pattern));
    return ln_regex_compile(j->regex, pattern.text, pattern.n, c->diag);
}

static ln_status regex_infer(ln_call *c, TfLiteType to)
{
    for (int i = 1; i < c->n_in; i++)
        if (c->in[i]->type != kTfLiteString)
            return ln_fail_type(c, i);
    c->scratch_bytes = sizeof(ln_regex);
    return ln_infer_texts(c, to);
}

/* ---- replacing ---- */

/* \0 to \9 stand for groups, \\ for a backslash. */
static void put_rewrite(ln_texts *t, const job *j, const char *text, const int *groups)
{
    for (size_t i = 0; i < j->rewrite.n; i++) {
        const char *at = j->rewrite.text + i;
        if (*at != '\\' || i + 1 == j->rewrite.n) {
            ln_texts_put(t, at, 1);
            continue;
        }
        i++;
        const int k = at[1] - '0';
        if (k < 0 || k > 9)
            ln_texts_put(t, at + 1, 1);
        else if (groups[2 * k] >= 0)
            ln_texts_put(t, text + groups[2 * k], (size_t)(groups[2 * k + 1] - groups[2 * k]));
    }
}

/* As RE2::GlobalReplace: an empty match right behind a match is none. */
static size_t replaced(void *arg, int k, char *out)
{
    const job *j = arg;
    const ln_string s = ln_strings_at(&j->x, k);
    const bool global = ln_flex_flag(j->c, "replace_global", true);
    int groups[2 * LN_REGEX_GROUPS];
    ln_texts t = {.out = out};
    size_t at = 0, last = SIZE_MAX;
    while (at <= s.n && ln_regex_search(j->regex, s.text, s.n, at, false, groups)) {
        const size_t begin = (size_t)groups[0], end = (size_t)groups[1];
        ln_texts_put(&t, s.text + at, begin - at);
        if (begin == end && begin == last) {
            uint32_t code;
            const size_t one = at < s.n ? ln_regex_character(s.text, s.n, at, &code) : 0;
            ln_texts_put(&t, s.text + at, one);
            at += LN_MAX(one, 1);
            last = SIZE_MAX;
            continue;
        }
        put_rewrite(&t, j, s.text, groups);
        at = last = end;
        if (!global)
            break;
    }
    if (at < s.n)
        ln_texts_put(&t, s.text + at, s.n - at);
    return t.n;
}

static ln_status replace_infer(ln_call *c)
{
    return regex_infer(c, kTfLiteString);
}

static ln_status replace_eval(ln_call *c)
{
    job j;
    LN_TRY(open_job(c, &j));
    LN_TRY(c->n_in > REWRITE ? ln_texts_single(c, REWRITE, &j.rewrite)
                             : attribute_text(c, "rewrite", &j.rewrite));
    return ln_texts_write(c, 0, j.x.count, replaced, &j);
}

LN_FLEX_OP(static_regex_replace, "StaticRegexReplace", 1, 1, 1, replace_infer, replace_eval);
LN_FLEX_OP(regex_replace, "RegexReplace", 3, 3, 1, replace_infer, replace_eval);

/* ---- matching ---- */

static ln_status match_infer(ln_call *c)
{
    return regex_infer(c, kTfLiteBool);
}

static ln_status match_eval(ln_call *c)
{
    int groups[2 * LN_REGEX_GROUPS];
    job j;
    LN_TRY(open_job(c, &j));
    for (int k = 0; k < j.x.count; k++) {
        const ln_string s = ln_strings_at(&j.x, k);
        c->out[0]->data.b[k] = ln_regex_search(j.regex, s.text, s.n, 0, true, groups);
    }
    return LN_OK;
}

LN_FLEX_OP(static_regex_full_match, "StaticRegexFullMatch", 1, 1, 1, match_infer, match_eval);
LN_FLEX_OP(regex_full_match, "RegexFullMatch", 2, 2, 1, match_infer, match_eval);

/* ---- StringSplitV2, StringSplit ---- */

/* A walk over the pieces of a string. */
typedef struct pieces {
    ln_string text, separator;
    size_t at;
    int64_t left; /* how many cuts may be made; < 0: any number */
    bool ended;
    bool bytes;      /* StringSplit */
    bool skip_empty; /* of it */
} pieces;

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without a separator: words between blanks, of which there may be several.  Behind the last cut
 * comes the rest as it is, even if that is nothing. */
static bool next_word(pieces *p, ln_string *piece)
{
    const ln_string s = p->text;
    while (p->at < s.n && is_blank(s.text[p->at]))
        p->at++;
    const size_t from = p->at;
    if (p->ended || (from == s.n && p->left != 0))
        return false;
    p->ended = p->left == 0;
    while (p->at < s.n && (p->ended || !is_blank(s.text[p->at])))
        p->at++;
    p->left -= p->left > 0;
    *piece = (ln_string){s.text + from, p->at - from};
    return true;
}

/* From one of the separator's bytes to the next; an empty text has no pieces. */
static bool next_between(pieces *p, ln_string *piece)
{
    const ln_string s = p->text, separator = p->separator;
    do {
        const size_t from = p->at;
        if (p->ended || s.n == 0)
            return false;
        size_t to = from;
        while (to < s.n && !memchr(separator.text, s.text[to], separator.n))
            to++;
        p->ended = to == s.n;
        p->at = to + 1;
        *piece = (ln_string){s.text + from, to - from};
    } while (p->skip_empty && piece->n == 0);
    return true;
}

static bool next_byte(pieces *p, ln_string *piece)
{
    if (p->at >= p->text.n)
        return false;
    *piece = (ln_string){p->text.text + p->at++, 1};
    return true;
}

static bool next_piece(pieces *p, ln_string *piece)
{
    const ln_string s = p->text;
    if (p->bytes)
        return p->separator.n ? next_between(p, piece) : next_byte(p, piece);
    if (p->separator.n == 0)
        return next_word(p, piece);
    if (p->ended)
        return false;
    const size_t from = p->at;
    size_t to = from;
    while (to + p->separator.n <= s.n && p->left != 0 &&
           memcmp(s.text + to, p->separator.text, p->separator.n) != 0)
        to++;
    p->ended = p->left == 0 || to + p->separator.n > s.n;
    to = p->ended ? s.n : to;
    p->at = to + p->separator.n;
    p->left -= p->left > 0;
    *piece = (ln_string){s.text + from, to - from};
    return true;
}

static ln_status open_split(ln_call *c, bool bytes, ln_strings *x, pieces *p)
{
    const int64_t most = ln_flex_int(c, "maxsplit", -1);
    *p = (pieces){.left = most > 0 ? most : -1,
                  .bytes = bytes,
                  .skip_empty = ln_flex_flag(c, "skip_empty", true)};
    LN_TRY(ln_strings_open(c->diag, c->in[X], x));
    return ln_texts_single(c, PATTERN, &p->separator);
}

/* How many pieces all strings have, and the string of most. */
static ln_status count_pieces(ln_call *c, bool bytes, int64_t *count, int64_t *most)
{
    ln_strings x;
    pieces start;
    ln_string piece;
    LN_TRY(open_split(c, bytes, &x, &start));
    *count = *most = 0;
    for (int k = 0; k < x.count; k++) {
        pieces p = start;
        int64_t n = 0;
        p.text = ln_strings_at(&x, k);
        while (next_piece(&p, &piece))
            n++;
        *count += n;
        *most = LN_MAX(*most, n);
    }
    LN_CHECK(c, *count <= INT32_MAX / 2, "the strings have %lld pieces", (long long)*count);
    return LN_OK;
}

static ln_status infer_pieces(ln_call *c, bool bytes)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    int64_t count = -1, most;
    for (int i = 0; i < 2; i++)
        if (c->in[i]->type != kTfLiteString)
            return ln_fail_type(c, i);
    LN_CHECK(c, x.rank == 1, "the strings have rank %d, not 1", x.rank);
    if (c->run)
        LN_TRY(count_pieces(c, bytes, &count, &most));
    const ln_shape indices = {.rank = 2, .dim = {(int)count, 2}};
    const ln_shape values = {.rank = 1, .dim = {(int)count}}, shape = {.rank = 1, .dim = {2}};
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &indices));
    LN_TRY(ln_set_out(c, 1, kTfLiteString, &values));
    return ln_set_out(c, 2, kTfLiteInt64, &shape);
}

typedef struct split_job {
    ln_strings x;
    pieces start, now;
    int string, place;
    int64_t *indices;
} split_job;

/* Pieces are asked for in order, from the first one, twice. */
static ln_string get_piece(void *arg, int k)
{
    split_job *j = arg;
    ln_string piece = {NULL, 0};
    if (k == 0) {
        j->string = -1;
        j->now = (pieces){.ended = true};
    }
    while (j->string < 0 || !next_piece(&j->now, &piece)) {
        j->now = j->start;
        j->now.text = ln_strings_at(&j->x, ++j->string);
        j->place = 0;
    }
    j->indices[2 * (size_t)k] = j->string;
    j->indices[2 * (size_t)k + 1] = j->place++;
    return piece;
}

static ln_status eval_pieces(ln_call *c, bool bytes)
{
    split_job j = {.indices = c->out[0]->data.i64};
    int64_t count, most;
    LN_TRY(count_pieces(c, bytes, &count, &most));
    LN_TRY(open_split(c, bytes, &j.x, &j.start));
    LN_TRY(ln_strings_write(c, 1, (int)count, get_piece, &j));
    c->out[2]->data.i64[0] = j.x.count;
    c->out[2]->data.i64[1] = most;
    return LN_OK;
}

static ln_status split_infer(ln_call *c)
{
    return infer_pieces(c, false);
}

static ln_status split_eval(ln_call *c)
{
    return eval_pieces(c, false);
}

static ln_status split_bytes_infer(ln_call *c)
{
    return infer_pieces(c, true);
}

static ln_status split_bytes_eval(ln_call *c)
{
    return eval_pieces(c, true);
}

LN_FLEX_OP(string_split, "StringSplit", 2, 2, 3, split_bytes_infer, split_bytes_eval);
LN_FLEX_OP(string_split_v2, "StringSplitV2", 2, 2, 3, split_infer, split_eval);
