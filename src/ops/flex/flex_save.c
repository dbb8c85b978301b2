/* SPDX-License-Identifier: Apache-2.0 */
/* flex_save.c: variables to a file and back, as models that learn on the device do it.
 *
 *   Save      filename, tensor_names [n], n tensors -> (nothing)
 *   Restore   file_pattern, tensor_name -> the tensor, of type dt
 *
 * The file appears whole or not at all.  The model names it by an input: who runs models of
 * strangers must not pass on names from strangers. */
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "ops/flex/checkpoint.h"
#include "ops/flex/flex.h"
#include "ops/flex/texts.h"

enum { FILE_NAME, NAMES, FIRST };
enum { MAX_PATH = 4096 };

static ln_status path_of(ln_call *c, char *path)
{
    ln_string s;
    LN_TRY(ln_texts_single(c, FILE_NAME, &s));
    LN_CHECK(c, s.n > 0 && s.n < MAX_PATH && !memchr(s.text, 0, s.n),
             "the file's name has %zu bytes, or a zero among them", s.n);
    memcpy(path, s.text, s.n);
    path[s.n] = 0;
    return LN_OK;
}

static ln_status check_texts(ln_call *c)
{
    for (int i = 0; i < FIRST; i++)
        if (c->in[i]->type != kTfLiteString)
            return ln_fail_type(c, i);
    return LN_OK;
}

/* ---- Save ---- */

static ln_status save_infer(ln_call *c)
{
    LN_TRY(check_texts(c));
    for (int i = FIRST; i < c->n_in; i++)
        if (!ln_checkpoint_takes(c->in[i]->type))
            return ln_fail_type(c, i);
    return LN_OK;
}

static ln_status save_eval(ln_call *c)
{
    char path[MAX_PATH];
    ln_strings names;
    LN_TRY(path_of(c, path));
    LN_TRY(ln_strings_open(c->diag, c->in[NAMES], &names));
    LN_CHECK(c, names.count == c->n_in - FIRST, "there are %d names for %d tensors", names.count,
             c->n_in - FIRST);
    for (int i = FIRST; i < c->n_in; i++) {
        ln_strings x;
        if (c->in[i]->type == kTfLiteString)
            LN_TRY(ln_strings_open(c->diag, c->in[i], &x));
    }
    return ln_checkpoint_write(path, &names, c->in + FIRST, names.count, c->diag);
}

LN_FLEX_OP_TRAITS(save, "Save", 2, -1, 0, LN_STATEFUL, save_infer, save_eval);

/* ---- Restore ---- */

typedef ln_status use_fn(ln_call *c, const ln_saved *saved, ln_shape *shape);

/* Opens the file, finds the tensor and does something with it. */
static ln_status with_tensor(ln_call *c, use_fn *use, ln_shape *shape)
{
    char path[MAX_PATH];
    ln_string name;
    ln_saved saved;
    ln_arena arena;
    ln_file file;
    LN_TRY(path_of(c, path));
    LN_TRY(ln_texts_single(c, NAMES, &name));
    LN_TRY(ln_file_open(&file, path, &ln_alloc_default, c->diag));
    ln_arena_init(&arena, &ln_alloc_default);
    ln_status status = ln_checkpoint_find(file.data, file.size, name, &arena, &saved, c->diag);
    if (status == LN_OK)
        status = use(c, &saved, shape);
    ln_arena_deinit(&arena);
    ln_file_close(&file);
    return status;
}

static ln_status take_shape(ln_call *c, const ln_saved *saved, ln_shape *shape)
{
    const TfLiteType want = ln_flex_type(c, "dt", kTfLiteFloat32);
    LN_CHECK(c, saved->type == want, "the tensor has type %s, not %s", ln_type_name(saved->type),
             ln_type_name(want));
    *shape = saved->shape;
    return LN_OK;
}

static ln_status take_items(ln_call *c, const ln_saved *saved, ln_shape *shape)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    LN_TRY(take_shape(c, saved, shape));
    LN_CHECK(c, ln_shape_equal(&y, &saved->shape), "the file has changed since it was opened");
    return ln_checkpoint_load(c, 0, saved);
}

static ln_status restore_infer(ln_call *c)
{
    ln_shape y = ln_shape_unknown(-1);
    LN_TRY(check_texts(c));
    if (c->run)
        LN_TRY(with_tensor(c, take_shape, &y));
    return ln_set_out(c, 0, ln_flex_type(c, "dt", kTfLiteFloat32), &y);
}

static ln_status restore_eval(ln_call *c)
{
    ln_shape y;
    return with_tensor(c, take_items, &y);
}

LN_FLEX_OP_TRAITS(restore, "Restore", 2, 2, 1, LN_STATEFUL, restore_infer, restore_eval);
