/* SPDX-License-Identifier: Apache-2.0 */
/* delegate_plugin.h: how a delegate is made of settings: a table TFLiteSettings of a flatbuffer, as
 * TensorFlow Lite's acceleration/configuration/configuration.fbs has it.  Functions may be called
 * from any thread. */
#ifndef TENSORFLOW_LITE_CORE_ACCELERATION_CONFIGURATION_C_DELEGATE_PLUGIN_H_
#define TENSORFLOW_LITE_CORE_ACCELERATION_CONFIGURATION_C_DELEGATE_PLUGIN_H_

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a delegate; `tflite_settings` points to the table, which lives as long as the delegate. */
typedef TfLiteDelegate *TfLiteDelegatePluginCreateFunc(const void *tflite_settings);
typedef void TfLiteDelegatePluginDestroyFunc(TfLiteDelegate *delegate);
/* Returns a number for what failed in the delegate; 0: nothing. */
typedef int TfLiteDelegatePluginGetDelegateErrnoFunc(TfLiteDelegate *delegate);

/* One kind of delegate. */
typedef struct TfLiteDelegatePlugin {
    TfLiteDelegatePluginCreateFunc *create;
    TfLiteDelegatePluginDestroyFunc *destroy;
    TfLiteDelegatePluginGetDelegateErrnoFunc *get_delegate_errno;
} TfLiteDelegatePlugin;

/* The same for opaque delegates, which are another type where a program asks for that. */
typedef TfLiteOpaqueDelegate *TfLiteOpaqueDelegatePluginCreateFunc(const void *tflite_settings);
typedef void TfLiteOpaqueDelegatePluginDestroyFunc(TfLiteOpaqueDelegate *delegate);
typedef int TfLiteOpaqueDelegatePluginGetDelegateErrnoFunc(TfLiteOpaqueDelegate *delegate);

#if defined(TFLITE_USE_OPAQUE_DELEGATE) && TFLITE_USE_OPAQUE_DELEGATE
typedef struct TfLiteOpaqueDelegatePlugin {
    TfLiteOpaqueDelegatePluginCreateFunc *create;
    TfLiteOpaqueDelegatePluginDestroyFunc *destroy;
    TfLiteOpaqueDelegatePluginGetDelegateErrnoFunc *get_delegate_errno;
} TfLiteOpaqueDelegatePlugin;
#else
typedef TfLiteDelegatePlugin TfLiteOpaqueDelegatePlugin;
#endif

#ifdef __cplusplus
}
#endif

#endif
