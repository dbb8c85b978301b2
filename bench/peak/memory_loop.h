/* SPDX-License-Identifier: Apache-2.0 */
/* memory_loop.h: y = y * a + x on 1024 numbers, which stay in the first-level cache: two of them
 * read and one written for each. */
enum { MEMORY_ITEMS = 1024 };

float MEMORY_NAME(float a, float b, long n);

float MEMORY_NAME(float a, float b, long n)
{
    _Alignas(64) float x[MEMORY_ITEMS], y[MEMORY_ITEMS], sum = 0;
    for (int i = 0; i < MEMORY_ITEMS; i++)
        x[i] = y[i] = b;
    for (long k = 0; k < n; k++)
        for (int i = 0; i < MEMORY_ITEMS; i++)
            y[i] = y[i] * a + x[i];
    for (int i = 0; i < MEMORY_ITEMS; i++)
        sum += y[i];
    return sum;
}
