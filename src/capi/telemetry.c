/* SPDX-License-Identifier: Apache-2.0 */
/* telemetry.c: what a program's telemetry profiler is told: each operator's begin and end, and how
 * allocation, runs and delegates ended.  No settings are reported, so their getters have nothing
 * to give. */
#include "capi/capi.h"
#include "tensorflow/lite/profiling/telemetry/c/profiler.h"

void ln_telemetry_event(struct TfLiteTelemetryProfilerStruct *telemetry, const char *name,
                        TfLiteStatus status)
{
    if (telemetry && telemetry->ReportTelemetryEvent)
        telemetry->ReportTelemetryEvent(telemetry, name, (uint64_t)status);
}

static uint32_t begin(void *user, int graph, int node, const char *op)
{
    TfLiteTelemetryProfilerStruct *t = user;
    return t->ReportBeginOpInvokeEvent ? t->ReportBeginOpInvokeEvent(t, op, node, graph) : 0;
}

static void end(void *user, uint32_t handle)
{
    TfLiteTelemetryProfilerStruct *t = user;
    if (t->ReportEndOpInvokeEvent)
        t->ReportEndOpInvokeEvent(t, handle);
}

void ln_telemetry_attach(TfLiteInterpreter *p)
{
    const ln_profiler profiler = {p->telemetry, begin, end};
    if (p->telemetry)
        ln_interpreter_set_profiler(p->it, &profiler);
}

/* ---- settings ---- */

const int32_t *TfLiteTelemetryConversionMetadataGetModelOptimizationModes(
    const TfLiteTelemetryConversionMetadata *metadata)
{
    (void)metadata;
    return NULL;
}

size_t TfLiteTelemetryConversionMetadataGetNumModelOptimizationModes(
    const TfLiteTelemetryConversionMetadata *metadata)
{
    (void)metadata;
    return 0;
}

const TfLiteTelemetryConversionMetadata *TfLiteTelemetryInterpreterSettingsGetConversionMetadata(
    const TfLiteTelemetryInterpreterSettings *settings)
{
    (void)settings;
    return NULL;
}

size_t TfLiteTelemetryInterpreterSettingsGetNumSubgraphInfo(
    const TfLiteTelemetryInterpreterSettings *settings)
{
    (void)settings;
    return 0;
}

const TfLiteTelemetrySubgraphInfo *TfLiteTelemetryInterpreterSettingsGetSubgraphInfo(
    const TfLiteTelemetryInterpreterSettings *settings)
{
    (void)settings;
    return NULL;
}

size_t TfLiteTelemetrySubgraphInfoGetNumOpTypes(TfLiteTelemetrySubgraphInfo *subgraph_info)
{
    (void)subgraph_info;
    return 0;
}

const int32_t *TfLiteTelemetrySubgraphInfoGetOpTypes(TfLiteTelemetrySubgraphInfo *subgraph_info)
{
    (void)subgraph_info;
    return NULL;
}

size_t TfLiteTelemetrySubgraphInfoGetNumCustomOpNames(TfLiteTelemetrySubgraphInfo *subgraph_info)
{
    (void)subgraph_info;
    return 0;
}

const char **TfLiteTelemetrySubgraphInfoGetCustomOpNames(TfLiteTelemetrySubgraphInfo *subgraph_info)
{
    (void)subgraph_info;
    return NULL;
}

size_t TfLiteTelemetrySubgraphInfoGetNumQuantizations(TfLiteTelemetrySubgraphInfo *subgraph_info)
{
    (void)subgraph_info;
    return 0;
}

const TfLiteQuantization *TfLiteTelemetrySubgraphInfoGetQuantizations(
    TfLiteTelemetrySubgraphInfo *subgraph_info)
{
    (void)subgraph_info;
    return NULL;
}

size_t TfLiteTelemetryGpuDelegateSettingsGetNumNodesDelegated(
    const TfLiteTelemetryGpuDelegateSettings *settings)
{
    (void)settings;
    return 0;
}

int TfLiteTelemetryGpuDelegateSettingsGetBackend(const TfLiteTelemetryGpuDelegateSettings *settings)
{
    (void)settings;
    return 0;
}
