/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_pack.c: the constants of DEPTHWISE_CONV_2D of int8 and uint8.  The weight cache
 * keeps them; what is followed of them, the places of taps, is checked. */
#include "cpu/depthwise_q8.h"

#include <string.h>

#include "base/hash.h"
#include "ops/conv_common.h"

enum { X, W, B };
enum { PHASES = LN_DEPTHWISE_MAX_LINES, MOST_PARTS = 3 };

static const ln_alloc *const heap = &ln_alloc_default;

typedef ln_cpu_depthwise_q8 plan;

static size_t column_of(const plan *p, const ln_depthwise_q8 *d)
{
    return (size_t)d->block * (size_t)d->lines * p->value;
}

/* How many int8 add up to the weight; 255, which is more than twice 127, takes three. */
static size_t parts_of_weight(int v)
{
    return v >= INT8_MIN && v <= INT8_MAX ? 1 : v <= 2 * INT8_MAX ? 2 : 3;
}

/* Weights as int16 with their zero point taken off, [filter lines][filter columns][channels]. */
static int16_t *centered_weights(const plan *p, const TfLiteTensor *w, size_t *parts)
{
    const size_t n = (size_t)p->h.filter * (size_t)p->w.filter * p->channels;
    const bool uint8 = w->type == kTfLiteUInt8;
    int16_t *to = ln_new(heap, n, sizeof *to);
    int8_t *unpacked = w->type == kTfLiteInt4 ? ln_new(heap, n, 1) : NULL;
    *parts = 1;
    if (to && (unpacked || w->type != kTfLiteInt4)) {
        if (unpacked)
            ln_unpack(w, 0, n, unpacked);
        ln_centered(unpacked ? (const void *)unpacked : w->data.raw_const,
                    uint8 ? kTfLiteUInt8 : kTfLiteInt8, 0, n, uint8 ? ln_channel_zero(w, 0) : 0,
                    to);
        for (size_t i = 0; i < n; i++)
            *parts = LN_MAX(*parts, parts_of_weight(to[i]));
    } else {
        ln_free(heap, to);
        to = NULL;
    }
    ln_free(heap, unpacked);
    return to;
}

/* What part `part` of a weight's int8 has: what they hold of what those before it left. */
static int part_of_weight(int left, size_t part)
{
    for (size_t i = 0; i < part; i++)
        left -= LN_MAX(LN_MIN(left, INT8_MAX), INT8_MIN);
    return LN_MAX(LN_MIN(left, INT8_MAX), INT8_MIN);
}

/* Lines that the filter has; the others of the group stay 0. */
static void pack_tap(const plan *p, const ln_depthwise_q8 *d, const int16_t *w, size_t phase,
                     size_t tap, size_t first_channel, uint8_t *to)
{
    const size_t part = tap % p->parts, column = tap / p->parts % (size_t)p->w.filter;
    const size_t group = tap / p->parts / (size_t)p->w.filter, lines = (size_t)d->lines;
    const size_t n = LN_MIN((size_t)d->block, p->channels - first_channel);
    for (size_t j = 0; j < lines; j++) {
        const size_t line = group * p->group_step + j - phase;
        if (line >= (size_t)p->h.filter) /* it may have wrapped around */
            continue;
        const int16_t *from =
            w + (line * (size_t)p->w.filter + column) * p->channels + first_channel;
        for (size_t c = 0; c < n; c++) {
            const size_t at = d->place[c] * lines + j;
            if (p->value > 1)
                ((int16_t *)(void *)to)[at] = from[c];
            else
                to[at] = (uint8_t)part_of_weight(from[c], part);
        }
    }
}

static bool all_zeros(const uint8_t *at, size_t n)
{
    size_t i = 0;
    while (i < n && at[i] == 0)
        i++;
    return i == n;
}

/* A block's taps; but for the first one, what gives nothing to any of its channels is left out. */
static void pack_phase(const plan *p, const ln_depthwise_q8 *d, const int16_t *w, size_t phase,
                       size_t *first, size_t *offsets, uint8_t *weights)
{
    const size_t column = column_of(p, d);
    size_t n = 0;
    for (size_t b = 0; b < p->blocks; b++) {
        first[b] = n;
        for (size_t t = 0; t < p->n_taps[phase]; t++) {
            const size_t at = t / p->parts % (size_t)p->w.filter;
            const size_t group = t / p->parts / (size_t)p->w.filter;
            uint8_t *to = weights + n * column;
            pack_tap(p, d, w, phase, t, b * (size_t)d->block, to);
            if (t > 0 && all_zeros(to, column))
                continue;
            offsets[n++] = (group * p->width + at * (size_t)p->w.dilation) * column;
        }
    }
    first[p->blocks] = n;
}

static void fill_bias(const plan *p, const int16_t *w, const int32_t *bias, int32_t *to)
{
    const size_t taps = (size_t)p->h.filter * (size_t)p->w.filter;
    for (size_t c = 0; c < p->channels; c++) {
        int32_t sum = 0;
        for (size_t t = 0; t < taps; t++)
            sum += w[t * p->channels + c];
        to[c] = ln_wrap_add(bias ? bias[c] : 0, ln_wrap_mul(-p->x_zero, sum));
    }
}

/* ---- where they lie ---- */

/* Each phase's weights, offsets, and first taps, bias, pad bytes, the tail's constants. */
typedef struct places {
    size_t weights[PHASES], offsets[PHASES], first[PHASES], bias, pads, tail, all;
} places;

static bool add_area(size_t *at, size_t *total, size_t count, size_t size)
{
    *at = *total;
    return ln_cpu_depthwise_q8_area(total, count, size);
}

/* False where that is too large. */
static bool lay_out(const plan *p, const ln_depthwise_q8 *d, places *l)
{
    const size_t block = (size_t)d->block, column = column_of(p, d);
    size_t total = 0;
    for (size_t i = 0; i < PHASES; i++)
        if (!add_area(&l->weights[i], &total, p->blocks * p->n_taps[i], column) ||
            !add_area(&l->offsets[i], &total, p->blocks * p->n_taps[i], sizeof(size_t)) ||
            !add_area(&l->first[i], &total, p->blocks + 1, sizeof(size_t)))
            return false;
    return add_area(&l->bias, &total, p->blocks * block, sizeof(int32_t)) &&
           add_area(&l->pads, &total, block, 1) && add_area(&l->tail, &total, 0, 1) &&
           ln_add_size(l->tail, ln_q8_tail_bytes(&p->tail), &l->all);
}

static void point(plan *p, const places *l, uint8_t *to, const ln_requant *q, const TfLiteTensor *y)
{
    for (size_t i = 0; i < PHASES; i++) {
        p->weights[i] = to + l->weights[i];
        p->offsets[i] = (const size_t *)(const void *)(to + l->offsets[i]);
        p->first[i] = (const size_t *)(const void *)(to + l->first[i]);
    }
    p->bias = (const int32_t *)(const void *)(to + l->bias);
    p->pads = to + l->pads;
    ln_q8_tail_place(&p->tail, to + l->tail, q, y);
}

/* Taps of each phase at most, of weights that take p->parts. */
static void count_taps(plan *p, const ln_depthwise_q8 *d)
{
    memset(p->n_taps, 0, sizeof p->n_taps);
    for (size_t r = 0; r < p->rows; r++) {
        const size_t phase = r * p->line_step % p->group_step;
        p->n_taps[phase] =
            ln_cpu_depthwise_q8_groups(p, (size_t)d->lines, phase) * (size_t)p->w.filter * p->parts;
    }
}

/* For the weight cache: the parameters, and what tiles are like. */
static uint64_t form_of(const plan *p, const ln_call *c)
{
    const TfLiteDepthwiseConvParams *params = c->params;
    const uint64_t all[] = {params->activation,      p->parts, p->width,  p->group_step,
                            (uint64_t)p->w.dilation, p->value, p->blocks, p->channels};
    return ln_hash(p->n_taps, sizeof p->n_taps, ln_hash(all, sizeof all, 0));
}

/* ---- packing ---- */

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, const ln_requant *q, const int16_t *w,
                      plan *p)
{
    const ln_depthwise_q8 *d = &k->fn->depthwise_q8;
    places l;
    ln_q8_tail_choose(&p->tail, k->fn, q, p->channels, false, p->blocks * (size_t)d->block);
    if (!lay_out(p, d, &l))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    uint8_t *to = ln_cpu_pack_anew(k, l.all, c->in[W]->data.raw, form_of(p, c));
    if (!to)
        return LN_ERR_MEMORY;
    memset(to, 0, l.all);
    point(p, &l, to, q, c->out[0]);
    for (size_t i = 0; i < PHASES; i++)
        pack_phase(p, d, w, i, (size_t *)(void *)(to + l.first[i]),
                   (size_t *)(void *)(to + l.offsets[i]), to + l.weights[i]);
    fill_bias(p, w, ln_has(c, B) ? c->in[B]->data.i32 : NULL, (int32_t *)(void *)(to + l.bias));
    memset(to + l.pads, p->pad, (size_t)d->block);
    ln_q8_tail_fill(&p->tail, 0, q, p->channels);
    return LN_OK;
}

static ln_status pack_all(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteDepthwiseConvParams *params = c->params;
    ln_call call = *c;
    size_t parts;
    int16_t *w = centered_weights(p, c->in[W], &parts);
    ln_requant *q = ln_new(heap, p->channels, sizeof *q);
    ln_status status = w && q ? LN_OK : LN_ERR_MEMORY;
    if (status == LN_OK)
        status =
            ln_requant_fill(&call, c->in[X], c->in[W], (int)p->channels, params->activation, q);
    if (status == LN_OK) {
        p->parts = p->value == 1 ? parts : 1;
        count_taps(p, &k->fn->depthwise_q8);
        status = pack(k, c, q, w, p);
    }
    ln_free(heap, q);
    ln_free(heap, w);
    return status;
}

/* ---- finding ---- */

/* Every block has taps, and reads what the tile has. */
static bool check_phase(const plan *p, const ln_depthwise_q8 *d, size_t phase)
{
    const size_t *first = p->first[phase], *offsets = p->offsets[phase], column = column_of(p, d);
    const size_t groups = ln_cpu_depthwise_q8_groups(p, (size_t)d->lines, phase);
    const size_t last = (groups - 1) * p->width + (size_t)(p->w.filter - 1) * (size_t)p->w.dilation;
    bool right = first[0] == 0;
    for (size_t b = 0; b < p->blocks; b++)
        right &= first[b + 1] > first[b] && first[b + 1] - first[b] <= p->n_taps[phase];
    for (size_t i = 0; right && i < first[p->blocks]; i++)
        right = offsets[i] % column == 0 && offsets[i] / column <= last;
    return right;
}

/* False where the weight cache has nothing that is right. */
static bool find_parts(ln_cpu_kernel *k, const ln_call *c, const ln_requant *q, plan *p)
{
    const ln_depthwise_q8 *d = &k->fn->depthwise_q8;
    const void *of = c->in[W]->data.raw;
    size_t bytes;
    places l;
    count_taps(p, d);
    uint8_t *at = ln_cpu_packed_before(k, of, form_of(p, c), &bytes);
    p->tail = (ln_q8_tail){0};
    if (!at || !lay_out(p, d, &l) || bytes < l.tail ||
        !ln_q8_tail_of_size(&p->tail, k->fn, false, p->blocks * (size_t)d->block, bytes - l.tail))
        return false;
    point(p, &l, at, q, c->out[0]);
    bool right = ln_q8_tail_check(&p->tail);
    for (size_t i = 0; right && i < PHASES; i++)
        right = p->n_taps[i] == 0 || check_phase(p, d, i);
    if (right)
        ln_cpu_pack_found(k, at, of);
    return right;
}

static ln_status find(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const TfLiteDepthwiseConvParams *params = c->params;
    const size_t most = p->value == 1 && c->in[W]->type == kTfLiteUInt8 ? MOST_PARTS : 1;
    ln_call call = *c;
    ln_requant q;
    if (!k->cache)
        return LN_ERR_UNSUPPORTED;
    LN_TRY(ln_requant_fill(&call, c->in[X], c->in[W], 1, params->activation, &q));
    for (p->parts = 1; p->parts <= most; p->parts++)
        if (find_parts(k, c, &q, p))
            return LN_OK;
    return LN_ERR_UNSUPPORTED;
}

ln_status ln_cpu_depthwise_q8_pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const ln_status status = find(k, c, p);
    return status == LN_ERR_UNSUPPORTED ? pack_all(k, c, p) : status;
}
