/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: monotonic time. */
#ifndef LN_BASE_CLOCK_H
#define LN_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes backwards. */
uint64_t ln_now_ns(void);

#endif
