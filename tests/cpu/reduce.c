/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.c: the reductions of the engine. */
#include "cpu/rows.h"

extern const ln_op ln_op_sum, ln_op_mean, ln_op_reduce_max, ln_op_reduce_min, ln_op_reduce_prod,
    ln_op_reduce_any, ln_op_reduce_all;

typedef struct axes {
    int n;
    int32_t at[LN_MAX_RANK];
} axes;

static void check_reduce(const ln_op *op, TfLiteType type, const ln_shape *x, const axes *a)
{
    const TfLiteReducerParams p = {.keep_dims = a->n % 2 == 0};
    const bool plain = type == kTfLiteFloat32 || type == kTfLiteBool;
    const bool rescales = op == &ln_op_sum || op == &ln_op_mean;
    const float scale = plain ? 0 : 0.04f;
    const int zero = type == kTfLiteInt8 ? 7 : type == kTfLiteUInt8 ? 130 : 0;
    const row_node n = {
        .op = op,
        .params = &p,
        .in = {{.type = type, .shape = *x, .scale = scale, .zero = zero},
               {.type = kTfLiteInt32, .shape = ROW_SHAPE(a->n), .ints = a->at, .constant = true}},
        .out = {{.type = type,
                 .scale = op == &ln_op_sum ? scale * 7.3f
                          : rescales       ? scale * 0.7f
                                           : scale,
                 .zero = rescales && !plain && type != kTfLiteInt16 ? 11 : zero}},
        .n_in = 2,
        .n_out = 1,
        .tolerance = 1e-6f * (float)ln_shape_count(x, 0, x->rank),
    };
    row_check(&n);
}

/* Random axes of a random shape with up to `limit` items. */
static void random_axes(ln_shape *x, axes *a, int limit)
{
    *x = (ln_shape){.rank = row_random(1, 5)};
    a->n = 0;
    for (int i = 0; i < x->rank; i++) {
        x->dim[i] = row_random(1, LN_MAX(LN_MIN(limit, 90), 1));
        if (row_random(0, 3) == 0)
            x->dim[i] = row_random(1, LN_MIN(limit, 3));
        limit /= x->dim[i];
        limit = LN_MAX(limit, 1);
        if (row_random(0, 1))
            a->at[a->n++] = row_random(0, 1) ? i : i - x->rank;
    }
    if (a->n == 0)
        a->at[a->n++] = row_random(0, x->rank - 1);
}

void test_reduce(void **state)
{
    static const ln_op *const ops[] = {&ln_op_sum, &ln_op_mean, &ln_op_reduce_max,
                                       &ln_op_reduce_min};
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    ln_shape x;
    axes a;
    (void)state;
    for (int i = 0, n = row_cases(320); i < n; i++) {
        random_axes(&x, &a, 3000);
        check_reduce(ops[i % 4], types[i / 4 % 4], &x, &a);
    }
    for (int i = 0; i < 40; i++) {
        random_axes(&x, &a, 60);
        check_reduce(&ln_op_reduce_prod, kTfLiteFloat32, &x, &a);
        check_reduce(i % 2 ? &ln_op_reduce_any : &ln_op_reduce_all, kTfLiteBool, &x, &a);
    }
}

/* Enough for several threads: columns, rows, and a few columns of many rows. */
void test_reduce_large(void **state)
{
    static const ln_shape shapes[] = {ROW_SHAPE(1, 14, 15, 1200), ROW_SHAPE(300, 700),
                                      ROW_SHAPE(1, 120, 130, 16), ROW_SHAPE(5, 100, 130, 3)};
    static const axes middle = {2, {1, 2}}, last = {1, {-1}};
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteInt16};
    (void)state;
    for (int i = 0; i < 12; i++) {
        const ln_shape *x = &shapes[i % 4];
        check_reduce(i % 2 ? &ln_op_mean : &ln_op_reduce_max, types[i / 4], x,
                     x->rank == 2 ? &last : &middle);
    }
}
