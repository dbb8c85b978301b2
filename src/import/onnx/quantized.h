/* SPDX-License-Identifier: Apache-2.0 */
/* quantized.h: what the files of quantized models share. */
#ifndef LN_IMPORT_ONNX_QUANTIZED_H
#define LN_IMPORT_ONNX_QUANTIZED_H

#include "import/onnx/families.h"

/* n scales and zero points along a dimension; false after a failure. */
bool ln_ox_set_scales(ln_ox *o, TfLiteTensor *t, int n, const float *scales, const int *zeros,
                      int axis);
bool ln_ox_same_scales(const TfLiteTensor *a, const TfLiteTensor *b);
/* x stands for the integers q. */
void ln_ox_note_source(ln_ox *o, ln_id x, ln_id q);
ln_id ln_ox_quantize(ln_ox *o, ln_id x, const TfLiteTensor *like);
/* The node that makes x, once more, on integers, with this result; -1: there is no such operator,
 * or its operands are none. */
ln_id ln_ox_requantized(ln_ox *o, ln_id x, const TfLiteTensor *like);

#endif
