/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: editing graphs, and what validation refuses. */
#include "ir/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* x -> node 0 -> a -> node 1 -> b, and a third node that reads a and b. */
typedef struct chain {
    ln_model *m;
    ln_graph *g;
    ln_id x, a, b, c;
} chain;

static ln_id tensor(chain *s, const char *name)
{
    ln_id id = -1;
    assert_int_equal(
        ln_graph_add_tensor(s->m, s->g, name, kTfLiteFloat32, 2, (const int[]){2, 3}, &id), LN_OK);
    return id;
}

static void node(chain *s, int n_in, const ln_id *in, ln_id out)
{
    ln_id id;
    assert_int_equal(ln_graph_add_node(s->m, s->g, NULL, n_in, in, 1, &out, &id), LN_OK);
}

static chain make_chain(void)
{
    chain s = {0};
    assert_int_equal(ln_model_create(&s.m, &ln_alloc_default), LN_OK);
    assert_int_equal(ln_model_add_graph(s.m, "g", &s.g), LN_OK);
    s.x = tensor(&s, "x");
    s.a = tensor(&s, "a");
    s.b = tensor(&s, "b");
    s.c = tensor(&s, "c");
    node(&s, 1, &s.x, s.a);
    node(&s, 1, &s.a, s.b);
    node(&s, 2, (const ln_id[]){s.a, s.b}, s.c);
    s.g->inputs = ln_ints(&s.m->arena, 1, &s.x);
    s.g->outputs = ln_ints(&s.m->arena, 1, &s.c);
    assert_int_equal(ln_graph_validate(s.m, 0, NULL), LN_OK);
    return s;
}

static bool makes(void *user, const ln_node *n)
{
    return n->outputs->data[0] == *(const ln_id *)user;
}

static void nodes_are_edited(void **state)
{
    (void)state;
    chain s = make_chain();
    assert_int_equal(ln_graph_producer(s.g, s.b), 1);
    assert_int_equal(ln_graph_producer(s.g, s.x), -1);
    assert_int_equal(ln_graph_use_count(s.g, s.a), 2);
    assert_int_equal(ln_graph_use_count(s.g, s.c), 1);
    ln_graph_replace_uses(s.g, s.b, s.a);
    assert_int_equal(ln_graph_use_count(s.g, s.a), 3);
    assert_int_equal(ln_graph_use_count(s.g, s.b), 0);
    assert_int_equal(ln_graph_remove_nodes(s.g, makes, &s.b), 1);
    assert_int_equal(s.g->n_nodes, 2);
    assert_int_equal(ln_graph_producer(s.g, s.c), 1);
    assert_int_equal(ln_graph_validate(s.m, 0, NULL), LN_OK);
    ln_model_release(s.m);
}

static void models_grow(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    chain s = make_chain();
    ln_id id = -1;
    for (int i = 0; i < MANY; i++) {
        const ln_id out = tensor(&s, "t");
        node(&s, 1, &s.x, out);
        assert_int_equal(ln_model_add_buffer(s.m, &i, sizeof i, true, &id), LN_OK);
    }
    assert_int_equal(s.g->n_tensors, 4 + MANY);
    assert_int_equal(s.g->n_nodes, 3 + MANY);
    assert_int_equal(s.m->n_buffers, 1 + MANY);
    assert_int_equal(*(const int *)(const void *)s.m->buffers[id].data, MANY - 1);
    assert_string_equal(s.g->tensors[0].t.name, "x");
    ln_model_retain(s.m);
    ln_model_release(s.m);
    assert_int_equal(ln_graph_validate(s.m, 0, NULL), LN_OK);
    ln_model_release(s.m);
    ln_model_release(NULL);
}

static void refused(chain *s, const char *why)
{
    ln_diag diag = {0};
    assert_int_equal(ln_graph_validate(s->m, 0, &diag), LN_ERR_FORMAT);
    if (!strstr(diag.text, why))
        fail_msg("'%s' does not say '%s'", diag.text, why);
    ln_model_release(s->m);
    *s = make_chain();
}

static void faults_are_refused(void **state)
{
    (void)state;
    chain s = make_chain();
    s.g->nodes[1].inputs->data[0] = 4;
    refused(&s, "node 1: node input 0 is tensor 4 of 4");
    s.g->nodes[1].inputs->data[0] = -2;
    refused(&s, "tensor -2");
    s.g->nodes[1].outputs->data[0] = -1;
    refused(&s, "node output 0 is tensor -1");
    s.g->outputs->data[0] = 99;
    refused(&s, "graph output 0");
    s.g->nodes[1].outputs->data[0] = s.a;
    refused(&s, "was written before");
    s.g->nodes[1].outputs->data[0] = s.x;
    refused(&s, "an input of the graph");
    s.g->nodes[0].inputs->data[0] = s.b;
    refused(&s, "node 0: it reads tensor 2 'b', which node 1 makes");
    s.g->nodes[0].inputs->data[0] = s.a;
    refused(&s, "which node 0 makes");
    s.g->tensors[s.b].t.allocation_type = kTfLiteMmapRo;
    refused(&s, "has no data");
    s.g->tensors[s.b].t.allocation_type = kTfLiteMmapRo;
    s.g->tensors[s.b].t.data.raw_const = "";
    refused(&s, "a constant");
    s.g->tensors[s.b].t.dims->data[1] = -2;
    refused(&s, "of size -2");
    s.g->tensors[s.b].t.dims = ln_ints(&s.m->arena, 3, (const int[]){2000000000, 2000000000, 9});
    refused(&s, "too many items");
    s.g->tensors[s.b].t.dims = ln_ints(&s.m->arena, 9, (const int[]){1, 1, 1, 1, 1, 1, 1, 1, 1});
    refused(&s, "more than 8 dimensions");
    TfLiteBlockwiseQuantization q = {77, -1, 32, 0};
    s.g->tensors[s.b].t.quantization = (TfLiteQuantization){kTfLiteBlockwiseQuantization, &q};
    refused(&s, "scales in tensor 77");
    ln_model_release(s.m);
}

/* ---- out of memory ---- */

static void *limited(void *user, void *p, size_t n)
{
    long *left = user;
    if (n && (*left)-- <= 0)
        return NULL;
    return ln_alloc_default.fn(NULL, p, n);
}

static ln_status build(ln_model **out, const ln_alloc *alloc)
{
    ln_graph *g;
    ln_id id;
    LN_TRY(ln_model_create(out, alloc));
    LN_TRY(ln_model_add_graph(*out, "g", &g));
    for (int i = 0; i < 2000; i++) {
        LN_TRY(ln_graph_add_tensor(*out, g, "t", kTfLiteInt8, 0, NULL, &id));
        LN_TRY(ln_graph_add_node(*out, g, NULL, 0, NULL, 1, &id, &id));
    }
    return ln_graph_validate(*out, 0, NULL);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    ln_status status = LN_ERR_MEMORY;
    for (long i = 0; status != LN_OK; i++) {
        long left = i;
        const ln_alloc alloc = {limited, &left};
        ln_model *m = NULL;
        status = build(&m, &alloc);
        assert_true(status == LN_OK || status == LN_ERR_MEMORY);
        ln_model_release(m);
        assert_true(i < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_edited),
        cmocka_unit_test(models_grow),
        cmocka_unit_test(faults_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
