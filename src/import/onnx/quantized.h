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

/* ---- narrow.c ---- */

/* A float of 4 or 8 bits that has a sign. */
bool ln_ox_is_narrow_float(int elem);
/* x as float32, rounded to numbers of such a type; larger ones become its largest one, or what the
 * type has for them. */
ln_id ln_ox_narrowed(ln_ox *o, ln_id x, int elem, bool saturate);
/* The range of integers of up to 16 bits. */
bool ln_ox_narrow_range(int elem, int *low, int *high);
/* x as such integers: its lowest bits. */
ln_id ln_ox_wrapped(ln_ox *o, ln_id x, int elem);
/* ONNX's type of input i, as far as the file says it; else 0. */
int ln_ox_elem_of(const ln_ox_node *n, int i);
/* QuantizeLinear of v to a type, DequantizeLinear of v, in floats. */
ln_id ln_ox_quantize_plainly(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, int elem);
ln_id ln_ox_dequantize_plainly(ln_ox *o, const ln_ox_node *n, ln_ox_value *v);

#endif
