/* SPDX-License-Identifier: Apache-2.0 */
/* proto.c: what benchmark_model writes as protocol buffers; messages and numbers of
 * fields are TensorFlow Lite's: BenchmarkResult (benchmark_result.proto), BenchmarkProfilingData
 * (profiling_info.proto), ModelRuntimeDetails (model_runtime_info.proto), and tensorflow.Example.
 * tests/tools/benchmark.proto lists what is written here. */
#include <math.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "common/proto.h"
#include "common/tool.h"
#include "common/value.h"

/* ---- BenchmarkResult ---- */

static float ms_of(double us)
{
    return (float)(us / 1e3);
}

static void put_latency(proto *p, const benchmark *b, const tally *warmup, const tally *regular)
{
    proto_begin(p, 2, "latency_metrics");
    proto_float(p, 1, "avg_ms", ms_of(tally_mean(regular)));
    proto_float(p, 2, "min_ms", ms_of(regular->min));
    proto_float(p, 3, "max_ms", ms_of(regular->max));
    proto_float(p, 4, "stddev_ms", ms_of(tally_deviation(regular)));
    proto_float(p, 5, "median_ms", ms_of(benchmark_percentile(&b->regular, 50)));
    proto_float(p, 6, "p5_ms", ms_of(benchmark_percentile(&b->regular, 5)));
    proto_float(p, 7, "p95_ms", ms_of(benchmark_percentile(&b->regular, 95)));
    proto_float(p, 8, "init_ms", ms_of(b->init_us));
    proto_float(p, 9, "first_inference_ms", ms_of(warmup->first));
    proto_float(p, 10, "average_warm_up_ms", ms_of(tally_mean(warmup)));
    proto_end(p);
}

bool benchmark_write_result(const benchmark *b)
{
    const char *path = benchmark_text("result_file_path"), *name = benchmark_text("benchmark_name");
    proto p = {0};
    tally warmup, regular;
    if (!*path)
        return true;
    benchmark_phase_tally(&b->warmup, &warmup);
    benchmark_phase_tally(&b->regular, &regular);
    if (*name)
        proto_string(&p, 1, "name", name);
    put_latency(&p, b, &warmup, &regular);
    proto_begin(&p, 3, "memory_metrics");
    proto_int(&p, 1, "init_footprint_kb", b->init_kb);
    proto_int(&p, 2, "overall_footprint_kb", b->overall_kb);
    if (b->peak_mb > 0)
        proto_float(&p, 3, "peak_mem_mb", (float)b->peak_mb);
    proto_end(&p);
    const double mb = (double)b->input_bytes / (1024.0 * 1024.0), s = tally_mean(&regular) / 1e6;
    proto_begin(&p, 4, "misc_metrics");
    proto_float(&p, 1, "model_size_mb", (float)b->model_mb);
    proto_int(&p, 2, "num_runs", regular.count);
    proto_int(&p, 3, "num_warmup_runs", warmup.count);
    proto_float(&p, 4, "model_throughput_in_mb_per_sec", s > 0 ? (float)(mb / s) : 0);
    proto_end(&p);
    benchmark_log("INFO", "Saving benchmark result to: %s", path);
    if (!proto_save(&p, path)) {
        benchmark_log("ERROR", "Failed to save benchmark result to: %s", path);
        return false;
    }
    benchmark_log("INFO", "Saved benchmark result to: %s", path);
    return true;
}

/* ---- BenchmarkProfilingData ---- */

static void put_stat(proto *p, int field, const char *name, const tally *t)
{
    proto_begin(p, field, name);
    proto_int(p, 1, "first", llround(t->first));
    proto_int(p, 2, "last", llround(t->newest));
    proto_int(p, 3, "avg", llround(tally_mean(t)));
    proto_float(p, 4, "stddev", (float)tally_deviation(t));
    proto_float(p, 5, "variance", (float)tally_variance(t));
    proto_int(p, 6, "min", llround(t->min));
    proto_int(p, 7, "max", llround(t->max));
    proto_int(p, 8, "sum", llround(t->sum));
    proto_int(p, 9, "count", t->count);
    proto_end(p);
}

static void put_rows(proto *p, int field, const profile_graph *g)
{
    const int64_t runs = g->total.count > 0 ? g->total.count : 1;
    for (int i = 0; i < g->n; i++) {
        const profile_row *r = &g->rows[i];
        tally memory = {0};
        for (int64_t k = 0; k < r->time.count; k++)
            tally_add(&memory, r->mem_kb);
        proto_begin(p, field, "per_op_profiles");
        proto_string(p, 1, "node_type", r->type);
        put_stat(p, 2, "inference_microseconds", &r->time);
        put_stat(p, 3, "mem_kb", &memory);
        proto_int(p, 4, "times_called", r->time.count / runs);
        proto_string(p, 5, "name", r->name);
        proto_int(p, 6, "run_order", i);
        proto_end(p);
    }
}

static void put_profile_graph(proto *p, const profile_graph *g)
{
    proto_begin(p, 1, "subgraph_profiles");
    proto_string(p, 1, "subgraph_name", g->name);
    proto_int(p, 2, "subgraph_index", g->index);
    put_rows(p, 3, g);
    proto_end(p);
}

static void put_inside(proto *p, const profile *of)
{
    profile_graph inside = profile_inside(of);
    if (inside.n > 0) {
        proto_begin(p, 2, "delegate_profiles");
        put_rows(p, 2, &inside);
        proto_end(p);
    }
    profile_inside_free(&inside);
}

bool benchmark_write_profile(const benchmark *b, const char *path)
{
    proto p = {.text = !*path};
    proto_string(&p, 1, "model_name", tool_basename(benchmark_text("graph")));
    proto_begin(&p, 2, "init_profile");
    put_profile_graph(&p, &b->profile.init);
    proto_end(&p);
    proto_begin(&p, 3, "runtime_profile");
    for (int i = 0; i < b->profile.n_graphs; i++) {
        if (i == 0 || b->profile.graphs[i].n > 0)
            put_profile_graph(&p, &b->profile.graphs[i]);
    }
    put_inside(&p, &b->profile);
    proto_end(&p);
    if (*path)
        return proto_save(&p, path);
    benchmark_log("INFO", "%.*s", (int)p.n, (const char *)p.bytes);
    proto_free(&p);
    return true;
}

/* ---- ModelRuntimeDetails ---- */

static void put_ints(proto *p, int field, const char *name, const TfLiteIntArray *ids)
{
    if (ids)
        proto_ints(p, field, name, ids->data, ids->size);
}

static void put_edge(proto *p, int id, const TfLiteTensor *t)
{
    proto_begin(p, 2, "edges");
    proto_int(p, 1, "id", id);
    proto_string(p, 2, "name", t->name ? t->name : "");
    proto_int(p, 3, "data_type", t->type); /* the numbers are TfLiteType's */
    put_ints(p, 4, "shape", t->dims);
    proto_string(p, 5, "allocation_type", benchmark_allocation_name(t->allocation_type));
    proto_int(p, 6, "layout_type", 0);
    proto_int(p, 7, "size", (int64_t)t->bytes);
    proto_end(p);
}

static void put_node(proto *p, int id, const ln_tflite_kernel *k, int replaced_by)
{
    char number[16];
    const bool builtin = !k->replaces && k->builtin != kTfLiteBuiltinCustom;
    snprintf(number, sizeof number, "%d", k->builtin);
    char *type = tool_format("%s%s", replaced_by >= 0 && !builtin ? "Delegate/" : "",
                             builtin ? number : k->op);
    proto_begin(p, 3, "nodes");
    proto_int(p, 1, "id", id);
    proto_string(p, 2, "name", k->op);
    proto_string(p, 3, "type", type);
    put_ints(p, 4, "inputs", k->node->inputs);
    put_ints(p, 5, "outputs", k->node->outputs);
    put_ints(p, 6, "intermediates", k->node->intermediates);
    put_ints(p, 7, "temporaries", k->node->temporaries);
    if (replaced_by >= 0) {
        proto_int(p, 9, "delegated_to_node_id", replaced_by);
    } else if (k->replaces) {
        proto_begin(p, 8, "delegate_node_details");
        proto_string(p, 1, "delegate_name", k->op);
        put_ints(p, 2, "tflite_node_ids_replaced", k->replaces);
        proto_end(p);
    }
    proto_end(p);
    tool_free(type);
}

static void put_nodes(proto *p, const session *s, int graph)
{
    ln_tflite_kernel k;
    int n;
    int *replaced_by = benchmark_replaced_by(s, graph, &n);
    for (int i = 0; i < n; i++) {
        ln_tflite_interpreter_kernel(s->interpreter, graph, i, &k);
        put_node(p, i, &k, replaced_by[i]);
    }
    tool_free(replaced_by);
}

bool benchmark_write_runtime_info(const session *s)
{
    const char *path = benchmark_text("model_runtime_info_output_file");
    const int n = ln_tflite_interpreter_graph_count(s->interpreter);
    proto p = {.text = !*path};
    proto_string(&p, 1, "model_name", tool_basename(benchmark_text("graph")));
    for (int i = 0; i < n; i++) {
        ln_tflite_graph g = {.name = ""};
        const TfLiteTensor *t;
        ln_tflite_model_graph(s->model, i, &g);
        proto_begin(&p, 2, "subgraphs");
        proto_int(&p, 1, "subgraph_id", i);
        for (int id = 0; (t = ln_tflite_interpreter_tensor(s->interpreter, i, id)) != NULL; id++)
            put_edge(&p, id, t);
        put_nodes(&p, s, i);
        put_ints(&p, 4, "execution_plan", ln_tflite_interpreter_plan(s->interpreter, i));
        proto_enum(&p, 5, "subgraph_type", 1, "TFLITE_SUBGRAPH");
        proto_string(&p, 6, "name", g.name);
        proto_end(&p);
    }
    if (*path && !proto_save(&p, path)) {
        benchmark_log("ERROR", "Failed to open file: %s", path);
        return false;
    }
    if (!*path)
        benchmark_log("INFO", "%.*s", (int)p.n, (const char *)p.bytes);
    proto_free(&p);
    return true;
}

/* ---- tensorflow.Example ---- */

static void put_values(proto *p, const value *v)
{
    if (value_kind_of(v->type) == VALUE_FLOAT) {
        float *values = tool_new(v->count + 1, sizeof *values);
        for (size_t i = 0; i < v->count; i++)
            values[i] = (float)value_real(v, i, 0);
        proto_begin(p, 2, "float_list");
        proto_floats(p, 1, "value", values, v->count);
        tool_free(values);
    } else {
        int64_t *values = tool_new(v->count + 1, sizeof *values);
        for (size_t i = 0; i < v->count; i++)
            values[i] = value_int(v, i);
        proto_begin(p, 3, "int64_list");
        proto_int64s(p, 1, "value", values, v->count);
        tool_free(values);
    }
    proto_end(p);
}

bool benchmark_write_example(const session *s)
{
    const char *path = benchmark_text("output_proto_filepath");
    session copy = *s; /* session_get leaves messages in it */
    proto p = {0};
    if (!*path)
        return true;
    proto_begin(&p, 1, "features");
    for (int i = 0; i < session_output_count(s); i++) {
        const TfLiteTensor *t = session_output(s, i);
        value v = {0};
        const value_kind kind = t ? value_kind_of(t->type) : VALUE_STRING;
        if (kind == VALUE_COMPLEX || kind == VALUE_STRING || !session_get(&copy, t, &v)) {
            benchmark_log("WARN", "output %d cannot be a feature of a tensorflow.Example", i);
            value_free(&v);
            continue;
        }
        proto_begin(&p, 1, "feature");
        proto_string(&p, 1, "key", t->name ? t->name : "");
        proto_begin(&p, 2, "value");
        put_values(&p, &v);
        proto_end(&p);
        proto_end(&p);
        value_free(&v);
    }
    proto_end(&p);
    return proto_save(&p, path);
}
