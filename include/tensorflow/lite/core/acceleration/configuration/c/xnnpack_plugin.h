/* SPDX-License-Identifier: Apache-2.0 */
/* xnnpack_plugin.h: TfLiteXNNPackDelegateCreate by settings; of them num_threads, flags and
 * weight_cache_file_path of xnnpack_settings count.  It may be called from any thread. */
#ifndef TENSORFLOW_LITE_CORE_ACCELERATION_CONFIGURATION_C_XNNPACK_PLUGIN_H_
#define TENSORFLOW_LITE_CORE_ACCELERATION_CONFIGURATION_C_XNNPACK_PLUGIN_H_

#include "tensorflow/lite/core/acceleration/configuration/c/delegate_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

TFL_CAPI_EXPORT const TfLiteDelegatePlugin *TfLiteXnnpackDelegatePluginCApi(void);

#ifdef __cplusplus
}
#endif

#endif
