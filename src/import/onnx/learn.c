/* SPDX-License-Identifier: Apache-2.0 */
/* learn.c: operators of ai.onnx.ml but for trees: what libraries of classic learning export. */
#include <math.h>
#include <string.h>

#include "import/onnx/learn.h"

/* ---- labels and scores ---- */

/* The first of these attributes that is there. */
static const Onnx__AttributeProto *labels_of(const ln_ox_node *n)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, "classlabels_strings");
    if (!a || !a->n_strings)
        a = ln_ox_attr(n, "classlabels_int64s");
    return a && (a->n_strings || a->n_ints) ? a : ln_ox_attr(n, "classlabels_ints");
}

int ln_ox_labels(const ln_ox_node *n)
{
    const Onnx__AttributeProto *a = labels_of(n);
    const size_t count = !a ? 0 : a->n_strings ? a->n_strings : a->n_ints;
    return count > 1 << 16 ? -1 : (int)count;
}

static ln_id strings(ln_ox *o, size_t n, const ProtobufCBinaryData *texts,
                     const ProtobufCBinaryData *last)
{
    const size_t count = n + (last != NULL);
    const ln_shape s = {.rank = 1, .dim = {(int)count}};
    const char **at = ln_arena_new(&o->m->arena, count + 1, sizeof *at);
    size_t *lengths = ln_arena_new(&o->m->arena, count + 1, sizeof *lengths);
    if (!at || !lengths)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const ProtobufCBinaryData *text = i < n ? &texts[i] : last;
        at[i] = (const char *)text->data;
        lengths[i] = text->len;
    }
    return ln_emit_strings(&o->e, &s, at, lengths, (int)count);
}

void ln_ox_out_label(ln_ox *o, const ln_ox_node *n, ln_id classes)
{
    const Onnx__AttributeProto *a = labels_of(n);
    if (!a || !ln_ox_ok(o)) {
        LN_OX_FAIL(o, "there are no class labels");
        return;
    }
    const ln_shape s = {.rank = 1, .dim = {(int)a->n_ints}};
    const ln_id table = a->n_strings ? strings(o, a->n_strings, a->strings, NULL)
                                     : ln_emit_constant(&o->e, kTfLiteInt64, &s, a->ints,
                                                        a->n_ints * sizeof *a->ints, true);
    ln_ox_out(o, n, 0, ln_emit_gather(&o->e, table, classes, 0));
}

void ln_ox_out_best(ln_ox *o, const ln_ox_node *n, ln_id scores)
{
    const TfLiteArgMaxParams p = {.output_type = kTfLiteInt32};
    ln_ox_out_label(o, n, ln_emit_binary(&o->e, &ln_op_arg_max, &p, scores, ln_emit_int(&o->e, 1)));
}

ln_id ln_ox_scores(ln_ox *o, const ln_ox_node *n, ln_id scores)
{
    const TfLiteSoftmaxParams p = {.beta = 1};
    if (ln_ox_is(n, "post_transform", "NONE", "NONE"))
        return scores;
    if (ln_ox_is(n, "post_transform", "LOGISTIC", "NONE"))
        return ln_ox_op1(o, &ln_op_logistic, scores);
    if (ln_ox_is(n, "post_transform", "SOFTMAX", "NONE"))
        return ln_emit_unary(&o->e, &ln_op_softmax, &p, scores);
    LN_OX_FAIL(o, "post_transform is none of NONE, LOGISTIC and SOFTMAX");
    return -1;
}

/* ---- linear models ---- */

static ln_id number_input(ln_ox *o, const ln_ox_node *n)
{
    return ln_emit_cast(&o->e, ln_ox_in_id(o, n, 0), kTfLiteFloat32);
}

/* x [rows, k] times the coefficients [n, k], and intercepts. */
static ln_id linear(ln_ox *o, const ln_ox_node *n, int count)
{
    const TfLiteFullyConnectedParams p = {0};
    const Onnx__AttributeProto *w = ln_ox_attr(n, "coefficients");
    const Onnx__AttributeProto *b = ln_ox_attr(n, "intercepts");
    const ln_id x = number_input(o, n);
    if (!w || count < 1 || w->n_floats < 1 || w->n_floats > 1 << 24 ||
        w->n_floats % (size_t)count || (b && b->n_floats && b->n_floats != (size_t)count) ||
        ln_emit_shape(&o->e, x).rank != 2) {
        LN_OX_FAIL(o, "%zu coefficients for %d results", w ? w->n_floats : 0, count);
        return -1;
    }
    const ln_shape s = {.rank = 2, .dim = {count, (int)w->n_floats / count}};
    const ln_id in[] = {x,
                        ln_emit_constant(&o->e, kTfLiteFloat32, &s, w->floats,
                                         w->n_floats * sizeof *w->floats, true),
                        b && b->n_floats ? ln_emit_floats(&o->e, count, b->floats) : -1};
    return ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
}

void ln_ox_linear_regressor(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_out(o, n, 0, ln_ox_scores(o, n, linear(o, n, ln_ox_int(n, "targets", 1))));
}

void ln_ox_linear_classifier(ln_ox *o, const ln_ox_node *n)
{
    const int classes = ln_ox_labels(n);
    const Onnx__AttributeProto *b = ln_ox_attr(n, "intercepts");
    if (b && b->n_floats != (size_t)classes) {
        LN_OX_FAIL(o, "%zu scores for %d classes", b->n_floats, classes);
        return;
    }
    const ln_id scores = linear(o, n, classes);
    if (!ln_ox_ok(o))
        return;
    ln_ox_out_best(o, n, scores);
    ln_ox_out(o, n, 1, ln_ox_scores(o, n, scores));
}

/* ---- features ---- */

/* An attribute's floats, one or one per feature; -1 when there are none. */
static ln_id per_feature(ln_ox *o, const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    return a && a->n_floats && a->n_floats <= 1 << 20
               ? ln_emit_floats(&o->e, (int)a->n_floats, a->floats)
               : -1;
}

void ln_ox_scaler(ln_ox *o, const ln_ox_node *n)
{
    const ln_id offset = per_feature(o, n, "offset"), scale = per_feature(o, n, "scale");
    ln_id x = number_input(o, n);
    if (offset >= 0)
        x = ln_ox_sub(o, x, offset);
    ln_ox_out(o, n, 0, scale >= 0 ? ln_ox_mul(o, x, scale) : x);
}

void ln_ox_normalizer(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = number_input(o, n);
    const int rank = ln_emit_shape(&o->e, x).rank, last = rank - 1;
    const bool l1 = ln_ox_is(n, "norm", "L1", "MAX"), l2 = ln_ox_is(n, "norm", "L2", "MAX");
    if (rank < 1) {
        LN_OX_FAIL(o, "a scalar");
        return;
    }
    ln_id size = l1 ? ln_ox_op1(o, &ln_op_abs, x) : l2 ? ln_ox_op1(o, &ln_op_square, x) : x;
    size = ln_emit_reduce(&o->e, l1 || l2 ? &ln_op_sum : &ln_op_reduce_max, size, 1, &last, true);
    if (l2)
        size = ln_ox_op1(o, &ln_op_sqrt, size);
    /* rows of zeros stay */
    const ln_id none = ln_ox_op2(o, &ln_op_equal, size, ln_emit_float(&o->e, 0));
    ln_ox_out(o, n, 0, ln_ox_div(o, x, ln_ox_select(o, none, ln_emit_float(&o->e, 1), size)));
}

void ln_ox_binarizer(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = number_input(o, n);
    const ln_id above =
        ln_ox_op2(o, &ln_op_greater, x, ln_emit_float(&o->e, ln_ox_float(n, "threshold", 0)));
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, above, kTfLiteFloat32));
}

void ln_ox_imputer(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0), value = per_feature(o, n, "imputed_value_floats");
    const float replaced = ln_ox_float(n, "replaced_value_float", 0);
    if (value < 0 || ln_emit_type(&o->e, x) != kTfLiteFloat32) {
        LN_OX_FAIL(o, "of floats only");
        return;
    }
    const ln_id hit = isnan(replaced)
                          ? ln_ox_op2(o, &ln_op_not_equal, x, x)
                          : ln_ox_op2(o, &ln_op_equal, x, ln_emit_float(&o->e, replaced));
    ln_ox_out(o, n, 0, ln_ox_select(o, hit, value, x));
}

void ln_ox_array_feature_extractor(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0), at = ln_ox_in_id(o, n, 1);
    const int rank = ln_emit_shape(&o->e, x).rank;
    if (!ln_ox_ok(o) || rank < 1) {
        LN_OX_FAIL(o, "a scalar");
        return;
    }
    const ln_id flat = ln_ox_reshape(o, ln_ox_int32(o, at), 1, (const int[]){-1});
    const ln_id y = ln_emit_gather(&o->e, x, flat, rank - 1);
    ln_ox_out(o, n, 0, rank == 1 ? ln_emit_expand_dims(&o->e, y, 0) : y);
}

/* .tflite has no dictionaries: the scores stay what they are. */
void ln_ox_zip_map(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_out(o, n, 0, ln_ox_in_id(o, n, 0));
}

/* ---- tables ---- */

/* A tensor in an attribute, as one row; NULL: there is none. */
static const Onnx__TensorProto *row_of(const ln_ox_node *n, const char *name)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, name);
    return a && a->t && a->t->n_dims <= 1 ? a->t : NULL;
}

/* The keys of a table as a constant of the type of x; *count: how many. */
static ln_id keys_of(ln_ox *o, const ln_ox_node *n, const char *of_ints, const char *of_strings,
                     int *count)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, of_ints);
    const Onnx__TensorProto *t = row_of(n, "keys_tensor");
    *count = 0;
    if (a && a->n_ints && a->n_ints <= 1 << 16) {
        const ln_shape s = {.rank = 1, .dim = { *count = (int)a->n_ints}};
        return ln_emit_constant(&o->e, kTfLiteInt64, &s, a->ints, a->n_ints * sizeof *a->ints,
                                true);
    }
    a = ln_ox_attr(n, "keys_floats");
    if (t || (a && a->n_floats && a->n_floats <= 1 << 16)) {
        const ln_id keys =
            t ? ln_ox_tensor(o, t) : ln_emit_floats(&o->e, (int)a->n_floats, a->floats);
        const ln_shape s = ln_emit_shape(&o->e, keys);
        for (size_t i = 0; !t && i < a->n_floats; i++)
            if (isnan(a->floats[i]))
                LN_OX_FAIL(o, "a key that is NaN");
        *count = ln_emit_ok(&o->e) && s.rank == 1 ? s.dim[0] : 0;
        return *count ? keys : -1;
    }
    a = ln_ox_attr(n, of_strings);
    *count = a && a->n_strings <= 1 << 16 ? (int)a->n_strings : 0;
    return *count ? strings(o, a->n_strings, a->strings, NULL) : -1;
}

/* Where each item of x [...] is equal to one of the keys: bool [..., keys]. */
static ln_id hits(ln_ox *o, ln_id x, ln_id keys)
{
    const TfLiteType type = ln_emit_type(&o->e, keys);
    if (keys < 0 || (type == kTfLiteString) != (ln_emit_type(&o->e, x) == kTfLiteString)) {
        LN_OX_FAIL(o, "keys of another type than the input's, or none");
        return -1;
    }
    if (type != kTfLiteString)
        x = ln_emit_cast(&o->e, x, type);
    return ln_ox_op2(o, &ln_op_equal,
                     ln_emit_expand_dims(&o->e, x, LN_MAX(ln_emit_shape(&o->e, x).rank, 0)), keys);
}

void ln_ox_one_hot_encoder(ln_ox *o, const ln_ox_node *n)
{
    int count;
    const ln_id keys = keys_of(o, n, "cats_int64s", "cats_strings", &count);
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, hits(o, ln_ox_in_id(o, n, 0), keys), kTfLiteFloat32));
}

/* The same where they are tensors. */
static ln_id values_in_tensor(ln_ox *o, const ln_ox_node *n, int count)
{
    const Onnx__TensorProto *t = row_of(n, "values_tensor"), *other = row_of(n, "default_tensor");
    if (t && other && t->n_string_data == (size_t)count && other->n_string_data == 1)
        return strings(o, t->n_string_data, t->string_data, other->string_data);
    const ln_id values = t ? ln_ox_tensor(o, t) : -1;
    if (values < 0 || !other || t->n_string_data || ln_emit_shape(&o->e, values).rank != 1 ||
        ln_emit_shape(&o->e, values).dim[0] != count) {
        LN_OX_FAIL(o, "other than as many keys as values in lists or tensors, and a default");
        return -1;
    }
    const ln_id parts[] = {values, ln_ox_reshape(o, ln_ox_tensor(o, other), 1, (const int[]){1})};
    return ln_emit_concat(&o->e, 2, parts, 0);
}

/* The values of a table and, behind them, the default. */
static ln_id values_of(ln_ox *o, const ln_ox_node *n, int count)
{
    static uint8_t unused[] = "_Unused";
    const Onnx__AttributeProto *a = ln_ox_attr(n, "values_int64s");
    const Onnx__AttributeProto *other = ln_ox_attr(n, "default_int64");
    const ln_shape s = {.rank = 1, .dim = {count}}, one = {.rank = 1, .dim = {1}};
    if (a && a->n_ints == (size_t)count) {
        const int64_t none = other ? other->i : -1;
        const ln_id parts[] = {
            ln_emit_constant(&o->e, kTfLiteInt64, &s, a->ints, a->n_ints * sizeof *a->ints, true),
            ln_emit_constant(&o->e, kTfLiteInt64, &one, &none, sizeof none, true)};
        return ln_emit_concat(&o->e, 2, parts, 0);
    }
    a = ln_ox_attr(n, "values_floats");
    if (a && a->n_floats == (size_t)count) {
        const float none = ln_ox_float(n, "default_float", -0.f);
        const ln_id parts[] = {ln_emit_floats(&o->e, count, a->floats),
                               ln_emit_floats(&o->e, 1, &none)};
        return ln_emit_concat(&o->e, 2, parts, 0);
    }
    a = ln_ox_attr(n, "values_strings");
    other = ln_ox_attr(n, "default_string");
    const ProtobufCBinaryData none = {sizeof unused - 1, unused};
    if (a && a->n_strings == (size_t)count)
        return strings(o, a->n_strings, a->strings, other ? &other->s : &none);
    return values_in_tensor(o, n, count);
}

void ln_ox_label_encoder(ln_ox *o, const ln_ox_node *n)
{
    const TfLiteArgMaxParams p = {.output_type = kTfLiteInt32};
    int count;
    const ln_id keys = keys_of(o, n, "keys_int64s", "keys_strings", &count);
    const ln_id hit = hits(o, ln_ox_in_id(o, n, 0), keys);
    const int last = ln_emit_shape(&o->e, hit).rank - 1;
    if (!ln_ox_ok(o))
        return;
    const ln_id any = ln_emit_reduce(&o->e, &ln_op_reduce_any, hit, 1, &last, false);
    const ln_id first =
        ln_emit_binary(&o->e, &ln_op_arg_max, &p, ln_emit_cast(&o->e, hit, kTfLiteInt32),
                       ln_emit_int(&o->e, last));
    const ln_id at = ln_ox_select(o, any, first, ln_emit_int(&o->e, count));
    ln_ox_out(o, n, 0, ln_emit_gather(&o->e, values_of(o, n, count), at, 0));
}
