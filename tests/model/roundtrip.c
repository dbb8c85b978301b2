/* SPDX-License-Identifier: Apache-2.0 */
/* roundtrip.c: read -> write -> read gives the same model, writing gives the same bytes, and what
 * is wrong with a file is said.  With LINNET_WRITE_DIR in the environment the written models stay
 * there, for check_with_peer.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <unistd.h>

#include "fb/builder.h"
#include "model/sample.h"
#include "schema/schema.h"

static ln_model *open_bytes(const uint8_t *bytes, size_t n)
{
    ln_diag diag = {0};
    ln_model *m;
    if (ln_model_open_memory(&m, bytes, n, &ln_alloc_default, &diag) != LN_OK)
        fail_msg("cannot read what was written: %s", diag.text);
    return m;
}

/* Writes `m`, with data outside the flatbuffer where it has more than `limit` bytes, reads that
 * and compares.  Returns the bytes. */
static uint8_t *check_written(const ln_model *m, size_t limit, const char *name, size_t *n)
{
    ln_diag diag = {0};
    uint8_t *bytes, *again;
    size_t n_again;
    if (ln_model_write_limit(m, limit, &bytes, n, &ln_alloc_default, &diag) != LN_OK)
        fail_msg("%s: cannot be written: %s", name, diag.text);
    ln_model *back = open_bytes(bytes, *n);
    char *want = model_text(m), *got = model_text(back);
    if (strcmp(want, got) != 0)
        fail_msg("%s: was\n%s\nis\n%s", name, want, got);
    assert_int_equal(ln_model_write_limit(back, limit, &again, &n_again, &ln_alloc_default, &diag),
                     LN_OK);
    assert_int_equal(*n, n_again);
    assert_memory_equal(bytes, again, n_again);
    ln_free(&ln_alloc_default, want);
    ln_free(&ln_alloc_default, got);
    ln_free(&ln_alloc_default, again);
    ln_model_release(back);
    return bytes;
}

/* What cannot be told apart in a file: open dimensions become 1 with a signature of -1, so the
 * sample is compared from its first reading on. */
static void sample_survives(void **state)
{
    (void)state;
    size_t n, n_outside;
    uint8_t *bytes, *outside;
    ln_diag diag = {0};
    ln_model *made = sample_model();
    assert_int_equal(ln_model_write(made, &bytes, &n, &ln_alloc_default, &diag), LN_OK);
    ln_model_release(made);
    ln_model *m = open_bytes(bytes, n);
    char *text = model_text(m);
    static const char *const wanted[] = {
        "FLOAT32 [1, 3] signature [-1, 3]",
        "INT16 [5] variable scale 0.5 zero -1",
        "scales 3 along 0 {0.5:-1 1.5:0 2.5:1}",
        "blocks of 2 along 1 scales %4 zeros -1",
        "sparse [0, 1] blocks [] dense 2 csr 3:",
        "SomeonesOp v1 (%0, -) inner (%0) custom 5:",
        "? v3",
        "maybe unranked",
        "metadata notes in 7",
        "signature serve of 0: in=0\n out=9",
    };
    for (size_t i = 0; i < LN_COUNTOF(wanted); i++)
        if (!strstr(text, wanted[i]))
            fail_msg("'%s' is missing in\n%s", wanted[i], text);
    assert_int_equal(m->graphs[0]->nodes[0].debug_index, 7);
    assert_int_equal(m->graphs[0]->debug_index, 2);
    ln_free(&ln_alloc_default, text);
    uint8_t *again = check_written(m, SIZE_MAX, "sample", &n);
    outside = check_written(m, 0, "sample, outside", &n_outside);
    ln_model_release(m);
    m = open_bytes(outside, n_outside);
    assert_true(m->buffers[1].outside);
    assert_true(m->graph_bytes < m->n_bytes);
    ln_free(&ln_alloc_default, check_written(m, SIZE_MAX, "sample, outside before", &n));
    ln_model_release(m);
    ln_free(&ln_alloc_default, again);
    ln_free(&ln_alloc_default, outside);
    ln_free(&ln_alloc_default, bytes);
}

/* A file cut anywhere, or with one byte changed, is refused or read; never more than that. */
static void damage_is_harmless(void **state)
{
    (void)state;
    ln_diag diag = {0};
    ln_model *m = sample_model();
    uint8_t *bytes;
    size_t n;
    assert_int_equal(ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag), LN_OK);
    ln_model_release(m);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *copy = ln_resize(&ln_alloc_default, NULL, cut, 1); /* the sanitizer sees its end */
        memcpy(copy, bytes, cut);
        if (ln_model_open_memory(&m, copy, cut, &ln_alloc_default, &diag) == LN_OK)
            ln_model_release(m);
        ln_free(&ln_alloc_default, copy);
    }
    for (size_t i = 0; i < n; i++)
        for (int v = 0; v < 256; v += 51) {
            const uint8_t old = bytes[i];
            bytes[i] = (uint8_t)(old + v + 1);
            if (ln_model_open_memory(&m, bytes, n, &ln_alloc_default, &diag) == LN_OK) {
                ln_free(&ln_alloc_default, model_text(m));
                ln_model_release(m);
            }
            bytes[i] = old;
        }
    ln_free(&ln_alloc_default, bytes);
}

static void faults_have_names(void **state)
{
    (void)state;
    static const uint8_t text[] = "this is no model at all";
    ln_diag diag = {0};
    ln_model *m;
    assert_int_equal(ln_model_open_memory(&m, text, sizeof text, &ln_alloc_default, &diag),
                     LN_ERR_FORMAT);
    assert_null(m);
    assert_non_null(strstr(diag.text, "identifier TFL3"));
    assert_int_equal(ln_model_open(&m, "no/such/file", &ln_alloc_default, &diag), LN_ERR_IO);
    assert_non_null(strstr(diag.text, "no/such/file"));

    ln_fb_builder b;
    uint8_t *bytes;
    size_t n;
    ln_fb_builder_init(&b, &ln_alloc_default);
    ln_fb_begin(&b);
    ln_fb_set_u32(&b, LN_Model_version, 2, 0);
    ln_fb_finish(&b, ln_fb_end(&b), "TFL3");
    assert_int_equal(ln_fb_take(&b, &bytes, &n), LN_OK);
    assert_int_equal(ln_model_open_memory(&m, bytes, n, &ln_alloc_default, &diag),
                     LN_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "version 2"));
    ln_free(&ln_alloc_default, bytes);
    ln_fb_builder_deinit(&b);
}

/* ---- out of memory ---- */

typedef struct budget {
    long left;
} budget;

static void *limited(void *user, void *p, size_t n)
{
    budget *b = user;
    if (n && b->left-- <= 0)
        return NULL;
    return ln_alloc_default.fn(NULL, p, n);
}

static ln_status write_and_read(const ln_alloc *alloc, const ln_model *m)
{
    ln_model *back;
    uint8_t *bytes;
    size_t n;
    LN_TRY(ln_model_write_limit(m, 0, &bytes, &n, alloc, NULL));
    const ln_status status = ln_model_open_memory(&back, bytes, n, alloc, NULL);
    if (status == LN_OK)
        ln_model_release(back);
    ln_free(alloc, bytes);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    ln_model *m = sample_model();
    long i = 0;
    for (;; i++) {
        budget b = {i};
        const ln_alloc alloc = {limited, &b};
        const ln_status status = write_and_read(&alloc, m);
        if (status == LN_OK)
            break;
        assert_int_equal(status, LN_ERR_MEMORY);
        assert_true(i < 10000);
    }
    assert_true(i > 5);
    ln_model_release(m);
}

/* ---- data beyond 2 GB ---- */

/* A file with a hole: buffer 1 of the sample, moved to 3 GB. */
static void write_far(int file, uint64_t far)
{
    uint8_t *bytes;
    size_t n;
    ln_model *m = sample_model();
    assert_int_equal(ln_model_write_limit(m, 0, &bytes, &n, &ln_alloc_default, NULL), LN_OK);
    const ln_fb_table root = ln_fb_root(bytes, n);
    const ln_fb_vector buffers = ln_fb_vec(&root, LN_Model_buffers, 4);
    const ln_fb_table one = ln_fb_item(&buffers, 1);
    const size_t at = ln_fb_slot(&one, LN_Buffer_offset, 8);
    assert_true(at != 0);
    for (int i = 0; i < 8; i++)
        bytes[at + (size_t)i] = (uint8_t)(far >> (8 * i));
    assert_int_equal(pwrite(file, bytes, n, 0), (ssize_t)n);
    assert_int_equal(pwrite(file, m->buffers[1].data, m->buffers[1].size, (off_t)far),
                     (ssize_t)m->buffers[1].size);
    ln_model_release(m);
    ln_free(&ln_alloc_default, bytes);
}

static void far_data_is_found(void **state)
{
    (void)state;
    const uint64_t far = (uint64_t)3 << 30;
    char path[] = "linnet_far_XXXXXX";
    ln_diag diag = {0};
    ln_model *m, *made = sample_model();
    if (sizeof(size_t) < 8 || sizeof(off_t) < 8)
        skip();
    const int file = mkstemp(path);
    assert_true(file >= 0);
    write_far(file, far);
    const ln_status status = ln_model_open(&m, path, &ln_alloc_default, &diag);
    if (status == LN_OK) {
        assert_int_equal(m->buffers[1].size, made->buffers[1].size);
        assert_memory_equal(m->buffers[1].data, made->buffers[1].data, m->buffers[1].size);
        ln_model_release(m);
    }
    assert_int_equal(ftruncate(file, (off_t)far + 1), 0);
    const ln_status cut = ln_model_open(&m, path, &ln_alloc_default, &diag);
    close(file);
    unlink(path);
    ln_model_release(made);
    assert_int_equal(status, LN_OK);
    assert_int_equal(cut, LN_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "outside the file"));
}

/* ---- models that are not in the repository ---- */

static void keep(const uint8_t *bytes, size_t n, const char *original, int number)
{
    const char *dir = getenv("LINNET_WRITE_DIR");
    char path[1024];
    if (!dir)
        return;
    snprintf(path, sizeof path, "%s/%05d.tflite", dir, number);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(out);
    snprintf(path, sizeof path, "%s/LIST", dir);
    out = fopen(path, number ? "a" : "w");
    assert_non_null(out);
    fprintf(out, "%05d\t%s\n", number, original);
    fclose(out);
}

static void check_file(const char *path, int *number)
{
    ln_diag diag = {0};
    ln_model *m;
    const ln_status status = ln_model_open(&m, path, &ln_alloc_default, &diag);
    if (status != LN_OK && strstr(diag.text, "TFL3"))
        return; /* an empty file among the fixtures */
    if (status != LN_OK)
        fail_msg("%s: %s", path, diag.text);
    size_t n;
    uint8_t *bytes = check_written(m, SIZE_MAX, path, &n);
    keep(bytes, n, path, (*number)++);
    ln_free(&ln_alloc_default, bytes);
    ln_free(&ln_alloc_default, check_written(m, 0, path, &n));
    ln_model_release(m);
}

static void check_folder(const char *path, int *number)
{
    struct dirent **names;
    const int n = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char below[1024];
        const char *name = names[i]->d_name, *end = strrchr(name, '.');
        snprintf(below, sizeof below, "%s/%s", path, name);
        if (end && strcmp(end, ".tflite") == 0)
            check_file(below, number);
        else if (name[0] != '.')
            check_folder(below, number); /* nothing happens where it is a file */
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static void shared_models_survive(void **state)
{
    (void)state;
    const char *from = getenv("LINNET_SHARED");
    int number = 0;
    check_folder(from ? from : LINNET_SHARED, &number);
    if (!number) {
        print_message("no models under '%s': set LINNET_SHARED\n", from ? from : LINNET_SHARED);
        skip();
    }
    print_message("%d models\n", number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_survives),   cmocka_unit_test(damage_is_harmless),
        cmocka_unit_test(faults_have_names), cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(far_data_is_found), cmocka_unit_test(shared_models_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
