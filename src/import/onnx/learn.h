/* SPDX-License-Identifier: Apache-2.0 */
/* learn.h: what the operators of ai.onnx.ml share. */
#ifndef LN_IMPORT_ONNX_LEARN_H
#define LN_IMPORT_ONNX_LEARN_H

#include "import/onnx/families.h"

/* How many class labels the node has. */
int ln_ox_labels(const ln_ox_node *n);
/* Output 0: the labels of these classes, int32. */
void ln_ox_out_label(ln_ox *o, const ln_ox_node *n, ln_id classes);
/* Output 0: the label of each row's largest score. */
void ln_ox_out_best(ln_ox *o, const ln_ox_node *n, ln_id scores);
/* Scores after the node's post_transform. */
ln_id ln_ox_scores(ln_ox *o, const ln_ox_node *n, ln_id scores);

#endif
