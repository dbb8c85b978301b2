/* SPDX-License-Identifier: Apache-2.0 */
/* hdf5.h: the little of HDF5 that Keras writes: groups, attributes that are strings or lists of
 * them, and arrays of numbers.  Links out of the file, external and virtual storage are refused; no
 * more is read than the file's size makes plausible. */
#ifndef LN_IMPORT_KERAS_HDF5_H
#define LN_IMPORT_KERAS_HDF5_H

#include "base/arena.h"
#include "base/diag.h"
#include "ops/op.h"

typedef struct ln_h5 ln_h5;

/* Opens a file in memory, which must stay there. */
ln_status ln_h5_open(ln_h5 **out, const void *data, size_t n, const ln_alloc *alloc,
                     ln_diag *diag) LN_MUST_USE;
void ln_h5_close(ln_h5 *h);
/* True when there is an object of that path. */
bool ln_h5_exists(ln_h5 *h, const char *path);
/* A string attribute of an object ("/" is the root); NULL when there is none. */
const char *ln_h5_text(ln_h5 *h, const char *path, const char *name, ln_arena *arena);
/* A list of strings; *n is 0 when there is none. */
const char **ln_h5_texts(ln_h5 *h, const char *path, const char *name, ln_arena *arena, int *n);
/* An array as floats. */
ln_status ln_h5_floats(ln_h5 *h, const char *path, ln_arena *arena, ln_shape *shape,
                       const float **values, ln_diag *diag) LN_MUST_USE;

#endif
