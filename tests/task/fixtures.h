/* SPDX-License-Identifier: Apache-2.0 */
/* fixtures.h: expected results of tasks, read from JSON files outside of the repository: what the
 * tests of TensorFlow Lite's Task Library state ("facts"), and what that library gave when it ran
 * ("peer").  A case is a JSON object; a runner compares and says what it thinks. */
#ifndef FIXTURES_H
#define FIXTURES_H

#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "linnet/task/base.h"

typedef enum verdict { PASSED, FAILED, SKIPPED } verdict;

typedef struct fixture {
    const char *root; /* of the models and inputs */
    const char *id;
    const cJSON *json, *options, *input, *expected, *tolerance;
    bool peer;
    char model[600]; /* its path */
} fixture;

/* Says why a case failed; returns FAILED. */
verdict fixture_fail(const fixture *f, const char *fmt, ...);
/* Says why a case is not run; returns SKIPPED. */
verdict fixture_skip(const fixture *f, const char *why);
/* The path of an input file by its name (folders in front of it are left out). */
const char *fixture_input(const fixture *f, const char *name);

const cJSON *item_of(const cJSON *object, const char *name);
const char *text_of(const cJSON *object, const char *name);
double number_of(const cJSON *object, const char *name, double otherwise);
bool is_near(double a, double b, double tolerance);
/* Threshold, lists, and number of results. */
void fixture_categories(const fixture *f, ln_classifier_options *to);
/* A resolver that knows only the operators that the case names. */
void fixture_resolver(const fixture *f, ln_task_options *to);
void fixture_embedder(const fixture *f, ln_embedder_options *to);
/* Compares with a list of categories. */
verdict fixture_compare(const fixture *f, const ln_classification *got, const cJSON *expected,
                        double tolerance);
verdict fixture_compare_vectors(const fixture *f, const ln_embedding *a, const ln_embedding *b,
                                double tolerance);
/* True when the case expects an error, or has one; then `*v` says whether `error` is right. */
bool fixture_error(const fixture *f, bool failed, const ln_task_error *error, verdict *v);

verdict run_vision(const fixture *f, const char *task);
verdict run_audio(const fixture *f, const char *task);
verdict run_text(const fixture *f, const char *task);
verdict run_c_api(const fixture *f, const char *task);
verdict run_pose(const fixture *f, const char *task);
verdict run_search(const fixture *f, const char *task);
verdict run_postprocess(const fixture *f, const char *task);

#endif
