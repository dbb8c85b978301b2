/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c: see probe.h.  A trial gives one type to an operand and to all others that had the same
 * type as it; constants of another type than theirs lose their value, which infer must do without
 * anyway.  Where infer is content, the op takes the type: it checks all that eval relies on. */
#include "probe.h"

#include "cpu/row.h"
#include "ops/elementwise.h"

static const ln_cpu_row *const rows[] = {
#define LN_CPU_ROW(name) &ln_cpu_##name,
#include "cpu/rows.def"
#undef LN_CPU_ROW
};

/* Operands of a trial. */
typedef struct trial {
    ln_call call;
    TfLiteTensor tensors[2 * LN_MAX_ARITY];
    const TfLiteTensor *in[LN_MAX_ARITY], *mid[LN_MAX_ARITY];
    TfLiteTensor *out[LN_MAX_ARITY];
    ln_made made[LN_MAX_ARITY];
    ln_diag diag;
    TfLiteAffineQuantization affine;
} trial;

static bool is_quantized_type(TfLiteType type)
{
    return ln_type_in(type, LN_QUANTS | LN_PACKED);
}

/* The parameters that such types need: one scale, no zero point. */
static void quantize(trial *t, TfLiteTensor *x, float value)
{
    static struct {
        int size;
        float data[1];
    } scale = {1, {0}};
    static struct {
        int size, data[1];
    } zero = {1, {0}};
    scale.data[0] = value;
    t->affine = (TfLiteAffineQuantization){(TfLiteFloatArray *)(void *)&scale,
                                           (TfLiteIntArray *)(void *)&zero, 0};
    x->params = (TfLiteQuantizationParams){value, 0};
    x->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, &t->affine};
}

static void retype(trial *t, TfLiteTensor *x, TfLiteType type, float scale)
{
    if (x->type == type)
        return;
    x->type = type;
    x->data.raw = NULL;
    x->bytes = 0;
    x->allocation_type = kTfLiteArenaRw;
    x->sparsity = NULL;
    x->params = (TfLiteQuantizationParams){0, 0};
    x->quantization = (TfLiteQuantization){kTfLiteNoQuantization, NULL};
    if (is_quantized_type(type))
        quantize(t, x, scale);
}

static bool view(trial *t, const ln_graph *g, const ln_node *node)
{
    const TfLiteIntArray *in = node->inputs, *out = node->outputs, *mid = node->intermediates;
    int n = 0;
    if (in->size > LN_MAX_ARITY || out->size > LN_MAX_ARITY || mid->size > LN_MAX_ARITY)
        return false;
    for (int i = 0; i < in->size; i++) {
        t->in[i] = NULL;
        if (in->data[i] < 0)
            continue;
        t->tensors[n] = g->tensors[in->data[i]].t;
        t->in[i] = &t->tensors[n++];
    }
    for (int i = 0; i < out->size; i++) {
        t->tensors[n] = g->tensors[out->data[i]].t;
        t->out[i] = &t->tensors[n++];
    }
    for (int i = 0; i < mid->size; i++)
        t->mid[i] = mid->data[i] < 0 ? NULL : &g->tensors[mid->data[i]].t;
    t->diag = (ln_diag){.sink = NULL};
    t->call = (ln_call){.in = t->in,
                        .out = t->out,
                        .mid = t->mid,
                        .n_in = in->size,
                        .n_out = out->size,
                        .n_mid = mid->size,
                        .params = node->params,
                        .made = t->made,
                        .diag = &t->diag};
    return true;
}

static void note(probe *p, const trial *t, int input)
{
    if (input >= 0)
        p->in[input] |= 1u << t->in[input]->type;
    for (int i = 0; i < t->call.n_out; i++)
        p->out |= 1u << t->made[i].type;
    for (size_t i = 0; i < LN_COUNTOF(rows) && input <= 0; i++)
        if (rows[i]->op == p->op && rows[i]->claims && rows[i]->claims(&t->call))
            p->engine |= 1u << (input < 0 ? t->made[0].type : t->in[0]->type);
}

/* One trial: operand `input` and its like are of `type`. */
static bool ask(probe *p, const ln_graph *g, const ln_node *node, int input, TfLiteType type,
                float scale)
{
    trial t;
    if (!view(&t, g, node))
        return false;
    const TfLiteType old = input < 0 ? type : t.in[input]->type;
    for (int i = 0; i < t.call.n_in; i++)
        if (t.in[i] && t.in[i]->type == old)
            retype(&t, (TfLiteTensor *)t.in[i], type, scale);
    for (int i = 0; i < t.call.n_out; i++) {
        t.made[i] = (ln_made){.type = kTfLiteNoType};
        if (t.out[i]->type == old)
            retype(&t, t.out[i], type, scale);
    }
    if (p->op->infer(&t.call) != LN_OK)
        return false;
    note(p, &t, input);
    return true;
}

void probe_node(probe *p, const ln_graph *g, const ln_node *node)
{
    /* those that some outputs must have, and another */
    static const float scales[] = {0.5f, 1.f / 256, 1.f / 128, 1.f / 32768};
    const int n = LN_MIN(node->inputs->size, (int)PROBE_INPUTS);
    p->nodes++;
    if (n == 0)
        (void)ask(p, g, node, -1, kTfLiteNoType, 0);
    for (int i = 0; i < n; i++) {
        if (node->inputs->data[i] < 0)
            continue;
        for (int type = kTfLiteNoType + 1; type <= kTfLiteFloat8E5M2; type++)
            for (size_t k = 0; k < LN_COUNTOF(scales); k++)
                if (ask(p, g, node, i, (TfLiteType)type, scales[k]))
                    break;
    }
}
