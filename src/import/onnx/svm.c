/* SPDX-License-Identifier: Apache-2.0 */
/* svm.c: ai.onnx.ml's SVMRegressor and SVMClassifier.  Rows are compared with all support vectors
 * at once; a decision is a product with the coefficients.  A classifier decides between each two
 * classes, and what most of these decisions are for is its label. */
#include <string.h>

#include "import/onnx/learn.h"

enum { MOST_NUMBERS = 1 << 24, MOST_CLASSES = 256 };

typedef struct machine {
    const ln_ox_node *n;
    ln_id x; /* float32 [rows, features] */
    const float *coefficients, *rho;
    int vectors, n_coefficients, n_rho; /* vectors 0: a linear model */
    int classes, of_class[MOST_CLASSES];
} machine;

static const float *floats(const ln_ox_node *n, const char *name, int *count)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    *count = a && a->n_floats <= MOST_NUMBERS ? (int)a->n_floats : 0;
    return *count ? a->floats : NULL;
}

/* x [rows, k] times weights [n, k], and a bias of n; NULL: none. */
static ln_id product(ln_ox *o, ln_id x, int n, int k, const float *weights, const float *bias)
{
    const TfLiteFullyConnectedParams p = {0};
    const ln_shape s = {.rank = 2, .dim = {n, k}};
    const ln_id in[] = {x,
                        ln_emit_constant(&o->e, kTfLiteFloat32, &s, weights,
                                         (size_t)n * (size_t)k * sizeof *weights, true),
                        bias ? ln_emit_floats(&o->e, n, bias) : -1};
    return ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
}

/* exp(-gamma |x - v|^2) for each row x and vector v. */
static ln_id radial(ln_ox *o, const machine *m, const float *vectors, int width, float gamma)
{
    const ln_shape s = {.rank = 2, .dim = {m->vectors, width}};
    const int last = 2;
    const ln_id v = ln_emit_constant(&o->e, kTfLiteFloat32, &s, vectors,
                                     (size_t)m->vectors * (size_t)width * sizeof *vectors, true);
    const ln_id gap =
        ln_ox_op2(o, &ln_op_squared_difference, ln_emit_expand_dims(&o->e, m->x, 1), v);
    const ln_id sum = ln_emit_reduce(&o->e, &ln_op_sum, gap, 1, &last, false);
    return ln_ox_op1(o, &ln_op_exp, ln_ox_mul(o, sum, ln_emit_float(&o->e, -gamma)));
}

/* [rows, vectors] */
static ln_id kernel(ln_ox *o, const machine *m)
{
    float p[3] = {0}; /* gamma, a summand, a power */
    int count;
    const float *vectors = floats(m->n, "support_vectors", &count);
    const int width = count / m->vectors;
    (void)ln_ox_floats(m->n, "kernel_params", 3, p);
    if (width < 1 || width * m->vectors != count) {
        LN_OX_FAIL(o, "%d numbers for %d support vectors", count, m->vectors);
        return -1;
    }
    if (ln_ox_is(m->n, "kernel_type", "RBF", "LINEAR"))
        return radial(o, m, vectors, width, p[0]);
    ln_id y = product(o, m->x, m->vectors, width, vectors, NULL);
    if (ln_ox_is(m->n, "kernel_type", "LINEAR", "LINEAR"))
        return y;
    y = ln_ox_add(o, ln_ox_mul(o, y, ln_emit_float(&o->e, p[0])), ln_emit_float(&o->e, p[1]));
    if (ln_ox_is(m->n, "kernel_type", "SIGMOID", "LINEAR"))
        return ln_ox_op1(o, &ln_op_tanh, y);
    if (ln_ox_is(m->n, "kernel_type", "POLY", "LINEAR"))
        return ln_ox_op2(o, &ln_op_pow, y, ln_emit_float(&o->e, p[2]));
    LN_OX_FAIL(o, "kernel_type is none of LINEAR, POLY, RBF and SIGMOID");
    return -1;
}

static bool read_machine(ln_ox *o, const ln_ox_node *n, machine *m)
{
    *m = (machine){.n = n};
    m->x = ln_emit_cast(&o->e, ln_ox_in_id(o, n, 0), kTfLiteFloat32);
    m->coefficients = floats(n, "coefficients", &m->n_coefficients);
    m->rho = floats(n, "rho", &m->n_rho);
    if (!ln_ox_ok(o))
        return false;
    if (!m->coefficients || !m->rho || ln_emit_shape(&o->e, m->x).rank != 2 ||
        !ln_ox_is(n, "post_transform", "NONE", "NONE")) {
        LN_OX_FAIL(o, "coefficients and rho for rows of features are needed, and no "
                      "post_transform");
        return false;
    }
    return true;
}

/* ---- regression ---- */

void ln_ox_svm_regressor(ln_ox *o, const ln_ox_node *n)
{
    machine m;
    if (!read_machine(o, n, &m))
        return;
    m.vectors = LN_MAX(ln_ox_int(n, "n_supports", 0), 0);
    if (m.vectors && m.vectors != m.n_coefficients) {
        LN_OX_FAIL(o, "%d coefficients for %d vectors", m.n_coefficients, m.vectors);
        return;
    }
    const ln_id k = m.vectors ? kernel(o, &m) : m.x;
    ln_id y = product(o, k, 1, m.n_coefficients, m.coefficients, m.rho);
    if (ln_ox_int(n, "one_class", 0))
        y = ln_ox_select(o, ln_ox_op2(o, &ln_op_greater, y, ln_emit_float(&o->e, 0)),
                         ln_emit_float(&o->e, 1), ln_emit_float(&o->e, -1));
    ln_ox_out(o, n, 0, y);
}

/* ---- classification ---- */

static bool read_classes(machine *m)
{
    const Onnx__AttributeProto *counts = ln_ox_attr(m->n, "vectors_per_class");
    m->classes = ln_ox_labels(m->n);
    for (size_t i = 0; counts && i < counts->n_ints && i < MOST_CLASSES; i++) {
        if (counts->ints[i] < 0 || counts->ints[i] > MOST_NUMBERS - m->vectors)
            return false;
        m->vectors += m->of_class[i] = (int)counts->ints[i];
    }
    return counts && m->classes >= 2 && m->classes <= MOST_CLASSES &&
           counts->n_ints == (size_t)m->classes && m->vectors > 0 &&
           m->n_coefficients / m->vectors == m->classes - 1 &&
           m->n_coefficients % m->vectors == 0 && m->n_rho == m->classes * (m->classes - 1) / 2 &&
           m->n_rho <= MOST_NUMBERS / m->vectors;
}

/* The coefficients of each pair of classes: [pairs, vectors]. */
static float *pair_weights(ln_ox *o, const machine *m)
{
    const size_t n = (size_t)m->vectors;
    float *y = ln_arena_new(&o->m->arena, (size_t)m->n_rho * n, sizeof *y), *to = y;
    for (int i = 0, at_i = 0; y && i < m->classes; at_i += m->of_class[i++])
        for (int j = i + 1, at_j = at_i + m->of_class[i]; j < m->classes;
             at_j += m->of_class[j++], to += n) {
            memcpy(to + at_i, m->coefficients + (size_t)(j - 1) * n + at_i,
                   (size_t)m->of_class[i] * sizeof *y);
            memcpy(to + at_j, m->coefficients + (size_t)i * n + at_j,
                   (size_t)m->of_class[j] * sizeof *y);
        }
    return y;
}

/* How many decisions [rows, pairs] are for each class: those above 0 for the first of the pair. */
static ln_id votes(ln_ox *o, const machine *m, ln_id decisions)
{
    float *w = ln_arena_new(&o->m->arena, (size_t)m->n_rho * (size_t)m->classes, sizeof *w);
    float lost[MOST_CLASSES] = {0};
    if (!w)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0, pair = 0; i < m->classes; i++)
        for (int j = i + 1; j < m->classes; j++, pair++) {
            w[i * m->n_rho + pair] = 1;
            w[j * m->n_rho + pair] = -1;
            lost[j]++;
        }
    const ln_id first = ln_ox_op2(o, &ln_op_greater, decisions, ln_emit_float(&o->e, 0));
    return product(o, ln_emit_cast(&o->e, first, kTfLiteFloat32), m->classes, m->n_rho, w, lost);
}

void ln_ox_svm_classifier(ln_ox *o, const ln_ox_node *n)
{
    machine m;
    int probabilities;
    if (!read_machine(o, n, &m))
        return;
    (void)floats(n, "prob_a", &probabilities);
    if (probabilities || !read_classes(&m)) {
        LN_OX_FAIL(o, probabilities ? "probabilities, which are found step by step"
                                    : "there have to be support vectors of each class");
        return;
    }
    const ln_id k = kernel(o, &m);
    const float *w = pair_weights(o, &m);
    if (!w || !ln_ox_ok(o)) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    const ln_id y = product(o, k, m.n_rho, m.vectors, w, m.rho);
    ln_ox_out_best(o, n, votes(o, &m, y));
    const ln_id both[] = {ln_ox_op1(o, &ln_op_neg, y), y};
    ln_ox_out(o, n, 1, m.classes == 2 ? ln_emit_concat(&o->e, 2, both, 1) : y);
}
