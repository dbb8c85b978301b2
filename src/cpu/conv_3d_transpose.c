/* SPDX-License-Identifier: Apache-2.0 */
/* conv_3d_transpose.c: CONV_3D_TRANSPOSE, a matrix product for each line and phase of the output
 * (phases.h, with one axis more).  The reference is ops/conv_3d.c. */
#include <string.h>

#include "base/checked.h"
#include "cpu/phases.h"
#include "cpu/product.h"
#include "cpu/volume.h"

extern const ln_op ln_op_conv_3d_transpose;

enum { SHAPE, W, X, B };
enum {
    SMALL = 128 * 1024, /* multiplications before another thread woke */
    MOST_PHASES = 64,
    MOST_LINES = 256, /* of taps, that a phase sees */
};

static const ln_alloc *const heap = &ln_alloc_default;

typedef struct plan {
    ln_cpu_axis a[LN_VOLUME_AXES];
    ln_cpu_volume v;
    bool framed;
    size_t cout;
    size_t at[MOST_PHASES]; /* floats from the packed weights to those of each phase */
} plan;

static bool is_float(const ln_call *c, int i)
{
    return ln_has(c, i) && c->in[i]->type == kTfLiteFloat32;
}

static bool claims(const ln_call *c)
{
    const TfLiteConv3DParams *p = c->params;
    return p && c->n_in >= 3 && is_float(c, W) && is_float(c, X) &&
           c->out[0]->type == kTfLiteFloat32 && (!ln_has(c, B) || is_float(c, B)) &&
           p->dilation_depth_factor == 1 && p->dilation_height_factor == 1 &&
           p->dilation_width_factor == 1;
}

/* ---- plan ---- */

static ln_status plan_axes(plan *p, const ln_call *c)
{
    static const char *const axes[LN_VOLUME_AXES] = {"depth", "height", "width"};
    const TfLiteConv3DParams *a = c->params;
    const int stride[] = {a->stride_depth, a->stride_height, a->stride_width};
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]), y = ln_shape_of(c->out[0]);
    ln_call call = *c; /* infer has checked all this already */
    for (int i = 0; i < LN_VOLUME_AXES; i++) {
        ln_window v = {.in = y.dim[i + 1], .filter = w.dim[i], .stride = stride[i], .dilation = 1};
        LN_TRY(ln_window_plan(&call, axes[i], a->padding, &v));
        if (!ln_cpu_axis_plan(&p->a[i], x.dim[i + 1], &v))
            return LN_ERR_UNSUPPORTED;
        p->v.in[i] = p->a[i].in;
        p->v.before[i] = p->a[i].before;
        p->v.extent[i] = p->a[i].before + p->a[i].in + p->a[i].after;
    }
    p->v.images = (size_t)x.dim[0];
    p->v.cin = (size_t)x.dim[4];
    p->cout = (size_t)w.dim[3];
    return p->v.cin > 0 && p->cout > 0 ? LN_OK : LN_ERR_UNSUPPORTED;
}

/* The first tap of each axis, and how many taps, that a phase sees. */
typedef struct taps {
    size_t first[LN_VOLUME_AXES], count[LN_VOLUME_AXES];
    size_t phase; /* its number */
    size_t lines, length;
} taps;

static taps taps_of(const plan *p, size_t fd, size_t fh, size_t fw)
{
    taps t = {.first = {fd, fh, fw}};
    for (int i = 0; i < LN_VOLUME_AXES; i++) {
        t.count[i] = ln_cpu_phases_taps(&p->a[i], t.first[i]);
        t.phase = t.phase * p->a[i].stride + t.first[i];
    }
    t.lines = t.count[LN_DEPTH] * t.count[LN_HEIGHT];
    t.length = t.count[LN_WIDTH] * p->v.cin;
    return t;
}

static taps taps_of_phase(const plan *p, size_t i)
{
    const size_t across = p->a[LN_WIDTH].stride, down = p->a[LN_HEIGHT].stride;
    return taps_of(p, i / across / down, i / across % down, i % across);
}

/* The weights [cout, taps, cin] of a phase, so that taps meet voxels in order. */
static void order_weights(const plan *p, const taps *t, const float *w, float *to)
{
    const ln_cpu_axis *a = p->a;
    const size_t cin = p->v.cin;
    for (size_t k = 0; k < p->cout; k++)
        for (size_t d = t->count[LN_DEPTH]; d-- > 0;)
            for (size_t h = t->count[LN_HEIGHT]; h-- > 0;)
                for (size_t x = t->count[LN_WIDTH]; x-- > 0; to += cin) {
                    const size_t fd = t->first[LN_DEPTH] + d * a[LN_DEPTH].stride;
                    const size_t fh = t->first[LN_HEIGHT] + h * a[LN_HEIGHT].stride;
                    const size_t fw = t->first[LN_WIDTH] + x * a[LN_WIDTH].stride;
                    const size_t tap = (fd * a[LN_HEIGHT].filter + fh) * a[LN_WIDTH].filter + fw;
                    memcpy(to, w + (tap * p->cout + k) * cin, cin * sizeof *to);
                }
}

static size_t count_phases(const plan *p)
{
    return p->a[LN_DEPTH].stride * p->a[LN_HEIGHT].stride * p->a[LN_WIDTH].stride;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const ln_gemm_kernels *g = &k->fn->gemm;
    const size_t phases = count_phases(p), width = ln_gemm_width(g, p->cout);
    size_t all = 0, most = 0, bytes;
    for (size_t i = 0; i < phases; i++) {
        const taps t = taps_of_phase(p, i);
        p->at[i] = all * width;
        all += t.lines * t.length;
        most = LN_MAX(most, t.lines * t.length);
    }
    if (!ln_mul_size(all, width, &bytes) || !ln_mul_size(bytes, sizeof(float), &bytes))
        return LN_ERR_UNSUPPORTED;
    float *phase = ln_new(heap, most * p->cout, sizeof *phase);
    float *to = phase ? ln_cpu_pack_cached(k, bytes, c->in[W]->data.raw, g->nr) : NULL;
    for (size_t i = 0; to && !k->filled && i < phases; i++) {
        const taps t = taps_of_phase(p, i);
        const size_t steps = t.lines * t.length;
        order_weights(p, &t, c->in[W]->data.f, phase);
        ln_cpu_pack_columns(
            NULL, g, to + p->at[i],
            &(ln_cpu_columns){.at = phase, .n = p->cout, .k = steps, .step = 1, .column = steps});
    }
    ln_free(heap, phase);
    if (!to)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu bytes of packed weights", bytes);
    return LN_OK;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    size_t floats;
    if (!ln_known(c, W) || !c->in[W]->data.raw || ln_count(c->out[0]) == 0)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_axes(p, c));
    const size_t lines =
        ln_cpu_phases_taps(&p->a[LN_DEPTH], 0) * ln_cpu_phases_taps(&p->a[LN_HEIGHT], 0);
    p->framed = ln_cpu_volume_framed(&p->v);
    if (lines > MOST_LINES || p->a[LN_DEPTH].stride > MOST_PHASES ||
        p->a[LN_HEIGHT].stride > MOST_PHASES || p->a[LN_WIDTH].stride > MOST_PHASES ||
        count_phases(p) > MOST_PHASES || !ln_cpu_volume_floats(&p->v, &floats) ||
        !ln_mul_size(p->framed ? floats : 0, p->v.images, &floats) ||
        !ln_mul_size(floats, sizeof(float), &k->scratch_bytes))
        return LN_ERR_UNSUPPORTED;
    return ln_cpu_is_packed(k, c->in[W]) ? LN_OK : pack(k, c, p);
}

/* ---- run ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const float *x; /* volumes, with their frames where they have some */
    ln_gemm_c c;
} job;

/* The voxel of the frame where the window of output o begins. */
static size_t begin_of(const ln_cpu_axis *a, size_t o, size_t first, size_t count)
{
    return (o + a->pad - first) / a->stride + a->before - (count - 1);
}

/* The voxels of a line that are px modulo the stride; `place` is the line's image, d and h. */
static void run_phase(const job *j, size_t line, const size_t place[LN_VOLUME_AXES], size_t px)
{
    const plan *p = j->p;
    const ln_cpu_axis *a = p->a;
    const size_t o[LN_VOLUME_AXES] = {place[1], place[2], px};
    size_t first[LN_VOLUME_AXES], begin[LN_VOLUME_AXES];
    for (int i = 0; i < LN_VOLUME_AXES; i++)
        first[i] = (o[i] + a[i].pad) % a[i].stride;
    const taps t = taps_of(p, first[LN_DEPTH], first[LN_HEIGHT], first[LN_WIDTH]);
    for (int i = 0; i < LN_VOLUME_AXES; i++)
        begin[i] = begin_of(&a[i], o[i], t.first[i], t.count[i]);
    ptrdiff_t offsets[MOST_LINES], *to = offsets;
    for (size_t d = 0; d < t.count[LN_DEPTH]; d++)
        for (size_t h = 0; h < t.count[LN_HEIGHT]; h++)
            *to++ = (ptrdiff_t)ln_cpu_volume_item(&p->v, d, h, 0);
    ln_gemm_c c = j->c;
    c.at += (line * a[LN_WIDTH].out + px) * p->cout;
    c.ld = a[LN_WIDTH].stride * p->cout;
    const ln_gemm_a rows = {
        .at = j->x + ln_cpu_volume_item(&p->v, place[0] * p->v.extent[LN_DEPTH] + begin[LN_DEPTH],
                                        begin[LN_HEIGHT], begin[LN_WIDTH]),
        .ld = p->v.cin,
        .offsets = offsets,
        .pieces = t.lines,
        .length = t.length,
    };
    const size_t m = (a[LN_WIDTH].out - px + a[LN_WIDTH].stride - 1) / a[LN_WIDTH].stride;
    ln_cpu_multiply(&j->k->fn->gemm, &c, &rows, (const float *)j->k->packed + p->at[t.phase], m,
                    p->cout);
}

static void run_lines(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_cpu_axis *a = j->p->a;
    for (size_t i = begin; i < end; i++) {
        const size_t depth = i / a[LN_HEIGHT].out;
        const size_t place[LN_VOLUME_AXES] = {depth / a[LN_DEPTH].out, depth % a[LN_DEPTH].out,
                                              i % a[LN_HEIGHT].out};
        for (size_t px = 0; px < LN_MIN(a[LN_WIDTH].stride, a[LN_WIDTH].out); px++)
            run_phase(j, i, place, px);
        ln_cpu_tail_run(j->k,
                        &(ln_cpu_block){.row = i * a[LN_WIDTH].out,
                                        .rows = a[LN_WIDTH].out,
                                        .cols = j->p->cout,
                                        .ld = j->p->cout},
                        thread);
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteConv3DParams *params = c->params;
    const ln_cpu_axis *a = p->a;
    const double lines = (double)(p->v.images * a[LN_DEPTH].out * a[LN_HEIGHT].out);
    const double work = (double)ln_count(c->in[X]) * (double)p->cout *
                        (double)(a[LN_DEPTH].filter * a[LN_HEIGHT].filter * a[LN_WIDTH].filter);
    job j = {k, p, c->in[X]->data.f, {.at = c->out[0]->data.f}};
    j.c.bias = ln_has(c, B) ? c->in[B]->data.f : NULL;
    ln_activation_range_f32(params->activation, &j.c.min, &j.c.max);
    if (p->framed) {
        ln_cpu_volume_frame(k, &p->v, j.x, k->scratch);
        j.x = k->scratch;
    }
    ln_parallel_for(k->pool, (size_t)lines, (size_t)(SMALL / (work / lines + 1)) + 1, run_lines,
                    &j);
}

const ln_cpu_row ln_cpu_conv_3d_transpose = {
    .op = &ln_op_conv_3d_transpose,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
