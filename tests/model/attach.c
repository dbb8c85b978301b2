/* SPDX-License-Identifier: Apache-2.0 */
/* attach.c: metadata entries are added, replaced and removed, and all else of a model stays: data
 * outside the flatbuffer keeps its place in a line of 16 bytes, files behind it are still found. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/zip_tail.h"
#include "model/sample.h"

typedef struct bytes {
    uint8_t *data;
    size_t n;
} bytes;

/* An archive with one entry "a" that holds "hi", its places counted from its own start. */
static const uint8_t archive[] = {
    'P',  'K',  3, 4,  20, 0,  0, 0,  0, 0, 0, 0,   33,  0,   0xac, 0x2a, 0x93,
    0xd8, 2,    0, 0,  0,  2,  0, 0,  0, 1, 0, 0,   0,   'a', 'h',  'i',  'P',
    'K',  1,    2, 20, 3,  20, 0, 0,  0, 0, 0, 0,   0,   33,  0,    0xac, 0x2a,
    0x93, 0xd8, 2, 0,  0,  0,  2, 0,  0, 0, 1, 0,   0,   0,   0,    0,    0,
    0,    0,    0, 0,  0,  0,  0, 0,  0, 0, 0, 'a', 'P', 'K', 5,    6,    0,
    0,    0,    0, 1,  0,  1,  0, 47, 0, 0, 0, 33,  0,   0,   0,    0,    0,
};
enum { DIRECTORY = 33, ENTRY_PLACE = 42 };

static bytes write_sample(size_t limit)
{
    ln_model *m = sample_model();
    bytes b;
    assert_int_equal(ln_model_write_limit(m, limit, &b.data, &b.n, &ln_alloc_default, NULL), LN_OK);
    ln_model_release(m);
    return b;
}

static bytes attach(const bytes *model, const char *name, const char *text)
{
    const ln_attachment entry = {name, text, text ? strlen(text) : 0};
    ln_diag diag = {0};
    bytes out;
    if (ln_model_attach(model->data, model->n, &entry, &out.data, &out.n, &ln_alloc_default,
                        &diag) != LN_OK)
        fail_msg("%s", diag.text);
    return out;
}

static char *text_of(const bytes *b)
{
    ln_diag diag = {0};
    ln_model *m;
    if (ln_model_open_memory(&m, b->data, b->n, &ln_alloc_default, &diag) != LN_OK)
        fail_msg("%s", diag.text);
    char *text = model_text(m);
    ln_model_release(m);
    return text;
}

static void assert_same(const bytes *a, const bytes *b)
{
    char *x = text_of(a), *y = text_of(b);
    assert_string_equal(x, y);
    ln_free(&ln_alloc_default, x);
    ln_free(&ln_alloc_default, y);
}

static void drop(bytes *b)
{
    ln_free(&ln_alloc_default, b->data);
}

static void entries_come_and_go(void **state)
{
    (void)state;
    const size_t limits[] = {SIZE_MAX, 0};
    for (size_t i = 0; i < LN_COUNTOF(limits); i++) {
        bytes model = write_sample(limits[i]);
        bytes added = attach(&model, "TFLITE_METADATA", "some bytes");
        char *text = text_of(&added);
        assert_non_null(strstr(text, "metadata notes in 7")); /* the sample's own */
        assert_non_null(strstr(text, "metadata TFLITE_METADATA in"));
        ln_free(&ln_alloc_default, text);
        bytes again = attach(&added, "TFLITE_METADATA", "some bytes");
        assert_int_equal(again.n, added.n);
        assert_memory_equal(again.data, added.data, again.n);
        bytes longer = attach(&added, "TFLITE_METADATA", "other bytes, and more of them");
        bytes back = attach(&longer, "TFLITE_METADATA", "some bytes");
        assert_same(&back, &added);
        bytes without = attach(&model, "no such entry", NULL);
        assert_same(&without, &model);
        bytes removed = attach(&model, "notes", NULL);
        text = text_of(&removed);
        assert_null(strstr(text, "metadata notes"));
        ln_free(&ln_alloc_default, text);
        bytes *all[] = {&model, &added, &again, &longer, &back, &without, &removed};
        for (size_t k = 0; k < LN_COUNTOF(all); k++)
            drop(all[k]);
    }
}

/* A buffer that a tensor has too must not change with the entry. */
static void shared_buffers_stay(void **state)
{
    (void)state;
    ln_model *m = sample_model();
    m->metadata[0].buffer = 1;
    bytes model;
    assert_int_equal(ln_model_write(m, &model.data, &model.n, &ln_alloc_default, NULL), LN_OK);
    const int buffers = m->n_buffers;
    ln_model_release(m);
    bytes changed = attach(&model, "notes", "new");
    assert_int_equal(ln_model_open_memory(&m, changed.data, changed.n, &ln_alloc_default, NULL),
                     LN_OK);
    assert_int_equal(m->n_buffers, buffers + 1);
    assert_int_equal(m->metadata[0].buffer, buffers);
    assert_memory_equal(m->buffers[buffers].data, "new", 3);
    ln_model_release(m);
    drop(&changed);
    drop(&model);
}

static bytes with_files(const bytes *model)
{
    ln_zip_tail tail;
    bytes b = {ln_new(&ln_alloc_default, model->n, 1), model->n};
    memcpy(b.data, model->data, model->n);
    assert_true(ln_zip_tail_find(archive, sizeof archive, &tail));
    assert_int_equal(ln_zip_tail_append(archive, &tail, &b.data, &b.n, &ln_alloc_default, NULL),
                     LN_OK);
    return b;
}

static void check_files(const bytes *b)
{
    ln_zip_tail tail;
    assert_true(ln_zip_tail_find(b->data, b->n, &tail));
    assert_int_equal(tail.start, b->n - sizeof archive);
    assert_int_equal(tail.shift, 0); /* places count from the start of the file */
    assert_memory_equal(b->data + tail.start, archive, DIRECTORY);
    assert_int_equal(tail.directory, tail.start + DIRECTORY);
    const uint8_t *place = b->data + tail.directory + ENTRY_PLACE;
    assert_int_equal(place[0] | place[1] << 8 | place[2] << 16, tail.start);
}

/* By attach.c, and by the writer of whole models. */
static void files_go_along(void **state)
{
    (void)state;
    const size_t limits[] = {SIZE_MAX, 0};
    for (size_t i = 0; i < LN_COUNTOF(limits); i++) {
        bytes bare = write_sample(limits[i]), model = with_files(&bare), written;
        check_files(&model);
        bytes changed = attach(&model, "TFLITE_METADATA", "some bytes");
        check_files(&changed);
        ln_model *m;
        assert_int_equal(ln_model_open_memory(&m, model.data, model.n, &ln_alloc_default, NULL),
                         LN_OK);
        assert_int_equal(
            ln_model_write_limit(m, limits[i], &written.data, &written.n, &ln_alloc_default, NULL),
            LN_OK);
        check_files(&written);
        assert_same(&written, &bare);
        ln_model_release(m);
        bytes *all[] = {&bare, &model, &changed, &written};
        for (size_t k = 0; k < LN_COUNTOF(all); k++)
            drop(all[k]);
    }
}

/* An archive that is cut or says something wrong is none. */
static void broken_archives_are_none(void **state)
{
    (void)state;
    ln_zip_tail tail;
    uint8_t copy[sizeof archive];
    for (size_t n = 0; n < sizeof archive; n++)
        assert_false(ln_zip_tail_find(archive, n, &tail));
    for (size_t i = 0; i < sizeof archive; i++) {
        for (int v = 1; v < 256; v += 37) {
            memcpy(copy, archive, sizeof archive);
            copy[i] = (uint8_t)(copy[i] + v);
            if (!ln_zip_tail_find(copy, sizeof copy, &tail))
                continue;
            assert_true(tail.start + tail.size == sizeof copy);
            assert_true(tail.directory <= tail.end && tail.shift <= tail.directory);
        }
    }
}

/* The same archive with the records that Zip64 puts before the end record. */
static void archives_of_64_bits_are_refused(void **state)
{
    (void)state;
    enum { END = sizeof archive - 22, MORE = 56 + 20 };
    uint8_t *written;
    size_t n;
    ln_diag diag = {0};
    bytes bare = write_sample(SIZE_MAX), model = {NULL, bare.n + sizeof archive + MORE};
    const ln_attachment entry = {"X", "y", 1};
    model.data = ln_new(&ln_alloc_default, model.n, 1);
    uint8_t *p = model.data;
    memcpy(p, bare.data, bare.n);
    memcpy(p + bare.n, archive, END);
    memcpy(p + bare.n + END, "PK\6\6", 4);
    memcpy(p + bare.n + END + 56, "PK\6\7", 4);
    memcpy(p + model.n - 22, archive + END, 22);
    assert_int_equal(ln_zip_tail_check(bare.data, bare.n, NULL), LN_OK);
    assert_int_equal(ln_zip_tail_check(archive, sizeof archive, NULL), LN_OK);
    assert_int_equal(
        ln_model_attach(model.data, model.n, &entry, &written, &n, &ln_alloc_default, &diag),
        LN_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "64-bit"));
    ln_model *m;
    assert_int_equal(ln_model_open_memory(&m, model.data, model.n, &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_model_write_limit(m, SIZE_MAX, &written, &n, &ln_alloc_default, NULL),
                     LN_ERR_UNSUPPORTED);
    ln_model_release(m);
    drop(&bare);
    drop(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_and_go),
        cmocka_unit_test(shared_buffers_stay),
        cmocka_unit_test(files_go_along),
        cmocka_unit_test(broken_archives_are_none),
        cmocka_unit_test(archives_of_64_bits_are_refused),
    };
    return cmocka_run_group_tests_name("attach", tests, NULL, NULL);
}
