/* SPDX-License-Identifier: Apache-2.0 */
/* base_options.h: which model a task of the Task Library runs, and on what. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_CORE_BASE_OPTIONS_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_CORE_BASE_OPTIONS_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteCpuSettings {
    int num_threads; /* greater than 0, or -1: the library's choice */
} TfLiteCpuSettings;

typedef enum CoreMLDelegateSettingsEnabledDevices {
    kDevicesAll = 0,
    kDevicesWithNeuralEngine = 1
} CoreMLDelegateSettingsEnabledDevices;

/* Core ML is not there: enabling it is an error. */
typedef struct TfLiteCoreMLDelegateSettings {
    bool enable_delegate;
    CoreMLDelegateSettingsEnabledDevices enabled_devices;
    int32_t coreml_version;
} TfLiteCoreMLDelegateSettings;

typedef enum TfLiteCoralSettingsPerformance {
    kPerformanceUndefined = 0,
    kPerformanceMaximum = 1,
    kPerformanceHigh = 2,
    kPerformanceMedium = 3,
    kPerformanceLow = 4
} TfLiteCoralSettingsPerformance;

/* Neither is Coral's Edge TPU. */
typedef struct TfLiteCoralSettings {
    bool enable_delegate;
    const char *device;
    TfLiteCoralSettingsPerformance performance;
    bool usb_always_dfu;
    int32_t usb_max_bulk_in_queue_length;
} TfLiteCoralSettings;

typedef struct TfLiteComputeSettings {
    TfLiteCpuSettings cpu_settings;
    TfLiteCoreMLDelegateSettings coreml_delegate_settings;
    TfLiteCoralSettings coral_delegate_settings;
} TfLiteComputeSettings;

typedef struct TfLiteExternalFile {
    const char *file_path;
} TfLiteExternalFile;

typedef struct TfLiteBaseOptions {
    TfLiteExternalFile model_file;
    TfLiteComputeSettings compute_settings;
} TfLiteBaseOptions;

#ifdef __cplusplus
}
#endif

#endif
