/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: everything that a benchmark knows, as JSON: what --json writes, --report shows
 * and --compare reads.  Times are in milliseconds. */
#include <cjson/cJSON.h>
#include <string.h>
#include <time.h>

#include "benchmark/benchmark.h"
#include "benchmark/machine.h"
#include "common/tool.h"
#include "common/value.h"
#include "linnet/linnet.h"

static void add_flag(void *user, const char *name, const char *value)
{
    cJSON_AddStringToObject(user, name, value);
}

static cJSON *machine_json(const benchmark *b)
{
    machine m;
    machine_describe(&m);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "processor", m.processor);
    cJSON_AddStringToObject(json, "features", m.features);
    cJSON_AddStringToObject(json, "system", m.system);
    cJSON_AddStringToObject(json, "governor", m.governor);
    cJSON_AddNumberToObject(json, "cores", m.cores);
    cJSON_AddNumberToObject(json, "mhz", m.mhz);
    cJSON_AddNumberToObject(json, "memory_gb", m.memory_gb);
    cJSON_AddNumberToObject(json, "load", m.load);
    cJSON_AddNumberToObject(json, "peak_gflops", b->peak_gflops);
    return json;
}

static cJSON *summary_json(const measure_phase *p)
{
    tally t;
    benchmark_phase_tally(p, &t);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "runs", (double)t.count);
    cJSON_AddNumberToObject(json, "avg", tally_mean(&t) / 1e3);
    cJSON_AddNumberToObject(json, "std", tally_deviation(&t) / 1e3);
    cJSON_AddNumberToObject(json, "min", t.min / 1e3);
    cJSON_AddNumberToObject(json, "max", t.max / 1e3);
    cJSON_AddNumberToObject(json, "median", benchmark_percentile(p, 50) / 1e3);
    cJSON_AddNumberToObject(json, "p5", benchmark_percentile(p, 5) / 1e3);
    cJSON_AddNumberToObject(json, "p95", benchmark_percentile(p, 95) / 1e3);
    cJSON_AddNumberToObject(json, "p99", benchmark_percentile(p, 99) / 1e3);
    return json;
}

static cJSON *memory_json(const benchmark *b)
{
    ln_tflite_memory m = {0};
    session_memory(&b->s, &m);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "init_kb", (double)b->init_kb);
    cJSON_AddNumberToObject(json, "overall_kb", (double)b->overall_kb);
    cJSON_AddNumberToObject(json, "peak_mb", b->peak_mb);
    cJSON_AddNumberToObject(json, "arena", (double)m.arena_bytes);
    cJSON_AddNumberToObject(json, "persistent", (double)m.persistent_bytes);
    cJSON_AddNumberToObject(json, "dynamic", (double)m.dynamic_bytes);
    return json;
}

/* ---- graphs ---- */

static cJSON *ids_json(const TfLiteIntArray *ids)
{
    return ids ? cJSON_CreateIntArray(ids->data, ids->size) : cJSON_CreateArray();
}

static cJSON *node_json(const session *s, const profile_graph *g, int node)
{
    ln_tflite_kernel k;
    if (!ln_tflite_interpreter_kernel(s->interpreter, g->index, node, &k))
        return cJSON_CreateNull();
    const int row = node < g->n_nodes ? g->row_of[node] : -1;
    const profile_row *r = row >= 0 ? &g->rows[row] : NULL;
    const double runs = g->total.count > 0 ? (double)g->total.count : 1;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "id", node);
    cJSON_AddStringToObject(json, "op", k.op);
    if (k.detail)
        cJSON_AddStringToObject(json, "detail", k.detail);
    cJSON_AddStringToObject(json, "by", r ? r->by : k.folded ? "folded" : "");
    cJSON_AddItemToObject(json, "inputs", ids_json(k.node->inputs));
    cJSON_AddItemToObject(json, "outputs", ids_json(k.node->outputs));
    cJSON_AddNumberToObject(json, "flops", k.flops);
    if (r) {
        cJSON_AddNumberToObject(json, "ms", r->time.sum / runs / 1e3);
        cJSON_AddNumberToObject(json, "min", r->time.min / 1e3);
        cJSON_AddNumberToObject(json, "max", r->time.max / 1e3);
        cJSON_AddNumberToObject(json, "start", tally_mean(&r->start) / 1e3);
        cJSON_AddNumberToObject(json, "times", (double)r->time.count / runs);
    }
    return json;
}

static cJSON *tensor_json(const TfLiteTensor *t)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", t->name ? t->name : "");
    cJSON_AddStringToObject(json, "type", value_type_name(t->type));
    cJSON_AddItemToObject(json, "shape", ids_json(t->dims));
    cJSON_AddNumberToObject(json, "bytes", (double)t->bytes);
    cJSON_AddBoolToObject(json, "constant", t->allocation_type == kTfLiteMmapRo);
    return json;
}

static cJSON *blocks_json(const session *s, int graph)
{
    cJSON *list = cJSON_CreateArray();
    ln_tflite_block block;
    for (int i = 0; ln_tflite_interpreter_block(s->interpreter, graph, i, &block); i++) {
        if (block.bytes == 0)
            continue;
        cJSON *json = cJSON_CreateObject();
        cJSON_AddNumberToObject(json, "tensor", block.tensor);
        cJSON_AddNumberToObject(json, "node", block.node);
        cJSON_AddNumberToObject(json, "first", block.first);
        cJSON_AddNumberToObject(json, "last", block.last);
        cJSON_AddNumberToObject(json, "offset", (double)block.offset);
        cJSON_AddNumberToObject(json, "bytes", (double)block.bytes);
        cJSON_AddItemToArray(list, json);
    }
    return list;
}

static cJSON *graph_json(const session *s, const profile_graph *g)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s->interpreter, g->index);
    cJSON *json = cJSON_CreateObject(), *nodes = cJSON_CreateArray();
    cJSON *tensors = cJSON_CreateArray();
    const TfLiteTensor *t;
    for (int i = 0; plan && i < plan->size; i++)
        cJSON_AddItemToArray(nodes, node_json(s, g, plan->data[i]));
    for (int i = 0; (t = ln_tflite_interpreter_tensor(s->interpreter, g->index, i)) != NULL; i++)
        cJSON_AddItemToArray(tensors, tensor_json(t));
    cJSON_AddStringToObject(json, "name", g->name);
    cJSON_AddItemToObject(json, "inputs",
                          ids_json(ln_tflite_interpreter_inputs(s->interpreter, g->index)));
    cJSON_AddItemToObject(json, "outputs",
                          ids_json(ln_tflite_interpreter_outputs(s->interpreter, g->index)));
    cJSON_AddItemToObject(json, "nodes", nodes);
    cJSON_AddItemToObject(json, "tensors", tensors);
    cJSON_AddItemToObject(json, "blocks", blocks_json(s, g->index));
    return json;
}

static cJSON *times_json(const measure_phase *p)
{
    return p->n > 0 ? cJSON_CreateDoubleArray(p->ms, p->n) : cJSON_CreateArray();
}

char *benchmark_json(const benchmark *b)
{
    char when[40] = "";
    const time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cJSON *json = cJSON_CreateObject(), *flags = cJSON_CreateObject();
    cJSON *graphs = cJSON_CreateArray();
    benchmark_flags_each(add_flag, flags);
    for (int i = 0; i < b->profile.n_graphs; i++)
        cJSON_AddItemToArray(graphs, graph_json(&b->s, &b->profile.graphs[i]));
    cJSON_AddStringToObject(json, "linnet", ln_version());
    cJSON_AddStringToObject(json, "when", when);
    cJSON_AddStringToObject(json, "name", benchmark_text("benchmark_name"));
    cJSON_AddStringToObject(json, "model", tool_basename(benchmark_text("graph")));
    cJSON_AddNumberToObject(json, "model_mb", b->model_mb);
    cJSON_AddNumberToObject(json, "threads", benchmark_int("num_threads"));
    cJSON_AddItemToObject(json, "flags", flags);
    cJSON_AddItemToObject(json, "machine", machine_json(b));
    cJSON_AddNumberToObject(json, "init_ms", b->init_us / 1e3);
    cJSON_AddItemToObject(json, "summary", summary_json(&b->regular));
    cJSON_AddItemToObject(json, "memory", memory_json(b));
    cJSON_AddItemToObject(json, "warmup_ms", times_json(&b->warmup));
    cJSON_AddItemToObject(json, "runs_ms", times_json(&b->regular));
    cJSON_AddNumberToObject(json, "main_graph", b->s.graph);
    cJSON_AddItemToObject(json, "graphs", graphs);
    char *text = cJSON_PrintUnformatted(json), *copy = tool_copy(text ? text : "{}");
    cJSON_free(text);
    cJSON_Delete(json);
    return copy;
}
