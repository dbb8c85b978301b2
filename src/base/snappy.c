/* SPDX-License-Identifier: Apache-2.0 */
/* snappy.c: unpacks Snappy's format: the size, then literals and copies of what came before. */
#include <string.h>

#include "base/leveldb.h"
#include "base/proto.h"

/* A copy of 64 bytes takes three: a size beyond that is a lie. */
enum { MAX_RATIO = 22 };

typedef struct output {
    uint8_t *data;
    size_t n, size;
} output;

/* `bytes` bytes of a number, the lowest first. */
static size_t number(ln_proto *r, int bytes)
{
    size_t v = 0;
    if (r->end - r->p < bytes) {
        r->bad = true;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        v |= (size_t)*r->p++ << (8 * i);
    return v;
}

static bool take_literal(ln_proto *r, unsigned tag, output *to)
{
    size_t n = tag >> 2;
    if (n >= 60)
        n = number(r, (int)n - 59);
    if (r->bad || n >= (size_t)(r->end - r->p) || n >= to->size - to->n)
        return false;
    memcpy(to->data + to->n, r->p, n + 1);
    r->p += n + 1;
    to->n += n + 1;
    return true;
}

static bool take_copy(ln_proto *r, unsigned tag, output *to)
{
    static const int bytes[] = {0, 1, 2, 4};
    const unsigned kind = tag & 3;
    const size_t low = number(r, bytes[kind]);
    const size_t n = kind == 1 ? (tag >> 2 & 7) + 4 : (tag >> 2) + 1;
    const size_t back = kind == 1 ? (size_t)(tag >> 5) << 8 | low : low;

    if (r->bad || back == 0 || back > to->n || n > to->size - to->n)
        return false;
    for (size_t i = 0; i < n; i++) /* source and target may overlap: then it repeats */
        to->data[to->n + i] = to->data[to->n - back + i];
    to->n += n;
    return true;
}

uint8_t *ln_snappy_unpack(const uint8_t *data, size_t n, size_t limit, ln_arena *arena,
                          size_t *size)
{
    ln_proto r = ln_proto_of(data, n);
    const uint64_t full = ln_proto_varint(&r);
    output to = {.size = (size_t)full};

    if (r.bad || full > limit || full / MAX_RATIO > n)
        return NULL;
    to.data = ln_arena_new(arena, to.size + 1, 1);
    bool ok = to.data != NULL;
    while (ok && r.p < r.end) {
        const unsigned tag = *r.p++;
        ok = (tag & 3) == 0 ? take_literal(&r, tag, &to) : take_copy(&r, tag, &to);
    }
    *size = to.size;
    return ok && to.n == to.size ? to.data : NULL;
}
