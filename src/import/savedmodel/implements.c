/* SPDX-License-Identifier: Apache-2.0 */
/* implements.c: functions that say what they compute (`_implements`), where one operator computes
 * that.  What does not fit its operator is translated from the function's own nodes. */
#include <string.h>

#include "import/savedmodel/tf.h"

/* tf.image.non_max_suppression_padded: boxes, scores, how many, overlap, least score; then three
 * that only say how it goes about it.  One set of boxes, as the operator takes. */
static bool suppression(ln_tf_op *op)
{
    ln_id in[5], out[2];
    for (int i = 0; i < 5; i++)
        in[i] = i < op->n_in && op->in[i].kind == LN_TF_TENSOR ? op->in[i].id : -1;
    const ln_shape boxes = ln_emit_shape(op->e, in[0]), scores = ln_emit_shape(op->e, in[1]);
    double most;
    if (op->n_in < 5 || boxes.rank != 2 || scores.rank != 1 ||
        ln_emit_type(op->e, in[0]) != kTfLiteFloat32 ||
        ln_emit_type(op->e, in[2]) != kTfLiteInt32 || !ln_emit_read_number(op->e, in[2], &most) ||
        scores.dim[0] < 0 || most > scores.dim[0]) /* the function then gives fewer */
        return false;
    const ln_emit_call call = {
        .op = &ln_op_non_max_suppression_v4, .in = in, .n_in = 5, .n_out = 2};
    if (!ln_emit_node(op->e, &call, out))
        return false;
    ln_tf_out(op, 0, out[0]);
    ln_tf_out(op, 1, out[1]);
    return true;
}

/* tensorflow_addons' dense_image_warp: an image, and how far each of its points moves. */
static bool warp(ln_tf_op *op)
{
    ln_id in[2], out;
    for (int i = 0; i < 2; i++)
        in[i] = i < op->n_in && op->in[i].kind == LN_TF_TENSOR ? op->in[i].id : -1;
    const ln_shape image = ln_emit_shape(op->e, in[0]), flow = ln_emit_shape(op->e, in[1]);
    if (op->n_in != 2 || image.rank != 4 || flow.rank != 4 || flow.dim[3] != 2 ||
        ln_emit_type(op->e, in[0]) != kTfLiteFloat32 ||
        ln_emit_type(op->e, in[1]) != kTfLiteFloat32)
        return false;
    const ln_made made = {kTfLiteFloat32, image};
    const ln_emit_call call = {
        .custom = "DenseImageWarp", .in = in, .n_in = 2, .n_out = 1, .hints = &made};
    if (!ln_emit_node(op->e, &call, &out))
        return false;
    ln_tf_out(op, 0, out);
    return true;
}

typedef struct known {
    const char *name;
    bool (*make)(ln_tf_op *op);
    int n_ret;
} known;

static const known functions[] = {{"non_max_suppression_padded_v2", suppression, 2},
                                  {"addons:DenseImageWarp", warp, 1}};

/* Keras 2 marks an LSTM layer's function with a name of its own, "lstm_" and a number; TensorFlow's
 * converter then makes one operator of it, and so do the passes here. */
static void note_lstm(ln_tf_op *op, const char *key, const Tf__AttrValue *v)
{
    static const char mark[] = "lstm_";
    if (strcmp(key, "api_implements") == 0 && v->s.len > sizeof mark - 1 &&
        memcmp(v->s.data, mark, sizeof mark - 1) == 0)
        op->tf->report->marked_lstm = true;
}

bool ln_tf_implements(ln_tf_op *op, const ln_tf_graph *g)
{
    for (size_t i = 0; g->fn && i < g->fn->n_attr; i++) {
        const Tf__AttrValue *v = g->fn->attr[i]->value;
        if (!v || v->value_case != TF__ATTR_VALUE__VALUE_S)
            continue;
        note_lstm(op, g->fn->attr[i]->key, v);
        if (strcmp(g->fn->attr[i]->key, "_implements") != 0)
            continue;
        for (size_t k = 0; k < LN_COUNTOF(functions); k++)
            if (functions[k].n_ret == g->n_ret && v->s.len == strlen(functions[k].name) &&
                memcmp(v->s.data, functions[k].name, v->s.len) == 0)
                return functions[k].make(op);
    }
    return false;
}
