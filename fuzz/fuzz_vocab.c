/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_vocab.c: vocabularies of all tokenizers, and the text that they cut: the bytes are read as a
 * SentencePiece model, as an encoder of its pieces, as word lists, and, the first of them, as a
 * regular expression; the last ones are the text. */
#include <stdlib.h>
#include <string.h>

#include "media/encoder.h"
#include "media/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_TEXT = 200, MAX_PATTERN = 30 };

static void cut_pieces(const uint8_t *data, size_t size, const char *text, size_t n)
{
    ln_pieces *p;
    ln_tokens t;
    if (ln_pieces_create(&p, data, size, &ln_alloc_default, NULL) != LN_OK)
        return;
    ln_tokens_init(&t, &ln_alloc_default);
    if (ln_pieces_cut(p, &t, text, n, NULL) == LN_OK &&
        ln_pieces_cut(p, &t, "lo mi\tKA n\xc3\xa9!!", 14, NULL) == LN_OK)
        for (size_t i = 0; i < t.n; i++) {
            if (t.at[i].begin > t.at[i].end)
                abort();
        }
    ln_tokens_deinit(&t);
    ln_pieces_destroy(p);
}

static void encode(const uint8_t *data, size_t size, const char *text, size_t n)
{
    const unsigned flags = size % 8;
    ln_encoder e;
    ln_codes codes;
    if (ln_encoder_open(&e, data, size, NULL) != LN_OK)
        return;
    ln_codes_init(&codes, &ln_alloc_default);
    ln_status status = ln_encoder_cut(&e, &codes, text, n, flags, NULL);
    if (status == LN_OK)
        status = ln_encoder_cut(&e, &codes, "lo mi\tKA n\xc3\xa9!!", 14, flags, NULL);
    if (status == LN_OK && codes.n > codes.capacity)
        abort();
    ln_codes_deinit(&codes);
}

static void cut_words(const uint8_t *data, size_t size, bool numbered, const char *text, size_t n)
{
    char pattern[MAX_PATTERN + 1] = "";
    ln_splitter *s;
    ln_vocab v;
    ln_tokens t;
    ln_vocab_init(&v, &ln_alloc_default);
    ln_tokens_init(&t, &ln_alloc_default);
    memcpy(pattern, data, LN_MIN(size, (size_t)MAX_PATTERN));
    ln_status status = ln_vocab_read(&v, (const char *)data, size, numbered, NULL);
    if (status == LN_OK)
        status = ln_wordpiece(&t, &v, text, n, size % 2);
    if (status == LN_OK && ln_splitter_create(&s, pattern, &ln_alloc_default, NULL) == LN_OK) {
        status = ln_split(s, &t, &v, text, n, NULL);
        ln_splitter_destroy(s);
    }
    ln_tokens_deinit(&t);
    ln_vocab_deinit(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t n = LN_MIN(size, (size_t)MAX_TEXT);
    const char *text = (const char *)data + size - n;
    cut_pieces(data, size, text, n);
    encode(data, size, text, n);
    cut_words(data, size, false, text, n);
    cut_words(data, size, true, text, n);
    return 0;
}
