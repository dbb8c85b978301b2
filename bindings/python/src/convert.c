/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c: linnet._convert: the functions convert and quantize (quantize.c), of which
 * linnet/lite/converter.py makes TensorFlow's TFLiteConverter.  The module has the converter inside
 * and its own runtime. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#include "convert.h"
#include "linnet/convert.h"

enum { MAX_ITEMS = 64, MAX_RANK = 8 };

typedef struct request {
    ln_convert_options options;
    const char *signatures[MAX_ITEMS], *inputs[MAX_ITEMS], *outputs[MAX_ITEMS];
    const char *user_tf_ops[MAX_ITEMS];
    ln_convert_shape shapes[MAX_ITEMS];
    int dims[MAX_ITEMS][MAX_RANK];
    python_importers importers;
    PyObject *findings; /* a list of (op, layer, fate, cure) */
} request;

/* The conversion itself leaves the GIL, so what it tells is taken up with it. */
static void add_finding(void *user, const ln_convert_finding *f)
{
    const request *r = user;
    const PyGILState_STATE state = PyGILState_Ensure();
    PyObject *item = Py_BuildValue("(ssss)", f->op, f->layer, f->fate, f->cure);
    if (!item || PyList_Append(r->findings, item) != 0)
        PyErr_Clear(); /* the report lacks a line then */
    Py_XDECREF(item);
    PyGILState_Release(state);
}

/* The strings of a sequence; they live as long as it. */
static bool read_names(PyObject *list, const char **names, int *n)
{
    const Py_ssize_t count = PySequence_Size(list);
    if (count < 0 || count > MAX_ITEMS) {
        PyErr_SetString(PyExc_ValueError, "too many names");
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        const bool ok = item && PyArg_Parse(item, "s", &names[i]);
        Py_XDECREF(item); /* the sequence holds it */
        if (!ok)
            return false;
    }
    *n = (int)count;
    return true;
}

static bool read_shape(request *r, PyObject *name, PyObject *dims)
{
    const int i = r->options.n_shapes;
    const Py_ssize_t rank = PySequence_Size(dims);
    if (i == MAX_ITEMS || rank < 0 || rank > MAX_RANK) {
        PyErr_SetString(PyExc_ValueError, "too many input shapes, or a rank above 8");
        return false;
    }
    for (Py_ssize_t k = 0; k < rank; k++) {
        PyObject *item = PySequence_GetItem(dims, k);
        r->dims[i][k] = item ? (int)PyLong_AsLong(item) : 0;
        Py_XDECREF(item);
        if (PyErr_Occurred())
            return false;
    }
    r->shapes[i] = (ln_convert_shape){NULL, r->dims[i], (int)rank};
    r->options.n_shapes++;
    return PyArg_Parse(name, "s", &r->shapes[i].input);
}

static bool read_shapes(request *r, PyObject *shapes)
{
    PyObject *name, *dims;
    Py_ssize_t at = 0;
    while (PyDict_Next(shapes, &at, &name, &dims))
        if (!read_shape(r, name, dims))
            return false;
    return true;
}

static PyObject *run(request *r, const char *path)
{
    ln_convert_error error;
    ln_conversion *c;
    ln_convert_summary s;
    size_t n;
    Py_BEGIN_ALLOW_THREADS c = ln_convert(path, &r->options, &error);
    Py_END_ALLOW_THREADS if (importers_raise(&r->importers) || !c)
    {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_RuntimeError, error.text);
        ln_conversion_free(c);
        return NULL;
    }
    const void *model = ln_conversion_model(c, &n);
    ln_conversion_summary(c, &s);
    PyObject *result = Py_BuildValue("(y#Oiid)", (const char *)model, (Py_ssize_t)n, r->findings,
                                     s.operators_before, s.operators, s.seconds);
    ln_conversion_free(c);
    return result;
}

static PyObject *convert(PyObject *self, PyObject *args, PyObject *named)
{
    static char *names[] = {"path",        "format",        "signatures",
                            "tag",         "inputs",        "outputs",
                            "shapes",      "select_tf_ops", "allow_custom_ops",
                            "rules",       "strip_names",   "no_optimization",
                            "user_tf_ops", "importers",     "fuse_lstm",
                            NULL};
    const char *path;
    int format, select_tf, custom, strip, plain, fuse_lstm;
    PyObject *signatures, *inputs, *outputs, *shapes, *user_ops, *importers;
    request r = {.findings = NULL};
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(args, named, "siOzOOO!ppzppOO!p", names, &path, &format,
                                     &signatures, &r.options.tag, &inputs, &outputs, &PyDict_Type,
                                     &shapes, &select_tf, &custom, &r.options.rules, &strip, &plain,
                                     &user_ops, &PyDict_Type, &importers, &fuse_lstm) ||
        !read_names(signatures, r.signatures, &r.options.n_signatures) ||
        !read_names(inputs, r.inputs, &r.options.n_inputs) ||
        !read_names(outputs, r.outputs, &r.options.n_outputs) ||
        !read_names(user_ops, r.user_tf_ops, &r.options.n_user_tf_ops) ||
        !importers_read(&r.importers, importers) || !read_shapes(&r, shapes))
        return NULL;
    r.options.format = (ln_source_format)format;
    r.options.signatures = r.signatures;
    r.options.inputs = r.inputs;
    r.options.outputs = r.outputs;
    r.options.shapes = r.shapes;
    r.options.user_tf_ops = r.user_tf_ops;
    r.options.importers = r.importers.list;
    r.options.n_importers = r.importers.n;
    r.options.select_tf_ops = select_tf;
    r.options.allow_custom_ops = custom;
    r.options.strip_names = strip;
    r.options.no_optimization = plain;
    r.options.fuse_lstm = fuse_lstm;
    r.options.finding = add_finding;
    r.options.user = &r;
    r.findings = PyList_New(0);
    PyObject *result = r.findings ? run(&r, path) : NULL;
    Py_XDECREF(r.findings);
    return result;
}

static PyMethodDef functions[] = {
    {"convert", (PyCFunction)(void (*)(void))convert, METH_VARARGS | METH_KEYWORDS,
     "convert(path, format, ...) -> (model, findings, operators imported, written, seconds)"},
    {"quantize", (PyCFunction)(void (*)(void))convert_quantize, METH_VARARGS | METH_KEYWORDS,
     "quantize(model, mode, samples, strict, per_tensor, input_type, output_type) -> model"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "linnet._convert", .m_size = 0,
                                    .m_methods = functions};

PyMODINIT_FUNC PyInit__convert(void)
{
    PyObject *m = PyModule_Create(&module);
    if (m && !importers_init(m))
        Py_CLEAR(m);
    return m;
}
