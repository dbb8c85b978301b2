/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c: see budget.h.  Each operator is kept in float alone, to see what that gains; then the
 * least number of them, the most useful first, is found by bisection.  The loss does not always
 * fall with each further one, so the result is checked, not assumed. */
#include "budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/interpreter.h"
#include "samples.h"
#include "session.h"
#include "tool.h"

typedef enum metric { AGREE, COSINE, RMSE } metric;

typedef struct candidate {
    char *name;  /* of the tensor that the operator makes */
    double loss; /* with this one in float */
} candidate;

struct budget {
    const void *model;
    size_t n;
    ln_quantize_options *options;
    const char **names; /* options->keep_float */
    int fixed;          /* names that were there before */
    metric by;
    double most; /* the loss that is allowed */
    double deadline;
    double *wanted; /* the float model's first output, sample after sample */
    size_t items;   /* of one */
    samples *data;
    int n_samples;
    candidate *candidates;
    int n_candidates;
};

static double seconds(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- one model's outputs ---- */

/* Runs `s` on all samples; `use` gets the numbers of output 0. */
static bool run_all(budget *b, session *s,
                    bool (*use)(budget *b, int i, const double *y, size_t n, void *user),
                    void *user)
{
    int more, i = 0;
    samples_rewind(b->data);
    while ((more = samples_next(b->data, s->interpreter)) > 0) {
        value v = {0};
        if (!samples_feed(b->data, s->interpreter) || !session_invoke(s))
            return false;
        const TfLiteTensor *t = session_output(s, 0);
        if (!session_get(s, t, &v))
            return false;
        double *y = tool_new(v.count + 1, sizeof *y);
        const bool scaled = t->params.scale > 0;
        for (size_t k = 0; k < v.count; k++)
            y[k] = scaled ? (value_real(&v, k, 0) - t->params.zero_point) * (double)t->params.scale
                          : value_real(&v, k, 0);
        const bool ok = use(b, i++, y, v.count, user);
        tool_free(y);
        value_free(&v);
        if (!ok)
            return false;
    }
    return more == 0;
}

static bool keep(budget *b, int i, const double *y, size_t n, void *user)
{
    (void)user;
    b->items = n;
    b->wanted = tool_resize(b->wanted, ((size_t)i + 1) * n, sizeof *b->wanted);
    memcpy(b->wanted + (size_t)i * n, y, n * sizeof *y);
    b->n_samples = i + 1;
    return true;
}

typedef struct totals {
    double agree, product, a, b, square;
} totals;

static size_t top_of(const double *x, size_t n)
{
    size_t top = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[top])
            top = i;
    return top;
}

static bool measure(budget *b, int i, const double *y, size_t n, void *user)
{
    totals *t = user;
    const double *x = b->wanted + (size_t)i * n;
    if (i >= b->n_samples || n != b->items)
        return false;
    for (size_t k = 0; k < n; k++) {
        t->product += x[k] * y[k];
        t->a += x[k] * x[k];
        t->b += y[k] * y[k];
        t->square += (x[k] - y[k]) * (x[k] - y[k]);
    }
    t->agree += top_of(x, n) == top_of(y, n);
    return true;
}

static double loss_of(const budget *b, const totals *t)
{
    switch (b->by) {
    case AGREE:
        return 1 - t->agree / b->n_samples;
    case COSINE:
        return t->a * t->b > 0 ? 1 - t->product / sqrt(t->a * t->b) : 1;
    default:
        return t->a > 0 ? sqrt(t->square / t->a) : 0;
    }
}

/* The loss with the names that are in options->keep_float now; negative on failure. */
static double try_now(budget *b)
{
    ln_quantize_error error;
    session s = {0};
    totals t = {0};
    size_t n;
    ln_quantized *q = ln_quantize(b->model, b->n, b->options, &error);
    if (!q) {
        tool_error("%s", error.text);
        return -1;
    }
    const void *bytes = ln_quantized_model(q, &n);
    const session_options o = {.threads = 1};
    const bool ok =
        session_open(&s, bytes, n, &o) && session_allocate(&s) && run_all(b, &s, measure, &t);
    if (!ok)
        tool_error("the quantized model does not run: %s", s.error);
    session_close(&s);
    ln_quantized_free(q);
    return ok ? loss_of(b, &t) : -1;
}

/* ---- the search ---- */

static int by_loss(const void *a, const void *b)
{
    const double x = ((const candidate *)a)->loss, y = ((const candidate *)b)->loss;
    return x < y ? -1 : x > y;
}

/* The float model's operators, by what they make. */
static void list_candidates(budget *b, session *s)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s->interpreter, 0);
    ln_tflite_kernel k;
    b->candidates = tool_new((size_t)plan->size + 1, sizeof *b->candidates);
    for (int i = 0; i < plan->size; i++) {
        if (!ln_tflite_interpreter_kernel(s->interpreter, 0, plan->data[i], &k) ||
            k.node->outputs->size == 0)
            continue;
        const TfLiteTensor *t =
            ln_tflite_interpreter_tensor(s->interpreter, 0, k.node->outputs->data[0]);
        if (t && t->name && t->name[0] && t->type == kTfLiteFloat32)
            b->candidates[b->n_candidates++] = (candidate){.name = tool_copy(t->name)};
    }
}

static void keep_first(budget *b, int n)
{
    for (int i = 0; i < n; i++)
        b->names[b->fixed + i] = b->candidates[i].name;
    b->options->n_keep_float = b->fixed + n;
}

static bool try_each(budget *b)
{
    for (int i = 0; i < b->n_candidates; i++) {
        b->names[b->fixed] = b->candidates[i].name;
        b->options->n_keep_float = b->fixed + 1;
        if (seconds() > b->deadline) {
            b->candidates[i].loss = HUGE_VAL; /* untried ones come last */
            continue;
        }
        b->candidates[i].loss = try_now(b);
        if (b->candidates[i].loss < 0)
            return false;
    }
    qsort(b->candidates, (size_t)b->n_candidates, sizeof *b->candidates, by_loss);
    return true;
}

static bool bisect(budget *b)
{
    int few = 0, many = b->n_candidates;
    double loss = -1;
    while (many - few > 1) {
        const int middle = few + (many - few) / 2;
        keep_first(b, middle);
        loss = try_now(b);
        if (loss < 0)
            return false;
        *(loss <= b->most ? &many : &few) = middle;
    }
    keep_first(b, many);
    loss = try_now(b);
    if (loss < 0)
        return false;
    if (loss > b->most) {
        tool_error("a loss of %.4g is not met: with every operator in float it is %.4g", b->most,
                   loss);
        return false;
    }
    fprintf(stderr, "loss %.4g with %d of %d operators in float:\n", loss, many, b->n_candidates);
    for (int i = 0; i < many; i++)
        fprintf(stderr, "  %s\n", b->candidates[i].name);
    return true;
}

static bool search(budget *b, int capacity)
{
    session s = {0};
    const session_options o = {.threads = 1, .reference = false};
    const session_options plain = {.threads = 1, .reference = true};
    bool ok =
        session_open(&s, b->model, b->n, &o) && session_allocate(&s) && run_all(b, &s, keep, NULL);
    session_close(&s);
    ok = ok && b->n_samples > 0 && session_open(&s, b->model, b->n, &plain) && session_allocate(&s);
    if (!ok)
        tool_error("the model does not run on the samples: %s", s.error);
    else
        list_candidates(b, &s);
    session_close(&s);
    if (b->n_candidates > capacity - b->fixed)
        b->n_candidates = capacity - b->fixed;
    const double loss = ok ? try_now(b) : -1;
    if (loss < 0)
        return false;
    fprintf(stderr, "loss %.4g with all that can be in integers\n", loss);
    return loss <= b->most || (try_each(b) && bisect(b));
}

/* ---- the options ---- */

static bool read_options(budget *b, const args *a)
{
    static const char *const names[] = {"agree", "cosine", "rmse"};
    const char *name = args_text(a, "metric", "agree"), *drop = args_text(a, "max-drop", "");
    int limit = 600;
    char *end;
    b->most = strtod(drop, &end);
    const bool percent = *end == '%';
    if (end == drop || end[percent] || !(b->most >= 0)) {
        tool_error("--max-drop %s is no number, nor one of percent", drop);
        return false;
    }
    b->most = percent ? b->most / 100 : b->most;
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0) {
            b->by = (metric)i;
            if (!args_int(a, "time", 1, 1 << 30, &limit))
                return false;
            b->deadline = seconds() + limit;
            return true;
        }
    tool_error("--metric %s is not known", name);
    return false;
}

budget *budget_search(const args *a, const char *path, const void *model, size_t n,
                      ln_quantize_options *options, const char **room, int capacity)
{
    budget *b = tool_new(1, sizeof *b);
    b->model = model;
    b->n = n;
    b->options = options;
    b->names = room;
    b->fixed = options->n_keep_float;
    const bool ok =
        read_options(b, a) &&
        (b->data = samples_open(a, args_flag(a, "eval") ? "eval" : "data", path)) != NULL &&
        search(b, capacity);
    if (!ok) {
        budget_free(b);
        return NULL;
    }
    return b;
}

void budget_free(budget *b)
{
    if (!b)
        return;
    for (int i = 0; i < b->n_candidates; i++)
        tool_free(b->candidates[i].name);
    tool_free(b->candidates);
    tool_free(b->wanted);
    samples_close(b->data);
    tool_free(b);
}
