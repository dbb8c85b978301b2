/* SPDX-License-Identifier: Apache-2.0 */
/* common.h: what operators and delegates are written against: tensors, nodes, the context they
 * live in, and the tables of functions that make up an operator or a delegate.
 *
 * Field order and sizes are those of TensorFlow Lite (LP64 and LP32), so a custom operator or a
 * delegate that was compiled against TensorFlow Lite works unchanged.  Code that should outlive
 * changes of these layouts uses c_api_opaque.h instead.
 *
 * Memory that crosses this interface (arrays, quantization, data of dynamic tensors) comes from
 * the C library's malloc and is freed by its free.  Nothing here locks: one context, and all that
 * hangs on it, belongs to one thread at a time. */
#ifndef TENSORFLOW_LITE_C_COMMON_H_
#define TENSORFLOW_LITE_C_COMMON_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- External contexts: state that several operators of one interpreter share ---- */

/* Slots for shared state; each slot has one owner by convention. */
typedef enum TfLiteExternalContextType {
    kTfLiteEigenContext = 0,        /* thread pool of operators written with Eigen */
    kTfLiteGemmLowpContext = 1,     /* state of gemmlowp */
    kTfLiteEdgeTpuContext = 2,      /* Edge TPU devices */
    kTfLiteCpuBackendContext = 3,   /* state of TensorFlow Lite's CPU operators; unused here */
    kTfLiteLiteRtBufferContext = 4, /* buffers that LiteRT registered */
    kTfLiteMaxExternalContexts = 5  /* number of slots */
} TfLiteExternalContextType;

struct TfLiteContext;
struct TfLiteDelegate;
struct TfLiteRegistration;
struct TfLiteOpaqueDelegateBuilder;

/* First part of every external context. */
typedef struct TfLiteExternalContext {
    /* The slot this context belongs to. */
    TfLiteExternalContextType type;
    /* Called when a setting such as the number of threads has changed; may be NULL. */
    TfLiteStatus (*Refresh)(struct TfLiteContext *context);
} TfLiteExternalContext;

/* ---- Arrays ---- */

/* Tensor index that stands for an optional input which is absent. */
#define kTfLiteOptionalTensor (-1)

/* The last member of a struct with a variable number of elements.  C++ has no standard spelling
 * for it, and Microsoft's compiler wants one element. */
#if defined(_MSC_VER)
#define TFLITE_FLEXIBLE_ARRAY_(type, name) type name[1]
#elif defined(__cplusplus)
#define TFLITE_FLEXIBLE_ARRAY_(type, name) __extension__ type name[]
#else
#define TFLITE_FLEXIBLE_ARRAY_(type, name) type name[]
#endif

#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc99-extensions"
#endif

/* `size` integers: shapes, lists of tensor or node indices. */
typedef struct TfLiteIntArray {
    /* Number of elements, never negative. */
    int size;
    /* The elements. */
    TFLITE_FLEXIBLE_ARRAY_(int, data);
} TfLiteIntArray;

/* `size` floats: scales of a per-channel quantization. */
typedef struct TfLiteFloatArray {
    /* Number of elements, never negative. */
    int size;
    /* The elements. */
    TFLITE_FLEXIBLE_ARRAY_(float, data);
} TfLiteFloatArray;

#if defined(__clang__) && defined(__cplusplus)
#pragma clang diagnostic pop
#endif

/* Bytes that an array of `size` integers takes, header included; 0 when `size` is negative or the
 * result does not fit. */
TFL_CAPI_EXPORT size_t TfLiteIntArrayGetSizeInBytes(int size);

/* Makes an array of `size` integers whose values are not set.  The caller frees it with
 * TfLiteIntArrayFree.  NULL when `size` is negative or memory is out. */
TFL_CAPI_EXPORT TfLiteIntArray *TfLiteIntArrayCreate(int size);

/* Returns 1 when both arrays have the same size and elements, or both are NULL; else 0. */
TFL_CAPI_EXPORT int TfLiteIntArrayEqual(const TfLiteIntArray *a, const TfLiteIntArray *b);

/* Returns 1 when `a` has `b_size` elements equal to `b_data`; a NULL `a` counts as empty. */
TFL_CAPI_EXPORT int TfLiteIntArrayEqualsArray(const TfLiteIntArray *a, int b_size,
                                              const int b_data[]);

/* Copies `src`.  The caller frees the copy with TfLiteIntArrayFree.  NULL when `src` is NULL or
 * memory is out. */
TFL_CAPI_EXPORT TfLiteIntArray *TfLiteIntArrayCopy(const TfLiteIntArray *src);

/* Frees `a`, which may be NULL. */
TFL_CAPI_EXPORT void TfLiteIntArrayFree(TfLiteIntArray *a);

/* Bytes that an array of `size` floats takes, header included; 0 when `size` is negative or the
 * result does not fit an int. */
TFL_CAPI_EXPORT int TfLiteFloatArrayGetSizeInBytes(int size);

/* Makes an array of `size` floats whose values are not set.  The caller frees it with
 * TfLiteFloatArrayFree.  NULL when `size` is negative or memory is out. */
TFL_CAPI_EXPORT TfLiteFloatArray *TfLiteFloatArrayCreate(int size);

/* Copies `src`.  The caller frees the copy with TfLiteFloatArrayFree.  NULL when `src` is NULL or
 * memory is out. */
TFL_CAPI_EXPORT TfLiteFloatArray *TfLiteFloatArrayCopy(const TfLiteFloatArray *src);

/* Frees `a`, which may be NULL. */
TFL_CAPI_EXPORT void TfLiteFloatArrayFree(TfLiteFloatArray *a);

/* ---- Checks for operators ----
 *
 * Each reports to the context and leaves the calling function, which must return TfLiteStatus.
 * A program that defines TF_LITE_STRIP_ERROR_STRINGS loses the messages and saves their bytes. */

/* TF_LITE_KERNEL_LOG(context, format, ...): reports an error; the format is printf's. */
/* TF_LITE_MAYBE_KERNEL_LOG: the same, and does nothing when the context is NULL. */
#ifndef TF_LITE_STRIP_ERROR_STRINGS
#define TF_LITE_KERNEL_LOG(context, ...)                \
    do {                                                \
        (context)->ReportError((context), __VA_ARGS__); \
    } while (0)
#define TF_LITE_MAYBE_KERNEL_LOG(context, ...)       \
    do {                                             \
        if ((context) != NULL)                       \
            TF_LITE_KERNEL_LOG(context, __VA_ARGS__); \
    } while (0)
#else
#define TF_LITE_KERNEL_LOG(context, ...) ((void)(context), (void)sizeof(#__VA_ARGS__))
#define TF_LITE_MAYBE_KERNEL_LOG(context, ...) ((void)(context), (void)sizeof(#__VA_ARGS__))
#endif

/* Returns kTfLiteError with the given message (a string literal and arguments) unless `value`. */
#define TF_LITE_ENSURE_MSG(context, value, ...)                      \
    do {                                                             \
        if (!(value)) {                                              \
            TF_LITE_KERNEL_LOG((context), __FILE__ " " __VA_ARGS__); \
            return kTfLiteError;                                     \
        }                                                            \
    } while (0)

/* Returns kTfLiteError unless `a`; the message names the file, the line and the expression. */
#define TF_LITE_ENSURE(context, a)                                                          \
    do {                                                                                    \
        if (!(a)) {                                                                         \
            TF_LITE_KERNEL_LOG((context), "%s:%d %s was not true.", __FILE__, __LINE__, #a); \
            return kTfLiteError;                                                            \
        }                                                                                   \
    } while (0)

/* Returns the status of the call `a` unless it is kTfLiteOk. */
#define TF_LITE_ENSURE_STATUS(a)                 \
    do {                                         \
        const TfLiteStatus tf_lite_status_ = (a); \
        if (tf_lite_status_ != kTfLiteOk)        \
            return tf_lite_status_;              \
    } while (0)

/* Returns kTfLiteError unless the integers `a` and `b` are equal.  Evaluates both twice. */
#define TF_LITE_ENSURE_EQ(context, a, b)                                                     \
    do {                                                                                     \
        if ((a) != (b)) {                                                                    \
            TF_LITE_KERNEL_LOG((context), "%s:%d %s != %s (%d != %d)", __FILE__, __LINE__,   \
                               #a, #b, (int)(a), (int)(b));                                  \
            return kTfLiteError;                                                             \
        }                                                                                    \
    } while (0)

/* Returns kTfLiteError unless the TfLiteTypes `a` and `b` are equal.  Evaluates both twice. */
#define TF_LITE_ENSURE_TYPES_EQ(context, a, b)                                               \
    do {                                                                                     \
        if ((a) != (b)) {                                                                    \
            TF_LITE_KERNEL_LOG((context), "%s:%d %s != %s (%s != %s)", __FILE__, __LINE__,   \
                               #a, #b, TfLiteTypeGetName(a), TfLiteTypeGetName(b));          \
            return kTfLiteError;                                                             \
        }                                                                                    \
    } while (0)

/* Returns kTfLiteError unless `a` and `b` differ by at most `epsilon`.  Evaluates both twice. */
#define TF_LITE_ENSURE_NEAR(context, a, b, epsilon)                                          \
    do {                                                                                     \
        const double tf_lite_delta_ = (double)(a) - (double)(b);                             \
        if (tf_lite_delta_ > (double)(epsilon) || -tf_lite_delta_ > (double)(epsilon)) {     \
            TF_LITE_KERNEL_LOG((context), "%s:%d %s not near %s (%f != %f)", __FILE__,       \
                               __LINE__, #a, #b, (double)(a), (double)(b));                  \
            return kTfLiteError;                                                             \
        }                                                                                    \
    } while (0)

/* TF_LITE_ENSURE_OK(context, status): returns the status of a call unless it is kTfLiteOk.
 * TF_LITE_ENSURE_OK(context, status, format, ...) also reports, with up to six arguments. */
#define TF_LITE_ENSURE_OK(context, ...)                                                       \
    TF_LITE_NINTH_(__VA_ARGS__, TF_LITE_OK_LOG_, TF_LITE_OK_LOG_, TF_LITE_OK_LOG_,            \
                   TF_LITE_OK_LOG_, TF_LITE_OK_LOG_, TF_LITE_OK_LOG_, TF_LITE_OK_LOG_,        \
                   TF_LITE_OK_, 0)                                                            \
    (context, __VA_ARGS__)
/* How TF_LITE_ENSURE_OK tells its two forms apart. */
#define TF_LITE_NINTH_(a, b, c, d, e, f, g, h, i, ...) i
/* The form without a message. */
#define TF_LITE_OK_(context, status) TF_LITE_ENSURE_STATUS(status)
/* The form with a message. */
#define TF_LITE_OK_LOG_(context, status, ...)               \
    do {                                                    \
        const TfLiteStatus tf_lite_status_ = (status);      \
        if (tf_lite_status_ != kTfLiteOk) {                 \
            TF_LITE_MAYBE_KERNEL_LOG(context, __VA_ARGS__); \
            return tf_lite_status_;                         \
        }                                                   \
    } while (0)

/* Tells the compiler that this place is never reached. */
#if defined(__GNUC__) || defined(__clang__)
#define TFL_UNREACHABLE() (__builtin_unreachable())
#elif defined(_MSC_VER)
#define TFL_UNREACHABLE() (__assume(0))
#else
#define TFL_UNREACHABLE() ((void)0)
#endif

/* ---- Element types that C lacks ---- */

/* kTfLiteComplex64: layout of C's float complex. */
typedef struct TfLiteComplex64 {
    float re, im; /* real and imaginary part */
} TfLiteComplex64;

/* kTfLiteComplex128: layout of C's double complex. */
typedef struct TfLiteComplex128 {
    double re, im; /* real and imaginary part */
} TfLiteComplex128;

/* kTfLiteFloat16: the bits of an IEEE 754 binary16. */
typedef struct TfLiteFloat16 {
    uint16_t data; /* 1 sign, 5 exponent, 10 mantissa bits */
} TfLiteFloat16;

/* kTfLiteBFloat16: the upper 16 bits of an IEEE 754 binary32. */
typedef struct TfLiteBFloat16 {
    uint16_t data; /* 1 sign, 8 exponent, 7 mantissa bits */
} TfLiteBFloat16;

/* Names a type for messages: "FLOAT32", "INT8", ...; "Unknown type" for a value that is none.
 * The string is static. */
TFL_CAPI_EXPORT const char *TfLiteTypeGetName(TfLiteType type);

/* ---- Quantization ---- */

/* Which struct TfLiteQuantization.params points to. */
#ifdef __cplusplus
typedef enum TfLiteQuantizationType : int {
#else
typedef enum TfLiteQuantizationType {
#endif
    kTfLiteNoQuantization = 0,        /* params is NULL */
    kTfLiteAffineQuantization = 1,    /* TfLiteAffineQuantization */
    kTfLiteBlockwiseQuantization = 2, /* TfLiteBlockwiseQuantization */
    kTfLiteMultiAxisQuantization = 3, /* TfLiteMultiAxisQuantization */
} TfLiteQuantizationType;

/* How stored values of a tensor become real ones. */
typedef struct TfLiteQuantization {
    /* Says what `params` is. */
    TfLiteQuantizationType type;
    /* From malloc; belongs to the tensor; freed by TfLiteQuantizationFree. */
    void *params;
} TfLiteQuantization;

/* real = scale[i] * (stored - zero_point[i]), with i the index along `quantized_dimension`, or 0
 * when the arrays have a single element. */
typedef struct TfLiteAffineQuantization {
    /* One scale, or one per index of the dimension. */
    TfLiteFloatArray *scale;
    /* As many zero points as scales. */
    TfLiteIntArray *zero_point;
    /* The dimension that the arrays run along. */
    int32_t quantized_dimension;
} TfLiteAffineQuantization;

/* One scale for every `blocksize` neighbors along `quantized_dimension`.  Scales and zero points
 * are tensors of the same subgraph. */
typedef struct TfLiteBlockwiseQuantization {
    /* Index of the tensor of scales. */
    int32_t scale;
    /* Index of the tensor of zero points; -1: all are 0. */
    int32_t zero_point;
    /* Elements per block. */
    int32_t blocksize;
    /* The dimension that is cut into blocks. */
    int32_t quantized_dimension;
} TfLiteBlockwiseQuantization;

/* Scales along several dimensions at once. */
typedef struct TfLiteMultiAxisQuantization {
    /* Index of the tensor of scales. */
    int32_t scales;
    /* Index of the tensor of zero points; -1: all are 0. */
    int32_t zero_points;
    /* Elements per block; 0: one scale per index. */
    int32_t blocksize;
    /* The dimensions that the scales run along; owned by this struct. */
    TfLiteIntArray *quantized_dimensions;
} TfLiteMultiAxisQuantization;

/* ---- Tensors ---- */

/* The data of a tensor, as a pointer to its element type.  All members are the same address. */
typedef union TfLitePtrUnion {
    int32_t *i32;           /* kTfLiteInt32 */
    uint32_t *u32;          /* kTfLiteUInt32 */
    int64_t *i64;           /* kTfLiteInt64 */
    uint64_t *u64;          /* kTfLiteUInt64 */
    float *f;               /* kTfLiteFloat32 */
    TfLiteFloat16 *f16;     /* kTfLiteFloat16 */
    TfLiteBFloat16 *bf16;   /* kTfLiteBFloat16 */
    double *f64;            /* kTfLiteFloat64 */
    char *raw;              /* bytes, kTfLiteString */
    const char *raw_const;  /* bytes of a constant */
    uint8_t *uint8;         /* kTfLiteUInt8 */
    bool *b;                /* kTfLiteBool */
    int16_t *i16;           /* kTfLiteInt16 */
    uint16_t *ui16;         /* kTfLiteUInt16 */
    TfLiteComplex64 *c64;   /* kTfLiteComplex64 */
    TfLiteComplex128 *c128; /* kTfLiteComplex128 */
    int8_t *int8;           /* kTfLiteInt8, and packed 4-bit and 2-bit types */
    void *data;             /* any type */
} TfLitePtrUnion;

/* Where the data of a tensor lives, and until when. */
typedef enum TfLiteAllocationType {
    kTfLiteMemNone = 0,           /* no data yet */
    kTfLiteMmapRo = 1,            /* constant: in the model's memory, read only */
    kTfLiteArenaRw = 2,           /* in the arena; others may use the bytes after its last use */
    kTfLiteArenaRwPersistent = 3, /* in the arena, keeps its value between runs */
    kTfLiteDynamic = 4,           /* from malloc; size known only while running */
    kTfLitePersistentRo = 5,      /* from malloc; computed in Prepare, constant afterwards */
    kTfLiteCustom = 6,            /* memory of the caller; see TfLiteCustomAllocation */
    kTfLiteVariantObject = 7,     /* a C++ object of some operator; see kTfLiteVariant */
    kTfLiteNonCpu = 8,            /* memory of a device that the CPU cannot read */
} TfLiteAllocationType;

/* What frees the data of a tensor. */
typedef enum TfLiteAllocationStrategy {
    kTfLiteAllocationStrategyUnknown = 0, /* not ours to free */
    kTfLiteAllocationStrategyNone = 1,    /* there is no data */
    kTfLiteAllocationStrategyMMap = 2,    /* the model */
    kTfLiteAllocationStrategyArena = 3,   /* the interpreter's arena */
    kTfLiteAllocationStrategyMalloc = 4,  /* free */
    kTfLiteAllocationStrategyNew = 5      /* delete, in C++ */
} TfLiteAllocationStrategy;

/* For how long something about a tensor stays as it is. */
typedef enum TfLiteRunStability {
    kTfLiteRunStabilityUnknown = 0,   /* no promise */
    kTfLiteRunStabilityUnstable = 1,  /* may change at any time */
    kTfLiteRunStabilitySingleRun = 2, /* constant during a run */
    kTfLiteRunStabilityAcrossRuns = 3 /* constant over all runs */
} TfLiteRunStability;

/* The first step of an operator's life at which something is known. */
typedef enum TfLiteRunStep {
    kTfLiteRunStepUnknown = 0, /* no promise */
    kTfLiteRunStepInit = 1,    /* when the graph is built */
    kTfLiteRunStepPrepare = 2, /* after Prepare */
    kTfLiteRunStepEval = 3     /* only while running */
} TfLiteRunStep;

/* A delegate's name for a buffer on its device: 0, 1, 2, ... as the delegate likes. */
typedef int TfLiteBufferHandle;

/* The handle that names no buffer. */
enum { kTfLiteNullBufferHandle = -1 };

/* One dimension of a sparse tensor. */
typedef struct TfLiteDimensionMetadata {
    /* Says which of the members below are used. */
    TfLiteDimensionType format;
    /* Size, when dense. */
    int dense_size;
    /* Where each segment of `array_indices` ends, when compressed. */
    TfLiteIntArray *array_segments;
    /* The indices that are present, when compressed. */
    TfLiteIntArray *array_indices;
} TfLiteDimensionMetadata;

/* How a sparse tensor is stored. */
typedef struct TfLiteSparsity {
    /* The order in which dimensions, then dimensions of blocks, are nested. */
    TfLiteIntArray *traversal_order;
    /* For each dimension of a block, the dimension of the tensor it cuts. */
    TfLiteIntArray *block_map;
    /* One entry per element of `traversal_order`. */
    TfLiteDimensionMetadata *dim_metadata;
    /* Number of entries in `dim_metadata`. */
    int dim_metadata_size;
} TfLiteSparsity;

/* Memory that the caller gives to a tensor.  It must be aligned to 64 bytes, unless the flag
 * below is set, and must live as long as the interpreter. */
typedef struct TfLiteCustomAllocation {
    /* The memory; stays the caller's. */
    void *data;
    /* Its size; at least what the tensor needs. */
    size_t bytes;
} TfLiteCustomAllocation;

/* Memory functions that an interpreter uses for the tensor data it owns.  The struct must outlive
 * every interpreter that was given it.  `alignment` is a power of two, in bytes. */
typedef struct TfLiteAllocator {
    /* Passed to each function. */
    void *data;
    /* Returns `bytes` bytes, or NULL. */
    void *(*allocate)(void *data, size_t bytes, size_t alignment);
    /* Moves a block to a new size and keeps its first bytes; NULL on failure, and then the old
     * block is still valid.  May itself be NULL: the runtime then allocates, copies and frees. */
    void *(*reallocate)(void *data, void *ptr, size_t old_bytes, size_t new_bytes,
                        size_t alignment);
    /* Frees a block of `bytes` bytes. */
    void (*deallocate)(void *data, void *ptr, size_t bytes, size_t alignment);
} TfLiteAllocator;

/* Bits that go with TfLiteCustomAllocation. */
typedef enum TfLiteCustomAllocationFlags {
    kTfLiteCustomAllocationFlagsNone = 0,
    /* Do not check the alignment.  Operators may then read and write unaligned. */
    kTfLiteCustomAllocationFlagsSkipAlignCheck = 1,
} TfLiteCustomAllocationFlags;

/* The buffer number of a tensor that has no buffer in the model. */
#define kTfLiteNoBufferIdentifier SIZE_MAX

/* A tensor: an n-dimensional array and all that is known about it.  Belongs to the context; an
 * operator changes only data, and shapes by way of ResizeTensor. */
struct TfLiteTensor {
    /* Element type. */
    TfLiteType type;
    /* The elements, last dimension fastest; NULL while there are none. */
    TfLitePtrUnion data;
    /* Shape; size 0 is a scalar.  Owned by the tensor. */
    TfLiteIntArray *dims;
    /* Scale and zero point when there is one pair for all; see `quantization`. */
    TfLiteQuantizationParams params;
    /* Where the data lives. */
    TfLiteAllocationType allocation_type;
    /* Size of the data: product of `dims` times the size of an element. */
    size_t bytes;
    /* Reserved for the runtime. */
    const void *allocation;
    /* Name from the model, or NULL; owned by the model. */
    const char *name;
    /* The delegate that `buffer_handle` belongs to, or NULL. */
    struct TfLiteDelegate *delegate;
    /* The delegate's buffer, or kTfLiteNullBufferHandle. */
    TfLiteBufferHandle buffer_handle;
    /* The buffer of the delegate is newer than `data`. */
    bool data_is_stale;
    /* The tensor keeps its value between runs. */
    bool is_variable;
    /* Quantization in full; owned by the tensor. */
    TfLiteQuantization quantization;
    /* How a sparse tensor is stored; NULL when dense.  Owned by the tensor. */
    TfLiteSparsity *sparsity;
    /* Shape as the model states it, -1 where a size is open; NULL or empty when all sizes are
     * fixed.  Owned by the tensor. */
    const TfLiteIntArray *dims_signature;
};

/* One use of an operator in the graph. */
typedef struct TfLiteNode {
    /* Tensor indices; kTfLiteOptionalTensor where an optional input is absent. */
    TfLiteIntArray *inputs;
    /* Tensor indices. */
    TfLiteIntArray *outputs;
    /* Tensors that hold only quantization of values inside the operator (LSTM). */
    TfLiteIntArray *intermediates;
    /* Scratch tensors; the operator may replace this array in Prepare. */
    TfLiteIntArray *temporaries;
    /* What the operator's init returned. */
    void *user_data;
    /* Parameters of a built-in operator; see builtin_op_data.h. */
    void *builtin_data;
    /* Options of a custom operator, as bytes from the model. */
    const void *custom_initial_data;
    /* Number of those bytes. */
    int custom_initial_data_size;
    /* The delegate that made this node, or NULL. */
    struct TfLiteDelegate *delegate;
    /* The node does more than write its outputs, so it is never left out or moved. */
    bool might_have_side_effect;
} TfLiteNode;

/* The part of a tensor that running an operator needs. */
typedef struct TfLiteEvalTensor {
    /* The elements. */
    TfLitePtrUnion data;
    /* Shape. */
    TfLiteIntArray *dims;
    /* Element type. */
    TfLiteType type;
} TfLiteEvalTensor;

/* Frees the data of `t` if it came from malloc (dynamic and persistent tensors), and sets the
 * pointer to NULL in any case.  `t` may be NULL.  A variant object stays with its operator. */
TFL_CAPI_EXPORT void TfLiteTensorDataFree(TfLiteTensor *t);

/* Like TfLiteTensorDataFree for data that came from `allocator`; NULL means malloc. */
TFL_CAPI_EXPORT void TfLiteTensorDataFreeWithAllocator(TfLiteTensor *t,
                                                       TfLiteAllocator *allocator);

/* Frees the parameters and sets the type to kTfLiteNoQuantization.  May be NULL. */
TFL_CAPI_EXPORT void TfLiteQuantizationFree(TfLiteQuantization *quantization);

/* Copies a quantization, arrays included; the caller frees the copy with TfLiteQuantizationFree.
 * The copy has type kTfLiteNoQuantization when `src` is NULL or memory is out. */
TFL_CAPI_EXPORT TfLiteQuantization TfLiteQuantizationClone(const TfLiteQuantization *src);

/* Frees a sparsity and all its arrays.  May be NULL. */
TFL_CAPI_EXPORT void TfLiteSparsityFree(TfLiteSparsity *sparsity);

/* Frees all that `t` owns: data, shape, quantization, sparsity; not the struct itself.  May be
 * NULL. */
TFL_CAPI_EXPORT void TfLiteTensorFree(TfLiteTensor *t);

/* Frees what `tensor` owns and sets it anew.  Takes over `dims`, which must come from
 * TfLiteIntArrayCreate; borrows `name`; takes over `buffer` only where the allocation type says
 * so.  `size` is in bytes. */
TFL_CAPI_EXPORT void TfLiteTensorReset(TfLiteType type, const char *name, TfLiteIntArray *dims,
                                       TfLiteQuantizationParams quantization, char *buffer,
                                       size_t size, TfLiteAllocationType allocation_type,
                                       const void *allocation, bool is_variable,
                                       TfLiteTensor *tensor);

/* Copies elements, type, shape and delegate state of `src` into `dst`, whose own memory is used.
 * kTfLiteError when the sizes in bytes differ, either has no data, or memory is out; kTfLiteOk
 * and nothing done when either is NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorCopy(const TfLiteTensor *src, TfLiteTensor *dst);

/* Copies `src` with all that it owns; data of the model, the arena or the caller stays shared.
 * The caller frees the copy with TfLiteTensorFree.  All zero when memory is out. */
TFL_CAPI_EXPORT TfLiteTensor TfLiteTensorClone(TfLiteTensor src);

/* Gives a dynamic or persistent tensor room for `num_bytes` bytes and sets `bytes`; other tensors
 * are left alone and kTfLiteOk is returned.  Old contents are kept when `preserve_data`.
 * kTfLiteError when `tensor` is NULL or memory is out; then an old block is kept if it was to be
 * preserved, and is gone otherwise. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorResizeMaybeCopy(size_t num_bytes, TfLiteTensor *tensor,
                                                         bool preserve_data);

/* Like TfLiteTensorResizeMaybeCopy with memory from `allocator`; NULL means malloc. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes,
                                                                      TfLiteTensor *tensor,
                                                                      bool preserve_data,
                                                                      TfLiteAllocator *allocator);

/* TfLiteTensorResizeMaybeCopy that keeps the contents. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorRealloc(size_t num_bytes, TfLiteTensor *tensor);

/* Like TfLiteTensorRealloc with memory from `allocator`; NULL means malloc. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorReallocWithAllocator(size_t num_bytes,
                                                              TfLiteTensor *tensor,
                                                              TfLiteAllocator *allocator);

/* The shape with -1 for open sizes: `dims_signature` if the model has one, else `dims`.  Borrowed
 * from the tensor. */
TFL_CAPI_EXPORT const TfLiteIntArray *TfLiteTensorGetDimsSignature(const TfLiteTensor *t);

/* ---- The context ---- */

/* What a delegate's kernel gets as `buffer` in init: the part of the graph it takes over.  Valid
 * during the call. */
typedef struct TfLiteDelegateParams {
    /* The delegate. */
    struct TfLiteDelegate *delegate;
    /* Nodes of this part, in execution order. */
    TfLiteIntArray *nodes_to_replace;
    /* Tensors that come in from outside, constants included. */
    TfLiteIntArray *input_tensors;
    /* Tensors that are used outside. */
    TfLiteIntArray *output_tensors;
} TfLiteDelegateParams;

/* The same for delegates made with TfLiteOpaqueDelegateCreate. */
typedef struct TfLiteOpaqueDelegateParams {
    /* The delegate. */
    TfLiteOpaqueDelegate *delegate;
    /* The `data` of its builder. */
    void *delegate_data;
    /* Nodes of this part, in execution order. */
    TfLiteIntArray *nodes_to_replace;
    /* Tensors that come in from outside, constants included. */
    TfLiteIntArray *input_tensors;
    /* Tensors that are used outside. */
    TfLiteIntArray *output_tensors;
} TfLiteOpaqueDelegateParams;

/* A subgraph as operators and delegates see it.  The runtime makes it and passes it to every
 * function of an operator or delegate.  Functions marked [delegate] may only be called from a
 * delegate's Prepare. */
typedef struct TfLiteContext {
    /* Number of elements of `tensors`. */
    size_t tensors_size;

    /* Gives the indices of all nodes in execution order.  The array belongs to the context and is
     * valid until the next call.  [delegate] */
    TfLiteStatus (*GetExecutionPlan)(struct TfLiteContext *context,
                                     TfLiteIntArray **execution_plan);

    /* All tensors of the subgraph.  May move when tensors are added. */
    TfLiteTensor *tensors;

    /* The runtime's own. */
    void *impl_;

    /* Sets the shape of a tensor and takes over `new_size`, on failure too.  Call it from Prepare,
     * or for a dynamic tensor from invoke. */
    TfLiteStatus (*ResizeTensor)(struct TfLiteContext *, TfLiteTensor *tensor,
                                 TfLiteIntArray *new_size);

    /* Reports an error; the format is printf's. */
    void (*ReportError)(struct TfLiteContext *, const char *msg, ...);

    /* Adds tensors at the end; *first_new_tensor_index, if not NULL, becomes the first new index.
     * Pointers into `tensors` become invalid. */
    TfLiteStatus (*AddTensors)(struct TfLiteContext *, int tensors_to_add,
                               int *first_new_tensor_index);

    /* Gives a node and its operator; both belong to the context.  [delegate] */
    TfLiteStatus (*GetNodeAndRegistration)(struct TfLiteContext *, int node_index,
                                           TfLiteNode **node,
                                           struct TfLiteRegistration **registration);

    /* Replaces the given nodes by as few nodes of `registration` as the order of execution allows.
     * The array stays the caller's.  [delegate] */
    TfLiteStatus (*ReplaceNodeSubsetsWithDelegateKernels)(struct TfLiteContext *,
                                                          struct TfLiteRegistration registration,
                                                          const TfLiteIntArray *nodes_to_replace,
                                                          struct TfLiteDelegate *delegate);

    /* Threads an operator should use; -1: no advice. */
    int recommended_num_threads;

    /* The external context in a slot, or NULL. */
    TfLiteExternalContext *(*GetExternalContext)(struct TfLiteContext *,
                                                 TfLiteExternalContextType);

    /* Puts an external context into a slot; it stays the caller's. */
    void (*SetExternalContext)(struct TfLiteContext *, TfLiteExternalContextType,
                               TfLiteExternalContext *);

    /* Operators may compute float32 in float16. */
    bool allow_fp32_relax_to_fp16;

    /* The profiler, or NULL; for the runtime and delegates. */
    void *profiler;

    /* Memory that lives as long as the interpreter; NULL when out of memory.  Call it from init
     * or Prepare. */
    void *(*AllocatePersistentBuffer)(struct TfLiteContext *ctx, size_t bytes);

    /* Memory that is gone after invoke.  Call it from invoke. */
    TfLiteStatus (*AllocateBufferForEval)(struct TfLiteContext *ctx, size_t bytes, void **ptr);

    /* Reserves scratch memory in the arena and gives its number.  Call it from Prepare. */
    TfLiteStatus (*RequestScratchBufferInArena)(struct TfLiteContext *ctx, size_t bytes,
                                                int *buffer_idx);

    /* The memory behind such a number.  Call it from invoke. */
    void *(*GetScratchBuffer)(struct TfLiteContext *ctx, int buffer_idx);

    /* ResizeTensor with a shape that stays the caller's: `dims` sizes in `shape`. */
    TfLiteStatus (*ResizeTensorExplicit)(struct TfLiteContext *ctx, TfLiteTensor *tensor, int dims,
                                         const int *shape);

    /* Shows how ReplaceNodeSubsetsWithDelegateKernels would cut the given nodes.  The array of
     * parts belongs to the context until the next call or the end of Prepare.  [delegate] */
    TfLiteStatus (*PreviewDelegatePartitioning)(struct TfLiteContext *context,
                                                const TfLiteIntArray *nodes_to_replace,
                                                TfLiteDelegateParams **partition_params_array,
                                                int *num_partitions);

    /* A tensor by index, or NULL. */
    TfLiteTensor *(*GetTensor)(const struct TfLiteContext *context, int tensor_idx);

    /* The running part of a tensor by index, or NULL. */
    TfLiteEvalTensor *(*GetEvalTensor)(const struct TfLiteContext *context, int tensor_idx);

    /* Gives a metadata buffer of the model by name; borrowed until the interpreter goes. */
    TfLiteStatus (*GetModelMetadata)(const struct TfLiteContext *context, const char *name,
                                     const char **ptr, size_t *bytes);

    /* Gives the context of another subgraph in the state that delegates see.  Pair it with
     * ReleaseSubgraphContext.  [delegate] */
    TfLiteStatus (*AcquireSubgraphContext)(struct TfLiteContext *context, int subgraph_index,
                                           struct TfLiteContext **acquired_context);

    /* Ends what AcquireSubgraphContext began.  [delegate] */
    TfLiteStatus (*ReleaseSubgraphContext)(struct TfLiteContext *context, int subgraph_index);

#if defined(_WIN32)
    /* The runtime's TfLiteIntArrayCreate: each DLL may have a heap of its own. */
    TfLiteIntArray *(*TfLiteIntArrayCreate)(int size);

    /* The runtime's TfLiteIntArrayFree. */
    void (*TfLiteIntArrayFree)(TfLiteIntArray *a);
#endif
} TfLiteContext;

/* ---- Operators ---- */

/* Bits of TfLiteRegistration.inplace_operator: which inputs may share memory with an output.  The
 * runtime decides whether they do; an output never needs more bytes than the input it shares. */
enum {
    /* No input may. */
    kTfLiteInplaceOpNone = 0,
    /* Output 0 has the same bytes as input 0 (RESHAPE), so the input stays usable. */
    kTfLiteInplaceOpDataUnmodified = 1,
    /* Input n may share with output n; without this bit, with output 0. */
    kTfLiteInplaceInputCanBeSharedWithCorrespondingOutput = 2,
    /* Input 0 may. */
    kTfLiteInplaceOpInput0Shared = 4,
    /* Input 1 may. */
    kTfLiteInplaceOpInput1Shared = 8,
    /* Input 2 may. */
    kTfLiteInplaceOpInput2Shared = 16,
};

/* A set of those bits. */
typedef uint64_t TfLiteInPlaceOp;

/* All 64 bits. */
#define kTfLiteInplaceOpMaxValue UINT64_MAX

/* Number of inputs that have a bit. */
enum { kTfLiteMaxSharableOpInputs = 3 };

/* An operator: functions that the runtime calls for each node.  The struct is copied where it is
 * registered; strings and functions must outlive the interpreter.  Any function may be NULL. */
typedef struct TfLiteRegistration {
    /* Called once per node.  Built-in: `buffer` is the TfLite*Params struct and `length` 0;
     * custom: the options from the model.  The result is kept as node->user_data.  A delegate's
     * kernel returns TfLiteKernelInitFailed() to report failure. */
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);

    /* Frees what init returned. */
    void (*free)(TfLiteContext *context, void *buffer);

    /* Called when shapes of inputs are new: checks them and resizes outputs. */
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);

    /* Computes the outputs. */
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);

    /* Names what a node does, for profiles; the string lives as long as the node. */
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);

    /* TfLiteBuiltinOperator; kTfLiteBuiltinCustom for a custom operator. */
    int32_t builtin_code;

    /* Name of a custom operator; NULL for a built-in one. */
    const char *custom_name;

    /* Version of the operator. */
    int version;

    /* The operator this one was made from, or NULL; then its functions are called instead. */
    TfLiteOperator *registration_external;

    /* Gives the asynchronous kernel of a delegate's node; NULL when there is none. */
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteContext *context, TfLiteNode *node);

    /* Which inputs may share memory with outputs; kTfLiteInplaceOp bits. */
    uint64_t inplace_operator;
} TfLiteRegistration;

/* TfLiteRegistration before `inplace_operator`; for resolvers compiled long ago. */
typedef struct TfLiteRegistration_V3 {
    /* As in TfLiteRegistration, each of them. */
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;
    const char *custom_name;
    int version;
    TfLiteOperator *registration_external;
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteContext *context, TfLiteNode *node);
} TfLiteRegistration_V3;

/* TfLiteRegistration before `async_kernel`. */
typedef struct TfLiteRegistration_V2 {
    /* As in TfLiteRegistration, each of them. */
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;
    const char *custom_name;
    int version;
    TfLiteOperator *registration_external;
} TfLiteRegistration_V2;

/* TfLiteRegistration before `registration_external`. */
typedef struct TfLiteRegistration_V1 {
    /* As in TfLiteRegistration, each of them. */
    void *(*init)(TfLiteContext *context, const char *buffer, size_t length);
    void (*free)(TfLiteContext *context, void *buffer);
    TfLiteStatus (*prepare)(TfLiteContext *context, TfLiteNode *node);
    TfLiteStatus (*invoke)(TfLiteContext *context, TfLiteNode *node);
    const char *(*profiling_string)(const TfLiteContext *context, const TfLiteNode *node);
    int32_t builtin_code;
    const char *custom_name;
    int version;
} TfLiteRegistration_V1;

/* ---- Delegates ---- */

/* Bits of TfLiteDelegate.flags. */
typedef enum TfLiteDelegateFlags {
    kTfLiteDelegateFlagsNone = 0,
    /* The delegate copes with tensors whose size is known only while running. */
    kTfLiteDelegateFlagsAllowDynamicTensors = 1,
    /* Shapes are worked out by the original operators before the delegate's prepare is called
     * again; needs the bit above. */
    kTfLiteDelegateFlagsRequirePropagatedShapes = 2,
    /* The delegate reports its operators to the profiler one by one. */
    kTfLiteDelegateFlagsPerOperatorProfiling = 4,
    /* A promise that one part will cover the whole graph, so that the runtime can save memory. */
    kTfLiteDelegateFlagsHintFullyDelegatedToSingleDelegate = 8,
} TfLiteDelegateFlags;

/* A delegate: runs parts of a graph in its own way.  Belongs to the caller and must outlive every
 * interpreter that uses it. */
struct TfLiteDelegate {
    /* The delegate's own. */
    void *data_;

    /* Looks at the graph and claims nodes by ReplaceNodeSubsetsWithDelegateKernels. */
    TfLiteStatus (*Prepare)(TfLiteContext *context, struct TfLiteDelegate *delegate);

    /* Copies a buffer of the delegate into `tensor`.  NULL when it has no buffers. */
    TfLiteStatus (*CopyFromBufferHandle)(TfLiteContext *context, struct TfLiteDelegate *delegate,
                                         TfLiteBufferHandle buffer_handle, TfLiteTensor *tensor);

    /* Copies `tensor` into a buffer of the delegate.  NULL when it has no buffers. */
    TfLiteStatus (*CopyToBufferHandle)(TfLiteContext *context, struct TfLiteDelegate *delegate,
                                       TfLiteBufferHandle buffer_handle, TfLiteTensor *tensor);

    /* Forgets a handle; memory behind it is the delegate's or the caller's affair.  NULL when it
     * has no buffers. */
    void (*FreeBufferHandle)(TfLiteContext *context, struct TfLiteDelegate *delegate,
                             TfLiteBufferHandle *handle);

    /* TfLiteDelegateFlags. */
    int64_t flags;

    /* Where Prepare is NULL, its functions are used instead of those above. */
    struct TfLiteOpaqueDelegateBuilder *opaque_delegate_builder;
};

/* Returns a delegate with all fields 0 or NULL, to be filled in. */
TFL_CAPI_EXPORT TfLiteDelegate TfLiteDelegateCreate(void);

/* What TfLiteOpaqueDelegateCreate makes a delegate from.  Initialize it with braces, so that
 * fields of later versions are 0.  Functions as in TfLiteDelegate; each also gets `data`. */
typedef struct TfLiteOpaqueDelegateBuilder {
    /* The delegate's own; stays the caller's. */
    void *data;

    /* Looks at the graph and claims nodes. */
    TfLiteStatus (*Prepare)(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate,
                            void *data);

    /* Copies a buffer of the delegate into `tensor`; may be NULL. */
    TfLiteStatus (*CopyFromBufferHandle)(TfLiteOpaqueContext *context,
                                         TfLiteOpaqueDelegate *delegate, void *data,
                                         TfLiteBufferHandle buffer_handle,
                                         TfLiteOpaqueTensor *tensor);

    /* Copies `tensor` into a buffer of the delegate; may be NULL. */
    TfLiteStatus (*CopyToBufferHandle)(TfLiteOpaqueContext *context,
                                       TfLiteOpaqueDelegate *delegate, void *data,
                                       TfLiteBufferHandle buffer_handle,
                                       TfLiteOpaqueTensor *tensor);

    /* Forgets a handle; may be NULL. */
    void (*FreeBufferHandle)(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate,
                             void *data, TfLiteBufferHandle *handle);

    /* TfLiteDelegateFlags. */
    int64_t flags;
} TfLiteOpaqueDelegateBuilder;

/* Makes a delegate from a copy of the builder.  The caller frees it with
 * TfLiteOpaqueDelegateDelete after the interpreters that use it.  NULL when the argument is NULL
 * or memory is out. */
TFL_CAPI_EXPORT TfLiteOpaqueDelegate *TfLiteOpaqueDelegateCreate(
    const TfLiteOpaqueDelegateBuilder *opaque_delegate_builder);

/* Frees a delegate made by TfLiteOpaqueDelegateCreate; may be NULL.  The builder's `data` stays
 * the caller's. */
TFL_CAPI_EXPORT void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate *delegate);

/* Returns the `data` of the delegate's builder, or for another kind of delegate its `data_`; NULL
 * when `delegate` is NULL. */
TFL_CAPI_EXPORT void *TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate *delegate);

/* ---- What may be assumed about a tensor ---- */

/* What frees the data of `t`. */
TFL_CAPI_EXPORT TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor *t);

/* For how long the address of the data stays the same. */
TFL_CAPI_EXPORT TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor *t);

/* For how long the values stay the same. */
TFL_CAPI_EXPORT TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor *t);

/* The first step at which the values are there. */
TFL_CAPI_EXPORT TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor *t);

/* The first step at which the shape is known. */
TFL_CAPI_EXPORT TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor *t);

/* What a delegate kernel's init returns to say that it failed.  Not a valid address. */
TFL_CAPI_EXPORT void *TfLiteKernelInitFailed(void);

#ifdef __cplusplus
} /* extern "C" */

/* TfLiteQuantizationClone in TensorFlow Lite's C++ spelling. */
inline TfLiteQuantization TfLiteQuantizationClone(const TfLiteQuantization &src)
{
    return TfLiteQuantizationClone(&src);
}
#endif

#endif
