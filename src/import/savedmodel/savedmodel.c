/* SPDX-License-Identifier: Apache-2.0 */
/* savedmodel.c: the two entry points.  A SavedModel becomes one graph per signature, a frozen graph
 * one graph. */
#include <string.h>

#include "import/savedmodel/tf.h"

/* What the imported model's constants lie in: in the arena only large ones of the graph itself. */
typedef struct source {
    ln_alloc alloc;
    ln_arena arena;
    ln_bundle bundle;
} source;

static void release(ln_model *m)
{
    source *s = m->owner;
    const ln_alloc alloc = s->alloc;
    ln_bundle_close(&s->bundle);
    ln_arena_deinit(&s->arena);
    ln_free(&alloc, s);
}

/* One input or output of a graph to make. */
typedef struct port {
    const char *key;  /* in the signature */
    const char *name; /* "node:0" */
    TfLiteType type;
    ln_shape shape;
    ln_tf_ref ref;
} port;

typedef struct signature {
    const char *key;
    port *in, *out;
    int n_in, n_out;
} signature;

/* ---- inputs and outputs ---- */

static ln_status resolve_ports(ln_tf *tf, port *p, int n)
{
    for (int i = 0; i < n; i++) {
        LN_TRY(ln_tf_resolve(tf, &tf->main, p[i].name, &p[i].ref));
        if (p[i].ref.out < 0)
            return ln_fail(tf->diag, LN_ERR_FORMAT, "%s is no tensor", p[i].name);
    }
    return LN_OK;
}

static void wish(const ln_tf *tf, port *p, const char *node)
{
    const ln_shape *by_key = ln_import_shape(tf->o, p->key),
                   *by_node = ln_import_shape(tf->o, node);
    p->shape = by_key ? *by_key : by_node ? *by_node : p->shape;
}

static ln_status add_inputs(ln_tf *tf, ln_tf_scope *s, ln_emit *e, const signature *sig)
{
    for (int i = 0; i < sig->n_in; i++) {
        const port *p = &sig->in[i];
        if (p->ref.out != 0)
            return ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "the input %s is no first output",
                           p->name);
        const ln_tf_value v = {.kind = LN_TF_TENSOR,
                               .id = ln_emit_input(e, p->name, p->type, &p->shape)};
        if (!ln_tf_scope_set(s, p->ref.node, &v, 1))
            return e->status;
    }
    return e->status;
}

static ln_status add_outputs(ln_tf *tf, ln_tf_scope *s, ln_emit *e, const signature *sig)
{
    for (int i = 0; i < sig->n_out; i++) {
        const port *p = &sig->out[i];
        const ln_tf_value v = ln_tf_scope_get(s, p->ref);
        if ((v.kind != LN_TF_TENSOR && v.kind != LN_TF_LIST) || v.id < 0)
            return ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "the output %s is no tensor", p->name);
        ln_tensor *t = &e->g->tensors[v.id];
        if (ln_graph_producer(e->g, v.id) >= 0) {
            t->t.name = ln_arena_string(&e->m->arena, p->name, strlen(p->name));
            if (!t->t.name)
                return LN_ERR_MEMORY;
        }
        ln_emit_output(e, v.id);
    }
    return e->status;
}

/* CALL_ONCE of graph `init` in front of everything. */
static ln_status call_init(ln_model *m, ln_graph *g, int init, ln_diag *diag)
{
    ln_emit e;
    const TfLiteCallOnceParams p = {init};
    const ln_emit_call call = {.op = &ln_op_call_once, .params = &p};
    ln_emit_init(&e, m, g, diag);
    ln_emit_node(&e, &call, NULL);
    if (!ln_emit_ok(&e))
        return e.status;
    const ln_node last = g->nodes[g->n_nodes - 1];
    memmove(g->nodes + 1, g->nodes, (size_t)(g->n_nodes - 1) * sizeof *g->nodes);
    g->nodes[0] = last;
    return LN_OK;
}

static ln_status names_of(ln_tf *tf, const port *p, int n, const char ***out)
{
    *out = ln_arena_new(tf->arena, (size_t)n + 1, sizeof **out);
    for (int i = 0; *out && i < n; i++)
        (*out)[i] = p[i].key;
    return *out ? LN_OK : LN_ERR_MEMORY;
}

static ln_status need(ln_tf *tf, const signature *sig)
{
    ln_tf_ref *roots = ln_arena_new(tf->arena, (size_t)sig->n_out + 1, sizeof *roots);
    if (!roots)
        return LN_ERR_MEMORY;
    for (int i = 0; i < sig->n_out; i++)
        roots[i] = sig->out[i].ref;
    return ln_tf_need(tf, &tf->main, roots, sig->n_out);
}

static ln_status make_graph(ln_tf *tf, const signature *sig, bool only, bool *uses_state)
{
    ln_graph *g;
    ln_emit e;
    ln_tf_scope s;
    const char **in, **out;
    LN_TRY(ln_model_add_graph(tf->m, only ? "main" : sig->key, &g));
    const int number = tf->m->n_graphs - 1;
    ln_emit_init(&e, tf->m, g, tf->diag);
    LN_TRY(need(tf, sig));
    LN_TRY(ln_tf_scope_open(&s, tf, &e, &tf->main, NULL, 0));
    LN_TRY(add_inputs(tf, &s, &e, sig));
    tf->uses_state = false;
    if (!ln_tf_scope_run(&s))
        return e.status;
    *uses_state = tf->uses_state;
    LN_TRY(add_outputs(tf, &s, &e, sig));
    LN_TRY(names_of(tf, sig->in, sig->n_in, &in));
    LN_TRY(names_of(tf, sig->out, sig->n_out, &out));
    return ln_emit_signature(tf->m, number, sig->key, in, out);
}

/* ---- all of it ---- */

/* Constants and handles of an earlier attempt are gone. */
static void forget(ln_tf *tf)
{
    for (int i = 0; i < tf->n_variables; i++)
        tf->variables[i].graph = tf->variables[i].handle_graph = NULL;
    ln_model_release(tf->m);
    tf->m = NULL;
    tf->again = false;
}

static ln_status make_model(ln_tf *tf, const signature *sigs, int n)
{
    bool *uses = ln_arena_new(tf->arena, (size_t)n + 1, sizeof *uses), any = false;
    LN_TRY(ln_model_create(&tf->m, tf->alloc));
    if (!uses)
        return LN_ERR_MEMORY;
    tf->budget = LN_TF_MAX_NODES;
    for (int i = 0; i < n; i++) {
        LN_TRY(make_graph(tf, &sigs[i], n == 1, &uses[i]));
        any = any || uses[i];
    }
    if (tf->again || !any)
        return LN_OK;
    LN_TRY(ln_tf_make_init(tf));
    for (int i = 0; i < n; i++)
        if (uses[i])
            LN_TRY(call_init(tf->m, tf->m->graphs[tf->m->signatures[i].graph], tf->init_graph,
                             tf->diag));
    return LN_OK;
}

static ln_status translate(ln_tf *tf, const signature *sigs, int n)
{
    for (int i = 0; i < n; i++) {
        LN_TRY(need(tf, &sigs[i]));
        tf->main.surveyed = false;
        LN_TRY(ln_tf_survey(tf, &tf->main));
    }
    LN_TRY(ln_report_check(tf->report, tf->diag));
    do { /* each time at least one more variable is kept */
        forget(tf);
        LN_TRY(make_model(tf, sigs, n));
    } while (tf->again);
    return LN_OK;
}

/* ---- signatures of a SavedModel ---- */

static ln_status read_ports(ln_tf *tf, Tf__TensorInfoEntry **entries, size_t n, port **out)
{
    port *p = ln_arena_new(tf->arena, n + 1, sizeof *p);
    if (!p || n > 1 << 20)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const Tf__TensorInfo *info = entries[i]->value;
        if (!info || !info->name[0])
            return ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "%s is no dense tensor", entries[i]->key);
        p[i] = (port){.key = entries[i]->key,
                      .name = info->name,
                      .type = ln_tf_type(info->dtype),
                      .shape = ln_tf_shape(info->tensor_shape)};
    }
    *out = p;
    return resolve_ports(tf, p, (int)n);
}

static ln_status read_signature(ln_tf *tf, const Tf__SignatureEntry *entry, signature *sig)
{
    const Tf__SignatureDef *d = entry->value;
    if (!d)
        return ln_fail(tf->diag, LN_ERR_FORMAT, "the signature %s is empty", entry->key);
    *sig = (signature){.key = entry->key, .n_in = (int)d->n_inputs, .n_out = (int)d->n_outputs};
    LN_TRY(read_ports(tf, d->inputs, d->n_inputs, &sig->in));
    LN_TRY(read_ports(tf, d->outputs, d->n_outputs, &sig->out));
    for (int i = 0; i < sig->n_in; i++)
        wish(tf, &sig->in[i], tf->main.nodes[sig->in[i].ref.node].def->name);
    return LN_OK;
}

static bool same_ends(Tf__TensorInfoEntry **a, size_t n_a, Tf__TensorInfoEntry **b, size_t n_b)
{
    bool same = n_a == n_b && n_a <= 256; /* or it takes too long to say */
    for (size_t i = 0; same && i < n_a; i++) {
        bool found = false;
        for (size_t k = 0; k < n_b; k++)
            found = found || strcmp(a[i]->key, b[k]->key) == 0;
        same = found;
    }
    return same;
}

/* What Keras' export() calls "serve" is there as "serving_default" once more. */
static bool is_repeated(const ln_tf *tf, const Tf__SignatureEntry *entry)
{
    const size_t n = tf->meta->n_signature_def;
    for (size_t i = 0; strcmp(entry->key, "serve") == 0 && n <= 256 && i < n; i++) {
        const Tf__SignatureEntry *other = tf->meta->signature_def[i];
        const Tf__SignatureDef *a = entry->value, *b = other->value;
        if (strcmp(other->key, "serving_default") == 0 && a && b &&
            same_ends(a->inputs, a->n_inputs, b->inputs, b->n_inputs) &&
            same_ends(a->outputs, a->n_outputs, b->outputs, b->n_outputs))
            return true;
    }
    return false;
}

static bool wanted(const ln_tf *tf, const Tf__SignatureEntry *entry)
{
    const char *key = entry->key;
    for (int i = 0; i < tf->o->n_signatures; i++)
        if (strcmp(tf->o->signatures[i], key) == 0)
            return true;
    return tf->o->n_signatures == 0 && strcmp(key, "__saved_model_init_op") != 0 &&
           strcmp(key, "__saved_model_train_op") != 0 && !is_repeated(tf, entry);
}

static ln_status check_wishes(const ln_tf *tf)
{
    for (int i = 0; i < tf->o->n_signatures; i++) {
        bool found = false;
        for (size_t k = 0; k < tf->meta->n_signature_def; k++)
            found |= strcmp(tf->meta->signature_def[k]->key, tf->o->signatures[i]) == 0;
        if (!found)
            return ln_fail(tf->diag, LN_ERR_NOT_FOUND, "the model has no signature %s",
                           tf->o->signatures[i]);
    }
    return LN_OK;
}

static ln_status import_signatures(ln_tf *tf)
{
    const size_t n = tf->meta->n_signature_def;
    signature *sigs = ln_arena_new(tf->arena, n + 1, sizeof *sigs);
    int count = 0;
    if (!sigs)
        return LN_ERR_MEMORY;
    LN_TRY(check_wishes(tf));
    for (size_t i = 0; i < n; i++)
        if (wanted(tf, tf->meta->signature_def[i]))
            LN_TRY(read_signature(tf, tf->meta->signature_def[i], &sigs[count++]));
    if (count == 0)
        return ln_fail(tf->diag, LN_ERR_UNSUPPORTED,
                       "the model has no signatures: save it with signatures=...");
    return translate(tf, sigs, count);
}

/* ---- a frozen graph ---- */

static bool is_used(const ln_tf *tf, int node)
{
    for (int i = 0; i < tf->main.n_nodes; i++)
        for (int k = 0; k < tf->main.nodes[i].n_all; k++)
            if (tf->main.nodes[i].in[k].node == node)
                return true;
    return false;
}

/* A port for each name, or for each node that looks like one. */
static ln_status frozen_ports(ln_tf *tf, const char *const *names, int n, bool inputs, port **out)
{
    port *p = ln_arena_new(tf->arena, (size_t)n + (size_t)tf->main.n_nodes + 1, sizeof *p);
    int count = 0;
    if (!p)
        return LN_ERR_MEMORY;
    for (; count < n; count++)
        p[count].name = names[count];
    for (int i = 0; n == 0 && i < tf->main.n_nodes; i++) {
        const Tf__NodeDef *def = tf->main.nodes[i].def;
        const bool input = strcmp(def->op, "Placeholder") == 0;
        if (inputs ? input : !input && strcmp(def->op, "NoOp") != 0 && !is_used(tf, i))
            p[count++].name = def->name;
    }
    *out = p;
    LN_TRY(resolve_ports(tf, p, count));
    for (int i = 0; i < count; i++) {
        const Tf__NodeDef *def = tf->main.nodes[p[i].ref.node].def;
        const Tf__AttrValue *type = ln_tf_attr_of(def, "dtype"),
                            *shape = ln_tf_attr_of(def, "shape");
        p[i].key = def->name;
        if (type && type->value_case == TF__ATTR_VALUE__VALUE_TYPE)
            p[i].type = ln_tf_type(type->type);
        p[i].shape = shape && shape->value_case == TF__ATTR_VALUE__VALUE_SHAPE
                         ? ln_tf_shape(shape->shape)
                         : ln_shape_unknown(-1);
        if (inputs)
            wish(tf, &p[i], def->name);
        if (inputs && p[i].type == kTfLiteNoType)
            return ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "the input %s says no type", def->name);
    }
    p[count].name = NULL;
    return LN_OK;
}

static int count_ports(const port *p)
{
    int n = 0;
    while (p[n].name)
        n++;
    return n;
}

static ln_status import_frozen(ln_tf *tf)
{
    signature sig = {.key = "serving_default"};
    LN_TRY(frozen_ports(tf, tf->o->inputs, tf->o->n_inputs, true, &sig.in));
    LN_TRY(frozen_ports(tf, tf->o->outputs, tf->o->n_outputs, false, &sig.out));
    sig.n_in = count_ports(sig.in);
    sig.n_out = count_ports(sig.out);
    return translate(tf, &sig, 1);
}

/* ---- entry points ---- */

/* Prepares `tf` with a source that its constants may lie in. */
static ln_status begin(ln_tf *tf, source **out)
{
    source *s = ln_new(tf->alloc, 1, sizeof *s);
    *out = s;
    if (!s)
        return LN_ERR_MEMORY;
    s->alloc = *tf->alloc;
    ln_arena_init(&s->arena, &s->alloc);
    tf->arena = &s->arena;
    tf->function_names.arena = tf->op_names.arena = tf->restored.arena = tf->arena;
    tf->variable_names.arena = tf->table_names.arena = tf->arena;
    tf->init_graph = -1;
    return LN_OK;
}

static void forget_part(const ln_model *m, const void *data, size_t n)
{
    ln_bundle_forget_part(&((const source *)m->owner)->bundle, data, n);
}

/* Gives the source to the model, or away with both. */
static ln_status end(ln_tf *tf, source *s, ln_status status, ln_model **out)
{
    s->bundle = tf->bundle;
    if (status == LN_OK) {
        ln_bundle_forget(&s->bundle); /* most of it has been folded into other constants */
        if (!tf->lends)
            ln_arena_deinit(&s->arena);
        tf->m->owner = s;
        tf->m->release = release;
        tf->m->forget = forget_part;
        *out = tf->m;
        return LN_OK;
    }
    ln_model_release(tf->m);
    ln_model rest = {.owner = s};
    release(&rest);
    return status;
}

/* Where a model comes from: a folder or file, or bytes. */
typedef struct origin {
    const char *path;
    const uint8_t *data;
    size_t n;
    bool frozen;
} origin;

static ln_status open_origin(ln_tf *tf, const origin *from)
{
    if (from->path)
        return from->frozen ? ln_tf_open_graph_def(tf, from->path)
                            : ln_tf_open_saved_model(tf, from->path);
    return from->frozen ? ln_tf_open_graph_bytes(tf, from->data, from->n)
                        : ln_tf_open_bytes(tf, from->data, from->n);
}

static ln_status import(ln_model **out, const origin *from, ln_tf *tf)
{
    source *s;
    *out = NULL;
    LN_TRY(begin(tf, &s));
    ln_status status = open_origin(tf, from);
    if (status == LN_OK)
        status = from->frozen ? import_frozen(tf) : import_signatures(tf);
    return end(tf, s, status, out);
}

ln_status ln_import_saved_model(ln_model **out, const char *folder, const ln_import_options *o,
                                ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_tf tf = {.o = o, .report = report, .alloc = alloc, .diag = diag};
    return import(out, &(origin){.path = folder}, &tf);
}

ln_status ln_tf_import_bytes(ln_model **out, const uint8_t *data, size_t n,
                             const ln_import_options *o, ln_report *report, const ln_alloc *alloc,
                             ln_diag *diag)
{
    ln_tf tf = {.o = o, .report = report, .alloc = alloc, .diag = diag};
    return import(out, &(origin){.data = data, .n = n}, &tf);
}

ln_status ln_import_graph_def(ln_model **out, const char *path, const ln_import_options *o,
                              ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_tf tf = {.o = o, .report = report, .alloc = alloc, .diag = diag};
    return import(out, &(origin){.path = path, .frozen = true}, &tf);
}

ln_status ln_tf_import_frozen_bytes(ln_model **out, const uint8_t *data, size_t n,
                                    const ln_import_options *o, ln_report *report,
                                    const ln_alloc *alloc, ln_diag *diag)
{
    ln_tf tf = {.o = o, .report = report, .alloc = alloc, .diag = diag};
    return import(out, &(origin){.data = data, .n = n, .frozen = true}, &tf);
}
