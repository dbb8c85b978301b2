/* SPDX-License-Identifier: Apache-2.0 */
/* task.h: what the commands of tasks (classify, detect, segment, embed, answer, listen) share:
 * options of a command line as options of a task, results as a table or JSON. */
#ifndef TASK_H
#define TASK_H

#include <cjson/cJSON.h>

#include "common/args.h"
#include "linnet/task/vision.h"

#define TASK_OPTIONS                                                                    \
    {"threads", "N", "threads of the CPU engine (default 1)"},                          \
    {"delegate", "NAME", "cpu (default), none, or the library of an external delegate"}, \
    {"json", NULL, "print JSON: one object per input"}
#define CATEGORY_OPTIONS                                                          \
    {"max", "N", "at most N results (default 5)"},                                \
    {"threshold", "X", "leave out scores below X"},                               \
    {"allow", "NAME", "only this class; may be repeated"},                        \
    {"deny", "NAME", "all classes but this one; may be repeated"},                \
    {"locale", "NAME", "language of display names (default en)"}
#define VISION_OPTIONS                                                            \
    {"mean", "X", "normalize by (value - X) / --std where the metadata says nothing"}, \
    {"std", "X", "see --mean"},                                                   \
    {"letterbox", NULL, "keep the image's proportions, fill the rest with black"}

typedef struct task_lists {
    const char **allow, **deny;
} task_lists;

/* Fill options from the command line; false after a message. */
bool task_base(const args *a, ln_task_options *to);
bool task_categories(const args *a, ln_classifier_options *to, task_lists *lists);
void task_lists_free(task_lists *lists);
bool task_vision(const args *a, ln_vision_options *to, task_lists *lists);

/* An image of a file, turned as its EXIF data says, so that it is drawn as it is seen; NULL after a
 * message. */
ln_image *task_image(const char *path);
/* Where an annotated picture goes: --output, or NAME.KIND.png here. */
char *task_picture_path(const args *a, const char *input, const char *kind);

/* What a person reads: the display name, where there is one. */
const char *task_name(const char *name, const char *display_name);

/* One object with "input", to which results are added. */
cJSON *task_json(const char *input);
cJSON *task_json_category(const ln_category *c);
/* Prints and frees. */
void task_print_json(cJSON *json);
/* Prints the categories of all heads, as a table or JSON. */
void task_print_categories(const args *a, const char *input, const ln_classification_result *r);
/* Prints vectors: the first values as a line, or all as JSON. */
void task_print_vectors(const args *a, const char *input, const ln_embedding_result *r);

#endif
