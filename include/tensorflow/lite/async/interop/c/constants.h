/* SPDX-License-Identifier: Apache-2.0 */
/* Another path: forwards to tensorflow/lite/core/async/interop/c/constants.h. */
#include "tensorflow/lite/core/async/interop/c/constants.h"
