/* SPDX-License-Identifier: Apache-2.0 */
/* vision.c: `linnet classify`, `detect` and `segment`. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/tool.h"
#include "linnet/task/text.h"
#include "task/task.h"

/* ---- classify ---- */

static const ln_box *region(const args *a, ln_box *box, bool *ok)
{
    const char *text = args_text(a, "roi", NULL);
    char rest;
    *ok = !text ||
          sscanf(text, "%d,%d,%d,%d%c", &box->x, &box->y, &box->width, &box->height, &rest) == 4;
    if (!*ok)
        tool_error("--roi is four numbers, X,Y,WIDTH,HEIGHT");
    return text ? box : NULL;
}

static int classify_images(const args *a, const ln_vision_options *o)
{
    ln_task_error error;
    ln_box box;
    bool ok;
    const ln_box *roi = region(a, &box, &ok);
    if (!ok)
        return TOOL_USAGE;
    ln_image_classifier *c = ln_image_classifier_create(o, &error);
    if (!c)
        return tool_error("%s: %s", a->operands[0], error.message);
    int code = TOOL_OK;
    for (int i = 1; i < a->n_operands; i++) {
        ln_image *image = task_image(a->operands[i]);
        ln_classification_result *r =
            image ? ln_image_classify(c, &image->frame, roi, &error) : NULL;
        if (r)
            task_print_categories(a, a->operands[i], r);
        else
            code = image ? tool_error("%s: %s", a->operands[i], error.message) : TOOL_FAILED;
        ln_classification_result_free(r);
        ln_image_free(image);
    }
    ln_image_classifier_free(c);
    return code;
}

static int classify_texts(const args *a, const ln_vision_options *vision)
{
    const ln_text_options o = {.base = vision->base, .categories = vision->categories};
    ln_task_error error;
    const char *text;
    int at = 0, code = TOOL_OK;
    ln_text_classifier *c = ln_text_classifier_create(&o, &error);
    if (!c)
        return tool_error("%s: %s", a->operands[0], error.message);
    while ((text = args_next(a, "text", &at))) {
        ln_classification_result *r = ln_text_classify(c, text, &error);
        if (r)
            task_print_categories(a, text, r);
        else
            code = tool_error("%s", error.message);
        ln_classification_result_free(r);
    }
    ln_text_classifier_free(c);
    return code;
}

static int classify(const args *a)
{
    ln_vision_options o = {0};
    task_lists lists = {0};
    int code = TOOL_USAGE;
    if (a->n_operands < 1 || (a->n_operands < 2) == !args_flag(a, "text"))
        tool_error("give a model, and images or --text");
    else if (task_vision(a, &o, &lists))
        code = args_flag(a, "text") ? classify_texts(a, &o) : classify_images(a, &o);
    task_lists_free(&lists);
    return code;
}

static const arg_option classify_options[] = {
    {"text", "TEXT", "classify this text, by a text model; may be repeated"},
    {"roi", "X,Y,W,H", "only this part of the images, in pixels"},
    CATEGORY_OPTIONS,
    VISION_OPTIONS,
    TASK_OPTIONS,
    {0},
};

const command classify_command = {
    .name = "classify",
    .operands = "MODEL [IMAGE...]",
    .summary = "Says what is in images, or of what kind texts are.",
    .details = "Images are JPEG, PNG or BMP files.  Labels and normalization come from the model's "
               "metadata.\n",
    .options = classify_options,
    .run = classify,
};

/* ---- detect ---- */

static void print_detections(const args *a, const char *input, const ln_detection_result *r)
{
    cJSON *json = task_json(input), *list = cJSON_AddArrayToObject(json, "detections");
    const bool table = !args_flag(a, "json");
    if (table)
        printf("%s\n", input);
    for (int i = 0; i < r->n; i++) {
        const ln_detection *d = &r->detections[i];
        cJSON *item = task_json_category(&d->category);
        cJSON *box = cJSON_AddObjectToObject(item, "box");
        cJSON_AddNumberToObject(box, "x", d->box.x);
        cJSON_AddNumberToObject(box, "y", d->box.y);
        cJSON_AddNumberToObject(box, "width", d->box.width);
        cJSON_AddNumberToObject(box, "height", d->box.height);
        cJSON_AddItemToArray(list, item);
        if (table)
            printf("  %7.4f  %5d %5d %5d %5d  %s\n", (double)d->category.score, d->box.x, d->box.y,
                   d->box.width, d->box.height,
                   task_name(d->category.name, d->category.display_name));
    }
    if (table)
        cJSON_Delete(json);
    else
        task_print_json(json);
}

static int write_picture(const args *a, const char *input, const char *kind, const ln_image *image)
{
    char *path = task_picture_path(a, input, kind);
    ln_task_error error;
    int code = TOOL_OK;
    if (!ln_image_write_png(image, path, &error))
        code = tool_error("%s", error.message);
    else if (!args_flag(a, "json"))
        printf("  -> %s\n", path);
    tool_free(path);
    return code;
}

static int detect_in(const args *a, ln_object_detector *d, const char *input)
{
    ln_task_error error;
    ln_image *image = task_image(input);
    if (!image)
        return TOOL_FAILED;
    int code;
    ln_detection_result *r = ln_object_detect(d, &image->frame, &error);
    if (r) {
        print_detections(a, input, r);
        ln_draw_detections(image, r);
        code = write_picture(a, input, "detect", image);
    } else {
        code = tool_error("%s: %s", input, error.message);
    }
    ln_detection_result_free(r);
    ln_image_free(image);
    return code;
}

static bool check_operands(const args *a)
{
    const bool right = a->n_operands >= 2 && (a->n_operands == 2 || !args_flag(a, "output"));
    if (!right)
        tool_error("give a model and images; --output is for one image");
    return right;
}

static int detect(const args *a)
{
    ln_vision_options o = {0};
    task_lists lists = {0};
    ln_task_error error;
    int code = TOOL_USAGE;
    if (check_operands(a) && task_vision(a, &o, &lists)) {
        ln_object_detector *d = ln_object_detector_create(&o, &error);
        code = d ? TOOL_OK : tool_error("%s: %s", a->operands[0], error.message);
        for (int i = 1; d && i < a->n_operands; i++) {
            const int one = detect_in(a, d, a->operands[i]);
            code = one ? one : code;
        }
        ln_object_detector_free(d);
    }
    task_lists_free(&lists);
    return code;
}

static const arg_option detect_options[] = {
    {"output", "FILE", "the picture with boxes (default: NAME.detect.png here)"},
    CATEGORY_OPTIONS,
    VISION_OPTIONS,
    TASK_OPTIONS,
    {0},
};

const command detect_command = {
    .name = "detect",
    .operands = "MODEL IMAGE...",
    .summary = "Finds objects in images, and draws boxes around them.",
    .details = "Boxes are printed as x, y, width, height in pixels.\n",
    .options = detect_options,
    .run = detect,
};

/* ---- segment ---- */

static void print_segments(const args *a, const char *input, const ln_segmentation_result *r)
{
    cJSON *json = task_json(input), *list;
    const bool table = !args_flag(a, "json");
    const int pixels = r->width * r->height;
    int counts[256] = {0};

    cJSON_AddNumberToObject(json, "width", r->width);
    cJSON_AddNumberToObject(json, "height", r->height);
    list = cJSON_AddArrayToObject(json, "classes");
    if (table)
        printf("%s\n", input);
    for (int i = 0; i < pixels; i++)
        counts[r->categories[i]]++;
    for (int i = 0; i < r->n_labels; i++) {
        if (!counts[i])
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "index", i);
        cJSON_AddStringToObject(item, "name", r->labels[i].name);
        if (*r->labels[i].display_name)
            cJSON_AddStringToObject(item, "display_name", r->labels[i].display_name);
        cJSON_AddNumberToObject(item, "part", (double)counts[i] / pixels);
        cJSON_AddItemToArray(list, item);
        if (table)
            printf("  %6.2f %%  %3d  #%02x%02x%02x  %s\n", 100.0 * counts[i] / pixels, i,
                   r->labels[i].red, r->labels[i].green, r->labels[i].blue,
                   task_name(r->labels[i].name, r->labels[i].display_name));
    }
    if (table)
        cJSON_Delete(json);
    else
        task_print_json(json);
}

static int segment_in(const args *a, ln_image_segmenter *s, const char *input)
{
    ln_task_error error;
    ln_image *image = task_image(input);
    if (!image)
        return TOOL_FAILED;
    int code;
    ln_segmentation_result *r = ln_image_segment(s, &image->frame, &error);
    if (r) {
        print_segments(a, input, r);
        ln_draw_segmentation(image, r);
        code = write_picture(a, input, "segment", image);
    } else {
        code = tool_error("%s: %s", input, error.message);
    }
    ln_segmentation_result_free(r);
    ln_image_free(image);
    return code;
}

static int segment(const args *a)
{
    ln_vision_options o = {0};
    ln_task_error error;
    if (!check_operands(a) || !task_vision(a, &o, NULL))
        return TOOL_USAGE;
    o.categories.locale = args_text(a, "locale", NULL);
    ln_image_segmenter *s = ln_image_segmenter_create(&o, &error);
    int code = s ? TOOL_OK : tool_error("%s: %s", a->operands[0], error.message);
    for (int i = 1; s && i < a->n_operands; i++) {
        const int one = segment_in(a, s, a->operands[i]);
        code = one ? one : code;
    }
    ln_image_segmenter_free(s);
    return code;
}

static const arg_option segment_options[] = {
    {"output", "FILE", "the colored picture (default: NAME.segment.png here)"},
    {"locale", "NAME", "language of display names (default en)"},
    VISION_OPTIONS,
    TASK_OPTIONS,
    {0},
};

const command segment_command = {
    .name = "segment",
    .operands = "MODEL IMAGE...",
    .summary = "Says which pixels of images belong to what, and colors them.",
    .options = segment_options,
    .run = segment,
};
