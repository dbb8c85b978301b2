/* SPDX-License-Identifier: Apache-2.0 */
/* quant_test.h: small models for the tests of the quantizer: made by the emitter, written,
 * quantized and run. */
#ifndef QUANT_TEST_H
#define QUANT_TEST_H

#include "emit/emit.h"
#include "linnet/quantize.h"
#include "model/model.h"
#include "ops/list.h"

/* A model being made. */
typedef struct graph {
    ln_model *m;
    ln_diag diag;
    ln_emit e;
} graph;

/* A model as bytes, and read back. */
typedef struct file {
    uint8_t *bytes;
    size_t n;
    ln_model *m;
    ln_diag diag;
} file;

void graph_begin(graph *g);
/* Writes it; the graph is gone then. */
void graph_end(graph *g, file *f);
void file_free(file *f);
/* `n` numbers around 0, in the graph's memory; the same for the same seed. */
float *noise(graph *g, int n, unsigned seed);
void fill_noise(float *x, size_t n, unsigned seed);
void quantize(const file *from, const ln_quantize_options *o, file *to);

/* Statistics of the model on samples of noise, numbered [from, to). */
ln_calibration *calibrate(const file *f, unsigned from, unsigned to);

/* What the first graph has: tensors of a type, nodes of an op. */
int count_type(const file *f, TfLiteType type);
int count_op(const file *f, const ln_op *op);

/* Runs both on the same noise; 10 log10 of the first one's output power over that of the
 * difference. Integer outputs and inputs are scaled. */
double signal_to_noise(const file *a, const file *b, unsigned seed);
/* The mean square error of the quantized constant of the first FULLY_CONNECTED or DEQUANTIZE to
 * `w`, [rows, columns], in the columns from `from` on. */
double weights_error(const file *f, const float *w, int columns, int from);

#endif
