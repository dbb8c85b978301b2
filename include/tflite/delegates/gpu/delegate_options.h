/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/delegates/gpu/delegate_options.h. */
#include "tensorflow/lite/delegates/gpu/delegate_options.h"
