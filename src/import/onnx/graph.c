/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: graphs, nodes and functions in order.  A function's body takes the place of the node
 * that calls it. */
#include <stdio.h>
#include <string.h>

#include "import/onnx/onnx.h"

enum { MAX_DEPTH = 32, MAX_NODES = 1 << 18, OLDEST_OPSET = 7, MAX_LOCATION = 200 };

static bool is_own(const char *domain)
{
    return !domain || !*domain || strcmp(domain, "ai.onnx") == 0;
}

static bool same_domain(const char *a, const char *b)
{
    return is_own(a) ? is_own(b) : !is_own(b) && strcmp(a, b) == 0;
}

static int opset_in(size_t n, Onnx__OperatorSetIdProto *const *sets, const char *domain)
{
    for (size_t i = 0; i < n; i++)
        if (same_domain(sets[i]->domain, domain))
            return sets[i]->version > INT32_MAX ? INT32_MAX : (int)sets[i]->version;
    return 0;
}

int ln_ox_opset(const ln_ox *o, const char *domain)
{
    return opset_in(o->proto->n_opset_import, o->proto->opset_import, domain);
}

void ln_ox_full_name(const Onnx__NodeProto *p, char *text, size_t room)
{
    const char *op = p->op_type ? p->op_type : "";
    if (is_own(p->domain))
        snprintf(text, room, "%s", op);
    else
        snprintf(text, room, "%s:%s", p->domain, op);
}

static int find_function(const ln_ox *o, const Onnx__NodeProto *p)
{
    for (size_t i = 0; i < o->proto->n_functions; i++) {
        const Onnx__FunctionProto *f = o->proto->functions[i];
        if (f->name && p->op_type && strcmp(f->name, p->op_type) == 0 &&
            same_domain(f->domain, p->domain))
            return (int)i;
    }
    return -1;
}

/* What a message calls a node: its name, else its first output. */
static const char *location_of(const Onnx__NodeProto *p)
{
    if (p->name && *p->name)
        return p->name;
    return p->n_output && *p->output[0] ? p->output[0] : p->op_type ? p->op_type : "a node";
}

/* ---- survey ---- */

static ln_status survey_nodes(ln_ox *o, size_t n, Onnx__NodeProto *const *nodes, int opset);

static ln_status survey_function(ln_ox *o, int i)
{
    const Onnx__FunctionProto *f = o->proto->functions[i];
    if (o->surveyed[i])
        return LN_OK;
    o->surveyed[i] = true;
    return survey_nodes(o, f->n_node, f->node, opset_in(f->n_opset_import, f->opset_import, ""));
}

/* Whether the row's function is what translates the node: not where it would need operators that
 * nobody asked for. */
static bool is_translated(const ln_ox *o, const ln_ox_row *row)
{
    return row && row->fn && (row->fate != LN_FATE_FLEX || o->options->select_tf_ops);
}

static ln_status survey_node(ln_ox *o, const Onnx__NodeProto *p, int opset)
{
    char name[MAX_LOCATION], cure[MAX_LOCATION];
    const char *op = p->op_type ? p->op_type : "";
    const ln_ox_row *row = ln_ox_find(p->domain, op);
    ln_ox_full_name(p, name, sizeof name);
    ln_finding f = {
        .op = name, .location = location_of(p), .fate = ln_fate_foreign(o->options, name, op)};
    for (size_t i = 0; i < p->n_attribute; i++)
        if (p->attribute[i]->g)
            LN_TRY(survey_nodes(o, p->attribute[i]->g->n_node, p->attribute[i]->g->node, opset));
    if (ln_foreign_known(o->options->foreign, name))
        return ln_report_add(o->report, &f);
    if (!(row && row->fn) && find_function(o, p) >= 0)
        return survey_function(o, find_function(o, p));
    if (!row && f.fate == LN_FATE_IMPOSSIBLE) {
        f.cure = "no operator of ONNX that is known here: export it as a function; "
                 "--allow-custom-ops, a rule or a function of your own";
    } else if (!is_translated(o, row) && row && f.fate == LN_FATE_IMPOSSIBLE) {
        f.cure = row->fn ? "--select-tf-ops" : row->note;
    } else if (!is_translated(o, row)) {
        return ln_report_add(o->report, &f);
    } else if (is_own(p->domain) && opset < row->since) {
        snprintf(cure, sizeof cure,
                 "opset %d is older than %d: export again, or run "
                 "onnx.version_converter",
                 opset, row->since);
        f.cure = cure;
        f.fate = LN_FATE_IMPOSSIBLE;
    } else {
        f.fate = row->fate;
    }
    return ln_report_add(o->report, &f);
}

static ln_status survey_nodes(ln_ox *o, size_t n, Onnx__NodeProto *const *nodes, int opset)
{
    for (size_t i = 0; i < n; i++)
        LN_TRY(survey_node(o, nodes[i], opset));
    return LN_OK;
}

ln_status ln_ox_survey(ln_ox *o)
{
    const Onnx__GraphProto *g = o->proto->graph;
    o->surveyed = ln_arena_new(&o->m->arena, o->proto->n_functions + 1, sizeof *o->surveyed);
    if (!o->surveyed)
        return LN_ERR_MEMORY;
    LN_TRY(survey_nodes(o, g->n_node, g->node, ln_ox_opset(o, "")));
    return ln_report_check(o->report, o->diag);
}

/* ---- nodes ---- */

static void call_function(ln_ox *o, const ln_ox_node *n, const Onnx__FunctionProto *f)
{
    ln_ox_scope *outer = o->scope, *s = ln_ox_scope_new(o, NULL);
    if (!s)
        return;
    s->call = n;
    s->function = f;
    s->opset = opset_in(f->n_opset_import, f->opset_import, "");
    s->opset = s->opset ? s->opset : outer->opset;
    for (size_t i = 0; i < f->n_input; i++) {
        ln_ox_value *v = ln_ox_in(o, n, (int)i);
        ln_ox_name *name = v ? ln_ox_name_in(o, s, f->input[i]) : NULL;
        if (name)
            name->value = v;
    }
    ln_ox_scope_uses(o, s, f->n_node, f->node);
    for (size_t i = 0; i < f->n_output; i++) {
        ln_ox_name *name = ln_ox_name_in(o, s, f->output[i]);
        if (name) {
            name->uses++;
            name->output = true;
        }
    }
    o->scope = s;
    ln_ox_nodes(o, f->n_node, f->node);
    for (size_t i = 0; i < f->n_output && ln_ox_ok(o); i++)
        if (ln_ox_has_out(n, (int)i))
            ln_ox_out_value(o, n, (int)i, ln_ox_resolve(o, f->output[i]));
    o->scope = outer;
}

static bool enter(ln_ox *o)
{
    if (o->depth == MAX_DEPTH)
        LN_OX_FAIL(o, "functions and graphs nest deeper than %d", (int)MAX_DEPTH);
    o->depth++;
    return ln_ox_ok(o);
}

/* What the file says of an output's shape, where the operators could not tell. */
static void refine(ln_ox *o, const ln_ox_name *name)
{
    const Onnx__TypeProto *type = name->type;
    const ln_ox_value *v = name->value;
    if (!v || v->id < 0 || !type || !type->tensor_type || !type->tensor_type->shape)
        return;
    const Onnx__TensorShapeProto *s = type->tensor_type->shape;
    ln_tensor *t = &o->e.g->tensors[v->id];
    if (s->n_dim > LN_MAX_RANK || (t->has_rank && (size_t)t->t.dims->size != s->n_dim))
        return;
    ln_ox_value *own = name->value;
    if (!t->has_rank) {
        t->t.dims = ln_ints(&o->m->arena, (int)s->n_dim, NULL);
        if (!t->t.dims) {
            ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
            return;
        }
        t->has_rank = true;
        own->at = ln_ox_plain_layout((int)s->n_dim);
        for (size_t i = 0; i < s->n_dim; i++)
            t->t.dims->data[i] = -1;
    }
    for (int i = 0; i < (int)s->n_dim; i++) {
        const Onnx__TensorShapeProto__Dimension *d = s->dim[own->at.dim[i]];
        if (t->t.dims->data[i] < 0 && d->has_dim_value && d->dim_value > 0 &&
            d->dim_value <= INT32_MAX)
            t->t.dims->data[i] = (int)d->dim_value;
    }
}

/* A node whose effect is in an operand already gives that operand. */
static bool is_done(ln_ox *o, const ln_ox_node *n)
{
    for (size_t i = 0; i < n->p->n_input; i++) {
        const ln_ox_name *name = ln_ox_lookup(o->scope, n->p->input[i]);
        const ln_ox_value *v = name ? name->value : NULL;
        if (!v || v->n_done == 0 || v->done[0] != n->p)
            continue;
        ln_ox_value *y = ln_ox_value_new(o, v->id, &v->at);
        if (!y)
            return true;
        y->n_done = v->n_done - 1;
        memcpy(y->done, v->done + 1, sizeof *v->done * (size_t)y->n_done);
        ln_ox_out_value(o, n, 0, y);
        return true;
    }
    return false;
}

/* Integers of which every item is known, though they are computed from a shape that has an open
 * dimension, are constants from here on. */
static void settle(ln_ox *o, ln_ox_name *name)
{
    int v[LN_MAX_RANK], count;
    ln_ox_value *y = name->value;
    const TfLiteType type = y && y->id >= 0 ? ln_emit_type(&o->e, y->id) : kTfLiteNoType;
    if ((type != kTfLiteInt32 && type != kTfLiteInt64) || ln_emit_known(&o->e, y->id) ||
        !ln_emit_values(&o->e, y->id, LN_MAX_RANK, v, &count))
        return;
    const ln_shape s = ln_emit_shape(&o->e, y->id);
    int64_t items[LN_MAX_RANK];
    for (int i = 0; i < count; i++) {
        if (v[i] == LN_UNKNOWN)
            return;
        items[i] = v[i];
    }
    if (!ln_shape_known(&s) || ln_shape_count(&s, 0, s.rank) != count)
        return;
    y->id = type == kTfLiteInt64
                ? ln_emit_constant(&o->e, type, &s, items, sizeof *items * (size_t)count, true)
                : ln_emit_constant(&o->e, type, &s, v, sizeof *v * (size_t)count, true);
}

static void translate(ln_ox *o, const Onnx__NodeProto *p)
{
    ln_ox_node n = {.p = p,
                    .row = ln_ox_find(p->domain, p->op_type ? p->op_type : ""),
                    .scope = o->scope,
                    .opset = o->scope->opset};
    char name[MAX_LOCATION];
    ln_ox_full_name(p, name, sizeof name);
    const bool known = ln_foreign_known(o->options->foreign, name);
    const int function = (n.row && n.row->fn) || known ? -1 : find_function(o, p);
    if (++o->n_nodes > MAX_NODES) {
        LN_OX_FAIL(o, "more than %d nodes, inlined functions included", (int)MAX_NODES);
        return;
    }
    ln_emit_at(&o->e, location_of(p));
    if (is_done(o, &n))
        return;
    if (function >= 0 && enter(o)) {
        call_function(o, &n, o->proto->functions[function]);
        o->depth--;
    } else if (is_translated(o, n.row) && !known) {
        if (!ln_ox_moved(o, &n))
            n.row->fn(o, &n);
    } else {
        ln_ox_foreign(o, &n, name);
    }
    for (size_t i = 0; i < p->n_output && ln_ox_ok(o); i++) {
        ln_ox_name *name = *p->output[i] ? ln_ox_lookup(o->scope, p->output[i]) : NULL;
        if (name) {
            refine(o, name);
            settle(o, name);
        }
    }
}

static bool is_constant_node(const Onnx__NodeProto *p)
{
    return is_own(p->domain) && p->op_type && strcmp(p->op_type, "Constant") == 0;
}

/* Constants come first: exporters write them just before their use, and patterns of several nodes
 * ask for them earlier. */
void ln_ox_nodes(ln_ox *o, size_t n, Onnx__NodeProto *const *nodes)
{
    for (int constants = 1; constants >= 0; constants--)
        for (size_t i = 0; i < n && ln_ox_ok(o); i++)
            if (is_constant_node(nodes[i]) == (constants == 1))
                translate(o, nodes[i]);
}

void ln_ox_inline(ln_ox *o, const Onnx__GraphProto *g, int n_in, ln_ox_value *const *in, int n_out,
                  ln_ox_value **out)
{
    ln_ox_scope *outer = o->scope, *s = enter(o) ? ln_ox_scope_new(o, outer) : NULL;
    if (!s)
        return;
    if ((size_t)n_in > g->n_input || (size_t)n_out > g->n_output)
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "an inner graph has %zu inputs and %zu outputs",
                     g->n_input, g->n_output);
    for (int i = 0; i < n_in && ln_ox_ok(o); i++) {
        ln_ox_name *name = g->input[i]->name ? ln_ox_name_in(o, s, g->input[i]->name) : NULL;
        if (name)
            name->value = in[i];
    }
    ln_ox_scope_fill(o, s, g);
    o->scope = s;
    ln_ox_nodes(o, g->n_node, g->node);
    for (int i = 0; i < n_out && ln_ox_ok(o); i++)
        out[i] = ln_ox_resolve(o, g->output[i]->name ? g->output[i]->name : "");
    o->scope = outer;
    o->depth--;
}

/* ---- the main graph ---- */

static bool input_shape(ln_ox *o, const Onnx__ValueInfoProto *info, ln_shape *s)
{
    const Onnx__TensorShapeProto *p = info->type->tensor_type->shape;
    const ln_shape *wanted = ln_import_shape(o->options, info->name);
    if (wanted) {
        *s = *wanted;
        return true;
    }
    if (!p || p->n_dim > LN_MAX_RANK) {
        LN_OX_FAIL(o,
                   p ? "input '%s' has more than %d dimensions"
                     : "input '%s' has no shape: give one (at most %d dimensions)",
                   info->name, (int)LN_MAX_RANK);
        return false;
    }
    s->rank = (int)p->n_dim;
    for (int i = 0; i < s->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = p->dim[i];
        const bool fixed = d->has_dim_value && d->dim_value > 0 && d->dim_value <= INT32_MAX;
        s->dim[i] = fixed ? (int)d->dim_value : d->has_dim_value && d->dim_value == 0 ? 0 : -1;
    }
    return true;
}

/* What passes values of a type: floats of 8 bits and less are float32, as within the model. */
static TfLiteType passed(int elem)
{
    const TfLiteType type = ln_ox_border_type(elem);
    return type == kTfLiteNoType ? ln_ox_type(elem) : type;
}

static void main_input(ln_ox *o, const Onnx__ValueInfoProto *info)
{
    ln_shape s;
    ln_ox_name *name = info->name && *info->name ? ln_ox_name_in(o, o->scope, info->name) : NULL;
    if (!name || name->initializer || name->sparse)
        return; /* up to opset 8 initializers stood among the inputs */
    if (!info->type || !info->type->tensor_type ||
        passed(info->type->tensor_type->elem_type) == kTfLiteNoType) {
        LN_OX_FAIL(o, "input '%s' is no tensor of a type that .tflite has", info->name);
        return;
    }
    if (!input_shape(o, info, &s))
        return;
    const int elem = info->type->tensor_type->elem_type;
    const ln_id id = ln_emit_input(&o->e, info->name, passed(elem), &s);
    const ln_ox_layout plain = ln_ox_plain_layout(s.rank);
    name->type = info->type;
    name->value = ln_ox_value_new(o, ln_emit_cast(&o->e, id, ln_ox_type(elem)), &plain);
}

bool ln_ox_is_in(const TfLiteIntArray *ids, ln_id id)
{
    for (int i = 0; i < ids->size; i++)
        if (ids->data[i] == id)
            return true;
    return false;
}

ln_id ln_ox_copied(ln_ox *o, ln_id id)
{
    const ln_shape s = ln_emit_shape(&o->e, id);
    const bool keep = o->e.keep;
    ln_id shape =
        ln_shape_known(&s) ? ln_emit_ints(&o->e, s.rank, s.dim) : ln_emit_shape_of(&o->e, id);
    o->e.keep = true;
    const ln_id y = ln_emit_binary(&o->e, &ln_op_reshape, NULL, id, shape);
    o->e.keep = keep;
    return y;
}

static void main_output(ln_ox *o, const Onnx__ValueInfoProto *info)
{
    ln_ox_value *v = info->name ? ln_ox_resolve(o, info->name) : NULL;
    ln_id id = v ? ln_ox_plain(o, v) : -1;
    if (!ln_ox_ok(o) || id < 0)
        return;
    if (info->type && info->type->tensor_type) {
        const int elem = info->type->tensor_type->elem_type;
        if (passed(elem) != kTfLiteNoType)
            id = ln_emit_cast(&o->e, id, passed(elem));
        else if (elem)
            LN_OX_FAIL(o, "output '%s' is of %s, a type that .tflite has not", info->name,
                       ln_ox_type_name(elem));
    }
    if (ln_ox_ok(o) && (ln_emit_known(&o->e, id) || ln_ox_is_in(o->e.g->outputs, id) ||
                        ln_ox_is_in(o->e.g->inputs, id)))
        id = ln_ox_copied(o, id);
    if (!ln_ox_ok(o))
        return;
    o->e.g->tensors[id].t.name = ln_arena_string(&o->m->arena, info->name, strlen(info->name));
    ln_emit_output(&o->e, id);
}

void ln_ox_main(ln_ox *o)
{
    const Onnx__GraphProto *g = o->proto->graph;
    o->scope = ln_ox_scope_new(o, NULL);
    if (!o->scope)
        return;
    o->scope->opset = ln_ox_opset(o, "");
    ln_ox_scope_fill(o, o->scope, g);
    for (size_t i = 0; i < g->n_input && ln_ox_ok(o); i++)
        main_input(o, g->input[i]);
    ln_ox_nodes(o, g->n_node, g->node);
    for (size_t i = 0; i < g->n_output && ln_ox_ok(o); i++)
        main_output(o, g->output[i]);
}
