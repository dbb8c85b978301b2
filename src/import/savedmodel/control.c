/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: If, Case and While.  Their functions become graphs of the model.  Such a graph sees
 * nothing of its surroundings: tensors are its inputs; what is known while importing (constants,
 * variables, tables) is used in it directly. */
#include <string.h>

#include "import/savedmodel/tf.h"

/* Each try settles one more value at least: gradients of recurrent layers have many that hang on
 * each other. */
enum { MAX_TRIES = 64 };

/* ---- graphs of functions ---- */

typedef struct body {
    ln_emit e;
    int number; /* of the graph in the model */
    ln_tf_value *args, *results;
    int n_results;
} body;

/* Which arguments are inputs of the graphs: tensors that are not known; `loop` says of each that it
 * changes from turn to turn, then constants are inputs too. */
static bool is_operand(const ln_tf_op *op, const ln_tf_value *v, bool changes)
{
    if (v->kind != LN_TF_TENSOR && v->kind != LN_TF_LIST)
        return false;
    return v->id >= 0 && (changes || !ln_emit_known(op->e, v->id));
}

static ln_tf_value as_input(ln_emit *e, const ln_emit *outer, const ln_tf_value *v,
                            const ln_shape *shape)
{
    ln_tf_value in = *v;
    in.length = -1; /* of the surroundings */
    in.id = ln_emit_input(e, ln_emit_tensor(outer, v->id)->name, ln_emit_type(outer, v->id), shape);
    return in;
}

static bool open_body(ln_tf_op *op, body *b, const ln_tf_graph *g, int n_args)
{
    ln_graph *graph;
    ln_model *m = op->tf->m;
    b->args = ln_arena_new(&m->arena, (size_t)n_args + 1, sizeof *b->args);
    b->results = ln_arena_new(&m->arena, (size_t)g->n_ret + 1, sizeof *b->results);
    b->n_results = g->n_ret;
    if (!b->args || !b->results || ln_model_add_graph(m, g->name, &graph) != LN_OK) {
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    b->number = m->n_graphs - 1;
    ln_emit_init(&b->e, m, graph, op->e->diag);
    b->e.location = op->e->location;
    return true;
}

/* Calls the function in its own graph, with the arguments from `first` on; the failure is the
 * caller's too. */
static bool run_body(ln_tf_op *op, body *b, const ln_tf_graph *g, int first, int n_args)
{
    const bool done = ln_tf_call(op->tf, &b->e, g, b->args + first, n_args - first, b->results);
    if (!done)
        op->e->status = b->e.status;
    return done;
}

/* ---- If, Case ---- */

static bool same_handle(const ln_tf_value *a, const ln_tf_value *b)
{
    return a->kind == b->kind && (a->kind == LN_TF_VARIABLE || a->kind == LN_TF_TABLE) &&
           a->object == b->object;
}

/* The graph of a branch, in which b->args are the values `args` of the surroundings. */
static bool enter_branch(ln_tf_op *op, body *b, const ln_tf_graph *g, const ln_tf_value *args,
                         int n)
{
    if (!open_body(op, b, g, n))
        return false;
    for (int i = 0; i < n; i++) {
        b->args[i] = args[i];
        b->args[i].branch = NULL; /* of the surroundings */
        if (is_operand(op, &args[i], false)) {
            const ln_shape s = ln_emit_shape(op->e, args[i].id);
            b->args[i] = as_input(&b->e, op->e, &args[i], &s);
        } else if (args[i].id >= 0 && args[i].kind == LN_TF_TENSOR) {
            b->args[i].id = ln_tf_share(&b->e, op->e->g, args[i].id);
        }
    }
    return true;
}

static bool run_branch(ln_tf_op *op, body *b, const ln_tf_graph *g, const ln_tf_value *args, int n)
{
    return enter_branch(op, b, g, args, n) && run_body(op, b, g, 0, n);
}

static void merge(ln_made *made, const ln_emit *e, ln_id id, bool first)
{
    const ln_shape s = ln_emit_shape(e, id);
    made->type = ln_emit_type(e, id);
    if (first)
        made->shape = s;
    else if (s.rank != made->shape.rank)
        made->shape = ln_shape_unknown(-1);
    for (int i = 0; i < made->shape.rank; i++)
        if (made->shape.dim[i] != s.dim[i])
            made->shape.dim[i] = -1;
}

/* The two graphs' outputs: tensors, or handles that both give alike. */
static bool join(ln_tf_op *op, body *yes, body *no, ln_made *made, int *place)
{
    int n = 0;
    for (int i = 0; i < yes->n_results; i++) {
        const ln_tf_value *a = &yes->results[i], *b = &no->results[i];
        place[i] = -1;
        if (same_handle(a, b))
            continue;
        if (a->kind != b->kind || a->id < 0 || b->id < 0) {
            ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "output %d of the branches is no tensor", i);
            return false;
        }
        merge(&made[n], &yes->e, a->id, true);
        merge(&made[n], &no->e, b->id, false);
        ln_emit_output(&yes->e, a->id);
        ln_emit_output(&no->e, b->id);
        place[i] = n++;
    }
    return true;
}

/* The IF node behind `condition`, whose operands are the tensors among args. */
static void emit_if(ln_tf_op *op, ln_id condition, body *yes, body *no, const ln_tf_value *args,
                    int n_args)
{
    ln_arena *arena = &op->tf->m->arena;
    const size_t n = (size_t)yes->n_results + 1;
    ln_made *made = ln_arena_new(arena, n, sizeof *made);
    int *place = ln_arena_new(arena, n, sizeof *place);
    ln_id *out = ln_arena_new(arena, n, sizeof *out);
    ln_id *in = ln_arena_new(arena, (size_t)n_args + 1, sizeof *in);
    if (!made || !place || !out || !in || !join(op, yes, no, made, place))
        return;
    const TfLiteIfParams p = {yes->number, no->number};
    ln_emit_call call = {.op = &ln_op_if, .params = &p, .in = in, .n_in = 1, .hints = made};
    in[0] = condition;
    for (int i = 0; i < n_args; i++)
        if (is_operand(op, &args[i], false))
            in[call.n_in++] = args[i].id;
    for (int i = 0; i < yes->n_results; i++)
        call.n_out += place[i] >= 0;
    if (!ln_emit_node(op->e, &call, out))
        return;
    for (int i = 0; i < yes->n_results; i++) {
        ln_tf_value v = yes->results[i];
        v.id = place[i] < 0 ? -1 : out[place[i]];
        ln_tf_give(op, i, v);
    }
}

static void inline_branch(ln_tf_op *op, const ln_tf_graph *g)
{
    ln_tf_value *out = ln_arena_new(&op->tf->m->arena, (size_t)g->n_ret + 1, sizeof *out);
    if (out && ln_tf_call(op->tf, op->e, g, op->in + 1, op->n_in - 1, out))
        for (int i = 0; i < g->n_ret; i++)
            ln_tf_give(op, i, out[i]);
}

/* A number, or anything that is not empty, counts as true. */
static ln_id truth(ln_tf_op *op)
{
    const ln_id c = ln_tf_in(op, 0);
    if (ln_emit_type(op->e, c) == kTfLiteBool)
        return c;
    return ln_emit_binary(op->e, &ln_op_not_equal, NULL, c,
                          ln_emit_number(op->e, ln_emit_type(op->e, c), 0));
}

void ln_tf_if(ln_tf_op *op)
{
    const ln_tf_graph *yes = ln_tf_attr_function(op, "then_branch"),
                      *no = ln_tf_attr_function(op, "else_branch");
    body a, b;
    double known;
    if (!yes || !no)
        return;
    const ln_id condition = truth(op);
    const TfLiteTensor *t = ln_emit_tensor(op->e, condition);
    if (yes->n_ret != no->n_ret)
        ln_emit_fail(op->e, LN_ERR_FORMAT, "the branches give %d and %d values", yes->n_ret,
                     no->n_ret);
    else if (ln_emit_read_number(op->e, condition, &known))
        inline_branch(op, t->data.b[0] ? yes : no);
    else if (run_branch(op, &a, yes, op->in + 1, op->n_in - 1) &&
             run_branch(op, &b, no, op->in + 1, op->n_in - 1))
        emit_if(op, condition, &a, &b, op->in + 1, op->n_in - 1);
}

enum { MAX_BRANCHES = 64 };

static void make_case(ln_tf_op *op, const Tf__AttrValue *v, int k);

/* The branches from k on, in the graph of the side where the number is none before. */
static bool run_others(ln_tf_op *op, body *b, const Tf__AttrValue *v, int k)
{
    ln_tf_op inner = *op;
    inner.e = &b->e;
    inner.in = b->args;
    inner.out = NULL;
    inner.n_out = inner.room = 0;
    make_case(&inner, v, k);
    op->e->status = b->e.status;
    b->results = inner.out;
    return ln_emit_ok(op->e) && inner.n_out == b->n_results;
}

/* Branch k of input 0's number, or one behind it; the last one for any other number.  The number
 * goes into both sides, as the sides of an IF take the same values. */
static void make_case(ln_tf_op *op, const Tf__AttrValue *v, int k)
{
    body a, b;
    const ln_tf_graph *g = ln_tf_function(op->tf, v->list->func[k]->name);
    if (!g)
        return;
    if (k + 1 == (int)v->list->n_func) {
        inline_branch(op, g);
        return;
    }
    const ln_id number = ln_tf_in(op, 0);
    const ln_id condition = ln_emit_binary(op->e, &ln_op_equal, NULL, number,
                                           ln_emit_number(op->e, ln_emit_type(op->e, number), k));
    if (enter_branch(op, &a, g, op->in, op->n_in) && run_body(op, &a, g, 1, op->n_in) &&
        enter_branch(op, &b, g, op->in, op->n_in) && run_others(op, &b, v, k + 1))
        emit_if(op, condition, &a, &b, op->in, op->n_in);
}

/* The branch of that number is all that is needed where the number is known. */
void ln_tf_case(ln_tf_op *op)
{
    const Tf__AttrValue *v = ln_tf_attr(op, "branches");
    const int n = v && v->value_case == TF__ATTR_VALUE__VALUE_LIST ? (int)v->list->n_func : 0;
    int chosen, count;
    if (n < 1 || n > MAX_BRANCHES) {
        ln_emit_fail(op->e, LN_ERR_FORMAT, "Case of %d branches", n);
        return;
    }
    if (!ln_emit_read_ints(op->e, ln_tf_in(op, 0), 1, &chosen, &count) || count != 1) {
        make_case(op, v, 0);
        return;
    }
    const int k = chosen < 0 || chosen >= n ? n - 1 : chosen;
    const ln_tf_graph *g = ln_tf_function(op->tf, v->list->func[k]->name);
    if (g)
        inline_branch(op, g);
}

/* ---- While ---- */

typedef struct loop {
    const ln_tf_graph *cond, *turn;
    ln_tf_value *start; /* the arguments, with lists made tensors */
    ln_shape *shapes;   /* of operands, as far as they stay the same */
    bool *operand;
    int n, changing; /* the last one whose shape was not settled */
    body test, work;
} loop;

/* The body hands argument i on as it is. */
static bool invariant(const ln_tf_graph *g, int i)
{
    ln_tf_ref r = g->ret[i];
    for (int k = 0; k < 16 && r.node >= 0; k++) {
        if (strcmp(g->nodes[r.node].def->op, "Identity") != 0 || g->nodes[r.node].n_in < 1)
            return false;
        r = g->nodes[r.node].in[0];
    }
    return r.node == -1 - i;
}

static bool run_part(ln_tf_op *op, loop *l, body *b, const ln_tf_graph *g)
{
    if (!open_body(op, b, g, l->n))
        return false;
    for (int i = 0; i < l->n; i++) {
        b->args[i] = l->start[i];
        b->args[i].branch = NULL;
        if (l->operand[i])
            b->args[i] = as_input(&b->e, op->e, &l->start[i], &l->shapes[i]);
        else if (l->start[i].id >= 0)
            b->args[i].id = ln_tf_share(&b->e, op->e->g, l->start[i].id);
        else
            b->args[i].length = -1; /* an open list: its length is not of this graph */
    }
    return run_body(op, b, g, 0, l->n);
}

/* A tensor of the loop that looks like an item: a recurrent layer puts its state into the list, and
 * with an open batch only that tells the batch's size.  Should it be another one after all, putting
 * an item in fails when the model runs. */
static ln_id like_item(const ln_tf_op *op, const loop *l, const ln_shape *item)
{
    for (int i = l->n - 1; i >= 0; i--) {
        const ln_shape s = ln_emit_shape(op->e, l->start[i].id);
        if (l->start[i].kind == LN_TF_TENSOR && ln_shape_equal(&s, item))
            return l->start[i].id;
    }
    return -1;
}

/* A list of which only the number of items was known: the body has shown what is put into it. */
static bool learn_list(ln_tf_op *op, loop *l, int i)
{
    const ln_tf_value *after = &l->work.results[i];
    if (l->start[i].kind != LN_TF_LIST || l->start[i].id >= 0 || after->kind != LN_TF_LIST ||
        after->item.type == kTfLiteNoType)
        return false;
    l->start[i].item = after->item;
    ln_tf_list_fill(op, &l->start[i], like_item(op, l, &after->item.shape));
    l->operand[i] = true;
    l->shapes[i] = ln_emit_shape(op->e, l->start[i].id);
    return true;
}

/* What differs after a turn is not known before one.  False when nothing had to be changed. */
static bool adapt(ln_tf_op *op, loop *l)
{
    bool changed = false;
    for (int i = 0; i < l->n && ln_emit_ok(op->e); i++) {
        if (learn_list(op, l, i)) {
            changed = true;
            l->changing = i;
        }
        if (!l->operand[i] || l->work.results[i].id < 0 || changed)
            continue;
        const ln_shape s = ln_emit_shape(&l->work.e, l->work.results[i].id);
        if (s.rank != l->shapes[i].rank && l->shapes[i].rank >= 0) {
            l->shapes[i] = ln_shape_unknown(-1);
            changed = true;
            l->changing = i;
        }
        for (int k = 0; k < l->shapes[i].rank; k++)
            if (l->shapes[i].dim[k] >= 0 && s.dim[k] != l->shapes[i].dim[k]) {
                l->shapes[i].dim[k] = -1;
                changed = true;
                l->changing = i;
            }
    }
    return changed;
}

static bool translate(ln_tf_op *op, loop *l)
{
    const int graphs = op->tf->m->n_graphs;
    for (int k = 0; k < MAX_TRIES; k++) {
        op->tf->m->n_graphs = graphs; /* what an earlier try has made is not used */
        if (!run_part(op, l, &l->test, l->cond) || !run_part(op, l, &l->work, l->turn))
            return false;
        if (!adapt(op, l))
            return ln_emit_ok(op->e);
    }
    ln_emit_fail(
        op->e, LN_ERR_UNSUPPORTED,
        "a loop whose shapes do not settle in %d tries; the last to change is %s of %s. Give "
        "the inputs fixed shapes, or do without the loop: a recurrent layer of Keras with "
        "unroll=True",
        (int)MAX_TRIES, l->turn->fn->signature->input_arg[l->changing]->name, l->turn->name);
    return false;
}

static void emit_while(ln_tf_op *op, loop *l)
{
    ln_arena *arena = &op->tf->m->arena;
    ln_id *in = ln_arena_new(arena, (size_t)l->n + 1, sizeof *in);
    ln_id *out = ln_arena_new(arena, (size_t)l->n + 1, sizeof *out);
    ln_made *made = ln_arena_new(arena, (size_t)l->n + 1, sizeof *made);
    const TfLiteWhileParams p = {l->test.number, l->work.number};
    ln_emit_call call = {.op = &ln_op_while, .params = &p, .in = in, .hints = made};
    if (!in || !out || !made)
        return;
    ln_emit_output(&l->test.e, l->test.results[0].id);
    for (int i = 0; i < l->n; i++) {
        if (!l->operand[i])
            continue;
        ln_emit_output(&l->work.e, l->work.results[i].id);
        made[call.n_in] = (ln_made){ln_emit_type(op->e, l->start[i].id), l->shapes[i]};
        in[call.n_in++] = l->start[i].id;
    }
    call.n_out = call.n_in;
    if (!ln_emit_ok(&l->work.e) || !ln_emit_ok(&l->test.e))
        op->e->status = LN_ERR_UNSUPPORTED;
    else if (ln_emit_node(op->e, &call, out))
        for (int i = 0, at = 0; i < l->n; i++) {
            ln_tf_value v = l->start[i];
            v.id = l->operand[i] ? out[at++] : v.id;
            ln_tf_give(op, i, v);
        }
}

void ln_tf_while(ln_tf_op *op)
{
    ln_arena *arena = &op->tf->m->arena;
    loop l = {.cond = ln_tf_attr_function(op, "cond"),
              .turn = ln_tf_attr_function(op, "body"),
              .n = op->n_in};
    l.start = ln_arena_copy(arena, op->in, (size_t)(l.n + 1) * sizeof *l.start);
    l.shapes = ln_arena_new(arena, (size_t)l.n + 1, sizeof *l.shapes);
    l.operand = ln_arena_new(arena, (size_t)l.n + 1, sizeof *l.operand);
    if (!l.cond || !l.turn || !l.start || !l.shapes || !l.operand)
        return;
    if (l.turn->n_ret != l.n || l.cond->n_ret != 1) {
        ln_emit_fail(op->e, LN_ERR_FORMAT, "a loop of %d values, whose body gives %d", l.n,
                     l.turn->n_ret);
        return;
    }
    for (int i = 0; i < l.n; i++) {
        l.operand[i] = is_operand(op, &op->in[i], !invariant(l.turn, i));
        if (l.operand[i])
            l.shapes[i] = ln_emit_shape(op->e, op->in[i].id);
    }
    if (translate(op, &l))
        emit_while(op, &l);
}
