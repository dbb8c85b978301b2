/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_amx.c: operands rounded to bfloat16, on AMX: tdpbf16ps adds 32 products to each of
 * 16 x 16 sums.  Rounded rows and panels lie as tiles are loaded: blocks of 32 steps by 16 rows, or
 * of 16 pairs of steps by the panel's columns.  The instruction adds in an order of its own, so
 * single rows and what is left over go through tiles as well: results do not depend on how work is
 * cut.  Rows that are not there give sums nobody reads. */
#include "kernels/gemm/amx.h"
#include "kernels/gemm/bf16.h"
#include "kernels/kernels.h"

enum { NR = 2 * LANES, STEPS = 32, BLOCK = AMX_ROWS * STEPS, PAIR = 2 * AMX_ROWS };
/* Float32 products take so many times as long. */
enum { SPEED = 4 };
/* A single row takes as long as 16, unless it is its weights that come from far. */
enum { LEAST_ROW = 96 * 1024 };
/* The first product after a while waits for the unit. */
enum { LEAST = 32 * 1024 };

/* ---- rows ---- */

static size_t filled(size_t k)
{
    return (k + STEPS - 1) / STEPS * STEPS;
}

/* The first n of STEPS floats, then zeros. */
LN_INLINE void take_line(value *to, const float *from, size_t n)
{
    const __m512 low = _mm512_maskz_loadu_ps(lanes_of(n), from);
    const __m512 high =
        n > LANES ? _mm512_maskz_loadu_ps(lanes_of(n - LANES), from + LANES) : _mm512_setzero_ps();
    _mm512_store_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

/* A row of one piece to its lines of the group's blocks. */
LN_INLINE void take_piece(value *to, const float *row, size_t n)
{
    size_t s = 0;
    for (; s + STEPS <= n; s += STEPS, to += BLOCK)
        take_line(to, row + s, STEPS);
    if (s < n)
        take_line(to, row + s, n - s);
}

/* Where line i of a group's first blocks is. */
LN_INLINE value *line_of(void *rows, size_t k, size_t i)
{
    return (value *)rows + i / AMX_ROWS * AMX_ROWS * filled(k) + i % AMX_ROWS * STEPS;
}

static void take(void *rows, const ln_gemm_a *a, size_t m)
{
    for (size_t i = 0; i < m; i++)
        take_piece(line_of(rows, a->length, i),
                   (a->list ? a->list[i] : a->at + i * a->ld) + a->offsets[0], a->length);
}

/* What a line of steps has of one piece: the values in `lanes`, of which lane 0 would be at `at`.
 */
typedef struct run {
    ptrdiff_t at;
    __mmask32 lanes;
} run;

/* How far pieces have been cut into runs. */
typedef struct cursor {
    size_t piece, done;
} cursor;

/* The runs of the next line, alike for all rows; returns how many. */
static size_t find_runs(run runs[STEPS], const ln_gemm_windows *a, cursor *at)
{
    size_t n = 0;
    for (size_t s = 0; s < STEPS && at->piece < a->pieces; n++) {
        const size_t count = LN_MIN(a->length - at->done, STEPS - s);
        runs[n].at = a->offsets[at->piece] + (ptrdiff_t)at->done - (ptrdiff_t)s;
        runs[n].lanes = UINT32_MAX >> (STEPS - count) << s;
        s += count;
        at->done += count;
        if (at->done == a->length)
            *at = (cursor){.piece = at->piece + 1};
    }
    return n;
}

/* The line of m rows.  Lanes that do not count may lie outside of the image: nothing reads them.
 * Few runs are constants in the call, which keeps them in registers. */
LN_INLINE void collect_line(value *to, size_t group, const uint16_t *const *list, size_t m,
                            const run *runs, const size_t n)
{
    for (size_t i = 0; i < m; i++) {
        __m512i v = _mm512_maskz_loadu_epi16(runs[0].lanes, list[i] + runs[0].at);
        LN_UNROLL
        for (size_t r = 1; r < n; r++)
            v = _mm512_mask_loadu_epi16(v, runs[r].lanes, list[i] + runs[r].at);
        _mm512_store_si512(to + i / AMX_ROWS * group + i % AMX_ROWS * STEPS, v);
    }
}

static void collect(void *rows, const ln_gemm_windows *a, size_t m)
{
    const size_t group = AMX_ROWS * filled(a->pieces * a->length);
    run runs[STEPS];
    value *to = rows;
    for (cursor at = {0}; at.piece < a->pieces && a->length > 0; to += BLOCK) {
        const size_t n = find_runs(runs, a, &at);
        if (n == 1)
            collect_line(to, group, a->list, m, runs, 1);
        else if (n == 2)
            collect_line(to, group, a->list, m, runs, 2);
        else if (n == 3)
            collect_line(to, group, a->list, m, runs, 3);
        else
            collect_line(to, group, a->list, m, runs, n);
    }
}

/* ---- products ---- */

/* What is read ahead of the next panel: `lines` of the cache with each block of steps. */
typedef struct ahead {
    const char *at, *end;
    size_t lines;
} ahead;

LN_INLINE void read_ahead(ahead *next)
{
    for (size_t i = 0; i < next->lines && next->at < next->end; i++, next->at += AMX_BYTES)
        LN_PREFETCH(next->at);
}

/* One or two groups of rows by one or two vectors of columns. */
LN_INLINE void add_products(const value *x, const float *b, size_t k, ahead *next,
                            const amx_size size)
{
    const size_t width = size.wide ? NR : LANES, ldb = width * sizeof *b;
    const uint8_t *at[2] = {(const uint8_t *)x, (const uint8_t *)(x + AMX_ROWS * k)};
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t s = 0; s < k; s += STEPS, b += width * STEPS / 2) {
        AMX_ADD(_tile_dpbf16ps, at, s * AMX_ROWS * sizeof *x, AMX_BYTES, b, ldb, size);
        read_ahead(next);
    }
}

/* NaN stays NaN. */
LN_INLINE void finish(const ln_gemm_c *c, float *out, float (*sums)[NR], size_t m, size_t n,
                      const bool wide)
{
    const __m512 min = _mm512_set1_ps(c->min), max = _mm512_set1_ps(c->max);
    const __mmask16 lanes[2] = {lanes_of(n), wide ? lanes_of(n - LANES) : 0};
    const size_t ld = c->ld;
    __m512 bias[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    for (int j = 0; c->bias && j <= wide; j++)
        bias[j] = _mm512_maskz_loadu_ps(lanes[j], c->bias + j * LANES);
    for (size_t i = 0; i < m; i++, out += ld) {
        LN_UNROLL
        for (int j = 0; j <= wide; j++) {
            const __m512 x = _mm512_add_ps(_mm512_load_ps(&sums[i][j * LANES]), bias[j]);
            _mm512_mask_storeu_ps(out + j * LANES, lanes[j],
                                  _mm512_min_ps(max, _mm512_max_ps(min, x)));
        }
    }
}

LN_INLINE void tile(const ln_gemm_c *c, const value *x, const float *b, size_t k, ahead *next,
                    float *out, size_t m, size_t n, const amx_size size)
{
    _Alignas(64) float sums[PAIR][NR];
    add_products(x, b, k, next, size);
    amx_store(sums, sums + AMX_ROWS, sizeof sums[0], size);
    amx_settle();
    finish(c, out, sums, m, n, size.wide);
}

LN_INLINE void tiles(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n,
                     const bool wide)
{
    const size_t k = filled(a->length), pairs = (m + PAIR - 1) / PAIR;
    const value *x = (const value *)(const void *)a->at;
    ahead next = {.at = (const char *)a->next};
    if (a->next) { /* of a panel that is as wide */
        next.end = (const char *)(a->next + k / 2 * NR);
        next.lines = (STEPS + pairs - 1) / pairs;
    }
    amx_settle();
    for (size_t i = 0; i < m; i += PAIR) {
        float *out = c->at + i * c->ld;
        if (m - i > AMX_ROWS)
            tile(c, x + i * k, b, k, &next, out, LN_MIN(m - i, (size_t)PAIR), n,
                 (amx_size){true, wide, false});
        else
            tile(c, x + i * k, b, k, &next, out, m - i, n, (amx_size){false, wide, false});
    }
}

static void panel(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n)
{
    if (n > LANES)
        tiles(c, a, b, m, n, true);
    else
        tiles(c, a, b, m, n, false);
}

static void begin(void)
{
    amx_begin();
}

static void end(void)
{
    amx_end();
}

void ln_gemm_half_init_amx(ln_kernels *k)
{
    k->gemm_half = (ln_gemm_kernels){
        .mr = AMX_ROWS,
        .nr = NR,
        .nr_last = NR,
        .unit = LANES,
        .half = 2,
        .steps = STEPS,
        .speed = SPEED,
        .least_row = LEAST_ROW,
        .least = LEAST,
        .narrow = narrow,
        .take = take,
        .collect = collect,
        .begin = begin,
        .end = end,
        .panel = panel,
    };
}
