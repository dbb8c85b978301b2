/* SPDX-License-Identifier: Apache-2.0 */
/* eltwise.c: steps of elementwise nodes: how operands of other shapes go along with the output, and
 * the rows that run one node as a step.  An operand that repeats is read where it lies as long as
 * its pieces are worth a call of the kernel; shorter ones are put together in a buffer.  The
 * references are in ops/: elementwise.c and what builds on it. */
#include "cpu/eltwise.h"

#include <string.h>

#include "cpu/eltwise_rules.h"
#include "cpu/row.h"
#include "kernels/keep.h"
#include "ops/broadcast.h"

/* Shorter pieces go through a buffer, of so many items.  Copies of one item cost it as much as the
 * kernel, pieces of several less. */
enum { LEAST_PIECE_BYTES = 1024, LEAST_SPLAT_BYTES = 192, BUFFER_ITEMS = 1024, MAX_ITEM = 8 };
/* There are rows of gates; not for all models of a library for given ones. */
enum { GATES = 0 LN_KEEP_ITEM(mul, LN_KEEP_ITEM(pair_s8, +1)) };
/* Bytes of the output that are worth a thread, since half of them lie in its cache already. */
enum { GRAIN_BYTES = 32 * 1024 };

/* ---- plan ---- */

static bool stays(const ln_step_operand *x)
{
    return x->form == LN_STEP_ONE || (x->form == LN_STEP_PIECES && x->stride[x->rank - 1] == 0);
}

static void plan_operand(ln_step_operand *x, const TfLiteTensor *t, const ln_shape *y)
{
    const ln_shape shape = ln_shape_of(t);
    ln_bcast b;
    ln_bcast_init(&b, y, 1, &shape);
    x->size = ln_type_size(t->type);
    x->rank = b.rank;
    for (int i = 0; i < b.rank; i++) {
        x->dim[i] = (size_t)b.dim[i];
        x->stride[i] = (size_t)b.stride[0][i];
    }
    if (b.rank == 1 && (b.stride[0][0] == 1 || b.dim[0] == 1))
        x->form = LN_STEP_FULL;
    else if (b.rank == 1)
        x->form = LN_STEP_ONE;
    else if ((size_t)b.row * x->size >=
             (x->stride[b.rank - 1] == 0 ? LEAST_SPLAT_BYTES : LEAST_PIECE_BYTES))
        x->form = LN_STEP_PIECES;
    else
        x->form = LN_STEP_BUFFER;
}

/* The kernel for the operands' forms. */
static ln_elt_fn kernel_at(const ln_kernels *fn, size_t offset, int form)
{
    ln_elt_fn f;
    memcpy(&f, (const char *)fn + offset + (size_t)form * sizeof f, sizeof f);
    return f;
}

static int kernel_form(const ln_step *s)
{
    if (s->n_in == 2)
        return stays(&s->x[1]) ? LN_SCALAR_RIGHT : stays(&s->x[0]) ? LN_SCALAR_LEFT : LN_VECTORS;
    if (s->n_in == 3)
        return (stays(&s->x[1]) ? LN_SELECT_SCALAR_1 : 0) +
               (stays(&s->x[2]) ? LN_SELECT_SCALAR_2 : 0);
    return 0;
}

bool ln_step_claims(const ln_op *op, const ln_call *c)
{
    return ln_step_rule_of(op, c) != NULL;
}

/* Where a product of int8 has a row for one operand, which then comes second. */
static void plan_gates(ln_step *s, const ln_kernels *fn)
{
    const size_t mul = offsetof(ln_kernels, quantized.pair[LN_QUANT_MUL][LN_QUANT_S8]);
    ln_elt_fixed_pair *p = &s->p.pair;
    if (s->kernel != mul || !fn->quantized.gates_s8 || !(p->sure > 0))
        return;
    if (ln_step_is_cycle(&s->x[0])) {
        const ln_step_operand x = s->x[0];
        const int32_t zero = p->za;
        s->x[0] = s->x[1];
        s->x[1] = x;
        p->za = p->zb;
        p->zb = zero;
    }
    if (s->x[0].form == LN_STEP_FULL && ln_step_is_cycle(&s->x[1]) && s->x[1].stride[1] == 1)
        s->gates = fn->quantized.gates_s8;
}

ln_status ln_step_plan(ln_step *s, const ln_op *op, const ln_call *c, const ln_kernels *fn)
{
    const ln_step_rule *rule = ln_step_rule_of(op, c);
    if (!rule)
        return LN_ERR_UNSUPPORTED;
    memset(s, 0, sizeof *s);
    s->kernel = rule->kernel;
    s->n_in = rule->n_in;
    for (int i = 0; i < s->n_in; i++)
        s->x[i].in = rule->swapped ? s->n_in - 1 - i : i;
    if (rule->make && !rule->make(s, op, c))
        return LN_ERR_UNSUPPORTED;

    const ln_shape y = ln_shape_of(c->out[0]);
    s->out_size = ln_type_size(c->out[0]->type);
    for (int i = 0; i < s->n_in; i++) {
        ln_step_operand *x = &s->x[i];
        plan_operand(x, c->in[x->in], &y);
        if (stays(x) && (s->n_in == 1 || (s->n_in == 3 && i == 0)))
            x->form = LN_STEP_BUFFER;
    }
    if (GATES)
        plan_gates(s, fn);
    s->fn = kernel_at(fn, s->kernel, kernel_form(s));
    if (!s->fn) { /* there may be one of vectors only */
        for (int i = 0; i < s->n_in; i++)
            if (stays(&s->x[i]))
                s->x[i].form = LN_STEP_BUFFER;
        s->fn = kernel_at(fn, s->kernel, 0);
    }
    if (!s->fn)
        return LN_ERR_UNSUPPORTED;
    if (s->kernel == offsetof(ln_kernels, quantized.lut8))
        fn->quantized.lut8_prepare(s->p.table);
    return LN_OK;
}

/* ---- run ---- */

/* The operand's item for item `at` of the output; *run receives how many items its piece has from
 * there on. */
static const char *piece_at(const ln_step_operand *x, const void *data, size_t at, size_t *run)
{
    size_t item = 0;
    for (int i = x->rank - 1; i >= 0; i--) {
        const size_t k = at % x->dim[i];
        if (i == x->rank - 1)
            *run = x->dim[i] - k;
        item += k * x->stride[i];
        at /= x->dim[i];
    }
    return (const char *)data + item * x->size;
}

/* Copies an item n times, items of four bytes four at a time. */
static void splat(char *to, const char *item, size_t size, size_t n)
{
    if (size == 1) {
        memset(to, *item, n);
        return;
    }
    if (size == 4) {
        uint32_t four[4];
        for (int i = 0; i < 4; i++)
            memcpy(&four[i], item, sizeof four[i]);
        for (; n >= 4; n -= 4, to += sizeof four)
            memcpy(to, four, sizeof four);
    }
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * size, item, size);
}

/* Where an operand of two axes goes on; pieces of others are found by piece_at. */
typedef struct place {
    size_t row, phase;
} place;

static place place_of(const ln_step_operand *x, size_t at)
{
    return x->rank == 2 ? (place){at / x->dim[1], at % x->dim[1]} : (place){0, 0};
}

/* piece_at without its divisions; whoever takes m items of the piece adds m to p->phase. */
static const char *next_piece(const ln_step_operand *x, const void *data, size_t at, place *p,
                              size_t *run)
{
    if (x->rank != 2)
        return piece_at(x, data, at, run);
    if (p->phase == x->dim[1])
        *p = (place){p->row + 1, 0};
    *run = x->dim[1] - p->phase;
    return (const char *)data + (p->row * x->stride[0] + p->phase * x->stride[1]) * x->size;
}

/* Puts together what goes along with items [at, at + n) of the output. */
static void fill(const ln_step_operand *x, const void *data, size_t at, size_t n, char *to)
{
    const bool moves = x->stride[x->rank - 1] != 0, cycle = ln_step_is_cycle(x);
    place here = place_of(x, at);
    size_t done = 0;
    while (done < n) {
        size_t run = 0;
        const char *from = next_piece(x, data, at + done, &here, &run);
        const size_t m = LN_MIN(run, n - done);
        here.phase += m;
        if (moves)
            memcpy(to + done * x->size, from, m * x->size);
        else
            splat(to + done * x->size, from, x->size, m);
        done += m;
        if (cycle && done >= x->dim[1])
            break;
    }
    while (done < n) { /* a cycle goes on from its own copy */
        const size_t whole = done / x->dim[1] * x->dim[1], m = LN_MIN(whole, n - done);
        memcpy(to + done * x->size, to + (done - whole) * x->size, m * x->size);
        done += m;
    }
}

typedef struct buffer {
    _Alignas(64) char items[BUFFER_ITEMS * MAX_ITEM];
    size_t phase, n; /* of the cycle whose n items are there; n 0: none */
} buffer;

/* How many items at a time: whole cycles, so that the buffer can stay. */
static size_t buffered_run(const ln_step_operand *x)
{
    const size_t width = x->dim[1];
    return ln_step_is_cycle(x) && width <= BUFFER_ITEMS ? BUFFER_ITEMS / width * width
                                                        : BUFFER_ITEMS;
}

static const void *buffered(const ln_step_operand *x, const void *data, size_t at, size_t n,
                            buffer *b)
{
    const size_t phase = ln_step_is_cycle(x) ? at % x->dim[1] : 0;
    if (!ln_step_is_cycle(x) || b->n < n || b->phase != phase) {
        fill(x, data, at, n, b->items);
        b->phase = phase;
        b->n = n;
    }
    return b->items;
}

/* Whole rows; several as one, where that makes whole vectors of them. */
static void run_gate_rows(const ln_step *s, int8_t *y, const int8_t *x, const int8_t *row,
                          size_t rows)
{
    enum { VECTORS = 64, WIDE = 2048, BLOCK = 8192 };
    const size_t width = s->x[1].dim[1], even = LN_MIN(width & (~width + 1), (size_t)VECTORS);
    const size_t repeats = VECTORS / even * width <= WIDE ? VECTORS / even : 1;
    const size_t n = repeats * width, whole = rows / repeats;
    int8_t wide[WIDE];
    if (repeats > 1)
        for (size_t i = 0; i < repeats && whole > 0; i++)
            memcpy(wide + i * width, row, width);
    for (size_t i = 0, m; i < whole; i += m, x += m * n, y += m * n) {
        m = LN_MIN(whole - i, BLOCK / n + 1);
        s->gates(y, x, repeats > 1 ? wide : row, m, n, &s->p.pair);
    }
    if (rows % repeats > 0)
        s->gates(y, x, row, rows % repeats, width, &s->p.pair);
}

static void run_gates(const ln_step *s, int8_t *y, const int8_t *x, const int8_t *row, size_t at,
                      size_t n)
{
    const size_t width = s->x[1].dim[1], phase = at % width;
    const size_t head = phase > 0 ? LN_MIN(n, width - phase) : 0, rows = (n - head) / width;
    if (head > 0)
        s->gates(y, x, row + phase, 1, head, &s->p.pair);
    run_gate_rows(s, y + head, x + head, row, rows);
    const size_t done = head + rows * width;
    if (done < n)
        s->gates(y + done, x + done, row, 1, n - done, &s->p.pair);
}

void ln_step_run(const ln_step *s, void *y, const void *const *x, size_t at, size_t n)
{
    buffer buffers[LN_STEP_IN];
    place places[LN_STEP_IN] = {{0, 0}};
    if (GATES && s->gates) {
        run_gates(s, y, x[0], x[1], at, n);
        return;
    }
    for (int i = 0; i < s->n_in; i++) {
        buffers[i].n = 0;
        if (s->x[i].form == LN_STEP_PIECES)
            places[i] = place_of(&s->x[i], at);
    }
    for (size_t done = 0; done < n;) {
        const void *in[LN_STEP_IN] = {NULL};
        size_t m = n - done;
        for (int i = 0; i < s->n_in; i++) {
            const ln_step_operand *o = &s->x[i];
            size_t run = m;
            in[i] = x[i];
            if (o->form == LN_STEP_FULL)
                in[i] = (const char *)x[i] + done * o->size;
            else if (o->form == LN_STEP_PIECES)
                in[i] = next_piece(o, x[i], at + done, &places[i], &run);
            else if (o->form == LN_STEP_BUFFER)
                run = buffered_run(o);
            m = LN_MIN(m, run);
        }
        for (int i = 0; i < s->n_in; i++)
            if (s->x[i].form == LN_STEP_BUFFER)
                in[i] = buffered(&s->x[i], x[i], at + done, m, &buffers[i]);
        s->fn((char *)y + done * s->out_size, in, m, &s->p);
        done += m;
        for (int i = 0; i < s->n_in; i++)
            places[i].phase += m;
    }
}

/* ---- one node ---- */

typedef struct job {
    const ln_step *s;
    char *y;
    const void *x[LN_STEP_IN];
} job;

static void run_part(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const void *x[LN_STEP_IN] = {NULL};
    (void)thread;
    for (int i = 0; i < j->s->n_in; i++) {
        const ln_step_operand *o = &j->s->x[i];
        x[i] = (const char *)j->x[i] + (o->form == LN_STEP_FULL ? begin * o->size : 0);
    }
    ln_step_run(j->s, j->y + begin * j->s->out_size, x, begin, end - begin);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_step *s = k->plan;
    job j = {.s = s, .y = c->out[0]->data.raw};
    for (int i = 0; i < s->n_in; i++)
        j.x[i] = c->in[s->x[i].in]->data.raw_const;
    ln_parallel_for(k->pool, (size_t)ln_count(c->out[0]), GRAIN_BYTES / s->out_size, run_part, &j);
}

static ln_status plan(ln_cpu_kernel *k, const ln_call *c)
{
    return ln_step_plan(k->plan, k->nodes[0].op, c, k->fn);
}

#define LN_CPU_STEP(name, traits_)               \
    extern const ln_op ln_op_##name;             \
    static bool claims_##name(const ln_call *c)  \
    {                                            \
        return ln_step_claims(&ln_op_##name, c); \
    }                                            \
    const ln_cpu_row ln_cpu_##name = {           \
        .op = &ln_op_##name,                     \
        .plan_size = sizeof(ln_step),            \
        .traits = traits_,                       \
        .claims = claims_##name,                 \
        .plan = plan,                            \
        .run = run,                              \
    };
#include "cpu/eltwise.def"
#undef LN_CPU_STEP
