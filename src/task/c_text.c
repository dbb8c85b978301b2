/* SPDX-License-Identifier: Apache-2.0 */
/* c_text.c: the Task Library's C API for texts over linnet/task/text.h.  It has no errors to give:
 * what fails is NULL.  Pointers to its objects are pointers to ours; their types are never defined.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/task/text.h"
#include "task/c_api.h"
#include "tensorflow_lite_support/c/task/text/bert_nl_classifier.h"
#include "tensorflow_lite_support/c/task/text/bert_question_answerer.h"
#include "tensorflow_lite_support/c/task/text/nl_classifier.h"

/* ---- classifiers ---- */

static int by_index(const void *a, const void *b)
{
    return ((const ln_category *)a)->index - ((const ln_category *)b)->index;
}

/* In the model's order; ours have the best first. */
static bool copy_categories(const ln_classification *from, Categories *to)
{
    const size_t n = (size_t)from->n;
    ln_category *sorted = ln_new(&ln_alloc_default, n + 1, sizeof *sorted);
    bool ok = sorted != NULL;

    to->categories = ln_c_new(n, sizeof *to->categories, NULL);
    to->size = to->categories ? from->n : 0;
    if (ok && n)
        memcpy(sorted, from->categories, n * sizeof *sorted);
    if (ok)
        qsort(sorted, n, sizeof *sorted, by_index);
    for (int i = 0; i < to->size && ok; i++) {
        to->categories[i] = (Category){ln_c_copy(sorted[i].name), (double)sorted[i].score};
        ok = to->categories[i].text != NULL;
    }
    ln_free(&ln_alloc_default, sorted);
    return ok && to->categories;
}

static Categories *classify(ln_text_classifier *classifier, const char *text)
{
    if (!classifier || !text)
        return NULL;
    ln_classification_result *result = ln_text_classify(classifier, text, NULL);
    Categories *to = result ? ln_c_new(1, sizeof *to, NULL) : NULL;
    if (to && !copy_categories(&result->heads[0], to)) {
        TfLiteNLClassifierCategoriesDelete(to);
        to = NULL;
    }
    ln_classification_result_free(result);
    return to;
}

void TfLiteNLClassifierCategoriesDelete(Categories *categories)
{
    if (!categories)
        return;
    for (int i = 0; i < categories->size; i++)
        ln_free(&ln_alloc_default, categories->categories[i].text);
    ln_free(&ln_alloc_default, categories->categories);
    ln_free(&ln_alloc_default, categories);
}

TfLiteNLClassifier *TfLiteNLClassifierCreateFromOptions(const char *model_path,
                                                        const TfLiteNLClassifierOptions *from)
{
    ln_text_options options = {.base.model_path = model_path};
    if (!from)
        return NULL;
    options.input_index = from->input_tensor_index;
    options.score_index = from->output_score_tensor_index;
    /* Ours counts from 1 on. */
    if (from->output_label_tensor_index >= 0 && from->output_label_tensor_index < INT_MAX)
        options.label_index = from->output_label_tensor_index + 1;
    options.input_name = from->input_tensor_name;
    options.score_name = from->output_score_tensor_name;
    options.label_name = from->output_label_tensor_name;
    return (TfLiteNLClassifier *)(void *)ln_text_classifier_create(&options, NULL);
}

Categories *TfLiteNLClassifierClassify(const TfLiteNLClassifier *classifier, const char *text)
{
    return classify((ln_text_classifier *)(void *)classifier, text);
}

void TfLiteNLClassifierDelete(TfLiteNLClassifier *classifier)
{
    ln_text_classifier_free((ln_text_classifier *)(void *)classifier);
}

TfLiteBertNLClassifier *TfLiteBertNLClassifierCreate(const char *model_path)
{
    const ln_text_options options = {.base.model_path = model_path, .bert = true};
    return (TfLiteBertNLClassifier *)(void *)ln_text_classifier_create(&options, NULL);
}

TfLiteBertNLClassifier *TfLiteBertNLClassifierCreateFromOptions(
    const char *model_path, const TfLiteBertNLClassifierOptions *options)
{
    (void)options; /* the model tells its length */
    return TfLiteBertNLClassifierCreate(model_path);
}

Categories *TfLiteBertNLClassifierClassify(const TfLiteBertNLClassifier *classifier,
                                           const char *text)
{
    return classify((ln_text_classifier *)(void *)classifier, text);
}

void TfLiteBertNLClassifierDelete(TfLiteBertNLClassifier *classifier)
{
    ln_text_classifier_free((ln_text_classifier *)(void *)classifier);
}

/* ---- question answerers ---- */

TfLiteBertQuestionAnswerer *TfLiteBertQuestionAnswererCreate(const char *model_path)
{
    const ln_text_options options = {.base.model_path = model_path};
    return (TfLiteBertQuestionAnswerer *)(void *)ln_question_answerer_create(&options, NULL);
}

static bool copy_answers(const ln_answer_result *from, TfLiteQaAnswers *to)
{
    to->answers = ln_c_new((size_t)from->n, sizeof *to->answers, NULL);
    if (!to->answers)
        return false;
    to->size = from->n;
    for (int i = 0; i < from->n; i++) {
        const ln_answer *answer = &from->answers[i];
        to->answers[i] =
            (TfLiteQaAnswer){answer->start, answer->end, answer->logit, ln_c_copy(answer->text)};
        if (!to->answers[i].text)
            return false;
    }
    return true;
}

TfLiteQaAnswers *TfLiteBertQuestionAnswererAnswer(
    const TfLiteBertQuestionAnswerer *question_answerer, const char *context, const char *question)
{
    if (!question_answerer || !context || !question)
        return NULL;
    ln_answer_result *result = ln_question_answer((ln_question_answerer *)(void *)question_answerer,
                                                  context, question, NULL);
    TfLiteQaAnswers *to = result ? ln_c_new(1, sizeof *to, NULL) : NULL;
    if (to && !copy_answers(result, to)) {
        TfLiteQaAnswersDelete(to);
        to = NULL;
    }
    ln_answer_result_free(result);
    return to;
}

void TfLiteBertQuestionAnswererDelete(TfLiteBertQuestionAnswerer *bert_question_answerer)
{
    ln_question_answerer_free((ln_question_answerer *)(void *)bert_question_answerer);
}

void TfLiteQaAnswersDelete(TfLiteQaAnswers *qa_answers)
{
    if (!qa_answers)
        return;
    for (int i = 0; i < qa_answers->size; i++)
        ln_free(&ln_alloc_default, qa_answers->answers[i].text);
    ln_free(&ln_alloc_default, qa_answers->answers);
    ln_free(&ln_alloc_default, qa_answers);
}
