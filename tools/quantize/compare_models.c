/* SPDX-License-Identifier: Apache-2.0 */
/* compare_models.c: `linnet compare`: two models on the same samples: how far their outputs are
 * apart, and with --layers the values inside, matched by the tensors' names.  The second may run by
 * another delegate, or in another runtime.  The columns of --csv are those of TensorFlow's
 * QuantizationDebugger, and more. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/labels.h"
#include "common/session.h"
#include "common/tool.h"
#include "linnet/interpreter.h"
#include "quantize/errors.h"
#include "quantize/peer.h"
#include "quantize/samples.h"
#include "quantize/score.h"

/* A pair: a tensor of the first model and the one of that name in the second. */
typedef struct pair {
    const char *name, *op;
    int a, b; /* numbers of the tensors */
    errors s;
} pair;

/* How large errors of output 0 are: none, up to 1e-8, 1e-7 and so on, more. */
enum { DECADES = 18, LOWEST = -8 };

typedef struct comparer {
    session a, b;
    peer *other; /* where B runs instead of in `b`; or NULL */
    pair *pairs; /* --layers */
    int n_pairs;
    pair *outputs; /* a, b: numbers of the outputs */
    int n_outputs;
    int samples, agree; /* where the largest of the first output is at the same place */
    labels *labels;
    int top_k, right[2];
    uint64_t off[DECADES];
} comparer;

/* The items of two tensors as real numbers. */
typedef struct sides {
    double *x, *y;
    size_t n;
} sides;

static double *reals(const value *v, const TfLiteTensor *t)
{
    double *x = tool_new(v->count + 1, sizeof *x);
    for (size_t i = 0; i < v->count; i++)
        x[i] = errors_read(v, t, i);
    return x;
}

/* False where they differ in type or size, or are no numbers. */
static bool read_sides(sides *to, const TfLiteTensor *x, const value *v, const TfLiteTensor *y,
                       const value *w)
{
    if (!errors_can_read(x) || !errors_can_read(y) || v->count != w->count)
        return false;
    *to = (sides){reals(v, x), reals(w, y), v->count};
    return true;
}

static void free_sides(sides *s)
{
    tool_free(s->x);
    tool_free(s->y);
}

static void add_pair(errors *e, const sides *s)
{
    for (size_t i = 0; i < s->n; i++)
        errors_add(e, s->x[i], s->y[i]);
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
    const int m = c->other ? peer_output_count(c->other) : session_output_count(&c->b);
    if (n != m) {
        tool_error("the models have %d and %d outputs", n, m);
        return false;
    }
    c->outputs = tool_new((size_t)n + 1, sizeof *c->outputs);
    for (int i = 0; i < n; i++)
        c->outputs[c->n_outputs++] =
            (pair){.name = session_output(&c->a, i)->name, .op = "", .a = i, .b = i};
    return true;
}

/* ---- running ---- */

/* The bin of an error; numbers that are none in one of the models only are as far apart as can
 * be. */
static int decade_of(double off)
{
    if (off == 0)
        return 0;
    const double decade = isfinite(off) ? ceil(log10(off)) - LOWEST + 1 : DECADES - 1;
    return (int)fmax(fmin(decade, DECADES - 1), 1);
}

/* Whether each model's first output is right, and how far single numbers of it are apart. */
static bool look_at_first(comparer *c, const sides *o, const samples *s)
{
    const int label = c->labels ? labels_of(c->labels, s) : 0;
    c->agree += errors_top(o->x, o->n) == errors_top(o->y, o->n);
    for (size_t i = 0; i < o->n; i++) {
        const bool same = o->x[i] == o->y[i] || (isnan(o->x[i]) && isnan(o->y[i]));
        c->off[decade_of(same ? 0 : fabs(o->y[i] - o->x[i]))]++;
    }
    if (c->labels && label >= 0) {
        c->right[0] += score_rank(o->x, o->n, label) < c->top_k;
        c->right[1] += score_rank(o->y, o->n, label) < c->top_k;
    }
    return label >= 0;
}

static bool read_output(comparer *c, int i, sides *to)
{
    value v = {0}, w = {0};
    const TfLiteTensor *x = session_output(&c->a, i);
    TfLiteTensor theirs;
    const TfLiteTensor *y = c->other ? &theirs : session_output(&c->b, i);
    const bool ok =
        session_get(&c->a, x, &v) &&
        (c->other ? peer_output(c->other, i, &theirs, &w) : session_get(&c->b, y, &w)) &&
        read_sides(to, x, &v, y, &w);
    if (!ok)
        tool_error("output %d of the models differs in type or size", i);
    value_free(&v);
    value_free(&w);
    return ok;
}

static void add_layer(comparer *c, pair *p)
{
    const TfLiteTensor *x = tensor_at(&c->a, p->a), *y = tensor_at(&c->b, p->b);
    value v = {0}, w = {0};
    sides s = {0};
    if (x && y && session_get(&c->a, x, &v) && session_get(&c->b, y, &w) &&
        read_sides(&s, x, &v, y, &w))
        add_pair(&p->s, &s);
    free_sides(&s);
    value_free(&v);
    value_free(&w);
}

static bool invoke(session *p, const samples *s)
{
    if (!samples_feed(s, p->interpreter))
        return false;
    if (!session_invoke(p))
        tool_error("%s", p->error);
    return !p->error[0];
}

static bool run_sample(comparer *c, const samples *s)
{
    if (!invoke(&c->a, s) || !(c->other ? peer_run(c->other, s) : invoke(&c->b, s)))
        return false;
    for (int i = 0; i < c->n_outputs; i++) {
        sides o = {0};
        bool ok = read_output(c, i, &o);
        if (ok)
            add_pair(&c->outputs[i].s, &o);
        if (ok && i == 0)
            ok = look_at_first(c, &o, s);
        free_sides(&o);
        if (!ok)
            return false;
    }
    for (int i = 0; i < c->n_pairs; i++)
        add_layer(c, &c->pairs[i]);
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
    printf("errors of output 0:\n");
    for (int i = 0; i < DECADES && total > 0; i++) {
        char bar[41] = "", size[24] = "none";
        const int length = (int)ceil(40 * (double)c->off[i] / total);
        memset(bar, '#', (size_t)length);
        if (i > 0)
            snprintf(size, sizeof size, "%s 1e%d", i < DECADES - 1 ? "up to" : "over",
                     LOWEST + (i < DECADES - 1 ? i - 1 : i - 2));
        if (c->off[i])
            printf("%-12s %6.2f %% %s\n", size, 100 * (double)c->off[i] / total, bar);
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

/* How B is run: as A is, but for --other-delegate. */
static bool read_other(session_options *o, const args *a)
{
    const char *delegate = args_text(a, "other-delegate", NULL);
    return !delegate || session_read_delegate(o, "other-delegate", delegate);
}

static bool open_side(session *s, const char *path, const session_options *o)
{
    const bool ok = session_open_file(s, path, o) && session_allocate(s);
    if (!ok)
        tool_error("%s: %s", path, s->error);
    return ok;
}

static bool open_both(comparer *c, const args *a, bool *layers)
{
    const char *library = args_text(a, "other-runtime", NULL);
    const char *second = a->operands[a->n_operands - 1];
    session_options o = {0};
    if (!session_read_options(&o, a))
        return false;
    o.configure = keep_tensors;
    o.user = layers;
    if (!open_side(&c->a, a->operands[0], &o) || !read_other(&o, a))
        return false;
    if (library)
        c->other = peer_open(library, second, o.threads);
    return (library ? c->other != NULL : open_side(&c->b, second, &o)) && pair_outputs(c);
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
    if (s && (!labels_open(&c->labels, a, s, a->operands[0]) ||
              !args_int(a, "top-k", 1, 1 << 20, &c->top_k))) {
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
    const bool other = args_flag(a, "other-runtime") || args_flag(a, "other-delegate");
    if (a->n_operands != 2 && !(a->n_operands == 1 && other)) {
        tool_error("compare takes two models, or one and --other-runtime or --other-delegate");
        return TOOL_USAGE;
    }
    if (args_flag(a, "other-runtime") &&
        (args_flag(a, "layers") || args_flag(a, "csv") || args_flag(a, "other-delegate"))) {
        tool_error("--other-runtime shows outputs alone, and chooses its own delegates");
        return TOOL_USAGE;
    }
    comparer *c = tool_new(1, sizeof *c);
    c->top_k = 1;
    const bool ok = compare(c, a);
    session_close(&c->a);
    session_close(&c->b);
    peer_close(c->other);
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
    {"other-delegate", "none|cpu|FILE", "run B by this one (default: as A)"},
    {"other-runtime", "FILE", "run B in this library with TensorFlow Lite's C API"},
    {NULL, NULL, NULL},
};

const command compare_command = {
    .name = "compare",
    .operands = "A [B]",
    .summary = "Runs two models on the same samples and says how far they are apart.",
    .details =
        "A is the measure, the float model for example; integers are scaled.  --layers runs\n"
        "the reference operators, which is slow.  Without B, A is compared with itself in another\n"
        "runtime (--other-runtime libtensorflowlite_c.so) or by another delegate.\n",
    .options = options,
    .run = run,
};
