/* SPDX-License-Identifier: Apache-2.0 */
/* debug.c: see debug.h.  The quantizer makes two models with a NumericVerify behind each integer
 * operator; here that operator is one of ours, which takes the numbers as they pass, so that
 * nothing has to be kept. */
#include "quantize/debug.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/session.h"
#include "common/tool.h"
#include "quantize/samples.h"
#include "tensorflow/lite/core/c/c_api_opaque.h"
#include "tensorflow/lite/core/c/operator.h"

#define VERIFY "NumericVerify"

/* One of the two models, and what its NumericVerify does. */
typedef struct pass {
    debug *d;
    bool alone;
    ln_quantized *q;
    TfLiteOperator *verify;
    session s;
    int next; /* the layer that is probably seen next */
} pass;

bool debug_is_asked(const args *a)
{
    return args_flag(a, "debug") || args_flag(a, "csv") || args_flag(a, "json") ||
           args_flag(a, "report");
}

/* ---- values as they pass ---- */

static void count_in(debug_histogram *h, double x)
{
    const double at = (x - h->low) / (h->high - h->low) * DEBUG_BINS;
    h->count[at > 0 ? (int)fmin(at, DEBUG_BINS - 1) : 0]++;
}

static int integer_at(TfLiteType type, const void *data, size_t i)
{
    return type == kTfLiteInt16 ? ((const int16_t *)data)[i] : ((const int8_t *)data)[i];
}

static void add_alone(debug_layer *l, TfLiteType type, const void *q, const float *f, size_t n)
{
    errors e = {0};
    for (size_t i = 0; i < n; i++) {
        const double x = (double)f[i], y = (integer_at(type, q, i) - l->zero) * l->scale;
        errors_add(&e, x, y);
        errors_add(&l->alone, x, y);
        if (l->n_channels)
            errors_add(&l->channels[i % (size_t)l->n_channels], x, y);
    }
    const double mean = e.error / fmax(e.n, 1);
    l->deviations += sqrt(fmax(errors_mean_square(&e) - mean * mean, 0));
    l->largest += e.worst;
}

static void add_chain(debug_layer *l, TfLiteType type, const void *q, const float *f, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int v = integer_at(type, q, i);
        const double x = (double)f[i];
        errors_add(&l->chain, x, (v - l->zero) * l->scale);
        l->least = v < l->least ? v : l->least;
        l->most = v > l->most ? v : l->most;
        l->clipped += x < l->low - l->scale / 2 || x > l->high + l->scale / 2;
        count_in(&l->activations, x);
    }
}

static debug_layer *find_layer(pass *p, const char *mark)
{
    debug *d = p->d;
    for (int i = 0; mark && i < d->n; i++) {
        debug_layer *l = &d->layers[(p->next + i) % d->n];
        if (strcmp(l->mark, mark) == 0) {
            p->next = (int)(l - d->layers) + 1;
            return l;
        }
    }
    return NULL; /* inside a loop or branch */
}

static TfLiteStatus prepare(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)user;
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    const int rank = TfLiteOpaqueTensorNumDims(x);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(rank);
    for (int i = 0; i < rank; i++)
        dims->data[i] = TfLiteOpaqueTensorDim(x, i);
    return TfLiteOpaqueContextResizeTensor(context, y, dims);
}

static TfLiteStatus verify(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    pass *p = user;
    const TfLiteOpaqueTensor *q = TfLiteOpaqueNodeGetInput(context, node, 0);
    const TfLiteOpaqueTensor *f = TfLiteOpaqueNodeGetInput(context, node, 1);
    const TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    debug_layer *l = find_layer(p, TfLiteOpaqueTensorName(y));
    const size_t n = TfLiteOpaqueTensorByteSize(f) / sizeof(float);
    const TfLiteType type = TfLiteOpaqueTensorType(q);
    if (!l)
        return kTfLiteOk;
    (p->alone ? add_alone : add_chain)(l, type, TfLiteOpaqueTensorData(q),
                                       TfLiteOpaqueTensorData(f), n);
    return kTfLiteOk;
}

static void add_operator(TfLiteInterpreterOptions *options, void *user)
{
    pass *p = user;
    p->verify = TfLiteOperatorCreate(kTfLiteBuiltinCustom, VERIFY, 1, p);
    TfLiteOperatorSetPrepareWithData(p->verify, prepare);
    TfLiteOperatorSetInvokeWithData(p->verify, verify);
    TfLiteInterpreterOptionsAddOperator(options, p->verify);
}

/* ---- what the layers are ---- */

static const TfLiteTensor *tensor_at(const session *s, int i)
{
    return i < 0 ? NULL : ln_tflite_interpreter_tensor(s->interpreter, 0, i);
}

/* The node that makes tensor `t`, among those of the file. */
static bool find_maker(const session *s, int t, ln_tflite_kernel *k)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s->interpreter, 0);
    for (int i = 0; i < plan->size; i++)
        if (ln_tflite_interpreter_kernel(s->interpreter, 0, plan->data[i], k))
            for (int o = 0; o < k->node->outputs->size; o++)
                if (k->node->outputs->data[o] == t)
                    return true;
    return false;
}

/* `q` is what `f` was rounded to: each by its own scale. */
static void add_weights(debug_layer *l, session *s, const TfLiteTensor *q, const TfLiteTensor *f)
{
    const TfLiteAffineQuantization *a = q->quantization.params;
    value x = {0}, y = {0};
    size_t inner = 1;
    if (!session_get(s, f, &x) || !session_get(s, q, &y) || x.count != y.count)
        return;
    for (int i = a->quantized_dimension + 1; i < q->dims->size; i++)
        inner *= (size_t)q->dims->data[i];
    l->n_weight_scales = a->scale->size;
    l->weight_values = (debug_histogram){-1.25, 1.25, {0}};
    for (size_t i = 0; i < x.count; i++) {
        const double scale = (double)a->scale->data[i / inner % (size_t)a->scale->size];
        const double w = value_real(&x, i, 0);
        errors_add(&l->weights, w, value_real(&y, i, 0) * scale);
        count_in(&l->weight_values, w / (127 * scale));
    }
    value_free(&x);
    value_free(&y);
}

static bool is_constant(const TfLiteTensor *t, TfLiteType type)
{
    return t && t->type == type && t->allocation_type == kTfLiteMmapRo && t->dims->size >= 2;
}

static void find_weights(debug_layer *l, session *s, int quantized, int reference)
{
    ln_tflite_kernel k;
    const TfLiteTensor *q = NULL, *f = NULL;
    for (int pass = 0; pass < 2; pass++) {
        if (!find_maker(s, pass ? reference : quantized, &k))
            return;
        for (int i = 0; i < k.node->inputs->size; i++) {
            const TfLiteTensor *t = tensor_at(s, k.node->inputs->data[i]);
            if (pass == 0 && !q && is_constant(t, kTfLiteInt8))
                q = t;
            if (pass == 1 && !f && is_constant(t, kTfLiteFloat32))
                f = t;
        }
        if (pass == 0)
            l->op = tool_copy(k.op);
    }
    if (q && f && q->quantization.type == kTfLiteAffineQuantization)
        add_weights(l, s, q, f);
}

static void describe(debug_layer *l, session *s, const TfLiteNode *node)
{
    const TfLiteTensor *t = tensor_at(s, node->inputs->data[0]);
    const TfLiteTensor *mark = tensor_at(s, node->outputs->data[0]);
    const int top = t->type == kTfLiteInt16 ? 32767 : 127;
    const int channels = t->dims->size > 1 ? t->dims->data[t->dims->size - 1] : 0;
    *l = (debug_layer){.mark = tool_copy(mark->name),
                       .name = tool_copy(t->name ? t->name : ""),
                       .tensor = node->inputs->data[0],
                       .scale = (double)t->params.scale,
                       .zero = t->params.zero_point,
                       .levels = 2 * top + 1,
                       .least = top,
                       .most = -top - 1,
                       .n_channels = channels <= DEBUG_MAX_CHANNELS ? channels : 0};
    l->low = (-top - 1 - l->zero) * l->scale;
    l->high = (top - l->zero) * l->scale;
    const double margin = (l->high - l->low) / 5;
    l->activations = (debug_histogram){l->low - margin, l->high + margin, {0}};
    l->channels = tool_new((size_t)l->n_channels + 1, sizeof *l->channels);
    find_weights(l, s, node->inputs->data[0], node->inputs->data[1]);
    if (!l->op)
        l->op = tool_copy("");
}

static bool is_verify(const session *s, int node, ln_tflite_kernel *k)
{
    return ln_tflite_interpreter_kernel(s->interpreter, 0, node, k) && k->op &&
           strcmp(k->op, VERIFY) == 0 && k->node->inputs->size == 2;
}

/* The layers of the model in which they stand alone, or the marks of the other one. */
static bool list_layers(pass *p)
{
    const session_options plain = {.threads = 1, .reference = true};
    debug *d = p->d;
    session s = {0};
    size_t n;
    const void *bytes = ln_quantized_model(p->q, &n);
    ln_tflite_kernel k;
    int found = 0;
    if (!session_open(&s, bytes, n, &plain)) {
        tool_error("%s", s.error);
        session_close(&s);
        return false;
    }
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s.interpreter, 0);
    if (!d->layers)
        d->layers = tool_new((size_t)plan->size + 1, sizeof *d->layers);
    for (int i = 0; i < plan->size; i++) {
        if (!is_verify(&s, plan->data[i], &k))
            continue;
        if (p->alone) {
            describe(&d->layers[d->n++], &s, k.node);
        } else if (found < d->n) {
            tool_free(d->layers[found].mark); /* numbers differ between the models */
            d->layers[found].mark = tool_copy(tensor_at(&s, k.node->outputs->data[0])->name);
        }
        found++;
    }
    session_close(&s);
    if (found != d->n || !found)
        tool_error("no operator became an integer one: there is nothing to compare");
    return found == d->n && found > 0;
}

/* ---- a pass ---- */

static void close_pass(pass *p)
{
    session_close(&p->s);
    TfLiteOperatorDelete(p->verify);
    ln_quantized_free(p->q);
}

static bool run_samples(pass *p, samples *data)
{
    int more, given = 0;
    samples_rewind(data);
    while ((more = samples_next(data, p->s.interpreter)) > 0) {
        p->next = 0;
        if (!samples_feed(data, p->s.interpreter))
            return false;
        if (!session_invoke(&p->s)) {
            tool_error("%s", p->s.error);
            return false;
        }
        given++;
    }
    p->d->samples = given;
    if (more == 0 && !given)
        tool_error("there are no samples");
    return more == 0 && given > 0;
}

static bool run_pass(debug *d, bool alone, const void *model, size_t n,
                     const ln_quantize_options *options, samples *data, int threads)
{
    pass p = {.d = d, .alone = alone};
    ln_quantize_options o = *options;
    ln_quantize_error error;
    size_t bytes = 0;
    o.verify = alone ? LN_QUANT_VERIFY_INPUTS : LN_QUANT_VERIFY_MODEL;
    o.input_type = o.output_type = kTfLiteNoType;
    p.q = ln_quantize(model, n, &o, &error);
    if (!p.q)
        tool_error("%s", error.text);
    const session_options how = {.threads = threads, .configure = add_operator, .user = &p};
    const void *verified = p.q ? ln_quantized_model(p.q, &bytes) : NULL;
    bool ok = p.q && list_layers(&p);
    if (ok && !(session_open(&p.s, verified, bytes, &how) && session_allocate(&p.s))) {
        tool_error("%s", p.s.error);
        ok = false;
    }
    ok = ok && run_samples(&p, data);
    close_pass(&p);
    return ok;
}

debug *debug_run(const args *a, const char *path, const void *model, size_t n,
                 const ln_quantize_options *o)
{
    debug *d = tool_new(1, sizeof *d);
    int threads = 1;
    d->model = path;
    samples *data = args_int(a, "threads", -1, 1024, &threads)
                        ? samples_open(a, args_flag(a, "eval") ? "eval" : "data", path)
                        : NULL;
    const bool ok = data && run_pass(d, true, model, n, o, data, threads) &&
                    run_pass(d, false, model, n, o, data, threads);
    samples_close(data);
    if (ok)
        return d;
    debug_free(d);
    return NULL;
}

void debug_free(debug *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->n; i++) {
        tool_free(d->layers[i].mark);
        tool_free(d->layers[i].name);
        tool_free(d->layers[i].op);
        tool_free(d->layers[i].channels);
    }
    tool_free(d->layers);
    tool_free(d);
}
