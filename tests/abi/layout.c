/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c: our headers have TensorFlow Lite's layouts and numbers.
 *
 * layout.def holds them as plain numbers that were not taken from our headers.  The compiler
 * checks each (LP64 only; on other targets the program does nothing), and the program prints the
 * table with --print.  tests/abi/symbols.txt is its sibling for function names. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/c_api_opaque.h"
#include "tensorflow/lite/core/acceleration/configuration/c/stable_delegate.h"
#include "tensorflow/lite/core/async/c/async_kernel.h"
#include "tensorflow/lite/core/async/c/async_signature_runner.h"
#include "tensorflow/lite/core/async/c/task.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"
#include "tensorflow/lite/delegates/gpu/delegate.h"
#include "tensorflow/lite/delegates/hexagon/hexagon_delegate.h"
#include "tensorflow/lite/delegates/nnapi/nnapi_delegate_c_api.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"
#include "tensorflow/lite/profiling/telemetry/c/profiler.h"

#if UINTPTR_MAX == 0xffffffffffffffffu

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type);
#define FIELD(type, field, offset) \
    _Static_assert(offsetof(type, field) == (offset), #type "." #field);
#define VALUE(name, number) _Static_assert((int)(name) == (number), #name);
#include "layout.def"
#undef SIZE
#undef FIELD
#undef VALUE

/* Enums are the size of an int in both, or structs would not agree. */
_Static_assert(sizeof(TfLiteType) == 4 && sizeof(TfLiteStatus) == 4, "enum size");
_Static_assert(sizeof(TfLiteInPlaceOp) == 8, "TfLiteInPlaceOp");

typedef struct fact {
    const char *name;
    size_t expected, actual;
} fact;

static const fact facts[] = {
#define SIZE(type, bytes)          {#type, (bytes), sizeof(type)},
#define FIELD(type, field, offset) {#type "." #field, (offset), offsetof(type, field)},
#define VALUE(name, number)        {#name, (number), (size_t)(name)},
#include "layout.def"
};

int main(int argc, char **argv)
{
    const int print = argc > 1 && strcmp(argv[1], "--print") == 0;
    int failed = 0;

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (print)
            printf("%s %zu\n", facts[i].name, facts[i].actual);
        if (facts[i].expected != facts[i].actual) {
            fprintf(stderr, "%s: %zu, expected %zu\n", facts[i].name, facts[i].actual,
                    facts[i].expected);
            failed = 1;
        }
    }
    return failed;
}

#else

int main(void)
{
    return 0;
}

#endif
