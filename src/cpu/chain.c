/* SPDX-License-Identifier: Apache-2.0 */
/* chain.c: plans and runs the elementwise nodes of a group.  A value lives in a register (a block
 * of scratch memory per thread) or, behind a producer, in the output itself, from the step that
 * makes it to the last one that uses it. */
#include "cpu/chain.h"

#include <math.h>

#include "base/checked.h"
#include "cpu/kernel.h"
#include "cpu/lines_q8.h"
#include "cpu/reduce.h"
#include "kernels/keep.h"

/* Bytes of a register: several of them fit a first-level cache. */
enum { REGISTER_BYTES = 4096 };
/* Where rows are folded: few of their items are soon done. */
enum { ROWS_BYTES = 16 * 1024 };
/* Items that are worth a thread, divided by the number of steps. */
enum { GRAIN = 16 * 1024 };

/* ---- plan ---- */

typedef struct planner {
    ln_chain *c;
    const ln_cpu_kernel *k;
    int first;
    int home[LN_CHAIN_MAX + 1];     /* per value: its register, LN_CHAIN_OUTPUT */
    int last_use[LN_CHAIN_MAX + 1]; /* per value: the last step that reads it */
    int holder[LN_CHAIN_MAX];       /* per register: the value in it, -1 */
    int output_holder;              /* the value in the output's block, -1 */
    size_t out_size;
} planner;

static bool is_row(const ln_chain_step *s)
{
    return LN_CHAIN_FOLDS && s->row;
}

/* Value 0 is what the producer made, value i + 1 what step i makes; -1: a tensor. */
static int value_of(const planner *p, const TfLiteTensor *t, int step)
{
    const ln_cpu_node *nodes = p->k->nodes;
    if (p->first > 0 && t == nodes[p->first - 1].call.out[0])
        return 0;
    for (int i = 0; i < step; i++)
        if (t == nodes[p->c->steps[i].node].call.out[0])
            return i + 1;
    return -1;
}

static const TfLiteTensor *operand(const planner *p, int step, int i)
{
    const ln_chain_step *s = &p->c->steps[step];
    return p->k->nodes[s->node].call.in[s->step.x[i].in];
}

static void find_last_uses(planner *p)
{
    for (int v = 0; v <= p->c->n; v++)
        p->last_use[v] = -1;
    for (int i = 0; i < p->c->n; i++)
        for (int j = 0; j < p->c->steps[i].step.n_in; j++) {
            const int v = value_of(p, operand(p, i, j), i);
            if (v >= 0)
                p->last_use[v] = i;
        }
}

/* A place that is free, or whose value step `i` uses for the last time and item by item. */
static bool may_take(const planner *p, int holder, int i, size_t size)
{
    if (holder < 0 || p->last_use[holder] < i)
        return true;
    const size_t held = holder > 0 ? p->c->steps[holder - 1].step.out_size : p->out_size;
    return p->last_use[holder] == i && held == size;
}

static void place(planner *p, int i)
{
    ln_chain_step *s = &p->c->steps[i];
    const size_t size = s->step.out_size;
    const bool is_last = i == p->c->n - 1;
    int to = LN_CHAIN_OUTPUT;
    if (is_row(s)) {
        p->home[i + 1] = LN_CHAIN_ROWS - i;
        return;
    }
    /* without a producer an input may lie where the output goes, so that only the end may write */
    if (!is_last &&
        (p->first == 0 || size != p->out_size || !may_take(p, p->output_holder, i, size)))
        for (to = 0; to < p->c->registers && !may_take(p, p->holder[to], i, size);)
            to++;
    if (to == p->c->registers)
        p->c->registers++;
    *(to == LN_CHAIN_OUTPUT ? &p->output_holder : &p->holder[to]) = i + 1;
    p->home[i + 1] = s->to = to;
}

static ln_status plan_step(planner *p, int i)
{
    ln_chain_step *s = &p->c->steps[i];
    for (int j = 0; j < s->step.n_in; j++) {
        const int v = value_of(p, operand(p, i, j), i);
        s->from[j] = v < 0 ? LN_CHAIN_TENSOR : p->home[v];
        if (v >= 0 && s->step.x[j].form != LN_STEP_FULL && s->from[j] > LN_CHAIN_ROWS)
            return LN_ERR_UNSUPPORTED;
    }
    place(p, i);
    return LN_OK;
}

/* The kernel `op` of floats, of x and a vector that repeats. */
static bool takes_vector(const ln_step *s, int op)
{
    const ln_elt_fn *fns = NULL;
    return s->kernel == offsetof(ln_kernels, binary.f32) + (size_t)op * sizeof fns[0] * LN_FORMS &&
           s->x[0].form == LN_STEP_FULL && ln_step_is_cycle(&s->x[1]) && s->x[1].stride[1] == 1;
}

/* Finds products with a vector, without limits, to which the next step adds another one. */
static void find_affine(const planner *p)
{
    for (int i = 0; i + 1 < p->c->n; i++) {
        ln_chain_step *s = &p->c->steps[i], *next = s + 1;
        s->feeds = p->last_use[i + 1] == i + 1;
        s->affine = !is_row(s) && takes_vector(&s->step, LN_BINARY_MUL) &&
                    takes_vector(&next->step, LN_BINARY_ADD) && s->feeds &&
                    value_of(p, operand(p, i + 1, 0), i + 1) == i + 1 &&
                    s->step.x[1].dim[1] == next->step.x[1].dim[1] &&
                    s->step.p.range.min == -INFINITY && s->step.p.range.max == INFINITY;
    }
}

/* Items of the last axis. */
static size_t row_of(const TfLiteTensor *t)
{
    const ln_shape s = ln_shape_of(t);
    return s.rank > 0 ? (size_t)s.dim[s.rank - 1] : 1;
}

/* The step of a node, and whether it makes items of rows. */
static ln_status plan_node(const planner *p, ln_chain_step *s, int64_t items)
{
    const ln_cpu_node *node = &p->k->nodes[s->node];
    const TfLiteTensor *x = node->call.in[0], *y = node->call.out[0];
    const int64_t width = (int64_t)ln_chain_width(p->c);
    s->folds = width > 1 && ln_cpu_folds_rows(node->op, &node->call);
    s->row = width > 1 && ln_count(y) * width == items;
    if (!is_row(s) && ln_count(y) != items)
        return LN_ERR_UNSUPPORTED;
    if (!s->folds)
        return ln_step_plan(&s->step, node->op, &node->call, p->k->fn);
    s->step = (ln_step){.kernel = SIZE_MAX, .n_in = 1, .out_size = ln_type_size(y->type)};
    s->step.x[0].size = s->step.out_size;
    return s->row && ln_count(x) == items && (int64_t)row_of(x) == width ? LN_OK
                                                                         : LN_ERR_UNSUPPORTED;
}

/* How many items a row has, where some node folds rows. */
static size_t width_of(const ln_cpu_kernel *k, int first, int end)
{
    for (int i = first; i < end; i++)
        if (ln_cpu_folds_rows(k->nodes[i].op, &k->nodes[i].call))
            return LN_MAX(row_of(k->nodes[i].call.in[0]), (size_t)1);
    return 1;
}

/* Registers, then items of rows. */
static ln_status plan_scratch(ln_chain *c, ln_cpu_kernel *k, size_t largest, size_t rows)
{
    size_t bytes;
    const bool whole = LN_CHAIN_FOLDS && c->norm.steps == c->n;
    const size_t bytes_at_once = ln_chain_width(c) > 1 ? ROWS_BYTES : REGISTER_BYTES;
    c->registers = whole ? 0 : c->registers;
    c->block = LN_MAX(bytes_at_once / largest / ln_chain_width(c), (size_t)1) * ln_chain_width(c);
    if (!ln_mul_size(c->block, largest, &c->register_bytes) ||
        !ln_align_size(c->register_bytes, 64, &c->register_bytes) ||
        !ln_mul_size((size_t)c->registers * (size_t)k->threads, c->register_bytes, &bytes) ||
        !ln_cpu_add_scratch(&k->scratch_bytes, bytes, &c->scratch_at))
        return LN_ERR_MEMORY;
    for (int i = 0; i < c->n; i++) {
        ln_chain_step *s = &c->steps[i];
        if (is_row(s) &&
            !ln_cpu_add_scratch(&k->scratch_bytes, rows * s->step.out_size, &s->row_at))
            return LN_ERR_MEMORY;
    }
    return LN_OK;
}

ln_status ln_chain_plan(ln_chain *c, ln_cpu_kernel *k, int first, int end)
{
    planner p = {.c = c, .k = k, .first = first, .output_holder = first > 0 ? 0 : -1};
    const TfLiteTensor *out = k->nodes[end - 1].call.out[0];
    size_t largest = 1;
    c->n = end - first;
    c->registers = 0;
    c->width = LN_CHAIN_FOLDS ? width_of(k, first, end) : 1;
    if (c->n > LN_CHAIN_MAX)
        return LN_ERR_UNSUPPORTED;
    p.out_size = ln_type_size(out->type);
    p.home[0] = LN_CHAIN_OUTPUT;
    for (int i = 0; i < c->n; i++) {
        ln_chain_step *s = &c->steps[i];
        *s = (ln_chain_step){.node = first + i};
        LN_TRY(plan_node(&p, s, ln_count(out)));
        largest = LN_MAX(largest, s->step.out_size);
    }
    if (c->steps[c->n - 1].row)
        return LN_ERR_UNSUPPORTED;
    ln_chain_join_bytes(c, k);
    find_last_uses(&p);
    find_affine(&p);
    for (int i = 0; i < c->n; i++)
        LN_TRY(plan_step(&p, i));
    c->norm.steps = 0;
    if (ln_chain_width(c) > 1)
        ln_chain_find_norm(c, k, p.last_use);
    return plan_scratch(c, k, largest, (size_t)ln_count(out) / ln_chain_width(c));
}

/* ---- run ---- */

/* A block of items, from `at` on; `out` is where item `out_at` of the output is. */
typedef struct block {
    const ln_chain *c;
    const ln_cpu_kernel *k;
    size_t at, n, out_at;
    char *out, *registers;
} block;

/* The first item that a step makes of the block, and how many. */
static size_t first_of(const block *b, const ln_chain_step *s)
{
    return is_row(s) ? b->at / b->c->width : b->at;
}

static size_t count_of(const block *b, const ln_chain_step *s)
{
    return is_row(s) ? b->n / b->c->width : b->n;
}

static const void *operand_at(const block *b, const ln_chain_step *s, int j)
{
    const ln_step_operand *o = &s->step.x[j];
    const size_t at = LN_CHAIN_FOLDS && s->folds ? b->at : first_of(b, s);
    const size_t offset = o->form == LN_STEP_FULL ? at * o->size : 0;
    if (s->from[j] == LN_CHAIN_TENSOR)
        return b->k->nodes[s->node].call.in[o->in]->data.raw_const + offset;
    if (LN_CHAIN_FOLDS && s->from[j] <= LN_CHAIN_ROWS)
        return (char *)b->k->scratch + b->c->steps[LN_CHAIN_ROWS - s->from[j]].row_at + offset;
    return s->from[j] == LN_CHAIN_OUTPUT ? b->out + (b->at - b->out_at) * o->size
                                         : b->registers + (size_t)s->from[j] * b->c->register_bytes;
}

static void *result_at(const block *b, const ln_chain_step *s)
{
    if (is_row(s))
        return (char *)b->k->scratch + s->row_at + first_of(b, s) * s->step.out_size;
    return s->to == LN_CHAIN_OUTPUT ? b->out + (b->at - b->out_at) * s->step.out_size
                                    : b->registers + (size_t)s->to * b->c->register_bytes;
}

/* Rows of `width` items that begin with item `phase` of one: what is left of it, whole rows, the
 * beginning of one. */
typedef struct stretch {
    size_t rows, columns;
} stretch;

static stretch next_stretch(size_t n, size_t phase, size_t width)
{
    return (stretch){.rows = phase > 0 || n < width ? 1 : n / width,
                     .columns = LN_MIN(n, width - phase)};
}

/* A product and the sum behind it. */
static void run_affine(const block *b, const ln_chain_step *s)
{
    const size_t width = s->step.x[1].dim[1];
    const float *x = operand_at(b, s, 0), *factor = operand_at(b, s, 1),
                *term = operand_at(b, s + 1, 1);
    float *y = result_at(b, s + 1);
    size_t phase = b->at % width;
    for (size_t n = b->n, m; n > 0; n -= m, x += m, y += m, phase = 0) {
        const stretch part = next_stretch(n, phase, width);
        m = part.rows * part.columns;
        b->k->fn->binary.affine(y, x, factor + phase, term + phase, part.rows, part.columns,
                                &s[1].step.p.range);
    }
}

static void run_lines(const block *b, const ln_chain_step *s)
{
    const ln_q8_line *l = &s->line, *second = s->pair ? &s[1].line : NULL;
    const int8_t *x = operand_at(b, s, l->moving);
    int8_t *y = result_at(b, s->pair ? s + 1 : s);
    size_t phase = b->at % l->columns;
    for (size_t n = b->n, m; n > 0; n -= m, x += m, y += m, phase = 0) {
        const stretch part = next_stretch(n, phase, l->columns);
        m = part.rows * part.columns;
        ln_q8_line_run(b->k->fn, y, x, &(ln_q8_part){part.rows, part.columns, phase}, l, second);
    }
}

static const float *floats_of(const ln_cpu_kernel *k, int node, int in)
{
    return node < 0 ? NULL : k->nodes[node].call.in[in]->data.f;
}

static void run_norm(const block *b)
{
    const ln_chain_norm *m = &b->c->norm;
    ln_norm_rows how = m->how;
    how.epsilon = *floats_of(b->k, m->epsilon.node, m->epsilon.in);
    how.factor = floats_of(b->k, m->factor.node, m->factor.in);
    how.term = floats_of(b->k, m->term.node, m->term.in);
    b->k->fn->reduce.normalize(result_at(b, &b->c->steps[m->steps - 1]),
                               floats_of(b->k, m->x.node, m->x.in) + b->at, b->n / b->c->width,
                               b->c->width, &how);
}

static void run_block(const block *b)
{
    const int done = LN_CHAIN_FOLDS ? b->c->norm.steps : 0;
    if (done > 0)
        run_norm(b);
    for (int i = done; i < b->c->n; i++) {
        const ln_chain_step *s = &b->c->steps[i];
        const void *x[LN_STEP_IN];
        if (s->affine) {
            run_affine(b, s);
            i++;
            continue;
        }
        if (s->line.columns > 0) {
            run_lines(b, s);
            i += s->pair;
            continue;
        }
        for (int j = 0; j < s->step.n_in; j++)
            x[j] = operand_at(b, s, j);
        if (LN_CHAIN_FOLDS && s->folds)
            ln_cpu_fold_rows(b->k, &b->k->nodes[s->node], result_at(b, s), x[0], count_of(b, s),
                             b->c->width);
        else
            ln_step_run(&s->step, result_at(b, s), x, first_of(b, s), count_of(b, s));
    }
}

static void run_items(block b, size_t n, int thread)
{
    const ln_chain *c = b.c;
    if (c->registers > 0)
        b.registers = (char *)b.k->scratch + c->scratch_at +
                      (size_t)thread * (size_t)c->registers * c->register_bytes;
    for (; n > 0; n -= b.n, b.at += b.n) {
        b.n = LN_MIN(n, c->block);
        run_block(&b);
    }
}

void ln_chain_run(const ln_chain *c, const ln_cpu_kernel *k, size_t at, size_t n, int thread)
{
    char *out = k->nodes[k->n_nodes - 1].call.out[0]->data.raw;
    run_items((block){.c = c, .k = k, .at = at, .out = out}, n, thread);
}

void ln_chain_run_at(const ln_chain *c, const ln_cpu_kernel *k, void *out, size_t at, size_t n,
                     int thread)
{
    run_items((block){.c = c, .k = k, .at = at, .out = out, .out_at = at}, n, thread);
}

/* ---- the row of elementwise nodes by themselves ---- */

static void run_part(void *arg, size_t begin, size_t end, int thread)
{
    const ln_cpu_kernel *k = arg;
    const size_t width = ln_chain_width(k->plan);
    ln_chain_run(k->plan, k, begin * width, (end - begin) * width, thread);
}

void ln_chain_row_run(const ln_cpu_kernel *k, const ln_call *call)
{
    const ln_chain *c = k->plan;
    (void)call;
    ln_parallel_for(
        k->pool, (size_t)ln_count(k->nodes[k->n_nodes - 1].call.out[0]) / ln_chain_width(c),
        LN_MAX(GRAIN / (size_t)c->n / ln_chain_width(c), (size_t)1), run_part, (void *)k);
}

/* NULL: a library for given models does without. */
static void (*const plan_lines)(ln_chain *c, ln_cpu_kernel *k) = LN_KEEP(pair_s8, ln_q8_lines_plan);

ln_status ln_chain_row_plan(ln_cpu_kernel *k, const ln_call *call)
{
    (void)call;
    LN_TRY(ln_chain_plan(k->plan, k, 0, k->n_nodes));
    if (plan_lines)
        plan_lines(k->plan, k);
    return LN_OK;
}

const ln_cpu_row ln_cpu_chain = {
    .name = "elementwise",
    .plan_size = sizeof(ln_chain),
    .node_size = sizeof(ln_chain_step),
    .traits = LN_CPU_IN_PLACE,
    .plan = ln_chain_row_plan,
    .run = ln_chain_row_run,
};
