/* SPDX-License-Identifier: Apache-2.0 */
/* model_bytes.c: functions of linnet._core on the bytes of models and of metadata, for
 * linnet/metadata.py. */
#include "core.h"

#include <string.h>

#include "linnet/metadata.h"
#include "linnet/model.h"

/* ---- models ---- */

static void keep_message(void *user, const char *format, va_list args)
{
    vsnprintf(user, 512, format, args);
}

/* The model in these bytes; with its error as an exception when it is none. */
static TfLiteModel *open_model(const char *bytes, Py_ssize_t n)
{
    char message[512] = "the model is malformed";
    TfLiteModel *model =
        TfLiteModelCreateWithErrorReporter(bytes, (size_t)n, keep_message, message);
    if (!model)
        PyErr_SetString(PyExc_ValueError, message);
    return model;
}

/* model_metadata(model): the bytes of the metadata, or None; verifies a model that need not be one
 * that runs */
static PyObject *model_metadata(PyObject *self, PyObject *args)
{
    (void)self;
    const char *bytes;
    const void *buffer;
    Py_ssize_t n;
    size_t n_buffer;
    ln_meta_error error = {LN_META_OK, ""};
    if (!PyArg_ParseTuple(args, "y#", &bytes, &n))
        return NULL;
    if (!ln_meta_find(bytes, (size_t)n, &buffer, &n_buffer, &error)) {
        PyErr_SetString(PyExc_ValueError, error.text);
        return NULL;
    }
    if (buffer)
        return PyBytes_FromStringAndSize(buffer, (Py_ssize_t)n_buffer);
    Py_INCREF(Py_None);
    return Py_None;
}

/* The names of a graph's operators. */
static PyObject *operator_names(const TfLiteModel *model, int graph)
{
    ln_tflite_node node;
    PyObject *list = PyList_New(0);
    for (int i = 0; list && ln_tflite_model_node(model, graph, i, &node); i++) {
        PyObject *name =
            PyUnicode_DecodeUTF8(node.op, (Py_ssize_t)strlen(node.op), "surrogateescape");
        if (!name || PyList_Append(list, name) < 0)
            Py_CLEAR(list);
        Py_XDECREF(name);
    }
    return list;
}

/* model_operators(model): a list of names per graph; the model is verified on the way */
static PyObject *model_operators(PyObject *self, PyObject *args)
{
    (void)self;
    const char *bytes;
    Py_ssize_t n;
    if (!PyArg_ParseTuple(args, "y#", &bytes, &n))
        return NULL;
    TfLiteModel *model = open_model(bytes, n);
    PyObject *list = model ? PyList_New(0) : NULL;
    for (int i = 0; list && i < ln_tflite_model_graph_count(model); i++) {
        PyObject *names = operator_names(model, i);
        if (!names || PyList_Append(list, names) < 0)
            Py_CLEAR(list);
        Py_XDECREF(names);
    }
    TfLiteModelDelete(model);
    return list;
}

/* attach(model, name, data): the model with this entry; data None removes it */
static PyObject *attach(PyObject *self, PyObject *args)
{
    (void)self;
    const char *model, *name, *data;
    Py_ssize_t n_model, n_data;
    char message[512] = "";
    void *out = NULL;
    size_t n = 0;
    if (!PyArg_ParseTuple(args, "y#sz#", &model, &n_model, &name, &data, &n_data))
        return NULL;
    const ln_tflite_entry entry = {name, data, data ? (size_t)n_data : 0};
    const TfLiteStatus status = ln_tflite_attach(model, (size_t)n_model, &entry, &out, &n, message);
    PyObject *result = status == kTfLiteOk ? PyBytes_FromStringAndSize(out, (Py_ssize_t)n) : NULL;
    if (status != kTfLiteOk)
        PyErr_SetString(PyExc_ValueError, message);
    ln_tflite_free(out);
    return result;
}

/* ---- metadata ---- */

/* metadata_json(buffer, exact) */
static PyObject *metadata_json(PyObject *self, PyObject *args)
{
    (void)self;
    const char *bytes;
    Py_ssize_t n;
    int exact;
    ln_meta_error error = {LN_META_OK, ""};
    if (!PyArg_ParseTuple(args, "y#p", &bytes, &n, &exact))
        return NULL;
    char *json = ln_meta_json(bytes, (size_t)n, exact != 0, &error);
    PyObject *result = json ? PyUnicode_FromString(json) : NULL;
    if (!json)
        PyErr_SetString(PyExc_ValueError, error.text);
    ln_meta_free(json);
    return result;
}

/* metadata_version(buffer) */
static PyObject *metadata_version(PyObject *self, PyObject *args)
{
    (void)self;
    const char *bytes;
    Py_ssize_t n;
    ln_meta_error error = {LN_META_OK, ""};
    if (!PyArg_ParseTuple(args, "y#", &bytes, &n))
        return NULL;
    const char *version = ln_meta_version(bytes, (size_t)n, &error);
    if (!version)
        PyErr_SetString(PyExc_ValueError, error.text);
    return version ? PyUnicode_FromString(version) : NULL;
}

PyMethodDef core_byte_functions[] = {
    {"model_operators", model_operators, METH_VARARGS,
     "model_operators(model): the names of the operators of each graph"},
    {"model_metadata", model_metadata, METH_VARARGS,
     "model_metadata(model): the bytes of the metadata, or None"},
    {"attach", attach, METH_VARARGS, "attach(model, name, data): the model with this entry"},
    {"metadata_json", metadata_json, METH_VARARGS, "metadata_json(buffer, exact)"},
    {"metadata_version", metadata_version, METH_VARARGS, "metadata_version(buffer)"},
    {NULL, NULL, 0, NULL},
};
