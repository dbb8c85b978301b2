/* SPDX-License-Identifier: Apache-2.0 */
/* metadata_edit.h: giving a model metadata and files, or taking them away.  In liblinnet_task.
 *
 *     ln_meta_error error = {LN_META_OK, ""};
 *     ln_meta_edit *edit = ln_meta_edit_open("model.tflite", &error);
 *     void *bytes = NULL;
 *     size_t n = 0;
 *     if (edit && ln_meta_edit_json(edit, json, &error) &&
 *         ln_meta_edit_add_file(edit, "labels.txt", labels, strlen(labels), &error))
 *         ln_meta_edit_write(edit, LN_META_CHECKED, &bytes, &n, &error);
 *     ln_meta_edit_close(edit);
 *
 * An edit is used by one thread at a time.  Functions that fail return NULL or false; those that do
 * several steps (ln_meta_edit_take, ln_meta_edit_task) may then have done some. */
#ifndef LINNET_METADATA_EDIT_H
#define LINNET_METADATA_EDIT_H

#include "linnet/metadata.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ln_meta_edit ln_meta_edit;

/* Starts with the model as it is.  NULL when it is no model. */
LN_API ln_meta_edit *ln_meta_edit_open(const char *path, ln_meta_error *error);
/* The same for a model in memory, which must outlive the result. */
LN_API ln_meta_edit *ln_meta_edit_memory(const void *model, size_t n, ln_meta_error *error);
/* NULL is fine. */
LN_API void ln_meta_edit_close(ln_meta_edit *edit);

/* Takes this metadata instead of the model's: JSON as ln_meta_json prints it, or a FlatBuffer.  The
 * version that it needs is put in, and folders are taken off the names of files. */
LN_API bool ln_meta_edit_json(ln_meta_edit *edit, const char *json, ln_meta_error *error);
LN_API bool ln_meta_edit_buffer(ln_meta_edit *edit, const void *buffer, size_t n,
                                ln_meta_error *error);
/* Adds a file, in place of one of that name; the bytes are copied.  A folder is taken off the
 * name. */
LN_API bool ln_meta_edit_add_file(ln_meta_edit *edit, const char *name, const void *data, size_t n,
                                  ln_meta_error *error);
/* Removes a file; false when the model carries none of that name. */
LN_API bool ln_meta_edit_remove_file(ln_meta_edit *edit, const char *name, ln_meta_error *error);
/* Takes the metadata and adds the files of another model. */
LN_API bool ln_meta_edit_take(ln_meta_edit *edit, const ln_meta *from, ln_meta_error *error);
/* Removes the metadata and all files. */
LN_API void ln_meta_edit_clear(ln_meta_edit *edit);

/* The metadata that it would be given, NULL when there is none; until the next change. */
LN_API const void *ln_meta_edit_metadata(const ln_meta_edit *edit, size_t *n);

typedef enum ln_meta_strictness {
    LN_META_CHECKED,  /* metadata that ln_meta_check finds fault with is refused */
    LN_META_UNCHECKED /* only what tflite-support asks for: see ln_meta_check */
} ln_meta_strictness;
/* The model with what it has been given, to be freed by ln_meta_free; graph and constants stay as
 * they are.  The same input always gives the same bytes. */
LN_API bool ln_meta_edit_write(ln_meta_edit *edit, ln_meta_strictness strictness, void **model,
                               size_t *n, ln_meta_error *error);

/* Whether the metadata fits the model: it describes one graph, as many inputs and outputs as the
 * graph has, and all files that it names are there (so far this is what tflite-support asks for);
 * an image that goes into a float model has its normalization; labels along an axis are as many as
 * that axis is long.  The message says what to do.  True for a model without metadata. */
LN_API bool ln_meta_check(const ln_meta *meta, ln_meta_error *error);

#ifdef __cplusplus
}
#endif

#endif
