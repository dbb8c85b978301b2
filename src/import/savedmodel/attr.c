/* SPDX-License-Identifier: Apache-2.0 */
/* attr.c: attributes of nodes.  Files leave out what has the operator's default value, and a frozen
 * graph does not say what that is: callers do. */
#include <string.h>

#include "import/savedmodel/tf.h"
#include "ops/flex/types.h"

const Tf__AttrValue *ln_tf_attr_of(const Tf__NodeDef *def, const char *name)
{
    for (size_t i = 0; i < def->n_attr; i++)
        if (strcmp(def->attr[i]->key, name) == 0)
            return def->attr[i]->value;
    return NULL;
}

/* What the node says, else the operator's default, where the file has that. */
const Tf__AttrValue *ln_tf_attr(const ln_tf_op *op, const char *name)
{
    const Tf__AttrValue *v = ln_tf_attr_of(op->node->def, name);
    const Tf__OpDef *def = v ? NULL : ln_tf_op_def(op->tf, op->node->def->op);
    for (size_t i = 0; def && i < def->n_attr; i++)
        if (strcmp(def->attr[i]->name, name) == 0)
            return def->attr[i]->default_value;
    return v;
}

static const Tf__AttrValue *of_kind(const ln_tf_op *op, const char *name,
                                    Tf__AttrValue__ValueCase kind)
{
    const Tf__AttrValue *v = ln_tf_attr(op, name);
    return v && v->value_case == kind ? v : NULL;
}

int64_t ln_tf_attr_int(const ln_tf_op *op, const char *name, int64_t fallback)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_I);
    return v ? v->i : fallback;
}

float ln_tf_attr_float(const ln_tf_op *op, const char *name, float fallback)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_F);
    return v ? v->f : fallback;
}

bool ln_tf_attr_bool(const ln_tf_op *op, const char *name, bool fallback)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_B);
    return v ? v->b : fallback;
}

TfLiteType ln_tf_attr_type(const ln_tf_op *op, const char *name)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_TYPE);
    return v ? ln_tf_type(v->type) : kTfLiteNoType;
}

const char *ln_tf_attr_text(const ln_tf_op *op, const char *name)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_S);
    const char *text = v ? ln_arena_string(op->tf->arena, (const char *)v->s.data, v->s.len) : NULL;
    return text ? text : "";
}

bool ln_tf_attr_is(const ln_tf_op *op, const char *name, const char *text)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_S);
    return v && v->s.len == strlen(text) && memcmp(v->s.data, text, v->s.len) == 0;
}

int ln_tf_attr_ints(const ln_tf_op *op, const char *name, int max, int *values)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_LIST);
    if (!v || v->list->n_i > (size_t)max)
        return -1;
    for (size_t i = 0; i < v->list->n_i; i++)
        values[i] =
            v->list->i[i] < INT32_MIN || v->list->i[i] > INT32_MAX ? INT32_MAX : (int)v->list->i[i];
    return (int)v->list->n_i;
}

ln_tf_graph *ln_tf_attr_function(const ln_tf_op *op, const char *name)
{
    const Tf__AttrValue *v = of_kind(op, name, TF__ATTR_VALUE__VALUE_FUNC);
    ln_tf_graph *g = v ? ln_tf_function(op->tf, v->func->name) : NULL;
    if (!g)
        ln_emit_fail(op->e, LN_ERR_FORMAT, "%s names no function as %s", op->node->def->op, name);
    return g;
}

ln_made ln_tf_hint(const ln_tf_op *op, int i)
{
    const Tf__AttrValue *v = of_kind(op, "_output_shapes", TF__ATTR_VALUE__VALUE_LIST);
    ln_made made = {.type = kTfLiteNoType, .shape = ln_shape_unknown(-1)};
    if (v && i >= 0 && (size_t)i < v->list->n_shape)
        made.shape = ln_tf_shape(v->list->shape[i]);
    return made;
}

ln_shape ln_tf_shape(const Tf__TensorShape *from)
{
    ln_shape s = ln_shape_unknown(-1);
    if (!from || from->unknown_rank || from->n_dim > LN_MAX_RANK)
        return s;
    s.rank = (int)from->n_dim;
    for (int i = 0; i < s.rank; i++) {
        const int64_t d = from->dim[i]->size;
        s.dim[i] = d < 0 || d > INT32_MAX ? -1 : (int)d;
    }
    return s;
}

/* Quantized types (qint8 ...) are what they are stored as. */
TfLiteType ln_tf_type(int dtype)
{
    static const uint8_t stored[] = {[11] = 6, [12] = 4, [13] = 3, [15] = 5, [16] = 17};
    const int plain = dtype > 100 ? dtype - 100 : dtype; /* a reference to a variable */
    if (plain <= 0)
        return kTfLiteNoType;
    const bool quantized = plain < (int)LN_COUNTOF(stored) && stored[plain];
    return ln_type_from_tensorflow(quantized ? stored[plain] : (uint64_t)plain);
}
