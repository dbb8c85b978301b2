/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c: CONV_2D of bytes whose weights are small for the most part, as those of trained networks
 * are: what sets without dot products multiply in steps (kernels/gemm_steps.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/rows.h"
#include "cpu/steps_q8.h"

extern const ln_op ln_op_conv_2d;

static void check_conv(int i)
{
    const bool uint8 = i % 3 != 0;
    const TfLiteType type = uint8 ? kTfLiteUInt8 : kTfLiteInt8;
    const int groups = i % 11 == 0 ? 2 : 1, filter = i % 2 ? 1 : row_random(1, 4);
    const int cin = groups * row_random(1, i % 5 ? 40 : 200), cout = groups * row_random(1, 70);
    const TfLiteConvParams p = {
        .padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
        .stride_width = i % 7 ? 1 : 2,
        .stride_height = i % 7 ? 1 : 2,
        .activation = i % 4 ? kTfLiteActNone : kTfLiteActRelu6,
        .dilation_width_factor = i % 13 ? 1 : 2,
        .dilation_height_factor = 1,
    };
    const row_node n = {
        .op = &ln_op_conv_2d,
        .params = &p,
        .in = {{.type = type,
                .shape = ROW_SHAPE(row_random(1, 2), filter + row_random(0, 12),
                                   2 * filter + row_random(0, 12), cin),
                .scale = 0.05f,
                .zero = uint8 ? row_random(0, 255) : row_random(-128, 127)},
               {.type = type,
                .shape = ROW_SHAPE(cout, filter, filter, cin / groups),
                .scale = 0.03f,
                .zero = uint8 ? row_random(0, 255) : 0,
                .constant = true,
                .spread = row_random(1, 50)},
               {.type = kTfLiteInt32,
                .shape = ROW_SHAPE(cout),
                .scale = 0.05f * 0.03f,
                .constant = true}},
        .out = {{.type = type, .scale = 0.4f, .zero = uint8 ? 100 : 5}},
        .n_in = i % 6 ? 3 : 2,
        .n_out = 1,
    };
    row_check(&n);
}

void test_steps(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(300); i < n; i++)
        check_conv(i);
}

enum { PIECES = 3, LENGTH = 10, COLUMNS = 40 };

static void make_steps(ln_q8_stepper *s)
{
    const size_t nr = (size_t)s->g->dense.nr;
    uint8_t w[COLUMNS * PIECES * LENGTH];
    for (size_t i = 0; i < sizeof w; i++)
        w[i] = (uint8_t)row_random(-60, 60);
    assert_true(ln_q8_stepper_begin(s));
    for (size_t i = 0; i < s->panels; i++) {
        ln_gemm_q8_pack(&s->g->dense, s->dense, &(ln_q8_weights){w, COLUMNS, PIECES, LENGTH, 0}, i,
                        NULL);
        assert_true(ln_q8_stepper_add(s, LN_MIN(nr, COLUMNS - i * nr)));
    }
}

/* Steps that come from a file may be wrong: each word of their places is looked at. */
void test_steps_read(void **state)
{
    ln_kernels k;
    ln_q8_steps steps;
    size_t used;
    (void)state;
    if (!ln_kernels_init(&k, ln_cpu_isas() & ln_isa_up_to("avx2"), false) || !k.gemm_steps.tile)
        skip();
    ln_q8_stepper s = {.g = &k.gemm_steps, .pieces = PIECES, .length = LENGTH};
    s.panels = (COLUMNS + (size_t)s.g->dense.nr - 1) / (size_t)s.g->dense.nr;
    make_steps(&s);
    const size_t bytes = ln_q8_stepper_bytes(&s);
    uint32_t *at = aligned_alloc(64, bytes);
    ln_q8_stepper_end(&s, at);
    assert_true(ln_q8_steps_read(&steps, &s, at, bytes, &used));
    assert_int_equal(used, bytes);
    assert_false(ln_q8_steps_read(&steps, &s, at, bytes - 1, &used));
    for (size_t i = 0; i < s.list.count; i++) {
        uint32_t *from = at + (steps.from - at) + i;
        const uint32_t was = *from;
        *from = was | (i % 2 ? 1 : (uint32_t)PIECES << LN_Q8_PIECE_SHIFT);
        assert_false(ln_q8_steps_read(&steps, &s, at, bytes, &used));
        *from = was;
    }
    for (size_t i = 0; i <= s.panels; i++) {
        const uint32_t was = at[i];
        at[i] = was + (i == s.panels ? 1 : 100000);
        assert_false(ln_q8_steps_read(&steps, &s, at, bytes, &used));
        at[i] = was;
    }
    free(at);
    ln_q8_stepper_free(&s);
}
