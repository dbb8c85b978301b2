/* SPDX-License-Identifier: Apache-2.0 */
/* task.c: options and output of the commands of tasks. */
#include "task/task.h"

#include <stdio.h>
#include <string.h>

#include "common/tool.h"

bool task_base(const args *a, ln_task_options *to)
{
    to->model_path = a->operands[0];
    to->delegate = args_text(a, "delegate", NULL);
    to->num_threads = 1;
    return args_int(a, "threads", 1, 1024, &to->num_threads);
}

/* The values of a repeated option, ended by NULL; NULL when there are none. */
static const char **collect(const args *a, const char *name)
{
    const char **list = tool_new((size_t)a->n_set + 1, sizeof *list), *value;
    int at = 0, n = 0;
    while ((value = args_next(a, name, &at)))
        list[n++] = value;
    if (n)
        return list;
    tool_free(list);
    return NULL;
}

bool task_categories(const args *a, ln_classifier_options *to, task_lists *lists)
{
    double threshold = 0;
    to->max_results = 5;
    to->locale = args_text(a, "locale", NULL);
    if (!args_int(a, "max", 1, 1 << 20, &to->max_results) ||
        !args_double(a, "threshold", &threshold))
        return false;
    to->has_score_threshold = args_flag(a, "threshold");
    to->score_threshold = (float)threshold;
    to->allow = lists->allow = collect(a, "allow");
    to->deny = lists->deny = collect(a, "deny");
    return true;
}

void task_lists_free(task_lists *lists)
{
    tool_free(lists->allow);
    tool_free(lists->deny);
}

bool task_vision(const args *a, ln_vision_options *to, task_lists *lists)
{
    double mean = 0, std = 1;
    if (!task_base(a, &to->base) || !args_double(a, "mean", &mean) || !args_double(a, "std", &std))
        return false;
    if (args_flag(a, "mean") || args_flag(a, "std")) {
        to->n_mean = 1;
        to->mean[0] = (float)mean;
        to->std[0] = (float)std;
    }
    to->letterbox = args_flag(a, "letterbox");
    return !lists || task_categories(a, &to->categories, lists);
}

ln_image *task_image(const char *path)
{
    ln_task_error error;
    ln_image *image = ln_image_read(path, &error);
    if (image && image->frame.orientation > 1) {
        ln_image *upright = ln_image_from_frame(&image->frame, &error);
        ln_image_free(image);
        image = upright;
    }
    if (!image)
        tool_error("%s: %s", path, error.message);
    return image;
}

char *task_picture_path(const args *a, const char *input, const char *kind)
{
    const char *output = args_text(a, "output", NULL), *name = tool_basename(input);
    const char *dot = strrchr(name, '.');
    if (output)
        return tool_copy(output);
    return tool_format("%.*s.%s.png", (int)(dot ? (size_t)(dot - name) : strlen(name)), name, kind);
}

cJSON *task_json(const char *input)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "input", input);
    return json;
}

cJSON *task_json_category(const ln_category *c)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "index", c->index);
    cJSON_AddNumberToObject(json, "score", (double)c->score);
    cJSON_AddStringToObject(json, "name", c->name);
    if (*c->display_name)
        cJSON_AddStringToObject(json, "display_name", c->display_name);
    return json;
}

const char *task_name(const char *name, const char *display_name)
{
    return *display_name ? display_name : name;
}

void task_print_json(cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);
    if (text)
        printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(json);
}

static void categories_as_json(const char *input, const ln_classification_result *r)
{
    cJSON *json = task_json(input), *heads = cJSON_AddArrayToObject(json, "heads");
    for (int i = 0; i < r->n; i++) {
        cJSON *head = cJSON_CreateObject(), *list;
        cJSON_AddStringToObject(head, "name", r->heads[i].head_name);
        list = cJSON_AddArrayToObject(head, "categories");
        for (int k = 0; k < r->heads[i].n; k++)
            cJSON_AddItemToArray(list, task_json_category(&r->heads[i].categories[k]));
        cJSON_AddItemToArray(heads, head);
    }
    task_print_json(json);
}

void task_print_categories(const args *a, const char *input, const ln_classification_result *r)
{
    if (args_flag(a, "json")) {
        categories_as_json(input, r);
        return;
    }
    printf("%s\n", input);
    for (int i = 0; i < r->n; i++) {
        if (r->n > 1)
            printf("  head %d %s\n", i, r->heads[i].head_name);
        for (int k = 0; k < r->heads[i].n; k++) {
            const ln_category *c = &r->heads[i].categories[k];
            printf("  %7.4f  %5d  %s\n", (double)c->score, c->index,
                   task_name(c->name, c->display_name));
        }
    }
}

static double value_of(const ln_embedding *e, int i)
{
    return e->values ? (double)e->values[i] : (double)e->quantized[i];
}

void task_print_vectors(const args *a, const char *input, const ln_embedding_result *r)
{
    cJSON *json = task_json(input), *list = cJSON_AddArrayToObject(json, "embeddings");
    if (!args_flag(a, "json"))
        printf("%s\n", input);
    for (int i = 0; i < r->n; i++) {
        const ln_embedding *e = &r->embeddings[i];
        cJSON *values = cJSON_CreateArray();
        if (!args_flag(a, "json"))
            printf("  %d values:", e->dimension);
        for (int k = 0; k < e->dimension; k++) {
            cJSON_AddItemToArray(values, cJSON_CreateNumber(value_of(e, k)));
            if (!args_flag(a, "json") && k < 6)
                printf(" %.5g", value_of(e, k));
        }
        if (!args_flag(a, "json"))
            printf("%s\n", e->dimension > 6 ? " ..." : "");
        cJSON_AddItemToArray(list, values);
    }
    if (args_flag(a, "json"))
        task_print_json(json);
    else
        cJSON_Delete(json);
}
