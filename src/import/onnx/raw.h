/* SPDX-License-Identifier: Apache-2.0 */
/* raw.h: what of a file is read as messages, and what stays where it lies. */
#ifndef LN_IMPORT_ONNX_RAW_H
#define LN_IMPORT_ONNX_RAW_H

#include "import/onnx/onnx.h"

typedef struct ln_ox_cut {
    ln_bytes left;       /* to be read */
    uint8_t *own;        /* to be freed by whoever cut; NULL: nothing was */
    const ln_bytes *raw; /* per initializer of the graph: its raw data in the file, or nothing */
    size_t n;
} ln_ox_cut;

/* False where memory runs out. */
bool ln_ox_cut_raw(ln_arena *arena, ln_bytes bytes, ln_ox_cut *cut);
/* Large raw data of the messages that were read points into the file. */
void ln_ox_put_back(const ln_ox_cut *cut, Onnx__GraphProto *g);

/* read.c: steps over one field; its bytes are [*body, *body + *n).  False when the message is
 * malformed. */
bool ln_ox_field(const uint8_t **at, const uint8_t *end, uint64_t *tag, const uint8_t **body,
                 size_t *n);

#endif
