/* SPDX-License-Identifier: Apache-2.0 */
/* nnapi_delegate.c: TFLite's delegate for Android's Neural Networks API, as it is where the system
 * has none: it takes no node. */
#include "tensorflow/lite/delegates/nnapi/nnapi_delegate_c_api.h"

#include "base/alloc.h"

static const ln_alloc *const heap = &ln_alloc_default;

static TfLiteStatus claim_nothing(TfLiteContext *context, TfLiteDelegate *delegate)
{
    (void)context;
    (void)delegate;
    return kTfLiteOk;
}

TfLiteNnapiDelegateOptions TfLiteNnapiDelegateOptionsDefault(void)
{
    const TfLiteNnapiDelegateOptions options = {
        .execution_preference = kUndefined,
        .disallow_nnapi_cpu = 1,
        .max_number_delegated_partitions = 3,
    };
    return options;
}

TfLiteDelegate *TfLiteNnapiDelegateCreate(const TfLiteNnapiDelegateOptions *options)
{
    TfLiteDelegate *delegate = ln_new(heap, 1, sizeof *delegate);
    (void)options;
    if (!delegate)
        return NULL;
    *delegate = TfLiteDelegateCreate();
    delegate->Prepare = claim_nothing;
    return delegate;
}

void TfLiteNnapiDelegateDelete(TfLiteDelegate *delegate)
{
    ln_free(heap, delegate);
}
