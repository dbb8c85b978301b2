/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h: replacements as text: a pattern of operators, and what stands for it.
 *
 *     # one operator instead of four
 *     rule gelu: (MUL (MUL x 0.5) (ADD (custom:Erf (MUL x 0.70710678)) 1)) => (GELU x)
 *     rule leaky: (MAXIMUM x (MUL x %a)) => (LEAKY_RELU{alpha=%a} x) if %a > 0, %a < 1
 *
 * (OP{field=value} operand ...) is a node: a name of the schema, or custom:NAME.  An operand is
 * another node, a variable (`x`: any tensor, the same one wherever it stands), `$w` (any
 * constant), `%a` (a constant of equal numbers, whose value fields and conditions may use), a
 * number (such a constant; in the replacement, a new one), [1, 2] (a constant of ints; negative
 * ones count from the rank of the node's first operand), or - (absent).  A field left out has any
 * value in a pattern, and its default in a replacement; {field=%a} takes its value, and a fused
 * activation must be none unless it is named.  Operands of ADD, MUL, MAXIMUM, MINIMUM and
 * SQUARED_DIFFERENCE match in either order.  `rule NAME any:` also applies where the result is not
 * float32.  Conditions compare %a with a number, or ask for `same x y` (shapes) or `rank x N`.
 *
 * What a pattern holds must not be used outside it, and the result must have the type and shape of
 * what it replaces; otherwise the rule does not apply. */
#ifndef LN_OPT_RULES_H
#define LN_OPT_RULES_H

#include "opt/opt.h"

enum { LN_RULE_ARGS = 8, LN_RULE_FIELDS = 6, LN_RULE_VARS = 16, LN_RULE_CONDITIONS = 6,
       LN_RULE_SWAPS = 8 };

typedef enum ln_term_kind {
    LN_TERM_NODE,
    LN_TERM_ANY,      /* x */
    LN_TERM_CONSTANT, /* $w */
    LN_TERM_SPLAT,    /* %a */
    LN_TERM_NUMBER,
    LN_TERM_INTS,
    LN_TERM_ABSENT
} ln_term_kind;

typedef struct ln_rule_field {
    const ln_field *field;
    double value;
    int var; /* -1: the value counts */
} ln_rule_field;

typedef struct ln_term {
    ln_term_kind kind;
    const ln_op *op;    /* of a node, NULL: custom */
    const char *custom;
    int var;            /* of variables: their number in the rule */
    int swap;           /* the bit that says whether the operands are exchanged; -1: never */
    double number;
    int ints[LN_MAX_RANK], n_ints;
    struct ln_term *args[LN_RULE_ARGS];
    int n_args;
    ln_rule_field fields[LN_RULE_FIELDS];
    int n_fields;
} ln_term;

typedef struct ln_condition {
    char what[8]; /* < <= > >= == !=, "same", "rank" */
    int a, b;     /* variables */
    double value;
} ln_condition;

typedef struct ln_rule {
    const char *name;
    bool any_type;
    ln_term *pattern, *replacement;
    char vars[LN_RULE_VARS][16];
    int n_vars, n_swaps;
    ln_condition conditions[LN_RULE_CONDITIONS];
    int n_conditions;
    struct ln_rule *next;
} ln_rule;

typedef struct ln_rules {
    ln_arena arena;
    ln_rule *first, **last;
} ln_rules;

void ln_rules_init(ln_rules *r, const ln_alloc *alloc);
void ln_rules_deinit(ln_rules *r);
/* rules_parse.c: adds the rules of a text; errors name the line. */
ln_status ln_rules_parse(ln_rules *r, const char *text, ln_diag *diag) LN_MUST_USE;
/* One operator of that language without operands, "CONV_2D{stride_w=2}": its parameters, from the
 * arena. */
ln_status ln_rules_read_op(const char *text, ln_arena *arena, const ln_op **op, void **params,
                           ln_diag *diag) LN_MUST_USE;
/* rules.c: the parameters that a node of a replacement has; numbers: of its variables.  NULL: out
 * of memory. */
void *ln_rules_params(const ln_term *t, const double *numbers, ln_arena *arena, ln_diag *diag);
/* The name of the i-th custom operator that a pattern begins with; NULL past the last one. */
const char *ln_rules_replaced(const ln_rules *r, int i);
/* rules_builtin.c: a rule each; NULL ends them */
extern const char *const ln_rules_builtin[];
/* rules.c: applies the first rule that fits the node. */
bool ln_rules_apply(ln_opt *o, const ln_rules *r, int node);
/* A number among an operator's parameters, by its row; false for lists and texts. */
bool ln_field_get(const ln_field *f, const void *params, double *value);
bool ln_field_set(const ln_field *f, void *params, double value);

#endif
