/* SPDX-License-Identifier: Apache-2.0 */
/* read.c: reading of metadata.  Models with metadata lie outside of the repository; their tests say
 * so and are skipped where there are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/metadata.h"

static ln_meta *open_shared(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/models/zoo/%s", LINNET_SHARED, name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there\n", path);
        skip();
    }
    fclose(f);
    ln_meta_error error = {0};
    ln_meta *meta = ln_meta_open(path, &error);
    if (!meta)
        fail_msg("%s: %s", name, error.text);
    return meta;
}

static void test_no_metadata(void **state)
{
    (void)state;
    ln_meta *meta = ln_meta_open(LINNET_DIGITS "/digits_int8.tflite", NULL);
    ln_meta_error error = {0};
    void *data;
    size_t n;
    assert_non_null(meta);
    assert_null(ln_meta_get(meta));
    assert_null(ln_meta_input(meta, 0));
    assert_null(ln_meta_buffer(meta, &n));
    assert_null(ln_meta_packed_file(meta, 0));
    assert_false(ln_meta_read_file(meta, "labels.txt", &data, &n, &error));
    assert_int_equal(error.code, LN_META_NOT_FOUND);
    assert_string_equal(error.text, "the model carries no file labels.txt");
    ln_meta_close(meta);
}

static void test_no_model(void **state)
{
    (void)state;
    ln_meta_error error = {0};
    assert_null(ln_meta_open_memory("GIF89a..", 8, &error));
    assert_int_equal(error.code, LN_META_MALFORMED);
    assert_null(ln_meta_open_memory(NULL, 0, NULL));
    assert_null(ln_meta_open(LINNET_DIGITS "/no_such.tflite", &error));
    assert_int_equal(error.code, LN_META_IO);
}

static void test_detector(void **state)
{
    (void)state;
    ln_meta *meta = open_shared("ssd_mobilenet_v1_coco_metadata.tflite");
    const ln_meta_model *m = ln_meta_get(meta);
    void *text;
    size_t n;
    assert_string_equal(m->name, "Coco SSD MobileNetV1");
    assert_string_equal(m->min_parser_version, "1.0.0");
    assert_int_equal(m->n_graphs, 1);
    assert_int_equal(m->graphs[0].outputs.n, 4);
    const ln_meta_tensor *image = ln_meta_input(meta, 0), *boxes = ln_meta_output(meta, 0);
    assert_int_equal(image->content, LN_META_IMAGE);
    assert_int_equal(image->color, LN_META_RGB);
    assert_int_equal(image->n_max, 1);
    assert_float_equal(image->max[0], 255, 0);
    const ln_meta_unit *unit = ln_meta_find_unit(&image->units, LN_META_NORMALIZATION);
    assert_non_null(unit);
    assert_float_equal(unit->mean[0], 127.5, 0);
    assert_float_equal(unit->std[0], 127.5, 0);
    assert_int_equal(boxes->box, LN_META_BOUNDARIES);
    assert_int_equal(boxes->n_index, 4);
    assert_int_equal(boxes->index[2], 3);
    assert_true(boxes->has_range);
    const ln_meta_files *files = &ln_meta_output(meta, 1)->files;
    const ln_meta_file *labels = ln_meta_find_file(files, LN_META_VALUE_LABELS, NULL);
    assert_non_null(labels);
    assert_null(ln_meta_find_file(files, LN_META_VALUE_LABELS, "de"));
    assert_string_equal(labels->name, ln_meta_packed_file(meta, 0));
    assert_true(ln_meta_read_file(meta, labels->name, &text, &n, NULL));
    assert_int_equal(strlen(text), n);
    assert_memory_equal(text, "person\n", 7);
    ln_meta_free(text);
    assert_null(ln_meta_output(meta, 4));
    ln_meta_close(meta);
}

static void test_tokenizer(void **state)
{
    (void)state;
    ln_meta *meta = open_shared("nl_classifier_regex.tflite");
    const ln_meta_unit *unit =
        ln_meta_find_unit(&ln_meta_input(meta, 0)->units, LN_META_REGEX_TOKENIZER);
    void *text;
    size_t n;
    assert_non_null(unit);
    assert_string_equal(unit->regex, "[^\\w\\']+");
    assert_int_equal(unit->vocabularies.n, 1);
    assert_true(ln_meta_read_file(meta, unit->vocabularies.all[0].name, &text, &n, NULL));
    assert_memory_equal(text, "<PAD> 0\n", 8);
    ln_meta_free(text);
    ln_meta_close(meta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_metadata),
        cmocka_unit_test(test_no_model),
        cmocka_unit_test(test_detector),
        cmocka_unit_test(test_tokenizer),
    };
    return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
