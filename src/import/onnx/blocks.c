/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c: com.microsoft's weights of 2, 4 or 8 bits with a scale per block of a row.  TFLite's
 * operators on floats have no such weights: they become float32 when the model is converted. */
#include <string.h>

#include "import/onnx/families.h"

typedef struct blocks {
    int rows, columns, per_row, size, bits; /* per_row blocks of `size` items */
    size_t row_bytes, zero_bytes;           /* of a row of items, and of zero points */
    const uint8_t *items, *zeros;           /* zeros NULL: `zero` */
    const float *scales, *float_zeros;
    const int32_t *block_of; /* of a column; NULL: column / size */
    float zero;
} blocks;

/* Item i of bytes that hold several, the lowest bits first. */
static unsigned item(const uint8_t *bytes, size_t i, int bits)
{
    const size_t bit = i * (size_t)bits;
    return (unsigned)(bytes[bit / 8] >> bit % 8) & ((1u << bits) - 1);
}

static float zero_of(const blocks *b, int row, int block)
{
    if (b->float_zeros)
        return b->float_zeros[(size_t)row * (size_t)b->per_row + (size_t)block];
    if (b->zeros)
        return (float)item(b->zeros + (size_t)row * b->zero_bytes, (size_t)block, b->bits);
    return b->zero;
}

/* The weights as floats [rows, columns]. */
static ln_id dequantized(ln_ox *o, const blocks *b)
{
    const ln_shape s = {.rank = 2, .dim = {b->rows, b->columns}};
    const size_t n = (size_t)b->rows * (size_t)b->columns;
    float *y = ln_arena_new(&o->m->arena, n, sizeof *y);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int r = 0; r < b->rows; r++)
        for (int c = 0; c < b->columns; c++) {
            const int k = b->block_of ? b->block_of[c] : c / b->size;
            const float q = (float)item(b->items + (size_t)r * b->row_bytes, (size_t)c, b->bits);
            y[(size_t)r * (size_t)b->columns + (size_t)c] =
                (q - zero_of(b, r, k)) * b->scales[(size_t)r * (size_t)b->per_row + (size_t)k];
        }
    return ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, n * sizeof *y, false);
}

/* The bytes of constant input i, at least `n` items of a type; NULL, with a failure, when it is no
 * such thing. */
static const void *constant(ln_ox *o, const ln_ox_node *n, int i, TfLiteType type, size_t count)
{
    const ln_id id = ln_ox_in_id(o, n, i);
    const TfLiteTensor *t = ln_ox_ok(o) && id >= 0 ? ln_emit_tensor(&o->e, id) : NULL;
    if (t && ln_emit_known(&o->e, id) && t->type == type && (size_t)ln_count(t) >= count)
        return t->data.raw_const;
    LN_OX_FAIL(o, "input %d has to be a constant of %s, and of %zu items or more", i,
               ln_type_name(type), count);
    return NULL;
}

/* Scales and zero points; false after a failure. */
static bool read_scales(ln_ox *o, const ln_ox_node *n, int scales, int zeros, blocks *b)
{
    const size_t all = (size_t)b->rows * (size_t)b->per_row;
    b->scales = constant(o, n, scales, kTfLiteFloat32, all);
    b->zero = (float)(1 << (b->bits - 1));
    b->zero_bytes = ((size_t)b->per_row * (size_t)b->bits + 7) / 8;
    if (ln_ox_has_in(n, zeros)) {
        if (ln_emit_type(&o->e, ln_ox_in_id(o, n, zeros)) == kTfLiteFloat32)
            b->float_zeros = constant(o, n, zeros, kTfLiteFloat32, all);
        else
            b->zeros = constant(o, n, zeros, kTfLiteUInt8, (size_t)b->rows * b->zero_bytes);
    }
    return ln_ox_ok(o);
}

static bool read_format(ln_ox *o, const ln_ox_node *n, int fallback, blocks *b)
{
    b->bits = ln_ox_int(n, "bits", 4);
    b->size = ln_ox_int(n, "block_size", fallback);
    if ((b->bits == 2 || b->bits == 4 || b->bits == 8) && b->size >= 16 && b->size <= 1 << 16)
        return ln_ox_ok(o);
    LN_OX_FAIL(o, "blocks of %d items of %d bits", b->size, b->bits);
    return false;
}

static bool read_matrix(ln_ox *o, const ln_ox_node *n, blocks *b)
{
    enum { MOST = 1 << 24 };
    b->rows = ln_ox_int(n, "N", 0);
    b->columns = ln_ox_int(n, "K", 0);
    if (!read_format(o, n, 0, b))
        return false;
    if (b->rows < 1 || b->rows > MOST || b->columns < 1 || b->columns > MOST) {
        LN_OX_FAIL(o, "%d columns of %d items", b->rows, b->columns);
        return false;
    }
    b->per_row = (b->columns + b->size - 1) / b->size;
    b->row_bytes = (size_t)b->per_row * (size_t)b->size * (size_t)b->bits / 8;
    b->items = constant(o, n, 1, kTfLiteUInt8, (size_t)b->rows * b->row_bytes);
    if (!read_scales(o, n, 2, 3, b) || !ln_ox_has_in(n, 4))
        return ln_ox_ok(o);
    b->block_of = constant(o, n, 4, kTfLiteInt32, (size_t)b->columns);
    for (int i = 0; b->block_of && i < b->columns; i++)
        if (b->block_of[i] < 0 || b->block_of[i] >= b->per_row)
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "column %d is of block %d", i, b->block_of[i]);
    return ln_ox_ok(o);
}

void ln_ox_matmul_nbits(ln_ox *o, const ln_ox_node *n)
{
    blocks b = {0};
    const ln_id x = ln_ox_in_id(o, n, 0), bias = ln_ox_in_id(o, n, 5);
    if (!read_matrix(o, n, &b))
        return;
    const TfLiteFullyConnectedParams p = {.keep_num_dims = ln_emit_shape(&o->e, x).rank > 2};
    const ln_id in[] = {x, dequantized(o, &b), bias};
    ln_ox_out(o, n, 0, ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in));
}

/* Bytes that hold several items each: other types are unpacked when they are read. */
static bool is_bytes(const ln_ox_node *n, int i)
{
    const ln_ox_name *name = ln_ox_lookup(n->scope, n->p->input[i]);
    return name && name->initializer && name->initializer->data_type == LN_OX_UINT8;
}

void ln_ox_gather_blocks(ln_ox *o, const ln_ox_node *n)
{
    blocks b = {0};
    const ln_id data = ln_ox_in_id(o, n, 0), at = ln_ox_in_id(o, n, 1);
    const ln_shape s = ln_emit_shape(&o->e, data), ks = ln_emit_shape(&o->e, ln_ox_in_id(o, n, 2));
    const int axis = ln_ox_int(n, "quantize_axis", 1);
    if (!ln_ox_ok(o) || !read_format(o, n, 128, &b))
        return;
    if (s.rank != 2 || ks.rank != 2 || ks.dim[0] != s.dim[0] || (axis != 1 && axis != -1) ||
        ln_ox_int(n, "gather_axis", 0) != 0 || !is_bytes(n, 0) || s.dim[1] > INT32_MAX / 8) {
        LN_OX_FAIL(o, "a table that is no matrix of bytes with blocks along its rows");
        return;
    }
    b.rows = s.dim[0];
    b.row_bytes = (size_t)s.dim[1];
    b.columns = s.dim[1] * (8 / b.bits);
    b.per_row = (b.columns + b.size - 1) / b.size;
    b.items = constant(o, n, 0, kTfLiteUInt8, (size_t)b.rows * b.row_bytes);
    if (ks.dim[1] != b.per_row)
        LN_OX_FAIL(o, "%d scales for %d blocks", ks.dim[1], b.per_row);
    if (ln_ox_ok(o) && read_scales(o, n, 2, 3, &b))
        ln_ox_out(o, n, 0, ln_emit_gather(&o->e, dequantized(o, &b), at, 0));
}
