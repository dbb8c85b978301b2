/* SPDX-License-Identifier: Apache-2.0 */
/* task/: labelled results from images, texts and sound: each task is a thin file over metadata/,
 * media/ and the public C API, which it uses like any program.
 *
 * task.h: what every task has: its model, its interpreter, its metadata; and errors.  A function
 * that can fail returns false and has filled `error`, whose codes are those of the Task Library. */
#ifndef LN_TASK_TASK_H
#define LN_TASK_TASK_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "linnet/metadata.h"
#include "linnet/task/base.h"
#include "tensorflow_lite_support/c/common.h"

typedef struct ln_task {
    ln_file file;
    uint8_t *copy; /* of the part of a descriptor */
    TfLiteModel *model;
    TfLiteInterpreterOptions *options;
    TfLiteInterpreter *interpreter;
    TfLiteOpaqueDelegate *delegate; /* external */
    ln_meta *meta;
    int only_output;   /* of embedders: the one output whose vector is given; 0: all are */
    ln_arena arena;    /* labels and what else lives as long as the task */
    char message[384]; /* the last of the runtime */
} ln_task;

/* Opens the model and allocates its tensors. */
bool ln_task_open(ln_task *task, const ln_task_options *options, ln_task_error *error) LN_MUST_USE;
void ln_task_close(ln_task *task);
bool ln_task_invoke(ln_task *task, ln_task_error *error) LN_MUST_USE;
int ln_task_inputs(const ln_task *task);
int ln_task_outputs(const ln_task *task);
TfLiteTensor *ln_task_input(const ln_task *task, int i);
const TfLiteTensor *ln_task_output(const ln_task *task, int i);

/* Whether the metadata describes the graph at all. */
bool ln_task_has_graph_metadata(const ln_task *task);
/* How many of the graph's outputs the metadata describes. */
int ln_task_described_outputs(const ln_task *task);
/* Whether neither the name of a file nor its bytes, of which one may be NULL, are empty. */
bool ln_task_source_is_whole(const char *path, const void *data, size_t size,
                             ln_task_error *error) LN_MUST_USE;
/* A packed file's bytes, in the task's arena. */
bool ln_task_file(ln_task *task, const char *name, const char **text, size_t *n,
                  ln_task_error *error) LN_MUST_USE;

/* The values of a tensor of numbers as floats; `to` has room for all of them. */
bool ln_task_floats(const TfLiteTensor *t, float *to, ln_task_error *error) LN_MUST_USE;
/* The number of a tensor's values; 0 when a dimension is 0 or not known. */
size_t ln_task_count(const TfLiteTensor *t);
/* The metadata's names tell which tensor is which: the index of the one called `name`, or -1. */
int ln_task_input_named(const ln_task *task, const char *name);
int ln_task_output_named(const ln_task *task, const char *name);

/* Fills `error` (NULL is allowed); always false. */
bool ln_task_fail(ln_task_error *error, int code, const char *fmt, ...) LN_PRINTF(3, 4);
/* The same for what base/ and media/ say. */
bool ln_task_fail_diag(ln_task_error *error, int code, ln_status status, const ln_diag *diag);

/* Allocated results: public part first, behind it the arena that holds all of it. */
void *ln_result_new(size_t size, ln_arena **arena) LN_MUST_USE;
void ln_result_free(void *result, size_t size);

#endif
