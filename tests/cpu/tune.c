/* SPDX-License-Identifier: Apache-2.0 */
/* tune.c: choices by measurement: results do not depend on them, the bound of quick measuring is
 * kept, and the file that keeps them may hold anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cpu/kernel.h"
#include "invoke.h"
#include "linnet/linnet.h"

#define DIGITS LINNET_TEST_DATA "/../../examples/digits/"

static const char *const models[] = {DIGITS "digits_float32.tflite", DIGITS "digits_int8.tflite"};

enum {
    TABLE = 88,         /* where the file's table begins: behind its header */
    FINDINGS = 128 + 8, /* where its findings begin: behind the time that plans took */
    TICK = 1000,        /* of the clock that counts how often it is read */
    STEP = 8,           /* readings for one candidate, and for the plan that follows */
    ROUND = 16,         /* readings within a tenth of which nothing can be measured */
    PLENTY = 1000 * 1000 * 1000,
};

static char folder[] = "/tmp/linnet-tune-XXXXXX", weights[128], findings[128];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(weights, sizeof weights, "%s/weights", folder);
    snprintf(findings, sizeof findings, "%s/weights.tune", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(weights);
    unlink(findings);
    return rmdir(folder);
}

static void run(const char *model, ln_tuning tuning, const char *cache, uint8_t out[OUTPUT_BYTES])
{
    TfLiteModel *m = TfLiteModelCreateFromFile(model);
    TfLiteInterpreterOptions *o = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetNumThreads(o, 2);
    ln_options_set_weight_cache(o, cache);
    ln_options_set_tuning(o, tuning);
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

/* Measures all of a model; its findings are in the file then. */
static void measure_all(const char *model, uint8_t out[OUTPUT_BYTES])
{
    unlink(weights);
    unlink(findings);
    run(model, LN_TUNING_FULL, weights, out);
    assert_true(stat_of(findings).st_size > FINDINGS);
}

/* What has been found is not measured again, so the file stays; off, nobody reads or writes it. */
static void kept(void **state)
{
    uint8_t out[OUTPUT_BYTES];
    (void)state;
    for (int i = 0; i < 2; i++) {
        measure_all(models[i], out);
        const struct stat first = stat_of(findings);
        run(models[i], LN_TUNING_FULL, weights, out);
        assert_int_equal(stat_of(findings).st_ino, first.st_ino);
        unlink(findings);
        run(models[i], LN_TUNING_OFF, weights, out);
        assert_int_equal(access(findings, F_OK), -1);
    }
}

/* Every way with the same bits and every kind of sharing, forced by the file; numbers for which
 * there is no way, too. */
static void same_bits(void **state)
{
    static const uint32_t ways[] = {0,         1, 2, 3, LN_CPU_OTHER_WAYS - 1, LN_CPU_OTHER_WAYS,
                                    UINT32_MAX};
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint8_t expected[OUTPUT_BYTES], out[OUTPUT_BYTES];
        ln_file f;
        run(models[i], LN_TUNING_OFF, NULL, expected);
        measure_all(models[i], out);
        assert_int_equal(ln_file_open_private(&f, findings, &ln_alloc_default, NULL), LN_OK);
        uint8_t *bytes = (uint8_t *)(uintptr_t)f.data;
        for (size_t w = 0; w < LN_COUNTOF(ways); w++)
            for (uint32_t sharing = 0; sharing <= LN_SHARING_SOON + 1; sharing++) {
                for (size_t at = FINDINGS; at + sizeof(ln_cpu_finding) <= f.size;
                     at += sizeof(ln_cpu_finding)) {
                    ln_cpu_finding found;
                    memcpy(&found, bytes + at, sizeof found);
                    found.way = ways[w];
                    found.sharing = sharing;
                    memcpy(bytes + at, &found, sizeof found);
                }
                const ln_bytes whole = {bytes, f.size};
                assert_int_equal(ln_file_replace(findings, &whole, 1, NULL), LN_OK);
                run(models[i], LN_TUNING_QUICK, weights, out);
                assert_memory_equal(out, expected, OUTPUT_BYTES);
            }
        ln_file_close(&f);
    }
}

/* A damaged file, one that ends too early, and that of another model are done without, and replaced
 * once something is measured. */
static void damaged(void **state)
{
    uint8_t expected[OUTPUT_BYTES], out[OUTPUT_BYTES];
    ln_file f;
    (void)state;
    run(models[1], LN_TUNING_OFF, NULL, expected);
    measure_all(models[0], out);
    run(models[1], LN_TUNING_FULL, weights, out);
    assert_memory_equal(out, expected, OUTPUT_BYTES);
    assert_int_equal(ln_file_open_private(&f, findings, &ln_alloc_default, NULL), LN_OK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)f.data;
    for (size_t i = 0; i < TABLE + 24; i++) {
        bytes[i] ^= 0x40;
        const ln_bytes part = {bytes, i % 2 ? f.size : f.size - i};
        assert_int_equal(ln_file_replace(findings, &part, 1, NULL), LN_OK);
        bytes[i] ^= 0x40;
        run(models[1], LN_TUNING_FULL, weights, out);
        assert_memory_equal(out, expected, OUTPUT_BYTES);
        assert_int_equal(stat_of(findings).st_size, f.size);
    }
    ln_file_close(&f);
}

static uint64_t readings;

static uint64_t count(void)
{
    return ++readings * TICK;
}

/* Loads a model with a clock that counts, when plans are known to have taken `planned` before;
 * returns how many findings there are. */
static size_t load_counted(ln_cpu_tuning mode, uint64_t planned)
{
    const ln_cpu_options options = {.threads = 2, .tuning = mode};
    uint8_t out[OUTPUT_BYTES];
    TfLiteDelegate *d = ln_cpu_create(&options);
    assert_non_null(d);
    ln_cpu_tuner *t = &((ln_cpu_shared *)d->data_)->tuner;
    t->now = count;
    t->planned_before = planned;
    t->ns_per_multiplication = 0;
    TfLiteModel *m = TfLiteModelCreateFromFile(models[0]);
    TfLiteInterpreterOptions *o = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(o, d);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(m, o);
    invoke(p, out);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(o);
    TfLiteModelDelete(m);
    if (mode != LN_CPU_TUNE_FULL) /* but for the step that went beyond it */
        assert_true(t->measured <= LN_MAX(t->planned, planned) / 10 + STEP * TICK);
    const size_t found = t->n;
    ln_cpu_destroy(d);
    return found;
}

/* By counting, not by time. */
static void bound(void **state)
{
    size_t last = 0;
    (void)state;
    const size_t all = load_counted(LN_CPU_TUNE_QUICK, PLENTY);
    assert_true(all > 1);
    assert_int_equal(load_counted(LN_CPU_TUNE_QUICK, ROUND * TICK), 0);
    for (uint64_t planned = ROUND * TICK; last < all; planned *= 2) {
        const size_t found = load_counted(LN_CPU_TUNE_QUICK, planned);
        assert_true(found >= last && planned < PLENTY);
        last = found;
    }
    assert_true(load_counted(LN_CPU_TUNE_FULL, 0) >= all);
    assert_int_equal(load_counted(LN_CPU_TUNE_OFF, PLENTY), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(damaged),
        cmocka_unit_test(bound),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
