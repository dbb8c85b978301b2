/* SPDX-License-Identifier: Apache-2.0 */
/* metadata_writers.h: the metadata that task libraries want, for each of their tasks.  What it says
 * is what tflite-support's writers say.  In liblinnet_task.
 *
 *     const float mean = 127.5f, std = 127.5f;
 *     const ln_meta_source labels = {"labels.txt", text, strlen(text), NULL};
 *     ln_meta_task_options options = {
 *         .task = LN_META_IMAGE_CLASSIFIER,
 *         .mean = &mean, .std = &std, .n_norm = 1,
 *         .labels = &labels, .n_labels = 1,
 *     };
 *     ln_meta_edit_task(edit, &options, &error);  then ln_meta_edit_write */
#ifndef LINNET_METADATA_WRITERS_H
#define LINNET_METADATA_WRITERS_H

#include "linnet/metadata_edit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A searcher is an embedder with an index. */
typedef enum ln_meta_task {
    LN_META_IMAGE_CLASSIFIER,
    LN_META_OBJECT_DETECTOR, /* outputs by number of tensor: places, classes, scores, count */
    LN_META_IMAGE_SEGMENTER,
    LN_META_IMAGE_EMBEDDER,
    LN_META_NL_CLASSIFIER,
    LN_META_BERT_NL_CLASSIFIER,
    LN_META_QUESTION_ANSWERER,
    LN_META_TEXT_EMBEDDER, /* of one input, or of the three of BERT */
    LN_META_AUDIO_CLASSIFIER,
    LN_META_AUDIO_EMBEDDER
} ln_meta_task;

/* The name of a task, "image-classifier"; NULL past the last one. */
LN_API const char *ln_meta_task_name(ln_meta_task task);

/* A file that goes along with the model. */
typedef struct ln_meta_source {
    const char *name;
    const void *data;
    size_t size;
    const char *locale; /* of labels in one language: "de"; or NULL */
} ln_meta_source;

/* What is 0 or NULL is left out, or is the task's own. */
typedef struct ln_meta_task_options {
    ln_meta_task task;
    const char *name, *description, *version, *author, *license;
    const float *mean, *std;            /* of an image: n_norm values of each */
    int n_norm;
    uint32_t sample_rate, channels;     /* of audio */
    const ln_meta_source *labels;
    int n_labels;                       /* files, not lines */
    const ln_meta_source *calibration;  /* of scores, with: */
    ln_meta_transformation transformation;
    float default_score;
    ln_meta_unit_type tokenizer;        /* of text; of BERT: BERT (the default) or SentencePiece */
    const char *regex;
    const ln_meta_source *vocabulary, *sentence_model;
    const char *bert_names[3];          /* tensors of ids, mask and segment ids; NULL: by name */
    const ln_meta_source *index;        /* of an embedder: what it is searched in */
} ln_meta_task_options;

/* Takes the metadata and the files of a task instead of the model's. */
LN_API bool ln_meta_edit_task(ln_meta_edit *edit, const ln_meta_task_options *options,
                              ln_meta_error *error);

#ifdef __cplusplus
}
#endif

#endif
