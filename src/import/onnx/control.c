/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: If as IF, or as the branch that a constant chooses; Loop as its body so many times, or
 * as WHILE; Scan as its body so many times.  What a loop collects in a WHILE grows by
 * CONCATENATION. */
#include <string.h>

#include "import/onnx/inner.h"

enum { MOST_VALUES = 64, MOST_TURNS = 1 << 10, MOST_COPIES = 1 << 12 };

static const Onnx__GraphProto *graph_of(ln_ox *o, const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    if (!a || !a->g)
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "there is no graph '%s'", name);
    return a ? a->g : NULL;
}

/* The value of a constant bool; false when it is none. */
static bool known_bool(ln_ox *o, ln_id id, bool *value)
{
    double v;
    if (id < 0 || !ln_emit_read_number(&o->e, id, &v))
        return false;
    *value = v != 0;
    return true;
}

/* ---- If ---- */

/* A shape that holds both. */
static bool widen(ln_shape *s, const ln_shape *other)
{
    bool changed = false;
    if (s->rank != other->rank) {
        changed = s->rank >= 0;
        s->rank = -1;
    }
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] != other->dim[i] && s->dim[i] >= 0) {
            s->dim[i] = -1;
            changed = true;
        }
    return changed;
}

static int branch(ln_ox *o, const Onnx__GraphProto *g, const ln_ox_captures *c, int n_out,
                  ln_made *made)
{
    ln_ox_inner in;
    ln_ox_value *out[MOST_VALUES] = {0};
    if (!ln_ox_inner_begin(o, "branch", &in))
        return -1;
    ln_ox_inner_captures(o, c, true);
    ln_ox_inline(o, g, 0, NULL, n_out, out);
    for (int i = 0; i < n_out && ln_ox_ok(o); i++) {
        const ln_id id = ln_ox_plain(o, out[i]);
        made[i] = (ln_made){ln_emit_type(&o->e, id), ln_emit_shape(&o->e, id)};
        ln_ox_inner_output(o, id);
    }
    ln_ox_inner_end(o, &in);
    return in.graph;
}

static void emit_if(ln_ox *o, const ln_ox_node *n, ln_id condition, const Onnx__GraphProto *yes,
                    const Onnx__GraphProto *no)
{
    ln_ox_captures *c = ln_arena_new(&o->m->arena, 1, sizeof *c);
    ln_made made[MOST_VALUES] = {0}, other[MOST_VALUES] = {0};
    ln_id in[LN_OX_MAX_CAPTURES + 1] = {condition}, out[MOST_VALUES];
    int n_in = 1;
    const int n_out = ln_ox_n_out(n);
    if (!c) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    ln_ox_capture(o, yes, c);
    ln_ox_capture(o, no, c);
    TfLiteIfParams p;
    p.then_subgraph_index = branch(o, yes, c, n_out, made);
    p.else_subgraph_index = branch(o, no, c, n_out, other);
    for (int i = 0; i < n_out; i++)
        (void)widen(&made[i].shape, &other[i].shape);
    for (int i = 0; i < c->n; i++)
        if (!c->constants[i])
            in[n_in++] = c->values[i]->id;
    const ln_emit_call call = {
        .op = &ln_op_if, .params = &p, .in = in, .n_in = n_in, .n_out = n_out, .hints = made};
    if (ln_ox_ok(o) && ln_emit_node(&o->e, &call, out))
        for (int i = 0; i < n_out; i++)
            ln_ox_out(o, n, i, out[i]);
}

void ln_ox_if(ln_ox *o, const ln_ox_node *n)
{
    const Onnx__GraphProto *yes = graph_of(o, n, "then_branch"),
                           *no = graph_of(o, n, "else_branch");
    const ln_id condition = ln_ox_in_id(o, n, 0);
    const int n_out = ln_ox_n_out(n);
    ln_ox_value *out[MOST_VALUES] = {0};
    bool value;
    if (!ln_ox_ok(o) || !yes || !no)
        return;
    if (n_out > MOST_VALUES || n_out < 1) {
        LN_OX_FAIL(o, "%d outputs", n_out);
        return;
    }
    if (!known_bool(o, condition, &value)) {
        emit_if(o, n, condition, yes, no);
        return;
    }
    ln_ox_inline(o, value ? yes : no, 0, NULL, n_out, out);
    for (int i = 0; i < n_out && ln_ox_ok(o); i++)
        ln_ox_out_value(o, n, i, out[i]);
}

/* ---- Loop ---- */

typedef struct loop {
    const ln_ox_node *n;
    const Onnx__GraphProto *body;
    int n_states, n_scans;
    ln_id limit, condition; /* -1: none */
    ln_ox_value *states[MOST_VALUES];
} loop;

static bool read_loop(ln_ox *o, const ln_ox_node *n, loop *l)
{
    *l = (loop){.n = n, .body = graph_of(o, n, "body"), .n_states = LN_MAX(ln_ox_n_in(n) - 2, 0)};
    if (!l->body)
        return false;
    l->limit = ln_ox_in_id(o, n, 0);
    l->condition = ln_ox_in_id(o, n, 1);
    l->n_scans = (int)l->body->n_output - 1 - l->n_states;
    if (l->n_states > MOST_VALUES - 3 || l->n_scans < 0 || l->n_scans > MOST_VALUES ||
        l->body->n_input != (size_t)l->n_states + 2 || ln_ox_n_out(n) > l->n_states + l->n_scans) {
        LN_OX_FAIL(o, "a body with %zu inputs and %zu outputs for %d states", l->body->n_input,
                   l->body->n_output, l->n_states);
        return false;
    }
    for (int i = 0; i < l->n_states && ln_ox_ok(o); i++) {
        l->states[i] = ln_ox_in_any(o, n, 2 + i);
        if (!l->states[i])
            LN_OX_FAIL(o, "state %d is missing", i);
    }
    return ln_ox_ok(o);
}

static const Onnx__NodeProto *maker_in(const Onnx__GraphProto *g, const char *name)
{
    for (size_t i = 0; i < g->n_node; i++)
        if (g->node[i]->n_output && strcmp(g->node[i]->output[0], name) == 0)
            return g->node[i]->op_type ? g->node[i] : NULL;
    return NULL;
}

static bool is_true(const Onnx__NodeProto *constant)
{
    const Onnx__TensorProto *t = constant->n_attribute ? constant->attribute[0]->t : NULL;
    return t && ((t->has_raw_data && t->raw_data.len == 1 && t->raw_data.data[0]) ||
                 (t->n_int32_data == 1 && t->int32_data[0]));
}

/* The condition that the body gives is the one it gets, or a constant true. */
static bool goes_on(const Onnx__GraphProto *body)
{
    const char *name = body->output[0]->name, *given = body->input[1]->name;
    for (size_t guard = 0; name && guard <= body->n_node; guard++) {
        if (given && strcmp(name, given) == 0)
            return true;
        const Onnx__NodeProto *maker = maker_in(body, name);
        if (maker && strcmp(maker->op_type, "Constant") == 0)
            return is_true(maker);
        if (!maker || !maker->n_input ||
            (strcmp(maker->op_type, "Identity") != 0 && strcmp(maker->op_type, "Cast") != 0))
            return false;
        name = maker->input[0];
    }
    return false;
}

static ln_ox_value *plain_value(ln_ox *o, ln_id id)
{
    const ln_ox_layout at = ln_ox_plain_layout(ln_emit_shape(&o->e, id).rank);
    return ln_ox_value_new(o, id, &at);
}

static ln_ox_value *number(ln_ox *o, TfLiteType type, double v)
{
    return plain_value(o, ln_emit_number(&o->e, type, v));
}

/* Scan outputs of an unrolled loop. */
static void out_collected(ln_ox *o, const ln_ox_node *n, int i, int axis, int turns, const ln_id *y)
{
    const TfLitePackParams p = {.values_count = turns, .axis = axis};
    if (!ln_ox_has_out(n, i) || !ln_ox_ok(o))
        return;
    ln_ox_out(o, n, i, ln_emit_nary(&o->e, &ln_op_pack, &p, turns, y));
}

/* The body again and again, at most so many times, and while its condition is a constant true;
 * false: there is more to do, or the condition is computed.  `last`: `most` is the loop's limit. */
static bool unroll(ln_ox *o, const loop *l, int most, bool last)
{
    ln_ox_value *in[MOST_VALUES], *out[2 * MOST_VALUES], *states[MOST_VALUES];
    ln_id *all = ln_arena_new(&o->m->arena, (size_t)(l->n_scans * most) + 1, sizeof *all);
    const int n_out = 1 + l->n_states + l->n_scans, before = o->n_nodes;
    const bool forever = goes_on(l->body);
    bool more = true;
    int t = 0;
    if (!all)
        return (void)ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory"), false;
    memcpy(states, l->states, sizeof states);
    for (; t < most && more && o->n_nodes - before <= MOST_COPIES; t++) {
        in[0] = number(o, kTfLiteInt64, t);
        in[1] = number(o, kTfLiteBool, 1);
        memcpy(in + 2, states, sizeof *in * (size_t)l->n_states);
        ln_ox_inline(o, l->body, l->n_states + 2, in, n_out, out);
        for (int i = 0; i < l->n_scans && ln_ox_ok(o); i++)
            all[i * most + t] = ln_ox_plain(o, out[1 + l->n_states + i]);
        if (!ln_ox_ok(o) || (!forever && !known_bool(o, ln_ox_plain(o, out[0]), &more)))
            return false;
        memcpy(states, out + 1, sizeof *out * (size_t)l->n_states);
    }
    if (more && !(last && t == most))
        return false;
    for (int i = 0; i < l->n_states && ln_ox_ok(o); i++)
        ln_ox_out_value(o, l->n, i, states[i]);
    for (int i = 0; i < l->n_scans; i++)
        out_collected(o, l->n, l->n_states + i, 0, t, all + i * most);
    return true;
}

/* ---- WHILE ---- */

/* What goes around: counter, limit, condition, states, collected outputs, captured values. */
typedef struct ring {
    int n, n_vars; /* n_vars: without what is captured */
    ln_id in[MOST_VALUES * 2 + LN_OX_MAX_CAPTURES];
    ln_made made[MOST_VALUES * 2 + LN_OX_MAX_CAPTURES];
    ln_shape items[MOST_VALUES]; /* of what is collected, of one turn */
} ring;

static void add(ln_ox *o, ring *r, ln_id id)
{
    r->in[r->n] = id;
    r->made[r->n++] = (ln_made){ln_emit_type(&o->e, id), ln_emit_shape(&o->e, id)};
}

/* What is collected so far [k, ...] in the shape of items like this one, whose dimensions are open:
 * before the first turn, when nothing is there, they are not yet right. */
static ln_id like_items(ln_ox *o, ln_id so_far, ln_id item)
{
    ln_ox_dim dims[LN_MAX_RANK] = {LN_OX_NUMBER(-1)};
    const int rank = ln_emit_shape(&o->e, item).rank;
    for (int i = 0; i < rank; i++)
        dims[1 + i] = LN_OX_DIM_OF(item, i);
    return ln_ox_reshape_by(o, so_far, rank + 1, dims);
}

/* What is collected so far and one more; false when its type and rank were not known yet. */
static bool collect(ln_ox *o, ring *r, int i, int k, ln_id so_far, ln_id id)
{
    const ln_made item = {ln_emit_type(&o->e, id), ln_emit_shape(&o->e, id)};
    if (r->made[k].type != item.type || r->items[i].rank != item.shape.rank) {
        r->items[i] = item.shape;
        r->made[k].type = item.type;
        r->made[k].shape = (ln_shape){.rank = item.shape.rank + 1, .dim = {-1}};
        memcpy(r->made[k].shape.dim + 1, item.shape.dim, sizeof(int) * (LN_MAX_RANK - 1));
        return false;
    }
    const ln_id one = ln_emit_expand_dims(&o->e, id, 0);
    const ln_id parts[] = {ln_shape_known(&item.shape) ? so_far : like_items(o, so_far, id), one};
    ln_ox_inner_output(o, ln_emit_concat(&o->e, 2, parts, 0));
    return true;
}

/* The outputs of the body's graph; true when it must be made again for wider shapes. */
static bool body_outputs(ln_ox *o, const loop *l, ring *r, const ln_id *ids,
                         ln_ox_value *const *out)
{
    bool again = false;
    if (ln_ox_ok(o)) {
        ln_ox_inner_output(o, ln_ox_add(o, ids[0], ln_emit_number(&o->e, kTfLiteInt64, 1)));
        ln_ox_inner_output(o, ids[1]);
    }
    for (int i = 0; i < 1 + l->n_states && ln_ox_ok(o); i++) {
        const ln_id id = ln_ox_plain(o, out[i]);
        const ln_shape s = ln_emit_shape(&o->e, id);
        again = (i > 0 && widen(&r->made[2 + i].shape, &s)) || again;
        ln_ox_inner_output(o, i ? id : ln_ox_reshape(o, id, 0, NULL));
    }
    for (int i = 0; i < l->n_scans && ln_ox_ok(o); i++) {
        const int k = 3 + l->n_states + i;
        again = !collect(o, r, i, k, ids[k], ln_ox_plain(o, out[1 + l->n_states + i])) || again;
    }
    return again;
}

/* The body; true when a state turned out to have no fixed shape, and it must be made again. */
static bool while_body(ln_ox *o, const loop *l, const ln_ox_captures *c, ring *r, int *graph)
{
    ln_ox_inner inner;
    ln_ox_value *in[MOST_VALUES], *out[2 * MOST_VALUES] = {0};
    ln_id ids[MOST_VALUES * 2];
    const int n_own = 3 + l->n_states + l->n_scans;
    if (!ln_ox_inner_begin(o, "body", &inner))
        return false;
    *graph = inner.graph;
    for (int i = 0; i < n_own; i++)
        ids[i] = ln_emit_input(&o->e, i < 3 + l->n_states ? "state" : "collected", r->made[i].type,
                               &r->made[i].shape);
    in[0] = plain_value(o, ids[0]);
    for (int i = 0; i < 1 + l->n_states; i++)
        in[1 + i] = plain_value(o, ids[2 + i]);
    ln_ox_inner_captures(o, c, true);
    ln_ox_inline(o, l->body, l->n_states + 2, in, 1 + l->n_states + l->n_scans, out);
    const bool again = body_outputs(o, l, r, ids, out);
    for (int i = 0, k = n_own; i < c->n && ln_ox_ok(o); i++)
        if (!c->constants[i])
            ln_ox_inner_output(o, o->e.g->inputs->data[k++]);
    ln_ox_inner_end(o, &inner);
    return again && ln_ox_ok(o);
}

static int while_condition(ln_ox *o, const ring *r)
{
    ln_ox_inner inner;
    ln_id ids[3];
    if (!ln_ox_inner_begin(o, "condition", &inner))
        return -1;
    for (int i = 0; i < r->n; i++) {
        const ln_id id = ln_emit_input(&o->e, "state", r->made[i].type, &r->made[i].shape);
        if (i < 3)
            ids[i] = id;
    }
    const ln_id more = ln_ox_op2(o, &ln_op_less, ids[0], ids[1]);
    ln_ox_inner_output(o, ln_ox_op2(o, &ln_op_logical_and, more, ids[2]));
    ln_ox_inner_end(o, &inner);
    return inner.graph;
}

/* Nothing collected yet. */
static ln_id empty(ln_ox *o, const ln_made *made)
{
    ln_shape s = made->shape;
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = i ? LN_MAX(s.dim[i], 1) : 0;
    return ln_emit_constant(&o->e, made->type, &s, "", 0, true);
}

static void emit_while(ln_ox *o, loop *l)
{
    ln_ox_captures *c = ln_arena_new(&o->m->arena, 1, sizeof *c);
    ring *r = ln_arena_new(&o->m->arena, 1, sizeof *r);
    ln_id *out = ln_arena_new(&o->m->arena, LN_COUNTOF(r->in), sizeof *out);
    TfLiteWhileParams p = {0};
    if (!c || !r || !out) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    ln_ox_capture(o, l->body, c);
    add(o, r, ln_emit_number(&o->e, kTfLiteInt64, 0));
    add(o, r,
        l->limit >= 0 ? ln_ox_reshape(o, ln_emit_cast(&o->e, l->limit, kTfLiteInt64), 0, NULL)
                      : ln_emit_number(&o->e, kTfLiteInt64, 9e18));
    add(o, r,
        l->condition >= 0 ? ln_ox_reshape(o, l->condition, 0, NULL)
                          : ln_emit_number(&o->e, kTfLiteBool, 1));
    for (int i = 0; i < l->n_states; i++)
        add(o, r, ln_ox_plain(o, l->states[i]));
    for (int i = 0; i < l->n_scans; i++) { /* of a type that the body will say */
        r->items[i].rank = -1;
        r->made[r->n++] = (ln_made){kTfLiteFloat32, {.rank = 1, .dim = {-1}}};
    }
    r->n_vars = r->n;
    for (int i = 0; i < c->n; i++)
        if (!c->constants[i])
            add(o, r, c->values[i]->id);
    const int graphs = o->m->n_graphs;
    for (int turn = 0; while_body(o, l, c, r, &p.body_subgraph_index); turn++) {
        o->m->n_graphs = graphs; /* made for shapes that do not last */
        if (turn == LN_MAX_RANK)
            LN_OX_FAIL(o, "shapes that change in the body");
    }
    p.cond_subgraph_index = while_condition(o, r);
    for (int i = 3 + l->n_states; i < r->n_vars && ln_ox_ok(o); i++)
        r->in[i] = empty(o, &r->made[i]);
    const ln_emit_call call = {.op = &ln_op_while,
                               .params = &p,
                               .in = r->in,
                               .n_in = r->n,
                               .n_out = r->n,
                               .hints = r->made};
    if (ln_ox_ok(o) && ln_emit_node(&o->e, &call, out))
        for (int i = 0; i < l->n_states + l->n_scans; i++)
            ln_ox_out(o, l->n, i, out[3 + i]);
}

/* How often the body may be repeated; 0: it is not. */
static int most_turns(ln_ox *o, const loop *l, bool *last)
{
    double turns = MOST_TURNS;
    bool first = true;
    *last = l->limit >= 0 && ln_emit_read_number(&o->e, l->limit, &turns) && turns <= MOST_TURNS &&
            turns * (double)l->body->n_node <= MOST_COPIES;
    if ((l->limit >= 0 && !*last) || turns < 1 ||
        (l->condition >= 0 && !(known_bool(o, l->condition, &first) && first)) ||
        (l->limit < 0 && goes_on(l->body)))
        return 0;
    return (int)turns;
}

void ln_ox_loop(ln_ox *o, const ln_ox_node *n)
{
    loop l;
    bool last;
    if (!read_loop(o, n, &l))
        return;
    const int most = most_turns(o, &l, &last);
    if (!(most && unroll(o, &l, most, last)))
        emit_while(o, &l);
}

/* ---- Scan ---- */

typedef struct scan {
    const Onnx__GraphProto *body;
    int n_states, n_in, n_out, turns;
    int in_axes[MOST_VALUES], out_axes[MOST_VALUES], in_back[MOST_VALUES], out_back[MOST_VALUES];
} scan;

static bool read_scan(ln_ox *o, const ln_ox_node *n, scan *s)
{
    *s = (scan){.body = graph_of(o, n, "body"), .n_in = ln_ox_int(n, "num_scan_inputs", 0)};
    s->n_states = ln_ox_n_in(n) - s->n_in;
    s->n_out = ln_ox_n_out(n) - s->n_states;
    if (!s->body || n->opset < 9 || s->n_in < 1 || s->n_states < 0 || s->n_out < 0 ||
        ln_ox_n_in(n) > MOST_VALUES || ln_ox_n_out(n) > MOST_VALUES) {
        LN_OX_FAIL(o, "%d scanned inputs, opset %d", s->n_in, n->opset);
        return false;
    }
    (void)ln_ox_ints(n, "scan_input_axes", s->n_in, s->in_axes);
    (void)ln_ox_ints(n, "scan_output_axes", s->n_out, s->out_axes);
    (void)ln_ox_ints(n, "scan_input_directions", s->n_in, s->in_back);
    (void)ln_ox_ints(n, "scan_output_directions", s->n_out, s->out_back);
    for (int i = 0; i < s->n_in; i++) {
        ln_ox_value *v = ln_ox_in(o, n, s->n_states + i);
        if (!v)
            return false;
        const ln_shape shape = ln_ox_shape(o, v);
        s->in_axes[i] += s->in_axes[i] < 0 ? shape.rank : 0;
        if (s->in_axes[i] < 0 || s->in_axes[i] >= shape.rank || shape.dim[s->in_axes[i]] < 1 ||
            (i && shape.dim[s->in_axes[i]] != s->turns)) {
            LN_OX_FAIL(o, "how often it runs has to be known");
            return false;
        }
        s->turns = shape.dim[s->in_axes[i]];
    }
    if (s->turns > MOST_TURNS || (size_t)s->turns * (s->body->n_node + 1) > MOST_COPIES)
        LN_OX_FAIL(o, "%d times is too often to repeat its body", s->turns);
    return ln_ox_ok(o);
}

void ln_ox_scan(ln_ox *o, const ln_ox_node *n)
{
    scan s;
    ln_ox_value *in[MOST_VALUES], *out[MOST_VALUES];
    if (!read_scan(o, n, &s))
        return;
    ln_id *all = ln_arena_new(&o->m->arena, (size_t)(s.n_out * s.turns) + 1, sizeof *all);
    if (!all) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    for (int i = 0; i < s.n_states; i++)
        in[i] = ln_ox_in(o, n, i);
    for (int t = 0; t < s.turns && ln_ox_ok(o); t++) {
        for (int i = 0; i < s.n_in; i++) {
            const int at = s.in_back[i] ? s.turns - 1 - t : t;
            in[s.n_states + i] =
                plain_value(o, ln_emit_gather(&o->e, ln_ox_in_id(o, n, s.n_states + i),
                                              ln_emit_int(&o->e, at), s.in_axes[i]));
        }
        ln_ox_inline(o, s.body, s.n_states + s.n_in, in, s.n_states + s.n_out, out);
        for (int i = 0; i < s.n_out && ln_ox_ok(o); i++)
            all[i * s.turns + (s.out_back[i] ? s.turns - 1 - t : t)] =
                ln_ox_plain(o, out[s.n_states + i]);
        memcpy(in, out, sizeof *in * (size_t)s.n_states);
    }
    for (int i = 0; i < s.n_states && ln_ox_ok(o); i++)
        ln_ox_out_value(o, n, i, in[i]);
    for (int i = 0; i < s.n_out; i++)
        out_collected(o, n, s.n_states + i, s.out_axes[i], s.turns, all + i * s.turns);
}
