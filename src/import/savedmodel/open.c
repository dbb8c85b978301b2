/* SPDX-License-Identifier: Apache-2.0 */
/* open.c: the protobuf files. */
#include <stdio.h>
#include <string.h>

#include "import/savedmodel/tf.h"

enum { MAX_PATH_LENGTH = 4096 };

static ln_status read_file(ln_tf *tf, const char *path, ln_file *f)
{
    LN_TRY(ln_file_open(f, path, tf->alloc, tf->diag));
    if (f->size <= INT32_MAX)
        return LN_OK;
    ln_file_close(f);
    return ln_fail(tf->diag, LN_ERR_UNSUPPORTED, "%s is larger than 2 GB", path);
}

static bool has_tag(const Tf__MetaGraph *m, const char *tag)
{
    for (size_t i = 0; m->meta_info_def && i < m->meta_info_def->n_tags; i++)
        if (strcmp(m->meta_info_def->tags[i], tag) == 0)
            return true;
    return false;
}

/* The MetaGraph with the tag; without a wish "serve", or the only one. */
static const Tf__MetaGraph *choose(const ln_tf *tf, const Tf__SavedModel *s)
{
    const char *tag = tf->o->tag ? tf->o->tag : "serve";
    for (size_t i = 0; i < s->n_meta_graphs; i++)
        if (has_tag(s->meta_graphs[i], tag))
            return s->meta_graphs[i];
    return !tf->o->tag && s->n_meta_graphs == 1 ? s->meta_graphs[0] : NULL;
}

static ln_status index_library(ln_tf *tf)
{
    const Tf__FunctionLibrary *l = tf->def->library;
    const size_t n = l ? l->n_function : 0;
    size_t room = n + 2 * (size_t)ln_tf_raise_count(tf->def->node, tf->def->n_node);
    for (size_t i = 0; i < n; i++)
        room += 2 * (size_t)ln_tf_raise_count(l->function[i]->node_def, l->function[i]->n_node_def);
    tf->functions = ln_arena_new(tf->arena, room + 1, sizeof *tf->functions);
    if (!tf->functions || room > INT32_MAX)
        return LN_ERR_MEMORY;
    tf->n_functions = (int)n;
    tf->max_functions = (int)room;
    tf->raising = LN_TF_MAX_NODES;
    for (size_t i = 0; i < n; i++) {
        const Tf__FunctionDef *fn = l->function[i];
        if (!fn->signature)
            return ln_fail(tf->diag, LN_ERR_FORMAT, "function %zu has no signature", i);
        tf->functions[i].fn = fn;
        tf->functions[i].name = fn->signature->name;
        if (!ln_names_put(&tf->function_names, fn->signature->name, strlen(fn->signature->name),
                          (int)i))
            return LN_ERR_MEMORY;
    }
    return LN_OK;
}

static ln_status index_ops(ln_tf *tf)
{
    const Tf__OpList *l =
        tf->meta && tf->meta->meta_info_def ? tf->meta->meta_info_def->stripped_op_list : NULL;
    for (size_t i = 0; l && i < l->n_op; i++)
        if (!ln_names_put(&tf->op_names, l->op[i]->name, strlen(l->op[i]->name), (int)i))
            return LN_ERR_MEMORY;
    return ln_tf_told_init(tf) ? LN_OK : LN_ERR_MEMORY;
}

const Tf__OpDef *ln_tf_op_def(const ln_tf *tf, const char *op)
{
    const int i = ln_names_get(&tf->op_names, op, strlen(op));
    return i < 0 ? ln_tf_told(tf, op) : tf->meta->meta_info_def->stripped_op_list->op[i];
}

static ln_status finish(ln_tf *tf)
{
    if (!tf->def)
        return ln_fail(tf->diag, LN_ERR_FORMAT, "the model has no graph");
    LN_TRY(index_library(tf));
    LN_TRY(index_ops(tf));
    LN_TRY(ln_tf_rows(tf));
    return ln_tf_index_main(tf);
}

static ln_status unpack(ln_tf *tf, const uint8_t *data, size_t n)
{
    ProtobufCAllocator a = ln_proto_allocator(tf->arena);
    const Tf__SavedModel *s = tf__saved_model__unpack(&a, n, data);
    if (!s)
        return ln_fail(tf->diag, LN_ERR_FORMAT, "this is no SavedModel");
    tf->meta = choose(tf, s);
    if (!tf->meta)
        return ln_fail(tf->diag, LN_ERR_NOT_FOUND, "the model has no graph with the tag %s",
                       tf->o->tag ? tf->o->tag : "serve");
    tf->def = tf->meta->graph_def;
    return LN_OK;
}

ln_status ln_tf_open_bytes(ln_tf *tf, const uint8_t *data, size_t n)
{
    LN_TRY(unpack(tf, data, n));
    LN_TRY(finish(tf));
    return ln_tf_read_restore(tf);
}

ln_status ln_tf_open_saved_model(ln_tf *tf, const char *folder)
{
    char path[MAX_PATH_LENGTH];
    ln_file f;
    if (snprintf(path, sizeof path, "%s/saved_model.pb", folder) >= (int)sizeof path)
        return ln_fail(tf->diag, LN_ERR_ARGUMENT, "the path %s is too long", folder);
    tf->folder = folder;
    LN_TRY(read_file(tf, path, &f));
    const ln_status status = unpack(tf, f.data, f.size);
    ln_file_close(&f);
    LN_TRY(status);
    if (snprintf(path, sizeof path, "%s/variables/variables", folder) >= (int)sizeof path)
        return ln_fail(tf->diag, LN_ERR_ARGUMENT, "the path %s is too long", folder);
    LN_TRY(ln_bundle_open(&tf->bundle, path, tf->arena, tf->diag));
    LN_TRY(finish(tf));
    return ln_tf_read_restore(tf);
}

ln_status ln_tf_open_graph_bytes(ln_tf *tf, const uint8_t *data, size_t n)
{
    ProtobufCAllocator a = ln_proto_allocator(tf->arena);
    tf->def = tf__graph_def__unpack(&a, n, data);
    if (!tf->def)
        return ln_fail(tf->diag, LN_ERR_FORMAT,
                       "this is no GraphDef (of a SavedModel, give the folder)");
    return finish(tf);
}

ln_status ln_tf_open_graph_def(ln_tf *tf, const char *path)
{
    ln_file f;
    LN_TRY(read_file(tf, path, &f));
    const ln_status status = ln_tf_open_graph_bytes(tf, f.data, f.size);
    ln_file_close(&f);
    return status;
}
