/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.h: an operator that an importer has no row for, in a form that is the same for all
 * sources: it is translated by a function of the program (linnet/convert_op.h), or becomes a custom
 * operator under its own name. */
#ifndef LN_EMIT_FOREIGN_H
#define LN_EMIT_FOREIGN_H

#include "emit/emit.h"
#include "linnet/convert_op.h"

/* One node; all lists live in the model's arena. */
typedef struct ln_foreign {
    const char *op, *name;
    const char *custom; /* what a custom operator is called */
    ln_emit *e;
    ln_id *in;
    int n_in, n_out;
    ln_made *made; /* what the source says of the outputs */
    ln_id *out;    /* to be filled in */
    ln_convert_attribute *attributes;
    int n_attributes;
} ln_foreign;

/* What the program does about such operators; all zero: nothing. */
typedef struct ln_foreign_importers {
    bool (*knows)(void *user, const char *op);
    bool (*translate)(void *user, ln_foreign *f);
    void *user;
    const char *const *replaced; /* custom operators that its rules replace */
    int n_replaced;
} ln_foreign_importers;

/* True when a function translates it; when a rule replaces it.  NULL knows none. */
bool ln_foreign_known(const ln_foreign_importers *with, const char *op);
bool ln_foreign_replaced(const ln_foreign_importers *with, const char *custom);

/* A node with room for so many inputs, outputs and attributes; NULL with a failure. */
ln_foreign *ln_foreign_new(ln_emit *e, const char *op, int n_in, int n_out, size_t n_attributes);
/* The next attribute, to be filled in. */
ln_convert_attribute *ln_foreign_add(ln_foreign *f, const char *name, ln_convert_kind kind);
/* The same, filled in: a whole number; a copy of n bytes of text. */
void ln_foreign_int(ln_foreign *f, const char *name, int64_t v);
void ln_foreign_text(ln_foreign *f, const char *name, const char *text, size_t n);
/* Room for the items of an attribute; NULL with a failure. */
int64_t *ln_foreign_ints(ln_foreign *f, ln_convert_attribute *a, size_t n);
double *ln_foreign_floats(ln_foreign *f, ln_convert_attribute *a, size_t n);

/* The attributes as a FlexBuffer map, in the order of their names. */
bool ln_foreign_options(const ln_foreign *f, const uint8_t **options, size_t *n);
/* Fills in f->out: by the program's function where it knows the operator, else as a custom one.
 * False after a failure. */
bool ln_foreign_emit(ln_foreign *f, const ln_foreign_importers *with);

#endif
