/* SPDX-License-Identifier: Apache-2.0 */
/* budget.c: see budget.h.  Each operator is kept in float alone, to see what that gains.  For each
 * remedy, the least number of operators that need it, the most useful first, is found by bisection;
 * of these models the smallest is taken, and each of its operators then tried with less.  The loss
 * does not always fall with each further one, so every result is measured, not assumed. */
#include "quantize/budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/session.h"
#include "common/tool.h"
#include "linnet/interpreter.h"

/* From the cheapest on. */
typedef enum remedy { NOTHING, PER_CHANNEL, WIDE, IN_FLOAT, N_REMEDIES } remedy;

typedef struct candidate {
    char *name;  /* of the tensor that the operator makes */
    double loss; /* with this one in float */
    remedy now, best;
} candidate;

struct budget {
    const void *model;
    size_t n;
    ln_quantize_options *options;
    budget_names names;
    int fixed[N_REMEDIES]; /* names that were there before */
    double most;           /* the loss that is allowed */
    double start, deadline, limit;
    score *score;
    candidate *candidates;
    int n_candidates;
    double loss, best_loss; /* of what was tried last; of candidates' `best` */
    size_t bytes, best_bytes;
};

static double seconds(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- one model ---- */

/* Puts the names of those with this remedy into its list; their number, what was there included. */
static int list(const budget *b, remedy kind, const char **names)
{
    int n = b->fixed[kind];
    for (int i = 0; i < b->n_candidates; i++)
        if (b->candidates[i].now == kind)
            names[n++] = b->candidates[i].name;
    return n;
}

static void apply(budget *b)
{
    b->options->n_keep_float = list(b, IN_FLOAT, b->names.keep);
    b->options->n_wide = list(b, WIDE, b->names.wide);
    b->options->n_per_channel = list(b, PER_CHANNEL, b->names.per_channel);
}

/* Makes and measures the model of what the candidates have now. */
static bool try_now(budget *b)
{
    ln_quantize_error error;
    apply(b);
    ln_quantized *q = ln_quantize(b->model, b->n, b->options, &error);
    if (!q) {
        tool_error("%s", error.text);
        return false;
    }
    const void *bytes = ln_quantized_model(q, &b->bytes);
    const bool ok = score_loss(b->score, bytes, b->bytes, &b->loss);
    ln_quantized_free(q);
    return ok;
}

static bool is_met(const budget *b)
{
    return b->loss <= b->most + 1e-12;
}

/* Keeps what was just tried where it is good enough and smaller than what was kept before. */
static void keep_better(budget *b)
{
    if (!is_met(b) || (b->best_bytes && b->bytes >= b->best_bytes))
        return;
    b->best_bytes = b->bytes;
    b->best_loss = b->loss;
    for (int i = 0; i < b->n_candidates; i++)
        b->candidates[i].best = b->candidates[i].now;
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

static void give_first(budget *b, int n, remedy kind)
{
    for (int i = 0; i < b->n_candidates; i++)
        b->candidates[i].now = i < n ? kind : NOTHING;
}

/* What each operator gains by itself, in half of the time. */
static bool try_each(budget *b)
{
    for (int i = 0; i < b->n_candidates; i++) {
        give_first(b, 0, NOTHING);
        b->candidates[i].now = IN_FLOAT;
        if (seconds() > b->start + b->limit / 2) {
            b->candidates[i].loss = HUGE_VAL; /* untried ones come last */
            continue;
        }
        if (!try_now(b))
            return false;
        b->candidates[i].loss = b->loss;
    }
    qsort(b->candidates, (size_t)b->n_candidates, sizeof *b->candidates, by_loss);
    return true;
}

/* The least number of operators with this remedy. */
static bool bisect(budget *b, remedy kind)
{
    int few = 0, many = b->n_candidates;
    give_first(b, many, kind);
    if (!try_now(b))
        return false;
    if (!is_met(b))
        return true; /* it does not help enough */
    keep_better(b);
    while (many - few > 1) {
        const int middle = few + (many - few) / 2;
        give_first(b, middle, kind);
        if (!try_now(b))
            return false;
        keep_better(b);
        *(is_met(b) ? &many : &few) = middle;
    }
    return true;
}

static bool is_open(const budget *b, remedy kind)
{
    return kind == IN_FLOAT || (kind == WIDE && b->options->mode == LN_QUANT_INT8) ||
           (kind == PER_CHANNEL && b->options->per_tensor);
}

/* Tries each operator of the best model with less, those that gained least first. */
static bool refine(budget *b)
{
    for (int i = b->n_candidates - 1; i >= 0; i--)
        for (int kind = NOTHING; kind < (int)b->candidates[i].best; kind++) {
            if ((kind != NOTHING && !is_open(b, (remedy)kind)) || seconds() > b->deadline)
                continue;
            for (int k = 0; k < b->n_candidates; k++)
                b->candidates[k].now = b->candidates[k].best;
            b->candidates[i].now = (remedy)kind;
            if (!try_now(b))
                return false;
            keep_better(b);
        }
    return true;
}

static void tell(const budget *b)
{
    static const char *const texts[] = {"", "scales per channel", "int16", "float"};
    int n[N_REMEDIES] = {0};
    for (int i = 0; i < b->n_candidates; i++)
        n[b->candidates[i].best]++;
    fprintf(stderr,
            "loss %.4g, %zu bytes: %d of %d operators in float, %d with int16 activations, "
            "%d with scales per channel\n",
            b->best_loss, b->best_bytes, n[IN_FLOAT], b->n_candidates, n[WIDE], n[PER_CHANNEL]);
    for (int i = 0; i < b->n_candidates; i++)
        if (b->candidates[i].best != NOTHING)
            fprintf(stderr, "  %-18s %s\n", texts[b->candidates[i].best], b->candidates[i].name);
}

static bool search(budget *b)
{
    if (!try_now(b))
        return false;
    fprintf(stderr, "loss %.4g with all that can be in integers, %zu bytes\n", b->loss, b->bytes);
    keep_better(b);
    if (is_met(b))
        return true;
    if (!try_each(b))
        return false;
    for (int kind = PER_CHANNEL; kind < N_REMEDIES; kind++)
        if (is_open(b, (remedy)kind) && !bisect(b, (remedy)kind))
            return false;
    if (!b->best_bytes) {
        tool_error("a loss of %.4g is not met: with every operator in float it is %.4g", b->most,
                   b->loss);
        return false;
    }
    if (!refine(b))
        return false;
    for (int i = 0; i < b->n_candidates; i++)
        b->candidates[i].now = b->candidates[i].best;
    apply(b);
    tell(b);
    return true;
}

/* ---- the options ---- */

static bool read_drop(budget *b, const args *a)
{
    const char *drop = args_text(a, "max-drop", "");
    char *end;
    b->most = strtod(drop, &end);
    const bool percent = strcmp(end, "%") == 0, decibels = strcmp(end, "dB") == 0;
    if (end == drop || (*end && !percent && !decibels) || !(b->most >= 0)) {
        tool_error("--max-drop %s is no number, nor one of percent or dB", drop);
        return false;
    }
    if (decibels && strcmp(args_text(a, "metric", ""), "rmse") != 0) {
        tool_error("--max-drop %s goes with --metric rmse", drop);
        return false;
    }
    b->most = decibels ? pow(10, -b->most / 20) : percent ? b->most / 100 : b->most;
    return true;
}

static bool open_float(budget *b, const args *a, const char *path)
{
    const session_options plain = {.threads = 1, .reference = true};
    session s = {0};
    const bool ok = session_open(&s, b->model, b->n, &plain) && session_allocate(&s);
    if (ok)
        list_candidates(b, &s);
    else
        tool_error("%s: %s", path, s.error);
    session_close(&s);
    const int taken = b->options->n_keep_float + b->options->n_wide + b->options->n_per_channel;
    if (b->n_candidates > b->names.capacity - taken)
        b->n_candidates = b->names.capacity - taken;
    b->score = ok ? score_open(a, path, b->model, b->n) : NULL;
    if (b->score && strchr(args_text(a, "max-drop", ""), '%'))
        b->most *= score_percent_of(b->score);
    return b->score != NULL;
}

budget *budget_search(const args *a, const char *path, const void *model, size_t n,
                      ln_quantize_options *options, const budget_names *names)
{
    budget *b = tool_new(1, sizeof *b);
    int limit = 600;
    b->model = model;
    b->n = n;
    b->options = options;
    b->names = *names;
    b->fixed[IN_FLOAT] = options->n_keep_float;
    b->fixed[WIDE] = options->n_wide;
    b->fixed[PER_CHANNEL] = options->n_per_channel;
    bool ok = read_drop(b, a) && args_int(a, "time", 1, 1 << 30, &limit);
    b->start = seconds();
    b->limit = limit;
    b->deadline = b->start + limit;
    ok = ok && open_float(b, a, path) && search(b);
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
    score_close(b->score);
    tool_free(b);
}
