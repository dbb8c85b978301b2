/* SPDX-License-Identifier: Apache-2.0 */
/* tensor.c: shape and memory of single tensors.  Shapes are arrays from malloc that the tensor
 * owns, as the public interface has it; data is in the arena (layout.c), on the heap (dynamic and
 * folded tensors), aligned memory of its own (variables), the model's or the caller's. */
#include <string.h>

#include "base/checked.h"
#include "runtime/internal.h"

/* Of types that ln_type_bytes has no size for: a resource is an id. */
enum { RESOURCE_BYTES = 4 };

bool ln_rt_bytes(TfLiteType type, int rank, const int *dims, size_t *bytes)
{
    size_t count = 1;
    if (rank < 0 || rank > LN_MAX_RANK)
        return false;
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0 || !ln_mul_size(count, (size_t)dims[i], &count))
            return false;
    if (count > INT32_MAX)
        return false;
    if (type == kTfLiteString || type == kTfLiteVariant || type == kTfLiteNoType) {
        *bytes = 0;
        return true;
    }
    if (type == kTfLiteResource)
        return ln_mul_size(count, RESOURCE_BYTES, bytes);
    return ln_type_bytes(type, count, bytes);
}

int ln_rt_tensor_id(const ln_rt_graph *g, const TfLiteTensor *t)
{
    const uintptr_t first = (uintptr_t)g->context.tensors, at = (uintptr_t)t;
    if (at < first || at >= first + g->context.tensors_size * sizeof *t)
        return -1;
    return (int)((at - first) / sizeof *t);
}

static ln_status no_memory(ln_rt_graph *g, int tensor, size_t bytes)
{
    return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory for the %zu bytes of tensor %d", bytes,
                   tensor);
}

ln_status ln_rt_heap(ln_rt_graph *g, int tensor, size_t bytes)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    ln_rt_slot *s = &g->slots[tensor];
    if (t->data.raw && t->bytes == bytes)
        return LN_OK;
    if (!ln_rt_charge(g->it, s->charged, bytes))
        return LN_ERR_MEMORY;
    if (TfLiteTensorResizeMaybeCopy(bytes, t, false) != kTfLiteOk) {
        ln_rt_charge(g->it, bytes, 0);
        s->charged = 0;
        return no_memory(g, tensor, bytes);
    }
    s->charged = bytes;
    return LN_OK;
}

/* Drops memory that only this tensor has. */
static void drop_data(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    ln_rt_slot *s = &g->slots[tensor];
    if (s->charged)
        ln_rt_charge(g->it, s->charged, 0);
    s->charged = 0;
    if (s->own) {
        ln_free_aligned(&g->it->alloc, s->own);
        s->own = NULL;
    } else if (t->allocation_type == kTfLiteDynamic || t->allocation_type == kTfLitePersistentRo) {
        TfLiteTensorDataFree(t);
    }
    t->data.raw = NULL;
}

void ln_rt_to_arena(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    if (t->allocation_type == kTfLiteArenaRw || t->allocation_type == kTfLiteCustom)
        return;
    drop_data(g, tensor);
    t->allocation_type = kTfLiteArenaRw;
    g->slots[tensor].folded = false;
    if (!ln_rt_bytes(t->type, t->dims ? t->dims->size : 0, t->dims ? t->dims->data : NULL,
                     &t->bytes))
        t->bytes = 0;
}

void ln_rt_to_dynamic(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    if (t->allocation_type == kTfLiteDynamic || t->allocation_type == kTfLiteCustom)
        return;
    drop_data(g, tensor);
    t->allocation_type = kTfLiteDynamic;
    t->bytes = 0;
    g->slots[tensor].folded = false;
}

void ln_rt_release(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    if (t->allocation_type != kTfLiteDynamic)
        return;
    drop_data(g, tensor);
    t->bytes = 0;
}

ln_status ln_rt_persistent(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    ln_rt_slot *s = &g->slots[tensor];
    if (s->own && s->charged == t->bytes) {
        t->data.raw = s->own;
        return LN_OK;
    }
    drop_data(g, tensor);
    if (!ln_rt_charge(g->it, 0, t->bytes))
        return LN_ERR_MEMORY;
    s->own = ln_new_aligned(&g->it->alloc, t->bytes ? t->bytes : 1);
    if (!s->own) {
        ln_rt_charge(g->it, t->bytes, 0);
        return no_memory(g, tensor, t->bytes);
    }
    s->charged = t->bytes;
    memset(s->own, 0, t->bytes);
    t->data.raw = s->own;
    return LN_OK;
}

static bool same_dims(const TfLiteTensor *t, int rank, const int *dims)
{
    return t->dims && TfLiteIntArrayEqualsArray(t->dims, rank, dims);
}

/* The data follows a new size, which is in `bytes`. */
static ln_status resize_data(ln_rt_graph *g, int tensor, size_t bytes)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    switch (t->allocation_type) {
    case kTfLiteDynamic:
    case kTfLitePersistentRo:
        if (t->type == kTfLiteString || t->type == kTfLiteVariant)
            return LN_OK;
        return ln_rt_heap(g, tensor, bytes);
    case kTfLiteArenaRw:
    case kTfLiteArenaRwPersistent:
        t->data.raw = NULL;
        break;
    default:
        break;
    }
    t->bytes = bytes;
    return LN_OK;
}

/* What a shape must be for this tensor; *bytes becomes the size of the data. */
static ln_status check_dims(ln_rt_graph *g, int tensor, int rank, const int *dims, size_t *bytes)
{
    const TfLiteTensor *t = &g->context.tensors[tensor];
    if (t->allocation_type == kTfLiteMmapRo && !g->slots[tensor].folded)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "tensor %d is constant and cannot be resized",
                       tensor);
    if (rank < 0 || rank > LN_MAX_RANK)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "tensor %d would have rank %d, more than %d",
                       tensor, rank, (int)LN_MAX_RANK);
    if (!ln_rt_bytes(t->type, rank, dims, bytes))
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT,
                       "the shape of tensor %d is negative or too large", tensor);
    return LN_OK;
}

ln_status ln_rt_take_dims(ln_rt_graph *g, int tensor, TfLiteIntArray *dims)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    size_t bytes = 0;
    ln_status status = check_dims(g, tensor, dims->size, dims->data, &bytes);
    if (status == LN_OK && !same_dims(t, dims->size, dims->data))
        g->resized = true;
    if (status == LN_OK)
        status = resize_data(g, tensor, bytes);
    if (status != LN_OK) {
        if (dims != t->dims)
            TfLiteIntArrayFree(dims);
        return status;
    }
    if (t->dims != dims)
        TfLiteIntArrayFree(t->dims);
    t->dims = dims;
    return LN_OK;
}

ln_status ln_rt_set_dims(ln_rt_graph *g, int tensor, int rank, const int *dims)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    if (same_dims(t, rank, dims)) {
        size_t bytes = 0;
        LN_TRY(check_dims(g, tensor, rank, dims, &bytes));
        if (t->allocation_type == kTfLiteArenaRw && t->bytes == bytes)
            return LN_OK;
        return resize_data(g, tensor, bytes);
    }
    TfLiteIntArray *copy = rank >= 0 ? TfLiteIntArrayCreate(rank) : NULL;
    if (!copy)
        return no_memory(g, tensor, 0);
    if (rank > 0)
        memcpy(copy->data, dims, (size_t)rank * sizeof *dims);
    return ln_rt_take_dims(g, tensor, copy);
}

void ln_rt_tensor_deinit(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    const TfLiteTensor *model =
        tensor < g->source->n_tensors ? &g->source->tensors[tensor].t : NULL;
    ln_rt_free_handle(g, t);
    drop_data(g, tensor);
    TfLiteIntArrayFree(t->dims);
    t->dims = NULL;
    /* what still is the model's is not ours to free */
    if (!model || t->quantization.params != model->quantization.params)
        TfLiteQuantizationFree(&t->quantization);
    if (!model || t->sparsity != model->sparsity)
        TfLiteSparsityFree(t->sparsity);
    if (!model)
        TfLiteIntArrayFree((TfLiteIntArray *)(uintptr_t)t->dims_signature);
}

ln_status ln_rt_reset_variables(ln_rt_graph *g)
{
    for (size_t i = 0; i < g->context.tensors_size; i++) {
        TfLiteTensor *t = &g->context.tensors[i];
        if (!t->is_variable || !t->data.raw || t->allocation_type == kTfLiteMmapRo)
            continue;
        memset(t->data.raw, t->type == kTfLiteInt8 ? t->params.zero_point : 0, t->bytes);
    }
    return LN_OK;
}

/* ---- what the caller of an interpreter does with tensors ---- */

static ln_status tensor_at(ln_interpreter *it, int graph, int tensor, ln_rt_graph **g,
                           TfLiteTensor **t)
{
    *t = ln_interpreter_tensor(it, graph, tensor);
    *g = ln_rt_graph_at(it, graph);
    if (!*t)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "graph %d has no tensor %d", graph, tensor);
    return LN_OK;
}

/* Only what the model leaves open may change. */
static ln_status check_strict(ln_interpreter *it, int tensor, const TfLiteTensor *t, int rank,
                              const int *dims)
{
    const TfLiteIntArray *open = TfLiteTensorGetDimsSignature(t);
    if (open->size != rank)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "tensor %d has rank %d, not %d", tensor,
                       open->size, rank);
    for (int i = 0; i < rank; i++)
        if (open->data[i] != -1 && open->data[i] != dims[i])
            return ln_fail(&it->diag, LN_ERR_ARGUMENT,
                           "dimension %d of tensor %d is fixed at %d and cannot become %d", i,
                           tensor, open->data[i], dims[i]);
    return LN_OK;
}

ln_status ln_interpreter_resize(ln_interpreter *it, int graph, int tensor, int rank,
                                const int *dims, bool strict)
{
    ln_rt_graph *g;
    TfLiteTensor *t;
    LN_TRY(tensor_at(it, graph, tensor, &g, &t));
    if (it->invoking)
        return ln_fail(&it->diag, LN_ERR_STATE, "tensor %d cannot be resized during a run", tensor);
    if (strict)
        LN_TRY(check_strict(it, tensor, t, rank, dims));
    if (t->data.raw && same_dims(t, rank, dims))
        return LN_OK;
    if (g->immutable)
        LN_TRY(ln_rt_undo_delegates(it));
    t = &g->context.tensors[tensor];
    if (g->slots[tensor].maker >= 0)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "tensor %d is computed and cannot be resized",
                       tensor);
    LN_TRY(ln_rt_set_dims(g, tensor, rank, dims));
    g->allocated = false;
    return LN_OK;
}

ln_status ln_interpreter_set_custom_allocation(ln_interpreter *it, int graph, int tensor,
                                               const TfLiteCustomAllocation *memory, int64_t flags)
{
    ln_rt_graph *g;
    TfLiteTensor *t;
    LN_TRY(tensor_at(it, graph, tensor, &g, &t));
    if (t->allocation_type != kTfLiteArenaRw && t->allocation_type != kTfLiteArenaRwPersistent &&
        t->allocation_type != kTfLiteCustom)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT,
                       "tensor %d is constant or dynamic: it cannot live in the caller's memory",
                       tensor);
    if (!memory->data)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "the memory for tensor %d is NULL", tensor);
    if (!(flags & kTfLiteCustomAllocationFlagsSkipAlignCheck) && (uintptr_t)memory->data % 64)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT,
                       "the memory for tensor %d is not aligned to 64 bytes", tensor);
    if (g->allocated && memory->bytes < t->bytes)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "tensor %d needs %zu bytes, not %zu", tensor,
                       t->bytes, memory->bytes);
    drop_data(g, tensor);
    if (!g->slots[tensor].custom)
        g->allocated = false; /* others may share the arena's memory with it */
    t->allocation_type = kTfLiteCustom;
    t->data.data = memory->data;
    g->slots[tensor].custom = true;
    g->slots[tensor].custom_bytes = memory->bytes;
    g->slots[tensor].segment = -1;
    return LN_OK;
}

ln_status ln_interpreter_set_bytes(ln_interpreter *it, int graph, int tensor, size_t bytes)
{
    ln_rt_graph *g;
    TfLiteTensor *t;
    LN_TRY(tensor_at(it, graph, tensor, &g, &t));
    if (t->type == kTfLiteString && t->allocation_type != kTfLiteMmapRo)
        ln_rt_to_dynamic(g, tensor);
    if (t->allocation_type != kTfLiteDynamic)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT,
                       "tensor %d has a fixed size: its memory is not on the heap", tensor);
    return ln_rt_heap(g, tensor, bytes);
}

ln_status ln_interpreter_set_buffer_handle(ln_interpreter *it, int graph, int tensor,
                                           TfLiteBufferHandle handle, TfLiteDelegate *delegate)
{
    ln_rt_graph *g;
    TfLiteTensor *t;
    LN_TRY(tensor_at(it, graph, tensor, &g, &t));
    if (t->delegate && t->delegate != delegate)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "tensor %d belongs to another delegate", tensor);
    t->delegate = delegate;
    ln_rt_free_handle(g, t);
    t->buffer_handle = handle;
    return LN_OK;
}

ln_status ln_interpreter_buffer_handle(ln_interpreter *it, int graph, int tensor,
                                       TfLiteBufferHandle *handle, TfLiteDelegate **delegate)
{
    ln_rt_graph *g;
    TfLiteTensor *t;
    LN_TRY(tensor_at(it, graph, tensor, &g, &t));
    *handle = t->buffer_handle;
    *delegate = t->delegate;
    return LN_OK;
}

ln_status ln_rt_make_readable(ln_rt_graph *g, int tensor)
{
    TfLiteTensor *t = &g->context.tensors[tensor];
    if (!t->data_is_stale)
        return LN_OK;
    if (!t->delegate || t->buffer_handle == kTfLiteNullBufferHandle)
        return ln_fail(&g->it->diag, LN_ERR_DELEGATE,
                       "tensor %d is stale, and no delegate has its data", tensor);
    if (ln_rt_copy_from_handle(&g->context, t->delegate, t) != kTfLiteOk)
        return ln_fail(&g->it->diag, LN_ERR_DELEGATE,
                       "the delegate could not copy the data of tensor %d", tensor);
    t->data_is_stale = false;
    return LN_OK;
}

ln_status ln_interpreter_make_readable(ln_interpreter *it, int graph, int tensor)
{
    ln_rt_graph *g;
    TfLiteTensor *t;
    LN_TRY(tensor_at(it, graph, tensor, &g, &t));
    return ln_rt_make_readable(g, tensor);
}
