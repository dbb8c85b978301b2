/* SPDX-License-Identifier: Apache-2.0 */
/* narrow_tail.h: the first n < VF items of narrow types, through a buffer; included by simd_*.h of
 * the sets that have no masked access to them. */
#include <string.h>

#define NARROW_TAIL(load, store, vector, suffix, type)                             \
    LN_INLINE vector load##_##suffix##_n(const type *p, size_t n)                  \
    {                                                                              \
        type buffer[VF] = {0};                                                     \
        memcpy(buffer, p, n * sizeof *p);                                          \
        return load##_##suffix(buffer);                                            \
    }                                                                              \
    LN_INLINE void store##_##suffix##_n(type *p, vector v, size_t n)               \
    {                                                                              \
        type buffer[VF];                                                           \
        store##_##suffix(buffer, v);                                               \
        memcpy(p, buffer, n * sizeof *p);                                          \
    }

NARROW_TAIL(vi_load, vi_store, vi, s8, int8_t)
NARROW_TAIL(vi_load, vi_store, vi, u8, uint8_t)
NARROW_TAIL(vi_load, vi_store, vi, s16, int16_t)
NARROW_TAIL(vf_load, vf_store, vf, f16, uint16_t)
#undef NARROW_TAIL

LN_INLINE vb vb_load_n(const uint8_t *p, size_t n)
{
    uint8_t buffer[VB] = {0};
    memcpy(buffer, p, n);
    return vb_load(buffer);
}
LN_INLINE void vb_store_n(uint8_t *p, vb v, size_t n)
{
    uint8_t buffer[VB];
    vb_store(buffer, v);
    memcpy(p, buffer, n);
}
