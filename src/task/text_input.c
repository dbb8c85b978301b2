/* SPDX-License-Identifier: Apache-2.0 */
/* text_input.c: strings, words of a regex tokenizer, or BERT's three inputs (bert_preprocessor.cc,
 * regex_preprocessor.cc of the Task Library). */
#include "task/text_input.h"

#include <string.h>

#include "tensorflow/lite/core/c/common.h"

enum { MAX_LENGTH = 1 << 20 };

/* ---- which input is which ---- */

static bool contains(const char *text, const char *part)
{
    return text && strstr(text, part) != NULL;
}

/* By the metadata's name, else by a part of the model's name, else by number. */
static int find_input(const ln_task *task, const char *name, const char *part, int otherwise)
{
    const int named = ln_task_input_named(task, name);
    if (named >= 0)
        return named;
    for (int i = 0; i < ln_task_inputs(task); i++) {
        if (contains(TfLiteTensorName(ln_task_input(task, i)), part))
            return i;
    }
    return otherwise;
}

static bool check_bert(ln_text_input *in, ln_task_error *error)
{
    const int which[3] = {in->index, in->mask, in->segments};
    const TfLiteTensor *ids = ln_task_input(in->task, in->index);

    if (in->index == in->mask || in->index == in->segments || in->mask == in->segments)
        return ln_task_fail(
            error, kInputTensorNotFoundError,
            "The inputs ids, mask and segment_ids cannot be told apart: the metadata "
            "is to name them so.");
    for (int i = 0; i < 3; i++) {
        const TfLiteTensor *t = ln_task_input(in->task, which[i]);
        if (TfLiteTensorType(t) != kTfLiteInt32)
            return ln_task_fail(error, kInvalidInputTensorTypeError,
                                "Type mismatch for input tensor %s. Requested INT32, got %s.",
                                TfLiteTensorName(t), TfLiteTypeGetName(TfLiteTensorType(t)));
        if (TfLiteTensorNumDims(t) != 2 || TfLiteTensorDim(t, 0) != 1)
            return ln_task_fail(error, kInvalidInputTensorDimensionsError,
                                "The three input tensors in Bert models are expected to have dim 2 "
                                "and batch size 1, but %s has %d dimensions.",
                                TfLiteTensorName(t), TfLiteTensorNumDims(t));
        if (TfLiteTensorDim(t, 1) != TfLiteTensorDim(ids, 1))
            return ln_task_fail(error, kInvalidInputTensorSizeError,
                                "The three input tensors in Bert models are expected to have same "
                                "length, but %s has %d and %s %d.",
                                TfLiteTensorName(ids), TfLiteTensorDim(ids, 1), TfLiteTensorName(t),
                                TfLiteTensorDim(t, 1));
    }
    const TfLiteIntArray *open = ids->dims_signature;
    in->length = open && open->size == 2 && open->data[1] == -1 ? 0 : TfLiteTensorDim(ids, 1);
    if (in->length == 1 || in->length == 2)
        return ln_task_fail(error, kInvalidInputTensorSizeError,
                            "A sequence of %d tokens has no room for text.", in->length);
    return true;
}

static bool init_bert(ln_text_input *in, const ln_meta_unit *unit, ln_task_error *error)
{
    in->kind = LN_TEXT_BERT;
    in->index = find_input(in->task, "ids", "input_ids", 0);
    in->mask = find_input(in->task, "mask", "mask", 1);
    in->segments = find_input(in->task, "segment_ids", "segment", -1);
    if (in->segments < 0)
        in->segments = find_input(in->task, "segment_ids", "type", 3 - in->index - in->mask);
    if (in->segments < 0 || in->segments > 2)
        in->segments = in->index; /* which check_bert reports */
    return check_bert(in, error) && ln_tokenizer_init(&in->tokenizer, in->task, unit, error);
}

static bool init_regex(ln_text_input *in, const ln_meta_unit *unit, ln_task_error *error)
{
    const TfLiteTensor *t = ln_task_input(in->task, in->index);
    const int rank = TfLiteTensorNumDims(t);

    in->kind = LN_TEXT_REGEX;
    if (TfLiteTensorType(t) != kTfLiteInt32)
        return ln_task_fail(error, kInvalidInputTensorTypeError,
                            "Type mismatch for input tensor %s. Requested INT32, got %s.",
                            TfLiteTensorName(t), TfLiteTypeGetName(TfLiteTensorType(t)));
    if (rank != 1 && !(rank == 2 && TfLiteTensorDim(t, 0) == 1))
        return ln_task_fail(
            error, kInvalidInputTensorDimensionsError,
            "The input tensor %s should have dimensions 1 x length, not %d of them.",
            TfLiteTensorName(t), rank);
    in->length = TfLiteTensorDim(t, rank - 1);
    return ln_tokenizer_init(&in->tokenizer, in->task, unit, error);
}

static bool choose_input(ln_text_input *in, const ln_text_options *o, ln_task_error *error)
{
    const char *name = o->input_name ? o->input_name : "";

    in->index = *name ? ln_task_input_named(in->task, name) : -1;
    for (int i = 0; *name && in->index < 0 && i < ln_task_inputs(in->task); i++) {
        if (strcmp(TfLiteTensorName(ln_task_input(in->task, i)), name) == 0)
            in->index = i;
    }
    if (in->index < 0)
        in->index = o->input_index;
    if (in->index < 0 || in->index >= ln_task_inputs(in->task))
        return ln_task_fail(error, kInputTensorNotFoundError,
                            "No input tensor found with name %s or at index %d", name,
                            o->input_index);
    return true;
}

bool ln_text_input_init(ln_text_input *in, ln_task *task, const ln_text_options *o,
                        ln_task_error *error)
{
    const ln_meta_model *model = ln_meta_get(task->meta);
    const ln_meta_unit *unit = NULL;

    *in = (ln_text_input){.task = task};
    ln_tokens_init(&in->tokens, &ln_alloc_default);
    if (model && model->n_graphs > 0)
        unit = ln_tokenizer_unit(&model->graphs[0].input_units);
    if (unit && unit->type != LN_META_REGEX_TOKENIZER && ln_task_inputs(task) >= 3)
        return init_bert(in, unit, error);
    if (!choose_input(in, o, error))
        return false;
    const ln_meta_tensor *meta = ln_meta_input(task->meta, in->index);
    unit = meta ? ln_tokenizer_unit(&meta->units) : NULL;
    if (unit && unit->type == LN_META_REGEX_TOKENIZER)
        return init_regex(in, unit, error);
    if (TfLiteTensorType(ln_task_input(task, in->index)) == kTfLiteString)
        return true;
    return ln_task_fail(error, kMetadataInvalidTokenizerError,
                        "No metadata or input process unit found. The model takes numbers, so its "
                        "metadata must name a tokenizer: `linnet metadata write-nl-classifier`, "
                        "`linnet metadata write-text-embedder` and others add one.");
}

static bool is_string(const ln_task *task, int i)
{
    return TfLiteTensorType(ln_task_input(task, i)) == kTfLiteString;
}

/* Inputs: query, the response's context, response; outputs: encodings of query and response. */
bool ln_text_input_encodes(ln_text_input *in, ln_task_error *error)
{
    enum { RESPONSE_TEXT = 2, RESPONSE_ENCODING = 1 };
    const int n = ln_task_outputs(in->task);

    if (in->kind != LN_TEXT_STRING || ln_task_inputs(in->task) != 3 || !is_string(in->task, 0) ||
        !is_string(in->task, 1) || !is_string(in->task, 2))
        return true;
    if (n < 2)
        return ln_task_fail(error, kInvalidNumOutputTensorsError,
                            "Expected at least 2 output tensors (query encoding, response "
                            "encoding), found %d.",
                            n);
    in->index = RESPONSE_TEXT;
    in->task->only_output = RESPONSE_ENCODING;
    return true;
}

void ln_text_input_deinit(ln_text_input *in)
{
    if (!in->task)
        return;
    ln_tokenizer_deinit(&in->tokenizer);
    ln_tokens_deinit(&in->tokens);
}

/* ---- filling ---- */

static int *ints(ln_text_input *in, int i)
{
    return TfLiteTensorData(ln_task_input(in->task, i));
}

/* <START> where the vocabulary has it, the words, <PAD>. */
static void fill_regex(ln_text_input *in)
{
    const int start = ln_tokenizer_find(&in->tokenizer, "<START>");
    const int pad = ln_tokenizer_find(&in->tokenizer, "<PAD>");
    const int unknown = ln_tokenizer_find(&in->tokenizer, "<UNKNOWN>");
    int *to = ints(in, in->index), at = 0;

    if (start >= 0 && in->length > 0)
        to[at++] = start;
    for (size_t i = 0; i < in->tokens.n && at < in->length; i++)
        to[at++] = in->tokens.at[i].id < 0 ? unknown : in->tokens.at[i].id;
    while (at < in->length)
        to[at++] = pad;
}

static bool resize_bert(ln_text_input *in, int length, ln_task_error *error)
{
    const int which[3] = {in->index, in->mask, in->segments}, dims[2] = {1, length};
    for (int i = 0; i < 3; i++) {
        if (TfLiteInterpreterResizeInputTensor(in->task->interpreter, which[i], dims, 2) !=
            kTfLiteOk)
            return ln_task_fail(error, kError, "The model does not take %d tokens: %s", length,
                                in->task->message);
    }
    if (TfLiteInterpreterAllocateTensors(in->task->interpreter) != kTfLiteOk)
        return ln_task_fail(error, kError, "The model does not take %d tokens: %s", length,
                            in->task->message);
    return true;
}

static void put(ln_text_input *in, int *at, int id, int segment)
{
    ints(in, in->index)[*at] = id;
    ints(in, in->mask)[*at] = 1;
    ints(in, in->segments)[*at] = segment;
    ++*at;
}

bool ln_text_fill_bert(ln_text_input *in, const ln_token *first, int n, const ln_token *second,
                       int n2, ln_task_error *error)
{
    const int cls = LN_MAX(0, ln_tokenizer_find(&in->tokenizer, "[CLS]"));
    const int sep = LN_MAX(0, ln_tokenizer_find(&in->tokenizer, "[SEP]"));
    const int extra = n2 < 0 ? 2 : 3, wanted = n + LN_MAX(n2, 0) + extra;
    const int length = in->length ? in->length : LN_MIN(wanted, MAX_LENGTH);
    int at = 0;

    if (!in->length && !resize_bert(in, length, error))
        return false;
    n = LN_MIN(n, length - extra);
    put(in, &at, cls, 0);
    for (int i = 0; i < n; i++)
        put(in, &at, LN_MAX(0, first[i].id), 0);
    put(in, &at, sep, 0);
    if (n2 >= 0) {
        n2 = LN_MIN(n2, length - extra - n);
        for (int i = 0; i < n2; i++)
            put(in, &at, LN_MAX(0, second[i].id), 1);
        put(in, &at, sep, 1);
    }
    for (; at < length; at++)
        ints(in, in->index)[at] = ints(in, in->mask)[at] = ints(in, in->segments)[at] = 0;
    return true;
}

/* A tensor with one string: how many, where each begins, where the last ends, the bytes. */
static bool fill_string(TfLiteTensor *t, const char *text, size_t n, ln_task_error *error)
{
    const int32_t head[3] = {1, 12, (int32_t)(12 + n)};

    if (n > INT32_MAX - 12 || TfLiteTensorRealloc(12 + n, t) != kTfLiteOk)
        return ln_task_fail(error, kError, "No memory for a text of %zu bytes.", n);
    memcpy(t->data.raw, head, sizeof head);
    memcpy(t->data.raw + sizeof head, text, n);
    return true;
}

/* Other strings that the model takes are empty. */
static bool fill_strings(ln_text_input *in, const char *text, size_t n, ln_task_error *error)
{
    bool ok = true;
    for (int i = 0; ok && i < ln_task_inputs(in->task); i++) {
        if (is_string(in->task, i))
            ok = fill_string(ln_task_input(in->task, i), text, i == in->index ? n : 0, error);
    }
    return ok;
}

bool ln_text_run(ln_text_input *in, const char *text, ln_task_error *error)
{
    const size_t n = strlen(text);

    if (in->kind == LN_TEXT_STRING) {
        if (!fill_strings(in, text, n, error))
            return false;
    } else {
        in->tokens.n = 0;
        if (!ln_tokenize(&in->tokenizer, &in->tokens, text, n, error))
            return false;
        const int count = (int)LN_MIN(in->tokens.n, (size_t)MAX_LENGTH);
        if (in->kind == LN_TEXT_REGEX)
            fill_regex(in);
        else if (!ln_text_fill_bert(in, in->tokens.at, count, NULL, -1, error))
            return false;
    }
    return ln_task_invoke(in->task, error);
}
