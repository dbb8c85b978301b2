/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: CONV_2D in float32 as a matrix product: the windows of output pixels (windows.h; with 1x1
 * and stride 1 the pixels as they lie) times the weights.  The reference is ops/conv.c. */
#include "cpu/pad.h"
#include "cpu/windows.h"

extern const ln_op ln_op_conv_2d;

enum { X, W, B };

typedef struct plan {
    ln_cpu_weights weights;
    ln_cpu_windows windows;
    ln_cpu_cut cut;
    bool pixels; /* rows of the product are pixels of x as they lie */
} plan;

static bool claims(const ln_call *c)
{
    if (c->n_in < 2 || !c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

static ln_status plan_windows(ln_cpu_windows *s, const ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    *s = (ln_cpu_windows){
        .h = {.in = x.dim[1],
              .filter = w.dim[1],
              .stride = params->stride_height,
              .dilation = params->dilation_height_factor},
        .w = {.in = x.dim[2],
              .filter = w.dim[2],
              .stride = params->stride_width,
              .dilation = params->dilation_width_factor},
        .images = (size_t)x.dim[0],
        .cin = (size_t)x.dim[3],
        .groups = (size_t)(x.dim[3] / w.dim[3]),
    };
    LN_TRY(ln_cpu_window_plan(k, c, 0, params->padding, &s->h));
    return ln_cpu_window_plan(k, c, 1, params->padding, &s->w);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_windows *s = &p->windows;
    if (ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_windows(s, k, c));
    p->weights = (ln_cpu_weights){
        .n = (size_t)w.dim[0], .k = (size_t)ln_shape_count(&w, 1, 4), .groups = s->groups};
    LN_TRY(ln_cpu_weights_plan(k, c, W, &p->weights));
    const size_t n = p->weights.n / s->groups;
    p->pixels = s->h.filter == 1 && s->w.filter == 1 && s->h.stride == 1 && s->w.stride == 1 &&
                s->h.out == s->h.in && s->w.out == s->w.in && s->groups == 1;
    if (p->pixels)
        p->cut = ln_cpu_cut_product(
            k, &(ln_cpu_extent){.m = s->images * (size_t)s->h.out * (size_t)s->w.out,
                                .n = n,
                                .k = s->cin,
                                .row_bytes = (n + s->cin) * sizeof(float)});
    else if (!ln_cpu_windows_plan(k, s, n, &p->cut))
        return LN_ERR_UNSUPPORTED;
    return LN_OK;
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const ln_cpu_windows *s = &p->windows;
    const TfLiteConvParams *params = c->params;
    const ln_cpu_image image = {s, c->in[X]->data.f, k->scratch};
    const ln_cpu_matrix pixels = {.at = c->in[X]->data.f,
                                  .ld = s->cin,
                                  .m = (size_t)ln_count(c->out[0]) / p->weights.n,
                                  .k = s->cin,
                                  .rows = p->cut.rows};
    ln_cpu_product job = {
        .c = {.at = c->out[0]->data.f,
              .ld = p->weights.n,
              .bias = ln_has(c, B) ? c->in[B]->data.f : NULL},
        .n = p->weights.n / s->groups,
        .k = p->weights.k,
        .groups = s->groups,
        .b = ln_cpu_weights_get(k, c, W, &p->weights),
        .strips = p->cut.strips,
        .alone = p->cut.alone,
    };
    ln_activation_range_f32(params->activation, &job.c.min, &job.c.max);
    if (p->pixels) {
        job.rows = ln_cpu_matrix_rows;
        job.user = &pixels;
        job.blocks = (pixels.m + pixels.rows - 1) / pixels.rows;
    } else {
        ln_cpu_windows_begin(s, k->scratch);
        job.rows = ln_cpu_windows_rows;
        job.user = &image;
        job.blocks = ln_cpu_windows_blocks(s);
    }
    ln_cpu_product_run(k, &job);
}

const ln_cpu_row ln_cpu_conv = {
    .op = &ln_op_conv_2d,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL | LN_CPU_PAD,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
