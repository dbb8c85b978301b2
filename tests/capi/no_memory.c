/* SPDX-License-Identifier: Apache-2.0 */
/* no_memory.c: memory runs out at the first allocation, then at the second, and so on until all
 * goes well.  Everything that can be made must be gone again, which a build with the address
 * sanitizer checks.  malloc fails by tests/runtime/wrap.c.
 *
 *     no_memory FOLDER_OF_MODELS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/fixture.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/c_api_opaque.h"
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

enum { ENOUGH = 2000 };

static char path[1024];

static TfLiteStatus invoke(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    (void)user;
    memset(TfLiteOpaqueTensorData(y), 0, TfLiteOpaqueTensorByteSize(y));
    return kTfLiteOk;
}

static bool run_signature(TfLiteInterpreter *p)
{
    TfLiteSignatureRunner *r = TfLiteInterpreterGetSignatureRunner(p, NULL);
    const bool ok = r && TfLiteSignatureRunnerAllocateTensors(r) == kTfLiteOk &&
                    TfLiteSignatureRunnerInvoke(r) == kTfLiteOk;
    TfLiteSignatureRunnerDelete(r);
    return ok;
}

/* Loads and runs a model; true when nothing failed. */
static bool run_model(TfLiteInterpreterOptions *options)
{
    TfLiteInterpreterOptions *copy = TfLiteInterpreterOptionsCopy(options);
    TfLiteModel *model = TfLiteModelCreateFromFile(path);
    TfLiteInterpreter *p = copy ? TfLiteInterpreterCreate(model, copy) : NULL;
    const bool ok = p && TfLiteInterpreterAllocateTensors(p) == kTfLiteOk &&
                    TfLiteInterpreterInvoke(p) == kTfLiteOk && run_signature(p);
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
    TfLiteInterpreterOptionsDelete(copy);
    return ok;
}

static bool attributes(void)
{
    TfLiteAttributeMap *a = TfLiteAttributeMapCreate(kTfLiteAttrMapTypeBuffer);
    TfLiteAttributeMap *b = TfLiteAttributeMapCreate(kTfLiteAttrMapTypeBuffer);
    int value = 0;
    TfLiteAttributeMapSetIntAttr(a, 1, 5);
    TfLiteAttributeMapCopy(a, b);
    const bool ok = TfLiteAttributeMapGetIntAttr(b, 1, &value) && value == 5;
    TfLiteAttributeMapDelete(a);
    TfLiteAttributeMapDelete(b);
    return ok;
}

static bool run_all(void)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Cube", 1, NULL);
    TfLiteDelegate *delegate = TfLiteXNNPackDelegateCreate(NULL);
    TfLiteOperatorSetInvokeWithData(op, invoke);
    TfLiteInterpreterOptionsAddOperator(options, op);
    TfLiteInterpreterOptionsAddDelegate(options, delegate);
    TfLiteInterpreterOptionsSetNumThreads(options, 2);
    const bool ok = op && delegate && run_model(options) && attributes();
    TfLiteInterpreterOptionsDelete(options);
    TfLiteXNNPackDelegateDelete(delegate);
    TfLiteOperatorDelete(op);
    return ok;
}

int main(int argc, char **argv)
{
    static const char *const models[] = {"conv", "custom", "dynamic", "signatures"};
    if (argc != 2)
        return 2;
    for (size_t m = 0; m < sizeof models / sizeof models[0]; m++) {
        snprintf(path, sizeof path, "%s/%s.tflite", argv[1], models[m]);
        int n = 0;
        bool ok = false;
        while (!ok && n < ENOUGH) {
            malloc_left = n++;
            ok = run_all();
            /* the threads of a pool, and the engine, are extras that may be missing */
            ok = ok && malloc_left > 0;
        }
        malloc_left = -1;
        printf("%s: %d allocations\n", models[m], n - 1);
        if (!ok)
            return 1;
    }
    return 0;
}
