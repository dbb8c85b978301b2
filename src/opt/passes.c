/* SPDX-License-Identifier: Apache-2.0 */
/* passes.c: runs passes.def on every graph of a model. */
#include "opt/opt.h"
#include "opt/rules.h"
#include "opt/tidy.h"

enum { MAX_ROUNDS = 24, GROWTH = 4, SHED_AFTER = 4 << 20 };

const ln_opt_options ln_opt_defaults = {.float_changes = true, .keep_names = true};

#define LN_PASS(stage, name)       {#name, stage, ln_pass_##name, NULL},
#define LN_GRAPH_PASS(stage, name) {#name, stage, NULL, ln_pass_##name},
static const ln_pass passes[] = {
#include "opt/passes.def"
};

const char *ln_opt_pass_name(int i)
{
    return i < (int)LN_COUNTOF(passes) ? passes[i].name : NULL;
}

bool ln_pass_sweep(ln_opt *o)
{
    return ln_opt_sweep(o);
}

/* What all passes of one run share. */
typedef struct run {
    ln_model *m;
    const ln_opt_options *options;
    ln_rules builtin;
    ln_opt_report *report;
    ln_diag *diag;
    size_t large; /* bytes of large constants when memory was last given back */
} run;

/* Gives back what constants that were folded have left behind, where that is much. */
static ln_status shed(run *r, ln_opt *o)
{
    if (r->m->arena.large < r->large + SHED_AFTER)
        return LN_OK;
    LN_TRY(ln_opt_shed(o));
    r->large = r->m->arena.large;
    return LN_OK;
}

/* One pass over one graph: how often it changed something. */
static ln_status run_pass(run *r, const ln_pass *p, ln_graph *g, int *changes)
{
    ln_opt o;
    ln_diag quiet = {0};
    ln_status status = ln_opt_open(&o, r->m, g, r->options, &quiet);
    *changes = 0;
    o.builtin = &r->builtin;
    if (status == LN_OK && p->graph)
        *changes += p->graph(&o);
    /* what a pass emits waits for the next round */
    const int n = g->n_nodes;
    for (int i = 0; status == LN_OK && p->node && i < n && ln_emit_ok(&o.e); i++) {
        if (o.nodes[i].dead)
            continue;
        ln_opt_at(&o, i);
        *changes += p->node(&o, i);
        if (o.e.status != LN_ERR_MEMORY)
            o.e.status = LN_OK; /* what an operator refuses is not done; the node stays */
        status = shed(r, &o);
    }
    const ln_status closed = ln_opt_close(&o);
    return status == LN_OK ? closed : status;
}

ln_status ln_opt_each(ln_model *m, ln_graph *g, const ln_opt_options *options,
                      bool (*node)(ln_opt *o, int node), int *changes)
{
    run r = {.m = m, .options = options, .large = SIZE_MAX / 2};
    const ln_pass once = {"", 0, node, NULL}, sweep = {"", 0, NULL, ln_pass_sweep};
    int now;
    LN_TRY(run_pass(&r, &once, g, &now));
    *changes += now;
    return run_pass(&r, &sweep, g, &now);
}

/* The passes of some stages, until nothing changes. */
static ln_status run_stages(run *r, ln_graph *g, int first, int last)
{
    const int limit = g->n_nodes * GROWTH + 64;
    bool again = true;
    for (int round = 0; again && round < MAX_ROUNDS && g->n_nodes < limit; round++) {
        again = false;
        for (size_t i = 0; i < LN_COUNTOF(passes); i++) {
            int changes;
            if (passes[i].stage < first || passes[i].stage > last)
                continue;
            LN_TRY(run_pass(r, &passes[i], g, &changes));
            r->report->changes[i] += changes;
            again = again || changes;
        }
        r->report->rounds++;
    }
    return LN_OK;
}

static ln_status run_all(run *r)
{
    for (int i = 0; ln_rules_builtin[i]; i++)
        LN_TRY(ln_rules_parse(&r->builtin, ln_rules_builtin[i], r->diag));
    /* bodies before those who run them, and once more: loops change their bodies */
    for (int round = 0; round < 1 + (r->m->n_graphs > 1); round++)
        for (int i = r->m->n_graphs - 1; i >= 0; i--) {
            LN_TRY(run_stages(r, r->m->graphs[i], 0, 0));
            LN_TRY(run_stages(r, r->m->graphs[i], 0, 1));
            LN_TRY(run_stages(r, r->m->graphs[i], 2, 2));
            LN_TRY(run_stages(r, r->m->graphs[i], 0, 1));
        }
    LN_TRY(ln_tidy(r->m, r->options));
    for (int i = 0; i < r->m->n_graphs; i++)
        LN_TRY(ln_graph_validate(r->m, i, r->diag));
    return LN_OK;
}

static int count_nodes(const ln_model *m)
{
    int n = 0;
    for (int i = 0; i < m->n_graphs; i++)
        n += m->graphs[i]->n_nodes;
    return n;
}

ln_status ln_optimize(ln_model *m, const ln_opt_options *options, ln_opt_report *report,
                      ln_diag *diag)
{
    ln_opt_report own;
    run r = {.m = m, .options = options, .report = report ? report : &own, .diag = diag};
    r.large = m->arena.large;
    *r.report = (ln_opt_report){.nodes_before = count_nodes(m)};
    ln_rules_init(&r.builtin, &m->alloc);
    const ln_status status = run_all(&r);
    ln_rules_deinit(&r.builtin);
    r.report->nodes_after = count_nodes(m);
    return status;
}
