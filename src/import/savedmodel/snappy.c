/* SPDX-License-Identifier: Apache-2.0 */
/* snappy.c: Snappy's raw format (github.com/google/snappy, format_description.txt): the length,
 * then literals and copies of what came before. */
#include <string.h>

#include "import/savedmodel/table.h"

bool ln_leveldb_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return true;
    }
    return false;
}

typedef struct output {
    uint8_t *data;
    size_t at, size;
} output;

/* `n` bytes, little-endian. */
static bool number(const uint8_t **at, const uint8_t *end, unsigned n, size_t *value)
{
    if ((size_t)(end - *at) < n)
        return false;
    *value = 0;
    for (unsigned i = 0; i < n; i++)
        *value |= (size_t)(*(*at)++) << 8 * i;
    return true;
}

static bool literal(output *out, const uint8_t **at, const uint8_t *end, unsigned tag)
{
    size_t n = tag >> 2;
    if (n >= 60 && !number(at, end, (unsigned)n - 59, &n))
        return false;
    n++;
    if (n > (size_t)(end - *at) || n > out->size - out->at)
        return false;
    memcpy(out->data + out->at, *at, n);
    out->at += n;
    *at += n;
    return true;
}

static bool copy(output *out, const uint8_t **at, const uint8_t *end, unsigned tag)
{
    size_t n = (tag >> 2) + 1, back;
    if (!number(at, end, (tag & 3) == 3 ? 4 : tag & 3, &back))
        return false;
    if ((tag & 3) == 1) {
        n = 4 + (tag >> 2 & 7);
        back |= (size_t)(tag >> 5) << 8;
    }
    if (back == 0 || back > out->at || n > out->size - out->at)
        return false;
    for (size_t i = 0; i < n; i++, out->at++) /* may overlap: a run */
        out->data[out->at] = out->data[out->at - back];
    return true;
}

uint8_t *ln_leveldb_unpack(const uint8_t *data, size_t n, size_t limit, ln_arena *arena,
                           size_t *size)
{
    const uint8_t *at = data, *end = data + n;
    uint64_t length;
    /* a copy of two bytes gives at most 64 */
    if (!ln_leveldb_varint(&at, end, &length) || length > limit || length / 64 > n)
        return NULL;
    output out = {.size = (size_t)length};
    out.data = ln_arena_new(arena, 1, out.size + 1);
    while (out.data && at < end) {
        const unsigned tag = *at++;
        if (!(tag & 3 ? copy(&out, &at, end, tag) : literal(&out, &at, end, tag)))
            return NULL;
    }
    *size = out.size;
    return out.at == out.size ? out.data : NULL;
}
