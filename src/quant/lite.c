/* SPDX-License-Identifier: Apache-2.0 */
/* lite.c: the modes that change weights alone: dynamic range, weight-only, float16, bfloat16.
 *
 * What a constant becomes depends on who reads it: operators with a hybrid kernel take int8 weights
 * as they are; a table that is only looked up in (GATHER) gives integers, with a DEQUANTIZE behind
 * it; everything else gets a DEQUANTIZE between the constant and itself, at the head of the graph,
 * where TFLite and its delegates fold it.  Each constant is turned once per kind. */
#include <string.h>

#include "base/half.h"
#include "ops/list.h"
#include "quant/quant.h"
#include "quant/round.h"

enum { MIN_ITEMS = 1024 };

/* What a constant may become; the second index of edit.made. */
typedef enum kind { KIND_HYBRID, KIND_TABLE, KIND_FLOAT, N_KINDS } kind;

/* One graph being edited. */
typedef struct edit {
    ln_quant_job *job;
    ln_graph *g;
    ln_id (*made)[N_KINDS]; /* per tensor of the source and kind: its new form, 0 for none */
    ln_id (*head)[2];       /* constants and what their DEQUANTIZE gives */
    int n_head;
} edit;

static ln_status fail_at(const ln_quant_job *job, ln_status status, const ln_graph *g, ln_id id)
{
    if (status == LN_OK || status == LN_ERR_MEMORY)
        return status;
    return ln_fail(job->diag, status, "constant '%s' has values that are no finite numbers",
                   g->tensors[id].t.name);
}

static ln_status weigh(edit *e, ln_id id, int bits, int axis, ln_id *out)
{
    const TfLiteTensor *t = &e->g->tensors[id].t;
    ln_quant_weights w = {.bits = bits,
                          .at = ln_quant_layout_of(t, e->job->o->per_tensor ? -1 : axis),
                          .relation = ln_quant_relation_of(e->job->relations, e->job->m, e->g, id)};
    LN_TRY(fail_at(e->job, ln_quant_weigh(e->job->m, t, e->job->o->clip, NULL, &w), e->g, id));
    return ln_quant_weights_tensor(e->job->m, e->g, id, &w, out);
}

/* A float16 or bfloat16 copy; *out stays 0 where a value does not fit. */
static ln_status narrow(edit *e, ln_id id, ln_id *out)
{
    const bool brain = e->job->o->mode == LN_QUANT_BFLOAT16;
    const size_t n = (size_t)ln_count(&e->g->tensors[id].t);
    const float *x = e->g->tensors[id].t.data.f;
    uint16_t *y = ln_arena_new(&e->job->m->arena, n, sizeof *y);
    if (!y)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        y[i] = brain ? ln_float_to_bf16(x[i]) : ln_float_to_half(x[i]);
        if (!brain && (y[i] & 0x7FFF) == 0x7C00)
            return LN_OK; /* too large */
    }
    return ln_quant_constant(e->job->m, e->g, id, brain ? kTfLiteBFloat16 : kTfLiteFloat16, y,
                             n * sizeof *y, out);
}

/* ---- who reads a constant, and how ---- */

static bool is_narrow(const ln_quant_job *job)
{
    return job->o->mode == LN_QUANT_FLOAT16 || job->o->mode == LN_QUANT_BFLOAT16;
}

static bool is_large(const edit *e, ln_id id)
{
    const long least = e->job->o->min_items ? e->job->o->min_items : MIN_ITEMS;
    return ln_quant_is_weights(e->g, id) && ln_count(&e->g->tensors[id].t) >= least;
}

/* True for an operand that holds weights: by its rule, the second factor of a hybrid op, or a
 * table. */
static bool is_weight_operand(const ln_node *n, int i)
{
    const int hybrid = ln_quant_hybrid(n->op);
    const ln_qrule rule = ln_quant_rule_in(n->op, i);
    return rule.kind == LN_Q_WEIGHT_ || (rule.kind == LN_Q_VECTOR_ && rule.b) ||
           (hybrid == LN_HYBRID_TENSOR && i == 1) || (hybrid == LN_HYBRID_TABLE && i == 0);
}

/* Kernels of recurrent cells want all weights of one type: the largest decides. */
static bool has_large_weights(const edit *e, const ln_node *n)
{
    for (int i = 0; i < n->inputs->size; i++)
        if (is_weight_operand(n, i) && is_large(e, n->inputs->data[i]))
            return true;
    return false;
}

/* True when int8 weights go into the node as they are. */
static bool is_hybrid(const edit *e, const ln_node *n)
{
    const int hybrid = ln_quant_hybrid(n->op);
    return e->job->o->mode == LN_QUANT_DYNAMIC &&
           (hybrid == LN_HYBRID_CHANNEL || hybrid == LN_HYBRID_TENSOR) && has_large_weights(e, n);
}

static bool is_table(const edit *e, const ln_node *n)
{
    return !is_narrow(e->job) && ln_quant_hybrid(n->op) == LN_HYBRID_TABLE && n->inputs->size > 0 &&
           n->outputs->size == 1 && n->outputs->data[0] >= 0 && is_large(e, n->inputs->data[0]) &&
           e->job->o->weight_bits != 4;
}

/* 4-bit weights in blocks, which only some ops take. */
static bool is_blockwise(const edit *e, const ln_node *n, int i)
{
    const int block = e->job->o->block_size;
    if (!block || e->job->o->weight_bits != 4 || !n->op->quant || !n->op->quant->blocks ||
        !is_weight_operand(n, i) || !is_large(e, n->inputs->data[i]))
        return false;
    const ln_shape s = ln_shape_of(&e->g->tensors[n->inputs->data[i]].t);
    return s.rank == 2 && s.dim[1] % block == 0;
}

/* ---- new forms ---- */

static ln_status add_head(edit *e, ln_id constant, ln_id like, ln_id *out)
{
    LN_TRY(ln_quant_tensor(e->job->m, e->g, like, kTfLiteFloat32, "", out));
    e->head[e->n_head][0] = constant;
    e->head[e->n_head++][1] = *out;
    return LN_OK;
}

/* The constant in its small form behind a DEQUANTIZE; the constant itself where that is no use. */
static ln_status through_dequantize(edit *e, ln_id id, int axis, ln_id *out)
{
    ln_id *made = &e->made[id][KIND_FLOAT];
    ln_id small = 0;
    if (!*made) {
        if (is_narrow(e->job))
            LN_TRY(narrow(e, id, &small));
        else
            LN_TRY(weigh(e, id, e->job->o->weight_bits, axis, &small));
        *made = id;
        if (small)
            LN_TRY(add_head(e, small, id, made));
    }
    *out = *made;
    return LN_OK;
}

static ln_status in_blocks(edit *e, ln_id id, ln_id *out)
{
    ln_model *m = e->job->m;
    const ln_shape s = ln_shape_of(&e->g->tensors[id].t);
    const int block = e->job->o->block_size, per_row = s.dim[1] / block;
    ln_quant_weights w = {.bits = 4,
                          .at = {1, s.dim[0] * per_row, block, 0},
                          .relation = ln_quant_relation_of(e->job->relations, m, e->g, id)};
    const TfLiteTensor t = e->g->tensors[id].t;
    LN_TRY(fail_at(e->job, ln_quant_weigh(m, &t, e->job->o->clip, NULL, &w), e->g, id));
    uint16_t *scales = ln_arena_new(&m->arena, (size_t)w.at.channels, sizeof *scales);
    TfLiteBlockwiseQuantization *q = ln_arena_new(&m->arena, 1, sizeof *q);
    ln_id scale, buffer;
    if (!scales || !q)
        return LN_ERR_MEMORY;
    for (int i = 0; i < w.at.channels; i++)
        scales[i] = ln_float_to_half(w.scales[i]);
    const size_t bytes = (size_t)w.at.channels * sizeof *scales;
    LN_TRY(ln_model_add_buffer(m, scales, bytes, false, &buffer));
    LN_TRY(ln_graph_add_tensor(m, e->g, "", kTfLiteFloat16, 2, (const int[]){s.dim[0], per_row},
                               &scale));
    e->g->tensors[scale].buffer = buffer;
    e->g->tensors[scale].t.data.raw_const = (const char *)scales;
    e->g->tensors[scale].t.bytes = bytes;
    e->g->tensors[scale].t.allocation_type = kTfLiteMmapRo;
    LN_TRY(ln_quant_weights_tensor(m, e->g, id, &w, out));
    *q = (TfLiteBlockwiseQuantization){
        .scale = scale, .zero_point = -1, .blocksize = block, .quantized_dimension = 0};
    e->g->tensors[*out].t.quantization = (TfLiteQuantization){kTfLiteBlockwiseQuantization, q};
    return LN_OK;
}

/* What input `i` of a node becomes; the same where it stays. */
static ln_status replace_input(edit *e, ln_node *n, int i, bool hybrid)
{
    const ln_id id = n->inputs->data[i];
    const ln_qrule rule = ln_quant_rule_in(n->op, i);
    const int axis = rule.kind == LN_Q_WEIGHT_ ? LN_MAX(rule.axis, 0) : 0;
    if (!ln_quant_is_weights(e->g, id) || rule.kind == LN_Q_BIAS_)
        return is_narrow(e->job) && ln_quant_is_weights(e->g, id)
                   ? through_dequantize(e, id, axis, &n->inputs->data[i])
                   : LN_OK;
    if (is_narrow(e->job))
        return through_dequantize(e, id, axis, &n->inputs->data[i]);
    if (is_blockwise(e, n, i)) {
        n->source = NULL;
        return in_blocks(e, id, &n->inputs->data[i]);
    }
    if (hybrid && is_weight_operand(n, i)) {
        ln_id *made = &e->made[id][KIND_HYBRID];
        if (!*made)
            LN_TRY(weigh(e, id, 8, ln_quant_hybrid(n->op) == LN_HYBRID_CHANNEL ? axis : -1, made));
        n->inputs->data[i] = *made;
        n->source = NULL;
        return LN_OK;
    }
    if (is_weight_operand(n, i) && is_large(e, id))
        return through_dequantize(e, id, axis, &n->inputs->data[i]);
    return LN_OK;
}

/* A lookup: integers come out, and a DEQUANTIZE behind it gives the floats. */
static ln_status put_table(edit *e, ln_node *n)
{
    ln_model *m = e->job->m;
    const ln_id id = n->inputs->data[0], y = n->outputs->data[0];
    ln_id *made = &e->made[id][KIND_TABLE], found;
    if (!*made)
        LN_TRY(weigh(e, id, 8, -1, made));
    LN_TRY(ln_quant_tensor(m, e->g, y, kTfLiteInt8, "", &found));
    const TfLiteAffineQuantization *q = e->g->tensors[*made].t.quantization.params;
    LN_TRY(ln_quant_set_affine(m, &e->g->tensors[found].t, 1, q->scale->data, NULL, 0));
    n->inputs->data[0] = *made;
    n->outputs->data[0] = found;
    n->source = NULL;
    LN_TRY(ln_quant_put_node(m, e->g, n));
    return ln_quant_add_unary(m, e->g, &ln_op_dequantize, found, y);
}

/* Kernels that take int8 weights beside floats want a float bias as it is. */
static bool has_small_weights(const edit *e, const ln_node *n)
{
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id id = n->inputs->data[i];
        if (id >= 0 && is_weight_operand(n, i) && e->g->tensors[id].t.type == kTfLiteInt8)
            return true;
    }
    return false;
}

static ln_status put_node(edit *e, ln_node *n)
{
    if (!n->op || has_small_weights(e, n) || ln_quant_keeps_float(e->job, e->g, n))
        return ln_quant_put_node(e->job->m, e->g, n);
    if (is_table(e, n))
        return put_table(e, n);
    const bool hybrid = is_hybrid(e, n);
    for (int i = 0; i < n->inputs->size; i++)
        if (n->inputs->data[i] >= 0)
            LN_TRY(replace_input(e, n, i, hybrid));
    if (hybrid)
        ln_quant_set_option(e->job->m, n, "asymmetric_quantize_inputs", true);
    return ln_quant_put_node(e->job->m, e->g, n);
}

/* ---- graphs ---- */

static ln_status put_head(edit *e)
{
    const ln_quant_nodes body = ln_quant_take_nodes(e->g);
    for (int i = 0; i < e->n_head; i++) {
        const ln_id from = e->head[i][0], to = e->head[i][1];
        const bool cast = e->g->tensors[from].t.type == kTfLiteBFloat16;
        LN_TRY(
            ln_quant_add_unary(e->job->m, e->g, cast ? &ln_op_cast : &ln_op_dequantize, from, to));
        if (cast) {
            TfLiteCastParams *p = e->g->nodes[e->g->n_nodes - 1].params;
            *p = (TfLiteCastParams){kTfLiteBFloat16, kTfLiteFloat32};
        }
    }
    for (int i = 0; i < body.n; i++)
        LN_TRY(ln_quant_put_node(e->job->m, e->g, &body.nodes[i]));
    return LN_OK;
}

static ln_status edit_graph(edit *e)
{
    const ln_quant_nodes old = ln_quant_take_nodes(e->g);
    for (int i = 0; i < old.n; i++)
        LN_TRY(put_node(e, &old.nodes[i]));
    return e->n_head ? put_head(e) : LN_OK;
}

ln_status ln_quant_lite(ln_quant_job *job)
{
    for (int k = 0; k < job->m->n_graphs; k++) {
        edit e = {.job = job, .g = job->m->graphs[k]};
        const size_t n = (size_t)e.g->n_tensors + 1;
        e.made = ln_new(&job->m->alloc, n, sizeof *e.made);
        e.head = ln_new(&job->m->alloc, n, sizeof *e.head);
        const ln_status status = e.made && e.head ? edit_graph(&e) : LN_ERR_MEMORY;
        ln_free(&job->m->alloc, e.made);
        ln_free(&job->m->alloc, e.head);
        LN_TRY(status);
    }
    return LN_OK;
}
