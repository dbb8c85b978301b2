/* SPDX-License-Identifier: Apache-2.0 */
/* signature_runner.c: TfLiteSignatureRunner.  Inputs and outputs are in order of their names, as
 * TFLite lists them.  A model without signatures has one for its main graph, under the key NULL,
 * with the names of the tensors. */
#include <stdlib.h>
#include <string.h>

#include "capi/capi.h"
#include "tensorflow/lite/c/c_api_experimental.h"

static const ln_alloc *const heap = &ln_alloc_default;

typedef struct names {
    ln_binding *items;
    size_t n;
} names;

struct TfLiteSignatureRunner {
    TfLiteInterpreter *p;
    int graph;
    names inputs, outputs;
};

int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_interpreter_model(interpreter->it)->n_signatures : 0;
}

const char *TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter *interpreter,
                                             int32_t signature_index)
{
    if (signature_index < 0 || signature_index >= TfLiteInterpreterGetSignatureCount(interpreter))
        return NULL;
    return ln_interpreter_model(interpreter->it)->signatures[signature_index].key;
}

/* ---- making a runner ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ln_binding *)a)->name, ((const ln_binding *)b)->name);
}

/* Room for `n` names. */
static bool names_init(names *to, int n)
{
    to->items = ln_new(heap, (size_t)n + 1, sizeof *to->items);
    return to->items != NULL;
}

static bool names_of_signature(names *to, const ln_binding *from, int n)
{
    if (!names_init(to, n))
        return false;
    for (int i = 0; i < n; i++)
        to->items[to->n++] = from[i];
    qsort(to->items, to->n, sizeof *to->items, by_name);
    return true;
}

/* Names for the inputs or outputs of the main graph. */
static bool names_of_tensors(names *to, ln_interpreter *it, const TfLiteIntArray *ids)
{
    if (!names_init(to, ids->size))
        return false;
    for (int i = 0; i < ids->size; i++) {
        const TfLiteTensor *t = ln_interpreter_tensor(it, 0, ids->data[i]);
        if (t)
            to->items[to->n++] = (ln_binding){t->name ? t->name : "", ids->data[i]};
    }
    qsort(to->items, to->n, sizeof *to->items, by_name);
    return true;
}

/* The signature of a key; NULL is the first one of the main graph. */
static const ln_signature *find(const TfLiteInterpreter *p, const char *key)
{
    const ln_model *m = ln_interpreter_model(p->it);
    for (int i = 0; i < m->n_signatures; i++) {
        const ln_signature *s = &m->signatures[i];
        if (key ? strcmp(s->key, key) == 0 : s->graph == 0)
            return s;
    }
    return NULL;
}

TfLiteSignatureRunner *TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter *interpreter,
                                                           const char *signature_key)
{
    if (!interpreter)
        return NULL;
    const ln_signature *s = find(interpreter, signature_key);
    const bool unnamed = !signature_key && TfLiteInterpreterGetSignatureCount(interpreter) == 0;
    if (!s && !unnamed) {
        (void)ln_capi_error(interpreter, "the model has no signature \"%s\"",
                            signature_key ? signature_key : "(of the main graph)");
        return NULL;
    }
    TfLiteSignatureRunner *r = ln_new(heap, 1, sizeof *r);
    if (!r)
        return NULL;
    /* const in the interface only: the object was made by TfLiteInterpreterCreate */
    r->p = (TfLiteInterpreter *)(uintptr_t)interpreter;
    r->graph = s ? s->graph : 0;
    const bool named =
        s ? names_of_signature(&r->inputs, s->inputs, s->n_inputs) &&
                names_of_signature(&r->outputs, s->outputs, s->n_outputs)
          : names_of_tensors(&r->inputs, r->p->it, ln_interpreter_inputs(r->p->it, 0)) &&
                names_of_tensors(&r->outputs, r->p->it, ln_interpreter_outputs(r->p->it, 0));
    if (!named) {
        TfLiteSignatureRunnerDelete(r);
        return NULL;
    }
    return r;
}

void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner *signature_runner)
{
    if (!signature_runner)
        return;
    ln_free(heap, signature_runner->inputs.items);
    ln_free(heap, signature_runner->outputs.items);
    ln_free(heap, signature_runner);
}

/* ---- using it ---- */

static const char *name_at(const names *list, int32_t i)
{
    return i >= 0 && (size_t)i < list->n ? list->items[i].name : NULL;
}

/* The tensor index of a name, -1 when there is none. */
static int tensor_of(const names *list, const char *name)
{
    for (size_t i = 0; name && i < list->n; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return list->items[i].tensor;
    return -1;
}

static TfLiteTensor *tensor_named(const TfLiteSignatureRunner *r, const names *list,
                                  const char *what, const char *name)
{
    const int id = tensor_of(list, name);
    if (id < 0) {
        (void)ln_capi_error(r->p, "the signature has no %s \"%s\"", what, name ? name : "(null)");
        return NULL;
    }
    return ln_interpreter_tensor(r->p->it, r->graph, id);
}

size_t TfLiteSignatureRunnerGetInputCount(const TfLiteSignatureRunner *signature_runner)
{
    return signature_runner ? signature_runner->inputs.n : 0;
}

const char *TfLiteSignatureRunnerGetInputName(const TfLiteSignatureRunner *signature_runner,
                                              int32_t input_index)
{
    return signature_runner ? name_at(&signature_runner->inputs, input_index) : NULL;
}

size_t TfLiteSignatureRunnerGetOutputCount(const TfLiteSignatureRunner *signature_runner)
{
    return signature_runner ? signature_runner->outputs.n : 0;
}

const char *TfLiteSignatureRunnerGetOutputName(const TfLiteSignatureRunner *signature_runner,
                                               int32_t output_index)
{
    return signature_runner ? name_at(&signature_runner->outputs, output_index) : NULL;
}

TfLiteTensor *TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner *signature_runner,
                                                  const char *input_name)
{
    const TfLiteSignatureRunner *r = signature_runner;
    return r ? tensor_named(r, &r->inputs, "input", input_name) : NULL;
}

const TfLiteTensor *TfLiteSignatureRunnerGetOutputTensor(
    const TfLiteSignatureRunner *signature_runner, const char *output_name)
{
    const TfLiteSignatureRunner *r = signature_runner;
    return r ? tensor_named(r, &r->outputs, "output", output_name) : NULL;
}

TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(TfLiteSignatureRunner *signature_runner,
                                                    const char *input_name, const int *input_dims,
                                                    int32_t input_dims_size)
{
    const TfLiteSignatureRunner *r = signature_runner;
    if (!r)
        return kTfLiteError;
    const int id = tensor_of(&r->inputs, input_name);
    if (id < 0)
        return ln_capi_error(r->p, "the signature has no input \"%s\"",
                             input_name ? input_name : "(null)");
    if (input_dims_size < 0 || (input_dims_size > 0 && !input_dims))
        return ln_capi_error(r->p, "a shape of %d dimensions is not valid", (int)input_dims_size);
    return ln_status_to_tflite(
        ln_interpreter_resize(r->p->it, r->graph, id, input_dims_size, input_dims, true));
}

TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner *signature_runner)
{
    return signature_runner ? ln_capi_allocate(signature_runner->p, signature_runner->graph)
                            : kTfLiteError;
}

TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner *signature_runner)
{
    return signature_runner ? ln_capi_invoke(signature_runner->p, signature_runner->graph)
                            : kTfLiteError;
}

TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner *signature_runner)
{
    return signature_runner ? TfLiteInterpreterCancel(signature_runner->p) : kTfLiteError;
}
