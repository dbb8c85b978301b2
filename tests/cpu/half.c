/* SPDX-License-Identifier: Apache-2.0 */
/* half.c: a model whose float32 products may be computed in 16 bits: near the float32 result, the
 * same for every number of threads, and nothing else where the processor has no arithmetic for it,
 * or where results are to be reproducible. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/core/c/c_api.h"

#define MODEL LINNET_TEST_DATA "/../../examples/digits/digits_float32.tflite"

enum { CLASSES = 10 };
static const float near = 0.02f; /* of probabilities */

static bool run(const TfLiteModel *m, bool half, int threads, float y[CLASSES])
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    ln_options_set_fp16(options, half);
    TfLiteInterpreterOptionsSetNumThreads(options, threads);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(m, options);
    bool ok = p && TfLiteInterpreterAllocateTensors(p) == kTfLiteOk;
    if (ok) {
        TfLiteTensor *x = TfLiteInterpreterGetInputTensor(p, 0);
        for (size_t i = 0; i < TfLiteTensorByteSize(x) / sizeof(float); i++)
            ((float *)TfLiteTensorData(x))[i] = (float)(i * 37 % 101) / 101;
        ok = TfLiteInterpreterInvoke(p) == kTfLiteOk &&
             TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(p, 0), y,
                                      CLASSES * sizeof *y) == kTfLiteOk;
    }
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    return ok;
}

static float distance(const float *a, const float *b)
{
    float most = 0;
    for (int i = 0; i < CLASSES; i++)
        most = fmaxf(most, fabsf(a[i] - b[i]));
    return most;
}

static int faults;

static void expect(bool ok, const char *what)
{
    printf("%s: %s\n", what, ok ? "ok" : "FAILED");
    faults += !ok;
}

int main(void)
{
    ln_kernels k;
    TfLiteModel *m = TfLiteModelCreateFromFile(MODEL);
    float full[CLASSES], half[CLASSES], threads[CLASSES];
    expect(ln_kernels_init(&k, ln_cpu_isas(), false), "kernels");
    const bool has = k.gemm_half.panel != NULL, rows = k.gemm_half_row.row != NULL;
    printf("half precision: %s\n", has ? "yes" : rows ? "single rows" : "no");
    expect(run(m, false, 1, full) && run(m, true, 1, half) && run(m, true, 2, threads), "runs");
    expect((memcmp(full, half, sizeof full) != 0) == has || rows,
           "differs where there are kernels for it");
    expect(distance(full, half) <= near, "is near float32");
    expect(memcmp(half, threads, sizeof half) == 0, "two threads give the same");
    setenv("LINNET_FLOAT", "reproducible", 1);
    expect(run(m, false, 1, full) && run(m, true, 1, half) && memcmp(full, half, sizeof full) == 0,
           "reproducible results stay float32");
    TfLiteModelDelete(m);
    return faults != 0;
}
