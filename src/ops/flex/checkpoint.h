/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h: files of named tensors, as TensorFlow's operators Save and Restore write and read
 * them: a table in LevelDB's format, whose values are SavedTensorSlices messages (tensorflow/core/
 * util/saved_tensor_slice.proto), under keys made by its OrderedCode.  Whole tensors only. */
#ifndef LN_OPS_FLEX_CHECKPOINT_H
#define LN_OPS_FLEX_CHECKPOINT_H

#include "base/arena.h"
#include "base/proto.h"
#include "ops/strings.h"

/* True when tensors of that type can be written and read. */
bool ln_checkpoint_takes(TfLiteType type);

/* Makes `path` a file of `n` tensors. */
ln_status ln_checkpoint_write(const char *path, const ln_strings *names,
                              const TfLiteTensor *const *tensors, int n, ln_diag *diag) LN_MUST_USE;

/* A tensor in an open file. */
typedef struct ln_saved {
    TfLiteType type;
    ln_shape shape;
    ln_proto data; /* its TensorProto */
} ln_saved;

/* Finds a tensor in a file's bytes; what is found lives as long as they and the arena. */
ln_status ln_checkpoint_find(const uint8_t *data, size_t n, ln_string name, ln_arena *arena,
                             ln_saved *out, ln_diag *diag) LN_MUST_USE;
/* Its items go to output `out` of a call, which has its type and shape. */
ln_status ln_checkpoint_load(ln_call *c, int out, const ln_saved *saved) LN_MUST_USE;

#endif
