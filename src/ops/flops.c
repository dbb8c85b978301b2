/* SPDX-License-Identifier: Apache-2.0 */
/* flops.c: the arithmetic of an op by the rows of flops.def: what profilers divide by time. */
#include <string.h>

#include "ops/op.h"

enum { IN, OUT, WEIGHTS };

typedef struct row {
    const char *name;
    int k, what, i, side, j, from, to;
} row;

static const row rows[] = {
#define LN_FLOPS(name, k, what, i, side, j, from, to) {#name, k, what, i, side, j, from, to},
#include "ops/flops.def"
#undef LN_FLOPS
};

typedef struct operands {
    const TfLiteTensor *tensors;
    const TfLiteIntArray *in, *out;
} operands;

static const TfLiteTensor *operand(const operands *o, int side, int i)
{
    const TfLiteIntArray *ids = side == OUT ? o->out : o->in;
    return i < ids->size && ids->data[i] >= 0 ? &o->tensors[ids->data[i]] : NULL;
}

/* The product of dimensions [from, to); to <= 0 counts from the end, and so does from < 0. */
static double dims(const TfLiteTensor *t, int from, int to)
{
    double product = 1;
    if (!t || !t->dims)
        return 0;
    const int rank = t->dims->size;
    from = from < 0 ? from + rank : from;
    to = to <= 0 ? to + rank : to;
    if (from < 0 || to > rank)
        return 0;
    for (int i = from; i < to; i++)
        product *= t->dims->data[i] > 0 ? t->dims->data[i] : 0;
    return product;
}

static bool is_constant(const TfLiteTensor *t)
{
    return t->allocation_type == kTfLiteMmapRo || t->allocation_type == kTfLitePersistentRo;
}

static double weights(const operands *o)
{
    double sum = 0;
    for (int i = 0; i < o->in->size; i++) {
        const TfLiteTensor *t = operand(o, IN, i);
        if (t && is_constant(t) && t->dims && t->dims->size > 1)
            sum += dims(t, 0, 0);
    }
    return sum;
}

double ln_op_flops(const ln_op *op, const TfLiteTensor *tensors, const TfLiteIntArray *in,
                   const TfLiteIntArray *out)
{
    const operands o = {tensors, in, out};
    for (size_t i = 0; i < LN_COUNTOF(rows); i++) {
        const row *r = &rows[i];
        if (strcmp(r->name, op->name) != 0)
            continue;
        const double items =
            r->what == WEIGHTS ? weights(&o) : dims(operand(&o, r->what, r->i), 0, 0);
        const bool all = r->from == 0 && r->to == 0;
        return r->k * items * (all ? 1 : dims(operand(&o, r->side, r->j), r->from, r->to));
    }
    return op->traits & LN_ELEMENTWISE ? dims(operand(&o, OUT, 0), 0, 0) : 0;
}
