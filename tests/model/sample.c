/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: see sample.h. */
#include "model/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ops/op.h"

#define MUST(expr) assert_int_equal((expr), LN_OK)

/* A tensor of the model's first graph; at most two dimensions. */
static ln_id add_constant(ln_model *m, const char *name, TfLiteType type, ln_shape shape,
                          const void *data, size_t n)
{
    ln_id id;
    ln_graph *g = m->graphs[0];
    MUST(ln_graph_add_tensor(m, g, name, type, shape.rank, shape.dim, &id));
    MUST(ln_model_add_buffer(m, data, n, true, &g->tensors[id].buffer));
    TfLiteTensor *t = &g->tensors[id].t;
    t->data.raw_const = (const char *)m->buffers[g->tensors[id].buffer].data;
    t->bytes = n;
    t->allocation_type = kTfLiteMmapRo;
    return id;
}

static void set_affine(ln_model *m, TfLiteTensor *t, int n, int axis)
{
    TfLiteAffineQuantization *q = ln_arena_new(&m->arena, 1, sizeof *q);
    q->scale = ln_arena_new(&m->arena, 1, sizeof *q->scale + (size_t)n * sizeof(float));
    q->zero_point = ln_ints(&m->arena, n, NULL);
    q->scale->size = n;
    for (int i = 0; i < n; i++) {
        q->scale->data[i] = 0.5f + (float)i;
        q->zero_point->data[i] = i - 1;
    }
    q->quantized_dimension = axis;
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, q};
    if (n == 1)
        t->params = (TfLiteQuantizationParams){q->scale->data[0], q->zero_point->data[0]};
}

static void set_blockwise(ln_model *m, TfLiteTensor *t, ln_id scale)
{
    TfLiteBlockwiseQuantization *q = ln_arena_new(&m->arena, 1, sizeof *q);
    *q = (TfLiteBlockwiseQuantization){scale, -1, 2, 1};
    t->quantization = (TfLiteQuantization){kTfLiteBlockwiseQuantization, q};
}

/* A [2, 400] matrix with three entries, as rows of compressed indices. */
static void set_sparse(ln_model *m, TfLiteTensor *t)
{
    TfLiteSparsity *s = ln_arena_new(&m->arena, 1, sizeof *s);
    s->traversal_order = ln_ints(&m->arena, 2, (const int[]){0, 1});
    s->dim_metadata = ln_arena_new(&m->arena, 2, sizeof *s->dim_metadata);
    s->dim_metadata_size = 2;
    s->dim_metadata[0] = (TfLiteDimensionMetadata){kTfLiteDimDense, 2, NULL, NULL};
    s->dim_metadata[1] = (TfLiteDimensionMetadata){kTfLiteDimSparseCSR, 0,
                                                   ln_ints(&m->arena, 3, (const int[]){0, 2, 3}),
                                                   ln_ints(&m->arena, 3, (const int[]){1, 300, 2})};
    t->sparsity = s;
}

static void add_custom_nodes(ln_model *m, ln_graph *g, ln_id x)
{
    ln_id y[2], n;
    static const uint8_t options[] = {1, 2, 3, 4, 5};
    MUST(ln_graph_add_tensor(m, g, "custom", kTfLiteFloat32, -1, NULL, &y[0]));
    MUST(ln_graph_add_tensor(m, g, "future", kTfLiteInt64, 0, NULL, &y[1]));
    MUST(ln_graph_add_node(m, g, NULL, 2, (const ln_id[]){x, -1}, 1, &y[0], &n));
    g->nodes[n].builtin = kTfLiteBuiltinCustom;
    g->nodes[n].custom_name = "SomeonesOp";
    g->nodes[n].custom = options;
    g->nodes[n].custom_size = sizeof options;
    g->nodes[n].debug_index = 7;
    g->nodes[n].intermediates = ln_ints(&m->arena, 1, &x);
    MUST(ln_graph_add_node(m, g, NULL, 1, &y[0], 1, &y[1], &n));
    g->nodes[n].builtin = 4000;
    g->nodes[n].version = 3;
}

static ln_graph *add_main(ln_model *m)
{
    static const float weights[] = {1, 2, 3, 4, 5, 6};
    static const int8_t bytes[] = {1, 2, 3, 4, 5, 6}, packed[] = {0x21, 0x43};
    static const uint8_t strings[] = {2, 0, 0,  0, 16, 0, 0,   0,   17, 0,
                                      0, 0, 19, 0, 0,  0, 'a', 'b', 'c'};
    ln_graph *g;
    ln_id x, v;
    MUST(ln_model_add_graph(m, "main", &g));
    MUST(ln_graph_add_tensor(m, g, "x \"quoted\"\n", kTfLiteFloat32, 2, (const int[]){-1, 3}, &x));
    MUST(ln_graph_add_tensor(m, g, "state", kTfLiteInt16, 1, (const int[]){5}, &v));
    g->tensors[v].t.is_variable = true;
    set_affine(m, &g->tensors[v].t, 1, 0);
    add_constant(m, "w", kTfLiteFloat32, (ln_shape){2, {2, 3}}, weights, sizeof weights);
    const ln_id q = add_constant(m, "q", kTfLiteInt8, (ln_shape){2, {3, 2}}, bytes, 6);
    set_affine(m, &g->tensors[q].t, 3, 0);
    const ln_id scale = add_constant(m, "s", kTfLiteFloat16, (ln_shape){2, {1, 2}}, weights, 4);
    const ln_id p = add_constant(m, "p", kTfLiteInt4, (ln_shape){2, {1, 4}}, packed, 2);
    set_blockwise(m, &g->tensors[p].t, scale);
    const ln_id sp =
        add_constant(m, "sp", kTfLiteFloat32, (ln_shape){2, {2, 400}}, weights, 3 * sizeof(float));
    set_sparse(m, &g->tensors[sp].t);
    add_constant(m, "strings", kTfLiteString, (ln_shape){1, {2}}, strings, sizeof strings);
    add_custom_nodes(m, g, x);
    g->inputs = ln_ints(&m->arena, 1, &x);
    g->outputs = ln_ints(&m->arena, 1, &g->nodes[1].outputs->data[0]);
    g->debug_index = 2;
    return g;
}

ln_model *sample_model(void)
{
    ln_model *m;
    ln_graph *g, *other;
    MUST(ln_model_create(&m, &ln_alloc_default));
    m->description = "one of everything";
    g = add_main(m);
    MUST(ln_model_add_graph(m, NULL, &other));
    m->metadata = ln_arena_new(&m->arena, 1, sizeof *m->metadata);
    m->metadata[0].name = "notes";
    m->n_metadata = 1;
    MUST(ln_model_add_buffer(m, "hello", 5, true, &m->metadata[0].buffer));
    ln_signature *s = ln_arena_new(&m->arena, 1, sizeof *s);
    ln_binding *bindings = ln_arena_new(&m->arena, 2, sizeof *bindings);
    bindings[0] = (ln_binding){"in", g->inputs->data[0]};
    bindings[1] = (ln_binding){"out", g->outputs->data[0]};
    *s = (ln_signature){"serve", 0, &bindings[0], &bindings[1], 1, 1};
    m->signatures = s;
    m->n_signatures = 1;
    return m;
}

/* ---- a model as text ---- */

typedef struct text {
    char *p;
    size_t n, capacity;
} text;

static void append(void *user, const char *piece, size_t n)
{
    text *t = user;
    if (t->n + n + 1 > t->capacity) {
        t->capacity = 2 * (t->n + n + 1);
        t->p = ln_resize(&ln_alloc_default, t->p, t->capacity, 1);
        assert_non_null(t->p);
    }
    memcpy(t->p + t->n, piece, n);
    t->n += n;
    t->p[t->n] = '\0';
}

LN_PRINTF(2, 3) static void say(text *t, const char *fmt, ...)
{
    char line[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    append(t, line, strlen(line));
}

static void say_bindings(text *t, const ln_binding *b, int n)
{
    for (int i = 0; i < n; i++)
        say(t, " %s=%d", b[i].name, b[i].tensor);
    say(t, "\n");
}

char *model_text(const ln_model *m)
{
    text t = {0};
    say(&t, "%s\n", m->description ? m->description : "");
    for (int i = 0; i < m->n_graphs; i++)
        ln_graph_dump(m, i, append, &t);
    for (int i = 0; i < m->n_signatures; i++) {
        say(&t, "signature %s of %d:", m->signatures[i].key, m->signatures[i].graph);
        say_bindings(&t, m->signatures[i].inputs, m->signatures[i].n_inputs);
        say_bindings(&t, m->signatures[i].outputs, m->signatures[i].n_outputs);
    }
    for (int i = 0; i < m->n_metadata; i++)
        say(&t, "metadata %s in %d\n", m->metadata[i].name, m->metadata[i].buffer);
    for (int i = 0; i < m->n_buffers; i++) {
        unsigned long sum = 0;
        for (size_t k = 0; k < m->buffers[i].size; k++)
            sum = sum * 31 + m->buffers[i].data[k];
        say(&t, "buffer %d: %zu bytes, %lx\n", i, m->buffers[i].size, sum & 0xffffffff);
    }
    return t.p;
}
