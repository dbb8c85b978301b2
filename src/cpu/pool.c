/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D of float32, and the first two of int8, uint8
 * and int16.  Output pixels one at a time, from a list of the pixels under the window.  The
 * reference is ops/pool.c. */
#include "base/checked.h"
#include "cpu/row.h"
#include "ops/qmath.h"
#include "ops/window.h"

extern const ln_op ln_op_average_pool_2d, ln_op_max_pool_2d, ln_op_l2_pool_2d;

enum {
    ITEM_VALUES = 64 * 1024, /* of x, below which no other thread is worth waking */
    PART_BYTES = 128,        /* of channels that a thread takes at least */
    SAFE = 1 << 24,          /* sums of integers stay below */
};

typedef struct plan {
    int kind, type; /* LN_POOL_*; LN_FOLD_*, -1 for floats */
    ln_window h, w;
    int batches;
    size_t channels, size; /* bytes of an item */
    int32_t min, max;
    size_t taps;                  /* most under a window */
    size_t sums_at, thread_bytes; /* each thread's scratch memory: pointers, then sums */
    size_t grain, parts;          /* rows of y at a time; parts of the channels */
} plan;

static int kind_of(const ln_op *op)
{
    return op == &ln_op_max_pool_2d  ? LN_POOL_MAX
           : op == &ln_op_l2_pool_2d ? LN_POOL_L2
                                     : LN_POOL_AVERAGE;
}

static int type_of(TfLiteType t)
{
    return t == kTfLiteInt8 ? LN_FOLD_S8 : t == kTfLiteUInt8 ? LN_FOLD_U8 : LN_FOLD_S16;
}

static bool claims(const ln_call *c)
{
    return c->params && ln_has(c, 0) && c->in[0]->type == c->out[0]->type &&
           (c->in[0]->type == kTfLiteFloat32 || c->in[0]->type == kTfLiteInt8 ||
            c->in[0]->type == kTfLiteUInt8 || c->in[0]->type == kTfLiteInt16);
}

static ln_status plan_windows(const ln_call *c, plan *p)
{
    const TfLitePoolParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[0]);
    ln_call call = *c; /* infer has checked all this already */
    p->batches = x.dim[0];
    p->channels = (size_t)x.dim[3];
    p->size = ln_type_size(c->in[0]->type);
    LN_TRY(ln_pool_windows(&call, &p->h, &p->w));
    p->taps = (size_t)LN_MIN(p->h.filter, p->h.in) * (size_t)LN_MIN(p->w.filter, p->w.in);
    if (p->type >= 0)
        LN_TRY(ln_activation_range_q(&call, params->activation, c->out[0], &p->min, &p->max));
    return LN_OK;
}

/* Rows of y by preference; the channels of a single row. */
static void plan_work(const ln_cpu_kernel *k, plan *p)
{
    const size_t rows = (size_t)p->batches * (size_t)p->h.out, threads = (size_t)k->threads;
    const double row = (double)p->w.out * (double)p->taps * (double)p->channels;
    const double total = (double)rows * row;
    p->parts = 1;
    p->grain = LN_MAX(rows, (size_t)1);
    if (threads == 1 || total < 2.0 * ITEM_VALUES)
        return;
    if (rows >= threads) {
        const double grain = LN_MAX(ITEM_VALUES / row, (double)rows / (4.0 * (double)threads));
        p->grain = LN_MAX(LN_MIN((size_t)grain, rows), (size_t)1);
        return;
    }
    p->grain = 1;
    p->parts = LN_MAX(LN_MIN(threads, p->channels * p->size / PART_BYTES), (size_t)1);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    size_t bytes;
    p->kind = kind_of(k->nodes[0].op);
    p->type = c->in[0]->type == kTfLiteFloat32 ? -1 : type_of(c->in[0]->type);
    /* a library for other models lacks the kernels of a type */
    if (p->type < 0 ? !k->fn->pool.f32[p->kind] : !k->fn->pool.average[p->type])
        return LN_ERR_UNSUPPORTED;
    LN_TRY(plan_windows(c, p));
    const int64_t most = p->type == LN_FOLD_S16 ? 32768 : 255;
    if (p->type >= 0 && p->kind == LN_POOL_AVERAGE && (most + 1) * (int64_t)p->taps >= SAFE)
        return LN_ERR_UNSUPPORTED;
    plan_work(k, p);
    if (!ln_mul_size(p->taps, sizeof(void *), &p->sums_at) ||
        !ln_align_size(p->sums_at, 64, &p->sums_at) ||
        !ln_mul_size(p->type >= 0 ? p->channels : 0, sizeof(int32_t), &bytes) ||
        !ln_add_size(p->sums_at, bytes, &bytes) || !ln_align_size(bytes, 64, &p->thread_bytes) ||
        !ln_mul_size(p->thread_bytes, (size_t)k->threads, &k->scratch_bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "the windows of a pool are too large");
    return LN_OK;
}

typedef struct job {
    const plan *p;
    const ln_kernels *fn;
    const char *x;
    char *y, *scratch;
    float min, max;
} job;

/* One output pixel: n channels of the pixels at list[0..taps). */
static void run_ints(const job *j, const void **list, int32_t *sums, char *y, size_t taps, size_t n)
{
    const plan *p = j->p;
    const uint8_t flip = p->type == LN_FOLD_S8 ? 128 : 0;
    if (p->kind == LN_POOL_AVERAGE) {
        j->fn->pool.sum[p->type](sums, list, taps, n);
        j->fn->pool.average[p->type](y, sums, n, (int32_t)LN_MAX(taps, (size_t)1), p->min, p->max);
    } else if (p->type != LN_FOLD_S16) {
        j->fn->pool.max_8((uint8_t *)y, (const uint8_t *const *)list, taps, n, flip,
                          (uint8_t)((uint8_t)p->min ^ flip), (uint8_t)((uint8_t)p->max ^ flip));
    } else {
        for (size_t i = 0; i < n; i++)
            sums[i] = INT16_MIN;
        for (size_t t = 0; t < taps; t++)
            j->fn->reduce.columns_int[p->type][LN_FOLD_MAX](sums, list[t], 0, 1, n);
        j->fn->pool.average[p->type](y, sums, n, 1, p->min, p->max);
    }
}

/* Row `at` of all images' rows, channels from `first` on, `n` of them. */
static void run_row(const job *j, size_t at, size_t first, size_t n, int thread)
{
    const plan *p = j->p;
    const size_t pixel = p->channels * p->size, line = (size_t)p->w.in * pixel;
    const size_t height = (size_t)p->h.out;
    char *scratch = j->scratch + (size_t)thread * p->thread_bytes;
    const void **list = (const void **)(void *)scratch;
    char *y = j->y + at * (size_t)p->w.out * pixel + first * p->size;
    int ys[2], xs[2];
    const int iy = ln_window_taps(&p->h, (int)(at % height), &ys[0], &ys[1]);
    const char *x = j->x + at / height * (size_t)p->h.in * line + first * p->size;
    for (int ox = 0; ox < p->w.out; ox++, y += pixel) {
        const int ix = ln_window_taps(&p->w, ox, &xs[0], &xs[1]);
        size_t taps = 0;
        for (int fy = ys[0]; fy < ys[1]; fy++)
            for (int fx = xs[0]; fx < xs[1]; fx++)
                list[taps++] = x + (size_t)(iy + fy) * line + (size_t)(ix + fx) * pixel;
        if (p->type >= 0)
            run_ints(j, list, (int32_t *)(void *)(scratch + p->sums_at), y, taps, n);
        else
            j->fn->pool.f32[p->kind]((float *)(void *)y, (const float *const *)(void *)list, taps,
                                     n, j->min, j->max);
    }
}

static void run_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const size_t parts = j->p->parts, n = j->p->channels;
    for (size_t i = begin; i < end; i++) {
        const size_t first = n * (i % parts) / parts, last = n * (i % parts + 1) / parts;
        run_row(j, i / parts, first, last - first, thread);
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLitePoolParams *params = c->params;
    job j = {.p = p,
             .fn = k->fn,
             .x = c->in[0]->data.raw,
             .y = c->out[0]->data.raw,
             .scratch = k->scratch};
    ln_activation_range_f32(params->activation, &j.min, &j.max);
    ln_parallel_for(k->pool, (size_t)p->batches * (size_t)p->h.out * p->parts, p->grain, run_rows,
                    &j);
}

#define POOL(lower)                     \
    const ln_cpu_row ln_cpu_##lower = { \
        .op = &ln_op_##lower,           \
        .plan_size = sizeof(plan),      \
        .claims = claims,               \
        .plan = make_plan,              \
        .run = run,                     \
    };
POOL(average_pool_2d)
POOL(max_pool_2d)
POOL(l2_pool_2d)
