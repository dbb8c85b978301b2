/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: models with variables over several calls, against what TensorFlow Lite gave: the
 * states of LSTMs, and a resource variable.  quantized_cases.py writes the files: NAME.tflite, and
 * the inputs and outputs of all calls as NAME.in and NAME.out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"

enum { STEPS = 5, ROOM = 4096 };

typedef struct recorded {
    char bytes[ROOM];
    size_t n; /* of one call */
} recorded;

static void path_of(char *path, const char *name, const char *leaf)
{
    const int n = snprintf(path, ROOM, "%s/%s.%s", LINNET_STATES, name, leaf);
    assert_true(n > 0 && n < ROOM);
}

static void load(const char *name, const char *leaf, recorded *r)
{
    char path[ROOM];
    path_of(path, name, leaf);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    r->n = fread(r->bytes, 1, sizeof r->bytes, f) / STEPS;
    assert_int_equal(fclose(f), 0);
    assert_true(r->n > 0);
}

static void check(const TfLiteTensor *y, const char *want)
{
    const size_t n = TfLiteTensorByteSize(y);
    const float *got = TfLiteTensorData(y);
    float value;

    if (TfLiteTensorType(y) != kTfLiteFloat32) {
        assert_memory_equal(got, want, n);
        return;
    }
    for (size_t i = 0; i < n / sizeof(float); i++) {
        memcpy(&value, want + i * sizeof(float), sizeof(float));
        assert_float_equal(got[i], value, 1e-5);
    }
}

static void all_calls(TfLiteInterpreter *it, const recorded *in, const recorded *out)
{
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(it, 0);
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(it, 0);

    assert_int_equal(TfLiteTensorByteSize(x), in->n);
    assert_int_equal(TfLiteTensorByteSize(y), out->n);
    for (size_t i = 0; i < STEPS; i++) {
        assert_int_equal(TfLiteTensorCopyFromBuffer(x, in->bytes + i * in->n, in->n), kTfLiteOk);
        assert_int_equal(TfLiteInterpreterInvoke(it), kTfLiteOk);
        check(y, out->bytes + i * out->n);
    }
}

/* A reset brings back the variable tensors, and a new interpreter everything. */
static void follow(const char *name, bool resets)
{
    char path[ROOM];
    recorded in, out;

    load(name, "in", &in);
    load(name, "out", &out);
    path_of(path, name, "tflite");
    TfLiteModel *m = TfLiteModelCreateFromFile(path);
    assert_non_null(m);
    for (int round = 0; round < 2; round++) {
        TfLiteInterpreter *it = TfLiteInterpreterCreate(m, NULL);
        assert_non_null(it);
        assert_int_equal(TfLiteInterpreterAllocateTensors(it), kTfLiteOk);
        all_calls(it, &in, &out);
        if (resets) {
            assert_int_equal(TfLiteInterpreterResetVariableTensors(it), kTfLiteOk);
            all_calls(it, &in, &out);
        }
        TfLiteInterpreterDelete(it);
    }
    TfLiteModelDelete(m);
}

static void lstm_float(void **state)
{
    (void)state;
    follow("lstm_float", true);
}

static void lstm_narrow(void **state)
{
    (void)state;
    follow("lstm_narrow", true);
}

static void counter(void **state)
{
    (void)state;
    follow("counter", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lstm_float),
        cmocka_unit_test(lstm_narrow),
        cmocka_unit_test(counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
