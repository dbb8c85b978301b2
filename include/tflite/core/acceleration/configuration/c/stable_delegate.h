/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to the header of this name under tensorflow/lite/core. */
#include "tensorflow/lite/core/acceleration/configuration/c/stable_delegate.h"
