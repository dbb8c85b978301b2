/* SPDX-License-Identifier: Apache-2.0 */
/* one_of.h: how many cases tests leave out in emulators, which need a hundred times as long, and
 * under sanitizers. */
#ifndef LN_TESTS_ONE_OF_H
#define LN_TESTS_ONE_OF_H

#include <stdlib.h>

/* One of so many cases is run: what the environment's LINNET_CASES_ONE_OF says, or 1, all of them.
 */
static inline unsigned cases_one_of(void)
{
    const char *text = getenv("LINNET_CASES_ONE_OF");
    const unsigned long one_of = text ? strtoul(text, NULL, 10) : 1;
    return one_of > 0 && one_of <= 1000 ? (unsigned)one_of : 1;
}

#endif
