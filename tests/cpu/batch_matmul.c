/* SPDX-License-Identifier: Apache-2.0 */
/* batch_matmul.c: BATCH_MATMUL of the engine: both orders of each matrix, broadcast leading
 * dimensions, constant matrices, zero points. */
#include "cpu/rows.h"

extern const ln_op ln_op_batch_matmul;

/* A matrix of `rows` by `columns`, or the other way round, with leading dimensions of `outer` or
 * 1. */
static ln_shape matrix(int rows, int columns, bool other, const int outer[2], bool leave)
{
    ln_shape s = {.rank = 4, .dim = {outer[0], outer[1], rows, columns}};
    if (other) {
        s.dim[2] = columns;
        s.dim[3] = rows;
    }
    for (int i = 0; i < 2; i++)
        if (row_random(0, 3) == 0)
            s.dim[i] = 1;
    if (!leave)
        return s;
    ln_shape less = {.rank = 2, .dim = {s.dim[2], s.dim[3]}};
    return less;
}

static void check_random(TfLiteType type, int i)
{
    const bool ints = type == kTfLiteInt8;
    const int m = row_random(1, 40), n = row_random(1, 50), k = row_random(1, 70);
    const int outer[2] = {row_random(1, 3), row_random(1, 3)};
    const TfLiteBatchMatMulParams p = {.adj_x = row_random(0, 3) == 0, .adj_y = i % 2 == 0};
    const row_node node = {
        .op = &ln_op_batch_matmul,
        .params = &p,
        .in = {{.type = type,
                .shape = matrix(m, k, p.adj_x, outer, row_random(0, 5) == 0),
                .scale = ints ? 0.02f : 0,
                .zero = ints ? row_random(-20, 20) : 0},
               {.type = type,
                .shape = matrix(k, n, p.adj_y, outer, row_random(0, 3) == 0),
                .scale = ints ? 0.03f : 0,
                .zero = ints ? row_random(-1, 1) * 9 : 0,
                .constant = row_random(0, 2) == 0}},
        .out = {{.type = type, .scale = ints ? 0.7f : 0, .zero = ints ? row_random(-9, 9) : 0}},
        .n_in = 2,
        .n_out = 1,
        .tolerance = 2e-6f * (float)k * 16,
        .may_decline = ints, /* where x is transposed or broadcast */
    };
    row_check(&node);
}

void test_batch_matmul(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(400); i < n; i++)
        check_random(i % 2 ? kTfLiteFloat32 : kTfLiteInt8, i / 2);
}

/* One pair that several threads share. */
void test_batch_matmul_large(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const TfLiteBatchMatMulParams p = {.adj_x = i == 3, .adj_y = i % 2 == 0};
        const row_node node = {
            .op = &ln_op_batch_matmul,
            .params = &p,
            .in = {{.type = kTfLiteFloat32, .shape = {2, {p.adj_x ? 90 : 151, p.adj_x ? 151 : 90}}},
                   {.type = kTfLiteFloat32, .shape = {2, {p.adj_y ? 77 : 90, p.adj_y ? 90 : 77}}}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = 2,
            .n_out = 1,
            .tolerance = 1e-3f,
        };
        row_check(&node);
    }
}
