/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c: shapes are inferred and constants folded while a graph is made; what is known of computed
 * shapes is used; failures stick and name their layer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "emit/emit.h"
#include "model/model.h"
#include "ops/list.h"

typedef struct fixture {
    ln_model *m;
    ln_diag diag;
    ln_emit e;
} fixture;

static int setup(void **state)
{
    static fixture f;
    ln_graph *g;
    f = (fixture){0};
    assert_int_equal(ln_model_create(&f.m, &ln_alloc_default), LN_OK);
    assert_int_equal(ln_model_add_graph(f.m, "main", &g), LN_OK);
    ln_emit_init(&f.e, f.m, g, &f.diag);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    ln_model_release(((fixture *)*state)->m);
    return 0;
}

static void constants_are_folded(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_id a = ln_emit_floats(e, 3, (const float[]){1, 2, 3});
    const ln_id y = ln_emit_binary(e, &ln_op_add, NULL, a, ln_emit_float(e, 10));
    assert_true(ln_emit_known(e, y));
    assert_int_equal(e->g->n_nodes, 0);
    assert_float_equal(ln_emit_tensor(e, y)->data.f[2], 13, 0);
}

static void casts_say_their_type(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape s = {.rank = 1, .dim = {-1}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteInt64, &s);
    const ln_id y = ln_emit_cast(e, x, kTfLiteInt32);
    assert_int_equal(ln_emit_type(e, y), kTfLiteInt32);
    assert_int_equal(ln_emit_shape(e, y).rank, 1);
    assert_int_equal(ln_emit_cast(e, y, kTfLiteInt32), y);
}

/* What runs elsewhere, too: no ABS of int64. */
static void absolute_values_of_any_type(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape s = {.rank = 1, .dim = {3}};
    const int64_t v[] = {-5000000000, 0, 7};
    const ln_id x = ln_emit_constant(e, kTfLiteInt64, &s, v, sizeof v, true);
    const int64_t *y = ln_emit_tensor(e, ln_emit_abs(e, x))->data.i64;
    assert_true(y[0] == 5000000000 && y[1] == 0 && y[2] == 7);
    ln_emit_abs(e, ln_emit_input(e, "i", kTfLiteInt64, &s));
    assert_int_equal(e->g->n_nodes, 2);
    assert_ptr_equal(e->g->nodes[0].op, &ln_op_neg);
    assert_ptr_equal(e->g->nodes[1].op, &ln_op_maximum);
    ln_emit_abs(e, ln_emit_input(e, "f", kTfLiteFloat32, &s));
    assert_int_equal(e->g->n_nodes, 3);
    assert_ptr_equal(e->g->nodes[2].op, &ln_op_abs);
}

static void shapes_are_inferred(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape s = {.rank = 2, .dim = {-1, 4}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteFloat32, &s);
    const ln_id y = ln_emit_transpose(e, x, 2, (const int[]){1, 0});
    const ln_shape t = ln_emit_shape(e, y);
    assert_int_equal(t.rank, 2);
    assert_int_equal(t.dim[0], 4);
    assert_int_equal(t.dim[1], -1);
    assert_int_equal(e->g->n_nodes, 1);
}

/* reshape(x, pack(shape(x)[0], 2, 2)): the batch is open, the rest is known. */
static void a_computed_shape_becomes_a_constant(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape s = {.rank = 2, .dim = {-1, 4}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteFloat32, &s);
    const TfLiteStridedSliceParams first = {.shrink_axis_mask = 1};
    const ln_id cut[] = {ln_emit_shape_of(e, x), ln_emit_ints(e, 1, (const int[]){0}),
                         ln_emit_ints(e, 1, (const int[]){1}),
                         ln_emit_ints(e, 1, (const int[]){1})};
    const ln_id batch = ln_emit_nary(e, &ln_op_strided_slice, &first, 4, cut);
    const TfLitePackParams three = {.values_count = 3};
    const ln_id parts[] = {batch, ln_emit_int(e, 2), ln_emit_int(e, 2)};
    const ln_id shape = ln_emit_nary(e, &ln_op_pack, &three, 3, parts);
    const ln_id y = ln_emit_binary(e, &ln_op_reshape, NULL, x, shape);
    assert_true(ln_emit_ok(e));
    const ln_shape t = ln_emit_shape(e, y);
    assert_int_equal(t.rank, 3);
    assert_int_equal(t.dim[0], -1);
    assert_int_equal(t.dim[2], 2);
    const ln_node *n = &e->g->nodes[ln_graph_producer(e->g, y)];
    int v[3], count;
    assert_true(ln_emit_read_ints(e, n->inputs->data[1], 3, v, &count));
    assert_int_equal(v[0], -1);
    assert_int_equal(v[1], 2);
}

/* What restores a checkpoint does not say of what rank it is. */
static void a_reshape_asks_for_no_rank(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape none = ln_shape_unknown(-1), s = {.rank = 2, .dim = {3, -1}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteFloat32, &none);
    const ln_id y = ln_emit_reshape(e, x, &s);
    assert_int_equal(ln_emit_shape(e, y).rank, 2);
    assert_int_equal(ln_emit_shape(e, y).dim[0], 3);
    assert_int_equal(ln_emit_shape(e, y).dim[1], -1);
    assert_int_equal(ln_emit_type(e, y), kTfLiteFloat32);
    assert_int_equal(ln_emit_unary(e, &ln_op_relu, NULL, x), -1);
}

static void a_failure_sticks_and_names_its_layer(void **state)
{
    fixture *f = *state;
    ln_emit *e = &f->e;
    const ln_shape s = {.rank = 1, .dim = {3}}, t = {.rank = 1, .dim = {4}};
    const ln_id a = ln_emit_input(e, "a", kTfLiteFloat32, &s);
    const ln_id b = ln_emit_input(e, "b", kTfLiteFloat32, &t);
    ln_emit_at(e, "block_1/add");
    assert_int_equal(ln_emit_binary(e, &ln_op_add, NULL, a, b), -1);
    assert_false(ln_emit_ok(e));
    assert_non_null(strstr(f->diag.text, "block_1/add (ADD)"));
    assert_int_equal(ln_emit_unary(e, &ln_op_relu, NULL, a), -1);
}

/* Of an operator that is not in our table only the hint is known. */
static void a_custom_operator_has_the_hinted_shape(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_made like = {kTfLiteFloat32, {.rank = 2, .dim = {-1, 4}}};
    const ln_id x = ln_emit_input(e, "x", like.type, &like.shape);
    const ln_emit_call call = {.custom = "Mine", .in = &x, .n_in = 1, .n_out = 1, .hints = &like};
    ln_id y;
    assert_true(ln_emit_node(e, &call, &y));
    assert_int_equal(ln_emit_shape(e, y).rank, 2);
    assert_int_equal(ln_emit_shape(e, y).dim[1], 4);
}

/* The open batch of an input goes through what leaves it as it is, and is lost where it is not. */
static void open_dimensions_have_an_origin(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape s = {.rank = 2, .dim = {-1, 4}}, row = {.rank = 1, .dim = {4}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteFloat32, &s);
    const ln_id y = ln_emit_input(e, "y", kTfLiteFloat32, &s);
    const ln_id r = ln_emit_input(e, "r", kTfLiteFloat32, &row);
    const ln_id sum =
        ln_emit_binary(e, &ln_op_add, NULL, r, ln_emit_unary(e, &ln_op_relu, NULL, x));
    const ln_id turned = ln_emit_transpose(e, sum, 2, (const int[]){1, 0});
    ln_origin o = ln_emit_origin(e, sum, 0);
    assert_true(o.id == x && o.dim == 0);
    o = ln_emit_origin(e, turned, 1);
    assert_true(o.id == x && o.dim == 0);
    o = ln_emit_origin(e, ln_emit_unary(e, &ln_op_sin, NULL, y), 0);
    assert_true(o.id == y && o.dim == 0);
    assert_int_equal(ln_emit_origin(e, sum, 1).id, -1); /* it is 4 */
    const ln_id flat = ln_emit_reshape(e, x, &(ln_shape){.rank = 1, .dim = {-1}});
    assert_int_equal(ln_emit_origin(e, flat, 0).id, -1); /* four times the batch */
    assert_true(ln_emit_ok(e));
}

/* Operands that broadcast have the same open dimension only if it comes from one place: another's
 * may be 1.  Paths that part and meet again, a hundred times over, take no time. */
static void open_operands_may_differ(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape column = {.rank = 2, .dim = {-1, 1}}, s = {.rank = 2, .dim = {-1, 4}};
    const ln_id a = ln_emit_input(e, "a", kTfLiteFloat32, &column);
    const ln_id b = ln_emit_input(e, "b", kTfLiteFloat32, &s);
    const ln_id sum = ln_emit_binary(e, &ln_op_add, NULL, a, b);
    assert_int_equal(ln_emit_shape(e, sum).dim[0], -1);
    assert_int_equal(ln_emit_origin(e, sum, 0).id, -1);
    const ln_id again = ln_emit_binary(e, &ln_op_mul, NULL, a, sum);
    assert_int_equal(ln_emit_origin(e, again, 0).id, -1); /* 1 times b */
    ln_id x = b;
    for (int i = 0; i < 100; i++)
        x = ln_emit_binary(e, &ln_op_add, NULL, x, ln_emit_unary(e, &ln_op_relu, NULL, x));
    const ln_origin o = ln_emit_origin(e, x, 0);
    assert_true(o.id == b && o.dim == 0);
    const ln_id other = ln_emit_binary(e, &ln_op_add, NULL, x, a);
    assert_int_equal(ln_emit_origin(e, other, 0).id, -1);
    assert_true(ln_emit_ok(e));
}

/* A file's output of one item may have any rank; what is made has that of the operands. */
static void single_items_keep_their_rank(void **state)
{
    ln_emit *e = &((fixture *)*state)->e;
    const ln_shape one = {.rank = 1, .dim = {1}};
    const ln_id in[] = {ln_emit_input(e, "c", kTfLiteBool, &one), ln_emit_float(e, 0),
                        ln_emit_input(e, "x", kTfLiteFloat32, &one)};
    const ln_id y = ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
    assert_int_equal(ln_emit_shape(e, y).rank, 1);
    assert_true(ln_emit_ok(e));
}

/* An emitted model can be written, and read again with its open dimension. */
static void the_model_is_written(void **state)
{
    fixture *f = *state;
    ln_emit *e = &f->e;
    const ln_shape s = {.rank = 2, .dim = {-1, 4}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteFloat32, &s);
    ln_emit_output(e, ln_emit_unary(e, &ln_op_relu, NULL, x));
    const char *const in[] = {"x"}, *const out[] = {"y"};
    assert_int_equal(ln_emit_signature(f->m, 0, "serving_default", in, out), LN_OK);
    assert_int_equal(ln_emit_finish(f->m), LN_OK);
    uint8_t *bytes;
    size_t n;
    ln_model *again;
    assert_int_equal(ln_model_write(f->m, &bytes, &n, &ln_alloc_default, &f->diag), LN_OK);
    assert_int_equal(ln_model_open_memory(&again, bytes, n, &ln_alloc_default, &f->diag), LN_OK);
    const TfLiteTensor *t = &again->graphs[0]->tensors[again->graphs[0]->inputs->data[0]].t;
    assert_int_equal(t->dims->data[0], 1);
    assert_int_equal(t->dims_signature->data[0], -1);
    assert_string_equal(again->signatures[0].outputs[0].name, "y");
    ln_model_release(again);
    ln_free(&ln_alloc_default, bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(constants_are_folded, setup, teardown),
        cmocka_unit_test_setup_teardown(casts_say_their_type, setup, teardown),
        cmocka_unit_test_setup_teardown(absolute_values_of_any_type, setup, teardown),
        cmocka_unit_test_setup_teardown(shapes_are_inferred, setup, teardown),
        cmocka_unit_test_setup_teardown(a_computed_shape_becomes_a_constant, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reshape_asks_for_no_rank, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failure_sticks_and_names_its_layer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_custom_operator_has_the_hinted_shape, setup, teardown),
        cmocka_unit_test_setup_teardown(open_dimensions_have_an_origin, setup, teardown),
        cmocka_unit_test_setup_teardown(open_operands_may_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(single_items_keep_their_rank, setup, teardown),
        cmocka_unit_test_setup_teardown(the_model_is_written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
