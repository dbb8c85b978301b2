/* SPDX-License-Identifier: Apache-2.0 */
/* The public path: forwards to the header of this name under tensorflow/lite/core. */
#include "tensorflow/lite/core/acceleration/configuration/c/xnnpack_plugin.h"
