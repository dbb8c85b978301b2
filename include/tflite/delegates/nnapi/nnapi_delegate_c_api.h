/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/delegates/nnapi/nnapi_delegate_c_api.h. */
#include "tensorflow/lite/delegates/nnapi/nnapi_delegate_c_api.h"
