/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c: layers without a row of the table: what emit/foreign.h wants to know of them.  Inputs
 * are the layer's own, and behind them its weights, in the order in which it made them. */
#include <stdlib.h>
#include <string.h>

#include "emit/foreign.h"
#include "import/keras/keras.h"

enum { MAX_WEIGHTS = 64 };

static const char *own(ln_keras_call *c, const char *text)
{
    const char *copy = text ? ln_arena_string(&c->k->m->arena, text, strlen(text)) : NULL;
    if (!copy)
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
    return copy ? copy : "";
}

static bool is_whole(double v)
{
    return v >= -9007199254740992.0 && v <= 9007199254740992.0 && v == (double)(int64_t)v;
}

static void add_number(ln_keras_call *c, ln_foreign *f, const cJSON *item)
{
    const double v = item->valuedouble;
    ln_convert_attribute *a =
        ln_foreign_add(f, own(c, item->string), is_whole(v) ? LN_CONVERT_INT : LN_CONVERT_FLOAT);
    a->i = is_whole(v) ? (int64_t)v : 0;
    a->f = v;
}

/* Objects and lists that are not of numbers alone, as JSON. */
static void add_json(ln_keras_call *c, ln_foreign *f, const cJSON *item)
{
    char *text = cJSON_PrintUnformatted(item);
    if (text)
        ln_foreign_text(f, own(c, item->string), text, strlen(text));
    else
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
    cJSON_free(text);
}

static void add_list(ln_keras_call *c, ln_foreign *f, const cJSON *item)
{
    const size_t n = (size_t)cJSON_GetArraySize(item);
    const cJSON *inner;
    bool whole = true, numbers = n > 0;
    size_t i = 0;
    cJSON_ArrayForEach(inner, item)
    {
        numbers = numbers && cJSON_IsNumber(inner);
        whole = whole && numbers && is_whole(inner->valuedouble);
    }
    if (!numbers) {
        add_json(c, f, item);
        return;
    }
    ln_convert_attribute *a =
        ln_foreign_add(f, own(c, item->string), whole ? LN_CONVERT_INTS : LN_CONVERT_FLOATS);
    int64_t *ints = whole ? ln_foreign_ints(f, a, n) : NULL;
    double *floats = whole ? NULL : ln_foreign_floats(f, a, n);
    cJSON_ArrayForEach(inner, item)
    {
        if (ints)
            ints[i++] = (int64_t)inner->valuedouble;
        else if (floats)
            floats[i++] = inner->valuedouble;
    }
}

static void add_attributes(ln_keras_call *c, ln_foreign *f)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, c->config)
    {
        if (!item->string || cJSON_IsNull(item)) {
            continue;
        } else if (cJSON_IsNumber(item)) {
            add_number(c, f, item);
        } else if (cJSON_IsBool(item)) {
            ln_foreign_add(f, own(c, item->string), LN_CONVERT_BOOL)->i = cJSON_IsTrue(item);
        } else if (cJSON_IsString(item)) {
            ln_foreign_text(f, own(c, item->string), item->valuestring, strlen(item->valuestring));
        } else if (cJSON_IsArray(item)) {
            add_list(c, f, item);
        } else {
            add_json(c, f, item);
        }
    }
}

void ln_keras_foreign(ln_keras_call *c, const char *class)
{
    int n_weights = 0;
    while (n_weights < MAX_WEIGHTS && ln_keras_has_weight(c, n_weights))
        n_weights++;
    const char *op = own(c, class);
    const int n_attributes = cJSON_IsObject(c->config) ? cJSON_GetArraySize(c->config) : 0;
    ln_foreign *f = ln_foreign_new(c->e, op, c->n_in + n_weights, 1, (size_t)n_attributes);
    if (!f)
        return;
    for (int i = 0; i < c->n_in; i++)
        f->in[i] = c->in[i].id;
    for (int i = 0; i < n_weights; i++)
        f->in[c->n_in + i] = ln_keras_param(c, "", i, NULL, NULL);
    if (n_attributes)
        add_attributes(c, f);
    if (ln_foreign_emit(f, c->k->options->foreign))
        ln_keras_out(c, f->out[0]);
}
