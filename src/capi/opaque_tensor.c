/* SPDX-License-Identifier: Apache-2.0 */
/* opaque_tensor.c: tensors of c_api_opaque.h.  A TfLiteOpaqueTensor is a TfLiteTensor.  Strings
 * lie in a tensor as int32 count, int32 offset of each and of the end, then the bytes. */
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "tensorflow/lite/c/c_api_opaque.h"

static const TfLiteTensor *as_tensor(const TfLiteOpaqueTensor *t)
{
    return (const TfLiteTensor *)t;
}

TfLiteType TfLiteOpaqueTensorType(const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorType(as_tensor(opaque_tensor));
}

int32_t TfLiteOpaqueTensorNumDims(const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorNumDims(as_tensor(opaque_tensor));
}

int32_t TfLiteOpaqueTensorDim(const TfLiteOpaqueTensor *opaque_tensor, int32_t dim_index)
{
    return TfLiteTensorDim(as_tensor(opaque_tensor), dim_index);
}

TfLiteStatus TfLiteOpaqueTensorGetNumDimsSignature(const TfLiteOpaqueTensor *opaque_tensor,
                                                   int32_t *num_dims)
{
    if (!opaque_tensor || !num_dims)
        return kTfLiteError;
    const TfLiteIntArray *signature = as_tensor(opaque_tensor)->dims_signature;
    *num_dims = signature ? signature->size : -1;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueTensorGetDimSignature(const TfLiteOpaqueTensor *opaque_tensor,
                                               int32_t dim_index, int32_t *dim_length)
{
    if (!opaque_tensor || !dim_length)
        return kTfLiteError;
    const TfLiteIntArray *dims = TfLiteTensorGetDimsSignature(as_tensor(opaque_tensor));
    if (!dims || dim_index < 0 || dim_index >= dims->size)
        return kTfLiteError;
    *dim_length = dims->data[dim_index];
    return kTfLiteOk;
}

int TfLiteOpaqueTensorIsVariable(const TfLiteOpaqueTensor *opaque_tensor)
{
    return opaque_tensor && as_tensor(opaque_tensor)->is_variable;
}

size_t TfLiteOpaqueTensorByteSize(const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorByteSize(as_tensor(opaque_tensor));
}

void *TfLiteOpaqueTensorData(const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorData(as_tensor(opaque_tensor));
}

const char *TfLiteOpaqueTensorName(const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorName(as_tensor(opaque_tensor));
}

TfLiteAllocationType TfLiteOpaqueTensorGetAllocationType(const TfLiteOpaqueTensor *opaque_tensor)
{
    return opaque_tensor ? as_tensor(opaque_tensor)->allocation_type : kTfLiteMemNone;
}

TfLiteAllocationStrategy TfLiteOpaqueTensorGetAllocationStrategy(const TfLiteOpaqueTensor *t)
{
    return t ? TfLiteTensorGetAllocationStrategy(as_tensor(t)) : kTfLiteAllocationStrategyUnknown;
}

TfLiteRunStability TfLiteOpaqueTensorGetBufferAddressStability(const TfLiteOpaqueTensor *t)
{
    return t ? TfLiteTensorGetBufferAddressStability(as_tensor(t)) : kTfLiteRunStabilityUnknown;
}

TfLiteRunStability TfLiteOpaqueTensorGetDataStability(const TfLiteOpaqueTensor *t)
{
    return t ? TfLiteTensorGetDataStability(as_tensor(t)) : kTfLiteRunStabilityUnknown;
}

TfLiteRunStep TfLiteOpaqueTensorGetDataKnownStep(const TfLiteOpaqueTensor *t)
{
    return t ? TfLiteTensorGetDataKnownStep(as_tensor(t)) : kTfLiteRunStepUnknown;
}

TfLiteRunStep TfLiteOpaqueTensorGetShapeKnownStep(const TfLiteOpaqueTensor *t)
{
    return t ? TfLiteTensorGetShapeKnownStep(as_tensor(t)) : kTfLiteRunStepUnknown;
}

TfLiteQuantization TfLiteOpaqueTensorGetQuantization(const TfLiteOpaqueTensor *opaque_tensor)
{
    const TfLiteQuantization none = {kTfLiteNoQuantization, NULL};
    return opaque_tensor ? as_tensor(opaque_tensor)->quantization : none;
}

TfLiteQuantizationParams TfLiteOpaqueTensorGetQuantizationParams(
    const TfLiteOpaqueTensor *opaque_tensor)
{
    return TfLiteTensorQuantizationParams(as_tensor(opaque_tensor));
}

TfLiteStatus TfLiteOpaqueTensorCopyFromBuffer(TfLiteOpaqueTensor *opaque_tensor,
                                              const void *input_data, size_t input_data_size)
{
    return TfLiteTensorCopyFromBuffer((TfLiteTensor *)opaque_tensor, input_data, input_data_size);
}

TfLiteStatus TfLiteOpaqueTensorCopyToBuffer(const TfLiteOpaqueTensor *opaque_tensor,
                                            void *output_data, size_t output_data_size)
{
    return TfLiteTensorCopyToBuffer(as_tensor(opaque_tensor), output_data, output_data_size);
}

/* Drops the data in favor of heap memory; a constant, or memory of the caller, stays. */
static bool make_dynamic(TfLiteTensor *t)
{
    switch (t->allocation_type) {
    case kTfLiteDynamic:
        return true;
    case kTfLiteMmapRo:
    case kTfLiteCustom:
    case kTfLiteVariantObject:
        return false;
    default:
        TfLiteTensorDataFree(t);
        t->allocation_type = kTfLiteDynamic;
        t->bytes = 0;
        return true;
    }
}

void TfLiteOpaqueTensorSetAllocationTypeToDynamic(TfLiteOpaqueTensor *tensor)
{
    if (tensor)
        (void)make_dynamic((TfLiteTensor *)tensor);
}

void TfLiteOpaqueTensorSetNonCpuAllocation(TfLiteOpaqueTensor *tensor)
{
    if (tensor)
        ((TfLiteTensor *)tensor)->allocation_type = kTfLiteNonCpu;
}

/* ---- strings ---- */

/* Number `i` of the head of a string tensor. */
static int32_t head(const TfLiteTensor *t, size_t i)
{
    int32_t value;
    memcpy(&value, t->data.raw_const + i * sizeof value, sizeof value);
    return value;
}

int TfLiteOpaqueTensorGetStringCount(const TfLiteOpaqueTensor *tensor)
{
    const TfLiteTensor *t = as_tensor(tensor);
    if (!t || t->type != kTfLiteString || !t->data.raw_const || t->bytes < sizeof(int32_t))
        return -1;
    const int32_t n = head(t, 0);
    const size_t words = t->bytes / sizeof(int32_t);
    if (n < 0 || words < 2 || (size_t)n > words - 2)
        return -1;
    return n;
}

TfLiteStatus TfLiteOpaqueTensorGetString(const TfLiteOpaqueTensor *tensor, int index,
                                         const char **str, int *len)
{
    const TfLiteTensor *t = as_tensor(tensor);
    if (!str || !len || index < 0 || index >= TfLiteOpaqueTensorGetStringCount(tensor))
        return kTfLiteError;
    const int32_t from = head(t, (size_t)index + 1), to = head(t, (size_t)index + 2);
    if (from < 0 || to < from || (size_t)to > t->bytes)
        return kTfLiteError;
    *str = t->data.raw_const + from;
    *len = to - from;
    return kTfLiteOk;
}

/* Bytes of a tensor with these strings; false when an argument is wrong or they are too many. */
static bool strings_bytes(const char *const *strings, int n, const int *lengths, size_t *bytes)
{
    if (n < 0 || (n > 0 && (!strings || !lengths)))
        return false;
    *bytes = ((size_t)n + 2) * sizeof(int32_t);
    for (int i = 0; i < n; i++)
        if (lengths[i] < 0 || (lengths[i] > 0 && !strings[i]) ||
            !ln_add_size(*bytes, (size_t)lengths[i], bytes))
            return false;
    return *bytes <= INT32_MAX;
}

TfLiteStatus TfLiteOpaqueTensorWriteStrings(TfLiteOpaqueTensor *tensor,
                                            const char *const *str_array, int str_array_len,
                                            const int *str_n_len)
{
    TfLiteTensor *t = (TfLiteTensor *)tensor;
    size_t bytes = 0;
    if (!t || t->type != kTfLiteString ||
        !strings_bytes(str_array, str_array_len, str_n_len, &bytes))
        return kTfLiteError;
    TfLiteIntArray *dims = TfLiteIntArrayCreate(1);
    if (!dims || !make_dynamic(t) || TfLiteTensorResizeMaybeCopy(bytes, t, false) != kTfLiteOk) {
        TfLiteIntArrayFree(dims);
        return kTfLiteError;
    }
    dims->data[0] = str_array_len;
    TfLiteIntArrayFree(t->dims);
    t->dims = dims;

    int32_t at = (int32_t)(((size_t)str_array_len + 2) * sizeof(int32_t));
    char *word = t->data.raw;
    const int32_t count = str_array_len;
    memcpy(word, &count, sizeof count);
    for (int i = 0; i < str_array_len; i++) {
        word += sizeof at;
        memcpy(word, &at, sizeof at);
        if (str_n_len[i] > 0)
            memcpy(t->data.raw + at, str_array[i], (size_t)str_n_len[i]);
        at += str_n_len[i];
    }
    memcpy(word + sizeof at, &at, sizeof at);
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueTensorWriteString(TfLiteOpaqueTensor *tensor, const char *str, int len)
{
    return TfLiteOpaqueTensorWriteStrings(tensor, &str, 1, &len);
}
