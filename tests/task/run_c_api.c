/* SPDX-License-Identifier: Apache-2.0 */
/* run_c_api.c: expected results of the C API with the names of the Task Library. */
#include <string.h>

#include "fixtures.h"
#include "linnet/task/frame.h"
#include "tensorflow_lite_support/c/task/vision/image_classifier.h"
#include "tensorflow_lite_support/c/task/vision/object_detector.h"

static bool is_case(const fixture *f, const char *part)
{
    return strstr(f->id, part) != NULL;
}

/* The first label of a list; until the next call. */
static TfLiteStringArrayOption list_of(const cJSON *list)
{
    static char *labels[1];
    labels[0] = cJSON_GetStringValue(cJSON_GetArrayItem(list, 0));
    return (TfLiteStringArrayOption){labels[0] ? 1 : 0, labels};
}

static TfLiteClassificationOptions make_categories(const fixture *f,
                                                   TfLiteClassificationOptions categories)
{
    static char name[] = "cheeseburger", *label[] = {name};
    if (is_case(f, "max0"))
        categories.max_results = 0;
    if (item_of(f->options, "denylist"))
        categories.label_denylist = list_of(item_of(f->options, "denylist"));
    if (item_of(f->options, "allowlist"))
        categories.label_allowlist = list_of(item_of(f->options, "allowlist"));
    if (is_case(f, "err_lists"))
        categories.label_denylist = categories.label_allowlist =
            (TfLiteStringArrayOption){1, label};
    return categories;
}

static TfLiteFrameBuffer buffer_of(const ln_image *image)
{
    TfLiteFrameBuffer buffer = {.format = kRGB, .orientation = kTopLeft};
    if (image) {
        buffer.dimension.width = image->frame.width;
        buffer.dimension.height = image->frame.height;
        buffer.buffer = image->pixels;
    }
    return buffer;
}

/* Holds an error to the one that is expected; frees it. */
static verdict check_error(const fixture *f, const char *part, TfLiteSupportError *error)
{
    verdict v = PASSED;
    if (!error)
        return fixture_fail(f, "no error");
    if (error->code != kInvalidArgumentError || !part || !strstr(error->message, part))
        v = fixture_fail(f, "error %d: %s", (int)error->code, error->message);
    TfLiteSupportErrorDelete(error);
    return v;
}

/* ---- image classifiers ---- */

static verdict check_classes(const fixture *f, const TfLiteClassificationResult *r)
{
    const char *name = text_of(f->expected, "top1_label"),
               *other = text_of(f->expected, "top1_label_not");
    if (r->size != 1 || r->classifications[0].size < 1)
        return fixture_fail(f, "no classes");
    const TfLiteCategory *best = &r->classifications[0].categories[0];
    if (!best->label || (name && strcmp(best->label, name) != 0) ||
        (other && strcmp(best->label, other) == 0))
        return fixture_fail(f, "the best class is %s", best->label ? best->label : "nameless");
    if (best->score < number_of(f->expected, "top1_score_min", 0))
        return fixture_fail(f, "its score is %g", (double)best->score);
    return PASSED;
}

static verdict classify(const fixture *f, const ln_image *image)
{
    TfLiteImageClassifierOptions o = TfLiteImageClassifierOptionsCreate();
    TfLiteSupportError *error = NULL;
    TfLiteClassificationResult *r = NULL;
    const TfLiteFrameBuffer buffer = buffer_of(image);
    verdict v;

    o.classification_options = make_categories(f, o.classification_options);
    o.base_options.model_file.file_path = is_case(f, "err_nomodel") ? NULL : f->model;
    TfLiteImageClassifier *c =
        TfLiteImageClassifierFromOptions(is_case(f, "err_nullopt") ? NULL : &o, &error);
    if (c)
        r = TfLiteImageClassifierClassify(is_case(f, "err_nullcls") ? NULL : c,
                                          is_case(f, "err_nullfb") ? NULL : &buffer, &error);
    const char *part = text_of(f->expected, "message_contains");
    if (part || is_case(f, "max0"))
        v = check_error(f, part ? part : "max_results", error);
    else
        v = r ? check_classes(f, r) : check_error(f, NULL, error);
    TfLiteClassificationResultDelete(r);
    TfLiteImageClassifierDelete(c);
    return v;
}

/* ---- object detectors ---- */

static bool is_detected(const TfLiteDetectionResult *r, const cJSON *item, double pixels)
{
    const cJSON *box = item_of(item, "bounding_box");
    const char *name = text_of(item, "class_name");
    for (int i = 0; i < r->size; i++) {
        const TfLiteDetection *d = &r->detections[i];
        if (is_near(d->bounding_box.origin_x, number_of(box, "origin_x", -1), pixels) &&
            is_near(d->bounding_box.origin_y, number_of(box, "origin_y", -1), pixels) &&
            is_near(d->bounding_box.width, number_of(box, "width", -1), pixels) &&
            is_near(d->bounding_box.height, number_of(box, "height", -1), pixels) &&
            d->categories[0].index == (int)number_of(item, "index", -1) &&
            is_near(d->categories[0].score, number_of(item, "score", -1), 0.05) &&
            d->categories[0].label && strcmp(d->categories[0].label, name) == 0)
            return true;
    }
    return false;
}

static verdict detect(const fixture *f, const ln_image *image)
{
    TfLiteObjectDetectorOptions o = TfLiteObjectDetectorOptionsCreate();
    TfLiteSupportError *error = NULL;
    const TfLiteFrameBuffer buffer = buffer_of(image);
    const cJSON *list = item_of(f->expected, "first_detections"), *item;
    verdict v = PASSED;

    o.classification_options = make_categories(f, o.classification_options);
    o.base_options.model_file.file_path = f->model;
    TfLiteObjectDetector *d = TfLiteObjectDetectorFromOptions(&o, &error);
    TfLiteDetectionResult *r = d ? TfLiteObjectDetectorDetect(d, &buffer, &error) : NULL;
    if (!r)
        v = check_error(f, text_of(f->expected, "message_contains"), error);
    else if (cJSON_GetArraySize(list) == 0)
        v = fixture_fail(f, "no error");
    cJSON_ArrayForEach(item, list)
    {
        /* The decoder of JPEG files differs: see run_vision.c. */
        if (r && v == PASSED && !is_detected(r, item, 7))
            v = fixture_fail(f, "%s is not found", text_of(item, "class_name"));
    }
    TfLiteDetectionResultDelete(r);
    TfLiteObjectDetectorDelete(d);
    return v;
}

verdict run_c_api(const fixture *f, const char *task)
{
    ln_image *image = NULL;
    if (cJSON_IsString(f->input)) {
        image = ln_image_read(fixture_input(f, f->input->valuestring), NULL);
        if (!image)
            return fixture_fail(f, "%s cannot be read", f->input->valuestring);
    }
    const verdict v =
        strncmp(task, "object", strlen("object")) == 0 ? detect(f, image) : classify(f, image);
    ln_image_free(image);
    return v;
}
