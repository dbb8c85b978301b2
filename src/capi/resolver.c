/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.c: finding operators of the program.  Of operators added for the same name and version
 * the last one counts, and functions set by the program replace all other ways, as in TFLite. */
#include "capi/resolver.h"

#include <string.h>

#include "runtime/interpreter.h"
#include "runtime/operator_impl.h"

static const ln_alloc *const heap = &ln_alloc_default;

TfLiteRegistration ln_operator_registration(const TfLiteOperator *op)
{
    TfLiteRegistration r = {0};
    r.builtin_code = op->builtin_code;
    r.custom_name = op->custom_name;
    r.version = op->version;
    r.inplace_operator = op->inplace_operator;
    /* the runtime calls the operator but never changes it */
    r.registration_external = (TfLiteOperator *)(uintptr_t)op;
    return r;
}

/* ---- operators added one by one ---- */

ln_status ln_user_ops_add(ln_user_ops *ops, const char *name, const TfLiteRegistration *r,
                          int min_version, int max_version)
{
    ln_user_op op = {min_version, max_version, NULL, *r};
    void *items = ops->items;
    if (!ln_grow(heap, &items, &ops->capacity, ops->n, sizeof op))
        return LN_ERR_MEMORY;
    ops->items = items;
    if (name) {
        op.name = ln_new(heap, strlen(name) + 1, 1);
        if (!op.name)
            return LN_ERR_MEMORY;
        memcpy(op.name, name, strlen(name) + 1);
        op.registration.builtin_code = kTfLiteBuiltinCustom;
    }
    op.registration.custom_name = op.name;
    ln_registration_trim(&op.registration);
    ops->items[ops->n++] = op;
    return LN_OK;
}

ln_status ln_user_ops_copy(ln_user_ops *to, const ln_user_ops *from)
{
    memset(to, 0, sizeof *to);
    to->callbacks = from->callbacks;
    for (size_t i = 0; i < from->n; i++) {
        const ln_user_op *op = &from->items[i];
        const ln_status status =
            ln_user_ops_add(to, op->name, &op->registration, op->min_version, op->max_version);
        if (status != LN_OK) {
            ln_user_ops_deinit(to);
            return status;
        }
    }
    return LN_OK;
}

void ln_user_ops_deinit(ln_user_ops *ops)
{
    for (size_t i = 0; i < ops->n; i++)
        ln_free(heap, ops->items[i].name);
    ln_free(heap, ops->items);
    memset(ops, 0, sizeof *ops);
}

static const TfLiteRegistration *find_added(const ln_user_ops *ops, int builtin, const char *name,
                                            int version)
{
    for (size_t i = ops->n; i-- > 0;) {
        const ln_user_op *op = &ops->items[i];
        if (version < op->min_version || version > op->max_version)
            continue;
        if (name ? op->name && strcmp(op->name, name) == 0
                 : !op->name && op->registration.builtin_code == builtin)
            return &op->registration;
    }
    return NULL;
}

/* ---- functions of the program ---- */

bool ln_user_ops_only(const ln_user_ops *ops)
{
    const ln_op_callbacks *c = &ops->callbacks;
    return c->builtin_external || c->custom_external || c->builtin || c->custom || c->builtin_v3 ||
           c->custom_v3 || c->builtin_v2 || c->custom_v2 || c->builtin_v1 || c->custom_v1;
}

/* Operators may also be mere markers; those without any function are looked for elsewhere. */
static bool has_functions(const TfLiteOperator *op)
{
    return op->init || op->free || op->prepare || op->invoke || op->async_kernel ||
           op->init_with_data || op->free_with_data || op->prepare_with_data ||
           op->invoke_with_data || op->async_kernel_with_data;
}

static const TfLiteOperator *find_external(const ln_op_callbacks *c, int builtin, const char *name,
                                           int version)
{
    const TfLiteOperator *op = NULL;
    if (name && c->custom_external)
        op = c->custom_external(c->user, name, version);
    else if (!name && c->builtin_external)
        op = c->builtin_external(c->user, builtin, version);
    return op && has_functions(op) ? op : NULL;
}

/* A shorter form of TfLiteRegistration, each the start of the next; *size becomes its size. */
static const void *find_shorter(const ln_op_callbacks *c, int builtin, const char *name,
                                int version, size_t *size)
{
    const TfLiteBuiltinOperator op = (TfLiteBuiltinOperator)builtin;
    const void *r = NULL;
    *size = sizeof(TfLiteRegistration_V3);
    if (name && c->custom_v3)
        r = c->custom_v3(c->user, name, version);
    else if (!name && c->builtin_v3)
        r = c->builtin_v3(c->user, op, version);
    if (r)
        return r;
    *size = sizeof(TfLiteRegistration_V2);
    if (name && c->custom_v2)
        r = c->custom_v2(c->user, name, version);
    else if (!name && c->builtin_v2)
        r = c->builtin_v2(c->user, op, version);
    if (r)
        return r;
    *size = sizeof(TfLiteRegistration_V1);
    if (name && c->custom_v1)
        r = c->custom_v1(c->user, name, version);
    else if (!name && c->builtin_v1)
        r = c->builtin_v1(c->user, op, version);
    return r;
}

static const TfLiteRegistration *find_by_callback(ln_op_finder *f, int builtin, const char *name,
                                                  int version)
{
    const ln_op_callbacks *c = &f->ops.callbacks;
    const TfLiteOperator *op = find_external(c, builtin, name, version);
    TfLiteRegistration *made;
    if (op) {
        made = ln_arena_new(&f->made, 1, sizeof *made);
        if (made)
            *made = ln_operator_registration(op);
        return made;
    }
    if (name ? c->custom != NULL : c->builtin != NULL)
        return name ? c->custom(c->user, name, version)
                    : c->builtin(c->user, (TfLiteBuiltinOperator)builtin, version);
    size_t size = 0;
    const void *shorter = find_shorter(c, builtin, name, version, &size);
    made = shorter ? ln_arena_new(&f->made, 1, sizeof *made) : NULL;
    if (made)
        memcpy(made, shorter, size);
    return made;
}

/* ---- one interpreter's view ---- */

ln_status ln_op_finder_init(ln_op_finder *f, const ln_user_ops *from)
{
    static const ln_user_ops none;
    ln_arena_init(&f->made, heap);
    return ln_user_ops_copy(&f->ops, from ? from : &none);
}

void ln_op_finder_deinit(ln_op_finder *f)
{
    ln_user_ops_deinit(&f->ops);
    ln_arena_deinit(&f->made);
}

const TfLiteRegistration *ln_op_finder_find(void *finder, int builtin, const char *custom_name,
                                            int version)
{
    ln_op_finder *f = finder;
    const char *name = NULL;
    if (builtin == kTfLiteBuiltinCustom)
        name = custom_name ? custom_name : "";
    return ln_user_ops_only(&f->ops) ? find_by_callback(f, builtin, name, version)
                                     : find_added(&f->ops, builtin, name, version);
}
