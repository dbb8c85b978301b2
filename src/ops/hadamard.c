/* SPDX-License-Identifier: Apache-2.0 */
/* hadamard.c: the custom op aeq.hadamard_rotation, which spreads outliers before quantization.
 *
 *   x [rows, k] or [batch, rows, k]    y the same
 *
 * Each stretch of `hadamard_size` values (a power of two) goes through the normalized fast Walsh
 * Hadamard transform.  TFLite leaves the output's shape to the model and reads int32 as if it were
 * float; so do we, but never past the end. */
#include <math.h>
#include <string.h>

#include "base/fft.h"
#include "fb/flexbuffers.h"
#include "ops/op.h"
#include "ops/scratch.h"

typedef struct params {
    int32_t size;
} params;

static ln_status parse(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    const ln_flex root = ln_flex_root(data, n), size = ln_flex_get(&root, "hadamard_size");
    params *p = to;

    (void)diag;
    p->size = ln_flex_i32(&size, 0);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[0]), y = ln_shape_of(c->out[0]);
    const TfLiteType type = c->in[0]->type;
    ln_scratch s = {0};

    if (type != kTfLiteFloat32 && type != kTfLiteInt32)
        return ln_fail_type(c, 0);
    LN_CHECK(c, x.rank == 2 || x.rank == 3, "the input has rank %d, not 2 or 3", x.rank);
    LN_CHECK(c, ln_is_power_of_two(p->size), "hadamard_size is %d, not a power of two",
             (int)p->size);
    ln_scratch_take(&s, LN_MAX(ln_shape_count(&x, 0, x.rank), 0), sizeof(float));
    LN_TRY(ln_scratch_ask(c, &s));
    return ln_set_out(c, 0, type, x.rank == y.rank ? &x : &y);
}

static void transform(float *x, int n)
{
    const float norm = 1.0f / sqrtf((float)n);

    for (int half = 1; half < n; half *= 2) {
        for (int from = 0; from < n; from += 2 * half) {
            for (int i = from; i < from + half; i++) {
                const float a = x[i], b = x[i + half];
                x[i] = a + b;
                x[i + half] = a - b;
            }
        }
    }
    for (int i = 0; i < n; i++)
        x[i] *= norm;
}

static ln_status eval(ln_call *c)
{
    const params *p = c->params;
    const ln_shape s = ln_shape_of(c->in[0]);
    const int k = s.dim[s.rank - 1], rows = ln_shape_count(&s, 0, s.rank - 1);
    const int64_t n = (int64_t)rows * (k / p->size);
    float *x = c->scratch;

    if (c->in[0]->bytes == 0)
        return LN_OK;
    memcpy(x, c->in[0]->data.raw, c->in[0]->bytes);
    for (int64_t i = 0; i < n; i++)
        transform(x + i * p->size, p->size);
    memcpy(c->out[0]->data.raw, x, LN_MIN(c->in[0]->bytes, c->out[0]->bytes));
    return LN_OK;
}

const ln_op ln_op_hadamard_rotation = {
    .name = "aeq.hadamard_rotation",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .params_size = sizeof(params),
    .parse = parse,
    .infer = infer,
    .eval = eval,
};
