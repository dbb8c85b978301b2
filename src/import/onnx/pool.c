/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: pools, channels last.  AVERAGE_POOL_2D does not count padding; where ONNX does, or where
 * the padding is not SAME, the image is padded with zeros first and the averages are corrected by a
 * constant that holds how many items of each window count.  Three dimensions are pooled as two and
 * then one.  MAX_POOL_2D has no dilation: there the window's items are compared by slices. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

static ln_id pool_2d(ln_ox *o, const ln_op *op, ln_id x, const ln_ox_window *w)
{
    const int last = w->nd - 1;
    const TfLitePoolParams p = {.padding = w->same ? kTfLitePaddingSame : kTfLitePaddingValid,
                                .stride_height = w->nd == 1 ? 1 : w->stride[0],
                                .stride_width = w->stride[last],
                                .filter_height = w->nd == 1 ? 1 : w->size[0],
                                .filter_width = w->size[last]};
    return ln_emit_unary(&o->e, op, &p, x);
}

/* A pool over a padded image of two dimensions, by `op` or as that does it. */
typedef ln_id pool_fn(ln_ox *o, const ln_op *op, ln_id x, const ln_ox_window *w);

/* A padded image of three dimensions: height and width, then depth. */
static ln_id pool_3d(ln_ox *o, pool_fn *pool, const ln_op *op, ln_id x, const ln_ox_window *w)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    const ln_ox_window flat = {.nd = 2,
                               .size = {w->size[1], w->size[2]},
                               .stride = {w->stride[1], w->stride[2]},
                               .dilation = {w->dilation[1], w->dilation[2]}};
    const ln_ox_window deep = {.nd = 2,
                               .size = {w->size[0], 1},
                               .stride = {w->stride[0], 1},
                               .dilation = {w->dilation[0], 1}};
    for (int i = 1; i < 5; i++)
        if (s.dim[i] < 1) {
            LN_OX_FAIL(o, "a pool over three dimensions needs to know them");
            return -1;
        }
    ln_id y = ln_ox_reshape(o, x, 4, (const int[]){-1, s.dim[2], s.dim[3], s.dim[4]});
    y = pool(o, op, y, &flat);
    const ln_shape f = ln_emit_shape(&o->e, y);
    const int area = f.rank == 4 ? f.dim[1] * f.dim[2] : 0;
    y = ln_ox_reshape(o, y, 4, (const int[]){-1, s.dim[1], area, s.dim[4]});
    y = pool(o, op, y, &deep);
    const int d = ln_emit_shape(&o->e, y).dim[1];
    return ln_ox_reshape(o, y, 5, (const int[]){s.dim[0], d, f.dim[1], f.dim[2], s.dim[4]});
}

static ln_id pool(ln_ox *o, const ln_op *op, ln_id x, const ln_ox_window *w)
{
    return w->nd == 3 ? pool_3d(o, pool_2d, op, x, w) : pool_2d(o, op, x, w);
}

static bool is_dilated(const ln_ox_window *w)
{
    for (int i = 0; i < w->nd; i++)
        if (w->dilation[i] > 1 && w->size[i] > 1)
            return true;
    return false;
}

static bool sizes_are_known(const ln_ox_window *w, const int *in)
{
    for (int i = 0; i < w->nd; i++)
        if (in[i] < 0)
            return false;
    return true;
}

/* Image, shape and window of a pool node. */
static bool read_pool(ln_ox *o, const ln_ox_node *n, ln_ox_value **v, ln_shape *s, ln_ox_window *w)
{
    *v = ln_ox_in(o, n, 0);
    if (!*v)
        return false;
    *s = ln_ox_shape(o, *v);
    return ln_ox_window_read(o, n, s->rank - 2, s->dim + 2, NULL, w);
}

/* ---- maximum ---- */

/* The largest item of each dilated window, dimension by dimension. */
static ln_id max_of_slices(ln_ox *o, ln_id x, const ln_ox_window *w, const int *in)
{
    const int rank = LN_MAX(w->nd, 2) + 2, first = w->nd == 1 ? 2 : 1;
    for (int i = 0; i < w->nd; i++) {
        int begin[LN_MAX_RANK] = {0}, end[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
        const int out = ln_ox_window_count(w, i, in[i]), axis = first + i;
        const int last = (w->size[i] - 1) * w->dilation[i];
        int whole = ((1 << rank) - 1) & ~(1 << axis);
        ln_id y = -1;
        for (int k = 0; k < rank; k++)
            step[k] = 1;
        step[axis] = w->stride[i];
        for (int k = 0; k < w->size[i]; k++) {
            begin[axis] = k * w->dilation[i];
            end[axis] = begin[axis] + (out < 0 ? -last : (out - 1) * w->stride[i] + 1);
            whole |= out < 0 && begin[axis] == last ? 1 << axis : 0;
            const ln_id part = ln_ox_strided_slice(o, x, rank, begin, end, step, whole);
            y = k ? ln_ox_op2(o, &ln_op_maximum, y, part) : part;
        }
        x = y;
    }
    return x;
}

void ln_ox_max_pool(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST_SLICES = 64 };
    const float lowest = -INFINITY;
    ln_ox_value *v;
    ln_shape s;
    ln_ox_window w;
    if (!read_pool(o, n, &v, &s, &w))
        return;
    const bool dilated = is_dilated(&w), places = ln_ox_has_out(n, 1);
    if ((dilated || w.nd == 3 || places) && !ln_ox_window_written_out(o, s.dim + 2, &w))
        return;
    if (places) {
        ln_ox_max_pool_indices(o, n, v, &w);
        return;
    }
    ln_id x = ln_ox_image(o, v);
    const TfLiteType type = ln_emit_type(&o->e, x);
    x = ln_emit_cast(&o->e, x, kTfLiteFloat32);
    if (!w.same)
        x = ln_ox_pad_image(o, x, &w, &lowest);
    if (!dilated)
        x = pool(o, &ln_op_max_pool_2d, x, &w);
    else if (w.size[0] + w.size[w.nd - 1] > MOST_SLICES)
        LN_OX_FAIL(o, "a dilated window of %d", w.size[0]);
    else
        x = max_of_slices(o, x, &w, s.dim + 2);
    ln_ox_out_image(o, n, ln_emit_cast(&o->e, x, type), w.nd);
}

/* ---- average ---- */

/* How many items of window `at` along dimension i count. */
static int counted(const ln_ox_window *w, int i, int in, int at, bool with_pads)
{
    const int low = with_pads ? 0 : w->before[i];
    const int high = with_pads ? in + w->before[i] + w->after[i] - w->extra[i] : in + w->before[i];
    int count = 0;
    for (int k = 0; k < w->size[i]; k++) {
        const int p = at * w->stride[i] + k * w->dilation[i];
        count += p >= low && p < high;
    }
    return LN_MAX(count, 1);
}

/* One factor per window, in channels last with one channel. */
static ln_id correction(ln_ox *o, const ln_ox_window *w, const int *in, bool with_pads)
{
    ln_shape s = {.rank = w->nd + 2, .dim = {1}};
    size_t total = 1;
    for (int i = 0; i < w->nd; i++) {
        s.dim[i + 1] = ln_ox_window_count(w, i, in[i]);
        total *= (size_t)LN_MAX(s.dim[i + 1], 1);
    }
    s.dim[w->nd + 1] = 1;
    float *y = total < 1 << 24 ? ln_arena_new(&o->m->arena, total, sizeof *y) : NULL;
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t k = 0; k < total; k++) {
        double f = 1;
        size_t rest = k;
        for (int i = w->nd - 1; i >= 0; i--) {
            const int at = (int)(rest % (size_t)s.dim[i + 1]);
            rest /= (size_t)s.dim[i + 1];
            f *= (double)w->size[i] / counted(w, i, in[i], at, with_pads);
        }
        y[k] = (float)f;
    }
    const ln_id id = ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, total * sizeof *y, false);
    return w->nd == 1 ? ln_emit_expand_dims(&o->e, id, 1) : id;
}

/* Averages of dilated windows: a depthwise convolution with equal weights. */
static ln_id average_dilated_2d(ln_ox *o, ln_id x, const ln_ox_window *w)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    const int c = s.dim[s.rank - 1], h = w->nd == 1 ? 1 : w->size[0], v = w->size[w->nd - 1];
    if (c < 1 || h > 256 || v > 256) {
        LN_OX_FAIL(o, "a dilated average of windows of %d, %d channels", h, c);
        return -1;
    }
    const ln_id one =
        ln_ox_reshape(o, ln_emit_float(&o->e, 1.f / (float)(h * v)), 4, (const int[]){1, 1, 1, 1});
    const ln_id all = ln_emit_ints(&o->e, 4, (const int[]){1, h, v, c});
    const ln_id none = ln_emit_ints(&o->e, 1, &c);
    const ln_ox_filter f = {.weights = ln_ox_op2(o, &ln_op_tile, one, all),
                            .bias = ln_ox_op2(o, &ln_op_fill, none, ln_emit_float(&o->e, 0)),
                            .groups = c,
                            .in = c,
                            .out = c};
    return ln_ox_convolve(o, x, &f, w);
}

static ln_id dilated(ln_ox *o, const ln_op *op, ln_id x, const ln_ox_window *w)
{
    (void)op;
    return average_dilated_2d(o, x, w);
}

static ln_id average_dilated(ln_ox *o, ln_id x, const ln_ox_window *w)
{
    return w->nd == 3 ? pool_3d(o, dilated, NULL, x, w) : average_dilated_2d(o, x, w);
}

static ln_id averages(ln_ox *o, ln_id x, const ln_ox_window *w, bool direct)
{
    if (!direct)
        x = ln_ox_pad_image(o, x, w, NULL);
    return is_dilated(w) ? average_dilated(o, x, w) : pool(o, &ln_op_average_pool_2d, x, w);
}

/* An image of ones with one channel, as large as this one: its averages are the parts of windows
 * that count. */
static ln_id ones_like(ln_ox *o, ln_id image)
{
    const ln_shape s = ln_emit_shape(&o->e, image);
    const int begin = 1, size = s.rank - 2;
    const ln_id one = ln_emit_ints(&o->e, 1, (const int[]){1});
    const ln_id middle = ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, image), 1, &begin, &size);
    const ln_id parts[] = {one, middle, one};
    return ln_ox_op2(o, &ln_op_fill, ln_emit_concat(&o->e, 3, parts, 0), ln_emit_float(&o->e, 1));
}

void ln_ox_average_pool(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v;
    ln_shape s;
    ln_ox_window w;
    if (!read_pool(o, n, &v, &s, &w))
        return;
    const bool with_pads = ln_ox_int(n, "count_include_pad", 0), dilated = is_dilated(&w);
    const bool direct = !dilated && (w.valid || (w.same && !with_pads && w.nd < 3));
    bool extra = false;
    if (!direct && !ln_ox_window_written_out(o, s.dim + 2, &w))
        return;
    for (int i = 0; i < w.nd; i++)
        extra = extra || w.extra[i];
    const ln_id image = ln_ox_image(o, v);
    ln_id x = averages(o, image, &w, direct);
    if (!direct && !w.valid && (!with_pads || extra)) {
        if (sizes_are_known(&w, s.dim + 2))
            x = ln_ox_mul(o, x, correction(o, &w, s.dim + 2, with_pads));
        else if (!with_pads)
            x = ln_ox_div(o, x, averages(o, ones_like(o, image), &w, direct));
        else
            LN_OX_FAIL(o, "ceil_mode and count_include_pad need to know the image's size");
    }
    ln_ox_out_image(o, n, x, w.nd);
}

/* ---- norms ---- */

/* |x|^p */
static ln_id to_power(ln_ox *o, ln_id x, int p)
{
    if (p == 2)
        return ln_ox_op1(o, &ln_op_square, x);
    const ln_id size = ln_ox_op1(o, &ln_op_abs, x);
    return p == 1 ? size : ln_ox_op2(o, &ln_op_pow, size, ln_emit_float(&o->e, (float)p));
}

static ln_id to_root(ln_ox *o, ln_id x, int p)
{
    if (p == 2)
        return ln_ox_op1(o, &ln_op_sqrt, x);
    return p == 1 ? x : ln_ox_op2(o, &ln_op_pow, x, ln_emit_float(&o->e, 1.f / (float)p));
}

void ln_ox_lp_pool(ln_ox *o, const ln_ox_node *n)
{
    const int p = ln_ox_int(n, "p", 2);
    double items = 1;
    ln_ox_value *v;
    ln_shape s;
    ln_ox_window w;
    if (!read_pool(o, n, &v, &s, &w) || !ln_ox_window_written_out(o, s.dim + 2, &w))
        return;
    if (p < 1) {
        LN_OX_FAIL(o, "p is %d", p);
        return;
    }
    for (int i = 0; i < w.nd; i++)
        items *= w.size[i];
    ln_id x = ln_ox_pad_image(o, to_power(o, ln_ox_image(o, v), p), &w, NULL);
    x = is_dilated(&w) ? average_dilated(o, x, &w) : pool(o, &ln_op_average_pool_2d, x, &w);
    x = ln_ox_mul(o, x, ln_emit_float(&o->e, (float)items));
    ln_ox_out_image(o, n, to_root(o, x, p), w.nd);
}

/* The stored axes of all spatial dimensions. */
static int spatial_axes(const ln_ox_value *v, int *axes)
{
    int count = 0;
    for (int i = 0; i < v->at.rank; i++)
        if (v->at.dim[i] > 1)
            axes[count++] = i;
    return count;
}

void ln_ox_global_pool(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axes[LN_MAX_RANK];
    if (!v)
        return;
    const int count = spatial_axes(v, axes);
    ln_ox_out_at(o, n, 0, ln_emit_reduce(&o->e, n->row->to, ln_ox_id(o, v), count, axes, true),
                 &v->at);
}

void ln_ox_global_lp_pool(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int p = ln_ox_int(n, "p", 2);
    int axes[LN_MAX_RANK];
    if (!v)
        return;
    const int count = spatial_axes(v, axes);
    const ln_id sum = ln_emit_reduce(&o->e, &ln_op_sum, to_power(o, ln_ox_id(o, v), LN_MAX(p, 1)),
                                     count, axes, true);
    ln_ox_out_at(o, n, 0, to_root(o, sum, LN_MAX(p, 1)), &v->at);
}
