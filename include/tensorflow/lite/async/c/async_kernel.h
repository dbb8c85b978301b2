/* SPDX-License-Identifier: Apache-2.0 */
/* Another path: forwards to tensorflow/lite/core/async/c/async_kernel.h. */
#include "tensorflow/lite/core/async/c/async_kernel.h"
