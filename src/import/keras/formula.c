/* SPDX-License-Identifier: Apache-2.0 */
/* formula.c: functions of keras.ops that are a formula of one or two operands.  Each is written
 * backwards (operands, then what is done with them): "x 1 + log" is log(x + 1). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

enum { MAX_STACK = 16, MAX_WORD = 24 };

/* Over the axes of the call: how many are numbers, their sum, their variance. */
#define NUMBERS "x x == 1 0 select sum"
#define SUM     "x x == x 0 select sum"
#define SPREAD                                                                           \
    "x x == x x x == x 0 select sum_kept x x == 1 0 select sum_kept / - dup * 0 select " \
    "sum " NUMBERS " /"
/* Of the colors x, y and z. */
#define LEAST "x y min z min"
#define MOST  "x y max z max"
#define RANGE MOST " " LEAST " -"

static const struct {
    const char *name, *formula;
} formulas[] = {
    {"Angle", "0 x > 3.141592653589793 0 select"},
    {"Arccos", "1 x x * - sqrt x atan2"},
    {"Arccosh", "x x x * 1 - sqrt + log"},
    {"Arcsin", "x 1 x x * - sqrt atan2"},
    {"Arcsinh", "x sign x abs dup dup * 1 + sqrt + log *"},
    {"Arctan", "x x zeros 1 + atan2"},
    {"Arctan2", "x y atan2"},
    {"Arctanh", "x 1 + 1 x - / log 0.5 *"},
    {"Cbrt", "x sign x abs log 3 / exp *"},
    {"Cosh", "x exp x neg exp + 0.5 *"},
    {"Deg2rad", "x 0.017453292519943295 *"},
    {"DivideNoNan", "y 0 == 0 x y / select"},
    {"Exp2", "x 0.6931471805599453 * exp"},
    {"Expm1", "x exp 1 -"},
    {"Fmax", "x x != y y y != x x y max select select"},
    {"Fmin", "x x != y y y != x x y min select select"},
    {"Fmod", "x sign x abs y abs mod *"},
    {"Heaviside", "x 0 == y x 0 > 1 0 select select"},
    {"HSVToRGB", "z 1 y - y x 6 * 3 - abs 1 - 0 max 1 min * + * out "
                 "z 1 y - y 2 x 6 * 2 - abs - 0 max 1 min * + * out "
                 "z 1 y - y 2 x 6 * 4 - abs - 0 max 1 min * + * out"},
    {"Hypot", "x x * y y * + sqrt"},
    {"Imag", "x zeros"},
    {"Isfinite", "x x - 0 =="},
    {"Isinf", "x abs inf =="},
    {"Isnan", "x x !="},
    {"Isneginf", "x -inf =="},
    {"Isreal", "x zeros 0 =="},
    {"Isposinf", "x inf =="},
    {"Ldexp", "x y 0.6931471805599453 * exp *"},
    {"Log10", "x log 0.4342944819032518 *"},
    {"Log1p", "x 1 + log"},
    {"Log2", "x log 1.4426950408889634 *"},
    {"Logaddexp", "x y max x y - abs neg exp 1 + log +"},
    {"Logaddexp2", "x y max x y - abs -0.6931471805599453 * exp 1 + log 1.4426950408889634 * +"},
    {"Nanmax", NUMBERS " 0 == nan x x == x -inf select max_of select"},
    {"Nanmean", SUM " " NUMBERS " /"},
    {"Nanmin", NUMBERS " 0 == nan x x == x inf select min_of select"},
    {"Nanprod", "x x == x 1 select product"},
    {"Nanstd", SPREAD " sqrt"},
    {"Nansum", SUM},
    {"Nanvar", SPREAD},
    {"RGBToHSV",
     LEAST " " MOST " - 0 == 0 "
           "x " MOST " == y z - y " MOST " == z x - " RANGE " 2 * + x y - " RANGE " 4 * + "
           "select select " RANGE " 6 * / 1 mod select out " MOST " 0 > " RANGE " " MOST
           " / 0 select out " MOST " out"},
    {"Rad2deg", "x 57.29577951308232 *"},
    {"Signbit", "0 x 0 == 1 x / x select >"},
    {"Sinc", "x 0 == 1 x 3.141592653589793 * sin x 3.141592653589793 * / select"},
    {"Sinh", "x exp x neg exp - 0.5 *"},
    {"Tan", "x sin x cos /"},
    {"Trunc", "x sign x abs floor *"},
};

static const struct {
    const char *name;
    const ln_op *op;
    int operands;
} words[] = {
    {"+", &ln_op_add, 2},
    {"-", &ln_op_sub, 2},
    {"*", &ln_op_mul, 2},
    {"/", &ln_op_div, 2},
    {"==", &ln_op_equal, 2},
    {"!=", &ln_op_not_equal, 2},
    {">", &ln_op_greater, 2},
    {"max", &ln_op_maximum, 2},
    {"min", &ln_op_minimum, 2},
    {"mod", &ln_op_floor_mod, 2},
    {"atan2", &ln_op_atan2, 2},
    {"abs", &ln_op_abs, 1},
    {"neg", &ln_op_neg, 1},
    {"exp", &ln_op_exp, 1},
    {"log", &ln_op_log, 1},
    {"sqrt", &ln_op_sqrt, 1},
    {"sin", &ln_op_sin, 1},
    {"cos", &ln_op_cos, 1},
    {"sign", &ln_op_sign, 1},
    {"floor", &ln_op_floor, 1},
    {"zeros", &ln_op_zeros_like, 1},
    {"select", &ln_op_select_v2, 3},
};

static const struct {
    const char *name;
    const ln_op *op;
    bool kept; /* whatever the call says */
} sums[] = {
    {"sum", &ln_op_sum, false},
    {"sum_kept", &ln_op_sum, true},
    {"max_of", &ln_op_reduce_max, false},
    {"min_of", &ln_op_reduce_min, false},
    {"product", &ln_op_reduce_prod, false},
};

typedef struct stack {
    ln_id at[MAX_STACK];
    ln_id out[3]; /* where the formula gives several results */
    int n, n_out;
} stack;

/* Over the axes of the call; false where the word is no such thing. */
static bool reduce(ln_keras_call *c, const char *word, const ln_id *x, stack *s)
{
    for (size_t i = 0; i < LN_COUNTOF(sums); i++) {
        int axes[LN_MAX_RANK];
        if (strcmp(word, sums[i].name) != 0)
            continue;
        const int n = ln_keras_axes(c, ln_emit_shape(c->e, x[0]).rank, axes);
        const bool kept = sums[i].kept || ln_keras_arg_number(c, -1, "keepdims", 0) != 0;
        s->at[s->n - 1] = ln_emit_reduce(c->e, sums[i].op, s->at[s->n - 1], n, axes, kept);
        return true;
    }
    return false;
}

static void apply(ln_keras_call *c, const char *word, const ln_id *x, stack *s)
{
    if (word[0] >= 'x' && word[0] <= 'z' && !word[1]) {
        s->at[s->n++] = x[word[0] - 'x'];
        return;
    }
    if (reduce(c, word, x, s))
        return;
    if (strcmp(word, "out") == 0) {
        s->out[s->n_out++] = s->at[--s->n];
        return;
    }
    if (strcmp(word, "dup") == 0) {
        s->at[s->n] = s->at[s->n - 1];
        s->n++;
        return;
    }
    for (size_t i = 0; i < LN_COUNTOF(words); i++)
        if (strcmp(word, words[i].name) == 0) {
            s->n -= words[i].operands;
            s->at[s->n] = ln_emit_nary(c->e, words[i].op, NULL, words[i].operands, s->at + s->n);
            s->n++;
            return;
        }
    s->at[s->n++] = ln_emit_float(c->e, (float)strtod(word, NULL));
}

static stack evaluate(ln_keras_call *c, const char *formula, const ln_id *x)
{
    stack s = {.n = 0};
    char word[MAX_WORD];
    while (*formula && ln_emit_ok(c->e)) {
        const size_t n = strcspn(formula, " ");
        memcpy(word, formula, n);
        word[n] = 0;
        apply(c, word, x, &s);
        formula += n + (formula[n] == ' ');
    }
    return s;
}

static const char *formula_of(const ln_keras_call *c)
{
    size_t i = 0;
    while (i + 1 < LN_COUNTOF(formulas) && strcmp(formulas[i].name, c->row->name) != 0)
        i++;
    return formulas[i].formula;
}

/* RGBToHSV, HSVToRGB: of the three channels. */
void ln_keras_colors_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    const ln_id images = ln_keras_to_last(c, ln_emit_cast(e, ln_keras_x(c), kTfLiteFloat32));
    const ln_shape s = ln_emit_shape(e, images);
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    ln_id x[3];
    if (s.rank < 3 || s.rank > LN_MAX_RANK || s.dim[s.rank - 1] != 3) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "other than images of 3 channels");
        return;
    }
    for (int i = 0; i < s.rank; i++)
        size[i] = i == s.rank - 1 ? 1 : -1;
    for (int i = 0; i < 3; i++) {
        begin[s.rank - 1] = i;
        x[i] = ln_emit_slice(e, images, s.rank, begin, size);
    }
    const stack y = evaluate(c, formula_of(c), x);
    ln_keras_out(c, ln_keras_from_last(c, ln_emit_concat(e, 3, y.out, s.rank - 1)));
}

void ln_keras_formula_op(ln_keras_call *c)
{
    static const char *const second[] = {"x2", "y"};
    const char *formula = formula_of(c);
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    ln_id x[3] = {-1, -1, -1};
    if (strcmp(c->row->name, "Trunc") == 0 && type != kTfLiteFloat32) {
        ln_keras_identity(c);
        return;
    }
    if (strncmp(c->row->name, "Nan", 3) == 0 && type != kTfLiteFloat32) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "integers, which are never NaN: ops.%s does",
                     c->row->name + 3);
        return;
    }
    x[0] = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), kTfLiteFloat32);
    const ln_keras_arg *other = ln_keras_arg_find(c, 1, second[0]);
    if (strchr(formula, 'y'))
        x[1] = ln_keras_operand(c, other ? other : ln_keras_arg_find(c, -1, second[1]),
                                kTfLiteFloat32);
    ln_keras_out(c, evaluate(c, formula, x).at[0]);
}

/* opt makes GELU of it, or a formula. */
void ln_keras_erf_op(ln_keras_call *c)
{
    const ln_id x = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    const ln_made made = {.type = kTfLiteFloat32, .shape = ln_emit_shape(c->e, x)};
    const ln_emit_call call = {
        .custom = c->row->name, .in = &x, .n_in = 1, .n_out = 1, .hints = &made};
    ln_id y;
    if (ln_emit_node(c->e, &call, &y))
        ln_keras_out(c, y);
}
