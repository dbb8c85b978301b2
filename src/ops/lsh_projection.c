/* SPDX-License-Identifier: Apache-2.0 */
/* lsh_projection.c: LSH_PROJECTION: items as bits, alike for items that are alike.
 *
 *   seeds [hashes, bits] of float32   x [n, ..]   weights [n], optional
 *   sparse -> [hashes], the bits of a hash as one number, numbers of hashes apart
 *   dense -> [hashes * bits], one bit each
 * A bit is the sign of the weighted sum of the items' fingerprints, each with the seed before it.
 */
#include <string.h>

#include "ops/fingerprint.h"
#include "ops/move.h"

enum { SEEDS, X, WEIGHTS };

static ln_status infer(ln_call *c)
{
    const TfLiteLSHProjectionParams *p = c->params;
    const ln_shape s = ln_shape_of(c->in[SEEDS]), x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = 1};

    if (c->in[SEEDS]->type != kTfLiteFloat32)
        return ln_fail_type(c, SEEDS);
    LN_TRY(ln_check_movable(c, X));
    LN_CHECK(c, s.rank == 2 && s.dim[1] <= 32, "the seeds have rank %d and %d bits", s.rank,
             s.rank == 2 ? s.dim[1] : -1);
    LN_CHECK(c, x.rank >= 1, "the input is a scalar");
    if (ln_has(c, WEIGHTS)) {
        const ln_shape w = ln_shape_of(c->in[WEIGHTS]);
        if (c->in[WEIGHTS]->type != kTfLiteFloat32)
            return ln_fail_type(c, WEIGHTS);
        LN_CHECK(c, w.rank == 1 && w.dim[0] == x.dim[0], "there are %d items, but %d weights",
                 x.dim[0], w.rank == 1 ? w.dim[0] : -1);
    }
    LN_CHECK(c, p->type == kTfLiteLshProjectionSparse || p->type == kTfLiteLshProjectionDense,
             "the kind of projection is %d", (int)p->type);
    y.dim[0] = p->type == kTfLiteLshProjectionSparse ? s.dim[0] : ln_shape_count(&s, 0, 2);
    return ln_set_out(c, 0, kTfLiteInt32, &y);
}

static int sign_bit(const ln_call *c, float seed)
{
    const TfLiteTensor *x = c->in[X];
    const int n = x->dims->data[0];
    const size_t bytes = n > 0 ? x->bytes / (size_t)n : 0;
    char head[sizeof seed];
    double score = 0;

    memcpy(head, &seed, sizeof seed);
    for (int i = 0; i < n; i++) {
        const char *item = bytes ? x->data.raw_const + (size_t)i * bytes : head;
        const uint64_t hash = ln_fingerprint64(head, item, bytes);
        const double value = (double)(int64_t)hash;
        score += ln_has(c, WEIGHTS) ? (double)c->in[WEIGHTS]->data.f[i] * value : value;
    }
    return score > 0;
}

static ln_status eval(ln_call *c)
{
    const TfLiteLSHProjectionParams *p = c->params;
    const int hashes = c->in[SEEDS]->dims->data[0], bits = c->in[SEEDS]->dims->data[1];
    const float *seeds = c->in[SEEDS]->data.f;
    int32_t *y = c->out[0]->data.i32;

    for (int i = 0; i < hashes; i++) {
        uint32_t number = 0;
        for (int j = 0; j < bits; j++) {
            const int bit = sign_bit(c, seeds[(int64_t)i * bits + j]);
            number = number << 1 | (uint32_t)bit;
            if (p->type == kTfLiteLshProjectionDense)
                *y++ = bit;
        }
        if (p->type == kTfLiteLshProjectionSparse)
            *y++ = (int32_t)(number + (uint32_t)((uint64_t)i << bits));
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(ENUM, 0, TfLiteLSHProjectionParams, type, 1),
    {0},
};

const ln_op ln_op_lsh_projection = {
    .name = "LSH_PROJECTION",
    .builtin = kTfLiteBuiltinLshProjection,
    .version = 1,
    .options = 4,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << WEIGHTS,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteLSHProjectionParams),
    .infer = infer,
    .eval = eval,
};
