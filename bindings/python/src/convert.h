/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h: what the files of linnet._convert share. */
#ifndef CONVERT_H
#define CONVERT_H

#include <Python.h>
#include <stdbool.h>

#include "linnet/convert_op.h"

enum { MAX_IMPORTERS = 256 };

/* Functions in Python for one conversion, and what the first that failed raised. */
typedef struct python_importers {
    ln_convert_importer list[MAX_IMPORTERS];
    int n;
    PyObject *functions; /* a dict by the operators' names */
    PyObject *type, *value, *traceback;
} python_importers;

bool importers_init(PyObject *module);
/* The functions of a dict, which has to live on; false with an exception. */
bool importers_read(python_importers *with, PyObject *functions);
/* Raises what a function raised; false: nothing was. */
bool importers_raise(python_importers *with);

PyObject *convert_quantize(PyObject *self, PyObject *args, PyObject *named);

#endif
