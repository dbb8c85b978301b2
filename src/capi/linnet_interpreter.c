/* SPDX-License-Identifier: Apache-2.0 */
/* linnet_interpreter.c: linnet/interpreter.h: what an interpreter needs. */
#include "linnet/interpreter.h"

#include "capi/capi.h"
#include "cpu/engine.h"

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
    const TfLiteIntArray *out = info.node->outputs;
    const TfLiteTensor *t =
        ln_interpreter_tensor(interpreter->it, 0, out && out->size ? out->data[0] : -1);
    *profile = (ln_tflite_profile){
        .op = info.op ? info.op : "",
        .output = t && t->name ? t->name : "",
        .runs = info.runs,
        .total_ns = info.total_ns,
        .delegated = info.delegated,
        .why =
            info.delegated || info.folded
                ? NULL
                : ln_cpu_why(info.builtin, info.node, ln_interpreter_tensor(interpreter->it, 0, 0)),
    };
    return true;
}

void ln_tflite_interpreter_profile_reset(TfLiteInterpreter *interpreter)
{
    if (interpreter)
        ln_interpreter_profile_reset(interpreter->it);
}

/* ---- the graphs as they run ---- */

bool ln_tflite_interpreter_kernel(const TfLiteInterpreter *interpreter, int graph, int node,
                                  ln_tflite_kernel *kernel)
{
    ln_node_info info;
    if (!interpreter || !ln_interpreter_node_info(interpreter->it, graph, node, &info))
        return false;
    *kernel = (ln_tflite_kernel){
        .op = info.op ? info.op : "",
        .detail = info.detail,
        .builtin = info.builtin,
        .node = info.node,
        .replaces = info.replaces,
        .folded = info.folded,
        .flops = info.flops,
        .runs = info.runs,
        .total_ns = info.total_ns,
    };
    return true;
}

int ln_tflite_interpreter_graph_count(const TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_interpreter_graph_count(interpreter->it) : 0;
}

const TfLiteIntArray *ln_tflite_interpreter_plan(const TfLiteInterpreter *interpreter, int graph)
{
    return interpreter ? ln_interpreter_plan(interpreter->it, graph) : NULL;
}

const TfLiteIntArray *ln_tflite_interpreter_inputs(const TfLiteInterpreter *interpreter, int graph)
{
    return interpreter ? ln_interpreter_inputs(interpreter->it, graph) : NULL;
}

const TfLiteIntArray *ln_tflite_interpreter_outputs(const TfLiteInterpreter *interpreter, int graph)
{
    return interpreter ? ln_interpreter_outputs(interpreter->it, graph) : NULL;
}

const TfLiteTensor *ln_tflite_interpreter_tensor(const TfLiteInterpreter *interpreter, int graph,
                                                 int tensor)
{
    return interpreter ? ln_interpreter_tensor(interpreter->it, graph, tensor) : NULL;
}

bool ln_tflite_interpreter_block(const TfLiteInterpreter *interpreter, int graph, int i,
                                 ln_tflite_block *block)
{
    ln_block_info info = {0};
    const bool found = interpreter && ln_interpreter_block(interpreter->it, graph, i, &info);
    *block = (ln_tflite_block){
        .tensor = info.tensor,
        .node = info.node,
        .first = info.first,
        .last = info.last,
        .offset = info.offset,
        .bytes = info.bytes,
    };
    return found;
}
