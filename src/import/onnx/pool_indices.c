/* SPDX-License-Identifier: Apache-2.0 */
/* pool_indices.c: MaxPool that also says where each maximum is.  No builtin operator does: the
 * items of the windows are compared one after the other, each a strided slice of the image, and the
 * place of the largest so far is kept beside it. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

typedef struct places {
    const ln_ox_window *w;
    int in[LN_OX_MAX_ND], out[LN_OX_MAX_ND]; /* spatial dimensions */
    int step[LN_OX_MAX_ND];                  /* of a place, in the plane of a channel */
    int first, rank;                         /* first spatial dimension as stored */
} places;

/* The tap's offset along each dimension. */
static void offsets(const places *p, int tap, int *k)
{
    for (int i = p->w->nd - 1; i >= 0; i--) {
        k[i] = tap % p->w->size[i];
        tap /= p->w->size[i];
    }
}

static ln_id slice_of(ln_ox *o, const places *p, ln_id x, const int *k)
{
    int begin[LN_MAX_RANK] = {0}, end[LN_MAX_RANK] = {0}, step[LN_MAX_RANK], whole = 0;
    for (int i = 0; i < p->rank; i++) {
        step[i] = 1;
        whole |= 1 << i;
    }
    for (int i = 0; i < p->w->nd; i++) {
        const int axis = p->first + i;
        begin[axis] = k[i] * p->w->dilation[i];
        end[axis] = begin[axis] + (p->out[i] - 1) * p->w->stride[i] + 1;
        step[axis] = p->w->stride[i];
        whole &= ~(1 << axis);
    }
    return ln_ox_strided_slice(o, x, p->rank, begin, end, step, whole);
}

/* Where in its plane this item of each window is, int32 [1, out ..., 1]. */
static ln_id where(ln_ox *o, const places *p, const int *k)
{
    ln_shape s = {.rank = p->rank};
    int count = 1;
    for (int i = 0; i < p->rank; i++)
        s.dim[i] = 1;
    for (int i = 0; i < p->w->nd; i++) {
        s.dim[p->first + i] = p->out[i];
        count *= p->out[i];
    }
    int32_t *y = ln_arena_new(&o->m->arena, (size_t)count, sizeof *y);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int n = 0; n < count; n++) {
        int64_t place = 0;
        for (int i = p->w->nd - 1, rest = n; i >= 0; i--) {
            const int64_t at = (int64_t)(rest % p->out[i]) * p->w->stride[i] +
                               k[i] * p->w->dilation[i] - p->w->before[i];
            place += at * p->step[i];
            rest /= p->out[i];
        }
        y[n] = (int32_t)LN_MIN(LN_MAX(place, 0), INT32_MAX); /* clipped: padding, never largest */
    }
    return ln_emit_constant(&o->e, kTfLiteInt32, &s, y, (size_t)count * sizeof *y, false);
}

/* Where the plane of each image and channel begins, [n, 1 ..., c]. */
static ln_id planes(ln_ox *o, const places *p, const ln_shape *x)
{
    ln_shape s = {.rank = p->rank};
    const int n = x->dim[0], c = x->dim[1], area = ln_shape_count(x, 2, x->rank);
    int32_t *y = ln_arena_new(&o->m->arena, (size_t)n * (size_t)c, sizeof *y);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < p->rank; i++)
        s.dim[i] = i == 0 ? n : i + 1 == p->rank ? c : 1;
    for (int i = 0; i < n * c; i++)
        y[i] = i * area;
    return ln_emit_constant(&o->e, kTfLiteInt32, &s, y, (size_t)n * (size_t)c * sizeof *y, false);
}

static bool read_places(ln_ox *o, const ln_ox_node *n, const ln_shape *x, places *p)
{
    enum { MOST_TAPS = 64 };
    const int nd = p->w->nd, total = ln_shape_count(x, 0, x->rank);
    int64_t taps = 1, windows = 1;
    for (int i = 0; i < nd; i++) {
        p->in[i] = x->dim[2 + i];
        p->out[i] = ln_ox_window_count(p->w, i, p->in[i]);
        taps *= p->w->size[i];
        windows *= p->out[i];
        if (total < 1 || total > 1 << 28 || p->out[i] < 1 || taps > MOST_TAPS ||
            windows > 1 << 22) {
            LN_OX_FAIL(o, "places of maxima need known shapes and windows of at most %d items",
                       (int)MOST_TAPS);
            return false;
        }
    }
    const bool columns = ln_ox_int(n, "storage_order", 0);
    for (int i = 0, step = 1; i < nd; i++) {
        const int axis = columns ? i : nd - 1 - i;
        p->step[axis] = step;
        step *= p->in[axis];
    }
    p->first = nd == 1 ? 2 : 1;
    p->rank = LN_MAX(nd, 2) + 2;
    return true;
}

void ln_ox_max_pool_indices(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, const ln_ox_window *w)
{
    const float lowest = -INFINITY;
    const ln_shape xs = ln_ox_shape(o, v);
    const ln_ox_layout last = ln_ox_channels_last(w->nd + 2);
    places p = {.w = w};
    ln_id most = -1, at = -1;
    int taps = 1, k[LN_OX_MAX_ND];
    if (!read_places(o, n, &xs, &p))
        return;
    ln_id x = ln_ox_image(o, v);
    const TfLiteType type = ln_emit_type(&o->e, x);
    x = ln_ox_pad_image(o, ln_emit_cast(&o->e, x, kTfLiteFloat32), w, &lowest);
    for (int i = 0; i < w->nd; i++)
        taps *= w->size[i];
    for (int tap = 0; tap < taps && ln_ox_ok(o); tap++) {
        offsets(&p, tap, k);
        const ln_id here = slice_of(o, &p, x, k), place = where(o, &p, k);
        if (tap == 0) { /* every place, though all have the same row */
            const ln_shape s = ln_emit_shape(&o->e, here);
            most = here;
            at = ln_ox_op2(o, &ln_op_broadcast_to, place, ln_emit_ints(&o->e, s.rank, s.dim));
            continue;
        }
        at = ln_ox_select(o, ln_ox_op2(o, &ln_op_greater, here, most), place, at);
        most = ln_ox_op2(o, &ln_op_maximum, most, here);
    }
    at = ln_emit_cast(&o->e, ln_ox_add(o, at, planes(o, &p, &xs)), kTfLiteInt64);
    ln_ox_out_image(o, n, ln_emit_cast(&o->e, most, type), w->nd);
    ln_ox_out_at(o, n, 1, w->nd == 1 ? ln_emit_squeeze(&o->e, at, 1u << 1) : at, &last);
}
