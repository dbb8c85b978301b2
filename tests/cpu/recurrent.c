/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.c: products of recurrent cells, large enough for several threads: the very bits that
 * one thread gives, and the sums that they stand for. */
#include "ops/recurrent.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/rows.h"

enum { ROWS = 500, N = 700, THREADS = 3 };

static float sum[ROWS], shared[ROWS], row[N], floats[ROWS * N];
static int8_t bytes[ROWS * N], quantized[N];

static void check_product(const TfLiteTensor *w, const ln_row_loops *alone,
                          const ln_row_loops *with_pool)
{
    ln_row x = ln_row_for(w->type, row, N, true, quantized);
    for (int i = 0; i < ROWS; i++)
        sum[i] = shared[i] = (float)i;
    x.loops = alone;
    ln_row_product(w, &x, ROWS, sum);
    x.loops = with_pool;
    ln_row_product(w, &x, ROWS, shared);
    assert_memory_equal(sum, shared, sizeof sum);
    for (int i = 0; i < ROWS; i++) {
        double want = i;
        for (int k = 0; k < N; k++) {
            const int at = i * N + k;
            want += w->type == kTfLiteFloat32 ? (double)(floats[at] * row[k])
                                              : (double)w->params.scale * (double)x.scale *
                                                    bytes[at] * (quantized[k] - x.zero);
        }
        assert_true(fabs(want - (double)sum[i]) <= 1e-4 * (fabs(want) + 1));
    }
}

void test_recurrent_threads(void **state)
{
    (void)state;
    ln_kernels kernels;
    ln_pool *pool;
    if (!ln_kernels_init(&kernels, ln_cpu_isas(), false))
        skip();
    assert_int_equal(ln_pool_create(&pool, &ln_alloc_default, THREADS), LN_OK);
    const ln_row_loops alone = {.dots_f32 = kernels.recurrent.dots_f32,
                                .dots_s8 = kernels.recurrent.dots_s8};
    ln_row_loops with_pool = alone;
    with_pool.pool = pool;
    for (int i = 0; i < N; i++)
        row[i] = (float)row_random(-1000, 1000) / 999;
    for (int i = 0; i < ROWS * N; i++) {
        floats[i] = (float)row_random(-1000, 1000) / 999;
        bytes[i] = (int8_t)row_random(-127, 127);
    }
    TfLiteIntArray *dims = TfLiteIntArrayCreate(2);
    assert_non_null(dims);
    dims->data[0] = ROWS;
    dims->data[1] = N;
    TfLiteTensor w = {.type = kTfLiteFloat32, .dims = dims};
    w.data.f = floats;
    check_product(&w, &alone, &with_pool);
    w.type = kTfLiteInt8;
    w.data.int8 = bytes;
    w.params.scale = 0.01f;
    check_product(&w, &alone, &with_pool);
    TfLiteIntArrayFree(dims);
    ln_pool_destroy(pool);
}
