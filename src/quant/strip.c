/* SPDX-License-Identifier: Apache-2.0 */
/* strip.c: a quantized model back to floats.  Every tensor with a scale becomes a float32 one, its
 * constant values multiplied out; QUANTIZE and DEQUANTIZE between two that are floats now go, and
 * so do DEQUANTIZE and CAST of constants.  Other modes start from that where a model computes in
 * integers already.  No tensor is added or removed: statistics go by their numbers. */
#include "base/half.h"
#include "ops/list.h"
#include "quant/quant.h"

static bool is_integer(TfLiteType type)
{
    return type == kTfLiteInt8 || type == kTfLiteUInt8 || type == kTfLiteInt16 ||
           type == kTfLiteInt32 || type == kTfLiteInt64 || type == kTfLiteInt4;
}

static bool is_quantized(const TfLiteTensor *t)
{
    return is_integer(t->type) && t->quantization.params &&
           (t->quantization.type == kTfLiteAffineQuantization ||
            t->quantization.type == kTfLiteBlockwiseQuantization);
}

static double item(const TfLiteTensor *t, size_t i)
{
    int8_t four;
    switch (t->type) {
    case kTfLiteUInt8:
        return t->data.uint8[i];
    case kTfLiteInt16:
        return t->data.i16[i];
    case kTfLiteInt32:
        return t->data.i32[i];
    case kTfLiteInt64:
        return (double)t->data.i64[i];
    default:
        ln_unpack(t, i, 1, &four);
        return four;
    }
}

/* The scale and zero point of item `i`. */
static void scale_at(const ln_graph *g, const TfLiteTensor *t, const ln_quant_layout *at, size_t i,
                     double *scale, double *zero)
{
    if (t->quantization.type == kTfLiteBlockwiseQuantization) {
        const TfLiteBlockwiseQuantization *q = t->quantization.params;
        const uint16_t *scales = (const void *)g->tensors[q->scale].t.data.raw_const;
        *scale = (double)ln_half_to_float(scales[i / (size_t)q->blocksize]);
        *zero = 0;
        return;
    }
    const TfLiteAffineQuantization *q = t->quantization.params;
    const size_t c = i / (size_t)at->inner % (size_t)at->channels;
    *scale = (double)q->scale->data[q->scale->size > 1 ? c : 0];
    *zero = q->zero_point->data[q->zero_point->size > 1 ? c : 0];
}

/* What the parameters say fits the shape: a file may say anything. */
static bool is_sound(const ln_graph *g, const TfLiteTensor *t, ln_quant_layout *at)
{
    if (t->quantization.type == kTfLiteBlockwiseQuantization) {
        const TfLiteBlockwiseQuantization *q = t->quantization.params;
        const size_t n = (size_t)ln_count(t);
        *at = ln_quant_layout_of(t, -1);
        if (q->scale < 0 || q->scale >= g->n_tensors || q->blocksize <= 0 || q->zero_point >= 0)
            return false;
        const TfLiteTensor *s = &g->tensors[q->scale].t;
        return s->type == kTfLiteFloat16 && s->data.raw_const &&
               n / (size_t)q->blocksize <= (size_t)ln_count(s) && n % (size_t)q->blocksize == 0;
    }
    const TfLiteAffineQuantization *q = t->quantization.params;
    *at = ln_quant_layout_of(t, q->scale->size > 1 ? q->quantized_dimension : -1);
    return q->scale->size == at->channels &&
           (q->zero_point->size == 1 || q->zero_point->size == at->channels);
}

/* What the integers of a constant stand for. */
static ln_status read_floats(const ln_quant_job *job, const ln_graph *g, ln_id id, float *y)
{
    const TfLiteTensor *t = &g->tensors[id].t;
    const size_t n = (size_t)ln_count(t);
    ln_quant_layout at;
    if (!is_sound(g, t, &at))
        return ln_fail(job->diag, LN_ERR_FORMAT, "the scales of '%s' do not fit its shape",
                       t->name);
    for (size_t i = 0; i < n; i++) {
        double scale, zero;
        scale_at(g, t, &at, i, &scale, &zero);
        y[i] = (float)((item(t, i) - zero) * scale);
    }
    return LN_OK;
}

static ln_status to_floats(ln_quant_job *job, ln_graph *g, ln_id id)
{
    ln_tensor *tensor = &g->tensors[id];
    const size_t n = (size_t)ln_count(&tensor->t);
    float *y = ln_arena_new(&job->m->arena, n, sizeof *y);
    if (!y)
        return LN_ERR_MEMORY;
    LN_TRY(read_floats(job, g, id, y));
    LN_TRY(ln_model_add_buffer(job->m, y, n * sizeof *y, false, &tensor->buffer));
    tensor->t.data.raw_const = (const char *)y;
    tensor->t.bytes = n * sizeof *y;
    return LN_OK;
}

static ln_status strip_tensor(ln_quant_job *job, ln_graph *g, ln_id id)
{
    ln_tensor *tensor = &g->tensors[id];
    if (!is_quantized(&tensor->t))
        return LN_OK;
    if (tensor->t.allocation_type == kTfLiteMmapRo && tensor->t.data.raw_const)
        LN_TRY(to_floats(job, g, id));
    tensor->t.type = kTfLiteFloat32;
    return LN_OK;
}

/* Parameters go when all values are read: blocks have theirs in other tensors. */
static void forget_scales(ln_graph *g, bool *stripped, const TfLiteType *before)
{
    for (int i = 0; i < g->n_tensors; i++) {
        ln_tensor *t = &g->tensors[i];
        stripped[i] = t->t.type == kTfLiteFloat32 && before[i] != kTfLiteFloat32;
        if (!stripped[i])
            continue;
        t->t.quantization = (TfLiteQuantization){kTfLiteNoQuantization, NULL};
        t->t.params = (TfLiteQuantizationParams){0, 0};
        t->source = NULL;
    }
}

static bool is_copy(const ln_graph *g, const ln_node *n)
{
    return (n->op == &ln_op_quantize || n->op == &ln_op_dequantize) && n->inputs->size == 1 &&
           n->outputs->size == 1 && n->inputs->data[0] >= 0 && n->outputs->data[0] >= 0 &&
           g->tensors[n->inputs->data[0]].t.type == kTfLiteFloat32 &&
           g->tensors[n->outputs->data[0]].t.type == kTfLiteFloat32;
}

static void rename_inputs(ln_node *nodes, int from, int to, ln_id old, ln_id new)
{
    for (int i = from; i < to; i++)
        for (int k = 0; k < nodes[i].inputs->size; k++)
            if (nodes[i].inputs->data[k] == old)
                nodes[i].inputs->data[k] = new;
}

/* Leaves out a node that only copies.  Where it gives an output of the graph, whoever makes its
 * input gives that instead. */
static ln_status drop_copy(ln_quant_job *job, ln_graph *g, const ln_quant_nodes *old, int at)
{
    const ln_id x = old->nodes[at].inputs->data[0], y = old->nodes[at].outputs->data[0];
    const int from = ln_graph_producer(g, x);
    if (!ln_quant_is_output(g, y)) {
        rename_inputs(old->nodes, at + 1, old->n, y, x);
        return LN_OK;
    }
    if (from < 0 || ln_quant_is_output(g, x))
        return ln_fail(job->diag, LN_ERR_UNSUPPORTED, "output '%s' is a mere copy of '%s'",
                       g->tensors[y].t.name, g->tensors[x].t.name);
    rename_inputs(g->nodes, 0, g->n_nodes, x, y);
    rename_inputs(old->nodes, at + 1, old->n, x, y);
    for (int k = 0; k < g->nodes[from].outputs->size; k++)
        if (g->nodes[from].outputs->data[k] == x)
            g->nodes[from].outputs->data[k] = y;
    return LN_OK;
}

/* Nodes whose operands have changed get their version anew. */
static void renew(ln_node *n, const bool *stripped)
{
    bool changed = false;
    for (int k = 0; k < n->inputs->size; k++)
        changed = changed || (n->inputs->data[k] >= 0 && stripped[n->inputs->data[k]]);
    if (changed) {
        n->source = NULL;
        n->version = 1;
        n->intermediates = NULL;
    }
}

/* ---- constants of fewer bits, and the operators that make floats of them ---- */

static bool is_half(const TfLiteTensor *t)
{
    return t->type == kTfLiteFloat16 || t->type == kTfLiteBFloat16;
}

/* A node whose output is a constant: the floats of its constant input. */
static bool widens(const ln_graph *g, const ln_node *n)
{
    if ((n->op != &ln_op_dequantize && n->op != &ln_op_cast) || n->inputs->size != 1 ||
        n->outputs->size != 1 || n->inputs->data[0] < 0 || n->outputs->data[0] < 0)
        return false;
    const TfLiteTensor *x = &g->tensors[n->inputs->data[0]].t;
    const TfLiteTensor *y = &g->tensors[n->outputs->data[0]].t;
    return x->allocation_type == kTfLiteMmapRo && x->data.raw_const && !x->sparsity &&
           y->type == kTfLiteFloat32 && !y->is_variable &&
           !ln_quant_is_output(g, n->outputs->data[0]) &&
           (is_half(x) || (n->op == &ln_op_dequantize && is_quantized(x)));
}

static float half_item(const TfLiteTensor *t, size_t i)
{
    const uint16_t *h = t->data.raw_const ? (const void *)t->data.raw_const : NULL;
    return t->type == kTfLiteFloat16 ? ln_half_to_float(h[i]) : ln_bf16_to_float(h[i]);
}

static ln_status widen(ln_quant_job *job, ln_graph *g, const ln_node *n)
{
    const ln_id x = n->inputs->data[0];
    ln_tensor *y = &g->tensors[n->outputs->data[0]];
    const size_t count = (size_t)ln_count(&g->tensors[x].t);
    float *values = ln_arena_new(&job->m->arena, count, sizeof *values);
    if (!values)
        return LN_ERR_MEMORY;
    if (is_half(&g->tensors[x].t)) {
        for (size_t i = 0; i < count; i++)
            values[i] = half_item(&g->tensors[x].t, i);
    } else {
        LN_TRY(read_floats(job, g, x, values));
    }
    LN_TRY(ln_model_add_buffer(job->m, values, count * sizeof *values, false, &y->buffer));
    y->t.dims = g->tensors[x].t.dims;
    y->t.data.raw_const = (const char *)values;
    y->t.bytes = count * sizeof *values;
    y->t.allocation_type = kTfLiteMmapRo;
    y->t.dims_signature = NULL;
    y->has_rank = true;
    return LN_OK;
}

static ln_status widen_constants(ln_quant_job *job, ln_graph *g)
{
    const ln_quant_nodes old = ln_quant_take_nodes(g);
    for (int i = 0; i < old.n; i++)
        LN_TRY(widens(g, &old.nodes[i]) ? widen(job, g, &old.nodes[i])
                                        : ln_quant_put_node(job->m, g, &old.nodes[i]));
    return LN_OK;
}

/* ---- graphs ---- */

static ln_status put_nodes(ln_quant_job *job, ln_graph *g, const bool *stripped)
{
    const ln_quant_nodes old = ln_quant_take_nodes(g);
    for (int i = 0; i < old.n; i++) {
        if (is_copy(g, &old.nodes[i])) {
            LN_TRY(drop_copy(job, g, &old, i));
        } else {
            renew(&old.nodes[i], stripped);
            LN_TRY(ln_quant_put_node(job->m, g, &old.nodes[i]));
        }
    }
    return LN_OK;
}

static ln_status strip_graph(ln_quant_job *job, ln_graph *g)
{
    const size_t n = (size_t)g->n_tensors + 1;
    TfLiteType *before = ln_new(&job->m->alloc, n, sizeof *before);
    bool *stripped = ln_new(&job->m->alloc, n, sizeof *stripped);
    ln_status status = before && stripped ? LN_OK : LN_ERR_MEMORY;
    for (int i = 0; i < g->n_tensors && status == LN_OK; i++)
        before[i] = g->tensors[i].t.type;
    for (int i = 0; i < g->n_tensors && status == LN_OK; i++)
        status = strip_tensor(job, g, i);
    if (status == LN_OK) {
        forget_scales(g, stripped, before);
        status = put_nodes(job, g, stripped);
    }
    ln_free(&job->m->alloc, before);
    ln_free(&job->m->alloc, stripped);
    return status;
}

ln_status ln_quant_strip(ln_quant_job *job)
{
    for (int k = 0; k < job->m->n_graphs; k++) {
        LN_TRY(strip_graph(job, job->m->graphs[k]));
        LN_TRY(widen_constants(job, job->m->graphs[k]));
    }
    return LN_OK;
}

/* True for a node that takes or gives integers that stand for other numbers, and computes. */
static bool computes_in_integers(const ln_graph *g, const ln_node *n)
{
    if (n->op == &ln_op_quantize || n->op == &ln_op_dequantize)
        return false;
    for (int i = 0; i < n->inputs->size + n->outputs->size; i++) {
        const int k = i - n->inputs->size;
        const ln_id id = k < 0 ? n->inputs->data[i] : n->outputs->data[k];
        if (id >= 0 && is_quantized(&g->tensors[id].t))
            return true;
    }
    return false;
}

ln_status ln_quant_start_over(ln_quant_job *job)
{
    for (int k = 0; k < job->m->n_graphs; k++)
        for (int i = 0; i < job->m->graphs[k]->n_nodes; i++)
            if (computes_in_integers(job->m->graphs[k], &job->m->graphs[k]->nodes[i]))
                return ln_quant_strip(job);
    for (int k = 0; k < job->m->n_graphs; k++)
        LN_TRY(widen_constants(job, job->m->graphs[k]));
    return LN_OK;
}
