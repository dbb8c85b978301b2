/* SPDX-License-Identifier: Apache-2.0 */
/* sample_files.c: arrays in other orders than that of tensors, and classes of files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "common/label_table.h"
#include "common/tool.h"
#include "common/value.h"

/* ---- arrays: those in tests/data/samples/npy count from 0 on ---- */

static value read_array(const char *name)
{
    char why[160] = "";
    value v = {0};
    size_t n;
    char *path = tool_format(LINNET_SAMPLES "/npy/%s", name);
    uint8_t *data = tool_read_file(path, &n);
    if (!data || !value_from_npy(&v, data, n, why))
        fail_msg("%s: %s", path, why);
    tool_free(data);
    tool_free(path);
    return v;
}

static void check_counts(const char *name, TfLiteType type)
{
    value v = read_array(name);
    assert_int_equal(v.type, type);
    assert_int_equal(v.rank, 3);
    assert_int_equal(v.count, 24);
    for (size_t i = 0; i < v.count; i++)
        assert_true(value_real(&v, i, 0) == (double)i);
    value_free(&v);
}

static void orders_of_items_and_bytes(void **state)
{
    (void)state;
    check_counts("c_float32.npy", kTfLiteFloat32);
    check_counts("fortran_float64.npy", kTfLiteFloat64);
    check_counts("big_int16.npy", kTfLiteInt16);
}

static void complex_numbers(void **state)
{
    (void)state;
    value v = read_array("big_fortran_complex64.npy"); /* the first two of three rows */
    for (size_t i = 0; i < v.count; i++) {
        const double want = (double)(i % 8 + i / 8 * 12);
        assert_true(value_real(&v, i, 0) == want);
        assert_true(value_real(&v, i, 1) == want);
    }
    value_free(&v);
}

/* ---- classes ---- */

static label_table *read_labels(const char *classes, const char *lines, const char *error)
{
    static const char *const known[] = {"dog", "bird", "cat"};
    char why[LABEL_ERROR] = "";
    label_table *t = label_table_create();
    if (classes)
        label_table_set_classes(t, classes);
    const bool ok = label_table_read(t, lines, why) && label_table_finish(t, known, 3, why);
    if (ok != !error || (error && !strstr(why, error)))
        fail_msg("%s gives \"%s\"", lines, why);
    if (ok)
        return t;
    label_table_free(t);
    return NULL;
}

static void check(const char *classes, const char *lines, const char *path, size_t at, int want)
{
    label_table *t = read_labels(classes, lines, NULL);
    assert_int_equal(label_table_find(t, path, at), want);
    label_table_free(t);
}

static void names_of_files_match_whole(void **state)
{
    (void)state;
    const char *lines = "1.png,4\n11.png,5\n";
    check(NULL, lines, "x/11.png", 0, 5);
    check(NULL, lines, "x/1.png", 0, 4);
    check(NULL, lines, "x/21.png", 0, -1);
    lines = "a/1.png,4\nb/1.png,5\n";
    check(NULL, lines, "data/a/1.png", 0, 4);
    check(NULL, lines, "data/b/1.png", 1, 5);
    check(NULL, lines, "c/1.png", 0, -1); /* either one */
    check(NULL, "here/a.png,3\n", "there/a.png", 0, 3);
}

static void lines_as_people_write_them(void **state)
{
    (void)state;
    check(NULL, "file,class\r\na.png,7\r\n\r\nb.png , 8\r\n", "b.png", 0, 8);
    check(NULL, "\"a, b.png\",\"2\"\n", "a, b.png", 0, 2);
    check(NULL, "3\n1\n4\n", "any", 2, 4);
    check(NULL, "3\n1\n4\n", "any", 3, -1);
    read_labels(NULL, "a.png,1,2\n", "line 1");
    read_labels(NULL, "1\na.png,2\n", "line 2");
    read_labels(NULL, "\n \n", "no classes");
}

static void names_have_numbers(void **state)
{
    (void)state;
    const char *lines = "a.png,dog\nb.png,cat\n";
    check("cat\ndog\n", lines, "a.png", 0, 1);
    check("cat\ncat\ndog\n", lines, "a.png", 0, 2); /* two classes of one name are two places */
    check(NULL, lines, "a.png", 0, 0);              /* by the list that is known */
    check(NULL, "a.png,dog\nb.png,ant\n", "a.png", 0, 1); /* sorted */
    read_labels("cat\n", lines, "\"dog\" is none of the 1 classes");
}

static void folders_are_classes(void **state)
{
    (void)state;
    char why[LABEL_ERROR];
    label_table *t = label_table_create();
    label_table_add_folder(t, "data/ten/1.png");
    label_table_add_folder(t, "data/five/1.png");
    label_table_add_folder(t, "data/ten/2.png");
    assert_true(label_table_finish(t, NULL, 0, why));
    assert_int_equal(label_table_find(t, "data/ten/2.png", 2), 1);
    assert_int_equal(label_table_find(t, "data/five/1.png", 1), 0);
    assert_string_equal(label_table_name(t, 1), "ten");
    label_table_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_of_items_and_bytes),  cmocka_unit_test(complex_numbers),
        cmocka_unit_test(names_of_files_match_whole), cmocka_unit_test(lines_as_people_write_them),
        cmocka_unit_test(names_have_numbers),         cmocka_unit_test(folders_are_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
