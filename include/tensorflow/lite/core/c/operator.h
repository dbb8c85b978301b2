/* SPDX-License-Identifier: Apache-2.0 */
/* Another path of TensorFlow Lite: forwards to tensorflow/lite/c/operator.h. */
#include "tensorflow/lite/c/operator.h"
