/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c: see parts.h.  Names and descriptions are those of tflite-support's writers
 * (metadata_info.py), which programs in the field look for. */
#include "metadata/parts.h"

static const char vocabulary_text[] =
    "Vocabulary file to convert natural language words to embedding vectors.";
static const char piece_vocabulary_text[] =
    "Vocabulary file to convert natural language words to embedding vectors. This file is optional "
    "during tokenization, while the sentence piece model is mandatory.";
static const char calibration_text[] =
    "Contains sigmoid-based score calibration parameters. The main purposes of score calibration "
    "is to make scores across classes comparable, so that a common threshold can be used for all "
    "output classes.";

/* ---- JSON ---- */

static cJSON *put(ln_parts *p, cJSON *parent, const char *name, cJSON *item)
{
    const cJSON_bool done = !item || !parent ? cJSON_False
                            : name           ? cJSON_AddItemToObject(parent, name, item)
                                             : cJSON_AddItemToArray(parent, item);
    if (done)
        return item;
    cJSON_Delete(item);
    p->failed = true;
    return NULL;
}

cJSON *ln_part_object(ln_parts *p, cJSON *parent, const char *name)
{
    return put(p, parent, name, cJSON_CreateObject());
}

cJSON *ln_part_list(ln_parts *p, cJSON *parent, const char *name)
{
    return put(p, parent, name, cJSON_CreateArray());
}

void ln_part_text(ln_parts *p, cJSON *parent, const char *name, const char *text)
{
    if (text)
        put(p, parent, name, cJSON_CreateString(text));
}

void ln_part_number(ln_parts *p, cJSON *parent, const char *name, double value)
{
    put(p, parent, name, cJSON_CreateNumber(value));
}

cJSON *ln_part_open_list(ln_parts *p, cJSON *parent, const char *name)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(parent, name);
    return list ? list : ln_part_list(p, parent, name);
}

/* ---- tensors ---- */

cJSON *ln_part_tensor(ln_parts *p, cJSON *list, const char *name, const char *description,
                      const char *content)
{
    cJSON *tensor = ln_part_object(p, list, NULL);
    ln_part_text(p, tensor, "name", name);
    ln_part_text(p, tensor, "description", description);
    cJSON *c = ln_part_object(p, tensor, "content");
    ln_part_text(p, c, "content_properties_type", content);
    ln_part_object(p, c, "content_properties");
    ln_part_object(p, tensor, "stats");
    return tensor;
}

cJSON *ln_part_properties(cJSON *tensor)
{
    cJSON *content = cJSON_GetObjectItemCaseSensitive(tensor, "content");
    return cJSON_GetObjectItemCaseSensitive(content, "content_properties");
}

void ln_part_stats(ln_parts *p, cJSON *tensor, double min, double max)
{
    cJSON *stats = cJSON_GetObjectItemCaseSensitive(tensor, "stats");
    ln_part_number(p, ln_part_open_list(p, stats, "max"), NULL, max);
    ln_part_number(p, ln_part_open_list(p, stats, "min"), NULL, min);
}

void ln_part_range(ln_parts *p, cJSON *tensor, int min, int max)
{
    cJSON *content = cJSON_GetObjectItemCaseSensitive(tensor, "content");
    cJSON *range = ln_part_object(p, content, "range");
    ln_part_number(p, range, "min", min);
    ln_part_number(p, range, "max", max);
}

void ln_part_file(ln_parts *p, cJSON *owner, const char *list, const ln_meta_source *file,
                  const char *description, const char *type)
{
    cJSON *f = ln_part_object(p, ln_part_open_list(p, owner, list), NULL);
    ln_part_text(p, f, "name", file->name);
    ln_part_text(p, f, "description", description);
    ln_part_text(p, f, "type", type);
    ln_part_text(p, f, "locale", file->locale);
}

cJSON *ln_part_unit(ln_parts *p, cJSON *owner, const char *list, const char *type)
{
    cJSON *unit = ln_part_object(p, ln_part_open_list(p, owner, list), NULL);
    ln_part_text(p, unit, "options_type", type);
    return ln_part_object(p, unit, "options");
}

/* ---- what several tasks have ---- */

static int input_type(const ln_parts *p)
{
    const ln_fb_table t = ln_model_view_tensor(&p->model, LN_SubGraph_inputs, 0);
    return ln_fb_i8(&t, LN_Tensor_type, 0);
}

void ln_part_image(ln_parts *p, cJSON *inputs, const char *description)
{
    enum { MAX_PIXEL = 255 };
    const ln_meta_task_options *o = p->options;
    cJSON *image = ln_part_tensor(p, inputs, "image", description, "ImageProperties");
    ln_part_text(p, ln_part_properties(image), "color_space", "RGB");
    if (input_type(p) == LN_TYPE_UINT8)
        ln_part_stats(p, image, 0, MAX_PIXEL);
    if (o->n_norm == 0)
        return;
    cJSON *unit = ln_part_unit(p, image, "process_units", "NormalizationOptions");
    cJSON *mean = ln_part_list(p, unit, "mean"), *std = ln_part_list(p, unit, "std");
    for (int i = 0; i < o->n_norm; i++) {
        const double m = (double)o->mean[i], s = (double)o->std[i];
        ln_part_number(p, mean, NULL, m);
        ln_part_number(p, std, NULL, s);
        if (input_type(p) == LN_TYPE_FLOAT32 && s != 0)
            ln_part_stats(p, image, (0 - m) / s, (MAX_PIXEL - m) / s);
    }
}

void ln_part_audio(ln_parts *p, cJSON *inputs, const char *description)
{
    cJSON *audio = ln_part_tensor(p, inputs, "audio_clip", description, "AudioProperties");
    cJSON *properties = ln_part_properties(audio);
    ln_part_number(p, properties, "sample_rate", p->options->sample_rate);
    ln_part_number(p, properties, "channels", p->options->channels);
}

void ln_part_labels(ln_parts *p, cJSON *tensor, const char *type)
{
    for (int i = 0; i < p->options->n_labels; i++)
        ln_part_file(p, tensor, "associated_files", &p->options->labels[i],
                     "Labels for categories that the model can recognize.", type);
}

void ln_part_calibration(ln_parts *p, cJSON *tensor)
{
    static const char *const names[] = {"IDENTITY", "LOG", "INVERSE_LOGISTIC"};
    const ln_meta_task_options *o = p->options;
    if (!o->calibration)
        return;
    cJSON *unit = ln_part_unit(p, tensor, "process_units", "ScoreCalibrationOptions");
    ln_part_text(p, unit, "score_transformation", names[o->transformation]);
    ln_part_number(p, unit, "default_score", (double)o->default_score);
    ln_part_file(p, tensor, "associated_files", o->calibration, calibration_text,
                 "TENSOR_AXIS_SCORE_CALIBRATION");
}

void ln_part_classes(ln_parts *p, cJSON *outputs, const char *description)
{
    const ln_fb_table t = ln_model_view_tensor(&p->model, LN_SubGraph_outputs, 0);
    const int type = ln_fb_i8(&t, LN_Tensor_type, 0);
    cJSON *classes = ln_part_tensor(p, outputs, "probability", description, "FeatureProperties");
    if (type == LN_TYPE_UINT8)
        ln_part_stats(p, classes, 0, 255);
    else if (type == LN_TYPE_FLOAT32)
        ln_part_stats(p, classes, 0, 1);
    ln_part_labels(p, classes, "TENSOR_AXIS_LABELS");
    ln_part_calibration(p, classes);
}

void ln_part_tokenizer(ln_parts *p, cJSON *owner, const char *list, ln_meta_unit_type type)
{
    const ln_meta_task_options *o = p->options;
    const bool pieces = type == LN_META_SENTENCE_PIECE_TOKENIZER;
    cJSON *unit = ln_part_unit(p, owner, list,
                               pieces                            ? "SentencePieceTokenizerOptions"
                               : type == LN_META_REGEX_TOKENIZER ? "RegexTokenizerOptions"
                                                                 : "BertTokenizerOptions");
    if (type == LN_META_REGEX_TOKENIZER)
        ln_part_text(p, unit, "delim_regex_pattern", o->regex);
    if (pieces && o->sentence_model)
        ln_part_file(p, unit, "sentencePiece_model", o->sentence_model,
                     "The sentence piece model file.", NULL);
    if (o->vocabulary)
        ln_part_file(p, unit, "vocab_file", o->vocabulary,
                     pieces ? piece_vocabulary_text : vocabulary_text, "VOCABULARY");
}
