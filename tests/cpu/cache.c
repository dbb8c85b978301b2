/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c: files of packed weights: what a run gives does not depend on them, whatever they hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "invoke.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

#define DIGITS LINNET_TEST_DATA "/../../examples/digits/"

static const char *const models[] = {DIGITS "digits_float32.tflite", DIGITS "digits_int8.tflite",
                                     LINNET_TEST_DATA "/digits_int16.tflite"};

enum { HEADER = 96, N_MODELS = 3 };

static char folder[] = "/tmp/linnet-cache-XXXXXX", path[128];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/weights", folder);
    return 0;
}

static int remove_folder(void **state)
{
    char tune[144];
    (void)state;
    snprintf(tune, sizeof tune, "%s.tune", path);
    unlink(tune);
    unlink(path);
    return rmdir(folder); /* fails where a temporary file was left */
}

static void report(void *user, const char *format, va_list args)
{
    vsnprintf(user, 512, format, args);
}

/* Runs a model on a ramp of bytes; its output goes to `out`, messages to `message`. */
static void run(const char *model, const char *cache, uint8_t out[OUTPUT_BYTES], char message[512])
{
    TfLiteModel *m = TfLiteModelCreateFromFile(model);
    TfLiteInterpreterOptions *o = TfLiteInterpreterOptionsCreate();
    message[0] = '\0';
    TfLiteInterpreterOptionsSetErrorReporter(o, report, message);
    ln_options_set_weight_cache(o, cache);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(m, o);
    TfLiteInterpreterOptionsDelete(o);
    assert_non_null(p);
    invoke(p, out);
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(m);
}

static struct stat stat_of(const char *file)
{
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    return st;
}

/* The second run reads what the first wrote, and so leaves the file alone. */
static void same_results(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
        char message[512];
        unlink(path);
        run(models[i], NULL, plain, message);
        run(models[i], path, cached, message);
        assert_memory_equal(plain, cached, OUTPUT_BYTES);
        const struct stat first = stat_of(path);
        assert_true(first.st_size > HEADER);
        run(models[i], path, cached, message);
        assert_memory_equal(plain, cached, OUTPUT_BYTES);
        assert_int_equal(stat_of(path).st_ino, first.st_ino);
        assert_string_equal(message, "");
    }
}

/* Packed weights are used: a changed one changes the result. */
static void is_used(void **state)
{
    uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
    char message[512];
    ln_file f;
    (void)state;
    unlink(path);
    run(DIGITS "digits_float32.tflite", path, plain, message);
    assert_int_equal(ln_file_open_private(&f, path, &ln_alloc_default, NULL), LN_OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)f.data;
    uint64_t entries;
    memcpy(&entries, bytes + 64, sizeof entries);
    memset(bytes + HEADER + entries * 24, 0, f.size - HEADER - entries * 24);
    const ln_bytes whole = {bytes, f.size};
    assert_int_equal(ln_file_replace(path, &whole, 1, NULL), LN_OK);
    ln_file_close(&f);
    run(DIGITS "digits_float32.tflite", path, cached, message);
    assert_memory_not_equal(plain, cached, OUTPUT_BYTES);
}

/* The file of another model, a damaged one and a shortened one are made anew. */
static void made_anew(void **state)
{
    uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
    char message[512];
    ln_file f;
    (void)state;
    unlink(path);
    run(DIGITS "digits_float32.tflite", path, plain, message);
    run(DIGITS "digits_int8.tflite", NULL, plain, message);
    run(DIGITS "digits_int8.tflite", path, cached, message);
    assert_memory_equal(plain, cached, OUTPUT_BYTES);
    assert_int_equal(ln_file_open_private(&f, path, &ln_alloc_default, NULL), LN_OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)f.data;
    for (size_t i = 0; i < HEADER + 24; i++) {
        bytes[i] ^= 0x40;
        const ln_bytes part = {bytes, i % 2 ? f.size : f.size - i};
        assert_int_equal(ln_file_replace(path, &part, 1, NULL), LN_OK);
        bytes[i] ^= 0x40;
        run(DIGITS "digits_int8.tflite", path, cached, message);
        assert_memory_equal(plain, cached, OUTPUT_BYTES);
        assert_int_equal(stat_of(path).st_size, f.size);
    }
    ln_file_close(&f);
}

/* A copy of the model is the same model; with other weights in its place, whether time has passed
 * or not, it is another. */
static void of_a_copy(void **state)
{
    uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
    char message[512], copy[160];
    ln_file f;
    (void)state;
    snprintf(copy, sizeof copy, "%s/model", folder);
    unlink(path);
    run(DIGITS "digits_float32.tflite", path, plain, message);
    const ino_t first = stat_of(path).st_ino;
    assert_int_equal(
        ln_file_open_private(&f, DIGITS "digits_float32.tflite", &ln_alloc_default, NULL), LN_OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)f.data;
    const ln_bytes whole = {bytes, f.size};
    assert_int_equal(ln_file_replace(copy, &whole, 1, NULL), LN_OK);
    run(copy, path, cached, message);
    assert_memory_equal(plain, cached, OUTPUT_BYTES);
    assert_int_equal(stat_of(path).st_ino, first);
    bytes[f.size / 2] ^= 0x40;      /* in the middle of a float of weights */
    FILE *out = fopen(copy, "r+b"); /* the same file, as long as before */
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, f.size, out), f.size);
    fclose(out);
    ln_file_close(&f);
    run(copy, NULL, plain, message);
    run(copy, path, cached, message);
    assert_memory_equal(plain, cached, OUTPUT_BYTES);
    assert_true(stat_of(path).st_ino != first);
    unlink(copy);
}

/* Fills bytes [from, to) of the file with ones, runs the model, and puts the file back. */
static void run_damaged(const char *model, const ln_file *f, size_t from, size_t to,
                        uint8_t out[OUTPUT_BYTES])
{
    char message[512];
    uint8_t *bytes = malloc(f->size);
    assert_non_null(bytes);
    memcpy(bytes, f->data, f->size);
    memset(bytes + from, 0xFF, to - from);
    const ln_bytes whole = {bytes, f->size};
    assert_int_equal(ln_file_replace(path, &whole, 1, NULL), LN_OK);
    run(model, path, out, message);
    free(bytes);
}

/* What is followed of packed bytes is checked: wrong places, shifts and tables of a quantized model
 * are made anew, and other numbers are only numbers. */
static void damaged_entries(void **state)
{
    uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
    char message[512];
    ln_file f;
    (void)state;
    for (int i = 0; i < N_MODELS; i++) {
        unlink(path);
        run(models[i], path, plain, message);
        assert_int_equal(ln_file_open_private(&f, path, &ln_alloc_default, NULL), LN_OK);
        uint64_t entries;
        memcpy(&entries, f.data + 64, sizeof entries);
        const size_t first = HEADER + (size_t)entries * 24, step = (f.size - first) / 150 + 1;
        for (size_t at = first; at < f.size; at += step)
            run_damaged(models[i], &f, at, at + LN_MIN(step, f.size - at), cached);
        run_damaged(models[i], &f, first, f.size, cached);
        ln_file_close(&f);
        run(models[i], path, cached, message);
        if (i > 0) /* floats of ones are numbers too */
            assert_memory_equal(plain, cached, OUTPUT_BYTES);
    }
}

static void unwritable(void **state)
{
    uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
    char message[512], nowhere[160];
    (void)state;
    snprintf(nowhere, sizeof nowhere, "%s/no/such/folder", folder);
    run(DIGITS "digits_int8.tflite", NULL, plain, message);
    run(DIGITS "digits_int8.tflite", nowhere, cached, message);
    assert_memory_equal(plain, cached, OUTPUT_BYTES);
    assert_non_null(strstr(message, nowhere));
}

/* Processes that begin together find no file or a whole one, and leave one behind. */
static void at_once(void **state)
{
    enum { PROCESSES = 6 };
    uint8_t plain[OUTPUT_BYTES], cached[OUTPUT_BYTES];
    char message[512];
    pid_t children[PROCESSES];
    (void)state;
    unlink(path);
    run(DIGITS "digits_int8.tflite", NULL, plain, message);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] > 0)
            continue;
        run(DIGITS "digits_int8.tflite", path, cached, message);
        _exit(memcmp(plain, cached, OUTPUT_BYTES) != 0 || message[0] != '\0');
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    const ino_t first = stat_of(path).st_ino;
    run(DIGITS "digits_int8.tflite", path, cached, message);
    assert_memory_equal(plain, cached, OUTPUT_BYTES);
    assert_int_equal(stat_of(path).st_ino, first);
}

static bool delegate_writes(const TfLiteXNNPackDelegateOptions *options, const char *file)
{
    TfLiteModel *m = TfLiteModelCreateFromFile(DIGITS "digits_int8.tflite");
    TfLiteDelegate *d = TfLiteXNNPackDelegateCreate(options);
    TfLiteInterpreterOptions *o = TfLiteInterpreterOptionsCreate();
    unlink(file);
    TfLiteInterpreterOptionsAddDelegate(o, d);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(m, o);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(o);
    TfLiteXNNPackDelegateDelete(d);
    TfLiteModelDelete(m);
    return access(file, F_OK) == 0;
}

/* The delegate's file is one too, but for a cache in memory there is none. */
static void of_a_delegate(void **state)
{
    TfLiteXNNPackDelegateOptions xo = TfLiteXNNPackDelegateOptionsDefault();
    (void)state;
    xo.weight_cache_file_path = path;
    assert_true(delegate_writes(&xo, path));
    xo.weights_cache = TfLiteXNNPackDelegateWeightsCacheCreate();
    assert_false(delegate_writes(&xo, path));
    TfLiteXNNPackDelegateWeightsCacheDelete(xo.weights_cache);
    xo.weights_cache = NULL;
    xo.weight_cache_file_path = TfLiteXNNPackDelegateInMemoryFilePath();
    assert_false(delegate_writes(&xo, xo.weight_cache_file_path));
}

/* Values of the specification's own test program, and of Python's xxhash. */
static void hash(void **state)
{
    uint8_t ramp[100];
    (void)state;
    for (int i = 0; i < 100; i++)
        ramp[i] = (uint8_t)i;
    assert_true(ln_hash("", 0, 0) == 0xEF46DB3751D8E999);
    assert_true(ln_hash("abc", 3, 0) == 0x44BC2CF5AD770999);
    assert_true(ln_hash(ramp, 100, 0) == 0x6AC1E58032166597);
    assert_true(ln_hash(ramp, 100, 7) == 0x80653E7E9B887CDD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash),       cmocka_unit_test(same_results),
        cmocka_unit_test(is_used),    cmocka_unit_test(made_anew),
        cmocka_unit_test(unwritable), cmocka_unit_test(of_a_delegate),
        cmocka_unit_test(of_a_copy),  cmocka_unit_test(damaged_entries),
        cmocka_unit_test(at_once),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
