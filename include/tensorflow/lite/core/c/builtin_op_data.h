/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_op_data.h: the parameters of the built-in operators.
 *
 * One struct per operator that has any; several operators of one kind share a struct.  The runtime
 * fills it from the model and hands it out as TfLiteNode.builtin_data and as `buffer` of init; it
 * stays the runtime's and lives as long as the node.  Operators that are not named here have no
 * parameters (EXP, FLOOR, GREATER, ...).
 *
 * Layouts are those of TensorFlow Lite.  Fields are only ever added at the end; a field's comment
 * names the version of the operator that brought it, where that is not the first. */
#ifndef TENSORFLOW_LITE_C_BUILTIN_OP_DATA_H_
#define TENSORFLOW_LITE_C_BUILTIN_OP_DATA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes of the arrays below: the most dimensions (or branches) that an operator may have. */
#define TFLITE_RESHAPE_PARAMS_MAX_DIMENSION_COUNT 8               /* RESHAPE */
#define TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT 8       /* STABLEHLO_SCATTER */
#define TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT 8        /* STABLEHLO_GATHER */
#define TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT 8 /* STABLEHLO_REDUCE_WINDOW */
#define TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT 8           /* STABLEHLO_PAD */
#define TFLITE_STABLEHLO_CASE_PARAMS_MAX_BRANCHES_COUNT 20          /* STABLEHLO_CASE */

/* Stands in structs that have no fields, because C does not allow empty ones. */
typedef struct EmptyStructPlaceholder {
    char dummy; /* never read */
} EmptyStructPlaceholder;

/* ---- Values that several operators share ---- */

/* How a window meets the border.  SAME: out = ceil(in / stride), zeros split evenly, the odd one
 * at the end.  VALID: no padding, out = ceil((in - window + 1) / stride). */
typedef enum TfLitePadding {
    kTfLitePaddingUnknown = 0, /* not set; an error in a model */
    kTfLitePaddingSame = 1,    /* as many outputs as strides fit */
    kTfLitePaddingValid = 2,   /* only windows that lie inside */
} TfLitePadding;

/* What MIRROR_PAD repeats. */
typedef enum TfLiteMirrorPaddingMode {
    kTfLiteMirrorPaddingUnknown = 0,   /* not set; an error in a model */
    kTfLiteMirrorPaddingReflect = 1,   /* without the border: c b | a b c | b a */
    kTfLiteMirrorPaddingSymmetric = 2, /* with the border: b a | a b c | c b */
} TfLiteMirrorPaddingMode;

/* Zeros at the start of each side, and how many more there are at its end (0 or 1). */
typedef struct TfLitePaddingValues {
    int width;         /* columns on the left */
    int height;        /* rows on top */
    int width_offset;  /* extra columns on the right */
    int height_offset; /* extra rows at the bottom */
} TfLitePaddingValues;

/* Function applied to the result of an operator, element by element. */
typedef enum TfLiteFusedActivation {
    kTfLiteActNone = 0,      /* x */
    kTfLiteActRelu = 1,      /* max(x, 0) */
    kTfLiteActReluN1To1 = 2, /* min(max(x, -1), 1) */
    kTfLiteActRelu6 = 3,     /* min(max(x, 0), 6) */
    kTfLiteActTanh = 4,      /* tanh(x) */
    kTfLiteActSignBit = 5,   /* 1 if x is negative, else 0 */
    kTfLiteActSigmoid = 6,   /* 1 / (1 + exp(-x)) */
} TfLiteFusedActivation;

/* ---- Convolution and pooling ---- */

/* CONV_2D: x [n, h, w, c], filter [k, fh, fw, c / groups], bias [k]. */
typedef struct TfLiteConvParams {
    TfLitePadding padding;            /* both axes */
    int stride_width;                 /* pixels, > 0 */
    int stride_height;                /* pixels, > 0 */
    TfLiteFusedActivation activation; /* applied last */
    int dilation_width_factor;        /* 1: dense; version 2 */
    int dilation_height_factor;       /* 1: dense; version 2 */
    TfLiteType quantized_bias_type;   /* type of an absent bias; version 7 */
} TfLiteConvParams;

/* CONV_3D: x [n, d, h, w, c], filter [fd, fh, fw, c, k], bias [k]. */
typedef struct TfLiteConv3DParams {
    TfLitePadding padding;            /* all three axes */
    int stride_width;                 /* voxels, > 0 */
    int stride_height;                /* voxels, > 0 */
    int stride_depth;                 /* voxels, > 0 */
    int dilation_width_factor;        /* 1: dense */
    int dilation_height_factor;       /* 1: dense */
    int dilation_depth_factor;        /* 1: dense */
    TfLiteFusedActivation activation; /* applied last */
} TfLiteConv3DParams;

/* CONV_3D_TRANSPOSE. */
typedef TfLiteConv3DParams TfLiteConv3DTransposeParams;

/* AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D: x [n, h, w, c]. */
typedef struct TfLitePoolParams {
    TfLitePadding padding;            /* both axes */
    int stride_width;                 /* pixels, > 0 */
    int stride_height;                /* pixels, > 0 */
    int filter_width;                 /* pixels, > 0 */
    int filter_height;                /* pixels, > 0 */
    TfLiteFusedActivation activation; /* applied last */
    struct {
        TfLitePaddingValues padding; /* written by prepare */
    } computed;                      /* not from the model */
} TfLitePoolParams;

/* DEPTHWISE_CONV_2D: x [n, h, w, c], filter [1, fh, fw, c * depth_multiplier]. */
typedef struct TfLiteDepthwiseConvParams {
    TfLitePadding padding;            /* both axes */
    int stride_width;                 /* pixels, > 0 */
    int stride_height;                /* pixels, > 0 */
    int depth_multiplier;             /* outputs per channel; follows from shapes, may be 0 */
    TfLiteFusedActivation activation; /* applied last */
    int dilation_width_factor;        /* 1: dense; version 2 */
    int dilation_height_factor;       /* 1: dense; version 2 */
} TfLiteDepthwiseConvParams;

/* TRANSPOSE_CONV: output shape, filter [k, fh, fw, c], x [n, h, w, c], bias [k]. */
typedef struct TfLiteTransposeConvParams {
    TfLitePadding padding;            /* of the convolution that this transposes */
    int stride_width;                 /* pixels, > 0 */
    int stride_height;                /* pixels, > 0 */
    TfLiteFusedActivation activation; /* applied last; version 4 */
    TfLiteType quantized_bias_type;   /* type of an absent bias; version 5 */
} TfLiteTransposeConvParams;

/* ---- Products ---- */

/* How the weights of FULLY_CONNECTED lie in memory. */
typedef enum TfLiteFullyConnectedWeightsFormat {
    kTfLiteFullyConnectedWeightsFormatDefault = 0,           /* [n, k], row by row */
    kTfLiteFullyConnectedWeightsFormatShuffled4x16Int8 = 1, /* in tiles of 4 rows, 16 columns */
} TfLiteFullyConnectedWeightsFormat;

/* FULLY_CONNECTED: x [..., k], weights [n, k], bias [n]. */
typedef struct TfLiteFullyConnectedParams {
    TfLiteFusedActivation activation;                 /* applied last */
    TfLiteFullyConnectedWeightsFormat weights_format; /* version 2 */
    bool keep_num_dims;                               /* result [..., n], not 2-D; version 5 */
    bool asymmetric_quantize_inputs;                  /* of float x, int8 weights; version 7 */
    TfLiteType quantized_bias_type;                   /* type of an absent bias; version 10 */
} TfLiteFullyConnectedParams;

/* BATCH_MATMUL: x [..., m, k], y [..., k, n]. */
typedef struct TfLiteBatchMatMulParams {
    bool adj_x;                      /* x comes as [..., k, m] */
    bool adj_y;                      /* y comes as [..., n, k] */
    bool asymmetric_quantize_inputs; /* of float x, int8 y; version 4 */
} TfLiteBatchMatMulParams;

/* ---- Recurrent cells ---- */

/* SVDF. */
typedef struct TfLiteSVDFParams {
    int rank;                         /* filters per unit, > 0 */
    TfLiteFusedActivation activation; /* applied last */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 4 */
} TfLiteSVDFParams;

/* RNN. */
typedef struct TfLiteRNNParams {
    TfLiteFusedActivation activation; /* of the state */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 3 */
} TfLiteRNNParams;

/* UNIDIRECTIONAL_SEQUENCE_RNN. */
typedef struct TfLiteSequenceRNNParams {
    bool time_major;                  /* x is [time, batch, k], not [batch, time, k] */
    TfLiteFusedActivation activation; /* of the state */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 3 */
} TfLiteSequenceRNNParams;

/* BIDIRECTIONAL_SEQUENCE_RNN. */
typedef struct TfLiteBidirectionalSequenceRNNParams {
    bool time_major;                  /* x is [time, batch, k], not [batch, time, k] */
    TfLiteFusedActivation activation; /* of the state */
    bool merge_outputs;               /* both directions in one output, side by side */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 3 */
} TfLiteBidirectionalSequenceRNNParams;

/* Which of its two forms an LSTM node has. */
typedef enum TfLiteLSTMKernelType {
    kTfLiteLSTMFullKernel = 0,  /* 20 or 24 inputs: peepholes, projection, layer norm */
    kTfLiteLSTMBasicKernel = 1, /* 5 inputs, one matrix for all gates; version 2 */
} TfLiteLSTMKernelType;

/* LSTM. */
typedef struct TfLiteLSTMParams {
    TfLiteFusedActivation activation; /* of cell input and output, usually tanh */
    float cell_clip;                  /* the cell is clamped to +-this; 0: it is not */
    float proj_clip;                  /* the projection likewise */
    TfLiteLSTMKernelType kernel_type; /* version 2 */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 4 */
} TfLiteLSTMParams;

/* UNIDIRECTIONAL_SEQUENCE_LSTM. */
typedef struct TfLiteUnidirectionalSequenceLSTMParams {
    TfLiteFusedActivation activation; /* of cell input and output, usually tanh */
    float cell_clip;                  /* the cell is clamped to +-this; 0: it is not */
    float proj_clip;                  /* the projection likewise */
    bool time_major;                  /* x is [time, batch, k], not [batch, time, k] */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 3 */
    bool diagonal_recurrent_tensors;  /* recurrent weights are diagonals; version 4 */
} TfLiteUnidirectionalSequenceLSTMParams;

/* BIDIRECTIONAL_SEQUENCE_LSTM. */
typedef struct TfLiteBidirectionalSequenceLSTMParams {
    TfLiteFusedActivation activation; /* of cell input and output, usually tanh */
    float cell_clip;                  /* the cell is clamped to +-this; 0: it is not */
    float proj_clip;                  /* the projection likewise */
    bool merge_outputs;               /* both directions in one output, side by side */
    bool time_major;                  /* x is [time, batch, k]; version 2 */
    bool asymmetric_quantize_inputs;  /* of float x, int8 weights; version 3 */
} TfLiteBidirectionalSequenceLSTMParams;

/* ---- Arithmetic ---- */

/* ADD. */
typedef struct TfLiteAddParams {
    TfLiteFusedActivation activation; /* applied last */
    bool pot_scale_int16;             /* int16 scales are powers of two; version 4 */
} TfLiteAddParams;

/* SUB. */
typedef struct TfLiteSubParams {
    TfLiteFusedActivation activation; /* applied last */
    bool pot_scale_int16;             /* int16 scales are powers of two; version 5 */
} TfLiteSubParams;

/* MUL. */
typedef struct TfLiteMulParams {
    TfLiteFusedActivation activation; /* applied last */
} TfLiteMulParams;

/* DIV. */
typedef struct TfLiteDivParams {
    TfLiteFusedActivation activation; /* applied last */
} TfLiteDivParams;

/* SOFTMAX. */
typedef struct TfLiteSoftmaxParams {
    float beta; /* factor of x, usually 1 */
} TfLiteSoftmaxParams;

/* LEAKY_RELU. */
typedef struct TfLiteLeakyReluParams {
    float alpha; /* slope below 0 */
} TfLiteLeakyReluParams;

/* GELU. */
typedef struct TfLiteGeluParams {
    bool approximate; /* by tanh instead of erf */
} TfLiteGeluParams;

/* L2_NORMALIZATION. */
typedef struct TfLiteL2NormParams {
    TfLiteFusedActivation activation; /* applied last; only NONE is in use */
} TfLiteL2NormParams;

/* LOCAL_RESPONSE_NORMALIZATION: x / (bias + alpha * sum of squares nearby)^beta. */
typedef struct TfLiteLocalResponseNormParams {
    int radius;  /* channels on each side */
    float bias;  /* added to the sum */
    float alpha; /* factor of the sum */
    float beta;  /* exponent */
} TfLiteLocalResponseNormParams;

/* FAKE_QUANT. */
typedef struct TfLiteFakeQuantParams {
    float min;         /* smallest real value */
    float max;         /* largest real value */
    int num_bits;      /* 2 to 16 */
    bool narrow_range; /* stored values start at 1, not 0; version 2 */
} TfLiteFakeQuantParams;

/* CUMSUM. */
typedef struct TfLiteCumsumParams {
    bool exclusive; /* sums leave out the element itself */
    bool reverse;   /* from the end */
} TfLiteCumsumParams;

/* SUM, MEAN, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL. */
typedef struct TfLiteReducerParams {
    bool keep_dims; /* reduced axes stay, with size 1 */
} TfLiteReducerParams;

/* CAST. */
typedef struct TfLiteCastParams {
    TfLiteType in_data_type;  /* not needed: the tensor has it */
    TfLiteType out_data_type; /* not needed: the tensor has it */
} TfLiteCastParams;

/* ---- Shape and place ---- */

/* CONCATENATION. */
typedef struct TfLiteConcatenationParams {
    int axis;                         /* negative: from the end */
    TfLiteFusedActivation activation; /* applied last; only NONE is in use */
} TfLiteConcatenationParams;

/* RESHAPE.  Only old models use it; newer ones give the shape as a second input. */
typedef struct TfLiteReshapeParams {
    int32_t shape[TFLITE_RESHAPE_PARAMS_MAX_DIMENSION_COUNT]; /* one may be -1: the rest */
    int num_dimensions;                                       /* entries of `shape` in use */
} TfLiteReshapeParams;

/* SQUEEZE. */
typedef struct TfLiteSqueezeParams {
    int32_t squeeze_dims[8]; /* axes to drop; negative: from the end */
    int num_squeeze_dims;    /* entries in use; 0: all axes of size 1 */
} TfLiteSqueezeParams;

/* STRIDED_SLICE; bit i of a mask is for entry i of begin, end and strides. */
typedef struct TfLiteStridedSliceParams {
    int begin_mask;       /* start at the first element */
    int end_mask;         /* go on to the last element */
    int ellipsis_mask;    /* stands for as many axes as are left; at most one bit */
    int new_axis_mask;    /* adds an axis of size 1 */
    int shrink_axis_mask; /* takes one element and drops the axis */
    bool offset;          /* end counts from begin; version 8 */
} TfLiteStridedSliceParams;

/* SPLIT. */
typedef struct TfLiteSplitParams {
    int num_splits; /* number of outputs */
} TfLiteSplitParams;

/* SPLIT_V. */
typedef struct TfLiteSplitVParams {
    int num_splits; /* number of outputs */
} TfLiteSplitVParams;

/* PACK. */
typedef struct TfLitePackParams {
    int values_count; /* number of inputs */
    int axis;         /* of the result; negative: from the end */
} TfLitePackParams;

/* UNPACK. */
typedef struct TfLiteUnpackParams {
    int num;  /* number of outputs */
    int axis; /* negative: from the end */
} TfLiteUnpackParams;

/* GATHER. */
typedef struct TfLiteGatherParams {
    int axis;       /* negative: from the end */
    int batch_dims; /* leading axes that x and the indices share */
} TfLiteGatherParams;

/* ONE_HOT. */
typedef struct TfLiteOneHotParams {
    int axis; /* the new axis; -1: the last */
} TfLiteOneHotParams;

/* SPACE_TO_DEPTH. */
typedef struct TfLiteSpaceToDepthParams {
    int block_size; /* pixels, > 0 */
} TfLiteSpaceToDepthParams;

/* DEPTH_TO_SPACE. */
typedef struct TfLiteDepthToSpaceParams {
    int block_size; /* pixels, > 0 */
} TfLiteDepthToSpaceParams;

/* SPACE_TO_BATCH_ND. */
typedef struct TfLiteSpaceToBatchNDParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLiteSpaceToBatchNDParams;

/* BATCH_TO_SPACE_ND. */
typedef struct TfLiteBatchToSpaceNDParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLiteBatchToSpaceNDParams;

/* PAD. */
typedef struct TfLitePadParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLitePadParams;

/* PADV2. */
typedef struct TfLitePadV2Params {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLitePadV2Params;

/* MIRROR_PAD. */
typedef struct TfLiteMirrorPaddingParams {
    TfLiteMirrorPaddingMode mode; /* with or without the border */
} TfLiteMirrorPaddingParams;

/* TRANSPOSE. */
typedef struct TfLiteTransposeParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLiteTransposeParams;

/* RANK. */
typedef struct TfLiteRankParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLiteRankParams;

/* MATRIX_DIAG. */
typedef struct TfLiteMatrixDiagParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLiteMatrixDiagParams;

/* MATRIX_SET_DIAG. */
typedef struct TfLiteMatrixSetDiagParams {
    EmptyStructPlaceholder placeholder; /* no parameters */
} TfLiteMatrixSetDiagParams;

/* SHAPE. */
typedef struct TfLiteShapeParams {
    TfLiteType out_type; /* int32 or int64 */
} TfLiteShapeParams;

/* REVERSE_SEQUENCE. */
typedef struct TfLiteReverseSequenceParams {
    int seq_dim;   /* the axis that is reversed */
    int batch_dim; /* the axis that has one length each */
} TfLiteReverseSequenceParams;

/* RESIZE_BILINEAR. */
typedef struct TfLiteResizeBilinearParams {
    bool align_corners;      /* corner pixels of both images coincide */
    bool half_pixel_centers; /* pixel i is at i + 0.5; not with align_corners */
} TfLiteResizeBilinearParams;

/* RESIZE_NEAREST_NEIGHBOR. */
typedef struct TfLiteResizeNearestNeighborParams {
    bool align_corners;      /* corner pixels of both images coincide */
    bool half_pixel_centers; /* pixel i is at i + 0.5 */
} TfLiteResizeNearestNeighborParams;

/* ---- Search and tables ---- */

/* ARG_MAX. */
typedef struct TfLiteArgMaxParams {
    TfLiteType output_type; /* int32 or int64 */
} TfLiteArgMaxParams;

/* ARG_MIN. */
typedef struct TfLiteArgMinParams {
    TfLiteType output_type; /* int32 or int64 */
} TfLiteArgMinParams;

/* UNIQUE. */
typedef struct TfLiteUniqueParams {
    TfLiteType index_out_type; /* int32 or int64 */
} TfLiteUniqueParams;

/* SPARSE_TO_DENSE. */
typedef struct TfLiteSparseToDenseParams {
    bool validate_indices; /* indices are sorted and distinct; not checked */
} TfLiteSparseToDenseParams;

/* How EMBEDDING_LOOKUP_SPARSE joins rows. */
typedef enum TfLiteCombinerType {
    kTfLiteCombinerTypeSum = 0,   /* weighted sum */
    kTfLiteCombinerTypeMean = 1,  /* over the sum of weights */
    kTfLiteCombinerTypeSqrtn = 2, /* over the root of the sum of squared weights */
} TfLiteCombinerType;

/* EMBEDDING_LOOKUP_SPARSE. */
typedef struct TfLiteEmbeddingLookupSparseParams {
    TfLiteCombinerType combiner; /* how rows are joined */
} TfLiteEmbeddingLookupSparseParams;

/* What LSH_PROJECTION puts out. */
typedef enum TfLiteLSHProjectionType {
    kTfLiteLshProjectionUnknown = 0, /* not set; an error in a model */
    kTfLiteLshProjectionSparse = 1,  /* one integer per hash function */
    kTfLiteLshProjectionDense = 2,   /* one element per bit */
} TfLiteLSHProjectionType;

/* LSH_PROJECTION. */
typedef struct TfLiteLSHProjectionParams {
    TfLiteLSHProjectionType type; /* what it puts out */
} TfLiteLSHProjectionParams;

/* SKIP_GRAM. */
typedef struct TfLiteSkipGramParams {
    int ngram_size;          /* words per result */
    int max_skip_size;       /* words left out between two of them, at most */
    bool include_all_ngrams; /* shorter ones too */
} TfLiteSkipGramParams;

/* BUCKETIZE. */
typedef struct TfLiteBucketizeParams {
    int num_boundaries;      /* entries of `boundaries` */
    const float *boundaries; /* ascending; owned by the model */
} TfLiteBucketizeParams;

/* HASHTABLE. */
typedef struct TfLiteHashtableParams {
    int table_id;           /* which table of the interpreter */
    TfLiteType key_dtype;   /* int64 or string */
    TfLiteType value_dtype; /* string or int64 */
} TfLiteHashtableParams;

/* ---- Control flow and state ---- */

/* IF. */
typedef struct TfLiteIfParams {
    int then_subgraph_index; /* runs when the condition is true */
    int else_subgraph_index; /* runs when it is false */
} TfLiteIfParams;

/* WHILE. */
typedef struct TfLiteWhileParams {
    int cond_subgraph_index; /* one boolean output */
    int body_subgraph_index; /* as many outputs as inputs */
} TfLiteWhileParams;

/* CALL_ONCE. */
typedef struct TfLiteCallOnceParams {
    int init_subgraph_index; /* no inputs, no outputs */
} TfLiteCallOnceParams;

/* VAR_HANDLE; both names together identify the variable.  Strings are the model's. */
typedef struct TfLiteVarHandleParams {
    const char *container;   /* may be NULL */
    const char *shared_name; /* may be NULL */
} TfLiteVarHandleParams;

/* RANDOM_UNIFORM, RANDOM_STANDARD_NORMAL, MULTINOMIAL.  Both 0: a seed that differs each time. */
typedef struct TfLiteRandomParams {
    int seed;  /* of the graph */
    int seed2; /* of the node */
} TfLiteRandomParams;

/* ---- StableHLO: fields mean what the attributes of that specification mean ---- */

/* STABLEHLO_CONCATENATE. */
typedef struct TfLiteStablehloConcatenateParams {
    int64_t dimension; /* the axis */
} TfLiteStablehloConcatenateParams;

/* STABLEHLO_SCATTER. */
typedef struct TfLiteStablehloScatterParams {
    bool indices_are_sorted; /* promised by the model */
    /* Axes of the updates that are windows. */
    int64_t update_window_dims[TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT];
    int num_update_window_dims; /* entries in use */
    /* Axes of the operand that windows lack. */
    int64_t inserted_window_dims[TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT];
    int num_inserted_window_dims; /* entries in use */
    /* Axis of the operand for each component of an index. */
    int64_t scatter_dims_to_operand_dims[TFLITE_STABLEHLO_SCATTER_PARAMS_MAX_DIMENSION_COUNT];
    int num_scatter_dims_to_operand_dims; /* entries in use */
    int64_t index_vector_dim;             /* axis of the indices that holds components */
    bool unique_indices;                  /* promised by the model */
    int update_computation_subgraph_index; /* joins the old value and the update */
} TfLiteStablehloScatterParams;

/* Generators of STABLEHLO_RNG_BIT_GENERATOR. */
typedef enum TfLiteRngAlgorithm {
    kTfLiteRngAlgorithmUnknown = 0,  /* not set; an error in a model */
    kTfLiteRngAlgorithmDefault = 1,  /* the runtime's choice */
    kTfLiteRngAlgorithmPhilox = 2,   /* Philox 4x32 */
    kTfLiteRngAlgorithmThreefry = 3, /* Threefry 2x32 */
} TfLiteRngAlgorithm;

/* STABLEHLO_RNG_BIT_GENERATOR. */
typedef struct TfLiteStablehloRngBitGeneratorParams {
    TfLiteRngAlgorithm algorithm; /* the generator */
} TfLiteStablehloRngBitGeneratorParams;

/* STABLEHLO_GATHER. */
typedef struct TfLiteStablehloGatherParams {
    /* Axes of the result that are slices. */
    int64_t offset_dims[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_offset_dims; /* entries in use */
    /* Axes of the operand that slices lack. */
    int64_t collapsed_slice_dims[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_collapsed_slice_dims; /* entries in use */
    /* Axis of the operand for each component of an index. */
    int64_t start_index_map[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_start_index_map;  /* entries in use */
    int64_t index_vector_dim; /* axis of the indices that holds components */
    /* Shape of a slice. */
    int64_t slice_sizes[TFLITE_STABLEHLO_GATHER_PARAMS_MAX_DIMENSION_COUNT];
    int num_slice_sizes;     /* entries in use */
    bool indices_are_sorted; /* promised by the model */
} TfLiteStablehloGatherParams;

/* STABLEHLO_REDUCE_WINDOW; one entry per axis. */
typedef struct TfLiteStablehloReduceWindowParams {
    /* Size of the window. */
    int64_t window_dimensions[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    /* Distance of two windows. */
    int64_t window_strides[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    /* Distance of two elements of x, once spread. */
    int64_t base_dilations[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    /* Distance of two elements within a window. */
    int64_t window_dilations[TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    /* Before and after, for each axis; may be negative. */
    int64_t padding[2 * TFLITE_STABLEHLO_REDUCE_WINDOW_PARAMS_MAX_DIMENSION_COUNT];
    int body_subgraph_index; /* joins two values */
} TfLiteStablehloReduceWindowParams;

/* What REDUCE_WINDOW does with a window. */
typedef enum TfLiteReduceWindowFunction {
    TfLiteReduceWindowFunctionUnsupported = 0, /* not set; an error in a model */
    TfLiteReduceWindowFunctionAdd = 1,         /* sum */
    TfLiteReduceWindowFunctionMul = 2,         /* product */
    TfLiteReduceWindowFunctionMin = 3,         /* smallest */
    TfLiteReduceWindowFunctionMax = 4,         /* largest */
    TfLiteReduceWindowFunctionAll = 5,         /* and */
    TfLiteReduceWindowFunctionAny = 6          /* or */
} TfLiteReduceWindowFunction;

/* REDUCE_WINDOW. */
typedef struct TfLiteReduceWindowParams {
    TfLiteReduceWindowFunction reduce_function; /* the reduction */
} TfLiteReduceWindowParams;

/* STABLEHLO_PAD; one entry per axis.  Edge padding may be negative: it cuts. */
typedef struct TfLiteStablehloPadParams {
    int64_t edge_padding_low[TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT];  /* before */
    int64_t edge_padding_high[TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT]; /* after */
    int64_t interior_padding[TFLITE_STABLEHLO_PAD_PARAMS_MAX_DIMENSION_COUNT];  /* in between */
} TfLiteStablehloPadParams;

/* STABLEHLO_COMPOSITE: a group of operators under a name.  Pointers are the model's. */
typedef struct TfLiteStablehloCompositeParams {
    const char *name;          /* what the group computes, for example "odml.rms_norm" */
    int32_t subgraph_index;    /* the same in single operators */
    int32_t version;           /* of the name's meaning */
    const uint8_t *attributes; /* a FlexBuffer map, or NULL */
    size_t attributes_size;    /* its bytes */
} TfLiteStablehloCompositeParams;

/* STABLEHLO_CASE. */
typedef struct TfLiteStablehloCaseParams {
    /* One subgraph per value of the index; an index out of range means the last. */
    int32_t branch_subgraph_indices[TFLITE_STABLEHLO_CASE_PARAMS_MAX_BRANCHES_COUNT];
    uint32_t num_branches; /* entries in use */
} TfLiteStablehloCaseParams;

#ifdef __cplusplus
}
#endif

#endif
