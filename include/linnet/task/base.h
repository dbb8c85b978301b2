/* SPDX-License-Identifier: Apache-2.0 */
/* base.h: what all tasks share: where the model comes from, how it runs, categories, errors.
 *
 * A task is an object made from options; it keeps the model open.  One object is to be used by one
 * thread at a time; several objects may run at once.  Options are copied: nothing in them needs to
 * live on, but for the bytes of `model_data`. */
#ifndef LINNET_TASK_BASE_H
#define LINNET_TASK_BASE_H

#include "linnet/linnet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why something failed.  Codes are those of TensorFlow Lite's Task Library (enum
 * TfLiteSupportErrorCode in tensorflow_lite_support/c/common.h); 0: nothing failed. */
typedef struct ln_task_error {
    int code;
    char message[512]; /* which metadata is missing, say, and how to add it */
} ln_task_error;

/* How a task finds and runs its model.  Exactly one of the three sources is to be given. */
typedef struct ln_task_options {
    const char *model_path;
    const void *model_data; /* the file's bytes; they must live as long as the task */
    size_t model_size;
    int model_fd;             /* an open file of which the model is a part ... */
    long long fd_offset;      /* ... from here ... */
    long long fd_length;      /* ... for so many bytes: greater than 0 says that model_fd counts */
    int num_threads;          /* 0 or -1: one */
    const char *delegate;     /* NULL or "cpu": the CPU engine; "none": the reference operators;
                                 else the path of an external delegate's library */
    /* Called with the options before the interpreter is made, for what is not said here: custom
     * operators, a resolver, limits, other delegates.  NULL: nothing. */
    void (*configure)(TfLiteInterpreterOptions *options, void *user);
    void *user;
} ln_task_options;

/* A class with its score. */
typedef struct ln_category {
    int index;                /* its place in the model's output, or in the label map */
    float score;
    const char *name;         /* from the label map; "" where there is none */
    const char *display_name; /* in the locale that was asked for; "" where there is none */
} ln_category;

/* The classes that one output (head) of a classifier gives, best first. */
typedef struct ln_classification {
    const char *head_name; /* "" where the metadata names none */
    int n;
    const ln_category *categories;
} ln_classification;

/* What a classifier gives.  Names belong to the classifier and live as long as it does. */
typedef struct ln_classification_result {
    int n; /* heads */
    const ln_classification *heads;
} ln_classification_result;

/* Frees a result; NULL is allowed. */
LN_API void ln_classification_result_free(ln_classification_result *result);

/* Which categories to give. */
typedef struct ln_classifier_options {
    int max_results;            /* 0 or less: all */
    bool has_score_threshold;   /* else: the model's metadata says it, or none applies */
    float score_threshold;      /* scores below are left out */
    const char *const *allow;   /* names: only these; ended by NULL; NULL: all */
    const char *const *deny;    /* names: all but these; not together with `allow` */
    const char *locale;         /* of display names; NULL: "en" */
} ln_classifier_options;

/* What an embedder gives: a vector per output of the model (of a universal sentence encoder only
 * the second, the response's). */
typedef struct ln_embedding {
    int dimension;
    const float *values;    /* NULL where quantized */
    const int8_t *quantized; /* NULL where not */
    int output;              /* number of the output */
} ln_embedding;

typedef struct ln_embedding_result {
    int n;
    const ln_embedding *embeddings;
} ln_embedding_result;

LN_API void ln_embedding_result_free(ln_embedding_result *result);

typedef struct ln_embedder_options {
    bool l2_normalize; /* scale to length 1 */
    bool quantize;     /* to int8: 1.0 becomes 127; meant for normalized vectors */
} ln_embedder_options;

/* The cosine of the angle between two embeddings of the same kind, from -1 to 1.  False when they
 * differ in kind or dimension, or one of them is zero. */
LN_API bool ln_cosine_similarity(const ln_embedding *a, const ln_embedding *b, double *cosine);

#ifdef __cplusplus
}
#endif

#endif
