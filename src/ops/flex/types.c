/* SPDX-License-Identifier: Apache-2.0 */
/* types.c: TensorFlow's numbers of types (tensorflow/core/framework/types.proto). */
#include "ops/flex/types.h"

static const uint8_t types[] = {
    [1] = kTfLiteFloat32,     [2] = kTfLiteFloat64,  [3] = kTfLiteInt32,     [4] = kTfLiteUInt8,
    [5] = kTfLiteInt16,       [6] = kTfLiteInt8,     [7] = kTfLiteString,    [8] = kTfLiteComplex64,
    [9] = kTfLiteInt64,       [10] = kTfLiteBool,    [14] = kTfLiteBFloat16, [17] = kTfLiteUInt16,
    [18] = kTfLiteComplex128, [19] = kTfLiteFloat16, [20] = kTfLiteResource, [21] = kTfLiteVariant,
    [22] = kTfLiteUInt32,     [23] = kTfLiteUInt64,
};

int ln_type_to_tensorflow(TfLiteType type)
{
    for (size_t i = 1; i < LN_COUNTOF(types); i++)
        if (types[i] == type && type != kTfLiteNoType)
            return (int)i;
    return 0;
}

TfLiteType ln_type_from_tensorflow(uint64_t number)
{
    return number < LN_COUNTOF(types) ? (TfLiteType)types[number] : kTfLiteNoType;
}
