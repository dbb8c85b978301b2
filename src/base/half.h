/* SPDX-License-Identifier: Apache-2.0 */
/* half.h: the 16-bit floating point formats as bit patterns.  IEEE binary16 (float16) and the
 * upper half of a binary32 (bfloat16), to and from float; rounding is to nearest, ties to even.
 * NaN stays NaN, and what does not fit becomes infinity. */
#ifndef LN_BASE_HALF_H
#define LN_BASE_HALF_H

#include <string.h>

#include "base/compiler.h"

static inline uint32_t ln_float_bits(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float ln_bits_float(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Without branches, so that loops of a known length are vectorized. */
static inline float ln_half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16, body = h & 0x7FFF;
    const uint32_t usual = (body << 13) + ((127u - 15) << 23);
    const uint32_t endless = (0u - (body >= 0x7C00)) & 0x7F800000; /* infinity, NaN */
    const float tiny = (float)(int32_t)body * (1.f / 16777216);    /* denormal: units of 2^-24 */
    const uint32_t other = (ln_float_bits(tiny) ^ usual) & (0u - (body < 0x0400));
    return ln_bits_float((usual ^ other) | endless | sign);
}

static inline uint16_t ln_float_to_half(float x)
{
    const uint32_t u = ln_float_bits(x), body = u & 0x7FFFFFFF;
    const uint16_t sign = (uint16_t)(u >> 16 & 0x8000);
    if (body > 0x7F800000)
        return (uint16_t)(sign | 0x7E00 | (body >> 13 & 0x1FF));
    if (body >= 0x477FF000) /* rounds to 65536 or more */
        return sign | 0x7C00;
    if (body < 0x38800000) { /* below 2^-14: adding 0.5 rounds to units of 2^-24 */
        const float shifted = ln_bits_float(body) + 0.5f;
        return (uint16_t)(sign | (ln_float_bits(shifted) - 0x3F000000));
    }
    const uint32_t even = body >> 13 & 1;
    return (uint16_t)(sign | ((body - ((127u - 15) << 23) + 0xFFF + even) >> 13));
}

static inline float ln_bf16_to_float(uint16_t h)
{
    return ln_bits_float((uint32_t)h << 16);
}

static inline uint16_t ln_float_to_bf16(float x)
{
    const uint32_t u = ln_float_bits(x);
    if ((u & 0x7FFFFFFF) > 0x7F800000)
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7FFF + (u >> 16 & 1)) >> 16);
}

#endif
