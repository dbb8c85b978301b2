/* SPDX-License-Identifier: Apache-2.0 */
/* transpose_conv_q8.c: TRANSPOSE_CONV of int8 and uint8: an 8-bit product for each line and phase
 * (phases.h) of an image in the tiles' form, with a frame of its zero point.  The reference is
 * ops/transpose_conv.c. */
#include <string.h>

#include "base/checked.h"
#include "cpu/phases.h"
#include "cpu/product_q8.h"
#include "ops/conv_common.h"

extern const ln_op ln_op_transpose_conv;

enum { SHAPE, W, X, B };
enum {
    SMALL = 200 * 1000, /* multiplications before another thread woke */
    ROWS = 48,          /* of a block of work */
    MOST_PHASES = 64,   /* so that what is added to columns stays as small as the weights */
    SLACK = 32, /* bytes behind a line, which may be read, and written while it is filled in */
};

static const ln_alloc *const heap = &ln_alloc_default;
static const ln_q8_roles roles = {.x = X, .w = W, .b = B};

typedef struct plan {
    ln_cpu_phases phases;
    ln_q8_product form; /* of values and weights: flip and zero points */
    size_t panels, line_bytes;
    size_t at[MOST_PHASES]; /* bytes from the packed weights to the panels of each phase */
    const int32_t *column;  /* of each phase's columns */
    ln_q8_tail tail;
} plan;

static bool claims(const ln_call *c)
{
    return ln_q8_product_claims(c, &roles) && c->in[W]->type != kTfLiteInt4;
}

/* ---- plan ---- */

static size_t value_bytes(const ln_gemm_q8 *g)
{
    return g->form == LN_Q8_CENTERED ? sizeof(int16_t) : 1;
}

static size_t phase_index(const plan *p, size_t fy, size_t fx)
{
    return fy * p->phases.w.stride + fx;
}

static size_t columns_of(const plan *p, const ln_gemm_q8 *g)
{
    return p->panels * (size_t)g->nr;
}

/* Where the panels of all phases lie, and how large they are together. */
static bool place_panels(plan *p, const ln_gemm_q8 *g, size_t *total)
{
    const ln_cpu_phases *s = &p->phases;
    size_t bytes;
    *total = 0;
    for (size_t fy = 0; fy < s->h.stride; fy++)
        for (size_t fx = 0; fx < s->w.stride; fx++) {
            const size_t depth = ln_gemm_q8_depth(g, ln_cpu_phases_taps(&s->w, fx) * s->cin,
                                                  ln_cpu_phases_taps(&s->h, fy));
            p->at[phase_index(p, fy, fx)] = *total;
            if (!ln_mul_size(columns_of(p, g), depth, &bytes) ||
                !ln_align_size(bytes, 64, &bytes) || !ln_add_size(*total, bytes, total))
                return false;
        }
    return true;
}

/* The panels of one phase, whose weights lie at `w`, and what is added to their columns. */
static void pack_phase(const plan *p, const ln_call *c, size_t fy, size_t fx, const uint8_t *w,
                       int8_t *panels, int32_t *columns)
{
    ln_q8_product form = p->form;
    form.panels = p->panels;
    form.pieces = ln_cpu_phases_taps(&p->phases.h, fy);
    form.length = ln_cpu_phases_taps(&p->phases.w, fx) * p->phases.cin;
    form.k = form.pieces * form.length;
    form.depth = ln_gemm_q8_depth(form.g, form.length, form.pieces);
    ln_q8_product_pack(&form, w, c->in[W]->type == kTfLiteUInt8 ? 0x80 : 0,
                       ln_has(c, B) ? c->in[B]->data.i32 : NULL, panels, columns);
}

static ln_status pack_all(ln_cpu_kernel *k, const ln_call *c, plan *p, const ln_requant *q,
                          uint8_t *phase)
{
    const ln_gemm_q8 *g = &k->fn->gemm_q8;
    const ln_cpu_phases *s = &p->phases;
    const size_t columns = columns_of(p, g), phases = s->h.stride * s->w.stride;
    size_t panels, sums, all;
    ln_q8_tail_choose(&p->tail, k->fn, q, s->cout, false, columns);
    if (!place_panels(p, g, &panels) || !ln_mul_size(columns * sizeof(int32_t), phases, &sums) ||
        !ln_add_size(panels, sums, &all) || !ln_add_size(all, ln_q8_tail_bytes(&p->tail), &all))
        return LN_ERR_MEMORY;
    int8_t *to = ln_cpu_pack(k, all, c->in[W]->data.raw);
    if (!to)
        return LN_ERR_MEMORY;
    int32_t *column = (int32_t *)(void *)(to + panels);
    p->column = column;
    memset(column, 0, all - panels);
    ln_q8_tail_place(&p->tail, to + panels + sums, q, c->out[0]);
    ln_q8_tail_fill(&p->tail, 0, q, s->cout);
    for (size_t fy = 0; fy < s->h.stride; fy++)
        for (size_t fx = 0; fx < s->w.stride; fx++) {
            const size_t i = phase_index(p, fy, fx);
            ln_cpu_phases_weights(s, fy, fx, c->in[W]->data.raw, 1, phase);
            pack_phase(p, c, fy, fx, phase, to + p->at[i], column + i * columns);
        }
    return LN_OK;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteTransposeConvParams *params = c->params;
    const ln_cpu_phases *s = &p->phases;
    ln_call call = *c;
    ln_requant *q = ln_new(heap, s->cout, sizeof *q);
    /* those of the first tap are the most */
    uint8_t *phase =
        ln_new(heap, ln_cpu_phases_taps(&s->h, 0) * ln_cpu_phases_taps(&s->w, 0) * s->cin, s->cout);
    ln_status status = q && phase ? LN_OK : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = ln_requant_fill(&call, c->in[X], c->in[W], (int)s->cout, params->activation, q);
    if (status == LN_OK)
        status = pack_all(k, c, p, q, phase);
    ln_free(heap, q);
    ln_free(heap, phase);
    if (status == LN_ERR_MEMORY)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for the packed weights");
    return status;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_gemm_q8 *g = &k->fn->gemm_q8;
    LN_TRY(ln_cpu_phases_plan(&p->phases, c));
    p->form.n = p->phases.cout;
    p->form.groups = 1;
    if (!ln_known(c, W) || !c->in[W]->data.raw || (ln_has(c, B) && !ln_known(c, B)) ||
        p->phases.h.stride > MOST_PHASES / p->phases.w.stride ||
        !ln_q8_product_form(&p->form, g, c->in[X], c->in[W]))
        return LN_ERR_UNSUPPORTED;
    p->panels = (p->phases.cout + (size_t)g->nr - 1) / (size_t)g->nr;
    if (!ln_mul_size(p->phases.width, value_bytes(g), &p->line_bytes) ||
        !ln_add_size(p->line_bytes, SLACK, &p->line_bytes) ||
        !ln_mul_size(p->line_bytes, p->phases.lines, &k->scratch_bytes))
        return LN_ERR_UNSUPPORTED;
    return ln_cpu_is_packed(k, c->in[W]) ? LN_OK : pack(k, c, p);
}

/* ---- run ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    uint8_t *frame;
    const uint8_t *x; /* of one image */
    void *y;          /* of all */
    size_t first;     /* line of all images' lines */
} job;

/* Lines of the frame.  Taking writes a few values behind, so what is outside comes later. */
static void frame_lines(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const ln_cpu_phases *s = &p->phases;
    const ln_gemm_q8 *g = &j->k->fn->gemm_q8;
    const size_t before = s->w.before * s->cin * value_bytes(g), items = s->w.in * s->cin;
    const size_t inside = items * value_bytes(g);
    const uint8_t outside = (uint8_t)p->form.x_zero;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        uint8_t *line = j->frame + i * p->line_bytes;
        if (i < s->h.before || i >= s->h.before + s->h.in) {
            memset(line, outside, p->line_bytes);
            continue;
        }
        g->take(line + before, 0, j->x + (i - s->h.before) * items, 0, 1, items, p->form.x_flip,
                p->form.take_zero);
        memset(line, outside, before);
        memset(line + before + inside, outside, p->line_bytes - before - inside);
    }
}

/* A block of m pixels of a phase, the first one's window at `x`, to item `y_at` of y. */
static void run_block(const job *j, const ln_cpu_phase *phase, const uint8_t *x, size_t m,
                      size_t y_at)
{
    const plan *p = j->p;
    const ln_gemm_q8 *g = &j->k->fn->gemm_q8;
    const size_t nr = (size_t)g->nr, pixel = p->phases.cin * value_bytes(g);
    const size_t index = phase_index(p, phase->fy, phase->fx), columns = columns_of(p, g);
    int32_t sums[ROWS * LN_Q8_MAX_NR], row[ROWS];
    const uint8_t *at[ROWS];
    size_t offset[LN_PHASES_MOST_TAPS];
    const ln_q8_rows rows = {at, offset, phase->lines, phase->columns * p->phases.cin};
    const size_t depth = ln_gemm_q8_depth(g, rows.length, rows.pieces);
    for (size_t i = 0; i < m; i++)
        at[i] = x + i * pixel;
    for (size_t i = 0; i < phase->lines; i++)
        offset[i] = i * p->line_bytes;
    if (p->form.w_zero != 0) {
        g->sums(row, &rows, m);
        for (size_t i = 0; i < m; i++)
            row[i] = ln_wrap_mul(row[i], -p->form.w_zero);
    }
    for (size_t i = 0; i < p->panels; i++) {
        const size_t n = LN_MIN(nr, p->phases.cout - i * nr);
        g->tile(&(ln_q8_tile){
            .sums = sums,
            .a = rows,
            .panel = (const int8_t *)j->k->packed + p->at[index] + i * nr * depth,
            .m = m,
            .n = n,
            .column = p->column + index * columns + i * nr,
            .row = p->form.w_zero != 0 ? row : NULL,
            .begun = true,
        });
        ln_q8_tail_run(&p->tail, j->k->fn,
                       &(ln_q8_sums){.x = sums,
                                     .ldx = nr,
                                     .m = m,
                                     .n = n,
                                     .first = i * nr,
                                     .y = j->y,
                                     .y_at = y_at + i * nr,
                                     .ldy = p->phases.w.stride * p->phases.cout});
    }
}

/* The pixels of line `oy` that are `px` modulo the stride. */
static void run_phase(const job *j, size_t oy, size_t px)
{
    const ln_cpu_phases *s = &j->p->phases;
    const ln_cpu_phase phase = ln_cpu_phase_of(s, oy, px);
    const size_t value = value_bytes(&j->k->fn->gemm_q8);
    const uint8_t *x = j->frame + phase.line * j->p->line_bytes + phase.item * value;
    const size_t y = ((j->first + oy) * s->w.out + px) * s->cout;
    for (size_t i = 0; i < phase.pixels; i += ROWS)
        run_block(j, &phase, x + i * s->cin * value, LN_MIN(phase.pixels - i, (size_t)ROWS),
                  y + i * s->w.stride * s->cout);
}

static void run_lines(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_cpu_phases *s = &j->p->phases;
    ln_gemm_q8_begin(&j->k->fn->gemm_q8);
    for (size_t oy = begin; oy < end; oy++) {
        for (size_t px = 0; px < LN_MIN(s->w.stride, s->w.out); px++)
            run_phase(j, oy, px);
        ln_cpu_tail_run(j->k,
                        &(ln_cpu_block){.row = (j->first + oy) * s->w.out,
                                        .rows = s->w.out,
                                        .cols = s->cout,
                                        .ld = s->cout},
                        thread);
    }
    ln_gemm_q8_end(&j->k->fn->gemm_q8);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_cpu_phases *s = &p->phases;
    const size_t image = s->h.in * s->w.in * s->cin;
    const double line = (double)(s->w.out / s->w.stride + 1) * (double)(s->h.filter * s->w.filter) *
                        (double)(s->cin * s->cout) / (double)s->h.stride;
    const size_t grain = LN_MAX((size_t)(SMALL / line) + 1, s->h.out / (4 * (size_t)k->threads));
    job j = {.k = k, .p = p, .frame = k->scratch, .y = c->out[0]->data.raw};
    for (size_t i = 0; i < s->batches; i++) {
        j.x = c->in[X]->data.uint8 + i * image;
        j.first = i * s->h.out;
        ln_parallel_for(k->pool, s->lines, SMALL / (s->width + 1) + 1, frame_lines, &j);
        ln_parallel_for(k->pool, s->h.out, grain, run_lines, &j);
    }
}

const ln_cpu_row ln_cpu_transpose_conv_q8 = {
    .op = &ln_op_transpose_conv,
    .name = "TRANSPOSE_CONV 8-bit",
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
