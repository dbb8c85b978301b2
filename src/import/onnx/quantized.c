/* SPDX-License-Identifier: Apache-2.0 */
/* quantized.c: QuantizeLinear and DequantizeLinear.  ONNX writes a quantized model as float
 * operators between such pairs; TFLite has operators on integers.  DequantizeLinear only notes
 * which integers a value comes from, and QuantizeLinear looks at the node that made its input: one
 * that TFLite has for int8, whose operands come from integers, is made once more on these
 * (requantize.c).  What remains are QUANTIZE and DEQUANTIZE.
 *
 * 8-bit tensors are int8: of uint8 ones 128 is taken away, from items and zero points. */
#include "import/onnx/quantized.h"

#include <math.h>
#include <string.h>

/* ---- parameters ---- */

bool ln_ox_set_scales(ln_ox *o, TfLiteTensor *t, int n, const float *scales, const int *zeros,
                      int axis)
{
    TfLiteAffineQuantization *p = ln_arena_new(&o->m->arena, 1, sizeof *p);
    if (p) {
        p->scale = ln_arena_new(&o->m->arena, 1, sizeof *p->scale + (size_t)n * sizeof *scales);
        p->zero_point = ln_ints(&o->m->arena, n, zeros);
    }
    if (!p || !p->scale || !p->zero_point) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    p->scale->size = n;
    memcpy(p->scale->data, scales, (size_t)n * sizeof *scales);
    p->quantized_dimension = n > 1 ? axis : 0;
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, p};
    t->params = (TfLiteQuantizationParams){n == 1 ? scales[0] : 0, n == 1 ? zeros[0] : 0};
    return true;
}

static bool read_zero(const TfLiteTensor *t, int i, int *zero)
{
    *zero = t->type == kTfLiteInt8    ? t->data.int8[i]
            : t->type == kTfLiteUInt8 ? t->data.uint8[i] - 128
            : t->type == kTfLiteInt16 ? t->data.i16[i]
            : t->type == kTfLiteInt32 ? t->data.i32[i]
                                      : 0;
    return t->type == kTfLiteInt8 || t->type == kTfLiteUInt8 || t->type == kTfLiteInt16 ||
           t->type == kTfLiteInt32;
}

/* The zero points of constant `z`, or of none, beside these scales; NULL when they do not fit. */
static int *read_zeros(ln_ox *o, ln_id z, const TfLiteTensor *scale, bool is_unsigned)
{
    const TfLiteTensor *zero = ln_emit_tensor(&o->e, z);
    const int count = ln_count(scale);
    if (count < 1 || (z >= 0 && (!ln_emit_known(&o->e, z) || ln_count(zero) != count)))
        return NULL;
    int *zeros = ln_arena_new(&o->m->arena, (size_t)count, sizeof *zeros);
    for (int i = 0; zeros && i < count; i++) {
        zeros[i] = is_unsigned ? -128 : 0;
        if (!(scale->data.f[i] > 0) || !isfinite(scale->data.f[i]) ||
            (z >= 0 && !read_zero(zero, i, &zeros[i])))
            return NULL;
    }
    return zeros;
}

/* Scales and zero points of inputs 1 and 2; false, without a failure, where they are no constants
 * of one scale, or one per channel. */
static bool read_scales(ln_ox *o, const ln_ox_node *n, const ln_ox_value *x, bool is_unsigned,
                        TfLiteTensor *like)
{
    const ln_id s = ln_ox_in_id(o, n, 1), z = ln_ox_in_id(o, n, 2);
    const TfLiteTensor *scale = ln_emit_tensor(&o->e, s);
    if (!ln_ox_ok(o) || !ln_emit_known(&o->e, s) || scale->type != kTfLiteFloat32 ||
        ln_shape_of(scale).rank > 1)
        return false;
    const int *zeros = read_zeros(o, z, scale, is_unsigned), count = ln_count(scale);
    int axis = ln_ox_int(n, "axis", 1);
    axis += axis < 0 ? x->at.rank : 0;
    if (!zeros ||
        (count > 1 && (axis < 0 || axis >= x->at.rank || ln_ox_shape(o, x).dim[axis] != count)))
        return false;
    return ln_ox_set_scales(o, like, count, scale->data.f, zeros, ln_ox_at(&x->at, axis));
}

bool ln_ox_same_scales(const TfLiteTensor *a, const TfLiteTensor *b)
{
    const TfLiteAffineQuantization *p = a->quantization.params, *q = b->quantization.params;
    if (!p || !q || p->scale->size != q->scale->size)
        return false;
    for (int i = 0; i < p->scale->size; i++)
        if (p->scale->data[i] != q->scale->data[i] ||
            p->zero_point->data[i] != q->zero_point->data[i])
            return false;
    return true;
}

/* ---- values of integers ---- */

void ln_ox_note_source(ln_ox *o, ln_id id, ln_id q)
{
    if (id < 0 || q < 0 || !ln_ox_ok(o))
        return;
    if ((size_t)id >= o->n_sources) {
        const size_t wanted = 2 * (size_t)id + 64;
        ln_id *more = ln_arena_new(&o->m->arena, wanted, sizeof *more);
        if (!more) {
            ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
            return;
        }
        if (o->n_sources)
            memcpy(more, o->sources, o->n_sources * sizeof *more);
        o->sources = more;
        o->n_sources = wanted;
    }
    o->sources[id] = q + 1;
}

ln_id ln_ox_source(const ln_ox *o, ln_id id)
{
    return id >= 0 && (size_t)id < o->n_sources ? o->sources[id] - 1 : -1;
}

ln_id ln_ox_quantize(ln_ox *o, ln_id x, const TfLiteTensor *like)
{
    const ln_emit_call call = {
        .op = &ln_op_quantize, .in = &x, .n_in = 1, .n_out = 1, .like = like};
    ln_id y;
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}

/* int8 as the uint8 that the file has. */
static ln_id as_unsigned(ln_ox *o, ln_id q)
{
    TfLiteTensor like = {.type = kTfLiteUInt8};
    const TfLiteTensor *t = ln_emit_tensor(&o->e, q);
    const float scale = t->params.scale;
    const int zero = t->params.zero_point + 128;
    return ln_ox_set_scales(o, &like, 1, &scale, &zero, 0) ? ln_ox_quantize(o, q, &like) : -1;
}

ln_id ln_ox_dequantized(ln_ox *o, const ln_ox_value *v)
{
    if (v->integer)
        return v->was_unsigned ? as_unsigned(o, v->q) : v->q;
    const ln_id y = ln_ox_op1(o, &ln_op_dequantize, v->q);
    ln_ox_note_source(o, y, v->q);
    return y;
}

ln_id ln_ox_relayout_quantized(ln_ox *o, ln_id q, const ln_ox_layout *from, const ln_ox_layout *to)
{
    const TfLiteTensor old = *ln_emit_tensor(&o->e, q);
    const ln_id y = ln_ox_relayout(o, q, from, to);
    if (!ln_ox_ok(o) || y == q || !old.quantization.params)
        return y;
    const TfLiteAffineQuantization *p = old.quantization.params;
    TfLiteTensor *t = &o->e.g->tensors[y].t;
    const int axis = p->quantized_dimension;
    ln_ox_set_scales(o, t, p->scale->size, p->scale->data, p->zero_point->data,
                     axis < from->rank ? ln_ox_at(to, from->dim[axis]) : 0);
    return y;
}

ln_id ln_ox_with_height(ln_ox *o, ln_id weights)
{
    const ln_id q = ln_ox_source(o, weights), y = ln_emit_expand_dims(&o->e, weights, 1);
    const TfLiteAffineQuantization *p =
        q < 0 ? NULL : ln_emit_tensor(&o->e, q)->quantization.params;
    if (!p || !ln_ox_ok(o))
        return y;
    const ln_id high = ln_emit_expand_dims(&o->e, q, 1);
    const int axis = p->quantized_dimension;
    if (ln_ox_ok(o) && ln_ox_set_scales(o, &o->e.g->tensors[high].t, p->scale->size, p->scale->data,
                                        p->zero_point->data, axis + (axis > 0)))
        ln_ox_note_source(o, y, high);
    return y;
}

static void out_integers(ln_ox *o, const ln_ox_node *n, int i, ln_id q, const ln_ox_layout *at,
                         bool integer)
{
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_value_new(o, -1, at) : NULL;
    if (!y)
        return;
    y->q = q;
    y->integer = integer;
    ln_ox_out_value(o, n, i, y);
}

/* ---- QuantizeLinear ---- */

/* The type to quantize to: the zero point's. */
static int result_elem(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *zero = ln_ox_in(o, n, 2);
    if (!zero) {
        const int given = ln_ox_int(n, "output_dtype", 0);
        return given ? given : LN_OX_UINT8;
    }
    const int elem = ln_ox_elem_of(n, 2);
    const TfLiteType type = ln_ox_value_type(o, zero);
    return elem                    ? elem
           : type == kTfLiteInt8   ? LN_OX_INT8
           : type == kTfLiteInt16  ? LN_OX_INT16
           : type == kTfLiteUInt16 ? LN_OX_UINT16
                                   : LN_OX_UINT8;
}

void ln_ox_quantize_linear(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    TfLiteTensor like = {.type = kTfLiteInt8};
    if (!v)
        return;
    const int elem = result_elem(o, n);
    if (elem == LN_OX_INT16)
        like.type = kTfLiteInt16;
    if ((elem != LN_OX_INT8 && elem != LN_OX_UINT8 && elem != LN_OX_INT16) ||
        !read_scales(o, n, v, elem == LN_OX_UINT8, &like)) {
        ln_ox_out(o, n, 0, ln_ox_quantize_plainly(o, n, v, elem));
        return;
    }
    if (v->q >= 0 && !v->integer && ln_emit_type(&o->e, v->q) == like.type &&
        ln_ox_same_scales(ln_emit_tensor(&o->e, v->q), &like)) {
        out_integers(o, n, 0, v->q, &v->at, true);
        return;
    }
    const ln_id x = ln_ox_id(o, v);
    ln_id q = ln_ox_requantized(o, x, &like);
    if (q < 0)
        q = ln_ox_quantize(o, x, &like);
    out_integers(o, n, 0, q, &v->at, true);
    ln_ox_name *name =
        ln_ox_ok(o) && n->p->n_output ? ln_ox_lookup(n->scope, n->p->output[0]) : NULL;
    if (name && name->value)
        name->value->was_unsigned = elem == LN_OX_UINT8;
}

/* ---- DequantizeLinear ---- */

/* Constant integers as int8 of these scales. */
static ln_id constant_integers(ln_ox *o, ln_id id, const TfLiteTensor *like)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, id);
    const ln_shape s = ln_shape_of(t);
    const int count = ln_count(t);
    int8_t *y = (int8_t *)t->data.raw;
    if (t->type == kTfLiteUInt8) {
        const uint8_t *x = t->data.uint8;
        y = ln_arena_new(&o->m->arena, (size_t)count + 1, 1);
        for (int i = 0; y && i < count; i++)
            y[i] = (int8_t)(x[i] - 128);
    }
    if (!y && count)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    const ln_id q = ln_emit_constant(&o->e, kTfLiteInt8, &s, y, (size_t)count, false);
    if (q >= 0) {
        o->e.g->tensors[q].t.params = like->params;
        o->e.g->tensors[q].t.quantization = like->quantization;
    }
    return q;
}

void ln_ox_dequantize_linear(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    TfLiteTensor like = {.type = kTfLiteInt8};
    if (!v)
        return;
    const TfLiteType type = ln_ox_value_type(o, v);
    const bool was_unsigned = v->integer ? v->was_unsigned : type == kTfLiteUInt8;
    const bool scaled = read_scales(o, n, v, was_unsigned, &like);
    if (scaled && v->integer && ln_ox_same_scales(ln_emit_tensor(&o->e, v->q), &like)) {
        out_integers(o, n, 0, v->q, &v->at, false);
        return;
    }
    if (scaled && !v->integer && ln_emit_known(&o->e, v->id) &&
        (type == kTfLiteInt8 || type == kTfLiteUInt8)) {
        out_integers(o, n, 0, constant_integers(o, v->id, &like), &v->at, false);
        return;
    }
    if (ln_ox_ok(o))
        ln_ox_out(o, n, 0, ln_ox_dequantize_plainly(o, n, v));
}
