/* SPDX-License-Identifier: Apache-2.0 */
/* proto.c: the wire format of protocol buffers. */
#include "base/proto.h"

#include <math.h>
#include <string.h>

uint64_t ln_proto_varint(ln_proto *r)
{
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (r->p >= r->end)
            break;
        const uint8_t byte = *r->p++;
        v |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return v;
    }
    r->bad = true;
    return 0;
}

bool ln_proto_next(ln_proto *r, ln_proto_field *f)
{
    if (r->p >= r->end || r->bad)
        return false;
    const uint64_t key = ln_proto_varint(r);
    f->wire = (int)(key & 7);
    f->number = key >> 3 < 1 << 29 ? (int)(key >> 3) : 0;
    f->value = f->wire == LN_PROTO_VARINT || f->wire == LN_PROTO_BYTES ? ln_proto_varint(r)
               : f->wire == LN_PROTO_32                                ? 4
                                                                       : 8;
    if (f->wire > 5 || f->wire == 3 || f->wire == 4)
        r->bad = true;
    f->data = r->p;
    if (f->wire != LN_PROTO_VARINT && !r->bad) {
        r->bad = f->value > (uint64_t)(r->end - r->p);
        r->p += r->bad ? 0 : f->value;
    }
    return !r->bad;
}

bool ln_proto_find(ln_proto r, int number, ln_proto_field *out)
{
    bool found = false;
    for (ln_proto_field f; ln_proto_next(&r, &f);)
        if (f.number == number) {
            *out = f;
            found = true;
        }
    return found;
}

ln_proto ln_proto_inside(const ln_proto_field *f)
{
    if (f->wire != LN_PROTO_BYTES)
        return (ln_proto){.bad = true};
    return ln_proto_of(f->data, (size_t)f->value);
}

bool ln_proto_number(ln_proto_field *f, ln_proto *packed, uint64_t *v)
{
    if (f->wire == LN_PROTO_VARINT) {
        *v = f->value;
        f->wire = -1; /* it has been given */
        return true;
    }
    if (packed->bad || packed->p >= packed->end)
        return false;
    *v = ln_proto_varint(packed);
    return !packed->bad;
}

float ln_proto_float(const ln_proto_field *f)
{
    float x = 0;
    if (f->wire == LN_PROTO_32) {
        const uint32_t bits = ln_proto_le32(f->data);
        memcpy(&x, &bits, sizeof x);
    }
    return isfinite(x) ? x : 0;
}

uint32_t ln_proto_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
