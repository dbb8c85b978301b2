/* SPDX-License-Identifier: Apache-2.0 */
/* cumsum.c: CUMSUM, running sums along the axis that input 1 names, y like x.  `exclusive` leaves
 * the item itself out, `reverse` starts at the end.  Integers wrap. */
#include "ops/elementwise.h"

enum { X, AXIS };

static ln_status infer(ln_call *c)
{
    const ln_shape axis = ln_shape_of(c->in[AXIS]);
    LN_TRY(ln_infer_like(c, LN_BIT(Float32) | LN_BIT(Int32) | LN_BIT(Int64)));
    LN_TRY(ln_check_type(c, AXIS, LN_BIT(Int32) | LN_BIT(Int64)));
    LN_CHECK(c, c->in[X]->dims && c->in[X]->dims->size >= 1,
             "input 0 is a scalar; at least one dimension is needed");
    LN_CHECK(c, !ln_shape_known(&axis) || ln_shape_count(&axis, 0, axis.rank) == 1,
             "input 1, the axis, has %d items, not 1", ln_shape_count(&axis, 0, axis.rank));
    return LN_OK;
}

/* One line of n items, `stride` apart, from item `from` on in steps of `stride`. */
#define LINE(name, T)                                                         \
    static void name(const T *x, T *y, int n, int64_t stride, bool exclusive) \
    {                                                                         \
        T sum = 0;                                                            \
        for (int64_t i = 0; i < n; i++) {                                     \
            const T v = x[i * stride];                                        \
            y[i * stride] = exclusive ? sum : sum + v;                        \
            sum += v;                                                         \
        }                                                                     \
    }
LINE(line_f32, float)
LINE(line_i32, uint32_t)
LINE(line_i64, uint64_t)

static void line(const TfLiteTensor *x, const TfLiteTensor *y, int64_t from, int n, int64_t stride,
                 bool exclusive)
{
    switch (x->type) {
    case kTfLiteFloat32:
        line_f32(x->data.f + from, y->data.f + from, n, stride, exclusive);
        break;
    case kTfLiteInt32:
        line_i32(x->data.u32 + from, y->data.u32 + from, n, stride, exclusive);
        break;
    default:
        line_i64(x->data.u64 + from, y->data.u64 + from, n, stride, exclusive);
        break;
    }
}

static ln_status eval(ln_call *c)
{
    const TfLiteCumsumParams *p = c->params;
    const ln_shape s = ln_shape_of(c->in[X]);
    int axis, n;

    LN_TRY(ln_read_ints(c, AXIS, 1, &axis, &n));
    LN_CHECK(c, n == 1, "input 1, the axis, is empty");
    LN_TRY(ln_axis(c, axis, s.rank, &axis));
    if (ln_count(c->in[X]) == 0)
        return LN_OK;
    const int outer = ln_shape_count(&s, 0, axis), inner = ln_shape_count(&s, axis + 1, s.rank);
    n = s.dim[axis];
    for (int o = 0; o < outer; o++)
        for (int i = 0; i < inner; i++) {
            const int64_t first = (int64_t)o * n * inner + i,
                          last = first + (int64_t)(n - 1) * inner;
            line(c->in[X], c->out[0], p->reverse ? last : first, n, p->reverse ? -inner : inner,
                 p->exclusive);
        }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(BOOL, 0, TfLiteCumsumParams, exclusive, 1),
    LN_FIELD(BOOL, 1, TfLiteCumsumParams, reverse, 1),
    {0},
};

const ln_op ln_op_cumsum = {
    .name = "CUMSUM",
    .builtin = kTfLiteBuiltinCumsum,
    .version = 1,
    .options = 102,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE,
    .fields = fields,
    .params_size = sizeof(TfLiteCumsumParams),
    .infer = infer,
    .eval = eval,
};
