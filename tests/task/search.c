/* SPDX-License-Identifier: Apache-2.0 */
/* search.c: indexes that tflite-support's builder has made of 24 random vectors of 10 values:
 * index_float.ldb as they are; index_codes.ldb as codes of 5 parts with 16-bit lookups, in 3
 * partitions, of which 2 are searched, compressed by Snappy.  The expected neighbors were computed
 * from the vectors and the codebook by NumPy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "linnet/task/search.h"
#include "task/index.h"
#include "tensorflow_lite_support/c/common.h"

static const float query[10] = {0.92f, 0.13f, 0.37f, 0.95f, 0.11f,
                                0.41f, 0.8f,  0.02f, 0.07f, 0.93f};

typedef struct expected {
    const char *name;
    double distance;
} expected;

static void open_file(ln_file *file, const char *path)
{
    ln_diag diag = {0};
    if (ln_file_open(file, path, &ln_alloc_default, &diag) != LN_OK)
        fail_msg("%s", diag.text);
}

static void check(const char *path, const expected *want, double tolerance, const char *about)
{
    ln_diag diag = {0};
    ln_task_error error;
    ln_index index;
    ln_file file;
    size_t size;
    open_file(&file, path);
    if (ln_index_read(&index, file.data, file.size, &diag) != LN_OK)
        fail_msg("%s", diag.text);
    assert_int_equal(index.dimension, 10);
    ln_search_result *r = ln_index_search(&index, query, 4, &error);
    assert_non_null(r);
    assert_int_equal(r->n, 4);
    for (int i = 0; i < 4; i++) {
        const double off = (double)r->neighbors[i].distance - want[i].distance;
        assert_string_equal(r->neighbors[i].metadata, want[i].name);
        assert_int_equal(r->neighbors[i].size, strlen(want[i].name));
        assert_true(off < tolerance && off > -tolerance);
    }
    ln_search_result_free(r);
    r = ln_index_search(&index, query, 1000, &error);
    assert_true(r->n > 4 && r->n <= 24);
    for (int i = 1; i < r->n; i++)
        assert_true(r->neighbors[i].distance >= r->neighbors[i - 1].distance);
    ln_search_result_free(r);
    const char *info = ln_index_info(&index, &size);
    assert_int_equal(size, strlen(about));
    assert_memory_equal(info, about, size);
    ln_index_deinit(&index);
    ln_file_close(&file);
}

static void test_vectors(void **state)
{
    (void)state;
    const expected want[] = {{"item 3", 0.50599605},
                             {"item 0", 1.09818602},
                             {"item 21", 1.17027712},
                             {"item 22", 1.54323292}};
    check(LINNET_TEST_DATA "/index_float.ldb", want, 1e-6, "24 items");
}

static void test_codes(void **state)
{
    (void)state;
    const expected want[] = {{"item 0", -2.89762998},
                             {"item 5", -2.79526997},
                             {"item 7", -2.74073005},
                             {"item 21", -2.71684003}};
    check(LINNET_TEST_DATA "/index_codes.ldb", want, 5 * 1.2 / 2047, "");
}

/* Each beginning of a file is refused; so is the whole one with a byte changed in its footer. */
static void test_damage(void **state)
{
    (void)state;
    const char *const paths[] = {LINNET_TEST_DATA "/index_float.ldb",
                                 LINNET_TEST_DATA "/index_codes.ldb"};
    for (int p = 0; p < 2; p++) {
        uint8_t bytes[2000];
        ln_index index;
        ln_file file;
        open_file(&file, paths[p]);
        assert_in_range(file.size, 100, sizeof bytes);
        memcpy(bytes, file.data, file.size);
        for (size_t n = 0; n < file.size; n++) {
            ln_diag diag = {0};
            assert_int_equal(ln_index_read(&index, bytes, n, &diag), LN_ERR_FORMAT);
            assert_non_null(strstr(diag.text, "index"));
            ln_index_deinit(&index);
        }
        bytes[file.size - 1] ^= 1;
        assert_int_equal(ln_index_read(&index, bytes, file.size, NULL), LN_ERR_FORMAT);
        ln_index_deinit(&index);
        ln_file_close(&file);
    }
}

static void test_image_searcher(void **state)
{
    (void)state;
    static const uint8_t pixels[8 * 8] = {[20] = 255, [28] = 255, [36] = 255};
    const ln_frame frame = {.format = LN_PIXEL_GRAY, .width = 8, .height = 8, .planes = {pixels}};
    ln_vision_options o = {.base.model_path = LINNET_TEST_DATA "/digits_metadata.tflite"};
    ln_search_options search = {.index_path = LINNET_TEST_DATA "/index_float.ldb",
                                .max_results = 3};
    ln_task_error error = {0};
    size_t size;
    ln_image_searcher *s = ln_image_searcher_create(&o, &search, &error);
    if (!s)
        fail_msg("%s", error.message);
    ln_search_result *r = ln_image_search(s, &frame, NULL, &error);
    assert_non_null(r);
    assert_int_equal(r->n, 3);
    assert_memory_equal(ln_image_searcher_info(s, &size), "24 items", 8);
    ln_search_result_free(r);
    ln_image_searcher_free(s);

    search.max_results = -1;
    assert_null(ln_image_searcher_create(&o, &search, &error));
    assert_non_null(strstr(error.message, "max_results"));
    search.max_results = 0;
    search.index_path = NULL;
    assert_null(ln_image_searcher_create(&o, &search, &error));
    assert_non_null(strstr(error.message, "Unable to find index file"));
    assert_null(ln_image_searcher_create(&o, NULL, &error));
    search.index_path = LINNET_TEST_DATA "/no_such.ldb";
    assert_null(ln_image_searcher_create(&o, &search, &error));
    assert_int_equal(error.code, kFileNotFoundError);
    search.index_path = LINNET_TEST_DATA "/tone.wav";
    assert_null(ln_image_searcher_create(&o, &search, &error));
    assert_non_null(strstr(error.message, "not a LevelDB table"));
    assert_int_equal(error.code, kError);
    search.index_path = "";
    assert_null(ln_image_searcher_create(&o, &search, &error));
    assert_int_equal(error.code, kInvalidArgumentError);
    search.index_path = LINNET_TEST_DATA "/index_float.ldb";
    o.embedding.quantize = true;
    assert_null(ln_image_searcher_create(&o, &search, &error));
    assert_non_null(strstr(error.message, "quantize"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_image_searcher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
