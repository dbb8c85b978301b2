/* SPDX-License-Identifier: Apache-2.0 */
/* steps_q8.c: see steps_q8.h. */
#include "cpu/steps_q8.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* How many steps are worth it, for so many dense ones.  One that is in no set costs three quarters
 * of a dense one; where there is a zero point, dense ones need the sums of rows, too.  Of the first
 * panels there may be some more, so that a hopeless product is given up early and no other. */
static size_t allowed(const ln_q8_stepper *s, size_t panels)
{
    const size_t dense = panels * s->dense_steps;
    return dense + dense / (s->zero != 0 ? 1 : 4) + (panels < s->panels ? s->dense_steps / 2 : 0);
}

/* Steps of one panel at most. */
static size_t most_of_panel(const ln_q8_stepper *s)
{
    return 2 * s->dense_steps + s->dense_steps / 2;
}

static bool take_list(ln_step_list *list, size_t nr, size_t most)
{
    *list = (ln_step_list){.most = most};
    /* left as they are: most of it may never be used */
    list->weights = ln_resize(heap, NULL, most, nr * LN_STEP);
    list->of = ln_resize(heap, NULL, most, sizeof *list->of);
    return list->weights && list->of;
}

bool ln_q8_stepper_begin(ln_q8_stepper *s)
{
    const size_t nr = (size_t)s->g->dense.nr, depth = ln_gemm_q8_depth(&s->g->dense, s->length, 1);
    size_t bytes, values;
    if (depth >= (size_t)1 << LN_Q8_PIECE_SHIFT ||
        s->pieces >= (size_t)1 << (32 - LN_Q8_PIECE_SHIFT) ||
        !ln_mul_size(depth * s->pieces, nr, &bytes) || !ln_mul_size(bytes, s->panels, &values) ||
        values > INT32_MAX / 2)
        return false;
    s->made = 0;
    s->dense_steps = depth * s->pieces / LN_STEP;
    const size_t most = most_of_panel(s);
    s->dense = ln_new(heap, bytes, 1);
    s->first = ln_new(heap, s->panels + 1, sizeof *s->first);
    s->sets = ln_new(heap, s->panels, sizeof *s->sets);
    const bool fits =
        take_list(&s->panel, nr, most) && take_list(&s->list, nr, allowed(s, s->panels));
    s->panel.next = ln_new(heap, most, sizeof *s->panel.next);
    return fits && s->dense && s->first && s->sets && s->panel.next;
}

/* What fills a panel up is to be zero without the zero point too: columns from n on, and what lies
 * behind each piece. */
static void fill_up(const ln_q8_stepper *s, size_t n)
{
    const size_t nr = (size_t)s->g->dense.nr, used = s->length % LN_STEP;
    const size_t piece = s->dense_steps / s->pieces;
    for (size_t i = 0; i < s->dense_steps && n < nr; i++)
        memset(s->dense + (i * nr + n) * LN_STEP, s->zero, (nr - n) * LN_STEP);
    for (size_t i = 0; i < s->pieces && used > 0; i++) {
        int8_t *last = s->dense + ((i + 1) * piece - 1) * nr * LN_STEP;
        for (size_t j = 0; j < nr; j++, last += LN_STEP)
            memset(last + used, s->zero, LN_STEP - used);
    }
}

bool ln_q8_stepper_add(ln_q8_stepper *s, size_t n)
{
    const size_t piece = s->dense_steps / s->pieces;
    if (s->zero != 0)
        fill_up(s, n);
    s->panel.count = 0;
    s->panel.most = LN_MIN(allowed(s, s->made + 1) - s->list.count, most_of_panel(s));
    if (!s->g->split(&s->panel, s->dense, s->dense_steps, s->zero))
        return false;
    for (size_t i = 0; i < s->panel.count; i++) {
        const uint32_t of = s->panel.of[i];
        s->panel.of[i] = (uint32_t)(of / piece << LN_Q8_PIECE_SHIFT | of % piece * LN_STEP);
    }
    s->g->collect(&s->list, &s->panel, &s->sets[s->made]);
    s->made++;
    s->first[s->made] = (uint32_t)s->list.count;
    return true;
}

/* Where things lie: the first step of each panel, its sets, all steps' places, their weights. */
typedef struct layout {
    size_t sets_at, from_at, weights_at, bytes;
} layout;

static layout lay_out(const ln_q8_stepper *s, size_t count)
{
    enum { ALIGN = 64 };
    layout l = {.sets_at = (s->panels + 1) * sizeof(uint32_t)};
    l.from_at = l.sets_at + s->panels * sizeof(ln_step_sets);
    l.from_at = (l.from_at + ALIGN - 1) / ALIGN * ALIGN;
    l.weights_at = l.from_at + (count * sizeof(uint32_t) + ALIGN - 1) / ALIGN * ALIGN;
    l.bytes = l.weights_at + count * (size_t)s->g->dense.nr * LN_STEP;
    return l;
}

size_t ln_q8_stepper_bytes(const ln_q8_stepper *s)
{
    return lay_out(s, s->list.count).bytes;
}

void ln_q8_stepper_end(const ln_q8_stepper *s, void *to)
{
    const layout l = lay_out(s, s->list.count);
    char *at = to;
    memset(at, 0, l.weights_at);
    memcpy(at, s->first, (s->panels + 1) * sizeof *s->first);
    memcpy(at + l.sets_at, s->sets, s->panels * sizeof *s->sets);
    memcpy(at + l.from_at, s->list.of, s->list.count * sizeof *s->list.of);
    memcpy(at + l.weights_at, s->list.weights, l.bytes - l.weights_at);
}

/* Places lie within a row. */
static bool right_places(const ln_q8_stepper *s, const uint32_t *from, size_t n)
{
    const uint32_t within = ((uint32_t)1 << LN_Q8_PIECE_SHIFT) - 1;
    bool right = true;
    for (size_t i = 0; i < n; i++)
        right = right && from[i] >> LN_Q8_PIECE_SHIFT < s->pieces &&
                (from[i] & within) < s->length && from[i] % LN_STEP == 0;
    return right;
}

static uint64_t steps_of(const ln_step_sets *sets)
{
    return 4 * (uint64_t)sets->fours + 3 * (uint64_t)sets->threes + sets->ones;
}

bool ln_q8_steps_read(ln_q8_steps *steps, const ln_q8_stepper *s, const void *at, size_t bytes,
                      size_t *used)
{
    const uint32_t *first = at;
    if (lay_out(s, 0).bytes > bytes)
        return false;
    const size_t count = first[s->panels];
    const layout l = lay_out(s, count);
    *steps =
        (ln_q8_steps){.weights = (const int8_t *)at + l.weights_at,
                      .first = first,
                      .sets = (const ln_step_sets *)(const void *)((const char *)at + l.sets_at),
                      .from = (const uint32_t *)(const void *)((const char *)at + l.from_at)};
    *used = l.bytes;
    if (l.bytes > bytes || first[0] != 0)
        return false;
    for (size_t i = 0; i < s->panels; i++) {
        if (first[i] > first[i + 1] || steps_of(&steps->sets[i]) != first[i + 1] - first[i])
            return false;
        steps->most = LN_MAX(steps->most, (size_t)(first[i + 1] - first[i]));
    }
    return steps->most > 0 && right_places(s, steps->from, count);
}

static void free_list(ln_step_list *list)
{
    ln_free(heap, list->weights);
    ln_free(heap, list->of);
    ln_free(heap, list->next);
}

void ln_q8_stepper_free(ln_q8_stepper *s)
{
    ln_free(heap, s->dense);
    ln_free(heap, s->first);
    ln_free(heap, s->sets);
    free_list(&s->panel);
    free_list(&s->list);
}

void ln_q8_steps_place(uint32_t *to, const uint32_t *from, size_t n, const size_t *offset)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t value = from[i] & (((uint32_t)1 << LN_Q8_PIECE_SHIFT) - 1);
        to[i] = (uint32_t)offset[from[i] >> LN_Q8_PIECE_SHIFT] + value;
    }
}
