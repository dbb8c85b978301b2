/* SPDX-License-Identifier: Apache-2.0 */
/* Another path: forwards to tensorflow/lite/core/async/interop/c/attribute_map.h. */
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"
