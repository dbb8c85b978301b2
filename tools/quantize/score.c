/* SPDX-License-Identifier: Apache-2.0 */
/* score.c: see score.h. */
#include "quantize/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "quantize/errors.h"
#include "quantize/samples.h"

typedef enum metric { ACCURACY, IOU, AGREE, COSINE, RMSE, COMMAND } metric;

/* Pixels of a class: in both, and in either. */
typedef struct overlap {
    double both, either;
} overlap;

typedef struct totals {
    int n;
    double right; /* samples */
    errors e;
    overlap *classes;
    size_t n_classes;
} totals;

struct score {
    metric by;
    int k; /* of the top k */
    samples *data;
    labels *labels;
    double *wanted; /* the float model's first output, sample after sample */
    size_t items;   /* of one */
    size_t n_last;  /* of its last dimension */
    int n_samples;
    const char *command;
    double base; /* the float model's own number */
};

/* ---- one sample ---- */

double *score_outputs(session *s, size_t *n)
{
    const TfLiteTensor *t = session_output(s, 0);
    value v = {0};
    if (!t || !errors_can_read(t) || !session_get(s, t, &v)) {
        tool_error("the first output are no numbers");
        return NULL;
    }
    double *y = tool_new(v.count + 1, sizeof *y);
    for (size_t i = 0; i < v.count; i++)
        y[i] = errors_read(&v, t, i);
    *n = v.count;
    value_free(&v);
    return y;
}

int score_rank(const double *y, size_t n, int class)
{
    int rank = 0;
    if (class < 0 || (size_t) class >= n)
        return INT32_MAX;
    for (size_t i = 0; i < n; i++)
        rank += y[i] > y[class] || (y[i] == y[class] && i < (size_t) class);
    return rank;
}

/* The class of a pixel: the largest of its numbers, or whether its only one is above a half. */
static size_t pixel_class(const double *y, size_t n)
{
    return n == 1 ? y[0] > 0.5 : errors_top(y, n);
}

static void add_pixel(totals *t, size_t a, size_t b)
{
    const size_t most = a > b ? a : b;
    if (most >= t->n_classes) {
        t->classes = tool_resize(t->classes, most + 1, sizeof *t->classes);
        memset(t->classes + t->n_classes, 0, (most + 1 - t->n_classes) * sizeof *t->classes);
        t->n_classes = most + 1;
    }
    t->classes[a].both += a == b;
    t->classes[a].either++;
    t->classes[b].either += a != b;
}

/* Against the labels, where they are, or else the float model's own classes `x`. */
static bool add_mask(const score *s, totals *t, const double *x, const double *y, size_t n)
{
    const size_t last = s->n_last, pixels = n / last;
    const int *mask = s->labels ? labels_mask(s->labels, s->data, pixels) : NULL;
    if (s->labels && !mask) {
        tool_error("--labels has no %zu classes for sample %d", pixels, samples_given(s->data));
        return false;
    }
    for (size_t i = 0; i < pixels; i++) {
        const size_t given = pixel_class(y + i * last, last);
        if (!mask)
            add_pixel(t, pixel_class(x + i * last, last), given);
        else if (mask[i] >= 0 && (size_t)mask[i] < (last > 1 ? last : 2)) /* 255: none */
            add_pixel(t, (size_t)mask[i], given);
    }
    return true;
}

static bool add_sample(const score *s, totals *t, const double *x, const double *y, size_t n)
{
    t->n++;
    if (s->by == IOU)
        return add_mask(s, t, x, y, n);
    if (s->by == ACCURACY) {
        const int label = labels_of(s->labels, s->data);
        t->right += label >= 0 && score_rank(y, n, label) < s->k;
        return label >= 0;
    }
    t->right += errors_top(x, n) == errors_top(y, n);
    for (size_t i = 0; i < n; i++)
        errors_add(&t->e, x[i], y[i]);
    return true;
}

/* ---- all of them ---- */

static double mean_overlap(const totals *t)
{
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < t->n_classes; i++)
        if (t->classes[i].either > 0) {
            sum += t->classes[i].both / t->classes[i].either;
            n++;
        }
    return n ? sum / n : 0;
}

static double number_of(const score *s, const totals *t)
{
    switch (s->by) {
    case ACCURACY:
    case AGREE:
        return t->right / t->n;
    case IOU:
        return mean_overlap(t);
    case COSINE:
        return errors_cosine(&t->e);
    default:
        return 1 - errors_relative(&t->e);
    }
}

static bool run_session(score *s, session *p, bool first, totals *t)
{
    int more, i = 0;
    samples_rewind(s->data);
    while ((more = samples_next(s->data, p->interpreter)) > 0) {
        size_t n;
        double *y = samples_feed(s->data, p->interpreter) && session_invoke(p)
                        ? score_outputs(p, &n)
                        : NULL;
        if (y && first) {
            s->items = i ? s->items : n;
            s->wanted = tool_resize(s->wanted, ((size_t)i + 1) * s->items, sizeof *s->wanted);
            memcpy(s->wanted + (size_t)i * s->items, y, s->items * sizeof *y);
            s->n_samples = i + 1;
        }
        const bool ok = y && n == s->items && i < s->n_samples &&
                        add_sample(s, t, s->wanted + (size_t)i * s->items, y, n);
        tool_free(y);
        if (!ok)
            return false;
        i++;
    }
    if (more == 0 && i == 0)
        tool_error("there are no samples");
    return more == 0 && i > 0;
}

static bool run_model(score *s, const void *model, size_t n, double *number)
{
    const session_options o = {.threads = 1};
    session p = {0};
    totals t = {0};
    const bool first = !s->wanted;
    bool ok = session_open(&p, model, n, &o) && session_allocate(&p);
    if (ok && first) {
        const TfLiteTensor *y = session_output(&p, 0);
        const int rank = y ? TfLiteTensorNumDims(y) : 0;
        const int last = rank > 0 ? TfLiteTensorDim(y, rank - 1) : 1;
        s->n_last = last > 0 ? (size_t)last : 1;
    }
    ok = ok && run_session(s, &p, first, &t);
    if (!ok && p.error[0])
        tool_error("the model does not run on the samples: %s", p.error);
    *number = ok ? number_of(s, &t) : 0;
    session_close(&p);
    tool_free(t.classes);
    return ok;
}

/* ---- a user's command ---- */

/* The last line's number. */
static bool read_number(FILE *f, double *number)
{
    char line[256];
    bool any = false;
    while (fgets(line, sizeof line, f)) {
        char *end;
        const double x = strtod(line, &end);
        if (end != line) {
            *number = x;
            any = true;
        }
    }
    return any && isfinite(*number);
}

static bool run_command(const score *s, const void *model, size_t n, double *number)
{
    char *path = tool_temporary_file(".tflite", model, n);
    if (!path)
        return false;
    char *line = tool_format("%s %s", s->command, path);
    FILE *f = popen(line, "r");
    bool ok = f && read_number(f, number);
    ok = f && pclose(f) == 0 && ok;
    if (!ok)
        tool_error("'%s' fails, or its last line is no number", s->command);
    remove(path);
    tool_free(path);
    tool_free(line);
    return ok;
}

static bool measure(score *s, const void *model, size_t n, double *number)
{
    return s->by == COMMAND ? run_command(s, model, n, number) : run_model(s, model, n, number);
}

/* ---- the interface ---- */

static bool read_options(score *s, const args *a)
{
    static const char *const names[] = {"accuracy", "iou", "agree", "cosine", "rmse", NULL};
    s->k = 1;
    s->command = args_text(a, "metric-command", NULL);
    if (s->command) {
        s->by = COMMAND;
        return true;
    }
    const int by = args_choice(a, "metric", names, s->labels ? "accuracy" : "agree");
    if (by < 0)
        return false;
    s->by = (metric)by;
    if (s->by != ACCURACY || s->labels)
        return args_int(a, "top-k", 1, 1 << 20, &s->k);
    tool_error("--metric accuracy needs --labels");
    return false;
}

score *score_open(const args *a, const char *path, const void *model, size_t n)
{
    score *s = tool_new(1, sizeof *s);
    const bool command = args_flag(a, "metric-command");
    bool ok = command || (s->data = samples_open(a, args_flag(a, "eval") ? "eval" : "data", path));
    ok = ok && (command || labels_open(&s->labels, a, s->data, path)) && read_options(s, a) &&
         measure(s, model, n, &s->base);
    if (ok)
        return s;
    score_close(s);
    return NULL;
}

void score_close(score *s)
{
    if (!s)
        return;
    samples_close(s->data);
    labels_close(s->labels);
    tool_free(s->wanted);
    tool_free(s);
}

bool score_loss(score *s, const void *model, size_t n, double *loss)
{
    double number;
    if (!measure(s, model, n, &number))
        return false;
    *loss = s->base - number;
    return true;
}

double score_percent_of(const score *s)
{
    return s->by == COMMAND ? fabs(s->base) : 1;
}
