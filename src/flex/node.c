/* SPDX-License-Identifier: Apache-2.0 */
/* node.c: a node's attributes go to TensorFlow as they stand in the NodeDef. */
#include "flex/node.h"

#include <string.h>

#include "base/proto.h"
#include "fb/flexbuffers.h"

/* Numbers of fields: node_def.proto. */
enum { NODE_ATTR = 5, KEY = 1, VALUE = 2 };

bool ln_flex_call_read(const void *options, size_t n, ln_flex_call *call)
{
    const ln_flex root = ln_flex_root(options, n);
    if (!options || ln_flex_count(&root) != 2)
        return false;
    const ln_flex first = ln_flex_item(&root, 0), second = ln_flex_item(&root, 1);
    size_t n_name;
    const char *name = ln_flex_text(&first, &n_name);
    call->def = (const uint8_t *)ln_flex_text(&second, &call->n_def);
    if (!name || !call->def || n_name >= sizeof call->name)
        return false;
    memcpy(call->name, name, n_name);
    call->name[n_name] = 0;
    return true;
}

static bool ok(const ln_tensorflow *tf, const TF_Status *status)
{
    return tf->TF_GetCode(status) == TF_OK;
}

/* One entry of the map; names that begin with "_" are for graphs. */
static void set_attribute(const ln_tensorflow *tf, TFE_Op *op, ln_proto entry, TF_Status *status)
{
    ln_proto_field key, value;
    char name[256];
    if (!ln_proto_find(entry, KEY, &key) || key.wire != LN_PROTO_BYTES ||
        !ln_proto_find(entry, VALUE, &value) || value.wire != LN_PROTO_BYTES ||
        key.value >= sizeof name || (key.value > 0 && key.data[0] == '_'))
        return;
    memcpy(name, key.data, (size_t)key.value);
    name[key.value] = 0;
    tf->TFE_OpSetAttrValueProto(op, name, value.data, (size_t)value.value, status);
}

bool ln_flex_call_run(const ln_tensorflow *tf, TFE_Context *context, const ln_flex_call *call,
                      const ln_flex_ends *ends, TF_Status *status)
{
    TFE_Op *op = tf->TFE_NewOp(context, call->name, status);
    bool good = op && ok(tf, status);
    ln_proto def = ln_proto_of(call->def, call->n_def);
    for (ln_proto_field f; good && ln_proto_next(&def, &f);) {
        if (f.number == NODE_ATTR && f.wire == LN_PROTO_BYTES)
            set_attribute(tf, op, ln_proto_inside(&f), status);
        good = ok(tf, status);
    }
    for (int i = 0; good && i < ends->n_in; i++) {
        tf->TFE_OpAddInput(op, ends->in[i], status);
        good = ok(tf, status);
    }
    if (good) {
        int n = ends->n_out;
        tf->TFE_Execute(op, ends->out, &n, status);
        good = ok(tf, status) && n == ends->n_out;
    }
    if (op)
        tf->TFE_DeleteOp(op);
    return good;
}
