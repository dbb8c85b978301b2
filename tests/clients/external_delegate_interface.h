/* SPDX-License-Identifier: Apache-2.0 */
/* external_delegate_interface.h: stands in for TensorFlow Lite's header of that name, which the
 * headers in packages lack: the two functions of a delegate in a shared object. */
#include <stddef.h>

#include "tensorflow/lite/c/common.h" /* where old releases have it too */

TfLiteDelegate *tflite_plugin_create_delegate(const char *const *options_keys,
                                              const char *const *options_values, size_t num_options,
                                              void (*report_error)(const char *));
void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate);
