/* SPDX-License-Identifier: Apache-2.0 */
/* numeric_verify.c: the custom op NumericVerify of quantization debugging: how far a quantized
 * tensor is from its float reference, y = dequantized(x) - reference.
 *
 * Options (a flexbuffer): `tolerance` in units of x's scale; with `log_if_failed`, and a tolerance
 * of at least 0.1, a larger difference is an error that names it. */
#include <math.h>

#include "fb/flexbuffers.h"
#include "ops/elementwise.h"
#include "ops/quantize.h"

enum { X, REFERENCE };

typedef struct params {
    float tolerance;
    bool log_if_failed;
} params;

static ln_status parse(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex tolerance = ln_flex_get(&root, "tolerance");
    const ln_flex log = ln_flex_get(&root, "log_if_failed");
    params *p = to;

    (void)diag;
    p->tolerance = (float)ln_flex_f64(&tolerance, 0);
    p->log_if_failed = ln_flex_bool(&log, false);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), r = ln_shape_of(c->in[REFERENCE]);

    LN_TRY(ln_check_dequantize(c));
    LN_TRY(ln_check_type(c, REFERENCE, LN_BIT(Float32)));
    LN_CHECK(c,
             !ln_shape_known(&x) || !ln_shape_known(&r) ||
                 ln_shape_count(&x, 0, x.rank) == ln_shape_count(&r, 0, r.rank),
             "input 1, the reference, has %d items, not %d", ln_shape_count(&r, 0, r.rank),
             ln_shape_count(&x, 0, x.rank));
    return ln_set_out(c, 0, kTfLiteFloat32, &x);
}

static ln_status eval(ln_call *c)
{
    const params *p = c->params;
    const float *reference = c->in[REFERENCE]->data.f;
    const float most = p->tolerance * c->in[X]->params.scale;
    const bool strict = p->log_if_failed && (double)p->tolerance >= 0.1;
    float *y = c->out[0]->data.f;

    ln_dequantize(c->in[X], y);
    for (int i = 0, n = ln_count(c->in[X]); i < n; i++) {
        const float value = y[i];
        y[i] = value - reference[i];
        LN_CHECK(c, !strict || !(fabsf(y[i]) > most),
                 "item %d is %g, which is further than %g from the reference %g", i, (double)value,
                 (double)most, (double)reference[i]);
    }
    return LN_OK;
}

const ln_op ln_op_numeric_verify = {
    .name = "NumericVerify",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(params),
    .parse = parse,
    .infer = infer,
    .eval = eval,
};
