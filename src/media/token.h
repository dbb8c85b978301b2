/* SPDX-License-Identifier: Apache-2.0 */
/* token.h: from text to numbers: vocabularies, and three ways to cut text into their words.  All of
 * them take any bytes: what is no UTF-8 becomes U+FFFD or is left out.  Offsets are bytes of the
 * text that was given. */
#ifndef LN_MEDIA_TOKEN_H
#define LN_MEDIA_TOKEN_H

#include "base/alloc.h"
#include "base/diag.h"

typedef struct ln_token {
    int id;            /* -1: not in the vocabulary (of regex tokenizers) */
    size_t begin, end; /* of the text */
} ln_token;

typedef struct ln_tokens {
    const ln_alloc *alloc;
    ln_token *at;
    size_t n, capacity;
} ln_tokens;

void ln_tokens_init(ln_tokens *t, const ln_alloc *alloc);
void ln_tokens_deinit(ln_tokens *t);
ln_status ln_tokens_add(ln_tokens *t, int id, size_t begin, size_t end) LN_MUST_USE;

/* ---- vocabularies ---- */

typedef struct ln_word {
    const char *text;
    uint32_t n;
    int id;
} ln_word;

/* Words with numbers; a hash table over texts that belong to others. */
typedef struct ln_vocab {
    const ln_alloc *alloc;
    ln_word *slots; /* text NULL: empty */
    size_t n, capacity; /* a power of two */
    uint32_t longest;   /* bytes of the longest word */
} ln_vocab;

void ln_vocab_init(ln_vocab *v, const ln_alloc *alloc);
void ln_vocab_deinit(ln_vocab *v);
/* A word that is there already gets the new number. */
ln_status ln_vocab_add(ln_vocab *v, const char *text, size_t n, int id) LN_MUST_USE;
/* The number of a word, -1 when there is none. */
int ln_vocab_find(const ln_vocab *v, const char *text, size_t n);
/* A word per line, numbered from 0; `numbered`: "word number" per line.  `text` must live as long
 * as the vocabulary. */
ln_status ln_vocab_read(ln_vocab *v, const char *text, size_t n, bool numbered, ln_diag *diag)
    LN_MUST_USE;

/* ---- BERT: words, then pieces of words ---- */

/* Cuts at blanks and around punctuation and Chinese characters; `lower`: lowers letters and takes
 * accents away (NFD without marks).  Words become the longest pieces that are in the vocabulary,
 * those inside of a word with "##" in front, or [UNK] (100 bytes is the longest word looked at).
 * [CLS] and [SEP] are the caller's. */
ln_status ln_wordpiece(ln_tokens *t, const ln_vocab *v, const char *text, size_t n, bool lower)
    LN_MUST_USE;

/* ---- what stands between words is given by a regular expression ---- */

typedef struct ln_splitter ln_splitter;

/* The expression is in RE2's syntax as far as PCRE2 has the same. */
ln_status ln_splitter_create(ln_splitter **out, const char *pattern, const ln_alloc *alloc,
                             ln_diag *diag) LN_MUST_USE;
void ln_splitter_destroy(ln_splitter *s);
ln_status ln_split(const ln_splitter *s, ln_tokens *t, const ln_vocab *v, const char *text,
                   size_t n, ln_diag *diag) LN_MUST_USE;

/* ---- SentencePiece ---- */

typedef struct ln_pieces ln_pieces;

/* Reads a SentencePiece model (unigram or BPE) of `n` bytes, which must live on. */
ln_status ln_pieces_create(ln_pieces **out, const void *model, size_t n, const ln_alloc *alloc,
                           ln_diag *diag) LN_MUST_USE;
void ln_pieces_destroy(ln_pieces *p);
ln_status ln_pieces_cut(ln_pieces *p, ln_tokens *t, const char *text, size_t n, ln_diag *diag)
    LN_MUST_USE;
/* The number of a piece, -1 when there is none; of control symbols, too. */
int ln_pieces_find(const ln_pieces *p, const char *text);
/* The text as the model's normalizer gives it, and for each of its bytes where it came from; both
 * belong to the model until the next call. */
ln_status ln_pieces_normalize(ln_pieces *p, const char *text, size_t n, const char **out,
                              const size_t **origins, size_t *out_n, ln_diag *diag) LN_MUST_USE;

#endif
