/* SPDX-License-Identifier: Apache-2.0 */
/* capi_test.h: what the tests of the C API share.  They use public headers only and are linked with
 * the shared library, like a program.  make_models.c says what each model is. */
#ifndef LN_TESTS_CAPI_CAPI_TEST_H
#define LN_TESTS_CAPI_CAPI_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/linnet.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/c_api_opaque.h"
#include "tensorflow/lite/c/common.h"

/* Collects error messages. */
typedef struct messages {
    int count;
    char last[512];
} messages;
void messages_report(void *user, const char *format, va_list args);

/* The path of a model or plugin that the build made; overwritten by the next call. */
const char *model_path(const char *name);

/* A model with an interpreter, allocated; everything that fails ends the test. */
typedef struct opened {
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
} opened;
opened open_with(const char *name, TfLiteInterpreterOptions *options);
void close_opened(opened *o);
/* Deletes the options too. */
opened open_consuming(const char *name, TfLiteInterpreterOptions *options);

/* Runs the model "custom" with a "Cube" that the options bring along; deletes them. */
void check_cubes_consuming(TfLiteInterpreterOptions *options);

float *input_floats(const opened *o, int i);
const float *output_floats(const opened *o, int i);

/* "Cube": y = x^3, as a registration and as an operator (to be deleted). */
const TfLiteRegistration *cube_registration(void);
TfLiteOperator *cube_operator(void);
/* "Accumulate": adds x to a variable and gives its value. */
const TfLiteRegistration *accumulate_registration(void);

/* One list of tests per file. */
int run_model_tests(void);
int run_interpreter_tests(void);
int run_option_tests(void);
int run_operator_tests(void);
int run_delegate_tests(void);
int run_signature_tests(void);
int run_async_tests(void);
int run_engine_tests(void);
int run_subgraph_tests(void);

#endif
