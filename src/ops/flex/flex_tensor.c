/* SPDX-License-Identifier: Apache-2.0 */
/* flex_tensor.c: parts of tensors.
 *
 *   TensorScatterUpdate, ...Add, ...Sub, ...Min, ...Max   x, indices [..., k], updates -> like x
 *   MatrixBandPart   x [..., m, n], lower, upper -> like x, zero outside of the band
 *   Roll             x, shifts, axes -> like x
 *   ClipByValue      x, low, high (scalars, or like x) -> like x
 *   Cross            a, b [..., 3] -> a x b */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

static int64_t whole(const TfLiteTensor *t, int i)
{
    return t->type == kTfLiteInt64 ? t->data.i64[i] : t->data.i32[i];
}

enum { NUMBERS = LN_BIT(Float32) | LN_BIT(Float64) | LN_BIT(Int32) | LN_BIT(Int64) };
enum { INDEX = LN_BIT(Int32) | LN_BIT(Int64) };

/* ---- TensorScatter ---- */

enum { X, INDICES, UPDATES };
typedef enum scatter_kind { UPDATE, ADD, SUB, MIN, MAX } scatter_kind;

static ln_status scatter_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), at = ln_shape_of(c->in[INDICES]);
    const ln_shape u = ln_shape_of(c->in[UPDATES]);
    LN_TRY(ln_check_type(c, X, NUMBERS));
    LN_TRY(ln_check_type(c, INDICES, INDEX));
    LN_CHECK(c, c->in[UPDATES]->type == c->in[X]->type, "the updates have type %s, not %s",
             ln_type_name(c->in[UPDATES]->type), ln_type_name(c->in[X]->type));
    const int depth = at.rank >= 1 ? at.dim[at.rank - 1] : -2;
    LN_CHECK(c, at.rank >= 1 && depth <= x.rank, "indices of depth %d for a tensor of rank %d",
             depth, x.rank);
    if (depth >= 0) {
        LN_CHECK(c, u.rank == at.rank - 1 + x.rank - depth, "the updates have rank %d, not %d",
                 u.rank, at.rank - 1 + x.rank - depth);
        for (int i = 0; i < u.rank; i++) {
            const int want = i < at.rank - 1 ? at.dim[i] : x.dim[depth + i - at.rank + 1];
            LN_CHECK(c, u.dim[i] == want || u.dim[i] < 0 || want < 0,
                     "dimension %d of the updates is %d, not %d", i, u.dim[i], want);
        }
    }
    return ln_set_out(c, 0, c->in[X]->type, &x);
}

#define COMBINE(T, member)                      \
    {                                           \
        T *y = to->member + at;                 \
        const T u = from->member[i];            \
        *y = kind == UPDATE ? u                 \
             : kind == ADD  ? (T)(*y + u)       \
             : kind == SUB  ? (T)(*y - u)       \
             : kind == MIN  ? (u < *y ? u : *y) \
                            : (u > *y ? u : *y); \
    }

/* Item `at` of y and item i of the updates; integers wrap. */
static void combine(scatter_kind kind, TfLiteType type, TfLitePtrUnion *to,
                    const TfLitePtrUnion *from, int64_t at, int64_t i)
{
    if (type == kTfLiteFloat32)
        COMBINE(float, f)
    else if (type == kTfLiteFloat64)
        COMBINE(double, f64)
    else if (kind == ADD || kind == SUB) {
        const uint64_t sign = kind == ADD ? 1 : UINT64_MAX;
        if (type == kTfLiteInt64)
            to->u64[at] += sign * from->u64[i];
        else
            to->i32[at] =
                (int32_t)((uint32_t)to->i32[at] + (uint32_t)sign * (uint32_t)from->i32[i]);
    } else if (type == kTfLiteInt64)
        COMBINE(int64_t, i64)
    else
        COMBINE(int32_t, i32)
}

static ln_status scatter(ln_call *c, scatter_kind kind)
{
    const ln_shape x = ln_shape_of(c->in[X]), at = ln_shape_of(c->in[INDICES]);
    const int depth = at.dim[at.rank - 1], rows = ln_shape_count(&at, 0, at.rank - 1);
    const int64_t slice = ln_shape_count(&x, depth, x.rank);
    TfLiteTensor *y = c->out[0];
    if (y->data.raw != c->in[X]->data.raw && y->bytes)
        memcpy(y->data.raw, c->in[X]->data.raw, y->bytes);
    for (int r = 0; r < rows; r++) {
        int64_t to = 0;
        for (int k = 0; k < depth; k++) {
            const int64_t v = whole(c->in[INDICES], r * depth + k);
            LN_CHECK(c, v >= 0 && v < x.dim[k], "index %d is %lld in a dimension of %d", r,
                     (long long)v, x.dim[k]);
            to = to * x.dim[k] + v;
        }
        for (int64_t i = 0; i < slice; i++)
            combine(kind, y->type, &y->data, &c->in[UPDATES]->data, to * slice + i, r * slice + i);
    }
    return LN_OK;
}

#define SCATTER(id, text, kind)            \
    static ln_status id##_eval(ln_call *c) \
    {                                      \
        return scatter(c, kind);           \
    }                                      \
    LN_FLEX_OP(id, text, 3, 3, 1, scatter_infer, id##_eval)

SCATTER(tensor_scatter_update, "TensorScatterUpdate", UPDATE);
SCATTER(tensor_scatter_add, "TensorScatterAdd", ADD);
SCATTER(tensor_scatter_sub, "TensorScatterSub", SUB);
SCATTER(tensor_scatter_min, "TensorScatterMin", MIN);
SCATTER(tensor_scatter_max, "TensorScatterMax", MAX);

/* ---- MatrixBandPart ---- */

static ln_status band_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, NUMBERS | LN_BIT(Bool)));
    LN_CHECK(c, x.rank >= 2, "the input has rank %d, at least 2 is needed", x.rank);
    for (int i = 1; i < 3; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, INDEX));
        LN_CHECK(c, s.rank == 0, "input %d has rank %d, not 0", i, s.rank);
    }
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

static ln_status band_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const int m = s.dim[s.rank - 2], n = s.dim[s.rank - 1];
    const int64_t lower = whole(c->in[1], 0), upper = whole(c->in[2], 0);
    const size_t size = ln_type_size(c->in[0]->type);
    for (int i = 0, count = ln_count(c->in[0]); i < count; i++) {
        const int64_t below = (int64_t)(i / n % m) - i % n; /* how far below the diagonal */
        const bool keep = (lower < 0 || below <= lower) && (upper < 0 || -below <= upper);
        char *y = c->out[0]->data.raw + size * (size_t)i;
        if (keep)
            memmove(y, c->in[0]->data.raw + size * (size_t)i, size);
        else
            memset(y, 0, size);
    }
    return LN_OK;
}

LN_FLEX_OP(matrix_band_part, "MatrixBandPart", 3, 3, 1, band_infer, band_eval);

/* ---- Roll ---- */

static ln_status roll_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]), a = ln_shape_of(c->in[1]), b = ln_shape_of(c->in[2]);
    LN_TRY(ln_check_movable(c, 0));
    LN_CHECK(c, ln_type_size(c->in[0]->type) > 0, "%s cannot be rolled",
             ln_type_name(c->in[0]->type));
    LN_TRY(ln_check_type(c, 1, INDEX));
    LN_TRY(ln_check_type(c, 2, INDEX));
    LN_CHECK(c,
             a.rank <= 1 && a.rank == b.rank &&
                 (a.rank == 0 || a.dim[0] == b.dim[0] || a.dim[0] < 0 || b.dim[0] < 0),
             "shifts and axes differ in number");
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

static ln_status roll_eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    int64_t shift[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
    const size_t size = ln_type_size(c->in[0]->type);
    for (int i = 0, n = ln_count(c->in[1]); i < n; i++) {
        const int64_t given = whole(c->in[2], i);
        int axis;
        LN_CHECK(c, given >= INT32_MIN && given <= INT32_MAX, "axis %lld", (long long)given);
        LN_TRY(ln_axis(c, (int)given, s.rank, &axis));
        const int64_t by = s.dim[axis] ? whole(c->in[1], i) % s.dim[axis] : 0;
        shift[axis] = s.dim[axis] ? (shift[axis] + by + s.dim[axis]) % s.dim[axis] : 0;
    }
    ln_steps(&s, step);
    for (int i = 0, count = ln_count(c->in[0]); i < count; i++) {
        int64_t to = 0;
        for (int d = 0; d < s.rank; d++)
            to += (i / step[d] % s.dim[d] + shift[d]) % s.dim[d] * step[d];
        memcpy(c->out[0]->data.raw + size * (size_t)to, c->in[0]->data.raw + size * (size_t)i,
               size);
    }
    return LN_OK;
}

LN_FLEX_OP(roll, "Roll", 3, 3, 1, roll_infer, roll_eval);

/* ---- ClipByValue ---- */

static void clip_f64(const void *ctx, const void *const *in, void *out, int n)
{
    const double *x = in[0], *low = in[1], *high = in[2];
    double *y = out;
    (void)ctx;
    for (int i = 0; i < n; i++)
        y[i] = fmax(fmin(x[i], high[i]), low[i]);
}

static ln_status clip_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_FLOATS | LN_BIT(Float64) | LN_BIT(Int32)));
    for (int i = 1; i < 3; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->in[i]->type == c->in[0]->type, "input %d has type %s, not %s", i,
                 ln_type_name(c->in[i]->type), ln_type_name(c->in[0]->type));
        LN_CHECK(
            c, s.rank == 0 || ln_shape_equal(&s, &x) || !ln_shape_known(&s) || !ln_shape_known(&x),
            "limit %d is neither a scalar nor of the input's shape", i);
    }
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

static ln_status clip_eval(ln_call *c)
{
    return ln_map_call(c, 3, LN_F64, LN_F64, clip_f64, NULL);
}

LN_FLEX_OP(clip_by_value, "ClipByValue", 3, 3, 1, clip_infer, clip_eval);

/* ---- Cross ---- */

static ln_status cross_infer(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[0]), b = ln_shape_of(c->in[1]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, 1, LN_BIT(Float32)));
    LN_CHECK(c, a.rank >= 1 && (a.dim[a.rank - 1] == 3 || a.dim[a.rank - 1] < 0),
             "the last dimension is not 3");
    LN_CHECK(c, ln_shape_equal(&a, &b) || !ln_shape_known(&a) || !ln_shape_known(&b),
             "the inputs differ in shape");
    return ln_set_out(c, 0, kTfLiteFloat32, &a);
}

static ln_status cross_eval(ln_call *c)
{
    for (int i = 0, n = ln_count(c->in[0]); i < n; i += 3) {
        const float *a = c->in[0]->data.f + i, *b = c->in[1]->data.f + i;
        float *y = c->out[0]->data.f + i;
        const float cross[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                                a[0] * b[1] - a[1] * b[0]};
        memcpy(y, cross, sizeof cross);
    }
    return LN_OK;
}

LN_FLEX_OP(cross, "Cross", 2, 2, 1, cross_infer, cross_eval);
