/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c: XXH64 for little-endian machines.  Names are those of its specification. */
#include "base/hash.h"

#include <string.h>

static const uint64_t prime1 = 0x9E3779B185EBCA87, prime2 = 0xC2B2AE3D27D4EB4F,
                      prime3 = 0x165667B19E3779F9, prime4 = 0x85EBCA77C2B2AE63,
                      prime5 = 0x27D4EB2F165667C5;

enum { LANES = 4, LANE = 8, STRIPE = LANES * LANE };

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t read64(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint32_t read32(const uint8_t *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint64_t lane_round(uint64_t lane, uint64_t value)
{
    return rotate(lane + value * prime2, 31) * prime1;
}

static uint64_t merge(uint64_t h, uint64_t lane)
{
    return (h ^ lane_round(0, lane)) * prime1 + prime4;
}

static uint64_t stripes(const uint8_t **p, const uint8_t *end, uint64_t seed)
{
    uint64_t a = seed + prime1 + prime2, b = seed + prime2, c = seed, d = seed - prime1;
    for (; end - *p >= STRIPE; *p += STRIPE) {
        a = lane_round(a, read64(*p));
        b = lane_round(b, read64(*p + LANE));
        c = lane_round(c, read64(*p + 2 * LANE));
        d = lane_round(d, read64(*p + 3 * LANE));
    }
    const uint64_t h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(h, a), b), c), d);
}

uint64_t ln_hash(const void *data, size_t n, uint64_t seed)
{
    const uint8_t *p = data, *const end = p + n;
    uint64_t h = n >= STRIPE ? stripes(&p, end, seed) : seed + prime5;
    h += n;
    for (; end - p >= LANE; p += LANE)
        h = rotate(h ^ lane_round(0, read64(p)), 27) * prime1 + prime4;
    for (; end - p >= 4; p += 4)
        h = rotate(h ^ read32(p) * prime1, 23) * prime2 + prime3;
    for (; p < end; p++)
        h = rotate(h ^ *p * prime5, 11) * prime1;
    h = (h ^ h >> 33) * prime2;
    h = (h ^ h >> 29) * prime3;
    return h ^ h >> 32;
}
