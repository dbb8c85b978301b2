/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_amx.c: operands rounded to bfloat16, on AMX, in the panels of AVX512-BF16.  tdpbf16ps
 * adds 32 products to each of 16 x 16 sums.  It adds them in an order of its own, so single rows
 * and what is left over go through tiles as well: results do not depend on how work is cut. */
#include "base/half.h"
#include "kernels/gemm/amx.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/gemm_half_take.h"

enum { NV = 3, STEPS = 32, CHUNK = 512, LDX = CHUNK + STEPS, NR = NV * LANES };

typedef struct product {
    const ln_gemm_c *c;
    const ln_gemm_a *a;
    const float *b, *last; /* last: the end of B, filled up with zeros to STEPS steps */
    size_t n;
} product;

static void begin_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
}

/* STEPS steps of 16 rows by v vectors of columns. */
static void add_step(const value *x, const float *b, size_t v)
{
    const size_t ldb = v * AMX_BYTES;
    _tile_loadd(4, x, LDX * sizeof *x);
    _tile_loadd(5, b, ldb);
    _tile_dpbf16ps(0, 4, 5);
    if (v > 1) {
        _tile_loadd(6, b + LANES, ldb);
        _tile_dpbf16ps(1, 4, 6);
    }
    if (v > 2) {
        _tile_loadd(7, b + 2 * LANES, ldb);
        _tile_dpbf16ps(2, 4, 7);
    }
}

/* Rows [first, first + m) of A, from `at` on: n values of each, and zeros up to whole steps. */
static void take_rows(value x[AMX_ROWS][LDX], const ln_gemm_a *a, size_t first, size_t m,
                      cursor *at, size_t n)
{
    const size_t filled = (n + STEPS - 1) / STEPS * STEPS;
    cursor next = *at;
    for (size_t i = 0; i < m; i++) {
        next = *at;
        take(x[i], row_at(a, first + i), a, &next, n);
        memset(x[i] + n, 0, (filled - n) * sizeof *x[i]);
    }
    *at = next;
}

/* NaN stays NaN. */
static void finish(const ln_gemm_c *c, float *out, size_t m, size_t n)
{
    _Alignas(64) float sums[AMX_ROWS][NR];
    const __m512 min = _mm512_set1_ps(c->min), max = _mm512_set1_ps(c->max);
    _tile_stored(0, sums, sizeof sums[0]);
    _tile_stored(1, &sums[0][LANES], sizeof sums[0]);
    _tile_stored(2, &sums[0][2 * LANES], sizeof sums[0]);
    for (size_t j = 0; j < n; j += LANES) {
        const __mmask16 lanes = lanes_of(n - j);
        const __m512 bias =
            c->bias ? _mm512_maskz_loadu_ps(lanes, c->bias + j) : _mm512_setzero_ps();
        for (size_t i = 0; i < m; i++) {
            const __m512 x = _mm512_add_ps(_mm512_loadu_ps(&sums[i][j]), bias);
            _mm512_mask_storeu_ps(out + i * c->ld + j, lanes,
                                  _mm512_min_ps(max, _mm512_max_ps(min, x)));
        }
    }
}

/* m rows, up to 16, from `first` on. */
static void tile(const product *p, size_t first, size_t m)
{
    _Alignas(64) value x[AMX_ROWS][LDX]; /* rows that are not there give sums nobody reads */
    const ln_gemm_a *a = p->a;
    const float *b = p->b;
    const size_t v = (p->n + LANES - 1) / LANES;
    cursor at = {0};
    begin_sums();
    for (size_t left = a->pieces * a->length; left > 0;) {
        const size_t count = LN_MIN(left, (size_t)CHUNK);
        take_rows(x, a, first, m, &at, count);
        amx_settle();
        for (size_t s = 0; s < count; s += STEPS, b += v * LANES * STEPS / 2)
            add_step(&x[0][s], s + STEPS <= count ? b : p->last, v);
        left -= count;
    }
    finish(p->c, p->c->at + first * p->c->ld, m, p->n);
}

static void tiles(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n)
{
    _Alignas(64) float last[STEPS / 2 * NR];
    const size_t k = a->pieces * a->length, width = (n + LANES - 1) / LANES * LANES;
    const size_t whole = k / STEPS * STEPS / 2 * width, all = (k + 1) / 2 * width;
    const product p = {c, a, b, last, n};
    memset(last, 0, sizeof last);
    memcpy(last, b + whole, (all - whole) * sizeof *last);
    for (size_t first = 0; first < m; first += AMX_ROWS)
        tile(&p, first, LN_MIN(m - first, (size_t)AMX_ROWS));
}

static void panel(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n)
{
    amx_begin();
    tiles(c, a, b, m, n);
    amx_end();
}

static void row(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t n)
{
    const size_t steps = (a->pieces * a->length + 1) / 2;
    ln_gemm_c to = *c;
    amx_begin();
    for (size_t col = 0; col < n; col += NR, b += steps * NR) {
        to.at = c->at + col;
        to.bias = c->bias ? c->bias + col : NULL;
        tiles(&to, a, b, 1, LN_MIN(n - col, (size_t)NR));
    }
    amx_end();
}

void ln_gemm_half_init_amx(ln_kernels *k)
{
    k->gemm_half = (ln_gemm_kernels){.mr = AMX_ROWS,
                                     .nr = NR,
                                     .nr_last = NR,
                                     .unit = LANES,
                                     .half = 2,
                                     .narrow = ln_float_to_bf16,
                                     .panel = panel,
                                     .row = row};
}
