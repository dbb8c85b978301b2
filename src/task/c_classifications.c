/* SPDX-License-Identifier: Apache-2.0 */
/* c_classifications.c: TfLiteClassificationResult, which classifiers of images and sound give. */
#include "task/c_api.h"

static bool copy_head(const ln_classification *from, bool named, TfLiteClassifications *to,
                      ln_task_error *error)
{
    bool ok = true;

    to->head_name = ln_c_name(named ? from->head_name : NULL, &ok, error);
    if (!ok)
        return false;
    to->categories = ln_c_new((size_t)from->n, sizeof *to->categories, error);
    if (!to->categories)
        return false;
    to->size = from->n;
    for (int i = 0; i < from->n; i++)
        if (!ln_c_category(&from->categories[i], &to->categories[i], error))
            return false;
    return true;
}

TfLiteClassificationResult *ln_c_classifications(const ln_classification_result *from, bool named,
                                                 ln_task_error *error)
{
    TfLiteClassificationResult *to = ln_c_new(1, sizeof *to, error);
    if (!to)
        return NULL;
    to->classifications = ln_c_new((size_t)from->n, sizeof *to->classifications, error);
    bool ok = to->classifications != NULL;
    to->size = ok ? from->n : 0;
    for (int i = 0; ok && i < from->n; i++) {
        to->classifications[i].head_index = i;
        ok = copy_head(&from->heads[i], named, &to->classifications[i], error);
    }
    if (ok)
        return to;
    TfLiteClassificationResultDelete(to);
    return NULL;
}

void TfLiteClassificationResultDelete(TfLiteClassificationResult *result)
{
    if (!result)
        return;
    for (int i = 0; i < result->size; i++) {
        TfLiteClassifications *head = &result->classifications[i];
        for (int j = 0; j < head->size; j++)
            TfLiteCategoryDelete(&head->categories[j]);
        ln_free(&ln_alloc_default, head->categories);
        ln_free(&ln_alloc_default, head->head_name);
    }
    ln_free(&ln_alloc_default, result->classifications);
    ln_free(&ln_alloc_default, result);
}
