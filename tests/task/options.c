/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: where a task's model comes from: a file, its bytes, or a part of an open file; exactly
 * one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "linnet/task/vision.h"
#include "tensorflow_lite_support/c/common.h"

#define MODEL LINNET_DIGITS "/../../tests/data/digits_metadata.tflite"

enum { BEFORE = 1001, BEHIND = 77, MOST = 1 << 17 };

static uint8_t model[MOST];
static size_t size;

static int read_model(void **state)
{
    (void)state;
    FILE *f = fopen(MODEL, "rb");
    size = f ? fread(model, 1, sizeof model, f) : 0;
    if (f)
        fclose(f);
    return size == 0 || size == sizeof model;
}

/* The model is used, not only opened: the picture shows a three. */
static void expect_three(const ln_task_options *base)
{
    const ln_vision_options options = {.base = *base, .categories = {.max_results = 1}};
    ln_task_error error = {0, ""};
    ln_image_classifier *c = ln_image_classifier_create(&options, &error);
    ln_image *image = ln_image_read(LINNET_DIGITS "/digit3.png", NULL);
    assert_string_equal(error.message, "");
    assert_true(c && image);
    ln_classification_result *r = ln_image_classify(c, &image->frame, NULL, NULL);
    assert_true(r && r->n == 1 && r->heads[0].n == 1);
    assert_string_equal(r->heads[0].categories[0].name, "3");
    ln_classification_result_free(r);
    ln_image_free(image);
    ln_image_classifier_free(c);
}

static void expect_refusal(const ln_task_options *base, int code, const char *part)
{
    const ln_vision_options options = {.base = *base};
    ln_task_error error = {0, ""};
    assert_null(ln_image_classifier_create(&options, &error));
    assert_int_equal(error.code, code);
    assert_non_null(strstr(error.message, part));
}

static void test_files_and_bytes(void **state)
{
    (void)state;
    expect_three(&(ln_task_options){.model_path = MODEL});
    expect_three(&(ln_task_options){.model_data = model, .model_size = size, .num_threads = 2});
    expect_refusal(&(ln_task_options){0}, kInvalidArgumentError, "found 0");
    expect_refusal(&(ln_task_options){.model_path = MODEL, .model_data = model, .model_size = size},
                   kInvalidArgumentError, "found 2");
    expect_refusal(&(ln_task_options){.model_data = model, .model_size = size / 2},
                   kInvalidFlatBufferError, "");
    expect_refusal(&(ln_task_options){.model_path = ""}, kInvalidArgumentError,
                   "'file_name' or 'file_descriptor_meta'. The name is empty.");
    expect_refusal(&(ln_task_options){.model_data = ""}, kInvalidArgumentError,
                   "The content is empty.");
    expect_refusal(&(ln_task_options){.model_path = "nosuch.tflite"}, kFileNotFoundError,
                   "nosuch.tflite");
}

static void test_part_of_an_open_file(void **state)
{
    (void)state;
    char path[] = "/tmp/linnet_options_XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    static const uint8_t other[BEFORE] = {1, 2, 3};
    assert_int_equal(write(fd, other, BEFORE), BEFORE);
    assert_int_equal(write(fd, model, size), size);
    assert_int_equal(write(fd, other, BEHIND), BEHIND);

    ln_task_options base = {.model_fd = fd, .fd_offset = BEFORE, .fd_length = (long long)size};
    expect_three(&base);
    expect_three(&base); /* the place in the file does not count */
    base.fd_length = (long long)size + BEHIND + 1;
    expect_refusal(&base, kFileReadError, "from 1001 on");
    base.fd_length = (long long)size;
    base.fd_offset = BEFORE + 1;
    expect_refusal(&base, kInvalidFlatBufferError, "");
    base.fd_offset = -1;
    expect_refusal(&base, kInvalidArgumentError, "Invalid part");
    close(fd);
    base.fd_offset = BEFORE;
    expect_refusal(&base, kFileReadError, "descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_and_bytes),
        cmocka_unit_test(test_part_of_an_open_file),
    };
    return cmocka_run_group_tests(tests, read_model, NULL);
}
