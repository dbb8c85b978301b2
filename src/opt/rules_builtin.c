/* SPDX-License-Identifier: Apache-2.0 */
/* rules_builtin.c: patterns that one operator replaces, in the language of rules.h.  custom:Erf is
 * what importers make of an error function; what no rule takes is computed (erf.c). */
#include "opt/rules.h"

const char *const ln_rules_builtin[] = {
    /* clipping */
    "rule relu: (MAXIMUM x 0) => (RELU x)", "rule relu6: (MINIMUM (MAXIMUM x 0) 6) => (RELU6 x)",
    "rule relu6_of_relu: (MINIMUM (RELU x) 6) => (RELU6 x)",
    "rule relu6_min_first: (MAXIMUM (MINIMUM x 6) 0) => (RELU6 x)",
    "rule relu6_relu_last: (RELU (MINIMUM x 6)) => (RELU6 x)",
    "rule relu1: (MINIMUM (MAXIMUM x -1) 1) => (RELU_N1_TO_1 x)",
    "rule relu1_min_first: (MAXIMUM (MINIMUM x 1) -1) => (RELU_N1_TO_1 x)",
    "rule relu01: (MINIMUM (MAXIMUM x 0) 1) => (RELU_0_TO_1 x)",
    "rule relu01_of_relu: (MINIMUM (RELU x) 1) => (RELU_0_TO_1 x)",
    "rule relu_relu: (RELU (RELU x)) => (RELU x)", "rule relu6_relu: (RELU6 (RELU x)) => (RELU6 x)",
    "rule relu_relu6: (RELU (RELU6 x)) => (RELU6 x)",
    /* slopes */
    "rule leaky: (MAXIMUM x (MUL x %a)) => (LEAKY_RELU{alpha=%a} x) if %a > 0, %a < 1",
    "rule leaky_sum: (SUB (RELU x) (MUL (RELU (NEG x)) %a)) => (LEAKY_RELU{alpha=%a} x)",
    "rule prelu: (ADD (RELU x) (MUL $s (MINIMUM x 0))) => (PRELU x $s)",
    "rule prelu_relu: (SUB (RELU x) (MUL $s (RELU (NEG x)))) => (PRELU x $s)",
    "rule prelu_negated: (ADD (RELU x) (NEG (MUL $s (RELU (NEG x))))) => (PRELU x $s)",
    "rule prelu_added: (ADD (RELU x) (MUL $s (RELU (NEG x)))) => (PRELU x (NEG $s))",
    "rule prelu_of_one: (PRELU x %a) => (LEAKY_RELU{alpha=%a} x)",
    /* hard swish */
    "rule hard_swish: (MUL x (MUL (RELU6 (ADD x 3)) 0.16666667)) => (HARD_SWISH x)",
    "rule hard_swish_div: (MUL x (DIV (RELU6 (ADD x 3)) 6)) => (HARD_SWISH x)",
    "rule hard_swish_late: (MUL (MUL x (RELU6 (ADD x 3))) 0.16666667) => (HARD_SWISH x)",
    "rule hard_swish_late_div: (DIV (MUL x (RELU6 (ADD x 3))) 6) => (HARD_SWISH x)",
    "rule hard_swish_early: (MUL (MUL x 0.16666667) (RELU6 (ADD x 3))) => (HARD_SWISH x)",
    /* GELU by the error function: x/2 (1 + erf(x/sqrt 2)), the half wherever it stands */
    "rule gelu_1: (MUL (MUL x 0.5) (ADD (custom:Erf (MUL x 0.70710678)) 1)) => (GELU x)",
    "rule gelu_2: (MUL (MUL x (ADD (custom:Erf (MUL x 0.70710678)) 1)) 0.5) => (GELU x)",
    "rule gelu_3: (MUL x (MUL (ADD (custom:Erf (MUL x 0.70710678)) 1) 0.5)) => (GELU x)",
    "rule gelu_4: (MUL (MUL x 0.5) (ADD (custom:Erf (DIV x 1.41421356)) 1)) => (GELU x)",
    "rule gelu_5: (MUL (MUL x (ADD (custom:Erf (DIV x 1.41421356)) 1)) 0.5) => (GELU x)",
    "rule gelu_6: (MUL x (MUL (ADD (custom:Erf (DIV x 1.41421356)) 1) 0.5)) => (GELU x)",
    "rule gelu_c: (MUL (MUL x 0.5) (SUB 2 (custom:Erfc (MUL x 0.70710678)))) => (GELU x)",
    "rule gelu_d: (MUL (MUL x 0.5) (custom:Erfc (MUL (NEG x) 0.70710678))) => (GELU x)",
    "rule gelu_e: (MUL (MUL x 0.5) (custom:Erfc (MUL x -0.70710678))) => (GELU x)",
    /* ... and by tanh */
    "rule gelu_t1: (MUL (MUL x 0.5) (ADD (TANH (MUL (ADD x (MUL (POW x 3) 0.044715)) 0.79788456))"
    " 1)) => (GELU{approximate=true} x)",
    "rule gelu_t2: (MUL x (MUL (ADD (TANH (MUL (ADD x (MUL (POW x 3) 0.044715)) 0.79788456)) 1)"
    " 0.5)) => (GELU{approximate=true} x)",
    "rule gelu_t3: (MUL (MUL x (ADD (TANH (MUL (ADD x (MUL (POW x 3) 0.044715)) 0.79788456)) 1))"
    " 0.5) => (GELU{approximate=true} x)",
    "rule gelu_t4: (MUL (MUL x 0.5) (ADD (TANH (MUL (ADD x (MUL (MUL x (SQUARE x)) 0.044715))"
    " 0.79788456)) 1)) => (GELU{approximate=true} x)",
    "rule gelu_t5: (MUL (MUL x 0.5) (ADD (TANH (MUL (MUL x (ADD (MUL (SQUARE x) 0.044715) 1))"
    " 0.79788456)) 1)) => (GELU{approximate=true} x)",
    /* squares and roots */
    "rule square: (MUL x x) => (SQUARE x)",
    "rule squared_difference: (SQUARE (SUB x y)) => (SQUARED_DIFFERENCE x y)",
    "rule pow_2: (POW x 2) => (SQUARE x)", "rule pow_half: (POW x 0.5) => (SQRT x)",
    "rule pow_minus_half: (POW x -0.5) => (RSQRT x)", "rule rsqrt: (DIV 1 (SQRT x)) => (RSQRT x)",
    "rule div_sqrt: (DIV x (SQRT y)) => (MUL x (RSQRT y))", "rule neg_neg: (NEG (NEG x)) => x",
    "rule add_neg: (ADD x (NEG y)) => (SUB x y)", "rule sub_neg: (SUB x (NEG y)) => (ADD x y)",
    "rule and_same any: (LOGICAL_AND x x) => x", "rule or_same any: (LOGICAL_OR x x) => x",
    "rule not_not any: (LOGICAL_NOT (LOGICAL_NOT x)) => x",
    "rule not_equal any: (LOGICAL_NOT (EQUAL x y)) => (NOT_EQUAL x y)",
    "rule equal any: (LOGICAL_NOT (NOT_EQUAL x y)) => (EQUAL x y)",
    "rule not_less any: (LOGICAL_NOT (GREATER_EQUAL x y)) => (LESS x y)",
    "rule not_greater any: (LOGICAL_NOT (LESS_EQUAL x y)) => (GREATER x y)",
    /* norms along the last axis */
    "rule l2norm: (MUL x (RSQRT (MAXIMUM (SUM{keep_dims=true} (SQUARE x) [-1]) %e))) =>"
    " (L2_NORMALIZATION x) if %e > 0, %e < 1e-5",
    "rule l2norm_sum: (MUL x (RSQRT (ADD (SUM{keep_dims=true} (SQUARE x) [-1]) %e))) =>"
    " (L2_NORMALIZATION x) if %e > 0, %e < 1e-5",
    "rule l2norm_div: (DIV x (SQRT (SUM{keep_dims=true} (SQUARE x) [-1]))) =>"
    " (L2_NORMALIZATION x)",
    "rule l2norm_div_max: (DIV x (MAXIMUM (SQRT (SUM{keep_dims=true} (SQUARE x) [-1])) %e)) =>"
    " (L2_NORMALIZATION x) if %e > 0, %e < 1e-5",
    /* softmax along the last axis */
    "rule softmax: (DIV (EXP x) (SUM{keep_dims=true} (EXP x) [-1])) => (SOFTMAX{beta=1} x)",
    "rule softmax_shift: (SOFTMAX{beta=1} (SUB x (REDUCE_MAX{keep_dims=true} x [-1]))) =>"
    " (SOFTMAX{beta=1} x)",
    "rule log_softmax: (LOG (SOFTMAX{beta=1} x)) => (LOG_SOFTMAX x)",
    "rule log_softmax_sub: (SUB (SUB x (REDUCE_MAX{keep_dims=true} x [-1])) (LOG"
    " (SUM{keep_dims=true} (EXP (SUB x (REDUCE_MAX{keep_dims=true} x [-1]))) [-1]))) =>"
    " (LOG_SOFTMAX x)",
    "rule logistic: (DIV 1 (ADD (EXP (NEG x)) 1)) => (LOGISTIC x)",
    "rule elu_select: (SELECT_V2 (GREATER x 0) x (SUB (EXP x) 1)) => (ELU x)",
    "rule elu_sum: (ADD (RELU x) (SUB (EXP (MINIMUM x 0)) 1)) => (ELU x)",
    "rule leaky_select: (SELECT_V2 (GREATER x 0) x (MUL x %a)) => (LEAKY_RELU{alpha=%a} x)",
    "rule leaky_select_ge: (SELECT_V2 (GREATER_EQUAL x 0) x (MUL x %a)) =>"
    " (LEAKY_RELU{alpha=%a} x)",
    /* scales of scales */
    "rule mul_mul: (MUL (MUL x %a) %b) => (MUL x (MUL %a %b))",
    "rule add_add: (ADD (ADD x %a) %b) => (ADD x (ADD %a %b))",
    "rule div_number: (DIV x %a) => (MUL x (DIV 1 %a)) if %a != 0", NULL};
