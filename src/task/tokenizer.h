/* SPDX-License-Identifier: Apache-2.0 */
/* tokenizer.h: the tokenizer that a model's metadata names. */
#ifndef LN_TASK_TOKENIZER_H
#define LN_TASK_TOKENIZER_H

#include "media/token.h"
#include "task/task.h"

typedef enum ln_tokenizer_kind { LN_BERT, LN_SENTENCE_PIECE, LN_REGEX } ln_tokenizer_kind;

typedef struct ln_tokenizer {
    ln_tokenizer_kind kind;
    ln_vocab vocab;
    ln_splitter *splitter;
    ln_pieces *pieces;
} ln_tokenizer;

/* Makes the tokenizer of a process unit; its files lie in the task's arena. */
bool ln_tokenizer_init(ln_tokenizer *t, ln_task *task, const ln_meta_unit *unit,
                       ln_task_error *error) LN_MUST_USE;
void ln_tokenizer_deinit(ln_tokenizer *t);
bool ln_tokenize(ln_tokenizer *t, ln_tokens *tokens, const char *text, size_t n,
                 ln_task_error *error) LN_MUST_USE;
/* The number of a token, -1 when there is none. */
int ln_tokenizer_find(const ln_tokenizer *t, const char *token);
/* The first tokenizer among the units; NULL when there is none. */
const ln_meta_unit *ln_tokenizer_unit(const ln_meta_units *units);

#endif
