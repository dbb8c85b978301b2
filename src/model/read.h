/* SPDX-License-Identifier: Apache-2.0 */
/* read.h: what the files that read a model share. */
#ifndef LN_MODEL_READ_H
#define LN_MODEL_READ_H

#include "fb/reader.h"
#include "ir/graph.h"

typedef struct ln_opcode {
    int builtin, version;
    const char *custom;        /* for kTfLiteBuiltinCustom */
    const struct ln_op *op;
} ln_opcode;

typedef struct ln_reading {
    ln_model *m;
    ln_graph *g;               /* being read */
    const ln_opcode *opcodes;
    size_t n_opcodes;
    size_t copied;             /* bytes, by ln_read_past: not more than the file has */
    TfLiteIntArray *zeros[16]; /* zero points of tensors so far that have only 0, by how many */
    ln_diag *diag;
} ln_reading;

/* A vector of ints from `slot` in the arena; an absent one is empty. */
ln_status ln_read_ids(ln_reading *r, const ln_fb_table *t, unsigned slot, TfLiteIntArray **out)
    LN_MUST_USE;
/* Bytes that lie outside the flatbuffer; fails when the file does not have them. */
ln_status ln_read_outside(ln_reading *r, uint64_t offset, uint64_t size, const char *what, size_t i,
                          const uint8_t **data) LN_MUST_USE;

ln_status ln_read_tensor(ln_reading *r, const ln_fb_table *from, int i, ln_tensor *to) LN_MUST_USE;
ln_status ln_read_node(ln_reading *r, const ln_fb_table *from, int i, ln_node *to) LN_MUST_USE;
/* Reads and checks how a sparse constant is stored; `bytes` of data belong to it. */
ln_status ln_read_sparsity(ln_reading *r, const ln_fb_table *from, int i, TfLiteTensor *t)
    LN_MUST_USE;
/* Operands of the graph that TFLite reads past their end become what it takes them for. */
ln_status ln_read_past(ln_reading *r) LN_MUST_USE;

#endif
