/* SPDX-License-Identifier: Apache-2.0 */
/* encoder.c: normalizes a text and cuts it into pieces as TFSentencepieceTokenizeOp does
 * (optimized_encoder.cc of TensorFlow Lite's support library).
 *
 *   table: 0 version, 1 start, 2 end, 3 unknown, 4 penalty, 5 offset, 6 pieces, 7 scores,
 *          8 remove blanks, 9 dummy prefix, 10 escape blanks, 11 prefixes, 12 replacements
 *
 * Tries (tables with one vector of 32-bit nodes) are those of Darts: a node holds its last byte in
 * bits 0-7, bit 8 says that a word ends here, and the rest is the distance to its children; the
 * node at distance 0 is then the word's number, with bit 31 set. */
#include <string.h>

#include "media/encoder.h"

enum {
    MAX_MATCH = 512,   /* bytes of a piece: longer ones are not looked for */
    MAX_TEXT = 1 << 22 /* bytes of a normalized text */
};

typedef struct ln_lattice {
    float score;
    int code, from; /* from -1: not reached */
} ln_lattice;

/* ---- reading ---- */

static ln_fb_vector nodes_of(const ln_fb_table *t, unsigned slot)
{
    const ln_fb_table trie = ln_fb_child(t, slot);
    return ln_fb_vec(&trie, 0, 4);
}

ln_status ln_encoder_open(ln_encoder *e, const void *data, size_t n, ln_diag *diag)
{
    const ln_fb_table t = ln_fb_root(data, n);
    const int version = ln_fb_i8(&t, 0, 0);

    *e = (ln_encoder){
        .start = ln_fb_i32(&t, 1, 0),
        .end = ln_fb_i32(&t, 2, 0),
        .unknown = ln_fb_i32(&t, 3, -1),
        .penalty = ln_fb_f32(&t, 4, 0),
        .offset = ln_fb_i32(&t, 5, 0),
        .pieces = nodes_of(&t, 6),
        .scores = ln_fb_vec(&t, 7, 4),
        .remove_blanks = ln_fb_bool(&t, 8, false),
        .dummy_prefix = ln_fb_bool(&t, 9, false),
        .escape_blanks = ln_fb_bool(&t, 10, false),
        .prefixes = nodes_of(&t, 11),
        .replacements = ln_fb_vec(&t, 12, 1),
    };
    if (t.pos == 0 || !e->pieces.present || !e->scores.present)
        return ln_fail(diag, LN_ERR_FORMAT, "this is no encoder of SentencePiece");
    if (version != 0)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "the encoder has version %d, not 0", version);
    return LN_OK;
}

void ln_codes_init(ln_codes *codes, const ln_alloc *alloc)
{
    *codes = (ln_codes){.alloc = alloc};
}

void ln_codes_deinit(ln_codes *codes)
{
    ln_free(codes->alloc, codes->at);
    ln_free(codes->alloc, codes->lattice);
    ln_free(codes->alloc, codes->text);
    ln_free(codes->alloc, codes->spare);
}

static ln_status make_room(const ln_alloc *alloc, void **p, size_t *capacity, size_t n, size_t size)
{
    if (n <= *capacity)
        return LN_OK;
    void *grown = ln_resize(alloc, *p, LN_MAX(n, 2 * *capacity), size);
    if (!grown)
        return LN_ERR_MEMORY;
    *p = grown;
    *capacity = LN_MAX(n, 2 * *capacity);
    return LN_OK;
}

/* ---- tries ---- */

typedef struct walk {
    const ln_fb_vector *nodes;
    const char *text;
    size_t n, at; /* bytes of the text, and how many of them were gone */
    uint32_t node;
    int id; /* of the word that ends here */
} walk;

static uint32_t children(uint32_t node)
{
    return (node >> 10) << ((node & 0x200) >> 6);
}

static walk begin(const ln_fb_vector *nodes, const char *text, size_t n)
{
    walk w = {.nodes = nodes, .text = text, .n = LN_MIN(n, (size_t)MAX_MATCH)};
    if (nodes->count)
        w.node = children(ln_fb_u32_item(nodes, 0));
    else
        w.n = 0;
    return w;
}

/* Goes on to the next word that the text begins with; w->at is its length. */
static bool next_word(walk *w)
{
    while (w->at < w->n) {
        const uint8_t byte = (uint8_t)w->text[w->at++];
        const uint32_t at = w->node ^ byte;
        if (at >= w->nodes->count)
            break;
        const uint32_t node = ln_fb_u32_item(w->nodes, at);
        if ((node & 0x800000ff) != byte)
            break;
        w->node = at ^ children(node);
        if (w->node >= w->nodes->count)
            break;
        if (node & 0x100) {
            w->id = (int)(ln_fb_u32_item(w->nodes, w->node) & 0x7fffffff);
            return true;
        }
    }
    w->at = w->n;
    return false;
}

/* ---- normalizing ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What stands for the first bytes of a text: `*n` of them go, `*put` bytes come. */
typedef const char *(*rule)(const ln_encoder *e, const char *text, size_t *n, size_t *put);

static const char *replace(const ln_encoder *e, const char *text, size_t *n, size_t *put)
{
    walk w = begin(&e->prefixes, text, *n);
    size_t longest = 0, id = 0;
    while (next_word(&w)) {
        longest = w.at;
        id = (size_t)w.id;
    }
    if (longest == 0 || id >= e->replacements.count)
        return NULL;
    const char *found = (const char *)e->replacements.data + id;
    const char *end = memchr(found, 0, e->replacements.count - id);
    *n = longest;
    *put = end ? (size_t)(end - found) : e->replacements.count - id;
    return found;
}

static const char *shorten(const ln_encoder *e, const char *text, size_t *n, size_t *put)
{
    size_t blanks = 0;
    (void)e;
    while (blanks < *n && is_blank(text[blanks]))
        blanks++;
    *n = blanks;
    *put = 1;
    return blanks > 1 ? " " : NULL;
}

static const char *escape(const ln_encoder *e, const char *text, size_t *n, size_t *put)
{
    (void)e;
    *n = 1;
    *put = 3;
    return is_blank(*text) ? "\xe2\x96\x81" : NULL;
}

/* Brings the text of `*n` bytes through a rule, from the left to the right. */
static ln_status apply(const ln_encoder *e, ln_codes *c, rule of, size_t *n, ln_diag *diag)
{
    size_t made = 0;
    for (size_t i = 0; i < *n;) {
        size_t gone = *n - i, put = 0;
        const char *by = of(e, c->text + i, &gone, &put);
        if (!by) {
            by = c->text + i;
            gone = put = 1;
        }
        if (put > MAX_TEXT - made)
            return ln_fail(diag, LN_ERR_UNSUPPORTED, "the normalized text has more than %d bytes",
                           MAX_TEXT);
        LN_TRY(make_room(c->alloc, (void **)&c->spare, &c->spare_capacity, made + put, 1));
        memcpy(c->spare + made, by, put);
        made += put;
        i += gone;
    }
    char *const text = c->text;
    const size_t capacity = c->text_capacity;
    c->text = c->spare;
    c->text_capacity = c->spare_capacity;
    c->spare = text;
    c->spare_capacity = capacity;
    *n = made;
    return LN_OK;
}

/* c->text becomes the normalized text of `*n` bytes. */
static ln_status normalize(const ln_encoder *e, ln_codes *c, const char *text, size_t *n,
                           ln_diag *diag)
{
    const size_t prefix = *n && e->dummy_prefix;

    if (*n >= MAX_TEXT)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "the text has %zu bytes, more than %d", *n,
                       MAX_TEXT);
    LN_TRY(make_room(c->alloc, (void **)&c->text, &c->text_capacity, *n + 1, 1));
    c->text[0] = ' ';
    memcpy(c->text + prefix, text, *n);
    *n += prefix;
    if (e->prefixes.present && e->replacements.present)
        LN_TRY(apply(e, c, replace, n, diag));
    if (e->remove_blanks) {
        LN_TRY(apply(e, c, shorten, n, diag));
        *n -= *n && is_blank(c->text[*n - 1]);
    }
    return e->escape_blanks ? apply(e, c, escape, n, diag) : LN_OK;
}

/* ---- cutting ---- */

static void reach(ln_lattice *to, float score, int code, size_t from)
{
    if (to->from < 0 || to->score < score)
        *to = (ln_lattice){score, code, (int)from};
}

/* The best way to each place of the text.  Unknown bytes in a row become one. */
static void fill_lattice(const ln_encoder *e, const ln_codes *c, size_t n)
{
    ln_lattice *l = c->lattice;

    for (size_t i = 0; i <= n; i++)
        l[i] = (ln_lattice){0, -1, -1};
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && l[i].from < 0)
            continue;
        if (e->unknown >= 0) {
            const bool goes_on = l[i].code == e->unknown && l[i].from >= 0;
            reach(&l[i + 1], l[i].score + e->penalty, e->unknown, goes_on ? (size_t)l[i].from : i);
        }
        walk w = begin(&e->pieces, c->text + i, n - i);
        while (next_word(&w)) {
            if ((size_t)w.id < e->scores.count)
                reach(&l[i + w.at], l[i].score + ln_fb_f32_item(&e->scores, (size_t)w.id), w.id, i);
        }
    }
}

static ln_status add(ln_codes *c, int code)
{
    if (!ln_grow(c->alloc, (void **)&c->at, &c->capacity, c->n, sizeof *c->at))
        return LN_ERR_MEMORY;
    c->at[c->n++] = code;
    return LN_OK;
}

ln_status ln_encoder_cut(const ln_encoder *e, ln_codes *c, const char *text, size_t n,
                         unsigned flags, ln_diag *diag)
{
    const size_t first = c->n;

    LN_TRY(normalize(e, c, text, &n, diag));
    LN_TRY(
        make_room(c->alloc, (void **)&c->lattice, &c->lattice_capacity, n + 1, sizeof *c->lattice));
    fill_lattice(e, c, n);
    if (flags & LN_ENCODE_END)
        LN_TRY(add(c, e->end));
    for (int at = (int)n; at > 0 && c->lattice[at].from >= 0; at = c->lattice[at].from) {
        const int code = c->lattice[at].code;
        LN_TRY(add(c, code == e->unknown ? code : (int)((unsigned)code + (unsigned)e->offset)));
    }
    if (flags & LN_ENCODE_START)
        LN_TRY(add(c, e->start));
    for (size_t i = first, k = c->n; !(flags & LN_ENCODE_REVERSE) && i + 1 < k; i++) {
        const int32_t kept = c->at[i];
        c->at[i] = c->at[--k];
        c->at[k] = kept;
    }
    return LN_OK;
}
