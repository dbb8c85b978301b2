/* SPDX-License-Identifier: Apache-2.0 */
/* core.c: Dense, EinsumDense, Embedding, Masking; sums that Keras's backends understand
 * differently. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- sums ---- */

/* Keras 3 on TensorFlow makes a BiasAdd of `a + b` where b has one axis longer than 1 and that is
 * as long as the last axis of a, or else as its second: it adds along that, whichever b means. */
void ln_keras_check_sum(ln_keras_call *c, ln_id x, const ln_shape *b)
{
    const ln_shape shape = ln_emit_shape(c->e, x), *a = &shape;
    int axis = -1, n = 0;
    for (int i = 0; i < b->rank; i++)
        if (b->dim[i] != 1) {
            axis = i + a->rank - b->rank;
            n++;
        }
    if (c->k->version < 3 || c->k->plain_sums || n != 1 || a->rank < 2 || axis < 0 ||
        a->rank > LN_MAX_RANK)
        return;
    const int length = b->dim[axis + b->rank - a->rank], last = a->dim[a->rank - 1];
    const int taken = last == length ? a->rank - 1 : a->dim[1] == length ? 1 : axis;
    if (length >= 0 && taken != axis)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                     "%d numbers for axis %d, which Keras adds along axis %d of the same length "
                     "where its backend is TensorFlow, and only there: use channels_last, or "
                     "convert a SavedModel (model.export())",
                     length, axis, taken);
}

ln_id ln_keras_combine(ln_keras_call *c, const ln_op *op, ln_id a, ln_id b)
{
    const ln_shape s = ln_emit_shape(c->e, b);
    if (op == &ln_op_add)
        ln_keras_check_sum(c, a, &s);
    return ln_keras_binary(c->e, op, a, b);
}

/* ---- products ---- */

/* weights [out, in]; -1 for no bias */
ln_id ln_keras_product(ln_emit *e, ln_id x, ln_id weights, ln_id bias,
                       TfLiteFusedActivation activation)
{
    const TfLiteFullyConnectedParams p = {.activation = activation,
                                          .keep_num_dims = ln_emit_shape(e, x).rank > 2};
    const ln_id in[] = {x, weights, bias};
    return ln_emit_nary(e, &ln_op_fully_connected, &p, 3, in);
}

void ln_keras_dense(ln_keras_call *c)
{
    static const int swapped[] = {1, 0, -1};
    const cJSON *activation = ln_json_get(c->config, "activation");
    const bool bias = ln_json_bool(c->config, "use_bias", true);
    const ln_id w = ln_keras_param(c, "kernel", 0, swapped, NULL);
    const ln_id b = bias ? ln_keras_param(c, "bias", 1, NULL, NULL) : -1;
    const ln_id x = ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32);
    const ln_id y = ln_keras_product(c->e, x, w, b, ln_keras_fused(activation));
    ln_keras_out(c, ln_keras_activate(c, activation, y));
}

/* ---- EinsumDense: the equations that are a product over the last axes of x ---- */

/* "abc,cde->abde": how many axes of x are summed, or -1 when it is another kind. */
static int summed_axes(const char *equation)
{
    const char *comma = strchr(equation, ','), *arrow = strstr(equation, "->");
    if (!comma || !arrow || arrow < comma)
        return -1;
    const char *x = equation, *w = comma + 1, *y = arrow + 2;
    size_t nx = (size_t)(comma - x), nw = (size_t)(arrow - w);
    if (nx > 3 && memcmp(x, "...", 3) == 0 && strncmp(y, "...", 3) == 0) {
        x += 3;
        nx -= 3;
        y += 3;
    }
    size_t ny = strlen(y), kept = 0, sum = 0;
    while (kept < nx && kept < ny && x[kept] == y[kept])
        kept++;
    sum = nx - kept;
    if (sum == 0 || nw < sum || memcmp(w, x + kept, sum) != 0 || ny != kept + nw - sum ||
        memcmp(y + kept, w + sum, nw - sum) != 0)
        return -1;
    return (int)sum;
}

/* The axes of a shape from `from` on as one. */
static int tail_count(const ln_shape *s, int from)
{
    return from <= s->rank ? ln_shape_count(s, from, s->rank) : -1;
}

ln_id ln_keras_contract(ln_emit *e, ln_id x, int summed, ln_id w, ln_id b, const ln_shape *tail)
{
    const ln_shape s = ln_emit_shape(e, x);
    ln_shape flat = s, full = s;
    const int rank = s.rank - summed;
    if (rank < 1 || rank + tail->rank > LN_MAX_RANK)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a product of this rank");
    for (int i = 0; i < rank; i++)
        flat.dim[i] = full.dim[i] = LN_KERAS_AS - i;
    flat.rank = rank + 1;
    flat.dim[rank] = tail_count(&s, rank);
    full.rank = rank + tail->rank;
    for (int i = 0; i < tail->rank; i++)
        full.dim[rank + i] = tail->dim[i];
    ln_id y = summed == 1 ? x : ln_keras_reshape(e, x, &flat);
    y = ln_keras_product(e, y, w, b, kTfLiteActNone);
    return tail->rank == 1 ? y : ln_keras_reshape(e, y, &full);
}

ln_id ln_keras_matrix(ln_keras_call *c, const char *name, int summed, double factor, ln_shape *tail)
{
    ln_keras_array w;
    if (!ln_keras_weight(c, name, 0, &w))
        return -1;
    if (w.shape.rank <= summed || w.count < 1)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "weight \"%s\" has rank %d", name, w.shape.rank);
    const int rows = ln_shape_count(&w.shape, 0, summed), n = w.count / rows;
    const ln_shape shape = {.rank = 2, .dim = {n, rows}};
    float *t = ln_keras_floats(c, (size_t)w.count);
    for (int i = 0; t && i < rows; i++)
        for (int j = 0; j < n; j++)
            t[(size_t)j * (size_t)rows + (size_t)i] =
                (float)factor * w.f[(size_t)i * (size_t)n + (size_t)j];
    tail->rank = w.shape.rank - summed;
    memcpy(tail->dim, w.shape.dim + summed, (size_t)tail->rank * sizeof tail->dim[0]);
    return ln_keras_constant(c, &shape, t);
}

static ln_id add_bias(ln_keras_call *c, ln_id y)
{
    return ln_keras_combine(c, &ln_op_add, y, ln_keras_param(c, "bias", 1, NULL, NULL));
}

void ln_keras_einsum_dense(ln_keras_call *c)
{
    const int summed = summed_axes(ln_json_text(c->config, "equation", ""));
    const cJSON *activation = ln_json_get(c->config, "activation");
    const bool bias = ln_json_text(c->config, "bias_axes", NULL) != NULL;
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    ln_shape tail = {0};
    ln_keras_array b = {.f = NULL};
    if (summed < 0) { /* not simply a product over the last axes */
        const ln_id in[] = {ln_keras_x(c), ln_keras_param(c, "kernel", 0, NULL, NULL)};
        ln_id z = ln_emit_einsum(c->e, ln_json_text(c->config, "equation", ""), 2, in);
        if (bias)
            z = add_bias(c, z);
        ln_keras_out(c, ln_keras_activation(c, activation, z));
        return;
    }
    const ln_id w = ln_keras_matrix(c, "kernel", summed, 1, &tail);
    const bool inside =
        bias && ln_keras_weight(c, "bias", 1, &b) && b.count == ln_shape_count(&tail, 0, tail.rank);
    const ln_id in_product = inside ? ln_keras_param(c, "bias", 1, NULL, &flat) : -1;
    ln_id y = ln_keras_contract(c->e, ln_keras_x(c), summed, w, in_product, &tail);
    if (bias && !inside)
        y = add_bias(c, y);
    else if (bias)
        ln_keras_check_sum(c, y, &b.shape);
    ln_keras_out(c, ln_keras_activation(c, activation, y));
}

/* ---- indices and masks ---- */

/* ReversibleEmbedding, the other way: scores of all words. */
static void reversed(ln_keras_call *c)
{
    static const int swapped[] = {1, 0, -1};
    const bool tied = ln_json_bool(c->config, "tie_weights", true);
    const double cap = ln_json_number(c->config, "logit_soft_cap", 0);
    const ln_id w = tied ? ln_keras_param(c, "embeddings", 0, NULL, NULL)
                         : ln_keras_param(c, "reverse_embeddings", 1, swapped, NULL);
    const ln_id y = ln_keras_product(c->e, ln_keras_x(c), w, -1, kTfLiteActNone);
    ln_keras_out(c, cap == 0
                        ? y
                        : ln_keras_with(c->e, &ln_op_mul,
                                        ln_keras_unary(c->e, &ln_op_tanh,
                                                       ln_keras_with(c->e, &ln_op_div, y, cap)),
                                        cap));
}

void ln_keras_embedding(ln_keras_call *c)
{
    ln_keras_mask mask = {.kind = LN_MASK_NONE};
    const ln_id table = ln_keras_param(c, "embeddings", 0, NULL, NULL);
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const bool whole = type == kTfLiteInt32 || type == kTfLiteInt64;
    const ln_id x = whole ? ln_keras_x(c) : ln_emit_cast(c->e, ln_keras_x(c), kTfLiteInt32);
    if (ln_keras_arg_number(c, 1, "reverse", 0) != 0) {
        reversed(c);
        return;
    }
    if (ln_json_bool(c->config, "mask_zero", false))
        mask = (ln_keras_mask){.kind = LN_MASK_NOT_ZERO, .id = x};
    ln_keras_out_masked(c, ln_emit_gather(c->e, table, x, 0), mask);
}

void ln_keras_masking(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const double value = ln_json_number(c->config, "mask_value", 0);
    const int last = ln_emit_shape(c->e, x).rank - 1;
    const ln_id kept = ln_emit_reduce(
        c->e, &ln_op_reduce_any, ln_keras_with(c->e, &ln_op_not_equal, x, value), 1, &last, true);
    const ln_id y =
        ln_keras_binary(c->e, &ln_op_mul, x, ln_emit_cast(c->e, kept, ln_emit_type(c->e, x)));
    ln_keras_out_masked(c, y, (ln_keras_mask){.kind = LN_MASK_ANY_NOT, .id = x, .value = value});
}
