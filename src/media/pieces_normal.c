/* SPDX-License-Identifier: Apache-2.0 */
/* pieces_normal.c: SentencePiece's normalizer (normalizer.cc): the longest text that the model's
 * character map has is replaced, blanks are brought together and become U+2581.  The map is a
 * double-array trie as Darts-clone lays it out, whose values are places in a list of texts. */
#include <string.h>

#include "base/checked.h"
#include "media/pieces.h"

static const char blank_mark[] = "\xe2\x96\x81";   /* U+2581 */
static const char no_character[] = "\xef\xbf\xbd"; /* U+FFFD */

enum { MARK_BYTES = 3, MAX_TEXT = 1 << 20 };

size_t ln_character_bytes(const char *text, size_t n)
{
    const uint8_t lead = (uint8_t)text[0];
    const size_t bytes = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    if (bytes > n)
        return 1;
    for (size_t i = 1; i < bytes; i++) {
        if (((uint8_t)text[i] & 0xc0) != 0x80)
            return 1;
    }
    return bytes;
}

static uint32_t unit_at(const ln_pieces *p, size_t i)
{
    const uint8_t *u = p->units + 4 * i;
    return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

static size_t offset_of(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 0x200) >> 6);
}

/* The longest prefix that the map has: its length, and where its replacement begins. */
static size_t find_longest(const ln_pieces *p, const char *text, size_t n, size_t *value)
{
    size_t at, longest = 0;

    if (p->n_units == 0)
        return 0;
    at = offset_of(unit_at(p, 0));
    for (size_t i = 0; i < n; i++) {
        const uint8_t byte = (uint8_t)text[i];
        at ^= byte;
        if (at >= p->n_units || (unit_at(p, at) & 0x800000ffu) != byte)
            break;
        const uint32_t unit = unit_at(p, at);
        at ^= offset_of(unit);
        if (unit & 0x100) {
            if (at >= p->n_units)
                break;
            *value = unit_at(p, at) & 0x7fffffffu;
            longest = i + 1;
        }
    }
    return longest;
}

/* The longest user-defined piece at the front. */
static size_t find_fixed(const ln_pieces *p, const char *text, size_t n)
{
    for (size_t i = LN_MIN(n, p->fixed.longest); i > 0; i--) {
        if (ln_vocab_find(&p->fixed, text, i) >= 0)
            return i;
    }
    return 0;
}

/* What the front of the text becomes, and how much of it that takes. */
static size_t normal_prefix(const ln_pieces *p, const char *text, size_t n, const char **to,
                            size_t *to_n)
{
    size_t value = 0, taken = find_fixed(p, text, n);

    *to = text;
    *to_n = taken;
    if (taken)
        return taken;
    taken = find_longest(p, text, n, &value);
    if (taken && value < p->n_replacements) {
        const char *end = memchr(p->replacements + value, 0, p->n_replacements - value);
        if (end) {
            *to = p->replacements + value;
            *to_n = (size_t)(end - *to);
            return taken;
        }
    }
    taken = ln_character_bytes(text, n);
    if (taken == 1 && (uint8_t)text[0] >= 0x80) {
        *to = no_character;
        *to_n = MARK_BYTES;
    } else {
        *to_n = taken;
    }
    return taken;
}

static ln_status put(ln_pieces *p, const char *text, size_t n, size_t origin)
{
    for (size_t i = 0; i < n; i++) {
        if (!ln_grow(p->alloc, (void **)&p->text, &p->text_capacity, p->text_n, 1) ||
            !ln_grow(p->alloc, (void **)&p->origin, &p->origin_capacity, p->text_n + 1,
                     sizeof *p->origin))
            return LN_ERR_MEMORY;
        p->text[p->text_n] = text[i];
        p->origin[p->text_n++] = origin;
    }
    return LN_OK;
}

static ln_status put_blank(ln_pieces *p, size_t origin)
{
    return p->escape_blanks ? put(p, blank_mark, MARK_BYTES, origin) : put(p, " ", 1, origin);
}

static ln_status put_normal(ln_pieces *p, const char *text, size_t n, size_t origin)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == ' ')
            LN_TRY(put_blank(p, origin));
        else
            LN_TRY(put(p, text + i, 1, origin));
    }
    return LN_OK;
}

/* Blanks at the end go, and what comes after them counts from there. */
static void trim(ln_pieces *p, size_t *consumed)
{
    const char *blank = p->escape_blanks ? blank_mark : " ";
    const size_t n = p->escape_blanks ? MARK_BYTES : 1;
    while (p->text_n >= n && memcmp(p->text + p->text_n - n, blank, n) == 0) {
        p->text_n -= n;
        *consumed = p->origin[p->text_n];
    }
}

static ln_status normalize(ln_pieces *p, const char *text, size_t n)
{
    size_t at = 0, length;
    const char *to;
    bool after_blank = p->remove_blanks;

    while (p->remove_blanks && at < n) { /* in front */
        const size_t taken = normal_prefix(p, text + at, n - at, &to, &length);
        if (length != 1 || *to != ' ')
            break;
        at += taken;
    }
    if (at == n)
        return LN_OK;
    if (p->dummy_prefix && !p->suffix)
        LN_TRY(put_blank(p, at));
    while (at < n) {
        const size_t taken = normal_prefix(p, text + at, n - at, &to, &length);
        while (after_blank && length && *to == ' ') {
            to++;
            length--;
        }
        LN_TRY(put_normal(p, to, length, at));
        if (length)
            after_blank = p->remove_blanks && to[length - 1] == ' ';
        at += taken;
    }
    if (p->remove_blanks)
        trim(p, &at);
    if (p->dummy_prefix && p->suffix)
        LN_TRY(put_blank(p, at));
    if (p->text_n)
        p->origin[p->text_n] = at;
    return LN_OK;
}

ln_status ln_pieces_normalize(ln_pieces *p, const char *text, size_t n, const char **out,
                              const size_t **origins, size_t *out_n, ln_diag *diag)
{
    p->text_n = 0;
    if (n > MAX_TEXT)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "a text of %zu bytes; %d are the most", n,
                       MAX_TEXT);
    LN_TRY(normalize(p, text, n));
    *out = p->text;
    *origins = p->origin;
    *out_n = p->text_n;
    return LN_OK;
}
