/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/c/c_api.h. */
#include "tensorflow/lite/c/c_api.h"
