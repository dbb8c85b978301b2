/* SPDX-License-Identifier: Apache-2.0 */
/* tensorflow.h: what of TensorFlow's C API the plug-in uses, found in a shared library when it is
 * loaded.  The names, parameters and numbers are those of tensorflow/c/c_api.h, tf_tensor.h,
 * tf_tstring.h and eager/c_api.h. */
#ifndef LN_FLEX_TENSORFLOW_H
#define LN_FLEX_TENSORFLOW_H

#include "base/compiler.h"

typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TFE_Context TFE_Context;
typedef struct TFE_ContextOptions TFE_ContextOptions;
typedef struct TFE_TensorHandle TFE_TensorHandle;
typedef struct TFE_Op TFE_Op;
/* A text in a tensor: 24 bytes on systems of 64 bits. */
typedef struct TF_TString {
    uint64_t parts[3];
} TF_TString;

enum { TF_OK = 0, TF_STRING = 7, TF_RESOURCE = 20, TF_VARIANT = 21 };

/* FUNCTION(result, name, parameters) */
#define LN_TENSORFLOW_FUNCTIONS(FUNCTION)                                                         \
    FUNCTION(TF_Status *, TF_NewStatus, (void))                                                   \
    FUNCTION(void, TF_DeleteStatus, (TF_Status *))                                                \
    FUNCTION(int, TF_GetCode, (const TF_Status *))                                                \
    FUNCTION(const char *, TF_Message, (const TF_Status *))                                       \
    FUNCTION(TF_Tensor *, TF_NewTensor, (int type, const int64_t *dims, int rank, void *data,     \
                                         size_t n, void (*release)(void *, size_t, void *),       \
                                         void *user))                                             \
    FUNCTION(void, TF_DeleteTensor, (TF_Tensor *))                                                \
    FUNCTION(int, TF_TensorType, (const TF_Tensor *))                                             \
    FUNCTION(int, TF_NumDims, (const TF_Tensor *))                                                \
    FUNCTION(int64_t, TF_Dim, (const TF_Tensor *, int i))                                         \
    FUNCTION(size_t, TF_TensorByteSize, (const TF_Tensor *))                                      \
    FUNCTION(void *, TF_TensorData, (const TF_Tensor *))                                          \
    FUNCTION(void, TF_StringInit, (TF_TString *))                                                 \
    FUNCTION(void, TF_StringCopy, (TF_TString *, const char *text, size_t n))                     \
    FUNCTION(const char *, TF_StringGetDataPointer, (const TF_TString *))                         \
    FUNCTION(size_t, TF_StringGetSize, (const TF_TString *))                                      \
    FUNCTION(void, TF_StringDealloc, (TF_TString *))                                              \
    FUNCTION(TFE_ContextOptions *, TFE_NewContextOptions, (void))                                 \
    FUNCTION(void, TFE_DeleteContextOptions, (TFE_ContextOptions *))                              \
    FUNCTION(TFE_Context *, TFE_NewContext, (const TFE_ContextOptions *, TF_Status *))            \
    FUNCTION(void, TFE_DeleteContext, (TFE_Context *))                                            \
    FUNCTION(TFE_TensorHandle *, TFE_NewTensorHandle, (const TF_Tensor *, TF_Status *))           \
    FUNCTION(void, TFE_DeleteTensorHandle, (TFE_TensorHandle *))                                  \
    FUNCTION(TF_Tensor *, TFE_TensorHandleResolve, (TFE_TensorHandle *, TF_Status *))             \
    FUNCTION(TFE_Op *, TFE_NewOp, (TFE_Context *, const char *name, TF_Status *))                 \
    FUNCTION(void, TFE_DeleteOp, (TFE_Op *))                                                      \
    FUNCTION(void, TFE_OpAddInput, (TFE_Op *, TFE_TensorHandle *, TF_Status *))                   \
    FUNCTION(void, TFE_OpSetAttrValueProto, (const TFE_Op *, const char *name, const void *value, \
                                             size_t n, TF_Status *))                              \
    FUNCTION(void, TFE_Execute, (TFE_Op *, TFE_TensorHandle **results, int *n, TF_Status *))

typedef struct ln_tensorflow {
#define FUNCTION(result, name, parameters) result(*name) parameters;
    LN_TENSORFLOW_FUNCTIONS(FUNCTION)
#undef FUNCTION
} ln_tensorflow;

/* Loads TensorFlow from `path`, or, where that is NULL, from what LINNET_TENSORFLOW names, or by
 * its usual names; it stays in the process.  False with a message for people. */
bool ln_tensorflow_load(const char *path, ln_tensorflow *tf, char *message, size_t n);

#endif
