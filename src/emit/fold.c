/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c: evaluates a node whose inputs are constants by its op's reference.  Left alone are ops
 * that unpack what is stored small (DEQUANTIZE, DENSIFY) or mark what the quantizer will read
 * (FAKE_QUANT), results that are much larger than what they come from, and what an op refuses to
 * compute: that fails when the node runs, if ever. */
#include <string.h>

#include "emit/emit.h"

enum { FREE = 1 << 16, GROWTH = 2 }; /* bytes that a result may have beyond its inputs' */

typedef struct fold_host {
    ln_host host;
    ln_arena *arena;
} fold_host;

static ln_status set_bytes(ln_host *host, TfLiteTensor *t, size_t bytes)
{
    t->data.raw = ln_arena_new(((fold_host *)host)->arena, 1, bytes ? bytes : 1);
    t->bytes = bytes;
    return t->data.raw ? LN_OK : LN_ERR_MEMORY;
}

static bool may_fold(const ln_op *op)
{
    switch (op->builtin) {
    case kTfLiteBuiltinDequantize:
    case kTfLiteBuiltinQuantize:
    case kTfLiteBuiltinFakeQuant:
    case kTfLiteBuiltinDensify:
        return false;
    default:
        return (op->traits & LN_PURE) && op->eval;
    }
}

/* All inputs are constants; of an op that looks at shapes alone, all shapes are known. */
static bool inputs_known(const ln_emit *e, const ln_emit_call *call)
{
    for (int i = 0; i < call->n_in; i++) {
        if (call->in[i] < 0)
            continue;
        const ln_shape s = ln_emit_shape(e, call->in[i]);
        const bool looks = (call->op->traits & LN_SHAPES) && ln_shape_known(&s);
        if (!looks && (!ln_emit_known(e, call->in[i]) || ln_emit_tensor(e, call->in[i])->sparsity))
            return false;
    }
    return call->n_in > 0;
}

static bool worth_it(const ln_emit *e, const ln_emit_call *call, const ln_made *made)
{
    size_t in = 0, out = 0, bytes;
    for (int i = 0; i < call->n_in; i++)
        in += call->in[i] < 0 ? 0 : ln_emit_tensor(e, call->in[i])->bytes;
    for (int i = 0; i < call->n_out; i++) {
        const int count = ln_shape_known(&made[i].shape)
                              ? ln_shape_count(&made[i].shape, 0, made[i].shape.rank)
                              : -1;
        if (count < 0)
            return false;
        if (made[i].type == kTfLiteString)
            continue;
        if (!ln_type_bytes(made[i].type, (size_t)count, &bytes))
            return false;
        out += bytes;
    }
    return out <= e->fold_limit && out <= FREE + in * GROWTH;
}

/* Memory for what the node gives and needs. */
static bool prepare(ln_emit *e, ln_call *c, const ln_made *made)
{
    for (int i = 0; i < c->n_out; i++) {
        TfLiteTensor *t = c->out[i];
        t->type = made[i].type;
        t->dims = ln_ints(&e->m->arena, made[i].shape.rank, made[i].shape.dim);
        t->allocation_type = kTfLiteDynamic;
        if (!t->dims)
            return false;
        size_t bytes = 0;
        if (t->type != kTfLiteString && !ln_type_bytes(t->type, (size_t)ln_count(t), &bytes))
            return false;
        t->bytes = bytes;
        t->data.raw = ln_arena_new(&e->m->arena, 1, bytes ? bytes : 1);
        if (!t->data.raw)
            return false;
    }
    return true;
}

static ln_status evaluate(ln_emit *e, const ln_emit_call *call, const ln_made *made, ln_call *c)
{
    const TfLiteTensor **in = ln_arena_new(&e->m->arena, (size_t)c->n_in, sizeof *in);
    TfLiteTensor **out = ln_arena_new(&e->m->arena, (size_t)c->n_out + 1, sizeof *out);
    TfLiteTensor *results = ln_arena_new(&e->m->arena, (size_t)c->n_out + 1, sizeof *results);
    ln_made *again = ln_arena_new(&e->m->arena, (size_t)c->n_out + 1, sizeof *again);
    if (!in || !out || !results || !again)
        return LN_ERR_MEMORY;
    for (int i = 0; i < c->n_in; i++)
        in[i] = call->in[i] < 0 ? NULL : ln_emit_tensor(e, call->in[i]);
    for (int i = 0; i < c->n_out; i++)
        out[i] = &results[i];
    c->in = in;
    c->out = out;
    c->made = again;
    if (!prepare(e, c, made))
        return LN_ERR_MEMORY;
    c->run = true;
    LN_TRY(call->op->infer(c)); /* for its scratch */
    void *scratch = NULL;
    if (c->scratch_bytes) {
        scratch = ln_new(&e->m->alloc, 1, c->scratch_bytes + 63);
        if (!scratch)
            return LN_ERR_MEMORY;
        c->scratch = (void *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
    }
    const ln_status status = call->op->eval(c);
    ln_free(&e->m->alloc, scratch);
    return status;
}

bool ln_emit_fold(ln_emit *e, const ln_emit_call *call, const ln_made *made, ln_id *out)
{
    if (e->keep || !may_fold(call->op) || !inputs_known(e, call) || !worth_it(e, call, made))
        return false;
    ln_diag quiet = {0};
    fold_host host = {.host = {.set_bytes = set_bytes, .diag = &quiet}, .arena = &e->m->arena};
    ln_call c = {.n_in = call->n_in,
                 .n_out = call->n_out,
                 .params = call->params,
                 .diag = &quiet,
                 .host = &host.host};
    if (evaluate(e, call, made, &c) != LN_OK)
        return false;
    for (int i = 0; i < call->n_out; i++)
        out[i] = ln_emit_constant(e, made[i].type, &made[i].shape, c.out[i]->data.raw,
                                  c.out[i]->bytes, false);
    for (int i = 0; i < call->n_in && ln_emit_ok(e); i++) /* mostly read for the last time */
        if (call->in[i] >= 0)
            ln_model_forget(e->m, e->g->tensors[call->in[i]].buffer);
    return ln_emit_ok(e);
}
