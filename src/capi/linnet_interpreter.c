/* SPDX-License-Identifier: Apache-2.0 */
/* linnet_interpreter.c: linnet/interpreter.h: what an interpreter needs. */
#include "linnet/interpreter.h"

#include "capi/capi.h"

void ln_tflite_interpreter_memory(const TfLiteInterpreter *interpreter, ln_tflite_memory *memory)
{
    ln_memory_info info = {0};
    if (interpreter)
        ln_interpreter_memory(interpreter->it, &info);
    *memory = (ln_tflite_memory){
        .arena_bytes = info.arena_bytes,
        .persistent_bytes = info.persistent_bytes,
        .dynamic_bytes = info.dynamic_bytes,
    };
}

void ln_tflite_interpreter_profile(TfLiteInterpreter *interpreter, bool on)
{
    if (interpreter)
        ln_interpreter_profile(interpreter->it, on);
}

bool ln_tflite_interpreter_node(const TfLiteInterpreter *interpreter, int i,
                                ln_tflite_profile *profile)
{
    const TfLiteIntArray *plan = interpreter ? ln_interpreter_plan(interpreter->it, 0) : NULL;
    ln_node_info info;
    if (!plan || i < 0 || i >= plan->size ||
        !ln_interpreter_node_info(interpreter->it, 0, plan->data[i], &info))
        return false;
    const TfLiteTensor *t = ln_interpreter_tensor(interpreter->it, 0, info.first_output);
    *profile = (ln_tflite_profile){
        .op = info.op ? info.op : "",
        .output = t && t->name ? t->name : "",
        .runs = info.runs,
        .total_ns = info.total_ns,
        .delegated = info.delegated,
    };
    return true;
}

void ln_tflite_interpreter_profile_reset(TfLiteInterpreter *interpreter)
{
    if (interpreter)
        ln_interpreter_profile_reset(interpreter->it);
}
