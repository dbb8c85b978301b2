/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_steps_avx2.c: products of bytes for AVX2; the contract is in kernels/gemm_steps.h.  A tile
 * has 12 sums; weights are operands from memory, which leaves registers for the pairs of
 * products. */
#include <string.h>

#include "kernels/gemm/up_to.h"
#include "kernels/gemm/ymm.h"
#include "kernels/kernels.h"

enum { MR = 6, NR = 2 * LANES, STEP_BYTES = NR * LN_STEP };
enum { MOST = 128, PART = 64 }; /* of a pair; of each weight where that is exceeded */

/* ---- steps ---- */

/* A vector of weights, 16 of them as int16, without the zero point. */
LN_INLINE vec centered(const int8_t *w, vec zero)
{
    return _mm256_sub_epi16(vec_widen(w), zero);
}

/* The weights of which neither half of a pair exceeds MOST, as they are; others in part. */
LN_INLINE vec allowed(vec w)
{
    const vec zero = vec_zero(), one = _mm256_set1_epi16(1);
    const vec up = _mm256_madd_epi16(_mm256_max_epi16(w, zero), one);
    const vec down = _mm256_madd_epi16(_mm256_min_epi16(w, zero), one);
    const vec beyond = _mm256_or_si256(_mm256_cmpgt_epi32(up, vec_set(MOST)),
                                       _mm256_cmpgt_epi32(vec_set(-MOST), down));
    const vec part =
        _mm256_max_epi16(_mm256_min_epi16(w, _mm256_set1_epi16(PART)), _mm256_set1_epi16(-PART));
    const vec whole = _mm256_min_epi16(w, _mm256_set1_epi16(INT8_MAX));
    return _mm256_blendv_epi8(whole, part, beyond);
}

/* 32 weights of int16 as bytes, in order. */
LN_INLINE vec narrow(vec a, vec b)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
}

static bool split(ln_step_list *to, const int8_t *panel, size_t n, int zero)
{
    const vec z = _mm256_set1_epi16((int16_t)zero);
    for (size_t s = 0; s < n; s++, panel += STEP_BYTES) {
        vec left[4], more;
        LN_UNROLL
        for (int i = 0; i < 4; i++)
            left[i] = centered(panel + 16 * i, z);
        do {
            vec part[4];
            if (to->count == to->most)
                return false;
            more = vec_zero();
            LN_UNROLL
            for (int i = 0; i < 4; i++) {
                part[i] = allowed(left[i]);
                left[i] = _mm256_sub_epi16(left[i], part[i]);
                more = _mm256_or_si256(more, left[i]);
            }
            int8_t *at = to->weights + to->count * STEP_BYTES;
            vec_store(at, narrow(part[0], part[1]));
            vec_store(at + 32, narrow(part[2], part[3]));
            to->of[to->count++] = (uint32_t)s;
        } while (!_mm256_testz_si256(more, more));
    }
    return true;
}

/* ---- tiles ---- */

/* What is in memory is read again, so that no register holds it. */
LN_INLINE void forget_memory(void)
{
    __asm__ volatile("" ::: "memory");
}

/* m rows by v vectors of columns; both are constants in every call. */
LN_INLINE void tile_of(const ln_step_tile *t, size_t first, const int m, const int v)
{
    const vec one = _mm256_set1_epi16(1);
    const int8_t *w = t->weights;
    const uint8_t *x[MR];
    vec acc[MR][2];
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        x[i] = t->at[first + (size_t)i];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc[i][j] = vec_load(t->column + LANES * j);
    }
    for (size_t s = 0; s < t->steps; s++, w += STEP_BYTES) {
        const size_t from = t->from[s];
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            int32_t four;
            memcpy(&four, x[i] + from, sizeof four);
            const vec all = vec_set(four);
            LN_UNROLL
            for (int j = 0; j < v; j++) {
                const vec pairs = _mm256_maddubs_epi16(all, vec_load(w + 32 * j));
                acc[i][j] = vec_add(acc[i][j], _mm256_madd_epi16(pairs, one));
            }
            forget_memory();
        }
    }
    int32_t *to = t->sums + first * NR;
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            vec_store(to + i * NR + LANES * j, acc[i][j]);
    }
}

typedef void (*tile_fn)(const ln_step_tile *t, size_t first);

#define TILE(m, v)                                                  \
    static void tile_##m##_##v(const ln_step_tile *t, size_t first) \
    {                                                               \
        tile_of(t, first, m, v);                                    \
    }
LN_UP_TO_6(TILE, 1)
LN_UP_TO_6(TILE, 2)
#undef TILE

static void tile(const ln_step_tile *t)
{
#define NAME(m, v) tile_##m##_##v,
    static const tile_fn fn[2][MR + 1] = {{NULL, LN_UP_TO_6(NAME, 1)}, {NULL, LN_UP_TO_6(NAME, 2)}};
#undef NAME
    for (size_t first = 0; first < t->m; first += MR)
        fn[t->n > LANES][LN_MIN(t->m - first, (size_t)MR)](t, first);
}

void ln_gemm_steps_init_avx2(ln_kernels *k)
{
    k->gemm_steps = (ln_gemm_steps){.dense = {.form = LN_Q8_UNSIGNED,
                                              .mr = MR,
                                              .nr = NR,
                                              .kr = LN_STEP,
                                              .take = ln_gemm_q8_take_4},
                                    .split = split,
                                    .tile = tile};
}
