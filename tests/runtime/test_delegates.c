/* SPDX-License-Identifier: Apache-2.0 */
/* test_delegates.c: a delegate that claims INCREMENT nodes: how the plan is cut, that its kernels
 * run, and that everything is undone when something fails or an input is resized. */
#include <string.h>

#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"

typedef struct claimer {
    TfLiteDelegate d;
    int first, last; /* claims nodes with ids in between */
    bool fail_init, fail_prepare, fail_after, fail_invoke;
    bool keep_shapes; /* leaves shapes to the runtime */
    bool handles;     /* leaves results in its own buffer */
    int inits, frees, handles_freed;
    int parts, nodes[8]; /* what the last Prepare previewed */
    float buffer[16];
} claimer;

typedef struct kernel {
    claimer *owner;
    int count, in, out;
} kernel;

static kernel kernels[16];
static int n_kernels;

static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    const TfLiteDelegateParams *p = (const void *)buffer;
    claimer *c = (claimer *)p->delegate;
    (void)context;
    (void)length;
    if (c->fail_init)
        return TfLiteKernelInitFailed();
    kernel *k = &kernels[n_kernels++ % 16];
    *k = (kernel){c, p->nodes_to_replace->size, p->input_tensors->data[0],
                  p->output_tensors->data[0]};
    c->inits++;
    return k;
}

static void kernel_free(TfLiteContext *context, void *data)
{
    (void)context;
    ((kernel *)data)->owner->frees++;
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    const kernel *k = node->user_data;
    if (k->owner->fail_prepare)
        return kTfLiteError;
    TfLiteTensor *in = &context->tensors[k->in], *out = &context->tensors[k->out];
    if (k->owner->keep_shapes)
        return kTfLiteOk;
    return context->ResizeTensor(context, out, TfLiteIntArrayCopy(in->dims));
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const kernel *k = node->user_data;
    const TfLiteTensor *in = &context->tensors[k->in];
    TfLiteTensor *out = &context->tensors[k->out];
    if (k->owner->fail_invoke)
        return kTfLiteError;
    float *to = k->owner->handles ? k->owner->buffer : out->data.f;
    for (size_t i = 0; i < in->bytes / sizeof(float); i++)
        to[i] = in->data.f[i] + (float)k->count;
    if (k->owner->handles) {
        out->delegate = &k->owner->d;
        out->buffer_handle = 7;
        out->data_is_stale = true;
    }
    return kTfLiteOk;
}

static TfLiteStatus claim(TfLiteContext *context, TfLiteDelegate *delegate)
{
    claimer *c = (claimer *)delegate;
    TfLiteIntArray *plan;
    TfLiteDelegateParams *parts;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    TfLiteIntArray *nodes = TfLiteIntArrayCreate(plan->size);
    nodes->size = 0;
    for (int i = 0; i < plan->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *reg;
        const int id = plan->data[i];
        assert_int_equal(context->GetNodeAndRegistration(context, id, &node, &reg), kTfLiteOk);
        if (reg->builtin_code == kTfLiteBuiltinNeg && id >= c->first && id <= c->last)
            nodes->data[nodes->size++] = id;
    }
    assert_int_equal(context->PreviewDelegatePartitioning(context, nodes, &parts, &c->parts),
                     kTfLiteOk);
    for (int i = 0; i < c->parts && i < 8; i++)
        c->nodes[i] = parts[i].nodes_to_replace->size;
    const TfLiteRegistration reg = {.init = kernel_init,
                                    .free = kernel_free,
                                    .prepare = kernel_prepare,
                                    .invoke = kernel_invoke,
                                    .custom_name = "Claimer",
                                    .version = 1};
    const TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, reg, nodes, delegate);
    TfLiteIntArrayFree(nodes);
    return c->fail_after ? kTfLiteDelegateError : status;
}

static TfLiteStatus copy_from(TfLiteContext *context, TfLiteDelegate *delegate,
                              TfLiteBufferHandle handle, TfLiteTensor *tensor)
{
    (void)context;
    assert_int_equal(handle, 7);
    memcpy(tensor->data.raw, ((claimer *)delegate)->buffer, tensor->bytes);
    return kTfLiteOk;
}

static void free_handle(TfLiteContext *context, TfLiteDelegate *delegate,
                        TfLiteBufferHandle *handle)
{
    (void)context;
    ((claimer *)delegate)->handles_freed++;
    *handle = kTfLiteNullBufferHandle;
}

static claimer make_claimer(int first, int last)
{
    claimer c = {.first = first, .last = last};
    c.d.Prepare = claim;
    c.d.CopyFromBufferHandle = copy_from;
    c.d.FreeBufferHandle = free_handle;
    return c;
}

/* x = 1: the result of a chain of n increments is n + 1, whoever computes it. */
static void check_chain(ln_interpreter *it, int n)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *y = output_of(it, 0);
    const int items = (int)(y->bytes / sizeof(float));
    for (int i = 0; i < items; i++)
        input_of(it, 0)[i] = 1;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    for (int i = 0; i < items; i++)
        assert_float_equal(output_of(it, 0)->data.f[i], n + 1, 0);
}

static void close_model(ln_interpreter *it, ln_model *m)
{
    ln_interpreter_destroy(it);
    ln_model_release(m);
}

static void takes_a_part(void **state)
{
    (void)state;
    ln_model *m = chain_model(6, 8);
    ln_interpreter *it = open_model(m, NULL);
    claimer c = make_claimer(2, 4);
    ln_node_info info;
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    assert_int_equal(c.parts, 1);
    assert_int_equal(c.nodes[0], 3);
    assert_int_equal(ln_interpreter_plan(it, 0)->size, 4);
    assert_int_equal(ln_interpreter_plan(it, 0)->data[2], 6);
    assert_true(ln_interpreter_node_info(it, 0, 6, &info));
    assert_true(info.delegated);
    assert_string_equal(info.op, "Claimer");
    check_chain(it, 6);
    close_model(it, m);
    assert_int_equal(c.inits, 1);
    assert_int_equal(c.frees, 1);
}

/* Claimed and unclaimed branches meet: as few parts as order allows. */
static void cuts_branches(void **state)
{
    (void)state;
    builder b;
    build_begin(&b);
    int t[7];
    for (int i = 0; i < 7; i++)
        t[i] = build_tensor(&b, 4);
    build_node(&b, &op_increment, (int[]){t[0], -1}, t[1]);
    build_node(&b, &op_sum, (int[]){t[0], t[0], -1}, t[2]);
    build_node(&b, &op_increment, (int[]){t[0], -1}, t[3]);
    build_node(&b, &op_sum, (int[]){t[1], t[2], -1}, t[4]);
    build_node(&b, &op_increment, (int[]){t[4], -1}, t[5]);
    build_node(&b, &op_sum, (int[]){t[5], t[3], -1}, t[6]);
    build_io(&b, 1, &t[0], 1, &t[6]);
    ln_interpreter *it = open_model(b.model, NULL);
    claimer c = make_claimer(0, 3); /* not node 4 */
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    assert_int_equal(c.parts, 1);
    assert_int_equal(c.nodes[0], 2);
    assert_int_equal(ln_interpreter_plan(it, 0)->size, 5);
    close_model(it, b.model);
}

/* Not clustered: a part ends where the plan has a node that is not claimed. */
static void keeps_the_order(void **state)
{
    (void)state;
    for (int ordered = 0; ordered < 2; ordered++) {
        builder b;
        build_begin(&b);
        int t[5];
        for (int i = 0; i < 5; i++)
            t[i] = build_tensor(&b, 4);
        build_node(&b, &op_increment, (int[]){t[0], -1}, t[1]);
        build_node(&b, &op_sum, (int[]){t[0], t[0], -1}, t[2]);
        build_node(&b, &op_increment, (int[]){t[0], -1}, t[3]);
        build_node(&b, &op_sum, (int[]){t[1], t[3], -1}, t[4]);
        build_io(&b, 1, &t[0], 2, (int[]){t[2], t[4]});
        ln_interpreter_options o;
        ln_interpreter_options_init(&o);
        o.ordered_parts = ordered != 0;
        ln_interpreter *it = open_model(b.model, &o);
        claimer c = make_claimer(0, 3);
        assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
        assert_int_equal(c.parts, ordered ? 2 : 1);
        close_model(it, b.model);
    }
}

static bool odd_only(void *user, int graph, int node)
{
    ++*(int *)user;
    return graph == 0 && node % 2 == 1;
}

static void shows_some_nodes(void **state)
{
    (void)state;
    ln_model *m = chain_model(4, 8);
    int asked = 0;
    ln_interpreter_options o;
    ln_node_info info;
    ln_interpreter_options_init(&o);
    o.delegable = (ln_delegable){odd_only, &asked};
    ln_interpreter *it = open_model(m, &o);
    claimer c = make_claimer(0, 3);
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    assert_int_equal(asked, 4);
    assert_int_equal(c.parts, 2);
    assert_true(ln_interpreter_node_info(it, 0, 4, &info));
    assert_int_equal(info.replaces->size, 1);
    assert_int_equal(info.replaces->data[0], 1);
    assert_int_equal(info.builtin, kTfLiteBuiltinDelegate);
    check_chain(it, 4);
    close_model(it, m);
}

static void undoes_failures(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        ln_model *m = chain_model(4, 8);
        ln_interpreter *it = open_model(m, NULL);
        claimer good = make_claimer(0, 1), bad = make_claimer(2, 3);
        bad.fail_init = what == 0;
        bad.fail_prepare = what == 1;
        bad.fail_after = what == 2;
        check_chain(it, 4);
        assert_int_equal(ln_interpreter_apply_delegate(it, &good.d), LN_OK);
        assert_int_equal(ln_interpreter_plan(it, 0)->size, 3);
        check_chain(it, 4);
        assert_int_equal(ln_interpreter_apply_delegate(it, &bad.d), LN_ERR_DELEGATE);
        assert_false(ln_interpreter_has_delegates(it));
        assert_int_equal(ln_interpreter_plan(it, 0)->size, 4);
        assert_int_equal(ln_interpreter_node_count(it, 0), 4);
        check_chain(it, 4);
        close_model(it, m);
        assert_int_equal(good.inits, good.frees);
        assert_int_equal(bad.inits, bad.frees);
    }
}

static void works_one_after_the_other(void **state)
{
    (void)state;
    ln_model *m = chain_model(4, 8);
    ln_interpreter *it = open_model(m, NULL);
    claimer a = make_claimer(0, 1), b = make_claimer(2, 3);
    assert_int_equal(ln_interpreter_apply_delegate(it, &a.d), LN_OK);
    assert_int_equal(ln_interpreter_apply_delegate(it, &b.d), LN_OK);
    assert_int_equal(ln_interpreter_plan(it, 0)->size, 2);
    check_chain(it, 4);
    /* both took shapes for fixed: they come off and on again */
    const int x = ln_interpreter_inputs(it, 0)->data[0];
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){12}, false), LN_OK);
    check_chain(it, 4);
    assert_int_equal(ln_interpreter_plan(it, 0)->size, 2);
    assert_int_equal(output_of(it, 0)->bytes, 48);
    assert_int_equal(a.inits, 2);
    assert_int_equal(ln_interpreter_remove_delegates(it), LN_OK);
    check_chain(it, 4);
    assert_int_equal(ln_interpreter_plan(it, 0)->size, 4);
    close_model(it, m);
    assert_int_equal(a.frees, 2);
}

/* The kernel gets shapes that the replaced operators have worked out. */
static void propagates_shapes(void **state)
{
    (void)state;
    ln_model *m = chain_model(3, 4);
    ln_interpreter *it = open_model(m, NULL);
    claimer c = make_claimer(0, 2);
    c.d.flags =
        kTfLiteDelegateFlagsAllowDynamicTensors | kTfLiteDelegateFlagsRequirePropagatedShapes;
    c.keep_shapes = true;
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    const int x = ln_interpreter_inputs(it, 0)->data[0];
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){6}, false), LN_OK);
    check_chain(it, 3);
    assert_int_equal(output_of(it, 0)->bytes, 24);
    assert_int_equal(c.inits, 1);
    close_model(it, m);
}

static void refuses_dynamic_shapes(void **state)
{
    (void)state;
    ln_model *m = dynamic_model(8);
    ln_interpreter *it = open_model(m, NULL);
    claimer c = make_claimer(0, 9);
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_ERR_STATE);
    assert_int_equal(c.inits, 0);
    c.d.flags = kTfLiteDelegateFlagsAllowDynamicTensors;
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    assert_int_equal(c.inits, 1);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < 8; i++)
        input_of(it, 0)[i] = (float)i;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    assert_int_equal(output_of(it, 0)->dims->data[0], 7);
    assert_float_equal(output_of(it, 0)->data.f[6], 8, 0);
    close_model(it, m);
}

static void copies_from_handles(void **state)
{
    (void)state;
    ln_model *m = chain_model(4, 8);
    ln_interpreter *it = open_model(m, NULL);
    claimer c = make_claimer(0, 1);
    c.handles = true;
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    check_chain(it, 4);
    close_model(it, m);
    assert_int_equal(c.handles_freed, 1);
    m = chain_model(2, 8);
    it = open_model(m, NULL);
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    check_chain(it, 2);
    ln_interpreter_allow_buffer_handle_output(it, true);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    assert_true(output_of(it, 0)->data_is_stale);
    assert_int_equal(ln_interpreter_make_readable(it, 0, ln_interpreter_outputs(it, 0)->data[0]),
                     LN_OK);
    assert_false(output_of(it, 0)->data_is_stale);
    close_model(it, m);
}

static void reports_failing_kernels(void **state)
{
    (void)state;
    ln_model *m = chain_model(2, 8);
    ln_interpreter *it = open_model(m, NULL);
    claimer c = make_claimer(0, 1);
    assert_int_equal(ln_interpreter_apply_delegate(it, &c.d), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    c.fail_invoke = true;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_ERR_DELEGATE);
    assert_non_null(strstr(ln_interpreter_diag(it)->text, "Claimer"));
    close_model(it, m);
}

int test_delegates(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_part),        cmocka_unit_test(cuts_branches),
        cmocka_unit_test(undoes_failures),     cmocka_unit_test(works_one_after_the_other),
        cmocka_unit_test(propagates_shapes),   cmocka_unit_test(refuses_dynamic_shapes),
        cmocka_unit_test(copies_from_handles), cmocka_unit_test(reports_failing_kernels),
        cmocka_unit_test(keeps_the_order),     cmocka_unit_test(shows_some_nodes),
    };
    return cmocka_run_group_tests_name("delegates", tests, NULL, NULL);
}
