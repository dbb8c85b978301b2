/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c: replacements of a user's own: what they match, and what is wrong with them. */
#include "convert/passes.h"

#include <string.h>

#include "opt/rules.h"

/* The passes with these rules. */
static void check_rules(const char *text, build_fn *build, const char *expected)
{
    ln_rules rules;
    ln_diag diag = {0};
    ln_opt_options options = ln_opt_defaults;
    ln_rules_init(&rules, &ln_alloc_default);
    if (ln_rules_parse(&rules, text, &diag) != LN_OK)
        fail_msg("%s", diag.text);
    options.rules = &rules;
    check_passes(build, expected, &options);
    ln_rules_deinit(&rules);
}

static void build_sine(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const ln_id y = ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_float(e, 0.5f), x);
    ln_emit_output(e, ln_emit_unary(e, &ln_op_sin, NULL, y));
}

static void operands_match_in_either_order(void **state)
{
    (void)state;
    check_rules("# a cosine that is shifted\n"
                "rule r: (SIN (MUL x %a)) => (COS (SUB (MUL x %a) 1.57079633))",
                build_sine, "MUL SUB COS");
}

static void a_condition_must_hold(void **state)
{
    (void)state;
    check_rules("rule r: (SIN (MUL x %a)) => (COS x) if %a > 1", build_sine, "MUL SIN");
    check_rules("rule r: (SIN (MUL x %a)) => (COS x) if rank x 3", build_sine, "MUL SIN");
}

/* The result must have the shape of what it replaces. */
static void another_shape_is_not_taken(void **state)
{
    (void)state;
    check_rules("rule r: (SIN (MUL x %a)) => (SUM x [0])", build_sine, "MUL SIN");
}

static void build_custom(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const ln_made like = {kTfLiteFloat32, ln_emit_shape(e, x)};
    const ln_emit_call call = {.custom = "Thing", .in = &x, .n_in = 1, .n_out = 1, .hints = &like};
    ln_id y;
    ln_emit_node(e, &call, &y);
    ln_emit_output(e, y);
}

static void custom_operators_are_replaced(void **state)
{
    (void)state;
    check_rules("rule r: (custom:Thing x) => (MUL x (LOGISTIC x))", build_custom, "LOGISTIC MUL");
    check_rules("rule r: (custom:Thing x) => (custom:Other x x)", build_custom, "Other");
}

static void build_clipped(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const TfLiteAddParams p = {.activation = kTfLiteActRelu6};
    ln_emit_output(e, ln_emit_binary(e, &ln_op_add, &p, x, ln_emit_float(e, 1)));
}

static void fused_activations_are_seen(void **state)
{
    (void)state;
    check_rules("rule r: (RELU6 (ADD x 1)) => (RELU6 (SUB x -1))", build_clipped, "SUB(RELU6)");
}

/* ---- what people write rules for ---- */

static void build_squares(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const ln_id y = ln_emit_binary(e, &ln_op_mul, NULL, x, x);
    const ln_id root = ln_emit_unary(e, &ln_op_sqrt, NULL,
                                     ln_emit_binary(e, &ln_op_add, NULL, y, ln_emit_float(e, 1)));
    ln_emit_output(e, ln_emit_binary(e, &ln_op_div, NULL, ln_emit_float(e, 1), root));
}

static void build_negative(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    ln_emit_output(e, ln_emit_binary(e, &ln_op_sub, NULL, ln_emit_float(e, 0), x));
}

static void build_tanh(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3)), two = ln_emit_float(e, 2);
    const ln_id half =
        ln_emit_unary(e, &ln_op_logistic, NULL, ln_emit_binary(e, &ln_op_mul, NULL, x, two));
    ln_emit_output(e, ln_emit_binary(e, &ln_op_sub, NULL,
                                     ln_emit_binary(e, &ln_op_mul, NULL, half, two),
                                     ln_emit_float(e, 1)));
}

static void build_twice(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const ln_id y = ln_emit_unary(e, &ln_op_sin, NULL, x);
    ln_emit_output(e,
                   ln_emit_binary(e, &ln_op_sub, NULL, ln_emit_unary(e, &ln_op_cos, NULL, y), y));
}

static void usual_rules_apply(void **state)
{
    static const struct {
        const char *rule;
        build_fn *build;
        const char *expected;
    } cases[] = {
        {"(SQRT (ADD x 1)) => (custom:Root x) if rank x 2", build_squares, "SQUARE Root DIV"},
        {"(SUB 0 x) => (NEG x)", build_negative, "NEG"},
        {"(SUB %z x) => (NEG x) if %z == 0", build_negative, "NEG"},
        {"(SUB %z x) => (NEG x) if %z != 0", build_negative, "SUB"},
        {"(SUB (MUL (LOGISTIC (MUL x 2)) 2) 1) => (TANH x)", build_tanh, "TANH"},
        {"(custom:Thing x) => (MUL x (TANH (LOG (ADD (EXP x) 1))))", build_custom,
         "EXP ADD LOG TANH MUL"},
        /* what a pattern holds is not used elsewhere */
        {"(COS (SIN x)) => (TANH x)", build_twice, "SIN COS SUB"},
        {"(SUB (COS x) x) => (custom:Gap x)", build_twice, "SIN Gap"},
        {"(SUB x y) => (custom:Minus x y) if same x y", build_twice, "SIN COS Minus"},
    };
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(cases); i++) {
        char text[160] = "rule usual: ";
        strcat(text, cases[i].rule);
        check_rules(text, cases[i].build, cases[i].expected);
    }
}

/* A rule whose result it fits again, and two that undo each other, come to an end. */
static void rules_without_end_stop(void **state)
{
    static const char *const endless[] = {
        "rule grows: (SIN x) => (SIN (SIN x))",
        "rule turns: (SIN x) => (COS x) rule back: (COS x) => (SIN x)",
    };
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(endless); i++) {
        ln_rules rules;
        ln_diag diag = {0};
        ln_opt_options options = ln_opt_defaults;
        ln_model *m = made_model(build_twice);
        ln_rules_init(&rules, &ln_alloc_default);
        assert_int_equal(ln_rules_parse(&rules, endless[i], &diag), LN_OK);
        options.rules = &rules;
        assert_int_equal(ln_optimize(m, &options, NULL, &diag), LN_OK);
        assert_true(m->graphs[0]->n_nodes < 100000);
        ln_rules_deinit(&rules);
        ln_model_release(m);
    }
}

static void errors_name_the_line(void **state)
{
    static const char *const wrong[] = {
        "rule r: (NOTHING x) => x",
        "rule r: (RELU x => x",
        "rule r: (RELU x) => y",
        "rule r: (LEAKY_RELU{beta=1} x) => x",
        "rule r: x => x",
        "rule r (RELU x) => x",
        "(RELU x) => x",
        "rule r: (RELU x) => x if y",
        "rule r: (SUM x [1, a]) => x",
    };
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(wrong); i++) {
        ln_rules rules;
        ln_diag diag = {0};
        char text[128] = "\n\n";
        strcat(text, wrong[i]);
        ln_rules_init(&rules, &ln_alloc_default);
        assert_int_equal(ln_rules_parse(&rules, text, &diag), LN_ERR_FORMAT);
        assert_non_null(strstr(diag.text, "line 3"));
        ln_rules_deinit(&rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_match_in_either_order),
        cmocka_unit_test(a_condition_must_hold),
        cmocka_unit_test(another_shape_is_not_taken),
        cmocka_unit_test(custom_operators_are_replaced),
        cmocka_unit_test(fused_activations_are_seen),
        cmocka_unit_test(usual_rules_apply),
        cmocka_unit_test(rules_without_end_stop),
        cmocka_unit_test(errors_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
