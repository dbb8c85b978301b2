/* SPDX-License-Identifier: Apache-2.0 */
/* arg_min_max.c: ARG_MAX, ARG_MIN: the index of the largest (smallest) item along the axis that
 * input 1 names; the axis is dropped.  The first one wins among equals; NaN loses.  Quantized
 * values are compared raw, for one tensor has one scale. */
#include "ops/elementwise.h"

enum { X, AXIS };

static ln_status infer(ln_call *c, TfLiteType wanted)
{
    const ln_shape s = ln_shape_of(c->in[X]);
    const TfLiteType type =
        ln_type_in(wanted, LN_BIT(Int32) | LN_BIT(Int64)) ? wanted : c->out[0]->type;
    ln_shape y = ln_shape_unknown(s.rank - 1);
    int axis, n;

    LN_TRY(ln_check_type(c, X, LN_FLOATS | LN_BIT(Bool) | (LN_INTEGERS & ~LN_BIT(UInt64))));
    LN_CHECK(c, ln_type_in(type, LN_BIT(Int32) | LN_BIT(Int64)),
             "the output has type %s, not INT32 or INT64", ln_type_name(type));
    LN_CHECK(c, s.rank >= 1, "input 0 is a scalar; at least one dimension is needed");
    LN_TRY(ln_check_type(c, AXIS, LN_BIT(Int32) | LN_BIT(Int64)));
    if (!ln_known(c, AXIS))
        return ln_set_out(c, 0, type, &y);
    LN_TRY(ln_read_ints(c, AXIS, 1, &axis, &n));
    LN_CHECK(c, n == 1, "input 1, the axis, is empty");
    LN_TRY(ln_axis(c, axis, s.rank, &axis));
    LN_CHECK(c, s.dim[axis] != 0, "dimension %d has no items to choose from", axis);
    for (int i = 0; i < y.rank; i++)
        y.dim[i] = s.dim[i < axis ? i : i + 1];
    return ln_set_out(c, 0, type, &y);
}

/* Index of the first best of n items that lie `stride` apart, from item `from` on. */
static int best_float(const TfLiteTensor *x, int64_t from, int n, int64_t stride, bool max)
{
    float buffer, best = 0;
    int index = 0;
    for (int i = 0; i < n; i++) {
        const float v = *(const float *)ln_lane_load(LN_F32, x->type, x->data.data,
                                                     from + i * stride, 1, &buffer);
        if (i == 0 || (max ? v > best : v < best) || (best != best && v == v)) {
            best = v;
            index = i;
        }
    }
    return index;
}

static int best_int(const TfLiteTensor *x, int64_t from, int n, int64_t stride, bool max)
{
    int64_t buffer, best = 0;
    int index = 0;
    for (int i = 0; i < n; i++) {
        const int64_t v = *(const int64_t *)ln_lane_load(LN_I64, x->type, x->data.data,
                                                         from + i * stride, 1, &buffer);
        if (i == 0 || (max ? v > best : v < best)) {
            best = v;
            index = i;
        }
    }
    return index;
}

static ln_status eval(ln_call *c, bool max)
{
    const TfLiteTensor *x = c->in[X];
    TfLiteTensor *y = c->out[0];
    const ln_shape s = ln_shape_of(x);
    const bool floats = ln_type_in(x->type, LN_FLOATS);
    int axis, n, to = 0;

    LN_TRY(ln_read_ints(c, AXIS, 1, &axis, &n));
    LN_TRY(ln_axis(c, axis, s.rank, &axis));
    const int outer = ln_shape_count(&s, 0, axis), inner = ln_shape_count(&s, axis + 1, s.rank);
    if (ln_count(y) == 0)
        return LN_OK;
    n = s.dim[axis];
    for (int o = 0; o < outer; o++)
        for (int i = 0; i < inner; i++, to++) {
            const int64_t from = (int64_t)o * n * inner + i;
            const int best =
                floats ? best_float(x, from, n, inner, max) : best_int(x, from, n, inner, max);
            if (y->type == kTfLiteInt64)
                y->data.i64[to] = best;
            else
                y->data.i32[to] = best;
        }
    return LN_OK;
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .lacks = LN_Q_NOT_16};

#define ARG(lower, upper, code, options_, Params, max_)                                        \
    static ln_status infer_##lower(ln_call *c)                                                 \
    {                                                                                          \
        return infer(c, ((const Params *)c->params)->output_type);                             \
    }                                                                                          \
    static ln_status eval_##lower(ln_call *c)                                                  \
    {                                                                                          \
        return eval(c, max_);                                                                  \
    }                                                                                          \
    static const ln_field lower##_fields[] = {LN_FIELD(TYPE, 0, Params, output_type, 1), {0}}; \
    const ln_op ln_op_##lower = {                                                              \
        .name = upper,                                                                         \
        .builtin = code,                                                                       \
        .version = 3,                                                                          \
        .options = options_,                                                                   \
        .min_in = 2,                                                                           \
        .max_in = 2,                                                                           \
        .n_out = 1,                                                                            \
        .traits = LN_PURE,                                                                     \
        .fields = lower##_fields,                                                              \
        .params_size = sizeof(Params),                                                         \
        .infer = infer_##lower,                                                                \
        .eval = eval_##lower,                                                                  \
        .quant = &quant,                                                                       \
    };
ARG(arg_max, "ARG_MAX", kTfLiteBuiltinArgMax, 40, TfLiteArgMaxParams, true)
ARG(arg_min, "ARG_MIN", kTfLiteBuiltinArgMin, 57, TfLiteArgMinParams, false)
