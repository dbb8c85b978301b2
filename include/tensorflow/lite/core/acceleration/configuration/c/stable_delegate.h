/* SPDX-License-Identifier: Apache-2.0 */
/* stable_delegate.h: what a delegate in a shared object of its own exports as
 * TFL_TheStableDelegate.  This library loads none by it; a program may, and use its plug-in. */
#ifndef TENSORFLOW_LITE_CORE_ACCELERATION_CONFIGURATION_C_STABLE_DELEGATE_H_
#define TENSORFLOW_LITE_CORE_ACCELERATION_CONFIGURATION_C_STABLE_DELEGATE_H_

#include "tensorflow/lite/core/acceleration/configuration/c/delegate_plugin.h"

#define TFL_STABLE_DELEGATE_ABI_VERSION "1.0.0"

typedef struct TfLiteStableDelegate {
    const char *delegate_abi_version;
    const char *delegate_name;
    const char *delegate_version;
    const TfLiteOpaqueDelegatePlugin *delegate_plugin;
} TfLiteStableDelegate;

#endif
