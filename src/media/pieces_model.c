/* SPDX-License-Identifier: Apache-2.0 */
/* pieces_model.c: reads a SentencePiece model: a protocol buffer of three messages.
 *
 *   1: pieces { 1: text, 2: score, 3: type }    2: trainer { 3: kind, 24: suffix, 35: bytes }
 *   3: normalizer { 2: character map, 3: prefix, 4: remove blanks, 5: escape blanks }
 *
 * The field numbers are those of sentencepiece_model.proto; what else is in the file is skipped. */
#include <math.h>
#include <string.h>

#include "media/pieces.h"

enum { MAX_PIECES = 1 << 22 };

/* A message's bytes, read from the front. */
typedef struct reader {
    const uint8_t *p, *end;
    bool bad;
} reader;

typedef struct field {
    int number, wire;
    uint64_t value; /* of varints; the length of what `data` has */
    const uint8_t *data;
} field;

static uint64_t varint(reader *r)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (r->p >= r->end)
            break;
        const uint8_t byte = *r->p++;
        v |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return v;
    }
    r->bad = true;
    return 0;
}

/* The next field; false at the end or when the bytes make no sense. */
static bool next(reader *r, field *f)
{
    if (r->p >= r->end || r->bad)
        return false;
    const uint64_t key = varint(r);
    f->wire = (int)(key & 7);
    f->number = key >> 3 < 1 << 29 ? (int)(key >> 3) : 0;
    f->value = f->wire == 0 || f->wire == 2 ? varint(r) : f->wire == 5 ? 4 : 8;
    if (f->wire > 5 || f->wire == 3 || f->wire == 4)
        r->bad = true;
    f->data = r->p;
    if (f->wire != 0 && !r->bad) {
        r->bad = f->value > (uint64_t)(r->end - r->p);
        r->p += r->bad ? 0 : f->value;
    }
    return !r->bad;
}

static reader inside(const field *f)
{
    return (reader){f->data, f->data + f->value, f->wire != 2};
}

static float float_of(const field *f)
{
    float x = 0;
    if (f->wire == 5) {
        const uint32_t bits = (uint32_t)f->data[0] | (uint32_t)f->data[1] << 8 |
                              (uint32_t)f->data[2] << 16 | (uint32_t)f->data[3] << 24;
        memcpy(&x, &bits, sizeof x);
    }
    return isfinite(x) ? x : 0;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool read_piece(ln_pieces *p, reader r)
{
    ln_piece *piece = &p->piece[p->n];
    field f;

    *piece = (ln_piece){.text = "", .type = LN_PIECE_NORMAL};
    while (next(&r, &f)) {
        if (f.number == 1 && f.wire == 2) {
            piece->text = (const char *)f.data;
            piece->n = (uint32_t)LN_MIN(f.value, UINT32_MAX);
        } else if (f.number == 2) {
            piece->score = float_of(&f);
        } else if (f.number == 3 && f.wire == 0) {
            piece->type = (int)(f.value & 0xff);
        }
    }
    return !r.bad;
}

static bool read_trainer(ln_pieces *p, reader r)
{
    field f;
    while (next(&r, &f)) {
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

static bool read_normalizer(ln_pieces *p, reader r)
{
    field f;
    while (next(&r, &f)) {
        if (f.number == 2 && f.wire == 2 && f.value >= 4) {
            const uint64_t bytes = le32(f.data);
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
    reader r = {data, data + n, false};
    field f;
    bool ok = true;

    while (ok && next(&r, &f)) {
        if (f.number == 1) {
            if (p->n >= MAX_PIECES)
                return ln_fail(diag, LN_ERR_UNSUPPORTED, "more than %d pieces", MAX_PIECES);
            if (!ln_grow(p->alloc, (void **)&p->piece, &p->capacity, p->n, sizeof *p->piece))
                return LN_ERR_MEMORY;
            ok = read_piece(p, inside(&f));
            p->n++;
        } else if (f.number == 2) {
            ok = read_trainer(p, inside(&f));
        } else if (f.number == 3) {
            ok = read_normalizer(p, inside(&f));
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
