/* SPDX-License-Identifier: Apache-2.0 */
/* common.h: error codes and the error object of the C API of TensorFlow Lite's Task Library. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_COMMON_H_
#define TENSORFLOW_LITE_SUPPORT_C_COMMON_H_

#include "tensorflow/lite/core/c/c_api_types.h"

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
    kErrorCodeLast = kImageProcessingBackendError
};

/* An error that a function of this API gave through its last argument; to be deleted by
 * TfLiteSupportErrorDelete. */
typedef struct TfLiteSupportError {
    enum TfLiteSupportErrorCode code;
    char *message;
} TfLiteSupportError;

/* Deletes an error; NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteSupportErrorDelete(TfLiteSupportError *error);

#ifdef __cplusplus
}
#endif

#endif
