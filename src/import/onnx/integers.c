/* SPDX-License-Identifier: Apache-2.0 */
/* integers.c: operators on integers without scales (MatMulInteger, ConvInteger), and
 * DynamicQuantizeLinear.  They are computed in floats: float32 holds sums of products of 8 bits
 * exactly up to 2^24.
 *
 * DynamicQuantizeLinear, such an operator, Cast and Mul by both scales, which is what onnxruntime's
 * quantize_dynamic writes, become one operator on floats with int8 weights: it quantizes its input
 * by itself. */
#include <math.h>
#include <string.h>

#include "import/onnx/quantized.h"

/* A vector of several items along the first dimension that is wanted; -1 stays. */
static ln_id along(ln_ox *o, ln_id x, int behind)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    int dims[LN_MAX_RANK];
    if (x < 0 || s.rank != 1 || s.dim[0] == 1)
        return x;
    dims[0] = s.dim[0];
    for (int i = 1; i <= behind; i++)
        dims[i] = 1;
    return ln_ox_reshape(o, x, behind + 1, dims);
}

/* Input i less its zero point, as float; both in ONNX's order. */
static ln_id centered(ln_ox *o, const ln_ox_node *n, int i, int zero, int behind)
{
    const ln_id x = ln_emit_cast(&o->e, ln_ox_in_id(o, n, i), kTfLiteFloat32);
    const ln_id z = along(o, ln_ox_in_id(o, n, zero), behind);
    return z < 0 ? x : ln_ox_sub(o, x, ln_emit_cast(&o->e, z, kTfLiteFloat32));
}

/* Rounded, moved by the zero point and cut to the type of that. */
static ln_id to_integers(ln_ox *o, ln_id x, ln_id scale, ln_id zero)
{
    const TfLiteType type = zero < 0 ? kTfLiteUInt8 : ln_emit_type(&o->e, zero);
    const float low = type == kTfLiteInt8 ? -128.f : 0.f;
    ln_id y = ln_ox_op1(o, &ln_op_round, ln_ox_div(o, x, scale));
    if (zero >= 0)
        y = ln_ox_add(o, y, ln_emit_cast(&o->e, zero, kTfLiteFloat32));
    y = ln_ox_op2(o, &ln_op_maximum, y, ln_emit_float(&o->e, low));
    y = ln_ox_op2(o, &ln_op_minimum, y, ln_emit_float(&o->e, low + 255));
    return ln_emit_cast(&o->e, y, type);
}

/* ---- operators that quantize their input ---- */

/* The nodes around an operator on integers. */
typedef struct chain {
    const char *x;                     /* what is quantized */
    const Onnx__NodeProto *cast, *mul; /* behind the operator */
    ln_id scales;                      /* of the weights */
} chain;

static const Onnx__NodeProto *made_by(const ln_ox_node *n, const char *name, const char *op)
{
    const ln_ox_name *found = *name ? ln_ox_lookup(n->scope, name) : NULL;
    const Onnx__NodeProto *p = found ? found->maker : NULL;
    return p && p->op_type && strcmp(p->op_type, op) == 0 ? p : NULL;
}

/* The operand of a product that is not `name`; NULL when none is. */
static const char *other_factor(const Onnx__NodeProto *p, const char *name)
{
    for (size_t i = 0; p && p->n_input == 2 && i < 2; i++)
        if (strcmp(p->input[i], name) == 0)
            return p->input[1 - i];
    return NULL;
}

static ln_id known_floats(ln_ox *o, const ln_ox_node *n, const char *name)
{
    const ln_ox_name *found = name && *name ? ln_ox_lookup(n->scope, name) : NULL;
    ln_ox_value *v = found && (found->value || found->initializer) ? ln_ox_resolve(o, name) : NULL;
    return v && v->id >= 0 && ln_emit_known(&o->e, v->id) &&
                   ln_emit_type(&o->e, v->id) == kTfLiteFloat32
               ? ln_ox_plain(o, v)
               : -1;
}

static bool find_chain(ln_ox *o, const ln_ox_node *n, chain *c)
{
    char **in = n->p->input;
    if (n->p->n_input < 3 || !ln_ox_has_out(n, 0))
        return false;
    const Onnx__NodeProto *q = made_by(n, in[0], "DynamicQuantizeLinear");
    if (!q || q->n_input != 1 || q->n_output != 3 || strcmp(q->output[0], in[0]) != 0 ||
        strcmp(q->output[2], in[2]) != 0)
        return false;
    c->x = q->input[0];
    c->cast = ln_ox_only_user(n, 0, "Cast");
    const ln_ox_node cast = {.p = c->cast, .scope = n->scope};
    if (!c->cast || !ln_ox_has_out(&cast, 0) || ln_ox_int(&cast, "to", 0) != LN_OX_FLOAT)
        return false;
    c->mul = ln_ox_only_user(&cast, 0, "Mul");
    const char *both = other_factor(c->mul, c->cast->output[0]);
    const Onnx__NodeProto *scale = both ? made_by(n, both, "Mul") : NULL;
    c->scales = known_floats(o, n, other_factor(scale, q->output[1]));
    return c->scales >= 0;
}

/* The scales, one for each channel: of one for all, or of one each along the dimension of the
 * result that has `behind` more behind it. */
static float *spread(ln_ox *o, ln_id scales, int channels, int behind)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, scales);
    const ln_shape s = ln_shape_of(t);
    const int count = ln_count(t);
    const bool each =
        count == channels && s.rank > behind && s.dim[s.rank - 1 - behind] == channels;
    float *y = count == 1 || each ? ln_arena_new(&o->m->arena, (size_t)channels, sizeof *y) : NULL;
    for (int i = 0; y && i < channels; i++) {
        y[i] = t->data.f[each ? i : 0];
        if (!(y[i] > 0) || !isfinite(y[i]))
            return NULL;
    }
    return y;
}

/* Constant floats as int8; NULL when they are no such integers, between -127 and 127 as TFLite
 * wants weights. */
static int8_t *as_int8(ln_ox *o, const TfLiteTensor *t)
{
    const int n = ln_count(t);
    int8_t *y = ln_arena_new(&o->m->arena, (size_t)n + 1, 1);
    for (int i = 0; y && i < n; i++) {
        const float v = t->data.f[i];
        if (!(v >= -127 && v <= 127) || v != nearbyintf(v))
            return NULL;
        y[i] = (int8_t)v;
    }
    return y;
}

/* Gives the operator that makes y, whose weights are integers as floats, int8 weights. */
static bool give_int8(ln_ox *o, ln_id y, ln_id scales, int behind)
{
    const int made = y < 0 ? -1 : ln_graph_producer(o->e.g, y);
    const ln_node n = made < 0 ? (ln_node){0} : o->e.g->nodes[made];
    const int axis = n.op == &ln_op_depthwise_conv_2d ? 3 : 0;
    if (n.op != &ln_op_depthwise_conv_2d && n.op != &ln_op_conv_2d &&
        n.op != &ln_op_fully_connected)
        return false;
    const TfLiteTensor *w = ln_emit_tensor(&o->e, n.inputs->data[1]);
    if (!ln_emit_known(&o->e, n.inputs->data[1]) || w->type != kTfLiteFloat32)
        return false;
    const ln_shape s = ln_shape_of(w);
    const int channels = s.dim[axis];
    const float *each = channels > 0 ? spread(o, scales, channels, behind) : NULL;
    const int8_t *items = each ? as_int8(o, w) : NULL;
    const int *zeros = items ? ln_arena_new(&o->m->arena, (size_t)channels, sizeof *zeros) : NULL;
    if (!zeros)
        return false;
    const ln_id q = ln_emit_constant(&o->e, kTfLiteInt8, &s, items, (size_t)ln_count(w), false);
    if (q < 0 || !ln_ox_set_scales(o, &o->e.g->tensors[q].t, channels, each, zeros, axis))
        return false;
    n.inputs->data[1] = q;
    return true;
}

/* ---- weights with a zero point: less a number per channel they fit into int8 ----
 *
 *   x (w + c) = x w + c (the sum of x)
 * where the sum is of the items that a weight meets, the same for all channels. */

typedef struct range {
    int low, high, n_low, n_high; /* n: how many items are that */
} range;

static void extend(range *r, int v)
{
    r->n_low = v < r->low ? 1 : r->n_low + (v == r->low);
    r->n_high = v > r->high ? 1 : r->n_high + (v == r->high);
    r->low = LN_MIN(r->low, v);
    r->high = LN_MAX(r->high, v);
}

/* What to take away so that all are between -127 and 127: as little as possible.  Of a channel that
 * spans all 256 numbers either the lowest or the highest comes one step nearer: the rarer one. */
static int center(const range *r)
{
    if (r->high - r->low > 254)
        return r->n_low <= r->n_high ? r->high - 127 : r->low + 127;
    return LN_MIN(LN_MAX(0, r->high - 127), r->low + 127);
}

/* The ranges of a constant's channels along a dimension; NULL when these are no integers of 9 bits.
 */
static range *ranges_of(ln_ox *o, const TfLiteTensor *t, int channels, int inner)
{
    range *y = ln_arena_new(&o->m->arena, (size_t)channels, sizeof *y);
    for (int i = 0; y && i < channels; i++)
        y[i] = (range){.low = 255, .high = -255};
    for (int i = 0; y && i < ln_count(t); i++) {
        const float v = t->data.f[i];
        if (!(v >= -255 && v <= 255) || v != nearbyintf(v))
            return NULL;
        extend(&y[i / inner % channels], (int)v);
    }
    return y;
}

/* Weights as those of int8, and in *taken what was taken away from each channel; NULL: nothing. */
static ln_id balanced(ln_ox *o, ln_id w, int axis, float **taken)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, w);
    const ln_shape s = ln_shape_of(t);
    const int channels = s.dim[axis], inner = ln_shape_count(&s, axis + 1, s.rank);
    const int n = ln_count(t);
    const range *r = channels > 0 && inner > 0 ? ranges_of(o, t, channels, inner) : NULL;
    bool any = false;
    *taken = NULL;
    for (int i = 0; r && i < channels; i++)
        any = any || center(&r[i]) != 0;
    if (!any)
        return w;
    float *y = ln_arena_new(&o->m->arena, (size_t)n, sizeof *y);
    float *c = ln_arena_new(&o->m->arena, (size_t)channels, sizeof *c);
    if (!y || !c)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < channels; i++)
        c[i] = (float)center(&r[i]);
    for (int i = 0; i < n; i++)
        y[i] = fminf(fmaxf(t->data.f[i] - c[i / inner % channels], -127), 127);
    *taken = c;
    return ln_emit_constant(&o->e, kTfLiteFloat32, &s, y, (size_t)n * sizeof *y, false);
}

/* y, and what was taken away from its weights times the sum of what they meet. */
static ln_id restored(ln_ox *o, ln_id y, ln_id sum, const float *taken, ln_id scales, int behind)
{
    const ln_shape s = ln_emit_shape(&o->e, y);
    const int channels = s.dim[s.rank - 1];
    float *factors = spread(o, scales, channels, behind);
    for (int i = 0; factors && i < channels; i++)
        factors[i] *= taken[i];
    if (!factors)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    return ln_ox_add(o, y, ln_ox_mul(o, sum, ln_emit_floats(&o->e, channels, factors)));
}

/* The result of the chain's last node; the nodes between have no effect of their own. */
static void out_chain(ln_ox *o, const ln_ox_node *n, const chain *c, ln_ox_value *y)
{
    y->done[0] = c->cast;
    y->done[1] = c->mul;
    y->n_done = 2;
    ln_ox_out_value(o, n, 0, y);
}

/* As FULLY_CONNECTED with int8 weights; false: it cannot be. */
static bool dense(ln_ox *o, const ln_ox_node *n)
{
    const ln_ox_layout turned = {.rank = 2, .dim = {1, 0}}, plain = ln_ox_plain_layout(2);
    chain c;
    if (!find_chain(o, n, &c))
        return false;
    ln_ox_value *v = ln_ox_resolve(o, c.x);
    ln_id w = centered(o, n, 1, 3, 0);
    const int rank = v ? ln_ox_rank(o, v) : 0, last = rank - 1;
    float *taken;
    if (!ln_ox_ok(o) || rank < 2 || ln_emit_shape(&o->e, w).rank != 2 || !ln_emit_known(&o->e, w))
        return false;
    w = balanced(o, w, 1, &taken);
    const TfLiteFullyConnectedParams p = {.keep_num_dims = rank > 2,
                                          .asymmetric_quantize_inputs = true};
    const ln_id in[] = {ln_ox_plain(o, v), ln_ox_relayout(o, w, &plain, &turned), -1};
    ln_id id = ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
    const ln_ox_layout at = ln_ox_plain_layout(rank);
    if (!give_int8(o, id, c.scales, 0))
        return false;
    if (taken)
        id = restored(o, id, ln_emit_reduce(&o->e, &ln_op_sum, in[0], 1, &last, true), taken,
                      c.scales, 0);
    ln_ox_value *y = ln_ox_value_new(o, id, &at);
    if (y)
        out_chain(o, n, &c, y);
    return y;
}

void ln_ox_matmul_integer(ln_ox *o, const ln_ox_node *n)
{
    if (dense(o, n) || !ln_ox_ok(o))
        return;
    const ln_id a = centered(o, n, 0, 2, 1), b = centered(o, n, 1, 3, 0);
    const ln_id y = ln_ox_ok(o) ? ln_ox_product_of_vectors(o, a, b, false, false) : -1;
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, y, kTfLiteInt32));
}

/* ---- convolutions ---- */

/* Conv of values that are no node's inputs: a node of its own beside the given one. */
static ln_ox_value *convolution(ln_ox *o, const ln_ox_node *n, ln_ox_value *x, ln_id w)
{
    static char names[3][16] = {"x", "w", "y"};
    char *in[] = {names[0], names[1]}, *out[] = {names[2]};
    const ln_ox_layout plain = ln_ox_plain_layout(ln_emit_shape(&o->e, w).rank);
    ln_ox_value *const operands[] = {x, ln_ox_value_new(o, w, &plain)};
    Onnx__NodeProto p = *n->p;
    ln_ox_scope *outer = o->scope, *s = ln_ox_ok(o) ? ln_ox_scope_new(o, outer) : NULL;
    if (!s)
        return NULL;
    s->parent = NULL;
    p.input = in;
    p.n_input = 2;
    p.output = out;
    p.n_output = 1;
    for (size_t i = 0; i < p.n_input; i++) {
        ln_ox_name *name = ln_ox_name_in(o, s, in[i]);
        if (name)
            name->value = operands[i];
    }
    const ln_ox_node conv = {.p = &p, .row = n->row, .scope = s, .opset = n->opset};
    o->scope = s;
    ln_ox_conv(o, &conv);
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_resolve(o, out[0]) : NULL;
    o->scope = outer;
    return y;
}

/* The sum of all that a window covers: a convolution by ones. */
static ln_ox_value *sums_of_windows(ln_ox *o, const ln_ox_node *n, ln_ox_value *x, ln_id w)
{
    const ln_shape s = ln_emit_shape(&o->e, w);
    const int dims[] = {1, s.dim[1], s.dim[2], s.dim[3]};
    const ln_id one = ln_emit_float(&o->e, 1);
    const ln_id ones = ln_ox_op2(o, &ln_op_fill, ln_emit_ints(&o->e, 4, dims), one);
    return convolution(o, n, x, ones);
}

/* As a convolution with int8 weights; false: it cannot be. */
static bool image_chain(ln_ox *o, const ln_ox_node *n, int behind)
{
    chain c;
    if (behind != 3 || !find_chain(o, n, &c))
        return false;
    ln_ox_value *x = ln_ox_resolve(o, c.x);
    ln_id w = centered(o, n, 1, 3, behind);
    float *taken = NULL;
    if (!x || !ln_ox_ok(o) || !ln_emit_known(&o->e, w))
        return false;
    if (ln_ox_int(n, "group", 1) == 1)
        w = balanced(o, w, 0, &taken);
    ln_ox_value *y = convolution(o, n, x, w);
    if (!y || !give_int8(o, y->id, c.scales, 2))
        return false;
    ln_ox_value *sums = taken ? sums_of_windows(o, n, x, w) : NULL;
    if (sums)
        y->id = restored(o, y->id, sums->id, taken, c.scales, 2);
    out_chain(o, n, &c, y);
    return true;
}

void ln_ox_conv_integer(ln_ox *o, const ln_ox_node *n)
{
    const int behind = ln_emit_shape(&o->e, ln_ox_in_id(o, n, 1)).rank - 1;
    if (image_chain(o, n, behind) || !ln_ox_ok(o))
        return;
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (!v)
        return;
    ln_id x = ln_emit_cast(&o->e, ln_ox_id(o, v), kTfLiteFloat32);
    if (ln_ox_has_in(n, 2)) {
        const ln_id zero = ln_ox_reshape(o, ln_ox_in_id(o, n, 2), 0, NULL);
        x = ln_ox_sub(o, x, ln_emit_cast(&o->e, zero, kTfLiteFloat32));
    }
    ln_ox_value *moved = ln_ox_value_new(o, x, &v->at);
    ln_ox_value *y = moved ? convolution(o, n, moved, centered(o, n, 1, 3, behind)) : NULL;
    if (y)
        ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, ln_ox_id(o, y), kTfLiteInt32), &y->at);
}

/* ---- QLinearConcat: scale and zero point of the result, then those of each operand behind it ----
 */

/* A node of this operator in place of a part of n. */
static void part(ln_ox *o, const ln_ox_node *n, char *op, size_t n_in, char **in, char **out)
{
    Onnx__NodeProto p, *list = &p;
    onnx__node_proto__init(&p);
    p.name = n->p->name;
    p.op_type = op;
    p.input = in;
    p.n_input = n_in;
    p.output = out;
    p.n_output = 1;
    if (strcmp(op, "Concat") == 0) {
        p.attribute = n->p->attribute;
        p.n_attribute = n->p->n_attribute;
    }
    Onnx__NodeProto *kept = ln_ox_ok(o) ? ln_arena_copy(&o->m->arena, list, sizeof p) : NULL;
    if (kept)
        ln_ox_nodes(o, 1, &kept);
}

void ln_ox_qlinear_concat(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST = 256 };
    static char dequantize[] = "DequantizeLinear", concat[] = "Concat",
                quantize[] = "QuantizeLinear";
    static char joined[] = "#joined", result[] = "#result";
    const size_t count = n->p->n_input / 3;
    char *names[MOST], **in = n->p->input, *whole[] = {joined}, *last[] = {result};
    ln_ox_scope *outer = o->scope, *s = ln_ox_ok(o) ? ln_ox_scope_new(o, outer) : NULL;
    if (!s || n->p->n_input != 3 * count + 2 || count < 1 || count > MOST) {
        LN_OX_FAIL(o, "%zu operands", n->p->n_input);
        return;
    }
    o->scope = s;
    for (size_t i = 0; i < count && ln_ox_ok(o); i++) {
        const char name[] = {'#', (char)('a' + i / 16), (char)('a' + i % 16)};
        names[i] = ln_arena_string(&o->m->arena, name, sizeof name);
        if (names[i])
            part(o, n, dequantize, 3, in + 2 + 3 * i, &names[i]);
    }
    part(o, n, concat, count, names, whole);
    part(o, n, quantize, 3, (char *[]){joined, in[0], in[1]}, last);
    ln_ox_value *y = ln_ox_ok(o) ? ln_ox_resolve(o, result) : NULL;
    o->scope = outer;
    ln_ox_out_value(o, n, 0, y);
}

/* ---- DynamicQuantizeLinear ---- */

static ln_id extreme(ln_ox *o, const ln_op *reduce, const ln_op *with_zero, ln_id x)
{
    int axes[LN_MAX_RANK];
    const int rank = LN_MAX(ln_emit_shape(&o->e, x).rank, 0);
    for (int i = 0; i < rank; i++)
        axes[i] = i;
    return ln_ox_op2(o, with_zero, ln_emit_reduce(&o->e, reduce, x, rank, axes, false),
                     ln_emit_float(&o->e, 0));
}

void ln_ox_dynamic_quantize(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (!v)
        return;
    const ln_id x = ln_ox_id(o, v);
    const ln_id high = extreme(o, &ln_op_reduce_max, &ln_op_maximum, x);
    const ln_id low = extreme(o, &ln_op_reduce_min, &ln_op_minimum, x);
    const ln_id scale = ln_ox_div(o, ln_ox_sub(o, high, low), ln_emit_float(&o->e, 255));
    ln_id zero = ln_ox_op1(o, &ln_op_round, ln_ox_div(o, ln_ox_op1(o, &ln_op_neg, low), scale));
    zero = ln_ox_op2(o, &ln_op_minimum, ln_ox_op2(o, &ln_op_maximum, zero, ln_emit_float(&o->e, 0)),
                     ln_emit_float(&o->e, 255));
    zero = ln_emit_cast(&o->e, zero, kTfLiteUInt8);
    ln_ox_out_at(o, n, 0, to_integers(o, x, scale, zero), &v->at);
    ln_ox_out(o, n, 1, scale);
    ln_ox_out(o, n, 2, zero);
}
