/* SPDX-License-Identifier: Apache-2.0 */
/* absent_delegates.c: the delegates of TFLite for GPUs and for Hexagon processors, as they are
 * where the hardware is missing: none is made.  Some programs look up every function before they
 * start, whether they will use it or not. */
#include <string.h>

#include "tensorflow/lite/delegates/gpu/delegate.h"
#include "tensorflow/lite/delegates/hexagon/hexagon_delegate.h"

/* ---- GPU ---- */

TfLiteGpuDelegateOptionsV2 TfLiteGpuDelegateOptionsV2Default(void)
{
    const TfLiteGpuDelegateOptionsV2 options = {
        .inference_priority1 = TFLITE_GPU_INFERENCE_PRIORITY_MAX_PRECISION,
        .experimental_flags = TFLITE_GPU_EXPERIMENTAL_FLAGS_ENABLE_QUANT,
        .max_delegated_partitions = 1,
    };
    return options;
}

TfLiteDelegate *TfLiteGpuDelegateV2Create(const TfLiteGpuDelegateOptionsV2 *options)
{
    (void)options;
    return NULL;
}

TfLiteDelegate *TfLiteGpuDelegateV2CreateAsync(const TfLiteGpuDelegateOptionsV2 *options)
{
    (void)options;
    return NULL;
}

void TfLiteGpuDelegateV2Delete(TfLiteDelegate *delegate)
{
    (void)delegate;
}

/* ---- Hexagon ---- */

TfLiteHexagonDelegateOptions TfLiteHexagonDelegateOptionsDefault(void)
{
    TfLiteHexagonDelegateOptions options;
    memset(&options, 0, sizeof options);
    return options;
}

TfLiteDelegate *TfLiteHexagonDelegateCreate(const TfLiteHexagonDelegateOptions *options)
{
    (void)options;
    return NULL;
}

void TfLiteHexagonDelegateDelete(TfLiteDelegate *delegate)
{
    (void)delegate;
}

void TfLiteHexagonInitWithPath(const char *lib_directory_path)
{
    (void)lib_directory_path;
}

void TfLiteHexagonInit(void)
{
}

void TfLiteHexagonTearDown(void)
{
}
