/* SPDX-License-Identifier: Apache-2.0 */
/* correct.c: what rounding does to the mean of each channel that a layer makes is the same for all
 * samples as a rule, and its bias can take it back.  The integer model runs beside the float one on
 * samples that the calibration kept, several times, and from front to back a part of the layers is
 * corrected each time: the errors of those in front are in what the next ones get.
 *
 * A shift is the mean over samples but for an eighth at either end, and less where it differs much
 * from sample to sample.  If the outputs come no nearer to the floats, nothing is corrected. */
#include "quant/correct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"
#include "model/model.h"
#include "quant/kept.h"
#include "quant/quant.h"

#define VERIFY "NumericVerify"
enum { ROUNDS = 16, LEAST_SAMPLES = 8 };

typedef struct run {
    const ln_correcting *how;
    ln_quant_shifts *shifts;
    int round;         /* whose layers are measured */
    int at, sample;    /* the next NumericVerify; the sample that runs */
    double power, off; /* of one sample's outputs, and of their errors */
    double worse;      /* the sum of their ratios' logarithms */
} run;

/* The layer whose output is tensor `id`; NULL when its bias is not to be corrected. */
static ln_quant_shift *shift_of(const ln_quant_shifts *s, int id)
{
    for (int i = 0; i < s->n; i++)
        if (s->all[i].tensor == id)
            return &s->all[i];
    return NULL;
}

const float *ln_quant_shifts_of(const ln_quant_shifts *s, int tensor, int channels)
{
    const ln_quant_shift *found = s ? shift_of(s, tensor) : NULL;
    return found && found->channels == channels ? found->by : NULL;
}

static int round_of(const ln_quant_shifts *s, const ln_quant_shift *one)
{
    return (int)((one - s->all) * LN_MIN(s->n, (int)ROUNDS) / s->n);
}

static float deviation(const TfLiteOpaqueTensor *q, const float *f, size_t i)
{
    const TfLiteQuantizationParams p = TfLiteOpaqueTensorGetQuantizationParams(q);
    const void *data = TfLiteOpaqueTensorData(q);
    const int value = TfLiteOpaqueTensorType(q) == kTfLiteInt16 ? ((const int16_t *)data)[i]
                                                                : ((const int8_t *)data)[i];
    return (float)(value - p.zero_point) * p.scale - f[i];
}

static void measure(const ln_quant_shift *s, int sample, const TfLiteOpaqueTensor *q,
                    const TfLiteOpaqueTensor *f)
{
    const size_t n = TfLiteOpaqueTensorByteSize(f) / sizeof(float), c = (size_t)s->channels;
    float *means = s->means + (size_t)sample * c;
    memset(means, 0, c * sizeof *means);
    for (size_t i = 0; i < n; i++)
        means[i % c] += deviation(q, TfLiteOpaqueTensorData(f), i);
    for (size_t i = 0; i < c; i++)
        means[i] *= (float)c / (float)n;
}

static void add_error(run *r, const TfLiteOpaqueTensor *q, const TfLiteOpaqueTensor *f)
{
    const size_t n = TfLiteOpaqueTensorByteSize(f) / sizeof(float);
    const float *x = TfLiteOpaqueTensorData(f);
    for (size_t i = 0; i < n; i++) {
        const double off = (double)deviation(q, x, i);
        r->power += (double)x[i] * (double)x[i];
        r->off += off * off;
    }
}

static TfLiteStatus prepare(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)user;
    TfLiteIntArray *none = TfLiteIntArrayCreate(1);
    if (!none)
        return kTfLiteError;
    none->data[0] = 0;
    return TfLiteOpaqueContextResizeTensor(context, TfLiteOpaqueNodeGetOutput(context, node, 0),
                                           none);
}

/* The nodes run in the order in which the quantizer has put them. */
static TfLiteStatus verify(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    run *r = user;
    const TfLiteOpaqueTensor *q = TfLiteOpaqueNodeGetInput(context, node, 0);
    const TfLiteOpaqueTensor *f = TfLiteOpaqueNodeGetInput(context, node, 1);
    const ln_quant_marks *marks = &r->shifts->marks;
    if (r->at >= marks->n || !q || !f)
        return kTfLiteError;
    const ln_quant_mark mark = marks->all[r->at++];
    const ln_quant_shift *s = shift_of(r->shifts, mark.tensor);
    if (mark.given)
        add_error(r, q, f);
    if (s && r->round >= 0 && round_of(r->shifts, s) == r->round &&
        TfLiteOpaqueTensorByteSize(f) >= (size_t)s->channels * sizeof(float))
        measure(s, r->sample, q, f);
    return kTfLiteOk;
}

static void begin(void *user, int sample)
{
    run *r = user;
    r->sample = sample;
    r->at = 0;
    r->power = r->off = 0;
}

static void end(void *user)
{
    run *r = user;
    r->worse += log((r->off + 1e-30) / (r->power + 1e-30));
}

/* Runs the integer model that stands beside its floats. */
static ln_status run_model(run *r, const void *bytes, size_t n)
{
    const ln_quant_kept kept = {.samples = r->how->samples,
                                .n = r->how->n_samples,
                                .op = VERIFY,
                                .prepare = prepare,
                                .invoke = verify,
                                .begin = begin,
                                .end = end,
                                .user = r};
    r->worse = 0;
    return ln_quant_run_kept(&kept, bytes, n);
}

/* ---- layers ---- */

/* The bias of a node whose output is one product with weights; -1: it has none. */
static ln_id bias_of(const ln_graph *g, const ln_node *n)
{
    ln_id bias = -1;
    if (!n->op || !n->op->quant || n->op->quant->n_inner || n->outputs->size != 1 ||
        n->outputs->data[0] < 0 || ln_quant_weights_factor(g, n) < 0 || !ln_quant_can_verify(g, n))
        return -1;
    for (int i = 0; i < n->inputs->size; i++)
        if (ln_quant_rule_in(n->op, i).kind == LN_Q_BIAS_ && n->inputs->data[i] >= 0)
            bias = n->inputs->data[i];
    return bias >= 0 && ln_quant_is_weights(g, bias) ? bias : -1;
}

static ln_status list_layers(const ln_graph *g, int n_samples, ln_quant_shifts *s)
{
    s->all = ln_new(&ln_alloc_default, (size_t)g->n_nodes + 1, sizeof *s->all);
    for (int i = 0; i < g->n_nodes; i++)
        s->marks.room += g->nodes[i].outputs->size;
    s->marks.all = ln_new(&ln_alloc_default, (size_t)s->marks.room + 1, sizeof *s->marks.all);
    if (!s->all || !s->marks.all)
        return LN_ERR_MEMORY;
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_id bias = bias_of(g, &g->nodes[i]);
        const int channels = bias < 0 ? 0 : ln_count(&g->tensors[bias].t);
        if (channels <= 0)
            continue;
        ln_quant_shift *one = &s->all[s->n++];
        *one = (ln_quant_shift){.tensor = g->nodes[i].outputs->data[0], .channels = channels};
        one->by = ln_new(&ln_alloc_default, (size_t)channels, sizeof(float));
        one->means = ln_new(&ln_alloc_default, (size_t)channels * (size_t)n_samples, sizeof(float));
        if (!one->by || !one->means)
            return LN_ERR_MEMORY;
    }
    return LN_OK;
}

ln_status ln_quant_shifts_list(const void *model, size_t n, int n_samples, ln_quant_shifts *s,
                               ln_diag *diag)
{
    ln_model *m;
    *s = (ln_quant_shifts){0};
    LN_TRY(ln_model_open_memory(&m, model, n, &ln_alloc_default, diag));
    ln_quant_job job = {.m = m, .diag = diag};
    ln_status status = ln_quant_start_over(&job);
    if (status == LN_OK && m->n_graphs == 1) /* others run in no order that is known */
        status = list_layers(m->graphs[0], n_samples, s);
    ln_model_release(m);
    return status;
}

void ln_quant_shifts_free(ln_quant_shifts *s)
{
    for (int i = 0; i < s->n; i++) {
        ln_free(&ln_alloc_default, s->all[i].by);
        ln_free(&ln_alloc_default, s->all[i].means);
    }
    ln_free(&ln_alloc_default, s->all);
    ln_free(&ln_alloc_default, s->marks.all);
}

/* ---- from samples to shifts ---- */

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The mean of a channel's deviations, as far as it stands out from their spread. */
static float steady_mean(float *x, int n)
{
    const int cut = n / 8, kept = n - 2 * cut;
    double mean = 0, variance = 0;
    qsort(x, (size_t)n, sizeof *x, compare);
    for (int i = cut; i < n - cut; i++)
        mean += (double)x[i] / kept;
    for (int i = cut; i < n - cut; i++)
        variance += ((double)x[i] - mean) * ((double)x[i] - mean) / (kept - 1);
    if (!(mean * mean > variance / kept))
        return 0;
    return (float)(mean * (1 - variance / kept / (mean * mean)));
}

static void correct(const run *r, ln_quant_shift *s)
{
    float x[LN_QUANT_SAMPLES];
    const int n = r->how->n_samples;
    for (int c = 0; c < s->channels; c++) {
        for (int i = 0; i < n; i++)
            x[i] = s->means[(size_t)i * (size_t)s->channels + (size_t)c];
        const float by = steady_mean(x, n);
        s->by[c] += isfinite(by) ? by : 0;
    }
}

static ln_status one_round(run *r, int round)
{
    size_t n;
    void *bytes;
    r->round = round;
    r->shifts->marks.n = 0;
    LN_TRY(r->how->make(r->how->user, r->shifts, &bytes, &n));
    const ln_status status = run_model(r, bytes, n);
    ln_free(&ln_alloc_default, bytes);
    for (int i = 0; i < r->shifts->n && status == LN_OK; i++)
        if (round_of(r->shifts, &r->shifts->all[i]) == round)
            correct(r, &r->shifts->all[i]);
    return status;
}

ln_status ln_quant_correct(const ln_correcting *how, ln_quant_shifts *shifts)
{
    run r = {.how = how, .shifts = shifts};
    double before = 0;
    if (how->n_samples < LEAST_SAMPLES || !shifts->n)
        return LN_OK;
    for (int round = 0; round < LN_MIN(shifts->n, (int)ROUNDS); round++) {
        LN_TRY(one_round(&r, round));
        before = round ? before : r.worse;
    }
    LN_TRY(one_round(&r, -1));
    if (r.worse < before)
        return LN_OK;
    for (int i = 0; i < shifts->n; i++)
        memset(shifts->all[i].by, 0, (size_t)shifts->all[i].channels * sizeof(float));
    return LN_OK;
}
