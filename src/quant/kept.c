/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c: see kept.h. */
#include "quant/kept.h"

#include "linnet/linnet.h"
#include "tensorflow/lite/core/c/operator.h"

static ln_status run_samples(const ln_quant_kept *kept, TfLiteInterpreter *p)
{
    if (TfLiteInterpreterAllocateTensors(p) != kTfLiteOk)
        return LN_ERR_STATE;
    for (int sample = 0; sample < kept->n; sample++) {
        const char *data = kept->samples[sample];
        if (kept->begin)
            kept->begin(kept->user, sample);
        for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(p); i++) {
            TfLiteTensor *t = TfLiteInterpreterGetInputTensor(p, i);
            if (t->bytes && TfLiteTensorCopyFromBuffer(t, data, t->bytes) != kTfLiteOk)
                return LN_ERR_STATE;
            data += t->bytes;
        }
        if (TfLiteInterpreterInvoke(p) != kTfLiteOk)
            return LN_ERR_STATE;
        if (kept->end)
            kept->end(kept->user);
    }
    return LN_OK;
}

ln_status ln_quant_run_kept(const ln_quant_kept *kept, const void *bytes, size_t n)
{
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, kept->op, 1, kept->user);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteModel *model = TfLiteModelCreate(bytes, n);
    TfLiteInterpreter *p = NULL;
    if (op && options && model) {
        TfLiteOperatorSetPrepareWithData(op, kept->prepare);
        TfLiteOperatorSetInvokeWithData(op, kept->invoke);
        TfLiteInterpreterOptionsAddOperator(options, op);
        p = TfLiteInterpreterCreate(model, options);
    }
    const ln_status status = p ? run_samples(kept, p) : LN_ERR_STATE;
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteOperatorDelete(op);
    return status;
}
