/* SPDX-License-Identifier: Apache-2.0 */
/* encoder.h: SentencePiece unigram models in the form that the operator TFSentencepieceTokenizeOp
 * carries them in: a FlatBuffer with the pieces as a double-array trie.  It holds less than a
 * SentencePiece model (token.h), and its rules for blanks and unknown bytes are others. */
#ifndef LN_MEDIA_ENCODER_H
#define LN_MEDIA_ENCODER_H

#include "base/alloc.h"
#include "base/diag.h"
#include "fb/reader.h"

typedef struct ln_encoder {
    ln_fb_vector pieces, scores;           /* a trie's nodes; the score of each piece */
    ln_fb_vector prefixes, replacements;   /* the normalizer's trie and texts */
    int start, end, unknown, offset;       /* `offset` is added to the numbers of pieces */
    float penalty;                         /* the score of an unknown byte */
    bool remove_blanks, dummy_prefix, escape_blanks;
} ln_encoder;

/* Numbers of texts, and the memory that cutting takes, kept from text to text. */
typedef struct ln_codes {
    const ln_alloc *alloc;
    int32_t *at;
    size_t n, capacity;
    struct ln_lattice *lattice;
    char *text, *spare; /* the text on its way through the normalizer */
    size_t lattice_capacity, text_capacity, spare_capacity;
} ln_codes;

/* Reads an encoder of `n` bytes, which must live on. */
ln_status ln_encoder_open(ln_encoder *e, const void *data, size_t n, ln_diag *diag) LN_MUST_USE;
void ln_codes_init(ln_codes *codes, const ln_alloc *alloc);
void ln_codes_deinit(ln_codes *codes);

enum { LN_ENCODE_START = 1, LN_ENCODE_END = 2, LN_ENCODE_REVERSE = 4 };
/* Adds the numbers of the pieces of a text: those whose scores have the greatest sum.  `flags`: the
 * mark of the start in front, that of the end behind, and from the end to the start. */
ln_status ln_encoder_cut(const ln_encoder *e, ln_codes *codes, const char *text, size_t n,
                         unsigned flags, ln_diag *diag) LN_MUST_USE;

#endif
