/* SPDX-License-Identifier: Apache-2.0 */
/* index.c: who makes and who uses each tensor, kept along with the edits of passes.  Uses are lists
 * in which entries go stale (the node died, or has another operand now) and are skipped; the counts
 * are exact. */
#include <string.h>

#include "opt/opt.h"

static void out_of_memory(ln_opt *o)
{
    ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
}

/* ---- growing ---- */

static bool add_tensor(ln_opt *o)
{
    if (!ln_grow(&o->m->alloc, (void **)&o->tensors, &o->tensor_capacity, (size_t)o->n_tensors,
                 sizeof *o->tensors)) {
        out_of_memory(o);
        return false;
    }
    o->tensors[o->n_tensors++] = (ln_opt_tensor){.maker = -1, .first = -1};
    return true;
}

static void add_use(ln_opt *o, ln_id t, int node, int slot)
{
    if (t < 0)
        return;
    if (!ln_grow(&o->m->alloc, (void **)&o->uses, &o->use_capacity, (size_t)o->n_uses,
                 sizeof *o->uses)) {
        out_of_memory(o);
        return;
    }
    o->uses[o->n_uses] = (ln_opt_use){.node = node, .slot = slot, .next = o->tensors[t].first};
    o->tensors[t].first = o->n_uses++;
    o->tensors[t].uses++;
}

static void add_node(ln_opt *o, int place)
{
    const int i = o->n_nodes;
    const ln_node *n = &o->g->nodes[i];
    if (!ln_grow(&o->m->alloc, (void **)&o->nodes, &o->node_capacity, (size_t)i,
                 sizeof *o->nodes)) {
        out_of_memory(o);
        return;
    }
    o->nodes[i] = (ln_opt_node){.place = place};
    o->n_nodes++;
    for (int k = 0; k < n->inputs->size; k++)
        add_use(o, n->inputs->data[k], i, k);
    for (int k = 0; k < n->outputs->size; k++)
        if (n->outputs->data[k] >= 0)
            o->tensors[n->outputs->data[k]].maker = i;
}

void ln_opt_sync(ln_opt *o)
{
    while (ln_emit_ok(&o->e) && o->n_tensors < o->g->n_tensors)
        if (!add_tensor(o))
            return;
    while (ln_emit_ok(&o->e) && o->n_nodes < o->g->n_nodes) {
        add_node(o, o->place);
        o->edited = true;
    }
}

ln_status ln_opt_open(ln_opt *o, ln_model *m, ln_graph *g, const ln_opt_options *options,
                      ln_diag *diag)
{
    *o = (ln_opt){.m = m, .g = g, .options = options};
    ln_emit_init(&o->e, m, g, diag);
    while (o->n_tensors < g->n_tensors && add_tensor(o)) {
    }
    while (ln_emit_ok(&o->e) && o->n_nodes < g->n_nodes)
        add_node(o, o->n_nodes);
    for (int i = 0; ln_emit_ok(&o->e) && i < g->outputs->size; i++)
        if (g->outputs->data[i] >= 0)
            o->tensors[g->outputs->data[i]].uses++;
    o->edited = false;
    return o->e.status;
}

/* ---- closing ---- */

/* The living nodes in order of their places; nodes of one place stay as they were made. */
static ln_status rebuild(ln_opt *o)
{
    ln_graph *g = o->g;
    int *counts = ln_new(&o->m->alloc, (size_t)g->n_nodes + 2, sizeof *counts);
    ln_node *sorted = ln_arena_new(&o->m->arena, (size_t)g->n_nodes + 1, sizeof *sorted);
    if (!counts || !sorted) {
        ln_free(&o->m->alloc, counts);
        return LN_ERR_MEMORY;
    }
    int living = 0;
    for (int i = 0; i < g->n_nodes; i++)
        if (!o->nodes[i].dead) {
            counts[o->nodes[i].place + 1]++;
            living++;
        }
    for (int i = 0; i < g->n_nodes; i++)
        counts[i + 1] += counts[i];
    for (int i = 0; i < g->n_nodes; i++)
        if (!o->nodes[i].dead)
            sorted[counts[o->nodes[i].place]++] = g->nodes[i];
    g->node_capacity = (size_t)g->n_nodes + 1;
    ln_arena_free_large(&o->m->arena, g->nodes);
    g->nodes = sorted;
    g->n_nodes = living;
    ln_free(&o->m->alloc, counts);
    return LN_OK;
}

ln_status ln_opt_close(ln_opt *o)
{
    ln_opt_sync(o);
    ln_status status = o->e.status;
    if (status == LN_OK && o->edited)
        status = rebuild(o);
    ln_free(&o->m->alloc, o->tensors);
    ln_free(&o->m->alloc, o->nodes);
    ln_free(&o->m->alloc, o->uses);
    o->tensors = NULL;
    o->nodes = NULL;
    o->uses = NULL;
    return status;
}

/* ---- questions ---- */

void ln_opt_at(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    ln_opt_sync(o);
    o->place = o->nodes[node].place;
    o->first_new = o->g->n_tensors;
    const char *name = n->location;
    if (!name && n->outputs->size && n->outputs->data[0] >= 0)
        name = o->g->tensors[n->outputs->data[0]].t.name;
    o->e.location = name && *name ? name : NULL;
}

int ln_opt_maker(ln_opt *o, ln_id t)
{
    ln_opt_sync(o);
    return t < 0 || t >= o->n_tensors ? -1 : o->tensors[t].maker;
}

int ln_opt_uses(ln_opt *o, ln_id t)
{
    ln_opt_sync(o);
    return t < 0 || t >= o->n_tensors ? 0 : o->tensors[t].uses;
}

static bool is_live(const ln_opt *o, const ln_opt_use *u, ln_id t)
{
    return !o->nodes[u->node].dead && o->g->nodes[u->node].inputs->data[u->slot] == t;
}

int ln_opt_user(ln_opt *o, ln_id t)
{
    if (ln_opt_uses(o, t) != 1)
        return -1;
    for (int i = o->tensors[t].first; i >= 0; i = o->uses[i].next)
        if (is_live(o, &o->uses[i], t))
            return o->uses[i].node;
    return -1;
}

int ln_opt_users(ln_opt *o, ln_id t, int max, int *nodes)
{
    int n = 0;
    const int uses = ln_opt_uses(o, t);
    for (int i = uses && uses <= max ? o->tensors[t].first : -1; i >= 0; i = o->uses[i].next)
        if (is_live(o, &o->uses[i], t))
            nodes[n++] = o->uses[i].node;
    return n == uses ? n : 0;
}

/* ---- edits ---- */

/* Nothing would be missed but its results. */
static bool is_pure(const ln_node *n)
{
    if (n->custom_name && !n->op) /* erf.c */
        return strcmp(n->custom_name, "Erf") == 0 || strcmp(n->custom_name, "Erfc") == 0;
    return n->op && !(n->op->traits & LN_STATEFUL) && n->outputs->size > 0;
}

static bool is_unused(const ln_opt *o, const ln_node *n)
{
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] >= 0 && o->tensors[n->outputs->data[i]].uses)
            return false;
    return true;
}

/* Takes the node out of the index; makers that are unused by that are put on the list. */
static void bury(ln_opt *o, int node, int *list, int *n_list)
{
    const ln_node *n = &o->g->nodes[node];
    o->nodes[node].dead = true;
    o->edited = true;
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] >= 0 && o->tensors[n->outputs->data[i]].maker == node)
            o->tensors[n->outputs->data[i]].maker = -1;
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id t = n->inputs->data[i];
        if (t < 0 || --o->tensors[t].uses > 0)
            continue;
        const int maker = o->tensors[t].maker;
        if (maker >= 0 && !o->nodes[maker].dead && is_pure(&o->g->nodes[maker]) &&
            is_unused(o, &o->g->nodes[maker]))
            list[(*n_list)++] = maker;
    }
}

void ln_opt_kill(ln_opt *o, int node)
{
    ln_opt_sync(o);
    if (!ln_emit_ok(&o->e) || o->nodes[node].dead)
        return;
    /* each node comes onto the list once: when the last use of its last output goes */
    int *list = ln_new(&o->m->alloc, (size_t)o->n_nodes + 1, sizeof *list);
    if (!list) {
        out_of_memory(o);
        return;
    }
    int n_list = 0;
    list[n_list++] = node;
    for (int i = 0; i < n_list; i++)
        if (!o->nodes[list[i]].dead)
            bury(o, list[i], list, &n_list);
    ln_free(&o->m->alloc, list);
}

bool ln_opt_sweep(ln_opt *o)
{
    bool any = false;
    ln_opt_sync(o);
    for (int i = o->n_nodes - 1; i >= 0 && ln_emit_ok(&o->e); i--) {
        if (o->nodes[i].dead || !is_pure(&o->g->nodes[i]) || !is_unused(o, &o->g->nodes[i]))
            continue;
        ln_opt_kill(o, i);
        any = true;
    }
    return any;
}

/* Scales of blocks are tensors that only other tensors name. */
static bool names_tensors(const TfLiteTensor *t)
{
    return t->quantization.type == kTfLiteBlockwiseQuantization ||
           t->quantization.type == kTfLiteMultiAxisQuantization;
}

ln_status ln_opt_shed(ln_opt *o)
{
    ln_opt_sync(o);
    for (int i = 0; i < o->n_tensors; i++)
        if (names_tensors(&o->g->tensors[i].t))
            return LN_OK;
    for (int i = 0; i < o->n_tensors; i++) {
        ln_tensor *t = &o->g->tensors[i];
        if (o->tensors[i].uses == 0 && t->t.allocation_type == kTfLiteMmapRo) {
            t->buffer = 0;
            t->t.allocation_type = kTfLiteMemNone;
            t->t.data.raw = NULL;
        }
    }
    return ln_model_shed(o->m);
}

void ln_opt_set_input(ln_opt *o, int node, int slot, ln_id t)
{
    ln_opt_sync(o);
    TfLiteIntArray *in = o->g->nodes[node].inputs;
    const ln_id old = in->data[slot];
    if (!ln_emit_ok(&o->e) || old == t)
        return;
    in->data[slot] = t;
    add_use(o, t, node, slot);
    o->edited = true;
    if (old >= 0)
        o->tensors[old].uses--;
}

static int count_outputs(ln_opt *o, ln_id from, ln_id to)
{
    int n = 0;
    for (int i = 0; i < o->g->outputs->size; i++)
        if (o->g->outputs->data[i] == from) {
            o->g->outputs->data[i] = to;
            n++;
        }
    return n;
}

static void rebind(ln_opt *o, ln_id from, ln_id to)
{
    for (int i = 0; i < o->m->n_signatures; i++) {
        ln_signature *s = &o->m->signatures[i];
        for (int k = 0; k < s->n_outputs; k++)
            if (o->m->graphs[s->graph] == o->g && s->outputs[k].tensor == from)
                s->outputs[k].tensor = to;
    }
}

/* What was emitted for a replacement that is not taken. */
static void drop(ln_opt *o, ln_id to)
{
    const int maker = ln_opt_maker(o, to);
    if (maker >= 0 && is_pure(&o->g->nodes[maker]) && is_unused(o, &o->g->nodes[maker]))
        ln_opt_kill(o, maker);
}

static bool fits(const ln_opt *o, ln_id from, ln_id to)
{
    const ln_shape a = ln_emit_shape(&o->e, from), b = ln_emit_shape(&o->e, to);
    if (to < 0 || from == to || ln_emit_type(&o->e, from) != ln_emit_type(&o->e, to) ||
        (to < o->first_new && !ln_opt_same_kind(o, from, to)))
        return false;
    if (a.rank < 0 || b.rank < 0)
        return true;
    bool same = a.rank == b.rank;
    for (int i = 0; same && i < a.rank; i++)
        same = a.dim[i] == b.dim[i] || a.dim[i] < 0 || b.dim[i] < 0;
    return same;
}

/* What is known of either shape holds for both; what is new is quantized as the old one was. */
static void merge_kinds(ln_opt *o, ln_id from, ln_id to)
{
    ln_tensor *t = &o->g->tensors[to];
    const ln_tensor *f = &o->g->tensors[from];
    if (to >= o->first_new) {
        t->t.quantization = f->t.quantization;
        t->t.params = f->t.params;
        t->source = f->source;
    }
    if (!f->has_rank || t->t.allocation_type == kTfLiteMmapRo)
        return;
    TfLiteIntArray *dims = ln_ints(&o->m->arena, f->t.dims->size, f->t.dims->data);
    if (!dims) {
        out_of_memory(o);
        return;
    }
    for (int i = 0; t->has_rank && i < dims->size; i++)
        dims->data[i] = dims->data[i] < 0 ? t->t.dims->data[i] : dims->data[i];
    t->has_rank = true;
    t->t.dims = dims;
}

bool ln_opt_replace(ln_opt *o, ln_id from, ln_id to)
{
    ln_opt_sync(o);
    if (!ln_emit_ok(&o->e))
        return false;
    if (!fits(o, from, to)) {
        drop(o, to);
        return false;
    }
    const int maker = o->tensors[from].maker;
    const bool was_output = o->tensors[to].uses && count_outputs(o, to, to) > 0;
    merge_kinds(o, from, to);
    for (int i = o->tensors[from].first, next; i >= 0; i = next) {
        next = o->uses[i].next;
        if (is_live(o, &o->uses[i], from))
            ln_opt_set_input(o, o->uses[i].node, o->uses[i].slot, to);
    }
    const int outputs = count_outputs(o, from, to);
    o->tensors[from].uses -= outputs;
    o->tensors[to].uses += outputs;
    rebind(o, from, to);
    if (outputs && !was_output && o->tensors[to].maker >= 0)
        o->g->tensors[to].t.name = o->g->tensors[from].t.name;
    o->edited = true;
    const ln_op *op = maker < 0 ? NULL : o->g->nodes[maker].op;
    if (maker >= 0 && !(op && (op->traits & LN_STATEFUL)) && is_unused(o, &o->g->nodes[maker]))
        ln_opt_kill(o, maker);
    return true;
}
