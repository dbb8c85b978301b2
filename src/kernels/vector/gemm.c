/* SPDX-License-Identifier: Apache-2.0 */
/* gemm.c: tiles of float32 matrix products; the contract is in kernels/gemm.h.  A tile keeps m rows
 * by v vectors of sums in registers; a step of k takes v loads of B and m broadcasts of A. */
#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"
#include "kernels/simd/simd.h"

/* Rows of a tile by its vectors, as the registers of each set allow.  NV vectors are a panel,
 * NV_LAST may be the last one.
 *   avx512    8 x 48: 24 sums, and pointers to 8 rows; 6 x 64, so that 16 columns more than whole
 *             panels are no panel of their own, whose 8 sums do not keep two units busy
 *   avx2      6 x 16: 12 sums hide the latency of two units; 4 x 24 does so too
 *   neon      8 x 8: 16 sums, with 8 scalars of A that compilers like to load early
 *   portable  4 x 8, of 16 registers */
#if defined(LN_SET_IS_avx512)
enum { MR = 8, NV = 3, NV_LAST = 4 };
static const size_t rows_of[NV_LAST] = {8, 8, 8, 6};
#define PANELS(make) LN_UP_TO_8(make, 1) LN_UP_TO_8(make, 2) LN_UP_TO_8(make, 3) LN_UP_TO_6(make, 4)
#elif defined(LN_SET_IS_avx2)
enum { MR = 6, NV = 2, NV_LAST = 3 };
static const size_t rows_of[NV_LAST] = {6, 6, 4};
#define PANELS(make) LN_UP_TO_6(make, 1) LN_UP_TO_6(make, 2) LN_UP_TO_4(make, 3)
#elif defined(LN_SET_IS_neon)
enum { MR = 8, NV = 2, NV_LAST = 2 };
static const size_t rows_of[NV_LAST] = {8, 8};
#define PANELS(make) LN_UP_TO_8(make, 1) LN_UP_TO_8(make, 2)
#else
enum { MR = 4, NV = 2, NV_LAST = 2 };
static const size_t rows_of[NV_LAST] = {4, 4};
#define PANELS(make) LN_UP_TO_4(make, 1) LN_UP_TO_4(make, 2)
#endif
enum { MOST_ROWS = 12, MAX_NV = 4, LINE = 64 / sizeof(float) };

/* Groups side by side: panels are one vector, of which each group has 4 or 8 lanes, by as many rows
 * as hide the latency of sums. */
#if defined(LN_SET_IS_avx512) || defined(LN_SET_IS_avx2)
#define TOGETHER
#define OPERANDS(p, q) ((q) == 1 ? vf_set(*(p)) : vf_repeat(p, q))
#define ZIP(x, q)      ((q) == 1 ? (x) : vf_zip(x, q))
#else
#define OPERANDS(p, q) vf_set(*(p))
#define ZIP(x, q)      ((void)(q), x)
#endif

/* In this order NaN stays NaN. */
LN_INLINE vf clamp(vf x, vf min, vf max)
{
    return vf_min(max, vf_max(min, x));
}

/* What the tiles of the panel before read ahead, each as much, or two threads would ask for more
 * than the third level gives.  Where weights come from there, it would otherwise take a fifth of a
 * panel's time to wait for them. */
typedef struct ahead {
    const float *at;
    size_t step; /* floats with each step of k; 0: there is nothing, and `at` is anything */
} ahead;

LN_INLINE void add_products(vf sum[MOST_ROWS][MAX_NV], const float *const row[MOST_ROWS],
                            const ln_gemm_a *a, const float *b, ahead next, const int m,
                            const int v, const int q)
{
    for (size_t r = 0; r < a->pieces; r++) {
        const float *p[MOST_ROWS];
        LN_UNROLL
        for (int i = 0; i < m; i++)
            p[i] = row[i] + a->offsets[r];
        for (size_t s = 0; s < a->length; s++, b += v * VF) {
            if (v == NV) { /* else it is the last panel */
                LN_PREFETCH(next.at);
                next.at += next.step;
            }
            const vf x0 = vf_load(b);
            const vf x1 = v > 1 ? vf_load(b + VF) : x0;
            const vf x2 = v > 2 ? vf_load(b + 2 * VF) : x0;
            const vf x3 = v > 3 ? vf_load(b + 3 * VF) : x0;
            LN_UNROLL
            for (int i = 0; i < m; i++) {
                const vf y = OPERANDS(p[i] + s * (size_t)q, q);
                sum[i][0] = vf_fma(y, x0, sum[i][0]);
                if (v > 1)
                    sum[i][1] = vf_fma(y, x1, sum[i][1]);
                if (v > 2)
                    sum[i][2] = vf_fma(y, x2, sum[i][2]);
                if (v > 3)
                    sum[i][3] = vf_fma(y, x3, sum[i][3]);
            }
        }
    }
}

/* What becomes of the sums; `last` columns in the last of v vectors.  The bias comes last, as in
 * TFLite's reference, for the same roundings. */
LN_INLINE void finish(const ln_gemm_c *c, float *out, vf sum[MOST_ROWS][MAX_NV], size_t last,
                      const int m, const int v)
{
    const vf min = vf_set(c->min), max = vf_set(c->max);
    vf bias[MAX_NV];
    LN_UNROLL
    for (int j = 0; j < v; j++) {
        bias[j] = !c->bias    ? vf_set(0)
                  : j < v - 1 ? vf_load(c->bias + j * VF)
                              : vf_load_most(c->bias + j * VF, last);
    }
    LN_UNROLL
    for (int i = 0; i < m; i++, out += c->ld) {
        LN_UNROLL
        for (int j = 0; j < v; j++) {
            const vf x = clamp(vf_add(sum[i][j], bias[j]), min, max);
            if (j < v - 1)
                vf_store(out + j * VF, x);
            else
                vf_store_most(out + j * VF, x, last);
        }
    }
}

LN_INLINE const float *row_of(const ln_gemm_a *a, size_t i)
{
    return a->list ? a->list[i] : a->at + i * a->ld;
}

/* Rows [first, first + m) by v vectors; m and v are constants in every call, so what is indexed by
 * them stays in registers. */
LN_INLINE void tile(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, ahead next,
                    size_t first, size_t n, const int m, const int v)
{
    vf sum[MOST_ROWS][MAX_NV];
    const float *row[MOST_ROWS];
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        row[i] = row_of(a, first + (size_t)i);
        sum[i][0] = sum[i][1] = sum[i][2] = sum[i][3] = vf_set(0);
    }
    add_products(sum, row, a, b, next, m, v, 1);
    finish(c, c->at + first * c->ld, sum, n - (size_t)(v - 1) * VF, m, v);
}

typedef void (*tile_fn)(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, ahead next,
                        size_t first, size_t n);

#define TILE(m, v)                                                                                 \
    static void tile_##m##_##v(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, ahead next, \
                               size_t first, size_t n)                                             \
    {                                                                                              \
        tile(c, a, b, next, first, n, m, v);                                                       \
    }
PANELS(TILE)
#undef TILE

/* Rows are dealt out evenly: a tile of few rows costs as much as one of many. */
static void panel(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n)
{
#define NAME(m, v) [v - 1][m - 1] = tile_##m##_##v,
    static const tile_fn fn[NV_LAST][MR] = {PANELS(NAME)};
#undef NAME
    const size_t shape = (n + VF - 1) / VF - 1, rows = rows_of[shape];
    const size_t tiles = (m + rows - 1) / rows, least = tiles ? m / tiles : 0;
    const size_t length = a->pieces * a->length;
    size_t more = tiles ? m % tiles : 0;
    ahead next = {a->next ? a->next : b, 0};
    if (a->next && tiles)
        next.step = LN_MIN(((shape + 1) * VF + tiles - 1) / tiles, (size_t)LINE);
    for (size_t first = 0; first < m;) {
        const size_t count = least + (more > 0);
        fn[shape][count - 1](c, a, b, next, first, n);
        next.at += length * next.step;
        first += count;
        more -= more > 0;
    }
}

/* ---- groups side by side ---- */

LN_INLINE void gather(float *to, size_t apart, const float *from, size_t n, size_t sets,
                      size_t floats, const int q)
{
    for (size_t i = 0; i < n; i++, to += floats)
        for (size_t s = 0; s < sets; s++, from += floats)
            for (size_t j = 0; j < floats; j += VF) {
                const vf x = vf_load_most(from + j, floats - j);
                vf_store_most(to + s * apart + j, ZIP(x, q), floats - j);
            }
}

#define GATHER(q)                                                                             \
    static void gather_##q(float *to, size_t apart, const float *from, size_t n, size_t sets, \
                           size_t floats)                                                     \
    {                                                                                         \
        gather(to, apart, from, n, sets, floats, q);                                          \
    }
GATHER(1)

#ifdef TOGETHER
/* Rows [first, first + MOST_ROWS) by one vector of q groups; rows from `last` on are that one
 * again. */
LN_INLINE void tile_of_groups(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t first,
                              size_t last, const int q)
{
    const vf min = vf_set(c->min), max = vf_set(c->max);
    const vf bias = c->bias ? vf_load(c->bias) : vf_set(0);
    vf sum[MOST_ROWS][MAX_NV];
    const float *row[MOST_ROWS];
    LN_UNROLL
    for (int i = 0; i < MOST_ROWS; i++) {
        row[i] = row_of(a, LN_MIN(first + (size_t)i, last));
        sum[i][0] = vf_set(0);
    }
    add_products(sum, row, a, b, (ahead){b, 0}, MOST_ROWS, 1, q);
    LN_UNROLL
    for (int i = 0; i < MOST_ROWS; i++)
        vf_store(c->at + LN_MIN(first + (size_t)i, last) * c->ld,
                 clamp(vf_add(q == 1 ? sum[i][0] : vf_zip(sum[i][0], VF / q), bias), min, max));
}

#define GROUPS(q)                                                                              \
    static void panel_of_##q(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, \
                             size_t n)                                                         \
    {                                                                                          \
        (void)n;                                                                               \
        for (size_t first = 0; first < m; first += MOST_ROWS)                                  \
            tile_of_groups(c, a, b, first, m - 1, q);                                          \
    }                                                                                          \
    static const ln_gemm_kernels groups_##q = {.mr = MOST_ROWS,                                \
                                               .nr = VF,                                       \
                                               .nr_last = VF,                                  \
                                               .unit = VF,                                     \
                                               .speed = 1,                                     \
                                               .together = q,                                  \
                                               .gather = gather_##q,                           \
                                               .steps = 1,                                     \
                                               .panel = panel_of_##q};
GROUPS(1)
GATHER(2)
GROUPS(2)
#if defined(LN_SET_IS_avx512)
GATHER(4)
GROUPS(4)
#endif
#undef GROUPS
#endif
#undef GATHER

/* ---- one row ---- */

/* Panels side by side, so that there are enough sums. */
enum { ABREAST = NV > 2 ? 3 : 4 };

/* One row by `whole` panels of NV vectors, `step` floats from one to the next, and a last one of v
 * vectors, `last` columns in the last of them; whole and v are constants in every call. */
LN_INLINE void abreast(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t step,
                       size_t last, const int whole, const int v)
{
    const float *end = b + (size_t)whole * step;
    vf sum[ABREAST * NV + MAX_NV];
    LN_UNROLL
    for (int j = 0; j < whole * NV + v; j++)
        sum[j] = vf_set(0);
    for (size_t r = 0; r < a->pieces; r++) {
        const float *x = a->at + a->offsets[r];
        for (size_t s = 0; s < a->length; s++, b += NV * VF, end += v * VF) {
            const vf y = vf_set(x[s]);
            LN_UNROLL
            for (int j = 0; j < whole * NV; j++)
                sum[j] = vf_fma(y, vf_load(b + (size_t)(j / NV) * step + j % NV * VF), sum[j]);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                sum[whole * NV + j] = vf_fma(y, vf_load(end + j * VF), sum[whole * NV + j]);
        }
    }
    const vf min = vf_set(c->min), max = vf_set(c->max);
    LN_UNROLL
    for (int j = 0; j < whole * NV + v; j++) {
        const size_t n = v > 0 && j == whole * NV + v - 1 ? last : VF;
        const vf bias = c->bias ? vf_load_most(c->bias + j * VF, n) : vf_set(0);
        vf_store_most(c->at + j * VF, clamp(vf_add(sum[j], bias), min, max), n);
    }
}

typedef void (*abreast_fn)(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t step,
                           size_t last);

#define ROW(whole, v)                                                                     \
    static void row_##whole##_##v(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, \
                                  size_t step, size_t last)                               \
    {                                                                                     \
        abreast(c, a, b, step, last, whole, v);                                           \
    }
#define ROWS(v) ROW(0, v) ROW(1, v) ROW(2, v) ROW(3, v)
#define ROW_NAMES(v)                               \
    {                                              \
        row_0_##v, row_1_##v, row_2_##v, row_3_##v \
    }
ROW(3, 0)
ROW(4, 0)
ROWS(1)
ROWS(2)
ROWS(3)
ROWS(4)

static void row(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t n)
{
    static const abreast_fn ends[MAX_NV][4] = {ROW_NAMES(1), ROW_NAMES(2), ROW_NAMES(3),
                                               ROW_NAMES(4)};
    const size_t nr = (size_t)NV * VF, step = nr * a->pieces * a->length;
    const size_t widest = (size_t)NV_LAST * VF;
    ln_gemm_c to = *c;
    while (n == ABREAST * nr || n > (ABREAST - 1) * nr + widest) { /* all of them whole */
        (ABREAST == 3 ? row_3_0 : row_4_0)(&to, a, b, step, 0);
        b += ABREAST * step;
        n -= ABREAST * nr;
        to.at += ABREAST * nr;
        if (to.bias)
            to.bias += ABREAST * nr;
    }
    size_t whole = 0;
    for (size_t left = n; left > widest; left -= nr)
        whole++;
    if (n > 0) {
        const size_t last = n - whole * nr, v = (last + VF - 1) / VF;
        ends[v - 1][whole](&to, a, b, step, last - (v - 1) * VF);
    }
}

void LN_SET_FN(ln_gemm_init)(ln_kernels *k)
{
    k->gemm = (ln_gemm_kernels){
        .mr = MR,
        .nr = (size_t)NV * VF,
        .nr_last = (size_t)NV_LAST * VF,
        .unit = VF,
        .speed = 1,
        .together = 1,
        .gather = gather_1,
        .steps = 1,
        .panel = panel,
        .row = row,
    };
#ifdef TOGETHER
    k->gemm_groups[0] = groups_2;
    k->gemm_groups[2] = groups_1;
#endif
#if defined(LN_SET_IS_avx512)
    k->gemm_groups[1] = groups_4;
#endif
}
