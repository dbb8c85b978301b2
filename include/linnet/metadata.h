/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.h: what a model says of itself for people and for programs that use it: names of its
 * tensors, how to prepare inputs, what the outputs mean, and the files that go along (labels,
 * vocabularies).  In liblinnet_task.
 *
 *     ln_meta *meta = ln_meta_open("model.tflite", NULL);
 *     const ln_meta_tensor *scores = ln_meta_output(meta, 0);
 *     const ln_meta_file *labels =
 *         scores ? ln_meta_find_file(&scores->files, LN_META_AXIS_LABELS, NULL) : NULL;
 *     void *text;
 *     size_t n;
 *     if (labels && ln_meta_read_file(meta, labels->name, &text, &n, NULL))
 *         fwrite(text, 1, n, stdout);
 *
 * All that is reached from an ln_meta belongs to it and lives as long as it does.  It does not
 * change, so several threads may read it at once.  Texts are NULL where the metadata does not have
 * them. */
#ifndef LINNET_METADATA_H
#define LINNET_METADATA_H

#include "linnet/linnet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---- */

typedef enum ln_meta_code {
    LN_META_OK,
    LN_META_NO_MEMORY,
    LN_META_INVALID,   /* an argument, or metadata that does not fit the model */
    LN_META_MALFORMED, /* the model, its metadata, or the archive behind it */
    LN_META_NOT_FOUND, /* no such file in the model, or no metadata at all */
    LN_META_IO
} ln_meta_code;

/* Why a call failed.  Each call that can fail takes one, or NULL, as its last argument, and leaves
 * it alone when it succeeds. */
typedef struct ln_meta_error {
    ln_meta_code code;
    char text[512];
} ln_meta_error;

/* ---- associated files ---- */

typedef enum ln_meta_file_type {
    LN_META_UNKNOWN_FILE,
    LN_META_DESCRIPTIONS,
    LN_META_AXIS_LABELS,       /* a line per place along an axis */
    LN_META_VALUE_LABELS,      /* a line per value */
    LN_META_SCORE_CALIBRATION, /* a line of parameters per label */
    LN_META_VOCABULARY,
    LN_META_SCANN_INDEX
} ln_meta_file_type;

typedef struct ln_meta_file {
    const char *name, *description, *locale, *version;
    ln_meta_file_type type;
} ln_meta_file;

typedef struct ln_meta_files {
    int n;
    const ln_meta_file *all;
} ln_meta_files;

/* The first file of this type with this locale (NULL or "": without one); NULL when there is
 * none. */
LN_API const ln_meta_file *ln_meta_find_file(const ln_meta_files *files, ln_meta_file_type type,
                                             const char *locale);

/* ---- process units: what is done to a tensor before or behind the model ---- */

typedef enum ln_meta_unit_type {
    LN_META_UNKNOWN_UNIT,
    LN_META_NORMALIZATION,
    LN_META_CALIBRATION,
    LN_META_THRESHOLDING,
    LN_META_BERT_TOKENIZER,
    LN_META_SENTENCE_PIECE_TOKENIZER,
    LN_META_REGEX_TOKENIZER
} ln_meta_unit_type;

typedef enum ln_meta_transformation {
    LN_META_IDENTITY,
    LN_META_LOG,
    LN_META_INVERSE_LOGISTIC
} ln_meta_transformation;

typedef struct ln_meta_unit {
    ln_meta_unit_type type;
    int n_mean, n_std;
    const float *mean, *std;               /* of a normalization: (x - mean) / std */
    ln_meta_transformation transformation; /* of a calibration */
    float default_score;                   /* of a calibration: of labels without parameters */
    float threshold;                       /* of a thresholding: lower scores are no results */
    const char *regex;                     /* of a regex tokenizer: what stands between words */
    ln_meta_files vocabularies;            /* of a tokenizer */
    ln_meta_files sentence_models;         /* of a SentencePiece tokenizer */
} ln_meta_unit;

typedef struct ln_meta_units {
    int n;
    const ln_meta_unit *all;
} ln_meta_units;

/* The first process unit of this type; NULL when there is none. */
LN_API const ln_meta_unit *ln_meta_find_unit(const ln_meta_units *units, ln_meta_unit_type type);

/* ---- tensors ---- */

typedef enum ln_meta_content {
    LN_META_UNKNOWN_CONTENT,
    LN_META_FEATURE,
    LN_META_IMAGE,
    LN_META_BOUNDING_BOX,
    LN_META_AUDIO
} ln_meta_content;

typedef enum ln_meta_color { LN_META_UNKNOWN_COLOR, LN_META_RGB, LN_META_GRAYSCALE } ln_meta_color;

typedef enum ln_meta_box {
    LN_META_UNKNOWN_BOX,
    LN_META_BOUNDARIES, /* left, top, right, bottom */
    LN_META_UPPER_LEFT, /* left, top, width, height */
    LN_META_CENTER      /* x and y of the center, width, height */
} ln_meta_box;

typedef struct ln_meta_texts {
    int n;
    const char *const *all; /* none of them NULL */
} ln_meta_texts;

typedef struct ln_meta_tensor {
    const char *name, *description;
    ln_meta_texts dimension_names;
    ln_meta_content content;
    ln_meta_color color;            /* of an image */
    uint32_t width, height;         /* of an image: its usual size, 0 where not said */
    uint32_t sample_rate, channels; /* of audio */
    ln_meta_box box;                /* of a bounding box */
    bool pixels;                    /* its coordinates are pixels, else they go from 0 to 1 */
    int n_index;
    const uint32_t *index;          /* where each of the four numbers above stands in a box */
    bool has_range;
    int range_min, range_max;       /* the dimensions that the content is about */
    ln_meta_units units;
    int n_min, n_max;
    const float *min, *max;         /* values that the tensor takes, per channel or one for all */
    ln_meta_files files;
} ln_meta_tensor;

typedef struct ln_meta_tensors {
    int n;
    const ln_meta_tensor *all;
} ln_meta_tensors;

typedef struct ln_meta_group {
    const char *name;
    ln_meta_texts tensor_names;
} ln_meta_group;

typedef struct ln_meta_groups {
    int n;
    const ln_meta_group *all;
} ln_meta_groups;

typedef struct ln_meta_custom {
    const char *name;
    const void *data;
    size_t size;
} ln_meta_custom;

/* ---- graphs and the model ---- */

typedef struct ln_meta_graph {
    const char *name, *description;
    ln_meta_tensors inputs, outputs; /* in order of the graph's lists */
    ln_meta_files files;
    ln_meta_units input_units, output_units; /* of all inputs (outputs) together */
    ln_meta_groups input_groups, output_groups;
    int n_custom;
    const ln_meta_custom *custom;
} ln_meta_graph;

typedef struct ln_meta_model {
    const char *name, *description, *version, *author, *license;
    const char *min_parser_version; /* the oldest schema that has all that is used: "1.3.0" */
    int n_graphs;
    const ln_meta_graph *graphs;
    ln_meta_files files;
} ln_meta_model;

typedef struct ln_meta ln_meta;

/* Reads the metadata of a model.  A model without any opens too.  NULL when the file is no model,
 * or its metadata or the archive behind it are malformed. */
LN_API ln_meta *ln_meta_open(const char *path, ln_meta_error *error);
/* The same for a model in memory, which must outlive the result. */
LN_API ln_meta *ln_meta_open_memory(const void *model, size_t n, ln_meta_error *error);
/* NULL is fine. */
LN_API void ln_meta_close(ln_meta *meta);

/* All that the metadata says; NULL when the model has none. */
LN_API const ln_meta_model *ln_meta_get(const ln_meta *meta);
/* Input (output) `i` of the main graph; NULL when the metadata does not describe it. */
LN_API const ln_meta_tensor *ln_meta_input(const ln_meta *meta, int i);
LN_API const ln_meta_tensor *ln_meta_output(const ln_meta *meta, int i);

/* The name of file `i` of those that the model carries; NULL past the last one. */
LN_API const char *ln_meta_packed_file(const ln_meta *meta, int i);
/* The bytes of a file that the model carries, with a zero behind them, to be freed by ln_meta_free.
 * False when there is no such file or it is damaged. */
LN_API bool ln_meta_read_file(const ln_meta *meta, const char *name, void **data, size_t *n,
                              ln_meta_error *error);

/* The metadata as it lies in the model, a FlatBuffer with the identifier M001; NULL when there is
 * none. */
LN_API const void *ln_meta_buffer(const ln_meta *meta, size_t *n);

/* ---- metadata as bytes ---- */

/* Where the metadata lies in the bytes of a model, which need not be one that runs; *buffer is NULL
 * where it has none.  False when the model is malformed. */
LN_API bool ln_meta_find(const void *model, size_t n, const void **buffer, size_t *size,
                         ln_meta_error *error);
/* Metadata as JSON with the names of the schema, laid out as the displayer of tflite-support does,
 * floats with up to six digits behind the point.  With `exact` floats have as many digits as it
 * takes to read the same numbers back.  To be freed by ln_meta_free; NULL on failure. */
LN_API char *ln_meta_json(const void *buffer, size_t n, bool exact, ln_meta_error *error);
/* The oldest version of the schema that has all that this metadata uses, "1.0.0" or newer; NULL
 * when it is malformed. */
LN_API const char *ln_meta_version(const void *buffer, size_t n, ln_meta_error *error);

/* Frees what functions of this header give by pointer; NULL is fine. */
LN_API void ln_meta_free(void *p);

#ifdef __cplusplus
}
#endif

#endif
