/* SPDX-License-Identifier: Apache-2.0 */
/* external_delegate.c: delegates in shared libraries.  The delegate given out wraps the library's
 * own, which sees itself in every call. */
#include "tensorflow/lite/delegates/external/external_delegate.h"

#include <string.h>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

#include "base/alloc.h"
#include "runtime/interpreter.h"

typedef TfLiteDelegate *(*create_fn)(const char *const *, const char *const *, size_t,
                                     void (*)(const char *));
typedef void (*destroy_fn)(TfLiteDelegate *);

typedef struct external {
    TfLiteDelegate base; /* first: what the program gets */
    TfLiteDelegate *inner;
    void *library;
    destroy_fn destroy;
} external;

/* ---- options ---- */

TfLiteStatus TfLiteExternalDelegateOptionsInsert(TfLiteExternalDelegateOptions *options,
                                                 const char *key, const char *value)
{
    if (!options || options->count < 0 || options->count >= kExternalDelegateMaxOptions)
        return kTfLiteError;
    options->keys[options->count] = key;
    options->values[options->count] = value;
    options->count++;
    return kTfLiteOk;
}

TfLiteExternalDelegateOptions TfLiteExternalDelegateOptionsDefault(const char *lib_path)
{
    TfLiteExternalDelegateOptions options;
    memset(&options, 0, sizeof options);
    options.lib_path = lib_path;
    options.insert = TfLiteExternalDelegateOptionsInsert;
    return options;
}

/* ---- libraries ---- */

#if defined(_WIN32)
static void *library_open(const char *path)
{
    (void)path;
    return NULL;
}

static void library_close(void *library)
{
    (void)library;
}

static bool library_symbol(void *library, const char *name, void *fn)
{
    (void)library;
    (void)name;
    (void)fn;
    return false;
}
#else
static void *library_open(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void library_close(void *library)
{
    if (library)
        dlclose(library);
}

/* Puts the address of a function into the function pointer at `fn`, as POSIX allows. */
static bool library_symbol(void *library, const char *name, void *fn)
{
    void *address = dlsym(library, name);
    memcpy(fn, &address, sizeof address);
    return address != NULL;
}
#endif

/* ---- calls passed on ---- */

static TfLiteDelegate *inner_of(TfLiteDelegate *delegate)
{
    return ((external *)(void *)delegate)->inner;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    TfLiteDelegate *d = inner_of(delegate);
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    if (b && b->Prepare)
        return b->Prepare((TfLiteOpaqueContext *)context, (TfLiteOpaqueDelegate *)d, b->data);
    return d->Prepare ? d->Prepare(context, d) : kTfLiteDelegateError;
}

static TfLiteStatus copy_from(TfLiteContext *context, TfLiteDelegate *delegate,
                              TfLiteBufferHandle handle, TfLiteTensor *tensor)
{
    TfLiteDelegate *d = inner_of(delegate);
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    if (b && b->CopyFromBufferHandle)
        return b->CopyFromBufferHandle((TfLiteOpaqueContext *)context, (TfLiteOpaqueDelegate *)d,
                                       b->data, handle, (TfLiteOpaqueTensor *)tensor);
    return d->CopyFromBufferHandle ? d->CopyFromBufferHandle(context, d, handle, tensor)
                                   : kTfLiteDelegateError;
}

static TfLiteStatus copy_to(TfLiteContext *context, TfLiteDelegate *delegate,
                            TfLiteBufferHandle handle, TfLiteTensor *tensor)
{
    TfLiteDelegate *d = inner_of(delegate);
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    if (b && b->CopyToBufferHandle)
        return b->CopyToBufferHandle((TfLiteOpaqueContext *)context, (TfLiteOpaqueDelegate *)d,
                                     b->data, handle, (TfLiteOpaqueTensor *)tensor);
    return d->CopyToBufferHandle ? d->CopyToBufferHandle(context, d, handle, tensor)
                                 : kTfLiteDelegateError;
}

static void free_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                        TfLiteBufferHandle *handle)
{
    TfLiteDelegate *d = inner_of(delegate);
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    if (b && b->FreeBufferHandle)
        b->FreeBufferHandle((TfLiteOpaqueContext *)context, (TfLiteOpaqueDelegate *)d, b->data,
                            handle);
    else if (d->FreeBufferHandle)
        d->FreeBufferHandle(context, d, handle);
}

/* ---- life ---- */

/* Loads the library and asks it for its delegate. */
static bool load(external *e, const TfLiteExternalDelegateOptions *options)
{
    create_fn create;
    e->library = library_open(options->lib_path);
    if (!e->library || !library_symbol(e->library, "tflite_plugin_create_delegate", &create) ||
        !library_symbol(e->library, "tflite_plugin_destroy_delegate", &e->destroy))
        return false;
    e->inner = create(options->keys, options->values, (size_t)options->count, NULL);
    return e->inner != NULL;
}

TfLiteDelegate *TfLiteExternalDelegateCreate(const TfLiteExternalDelegateOptions *options)
{
    if (!options || !options->lib_path || options->count < 0 ||
        options->count > kExternalDelegateMaxOptions)
        return NULL;
    external *e = ln_new(&ln_alloc_default, 1, sizeof *e);
    if (!e)
        return NULL;
    if (!load(e, options)) {
        library_close(e->library);
        ln_free(&ln_alloc_default, e);
        return NULL;
    }
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(e->inner);
    e->base.data_ = e;
    e->base.Prepare = prepare;
    e->base.CopyFromBufferHandle = copy_from;
    e->base.CopyToBufferHandle = copy_to;
    e->base.FreeBufferHandle = free_handle;
    e->base.flags = b ? b->flags : e->inner->flags;
    return &e->base;
}

void TfLiteExternalDelegateDelete(TfLiteDelegate *delegate)
{
    external *e = (external *)(void *)delegate;
    if (!e)
        return;
    e->destroy(e->inner);
    library_close(e->library);
    ln_free(&ln_alloc_default, e);
}
