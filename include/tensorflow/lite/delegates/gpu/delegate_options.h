/* SPDX-License-Identifier: Apache-2.0 */
/* delegate_options.h: options of the GPU delegate, which this library lacks: see delegate.h.
 * Functions may be called from any thread. */
#ifndef TENSORFLOW_LITE_DELEGATES_GPU_DELEGATE_OPTIONS_H_
#define TENSORFLOW_LITE_DELEGATES_GPU_DELEGATE_OPTIONS_H_

#include <stdint.h>

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum TfLiteGpuInferenceUsage {
    TFLITE_GPU_INFERENCE_PREFERENCE_FAST_SINGLE_ANSWER = 0,
    TFLITE_GPU_INFERENCE_PREFERENCE_SUSTAINED_SPEED = 1,
    TFLITE_GPU_INFERENCE_PREFERENCE_BALANCED = 2,
};

enum TfLiteGpuInferencePriority {
    TFLITE_GPU_INFERENCE_PRIORITY_AUTO = 0,
    TFLITE_GPU_INFERENCE_PRIORITY_MAX_PRECISION = 1,
    TFLITE_GPU_INFERENCE_PRIORITY_MIN_LATENCY = 2,
    TFLITE_GPU_INFERENCE_PRIORITY_MIN_MEMORY_USAGE = 3,
};

/* Bits of experimental_flags. */
enum TfLiteGpuExperimentalFlags {
    TFLITE_GPU_EXPERIMENTAL_FLAGS_NONE = 0,
    TFLITE_GPU_EXPERIMENTAL_FLAGS_ENABLE_QUANT = 1 << 0,
    TFLITE_GPU_EXPERIMENTAL_FLAGS_CL_ONLY = 1 << 1,
    TFLITE_GPU_EXPERIMENTAL_FLAGS_GL_ONLY = 1 << 2,
    TFLITE_GPU_EXPERIMENTAL_FLAGS_ENABLE_SERIALIZATION = 1 << 3,
};

/* Begin with TfLiteGpuDelegateOptionsV2Default.  Defaults are in parentheses. */
typedef struct {
    /* float32 may be computed in less (0). */
    int32_t is_precision_loss_allowed;
    /* A TfLiteGpuInferenceUsage (FAST_SINGLE_ANSWER). */
    int32_t inference_preference;
    /* Each a TfLiteGpuInferencePriority (MAX_PRECISION, AUTO, AUTO). */
    int32_t inference_priority1;
    int32_t inference_priority2;
    int32_t inference_priority3;
    /* TfLiteGpuExperimentalFlags (ENABLE_QUANT). */
    int64_t experimental_flags;
    /* The most parts of the graph (1). */
    int32_t max_delegated_partitions;
    /* Where compiled kernels are kept, and under which name (NULL: they are not). */
    const char *serialization_dir;
    const char *model_token;
} TfLiteGpuDelegateOptionsV2;

/* Returns the defaults. */
TFL_CAPI_EXPORT TfLiteGpuDelegateOptionsV2 TfLiteGpuDelegateOptionsV2Default(void);

#ifdef __cplusplus
}
#endif

#endif
