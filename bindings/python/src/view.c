/* SPDX-License-Identifier: Apache-2.0 */
/* view.c: the memory of a tensor, for NumPy: an object with __array_interface__ that an array keeps
 * as its base.  It keeps the interpreter, and the interpreter counts it: while a view is alive,
 * calls that could move the memory are refused. */
#include "core.h"

typedef struct view {
    PyObject_HEAD core *owner;
    PyObject *interface;
} view;

PyTypeObject *view_type;

/* How NumPy writes a type; NULL where it has no such items.  Types of 4 and 2 bits are seen packed,
 * as bytes; bfloat16 as its 16 bits. */
static const char *type_text(TfLiteType type)
{
    static const char *const texts[] = {
        [kTfLiteFloat32] = "<f4",      [kTfLiteFloat16] = "<f2",     [kTfLiteFloat64] = "<f8",
        [kTfLiteInt8] = "|i1",         [kTfLiteInt16] = "<i2",       [kTfLiteInt32] = "<i4",
        [kTfLiteInt64] = "<i8",        [kTfLiteUInt8] = "|u1",       [kTfLiteUInt16] = "<u2",
        [kTfLiteUInt32] = "<u4",       [kTfLiteUInt64] = "<u8",      [kTfLiteBool] = "|b1",
        [kTfLiteComplex64] = "<c8",    [kTfLiteComplex128] = "<c16", [kTfLiteBFloat16] = "<u2",
        [kTfLiteInt4] = "|i1",         [kTfLiteUInt4] = "|u1",       [kTfLiteInt2] = "|i1",
        [kTfLiteFloat8E4M3FN] = "|i1", [kTfLiteFloat8E5M2] = "|i1",
    };
    const size_t i = (size_t)type;
    return i < sizeof texts / sizeof *texts ? texts[i] : NULL;
}

/* Bytes of an item as type_text says it. */
static size_t item_bytes(const char *text)
{
    return text[2] == '1' && text[3] == '6' ? 16 : (size_t)(text[2] - '0');
}

/* The bytes as a row of items: shapes are linnet/_wrapper.py's, since packed and sparse tensors
 * have fewer bytes than their shape says. */
static PyObject *describe(const TfLiteTensor *t, const char *text)
{
    const Py_ssize_t n = (Py_ssize_t)(t->bytes / item_bytes(text));
    PyObject *read_only = t->allocation_type == kTfLiteMmapRo ? Py_True : Py_False;
    return Py_BuildValue("{s:(n),s:s,s:(NO),s:i}", "shape", n, "typestr", text, "data",
                         PyLong_FromVoidPtr(t->data.raw), read_only, "version", 3);
}

PyObject *core_view(PyObject *self, PyObject *args)
{
    int graph, tensor;
    const TfLiteTensor *t = core_tensor_of((core *)self, args, &graph, &tensor);
    if (!t)
        return NULL;
    const char *text = type_text(t->type);
    if (!text)
        return PyErr_Format(PyExc_ValueError, "Tensor %d of type %s has no numbers to look at.",
                            tensor, TfLiteTypeGetName(t->type));
    if (!t->data.raw && t->bytes > 0) {
        PyErr_SetString(PyExc_ValueError, "Tensor data is null. Run allocate_tensors() first");
        return NULL;
    }
    view *v = (view *)PyType_GenericAlloc(view_type, 0);
    if (!v)
        return NULL;
    Py_INCREF(self);
    v->owner = (core *)self;
    v->owner->views++;
    v->interface = describe(t, text);
    if (!v->interface) {
        Py_DECREF(v);
        return NULL;
    }
    return (PyObject *)v;
}

static void view_dealloc(PyObject *object)
{
    view *v = (view *)object;
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(v->interface);
    v->owner->views--;
    Py_DECREF(v->owner);
    PyObject_Free(object);
    Py_DECREF(type);
}

static PyObject *view_interface(PyObject *self, void *closure)
{
    (void)closure;
    PyObject *interface = ((view *)self)->interface;
    Py_INCREF(interface);
    return interface;
}

static PyGetSetDef getters[] = {
    {"__array_interface__", view_interface, NULL, "where the memory is, for NumPy", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)(uintptr_t)view_dealloc},
    {Py_tp_getset, getters},
    {0, NULL},
};

PyType_Spec view_spec = {
    .name = "linnet._core.View",
    .basicsize = sizeof(view),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};
