/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/core/async/interop/c/attribute_map.h. */
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"
