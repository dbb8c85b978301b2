/* SPDX-License-Identifier: Apache-2.0 */
/* profiler.h: what a program fills in to be told about runs, operators and settings.  Set it with
 * TfLiteInterpreterOptionsSetTelemetryProfiler. */
#ifndef TENSORFLOW_LITE_PROFILING_TELEMETRY_C_PROFILER_H_
#define TENSORFLOW_LITE_PROFILING_TELEMETRY_C_PROFILER_H_

#include <stdint.h>

#include "tensorflow/lite/profiling/telemetry/c/telemetry_setting.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A profiler.  It stays the caller's and must outlive the interpreters.  Functions are called in
 * the thread that calls the interpreter; strings are valid during the call. */
typedef struct TfLiteTelemetryProfilerStruct {
    /* The program's own. */
    void *data;

    /* Something happened ("Invoke", ...); `status` is how it ended. */
    void (*ReportTelemetryEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                 const char *event_name, uint64_t status);

    /* Something happened to an operator. */
    void (*ReportTelemetryOpEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                   const char *event_name, int64_t op_idx, int64_t subgraph_idx,
                                   uint64_t status);

    /* Settings, under a name. */
    void (*ReportSettings)(struct TfLiteTelemetryProfilerStruct *profiler,
                           const char *setting_name, const TfLiteTelemetrySettings *settings);

    /* An operator begins; the result is passed to ReportEndOpInvokeEvent. */
    uint32_t (*ReportBeginOpInvokeEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                         const char *op_name, int64_t op_idx,
                                         int64_t subgraph_idx);

    /* An operator has ended. */
    void (*ReportEndOpInvokeEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                   uint32_t event_handle);

    /* An operator that measures itself took `elapsed_time` microseconds. */
    void (*ReportOpInvokeEvent)(struct TfLiteTelemetryProfilerStruct *profiler,
                                const char *op_name, uint64_t elapsed_time, int64_t op_idx,
                                int64_t subgraph_idx);
} TfLiteTelemetryProfilerStruct;

#ifdef __cplusplus
}
#endif

#endif
