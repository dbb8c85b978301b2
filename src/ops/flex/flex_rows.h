/* SPDX-License-Identifier: Apache-2.0 */
/* flex_rows.h: Flex operators that compute item by item. */
#ifndef LN_OPS_FLEX_FLEX_ROWS_H
#define LN_OPS_FLEX_FLEX_ROWS_H

#include "ops/elementwise.h"
#include "ops/flex/flex.h"

/* y[i] from a[i], and b[i] where there are two operands: in float by `single`, in double by
 * `dual`. */
#define LN_FLEX_REALS(id, text, operands, infer_, single, dual)  \
    LN_ROW##operands(id##_f32, float, float, single)             \
    LN_ROW##operands(id##_f64, double, double, dual)             \
    static ln_status id##_eval(ln_call *c)                       \
    {                                                            \
        const ln_rows rows = {.f32 = id##_f32, .f64 = id##_f64}; \
        return ln_eval_rows(c, operands, &rows);                 \
    }                                                            \
    LN_FLEX_OP(id, text, operands, operands, 1, infer_, id##_eval)

#endif
