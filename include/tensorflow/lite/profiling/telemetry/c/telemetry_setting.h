/* SPDX-License-Identifier: Apache-2.0 */
/* telemetry_setting.h: settings of models, interpreters and delegates, as a telemetry profiler
 * gets them.  Everything is valid during the call of ReportSettings only. */
#ifndef TENSORFLOW_LITE_PROFILING_TELEMETRY_C_TELEMETRY_SETTING_H_
#define TENSORFLOW_LITE_PROFILING_TELEMETRY_C_TELEMETRY_SETTING_H_

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Settings from some source. */
typedef struct TfLiteTelemetrySettings {
    /* Says what `data` is: of the interpreter, or of one kind of delegate. */
    uint32_t source;
    /* TfLiteTelemetryInterpreterSettings, or a delegate's own; borrowed. */
    const void *data;
} TfLiteTelemetrySettings;

/* How a model was converted. */
typedef struct TfLiteTelemetryConversionMetadata TfLiteTelemetryConversionMetadata;

/* Settings of an interpreter. */
typedef struct TfLiteTelemetryInterpreterSettings TfLiteTelemetryInterpreterSettings;

/* Facts about a subgraph. */
typedef struct TfLiteTelemetrySubgraphInfo TfLiteTelemetrySubgraphInfo;

/* Settings of the GPU delegate. */
typedef struct TfLiteTelemetryGpuDelegateSettings TfLiteTelemetryGpuDelegateSettings;

/* Returns the optimization modes of the conversion. */
TFL_CAPI_EXPORT const int32_t *TfLiteTelemetryConversionMetadataGetModelOptimizationModes(
    const TfLiteTelemetryConversionMetadata *metadata);

/* Returns how many there are. */
TFL_CAPI_EXPORT size_t TfLiteTelemetryConversionMetadataGetNumModelOptimizationModes(
    const TfLiteTelemetryConversionMetadata *metadata);

/* Returns how the model was converted; NULL when that is not known. */
TFL_CAPI_EXPORT const TfLiteTelemetryConversionMetadata *
TfLiteTelemetryInterpreterSettingsGetConversionMetadata(
    const TfLiteTelemetryInterpreterSettings *settings);

/* Returns the number of subgraphs. */
TFL_CAPI_EXPORT size_t TfLiteTelemetryInterpreterSettingsGetNumSubgraphInfo(
    const TfLiteTelemetryInterpreterSettings *settings);

/* Returns the facts about all subgraphs, an array of that many. */
TFL_CAPI_EXPORT const TfLiteTelemetrySubgraphInfo *
TfLiteTelemetryInterpreterSettingsGetSubgraphInfo(
    const TfLiteTelemetryInterpreterSettings *settings);

/* Return the operators of a subgraph: builtin codes, names of custom ones, and how many there are.
 * Of 2.12 only. */
TFL_CAPI_EXPORT size_t TfLiteTelemetrySubgraphInfoGetNumOpTypes(
    TfLiteTelemetrySubgraphInfo *subgraph_info);
TFL_CAPI_EXPORT const int32_t *TfLiteTelemetrySubgraphInfoGetOpTypes(
    TfLiteTelemetrySubgraphInfo *subgraph_info);
TFL_CAPI_EXPORT size_t TfLiteTelemetrySubgraphInfoGetNumCustomOpNames(
    TfLiteTelemetrySubgraphInfo *subgraph_info);
TFL_CAPI_EXPORT const char **TfLiteTelemetrySubgraphInfoGetCustomOpNames(
    TfLiteTelemetrySubgraphInfo *subgraph_info);

/* Returns the number of quantizations in a subgraph. */
TFL_CAPI_EXPORT size_t TfLiteTelemetrySubgraphInfoGetNumQuantizations(
    TfLiteTelemetrySubgraphInfo *subgraph_info);

/* Returns the quantizations, an array of that many. */
TFL_CAPI_EXPORT const TfLiteQuantization *TfLiteTelemetrySubgraphInfoGetQuantizations(
    TfLiteTelemetrySubgraphInfo *subgraph_info);

/* Returns the number of nodes that the GPU delegate took. */
TFL_CAPI_EXPORT size_t TfLiteTelemetryGpuDelegateSettingsGetNumNodesDelegated(
    const TfLiteTelemetryGpuDelegateSettings *settings);

/* Returns the backend of the GPU delegate. */
TFL_CAPI_EXPORT int TfLiteTelemetryGpuDelegateSettingsGetBackend(
    const TfLiteTelemetryGpuDelegateSettings *settings);

#ifdef __cplusplus
}
#endif

#endif
