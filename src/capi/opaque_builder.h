/* SPDX-License-Identifier: Apache-2.0 */
/* opaque_builder.h: what a TfLiteOpaqueTensorBuilder is made of. */
#ifndef LN_CAPI_OPAQUE_BUILDER_H
#define LN_CAPI_OPAQUE_BUILDER_H

#include "tensorflow/lite/c/c_api_opaque.h"

struct TfLiteOpaqueTensorBuilder {
    TfLiteType type;
    void *data;
    TfLiteAllocationType allocation_type;
    TfLiteQuantizationParams params;
    TfLiteQuantization quantization;
};

#endif
