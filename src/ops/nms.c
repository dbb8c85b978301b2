/* SPDX-License-Identifier: Apache-2.0 */
/* nms.c: NON_MAX_SUPPRESSION_V4, _V5: the best boxes that do not overlap a better one.
 *
 *   boxes [n, 4] (two opposite corners y, x)   scores [n]   max_output [], iou_threshold [],
 *   score_threshold [], V5: sigma []  ->  indices [max_output], V5: scores [max_output], count []
 * V5 with sigma > 0 is Soft-NMS: overlap lowers a score by exp(-iou^2 / (2 sigma)).  Candidates
 * wait in a binary heap that breaks ties as C++'s priority_queue does, for TFLite's order is its.
 * int8 and int16 follow reference/non_max_suppression.h: scores and IOU in 1/256 or 1/32768. */
#include <math.h>
#include <string.h>

#include "ops/iou.h"
#include "ops/move.h"
#include "ops/qmath.h"
#include "ops/scratch.h"

enum { BOXES, SCORES, MAX_OUTPUT, IOU, SCORE, SIGMA };

typedef struct candidate {
    int index, begin; /* box; selected boxes before `begin` have been compared with it */
    float score;      /* quantized: a whole number */
} candidate;

/* ---- the heap, best on top ---- */

static void heap_up(candidate *h, int at, candidate v)
{
    while (at > 0 && h[(at - 1) / 2].score < v.score) {
        h[at] = h[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    h[at] = v;
}

/* Takes the top of a heap of n: the hole goes down along the better children to the end, then the
 * last item goes up from there. */
static candidate heap_pop(candidate *h, int n)
{
    const candidate top = h[0], last = h[n - 1];
    const int left = n - 1;
    int at = 0;
    while (2 * (int64_t)at + 2 < left) {
        const int right = 2 * at + 2,
                  child = h[right].score < h[right - 1].score ? right - 1 : right;
        h[at] = h[child];
        at = child;
    }
    if (2 * (int64_t)at + 2 == left) {
        h[at] = h[left - 1];
        at = left - 1;
    }
    if (left > 0)
        heap_up(h, at, last);
    return top;
}

/* ---- one task, in float or quantized ---- */

typedef struct nms {
    const ln_call *c;
    float iou_limit, score_limit;
    float (*iou)(const struct nms *, int i, int j);
    float (*soften)(const struct nms *, float score, float iou); /* NULL: scores stay */
    float scale;                                                 /* float: -1 / (2 sigma) */
    int32_t one, zero; /* quantized: inverse scale and zero point of scores and IOU */
    ln_mult out;       /* quantized: score * similarity to output */
    int32_t out_zero;
    const void *similarity; /* quantized: table of exp(scale iou^2) */
} nms;

static float iou_f32(const nms *s, int i, int j)
{
    const float *a = s->c->in[BOXES]->data.f + 4 * (int64_t)i;
    const float *b = s->c->in[BOXES]->data.f + 4 * (int64_t)j;
    return ln_iou(a, b);
}

static float soften_f32(const nms *s, float score, float iou)
{
    return score * expf(s->scale * iou * iou);
}

/* Corners in order, as integers. */
static void corners(const TfLiteTensor *boxes, int i, int64_t box[4])
{
    int64_t v[4];
    for (int k = 0; k < 4; k++)
        v[k] = ln_int_at(boxes, 4 * (int64_t)i + k);
    for (int k = 0; k < 2; k++) {
        box[k] = LN_MIN(v[k], v[k + 2]);
        box[k + 2] = LN_MAX(v[k], v[k + 2]);
    }
}

static int32_t saturate(const nms *s, int64_t v)
{
    const bool wide = s->c->in[BOXES]->type == kTfLiteInt16;
    const int32_t min = wide ? INT16_MIN : INT8_MIN, max = wide ? INT16_MAX : INT8_MAX;
    return v < min ? min : v > max ? max : (int32_t)v;
}

static float iou_q(const nms *s, int i, int j)
{
    int64_t a[4], b[4], v = 0;
    corners(s->c->in[BOXES], i, a);
    corners(s->c->in[BOXES], j, b);
    const int64_t area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
    if (area_a > 0 && area_b > 0) {
        const int64_t high = LN_MIN(a[2], b[2]) - LN_MAX(a[0], b[0]);
        const int64_t wide = LN_MIN(a[3], b[3]) - LN_MAX(a[1], b[1]);
        int64_t both = LN_MAX(high, 0) * LN_MAX(wide, 0), either = area_a + area_b - both;
        /* TFLite brings both to 15 bits before it multiplies. */
        while (either >= 1 << 15) {
            either >>= 1;
            both >>= 1;
        }
        v = both * s->one / either;
    }
    return (float)saturate(s, v + s->zero);
}

static float similarity(float iou, const void *ctx)
{
    const float scale = *(const float *)ctx;
    return expf(scale * iou * iou);
}

/* The table of exp(scale iou^2), both in the full range of the type for [0, 1]. */
static void fill_similarity(const ln_call *c, float scale, void *table)
{
    const bool wide = c->in[BOXES]->type == kTfLiteInt16;
    TfLiteTensor unit = {.type = c->in[BOXES]->type};
    unit.params.scale = 1.f / (wide ? 65535.f : 255.f);
    unit.params.zero_point = wide ? INT16_MIN : INT8_MIN;
    if (wide)
        ln_lut16_fill_f32(similarity, &scale, &unit, &unit, table);
    else
        ln_lut8_fill(similarity, &scale, &unit, &unit, table);
}

static float soften_q(const nms *s, float score, float iou)
{
    const int32_t q = (int32_t)iou;
    int32_t similar;
    if (s->c->in[BOXES]->type == kTfLiteInt16)
        similar = ln_lut16((int16_t)q, s->similarity);
    else
        similar = (int8_t)((const uint8_t *)s->similarity)[(uint8_t)q];
    const int32_t product = ((int32_t)score - s->zero) * (similar - s->zero);
    return (float)saturate(s, (int64_t)ln_mul_q(product, s->out) + s->out_zero);
}

/* ---- the op ---- */

static ln_status check_scalar(ln_call *c, int i, TfLiteType type)
{
    LN_CHECK(c, c->in[i]->type == type, "input %d has type %s, not %s", i,
             ln_type_name(c->in[i]->type), ln_type_name(type));
    LN_CHECK(c, ln_count(c->in[i]) == 1, "input %d has %d items, not 1", i, ln_count(c->in[i]));
    if (type == kTfLiteInt8 || type == kTfLiteInt16)
        LN_TRY(ln_check_quantized(c, c->in[i], "a threshold", 0, 1));
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape b = ln_shape_of(c->in[BOXES]), s = ln_shape_of(c->in[SCORES]), one = {0};
    const TfLiteType type = c->in[BOXES]->type;
    const bool soft = c->n_out == 3;
    ln_shape y = ln_shape_unknown(1);
    ln_scratch scratch = {0};

    if (type != kTfLiteFloat32 && type != kTfLiteInt8 && type != kTfLiteInt16)
        return ln_fail_type(c, BOXES);
    LN_CHECK(c, c->in[SCORES]->type == type, "the scores have type %s, the boxes %s",
             ln_type_name(c->in[SCORES]->type), ln_type_name(type));
    LN_CHECK(c, b.rank == 2 && b.dim[1] == 4, "the boxes are no [n, 4] matrix");
    LN_CHECK(c, s.rank == 1 && (s.dim[0] == b.dim[0] || s.dim[0] < 0 || b.dim[0] < 0),
             "there are %d boxes, but %d scores", b.dim[0], s.rank == 1 ? s.dim[0] : -1);
    LN_TRY(check_scalar(c, MAX_OUTPUT, kTfLiteInt32));
    for (int i = IOU; i < c->n_in; i++)
        LN_TRY(check_scalar(c, i, type));
    if (type != kTfLiteFloat32) {
        LN_TRY(ln_check_quantized(c, c->in[SCORES], "the scores", 0, 1));
        if (soft)
            LN_TRY(ln_check_quantized(c, c->out[1], "the output scores", 0, 1));
    }
    if (ln_known(c, MAX_OUTPUT)) {
        y.dim[0] = *c->in[MAX_OUTPUT]->data.i32;
        LN_CHECK(c, y.dim[0] >= 0, "the number of boxes to keep is %d", y.dim[0]);
    }
    ln_scratch_take(&scratch, LN_MAX(b.dim[0], 0), sizeof(candidate));
    ln_scratch_take(&scratch, 513, sizeof(int16_t));
    LN_TRY(ln_scratch_ask(c, &scratch));
    LN_TRY(ln_set_out(c, 0, kTfLiteInt32, &y));
    if (soft)
        LN_TRY(ln_set_out(c, 1, type, &y));
    return ln_set_out(c, c->n_out - 1, kTfLiteInt32, &one);
}

/* A quantized score or threshold in the scale of scores and IOU; it may wrap, as there. */
static float rescaled(const nms *s, const TfLiteTensor *t, int64_t k)
{
    const ln_mult m = ln_quantize_multiplier((double)(t->params.scale * (float)s->one));
    const int64_t v =
        (int64_t)ln_mul_q((int32_t)(ln_int_at(t, k) - t->params.zero_point), m) + s->zero;
    return t->type == kTfLiteInt8 ? (float)(int8_t)(uint8_t)v : (float)(int16_t)(uint16_t)v;
}

static ln_status setup_f32(ln_call *c, nms *s)
{
    s->iou = iou_f32;
    s->iou_limit = *c->in[IOU]->data.f;
    s->score_limit = *c->in[SCORE]->data.f;
    const float sigma = c->n_in > SIGMA ? *c->in[SIGMA]->data.f : 0;
    LN_CHECK(c, sigma >= 0, "sigma is %g", (double)sigma);
    if (sigma > 0) {
        s->soften = soften_f32;
        s->scale = -0.5f / sigma;
    }
    return LN_OK;
}

static ln_status setup_q(ln_call *c, nms *s, void *table)
{
    const bool wide = c->in[BOXES]->type == kTfLiteInt16;
    s->one = wide ? 32768 : 256;
    s->zero = wide ? 0 : -128;
    s->iou = iou_q;
    s->iou_limit = rescaled(s, c->in[IOU], 0);
    s->score_limit = rescaled(s, c->in[SCORE], 0);
    if (c->n_in <= SIGMA)
        return LN_OK;
    const TfLiteTensor *t = c->in[SIGMA];
    const int64_t sigma = ln_int_at(t, 0) - t->params.zero_point;
    LN_CHECK(c, sigma >= 0, "sigma is %lld steps", (long long)sigma);
    if (sigma > 0) {
        s->soften = soften_q;
        fill_similarity(c, -0.5f / ((float)sigma * t->params.scale), table);
        s->similarity = table;
        s->out = ln_quantize_multiplier((double)c->out[1]->params.scale);
        s->out_zero = c->out[1]->params.zero_point;
    }
    return LN_OK;
}

/* Compares a candidate with the boxes selected since it was last compared; false: it overlaps. */
static bool compare(const nms *s, candidate *v, const int32_t *selected, int count)
{
    for (int j = count - 1; j >= v->begin; j--) {
        const float iou = s->iou(s, v->index, selected[j]);
        if (iou >= s->iou_limit)
            return false;
        if (s->soften)
            v->score = s->soften(s, v->score, iou);
        if (v->score <= s->score_limit)
            break;
    }
    v->begin = count;
    return true;
}

static void put_score(TfLiteTensor *t, int k, float v)
{
    switch (t->type) {
    case kTfLiteFloat32:
        t->data.f[k] = v;
        break;
    case kTfLiteInt8:
        t->data.int8[k] = (int8_t)v;
        break;
    default:
        t->data.i16[k] = (int16_t)v;
        break;
    }
}

static ln_status eval(ln_call *c)
{
    const int n = ln_count(c->in[SCORES]), max = ln_count(c->out[0]);
    TfLiteTensor *scores = c->n_out == 3 ? c->out[1] : NULL;
    int32_t *selected = c->out[0]->data.i32;
    ln_scratch scratch = {.base = c->scratch};
    candidate *heap = ln_scratch_take(&scratch, n, sizeof *heap);
    void *table = ln_scratch_take(&scratch, 513, sizeof(int16_t));
    nms s = {.c = c};
    int waiting = 0, count = 0;

    const bool real = c->in[BOXES]->type == kTfLiteFloat32;
    LN_TRY(real ? setup_f32(c, &s) : setup_q(c, &s, table));
    for (int i = 0; i < n; i++) {
        const float score = real ? c->in[SCORES]->data.f[i] : rescaled(&s, c->in[SCORES], i);
        if (score > s.score_limit)
            heap_up(heap, waiting++, (candidate){.index = i, .score = score});
    }
    const int wanted = LN_MIN(waiting, max);
    while (count < wanted && waiting > 0) {
        candidate v = heap_pop(heap, waiting--);
        const float before = v.score;
        if (!compare(&s, &v, selected, count))
            continue;
        if (v.score == before) {
            selected[count] = v.index;
            if (scores)
                put_score(scores, count, v.score);
            count++;
        }
        /* A selected one, too: it meets itself next, and overlaps unless it has no area. */
        if (v.score > s.score_limit)
            heap_up(heap, waiting++, v);
    }
    *c->out[c->n_out - 1]->data.i32 = count;
    for (int i = count; i < max; i++) {
        selected[i] = 0;
        if (scores)
            put_score(scores, i, real ? 0 : (float)saturate(&s, scores->params.zero_point));
    }
    return LN_OK;
}

const ln_op ln_op_non_max_suppression_v4 = {
    .name = "NON_MAX_SUPPRESSION_V4",
    .builtin = kTfLiteBuiltinNonMaxSuppressionV4,
    .version = 1,
    .options = 95,
    .min_in = 5,
    .max_in = 5,
    .n_out = 2,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
};

const ln_op ln_op_non_max_suppression_v5 = {
    .name = "NON_MAX_SUPPRESSION_V5",
    .builtin = kTfLiteBuiltinNonMaxSuppressionV5,
    .version = 1,
    .options = 96,
    .min_in = 6,
    .max_in = 6,
    .n_out = 3,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
};
