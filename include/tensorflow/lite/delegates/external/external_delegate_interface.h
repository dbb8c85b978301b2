/* SPDX-License-Identifier: Apache-2.0 */
/* external_delegate_interface.h: the two functions that a delegate in a shared library exports.
 * This library calls them (external_delegate.h) and does not define them. */
#ifndef TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_INTERFACE_H_
#define TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_INTERFACE_H_

#include <stddef.h>

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Marks the functions in the delegate's library.  On Windows its build defines
 * TFL_EXTERNAL_DELEGATE_COMPILE_LIBRARY. */
#if defined(SWIG)
#define TFL_EXTERNAL_DELEGATE_EXPORT
#elif defined(_WIN32)
#ifdef TFL_EXTERNAL_DELEGATE_COMPILE_LIBRARY
#define TFL_EXTERNAL_DELEGATE_EXPORT __declspec(dllexport)
#else
#define TFL_EXTERNAL_DELEGATE_EXPORT __declspec(dllimport)
#endif
#elif defined(__GNUC__) || defined(__clang__)
#define TFL_EXTERNAL_DELEGATE_EXPORT __attribute__((visibility("default")))
#else
#define TFL_EXTERNAL_DELEGATE_EXPORT
#endif

/* Makes a delegate from `num_options` pairs of strings, which are valid during the call; the
 * arrays may be NULL when there are none.  On failure it returns NULL and, if `report_error` is
 * not NULL, says why. */
TFL_EXTERNAL_DELEGATE_EXPORT TfLiteDelegate *tflite_plugin_create_delegate(
    const char *const *options_keys, const char *const *options_values, size_t num_options,
    void (*report_error)(const char *));

/* Deletes such a delegate; NULL is fine. */
TFL_EXTERNAL_DELEGATE_EXPORT void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate);

#ifdef __cplusplus
}
#endif

#endif
