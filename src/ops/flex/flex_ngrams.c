/* SPDX-License-Identifier: Apache-2.0 */
/* flex_ngrams.c: StringNGrams: words that follow each other, joined by a separator.
 *
 *   words [n], splits [rows + 1] -> n-grams, splits [rows + 1]
 *
 * ngram_widths: how many words an n-gram has; pad_width texts left_pad and right_pad stand around
 * each row (-1: as many as make n-grams with one word of the row). */
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"
#include "ops/move.h"

enum { MAX_WIDTHS = 64 };

typedef struct ngrams {
    ln_call *c;
    ln_strings words;
    ln_string separator, left, right;
    int width[MAX_WIDTHS], n_widths;
    int64_t pad;
    bool keep_short;
    int row, w; /* where the writing is: of row `row`, those of width w, number `at` of `count` */
    int64_t at, count;
} ngrams;

static ln_string text_of(const ln_call *c, const char *name)
{
    ln_string s = {0};
    s.text = ln_flex_str(c, name, &s.n);
    return s.text ? s : (ln_string){"", 0};
}

static ln_status open_ngrams(ln_call *c, ngrams *g)
{
    *g = (ngrams){.c = c,
                  .separator = text_of(c, "separator"),
                  .left = text_of(c, "left_pad"),
                  .right = text_of(c, "right_pad"),
                  .pad = ln_flex_int(c, "pad_width", 0),
                  .keep_short = ln_flex_flag(c, "preserve_short_sequences", false)};
    g->n_widths = ln_flex_ints(c, "ngram_widths", MAX_WIDTHS, g->width);
    LN_CHECK(c, g->n_widths >= 1, "ngram_widths has none, or more than %d, numbers",
             (int)MAX_WIDTHS);
    for (int i = 0; i < g->n_widths; i++)
        LN_CHECK(c, g->width[i] >= 1 && g->width[i] < 1 << 20, "an n-gram has %d words",
                 g->width[i]);
    return LN_OK;
}

static int64_t padding(const ngrams *g, int64_t width)
{
    return g->pad < 0 || g->pad > width - 1 ? width - 1 : g->pad;
}

static int64_t words_in(const ngrams *g, int row)
{
    return ln_int_at(g->c->in[1], row + 1) - ln_int_at(g->c->in[1], row);
}

/* How many n-grams a row has of width number w; n_widths: the row itself, where it is short. */
static int64_t count_of(const ngrams *g, int row, int w)
{
    const int64_t length = words_in(g, row);
    if (w < g->n_widths)
        return LN_MAX(0, length + 2 * padding(g, g->width[w]) - g->width[w] + 1);
    if (!g->keep_short || length == 0)
        return 0;
    for (int i = 0; i < g->n_widths; i++)
        if (count_of(g, row, i) > 0)
            return 0;
    return 1;
}

static ln_status check_splits(ln_call *c)
{
    const int n = ln_count(c->in[1]), words = ln_count(c->in[0]);
    for (int i = 0; i < n; i++) {
        const int64_t v = ln_int_at(c->in[1], i), before = i ? ln_int_at(c->in[1], i - 1) : 0;
        LN_CHECK(c, v >= before && v <= words && (i > 0 || v == 0),
                 "split %d is %lld, out of order or range", i, (long long)v);
    }
    LN_CHECK(c, n == 0 || ln_int_at(c->in[1], n - 1) == words, "the splits do not end with %d",
             words);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape words = ln_shape_of(c->in[0]), splits = ln_shape_of(c->in[1]);
    int64_t all = 0;
    ngrams g;
    if (c->in[0]->type != kTfLiteString)
        return ln_fail_type(c, 0);
    LN_TRY(ln_check_index(c, 1));
    LN_TRY(open_ngrams(c, &g));
    LN_CHECK(c, words.rank == 1 && splits.rank == 1, "the words have rank %d, the splits %d",
             words.rank, splits.rank);
    const bool known = ln_known(c, 1) && words.dim[0] >= 0;
    if (known)
        LN_TRY(check_splits(c));
    for (int row = 0; known && row < splits.dim[0] - 1; row++)
        for (int w = 0; w <= g.n_widths; w++) {
            all += count_of(&g, row, w);
            LN_CHECK(c, all <= INT32_MAX, "there are too many n-grams");
        }
    LN_TRY(ln_set_out(c, 0, kTfLiteString, &(ln_shape){1, {known ? (int)all : -1}}));
    return ln_set_out(c, 1, c->in[1]->type, &splits);
}

static size_t join(const ngrams *g, int64_t width, int64_t turn, int64_t turns, char *out)
{
    const int64_t pad = g->w < g->n_widths ? padding(g, width) : LN_MAX(g->pad, 0);
    const int64_t left = LN_MAX(0, pad - turn), right = LN_MAX(0, pad - (turns - turn - 1));
    const int64_t n = width - left - right;
    const int64_t first = ln_int_at(g->c->in[1], g->row) + (left > 0 ? 0 : turn - pad);
    ln_texts t = {.out = out};
    for (int64_t i = 0; i < left + n + right; i++) {
        const ln_string s = i < left       ? g->left
                            : i < left + n ? ln_strings_at(&g->words, (int)(first + i - left))
                                           : g->right;
        if (i > 0)
            ln_texts_put(&t, g->separator.text, g->separator.n);
        ln_texts_put(&t, s.text, s.n);
    }
    return t.n;
}

/* Asked for in order. */
static size_t text_at(void *arg, int k, char *out)
{
    ngrams *g = arg;
    if (k == 0) {
        g->row = g->w = 0;
        g->at = 0;
        g->count = count_of(g, 0, 0);
    }
    while (g->at >= g->count) {
        g->row += g->w == g->n_widths;
        g->w = g->w == g->n_widths ? 0 : g->w + 1;
        g->count = count_of(g, g->row, g->w);
        g->at = 0;
    }
    const int64_t width =
        g->w < g->n_widths ? g->width[g->w] : words_in(g, g->row) + 2 * LN_MAX(g->pad, 0);
    return join(g, width, g->at++, g->count, out);
}

static ln_status eval(ln_call *c)
{
    ngrams g;
    int64_t sum = 0;
    LN_TRY(open_ngrams(c, &g));
    LN_TRY(check_splits(c));
    LN_TRY(ln_strings_open(c->diag, c->in[0], &g.words));
    for (int row = 0, n = ln_count(c->out[1]); row < n; row++) {
        ln_set_int_at(c->out[1], row, sum);
        for (int w = 0; row < n - 1 && w <= g.n_widths; w++)
            sum += count_of(&g, row, w);
    }
    return ln_texts_write(c, 0, ln_count(c->out[0]), text_at, &g);
}

LN_FLEX_OP(string_ngrams, "StringNGrams", 2, 2, 2, infer, eval);
