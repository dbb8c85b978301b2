/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c: reads protobuf's wire format; see wire.h. */
#include "ops/flex/wire.h"

#include "fb/reader.h"

bool ln_wire_varint(ln_wire *b, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && b->at < b->end; shift += 7) {
        const uint8_t byte = *b->at++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

static bool fixed(ln_wire *b, size_t n, uint64_t *value)
{
    if ((size_t)(b->end - b->at) < n)
        return false;
    *value = n == 4 ? ln_le32(b->at) : ln_le64(b->at);
    b->at += n;
    return true;
}

bool ln_wire_next(ln_wire *b, ln_wire_field *f)
{
    uint64_t key;
    if (b->at == b->end || !ln_wire_varint(b, &key))
        return false;
    f->number = (unsigned)(key >> 3);
    f->wire = (unsigned)(key & 7);
    f->body = (ln_wire){0};
    switch (f->wire) {
    case 0:
        return ln_wire_varint(b, &f->value);
    case 1:
        return fixed(b, 8, &f->value);
    case 5:
        return fixed(b, 4, &f->value);
    case 2:
        if (!ln_wire_varint(b, &f->value) || f->value > (uint64_t)(b->end - b->at))
            return false;
        f->body = (ln_wire){b->at, b->at + f->value};
        b->at = f->body.end;
        return true;
    default:
        return false;
    }
}

bool ln_wire_find(ln_wire b, unsigned number, ln_wire_field *out)
{
    bool found = false;
    for (ln_wire_field f; ln_wire_next(&b, &f);)
        if (f.number == number) {
            *out = f;
            found = true;
        }
    return found;
}
