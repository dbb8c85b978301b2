/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate.c: runs a float model on samples and gathers what values its tensors take.
 *
 * A copy of the model gets a custom operator behind each tensor, which reads it and gives nothing.
 * So the CPU engine runs as ever, tensors share memory as ever, and what goes on inside loops and
 * branches is seen each time it happens. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "emit/emit.h"
#include "model/model.h"
#include "quant/calibrate.h"
#include "quant/correct.h"
#include "quant/plan.h"
#include "quant/watch.h"
#include "tensorflow/lite/core/c/c_api_opaque.h"
#include "tensorflow/lite/core/c/operator.h"

#define OBSERVE "LinnetObserve"
enum { PLACE = 3, FEW_SAMPLES = 100, N_WARNINGS = 6, WARNING = 200 };
/* Classes are counted where the only output is a list of up to MAX_CLASSES probabilities; each
 * should be met once in SAMPLES_PER_CLASS times as many samples. */
enum { MAX_CLASSES = 256, SAMPLES_PER_CLASS = 8 };

struct ln_calibration {
    ln_stats *stats;
    uint8_t *bytes; /* of the copy */
    TfLiteModel *model;
    TfLiteOperator *observe, *watch;
    TfLiteInterpreter *interpreter;
    ln_diag diag;              /* the interpreter's messages */
    ln_status status;          /* of the observers during a run */
    uint64_t grown;            /* the sample at which a range last grew by more than a tenth */
    uint64_t noisy, constant;  /* samples that look like noise, or are all one value */
    uint64_t first, repeated;  /* the first sample's hash, and how many samples have it */
    int n_classes;             /* of the output; 0: these are none */
    bool classes[MAX_CLASSES]; /* which ones were the largest of a sample */
    char warnings[N_WARNINGS][WARNING];
    void *kept[LN_QUANT_SAMPLES]; /* samples, spread evenly over all */
    int n_kept, apart;            /* every so many-th is kept; 0: none any more */
    size_t kept_bytes;            /* of each */
};

const ln_stats *ln_calibration_stats(const ln_calibration *c)
{
    return c->stats;
}

/* ---- the copy ---- */

/* What goes into weights, whose error times the mean of that is the error of the mean. */
static bool feeds_weights(const ln_graph *g, const ln_quant_nodes *nodes, ln_id tensor)
{
    for (int i = 0; i < nodes->n; i++)
        for (int k = 0; k < nodes->nodes[i].inputs->size; k++)
            if (nodes->nodes[i].inputs->data[k] == tensor &&
                ln_quant_weights_factor(g, &nodes->nodes[i]) == k)
                return true;
    return false;
}

static ln_status put_observer(ln_model *m, ln_graph *g, int graph, ln_id tensor,
                              const ln_quant_nodes *nodes)
{
    const int32_t place[PLACE] = {graph, tensor, tensor >= 0 && feeds_weights(g, nodes, tensor)};
    ln_id id;
    if (tensor < 0 || g->tensors[tensor].t.type != kTfLiteFloat32 ||
        g->tensors[tensor].t.allocation_type == kTfLiteMmapRo)
        return LN_OK;
    LN_TRY(ln_graph_add_node(m, g, NULL, 1, &tensor, 0, NULL, &id));
    ln_node *n = &g->nodes[id];
    n->builtin = kTfLiteBuiltinCustom;
    n->custom_name = OBSERVE;
    n->custom = ln_arena_copy(&m->arena, place, sizeof place);
    n->custom_size = sizeof place;
    return n->custom ? LN_OK : LN_ERR_MEMORY;
}

static ln_status put_all(ln_model *m, ln_graph *g, int graph, const TfLiteIntArray *ids,
                         const ln_quant_nodes *nodes)
{
    for (int i = 0; i < ids->size; i++)
        LN_TRY(put_observer(m, g, graph, ids->data[i], nodes));
    return LN_OK;
}

static ln_status add_observers(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++) {
        ln_graph *g = m->graphs[k];
        const ln_quant_nodes old = ln_quant_take_nodes(g);
        LN_TRY(put_all(m, g, k, g->inputs, &old));
        for (int i = 0; i < old.n; i++) {
            if (ln_quant_has_state(old.nodes[i].op))
                LN_TRY(ln_quant_put_watch(m, g, k, &old.nodes[i]));
            LN_TRY(ln_quant_put_node(m, g, &old.nodes[i]));
            LN_TRY(put_all(m, g, k, old.nodes[i].outputs, &old));
        }
    }
    return LN_OK;
}

static ln_status create_stats(ln_calibration *c, const ln_model *m, uint64_t hash)
{
    int *n = ln_new(&ln_alloc_default, (size_t)m->n_graphs + 1, sizeof *n);
    if (!n)
        return LN_ERR_MEMORY;
    for (int k = 0; k < m->n_graphs; k++)
        n[k] = m->graphs[k]->n_tensors;
    const ln_status status = ln_stats_create(&c->stats, hash, m->n_graphs, n, &ln_alloc_default);
    ln_free(&ln_alloc_default, n);
    return status;
}

static ln_status copy_model(ln_calibration *c, const void *model, size_t n, size_t *n_copy,
                            ln_diag *diag)
{
    ln_model *m;
    LN_TRY(ln_model_open_memory(&m, model, n, &ln_alloc_default, diag));
    ln_quant_job job = {.m = m, .diag = diag};
    ln_status status = create_stats(c, m, ln_hash(model, n, 0));
    if (status == LN_OK)
        status = ln_quant_start_over(&job);
    if (status == LN_OK)
        status = add_observers(m);
    if (status == LN_OK)
        status = ln_model_write(m, &c->bytes, n_copy, &ln_alloc_default, diag);
    ln_model_release(m);
    return status;
}

/* ---- the operator ---- */

static bool place_of(const ln_calibration *c, const TfLiteOpaqueNode *node, int32_t place[PLACE])
{
    const size_t bytes = PLACE * sizeof *place;
    const void *data;
    int n;
    if (TfLiteOpaqueNodeGetCustomInitialData(node, &data, &n) != kTfLiteOk || n != (int)bytes)
        return false;
    memcpy(place, data, bytes);
    return place[0] >= 0 && place[0] < c->stats->n_graphs && place[1] >= 0 &&
           place[1] < c->stats->n_tensors[place[0]];
}

static TfLiteStatus prepare_observer(void *user, TfLiteOpaqueContext *context,
                                     TfLiteOpaqueNode *node)
{
    (void)user;
    (void)context;
    (void)node;
    return kTfLiteOk;
}

static int channels_of(const TfLiteOpaqueTensor *t)
{
    const int rank = TfLiteOpaqueTensorNumDims(t);
    const int channels = rank > 0 ? TfLiteOpaqueTensorDim(t, rank - 1) : 0;
    return channels <= LN_STAT_MAX_CHANNELS ? channels : 0;
}

static TfLiteStatus observe(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    ln_calibration *c = user;
    const TfLiteOpaqueTensor *t = TfLiteOpaqueNodeGetInput(context, node, 0);
    int32_t at[PLACE];
    if (!t || !place_of(c, node, at))
        return kTfLiteError;
    const ln_stat *before = ln_stats_of(c->stats, at[0], at[1]);
    const float width = before ? before->max - before->min : 0;
    c->status =
        ln_stats_observe(c->stats, at[0], at[1], TfLiteOpaqueTensorData(t),
                         TfLiteOpaqueTensorByteSize(t) / sizeof(float), at[2] ? channels_of(t) : 0);
    const ln_stat *after = ln_stats_of(c->stats, at[0], at[1]);
    if (before && after && after->max - after->min > 1.1f * width)
        c->grown = c->stats->samples;
    return c->status == LN_OK ? kTfLiteOk : kTfLiteError;
}

static TfLiteStatus watch(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    ln_calibration *c = user;
    c->status = ln_quant_watch(c->stats, context, node);
    return c->status == LN_OK ? kTfLiteOk : kTfLiteError;
}

/* ---- life ---- */

static TfLiteOperator *add_operator(ln_calibration *c, TfLiteInterpreterOptions *options,
                                    const char *name,
                                    TfLiteStatus (*invoke)(void *, TfLiteOpaqueContext *,
                                                           TfLiteOpaqueNode *))
{
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, name, 1, c);
    if (op) {
        TfLiteOperatorSetPrepareWithData(op, prepare_observer);
        TfLiteOperatorSetInvokeWithData(op, invoke);
        TfLiteInterpreterOptionsAddOperator(options, op);
    }
    return op;
}

static void report(void *user, const char *format, va_list args)
{
    ln_diag *diag = user;
    ln_failv(diag, LN_ERR_STATE, format, args);
}

static ln_status start(ln_calibration *c, const void *model, size_t n, int threads)
{
    ln_diag *diag = &c->diag;
    size_t n_copy;
    c->apart = 1;
    LN_TRY(copy_model(c, model, n, &n_copy, diag));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    c->model = TfLiteModelCreate(c->bytes, n_copy);
    c->observe = options ? add_operator(c, options, OBSERVE, observe) : NULL;
    c->watch = options ? add_operator(c, options, LN_QUANT_WATCH, watch) : NULL;
    if (c->model && c->observe && c->watch) {
        TfLiteInterpreterOptionsSetErrorReporter(options, report, diag);
        if (threads)
            TfLiteInterpreterOptionsSetNumThreads(options, threads);
        c->interpreter = TfLiteInterpreterCreate(c->model, options);
    }
    TfLiteInterpreterOptionsDelete(options);
    if (!c->interpreter)
        return ln_fail(diag, LN_ERR_STATE, "%s",
                       diag->text[0] ? diag->text : "the model cannot be run");
    if (TfLiteInterpreterAllocateTensors(c->interpreter) != kTfLiteOk)
        return LN_ERR_STATE; /* with the interpreter's message */
    return LN_OK;
}

static void set_error(ln_quantize_error *error, const ln_diag *diag, ln_status status)
{
    snprintf(error->text, sizeof error->text, "%s",
             diag->text[0] ? diag->text : ln_status_text(status));
}

ln_calibration *ln_calibration_create(const void *model, size_t n, int threads,
                                      ln_quantize_error *error)
{
    ln_calibration *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    const ln_status status = c ? start(c, model, n, threads) : LN_ERR_MEMORY;
    if (status == LN_OK)
        return c;
    set_error(error, c ? &c->diag : &(ln_diag){0}, status);
    ln_calibration_free(c);
    return NULL;
}

void ln_calibration_free(ln_calibration *c)
{
    if (!c)
        return;
    TfLiteInterpreterDelete(c->interpreter);
    TfLiteModelDelete(c->model);
    TfLiteOperatorDelete(c->observe);
    TfLiteOperatorDelete(c->watch);
    ln_stats_free(c->stats);
    for (int i = 0; i < c->n_kept; i++)
        ln_free(&ln_alloc_default, c->kept[i]);
    ln_free(&ln_alloc_default, c->bytes);
    ln_free(&ln_alloc_default, c);
}

TfLiteInterpreter *ln_calibration_interpreter(ln_calibration *c)
{
    return c->interpreter;
}

/* ---- samples ---- */

/* How far neighbors along a row differ, as part of how far any two values do: 1 for noise, little
 * for photographs and sounds. */
static double roughness(const float *x, size_t n, size_t step)
{
    double mean = 0, variance = 0, steps = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += ((double)x[i] - mean) * ((double)x[i] - mean);
    for (size_t i = step; i < n; i++)
        steps += ((double)x[i] - (double)x[i - step]) * ((double)x[i] - (double)x[i - step]);
    return variance > 0 ? steps / (2 * variance) : 0;
}

static void look_at_input(ln_calibration *c, const TfLiteTensor *t)
{
    enum { LEAST = 256 };
    const size_t n = TfLiteTensorByteSize(t) / sizeof(float);
    const int rank = TfLiteTensorNumDims(t);
    const float *x = TfLiteTensorData(t);
    bool same = true;
    if (TfLiteTensorType(t) != kTfLiteFloat32 || n < 2)
        return;
    for (size_t i = 1; i < n && same; i++)
        same = x[i] == x[0];
    c->constant += same;
    if (rank == 4 && n >= LEAST && !same) {
        const int channels = TfLiteTensorDim(t, 3);
        c->noisy += channels > 0 && channels <= 4 && roughness(x, n, (size_t)channels) > 0.9;
    }
}

static void look_at_inputs(ln_calibration *c)
{
    uint64_t hash = 0;
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(c->interpreter); i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(c->interpreter, i);
        look_at_input(c, t);
        if (TfLiteTensorData(t))
            hash = ln_hash(TfLiteTensorData(t), TfLiteTensorByteSize(t), hash);
    }
    if (c->stats->samples == 1)
        c->first = hash;
    c->repeated += hash == c->first;
}

/* Which class the float model sees in the sample. */
static void look_at_output(ln_calibration *c)
{
    const TfLiteTensor *t = TfLiteInterpreterGetOutputTensorCount(c->interpreter) == 1
                                ? TfLiteInterpreterGetOutputTensor(c->interpreter, 0)
                                : NULL;
    const float *x = t && TfLiteTensorType(t) == kTfLiteFloat32 ? TfLiteTensorData(t) : NULL;
    const int rank = x ? TfLiteTensorNumDims(t) : 0, n = rank ? TfLiteTensorDim(t, rank - 1) : 0;
    double sum = 0;
    int top = 0;
    if (n < 2 || n > MAX_CLASSES || TfLiteTensorByteSize(t) != (size_t)n * sizeof *x)
        return;
    for (int i = 0; i < n; i++) {
        sum += x[i] >= 0 ? (double)x[i] : HUGE_VAL;
        top = x[i] > x[top] ? i : top;
    }
    if (!(fabs(sum - 1) < 1e-3))
        return;
    c->n_classes = n;
    c->classes[top] = true;
}

/* ---- samples that are kept ---- */

enum { KEPT_BYTES = 64 << 20 }; /* of all */

void *const *ln_calibration_samples(const ln_calibration *c, int *n)
{
    *n = c->apart ? c->n_kept : 0;
    return c->kept;
}

static void drop_kept(ln_calibration *c, int from, int step)
{
    int left = 0;
    for (int i = 0; i < c->n_kept; i++) {
        if (i >= from && (i - from) % step == 0)
            ln_free(&ln_alloc_default, c->kept[i]);
        else
            c->kept[left++] = c->kept[i];
    }
    c->n_kept = left;
}

/* From now on; biases are then corrected by the means of the statistics. */
static void keep_none(ln_calibration *c)
{
    drop_kept(c, 0, 1);
    c->apart = 0;
}

/* A copy of the inputs; NULL: there is no memory for it, or they have another size than before. */
static char *copy_inputs(ln_calibration *c)
{
    const int n = TfLiteInterpreterGetInputTensorCount(c->interpreter);
    size_t bytes = 0, at = 0;
    for (int i = 0; i < n; i++)
        bytes += TfLiteInterpreterGetInputTensor(c->interpreter, i)->bytes;
    if ((c->n_kept && bytes != c->kept_bytes) || bytes > KEPT_BYTES / LN_QUANT_SAMPLES)
        return NULL;
    char *copy = ln_new(&ln_alloc_default, bytes + 1, 1);
    for (int i = 0; copy && i < n; i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(c->interpreter, i);
        if (t->bytes)
            memcpy(copy + at, t->data.raw, t->bytes);
        at += t->bytes;
    }
    c->kept_bytes = bytes;
    return copy;
}

/* When there is no room, every second one goes, and half as many come from then on. */
static void keep_sample(ln_calibration *c)
{
    if (!c->apart || (c->stats->samples - 1) % (uint64_t)c->apart)
        return;
    if (c->n_kept == LN_QUANT_SAMPLES) {
        drop_kept(c, 1, 2);
        c->apart *= 2;
        if ((c->stats->samples - 1) % (uint64_t)c->apart)
            return;
    }
    c->kept[c->n_kept] = copy_inputs(c);
    if (c->kept[c->n_kept]) {
        c->n_kept++;
    } else {
        keep_none(c);
    }
}

static bool is_done(const ln_calibration *c, TfLiteStatus status, ln_quantize_error *error)
{
    if (status == kTfLiteOk)
        return true;
    snprintf(error->text, sizeof error->text, "the model fails on sample %llu: %s",
             (unsigned long long)c->stats->samples,
             c->status == LN_ERR_MEMORY ? "out of memory" : c->diag.text);
    return false;
}

bool ln_calibration_run(ln_calibration *c, ln_quantize_error *error)
{
    c->status = LN_OK;
    c->stats->samples++;
    keep_sample(c);
    look_at_inputs(c);
    const TfLiteStatus status = TfLiteInterpreterInvoke(c->interpreter);
    if (status == kTfLiteOk)
        look_at_output(c);
    return is_done(c, status, error);
}

bool ln_calibration_run_signature(ln_calibration *c, TfLiteSignatureRunner *signature,
                                  ln_quantize_error *error)
{
    c->status = LN_OK;
    c->stats->samples++;
    keep_none(c); /* samples are those of the main graph's inputs */
    return is_done(c, TfLiteSignatureRunnerInvoke(signature), error);
}

/* Says which classes no sample was of, where enough samples were seen to expect some of each. */
static bool tell_unused(const ln_calibration *c, char *text)
{
    int unused = 0;
    for (int i = 0; i < c->n_classes; i++)
        unused += !c->classes[i];
    if (!unused || c->stats->samples < (uint64_t)c->n_classes * SAMPLES_PER_CLASS)
        return false;
    int used =
        snprintf(text, WARNING, "by the float model no sample is of %d of its %d classes:", unused,
                 c->n_classes);
    for (int i = 0; i < c->n_classes && used < WARNING - 16; i++)
        if (!c->classes[i])
            used += snprintf(text + used, (size_t)(WARNING - used), " %d", i);
    return true;
}

const char *ln_calibration_warning(ln_calibration *c, int i)
{
    const uint64_t n = c->stats->samples;
    int k = 0;
    if (n < FEW_SAMPLES)
        snprintf(c->warnings[k++], WARNING,
                 "only %llu samples: 100 to 500 different ones are the rule",
                 (unsigned long long)n);
    if (n >= 10 && c->grown + n / 10 >= n)
        snprintf(c->warnings[k++], WARNING,
                 "ranges were still growing at sample %llu of %llu: more samples may help",
                 (unsigned long long)c->grown, (unsigned long long)n);
    if (c->constant)
        snprintf(c->warnings[k++], WARNING, "in %llu samples an input is the same value throughout",
                 (unsigned long long)c->constant);
    if (c->noisy)
        snprintf(c->warnings[k++], WARNING,
                 "%llu samples look like noise: use data of the kind that the model is for",
                 (unsigned long long)c->noisy);
    if (n > 1 && c->repeated == n)
        snprintf(c->warnings[k++], WARNING, "all %llu samples are the same", (unsigned long long)n);
    k += tell_unused(c, c->warnings[k]);
    return i >= 0 && i < k ? c->warnings[i] : NULL;
}

/* ---- files ---- */

bool ln_calibration_save(const ln_calibration *c, void **bytes, size_t *n, ln_quantize_error *error)
{
    uint8_t *out;
    const ln_status status = ln_stats_write(c->stats, &out, n);
    *bytes = status == LN_OK ? out : NULL;
    if (status != LN_OK)
        snprintf(error->text, sizeof error->text, "%s", ln_status_text(status));
    return status == LN_OK;
}

bool ln_calibration_add(ln_calibration **c, const void *bytes, size_t n, ln_quantize_error *error)
{
    ln_diag diag = {0};
    ln_stats *s;
    ln_status status = ln_stats_read(&s, bytes, n, &ln_alloc_default, &diag);
    if (status == LN_OK && !*c) {
        *c = ln_new(&ln_alloc_default, 1, sizeof **c);
        status = *c ? LN_OK : LN_ERR_MEMORY;
        if (*c) {
            (*c)->stats = s;
            return true;
        }
    } else if (status == LN_OK) {
        status = ln_stats_merge((*c)->stats, s, &diag);
    }
    ln_stats_free(s);
    if (status != LN_OK)
        set_error(error, &diag, status);
    return status == LN_OK;
}

void ln_calibration_free_bytes(void *bytes)
{
    ln_free(&ln_alloc_default, bytes);
}
