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
        cmocka_unit_test(errors_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
