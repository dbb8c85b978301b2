/* SPDX-License-Identifier: Apache-2.0 */
/* select.c: SELECT, SELECT_V2, STABLEHLO_SELECT: y = condition ? a : b.
 *
 * SELECT wants a and b of one shape, the condition of theirs, a scalar or one flag per row of the
 * first dimension; the other two broadcast all three.  Items are copied as bits. */
#include "ops/elementwise.h"

enum { CONDITION, A, B };
enum { SELECTABLE = LN_FLOATS | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Bool) | LN_BIT(Complex64) };

/* Items widened to 64 bits. */
static void select_row(const void *ctx, const void *const *in, void *out, int n)
{
    const int64_t *condition = in[CONDITION], *a = in[A], *b = in[B];
    int64_t *y = out;
    (void)ctx;
    for (int i = 0; i < n; i++)
        y[i] = condition[i] ? a[i] : b[i];
}

static ln_status check_types(ln_call *c)
{
    LN_TRY(ln_check_type(c, CONDITION, LN_BIT(Bool)));
    LN_TRY(ln_check_type(c, A, SELECTABLE));
    LN_CHECK(c, c->in[A]->type == c->in[B]->type, "input 2 has type %s, not %s as input 1",
             ln_type_name(c->in[B]->type), ln_type_name(c->in[A]->type));
    return LN_OK;
}

/* One item everywhere: the output keeps the rank that the model gave it, if there is one yet. */
static bool all_single(const ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]);
    if (!c->out[0]->dims)
        return false;
    for (int i = CONDITION; i <= B; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        if (!ln_shape_known(&s) || ln_shape_count(&s, 0, s.rank) != 1)
            return false;
    }
    return ln_shape_known(&y) && ln_shape_count(&y, 0, y.rank) == 1;
}

/* SELECT's condition as it broadcasts: flags of rows get trailing dimensions of 1. */
static ln_shape condition_shape(const ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[A]);
    ln_shape s = ln_shape_of(c->in[CONDITION]);
    if (s.rank == 1 && a.rank > 1) {
        for (int i = 1; i < a.rank; i++)
            s.dim[i] = 1;
        s.rank = a.rank;
    }
    return s;
}

static ln_status infer_select(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[A]), b = ln_shape_of(c->in[B]);
    const ln_shape condition = condition_shape(c), y = ln_shape_of(c->out[0]);
    ln_shape both;

    LN_TRY(check_types(c));
    if (all_single(c))
        return ln_set_out(c, 0, c->in[A]->type, &y);
    LN_CHECK(c, ln_shape_equal(&a, &b) || !ln_shape_known(&a) || !ln_shape_known(&b),
             "inputs 1 and 2 have different shapes");
    LN_TRY(ln_broadcast(c, &condition, &a, &both));
    LN_CHECK(c, !ln_shape_known(&both) || ln_shape_equal(&both, &a),
             "input 0, the condition, does not fit the shape of input 1");
    return ln_set_out(c, 0, c->in[A]->type, &a);
}

static ln_status infer_select_v2(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[A]), b = ln_shape_of(c->in[B]);
    const ln_shape condition = ln_shape_of(c->in[CONDITION]), single = ln_shape_of(c->out[0]);
    ln_shape y;

    LN_TRY(check_types(c));
    if (all_single(c))
        return ln_set_out(c, 0, c->in[A]->type, &single);
    LN_TRY(ln_broadcast(c, &condition, &a, &y));
    LN_TRY(ln_broadcast(c, &y, &b, &y));
    return ln_set_out(c, 0, c->in[A]->type, &y);
}

/* The integer type of the same size. */
static TfLiteType bits_of(TfLiteType type)
{
    switch (ln_type_size(type)) {
    case 1:
        return kTfLiteUInt8;
    case 2:
        return kTfLiteInt16;
    case 4:
        return kTfLiteInt32;
    default:
        return kTfLiteInt64;
    }
}

static ln_status eval_shaped(ln_call *c, const ln_shape *condition)
{
    ln_map m = {.n_in = 3, .from = LN_I64, .to = LN_I64, .row = select_row};

    for (int i = CONDITION; i <= B; i++)
        m.in[i] = ln_operand_of(c->in[i]);
    m.out = ln_operand_of(c->out[0]);
    m.in[CONDITION].shape = *condition;
    m.in[A].type = m.in[B].type = m.out.type = bits_of(c->in[A]->type);
    if (all_single(c)) /* of any rank */
        m.out.shape = m.in[CONDITION].shape = m.in[A].shape = m.in[B].shape = (ln_shape){0};
    ln_map_run(&m);
    return LN_OK;
}

static ln_status eval_select(ln_call *c)
{
    const ln_shape condition = condition_shape(c);
    return eval_shaped(c, &condition);
}

static ln_status eval_select_v2(ln_call *c)
{
    const ln_shape condition = ln_shape_of(c->in[CONDITION]);
    return eval_shaped(c, &condition);
}

static const ln_quant quant = {.in = {[CONDITION + 1] = LN_Q_ACTIVATION, LN_Q_LIKE(CONDITION + 1)},
                               .out = {LN_Q_LIKE(CONDITION + 1)}};

#define SELECT(lower, upper, code, options_, version_, infer_, eval_) \
    const ln_op ln_op_##lower = {                                     \
        .name = upper,                                                \
        .builtin = code,                                              \
        .version = version_,                                          \
        .options = options_,                                          \
        .min_in = 3,                                                  \
        .max_in = 3,                                                  \
        .n_out = 1,                                                   \
        .traits = LN_PURE | LN_ELEMENTWISE,                           \
        .infer = infer_,                                              \
        .eval = eval_,                                                \
        .quant = &quant,                                              \
    };
SELECT(select, "SELECT", kTfLiteBuiltinSelect, 47, 4, infer_select, eval_select)
SELECT(select_v2, "SELECT_V2", kTfLiteBuiltinSelectV2, 98, 2, infer_select_v2, eval_select_v2)
SELECT(stablehlo_select, "STABLEHLO_SELECT", kTfLiteBuiltinStablehloSelect, 0, 1, infer_select_v2,
       eval_select_v2)
