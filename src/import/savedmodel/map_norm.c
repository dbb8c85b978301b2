/* SPDX-License-Identifier: Apache-2.0 */
/* map_norm.c: normalization, and marks for the quantizer. */
#include <math.h>
#include <string.h>

#include "import/savedmodel/tf.h"

/* x * m + a, where m = scale / sqrt(variance + epsilon) and a = offset - mean * m are constants. */
static void batch_norm(ln_tf_op *op)
{
    ln_emit *e = op->e;
    ln_id x = ln_tf_in(op, 0);
    const int rank = ln_emit_shape(e, x).rank;
    const bool nchw = ln_tf_attr_is(op, "data_format", "NCHW");
    if (ln_tf_attr_bool(op, "is_training", true) || (nchw && rank != 4)) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                     "a batch normalization that computes statistics: save "
                     "the model for inference");
        return;
    }
    const float epsilon = ln_tf_attr_float(op, "epsilon", 1e-4f);
    const ln_id v = ln_emit_binary(e, &ln_op_add, NULL, ln_tf_in(op, 4), ln_emit_float(e, epsilon));
    const ln_id m = ln_emit_binary(e, &ln_op_mul, NULL, ln_tf_in(op, 1),
                                   ln_emit_unary(e, &ln_op_rsqrt, NULL, v));
    const ln_id a = ln_emit_binary(e, &ln_op_sub, NULL, ln_tf_in(op, 2),
                                   ln_emit_binary(e, &ln_op_mul, NULL, ln_tf_in(op, 3), m));
    if (nchw)
        x = ln_emit_transpose(e, x, 4, (const int[]){0, 2, 3, 1});
    ln_id y = ln_emit_binary(e, &ln_op_mul, NULL, x, m);
    y = ln_emit_binary(e, &ln_op_add, NULL, y, a);
    ln_tf_out(op, 0, nchw ? ln_emit_transpose(e, y, 4, (const int[]){0, 3, 1, 2}) : y);
    for (int i = 1; i < 6; i++) /* statistics: those that came in */
        ln_tf_out(op, i, ln_tf_in(op, i < 3 ? i + 2 : 3));
}

static void lrn(ln_tf_op *op)
{
    const TfLiteLocalResponseNormParams p = {.radius = (int)ln_tf_attr_int(op, "depth_radius", 5),
                                             .bias = ln_tf_attr_float(op, "bias", 1),
                                             .alpha = ln_tf_attr_float(op, "alpha", 1),
                                             .beta = ln_tf_attr_float(op, "beta", 0.5f)};
    ln_tf_out(op, 0,
              ln_emit_unary(op->e, &ln_op_local_response_normalization, &p, ln_tf_in(op, 0)));
}

/* The range as TensorFlow's kernels nudge it, in floats: zero is one of the steps.  Where it lies
 * half way, as from -1 to 1, that decides (127 of 0 to 255, below the half); its converter, which
 * does it in doubles, comes to the other side there, and to other values than the model had. */
static void nudge(float *scale, int *zero, float min, float max, int low, int high)
{
    *scale = (max - min) / (float)(high - low);
    const float at = *scale > 0 ? (float)low - min / *scale : 0;
    *zero = at < (float)low ? low : at > (float)high ? high : (int)roundf(at);
}

static bool set_quantization(ln_emit *e, ln_id id, float scale, int zero)
{
    TfLiteAffineQuantization *q = ln_arena_new(&e->m->arena, 1, sizeof *q);
    TfLiteFloatArray *scales = ln_arena_new(&e->m->arena, 1, sizeof *scales + sizeof(float));
    TfLiteIntArray *zeros = ln_ints(&e->m->arena, 1, &zero);
    if (!q || !scales || !zeros)
        return false;
    scales->size = 1;
    scales->data[0] = scale;
    *q = (TfLiteAffineQuantization){scales, zeros, 0};
    TfLiteTensor *t = &e->g->tensors[id].t;
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, q};
    t->params = (TfLiteQuantizationParams){scale, zero};
    return true;
}

/* QUANTIZE, whose output says how before there is a node. */
static ln_id quantized(ln_emit *e, ln_id x, float scale, int zero)
{
    const ln_shape s = ln_emit_shape(e, x);
    ln_id q, node;
    if (!ln_emit_ok(e))
        return -1;
    if (ln_graph_add_tensor(e->m, e->g, e->location, kTfLiteInt8, s.rank, s.dim, &q) != LN_OK ||
        !set_quantization(e, q, scale, zero) ||
        ln_graph_add_node(e->m, e->g, &ln_op_quantize, 1, &x, 1, &q, &node) != LN_OK)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    e->g->nodes[node].builtin = ln_op_quantize.builtin;
    e->g->nodes[node].location = e->location;
    return q;
}

/* A constant, as weights are, with the values that it will have; one range for all, or one for each
 * of the last dimension's. */
static void round_constant(ln_tf_op *op, ln_id x, const float *min, const float *max, int ranges,
                           int low, int high)
{
    const TfLiteTensor *t = ln_emit_tensor(op->e, x);
    const ln_shape s = ln_emit_shape(op->e, x);
    const int n = ln_count(t);
    float *y = ln_arena_new(&op->e->m->arena, (size_t)n + 1, sizeof *y);
    for (int i = 0; y && i < n; i++) {
        float scale;
        int zero;
        nudge(&scale, &zero, min[i % ranges], max[i % ranges], low, high);
        const double q = scale > 0 ? round((double)t->data.f[i] / (double)scale) + zero : zero;
        y[i] = (float)((double)scale * ((q < low ? low : q > high ? high : q) - zero));
    }
    if (y)
        ln_tf_out(op, 0,
                  ln_emit_constant(op->e, kTfLiteFloat32, &s, y, (size_t)n * sizeof *y, false));
}

/* QUANTIZE and DEQUANTIZE say the same to the quantizer, and compute it too. */
static void fake_quant(ln_tf_op *op, float min, float max)
{
    const int bits = (int)ln_tf_attr_int(op, "num_bits", 8);
    const bool narrow = ln_tf_attr_bool(op, "narrow_range", false);
    const ln_id x = ln_tf_in(op, 0);
    if (bits >= 2 && bits <= 16 && ln_emit_known(op->e, x) &&
        ln_emit_tensor(op->e, x)->type == kTfLiteFloat32) {
        round_constant(op, x, &min, &max, 1, narrow, (1 << bits) - 1);
        return;
    }
    if (bits != 8) {
        const TfLiteFakeQuantParams p = {
            .min = min, .max = max, .num_bits = bits, .narrow_range = narrow};
        ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_fake_quant, &p, x));
        return;
    }
    float scale;
    int zero;
    nudge(&scale, &zero, min, max, narrow, UINT8_MAX);
    /* -128 is an int8, but not in a narrow range */
    const ln_id in_range = narrow ? ln_emit_binary(op->e, &ln_op_maximum, NULL, x,
                                                   ln_emit_float(op->e, scale * (float)(1 - zero)))
                                  : x;
    const ln_id q = quantized(op->e, in_range, scale, zero + INT8_MIN);
    ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_dequantize, NULL, q));
}

static void fake_quant_args(ln_tf_op *op)
{
    fake_quant(op, ln_tf_attr_float(op, "min", -6), ln_tf_attr_float(op, "max", 6));
}

static void fake_quant_vars(ln_tf_op *op)
{
    double min, max;
    if (ln_emit_read_number(op->e, ln_tf_in(op, 1), &min) &&
        ln_emit_read_number(op->e, ln_tf_in(op, 2), &max))
        fake_quant(op, (float)min, (float)max);
    else
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a fake quantization whose range is no constant");
}

/* Of constants, which weights are: they get the values that they will have. */
static void fake_quant_channels(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const TfLiteTensor *t = ln_emit_tensor(op->e, x), *lo = ln_emit_tensor(op->e, ln_tf_in(op, 1)),
                       *hi = ln_emit_tensor(op->e, ln_tf_in(op, 2));
    const ln_shape s = ln_emit_shape(op->e, x);
    const int bits = (int)ln_tf_attr_int(op, "num_bits", 8);
    const int low = ln_tf_attr_bool(op, "narrow_range", false) ? 1 : 0;
    if (!ln_emit_known(op->e, x) || !ln_emit_known(op->e, ln_tf_in(op, 1)) ||
        !ln_emit_known(op->e, ln_tf_in(op, 2)) || s.rank < 1 || t->type != kTfLiteFloat32 ||
        ln_count(lo) != s.dim[s.rank - 1] || ln_count(hi) != ln_count(lo) || bits < 2 ||
        bits > 16) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "a fake quantization per channel of no constant");
        return;
    }
    round_constant(op, x, lo->data.f, hi->data.f, ln_count(lo), low, (1 << bits) - 1);
}

const ln_tf_row ln_tf_rows_norm[] = {
    {"FakeQuantWithMinMaxArgs", fake_quant_args, &ln_op_quantize, 0},
    {"FakeQuantWithMinMaxVars", fake_quant_vars, &ln_op_quantize, 0},
    {"FakeQuantWithMinMaxVarsPerChannel", fake_quant_channels, NULL, LN_TF_SEVERAL},
    {"FusedBatchNorm", batch_norm, NULL, LN_TF_SEVERAL},
    {"FusedBatchNormV2", batch_norm, NULL, LN_TF_SEVERAL},
    {"FusedBatchNormV3", batch_norm, NULL, LN_TF_SEVERAL},
    {"LRN", lrn, &ln_op_local_response_normalization, 0},
    {NULL, NULL, NULL, 0},
};
