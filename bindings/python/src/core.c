/* SPDX-License-Identifier: Apache-2.0 */
/* core.c: the module, and the life and runs of linnet._core.Core.  Allocating and running leave
 * the GIL; until they are back every other call on the same object is refused. */
#include "core.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "linnet/interpreter.h"
#include "linnet/subgraph.h"
#include "tensorflow/lite/c/c_api_experimental.h"

/* ---- errors ---- */

static void report(void *user, const char *format, va_list args)
{
    core *self = user;
    size_t used = strlen(self->error);
    if (used > 0 && used + 2 < sizeof self->error) {
        memcpy(self->error + used, "; ", 3);
        used += 2;
    }
    vsnprintf(self->error + used, sizeof self->error - used, format, args);
}

/* Raises what has been reported since the last exception. */
static PyObject *raise(core *self, PyObject *type, const char *otherwise)
{
    PyErr_SetString(type, self->error[0] ? self->error : otherwise);
    self->error[0] = '\0';
    return NULL;
}

static PyObject *checked(core *self, TfLiteStatus status, const char *what)
{
    char text[96];
    if (status == kTfLiteOk)
        Py_RETURN_NONE;
    snprintf(text, sizeof text, "%s failed with status %d", what, (int)status);
    return raise(self, PyExc_RuntimeError, text);
}

bool core_ready(const core *self)
{
    if (!self->busy)
        return true;
    PyErr_SetString(PyExc_RuntimeError, "The interpreter is in use by another thread.");
    return false;
}

/* The same for calls that may move memory. */
static bool free_to_move(const core *self)
{
    if (!core_ready(self))
        return false;
    if (self->views == 0)
        return true;
    PyErr_SetString(PyExc_RuntimeError,
                    "There is at least 1 reference to internal data in the interpreter in the form "
                    "of a numpy array or slice. Be sure to only hold the function returned from "
                    "tensor() if you are using raw data access.");
    return false;
}

bool core_has_graph(const core *self, int graph)
{
    const int n = ln_tflite_interpreter_graph_count(self->interpreter);
    if (graph >= 0 && graph < n)
        return true;
    PyErr_Format(PyExc_ValueError, "Invalid subgraph index %d exceeds max subgraph index %d", graph,
                 n);
    return false;
}

int core_tensor_count(const core *self, int graph)
{
    int n = 0;
    while (ln_tflite_interpreter_tensor(self->interpreter, graph, n))
        n++;
    return n;
}

TfLiteTensor *core_tensor(core *self, int graph, int tensor)
{
    if (!core_ready(self) || !core_has_graph(self, graph))
        return NULL;
    TfLiteTensor *t = ln_tflite_subgraph_tensor(self->interpreter, graph, tensor);
    if (!t)
        PyErr_Format(PyExc_ValueError, "Invalid tensor index %d exceeds max tensor index %d",
                     tensor, core_tensor_count(self, graph));
    return t;
}

TfLiteTensor *core_tensor_of(core *self, PyObject *args, int *graph, int *tensor)
{
    return PyArg_ParseTuple(args, "ii", graph, tensor) ? core_tensor(self, *graph, *tensor) : NULL;
}

/* ---- life ---- */

typedef void (*registerer)(TfLiteInterpreterOptions *options);

static bool register_by_name(PyObject *name, TfLiteInterpreterOptions *options)
{
    PyObject *bytes = PyUnicode_AsUTF8String(name);
    if (!bytes)
        return false;
    registerer function = NULL;
    void *program = dlopen(NULL, RTLD_NOW);
    void *symbol = program ? dlsym(program, PyBytes_AsString(bytes)) : NULL;
    memcpy(&function, &symbol, sizeof function);
    if (function) {
        function(options);
    } else {
        const char *why = dlerror();
        PyErr_Format(PyExc_ValueError, "Looking up symbol '%U' failed with error '%s'.", name,
                     why ? why : "it is NULL");
    }
    if (program)
        dlclose(program);
    Py_DECREF(bytes);
    return function != NULL;
}

/* Each one is the name of a function in the process, or a callable; it gets the address of the
 * TfLiteInterpreterOptions. */
static bool register_ops(PyObject *registerers, TfLiteInterpreterOptions *options)
{
    const Py_ssize_t n = PyList_Size(registerers);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyList_GetItem(registerers, i);
        if (PyUnicode_Check(item)) {
            if (!register_by_name(item, options))
                return false;
            continue;
        }
        PyObject *result = PyObject_CallFunction(item, "N", PyLong_FromVoidPtr(options));
        if (!result)
            return false;
        Py_DECREF(result);
    }
    return n >= 0;
}

typedef struct wishes {
    PyObject *path, *content, *registerers;
    int threads, engine, preserve, clustered;
} wishes;

static bool open_model(core *self, const wishes *w)
{
    if (w->path != Py_None) {
        const char *path = PyBytes_AsString(w->path);
        if (!path)
            return false;
        Py_BEGIN_ALLOW_THREADS self->model =
            TfLiteModelCreateFromFileWithErrorReporter(path, report, self);
        Py_END_ALLOW_THREADS
    } else {
        char *data;
        Py_ssize_t n;
        if (PyBytes_AsStringAndSize(w->content, &data, &n) < 0)
            return false;
        Py_INCREF(w->content);
        self->content = w->content;
        self->model = TfLiteModelCreateWithErrorReporter(data, (size_t)n, report, self);
    }
    if (self->model)
        return true;
    PyErr_Format(PyExc_ValueError, "The model is not a valid Flatbuffer buffer: %s", self->error);
    self->error[0] = '\0';
    return false;
}

static bool open_interpreter(core *self, const wishes *w)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    if (!options) {
        PyErr_NoMemory();
        return false;
    }
    TfLiteInterpreterOptionsSetNumThreads(options, w->threads);
    TfLiteInterpreterOptionsSetErrorReporter(options, report, self);
    ln_options_set_engine(options, w->engine != 0);
    ln_options_set_preserve_tensors(options, w->preserve != 0);
    ln_options_set_delegation(options, w->clustered != 0, NULL, NULL);
    if (register_ops(w->registerers, options)) {
        self->interpreter = TfLiteInterpreterCreate(self->model, options);
        if (!self->interpreter)
            raise(self, PyExc_ValueError, "The interpreter cannot be made.");
    }
    TfLiteInterpreterOptionsDelete(options);
    return self->interpreter != NULL;
}

static PyObject *core_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"path",     "content",   "threads",     "engine",
                            "preserve", "clustered", "registerers", NULL};
    wishes w;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "OOipppO!", names, &w.path, &w.content,
                                     &w.threads, &w.engine, &w.preserve, &w.clustered, &PyList_Type,
                                     &w.registerers))
        return NULL;
    core *self = (core *)PyType_GenericAlloc(type, 0);
    if (!self)
        return NULL;
    self->delegates = PyList_New(0);
    if (!self->delegates || !open_model(self, &w) || !open_interpreter(self, &w)) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void core_dealloc(PyObject *object)
{
    core *self = (core *)object;
    PyTypeObject *type = Py_TYPE(object);
    TfLiteInterpreterDelete(self->interpreter);
    TfLiteModelDelete(self->model);
    Py_XDECREF(self->content);
    Py_XDECREF(self->delegates); /* they must outlive the interpreter */
    PyObject_Free(object);
    Py_DECREF(type);
}

/* ---- running ---- */

static PyObject *without_gil(core *self, int graph, const char *what,
                             TfLiteStatus (*call)(TfLiteInterpreter *, int))
{
    TfLiteStatus status;
    if (!free_to_move(self) || !core_has_graph(self, graph))
        return NULL;
    self->busy = true;
    Py_BEGIN_ALLOW_THREADS status = call(self->interpreter, graph);
    Py_END_ALLOW_THREADS self->busy = false;
    return checked(self, status, what);
}

static PyObject *core_allocate(PyObject *self, PyObject *args)
{
    int graph;
    if (!PyArg_ParseTuple(args, "i", &graph))
        return NULL;
    return without_gil((core *)self, graph, "AllocateTensors", ln_tflite_subgraph_allocate);
}

static PyObject *core_invoke(PyObject *self, PyObject *args)
{
    int graph;
    if (!PyArg_ParseTuple(args, "i", &graph))
        return NULL;
    return without_gil((core *)self, graph, "Invoke", ln_tflite_subgraph_invoke);
}

static PyObject *core_resize(PyObject *object, PyObject *args)
{
    core *self = (core *)object;
    int graph, tensor, strict, dims[8];
    PyObject *shape;
    if (!PyArg_ParseTuple(args, "iiO!p", &graph, &tensor, &PyTuple_Type, &shape, &strict) ||
        !free_to_move(self) || !core_has_graph(self, graph))
        return NULL;
    const Py_ssize_t rank = PyTuple_Size(shape);
    if (rank > (Py_ssize_t)(sizeof dims / sizeof *dims))
        return PyErr_Format(PyExc_RuntimeError, "Tensors have at most 8 dimensions, not %zd.",
                            rank);
    for (Py_ssize_t i = 0; i < rank; i++) {
        const long value = PyLong_AsLong(PyTuple_GetItem(shape, i));
        if (value == -1 && PyErr_Occurred())
            return NULL;
        dims[i] = value < 0 || value > INT32_MAX ? -1 : (int)value;
    }
    return checked(
        self,
        ln_tflite_subgraph_resize(self->interpreter, graph, tensor, dims, (int)rank, strict != 0),
        "ResizeInputTensor");
}

static PyObject *core_reset_variables(PyObject *object, PyObject *nothing)
{
    core *self = (core *)object;
    (void)nothing;
    if (!core_ready(self))
        return NULL;
    return checked(self, TfLiteInterpreterResetVariableTensors(self->interpreter),
                   "ResetVariableTensors");
}

static PyObject *core_apply_delegate(PyObject *object, PyObject *args)
{
    core *self = (core *)object;
    PyObject *owner, *address;
    if (!PyArg_ParseTuple(args, "OO", &owner, &address) || !free_to_move(self))
        return NULL;
    TfLiteDelegate *delegate = PyLong_AsVoidPtr(address);
    if (PyErr_Occurred() || PyList_Append(self->delegates, owner) < 0)
        return NULL;
    return checked(self, TfLiteInterpreterModifyGraphWithDelegate(self->interpreter, delegate),
                   "ModifyGraphWithDelegate");
}

static PyObject *core_views(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return PyLong_FromLong(((core *)self)->views);
}

static PyObject *core_address(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return PyLong_FromVoidPtr(((core *)self)->interpreter);
}

/* ---- the module ---- */

static PyMethodDef run_methods[] = {
    {"allocate", core_allocate, METH_VARARGS, "allocate(graph): TfLiteInterpreterAllocateTensors"},
    {"invoke", core_invoke, METH_VARARGS, "invoke(graph): TfLiteInterpreterInvoke"},
    {"resize", core_resize, METH_VARARGS, "resize(graph, tensor, shape, strict)"},
    {"reset_variables", core_reset_variables, METH_NOARGS, "reset_variables()"},
    {"apply_delegate", core_apply_delegate, METH_VARARGS,
     "apply_delegate(owner, address): keeps `owner` until the interpreter is gone"},
    {"view", core_view, METH_VARARGS, "view(graph, tensor): the tensor's memory"},
    {"views", core_views, METH_NOARGS, "views(): how many views are alive"},
    {"address", core_address, METH_NOARGS, "address(): that of the TfLiteInterpreter"},
    {NULL, NULL, 0, NULL},
};

enum { MAX_METHODS = 32 };

/* Both tables in one. */
static PyMethodDef *all_methods(void)
{
    static PyMethodDef all[MAX_METHODS];
    const PyMethodDef *const tables[] = {run_methods, core_tensor_methods};
    int n = 0;
    for (int k = 0; k < 2; k++)
        for (int i = 0; tables[k][i].ml_name && n < MAX_METHODS - 1; i++)
            all[n++] = tables[k][i];
    return all;
}

static PyObject *make_core_type(void)
{
    PyType_Slot slots[] = {
        {Py_tp_new, (void *)(uintptr_t)core_new},
        {Py_tp_dealloc, (void *)(uintptr_t)core_dealloc},
        {Py_tp_methods, all_methods()},
        {Py_tp_doc, (void *)(uintptr_t) "An interpreter of the C API."},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = "linnet._core.Core",
        .basicsize = sizeof(core),
        .flags = Py_TPFLAGS_DEFAULT,
        .slots = slots,
    };
    return PyType_FromSpec(&spec);
}

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "linnet._core",
    .m_doc = "Linnet's C API, as far as the package linnet needs it.",
    .m_size = -1,
    .m_methods = core_byte_functions,
};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *m = PyModule_Create(&module);
    PyObject *type = m ? make_core_type() : NULL;
    view_type = type ? (PyTypeObject *)PyType_FromSpec(&view_spec) : NULL;
    if (!view_type || PyModule_AddObject(m, "Core", type) < 0 ||
        PyModule_AddStringConstant(m, "version", ln_version()) < 0 ||
        PyModule_AddStringConstant(m, "tflite_version", TfLiteVersion()) < 0 ||
        PyModule_AddIntConstant(m, "schema_version", TfLiteSchemaVersion()) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(m);
        return NULL;
    }
    return m;
}
