/* SPDX-License-Identifier: Apache-2.0 */
/* select.c: see select.h.  A custom operator's options are a list of the name and the node as
 * TensorFlow has it. */
#include "import/select.h"

#include <stdio.h>
#include <string.h>

#include "fb/flexwriter.h"
#include <tensorflow.pb-c.h>

enum { MAX_INPUTS = 32, MAX_BYTES = 1 << 20 };

/* A value, and what it points at. */
typedef struct attribute {
    Tf__AttrValue value;
    Tf__AttrList list;
    int64_t pair[2];
    int types[MAX_INPUTS];
} attribute;

static void fill_attribute(const ln_select_attribute *a, attribute *to)
{
    Tf__AttrValue *v = &to->value;
    *v = (Tf__AttrValue)TF__ATTR_VALUE__INIT;
    switch (a->kind) {
    case LN_SELECT_TYPE:
        v->value_case = TF__ATTR_VALUE__VALUE_TYPE;
        v->type = (int)a->value;
        break;
    case LN_SELECT_INT:
        v->value_case = TF__ATTR_VALUE__VALUE_I;
        v->i = a->value;
        break;
    case LN_SELECT_FLAG:
        v->value_case = TF__ATTR_VALUE__VALUE_B;
        v->b = a->value != 0;
        break;
    case LN_SELECT_TEXT:
        v->value_case = TF__ATTR_VALUE__VALUE_S;
        v->s = (ProtobufCBinaryData){strlen(a->text), (uint8_t *)(uintptr_t)a->text};
        break;
    case LN_SELECT_PAIR:
        to->pair[0] = a->value;
        to->pair[1] = a->second;
        to->list = (Tf__AttrList)TF__ATTR_LIST__INIT;
        to->list.i = to->pair;
        to->list.n_i = 2;
        v->value_case = TF__ATTR_VALUE__VALUE_LIST;
        v->list = &to->list;
        break;
    case LN_SELECT_TYPES:
        to->list = (Tf__AttrList)TF__ATTR_LIST__INIT;
        to->list.type = to->types;
        while (to->list.n_type < MAX_INPUTS && a->text[to->list.n_type]) {
            to->types[to->list.n_type] = a->text[to->list.n_type];
            to->list.n_type++;
        }
        v->value_case = TF__ATTR_VALUE__VALUE_LIST;
        v->list = &to->list;
        break;
    }
}

/* The node as TensorFlow has it; NULL where there is no room. */
static uint8_t *describe(ln_emit *e, const ln_select_op *op, int n_in, size_t *size)
{
    static char input[] = "x";
    char *inputs[MAX_INPUTS];
    attribute values[LN_SELECT_MAX_ATTRIBUTES];
    Tf__AttrEntry entries[LN_SELECT_MAX_ATTRIBUTES], *all[LN_SELECT_MAX_ATTRIBUTES];
    Tf__NodeDef node = TF__NODE_DEF__INIT;
    if (n_in > MAX_INPUTS || op->n > LN_SELECT_MAX_ATTRIBUTES)
        return NULL;
    for (int i = 0; i < n_in; i++)
        inputs[i] = input;
    for (int i = 0; i < op->n; i++) {
        fill_attribute(&op->given[i], &values[i]);
        entries[i] = (Tf__AttrEntry)TF__ATTR_ENTRY__INIT;
        entries[i].key = (char *)(uintptr_t)op->given[i].key;
        entries[i].value = &values[i].value;
        all[i] = &entries[i];
    }
    node.name = node.op = (char *)(uintptr_t)op->name;
    node.input = inputs;
    node.n_input = (size_t)n_in;
    node.attr = all;
    node.n_attr = (size_t)op->n;
    *size = tf__node_def__get_packed_size(&node);
    uint8_t *bytes = *size <= MAX_BYTES ? ln_arena_new(&e->m->arena, *size, 1) : NULL;
    if (bytes)
        tf__node_def__pack(&node, bytes);
    return bytes;
}

bool ln_select_node(ln_emit *e, const ln_select_op *op, const ln_id *in, int n_in,
                    const ln_made *made, int n_out, ln_id *out)
{
    char custom[64];
    size_t size = 0;
    if (!ln_emit_ok(e))
        return false;
    const uint8_t *bytes = describe(e, op, n_in, &size);
    ln_flex_writer w = {.arena = &e->m->arena};
    snprintf(custom, sizeof custom, "Flex%s", op->name);
    ln_flex_begin(&w);
    ln_flex_put_string(&w, NULL, op->name, strlen(op->name));
    ln_flex_put_string(&w, NULL, (const char *)bytes, size);
    const char *kept = ln_arena_string(&e->m->arena, custom, strlen(custom));
    if (!bytes || !ln_flex_finish(&w, false) || !kept) {
        ln_emit_fail(e, LN_ERR_MEMORY, "out of memory, or attributes that are too long");
        return false;
    }
    const ln_emit_call call = {.custom = kept,
                               .in = in,
                               .n_in = n_in,
                               .n_out = n_out,
                               .hints = made,
                               .options = w.out,
                               .n_options = w.n_out};
    return ln_emit_node(e, &call, out);
}

ln_id ln_select_one(ln_emit *e, const ln_select_op *op, const ln_id *in, int n_in, TfLiteType type,
                    const ln_shape *shape)
{
    const ln_made made = {type, *shape};
    ln_id y;
    return ln_select_node(e, op, in, n_in, &made, 1, &y) ? y : -1;
}

ln_id ln_select_map(ln_emit *e, const ln_select_op *op, ln_id x, TfLiteType type)
{
    const ln_shape s = ln_emit_shape(e, x);
    return ln_select_one(e, op, &x, 1, type, &s);
}
