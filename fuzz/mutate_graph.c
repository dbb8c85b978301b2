/* SPDX-License-Identifier: Apache-2.0 */
/* mutate_graph.c: mutations that keep a model readable and make its operators wrong: other ranks,
 * negative and huge dimensions, other types, missing and surplus inputs, bad options, bad
 * quantization, constants that are no longer constant, and index values out of range.
 *
 * The seed (best: a model of one operator) is read into a graph, changed there, written, and the
 * result is fed to the target like any file from a stranger. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "mutate.h"
#include "ops/op.h"

enum { MAX_OPS = 400, MAX_KINDS = kTfLiteFloat8E5M2 };

/* How many mutants each operator of the table had a part in, and whether it has in this one. */
static struct {
    uint64_t mutants;
    bool now;
} parts[MAX_OPS];

static void take_part(const ln_op *op)
{
    for (int i = 0; op && i < MAX_OPS && ln_op_at(i); i++)
        if (ln_op_at(i) == op)
            parts[i].now = true;
}

static bool lists(const TfLiteIntArray *ids, int id)
{
    for (int i = 0; ids && i < ids->size; i++)
        if (ids->data[i] == id)
            return true;
    return false;
}

/* The operators that see a tensor. */
static void users_take_part(const ln_graph *g, int id)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (lists(g->nodes[i].inputs, id) || lists(g->nodes[i].outputs, id))
            take_part(g->nodes[i].op);
}

/* A number that code forgets about. */
static int odd_int(uint64_t *state, int old)
{
    static const int values[] = {0,       1,           -1,    2,       3,           5,  8,
                                 INT_MAX, INT_MIN,     65536, 1 << 30, INT_MIN + 1, 17, 255,
                                 -2,      INT_MAX - 1, 46341, 1 << 20, -128,        7,  100};
    if (rng_below(state, 3) == 0)
        return (int)((unsigned)old + (unsigned)rng_below(state, 5) - 2u);
    return values[rng_below(state, LN_COUNTOF(values))];
}

static float odd_float(uint64_t *state)
{
    static const float values[] = {0.f,   1.f,   -1.f,    0.5f, 1e-30f, 1e30f,
                                   1e38f, -1e9f, 1.f / 3, 2.f,  1e-45f};
    const size_t i = rng_below(state, LN_COUNTOF(values) + 2);
    if (i >= LN_COUNTOF(values))
        return i == LN_COUNTOF(values) ? NAN : INFINITY;
    return values[i];
}

static void change_dims(uint64_t *state, ln_model *m, ln_tensor *t)
{
    int dims[LN_MAX_RANK + 1] = {0}, n = t->t.dims ? t->t.dims->size : 0;
    if (n > LN_MAX_RANK)
        return;
    memcpy(dims, t->t.dims ? t->t.dims->data : dims, (size_t)n * sizeof dims[0]);
    switch (rng_below(state, 4)) {
    case 0: /* one dimension fewer */
        n -= n > 0;
        break;
    case 1: /* one more */
        dims[n++] = rng_below(state, 2) ? 1 : odd_int(state, 1);
        break;
    default:
        if (n > 0) {
            int *d = &dims[rng_below(state, (size_t)n)];
            *d = odd_int(state, *d);
        }
    }
    TfLiteIntArray *changed = ln_ints(&m->arena, n, dims);
    if (changed)
        t->t.dims = changed;
}

static void change_quantization(uint64_t *state, ln_tensor *t)
{
    TfLiteAffineQuantization *q = t->t.quantization.params;
    if (t->t.quantization.type != kTfLiteAffineQuantization || !q || !q->scale)
        return;
    switch (rng_below(state, 4)) {
    case 0:
        t->t.quantization.type = kTfLiteNoQuantization;
        t->source = NULL;
        break;
    case 1:
        if (q->scale->size > 0)
            q->scale->data[rng_below(state, (size_t)q->scale->size)] = odd_float(state);
        break;
    case 2:
        if (q->zero_point && q->zero_point->size > 0)
            q->zero_point->data[0] = odd_int(state, q->zero_point->data[0]);
        break;
    default:
        q->quantized_dimension = odd_int(state, q->quantized_dimension);
    }
}

/* Changes values of a constant, its size, or makes it a tensor that the run computes. */
static void change_constant(uint64_t *state, ln_model *m, ln_tensor *t)
{
    ln_id id;
    if (t->buffer <= 0 || t->buffer >= m->n_buffers)
        return;
    const ln_buffer *b = &m->buffers[t->buffer];
    if (rng_below(state, 4) == 0 || b->size == 0) {
        t->buffer = 0;
        return;
    }
    const size_t size = rng_below(state, 6) ? b->size : rng_below(state, b->size);
    if (ln_model_add_buffer(m, b->data, size, true, &id) != LN_OK)
        return;
    uint8_t *data = (uint8_t *)(uintptr_t)m->buffers[id].data;
    if (size >= 4) {
        int v;
        const size_t at = rng_below(state, size / 4) * 4;
        memcpy(&v, data + at, 4);
        v = odd_int(state, v);
        memcpy(data + at, &v, 4);
    } else if (size > 0) {
        data[rng_below(state, size)] = (uint8_t)rng_next(state);
    }
    t->buffer = id;
}

static void change_tensor(uint64_t *state, ln_model *m, ln_graph *g)
{
    if (g->n_tensors == 0)
        return;
    const size_t id = rng_below(state, (size_t)g->n_tensors);
    ln_tensor *t = &g->tensors[id];
    users_take_part(g, (int)id);
    switch (rng_below(state, 7)) {
    case 0:
        t->t.type = (TfLiteType)(1 + rng_below(state, MAX_KINDS));
        break;
    case 1:
        t->t.is_variable = !t->t.is_variable;
        break;
    case 2:
        change_quantization(state, t);
        break;
    case 3:
    case 4:
        change_constant(state, m, t);
        break;
    default:
        change_dims(state, m, t);
        break;
    }
}

/* Operands dropped, added, swapped, absent. */
static TfLiteIntArray *change_list(uint64_t *state, ln_model *m, const ln_graph *g,
                                   TfLiteIntArray *list)
{
    int ids[LN_MAX_ARITY + 1], n = list ? list->size : 0;
    if (n > LN_MAX_ARITY || g->n_tensors == 0)
        return list;
    memcpy(ids, list ? list->data : ids, (size_t)n * sizeof ids[0]);
    const int any = (int)rng_below(state, (size_t)g->n_tensors);
    switch (rng_below(state, 4)) {
    case 0:
        n -= n > 0;
        break;
    case 1:
        ids[n++] = any;
        break;
    case 2:
        if (n > 0)
            ids[rng_below(state, (size_t)n)] = -1;
        break;
    default:
        if (n > 0)
            ids[rng_below(state, (size_t)n)] = any;
    }
    TfLiteIntArray *changed = ln_ints(&m->arena, n, ids);
    return changed ? changed : list;
}

static void change_field(uint64_t *state, const ln_field *f, char *at)
{
    const float real = odd_float(state);
    int v;
    int64_t wide;
    switch (f->kind) {
    case LN_BOOL_:
        *(bool *)at = rng_below(state, 2);
        break;
    case LN_F32_:
        memcpy(at, &real, sizeof real);
        break;
    case LN_I64_:
    case LN_I64S_:
        wide = odd_int(state, 1);
        memcpy(at, &wide, sizeof wide);
        break;
    case LN_I32_:
    case LN_U32_:
    case LN_I32S_:
        memcpy(&v, at, sizeof v);
        v = odd_int(state, v);
        memcpy(at, &v, sizeof v);
        break;
    case LN_I8_:
    case LN_U8_:
    case LN_I64_INT_:
    case LN_ENUM_:
    case LN_TYPE_:
    case LN_PAD_:
    case LN_ACT_:
        v = (int)rng_below(state, 8);
        memcpy(at, &v, sizeof v);
        break;
    default: /* pointers to lists and strings stay */
        break;
    }
}

static void change_params(uint64_t *state, ln_node *node)
{
    size_t n = 0;
    if (!node->op || !node->op->fields || !node->params)
        return;
    while (node->op->fields[n].kind != LN_END_)
        n++;
    if (n == 0)
        return;
    const ln_field *f = &node->op->fields[rng_below(state, n)];
    const bool list = f->kind == LN_I32S_ || f->kind == LN_I64S_;
    const int count = (int)rng_below(state, f->max + 1u);
    if (list && f->max == 0) /* a list without a limit is a pointer */
        return;
    if (list && rng_below(state, 3) == 0)
        memcpy((char *)node->params + f->count_offset, &count, sizeof count);
    else
        change_field(state, f, (char *)node->params + f->offset);
}

static void change_node(uint64_t *state, ln_model *m, ln_graph *g)
{
    if (g->n_nodes == 0)
        return;
    ln_node *node = &g->nodes[rng_below(state, (size_t)g->n_nodes)];
    take_part(node->op);
    switch (rng_below(state, 6)) {
    case 0:
        node->outputs = change_list(state, m, g, node->outputs);
        break;
    case 1:
    case 2:
        node->inputs = change_list(state, m, g, node->inputs);
        break;
    default:
        change_params(state, node);
        break;
    }
}

void run_mutant(uint64_t *state, const uint8_t *seed, size_t size)
{
    ln_model *m;
    uint8_t *bytes;
    size_t n;
    if (ln_model_open_memory(&m, seed, size, &ln_alloc_default, NULL) != LN_OK)
        return;
    for (size_t i = 1 + rng_below(state, 4); i > 0; i--) {
        ln_graph *g = m->graphs[rng_below(state, (size_t)m->n_graphs)];
        if (rng_below(state, 5) < 3)
            change_tensor(state, m, g);
        else
            change_node(state, m, g);
    }
    /* what the writer refuses is no model; that it refuses in good order is tested here too */
    const bool written = ln_model_write(m, &bytes, &n, &ln_alloc_default, NULL) == LN_OK;
    if (written) {
        LLVMFuzzerTestOneInput(bytes, n);
        ln_free(&ln_alloc_default, bytes);
    }
    for (int i = 0; i < MAX_OPS; i++) {
        parts[i].mutants += written && parts[i].now;
        parts[i].now = false;
    }
    ln_model_release(m);
}

bool report_mutants(bool all)
{
    const ln_op *op;
    uint64_t least = UINT64_MAX;
    int n = 0, left_out = 0;
    for (; n < MAX_OPS && (op = ln_op_at(n)) != NULL; n++) {
        least = LN_MIN(least, parts[n].mutants);
        left_out += parts[n].mutants == 0;
        if (all)
            printf("%8" PRIu64 " %s\n", parts[n].mutants, op->name);
    }
    printf("%d operators, %d left out; the rarest had a part in %" PRIu64 " mutants\n", n, left_out,
           least);
    return left_out == 0;
}
