/* SPDX-License-Identifier: Apache-2.0 */
/* Another path of TensorFlow Lite: forwards to tensorflow/lite/core/async/c/types.h. */
#include "tensorflow/lite/core/async/c/types.h"
