/* SPDX-License-Identifier: Apache-2.0 */
/* tokens.c: the three tokenizers.  tests/data/pieces.txt says what the SentencePiece library gives
 * for the small models beside it, which its trainer made:
 *
 *     model|text|number:begin-end number:begin-end ... */
#include "media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/encoder.h"
#include "media/token.h"

static ln_tokens tokens;

static int setup(void **state)
{
    (void)state;
    ln_tokens_init(&tokens, &ln_alloc_default);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ln_tokens_deinit(&tokens);
    return 0;
}

/* "number:begin-end ..." of the tokens. */
static const char *written(void)
{
    static char text[2000];
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < tokens.n && n < sizeof text - 60; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d:%zu-%zu", i ? " " : "",
                              tokens.at[i].id, tokens.at[i].begin, tokens.at[i].end);
    tokens.n = 0;
    return text;
}

static void cuts_word_pieces(void **state)
{
    static const char words[] = "[UNK]\nhello\n##s\nwor\n##ld\n,\ncafe\n\xe4\xb8\xad\n##hello\nH\n";
    static const struct {
        const char *text, *lowered;
    } cases[] = {
        {"Hello, worlds", "1:0-5 5:5-6 3:7-10 4:10-12 2:12-13"},
        {"CAF\xc3\x89 cafe\xcc\x81s", "6:0-5 6:6-10 2:12-13"}, /* with accents, both ways */
        {"hello\xe4\xb8\xadhello", "1:0-5 7:5-8 1:8-13"},
        {" \t\xc2\xa0 ", ""},
        {"wor\xe2\x80\x8bld x", "3:0-3 4:6-8 0:9-10"}, /* a blank of no width */
        {"wor\xff\xfeld", "3:0-3 4:5-7"},
        {"worldq", "0:0-6"}};
    ln_vocab v;
    char longer[300];

    (void)state;
    ln_vocab_init(&v, &ln_alloc_default);
    assert_int_equal(ln_vocab_read(&v, words, sizeof words - 1, false, NULL), LN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ln_wordpiece(&tokens, &v, cases[i].text, strlen(cases[i].text), true),
                         LN_OK);
        assert_string_equal(written(), cases[i].lowered);
    }
    assert_int_equal(ln_wordpiece(&tokens, &v, "Hello H", 7, false), LN_OK);
    assert_string_equal(written(), "0:0-5 9:6-7");
    memset(longer, 's', sizeof longer);
    memcpy(longer, "hello", 5);
    assert_int_equal(ln_wordpiece(&tokens, &v, longer, sizeof longer, true), LN_OK);
    assert_string_equal(written(), "0:0-300");
    ln_vocab_deinit(&v);
}

static void splits_by_expressions(void **state)
{
    static const char words[] = "<PAD> 0\nI 5\nve 7\nseen 9\n";
    static const char text[] = "I\xe2\x80\x99ve  seen!it";
    ln_vocab v;
    ln_splitter *s;

    (void)state;
    ln_vocab_init(&v, &ln_alloc_default);
    assert_int_equal(ln_vocab_read(&v, words, sizeof words - 1, true, NULL), LN_OK);
    assert_int_equal(ln_splitter_create(&s, "[^\\w\\']+", &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_split(s, &tokens, &v, text, sizeof text - 1, NULL), LN_OK);
    assert_string_equal(written(), "5:0-1 7:4-6 9:8-12 -1:13-15");
    ln_splitter_destroy(s);
    assert_int_equal(ln_splitter_create(&s, "x*", &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_split(s, &tokens, &v, "axxb", 4, NULL), LN_OK);
    assert_string_equal(written(), "-1:0-1 -1:3-4");
    ln_splitter_destroy(s);
    assert_int_equal(ln_splitter_create(&s, "(", &ln_alloc_default, NULL), LN_ERR_FORMAT);
    assert_int_equal(ln_vocab_read(&v, "word\n", 5, true, NULL), LN_ERR_FORMAT);
    ln_vocab_deinit(&v);
}

/* An expression that would take 2^40 steps is given up. */
static void bounds_expressions(void **state)
{
    char text[41];
    ln_vocab v;
    ln_splitter *s;

    (void)state;
    memset(text, 'a', sizeof text);
    ln_vocab_init(&v, &ln_alloc_default);
    assert_int_equal(ln_splitter_create(&s, "(a+)+$b|(a|aa)+c", &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_split(s, &tokens, &v, text, sizeof text, NULL), LN_ERR_UNSUPPORTED);
    ln_splitter_destroy(s);
    ln_vocab_deinit(&v);
}

static size_t read_file(const char *name, char *to, size_t room)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", LINNET_TEST_DATA, name);
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(to, 1, room, f) : 0;
    if (f)
        fclose(f);
    return n;
}

static void check_line(char *line)
{
    static char model[20000];
    char *text = strchr(line, '|'), *wanted = text ? strrchr(line, '|') : NULL, *tab, name[100];
    ln_pieces *p;

    assert_non_null(wanted);
    *text++ = *wanted++ = 0;
    while ((tab = strstr(text, "\\t"))) {
        *tab = '\t';
        memmove(tab + 1, tab + 2, strlen(tab + 1));
    }
    snprintf(name, sizeof name, "%.80s.model", line);
    const size_t n = read_file(name, model, sizeof model);
    assert_int_equal(ln_pieces_create(&p, model, n, &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_pieces_cut(p, &tokens, text, strlen(text), NULL), LN_OK);
    assert_string_equal(written(), wanted);
    ln_pieces_destroy(p);
}

static void cuts_sentence_pieces(void **state)
{
    static char text[10000];
    char *line = text;
    int lines = 0;

    (void)state;
    text[read_file("pieces.txt", text, sizeof text - 1)] = 0;
    for (char *end; (end = strchr(line, '\n')); line = end + 1, lines++) {
        *end = 0;
        check_line(line);
    }
    assert_true(lines > 15);
}

static void refuses_wrong_pieces(void **state)
{
    static char model[20000];
    ln_pieces *p;
    const size_t n = read_file("pieces_unigram.model", model, sizeof model);

    (void)state;
    assert_true(n > 1000);
    assert_int_equal(ln_pieces_create(&p, model, n - 1, &ln_alloc_default, NULL), LN_ERR_FORMAT);
    assert_int_equal(ln_pieces_create(&p, "", 0, &ln_alloc_default, NULL), LN_ERR_FORMAT);
    /* a trainer's message that says: kind 3, words */
    assert_int_equal(ln_pieces_create(&p, "\x12\x02\x18\x03", 4, &ln_alloc_default, NULL),
                     LN_ERR_UNSUPPORTED);
}

/* What tflite-support 0.4.4 gives for pieces.encoder (tests/task/make_encoder.py). */
static void encodes_pieces(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        int n, codes[16];
    } cases[] = {{"", LN_ENCODE_START | LN_ENCODE_END, 2, {1, 2}},
                 {"x  y", LN_ENCODE_START | LN_ENCODE_END, 6, {1, 59, 0, 59, 0, 2}},
                 {"\tLo mi\n", 0, 6, {59, 0, 58, 59, 46, 50}},
                 {"\tLo mi\n", LN_ENCODE_REVERSE, 6, {50, 46, 59, 58, 0, 59}},
                 {"  the fox ", LN_ENCODE_END, 9, {59, 44, 0, 53, 59, 0, 58, 0, 2}},
                 {"n\xc3\xa9 \xef\xbc\xa1\xc2\xbd", LN_ENCODE_START, 4, {1, 8, 59, 0}},
                 {"aaaa\xe6\x97\xa5\xe6\x9c\xac", 0, 6, {59, 57, 57, 57, 57, 0}}};
    static char data[20000];
    const size_t n = read_file("pieces.encoder", data, sizeof data);
    ln_encoder e;
    ln_codes codes;

    (void)state;
    ln_codes_init(&codes, &ln_alloc_default);
    assert_int_equal(ln_encoder_open(&e, data, n, NULL), LN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        codes.n = 0;
        assert_int_equal(
            ln_encoder_cut(&e, &codes, cases[i].text, strlen(cases[i].text), cases[i].flags, NULL),
            LN_OK);
        assert_int_equal(codes.n, cases[i].n);
        assert_memory_equal(codes.at, cases[i].codes, codes.n * sizeof *codes.at);
    }
    ln_codes_deinit(&codes);
    assert_int_equal(ln_encoder_open(&e, data, 3, NULL), LN_ERR_FORMAT);
    assert_int_equal(ln_encoder_open(&e, "pieces of some other kind", 25, NULL), LN_ERR_FORMAT);
}

void media_tokens(int *failed)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_word_pieces),     cmocka_unit_test(splits_by_expressions),
        cmocka_unit_test(bounds_expressions),   cmocka_unit_test(cuts_sentence_pieces),
        cmocka_unit_test(refuses_wrong_pieces), cmocka_unit_test(encodes_pieces),
    };
    *failed += cmocka_run_group_tests_name("tokens", tests, setup, teardown);
}
