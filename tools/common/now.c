/* SPDX-License-Identifier: Apache-2.0 */
/* now.c: the clock of measure.h, for programs that have no session. */
#include <time.h>

#include "common/measure.h"

double measure_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}
