/* SPDX-License-Identifier: Apache-2.0 */
/* functions.h: the functions and objects of Python's stable ABI that the bindings use; part of
 * Python.h beside it.  They are apart so that a test can put them behind Python's own Python.h: a
 * compiler refuses them then where they differ. */
#ifndef LINNET_PYTHON_STABLE_ABI_FUNCTIONS_H
#define LINNET_PYTHON_STABLE_ABI_FUNCTIONS_H

/* ---- references, memory, threads ---- */

void Py_IncRef(PyObject *object);
void Py_DecRef(PyObject *object);
void *PyMem_Malloc(size_t size);
void PyMem_Free(void *memory);
void PyObject_Free(void *memory);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *state);
PyGILState_STATE PyGILState_Ensure(void);
void PyGILState_Release(PyGILState_STATE state);

/* ---- modules, types, calls ---- */

PyObject *PyModule_Create2(PyModuleDef *definition, int version);
int PyModule_AddObject(PyObject *module, const char *name, PyObject *value);
int PyModule_AddIntConstant(PyObject *module, const char *name, long value);
int PyModule_AddStringConstant(PyObject *module, const char *name, const char *value);
PyObject *PyType_FromSpec(PyType_Spec *spec);
PyObject *PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t items);
unsigned long PyType_GetFlags(PyTypeObject *type);
int PyArg_Parse(PyObject *object, const char *format, ...);
int PyArg_ParseTuple(PyObject *args, const char *format, ...);
PyObject *Py_BuildValue(const char *format, ...);
PyObject *PyObject_CallFunction(PyObject *callable, const char *format, ...);
PyObject *PyObject_CallFunctionObjArgs(PyObject *callable, ...);

/* ---- exceptions ---- */

extern PyObject *PyExc_IndexError;
extern PyObject *PyExc_RuntimeError;
extern PyObject *PyExc_UserWarning;
extern PyObject *PyExc_ValueError;
void PyErr_Clear(void);
int PyErr_ExceptionMatches(PyObject *exception);
void PyErr_Fetch(PyObject **type, PyObject **value, PyObject **traceback);
PyObject *PyErr_Format(PyObject *exception, const char *format, ...);
PyObject *PyErr_NewException(const char *name, PyObject *base, PyObject *dict);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_Occurred(void);
void PyErr_Restore(PyObject *type, PyObject *value, PyObject *traceback);
void PyErr_SetString(PyObject *exception, const char *text);
int PyErr_WarnEx(PyObject *category, const char *text, Py_ssize_t level);

/* ---- None and numbers ---- */

extern PyObject _Py_NoneStruct;
extern struct _longobject _Py_FalseStruct;
extern struct _longobject _Py_TrueStruct;
PyObject *PyBool_FromLong(long value);
PyObject *PyFloat_FromDouble(double value);
long PyLong_AsLong(PyObject *object);
void *PyLong_AsVoidPtr(PyObject *object);
PyObject *PyLong_FromLong(long value);
PyObject *PyLong_FromLongLong(long long value);
PyObject *PyLong_FromVoidPtr(void *pointer);

/* ---- strings ---- */

char *PyBytes_AsString(PyObject *object);
int PyBytes_AsStringAndSize(PyObject *object, char **bytes, Py_ssize_t *size);
PyObject *PyBytes_FromStringAndSize(const char *bytes, Py_ssize_t size);
PyObject *PyUnicode_AsUTF8String(PyObject *object);
PyObject *PyUnicode_DecodeUTF8(const char *bytes, Py_ssize_t size, const char *errors);
PyObject *PyUnicode_FromString(const char *text);

/* ---- collections ---- */

extern PyTypeObject PyDict_Type;
extern PyTypeObject PyList_Type;
extern PyTypeObject PyTuple_Type;
PyObject *PyDict_GetItemString(PyObject *dict, const char *key);
PyObject *PyDict_New(void);
int PyDict_Next(PyObject *dict, Py_ssize_t *at, PyObject **key, PyObject **value);
int PyDict_SetItem(PyObject *dict, PyObject *key, PyObject *value);
int PyDict_SetItemString(PyObject *dict, const char *key, PyObject *value);
PyObject *PyIter_Next(PyObject *iterator);
int PyList_Append(PyObject *list, PyObject *item);
PyObject *PyList_GetItem(PyObject *list, Py_ssize_t at);
PyObject *PyList_New(Py_ssize_t size);
int PyList_SetItem(PyObject *list, Py_ssize_t at, PyObject *item);
Py_ssize_t PyList_Size(PyObject *list);
PyObject *PyObject_GetIter(PyObject *object);
PyObject *PySequence_GetItem(PyObject *sequence, Py_ssize_t at);
Py_ssize_t PySequence_Size(PyObject *sequence);
PyObject *PyTuple_GetItem(PyObject *tuple, Py_ssize_t at);
PyObject *PyTuple_New(Py_ssize_t size);
int PyTuple_SetItem(PyObject *tuple, Py_ssize_t at, PyObject *item);
Py_ssize_t PyTuple_Size(PyObject *tuple);

#endif
