/* SPDX-License-Identifier: Apache-2.0 */
/* raw.c: weights stay in the file.  protobuf-c copies all bytes of a message; so it reads a copy of
 * the file without the raw data of large initializers, and these point into the file then. */
#include <string.h>

#include "import/onnx/raw.h"

enum { LARGE = 1 << 15 };

/* Model, graph and tensor: the field that leads inside, at last the raw data itself. */
static const uint64_t inward[] = {7, 5, 9};
enum { TENSOR = 2 };

/* One pass; without `out` it counts. */
typedef struct pass {
    uint8_t *out;
    ln_bytes *raw; /* per initializer; NULL: they are counted */
    size_t n;      /* initializers so far */
    size_t cut;    /* bytes that stay in the file */
} pass;

static size_t put(uint8_t *out, size_t at, const void *bytes, size_t n)
{
    if (out && n)
        memcpy(out + at, bytes, n);
    return at + n;
}

static size_t put_varint(uint8_t *out, size_t at, uint64_t v)
{
    for (; v > 127; v >>= 7, at++)
        if (out)
            out[at] = (uint8_t)(v | 128);
    if (out)
        out[at] = (uint8_t)v;
    return at + 1;
}

/* The length of a message without what is cut, which goes to p->out + at. */
static size_t trim(pass *p, int level, ln_bytes in, size_t at)
{
    const uint8_t *from = in.data, *end = from + in.size, *body = from;
    const size_t first = at;
    uint64_t tag;
    size_t n;
    while (from < end) {
        const uint8_t *start = from;
        if (!ln_ox_field(&from, end, &tag, &body, &n)) {
            from = end; /* protobuf-c will say that it is malformed */
            at = put(p->out, at, start, (size_t)(end - start));
            break;
        }
        const bool leads = (tag & 7) == 2 && tag >> 3 == inward[level];
        if (leads && level == TENSOR && p->raw) /* the last of several holds */
            p->raw[p->n] = n < LARGE ? (ln_bytes){0} : (ln_bytes){body, n};
        if (!leads || (level == TENSOR && n < LARGE)) {
            at = put(p->out, at, start, (size_t)(from - start));
            continue;
        }
        if (level == TENSOR) {
            p->cut += n;
            continue;
        }
        pass count = {.n = p->n};
        const size_t length = trim(&count, level + 1, (ln_bytes){body, n}, 0);
        at = put_varint(p->out, put_varint(p->out, at, tag), length);
        at += trim(p, level + 1, (ln_bytes){body, n}, at);
        p->n += level + 1 == TENSOR;
    }
    return at - first;
}

bool ln_ox_cut_raw(ln_arena *arena, ln_bytes bytes, ln_ox_cut *cut)
{
    pass p = {0};
    const size_t size = trim(&p, 0, bytes, 0);
    *cut = (ln_ox_cut){.left = bytes};
    if (!p.cut)
        return true;
    const size_t n = p.n;
    uint8_t *out = ln_new(arena->alloc, size + 1, 1);
    ln_bytes *raw = ln_arena_new(arena, n + 1, sizeof *raw);
    if (!out || !raw) {
        ln_free(arena->alloc, out);
        return false;
    }
    p = (pass){.out = out, .raw = raw};
    trim(&p, 0, bytes, 0);
    *cut = (ln_ox_cut){.left = {out, size}, .own = out, .raw = raw, .n = n};
    return true;
}

void ln_ox_put_back(const ln_ox_cut *cut, Onnx__GraphProto *g)
{
    for (size_t i = 0; i < cut->n && i < g->n_initializer; i++) {
        Onnx__TensorProto *t = g->initializer[i];
        if (!cut->raw[i].data)
            continue;
        t->has_raw_data = true;
        t->raw_data.data = (uint8_t *)(uintptr_t)cut->raw[i].data;
        t->raw_data.len = cut->raw[i].size;
    }
}
