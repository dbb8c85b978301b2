/* SPDX-License-Identifier: Apache-2.0 */
/* writers.c: the metadata of each task, put together of parts.c's pieces.  A task is a row of
 * `tasks`: its name, what it is called in the model, and one function that describes inputs and
 * outputs. */
#include "linnet/metadata_writers.h"

#include <string.h>

#include "metadata/meta.h"
#include "metadata/parts.h"
#include "metadata/text.h"

static ln_status refuse(ln_diag *diag, const char *what)
{
    return ln_fail(diag, LN_ERR_ARGUMENT, "%s", what);
}

/* ---- images ---- */

static ln_status image_classifier(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    (void)diag;
    ln_part_image(p, in, "Input image to be classified.");
    ln_part_classes(p, out, "Probabilities of the labels respectively.");
    return LN_OK;
}

/* The model's outputs are told apart by the order of their numbers, as the converter of detection
 * models leaves them.  Gives each output its place in that order. */
static ln_status detector_order(const ln_parts *p, int order[4], ln_diag *diag)
{
    if (ln_model_view_count(&p->model, LN_SubGraph_outputs) != 4)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "an object detector has 4 outputs (places, classes, scores, count), and "
                       "this model has %d",
                       ln_model_view_count(&p->model, LN_SubGraph_outputs));
    for (int i = 0; i < 4; i++) {
        order[i] = 0;
        for (int k = 0; k < 4; k++)
            order[i] += ln_model_view_id(&p->model, LN_SubGraph_outputs, k) <
                        ln_model_view_id(&p->model, LN_SubGraph_outputs, i);
    }
    return LN_OK;
}

static void detector_output(ln_parts *p, cJSON *out, int which)
{
    enum { PLACES, CLASSES, SCORES };
    static const char *const names[][2] = {
        {"location", "The locations of the detected boxes."},
        {"category", "The categories of the detected boxes."},
        {"score", "The scores of the detected boxes."},
        {"number of detections", "The number of the detected boxes."},
    };
    static const int index[] = {1, 0, 3, 2}; /* top, left, bottom, right */
    cJSON *t = ln_part_tensor(p, out, names[which][0], names[which][1],
                              which == PLACES ? "BoundingBoxProperties" : "FeatureProperties");
    if (which <= SCORES)
        ln_part_range(p, t, 2, 2);
    if (which == PLACES) {
        cJSON *box = ln_part_properties(t), *list = ln_part_list(p, box, "index");
        for (size_t i = 0; i < LN_COUNTOF(index); i++)
            ln_part_number(p, list, NULL, index[i]);
        ln_part_text(p, box, "type", "BOUNDARIES");
    } else if (which == CLASSES) {
        ln_part_labels(p, t, "TENSOR_VALUE_LABELS");
    } else if (which == SCORES) {
        ln_part_calibration(p, t);
    }
}

static ln_status object_detector(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    int order[4];
    LN_TRY(detector_order(p, order, diag));
    ln_part_image(p, in, "Input image to be detected.");
    for (int i = 0; i < 4; i++)
        detector_output(p, out, order[i]);
    cJSON *group = ln_part_object(p, ln_part_list(p, p->graph, "output_tensor_groups"), NULL);
    ln_part_text(p, group, "name", "detection_result");
    cJSON *names = ln_part_list(p, group, "tensor_names");
    ln_part_text(p, names, NULL, "location");
    ln_part_text(p, names, NULL, "category");
    ln_part_text(p, names, NULL, "score");
    return LN_OK;
}

static ln_status image_segmenter(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    (void)diag;
    ln_part_image(p, in, "Input image to be segmented.");
    cJSON *masks =
        ln_part_tensor(p, out, "segmentation_masks",
                       "Masks over the target objects with high accuracy.", "ImageProperties");
    ln_part_text(p, ln_part_properties(masks), "color_space", "GRAYSCALE");
    ln_part_range(p, masks, 1, 2);
    ln_part_labels(p, masks, "TENSOR_AXIS_LABELS");
    return LN_OK;
}

/* ---- embedders ---- */

static void embeddings(ln_parts *p, cJSON *out)
{
    for (int i = 0; i < ln_model_view_count(&p->model, LN_SubGraph_outputs); i++) {
        cJSON *t = ln_part_tensor(p, out, i == 0 ? "embedding" : NULL, NULL, "FeatureProperties");
        if (i > 0)
            ln_part_text(p, t, "name", ln_model_view_name(&p->model, LN_SubGraph_outputs, i));
        if (i == 0 && p->options->index)
            ln_part_file(p, t, "associated_files", p->options->index,
                         "Index of the embeddings to be searched.", "SCANN_INDEX_FILE");
    }
}

static ln_status image_embedder(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    (void)diag;
    ln_part_image(p, in, "Input image to be embedded.");
    embeddings(p, out);
    return LN_OK;
}

/* ---- audio ---- */

static ln_status check_audio(const ln_parts *p, ln_diag *diag)
{
    return p->options->sample_rate && p->options->channels
               ? LN_OK
               : refuse(diag, "the sample rate and the number of channels of the audio that the "
                              "model takes must be given, 16000 and 1 for instance");
}

static ln_status audio_classifier(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    LN_TRY(check_audio(p, diag));
    ln_part_audio(p, in, "Input audio clip to be classified.");
    ln_part_classes(p, out, "Scores of the labels respectively.");
    return LN_OK;
}

static ln_status audio_embedder(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    LN_TRY(check_audio(p, diag));
    ln_part_audio(p, in, "Input audio clip to be embedded.");
    embeddings(p, out);
    return LN_OK;
}

/* ---- text ---- */

static ln_status check_tokenizer(const ln_parts *p, ln_meta_unit_type type, ln_diag *diag)
{
    const ln_meta_task_options *o = p->options;
    if (type == LN_META_REGEX_TOKENIZER && !(o->regex && o->vocabulary))
        return refuse(diag, "a regex tokenizer needs its pattern and its vocabulary");
    if (type == LN_META_BERT_TOKENIZER && !o->vocabulary)
        return refuse(diag, "a BERT tokenizer needs its vocabulary");
    if (type == LN_META_SENTENCE_PIECE_TOKENIZER && !o->sentence_model)
        return refuse(diag, "a SentencePiece tokenizer needs its model");
    return LN_OK;
}

static ln_status text_input(ln_parts *p, cJSON *in, const char *description, ln_diag *diag)
{
    const ln_meta_unit_type type = p->options->tokenizer;
    if (type != LN_META_UNKNOWN_UNIT && type != LN_META_REGEX_TOKENIZER)
        return refuse(diag, "a model of one text input takes a regex tokenizer or none; BERT and "
                            "SentencePiece are for models with the inputs of BERT");
    LN_TRY(check_tokenizer(p, type, diag));
    cJSON *text = ln_part_tensor(p, in, "input_text", description, "FeatureProperties");
    if (type == LN_META_REGEX_TOKENIZER)
        ln_part_tokenizer(p, text, "process_units", type);
    return LN_OK;
}

/* Which of BERT's inputs tensor `i` is: 0 ids, 1 mask, 2 segment ids. */
static int bert_role(const ln_parts *p, int i)
{
    const char *name = ln_model_view_name(&p->model, LN_SubGraph_inputs, i);
    const char *const *given = p->options->bert_names;
    for (int k = 0; k < 3; k++) {
        if (given[k] && strcmp(given[k], name) == 0)
            return k;
    }
    return strstr(name, "mask") ? 1 : strstr(name, "segment") || strstr(name, "type") ? 2 : 0;
}

static ln_status bert_inputs(ln_parts *p, cJSON *in, ln_diag *diag)
{
    static const char *const names[][2] = {
        {"ids", "Tokenized ids of the input text."},
        {"mask", "Mask with 1 for real tokens and 0 for padding tokens."},
        {"segment_ids", "0 for the first sequence, 1 for the second sequence if exists."},
    };
    const ln_meta_unit_type asked = p->options->tokenizer;
    const ln_meta_unit_type type = asked ? asked : LN_META_BERT_TOKENIZER;
    unsigned seen = 0;
    LN_TRY(check_tokenizer(p, type, diag));
    const int n = ln_model_view_count(&p->model, LN_SubGraph_inputs);
    for (int i = 0; i < n; i++) {
        const int role = bert_role(p, i);
        ln_part_tensor(p, in, names[role][0], names[role][1], "FeatureProperties");
        seen |= 1u << role;
    }
    if (n != 3 || seen != 7)
        return ln_fail(diag, LN_ERR_ARGUMENT,
                       "the inputs of a BERT model are ids, mask and segment ids; this model's "
                       "inputs (%d, the first is '%s') are not these by their names: say which "
                       "tensors they are",
                       n, ln_model_view_name(&p->model, LN_SubGraph_inputs, 0));
    ln_part_tokenizer(p, p->graph, "input_process_units", type);
    return LN_OK;
}

static ln_status nl_classifier(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    LN_TRY(
        text_input(p, in, "Embedding vectors representing the input text to be classified.", diag));
    ln_part_classes(p, out, "Probabilities of the labels respectively.");
    return LN_OK;
}

static ln_status bert_nl_classifier(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    LN_TRY(bert_inputs(p, in, diag));
    ln_part_classes(p, out, "Probabilities of the labels respectively.");
    return LN_OK;
}

static ln_status question_answerer(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    static const char *const names[][2] = {
        {"end_logits", "Logits over the positions which indicate where the answer ends."},
        {"start_logits", "Logits over the positions which indicate where the answer begins."},
    };
    LN_TRY(bert_inputs(p, in, diag));
    const char *first = ln_model_view_name(&p->model, LN_SubGraph_outputs, 0);
    const int start_first = strstr(first, "start") != NULL;
    for (int i = 0; i < 2; i++) {
        const char *const *name = names[i ^ start_first];
        ln_part_tensor(p, out, name[0], name[1], "FeatureProperties");
    }
    return LN_OK;
}

static ln_status text_embedder(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag)
{
    if (ln_model_view_count(&p->model, LN_SubGraph_inputs) == 3)
        LN_TRY(bert_inputs(p, in, diag));
    else
        LN_TRY(text_input(p, in, "Input text to be embedded.", diag));
    embeddings(p, out);
    return LN_OK;
}

/* ---- the tasks ---- */

static const struct task {
    const char *name, *model, *description;
    ln_status (*describe)(ln_parts *p, cJSON *in, cJSON *out, ln_diag *diag);
} tasks[] = {
    [LN_META_IMAGE_CLASSIFIER] =
        {"image-classifier", "ImageClassifier",
         "Identify the most prominent object in the image from a known set of categories.",
         image_classifier},
    [LN_META_OBJECT_DETECTOR] =
        {"object-detector", "ObjectDetector",
         "Identify which of a known set of objects might be present and provide information about "
         "their positions within the given image or a video stream.",
         object_detector},
    [LN_META_IMAGE_SEGMENTER] =
        {"image-segmenter", "ImageSegmenter",
         "Semantic image segmentation predicts whether each pixel of an image is associated with a "
         "certain class.",
         image_segmenter},
    [LN_META_IMAGE_EMBEDDER] =
        {"image-embedder", "ImageEmbedder",
         "Represents an image as a vector, so that like images have like vectors.", image_embedder},
    [LN_META_NL_CLASSIFIER] = {"nl-classifier", "NLClassifier",
                               "Classify the input text into a set of known categories.",
                               nl_classifier},
    [LN_META_BERT_NL_CLASSIFIER] = {"bert-nl-classifier", "BertNLClassifier",
                                    "Classify the input text into a set of known categories.",
                                    bert_nl_classifier},
    [LN_META_QUESTION_ANSWERER] = {"question-answerer", "BertQuestionAnswerer",
                                   "Finds the answer to a question in a text.", question_answerer},
    [LN_META_TEXT_EMBEDDER] =
        {"text-embedder", "TextEmbedder",
         "Represents a text as a vector, so that like texts have like vectors.", text_embedder},
    [LN_META_AUDIO_CLASSIFIER] =
        {"audio-classifier", "AudioClassifier",
         "Identify the most prominent type in the audio clip from a known set of categories.",
         audio_classifier},
    [LN_META_AUDIO_EMBEDDER] =
        {"audio-embedder", "AudioEmbedder",
         "Represents a sound as a vector, so that like sounds have like vectors.", audio_embedder},
};

const char *ln_meta_task_name(ln_meta_task task)
{
    return (size_t)task < LN_COUNTOF(tasks) ? tasks[task].name : NULL;
}

static ln_status describe(ln_parts *p, const struct task *task, ln_diag *diag)
{
    const ln_meta_task_options *o = p->options;
    ln_part_text(p, p->root, "name", o->name ? o->name : task->model);
    ln_part_text(p, p->root, "description", o->description ? o->description : task->description);
    ln_part_text(p, p->root, "version", o->version);
    ln_part_text(p, p->root, "author", o->author);
    ln_part_text(p, p->root, "license", o->license);
    p->graph = ln_part_object(p, ln_part_list(p, p->root, "subgraph_metadata"), NULL);
    cJSON *in = ln_part_list(p, p->graph, "input_tensor_metadata");
    cJSON *out = ln_part_list(p, p->graph, "output_tensor_metadata");
    LN_TRY(task->describe(p, in, out, diag));
    return p->failed ? ln_fail(diag, LN_ERR_MEMORY, "no memory for the metadata") : LN_OK;
}

static bool add_files(ln_meta_edit *edit, const ln_meta_task_options *o, ln_meta_error *error)
{
    const ln_meta_source *const single[] = {o->calibration, o->vocabulary, o->sentence_model,
                                            o->index};
    for (int i = 0; i < o->n_labels; i++) {
        const ln_meta_source *f = &o->labels[i];
        if (!ln_meta_edit_add_file(edit, f->name, f->data, f->size, error))
            return false;
    }
    for (size_t i = 0; i < LN_COUNTOF(single); i++) {
        const ln_meta_source *f = single[i];
        if (f && !ln_meta_edit_add_file(edit, f->name, f->data, f->size, error))
            return false;
    }
    return true;
}

bool ln_meta_edit_task(ln_meta_edit *edit, const ln_meta_task_options *options,
                       ln_meta_error *error)
{
    ln_diag diag = {0};
    const ln_meta *model = ln_meta_edit_source(edit);
    if ((size_t)options->task >= LN_COUNTOF(tasks))
        return ln_meta_report(refuse(&diag, "there is no such task"), &diag, error);
    ln_parts p = {.options = options,
                  .model = ln_model_view_of(model->model, model->size),
                  .root = cJSON_CreateObject()};
    const ln_status status = describe(&p, &tasks[options->task], &diag);
    char *json = status == LN_OK ? cJSON_PrintUnformatted(p.root) : NULL;
    bool ok = ln_meta_report(status == LN_OK && !json ? LN_ERR_MEMORY : status, &diag, error);
    if (ok) {
        ln_meta_edit_clear(edit);
        ok = ln_meta_edit_json(edit, json, error) && add_files(edit, options, error);
    }
    cJSON_free(json);
    cJSON_Delete(p.root);
    return ok;
}
