/* SPDX-License-Identifier: Apache-2.0 */
/* map_train.c: steps of optimizers (ResourceApplyAdam and the like): variables are read, computed
 * anew and assigned to, as TensorFlow's own kernels do it. */
#include "import/savedmodel/tf.h"

enum { MOST = 4 }; /* variables of one optimizer */

/* The first n inputs are variables. */
typedef struct step {
    ln_tf_op *op;
    ln_emit *e;
    int variable[MOST];
    ln_id was[MOST];
} step;

static bool begin(step *s, ln_tf_op *op, int n)
{
    *s = (step){.op = op, .e = op->e};
    for (int i = 0; i < n; i++) {
        s->variable[i] = ln_tf_variable_in(op, i);
        if (s->variable[i] < 0)
            return false;
        s->was[i] = ln_tf_variable_read(op->tf, op->e, s->variable[i]);
    }
    return true;
}

static void set(step *s, int i, ln_id value)
{
    ln_tf_variable_write(s->op->tf, s->e, s->variable[i], value);
}

static ln_id in(step *s, int i)
{
    return ln_tf_in(s->op, i);
}

static ln_id two(step *s, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(s->e, op, NULL, a, b);
}
static ln_id plus(step *s, ln_id a, ln_id b)
{
    return two(s, &ln_op_add, a, b);
}
static ln_id minus(step *s, ln_id a, ln_id b)
{
    return two(s, &ln_op_sub, a, b);
}
static ln_id times(step *s, ln_id a, ln_id b)
{
    return two(s, &ln_op_mul, a, b);
}
static ln_id over(step *s, ln_id a, ln_id b)
{
    return two(s, &ln_op_div, a, b);
}
static ln_id root(step *s, ln_id x)
{
    return ln_emit_unary(s->e, &ln_op_sqrt, NULL, x);
}
/* 1 - x */
static ln_id rest(step *s, ln_id x)
{
    return minus(s, ln_emit_number(s->e, ln_emit_type(s->e, x), 1), x);
}
/* old + (x - old) * (1 - keep) */
static ln_id decay(step *s, ln_id old, ln_id x, ln_id keep)
{
    return plus(s, old, times(s, minus(s, x, old), rest(s, keep)));
}

static void gradient_descent(ln_tf_op *op)
{
    step s;
    if (begin(&s, op, 1))
        set(&s, 0, minus(&s, s.was[0], times(&s, in(&s, 2), in(&s, 1))));
}

/* var, accum, rate, gradient, momentum */
static void momentum(ln_tf_op *op)
{
    step s;
    if (!begin(&s, op, 2))
        return;
    const ln_id rate = in(&s, 2), g = in(&s, 3), keep = in(&s, 4);
    const ln_id accum = plus(&s, times(&s, s.was[1], keep), g);
    const bool nesterov = ln_tf_attr_bool(op, "use_nesterov", false);
    set(&s, 1, accum);
    const ln_id by = nesterov ? plus(&s, g, times(&s, accum, keep)) : accum;
    set(&s, 0, minus(&s, s.was[0], times(&s, by, rate)));
}

/* The same, with the rate inside of what is accumulated. */
static void keras_momentum(ln_tf_op *op)
{
    step s;
    if (!begin(&s, op, 2))
        return;
    const ln_id keep = in(&s, 4), pull = times(&s, in(&s, 3), in(&s, 2));
    const ln_id accum = minus(&s, times(&s, s.was[1], keep), pull);
    const bool nesterov = ln_tf_attr_bool(op, "use_nesterov", false);
    set(&s, 1, accum);
    set(&s, 0, plus(&s, s.was[0], nesterov ? minus(&s, times(&s, accum, keep), pull) : accum));
}

/* var, accum, rate, (epsilon,) gradient */
static void adagrad(ln_tf_op *op)
{
    step s;
    if (!begin(&s, op, 2))
        return;
    const bool has_epsilon = op->n_in > 4;
    const ln_id g = in(&s, has_epsilon ? 4 : 3);
    ln_id accum = s.was[1];
    if (ln_tf_attr_bool(op, "update_slots", true)) {
        accum = plus(&s, accum, times(&s, g, g));
        set(&s, 1, accum);
    }
    ln_id by = root(&s, accum);
    by = has_epsilon ? plus(&s, by, in(&s, 3)) : by;
    set(&s, 0, minus(&s, s.was[0], over(&s, times(&s, in(&s, 2), g), by)));
}

/* var, accum, accumulated updates, rate, rho, epsilon, gradient */
static void adadelta(ln_tf_op *op)
{
    step s;
    if (!begin(&s, op, 3))
        return;
    const ln_id rho = in(&s, 4), epsilon = in(&s, 5), g = in(&s, 6);
    const ln_id accum = decay(&s, s.was[1], times(&s, g, g), rho);
    const ln_id ratio =
        over(&s, root(&s, plus(&s, s.was[2], epsilon)), root(&s, plus(&s, accum, epsilon)));
    const ln_id update = times(&s, ratio, g);
    set(&s, 1, accum);
    set(&s, 2, decay(&s, s.was[2], times(&s, update, update), rho));
    set(&s, 0, minus(&s, s.was[0], times(&s, update, in(&s, 3))));
}

/* var, m, v, powers of beta1 and beta2, rate, beta1, beta2, epsilon, gradient */
static void adam(ln_tf_op *op)
{
    step s;
    if (!begin(&s, op, 3))
        return;
    const ln_id beta1 = in(&s, 6), g = in(&s, 9);
    const ln_id rate =
        over(&s, times(&s, in(&s, 5), root(&s, rest(&s, in(&s, 4)))), rest(&s, in(&s, 3)));
    const ln_id m = decay(&s, s.was[1], g, beta1);
    const ln_id v = decay(&s, s.was[2], times(&s, g, g), in(&s, 7));
    set(&s, 1, m);
    set(&s, 2, v);
    const ln_id by =
        ln_tf_attr_bool(op, "use_nesterov", false) ? decay(&s, g, m, rest(&s, beta1)) : m;
    set(&s, 0,
        minus(&s, s.was[0], over(&s, times(&s, by, rate), plus(&s, root(&s, v), in(&s, 8)))));
}

/* var, m, v, power of beta1, rate, beta1, beta2, epsilon, gradient */
static void adamax(ln_tf_op *op)
{
    step s;
    if (!begin(&s, op, 3))
        return;
    const ln_id g = in(&s, 8), rate = over(&s, in(&s, 4), rest(&s, in(&s, 3)));
    const ln_id m = decay(&s, s.was[1], g, in(&s, 5));
    const ln_id v = two(&s, &ln_op_maximum, times(&s, s.was[2], in(&s, 6)), ln_emit_abs(op->e, g));
    set(&s, 1, m);
    set(&s, 2, v);
    set(&s, 0, minus(&s, s.was[0], times(&s, rate, over(&s, m, plus(&s, v, in(&s, 7))))));
}

/* var, (mean gradient,) mean square, momentum, rate, rho, momentum, epsilon, gradient */
static void rms_prop(ln_tf_op *op)
{
    step s;
    const int n = op->n_in - 5; /* 3 variables, or 4 */
    if (n < 3 || n > MOST || !begin(&s, op, n))
        return;
    const ln_id rate = in(&s, n), rho = in(&s, n + 1), g = in(&s, n + 4);
    const ln_id square = decay(&s, s.was[n - 2], times(&s, g, g), rho);
    ln_id spread = square;
    set(&s, n - 2, square);
    if (n == 4) {
        const ln_id mean = decay(&s, s.was[1], g, rho);
        set(&s, 1, mean);
        spread = minus(&s, spread, times(&s, mean, mean));
    }
    const ln_id pull = over(&s, times(&s, rate, g), root(&s, plus(&s, spread, in(&s, n + 3))));
    const ln_id moment = plus(&s, times(&s, s.was[n - 1], in(&s, n + 2)), pull);
    set(&s, n - 1, moment);
    set(&s, 0, minus(&s, s.was[0], moment));
}

const ln_tf_row ln_tf_rows_train[] = {
    {"ResourceApplyAdaMax", adamax, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyAdadelta", adadelta, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyAdagrad", adagrad, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyAdagradV2", adagrad, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyAdam", adam, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyCenteredRMSProp", rms_prop, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyGradientDescent", gradient_descent, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyKerasMomentum", keras_momentum, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyMomentum", momentum, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {"ResourceApplyRMSProp", rms_prop, NULL, LN_TF_EFFECT | LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
