/* SPDX-License-Identifier: Apache-2.0 */
/* tokenizer.c: tokenizers by metadata (tokenizer_utils.cc of the Task Library). */
#include "task/tokenizer.h"

#include <string.h>

const ln_meta_unit *ln_tokenizer_unit(const ln_meta_units *units)
{
    for (int i = 0; i < units->n; i++) {
        const ln_meta_unit_type type = units->all[i].type;
        if (type == LN_META_BERT_TOKENIZER || type == LN_META_SENTENCE_PIECE_TOKENIZER ||
            type == LN_META_REGEX_TOKENIZER)
            return &units->all[i];
    }
    return NULL;
}

static bool first_file(ln_task *task, const ln_meta_files *files, const char *what,
                       const char **text, size_t *n, ln_task_error *error)
{
    if (files->n < 1 || !files->all[0].name)
        return ln_task_fail(error, kMetadataInvalidTokenizerError,
                            "Invalid %s from input process unit.", what);
    return ln_task_file(task, files->all[0].name, text, n, error);
}

static bool init_regex(ln_tokenizer *t, const ln_meta_unit *unit, const char *text, size_t n,
                       ln_task_error *error)
{
    ln_diag diag = {0};
    ln_status status;

    if (!unit->regex)
        return ln_task_fail(error, kMetadataInvalidTokenizerError,
                            "Invalid delim_regex_pattern from input process unit.");
    status = ln_vocab_read(&t->vocab, text, n, true, &diag);
    if (status == LN_OK)
        status = ln_splitter_create(&t->splitter, unit->regex, &ln_alloc_default, &diag);
    if (status != LN_OK)
        return ln_task_fail_diag(error, kMetadataInvalidTokenizerError, status, &diag);
    if (ln_tokenizer_find(t, "<UNKNOWN>") < 0 || ln_tokenizer_find(t, "<PAD>") < 0)
        return ln_task_fail(error, kMetadataInvalidTokenizerError,
                            "RegexTokenizer doesn't have %s token.",
                            ln_tokenizer_find(t, "<UNKNOWN>") < 0 ? "<UNKNOWN>" : "<PAD>");
    return true;
}

bool ln_tokenizer_init(ln_tokenizer *t, ln_task *task, const ln_meta_unit *unit,
                       ln_task_error *error)
{
    ln_diag diag = {0};
    ln_status status;
    const char *text;
    size_t n;

    ln_vocab_init(&t->vocab, &ln_alloc_default);
    if (unit->type == LN_META_SENTENCE_PIECE_TOKENIZER) {
        t->kind = LN_SENTENCE_PIECE;
        if (!first_file(task, &unit->sentence_models, "sentencePiece_model", &text, &n, error))
            return false;
        status = ln_pieces_create(&t->pieces, text, n, &ln_alloc_default, &diag);
    } else {
        t->kind = unit->type == LN_META_REGEX_TOKENIZER ? LN_REGEX : LN_BERT;
        if (!first_file(task, &unit->vocabularies, "vocab_file", &text, &n, error))
            return false;
        if (t->kind == LN_REGEX)
            return init_regex(t, unit, text, n, error);
        status = ln_vocab_read(&t->vocab, text, n, false, &diag);
    }
    if (status != LN_OK)
        return ln_task_fail_diag(error, kMetadataInvalidTokenizerError, status, &diag);
    return true;
}

void ln_tokenizer_deinit(ln_tokenizer *t)
{
    if (t->vocab.alloc)
        ln_vocab_deinit(&t->vocab);
    ln_splitter_destroy(t->splitter);
    ln_pieces_destroy(t->pieces);
}

int ln_tokenizer_find(const ln_tokenizer *t, const char *token)
{
    if (t->kind == LN_SENTENCE_PIECE)
        return ln_pieces_find(t->pieces, token);
    return ln_vocab_find(&t->vocab, token, strlen(token));
}

bool ln_tokenize(ln_tokenizer *t, ln_tokens *tokens, const char *text, size_t n,
                 ln_task_error *error)
{
    ln_diag diag = {0};
    ln_status status;

    if (t->kind == LN_BERT)
        status = ln_wordpiece(tokens, &t->vocab, text, n, true);
    else if (t->kind == LN_REGEX)
        status = ln_split(t->splitter, tokens, &t->vocab, text, n, &diag);
    else
        status = ln_pieces_cut(t->pieces, tokens, text, n, &diag);
    if (status != LN_OK)
        return ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);
    return true;
}
