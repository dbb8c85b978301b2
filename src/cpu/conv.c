/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: CONV_2D in float32 as a matrix product: the windows of a block of output pixels are
 * gathered into rows (not needed for 1x1 with stride 1), which are multiplied by the weights.  The
 * reference is ops/conv.c. */
#include <string.h>

#include "base/checked.h"
#include "cpu/product.h"
#include "ops/window.h"

extern const ln_op ln_op_conv_2d;

enum { X, W, B };
/* Rows gathered at a time: as many as fit a first-level cache, within these bounds. */
enum { MIN_ROWS = 4, MAX_ROWS = 64, ROW_FLOATS = 16 * 1024 };

typedef struct plan {
    ln_cpu_weights weights;
    int cin, group_in;
    ln_window h, w;
    bool direct;        /* rows of the product are pixels of x as they lie */
    size_t rows;        /* per block */
    size_t gathered_at; /* floats from the start of the scratch memory */
} plan;

static bool claims(const ln_call *c)
{
    if (c->n_in < 2 || !c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->in[W]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32);
}

static bool plan_gathering(ln_cpu_kernel *k, plan *p)
{
    size_t bytes;
    p->gathered_at = k->scratch_bytes / sizeof(float);
    p->rows = LN_MAX(LN_MIN(ROW_FLOATS / LN_MAX(p->weights.k, (size_t)1), (size_t)MAX_ROWS),
                     (size_t)MIN_ROWS);
    return p->direct || (ln_mul_size(p->rows * sizeof(float), p->weights.k, &bytes) &&
                         ln_mul_size(bytes, (size_t)k->threads, &bytes) &&
                         ln_add_size(k->scratch_bytes, bytes, &k->scratch_bytes));
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const TfLiteConvParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_call call = *c; /* infer has checked all this already */
    p->cin = x.dim[3];
    p->group_in = w.dim[3];
    p->h = (ln_window){.in = x.dim[1],
                       .filter = w.dim[1],
                       .stride = params->stride_height,
                       .dilation = params->dilation_height_factor};
    p->w = (ln_window){.in = x.dim[2],
                       .filter = w.dim[2],
                       .stride = params->stride_width,
                       .dilation = params->dilation_width_factor};
    LN_TRY(ln_window_plan(&call, "height", params->padding, &p->h));
    LN_TRY(ln_window_plan(&call, "width", params->padding, &p->w));
    p->weights = (ln_cpu_weights){(size_t)w.dim[0], (size_t)ln_shape_count(&w, 1, 4),
                                  (size_t)(p->cin / p->group_in), false};
    p->direct = p->h.filter == 1 && p->w.filter == 1 && p->h.stride == 1 && p->w.stride == 1;
    LN_TRY(ln_cpu_weights_plan(k, c, W, &p->weights));
    if (!plan_gathering(k, p))
        LN_FAIL(c, LN_ERR_MEMORY, "the windows of a convolution are too large");
    return LN_OK;
}

/* ---- gathering ---- */

typedef struct source {
    const plan *p;
    const float *x; /* at the first channel of the group */
} source;

/* The part of a window that lies in input row `iy` (outside: zeros). */
static void gather_row(const source *s, int n, int iy, int first_x, const int taps[2], float *to)
{
    const plan *p = s->p;
    const size_t c = (size_t)p->group_in, row = (size_t)p->w.filter * c;
    if (iy < 0 || iy >= p->h.in) {
        memset(to, 0, row * sizeof *to);
        return;
    }
    const size_t line = ((size_t)n * (size_t)p->h.in + (size_t)iy) * (size_t)p->w.in;
    memset(to, 0, (size_t)taps[0] * c * sizeof *to);
    memset(to + (size_t)taps[1] * c, 0, row * sizeof *to - (size_t)taps[1] * c * sizeof *to);
    const float *from =
        s->x + (line + (size_t)(first_x + taps[0] * p->w.dilation)) * (size_t)p->cin;
    if (p->w.dilation == 1 && p->group_in == p->cin) {
        memcpy(to + (size_t)taps[0] * c, from, (size_t)(taps[1] - taps[0]) * c * sizeof *to);
        return;
    }
    for (int t = taps[0]; t < taps[1]; t++, from += (size_t)p->w.dilation * (size_t)p->cin)
        memcpy(to + (size_t)t * c, from, c * sizeof *to);
}

static void gather(const void *user, size_t from, size_t count, float *to)
{
    const source *s = user;
    const plan *p = s->p;
    const size_t width = (size_t)p->w.out, height = (size_t)p->h.out;
    const size_t row = (size_t)p->w.filter * (size_t)p->group_in;
    for (size_t i = from; i < from + count; i++) {
        const int ox = (int)(i % width), oy = (int)(i / width % height);
        const int n = (int)(i / width / height);
        const int first_y = oy * p->h.stride - p->h.pad;
        int taps[2];
        const int first_x = ln_window_taps(&p->w, ox, &taps[0], &taps[1]);
        for (int fy = 0; fy < p->h.filter; fy++, to += row) {
            if (taps[0] == taps[1])
                memset(to, 0, row * sizeof *to);
            else
                gather_row(s, n, first_y + fy * p->h.dilation, first_x, taps, to);
        }
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteConvParams *params = c->params;
    const size_t cout = p->weights.n, n = cout / p->weights.groups;
    const float *packed = ln_cpu_weights_get(k, c, W, &p->weights);
    source s = {p, c->in[X]->data.f};
    ln_cpu_product job = {
        .c = c->out[0]->data.f,
        .ldc = cout,
        .m = (size_t)ln_count(c->out[0]) / cout,
        .n = n,
        .k = p->weights.k,
        .rows = p->rows,
        .b = packed,
        .tail = {.bias = ln_has(c, B) ? c->in[B]->data.f : NULL},
        .a = s.x,
        .lda = (size_t)p->cin,
        .gather = p->direct ? NULL : gather,
        .user = &s,
    };
    if (!p->direct)
        job.buffers = (float *)k->scratch + p->gathered_at;
    ln_activation_range_f32(params->activation, &job.tail.min, &job.tail.max);
    for (size_t g = 0; g < p->weights.groups; g++) {
        ln_cpu_product_run(k, &job);
        job.c += n;
        job.b += ln_cpu_weights_stride(&p->weights);
        job.a += p->group_in;
        s.x += p->group_in;
        if (job.tail.bias)
            job.tail.bias += n;
    }
}

const ln_cpu_row ln_cpu_conv = {
    .op = &ln_op_conv_2d,
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
