/* SPDX-License-Identifier: Apache-2.0 */
/* flex_boxes.c: the best boxes that do not overlap a better one.
 *
 *   NonMaxSuppression, V2, V3   boxes [n, 4], scores [n], most, iou limit (of the first operator
 *                    an attribute) (, score limit) -> numbers of boxes [k]
 *   CombinedNonMaxSuppression   boxes [b, n, q, 4] (q is 1 or the classes), scores [b, n, classes],
 *                    most per class, most, iou limit, score limit
 *                    -> boxes [b, m, 4], scores, classes [b, m], how many [b]
 *
 * Of equal scores the box with the lower number comes first. */
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/iou.h"
#include "ops/scratch.h"

/* Boxes and scores of one class. */
typedef struct candidates {
    const float *boxes, *scores;
    int n, box_step, score_step;
    float iou_limit, score_limit;
} candidates;

/* The best box that comes after box `last` (-1: all do) in the order of scores; -1: none. */
static int next_best(const candidates *s, int last)
{
    const float limit = last < 0 ? INFINITY : s->scores[(int64_t)last * s->score_step];
    int best = -1;
    float top = 0;
    for (int i = 0; i < s->n; i++) {
        const float v = s->scores[(int64_t)i * s->score_step];
        const bool waits = v < limit || (v == limit && i > last);
        if (waits && v > s->score_limit && (best < 0 || v > top)) {
            best = i;
            top = v;
        }
    }
    return best;
}

/* Numbers of the chosen boxes, at most `most` of them. */
static int choose(const candidates *s, int most, int *chosen)
{
    int count = 0;
    for (int at = next_best(s, -1); at >= 0 && count < most; at = next_best(s, at)) {
        bool free = true;
        for (int k = count - 1; free && k >= 0; k--)
            free = !(ln_iou(s->boxes + (int64_t)at * s->box_step,
                            s->boxes + (int64_t)chosen[k] * s->box_step) > s->iou_limit);
        if (free)
            chosen[count++] = at;
    }
    return count;
}

/* ---- NonMaxSuppression ---- */

enum { BOXES, SCORES, MOST, IOU, SCORE };
enum { CHOSEN_MAX = 4096 }; /* what fits on the stack: shapes are asked for without memory */

static ln_status scalar(ln_call *c, int i, TfLiteType type)
{
    const ln_shape s = ln_shape_of(c->in[i]);
    LN_CHECK(c, c->in[i]->type == type && ln_shape_count(&s, 0, s.rank) == 1,
             "input %d is no single %s", i, ln_type_name(type));
    return LN_OK;
}

static ln_status choose_of(ln_call *c, int chosen[CHOSEN_MAX], int *count)
{
    const ln_shape s = ln_shape_of(c->in[SCORES]);
    const candidates all = {.boxes = c->in[BOXES]->data.f,
                            .scores = c->in[SCORES]->data.f,
                            .n = s.dim[0],
                            .box_step = 4,
                            .score_step = 1,
                            .iou_limit = c->n_in > IOU
                                             ? *c->in[IOU]->data.f
                                             : (float)ln_flex_float(c, "iou_threshold", 0.5),
                            .score_limit = c->n_in > SCORE ? *c->in[SCORE]->data.f : -INFINITY};
    const int most = LN_MIN(LN_MAX(*c->in[MOST]->data.i32, 0), all.n);
    LN_CHECK(c, most <= CHOSEN_MAX, "%d boxes are wanted, more than %d", most, CHOSEN_MAX);
    *count = choose(&all, most, chosen);
    return LN_OK;
}

static ln_status nms_infer(ln_call *c)
{
    const ln_shape b = ln_shape_of(c->in[BOXES]), s = ln_shape_of(c->in[SCORES]);
    ln_shape y = {.rank = 1, .dim = {-1}};
    int chosen[CHOSEN_MAX];
    LN_TRY(ln_check_type(c, BOXES, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, SCORES, LN_BIT(Float32)));
    LN_CHECK(c, b.rank == 2 && (b.dim[1] == 4 || b.dim[1] < 0), "the boxes are no [n, 4] matrix");
    LN_CHECK(c, s.rank == 1 && (s.dim[0] == b.dim[0] || s.dim[0] < 0 || b.dim[0] < 0),
             "there are %d boxes, but %d scores", b.dim[0], s.rank == 1 ? s.dim[0] : -1);
    LN_TRY(scalar(c, MOST, kTfLiteInt32));
    for (int i = IOU; i < c->n_in; i++)
        LN_TRY(scalar(c, i, kTfLiteFloat32));
    if (c->run)
        LN_TRY(choose_of(c, chosen, &y.dim[0]));
    return ln_set_out(c, 0, kTfLiteInt32, &y);
}

static ln_status nms_eval(ln_call *c)
{
    int chosen[CHOSEN_MAX], count;
    LN_TRY(choose_of(c, chosen, &count));
    for (int i = 0; i < count && i < ln_count(c->out[0]); i++)
        c->out[0]->data.i32[i] = chosen[i];
    return LN_OK;
}

LN_FLEX_OP(nms, "NonMaxSuppression", 3, 3, 1, nms_infer, nms_eval);
LN_FLEX_OP(nms_v2, "NonMaxSuppressionV2", 4, 4, 1, nms_infer, nms_eval);
LN_FLEX_OP(nms_v3, "NonMaxSuppressionV3", 5, 5, 1, nms_infer, nms_eval);

/* ---- CombinedNonMaxSuppression ---- */

enum { PER_CLASS = 2, TOTAL, C_IOU, C_SCORE };
enum { OUT_BOXES, OUT_SCORES, OUT_CLASSES, OUT_COUNT };

typedef struct pick {
    float score;
    int box, class;
} pick;

typedef struct combined {
    int batches, n, q, classes, per_class, total, size; /* `size` of the output */
    int *chosen;
    pick *picks;
    int n_picks;
} combined;

/* Sizes, and with `run` set what the numbers among the inputs say. */
static ln_status combined_plan(ln_call *c, combined *p)
{
    const ln_shape b = ln_shape_of(c->in[BOXES]), s = ln_shape_of(c->in[SCORES]);
    const bool known = ln_known(c, PER_CLASS) && ln_known(c, TOTAL);
    LN_TRY(ln_check_type(c, BOXES, LN_BIT(Float32)));
    LN_TRY(ln_check_type(c, SCORES, LN_BIT(Float32)));
    LN_CHECK(c, b.rank == 4 && s.rank == 3 && (b.dim[3] == 4 || b.dim[3] < 0),
             "the boxes are no [b, n, q, 4], or the scores no [b, n, classes]");
    LN_CHECK(c,
             (b.dim[0] == s.dim[0] || b.dim[0] < 0 || s.dim[0] < 0) &&
                 (b.dim[1] == s.dim[1] || b.dim[1] < 0 || s.dim[1] < 0),
             "there are %d x %d boxes, %d x %d scores", b.dim[0], b.dim[1], s.dim[0], s.dim[1]);
    LN_CHECK(c, b.dim[2] == 1 || b.dim[2] == s.dim[2] || b.dim[2] < 0 || s.dim[2] < 0,
             "there are boxes for %d classes, scores of %d", b.dim[2], s.dim[2]);
    LN_TRY(scalar(c, PER_CLASS, kTfLiteInt32));
    LN_TRY(scalar(c, TOTAL, kTfLiteInt32));
    LN_TRY(scalar(c, C_IOU, kTfLiteFloat32));
    LN_TRY(scalar(c, C_SCORE, kTfLiteFloat32));
    *p = (combined){.batches = b.dim[0] < 0 ? s.dim[0] : b.dim[0],
                    .n = b.dim[1],
                    .q = b.dim[2],
                    .classes = s.dim[2],
                    .size = -1};
    if (!known)
        return LN_OK;
    p->per_class = *c->in[PER_CLASS]->data.i32;
    p->total = *c->in[TOTAL]->data.i32;
    LN_CHECK(c, p->per_class > 0 && p->total > 0, "%d boxes per class and %d in all are wanted",
             p->per_class, p->total);
    p->size = p->total;
    if (ln_flex_flag(c, "pad_per_class", false))
        p->size = p->classes < 0
                      ? -1
                      : (int)LN_MIN((int64_t)p->total, (int64_t)p->per_class * p->classes);
    return LN_OK;
}

static void combined_carve(combined *p, ln_scratch *s)
{
    const int64_t most = LN_MIN(LN_MAX(p->n, 0), LN_MAX(p->per_class, 0));
    p->chosen = ln_scratch_take(s, most, sizeof *p->chosen);
    p->picks = ln_scratch_take(s, most * LN_MAX(p->classes, 0), sizeof *p->picks);
}

static ln_status combined_infer(ln_call *c)
{
    combined p;
    ln_scratch s = {0};
    LN_TRY(combined_plan(c, &p));
    combined_carve(&p, &s);
    LN_TRY(ln_scratch_ask(c, &s));
    const ln_shape boxes = {.rank = 3, .dim = {p.batches, p.size, 4}};
    const ln_shape values = {.rank = 2, .dim = {p.batches, p.size}};
    const ln_shape counts = {.rank = 1, .dim = {p.batches}};
    LN_TRY(ln_set_out(c, OUT_BOXES, kTfLiteFloat32, &boxes));
    LN_TRY(ln_set_out(c, OUT_SCORES, kTfLiteFloat32, &values));
    LN_TRY(ln_set_out(c, OUT_CLASSES, kTfLiteFloat32, &values));
    return ln_set_out(c, OUT_COUNT, kTfLiteInt32, &counts);
}

/* All boxes that are chosen in image b, class by class. */
static void pick_image(ln_call *c, combined *p, int b)
{
    const float *boxes = c->in[BOXES]->data.f + (int64_t)b * p->n * p->q * 4;
    const float *scores = c->in[SCORES]->data.f + (int64_t)b * p->n * p->classes;
    p->n_picks = 0;
    for (int k = 0; k < p->classes; k++) {
        const candidates all = {.boxes = boxes + (p->q > 1 ? 4 * (int64_t)k : 0),
                                .scores = scores + k,
                                .n = p->n,
                                .box_step = 4 * p->q,
                                .score_step = p->classes,
                                .iou_limit = *c->in[C_IOU]->data.f,
                                .score_limit = *c->in[C_SCORE]->data.f};
        const int n = choose(&all, LN_MIN(p->per_class, p->n), p->chosen);
        for (int i = 0; i < n; i++) {
            const float score = all.scores[(int64_t)p->chosen[i] * p->classes];
            p->picks[p->n_picks++] = (pick){score, p->chosen[i], k};
        }
    }
}

/* Takes the best pick off; of equal ones the first. */
static pick take_best(combined *p)
{
    int best = 0;
    for (int i = 1; i < p->n_picks; i++)
        if (p->picks[i].score > p->picks[best].score)
            best = i;
    const pick v = p->picks[best];
    memmove(p->picks + best, p->picks + best + 1,
            (size_t)(p->n_picks - best - 1) * sizeof *p->picks);
    p->n_picks--;
    return v;
}

static ln_status combined_eval(ln_call *c)
{
    const bool clip = ln_flex_flag(c, "clip_boxes", true);
    combined p;
    ln_scratch s = {.base = c->scratch};
    LN_TRY(combined_plan(c, &p));
    combined_carve(&p, &s);
    for (int i = OUT_BOXES; i <= OUT_COUNT; i++)
        if (c->out[i]->bytes)
            memset(c->out[i]->data.raw, 0, c->out[i]->bytes);
    for (int b = 0; b < p.batches; b++) {
        const float *boxes = c->in[BOXES]->data.f + (int64_t)b * p.n * p.q * 4;
        pick_image(c, &p, b);
        const int count = LN_MIN(p.n_picks, p.size);
        c->out[OUT_COUNT]->data.i32[b] = count;
        for (int i = 0; i < count; i++) {
            const pick v = take_best(&p);
            const int64_t to = (int64_t)b * p.size + i;
            const int64_t from = 4 * ((int64_t)v.box * p.q + (p.q > 1 ? v.class : 0));
            c->out[OUT_SCORES]->data.f[to] = v.score;
            c->out[OUT_CLASSES]->data.f[to] = (float)v.class;
            for (int k = 0; k < 4; k++) {
                const float at = boxes[from + k];
                c->out[OUT_BOXES]->data.f[4 * to + k] = clip ? fminf(fmaxf(at, 0), 1) : at;
            }
        }
    }
    return LN_OK;
}

LN_FLEX_OP(combined_nms, "CombinedNonMaxSuppression", 6, 6, 4, combined_infer, combined_eval);
