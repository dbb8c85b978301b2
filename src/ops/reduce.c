/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: SUM, MEAN, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL over the axes
 * that input 1 names.  The walk folds the input into the output in order, so every output sums its
 * items in the order in which TFLite does.
 *
 * Accumulators: float for floats, int64 for plain integers and bools (results keep the low bits),
 * int32 for quantized SUM and MEAN.  The quantized forms follow QuantizedMeanOrSum and
 * QuantizedReduceProd of internal/reference/reduce.h. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/reduce.h"
#include "ops/scratch.h"

enum { X, AXES };
enum { CHUNK = 256, MAX_AXES = 64 };

/* Folds n items x of a lane into accumulators: all into acc[0] where `one`, else x[i] into
 * acc[i]. */
typedef void (*fold_fn)(void *acc, const void *x, int n, bool one);

/* `reduced`: bit i stands for axis i. */
typedef struct axes_set {
    unsigned reduced;
    ln_shape kept; /* input's shape with 1 at reduced axes */
} axes_set;

/* ---- the walk ---- */

/* Reads axes from input `i` of a call: negative ones count from the end, duplicates are fine.
 * `s` is the shape of input 0. */
static ln_status axes_read(ln_call *c, int i, const ln_shape *s, axes_set *axes)
{
    int values[MAX_AXES], n, axis;

    *axes = (axes_set){0, *s};
    LN_TRY(ln_read_ints(c, i, MAX_AXES, values, &n));
    if (s->rank == 0)
        return LN_OK;
    for (int k = 0; k < n; k++) {
        LN_TRY(ln_axis(c, values[k], s->rank, &axis));
        axes->reduced |= 1u << axis;
        axes->kept.dim[axis] = 1;
    }
    return LN_OK;
}

/* The output's shape. */
static ln_shape axes_shape(const axes_set *axes, const ln_shape *s, bool keep_dims)
{
    ln_shape y = {0};
    if (keep_dims)
        return axes->kept;
    for (int i = 0; i < s->rank; i++)
        if (!(axes->reduced >> i & 1))
            y.dim[y.rank++] = s->dim[i];
    return y;
}

/* Folds x into `acc`, one accumulator of the lane per item of axes->kept. */
static void reduce(const TfLiteTensor *x, const axes_set *axes, ln_lane lane, fold_fn fold,
                   void *acc)
{
    const ln_shape s = ln_shape_of(x);
    const size_t size = lane == LN_F32 || lane == LN_I32 ? 4 : 8;
    union {
        float f[CHUNK];
        int32_t i[CHUNK];
        int64_t l[CHUNK];
    } buffer;
    int64_t at = 0;
    ln_bcast b;

    ln_bcast_init(&b, &s, 1, &axes->kept);
    if (b.row == 0)
        return;
    const bool one = ln_bcast_stays(&b, 0);
    do {
        for (int left = b.row; left > 0;) {
            const int n = LN_MIN(CHUNK, left);
            const void *v = ln_lane_load(lane, x->type, x->data.data, at, n, &buffer);
            const int64_t to = b.at[0] + (one ? 0 : b.row - left);
            fold((char *)acc + (size_t)to * size, v, n, one);
            at += n;
            left -= n;
        }
    } while (ln_bcast_next(&b));
}

/* s and v: the accumulator and the next item. */
#define FOLD(name, T, expr)                                     \
    static void name(void *acc, const void *x, int n, bool one) \
    {                                                           \
        T *a = acc;                                             \
        const T *item = x;                                      \
        if (one) {                                              \
            T s = *a;                                           \
            for (int i = 0; i < n; i++) {                       \
                const T v = item[i];                            \
                s = (expr);                                     \
            }                                                   \
            *a = s;                                             \
        } else {                                                \
            for (int i = 0; i < n; i++) {                       \
                const T s = a[i], v = item[i];                  \
                a[i] = (expr);                                  \
            }                                                   \
        }                                                       \
    }
FOLD(sum_f32, float, s + v)
FOLD(sum_i32, uint32_t, s + v)
FOLD(sum_i64, uint64_t, s + v)
FOLD(prod_f32, float, s *v)
FOLD(prod_i64, uint64_t, s *v)
FOLD(max_f32, float, v > s ? v : s)
FOLD(max_i64, int64_t, v > s ? v : s)
FOLD(min_f32, float, v < s ? v : s)
FOLD(min_i64, int64_t, v < s ? v : s)
FOLD(any_i64, int64_t, v || s)
FOLD(all_i64, int64_t, v &&s)

/* ---- plain reductions ---- */

typedef struct reduction {
    fold_fn f32, i64;
    float start_f32;
    int64_t start_i64;
    bool extreme; /* MAX, MIN: over all items the first one is the start */
} reduction;

static ln_status reduce_floats(ln_call *c, const axes_set *axes, const reduction *r)
{
    const int n = ln_count(c->out[0]);
    float *acc = c->scratch;
    union {
        float f;
        double d;
    } first;

    for (int i = 0; i < n; i++)
        acc[i] = r->start_f32;
    if (r->extreme && n == 1 && ln_count(c->in[X]) > 0 &&
        axes->reduced == (1u << ln_shape_of(c->in[X]).rank) - 1)
        acc[0] =
            *(const float *)ln_lane_load(LN_F32, c->in[X]->type, c->in[X]->data.data, 0, 1, &first);
    reduce(c->in[X], axes, LN_F32, r->f32, acc);
    ln_lane_store(LN_F32, c->out[0]->type, c->out[0]->data.data, 0, n, acc);
    return LN_OK;
}

static ln_status reduce_plain(ln_call *c, const axes_set *axes, const reduction *r)
{
    const int n = ln_count(c->out[0]);
    int64_t *acc = c->scratch;

    if (n == 0)
        return LN_OK;
    if (ln_type_in(c->in[X]->type, LN_FLOATS) && r->f32)
        return reduce_floats(c, axes, r);
    for (int i = 0; i < n; i++)
        acc[i] = r->start_i64;
    reduce(c->in[X], axes, LN_I64, r->i64, acc);
    ln_lane_store(LN_I64, c->out[0]->type, c->out[0]->data.data, 0, n, acc);
    return LN_OK;
}

/* ---- SUM and MEAN ---- */

/* Items that go into one output. */
static int64_t group_size(const ln_shape *s, const axes_set *axes)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++)
        if (axes->reduced >> i & 1)
            n *= s->dim[i];
    return n;
}

ln_mult ln_divide_multiplier(ln_mult m, int64_t n)
{
    int shift = 0;
    while (n >> (shift + 1))
        shift++;
    shift = LN_MIN(shift, 32);
    shift = LN_MIN(shift, 31 + m.shift);
    return (ln_mult){(int32_t)(((int64_t)m.mul << shift) / n), m.shift - shift};
}

int32_t ln_scale_sum(const ln_call *c, int32_t sum, int64_t group)
{
    const float scale = c->in[X]->params.scale / c->out[0]->params.scale;
    const float bias = (float)-c->in[X]->params.zero_point * scale * (float)group;
    const float v = roundf((float)sum * scale + bias);
    return v <= -1e9f ? -1000000000 : v >= 1e9f ? 1000000000 : v == v ? (int32_t)v : 0;
}

static ln_status sum_quantized(ln_call *c, const axes_set *axes, bool mean)
{
    const TfLiteTensor *x = c->in[X], *y = c->out[0];
    const ln_shape s = ln_shape_of(x);
    const int64_t group = group_size(&s, axes);
    const int n = ln_count(y);
    int32_t *acc = c->scratch, min = INT8_MIN, max = INT8_MAX;
    /* Without quantization 0 / 0 gives a multiplier of 0, and so zeros, as in TFLite. */
    ln_mult m = ln_quantize_multiplier((double)x->params.scale / (double)y->params.scale);

    if (x->type == kTfLiteInt16)
        min = INT16_MIN, max = INT16_MAX;
    else if (x->type == kTfLiteUInt8)
        min = 0, max = UINT8_MAX;
    if (n > 0)
        memset(acc, 0, (size_t)n * sizeof *acc);
    if (ln_count(x) > 0) {
        reduce(x, axes, LN_I32, sum_i32, acc);
        if (mean)
            m = ln_divide_multiplier(m, group);
        const bool floats = !mean && x->type == kTfLiteInt8 && ln_quantized(x);
        const uint64_t zeros = (uint64_t)((int64_t)x->params.zero_point * group);
        for (int i = 0; i < n; i++) {
            const int32_t sum = (int32_t)(uint32_t)((uint64_t)acc[i] - zeros);
            const int32_t q = floats ? ln_scale_sum(c, acc[i], group) : ln_mul_q(sum, m);
            acc[i] = ln_clamp(ln_wrap_add(q, y->params.zero_point), min, max);
        }
    }
    ln_lane_store(LN_I32, y->type, y->data.data, 0, n, acc);
    return LN_OK;
}

static ln_status mean_plain(ln_call *c, const axes_set *axes)
{
    const ln_shape s = ln_shape_of(c->in[X]);
    const int64_t group = group_size(&s, axes);
    const int n = ln_count(c->out[0]);
    const TfLiteTensor *y = c->out[0];

    if (n > 0)
        memset(c->scratch, 0, (size_t)n * sizeof(int64_t));
    if (ln_type_in(y->type, LN_FLOATS)) {
        float *acc = c->scratch, count = (float)group;
        reduce(c->in[X], axes, LN_F32, sum_f32, acc);
        for (int i = 0; i < n; i++)
            acc[i] = group ? acc[i] / count : NAN;
        ln_lane_store(LN_F32, y->type, y->data.data, 0, n, acc);
        return LN_OK;
    }
    int64_t *acc = c->scratch;
    reduce(c->in[X], axes, LN_I64, sum_i64, acc);
    for (int i = 0; i < n; i++)
        acc[i] = group ? acc[i] / group : 0;
    ln_lane_store(LN_I64, y->type, y->data.data, 0, n, acc);
    return LN_OK;
}

static bool is_quant_type(const ln_call *c)
{
    return ln_type_in(c->in[X]->type, LN_QUANTS);
}

/* ---- quantized REDUCE_PROD ---- */

/* The product is rescaled at every step, by the input's scale over the n-th root of the
 * output's. */
static ln_status prod_quantized(ln_call *c, const axes_set *axes)
{
    const TfLiteTensor *x = c->in[X], *y = c->out[0];
    const ln_shape s = ln_shape_of(x);
    const int64_t group = group_size(&s, axes);
    const int n = ln_count(y), all = ln_count(x);
    const int32_t zero = x->params.zero_point;
    const bool wide = x->type == kTfLiteInt16;
    int64_t *acc = c->scratch; /* INT64_MIN: nothing yet */
    int64_t item;
    ln_bcast b;

    if (all == 0) {
        if (n > 0)
            memset(y->data.raw, 0, (size_t)n * ln_type_size(y->type));
        return LN_OK;
    }
    const ln_mult m = ln_quantize_multiplier((double)x->params.scale /
                                             pow((double)y->params.scale, 1.0 / (double)group));
    for (int i = 0; i < n; i++)
        acc[i] = INT64_MIN;
    ln_bcast_init(&b, &s, 1, &axes->kept);
    const int step = !ln_bcast_stays(&b, 0);
    int at = 0;
    do {
        for (int i = 0; i < b.row; i++, at++) {
            int64_t *a = &acc[b.at[0] + (int64_t)i * step];
            const int64_t v =
                *(const int64_t *)ln_lane_load(LN_I64, x->type, x->data.data, at, 1, &item) - zero;
            *a = *a == INT64_MIN ? v : ln_mul_q64(*a * v, m);
        }
    } while (ln_bcast_next(&b));
    for (int i = 0; i < n; i++) {
        const int32_t v = ln_wrap_add(ln_mul_q64(acc[i], m), y->params.zero_point);
        acc[i] = ln_clamp(v, wide ? INT16_MIN : INT8_MIN, wide ? INT16_MAX : INT8_MAX);
    }
    ln_lane_store(LN_I64, y->type, y->data.data, 0, n, acc);
    return LN_OK;
}

/* ---- the ops ---- */

static ln_status infer(ln_call *c, unsigned types)
{
    const TfLiteReducerParams *p = c->params;
    const ln_shape s = ln_shape_of(c->in[X]);
    axes_set axes;
    ln_shape y;
    ln_scratch scratch = {NULL, 0};

    LN_TRY(ln_check_type(c, X, types));
    LN_TRY(ln_check_type(c, AXES, LN_BIT(Int32) | LN_BIT(Int64)));
    if (ln_known(c, AXES)) {
        LN_TRY(axes_read(c, AXES, &s, &axes));
        y = axes_shape(&axes, &s, p->keep_dims);
    } else {
        y = ln_shape_unknown(p->keep_dims || s.rank == 0 ? s.rank : -1);
    }
    if (ln_shape_known(&y))
        ln_scratch_take(&scratch, ln_shape_count(&y, 0, y.rank), sizeof(int64_t));
    LN_TRY(ln_scratch_ask(c, &scratch));
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status read_axes(ln_call *c, axes_set *axes)
{
    const ln_shape s = ln_shape_of(c->in[X]);
    return axes_read(c, AXES, &s, axes);
}

enum { NUMBERS = LN_FLOATS | LN_BIT(Int32) | LN_BIT(Int64) | LN_QUANTS };

static ln_status check_quantized(ln_call *c)
{
    if (!ln_quantized(c->in[X]) && !ln_quantized(c->out[0]))
        return LN_OK;
    LN_TRY(ln_check_quantized_in(c, X));
    return ln_check_quantized_out(c);
}

static ln_status infer_sum(ln_call *c)
{
    LN_TRY(infer(c, NUMBERS | LN_BIT(Bool)));
    return is_quant_type(c) ? check_quantized(c) : LN_OK;
}

static ln_status eval_sum(ln_call *c)
{
    static const reduction sum = {sum_f32, sum_i64, 0, 0, false};
    axes_set axes;
    LN_TRY(read_axes(c, &axes));
    return is_quant_type(c) ? sum_quantized(c, &axes, false) : reduce_plain(c, &axes, &sum);
}

static ln_status infer_mean(ln_call *c)
{
    LN_TRY(infer(c, NUMBERS));
    return is_quant_type(c) ? check_quantized(c) : LN_OK;
}

static ln_status eval_mean(ln_call *c)
{
    axes_set axes;
    LN_TRY(read_axes(c, &axes));
    return is_quant_type(c) ? sum_quantized(c, &axes, true) : mean_plain(c, &axes);
}

static bool prod_is_quantized(const ln_call *c)
{
    return is_quant_type(c) && ln_quantized(c->in[X]);
}

static ln_status infer_reduce_prod(ln_call *c)
{
    LN_TRY(infer(c, NUMBERS | LN_BIT(Bool)));
    if (!prod_is_quantized(c))
        return LN_OK;
    LN_TRY(ln_check_type(c, X, LN_BIT(Int8) | LN_BIT(Int16)));
    return check_quantized(c);
}

static ln_status eval_reduce_prod(ln_call *c)
{
    static const reduction prod = {prod_f32, prod_i64, 1, 1, false};
    axes_set axes;
    LN_TRY(read_axes(c, &axes));
    return prod_is_quantized(c) ? prod_quantized(c, &axes) : reduce_plain(c, &axes, &prod);
}

/* MAX and MIN compare raw values, so scales must be equal. */
static ln_status infer_extreme(ln_call *c)
{
    LN_TRY(infer(c, NUMBERS | LN_BIT(Bool)));
    LN_CHECK(c,
             !is_quant_type(c) || (c->in[X]->params.scale == c->out[0]->params.scale &&
                                   c->in[X]->params.zero_point == c->out[0]->params.zero_point),
             "input 0 and the output have different scales or zero points");
    return LN_OK;
}

/* The least and the greatest value of an integer type. */
static void int_range(TfLiteType type, int64_t *min, int64_t *max)
{
    const int bits = 8 * (int)ln_type_size(type) - 1;
    *max = (int64_t)(((uint64_t)1 << bits) - 1);
    *min = -*max - 1;
    if (type == kTfLiteUInt8 || type == kTfLiteBool) {
        *min = 0;
        *max = type == kTfLiteBool ? 1 : UINT8_MAX;
    }
}

static ln_status eval_extreme(ln_call *c, bool max)
{
    reduction r = {max ? max_f32 : min_f32, max ? max_i64 : min_i64, max ? -FLT_MAX : FLT_MAX, 0,
                   true};
    int64_t least, greatest;
    axes_set axes;

    LN_TRY(read_axes(c, &axes));
    int_range(c->in[X]->type, &least, &greatest);
    r.start_i64 = max ? least : greatest;
    return reduce_plain(c, &axes, &r);
}

static ln_status eval_reduce_max(ln_call *c)
{
    return eval_extreme(c, true);
}

static ln_status eval_reduce_min(ln_call *c)
{
    return eval_extreme(c, false);
}

static ln_status infer_bool(ln_call *c)
{
    return infer(c, LN_BIT(Bool));
}

static ln_status eval_reduce_any(ln_call *c)
{
    static const reduction any = {NULL, any_i64, 0, 0, false};
    axes_set axes;
    LN_TRY(read_axes(c, &axes));
    return reduce_plain(c, &axes, &any);
}

static ln_status eval_reduce_all(ln_call *c)
{
    static const reduction all = {NULL, all_i64, 0, 1, false};
    axes_set axes;
    LN_TRY(read_axes(c, &axes));
    return reduce_plain(c, &axes, &all);
}

static const ln_field fields[] = {LN_FIELD(BOOL, 0, TfLiteReducerParams, keep_dims, 1), {0}};
static const ln_quant free_axes = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_ACTIVATION}};
static const ln_quant like_axes = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(0)}};

#define REDUCE(lower, upper, code, version_, infer_, quant_) \
    const ln_op ln_op_##lower = {                            \
        .name = upper,                                       \
        .builtin = code,                                     \
        .version = version_,                                 \
        .options = 27,                                       \
        .min_in = 2,                                         \
        .max_in = 2,                                         \
        .n_out = 1,                                          \
        .traits = LN_PURE,                                   \
        .fields = fields,                                    \
        .params_size = sizeof(TfLiteReducerParams),          \
        .infer = infer_,                                     \
        .eval = eval_##lower,                                \
        .quant = quant_,                                     \
    };
REDUCE(sum, "SUM", kTfLiteBuiltinSum, 2, infer_sum, &free_axes)
REDUCE(mean, "MEAN", kTfLiteBuiltinMean, 3, infer_mean, &free_axes)
REDUCE(reduce_prod, "REDUCE_PROD", kTfLiteBuiltinReduceProd, 2, infer_reduce_prod, &free_axes)
REDUCE(reduce_max, "REDUCE_MAX", kTfLiteBuiltinReduceMax, 3, infer_extreme, &like_axes)
REDUCE(reduce_min, "REDUCE_MIN", kTfLiteBuiltinReduceMin, 3, infer_extreme, &like_axes)
REDUCE(reduce_any, "REDUCE_ANY", kTfLiteBuiltinReduceAny, 1, infer_bool, NULL)
REDUCE(reduce_all, "REDUCE_ALL", kTfLiteBuiltinReduceAll, 1, infer_bool, NULL)
