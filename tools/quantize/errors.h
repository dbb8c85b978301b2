/* SPDX-License-Identifier: Apache-2.0 */
/* errors.h: how far one list of numbers is from another, gathered pair by pair. */
#ifndef ERRORS_H
#define ERRORS_H

#include "common/value.h"
#include "linnet/interpreter.h"
#include "tensorflow/lite/c/common.h"

/* Sums; `error` is of y - x, `signal` of x * x. */
typedef struct errors {
    double n, error, square, signal, other, product, worst;
} errors;

void errors_add(errors *e, double x, double y);
/* Signal to noise: 10 log10 of the power of x over that of y - x; infinite where they are equal. */
double errors_decibels(const errors *e);
double errors_cosine(const errors *e);
double errors_mean_square(const errors *e);
/* Root mean square of y - x as a part of that of x. */
double errors_relative(const errors *e);

/* True for a tensor of floats or whole numbers; item `i` of one, scaled where it is quantized. */
bool errors_can_read(const TfLiteTensor *t);
double errors_read(const value *v, const TfLiteTensor *t, size_t i);
/* The place of the largest of n numbers, the first one of several. */
size_t errors_top(const double *x, size_t n);

#endif
