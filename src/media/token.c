/* SPDX-License-Identifier: Apache-2.0 */
/* token.c: vocabularies: an open hash table, at most half full. */
#include "media/token.h"

#include <stdlib.h>
#include <string.h>

void ln_tokens_init(ln_tokens *t, const ln_alloc *alloc)
{
    *t = (ln_tokens){.alloc = alloc};
}

void ln_tokens_deinit(ln_tokens *t)
{
    ln_free(t->alloc, t->at);
    *t = (ln_tokens){.alloc = t->alloc};
}

ln_status ln_tokens_add(ln_tokens *t, int id, size_t begin, size_t end)
{
    if (!ln_grow(t->alloc, (void **)&t->at, &t->capacity, t->n, sizeof *t->at))
        return LN_ERR_MEMORY;
    t->at[t->n++] = (ln_token){id, begin, end};
    return LN_OK;
}

void ln_vocab_init(ln_vocab *v, const ln_alloc *alloc)
{
    *v = (ln_vocab){.alloc = alloc};
}

void ln_vocab_deinit(ln_vocab *v)
{
    ln_free(v->alloc, v->slots);
    *v = (ln_vocab){.alloc = v->alloc};
}

/* FNV-1a, its bits mixed once more: a vocabulary's author must not be able to choose all low bits.
 */
static size_t hash(const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)text[i]) * 0x100000001b3u;
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;
    return (size_t)(h ^ h >> 29);
}

/* The word's slot, or the empty one where it would go. */
static ln_word *slot_of(ln_word *slots, size_t capacity, const char *text, size_t n)
{
    size_t i = hash(text, n) & (capacity - 1);
    while (slots[i].text && (slots[i].n != n || memcmp(slots[i].text, text, n) != 0))
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static ln_status make_room(ln_vocab *v)
{
    const size_t capacity = v->capacity ? 2 * v->capacity : 256;
    ln_word *slots;

    if (2 * (v->n + 1) <= v->capacity)
        return LN_OK;
    slots = ln_new(v->alloc, capacity, sizeof *slots);
    if (!slots)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < v->capacity; i++) {
        if (v->slots[i].text)
            *slot_of(slots, capacity, v->slots[i].text, v->slots[i].n) = v->slots[i];
    }
    ln_free(v->alloc, v->slots);
    v->slots = slots;
    v->capacity = capacity;
    return LN_OK;
}

ln_status ln_vocab_add(ln_vocab *v, const char *text, size_t n, int id)
{
    if (n > UINT32_MAX)
        return LN_ERR_FORMAT;
    LN_TRY(make_room(v));
    ln_word *slot = slot_of(v->slots, v->capacity, text, n);
    v->n += !slot->text;
    *slot = (ln_word){text, (uint32_t)n, id};
    v->longest = LN_MAX(v->longest, (uint32_t)n);
    return LN_OK;
}

int ln_vocab_find(const ln_vocab *v, const char *text, size_t n)
{
    if (n > v->longest || v->n == 0)
        return -1;
    const ln_word *slot = slot_of(v->slots, v->capacity, text, n);
    return slot->text ? slot->id : -1;
}

/* "word number": cuts the number off; false when there is none. */
static bool take_number(const char *line, size_t *n, int *id)
{
    char digits[12] = "";
    size_t word = *n;
    char *end;

    while (word > 0 && line[word - 1] != ' ')
        word--;
    if (word < 2 || *n - word >= sizeof digits || *n == word)
        return false;
    memcpy(digits, line + word, *n - word);
    const long number = strtol(digits, &end, 10);
    if (*end || number < 0 || number > INT32_MAX)
        return false;
    *n = word - 1;
    *id = (int)number;
    return true;
}

ln_status ln_vocab_read(ln_vocab *v, const char *text, size_t n, bool numbered, ln_diag *diag)
{
    const char *end = text + n;
    int number = 0;

    for (int line = 0; text < end; line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop ? stop : end;
        size_t length = (size_t)(stop - text);
        if (length && text[length - 1] == '\r')
            length--;
        number = line;
        if (numbered && length && !take_number(text, &length, &number))
            return ln_fail(diag, LN_ERR_FORMAT,
                           "line %d of the vocabulary is not a word, a blank and a number",
                           line + 1);
        if (length || !numbered)
            LN_TRY(ln_vocab_add(v, text, length, number));
        text = stop < end ? stop + 1 : end;
    }
    return LN_OK;
}
