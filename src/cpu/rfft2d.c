/* SPDX-License-Identifier: Apache-2.0 */
/* rfft2d.c: RFFT2D of planes of one row, as audio models use it, several rows at a time, in single
 * precision; and COMPLEX_ABS, which comes behind it.  The references are ops/rfft2d.c and
 * ops/complex.c. */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "cpu/row.h"

extern const ln_op ln_op_rfft2d, ln_op_complex_abs;

enum { X, LENGTHS };
enum { ITEM_VALUES = 16 * 1024 /* below which no other thread is worth waking */ };

typedef struct plan {
    size_t rows, given, n; /* rows of `given` values, n of which (or zeros) are transformed */
    size_t thread_bytes;   /* of scratch memory */
} plan;

static bool claims(const ln_call *c)
{
    return ln_has(c, X) && c->in[X]->type == kTfLiteFloat32 &&
           c->out[0]->type == kTfLiteComplex64 && ln_known(c, LENGTHS);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_call call = *c;
    int lengths[2], count;
    size_t floats;
    LN_TRY(ln_read_ints(&call, LENGTHS, 2, lengths, &count));
    if (lengths[0] != 1 || x.dim[x.rank - 2] != 1 || lengths[1] < 2)
        return LN_ERR_UNSUPPORTED;
    p->given = (size_t)x.dim[x.rank - 1];
    p->rows = (size_t)ln_shape_count(&x, 0, x.rank - 2);
    p->n = (size_t)lengths[1];
    if (!ln_mul_size(p->n + 2, k->fn->fft.lanes, &floats) ||
        !ln_mul_size(floats, sizeof(float), &floats) ||
        !ln_align_size(floats, 64, &p->thread_bytes) ||
        !ln_mul_size(p->thread_bytes, (size_t)k->threads, &k->scratch_bytes))
        return LN_ERR_UNSUPPORTED;
    float *roots = ln_cpu_pack(k, p->n * sizeof *roots, NULL);
    if (!roots)
        LN_FAIL(c, LN_ERR_MEMORY, "no memory for %zu roots of unity", p->n / 2);
    for (size_t i = 0; i < p->n / 2; i++) {
        const double angle = -2 * 3.14159265358979323846 * (double)i / (double)p->n;
        roots[2 * i] = (float)cos(angle);
        roots[2 * i + 1] = (float)sin(angle);
    }
    return LN_OK;
}

typedef struct job {
    const ln_cpu_kernel *k;
    const float *x;
    float *y;
} job;

/* Rows side by side, complex numbers in bit-reversed order. */
static void gather(const plan *p, float *to, size_t lanes, const float *x, size_t rows)
{
    const size_t m = p->n / 2, used = LN_MIN(p->given, p->n);
    for (size_t i = 0, j = 0; i < m; i++) {
        float *at = to + 2 * j * lanes;
        for (size_t r = 0; r < rows; r++) {
            const float *row = x + r * p->given;
            at[r] = 2 * i < used ? row[2 * i] : 0;
            at[lanes + r] = 2 * i + 1 < used ? row[2 * i + 1] : 0;
        }
        size_t bit = m / 2;
        for (; bit > 0 && (j & bit); bit /= 2)
            j ^= bit;
        j ^= bit;
    }
}

static void run_blocks(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->k->plan;
    const size_t lanes = j->k->fn->fft.lanes, out = p->n + 2;
    float *work = (float *)(void *)((char *)j->k->scratch + (size_t)thread * p->thread_bytes);
    for (size_t block = begin; block < end; block++) {
        const size_t first = block * lanes, rows = LN_MIN(lanes, p->rows - first);
        float *y = j->y + first * out;
        if (rows < lanes)
            memset(work, 0, out * lanes * sizeof *work);
        gather(p, work, lanes, j->x + first * p->given, rows);
        j->k->fn->fft.real(work, p->n, j->k->packed);
        for (size_t r = 0; r < rows; r++)
            for (size_t i = 0; i < out; i++)
                y[r * out + i] = work[i * lanes + r];
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const size_t lanes = k->fn->fft.lanes, blocks = (p->rows + lanes - 1) / lanes;
    job j = {k, c->in[X]->data.f, (float *)(void *)c->out[0]->data.raw};
    ln_parallel_for(k->pool, blocks,
                    LN_MAX(ITEM_VALUES / (p->n * lanes) + 1, blocks / (4 * (size_t)k->threads)),
                    run_blocks, &j);
}

const ln_cpu_row ln_cpu_rfft2d = {
    .op = &ln_op_rfft2d,
    .plan_size = sizeof(plan),
    .claims = claims,
    .plan = make_plan,
    .run = run,
};

/* ---- COMPLEX_ABS ---- */

static bool claims_abs(const ln_call *c)
{
    return ln_has(c, X) && c->in[X]->type == kTfLiteComplex64 && c->out[0]->type == kTfLiteFloat32;
}

static ln_status plan_abs(ln_cpu_kernel *k, const ln_call *c)
{
    (void)k;
    (void)c;
    return LN_OK;
}

static void abs_part(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    (void)thread;
    j->k->fn->fft.abs(j->y + begin, j->x + 2 * begin, end - begin);
}

static void run_abs(const ln_cpu_kernel *k, const ln_call *c)
{
    job j = {k, (const float *)(const void *)c->in[X]->data.raw_const, c->out[0]->data.f};
    ln_parallel_for(k->pool, (size_t)ln_count(c->out[0]), ITEM_VALUES / 4, abs_part, &j);
}

const ln_cpu_row ln_cpu_complex_abs = {
    .op = &ln_op_complex_abs,
    .claims = claims_abs,
    .plan = plan_abs,
    .run = run_abs,
};
