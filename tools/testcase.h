/* SPDX-License-Identifier: Apache-2.0 */
/* testcase.h: a recorded case: a model, its inputs, and the outputs that the real runtime gave.
 * A case is a folder with a case.json in a zip archive; tests/ops/make_cases.py writes them. */
#ifndef TESTCASE_H
#define TESTCASE_H

#include "common/archive.h"
#include "common/value.h"

enum { TESTCASE_MAX_OPERANDS = 64, TESTCASE_ERROR = 256 };

typedef struct testcase {
    char *name;              /* "b_add/0003", or the model's name for a golden file */
    char *params, *ops;      /* what was varied; the ops by name, joined by commas */
    uint8_t *model;
    size_t model_bytes;
    int n_in, n_out;
    value in[TESTCASE_MAX_OPERANDS], out[TESTCASE_MAX_OPERANDS];
    double abs, rel;         /* floats: |got - want| <= abs + rel * |want| */
    uint64_t lsb;            /* integers: |got - want| <= lsb */
    bool random;             /* values are not comparable */
} testcase;

/* Reads the case in folder `prefix` ("0003/", or "" for the root) of an archive at `path`.
 * On failure `error` says why; the case is to be freed in any event. */
bool testcase_read(testcase *t, archive *a, const char *path, const char *prefix, bool with_data,
                   char *error);
void testcase_free(testcase *t);

#endif
