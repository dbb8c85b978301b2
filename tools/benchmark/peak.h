/* SPDX-License-Identifier: Apache-2.0 */
/* peak.h: times loops that do nothing but arithmetic. */
#ifndef PEAK_H
#define PEAK_H

/* `n` rounds; a and b are numbers that the compiler does not know, the result is to be used. */
typedef float (*peak_loop)(float a, float b, long n);

/* peak_loop.h, once per kind of processor; see there. */
float peak_plain(float a, float b, long n);
float peak_avx2(float a, float b, long n);
float peak_avx512(float a, float b, long n);
enum { PEAK_PLAIN_OPS = 2 * 48, PEAK_AVX2_OPS = 2 * 96, PEAK_AVX512_OPS = 2 * 192 };

/* How much `threads` threads together do in a second at best, in 1e9, where a round of the loop
 * does `work`; 0: so many threads cannot be had.  Takes about 50 ms. */
double peak_speed(peak_loop run, double work, int threads);

#endif
