/* SPDX-License-Identifier: Apache-2.0 */
/* The extension module linnet._core: an interpreter of the C API as a Python object, with numbers,
 * tuples and bytes where the package has arrays and dictionaries (linnet/_wrapper.py makes them).
 * It uses Python's stable ABI of 3.9 and nothing of NumPy: memory goes there and back through
 * __array_interface__.
 *
 * core.h: the object.  core.c: its life and what runs it; tensors.c: what is in it; view.c: memory
 * of a tensor, lent out. */
#ifndef LINNET_PYTHON_CORE_H
#define LINNET_PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdio.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

typedef struct core {
    PyObject_HEAD PyObject *content; /* the bytes that the model lies in, or NULL */
    PyObject *delegates;             /* a list: objects that own the delegates in use */
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
    int views;        /* that are alive: nothing may move while there are any */
    bool busy;        /* a call without the GIL is under way */
    char error[2048]; /* messages since the last exception */
} core;

/* ---- core.c ---- */

/* Raises RuntimeError and returns false while another thread is inside the interpreter. */
bool core_ready(const core *self);
/* Raises ValueError and returns false when there is no such graph. */
bool core_has_graph(const core *self, int graph);
/* Tensors of a graph, with those that operators and delegates added. */
int core_tensor_count(const core *self, int graph);
/* A tensor of it, or an exception. */
TfLiteTensor *core_tensor(core *self, int graph, int tensor);
/* The same for a method's arguments (graph, tensor). */
TfLiteTensor *core_tensor_of(core *self, PyObject *args, int *graph, int *tensor);

/* ---- tensors.c ---- */

extern PyMethodDef core_tensor_methods[];
/* A tuple of ints. */
PyObject *core_ints(const int *values, int n);

/* ---- model_bytes.c ---- */

/* Functions of the module. */
extern PyMethodDef core_byte_functions[];

/* ---- view.c ---- */

extern PyType_Spec view_spec;
extern PyTypeObject *view_type;
/* Core.view(graph, tensor) */
PyObject *core_view(PyObject *self, PyObject *args);

#endif
