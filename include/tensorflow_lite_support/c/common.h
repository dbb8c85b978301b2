/* SPDX-License-Identifier: Apache-2.0 */
/* common.h: the errors of the Task Library of TensorFlow Lite, whose codes linnet/task uses, too.
 */
#ifndef TENSORFLOW_LITE_SUPPORT_C_COMMON_H_
#define TENSORFLOW_LITE_SUPPORT_C_COMMON_H_

#include "tensorflow/lite/core/c/c_api_types.h" /* TFL_CAPI_EXPORT */

#ifdef __cplusplus
extern "C" {
#endif

/* Why a call failed.  The numbers are those of the Task Library's TfLiteSupportStatus. */
enum TfLiteSupportErrorCode {
    kError = 1,                     /* not specified */
    kInvalidArgumentError = 2,      /* an argument or option that cannot be */
    kInvalidFlatBufferError = 3,    /* the file is no model */
    kUnsupportedBuiltinOpError = 4, /* the model has an operator that is not there */
    kUnsupportedCustomOpError = 5,  /* the same, for a custom operator */

    /* Files. */
    kFileNotFoundError = 100,
    kFilePermissionDeniedError,
    kFileReadError,
    kFileMmapError,

    /* Metadata. */
    kMetadataInvalidSchemaVersionError = 200,
    kMetadataAssociatedFileNotFoundError, /* a file that the metadata names is not packed */
    kMetadataAssociatedFileZipError,      /* the archive behind the model cannot be read */
    kMetadataInconsistencyError,          /* it does not fit the model */
    kMetadataInvalidProcessUnitsError,
    kMetadataNumLabelsMismatchError, /* label files of several languages differ in length */
    kMetadataMalformedScoreCalibrationError,
    kMetadataInvalidNumSubgraphsError,
    kMetadataMissingNormalizationOptionsError, /* a float image input needs them */
    kMetadataInvalidContentPropertiesError,
    kMetadataNotFoundError, /* the task needs metadata and there is none */
    kMetadataMissingLabelsError,
    kMetadataInvalidTokenizerError,

    /* Inputs of the model. */
    kInvalidNumInputTensorsError = 300,
    kInvalidInputTensorDimensionsError,
    kInvalidInputTensorTypeError,
    kInvalidInputTensorSizeError,
    kInputTensorNotFoundError,

    /* Outputs of the model. */
    kInvalidOutputTensorDimensionsError = 400,
    kInvalidOutputTensorTypeError,
    kOutputTensorNotFoundError,
    kInvalidNumOutputTensorsError,

    /* Images. */
    kImageProcessingError = 500,
    kImageProcessingInvalidArgumentError,
    kImageProcessingBackendError,

    kErrorCodeFirst = kError,
    kErrorCodeLast = kImageProcessingBackendError,

    /* What has no code of the Task Library: those of Abseil. */
    kNotFoundError = 900,
    kInternalError
};

/* What a call that failed gives, where it was asked for it. */
typedef struct TfLiteSupportError {
    enum TfLiteSupportErrorCode code;
    char *message;
} TfLiteSupportError;

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteSupportErrorDelete(TfLiteSupportError *error);

#ifdef __cplusplus
}
#endif

#endif
