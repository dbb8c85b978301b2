/* SPDX-License-Identifier: Apache-2.0 */
/* text.h: what a text says.
 *
 *     ln_text_options options = {.base.model_path = "sentiment.tflite"};
 *     ln_text_classifier *classifier = ln_text_classifier_create(&options, NULL);
 *     ln_classification_result *r = ln_text_classify(classifier, "What a waste of my time.", NULL);
 *     printf("%s %.2f\n", r->heads[0].categories[0].name, r->heads[0].categories[0].score);
 *
 * Texts are UTF-8.  How a text becomes numbers is said by the model's metadata: a BERT tokenizer or
 * a SentencePiece model for all inputs together (ids, mask, segment ids), or a regex tokenizer of
 * the input; a model with a string input gets the text itself.
 *
 * Functions that return a pointer return NULL on failure; `error` says why, where it is not NULL.
 * Results are to be freed by their _free function, tasks by theirs. */
#ifndef LINNET_TASK_TEXT_H
#define LINNET_TASK_TEXT_H

#include "linnet/task/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to make a text task.  All zero but the model is a good start. */
typedef struct ln_text_options {
    ln_task_options base;
    ln_classifier_options categories; /* of classifiers */
    ln_embedder_options embedding;    /* of embedders */
    /* Which tensors matter, of classifiers whose metadata does not say it: by the names in the
     * metadata, or the model's, and else by number. */
    const char *input_name, *score_name, *label_name;
    int input_index, score_index;
    int label_index; /* number of an output with labels, from 1 on; 0: there is none */
    bool bert;       /* of classifiers: refuses models without the three inputs of BERT */
} ln_text_options;

/* ---- of what kind is it? ---- */

typedef struct ln_text_classifier ln_text_classifier;

/* Serves what the Task Library calls NLClassifier and, with `bert`, BertNLClassifier. */
LN_API ln_text_classifier *ln_text_classifier_create(const ln_text_options *options,
                                                     ln_task_error *error);
/* One head; without labels a category's name is its number. */
LN_API ln_classification_result *ln_text_classify(ln_text_classifier *classifier, const char *text,
                                                  ln_task_error *error);
LN_API void ln_text_classifier_free(ln_text_classifier *classifier);

/* ---- what does it answer? ---- */

typedef struct ln_question_answerer ln_question_answerer;

typedef struct ln_answer {
    const char *text; /* words of the context */
    float logit;      /* the higher the better */
    int start, end;   /* tokens of the model's sequence */
} ln_answer;

typedef struct ln_answer_result {
    int n; /* 5 at most */
    const ln_answer *answers; /* best first */
} ln_answer_result;

/* A BERT model with the outputs "start_logits" and "end_logits". */
LN_API ln_question_answerer *ln_question_answerer_create(const ln_text_options *options,
                                                         ln_task_error *error);
LN_API ln_answer_result *ln_question_answer(ln_question_answerer *answerer, const char *context,
                                            const char *question, ln_task_error *error);
LN_API void ln_answer_result_free(ln_answer_result *result);
LN_API void ln_question_answerer_free(ln_question_answerer *answerer);

/* ---- what is it like? ---- */

typedef struct ln_text_embedder ln_text_embedder;

LN_API ln_text_embedder *ln_text_embedder_create(const ln_text_options *options,
                                                 ln_task_error *error);
/* A vector per output of the model. */
LN_API ln_embedding_result *ln_text_embed(ln_text_embedder *embedder, const char *text,
                                          ln_task_error *error);
/* The length of vector `i`; -1 when there is none. */
LN_API int ln_text_embedder_dimension(const ln_text_embedder *embedder, int i);
LN_API void ln_text_embedder_free(ln_text_embedder *embedder);

#ifdef __cplusplus
}
#endif

#endif
