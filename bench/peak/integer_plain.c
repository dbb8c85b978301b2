/* SPDX-License-Identifier: Apache-2.0 */
/* integer_plain.c: 16-bit multiplications and additions in plain C, as peak_loop.h does floats;
 * 8-bit numbers are widened to these where there are no instructions for them. */
#include <stdint.h>

enum { WIDTH = 96 };

float peak_integer_plain(float a, float b, long n);

float peak_integer_plain(float a, float b, long n)
{
    const uint16_t times = (uint16_t)(a * 1001), plus = (uint16_t)(b * 10007);
    uint16_t s[WIDTH];
    unsigned sum = 0;
    for (int i = 0; i < WIDTH; i++)
        s[i] = (uint16_t)i;
    for (long k = 0; k < n; k++)
        for (int i = 0; i < WIDTH; i++)
            s[i] = (uint16_t)((unsigned)s[i] * times + plus);
    for (int i = 0; i < WIDTH; i++)
        sum += s[i];
    return (float)sum;
}
