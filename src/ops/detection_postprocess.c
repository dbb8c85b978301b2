/* SPDX-License-Identifier: Apache-2.0 */
/* detection_postprocess.c: the custom op TFLite_Detection_PostProcess of SSD models.
 *
 *   encodings [1, n, >= 4]   scores [1, n, classes (+ 1 background)]   anchors [n, 4]
 *   boxes [1, d, 4] (top, left, bottom, right)   classes [1, d]   scores [1, d]   count [1]
 *
 * Boxes are decoded from their anchors; then non-maximum suppression runs once on each box's best
 * class ("fast"), or per class ("regular").  What is not detected is 0.  float and uint8.  As
 * kernels/detection_postprocess.cc, sorted stably. */
#include <math.h>
#include <string.h>

#include "fb/flexbuffers.h"
#include "ops/op.h"
#include "ops/scratch.h"
#include "ops/sort.h"

enum { ENCODINGS, SCORES, ANCHORS };
enum { BOXES, CLASSES, OUT_SCORES, COUNT };
enum { DEFAULT_PER_CLASS = 100 };

typedef struct params {
    int32_t max_detections, max_classes, per_class, n_classes;
    bool regular;
    float min_score, max_overlap;
    float scale[4]; /* y, x, h, w */
} params;

typedef struct box {
    float top, left, bottom, right;
} box;

typedef struct found {
    float score;
    int row, class_index;
} found;

typedef struct work {
    const params *p;
    int n, columns, offset; /* boxes; classes with the background; 1 with a background */
    int per_run, kept;      /* most boxes that one suppression, and all of them, may give */
    box *boxes;
    float *scores;           /* of a box whose scores are quantized; NULL: they are floats */
    float *column;           /* the scores that one suppression looks at */
    int *waiting, *selected; /* a heap of boxes; those that stay */
    int *classes, *spare_classes;
    uint8_t *decoded; /* which of `boxes` are known */
    found *found, *merged;
} work;

static ln_status parse(const uint8_t *data, size_t n, void *to, ln_diag *diag)
{
    static const char *const scales[4] = {"y_scale", "x_scale", "h_scale", "w_scale"};
    const ln_flex root = ln_flex_root(data, n);
    const ln_flex detections = ln_flex_get(&root, "max_detections");
    const ln_flex classes = ln_flex_get(&root, "max_classes_per_detection");
    const ln_flex per_class = ln_flex_get(&root, "detections_per_class");
    const ln_flex regular = ln_flex_get(&root, "use_regular_nms");
    const ln_flex score = ln_flex_get(&root, "nms_score_threshold");
    const ln_flex overlap = ln_flex_get(&root, "nms_iou_threshold");
    const ln_flex n_classes = ln_flex_get(&root, "num_classes");
    params *p = to;

    (void)diag;
    p->max_detections = ln_flex_i32(&detections, 0);
    p->max_classes = ln_flex_i32(&classes, 0);
    p->per_class = ln_flex_i32(&per_class, DEFAULT_PER_CLASS);
    p->regular = ln_flex_bool(&regular, false);
    p->min_score = (float)ln_flex_f64(&score, 0);
    p->max_overlap = (float)ln_flex_f64(&overlap, 0);
    p->n_classes = ln_flex_i32(&n_classes, 0);
    for (int i = 0; i < 4; i++) {
        const ln_flex scale = ln_flex_get(&root, scales[i]);
        p->scale[i] = (float)ln_flex_f64(&scale, 0);
    }
    return LN_OK;
}

static void cut(const ln_call *c, work *w, ln_scratch *s)
{
    const params *p = c->params;
    const ln_shape scores = ln_shape_of(c->in[SCORES]);
    const int64_t n = scores.dim[1];
    const bool quantized = c->in[SCORES]->type == kTfLiteUInt8;
    const int64_t most = LN_MIN((int64_t)p->max_detections, n);

    *w = (work){.p = p, .n = scores.dim[1], .columns = scores.dim[2]};
    w->offset = w->columns - p->n_classes;
    w->per_run = (int)(p->regular ? LN_MIN(most, (int64_t)p->per_class) : most);
    w->kept = (int)(p->regular ? LN_MIN((int64_t)p->max_detections, n * p->n_classes) : most);
    w->boxes = ln_scratch_take(s, n, sizeof(box));
    w->scores = ln_scratch_take(s, quantized ? p->n_classes : 0, sizeof(float));
    w->column = ln_scratch_take(s, n, sizeof(float));
    w->waiting = ln_scratch_take(s, n, sizeof(int));
    w->selected = ln_scratch_take(s, w->per_run, sizeof(int));
    w->classes = ln_scratch_take(s, p->n_classes, sizeof(int));
    w->spare_classes = ln_scratch_take(s, p->n_classes, sizeof(int));
    w->decoded = ln_scratch_take(s, n, 1);
    w->found = ln_scratch_take(s, w->kept, sizeof(found));
    w->merged = ln_scratch_take(s, w->kept, sizeof(found));
}

static ln_status check_params(ln_call *c, const params *p)
{
    LN_CHECK(c, p->max_detections >= 0, "max_detections is %d", (int)p->max_detections);
    LN_CHECK(c, p->max_classes > 0, "max_classes_per_detection is %d", (int)p->max_classes);
    LN_CHECK(c, p->per_class > 0, "detections_per_class is %d", (int)p->per_class);
    LN_CHECK(c, p->n_classes > 0, "num_classes is %d", (int)p->n_classes);
    LN_CHECK(c, p->max_detections <= INT32_MAX / p->max_classes,
             "%d detections of %d classes are too many", (int)p->max_detections,
             (int)p->max_classes);
    LN_CHECK(c, p->max_overlap > 0 && p->max_overlap <= 1, "nms_iou_threshold is %g, not in (0, 1]",
             (double)p->max_overlap);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const params *p = c->params;
    const ln_shape e = ln_shape_of(c->in[ENCODINGS]), s = ln_shape_of(c->in[SCORES]);
    const ln_shape a = ln_shape_of(c->in[ANCHORS]);
    const TfLiteType type = c->in[ENCODINGS]->type;

    LN_TRY(check_params(c, p));
    for (int i = ENCODINGS; i <= SCORES; i++)
        if (c->in[i]->type != kTfLiteFloat32 && c->in[i]->type != kTfLiteUInt8)
            return ln_fail_type(c, i);
    LN_CHECK(c, c->in[ANCHORS]->type == type, "anchors are %s, boxes are %s",
             ln_type_name(c->in[ANCHORS]->type), ln_type_name(type));
    LN_CHECK(c, e.rank == 3 && s.rank == 3 && a.rank == 2,
             "boxes, scores and anchors have ranks %d, %d, %d, not 3, 3, 2", e.rank, s.rank,
             a.rank);
    LN_CHECK(c, ln_shape_known(&e) && ln_shape_known(&s) && ln_shape_known(&a),
             "the shapes of boxes, scores and anchors must be known");
    LN_CHECK(c, e.dim[0] == 1 && s.dim[0] == 1, "the batch is %d, not 1", e.dim[0]);
    LN_CHECK(c, e.dim[2] >= 4, "boxes have %d numbers, at least 4 are needed", e.dim[2]);
    LN_CHECK(c, s.dim[1] == e.dim[1], "there are %d boxes and scores for %d", e.dim[1], s.dim[1]);
    LN_CHECK(c, a.dim[1] == 4 && a.dim[0] >= e.dim[1], "anchors are [%d, %d], not [%d, 4]",
             a.dim[0], a.dim[1], e.dim[1]);
    LN_CHECK(c, s.dim[2] == p->n_classes || s.dim[2] - 1 == p->n_classes,
             "there are scores for %d classes, not %d with or without background", s.dim[2],
             (int)p->n_classes);

    work w;
    ln_scratch scratch = {0};
    cut(c, &w, &scratch);
    LN_TRY(ln_scratch_ask(c, &scratch));

    const int d = p->max_detections * p->max_classes;
    const ln_shape boxes = {3, {1, d, 4}}, list = {2, {1, d}}, count = {1, {1}};
    LN_TRY(ln_set_out(c, BOXES, kTfLiteFloat32, &boxes));
    LN_TRY(ln_set_out(c, CLASSES, kTfLiteFloat32, &list));
    LN_TRY(ln_set_out(c, OUT_SCORES, kTfLiteFloat32, &list));
    return ln_set_out(c, COUNT, kTfLiteFloat32, &count);
}

/* ---- boxes ---- */

static float value_of(const TfLiteTensor *t, uint8_t q)
{
    return ((float)q - (float)t->params.zero_point) * t->params.scale;
}

static float read(const TfLiteTensor *t, size_t i)
{
    return t->type == kTfLiteFloat32 ? t->data.f[i] : value_of(t, t->data.uint8[i]);
}

static box decode(const ln_call *c, const work *w, int i)
{
    const size_t stride = (size_t)ln_shape_of(c->in[ENCODINGS]).dim[2];
    double e[4], a[4];
    for (size_t k = 0; k < 4; k++) {
        e[k] = (double)read(c->in[ENCODINGS], (size_t)i * stride + k) / w->p->scale[k];
        a[k] = read(c->in[ANCHORS], (size_t)i * 4 + k);
    }
    const float y = (float)(e[0] * a[2] + a[0]), x = (float)(e[1] * a[3] + a[1]);
    const float h = (float)(0.5 * exp(e[2]) * a[2]), v = (float)(0.5 * exp(e[3]) * a[3]);
    return (box){y - h, x - v, y + h, x + v};
}

/* Boxes have a negative size where their anchors do, unless it is too small to show. */
static ln_status check_sizes(ln_call *c, const work *w)
{
    for (int i = 0; i < w->n; i++) {
        if (!(read(c->in[ANCHORS], (size_t)i * 4 + 2) < 0) &&
            !(read(c->in[ANCHORS], (size_t)i * 4 + 3) < 0))
            continue;
        const box b = decode(c, w, i);
        LN_CHECK(c, !(b.top > b.bottom) && !(b.left > b.right), "box %d has a negative size", i);
    }
    return LN_OK;
}

/* Most boxes are never asked for. */
static const box *box_at(const ln_call *c, const work *w, int i)
{
    if (!w->decoded[i])
        w->boxes[i] = decode(c, w, i);
    w->decoded[i] = 1;
    return &w->boxes[i];
}

static float smaller(float a, float b)
{
    return b < a ? b : a;
}

static float larger(float a, float b)
{
    return a < b ? b : a;
}

static float overlap(const box *a, const box *b)
{
    const float h = smaller(a->bottom, b->bottom) - larger(a->top, b->top);
    const float v = smaller(a->right, b->right) - larger(a->left, b->left);
    if (!(h > 0) || !(v > 0))
        return 0;
    const float size_a = (a->bottom - a->top) * (a->right - a->left);
    const float size_b = (b->bottom - b->top) * (b->right - b->left);
    if (size_a <= 0 || size_b <= 0)
        return 0;
    return h * v / (size_a + size_b - h * v);
}

static bool is_larger(const void *values, int a, int b)
{
    const float *v = values;
    return v[a] > v[b];
}

/* Boxes of the same score keep their order. */
static bool goes_first(const work *w, int a, int b)
{
    return w->column[a] > w->column[b] || (w->column[a] == w->column[b] && a < b);
}

/* Brings the item at the top of a part of the heap to its place. */
static void sink(const work *w, size_t n, size_t at)
{
    const int moved = w->waiting[at];
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && goes_first(w, w->waiting[child + 1], w->waiting[child]);
        if (!goes_first(w, w->waiting[child], moved))
            break;
        w->waiting[at] = w->waiting[child];
        at = child;
    }
    w->waiting[at] = moved;
}

static bool is_covered(const ln_call *c, const work *w, int n_selected, int i)
{
    const box *b = box_at(c, w, i);
    for (int k = 0; k < n_selected; k++)
        if (overlap(&w->boxes[w->selected[k]], b) > w->p->max_overlap)
            return true;
    return false;
}

/* Suppression by the scores in w->column; the survivors go to w->selected. */
static int suppress(const ln_call *c, const work *w, int limit)
{
    size_t n = 0;
    int n_selected = 0;

    for (int i = 0; i < w->n; i++)
        if (w->column[i] >= w->p->min_score)
            w->waiting[n++] = i;
    for (size_t at = n / 2; at-- > 0;)
        sink(w, n, at);
    while (n > 0 && n_selected < limit) {
        const int next = w->waiting[0];
        w->waiting[0] = w->waiting[--n];
        if (n > 0)
            sink(w, n, 0);
        if (!is_covered(c, w, n_selected, next))
            w->selected[n_selected++] = next;
    }
    return n_selected;
}

/* ---- the two ways over classes ---- */

/* A row without its background; quantized ones become floats in w->scores. */
static const float *scores_of(const ln_call *c, const work *w, int row)
{
    const size_t at = (size_t)row * (size_t)w->columns + (size_t)w->offset;
    if (!w->scores)
        return c->in[SCORES]->data.f + at;
    for (int k = 0; k < w->p->n_classes; k++)
        w->scores[k] = read(c->in[SCORES], at + (size_t)k);
    return w->scores;
}

/* In pieces that compilers make vectors of. */
static uint8_t largest(const uint8_t *q, int n)
{
    enum { PIECE = 16 };
    uint8_t piece[PIECE] = {0}, best = 0;
    int k = 0;
    for (; k + PIECE <= n; k += PIECE)
        for (int i = 0; i < PIECE; i++)
            piece[i] = LN_MAX(piece[i], q[k + i]);
    for (int i = 0; i < PIECE; i++)
        best = LN_MAX(best, piece[i]);
    for (; k < n; k++)
        best = LN_MAX(best, q[k]);
    return best;
}

static float best_of(const ln_call *c, const work *w, int row)
{
    const int n = w->p->n_classes;
    if (w->scores &&
        c->in[SCORES]->params.scale > 0) { /* the order of integers is that of floats */
        const size_t at = (size_t)row * (size_t)w->columns + (size_t)w->offset;
        const uint8_t *q = c->in[SCORES]->data.uint8 + at;
        return value_of(c->in[SCORES], largest(q, n));
    }
    const float *s = scores_of(c, w, row);
    float best = s[0];
    for (int k = 1; k < n; k++)
        best = s[k] > best ? s[k] : best;
    return best;
}

static void put(ln_call *c, int at, const box *b, int class_index, float score)
{
    memcpy(c->out[BOXES]->data.f + (size_t)at * 4, b, sizeof(*b));
    c->out[CLASSES]->data.f[at] = (float)class_index;
    c->out[OUT_SCORES]->data.f[at] = score;
}

static int run_fast(ln_call *c, const work *w)
{
    const params *p = w->p;
    const int per_box = LN_MIN(p->max_classes, p->n_classes);

    for (int i = 0; i < w->n; i++)
        w->column[i] = best_of(c, w, i);
    const int n = suppress(c, w, w->per_run);
    for (int i = 0; i < n; i++) {
        const int row = w->selected[i];
        const float *s = scores_of(c, w, row);
        for (int k = 0; k < p->n_classes; k++)
            w->classes[k] = k;
        ln_sort_indices(w->classes, w->spare_classes, p->n_classes, is_larger, s);
        for (int k = 0; k < per_box; k++)
            put(c, i * p->max_classes + k, &w->boxes[row], w->classes[k], s[w->classes[k]]);
    }
    return n;
}

/* Merges the n_selected best of a class into w->found, which keeps the best w->kept. */
static int merge(work *w, int n_found, int n_selected, int class_index)
{
    int i = 0, j = 0, n = 0;

    while (n < w->kept && (i < n_found || j < n_selected)) {
        const float next = j < n_selected ? w->column[w->selected[j]] : 0;
        if (i < n_found && (j >= n_selected || !(next > w->found[i].score))) {
            w->merged[n++] = w->found[i++];
        } else {
            w->merged[n++] = (found){next, w->selected[j], class_index};
            j++;
        }
    }
    found *const old = w->found;
    w->found = w->merged;
    w->merged = old;
    return n;
}

static int run_regular(ln_call *c, work *w)
{
    int n = 0;

    for (int k = 0; k < w->p->n_classes; k++) {
        for (size_t i = 0; i < (size_t)w->n; i++)
            w->column[i] = read(c->in[SCORES], i * (size_t)w->columns + (size_t)(w->offset + k));
        n = merge(w, n, suppress(c, w, w->per_run), k);
    }
    for (int i = 0; i < n; i++)
        put(c, i, &w->boxes[w->found[i].row], w->found[i].class_index, w->found[i].score);
    return n;
}

static ln_status eval(ln_call *c)
{
    ln_scratch s = {.base = c->scratch};
    work w;

    cut(c, &w, &s);
    LN_TRY(check_sizes(c, &w));
    memset(w.decoded, 0, (size_t)w.n);
    if (c->in[SCORES]->type == kTfLiteFloat32)
        w.scores = NULL;
    for (int i = BOXES; i <= OUT_SCORES; i++)
        if (c->out[i]->bytes)
            memset(c->out[i]->data.raw, 0, c->out[i]->bytes);
    c->out[COUNT]->data.f[0] = (float)(w.p->regular ? run_regular(c, &w) : run_fast(c, &w));
    return LN_OK;
}

const ln_op ln_op_detection_postprocess = {
    .name = "TFLite_Detection_PostProcess",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 3,
    .max_in = 3,
    .n_out = 4,
    .traits = LN_PURE,
    .params_size = sizeof(params),
    .parse = parse,
    .infer = infer,
    .eval = eval,
};
