/* SPDX-License-Identifier: Apache-2.0 */
/* run_postprocess.c: cases in which a test fills the model's outputs by hand.  The model does not
 * run: results are made by the internal functions. */
#include <string.h>

#include "fixtures.h"
#include "task/heads.h"
#include "task/postprocess.h"

static verdict classify(const fixture *f, ln_task *task)
{
    const cJSON *raw = item_of(f->input, "raw_uint8_output_tensor");
    ln_classifier_options o = {0};
    ln_task_error error = {0};
    ln_heads heads;

    fixture_categories(f, &o);
    if (!ln_heads_init(&heads, task, &o, &error))
        return fixture_fail(f, "%s", error.message);
    uint8_t *to = TfLiteTensorData(ln_task_output(task, 0));
    for (int i = 0; i < heads.head[0].classes; i++)
        to[i] = (uint8_t)cJSON_GetArrayItem(raw, i)->valueint;
    ln_classification_result *r = ln_heads_result(&heads, &error);
    if (!r)
        return fixture_fail(f, "%s", error.message);
    const verdict v = fixture_compare(f, &r->heads[0], item_of(f->expected, "classes"),
                                      number_of(f->tolerance, "score", 0));
    ln_classification_result_free(r);
    return v;
}

/* Bytes written as hexadecimal digits. */
static int read_hex(const char *text, int8_t *to)
{
    int n = 0;
    for (unsigned v; sscanf(text + 2 * n, "%2x", &v) == 1; n++)
        to[n] = (int8_t)v;
    return n;
}

static verdict cosine(const fixture *f)
{
    const cJSON *u = item_of(f->input, "u"), *v = item_of(f->input, "v");
    float x[4] = {0}, y[4] = {0};
    int8_t p[4], q[4];
    ln_embedding a = {.dimension = 4, .values = x}, b = {.dimension = 4, .values = y};
    double got = -2;

    for (int i = 0; u && i < 4; i++) {
        x[i] = (float)cJSON_GetArrayItem(u, i)->valuedouble;
        y[i] = (float)cJSON_GetArrayItem(v, i)->valuedouble;
    }
    if (!u) {
        a = (ln_embedding){.dimension = read_hex(text_of(f->input, "u_bytes"), p), .quantized = p};
        b = (ln_embedding){.dimension = read_hex(text_of(f->input, "v_bytes"), q), .quantized = q};
    }
    if (!ln_cosine_similarity(&a, &b, &got) ||
        !is_near(got, number_of(f->expected, "similarity", 9), 1e-6))
        return fixture_fail(f, "the cosine is %.7f", got);
    return PASSED;
}

/* ---- detections ---- */

/* Fills an output with numbers, which may stand in lists of lists, and zeros. */
static void fill_output(const ln_task *task, int i, const cJSON *values)
{
    const TfLiteTensor *t = ln_task_output(task, i);
    float *to = TfLiteTensorData(t);
    const cJSON *item, *inner;
    memset(to, 0, ln_task_count(t) * sizeof *to);
    if (cJSON_IsNumber(values))
        *to = (float)values->valuedouble;
    cJSON_ArrayForEach(item, values)
    {
        if (cJSON_IsNumber(item))
            *to++ = (float)item->valuedouble;
        cJSON_ArrayForEach(inner, item) *to++ = (float)inner->valuedouble;
    }
}

static verdict compare_detections(const fixture *f, const ln_detection_result *r)
{
    const cJSON *list = item_of(f->expected, "detections"), *item;
    const double pixels = number_of(f->tolerance, "box_px", 0);
    int i = 0;
    if (r->n != cJSON_GetArraySize(list))
        return fixture_fail(f, "%d detections, not %d", r->n, cJSON_GetArraySize(list));
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *box = item_of(item, "bounding_box");
        const ln_detection *d = &r->detections[i++];
        if (!is_near(d->box.x, number_of(box, "origin_x", -99), pixels) ||
            !is_near(d->box.y, number_of(box, "origin_y", -99), pixels) ||
            !is_near(d->box.width, number_of(box, "width", -99), pixels) ||
            !is_near(d->box.height, number_of(box, "height", -99), pixels) ||
            d->category.index != (int)number_of(item, "index", -1) ||
            strcmp(d->category.name, text_of(item, "class_name")) != 0 ||
            !is_near((double)d->category.score, number_of(item, "score", -1),
                     number_of(f->tolerance, "score", 0)))
            return fixture_fail(f, "detection %d is %s with %.7f at %d %d %d %d", i - 1,
                                d->category.name, (double)d->category.score, d->box.x, d->box.y,
                                d->box.width, d->box.height);
    }
    return PASSED;
}

static verdict detect(const fixture *f)
{
    static const char *const names[] = {"locations_y1x1y2x2_as_stored", "classes", "scores",
                                        "num_results"};
    ln_vision_options o = {.base.model_path = f->model};
    const ln_frame frame = {.width = (int)number_of(f->input, "frame_width", 0),
                            .height = (int)number_of(f->input, "frame_height", 0)};
    ln_task_error error = {0};
    fixture_categories(f, &o.categories);
    ln_object_detector *d = ln_object_detector_create(&o, &error);
    for (int i = 0; d && i < 4; i++)
        fill_output(ln_object_detector_task(d), i, item_of(f->input, names[i]));
    ln_detection_result *r = d ? ln_object_detector_result(d, &frame, &error) : NULL;
    const verdict v = r ? compare_detections(f, r) : fixture_fail(f, "%s", error.message);
    ln_detection_result_free(r);
    ln_object_detector_free(d);
    return v;
}

/* ---- masks: the pixel at the top left ---- */

static verdict compare_pixel(const fixture *f, const ln_segmentation_result *r)
{
    const cJSON *category = item_of(f->expected, "category_mask[0]");
    const cJSON *confidences = item_of(f->expected, "confidence_mask[k][0]"), *item;
    int k = 0;
    if (category && r->categories[0] != category->valueint)
        return fixture_fail(f, "class %d, not %d", r->categories[0], category->valueint);
    if (!category && r->n_labels != cJSON_GetArraySize(confidences))
        return fixture_fail(f, "%d masks", r->n_labels);
    cJSON_ArrayForEach(item, confidences)
    {
        if (r->confidences[k++][0] != (float)item->valuedouble)
            return fixture_fail(f, "mask %d has %.7f", k - 1, (double)r->confidences[k - 1][0]);
    }
    return PASSED;
}

static verdict segment(const fixture *f)
{
    const char *kind = text_of(f->options, "output_type");
    const ln_vision_options o = {.base.model_path = f->model,
                                 .confidence_masks = kind && strcmp(kind, "CONFIDENCE_MASK") == 0};
    const ln_frame frame = {.width = 1, .height = 1};
    ln_task_error error = {0};
    ln_image_segmenter *s = ln_image_segmenter_create(&o, &error);
    if (s)
        fill_output(ln_image_segmenter_task(s), 0, item_of(f->input, "top_left_pixel_confidences"));
    ln_segmentation_result *r = s ? ln_image_segmenter_result(s, &frame, &error) : NULL;
    const verdict v = r ? compare_pixel(f, r) : fixture_fail(f, "%s", error.message);
    ln_segmentation_result_free(r);
    ln_image_segmenter_free(s);
    return v;
}

verdict run_postprocess(const fixture *f, const char *name)
{
    const ln_task_options o = {.model_path = f->model};
    ln_task_error error = {0};
    ln_task task;
    verdict v;

    if (strcmp(name, "cosine_similarity") == 0)
        return cosine(f);
    if (strcmp(name, "object_detector_postprocess") == 0)
        return detect(f);
    if (strcmp(name, "image_segmenter_postprocess") == 0)
        return segment(f);
    if (ln_task_open(&task, &o, &error))
        v = classify(f, &task);
    else
        v = fixture_fail(f, "%s", error.message);
    ln_task_close(&task);
    return v;
}
