/* SPDX-License-Identifier: Apache-2.0 */
/* add_run.c: the loops of add_run.h.  Integers add as unsigned, where wrapping is defined. */
#include "ops/add_run.h"

#define ADD(name, type, expr)                                                             \
    static void add_##name(void *y, int64_t to, const void *x, int64_t from, int64_t n)   \
    {                                                                                     \
        type *t = (type *)y + to;                                                         \
        const type *f = (const type *)x + from;                                           \
        for (int64_t i = 0; i < n; i++)                                                   \
            t[i] = (type)(expr);                                                          \
    }
ADD(f32, float, t[i] + f[i])
ADD(f64, double, t[i] + f[i])
ADD(b, bool, t[i] | f[i])
ADD(8, uint8_t, t[i] + f[i])
ADD(16, uint16_t, t[i] + f[i])
ADD(32, uint32_t, t[i] + f[i])
ADD(64, uint64_t, t[i] + f[i])

ln_add_run ln_add_run_of(TfLiteType type)
{
    switch (type) {
    case kTfLiteFloat32: return add_f32;
    case kTfLiteFloat64: return add_f64;
    case kTfLiteBool: return add_b;
    case kTfLiteInt8:
    case kTfLiteUInt8: return add_8;
    case kTfLiteInt16:
    case kTfLiteUInt16: return add_16;
    case kTfLiteInt32:
    case kTfLiteUInt32: return add_32;
    case kTfLiteInt64:
    case kTfLiteUInt64: return add_64;
    default: return NULL;
    }
}
