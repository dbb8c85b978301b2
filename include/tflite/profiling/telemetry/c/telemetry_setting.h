/* SPDX-License-Identifier: Apache-2.0 */
/* LiteRT's path: forwards to tensorflow/lite/profiling/telemetry/c/telemetry_setting.h. */
#include "tensorflow/lite/profiling/telemetry/c/telemetry_setting.h"
