/* SPDX-License-Identifier: Apache-2.0 */
/* sparsity.c: how a sparse constant is stored (the TACO format: a list of dimensions, blocks
 * included, each dense or compressed), read and checked in full, so that whoever walks it needs
 * no checks: orders are permutations, blocks divide their dimension, segments ascend, indices are
 * in range, and there is a stored value for each position. */
#include "model/read.h"
#include "ops/op.h"
#include "schema/schema.h"

static ln_status bad(ln_reading *r, int i, const TfLiteTensor *t, const char *what)
{
    return ln_fail(r->diag, LN_ERR_FORMAT, "tensor %d '%s': its sparsity %s", i, t->name, what);
}

/* A list of indices: a table with 32, 16 or 8 bit values behind a union. */
static ln_status read_indices(ln_reading *r, const ln_fb_table *from, unsigned slot,
                              TfLiteIntArray **out)
{
    const ln_fb_table list = ln_fb_child(from, slot);
    const int type = ln_fb_u8(from, slot - 1, 0);
    size_t width;
    switch (type) {
    case LN_SparseIndexVector_Int32Vector:
        width = 4;
        break;
    case LN_SparseIndexVector_Uint16Vector:
        width = 2;
        break;
    case LN_SparseIndexVector_Uint8Vector:
        width = 1;
        break;
    default:
        return LN_OK;
    }
    const ln_fb_vector v = ln_fb_vec(&list, LN_Int32Vector_values, width);
    if (!v.present)
        return LN_OK;
    TfLiteIntArray *a = v.count > INT32_MAX / 4 ? NULL : ln_ints(&r->m->arena, (int)v.count, NULL);
    if (!a)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < v.count; i++)
        a->data[i] = width == 4   ? ln_fb_i32_item(&v, i)
                     : width == 2 ? ln_fb_u16_item(&v, i)
                                  : ln_fb_u8_item(&v, i);
    *out = a;
    return LN_OK;
}

/* Segments: one more than positions so far, ascending from 0 to the number of indices, each of
 * which is below `size`. */
static const char *compressed_fault(const TfLiteDimensionMetadata *d, int64_t positions, int size)
{
    if (!d->array_segments || !d->array_indices)
        return "has a compressed dimension without segments or indices";
    const TfLiteIntArray *s = d->array_segments, *x = d->array_indices;
    if (s->size != positions + 1 || s->data[0] != 0 || s->data[s->size - 1] != x->size)
        return "has segments that do not cover the indices";
    for (int i = 1; i < s->size; i++)
        if (s->data[i] < s->data[i - 1])
            return "has segments that do not ascend";
    for (int i = 0; i < x->size; i++)
        if (x->data[i] < 0 || x->data[i] >= size)
            return "has an index outside its dimension";
    return NULL;
}

/* Sizes of the dimensions as stored: those of the tensor, divided by its blocks, then blocks. */
static const char *stored_sizes(const TfLiteTensor *t, int sizes[2 * LN_MAX_RANK])
{
    const TfLiteSparsity *s = t->sparsity;
    const int rank = t->dims->size, n = s->traversal_order->size;
    bool seen[2 * LN_MAX_RANK] = {false};
    if (n < rank || n > 2 * rank || s->dim_metadata_size != n)
        return "has a wrong number of dimensions";
    if ((s->block_map ? s->block_map->size : 0) != n - rank)
        return "has a wrong number of blocks";
    for (int i = 0; i < n; i++) {
        const int d = s->traversal_order->data[i];
        if (d < 0 || d >= n || seen[d] || (d < rank) != (i < rank))
            return "has an order that is no permutation";
        seen[d] = true;
    }
    for (int d = 0; d < rank; d++)
        sizes[d] = t->dims->data[d];
    for (int i = rank; i < n; i++) {
        const int block = s->traversal_order->data[i], of = s->block_map->data[block - rank];
        const TfLiteDimensionMetadata *m = &s->dim_metadata[i];
        if (of < 0 || of >= rank || m->format != kTfLiteDimDense || m->dense_size <= 0)
            return "has a block that is not dense or cuts no dimension";
        if (sizes[of] % m->dense_size != 0)
            return "has a block that does not divide its dimension";
        sizes[of] /= m->dense_size;
        sizes[block] = m->dense_size;
    }
    return NULL;
}

static const char *fault(const TfLiteTensor *t)
{
    int sizes[2 * LN_MAX_RANK];
    int64_t positions = 1;
    const char *what = stored_sizes(t, sizes);
    for (int i = 0; !what && i < t->sparsity->dim_metadata_size; i++) {
        const TfLiteDimensionMetadata *d = &t->sparsity->dim_metadata[i];
        const int size = sizes[t->sparsity->traversal_order->data[i]];
        if (d->format == kTfLiteDimDense) {
            positions *= size;
            what = d->dense_size == size ? NULL : "has a dense dimension of the wrong size";
        } else {
            what = compressed_fault(d, positions, size);
            positions = what ? 0 : d->array_indices->size;
        }
        if (positions > INT32_MAX)
            what = "has too many positions";
    }
    size_t bytes;
    if (!what && (!ln_type_bytes(t->type, (size_t)positions, &bytes) || t->bytes < bytes))
        what = "has more positions than the tensor has values";
    return what;
}

static ln_status read_dimension(ln_reading *r, const ln_fb_table *from, int i,
                                const TfLiteTensor *t, TfLiteDimensionMetadata *to)
{
    const int format = ln_fb_i8(from, LN_DimensionMetadata_format, 0);
    if (format != kTfLiteDimDense && format != kTfLiteDimSparseCSR)
        return bad(r, i, t, "has a dimension of unknown format");
    to->format = (TfLiteDimensionType)format;
    if (format == kTfLiteDimDense) {
        to->dense_size = ln_fb_i32(from, LN_DimensionMetadata_dense_size, 0);
        return LN_OK;
    }
    LN_TRY(read_indices(r, from, LN_DimensionMetadata_array_segments, &to->array_segments));
    return read_indices(r, from, LN_DimensionMetadata_array_indices, &to->array_indices);
}

ln_status ln_read_sparsity(ln_reading *r, const ln_fb_table *from, int i, TfLiteTensor *t)
{
    const ln_fb_table src = ln_fb_child(from, LN_Tensor_sparsity);
    const ln_fb_vector dims = ln_fb_vec(&src, LN_SparsityParameters_dim_metadata, 4);
    const ln_fb_vector block = ln_fb_vec(&src, LN_SparsityParameters_block_map, 4);
    TfLiteSparsity *s = ln_arena_new(&r->m->arena, 1, sizeof *s);
    if (!s)
        return LN_ERR_MEMORY;
    if (dims.count > 2 * LN_MAX_RANK)
        return bad(r, i, t, "has too many dimensions");
    t->sparsity = s;
    LN_TRY(ln_read_ids(r, &src, LN_SparsityParameters_traversal_order, &s->traversal_order));
    if (block.present)
        LN_TRY(ln_read_ids(r, &src, LN_SparsityParameters_block_map, &s->block_map));
    s->dim_metadata = ln_arena_new(&r->m->arena, dims.count, sizeof *s->dim_metadata);
    if (!s->dim_metadata)
        return LN_ERR_MEMORY;
    s->dim_metadata_size = (int)dims.count;
    for (size_t d = 0; d < dims.count; d++) {
        const ln_fb_table item = ln_fb_item(&dims, d);
        LN_TRY(read_dimension(r, &item, i, t, &s->dim_metadata[d]));
    }
    const char *what = fault(t);
    return what ? bad(r, i, t, what) : LN_OK;
}
