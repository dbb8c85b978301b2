/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c: files of named tensors: what is written can be read, also by mutants' readers
 * without harm; a file that TensorFlow's Save wrote (tests/data/tensorflow.ckpt) is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "ops/flex/checkpoint.h"

static const char strings[] = "\2\0\0\0\20\0\0\0\22\0\0\0\22\0\0\0ab";
static char names[] = "\5\0\0\0\34\0\0\0\35\0\0\0\42\0\0\0\43\0\0\0\44\0\0\0\45\0\0\0wb/onents";

static ln_status set_bytes(ln_host *host, TfLiteTensor *t, size_t n)
{
    (void)host;
    assert_true(n <= t->bytes);
    t->bytes = n;
    return LN_OK;
}

static ln_string text(const char *s)
{
    return (ln_string){s, strlen(s)};
}

/* Loads the tensor into `room`. */
static ln_status load(const uint8_t *data, size_t n, const char *name, TfLiteTensor *t, void *room,
                      size_t size)
{
    ln_diag diag = {0};
    ln_host host = {.set_bytes = set_bytes, .diag = &diag};
    TfLiteTensor *out = t;
    ln_saved saved;
    ln_arena arena;
    memset(room, 0, size);
    ln_arena_init(&arena, &ln_alloc_default);
    ln_status status = ln_checkpoint_find(data, n, text(name), &arena, &saved, &diag);
    const int count = status == LN_OK ? ln_shape_count(&saved.shape, 0, saved.shape.rank) : 0;
    if (status != LN_OK || (size_t)count * 8 > size) {
        ln_arena_deinit(&arena);
        return status != LN_OK ? status : LN_ERR_MEMORY;
    }
    t->type = saved.type;
    t->dims = TfLiteIntArrayCreate(saved.shape.rank);
    memcpy(t->dims->data, saved.shape.dim, sizeof(int) * (size_t)saved.shape.rank);
    t->data.raw = room;
    t->bytes = size;
    ln_call c = {.out = &out, .n_out = 1, .host = &host, .diag = &diag};
    status = ln_checkpoint_load(&c, 0, &saved);
    ln_arena_deinit(&arena);
    return status;
}

static void check_contents(const uint8_t *data, size_t n)
{
    uint64_t room[32];
    TfLiteTensor t = {0};
    assert_int_equal(load(data, n, "w", &t, room, sizeof room), LN_OK);
    assert_int_equal(t.dims->size, 2);
    assert_float_equal(t.data.f[0], 1.5, 0);
    assert_float_equal(t.data.f[3], 3, 0);
    TfLiteIntArrayFree(t.dims);
    assert_int_equal(load(data, n, "b/one", &t, room, sizeof room), LN_OK);
    assert_int_equal(t.type, kTfLiteInt32);
    assert_int_equal(t.data.i32[1], -2);
    assert_int_equal(t.data.i32[2], 300);
    TfLiteIntArrayFree(t.dims);
    assert_int_equal(load(data, n, "n", &t, room, sizeof room), LN_OK);
    assert_int_equal(t.dims->size, 0);
    assert_true(t.data.i64[0] == -((int64_t)1 << 40));
    TfLiteIntArrayFree(t.dims);
    assert_int_equal(load(data, n, "t", &t, room, sizeof room), LN_OK);
    assert_true(t.data.b[0] && !t.data.b[1]);
    TfLiteIntArrayFree(t.dims);
    assert_int_equal(load(data, n, "s", &t, room, sizeof room), LN_OK);
    assert_memory_equal(t.data.raw, strings, sizeof strings - 1);
    TfLiteIntArrayFree(t.dims);
    assert_int_not_equal(load(data, n, "q", &t, room, sizeof room), LN_OK);
}

static void tensorflow_s_file_is_read(void **state)
{
    ln_file f;
    (void)state;
    assert_int_equal(ln_file_open(&f, LINNET_TEST_DATA "/tensorflow.ckpt", &ln_alloc_default, NULL),
                     LN_OK);
    check_contents(f.data, f.size);
    ln_file_close(&f);
}

/* Any change gives the old values or an error, or other values, but no harm (sanitizers look). */
static void mutate(const uint8_t *data, size_t n)
{
    uint64_t room[32];
    uint8_t *copy = malloc(n);
    assert_non_null(copy);
    for (size_t i = 0; i < n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            TfLiteTensor t = {0};
            memcpy(copy, data, n);
            copy[i] ^= (uint8_t)(1 << bit);
            (void)!load(copy, n, bit & 1 ? "w" : "s", &t, room, sizeof room);
            TfLiteIntArrayFree(t.dims);
        }
        TfLiteTensor t = {0};
        assert_int_not_equal(load(data, i, "w", &t, room, sizeof room), LN_OK);
        TfLiteIntArrayFree(t.dims);
    }
    free(copy);
}

static TfLiteTensor tensor(TfLiteType type, const void *data, size_t bytes, int rank,
                           const int *dims)
{
    TfLiteTensor t = {.type = type, .bytes = bytes};
    t.dims = TfLiteIntArrayCreate(rank);
    if (rank)
        memcpy(t.dims->data, dims, sizeof(int) * (size_t)rank);
    t.data.raw_const = data;
    return t;
}

static void what_is_written_is_read(void **state)
{
    static const char path[] = "test_checkpoint.ckpt";
    static const float w[] = {1.5f, -2, 0, 3};
    static const int32_t b[] = {1, -2, 300};
    static const int64_t n = -((int64_t)1 << 40);
    static const bool t[] = {true, false};
    TfLiteTensor all[] = {
        tensor(kTfLiteFloat32, w, sizeof w, 2, (const int[]){2, 2}),
        tensor(kTfLiteInt32, b, sizeof b, 1, (const int[]){3}),
        tensor(kTfLiteInt64, &n, sizeof n, 0, NULL),
        tensor(kTfLiteBool, t, sizeof t, 1, (const int[]){2}),
        tensor(kTfLiteString, strings, sizeof strings - 1, 1, (const int[]){2}),
    };
    const TfLiteTensor *tensors[LN_COUNTOF(all)];
    const ln_strings called = {names, LN_COUNTOF(all)};
    ln_file f;
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(all); i++)
        tensors[i] = &all[i];
    assert_int_equal(ln_checkpoint_write(path, &called, tensors, LN_COUNTOF(all), NULL), LN_OK);
    assert_int_equal(ln_file_open(&f, path, &ln_alloc_default, NULL), LN_OK);
    check_contents(f.data, f.size);
    mutate(f.data, f.size);
    ln_file_close(&f);
    assert_int_equal(remove(path), 0);
    for (size_t i = 0; i < LN_COUNTOF(all); i++)
        TfLiteIntArrayFree(all[i].dims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensorflow_s_file_is_read),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
