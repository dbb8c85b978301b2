/* SPDX-License-Identifier: Apache-2.0 */
/* importers.c: functions in Python that translate operators of the source (linnet/convert_op.h).
 * Such a function gets a Node, of which linnet/lite/importers.py makes something with arrays; the
 * node is good while its function runs. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>

#include "convert.h"
#include "linnet/convert.h"

enum { MAX_TENSORS = 256 };

typedef struct node_object {
    PyObject_HEAD ln_convert_node *node; /* NULL once its function has returned */
} node_object;

/* Raised where the converter knows why; the message of the conversion is its own. */
static PyObject *refused;
static PyObject *node_type;

static ln_convert_node *alive(PyObject *self)
{
    ln_convert_node *node = ((node_object *)self)->node;
    if (!node)
        PyErr_SetString(PyExc_RuntimeError, "the node's function has returned");
    return node;
}

static PyObject *refuse(void)
{
    PyErr_SetString(refused, "the converter refuses this");
    return NULL;
}

static PyObject *int_list(const int *items, int n)
{
    PyObject *list = PyList_New(n);
    for (int i = 0; list && i < n; i++)
        if (PyList_SetItem(list, i, PyLong_FromLong(items[i])) < 0)
            Py_CLEAR(list);
    return list;
}

/* Numbers of a sequence; how many, or -1 with an error. */
static int read_ints(PyObject *list, int *items, int room)
{
    const Py_ssize_t n = PySequence_Size(list);
    if (n > room)
        PyErr_SetString(PyExc_ValueError, "too many numbers");
    if (n < 0 || n > room)
        return -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        const long value = item ? PyLong_AsLong(item) : 0;
        Py_XDECREF(item);
        if (PyErr_Occurred())
            return -1;
        items[i] = (int)value;
    }
    return (int)n;
}

/* ---- what the source says ---- */

/* (type, shape or None, bytes or None) */
static PyObject *tensor_item(const ln_convert_tensor *t)
{
    PyObject *dims = t->rank < 0 ? NULL : int_list(t->dims, t->rank);
    if (t->rank >= 0 && !dims)
        return NULL;
    PyObject *item = Py_BuildValue("(iOy#)", (int)t->type, dims ? dims : Py_None,
                                   (const char *)t->data, (Py_ssize_t)(t->data ? t->bytes : 0));
    Py_XDECREF(dims);
    return item;
}

static PyObject *number_list(const ln_convert_attribute *a)
{
    PyObject *list = PyList_New((Py_ssize_t)a->n);
    for (size_t i = 0; list && i < a->n; i++) {
        PyObject *item = a->kind == LN_CONVERT_INTS ? PyLong_FromLongLong(a->ints[i])
                                                    : PyFloat_FromDouble(a->floats[i]);
        if (!item || PyList_SetItem(list, (Py_ssize_t)i, item) < 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *attribute_value(const ln_convert_attribute *a)
{
    switch (a->kind) {
    case LN_CONVERT_INT:
    case LN_CONVERT_TYPE:
        return PyLong_FromLongLong(a->i);
    case LN_CONVERT_FLOAT:
        return PyFloat_FromDouble(a->f);
    case LN_CONVERT_BOOL:
        return PyBool_FromLong(a->i != 0);
    case LN_CONVERT_TEXT:
        return PyUnicode_DecodeUTF8(a->text, (Py_ssize_t)a->n, "surrogateescape");
    default:
        return number_list(a);
    }
}

/* source() -> (operator, name, inputs, number of outputs, attributes) */
static PyObject *node_source(PyObject *self, PyObject *unused)
{
    ln_convert_node *node = alive(self);
    PyObject *attributes = node ? PyDict_New() : NULL;
    PyObject *inputs = attributes ? PyList_New(0) : NULL;
    const ln_convert_attribute *a;
    bool ok = inputs != NULL;
    (void)unused;
    for (int i = 0; ok && (a = ln_convert_node_attribute_at(node, i)) != NULL; i++) {
        PyObject *value = attribute_value(a);
        ok = value && PyDict_SetItemString(attributes, a->name, value) == 0;
        Py_XDECREF(value);
    }
    for (int i = 0; ok && i < ln_convert_node_input_count(node); i++) {
        PyObject *id = PyLong_FromLong(ln_convert_node_input(node, i));
        ok = id && PyList_Append(inputs, id) == 0;
        Py_XDECREF(id);
    }
    PyObject *result =
        ok ? Py_BuildValue("(ssOiO)", ln_convert_node_op(node), ln_convert_node_name(node), inputs,
                           ln_convert_node_output_count(node), attributes)
           : NULL;
    Py_XDECREF(inputs);
    Py_XDECREF(attributes);
    return result;
}

/* options() -> the attributes as a FlexBuffer */
static PyObject *node_options(PyObject *self, PyObject *unused)
{
    ln_convert_node *node = alive(self);
    size_t n;
    (void)unused;
    const void *options = node ? ln_convert_node_options(node, &n) : NULL;
    if (!options)
        return node ? PyErr_NoMemory() : NULL;
    return PyBytes_FromStringAndSize(options, (Py_ssize_t)n);
}

/* tensor(id) */
static PyObject *node_tensor(PyObject *self, PyObject *args)
{
    ln_convert_node *node = alive(self);
    ln_convert_tensor t;
    int id;
    if (!node || !PyArg_ParseTuple(args, "i", &id))
        return NULL;
    if (!ln_convert_node_tensor(node, id, &t)) {
        PyErr_SetString(PyExc_IndexError, "there is no such tensor");
        return NULL;
    }
    return tensor_item(&t);
}

/* output(i): what the source says of a result */
static PyObject *node_output(PyObject *self, PyObject *args)
{
    ln_convert_node *node = alive(self);
    ln_convert_tensor t;
    int i;
    if (!node || !PyArg_ParseTuple(args, "i", &i))
        return NULL;
    if (!ln_convert_node_output(node, i, &t)) {
        PyErr_SetString(PyExc_IndexError, "there is no such output");
        return NULL;
    }
    return tensor_item(&t);
}

/* ---- what takes its place ---- */

/* constant(type, shape, bytes) -> id */
static PyObject *node_constant(PyObject *self, PyObject *args)
{
    ln_convert_node *node = alive(self);
    ln_convert_tensor t = {.rank = 0};
    PyObject *shape;
    const char *data;
    Py_ssize_t n;
    int type;
    if (!node || !PyArg_ParseTuple(args, "iOy#", &type, &shape, &data, &n) ||
        (t.rank = read_ints(shape, t.dims, LN_CONVERT_MAX_RANK)) < 0)
        return NULL;
    t.type = (TfLiteType)type;
    t.data = data;
    t.bytes = (size_t)n;
    const int id = ln_convert_constant(node, &t);
    return id < 0 ? refuse() : PyLong_FromLong(id);
}

/* emit(operator, inputs, number of outputs) -> ids */
static PyObject *node_emit(PyObject *self, PyObject *args)
{
    ln_convert_node *node = alive(self);
    int in[MAX_TENSORS], out[MAX_TENSORS], n_out, n_in;
    PyObject *inputs;
    const char *op;
    if (!node || !PyArg_ParseTuple(args, "sOi", &op, &inputs, &n_out) ||
        (n_in = read_ints(inputs, in, MAX_TENSORS)) < 0)
        return NULL;
    if (n_out < 0 || n_out > MAX_TENSORS) {
        PyErr_SetString(PyExc_ValueError, "too many outputs");
        return NULL;
    }
    if (!ln_convert_emit(node, op, n_in, in, n_out, out))
        return refuse();
    return int_list(out, n_out);
}

/* What a custom operator gives: a list of (type, shape or None). */
static int read_made(PyObject *list, ln_convert_tensor *made)
{
    const Py_ssize_t n = PySequence_Size(list);
    PyObject *shape;
    int type;
    if (n > MAX_TENSORS)
        PyErr_SetString(PyExc_ValueError, "too many outputs");
    for (Py_ssize_t i = 0; i < n && n <= MAX_TENSORS; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        made[i] = (ln_convert_tensor){.rank = -1};
        bool ok = item && PyArg_ParseTuple(item, "iO", &type, &shape);
        if (ok) {
            made[i].type = (TfLiteType)type;
            if (shape != Py_None)
                made[i].rank = read_ints(shape, made[i].dims, LN_CONVERT_MAX_RANK);
            ok = !PyErr_Occurred();
        }
        Py_XDECREF(item);
        if (!ok)
            return -1;
    }
    return n < 0 || n > MAX_TENSORS ? -1 : (int)n;
}

/* emit_custom(name, options, inputs, outputs) -> ids */
static PyObject *node_emit_custom(PyObject *self, PyObject *args)
{
    ln_convert_node *node = alive(self);
    ln_convert_custom custom = {.name = NULL};
    ln_convert_tensor made[MAX_TENSORS];
    int in[MAX_TENSORS], out[MAX_TENSORS];
    PyObject *inputs, *outputs;
    const char *options;
    Py_ssize_t n_options;
    if (!node ||
        !PyArg_ParseTuple(args, "sy#OO", &custom.name, &options, &n_options, &inputs, &outputs) ||
        (custom.n_in = read_ints(inputs, in, MAX_TENSORS)) < 0 ||
        (custom.n_out = read_made(outputs, made)) < 0)
        return NULL;
    custom.options = options;
    custom.n_options = (size_t)n_options;
    custom.in = in;
    custom.made = made;
    if (!ln_convert_emit_custom(node, &custom, out))
        return refuse();
    return int_list(out, custom.n_out);
}

/* give(i, id) */
static PyObject *node_give(PyObject *self, PyObject *args)
{
    ln_convert_node *node = alive(self);
    int i, id;
    if (!node || !PyArg_ParseTuple(args, "ii", &i, &id))
        return NULL;
    ln_convert_node_give(node, i, id);
    Py_RETURN_NONE;
}

static PyMethodDef node_methods[] = {
    {"source", node_source, METH_NOARGS,
     "source() -> (operator, name, inputs, number of outputs, attributes)"},
    {"options", node_options, METH_NOARGS, "options() -> the attributes as a FlexBuffer"},
    {"tensor", node_tensor, METH_VARARGS, "tensor(id) -> (type, shape or None, bytes or None)"},
    {"output", node_output, METH_VARARGS, "output(i) -> (type, shape or None, None)"},
    {"constant", node_constant, METH_VARARGS, "constant(type, shape, bytes) -> id"},
    {"emit", node_emit, METH_VARARGS, "emit(operator, inputs, number of outputs) -> ids"},
    {"emit_custom", node_emit_custom, METH_VARARGS,
     "emit_custom(name, options, inputs, [(type, shape or None)]) -> ids"},
    {"give", node_give, METH_VARARGS, "give(i, id): output i of the node is this tensor"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot node_slots[] = {{Py_tp_methods, node_methods}, {0, NULL}};
static PyType_Spec node_spec = {.name = "linnet._convert.Node",
                                .basicsize = sizeof(node_object),
                                .flags = Py_TPFLAGS_DEFAULT,
                                .slots = node_slots};

/* ---- the call ---- */

/* What is raised here comes out of convert(); what the converter refused, it says itself. */
static void keep_exception(python_importers *with)
{
    if (PyErr_ExceptionMatches(refused))
        PyErr_Clear();
    else if (!with->type)
        PyErr_Fetch(&with->type, &with->value, &with->traceback);
    PyErr_Clear();
}

static bool call_function(python_importers *with, ln_convert_node *node)
{
    PyObject *self = PyType_GenericAlloc((PyTypeObject *)node_type, 0);
    PyObject *function = PyDict_GetItemString(with->functions, ln_convert_node_op(node));
    PyObject *result = NULL;
    if (self && function) {
        ((node_object *)self)->node = node;
        result = PyObject_CallFunctionObjArgs(function, self, NULL);
        ((node_object *)self)->node = NULL;
    }
    if (!result && PyErr_Occurred())
        keep_exception(with);
    Py_XDECREF(self);
    Py_XDECREF(result);
    return result != NULL;
}

/* The conversion has left the GIL. */
static bool translate(void *user, ln_convert_node *node)
{
    const PyGILState_STATE state = PyGILState_Ensure();
    const bool ok = call_function(user, node);
    PyGILState_Release(state);
    return ok;
}

bool importers_read(python_importers *with, PyObject *functions)
{
    PyObject *name, *function;
    Py_ssize_t at = 0;
    with->functions = functions;
    while (PyDict_Next(functions, &at, &name, &function)) {
        ln_convert_importer *to = &with->list[with->n];
        if (with->n == MAX_IMPORTERS) {
            PyErr_SetString(PyExc_ValueError, "too many importers");
            return false;
        }
        *to = (ln_convert_importer){NULL, translate, with};
        if (!PyArg_Parse(name, "s", &to->op))
            return false;
        with->n++;
    }
    return true;
}

bool importers_raise(python_importers *with)
{
    if (!with->type)
        return false;
    PyErr_Restore(with->type, with->value, with->traceback);
    with->type = NULL;
    return true;
}

bool importers_init(PyObject *module)
{
    node_type = PyType_FromSpec(&node_spec);
    refused = PyErr_NewException("linnet._convert.Refused", PyExc_RuntimeError, NULL);
    if (!node_type || !refused)
        return false;
    Py_INCREF(node_type);
    Py_INCREF(refused);
    return PyModule_AddObject(module, "Node", node_type) == 0 &&
           PyModule_AddObject(module, "Refused", refused) == 0;
}
