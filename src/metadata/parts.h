/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h: pieces of metadata as JSON, of which the writers put together what a task needs.  When
 * memory is out, `failed` sticks. */
#ifndef LN_METADATA_PARTS_H
#define LN_METADATA_PARTS_H

#include <cjson/cJSON.h>

#include "linnet/metadata_writers.h"
#include "metadata/model_view.h"

typedef struct ln_parts {
    const ln_meta_task_options *options;
    ln_model_view model;
    cJSON *root, *graph;
    bool failed;
} ln_parts;

/* ---- JSON ---- */

/* An object or list in `parent`, under `name` or at the end of a list (`name` NULL). */
cJSON *ln_part_object(ln_parts *p, cJSON *parent, const char *name);
cJSON *ln_part_list(ln_parts *p, cJSON *parent, const char *name);
/* NULL is left out. */
void ln_part_text(ln_parts *p, cJSON *parent, const char *name, const char *text);
void ln_part_number(ln_parts *p, cJSON *parent, const char *name, double value);
/* The list of this name in `parent`, made where there is none. */
cJSON *ln_part_open_list(ln_parts *p, cJSON *parent, const char *name);

/* ---- tensors ---- */

/* A tensor at the end of `list`, with content of the type "FeatureProperties" or its like. */
cJSON *ln_part_tensor(ln_parts *p, cJSON *list, const char *name, const char *description,
                      const char *content);
/* The properties of its content. */
cJSON *ln_part_properties(cJSON *tensor);
/* Its statistics: one value each. */
void ln_part_stats(ln_parts *p, cJSON *tensor, double min, double max);
/* Its content is about the dimension `dim`. */
void ln_part_range(ln_parts *p, cJSON *tensor, int min, int max);
/* A file of `owner`, in its list of this name. */
void ln_part_file(ln_parts *p, cJSON *owner, const char *list, const ln_meta_source *file,
                  const char *description, const char *type);
/* A process unit in a list of `owner`; its options are returned. */
cJSON *ln_part_unit(ln_parts *p, cJSON *owner, const char *list, const char *type);

/* ---- what several tasks have ---- */

void ln_part_image(ln_parts *p, cJSON *inputs, const char *description);
void ln_part_audio(ln_parts *p, cJSON *inputs, const char *description);
void ln_part_labels(ln_parts *p, cJSON *tensor, const char *type);
void ln_part_calibration(ln_parts *p, cJSON *tensor);
/* Probabilities of classes: output `i`, with labels and calibration. */
void ln_part_classes(ln_parts *p, cJSON *outputs, const char *description);
/* The tokenizer, in a list of `owner`. */
void ln_part_tokenizer(ln_parts *p, cJSON *owner, const char *list, ln_meta_unit_type type);

#endif
