/* SPDX-License-Identifier: Apache-2.0 */
/* Another path: forwards to tensorflow/lite/core/async/interop/c/types.h. */
#include "tensorflow/lite/core/async/interop/c/types.h"
