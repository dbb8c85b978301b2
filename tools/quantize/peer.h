/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h: a model in another runtime: in a library with TensorFlow Lite's C API that is opened by
 * its path.  Tensors are looked at by its functions alone, as their layout is its own. */
#ifndef PEER_H
#define PEER_H

#include "common/value.h"
#include "quantize/samples.h"
#include "tensorflow/lite/c/common.h"

typedef struct peer peer;

/* NULL with a message. */
peer *peer_open(const char *library, const char *model, int threads);
void peer_close(peer *p);
/* Runs the model on a sample; false with a message. */
bool peer_run(peer *p, const samples *s);
int peer_output_count(const peer *p);
/* Output `i`: its type and quantization in *t, which has no data, and its items, to be freed. */
bool peer_output(const peer *p, int i, TfLiteTensor *t, value *v);

#endif
