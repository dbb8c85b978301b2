/* SPDX-License-Identifier: Apache-2.0 */
/* dot_loop.h: DOT_LOOP defines a loop of peaks.def: twelve sums of `type`, which begin as
 * `first(i)` and become `step(s, x)` in each round, with x = `first(number)`; `last(s)` makes a
 * float of one.  Sums feed back where a step would otherwise be the same in every round and done
 * once; they have names since compilers keep arrays in memory. */
#define DOT_LOOP(name, type, first, step, last)                                            \
    float name(float a, float b, long n);                                                  \
    float name(float a, float b, long n)                                                   \
    {                                                                                      \
        const type x = first((int)(a * 1001) + (int)b);                                    \
        type s0 = first(0), s1 = first(1), s2 = first(2), s3 = first(3), s4 = first(4),    \
             s5 = first(5), s6 = first(6), s7 = first(7), s8 = first(8), s9 = first(9),    \
             s10 = first(10), s11 = first(11);                                             \
        for (long k = 0; k < n; k++) {                                                     \
            s0 = step(s0, x), s1 = step(s1, x), s2 = step(s2, x), s3 = step(s3, x);        \
            s4 = step(s4, x), s5 = step(s5, x), s6 = step(s6, x), s7 = step(s7, x);        \
            s8 = step(s8, x), s9 = step(s9, x), s10 = step(s10, x), s11 = step(s11, x);    \
        }                                                                                  \
        return last(s0) + last(s1) + last(s2) + last(s3) + last(s4) + last(s5) + last(s6) + \
               last(s7) + last(s8) + last(s9) + last(s10) + last(s11);                     \
    }
