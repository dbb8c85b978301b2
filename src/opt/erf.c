/* SPDX-License-Identifier: Apache-2.0 */
/* erf.c: the error function, for which there is no builtin operator.  Importers make custom:Erf and
 * custom:Erfc; what no rule has made a GELU of is computed by formula 7.1.26 of Abramowitz and
 * Stegun, whose error is at most 1.5e-7:
 *
 *     erf |x| = 1 - (a1 t + ... + a5 t^5) exp(-x^2),  t = 1 / (1 + p |x|) */
#include <string.h>

#include "opt/opt.h"

static ln_id times(ln_opt *o, ln_id x, double v)
{
    return ln_emit_binary(&o->e, &ln_op_mul, NULL, x, ln_emit_float(&o->e, (float)v));
}

static ln_id plus(ln_opt *o, ln_id x, double v)
{
    return ln_emit_binary(&o->e, &ln_op_add, NULL, x, ln_emit_float(&o->e, (float)v));
}

static ln_id error_function(ln_opt *o, ln_id x)
{
    static const double a[] = {1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592};
    ln_emit *e = &o->e;
    const ln_id size = ln_emit_unary(e, &ln_op_abs, NULL, x);
    const ln_id t = ln_emit_binary(e, &ln_op_div, NULL, ln_emit_float(e, 1),
                                   plus(o, times(o, size, 0.3275911), 1));
    ln_id sum = times(o, t, a[0]);
    for (int i = 1; i < 5; i++)
        sum = ln_emit_binary(e, &ln_op_mul, NULL, plus(o, sum, a[i]), t);
    const ln_id bell =
        ln_emit_unary(e, &ln_op_exp, NULL,
                      ln_emit_unary(e, &ln_op_neg, NULL, ln_emit_unary(e, &ln_op_square, NULL, x)));
    const ln_id tail = ln_emit_binary(e, &ln_op_mul, NULL, sum, bell);
    const ln_id positive = ln_emit_binary(e, &ln_op_sub, NULL, ln_emit_float(e, 1), tail);
    return ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_unary(e, &ln_op_sign, NULL, x), positive);
}

bool ln_pass_erf(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id x = ln_opt_in(o, node, 0), y = ln_opt_out(o, node);
    const bool complement = n->custom_name && strcmp(n->custom_name, "Erfc") == 0;
    if (!n->custom_name || (!complement && strcmp(n->custom_name, "Erf") != 0) || n->custom_size ||
        n->inputs->size != 1 || n->outputs->size != 1 || !ln_opt_is_float(o, x))
        return false;
    ln_id erf = error_function(o, x);
    if (complement)
        erf = ln_emit_binary(&o->e, &ln_op_sub, NULL, ln_emit_float(&o->e, 1), erf);
    return ln_opt_replace(o, y, erf);
}
