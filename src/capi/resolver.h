/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.h: operators of the program: added one by one, or found by its functions. */
#ifndef LN_CAPI_RESOLVER_H
#define LN_CAPI_RESOLVER_H

#include "base/arena.h"
#include "base/status.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/common.h"

/* The functions that a program can set to find operators; at most one group is not NULL. */
typedef struct ln_op_callbacks {
    const TfLiteOperator *(*builtin_external)(void *, int op, int version);
    const TfLiteOperator *(*custom_external)(void *, const char *op, int version);
    const TfLiteRegistration *(*builtin)(void *, TfLiteBuiltinOperator op, int version);
    const TfLiteRegistration *(*custom)(void *, const char *op, int version);
    const TfLiteRegistration_V3 *(*builtin_v3)(void *, TfLiteBuiltinOperator op, int version);
    const TfLiteRegistration_V3 *(*custom_v3)(void *, const char *op, int version);
    const TfLiteRegistration_V2 *(*builtin_v2)(void *, TfLiteBuiltinOperator op, int version);
    const TfLiteRegistration_V2 *(*custom_v2)(void *, const char *op, int version);
    const TfLiteRegistration_V1 *(*builtin_v1)(void *, TfLiteBuiltinOperator op, int version);
    const TfLiteRegistration_V1 *(*custom_v1)(void *, const char *op, int version);
    void *user;
} ln_op_callbacks;

typedef struct ln_user_op {
    int min_version, max_version;
    char *name; /* copied; NULL for a built-in operator */
    TfLiteRegistration registration;
} ln_user_op;

typedef struct ln_user_ops {
    ln_user_op *items;
    size_t n, capacity;
    ln_op_callbacks callbacks;
} ln_user_ops;

/* What one interpreter looks its operators up in. */
typedef struct ln_op_finder {
    ln_user_ops ops;
    ln_arena made; /* registrations made from other forms */
} ln_op_finder;

/* Adds an operator; `name` NULL: a built-in one, whose number is in the registration. */
ln_status ln_user_ops_add(ln_user_ops *ops, const char *name, const TfLiteRegistration *r,
                          int min_version, int max_version) LN_MUST_USE;
ln_status ln_user_ops_copy(ln_user_ops *to, const ln_user_ops *from) LN_MUST_USE;
void ln_user_ops_deinit(ln_user_ops *ops);
/* True when the program set functions: then nothing else is asked. */
bool ln_user_ops_only(const ln_user_ops *ops);

/* `from` may be NULL. */
ln_status ln_op_finder_init(ln_op_finder *f, const ln_user_ops *from) LN_MUST_USE;
void ln_op_finder_deinit(ln_op_finder *f);
/* ln_resolver.find of a finder. */
const TfLiteRegistration *ln_op_finder_find(void *finder, int builtin, const char *custom_name,
                                            int version);
/* The registration that stands for an operator. */
TfLiteRegistration ln_operator_registration(const TfLiteOperator *op);

#endif
