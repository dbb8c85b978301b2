/* SPDX-License-Identifier: Apache-2.0 */
/* composite.c: functions that say that one custom operator does what they do: `_implements` names
 * the operator, with its options as attributes.  As in TensorFlow's converter the operator takes
 * the function's place, whatever the flags are; what the function computes only tells the results'
 * shapes. */
#include <string.h>

#include "import/savedmodel/tf.h"

static const char detection[] = "TFLite_Detection_PostProcess";
static const char unpooling[] = "addons:MaxUnpooling2D", unpooling_op[] = "MaxUnpooling2D";
static const char fusable[] = "tfl_fusable_op";

static const Tf__PlainValue *value_of(const Tf__FunctionName *f, const char *key, int kind)
{
    for (size_t i = 0; i < f->n_attr; i++)
        if (strcmp(f->attr[i]->key, key) == 0) {
            const Tf__PlainValue *v = f->attr[i]->value;
            return v && (int)v->value_case == kind ? v : NULL;
        }
    return NULL;
}

/* A list of two numbers that an int can hold. */
static bool pair_of(const Tf__FunctionName *f, const char *key, int32_t *first, int32_t *second)
{
    const Tf__PlainValue *v = value_of(f, key, TF__PLAIN_VALUE__VALUE_LIST);
    if (!v || v->list->n_i != 2 || v->list->i[0] < 1 || v->list->i[0] > INT32_MAX ||
        v->list->i[1] < 1 || v->list->i[1] > INT32_MAX)
        return false;
    *first = (int32_t)v->list->i[0];
    *second = (int32_t)v->list->i[1];
    return true;
}

/* The operator's options are the bytes of a TfLitePoolParams. */
static bool unpooling_params(const Tf__FunctionName *f, TfLitePoolParams *p)
{
    const Tf__PlainValue *v = value_of(f, "padding", TF__PLAIN_VALUE__VALUE_S);
    memset(p, 0, sizeof *p);
    if (!v || !pair_of(f, "pool_size", &p->filter_height, &p->filter_width) ||
        !pair_of(f, "strides", &p->stride_height, &p->stride_width))
        return false;
    const bool same = v->s.len == 4 && memcmp(v->s.data, "SAME", 4) == 0;
    p->padding = same ? kTfLitePaddingSame : kTfLitePaddingValid;
    return same || (v->s.len == 5 && memcmp(v->s.data, "VALID", 5) == 0);
}

static bool is_composite(const ln_tf_graph *g, const Tf__FunctionName *f)
{
    TfLitePoolParams p;
    if (strcmp(f->name, detection) == 0)
        return g->n_args == 3 && g->n_ret == 4;
    if (strcmp(f->name, unpooling) == 0)
        return g->n_args == 2 && g->n_ret == 1 && unpooling_params(f, &p);
    const Tf__PlainValue *v = value_of(f, fusable, TF__PLAIN_VALUE__VALUE_B);
    return v && v->b;
}

static const Tf__FunctionName *composite_of(const ln_tf_graph *g)
{
    for (size_t i = 0; g->fn && i < g->fn->n_attr; i++) {
        const Tf__AttrValue *v = g->fn->attr[i]->value;
        if (strcmp(g->fn->attr[i]->key, "_implements") == 0 && v &&
            v->value_case == TF__ATTR_VALUE__VALUE_FUNC && is_composite(g, v->func))
            return v->func;
    }
    return NULL;
}

const char *ln_tf_composite_name(const ln_tf_graph *g)
{
    const Tf__FunctionName *f = composite_of(g);
    if (!f)
        return NULL;
    return strcmp(f->name, unpooling) == 0 ? unpooling_op : f->name;
}

/* ---- options ---- */

/* Flags are numbers, and `true` is -1: so does TensorFlow's converter write what it takes for an
 * integer of one bit.  The operator for detections has 1. */
static bool add_option(ln_foreign *f, const Tf__PlainAttr *a, int yes)
{
    const Tf__PlainValue *v = a->value;
    switch (v ? v->value_case : TF__PLAIN_VALUE__VALUE__NOT_SET) {
    case TF__PLAIN_VALUE__VALUE_S:
        ln_foreign_text(f, a->key, (const char *)v->s.data, v->s.len);
        return true;
    case TF__PLAIN_VALUE__VALUE_I:
        ln_foreign_int(f, a->key, v->i);
        return true;
    case TF__PLAIN_VALUE__VALUE_F:
        ln_foreign_add(f, a->key, LN_CONVERT_FLOAT)->f = (double)v->f;
        return true;
    case TF__PLAIN_VALUE__VALUE_B:
        ln_foreign_int(f, a->key, v->b ? yes : 0);
        return true;
    default:
        return false;
    }
}

static bool make_options(ln_tf_op *op, const Tf__FunctionName *from, ln_emit_call *call)
{
    const bool detects = strcmp(from->name, detection) == 0;
    if (strcmp(from->name, unpooling) == 0) {
        TfLitePoolParams *p = ln_arena_new(op->tf->arena, 1, sizeof *p);
        call->options = p;
        call->n_options = sizeof *p;
        return p && unpooling_params(from, p);
    }
    ln_foreign *f = ln_foreign_new(op->e, call->custom, 0, 0, from->n_attr);
    const uint8_t *options = NULL;
    for (size_t i = 0; f && i < from->n_attr; i++) {
        const Tf__PlainAttr *a = from->attr[i];
        if (strcmp(a->key, fusable) != 0 && !add_option(f, a, detects ? 1 : -1)) {
            ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "option %s of %s is no number and no text",
                         a->key, from->name);
            return false;
        }
    }
    if (!f || !ln_foreign_options(f, &options, &call->n_options))
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
    call->options = options;
    return ln_emit_ok(op->e);
}

/* ---- results ---- */

/* What the function's own nodes give, which are taken back: where these have no translation, what
 * its signature says. */
static void infer_results(ln_tf_op *op, const ln_tf_graph *g, ln_made *made)
{
    const int nodes = op->e->g->n_nodes;
    ln_diag quiet = {0}, *const loud = op->e->diag;
    ln_tf_value *out = ln_arena_new(&op->tf->m->arena, (size_t)g->n_ret + 1, sizeof *out);
    op->e->diag = &quiet;
    const bool done = out && ln_tf_call(op->tf, op->e, g, op->in, op->n_in, out);
    op->e->diag = loud;
    if (!done && op->e->status != LN_ERR_MEMORY)
        op->e->status = LN_OK;
    for (int i = 0; i < g->n_ret; i++) {
        made[i] = ln_tf_hint(op, i);
        made[i].type = ln_tf_type(g->fn->signature->output_arg[i]->type);
        if (done && out[i].kind == LN_TF_TENSOR)
            made[i] = (ln_made){ln_emit_type(op->e, out[i].id), ln_emit_shape(op->e, out[i].id)};
    }
    op->e->g->n_nodes = nodes;
}

bool ln_tf_composite(ln_tf_op *op, const ln_tf_graph *g)
{
    const Tf__FunctionName *from = composite_of(g);
    if (!from || !ln_emit_ok(op->e))
        return false;
    ln_arena *a = &op->tf->m->arena;
    ln_made *made = ln_arena_new(a, (size_t)g->n_ret + 1, sizeof *made);
    ln_id *in = ln_arena_new(a, (size_t)op->n_in + 1, sizeof *in);
    ln_id *out = ln_arena_new(a, (size_t)g->n_ret + 1, sizeof *out);
    ln_emit_call call = {.custom = ln_tf_composite_name(g),
                         .in = in,
                         .n_in = op->n_in,
                         .n_out = g->n_ret,
                         .hints = made};
    if (!made || !in || !out) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return true;
    }
    for (int i = 0; i < op->n_in; i++)
        in[i] = ln_tf_in(op, i);
    if (!make_options(op, from, &call))
        return true;
    infer_results(op, g, made);
    ln_emit_call native = call;
    (void)ln_tf_native_call(op, &native, made);
    if (ln_emit_node(op->e, &call, out))
        for (int i = 0; i < g->n_ret; i++)
            ln_tf_out(op, i, out[i]);
    return true;
}
