/* SPDX-License-Identifier: Apache-2.0 */
/* write_tensor.c: one tensor for the file.  What TfLiteTensor cannot hold (quantization ranges,
 * types inside a variant) is copied from the table that the tensor was read from. */
#include "model/options.h"
#include "model/write.h"
#include "schema/schema.h"

#define BIT(slot) ((uint64_t)1 << (slot))

/* ---- quantization ---- */

static ln_fb_ref write_blockwise(ln_writing *w, const TfLiteBlockwiseQuantization *q,
                                 const ln_fb_table *source)
{
    const uint64_t known = BIT(LN_BlockwiseQuantization_scales) |
                           BIT(LN_BlockwiseQuantization_zero_points) |
                           BIT(LN_BlockwiseQuantization_block_size);
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    ln_fb_copy_children(&w->b, &ln_tflite_schema, LN_T_BlockwiseQuantization, source, known, refs);
    ln_fb_begin(&w->b);
    ln_fb_copy_fields(&w->b, &ln_tflite_schema, LN_T_BlockwiseQuantization, source, known, refs);
    ln_fb_set_i32(&w->b, LN_BlockwiseQuantization_scales, q->scale, 0);
    ln_fb_set_i32(&w->b, LN_BlockwiseQuantization_zero_points, q->zero_point, 0);
    ln_fb_set_i32(&w->b, LN_BlockwiseQuantization_block_size, q->blocksize, 0);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_multi_axis(ln_writing *w, const TfLiteMultiAxisQuantization *q)
{
    const ln_fb_ref axes = ln_write_ids(w, q->quantized_dimensions, true);
    ln_fb_begin(&w->b);
    ln_fb_set_i32(&w->b, LN_MultiAxisQuantization_scales, q->scales, 0);
    ln_fb_set_i32(&w->b, LN_MultiAxisQuantization_zero_points, q->zero_points, 0);
    ln_fb_set_i32(&w->b, LN_MultiAxisQuantization_block_size, q->blocksize, 0);
    ln_fb_set_ref(&w->b, LN_MultiAxisQuantization_quantized_dimensions, axes);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_zeros(ln_writing *w, const TfLiteAffineQuantization *q)
{
    const int n = q->scale->size;
    int64_t *zeros = ln_new(&w->b.alloc, (size_t)n, sizeof *zeros);
    if (!zeros) {
        w->b.status = LN_ERR_MEMORY;
        return 0;
    }
    for (int i = 0; i < n; i++)
        zeros[i] = q->zero_point->data[q->zero_point->size == n ? i : 0];
    const ln_fb_ref ref = ln_fb_share_vector(&w->b, zeros, (size_t)n);
    ln_free(&w->b.alloc, zeros);
    return ref;
}

/* The parts of QuantizationParameters that the tensor says itself; the rest is the source's. */
typedef struct parts {
    ln_fb_ref refs[LN_FB_MAX_SLOTS];
    uint64_t known;
    int details, axis;
} parts;

static void write_parts(ln_writing *w, const TfLiteQuantization *q, const ln_fb_table *source,
                        parts *p)
{
    const uint64_t details = BIT(LN_QuantizationParameters_details_type) |
                             BIT(LN_QuantizationParameters_details) |
                             BIT(LN_QuantizationParameters_quantized_dimension);
    if (q->type == kTfLiteAffineQuantization) {
        const TfLiteAffineQuantization *a = q->params;
        p->refs[LN_QuantizationParameters_scale] =
            ln_fb_add_vector(&w->b, a->scale->data, (size_t)a->scale->size, 4, 4);
        p->refs[LN_QuantizationParameters_zero_point] = write_zeros(w, a);
        p->axis = a->quantized_dimension;
        p->known = BIT(LN_QuantizationParameters_quantized_dimension) |
                   BIT(LN_QuantizationParameters_scale) | BIT(LN_QuantizationParameters_zero_point);
    } else if (q->type == kTfLiteBlockwiseQuantization) {
        const TfLiteBlockwiseQuantization *a = q->params;
        ln_fb_table from = ln_fb_child(source, LN_QuantizationParameters_details);
        p->details = LN_QuantizationDetails_BlockwiseQuantization;
        if (ln_fb_u8(source, LN_QuantizationParameters_details_type, 0) != p->details)
            from.pos = 0;
        p->refs[LN_QuantizationParameters_details] = write_blockwise(w, a, &from);
        p->axis = a->quantized_dimension;
        p->known = details;
    } else if (q->type == kTfLiteMultiAxisQuantization) {
        p->refs[LN_QuantizationParameters_details] = write_multi_axis(w, q->params);
        p->details = LN_QuantizationDetails_MultiAxisQuantization;
        p->axis = ln_fb_i32(source, LN_QuantizationParameters_quantized_dimension, 0);
        p->known = details;
    } else {
        p->known = BIT(LN_QuantizationParameters_scale) | BIT(LN_QuantizationParameters_zero_point);
    }
}

static ln_fb_ref write_quantization(ln_writing *w, const TfLiteTensor *t,
                                    const ln_fb_table *tensor_source)
{
    const ln_fb_table source = ln_fb_child(tensor_source, LN_Tensor_quantization);
    parts p = {{0}, 0, 0, 0};
    if (!source.pos && !t->quantization.params)
        return 0;
    write_parts(w, &t->quantization, &source, &p);
    ln_fb_copy_children(&w->b, &ln_tflite_schema, LN_T_QuantizationParameters, &source, p.known,
                        p.refs);
    ln_fb_begin(&w->b);
    ln_fb_copy_fields(&w->b, &ln_tflite_schema, LN_T_QuantizationParameters, &source, p.known,
                      p.refs);
    if (p.known & BIT(LN_QuantizationParameters_scale)) {
        ln_fb_set_ref(&w->b, LN_QuantizationParameters_scale,
                      p.refs[LN_QuantizationParameters_scale]);
        ln_fb_set_ref(&w->b, LN_QuantizationParameters_zero_point,
                      p.refs[LN_QuantizationParameters_zero_point]);
    }
    if (p.known & BIT(LN_QuantizationParameters_details)) {
        ln_fb_set_bits(&w->b, LN_QuantizationParameters_details_type, (uint64_t)p.details, 1);
        ln_fb_set_ref(&w->b, LN_QuantizationParameters_details,
                      p.refs[LN_QuantizationParameters_details]);
    }
    if (p.known & BIT(LN_QuantizationParameters_quantized_dimension))
        ln_fb_set_i32(&w->b, LN_QuantizationParameters_quantized_dimension, p.axis, 0);
    return ln_fb_end(&w->b);
}

/* ---- sparsity ---- */

/* A list of indices in the narrowest of the three kinds of vector that holds them all. */
static ln_fb_ref write_indices(ln_writing *w, const TfLiteIntArray *a, int *type)
{
    const int n = a->size;
    int max = 0;
    for (int i = 0; i < n; i++)
        max = LN_MAX(max, a->data[i]);
    const size_t width = max < 256 ? 1 : max < 65536 ? 2 : 4;
    uint8_t *bytes = ln_new(&w->b.alloc, (size_t)n, width);
    if (!bytes) {
        w->b.status = LN_ERR_MEMORY;
        return 0;
    }
    for (size_t i = 0; i < (size_t)n * width; i++)
        bytes[i] = (uint8_t)((uint32_t)a->data[i / width] >> (8 * (i % width)) & 255);
    const ln_fb_ref values = ln_fb_add_vector(&w->b, bytes, (size_t)n, width, 4);
    ln_free(&w->b.alloc, bytes);
    *type = width == 1   ? LN_SparseIndexVector_Uint8Vector
            : width == 2 ? LN_SparseIndexVector_Uint16Vector
                         : LN_SparseIndexVector_Int32Vector;
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_Int32Vector_values, values);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_dimension(ln_writing *w, const TfLiteDimensionMetadata *d)
{
    int segments_type = 0, indices_type = 0;
    ln_fb_ref segments = 0, indices = 0;
    if (d->format != kTfLiteDimDense) {
        segments = write_indices(w, d->array_segments, &segments_type);
        indices = write_indices(w, d->array_indices, &indices_type);
    }
    ln_fb_begin(&w->b);
    ln_fb_set_i8(&w->b, LN_DimensionMetadata_format, (int)d->format, 0);
    ln_fb_set_i32(&w->b, LN_DimensionMetadata_dense_size, d->dense_size, 0);
    ln_fb_set_i8(&w->b, LN_DimensionMetadata_array_segments_type, segments_type, 0);
    ln_fb_set_ref(&w->b, LN_DimensionMetadata_array_segments, segments);
    ln_fb_set_i8(&w->b, LN_DimensionMetadata_array_indices_type, indices_type, 0);
    ln_fb_set_ref(&w->b, LN_DimensionMetadata_array_indices, indices);
    return ln_fb_end(&w->b);
}

static ln_fb_ref write_sparsity(ln_writing *w, const TfLiteSparsity *s)
{
    ln_fb_ref dims[2 * LN_MAX_RANK];
    if (!s || s->dim_metadata_size > 2 * LN_MAX_RANK)
        return 0;
    for (int i = 0; i < s->dim_metadata_size; i++)
        dims[i] = write_dimension(w, &s->dim_metadata[i]);
    const ln_fb_ref all = ln_fb_add_refs(&w->b, dims, (size_t)s->dim_metadata_size);
    const ln_fb_ref order = ln_write_ids(w, s->traversal_order, true);
    const ln_fb_ref blocks = ln_write_ids(w, s->block_map, true);
    ln_fb_begin(&w->b);
    ln_fb_set_ref(&w->b, LN_SparsityParameters_traversal_order, order);
    ln_fb_set_ref(&w->b, LN_SparsityParameters_block_map, blocks);
    ln_fb_set_ref(&w->b, LN_SparsityParameters_dim_metadata, all);
    return ln_fb_end(&w->b);
}

/* ---- the tensor ---- */

/* An unknown dimension is written as 1, and as -1 in the signature. */
static ln_fb_ref write_shape(ln_writing *w, const TfLiteTensor *t, ln_fb_ref *signature)
{
    int dims[LN_MAX_RANK] = {0};
    const int rank = LN_MIN(t->dims->size, (int)LN_MAX_RANK);
    bool open = false;
    for (int i = 0; i < rank; i++) {
        open = open || t->dims->data[i] < 0;
        dims[i] = t->dims->data[i] < 0 ? 1 : t->dims->data[i];
    }
    *signature = ln_write_ids(w,
                              t->dims_signature ? t->dims_signature
                              : open            ? t->dims
                                                : NULL,
                              false);
    return ln_fb_add_vector(&w->b, dims, (size_t)rank, 4, 4);
}

ln_fb_ref ln_write_tensor(ln_writing *w, const ln_tensor *tensor)
{
    const TfLiteTensor *t = &tensor->t;
    const ln_fb_table source = ln_source_table(w->m, tensor->source);
    const uint64_t known = BIT(LN_Tensor_shape) | BIT(LN_Tensor_type) | BIT(LN_Tensor_buffer) |
                           BIT(LN_Tensor_name) | BIT(LN_Tensor_quantization) |
                           BIT(LN_Tensor_is_variable) | BIT(LN_Tensor_sparsity) |
                           BIT(LN_Tensor_shape_signature) | BIT(LN_Tensor_has_rank);
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0}, signature;
    const int type = ln_type_to_schema(t->type);
    if (type < 0) {
        w->b.status = ln_fail(w->diag, LN_ERR_UNSUPPORTED,
                              "tensor '%s' has a type that files "
                              "cannot hold: %s",
                              t->name, TfLiteTypeGetName(t->type));
        return 0;
    }
    const ln_fb_ref name = t->name && t->name[0] ? ln_fb_add_string(&w->b, t->name) : 0;
    const ln_fb_ref shape = write_shape(w, t, &signature);
    const ln_fb_ref quantization = write_quantization(w, t, &source);
    const ln_fb_ref sparsity = write_sparsity(w, t->sparsity);
    ln_fb_copy_children(&w->b, &ln_tflite_schema, LN_T_Tensor, &source, known, refs);
    ln_fb_begin(&w->b);
    ln_fb_copy_fields(&w->b, &ln_tflite_schema, LN_T_Tensor, &source, known, refs);
    ln_fb_set_ref(&w->b, LN_Tensor_shape, shape);
    ln_fb_set_i8(&w->b, LN_Tensor_type, type, 0);
    ln_fb_set_u32(&w->b, LN_Tensor_buffer, (uint32_t)tensor->buffer, 0);
    ln_fb_set_ref(&w->b, LN_Tensor_name, name);
    ln_fb_set_ref(&w->b, LN_Tensor_quantization, quantization);
    ln_fb_set_bool(&w->b, LN_Tensor_is_variable, t->is_variable);
    ln_fb_set_ref(&w->b, LN_Tensor_sparsity, sparsity);
    ln_fb_set_ref(&w->b, LN_Tensor_shape_signature, signature);
    ln_fb_set_bool(&w->b, LN_Tensor_has_rank, tensor->has_rank);
    return ln_fb_end(&w->b);
}
