/* SPDX-License-Identifier: Apache-2.0 */
/* pad.c: PAD, PADV2, STABLEHLO_PAD, DILATE: the input as a box within a filled output.
 *
 *   PAD    x, paddings [rank, 2]          filled with 0 (quantized: the zero point)
 *   PADV2  x, paddings, value []
 *   STABLEHLO_PAD  x, value []            low, high (negative: cut), interior padding: options
 *   DILATE x, dilations [rank], value []  interior padding = dilation - 1
 * Sibling: mirror_pad.c. */
#include <string.h>

#include "ops/move.h"

enum { X, PADDINGS, VALUE };

/* Item i of dimension d of the input goes to place at + i * step, where that lies inside. */
typedef struct place {
    int64_t at[LN_MAX_RANK], step[LN_MAX_RANK];
} place;

/* A box without gaps, written from its first item to its last. */
typedef struct border {
    int rank;
    int before[LN_MAX_RANK], n[LN_MAX_RANK], after[LN_MAX_RANK];
    int64_t step[LN_MAX_RANK]; /* of the output, in items */
    size_t size;               /* bytes of an item */
    const void *value;
    char *to;
    const char *from;
} border;

static void fill_on(border *b, int64_t items)
{
    ln_fill_items(b->to, (size_t)items, b->value, b->size);
    b->to += (size_t)items * b->size;
}

/* Dimensions from d on, of which there are b->rank: their own depth bounds the recursion. */
static void write_on(border *b, int d)
{
    fill_on(b, b->before[d] * b->step[d]);
    if (d + 1 == b->rank) {
        const size_t bytes = (size_t)(b->n[d] * b->step[d]) * b->size;
        memcpy(b->to, b->from, bytes);
        b->to += bytes;
        b->from += bytes;
    } else {
        for (int i = 0; i < b->n[d]; i++)
            write_on(b, d + 1);
    }
    fill_on(b, b->after[d] * b->step[d]);
}

/* False where the input is not a whole box without gaps, or its items are no whole bytes. */
static bool border_of(const ln_call *c, const place *p, border *b)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    *b = (border){
        .size = ln_type_size(c->in[X]->type),
        .to = c->out[0]->data.raw,
        .from = c->in[X]->data.raw,
    };
    ln_steps(&y, b->step);
    for (int i = 0; i < x.rank; i++) {
        const int64_t after = y.dim[i] - x.dim[i] - p->at[i];
        if (p->at[i] < 0 || after < 0 || (p->step[i] != 1 && x.dim[i] > 1))
            return false;
        b->before[i] = (int)p->at[i];
        b->n[i] = x.dim[i];
        b->after[i] = (int)after;
        if (b->before[i] > 0 || b->after[i] > 0)
            b->rank = i + 1; /* what is inside of the last padding stays together */
    }
    return b->size > 0 && b->rank > 0;
}

static ln_status eval_at(ln_call *c, const TfLiteTensor *value, const place *p)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    int size[LN_MAX_RANK], from[LN_MAX_RANK], to[LN_MAX_RANK], step[LN_MAX_RANK];
    char item[LN_MAX_ITEM];
    border b;

    if (ln_count(c->in[X]) > 0 && border_of(c, p, &b)) {
        b.value = ln_fill_value(c->out[0], value, c->out[0]->params.zero_point, item);
        write_on(&b, 0);
        return LN_OK;
    }
    LN_TRY(ln_fill_tensor(c, 0, value, c->out[0]->params.zero_point));
    if (ln_count(c->in[X]) == 0 || ln_count(c->out[0]) == 0)
        return LN_OK;
    for (int i = 0; i < x.rank; i++) {
        const int64_t at = p->at[i], s = p->step[i];
        const int64_t first = at >= 0 ? 0 : (-at + s - 1) / s;
        const int64_t end = at >= y.dim[i] ? 0 : (y.dim[i] - at + s - 1) / s;
        const int64_t n = LN_MIN(end, x.dim[i]) - first;
        if (n <= 0)
            return LN_OK;
        size[i] = (int)n;
        from[i] = (int)first;
        to[i] = (int)(at + first * s);
        step[i] = n > 1 ? (int)s : 1;
    }
    const ln_side source = {&x, from, NULL}, target = {&y, to, step};
    const ln_move m = ln_move_box(size, &source, &target);
    ln_move_data(&m, c->in[X], c->out[0]);
    return LN_OK;
}

/* Dimension of the output: low + high + n items with `between` places between them. */
static ln_status padded(ln_call *c, int d, int n, const int64_t by[3], int *out)
{
    *out = -1;
    if (n < 0)
        return LN_OK;
    const int64_t inner = n == 0 ? 0 : (n - 1) * (by[2] + 1) + 1;
    const int64_t sum = by[0] + by[1] + inner;
    LN_CHECK(c, sum <= INT32_MAX, "dimension %d of size %d gets too large", d, n);
    *out = sum < 0 ? 0 : (int)sum;
    return LN_OK;
}

static ln_status check_value(ln_call *c, int i)
{
    const TfLiteTensor *value = c->in[i];
    LN_CHECK(c, value->type == c->in[X]->type, "the value has type %s, the input %s",
             ln_type_name(value->type), ln_type_name(c->in[X]->type));
    LN_CHECK(c, ln_count(value) == 1 || !ln_known(c, i), "the value has %d items, not 1",
             ln_count(value));
    LN_CHECK(c, ln_count(value) != 0, "the value has no items");
    return LN_OK;
}

/* ---- PAD, PADV2 ---- */

static ln_status infer(ln_call *c)
{
    const TfLiteTensor *paddings = c->in[PADDINGS];
    const ln_shape x = ln_shape_of(c->in[X]), p = ln_shape_of(paddings);
    ln_shape y = ln_shape_unknown(x.rank);

    LN_TRY(ln_check_plain(c, X));
    if (!ln_is_int(paddings->type))
        return ln_fail_type(c, PADDINGS);
    LN_CHECK(c, p.rank == 2 && p.dim[0] == x.rank && p.dim[1] == 2,
             "the paddings have shape [%d, %d] and rank %d, the input rank %d", p.dim[0], p.dim[1],
             p.rank, x.rank);
    if (ln_has(c, VALUE))
        LN_TRY(check_value(c, VALUE));
    for (int i = 0; i < x.rank && ln_known(c, PADDINGS); i++) {
        const int64_t by[3] = {ln_int_at(paddings, 2 * i), ln_int_at(paddings, 2 * i + 1), 0};
        LN_CHECK(c, by[0] >= 0 && by[0] <= INT32_MAX && by[1] >= 0 && by[1] <= INT32_MAX,
                 "the paddings of dimension %d are %lld and %lld", i, (long long)by[0],
                 (long long)by[1]);
        LN_TRY(padded(c, i, x.dim[i], by, &y.dim[i]));
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status eval(ln_call *c)
{
    place p = {{0}, {0}};
    for (int i = 0; i < ln_shape_of(c->in[X]).rank; i++) {
        p.at[i] = ln_int_at(c->in[PADDINGS], 2 * i);
        p.step[i] = 1;
    }
    return eval_at(c, ln_has(c, VALUE) ? c->in[VALUE] : NULL, &p);
}

static const ln_quant quant = {
    .in = {LN_Q_ACTIVATION, {0}, LN_Q_LIKE(X)},
    .out = {LN_Q_LIKE(X)},
};

const ln_op ln_op_pad = {
    .name = "PAD",
    .builtin = kTfLiteBuiltinPad,
    .version = 6,
    .options = 22,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << VALUE,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

const ln_op ln_op_padv2 = {
    .name = "PADV2",
    .builtin = kTfLiteBuiltinPadv2,
    .version = 6,
    .options = 43,
    .min_in = 2,
    .max_in = 3,
    .n_out = 1,
    .optional = 1u << VALUE,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

/* ---- STABLEHLO_PAD ---- */

enum { HLO_VALUE = 1 };

typedef struct pad_params {
    TfLiteStablehloPadParams p; /* first: what others see */
    int n_low, n_high, n_interior;
} pad_params;

static ln_status stablehlo_infer(ln_call *c)
{
    const pad_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = x.rank};

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(check_value(c, HLO_VALUE));
    LN_CHECK(c, p->n_low == x.rank && p->n_high == x.rank && p->n_interior == x.rank,
             "there are %d low, %d high and %d interior paddings, the input has rank %d", p->n_low,
             p->n_high, p->n_interior, x.rank);
    for (int i = 0; i < x.rank; i++) {
        const int64_t by[3] = {p->p.edge_padding_low[i], p->p.edge_padding_high[i],
                               p->p.interior_padding[i]};
        for (int k = 0; k < 3; k++)
            LN_CHECK(c, by[k] >= (k == 2 ? 0 : -INT32_MAX) && by[k] < INT32_MAX,
                     "a padding of dimension %d is %lld", i, (long long)by[k]);
        LN_TRY(padded(c, i, x.dim[i], by, &y.dim[i]));
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status stablehlo_eval(ln_call *c)
{
    const TfLiteStablehloPadParams *p = c->params;
    place at = {{0}, {0}};
    for (int i = 0; i < ln_shape_of(c->in[X]).rank; i++) {
        at.at[i] = p->edge_padding_low[i];
        at.step[i] = p->interior_padding[i] + 1;
    }
    return eval_at(c, c->in[HLO_VALUE], &at);
}

static const ln_field stablehlo_fields[] = {
    LN_FIELD_LIST(I64S, 0, pad_params, p.edge_padding_low, n_low, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 1, pad_params, p.edge_padding_high, n_high, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 2, pad_params, p.interior_padding, n_interior, LN_MAX_RANK, 1),
    {0},
};

static const ln_quant value_quant = {
    .in = {LN_Q_ACTIVATION, LN_Q_LIKE(X)},
    .out = {LN_Q_LIKE(X)},
};

const ln_op ln_op_stablehlo_pad = {
    .name = "STABLEHLO_PAD",
    .builtin = kTfLiteBuiltinStablehloPad,
    .version = 1,
    .options = 10,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = stablehlo_fields,
    .params_size = sizeof(pad_params),
    .infer = stablehlo_infer,
    .eval = stablehlo_eval,
    .quant = &value_quant,
};

/* ---- DILATE ---- */

enum { DILATIONS = 1 };

static ln_status dilate_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = ln_shape_unknown(x.rank);
    int dilation[LN_MAX_RANK], n;

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(ln_check_index(c, DILATIONS));
    LN_TRY(check_value(c, VALUE));
    if (ln_known(c, DILATIONS)) {
        LN_TRY(ln_read_ints(c, DILATIONS, LN_MAX_RANK, dilation, &n));
        LN_CHECK(c, n == x.rank, "there are %d dilations, the input has rank %d", n, x.rank);
        for (int i = 0; i < n; i++) {
            LN_CHECK(c, dilation[i] >= 1, "the dilation of dimension %d is %d", i, dilation[i]);
            const int64_t by[3] = {0, 0, dilation[i] - 1};
            LN_TRY(padded(c, i, x.dim[i], by, &y.dim[i]));
        }
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status dilate_eval(ln_call *c)
{
    place p = {{0}, {0}};
    for (int i = 0; i < ln_shape_of(c->in[X]).rank; i++)
        p.step[i] = ln_int_at(c->in[DILATIONS], i);
    return eval_at(c, c->in[VALUE], &p);
}

const ln_op ln_op_dilate = {
    .name = "DILATE",
    .builtin = kTfLiteBuiltinDilate,
    .version = 1,
    .options = 18,
    .options2 = true,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = dilate_infer,
    .eval = dilate_eval,
    .quant = &quant,
};
