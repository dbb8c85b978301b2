/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_types.h: the types that every other header of the C API is built from: status codes,
 * element types, per-tensor quantization, and the names of the opaque objects.
 *
 * Names, values and layouts are those of TensorFlow Lite and never change, so a program that was
 * compiled against TensorFlow Lite's header links and runs with this library.  Enumerators are
 * only ever added at the end. */
#ifndef TENSORFLOW_LITE_C_C_API_TYPES_H_
#define TENSORFLOW_LITE_C_C_API_TYPES_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what a shared library exports.  A program needs to define nothing.  On Windows the build
 * of the library defines TFL_COMPILE_LIBRARY; whoever links the static library defines
 * TFL_STATIC_LIBRARY_BUILD. */
#if defined(TFL_STATIC_LIBRARY_BUILD) || defined(SWIG)
#define TFL_CAPI_EXPORT
#elif defined(_WIN32)
#ifdef TFL_COMPILE_LIBRARY
#define TFL_CAPI_EXPORT __declspec(dllexport)
#else
#define TFL_CAPI_EXPORT __declspec(dllimport)
#endif
#elif defined(__GNUC__) || defined(__clang__)
#define TFL_CAPI_EXPORT __attribute__((visibility("default")))
#else
#define TFL_CAPI_EXPORT
#endif

/* The result of every call that can fail.  More values may appear in later versions: test for
 * kTfLiteOk and treat everything else as failure. */
typedef enum TfLiteStatus {
    /* The call did what it says. */
    kTfLiteOk = 0,
    /* The runtime failed: a bad argument, a malformed model, no memory.  The error reporter has
     * the details. */
    kTfLiteError = 1,
    /* A delegate failed.  The graph may still run on the CPU; see the call that returned this. */
    kTfLiteDelegateError = 2,
    /* A delegate cannot be applied to this graph in its present state, for example because the
     * graph has become immutable. */
    kTfLiteApplicationError = 3,
    /* A delegate found no cached data of its own: normal on a first run. */
    kTfLiteDelegateDataNotFound = 4,
    /* A delegate could not write its cache. */
    kTfLiteDelegateDataWriteError = 5,
    /* A delegate could not read its cache, or the cache does not fit this model. */
    kTfLiteDelegateDataReadError = 6,
    /* The model uses an operator, or a version of one, that the resolver does not know. */
    kTfLiteUnresolvedOps = 7,
    /* The run was stopped by TfLiteInterpreterCancel or TfLiteSignatureRunnerCancel. */
    kTfLiteCancelled = 8,
    /* An operator's Prepare knows how many elements its output has, but not their shape yet. */
    kTfLiteOutputShapeNotKnown = 9,
} TfLiteStatus;

/* Element types of a tensor.  The file format numbers them differently; see the schema. */
typedef enum TfLiteType {
    kTfLiteNoType = 0,     /* not set */
    kTfLiteFloat32 = 1,    /* IEEE 754 binary32 */
    kTfLiteInt32 = 2,      /* two's complement, 4 bytes */
    kTfLiteUInt8 = 3,      /* 1 byte */
    kTfLiteInt64 = 4,      /* two's complement, 8 bytes */
    kTfLiteString = 5,     /* packed strings: count, offsets, characters */
    kTfLiteBool = 6,       /* 1 byte, 0 or 1 */
    kTfLiteInt16 = 7,      /* two's complement, 2 bytes */
    kTfLiteComplex64 = 8,  /* two binary32: real, imaginary */
    kTfLiteInt8 = 9,       /* two's complement, 1 byte */
    kTfLiteFloat16 = 10,   /* IEEE 754 binary16 */
    kTfLiteFloat64 = 11,   /* IEEE 754 binary64 */
    kTfLiteComplex128 = 12, /* two binary64: real, imaginary */
    kTfLiteUInt64 = 13,    /* 8 bytes */
    kTfLiteResource = 14,  /* handle of a variable or table, not data */
    kTfLiteVariant = 15,   /* an object whose type only its operators know */
    kTfLiteUInt32 = 16,    /* 4 bytes */
    kTfLiteUInt16 = 17,    /* 2 bytes */
    kTfLiteInt4 = 18,      /* two per byte, the lower half first */
    kTfLiteBFloat16 = 19,  /* upper half of a binary32 */
    kTfLiteInt2 = 20,      /* four per byte, the lowest bits first */
    kTfLiteUInt4 = 21,     /* two per byte, the lower half first */
    kTfLiteFloat8E4M3FN = 22, /* 1 byte: 4 exponent bits, 3 mantissa bits, no infinity */
    kTfLiteFloat8E5M2 = 23,   /* 1 byte: 5 exponent bits, 2 mantissa bits */
} TfLiteType;

/* Quantization of a whole tensor by one pair: real = scale * (stored - zero_point).  A scale of 0
 * means that the tensor is not quantized, or not by a single pair. */
typedef struct TfLiteQuantizationParams {
    /* Distance of two neighboring values; positive, or 0 for "none". */
    float scale;
    /* The stored value that means 0. */
    int32_t zero_point;
} TfLiteQuantizationParams;

/* How one dimension of a sparse tensor is stored. */
typedef enum TfLiteDimensionType {
    /* Every index is present. */
    kTfLiteDimDense = 0,
    /* Compressed rows: segment ends and the indices that are present. */
    kTfLiteDimSparseCSR = 1,
} TfLiteDimensionType;

/* What an operator sees of the graph: TfLiteContext without its layout. */
typedef struct TfLiteOpaqueContext TfLiteOpaqueContext;

/* One use of an operator: TfLiteNode without its layout. */
typedef struct TfLiteOpaqueNode TfLiteOpaqueNode;

/* A tensor: TfLiteTensor without its layout. */
typedef struct TfLiteOpaqueTensor TfLiteOpaqueTensor;

/* A tensor.  Its layout is in common.h; most programs get along with the functions of c_api.h. */
typedef struct TfLiteTensor TfLiteTensor;

/* An operator without a visible layout; see operator.h. */
typedef struct TfLiteOperator TfLiteOperator;

/* Its old name. */
typedef TfLiteOperator TfLiteRegistrationExternal;

/* A delegate's kernel that runs asynchronously. */
typedef struct TfLiteAsyncKernel TfLiteAsyncKernel;

/* A delegate, which takes over parts of a graph.  Its layout is in common.h. */
typedef struct TfLiteDelegate TfLiteDelegate;

/* A delegate whose layout is hidden in every configuration. */
typedef struct TfLiteOpaqueDelegateStruct TfLiteOpaqueDelegateStruct;

/* The delegate type that functions take.  It is TfLiteDelegate itself unless the program asks for
 * the hidden layout by defining TFLITE_WITH_STABLE_ABI or TFLITE_USE_OPAQUE_DELEGATE to 1. */
#if (defined(TFLITE_WITH_STABLE_ABI) && TFLITE_WITH_STABLE_ABI) || \
    (defined(TFLITE_USE_OPAQUE_DELEGATE) && TFLITE_USE_OPAQUE_DELEGATE)
typedef TfLiteOpaqueDelegateStruct TfLiteOpaqueDelegate;
#else
typedef TfLiteDelegate TfLiteOpaqueDelegate;
#endif

#ifdef __cplusplus
}
#endif

#endif
