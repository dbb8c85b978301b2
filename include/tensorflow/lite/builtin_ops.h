/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_ops.h: the numbers of the built-in operators.
 *
 * The same number stands in a model file (OperatorCode.builtin_code) and in
 * TfLiteRegistration.builtin_code, so values never change and none is ever reused.  Three of them
 * are no operators: Custom (named by a string instead), Delegate (a part of the graph that a
 * delegate runs) and PlaceholderForGreaterOpCodes (what files put into their old one-byte field
 * when the number does not fit it).
 *
 * Parameters of each operator: c/builtin_op_data.h.  Which of them this library runs, and how:
 * docs/ops.md. */
#ifndef TENSORFLOW_LITE_BUILTIN_OPS_H_
#define TENSORFLOW_LITE_BUILTIN_OPS_H_

#ifdef __cplusplus
extern "C" {
#endif

/* One line per operator, in the order of the file format.  "x" and "y" are the inputs; arithmetic
 * is element by element. */
typedef enum TfLiteBuiltinOperator {
    kTfLiteBuiltinAdd = 0,                      /* x + y, broadcasting */
    kTfLiteBuiltinAveragePool2d = 1,            /* mean of each window of an NHWC tensor */
    kTfLiteBuiltinConcatenation = 2,            /* joins tensors along one axis */
    kTfLiteBuiltinConv2d = 3,                   /* 2-D convolution, NHWC */
    kTfLiteBuiltinDepthwiseConv2d = 4,          /* 2-D convolution of each channel by itself */
    kTfLiteBuiltinDepthToSpace = 5,             /* moves channels into blocks of pixels */
    kTfLiteBuiltinDequantize = 6,               /* quantized to float */
    kTfLiteBuiltinEmbeddingLookup = 7,          /* picks rows of a table */
    kTfLiteBuiltinFloor = 8,                    /* largest integer <= x */
    kTfLiteBuiltinFullyConnected = 9,           /* x W^T + b */
    kTfLiteBuiltinHashtableLookup = 10,         /* looks keys up in a sorted table */
    kTfLiteBuiltinL2Normalization = 11,         /* divides the last axis by its L2 norm */
    kTfLiteBuiltinL2Pool2d = 12,                /* root mean square of each window */
    kTfLiteBuiltinLocalResponseNormalization = 13, /* divides by energy of nearby channels */
    kTfLiteBuiltinLogistic = 14,                /* 1 / (1 + exp(-x)) */
    kTfLiteBuiltinLshProjection = 15,           /* locality-sensitive hash bits */
    kTfLiteBuiltinLstm = 16,                    /* one step of an LSTM cell */
    kTfLiteBuiltinMaxPool2d = 17,               /* maximum of each window */
    kTfLiteBuiltinMul = 18,                     /* x * y, broadcasting */
    kTfLiteBuiltinRelu = 19,                    /* max(x, 0) */
    kTfLiteBuiltinReluN1To1 = 20,               /* clamps to [-1, 1] */
    kTfLiteBuiltinRelu6 = 21,                   /* clamps to [0, 6] */
    kTfLiteBuiltinReshape = 22,                 /* same elements, other shape */
    kTfLiteBuiltinResizeBilinear = 23,          /* bilinear resize, NHWC */
    kTfLiteBuiltinRnn = 24,                     /* one step of a plain recurrent cell */
    kTfLiteBuiltinSoftmax = 25,                 /* exp(beta x) over its sum, last axis */
    kTfLiteBuiltinSpaceToDepth = 26,            /* moves blocks of pixels into channels */
    kTfLiteBuiltinSvdf = 27,                    /* low-rank filter over time */
    kTfLiteBuiltinTanh = 28,                    /* hyperbolic tangent */
    kTfLiteBuiltinConcatEmbeddings = 29,        /* reserved; no implementation exists */
    kTfLiteBuiltinSkipGram = 30,                /* skip-gram strings of a sentence */
    kTfLiteBuiltinCall = 31,                    /* reserved; no implementation exists */
    kTfLiteBuiltinCustom = 32,                  /* named by custom_name, not by number */
    kTfLiteBuiltinEmbeddingLookupSparse = 33,   /* weighted sums of table rows */
    kTfLiteBuiltinPad = 34,                     /* pads with zeros */
    kTfLiteBuiltinUnidirectionalSequenceRnn = 35, /* plain recurrent cell over a sequence */
    kTfLiteBuiltinGather = 36,                  /* picks slices along an axis */
    kTfLiteBuiltinBatchToSpaceNd = 37,          /* undoes SPACE_TO_BATCH_ND */
    kTfLiteBuiltinSpaceToBatchNd = 38,          /* moves blocks of space into the batch */
    kTfLiteBuiltinTranspose = 39,               /* permutes axes */
    kTfLiteBuiltinMean = 40,                    /* mean over axes */
    kTfLiteBuiltinSub = 41,                     /* x - y, broadcasting */
    kTfLiteBuiltinDiv = 42,                     /* x / y, broadcasting */
    kTfLiteBuiltinSqueeze = 43,                 /* drops axes of size 1 */
    kTfLiteBuiltinUnidirectionalSequenceLstm = 44, /* LSTM over a sequence */
    kTfLiteBuiltinStridedSlice = 45,            /* slice with strides and masks */
    kTfLiteBuiltinBidirectionalSequenceRnn = 46, /* recurrent cell over a sequence, both ways */
    kTfLiteBuiltinExp = 47,                     /* e^x */
    kTfLiteBuiltinTopkV2 = 48,                  /* k largest elements and their indices */
    kTfLiteBuiltinSplit = 49,                   /* cuts into equal parts */
    kTfLiteBuiltinLogSoftmax = 50,              /* logarithm of softmax */
    kTfLiteBuiltinDelegate = 51,                /* a partition that a delegate runs */
    kTfLiteBuiltinBidirectionalSequenceLstm = 52, /* LSTM over a sequence, both ways */
    kTfLiteBuiltinCast = 53,                    /* converts the element type */
    kTfLiteBuiltinPrelu = 54,                   /* x or alpha x, alpha per channel */
    kTfLiteBuiltinMaximum = 55,                 /* larger of x and y */
    kTfLiteBuiltinArgMax = 56,                  /* index of the largest element */
    kTfLiteBuiltinMinimum = 57,                 /* smaller of x and y */
    kTfLiteBuiltinLess = 58,                    /* x < y */
    kTfLiteBuiltinNeg = 59,                     /* -x */
    kTfLiteBuiltinPadv2 = 60,                   /* pads with a given value */
    kTfLiteBuiltinGreater = 61,                 /* x > y */
    kTfLiteBuiltinGreaterEqual = 62,            /* x >= y */
    kTfLiteBuiltinLessEqual = 63,               /* x <= y */
    kTfLiteBuiltinSelect = 64,                  /* picks from two tensors by condition */
    kTfLiteBuiltinSlice = 65,                   /* slice by begin and size */
    kTfLiteBuiltinSin = 66,                     /* sine */
    kTfLiteBuiltinTransposeConv = 67,           /* transposed 2-D convolution */
    kTfLiteBuiltinSparseToDense = 68,           /* scatters values into a filled tensor */
    kTfLiteBuiltinTile = 69,                    /* repeats along each axis */
    kTfLiteBuiltinExpandDims = 70,              /* adds an axis of size 1 */
    kTfLiteBuiltinEqual = 71,                   /* x == y */
    kTfLiteBuiltinNotEqual = 72,                /* x != y */
    kTfLiteBuiltinLog = 73,                     /* natural logarithm */
    kTfLiteBuiltinSum = 74,                     /* sum over axes */
    kTfLiteBuiltinSqrt = 75,                    /* square root */
    kTfLiteBuiltinRsqrt = 76,                   /* 1 / sqrt(x) */
    kTfLiteBuiltinShape = 77,                   /* shape as a tensor */
    kTfLiteBuiltinPow = 78,                     /* x to the power y */
    kTfLiteBuiltinArgMin = 79,                  /* index of the smallest element */
    kTfLiteBuiltinFakeQuant = 80,               /* rounds to the values of a quantized type */
    kTfLiteBuiltinReduceProd = 81,              /* product over axes */
    kTfLiteBuiltinReduceMax = 82,               /* maximum over axes */
    kTfLiteBuiltinPack = 83,                    /* stacks along a new axis */
    kTfLiteBuiltinLogicalOr = 84,               /* x or y */
    kTfLiteBuiltinOneHot = 85,                  /* one-hot vectors of indices */
    kTfLiteBuiltinLogicalAnd = 86,              /* x and y */
    kTfLiteBuiltinLogicalNot = 87,              /* not x */
    kTfLiteBuiltinUnpack = 88,                  /* cuts along an axis and drops it */
    kTfLiteBuiltinReduceMin = 89,               /* minimum over axes */
    kTfLiteBuiltinFloorDiv = 90,                /* floor(x / y) */
    kTfLiteBuiltinReduceAny = 91,               /* or over axes */
    kTfLiteBuiltinSquare = 92,                  /* x * x */
    kTfLiteBuiltinZerosLike = 93,               /* zeros in the shape of x */
    kTfLiteBuiltinFill = 94,                    /* one value in a given shape */
    kTfLiteBuiltinFloorMod = 95,                /* x - y floor(x / y) */
    kTfLiteBuiltinRange = 96,                   /* start, start + delta, ... below limit */
    kTfLiteBuiltinResizeNearestNeighbor = 97,   /* nearest-neighbor resize, NHWC */
    kTfLiteBuiltinLeakyRelu = 98,               /* x or alpha x */
    kTfLiteBuiltinSquaredDifference = 99,       /* (x - y)^2 */
    kTfLiteBuiltinMirrorPad = 100,              /* pads by reflection */
    kTfLiteBuiltinAbs = 101,                    /* |x| */
    kTfLiteBuiltinSplitV = 102,                 /* cuts into parts of given sizes */
    kTfLiteBuiltinUnique = 103,                 /* distinct elements and their positions */
    kTfLiteBuiltinCeil = 104,                   /* smallest integer >= x */
    kTfLiteBuiltinReverseV2 = 105,              /* reverses along axes */
    kTfLiteBuiltinAddN = 106,                   /* sum of n tensors of one shape */
    kTfLiteBuiltinGatherNd = 107,               /* picks by index tuples */
    kTfLiteBuiltinCos = 108,                    /* cosine */
    kTfLiteBuiltinWhere = 109,                  /* coordinates of true elements */
    kTfLiteBuiltinRank = 110,                   /* number of axes as a tensor */
    kTfLiteBuiltinElu = 111,                    /* x or exp(x) - 1 */
    kTfLiteBuiltinReverseSequence = 112,        /* reverses the first elements of each row */
    kTfLiteBuiltinMatrixDiag = 113,             /* diagonal matrices of vectors */
    kTfLiteBuiltinQuantize = 114,               /* float to quantized, or one scale to another */
    kTfLiteBuiltinMatrixSetDiag = 115,          /* replaces diagonals */
    kTfLiteBuiltinRound = 116,                  /* nearest integer, halves to even */
    kTfLiteBuiltinHardSwish = 117,              /* x relu6(x + 3) / 6 */
    kTfLiteBuiltinIf = 118,                     /* runs one of two subgraphs */
    kTfLiteBuiltinWhile = 119,                  /* runs a subgraph while another says so */
    kTfLiteBuiltinNonMaxSuppressionV4 = 120,    /* non-maximum suppression of boxes */
    kTfLiteBuiltinNonMaxSuppressionV5 = 121,    /* the same with soft scores */
    kTfLiteBuiltinScatterNd = 122,              /* sums updates into zeros by index tuples */
    kTfLiteBuiltinSelectV2 = 123,               /* SELECT with broadcasting */
    kTfLiteBuiltinDensify = 124,                /* sparse weights to dense ones */
    kTfLiteBuiltinSegmentSum = 125,             /* sums of sorted segments */
    kTfLiteBuiltinBatchMatmul = 126,            /* batched matrix product */
    kTfLiteBuiltinPlaceholderForGreaterOpCodes = 127, /* see the wide operator code; no operator */
    kTfLiteBuiltinCumsum = 128,                 /* running sums */
    kTfLiteBuiltinCallOnce = 129,               /* runs a subgraph on first use */
    kTfLiteBuiltinBroadcastTo = 130,            /* broadcasts to a given shape */
    kTfLiteBuiltinRfft2d = 131,                 /* real 2-D Fourier transform */
    kTfLiteBuiltinConv3d = 132,                 /* 3-D convolution, NDHWC */
    kTfLiteBuiltinImag = 133,                   /* imaginary part */
    kTfLiteBuiltinReal = 134,                   /* real part */
    kTfLiteBuiltinComplexAbs = 135,             /* magnitude of a complex number */
    kTfLiteBuiltinHashtable = 136,              /* handle of a hash table */
    kTfLiteBuiltinHashtableFind = 137,          /* looks keys up */
    kTfLiteBuiltinHashtableImport = 138,        /* fills a table */
    kTfLiteBuiltinHashtableSize = 139,          /* number of entries */
    kTfLiteBuiltinReduceAll = 140,              /* and over axes */
    kTfLiteBuiltinConv3dTranspose = 141,        /* transposed 3-D convolution */
    kTfLiteBuiltinVarHandle = 142,              /* handle of a variable */
    kTfLiteBuiltinReadVariable = 143,           /* value of a variable */
    kTfLiteBuiltinAssignVariable = 144,         /* sets a variable */
    kTfLiteBuiltinBroadcastArgs = 145,          /* broadcast shape of two shapes */
    kTfLiteBuiltinRandomStandardNormal = 146,   /* normal random numbers */
    kTfLiteBuiltinBucketize = 147,              /* index of the bucket of each element */
    kTfLiteBuiltinRandomUniform = 148,          /* uniform random numbers */
    kTfLiteBuiltinMultinomial = 149,            /* random class indices by logits */
    kTfLiteBuiltinGelu = 150,                   /* x Phi(x), exact or by tanh */
    kTfLiteBuiltinDynamicUpdateSlice = 151,     /* overwrites a slice */
    kTfLiteBuiltinRelu0To1 = 152,               /* clamps to [0, 1] */
    kTfLiteBuiltinUnsortedSegmentProd = 153,    /* products of segments */
    kTfLiteBuiltinUnsortedSegmentMax = 154,     /* maxima of segments */
    kTfLiteBuiltinUnsortedSegmentSum = 155,     /* sums of segments */
    kTfLiteBuiltinAtan2 = 156,                  /* angle of (x, y) */
    kTfLiteBuiltinUnsortedSegmentMin = 157,     /* minima of segments */
    kTfLiteBuiltinSign = 158,                   /* -1, 0 or 1 */
    kTfLiteBuiltinBitcast = 159,                /* same bits, other type */
    kTfLiteBuiltinBitwiseXor = 160,             /* exclusive or of bits */
    kTfLiteBuiltinRightShift = 161,             /* shifts bits right */
    /* Operators of the StableHLO dialect; semantics are those of its specification. */
    kTfLiteBuiltinStablehloLogistic = 162,      /* logistic function */
    kTfLiteBuiltinStablehloAdd = 163,           /* x + y */
    kTfLiteBuiltinStablehloDivide = 164,        /* x / y */
    kTfLiteBuiltinStablehloMultiply = 165,      /* x * y */
    kTfLiteBuiltinStablehloMaximum = 166,       /* larger of x and y */
    kTfLiteBuiltinStablehloReshape = 167,       /* same elements, other shape */
    kTfLiteBuiltinStablehloClamp = 168,         /* clamps between two tensors */
    kTfLiteBuiltinStablehloConcatenate = 169,   /* joins along one axis */
    kTfLiteBuiltinStablehloBroadcastInDim = 170, /* broadcast with an explicit axis map */
    kTfLiteBuiltinStablehloConvolution = 171,   /* n-D convolution with dimension numbers */
    kTfLiteBuiltinStablehloSlice = 172,         /* slice by start, limit and stride */
    kTfLiteBuiltinStablehloCustomCall = 173,    /* calls a function by name */
    kTfLiteBuiltinStablehloReduce = 174,        /* reduces axes by a subgraph */
    kTfLiteBuiltinStablehloAbs = 175,           /* |x| */
    kTfLiteBuiltinStablehloAnd = 176,           /* and */
    kTfLiteBuiltinStablehloCosine = 177,        /* cosine */
    kTfLiteBuiltinStablehloExponential = 178,   /* e^x */
    kTfLiteBuiltinStablehloFloor = 179,         /* largest integer <= x */
    kTfLiteBuiltinStablehloLog = 180,           /* natural logarithm */
    kTfLiteBuiltinStablehloMinimum = 181,       /* smaller of x and y */
    kTfLiteBuiltinStablehloNegate = 182,        /* -x */
    kTfLiteBuiltinStablehloOr = 183,            /* or */
    kTfLiteBuiltinStablehloPower = 184,         /* x to the power y */
    kTfLiteBuiltinStablehloRemainder = 185,     /* remainder with the sign of x */
    kTfLiteBuiltinStablehloRsqrt = 186,         /* 1 / sqrt(x) */
    kTfLiteBuiltinStablehloSelect = 187,        /* picks by condition */
    kTfLiteBuiltinStablehloSubtract = 188,      /* x - y */
    kTfLiteBuiltinStablehloTanh = 189,          /* hyperbolic tangent */
    kTfLiteBuiltinStablehloScatter = 190,       /* scatters updates, combined by a subgraph */
    kTfLiteBuiltinStablehloCompare = 191,       /* compares by a named direction */
    kTfLiteBuiltinStablehloConvert = 192,       /* converts the element type */
    kTfLiteBuiltinStablehloDynamicSlice = 193,  /* slice whose start is a tensor */
    kTfLiteBuiltinStablehloDynamicUpdateSlice = 194, /* overwrites a slice */
    kTfLiteBuiltinStablehloPad = 195,           /* pads edges and between elements */
    kTfLiteBuiltinStablehloIota = 196,          /* 0, 1, 2, ... along an axis */
    kTfLiteBuiltinStablehloDotGeneral = 197,    /* general tensor contraction */
    kTfLiteBuiltinStablehloReduceWindow = 198,  /* reduces windows by a subgraph */
    kTfLiteBuiltinStablehloSort = 199,          /* sorts by a subgraph */
    kTfLiteBuiltinStablehloWhile = 200,         /* runs a subgraph while another says so */
    kTfLiteBuiltinStablehloGather = 201,        /* picks slices by index tuples */
    kTfLiteBuiltinStablehloTranspose = 202,     /* permutes axes */
    kTfLiteBuiltinDilate = 203,                 /* puts gaps between elements */
    kTfLiteBuiltinStablehloRngBitGenerator = 204, /* random bits and the next state */
    kTfLiteBuiltinReduceWindow = 205,           /* reduces each window by a named function */
    kTfLiteBuiltinStablehloComposite = 206,     /* a named group of operators, with a body */
    kTfLiteBuiltinStablehloShiftLeft = 207,     /* shifts bits left */
    kTfLiteBuiltinStablehloCbrt = 208,          /* cube root */
    kTfLiteBuiltinStablehloCase = 209,          /* runs one of n subgraphs */
} TfLiteBuiltinOperator;

#ifdef __cplusplus
}
#endif

#endif
