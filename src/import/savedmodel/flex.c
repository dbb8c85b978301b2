/* SPDX-License-Identifier: Apache-2.0 */
/* flex.c: operators that have no translation.  --select-tf-ops keeps them as TensorFlow's own
 * ("FlexName", whose options hold the node itself), --allow-custom-ops as custom ones under their
 * own name, with the attributes as a map. */
#include <string.h>

#include "fb/flexwriter.h"
#include "import/savedmodel/tf.h"

enum { MAX_OUTPUTS = 4096 };

/* ---- what comes out ---- */

static TfLiteType output_type(const ln_tf_op *op, const Tf__ArgDef *a, int i)
{
    if (a->type)
        return ln_tf_type(a->type);
    if (a->type_attr[0])
        return ln_tf_attr_type(op, a->type_attr);
    const Tf__AttrValue *v = ln_tf_attr(op, a->type_list_attr);
    if (v && v->value_case == TF__ATTR_VALUE__VALUE_LIST && (size_t)i < v->list->n_type)
        return ln_tf_type(v->list->type[i]);
    return kTfLiteNoType;
}

static int arg_count(const ln_tf_op *op, const Tf__ArgDef *a)
{
    if (a->number_attr[0])
        return (int)LN_MIN(ln_tf_attr_int(op, a->number_attr, 0), MAX_OUTPUTS);
    const Tf__AttrValue *v = a->type_list_attr[0] ? ln_tf_attr(op, a->type_list_attr) : NULL;
    if (v && v->value_case == TF__ATTR_VALUE__VALUE_LIST)
        return (int)LN_MIN(v->list->n_type, MAX_OUTPUTS);
    return 1;
}

static bool outputs(ln_tf_op *op, const Tf__OpDef *def, ln_made *made, int *n)
{
    *n = 0;
    for (size_t i = 0; def && i < def->n_output_arg; i++)
        for (int k = 0; k < arg_count(op, def->output_arg[i]) && *n < MAX_OUTPUTS; k++) {
            made[*n] = ln_tf_hint(op, *n);
            made[*n].type = output_type(op, def->output_arg[i], k);
            if (made[*n].type == kTfLiteNoType)
                return false;
            ++*n;
        }
    return def != NULL;
}

/* ---- options ---- */

static bool node_bytes(ln_tf_op *op, const Tf__OpDef *def, uint8_t **out, size_t *n)
{
    Tf__NodeDef node = *op->node->def;
    const size_t room = node.n_attr + def->n_attr + 1;
    Tf__AttrEntry **attrs = ln_arena_new(op->tf->arena, room, sizeof(Tf__AttrEntry *));
    Tf__AttrEntry *added = ln_arena_new(op->tf->arena, room, sizeof *added);
    size_t count = 0;
    if (!attrs || !added)
        return false;
    for (size_t i = 0; i < node.n_attr; i++)
        if (node.attr[i]->key[0] != '_') /* the importer's own */
            attrs[count++] = node.attr[i];
    for (size_t i = 0; i < def->n_attr; i++) { /* what the file left out for being the default */
        if (ln_tf_attr_of(op->node->def, def->attr[i]->name) || !def->attr[i]->default_value)
            continue;
        tf__attr_entry__init(&added[i]);
        added[i].key = def->attr[i]->name;
        added[i].value = def->attr[i]->default_value;
        attrs[count++] = &added[i];
    }
    node.attr = attrs;
    node.n_attr = count;
    node.n_input = (size_t)op->node->n_in; /* without control inputs */
    *n = tf__node_def__get_packed_size(&node);
    *out = ln_arena_new(op->tf->arena, 1, *n + 1);
    return *out && tf__node_def__pack(&node, *out) == *n;
}

static bool flex_options(ln_tf_op *op, const Tf__OpDef *def, ln_flex_writer *w)
{
    uint8_t *bytes;
    size_t n;
    const char *name = op->node->def->op;
    if (!node_bytes(op, def, &bytes, &n))
        return false;
    ln_flex_begin(w);
    ln_flex_put_string(w, NULL, name, strlen(name));
    ln_flex_put_string(w, NULL, (const char *)bytes, n);
    return ln_flex_finish(w, false);
}

static bool custom_options(ln_tf_op *op, ln_flex_writer *w)
{
    const Tf__NodeDef *def = op->node->def;
    ln_flex_begin(w);
    for (size_t i = 0; i < def->n_attr; i++) {
        const char *key = def->attr[i]->key;
        const Tf__AttrValue *v = def->attr[i]->value;
        if (!v || key[0] == '_')
            continue;
        if (v->value_case == TF__ATTR_VALUE__VALUE_S)
            ln_flex_put_string(w, key, (const char *)v->s.data, v->s.len);
        else if (v->value_case == TF__ATTR_VALUE__VALUE_I)
            ln_flex_put_int(w, key, v->i);
        else if (v->value_case == TF__ATTR_VALUE__VALUE_F)
            ln_flex_put_float(w, key, v->f);
        else if (v->value_case == TF__ATTR_VALUE__VALUE_B)
            ln_flex_put_bool(w, key, v->b);
        else if (v->value_case == TF__ATTR_VALUE__VALUE_TYPE)
            ln_flex_put_int(w, key, v->type);
    }
    return ln_flex_finish(w, true);
}

/* ---- the node ---- */

static void emit(ln_tf_op *op, const char *name, const ln_flex_writer *w, const ln_made *made,
                 int n)
{
    ln_id *in = ln_arena_new(&op->tf->m->arena, (size_t)op->n_in + 1, sizeof *in);
    ln_id *out = ln_arena_new(&op->tf->m->arena, (size_t)n + 1, sizeof *out);
    for (int i = 0; in && i < op->n_in; i++)
        in[i] = ln_tf_in(op, i);
    const ln_emit_call call = {.custom = name,
                               .in = in,
                               .n_in = op->n_in,
                               .n_out = n,
                               .hints = made,
                               .options = w->out,
                               .n_options = w->n_out};
    if (in && out && ln_emit_node(op->e, &call, out))
        for (int i = 0; i < n; i++)
            ln_tf_out(op, i, out[i]);
}

void ln_tf_foreign(ln_tf_op *op)
{
    const Tf__OpDef *def = ln_tf_op_def(op->tf, op->node->def->op);
    const bool flex = op->tf->o->select_tf_ops;
    const size_t length = strlen(op->node->def->op);
    ln_made *made = ln_arena_new(op->tf->arena, MAX_OUTPUTS, sizeof *made);
    char *name = ln_arena_new(op->tf->arena, length + 5, 1);
    ln_flex_writer w = {.arena = op->tf->arena};
    int n = 0;
    if (!ln_emit_ok(op->e) || !made || !name)
        return;
    memcpy(name, "Flex", flex ? 4 : 0);
    memcpy(name + (flex ? 4 : 0), op->node->def->op, length);
    if (!flex && !op->tf->o->allow_custom_ops)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "there is no translation of %s", op->node->def->op);
    else if (!outputs(op, def, made, &n))
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "the model does not say what %s gives",
                     op->node->def->op);
    else if (flex ? flex_options(op, def, &w) : custom_options(op, &w))
        emit(op, name, &w, made, n);
    else
        ln_emit_fail(op->e, LN_ERR_MEMORY, "out of memory");
}
