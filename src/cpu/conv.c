/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: CONV_2D in float32, by one of three ways: the pixels as they lie times the weights (1x1),
 * Winograd's transforms (3x3, where they are cheaper: winograd.h), or the windows of the output
 * pixels times the weights (windows.h).  The reference is ops/conv.c. */
#include "cpu/pad.h"
#include "cpu/windows.h"
#include "cpu/winograd.h"

extern const ln_op ln_op_conv_2d;

enum { X, W, B };

typedef enum way { PIXELS, WINDOWS, WINOGRAD } way;

/* Winograd's tiles that compete, 0 for none; the one that is expected to win is way 0 of the
 * kernel, the others are among its other ways, in this order. */
static const size_t tiles[] = {0, 2, 4};

typedef struct plan {
    way way;
    ln_cpu_weights weights;
    ln_cpu_windows windows;
    ln_cpu_cut cut;
    ln_cpu_taken taken;
    ln_cpu_winograd winograd;
    size_t packed_m; /* weights are packed for Winograd tiles of so many outputs; 0: for products */
} plan;

static bool claims(const ln_call *c)
{
    if (c->n_in < 2 || !c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

/* ---- planning ---- */

static ln_status plan_windows(ln_cpu_windows *s, const ln_cpu_kernel *k, const ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_window windows[2];
    LN_TRY(ln_cpu_conv_windows(k, c, windows));
    *s = (ln_cpu_windows){
        .h = windows[0],
        .w = windows[1],
        .images = (size_t)x.dim[0],
        .cin = (size_t)x.dim[3],
        .groups = (size_t)(x.dim[3] / w.dim[3]),
    };
    return LN_OK;
}

/* True for dense windows of `filter` x `filter` that move pixel by pixel. */
static bool is_plain(const ln_cpu_windows *s, int filter)
{
    return s->groups == 1 && s->h.filter == filter && s->w.filter == filter && s->h.stride == 1 &&
           s->w.stride == 1;
}

static ln_status plan_winograd(ln_cpu_kernel *k, plan *p, const ln_call *c)
{
    size_t floats;
    if (!ln_cpu_winograd_plan(k, &p->winograd) ||
        !ln_cpu_winograd_floats(k, &p->winograd, &floats) || floats > SIZE_MAX / sizeof(float))
        return LN_ERR_UNSUPPORTED;
    const TfLiteTensor *w = c->in[W];
    if (p->packed_m == p->winograd.m && ln_cpu_is_packed(k, w))
        return LN_OK;
    float *to = ln_cpu_pack_cached(k, floats * sizeof(float), w->data.raw, (uint64_t)p->winograd.m);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu transformed weights", floats);
    p->packed_m = p->winograd.m;
    if (!k->filled)
        ln_cpu_winograd_pack(k, &p->winograd, w->data.f, to);
    return LN_OK;
}

static ln_status plan_product(ln_cpu_kernel *k, plan *p, const ln_call *c)
{
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_windows *s = &p->windows;
    if (p->packed_m != 0)
        k->packed_of = NULL;
    p->packed_m = 0;
    p->weights = (ln_cpu_weights){.m = s->images * (size_t)s->h.out * (size_t)s->w.out,
                                  .n = (size_t)w.dim[0],
                                  .k = (size_t)ln_shape_count(&w, 1, 4),
                                  .groups = s->groups,
                                  .channels = s->cin / s->groups,
                                  .windows = p->way == WINDOWS,
                                  .g = p->weights.g};
    ln_cpu_weights_begin(k, c, W, &p->weights);
    if (p->weights.g->together > 1)
        p->weights.groups /= p->weights.g->together;
    LN_TRY(ln_cpu_weights_plan(k, c, W, &p->weights));
    const size_t n = p->weights.n / p->weights.groups;
    size_t rows;
    if (p->way == WINDOWS) {
        if (!ln_cpu_windows_plan(k, s, p->weights.g, n, &p->cut))
            return LN_ERR_UNSUPPORTED;
        rows = s->lines * s->columns;
    } else {
        p->cut = ln_cpu_cut_product(k, &(ln_cpu_extent){.g = p->weights.g,
                                                        .m = p->weights.m,
                                                        .n = n,
                                                        .k = s->cin,
                                                        .row_bytes = (n + s->cin) * sizeof(float)});
        rows = p->cut.rows;
    }
    return ln_cpu_taken_plan(k, p->weights.g, rows, p->weights.k, &p->taken) ? LN_OK
                                                                             : LN_ERR_UNSUPPORTED;
}

static size_t choose_tile(ln_cpu_kernel *k, const ln_cpu_winograd *w)
{
    const size_t m = (size_t)w->h.out * (size_t)w->w.out;
    const ln_cpu_weights weights = {
        .m = m, .n = w->cout, .k = 9 * w->cin, .groups = 1, .windows = true};
    const size_t expected = ln_cpu_winograd_choose(w, ln_cpu_gemm_for(k, &weights)->speed);
    int others = LN_CPU_OTHER_WAYS;
    k->other_ways = (int)LN_COUNTOF(tiles) - 1;
    for (size_t i = 0; i < LN_COUNTOF(tiles); i++)
        if (tiles[i] != expected && k->way == others++)
            return tiles[i];
    return expected;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    ln_cpu_windows *s = &p->windows;
    if (ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_windows(s, k, c));
    const bool padded = s->h.out != s->h.in || s->w.out != s->w.in || s->h.pad > 0 || s->w.pad > 0;
    p->way = is_plain(s, 1) && !padded ? PIXELS : WINDOWS;
    if (is_plain(s, 3) && ln_known(c, W) && c->in[W]->data.raw) {
        p->winograd = (ln_cpu_winograd){.h = s->h,
                                        .w = s->w,
                                        .images = s->images,
                                        .cin = s->cin,
                                        .cout = (size_t)ln_shape_of(c->in[W]).dim[0]};
        p->winograd.m = choose_tile(k, &p->winograd);
        if (p->winograd.m > 0)
            p->way = WINOGRAD;
    }
    return p->way == WINOGRAD ? plan_winograd(k, p, c) : plan_product(k, p, c);
}

/* ---- running ---- */

static void run_product(const ln_cpu_kernel *k, const plan *p, const ln_call *c, const ln_gemm_c *y)
{
    const ln_cpu_windows *s = &p->windows;
    const ln_cpu_image image = {s, c->in[X]->data.f, k->scratch};
    const ln_cpu_matrix pixels = {.at = c->in[X]->data.f,
                                  .ld = s->cin,
                                  .m = (size_t)ln_count(c->out[0]) / p->weights.n,
                                  .k = s->cin,
                                  .blocks = p->cut.blocks,
                                  .step = p->weights.g->mr};
    ln_cpu_product job = {
        .g = p->weights.g,
        .c = *y,
        .n = p->weights.n / p->weights.groups,
        .k = p->weights.k,
        .groups = p->weights.groups,
        .b = ln_cpu_weights_get(k, c, W, &p->weights),
        .taken = p->taken,
        .strips = p->cut.strips,
        .by_strips = p->cut.by_strips,
        .alone = p->cut.alone,
    };
    if (p->way == PIXELS) {
        job.rows = ln_cpu_matrix_rows;
        job.user = &pixels;
        job.blocks = pixels.blocks;
    } else {
        ln_cpu_windows_begin(s, k->scratch);
        job.rows = ln_cpu_windows_rows;
        job.user = &image;
        job.blocks = ln_cpu_windows_blocks(s);
    }
    ln_cpu_product_run(k, &job);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteConvParams *params = c->params;
    ln_gemm_c y = {.at = c->out[0]->data.f,
                   .ld = (size_t)ln_shape_of(c->in[W]).dim[0],
                   .bias = ln_has(c, B) ? c->in[B]->data.f : NULL};
    ln_activation_range_f32(params->activation, &y.min, &y.max);
    if (p->way != WINOGRAD) {
        run_product(k, p, c, &y);
        return;
    }
    ln_cpu_winograd_run_all(
        k, &(ln_cpu_winograd_run){
               .w = &p->winograd, .x = c->in[X]->data.f, .packed = k->packed, .y = y});
}

const ln_cpu_row ln_cpu_conv = {
    .op = &ln_op_conv_2d,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL | LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
