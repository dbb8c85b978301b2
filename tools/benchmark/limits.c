/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c: which nodes delegates may have.  --first_delegate_node_index and
 * --last_delegate_node_index are a range.  For --max_delegated_partitions and
 * --min_nodes_per_partition a first session without them shows what delegates take; of the
 * stretches of neighbors in there, the longest are kept.  The main graph only. */
#include <stdlib.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "common/tool.h"

typedef struct stretch {
    int first, n;
} stretch;

bool benchmark_limits_given(void)
{
    return benchmark_int("max_delegated_partitions") > 0 ||
           benchmark_int("min_nodes_per_partition") > 1;
}

static int longest_first(const void *a, const void *b)
{
    const stretch *x = a, *y = b;
    return x->n != y->n ? y->n - x->n : x->first - y->first;
}

/* Marks the nodes that a delegate's kernel stands for. */
static void mark_taken(benchmark_limits *l, const session *s)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s->interpreter, 0);
    ln_tflite_kernel k;
    for (int i = 0; plan && i < plan->size; i++) {
        if (!ln_tflite_interpreter_kernel(s->interpreter, 0, plan->data[i], &k) || !k.replaces)
            continue;
        for (int j = 0; j < k.replaces->size; j++)
            l->allowed[k.replaces->data[j]] = 1;
    }
}

void benchmark_limits_choose(benchmark_limits *l, const session *s)
{
    ln_tflite_graph graph = {0};
    ln_tflite_model_graph(s->model, 0, &graph);
    l->n = graph.n_nodes;
    l->allowed = tool_new((size_t)l->n + 1, 1);
    mark_taken(l, s);
    stretch *stretches = tool_new((size_t)l->n + 1, sizeof *stretches);
    int count = 0;
    for (int i = 0; i < l->n; i++) {
        if (!l->allowed[i])
            continue;
        if (i == 0 || !l->allowed[i - 1])
            stretches[count++] = (stretch){i, 0};
        stretches[count - 1].n++;
    }
    if (count > 0)
        qsort(stretches, (size_t)count, sizeof *stretches, longest_first);
    const int max = benchmark_int("max_delegated_partitions");
    const int min = benchmark_int("min_nodes_per_partition");
    memset(l->allowed, 0, (size_t)l->n);
    for (int i = 0; i < count && (max <= 0 || i < max) && stretches[i].n >= min; i++)
        memset(l->allowed + stretches[i].first, 1, (size_t)stretches[i].n);
    tool_free(stretches);
}

void benchmark_limits_free(benchmark_limits *l)
{
    tool_free(l->allowed);
    l->allowed = NULL;
}

bool benchmark_limits_allow(void *limits, int graph, int node)
{
    const benchmark_limits *l = limits;
    if (graph != 0)
        return true;
    return node >= l->first && node <= l->last && (!l->allowed || node >= l->n || l->allowed[node]);
}
