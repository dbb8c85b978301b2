/* SPDX-License-Identifier: Apache-2.0 */
/* layers.c: the table of layers and operations, and the report of what becomes of each. */
#include <string.h>

#include "import/keras/keras.h"

static const ln_keras_layer layers[] = {
#define LN_KERAS_LAYER(name, function, flags, fate) \
    {#name, ln_keras_##function, flags, LN_FATE_##fate, NULL},
#define LN_KERAS_NONE(name, cure) {#name, NULL, 0, LN_FATE_IMPOSSIBLE, cure},
#include "import/keras/layers.def"
};

static const ln_keras_layer ops[] = {
#define LN_KERAS_LAYER(name, function, flags, fate) \
    {#name, ln_keras_##function, (flags) | LN_KERAS_OP, LN_FATE_##fate, NULL},
#define LN_KERAS_NONE(name, cure) {#name, NULL, LN_KERAS_OP, LN_FATE_IMPOSSIBLE, cure},
#include "import/keras/ops.def"
};

static const ln_keras_layer *in_table(const ln_keras_layer *rows, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* Operations and layers share some names ("Add").  Where the file does not say the module, what
 * can be trained is a layer. */
static bool is_operation(const cJSON *layer)
{
    const char *module = ln_json_text(layer, "module", NULL);
    const cJSON *config = ln_json_get(layer, "config");
    if (module)
        return strstr(module, ".ops") != NULL || strstr(module, "activations") != NULL;
    return !cJSON_HasObjectItem(config, "trainable");
}

/* Somebody's own class, even where it is called as one of Keras's: only that has a registered name
 * outside of Keras's modules. */
static bool is_own(const cJSON *layer)
{
    return ln_json_text(layer, "registered_name", NULL) &&
           strncmp(ln_json_text(layer, "module", ""), "keras.", 6) != 0;
}

const ln_keras_layer *ln_keras_layer_find(const cJSON *layer)
{
    const char *class = ln_json_text(layer, "class_name", "");
    const ln_keras_layer *as_op = in_table(ops, LN_COUNTOF(ops), class),
                         *as_layer = in_table(layers, LN_COUNTOF(layers), class);
    if (is_own(layer))
        return NULL;
    if (ln_keras_is_tf(layer)) {
        const char *op = ln_keras_tf_op(layer);
        return op ? in_table(ops, LN_COUNTOF(ops), op) : NULL;
    }
    if (!as_op || !as_layer)
        return as_op ? as_op : as_layer;
    return is_operation(layer) ? as_op : as_layer;
}

/* ---- the report ---- */

static ln_status report_layer(ln_keras *k, const cJSON *layer, int depth);

static ln_status report_inner(ln_keras *k, const cJSON *layer, int depth)
{
    static const char *const wrapped[] = {"layer", "forward_layer", "backward_layer", "cell"};
    const cJSON *config = ln_json_get(layer, "config"), *inner;
    const cJSON *all = cJSON_IsArray(config) ? config : ln_json_get(config, "layers");
    if (ln_keras_is_model(layer))
        cJSON_ArrayForEach(inner, all) LN_TRY(report_layer(k, inner, depth + 1));
    for (size_t i = 0; i < LN_COUNTOF(wrapped); i++) {
        inner = ln_json_get(config, wrapped[i]);
        if (cJSON_IsObject(inner))
            LN_TRY(report_layer(k, inner, depth + 1));
    }
    return LN_OK;
}

static const char *why_unknown(const cJSON *layer)
{
    if (ln_keras_is_tf(layer))
        return "a function of TensorFlow that has no translation (docs/keras.md): convert a "
               "SavedModel";
    return strncmp(ln_json_text(layer, "module", ""), "keras.", 6) == 0
               ? "save the model by model.export(), and convert the SavedModel"
               : "a class of one's own, whose code is not in the file: convert a SavedModel, make "
                 "it a custom operator (--allow-custom-ops), or replace it by a rule or a function";
}

static ln_status report_layer(ln_keras *k, const cJSON *layer, int depth)
{
    const ln_keras_layer *row = ln_keras_layer_find(layer);
    const char *class = ln_json_text(layer, "class_name", "?");
    ln_finding finding = {.op = class,
                          .location = ln_json_text(ln_json_get(layer, "config"), "name", "?"),
                          .fate = ln_fate_foreign(k->options, class, class)};
    const bool flex = row && row->fate == LN_FATE_FLEX && !k->options->select_tf_ops;
    if (row && row->emit && !flex && !ln_foreign_known(k->options->foreign, class))
        finding.fate = row->fate;
    else if (finding.fate == LN_FATE_IMPOSSIBLE)
        finding.cure = flex ? "--select-tf-ops" : row ? row->cure : why_unknown(layer);
    if (depth > LN_KERAS_MAX_DEPTH || k->report->n > LN_KERAS_MAX_CALLS)
        return ln_fail(k->diag, LN_ERR_FORMAT, "the model has too many layers");
    if (strcmp(finding.op, "InputLayer") != 0 && !ln_keras_is_model(layer))
        LN_TRY(ln_report_add(k->report, &finding));
    return report_inner(k, layer, depth);
}

ln_status ln_keras_report(ln_keras *k, const cJSON *model)
{
    LN_TRY(report_layer(k, model, 0));
    return ln_report_check(k->report, k->diag);
}

/* ---- calls ---- */

void ln_keras_layer_call(ln_keras_call *c)
{
    const bool model = ln_keras_is_model(c->layer);
    c->row = ln_keras_layer_find(c->layer);
    c->out = NULL;
    c->n_out = 0;
    if (!ln_emit_ok(c->e))
        return;
    const char *class = ln_json_text(c->layer, "class_name", "?");
    if (!c->row || !c->row->emit || ln_foreign_known(c->k->options->foreign, class)) {
        ln_keras_foreign(c, class);
        return;
    }
    if (!model && c->row->emit == ln_keras_model) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "a model without layers");
        return;
    }
    if (ln_keras_is_tf(c->layer))
        ln_keras_tf_call(c);
    else
        c->row->emit(c);
    if (c->n_out == 0)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "it gives nothing");
}

ln_keras_call ln_keras_inner(const ln_keras_call *c, const cJSON *layer,
                             const ln_keras_scope *scope)
{
    ln_keras_call inner = *c;
    inner.layer = layer;
    inner.config = ln_json_get(layer, "config");
    inner.scope = *scope;
    ln_keras_scope_shared(c->k, layer, &inner.scope);
    inner.row = NULL;
    inner.out = NULL;
    inner.n_out = 0;
    return inner;
}

void ln_keras_call_with(ln_keras_call *inner, const ln_keras_value *value, ln_keras_arg *arg)
{
    *arg = (ln_keras_arg){.kind = LN_ARG_TENSOR, .value = *value};
    inner->in = value;
    inner->args = arg;
    inner->n_in = inner->n_args = 1;
    inner->n_kwargs = 0;
    inner->k->busy++;
    ln_keras_layer_call(inner);
    inner->k->busy--;
}

const char *ln_keras_location(ln_keras *k, const char *outer, const char *name)
{
    const size_t n = strlen(outer), more = strlen(name);
    if (k->depth <= 1)
        return name;
    char *text = ln_arena_new(&k->arena, 1, n + more + 2);
    if (!text)
        return name;
    memcpy(text, outer, n);
    text[n] = '/';
    memcpy(text + n + 1, name, more);
    return text;
}
