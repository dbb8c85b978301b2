/* SPDX-License-Identifier: Apache-2.0 */
/* same_floats.c: with LINNET_FLOAT=reproducible a model gives the same bits with every set of
 * instructions, here and on other processors (the number below was made on x86-64). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/hash.h"
#include "tensorflow/lite/core/c/c_api.h"

#define MODEL LINNET_TEST_DATA "/../../examples/digits/digits_float32.tflite"

static const uint64_t expected = 0xB1F5F9E3BCB34285;

/* The hash of the output for one input; 0 when the model does not run. */
static uint64_t run(TfLiteModel *m)
{
    TfLiteInterpreter *p = TfLiteInterpreterCreate(m, NULL);
    uint64_t hash = 0;
    if (p && TfLiteInterpreterAllocateTensors(p) == kTfLiteOk) {
        TfLiteTensor *x = TfLiteInterpreterGetInputTensor(p, 0);
        const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(p, 0);
        for (size_t i = 0; i < TfLiteTensorByteSize(x) / sizeof(float); i++)
            ((float *)TfLiteTensorData(x))[i] = (float)(i * 37 % 101) / 101;
        if (TfLiteInterpreterInvoke(p) == kTfLiteOk)
            hash = ln_hash(TfLiteTensorData(y), TfLiteTensorByteSize(y), 0);
    }
    TfLiteInterpreterDelete(p);
    return hash;
}

int main(void)
{
    TfLiteModel *m = TfLiteModelCreateFromFile(MODEL);
    int wrong = !m;
    setenv("LINNET_FLOAT", "reproducible", 1);
    for (int i = 0; m && i < LN_ISA_COUNT; i++) {
        setenv("LINNET_CPU", ln_isa_name(i), 1);
        const uint64_t hash = run(m);
        printf("%s: %016" PRIx64 "\n", ln_isa_name(i), hash);
        wrong += hash != expected;
    }
    TfLiteModelDelete(m);
    return wrong != 0;
}
