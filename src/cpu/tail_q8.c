/* SPDX-License-Identifier: Apache-2.0 */
/* tail_q8.c: see tail_q8.h. */
#include "cpu/tail_q8.h"

#include <math.h>

static bool can_fuse(const ln_requant *q)
{
    return q->m.mul == 0 ||
           (q->m.shift <= -1 && q->m.shift >= -LN_RESCALE_MAX_RIGHT && q->min <= q->zero);
}

void ln_q8_tail_choose(ln_q8_tail *t, const ln_kernels *fn, const ln_requant *q, size_t n,
                       bool real, size_t columns)
{
    *t = (ln_q8_tail){.real = real, .fused = !real && fn->rescale.fused, .columns = columns};
    for (size_t i = 0; i < n && t->fused; i++)
        t->fused = can_fuse(&q[i]);
}

size_t ln_q8_tail_bytes(const ln_q8_tail *t)
{
    const size_t each = t->real    ? sizeof(double)
                        : t->fused ? sizeof(ln_rescale_fused) / LN_RESCALE_COLUMNS
                                   : 3 * sizeof(int32_t);
    return t->columns * each;
}

bool ln_q8_tail_of_size(ln_q8_tail *t, const ln_kernels *fn, bool real, size_t columns,
                        size_t bytes)
{
    *t = (ln_q8_tail){.real = real, .fused = !real && fn->rescale.fused, .columns = columns};
    if (t->fused && ln_q8_tail_bytes(t) != bytes)
        t->fused = false;
    return ln_q8_tail_bytes(t) == bytes;
}

/* Gaps between columns are zeros. */
static bool check_fused(ln_q8_tail *t)
{
    const ln_rescale_fused *f = t->bytes.fused;
    const int64_t most = INT64_MAX / 4;
    bool right = true;
    for (size_t at = 0; at < t->columns; at += LN_RESCALE_COLUMNS, f++) {
        for (size_t i = 0; i < LN_RESCALE_COLUMNS; i++) {
            const int64_t shift = f->shift[i] + (i < LN_RESCALE_COLUMNS / 2 ? 0 : 32);
            right &= f->mul[i] >= 0 && f->add[i] >= -most && f->add[i] <= most;
            right &= f->shift[i] == 0 || (shift > 31 && shift <= 31 + LN_RESCALE_MAX_RIGHT);
            t->bytes.positive &= f->low[i] >= 0;
        }
    }
    return right;
}

bool ln_q8_tail_check(ln_q8_tail *t)
{
    const double *real = t->doubles.real;
    bool right = true;
    if (t->fused)
        return check_fused(t);
    for (size_t i = 0; i < t->columns; i++)
        right &= t->real ? real[i] >= 0
                         : t->bytes.mul[i] >= 0 && (t->bytes.left[i] | t->bytes.right[i]) >= 0 &&
                               t->bytes.left[i] < 32 && t->bytes.right[i] < 32;
    return right;
}

void ln_q8_tail_place(ln_q8_tail *t, void *to, const ln_requant *q, const TfLiteTensor *y)
{
    int32_t *mul = to;
    t->to = to;
    t->doubles = (ln_rescale_real){
        .real = to, .zero = q->zero, .min = q->min, .max = q->max, .wide = y->type == kTfLiteInt16};
    t->bytes = (ln_rescale){.mul = mul,
                            .left = mul + t->columns,
                            .right = mul + 2 * t->columns,
                            .fused = t->fused ? to : NULL,
                            .zero = q->zero,
                            .min = q->min,
                            .max = q->max,
                            .flip = y->type == kTfLiteInt8 ? 0x80 : 0,
                            .positive = true};
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return a / b + (a % b > 0);
}

/* What the sum x becomes, floor((x mul + add) / 2^shift) and a step of 2^31 less for x < 0, grows
 * with x by at most 1; this is the first x where it is min. */
static int32_t least_sum(int32_t mul, int64_t add, int shift, int64_t min)
{
    const int64_t least = (min << shift) - add;
    int64_t x = mul == 0 ? 0 : divide_up(least, mul);
    if (x < 0)
        x = LN_MIN(divide_up(least + ((int64_t)1 << 31), mul), 0);
    return (int32_t)LN_MAX(LN_MIN(x, INT32_MAX), INT32_MIN);
}

static void fill_fused(ln_q8_tail *t, size_t column, const ln_requant *q)
{
    ln_rescale_fused *f = (ln_rescale_fused *)t->to + column / LN_RESCALE_COLUMNS;
    const size_t i = column % LN_RESCALE_COLUMNS;
    const size_t at = i / 2 + (i % 2 ? LN_RESCALE_COLUMNS / 2 : 0);
    const int right = q->m.mul == 0 ? 1 : -q->m.shift, shift = 31 + right;
    const int64_t add = ((int64_t)1 << 30) + ((int64_t)1 << (30 + right)) +
                        ((int64_t)(q->zero + t->bytes.flip) << shift);
    f->mul[i] = q->m.mul;
    f->add[at] = add;
    f->shift[at] = i % 2 ? shift - 32 : shift;
    /* 0 gives the zero point, and smaller sums nothing more; else any one that gives min: from one
     * in the middle it is known without doubt */
    if (q->min == q->zero) {
        f->low[i] = 0;
    } else {
        const int64_t least = least_sum(q->m.mul, add, shift, q->min + t->bytes.flip);
        const int64_t next = least_sum(q->m.mul, add, shift, q->min + t->bytes.flip + 1);
        f->low[i] = (int32_t)(least + LN_MAX(next - 1 - least, 0) / 2);
    }
    const double start =
        256.5 + q->zero + t->bytes.flip + ldexp(1, -right - 1) + ldexp(LN_RESCALE_UNSURE, -15);
    f->scale[i] = ldexpf((float)q->m.mul, -shift);
    f->start[i] = (float)start;
    f->below[i] = (float)(start - ldexp(1, -right));
    t->bytes.positive = t->bytes.positive && f->low[i] >= 0;
}

void ln_q8_tail_fill(ln_q8_tail *t, size_t at, const ln_requant *q, size_t n)
{
    int32_t *mul = t->to, *left = mul + t->columns, *right = left + t->columns;
    double *real = t->to;
    for (size_t i = 0; i < n; i++, at++) {
        if (t->real) {
            real[at] = q[i].real;
        } else if (t->fused) {
            fill_fused(t, at, &q[i]);
        } else {
            mul[at] = q[i].m.mul;
            left[at] = LN_MAX(q[i].m.shift, 0);
            right[at] = LN_MAX(-q[i].m.shift, 0);
        }
    }
}

void ln_q8_tail_run(const ln_q8_tail *t, const ln_kernels *fn, const ln_q8_sums *s)
{
    uint8_t *y = (uint8_t *)s->y + s->y_at * (t->real && t->doubles.wide ? sizeof(int16_t) : 1);
    if (t->real)
        fn->rescale.real(y, s->ldy, s->x, s->ldx, s->m, s->n, &t->doubles, s->first);
    else if (t->fused)
        fn->rescale.fused(y, s->ldy, s->x, s->ldx, s->m, s->n, &t->bytes, s->first);
    else
        fn->rescale.twice(y, s->ldy, s->x, s->ldx, s->m, s->n, &t->bytes, s->first);
}
