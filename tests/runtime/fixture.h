/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h: small models for the tests of runtime/, made in memory, and operators for them whose
 * results are easy to foresee.  All tensors are float32 vectors unless said otherwise. */
#ifndef TESTS_RUNTIME_FIXTURE_H
#define TESTS_RUNTIME_FIXTURE_H

#include <stdatomic.h>

#include "runtime/interpreter.h"

/* y = x + 1, in place where it can be. */
extern const ln_op op_increment;
/* y = a + b, not in place. */
extern const ln_op op_sum;
/* y = the items of x that are positive: its length is known only after running. */
extern const ln_op op_positive;
/* y = x under the shape [n, 1]. */
extern const ln_op op_column;
/* y = the shape of x, int32. */
extern const ln_op op_shape;
/* y = the sum of x, int32 from float; with scratch memory. */
extern const ln_op op_total;
/* Runs graph 1 on its input. */
extern const ln_op op_call;
/* Adds x to a variable (input 1) and gives its value. */
extern const ln_op op_accumulate;

typedef struct builder {
    ln_model *model;
    ln_graph *graph; /* the newest */
} builder;

/* A model with one empty graph; everything that fails here ends the test. */
void build_begin(builder *b);
void build_graph(builder *b, const char *name);
/* A float32 vector of n items; n = 0: a scalar. */
int build_tensor(builder *b, int n);
int build_constant(builder *b, int n, const float *values);
/* A constant of any type, `bytes` of which are copied. */
int build_typed(builder *b, TfLiteType type, int rank, const int *shape, const void *values,
                size_t bytes);
/* One scale and zero point for a tensor. */
void build_scale(builder *b, int id, float scale, int zero);
int build_variable(builder *b, int n);
/* y = op(inputs); -1 ends the list. */
void build_node(builder *b, const ln_op *op, const int *inputs, int output);
/* The same for a custom operator that a resolver has to know. */
void build_custom(builder *b, const char *name, const int *inputs, int output);
void build_io(builder *b, int n_in, const int *in, int n_out, const int *out);

/* x -> increment (n times) -> y, all vectors of `size`. */
ln_model *chain_model(int n, int size);
/* x -> positive -> increment -> column -> y. */
ln_model *dynamic_model(int size);
/* x, constant c: y = (x + c) + increment(x); z = shape(y). */
ln_model *mixed_model(int size);

/* main: y = call(call(increment(x))), vectors of 4; graph 1, which is called: `inner`. */
ln_model *calling_model(const ln_op *inner);

ln_interpreter *open_model(ln_model *m, const ln_interpreter_options *options);
float *input_of(ln_interpreter *it, int i);
const TfLiteTensor *output_of(ln_interpreter *it, int i);
/* Nodes that the largest node of a delegate stands for. */
int largest_group(ln_interpreter *it);
/* The first output of both, bit for bit. */
void assert_same_output(ln_interpreter *got, ln_interpreter *want);

/* An allocator that fails from the nth call on (n < 0: never), and counts. */
typedef struct failing_alloc {
    int left, calls, live;
} failing_alloc;
ln_alloc failing(failing_alloc *state);

/* mallocs of the whole program, see wrap.c; set `malloc_left` to make one fail. */
extern atomic_int malloc_calls, malloc_left;

#endif
