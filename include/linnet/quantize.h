/* SPDX-License-Identifier: Apache-2.0 */
/* quantize.h: float .tflite models -> models with integers in them.  In liblinnet_convert.
 *
 *     ln_quantize_options options = {.mode = LN_QUANT_DYNAMIC};
 *     ln_quantize_error error;
 *     ln_quantized *q = ln_quantize(model, n, &options, &error);
 *     if (!q)
 *         puts(error.text);
 *     const void *bytes = ln_quantized_model(q, &n);
 *     ...
 *     ln_quantized_free(q);
 *
 * Modes that turn activations into integers need to know what values these take: a calibration
 * runs the float model on samples.
 *
 *     ln_calibration *c = ln_calibration_create(model, n, 1, &error);
 *     for each sample: fill the inputs of ln_calibration_interpreter(c),
 *         ln_calibration_run(c, &error);
 *     options.calibration = c;
 *
 * Each object is used by one thread at a time; several objects do not know each other.  A function
 * that fails returns NULL or false and writes why into `error`, which may not be NULL; one that
 * succeeds leaves it alone. */
#ifndef LINNET_QUANTIZE_H
#define LINNET_QUANTIZE_H

#include "linnet/linnet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Why a call failed, for people. */
typedef struct ln_quantize_error {
    char text[2048];
} ln_quantize_error;

typedef enum ln_quant_mode {
    LN_QUANT_DYNAMIC,     /* int8 weights where an operator takes them beside float activations */
    LN_QUANT_WEIGHT_ONLY, /* int8 or int4 weights, turned into floats before they are used */
    LN_QUANT_FLOAT16,     /* float16 constants, turned into floats before they are used */
    LN_QUANT_BFLOAT16,
    LN_QUANT_INT8,    /* int8 weights and activations */
    LN_QUANT_INT16X8, /* int8 weights, int16 activations */
    LN_QUANT_FLOAT,   /* back to float32 */
    LN_QUANT_IO       /* a quantized model with other types of inputs and outputs, which are
                         input_type and output_type; kTfLiteNoType: as it is */
} ln_quant_mode;

/* How the scale of a list of weights is chosen: scale = max |w| / 127 (7 of 4 bits), symmetric, as
 * TensorFlow Lite's specification of 8-bit quantization asks for. */
typedef enum ln_quant_clip {
    LN_QUANT_CLIP_NONE, /* the largest value is kept */
    LN_QUANT_CLIP_MSE   /* the mean square error is least */
} ln_quant_clip;

/* To which step a weight is rounded. */
typedef enum ln_quant_rounding {
    LN_QUANT_NEAREST,
    LN_QUANT_GPTQ /* convolutions and products: so that errors of a row make up for each other on
                     samples that the calibration has kept, see correct_bias */
} ln_quant_rounding;

/* How the range of an activation follows from its statistics.  The range is widened to have 0 in
 * it; int8: scale = (max - min) / 255 and a zero point, int16: scale = max |x| / 32767. */
typedef enum ln_quant_observer {
    LN_QUANT_MSE,        /* the least mean square error by the histogram; wider before SOFTMAX, and
                            half as wide again in 16 bits */
    LN_QUANT_MINMAX,     /* all that was seen */
    LN_QUANT_AVERAGE,    /* the mean of the samples' ranges */
    LN_QUANT_PERCENTILE, /* all but the outermost part, see `percentile` */
    LN_QUANT_ENTROPY     /* the least divergence of the distributions (Kullback, Leibler) */
} ln_quant_observer;

/* Whether the model carries what compares it with floats: a NumericVerify beside each integer
 * tensor that an operator makes, whose output is the integers' value less the float.  Their names
 * are "NumericVerify/" with the tensor's behind, and ":" with its number. */
typedef enum ln_quant_verify {
    LN_QUANT_VERIFY_NONE,
    LN_QUANT_VERIFY_LAYERS, /* each operator's floats come from what its integer inputs stand for:
                               TensorFlow's debugger takes such models */
    LN_QUANT_VERIFY_INPUTS, /* each operator's integers come from the float model's values */
    LN_QUANT_VERIFY_MODEL   /* the float model stands beside the integer one */
} ln_quant_verify;

typedef struct ln_calibration ln_calibration;

/* A calibration of a float .tflite file in memory, which may go afterwards.  threads: how many
 * samples run at the same time, each by an interpreter of its own (where samples are independent:
 * the model has no variables); 0: one, -1: as many as there are processors, up to 4.  What the
 * statistics say does not depend on it. */
LN_API ln_calibration *ln_calibration_create(const void *model, size_t n, int threads,
                                             ln_quantize_error *error);
/* NULL is fine. */
LN_API void ln_calibration_free(ln_calibration *c);
/* The interpreter whose inputs take a sample; they may be resized, with
 * TfLiteInterpreterAllocateTensors behind.  It belongs to `c`.  NULL when `c` comes from a file. */
LN_API TfLiteInterpreter *ln_calibration_interpreter(ln_calibration *c);
/* Runs the model on what its inputs hold and adds the values that it sees.  With several threads
 * that may be done later, when there is a sample for each, or in the function that asks for the
 * statistics; it then tells of an error, too. */
LN_API bool ln_calibration_run(ln_calibration *c, ln_quantize_error *error);
/* Likewise for what the inputs of a signature hold, which is one of that interpreter's. */
LN_API bool ln_calibration_run_signature(ln_calibration *c, TfLiteSignatureRunner *signature,
                                         ln_quantize_error *error);
/* What is wrong with the samples, for people, `i` from 0 on; NULL past the last one.  It lives
 * until the next call with `c`. */
LN_API const char *ln_calibration_warning(ln_calibration *c, int i);
/* The statistics as the bytes of a file, to be freed by ln_calibration_free_bytes. */
LN_API bool ln_calibration_save(const ln_calibration *c, void **bytes, size_t *n,
                                ln_quantize_error *error);
LN_API void ln_calibration_free_bytes(void *bytes);
/* Adds statistics that were saved; *c NULL: starts with them (free it as one that was created).
 * Statistics of another model are refused.  Statistics of parts of the data add
 * up, in any order, to those of all of it. */
LN_API bool ln_calibration_add(ln_calibration **c, const void *bytes, size_t n,
                               ln_quantize_error *error);

/* All zero is a good default. */
typedef struct ln_quantize_options {
    ln_quant_mode mode;
    int weight_bits; /* 8 (0 means that) or 4 */
    int block_size;  /* 4-bit weights of FULLY_CONNECTED: a scale per 32, 64, 128 or 256 items
                        of a row; 0: per row */
    bool per_tensor; /* one scale per tensor of weights, not one per channel */
    long min_items;  /* smaller constants stay float when only weights change; 0: 1024 */
    ln_quant_clip clip;
    const char *const *keep_float; /* tensors made by, or names of, operators that stay float */
    int n_keep_float;
    const ln_calibration *calibration; /* for integer activations */
    ln_quant_observer observer;
    double percentile; /* of LN_QUANT_PERCENTILE; 0: 99.99 */
    bool correct_bias; /* biases make up for what rounding does to means: measured by running the
                          integer model on samples that the calibration has kept (32 at most, of 2
                          MiB each), or by means of inputs where it comes from a file */
    bool strict;       /* an operator that stays float is an error */
    TfLiteType input_type, output_type; /* of the model; kTfLiteNoType: float32 */
    const char *const *wide;            /* LN_QUANT_INT8: operators, named as above, that take int16
                                           activations where they have that form */
    int n_wide;
    const char *const *per_channel; /* beside per_tensor: operators with a scale per channel */
    int n_per_channel;
    ln_quant_rounding rounding;
    ln_quant_verify verify; /* for LN_QUANT_INT8 and LN_QUANT_INT16X8 */
} ln_quantize_options;

typedef struct ln_quantized ln_quantized;

/* Quantizes a .tflite file in memory.  NULL when that fails.  A model that computes in integers
 * already is taken back to floats first, here and in a calibration. */
LN_API ln_quantized *ln_quantize(const void *model, size_t n, const ln_quantize_options *options,
                                 ln_quantize_error *error);
/* A float model that computes the same, with channels scaled between convolutions and products so
 * that their weights have like ranges (cross-layer equalization: Nagel et al., Data-Free
 * Quantization Through Weight Equalization and Bias Correction, 2019, section 4.1).  It is to be
 * calibrated and quantized in the place of the other one.  NULL when that fails. */
LN_API ln_quantized *ln_quantize_equalized(const void *model, size_t n, ln_quantize_error *error);
/* NULL is fine. */
LN_API void ln_quantized_free(ln_quantized *q);
/* The new file; it lives as long as `q`. */
LN_API const void *ln_quantized_model(const ln_quantized *q, size_t *n);

#ifdef __cplusplus
}
#endif

#endif
