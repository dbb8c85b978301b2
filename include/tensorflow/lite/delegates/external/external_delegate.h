/* SPDX-License-Identifier: Apache-2.0 */
/* external_delegate.h: a delegate that lives in a shared library and is loaded by path.  What such
 * a library exports: external_delegate_interface.h.
 *
 *     TfLiteExternalDelegateOptions o = TfLiteExternalDelegateOptionsDefault("libmine.so");
 *     o.insert(&o, "device", "0");
 *     TfLiteDelegate *delegate = TfLiteExternalDelegateCreate(&o);
 *
 * Functions may be called from any thread. */
#ifndef TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_
#define TENSORFLOW_LITE_DELEGATES_EXTERNAL_EXTERNAL_DELEGATE_H_

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most options a delegate can be given. */
#define kExternalDelegateMaxOptions 256

/* Which library to load, and what to tell it.  No string is copied: all must live until
 * TfLiteExternalDelegateCreate returns. */
typedef struct TfLiteExternalDelegateOptions {
    /* Path of the library, as for dlopen. */
    const char *lib_path;
    /* Number of options. */
    int count;
    /* Their names. */
    const char *keys[kExternalDelegateMaxOptions];
    /* Their values. */
    const char *values[kExternalDelegateMaxOptions];
    /* TfLiteExternalDelegateOptionsInsert. */
    TfLiteStatus (*insert)(struct TfLiteExternalDelegateOptions *options, const char *key,
                           const char *value);
} TfLiteExternalDelegateOptions;

/* Adds an option.  kTfLiteError when there are too many already. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteExternalDelegateOptionsInsert(
    TfLiteExternalDelegateOptions *options, const char *key, const char *value);

/* Returns options without any entry for the library at `lib_path`. */
TFL_CAPI_EXPORT TfLiteExternalDelegateOptions TfLiteExternalDelegateOptionsDefault(
    const char *lib_path);

/* Loads the library and makes its delegate.  The caller deletes it after the interpreters that use
 * it.  NULL when the library cannot be loaded, lacks the functions, or refuses the options. */
TFL_CAPI_EXPORT TfLiteDelegate *TfLiteExternalDelegateCreate(
    const TfLiteExternalDelegateOptions *options);

/* Deletes the delegate and unloads its library; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteExternalDelegateDelete(TfLiteDelegate *delegate);

#ifdef __cplusplus
}
#endif

#endif
