/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.c: `linnet inspect`: what is in a model file.  Text and JSON come from one cJSON tree,
 * so they cannot disagree. */
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/tool.h"
#include "common/value.h"
#include "linnet/model.h"

static void report(void *user, const char *format, va_list args)
{
    (void)user;
    fprintf(stderr, "linnet: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
}

/* ---- the tree ---- */

static void add_quantization(cJSON *item, const TfLiteTensor *t)
{
    if (t->quantization.type == kTfLiteBlockwiseQuantization) {
        cJSON_AddStringToObject(item, "quantization", "blockwise");
        return;
    }
    const TfLiteAffineQuantization *q = t->quantization.params;
    if (t->quantization.type != kTfLiteAffineQuantization || !q || !q->scale)
        return;
    if (q->scale->size == 1) {
        cJSON_AddNumberToObject(item, "scale", (double)q->scale->data[0]);
        cJSON_AddNumberToObject(item, "zero_point", t->params.zero_point);
    } else if (q->scale->size > 1) {
        cJSON_AddNumberToObject(item, "scales", q->scale->size);
        cJSON_AddNumberToObject(item, "axis", q->quantized_dimension);
    }
}

static cJSON *shape_list(const TfLiteTensor *t)
{
    const TfLiteIntArray *dims = t->dims;
    if (t->dims_signature && t->dims_signature->size > 0)
        dims = t->dims_signature;
    return cJSON_CreateIntArray(dims ? dims->data : NULL, dims ? dims->size : 0);
}

static cJSON *tensor_item(const TfLiteModel *m, int graph, int tensor, const char *name)
{
    const TfLiteTensor *t = ln_tflite_model_tensor(m, graph, tensor);
    cJSON *item = cJSON_CreateObject();
    if (name)
        cJSON_AddStringToObject(item, "name", name);
    if (!t)
        return item;
    cJSON_AddStringToObject(item, name ? "tensor" : "name", t->name ? t->name : "");
    cJSON_AddStringToObject(item, "type", value_type_name(t->type));
    cJSON_AddItemToObject(item, "shape", shape_list(t));
    add_quantization(item, t);
    return item;
}

static void add_tensors(cJSON *parent, const char *key, const TfLiteModel *m, int graph,
                        const int *tensors, int n)
{
    cJSON *list = cJSON_AddArrayToObject(parent, key);
    for (int i = 0; i < n; i++)
        cJSON_AddItemToArray(list, tensor_item(m, graph, tensors[i], NULL));
}

static void add_signatures(cJSON *root, const TfLiteModel *m)
{
    cJSON *list = cJSON_AddArrayToObject(root, "signatures");
    for (int s = 0; s < ln_tflite_model_signature_count(m); s++) {
        int graph = 0, tensor;
        const char *key = ln_tflite_model_signature(m, s, &graph), *name;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(list, item);
        cJSON_AddStringToObject(item, "key", key ? key : "");
        cJSON_AddNumberToObject(item, "graph", graph);
        cJSON *in = cJSON_AddArrayToObject(item, "inputs");
        for (int i = 0; (name = ln_tflite_model_signature_input(m, s, i, &tensor)) != NULL; i++)
            cJSON_AddItemToArray(in, tensor_item(m, graph, tensor, name));
        cJSON *out = cJSON_AddArrayToObject(item, "outputs");
        for (int i = 0; (name = ln_tflite_model_signature_output(m, s, i, &tensor)) != NULL; i++)
            cJSON_AddItemToArray(out, tensor_item(m, graph, tensor, name));
    }
}

/* The entry of this operator and version in the list, made where there is none. */
static cJSON *op_entry(cJSON *list, const ln_tflite_node *n)
{
    cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const cJSON *op = cJSON_GetObjectItemCaseSensitive(item, "op");
        const cJSON *version = cJSON_GetObjectItemCaseSensitive(item, "version");
        if (strcmp(op->valuestring, n->op) == 0 && version->valueint == n->version)
            return item;
    }
    item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "op", n->op);
    cJSON_AddNumberToObject(item, "version", n->version);
    cJSON_AddNumberToObject(item, "count", 0);
    cJSON_AddBoolToObject(item, "known", n->known);
    cJSON_AddItemToArray(list, item);
    return item;
}

static void add_ops(cJSON *root, const TfLiteModel *m)
{
    cJSON *list = cJSON_AddArrayToObject(root, "ops");
    ln_tflite_node n;
    for (int g = 0; g < ln_tflite_model_graph_count(m); g++) {
        for (int i = 0; ln_tflite_model_node(m, g, i, &n); i++) {
            cJSON *count = cJSON_GetObjectItemCaseSensitive(op_entry(list, &n), "count");
            cJSON_SetNumberValue(count, count->valuedouble + 1);
        }
    }
}

static void add_graphs(cJSON *root, const TfLiteModel *m)
{
    cJSON *list = cJSON_AddArrayToObject(root, "graphs");
    ln_tflite_graph info;
    for (int g = 0; ln_tflite_model_graph(m, g, &info); g++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", info.name);
        cJSON_AddNumberToObject(item, "nodes", info.n_nodes);
        cJSON_AddNumberToObject(item, "tensors", info.n_tensors);
        add_tensors(item, "inputs", m, g, info.inputs, info.n_inputs);
        add_tensors(item, "outputs", m, g, info.outputs, info.n_outputs);
        cJSON_AddItemToArray(list, item);
    }
}

static cJSON *make_tree(const TfLiteModel *m)
{
    cJSON *root = cJSON_CreateObject();
    ln_tflite_sizes sizes;
    const char *name;
    size_t n = 0;
    cJSON_AddStringToObject(root, "description", ln_tflite_model_description(m));
    cJSON_AddNumberToObject(root, "version", ln_tflite_model_version(m));
    ln_tflite_model_sizes(m, &sizes);
    cJSON *bytes = cJSON_AddObjectToObject(root, "bytes");
    cJSON_AddNumberToObject(bytes, "file", (double)sizes.file_bytes);
    cJSON_AddNumberToObject(bytes, "weights", (double)sizes.weight_bytes);
    cJSON_AddNumberToObject(bytes, "graph", (double)sizes.graph_bytes);
    cJSON_AddNumberToObject(bytes, "metadata", (double)sizes.metadata_bytes);
    add_graphs(root, m);
    add_signatures(root, m);
    add_ops(root, m);
    cJSON *list = cJSON_AddArrayToObject(root, "metadata");
    for (int i = 0; (name = ln_tflite_model_metadata(m, i, NULL, &n)) != NULL; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", name);
        cJSON_AddNumberToObject(item, "bytes", (double)n);
        cJSON_AddItemToArray(list, item);
    }
    return root;
}

/* ---- the tree as text ---- */

static const char *text_of(const cJSON *parent, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, key);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static double number_of(const cJSON *parent, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void print_tensor(const char *what, const cJSON *t)
{
    const cJSON *dim, *shape = cJSON_GetObjectItemCaseSensitive(t, "shape");
    const char *separator = "";
    printf("  %-7s %s  %s [", what, text_of(t, "name"), text_of(t, "type"));
    cJSON_ArrayForEach(dim, shape)
    {
        if (dim->valueint < 0)
            printf("%s?", separator);
        else
            printf("%s%d", separator, dim->valueint);
        separator = ",";
    }
    printf("]");
    if (cJSON_HasObjectItem(t, "scale"))
        printf("  scale %.9g, zero point %.0f", number_of(t, "scale"), number_of(t, "zero_point"));
    else if (cJSON_HasObjectItem(t, "scales"))
        printf("  %.0f scales along axis %.0f", number_of(t, "scales"), number_of(t, "axis"));
    if (cJSON_HasObjectItem(t, "tensor"))
        printf("  (tensor %s)", text_of(t, "tensor"));
    printf("\n");
}

static void print_tensors(const cJSON *parent)
{
    const cJSON *t;
    cJSON_ArrayForEach(t, cJSON_GetObjectItemCaseSensitive(parent, "inputs"))
        print_tensor("input", t);
    cJSON_ArrayForEach(t, cJSON_GetObjectItemCaseSensitive(parent, "outputs"))
        print_tensor("output", t);
}

static void print_ops(const cJSON *root)
{
    const cJSON *op;
    printf("operators\n");
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(root, "ops"))
    {
        const bool known = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(op, "known"));
        printf("  %6.0f  %s version %.0f%s\n", number_of(op, "count"), text_of(op, "op"),
               number_of(op, "version"), known ? "" : "  (not in this library)");
    }
}

static void print_tree(const char *path, const cJSON *root)
{
    const cJSON *item, *bytes = cJSON_GetObjectItemCaseSensitive(root, "bytes");
    int number = 0;
    printf("%s: %s\n", tool_basename(path), text_of(root, "description"));
    printf("bytes\n  %.0f in the file: weights %.0f, graph %.0f, metadata %.0f\n",
           number_of(bytes, "file"), number_of(bytes, "weights"), number_of(bytes, "graph"),
           number_of(bytes, "metadata"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "graphs"))
    {
        printf("graph %d %s: %.0f nodes, %.0f tensors\n", number++, text_of(item, "name"),
               number_of(item, "nodes"), number_of(item, "tensors"));
        print_tensors(item);
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "signatures"))
    {
        printf("signature %s of graph %.0f\n", text_of(item, "key"), number_of(item, "graph"));
        print_tensors(item);
    }
    print_ops(root);
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(root, "metadata");
    if (cJSON_GetArraySize(metadata) > 0)
        printf("metadata\n");
    cJSON_ArrayForEach(item, metadata)
        printf("  %s  %.0f bytes\n", text_of(item, "name"), number_of(item, "bytes"));
}

static void put(void *user, const char *text, size_t n)
{
    (void)user;
    fwrite(text, 1, n, stdout);
}

static void show(const TfLiteModel *m, const args *a)
{
    const bool graph = args_flag(a, "graph"), dot = args_flag(a, "dot");
    for (int g = 0; (graph || dot) && g < ln_tflite_model_graph_count(m); g++)
        (dot ? ln_tflite_model_dot : ln_tflite_model_dump)(m, g, put, NULL);
    if (graph || dot)
        return;
    cJSON *tree = make_tree(m);
    char *text = args_flag(a, "json") ? cJSON_Print(tree) : NULL;
    if (text)
        printf("%s\n", text);
    else
        print_tree(a->operands[0], tree);
    cJSON_free(text);
    cJSON_Delete(tree);
}

static int run(const args *a)
{
    if (a->n_operands != 1) {
        tool_error("inspect takes one model, not %d", a->n_operands);
        return TOOL_USAGE;
    }
    const char *path = a->operands[0];
    const bool is_stdin = strcmp(path, "-") == 0;
    size_t n = 0;
    uint8_t *bytes = is_stdin ? tool_read_file(path, &n) : NULL;
    TfLiteModel *m =
        is_stdin ? (bytes ? TfLiteModelCreateWithErrorReporter(bytes, n, report, NULL) : NULL)
                 : TfLiteModelCreateFromFileWithErrorReporter(path, report, NULL);
    if (m)
        show(m, a);
    else
        tool_error("%s: cannot be opened", path);
    TfLiteModelDelete(m);
    tool_free(bytes);
    return m ? TOOL_OK : TOOL_FAILED;
}

static const arg_option options[] = {
    {"graph", NULL, "print the graphs as text instead"},
    {"dot", NULL, "print the graphs for Graphviz instead"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const command inspect_command = {
    .name = "inspect",
    .operands = "MODEL",
    .summary = "Describes a model: inputs, outputs, signatures, operators, sizes.",
    .options = options,
    .run = run,
};
