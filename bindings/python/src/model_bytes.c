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

static PyObject *tensor_info(const TfLiteModel *model, int tensor)
{
    const TfLiteTensor *t = ln_tflite_model_tensor(model, 0, tensor);
    const char *name = t && t->name ? t->name : "";
    PyObject *shape = t && t->dims ? core_ints(t->dims->data, t->dims->size) : PyTuple_New(0);
    PyObject *text = PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "surrogateescape");
    return Py_BuildValue("(NiiN)", text, t ? (int)t->type : 0, tensor, shape);
}

static PyObject *tensor_list(const TfLiteModel *model, const int *tensors, int n)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < n; i++) {
        PyObject *item = tensor_info(model, tensors[i]);
        if (!item || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* model_ends(model): lists of (name, type, number, shape) of inputs and of outputs */
static PyObject *model_ends(PyObject *self, PyObject *args)
{
    (void)self;
    const char *bytes;
    Py_ssize_t n;
    PyObject *result = NULL;
    ln_tflite_graph graph;
    if (!PyArg_ParseTuple(args, "y#", &bytes, &n))
        return NULL;
    TfLiteModel *model = open_model(bytes, n);
    if (model && ln_tflite_model_graph(model, 0, &graph))
        result = Py_BuildValue("(NN)", tensor_list(model, graph.inputs, graph.n_inputs),
                               tensor_list(model, graph.outputs, graph.n_outputs));
    TfLiteModelDelete(model);
    return result;
}

/* model_entry(model, name): the bytes of a metadata entry, or None */
static PyObject *model_entry(PyObject *self, PyObject *args)
{
    (void)self;
    const char *bytes, *wanted, *name;
    Py_ssize_t n_bytes;
    const void *data;
    size_t n;
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y#s", &bytes, &n_bytes, &wanted))
        return NULL;
    TfLiteModel *model = open_model(bytes, n_bytes);
    for (int i = 0; model && !result; i++) {
        if ((name = ln_tflite_model_metadata(model, i, &data, &n)) == NULL)
            break;
        if (strcmp(name, wanted) == 0 && data)
            result = PyBytes_FromStringAndSize(data, (Py_ssize_t)n);
    }
    if (model && !result && !PyErr_Occurred()) {
        Py_INCREF(Py_None);
        result = Py_None;
    }
    TfLiteModelDelete(model);
    return result;
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
    {"model_ends", model_ends, METH_VARARGS,
     "model_ends(model): (name, type, number, shape) of each input, of each output"},
    {"model_operators", model_operators, METH_VARARGS,
     "model_operators(model): the names of the operators of each graph"},
    {"model_entry", model_entry, METH_VARARGS,
     "model_entry(model, name): a metadata entry's bytes"},
    {"attach", attach, METH_VARARGS, "attach(model, name, data): the model with this entry"},
    {"metadata_json", metadata_json, METH_VARARGS, "metadata_json(buffer, exact)"},
    {"metadata_version", metadata_version, METH_VARARGS, "metadata_version(buffer)"},
    {NULL, NULL, 0, NULL},
};
