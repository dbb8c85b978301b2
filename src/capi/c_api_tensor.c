/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_tensor.c: TfLiteTensor by functions.  Where TFLite would crash (a NULL tensor, a dimension
 * that is not there), the answer is an error, 0 or NULL. */
#include <string.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

TfLiteType TfLiteTensorType(const TfLiteTensor *tensor)
{
    return tensor ? tensor->type : kTfLiteNoType;
}

int32_t TfLiteTensorNumDims(const TfLiteTensor *tensor)
{
    return tensor && tensor->dims ? tensor->dims->size : -1;
}

int32_t TfLiteTensorDim(const TfLiteTensor *tensor, int32_t dim_index)
{
    if (dim_index < 0 || dim_index >= TfLiteTensorNumDims(tensor))
        return 0;
    return tensor->dims->data[dim_index];
}

size_t TfLiteTensorByteSize(const TfLiteTensor *tensor)
{
    return tensor ? tensor->bytes : 0;
}

void *TfLiteTensorData(const TfLiteTensor *tensor)
{
    return tensor ? tensor->data.data : NULL;
}

const char *TfLiteTensorName(const TfLiteTensor *tensor)
{
    return tensor ? tensor->name : NULL;
}

TfLiteQuantizationParams TfLiteTensorQuantizationParams(const TfLiteTensor *tensor)
{
    return tensor ? tensor->params : (TfLiteQuantizationParams){0, 0};
}

/* True when `n` bytes can be copied between the tensor and `buffer`. */
static int can_copy(const TfLiteTensor *tensor, const void *buffer, size_t n)
{
    return tensor && tensor->bytes == n && (n == 0 || (tensor->data.data && buffer));
}

TfLiteStatus TfLiteTensorCopyFromBuffer(TfLiteTensor *tensor, const void *input_data,
                                        size_t input_data_size)
{
    if (!can_copy(tensor, input_data, input_data_size))
        return kTfLiteError;
    if (tensor->allocation_type == kTfLiteMmapRo)
        return kTfLiteError; /* the model's own bytes, mapped read-only */
    if (input_data_size > 0)
        memcpy(tensor->data.data, input_data, input_data_size);
    return kTfLiteOk;
}

TfLiteStatus TfLiteTensorCopyToBuffer(const TfLiteTensor *output_tensor, void *output_data,
                                      size_t output_data_size)
{
    if (!can_copy(output_tensor, output_data, output_data_size))
        return kTfLiteError;
    if (output_data_size > 0)
        memcpy(output_data, output_tensor->data.data, output_data_size);
    return kTfLiteOk;
}
