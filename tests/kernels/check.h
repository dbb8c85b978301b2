/* SPDX-License-Identifier: Apache-2.0 */
/* check.h: tests of the inner loops.  The tables of all instruction sets that the processor has are
 * filled weakest first, and each function that a set brings is compared with the one it replaces,
 * which has passed already; the portable ones are compared with plain C in each family's file.
 *
 * Buffers end where a page that cannot be read begins, and have a canary in front, so that an
 * access outside of one is a failure of the function that made it. */
#ifndef TESTS_KERNELS_CHECK_H
#define TESTS_KERNELS_CHECK_H

#include "kernels/kernels.h"

typedef struct check {
    const ln_kernels *old, *new; /* verified; the same table with one set more */
    const char *set;             /* that set's name; "portable" where old is NULL */
    int isa;                     /* and its number (base/cpu.h) */
    const char *filter;          /* names to test begin with this; NULL: all */
    bool bench;
    int tested, failed;
} check;

/* One per family: tests what differs between old and new. */
#define CHECK(family) void check_##family(check *c);
#include "families.def"
#undef CHECK

/* True when there is something to do for function `fn` of the new table, which was `old` before. */
bool check_begin(check *c, const char *name, void (*fn)(void), void (*old)(void));
#define CHECK_BEGIN(c, name, member)                                                       \
    check_begin(c, name, (void (*)(void))(c)->new->member,                                 \
                (c)->old ? (void (*)(void))(c)->old->member : NULL)
/* Says whether it passed; returns `ok`, and prints the message where it is false. */
bool check_that(check *c, bool ok, const char *fmt, ...) LN_PRINTF(3, 4);
/* With --bench: calls fn(arg) again and again and prints `work` per second of each call, as in
 * "GFLOP/s" or "GB/s", with the share of the peak of bench/peak where the unit has one. */
void check_bench(check *c, void (*fn)(void *), void *arg, double work, const char *unit);

/* ---- buffers ---- */

/* `bytes` bytes that end at an unreadable page; freed by check_end. */
void *check_buffer(size_t bytes);
/* True when nothing was written in front of a buffer; frees all buffers. */
bool check_end(void);

/* ---- values; the same in every run ---- */

uint32_t check_random(void);
enum { CHECK_PLAIN, CHECK_EXTREME, CHECK_ODD, CHECK_KINDS };
/* Floats in [-8, 8]; the largest and smallest; with NaN, infinities, denormals and zeros. */
float *check_floats(size_t n, int kind);
/* Bytes: any; the ends of the range; runs of one value. */
int8_t *check_bytes(size_t n, int kind);
int32_t *check_ints(size_t n, int32_t limit);

/* Distance in units of the last place; NaN is 0 from NaN. */
uint32_t check_ulps(float a, float b);
/* The first item where they are further apart than `ulps` and `absolute`; n: none. */
size_t check_differ(const float *a, const float *b, size_t n, uint32_t ulps, float absolute);

#endif
