/* SPDX-License-Identifier: Apache-2.0 */
/* score.c: scores and boxes.  The calibration is the Task Library's (score_calibration.cc). */
#include "media/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- calibration ---- */

/* Reads up to 4 numbers between commas; -1 when something else is there. */
static int read_numbers(const char *line, size_t n, float *to)
{
    char text[256];
    int count = 0;
    const char *p = text;

    if (n >= sizeof text)
        return -1;
    memcpy(text, line, n);
    text[n] = 0;
    for (;;) {
        char *end;
        if (count == 4)
            return 5;
        to[count] = strtof(p, &end);
        if (end == p)
            return -1;
        count++;
        p = end + strspn(end, " \r");
        if (!*p)
            return count;
        if (*p++ != ',')
            return -1;
    }
}

static ln_status read_line(ln_sigmoid *s, const char *line, size_t n, int number, ln_diag *diag)
{
    float v[4];
    if (n == 0 || (n == 1 && *line == '\r'))
        return LN_OK;
    const int count = read_numbers(line, n, v);
    if (count < 0)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "Could not parse score calibration parameter as float: line %d of the score "
                       "calibration file.",
                       number);
    if (count != 3 && count != 4)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "Expected 3 or 4 parameters per line in score calibration file, got %s in "
                       "line %d.",
                       count > 4 ? "more" : "fewer", number);
    *s = (ln_sigmoid){true, v[0], v[1], v[2], count == 4, count == 4 ? v[3] : 0};
    return LN_OK;
}

ln_status ln_calibration_parse(ln_calibration *out, const char *text, size_t n, int classes,
                               const ln_alloc *alloc, ln_diag *diag)
{
    const char *end = text + n;
    int lines = 0;

    if (n == 0)
        return ln_fail(diag, LN_ERR_FORMAT, "Expected non-empty score calibration file.");
    for (const char *p = text; p < end; p++)
        lines += *p == '\n';
    lines += 1;
    if (lines == classes + 1 && end[-1] == '\n') /* the last line is ended, too */
        lines--;
    if (lines != classes)
        return ln_fail(diag, LN_ERR_FORMAT,
                       "Mismatch between number of labels (%d) and score calibration parameters "
                       "(%d).",
                       classes, lines);
    out->sigmoids = ln_new(alloc, (size_t)classes, sizeof *out->sigmoids);
    if (!out->sigmoids)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for %d calibrations", classes);
    out->n = classes;
    for (int i = 0; i < classes; i++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop ? stop : end;
        LN_TRY(read_line(&out->sigmoids[i], text, (size_t)(stop - text), i + 1, diag));
        text = stop < end ? stop + 1 : end;
    }
    return LN_OK;
}

/* The logarithm, continued below `limit` so that order and slope are kept. */
static float clamped_log(double x)
{
    const double limit = 1e-16;
    if (x < limit)
        return (float)(2 * log(limit) - log(2 * limit - x));
    return (float)log(x);
}

float ln_calibrate(const ln_calibration *c, int index, float score)
{
    const ln_sigmoid *s = index >= 0 && index < c->n ? &c->sigmoids[index] : NULL;
    float x = score;

    if (!s || !s->present || (s->has_min && score < s->min))
        return c->default_score;
    if (c->transform == LN_SCORE_LOG)
        x = clamped_log(score);
    else if (c->transform == LN_SCORE_INVERSE_LOGISTIC)
        x = clamped_log(score) - clamped_log(1.0 - score);
    x = x * s->slope + s->offset;
    if (x >= 0)
        return (float)(s->scale / (1.0 + exp(-(double)x)));
    const float e = (float)exp((double)x);
    return (float)(s->scale * e / (1.0 + e));
}

/* ---- the best ---- */

/* NaN is worse than anything. */
static bool better(const float *scores, int a, int b)
{
    const float x = scores[a], y = scores[b];
    if (x > y || (x == x && y != y))
        return true;
    return (x == y || (x != x && y != y)) && a < b;
}

/* Moves item `at` of a heap of `n`, worst on top, down to its place. */
static void sift(const float *scores, int *heap, int n, int at)
{
    for (int child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && better(scores, heap[child], heap[child + 1]))
            child++;
        if (better(scores, heap[child], heap[at]))
            return;
        const int item = heap[at];
        heap[at] = heap[child];
        heap[child] = item;
    }
}

void ln_top_k(const float *scores, int n, int k, int *order)
{
    for (int i = 0; i < n; i++)
        order[i] = i;
    k = LN_MIN(k, n);
    for (int i = k / 2 - 1; i >= 0; i--)
        sift(scores, order, k, i);
    for (int i = k; k > 0 && i < n; i++) {
        if (better(scores, order[i], order[0])) {
            const int worst = order[0];
            order[0] = order[i];
            order[i] = worst;
            sift(scores, order, k, 0);
        }
    }
    for (int i = k - 1; i > 0; i--) { /* the worst goes last */
        const int worst = order[0];
        order[0] = order[i];
        order[i] = worst;
        sift(scores, order, i, 0);
    }
}

void ln_softmax(float *x, int n)
{
    float max = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    for (int i = 0; i < n; i++)
        sum += x[i] = expf(x[i] - max);
    for (int i = 0; i < n; i++)
        x[i] /= sum;
}

float ln_sigmoid_of(float x)
{
    return 1 / (1 + expf(-x));
}

/* ---- vectors ---- */

void ln_l2_normalize(float *x, int n)
{
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    if (!(sum > 0))
        return;
    const float inverse = 1.0f / sqrtf(sum);
    for (int i = 0; i < n; i++)
        x[i] *= inverse;
}

void ln_quantize_unit(const float *x, int n, int8_t *out)
{
    for (int i = 0; i < n; i++) {
        const float q = roundf(x[i] * 128);
        out[i] = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
    }
}

static bool cosine_of(double dot, double aa, double bb, double *cosine)
{
    if (!(aa > 0) || !(bb > 0))
        return false;
    *cosine = dot / sqrt(aa * bb);
    return true;
}

bool ln_cosine(const float *a, const float *b, int n, double *cosine)
{
    double dot = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        dot += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return cosine_of(dot, aa, bb, cosine);
}

bool ln_cosine_s8(const int8_t *a, const int8_t *b, int n, double *cosine)
{
    double dot = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        dot += (double)(a[i] * b[i]);
        aa += (double)(a[i] * a[i]);
        bb += (double)(b[i] * b[i]);
    }
    return cosine_of(dot, aa, bb, cosine);
}

/* ---- boxes ---- */

static float area(const ln_rect *r)
{
    return (r->bottom - r->top) * (r->right - r->left);
}

float ln_overlap(const ln_rect *a, const ln_rect *b)
{
    const ln_rect both = {LN_MAX(a->top, b->top), LN_MAX(a->left, b->left),
                          LN_MIN(a->bottom, b->bottom), LN_MIN(a->right, b->right)};
    if (both.bottom <= both.top || both.right <= both.left)
        return 0;
    const float shared = area(&both), all = area(a) + area(b) - shared;
    return all > 0 ? shared / all : 0;
}

int ln_nms(const ln_rect *boxes, int *order, int n, float limit)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        bool keep = true;
        for (int j = 0; j < kept && keep; j++)
            keep = !(ln_overlap(&boxes[order[j]], &boxes[order[i]]) > limit);
        if (keep) {
            const int item = order[i];
            order[i] = order[kept];
            order[kept++] = item;
        }
    }
    return kept;
}
