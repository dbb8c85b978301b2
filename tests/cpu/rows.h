/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h: rows of the engine against the operators' own eval: the same node on the same tensors, at
 * each instruction set that the processor has, on one thread and on three.  Operands and scratch
 * memory end right before canaries. */
#ifndef TESTS_CPU_ROWS_H
#define TESTS_CPU_ROWS_H

#include "cpu/row.h"

enum { ROW_MAX_OPERANDS = 4 };

/* A tensor to be made: `scale` 0 means not quantized. */
typedef struct row_tensor {
    TfLiteType type;
    ln_shape shape;
    float scale;
    int zero;
    bool constant;
    const int32_t *ints; /* values of an int32 tensor; NULL: random ones */
    float value; /* of all items of a float32 tensor; 0: they are random */
    int spread; /* of bytes: most are so close to the zero point; 0: they are random */
} row_tensor;

#define ROW_SHAPE(...)                                                                         \
    {                                                                                          \
        (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int)),                               \
        {                                                                                      \
            __VA_ARGS__                                                                        \
        }                                                                                      \
    }

typedef struct row_node {
    const ln_op *op;
    const void *params;
    row_tensor in[ROW_MAX_OPERANDS], out[2]; /* of `out` only types and quantization count */
    int n_in, n_out;
    float tolerance;  /* of floats: absolute below 1, relative above; integers are equal */
    bool may_decline; /* no row need take it */
    bool full; /* products are of float32, not of half precision */
} row_node;

/* Fails the running cmocka test where the engine's outputs differ. */
void row_check(const row_node *n);

/* The tests, by family. */
#define ROW_TEST(name) void test_##name(void **state);
#include "cpu/tests.def"
#undef ROW_TEST

/* An integer in [low, high]; the same ones in every run. */
int row_random(int low, int high);

/* How many of `count` random cases to run (one_of.h). */
int row_cases(int count);

#endif
