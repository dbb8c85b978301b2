/* SPDX-License-Identifier: Apache-2.0 */
/* Another path of TensorFlow Lite: forwards to tensorflow/lite/core/c/c_api_opaque.h. */
#include "tensorflow/lite/core/c/c_api_opaque.h"
