/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c: one call of a function, or the main graph: its nodes become values, in order. */
#include <string.h>

#include "import/savedmodel/tf.h"

ln_status ln_tf_scope_open(ln_tf_scope *s, ln_tf *tf, ln_emit *e, const ln_tf_graph *g,
                           const ln_tf_value *args, int n_args)
{
    *s = (ln_tf_scope){.tf = tf, .e = e, .g = g, .args = args, .n_args = n_args};
    tf->budget -= g->n_nodes / 8; /* a call that does nothing takes memory too */
    s->values = ln_arena_new(&tf->m->arena, (size_t)g->n_nodes + 1, sizeof(ln_tf_value *));
    s->n_values = ln_arena_new(&tf->m->arena, (size_t)g->n_nodes + 1, sizeof *s->n_values);
    return s->values && s->n_values ? LN_OK : LN_ERR_MEMORY;
}

ln_tf_value ln_tf_scope_get(const ln_tf_scope *s, ln_tf_ref ref)
{
    static const ln_tf_value none = {.id = -1};
    if (ref.node < 0)
        return -1 - ref.node < s->n_args ? s->args[-1 - ref.node] : none;
    return ref.out >= 0 && ref.out < s->n_values[ref.node] ? s->values[ref.node][ref.out] : none;
}

bool ln_tf_scope_set(ln_tf_scope *s, int node, const ln_tf_value *values, int n)
{
    ln_tf_value *own = ln_arena_new(&s->tf->m->arena, (size_t)LN_MAX(n, 1), sizeof *own);
    if (!own) {
        ln_emit_fail(s->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    if (n > 0)
        memcpy(own, values, (size_t)n * sizeof *own);
    s->values[node] = own;
    s->n_values[node] = n;
    return true;
}

void ln_tf_call_function(ln_tf_op *op, const ln_tf_graph *g)
{
    if (g && (ln_tf_implements(op, g) || ln_tf_composite(op, g)))
        return;
    ln_tf_value *out =
        g ? ln_arena_new(&op->tf->m->arena, (size_t)g->n_ret + 1, sizeof *out) : NULL;
    if (!out) {
        ln_emit_fail(op->e, LN_ERR_FORMAT, "the function cannot be called");
        return;
    }
    if (ln_tf_call(op->tf, op->e, g, op->in, op->n_in, out))
        for (int i = 0; i < g->n_ret; i++)
            ln_tf_give(op, i, out[i]);
}

/* Integers of few bits that hold plain numbers, of which the row's operators expect a scale, or
 * which they do not take, become int32 on the way in.  Returns their type. */
static TfLiteType widen(ln_tf_op *op)
{
    const unsigned flags = op->node->row->flags;
    TfLiteType narrow = kTfLiteNoType;
    ln_tf_value *in = ln_arena_new(&op->tf->m->arena, (size_t)op->n_in + 1, sizeof *in);
    for (int i = 0; i < op->n_in && in; i++) {
        in[i] = op->in[i];
        const TfLiteType type =
            in[i].kind == LN_TF_TENSOR ? ln_emit_type(op->e, in[i].id) : kTfLiteNoType;
        const bool is_8 = type == kTfLiteInt8 || type == kTfLiteUInt8;
        const bool is_16 = type == kTfLiteInt16 || type == kTfLiteUInt16;
        if (!(is_8 && (flags & LN_TF_WIDE_8)) && !(is_16 && (flags & LN_TF_WIDE_16)))
            continue;
        narrow = type;
        in[i].id = ln_emit_cast(op->e, in[i].id, kTfLiteInt32);
    }
    if (narrow != kTfLiteNoType)
        op->in = in;
    return narrow;
}

/* Back to what it was; as in TensorFlow, what does not fit wraps around. */
static void narrow_results(ln_tf_op *op, TfLiteType type)
{
    for (int i = 0; i < op->n_out; i++)
        if (op->out[i].kind == LN_TF_TENSOR && ln_emit_type(op->e, op->out[i].id) == kTfLiteInt32)
            op->out[i].id = ln_emit_cast(op->e, op->out[i].id, type);
}

/* What the table cannot do (a type, an attribute) may still be TensorFlow's own operator: then what
 * the row began is taken back. */
static void translate_row(ln_tf_op *op)
{
    const int nodes = op->e->g->n_nodes;
    const ln_tf_value *in = op->in;
    const TfLiteType narrow = widen(op);
    op->node->row->make(op);
    const bool other = op->tf->o->select_tf_ops || op->tf->o->allow_custom_ops;
    const unsigned never = LN_TF_EFFECT | LN_TF_FUNCTIONS;
    if (ln_emit_ok(op->e) && narrow != kTfLiteNoType)
        narrow_results(op, narrow);
    if (ln_emit_ok(op->e) || !other || (op->node->row->flags & never) || op->n_in == 0 ||
        (op->e->status != LN_ERR_UNSUPPORTED && op->e->status != LN_ERR_ARGUMENT))
        return;
    op->e->status = LN_OK;
    op->e->g->n_nodes = nodes;
    op->n_out = 0;
    op->in = in;
    ln_tf_foreign(op);
}

/* What is made from values of a branch is of that branch, the innermost one. */
static void keep_branch(ln_tf_op *op)
{
    const ln_tf_branch *deep = NULL;
    for (int i = 0; i < op->n_in; i++)
        if (op->in[i].branch && (!deep || op->in[i].branch->depth > deep->depth))
            deep = op->in[i].branch;
    for (int i = 0; i < op->n_out && deep && !op->joined; i++)
        if (!op->out[i].branch || op->out[i].branch->depth < deep->depth)
            op->out[i].branch = deep;
}

static bool translate(ln_tf_scope *s, int at)
{
    ln_tf *tf = s->tf;
    const ln_tf_node *node = &s->g->nodes[at];
    ln_tf_op op = {.tf = tf, .scope = s, .e = s->e, .node = node, .n_in = node->n_in};
    ln_tf_value *in = ln_arena_new(&tf->m->arena, (size_t)node->n_in + 1, sizeof *in);
    if (!in || --tf->budget < 0) {
        ln_emit_fail(s->e, LN_ERR_UNSUPPORTED, "the graph is too large once its calls are inlined");
        return false;
    }
    for (int i = 0; i < node->n_in; i++)
        in[i] = ln_tf_scope_get(s, node->in[i]);
    op.in = in;
    ln_emit_at(s->e, node->def->name);
    const int own =
        node->row ? -1 : ln_names_get(&tf->function_names, node->def->op, strlen(node->def->op));
    if (ln_foreign_known(tf->o->foreign, node->def->op))
        ln_tf_foreign(&op);
    else if (own >= 0)
        ln_tf_call_function(&op, ln_tf_function(tf, node->def->op));
    else if (node->row)
        translate_row(&op);
    else
        ln_tf_foreign(&op);
    keep_branch(&op);
    return ln_emit_ok(s->e) && ln_tf_scope_set(s, at, op.out, op.n_out);
}

bool ln_tf_scope_run(ln_tf_scope *s)
{
    for (int i = 0; i < s->g->n_order && ln_emit_ok(s->e); i++)
        if (!s->values[s->g->order[i]] && !translate(s, s->g->order[i]))
            return false;
    return ln_emit_ok(s->e);
}

bool ln_tf_call(ln_tf *tf, ln_emit *e, const ln_tf_graph *g, const ln_tf_value *args, int n_args,
                ln_tf_value *out)
{
    ln_tf_scope s;
    if (n_args != g->n_args || tf->depth >= LN_TF_MAX_DEPTH) {
        ln_emit_fail(e, LN_ERR_FORMAT, "%s takes %d arguments, not %d, or calls nest too deep",
                     g->name, g->n_args, n_args);
        return false;
    }
    if (ln_tf_scope_open(&s, tf, e, g, args, n_args) != LN_OK) {
        ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    tf->depth++;
    const bool done = ln_tf_scope_run(&s);
    tf->depth--;
    for (int i = 0; done && i < g->n_ret; i++)
        out[i] = ln_tf_scope_get(&s, g->ret[i]);
    return done;
}

/* ---- for rows ---- */

ln_id ln_tf_in(ln_tf_op *op, int i)
{
    if (i >= op->n_in)
        return ln_emit_fail(op->e, LN_ERR_FORMAT, "%s has no input %d", op->node->def->op, i);
    if (op->in[i].kind == LN_TF_LIST && op->in[i].id >= 0)
        return op->in[i].id;
    if (op->in[i].kind == LN_TF_VARIABLE) /* a reference, of TensorFlow 1 */
        return ln_tf_variable_read(op->tf, op->e, op->in[i].object);
    if (op->in[i].kind != LN_TF_TENSOR)
        return ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "input %d of %s is no tensor", i,
                            op->node->def->op);
    return op->in[i].id;
}

void ln_tf_give(ln_tf_op *op, int i, ln_tf_value value)
{
    if (!ln_emit_ok(op->e))
        return;
    if (i >= op->room) {
        ln_tf_value *more = ln_arena_new(&op->tf->m->arena, 2 * (size_t)i + 2, sizeof *more);
        if (!more) {
            ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
            return;
        }
        if (op->n_out)
            memcpy(more, op->out, (size_t)op->n_out * sizeof *more);
        op->out = more;
        op->room = 2 * i + 2;
    }
    op->n_out = LN_MAX(op->n_out, i + 1);
    op->out[i] = value;
}

void ln_tf_out(ln_tf_op *op, int i, ln_id id)
{
    ln_tf_give(op, i, (ln_tf_value){.kind = LN_TF_TENSOR, .id = id});
}

ln_id ln_tf_share(ln_emit *e, const ln_graph *from, ln_id id)
{
    ln_id to;
    if (!ln_emit_ok(e) || from == e->g)
        return ln_emit_ok(e) ? id : -1;
    const ln_tensor source = from->tensors[id];
    const ln_shape s = ln_shape_of(&source.t);
    if (ln_graph_add_tensor(e->m, e->g, source.t.name, source.t.type, s.rank, s.dim, &to) != LN_OK)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    ln_tensor *t = &e->g->tensors[to];
    t->buffer = source.buffer;
    t->t.data = source.t.data;
    t->t.bytes = source.t.bytes;
    t->t.allocation_type = source.t.allocation_type;
    return to;
}

void ln_tf_same(ln_tf_op *op)
{
    ln_id *in = ln_arena_new(&op->e->m->arena, (size_t)op->n_in + 1, sizeof *in);
    if (!in) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    for (int i = 0; i < op->n_in; i++)
        in[i] = ln_tf_in(op, i);
    ln_tf_out(op, 0, ln_emit_nary(op->e, op->node->row->to, NULL, op->n_in, in));
}

bool ln_tf_ints(ln_tf_op *op, int i, int max, int *values, int *n)
{
    if (ln_emit_read_ints(op->e, ln_tf_in(op, i), max, values, n))
        return true;
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "input %d of %s is no constant of at most %d integers",
                 i, op->node->def->op, max);
    return false;
}

bool ln_tf_axis(ln_tf_op *op, int i, int of, int *axis)
{
    const int rank = ln_emit_shape(op->e, ln_tf_in(op, of)).rank;
    int n;
    if (!ln_tf_ints(op, i, 1, axis, &n))
        return false;
    if (rank < 0) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the rank of an input of %s is not known",
                     op->node->def->op);
        return false;
    }
    *axis += *axis < 0 ? rank : 0;
    if (n == 1 && *axis >= 0 && *axis < rank)
        return true;
    ln_emit_fail(op->e, LN_ERR_FORMAT, "axis %d of %s does not exist", *axis, op->node->def->op);
    return false;
}
