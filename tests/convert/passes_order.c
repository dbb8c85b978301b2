/* SPDX-License-Identifier: Apache-2.0 */
/* passes_order.c: what the passes make of TRANSPOSEs: windows of images, heads of attention. */
#include <string.h>

#include "convert/passes.h"

static ln_id reshape(ln_emit *e, ln_id x, int rank, const int *dims)
{
    ln_shape s = {.rank = rank};
    memcpy(s.dim, dims, sizeof *dims * (size_t)rank);
    return ln_emit_reshape(e, x, &s);
}

#define PERM(e, x, ...) ln_emit_transpose(e, x, DIMS(__VA_ARGS__))

/* ---- chains ---- */

/* [1, heads, items, n] -> [1, h, w, channels], by way of channels first. */
static void build_heads_to_an_image(ln_emit *e)
{
    ln_id y = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 2, 6, 4)));
    y = reshape(e, PERM(e, y, 0, 1, 3, 2), DIMS(1, 8, 2, 3));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_tanh, NULL, PERM(e, y, 0, 2, 3, 1)));
}

static void heads_to_an_image(void **state)
{
    (void)state;
    check_passes(build_heads_to_an_image, "TANH TRANSPOSE RESHAPE TANH", NULL);
}

/* Windows are cut and put together again. */
static void build_windows_and_back(ln_emit *e)
{
    ln_id y = reshape(e, float_input(e, DIMS(1, 4, 6, 2)), DIMS(1, 2, 2, 3, 2, 2));
    y = reshape(e, PERM(e, y, 0, 1, 3, 2, 4, 5), DIMS(6, 4, 2));
    y = reshape(e, y, DIMS(1, 2, 3, 2, 2, 2));
    y = reshape(e, PERM(e, y, 0, 1, 3, 2, 4, 5), DIMS(1, 4, 6, 2));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_tanh, NULL, y));
}

static void windows_and_back(void **state)
{
    (void)state;
    check_passes(build_windows_and_back, "TANH", NULL);
}

/* From windows to a grid: the second RESHAPE splits what the first has left whole; the batch is
 * open. */
static void build_windows_to_a_grid(ln_emit *e)
{
    ln_id y = reshape(e, float_input(e, DIMS(-1, 4, 12, 2)), DIMS(-1, 2, 2, 3, 4, 2));
    y = reshape(e, PERM(e, y, 0, 1, 3, 2, 4, 5), DIMS(-1, 6, 8, 2));
    y = reshape(e, y, DIMS(-1, 2, 3, 4, 2, 2));
    y = reshape(e, PERM(e, y, 0, 1, 2, 4, 3, 5), DIMS(-1, 48, 2));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_tanh, NULL, y));
}

static void windows_to_a_grid(void **state)
{
    (void)state;
    check_passes(build_windows_to_a_grid, "RESHAPE TRANSPOSE RESHAPE TANH", NULL);
}

/* What a TRANSPOSE gives is used twice: it stays. */
static void build_a_chain_with_two_users(ln_emit *e)
{
    const ln_id x = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 2, 6, 4)));
    const ln_id y = PERM(e, x, 0, 1, 3, 2);
    ln_emit_output(e, PERM(e, reshape(e, y, DIMS(1, 8, 2, 3)), 0, 2, 3, 1));
    ln_emit_output(e, y);
}

static void a_chain_with_two_users(void **state)
{
    (void)state;
    check_passes(build_a_chain_with_two_users, "TANH TRANSPOSE RESHAPE TRANSPOSE", NULL);
}

/* ---- parts ---- */

static ln_id attend(ln_emit *e, ln_id q, ln_id k, ln_id v)
{
    const TfLiteBatchMatMulParams p = {.adj_y = true};
    const TfLiteSoftmaxParams one = {1};
    const ln_id scores = ln_emit_binary(e, &ln_op_batch_matmul, &p, q, k);
    return ln_emit_binary(e, &ln_op_batch_matmul, NULL,
                          ln_emit_unary(e, &ln_op_softmax, &one, scores), v);
}

static ln_id scaled(ln_emit *e, ln_id x)
{
    return ln_emit_binary(e, &ln_op_mul, NULL, x, ln_emit_float(e, 0.5f));
}

/* Queries, keys and values of [1, items, 3, heads, n]. */
static void build_gathered_heads(ln_emit *e)
{
    const ln_id x = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 5, 3, 2, 4)));
    ln_id part[3];
    for (int i = 0; i < 3; i++)
        part[i] = ln_emit_gather(e, x, ln_emit_int(e, i), 2);
    part[0] = scaled(e, part[0]);
    for (int i = 0; i < 3; i++)
        part[i] = PERM(e, part[i], 0, 2, 1, 3);
    ln_emit_output(e, attend(e, part[0], part[1], part[2]));
}

static void gathered_heads(void **state)
{
    (void)state;
    check_passes(build_gathered_heads,
                 "TANH TRANSPOSE GATHER GATHER GATHER MUL BATCH_MATMUL SOFTMAX BATCH_MATMUL", NULL);
}

static void build_split_heads(ln_emit *e)
{
    const ln_id x = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 5, 2, 12)));
    const TfLiteSplitParams p = {3};
    const ln_id in[] = {ln_emit_int(e, 3), x};
    const ln_emit_call call = {.op = &ln_op_split, .params = &p, .in = in, .n_in = 2, .n_out = 3};
    ln_id part[3];
    ln_emit_node(e, &call, part);
    part[0] = scaled(e, part[0]);
    for (int i = 0; i < 3; i++)
        part[i] = PERM(e, part[i], 0, 2, 1, 3);
    ln_emit_output(e, attend(e, part[0], part[1], part[2]));
}

static void split_heads(void **state)
{
    (void)state;
    check_passes(build_split_heads, "TANH TRANSPOSE SPLIT MUL BATCH_MATMUL SOFTMAX BATCH_MATMUL",
                 NULL);
}

/* Slices of 4, 4 and `last` along axis 3 of [1, items, heads, 12]. */
static void slice_heads(ln_emit *e, int last)
{
    const ln_id x = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 5, 2, 12)));
    ln_id part[3];
    for (int i = 0; i < 3; i++) {
        const int begin[] = {0, 0, 0, 4 * i}, size[] = {1, 5, 2, i == 2 ? last : 4};
        part[i] = PERM(e, ln_emit_slice(e, x, 4, begin, size), 0, 2, 1, 3);
    }
    ln_emit_output(e, attend(e, part[0], part[1], part[2]));
}

static void build_sliced_heads(ln_emit *e)
{
    slice_heads(e, 4);
}

static void sliced_heads(void **state)
{
    (void)state;
    check_passes(build_sliced_heads,
                 "TANH TRANSPOSE SLICE SLICE SLICE BATCH_MATMUL SOFTMAX BATCH_MATMUL", NULL);
}

/* Not all of the tensor is used: no more of it is transposed than was. */
static void build_a_rest_is_left(ln_emit *e)
{
    slice_heads(e, 3);
}

static void a_rest_is_left(void **state)
{
    (void)state;
    check_passes(build_a_rest_is_left,
                 "TANH SLICE TRANSPOSE SLICE TRANSPOSE SLICE TRANSPOSE BATCH_MATMUL SOFTMAX "
                 "BATCH_MATMUL",
                 NULL);
}

/* ---- products ---- */

/* What a product gives is transposed: the product the other way round, of what was transposed. */
static void build_a_turned_product(ln_emit *e)
{
    const ln_id x = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 5, 2, 4)));
    const ln_id k = PERM(e, x, 0, 2, 1, 3), q = PERM(e, scaled(e, x), 0, 2, 3, 1);
    const ln_id y = ln_emit_binary(e, &ln_op_batch_matmul, NULL, k, q);
    ln_emit_output(e, ln_emit_unary(e, &ln_op_tanh, NULL, PERM(e, y, 0, 1, 3, 2)));
}

static void a_turned_product(void **state)
{
    (void)state;
    check_passes(build_a_turned_product, "TANH TRANSPOSE MUL TRANSPOSE BATCH_MATMUL TANH", NULL);
}

/* A result with the second operand's labels first. */
static void build_einsum_of_scores(ln_emit *e)
{
    const ln_id x = ln_emit_unary(e, &ln_op_tanh, NULL, float_input(e, DIMS(1, 5, 2, 4)));
    const ln_id in[] = {x, scaled(e, x)};
    ln_emit_output(e, ln_emit_einsum(e, "aecd,abcd->acbe", 2, in));
}

static void einsum_of_scores(void **state)
{
    (void)state;
    check_passes(build_einsum_of_scores, "TANH MUL TRANSPOSE TRANSPOSE BATCH_MATMUL", NULL);
}

/* ---- bounds ---- */

/* At least 3 and at most 3. */
static void build_a_known_bound(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3)), three = ln_emit_int(e, 3);
    ln_id n = ln_emit_reduce(e, &ln_op_reduce_max, ln_emit_cast(e, x, kTfLiteInt32), 2,
                             (const int[]){0, 1}, false);
    n = ln_emit_binary(e, &ln_op_maximum, NULL, three, n);
    n = ln_emit_binary(e, &ln_op_minimum, NULL, three, n);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_mul, NULL, x, ln_emit_cast(e, n, kTfLiteFloat32)));
}

static void a_known_bound(void **state)
{
    (void)state;
    check_passes(build_a_known_bound, "MUL", NULL);
}

/* At least 2^60 + 1 and at most 2^60: doubles would not tell them apart. */
static void build_wide_bounds(ln_emit *e)
{
    static const int64_t bounds[] = {(INT64_C(1) << 60) + 1, INT64_C(1) << 60};
    const ln_shape scalar = {0};
    const ln_id x = float_input(e, DIMS(2, 3));
    ln_id n = ln_emit_cast(e, x, kTfLiteInt64);
    for (int i = 0; i < 2; i++) {
        const ln_id bound =
            ln_emit_constant(e, kTfLiteInt64, &scalar, &bounds[i], sizeof bounds[i], true);
        n = ln_emit_binary(e, i == 0 ? &ln_op_minimum : &ln_op_maximum, NULL, n, bound);
    }
    ln_emit_output(e, n);
}

static void wide_bounds(void **state)
{
    (void)state;
    check_passes(build_wide_bounds, "CAST MINIMUM MAXIMUM", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_to_an_image), cmocka_unit_test(windows_and_back),
        cmocka_unit_test(windows_to_a_grid), cmocka_unit_test(a_chain_with_two_users),
        cmocka_unit_test(gathered_heads),    cmocka_unit_test(split_heads),
        cmocka_unit_test(sliced_heads),      cmocka_unit_test(a_rest_is_left),
        cmocka_unit_test(a_turned_product),  cmocka_unit_test(einsum_of_scores),
        cmocka_unit_test(a_known_bound),     cmocka_unit_test(wide_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
