/* SPDX-License-Identifier: Apache-2.0 */
/* Another path of TensorFlow Lite: forwards to tensorflow/lite/core/async/c/async_signature_runner.h. */
#include "tensorflow/lite/core/async/c/async_signature_runner.h"
