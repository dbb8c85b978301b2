/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: CLOCK_MONOTONIC, or the C11 clock where there is none. */
#include "base/clock.h"

#include <time.h>

uint64_t ln_now_ns(void)
{
    struct timespec t;
#if defined(CLOCK_MONOTONIC)
    clock_gettime(CLOCK_MONOTONIC, &t);
#else
    timespec_get(&t, TIME_UTC);
#endif
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
