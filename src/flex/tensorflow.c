/* SPDX-License-Identifier: Apache-2.0 */
/* tensorflow.c: finds TensorFlow's C API in a shared library. */
#include "flex/tensorflow.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURE                                                                                     \
    "Give the option \"library\" or the environment's LINNET_TENSORFLOW the path of "            \
    "libtensorflow_cc.so.2 (in the folder of the Python package tensorflow) or of libtensorflow" \
    ".so.2 (TensorFlow for C)"

/* The first of its usual names that loads; NULL, and why not. */
static void *open_usual(char *message, size_t n)
{
    static const char *const names[] = {"libtensorflow_cc.so.2", "libtensorflow.so.2",
                                        "libtensorflow_cc.so", "libtensorflow.so"};
    void *library = NULL;
    for (size_t i = 0; !library && i < LN_COUNTOF(names); i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        snprintf(message, n, "there is no TensorFlow where libraries are looked for. " CURE);
    return library;
}

bool ln_tensorflow_load(const char *path, ln_tensorflow *tf, char *message, size_t n)
{
    const char *wish = path ? path : getenv("LINNET_TENSORFLOW");
    void *library = wish && *wish ? dlopen(wish, RTLD_NOW | RTLD_LOCAL) : open_usual(message, n);
    if (!library && wish && *wish)
        snprintf(message, n, "%s cannot be loaded (%s). " CURE, wish, dlerror());
    if (!library)
        return false;
    const char *missing = NULL;
    void *address;
/* the address goes into the function pointer as POSIX allows */
#define FUNCTION(result, name, parameters)       \
    address = dlsym(library, #name);             \
    memcpy(&tf->name, &address, sizeof address); \
    if (!address)                                \
        missing = #name;
    LN_TENSORFLOW_FUNCTIONS(FUNCTION)
#undef FUNCTION
    if (missing) {
        snprintf(message, n, "%s has no function %s: it is no TensorFlow 2. " CURE,
                 wish ? wish : "the library", missing);
        dlclose(library);
    }
    return missing == NULL;
}
