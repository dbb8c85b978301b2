/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c: see peer.h. */
#include "quantize/peer.h"

#include <dlfcn.h>
#include <string.h>

#include "common/tool.h"
#include "tensorflow/lite/core/c/c_api.h"

/* The functions that are taken from the library. */
#define PEER_FUNCTIONS(F)                                                                     \
    F(TfLiteModel *, ModelCreateFromFile, (const char *))                                     \
    F(void, ModelDelete, (TfLiteModel *))                                                     \
    F(TfLiteInterpreterOptions *, InterpreterOptionsCreate, (void))                           \
    F(void, InterpreterOptionsDelete, (TfLiteInterpreterOptions *))                           \
    F(void, InterpreterOptionsSetNumThreads, (TfLiteInterpreterOptions *, int32_t))           \
    F(TfLiteInterpreter *, InterpreterCreate,                                                 \
      (const TfLiteModel *, const TfLiteInterpreterOptions *))                                \
    F(void, InterpreterDelete, (TfLiteInterpreter *))                                         \
    F(TfLiteStatus, InterpreterAllocateTensors, (TfLiteInterpreter *))                        \
    F(TfLiteStatus, InterpreterInvoke, (TfLiteInterpreter *))                                 \
    F(int32_t, InterpreterGetInputTensorCount, (const TfLiteInterpreter *))                   \
    F(int32_t, InterpreterGetOutputTensorCount, (const TfLiteInterpreter *))                  \
    F(TfLiteTensor *, InterpreterGetInputTensor, (const TfLiteInterpreter *, int32_t))        \
    F(const TfLiteTensor *, InterpreterGetOutputTensor, (const TfLiteInterpreter *, int32_t)) \
    F(TfLiteType, TensorType, (const TfLiteTensor *))                                         \
    F(int32_t, TensorNumDims, (const TfLiteTensor *))                                         \
    F(int32_t, TensorDim, (const TfLiteTensor *, int32_t))                                    \
    F(size_t, TensorByteSize, (const TfLiteTensor *))                                         \
    F(void *, TensorData, (const TfLiteTensor *))                                             \
    F(TfLiteQuantizationParams, TensorQuantizationParams, (const TfLiteTensor *))             \
    F(TfLiteStatus, TensorCopyFromBuffer, (TfLiteTensor *, const void *, size_t))

struct peer {
    void *library;
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
#define F(type, name, arguments) type(*name) arguments;
    PEER_FUNCTIONS(F)
#undef F
};

static bool find(void *library, const char *path, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        tool_error("%s: has no %s", path, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool load(peer *p, const char *path)
{
    /* A name without a slash would be looked for in the system's folders. */
    char *name = strchr(path, '/') ? tool_copy(path) : tool_format("./%s", path);
    p->library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    tool_free(name);
    if (!p->library) {
        tool_error("%s", dlerror());
        return false;
    }
#define F(type, name, arguments)                                   \
    if (!find(p->library, path, "TfLite" #name, (void *)&p->name)) \
        return false;
    PEER_FUNCTIONS(F)
#undef F
    return true;
}

static bool start(peer *p, const char *model, int threads)
{
    TfLiteInterpreterOptions *o = p->InterpreterOptionsCreate();
    p->model = p->ModelCreateFromFile(model);
    if (o && p->model) {
        p->InterpreterOptionsSetNumThreads(o, threads);
        p->interpreter = p->InterpreterCreate(p->model, o);
    }
    if (o)
        p->InterpreterOptionsDelete(o);
    return p->interpreter && p->InterpreterAllocateTensors(p->interpreter) == kTfLiteOk;
}

peer *peer_open(const char *library, const char *model, int threads)
{
    peer *p = tool_new(1, sizeof *p);
    const bool loaded = load(p, library), ok = loaded && start(p, model, threads);
    if (ok)
        return p;
    if (loaded)
        tool_error("%s: cannot be run by %s", model, library);
    peer_close(p);
    return NULL;
}

void peer_close(peer *p)
{
    if (!p)
        return;
    if (p->interpreter)
        p->InterpreterDelete(p->interpreter);
    if (p->model)
        p->ModelDelete(p->model);
    /* The library stays: some start threads that outlive their models. */
    tool_free(p);
}

/* A tensor of ours with what matters of one of theirs; its dims are to be freed. */
static TfLiteTensor describe(const peer *p, const TfLiteTensor *theirs)
{
    const int rank = p->TensorNumDims(theirs) > 0 ? p->TensorNumDims(theirs) : 0;
    TfLiteTensor t;
    memset(&t, 0, sizeof t);
    t.type = p->TensorType(theirs);
    t.params = p->TensorQuantizationParams(theirs);
    t.dims = TfLiteIntArrayCreate(rank);
    for (int i = 0; t.dims && i < rank; i++)
        t.dims->data[i] = p->TensorDim(theirs, i);
    return t;
}

static bool feed(peer *p, const samples *s, int i)
{
    TfLiteTensor *theirs = p->InterpreterGetInputTensor(p->interpreter, i);
    TfLiteTensor t = describe(p, theirs);
    value v = {0};
    const bool ok = samples_value(s, i, &t, &v) &&
                    p->TensorCopyFromBuffer(theirs, v.data, v.bytes) == kTfLiteOk;
    if (!ok)
        tool_error("a sample does not fit input %d of the other runtime", i);
    TfLiteIntArrayFree(t.dims);
    value_free(&v);
    return ok;
}

bool peer_run(peer *p, const samples *s)
{
    for (int i = 0; i < p->InterpreterGetInputTensorCount(p->interpreter); i++)
        if (!feed(p, s, i))
            return false;
    if (p->InterpreterInvoke(p->interpreter) == kTfLiteOk)
        return true;
    tool_error("the other runtime fails to run the model");
    return false;
}

int peer_output_count(const peer *p)
{
    return p->InterpreterGetOutputTensorCount(p->interpreter);
}

bool peer_output(const peer *p, int i, TfLiteTensor *t, value *v)
{
    const TfLiteTensor *theirs = p->InterpreterGetOutputTensor(p->interpreter, i);
    memset(v, 0, sizeof *v);
    *t = describe(p, theirs);
    if (t->dims && t->dims->size <= VALUE_MAX_RANK && value_item_bytes(t->type) > 0) {
        value_make(v, t->type, t->dims->size, t->dims->data);
        const void *data = p->TensorData(theirs);
        if (v->bytes && data && p->TensorByteSize(theirs) == v->bytes)
            memcpy(v->data, data, v->bytes);
        else
            value_free(v);
    }
    TfLiteIntArrayFree(t->dims);
    t->dims = NULL;
    return v->data != NULL;
}
