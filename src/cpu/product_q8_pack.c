/* SPDX-License-Identifier: Apache-2.0 */
/* product_q8_pack.c: weights of 8-bit products as the tiles want them; see product_q8_pack.h.
 *
 * With x' and w' as packed and z their zero points there, sum (x' - zx)(w' - zw) is sum x' w',
 * less zx sum w' and plus k zx zw, which belong to the column, less zw sum x', which belongs to the
 * row. */
#include "cpu/product_q8_pack.h"

#include <string.h>

#include "base/checked.h"
#include "base/hash.h"
#include "cpu/int_product.h"
#include "ops/conv_common.h"

static const ln_alloc *const heap = &ln_alloc_default;

static size_t columns_of(const ln_q8_product *p)
{
    return p->groups * p->panels * (size_t)p->g->nr;
}

/* Panel i of a group, and what is added to its columns. */
static void pack_panel(const ln_q8_product *p, const ln_q8_weights *w, size_t i,
                       const int32_t *bias, int8_t *to, int32_t *column)
{
    const size_t nr = (size_t)p->g->nr;
    const int32_t k_zero = ln_wrap_mul((int32_t)p->k, p->w_zero);
    int32_t sums[LN_Q8_MAX_NR] = {0};
    ln_gemm_q8_pack(p->g, to, w, i, p->x_zero != 0 ? sums : NULL);
    for (size_t j = 0; j < nr; j++) {
        const int32_t zeros = ln_wrap_mul(-p->x_zero, ln_wrap_add(sums[j], -k_zero));
        column[j] = ln_wrap_add(bias && i * nr + j < p->n ? bias[i * nr + j] : 0, zeros);
    }
}

typedef struct packing {
    const ln_q8_product *p;
    const uint8_t *w;
    uint8_t flip;
    const int32_t *bias; /* NULL: none */
    int8_t *to;
    int32_t *column;
} packing;

/* Panels of all groups. */
static void pack_panels(void *arg, size_t begin, size_t end, int thread)
{
    const packing *of = arg;
    const ln_q8_product *p = of->p;
    const size_t nr = (size_t)p->g->nr;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const size_t first = i / p->panels * p->n;
        const size_t length = LN_Q8_EVEN(p) ? p->filled : p->length;
        const ln_q8_weights w = {of->w + first * length * p->pieces, p->n, p->pieces, length,
                                 of->flip};
        pack_panel(p, &w, i % p->panels, of->bias ? of->bias + first : NULL,
                   of->to + i * nr * p->depth, of->column + i * nr);
    }
}

void ln_q8_product_pack(const ln_q8_product *p, const uint8_t *w, uint8_t flip, const int32_t *bias,
                        int8_t *to, int32_t *column)
{
    packing of = {p, w, flip, bias, to, column};
    pack_panels(&of, 0, p->panels, 0);
}

bool ln_q8_product_form(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                        const TfLiteTensor *w)
{
    const bool uint8 = x->type == kTfLiteUInt8;
    const int zero = ln_channel_zero(x, 0);
    p->g = g;
    p->pad = (uint8_t)zero;
    p->x_flip = (g->form == LN_Q8_SIGNED) == uint8 ? 0x80 : 0;
    p->take_zero = zero + (p->x_flip == 0 ? 0 : g->form == LN_Q8_SIGNED ? -128 : 128);
    p->x_zero = g->form == LN_Q8_CENTERED ? 0 : p->take_zero;
    p->w_zero = ln_channel_zero(w, 0) - (w->type == kTfLiteUInt8 ? 128 : 0);
    return ln_same_zeros(w);
}

bool ln_q8_product_set_form(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                            const TfLiteTensor *w)
{
    if (!ln_q8_product_form(p, g, x, w))
        return false;
    if (p->centered)
        p->w_zero = 0;
    p->panels = (p->n + (size_t)g->nr - 1) / (size_t)g->nr;
    p->pieces = 1;
    p->length = p->k;
    if (p->windowed) {
        p->windows.even = LN_Q8_EVEN(p);
        ln_q8_windows_pieces(&p->windows);
        p->pieces = p->windows.pieces;
        p->length = p->windows.length;
    }
    p->depth = ln_gemm_q8_depth(g, LN_Q8_EVEN(p) ? p->filled : p->length, p->pieces);
    return true;
}

#ifdef LN_HAS_AMX
enum { TILE_ROWS = 16 }; /* and columns */

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Rows of tiles that windows as they lie in frames make; 0: too few at a time. */
static size_t even_rows(const ln_q8_windows *w)
{
    const size_t height = (size_t)w->h.out, width = (size_t)w->w.out;
    const size_t seen = (size_t)(w->w.filter - 1) * (size_t)w->w.dilation;
    const size_t run = ln_q8_windows_runs(w) ? (height - 1) * (width + seen) + width : width;
    if (run < TILE_ROWS)
        return 0;
    return ln_q8_windows_runs(w) ? round_up(run, TILE_ROWS) : height * round_up(run, TILE_ROWS);
}

/* Chooses whether windows go to the tiles as they lie in frames, each line of them filled up with
 * zeros of B, or are packed.  Costs are half cycles: of products, of lines of A that two lines of
 * the cache have, and of packing a line. */
static void choose_even(ln_q8_product *p)
{
    enum { PRODUCT = 2, SPLIT = 4, WHOLE = 1, PACK = 8 };
    const size_t line = (size_t)p->g->line, tiles = (p->n + TILE_ROWS - 1) / TILE_ROWS;
    if (line == 0 || !p->windowed || p->k <= line)
        return;
    const size_t lines = p->pieces * ((p->length + line - 1) / line);
    const size_t load = p->windows.channels / p->groups % line ? SPLIT : WHOLE;
    const size_t packed = (p->depth + line - 1) / line;
    const double even = (double)(p->windows.images * even_rows(&p->windows)) *
                        (double)(lines * (PRODUCT * tiles + load * ((tiles + 1) / 2)));
    const double other = (double)round_up(p->m, TILE_ROWS) * (double)(packed * PRODUCT * tiles) +
                         (double)p->m * (double)(lines * PACK);
    if (even == 0 || even > other)
        return;
    p->even = p->windows.even = true;
    p->filled = round_up(p->length, line);
    p->depth = ln_gemm_q8_depth(p->g, p->filled, p->pieces);
}
#endif

/* What packing needs to know. */
typedef struct source {
    const ln_q8_roles *roles;
    const ln_requant *q; /* of all columns, or of the first one for what is packed already */
    TfLiteFusedActivation act;
    const uint8_t *w;
    uint8_t flip;
    const int32_t *bias; /* NULL: none */
} source;

/* Forms of packed weights. */
typedef enum form { DENSE, STEPS, ONE } form;

/* For the weight cache. */
static uint64_t form_of(const ln_q8_product *p, const source *s, form form)
{
    const uint64_t all[] = {form,    p->centered, LN_Q8_EVEN(p), s->act,
                            p->real, p->pieces,   p->length,     p->depth};
    return ln_hash(all, sizeof all, 0);
}

/* Panels that lie at `to`, `panels` bytes, then what is added to each column, the tail's constants,
 * and patches. */
static void place(const ln_call *c, const source *s, const int8_t *to, size_t panels,
                  ln_q8_product *p)
{
    p->packed = to;
    p->column = (const int32_t *)(const void *)(to + panels);
    ln_q8_tail_place(&p->tail, (void *)(uintptr_t)(p->column + columns_of(p)), s->q, c->out[0]);
}

/* Memory for that; the tail's constants are set. */
static ln_status take_packed(ln_cpu_kernel *k, const ln_call *c, const source *s, size_t panels,
                             form form, ln_q8_product *p)
{
    const size_t columns = columns_of(p);
    size_t rest, all;
    ln_q8_tail_choose(&p->tail, k->fn, s->q, p->groups * p->n, p->real, columns);
    rest = columns * sizeof(int32_t) + ln_q8_tail_bytes(&p->tail) +
           (p->centered ? sizeof p->patches : 0);
    if (!ln_align_size(panels, 64, &panels) || !ln_add_size(panels, rest, &all))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    int8_t *to = ln_cpu_pack_anew(k, all, c->in[s->roles->w]->data.raw, form_of(p, s, form));
    if (!to)
        return LN_ERR_MEMORY;
    memset(to + panels, 0, rest);
    place(c, s, to, panels, p);
    for (size_t i = 0; i < p->groups; i++)
        ln_q8_tail_fill(&p->tail, i * p->panels * (size_t)p->g->nr, s->q + i * p->n, p->n);
    if (p->centered)
        memcpy(to + all - sizeof p->patches, &p->patches, sizeof p->patches);
    return LN_OK;
}

static ln_q8_stepper stepper_of(const ln_cpu_kernel *k, const ln_q8_product *p)
{
    return (ln_q8_stepper){.g = &k->fn->gemm_steps,
                           .pieces = p->pieces,
                           .length = p->length,
                           .zero = p->w_zero,
                           .panels = p->groups * p->panels};
}

/* What the weight cache has of one form; false: nothing, or it is not right. */
static bool find_form(ln_cpu_kernel *k, const ln_call *c, const source *s, form form,
                      ln_q8_product *p)
{
    const void *of = c->in[s->roles->w]->data.raw;
    const size_t columns = columns_of(p), patches = p->centered ? sizeof p->patches : 0;
    const ln_q8_stepper stepper = stepper_of(k, p);
    size_t bytes, panels, rest;
    int8_t *at = ln_cpu_packed_before(k, of, form_of(p, s, form), &bytes);
    p->steps = (ln_q8_steps){0};
    if (!at || (form == STEPS ? !ln_q8_steps_read(&p->steps, &stepper, at, bytes, &panels)
                              : !ln_mul_size(columns, p->depth, &panels)))
        return false;
    if (!ln_align_size(panels, 64, &panels) ||
        !ln_add_size(panels, columns * sizeof(int32_t) + patches, &rest) || rest > bytes ||
        !ln_q8_tail_of_size(&p->tail, k->fn, p->real, columns, bytes - rest))
        return false;
    place(c, s, at, panels, p);
    if (p->centered)
        memcpy(&p->patches, at + bytes - patches, patches);
    if (!ln_q8_tail_check(&p->tail) ||
        (p->centered && !ln_q8_patches_check(&p->patches, p->groups * p->panels, (size_t)p->g->nr,
                                             p->pieces * p->length)))
        return false;
    ln_cpu_pack_found(k, at, of);
    return true;
}

/* p->column, to be written. */
static int32_t *column_of(const ln_cpu_kernel *k, const ln_q8_product *p)
{
    return (int32_t *)(void *)((char *)k->packed + ((const int8_t *)p->column - p->packed));
}

/* Rows of weights whose pieces are filled up with what packing makes zeros of; NULL: no memory. */
static uint8_t *fill_pieces(const source *s, const ln_q8_product *p)
{
    const size_t count = p->groups * p->n * p->pieces;
    uint8_t *filled = ln_new(heap, count, p->filled);
    if (filled)
        memset(filled, s->flip, count * p->filled);
    for (size_t i = 0; i < count && filled; i++)
        memcpy(filled + i * p->filled, s->w + i * p->length, p->length);
    return filled;
}

/* Panels as they are. */
static ln_status pack_dense(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    size_t panels;
    p->steps = (ln_q8_steps){0};
    if (!ln_mul_size(columns_of(p), p->depth, &panels))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    LN_TRY(take_packed(k, c, s, panels, p->g == &k->fn->gemm_q8_one ? ONE : DENSE, p));
    int32_t *column = column_of(k, p);
    const bool fills = LN_Q8_EVEN(p) && p->filled != p->length;
    uint8_t *filled = fills ? fill_pieces(s, p) : NULL;
    if (fills && !filled)
        return LN_ERR_MEMORY;
    packing of = {p, filled ? filled : s->w, s->flip, s->bias, k->packed, column};
    ln_parallel_for(k->pool, p->groups * p->panels,
                    ln_cpu_panels_at_once((size_t)p->g->nr * p->depth), pack_panels, &of);
    ln_free(heap, filled);
    for (size_t i = 0; i < p->patches.count; i++) {
        const ln_q8_patch *of = &p->patches.patch[i];
        int32_t *sum = column + of->panel * (size_t)p->g->nr + of->column;
        *sum = ln_wrap_add(*sum, ln_wrap_mul(-p->x_zero, of->rest));
    }
    return LN_OK;
}

static bool may_center(const ln_q8_product *p, const source *s)
{
    return s->flip != 0 && p->w_zero != 0 && p->m > 1;
}

/* Without the weights' zero point where that is possible; the sum of a single row is cheaper. */
static ln_status pack_centered(ln_cpu_kernel *k, const ln_call *c, const source *s,
                               ln_q8_product *p)
{
    const ln_q8_weights w = {s->w, p->n, p->pieces, p->length, s->flip};
    int8_t *centered = may_center(p, s) ? ln_new(heap, p->groups * p->n, p->k) : NULL;
    source of = *s;
    if (centered && ln_q8_patches_center(&p->patches, centered, &w, p->groups, (size_t)p->g->nr,
                                         p->w_zero + 128)) {
        p->centered = true;
        p->w_zero = 0;
        of.w = (const uint8_t *)centered;
        of.flip = 0;
    } else {
        p->patches.count = 0;
    }
    const ln_status status = pack_dense(k, c, &of, p);
    ln_free(heap, centered);
    return status;
}

/* All panels as steps; what is added to their columns goes to `column`.  False: not worth it. */
static bool make_steps(const ln_q8_product *p, const source *s, ln_q8_stepper *stepper,
                       int32_t *column)
{
    const size_t nr = (size_t)p->g->nr;
    if (!column || !ln_q8_stepper_begin(stepper))
        return false;
    for (size_t i = 0; i < stepper->panels; i++, column += nr) {
        const size_t group = i / p->panels, panel = i % p->panels;
        const ln_q8_weights w = {s->w + group * p->n * p->k, p->n, p->pieces, p->length, s->flip};
        pack_panel(p, &w, panel, s->bias ? s->bias + group * p->n : NULL, stepper->dense, column);
        if (!ln_q8_stepper_add(stepper, LN_MIN(nr, p->n - panel * nr)))
            return false;
    }
    return true;
}

/* LN_ERR_UNSUPPORTED: that would not be faster. */
static ln_status pack_steps(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    ln_q8_stepper stepper = stepper_of(k, p);
    ln_status status = LN_ERR_UNSUPPORTED;
    int32_t *column = ln_new(heap, columns_of(p), sizeof *column);
    if (make_steps(p, s, &stepper, column))
        status = take_packed(k, c, s, ln_q8_stepper_bytes(&stepper), STEPS, p);
    if (status == LN_OK) {
        size_t used;
        ln_q8_stepper_end(&stepper, k->packed);
        memcpy(column_of(k, p), column, columns_of(p) * sizeof *column);
        if (!ln_q8_steps_read(&p->steps, &stepper, k->packed, SIZE_MAX, &used))
            status = LN_ERR_UNSUPPORTED;
    }
    ln_q8_stepper_free(&stepper);
    ln_free(heap, column);
    return status;
}

/* Whether the product may go by steps: one row waits for the weights, which are as large. */
static bool set_steps(const ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    const ln_gemm_steps *steps = &k->fn->gemm_steps;
    p->even = false;
    return steps->tile && p->m >= (size_t)steps->dense.mr &&
           ln_q8_product_set_form(p, &steps->dense, c->in[s->roles->x], c->in[s->roles->w]);
}

static bool set_dense(const ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    const bool one = p->m == 1 && !p->windowed && k->fn->gemm_q8_one.row;
    p->even = false;
    if (!ln_q8_product_set_form(p, one ? &k->fn->gemm_q8_one : &k->fn->gemm_q8, c->in[s->roles->x],
                                c->in[s->roles->w]))
        return false;
#ifdef LN_HAS_AMX
    choose_even(p);
#endif
    return true;
}

static ln_status pack_as(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    if (set_steps(k, c, s, p)) {
        const ln_status status = pack_steps(k, c, s, p);
        if (status != LN_ERR_UNSUPPORTED)
            return status;
    }
    return set_dense(k, c, s, p) ? pack_centered(k, c, s, p) : LN_ERR_UNSUPPORTED;
}

/* What the weight cache has; LN_ERR_UNSUPPORTED: nothing. */
static ln_status find_packed(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    if (set_steps(k, c, s, p) && find_form(k, c, s, STEPS, p))
        return LN_OK;
    if (!set_dense(k, c, s, p))
        return LN_ERR_UNSUPPORTED;
    const form form = p->g == &k->fn->gemm_q8_one ? ONE : DENSE;
    const int w_zero = p->w_zero;
    if (may_center(p, s)) {
        p->centered = true;
        p->w_zero = 0;
        if (find_form(k, c, s, form, p))
            return LN_OK;
        p->centered = false;
        p->patches.count = 0;
        p->w_zero = w_zero;
    }
    return find_form(k, c, s, form, p) ? LN_OK : LN_ERR_UNSUPPORTED;
}

static ln_status find_constants(ln_cpu_kernel *k, const ln_call *c, source s, ln_q8_product *p)
{
    const TfLiteTensor *x = c->in[s.roles->x], *w = c->in[s.roles->w];
    ln_call call = *c;
    ln_requant first;
    if (!k->cache)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(ln_requant_fill(&call, x, w, 1, s.act, &first));
    s.q = &first;
    return find_packed(k, c, &s, p);
}

ln_status ln_q8_product_pack_constants(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                                       TfLiteFusedActivation act, ln_q8_product *p)
{
    const TfLiteTensor *w = c->in[roles->w];
    const size_t n = p->groups * p->n;
    ln_call call = *c;
    source s = {.roles = roles,
                .act = act,
                .flip = w->type == kTfLiteUInt8 ? 0x80 : 0,
                .bias = ln_has(c, roles->b) ? c->in[roles->b]->data.i32 : NULL};
    p->centered = p->even = false;
    p->patches.count = 0;
    ln_status status = find_constants(k, c, s, p);
    if (status != LN_ERR_UNSUPPORTED)
        return status;
    const ln_cpu_given given = {w, p->n, p->k, p->groups, p->joined, p->transposed};
    uint8_t *made[2] = {NULL, NULL};
    ln_requant *q = ln_new(heap, n, sizeof *q);
    status = q ? ln_requant_fill(&call, c->in[roles->x], w, (int)n, act, q) : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = ln_cpu_order_weights(&given, made, &s.w);
    if (status == LN_OK) {
        s.q = q;
        status = pack_as(k, c, &s, p);
    }
    ln_free(heap, q);
    ln_free(heap, made[0]);
    ln_free(heap, made[1]);
    return status;
}
