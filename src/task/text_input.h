/* SPDX-License-Identifier: Apache-2.0 */
/* text_input.h: from a text to the model's inputs. */
#ifndef LN_TASK_TEXT_INPUT_H
#define LN_TASK_TEXT_INPUT_H

#include "linnet/task/text.h"
#include "task/tokenizer.h"

typedef enum ln_text_kind { LN_TEXT_STRING, LN_TEXT_REGEX, LN_TEXT_BERT } ln_text_kind;

typedef struct ln_text_input {
    ln_task *task;
    ln_text_kind kind;
    ln_tokenizer tokenizer;
    ln_tokens tokens;
    int index;               /* of the input; of the ids, for BERT */
    int mask, segments;      /* of BERT's other inputs */
    int length;              /* of a sequence; 0: the input takes any */
} ln_text_input;

/* Looks at the model's inputs and the metadata of them. */
bool ln_text_input_init(ln_text_input *in, ln_task *task, const ln_text_options *options,
                        ln_task_error *error) LN_MUST_USE;
/* For vectors of texts: where the model takes three strings, it is a universal sentence encoder. */
bool ln_text_input_encodes(ln_text_input *in, ln_task_error *error) LN_MUST_USE;
void ln_text_input_deinit(ln_text_input *in);
/* Fills the inputs and runs the model. */
bool ln_text_run(ln_text_input *in, const char *text, ln_task_error *error) LN_MUST_USE;
/* Fills BERT's inputs with [CLS], the first `n` tokens, [SEP], which are segment 0, and then (where
 * n2 is not -1) n2 more and [SEP], which are segment 1; as many as there is room for. */
bool ln_text_fill_bert(ln_text_input *in, const ln_token *first, int n, const ln_token *second,
                       int n2, ln_task_error *error) LN_MUST_USE;

#endif
