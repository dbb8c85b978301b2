/* SPDX-License-Identifier: Apache-2.0 */
/* peak.c: the machine's peak, by the loop of peak_loop.h in the widest form that it can run. */
#include "benchmark/peak.h"

#ifdef LINNET_PEAK_X86
#include <cpuid.h>
#endif

#include "benchmark/machine.h"

#ifdef LINNET_PEAK_X86
/* The system has the feature, whose registers it has to save, and so has the processor, which may
 * be a program that knows of less. */
static bool can(const char *feature, unsigned bit)
{
    unsigned a, b, c, d;
    return machine_has(feature) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit);
}
#endif

double machine_peak(int threads)
{
#ifdef LINNET_PEAK_X86
    if (can("avx512f", bit_AVX512F))
        return peak_speed(peak_avx512, PEAK_AVX512_OPS, threads);
    if (can("avx2", bit_AVX2) && machine_has("fma"))
        return peak_speed(peak_avx2, PEAK_AVX2_OPS, threads);
#endif
    return peak_speed(peak_plain, PEAK_PLAIN_OPS, threads);
}
