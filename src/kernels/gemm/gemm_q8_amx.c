/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_amx.c: 8-bit matrix products for AMX, with the panels of AVX-512 VNNI: 16 of its steps by
 * 16 columns are a tile of B as they lie.  Tiles of A are rows that are equally far apart; other
 * rows, few ones and short ones stay with VNNI.
 *
 * Where less than 64 bytes are left, B is filled up with zeros, and A may have anything there: a
 * whole line of the cache can always be read. */
#include <string.h>

#include "kernels/gemm/amx.h"
#include "kernels/gemm/vnni.h"
#include "kernels/kernels.h"

enum { NR = 32, KR = 4, LDB = NR * KR, PAIR = 2 * AMX_ROWS };
/* Bytes of a row from which on tiles are faster; from which on a panel of a convolution does not
 * stay in the first-level cache. */
enum { LEAST = 32, FAR = 1024 };
/* Bytes of rows that do not stay in the first-level cache beside a panel. */
enum { LARGE = 32 * 1024 };

typedef struct product {
    const ln_q8_tile *t;
    size_t length;      /* of a piece as it lies in B */
    const uint8_t *at;  /* the first row, */
    ptrdiff_t apart;    /* and bytes to the next one */
    const int8_t *last; /* B where less than 64 bytes are left */
    size_t next;        /* lines of the next panel that each step asks for */
} product;

static void begin(void)
{
    amx_begin();
}

static void end(void)
{
    amx_end();
}

/* ---- rows ---- */

/* Pieces one behind the other, each filled up to KR. */
static void pack(uint8_t *to, size_t ld, const ln_q8_rows *a, size_t m)
{
    const size_t length = (a->length + KR - 1) / KR * KR;
    for (size_t p = 0; p < a->pieces; p++, to += length) {
        for (size_t s = 0; s < length; s += AMX_BYTES) {
            const size_t items = (length - s) / KR, from = a->offset[p] + s;
            const __mmask16 some = (__mmask16)(items < 16 ? (1u << items) - 1 : 0xFFFF);
            for (size_t i = 0; i < m; i++)
                _mm512_mask_storeu_epi32(to + i * ld + s, some,
                                         _mm512_maskz_loadu_epi32(some, a->at[i] + from));
        }
    }
}

/* ---- products ---- */

/* So many lines into the second-level cache; the line behind them. */
LN_INLINE const char *read_next(const char *at, size_t lines)
{
    for (size_t i = 0; i < lines; i++, at += AMX_BYTES)
        _mm_prefetch(at, _MM_HINT_T1);
    return at;
}

/* Two steps ahead, or in the next panel: weights come from the second-level cache, or from memory.
 * Whatever lies behind the last one is asked for as well. */
LN_INLINE void read_ahead(const int8_t *b)
{
    const char *next = (const char *)b + 2 * AMX_BYTES * NR;
    LN_UNROLL
    for (size_t i = 0; i < AMX_BYTES * NR; i += 128) {
        _mm_prefetch(next + i, _MM_HINT_T0);
        _mm_prefetch(next + i + 64, _MM_HINT_T0);
    }
}

/* Rows from `first` and from `second` on; steps over all pieces. */
LN_INLINE void add_products(const product *p, size_t first, size_t second, const amx_size size)
{
    const ln_q8_rows *a = &p->t->a;
    const uint8_t *at[2] = {p->at + (ptrdiff_t)first * p->apart,
                            p->at + (ptrdiff_t)second * p->apart};
    const int8_t *b = p->t->panel;
    const size_t panel = a->pieces * p->length * NR, steps = panel / (AMX_BYTES * NR);
    const char *next = (const char *)b + panel + first / PAIR * steps * p->next * AMX_BYTES;
    const bool ahead = size.wide && (a->pieces == 1 || a->pieces * p->length >= FAR);
    for (size_t i = 0; i < a->pieces; i++) {
        const size_t offset = a->offset[i];
        size_t s = 0;
        for (; s + AMX_BYTES <= p->length; s += AMX_BYTES, b += AMX_BYTES * NR) {
            AMX_ADD(_tile_dpbusd, at, offset + s, p->apart, b, LDB, size);
            if (first == 0 && ahead)
                read_ahead(b);
            next = read_next(next, p->next);
        }
        if (s < p->length)
            AMX_ADD(_tile_dpbusd, at, offset + s, p->apart, p->last, LDB, size);
    }
}

/* Sums begin with what belongs to the column, and where there is such, to the row. */
LN_INLINE void run_pair(const product *p, size_t first, size_t second, const amx_size size)
{
    const ln_q8_tile *t = p->t;
    int32_t *to = t->sums + first * NR, *below = t->sums + second * NR;
    if (t->row)
        amx_load(to, below, LDB, size);
    else if (t->column == ln_gemm_q8_zeros)
        amx_zero(size);
    else
        amx_load(t->column, t->column, 0, size);
    add_products(p, first, second, size);
    amx_store(to, below, LDB, size);
}

/* What the sums of n rows from `from` on begin with. */
static void begin_sums(const ln_q8_tile *t, size_t from, size_t n)
{
    const __m512i low = _mm512_loadu_si512(t->column), high = _mm512_loadu_si512(t->column + 16);
    for (size_t i = from; i < from + n; i++) {
        const __m512i row = _mm512_set1_epi32(t->row[i]);
        _mm512_storeu_si512(t->sums + i * NR, _mm512_add_epi32(low, row));
        _mm512_storeu_si512(t->sums + i * NR + 16, _mm512_add_epi32(high, row));
    }
}

/* Rows that are left over are computed with some before them once more. */
LN_INLINE void run_rows(const product *p, const bool wide, const bool stream)
{
    const size_t m = p->t->m, last = m - AMX_ROWS;
    size_t from = 0;
    if (p->t->row)
        begin_sums(p->t, 0, m);
    amx_settle();
    for (; from < m && m - from > AMX_ROWS; from += PAIR)
        run_pair(p, from, LN_MIN(from + AMX_ROWS, last), (amx_size){true, wide, stream});
    if (from >= m)
        return;
    if (p->t->row)
        begin_sums(p->t, last, from - last);
    amx_settle();
    run_pair(p, last, last, (amx_size){false, wide, stream});
}

/* False where rows are not for tiles. */
static bool find_rows(product *p)
{
    const ln_q8_rows *a = &p->t->a;
    const size_t rest = p->length % AMX_BYTES;
    if (p->t->m < AMX_ROWS || p->length * a->pieces < LEAST || (rest > 0 && a->pieces > 1))
        return false;
    p->at = a->at[0];
    p->apart = a->at[1] - a->at[0];
    for (size_t i = 2; i < p->t->m && p->t->apart == 0; i++)
        if (a->at[i] - a->at[i - 1] != p->apart)
            return false;
    return rest == 0 ||
           (((uintptr_t)(p->at + a->offset[0]) | (uintptr_t)p->apart) % AMX_BYTES) == 0;
}

static void tile(const ln_q8_tile *t)
{
    _Alignas(64) int8_t last[AMX_ROWS * LDB];
    product p = {.t = t, .length = (t->a.length + KR - 1) / KR * KR, .last = last};
    const size_t rest = p.length % AMX_BYTES;
    if (!find_rows(&p)) {
        ln_gemm_q8_tile_vnni(t);
        return;
    }
    for (size_t i = 0; i < AMX_BYTES && rest > 0; i += KR)
        for (size_t j = 0; j < LDB; j += AMX_BYTES) {
            const int8_t *from = t->panel + (p.length - rest + i) * NR + j;
            _mm512_store_si512(last + i * NR + j,
                               i < rest ? _mm512_loadu_si512(from) : _mm512_setzero_si512());
        }
    if (!t->begun)
        begin();
    if (t->ahead)
        p.next = (NR * PAIR + t->m - 1) / t->m;
    if (t->n <= NR / 2)
        run_rows(&p, false, false);
    else if (t->a.pieces == 1 && t->m > PAIR && t->m * p.length > LARGE)
        run_rows(&p, true, true);
    else
        run_rows(&p, true, false);
    if (!t->begun)
        end();
}

/* The rest is VNNI's. */
void ln_gemm_q8_init_amx(ln_kernels *k)
{
    k->gemm_q8_light = k->gemm_q8;
    k->gemm_q8.mr = PAIR;
    k->gemm_q8.line = AMX_BYTES;
    k->gemm_q8.begin = begin;
    k->gemm_q8.end = end;
    k->gemm_q8.pack = pack;
    k->gemm_q8.tile = tile;
}
