/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_conv_s16.c: DEPTHWISE_CONV_2D of int16 activations and int8 weights, one output channel
 * per input channel.  Where there is a kernel for whole pixels, weights are packed for it, and taps
 * outside of the image see zeros.  Else a run of output pixels of one row at a time: the taps that
 * lie inside are listed for each, their products summed in 32 bits, then all are scaled, and
 * weights are used as they lie in the model.  The reference is ops/depthwise_conv.c. */
#include <string.h>

#include "cpu/pad.h"
#include "cpu/row.h"
#include "ops/qmath.h"
#include "ops/scratch.h"

extern const ln_op ln_op_depthwise_conv_2d;

enum { X, W, B };
enum { MAX_TAPS = 128, SUM_BYTES = 16 * 1024, MAX_X = 32768 };

typedef struct plan {
    ln_window h, w;
    size_t channels;
    size_t pixels; /* whose sums are kept at a time */
    size_t sum_bytes;
    int32_t min, max;
    bool whole;      /* for ln_s16_kernels.pixels: */
    size_t taps;     /* even */
    size_t zeros_at; /* int32 items from the groups to a pixel of zeros */
    int inner[2];    /* columns whose windows lie inside of the image */
} plan;

static bool claims(const ln_call *c)
{
    if (c->n_in < 2 || !c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteInt16 && c->in[W]->type == kTfLiteInt8 &&
           c->out[0]->type == kTfLiteInt16;
}

/* True where neither products nor a bias can leave 32 bits. */
static bool is_narrow(const ln_call *c, size_t channel, size_t taps, size_t channels)
{
    const int64_t bias = ln_add_bias(0, ln_has(c, B) ? c->in[B] : NULL, (int)channel);
    const int64_t most = (int64_t)taps * -INT8_MIN * MAX_X;
    int64_t sum = 0;
    if (bias <= INT32_MAX - most && bias >= most - INT32_MAX)
        return true;
    for (size_t t = 0; t < taps; t++) {
        const int64_t w = c->in[W]->data.int8[t * channels + channel];
        sum += (w < 0 ? -w : w) * MAX_X;
    }
    return bias <= INT32_MAX - sum && bias >= sum - INT32_MAX;
}

/* The constants of ln_s16_scales: three arrays. */
static void pack_scales(const ln_call *c, const plan *p, const ln_requant *q, int32_t *to)
{
    const size_t n = p->channels;
    for (size_t i = 0; i < n; i++) {
        to[i] = (int32_t)ln_add_bias(0, ln_has(c, B) ? c->in[B] : NULL, (int)i);
        ln_mult_q64(q[i].m, &to[n + i], &to[2 * n + i]);
    }
}

/* A channel's item of each array of a group. */
static void pack_channel(const ln_call *c, const plan *p, const ln_requant *q, size_t channel,
                         int32_t *to)
{
    const size_t real = (size_t)p->h.filter * (size_t)p->w.filter;
    const int8_t *w = c->in[W]->data.int8 + channel;
    int32_t mul, shift;
    ln_mult_q64(q[channel].m, &mul, &shift);
    const bool none = shift > LN_S16_MOST_SHIFT; /* all become 0 */
    to[0] = (int32_t)ln_add_bias(0, ln_has(c, B) ? c->in[B] : NULL, (int)channel);
    to[LN_S16_GROUP] = none ? 0 : mul;
    to[2 * LN_S16_GROUP] = LN_MIN(shift, LN_S16_MOST_SHIFT) - 16;
    to += 3 * LN_S16_GROUP;
    for (size_t t = 0; t < real; t += 2, to += LN_S16_GROUP) {
        const int second = t + 1 < real ? w[(t + 1) * p->channels] : 0;
        *to = (int32_t)((uint32_t)second << 16 | (uint16_t)w[t * p->channels]);
    }
}

static void pack_groups(const ln_call *c, const plan *p, const ln_requant *q, int32_t *to)
{
    for (size_t first = 0; first < p->channels; first += LN_S16_GROUP) {
        for (size_t i = 0; i < LN_S16_GROUP; i++)
            if (first + ln_s16_channel(i) < p->channels)
                pack_channel(c, p, q, first + ln_s16_channel(i), to + i);
        to += ln_s16_group_items(p->taps);
    }
}

static size_t groups_of(const plan *p)
{
    return (p->channels + LN_S16_GROUP - 1) / LN_S16_GROUP;
}

static size_t whole_bytes(const plan *p)
{
    return (p->zeros_at + (p->channels + 1) / 2) * sizeof(int32_t);
}

/* By the shifts. */
static bool may_be_whole(const ln_cpu_kernel *k, const plan *p, const ln_requant *q)
{
    bool whole = k->fn->s16.pixels != NULL;
    for (size_t i = 0; i < p->channels && whole; i++) {
        int32_t mul, shift;
        ln_mult_q64(q[i].m, &mul, &shift);
        whole = shift >= LN_S16_LEAST_SHIFT;
    }
    return whole;
}

/* Groups that the cache has; false: none, or they are not right. */
static bool find_whole(ln_cpu_kernel *k, const plan *p, const void *of)
{
    const size_t items = ln_s16_group_items(p->taps);
    size_t bytes;
    int32_t *found = ln_cpu_packed_before(k, of, p->taps, &bytes);
    bool right = found && k->fn->s16.pixels && bytes == whole_bytes(p);
    for (size_t i = 0; right && i < groups_of(p) * LN_S16_GROUP; i++) {
        const int32_t *at = found + i / LN_S16_GROUP * items + i % LN_S16_GROUP;
        const int32_t mul = at[LN_S16_GROUP], shift = at[2 * LN_S16_GROUP] + 16;
        right = mul >= 0 && mul < 1 << 15 && shift <= LN_S16_MOST_SHIFT &&
                (shift >= LN_S16_LEAST_SHIFT || (mul == 0 && shift == 16));
    }
    if (right)
        ln_cpu_pack_found(k, found, of);
    return right;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteDepthwiseConvParams *params = c->params;
    const void *of = c->in[W]->data.raw;
    const size_t n = p->channels;
    ln_call call = *c;
    LN_TRY(ln_activation_range_q(&call, params->activation, c->out[0], &p->min, &p->max));
    p->zeros_at = groups_of(p) * ln_s16_group_items(p->taps);
    p->whole = ln_cpu_is_packed(k, c->in[W]) || find_whole(k, p, of);
    if (p->whole)
        return LN_OK;
    ln_requant *q = ln_new(&ln_alloc_default, n, sizeof *q);
    ln_status status = q ? ln_requant_fill(&call, c->in[X], c->in[W], (int)n, params->activation, q)
                         : LN_ERR_MEMORY;
    if (status == LN_OK) {
        p->whole = may_be_whole(k, p, q);
        const size_t bytes = p->whole ? whole_bytes(p) : 3 * n * sizeof(int32_t);
        int32_t *to =
            p->whole ? ln_cpu_pack_anew(k, bytes, of, p->taps) : ln_cpu_pack(k, bytes, NULL);
        if (to) {
            memset(to, 0, bytes);
            (p->whole ? pack_groups : pack_scales)(c, p, q, to);
        }
        status = to ? LN_OK : LN_ERR_MEMORY;
    }
    ln_free(&ln_alloc_default, q);
    return status;
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    ln_window windows[2];
    ln_scratch s = {0};
    LN_TRY(ln_cpu_depthwise_windows(k, c, windows));
    p->h = windows[0];
    p->w = windows[1];
    p->channels = (size_t)ln_shape_of(c->in[W]).dim[3];
    const size_t taps = (size_t)p->h.filter * (size_t)p->w.filter, n = p->channels;
    if (n == 0 || taps == 0 || taps > MAX_TAPS || (size_t)ln_shape_of(c->in[X]).dim[3] != n ||
        !ln_known(c, W) || !c->in[W]->data.raw || !ln_same_zeros(c->in[W]) ||
        ln_channel_zero(c->in[W], 0) != 0 ||
        (ln_has(c, B) && (!ln_known(c, B) || !c->in[B]->data.raw)))
        return LN_ERR_UNSUPPORTED;
    for (size_t i = 0; i < n; i++)
        if (!is_narrow(c, i, taps, n))
            return LN_ERR_UNSUPPORTED;
    p->taps = (taps + 1) / 2 * 2;
    LN_TRY(pack(k, c, p));
    ln_window_inner(&p->w, p->inner);
    if (p->whole)
        return LN_OK;
    p->pixels =
        LN_MAX(LN_MIN(SUM_BYTES / sizeof(int32_t) / n, (size_t)LN_MAX(p->w.out, 1)), (size_t)1);
    ln_scratch_take(&s, (int64_t)(p->pixels * n), sizeof(int32_t));
    p->sum_bytes = s.used;
    return ln_mul_size(s.used, (size_t)k->threads, &k->scratch_bytes) ? LN_OK : LN_ERR_MEMORY;
}

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_call *c;
    ln_s16_scales scales;
} job;

/* The sums of output pixel (oy, ox) of image n. */
static void run_pixel(const job *j, const int16_t *image, const int ys[3], int ox, int32_t *sums)
{
    const plan *p = j->k->plan;
    const int16_t *x[MAX_TAPS];
    const int8_t *w[MAX_TAPS];
    size_t taps = 0;
    int xs[3];
    xs[0] = ln_window_taps(&p->w, ox, &xs[1], &xs[2]);
    for (int fy = ys[1]; fy < ys[2]; fy++)
        for (int fx = xs[1]; fx < xs[2]; fx++, taps++) {
            const size_t row = (size_t)(ys[0] + fy * p->h.dilation) * (size_t)p->w.in;
            x[taps] = image + (row + (size_t)(xs[0] + fx * p->w.dilation)) * p->channels;
            w[taps] = j->c->in[W]->data.int8 +
                      ((size_t)fy * (size_t)p->w.filter + (size_t)fx) * p->channels;
        }
    j->k->fn->s16.depthwise(sums, x, w, taps, p->channels);
}

/* What the taps of output pixel (oy, ox) see. */
static void point(const job *j, const int16_t *image, const int ys[3], int ox, const int16_t **x)
{
    const plan *p = j->k->plan;
    const int32_t *packed = j->k->packed;
    const int16_t *zeros = (const int16_t *)(const void *)(packed + p->zeros_at);
    int begin, end;
    const int ix = ln_window_taps(&p->w, ox, &begin, &end);
    for (int fy = 0; fy < p->h.filter; fy++) {
        const ptrdiff_t row = (ptrdiff_t)(ys[0] + fy * p->h.dilation) * p->w.in;
        const bool inside = fy >= ys[1] && fy < ys[2];
        for (int fx = 0; fx < p->w.filter; fx++)
            *x++ = inside && fx >= begin && fx < end
                       ? image + (row + ix + fx * p->w.dilation) * (ptrdiff_t)p->channels
                       : zeros;
    }
    *x = x[-1]; /* where taps are odd, the last one once more */
}

static void run_whole(const job *j, const int16_t *image, const int ys[3], int16_t *y)
{
    const plan *p = j->k->plan;
    const int16_t *x[MAX_TAPS + 1];
    const bool inside = ys[1] == 0 && ys[2] == p->h.filter;
    ln_s16_pixels run = {.x = x,
                         .step = (size_t)p->w.stride * p->channels,
                         .n = p->channels,
                         .taps = p->taps,
                         .packed = j->k->packed,
                         .min = p->min,
                         .max = p->max};
    for (int ox = 0; ox < p->w.out; ox += (int)run.count) {
        point(j, image, ys, ox, x);
        run.y = y + (size_t)ox * p->channels;
        run.count =
            inside && ox >= p->inner[0] && ox < p->inner[1] ? (size_t)(p->inner[1] - ox) : 1;
        j->k->fn->s16.pixels(&run);
    }
}

static void run_by_sums(const job *j, const int16_t *image, const int ys[3], int16_t *y, int thread)
{
    const plan *p = j->k->plan;
    const size_t n = p->channels, width = (size_t)p->w.out;
    int32_t *sums = (int32_t *)(void *)((uint8_t *)j->k->scratch + (size_t)thread * p->sum_bytes);
    for (size_t from = 0; from < width; from += p->pixels) {
        const size_t pixels = LN_MIN(p->pixels, width - from);
        for (size_t i = 0; i < pixels; i++)
            run_pixel(j, image, ys, (int)(from + i), sums + i * n);
        j->k->fn->s16.scale(y + from * n, n, sums, n, pixels, n, &j->scales);
    }
}

/* Row `row` of the output, counted over all images. */
static void run_row(const job *j, size_t row, int thread)
{
    const plan *p = j->k->plan;
    const size_t n = p->channels, height = (size_t)p->h.out;
    const int16_t *image =
        j->c->in[X]->data.i16 + row / height * (size_t)p->h.in * (size_t)p->w.in * n;
    int16_t *y = j->c->out[0]->data.i16 + row * (size_t)p->w.out * n;
    int ys[3];
    ys[0] = ln_window_taps(&p->h, (int)(row % height), &ys[1], &ys[2]);
    if (p->whole)
        run_whole(j, image, ys, y);
    else
        run_by_sums(j, image, ys, y, thread);
}

static void run_rows(void *arg, size_t begin, size_t end, int thread)
{
    for (size_t i = begin; i < end; i++)
        run_row(arg, i, thread);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const int32_t *packed = k->packed;
    const size_t rows = (size_t)ln_shape_of(c->out[0]).dim[0] * (size_t)p->h.out;
    job j = {k, c, {packed, packed + p->channels, packed + 2 * p->channels, p->min, p->max}};
    ln_parallel_for(k->pool, rows, 1, run_rows, &j);
}

const ln_cpu_row ln_cpu_depthwise_conv_s16 = {
    .op = &ln_op_depthwise_conv_2d,
    .plan_size = sizeof(plan),
    .traits = LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
