/* SPDX-License-Identifier: Apache-2.0 */
/* normalize.c: a normalization of rows as one node has the bits of its nodes one by one, in floats
 * and int8, whether one kernel knows it or its steps run on some rows at a time; and what others
 * see of it stays apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_add, ln_op_div, ln_op_mean, ln_op_mul, ln_op_neg, ln_op_relu, ln_op_rsqrt,
    ln_op_square, ln_op_squared_difference, ln_op_sub, ln_op_sum;

enum { BATCH = 2, ROWS = 21, STEPS = 12, MOST = 300 };
/* Operands that are no step's value: the input, one that has an item for each row, constants. */
enum { X = -6, PER_ROW, FACTOR, TERM, EPSILON, NONE };

typedef struct step {
    const ln_op *op;
    int a, b, traits;
} step;

enum { RELU = 1, POSITIVE = 2 /* of int8, zero is the least value */ };
#define STEP(name, a_, b_, traits_)                              \
    {                                                            \
        .op = &ln_op_##name, .a = a_, .b = b_, .traits = traits_ \
    }

/* The usual ways, then some that no kernel has. */
static const step forms[][STEPS] = {
    {STEP(mean, X, NONE, 0), STEP(neg, 0, NONE, 0), STEP(squared_difference, X, 0, POSITIVE),
     STEP(mean, 2, NONE, POSITIVE), STEP(add, 3, EPSILON, POSITIVE), STEP(rsqrt, 4, NONE, 0),
     STEP(mul, 5, FACTOR, 0), STEP(mul, 1, 6, 0), STEP(mul, X, 6, 0), STEP(add, 8, 7, 0)},
    {STEP(mean, X, NONE, 0), STEP(squared_difference, X, 0, POSITIVE),
     STEP(mean, 1, NONE, POSITIVE), STEP(add, EPSILON, 2, POSITIVE), STEP(rsqrt, 3, NONE, 0),
     STEP(mul, FACTOR, 4, 0), STEP(mul, X, 5, 0), STEP(mul, 0, 5, 0), STEP(sub, TERM, 7, 0),
     STEP(add, 6, 8, 0)},
    {STEP(mean, X, NONE, 0), STEP(sub, X, 0, 0), STEP(mul, 1, 1, POSITIVE),
     STEP(mean, 2, NONE, POSITIVE), STEP(add, 3, EPSILON, POSITIVE), STEP(rsqrt, 4, NONE, 0),
     STEP(mul, 1, 5, 0), STEP(mul, 6, FACTOR, 0), STEP(add, 7, TERM, 0)},
    {STEP(mean, X, NONE, 0), STEP(sub, X, 0, 0), STEP(squared_difference, X, 0, POSITIVE),
     STEP(mean, 2, NONE, POSITIVE), STEP(add, 3, EPSILON, POSITIVE), STEP(rsqrt, 4, NONE, 0),
     STEP(mul, 5, FACTOR, 0), STEP(mul, 1, 6, 0), STEP(add, TERM, 7, 0), STEP(relu, 8, NONE, 0)},
    {STEP(mul, X, X, POSITIVE), STEP(mean, 0, NONE, POSITIVE), STEP(add, 1, EPSILON, POSITIVE),
     STEP(rsqrt, 2, NONE, 0), STEP(mul, X, 3, 0), STEP(mul, 4, FACTOR, 0)},
    /* neither mean nor factor */
    {STEP(mean, X, NONE, 0), STEP(sub, X, 0, 0), STEP(squared_difference, X, 0, POSITIVE),
     STEP(mean, 2, NONE, POSITIVE), STEP(add, 3, EPSILON, POSITIVE), STEP(rsqrt, 4, NONE, 0),
     STEP(mul, 1, 5, 0), STEP(add, 6, TERM, 0)},
    /* another's values of rows, activations, a factor twice */
    {STEP(mean, X, NONE, 0), STEP(sub, X, 0, RELU), STEP(mul, 1, 1, POSITIVE),
     STEP(mean, 2, NONE, POSITIVE), STEP(add, 3, PER_ROW, POSITIVE), STEP(rsqrt, 4, NONE, 0),
     STEP(mul, 5, FACTOR, 0), STEP(mul, 6, FACTOR, 0), STEP(mul, 1, 7, 0),
     STEP(add, 8, PER_ROW, RELU)},
    {STEP(mean, X, NONE, 0), STEP(sub, X, 0, 0), STEP(add, 1, TERM, 0), STEP(mean, 2, NONE, 0),
     STEP(mul, 2, 3, 0)},
};

typedef struct norm {
    builder b;
    TfLiteType type;
    int columns, steps, in[2], value[STEPS], factor, term, epsilon;
    struct quantization {
        TfLiteAffineQuantization affine;
        struct { /* laid out as the arrays of the public headers */
            int size;
            float value;
        } scale;
        struct {
            int size, value;
        } zero;
    } quantization[2 * STEPS];
    int n_quantization;
} norm;

static void quantize(norm *m, int id, bool positive)
{
    struct quantization *q = &m->quantization[m->n_quantization++];
    TfLiteTensor *t = &m->b.graph->tensors[id].t;
    if (m->type == kTfLiteFloat32)
        return;
    q->scale.size = q->zero.size = 1;
    q->scale.value = 0.02f + 0.003f * (float)m->n_quantization;
    q->zero.value = positive ? INT8_MIN : m->n_quantization * 5 - 30;
    q->affine = (TfLiteAffineQuantization){.scale = (TfLiteFloatArray *)(void *)&q->scale,
                                           .zero_point = (TfLiteIntArray *)(void *)&q->zero};
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, &q->affine};
    t->params = (TfLiteQuantizationParams){q->scale.value, q->zero.value};
}

static int add_tensor(norm *m, int columns, bool positive)
{
    ln_id id;
    const int shape[] = {BATCH, ROWS, columns};
    assert_int_equal(ln_graph_add_tensor(m->b.model, m->b.graph, "t", m->type, 3, shape, &id),
                     LN_OK);
    quantize(m, id, positive);
    return id;
}

static int add_constant(norm *m, int n, int start)
{
    float values[MOST];
    int8_t bytes[MOST];
    const bool floats = m->type == kTfLiteFloat32;
    for (int i = 0; i < n; i++) {
        values[i] = n == 1 ? 1e-3f : (float)((i * 37 + start) % 19 - 7) / 8;
        bytes[i] = (int8_t)((i * 53 + start) % 256 - 128);
    }
    const int id = build_typed(&m->b, m->type, n > 1, &n, floats ? (void *)values : bytes,
                               (size_t)n * (floats ? sizeof(float) : 1));
    quantize(m, id, n == 1);
    return id;
}

static int operand(const norm *m, int which)
{
    return which >= 0         ? m->value[which]
           : which == X       ? m->in[0]
           : which == PER_ROW ? m->in[1]
           : which == FACTOR  ? m->factor
           : which == TERM    ? m->term
           : which == EPSILON ? m->epsilon
                              : -1;
}

static void *parameters(norm *m, const ln_op *op)
{
    ln_node *n = &m->b.graph->nodes[m->b.graph->n_nodes - 1];
    n->params = ln_arena_new(&m->b.model->arena, 1, LN_MAX(op->params_size, (size_t)1));
    assert_non_null(n->params);
    return n->params;
}

static void add_step(norm *m, const step *s, int axes)
{
    const bool fold = s->op == &ln_op_mean || s->op == &ln_op_sum;
    const bool of_rows =
        fold || ((s->a >= 0 || s->a == EPSILON || s->a == PER_ROW) &&
                 (s->b >= 0 || s->b == EPSILON || s->b == PER_ROW || s->b == NONE));
    bool narrow = of_rows;
    for (int i = 0; i < 2 && !fold; i++) {
        const int which = i ? s->b : s->a;
        if (which >= 0)
            narrow = narrow && m->b.graph->tensors[m->value[which]].t.dims->data[2] == 1;
    }
    const int y = add_tensor(m, narrow ? 1 : m->columns, s->traits & POSITIVE);
    build_node(&m->b, s->op, (int[]){operand(m, s->a), fold ? axes : operand(m, s->b), -1}, y);
    void *p = parameters(m, s->op);
    if (fold)
        ((TfLiteReducerParams *)p)->keep_dims = true;
    else if (s->traits & RELU) /* the first member of all that have one */
        *(TfLiteFusedActivation *)p = kTfLiteActRelu;
    m->value[m->steps++] = y;
}

/* With `seen`, the first value is an output, too, so that nodes stay apart. */
static void make(norm *m, const step *s, TfLiteType type, int columns, bool seen)
{
    static const int32_t last = -1;
    *m = (norm){.type = type, .columns = columns};
    build_begin(&m->b);
    m->in[0] = add_tensor(m, columns, false);
    m->in[1] = add_tensor(m, 1, true);
    m->factor = add_constant(m, columns, 3);
    m->term = add_constant(m, columns, 11);
    m->epsilon = add_constant(m, 1, 140);
    const int axes = build_typed(&m->b, kTfLiteInt32, 1, (int[]){1}, &last, sizeof last);
    for (int i = 0; i < STEPS && s[i].op; i++)
        add_step(m, &s[i], axes);
    build_io(&m->b, 2, m->in, seen ? 2 : 1, (int[]){m->value[m->steps - 1], m->value[0]});
}

static void run(ln_interpreter *it, int batch)
{
    for (int i = 0; i < 2; i++) {
        const int id = ln_interpreter_inputs(it, 0)->data[i];
        const int *d = ln_interpreter_tensor(it, 0, id)->dims->data;
        assert_int_equal(ln_interpreter_resize(it, 0, id, 3, (int[]){batch, d[1], d[2]}, false),
                         LN_OK);
    }
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < 2; i++) {
        const TfLiteTensor *t = ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[i]);
        for (size_t k = 0; k < t->bytes; k++)
            if (t->type == kTfLiteInt8)
                t->data.int8[k] = (int8_t)((k * 29 + k / 7 + 13) % 256 - 128);
            else if (k < t->bytes / sizeof(float))
                t->data.f[k] = (float)((k * 31 + k / 5) % 101) / 25 - (i ? 0 : 2);
    }
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void check(const step *s, TfLiteType type, int columns, int threads)
{
    static norm a, apart;
    const ln_cpu_options options = {.threads = threads};
    make(&a, s, type, columns, false);
    make(&apart, s, type, columns, true);
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *one = open_model(a.b.model, NULL), *many = open_model(apart.b.model, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(one, engine), LN_OK);
    assert_int_equal(ln_interpreter_apply_delegate(many, engine), LN_OK);
    assert_int_equal(largest_group(one), a.steps);
    assert_true(largest_group(many) < apart.steps);
    for (int i = 0; i < 3; i++) {
        run(one, 1 + i);
        run(many, 1 + i);
        assert_same_output(one, many);
    }
    ln_interpreter_destroy(one);
    ln_interpreter_destroy(many);
    ln_cpu_destroy(engine);
    ln_model_release(a.b.model);
    ln_model_release(apart.b.model);
}

static void one_node(void **state)
{
    static const int columns[] = {2, 3, 16, 31, 64, 77, 130, 288};
    (void)state;
    for (size_t form = 0; form < LN_COUNTOF(forms); form++)
        for (size_t i = 0; i < LN_COUNTOF(columns); i++) {
            check(forms[form], kTfLiteFloat32, columns[i], 1 + (int)(i + form) % 3);
            check(forms[form], kTfLiteInt8, columns[i], 1 + (int)(i + form) % 3);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_node)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
