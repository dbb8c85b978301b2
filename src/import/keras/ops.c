/* SPDX-License-Identifier: Apache-2.0 */
/* ops.c: functions of keras.ops that compute item by item, or over axes.  Keras 2 has the same
 * under TensorFlow's names (TFOpLambda); tf_ops.c translates those. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- operands: tensors, or numbers in the file ---- */

static bool is_number(const ln_keras_arg *a)
{
    return a && a->kind == LN_ARG_JSON && (cJSON_IsNumber(a->json) || cJSON_IsBool(a->json));
}

static double number_of(const ln_keras_arg *a)
{
    return cJSON_IsNumber(a->json) ? a->json->valuedouble : cJSON_IsTrue(a->json) ? 1 : 0;
}

/* [[1, 2], [3, 4]]; false where its n numbers are not as many as its first lists say. */
static bool shape_of(const cJSON *list, int n, ln_shape *s)
{
    double count = 1;
    *s = (ln_shape){.rank = 0};
    for (; cJSON_IsArray(list) && s->rank < LN_MAX_RANK; list = list->child) {
        s->dim[s->rank] = cJSON_GetArraySize(list);
        count *= s->dim[s->rank++];
    }
    return !cJSON_IsArray(list) && count == n;
}

ln_id ln_keras_json_constant(ln_keras_call *c, const cJSON *json)
{
    int n = 0;
    ln_shape s;
    const float *values = ln_json_floats(json, &c->k->scratch, &n);
    return values && n > 0 && shape_of(json, n, &s) ? ln_keras_constant(c, &s, values) : -1;
}

/* An argument as a tensor of the type; lists may be nested. */
ln_id ln_keras_operand(ln_keras_call *c, const ln_keras_arg *a, TfLiteType type)
{
    if (a && a->kind == LN_ARG_TENSOR)
        return ln_emit_cast(c->e, a->value.id, type);
    if (is_number(a))
        return ln_emit_number(c->e, type, number_of(a));
    const ln_id id = a && a->kind == LN_ARG_JSON ? ln_keras_json_constant(c, a->json) : -1;
    if (id < 0)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "an operand that is no tensor and no number");
    return ln_emit_cast(c->e, id, type);
}

/* What Keras computes of two types in. */
static TfLiteType promoted(TfLiteType a, TfLiteType b)
{
    if (a == b || b == kTfLiteBool)
        return a;
    if (a == kTfLiteBool)
        return b;
    if (a == kTfLiteFloat32 || b == kTfLiteFloat32)
        return kTfLiteFloat32;
    return a == kTfLiteInt64 || b == kTfLiteInt64 ? kTfLiteInt64 : kTfLiteInt32;
}

/* The type of the tensors, float32 where a number is no integer. */
static TfLiteType common_type(ln_keras_call *c, const ln_keras_arg *const *args, int n)
{
    TfLiteType type = kTfLiteNoType;
    for (int i = 0; i < n; i++)
        if (args[i] && args[i]->kind == LN_ARG_TENSOR) {
            const TfLiteType t = ln_emit_type(c->e, args[i]->value.id);
            type = type == kTfLiteNoType ? t : promoted(type, t);
        }
    for (int i = 0; i < n; i++)
        if (is_number(args[i]) && number_of(args[i]) != floor(number_of(args[i])))
            type = kTfLiteFloat32;
    return type == kTfLiteNoType ? kTfLiteFloat32 : type;
}

static const struct {
    const char *name;
    const ln_op *op;
    TfLiteType type; /* that it works on; NoType: whatever comes */
} functions[] = {
    {"Add", &ln_op_add, kTfLiteNoType},
    {"Subtract", &ln_op_sub, kTfLiteNoType},
    {"Multiply", &ln_op_mul, kTfLiteNoType},
    {"Divide", &ln_op_div, kTfLiteFloat32},
    {"TrueDivide", &ln_op_div, kTfLiteFloat32},
    {"FloorDivide", &ln_op_floor_div, kTfLiteNoType},
    {"Mod", &ln_op_floor_mod, kTfLiteNoType},
    {"Power", &ln_op_pow, kTfLiteNoType},
    {"Maximum", &ln_op_maximum, kTfLiteNoType},
    {"Minimum", &ln_op_minimum, kTfLiteNoType},
    {"Equal", &ln_op_equal, kTfLiteNoType},
    {"NotEqual", &ln_op_not_equal, kTfLiteNoType},
    {"Greater", &ln_op_greater, kTfLiteNoType},
    {"GreaterEqual", &ln_op_greater_equal, kTfLiteNoType},
    {"Less", &ln_op_less, kTfLiteNoType},
    {"LessEqual", &ln_op_less_equal, kTfLiteNoType},
    {"LogicalAnd", &ln_op_logical_and, kTfLiteBool},
    {"LogicalOr", &ln_op_logical_or, kTfLiteBool},
    {"LogicalNot", &ln_op_logical_not, kTfLiteBool},
    {"LogicalXor", &ln_op_not_equal, kTfLiteBool},
    {"BitwiseXor", &ln_op_bitwise_xor, kTfLiteNoType},
    {"Absolute", &ln_op_abs, kTfLiteNoType},
    {"Fabs", &ln_op_abs, kTfLiteFloat32},
    {"Abs", &ln_op_abs, kTfLiteNoType},
    {"Negative", &ln_op_neg, kTfLiteNoType},
    {"Exp", &ln_op_exp, kTfLiteFloat32},
    {"Log", &ln_op_log, kTfLiteFloat32},
    {"Sqrt", &ln_op_sqrt, kTfLiteFloat32},
    {"Rsqrt", &ln_op_rsqrt, kTfLiteFloat32},
    {"Square", &ln_op_square, kTfLiteNoType},
    {"Sin", &ln_op_sin, kTfLiteFloat32},
    {"Cos", &ln_op_cos, kTfLiteFloat32},
    {"Floor", &ln_op_floor, kTfLiteFloat32},
    {"Ceil", &ln_op_ceil, kTfLiteFloat32},
    {"Round", &ln_op_round, kTfLiteFloat32},
    {"Sign", &ln_op_sign, kTfLiteNoType},
    {"ZerosLike", &ln_op_zeros_like, kTfLiteNoType},
    {"EmptyLike", &ln_op_zeros_like, kTfLiteNoType},
    {"Mean", &ln_op_mean, kTfLiteFloat32},
    {"Sum", &ln_op_sum, kTfLiteNoType},
    {"Average", &ln_op_mean, kTfLiteFloat32},
    {"Max", &ln_op_reduce_max, kTfLiteNoType},
    {"Amax", &ln_op_reduce_max, kTfLiteNoType},
    {"Amin", &ln_op_reduce_min, kTfLiteNoType},
    {"Min", &ln_op_reduce_min, kTfLiteNoType},
    {"Prod", &ln_op_reduce_prod, kTfLiteNoType},
    {"Any", &ln_op_reduce_any, kTfLiteBool},
    {"All", &ln_op_reduce_all, kTfLiteBool},
    {"Argmax", &ln_op_arg_max, kTfLiteNoType},
    {"Argmin", &ln_op_arg_min, kTfLiteNoType},
};

static size_t function_of(const ln_keras_call *c)
{
    size_t i = 0;
    while (i + 1 < LN_COUNTOF(functions) && strcmp(functions[i].name, c->row->name) != 0)
        i++;
    return i;
}

/* ---- item by item ---- */

void ln_keras_binary_op(ln_keras_call *c)
{
    const size_t i = function_of(c);
    const ln_op *op = functions[i].op;
    const ln_keras_arg *args[] = {ln_keras_arg_find(c, 0, "x1"), ln_keras_arg_find(c, 1, "x2")};
    args[1] = args[1] ? args[1] : ln_keras_arg_find(c, -1, "y");
    const TfLiteType type =
        functions[i].type == kTfLiteNoType ? common_type(c, args, 2) : functions[i].type;
    const ln_id a = ln_keras_operand(c, args[0], type);
    if (op == &ln_op_pow && is_number(args[1]) && number_of(args[1]) == 2)
        ln_keras_out(c, ln_keras_unary(c->e, &ln_op_square, a));
    else if (op == &ln_op_pow && is_number(args[1]) && number_of(args[1]) == 0.5)
        ln_keras_out(c, ln_keras_unary(c->e, &ln_op_sqrt, a));
    else
        ln_keras_out(c, ln_keras_combine(c, op, a, ln_keras_operand(c, args[1], type)));
}

/* Of what is like x: its own type, or the argument. */
static ln_id typed(ln_keras_call *c, ln_id y)
{
    const cJSON *type = ln_keras_arg_json(c, -1, "dtype");
    return cJSON_IsString(type) ? ln_emit_cast(c->e, y, ln_keras_type(type->valuestring)) : y;
}

/* True where the function gives its integers back. */
static bool keeps_integers(const ln_op *op, TfLiteType type)
{
    return op == &ln_op_round && type != kTfLiteFloat32 && type != kTfLiteBool;
}

void ln_keras_unary_op(ln_keras_call *c)
{
    const size_t i = function_of(c);
    ln_id x = ln_keras_x(c);
    if (keeps_integers(functions[i].op, ln_emit_type(c->e, x))) {
        ln_keras_identity(c);
        return;
    }
    if (functions[i].op == &ln_op_square && ln_emit_type(c->e, x) != kTfLiteFloat32) {
        const TfLiteType type = ln_emit_type(c->e, x);
        x = ln_emit_cast(c->e, x, type == kTfLiteInt64 ? type : kTfLiteInt32);
        const ln_id y = ln_keras_binary(c->e, &ln_op_mul, x, x);
        ln_keras_out(c, ln_emit_cast(c->e, y, type == kTfLiteBool ? kTfLiteInt32 : type));
        return;
    }
    if (functions[i].type != kTfLiteNoType)
        x = ln_emit_cast(c->e, x, functions[i].type);
    const ln_id y = functions[i].op == &ln_op_abs ? ln_emit_abs(c->e, x)
                                                  : ln_keras_unary(c->e, functions[i].op, x);
    ln_keras_out(c, functions[i].op == &ln_op_zeros_like ? typed(c, y) : y);
}

void ln_keras_reciprocal_op(ln_keras_call *c)
{
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_div, ln_emit_float(c->e, 1),
                                    ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32)));
}

void ln_keras_ones_like_op(ln_keras_call *c)
{
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const ln_id in[] = {ln_emit_shape_of(c->e, ln_keras_x(c)), ln_emit_number(c->e, type, 1)};
    ln_keras_out(c, typed(c, ln_emit_nary(c->e, &ln_op_fill, NULL, 2, in)));
}

void ln_keras_where_op(ln_keras_call *c)
{
    const ln_keras_arg *args[] = {ln_keras_arg_find(c, 1, "x1"), ln_keras_arg_find(c, 2, "x2")};
    const TfLiteType type = common_type(c, args, 2);
    const ln_id in[] = {ln_keras_operand(c, ln_keras_arg_find(c, 0, "condition"), kTfLiteBool),
                        ln_keras_operand(c, args[0], type), ln_keras_operand(c, args[1], type)};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_select_v2, NULL, 3, in));
}

void ln_keras_clip_op(ln_keras_call *c)
{
    const double low = ln_keras_arg_number(c, 1, "x_min", -INFINITY),
                 high = ln_keras_arg_number(c, 2, "x_max", INFINITY);
    ln_id y = ln_keras_x(c);
    if (low == 0 && high == 6)
        y = ln_keras_unary(c->e, &ln_op_relu6, y);
    else {
        y = isinf(low) ? y : ln_keras_with(c->e, &ln_op_maximum, y, low);
        y = isinf(high) ? y : ln_keras_with(c->e, &ln_op_minimum, y, high);
    }
    ln_keras_out(c, y);
}

void ln_keras_cast_op(ln_keras_call *c)
{
    const cJSON *type = ln_keras_arg_json(c, 1, "dtype");
    ln_keras_out(c, ln_emit_cast(c->e, ln_keras_x(c),
                                 ln_keras_type(cJSON_IsString(type) ? type->valuestring : "")));
}

/* ---- over axes ---- */

int ln_keras_axes(ln_keras_call *c, int rank, int *axes)
{
    const cJSON *json = ln_keras_arg_json(c, 1, "axis"), *item;
    int n = 0, v;
    if (!json) {
        for (; n < rank; n++)
            axes[n] = n;
        return n;
    }
    if (ln_json_is_int(json, &v)) {
        axes[0] = ln_keras_axis(c, v, rank);
        return 1;
    }
    cJSON_ArrayForEach(item, json)
    {
        if (n == LN_MAX_RANK || !ln_json_is_int(item, &v)) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "axis is no list of axes");
            return 0;
        }
        axes[n++] = ln_keras_axis(c, v, rank);
    }
    return n;
}

static bool keeps(ln_keras_call *c)
{
    return ln_keras_arg_number(c, 2, "keepdims", 0) != 0;
}

/* What a sum or product of such items is in; others stay. */
static TfLiteType summed_type(TfLiteType type)
{
    switch (type) {
    case kTfLiteUInt8:
    case kTfLiteUInt16:
        return kTfLiteUInt32;
    case kTfLiteBool:
    case kTfLiteInt8:
    case kTfLiteInt16:
        return kTfLiteInt32;
    default:
        return type;
    }
}

void ln_keras_reduce_op(ln_keras_call *c)
{
    const size_t i = function_of(c);
    int axes[LN_MAX_RANK];
    ln_id x = ln_keras_x(c);
    const int n = ln_keras_axes(c, ln_emit_shape(c->e, x).rank, axes);
    if (functions[i].type != kTfLiteNoType)
        x = ln_emit_cast(c->e, x, functions[i].type);
    const bool sums = functions[i].op == &ln_op_sum || functions[i].op == &ln_op_reduce_prod;
    const TfLiteType from = ln_emit_type(c->e, x), to = sums ? summed_type(from) : from;
    x = ln_emit_cast(c->e, x, to == from ? from : kTfLiteInt32);
    const ln_id y = ln_emit_reduce(c->e, functions[i].op, x, n, axes, keeps(c));
    ln_keras_out(c, to == from ? y : ln_emit_cast(c->e, y, to));
}

void ln_keras_arg_op(ln_keras_call *c)
{
    const TfLiteArgMaxParams p = {.output_type = kTfLiteInt32};
    int axes[LN_MAX_RANK];
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    ln_id x = ln_keras_x(c);
    if (!ln_keras_arg_json(c, 1, "axis")) { /* over all items */
        x = ln_emit_reshape(c->e, x, &flat);
        axes[0] = 0;
    } else if (ln_keras_axes(c, ln_emit_shape(c->e, x).rank, axes) != 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%s over several axes", c->row->name);
        return;
    }
    const ln_id y =
        ln_emit_binary(c->e, functions[function_of(c)].op, &p, x, ln_emit_int(c->e, axes[0]));
    ln_keras_out(c, keeps(c) ? ln_emit_expand_dims(c->e, y, axes[0]) : y);
}

/* The variance, or its root. */
void ln_keras_variance_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    int axes[LN_MAX_RANK];
    const ln_id x = ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32);
    const int n = ln_keras_axes(c, ln_emit_shape(e, x).rank, axes);
    const ln_id mean = ln_emit_reduce(e, &ln_op_mean, x, n, axes, true);
    const ln_id y = ln_emit_reduce(
        e, &ln_op_mean, ln_keras_binary(e, &ln_op_squared_difference, x, mean), n, axes, keeps(c));
    ln_keras_out(c, strcmp(c->row->name, "Std") == 0 ? ln_keras_unary(e, &ln_op_sqrt, y) : y);
}

/* max + log(sum(exp(x - max))) */
void ln_keras_logsumexp_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    int axes[LN_MAX_RANK];
    const ln_id x = ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32);
    const int n = ln_keras_axes(c, ln_emit_shape(e, x).rank, axes);
    const ln_id max = ln_emit_reduce(e, &ln_op_reduce_max, x, n, axes, true);
    const ln_id power = ln_keras_unary(e, &ln_op_exp, ln_keras_binary(e, &ln_op_sub, x, max));
    const ln_id sum = ln_emit_reduce(e, &ln_op_sum, power, n, axes, true);
    const ln_id y = ln_keras_binary(e, &ln_op_add, max, ln_keras_unary(e, &ln_op_log, sum));
    unsigned dropped = 0;
    for (int i = 0; i < n; i++)
        dropped |= 1U << axes[i];
    ln_keras_out(c, keeps(c) ? y : ln_emit_squeeze(e, y, dropped));
}

void ln_keras_cumsum_op(ln_keras_call *c)
{
    const TfLiteCumsumParams p = {.exclusive = false};
    int axes[LN_MAX_RANK];
    const ln_id x = ln_keras_running(c, axes);
    ln_keras_out(c, ln_emit_binary(c->e, &ln_op_cumsum, &p, x, ln_emit_int(c->e, axes[0])));
}

void ln_keras_normalize_op(ln_keras_call *c)
{
    const TfLiteL2NormParams p = {.activation = kTfLiteActNone};
    int axes[LN_MAX_RANK];
    const int rank = ln_emit_shape(c->e, ln_keras_x(c)).rank, n = ln_keras_axes(c, rank, axes);
    if (n != 1 || axes[0] != rank - 1 || ln_keras_arg_number(c, 2, "order", 2) != 2)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "other than the Euclidean norm of the last axis");
    else
        ln_keras_out(c, ln_emit_unary(c->e, &ln_op_l2_normalization, &p, ln_keras_x(c)));
}

void ln_keras_matmul_op(ln_keras_call *c)
{
    const TfLiteBatchMatMulParams p = {.adj_x = false};
    const ln_id a = ln_keras_arg_tensor(c, 0, "x1"), b = ln_keras_arg_tensor(c, 1, "x2");
    if (ln_emit_shape(c->e, a).rank < 2 || ln_emit_shape(c->e, b).rank < 2)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a product with a vector");
    else
        ln_keras_out(c, ln_emit_binary(c->e, &ln_op_batch_matmul, &p, a, b));
}
