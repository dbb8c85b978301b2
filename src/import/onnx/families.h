/* SPDX-License-Identifier: Apache-2.0 */
/* families.h: the functions that the table names, by file, and what families share. */
#ifndef LN_IMPORT_ONNX_FAMILIES_H
#define LN_IMPORT_ONNX_FAMILIES_H

#include "import/onnx/onnx.h"

/* ---- math.c ---- */
ln_ox_fn ln_ox_unary, ln_ox_binary, ln_ox_compare, ln_ox_variadic, ln_ox_divide, ln_ox_mod,
    ln_ox_pow, ln_ox_reciprocal, ln_ox_is_nan, ln_ox_is_inf, ln_ox_where, ln_ox_cast,
    ln_ox_cast_like, ln_ox_identity, ln_ox_dropout, ln_ox_clip, ln_ox_trigonometric;
enum {
    LN_OX_TAN,
    LN_OX_ASIN,
    LN_OX_ACOS,
    LN_OX_ATAN,
    LN_OX_SINH,
    LN_OX_COSH,
    LN_OX_ASINH,
    LN_OX_ACOSH,
    LN_OX_ATANH,
};

/* ---- bits.c, cumulative.c, random.c, unique.c ---- */
ln_ox_fn ln_ox_bitwise, ln_ox_bitwise_xor, ln_ox_bitwise_not, ln_ox_bit_shift, ln_ox_bit_cast;
ln_ox_fn ln_ox_cumsum, ln_ox_cumprod, ln_ox_unique;
ln_ox_fn ln_ox_random, ln_ox_bernoulli, ln_ox_multinomial;

/* ---- activation.c ---- */
ln_ox_fn ln_ox_activation, ln_ox_prelu;
enum {
    LN_OX_RELU,
    LN_OX_TANH,
    LN_OX_SIGMOID,
    LN_OX_LEAKY_RELU,
    LN_OX_THRESHOLDED_RELU,
    LN_OX_ELU,
    LN_OX_SELU,
    LN_OX_CELU,
    LN_OX_HARD_SIGMOID,
    LN_OX_SOFTPLUS,
    LN_OX_SOFTSIGN,
    LN_OX_AFFINE,
    LN_OX_SCALED_TANH,
    LN_OX_MISH,
    LN_OX_SWISH,
    LN_OX_SHRINK,
    LN_OX_GELU,
    LN_OX_ERF,
};
/* f(x), x float; a and b are the activation's alpha and beta. */
ln_id ln_ox_activate(ln_ox *o, int what, ln_id x, float a, float b);

/* ---- dims.c ---- */
/* A dimension: a number, or, where `of` is a tensor, the product of its `n` dimensions from `size`
 * on. */
typedef struct ln_ox_dim {
    int size;
    ln_id of;
    int n;
} ln_ox_dim;

#define LN_OX_NUMBER(k)        ((ln_ox_dim){(k), -1, 1})
#define LN_OX_DIM_OF(x, i)     ((ln_ox_dim){(i), (x), 1})
#define LN_OX_DIMS_OF(x, i, k) ((ln_ox_dim){(i), (x), (k)})

/* x in this shape; one number may be -1, and several dimensions may be open. */
ln_id ln_ox_reshape_by(ln_ox *o, ln_id x, int rank, const ln_ox_dim *dims);
/* x as [items of the dimensions before `axis`, those from it on]. */
ln_id ln_ox_rows(ln_ox *o, ln_id x, int axis);
/* x in the shape of y. */
ln_id ln_ox_reshape_like(ln_ox *o, ln_id x, ln_id y);
/* Dimension `axis` of x as an int32 scalar; a constant where it is known. */
ln_id ln_ox_dim_of(ln_ox *o, ln_id x, int axis);

/* ---- body.c ---- */
ln_ox_fn ln_ox_body;
enum { /* what the operator's attribute channels_last has to be */
       LN_OX_ONLY_FIRST = 1,
       LN_OX_ONLY_LAST,
};

/* ---- gelu.c ---- */
ln_ox_fn ln_ox_erf;

/* ---- window.c: convolutions' and pools' windows ---- */

enum { LN_OX_MAX_ND = 3 };

typedef struct ln_ox_window {
    int nd; /* spatial dimensions */
    int size[LN_OX_MAX_ND], stride[LN_OX_MAX_ND], dilation[LN_OX_MAX_ND];
    int before[LN_OX_MAX_ND], after[LN_OX_MAX_ND]; /* padding, where not `same` */
    int extra[LN_OX_MAX_ND];                       /* of `after`, what ceil_mode adds */
    bool same;                                     /* padding is what SAME means */
    bool valid;                                    /* there is none */
} ln_ox_window;

/* From the node's attributes, for an input with these spatial dimensions (-1: not known). */
bool ln_ox_window_read(ln_ox *o, const ln_ox_node *n, int nd, const int *in, const int *size,
                       ln_ox_window *w);
/* How many windows there are along dimension i of `in` items; -1 when that is not known. */
int ln_ox_window_count(const ln_ox_window *w, int i, int in);
/* SAME as padding of each side, for an image of this size; false after a failure. */
bool ln_ox_window_written_out(ln_ox *o, const int *in, ln_ox_window *w);
/* The input in channels last; a dimension of 1 in front of a single spatial one. */
ln_id ln_ox_image(ln_ox *o, ln_ox_value *v);
/* ... and back: output 0 of the node. */
void ln_ox_out_image(ln_ox *o, const ln_ox_node *n, ln_id y, int nd);
/* Pads spatial dimensions of an image with a value: NULL for zeros. */
ln_id ln_ox_pad_image(ln_ox *o, ln_id x, const ln_ox_window *w, const float *value);

/* ---- conv.c, conv_transpose.c ---- */
ln_ox_fn ln_ox_conv, ln_ox_conv_transpose;
/* Weights [k, c / groups, ...] as TFLite's convolution of these groups wants them. */
typedef struct ln_ox_filter {
    ln_id weights, bias;
    int groups, in, out; /* channels */
} ln_ox_filter;
/* The convolution itself, on a padded image. */
ln_id ln_ox_convolve(ln_ox *o, ln_id x, const ln_ox_filter *f, const ln_ox_window *w);

/* ---- pool.c ---- */
ln_ox_fn ln_ox_max_pool, ln_ox_average_pool, ln_ox_lp_pool, ln_ox_global_pool, ln_ox_global_lp_pool;

/* ---- matmul.c ---- */
ln_ox_fn ln_ox_gemm, ln_ox_matmul, ln_ox_fused_matmul;
/* a [..., m, k] times b [..., k, n], as the values are stored. */
ln_id ln_ox_product(ln_ox *o, ln_id a, ln_id b, bool adj_a, bool adj_b);
/* The same where a may be a row [k], b a column [k]. */
ln_id ln_ox_product_of_vectors(ln_ox *o, ln_id a, ln_id b, bool adj_a, bool adj_b);

/* ---- shape.c ---- */
ln_ox_fn ln_ox_reshape_node, ln_ox_transpose, ln_ox_flatten, ln_ox_squeeze, ln_ox_unsqueeze,
    ln_ox_shape_node, ln_ox_size, ln_ox_expand, ln_ox_tile, ln_ox_depth_to_space,
    ln_ox_space_to_depth;

/* v with dimensions of 1 where bits of `axes` say, `rank` in all; *at is its layout. */
ln_id ln_ox_unsqueeze_as(ln_ox *o, ln_ox_value *v, unsigned axes, int rank, ln_ox_layout *at);

/* ---- regroup.c ---- */
/* Of a result's open dimensions: from which dimension of the operand on it is the product of how
 * many. */
typedef struct ln_ox_same {
    int axis[LN_MAX_RANK], count[LN_MAX_RANK];
} ln_ox_same;

/* v in a shape (in ONNX's order) without bringing all of it to ONNX's order, in layout *at; false
 * where that cannot be done.  `same` NULL: there is one open dimension at most. */
bool ln_ox_regroup(ln_ox *o, ln_ox_value *v, const ln_shape *wanted, const ln_ox_same *same,
                   ln_id *id, ln_ox_layout *at);

/* ---- constant.c ---- */
ln_ox_fn ln_ox_constant, ln_ox_constant_of_shape, ln_ox_range, ln_ox_eye_like;

/* ---- slice.c ---- */
ln_ox_fn ln_ox_slice, ln_ox_split, ln_ox_concat, ln_ox_pad, ln_ox_trilu,
    ln_ox_center_crop_pad;

/* ---- sequence.c ---- */
ln_ox_fn ln_ox_sequence_construct, ln_ox_sequence_insert, ln_ox_sequence_erase, ln_ox_sequence_at,
    ln_ox_sequence_length, ln_ox_sequence_map, ln_ox_split_to_sequence, ln_ox_concat_from_sequence,
    ln_ox_optional, ln_ox_optional_has, ln_ox_optional_get;

/* ---- gather.c ---- */
ln_ox_fn ln_ox_gather, ln_ox_gather_elements, ln_ox_gather_nd, ln_ox_one_hot, ln_ox_compress,
    ln_ox_non_zero, ln_ox_reverse_sequence;
/* Input 0 as a vector, and where in it the items are that input 1 says; false when that fails. */
bool ln_ox_elements(ln_ox *o, const ln_ox_node *n, ln_id *flat, ln_id *places);
/* Index vectors [..., k] into the dimensions of x from `first` on, none negative, int32. */
ln_id ln_ox_index_vectors(ln_ox *o, ln_id x, ln_id indices, int first);

/* ---- scatter.c ---- */
ln_ox_fn ln_ox_scatter_nd, ln_ox_scatter_elements, ln_ox_max_unpool, ln_ox_col_to_im;

/* ---- sort.c ---- */
ln_ox_fn ln_ox_top_k, ln_ox_arg, ln_ox_non_max_suppression;

/* ---- reduce.c ---- */
ln_ox_fn ln_ox_reduce, ln_ox_softmax, ln_ox_hardmax;
/* The value with this dimension stored last; *at is that layout. */
ln_id ln_ox_axis_last(ln_ox *o, ln_ox_value *v, int axis, ln_ox_layout *at);
enum {
    LN_OX_PLAIN,
    LN_OX_L1,
    LN_OX_L2,
    LN_OX_LOG_SUM,
    LN_OX_LOG_SUM_EXP,
    LN_OX_SUM_SQUARE,
};

/* ---- norm.c ---- */
ln_ox_fn ln_ox_batch_norm, ln_ox_instance_norm, ln_ox_layer_norm, ln_ox_group_norm, ln_ox_rms_norm,
    ln_ox_lrn, ln_ox_lp_norm, ln_ox_mean_variance_norm, ln_ox_skip_layer_norm;
/* The factor and the summand per channel of the BatchNormalization that alone uses output 0, if
 * they are constants; then that node has nothing left to do for value `y`. */
const Onnx__NodeProto *ln_ox_following_norm(ln_ox *o, const ln_ox_node *n, ln_id *scale,
                                            ln_id *shift);

/* ---- resize.c ---- */
ln_ox_fn ln_ox_resize;

/* ---- sample.c, roi.c, deform.c ---- */
ln_ox_fn ln_ox_grid_sample, ln_ox_affine_grid, ln_ox_roi_align, ln_ox_deform_conv;

/* ---- spectrum.c ---- */
ln_ox_fn ln_ox_dft, ln_ox_stft, ln_ox_mel_weights, ln_ox_window_function;
enum {
    LN_OX_HANN,
    LN_OX_HAMMING,
    LN_OX_BLACKMAN,
};

/* ---- loss.c ---- */
ln_ox_fn ln_ox_nll_loss, ln_ox_cross_entropy;

/* ---- pool_indices.c ---- */
/* MaxPool of this window with the places of the maxima. */
void ln_ox_max_pool_indices(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, const ln_ox_window *w);

/* ---- einsum.c ---- */
ln_ox_fn ln_ox_einsum;

/* ---- rnn.c ---- */
ln_ox_fn ln_ox_lstm, ln_ox_gru, ln_ox_rnn;

/* ---- control.c ---- */
ln_ox_fn ln_ox_if, ln_ox_loop, ln_ox_scan;

/* ---- attention.c, attention_ms.c ---- */
ln_ox_fn ln_ox_attention, ln_ox_flex_attention, ln_ox_rotary_embedding, ln_ox_tensor_scatter,
    ln_ox_ms_attention,
    ln_ox_multi_head_attention, ln_ox_group_query_attention;

/* ---- linear_attention.c ---- */
ln_ox_fn ln_ox_linear_attention, ln_ox_causal_conv;

/* ---- blocks.c ---- */
ln_ox_fn ln_ox_matmul_nbits, ln_ox_gather_blocks;

/* ---- learn.c, svm.c, trees.c ---- */
ln_ox_fn ln_ox_linear_regressor, ln_ox_linear_classifier, ln_ox_scaler, ln_ox_normalizer,
    ln_ox_binarizer, ln_ox_imputer, ln_ox_array_feature_extractor, ln_ox_one_hot_encoder,
    ln_ox_label_encoder, ln_ox_svm_regressor, ln_ox_svm_classifier, ln_ox_tree_ensemble,
    ln_ox_tree_regressor, ln_ox_tree_classifier;

/* ---- quantized.c, integers.c ---- */
ln_ox_fn ln_ox_quantize_linear, ln_ox_dequantize_linear, ln_ox_dynamic_quantize, ln_ox_conv_integer,
    ln_ox_matmul_integer, ln_ox_qlinear_concat;

/* ---- text.c ---- */
ln_ox_fn ln_ox_string_concat, ln_ox_string_split, ln_ox_string_normalizer, ln_ox_regex_full_match,
    ln_ox_det;
/* ---- tfidf.c ---- */
ln_ox_fn ln_ox_tf_idf;
/* ---- learn.c ---- */
ln_ox_fn ln_ox_zip_map;

#endif
