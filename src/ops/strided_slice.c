/* SPDX-License-Identifier: Apache-2.0 */
/* strided_slice.c: STRIDED_SLICE: NumPy's x[begin:end:stride, ...] with all masks.
 *
 *   x [d0, d1, ...]   begin, end, strides [n]
 * Bit i of a mask is about entry i of the vectors: an ellipsis stands for as many dimensions as
 * the others leave, a new axis adds a dimension of 1, a shrunk one takes its first item and goes.
 * Dimensions behind the last entry are taken whole.  With `offset`, `end` counts from `begin`, and
 * holds whatever the end mask says, as TFLite sizes its output.  Limits are clamped as in TFLite's
 * internal/strided_slice_logic.h. */
#include "ops/move.h"

enum { X, BEGIN, END, STRIDES };

typedef struct slice {
    int begin[LN_MAX_RANK], stride[LN_MAX_RANK], size[LN_MAX_RANK]; /* per dimension of x */
    ln_shape y;
} slice;

typedef struct entry {
    int64_t begin, end, stride;
    bool from_start, to_end, shrink, offset;
} entry;

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static ln_status take(ln_call *c, slice *s, int axis, const entry *e)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    const int64_t dim = x.dim[axis], low = e->stride > 0 ? 0 : -1;
    const int64_t high = e->stride > 0 ? dim : dim - 1;
    LN_CHECK(c, e->stride != 0, "the stride of dimension %d is 0", axis);
    if (dim < 0) {
        s->size[axis] = e->shrink ? 1 : -1;
        return LN_OK;
    }
    int64_t begin = clamp(e->begin < 0 ? e->begin + dim : e->begin, low, high);
    if (e->from_start)
        begin = e->stride > 0 ? 0 : dim - 1;
    int64_t end = e->offset ? begin + e->end : e->end;
    end = clamp(end < 0 ? end + dim : end, low, high);
    if (e->to_end)
        end = e->stride > 0 ? dim : -1;
    s->begin[axis] = (int)begin;
    s->stride[axis] = (int)e->stride;
    if (e->shrink) {
        LN_CHECK(c, begin >= 0 && begin < dim, "index %lld is outside of dimension %d, which is %d",
                 (long long)e->begin, axis, (int)dim);
        s->size[axis] = 1;
        return LN_OK;
    }
    /* Counted towards the end, rounded up. */
    const int64_t way = e->stride > 0 ? end - begin : begin - end;
    const int64_t step = e->stride > 0 ? e->stride : -e->stride;
    s->size[axis] = way > 0 ? (int)((way + step - 1) / step) : 0;
    return LN_OK;
}

static ln_status add_dim(ln_call *c, slice *s, int n)
{
    LN_CHECK(c, s->y.rank < LN_MAX_RANK, "the slice has more than %d dimensions", (int)LN_MAX_RANK);
    s->y.dim[s->y.rank++] = n;
    return LN_OK;
}

static ln_status take_whole(ln_call *c, slice *s, int *axis, int until)
{
    const entry whole = {.stride = 1, .from_start = true, .to_end = true};
    for (; *axis < until; ++*axis) {
        LN_TRY(take(c, s, *axis, &whole));
        LN_TRY(add_dim(c, s, s->size[*axis]));
    }
    return LN_OK;
}

/* Dimensions that come with new axes. */
static int new_axes(const TfLiteStridedSliceParams *p, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += p->new_axis_mask >> i & ~p->ellipsis_mask >> i & 1;
    return count;
}

/* As in TFLite, an ellipsis stands for one dimension at least, and entries that find no dimension
 * left are passed over. */
static ln_status resolve(ln_call *c, slice *s)
{
    const TfLiteStridedSliceParams *p = c->params;
    const int rank = ln_shape_of(c->in[X]).rank, n = ln_count(c->in[BEGIN]);
    const int places = rank + new_axes(p, n);
    int axis = 0, place = 0;
    bool ellipsis = false;

    *s = (slice){.y = {0}};
    for (int i = 0; i < n && place < places; i++) {
        if (p->ellipsis_mask >> i & 1) {
            const int span = LN_MAX(LN_MIN(1 + places - n, places - place), 1);
            LN_CHECK(c, !ellipsis, "the slice has two ellipses");
            ellipsis = true;
            place += span;
            LN_TRY(take_whole(c, s, &axis, LN_MIN(axis + span, rank)));
        } else if (p->new_axis_mask >> i & 1) {
            place++;
            LN_TRY(add_dim(c, s, 1));
        } else if (axis < rank) {
            const entry e = {
                .begin = ln_int_at(c->in[BEGIN], i),
                .end = ln_int_at(c->in[END], i),
                .stride = ln_int_at(c->in[STRIDES], i),
                .from_start = p->begin_mask >> i & 1,
                .to_end = !p->offset && p->end_mask >> i & 1,
                .shrink = p->shrink_axis_mask >> i & 1,
                .offset = p->offset,
            };
            place++;
            LN_TRY(take(c, s, axis, &e));
            if (!e.shrink)
                LN_TRY(add_dim(c, s, s->size[axis]));
            axis++;
        }
    }
    return take_whole(c, s, &axis, rank);
}

static ln_status infer(ln_call *c)
{
    bool known = true;
    LN_TRY(ln_check_movable(c, X));
    for (int i = BEGIN; i <= STRIDES; i++) {
        const TfLiteTensor *t = c->in[i];
        const int n = ln_count(t);
        /* int64 vectors would let begin + end overflow */
        if (t->type != kTfLiteInt32 && t->type != kTfLiteInt16 && t->type != kTfLiteInt8)
            return ln_fail_type(c, i);
        LN_CHECK(c, ln_shape_of(t).rank == 1, "input %d has rank %d, not 1", i,
                 ln_shape_of(t).rank);
        LN_CHECK(c, n == ln_count(c->in[BEGIN]) && n <= 2 * LN_MAX_RANK,
                 "input %d has %d items, begin has %d", i, n, ln_count(c->in[BEGIN]));
        known = known && ln_known(c, i);
    }
    slice s = {.y = ln_shape_unknown(-1)};
    if (known)
        LN_TRY(resolve(c, &s));
    return ln_set_out(c, 0, c->in[X]->type, &s.y);
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape boxed = {.rank = x.rank}; /* the output before dimensions come and go */
    slice s;
    LN_TRY(resolve(c, &s));
    for (int i = 0; i < x.rank; i++)
        boxed.dim[i] = s.size[i];
    const ln_side from = {&x, s.begin, s.stride}, to = {&boxed, NULL, NULL};
    const ln_move m = ln_move_box(s.size, &from, &to);
    return ln_move_tensor(c, X, 0, &m);
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteStridedSliceParams, begin_mask, 1),
    LN_FIELD(I32, 1, TfLiteStridedSliceParams, end_mask, 1),
    LN_FIELD(I32, 2, TfLiteStridedSliceParams, ellipsis_mask, 1),
    LN_FIELD(I32, 3, TfLiteStridedSliceParams, new_axis_mask, 1),
    LN_FIELD(I32, 4, TfLiteStridedSliceParams, shrink_axis_mask, 1),
    LN_FIELD(BOOL, 5, TfLiteStridedSliceParams, offset, 8),
    {0},
};

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_strided_slice = {
    .name = "STRIDED_SLICE",
    .builtin = kTfLiteBuiltinStridedSlice,
    .version = 8,
    .options = 32,
    .min_in = 4,
    .max_in = 4,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteStridedSliceParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
