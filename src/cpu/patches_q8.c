/* SPDX-License-Identifier: Apache-2.0 */
/* patches_q8.c: see patches_q8.h. */
#include "cpu/patches_q8.h"

#include <string.h>

#include "base/compiler.h"
#include "ops/qmath.h"

/* False where some did not fit. */
static bool center_row(int8_t *to, const uint8_t *w, size_t k, int zero)
{
    int lost = 0;
    for (size_t s = 0; s < k; s++) {
        const int v = w[s] - zero, fits = v > INT8_MAX ? INT8_MAX : v < INT8_MIN ? INT8_MIN : v;
        to[s] = (int8_t)fits;
        lost |= v ^ fits;
    }
    return lost == 0;
}

bool ln_q8_patches_center(ln_q8_patches *p, int8_t *to, const ln_q8_weights *w, size_t groups,
                          size_t nr, int zero)
{
    const size_t k = w->pieces * w->length, panels = (w->n + nr - 1) / nr;
    p->count = 0;
    for (size_t i = 0; i < groups * w->n; i++) {
        const uint8_t *row = w->at + i * k;
        if (center_row(to + i * k, row, k, zero))
            continue;
        for (size_t s = 0; s < k; s++) {
            const int32_t rest = row[s] - zero - to[i * k + s];
            if (rest == 0)
                continue;
            if (p->count == LN_Q8_MOST_PATCHES)
                return false;
            p->patch[p->count++] =
                (ln_q8_patch){i / w->n * panels + i % w->n / nr, i % w->n % nr, s, rest};
        }
    }
    return true;
}

bool ln_q8_patches_check(const ln_q8_patches *p, size_t panels, size_t nr, size_t k)
{
    bool right = p->count <= LN_Q8_MOST_PATCHES;
    for (size_t i = 0; right && i < p->count; i++) {
        const ln_q8_patch *of = &p->patch[i];
        right = of->panel < panels && of->column < nr && of->s < k && of->rest >= -UINT8_MAX &&
                of->rest <= UINT8_MAX;
    }
    return right;
}

/* To the sums of a column, which lie `ld` apart: value `at` bytes behind the start of each row. */
LN_INLINE void add_values(int32_t rest, const ln_q8_form form, const ln_q8_rows *a, size_t at,
                          size_t m, int32_t *sums, size_t ld)
{
    for (size_t i = 0; i < m; i++, sums += ld) {
        const uint8_t *x = a->at[i] + at;
        int16_t wide;
        int32_t value = form == LN_Q8_SIGNED ? (int8_t)*x : *x;
        if (form == LN_Q8_CENTERED) {
            memcpy(&wide, x, sizeof wide);
            value = wide;
        }
        *sums = ln_wrap_add(*sums, value * rest);
    }
}

static void add(int32_t rest, ln_q8_form form, const ln_q8_rows *a, size_t at, size_t m,
                int32_t *sums, size_t ld)
{
    if (form == LN_Q8_UNSIGNED)
        add_values(rest, LN_Q8_UNSIGNED, a, at, m, sums, ld);
    else if (form == LN_Q8_SIGNED)
        add_values(rest, LN_Q8_SIGNED, a, at, m, sums, ld);
    else
        add_values(rest, LN_Q8_CENTERED, a, at, m, sums, ld);
}

void ln_q8_patches_add(const ln_q8_patches *p, const ln_gemm_q8 *g, const ln_q8_rows *a, size_t m,
                       size_t panel, size_t panels, int32_t *sums)
{
    const size_t value = g->form == LN_Q8_CENTERED ? sizeof(int16_t) : 1;
    const size_t apart = ln_gemm_q8_depth(g, a->length, 1), nr = (size_t)g->nr;
    for (size_t i = 0; i < p->count; i++) {
        const ln_q8_patch *of = &p->patch[i];
        const size_t piece = of->s / a->length, within = of->s % a->length;
        if (of->panel >= panel && of->panel < panel + panels)
            add(of->rest, g->form, a,
                (a->offset ? a->offset[piece] : piece * apart * value) + within * value, m,
                sums + (of->panel - panel) * nr + of->column, nr);
    }
}
