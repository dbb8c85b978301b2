/* SPDX-License-Identifier: Apache-2.0 */
/* write_metadata.c: the metadata of a task, from the command's options. */
#include "task/write_metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "linnet/metadata_writers.h"

enum { MAX_FILES = 64, MAX_NORM = 64 };

typedef struct writing {
    ln_meta_task_options options;
    ln_meta_source files[MAX_FILES]; /* the labels come first */
    int n_files;
    char *names[MAX_FILES];
    float mean[MAX_NORM], std[MAX_NORM];
} writing;

static int find_task(const char *action)
{
    const char *name;
    if (strncmp(action, "write-", 6) != 0)
        return -1;
    for (int i = 0; (name = ln_meta_task_name((ln_meta_task)i)) != NULL; i++) {
        if (strcmp(name, action + 6) == 0)
            return i;
    }
    return -1;
}

bool write_metadata_task(const char *action)
{
    return find_task(action) >= 0;
}

/* ---- options ---- */

/* Numbers with commas; returns how many, -1 when it is something else. */
static int read_numbers(const char *text, float values[MAX_NORM])
{
    int n = 0;
    for (char *end; n < MAX_NORM; text = end + 1) {
        values[n++] = strtof(text, &end);
        if (end == text || (*end && *end != ','))
            return -1;
        if (!*end)
            return n;
    }
    return -1;
}

static int read_normalization(const args *a, writing *w)
{
    const char *mean = args_text(a, "mean", NULL), *std = args_text(a, "std", NULL);
    if (!mean && !std)
        return TOOL_OK;
    const int n = mean ? read_numbers(mean, w->mean) : -1;
    if (n < 0 || !std || read_numbers(std, w->std) != n) {
        tool_error("--mean and --std go together, and have the same number of values");
        return TOOL_USAGE;
    }
    w->options.mean = w->mean;
    w->options.std = w->std;
    w->options.n_norm = n;
    return TOOL_OK;
}

static const ln_meta_source *add_file(writing *w, const char *path)
{
    if (w->n_files == MAX_FILES) {
        tool_error("%d files are too many", MAX_FILES + 1);
        return NULL;
    }
    ln_meta_source *f = &w->files[w->n_files];
    size_t n;
    f->data = tool_read_file(path, &n);
    if (!f->data)
        return NULL;
    f->size = n;
    f->name = tool_basename(path);
    w->n_files++;
    return f;
}

/* FILE or FILE:LOCALE; a colon that a folder follows belongs to the name. */
static bool add_labels(writing *w, const char *text)
{
    char *path = tool_copy(text), *colon = strrchr(path, ':');
    w->names[w->n_files < MAX_FILES ? w->n_files : 0] = path;
    if (colon && !strchr(colon, '/'))
        *colon = '\0';
    else
        colon = NULL;
    if (!add_file(w, path))
        return false;
    w->files[w->n_files - 1].locale = colon ? colon + 1 : NULL;
    return true;
}

static bool take_file(const args *a, writing *w, const char *option, const ln_meta_source **out)
{
    const char *path = args_text(a, option, NULL);
    if (path)
        *out = add_file(w, path);
    return !path || *out;
}

static int read_files(const args *a, writing *w)
{
    ln_meta_task_options *o = &w->options;
    const char *text;
    for (int at = 0; (text = args_next(a, "labels", &at)) != NULL;) {
        if (!add_labels(w, text))
            return TOOL_FAILED;
    }
    o->labels = w->files;
    o->n_labels = w->n_files;
    return take_file(a, w, "calibration", &o->calibration) &&
                   take_file(a, w, "vocab", &o->vocabulary) &&
                   take_file(a, w, "sentence-piece", &o->sentence_model) &&
                   take_file(a, w, "index", &o->index)
               ? TOOL_OK
               : TOOL_FAILED;
}

static int read_calibration(const args *a, writing *w)
{
    static const char *const kinds[] = {"identity", "log", "inverse-logistic"};
    const char *kind = args_text(a, "transformation", kinds[0]);
    double score = 0;
    if (!args_double(a, "default-score", &score))
        return TOOL_USAGE;
    w->options.default_score = (float)score;
    for (int i = 0; i < 3; i++) {
        if (strcmp(kinds[i], kind) == 0) {
            w->options.transformation = (ln_meta_transformation)i;
            return TOOL_OK;
        }
    }
    tool_error("--transformation is %s, not identity, log or inverse-logistic", kind);
    return TOOL_USAGE;
}

static int read_options(const args *a, writing *w)
{
    ln_meta_task_options *o = &w->options;
    int rate = 0, channels = 1;
    o->task = (ln_meta_task)find_task(a->operands[0]);
    o->name = args_text(a, "name", NULL);
    o->description = args_text(a, "description", NULL);
    o->version = args_text(a, "version", NULL);
    o->author = args_text(a, "author", NULL);
    o->license = args_text(a, "license", NULL);
    o->regex = args_text(a, "regex", NULL);
    o->bert_names[0] = args_text(a, "ids-tensor", NULL);
    o->bert_names[1] = args_text(a, "mask-tensor", NULL);
    o->bert_names[2] = args_text(a, "segment-tensor", NULL);
    if (o->regex)
        o->tokenizer = LN_META_REGEX_TOKENIZER;
    else if (args_flag(a, "sentence-piece"))
        o->tokenizer = LN_META_SENTENCE_PIECE_TOKENIZER;
    if (!args_int(a, "sample-rate", 1, 1000000, &rate) ||
        !args_int(a, "channels", 1, 1024, &channels))
        return TOOL_USAGE;
    o->sample_rate = (uint32_t)rate;
    o->channels = (uint32_t)channels;
    int code = read_normalization(a, w);
    if (code == TOOL_OK)
        code = read_calibration(a, w);
    return code == TOOL_OK ? read_files(a, w) : code;
}

int write_metadata(const args *a, ln_meta_edit *edit)
{
    ln_meta_error error = {LN_META_OK, ""};
    writing *w = tool_new(1, sizeof *w);
    int code = read_options(a, w);
    if (code == TOOL_OK && !ln_meta_edit_task(edit, &w->options, &error))
        code = tool_error("%s: %s", a->operands[1], error.text);
    for (int i = 0; i < MAX_FILES; i++) {
        tool_free((void *)w->files[i].data);
        tool_free(w->names[i]);
    }
    tool_free(w);
    return code;
}
