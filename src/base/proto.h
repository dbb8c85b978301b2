/* SPDX-License-Identifier: Apache-2.0 */
/* proto.h: reads messages of protocol buffers field by field, as they are in files:
 *
 *     ln_proto r = ln_proto_of(data, n);
 *     for (ln_proto_field f; ln_proto_next(&r, &f);)
 *         ...;
 *     if (r.bad) ... */
#ifndef LN_BASE_PROTO_H
#define LN_BASE_PROTO_H

#include "base/compiler.h"

/* A message's bytes, read from the front. */
typedef struct ln_proto {
    const uint8_t *p, *end;
    bool bad; /* the bytes make no sense */
} ln_proto;

enum { LN_PROTO_VARINT = 0, LN_PROTO_BYTES = 2, LN_PROTO_32 = 5 };

typedef struct ln_proto_field {
    int number, wire;
    uint64_t value; /* of varints; the length of what `data` has */
    const uint8_t *data;
} ln_proto_field;

static inline ln_proto ln_proto_of(const uint8_t *data, size_t n)
{
    return (ln_proto){data, data + n, false};
}

/* The number at the front; 0, and bad, where there is none. */
uint64_t ln_proto_varint(ln_proto *r);
/* The next field; false at the end or when the bytes make no sense. */
bool ln_proto_next(ln_proto *r, ln_proto_field *f);
/* The last field of that number in a message: protobuf lets later ones win. */
bool ln_proto_find(ln_proto r, int number, ln_proto_field *out);
/* The message that a field is; a bad one when it is none. */
ln_proto ln_proto_inside(const ln_proto_field *f);
/* The numbers of a repeated field, which stands alone or packed: `packed` begins as
 * ln_proto_inside(f); false when there is no further one. */
bool ln_proto_number(ln_proto_field *f, ln_proto *packed, uint64_t *v);
/* A float; 0 when the field is none, or not finite. */
float ln_proto_float(const ln_proto_field *f);
/* Four bytes, the lowest first. */
uint32_t ln_proto_le32(const uint8_t *p);

#endif
