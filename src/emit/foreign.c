/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c: operators of the source that have no row. */
#include "emit/foreign.h"

#include <stdlib.h>
#include <string.h>

#include "fb/flexwriter.h"
#include "model/options.h"

bool ln_foreign_known(const ln_foreign_importers *with, const char *op)
{
    return with && with->knows && with->knows(with->user, op);
}

bool ln_foreign_replaced(const ln_foreign_importers *with, const char *custom)
{
    for (int i = 0; with && i < with->n_replaced; i++)
        if (strcmp(with->replaced[i], custom) == 0)
            return true;
    return false;
}

ln_foreign *ln_foreign_new(ln_emit *e, const char *op, int n_in, int n_out, size_t n_attributes)
{
    ln_arena *a = &e->m->arena;
    ln_foreign *f = ln_emit_ok(e) ? ln_arena_new(a, 1, sizeof *f) : NULL;
    ln_id *in = ln_arena_new(a, (size_t)n_in + 1, sizeof *in);
    ln_id *out = ln_arena_new(a, (size_t)n_out + 1, sizeof *out);
    ln_made *made = ln_arena_new(a, (size_t)n_out + 1, sizeof *made);
    ln_convert_attribute *attributes = ln_arena_new(a, n_attributes + 1, sizeof *attributes);
    if (!f || !in || !out || !made || !attributes) {
        ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
        return NULL;
    }
    for (int i = 0; i < n_in; i++)
        in[i] = -1;
    for (int i = 0; i < n_out; i++) {
        out[i] = -1;
        made[i] = (ln_made){kTfLiteNoType, ln_shape_unknown(-1)};
    }
    *f = (ln_foreign){.op = op,
                      .custom = op,
                      .name = e->location ? e->location : "",
                      .e = e,
                      .in = in,
                      .n_in = n_in,
                      .n_out = n_out,
                      .made = made,
                      .out = out,
                      .attributes = attributes};
    return f;
}

ln_convert_attribute *ln_foreign_add(ln_foreign *f, const char *name, ln_convert_kind kind)
{
    ln_convert_attribute *a = &f->attributes[f->n_attributes++];
    *a = (ln_convert_attribute){.name = name, .kind = kind, .text = ""};
    return a;
}

void ln_foreign_int(ln_foreign *f, const char *name, int64_t v)
{
    ln_convert_attribute *a = ln_foreign_add(f, name, LN_CONVERT_INT);
    a->i = v;
    a->f = (double)v;
}

void ln_foreign_text(ln_foreign *f, const char *name, const char *text, size_t n)
{
    ln_convert_attribute *a = ln_foreign_add(f, name, LN_CONVERT_TEXT);
    const char *copy = ln_arena_string(&f->e->m->arena, text, n);
    if (copy) {
        a->text = copy;
        a->n = n;
    } else {
        ln_emit_fail(f->e, LN_ERR_MEMORY, "out of memory");
    }
}

/* Items of a list; one more, so that none is no failure. */
static void *items(ln_foreign *f, ln_convert_attribute *a, size_t n, size_t size)
{
    void *list = ln_arena_new(&f->e->m->arena, n + 1, size);
    a->n = list ? n : 0;
    if (!list)
        ln_emit_fail(f->e, LN_ERR_MEMORY, "out of memory");
    return list;
}

int64_t *ln_foreign_ints(ln_foreign *f, ln_convert_attribute *a, size_t n)
{
    int64_t *list = items(f, a, n, sizeof *list);
    a->ints = list;
    return list;
}

double *ln_foreign_floats(ln_foreign *f, ln_convert_attribute *a, size_t n)
{
    double *list = items(f, a, n, sizeof *list);
    a->floats = list;
    return list;
}

/* ---- a custom operator ---- */

static void put(ln_flex_writer *w, const ln_convert_attribute *a)
{
    const int type = ln_type_to_schema((TfLiteType)a->i);
    switch (a->kind) {
    case LN_CONVERT_INT:
        ln_flex_put_int(w, a->name, a->i);
        break;
    case LN_CONVERT_FLOAT:
        ln_flex_put_float(w, a->name, (float)a->f);
        break;
    case LN_CONVERT_BOOL:
        ln_flex_put_bool(w, a->name, a->i != 0);
        break;
    case LN_CONVERT_TYPE:
        if (type >= 0)
            ln_flex_put_int(w, a->name, type);
        break;
    case LN_CONVERT_TEXT:
        ln_flex_put_string(w, a->name, a->text, a->n);
        break;
    case LN_CONVERT_INTS:
        ln_flex_put_ints(w, a->name, a->ints, a->n);
        break;
    case LN_CONVERT_FLOATS:
        ln_flex_put_floats(w, a->name, a->floats, a->n);
        break;
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const ln_convert_attribute *const *)a)->name,
                  (*(const ln_convert_attribute *const *)b)->name);
}

/* The bytes follow the order of names, too, as TensorFlow's converter writes them. */
bool ln_foreign_options(const ln_foreign *f, const uint8_t **options, size_t *n)
{
    ln_flex_writer w = {.arena = &f->e->m->arena};
    const ln_convert_attribute **order =
        ln_arena_new(w.arena, (size_t)f->n_attributes + 1, sizeof *order);
    if (!order)
        return false;
    for (int i = 0; i < f->n_attributes; i++)
        order[i] = &f->attributes[i];
    qsort(order, (size_t)f->n_attributes, sizeof *order, by_name);
    ln_flex_begin(&w);
    for (int i = 0; i < f->n_attributes; i++)
        put(&w, order[i]);
    const bool ok = ln_flex_finish(&w, true);
    *options = w.out;
    *n = w.n_out;
    return ok;
}

static bool emit_custom(ln_foreign *f)
{
    const uint8_t *options;
    size_t n;
    for (int i = 0; i < f->n_out; i++) {
        if (f->made[i].type == kTfLiteNoType && f->n_in > 0) /* most likely */
            f->made[i].type = ln_emit_type(f->e, f->in[0]);
        if (f->made[i].type == kTfLiteNoType)
            ln_emit_fail(f->e, LN_ERR_UNSUPPORTED,
                         "the model does not say of which type output %d of %s is", i, f->op);
    }
    if (!ln_foreign_options(f, &options, &n))
        ln_emit_fail(f->e, LN_ERR_MEMORY, "out of memory");
    const ln_emit_call call = {.custom = f->custom,
                               .in = f->in,
                               .n_in = f->n_in,
                               .n_out = f->n_out,
                               .hints = f->made,
                               .options = options,
                               .n_options = n};
    return ln_emit_node(f->e, &call, f->out);
}

/* ---- a function of the program ---- */

static bool translate(ln_foreign *f, const ln_foreign_importers *with)
{
    if (!with->translate(with->user, f))
        ln_emit_fail(f->e, LN_ERR_UNSUPPORTED, "the function for %s failed", f->op);
    for (int i = 0; ln_emit_ok(f->e) && i < f->n_out; i++)
        if (f->out[i] < 0 || f->out[i] >= f->e->g->n_tensors)
            ln_emit_fail(f->e, LN_ERR_ARGUMENT, "the function for %s gives no output %d", f->op, i);
    return ln_emit_ok(f->e);
}

bool ln_foreign_emit(ln_foreign *f, const ln_foreign_importers *with)
{
    if (!ln_emit_ok(f->e))
        return false;
    return ln_foreign_known(with, f->op) ? translate(f, with) : emit_custom(f);
}
