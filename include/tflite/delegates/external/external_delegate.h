/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/delegates/external/external_delegate.h. */
#include "tensorflow/lite/delegates/external/external_delegate.h"
