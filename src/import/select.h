/* SPDX-License-Identifier: Apache-2.0 */
/* select.h: Select-TF operators, for importers of formats that are not TensorFlow's own: where
 * there is no builtin operator, an operator of TensorFlow does it. */
#ifndef LN_IMPORT_SELECT_H
#define LN_IMPORT_SELECT_H

#include "emit/emit.h"

/* TensorFlow's numbers of types. */
enum { LN_TF_FLOAT = 1, LN_TF_INT32 = 3, LN_TF_STRING = 7, LN_TF_COMPLEX = 8, LN_TF_INT64 = 9 };

typedef struct ln_select_attribute {
    const char *key;
    enum {
        LN_SELECT_TYPE,
        LN_SELECT_INT,
        LN_SELECT_FLAG,
        LN_SELECT_TEXT,
        LN_SELECT_PAIR,
        LN_SELECT_TYPES
    } kind;
    int64_t value;
    const char *text; /* of a list of types: a byte for each */
    int64_t second; /* of a pair of numbers */
} ln_select_attribute;

enum { LN_SELECT_MAX_ATTRIBUTES = 8 };

typedef struct ln_select_op {
    const char *name;
    const ln_select_attribute *given;
    int n;
} ln_select_op;

/* FlexNAME of n_in tensors; `made` says what comes out. */
bool ln_select_node(ln_emit *e, const ln_select_op *op, const ln_id *in, int n_in,
                    const ln_made *made, int n_out, ln_id *out);
/* The same with one output. */
ln_id ln_select_one(ln_emit *e, const ln_select_op *op, const ln_id *in, int n_in, TfLiteType type,
                    const ln_shape *shape);
/* Of one tensor, item by item. */
ln_id ln_select_map(ln_emit *e, const ln_select_op *op, ln_id x, TfLiteType type);

#endif
