/* SPDX-License-Identifier: Apache-2.0 */
/* variable.c: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE: values that outlive an invoke, shared by
 * all graphs of an interpreter.  A handle is a resource tensor whose one int32 is the id that the
 * host gave; a variable takes type and shape of what was assigned last. */
#include <string.h>

#include "ops/resource.h"

ln_status ln_check_handle(ln_call *c, int i)
{
    LN_CHECK(c, c->in[i]->type == kTfLiteResource, "input %d has type %s, not RESOURCE", i,
             ln_type_name(c->in[i]->type));
    return LN_OK;
}

ln_status ln_resource_of(ln_call *c, int i, int kind, ln_resource **out)
{
    const TfLiteTensor *t = c->in[i];
    int32_t id;

    LN_CHECK(c, t->bytes >= sizeof(id) && t->data.raw, "input %d holds no handle", i);
    memcpy(&id, t->data.raw, sizeof(id));
    return c->host->resource(c->host, kind, id, out);
}

ln_status ln_set_handle(ln_call *c, int kind, const char *container, const char *name)
{
    TfLiteTensor *y = c->out[0];
    int id;

    LN_TRY(c->host->resource_id(c->host, kind, container, name, &id));
    const int32_t value = id;
    LN_CHECK(c, y->bytes >= sizeof(value), "the handle has %zu bytes, not %zu", y->bytes,
             sizeof(value));
    memcpy(y->data.raw, &value, sizeof(value));
    return LN_OK;
}

/* Gives a tensor of a resource type, shape and bytes of another. */
static ln_status assign(ln_call *c, TfLiteTensor *to, const TfLiteTensor *from)
{
    const ln_shape s = ln_shape_of(from);

    LN_TRY(c->host->set_shape(c->host, to, &s));
    to->type = from->type;
    LN_TRY(c->host->set_bytes(c->host, to, from->bytes));
    if (from->bytes)
        memcpy(to->data.raw, from->data.raw, from->bytes);
    return LN_OK;
}

/* ---- VAR_HANDLE ---- */

static ln_status handle_infer(ln_call *c)
{
    const ln_shape scalar = {0};
    return ln_set_out(c, 0, kTfLiteResource, &scalar);
}

static ln_status handle_eval(ln_call *c)
{
    const TfLiteVarHandleParams *p = c->params;
    return ln_set_handle(c, LN_RESOURCE_VARIABLE, p->container ? p->container : "",
                         p->shared_name ? p->shared_name : "");
}

/* ---- READ_VARIABLE ---- */

static ln_status variable_of(ln_call *c, const TfLiteTensor **value)
{
    ln_resource *r;

    LN_TRY(ln_resource_of(c, 0, LN_RESOURCE_VARIABLE, &r));
    LN_CHECK(c, r->initialized, "the variable is read before anything was assigned to it");
    LN_CHECK(c, r->value.type == c->out[0]->type, "the variable has type %s, not %s",
             ln_type_name(r->value.type), ln_type_name(c->out[0]->type));
    *value = &r->value;
    return LN_OK;
}

static ln_status read_infer(ln_call *c)
{
    ln_shape s = ln_shape_unknown(-1);

    LN_TRY(ln_check_handle(c, 0));
    if (c->run && c->host) {
        const TfLiteTensor *value;
        LN_TRY(variable_of(c, &value));
        s = ln_shape_of(value);
    }
    return ln_set_out(c, 0, c->out[0]->type, &s);
}

static ln_status read_eval(ln_call *c)
{
    const TfLiteTensor *value;
    TfLiteTensor *y = c->out[0];

    LN_TRY(variable_of(c, &value));
    if (y->type == kTfLiteString)
        LN_TRY(c->host->set_bytes(c->host, y, value->bytes));
    LN_CHECK(c, y->bytes == value->bytes, "the variable has %zu bytes, planned were %zu",
             value->bytes, y->bytes);
    if (y->bytes)
        memcpy(y->data.raw, value->data.raw, y->bytes);
    return LN_OK;
}

/* ---- ASSIGN_VARIABLE ---- */

static ln_status assign_infer(ln_call *c)
{
    const TfLiteType type = c->in[1]->type;

    LN_TRY(ln_check_handle(c, 0));
    if (type == kTfLiteResource || type == kTfLiteVariant)
        return ln_fail_type(c, 1);
    return LN_OK;
}

static ln_status assign_eval(ln_call *c)
{
    ln_resource *r;

    LN_TRY(ln_resource_of(c, 0, LN_RESOURCE_VARIABLE, &r));
    r->initialized = false; /* when memory runs out half way */
    LN_TRY(assign(c, &r->value, c->in[1]));
    r->initialized = true;
    return LN_OK;
}

static const ln_field handle_fields[] = {
    LN_FIELD(STR, 0, TfLiteVarHandleParams, container, 1),
    LN_FIELD(STR, 1, TfLiteVarHandleParams, shared_name, 1),
    {0},
};

const ln_op ln_op_var_handle = {
    .name = "VAR_HANDLE",
    .builtin = kTfLiteBuiltinVarHandle,
    .version = 1,
    .options = 111,
    .min_in = 0,
    .max_in = 0,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = handle_fields,
    .params_size = sizeof(TfLiteVarHandleParams),
    .infer = handle_infer,
    .eval = handle_eval,
};

const ln_op ln_op_read_variable = {
    .name = "READ_VARIABLE",
    .builtin = kTfLiteBuiltinReadVariable,
    .version = 1,
    .options = 112,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .infer = read_infer,
    .eval = read_eval,
};

const ln_op ln_op_assign_variable = {
    .name = "ASSIGN_VARIABLE",
    .builtin = kTfLiteBuiltinAssignVariable,
    .version = 1,
    .options = 113,
    .min_in = 2,
    .max_in = 2,
    .n_out = 0,
    .traits = LN_STATEFUL,
    .infer = assign_infer,
    .eval = assign_eval,
};
