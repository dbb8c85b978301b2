/* SPDX-License-Identifier: Apache-2.0 */
/* tensors.c: what there is in an interpreter: graphs, tensors, nodes, signatures, strings.  Arrays
 * of numbers are given as the bytes they are in C. */
#include "core.h"

#include <string.h>

#include "linnet/interpreter.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/c_api_opaque.h"

PyObject *core_ints(const int *values, int n)
{
    PyObject *tuple = PyTuple_New(n);
    for (int i = 0; tuple && i < n; i++) {
        PyObject *value = PyLong_FromLong(values[i]);
        if (!value) {
            Py_DECREF(tuple);
            return NULL;
        }
        (void)PyTuple_SetItem(tuple, i, value);
    }
    return tuple;
}

/* None where there is no array. */
static PyObject *int_bytes(const TfLiteIntArray *a)
{
    if (!a)
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)a->data, a->size * (Py_ssize_t)sizeof(int));
}

/* Names in a model are any bytes. */
static PyObject *text(const char *bytes)
{
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)strlen(bytes), "surrogateescape");
}

/* ---- counts ---- */

static PyObject *graph_count(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return PyLong_FromLong(ln_tflite_interpreter_graph_count(((core *)self)->interpreter));
}

static PyObject *tensor_count(PyObject *self, PyObject *args)
{
    int graph;
    if (!PyArg_ParseTuple(args, "i", &graph) || !core_ready((core *)self) ||
        !core_has_graph((core *)self, graph))
        return NULL;
    return PyLong_FromLong(core_tensor_count((core *)self, graph));
}

static PyObject *node_count(PyObject *self, PyObject *args)
{
    int graph;
    if (!PyArg_ParseTuple(args, "i", &graph) || !core_ready((core *)self) ||
        !core_has_graph((core *)self, graph))
        return NULL;
    int n = 0;
    ln_tflite_kernel kernel;
    while (ln_tflite_interpreter_kernel(((core *)self)->interpreter, graph, n, &kernel))
        n++;
    return PyLong_FromLong(n);
}

static PyObject *ends(PyObject *self, PyObject *args)
{
    int graph;
    if (!PyArg_ParseTuple(args, "i", &graph) || !core_has_graph((core *)self, graph))
        return NULL;
    const TfLiteInterpreter *p = ((core *)self)->interpreter;
    const TfLiteIntArray *in = ln_tflite_interpreter_inputs(p, graph);
    const TfLiteIntArray *out = ln_tflite_interpreter_outputs(p, graph);
    return Py_BuildValue("NN", core_ints(in->data, in->size), core_ints(out->data, out->size));
}

/* ---- tensors ---- */

static PyObject *shape(const TfLiteIntArray *dims)
{
    if (!dims)
        Py_RETURN_NONE;
    return core_ints(dims->data, dims->size);
}

static PyObject *tensor(PyObject *self, PyObject *args)
{
    int graph, id;
    const TfLiteTensor *t = core_tensor_of((core *)self, args, &graph, &id);
    if (!t)
        return NULL;
    return Py_BuildValue("NiNNdinO", text(t->name ? t->name : ""), (int)t->type, shape(t->dims),
                         shape(TfLiteTensorGetDimsSignature(t)), (double)t->params.scale,
                         t->params.zero_point, (Py_ssize_t)t->bytes,
                         t->data.raw ? Py_True : Py_False);
}

/* The data of another tensor that blocks are quantized with. */
static PyObject *data_of(core *self, int graph, int id)
{
    if (id < 0)
        return PyBytes_FromStringAndSize(NULL, 0);
    const TfLiteTensor *t = core_tensor(self, graph, id);
    return t ? PyBytes_FromStringAndSize(t->data.raw, t->data.raw ? (Py_ssize_t)t->bytes : 0)
             : NULL;
}

/* (type of the scales, scales, zero points, dimension, size of a block) or None. */
static PyObject *quantization(PyObject *self, PyObject *args)
{
    int graph, id;
    const TfLiteTensor *t = core_tensor_of((core *)self, args, &graph, &id);
    if (!t)
        return NULL;
    const TfLiteQuantization *q = &t->quantization;
    if (q->type == kTfLiteAffineQuantization && q->params) {
        const TfLiteAffineQuantization *a = q->params;
        const Py_ssize_t n = a->scale ? a->scale->size : 0;
        return Py_BuildValue("sNNii", "f4",
                             PyBytes_FromStringAndSize(a->scale ? (const char *)a->scale->data : "",
                                                       n * (Py_ssize_t)sizeof(float)),
                             a->zero_point ? int_bytes(a->zero_point)
                                           : PyBytes_FromStringAndSize("", 0),
                             a->quantized_dimension, 0);
    }
    if (q->type == kTfLiteBlockwiseQuantization && q->params) {
        const TfLiteBlockwiseQuantization *b = q->params;
        return Py_BuildValue("sNNii", "f2", data_of((core *)self, graph, b->scale),
                             data_of((core *)self, graph, b->zero_point), b->quantized_dimension,
                             b->blocksize);
    }
    Py_RETURN_NONE;
}

static PyObject *dimension(const TfLiteDimensionMetadata *d)
{
    if (d->format == kTfLiteDimDense)
        return Py_BuildValue("(i)", d->dense_size);
    return Py_BuildValue("NN", int_bytes(d->array_segments), int_bytes(d->array_indices));
}

/* (order of the dimensions, map of blocks or None, dimensions) or None; a dimension is (its size)
 * or (segments, indices). */
static PyObject *sparsity(PyObject *self, PyObject *args)
{
    int graph, id;
    const TfLiteTensor *t = core_tensor_of((core *)self, args, &graph, &id);
    if (!t)
        return NULL;
    if (!t->sparsity)
        Py_RETURN_NONE;
    const TfLiteSparsity *s = t->sparsity;
    PyObject *dimensions = PyList_New(s->dim_metadata_size);
    for (int i = 0; dimensions && i < s->dim_metadata_size; i++) {
        PyObject *item = dimension(&s->dim_metadata[i]);
        if (item) {
            (void)PyList_SetItem(dimensions, i, item);
        } else {
            Py_DECREF(dimensions);
            return NULL;
        }
    }
    return Py_BuildValue("NNN", int_bytes(s->traversal_order), int_bytes(s->block_map), dimensions);
}

/* ---- nodes ---- */

static PyObject *node(PyObject *object, PyObject *args)
{
    core *self = (core *)object;
    int graph, id;
    ln_tflite_kernel kernel;
    if (!PyArg_ParseTuple(args, "ii", &graph, &id) || !core_ready(self) ||
        !core_has_graph(self, graph))
        return NULL;
    if (!ln_tflite_interpreter_kernel(self->interpreter, graph, id, &kernel)) {
        PyErr_SetString(PyExc_ValueError, "Invalid node index");
        return NULL;
    }
    const TfLiteIntArray *in = kernel.node->inputs, *out = kernel.node->outputs;
    return Py_BuildValue("NNN",
                         text(kernel.builtin == kTfLiteBuiltinDelegate ? "DELEGATE" : kernel.op),
                         core_ints(in->data, in->size), core_ints(out->data, out->size));
}

/* ---- signatures ---- */

typedef const char *(*name_of)(const TfLiteModel *model, int signature, int i, int *tensor);

static PyObject *names(const core *self, int signature, name_of get)
{
    PyObject *result = PyDict_New();
    int id;
    for (int i = 0; result; i++) {
        const char *name = get(self->model, signature, i, &id);
        if (!name)
            return result;
        PyObject *key = text(name), *value = PyLong_FromLong(id);
        const bool stored = key && value && PyDict_SetItem(result, key, value) == 0;
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (!stored)
            Py_CLEAR(result);
    }
    return NULL;
}

/* A list of (key, graph, inputs, outputs). */
static PyObject *signatures(PyObject *object, PyObject *nothing)
{
    const core *self = (const core *)object;
    PyObject *result = PyList_New(0);
    (void)nothing;
    for (int i = 0; result && i < ln_tflite_model_signature_count(self->model); i++) {
        int graph = 0;
        const char *key = ln_tflite_model_signature(self->model, i, &graph);
        PyObject *item = Py_BuildValue("NiNN", text(key ? key : ""), graph,
                                       names(self, i, ln_tflite_model_signature_input),
                                       names(self, i, ln_tflite_model_signature_output));
        if (!item || PyList_Append(result, item) < 0)
            Py_CLEAR(result);
        Py_XDECREF(item);
    }
    return result;
}

/* ---- strings ---- */

static PyObject *strings(PyObject *self, PyObject *args)
{
    int graph, id;
    const TfLiteOpaqueTensor *t =
        (const TfLiteOpaqueTensor *)core_tensor_of((core *)self, args, &graph, &id);
    if (!t)
        return NULL;
    const int n = TfLiteOpaqueTensorGetStringCount(t);
    PyObject *list = PyList_New(n > 0 ? n : 0);
    for (int i = 0; list && i < n; i++) {
        const char *bytes;
        int length;
        PyObject *item = NULL;
        if (TfLiteOpaqueTensorGetString(t, i, &bytes, &length) == kTfLiteOk)
            item = PyBytes_FromStringAndSize(bytes, length);
        else
            PyErr_Format(PyExc_ValueError, "String %d of tensor %d is damaged.", i, id);
        if (item)
            (void)PyList_SetItem(list, i, item);
        else
            Py_CLEAR(list);
    }
    return list;
}

/* The pointers and lengths of a list of bytes. */
static bool list_strings(PyObject *list, const char **strings, int *lengths)
{
    for (Py_ssize_t i = 0; i < PyList_Size(list); i++) {
        char *bytes;
        Py_ssize_t n;
        if (PyBytes_AsStringAndSize(PyList_GetItem(list, i), &bytes, &n) < 0)
            return false;
        if (n > INT32_MAX) {
            PyErr_SetString(PyExc_ValueError, "A string is too long.");
            return false;
        }
        strings[i] = bytes;
        lengths[i] = (int)n;
    }
    return true;
}

/* Writes them and leaves the tensor its shape. */
static bool write_strings(TfLiteTensor *t, const char *const *strings, const int *lengths, int n)
{
    TfLiteIntArray *dims = TfLiteIntArrayCopy(t->dims);
    if (!dims)
        return false;
    const bool done =
        TfLiteOpaqueTensorWriteStrings((TfLiteOpaqueTensor *)t, strings, n, lengths) == kTfLiteOk;
    if (done) {
        TfLiteIntArrayFree(t->dims);
        t->dims = dims;
    } else {
        TfLiteIntArrayFree(dims);
    }
    return done;
}

static PyObject *set_strings(PyObject *self, PyObject *args)
{
    int graph, id;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iiO!", &graph, &id, &PyList_Type, &list))
        return NULL;
    TfLiteTensor *t = core_tensor((core *)self, graph, id);
    if (!t)
        return NULL;
    const Py_ssize_t n = PyList_Size(list);
    if (n > INT32_MAX / 8)
        return PyErr_Format(PyExc_ValueError, "There are too many strings: %zd.", n);
    const char **bytes = PyMem_Malloc(((size_t)n + 1) * sizeof *bytes);
    int *lengths = PyMem_Malloc(((size_t)n + 1) * sizeof *lengths);
    bool done = false;
    if (!bytes || !lengths)
        PyErr_NoMemory();
    else if (list_strings(list, bytes, lengths)) {
        done = write_strings(t, bytes, lengths, (int)n);
        if (!done)
            PyErr_Format(PyExc_ValueError, "Cannot set tensor: strings cannot be put in tensor %d.",
                         id);
    }
    PyMem_Free((void *)bytes);
    PyMem_Free(lengths);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef core_tensor_methods[] = {
    {"graph_count", graph_count, METH_NOARGS, "graph_count()"},
    {"tensor_count", tensor_count, METH_VARARGS, "tensor_count(graph)"},
    {"node_count", node_count, METH_VARARGS, "node_count(graph)"},
    {"ends", ends, METH_VARARGS, "ends(graph): the tensors that go in and out"},
    {"tensor", tensor, METH_VARARGS,
     "tensor(graph, tensor): name, type, shape, signature, scale, zero point, bytes, has data"},
    {"quantization", quantization, METH_VARARGS, "quantization(graph, tensor)"},
    {"sparsity", sparsity, METH_VARARGS, "sparsity(graph, tensor)"},
    {"node", node, METH_VARARGS, "node(graph, node): operator, inputs, outputs"},
    {"signatures", signatures, METH_NOARGS, "signatures(): key, graph, inputs, outputs of each"},
    {"strings", strings, METH_VARARGS, "strings(graph, tensor)"},
    {"set_strings", set_strings, METH_VARARGS, "set_strings(graph, tensor, list of bytes)"},
    {NULL, NULL, 0, NULL},
};
