/* SPDX-License-Identifier: Apache-2.0 */
/* operator.c: TfLiteOperator, an operator without a visible layout, under its present and its
 * former name (TfLiteRegistrationExternal). */
#include <string.h>

#include "base/alloc.h"
#include "runtime/operator_impl.h"
#include "tensorflow/lite/c/operator.h"

static const ln_alloc *const heap = &ln_alloc_default;

TfLiteOperator *TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code, const char *custom_name,
                                     int version, void *user_data)
{
    const size_t n = custom_name ? strlen(custom_name) + 1 : 0;
    TfLiteOperator *op = ln_new(heap, 1, sizeof *op + n); /* the name comes right behind */
    if (!op)
        return NULL;
    op->builtin_code = builtin_code;
    op->version = version;
    op->user_data = user_data;
    if (custom_name)
        op->custom_name = memcpy(op + 1, custom_name, n);
    return op;
}

void TfLiteOperatorDelete(TfLiteOperator *registration)
{
    ln_free(heap, registration);
}

TfLiteBuiltinOperator TfLiteOperatorGetBuiltInCode(const TfLiteOperator *registration)
{
    return registration ? (TfLiteBuiltinOperator)registration->builtin_code
                        : kTfLiteBuiltinPlaceholderForGreaterOpCodes;
}

const char *TfLiteOperatorGetCustomName(const TfLiteOperator *registration)
{
    return registration ? registration->custom_name : NULL;
}

int TfLiteOperatorGetVersion(const TfLiteOperator *registration)
{
    return registration ? registration->version : -1;
}

void *TfLiteOperatorGetUserData(const TfLiteOperator *registration)
{
    return registration ? registration->user_data : NULL;
}

/* ---- functions ---- */

/* TfLiteOperatorSet<Name>, its sibling with user data, and the former name of the first.  ARGS
 * are the arguments behind the user data, in parentheses. */
#define UNPACK(...) __VA_ARGS__
#define SETTERS(Name, field, result, ARGS)                                               \
    void TfLiteOperatorSet##Name(TfLiteOperator *registration, result(*field) ARGS)      \
    {                                                                                    \
        if (registration)                                                                \
            registration->field = field;                                                 \
    }                                                                                    \
    TfLiteStatus TfLiteOperatorSet##Name##WithData(TfLiteOperator *registration,         \
                                                   result (*field)(void *, UNPACK ARGS)) \
    {                                                                                    \
        if (!registration)                                                               \
            return kTfLiteError;                                                         \
        registration->field##_with_data = field;                                         \
        return kTfLiteOk;                                                                \
    }                                                                                    \
    void TfLiteRegistrationExternalSet##Name(TfLiteRegistrationExternal *registration,   \
                                             result(*field) ARGS)                        \
    {                                                                                    \
        TfLiteOperatorSet##Name(registration, field);                                    \
    }

SETTERS(Init, init, void *, (TfLiteOpaqueContext *, const char *, size_t))
SETTERS(Free, free, void, (TfLiteOpaqueContext *, void *))
SETTERS(Prepare, prepare, TfLiteStatus, (TfLiteOpaqueContext *, TfLiteOpaqueNode *))
SETTERS(Invoke, invoke, TfLiteStatus, (TfLiteOpaqueContext *, TfLiteOpaqueNode *))
SETTERS(AsyncKernel, async_kernel, struct TfLiteAsyncKernel *,
        (TfLiteOpaqueContext *, TfLiteOpaqueNode *))

void TfLiteOperatorSetInplaceOperator(TfLiteOperator *registration, uint64_t inplace_operator)
{
    if (registration)
        registration->inplace_operator = inplace_operator;
}

/* ---- other former names ---- */

TfLiteOperator *TfLiteOperatorCreateWithData(TfLiteBuiltinOperator builtin_code,
                                             const char *custom_name, int version, void *user_data)
{
    return TfLiteOperatorCreate(builtin_code, custom_name, version, user_data);
}

TfLiteRegistrationExternal *TfLiteRegistrationExternalCreate(TfLiteBuiltinOperator builtin_code,
                                                             const char *custom_name, int version)
{
    return TfLiteOperatorCreate(builtin_code, custom_name, version, NULL);
}

void TfLiteRegistrationExternalDelete(TfLiteRegistrationExternal *registration)
{
    TfLiteOperatorDelete(registration);
}

TfLiteBuiltinOperator TfLiteRegistrationExternalGetBuiltInCode(
    const TfLiteRegistrationExternal *registration)
{
    return TfLiteOperatorGetBuiltInCode(registration);
}

const char *TfLiteRegistrationExternalGetCustomName(const TfLiteRegistrationExternal *registration)
{
    return TfLiteOperatorGetCustomName(registration);
}

int TfLiteRegistrationExternalGetVersion(const TfLiteRegistrationExternal *registration)
{
    return TfLiteOperatorGetVersion(registration);
}

void TfLiteRegistrationExternalSetInplaceOperator(TfLiteRegistrationExternal *registration,
                                                  uint64_t inplace_operator)
{
    TfLiteOperatorSetInplaceOperator(registration, inplace_operator);
}
