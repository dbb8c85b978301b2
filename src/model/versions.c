/* SPDX-License-Identifier: Apache-2.0 */
/* versions.c: the version of an op that a node needs: the newest of its fields that differ from
 * their default, and what the types, ranks and forms of its operands ask for.  The numbers are
 * those of TFLite's tools/versioning/op_version.cc; the highest rule that fits wins. */
#include "model/options.h"
#include "model/write.h"

/* What a rule asks for beside types. */
enum {
    ALWAYS,
    RANK_OVER,
    RANK_NOT,
    BROADCAST,
    PER_CHANNEL,
    PER_CHANNEL_OUT,
    SPARSE,
    INPUTS,
    UNQUANTIZED,
    RESCALES,
    GROUPED,
    TYPE_NOT,
    SMALL_INDICES
};

/* Types: kTfLiteNoType fits any. */
typedef struct rule {
    int16_t op;
    uint8_t version, in0, in1, out0, special, value;
} rule;

/* Several rules in a line make the table readable. */
/* clang-format off */
#define IN(op, version, t) {kTfLiteBuiltin##op, version, kTfLite##t, 0, 0, ALWAYS, 0}
#define IN1(op, version, t) {kTfLiteBuiltin##op, version, 0, kTfLite##t, 0, ALWAYS, 0}
#define OUT(op, version, t) {kTfLiteBuiltin##op, version, 0, 0, kTfLite##t, ALWAYS, 0}
#define TWO(op, version, t, t1) {kTfLiteBuiltin##op, version, kTfLite##t, kTfLite##t1, 0, ALWAYS, 0}
#define WHEN(op, version, special, value) {kTfLiteBuiltin##op, version, 0, 0, 0, special, value}
#define TWO_WHEN(op, version, t, t1, special, value) \
    {kTfLiteBuiltin##op, version, kTfLite##t, kTfLite##t1, 0, special, value}
#define IN_WHEN(op, version, t, special, value) \
    {kTfLiteBuiltin##op, version, kTfLite##t, 0, 0, special, value}
/* Most ops took int8 in version 2, and many int16 in version 3. */
#define INT8_2(op) IN(op, 2, Int8)
#define INT16_3(op) INT8_2(op), IN(op, 3, Int16)

static const rule rules[] = {
    TWO(Conv2d, 2, Float32, Int8), TWO(Conv2d, 3, Int8, Int8), TWO(Conv2d, 4, Int16, Int16),
    TWO_WHEN(Conv2d, 5, Float32, Int8, PER_CHANNEL, 1), WHEN(Conv2d, 6, GROUPED, 0),
    TWO(Conv2d, 7, Int8, Int4),
    TWO(DepthwiseConv2d, 3, Int8, Int8), TWO(DepthwiseConv2d, 4, Float32, Int8),
    TWO(DepthwiseConv2d, 5, Int16, Int16), TWO(DepthwiseConv2d, 7, Int8, Int4),
    TWO_WHEN(DepthwiseConv2d, 6, Float32, Int8, PER_CHANNEL, 1),
    TWO(FullyConnected, 3, Float32, Int8), TWO(FullyConnected, 4, Int8, Int8),
    WHEN(FullyConnected, 6, INPUTS, 2), TWO(FullyConnected, 7, Int16, Int16),
    WHEN(FullyConnected, 8, SPARSE, 1), TWO(FullyConnected, 10, Int8, Int4),
    TWO_WHEN(FullyConnected, 12, Float32, Int8, PER_CHANNEL, 1),
    IN1(TransposeConv, 2, Int8), WHEN(TransposeConv, 3, INPUTS, 4),
    INT16_3(BatchMatmul),
    TWO(Svdf, 2, Float32, Int8), IN(Svdf, 3, Int8),
    TWO(Rnn, 2, Float32, Int8), TWO(UnidirectionalSequenceRnn, 2, Float32, Int8),
    TWO(BidirectionalSequenceRnn, 2, Float32, Int8),
    TWO(BidirectionalSequenceLstm, 2, Float32, Int8),
    TWO(UnidirectionalSequenceLstm, 2, Float32, Int8), IN(UnidirectionalSequenceLstm, 5, Int16),
    TWO(Lstm, 3, Float32, Int8), TWO(Lstm, 5, Int16, Int8),

    INT8_2(Gather), IN(Gather, 3, Bool), IN(Gather, 4, Int16), IN1(Gather, 6, Int16),
    IN(Gather, 7, Int4),
    IN(GatherNd, 2, String), IN(GatherNd, 3, Int16), IN1(GatherNd, 4, Int16), IN(GatherNd, 5, Bool),
    INT8_2(Transpose), IN(Transpose, 3, Bool), WHEN(Transpose, 4, RANK_OVER, 4),
    IN(Transpose, 5, Int16), WHEN(Transpose, 6, RANK_OVER, 5),
    IN1(Split, 2, Int8), IN1(Split, 3, Int32), IN1(Split, 4, Int16), INT8_2(SplitV),
    INT8_2(Slice), IN(Slice, 3, String), IN(Slice, 4, Int16), WHEN(Slice, 5, RANK_OVER, 4),
    IN(Slice, 6, UInt32),
    INT8_2(StridedSlice), IN(StridedSlice, 3, Bool), WHEN(StridedSlice, 4, RANK_OVER, 4),
    IN(StridedSlice, 5, String), IN(StridedSlice, 7, UInt32),
    INT8_2(Unpack), IN(Unpack, 2, UInt8), IN(Unpack, 3, Bool), IN(Unpack, 4, Int16),
    INT16_3(Pack), IN(Pack, 4, UInt32), INT16_3(Concatenation), IN(Concatenation, 4, UInt32),
    IN(Concatenation, 5, Int4), IN(Concatenation, 6, Float16),
    INT16_3(Pad), WHEN(Pad, 4, RANK_OVER, 4), IN(Pad, 5, Bool),
    INT16_3(Padv2), WHEN(Padv2, 4, RANK_OVER, 4), IN(Padv2, 5, Bool),
    INT16_3(MirrorPad), IN(Tile, 2, String), IN(Tile, 3, Int8), IN(Squeeze, 2, String),
    IN(ReverseV2, 2, Bool), IN(ReverseV2, 3, Int8),
    INT8_2(SpaceToBatchNd), WHEN(SpaceToBatchNd, 3, RANK_NOT, 4), IN(SpaceToBatchNd, 4, Int16),
    INT8_2(BatchToSpaceNd), WHEN(BatchToSpaceNd, 3, RANK_NOT, 4), IN(BatchToSpaceNd, 4, Int16),
    IN(DynamicUpdateSlice, 3, Float16), IN(DynamicUpdateSlice, 4, Int16),
    IN(DynamicUpdateSlice, 5, Int4), IN(DynamicUpdateSlice, 6, BFloat16),
    INT8_2(SpaceToDepth), INT8_2(DepthToSpace), IN(Range, 2, Int64),
    IN1(Fill, 2, Bool), IN1(Fill, 2, String), IN1(Fill, 3, Int8), IN1(Fill, 3, Int16),
    IN1(Fill, 4, Float16),
    WHEN(BroadcastTo, 2, ALWAYS, 0), IN(BroadcastTo, 3, Int8), IN(BroadcastTo, 3, Int16),
    OUT(SparseToDense, 2, Int64), OUT(SparseToDense, 3, Int8), OUT(SparseToDense, 3, UInt8),

    INT8_2(Dequantize), IN(Dequantize, 3, Int16), IN(Dequantize, 3, Float16),
    IN_WHEN(Dequantize, 5, Int8, PER_CHANNEL, 0), IN(Dequantize, 6, Int4),
    OUT(Quantize, 2, Int16), WHEN(Quantize, 3, PER_CHANNEL, 0),
    WHEN(Quantize, 3, PER_CHANNEL_OUT, 0), IN(Quantize, 4, Int4),
    OUT(Quantize, 4, Int4),
    IN(Cast, 2, UInt32), OUT(Cast, 2, UInt32), IN(Cast, 3, Int8), OUT(Cast, 3, Int8),
    IN(Cast, 4, UInt16), OUT(Cast, 4, UInt16), IN(Cast, 5, Float16), OUT(Cast, 5, Float16),
    IN(Cast, 5, Float64), OUT(Cast, 5, Float64), IN(Cast, 6, Int4), IN(Cast, 7, BFloat16),
    OUT(Cast, 7, BFloat16), IN(Cast, 8, Int2), OUT(Cast, 8, Int2), IN(Cast, 8, UInt4),
    OUT(Cast, 8, UInt4),

    INT8_2(Add), IN(Add, 3, Int16), IN(Add, 4, Int64), IN_WHEN(Add, 5, Int16, UNQUANTIZED, 0),
    IN(Add, 6, Float16),
    INT8_2(Sub), WHEN(Sub, 3, BROADCAST, 4), IN(Sub, 4, Int64), IN(Sub, 5, Int16),
    INT8_2(Mul), WHEN(Mul, 3, RESCALES, 0), IN(Mul, 4, Int16), IN(Mul, 5, Int64),
    IN(Mul, 6, Complex64), IN(Mul, 7, UInt32), IN_WHEN(Mul, 7, Int16, UNQUANTIZED, 0),
    WHEN(Div, 2, BROADCAST, 4),
    INT8_2(Maximum), WHEN(Maximum, 3, BROADCAST, 4), IN(Maximum, 4, Int16),
    INT8_2(Minimum), WHEN(Minimum, 3, BROADCAST, 4), IN(Minimum, 4, Int16),
    IN(FloorDiv, 2, Float32), IN(FloorDiv, 3, Int16), IN(FloorDiv, 3, Int8),
    IN(FloorMod, 2, Int16), IN(FloorMod, 2, Int8), INT8_2(SquaredDifference),
    INT8_2(Equal), IN(Equal, 3, String), IN(Equal, 5, Int16), INT8_2(NotEqual),
    IN(NotEqual, 3, String), IN(NotEqual, 4, Int16), INT16_3(Less), INT16_3(GreaterEqual),
    INT8_2(Greater),
    INT8_2(LessEqual),
    INT8_2(Select), WHEN(Select, 3, RANK_OVER, 4), IN(Select, 4, UInt32), IN(SelectV2, 2, UInt32),

    IN(Sign, 2, Int32), INT8_2(Abs), IN(Abs, 2, UInt8), IN(Abs, 3, Int16),
    IN_WHEN(Abs, 4, Int16, UNQUANTIZED, 0), IN(Abs, 5, Int32),
    INT16_3(Relu), IN(Relu, 2, UInt8), INT16_3(Relu6), IN(LeakyRelu, 2, Int16),
    INT16_3(Tanh), INT16_3(Logistic), INT16_3(Softmax), IN(Softmax, 4, Float16), INT8_2(LogSoftmax),
    INT16_3(Rsqrt),
    INT8_2(Sqrt), IN(Sqrt, 2, Int16),
    INT8_2(Exp), IN(Exp, 2, Int16), INT8_2(Log), IN(Log, 2, Int16), INT8_2(Gelu),
    IN(Gelu, 2, UInt8),
    OUT(L2Normalization, 2, Int8),
    INT16_3(MaxPool2d), INT16_3(AveragePool2d),
    INT8_2(ResizeBilinear), IN(ResizeBilinear, 4, Int16),
    INT8_2(ResizeNearestNeighbor), IN(ResizeNearestNeighbor, 4, Int16),
    INT16_3(Mean), INT16_3(ReduceMax), INT16_3(ReduceMin), INT8_2(Sum), INT8_2(ReduceProd),
    IN(ReduceProd, 2, Int16), INT8_2(ArgMax), IN(ArgMax, 3, Bool), INT8_2(ArgMin),
    IN(ArgMin, 3, Bool), INT8_2(TopkV2), IN(TopkV2, 3, Int16), IN1(TopkV2, 3, Int16),
    WHEN(TopkV2, 3, SMALL_INDICES, 0), WHEN(Where, 2, TYPE_NOT, kTfLiteBool),
};
/* clang-format on */

/* Operand i of `ids`; NULL when it is absent. */
static const TfLiteTensor *operand(const ln_graph *g, const TfLiteIntArray *ids, int i)
{
    return i < ids->size && ids->data[i] >= 0 ? &g->tensors[ids->data[i]].t : NULL;
}

static bool has_type(const TfLiteTensor *t, int type)
{
    return type == kTfLiteNoType || (t && (int)t->type == type);
}

static bool is_per_channel(const TfLiteTensor *t)
{
    const TfLiteAffineQuantization *q = t ? t->quantization.params : NULL;
    return q && t->quantization.type == kTfLiteAffineQuantization && q->scale->size > 1;
}

static int rank_of(const TfLiteTensor *t)
{
    return t && t->dims ? t->dims->size : 0;
}

static bool broadcasts(const TfLiteTensor *a, const TfLiteTensor *b)
{
    if (!a || !b)
        return false;
    const ln_shape x = ln_shape_of(a), y = ln_shape_of(b);
    return !ln_shape_equal(&x, &y);
}

/* The filter has fewer channels than the image. */
static bool is_grouped(const TfLiteTensor *x, const TfLiteTensor *w)
{
    return rank_of(x) == 4 && rank_of(w) == 4 && x->dims->data[3] != w->dims->data[3];
}

static bool rescales(const TfLiteTensor *a, const TfLiteTensor *b, const TfLiteTensor *y)
{
    if (!a || !b || !y)
        return false;
    const float x = a->params.scale, w = b->params.scale, z = y->params.scale;
    return x != 0 && w != 0 && z != 0 && x * w / z >= 1;
}

static bool fits_special(const ln_graph *g, const ln_node *n, const rule *r)
{
    const TfLiteTensor *a = operand(g, n->inputs, 0), *b = operand(g, n->inputs, 1);
    switch (r->special) {
    case RANK_OVER:
        return rank_of(a) > r->value;
    case RANK_NOT:
        return rank_of(a) != r->value;
    case BROADCAST:
        return broadcasts(a, b) && LN_MAX(rank_of(a), rank_of(b)) > r->value;
    case PER_CHANNEL:
        return is_per_channel(operand(g, n->inputs, r->value));
    case PER_CHANNEL_OUT:
        return is_per_channel(operand(g, n->outputs, 0));
    case SPARSE:
        return b && b->sparsity;
    case INPUTS:
        return n->inputs->size == r->value;
    case UNQUANTIZED:
        return a && a->quantization.type == kTfLiteNoQuantization;
    case RESCALES:
        return rescales(a, b, operand(g, n->outputs, 0));
    case GROUPED:
        return is_grouped(a, b);
    case TYPE_NOT:
        return a && (int)a->type != r->value;
    case SMALL_INDICES:
        return has_type(operand(g, n->outputs, 1), kTfLiteInt16);
    default:
        return true;
    }
}

static bool fits(const ln_graph *g, const ln_node *n, const rule *r)
{
    return r->op == n->builtin && has_type(operand(g, n->inputs, 0), r->in0) &&
           has_type(operand(g, n->inputs, 1), r->in1) &&
           has_type(operand(g, n->outputs, 0), r->out0) && fits_special(g, n, r);
}

int ln_node_version(const ln_graph *g, const ln_node *n)
{
    int version = 1;
    for (const ln_field *f = n->op && n->params ? n->op->fields : NULL; f && f->kind != LN_END_;
         f++)
        if (f->since > version && !ln_options_is_default(f, n->params))
            version = f->since;
    for (size_t i = 0; i < LN_COUNTOF(rules); i++)
        if (rules[i].version > version && fits(g, n, &rules[i]))
            version = rules[i].version;
    return version;
}
