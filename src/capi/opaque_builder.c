/* SPDX-License-Identifier: Apache-2.0 */
/* opaque_builder.c: TfLiteOpaqueTensorBuilder, a description of a tensor to be added. */
#include "capi/opaque_builder.h"

#include "base/alloc.h"

TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderCreate(void)
{
    return ln_new(&ln_alloc_default, 1, sizeof(TfLiteOpaqueTensorBuilder));
}

void TfLiteOpaqueTensorBuilderDelete(TfLiteOpaqueTensorBuilder *builder)
{
    ln_free(&ln_alloc_default, builder);
}

#define SETTER(Name, field, type)                                  \
    TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSet##Name( \
        TfLiteOpaqueTensorBuilder *builder, type field)            \
    {                                                              \
        if (builder)                                               \
            builder->field = field;                                \
        return builder;                                            \
    }
SETTER(Type, type, TfLiteType)
SETTER(Data, data, void *)
SETTER(AllocationType, allocation_type, TfLiteAllocationType)
SETTER(QuantizationParams, params, TfLiteQuantizationParams)
SETTER(Quantization, quantization, TfLiteQuantization)
