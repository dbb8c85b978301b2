/* SPDX-License-Identifier: Apache-2.0 */
/* hexagon_delegate.h: the delegate for Qualcomm's signal processors, which this library lacks: none
 * is made, which is also what programs hear where there is no such processor.  Functions may be
 * called from any thread. */
#ifndef TENSORFLOW_LITE_DELEGATES_HEXAGON_HEXAGON_DELEGATE_H_
#define TENSORFLOW_LITE_DELEGATES_HEXAGON_HEXAGON_DELEGATE_H_

#include <stdbool.h>

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Begin with TfLiteHexagonDelegateOptionsDefault.  Defaults are in parentheses. */
typedef struct TfLiteHexagonDelegateOptions {
    int debug_level;     /* (0: none) */
    int powersave_level; /* (0: fastest) */
    /* What the processor's library prints (false). */
    bool print_graph_profile;
    bool print_graph_debug;
    int max_delegated_partitions;
    int min_nodes_per_partition;
    /* Inputs with batches of up to max_batch_size; which dimension that is, one number per input
     * and output (false, 0, NULL). */
    bool enable_dynamic_batch_size;
    int max_batch_size;
    TfLiteIntArray *input_batch_dimensions;
    TfLiteIntArray *output_batch_dimensions;
} TfLiteHexagonDelegateOptions;

/* Returns the defaults. */
TFL_CAPI_EXPORT TfLiteHexagonDelegateOptions TfLiteHexagonDelegateOptionsDefault(void);
/* Returns NULL: there is no such delegate. */
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteHexagonDelegateCreate(const TfLiteHexagonDelegateOptions *options);
/* These do nothing. */
TFL_CAPI_EXPORT void TfLiteHexagonDelegateDelete(TfLiteDelegate *delegate);
TFL_CAPI_EXPORT void TfLiteHexagonInitWithPath(const char *lib_directory_path);
TFL_CAPI_EXPORT void TfLiteHexagonInit(void);
TFL_CAPI_EXPORT void TfLiteHexagonTearDown(void);

#ifdef __cplusplus
}
#endif

#endif
