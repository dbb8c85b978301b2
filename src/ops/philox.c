/* SPDX-License-Identifier: Apache-2.0 */
/* philox.c: the generator that TensorFlow's random numbers come from; see philox.h. */
#include "ops/philox.h"

#include <math.h>
#include <string.h>

ln_random_block ln_philox_mix(uint32_t key0, uint32_t key1, ln_random_block x)
{
    for (int i = 0; i < 10; i++) {
        const uint64_t a = UINT64_C(0xD2511F53) * x.word[0];
        const uint64_t b = UINT64_C(0xCD9E8D57) * x.word[2];
        x = (ln_random_block){{(uint32_t)(b >> 32) ^ x.word[1] ^ key0, (uint32_t)b,
                               (uint32_t)(a >> 32) ^ x.word[3] ^ key1, (uint32_t)a}};
        key0 += 0x9E3779B9;
        key1 += 0xBB67AE85;
    }
    return x;
}

/* The counter is one number of 128 bits. */
void ln_philox_skip(ln_philox *g, uint64_t count)
{
    uint32_t *w = g->counter.word;
    uint64_t low = ((uint64_t)w[1] << 32 | w[0]) + count;

    if (low < count) {
        const uint64_t high = ((uint64_t)w[3] << 32 | w[2]) + 1;
        w[2] = (uint32_t)high;
        w[3] = (uint32_t)(high >> 32);
    }
    w[0] = (uint32_t)low;
    w[1] = (uint32_t)(low >> 32);
}

ln_random_block ln_philox_next(ln_philox *g)
{
    const ln_random_block b = ln_philox_mix(g->key[0], g->key[1], g->counter);
    ln_philox_skip(g, 1);
    return b;
}

/* 23 bits as the fraction of a number in [1, 2), less 1. */
float ln_unit_f32(uint32_t x)
{
    const uint32_t bits = UINT32_C(127) << 23 | (x & 0x7FFFFF);
    float f;

    memcpy(&f, &bits, sizeof(f));
    return f - 1;
}

double ln_unit_f64(uint32_t high, uint32_t low)
{
    const uint64_t bits = UINT64_C(1023) << 52 | (uint64_t)(high & 0xFFFFF) << 32 | low;
    double f;

    memcpy(&f, &bits, sizeof(f));
    return f - 1;
}

/* Box and Muller's transform of two numbers to two. */
void ln_normal_pair(uint32_t a, uint32_t b, float y[2])
{
    const float u = fmaxf(ln_unit_f32(a), 1e-7f);
    const float angle = (float)(2 * 3.14159265358979323846 * (double)ln_unit_f32(b));
    const float radius = sqrtf(-2 * logf(u));

    y[0] = sinf(angle) * radius;
    y[1] = cosf(angle) * radius;
}
