/* SPDX-License-Identifier: Apache-2.0 */
/* complex.c: REAL, IMAG, COMPLEX_ABS: complex64 to float32, complex128 to float64. */
#include "ops/elementwise.h"

#include <math.h>

LN_ROW1(real_c64, TfLiteComplex64, float, a[i].re)
LN_ROW1(imag_c64, TfLiteComplex64, float, a[i].im)
LN_ROW1(abs_c64, TfLiteComplex64, float, hypotf(a[i].re, a[i].im))
LN_ROW1(real_c128, TfLiteComplex128, double, a[i].re)
LN_ROW1(imag_c128, TfLiteComplex128, double, a[i].im)
LN_ROW1(abs_c128, TfLiteComplex128, double, hypot(a[i].re, a[i].im))

static ln_status infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_BIT(Complex64) | LN_BIT(Complex128)));
    return ln_set_out(c, 0, c->in[0]->type == kTfLiteComplex64 ? kTfLiteFloat32 : kTfLiteFloat64,
                      &s);
}

#define COMPLEX(lower, upper, code, c64, c128)                               \
    static ln_status eval_##lower(ln_call *c)                                \
    {                                                                        \
        const bool single = c->in[0]->type == kTfLiteComplex64;              \
        return ln_map_call(c, 1, LN_RAW, LN_RAW, single ? c64 : c128, NULL); \
    }                                                                        \
    const ln_op ln_op_##lower = {                                            \
        .name = upper,                                                       \
        .builtin = code,                                                     \
        .version = 1,                                                        \
        .min_in = 1,                                                         \
        .max_in = 1,                                                         \
        .n_out = 1,                                                          \
        .traits = LN_PURE | LN_ELEMENTWISE,                                  \
        .infer = infer,                                                      \
        .eval = eval_##lower,                                                \
    };
COMPLEX(real, "REAL", kTfLiteBuiltinReal, real_c64, real_c128)
COMPLEX(imag, "IMAG", kTfLiteBuiltinImag, imag_c64, imag_c128)
COMPLEX(complex_abs, "COMPLEX_ABS", kTfLiteBuiltinComplexAbs, abs_c64, abs_c128)
