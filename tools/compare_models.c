/* SPDX-License-Identifier: Apache-2.0 */
/* compare_models.c: `linnet compare`: two models on the same samples: how far their outputs are
 * apart, and with --layers the values inside, matched by the tensors' names.  The columns of --csv
 * are those of TensorFlow's QuantizationDebugger, and more. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "errors.h"
#include "labels.h"
#include "linnet/interpreter.h"
#include "samples.h"
#include "score.h"
#include "session.h"
#include "tool.h"

/* A pair: a tensor of the first model and the one of that name in the second. */
typedef struct pair {
    const char *name, *op;
    int a, b; /* numbers of the tensors */
    errors s;
} pair;

/* How large errors of output 0 are: up to 1e-8, 1e-7 and so on of the largest value seen. */
enum { DECADES = 10, LOWEST = -8 };

typedef struct comparer {
    session a, b;
    pair *pairs; /* --layers */
    int n_pairs;
    pair *outputs; /* a, b: numbers of the outputs */
    int n_outputs;
    int samples, agree; /* where the largest of the first output is at the same place */
    labels *labels;
    int top_k, right[2];
    double most; /* of the first output of A */
    uint64_t off[DECADES];
} comparer;

/* The index of the largest item of each model's, where `first` is given. */
static bool add_pair(comparer *c, errors *s, const TfLiteTensor *x, const TfLiteTensor *y,
                     size_t *top)
{
    value v = {0}, w = {0};
    const bool ok = x && y && errors_can_read(x) && errors_can_read(y) &&
                    session_get(&c->a, x, &v) && session_get(&c->b, y, &w) && v.count == w.count;
    double most[2] = {-HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; ok && i < v.count; i++) {
        const double p = errors_read(&v, x, i), q = errors_read(&w, y, i);
        errors_add(s, p, q);
        if (top && p > most[0]) {
            most[0] = p;
            top[0] = i;
        }
        if (top && q > most[1]) {
            most[1] = q;
            top[1] = i;
        }
    }
    value_free(&v);
    value_free(&w);
    return ok;
}

/* ---- pairs ---- */

static const TfLiteTensor *tensor_at(const session *s, int i)
{
    return ln_tflite_interpreter_tensor(s->interpreter, 0, i);
}

/* The tensor of that name that a node of `s` makes, the last one; -1 when there is none. */
static int find_made(const session *s, const char *name)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s->interpreter, 0);
    ln_tflite_kernel k;
    for (int i = 0; i < plan->size; i++) {
        if (!ln_tflite_interpreter_kernel(s->interpreter, 0, plan->data[i], &k))
            continue;
        for (int o = 0; o < k.node->outputs->size; o++) {
            const TfLiteTensor *t = tensor_at(s, k.node->outputs->data[o]);
            if (t && t->name && strcmp(t->name, name) == 0)
                return k.node->outputs->data[o];
        }
    }
    return -1;
}

static void pair_layers(comparer *c)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(c->a.interpreter, 0);
    ln_tflite_kernel k;
    c->pairs = tool_new((size_t)plan->size + 1, sizeof *c->pairs);
    for (int i = 0; i < plan->size; i++) {
        if (!ln_tflite_interpreter_kernel(c->a.interpreter, 0, plan->data[i], &k) ||
            k.node->outputs->size == 0)
            continue;
        const int made = k.node->outputs->data[0];
        const TfLiteTensor *t = tensor_at(&c->a, made);
        const int other = t && t->name && t->name[0] ? find_made(&c->b, t->name) : -1;
        if (other >= 0 && errors_can_read(t) && value_kind_of(t->type) == VALUE_FLOAT)
            c->pairs[c->n_pairs++] = (pair){.name = t->name, .op = k.op, .a = made, .b = other};
    }
}

static bool pair_outputs(comparer *c)
{
    const int n = session_output_count(&c->a);
    if (n != session_output_count(&c->b)) {
        tool_error("the models have %d and %d outputs", n, session_output_count(&c->b));
        return false;
    }
    c->outputs = tool_new((size_t)n + 1, sizeof *c->outputs);
    for (int i = 0; i < n; i++)
        c->outputs[c->n_outputs++] =
            (pair){.name = session_output(&c->a, i)->name, .op = "", .a = i, .b = i};
    return true;
}

/* ---- running ---- */

/* Whether each model's first output is right, and how far single numbers of it are apart. */
static bool look_at_first(comparer *c, const samples *s)
{
    size_t n[2] = {0, 0};
    double *y[2] = {score_outputs(&c->a, &n[0]), score_outputs(&c->b, &n[1])};
    const bool ok = y[0] && y[1] && n[0] == n[1];
    const int label = ok && c->labels ? labels_of(c->labels, s) : 0;
    for (int i = 0; ok && c->labels && i < 2; i++)
        c->right[i] += score_rank(y[i], n[i], label) < c->top_k;
    for (size_t i = 0; ok && i < n[0]; i++)
        c->most = fmax(c->most, fabs(y[0][i]));
    for (size_t i = 0; ok && i < n[0] && c->most > 0; i++) {
        const double off = fabs(y[1][i] - y[0][i]) / c->most;
        const double decade = off > 0 ? ceil(log10(off)) - LOWEST : 0;
        c->off[(int)fmax(fmin(decade, DECADES - 1), 0)]++;
    }
    tool_free(y[0]);
    tool_free(y[1]);
    return ok && label >= 0;
}

static bool run_sample(comparer *c, const samples *s)
{
    if (!samples_feed(s, c->a.interpreter) || !samples_feed(s, c->b.interpreter))
        return false;
    if (!session_invoke(&c->a) || !session_invoke(&c->b)) {
        tool_error("%s%s", c->a.error, c->b.error);
        return false;
    }
    for (int i = 0; i < c->n_outputs; i++) {
        size_t top[2] = {0, 0};
        if (!add_pair(c, &c->outputs[i].s, session_output(&c->a, i), session_output(&c->b, i),
                      top)) {
            tool_error("output %d of the models differs in type or size", i);
            return false;
        }
        c->agree += i == 0 && top[0] == top[1];
    }
    if (!look_at_first(c, s))
        return false;
    for (int i = 0; i < c->n_pairs; i++)
        add_pair(c, &c->pairs[i].s, tensor_at(&c->a, c->pairs[i].a),
                 tensor_at(&c->b, c->pairs[i].b), NULL);
    c->samples++;
    return true;
}

/* ---- printing ---- */

static void print_pair(const pair *p)
{
    printf("%8.2f %9.6f %11.4g %11.4g  %s%s%s\n", errors_decibels(&p->s), errors_cosine(&p->s),
           errors_mean_square(&p->s), p->s.worst, p->op, p->op[0] ? " " : "", p->name);
}

static void print_errors(const comparer *c)
{
    double total = 0;
    for (int i = 0; i < DECADES; i++)
        total += (double)c->off[i];
    printf("errors of output 0, as parts of its largest value:\n");
    for (int i = 0; i < DECADES && total > 0; i++) {
        char bar[41] = "";
        const int length = (int)ceil(40 * (double)c->off[i] / total);
        memset(bar, '#', (size_t)length);
        if (c->off[i])
            printf("%s 1e%-3d %6.2f %% %s\n", i < DECADES - 1 ? "up to" : "over ",
                   LOWEST + (i < DECADES - 1 ? i : i - 1), 100 * (double)c->off[i] / total, bar);
    }
}

static void print_table(const comparer *c)
{
    printf("%8s %9s %11s %11s\n", "SQNR dB", "cosine", "MSE", "largest");
    for (int i = 0; i < c->n_pairs; i++)
        if (c->pairs[i].s.n > 0)
            print_pair(&c->pairs[i]);
    for (int i = 0; i < c->n_outputs; i++)
        print_pair(&c->outputs[i]);
    print_errors(c);
    printf("%d samples; the largest of output 0 is the same in %d (%.1f %%)\n", c->samples,
           c->agree, 100.0 * c->agree / c->samples);
    if (c->labels)
        printf("right: %.1f %% and %.1f %%\n", 100.0 * c->right[0] / c->samples,
               100.0 * c->right[1] / c->samples);
}

/* Names have commas in them now and then. */
static bool write_csv(const comparer *c, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f) {
        tool_error("%s cannot be written", path);
        return false;
    }
    fprintf(f, "op_name,tensor_idx,num_elements,stddev,mean_error,max_abs_error,"
               "mean_squared_error,scale,zero_point,tensor_name,sqnr,cosine,rmse_per_scale\n");
    for (int i = 0; i < c->n_pairs; i++) {
        const pair *p = &c->pairs[i];
        const TfLiteTensor *t = tensor_at(&c->b, p->b);
        if (p->s.n == 0)
            continue;
        const double mean = p->s.error / p->s.n, mse = p->s.square / p->s.n;
        const double scale = (double)t->params.scale;
        fprintf(f, "%s,%d,%.0f,%.9g,%.9g,%.9g,%.9g,%.9g,%d,\"%s\",%.4f,%.6f,%.4f\n", p->op, p->b,
                p->s.n / c->samples, sqrt(fmax(mse - mean * mean, 0)), mean, p->s.worst, mse, scale,
                t->params.zero_point, p->name, errors_decibels(&p->s), errors_cosine(&p->s),
                scale > 0 ? sqrt(mse) / scale : 0);
    }
    const bool ok = fclose(f) == 0;
    if (!ok)
        tool_error("%s cannot be written", path);
    return ok;
}

/* ---- the command ---- */

static void keep_tensors(TfLiteInterpreterOptions *options, void *user)
{
    ln_options_set_preserve_tensors(options, *(const bool *)user);
}

static bool open_both(comparer *c, const args *a, bool *layers)
{
    session_options o = {0};
    session *s[] = {&c->a, &c->b};
    if (!session_read_options(&o, a))
        return false;
    o.configure = keep_tensors;
    o.user = layers;
    for (int i = 0; i < 2; i++)
        if (!session_open_file(s[i], a->operands[i], &o) || !session_allocate(s[i])) {
            tool_error("%s: %s", a->operands[i], s[i]->error);
            return false;
        }
    return pair_outputs(c);
}

static bool compare(comparer *c, const args *a)
{
    bool layers = args_flag(a, "layers") || args_flag(a, "csv");
    int more = -1;
    if (!open_both(c, a, &layers))
        return false;
    if (layers)
        pair_layers(c);
    samples *s = samples_open(a, "data", a->operands[0]);
    if (s && (!labels_open(&c->labels, a, s, a->operands[0]) || !args_int(a, "top-k", 1, 1 << 20, &c->top_k))) {
        samples_close(s);
        s = NULL;
    }
    while (s && (more = samples_next(s, c->a.interpreter)) > 0)
        if (!run_sample(c, s)) {
            more = -1;
            break;
        }
    samples_close(s);
    if (more == 0 && !c->samples)
        tool_error("there are no samples");
    if (more < 0 || !c->samples)
        return false;
    print_table(c);
    const char *csv = args_text(a, "csv", NULL);
    return !csv || write_csv(c, csv);
}

static int run(const args *a)
{
    if (a->n_operands != 2) {
        tool_error("compare takes two models");
        return TOOL_USAGE;
    }
    comparer *c = tool_new(1, sizeof *c);
    c->top_k = 1;
    const bool ok = compare(c, a);
    session_close(&c->a);
    session_close(&c->b);
    labels_close(c->labels);
    tool_free(c->pairs);
    tool_free(c->outputs);
    tool_free(c);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static const arg_option options[] = {
    SAMPLES_OPTIONS,
    {"layers", NULL, "compare the values between operators too, by the tensors' names"},
    {"csv", "FILE", "write those with the columns of TensorFlow's QuantizationDebugger"},
    LABELS_OPTIONS,
    {"top-k", "K", "with --labels: right is a class among the K largest (default 1)"},
    SESSION_OPTIONS,
    {NULL, NULL, NULL},
};

const command compare_command = {
    .name = "compare",
    .operands = "A B",
    .summary = "Runs two models on the same samples and says how far they are apart.",
    .details =
        "A is the measure, the float model for example; integers are scaled.  --layers runs\n"
        "the reference operators, which is slow.",
    .options = options,
    .run = run,
};
