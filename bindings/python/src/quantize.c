/* SPDX-License-Identifier: Apache-2.0 */
/* quantize.c: linnet._convert.quantize: a float model and samples -> a quantized model. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#include "convert.h"
#include "linnet/quantize.h"
#include "tensorflow/lite/c/c_api.h"

enum { MAX_RANK = 8, MAX_KEPT = 1024 };

static bool raise(const char *text)
{
    PyErr_SetString(PyExc_RuntimeError, text);
    return false;
}

/* What takes a sample: a signature, or where `runner` is NULL the main graph. */
typedef struct taker {
    TfLiteInterpreter *t;
    TfLiteSignatureRunner *runner;
} taker;

/* An input's shape, as a tuple. */
static bool resize(const taker *to, int i, const char *name, PyObject *dims)
{
    int shape[MAX_RANK];
    const Py_ssize_t rank = PyTuple_Size(dims);
    if (rank < 0 || rank > MAX_RANK)
        return PyErr_Occurred() ? false : raise("a sample has a rank above 8");
    for (Py_ssize_t k = 0; k < rank; k++)
        shape[k] = (int)PyLong_AsLong(PyTuple_GetItem(dims, k));
    if (PyErr_Occurred())
        return false;
    const TfLiteStatus status =
        to->runner ? TfLiteSignatureRunnerResizeInputTensor(to->runner, name, shape, (int32_t)rank)
                   : TfLiteInterpreterResizeInputTensor(to->t, i, shape, (int32_t)rank);
    return status == kTfLiteOk || raise("an input of the model cannot have the shape of a sample");
}

/* Input `i` is a tuple (name, shape, bytes): takes its shape, or its values. */
static bool take_input(const taker *to, int i, PyObject *item, bool values)
{
    PyObject *dims;
    const char *name, *data;
    Py_ssize_t bytes;
    if (!item || !PyArg_ParseTuple(item, "sO!y#", &name, &PyTuple_Type, &dims, &data, &bytes))
        return false;
    if (!values)
        return resize(to, i, name, dims);
    TfLiteTensor *input = to->runner ? TfLiteSignatureRunnerGetInputTensor(to->runner, name)
                                     : TfLiteInterpreterGetInputTensor(to->t, i);
    return (input && TfLiteTensorCopyFromBuffer(input, data, (size_t)bytes) == kTfLiteOk) ||
           raise("a sample has not as many bytes as its input");
}

static bool take_inputs(const taker *to, PyObject *list)
{
    const int n = to->runner ? (int)TfLiteSignatureRunnerGetInputCount(to->runner)
                             : TfLiteInterpreterGetInputTensorCount(to->t);
    if (PySequence_Size(list) != n)
        return PyErr_Occurred() ? false : raise("a sample has not one array per input");
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < n; i++) {
            PyObject *item = PySequence_GetItem(list, i);
            const bool ok = take_input(to, i, item, pass == 1);
            Py_XDECREF(item);
            if (!ok)
                return false;
        }
        if (pass == 0 && (to->runner ? TfLiteSignatureRunnerAllocateTensors(to->runner)
                                     : TfLiteInterpreterAllocateTensors(to->t)) != kTfLiteOk)
            return raise("the model cannot be planned for the shapes of a sample");
    }
    return true;
}

/* A sample is a tuple (signature or None, list of inputs). */
static bool run_sample(ln_calibration *c, PyObject *sample)
{
    ln_quantize_error error;
    const char *key;
    PyObject *list;
    taker to = {.t = ln_calibration_interpreter(c)};
    if (!PyArg_ParseTuple(sample, "zO", &key, &list))
        return false;
    if (key && !(to.runner = TfLiteInterpreterGetSignatureRunner(to.t, key)))
        return raise("the model has no such signature");
    bool ok = take_inputs(&to, list);
    if (ok &&
        !(key ? ln_calibration_run_signature(c, to.runner, &error) : ln_calibration_run(c, &error)))
        ok = raise(error.text);
    if (to.runner)
        TfLiteSignatureRunnerDelete(to.runner);
    return ok;
}

static bool calibrate(ln_calibration *c, PyObject *samples)
{
    PyObject *sample, *all = PyObject_GetIter(samples);
    bool ok = all != NULL;
    while (ok && (sample = PyIter_Next(all))) {
        ok = run_sample(c, sample);
        Py_DECREF(sample);
    }
    Py_XDECREF(all);
    const char *warning;
    for (int i = 0; ok && !PyErr_Occurred() && (warning = ln_calibration_warning(c, i)); i++)
        ok = PyErr_WarnEx(PyExc_UserWarning, warning, 1) == 0;
    return ok && !PyErr_Occurred();
}

static PyObject *run(const char *model, Py_ssize_t n, ln_quantize_options *o, PyObject *samples)
{
    ln_quantize_error error;
    ln_calibration *c = NULL;
    ln_quantized *q = NULL;
    PyObject *result = NULL;
    size_t size;
    if (samples != Py_None) {
        c = ln_calibration_create(model, (size_t)n, -1, &error);
        if (!c)
            raise(error.text);
        if (!c || !calibrate(c, samples)) {
            ln_calibration_free(c);
            return NULL;
        }
    }
    o->calibration = c;
    q = ln_quantize(model, (size_t)n, o, &error);
    if (q) {
        const void *bytes = ln_quantized_model(q, &size);
        result = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size);
    } else {
        raise(error.text);
    }
    ln_quantized_free(q);
    ln_calibration_free(c);
    return result;
}

/* The strings of a sequence, which holds them; their number, or -1 with an error. */
static int read_kept(PyObject *list, const char **names)
{
    const Py_ssize_t n = PySequence_Size(list);
    if (n > MAX_KEPT)
        raise("too many names");
    for (Py_ssize_t i = 0; i < n && n <= MAX_KEPT; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        const bool ok = item && PyArg_Parse(item, "s", &names[i]);
        Py_XDECREF(item);
        if (!ok)
            return -1;
    }
    return n < 0 || n > MAX_KEPT ? -1 : (int)n;
}

PyObject *convert_quantize(PyObject *self, PyObject *args, PyObject *named)
{
    static char *names[] = {"model",      "mode",        "samples",    "strict", "per_tensor",
                            "input_type", "output_type", "keep_float", "verify", NULL};
    const char *kept[MAX_KEPT];
    const char *model;
    Py_ssize_t n;
    int mode, strict, per_tensor, input_type, output_type, verify = 0, n_kept = 0;
    PyObject *samples, *keep = NULL;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(args, named, "y#iOppii|Oi", names, &model, &n, &mode, &samples,
                                     &strict, &per_tensor, &input_type, &output_type, &keep,
                                     &verify))
        return NULL;
    if (keep && (n_kept = read_kept(keep, kept)) < 0)
        return NULL;
    ln_quantize_options o = {.mode = (ln_quant_mode)mode,
                             .strict = strict,
                             .per_tensor = per_tensor,
                             .input_type = (TfLiteType)input_type,
                             .output_type = (TfLiteType)output_type,
                             .keep_float = kept,
                             .n_keep_float = n_kept,
                             .verify = (ln_quant_verify)verify};
    return run(model, n, &o, samples);
}
