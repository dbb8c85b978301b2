/* SPDX-License-Identifier: Apache-2.0 */
/* make_models.c: writes the models that the tests of the C API run, into the folder given.
 *
 *   add          y = x + (x + x), x [1, 8, 8, 3] with an open first dimension
 *   conv         x [1, 9, 9, 3] -> CONV_2D 3x3x5, stride 2, RELU -> FULLY_CONNECTED 7
 *   conv_odd     CONV_2D with dilation and padding, CONV_2D 1x1, CONV_2D in 2 groups
 *   custom       x [4] -> "Cube" -> y -> ADD(y, y)
 *   strings      strings -> "Repeat" -> strings
 *   variable     "Accumulate"(x [3], variable [3]) -> y
 *   dynamic      WHERE(x: bool [4]) -> int64 [n, 1]
 *   signatures   "sum" (b, a -> total), "product" (b, a -> product), a graph each
 *   plus_one     y = x + 1, x [1, 4]; names are those that a client's own tests look for
 *   plus_one_outside   the same, with the constant outside the flatbuffer */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "ops/op.h"

extern const ln_op ln_op_add, ln_op_conv_2d, ln_op_fully_connected, ln_op_mul, ln_op_where;

typedef struct maker {
    ln_model *m;
    ln_graph *g;
} maker;

static void must(ln_status status)
{
    if (status == LN_OK)
        return;
    fprintf(stderr, "make_models: %s\n", ln_status_text(status));
    exit(1);
}

static void begin(maker *k, const char *graph)
{
    if (!k->m)
        must(ln_model_create(&k->m, &ln_alloc_default));
    must(ln_model_add_graph(k->m, graph, &k->g));
}

static int tensor(maker *k, const char *name, TfLiteType type, int rank, const int *dims)
{
    ln_id id;
    must(ln_graph_add_tensor(k->m, k->g, name, type, rank, dims, &id));
    return id;
}

/* A constant with small values that differ. */
static int constant(maker *k, const char *name, int rank, const int *dims)
{
    const int id = tensor(k, name, kTfLiteFloat32, rank, dims);
    ln_tensor *t = &k->g->tensors[id];
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    float *values = ln_arena_new(&k->m->arena, n, sizeof *values);
    if (!values)
        must(LN_ERR_MEMORY);
    for (size_t i = 0; i < n; i++)
        values[i] = (float)((i * 37 + 11) % 23) / 16.f - 0.7f;
    must(ln_model_add_buffer(k->m, values, n * sizeof *values, false, &t->buffer));
    t->t.data.raw_const = (const char *)values;
    t->t.bytes = n * sizeof *values;
    t->t.allocation_type = kTfLiteMmapRo;
    return id;
}

static void node(maker *k, const ln_op *op, int n_in, const int *in, int out, const void *params)
{
    ln_id id;
    must(ln_graph_add_node(k->m, k->g, op, n_in, in, 1, &out, &id));
    ln_node *n = &k->g->nodes[id];
    n->builtin = op->builtin;
    n->version = 1;
    n->params_size = op->params_size;
    n->params = ln_arena_new(&k->m->arena, 1, op->params_size);
    if (!n->params)
        must(LN_ERR_MEMORY);
    if (params)
        memcpy(n->params, params, op->params_size);
}

static void custom(maker *k, const char *name, int n_in, const int *in, int out)
{
    static const ln_op blank = {.name = "custom", .builtin = kTfLiteBuiltinCustom, .version = 1};
    static const uint8_t options[] = {1, 2, 3};
    ln_id id;
    must(ln_graph_add_node(k->m, k->g, &blank, n_in, in, 1, &out, &id));
    ln_node *n = &k->g->nodes[id];
    n->op = NULL;
    n->builtin = kTfLiteBuiltinCustom;
    n->custom_name = name;
    n->custom = options;
    n->custom_size = sizeof options;
}

static void ends(maker *k, int n_in, const int *in, int out)
{
    k->g->inputs = ln_ints(&k->m->arena, n_in, in);
    k->g->outputs = ln_ints(&k->m->arena, 1, &out);
}

/* Data beyond `limit` bytes goes outside the flatbuffer. */
static void save_limit(const maker *k, const char *folder, const char *name, size_t limit)
{
    char path[1024];
    uint8_t *bytes = NULL;
    size_t n = 0;
    must(ln_model_write_limit(k->m, limit, &bytes, &n, &ln_alloc_default, NULL));
    snprintf(path, sizeof path, "%s/%s.tflite", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        must(LN_ERR_IO);
    ln_free(&ln_alloc_default, bytes);
}

static void save(maker *k, const char *folder, const char *name)
{
    save_limit(k, folder, name, INT32_MAX);
    ln_model_release(k->m);
    k->m = NULL;
}

/* ---- the models ---- */

static void make_add(maker *k, const char *folder)
{
    const int dims[] = {1, 8, 8, 3}, open[] = {-1, 8, 8, 3};
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteFloat32, 4, dims);
    const int two = tensor(k, "two", kTfLiteFloat32, 4, dims);
    const int y = tensor(k, "y", kTfLiteFloat32, 4, dims);
    k->g->tensors[x].t.dims_signature = ln_ints(&k->m->arena, 4, open);
    node(k, &ln_op_add, 2, (const int[]){x, x}, two, NULL);
    node(k, &ln_op_add, 2, (const int[]){x, two}, y, NULL);
    ends(k, 1, &x, y);
    save(k, folder, "add");
}

static void make_conv(maker *k, const char *folder)
{
    const TfLiteConvParams conv = {.padding = kTfLitePaddingSame,
                                   .stride_width = 2,
                                   .stride_height = 2,
                                   .activation = kTfLiteActRelu,
                                   .dilation_width_factor = 1,
                                   .dilation_height_factor = 1};
    const TfLiteFullyConnectedParams fc = {.activation = kTfLiteActNone};
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteFloat32, 4, (const int[]){1, 9, 9, 3});
    const int w = constant(k, "w", 4, (const int[]){5, 3, 3, 3});
    const int b = constant(k, "b", 1, (const int[]){5});
    const int h = tensor(k, "h", kTfLiteFloat32, 4, (const int[]){1, 5, 5, 5});
    const int v = constant(k, "v", 2, (const int[]){7, 125});
    const int y = tensor(k, "y", kTfLiteFloat32, 2, (const int[]){1, 7});
    node(k, &ln_op_conv_2d, 3, (const int[]){x, w, b}, h, &conv);
    node(k, &ln_op_fully_connected, 3, (const int[]){h, v, -1}, y, &fc);
    ends(k, 1, &x, y);
    save(k, folder, "conv");
}

static void make_conv_odd(maker *k, const char *folder)
{
    TfLiteConvParams conv = {.padding = kTfLitePaddingSame,
                             .stride_width = 1,
                             .stride_height = 1,
                             .activation = kTfLiteActRelu6,
                             .dilation_width_factor = 3,
                             .dilation_height_factor = 2};
    const int dims[] = {2, 7, 6, 6};
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteFloat32, 4, dims);
    const int a = tensor(k, "a", kTfLiteFloat32, 4, dims);
    const int b = tensor(k, "b", kTfLiteFloat32, 4, dims);
    const int y = tensor(k, "y", kTfLiteFloat32, 4, dims);
    const int wa = constant(k, "wa", 4, (const int[]){6, 3, 3, 6});
    const int wb = constant(k, "wb", 4, (const int[]){6, 1, 1, 6});
    const int wy = constant(k, "wy", 4, (const int[]){6, 2, 3, 3});
    const int bias = constant(k, "bias", 1, (const int[]){6});
    node(k, &ln_op_conv_2d, 3, (const int[]){x, wa, bias}, a, &conv);
    conv.dilation_width_factor = conv.dilation_height_factor = 1;
    node(k, &ln_op_conv_2d, 3, (const int[]){a, wb, bias}, b, &conv);
    conv.activation = kTfLiteActNone;
    node(k, &ln_op_conv_2d, 3, (const int[]){b, wy, bias}, y, &conv);
    ends(k, 1, &x, y);
    save(k, folder, "conv_odd");
}

static void make_custom(maker *k, const char *folder)
{
    const int dims[] = {4};
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteFloat32, 1, dims);
    const int c = tensor(k, "cube", kTfLiteFloat32, 1, dims);
    const int y = tensor(k, "y", kTfLiteFloat32, 1, dims);
    custom(k, "Cube", 1, &x, c);
    node(k, &ln_op_add, 2, (const int[]){c, c}, y, NULL);
    ends(k, 1, &x, y);
    save(k, folder, "custom");
}

static void make_strings(maker *k, const char *folder)
{
    const int dims[] = {2};
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteString, 1, dims);
    const int y = tensor(k, "y", kTfLiteString, 1, dims);
    custom(k, "Repeat", 1, &x, y);
    ends(k, 1, &x, y);
    save(k, folder, "strings");
}

static void make_variable(maker *k, const char *folder)
{
    const int dims[] = {3};
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteFloat32, 1, dims);
    const int v = tensor(k, "state", kTfLiteFloat32, 1, dims);
    const int y = tensor(k, "y", kTfLiteFloat32, 1, dims);
    k->g->tensors[v].t.is_variable = true;
    custom(k, "Accumulate", 2, (const int[]){x, v}, y);
    ends(k, 1, &x, y);
    save(k, folder, "variable");
}

static void make_dynamic(maker *k, const char *folder)
{
    begin(k, "main");
    const int x = tensor(k, "x", kTfLiteBool, 1, (const int[]){4});
    const int y = tensor(k, "y", kTfLiteInt64, 2, (const int[]){1, 1});
    node(k, &ln_op_where, 1, &x, y, NULL);
    ends(k, 1, &x, y);
    save(k, folder, "dynamic");
}

static void make_signatures(maker *k, const char *folder)
{
    static const char *const keys[] = {"sum", "product"}, *const outputs[] = {"total", "product"};
    const int dims[] = {2}, open[] = {-1};
    for (int i = 0; i < 2; i++) {
        begin(k, keys[i]);
        const int a = tensor(k, "in0", kTfLiteFloat32, 1, dims);
        const int b = tensor(k, "in1", kTfLiteFloat32, 1, dims);
        const int y = tensor(k, "out", kTfLiteFloat32, 1, dims);
        k->g->tensors[a].t.dims_signature = ln_ints(&k->m->arena, 1, open);
        k->g->tensors[b].t.dims_signature = ln_ints(&k->m->arena, 1, open);
        node(k, i == 0 ? &ln_op_add : &ln_op_mul, 2, (const int[]){a, b}, y, NULL);
        ends(k, 2, (const int[]){a, b}, y);
    }
    ln_signature *s = ln_arena_new(&k->m->arena, 2, sizeof *s);
    for (int i = 0; s && i < 2; i++) {
        ln_binding *names = ln_arena_new(&k->m->arena, 3, sizeof *names);
        if (!names)
            must(LN_ERR_MEMORY);
        names[0] = (ln_binding){"b", 1};
        names[1] = (ln_binding){"a", 0};
        names[2] = (ln_binding){outputs[i], 2};
        s[i] = (ln_signature){keys[i], i, names, names + 2, 2, 1};
    }
    k->m->signatures = s;
    k->m->n_signatures = s ? 2 : 0;
    save(k, folder, "signatures");
}

static void make_plus_one(maker *k, const char *folder)
{
    static const float ones[] = {1, 1, 1, 1};
    const int dims[] = {1, 4};
    begin(k, "main");
    const int x = tensor(k, "map/TensorArrayStack/TensorArrayGatherV3", kTfLiteFloat32, 2, dims);
    const int one = constant(k, "one", 2, dims);
    const int y = tensor(k, "prediction", kTfLiteFloat32, 2, dims);
    memcpy((void *)(uintptr_t)k->g->tensors[one].t.data.raw_const, ones, sizeof ones);
    node(k, &ln_op_add, 2, (const int[]){x, one}, y, NULL);
    ends(k, 1, &x, y);
    save_limit(k, folder, "plus_one_outside", 0);
    save(k, folder, "plus_one");
}

int main(int argc, char **argv)
{
    maker k = {NULL, NULL};
    if (argc != 2) {
        fprintf(stderr, "usage: make_models FOLDER\n");
        return 2;
    }
    make_add(&k, argv[1]);
    make_conv(&k, argv[1]);
    make_conv_odd(&k, argv[1]);
    make_custom(&k, argv[1]);
    make_strings(&k, argv[1]);
    make_variable(&k, argv[1]);
    make_dynamic(&k, argv[1]);
    make_signatures(&k, argv[1]);
    make_plus_one(&k, argv[1]);
    return 0;
}
