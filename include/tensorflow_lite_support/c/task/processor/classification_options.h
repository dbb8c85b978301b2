/* SPDX-License-Identifier: Apache-2.0 */
/* classification_options.h: which classes a task of the Task Library gives. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_CLASSIFICATION_OPTIONS_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_CLASSIFICATION_OPTIONS_H_

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteStringArrayOption {
    int length;
    char **list;
} TfLiteStringArrayOption;

/* At most one of the lists may have labels in it. */
typedef struct TfLiteClassificationOptions {
    TfLiteStringArrayOption label_denylist;  /* classes that are left out */
    TfLiteStringArrayOption label_allowlist; /* the only ones that are not */
    char *display_names_local;               /* the locale of display names; NULL: "en" */
    int max_results;                         /* less than 0: all; 0 is an error */
    float score_threshold;                   /* takes the place of the one in the metadata */
} TfLiteClassificationOptions;

#ifdef __cplusplus
}
#endif

#endif
