/* SPDX-License-Identifier: Apache-2.0 */
/* tune.c: see tune.h. */
#include "cpu/tune.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/hash.h"
#include "cpu/cache.h"
#include "cpu/kernel.h"

static const ln_alloc *const heap = &ln_alloc_default;

enum {
    SHARE_OF_PLANS = 10, /* quick: one part in so many of the time that plans take */
    QUICK_RUNS = 2,      /* of each candidate that are timed; one goes before each */
    FULL_RUNS = 6,
    QUICK_WAYS = 2, /* that are tried at most */
    MOST_CANDIDATES = LN_CPU_OTHER_WAYS,
    WIN = 4, /* percent by which another way than the expected one must win */
    /* threads: alone in a loop, a kernel finds its operands nearer than it does between others */
    WIN_NONE = 15,
    WIN_SOON = 35,
    SMALL = 8 * 1000 * 1000, /* multiplications; for more, threads are worth it */
    MOST_FINDINGS = 1 << 14,
};
#define MOST_BYTES      ((size_t)256 * 1024 * 1024) /* that are lent to a kernel's operands */
#define FIRST_GUESS     (1.0 / 16)                  /* nanoseconds per multiplication */
#define NS_PER_BYTE     (1.0 / 4)                   /* for memory that is new */
#define FINDINGS_SUFFIX ".tune"

static ln_cpu_tuning from_environment(void)
{
    static const char *const names[] = {"off", "quick", "full"};
    const char *mode = getenv("LINNET_TUNE");
    for (int i = 0; mode && i < 3; i++)
        if (strcmp(mode, names[i]) == 0)
            return (ln_cpu_tuning)(LN_CPU_TUNE_OFF + i);
    return LN_CPU_TUNE_QUICK;
}

void ln_cpu_tuner_init(ln_cpu_tuner *t, ln_cpu_tuning mode, const ln_cpu_cache *weights)
{
    *t = (ln_cpu_tuner){.mode = mode == LN_CPU_TUNE_DEFAULT ? from_environment() : mode,
                        .now = ln_now_ns,
                        .ns_per_multiplication = FIRST_GUESS};
    if (weights && t->mode != LN_CPU_TUNE_OFF)
        t->cache = ln_cpu_cache_beside(weights, FINDINGS_SUFFIX);
}

void ln_cpu_tuner_deinit(ln_cpu_tuner *t)
{
    ln_cpu_cache_free(t->cache);
    ln_free(heap, t->findings);
    ln_free(heap, t->record);
    ln_free_aligned(heap, t->memory);
}

/* ---- findings ---- */

static void note(ln_cpu_tuner *t, const ln_cpu_finding *found)
{
    if (t->n >= MOST_FINDINGS ||
        !ln_grow(heap, (void **)&t->findings, &t->capacity, t->n, sizeof *t->findings))
        return; /* it is measured again the next time */
    t->findings[t->n++] = *found;
    t->changed = true;
}

static const ln_cpu_finding *find(const ln_cpu_tuner *t, uint64_t key)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->findings[i].key == key)
            return &t->findings[i];
    return NULL;
}

/* The file's one entry: how long plans took, then the findings. */
static uint64_t record_key(void)
{
    return ln_hash(FINDINGS_SUFFIX, sizeof FINDINGS_SUFFIX, 0);
}

static void read_findings(ln_cpu_tuner *t, const ln_cpu_kernel *k)
{
    size_t bytes;
    t->model = t->cache ? ln_cpu_file_of(k, NULL) : NULL;
    if (!t->model)
        return;
    t->read = true;
    const char *at = ln_cpu_cache_find(t->cache, t->model, record_key(), &bytes);
    if (!at || bytes < sizeof t->planned_before)
        return;
    memcpy(&t->planned_before, at, sizeof t->planned_before);
    bytes -= sizeof t->planned_before;
    for (at += sizeof t->planned_before; bytes >= sizeof *t->findings; at += sizeof *t->findings) {
        ln_cpu_finding found;
        memcpy(&found, at, sizeof found);
        note(t, &found);
        bytes -= sizeof found;
    }
    t->changed = false;
}

void ln_cpu_tuner_save(ln_cpu_tuner *t, ln_diag *diag)
{
    const uint64_t planned = LN_MAX(t->planned, t->planned_before);
    const size_t list = t->n * sizeof *t->findings;
    ln_free_aligned(heap, t->memory);
    t->memory = NULL;
    t->memory_bytes = 0;
    if (!t->changed || !t->cache || !t->model)
        return;
    t->changed = false;
    ln_free(heap, t->record);
    char *record = t->record = ln_new(heap, sizeof planned + list, 1);
    if (!record)
        return;
    memcpy(record, &planned, sizeof planned);
    memcpy(record + sizeof planned, t->findings, list);
    ln_cpu_cache_add(t->cache, t->model, record_key(), record, sizeof planned + list);
    (void)!ln_cpu_cache_save(t->cache, diag);
}

/* ---- what is measured ---- */

/* Everything but the model's values that time depends on, but for threads. */
static uint64_t key_of(ln_cpu_tuner *t, const ln_cpu_group *g)
{
    const char *name = g->k.row_name;
    if (t->machine == 0)
        t->machine = (uint64_t)ln_cpu_model_id() << 32 | ln_cpu_cache_bytes(2);
    uint64_t key = ln_hash(name, strlen(name), t->machine);
    for (int i = 0; i < g->k.n_nodes; i++) {
        const ln_call *c = &g->k.nodes[i].call;
        for (int j = 0; j < c->n_in + c->n_out; j++) {
            const TfLiteTensor *x = j < c->n_in ? c->in[j] : c->out[j - c->n_in];
            if (!x || !x->dims)
                continue;
            key = ln_hash(&x->type, sizeof x->type, key);
            key = ln_hash(x->dims->data, (size_t)x->dims->size * sizeof x->dims->data[0], key);
        }
    }
    return key;
}

/* `threads` 0: for findings that are to hold for any number of threads. */
static uint64_t key_with(uint64_t key, int threads)
{
    return ln_hash(&threads, sizeof threads, key);
}

static bool has_way(const ln_cpu_kernel *k, uint32_t way)
{
    return way < LN_CPU_OTHER_WAYS ? way < (uint32_t)k->ways
                                   : way - LN_CPU_OTHER_WAYS < (uint32_t)k->other_ways;
}

/* A finding may come from a file: any number may stand there. */
static ln_status plan_found(ln_cpu_tuner *t, ln_cpu_group *g, const ln_cpu_finding *found)
{
    const bool any = t->mode == LN_CPU_TUNE_FULL && !g->k.fn->same_floats;
    const uint32_t most = any ? 2 * LN_CPU_OTHER_WAYS : LN_CPU_OTHER_WAYS;
    if (found && found->way < most && found->sharing <= LN_SHARING_SOON) {
        g->k.way = (int)found->way;
        g->k.sharing = (ln_cpu_sharing)found->sharing;
    }
    LN_TRY(ln_cpu_group_plan(g));
    if (has_way(&g->k, (uint32_t)g->k.way))
        return LN_OK;
    g->k.way = 0;
    return ln_cpu_group_plan(g);
}

/* Candidates for a kernel, the expected one first, and where what is found is noted. */
typedef struct contest {
    uint64_t key;
    ln_cpu_finding list[MOST_CANDIDATES];
    uint64_t times[MOST_CANDIDATES];
    size_t n;
} contest;

/* Ways with the same bits, on this number of threads. */
static contest same_bits(const ln_cpu_tuner *t, const ln_cpu_kernel *k, uint64_t key)
{
    contest c = {.key = key};
    const int ways = t->mode == LN_CPU_TUNE_FULL ? k->ways : LN_MIN(k->ways, (int)QUICK_WAYS);
    for (int i = 0; i < ways; i++)
        c.list[c.n++] = (ln_cpu_finding){.way = (uint32_t)i};
    if (k->threads > 1 && k->work < SMALL) {
        c.list[c.n++] = (ln_cpu_finding){.sharing = LN_SHARING_NONE};
        c.list[c.n++] = (ln_cpu_finding){.sharing = LN_SHARING_SOON};
    }
    return c;
}

/* The others, on one thread: what floats become is not to depend on the number of threads. */
static contest other_bits(const ln_cpu_kernel *k, uint64_t key)
{
    contest c = {.key = key, .list = {{.sharing = LN_SHARING_NONE}}, .n = 1};
    for (int i = 0; i < k->other_ways; i++)
        c.list[c.n++] =
            (ln_cpu_finding){.way = (uint32_t)(LN_CPU_OTHER_WAYS + i), .sharing = LN_SHARING_NONE};
    return c;
}

/* ---- memory for a run ---- */

typedef struct loan {
    TfLiteTensor *tensor;
    void *was;
} loan;

typedef struct loans {
    loan *list;
    size_t n, bytes;
} loans;

static bool has_data(const TfLiteTensor *t)
{
    return t->allocation_type == kTfLiteMmapRo || t->allocation_type == kTfLitePersistentRo;
}

/* The tensors of the runtime that need memory. */
static bool list_loans(ln_cpu_group *g, TfLiteContext *context, loans *l)
{
    size_t operands = 0;
    for (int i = 0; i < g->k.n_nodes; i++)
        operands += (size_t)(g->k.nodes[i].call.n_in + g->k.nodes[i].call.n_out);
    l->list = ln_new(heap, operands, sizeof *l->list);
    for (int i = 0; l->list && i < g->k.n_nodes; i++) {
        const ln_call *c = &g->k.nodes[i].call;
        for (int j = 0; j < c->n_in + c->n_out; j++) {
            const int id = g->operands[i].ids[j];
            TfLiteTensor *t = id < 0 ? NULL : &context->tensors[id];
            const TfLiteTensor *used = j < c->n_in ? c->in[j] : c->out[j - c->n_in];
            bool known = !t || ln_cpu_local_of(g, used) || has_data(t);
            for (size_t n = 0; n < l->n; n++)
                known = known || l->list[n].tensor == t;
            if (known)
                continue;
            l->list[l->n++] = (loan){t, t->data.raw};
            if (!ln_cpu_add_scratch(&l->bytes, t->bytes, &(size_t){0}))
                return false;
        }
    }
    return l->list;
}

/* The tuner's memory, grown to `bytes`; what is new is zero, and the system has given it. */
static char *take_memory(ln_cpu_tuner *t, size_t bytes)
{
    if (bytes > MOST_BYTES)
        return NULL;
    if (bytes <= t->memory_bytes)
        return t->memory;
    ln_free_aligned(heap, t->memory);
    t->memory = ln_new_aligned(heap, bytes);
    t->memory_bytes = t->memory ? bytes : 0;
    if (t->memory)
        memset(t->memory, 0, bytes);
    return t->memory;
}

/* One run in the tuner's memory; *ns receives how long it took.  False: there is no memory. */
static bool time_run(ln_cpu_tuner *t, ln_cpu_group *g, const loans *l, uint64_t *ns)
{
    size_t all = l->bytes, at = 0, place;
    char *memory =
        ln_cpu_add_scratch(&all, g->k.scratch_bytes, &place) ? take_memory(t, all) : NULL;
    if (!memory)
        return false;
    g->k.scratch = memory + place;
    for (size_t i = 0; i < l->n; i++)
        if (ln_cpu_add_scratch(&at, l->list[i].tensor->bytes, &place))
            l->list[i].tensor->data.raw = memory + place;
    const uint64_t start = t->now();
    ln_cpu_group_run(g, true);
    *ns = t->now() - start;
    for (size_t i = 0; i < l->n; i++)
        l->list[i].tensor->data.raw = l->list[i].was;
    g->k.scratch = NULL;
    return true;
}

/* ---- measuring ---- */

static size_t runs_of(const ln_cpu_tuner *t)
{
    return t->mode == LN_CPU_TUNE_FULL ? FULL_RUNS : QUICK_RUNS;
}

/* Whether a contest that began at `start` and goes on for `more` nanoseconds keeps the bound. */
static bool affordable(const ln_cpu_tuner *t, uint64_t start, double more)
{
    const double planned = (double)LN_MAX(t->planned, t->planned_before);
    const double measured = (double)t->measured + (double)(t->now() - start);
    return t->mode == LN_CPU_TUNE_FULL || measured + more <= planned / SHARE_OF_PLANS;
}

/* Nanoseconds of a contest whose runs take `ns` each. */
static double cost_of(const ln_cpu_tuner *t, const contest *c, double ns)
{
    return ns * (double)(c->n * 2 * runs_of(t));
}

/* Nanoseconds that it takes to get memory for a kernel. */
static double touch(const ln_cpu_tuner *t, const ln_cpu_group *g, const loans *l)
{
    const double bytes = (double)l->bytes + (double)g->k.scratch_bytes - (double)t->memory_bytes;
    return bytes > 0 ? bytes * NS_PER_BYTE : 0;
}

static ln_status plan_as(ln_cpu_group *g, const ln_cpu_finding *candidate)
{
    g->k.way = (int)candidate->way;
    g->k.sharing = (ln_cpu_sharing)candidate->sharing;
    return ln_cpu_group_plan(g);
}

/* One candidate: a run that brings its operands near, and one that counts. */
static bool try_once(ln_cpu_tuner *t, ln_cpu_group *g, const loans *l, const ln_cpu_finding *as,
                     uint64_t *ns)
{
    return plan_as(g, as) == LN_OK && time_run(t, g, l, ns) && time_run(t, g, l, ns);
}

/* Candidates by turns, so that they meet the same speed of the machine.  False: it cannot be done,
 * or takes too long for one turn. */
static bool take_turns(ln_cpu_tuner *t, ln_cpu_group *g, const loans *l, contest *c, uint64_t start)
{
    uint64_t ns;
    for (size_t turn = 0; turn < runs_of(t); turn++) {
        for (size_t i = 0; i < c->n; i++) {
            if (!try_once(t, g, l, &c->list[i], &ns))
                return false;
            c->times[i] = turn == 0 ? ns : LN_MIN(c->times[i], ns);
            const bool first = turn == 0 && i == 0;
            if (first)
                t->ns_per_multiplication = (double)ns / g->k.work;
            if (!affordable(t, start, first ? cost_of(t, c, (double)ns) : (double)ns))
                return turn > 0;
        }
    }
    return true;
}

static size_t winner(const contest *c)
{
    static const uint64_t wins[] = {WIN, WIN_NONE, WIN_SOON};
    size_t best = 0;
    for (size_t i = 1; i < c->n; i++) {
        const bool differs = c->list[i].sharing != c->list[0].sharing;
        const uint64_t win = wins[differs ? c->list[i].sharing : LN_SHARING_USUAL];
        if (c->times[i] < LN_MIN(c->times[best], c->times[0] * (100 - win) / 100))
            best = i;
    }
    return best;
}

/* Leaves the kernel planned as the winner is, or as expected where nothing was found. */
static ln_status hold(ln_cpu_tuner *t, ln_cpu_group *g, TfLiteContext *context, contest *c)
{
    loans l = {0};
    ln_cpu_finding found = {.key = c->key};
    ln_status status = LN_OK;
    const uint64_t start = t->now();
    if (c->n < 2)
        return LN_OK;
    const bool listed = list_loans(g, context, &l);
    const double more = cost_of(t, c, g->k.work * t->ns_per_multiplication) + touch(t, g, &l);
    if (listed && affordable(t, start, more)) {
        if (take_turns(t, g, &l, c, start)) {
            const ln_cpu_finding *best = &c->list[winner(c)];
            found.way = best->way;
            if (c->list[0].sharing == LN_SHARING_USUAL)
                found.sharing = best->sharing;
            note(t, &found);
        }
        status = plan_as(g, &found);
        t->measured += t->now() - start;
    }
    ln_free(heap, l.list);
    return status;
}

ln_status ln_cpu_tune(ln_cpu_tuner *t, ln_cpu_group *g, TfLiteContext *context)
{
    ln_cpu_kernel *k = &g->k;
    k->way = 0;
    k->sharing = LN_SHARING_USUAL;
    if (t->mode == LN_CPU_TUNE_OFF)
        return ln_cpu_group_plan(g);
    const uint64_t start = t->now();
    if (!t->read)
        read_findings(t, k);
    const bool none = t->n == 0; /* then keys are only for what is measured */
    uint64_t shapes = none ? 0 : key_of(t, g);
    const ln_cpu_finding *any = none ? NULL : find(t, key_with(shapes, 0));
    const ln_cpu_finding *here = none ? NULL : find(t, key_with(shapes, k->threads));
    const bool other = any && any->way != 0, known = here;
    LN_TRY(plan_found(t, g, other ? any : here));
    if (g->planned) /* shapes have changed: that is no time for measuring */
        return LN_OK;
    t->planned += t->now() - start;
    if (k->work <= 0)
        return LN_OK;
    if (none)
        shapes = key_of(t, g);
    if (!any && t->mode == LN_CPU_TUNE_FULL && !k->fn->same_floats) {
        contest c = other_bits(k, key_with(shapes, 0));
        LN_TRY(hold(t, g, context, &c));
    }
    if (known || k->way >= LN_CPU_OTHER_WAYS)
        return LN_OK;
    contest c = same_bits(t, k, key_with(shapes, k->threads));
    return hold(t, g, context, &c);
}
