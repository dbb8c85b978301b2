/* SPDX-License-Identifier: Apache-2.0 */
/* peak_loop.h: s = s * a + b on so many numbers that they just fit the registers, `n` times; the
 * compiler makes vector instructions of it.  Compiled once per kind of processor: PEAK_NAME is the
 * function, PEAK_WIDTH how many numbers. */
#include "benchmark/peak.h"

float PEAK_NAME(float a, float b, long n)
{
    float s[PEAK_WIDTH], sum = 0;
    for (int i = 0; i < PEAK_WIDTH; i++)
        s[i] = (float)i;
    for (long k = 0; k < n; k++)
        for (int i = 0; i < PEAK_WIDTH; i++)
            s[i] = s[i] * a + b;
    for (int i = 0; i < PEAK_WIDTH; i++)
        sum += s[i];
    return sum;
}
