/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c: EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL and
 * STABLEHLO_COMPARE: bools, shapes broadcast.
 *
 * 8-bit operands (and 16-bit ones, for the first two) are brought to a common scale with 8 extra
 * bits before they are compared, as in internal/reference/comparisons.h.  EQUAL and NOT_EQUAL also
 * take bools and strings. */
#include "ops/elementwise.h"

#include <string.h>

#include "ops/strings.h"

typedef enum relation { EQ, NE, GT, GE, LT, LE } relation;

#define COMPARE(suffix, T)                                                        \
    LN_ROW2(eq_##suffix, T, uint8_t, a[i] == b[i])                                \
    LN_ROW2(ne_##suffix, T, uint8_t, a[i] != b[i])                                \
    LN_ROW2(gt_##suffix, T, uint8_t, a[i] > b[i])                                 \
    LN_ROW2(ge_##suffix, T, uint8_t, a[i] >= b[i])                                \
    LN_ROW2(lt_##suffix, T, uint8_t, a[i] < b[i])                                 \
    LN_ROW2(le_##suffix, T, uint8_t, a[i] <= b[i])                                \
    static const ln_row rows_##suffix[] = {eq_##suffix, ne_##suffix, gt_##suffix, \
                                           ge_##suffix, lt_##suffix, le_##suffix};
COMPARE(f32, float)
COMPARE(f64, double)
COMPARE(i64, int64_t)
COMPARE(i32, int32_t)

/* ---- quantized ---- */

typedef struct scaled {
    int32_t za, zb;
    ln_mult ma, mb;
    ln_row row;
} scaled;

static void scaled_row(const void *ctx, const void *const *in, void *out, int n)
{
    enum { LEFT = 1 << 8, STEP = 64 };
    const scaled q = *(const scaled *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t x[STEP], z[STEP];
    const void *pair[] = {x, z};

    for (int i = 0; i < n; i += STEP) {
        const int m = LN_MIN(STEP, n - i);
        for (int k = 0; k < m; k++) {
            x[k] = ln_mul_q((a[i + k] - q.za) * LEFT, q.ma);
            z[k] = ln_mul_q((b[i + k] - q.zb) * LEFT, q.mb);
        }
        q.row(NULL, pair, (uint8_t *)out + i, m);
    }
}

/* 16-bit operands are rescaled by EQUAL and NOT_EQUAL alone; the others compare raw values. */
static bool is_scaled(const ln_call *c, relation r)
{
    const TfLiteType type = c->in[0]->type;
    if (!ln_quantized(c->in[0]) && !ln_quantized(c->in[1]))
        return false;
    return type == kTfLiteInt8 || type == kTfLiteUInt8 ||
           (type == kTfLiteInt16 && (r == EQ || r == NE));
}

/* ---- strings ---- */

static bool same_string(const ln_strings *a, int64_t i, const ln_strings *b, int64_t k)
{
    const ln_string x = ln_strings_at(a, (int)i), y = ln_strings_at(b, (int)k);
    return x.n == y.n && (x.n == 0 || memcmp(x.text, y.text, x.n) == 0);
}

static ln_status eval_strings(ln_call *c, bool equal)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    const ln_shape shapes[2] = {ln_shape_of(c->in[0]), ln_shape_of(c->in[1])};
    uint8_t *out = c->out[0]->data.uint8;
    ln_strings a, b;
    ln_bcast walk;

    LN_TRY(ln_strings_open(c->diag, c->in[0], &a));
    LN_TRY(ln_strings_open(c->diag, c->in[1], &b));
    ln_bcast_init(&walk, &y, 2, shapes);
    if (walk.row == 0)
        return LN_OK;
    const int step_a = !ln_bcast_stays(&walk, 0), step_b = !ln_bcast_stays(&walk, 1);
    do {
        for (int i = 0; i < walk.row; i++) {
            const int64_t ia = walk.at[0] + (int64_t)i * step_a;
            const int64_t ib = walk.at[1] + (int64_t)i * step_b;
            *out++ = same_string(&a, ia, &b, ib) == equal;
        }
    } while (ln_bcast_next(&walk));
    return LN_OK;
}

/* ---- the ops ---- */

static ln_status infer(ln_call *c, relation r)
{
    enum { NUMBERS = LN_FLOATS | LN_BIT(Float64) | (LN_INTEGERS & ~LN_BIT(UInt64)) };
    const bool equality = r == EQ || r == NE;
    LN_TRY(ln_infer_binary(c, equality ? NUMBERS | LN_BIT(Bool) | LN_BIT(String) : NUMBERS,
                           kTfLiteBool));
    if (!is_scaled(c, r))
        return LN_OK;
    LN_TRY(ln_check_quantized_in(c, 0));
    return ln_check_quantized_in(c, 1);
}

static ln_status eval(ln_call *c, relation r)
{
    const TfLiteType type = c->in[0]->type;
    if (type == kTfLiteString)
        return eval_strings(c, r == EQ);
    if (is_scaled(c, r)) {
        const TfLiteQuantizationParams a = c->in[0]->params, b = c->in[1]->params;
        const scaled q = {a.zero_point, b.zero_point, ln_quantize_multiplier((double)a.scale),
                          ln_quantize_multiplier((double)b.scale), rows_i32[r]};
        return ln_map_call(c, 2, LN_I32, LN_RAW, scaled_row, &q);
    }
    if (ln_type_in(type, LN_FLOATS))
        return ln_map_call(c, 2, LN_F32, LN_RAW, rows_f32[r], NULL);
    if (type == kTfLiteFloat64)
        return ln_map_call(c, 2, LN_F64, LN_RAW, rows_f64[r], NULL);
    return ln_map_call(c, 2, LN_I64, LN_RAW, rows_i64[r], NULL);
}

/* One scale, so that the integers compare as the floats do; a 0 alone would get the scale 1, which
 * TFLite's kernels abort at. */
static const ln_quant quant = {.in = {LN_Q_ACTIVATION, LN_Q_LIKE(0)},
                               .lacks = LN_Q_NOT_16 | LN_Q_BELOW_1};

#define RELATION(lower, upper, code, options_, version_, r) \
    static ln_status infer_##lower(ln_call *c)              \
    {                                                       \
        return infer(c, r);                                 \
    }                                                       \
    static ln_status eval_##lower(ln_call *c)               \
    {                                                       \
        return eval(c, r);                                  \
    }                                                       \
    const ln_op ln_op_##lower = {                           \
        .name = upper,                                      \
        .builtin = code,                                    \
        .version = version_,                                \
        .options = options_,                                \
        .min_in = 2,                                        \
        .max_in = 2,                                        \
        .n_out = 1,                                         \
        .traits = LN_PURE | LN_ELEMENTWISE,                 \
        .infer = infer_##lower,                             \
        .eval = eval_##lower,                               \
        .quant = &quant,                                    \
    };
RELATION(equal, "EQUAL", kTfLiteBuiltinEqual, 53, 5, EQ)
RELATION(not_equal, "NOT_EQUAL", kTfLiteBuiltinNotEqual, 54, 4, NE)
RELATION(greater, "GREATER", kTfLiteBuiltinGreater, 44, 2, GT)
RELATION(greater_equal, "GREATER_EQUAL", kTfLiteBuiltinGreaterEqual, 45, 3, GE)
RELATION(less, "LESS", kTfLiteBuiltinLess, 41, 3, LT)
RELATION(less_equal, "LESS_EQUAL", kTfLiteBuiltinLessEqual, 46, 2, LE)

/* ---- STABLEHLO_COMPARE: the relation is a parameter ---- */

typedef struct compare_params {
    uint32_t direction, type; /* numbers of the schema; the type is that of the operands */
} compare_params;

static relation direction(const ln_call *c)
{
    static const relation relations[] = {EQ, NE, GE, GT, LE, LT};
    const uint32_t d = ((const compare_params *)c->params)->direction;
    return d < LN_COUNTOF(relations) ? relations[d] : EQ;
}

static ln_status infer_compare(ln_call *c)
{
    const uint32_t d = ((const compare_params *)c->params)->direction;
    LN_CHECK(c, d <= 5, "the comparison direction is %u, not one of 0 to 5", (unsigned)d);
    return infer(c, direction(c));
}

static ln_status eval_compare(ln_call *c)
{
    return eval(c, direction(c));
}

static const ln_field compare_fields[] = {
    LN_FIELD(U32, 0, compare_params, direction, 1),
    LN_FIELD(U32, 1, compare_params, type, 1),
    {0},
};

const ln_op ln_op_stablehlo_compare = {
    .name = "STABLEHLO_COMPARE",
    .builtin = kTfLiteBuiltinStablehloCompare,
    .version = 1,
    .options = 8,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .fields = compare_fields,
    .params_size = sizeof(compare_params),
    .infer = infer_compare,
    .eval = eval_compare,
};
