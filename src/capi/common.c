/* SPDX-License-Identifier: Apache-2.0 */
/* common.c: the functions of tensorflow/lite/c/common.h: arrays, quantization, the memory of
 * tensors, and delegates without behavior.
 *
 * This file calls malloc and free itself, as no other outside base/ does: by the interface's
 * contract callers free what they get here with the C library's free, and hand over memory of
 * their own malloc. */
#include "tensorflow/lite/c/common.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* Vector loads may read up to this many bytes behind the elements of a tensor. */
enum { TAIL_BYTES = 16, TENSOR_ALIGNMENT = 64 };

/* ---- Arrays ---- */

/* Bytes of an array whose header has `header` bytes; 0 when `size` is negative or it overflows. */
static size_t array_bytes(size_t header, int size, size_t element)
{
    size_t bytes = 0;

    if (size < 0 || !ln_mul_size((size_t)size, element, &bytes) ||
        !ln_add_size(bytes, header, &bytes))
        return 0;
    return bytes;
}

size_t TfLiteIntArrayGetSizeInBytes(int size)
{
    return array_bytes(offsetof(TfLiteIntArray, data), size, sizeof(int));
}

TfLiteIntArray *TfLiteIntArrayCreate(int size)
{
    const size_t bytes = TfLiteIntArrayGetSizeInBytes(size);
    TfLiteIntArray *a = bytes > 0 ? malloc(bytes) : NULL;

    if (a)
        a->size = size;
    return a;
}

int TfLiteIntArrayEqualsArray(const TfLiteIntArray *a, int b_size, const int b_data[])
{
    if (!a)
        return b_size == 0;
    if (a->size != b_size)
        return 0;
    return b_size <= 0 || memcmp(a->data, b_data, (size_t)b_size * sizeof(int)) == 0;
}

int TfLiteIntArrayEqual(const TfLiteIntArray *a, const TfLiteIntArray *b)
{
    if (a == b)
        return 1;
    return a && b && TfLiteIntArrayEqualsArray(a, b->size, b->data);
}

TfLiteIntArray *TfLiteIntArrayCopy(const TfLiteIntArray *src)
{
    TfLiteIntArray *a = src ? TfLiteIntArrayCreate(src->size) : NULL;

    if (a && src->size > 0)
        memcpy(a->data, src->data, (size_t)src->size * sizeof(int));
    return a;
}

void TfLiteIntArrayFree(TfLiteIntArray *a)
{
    free(a);
}

int TfLiteFloatArrayGetSizeInBytes(int size)
{
    const size_t bytes = array_bytes(offsetof(TfLiteFloatArray, data), size, sizeof(float));

    return bytes <= INT_MAX ? (int)bytes : 0;
}

TfLiteFloatArray *TfLiteFloatArrayCreate(int size)
{
    const size_t bytes = array_bytes(offsetof(TfLiteFloatArray, data), size, sizeof(float));
    TfLiteFloatArray *a = bytes > 0 ? malloc(bytes) : NULL;

    if (a)
        a->size = size;
    return a;
}

TfLiteFloatArray *TfLiteFloatArrayCopy(const TfLiteFloatArray *src)
{
    TfLiteFloatArray *a = src ? TfLiteFloatArrayCreate(src->size) : NULL;

    if (a && src->size > 0)
        memcpy(a->data, src->data, (size_t)src->size * sizeof(float));
    return a;
}

void TfLiteFloatArrayFree(TfLiteFloatArray *a)
{
    free(a);
}

/* Copies `src` to *dst; false only when memory is out. */
static bool copy_ints(const TfLiteIntArray *src, TfLiteIntArray **dst)
{
    *dst = TfLiteIntArrayCopy(src);
    return *dst || !src;
}

/* ---- Types ---- */

const char *TfLiteTypeGetName(TfLiteType type)
{
    static const char *const names[] = {
        [kTfLiteNoType] = "NOTYPE",
        [kTfLiteFloat32] = "FLOAT32",
        [kTfLiteInt32] = "INT32",
        [kTfLiteUInt8] = "UINT8",
        [kTfLiteInt64] = "INT64",
        [kTfLiteString] = "STRING",
        [kTfLiteBool] = "BOOL",
        [kTfLiteInt16] = "INT16",
        [kTfLiteComplex64] = "COMPLEX64",
        [kTfLiteInt8] = "INT8",
        [kTfLiteFloat16] = "FLOAT16",
        [kTfLiteFloat64] = "FLOAT64",
        [kTfLiteComplex128] = "COMPLEX128",
        [kTfLiteUInt64] = "UINT64",
        [kTfLiteResource] = "RESOURCE",
        [kTfLiteVariant] = "VARIANT",
        [kTfLiteUInt32] = "UINT32",
        [kTfLiteUInt16] = "UINT16",
        [kTfLiteInt4] = "INT4",
        [kTfLiteBFloat16] = "BFLOAT16",
        [kTfLiteInt2] = "INT2",
        [kTfLiteUInt4] = "UINT4",
        [kTfLiteFloat8E4M3FN] = "FLOAT8E4M3FN",
        [kTfLiteFloat8E5M2] = "FLOAT8E5M2",
    };
    const unsigned i = (unsigned)type;

    return i < sizeof(names) / sizeof(names[0]) ? names[i] : "Unknown type";
}

/* ---- Quantization and sparsity ---- */

void TfLiteQuantizationFree(TfLiteQuantization *quantization)
{
    if (!quantization)
        return;
    if (quantization->type == kTfLiteAffineQuantization && quantization->params) {
        TfLiteAffineQuantization *q = quantization->params;
        TfLiteFloatArrayFree(q->scale);
        TfLiteIntArrayFree(q->zero_point);
    } else if (quantization->type == kTfLiteMultiAxisQuantization && quantization->params) {
        TfLiteMultiAxisQuantization *q = quantization->params;
        TfLiteIntArrayFree(q->quantized_dimensions);
    }
    if (quantization->type != kTfLiteNoQuantization)
        free(quantization->params);
    quantization->params = NULL;
    quantization->type = kTfLiteNoQuantization;
}

/* A copy of `n` bytes from malloc, NULL when memory is out. */
static void *copy_bytes(const void *src, size_t n)
{
    void *p = malloc(n > 0 ? n : 1);

    if (p && n > 0)
        memcpy(p, src, n);
    return p;
}

static TfLiteAffineQuantization *clone_affine(const TfLiteAffineQuantization *src)
{
    TfLiteAffineQuantization *q = copy_bytes(src, sizeof(*src));

    if (!q)
        return NULL;
    q->scale = TfLiteFloatArrayCopy(src->scale);
    if (!copy_ints(src->zero_point, &q->zero_point) || (src->scale && !q->scale)) {
        TfLiteFloatArrayFree(q->scale);
        TfLiteIntArrayFree(q->zero_point);
        free(q);
        return NULL;
    }
    return q;
}

static TfLiteMultiAxisQuantization *clone_multi_axis(const TfLiteMultiAxisQuantization *src)
{
    TfLiteMultiAxisQuantization *q = copy_bytes(src, sizeof(*src));

    if (q && !copy_ints(src->quantized_dimensions, &q->quantized_dimensions)) {
        free(q);
        return NULL;
    }
    return q;
}

TfLiteQuantization TfLiteQuantizationClone(const TfLiteQuantization *src)
{
    TfLiteQuantization dst = {kTfLiteNoQuantization, NULL};

    if (!src || !src->params)
        return dst;
    switch (src->type) {
    case kTfLiteNoQuantization:
        return dst;
    case kTfLiteAffineQuantization:
        dst.params = clone_affine(src->params);
        break;
    case kTfLiteBlockwiseQuantization:
        dst.params = copy_bytes(src->params, sizeof(TfLiteBlockwiseQuantization));
        break;
    case kTfLiteMultiAxisQuantization:
        dst.params = clone_multi_axis(src->params);
        break;
    }
    if (dst.params)
        dst.type = src->type;
    return dst;
}

void TfLiteSparsityFree(TfLiteSparsity *sparsity)
{
    if (!sparsity)
        return;
    TfLiteIntArrayFree(sparsity->traversal_order);
    TfLiteIntArrayFree(sparsity->block_map);
    for (int i = 0; sparsity->dim_metadata && i < sparsity->dim_metadata_size; i++) {
        TfLiteIntArrayFree(sparsity->dim_metadata[i].array_segments);
        TfLiteIntArrayFree(sparsity->dim_metadata[i].array_indices);
    }
    free(sparsity->dim_metadata);
    free(sparsity);
}

/* A copy with all arrays; NULL when memory is out. */
static TfLiteSparsity *clone_sparsity(const TfLiteSparsity *src)
{
    TfLiteSparsity *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    if (!copy_ints(src->traversal_order, &s->traversal_order) ||
        !copy_ints(src->block_map, &s->block_map))
        goto fail;
    if (src->dim_metadata && src->dim_metadata_size > 0) {
        s->dim_metadata = calloc((size_t)src->dim_metadata_size, sizeof(*s->dim_metadata));
        if (!s->dim_metadata)
            goto fail;
        s->dim_metadata_size = src->dim_metadata_size;
    }
    for (int i = 0; i < s->dim_metadata_size; i++) {
        const TfLiteDimensionMetadata *from = &src->dim_metadata[i];
        TfLiteDimensionMetadata *to = &s->dim_metadata[i];
        to->format = from->format;
        to->dense_size = from->dense_size;
        if (!copy_ints(from->array_segments, &to->array_segments) ||
            !copy_ints(from->array_indices, &to->array_indices))
            goto fail;
    }
    return s;
fail:
    TfLiteSparsityFree(s);
    return NULL;
}

/* ---- Memory of tensors ---- */

/* The data comes from malloc (or an allocator) and belongs to the tensor. */
static bool owns_data(const TfLiteTensor *t)
{
    return t->allocation_type == kTfLiteDynamic || t->allocation_type == kTfLitePersistentRo;
}

/* The block behind `bytes` bytes of data; false on overflow. */
static bool block_bytes(size_t bytes, size_t *block)
{
    return ln_add_size(bytes, TAIL_BYTES, block);
}

static void data_free(void *p, size_t bytes, TfLiteAllocator *a)
{
    size_t block = 0;

    if (!p)
        return;
    if (!a || !a->deallocate)
        free(p);
    else if (block_bytes(bytes, &block))
        a->deallocate(a->data, p, block, TENSOR_ALIGNMENT);
}

static void *data_new(size_t block, TfLiteAllocator *a)
{
    return a && a->allocate ? a->allocate(a->data, block, TENSOR_ALIGNMENT) : malloc(block);
}

/* Moves the data of `t` to a block of `block` bytes that keeps its first bytes.  On failure NULL,
 * and `t` is unchanged. */
static void *data_move(TfLiteTensor *t, size_t num_bytes, size_t block, TfLiteAllocator *a)
{
    size_t old_block = 0;
    void *p;

    if (!a || !a->allocate)
        return realloc(t->data.data, block);
    if (!block_bytes(t->bytes, &old_block))
        return NULL;
    if (a->reallocate)
        return a->reallocate(a->data, t->data.data, old_block, block, TENSOR_ALIGNMENT);
    p = data_new(block, a);
    if (p) {
        memcpy(p, t->data.data, t->bytes < num_bytes ? t->bytes : num_bytes);
        data_free(t->data.data, t->bytes, a);
    }
    return p;
}

void TfLiteTensorDataFreeWithAllocator(TfLiteTensor *t, TfLiteAllocator *allocator)
{
    if (!t)
        return;
    if (owns_data(t))
        data_free(t->data.data, t->bytes, allocator);
    t->data.data = NULL;
}

void TfLiteTensorDataFree(TfLiteTensor *t)
{
    TfLiteTensorDataFreeWithAllocator(t, NULL);
}

void TfLiteTensorFree(TfLiteTensor *t)
{
    if (!t)
        return;
    TfLiteTensorDataFree(t);
    TfLiteIntArrayFree(t->dims);
    t->dims = NULL;
    free((void *)(uintptr_t)t->dims_signature); /* owned, though the field is const */
    t->dims_signature = NULL;
    TfLiteQuantizationFree(&t->quantization);
    TfLiteSparsityFree(t->sparsity);
    t->sparsity = NULL;
}

void TfLiteTensorReset(TfLiteType type, const char *name, TfLiteIntArray *dims,
                       TfLiteQuantizationParams quantization, char *buffer, size_t size,
                       TfLiteAllocationType allocation_type, const void *allocation,
                       bool is_variable, TfLiteTensor *tensor)
{
    TfLiteTensorFree(tensor);
    tensor->type = type;
    tensor->name = name;
    tensor->dims = dims;
    tensor->params = quantization;
    tensor->data.raw = buffer;
    tensor->bytes = size;
    tensor->allocation_type = allocation_type;
    tensor->allocation = allocation;
    tensor->is_variable = is_variable;
}

TfLiteStatus TfLiteTensorCopy(const TfLiteTensor *src, TfLiteTensor *dst)
{
    TfLiteIntArray *dims = NULL;

    if (!src || !dst)
        return kTfLiteOk;
    if (src->bytes != dst->bytes)
        return kTfLiteError;
    if (src == dst)
        return kTfLiteOk;
    /* Only the operator that made a variant object can copy it. */
    if (src->allocation_type == kTfLiteVariantObject ||
        dst->allocation_type == kTfLiteVariantObject)
        return kTfLiteError;
    if (src->bytes > 0 && (!src->data.raw || !dst->data.raw))
        return kTfLiteError;
    if (!copy_ints(src->dims, &dims))
        return kTfLiteError;
    TfLiteIntArrayFree(dst->dims);
    dst->dims = dims;
    dst->type = src->type;
    if (src->bytes > 0)
        memmove(dst->data.raw, src->data.raw, src->bytes);
    dst->buffer_handle = src->buffer_handle;
    dst->data_is_stale = src->data_is_stale;
    dst->delegate = src->delegate;
    return kTfLiteOk;
}

TfLiteTensor TfLiteTensorClone(TfLiteTensor src)
{
    TfLiteTensor dst = src, none;
    TfLiteIntArray *signature = NULL;
    size_t block = 0;
    bool ok = true;

    memset(&none, 0, sizeof(none));
    dst.dims = NULL;
    dst.dims_signature = NULL;
    dst.sparsity = NULL;
    if (owns_data(&src) || src.allocation_type == kTfLiteVariantObject)
        dst.data.data = NULL;
    dst.quantization = TfLiteQuantizationClone(&src.quantization);

    if (owns_data(&src) && src.data.data) {
        ok = block_bytes(src.bytes, &block) && (dst.data.data = malloc(block)) != NULL;
        if (ok)
            memcpy(dst.data.data, src.data.data, src.bytes);
    }
    ok = copy_ints(src.dims, &dst.dims) && ok;
    ok = copy_ints(src.dims_signature, &signature) && ok;
    dst.dims_signature = signature;
    if (src.sparsity) {
        dst.sparsity = clone_sparsity(src.sparsity);
        ok = dst.sparsity && ok;
    }
    ok = ok && (dst.quantization.params || !src.quantization.params);
    if (!ok) {
        TfLiteTensorFree(&dst);
        return none;
    }
    return dst;
}

TfLiteStatus TfLiteTensorResizeMaybeCopyWithAllocator(size_t num_bytes, TfLiteTensor *tensor,
                                                      bool preserve_data,
                                                      TfLiteAllocator *allocator)
{
    const bool custom = allocator && allocator->allocate;
    size_t block = 0;
    void *p;

    if (!tensor)
        return kTfLiteError;
    if (!owns_data(tensor))
        return kTfLiteOk;
    if (!block_bytes(num_bytes, &block))
        return kTfLiteError;

    if (!tensor->data.data) {
        p = data_new(block, allocator);
    } else if (custom ? num_bytes == tensor->bytes : num_bytes <= tensor->bytes) {
        /* free needs no size; an allocator is told the one that it was asked for */
        p = tensor->data.data;
    } else if (preserve_data) {
        p = data_move(tensor, num_bytes, block, allocator);
        if (!p)
            return kTfLiteError;
    } else {
        data_free(tensor->data.data, tensor->bytes, allocator);
        p = data_new(block, allocator);
    }
    tensor->data.data = p;
    tensor->bytes = p ? num_bytes : 0;
    return p ? kTfLiteOk : kTfLiteError;
}

TfLiteStatus TfLiteTensorResizeMaybeCopy(size_t num_bytes, TfLiteTensor *tensor, bool preserve_data)
{
    return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, preserve_data, NULL);
}

TfLiteStatus TfLiteTensorReallocWithAllocator(size_t num_bytes, TfLiteTensor *tensor,
                                              TfLiteAllocator *allocator)
{
    return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, true, allocator);
}

TfLiteStatus TfLiteTensorRealloc(size_t num_bytes, TfLiteTensor *tensor)
{
    return TfLiteTensorResizeMaybeCopyWithAllocator(num_bytes, tensor, true, NULL);
}

const TfLiteIntArray *TfLiteTensorGetDimsSignature(const TfLiteTensor *t)
{
    return t->dims_signature && t->dims_signature->size > 0 ? t->dims_signature : t->dims;
}

/* ---- What may be assumed about a tensor, by where its data lives ---- */

typedef struct facts {
    TfLiteAllocationStrategy strategy;
    TfLiteRunStability address, values;
    TfLiteRunStep data_step, shape_step;
} facts;

static const facts *facts_of(const TfLiteTensor *t)
{
    static const facts table[] = {
        [kTfLiteMemNone] = {kTfLiteAllocationStrategyNone, kTfLiteRunStabilityAcrossRuns,
                            kTfLiteRunStabilityAcrossRuns, kTfLiteRunStepInit, kTfLiteRunStepInit},
        [kTfLiteMmapRo] = {kTfLiteAllocationStrategyMMap, kTfLiteRunStabilityAcrossRuns,
                           kTfLiteRunStabilityAcrossRuns, kTfLiteRunStepInit, kTfLiteRunStepInit},
        [kTfLiteArenaRw] = {kTfLiteAllocationStrategyArena, kTfLiteRunStabilityUnstable,
                            kTfLiteRunStabilitySingleRun, kTfLiteRunStepEval,
                            kTfLiteRunStepPrepare},
        [kTfLiteArenaRwPersistent] = {kTfLiteAllocationStrategyArena, kTfLiteRunStabilityUnstable,
                                      kTfLiteRunStabilityAcrossRuns, kTfLiteRunStepEval,
                                      kTfLiteRunStepPrepare},
        [kTfLiteDynamic] = {kTfLiteAllocationStrategyMalloc, kTfLiteRunStabilitySingleRun,
                            kTfLiteRunStabilitySingleRun, kTfLiteRunStepEval, kTfLiteRunStepEval},
        [kTfLitePersistentRo] = {kTfLiteAllocationStrategyMalloc, kTfLiteRunStabilitySingleRun,
                                 kTfLiteRunStabilitySingleRun, kTfLiteRunStepPrepare,
                                 kTfLiteRunStepPrepare},
        [kTfLiteCustom] = {kTfLiteAllocationStrategyUnknown, kTfLiteRunStabilityUnknown,
                           kTfLiteRunStabilityUnknown, kTfLiteRunStepUnknown,
                           kTfLiteRunStepUnknown},
        [kTfLiteVariantObject] = {kTfLiteAllocationStrategyNew, kTfLiteRunStabilityAcrossRuns,
                                  kTfLiteRunStabilitySingleRun, kTfLiteRunStepEval,
                                  kTfLiteRunStepEval},
        [kTfLiteNonCpu] = {kTfLiteAllocationStrategyUnknown, kTfLiteRunStabilityUnknown,
                           kTfLiteRunStabilityUnknown, kTfLiteRunStepUnknown,
                           kTfLiteRunStepUnknown},
    };
    const unsigned i = (unsigned)t->allocation_type;

    return &table[i < sizeof(table) / sizeof(table[0]) ? i : (unsigned)kTfLiteCustom];
}

TfLiteAllocationStrategy TfLiteTensorGetAllocationStrategy(const TfLiteTensor *t)
{
    return facts_of(t)->strategy;
}

TfLiteRunStability TfLiteTensorGetBufferAddressStability(const TfLiteTensor *t)
{
    return facts_of(t)->address;
}

TfLiteRunStability TfLiteTensorGetDataStability(const TfLiteTensor *t)
{
    return facts_of(t)->values;
}

TfLiteRunStep TfLiteTensorGetDataKnownStep(const TfLiteTensor *t)
{
    return facts_of(t)->data_step;
}

TfLiteRunStep TfLiteTensorGetShapeKnownStep(const TfLiteTensor *t)
{
    return facts_of(t)->shape_step;
}

/* ---- Delegates ---- */

TfLiteDelegate TfLiteDelegateCreate(void)
{
    return (TfLiteDelegate){0};
}

TfLiteOpaqueDelegate *TfLiteOpaqueDelegateCreate(
    const TfLiteOpaqueDelegateBuilder *opaque_delegate_builder)
{
    TfLiteDelegate *d = opaque_delegate_builder ? calloc(1, sizeof(*d)) : NULL;

    if (!d)
        return NULL;
    d->opaque_delegate_builder =
        copy_bytes(opaque_delegate_builder, sizeof(*opaque_delegate_builder));
    if (!d->opaque_delegate_builder) {
        free(d);
        return NULL;
    }
    d->flags = opaque_delegate_builder->flags;
    return d;
}

void TfLiteOpaqueDelegateDelete(TfLiteOpaqueDelegate *delegate)
{
    if (!delegate)
        return;
    free(delegate->opaque_delegate_builder);
    free(delegate);
}

void *TfLiteOpaqueDelegateGetData(const TfLiteOpaqueDelegate *delegate)
{
    if (!delegate)
        return NULL;
    return delegate->opaque_delegate_builder ? delegate->opaque_delegate_builder->data
                                             : delegate->data_;
}

void *TfLiteKernelInitFailed(void)
{
    return (void *)(intptr_t)-1;
}
