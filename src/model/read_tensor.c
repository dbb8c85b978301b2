/* SPDX-License-Identifier: Apache-2.0 */
/* read_tensor.c: one tensor of the file: type, shape, quantization, data in place.  The rules of
 * what is refused are TFLite's (core/interpreter_builder.cc), with these exceptions: more than 8
 * dimensions are refused, and an empty buffer under a tensor that is not empty means "no data". */
#include "base/checked.h"
#include "model/options.h"
#include "model/read.h"
#include "schema/schema.h"

static ln_status bad(ln_reading *r, int i, const TfLiteTensor *t, const char *what)
{
    return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s' %s", i, t->name, what);
}

static ln_status read_shape(ln_reading *r, const ln_fb_table *from, int i, TfLiteTensor *t)
{
    TfLiteIntArray *signature;
    LN_TRY(ln_read_ids(r, from, LN_Tensor_shape, &t->dims));
    LN_TRY(ln_read_ids(r, from, LN_Tensor_shape_signature, &signature));
    if (t->dims->size > LN_MAX_RANK)
        return ln_fail(r->diag, LN_ERR_UNSUPPORTED,
                       "tensor %d '%s' has %d dimensions, more than %d", i, t->name, t->dims->size,
                       LN_MAX_RANK);
    for (int d = 0; d < t->dims->size; d++)
        if (t->dims->data[d] < 0)
            return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s' has dimension %d of size %d", i,
                           t->name, d, t->dims->data[d]);
    if (signature->size)
        t->dims_signature = signature;
    return LN_OK;
}

/* ---- quantization ---- */

static ln_status read_blockwise(ln_reading *r, const ln_fb_table *q, const ln_fb_table *d,
                                TfLiteTensor *t)
{
    TfLiteBlockwiseQuantization *p = ln_arena_new(&r->m->arena, 1, sizeof *p);
    if (!p)
        return LN_ERR_MEMORY;
    p->scale = ln_fb_i32(d, LN_BlockwiseQuantization_scales, 0);
    p->zero_point = ln_fb_i32(d, LN_BlockwiseQuantization_zero_points, 0);
    p->blocksize = ln_fb_i32(d, LN_BlockwiseQuantization_block_size, 0);
    p->quantized_dimension = ln_fb_i32(q, LN_QuantizationParameters_quantized_dimension, 0);
    t->quantization = (TfLiteQuantization){kTfLiteBlockwiseQuantization, p};
    return LN_OK;
}

static ln_status read_multi_axis(ln_reading *r, const ln_fb_table *d, TfLiteTensor *t)
{
    TfLiteMultiAxisQuantization *p = ln_arena_new(&r->m->arena, 1, sizeof *p);
    if (!p)
        return LN_ERR_MEMORY;
    p->scales = ln_fb_i32(d, LN_MultiAxisQuantization_scales, 0);
    p->zero_points = ln_fb_i32(d, LN_MultiAxisQuantization_zero_points, 0);
    p->blocksize = ln_fb_i32(d, LN_MultiAxisQuantization_block_size, 0);
    t->quantization = (TfLiteQuantization){kTfLiteMultiAxisQuantization, p};
    return ln_read_ids(r, d, LN_MultiAxisQuantization_quantized_dimensions,
                       &p->quantized_dimensions);
}

static ln_status check_affine(ln_reading *r, int i, const TfLiteTensor *t, size_t scales,
                              size_t zeros, int axis)
{
    if (scales != zeros)
        return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s' has %zu scales and %zu zero points",
                       i, t->name, scales, zeros);
    const int rank = t->dims->size;
    if (axis < 0 || (rank && axis >= rank))
        return ln_fail(r->diag, LN_ERR_FORMAT,
                       "tensor %d '%s' is quantized along dimension %d of %d", i, t->name, axis,
                       rank);
    if (scales != 1 && rank && scales != (size_t)t->dims->data[axis])
        return ln_fail(r->diag, LN_ERR_FORMAT,
                       "tensor %d '%s' has %zu scales for dimension %d, which has size %d", i,
                       t->name, scales, axis, t->dims->data[axis]);
    return LN_OK;
}

static int32_t zero_point(const ln_fb_vector *v, size_t k)
{
    return ln_signed32((uint32_t)ln_fb_i64_item(v, k));
}

static bool all_zero(const ln_fb_vector *v)
{
    int32_t any = 0;
    for (size_t k = 0; k < v->count; k++)
        any |= zero_point(v, k);
    return any == 0;
}

/* Where all are 0, tensors share them, as nobody changes what a model has. */
static TfLiteIntArray *read_zeros(ln_reading *r, const ln_fb_vector *v)
{
    const int n = (int)v->count;
    TfLiteIntArray **same = all_zero(v) ? &r->zeros[v->count / 8 % LN_COUNTOF(r->zeros)] : NULL;
    if (same && *same && (*same)->size == n)
        return *same;
    TfLiteIntArray *a = ln_ints(&r->m->arena, n, NULL);
    for (size_t k = 0; a && !same && k < v->count; k++)
        a->data[k] = zero_point(v, k);
    if (same && a)
        *same = a;
    return a;
}

static ln_status read_affine(ln_reading *r, const ln_fb_table *q, int i, TfLiteTensor *t)
{
    const ln_fb_vector scale = ln_fb_vec(q, LN_QuantizationParameters_scale, 4);
    const ln_fb_vector zero = ln_fb_vec(q, LN_QuantizationParameters_zero_point, 8);
    const int axis = ln_fb_i32(q, LN_QuantizationParameters_quantized_dimension, 0);
    if (scale.count == 0)
        return LN_OK;
    if (scale.count > INT32_MAX)
        return bad(r, i, t, "has too many scales");
    LN_TRY(check_affine(r, i, t, scale.count, zero.count, axis));
    const int n = (int)scale.count;
    ln_arena *arena = &r->m->arena;
    TfLiteAffineQuantization *p = ln_arena_new(arena, 1, sizeof *p);
    if (!p)
        return LN_ERR_MEMORY;
    p->scale = ln_arena_new(arena, 1, sizeof *p->scale + scale.count * sizeof(float));
    p->zero_point = read_zeros(r, &zero);
    if (!p->scale || !p->zero_point)
        return LN_ERR_MEMORY;
    p->scale->size = n;
    for (size_t k = 0; k < scale.count; k++)
        p->scale->data[k] = ln_fb_f32_item(&scale, k);
    p->quantized_dimension = axis;
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, p};
    if (n == 1)
        t->params = (TfLiteQuantizationParams){p->scale->data[0], p->zero_point->data[0]};
    return LN_OK;
}

static ln_status read_quantization(ln_reading *r, const ln_fb_table *from, int i, TfLiteTensor *t)
{
    const ln_fb_table q = ln_fb_child(from, LN_Tensor_quantization);
    const ln_fb_table details = ln_fb_child(&q, LN_QuantizationParameters_details);
    switch (ln_fb_u8(&q, LN_QuantizationParameters_details_type, 0)) {
    case LN_QuantizationDetails_BlockwiseQuantization:
        return details.pos ? read_blockwise(r, &q, &details, t)
                           : bad(r, i, t, "has blockwise quantization without details");
    case LN_QuantizationDetails_MultiAxisQuantization:
        return details.pos ? read_multi_axis(r, &details, t)
                           : bad(r, i, t, "has multi-axis quantization without details");
    default:
        return read_affine(r, &q, i, t);
    }
}

/* ---- data ---- */

/* A buffer whose items would lie unaligned is copied, once for all its tensors. */
static ln_status align_buffer(ln_reading *r, ln_buffer *b, TfLiteType type)
{
    const size_t size = ln_type_size(type);
    const size_t align = type == kTfLiteString ? 4 : LN_MIN(size ? size : 1, (size_t)8);
    if ((uintptr_t)b->data % align == 0)
        return LN_OK;
    b->data = ln_arena_copy(&r->m->arena, b->data, b->size);
    return b->data ? LN_OK : LN_ERR_MEMORY;
}

/* Strings: int32 count, count + 1 offsets from the start, characters. */
static ln_status check_strings(ln_reading *r, int i, const TfLiteTensor *t, const ln_buffer *b,
                               int wanted)
{
    const size_t count = b->size < 8 ? 0 : ln_le32(b->data);
    if (b->size < 8 || count > (b->size - 8) / 4)
        return bad(r, i, t, "has string data that is too short");
    if (count < (size_t)wanted)
        return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s' has %zu strings, not %d", i, t->name,
                       count, wanted);
    size_t last = 8 + 4 * count;
    for (size_t k = 0; k <= count; k++) {
        const size_t offset = ln_le32(b->data + 4 + 4 * k);
        if (offset < last || offset > b->size)
            return bad(r, i, t, "has string data with an offset outside it");
        last = offset;
    }
    return LN_OK;
}

static ln_status set_data(ln_reading *r, const ln_fb_table *from, int i, TfLiteTensor *t,
                          ln_buffer *b)
{
    const int count = ln_count(t);
    size_t bytes;
    if (count < 0)
        return bad(r, i, t, "is a constant with too many items");
    const bool sparse = ln_fb_child(from, LN_Tensor_sparsity).pos != 0;
    const bool sized = !sparse && ln_type_bytes(t->type, (size_t)count, &bytes);
    if (!sized)
        bytes = b->size;
    if (b->size == 0 && (bytes || !sized))
        return LN_OK;
    if (b->size < bytes)
        return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s' has %zu bytes of data, not %zu", i,
                       t->name, b->size, bytes);
    if (t->type == kTfLiteString)
        LN_TRY(check_strings(r, i, t, b, count));
    if (t->is_variable)
        return bad(r, i, t, "is a variable with data, which is not supported");
    LN_TRY(align_buffer(r, b, t->type));
    t->data.raw_const = (const char *)b->data;
    t->bytes = bytes;
    t->allocation_type = kTfLiteMmapRo;
    return sparse ? ln_read_sparsity(r, from, i, t) : LN_OK;
}

ln_status ln_read_tensor(ln_reading *r, const ln_fb_table *from, int i, ln_tensor *to)
{
    const int type = ln_fb_i8(from, LN_Tensor_type, 0);
    const uint32_t buffer = ln_fb_u32(from, LN_Tensor_buffer, 0);
    const char *name = ln_fb_string(from, LN_Tensor_name);
    TfLiteTensor *t = &to->t;
    t->name = name ? name : "";
    t->type = ln_type_from_schema(type);
    t->buffer_handle = kTfLiteNullBufferHandle;
    t->is_variable = ln_fb_bool(from, LN_Tensor_is_variable, false);
    to->has_rank = ln_fb_bool(from, LN_Tensor_has_rank, false);
    to->source = from->data + from->pos;
    if (t->type == kTfLiteNoType)
        return ln_fail(r->diag, LN_ERR_UNSUPPORTED, "tensor %d '%s' has unknown type %d", i,
                       t->name, type);
    if (buffer >= (uint32_t)r->m->n_buffers)
        return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s' has buffer %u of %d", i, t->name,
                       buffer, r->m->n_buffers);
    to->buffer = (ln_id)buffer;
    LN_TRY(read_shape(r, from, i, t));
    LN_TRY(read_quantization(r, from, i, t));
    ln_buffer *b = &r->m->buffers[buffer];
    return buffer && b->data ? set_data(r, from, i, t, b) : LN_OK;
}
