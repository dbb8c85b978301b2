/* SPDX-License-Identifier: Apache-2.0 */
/* same_floats.c: with LINNET_FLOAT=reproducible a model gives the same bits with every set of
 * instructions, here and on other processors (the number below was made on x86-64). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/hash.h"
#include "tensorflow/lite/core/c/c_api.h"

static uint64_t run(TfLiteModel *m)
{
    TfLiteInterpreter *p = TfLiteInterpreterCreate(m, NULL);
    assert_non_null(p);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(p, 0);
    for (size_t i = 0; i < TfLiteTensorByteSize(x) / sizeof(float); i++)
        ((float *)TfLiteTensorData(x))[i] = (float)(i * 37 % 101) / 101;
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(p, 0);
    const uint64_t hash = ln_hash(TfLiteTensorData(y), TfLiteTensorByteSize(y), 0);
    TfLiteInterpreterDelete(p);
    return hash;
}

static void every_set(void **state)
{
    TfLiteModel *m =
        TfLiteModelCreateFromFile(LINNET_TEST_DATA "/../../examples/digits/digits_float32.tflite");
    (void)state;
    assert_non_null(m);
    setenv("LINNET_FLOAT", "reproducible", 1);
    for (int i = 0; i < LN_ISA_COUNT; i++) {
        setenv("LINNET_CPU", ln_isa_name(i), 1);
        assert_int_equal(run(m), UINT64_C(0xB1F5F9E3BCB34285));
    }
    TfLiteModelDelete(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
