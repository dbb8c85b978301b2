/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.c: what a layer is called with, and what it gives. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* Single numbers stay what they are: many functions want these. */
void ln_keras_constants(ln_keras_call *c, ln_keras_arg *args, int n)
{
    for (int i = 0; i < n; i++) {
        ln_keras_arg *a = &args[i];
        if (a->kind == LN_ARG_LIST)
            ln_keras_constants(c, a->items, a->n); /* no deeper than lists are resolved */
        if (a->kind != LN_ARG_JSON || !a->dtype || !cJSON_IsArray(a->json))
            continue;
        const ln_id id = ln_keras_json_constant(c, a->json);
        if (id < 0)
            continue;
        a->kind = LN_ARG_TENSOR;
        a->value = (ln_keras_value){.id = ln_emit_cast(c->e, id, ln_keras_type(a->dtype))};
    }
}

const ln_keras_arg *ln_keras_arg_find(const ln_keras_call *c, int position, const char *name)
{
    if (position >= 0 && position < c->n_args && c->args[position].kind != LN_ARG_NONE)
        return &c->args[position];
    for (int i = 0; i < c->n_kwargs; i++)
        if (name && c->kwargs[i].name && strcmp(c->kwargs[i].name, name) == 0 &&
            c->kwargs[i].kind != LN_ARG_NONE)
            return &c->kwargs[i];
    return NULL;
}

ln_id ln_keras_arg_tensor(const ln_keras_call *c, int position, const char *name)
{
    const ln_keras_arg *a = ln_keras_arg_find(c, position, name);
    return a && a->kind == LN_ARG_TENSOR ? a->value.id : -1;
}

const cJSON *ln_keras_arg_json(const ln_keras_call *c, int position, const char *name)
{
    const ln_keras_arg *a = ln_keras_arg_find(c, position, name);
    if (a && (a->kind == LN_ARG_JSON || a->kind == LN_ARG_TENSOR) && a->json &&
        !cJSON_IsNull(a->json))
        return a->json;
    return name ? ln_json_get(c->config, name) : NULL;
}

double ln_keras_arg_number(const ln_keras_call *c, int position, const char *name, double fallback)
{
    const cJSON *json = ln_keras_arg_json(c, position, name);
    return cJSON_IsNumber(json) ? json->valuedouble
           : cJSON_IsBool(json) ? cJSON_IsTrue(json)
                                : fallback;
}

int ln_keras_arg_int(const ln_keras_call *c, int position, const char *name, int fallback)
{
    const double v = ln_keras_arg_number(c, position, name, fallback);
    return v >= INT32_MAX ? INT32_MAX : v > INT32_MIN ? (int)v : INT32_MIN;
}

bool ln_keras_arg_flatten(ln_keras *k, const ln_keras_arg *arg, ln_keras_value **values, int *n,
                          int *capacity)
{
    if (arg->kind == LN_ARG_TENSOR) {
        if (*n == *capacity) {
            const int wanted = *capacity ? 2 * *capacity : 8;
            ln_keras_value *more = ln_arena_new(&k->arena, (size_t)wanted, sizeof *more);
            if (!more)
                return false;
            if (*n)
                memcpy(more, *values, (size_t)*n * sizeof *more);
            *values = more;
            *capacity = wanted;
        }
        (*values)[(*n)++] = arg->value;
    }
    for (int i = 0; arg->kind == LN_ARG_LIST && i < arg->n; i++)
        if (!ln_keras_arg_flatten(k, &arg->items[i], values, n, capacity))
            return false;
    return true;
}

const ln_keras_value *ln_keras_arg_item(const ln_keras_arg *arg, const char *key)
{
    for (int i = 0; arg->kind == LN_ARG_LIST && i < arg->n; i++) {
        const ln_keras_arg *item = &arg->items[i];
        if (item->kind == LN_ARG_TENSOR && item->name && strcmp(item->name, key) == 0)
            return &item->value;
    }
    return NULL;
}

bool ln_keras_all_tensors(ln_keras_call *c)
{
    const ln_keras_arg *a = c->n_args ? &c->args[0] : NULL;
    if (c->n_in < 1 || (a && a->kind == LN_ARG_LIST && a->n != c->n_in))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "an operand that is no tensor");
    return ln_emit_ok(c->e);
}

/* ---- masks ---- */

ln_keras_mask ln_keras_mask_of(const ln_keras_call *c, int i)
{
    const ln_keras_arg *a = i == 0 ? ln_keras_arg_find(c, -1, "mask") : NULL;
    if (a && a->kind == LN_ARG_TENSOR)
        return (ln_keras_mask){.kind = LN_MASK_BOOL, .id = a->value.id};
    return i < c->n_in ? c->in[i].mask : (ln_keras_mask){.kind = LN_MASK_NONE};
}

ln_id ln_keras_mask_tensor(ln_emit *e, const ln_keras_mask *mask)
{
    const int last = ln_emit_shape(e, mask->id).rank - 1;
    switch (mask->kind) {
    case LN_MASK_BOOL:
        return mask->id;
    case LN_MASK_NOT_ZERO:
        return ln_keras_with(e, &ln_op_not_equal, mask->id, 0);
    case LN_MASK_ANY_NOT:
        return ln_emit_reduce(e, &ln_op_reduce_any,
                              ln_keras_with(e, &ln_op_not_equal, mask->id, mask->value), 1, &last,
                              false);
    default:
        return ln_emit_fail(e, LN_ERR_ARGUMENT, "there is no mask");
    }
}

struct ln_keras_gone {
    struct ln_keras_gone *next;
    const ln_graph *graph;
    ln_id id;
};

void ln_keras_drop_mask(ln_keras_call *c, ln_id id)
{
    struct ln_keras_gone *gone = ln_arena_new(&c->k->arena, 1, sizeof *gone);
    if (!gone) {
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    *gone = (struct ln_keras_gone){c->k->gone, c->e->g, id};
    c->k->gone = gone;
}

bool ln_keras_mask_is_gone(const ln_keras_call *c, ln_id id)
{
    for (const struct ln_keras_gone *gone = c->k->gone; gone; gone = gone->next)
        if (gone->graph == c->e->g && gone->id == id)
            return true;
    return false;
}

/* ---- results ---- */

void ln_keras_out_masked(ln_keras_call *c, ln_id id, ln_keras_mask mask)
{
    /* Room for 8, then twice as much each time it is full. */
    const bool full = c->n_out == 0 || (c->n_out >= 8 && (c->n_out & (c->n_out - 1)) == 0);
    if (!ln_emit_ok(c->e))
        return;
    if (full) {
        const size_t room = c->n_out ? 2 * (size_t)c->n_out : 8;
        ln_keras_value *more = ln_arena_new(&c->k->arena, room, sizeof *more);
        if (!more) {
            ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
            return;
        }
        if (c->n_out)
            memcpy(more, c->out, (size_t)c->n_out * sizeof *more);
        c->out = more;
    }
    c->out[c->n_out++] = (ln_keras_value){id, mask};
}

void ln_keras_out(ln_keras_call *c, ln_id id)
{
    const ln_keras_mask none = {.kind = LN_MASK_NONE};
    ln_keras_out_masked(c, id,
                        c->row && c->row->flags & LN_KERAS_MASKS ? ln_keras_mask_of(c, 0) : none);
}
