/* SPDX-License-Identifier: Apache-2.0 */
/* pieces.h: a SentencePiece model as it is in memory: what pieces_model.c reads, pieces_normal.c
 * normalizes by and pieces.c cuts by. */
#ifndef LN_MEDIA_PIECES_H
#define LN_MEDIA_PIECES_H

#include "media/token.h"

/* Numbers of the file format (sentencepiece_model.proto). */
enum {
    LN_PIECE_NORMAL = 1,
    LN_PIECE_UNKNOWN,
    LN_PIECE_CONTROL,
    LN_PIECE_USER_DEFINED,
    LN_PIECE_UNUSED,
    LN_PIECE_BYTE
};
enum { LN_PIECES_UNIGRAM = 1, LN_PIECES_BPE };

typedef struct ln_piece {
    const char *text;
    uint32_t n;
    float score;
    int type;
} ln_piece;

struct ln_pieces {
    const ln_alloc *alloc;
    ln_piece *piece;
    size_t n, capacity;
    ln_vocab words;        /* normal and user-defined pieces */
    ln_vocab fixed;        /* user-defined ones: the normalizer leaves them alone */
    ln_vocab others;       /* control symbols and bytes */
    int kind;              /* LN_PIECES_UNIGRAM or LN_PIECES_BPE */
    int unknown;
    bool byte_fallback, suffix; /* blanks go behind words */
    int bytes[256];        /* of byte pieces; -1 */
    float min_score, max_score;
    bool dummy_prefix, remove_blanks, escape_blanks;
    const uint8_t *units;  /* of a double-array trie, 32 bits each, little-endian */
    size_t n_units;
    const char *replacements;
    size_t n_replacements;
    char *text;            /* the normalized text, ... */
    size_t *origin;        /* ... and where each byte came from, one more for the end */
    size_t text_n, text_capacity, origin_capacity;
};

/* Reads the model's bytes into a struct that is zero but for `alloc`. */
ln_status ln_pieces_read(ln_pieces *p, const uint8_t *data, size_t n, ln_diag *diag) LN_MUST_USE;
/* The bytes of the character at the start of `n` (at least 1) bytes; 1 for what is none. */
size_t ln_character_bytes(const char *text, size_t n);

#endif
