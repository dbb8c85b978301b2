/* SPDX-License-Identifier: Apache-2.0 */
/* pad.c: Pad in its modes, along the stored dimensions.  Negative padding is a SLICE first; edges
 * and wrapping are pieces put together. */
#include <string.h>

#include "import/onnx/families.h"

typedef struct padding {
    int rank;
    int before[LN_MAX_RANK], after[LN_MAX_RANK]; /* stored dimensions */
} padding;

static bool read_padding(ln_ox *o, const ln_ox_node *n, const ln_ox_value *v, padding *p)
{
    int pads[2 * LN_MAX_RANK], axes[LN_MAX_RANK], count, n_axes = -1;
    *p = (padding){.rank = v->at.rank};
    if (n->opset < 11)
        count = ln_ox_ints(n, "pads", 2 * LN_MAX_RANK, pads);
    else if (!ln_ox_const_ints(o, n, 1, 2 * LN_MAX_RANK, pads, &count))
        return false;
    if (n->opset >= 11 && ln_ox_has_in(n, 3) &&
        !ln_ox_const_ints(o, n, 3, LN_MAX_RANK, axes, &n_axes))
        return false;
    if (n_axes < 0)
        for (n_axes = 0; n_axes < p->rank; n_axes++)
            axes[n_axes] = n_axes;
    if (count != 2 * n_axes || p->rank < 0) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "%d pads for %d dimensions", count, n_axes);
        return false;
    }
    for (int i = 0; i < n_axes; i++) {
        const int axis = axes[i] + (axes[i] < 0 ? p->rank : 0);
        if (axis < 0 || axis >= p->rank) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "axis %d of %d dimensions", axes[i], p->rank);
            return false;
        }
        p->before[ln_ox_at(&v->at, axis)] = pads[i];
        p->after[ln_ox_at(&v->at, axis)] = pads[n_axes + i];
    }
    return true;
}

/* Cuts what negative padding takes away. */
static ln_id cut(ln_ox *o, ln_id x, padding *p)
{
    int begin[LN_MAX_RANK] = {0}, end[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
    int open_ends = (1 << p->rank) - 1;
    bool any = false;
    for (int i = 0; i < p->rank; i++) {
        step[i] = 1;
        begin[i] = LN_MAX(-p->before[i], 0);
        if (p->after[i] < 0) {
            end[i] = p->after[i];
            open_ends &= ~(1 << i);
        }
        any = any || p->before[i] < 0 || p->after[i] < 0;
        p->before[i] = LN_MAX(p->before[i], 0);
        p->after[i] = LN_MAX(p->after[i], 0);
    }
    return any ? ln_ox_strided_slice(o, x, p->rank, begin, end, step, open_ends) : x;
}

static ln_id mirrored(ln_ox *o, ln_id x, const padding *p, TfLiteMirrorPaddingMode mode)
{
    const ln_shape s = {.rank = 2, .dim = {p->rank, 2}};
    const TfLiteMirrorPaddingParams params = {.mode = mode};
    int pads[2 * LN_MAX_RANK];
    for (int i = 0; i < p->rank; i++) {
        pads[2 * i] = p->before[i];
        pads[2 * i + 1] = p->after[i];
    }
    const ln_id c =
        ln_emit_constant(&o->e, kTfLiteInt32, &s, pads, 2 * sizeof *pads * (size_t)p->rank, true);
    return ln_emit_binary(&o->e, &ln_op_mirror_pad, &params, x, c);
}

/* `size` items from `from` on, which may be counted from the end; then they reach to it. */
static ln_id piece(ln_ox *o, ln_id x, int rank, int axis, int from, int size)
{
    int begin[LN_MAX_RANK] = {0}, sizes[LN_MAX_RANK], ends[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        sizes[i] = -1;
        step[i] = 1;
    }
    begin[axis] = from;
    sizes[axis] = size;
    return from < 0 ? ln_ox_strided_slice(o, x, rank, begin, ends, step, (1 << rank) - 1)
                    : ln_emit_slice(&o->e, x, rank, begin, sizes);
}

static ln_id repeated(ln_ox *o, ln_id x, int rank, int axis, int times)
{
    int repeats[LN_MAX_RANK];
    for (int i = 0; i < rank; i++)
        repeats[i] = i == axis ? times : 1;
    return times == 1 ? x : ln_ox_op2(o, &ln_op_tile, x, ln_emit_ints(&o->e, rank, repeats));
}

/* Along one dimension: its first and last items repeated, or the other end's items. */
static ln_id extended(ln_ox *o, ln_id x, const padding *p, int axis, bool wrap)
{
    ln_id parts[3];
    int n = 0;
    const int before = p->before[axis], after = p->after[axis];
    const int dim = ln_emit_shape(&o->e, x).dim[axis];
    if (!before && !after)
        return x;
    const int most = dim < 0 ? 1 : dim; /* items that are there for sure */
    if (dim == 0 || (wrap && (before > most || after > most)))
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "pads of %d and %d for a dimension of %d",
                            before, after, dim);
    if (before)
        parts[n++] = wrap ? piece(o, x, p->rank, axis, dim < 0 ? -before : dim - before, before)
                          : repeated(o, piece(o, x, p->rank, axis, 0, 1), p->rank, axis, before);
    parts[n++] = x;
    if (after)
        parts[n++] = wrap ? piece(o, x, p->rank, axis, 0, after)
                          : repeated(o, piece(o, x, p->rank, axis, dim < 0 ? -1 : dim - 1, 1),
                                     p->rank, axis, after);
    return ln_emit_concat(&o->e, n, parts, axis);
}

static bool at_most_one(const padding *p)
{
    for (int i = 0; i < p->rank; i++)
        if (p->before[i] > 1 || p->after[i] > 1)
            return false;
    return true;
}

static ln_id pad_constant(ln_ox *o, const ln_ox_node *n, ln_id x, const padding *p)
{
    ln_id value = n->opset >= 11 ? ln_ox_in_id(o, n, 2) : -1;
    double v = n->opset < 11 ? (double)ln_ox_float(n, "value", 0) : 0;
    if (value >= 0 && !ln_emit_read_number(&o->e, value, &v))
        value = ln_ox_reshape(o, value, 0, NULL);
    else
        value = v == 0 ? -1 : ln_ox_like(o, x, v);
    return ln_emit_pad_value(&o->e, x, p->rank, p->before, p->after, value);
}

/* Each axis from the middle: cut, or with zeros around it; what is odd goes behind. */
void ln_ox_center_crop_pad(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK], more[2][LN_MAX_RANK] = {0};
    int wanted[LN_MAX_RANK], axes[LN_MAX_RANK], count, n_axes;
    if (!v || !ln_ox_const_ints(o, n, 1, LN_MAX_RANK, wanted, &count) ||
        !ln_ox_axes(o, n, -1, v->at.rank, axes, &n_axes))
        return;
    const ln_shape s = ln_ox_shape(o, v);
    for (int i = 0; i < s.rank; i++)
        size[i] = -1;
    for (int i = 0; i < count; i++) {
        const int axis = n_axes < 0 ? i : axes[i], dim = axis < s.rank ? s.dim[axis] : -1;
        const int stored = ln_ox_at(&v->at, axis);
        if (dim < 0 || wanted[i] < 1 || (n_axes >= 0 && n_axes != count)) {
            LN_OX_FAIL(o, "a dimension of %d to %d", dim, wanted[i]);
            return;
        }
        size[stored] = LN_MIN(dim, wanted[i]);
        begin[stored] = LN_MAX(dim - wanted[i], 0) / 2;
        more[0][stored] = LN_MAX(wanted[i] - dim, 0) / 2;
        more[1][stored] = LN_MAX(wanted[i] - dim, 0) - more[0][stored];
    }
    const ln_id x = ln_emit_slice(&o->e, ln_ox_id(o, v), s.rank, begin, size);
    ln_ox_out_at(o, n, 0, ln_emit_pad(&o->e, x, s.rank, more[0], more[1]), &v->at);
}

void ln_ox_pad(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    padding p;
    if (!v || !read_padding(o, n, v, &p))
        return;
    ln_id x = cut(o, ln_ox_id(o, v), &p);
    const bool edge = ln_ox_is(n, "mode", "edge", "constant");
    if (ln_ox_is(n, "mode", "constant", "constant"))
        x = pad_constant(o, n, x, &p);
    else if (ln_ox_is(n, "mode", "reflect", ""))
        x = mirrored(o, x, &p, kTfLiteMirrorPaddingReflect);
    else if (edge && at_most_one(&p))
        x = mirrored(o, x, &p, kTfLiteMirrorPaddingSymmetric);
    else if (edge || ln_ox_is(n, "mode", "wrap", ""))
        for (int i = 0; i < p.rank; i++)
            x = extended(o, x, &p, i, !edge);
    else
        LN_OX_FAIL(o, "an unknown mode");
    ln_ox_out_at(o, n, 0, x, &v->at);
}
