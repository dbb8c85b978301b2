/* SPDX-License-Identifier: Apache-2.0 */
/* pieces_model.c: reads a SentencePiece model: a protocol buffer of three messages.
 *
 *   1: pieces { 1: text, 2: score, 3: type }    2: trainer { 3: kind, 24: suffix, 35: bytes }
 *   3: normalizer { 2: character map, 3: prefix, 4: remove blanks, 5: escape blanks }
 *
 * The field numbers are those of sentencepiece_model.proto; what else is in the file is skipped. */
#include <math.h>
#include <string.h>

#include "base/proto.h"
#include "media/pieces.h"

enum { MAX_PIECES = 1 << 22 };

static bool read_piece(ln_pieces *p, ln_proto r)
{
    ln_piece *piece = &p->piece[p->n];
    ln_proto_field f;

    *piece = (ln_piece){.text = "", .type = LN_PIECE_NORMAL};
    while (ln_proto_next(&r, &f)) {
        if (f.number == 1 && f.wire == 2) {
            piece->text = (const char *)f.data;
            piece->n = (uint32_t)LN_MIN(f.value, UINT32_MAX);
        } else if (f.number == 2) {
            piece->score = ln_proto_float(&f);
        } else if (f.number == 3 && f.wire == 0) {
            piece->type = (int)(f.value & 0xff);
        }
    }
    return !r.bad;
}

static bool read_trainer(ln_pieces *p, ln_proto r)
{
    ln_proto_field f;
    while (ln_proto_next(&r, &f)) {
        if (f.wire != 0)
            continue;
        if (f.number == 3)
            p->kind = (int)(f.value & 0xff);
        else if (f.number == 24)
            p->suffix = f.value != 0;
        else if (f.number == 35)
            p->byte_fallback = f.value != 0;
    }
    return !r.bad;
}

static bool read_normalizer(ln_pieces *p, ln_proto r)
{
    ln_proto_field f;
    while (ln_proto_next(&r, &f)) {
        if (f.number == 2 && f.wire == 2 && f.value >= 4) {
            const uint64_t bytes = ln_proto_le32(f.data);
            if (bytes % 4 != 0 || bytes > f.value - 4)
                return false;
            p->units = f.data + 4;
            p->n_units = (size_t)bytes / 4;
            p->replacements = (const char *)f.data + 4 + bytes;
            p->n_replacements = (size_t)(f.value - 4 - bytes);
        } else if (f.wire == 0 && f.number >= 3 && f.number <= 5) {
            bool *const to[] = {&p->dummy_prefix, &p->remove_blanks, &p->escape_blanks};
            *to[f.number - 3] = f.value != 0;
        }
    }
    return !r.bad;
}

/* "<0x0A>" is byte 10. */
static int byte_of(const ln_piece *piece)
{
    static const char digits[] = "0123456789ABCDEF";
    if (piece->n != 6 || memcmp(piece->text, "<0x", 3) != 0)
        return -1;
    const char *high = memchr(digits, piece->text[3], 16),
               *low = memchr(digits, piece->text[4], 16);
    return high && low ? (int)((high - digits) * 16 + (low - digits)) : -1;
}

static ln_status enter(ln_pieces *p, int id)
{
    const ln_piece *piece = &p->piece[id];

    switch (piece->type) {
    case LN_PIECE_NORMAL:
        p->min_score = LN_MIN(p->min_score, piece->score);
        p->max_score = LN_MAX(p->max_score, piece->score);
        return piece->n ? ln_vocab_add(&p->words, piece->text, piece->n, id) : LN_OK;
    case LN_PIECE_USER_DEFINED:
        if (!piece->n)
            return LN_OK;
        LN_TRY(ln_vocab_add(&p->fixed, piece->text, piece->n, id));
        return ln_vocab_add(&p->words, piece->text, piece->n, id);
    case LN_PIECE_UNKNOWN:
        p->unknown = id;
        break;
    case LN_PIECE_BYTE:
        if (byte_of(piece) >= 0)
            p->bytes[byte_of(piece)] = id;
        break;
    default:
        break;
    }
    return ln_vocab_add(&p->others, piece->text, piece->n, id);
}

static ln_status read_all(ln_pieces *p, const uint8_t *data, size_t n, ln_diag *diag)
{
    ln_proto r = ln_proto_of(data, n);
    ln_proto_field f;
    bool ok = true;

    while (ok && ln_proto_next(&r, &f)) {
        if (f.number == 1) {
            if (p->n >= MAX_PIECES)
                return ln_fail(diag, LN_ERR_UNSUPPORTED, "more than %d pieces", MAX_PIECES);
            if (!ln_grow(p->alloc, (void **)&p->piece, &p->capacity, p->n, sizeof *p->piece))
                return LN_ERR_MEMORY;
            ok = read_piece(p, ln_proto_inside(&f));
            p->n++;
        } else if (f.number == 2) {
            ok = read_trainer(p, ln_proto_inside(&f));
        } else if (f.number == 3) {
            ok = read_normalizer(p, ln_proto_inside(&f));
        }
    }
    if (!ok || r.bad)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "this is no SentencePiece model: the bytes at %zu make "
                       "no sense",
                       (size_t)(r.p - data));
    return LN_OK;
}

ln_status ln_pieces_read(ln_pieces *p, const uint8_t *data, size_t n, ln_diag *diag)
{
    p->kind = LN_PIECES_UNIGRAM;
    p->unknown = -1;
    p->dummy_prefix = p->remove_blanks = p->escape_blanks = true;
    p->min_score = INFINITY;
    p->max_score = -INFINITY;
    for (int i = 0; i < 256; i++)
        p->bytes[i] = -1;
    LN_TRY(read_all(p, data, n, diag));
    if (p->kind != LN_PIECES_UNIGRAM && p->kind != LN_PIECES_BPE)
        return ln_fail(diag, LN_ERR_UNSUPPORTED,
                       "the SentencePiece model is of kind %d; unigram (1) and BPE (2) are read",
                       p->kind);
    for (size_t i = 0; i < p->n; i++)
        LN_TRY(enter(p, (int)i));
    if (p->unknown < 0)
        return ln_fail(diag, LN_ERR_FORMAT, "the SentencePiece model has no piece for the unknown");
    if (!isfinite(p->min_score))
        p->min_score = p->max_score = 0;
    return LN_OK;
}
