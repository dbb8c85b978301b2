/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c: which value of the checkpoint belongs to which variable.  The graph itself says so:
 * it has a part that restores a checkpoint, a RestoreV2 whose outputs are assigned to variables (in
 * the main graph, or in a function that gets the variables' handles). */
#include <string.h>

#include "import/savedmodel/tf.h"

/* Follows nodes that only hand on their first input. */
static ln_tf_ref source_of(const ln_tf_graph *g, ln_tf_ref ref)
{
    for (int i = 0; i < 16 && ref.node >= 0; i++) {
        const ln_tf_node *n = &g->nodes[ref.node];
        if (strcmp(n->def->op, "Identity") != 0 || n->n_in < 1)
            break;
        ref = n->in[0];
    }
    return ref;
}

/* Text `ref.out` of those that input `in` (1: keys, 2: slices) of a RestoreV2 has; NULL when it is
 * no such thing. */
static const ProtobufCBinaryData *text_of(const ln_tf_graph *g, ln_tf_ref ref, int in)
{
    ref = source_of(g, ref);
    const ln_tf_node *n = ref.node < 0 ? NULL : &g->nodes[ref.node];
    if (!n || strcmp(n->def->op, "RestoreV2") != 0 || n->n_in <= in || n->in[in].node < 0)
        return NULL;
    const Tf__AttrValue *v = ln_tf_attr_of(g->nodes[n->in[in].node].def, "value");
    if (!v || v->value_case != TF__ATTR_VALUE__VALUE_TENSOR ||
        (size_t)ref.out >= v->tensor->n_string_val)
        return NULL;
    return &v->tensor->string_val[ref.out];
}

static const char *copy_text(ln_tf *tf, const ProtobufCBinaryData *text)
{
    return text ? ln_arena_string(tf->arena, (const char *)text->data, text->len) : "";
}

static ln_status add(ln_tf *tf, const Tf__NodeDef *variable, const ProtobufCBinaryData *key,
                     const ProtobufCBinaryData *slice)
{
    tf->keys[tf->n_keys] = copy_text(tf, key);
    tf->slices[tf->n_keys] = copy_text(tf, slice);
    if (!tf->keys[tf->n_keys] || !tf->slices[tf->n_keys] ||
        !ln_names_put(&tf->restored, variable->name, strlen(variable->name), tf->n_keys))
        return LN_ERR_MEMORY;
    tf->n_keys++;
    return LN_OK;
}

/* `call` is the node of the main graph whose inputs are the function's arguments. */
static ln_status scan(ln_tf *tf, const ln_tf_graph *g, const ln_tf_node *call)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_tf_node *n = &g->nodes[i];
        if ((strcmp(n->def->op, "AssignVariableOp") != 0 && strcmp(n->def->op, "Assign") != 0) ||
            n->n_in < 2)
            continue;
        const ProtobufCBinaryData *key = text_of(g, n->in[1], 1);
        ln_tf_ref to = source_of(g, n->in[0]);
        if (to.node < 0 && call && -1 - to.node < call->n_in)
            to = source_of(&tf->main, call->in[-1 - to.node]);
        else if (call)
            continue;
        if (key && to.node >= 0)
            LN_TRY(add(tf, tf->main.nodes[to.node].def, key, text_of(g, n->in[1], 2)));
    }
    return LN_OK;
}

/* Keras 3 saves copies of its variables: what is restored is another variable, which the graph
 * initializes with the one that the model reads.  Both have the same value then. */
static ln_status scan_copies(ln_tf *tf)
{
    const ln_tf_graph *g = &tf->main;
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_tf_node *n = &g->nodes[i];
        if (strcmp(n->def->op, "AssignVariableOp") != 0 || n->n_in < 2)
            continue;
        const ln_tf_ref value = source_of(g, n->in[1]), copy = source_of(g, n->in[0]);
        const ln_tf_node *read = value.node < 0 ? NULL : &g->nodes[value.node];
        if (!read || strcmp(read->def->op, "ReadVariableOp") != 0 || read->n_in < 1)
            continue;
        const ln_tf_ref own = source_of(g, read->in[0]);
        if (own.node < 0 || copy.node < 0)
            continue;
        const char *to = g->nodes[own.node].def->name, *from = g->nodes[copy.node].def->name;
        const int key = ln_names_get(&tf->restored, from, strlen(from));
        if (key >= 0 && ln_names_get(&tf->restored, to, strlen(to)) < 0 &&
            !ln_names_put(&tf->restored, to, strlen(to), key))
            return LN_ERR_MEMORY;
    }
    return LN_OK;
}

ln_status ln_tf_read_restore(ln_tf *tf)
{
    const Tf__SaverDef *saver = tf->meta->saver_def;
    const char *name = saver ? saver->restore_op_name : "";
    const int at = ln_names_get(&tf->main.index, name, strlen(name));
    const ln_tf_node *restore = at < 0 ? NULL : &tf->main.nodes[at];
    const Tf__AttrValue *v = restore ? ln_tf_attr_of(restore->def, "f") : NULL;
    const bool calls = v && v->value_case == TF__ATTR_VALUE__VALUE_FUNC;
    ln_tf_graph *g = calls ? ln_tf_function(tf, v->func->name) : &tf->main;
    if (!g)
        return LN_ERR_FORMAT;
    tf->restored = (ln_names){.arena = tf->arena};
    tf->keys = ln_arena_new(tf->arena, (size_t)g->n_nodes + 1, sizeof *tf->keys);
    tf->slices = ln_arena_new(tf->arena, (size_t)g->n_nodes + 1, sizeof *tf->slices);
    if (!tf->keys || !tf->slices)
        return LN_ERR_MEMORY;
    LN_TRY(scan(tf, g, calls ? restore : NULL));
    return scan_copies(tf);
}
