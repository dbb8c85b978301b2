/* SPDX-License-Identifier: Apache-2.0 */
/* skip_gram.c: SKIP_GRAM: all runs of n words of a sentence, with up to `max_skip_size` words
 * left out between two of them; shorter runs too where the options say so.
 *
 *   x [1] of string -> y [grams] of string
 * The grams come in the order of a depth-first search over word numbers.  They are made one by
 * one, in step with the writer, which asks for each twice. */
#include <string.h>

#include "ops/scratch.h"
#include "ops/strings.h"

enum { MAX_SIZE = 64, MAX_GRAMS = 1 << 24 };

typedef struct search {
    const TfLiteSkipGramParams *p;
    int n_words;
    int depth;              /* words taken so far; -1: done */
    int word[MAX_SIZE + 1]; /* the last one tried at each depth */
    const ln_string *words;
    char *text; /* of the current gram */
} search;

/* ASCII's white space. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Finds the words; `words` may be NULL.  A space at the very start belongs to its word. */
static int split(ln_string s, ln_string *words)
{
    size_t from = 0;
    int n = 0;
    for (size_t i = 1; i <= s.n; i++) {
        if (i < s.n && !is_space(s.text[i]))
            continue;
        if (i > from && (i == s.n || !is_space(s.text[from]))) {
            if (words)
                words[n] = (ln_string){s.text + from, i - from};
            n++;
        }
        from = i + 1;
    }
    return n;
}

static void start(search *s)
{
    memset(s->word, 0, sizeof s->word);
    s->depth = s->n_words < s->p->ngram_size || s->n_words == 0 ? -1 : 1;
}

/* Another word can be taken: there is one, near enough, and enough are left behind it. */
static bool can_step(const search *s)
{
    const int d = s->depth;
    if (d >= s->p->ngram_size || s->word[d] + 1 >= s->n_words)
        return false;
    if (!s->p->include_all_ngrams && s->n_words - (s->word[d] + 1) < s->p->ngram_size - d)
        return false;
    return d == 0 || s->word[d] - s->word[d - 1] <= s->p->max_skip_size;
}

/* Goes on to the next gram, word[0 .. *size - 1]; false when there is none. */
static bool next_gram(search *s, int *size)
{
    while (s->depth >= 0) {
        if (can_step(s)) {
            s->word[s->depth]++;
            s->depth++;
            s->word[s->depth] = s->word[s->depth - 1];
            continue;
        }
        *size = s->depth--;
        if (*size > 0 &&
            (*size == s->p->ngram_size || (s->p->include_all_ngrams && *size < s->p->ngram_size)))
            return true;
    }
    return false;
}

static ln_status open_sentence(ln_call *c, ln_string *sentence)
{
    ln_strings s;
    LN_TRY(ln_strings_open(c->diag, c->in[0], &s));
    LN_CHECK(c, s.count >= 1, "there is no sentence");
    *sentence = ln_strings_at(&s, 0);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const TfLiteSkipGramParams *p = c->params;
    ln_shape y = {.rank = 1, .dim = {-1}};
    ln_scratch scratch = {0};
    ln_string sentence;

    if (c->in[0]->type != kTfLiteString)
        return ln_fail_type(c, 0);
    LN_CHECK(c, p->ngram_size >= 0 && p->ngram_size <= MAX_SIZE, "the size is %d, more than %d",
             p->ngram_size, (int)MAX_SIZE);
    if (ln_known(c, 0)) {
        search s = {.p = p};
        int size;
        LN_TRY(open_sentence(c, &sentence));
        s.n_words = split(sentence, NULL);
        y.dim[0] = 0;
        for (start(&s); next_gram(&s, &size); y.dim[0]++)
            LN_CHECK(c, y.dim[0] < MAX_GRAMS, "there are more than %d grams", (int)MAX_GRAMS);
        ln_scratch_take(&scratch, s.n_words, sizeof(ln_string));
        ln_scratch_take(&scratch, (int64_t)sentence.n + MAX_SIZE, 1);
    }
    LN_TRY(ln_scratch_ask(c, &scratch));
    return ln_set_out(c, 0, kTfLiteString, &y);
}

static ln_string gram(void *arg, int k)
{
    search *s = arg;
    int size = 0;
    size_t at = 0;
    if (k == 0)
        start(s);
    if (!next_gram(s, &size))
        return (ln_string){s->text, 0};
    for (int i = 0; i < size; i++) {
        const ln_string *w = &s->words[s->word[i]];
        if (i > 0)
            s->text[at++] = ' ';
        memcpy(s->text + at, w->text, w->n);
        at += w->n;
    }
    return (ln_string){s->text, at};
}

static ln_status eval(ln_call *c)
{
    ln_scratch scratch = {.base = c->scratch};
    search s = {.p = c->params};
    ln_string sentence;

    LN_TRY(open_sentence(c, &sentence));
    s.n_words = split(sentence, NULL);
    ln_string *words = ln_scratch_take(&scratch, s.n_words, sizeof *words);
    s.text = ln_scratch_take(&scratch, (int64_t)sentence.n + MAX_SIZE, 1);
    split(sentence, words);
    s.words = words;
    return ln_strings_write(c, 0, ln_count(c->out[0]), gram, &s);
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteSkipGramParams, ngram_size, 1),
    LN_FIELD(I32, 1, TfLiteSkipGramParams, max_skip_size, 1),
    LN_FIELD(BOOL, 2, TfLiteSkipGramParams, include_all_ngrams, 1),
    {0},
};

const ln_op ln_op_skip_gram = {
    .name = "SKIP_GRAM",
    .builtin = kTfLiteBuiltinSkipGram,
    .version = 1,
    .options = 18,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteSkipGramParams),
    .infer = infer,
    .eval = eval,
};
