/* SPDX-License-Identifier: Apache-2.0 */
/* conv_3d.c: CONV_3D, by Winograd's transforms of slices (winograd.h), where they are cheaper, or
 * the product of windows and weights.  Windows are rows without being copied (kernels/gemm.h), of
 * the volume or, where they reach outside of it, of a copy with zeros around it.  The reference is
 * ops/conv_3d.c. */
#include "base/checked.h"
#include "cpu/blocks.h"
#include "cpu/product.h"
#include "cpu/volume.h"
#include "cpu/winograd.h"
#include "ops/scratch.h"
#include "ops/window.h"

extern const ln_op ln_op_conv_3d;

enum { X, W, B };

typedef struct plan {
    ln_window w[LN_VOLUME_AXES];
    ln_cpu_volume v;
    ln_cpu_winograd winograd; /* m 0: it is not that way */
    size_t packed_m;          /* what weights are packed for */
    bool framed;
    size_t m, cout, k; /* of the product: rows, columns, steps */
    size_t pieces, length;
    ln_cpu_cut cut;
    size_t rows;                            /* at most, in a block */
    size_t offsets_at, lists_at, frames_at; /* in the scratch memory */
} plan;

static bool claims(const ln_call *c)
{
    return c->n_in >= 2 && c->params && ln_has(c, X) && ln_has(c, W) &&
           c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

/* ---- plan ---- */

static ln_status plan_windows(plan *p, const ln_call *c)
{
    static const char *const axes[LN_VOLUME_AXES] = {"depth", "height", "width"};
    const TfLiteConv3DParams *a = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    const int stride[LN_VOLUME_AXES] = {a->stride_depth, a->stride_height, a->stride_width};
    const int dilation[LN_VOLUME_AXES] = {a->dilation_depth_factor, a->dilation_height_factor,
                                          a->dilation_width_factor};
    ln_call call = *c;
    for (int i = 0; i < LN_VOLUME_AXES; i++) {
        ln_window *v = &p->w[i];
        *v = (ln_window){
            .in = x.dim[i + 1], .filter = w.dim[i], .stride = stride[i], .dilation = dilation[i]};
        LN_TRY(ln_window_plan(&call, axes[i], a->padding, v));
        const int64_t last =
            (int64_t)(v->out - 1) * v->stride + (int64_t)(v->filter - 1) * v->dilation;
        if (v->pad < 0)
            return LN_ERR_UNSUPPORTED;
        p->v.in[i] = (size_t)v->in;
        p->v.before[i] = (size_t)v->pad;
        p->v.extent[i] = (size_t)LN_MAX(last + 1, (int64_t)v->in + v->pad);
    }
    p->v.images = (size_t)x.dim[0];
    p->v.cin = (size_t)x.dim[4];
    p->cout = (size_t)w.dim[4];
    return LN_OK;
}

static void plan_pieces(plan *p)
{
    const bool dense = p->w[LN_WIDTH].dilation == 1;
    const size_t lines = (size_t)p->w[LN_DEPTH].filter * (size_t)p->w[LN_HEIGHT].filter;
    const size_t taps = (size_t)p->w[LN_WIDTH].filter;
    p->pieces = dense ? lines : lines * taps;
    p->length = dense ? taps * p->v.cin : p->v.cin;
    p->k = p->pieces * p->length;
}

static ln_status plan_product(ln_cpu_kernel *k, plan *p, size_t frame)
{
    const ln_window *w = p->w;
    const ln_gemm_kernels *g = &k->fn->gemm;
    const size_t moves = (size_t)w[LN_DEPTH].stride * (size_t)w[LN_HEIGHT].stride *
                         (size_t)w[LN_WIDTH].stride * p->v.cin;
    ln_scratch s = {0};
    p->m =
        p->v.images * (size_t)w[LN_DEPTH].out * (size_t)w[LN_HEIGHT].out * (size_t)w[LN_WIDTH].out;
    p->cut = ln_cpu_cut_product(
        k, &(ln_cpu_extent){
               .g = g, .m = p->m, .n = p->cout, .k = p->k, .row_bytes = (moves + p->cout) * 4});
    p->rows = ln_cpu_block_rows(p->m, g->mr, p->cut.blocks);
    p->offsets_at = s.used;
    ln_scratch_take(&s, (int64_t)p->pieces, sizeof(ptrdiff_t));
    p->lists_at = s.used;
    ln_scratch_take(&s, (int64_t)p->rows * k->threads, sizeof(float *));
    p->frames_at = s.used;
    if (p->framed)
        ln_scratch_take(&s, (int64_t)p->v.images, frame * sizeof(float));
    k->scratch_bytes = s.used;
    return s.used < SIZE_MAX ? LN_OK : LN_ERR_UNSUPPORTED;
}

/* False where windows are cheaper, have another form, or by dilation mostly lie outside. */
static bool plan_winograd(ln_cpu_kernel *k, plan *p)
{
    const ln_window *d = &p->w[LN_DEPTH], *h = &p->w[LN_HEIGHT], *w = &p->w[LN_WIDTH];
    if (h->filter != 3 || w->filter != 3 || d->filter > LN_WINOGRAD_SLICES || d->stride != 1 ||
        h->stride != 1 || w->stride != 1 || d->dilation > d->in)
        return false;
    p->winograd = (ln_cpu_winograd){
        .h = *h, .w = *w, .d = *d, .images = p->v.images, .cin = p->v.cin, .cout = p->cout};
    p->winograd.m = ln_cpu_winograd_choose(&p->winograd, k->fn->gemm.speed);
    return p->winograd.m > 0 && ln_cpu_winograd_plan(k, &p->winograd);
}

static bool packed_floats(const ln_cpu_kernel *k, const plan *p, size_t *floats)
{
    return (p->winograd.m > 0 ? ln_cpu_winograd_floats(k, &p->winograd, floats)
                              : ln_cpu_packed_floats(&k->fn->gemm, p->cout, p->k, floats)) &&
           *floats <= SIZE_MAX / sizeof(float);
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteTensor *w = c->in[W];
    const ln_gemm_kernels *g = &k->fn->gemm;
    size_t floats;
    if (p->packed_m != p->winograd.m)
        k->packed_of = NULL;
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    if (!packed_floats(k, p, &floats))
        return LN_ERR_UNSUPPORTED;
    float *to = ln_cpu_pack_cached(k, floats * sizeof(float), w->data.raw,
                                   g->nr | (uint64_t)p->winograd.m << 32);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu packed weights", floats);
    p->packed_m = p->winograd.m;
    if (!k->filled && p->winograd.m > 0)
        ln_cpu_winograd_pack_volume(k, &p->winograd, w->data.f, to);
    else if (!k->filled)
        ln_cpu_pack_columns(
            k->pool, g, to,
            &(ln_cpu_columns){
                .at = w->data.f, .n = p->cout, .k = p->k, .step = p->cout, .column = 1});
    return LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    size_t frame;
    *p = (plan){.packed_m = p->packed_m};
    if (!ln_known(c, W) || !c->in[W]->data.raw || ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_windows(p, c));
    if (p->v.cin == 0)
        return LN_ERR_UNSUPPORTED;
    if (plan_winograd(k, p))
        return pack(k, c, p);
    p->winograd.m = 0;
    if (!ln_cpu_volume_floats(&p->v, &frame))
        return LN_ERR_UNSUPPORTED;
    p->framed = ln_cpu_volume_framed(&p->v);
    plan_pieces(p);
    LN_TRY(plan_product(k, p, frame));
    return pack(k, c, p);
}

/* ---- run ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const float *x; /* volumes, with their frames where they have some */
} job;

static void list_offsets(const plan *p, ptrdiff_t *to)
{
    const size_t across =
        p->pieces / (size_t)p->w[LN_DEPTH].filter / (size_t)p->w[LN_HEIGHT].filter;
    for (size_t d = 0; d < (size_t)p->w[LN_DEPTH].filter; d++)
        for (size_t h = 0; h < (size_t)p->w[LN_HEIGHT].filter; h++)
            for (size_t x = 0; x < across; x++)
                *to++ = (ptrdiff_t)ln_cpu_volume_item(&p->v, d * (size_t)p->w[LN_DEPTH].dilation,
                                                      h * (size_t)p->w[LN_HEIGHT].dilation,
                                                      x * (size_t)p->w[LN_WIDTH].dilation);
}

static void list_rows(const job *j, size_t first, size_t count, const float **to)
{
    const plan *p = j->p;
    const ln_window *w = p->w;
    const size_t across = (size_t)w[LN_WIDTH].out, down = (size_t)w[LN_HEIGHT].out;
    const size_t step = (size_t)w[LN_WIDTH].stride * p->v.cin;
    size_t line = first / across, x = first % across;
    for (size_t n; count > 0; count -= n, line++, x = 0) {
        const size_t d = line / down % (size_t)w[LN_DEPTH].out;
        const size_t image = line / down / (size_t)w[LN_DEPTH].out;
        const float *at = j->x + ln_cpu_volume_item(&p->v,
                                                    image * p->v.extent[LN_DEPTH] +
                                                        d * (size_t)w[LN_DEPTH].stride,
                                                    line % down * (size_t)w[LN_HEIGHT].stride, 0);
        n = LN_MIN(count, across - x);
        for (size_t i = 0; i < n; i++)
            *to++ = at + (x + i) * step;
    }
}

static void rows(const void *user, size_t block, int thread, ln_cpu_rows *to)
{
    const job *j = user;
    const plan *p = j->p;
    char *scratch = j->k->scratch;
    const float **list = (const float **)(void *)(scratch + p->lists_at) + (size_t)thread * p->rows;
    const size_t mr = j->k->fn->gemm.mr;
    const size_t first = ln_cpu_block_row(p->m, mr, p->cut.blocks, block);
    const size_t count = ln_cpu_block_row(p->m, mr, p->cut.blocks, block + 1) - first;
    list_rows(j, first, count, list);
    *to = (ln_cpu_rows){
        .first = first,
        .count = count,
        .a = {.list = list,
              .offsets = (const ptrdiff_t *)(const void *)(scratch + p->offsets_at),
              .pieces = p->pieces,
              .length = p->length},
    };
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteConv3DParams *params = c->params;
    job j = {k, p, c->in[X]->data.f};
    ln_cpu_product product = {
        .g = &k->fn->gemm,
        .c = {.at = c->out[0]->data.f,
              .ld = p->cout,
              .bias = ln_has(c, B) ? c->in[B]->data.f : NULL},
        .n = p->cout,
        .k = p->k,
        .groups = 1,
        .b = k->packed,
        .blocks = p->cut.blocks,
        .strips = p->cut.strips,
        .by_strips = p->cut.by_strips,
        .alone = p->cut.alone,
        .rows = rows,
        .user = &j,
    };
    ln_activation_range_f32(params->activation, &product.c.min, &product.c.max);
    if (p->winograd.m > 0) {
        ln_cpu_winograd_run_all(
            k, &(ln_cpu_winograd_run){
                   .w = &p->winograd, .x = j.x, .packed = k->packed, .y = product.c});
        return;
    }
    list_offsets(p, (ptrdiff_t *)(void *)((char *)k->scratch + p->offsets_at));
    if (p->framed) {
        float *frames = (float *)(void *)((char *)k->scratch + p->frames_at);
        ln_cpu_volume_frame(k, &p->v, j.x, frames);
        j.x = frames;
    }
    ln_cpu_product_run(k, &product);
}

const ln_cpu_row ln_cpu_conv_3d = {
    .op = &ln_op_conv_3d,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
