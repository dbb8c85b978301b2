/* SPDX-License-Identifier: Apache-2.0 */
/* test_parts.c: what CONCATENATION joins and SPLIT takes apart lies in the whole, and nothing else
 * is written there. */
#include <stdlib.h>

#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"

extern const ln_op ln_op_concatenation, ln_op_split;

enum { SMALL = 16, TENSORS = 40, NODES = 14, MOST = 256 };

static void run_once(ln_interpreter *it)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < SMALL; i++)
        input_of(it, 0)[i] = (float)i;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

/* SPLIT of x into halves along its only axis. */
static void build_split(builder *b, int x, int low, int high)
{
    static TfLiteSplitParams halves = {2};
    const int axis = build_constant(b, 1, &(float){0});
    ln_id node;
    b->graph->tensors[axis].t.type = kTfLiteInt32;
    assert_int_equal(ln_graph_add_node(b->model, b->graph, &ln_op_split, 2, (int[]){axis, x}, 2,
                                       (int[]){low, high}, &node),
                     LN_OK);
    b->graph->nodes[node].builtin = kTfLiteBuiltinSplit;
    b->graph->nodes[node].params = &halves;
}

/* CONCATENATION along the only axis. */
static void build_concatenation(builder *b, const int *parts, int y)
{
    static TfLiteConcatenationParams along;
    build_node(b, &ln_op_concatenation, parts, y);
    b->graph->nodes[b->graph->n_nodes - 1].params = &along;
}

static void joins(void **state)
{
    (void)state;
    builder b;
    ln_memory_info info;
    build_begin(&b);
    const int x = build_tensor(&b, SMALL), p = build_tensor(&b, SMALL);
    const int q = build_tensor(&b, SMALL), y = build_tensor(&b, 2 * SMALL);
    build_node(&b, &op_increment, (int[]){x, -1}, p);
    build_node(&b, &op_increment, (int[]){p, -1}, q);
    build_concatenation(&b, (int[]){p, q, -1}, y);
    build_io(&b, 1, &x, 1, &y);
    ln_interpreter *it = open_model(b.model, NULL);
    run_once(it);
    assert_ptr_equal(ln_interpreter_tensor(it, 0, p)->data.raw, output_of(it, 0)->data.raw);
    assert_ptr_equal(ln_interpreter_tensor(it, 0, q)->data.f, output_of(it, 0)->data.f + SMALL);
    for (int i = 0; i < 2 * SMALL; i++)
        assert_float_equal(output_of(it, 0)->data.f[i], (float)(i % SMALL + 1 + i / SMALL), 0);
    ln_interpreter_memory(it, &info);
    assert_int_equal(info.arena_bytes, 3 * SMALL * sizeof(float));
    ln_interpreter_destroy(it);
    ln_model_release(b.model);
}

/* ---- at random ---- */

typedef struct made {
    builder b;
    int id[TENSORS], size[TENSORS], n;
    float value[TENSORS][MOST];
} made;

static int new_tensor(made *m, int size)
{
    m->id[m->n] = build_tensor(&m->b, size);
    m->size[m->n] = size;
    return m->n++;
}

/* One of those before `below`; the newest ones more often. */
static int pick(int below)
{
    return rand() % 2 ? below - 1 - rand() % (below < 3 ? below : 3) : rand() % below;
}

static void add_increment(made *m)
{
    const int x = pick(m->n), y = new_tensor(m, m->size[x]);
    build_node(&m->b, &op_increment, (int[]){m->id[x], -1}, m->id[y]);
    for (int i = 0; i < m->size[x]; i++)
        m->value[y][i] = m->value[x][i] + 1;
}

static void add_sum(made *m)
{
    const int p = pick(m->n), q = pick(m->n);
    if (m->size[p] != m->size[q])
        return;
    const int y = new_tensor(m, m->size[p]);
    build_node(&m->b, &op_sum, (int[]){m->id[p], m->id[q], -1}, m->id[y]);
    for (int i = 0; i < m->size[y]; i++)
        m->value[y][i] = m->value[p][i] + m->value[q][i];
}

static void add_concatenation(made *m)
{
    int parts[4] = {-1, -1, -1, -1}, of[3], size = 0;
    const int n = 1 + rand() % 3;
    for (int k = 0; k < n; k++) {
        of[k] = pick(m->n);
        parts[k] = m->id[of[k]];
        size += m->size[of[k]];
    }
    if (size > MOST)
        return;
    const int y = new_tensor(m, size);
    build_concatenation(&m->b, parts, m->id[y]);
    for (int k = 0, at = 0; k < n; k++)
        for (int i = 0; i < m->size[of[k]]; i++)
            m->value[y][at++] = m->value[of[k]][i];
}

static void add_split(made *m)
{
    const int x = pick(m->n), half = m->size[x] / 2;
    if (half == 0 || m->size[x] % 2)
        return;
    const int low = new_tensor(m, half), high = new_tensor(m, half);
    build_split(&m->b, m->id[x], m->id[low], m->id[high]);
    for (int i = 0; i < half; i++) {
        m->value[low][i] = m->value[x][i];
        m->value[high][i] = m->value[x][half + i];
    }
}

static void check_random(made *m, bool preserve)
{
    void (*const add[])(made *) = {add_increment, add_sum, add_concatenation, add_split};
    ln_interpreter_options o;
    int outputs[3], of[3];
    m->n = 0;
    build_begin(&m->b);
    const int x = new_tensor(m, SMALL);
    for (int i = 0; i < SMALL; i++)
        m->value[x][i] = (float)i;
    for (int i = 0; i < NODES; i++)
        add[rand() % 4](m);
    for (int k = 0; k < 3; k++) {
        of[k] = k == 0 ? m->n - 1 : pick(m->n);
        outputs[k] = m->id[of[k]];
    }
    build_io(&m->b, 1, &m->id[x], 3, outputs);
    ln_interpreter_options_init(&o);
    o.preserve = preserve;
    ln_interpreter *it = open_model(m->b.model, &o);
    for (int round = 0; round < 2; round++) {
        run_once(it);
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < m->size[of[k]]; i++)
                assert_float_equal(output_of(it, k)->data.f[i], m->value[of[k]][i], 0);
        for (int k = 0; preserve && k < m->n; k++)
            for (int i = 0; i < m->size[k]; i++)
                assert_float_equal(ln_interpreter_tensor(it, 0, m->id[k])->data.f[i],
                                   m->value[k][i], 0);
    }
    ln_interpreter_destroy(it);
    ln_model_release(m->b.model);
}

static void joins_at_random(void **state)
{
    static made m;
    (void)state;
    srand(7);
    for (int i = 0; i < 2000; i++)
        check_random(&m, i % 4 == 0);
}

int test_parts(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins),
        cmocka_unit_test(joins_at_random),
    };
    return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
