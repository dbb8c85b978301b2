/* SPDX-License-Identifier: Apache-2.0 */
/* eltwise_rules.h: which kernel serves an elementwise node, by operator and types. */
#ifndef LN_CPU_ELTWISE_RULES_H
#define LN_CPU_ELTWISE_RULES_H

#include "cpu/eltwise.h"

typedef struct ln_step_rule {
    const ln_op *op;
    bool (*claims)(const ln_call *c); /* looks at types and parameters only */
    /* Fills s->p; shapes are known and infer was content.  It may choose another kernel and other
     * operands.  NULL: there is nothing to do.  False: not these parameters. */
    bool (*make)(ln_step *s, const ln_op *op, const ln_call *c);
    /* Where in ln_kernels the kernel's pointer is; for two operands the first of LN_FORMS. */
    size_t kernel;
    int n_in;
    bool swapped; /* the kernel takes input 1 first */
} ln_step_rule;

/* Lists of rules, in the order in which they are asked; the last one has no op. */
extern const ln_step_rule ln_step_rules_plain[], ln_step_rules_quantized[];

/* The rule of a node; NULL: there is none. */
const ln_step_rule *ln_step_rule_of(const ln_op *op, const ln_call *c);

#endif
