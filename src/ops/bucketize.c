/* SPDX-License-Identifier: Apache-2.0 */
/* bucketize.c: BUCKETIZE: for each item the number of boundaries that are not above it.
 *
 *   x [...] of float32, float64, int32 or int64 -> y [...] of int32 */
#include "ops/op.h"

static ln_status infer(ln_call *c)
{
    const TfLiteBucketizeParams *p = c->params;
    const TfLiteType type = c->in[0]->type;
    const ln_shape y = ln_shape_of(c->in[0]);

    if (type != kTfLiteFloat32 && type != kTfLiteFloat64 && type != kTfLiteInt32 &&
        type != kTfLiteInt64)
        return ln_fail_type(c, 0);
    for (int i = 1; i < p->num_boundaries; i++)
        LN_CHECK(c, !(p->boundaries[i] < p->boundaries[i - 1]),
                 "boundary %d is %g, less than the one before", i, (double)p->boundaries[i]);
    return ln_set_out(c, 0, kTfLiteInt32, &y);
}

/* The first boundary above v. */
#define SEARCH(name, type, as)                                         \
    static int search_##name(const TfLiteBucketizeParams *p, type v)   \
    {                                                                  \
        int from = 0, n = p->num_boundaries;                           \
        while (n > 0) {                                                \
            const int half = n / 2;                                    \
            const bool above = (as)v < (as)p->boundaries[from + half]; \
            from += above ? 0 : half + 1;                              \
            n = above ? half : n - half - 1;                           \
        }                                                              \
        return from;                                                   \
    }
SEARCH(f64, double, double)
SEARCH(int, int64_t, float) /* as C compares an integer with a float */

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    const int count = ln_count(x);
    int32_t *y = c->out[0]->data.i32;

    for (int i = 0; i < count; i++) {
        switch (x->type) {
        case kTfLiteFloat32:
            y[i] = search_f64(c->params, (double)x->data.f[i]);
            break;
        case kTfLiteFloat64:
            y[i] = search_f64(c->params, x->data.f64[i]);
            break;
        case kTfLiteInt32:
            y[i] = search_int(c->params, x->data.i32[i]);
            break;
        default:
            y[i] = search_int(c->params, x->data.i64[i]);
            break;
        }
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD_LIST(F32S, 0, TfLiteBucketizeParams, boundaries, num_boundaries, 0, 1),
    {0},
};

const ln_op ln_op_bucketize = {
    .name = "BUCKETIZE",
    .builtin = kTfLiteBuiltinBucketize,
    .version = 1,
    .options = 115,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .fields = fields,
    .params_size = sizeof(TfLiteBucketizeParams),
    .infer = infer,
    .eval = eval,
};
