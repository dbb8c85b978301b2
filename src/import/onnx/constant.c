/* SPDX-License-Identifier: Apache-2.0 */
/* constant.c: Constant, ConstantOfShape, Range, EyeLike: operators that make tensors of nothing. */
#include <string.h>

#include "import/onnx/families.h"

static ln_id of_ints(ln_ox *o, const Onnx__AttributeProto *a, bool scalar)
{
    const ln_shape s = {.rank = scalar ? 0 : 1, .dim = {scalar ? 0 : (int)a->n_ints}};
    return ln_emit_constant(&o->e, kTfLiteInt64, &s, scalar ? (const void *)&a->i : a->ints,
                            (scalar ? 1 : a->n_ints) * sizeof(int64_t), true);
}

static ln_id of_strings(ln_ox *o, const Onnx__AttributeProto *a, bool scalar)
{
    const size_t n = scalar ? 1 : a->n_strings;
    const ln_shape s = {.rank = scalar ? 0 : 1, .dim = {(int)n}};
    const char **texts = ln_arena_new(&o->m->arena, n + 1, sizeof *texts);
    size_t *lengths = ln_arena_new(&o->m->arena, n + 1, sizeof *lengths);
    if (!texts || !lengths)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const ProtobufCBinaryData *text = scalar ? &a->s : &a->strings[i];
        texts[i] = (const char *)text->data;
        lengths[i] = text->len;
    }
    return ln_emit_strings(&o->e, &s, texts, lengths, (int)n);
}

void ln_ox_constant(ln_ox *o, const ln_ox_node *n)
{
    static const char *const names[] = {"value",         "value_float", "value_floats",
                                        "value_int",     "value_ints",  "value_string",
                                        "value_strings", "sparse_value"};
    const Onnx__AttributeProto *a = NULL;
    size_t i = 0;
    while (i < LN_COUNTOF(names) && !(a = ln_ox_attr(n, names[i])))
        i++;
    ln_id id = -1;
    if (a && i == 0 && a->t)
        id = ln_ox_tensor(o, a->t);
    else if (a && i == 1)
        id = ln_emit_float(&o->e, a->f);
    else if (a && i == 2)
        id = ln_emit_floats(&o->e, (int)a->n_floats, a->floats);
    else if (a && (i == 3 || i == 4))
        id = of_ints(o, a, i == 3);
    else if (a && (i == 5 || i == 6))
        id = of_strings(o, a, i == 5);
    else if (a && i == 7 && a->sparse_tensor)
        id = ln_ox_sparse(o, a->sparse_tensor);
    else
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "a Constant without a value");
    if (ln_ox_ok(o))
        ln_ox_out(o, n, 0, id);
}

void ln_ox_constant_of_shape(ln_ox *o, const ln_ox_node *n)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, "value");
    const ln_id shape = ln_ox_in_id(o, n, 0);
    const ln_id value =
        a && a->t ? ln_ox_reshape(o, ln_ox_tensor(o, a->t), 0, NULL) : ln_emit_float(&o->e, 0);
    int dims[LN_MAX_RANK], count;
    if (ln_ox_ok(o) && ln_emit_read_ints(&o->e, shape, LN_MAX_RANK, dims, &count) && count == 0)
        ln_ox_out(o, n, 0, value); /* a scalar */
    else
        ln_ox_out(o, n, 0, ln_ox_op2(o, &ln_op_fill, shape, value));
}

void ln_ox_range(ln_ox *o, const ln_ox_node *n)
{
    ln_id in[3];
    TfLiteType type = kTfLiteNoType;
    for (int i = 0; i < 3; i++) {
        in[i] = ln_ox_in_id(o, n, i);
        type = i == 0 ? ln_emit_type(&o->e, in[0]) : type;
        in[i] = ln_ox_reshape(o, ln_ox_widen(o, in[i]), 0, NULL);
    }
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, ln_emit_nary(&o->e, &ln_op_range, NULL, 3, in), type));
}

void ln_ox_eye_like(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST = 1 << 24 };
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int k = ln_ox_int(n, "k", 0);
    if (!v)
        return;
    const ln_shape s = ln_ox_shape(o, v);
    const int count = ln_shape_count(&s, 0, LN_MAX(s.rank, 0));
    if (s.rank != 2 || count < 0 || count > MOST) {
        LN_OX_FAIL(o, "the shape has to be known, a matrix of at most %d items", (int)MOST);
        return;
    }
    float *y = ln_arena_new(&o->m->arena, (size_t)count + 1, sizeof *y);
    if (!y) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    for (int i = 0; i < s.dim[0]; i++)
        if ((int64_t)i + k >= 0 && (int64_t)i + k < s.dim[1])
            y[i * s.dim[1] + i + k] = 1;
    const ln_id eye =
        ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, (size_t)count * sizeof *y, false);
    const TfLiteType type =
        ln_ox_has(n, "dtype") ? ln_ox_type(ln_ox_int(n, "dtype", 0)) : ln_ox_value_type(o, v);
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, eye, type));
}
