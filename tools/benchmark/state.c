/* SPDX-License-Identifier: Apache-2.0 */
/* state.c: the inside of an interpreter as text, in the form of TensorFlow Lite's
 * PrintInterpreterState: for each graph its tensors with their memory, its nodes and who runs
 * them, and the sums. */
#include <stdlib.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "common/tool.h"

enum { N_ALLOCATIONS = kTfLiteNonCpu + 1 };

/* The lowest address and the end of all tensors of one kind of memory. */
typedef struct range {
    const char *first, *end;
    size_t largest;
    int largest_id;
} range;

typedef struct state {
    const session *s;
    range ranges[N_ALLOCATIONS];
    int graph, n_tensors, n_nodes;
    const TfLiteIntArray *plan;
    int *replaced_by; /* per node; -1: runs itself, or is a delegate's */
    bool delegated;
} state;

static const TfLiteTensor *tensor(const state *st, int id)
{
    return ln_tflite_interpreter_tensor(st->s->interpreter, st->graph, id);
}

static bool kernel(const state *st, int node, ln_tflite_kernel *k)
{
    return ln_tflite_interpreter_kernel(st->s->interpreter, st->graph, node, k);
}

static double mb(size_t bytes)
{
    return (double)bytes / (1 << 20);
}

/* "[1,4-7]"; without `collapse` "[1,4,5,6,7]". */
static void print_ints(const int *v, int n, bool collapse)
{
    printf(n > 0 ? "[" : "(null)");
    for (int i = 0; i < n;) {
        int end = i + 1;
        while (collapse && end < n && v[end] == v[end - 1] + 1)
            end++;
        printf("%s%d", i > 0 ? "," : "", v[i]);
        if (end > i + 1)
            printf("%s%d", end == i + 2 ? "," : "-", v[end - 1]);
        i = end;
    }
    printf(n > 0 ? "]" : "");
}

static size_t bytes_of(const state *st, const TfLiteIntArray *ids)
{
    size_t sum = 0;
    for (int i = 0; i < ids->size; i++) {
        const TfLiteTensor *t = ids->data[i] >= 0 ? tensor(st, ids->data[i]) : NULL;
        sum += t ? t->bytes : 0;
    }
    return sum;
}

static void print_operands(const state *st, const char *what, const TfLiteIntArray *ids,
                           bool collapse, bool count_bytes)
{
    const size_t bytes = count_bytes ? bytes_of(st, ids) : 0;
    printf("%d %s", ids->size, what);
    print_ints(ids->data, ids->size, collapse);
    printf(" -> %zuB (%.2fMB)\n", bytes, mb(bytes));
}

/* ---- tensors ---- */

const char *benchmark_allocation_name(TfLiteAllocationType type)
{
    static const char *const names[N_ALLOCATIONS] = {
        "kTfLiteMemNone", "kTfLiteMmapRo",       "kTfLiteArenaRw", "kTfLiteArenaRwPersistent",
        "kTfLiteDynamic", "kTfLitePersistentRo", "kTfLiteCustom",  "kTfLiteVariantObject",
        "kTfLiteNonCpu"};
    return (size_t)type < N_ALLOCATIONS ? names[type] : "(invalid)";
}

/* "kTfLiteFloat32" of FLOAT32. */
static char *type_name(TfLiteType type)
{
    const char *name = TfLiteTypeGetName(type); /* "FLOAT32", "UINT8" */
    static const char *const parts[][2] = {{"BFLOAT", "BFloat"},   {"FLOAT", "Float"},
                                           {"UINT", "UInt"},       {"INT", "Int"},
                                           {"STRING", "String"},   {"BOOL", "Bool"},
                                           {"COMPLEX", "Complex"}, {"RESOURCE", "Resource"},
                                           {"VARIANT", "Variant"}, {"NOTYPE", "NoType"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t n = strlen(parts[i][0]);
        if (strncmp(name, parts[i][0], n) == 0)
            return tool_format("kTfLite%s%s", parts[i][1], name + n);
    }
    return tool_format("kTfLite%s", name);
}

/* `text` in at most `width` characters, with dots where something is missing. */
static char *cut(const char *text, int width, bool at_end)
{
    const int n = (int)strlen(text);
    if (n <= width)
        return tool_copy(text);
    if (width <= 3)
        return tool_format("%.*s", width > 0 ? width : 0, "...");
    return at_end ? tool_format("%.*s...", width - 3, text)
                  : tool_format("...%s", text + n - (width - 3));
}

static void find_ranges(state *st)
{
    memset(st->ranges, 0, sizeof st->ranges);
    for (int i = 0; i < st->n_tensors; i++) {
        const TfLiteTensor *t = tensor(st, i);
        if (!t->data.raw || (size_t)t->allocation_type >= N_ALLOCATIONS)
            continue;
        range *r = &st->ranges[t->allocation_type];
        if (!r->first || t->data.raw < r->first)
            r->first = t->data.raw;
        if (!r->end || t->data.raw + t->bytes > r->end)
            r->end = t->data.raw + t->bytes;
        if (t->bytes >= r->largest) {
            r->largest = t->bytes;
            r->largest_id = i;
        }
    }
}

static void print_tensor(const state *st, int id, const int *width)
{
    const TfLiteTensor *t = tensor(st, id);
    char *kind = type_name(t->type);
    char *columns[] = {cut(t->name ? t->name : "(nil)", width[0], true), cut(kind, width[1], false),
                       cut(benchmark_allocation_name(t->allocation_type), width[2], false)};
    printf("Tensor %3d %-*s %-*s %-*s %-8zu / %.2f ", id, width[0], columns[0], width[1],
           columns[1], width[2], columns[2], t->bytes, mb(t->bytes));
    print_ints(t->dims ? t->dims->data : NULL, t->dims ? t->dims->size : 0, false);
    long long first = -1;
    if (t->data.raw && t->allocation_type != kTfLiteDynamic &&
        (size_t)t->allocation_type < N_ALLOCATIONS)
        first = (long long)(t->data.raw - st->ranges[t->allocation_type].first);
    printf(" [%lld, %lld)\n", first, first < 0 ? -1 : first + (long long)t->bytes);
    tool_free(kind);
    for (int i = 0; i < 3; i++)
        tool_free(columns[i]);
}

static void print_range(const state *st, TfLiteAllocationType type)
{
    const range r = st->ranges[type];
    printf("%s Info: ", benchmark_allocation_name(type));
    if (!r.end) {
        printf("not holding any allocation.\n\n");
        return;
    }
    const size_t bytes = (size_t)(r.end - r.first);
    printf("\nTensor %d has the max size %zu bytes (%.3f MB).\n", r.largest_id, r.largest,
           mb(r.largest));
    if (type != kTfLiteDynamic)
        printf("This memory arena is estimated as[0x%zx, 0x%zx), taking %zu bytes (%.3f MB).\n",
               (size_t)(uintptr_t)r.end, (size_t)(uintptr_t)r.first, bytes, mb(bytes));
    printf("\n");
}

static void print_tensors(const state *st)
{
    const int width[] = {benchmark_int("tensor_name_display_length"),
                         benchmark_int("tensor_type_display_length"),
                         benchmark_int("alloc_type_display_length")};
    printf("Tensor %3s %-*s %-*s %-*s %-18s %-10s %-16s\n", "ID", width[0], "Name", width[1],
           "Type", width[2], "AllocType", "Size (Bytes/MB)", "Shape", "MemAddr-Offset");
    for (int i = 0; i < st->n_tensors; i++)
        print_tensor(st, i, width);
    printf("\n");
    print_range(st, kTfLiteArenaRw);
    print_range(st, kTfLiteArenaRwPersistent);
    print_range(st, kTfLiteMmapRo);
    print_range(st, kTfLiteDynamic);
}

/* ---- nodes ---- */

static void print_node(const state *st, int node)
{
    ln_tflite_kernel k;
    char *status = NULL;
    if (!kernel(st, node, &k))
        return;
    const bool delegated = st->replaced_by[node] >= 0, ours = k.replaces == NULL;
    if (delegated)
        status = tool_format("(delegated by node %d)", st->replaced_by[node]);
    else
        status = tool_copy(ours ? "(not delegated)" : "");
    if (k.builtin == kTfLiteBuiltinCustom || !ours)
        printf("Node %3d Operator Custom Name %s %s\n", node, k.op, status);
    else
        printf("Node %3d Operator Builtin Code %3d %s %s\n", node, k.builtin, k.op, status);
    printf("  ");
    print_operands(st, "Input Tensors:", k.node->inputs, !ours, !delegated);
    printf("  ");
    print_operands(st, "Output Tensors:", k.node->outputs, true, !delegated);
    if (k.node->intermediates && k.node->intermediates->size > 0) {
        printf("  ");
        print_operands(st, "Intermediate Tensors:", k.node->intermediates, true, !delegated);
    }
    if (k.node->temporaries && k.node->temporaries->size > 0) {
        printf("  ");
        print_operands(st, "Temporary Tensors:", k.node->temporaries, true, !delegated);
    }
    tool_free(status);
}

static void print_plan(const state *st)
{
    ln_tflite_kernel k;
    printf("\nExecution plan as the list of %d nodes invoked in-order: ", st->plan->size);
    print_ints(st->plan->data, st->plan->size, true);
    printf("\n%s", st->delegated ? "Among these nodes in the execution plan:\n" : "");
    for (int i = 0; i < st->plan->size; i++) {
        if (!kernel(st, st->plan->data[i], &k) || !k.replaces)
            continue;
        printf("  Node %d is a %s node (%p), which has delegated %d nodes: ", st->plan->data[i],
               k.op, (void *)k.node->delegate, k.replaces->size);
        print_ints(k.replaces->data, k.replaces->size, true);
        printf("\n");
    }
}

int *benchmark_replaced_by(const session *s, int graph, int *n)
{
    ln_tflite_kernel k;
    *n = 0;
    while (ln_tflite_interpreter_kernel(s->interpreter, graph, *n, &k))
        ++*n;
    int *by = tool_new((size_t)*n + 1, sizeof *by);
    for (int i = 0; i < *n; i++)
        by[i] = -1;
    for (int i = 0; i < *n; i++) {
        ln_tflite_interpreter_kernel(s->interpreter, graph, i, &k);
        for (int j = 0; k.replaces && j < k.replaces->size; j++)
            by[k.replaces->data[j]] = i;
    }
    return by;
}

static void print_graph(state *st)
{
    TfLiteInterpreter *it = st->s->interpreter;
    for (st->n_tensors = 0; tensor(st, st->n_tensors);)
        st->n_tensors++;
    find_ranges(st);
    st->plan = ln_tflite_interpreter_plan(it, st->graph);
    st->replaced_by = benchmark_replaced_by(st->s, st->graph, &st->n_nodes);
    st->delegated = false;
    for (int i = 0; i < st->n_nodes; i++)
        st->delegated = st->delegated || st->replaced_by[i] >= 0;
    printf("-----------Subgraph-%d has %d tensors and %d nodes------------\n", st->graph,
           st->n_tensors, st->n_nodes);
    print_operands(st, "Inputs: ", ln_tflite_interpreter_inputs(it, st->graph), true, true);
    print_operands(st, "Outputs: ", ln_tflite_interpreter_outputs(it, st->graph), true, true);
    printf("\n");
    print_tensors(st);
    for (int i = 0; i < st->n_nodes; i++)
        print_node(st, i);
    print_plan(st);
    printf("--------------Subgraph-%d dump has completed--------------\n\n", st->graph);
    tool_free(st->replaced_by);
}

static void print_memory(const session *s)
{
    ln_tflite_memory m = {0};
    session_memory(s, &m);
    const size_t arena = m.arena_bytes + m.persistent_bytes, all = arena + m.dynamic_bytes;
    printf("--------------Memory Arena Status Start--------------\n");
    printf("Total memory usage: %zu bytes (%.3f MB)\n", all, mb(all));
    printf("- Total arena memory usage: %zu bytes (%.3f MB)\n", arena, mb(arena));
    printf("- Total dynamic memory usage: %zu bytes (%.3f MB)\n", m.dynamic_bytes,
           mb(m.dynamic_bytes));
    printf("--------------Memory Arena Status End--------------\n\n");
}

void benchmark_print_state(const session *s, const char *when)
{
    const int n = ln_tflite_interpreter_graph_count(s->interpreter);
    benchmark_log("INFO", "\n====Printing out TfLite interpreter %s state begins====", when);
    printf("Interpreter has %d subgraphs.\n\n", n);
    for (int i = 0; i < n; i++) {
        state st = {.s = s, .graph = i};
        print_graph(&st);
    }
    print_memory(s);
    benchmark_log("INFO", "====Printing out TfLite interpreter %s state ends====\n", when);
}
