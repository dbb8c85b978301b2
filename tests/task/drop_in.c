/* SPDX-License-Identifier: Apache-2.0 */
/* drop_in.c: the C API with the names of the Task Library: its layouts, errors, and that its
 * results are those of linnet/task. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/task/audio.h"
#include "linnet/task/text.h"
#include "linnet/task/vision.h"
#include "tensorflow_lite_support/c/task/audio/audio_classifier.h"
#include "tensorflow_lite_support/c/task/text/bert_nl_classifier.h"
#include "tensorflow_lite_support/c/task/text/bert_question_answerer.h"
#include "tensorflow_lite_support/c/task/text/nl_classifier.h"
#include "tensorflow_lite_support/c/task/vision/image_classifier.h"
#include "tensorflow_lite_support/c/task/vision/image_segmenter.h"
#include "tensorflow_lite_support/c/task/vision/object_detector.h"

#define ZOO LINNET_SHARED "/models/zoo/"

/* ---- layouts: what compilers make of the Task Library's headers on LP64 ---- */

static void test_option_layouts(void **state)
{
    (void)state;
    if (sizeof(void *) != 8)
        skip();
    assert_int_equal(offsetof(TfLiteComputeSettings, coreml_delegate_settings), 4);
    assert_int_equal(offsetof(TfLiteComputeSettings, coral_delegate_settings), 16);
    assert_int_equal(offsetof(TfLiteCoralSettings, usb_max_bulk_in_queue_length), 24);
    assert_int_equal(offsetof(TfLiteBaseOptions, compute_settings), 8);
    assert_int_equal(sizeof(TfLiteBaseOptions), 56);
    assert_int_equal(offsetof(TfLiteStringArrayOption, list), 8);
    assert_int_equal(offsetof(TfLiteClassificationOptions, label_allowlist), 16);
    assert_int_equal(offsetof(TfLiteClassificationOptions, display_names_local), 32);
    assert_int_equal(offsetof(TfLiteClassificationOptions, score_threshold), 44);
    assert_int_equal(offsetof(TfLiteImageClassifierOptions, base_options), 48);
    assert_int_equal(sizeof(TfLiteImageClassifierOptions), 104);
    assert_int_equal(offsetof(TfLiteObjectDetectorOptions, base_options), 48);
    assert_int_equal(offsetof(TfLiteImageSegmenterOptions, output_type), 56);
    assert_int_equal(offsetof(TfLiteImageSegmenterOptions, display_names_locale), 64);
    assert_int_equal(offsetof(TfLiteFrameBuffer, orientation), 4);
    assert_int_equal(offsetof(TfLiteFrameBuffer, dimension), 8);
    assert_int_equal(offsetof(TfLiteFrameBuffer, buffer), 16);
    assert_int_equal(kUNKNOWN, 7);
    assert_int_equal(kConfidenceMask, 2);
}

static void test_result_layouts(void **state)
{
    (void)state;
    if (sizeof(void *) != 8)
        skip();
    assert_int_equal(offsetof(TfLiteSupportError, message), 8);
    assert_int_equal(offsetof(TfLiteCategory, display_name), 8);
    assert_int_equal(offsetof(TfLiteCategory, label), 16);
    assert_int_equal(offsetof(TfLiteClassifications, head_name), 8);
    assert_int_equal(offsetof(TfLiteClassifications, size), 16);
    assert_int_equal(sizeof(TfLiteClassifications), 32);
    assert_int_equal(offsetof(TfLiteClassificationResult, classifications), 8);
    assert_int_equal(offsetof(TfLiteBoundingBox, width), 8);
    assert_int_equal(offsetof(TfLiteDetection, categories), 16);
    assert_int_equal(offsetof(TfLiteDetection, size), 24);
    assert_int_equal(offsetof(TfLiteDetectionResult, detections), 8);
    assert_int_equal(offsetof(TfLiteColoredLabel, label), 16);
    assert_int_equal(sizeof(TfLiteColoredLabel), 32);
    assert_int_equal(offsetof(TfLiteSegmentation, confidence_masks), 8);
    assert_int_equal(offsetof(TfLiteSegmentation, category_mask), 16);
    assert_int_equal(offsetof(TfLiteSegmentation, colored_labels_size), 24);
    assert_int_equal(offsetof(TfLiteSegmentation, colored_labels), 32);
    assert_int_equal(offsetof(TfLiteSegmentationResult, segmentations), 8);
    assert_int_equal(kNotFoundError, 900);
    assert_int_equal(offsetof(Category, score), 8);
    assert_int_equal(offsetof(Categories, categories), 8);
    assert_int_equal(offsetof(TfLiteNLClassifierOptions, input_tensor_name), 16);
    assert_int_equal(sizeof(TfLiteNLClassifierOptions), 40);
    assert_int_equal(offsetof(TfLiteQaAnswer, logit), 8);
    assert_int_equal(offsetof(TfLiteQaAnswer, text), 16);
    assert_int_equal(offsetof(TfLiteQaAnswers, answers), 8);
    assert_int_equal(offsetof(TfLiteAudioFormat, sample_rate), 4);
    assert_int_equal(offsetof(TfLiteAudioBuffer, data), 8);
    assert_int_equal(offsetof(TfLiteAudioBuffer, size), 16);
    assert_int_equal(offsetof(TfLiteAudioClassifierOptions, base_options), 48);
}

/* ---- errors ---- */

static void expect(TfLiteSupportError *error, int code, const char *part)
{
    assert_non_null(error);
    assert_int_equal(error->code, code);
    if (!strstr(error->message, part))
        fail_msg("%s: without \"%s\"", error->message, part);
    TfLiteSupportErrorDelete(error);
}

static void expect_refusal(const TfLiteImageClassifierOptions *options, int code, const char *part)
{
    TfLiteSupportError *error = NULL;
    assert_null(TfLiteImageClassifierFromOptions(options, &error));
    expect(error, code, part);
    assert_null(TfLiteImageClassifierFromOptions(options, NULL));
}

static void test_options(void **state)
{
    (void)state;
    TfLiteImageClassifierOptions o = TfLiteImageClassifierOptionsCreate();
    char *labels[] = {"a", NULL};
    assert_int_equal(o.classification_options.max_results, -1);
    assert_int_equal(o.base_options.compute_settings.cpu_settings.num_threads, -1);
    assert_null(o.base_options.model_file.file_path);
    expect_refusal(NULL, kInvalidArgumentError, "Expected non null options");
    expect_refusal(&o, kInvalidArgumentError, "model_file");
    o.base_options.model_file.file_path = LINNET_DIGITS "/no_such.tflite";
    expect_refusal(&o, kFileNotFoundError, "no_such.tflite");
    o.classification_options.max_results = 0;
    expect_refusal(&o, kInvalidArgumentError, "`max_results`");
    o.classification_options.max_results = 3;
    o.classification_options.label_allowlist = (TfLiteStringArrayOption){1, labels};
    o.classification_options.label_denylist = (TfLiteStringArrayOption){1, labels};
    expect_refusal(&o, kInvalidArgumentError, "mutually exclusive");
    o.classification_options.label_denylist.length = 2;
    expect_refusal(&o, kInvalidArgumentError, "Label 1 of a list is NULL");
    o.classification_options.label_denylist.list = NULL;
    expect_refusal(&o, kInvalidArgumentError, "list of labels is NULL");
    o.base_options.compute_settings.coral_delegate_settings.enable_delegate = true;
    expect_refusal(&o, kInvalidArgumentError, "Coral");
    o.base_options.compute_settings.coreml_delegate_settings.enable_delegate = true;
    expect_refusal(&o, kInvalidArgumentError, "Core ML");
    o.base_options.compute_settings.cpu_settings.num_threads = 0;
    expect_refusal(&o, kInvalidArgumentError, "num_threads");
}

static void test_other_refusals(void **state)
{
    (void)state;
    TfLiteSupportError *error = NULL;
    TfLiteImageSegmenterOptions o = TfLiteImageSegmenterOptionsCreate();
    assert_int_equal(o.output_type, kCategoryMask);
    o.output_type = kUnspecified;
    assert_null(TfLiteImageSegmenterFromOptions(&o, &error));
    expect(error, kInvalidArgumentError, "output_type");
    assert_null(TfLiteImageSegmenterFromOptions(NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null options");
    assert_null(TfLiteObjectDetectorFromOptions(NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null options");
    assert_null(TfLiteImageClassifierClassify(NULL, NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null image classifier");
    assert_null(TfLiteObjectDetectorDetect(NULL, NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null object detector");
    assert_null(TfLiteImageSegmenterSegment(NULL, NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null image segmenter");
    TfLiteSupportErrorDelete(NULL);
    TfLiteImageClassifierDelete(NULL);
    TfLiteObjectDetectorDelete(NULL);
    TfLiteImageSegmenterDelete(NULL);
    TfLiteClassificationResultDelete(NULL);
    TfLiteDetectionResultDelete(NULL);
    TfLiteSegmentationResultDelete(NULL);
}

/* ---- results ---- */

/* A picture of 40 x 30 that is not the same everywhere. */
static uint8_t pixels[40 * 30 * 3];
static const ln_frame frame = {
    .format = LN_PIXEL_RGB, .width = 40, .height = 30, .orientation = 6, .planes = {pixels}};
static const TfLiteFrameBuffer buffer = {kRGB, kRightTop, {40, 30}, pixels};

static const char *present(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there\n", path);
        skip();
    }
    fclose(f);
    return path;
}

static void same_name(const char *theirs, const char *name)
{
    assert_string_equal(theirs ? theirs : "", name);
    assert_true(!theirs || theirs[0]);
}

static void same_category(const TfLiteCategory *theirs, const ln_category *ours)
{
    assert_int_equal(theirs->index, ours->index);
    assert_memory_equal(&theirs->score, &ours->score, sizeof ours->score);
    same_name(theirs->label, ours->name);
    same_name(theirs->display_name, ours->display_name);
}

static void bad_frames(const TfLiteImageClassifier *classifier)
{
    TfLiteSupportError *error = NULL;
    TfLiteFrameBuffer bad = buffer;
    const TfLiteBoundingBox outside = {30, 0, 20, 20};
    assert_null(TfLiteImageClassifierClassify(classifier, NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null frame buffer");
    bad.format = kUNKNOWN;
    assert_null(TfLiteImageClassifierClassify(classifier, &bad, &error));
    expect(error, kInvalidArgumentError, "format");
    bad = buffer;
    bad.buffer = NULL;
    assert_null(TfLiteImageClassifierClassify(classifier, &bad, &error));
    expect(error, kInvalidArgumentError, "no pixels");
    assert_null(TfLiteImageClassifierClassifyWithRoi(classifier, &buffer, &outside, NULL));
}

static void test_classifier(void **state)
{
    (void)state;
    const char *model = present(ZOO "mobilenet_v1_0.25_224_quant_metadata.tflite");
    const ln_box box = {5, 6, 20, 10};
    const TfLiteBoundingBox roi = {5, 6, 20, 10};
    ln_vision_options o = {.base.model_path = model, .categories.max_results = 4};
    o.categories.has_score_threshold = true;
    ln_image_classifier *c = ln_image_classifier_create(&o, NULL);
    ln_classification_result *expected = ln_image_classify(c, &frame, &box, NULL);

    TfLiteImageClassifierOptions options = TfLiteImageClassifierOptionsCreate();
    TfLiteSupportError *error = NULL;
    options.base_options.model_file.file_path = model;
    options.classification_options.max_results = 4;
    TfLiteImageClassifier *classifier = TfLiteImageClassifierFromOptions(&options, &error);
    assert_non_null(classifier);
    TfLiteClassificationResult *r =
        TfLiteImageClassifierClassifyWithRoi(classifier, &buffer, &roi, &error);
    assert_non_null(r);
    assert_null(error);
    assert_int_equal(r->size, 1);
    assert_int_equal(r->classifications[0].size, 4);
    assert_null(r->classifications[0].head_name);
    assert_int_equal(expected->heads[0].n, 4);
    for (int i = 0; i < 4; i++)
        same_category(&r->classifications[0].categories[i], &expected->heads[0].categories[i]);
    bad_frames(classifier);
    TfLiteClassificationResultDelete(r);
    TfLiteImageClassifierDelete(classifier);
    ln_classification_result_free(expected);
    ln_image_classifier_free(c);
}

static void test_detector(void **state)
{
    (void)state;
    const char *model = present(ZOO "ssd_mobilenet_v1_coco_metadata.tflite");
    ln_vision_options o = {.base.model_path = model, .categories.max_results = 5};
    o.categories.has_score_threshold = true;
    ln_object_detector *d = ln_object_detector_create(&o, NULL);
    ln_detection_result *expected = ln_object_detect(d, &frame, NULL);

    TfLiteObjectDetectorOptions options = TfLiteObjectDetectorOptionsCreate();
    options.base_options.model_file.file_path = model;
    options.classification_options.max_results = 5;
    TfLiteObjectDetector *detector = TfLiteObjectDetectorFromOptions(&options, NULL);
    TfLiteDetectionResult *r = TfLiteObjectDetectorDetect(detector, &buffer, NULL);
    assert_non_null(r);
    assert_int_equal(r->size, expected->n);
    assert_true(r->size > 0);
    for (int i = 0; i < r->size; i++) {
        assert_memory_equal(&r->detections[i].bounding_box, &expected->detections[i].box,
                            sizeof(ln_box));
        assert_int_equal(r->detections[i].size, 1);
        same_category(r->detections[i].categories, &expected->detections[i].category);
    }
    TfLiteDetectionResultDelete(r);
    TfLiteObjectDetectorDelete(detector);
    ln_detection_result_free(expected);
    ln_object_detector_free(d);
}

/* What the Task Library's own test of its C API finds with this threshold. */
static void test_detector_threshold(void **state)
{
    (void)state;
    const char *photo = present(LINNET_SHARED "/models/task/inputs/cats_and_dogs.jpg");
    TfLiteObjectDetectorOptions options = TfLiteObjectDetectorOptionsCreate();
    options.base_options.model_file.file_path =
        present(ZOO "ssd_mobilenet_v1_coco_metadata.tflite");
    options.classification_options.score_threshold = 0.6f;
    TfLiteObjectDetector *detector = TfLiteObjectDetectorFromOptions(&options, NULL);
    ln_image *image = ln_image_read(photo, NULL);
    assert_non_null(image);
    const TfLiteFrameBuffer pixels = {.format = kRGB,
                                      .orientation = kTopLeft,
                                      .dimension = {image->frame.width, image->frame.height},
                                      .buffer = (uint8_t *)(uintptr_t)image->frame.planes[0]};
    TfLiteDetectionResult *r = TfLiteObjectDetectorDetect(detector, &pixels, NULL);
    assert_int_equal(r->size, 1);
    const TfLiteBoundingBox box = r->detections[0].bounding_box;
    assert_true(box.origin_x == 54 && box.origin_y == 396 && box.width == 393 && box.height == 196);
    assert_true(r->detections[0].categories[0].score == 0.64453125f);
    assert_string_equal(r->detections[0].categories[0].label, "cat");
    TfLiteDetectionResultDelete(r);
    ln_image_free(image);
    TfLiteObjectDetectorDelete(detector);
}

static void same_masks(const TfLiteSegmentation *theirs, const ln_segmentation_result *ours)
{
    const size_t n = (size_t)ours->width * (size_t)ours->height;
    assert_int_equal(theirs->width, ours->width);
    assert_int_equal(theirs->height, ours->height);
    assert_int_equal(theirs->colored_labels_size, ours->n_labels);
    assert_int_equal(theirs->category_mask != NULL, ours->categories != NULL);
    assert_int_equal(theirs->confidence_masks != NULL, ours->confidences != NULL);
    if (ours->categories)
        assert_memory_equal(theirs->category_mask, ours->categories, n);
    for (int i = 0; i < ours->n_labels; i++) {
        same_name(theirs->colored_labels[i].label, ours->labels[i].name);
        assert_int_equal(theirs->colored_labels[i].r, ours->labels[i].red);
        assert_int_equal(theirs->colored_labels[i].g, ours->labels[i].green);
        assert_int_equal(theirs->colored_labels[i].b, ours->labels[i].blue);
        if (ours->confidences)
            assert_memory_equal(theirs->confidence_masks[i], ours->confidences[i],
                                n * sizeof(float));
    }
}

static void test_segmenter(void **state)
{
    (void)state;
    const char *model = present(ZOO "deeplabv3_257_fp32.tflite");
    for (int confidences = 0; confidences < 2; confidences++) {
        const ln_vision_options o = {.base.model_path = model,
                                     .confidence_masks = confidences != 0};
        ln_image_segmenter *s = ln_image_segmenter_create(&o, NULL);
        ln_segmentation_result *expected = ln_image_segment(s, &frame, NULL);

        TfLiteImageSegmenterOptions options = TfLiteImageSegmenterOptionsCreate();
        options.base_options.model_file.file_path = model;
        if (confidences)
            options.output_type = kConfidenceMask;
        TfLiteImageSegmenter *segmenter = TfLiteImageSegmenterFromOptions(&options, NULL);
        TfLiteSegmentationResult *r = TfLiteImageSegmenterSegment(segmenter, &buffer, NULL);
        assert_non_null(r);
        assert_int_equal(r->size, 1);
        same_masks(&r->segmentations[0], expected);
        TfLiteSegmentationResultDelete(r);
        TfLiteImageSegmenterDelete(segmenter);
        ln_segmentation_result_free(expected);
        ln_image_segmenter_free(s);
    }
}

/* ---- sound ---- */

static void test_audio_refusals(void **state)
{
    (void)state;
    TfLiteSupportError *error = NULL;
    const TfLiteAudioBuffer buffer = {{1, 16000}, NULL, 0};
    TfLiteAudioClassifierOptions o = TfLiteAudioClassifierOptionsCreate();
    assert_int_equal(o.classification_options.max_results, -1);
    assert_null(TfLiteAudioClassifierFromOptions(NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null options");
    assert_null(TfLiteAudioClassifierFromOptions(&o, &error));
    expect(error, kInvalidArgumentError, "model_file");
    o.base_options.model_file.file_path = LINNET_DIGITS "/digits_int8.tflite";
    assert_null(TfLiteAudioClassifierFromOptions(&o, &error));
    expect(error, kMetadataNotFoundError, "write-audio-classifier");
    assert_null(TfLiteAudioClassifierClassify(NULL, &buffer, &error));
    expect(error, kInvalidArgumentError, "Expected non null audio classifier");
    assert_int_equal(TfLiteAudioClassifierGetRequiredInputBufferSize(NULL, &error), -1);
    expect(error, kInvalidArgumentError, "Expected non null audio classifier");
    assert_null(TfLiteAudioClassifierGetRequiredAudioFormat(NULL, NULL));
    TfLiteAudioClassifierDelete(NULL);
    TfLiteAudioFormatDelete(NULL);
    TfLiteAudioBufferDelete(NULL);
}

static void test_audio(void **state)
{
    (void)state;
    const char *model = present(ZOO "yamnet_with_metadata.tflite");
    ln_audio *audio = ln_audio_read(present(LINNET_SHARED "/models/task/inputs/speech.wav"), NULL);
    ln_audio_options o = {.base.model_path = model, .categories.max_results = 4};
    o.categories.has_score_threshold = true;
    ln_audio_classifier *c = ln_audio_classifier_create(&o, NULL);
    ln_classification_result *expected = ln_audio_classify(c, audio, 0, NULL);

    TfLiteAudioClassifierOptions options = TfLiteAudioClassifierOptionsCreate();
    TfLiteSupportError *error = NULL;
    options.base_options.model_file.file_path = model;
    options.classification_options.max_results = 4;
    TfLiteAudioClassifier *classifier = TfLiteAudioClassifierFromOptions(&options, &error);
    assert_non_null(classifier);
    TfLiteAudioFormat *format = TfLiteAudioClassifierGetRequiredAudioFormat(classifier, &error);
    assert_true(format->channels == 1 && format->sample_rate == 16000);
    TfLiteAudioFormatDelete(format);
    assert_int_equal(TfLiteAudioClassifierGetRequiredInputBufferSize(classifier, &error),
                     ln_audio_classifier_format(c).frames);
    const TfLiteAudioBuffer buffer = {{1, 16000}, audio->samples, audio->frames};
    TfLiteClassificationResult *r = TfLiteAudioClassifierClassify(classifier, &buffer, &error);
    assert_non_null(r);
    assert_int_equal(r->classifications[0].size, 4);
    same_name(r->classifications[0].head_name, expected->heads[0].head_name);
    for (int i = 0; i < 4; i++)
        same_category(&r->classifications[0].categories[i], &expected->heads[0].categories[i]);
    assert_null(TfLiteAudioClassifierClassify(classifier, NULL, &error));
    expect(error, kInvalidArgumentError, "Expected non null audio buffer");
    TfLiteClassificationResultDelete(r);
    TfLiteAudioClassifierDelete(classifier);
    ln_classification_result_free(expected);
    ln_audio_classifier_free(c);
    ln_audio_free(audio);
}

/* ---- texts ---- */

static void same_categories(Categories *theirs, const ln_classification *ours)
{
    assert_non_null(theirs);
    assert_int_equal(theirs->size, ours->n);
    assert_int_equal(theirs->size, 2);
    for (int i = 0; i < theirs->size; i++) { /* ours have the best first */
        const Category *c = &theirs->categories[ours->categories[i].index];
        assert_string_equal(c->text, ours->categories[i].name);
        assert_true(c->score == (double)ours->categories[i].score);
    }
    TfLiteNLClassifierCategoriesDelete(theirs);
}

static void test_texts(void **state)
{
    (void)state;
    const char *model = present(ZOO "nl_classifier_regex.tflite");
    const char *text = "What a waste of my time.";
    const ln_text_options o = {.base.model_path = model};
    ln_text_classifier *c = ln_text_classifier_create(&o, NULL);
    ln_classification_result *expected = ln_text_classify(c, text, NULL);

    const TfLiteNLClassifierOptions options = {.output_label_tensor_index = -1};
    TfLiteNLClassifier *nl = TfLiteNLClassifierCreateFromOptions(model, &options);
    same_categories(TfLiteNLClassifierClassify(nl, text), &expected->heads[0]);
    assert_null(TfLiteNLClassifierClassify(nl, NULL));
    assert_null(TfLiteBertQuestionAnswererCreate(model));
    assert_null(TfLiteBertNLClassifierCreate(model)); /* one input, not three */
    TfLiteNLClassifierDelete(nl);
    ln_classification_result_free(expected);
    ln_text_classifier_free(c);
}

/* Models that say which words there are: tests/task/make_texts.py. */
static void test_bert(void **state)
{
    (void)state;
    TfLiteBertNLClassifier *nl = TfLiteBertNLClassifierCreate(LINNET_TEST_DATA "/sentiment.tflite");
    Categories *c = TfLiteBertNLClassifierClassify(nl, "A bad, BAD film");
    assert_int_equal(c->size, 2);
    assert_string_equal(c->categories[1].text, "bad");
    assert_true(c->categories[0].score == 0 && c->categories[1].score == 1);
    TfLiteNLClassifierCategoriesDelete(c);
    TfLiteBertNLClassifierDelete(nl);

    TfLiteBertQuestionAnswerer *qa =
        TfLiteBertQuestionAnswererCreate(LINNET_TEST_DATA "/answer.tflite");
    TfLiteQaAnswers *a =
        TfLiteBertQuestionAnswererAnswer(qa, "The Red  quick fox ran.", "Who ran?");
    assert_int_equal(a->size, 1);
    assert_string_equal(a->answers[0].text, "Red quick fox");
    assert_true(a->answers[0].logit == 2 && a->answers[0].start == 6 && a->answers[0].end == 8);
    TfLiteQaAnswersDelete(a);
    TfLiteBertQuestionAnswererDelete(qa);
}

static void test_text_refusals(void **state)
{
    (void)state;
    const TfLiteNLClassifierOptions options = {.output_label_tensor_index = -1};
    const TfLiteBertNLClassifierOptions length = {128};
    const char *no_model = LINNET_DIGITS "/no_such.tflite";
    assert_null(TfLiteNLClassifierCreateFromOptions(no_model, &options));
    assert_null(TfLiteNLClassifierCreateFromOptions(NULL, &options));
    assert_null(TfLiteNLClassifierCreateFromOptions(no_model, NULL));
    assert_null(TfLiteBertNLClassifierCreateFromOptions(no_model, &length));
    assert_null(TfLiteBertQuestionAnswererCreate(no_model));
    assert_null(TfLiteNLClassifierClassify(NULL, "text"));
    assert_null(TfLiteBertQuestionAnswererAnswer(NULL, "context", "question"));
    TfLiteNLClassifierDelete(NULL);
    TfLiteNLClassifierCategoriesDelete(NULL);
    TfLiteBertQuestionAnswererDelete(NULL);
    TfLiteQaAnswersDelete(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_option_layouts),
        cmocka_unit_test(test_result_layouts),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_other_refusals),
        cmocka_unit_test(test_classifier),
        cmocka_unit_test(test_detector),
        cmocka_unit_test(test_detector_threshold),
        cmocka_unit_test(test_segmenter),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_bert),
        cmocka_unit_test(test_audio_refusals),
        cmocka_unit_test(test_audio),
        cmocka_unit_test(test_text_refusals),
    };
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * i / 7);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
