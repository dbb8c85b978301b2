/* SPDX-License-Identifier: Apache-2.0 */
/* flops.c: the arithmetic that flops.def counts, against numbers worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ops/op.h"

enum { MAX_TENSORS = 12 };

/* The operands of one node: inputs first, its output last. */
typedef struct node {
    TfLiteTensor tensors[MAX_TENSORS];
    TfLiteIntArray *in, *out;
} node;

static void add(node *n, TfLiteAllocationType where, int rank, const int *dims)
{
    TfLiteTensor *t = &n->tensors[n->in->size];
    t->allocation_type = where;
    t->dims = TfLiteIntArrayCreate(rank);
    memcpy(t->dims->data, dims, (size_t)rank * sizeof *dims);
    n->in->data[n->in->size] = n->in->size;
    n->in->size++;
}

static void begin(node *n)
{
    memset(n, 0, sizeof *n);
    n->in = TfLiteIntArrayCreate(MAX_TENSORS);
    n->in->size = 0;
    n->out = TfLiteIntArrayCreate(1);
}

/* The last operand becomes the output; frees the node. */
static double flops(node *n, const char *name)
{
    const ln_op *op = NULL;
    for (int i = 0; (op = ln_op_at(i)) != NULL && strcmp(op->name, name) != 0; i++) {
    }
    assert_non_null(op);
    const int count = n->in->size;
    n->out->data[0] = --n->in->size;
    const double result = ln_op_flops(op, n->tensors, n->in, n->out);
    for (int i = 0; i < count; i++)
        TfLiteIntArrayFree(n->tensors[i].dims);
    TfLiteIntArrayFree(n->in);
    TfLiteIntArrayFree(n->out);
    return result;
}

#define ADD(n, where, ...) \
    add(n, kTfLite##where, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (int[]){__VA_ARGS__})

static void counts_products(void **state)
{
    (void)state;
    node n;
    begin(&n);
    ADD(&n, ArenaRw, 1, 9, 9, 3);
    ADD(&n, MmapRo, 8, 3, 2, 3);
    ADD(&n, MmapRo, 8);
    ADD(&n, ArenaRw, 1, 7, 8, 8);
    assert_float_equal(flops(&n, "CONV_2D"), 2 * (7 * 8 * 8) * (3 * 2 * 3), 0);
    begin(&n);
    ADD(&n, ArenaRw, 1, 9, 9, 4);
    ADD(&n, MmapRo, 1, 3, 3, 4);
    ADD(&n, ArenaRw, 1, 9, 9, 4);
    assert_float_equal(flops(&n, "DEPTHWISE_CONV_2D"), 2 * (9 * 9 * 4) * 9, 0);
    begin(&n);
    ADD(&n, ArenaRw, 5, 10);
    ADD(&n, MmapRo, 3, 10);
    ADD(&n, ArenaRw, 5, 3);
    assert_float_equal(flops(&n, "FULLY_CONNECTED"), 2 * 5 * 3 * 10, 0);
    begin(&n);
    ADD(&n, ArenaRw, 2, 4, 5);
    ADD(&n, ArenaRw, 2, 5, 6);
    ADD(&n, ArenaRw, 2, 4, 6);
    assert_float_equal(flops(&n, "BATCH_MATMUL"), 2 * 2 * 4 * 5 * 6, 0);
    begin(&n);
    ADD(&n, MmapRo, 4);
    ADD(&n, MmapRo, 8, 3, 3, 2); /* 8 channels out, 2 in */
    ADD(&n, ArenaRw, 1, 5, 5, 2);
    ADD(&n, ArenaRw, 1, 10, 10, 8);
    assert_float_equal(flops(&n, "TRANSPOSE_CONV"), 2 * (5 * 5 * 2) * (8 * 3 * 3), 0);
}

static void counts_weights(void **state)
{
    (void)state;
    node n;
    begin(&n);
    ADD(&n, ArenaRw, 2, 7, 16); /* batch, steps, features */
    ADD(&n, MmapRo, 4, 16);
    ADD(&n, MmapRo, 4, 4);
    ADD(&n, MmapRo, 4);               /* a bias is no product */
    ADD(&n, ArenaRwPersistent, 2, 4); /* nor is the state */
    ADD(&n, ArenaRw, 2, 7, 4);
    assert_float_equal(flops(&n, "UNIDIRECTIONAL_SEQUENCE_RNN"), 2 * (64 + 16) * (2 * 7), 0);
}

static void counts_items(void **state)
{
    (void)state;
    node n;
    begin(&n);
    ADD(&n, ArenaRw, 2, 3);
    ADD(&n, ArenaRw, 3);
    ADD(&n, ArenaRw, 2, 3);
    assert_float_equal(flops(&n, "ADD"), 6, 0); /* LN_ELEMENTWISE, no row */
    begin(&n);
    ADD(&n, ArenaRw, 2, 3);
    ADD(&n, ArenaRw, 2, 3);
    assert_float_equal(flops(&n, "SOFTMAX"), 24, 0);
    begin(&n);
    ADD(&n, ArenaRw, 2, 3);
    ADD(&n, MmapRo, 1);
    ADD(&n, ArenaRw, 6);
    assert_float_equal(flops(&n, "RESHAPE"), 0, 0);
    begin(&n);
    ADD(&n, ArenaRw, 1, 9, 9, 3);
    ADD(&n, MmapRo, 8, 3, 2, 3);
    ADD(&n, ArenaRw, -1, 7, 8, 8); /* not known yet */
    assert_float_equal(flops(&n, "CONV_2D"), 0, 0);
}

/* A row whose name no op has would never count. */
static void names_ops(void **state)
{
    static const char *const names[] = {
#define LN_FLOPS(name, k, what, i, side, j, from, to) #name,
#include "ops/flops.def"
    };
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(names); i++) {
        const ln_op *op = NULL;
        for (int k = 0; (op = ln_op_at(k)) != NULL && strcmp(op->name, names[i]) != 0; k++) {
        }
        if (!op)
            fail_msg("flops.def: there is no op %s", names[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_products),
        cmocka_unit_test(counts_weights),
        cmocka_unit_test(counts_items),
        cmocka_unit_test(names_ops),
    };
    return cmocka_run_group_tests_name("flops", tests, NULL, NULL);
}
