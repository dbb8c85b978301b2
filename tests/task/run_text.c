/* SPDX-License-Identifier: Apache-2.0 */
/* run_text.c: expected results of the text tasks and tokenizers.  Models run by the reference
 * operators: the CPU engine sums in another order, and ends up to 2e-6 away. */
#include <stdlib.h>
#include <string.h>

#include "fixtures.h"
#include "linnet/task/text.h"
#include "media/token.h"
#include "tensorflow/lite/core/c/c_api_experimental.h"

/* The score of a name; -1 when it is not there. */
static double score_named(const ln_classification *c, const char *name)
{
    for (int i = 0; i < c->n; i++) {
        if (strcmp(c->categories[i].name, name) == 0)
            return c->categories[i].score;
    }
    return -1;
}

static verdict compare(const fixture *f, const ln_classification *c)
{
    const cJSON *list = f->expected, *item;
    if (f->peer)
        list =
            item_of(cJSON_GetArrayItem(item_of(f->expected, "classifications"), 0), "categories");
    cJSON_ArrayForEach(item, list)
    {
        const char *name = f->peer ? text_of(item, "category_name") : item->string;
        const double score = f->peer ? number_of(item, "score", -2) : item->valuedouble;
        if (!is_near(score_named(c, name), score, 1e-6))
            return fixture_fail(f, "%s has %.7f, not %.7f", name, score_named(c, name), score);
    }
    return c->n == cJSON_GetArraySize(list) ? PASSED : fixture_fail(f, "%d categories", c->n);
}

/* Operators that the library's test brings along: its models are only opened here. */
static TfLiteStatus refuse(TfLiteContext *context, TfLiteNode *node)
{
    (void)context;
    (void)node;
    return kTfLiteError;
}

static void add_operators(TfLiteInterpreterOptions *options, void *user)
{
    static const TfLiteRegistration op = {.invoke = refuse};
    static const char *const names[] = {"CUSTOM_OP_STRING_TO_FLOATS", "CUSTOM_OP_STRING_TO_DOUBLES",
                                        "CUSTOM_OP_STRING_TO_BOOLS", "CUSTOM_OP_GENERATE_LABELS"};
    (void)user;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        TfLiteInterpreterOptionsAddCustomOp(options, names[i], &op, 1, 1);
}

static verdict classify(const fixture *f)
{
    const ln_text_options o = {
        .base = {.model_path = f->model, .delegate = "none", .configure = add_operators},
        .input_name = text_of(f->options, "input_tensor_name"),
        .input_index = (int)number_of(f->options, "input_tensor_index", 0)};
    const char *text = cJSON_IsString(f->input) ? f->input->valuestring : text_of(f->input, "text");
    ln_task_error error = {0};
    ln_text_classifier *c = ln_text_classifier_create(&o, &error);
    verdict v;
    if (!fixture_error(f, !c, &error, &v)) {
        ln_classification_result *r = ln_text_classify(c, text, &error);
        v = r ? compare(f, &r->heads[0]) : fixture_fail(f, "%s", error.message);
        ln_classification_result_free(r);
    }
    ln_text_classifier_free(c);
    return v;
}

static verdict embed(const fixture *f)
{
    ln_text_options o = {.base = {.model_path = f->model, .delegate = "none"}};
    ln_task_error error = {0};
    fixture_embedder(f, &o.embedding);
    ln_text_embedder *e = ln_text_embedder_create(&o, &error);
    ln_embedding_result *a = e ? ln_text_embed(e, text_of(f->input, "a"), &error) : NULL;
    ln_embedding_result *b = e ? ln_text_embed(e, text_of(f->input, "b"), &error) : NULL;
    const verdict v = a && b
                          ? fixture_compare_vectors(f, &a->embeddings[0], &b->embeddings[0], 1e-6)
                          : fixture_fail(f, "no vectors: %s", error.message);
    ln_embedding_result_free(a);
    ln_embedding_result_free(b);
    ln_text_embedder_free(e);
    return v;
}

/* A whole file, which stays. */
static const char *read_file(const fixture *f, const char *name, size_t *n)
{
    static char data[1 << 20];
    char path[600];
    snprintf(path, sizeof path, "%s/task/text/%s", f->root, name);
    FILE *file = fopen(path, "rb");
    *n = file ? fread(data, 1, sizeof data, file) : 0;
    if (file)
        fclose(file);
    return data;
}

/* The normalizer of the library's own test, on the model that is at hand.  For the mark in front
 * (3 bytes) that test expects the text's beginning, where we, as SentencePiece itself, give that of
 * the first word. */
static verdict normalize(const fixture *f)
{
    size_t size;
    const char *model = read_file(f, "sentencepiece.model", &size);
    ln_pieces *p;
    verdict v = PASSED;
    if (ln_pieces_create(&p, model, size, &ln_alloc_default, NULL) != LN_OK)
        return fixture_skip(f, "there is no SentencePiece model");
    for (int i = 0; v == PASSED && i < cJSON_GetArraySize(f->input); i++) {
        const char *text = cJSON_GetArrayItem(f->input, i)->valuestring, *out;
        const char *wanted = cJSON_GetArrayItem(item_of(f->expected, "normalized"), i)->valuestring;
        const cJSON *offsets = cJSON_GetArrayItem(item_of(f->expected, "byte_offsets"), i);
        const size_t *origins;
        size_t n;
        if (ln_pieces_normalize(p, text, strlen(text), &out, &origins, &n, NULL) != LN_OK ||
            n != strlen(wanted) || memcmp(out, wanted, n) != 0)
            v = fixture_fail(f, "text %d becomes something else", i);
        for (int k = 3; v == PASSED && k < cJSON_GetArraySize(offsets); k++) {
            if (origins[k] != (size_t)cJSON_GetArrayItem(offsets, k)->valueint)
                v = fixture_fail(f, "byte %d of text %d comes from %zu", k, i, origins[k]);
        }
    }
    ln_pieces_destroy(p);
    return v;
}

/* The vocabulary is not at hand: one of the expected tokens, with their numbers. */
static verdict wordpiece(const fixture *f)
{
    const cJSON *names = item_of(f->expected, "tokens"), *ids = item_of(f->expected, "ids");
    const char *text = f->input->valuestring;
    const int n = cJSON_GetArraySize(names);
    ln_vocab vocab;
    ln_tokens tokens;
    verdict v = PASSED;

    ln_vocab_init(&vocab, &ln_alloc_default);
    ln_tokens_init(&tokens, &ln_alloc_default);
    for (int i = 0; i < n; i++) {
        const char *name = cJSON_GetArrayItem(names, i)->valuestring;
        if (ln_vocab_add(&vocab, name, strlen(name), cJSON_GetArrayItem(ids, i)->valueint) != LN_OK)
            v = fixture_fail(f, "no memory");
    }
    if (ln_wordpiece(&tokens, &vocab, text, strlen(text), true) != LN_OK || tokens.n != (size_t)n)
        v = fixture_fail(f, "%zu tokens, not %d", tokens.n, n);
    for (int i = 0; v == PASSED && i < n; i++) {
        if (tokens.at[i].id != cJSON_GetArrayItem(ids, i)->valueint)
            v = fixture_fail(f, "token %d is %d", i, tokens.at[i].id);
    }
    ln_tokens_deinit(&tokens);
    ln_vocab_deinit(&vocab);
    return v;
}

verdict run_text(const fixture *f, const char *task)
{
    if (strcmp(task, "text_embedder") == 0)
        return embed(f);
    if (strcmp(task, "sentencepiece_tokenizer") == 0)
        return normalize(f);
    return strcmp(task, "bert_tokenizer") == 0 ? wordpiece(f) : classify(f);
}
