/* SPDX-License-Identifier: Apache-2.0 */
/* flex_ctc.c: CTCGreedyDecoder: what a network says of each step -> labels.
 *
 *   logits [steps, b, classes], lengths int32 [b] -> indices int64 [n, 2] and values int64 [n] of a
 *   sparse tensor, its shape, and the negative sum of the largest logits [b, 1]
 *
 * The last class, or blank_index, stands for none; merge_repeated: equal labels of steps that
 * follow each other are one. */
#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"

enum { LOGITS, LENGTHS };

typedef struct decoder {
    ln_call *c;
    int steps, batch, classes, blank;
    bool merge;
} decoder;

static ln_status open_decoder(ln_call *c, decoder *d)
{
    const ln_shape x = ln_shape_of(c->in[LOGITS]), n = ln_shape_of(c->in[LENGTHS]);
    const int64_t blank = ln_flex_int(c, "blank_index", -1);
    LN_TRY(ln_check_type(c, LOGITS, LN_BIT(Float32) | LN_BIT(Float64)));
    LN_TRY(ln_check_type(c, LENGTHS, LN_BIT(Int32)));
    LN_CHECK(c,
             x.rank == 3 && n.rank == 1 && (x.dim[1] == n.dim[0] || x.dim[1] < 0 || n.dim[0] < 0),
             "%d lengths for logits of rank %d", n.dim[0], x.rank);
    *d = (decoder){c,        x.dim[0],   x.dim[1],
                   x.dim[2], (int)blank, ln_flex_flag(c, "merge_repeated", false)};
    LN_CHECK(c, x.dim[2] < 0 || (blank >= -x.dim[2] && blank < x.dim[2]),
             "class %lld of %d is the blank", (long long)blank, x.dim[2]);
    d->blank += blank < 0 ? x.dim[2] : 0;
    return LN_OK;
}

static double logit(const decoder *d, int step, int b, int k)
{
    const int64_t at = ((int64_t)step * d->batch + b) * d->classes + k;
    const TfLiteTensor *t = d->c->in[LOGITS];
    return t->type == kTfLiteFloat64 ? t->data.f64[at] : (double)t->data.f[at];
}

/* The class of step `step`, and whether it is a label beside the one before, `last`. */
static int decode(const decoder *d, int step, int b, int last, bool *label, double *most)
{
    int best = 0;
    for (int k = 1; k < d->classes; k++)
        if (logit(d, step, b, k) > logit(d, step, b, best))
            best = k;
    *label = best != d->blank && !(d->merge && best == last);
    *most = logit(d, step, b, best);
    return best;
}

static ln_status count(const decoder *d, int *n)
{
    *n = 0;
    for (int b = 0; b < d->batch; b++) {
        const int length = d->c->in[LENGTHS]->data.i32[b];
        LN_CHECK(d->c, length >= 0 && length <= d->steps, "length %d is %d, of %d steps", b, length,
                 d->steps);
        for (int step = 0, last = -1; step < length; step++) {
            bool label;
            double most;
            last = decode(d, step, b, last, &label, &most);
            *n += label;
        }
    }
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    int n = -1;
    decoder d;
    LN_TRY(open_decoder(c, &d));
    LN_CHECK(c, d.classes != 0, "there are no classes");
    if (ln_known(c, LOGITS) && ln_known(c, LENGTHS))
        LN_TRY(count(&d, &n));
    LN_TRY(ln_set_out(c, 0, kTfLiteInt64, &(ln_shape){2, {n, 2}}));
    LN_TRY(ln_set_out(c, 1, kTfLiteInt64, &(ln_shape){1, {n}}));
    LN_TRY(ln_set_out(c, 2, kTfLiteInt64, &(ln_shape){1, {2}}));
    return ln_set_out(c, 3, c->in[LOGITS]->type, &(ln_shape){2, {d.batch, 1}});
}

static ln_status eval(ln_call *c)
{
    int64_t *at = c->out[0]->data.i64, *value = c->out[1]->data.i64, longest = 0;
    decoder d;
    LN_TRY(open_decoder(c, &d));
    for (int b = 0; b < d.batch; b++) {
        double sum = 0;
        int64_t n = 0;
        for (int step = 0, last = -1; step < c->in[LENGTHS]->data.i32[b]; step++) {
            bool label;
            double most;
            last = decode(&d, step, b, last, &label, &most);
            sum -= most;
            if (!label)
                continue;
            *at++ = b;
            *at++ = n++;
            *value++ = last;
        }
        longest = LN_MAX(longest, n);
        ln_lane_store(LN_F64, c->out[3]->type, c->out[3]->data.data, b, 1, &sum);
    }
    c->out[2]->data.i64[0] = d.batch;
    c->out[2]->data.i64[1] = longest;
    return LN_OK;
}

LN_FLEX_OP(ctc_greedy_decoder, "CTCGreedyDecoder", 2, 2, 4, infer, eval);
