/* SPDX-License-Identifier: Apache-2.0 */
/* Python.h: of Python's stable ABI (CPython 3.9 and newer) what the bindings use, under the names
 * that Python's own header has.  That header is not beside every interpreter (python3-dev), and
 * what the stable ABI fixes is the same in all of them: so building the package needs the
 * interpreter and a C compiler only, and makes the same wherever it is done.
 *
 * The bindings compile with Python's own Python.h, too; tests/python/test_abi.py does that, where
 * there is one, and compares what the two declare.
 *
 * Python.h: types, numbers, macros.  functions.h: functions and objects. */
#ifndef LINNET_PYTHON_STABLE_ABI_H
#define LINNET_PYTHON_STABLE_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tensorflow/lite/core/c/c_api_types.h" /* TFL_CAPI_EXPORT */

/* ---- objects ---- */

typedef ptrdiff_t Py_ssize_t;
typedef struct _typeobject PyTypeObject;
typedef struct _ts PyThreadState;
struct _longobject;

typedef struct _object {
    Py_ssize_t ob_refcnt;
    PyTypeObject *ob_type;
} PyObject;

#define PyObject_HEAD PyObject ob_base;
#define Py_TYPE(object) (((PyObject *)(object))->ob_type)

/* ---- what types and modules are made of ---- */

typedef PyObject *(*PyCFunction)(PyObject *self, PyObject *args);
typedef PyObject *(*getter)(PyObject *self, void *closure);
typedef int (*setter)(PyObject *self, PyObject *value, void *closure);
typedef int (*inquiry)(PyObject *self);
typedef int (*visitproc)(PyObject *object, void *arg);
typedef int (*traverseproc)(PyObject *self, visitproc visit, void *arg);
typedef void (*freefunc)(void *self);

typedef struct PyMethodDef {
    const char *ml_name;
    PyCFunction ml_meth;
    int ml_flags;
    const char *ml_doc;
} PyMethodDef;

#define METH_VARARGS 0x0001
#define METH_KEYWORDS 0x0002
#define METH_NOARGS 0x0004

typedef struct PyGetSetDef {
    const char *name;
    getter get;
    setter set;
    const char *doc;
    void *closure;
} PyGetSetDef;

typedef struct PyType_Slot {
    int slot;
    void *pfunc;
} PyType_Slot;

#define Py_tp_dealloc 52
#define Py_tp_doc 56
#define Py_tp_methods 64
#define Py_tp_new 65
#define Py_tp_getset 73

typedef struct PyType_Spec {
    const char *name;
    int basicsize;
    int itemsize;
    unsigned int flags;
    PyType_Slot *slots;
} PyType_Spec;

/* Python 3.9 caches attributes of types that have the first; newer ones do it with all types. */
#define Py_TPFLAGS_HAVE_VERSION_TAG (1UL << 18)
#define Py_TPFLAGS_UNICODE_SUBCLASS (1UL << 28)
#define Py_TPFLAGS_DEFAULT Py_TPFLAGS_HAVE_VERSION_TAG

typedef struct PyModuleDef_Base {
    PyObject ob_base;
    PyObject *(*m_init)(void);
    Py_ssize_t m_index;
    PyObject *m_copy;
} PyModuleDef_Base;

struct PyModuleDef_Slot;

typedef struct PyModuleDef {
    PyModuleDef_Base m_base;
    const char *m_name;
    const char *m_doc;
    Py_ssize_t m_size;
    PyMethodDef *m_methods;
    struct PyModuleDef_Slot *m_slots;
    traverseproc m_traverse;
    inquiry m_clear;
    freefunc m_free;
} PyModuleDef;

#define PyModuleDef_HEAD_INIT {{1, NULL}, NULL, 0, NULL}
#define PYTHON_ABI_VERSION 3
#define PyModule_Create(definition) PyModule_Create2(definition, PYTHON_ABI_VERSION)
#define PyMODINIT_FUNC TFL_CAPI_EXPORT PyObject *

typedef enum { PyGILState_LOCKED, PyGILState_UNLOCKED } PyGILState_STATE;

/* ---- functions ---- */

/* Those of formats are here the ones whose "#" stands for Py_ssize_t (PY_SSIZE_T_CLEAN): the plain
 * names take int in 3.9, or none at all. */
#define PyArg_Parse _PyArg_Parse_SizeT
#define PyArg_ParseTuple _PyArg_ParseTuple_SizeT
#define PyArg_ParseTupleAndKeywords _PyArg_ParseTupleAndKeywords_SizeT
#define PyObject_CallFunction _PyObject_CallFunction_SizeT
#define Py_BuildValue _Py_BuildValue_SizeT

#include "functions.h"

/* Not in functions.h, since Python's own header says "char *const *" from 3.13 on. */
int PyArg_ParseTupleAndKeywords(PyObject *args, PyObject *named, const char *format, char **names,
                                ...);

#define Py_None (&_Py_NoneStruct)
#define Py_True ((PyObject *)&_Py_TrueStruct)
#define Py_False ((PyObject *)&_Py_FalseStruct)
#define Py_RETURN_NONE return Py_IncRef(Py_None), Py_None

#define PyUnicode_Check(object) \
    ((PyType_GetFlags(Py_TYPE(object)) & Py_TPFLAGS_UNICODE_SUBCLASS) != 0)

/* Counting references is the interpreter's: how it is done differs between versions.  Py_DecRef
 * takes NULL. */
#define Py_INCREF(object) Py_IncRef((PyObject *)(object))
#define Py_DECREF(object) Py_DecRef((PyObject *)(object))
#define Py_XDECREF(object) Py_DecRef((PyObject *)(object))
#define Py_CLEAR(variable)                           \
    do {                                             \
        PyObject *cleared = (PyObject *)(variable);  \
        (variable) = NULL;                           \
        Py_DecRef(cleared);                          \
    } while (0)

#define Py_BEGIN_ALLOW_THREADS { PyThreadState *saved_thread = PyEval_SaveThread();
#define Py_END_ALLOW_THREADS PyEval_RestoreThread(saved_thread); }

#endif
