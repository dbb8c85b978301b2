/* SPDX-License-Identifier: Apache-2.0 */
/* pieces.c: cuts normalized text into the pieces of a SentencePiece model: unigram by Viterbi's
 * best path (unigram_model.cc, EncodeOptimized), BPE by joining the best neighbors (bpe_model.cc).
 * Pieces marked as unused are left out of both, where the library cuts them up again in BPE. */
#include "media/pieces.h"

#include <math.h>
#include <string.h>

enum { MAX_SYMBOLS = 1 << 14 };

ln_status ln_pieces_create(ln_pieces **out, const void *model, size_t n, const ln_alloc *alloc,
                           ln_diag *diag)
{
    ln_pieces *p = ln_new(alloc, 1, sizeof *p);

    *out = NULL;
    if (!p)
        return LN_ERR_MEMORY;
    p->alloc = alloc;
    ln_vocab_init(&p->words, alloc);
    ln_vocab_init(&p->fixed, alloc);
    ln_vocab_init(&p->others, alloc);
    const ln_status status = ln_pieces_read(p, model, n, diag);
    if (status == LN_OK)
        *out = p;
    else
        ln_pieces_destroy(p);
    return status;
}

void ln_pieces_destroy(ln_pieces *p)
{
    if (!p)
        return;
    ln_vocab_deinit(&p->words);
    ln_vocab_deinit(&p->fixed);
    ln_vocab_deinit(&p->others);
    ln_free(p->alloc, p->piece);
    ln_free(p->alloc, p->text);
    ln_free(p->alloc, p->origin);
    ln_free(p->alloc, p);
}

int ln_pieces_find(const ln_pieces *p, const char *text)
{
    const int id = ln_vocab_find(&p->words, text, strlen(text));
    return id >= 0 ? id : ln_vocab_find(&p->others, text, strlen(text));
}

/* Adds a piece of the normalized text; unknown neighbors become one, or bytes. */
static ln_status add(ln_pieces *p, ln_tokens *t, int id, size_t begin, size_t end, bool *unknown)
{
    const size_t from = p->origin[begin], to = p->origin[end];

    if (id != p->unknown) {
        *unknown = false;
        return ln_tokens_add(t, id, from, to);
    }
    if (p->byte_fallback) {
        for (size_t i = begin; i < end; i++) {
            const int byte = p->bytes[(uint8_t)p->text[i]];
            /* the last byte stands for the text, as in the library */
            LN_TRY(ln_tokens_add(t, byte < 0 ? p->unknown : byte, from, i + 1 < end ? from : to));
        }
        return LN_OK;
    }
    if (*unknown) {
        t->at[t->n - 1].end = to;
        return LN_OK;
    }
    *unknown = true;
    return ln_tokens_add(t, id, from, to);
}

/* ---- unigram ---- */

typedef struct node {
    float score;
    int id;
    size_t from; /* SIZE_MAX: nothing ends here */
} node;

static void offer(node *to, float score, int id, size_t from)
{
    if (to->from == SIZE_MAX || score > to->score)
        *to = (node){score, id, from};
}

static float score_of(const ln_pieces *p, int id, size_t bytes)
{
    const ln_piece *piece = &p->piece[id];
    return piece->type == LN_PIECE_USER_DEFINED ? (float)((double)bytes * p->max_score - 0.1)
                                                : piece->score;
}

/* All pieces that begin at `at`. */
static void extend(const ln_pieces *p, node *nodes, size_t at, size_t n)
{
    const size_t one = ln_character_bytes(p->text + at, n - at);
    const size_t most = LN_MIN(n - at, p->words.longest);
    bool has_one = false;

    for (size_t bytes = 1; bytes <= most; bytes++) {
        const int id = ln_vocab_find(&p->words, p->text + at, bytes);
        if (id < 0)
            continue;
        offer(&nodes[at + bytes], nodes[at].score + score_of(p, id, bytes), id, at);
        has_one = has_one || bytes == one;
    }
    if (!has_one)
        offer(&nodes[at + one], nodes[at].score + p->min_score - 10, p->unknown, at);
}

static ln_status cut_unigram(ln_pieces *p, ln_tokens *t)
{
    const size_t n = p->text_n;
    node *nodes = ln_new(p->alloc, n + 1, sizeof *nodes);
    ln_status status = LN_OK;
    bool unknown = false;
    size_t next = n;

    if (!nodes)
        return LN_ERR_MEMORY;
    for (size_t i = 1; i <= n; i++)
        nodes[i].from = SIZE_MAX;
    for (size_t at = 0; at < n; at += ln_character_bytes(p->text + at, n - at))
        extend(p, nodes, at, n);
    /* turn the path around: each node then knows where its piece ends */
    for (size_t at = n, from; at > 0; at = from) {
        from = nodes[at].from;
        nodes[at].from = next;
        next = at;
    }
    for (size_t at = 0, end = next; at < n && status == LN_OK; at = end, end = nodes[end].from)
        status = add(p, t, nodes[end].id, at, end, &unknown);
    ln_free(p->alloc, nodes);
    return status;
}

/* ---- BPE ---- */

typedef struct symbol {
    size_t begin, end;
    float score; /* of joining it with the next; -INFINITY: not possible */
} symbol;

static void rate(const ln_pieces *p, symbol *s, size_t i, size_t n)
{
    s[i].score = -INFINITY;
    if (i + 1 >= n)
        return;
    const int id = ln_vocab_find(&p->words, p->text + s[i].begin, s[i + 1].end - s[i].begin);
    if (id >= 0)
        s[i].score = p->piece[id].score;
}

static size_t first_symbols(const ln_pieces *p, symbol *s)
{
    size_t n = 0;
    for (size_t at = 0; at < p->text_n && n < MAX_SYMBOLS; n++) {
        size_t bytes = LN_MIN(p->text_n - at, p->fixed.longest);
        while (bytes > 0 && ln_vocab_find(&p->fixed, p->text + at, bytes) < 0)
            bytes--;
        if (bytes == 0)
            bytes = ln_character_bytes(p->text + at, p->text_n - at);
        s[n] = (symbol){at, at + bytes, 0};
        at += bytes;
    }
    return n;
}

/* The best pair, the leftmost of equal ones; n when there is none. */
static size_t best_pair(const symbol *s, size_t n)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        if (s[i].score > -INFINITY && (best == n || s[i].score > s[best].score))
            best = i;
    }
    return best;
}

static ln_status cut_bpe(ln_pieces *p, ln_tokens *t)
{
    symbol *s = ln_new(p->alloc, LN_MIN(p->text_n, (size_t)MAX_SYMBOLS) + 1, sizeof *s);
    ln_status status = LN_OK;
    bool unknown = false;
    size_t n, best;

    if (!s)
        return LN_ERR_MEMORY;
    n = first_symbols(p, s);
    for (size_t i = 0; i < n; i++)
        rate(p, s, i, n);
    while ((best = best_pair(s, n)) < n) {
        s[best].end = s[best + 1].end;
        memmove(s + best + 1, s + best + 2, (n - best - 2) * sizeof *s);
        n--;
        rate(p, s, best, n);
        if (best > 0)
            rate(p, s, best - 1, n);
    }
    for (size_t i = 0; i < n && status == LN_OK; i++) {
        const int id = ln_vocab_find(&p->words, p->text + s[i].begin, s[i].end - s[i].begin);
        status = add(p, t, id < 0 ? p->unknown : id, s[i].begin, s[i].end, &unknown);
    }
    ln_free(p->alloc, s);
    return status;
}

ln_status ln_pieces_cut(ln_pieces *p, ln_tokens *t, const char *text, size_t n, ln_diag *diag)
{
    const char *normal;
    const size_t *origins;
    size_t length;

    LN_TRY(ln_pieces_normalize(p, text, n, &normal, &origins, &length, diag));
    if (length == 0)
        return LN_OK;
    if (p->kind == LN_PIECES_UNIGRAM)
        return cut_unigram(p, t);
    if (length > MAX_SYMBOLS)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "a text of %zu bytes; for BPE %d are the most",
                       length, MAX_SYMBOLS);
    return cut_bpe(p, t);
}
