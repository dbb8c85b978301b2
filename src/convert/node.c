/* SPDX-License-Identifier: Apache-2.0 */
/* node.c: what a function of the program sees of a node, and emits in its place. */
#include "convert/node.h"

#include <string.h>

#include "opt/rules.h"

struct ln_convert_node {
    ln_foreign *f;
};

_Static_assert((int)LN_CONVERT_MAX_RANK == (int)LN_MAX_RANK, "the ranks of both interfaces");

/* ---- finding the function ---- */

/* "Thing" stands for "com.example:Thing" too. */
static bool is_called(const char *op, const char *wanted)
{
    const char *tail = strrchr(op, ':');
    return strcmp(op, wanted) == 0 || (tail && strcmp(tail + 1, wanted) == 0);
}

static const ln_convert_importer *find(const ln_convert_options *o, const char *op)
{
    for (int i = 0; i < o->n_importers; i++)
        if (is_called(op, o->importers[i].op))
            return &o->importers[i];
    return NULL;
}

static bool knows(void *user, const char *op)
{
    return find(user, op) != NULL;
}

static bool translate(void *user, ln_foreign *f)
{
    const ln_convert_importer *i = find(user, f->op);
    ln_convert_node node = {f};
    return i->translate(i->user, &node);
}

ln_foreign_importers ln_convert_importers(const ln_convert_options *o)
{
    return (ln_foreign_importers){
        .knows = knows, .translate = translate, .user = (void *)(uintptr_t)o};
}

/* ---- the source ---- */

const char *ln_convert_node_op(const ln_convert_node *node)
{
    return node->f->op;
}

const char *ln_convert_node_name(const ln_convert_node *node)
{
    return node->f->name;
}

int ln_convert_node_input_count(const ln_convert_node *node)
{
    return node->f->n_in;
}

int ln_convert_node_output_count(const ln_convert_node *node)
{
    return node->f->n_out;
}

int ln_convert_node_input(const ln_convert_node *node, int i)
{
    return i >= 0 && i < node->f->n_in ? node->f->in[i] : -1;
}

const ln_convert_attribute *ln_convert_node_attribute(const ln_convert_node *node, const char *name)
{
    for (int i = 0; i < node->f->n_attributes; i++)
        if (strcmp(node->f->attributes[i].name, name) == 0)
            return &node->f->attributes[i];
    return NULL;
}

const ln_convert_attribute *ln_convert_node_attribute_at(const ln_convert_node *node, int i)
{
    return i >= 0 && i < node->f->n_attributes ? &node->f->attributes[i] : NULL;
}

const void *ln_convert_node_options(ln_convert_node *node, size_t *n)
{
    const uint8_t *options;
    return ln_foreign_options(node->f, &options, n) ? options : NULL;
}

/* ---- tensors ---- */

static ln_convert_tensor described(TfLiteType type, const ln_shape *s)
{
    ln_convert_tensor t = {.type = type, .rank = s->rank};
    for (int i = 0; i < s->rank; i++)
        t.dims[i] = s->dim[i];
    return t;
}

static bool shape_of(const ln_convert_tensor *t, ln_shape *s)
{
    if (t->rank > LN_MAX_RANK)
        return false;
    *s = ln_shape_unknown(t->rank < 0 ? -1 : t->rank);
    for (int i = 0; i < t->rank; i++)
        s->dim[i] = t->dims[i] < 0 ? -1 : t->dims[i];
    return true;
}

bool ln_convert_node_tensor(const ln_convert_node *node, int id, ln_convert_tensor *tensor)
{
    const ln_emit *e = node->f->e;
    if (id < 0 || id >= e->g->n_tensors)
        return false;
    const ln_shape s = ln_emit_shape(e, id);
    *tensor = described(ln_emit_type(e, id), &s);
    if (ln_emit_known(e, id)) {
        tensor->data = ln_emit_tensor(e, id)->data.raw_const;
        tensor->bytes = ln_emit_tensor(e, id)->bytes;
    }
    return true;
}

bool ln_convert_node_output(const ln_convert_node *node, int i, ln_convert_tensor *tensor)
{
    if (i < 0 || i >= node->f->n_out)
        return false;
    *tensor = described(node->f->made[i].type, &node->f->made[i].shape);
    return true;
}

/* ---- what takes its place ---- */

int ln_convert_constant(ln_convert_node *node, const ln_convert_tensor *tensor)
{
    ln_shape s;
    if (tensor->rank < 0 || !shape_of(tensor, &s) || tensor->type == kTfLiteString)
        return ln_emit_fail(node->f->e, LN_ERR_ARGUMENT, "a constant has numbers and a shape");
    return ln_emit_constant(node->f->e, tensor->type, &s, tensor->data, tensor->bytes, true);
}

bool ln_convert_emit(ln_convert_node *node, const char *op, int n_in, const int *in, int n_out,
                     int *out)
{
    ln_emit *e = node->f->e;
    const ln_op *builtin;
    void *params;
    for (int i = 0; i < n_out; i++)
        out[i] = -1;
    if (!ln_emit_ok(e))
        return false;
    const ln_status status = ln_rules_read_op(op, &e->m->arena, &builtin, &params, e->diag);
    if (status != LN_OK) {
        e->status = status; /* with its own message */
        return false;
    }
    const ln_emit_call call = {
        .op = builtin, .params = params, .in = in, .n_in = n_in, .n_out = n_out};
    return ln_emit_node(e, &call, out);
}

bool ln_convert_emit_custom(ln_convert_node *node, const ln_convert_custom *custom, int *out)
{
    ln_emit *e = node->f->e;
    ln_made *made = ln_arena_new(&e->m->arena, (size_t)custom->n_out + 1, sizeof *made);
    for (int i = 0; i < custom->n_out; i++) {
        out[i] = -1;
        if (!made || !shape_of(&custom->made[i], &made[i].shape)) {
            ln_emit_fail(e, LN_ERR_ARGUMENT, "%s: the shape of output %d", custom->name, i);
            return false;
        }
        made[i].type = custom->made[i].type;
    }
    const ln_emit_call call = {.custom = custom->name,
                               .in = custom->in,
                               .n_in = custom->n_in,
                               .n_out = custom->n_out,
                               .hints = made,
                               .options = custom->options,
                               .n_options = custom->n_options};
    return ln_emit_node(e, &call, out);
}

void ln_convert_node_give(ln_convert_node *node, int i, int id)
{
    if (i < 0 || i >= node->f->n_out)
        ln_emit_fail(node->f->e, LN_ERR_ARGUMENT, "%s has %d outputs: there is no output %d",
                     node->f->op, node->f->n_out, i);
    else
        node->f->out[i] = id;
}

bool ln_convert_fail(ln_convert_node *node, const char *text)
{
    ln_emit_fail(node->f->e, LN_ERR_UNSUPPORTED, "%s", text);
    return false;
}
