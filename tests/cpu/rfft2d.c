/* SPDX-License-Identifier: Apache-2.0 */
/* rfft2d.c: RFFT2D of rows. */
#include "cpu/rows.h"

extern const ln_op ln_op_rfft2d;

void test_rfft2d(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        const int32_t lengths[2] = {1, 2 << i % 9};
        const row_node node = {
            .op = &ln_op_rfft2d,
            .in =
                {{.type = kTfLiteFloat32,
                  .shape = ROW_SHAPE(row_random(1, 40), 1, row_random(1, 2 * lengths[1]))},
                 {.type = kTfLiteInt32, .shape = ROW_SHAPE(2), .constant = true, .ints = lengths}},
            .out = {{.type = kTfLiteComplex64}},
            .n_in = 2,
            .n_out = 1,
            .tolerance = 2e-4f,
        };
        row_check(&node);
    }
}
