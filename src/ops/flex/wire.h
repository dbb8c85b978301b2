/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h: protobuf's wire format, read in place: no copy, no memory, every length checked.  A few
 * operators carry small messages; the runtime has no other library for them. */
#ifndef LN_OPS_FLEX_WIRE_H
#define LN_OPS_FLEX_WIRE_H

#include "base/compiler.h"

/* What is left of a message. */
typedef struct ln_wire {
    const uint8_t *at, *end;
} ln_wire;

typedef struct ln_wire_field {
    unsigned number, wire; /* 0 varint, 1 eight bytes, 2 bytes, 5 four bytes */
    uint64_t value;        /* of a number */
    ln_wire body;          /* of bytes */
} ln_wire_field;

bool ln_wire_varint(ln_wire *b, uint64_t *value);
/* The next field; false at the end, and where the bytes make no sense. */
bool ln_wire_next(ln_wire *b, ln_wire_field *f);
/* The last field of that number: protobuf lets later ones win. */
bool ln_wire_find(ln_wire b, unsigned number, ln_wire_field *out);

#endif
