/* SPDX-License-Identifier: Apache-2.0 */
/* lines_q8.c: see lines_q8.h. */
#include "cpu/lines_q8.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "base/hash.h"

enum { BYTES = 256, VECTOR = 64 }; /* VECTOR: of bytes, at most */

static const ln_alloc *const heap = &ln_alloc_default;

/* What is packed: which steps of the chain have lines, then the numbers of all that may. */
typedef struct packed_lines {
    uint32_t right[LN_CHAIN_MAX];
} packed_lines;

/* ---- which steps ---- */

/* How many rows of so many columns together are whole vectors, if they are short. */
static size_t repeats_of(size_t columns)
{
    enum { VECTORS = 64 };
    size_t repeats = 1;
    while (columns < VECTORS && columns * repeats % VECTORS != 0)
        repeats *= 2;
    return repeats;
}

/* The operator, LN_QUANT_ADD and so on, of a step that may have lines, and their shape; false: none
 * may. */
static bool read_step(const ln_kernels *fn, const ln_step *s, const ln_call *c, int *op,
                      ln_q8_line *to)
{
    enum { FORMS_BYTES = LN_FORMS * sizeof(ln_elt_fn) };
    const size_t first = offsetof(ln_kernels, quantized.pair);
    const size_t kernel = s->kernel < first ? SIZE_MAX : (s->kernel - first) / FORMS_BYTES;
    *op = (int)(kernel / LN_QUANT_TYPES);
    *to = (ln_q8_line){.moving = s->x[0].form == LN_STEP_FULL ? 0 : 1};
    if (kernel >= (size_t)LN_QUANT_COUNT * LN_QUANT_TYPES ||
        kernel % LN_QUANT_TYPES != LN_QUANT_S8 || !fn->quantized.lines_s8 || !(s->p.pair.sure > 0))
        return false;
    const ln_step_operand *moving = &s->x[to->moving], *other = &s->x[!to->moving];
    const TfLiteTensor *t = c->in[other->in];
    to->columns = other->dim[1];
    to->repeats = repeats_of(to->columns);
    to->line.min = (float)s->p.pair.min;
    to->line.max = (float)s->p.pair.max;
    if (*op == LN_QUANT_MUL) {
        to->line.away = s->p.pair.fb;
        to->line.zero = (float)s->p.pair.zy;
    }
    return moving->form == LN_STEP_FULL && ln_step_is_cycle(other) && other->stride[1] == 1 &&
           t->allocation_type == kTfLiteMmapRo && t->data.raw;
}

static const TfLiteTensor *constant_of(const ln_chain_step *s, const ln_call *c)
{
    return c->in[s->step.x[s->step.x[0].form == LN_STEP_FULL ? 1 : 0].in];
}

/* ---- making them ---- */

/* As kernels/quantized.h says of pairs. */
static void draw(const ln_elt_fixed_pair *p, int op, const ln_q8_line *l, const int8_t *constants,
                 float *a, float *b)
{
    const bool first = l->moving == 0;
    for (size_t j = 0; j < l->columns; j++) {
        const double v = constants[j];
        if (op == LN_QUANT_MUL) {
            const double slope = (v - (first ? p->zb : p->za)) * (double)p->fa;
            a[j] = (float)slope;
            b[j] = (float)(slope * -(first ? p->za : p->zb));
        } else {
            a[j] = first ? p->fa : p->fb;
            b[j] = (float)(v * (double)(first ? p->fb : p->fa) + (double)p->fc);
        }
    }
}

/* Where the line must be to give y: in the middle of (*low, *high), at best. */
static void range_for(const ln_quant_line *l, double y, double *low, double *high)
{
    const double v = y - (double)l->zero, away = (double)l->away;
    *low = v - 0.5 + (v > 0 ? -away : away);
    *high = v + 0.5 + (v < 0 ? away : -away);
    if (y <= (double)l->min)
        *low = -INFINITY;
    if (y >= (double)l->max)
        *high = INFINITY;
}

/* Moves a column's line to the middle of where it gives what is wanted; false: nowhere. */
static bool fit(const ln_q8_line *l, const int8_t *wanted, size_t j, float *b)
{
    double least = -INFINITY, most = INFINITY, low, high;
    for (int i = INT8_MIN; i <= INT8_MAX; i++) {
        const double at = (double)l->line.a[j] * i;
        range_for(&l->line, wanted[(size_t)(i & 255) * l->columns + j], &low, &high);
        least = fmax(least, low - at);
        most = fmin(most, high - at);
    }
    *b = (float)(isinf(least) ? most : isinf(most) ? least : least + (most - least) / 2);
    return least < most;
}

typedef struct trial {
    const ln_kernels *fn;
    const ln_q8_line *line;
    int8_t *wrong;                      /* which columns differ */
    int8_t *x, *constants, *y, *wanted; /* [BYTES][columns]: a row for each byte */
} trial;

/* What fixed point gives. */
static void run_step(const trial *t, const ln_step *s, const int8_t *values)
{
    const size_t n = t->line->columns;
    const void *x[LN_STEP_IN] = {NULL};
    x[t->line->moving] = t->x;
    x[!t->line->moving] = t->constants;
    for (size_t i = 0; i < BYTES; i++) {
        memset(t->x + i * n, (int)i, n);
        memcpy(t->constants + i * n, values, n);
    }
    ln_step_run(s, t->wanted, x, 0, BYTES * n);
}

/* How many columns are wrong. */
static size_t try_out(const trial *t)
{
    const size_t n = t->line->columns;
    size_t wrong = 0;
    ln_q8_line_run(t->fn, t->y, t->x, &(ln_q8_part){BYTES, n, 0}, t->line, NULL);
    if (memcmp(t->y, t->wanted, BYTES * n) == 0)
        return 0;
    memset(t->wrong, 0, n);
    for (size_t i = 0; i < BYTES * n; i += n)
        for (size_t j = 0; j < n; j++)
            t->wrong[j] |= t->y[i + j] != t->wanted[i + j];
    for (size_t j = 0; j < n; j++)
        wrong += (size_t)t->wrong[j];
    return wrong;
}

/* Moves the lines of columns that differ, and tries these out again, side by side. */
static bool move_lines(const trial *t, size_t wrong)
{
    const size_t n = t->line->columns;
    float *a = (float *)(uintptr_t)t->line->line.a, *b = (float *)(uintptr_t)t->line->line.b;
    float some_a[BYTES], some_b[BYTES];
    ln_q8_line some = *t->line;
    some.line.a = some_a;
    some.line.b = some_b;
    some.columns = 0;
    for (size_t j = 0; j < n; j++)
        if (t->wrong[j]) {
            if (!fit(t->line, t->wanted, j, &b[j]))
                return false;
            some_a[some.columns] = a[j];
            some_b[some.columns++] = b[j];
        }
    for (size_t i = 0; i < BYTES; i++) {
        memset(t->x + i * wrong, (int)i, wrong);
        for (size_t j = 0, k = 0; j < n; j++)
            if (t->wrong[j])
                t->wanted[i * wrong + k++] = t->wanted[i * n + j];
    }
    trial again = *t;
    again.line = &some;
    return try_out(&again) == 0;
}

/* A line for each value that constants have: channels of the same constant are alike. */
static bool make_lines_of_values(const ln_kernels *fn, const ln_step *s, int op,
                                 const ln_q8_line *l, const int8_t *values)
{
    const size_t n = l->columns;
    const size_t all = BYTES * n;
    int8_t *memory = ln_resize(heap, NULL, 4 * all + n, 1);
    int8_t *rows = memory ? memory + n : NULL;
    const trial t = {fn, l, memory, rows, rows + all, rows + 2 * all, rows + 3 * all};
    bool right = memory != NULL;
    if (right) {
        draw(&s->p.pair, op, l, values, (float *)(uintptr_t)l->line.a,
             (float *)(uintptr_t)l->line.b);
        run_step(&t, s, values);
        const size_t wrong = try_out(&t);
        right = wrong == 0 || move_lines(&t, wrong);
    }
    ln_free(heap, memory);
    return right;
}

static bool make_line(const ln_kernels *fn, const ln_chain_step *s, const ln_call *c, int op,
                      const ln_q8_line *l)
{
    const int8_t *constants = constant_of(s, c)->data.int8;
    int8_t values[BYTES];
    uint8_t place[BYTES];
    float a[BYTES], b[BYTES];
    bool seen[BYTES] = {false};
    ln_step step = s->step;
    ln_step_operand *other = &step.x[!l->moving];
    ln_q8_line few = *l;
    few.columns = 0;
    few.repeats = 1;
    for (size_t j = 0; j < l->columns; j++) {
        const uint8_t v = (uint8_t)constants[j];
        if (!seen[v]) {
            place[v] = (uint8_t)few.columns;
            values[few.columns++] = constants[j];
        }
        seen[v] = true;
    }
    while (few.columns % VECTOR != 0)
        values[few.columns++] = values[0];
    few.line.a = a;
    few.line.b = b;
    other->form = LN_STEP_BUFFER;
    other->dim[1] = few.columns;
    if (!make_lines_of_values(fn, &step, op, &few, values))
        return false;
    for (size_t j = 0; j < l->columns * l->repeats; j++) {
        const uint8_t at = place[(uint8_t)constants[j % l->columns]];
        ((float *)(uintptr_t)l->line.a)[j] = a[at];
        ((float *)(uintptr_t)l->line.b)[j] = b[at];
    }
    return true;
}

/* ---- planning ---- */

/* What a chain may have: lines without numbers, and the operators of its steps. */
typedef struct wanted_lines {
    const TfLiteTensor *first; /* the first one's constants; NULL: none may */
    size_t floats;
    ln_q8_line line[LN_CHAIN_MAX];
    int op[LN_CHAIN_MAX];
    uint64_t form; /* for the weight cache */
} wanted_lines;

static void add_step(wanted_lines *l, const ln_chain_step *s, const ln_call *call, int i,
                     const ln_kernels *fn)
{
    ln_q8_line *line = &l->line[i];
    if (s->row || !read_step(fn, &s->step, call, &l->op[i], line)) {
        line->columns = 0;
        return;
    }
    const uint64_t step[] = {(uint64_t)i, (uint64_t)l->op[i], (uint64_t)line->moving, line->columns,
                             line->repeats};
    l->form = ln_hash(step, sizeof step, l->form);
    l->form = ln_hash(&s->step.p.pair, sizeof s->step.p.pair, l->form);
    l->floats += 2 * line->columns * line->repeats;
    if (!l->first)
        l->first = constant_of(s, call);
}

/* Points the lines that there may be at their numbers. */
static void place(wanted_lines *l, int n, float *at)
{
    for (int i = 0; i < n; i++) {
        const size_t count = l->line[i].columns * l->line[i].repeats;
        l->line[i].line.a = at;
        l->line[i].line.b = at + count;
        at += 2 * count;
    }
}

/* Packs the lines of all steps that may have some. */
static void pack(const ln_chain *c, ln_cpu_kernel *k, wanted_lines *l)
{
    packed_lines *to =
        ln_cpu_pack_cached(k, sizeof *to + l->floats * sizeof(float), l->first->data.raw, l->form);
    if (!to || k->filled)
        return;
    memset(to, 0, sizeof *to + l->floats * sizeof(float));
    place(l, c->n, (float *)(void *)(to + 1));
    for (int i = 0; i < c->n; i++) {
        const ln_chain_step *s = &c->steps[i];
        to->right[i] = l->line[i].columns > 0 &&
                       make_line(k->fn, s, &k->nodes[s->node].call, l->op[i], &l->line[i]);
    }
}

void ln_q8_lines_plan(ln_chain *c, ln_cpu_kernel *k)
{
    wanted_lines l = {.floats = 0};
    for (int i = 0; i < c->n; i++)
        add_step(&l, &c->steps[i], &k->nodes[c->steps[i].node].call, i, k->fn);
    if (l.first && !ln_cpu_is_packed(k, l.first))
        pack(c, k, &l);
    packed_lines *packed = l.first ? k->packed : NULL;
    if (packed)
        place(&l, c->n, (float *)(void *)(packed + 1));
    for (int i = 0; i < c->n; i++) {
        c->steps[i].line = l.line[i];
        if (!packed || !packed->right[i])
            c->steps[i].line.columns = 0;
    }
    for (int i = 0; i + 1 < c->n; i++) {
        const ln_q8_line *here = &c->steps[i].line, *next = &c->steps[i + 1].line;
        c->steps[i].pair = c->steps[i].feeds && here->columns > 0 &&
                           here->columns == next->columns && next->line.away == 0;
    }
}
