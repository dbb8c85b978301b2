/* SPDX-License-Identifier: Apache-2.0 */
/* window.c: how windows lie over an image.  ONNX says the padding at each side; TFLite has SAME and
 * VALID.  What is neither is padded by a PAD in front, for which the image gets VALID windows. */
#include <string.h>

#include "import/onnx/families.h"

static int reach(const ln_ox_window *w, int i)
{
    return (w->size[i] - 1) * w->dilation[i] + 1;
}

/* What SAME adds in all along a dimension. */
static int same_total(const ln_ox_window *w, int i, int in)
{
    const int out = (in + w->stride[i] - 1) / w->stride[i];
    return LN_MAX((out - 1) * w->stride[i] + reach(w, i) - in, 0);
}

static bool is_same(const ln_ox_window *w, int i, int in)
{
    const int total = in >= 0 ? same_total(w, i, in) : reach(w, i) - 1;
    if (in < 0 && w->stride[i] != 1)
        return false;
    return w->before[i] == total / 2 && w->after[i] == total - total / 2;
}

int ln_ox_window_count(const ln_ox_window *w, int i, int in)
{
    if (in < 0)
        return -1;
    if (w->same)
        return (in + w->stride[i] - 1) / w->stride[i];
    const int room = in + w->before[i] + w->after[i] - reach(w, i);
    return room < 0 ? 0 : room / w->stride[i] + 1;
}

/* ceil_mode: one more window where the last one would hang over, unless it began beyond the end. */
static bool add_ceil(ln_ox *o, ln_ox_window *w, const int *in)
{
    for (int i = 0; i < w->nd; i++) {
        if (in[i] < 0 && w->after[i] + w->stride[i] > reach(w, i)) {
            LN_OX_FAIL(o, "ceil_mode needs to know the image's size");
            return false;
        }
        if (in[i] < 0) { /* no window begins beyond the end: this much is always right */
            w->extra[i] = w->stride[i] - 1;
            w->after[i] += w->extra[i];
            continue;
        }
        const int padded = in[i] + w->before[i] + w->after[i], room = padded - reach(w, i);
        const int over = room < 0 ? -room : (w->stride[i] - room % w->stride[i]) % w->stride[i];
        const int begin = room < 0 ? 0 : (room + over) / w->stride[i] * w->stride[i];
        if (over && begin < in[i] + w->before[i]) {
            w->extra[i] = over;
            w->after[i] += over;
        }
    }
    return true;
}

/* The padding that SAME stands for; an odd item goes in front where `lower`, else behind. */
static bool pads_of_same(ln_ox *o, const int *in, ln_ox_window *w, bool lower)
{
    for (int i = 0; i < w->nd; i++) {
        if (in[i] < 0 && w->stride[i] > 1) {
            LN_OX_FAIL(o, "padding as SAME needs to know the image's size");
            return false;
        }
        const int total = in[i] < 0 ? reach(w, i) - 1 : same_total(w, i, in[i]);
        const int more = total - total / 2;
        w->before[i] = lower ? more : total / 2;
        w->after[i] = lower ? total / 2 : more;
    }
    return true;
}

bool ln_ox_window_written_out(ln_ox *o, const int *in, ln_ox_window *w)
{
    if (w->same && !pads_of_same(o, in, w, false))
        return false;
    w->same = false;
    return true;
}

static bool read_pads(ln_ox *o, const ln_ox_node *n, const int *in, ln_ox_window *w)
{
    int pads[2 * LN_OX_MAX_ND] = {0};
    if (ln_ox_is(n, "auto_pad", "SAME_UPPER", "NOTSET")) {
        w->same = true;
        return true;
    }
    if (ln_ox_is(n, "auto_pad", "SAME_LOWER", "NOTSET"))
        return pads_of_same(o, in, w, true);
    if (!ln_ox_is(n, "auto_pad", "VALID", "NOTSET"))
        (void)ln_ox_ints(n, "pads", 2 * w->nd, pads);
    for (int i = 0; i < w->nd; i++) {
        w->before[i] = pads[i];
        w->after[i] = pads[w->nd + i];
        if (pads[i] < 0 || pads[w->nd + i] < 0 || pads[i] > 1 << 16 || pads[w->nd + i] > 1 << 16) {
            LN_OX_FAIL(o, "pads of %d and %d", pads[i], pads[w->nd + i]);
            return false;
        }
    }
    return true;
}

static bool in_limits(ln_ox *o, const ln_ox_window *w)
{
    enum { MAX = 1 << 16 };
    for (int i = 0; i < w->nd; i++)
        if (w->size[i] < 1 || w->stride[i] < 1 || w->dilation[i] < 1 || w->size[i] > MAX ||
            w->stride[i] > MAX || w->dilation[i] > MAX / w->size[i]) {
            LN_OX_FAIL(o, "a window of %d with stride %d and dilation %d", w->size[i], w->stride[i],
                       w->dilation[i]);
            return false;
        }
    return true;
}

bool ln_ox_window_read(ln_ox *o, const ln_ox_node *n, int nd, const int *in, const int *size,
                       ln_ox_window *w)
{
    if (!ln_ox_ok(o))
        return false;
    if (nd < 1 || nd > LN_OX_MAX_ND) {
        LN_OX_FAIL(o, "%d spatial dimensions are not 1 to %d", nd, (int)LN_OX_MAX_ND);
        return false;
    }
    *w = (ln_ox_window){.nd = nd};
    for (int i = 0; i < nd; i++) {
        w->stride[i] = w->dilation[i] = 1;
        w->size[i] = size ? size[i] : 0;
    }
    (void)ln_ox_ints(n, "kernel_shape", nd, w->size);
    (void)ln_ox_ints(n, "strides", nd, w->stride);
    (void)ln_ox_ints(n, "dilations", nd, w->dilation);
    if (!in_limits(o, w) || !read_pads(o, n, in, w))
        return false;
    if (w->same)
        return true;
    if (ln_ox_int(n, "ceil_mode", 0) && !add_ceil(o, w, in))
        return false;
    w->same = w->valid = true;
    for (int i = 0; i < nd; i++) {
        w->valid = w->valid && w->before[i] == 0 && w->after[i] == 0;
        w->same = w->same && is_same(w, i, in[i]);
    }
    w->same = w->same && !w->valid;
    return true;
}

ln_id ln_ox_image(ln_ox *o, ln_ox_value *v)
{
    const ln_ox_layout last = ln_ox_channels_last(v->at.rank);
    const ln_id x = ln_ox_as(o, v, &last);
    return v->at.rank == 3 ? ln_emit_expand_dims(&o->e, x, 1) : x;
}

void ln_ox_out_image(ln_ox *o, const ln_ox_node *n, ln_id y, int nd)
{
    const ln_ox_layout last = ln_ox_channels_last(nd + 2);
    ln_ox_out_at(o, n, 0, nd == 1 ? ln_emit_squeeze(&o->e, y, 1u << 1) : y, &last);
}

ln_id ln_ox_pad_image(ln_ox *o, ln_id x, const ln_ox_window *w, const float *value)
{
    int before[LN_MAX_RANK] = {0}, after[LN_MAX_RANK] = {0};
    const int first = w->nd == 1 ? 2 : 1, rank = LN_MAX(w->nd, 2) + 2;
    for (int i = 0; i < w->nd; i++) {
        before[first + i] = w->before[i];
        after[first + i] = w->after[i];
    }
    return ln_emit_pad_value(&o->e, x, rank, before, after,
                             value ? ln_emit_float(&o->e, *value) : -1);
}
