/* SPDX-License-Identifier: Apache-2.0 */
/* formula.c: functions of keras.ops that are a formula of one or two operands.  Each is written
 * backwards (operands, then what is done with them): "x 1 + log" is log(x + 1). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

enum { MAX_STACK = 8, MAX_WORD = 24 };

static const struct {
    const char *name, *formula;
} formulas[] = {
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
    {"Hypot", "x x * y y * + sqrt"},
    {"Isfinite", "x x - 0 =="},
    {"Isinf", "x abs inf =="},
    {"Isnan", "x x !="},
    {"Isneginf", "x -inf =="},
    {"Isposinf", "x inf =="},
    {"Ldexp", "x y 0.6931471805599453 * exp *"},
    {"Log10", "x log 0.4342944819032518 *"},
    {"Log1p", "x 1 + log"},
    {"Log2", "x log 1.4426950408889634 *"},
    {"Logaddexp", "x y max x y - abs neg exp 1 + log +"},
    {"Logaddexp2", "x y max x y - abs -0.6931471805599453 * exp 1 + log 1.4426950408889634 * +"},
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

typedef struct stack {
    ln_id at[MAX_STACK];
    int n;
} stack;

static void apply(ln_keras_call *c, const char *word, const ln_id *x, stack *s)
{
    if (strcmp(word, "x") == 0 || strcmp(word, "y") == 0) {
        s->at[s->n++] = x[word[0] == 'y'];
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

static ln_id evaluate(ln_keras_call *c, const char *formula, const ln_id *x)
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
    return s.at[0];
}

void ln_keras_formula_op(ln_keras_call *c)
{
    static const char *const second[] = {"x2", "y"};
    size_t i = 0;
    ln_id x[2] = {-1, -1};
    while (i + 1 < LN_COUNTOF(formulas) && strcmp(formulas[i].name, c->row->name) != 0)
        i++;
    x[0] = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), kTfLiteFloat32);
    const ln_keras_arg *other = ln_keras_arg_find(c, 1, second[0]);
    if (strchr(formulas[i].formula, 'y'))
        x[1] = ln_keras_operand(c, other ? other : ln_keras_arg_find(c, -1, second[1]),
                                kTfLiteFloat32);
    ln_keras_out(c, evaluate(c, formulas[i].formula, x));
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
