/* SPDX-License-Identifier: Apache-2.0 */
/* wordpiece.c: BERT's tokenizer: the rules of BasicTokenizer and WordpieceTokenizer in BERT's
 * tokenization.py.  TensorFlow Lite's Task Library differs from these in that it lowers only ASCII
 * letters and keeps accents. */
#include <string.h>

#include <utf8proc.h>

#include "media/token.h"

enum { MAX_BYTES = 100, ROOM = 128 };

/* The word at hand: its bytes as they are looked up, and where each came from. */
typedef struct word {
    char text[ROOM];
    size_t begin[ROOM], end[ROOM]; /* per byte: its character's place in the text */
    size_t n;
    size_t from, to; /* of the whole word */
    bool too_long, any;
} word;

typedef struct cutter {
    ln_tokens *tokens;
    const ln_vocab *vocab;
    int unknown;
    bool lower;
    word word;
} cutter;

/* Between words there must be room for the "##" of a piece. */
static int find_piece(const cutter *c, size_t from, size_t to)
{
    char piece[ROOM + 2] = "##";
    if (from == 0)
        return ln_vocab_find(c->vocab, c->word.text, to);
    memcpy(piece + 2, c->word.text + from, to - from);
    return ln_vocab_find(c->vocab, piece, to - from + 2);
}

static bool starts_character(const char *text, size_t at)
{
    return ((uint8_t)text[at] & 0xc0) != 0x80;
}

static ln_status unknown_word(cutter *c)
{
    return ln_tokens_add(c->tokens, c->unknown, c->word.from, c->word.to);
}

static ln_status end_word(cutter *c)
{
    word *w = &c->word;
    const size_t first = c->tokens->n;
    ln_status status = LN_OK;

    if (!w->any)
        return LN_OK;
    if (w->too_long || w->n > MAX_BYTES) {
        status = unknown_word(c);
    } else {
        for (size_t from = 0; from < w->n && status == LN_OK;) {
            size_t to = w->n;
            int id = find_piece(c, from, to);
            while (id < 0 && --to > from)
                id = to == w->n || starts_character(w->text, to) ? find_piece(c, from, to) : -1;
            if (id < 0) { /* the pieces so far do not count */
                c->tokens->n = first;
                status = unknown_word(c);
                break;
            }
            status = ln_tokens_add(c->tokens, id, w->begin[from], w->end[to - 1]);
            from = to;
        }
    }
    w->n = 0;
    w->any = w->too_long = false;
    return status;
}

static void add_character(word *w, utf8proc_int32_t c, size_t begin, size_t end)
{
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);

    if (!w->any)
        w->from = begin;
    w->any = true;
    w->to = end;
    if (n <= 0 || w->n + (size_t)n > ROOM) {
        w->too_long = true;
        return;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        w->text[w->n] = (char)bytes[i];
        w->begin[w->n] = begin;
        w->end[w->n++] = end;
    }
}

static bool is_blank(utf8proc_int32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
           utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

static bool is_left_out(utf8proc_int32_t c)
{
    const utf8proc_category_t k = utf8proc_category(c);
    return c == 0 || c == 0xfffd || k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
           k == UTF8PROC_CATEGORY_CN || k == UTF8PROC_CATEGORY_CO || k == UTF8PROC_CATEGORY_CS;
}

static bool is_punctuation(utf8proc_int32_t c)
{
    const utf8proc_category_t k = utf8proc_category(c);
    if (c < 128)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
               (c >= 123 && c <= 126);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

static bool is_chinese(utf8proc_int32_t c)
{
    static const utf8proc_int32_t ranges[][2] = {
        {0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df}, {0x2a700, 0x2b73f},
        {0x2b740, 0x2b81f}, {0x2b820, 0x2ceaf}, {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};
    for (size_t i = 0; i < LN_COUNTOF(ranges); i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    }
    return false;
}

/* A character as it is, or by itself as a word. */
static ln_status take(cutter *c, utf8proc_int32_t x, size_t begin, size_t end)
{
    if (!is_punctuation(x)) {
        add_character(&c->word, x, begin, end);
        return LN_OK;
    }
    LN_TRY(end_word(c));
    add_character(&c->word, x, begin, end);
    return end_word(c);
}

static ln_status take_lowered(cutter *c, utf8proc_int32_t x, size_t begin, size_t end)
{
    utf8proc_int32_t parts[32];
    const utf8proc_ssize_t n =
        utf8proc_decompose_char(utf8proc_tolower(x), parts, 32, UTF8PROC_DECOMPOSE, NULL);
    for (utf8proc_ssize_t i = 0; i < n && i < 32; i++) {
        if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN)
            LN_TRY(take(c, parts[i], begin, end));
    }
    return LN_OK;
}

ln_status ln_wordpiece(ln_tokens *t, const ln_vocab *v, const char *text, size_t n, bool lower)
{
    cutter c = {.tokens = t, .vocab = v, .lower = lower};
    const int unknown = ln_vocab_find(v, "[UNK]", 5);

    c.unknown = unknown < 0 ? 0 : unknown;
    for (size_t at = 0; at < n;) {
        utf8proc_int32_t x;
        const utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(n - at), &x);
        const size_t begin = at;
        at += bytes > 0 ? (size_t)bytes : 1;
        if (bytes <= 0)
            continue;
        if (is_blank(x)) {
            LN_TRY(end_word(&c));
        } else if (is_chinese(x)) {
            LN_TRY(end_word(&c));
            add_character(&c.word, x, begin, at);
            LN_TRY(end_word(&c));
        } else if (!is_left_out(x)) {
            LN_TRY(lower ? take_lowered(&c, x, begin, at) : take(&c, x, begin, at));
        }
    }
    return end_word(&c);
}
