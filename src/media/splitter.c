/* SPDX-License-Identifier: Apache-2.0 */
/* splitter.c: the regex tokenizer of TensorFlow Lite's Task Library (regex_tokenizer.cc), by PCRE2,
 * whose \w, \d and \s are ASCII's like RE2's.  PCRE2 backtracks: a bound on its steps keeps an
 * expression from taking forever. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "media/token.h"

enum { MAX_STEPS = 2000000, MAX_DEPTH = 2000, MAX_HEAP_KIB = 16384 };

struct ln_splitter {
    const ln_alloc *alloc;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

ln_status ln_splitter_create(ln_splitter **out, const char *pattern, const ln_alloc *alloc,
                             ln_diag *diag)
{
    ln_splitter *s = ln_new(alloc, 1, sizeof *s);
    int error = 0;
    PCRE2_SIZE at = 0;

    *out = NULL;
    if (!s)
        return LN_ERR_MEMORY;
    s->alloc = alloc;
    s->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at, NULL);
    if (!s->code) {
        char why[128];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof why);
        ln_splitter_destroy(s);
        return ln_fail(diag, LN_ERR_FORMAT, "the expression \"%.100s\": %s (at %zu)", pattern, why,
                       (size_t)at);
    }
    s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
    s->limits = pcre2_match_context_create(NULL);
    if (!s->match || !s->limits) {
        ln_splitter_destroy(s);
        return LN_ERR_MEMORY;
    }
    pcre2_set_match_limit(s->limits, MAX_STEPS);
    pcre2_set_depth_limit(s->limits, MAX_DEPTH);
    pcre2_set_heap_limit(s->limits, MAX_HEAP_KIB);
    *out = s;
    return LN_OK;
}

void ln_splitter_destroy(ln_splitter *s)
{
    if (!s)
        return;
    pcre2_match_context_free(s->limits);
    pcre2_match_data_free(s->match);
    pcre2_code_free(s->code);
    ln_free(s->alloc, s);
}

static ln_status add(ln_tokens *t, const ln_vocab *v, const char *text, size_t begin, size_t end)
{
    if (begin >= end)
        return LN_OK;
    return ln_tokens_add(t, ln_vocab_find(v, text + begin, end - begin), begin, end);
}

ln_status ln_split(const ln_splitter *s, ln_tokens *t, const ln_vocab *v, const char *text,
                   size_t n, ln_diag *diag)
{
    size_t begin = 0, from = 0;

    while (from < n) {
        const int found = pcre2_match(s->code, (PCRE2_SPTR)text, n, from, 0, s->match, s->limits);
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(s->match);
        if (found == PCRE2_ERROR_NOMATCH)
            break;
        if (found < 0)
            return ln_fail(diag, LN_ERR_UNSUPPORTED,
                           "the expression takes more than %d steps to match this text", MAX_STEPS);
        if (at[1] <= at[0]) { /* nothing between two characters: no place to cut */
            from = at[1] + 1;
            continue;
        }
        LN_TRY(add(t, v, text, begin, at[0]));
        begin = from = at[1];
    }
    return add(t, v, text, begin, n);
}
