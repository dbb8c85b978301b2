/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.c: FarmHash's Fingerprint64 (Geoff Pike's farmhash, namespace farmhashna), over
 * bytes that lie in two pieces: the ops hash a seed and an item, and need no memory to join them.
 * Four ways by length; the names x, y, z, v, w are those of the original description. */
#include "ops/fingerprint.h"

#include <string.h>

static const uint64_t k0 = 0xC3A5C85C97CB3127u, k1 = 0xB492B66FBE98F273u, k2 = 0x9AE16A3B2F90404Fu;

typedef struct key {
    const char *head, *tail;
    uint64_t n_head, n; /* bytes of the first piece, in all */
} key;

static uint64_t byte_at(const key *k, uint64_t at)
{
    return (uint8_t)(at < k->n_head ? k->head[at] : k->tail[at - k->n_head]);
}

/* `bytes` bytes from `at` on, the first the lowest. */
static uint64_t fetch(const key *k, uint64_t at, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= byte_at(k, at + i) << 8 * i;
    return v;
}

static uint64_t f64(const key *k, uint64_t at)
{
    return fetch(k, at, 8);
}

static uint64_t rotate(uint64_t v, unsigned by)
{
    return v >> by | v << (64 - by);
}

static uint64_t fold(uint64_t v)
{
    return v ^ v >> 47;
}

static uint64_t mix(uint64_t u, uint64_t v, uint64_t mul)
{
    const uint64_t a = fold((u ^ v) * mul);
    return fold((v ^ a) * mul) * mul;
}

static uint64_t hash_to_16(const key *k)
{
    const uint64_t n = k->n, mul = k2 + n * 2;
    if (n >= 8) {
        const uint64_t a = f64(k, 0) + k2, b = f64(k, n - 8);
        return mix(rotate(b, 37) * mul + a, (rotate(a, 25) + b) * mul, mul);
    }
    if (n >= 4)
        return mix(n + (fetch(k, 0, 4) << 3), fetch(k, n - 4, 4), mul);
    if (n == 0)
        return k2;
    const uint64_t y = byte_at(k, 0) + (byte_at(k, n / 2) << 8), z = n + (byte_at(k, n - 1) << 2);
    return fold(y * k2 ^ z * k0) * k2;
}

/* What the two middle lengths begin with. */
static uint64_t quarter(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return rotate(a + b, 43) + rotate(c, 30) + d;
}

static uint64_t hash_to_32(const key *k)
{
    const uint64_t n = k->n, mul = k2 + n * 2, a = f64(k, 0) * k1, b = f64(k, 8);
    const uint64_t c = f64(k, n - 8) * mul, d = f64(k, n - 16) * k2;
    return mix(quarter(a, b, c, d), a + rotate(b + k2, 18) + c, mul);
}

static uint64_t hash_to_64(const key *k)
{
    const uint64_t n = k->n, mul = k2 + n * 2, a = f64(k, 0) * k2, b = f64(k, 8);
    const uint64_t c = f64(k, n - 8) * mul, d = f64(k, n - 16) * k2;
    const uint64_t y = quarter(a, b, c, d);
    const uint64_t z = mix(y, a + rotate(b + k2, 18) + c, mul);
    const uint64_t e = f64(k, 16) * mul, f = f64(k, 24);
    const uint64_t g = (y + f64(k, n - 32)) * mul, h = (z + f64(k, n - 24)) * mul;
    return mix(quarter(e, f, g, h), e + rotate(f + a, 18) + g, mul);
}

typedef struct pair {
    uint64_t first, second;
} pair;

static pair weak_32(const key *k, uint64_t at, uint64_t a, uint64_t b)
{
    const uint64_t w = f64(k, at), x = f64(k, at + 8), y = f64(k, at + 16), z = f64(k, at + 24);
    a += w;
    b = rotate(b + a + z, 21);
    const uint64_t c = a;
    a += x + y;
    b += rotate(a, 44);
    return (pair){a + z, b + c};
}

typedef struct state {
    uint64_t x, y, z;
    pair v, w;
} state;

/* 64 bytes from `at` on; the last block has another multiplier and weights of 9. */
static void block(state *s, const key *k, uint64_t at, uint64_t mul, uint64_t weight)
{
    s->x = rotate(s->x + s->y + s->v.first + f64(k, at + 8), 37) * mul;
    s->y = rotate(s->y + s->v.second + f64(k, at + 48), 42) * mul;
    s->x ^= s->w.second * weight;
    s->y += s->v.first * weight + f64(k, at + 40);
    s->z = rotate(s->z + s->w.first, 33) * mul;
    s->v = weak_32(k, at, s->v.second * mul, s->x + s->w.first);
    s->w = weak_32(k, at + 32, s->z + s->w.second, s->y + f64(k, at + 16));
    const uint64_t x = s->x;
    s->x = s->z;
    s->z = x;
}

static uint64_t hash_long(const key *k)
{
    const uint64_t seed = 81, end = (k->n - 1) / 64 * 64, rest = (k->n - 1) & 63;
    state s = {.x = seed * k2 + f64(k, 0), .y = seed * k1 + 113};
    s.z = fold(s.y * k2 + 113) * k2;
    for (uint64_t at = 0; at < end; at += 64)
        block(&s, k, at, k1, 1);
    const uint64_t mul = k1 + ((s.z & 0xFF) << 1);
    s.w.first += rest;
    s.v.first += s.w.first;
    s.w.first += s.v.first;
    block(&s, k, end + rest - 63, mul, 9);
    return mix(mix(s.v.first, s.w.first, mul) + fold(s.y) * k0 + s.z,
               mix(s.v.second, s.w.second, mul) + s.x, mul);
}

static uint64_t hash(const key *k)
{
    return k->n <= 16   ? hash_to_16(k)
           : k->n <= 32 ? hash_to_32(k)
           : k->n <= 64 ? hash_to_64(k)
                        : hash_long(k);
}

uint64_t ln_fingerprint64(const char head[4], const char *tail, size_t n)
{
    const key k = {head, tail, 4, (uint64_t)n + 4};
    return hash(&k);
}

uint64_t ln_fingerprint64_text(const char *text, size_t n)
{
    const key k = {text, NULL, (uint64_t)n, (uint64_t)n};
    return hash(&k);
}

uint64_t ln_fingerprint64_join(uint64_t first, uint64_t second)
{
    const uint64_t mul = 0xc6a4a7935bd1e995;
    const uint64_t both = (first ^ mul ^ fold(second * mul) * mul) * mul;
    return fold(fold(both) * mul);
}
