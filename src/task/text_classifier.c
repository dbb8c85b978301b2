/* SPDX-License-Identifier: Apache-2.0 */
/* text_classifier.c: the Task Library's NLClassifier and BertNLClassifier. */
#include <stdio.h>
#include <string.h>

#include "task/labels.h"
#include "task/text_input.h"
#include "tensorflow/lite/core/c/common.h"

struct ln_text_classifier {
    ln_task task;
    ln_text_input input;
    int scores, label_output; /* outputs; label_output -1: none */
    ln_labels labels;
    ln_classifier_options options;
    float threshold;
    bool *allowed; /* per label; NULL: all are */
};

/* The output of a name, in the metadata or the model; else `otherwise`. */
static int find_output(const ln_task *task, const char *name, int otherwise)
{
    int found = name && *name ? ln_task_output_named(task, name) : -1;
    for (int i = 0; name && *name && found < 0 && i < ln_task_outputs(task); i++) {
        if (strcmp(TfLiteTensorName(ln_task_output(task, i)), name) == 0)
            found = i;
    }
    return found < 0 ? otherwise : found;
}

static bool choose_labels(ln_text_classifier *c, const ln_classifier_options *o,
                          ln_task_error *error)
{
    bool any = false;
    if (!(o->allow && o->allow[0]) && !(o->deny && o->deny[0]))
        return true;
    c->allowed = ln_arena_new(&c->task.arena, (size_t)c->labels.n + 1, sizeof *c->allowed);
    if (!c->allowed)
        return ln_task_fail(error, kError, "No memory for %d labels.", c->labels.n);
    return ln_labels_allowed(c->allowed, c->labels.n, &c->labels, o, &any, error) &&
           ln_labels_check_match(o, any, error);
}

static bool find_outputs(ln_text_classifier *c, const ln_text_options *o, ln_task_error *error)
{
    const int n = ln_task_outputs(&c->task);
    const char *name = o->score_name                   ? o->score_name
                       : c->input.kind == LN_TEXT_BERT ? "probability"
                                                       : "";
    c->scores = find_output(&c->task, name, o->score_index);
    c->label_output = find_output(&c->task, o->label_name, o->label_index - 1);
    if (c->scores < 0 || c->scores >= n)
        return ln_task_fail(error, kOutputTensorNotFoundError,
                            "No output score tensor found with name %s or at index %d", name,
                            o->score_index);
    if (c->label_output >= n)
        return ln_task_fail(error, kOutputTensorNotFoundError,
                            "No output label tensor found at index %d", c->label_output);
    if (c->label_output >= 0) {
        const TfLiteType type = TfLiteTensorType(ln_task_output(&c->task, c->label_output));
        if (type != kTfLiteString && type != kTfLiteInt32)
            return ln_task_fail(
                error, kInvalidOutputTensorTypeError,
                "Type mismatch for label tensor. Requested STRING or INT32, got %s.",
                TfLiteTypeGetName(type));
    }
    const ln_meta_tensor *meta = ln_meta_output(c->task.meta, c->scores);
    c->threshold = ln_labels_threshold(&o->categories, meta);
    return ln_labels_read(&c->labels, &c->task, meta, LN_META_AXIS_LABELS, o->categories.locale,
                          error) &&
           choose_labels(c, &o->categories, error);
}

static bool has_inputs(const ln_task *task, const ln_text_options *o, ln_task_error *error)
{
    const int n = ln_task_inputs(task);
    return !o->bert || n >= 3 ||
           ln_task_fail(error, kInvalidNumInputTensorsError,
                        "Expected at least 3 input tensors (ids, mask, segment ids), found %d.", n);
}

ln_text_classifier *ln_text_classifier_create(const ln_text_options *options, ln_task_error *error)
{
    ln_text_classifier *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    if (!c) {
        ln_task_fail(error, kError, "No memory for a classifier.");
        return NULL;
    }
    c->options.max_results = options->categories.max_results;
    if (ln_labels_check_options(&options->categories, error) &&
        ln_task_open(&c->task, &options->base, error) && has_inputs(&c->task, options, error) &&
        ln_text_input_init(&c->input, &c->task, options, error) && find_outputs(c, options, error))
        return c;
    ln_text_classifier_free(c);
    return NULL;
}

void ln_text_classifier_free(ln_text_classifier *c)
{
    if (!c)
        return;
    ln_text_input_deinit(&c->input);
    ln_task_close(&c->task);
    ln_free(&ln_alloc_default, c);
}

/* String `i` of a string tensor, copied; NULL when the tensor has none such. */
static const char *string_at(const TfLiteTensor *t, int i, ln_arena *arena)
{
    const int32_t *head = TfLiteTensorData(t);
    const size_t bytes = TfLiteTensorByteSize(t);

    if (!head || bytes < 8 || head[0] <= i || bytes / 4 < (size_t)head[0] + 2)
        return NULL;
    const int32_t begin = head[1 + i], end = head[2 + i];
    if (begin < 0 || end < begin || (size_t)end > bytes)
        return NULL;
    return ln_arena_string(arena, (const char *)head + begin, (size_t)(end - begin));
}

/* A category's name: of the label file, of the label output, or its number. */
static const char *name_of(const ln_text_classifier *c, int i, ln_arena *arena)
{
    const TfLiteTensor *t = c->label_output >= 0 ? ln_task_output(&c->task, c->label_output) : NULL;
    char number[16];

    if (c->labels.n)
        return ln_label_name(&c->labels, i);
    if (t && TfLiteTensorType(t) == kTfLiteString) {
        const char *name = string_at(t, i, arena);
        return name ? name : "";
    }
    if (t && (size_t)i < ln_task_count(t))
        snprintf(number, sizeof number, "%d", (int)((const int32_t *)TfLiteTensorData(t))[i]);
    else
        snprintf(number, sizeof number, "%d", i);
    return ln_arena_string(arena, number, strlen(number));
}

static bool fill(ln_text_classifier *c, ln_classification *head, ln_arena *arena,
                 ln_task_error *error)
{
    const TfLiteTensor *t = ln_task_output(&c->task, c->scores);
    const int n = (int)ln_task_count(t);
    float *scores = ln_arena_new(arena, (size_t)n + 1, sizeof *scores);
    int *order = ln_arena_new(arena, (size_t)n + 1, sizeof *order);
    ln_category *categories = ln_arena_new(arena, (size_t)n + 1, sizeof *categories);
    const ln_meta_tensor *meta = ln_meta_output(c->task.meta, c->scores);

    if (!scores || !order || !categories)
        return ln_task_fail(error, kError, "No memory for %d categories.", n);
    if (c->labels.n && c->labels.n != n)
        return ln_task_fail(error, kMetadataInconsistencyError,
                            "Got %d class(es) in the output, expected %d according to the label "
                            "map.",
                            n, c->labels.n);
    if (!ln_task_floats(t, scores, error))
        return false;
    ln_top_k(scores, n, n, order);
    *head = (ln_classification){meta && meta->name ? meta->name : "", 0, categories};
    for (int k = 0; k < n; k++) {
        const int i = order[k];
        if (scores[i] < c->threshold || (c->allowed && !c->allowed[i]) ||
            (c->options.max_results > 0 && head->n >= c->options.max_results))
            continue;
        const char *name = name_of(c, i, arena);
        if (!name)
            return ln_task_fail(error, kError, "No memory for a name.");
        categories[head->n++] =
            (ln_category){i, scores[i], name, ln_label_display_name(&c->labels, i)};
    }
    return true;
}

ln_classification_result *ln_text_classify(ln_text_classifier *c, const char *text,
                                           ln_task_error *error)
{
    ln_arena *arena;

    if (!ln_text_run(&c->input, text, error))
        return NULL;
    ln_classification_result *result = ln_result_new(sizeof *result, &arena);
    ln_classification *head = result ? ln_arena_new(arena, 1, sizeof *head) : NULL;
    if (!head)
        ln_task_fail(error, kError, "No memory for a result.");
    if (!head || !fill(c, head, arena, error)) {
        ln_classification_result_free(result);
        return NULL;
    }
    result->n = 1;
    result->heads = head;
    return result;
}
