/* SPDX-License-Identifier: Apache-2.0 */
/* invoke.h: one run on bytes that are the same in every test, for tests of files that the engine
 * keeps; cmocka.h comes before. */
#ifndef TESTS_CPU_INVOKE_H
#define TESTS_CPU_INVOKE_H

#include <string.h>

#include "tensorflow/lite/core/c/c_api.h"

enum { OUTPUT_BYTES = 64 }; /* an output has at most so many */

static inline void invoke(TfLiteInterpreter *p, uint8_t out[OUTPUT_BYTES])
{
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(p, 0);
    for (size_t i = 0; i < TfLiteTensorByteSize(x); i++)
        ((uint8_t *)TfLiteTensorData(x))[i] = (uint8_t)(i % 60); /* floats: small ones */
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(p, 0);
    memset(out, 0, OUTPUT_BYTES);
    assert_true(TfLiteTensorByteSize(y) <= OUTPUT_BYTES);
    memcpy(out, TfLiteTensorData(y), TfLiteTensorByteSize(y));
}

#endif
