/* SPDX-License-Identifier: Apache-2.0 */
/* run_vision.c: expected results of the vision tasks.
 *
 * Pixels of files, and those scaled to a model's size, are the Task Library's.  "Peer" results come
 * from a build of it that runs quantized models by XNNPACK, where ours are those of TensorFlow
 * Lite's reference kernels, as are the results that the Task Library's tests state: scores of a
 * MobileNet V2 then differ by up to 0.07, and boxes of the SSD detector by some pixels. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "fixtures.h"
#include "linnet/task/vision.h"

static ln_image *read_image(const fixture *f, const char *name, ln_task_error *error)
{
    ln_image *image = name ? ln_image_read(fixture_input(f, name), error) : NULL;
    if (image)
        image->frame.orientation = 1; /* the Task Library does not look at EXIF */
    return image;
}

static const char *image_name(const fixture *f)
{
    return cJSON_IsString(f->input) ? f->input->valuestring : text_of(f->input, "image");
}

static double score_tolerance(const fixture *f)
{
    if (!f->peer)
        return number_of(f->tolerance, "score", 0.01);
    return strstr(f->model, "fp32") ? 0.01 : 0.08;
}

static const ln_box *region(const cJSON *roi, ln_box *box)
{
    if (cJSON_IsArray(roi)) {
        int v[4];
        for (int i = 0; i < 4; i++)
            v[i] = cJSON_GetArrayItem(roi, i)->valueint;
        *box = (ln_box){v[0], v[1], v[2], v[3]};
        return box;
    }
    if (!cJSON_IsObject(roi))
        return NULL;
    *box = (ln_box){(int)number_of(roi, "origin_x", 0), (int)number_of(roi, "origin_y", 0),
                    (int)number_of(roi, "width", 0), (int)number_of(roi, "height", 0)};
    return box;
}

static ln_vision_options make_options(const fixture *f)
{
    ln_vision_options o = {.base.model_path = f->model};
    fixture_resolver(f, &o.base);
    fixture_categories(f, &o.categories);
    fixture_embedder(f, &o.embedding);
    if (strstr(f->id, "err_no_model"))
        o.base.model_path = NULL;
    if (strstr(f->id, "err_two_models")) {
        o.base.model_data = f;
        o.base.model_size = sizeof *f;
    }
    return o;
}

static verdict classify(const fixture *f, ln_image_classifier *c, const ln_image *image)
{
    ln_box box;
    ln_task_error error = {0};
    const cJSON *roi = item_of(f->peer ? f->input : f->options, f->peer ? "roi_xywh" : "roi");
    ln_classification_result *r = ln_image_classify(c, &image->frame, region(roi, &box), &error);
    if (!r)
        return fixture_fail(f, "%s", error.message);
    const cJSON *list = item_of(f->expected, "classes");
    if (f->peer)
        list =
            item_of(cJSON_GetArrayItem(item_of(f->expected, "classifications"), 0), "categories");
    verdict v = r->n == 1 ? fixture_compare(f, &r->heads[0], list, score_tolerance(f))
                          : fixture_fail(f, "%d heads", r->n);
    ln_classification_result_free(r);
    return v;
}

static bool same_box(const ln_box *a, const ln_box *b, double pixels)
{
    return is_near(a->x, b->x, pixels) && is_near(a->y, b->y, pixels) &&
           is_near(a->width, b->width, pixels) && is_near(a->height, b->height, pixels);
}

/* True when a detection is where one is expected: scores are equal at times, so in any order. */
static bool has_detection(const fixture *f, const ln_detection_result *r, const ln_box *box,
                          const cJSON *category, double pixels)
{
    const double scores = number_of(f->tolerance, "score", 0.05);
    for (int i = 0; i < r->n; i++) {
        const ln_detection *d = &r->detections[i];
        if (same_box(&d->box, box, pixels) &&
            d->category.index == (int)number_of(category, "index", -1) &&
            is_near(d->category.score, number_of(category, "score", -1), scores))
            return true;
    }
    return false;
}

static verdict compare_boxes(const fixture *f, const ln_detection_result *r)
{
    const cJSON *list = item_of(f->expected, "detections"), *item;
    const double pixels = f->peer ? 7 : number_of(f->tolerance, "box_px", 3);

    if (r->n != cJSON_GetArraySize(list))
        return fixture_fail(f, "%d detections, not %d", r->n, cJSON_GetArraySize(list));
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *category = cJSON_GetArrayItem(item_of(item, "categories"), 0);
        ln_box box;
        category = category ? category : item;
        region(item_of(item, "bounding_box"), &box);
        if (!has_detection(f, r, &box, category, pixels))
            return fixture_fail(f, "nothing at %d %d %d %d", box.x, box.y, box.width, box.height);
    }
    return PASSED;
}

static verdict detect(const fixture *f, ln_object_detector *d, const ln_image *image)
{
    ln_task_error error = {0};
    ln_detection_result *r = ln_object_detect(d, &image->frame, &error);
    if (!r)
        return fixture_fail(f, "%s", error.message);
    const verdict v = compare_boxes(f, r);
    ln_detection_result_free(r);
    return v;
}

/* The expected mask has ten times the class in each pixel. */
static verdict compare_mask(const fixture *f, const ln_segmentation_result *r, const char *name)
{
    ln_image *golden = ln_image_read(fixture_input(f, name), NULL);
    const double most = number_of(f->tolerance, "inconsistent_pixel_fraction_below", 0);
    const int pixels = r->width * r->height;
    int wrong = 0;
    if (!golden || golden->frame.width != r->width || golden->frame.height != r->height) {
        ln_image_free(golden);
        return fixture_fail(f, "no mask to compare with");
    }
    for (int i = 0; i < pixels; i++)
        wrong += golden->pixels[3 * (size_t)i] / 10 != r->categories[i];
    ln_image_free(golden);
    if (wrong >= most * pixels)
        return fixture_fail(f, "%d of %d pixels are of another class", wrong, pixels);
    return PASSED;
}

static verdict compare_histogram(const fixture *f, const ln_segmentation_result *r,
                                 const cJSON *expected)
{
    int counts[256] = {0}, off = 0;
    for (int i = 0; i < r->width * r->height; i++)
        counts[r->categories[i]]++;
    for (int i = 0; i < cJSON_GetArraySize(expected); i++)
        off += abs(counts[i] - cJSON_GetArrayItem(expected, i)->valueint);
    if (off > r->width * r->height / 100)
        return fixture_fail(f, "%d pixels are of another class", off / 2);
    return PASSED;
}

static verdict compare_colors(const fixture *f, const ln_segmentation_result *r)
{
    const cJSON *list = item_of(f->expected, "colored_labels"), *item;
    int i = 0;
    if (r->n_labels != cJSON_GetArraySize(list))
        return fixture_fail(f, "%d labels", r->n_labels);
    cJSON_ArrayForEach(item, list)
    {
        const ln_colored_label *l = &r->labels[i++];
        const cJSON *rgb = item_of(item, f->peer ? "color" : "rgb");
        const char *name = text_of(item, f->peer ? "category_name" : "class_name");
        if (strcmp(l->name, name) != 0 || l->red != cJSON_GetArrayItem(rgb, 0)->valueint ||
            l->green != cJSON_GetArrayItem(rgb, 1)->valueint ||
            l->blue != cJSON_GetArrayItem(rgb, 2)->valueint)
            return fixture_fail(f, "label %d is %s, %d %d %d", i, l->name, l->red, l->green,
                                l->blue);
    }
    return PASSED;
}

static int best_of(const ln_segmentation_result *r, int pixel)
{
    int best = 0;
    for (int k = 1; k < r->n_labels; k++) {
        if (r->confidences[k][pixel] > r->confidences[best][pixel])
            best = k;
    }
    return best;
}

static verdict compare_masks(const fixture *f, const ln_segmentation_result *categories,
                             const ln_image *image)
{
    ln_vision_options o = make_options(f);
    o.confidence_masks = true;
    ln_image_segmenter *s = ln_image_segmenter_create(&o, NULL);
    ln_segmentation_result *r = s ? ln_image_segment(s, &image->frame, NULL) : NULL;
    verdict v = r && r->n_labels == (int)number_of(f->expected, "n_confidence_masks", -1)
                    ? PASSED
                    : fixture_fail(f, "no confidences");
    for (int i = 0; v == PASSED && i < r->width * r->height; i++) {
        if (best_of(r, i) != categories->categories[i])
            v = fixture_fail(f, "pixel %d is of another class", i);
    }
    ln_segmentation_result_free(r);
    ln_image_segmenter_free(s);
    return v;
}

static verdict segment(const fixture *f, ln_image_segmenter *s, const ln_image *image)
{
    ln_task_error error = {0};
    ln_segmentation_result *r = ln_image_segment(s, &image->frame, &error);
    const cJSON *histogram = item_of(f->expected, "histogram");
    verdict v;
    if (!r)
        return fixture_fail(f, "%s", error.message);
    if (item_of(f->expected, "n_confidence_masks"))
        v = compare_masks(f, r, image);
    else if (r->width != (int)number_of(f->expected, "width", -1))
        v = fixture_fail(f, "the mask is %d wide", r->width);
    else
        v = compare_colors(f, r);
    if (v == PASSED && text_of(f->expected, "golden_mask_png"))
        v = compare_mask(f, r, text_of(f->expected, "golden_mask_png"));
    if (v == PASSED && histogram)
        v = compare_histogram(f, r, histogram);
    ln_segmentation_result_free(r);
    return v;
}

static verdict embed(const fixture *f, ln_image_embedder *e)
{
    ln_task_error error = {0};
    ln_box box;
    const cJSON *roi = item_of(f->input, "roi_on_a_xywh");
    ln_image *a = read_image(f, text_of(f->input, "a"), &error);
    ln_image *b = read_image(f, text_of(f->input, "b"), &error);
    ln_embedding_result *x = a ? ln_image_embed(e, &a->frame, region(roi, &box), &error) : NULL;
    ln_embedding_result *y = b ? ln_image_embed(e, &b->frame, NULL, &error) : NULL;
    verdict v;
    if (x && y && ln_image_embedder_dimension(e, 0) == x->embeddings[0].dimension &&
        ln_image_embedder_dimension(e, 1) == -1)
        v = fixture_compare_vectors(f, &x->embeddings[0], &y->embeddings[0], 3e-3);
    else
        v = fixture_fail(f, "no vectors: %s", error.message);
    ln_embedding_result_free(x);
    ln_embedding_result_free(y);
    ln_image_free(a);
    ln_image_free(b);
    return v;
}

/* A model with an open size gets the image as it is: its first output has that size. */
static verdict preprocess(const fixture *f, const ln_image *image)
{
    const ln_vision_options o = {.base.model_path = f->model, .n_mean = 1, .mean = {0}, .std = {1}};
    ln_task_error error = {0};
    ln_image_embedder *e = ln_image_embedder_create(&o, &error);
    ln_embedding_result *r = e ? ln_image_embed(e, &image->frame, NULL, &error) : NULL;
    verdict v = PASSED;
    if (!r)
        v = fixture_fail(f, "%s", error.message);
    else if (r->embeddings[0].dimension != image->frame.width * image->frame.height * 16)
        v = fixture_fail(f, "the output has %d values", r->embeddings[0].dimension);
    ln_embedding_result_free(r);
    ln_image_embedder_free(e);
    return v;
}

static verdict run_task(const fixture *f, const char *task, const ln_image *image)
{
    const ln_vision_options o = make_options(f);
    ln_task_error error = {0};
    verdict v;

    if (strcmp(task, "image_classifier") == 0) {
        ln_image_classifier *c = ln_image_classifier_create(&o, &error);
        if (!fixture_error(f, !c, &error, &v))
            v = image ? classify(f, c, image) : PASSED;
        ln_image_classifier_free(c);
    } else if (strcmp(task, "object_detector") == 0) {
        ln_object_detector *d = ln_object_detector_create(&o, &error);
        if (!fixture_error(f, !d, &error, &v))
            v = detect(f, d, image);
        ln_object_detector_free(d);
    } else if (strcmp(task, "image_segmenter") == 0) {
        ln_image_segmenter *s = ln_image_segmenter_create(&o, &error);
        if (!fixture_error(f, !s, &error, &v))
            v = segment(f, s, image);
        ln_image_segmenter_free(s);
    } else if (strcmp(task, "image_embedder") == 0) {
        ln_image_embedder *e = ln_image_embedder_create(&o, &error);
        if (!fixture_error(f, !e, &error, &v))
            v = embed(f, e);
        ln_image_embedder_free(e);
    } else {
        v = preprocess(f, image);
    }
    return v;
}

verdict run_vision(const fixture *f, const char *task)
{
    ln_task_error error = {0};
    ln_image *image = NULL;

    if (strstr(f->id, "err_max0") || strstr(f->id, "max0_error"))
        return run_c_api(f, task); /* 0 results are all in linnet/task */
    if (f->peer && strcmp(f->id, "seg_coral_quant_no_metadata") == 0)
        return fixture_skip(f, "we take such a model, the Task Library does not");
    if (image_name(f)) {
        image = read_image(f, image_name(f), &error);
        if (!image)
            return fixture_fail(f, "%s: %s", image_name(f), error.message);
    }
    const verdict v = run_task(f, task, image);
    ln_image_free(image);
    return v;
}
