/* SPDX-License-Identifier: Apache-2.0 */
/* sequence.c: sequences and optional values.  .tflite has neither, but while a model is converted a
 * sequence is a list of values: what is put into it, taken out of it, or joined is known then, as
 * long as the places are constants and loops run a known number of times. */
#include <string.h>

#include "import/onnx/families.h"

enum { MOST_ITEMS = 4096 };

static ln_ox_value *list(ln_ox *o, int n)
{
    const ln_ox_layout none = {.rank = -1};
    enum { PER_NODE = 8 }; /* so many count as a node does: there is a limit to these */
    o->n_nodes += n / PER_NODE;
    ln_ox_value *y = n > MOST_ITEMS ? NULL : ln_ox_value_new(o, -1, &none);
    if (y)
        y->items = ln_arena_new(&o->m->arena, (size_t)n + 1, sizeof(ln_ox_value *));
    if (!y || !y->items) {
        LN_OX_FAIL(o, "a sequence of %d values", n);
        return NULL;
    }
    y->n_items = n;
    return y;
}

/* Input i, which has to be a sequence. */
static const ln_ox_value *sequence(ln_ox *o, const ln_ox_node *n, int i)
{
    const ln_ox_value *v = ln_ox_in_any(o, n, i);
    if (v && v->items)
        return v;
    LN_OX_FAIL(o, "input %d is no sequence", i);
    return NULL;
}

/* The place that input i says, of `size`; that behind the last one without such an input. */
static bool place(ln_ox *o, const ln_ox_node *n, int i, int size, int *at)
{
    int count = 1;
    *at = size;
    if (!ln_ox_has_in(n, i))
        return true;
    if (!ln_ox_const_ints(o, n, i, 1, at, &count))
        return false;
    *at += *at < 0 ? size : 0;
    if (count == 1 && *at >= 0 && *at <= size)
        return true;
    ln_emit_fail(&o->e, LN_ERR_FORMAT, "item %d of a sequence of %d", *at, size);
    return false;
}

void ln_ox_sequence_construct(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *y = ln_ox_ok(o) ? list(o, ln_ox_n_in(n)) : NULL;
    for (int i = 0; y && i < y->n_items; i++)
        y->items[i] = ln_ox_in_any(o, n, i);
    ln_ox_out_value(o, n, 0, y);
}

void ln_ox_sequence_insert(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *x = sequence(o, n, 0);
    int at;
    if (!x || !place(o, n, 2, x->n_items, &at))
        return;
    ln_ox_value *y = list(o, x->n_items + 1), *item = ln_ox_in_any(o, n, 1);
    for (int i = 0; y && i < y->n_items; i++)
        y->items[i] = i == at ? item : x->items[i - (i > at)];
    ln_ox_out_value(o, n, 0, y);
}

void ln_ox_sequence_erase(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *x = sequence(o, n, 0);
    int at;
    if (!x || !place(o, n, 1, x->n_items, &at))
        return;
    at = ln_ox_has_in(n, 1) ? at : at - 1;
    if (at < 0 || at >= x->n_items) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "item %d of a sequence of %d", at, x->n_items);
        return;
    }
    ln_ox_value *y = list(o, x->n_items - 1);
    for (int i = 0; y && i < y->n_items; i++)
        y->items[i] = x->items[i + (i >= at)];
    ln_ox_out_value(o, n, 0, y);
}

void ln_ox_sequence_at(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *x = sequence(o, n, 0);
    int at;
    if (!x || !place(o, n, 1, x->n_items, &at))
        return;
    if (at == x->n_items)
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "item %d of a sequence of %d", at, x->n_items);
    else
        ln_ox_out_value(o, n, 0, x->items[at]);
}

void ln_ox_sequence_length(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *x = sequence(o, n, 0);
    if (x)
        ln_ox_out(o, n, 0, ln_emit_number(&o->e, kTfLiteInt64, x->n_items));
}

/* ---- SplitToSequence, ConcatFromSequence ---- */

/* Sizes of the parts; all but the last of one size where input 1 is a number. */
static bool part_sizes(ln_ox *o, const ln_ox_node *n, int dim, int *sizes, int *count)
{
    const bool given = ln_ox_has_in(n, 1);
    int size = 1;
    if (given && !ln_ox_const_ints(o, n, 1, MOST_ITEMS, sizes, count))
        return false;
    if (given && ln_emit_shape(&o->e, ln_ox_in_id(o, n, 1)).rank == 1)
        return true;
    size = given ? sizes[0] : 1;
    if (size < 1 || dim < 0 || dim > MOST_ITEMS) {
        LN_OX_FAIL(o, "parts of %d of a dimension of %d", size, dim);
        return false;
    }
    for (*count = 0; dim > 0; dim -= size)
        sizes[(*count)++] = LN_MIN(size, dim);
    return true;
}

void ln_ox_split_to_sequence(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int *sizes = ln_arena_new(&o->m->arena, MOST_ITEMS, sizeof *sizes);
    int axis, count, begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    if (!v || !sizes || !ln_ox_axis(o, n, 0, v->at.rank, &axis))
        return;
    const ln_shape s = ln_ox_shape(o, v);
    if (!part_sizes(o, n, s.dim[axis], sizes, &count))
        return;
    const int most = s.dim[axis] < 0 ? 1 << 18 : s.dim[axis];
    for (int i = 0; i < count; i++)
        if (sizes[i] < 0 || sizes[i] > most) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "a part of %d of a dimension of %d", sizes[i],
                         s.dim[axis]);
            return;
        }
    const int stored = ln_ox_at(&v->at, axis);
    const bool squeeze = !ln_ox_has_in(n, 1) && !ln_ox_int(n, "keepdims", 1);
    const ln_ox_layout dropped = ln_ox_drop_axes(&v->at, 1u << axis);
    ln_ox_value *y = list(o, count);
    for (int i = 0; i < s.rank; i++)
        size[i] = -1;
    for (int i = 0; y && i < count && ln_ox_ok(o); begin[stored] += sizes[i++]) {
        size[stored] = sizes[i];
        ln_id part = ln_emit_slice(&o->e, ln_ox_id(o, v), s.rank, begin, size);
        if (squeeze)
            part = ln_emit_squeeze(&o->e, part, 1u << stored);
        y->items[i] = ln_ox_value_new(o, part, squeeze ? &dropped : &v->at);
    }
    ln_ox_out_value(o, n, 0, y);
}

void ln_ox_concat_from_sequence(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *x = sequence(o, n, 0);
    const bool pack = ln_ox_int(n, "new_axis", 0);
    ln_id *parts = x ? ln_arena_new(&o->m->arena, (size_t)x->n_items + 1, sizeof *parts) : NULL;
    int axis;
    if (!x || !parts || x->n_items < 1 || !x->items[0] || x->items[0]->items) {
        LN_OX_FAIL(o, "no tensors to join");
        return;
    }
    for (int i = 0; i < x->n_items && ln_ox_ok(o); i++)
        parts[i] = ln_ox_plain(o, x->items[i]);
    if (!ln_ox_axis(o, n, 0, x->items[0]->at.rank + pack, &axis))
        return;
    const TfLitePackParams p = {.values_count = x->n_items, .axis = axis};
    ln_ox_out(o, n, 0,
              pack ? ln_emit_nary(&o->e, &ln_op_pack, &p, x->n_items, parts)
                   : ln_emit_concat(&o->e, x->n_items, parts, axis));
}

/* ---- SequenceMap: its body for each item of the first operand ---- */

void ln_ox_sequence_map(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST = 16 };
    const ln_ox_value *x = sequence(o, n, 0);
    const Onnx__AttributeProto *body = ln_ox_attr(n, "body");
    ln_ox_value *in[MOST], *out[MOST], *y[MOST] = {0};
    const int n_in = ln_ox_n_in(n), n_out = ln_ox_n_out(n);
    if (!x)
        return;
    if (!body || !body->g || n_in > MOST || n_out > MOST) {
        LN_OX_FAIL(o, "a body for %d inputs and %d outputs", n_in, n_out);
        return;
    }
    for (int i = 0; i < n_out; i++)
        y[i] = list(o, x->n_items);
    for (int t = 0; t < x->n_items && ln_ox_ok(o); t++) {
        for (int i = 0; i < n_in; i++) {
            in[i] = ln_ox_in_any(o, n, i);
            if (in[i] && in[i]->items && t < in[i]->n_items)
                in[i] = in[i]->items[t];
        }
        ln_ox_inline(o, body->g, n_in, in, n_out, out);
        for (int i = 0; i < n_out && ln_ox_ok(o); i++)
            y[i]->items[t] = out[i];
    }
    for (int i = 0; i < n_out && ln_ox_ok(o); i++)
        ln_ox_out_value(o, n, i, y[i]);
}

/* ---- optional values: there, or an empty sequence that stands for none ---- */

void ln_ox_optional(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_has_in(n, 0) ? ln_ox_in_any(o, n, 0) : list(o, 0);
    if (v && !ln_ox_has_in(n, 0))
        v->absent = true;
    ln_ox_out_value(o, n, 0, v);
}

void ln_ox_optional_has(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_value *v = ln_ox_in_any(o, n, 0);
    ln_ox_out(o, n, 0, ln_emit_number(&o->e, kTfLiteBool, v && !v->absent));
}

void ln_ox_optional_get(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in_any(o, n, 0);
    if (v && v->absent)
        LN_OX_FAIL(o, "the optional value is not there");
    else
        ln_ox_out_value(o, n, 0, v);
}
