/* SPDX-License-Identifier: Apache-2.0 */
/* flex_slice_grad.c: what slices and mirrored pads give back.
 *
 *   StridedSliceGrad   shape, begin, end, strides [n] of x[begin:end:strides], dy -> zeros of that
 *                      shape with dy where the slice was; the masks as in StridedSlice
 *   MirrorPadGrad      dy, paddings [rank, 2] -> dy without the pads, which are added to what they
 *                      mirror */
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { SHAPE, BEGIN, END, STRIDES, DY, MAX_ENTRIES = 2 * LN_MAX_RANK };

/* ---- StridedSliceGrad ---- */

static ln_status slice_infer(ln_call *c)
{
    ln_shape y = ln_shape_unknown(-1);
    const ln_shape s = ln_shape_of(c->in[SHAPE]);
    for (int i = SHAPE; i <= STRIDES; i++) {
        LN_TRY(ln_check_type(c, i, LN_BIT(Int32) | LN_BIT(Int64)));
        LN_CHECK(c, ln_shape_of(c->in[i]).rank == 1, "input %d is no vector", i);
    }
    LN_CHECK(c, ln_type_size(c->in[DY]->type) > 0, "the gradient has type %s",
             ln_type_name(c->in[DY]->type));
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
        for (int i = 0; i < y.rank; i++)
            LN_CHECK(c, y.dim[i] >= 0, "dimension %d is %d", i, y.dim[i]);
    } else if (s.dim[0] >= 0) {
        LN_CHECK(c, s.dim[0] <= LN_MAX_RANK, "the rank is %d", s.dim[0]);
        y = ln_shape_unknown(s.dim[0]);
    }
    return ln_set_out(c, 0, c->in[DY]->type, &y);
}

typedef struct part {
    int begin[LN_MAX_RANK], stride[LN_MAX_RANK], size[LN_MAX_RANK]; /* per dimension of y */
} part;

typedef struct masks {
    int64_t begin, end, ellipsis, new_axis, shrink;
} masks;

static bool bit(int64_t mask, int i)
{
    return mask >> i & 1;
}

/* One dimension of `dim` items by entry i of the vectors. */
static ln_status take(ln_call *c, const masks *m, int i, int axis, int dim, part *p)
{
    const int64_t stride = ln_int_at(c->in[STRIDES], i);
    int64_t begin = ln_int_at(c->in[BEGIN], i), end = ln_int_at(c->in[END], i);
    LN_CHECK(c, stride != 0 && stride >= -INT32_MAX && stride <= INT32_MAX, "stride %d is %lld", i,
             (long long)stride);
    const int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : (int64_t)dim - 1;
    begin = bit(m->begin, i) ? (stride > 0 ? low : high) : begin < 0 ? begin + dim : begin;
    end = bit(m->end, i) ? (stride > 0 ? high : low) : end < 0 ? end + dim : end;
    if (bit(m->shrink, i)) {
        LN_CHECK(c, begin >= 0 && begin < dim && stride > 0, "index %d is outside", i);
        end = begin + 1;
    }
    begin = LN_MIN(LN_MAX(begin, low), high);
    end = LN_MIN(LN_MAX(end, low), high);
    const int64_t way = stride > 0 ? end - begin : begin - end;
    const int64_t step = stride > 0 ? stride : -stride;
    p->begin[axis] = (int)begin;
    p->stride[axis] = (int)stride;
    p->size[axis] = way > 0 ? (int)((way + step - 1) / step) : 0;
    return LN_OK;
}

static void take_whole(part *p, const ln_shape *y, int axis)
{
    p->begin[axis] = 0;
    p->stride[axis] = 1;
    p->size[axis] = y->dim[axis];
}

static ln_status resolve(ln_call *c, const ln_shape *y, part *p)
{
    const masks m = {ln_flex_int(c, "begin_mask", 0), ln_flex_int(c, "end_mask", 0),
                     ln_flex_int(c, "ellipsis_mask", 0), ln_flex_int(c, "new_axis_mask", 0),
                     ln_flex_int(c, "shrink_axis_mask", 0)};
    const int n = ln_count(c->in[BEGIN]);
    int taking = 0, axis = 0;
    LN_CHECK(c, n <= MAX_ENTRIES && ln_count(c->in[END]) == n && ln_count(c->in[STRIDES]) == n,
             "begin, end and strides have different lengths");
    for (int i = 0; i < n; i++)
        taking += !bit(m.ellipsis, i) && !bit(m.new_axis, i);
    LN_CHECK(c, taking <= y->rank, "there are %d entries for %d dimensions", taking, y->rank);
    for (int i = 0; i < n; i++) {
        for (int k = y->rank - taking; bit(m.ellipsis, i) && k > 0; k--)
            take_whole(p, y, axis++);
        LN_CHECK(c, axis <= y->rank, "there are two ellipses");
        if (bit(m.ellipsis, i) || bit(m.new_axis, i))
            continue;
        LN_CHECK(c, axis < y->rank, "there are two ellipses");
        LN_TRY(take(c, &m, i, axis, y->dim[axis], p));
        axis++;
    }
    for (; axis < y->rank; axis++)
        take_whole(p, y, axis);
    return LN_OK;
}

static ln_status slice_eval(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const size_t size = ln_type_size(c->out[0]->type);
    const char *from = c->in[DY]->data.raw;
    char *to = c->out[0]->data.raw;
    int at[LN_MAX_RANK] = {0};
    int64_t items = 1;
    part p = {{0}, {0}, {0}};
    LN_TRY(resolve(c, &y, &p));
    for (int k = 0; k < y.rank; k++)
        items *= p.size[k];
    LN_CHECK(c, items == ln_count(c->in[DY]), "the slice has %lld items, the gradient %d",
             (long long)items, ln_count(c->in[DY]));
    memset(to, 0, (size_t)ln_count(c->out[0]) * size);
    for (int64_t n = 0; n < items; n++, from += size) {
        int64_t place = 0;
        for (int k = 0; k < y.rank; k++)
            place = place * y.dim[k] + p.begin[k] + (int64_t)at[k] * p.stride[k];
        memcpy(to + (size_t)place * size, from, size);
        for (int k = y.rank - 1; k >= 0 && ++at[k] == p.size[k]; k--)
            at[k] = 0;
    }
    return LN_OK;
}

LN_FLEX_OP(strided_slice_grad, "StridedSliceGrad", 5, 5, 1, slice_infer, slice_eval);

/* ---- MirrorPadGrad ---- */

enum { PADS = 1 };

static ln_status pad_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), p = ln_shape_of(c->in[PADS]);
    ln_shape y = ln_shape_unknown(x.rank);
    int pads[2 * LN_MAX_RANK], n;
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32) | LN_BIT(Float64)));
    LN_TRY(ln_check_type(c, PADS, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_CHECK(c,
             p.rank == 2 && (p.dim[0] == x.rank || p.dim[0] < 0) && (p.dim[1] == 2 || p.dim[1] < 0),
             "the paddings are no [%d, 2] matrix", x.rank);
    LN_CHECK(c,
             ln_flex_str_is(c, "mode", "REFLECT", "") || ln_flex_str_is(c, "mode", "SYMMETRIC", ""),
             "the mode is neither REFLECT nor SYMMETRIC");
    if (!ln_known(c, PADS))
        return ln_set_out(c, 0, c->in[0]->type, &y);
    LN_TRY(ln_read_ints(c, PADS, LN_COUNTOF(pads), pads, &n));
    LN_CHECK(c, n == 2 * x.rank, "there are %d paddings for rank %d", n, x.rank);
    const int apart = ln_flex_str_is(c, "mode", "REFLECT", "");
    for (int k = 0; k < x.rank; k++) {
        const int64_t dim = (int64_t)x.dim[k] - pads[2 * k] - pads[2 * k + 1];
        if (x.dim[k] < 0)
            continue;
        LN_CHECK(c,
                 pads[2 * k] >= 0 && pads[2 * k + 1] >= 0 && dim >= 0 &&
                     LN_MAX(pads[2 * k], pads[2 * k + 1]) <= LN_MAX(dim - apart, 0),
                 "dimension %d, of %d, has paddings of %d and %d", k, x.dim[k], pads[2 * k],
                 pads[2 * k + 1]);
        y.dim[k] = (int)dim;
    }
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

/* What item i of a padded line of `n` behind `before` mirrors. */
static int mirrored(int i, int before, int n, int apart)
{
    const int at = i - before;
    return at < 0 ? apart - 1 - at : at >= n ? 2 * n - 1 - apart - at : at;
}

static ln_status pad_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), y = ln_shape_of(c->out[0]);
    const int apart = ln_flex_str_is(c, "mode", "REFLECT", "");
    const size_t bytes = (size_t)ln_count(c->out[0]) * ln_type_size(c->out[0]->type);
    const bool dual = x.rank >= 0 && c->in[0]->type == kTfLiteFloat64;
    int at[LN_MAX_RANK] = {0};
    memset(c->out[0]->data.data, 0, bytes);
    for (int i = 0, n = ln_count(c->in[0]); i < n; i++) {
        int64_t place = 0;
        for (int k = 0; k < x.rank; k++)
            place = place * y.dim[k] +
                    mirrored(at[k], (int)ln_int_at(c->in[PADS], 2 * k), y.dim[k], apart);
        if (dual)
            c->out[0]->data.f64[place] += c->in[0]->data.f64[i];
        else
            c->out[0]->data.f[place] += c->in[0]->data.f[i];
        for (int k = x.rank - 1; k >= 0 && ++at[k] == x.dim[k]; k--)
            at[k] = 0;
    }
    return LN_OK;
}

LN_FLEX_OP(mirror_pad_grad, "MirrorPadGrad", 2, 2, 1, pad_infer, pad_eval);
