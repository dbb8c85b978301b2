/* SPDX-License-Identifier: Apache-2.0 */
/* roofline.c: what the machine can do at most, and how much of it a model asks for, as JSON.
 *
 *   linnet_roofline [THREADS]      peaks in 1e9 operations (bytes) a second, each with its set
 *   linnet_roofline MODEL.tflite   operations of one run's products by the type of their operands
 *
 * A multiply-add is two operations.  Products are convolutions and matrix products in all graphs,
 * as often as the nodes of a loop run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "linnet/interpreter.h"
#include "peak/peaks.h"
#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/core/c/c_api.h"

/* ---- the machine ---- */

#if defined(__x86_64__)
#define TILE_SETS LN_ISA_BIT(amx) /* whose products are so much faster that they are kept apart */
#else
#define TILE_SETS 0u
#endif

static void print_peaks(int threads)
{
    static const struct {
        const char *name;
        int kind;
        bool tiles;
    } rows[] = {{"f32", PEAK_F32, false},    {"half", PEAK_HALF, true}, {"s8", PEAK_S8, false},
                {"s8_tiles", PEAK_S8, true}, {"s16", PEAK_S16, false},  {"l1", PEAK_L1, false}};
    const unsigned all = ln_cpu_isas(), vectors = all & ~TILE_SETS;
    const char *separator = "{";
    for (size_t i = 0; i < LN_COUNTOF(rows); i++) {
        const char *set;
        const double speed = peaks_best(rows[i].kind, rows[i].tiles ? all : vectors, threads, &set);
        if (set)
            printf("%s\"%s\": {\"set\": \"%s\", \"speed\": %.2f", separator, rows[i].name, set,
                   speed);
        separator = set ? "}, " : separator;
    }
    printf("}}\n");
}

/* ---- a model ---- */

enum { F32, S8, S16, TYPES };

static bool is_product(int builtin)
{
    static const int products[] = {
        kTfLiteBuiltinConv2d,
        kTfLiteBuiltinDepthwiseConv2d,
        kTfLiteBuiltinTransposeConv,
        kTfLiteBuiltinConv3d,
        kTfLiteBuiltinConv3dTranspose,
        kTfLiteBuiltinFullyConnected,
        kTfLiteBuiltinBatchMatmul,
        kTfLiteBuiltinRnn,
        kTfLiteBuiltinLstm,
        kTfLiteBuiltinSvdf,
        kTfLiteBuiltinUnidirectionalSequenceRnn,
        kTfLiteBuiltinUnidirectionalSequenceLstm,
        kTfLiteBuiltinBidirectionalSequenceRnn,
        kTfLiteBuiltinBidirectionalSequenceLstm,
    };
    for (size_t i = 0; i < LN_COUNTOF(products); i++)
        if (products[i] == builtin)
            return true;
    return false;
}

/* Of the first three operands, among which are the values and the weights. */
static int type_of(const TfLiteInterpreter *it, int graph, const TfLiteIntArray *inputs)
{
    int type = F32;
    for (int i = 0; i < inputs->size && i < 3; i++) {
        const TfLiteTensor *t =
            inputs->data[i] < 0 ? NULL : ln_tflite_interpreter_tensor(it, graph, inputs->data[i]);
        if (!t)
            continue;
        if (t->type == kTfLiteInt16)
            return S16;
        if (t->type == kTfLiteInt8 || t->type == kTfLiteUInt8 || t->type == kTfLiteInt4)
            type = S8;
    }
    return type;
}

static void add_node(const TfLiteInterpreter *it, int graph, int node, double runs,
                     double sums[TYPES])
{
    ln_tflite_kernel k;
    if (ln_tflite_interpreter_kernel(it, graph, node, &k) && is_product(k.builtin))
        sums[type_of(it, graph, k.node->inputs)] += k.flops * runs;
}

/* A delegate's kernel runs as often as each of the nodes that it stands for would. */
static void add_graph(const TfLiteInterpreter *it, int graph, double sums[TYPES])
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(it, graph);
    for (int i = 0; plan && i < plan->size; i++) {
        ln_tflite_kernel k;
        if (!ln_tflite_interpreter_kernel(it, graph, plan->data[i], &k))
            continue;
        for (int j = 0; k.replaces && j < k.replaces->size; j++)
            add_node(it, graph, k.replaces->data[j], (double)k.runs, sums);
        if (!k.replaces)
            add_node(it, graph, plan->data[i], (double)k.runs, sums);
    }
}

static bool run_once(TfLiteInterpreter *it)
{
    if (!it || TfLiteInterpreterAllocateTensors(it) != kTfLiteOk)
        return false;
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(it); i++) {
        TfLiteTensor *t = TfLiteInterpreterGetInputTensor(it, i);
        if (TfLiteTensorType(t) != kTfLiteString)
            memset(TfLiteTensorData(t), 0, TfLiteTensorByteSize(t));
    }
    ln_tflite_interpreter_profile(it, true);
    return TfLiteInterpreterInvoke(it) == kTfLiteOk;
}

static bool print_work(const char *path)
{
    double sums[TYPES] = {0};
    TfLiteModel *model = TfLiteModelCreateFromFile(path);
    TfLiteInterpreter *it = model ? TfLiteInterpreterCreate(model, NULL) : NULL;
    const bool ok = run_once(it);
    for (int g = 0; ok && g < ln_tflite_interpreter_graph_count(it); g++)
        add_graph(it, g, sums);
    if (ok)
        printf("{\"f32\": %.0f, \"s8\": %.0f, \"s16\": %.0f}\n", sums[F32], sums[S8], sums[S16]);
    else
        fprintf(stderr, "%s: does not run\n", path);
    TfLiteInterpreterDelete(it);
    TfLiteModelDelete(model);
    return ok;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "1";
    char *end;
    const long threads = strtol(what, &end, 10);
    if (*end != '\0')
        return print_work(what) ? 0 : 1;
    print_peaks((int)LN_MAX(1, LN_MIN(threads, 64)));
    return 0;
}
